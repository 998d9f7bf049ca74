/*
 * sem_stack.c - PUSH and POP in all forms, ENTER, LEAVE.
 */
#include "interp/stack.h"

#include "interp/atomic.h"
#include "interp/seg.h"
#include "x86/flags.h"

void sem_push(struct x86_cpu *c, const struct x86_insn *in, unsigned size, u64 v)
{
    gaddr slot = stack_at(c, in, c->gpr[X86_RSP], -(i64)size);

    if (UNLIKELY(!is_canonical(slot)))
        x86_raise(c, X86_EXC_SS, 0, 0);
    mem_write(slot, size, v);
    stack_set(c, in, c->gpr[X86_RSP] - size);
}

u64 sem_pop(struct x86_cpu *c, const struct x86_insn *in, unsigned size)
{
    u64 v = mem_read(stack_at(c, in, c->gpr[X86_RSP], 0), size);

    stack_set(c, in, c->gpr[X86_RSP] + size);
    return v;
}

void sem_PUSH(struct x86_cpu *c, const struct x86_insn *in)
{
    sem_push(c, in, in->opsz, op_read(c, in, 0));
}

void sem_PUSH_SEG(struct x86_cpu *c, const struct x86_insn *in)
{
    sem_push(c, in, in->opsz, c->seg[in->opnd[0].reg]);
}

/*
 * A memory destination is addressed with the RSP of after the pop (SDM vol. 2, POP), which a write
 * fault must not show.
 */
void sem_POP(struct x86_cpu *c, const struct x86_insn *in)
{
    u64 rsp = c->gpr[X86_RSP];
    u64 v = mem_read(stack_at(c, in, rsp, 0), in->opsz);
    gaddr ea;

    if (!op_is_mem(in, 0)) {
        stack_set(c, in, rsp + in->opsz);
        op_write(c, in, 0, v);
        return;
    }
    stack_set(c, in, rsp + in->opsz);
    ea = sem_ea(c, in);
    c->gpr[X86_RSP] = rsp;
    mem_write(ea, in->opsz, v);
    stack_set(c, in, rsp + in->opsz);
}

void sem_POP_SEG(struct x86_cpu *c, const struct x86_insn *in)
{
    u64 rsp = c->gpr[X86_RSP];

    seg_load(c, in->opnd[0].reg, (u16)mem_read(stack_at(c, in, rsp, 0), 2));
    stack_set(c, in, rsp + in->opsz);
}

void sem_PUSHA(struct x86_cpu *c, const struct x86_insn *in)
{
    u64 rsp = c->gpr[X86_RSP];

    for (unsigned i = 0; i < 8; i++)
        mem_write(stack_at(c, in, rsp, -(i64)(i + 1) * in->opsz), in->opsz, c->gpr[i]);
    stack_set(c, in, rsp - 8u * in->opsz);
}

void sem_POPA(struct x86_cpu *c, const struct x86_insn *in)
{
    u64 rsp = c->gpr[X86_RSP], v[8];

    for (unsigned i = 0; i < 8; i++)
        v[i] = mem_read(stack_at(c, in, rsp, (i64)(7 - i) * in->opsz), in->opsz);
    for (unsigned i = 0; i < 8; i++) {
        if (i != X86_RSP)
            gpr_write(c, i, in->opsz, v[i]);
    }
    stack_set(c, in, rsp + 8u * in->opsz);
}

u32 flags_image(struct x86_cpu *c)
{
    return (x86_flags_get(c) & ~(u32)(X86_RF | 0x20000)) | X86_FLAGS_FIXED;
}

void flags_load(struct x86_cpu *c, unsigned size, u64 v)
{
    u32 mask = X86_OSZAPC | X86_TF | X86_DF | X86_NT;

    if (size > 2)
        mask |= X86_AC | X86_ID;
    x86_flags_put(c, mask, (u32)v);
}

void sem_PUSHF(struct x86_cpu *c, const struct x86_insn *in)
{
    sem_push(c, in, in->opsz, flags_image(c));
}

/*
 * A TF set here traps after the next instruction: the row ends the block, so the run loop sees it
 * in time.
 */
void sem_POPF(struct x86_cpu *c, const struct x86_insn *in)
{
    flags_load(c, in->opsz, sem_pop(c, in, in->opsz));
}

/*
 * SDM vol. 2, ENTER: all slots are written before RSP and RBP change; the lowest byte of the new
 * frame must be writable.
 */
void sem_ENTER(struct x86_cpu *c, const struct x86_insn *in)
{
    unsigned size = in->opsz, level = x86_imm2(in) & 31;
    u64 alloc = (u16)in->imm, rsp = c->gpr[X86_RSP], rbp = c->gpr[X86_RBP];
    i64 at = -(i64)size, frame = at;

    mem_write(stack_at(c, in, rsp, at), size, rbp);
    for (unsigned i = 1; i < level; i++) {
        u64 v;

        if (in->mode == 64 && !is_canonical(rbp - i * size))
            x86_raise(c, X86_EXC_SS, 0, 0);
        v = mem_read(stack_at(c, in, rbp, -(i64)(i * size)), size);

        at -= size;
        mem_write(stack_at(c, in, rsp, at), size, v);
    }
    if (level) {
        at -= size;
        mem_write(stack_at(c, in, rsp, at), size, rsp + (u64)frame);
    }
    at -= (i64)alloc;
    mem_probe_write(stack_at(c, in, rsp, at));
    gpr_write(c, X86_RBP, size, rsp + (u64)frame);
    stack_set(c, in, rsp + (u64)at);
}

void sem_LEAVE(struct x86_cpu *c, const struct x86_insn *in)
{
    u64 rbp = c->gpr[X86_RBP];
    u64 v = mem_read(stack_at(c, in, rbp, 0), in->opsz);

    gpr_write(c, X86_RBP, in->opsz, v);
    stack_set(c, in, rbp + in->opsz);
}
