/*
 * sem_fma.c - FMA3. One body; the 60 operations differ in which operand is multiplicand (a),
 * multiplier (b) and addend (c), and in the two signs, which may alternate by element. Operands are
 * numbered as in the record: 0 destination, 1 VEX.vvvv, 2 r/m.
 */
#include "interp/fp_sem.h"

/* Signs of even and odd elements: bit 0 negates the product, bit 1 the addend. */
enum { F_MADD = 0, F_NMADD = 1, F_MSUB = 2, F_NMSUB = 3 };

/* a * b + c with order giving the operand numbers as digits (132: 0 2 1). */
struct fma_order {
    u8 a, b, c;
};
#define O132 ((struct fma_order){0, 2, 1})
#define O213 ((struct fma_order){1, 0, 2})
#define O231 ((struct fma_order){1, 2, 0})

/* neg: bit 0 the product, bit 1 the addend. */
ALWAYS_INLINE u32 fma32(const struct x86_cpu *c, struct sf_env *v, u32 x, u32 y, u32 z,
                        unsigned neg)
{
    u32 r;

    if (fp_fast_env(c) && fp_fast_fma32(x ^ (neg & 1) << 31, y, z ^ neg >> 1 << 31, &r))
        return r;
    return sf_f32_fma(v, x, y, z, neg);
}

ALWAYS_INLINE u64 fma64(const struct x86_cpu *c, struct sf_env *v, u64 x, u64 y, u64 z,
                        unsigned neg)
{
    u64 r;

    if (fp_fast_env(c) && fp_fast_fma64(x ^ (u64)(neg & 1) << 63, y, z ^ (u64)(neg >> 1) << 63, &r))
        return r;
    return sf_f64_fma(v, x, y, z, neg);
}

static void packed32(struct x86_cpu *c, const struct x86_insn *in, struct fma_order o,
                     unsigned even, unsigned odd)
{
    struct sf_env v = fp_env(c);
    union vec_lane tmp[2], d[2];
    const union vec_lane *src[3] = {vec_reg(c, in->opnd[0].reg), vec_reg(c, in->opnd[1].reg),
                                    vec_src_vl(c, in, 2, tmp)};

    for (unsigned i = 0; i < (unsigned)in->vl / 4; i++) {
        unsigned l = i / 4, k = i % 4;

        d[l].d[k] =
            fma32(c, &v, src[o.a][l].d[k], src[o.b][l].d[k], src[o.c][l].d[k], i & 1 ? odd : even);
    }
    fp_commit(c, &v);
    vec_put_vl(c, in, in->opnd[0].reg, d);
}

static void packed64(struct x86_cpu *c, const struct x86_insn *in, struct fma_order o,
                     unsigned even, unsigned odd)
{
    struct sf_env v = fp_env(c);
    union vec_lane tmp[2], d[2];
    const union vec_lane *src[3] = {vec_reg(c, in->opnd[0].reg), vec_reg(c, in->opnd[1].reg),
                                    vec_src_vl(c, in, 2, tmp)};

    for (unsigned i = 0; i < (unsigned)in->vl / 8; i++) {
        unsigned l = i / 2, k = i % 2;

        d[l].q[k] =
            fma64(c, &v, src[o.a][l].q[k], src[o.b][l].q[k], src[o.c][l].q[k], i & 1 ? odd : even);
    }
    fp_commit(c, &v);
    vec_put_vl(c, in, in->opnd[0].reg, d);
}

/* Scalars keep the rest of the destination's own XMM. */
static void scalar32(struct x86_cpu *c, const struct x86_insn *in, struct fma_order o, unsigned neg)
{
    struct sf_env v = fp_env(c);
    u32 s[3] = {c->vec[in->opnd[0].reg].d[0], c->vec[in->opnd[1].reg].d[0], fp_src32(c, in, 2)};
    union vec_lane d = *vec_reg(c, in->opnd[0].reg);

    d.d[0] = fma32(c, &v, s[o.a], s[o.b], s[o.c], neg);
    fp_commit(c, &v);
    vec_put_vex128(c, in->opnd[0].reg, &d);
}

static void scalar64(struct x86_cpu *c, const struct x86_insn *in, struct fma_order o, unsigned neg)
{
    struct sf_env v = fp_env(c);
    u64 s[3] = {c->vec[in->opnd[0].reg].q[0], c->vec[in->opnd[1].reg].q[0], fp_src64(c, in, 2)};
    union vec_lane d = *vec_reg(c, in->opnd[0].reg);

    d.q[0] = fma64(c, &v, s[o.a], s[o.b], s[o.c], neg);
    fp_commit(c, &v);
    vec_put_vex128(c, in->opnd[0].reg, &d);
}

#define FMA_ONE(OP, CALL)                                                                          \
    void sem_##OP(struct x86_cpu *c, const struct x86_insn *in)                                    \
    {                                                                                              \
        CALL;                                                                                      \
    }
#define FMA_PACKED(NAME, ORDER, EVEN, ODD)                                                         \
    FMA_ONE(V##NAME##ORDER##PS, packed32(c, in, O##ORDER, EVEN, ODD))                              \
    FMA_ONE(V##NAME##ORDER##PD, packed64(c, in, O##ORDER, EVEN, ODD))
#define FMA_ALL(NAME, ORDER, NEG)                                                                  \
    FMA_PACKED(NAME, ORDER, NEG, NEG)                                                              \
    FMA_ONE(V##NAME##ORDER##SS, scalar32(c, in, O##ORDER, NEG))                                    \
    FMA_ONE(V##NAME##ORDER##SD, scalar64(c, in, O##ORDER, NEG))
#define FMA_ORDER(ORDER)                                                                           \
    FMA_ALL(FMADD, ORDER, F_MADD)                                                                  \
    FMA_ALL(FMSUB, ORDER, F_MSUB)                                                                  \
    FMA_ALL(FNMADD, ORDER, F_NMADD)                                                                \
    FMA_ALL(FNMSUB, ORDER, F_NMSUB)                                                                \
    FMA_PACKED(FMADDSUB, ORDER, F_MSUB, F_MADD)                                                    \
    FMA_PACKED(FMSUBADD, ORDER, F_MADD, F_MSUB)
FMA_ORDER(132)
FMA_ORDER(213)
FMA_ORDER(231)
