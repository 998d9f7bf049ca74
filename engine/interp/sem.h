/*
 * sem.h - what the sem_*.c files share: operand access, addresses, exceptions.
 *
 * Contract of every `void sem_<OP>(struct x86_cpu *c, const struct x86_insn *in)`:
 * - c->rip is already the address of the next instruction; branches overwrite it (use sem_jump).
 * - All memory accesses come before the first write of guest registers or flags (precise faults). A
 * host SIGSEGV inside any of the accessors below becomes the guest's #PF; there is nothing to
 * check.
 * - Exceptions: x86_raise()/sem_ud()/sem_gp() do not return.
 * - Memory operands under LOCK go through sem_rmw(), which is atomic.
 * - Widths: 32-bit register writes zero the upper half, 8/16-bit writes keep the rest (op_write
 * does it).
 */
#ifndef INTERP_SEM_H
#define INTERP_SEM_H

#include "base/bits.h"
#include "interp/interp.h"
#include "x86/cpu.h"
#include "x86/rows.h"

/* Every sem_<OP>, from the table. */
#define SEM_PROTO(op) void sem_##op(struct x86_cpu *c, const struct x86_insn *in);
X86_OP_LIST(SEM_PROTO)
#undef SEM_PROTO

/* Other threads and signal handlers set it. */
ALWAYS_INLINE u32 sem_pending(const struct x86_cpu *c)
{
    return __atomic_load_n(&c->pending, __ATOMIC_RELAXED);
}

/* Effective address, segment base included, cut to the address size. */
ALWAYS_INLINE gaddr sem_ea_offset(const struct x86_cpu *c, const struct x86_insn *in)
{
    u64 a = c->gpr[in->base] + (c->gpr[in->index] << in->scale) + (u64)in->disp;

    return in->adsz == 8 ? a : zext(a, in->adsz);
}

ALWAYS_INLINE gaddr sem_ea(const struct x86_cpu *c, const struct x86_insn *in)
{
    gaddr a = sem_ea_offset(c, in) + c->seg_base[in->seg];

    return in->mode == 64 ? a : (u32)a;
}

/* Guest memory, unaligned, little-endian. */
ALWAYS_INLINE u64 mem_read(gaddr a, unsigned size)
{
    switch (size) {
    case 1: return ld_u8(g2h(a));
    case 2: return ld_u16(g2h(a));
    case 4: return ld_u32(g2h(a));
    default: return ld_u64(g2h(a));
    }
}

ALWAYS_INLINE void mem_write(gaddr a, unsigned size, u64 v)
{
    switch (size) {
    case 1: st_u8(g2h(a), (u8)v); break;
    case 2: st_u16(g2h(a), (u16)v); break;
    case 4: st_u32(g2h(a), (u32)v); break;
    default: st_u64(g2h(a), v);
    }
}

ALWAYS_INLINE u64 gpr_read(const struct x86_cpu *c, unsigned reg, unsigned size)
{
    return zext(c->gpr[reg], size);
}

ALWAYS_INLINE void gpr_write(struct x86_cpu *c, unsigned reg, unsigned size, u64 v)
{
    if (size >= 4)
        c->gpr[reg] = size == 4 ? (u32)v : v;
    else
        c->gpr[reg] = (c->gpr[reg] & ~size_mask(size)) | zext(v, size);
}

/* Where BT, BTS, BTR and BTC with that bit offset access their operand in memory (sem_bit.c). */
gaddr sem_bit_ea(const struct x86_cpu *c, const struct x86_insn *in, unsigned size, u64 offset);

/* Integer operand i, zero-extended from its size (registers, memory, immediates, REL targets). */
ALWAYS_INLINE u64 op_read(struct x86_cpu *c, const struct x86_insn *in, unsigned i)
{
    const struct x86_operand *o = &in->opnd[i];

    switch (o->kind) {
    case X86_OPK_GPR: return gpr_read(c, o->reg, o->size);
    case X86_OPK_GPR_HIGH: return (u8)(c->gpr[o->reg] >> 8);
    case X86_OPK_MEM: return mem_read(sem_ea(c, in), o->size);
    case X86_OPK_IMM: return o->reg ? x86_imm2(in) : in->imm;
    case X86_OPK_SREG: return c->seg[o->reg];
    case X86_OPK_MMX: return c->fpu.regs[o->reg].m;
    default: return in->imm;
    }
}

ALWAYS_INLINE void op_write(struct x86_cpu *c, const struct x86_insn *in, unsigned i, u64 v)
{
    const struct x86_operand *o = &in->opnd[i];

    if (o->kind == X86_OPK_GPR)
        gpr_write(c, o->reg, o->size, v);
    else if (o->kind == X86_OPK_GPR_HIGH)
        c->gpr[o->reg] = (c->gpr[o->reg] & ~0xff00ull) | (u64)(u8)v << 8;
    else
        mem_write(sem_ea(c, in), o->size, v);
}

ALWAYS_INLINE bool op_is_mem(const struct x86_insn *in, unsigned i)
{
    return in->opnd[i].kind == X86_OPK_MEM;
}

NORETURN void sem_ud(struct x86_cpu *c);
NORETURN void sem_gp(struct x86_cpu *c, u32 err);

/* 48-bit addresses: bits 63-47 are equal. */
ALWAYS_INLINE bool is_canonical(u64 a)
{
    return (u64)((i64)(a << 16) >> 16) == a;
}

/* Branch to a target already cut to mode/operand size. */
ALWAYS_INLINE void sem_jump(struct x86_cpu *c, gaddr target)
{
    c->rip = target;
}

/* Stack width of the mode; push/pop move RSP only after the access succeeded. sem_mem.c */
void sem_push(struct x86_cpu *c, const struct x86_insn *in, unsigned size, u64 v);
u64 sem_pop(struct x86_cpu *c, const struct x86_insn *in, unsigned size);

/*
 * Vector operands. vec_read copies the low `size` bytes (operand size, or vl) of operand i into *v
 * and zeroes the rest; rows with attribute `align` fault on unaligned memory (#GP). vec_write
 * stores operand i: legacy SSE register writes keep bytes above 16 of the YMM, VEX writes zero
 * above vl. sem_vecutil.c
 */
void vec_read(struct x86_cpu *c, const struct x86_insn *in, unsigned i, union x86_vec *v);
void vec_write(struct x86_cpu *c, const struct x86_insn *in, unsigned i, const union x86_vec *v);

/* x87/MMX: entering MMX sets all tags used and TOP = 0; raises #MF if an unmasked x87 exception is
 * pending. sem_vecutil.c */
void mmx_enter(struct x86_cpu *c);

#endif
