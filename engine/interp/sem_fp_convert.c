/*
 * sem_fp_convert.c - CVT* of SSE, AVX and F16C: between floats, integers and MMX registers.
 */
#include "interp/atomic.h"
#include "interp/fp_sem.h"

/* Out-of-line halves of fp_fast.h. */
#define SLOW(NAME, R, T, CALL)                                                                     \
    NOINLINE R fp_slow_##NAME(struct x86_cpu *c, T a)                                              \
    {                                                                                              \
        struct sf_env v = fp_env(c);                                                               \
        R r = CALL;                                                                                \
        fp_commit(c, &v);                                                                          \
        return r;                                                                                  \
    }
SLOW(int_to_f64, u64, i64, sf_int_to_f64(&v, a))
SLOW(int_to_f32, u32, i64, sf_int_to_f32(&v, a))
SLOW(f32_to_f64, u64, u32, sf_f32_to_f64(&v, a))
SLOW(f64_to_f32, u32, u64, sf_f64_to_f32(&v, a))

NOINLINE i64 fp_slow_f64_to_int(struct x86_cpu *c, u64 a, unsigned size, bool trunc)
{
    struct sf_env v = fp_env(c);
    i64 r = sf_f64_to_int(&v, a, size, trunc ? SF_RZ : v.rc);

    fp_commit(c, &v);
    return r;
}

NOINLINE i64 fp_slow_f32_to_int(struct x86_cpu *c, u32 a, unsigned size, bool trunc)
{
    struct sf_env v = fp_env(c);
    i64 r = sf_f32_to_int(&v, a, size, trunc ? SF_RZ : v.rc);

    fp_commit(c, &v);
    return r;
}

/* --- scalar float to general register */
#define TO_GPR(OP, bits, fast, trunc)                                                              \
    void sem_##OP(struct x86_cpu *c, const struct x86_insn *in)                                    \
    {                                                                                              \
        u##bits a = fp_src##bits(c, in, 1);                                                        \
        unsigned size = in->opnd[0].size;                                                          \
        i64 r;                                                                                     \
        if (!((fast) && fp_fast_trunc##bits(c, a, &r) && (size == 8 || r == (i32)r)))              \
            r = fp_slow_f##bits##_to_int(c, a, size, trunc);                                       \
        gpr_write(c, in->opnd[0].reg, size, (u64)r);                                               \
    }
TO_GPR(CVTTSD2SI, 64, true, true)
TO_GPR(CVTTSS2SI, 32, true, true)
TO_GPR(CVTSD2SI, 64, false, false)
TO_GPR(CVTSS2SI, 32, false, false)
TO_GPR(VCVTTSD2SI, 64, true, true)
TO_GPR(VCVTTSS2SI, 32, true, true)
TO_GPR(VCVTSD2SI, 64, false, false)
TO_GPR(VCVTSS2SI, 32, false, false)

/* --- integer to scalar float */
#define FROM_GPR(OP, bits, name)                                                                   \
    void sem_##OP(struct x86_cpu *c, const struct x86_insn *in)                                    \
    {                                                                                              \
        i64 a = (i64)sext(op_read(c, in, 1), in->opnd[1].size);                                    \
        u##bits r;                                                                                 \
        if (!fp_fast_##name(c, a, &r))                                                             \
            r = fp_slow_##name(c, a);                                                              \
        *(u##bits *)(void *)&c->vec[in->opnd[0].reg] = r;                                          \
    }                                                                                              \
    void sem_V##OP(struct x86_cpu *c, const struct x86_insn *in)                                   \
    {                                                                                              \
        i64 a = (i64)sext(op_read(c, in, 2), in->opnd[2].size);                                    \
        u##bits r;                                                                                 \
        if (!fp_fast_##name(c, a, &r))                                                             \
            r = fp_slow_##name(c, a);                                                              \
        fp_put_vex##bits(c, in, r);                                                                \
    }
FROM_GPR(CVTSI2SS, 32, int_to_f32)
FROM_GPR(CVTSI2SD, 64, int_to_f64)

/* --- scalar float to float */
#define FLOAT_SCALAR(OP, from, to, name, env)                                                      \
    void sem_##OP(struct x86_cpu *c, const struct x86_insn *in)                                    \
    {                                                                                              \
        u##from a = fp_src##from(c, in, 1);                                                        \
        u##to r;                                                                                   \
        if (!((env) && fp_fast_##name(a, &r)))                                                     \
            r = fp_slow_##name(c, a);                                                              \
        *(u##to *)(void *)&c->vec[in->opnd[0].reg] = r;                                            \
    }                                                                                              \
    void sem_V##OP(struct x86_cpu *c, const struct x86_insn *in)                                   \
    {                                                                                              \
        u##from a = fp_src##from(c, in, 2);                                                        \
        u##to r;                                                                                   \
        if (!((env) && fp_fast_##name(a, &r)))                                                     \
            r = fp_slow_##name(c, a);                                                              \
        fp_put_vex##to(c, in, r);                                                                  \
    }
FLOAT_SCALAR(CVTSS2SD, 32, 64, f32_to_f64, true)
FLOAT_SCALAR(CVTSD2SS, 64, 32, f64_to_f32, fp_fast_env(c))

/*
 * --- packed. A conversion reads n elements of `from` (already at its start in s) and writes n of
 * `to` at d; what the legacy or VEX form does with the rest is the caller's matter.
 */
typedef void convert_fn(struct x86_cpu *c, struct sf_env *v, union x86_vec *d,
                        const union x86_vec *s, unsigned n);

#define CONVERT(NAME, EXPR)                                                                        \
    ALWAYS_INLINE void NAME(struct x86_cpu *c, struct sf_env *v, union x86_vec *d,                 \
                            const union x86_vec *s, unsigned n)                                    \
    {                                                                                              \
        (void)c, (void)v;                                                                          \
        for (unsigned i = 0; i < n; i++)                                                           \
            EXPR;                                                                                  \
    }

ALWAYS_INLINE u64 elem_f32_to_f64(struct sf_env *v, u32 a)
{
    u64 r;

    return fp_fast_f32_to_f64(a, &r) ? r : sf_f32_to_f64(v, a);
}

ALWAYS_INLINE u32 elem_f64_to_f32(const struct x86_cpu *c, struct sf_env *v, u64 a)
{
    u32 r;

    return fp_fast_env(c) && fp_fast_f64_to_f32(a, &r) ? r : sf_f64_to_f32(v, a);
}

ALWAYS_INLINE u32 elem_int_to_f32(const struct x86_cpu *c, struct sf_env *v, i32 a)
{
    u32 r;

    return fp_fast_int_to_f32(c, a, &r) ? r : sf_int_to_f32(v, a);
}

ALWAYS_INLINE u32 elem_trunc32(const struct x86_cpu *c, struct sf_env *v, u32 a)
{
    i64 r;

    return fp_fast_trunc32(c, a, &r) && r == (i32)r ? (u32)r : (u32)sf_f32_to_int(v, a, 4, SF_RZ);
}

ALWAYS_INLINE u32 elem_trunc64(const struct x86_cpu *c, struct sf_env *v, u64 a)
{
    i64 r;

    return fp_fast_trunc64(c, a, &r) && r == (i32)r ? (u32)r : (u32)sf_f64_to_int(v, a, 4, SF_RZ);
}

CONVERT(ps2pd, d->q[i] = elem_f32_to_f64(v, s->d[i]))
CONVERT(pd2ps, d->d[i] = elem_f64_to_f32(c, v, s->q[i]))
CONVERT(dq2ps, d->d[i] = elem_int_to_f32(c, v, s->sd[i]))
CONVERT(dq2pd, d->q[i] = fp_bits64((double)s->sd[i]))
CONVERT(ps2dq, d->d[i] = (u32)sf_f32_to_int(v, s->d[i], 4, v->rc))
CONVERT(tps2dq, d->d[i] = elem_trunc32(c, v, s->d[i]))
CONVERT(pd2dq, d->d[i] = (u32)sf_f64_to_int(v, s->q[i], 4, v->rc))
CONVERT(tpd2dq, d->d[i] = elem_trunc64(c, v, s->q[i]))
CONVERT(ph2ps, d->d[i] = sf_f16_to_f32(v, s->w[i]))
CONVERT(ps2ph, d->w[i] = sf_f32_to_f16(v, s->d[i]))

/* Source operand 1 of 8, 16 or 32 bytes: the register itself, or memory copied to *tmp, lower
 * addresses first. */
ALWAYS_INLINE const union x86_vec *source(struct x86_cpu *c, const struct x86_insn *in,
                                          union x86_vec *tmp, bool aligned)
{
    union vec_lane *lane = (union vec_lane *)(void *)tmp;
    gaddr a;

    if (LIKELY(!op_is_mem(in, 1)))
        return &c->vec[in->opnd[1].reg];
    a = sem_ea(c, in);
    if (in->opnd[1].size == 8) {
        tmp->q[0] = ld_u64(g2h(a));
        return tmp;
    }
    vec_ld16(&lane[0], aligned ? vec_ea_aligned(c, in, 16) : a);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    if (in->opnd[1].size == 32)
        vec_ld16(&lane[1], a + 16);
    return tmp;
}

/* Legacy: the result fills the XMM (zero above the n elements). */
ALWAYS_INLINE void legacy(struct x86_cpu *c, const struct x86_insn *in, convert_fn *f, unsigned n)
{
    struct sf_env v = fp_env(c);
    union x86_vec tmp, d = {.q = {0}};

    f(c, &v, &d, source(c, in, &tmp, true), n);
    fp_commit(c, &v);
    c->vec[in->opnd[0].reg].q[0] = d.q[0];
    c->vec[in->opnd[0].reg].q[1] = d.q[1];
}

ALWAYS_INLINE void vex(struct x86_cpu *c, const struct x86_insn *in, convert_fn *f, unsigned n)
{
    struct sf_env v = fp_env(c);
    union x86_vec tmp, d = {.q = {0}};

    f(c, &v, &d, source(c, in, &tmp, false), n);
    fp_commit(c, &v);
    c->vec[in->opnd[0].reg] = d;
}

/* per: bytes of the wider of the two elements. */
#define PACKED(OP, fn, per)                                                                        \
    void sem_##OP(struct x86_cpu *c, const struct x86_insn *in)                                    \
    {                                                                                              \
        legacy(c, in, fn, 16 / per);                                                               \
    }                                                                                              \
    void sem_V##OP(struct x86_cpu *c, const struct x86_insn *in)                                   \
    {                                                                                              \
        vex(c, in, fn, (unsigned)in->vl / per);                                                    \
    }
PACKED(CVTPS2PD, ps2pd, 8)
PACKED(CVTPD2PS, pd2ps, 8)
PACKED(CVTDQ2PS, dq2ps, 4)
PACKED(CVTDQ2PD, dq2pd, 8)
PACKED(CVTPS2DQ, ps2dq, 4)
PACKED(CVTTPS2DQ, tps2dq, 4)
PACKED(CVTPD2DQ, pd2dq, 8)
PACKED(CVTTPD2DQ, tpd2dq, 8)

/* --- F16C */
void sem_VCVTPH2PS(struct x86_cpu *c, const struct x86_insn *in)
{
    vex(c, in, ph2ps, (unsigned)in->vl / 4);
}

void sem_VCVTPS2PH(struct x86_cpu *c, const struct x86_insn *in)
{
    struct sf_env v = fp_env(c);
    unsigned n = in->vl / 4;
    union x86_vec d = {.q = {0}};

    if (!(in->imm & 4))
        v.rc = in->imm & 3;
    ps2ph(c, &v, &d, &c->vec[in->opnd[1].reg], n);
    if (!op_is_mem(in, 0)) {
        fp_commit(c, &v);
        c->vec[in->opnd[0].reg] = d;
        return;
    }
    if (v.flags & ~v.masks) {
        mem_probe_write(sem_ea(c, in)); /* a page fault comes before #XM and leaves MXCSR alone */
        vec_probe_store(sem_ea(c, in), 2 * n);
        fp_commit(c, &v);
    }
    vec_probe_store(sem_ea(c, in), 2 * n);
    __builtin_memcpy(g2h(sem_ea(c, in)), &d, 2 * n);
    fp_commit(c, &v);
}

/*
 * --- MMX. The integer side makes the x87 state an MMX state, unless it is in memory.
 */
static void from_mmx(struct x86_cpu *c, const struct x86_insn *in, convert_fn *f, unsigned bytes,
                     bool enter)
{
    struct sf_env v = fp_env(c);
    union x86_vec s = {.q = {0}}, d = {.q = {0}};

    if (enter)
        mmx_check(c);
    s.q[0] = mmx_src(c, in, 1);
    f(c, &v, &d, &s, 2);
    if (enter)
        mmx_mark(c); /* even when the conversion then raises #XM */
    fp_commit(c, &v);
    c->vec[in->opnd[0].reg].q[0] = d.q[0];
    if (bytes == 16)
        c->vec[in->opnd[0].reg].q[1] = d.q[1];
}

void sem_CVTPI2PS(struct x86_cpu *c, const struct x86_insn *in)
{
    from_mmx(c, in, dq2ps, 8, !op_is_mem(in, 1));
}

void sem_CVTPI2PD(struct x86_cpu *c, const struct x86_insn *in)
{
    from_mmx(c, in, dq2pd, 16, !op_is_mem(in, 1));
}

static void to_mmx(struct x86_cpu *c, const struct x86_insn *in, convert_fn *f)
{
    struct sf_env v = fp_env(c);
    union x86_vec s, d = {.q = {0}};

    mmx_check(c);
    vec_read(c, in, 1, &s);
    f(c, &v, &d, &s, 2);
    mmx_mark(c); /* even when the conversion then raises #XM */
    fp_commit(c, &v);
    mmx_put(c, in->opnd[0].reg, d.q[0]);
}

#define TO_MMX(OP, fn)                                                                             \
    void sem_##OP(struct x86_cpu *c, const struct x86_insn *in)                                    \
    {                                                                                              \
        to_mmx(c, in, fn);                                                                         \
    }
TO_MMX(CVTPS2PI, ps2dq)
TO_MMX(CVTTPS2PI, tps2dq)
TO_MMX(CVTPD2PI, pd2dq)
TO_MMX(CVTTPD2PI, tpd2dq)
