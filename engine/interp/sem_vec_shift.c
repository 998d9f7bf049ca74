/*
 * sem_vec_shift.c - vector shifts: by one count for all elements (register or immediate), by bytes
 * (PSLLDQ), by element (AVX2). Invariant: the count is the low 64 bits of its operand, all of them;
 * a count beyond the element gives 0 or the sign (SDM vol. 2).
 */
#include "interp/vec_forms.h"

#define SHIFT_KERNEL(NAME, V, T, BITS, OP)                                                         \
    ALWAYS_INLINE void NAME(union vec_lane *d, const union vec_lane *a, u64 count)                 \
    {                                                                                              \
        if (count >= (BITS))                                                                       \
            *d = (union vec_lane){.q = {0, 0}};                                                    \
        else                                                                                       \
            d->V = a->V OP(T) count;                                                               \
    }
#define SHIFT_SIGNED(NAME, V, T, BITS)                                                             \
    ALWAYS_INLINE void NAME(union vec_lane *d, const union vec_lane *a, u64 count)                 \
    {                                                                                              \
        d->V = a->V >> (T)(count >= (BITS) ? (BITS)-1 : count);                                    \
    }
SHIFT_KERNEL(k_sllw, vw, u16, 16, <<)
SHIFT_KERNEL(k_slld, vd, u32, 32, <<)
SHIFT_KERNEL(k_sllq, vq, u64, 64, <<)
SHIFT_KERNEL(k_srlw, vw, u16, 16, >>)
SHIFT_KERNEL(k_srld, vd, u32, 32, >>)
SHIFT_KERNEL(k_srlq, vq, u64, 64, >>)
SHIFT_SIGNED(k_sraw, vsw, i16, 16)
SHIFT_SIGNED(k_srad, vsd, i32, 32)

ALWAYS_INLINE void k_slldq(union vec_lane *d, const union vec_lane *a, u64 count)
{
    u128 v;

    __builtin_memcpy(&v, a, 16);
    v = count > 15 ? 0 : v << (8 * count);
    __builtin_memcpy(d, &v, 16);
}

ALWAYS_INLINE void k_srldq(union vec_lane *d, const union vec_lane *a, u64 count)
{
    u128 v;

    __builtin_memcpy(&v, a, 16);
    v = count > 15 ? 0 : v >> (8 * count);
    __builtin_memcpy(d, &v, 16);
}

/* Count operand i: immediate, MMX or 128-bit source. */
ALWAYS_INLINE u64 mmx_count(struct x86_cpu *c, const struct x86_insn *in)
{
    return in->opnd[1].kind == X86_OPK_IMM ? (u8)in->imm : mmx_src(c, in, 1);
}

ALWAYS_INLINE u64 sse_count(struct x86_cpu *c, const struct x86_insn *in)
{
    union vec_lane tmp;

    return in->opnd[1].kind == X86_OPK_IMM ? (u8)in->imm : vec_src16(c, in, 1, &tmp)->q[0];
}

ALWAYS_INLINE u64 avx_count(struct x86_cpu *c, const struct x86_insn *in)
{
    union vec_lane tmp;

    return in->opnd[2].kind == X86_OPK_IMM ? (u8)in->imm : vec_src16u(c, in, 2, &tmp)->q[0];
}

#define SHIFT_MMX(K)                                                                               \
    ALWAYS_INLINE void mmx_do_##K(struct x86_cpu *c, const struct x86_insn *in)                    \
    {                                                                                              \
        union vec_lane a = {.q = {0, 0}}, d;                                                       \
        u64 count;                                                                                 \
        mmx_check(c);                                                                              \
        count = mmx_count(c, in);                                                                  \
        a.q[0] = c->fpu.regs[in->opnd[0].reg].m;                                                   \
        K(&d, &a, count);                                                                          \
        mmx_put(c, in->opnd[0].reg, d.q[0]);                                                       \
    }
#define SHIFT_SSE(K)                                                                               \
    ALWAYS_INLINE void sse_do_##K(struct x86_cpu *c, const struct x86_insn *in)                    \
    {                                                                                              \
        union vec_lane d;                                                                          \
        u64 count = sse_count(c, in);                                                              \
        K(&d, vec_reg(c, in->opnd[0].reg), count);                                                 \
        vec_put_sse(c, in->opnd[0].reg, &d);                                                       \
    }
#define SHIFT_AVX(K)                                                                               \
    ALWAYS_INLINE void avx_do_##K(struct x86_cpu *c, const struct x86_insn *in)                    \
    {                                                                                              \
        union vec_lane d[2];                                                                       \
        const union vec_lane *a = vec_reg(c, in->opnd[1].reg);                                     \
        u64 count = avx_count(c, in);                                                              \
        K(&d[0], &a[0], count);                                                                    \
        K(&d[1], &a[1], count);                                                                    \
        vec_put_vl(c, in, in->opnd[0].reg, d);                                                     \
    }
#define SHIFT(OP, K)                                                                               \
    SHIFT_MMX(K)                                                                                   \
    SHIFT_SSE(K)                                                                                   \
    SHIFT_AVX(K)                                                                                   \
    VEC_SEM_MMX_SSE(OP, K)                                                                         \
    VEC_SEM(V##OP, avx_do_##K(c, in))
#define SHIFT_BYTES(OP, K)                                                                         \
    SHIFT_SSE(K)                                                                                   \
    SHIFT_AVX(K)                                                                                   \
    VEC_SEM(OP, sse_do_##K(c, in))                                                                 \
    VEC_SEM(V##OP, avx_do_##K(c, in))
SHIFT(PSLLW, k_sllw)
SHIFT(PSLLD, k_slld)
SHIFT(PSLLQ, k_sllq)
SHIFT(PSRLW, k_srlw)
SHIFT(PSRLD, k_srld)
SHIFT(PSRLQ, k_srlq)
SHIFT(PSRAW, k_sraw)
SHIFT(PSRAD, k_srad)
SHIFT_BYTES(PSLLDQ, k_slldq)
SHIFT_BYTES(PSRLDQ, k_srldq)

/* A count for each element (AVX2). */
VEC_KERNEL_EACH(k_sllvd, 4, d->d[i] = b->d[i] < 32 ? a->d[i] << b->d[i] : 0)
VEC_KERNEL_EACH(k_srlvd, 4, d->d[i] = b->d[i] < 32 ? a->d[i] >> b->d[i] : 0)
VEC_KERNEL_EACH(k_sravd, 4, d->sd[i] = a->sd[i] >> (b->d[i] < 32 ? b->d[i] : 31))
VEC_KERNEL_EACH(k_sllvq, 2, d->q[i] = b->q[i] < 64 ? a->q[i] << b->q[i] : 0)
VEC_KERNEL_EACH(k_srlvq, 2, d->q[i] = b->q[i] < 64 ? a->q[i] >> b->q[i] : 0)
#define SHIFT_EACH(OP, K)                                                                          \
    VEC_BODY_AVX(K, 1, 2, 0)                                                                       \
    VEC_SEM(OP, avx_do_##K(c, in))
SHIFT_EACH(VPSLLVD, k_sllvd)
SHIFT_EACH(VPSRLVD, k_srlvd)
SHIFT_EACH(VPSRAVD, k_sravd)
SHIFT_EACH(VPSLLVQ, k_sllvq)
SHIFT_EACH(VPSRLVQ, k_srlvq)
