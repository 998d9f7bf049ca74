/*
 * fp_sem.h - what sem_sse_fp, sem_avx_fp, sem_fp_convert and sem_fma share: the soft float
 * environment from MXCSR, its commit, and loops over elements. Lanes are those of vec.h.
 */
#ifndef INTERP_FP_SEM_H
#define INTERP_FP_SEM_H

#include "interp/fp_fast.h"
#include "interp/softfp.h"
#include "interp/vec.h"
#include "x86/rows.h"

#define FP_DECL(OP) sem_fn sem_##OP;
X86_OP_LIST(FP_DECL)
#undef FP_DECL

typedef u32 fp_fn32(struct sf_env *v, u32 a, u32 b);
typedef u64 fp_fn64(struct sf_env *v, u64 a, u64 b);

ALWAYS_INLINE struct sf_env fp_env(const struct x86_cpu *c)
{
    u32 m = c->mxcsr;

    return (struct sf_env){.rc = m >> MXCSR_RC_SHIFT & 3,
                           .masks = m >> MXCSR_MASK_SHIFT & SF_ALL,
                           .daz = (m & MXCSR_DAZ) != 0,
                           .ftz = (m & MXCSR_FTZ) != 0};
}

/*
 * Records the flags; #XM if one is unmasked, before anything was written. An unmasked IE DE ZE of
 * any element stops all of them before they are computed, so OE UE PE of the others are not seen
 * (SDM vol. 1, 11.5.3).
 */
void fp_commit(struct x86_cpu *c, const struct sf_env *v);

/* n 16-byte lanes, element by element through the soft path. sem_sse_fp.c */
void fp_soft32(struct x86_cpu *c, union vec_lane *d, const union vec_lane *a,
               const union vec_lane *b, unsigned n, fp_fn32 *f);
void fp_soft64(struct x86_cpu *c, union vec_lane *d, const union vec_lane *a,
               const union vec_lane *b, unsigned n, fp_fn64 *f);

/* Scalar second operand: low element of a register or memory. */
ALWAYS_INLINE u32 fp_src32(struct x86_cpu *c, const struct x86_insn *in, unsigned i)
{
    return op_is_mem(in, i) ? ld_u32(g2h(sem_ea(c, in))) : c->vec[in->opnd[i].reg].d[0];
}

ALWAYS_INLINE u64 fp_src64(struct x86_cpu *c, const struct x86_insn *in, unsigned i)
{
    return op_is_mem(in, i) ? ld_u64(g2h(sem_ea(c, in))) : c->vec[in->opnd[i].reg].q[0];
}

/* Result of a VEX scalar: the rest of the XMM from operand 1, the upper half zero. */
ALWAYS_INLINE void fp_put_vex32(struct x86_cpu *c, const struct x86_insn *in, u32 r)
{
    union vec_lane d = *vec_reg(c, in->opnd[1].reg);

    d.d[0] = r;
    vec_put_vex128(c, in->opnd[0].reg, &d);
}

ALWAYS_INLINE void fp_put_vex64(struct x86_cpu *c, const struct x86_insn *in, u64 r)
{
    union vec_lane d = *vec_reg(c, in->opnd[1].reg);

    d.q[0] = r;
    vec_put_vex128(c, in->opnd[0].reg, &d);
}

/* --- packed fast paths: the conditions of fp_fast.h on four floats at once */
typedef float fp_v4f __attribute__((vector_size(16)));

ALWAYS_INLINE fp_v4f fp_lane_f(const union vec_lane *a)
{
    fp_v4f f;

    __builtin_memcpy(&f, a, sizeof f);
    return f;
}

ALWAYS_INLINE bool fp_none(union vec_lane m)
{
    return LIKELY(!(m.q[0] | m.q[1]));
}

/* Lanes that are denormal. */
ALWAYS_INLINE union vec_lane fp_den4(const union vec_lane *a)
{
    union vec_lane m;

    m.vsd = ((a->vd << 1) - 1 < (1u << 24) - 1);
    return m;
}

/* Lanes that fp_normal32 refuses. */
ALWAYS_INLINE union vec_lane fp_odd4(const union vec_lane *a)
{
    union vec_lane m;

    m.vsd = ((a->vd << 1) - ((1u << 24) + 1) >= 0xff000000u - ((1u << 24) + 1));
    return m;
}

ALWAYS_INLINE union vec_lane fp_is_zero4(const union vec_lane *a)
{
    union vec_lane m;

    m.vsd = (a->vd << 1) == 0;
    return m;
}

/* Lanes that fp_plain32 refuses: NaN, denormal. */
ALWAYS_INLINE union vec_lane fp_unplain4(const union vec_lane *a)
{
    union vec_lane m = fp_den4(a);

    m.vsd |= (a->vd << 1) > 0xff000000u;
    return m;
}

#define FP_ZERO4_add(a, b) (~(m.vsd ^ m.vsd))
#define FP_ZERO4_sub(a, b) (~(m.vsd ^ m.vsd))
#define FP_ZERO4_mul(a, b) (fp_is_zero4(a).vsd | fp_is_zero4(b).vsd)
#define FP_ZERO4_div(a, b) (fp_is_zero4(a).vsd & ~fp_is_zero4(b).vsd)

#define FP_PACKED_BINARY(name, op)                                                                 \
    ALWAYS_INLINE bool fp_fast_##name##x4(union vec_lane *d, const union vec_lane *a,              \
                                          const union vec_lane *b)                                 \
    {                                                                                              \
        union vec_lane m;                                                                          \
        fp_v4f r = fp_lane_f(a) op fp_lane_f(b);                                                   \
        __builtin_memcpy(d, &r, sizeof r);                                                         \
        m.vsd = fp_odd4(d).vsd;                                                                    \
        m.vsd &= ~(fp_is_zero4(d).vsd & FP_ZERO4_##name(a, b));                                    \
        m.vsd |= fp_den4(a).vsd | fp_den4(b).vsd;                                                  \
        return fp_none(m);                                                                         \
    }                                                                                              \
    ALWAYS_INLINE bool fp_fast_##name##x2(union vec_lane *d, const union vec_lane *a,              \
                                          const union vec_lane *b)                                 \
    {                                                                                              \
        return fp_host_##name##64(a->q[0], b->q[0], &d->q[0]) &&                                   \
               fp_host_##name##64(a->q[1], b->q[1], &d->q[1]);                                     \
    }
FP_PACKED_BINARY(add, +)
FP_PACKED_BINARY(sub, -)
FP_PACKED_BINARY(mul, *)
FP_PACKED_BINARY(div, /)
#undef FP_PACKED_BINARY

#define FP_PACKED_SELECT(name, op)                                                                 \
    ALWAYS_INLINE bool fp_fast_##name##x4(union vec_lane *d, const union vec_lane *a,              \
                                          const union vec_lane *b)                                 \
    {                                                                                              \
        union vec_lane m;                                                                          \
        m.vsd = fp_lane_f(a) op fp_lane_f(b);                                                      \
        d->vsd = (a->vsd & m.vsd) | (b->vsd & ~m.vsd);                                             \
        m.vsd = fp_unplain4(a).vsd | fp_unplain4(b).vsd;                                           \
        return fp_none(m);                                                                         \
    }                                                                                              \
    ALWAYS_INLINE bool fp_fast_##name##x2(union vec_lane *d, const union vec_lane *a,              \
                                          const union vec_lane *b)                                 \
    {                                                                                              \
        return fp_fast_##name##64(a->q[0], b->q[0], &d->q[0]) &&                                   \
               fp_fast_##name##64(a->q[1], b->q[1], &d->q[1]);                                     \
    }
FP_PACKED_SELECT(min, <)
FP_PACKED_SELECT(max, >)
#undef FP_PACKED_SELECT

ALWAYS_INLINE bool fp_fast_sqrtx4(union vec_lane *d, const union vec_lane *a,
                                  const union vec_lane *b)
{
    bool ok = true;

    (void)a;
    for (unsigned i = 0; i < 4 && ok; i++)
        ok = fp_fast_sqrt32(b->d[i], &d->d[i]);
    return ok;
}

ALWAYS_INLINE bool fp_fast_sqrtx2(union vec_lane *d, const union vec_lane *a,
                                  const union vec_lane *b)
{
    (void)a;
    return fp_fast_sqrt64(b->q[0], &d->q[0]) && fp_fast_sqrt64(b->q[1], &d->q[1]);
}

#endif
