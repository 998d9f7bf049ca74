/*
 * vec.h - vector values of 16 bytes and fast access to vector operands, for sem_vec*.c and for
 * handlers the interpreter loop inlines. Invariants: a 256-bit operation is two lanes; lanes live
 * in registers or on the stack, never in guest memory, so that every guest load is over before the
 * first register is written (precise faults). GCC vector members: no host is named here, each one
 * uses what SIMD it has.
 */
#ifndef INTERP_VEC_H
#define INTERP_VEC_H

#include "interp/atomic.h"
#include "interp/sem.h"

#define VEC_SIZE __attribute__((vector_size(16)))

/* One 128-bit lane. v*: GCC vectors (element-wise operators), the others by element. */
union vec_lane {
    u8 vb VEC_SIZE;
    u16 vw VEC_SIZE;
    u32 vd VEC_SIZE;
    u64 vq VEC_SIZE;
    i8 vsb VEC_SIZE;
    i16 vsw VEC_SIZE;
    i32 vsd VEC_SIZE;
    i64 vsq VEC_SIZE;
    u8 b[16];
    u16 w[8];
    u32 d[4];
    u64 q[2];
    i8 sb[16];
    i16 sw[8];
    i32 sd[4];
    i64 sq[2];
};

/* The two lanes of a register; lane 1 is the upper half of the YMM. */
ALWAYS_INLINE union vec_lane *vec_reg(struct x86_cpu *c, unsigned reg)
{
    return (union vec_lane *)(void *)&c->vec[reg];
}

/* Guest memory to lane, any alignment. */
ALWAYS_INLINE void vec_ld16(union vec_lane *d, gaddr a)
{
    __builtin_memcpy(d, g2h(a), 16);
}

/* The same into a guest register: both halves are read first, so that a fault changes none. */
ALWAYS_INLINE void vec_ld16_reg(union vec_lane *d, gaddr a)
{
    u64 lo = ld_u64(g2h(a)), hi = ld_u64(g2h(a + 8));

    d->q[0] = lo;
    d->q[1] = hi;
}

ALWAYS_INLINE void vec_st16(gaddr a, const union vec_lane *s)
{
    __builtin_memcpy(g2h(a), s, 16);
}

ALWAYS_INLINE void vec_probe_byte(gaddr a)
{
    mem_probe_write(a);
}

/*
 * Before a store that the host makes in parts: if [a, a + n) touches two pages, both are tried, so
 * that a fault comes before the first byte is written, as on the real CPU.
 */
ALWAYS_INLINE void vec_probe_store(gaddr a, unsigned n)
{
    if (UNLIKELY((a ^ (a + n - 1)) >> 12)) {
        mem_probe_write(a);
        mem_probe_write(align_down(a + n - 1, 4096));
    }
}

/* Address of a 16-byte operand that must be aligned (rows with `align`): #GP(0) otherwise. */
ALWAYS_INLINE gaddr vec_ea_aligned(struct x86_cpu *c, const struct x86_insn *in, unsigned align)
{
    gaddr a = sem_ea(c, in);

    if (UNLIKELY(a & (align - 1)))
        sem_gp(c, 0);
    return a;
}

/* Source operand i of a legacy SSE row with `align`: the register, or memory copied to *tmp. */
ALWAYS_INLINE const union vec_lane *vec_src16(struct x86_cpu *c, const struct x86_insn *in,
                                              unsigned i, union vec_lane *tmp)
{
    if (!op_is_mem(in, i))
        return vec_reg(c, in->opnd[i].reg);
    vec_ld16(tmp, vec_ea_aligned(c, in, 16));
    return tmp;
}

/* The same without the alignment check (VEX rows, MOVUPS ...). */
ALWAYS_INLINE const union vec_lane *vec_src16u(struct x86_cpu *c, const struct x86_insn *in,
                                               unsigned i, union vec_lane *tmp)
{
    if (!op_is_mem(in, i))
        return vec_reg(c, in->opnd[i].reg);
    vec_ld16(tmp, sem_ea(c, in));
    return tmp;
}

/* Source operand i of a VEX row, in->vl bytes: both lanes; lane 1 is void when vl is 16. */
ALWAYS_INLINE const union vec_lane *vec_src_vl(struct x86_cpu *c, const struct x86_insn *in,
                                               unsigned i, union vec_lane tmp[2])
{
    gaddr a;

    if (!op_is_mem(in, i))
        return vec_reg(c, in->opnd[i].reg);
    a = sem_ea(c, in);
    vec_ld16(&tmp[0], a);
    if (in->vl == 32)
        vec_ld16(&tmp[1], a + 16);
    return tmp;
}

/* Register results: legacy SSE keeps the upper half of the YMM, VEX.128 clears it. */
ALWAYS_INLINE void vec_put_sse(struct x86_cpu *c, unsigned reg, const union vec_lane *s)
{
    vec_reg(c, reg)[0] = *s;
}

ALWAYS_INLINE void vec_put_vex128(struct x86_cpu *c, unsigned reg, const union vec_lane *s)
{
    union vec_lane *d = vec_reg(c, reg);

    d[0] = *s;
    d[1].q[0] = 0;
    d[1].q[1] = 0;
}

ALWAYS_INLINE void vec_put_vl(struct x86_cpu *c, const struct x86_insn *in, unsigned reg,
                              const union vec_lane s[2])
{
    union vec_lane *d = vec_reg(c, reg);

    if (in->vl != 32) {
        vec_put_vex128(c, reg, s);
        return;
    }
    d[0] = s[0];
    d[1] = s[1];
}

/* MOVAPS/MOVUPS/MOVDQA/MOVDQU by operand form. */
ALWAYS_INLINE void vec_mov_rr(struct x86_cpu *c, const struct x86_insn *in)
{
    vec_reg(c, in->opnd[0].reg)[0] = vec_reg(c, in->opnd[1].reg)[0];
}

ALWAYS_INLINE void vec_mov_rm(struct x86_cpu *c, const struct x86_insn *in)
{
    vec_ld16_reg(vec_reg(c, in->opnd[0].reg), sem_ea(c, in));
}

ALWAYS_INLINE void vec_mov_mr(struct x86_cpu *c, const struct x86_insn *in)
{
    vec_st16(sem_ea(c, in), vec_reg(c, in->opnd[1].reg));
}

ALWAYS_INLINE void vec_mova_rm(struct x86_cpu *c, const struct x86_insn *in)
{
    vec_ld16_reg(vec_reg(c, in->opnd[0].reg), vec_ea_aligned(c, in, 16));
}

ALWAYS_INLINE void vec_mova_mr(struct x86_cpu *c, const struct x86_insn *in)
{
    vec_st16(vec_ea_aligned(c, in, 16), vec_reg(c, in->opnd[1].reg));
}

/* MOVSS, MOVSD, MOVD, MOVQ loads: the rest of the XMM becomes zero. Stores: the low element. */
ALWAYS_INLINE void vec_mov4_rm(struct x86_cpu *c, const struct x86_insn *in)
{
    u64 v = ld_u32(g2h(sem_ea(c, in)));
    union vec_lane *d = vec_reg(c, in->opnd[0].reg);

    d->q[0] = v;
    d->q[1] = 0;
}

ALWAYS_INLINE void vec_mov8_rm(struct x86_cpu *c, const struct x86_insn *in)
{
    u64 v = ld_u64(g2h(sem_ea(c, in)));
    union vec_lane *d = vec_reg(c, in->opnd[0].reg);

    d->q[0] = v;
    d->q[1] = 0;
}

ALWAYS_INLINE void vec_mov4_mr(struct x86_cpu *c, const struct x86_insn *in)
{
    st_u32(g2h(sem_ea(c, in)), vec_reg(c, in->opnd[1].reg)->d[0]);
}

ALWAYS_INLINE void vec_mov8_mr(struct x86_cpu *c, const struct x86_insn *in)
{
    st_u64(g2h(sem_ea(c, in)), vec_reg(c, in->opnd[1].reg)->q[0]);
}

/* Register results of a binary operation: use as `vec_por(vec_reg(c, d), vec_src16(c, in, 1,
 * &tmp))`. */
#define VEC_OP(NAME, EXPR)                                                                         \
    ALWAYS_INLINE void vec_##NAME(union vec_lane *d, const union vec_lane *s)                      \
    {                                                                                              \
        EXPR;                                                                                      \
    }
VEC_OP(pand, d->vq &= s->vq)
VEC_OP(pandn, d->vq = ~d->vq & s->vq)
VEC_OP(por, d->vq |= s->vq)
VEC_OP(pxor, d->vq ^= s->vq)
VEC_OP(paddb, d->vb += s->vb)
VEC_OP(paddw, d->vw += s->vw)
VEC_OP(paddd, d->vd += s->vd)
VEC_OP(paddq, d->vq += s->vq)
VEC_OP(psubb, d->vb -= s->vb)
VEC_OP(psubw, d->vw -= s->vw)
VEC_OP(psubd, d->vd -= s->vd)
VEC_OP(psubq, d->vq -= s->vq)
VEC_OP(pcmpeqb, d->vsb = d->vb == s->vb)
VEC_OP(pcmpeqd, d->vsd = d->vd == s->vd)
#undef VEC_OP

/* A pending unmasked x87 exception stops every MMX instruction before it does anything: #MF. */
ALWAYS_INLINE void mmx_check(struct x86_cpu *c)
{
    if (UNLIKELY(c->fpu.sw & ~c->fpu.cw & 0x3f))
        x86_raise(c, X86_EXC_MF, 0, 0);
}

/* What touching an MMX register does to the x87 side (SDM vol. 3, 12.2), after memory accesses. */
ALWAYS_INLINE void mmx_mark(struct x86_cpu *c)
{
    c->fpu.top = 0;
    c->fpu.used = 0xff;
}

ALWAYS_INLINE void mmx_put(struct x86_cpu *c, unsigned reg, u64 v)
{
    mmx_mark(c);
    c->fpu.regs[reg].m = v;
    c->fpu.regs[reg].se = 0xffff;
}

/* Source operand i of an MMX row: register, or memory of the operand's size (4 or 8),
 * zero-extended. */
ALWAYS_INLINE u64 mmx_src(struct x86_cpu *c, const struct x86_insn *in, unsigned i)
{
    if (!op_is_mem(in, i))
        return c->fpu.regs[in->opnd[i].reg].m;
    return mem_read(sem_ea(c, in), in->opnd[i].size);
}

#endif
