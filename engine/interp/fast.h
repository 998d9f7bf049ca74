/*
 * fast.h - what the files of threaded handlers (fast_*.c) share, and their selectors. A handler is
 * one sem body with operand size and form fixed at compile time; records no selector wants run
 * through op_generic.
 */
#ifndef INTERP_FAST_H
#define INTERP_FAST_H

#include "interp/block.h"
#include "interp/sem.h"

#define HANDLER static const struct interp_op *
#define ARGS struct x86_cpu *c, const struct interp_op *op

/* Address forms that need no segment and no 32-bit cut. */
enum fast_mem { FAST_MEM_NONE, FAST_MEM_BASE, FAST_MEM_INDEX };

/* Form of the record's memory operand in 64-bit mode; NONE when it needs sem_ea(). */
ALWAYS_INLINE enum fast_mem fast_mem(const struct x86_insn *in)
{
    if (in->mode != 64 || in->adsz != 8 || in->seg != X86_SEG_NONE)
        return FAST_MEM_NONE;
    return in->index == X86_REG_NONE ? FAST_MEM_BASE : FAST_MEM_INDEX;
}

/* kind must be a constant; marks the instruction as the one that may fault. */
ALWAYS_INLINE gaddr fast_ea(struct x86_cpu *c, const struct x86_insn *in, enum fast_mem kind)
{
    c->cur = in;
    if (kind == FAST_MEM_BASE)
        return c->gpr[in->base] + (u64)in->disp;
    return c->gpr[in->base] + (c->gpr[in->index] << in->scale) + (u64)in->disp;
}

/* 0 1 2 3 for 1 2 4 8. */
ALWAYS_INLINE unsigned size_log2(unsigned size)
{
    return (unsigned)__builtin_ctz(size);
}

ALWAYS_INLINE bool is_gpr(const struct x86_insn *in, unsigned i)
{
    return in->opnd[i].kind == X86_OPK_GPR;
}

interp_handler *select_alu(const struct x86_insn *in);
interp_handler *select_mov(const struct x86_insn *in);
interp_handler *select_branch(const struct x86_insn *in, const struct interp_op *maker);
interp_handler *select_vec(const struct x86_insn *in);

#endif
