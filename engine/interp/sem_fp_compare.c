/*
 * sem_fp_compare.c - CMPPS/PD/SS/SD with their 32 predicates, COMIS/UCOMIS; SSE and AVX.
 */
#include "interp/fp_sem.h"

enum { P_LT = 1 << SF_LT, P_EQ = 1 << SF_EQ, P_GT = 1 << SF_GT, P_UN = 1 << SF_UN, P_QUIET = 16 };

/* SDM vol. 2, table 3-1: relations that give true. Predicates 16-31 are the same with quiet and
 * signalling swapped. */
/* clang-format off */
static const u8 predicates[16] = {
    P_EQ | P_QUIET,        P_LT,        P_LT | P_EQ,        P_UN | P_QUIET,
    P_LT | P_GT | P_UN | P_QUIET, P_EQ | P_GT | P_UN, P_GT | P_UN, P_LT | P_EQ | P_GT | P_QUIET,
    P_EQ | P_UN | P_QUIET, P_LT | P_UN, P_LT | P_EQ | P_UN, P_QUIET,
    P_LT | P_GT | P_QUIET, P_EQ | P_GT, P_GT,               P_LT | P_EQ | P_GT | P_UN | P_QUIET,
};
/* clang-format on */

static unsigned predicate(unsigned imm)
{
    return predicates[imm & 15] ^ (imm & 16);
}

ALWAYS_INLINE bool fast_cmp64(u64 a, u64 b, unsigned p, u64 *r)
{
    double x = fp_double(a), y = fp_double(b);
    unsigned rel = x < y ? SF_LT : x == y ? SF_EQ : SF_GT;

    *r = -(u64)(p >> rel & 1);
    return fp_plain64(a) && fp_plain64(b);
}

ALWAYS_INLINE bool fast_cmp32(u32 a, u32 b, unsigned p, u32 *r)
{
    float x = fp_float(a), y = fp_float(b);
    unsigned rel = x < y ? SF_LT : x == y ? SF_EQ : SF_GT;

    *r = -(u32)(p >> rel & 1);
    return fp_plain32(a) && fp_plain32(b);
}

ALWAYS_INLINE bool fast_cmpx4(union vec_lane *d, const union vec_lane *a, const union vec_lane *b,
                              unsigned p)
{
    fp_v4f x = fp_lane_f(a), y = fp_lane_f(b);
    union vec_lane m, z = {.q = {0, 0}};

    d->vsd = z.vsd;
    if (p & P_LT)
        d->vsd |= x < y;
    if (p & P_EQ)
        d->vsd |= x == y;
    if (p & P_GT)
        d->vsd |= x > y;
    m.vsd = fp_unplain4(a).vsd | fp_unplain4(b).vsd;
    return fp_none(m);
}

ALWAYS_INLINE bool fast_cmpx2(union vec_lane *d, const union vec_lane *a, const union vec_lane *b,
                              unsigned p)
{
    return fast_cmp64(a->q[0], b->q[0], p, &d->q[0]) && fast_cmp64(a->q[1], b->q[1], p, &d->q[1]);
}

static void soft_cmpx4(struct x86_cpu *c, union vec_lane *d, const union vec_lane *a,
                       const union vec_lane *b, unsigned n, unsigned p)
{
    struct sf_env v = fp_env(c);

    for (unsigned l = 0; l < n; l++)
        for (unsigned i = 0; i < 4; i++)
            d[l].d[i] = -(u32)(p >> sf_f32_cmp(&v, a[l].d[i], b[l].d[i], p & P_QUIET) & 1);
    fp_commit(c, &v);
}

static void soft_cmpx2(struct x86_cpu *c, union vec_lane *d, const union vec_lane *a,
                       const union vec_lane *b, unsigned n, unsigned p)
{
    struct sf_env v = fp_env(c);

    for (unsigned l = 0; l < n; l++)
        for (unsigned i = 0; i < 2; i++)
            d[l].q[i] = -(u64)(p >> sf_f64_cmp(&v, a[l].q[i], b[l].q[i], p & P_QUIET) & 1);
    fp_commit(c, &v);
}

static u32 slow_cmp32(struct x86_cpu *c, u32 a, u32 b, unsigned p)
{
    struct sf_env v = fp_env(c);
    enum sf_rel r = sf_f32_cmp(&v, a, b, p & P_QUIET);

    fp_commit(c, &v);
    return -(u32)(p >> r & 1);
}

static u64 slow_cmp64(struct x86_cpu *c, u64 a, u64 b, unsigned p)
{
    struct sf_env v = fp_env(c);
    enum sf_rel r = sf_f64_cmp(&v, a, b, p & P_QUIET);

    fp_commit(c, &v);
    return -(u64)(p >> r & 1);
}

#define CMP_PACKED(OP, lanes)                                                                      \
    void sem_##OP(struct x86_cpu *c, const struct x86_insn *in)                                    \
    {                                                                                              \
        union vec_lane tmp, d;                                                                     \
        const union vec_lane *b = vec_src16(c, in, 1, &tmp), *a = vec_reg(c, in->opnd[0].reg);     \
        unsigned p = predicate(in->imm & 7);                                                       \
        if (!fast_cmp##lanes(&d, a, b, p))                                                         \
            soft_cmp##lanes(c, &d, a, b, 1, p);                                                    \
        vec_put_sse(c, in->opnd[0].reg, &d);                                                       \
    }                                                                                              \
    void sem_V##OP(struct x86_cpu *c, const struct x86_insn *in)                                   \
    {                                                                                              \
        union vec_lane tmp[2], d[2];                                                               \
        const union vec_lane *b = vec_src_vl(c, in, 2, tmp), *a = vec_reg(c, in->opnd[1].reg);     \
        unsigned p = predicate(in->imm & 31);                                                      \
        bool wide = in->vl == 32;                                                                  \
        if (!(fast_cmp##lanes(&d[0], &a[0], &b[0], p) &&                                           \
              (!wide || fast_cmp##lanes(&d[1], &a[1], &b[1], p))))                                 \
            soft_cmp##lanes(c, d, a, b, 1u + wide, p);                                             \
        vec_put_vl(c, in, in->opnd[0].reg, d);                                                     \
    }
CMP_PACKED(CMPPS, x4)
CMP_PACKED(CMPPD, x2)

#define CMP_SCALAR(OP, VOP, T, bits)                                                               \
    void sem_##OP(struct x86_cpu *c, const struct x86_insn *in)                                    \
    {                                                                                              \
        T *d = (T *)(void *)&c->vec[in->opnd[0].reg], b = fp_src##bits(c, in, 1), r;               \
        unsigned p = predicate(in->imm & 7);                                                       \
        *d = fast_cmp##bits(*d, b, p, &r) ? r : slow_cmp##bits(c, *d, b, p);                       \
    }                                                                                              \
    void sem_##VOP(struct x86_cpu *c, const struct x86_insn *in)                                   \
    {                                                                                              \
        T a = *(const T *)(void *)&c->vec[in->opnd[1].reg], b = fp_src##bits(c, in, 2), r;         \
        unsigned p = predicate(in->imm & 31);                                                      \
        fp_put_vex##bits(c, in, fast_cmp##bits(a, b, p, &r) ? r : slow_cmp##bits(c, a, b, p));     \
    }
CMP_SCALAR(CMPSS, VCMPSS, u32, 32)
CMP_SCALAR(CMPSD_X, VCMPSD, u64, 64)

/* --- COMIS: ZF PF CF, the other three cleared */
static u32 rel_eflags(enum sf_rel r)
{
    switch (r) {
    case SF_LT: return X86_CF;
    case SF_EQ: return X86_ZF;
    case SF_GT: return 0;
    default: return X86_ZF | X86_PF | X86_CF;
    }
}

NOINLINE u32 fp_slow_comi32(struct x86_cpu *c, u32 a, u32 b, bool quiet)
{
    struct sf_env v = fp_env(c);
    enum sf_rel r = sf_f32_cmp(&v, a, b, quiet);

    fp_commit(c, &v);
    return rel_eflags(r);
}

NOINLINE u32 fp_slow_comi64(struct x86_cpu *c, u64 a, u64 b, bool quiet)
{
    struct sf_env v = fp_env(c);
    enum sf_rel r = sf_f64_cmp(&v, a, b, quiet);

    fp_commit(c, &v);
    return rel_eflags(r);
}

#define COMI(OP, T, bits, quiet)                                                                   \
    void sem_##OP(struct x86_cpu *c, const struct x86_insn *in)                                    \
    {                                                                                              \
        T a = *(const T *)(void *)&c->vec[in->opnd[0].reg], b = fp_src##bits(c, in, 1);            \
        u32 f;                                                                                     \
        if (!fp_fast_comi##bits(a, b, &f))                                                         \
            f = fp_slow_comi##bits(c, a, b, quiet);                                                \
        c->eflags = (c->eflags & ~(u32)X86_OSZAPC) | f;                                            \
        c->lf.kind = 0;                                                                            \
    }
COMI(COMISS, u32, 32, false)
COMI(COMISD, u64, 64, false)
COMI(UCOMISS, u32, 32, true)
COMI(UCOMISD, u64, 64, true)
COMI(VCOMISS, u32, 32, false)
COMI(VCOMISD, u64, 64, false)
COMI(VUCOMISS, u32, 32, true)
COMI(VUCOMISD, u64, 64, true)
