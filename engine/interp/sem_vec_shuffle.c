/*
 * sem_vec_shuffle.c - unpack, shuffle, align, blend: elements change places inside a 128-bit lane.
 * MMX, SSE and AVX forms of each from one kernel (vec_forms.h). What crosses lanes is in
 * sem_vec_lanes.c.
 */
#include "interp/vec_forms.h"

/* Interleave the lower or upper halves of a and b. */
#define KERNEL_UNPACK(NAME, F, SIZE, HIGH)                                                         \
    VEC_KERNEL(NAME)                                                                               \
    {                                                                                              \
        unsigned half = n / (SIZE) / 2, from = (HIGH) ? half : 0;                                  \
        (void)imm;                                                                                 \
        for (unsigned i = 0; i < half; i++) {                                                      \
            d->F[2 * i] = a->F[from + i];                                                          \
            d->F[2 * i + 1] = b->F[from + i];                                                      \
        }                                                                                          \
    }
KERNEL_UNPACK(k_unpcklb, b, 1, 0)
KERNEL_UNPACK(k_unpcklw, w, 2, 0)
KERNEL_UNPACK(k_unpckld, d, 4, 0)
KERNEL_UNPACK(k_unpcklq, q, 8, 0)
KERNEL_UNPACK(k_unpckhb, b, 1, 1)
KERNEL_UNPACK(k_unpckhw, w, 2, 1)
KERNEL_UNPACK(k_unpckhd, d, 4, 1)
KERNEL_UNPACK(k_unpckhq, q, 8, 1)
VEC_BIN(PUNPCKLBW, k_unpcklb)
VEC_BIN(PUNPCKLWD, k_unpcklw)
VEC_BIN(PUNPCKLDQ, k_unpckld)
VEC_BIN(PUNPCKHBW, k_unpckhb)
VEC_BIN(PUNPCKHWD, k_unpckhw)
VEC_BIN(PUNPCKHDQ, k_unpckhd)
VEC_BIN_SSE(PUNPCKLQDQ, k_unpcklq, 0)
VEC_BIN_SSE(PUNPCKHQDQ, k_unpckhq, 0)
VEC_SEM(UNPCKLPS, sse_do_k_unpckld(c, in))
VEC_SEM(UNPCKHPS, sse_do_k_unpckhd(c, in))
VEC_SEM(UNPCKLPD, sse_do_k_unpcklq(c, in))
VEC_SEM(UNPCKHPD, sse_do_k_unpckhq(c, in))
VEC_SEM(VUNPCKLPS, avx_do_k_unpckld(c, in))
VEC_SEM(VUNPCKHPS, avx_do_k_unpckhd(c, in))
VEC_SEM(VUNPCKLPD, avx_do_k_unpcklq(c, in))
VEC_SEM(VUNPCKHPD, avx_do_k_unpckhq(c, in))

VEC_KERNEL(k_pshufb)
{
    (void)imm;
    for (unsigned i = 0; i < n; i++)
        d->b[i] = b->b[i] & 0x80 ? 0 : a->b[b->b[i] & (n - 1)];
}
VEC_BIN(PSHUFB, k_pshufb)

/* Bytes imm.. of a:b; zeros come in above a. */
VEC_KERNEL(k_palignr)
{
    u8 all[48] = {0};

    __builtin_memcpy(all, b, n);
    __builtin_memcpy(all + n, a, n);
    __builtin_memcpy(d, all + (imm < 2 * n ? imm : 2 * n), n);
}
VEC_BIN(PALIGNR, k_palignr)

/* Four elements chosen by two bits each. */
VEC_KERNEL_EACH(k_pshufd, 4, d->d[i] = b->d[imm >> 2 * i & 3])
VEC_KERNEL_EACH(k_pshufw, 4, d->w[i] = b->w[imm >> 2 * i & 3])
VEC_KERNEL(k_pshuflw)
{
    k_pshufw(d, a, b, imm, n);
    d->q[1] = b->q[1];
}

VEC_KERNEL(k_pshufhw)
{
    (void)a, (void)n;
    d->q[0] = b->q[0];
    for (unsigned i = 0; i < 4; i++)
        d->w[4 + i] = b->w[4 + (imm >> 2 * i & 3)];
}
VEC_UN_SSE(PSHUFD, k_pshufd, 0)
VEC_UN_SSE(PSHUFLW, k_pshuflw, 0)
VEC_UN_SSE(PSHUFHW, k_pshufhw, 0)
VEC_BODY_MMX(k_pshufw)
VEC_SEM(PSHUFW, mmx_do_k_pshufw(c, in))

VEC_KERNEL_EACH(k_shufps, 4, d->d[i] = (i < 2 ? a : b)->d[imm >> 2 * i & 3])
VEC_KERNEL_EACH(k_shufpd, 2, d->q[i] = (i < 1 ? a : b)->q[imm >> i & 1])
VEC_BIN_SSE(SHUFPS, k_shufps, 0)
VEC_BIN_SSE(SHUFPD, k_shufpd, 2)

VEC_KERNEL_EACH(k_movsldup, 4, d->d[i] = b->d[i & ~1u])
VEC_KERNEL_EACH(k_movshdup, 4, d->d[i] = b->d[i | 1])
VEC_UN_SSE(MOVSLDUP, k_movsldup, 0)
VEC_UN_SSE(MOVSHDUP, k_movshdup, 0)

/* Permutes inside the lane (AVX): by register or by immediate. */
VEC_KERNEL_EACH(k_vpermilps, 4, d->d[i] = a->d[b->d[i] & 3])
VEC_KERNEL_EACH(k_vpermilpd, 2, d->q[i] = a->q[b->q[i] >> 1 & 1])
VEC_KERNEL_EACH(k_vpermilpd_imm, 2, d->q[i] = b->q[imm >> i & 1])
VEC_BODY_AVX(k_vpermilps, 1, 2, 0)
VEC_BODY_AVX(k_vpermilpd, 1, 2, 0)
VEC_BODY_AVX(k_vpermilpd_imm, 0, 1, 2)

void sem_VPERMILPS(struct x86_cpu *c, const struct x86_insn *in)
{
    if (in->opnd[2].kind == X86_OPK_IMM)
        avx_do_k_pshufd(c, in);
    else
        avx_do_k_vpermilps(c, in);
}

void sem_VPERMILPD(struct x86_cpu *c, const struct x86_insn *in)
{
    if (in->opnd[2].kind == X86_OPK_IMM)
        avx_do_k_vpermilpd_imm(c, in);
    else
        avx_do_k_vpermilpd(c, in);
}

/* Blends by immediate: bit i chooses b; every lane of PBLENDW uses all eight bits. */
VEC_KERNEL_EACH(k_blendd, 4, d->d[i] = (imm >> i & 1 ? b : a)->d[i])
VEC_KERNEL_EACH(k_blendq, 2, d->q[i] = (imm >> i & 1 ? b : a)->q[i])
VEC_KERNEL_EACH(k_blendw, 8, d->w[i] = (imm >> i & 1 ? b : a)->w[i])
VEC_BIN_SSE(BLENDPS, k_blendd, 4)
VEC_BIN_SSE(BLENDPD, k_blendq, 2)
VEC_BIN_SSE(PBLENDW, k_blendw, 0)
VEC_SEM(VPBLENDD, avx_do_k_blendd(c, in))

/* Blends by the sign bits of a mask register: XMM0, or a fourth operand with VEX. */
#define BLENDV(OP, V, VS)                                                                          \
    ALWAYS_INLINE void blendv_##OP(union vec_lane *d, const union vec_lane *a,                     \
                                   const union vec_lane *b, const union vec_lane *mask)            \
    {                                                                                              \
        __typeof__(d->V) m = (__typeof__(d->V))(mask->VS < 0);                                     \
        d->V = (b->V & m) | (a->V & ~m);                                                           \
    }                                                                                              \
    void sem_##OP(struct x86_cpu *c, const struct x86_insn *in)                                    \
    {                                                                                              \
        union vec_lane tmp, d;                                                                     \
        const union vec_lane *b = vec_src16(c, in, 1, &tmp);                                       \
        blendv_##OP(&d, vec_reg(c, in->opnd[0].reg), b, vec_reg(c, 0));                            \
        vec_put_sse(c, in->opnd[0].reg, &d);                                                       \
    }                                                                                              \
    void sem_V##OP(struct x86_cpu *c, const struct x86_insn *in)                                   \
    {                                                                                              \
        union vec_lane tmp[2], d[2];                                                               \
        const union vec_lane *b = vec_src_vl(c, in, 2, tmp), *a = vec_reg(c, in->opnd[1].reg);     \
        const union vec_lane *mask = vec_reg(c, in->opnd[3].reg);                                  \
        for (unsigned l = 0; l < in->vl / 16u; l++)                                                \
            blendv_##OP(&d[l], &a[l], &b[l], &mask[l]);                                            \
        vec_put_vl(c, in, in->opnd[0].reg, d);                                                     \
    }
BLENDV(PBLENDVB, vb, vsb)
BLENDV(BLENDVPS, vd, vsd)
BLENDV(BLENDVPD, vq, vsq)
