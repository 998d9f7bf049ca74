/*
 * sem_fp_horiz.c - SSE3 HADD HSUB ADDSUB, SSE4.1 ROUND and dot products; SSE and AVX.
 * The horizontal ones are packed operations on shuffled copies of their operands: the low
 * (odd/even) elements of the first and then of the second source.
 */
#include "interp/fp_sem.h"

/* --- horizontal */
ALWAYS_INLINE void pairs32(union vec_lane *even, union vec_lane *odd, const union vec_lane *a,
                           const union vec_lane *b)
{
    for (unsigned i = 0; i < 2; i++) {
        even->d[i] = a->d[2 * i];
        even->d[2 + i] = b->d[2 * i];
        odd->d[i] = a->d[2 * i + 1];
        odd->d[2 + i] = b->d[2 * i + 1];
    }
}

ALWAYS_INLINE void pairs64(union vec_lane *even, union vec_lane *odd, const union vec_lane *a,
                           const union vec_lane *b)
{
    even->q[0] = a->q[0];
    even->q[1] = b->q[0];
    odd->q[0] = a->q[1];
    odd->q[1] = b->q[1];
}

#define HORIZ(OP, name, lanes, bits)                                                               \
    static void do_##OP(struct x86_cpu *c, union vec_lane *d, const union vec_lane *a,             \
                        const union vec_lane *b, unsigned n)                                       \
    {                                                                                              \
        union vec_lane even[2], odd[2];                                                            \
        bool ok = fp_fast_env(c);                                                                  \
        for (unsigned l = 0; l < n; l++) {                                                         \
            pairs##bits(&even[l], &odd[l], &a[l], &b[l]);                                          \
            ok = ok && fp_fast_##name##lanes(&d[l], &even[l], &odd[l]);                            \
        }                                                                                          \
        if (!ok)                                                                                   \
            fp_soft##bits(c, d, even, odd, n, sf_f##bits##_##name);                                \
    }
HORIZ(HADDPS, add, x4, 32)
HORIZ(HADDPD, add, x2, 64)
HORIZ(HSUBPS, sub, x4, 32)
HORIZ(HSUBPD, sub, x2, 64)

/* Even elements are subtracted, odd ones added. */
static void do_ADDSUBPS(struct x86_cpu *c, union vec_lane *d, const union vec_lane *a,
                        const union vec_lane *b, unsigned n)
{
    struct sf_env v = fp_env(c);

    for (unsigned i = 0; i < 4 * n; i++) {
        u32 x = a[i / 4].d[i % 4], y = b[i / 4].d[i % 4];
        u32 *r = &d[i / 4].d[i % 4];

        if (!(fp_fast_env(c) && (i & 1 ? fp_host_add32(x, y, r) : fp_host_sub32(x, y, r))))
            *r = (i & 1 ? sf_f32_add : sf_f32_sub)(&v, x, y);
    }
    fp_commit(c, &v);
}

static void do_ADDSUBPD(struct x86_cpu *c, union vec_lane *d, const union vec_lane *a,
                        const union vec_lane *b, unsigned n)
{
    struct sf_env v = fp_env(c);

    for (unsigned i = 0; i < 2 * n; i++) {
        u64 x = a[i / 2].q[i % 2], y = b[i / 2].q[i % 2];
        u64 *r = &d[i / 2].q[i % 2];

        if (!(fp_fast_env(c) && (i & 1 ? fp_host_add64(x, y, r) : fp_host_sub64(x, y, r))))
            *r = (i & 1 ? sf_f64_add : sf_f64_sub)(&v, x, y);
    }
    fp_commit(c, &v);
}

#define HORIZ_FORMS(OP)                                                                            \
    void sem_##OP(struct x86_cpu *c, const struct x86_insn *in)                                    \
    {                                                                                              \
        union vec_lane tmp, d;                                                                     \
        const union vec_lane *b = vec_src16(c, in, 1, &tmp);                                       \
        do_##OP(c, &d, vec_reg(c, in->opnd[0].reg), b, 1);                                         \
        vec_put_sse(c, in->opnd[0].reg, &d);                                                       \
    }                                                                                              \
    void sem_V##OP(struct x86_cpu *c, const struct x86_insn *in)                                   \
    {                                                                                              \
        union vec_lane tmp[2], d[2];                                                               \
        const union vec_lane *b = vec_src_vl(c, in, 2, tmp);                                       \
        do_##OP(c, d, vec_reg(c, in->opnd[1].reg), b, (unsigned)in->vl / 16);                      \
        vec_put_vl(c, in, in->opnd[0].reg, d);                                                     \
    }
HORIZ_FORMS(HADDPS)
HORIZ_FORMS(HADDPD)
HORIZ_FORMS(HSUBPS)
HORIZ_FORMS(HSUBPD)
HORIZ_FORMS(ADDSUBPS)
HORIZ_FORMS(ADDSUBPD)

/* --- ROUND: imm[1:0] rounding unless imm[2] (MXCSR's), imm[3] suppresses PE */
static unsigned round_rc(const struct x86_cpu *c, unsigned imm)
{
    return imm & 4 ? c->mxcsr >> MXCSR_RC_SHIFT & 3 : imm & 3;
}

static void round_commit(struct x86_cpu *c, struct sf_env *v, unsigned imm)
{
    if (imm & 8)
        v->flags &= (u8)~SF_PE;
    fp_commit(c, v);
}

#define ROUND_PACKED(OP, bits, elem, per)                                                          \
    static void do_##OP(struct x86_cpu *c, union vec_lane *d, const union vec_lane *b, unsigned n, \
                        unsigned imm)                                                              \
    {                                                                                              \
        struct sf_env v = fp_env(c);                                                               \
        unsigned rc = round_rc(c, imm);                                                            \
        for (unsigned l = 0; l < n; l++)                                                           \
            for (unsigned i = 0; i < per; i++)                                                     \
                d[l].elem[i] = sf_f##bits##_round_int(&v, b[l].elem[i], rc);                       \
        round_commit(c, &v, imm);                                                                  \
    }                                                                                              \
    void sem_##OP(struct x86_cpu *c, const struct x86_insn *in)                                    \
    {                                                                                              \
        union vec_lane tmp, d;                                                                     \
        do_##OP(c, &d, vec_src16(c, in, 1, &tmp), 1, (unsigned)in->imm);                           \
        vec_put_sse(c, in->opnd[0].reg, &d);                                                       \
    }                                                                                              \
    void sem_V##OP(struct x86_cpu *c, const struct x86_insn *in)                                   \
    {                                                                                              \
        union vec_lane tmp[2], d[2];                                                               \
        do_##OP(c, d, vec_src_vl(c, in, 1, tmp), (unsigned)in->vl / 16, (unsigned)in->imm);        \
        vec_put_vl(c, in, in->opnd[0].reg, d);                                                     \
    }
ROUND_PACKED(ROUNDPS, 32, d, 4)
ROUND_PACKED(ROUNDPD, 64, q, 2)

#define ROUND_SCALAR(OP, T, bits)                                                                  \
    static T do_##OP(struct x86_cpu *c, T b, unsigned imm)                                         \
    {                                                                                              \
        struct sf_env v = fp_env(c);                                                               \
        T r = sf_f##bits##_round_int(&v, b, round_rc(c, imm));                                     \
        round_commit(c, &v, imm);                                                                  \
        return r;                                                                                  \
    }                                                                                              \
    void sem_##OP(struct x86_cpu *c, const struct x86_insn *in)                                    \
    {                                                                                              \
        T r = do_##OP(c, fp_src##bits(c, in, 1), (unsigned)in->imm);                               \
        *(T *)(void *)&c->vec[in->opnd[0].reg] = r;                                                \
    }                                                                                              \
    void sem_V##OP(struct x86_cpu *c, const struct x86_insn *in)                                   \
    {                                                                                              \
        fp_put_vex##bits(c, in, do_##OP(c, fp_src##bits(c, in, 2), (unsigned)in->imm));            \
    }
ROUND_SCALAR(ROUNDSS, u32, 32)
ROUND_SCALAR(ROUNDSD, u64, 64)

/*
 * --- dot products: products masked by imm[7:4], (p0 + p1) + (p2 + p3), sum to the elements of
 * imm[3:0], zero to the others. The steps are rounded and may raise one after the other: each step
 * is committed, for both lanes, before the next.
 */
static void step(struct x86_cpu *c, struct sf_env *v)
{
    fp_commit(c, v);
    v->flags = 0;
}

static void dot32(struct x86_cpu *c, union vec_lane *d, const union vec_lane *a,
                  const union vec_lane *b, unsigned n, unsigned imm)
{
    struct sf_env v = fp_env(c);
    u32 p[8], s[4];

    for (unsigned i = 0; i < 4 * n; i++)
        p[i] = imm >> (4 + i % 4) & 1 ? sf_f32_mul(&v, a[i / 4].d[i % 4], b[i / 4].d[i % 4]) : 0;
    step(c, &v);
    for (unsigned i = 0; i < 2 * n; i++)
        s[i] = sf_f32_add(&v, p[2 * i], p[2 * i + 1]);
    step(c, &v);
    for (unsigned i = 0; i < n; i++)
        p[i] = sf_f32_add(&v, s[2 * i], s[2 * i + 1]);
    step(c, &v);
    for (unsigned i = 0; i < 4 * n; i++)
        d[i / 4].d[i % 4] = imm >> i % 4 & 1 ? p[i / 4] : 0;
}

static void dot64(struct x86_cpu *c, union vec_lane *d, const union vec_lane *a,
                  const union vec_lane *b, unsigned n, unsigned imm)
{
    struct sf_env v = fp_env(c);
    u64 p[2], sum;

    (void)n; /* 128 bits only */
    for (unsigned i = 0; i < 2; i++)
        p[i] = imm >> (4 + i) & 1 ? sf_f64_mul(&v, a->q[i], b->q[i]) : 0;
    step(c, &v);
    sum = sf_f64_add(&v, p[0], p[1]);
    step(c, &v);
    for (unsigned i = 0; i < 2; i++)
        d->q[i] = imm >> i & 1 ? sum : 0;
}

#define DOT(OP, fn)                                                                                \
    void sem_##OP(struct x86_cpu *c, const struct x86_insn *in)                                    \
    {                                                                                              \
        union vec_lane tmp, d;                                                                     \
        const union vec_lane *b = vec_src16(c, in, 1, &tmp);                                       \
        fn(c, &d, vec_reg(c, in->opnd[0].reg), b, 1, (unsigned)in->imm);                           \
        vec_put_sse(c, in->opnd[0].reg, &d);                                                       \
    }                                                                                              \
    void sem_V##OP(struct x86_cpu *c, const struct x86_insn *in)                                   \
    {                                                                                              \
        union vec_lane tmp[2], d[2];                                                               \
        const union vec_lane *b = vec_src_vl(c, in, 2, tmp), *a = vec_reg(c, in->opnd[1].reg);     \
        fn(c, d, a, b, (unsigned)in->vl / 16, (unsigned)in->imm);                                  \
        vec_put_vl(c, in, in->opnd[0].reg, d);                                                     \
    }
DOT(DPPS, dot32)
DOT(DPPD, dot64)
