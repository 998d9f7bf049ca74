/*
 * vec_forms.h - makes the sem_ functions of one lane operation in all its forms (MMX, SSE, AVX).
 * Only sem_vec_*.c include it. A kernel is `static ALWAYS_INLINE void k(union vec_lane *d, const
 * union vec_lane *a, const union vec_lane *b, unsigned imm, unsigned n)`: d never overlaps a or b;
 * n is the lane's size, 8 (MMX) or 16, a constant after inlining. Unary kernels use b only. For MMX
 * bytes 8-15 of a and b are zero and those of d are ignored.
 */
#ifndef INTERP_VEC_FORMS_H
#define INTERP_VEC_FORMS_H

#include "interp/vec.h"

#define VEC_DECL(OP) sem_fn sem_##OP;
X86_OP_LIST(VEC_DECL)
#undef VEC_DECL

#define VEC_KERNEL(NAME)                                                                           \
    ALWAYS_INLINE void NAME(union vec_lane *d, const union vec_lane *a, const union vec_lane *b,   \
                            unsigned imm, unsigned n)

/* Element-wise kernel over a whole lane: EXPR sets d. */
#define VEC_KERNEL_EXPR(NAME, EXPR)                                                                \
    VEC_KERNEL(NAME)                                                                               \
    {                                                                                              \
        (void)a, (void)imm, (void)n;                                                               \
        EXPR;                                                                                      \
    }

/* Element i of d from elements of a and b, COUNT times. */
#define VEC_KERNEL_EACH(NAME, COUNT, EXPR)                                                         \
    VEC_KERNEL(NAME)                                                                               \
    {                                                                                              \
        (void)a, (void)imm, (void)n;                                                               \
        for (unsigned i = 0; i < (COUNT); i++)                                                     \
            EXPR;                                                                                  \
    }

#define VEC_BODY_MMX(K)                                                                            \
    ALWAYS_INLINE void mmx_do_##K(struct x86_cpu *c, const struct x86_insn *in)                    \
    {                                                                                              \
        union vec_lane a = {.q = {0, 0}}, b = {.q = {0, 0}}, d;                                    \
        mmx_check(c);                                                                              \
        b.q[0] = mmx_src(c, in, 1);                                                                \
        a.q[0] = c->fpu.regs[in->opnd[0].reg].m;                                                   \
        K(&d, &a, &b, (u8)in->imm, 8);                                                             \
        mmx_put(c, in->opnd[0].reg, d.q[0]);                                                       \
    }

#define VEC_BODY_SSE(K)                                                                            \
    ALWAYS_INLINE void sse_do_##K(struct x86_cpu *c, const struct x86_insn *in)                    \
    {                                                                                              \
        union vec_lane tmp, d;                                                                     \
        const union vec_lane *b = vec_src16(c, in, 1, &tmp);                                       \
        K(&d, vec_reg(c, in->opnd[0].reg), b, (u8)in->imm, 16);                                    \
        vec_put_sse(c, in->opnd[0].reg, &d);                                                       \
    }

/* Lane 1 uses the immediate shifted right by SH (blends, SHUFPD ...). NA, NB: operand numbers of a
 * and b. */
#define VEC_BODY_AVX(K, NA, NB, SH)                                                                \
    ALWAYS_INLINE void avx_do_##K(struct x86_cpu *c, const struct x86_insn *in)                    \
    {                                                                                              \
        union vec_lane tmp[2], d, *to = vec_reg(c, in->opnd[0].reg);                               \
        const union vec_lane *b = vec_src_vl(c, in, NB, tmp), *a = vec_reg(c, in->opnd[NA].reg);   \
        unsigned l = 0;                                                                            \
        do {                                                                                       \
            K(&d, &a[l], &b[l], (u8)in->imm >> (SH * l), 16);                                      \
            to[l] = d;                                                                             \
        } while (16 * ++l < in->vl);                                                               \
        if (l == 1)                                                                                \
            to[1] = (union vec_lane){.q = {0, 0}};                                                 \
    }

#define VEC_SEM(OP, CALL)                                                                          \
    void sem_##OP(struct x86_cpu *c, const struct x86_insn *in)                                    \
    {                                                                                              \
        CALL;                                                                                      \
    }

#define VEC_SEM_MMX_SSE(OP, K)                                                                     \
    VEC_SEM(OP, if (in->opnd[0].kind == X86_OPK_MMX) mmx_do_##K(c, in); else sse_do_##K(c, in))

/* Binary operation: OP (MMX and SSE), VOP. */
#define VEC_BIN(OP, K)                                                                             \
    VEC_BODY_MMX(K)                                                                                \
    VEC_BODY_SSE(K)                                                                                \
    VEC_BODY_AVX(K, 1, 2, 0)                                                                       \
    VEC_SEM_MMX_SSE(OP, K)                                                                         \
    VEC_SEM(V##OP, avx_do_##K(c, in))

/* Binary without an MMX form; SH as above. */
#define VEC_BIN_SSE(OP, K, SH)                                                                     \
    VEC_BODY_SSE(K)                                                                                \
    VEC_BODY_AVX(K, 1, 2, SH)                                                                      \
    VEC_SEM(OP, sse_do_##K(c, in))                                                                 \
    VEC_SEM(V##OP, avx_do_##K(c, in))

/* Unary: operand 1 to operand 0. */
#define VEC_UN(OP, K)                                                                              \
    VEC_BODY_MMX(K)                                                                                \
    VEC_BODY_SSE(K)                                                                                \
    VEC_BODY_AVX(K, 0, 1, 0)                                                                       \
    VEC_SEM_MMX_SSE(OP, K)                                                                         \
    VEC_SEM(V##OP, avx_do_##K(c, in))

#define VEC_UN_SSE(OP, K, SH)                                                                      \
    VEC_BODY_SSE(K)                                                                                \
    VEC_BODY_AVX(K, 0, 1, SH)                                                                      \
    VEC_SEM(OP, sse_do_##K(c, in))                                                                 \
    VEC_SEM(V##OP, avx_do_##K(c, in))

#endif
