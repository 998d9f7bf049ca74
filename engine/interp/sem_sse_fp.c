/*
 * sem_sse_fp.c - SSE and AVX arithmetic, MIN/MAX, SQRT, logic, RCP/RSQRT and MXCSR itself. Each
 * packed operation is one fast lane function (fp_sem.h) and one soft element function (softfp.h);
 * legacy and VEX forms are instances.
 */
#include "interp/fp_sem.h"

void fp_commit(struct x86_cpu *c, const struct sf_env *v)
{
    unsigned flags = v->flags, open = flags & ~v->masks;

    if (UNLIKELY(open & SF_PRE))
        flags &= SF_PRE;
    c->mxcsr |= flags;
    if (UNLIKELY(open))
        x86_raise(c, X86_EXC_XM, 0, 0);
}

void fp_soft32(struct x86_cpu *c, union vec_lane *d, const union vec_lane *a,
               const union vec_lane *b, unsigned n, fp_fn32 *f)
{
    struct sf_env v = fp_env(c);

    for (unsigned l = 0; l < n; l++)
        for (unsigned i = 0; i < 4; i++)
            d[l].d[i] = f(&v, a[l].d[i], b[l].d[i]);
    fp_commit(c, &v);
}

void fp_soft64(struct x86_cpu *c, union vec_lane *d, const union vec_lane *a,
               const union vec_lane *b, unsigned n, fp_fn64 *f)
{
    struct sf_env v = fp_env(c);

    for (unsigned l = 0; l < n; l++)
        for (unsigned i = 0; i < 2; i++)
            d[l].q[i] = f(&v, a[l].q[i], b[l].q[i]);
    fp_commit(c, &v);
}

/*
 * --- out-of-line halves of fp_fast.h. Before the first inexact result PE is clear and must be
 * found out: the host's result is right all the same (nearest, PE masked), and whether it is exact
 * shows by taking it back apart.
 */
static bool pe_open(const struct x86_cpu *c)
{
    return (c->mxcsr & (MXCSR_RC | FP_MXCSR_PM)) == FP_MXCSR_PM;
}

/* The sum r of a and b has no rounding error (Knuth's two-sum). */
static bool exact_add64(u64 a, u64 b, u64 r)
{
    double x = fp_double(a), y = fp_double(b), s = fp_double(r), t = s - x;

    return (x - (s - t)) + (y - t) == 0;
}

static bool exact_add32(u32 a, u32 b, u32 r)
{
    float x = fp_float(a), y = fp_float(b), s = fp_float(r), t = s - x;

    return (x - (s - t)) + (y - t) == 0;
}

static bool exact_sub64(u64 a, u64 b, u64 r)
{
    return exact_add64(a, b ^ 1ull << 63, r);
}

static bool exact_sub32(u32 a, u32 b, u32 r)
{
    return exact_add32(a, b ^ 1u << 31, r);
}

/* Odd part of the significand. */
static u64 odd_part(u64 a)
{
    u64 m = (a & 0xfffffffffffffull) | 1ull << 52;

    return m >> __builtin_ctzll(m);
}

static bool exact_mul64(u64 a, u64 b, u64 r)
{
    return !(r << 1) || ((u128)odd_part(a) * odd_part(b)) >> 53 == 0;
}

static bool exact_div64(u64 a, u64 b, u64 r)
{
    return !(a << 1) || (exact_mul64(r, b, a) && fp_double(r) * fp_double(b) == fp_double(a));
}

/* Products of floats are exact as doubles. */
static bool exact_mul32(u32 a, u32 b, u32 r)
{
    return (double)fp_float(a) * (double)fp_float(b) == (double)fp_float(r);
}

static bool exact_div32(u32 a, u32 b, u32 r)
{
    return !(a << 1) || exact_mul32(r, b, a); /* 0 / inf is exact */
}

#define FP_SLOW(name, T, bits)                                                                     \
    NOINLINE T fp_slow_##name##bits(struct x86_cpu *c, T a, T b)                                   \
    {                                                                                              \
        struct sf_env v;                                                                           \
        T r;                                                                                       \
        if (pe_open(c) && fp_host_##name##bits(a, b, &r)) {                                        \
            if (!(c->mxcsr & MXCSR_PE) && !exact_##name##bits(a, b, r))                            \
                c->mxcsr |= MXCSR_PE;                                                              \
            return r;                                                                              \
        }                                                                                          \
        v = fp_env(c);                                                                             \
        r = sf_f##bits##_##name(&v, a, b);                                                         \
        fp_commit(c, &v);                                                                          \
        return r;                                                                                  \
    }

/* MIN, MAX: the fast test was already the complete one. */
#define FP_SLOW_SELECT(name, T, bits)                                                              \
    NOINLINE T fp_slow_##name##bits(struct x86_cpu *c, T a, T b)                                   \
    {                                                                                              \
        struct sf_env v = fp_env(c);                                                               \
        T r = sf_f##bits##_##name(&v, a, b);                                                       \
        fp_commit(c, &v);                                                                          \
        return r;                                                                                  \
    }

#define FP_SLOW_SQRT(T, bits)                                                                      \
    NOINLINE T fp_slow_sqrt##bits(struct x86_cpu *c, T a)                                          \
    {                                                                                              \
        struct sf_env v = fp_env(c);                                                               \
        T r = sf_f##bits##_sqrt(&v, a);                                                            \
        fp_commit(c, &v);                                                                          \
        return r;                                                                                  \
    }                                                                                              \
    static T sqrt_elem##bits(struct sf_env *v, T a, T b)                                           \
    {                                                                                              \
        (void)a;                                                                                   \
        return sf_f##bits##_sqrt(v, b);                                                            \
    }
FP_SLOW_SQRT(u32, 32)
FP_SLOW_SQRT(u64, 64)

/* ADDPS-like: OP PS/PD and VEX. env: whether the fast path depends on rounding. */
#define FP_PACKED(OP, T, name, lanes, bits, fn, env, first)                                        \
    void sem_##OP(struct x86_cpu *c, const struct x86_insn *in)                                    \
    {                                                                                              \
        union vec_lane tmp, d;                                                                     \
        const union vec_lane *b = vec_src16(c, in, 1, &tmp), *a = vec_reg(c, in->opnd[0].reg);     \
        if (!((env) && fp_fast_##name##lanes(&d, a, b)))                                           \
            fp_soft##bits(c, &d, a, b, 1, fn);                                                     \
        vec_put_sse(c, in->opnd[0].reg, &d);                                                       \
    }                                                                                              \
    void sem_V##OP(struct x86_cpu *c, const struct x86_insn *in)                                   \
    {                                                                                              \
        union vec_lane tmp[2], d[2];                                                               \
        const union vec_lane *b = vec_src_vl(c, in, (first) + 1, tmp);                             \
        const union vec_lane *a = vec_reg(c, in->opnd[first].reg);                                 \
        bool wide = in->vl == 32;                                                                  \
        if (!((env) && fp_fast_##name##lanes(&d[0], &a[0], &b[0]) &&                               \
              (!wide || fp_fast_##name##lanes(&d[1], &a[1], &b[1]))))                              \
            fp_soft##bits(c, d, a, b, 1u + wide, fn);                                              \
        vec_put_vl(c, in, in->opnd[0].reg, d);                                                     \
    }

#define FP_SCALAR(OP, T, name, bits, env)                                                          \
    void sem_##OP(struct x86_cpu *c, const struct x86_insn *in)                                    \
    {                                                                                              \
        T *d = (T *)(void *)&c->vec[in->opnd[0].reg];                                              \
        T b = fp_src##bits(c, in, 1), a = *d, r;                                                   \
        if (!((env) && fp_fast_##name##bits(a, b, &r)))                                            \
            r = fp_slow_##name##bits(c, a, b);                                                     \
        *d = r;                                                                                    \
    }                                                                                              \
    void sem_V##OP(struct x86_cpu *c, const struct x86_insn *in)                                   \
    {                                                                                              \
        T b = fp_src##bits(c, in, 2), a = *(const T *)(void *)&c->vec[in->opnd[1].reg], r;         \
        if (!((env) && fp_fast_##name##bits(a, b, &r)))                                            \
            r = fp_slow_##name##bits(c, a, b);                                                     \
        fp_put_vex##bits(c, in, r);                                                                \
    }

#define FP_FAMILY(OP, name, env, SLOW)                                                             \
    SLOW(name, u32, 32)                                                                            \
    SLOW(name, u64, 64)                                                                            \
    FP_PACKED(OP##PS, u32, name, x4, 32, sf_f32_##name, env, 1)                                    \
    FP_PACKED(OP##PD, u64, name, x2, 64, sf_f64_##name, env, 1)                                    \
    FP_SCALAR(OP##SS, u32, name, 32, env)                                                          \
    FP_SCALAR(OP##SD, u64, name, 64, env)

FP_FAMILY(ADD, add, fp_fast_env(c), FP_SLOW)
FP_FAMILY(SUB, sub, fp_fast_env(c), FP_SLOW)
FP_FAMILY(MUL, mul, fp_fast_env(c), FP_SLOW)
FP_FAMILY(DIV, div, fp_fast_env(c), FP_SLOW)
FP_FAMILY(MIN, min, true, FP_SLOW_SELECT)
FP_FAMILY(MAX, max, true, FP_SLOW_SELECT)
FP_PACKED(SQRTPS, u32, sqrt, x4, 32, sqrt_elem32, fp_fast_env(c), 0)
FP_PACKED(SQRTPD, u64, sqrt, x2, 64, sqrt_elem64, fp_fast_env(c), 0)

#define FP_SQRT_SCALAR(OP, T, bits)                                                                \
    void sem_##OP(struct x86_cpu *c, const struct x86_insn *in)                                    \
    {                                                                                              \
        T b = fp_src##bits(c, in, 1), r;                                                           \
        if (!(fp_fast_env(c) && fp_fast_sqrt##bits(b, &r)))                                        \
            r = fp_slow_sqrt##bits(c, b);                                                          \
        *(T *)(void *)&c->vec[in->opnd[0].reg] = r;                                                \
    }                                                                                              \
    void sem_V##OP(struct x86_cpu *c, const struct x86_insn *in)                                   \
    {                                                                                              \
        T b = fp_src##bits(c, in, 2), r;                                                           \
        if (!(fp_fast_env(c) && fp_fast_sqrt##bits(b, &r)))                                        \
            r = fp_slow_sqrt##bits(c, b);                                                          \
        fp_put_vex##bits(c, in, r);                                                                \
    }
FP_SQRT_SCALAR(SQRTSS, u32, 32)
FP_SQRT_SCALAR(SQRTSD, u64, 64)

/* --- logic: the types do not matter */
#define FP_LOGIC(OP, EXPR)                                                                         \
    void sem_##OP(struct x86_cpu *c, const struct x86_insn *in)                                    \
    {                                                                                              \
        union vec_lane tmp, *d = vec_reg(c, in->opnd[0].reg);                                      \
        const union vec_lane *b = vec_src16(c, in, 1, &tmp), *a = d;                               \
        d->vq = EXPR;                                                                              \
    }                                                                                              \
    void sem_V##OP(struct x86_cpu *c, const struct x86_insn *in)                                   \
    {                                                                                              \
        union vec_lane tmp[2], d[2];                                                               \
        const union vec_lane *b = vec_src_vl(c, in, 2, tmp), *a = vec_reg(c, in->opnd[1].reg);     \
        d[0].vq = EXPR;                                                                            \
        if (in->vl == 32) {                                                                        \
            a++;                                                                                   \
            b++;                                                                                   \
            d[1].vq = EXPR;                                                                        \
        }                                                                                          \
        vec_put_vl(c, in, in->opnd[0].reg, d);                                                     \
    }
FP_LOGIC(ANDPS, a->vq & b->vq)
FP_LOGIC(ANDPD, a->vq & b->vq)
FP_LOGIC(ANDNPS, ~a->vq & b->vq)
FP_LOGIC(ANDNPD, ~a->vq & b->vq)
FP_LOGIC(ORPS, a->vq | b->vq)
FP_LOGIC(ORPD, a->vq | b->vq)
FP_LOGIC(XORPS, a->vq ^ b->vq)
FP_LOGIC(XORPD, a->vq ^ b->vq)

/*
 * --- RCP, RSQRT: relative error at most 1.5 * 2^-12, no exceptions, MXCSR ignored; denormals count
 * as zeros, tiny results become zero (SDM vol. 2). We give the correctly rounded value, the same on
 * every host.
 */
static u32 rcp_elem(u32 a)
{
    u32 sign = a & 0x80000000u, r;

    if ((a << 1) > 0xff000000u)
        return a | 0x400000;
    if ((a << 1) < 1u << 24)
        return sign | 0x7f800000;
    r = fp_bits32(1.0f / fp_float(a));
    return (r << 1) <= 1u << 24 ? sign : r; /* 2^-126 counts as tiny too */
}

static u32 rsqrt_elem(u32 a)
{
    u32 sign = a & 0x80000000u;

    if ((a << 1) > 0xff000000u)
        return a | 0x400000;
    if ((a << 1) < 1u << 24)
        return sign | 0x7f800000;
    if (sign)
        return 0xffc00000;
    return fp_bits32((float)(1.0 / __builtin_sqrt((double)fp_float(a))));
}

#define FP_APPROX(OP, fn)                                                                          \
    void sem_##OP##PS(struct x86_cpu *c, const struct x86_insn *in)                                \
    {                                                                                              \
        union vec_lane tmp, d;                                                                     \
        const union vec_lane *b = vec_src16(c, in, 1, &tmp);                                       \
        for (unsigned i = 0; i < 4; i++)                                                           \
            d.d[i] = fn(b->d[i]);                                                                  \
        vec_put_sse(c, in->opnd[0].reg, &d);                                                       \
    }                                                                                              \
    void sem_##OP##SS(struct x86_cpu *c, const struct x86_insn *in)                                \
    {                                                                                              \
        c->vec[in->opnd[0].reg].d[0] = fn(fp_src32(c, in, 1));                                     \
    }                                                                                              \
    void sem_V##OP##PS(struct x86_cpu *c, const struct x86_insn *in)                               \
    {                                                                                              \
        union vec_lane tmp[2], d[2];                                                               \
        const union vec_lane *b = vec_src_vl(c, in, 1, tmp);                                       \
        for (unsigned i = 0; i < (unsigned)in->vl / 4; i++)                                        \
            d[i / 4].d[i % 4] = fn(b[i / 4].d[i % 4]);                                             \
        vec_put_vl(c, in, in->opnd[0].reg, d);                                                     \
    }                                                                                              \
    void sem_V##OP##SS(struct x86_cpu *c, const struct x86_insn *in)                               \
    {                                                                                              \
        fp_put_vex32(c, in, fn(fp_src32(c, in, 2)));                                               \
    }
FP_APPROX(RCP, rcp_elem)
FP_APPROX(RSQRT, rsqrt_elem)

/* --- MXCSR: reserved bits are #GP(0) */
void sem_LDMXCSR(struct x86_cpu *c, const struct x86_insn *in)
{
    u32 v = (u32)op_read(c, in, 0);

    if (v & ~(u32)MXCSR_VALID)
        sem_gp(c, 0);
    c->mxcsr = v;
}

void sem_STMXCSR(struct x86_cpu *c, const struct x86_insn *in)
{
    op_write(c, in, 0, c->mxcsr);
}

void sem_VLDMXCSR(struct x86_cpu *c, const struct x86_insn *in)
{
    sem_LDMXCSR(c, in);
}

void sem_VSTMXCSR(struct x86_cpu *c, const struct x86_insn *in)
{
    sem_STMXCSR(c, in);
}
