/*
 * stack.h - access relative to the stack pointer without moving it, for instructions that touch
 * several slots. Flat SS base of 64-bit mode is 0; in 32-bit mode the stack is 32 bits wide (SS.B =
 * 1 in Linux).
 */
#ifndef INTERP_STACK_H
#define INTERP_STACK_H

#include "interp/sem.h"

/* Stack slot at RSP + delta. */
ALWAYS_INLINE gaddr stack_at(const struct x86_cpu *c, const struct x86_insn *in, u64 rsp, i64 delta)
{
    if (in->mode == 64)
        return rsp + (u64)delta;
    return (u32)((u32)(rsp + (u64)delta) + c->seg_base[X86_SS]);
}

ALWAYS_INLINE void stack_set(struct x86_cpu *c, const struct x86_insn *in, u64 rsp)
{
    c->gpr[X86_RSP] = in->mode == 64 ? rsp : (u32)rsp;
}

/* EFLAGS as PUSHF shows them: RF and VM cleared (SDM vol. 2, PUSHF). */
u32 flags_image(struct x86_cpu *c);
/*
 * POPF and IRET at CPL 3, IOPL 0: IF and IOPL stay (SDM vol. 2, POPF). A 2-byte image leaves the
 * upper half.
 */
void flags_load(struct x86_cpu *c, unsigned size, u64 v);

#endif
