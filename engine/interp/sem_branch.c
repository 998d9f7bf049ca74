/*
 * sem_branch.c - jumps, calls, returns, loops, far transfers between the two user code segments,
 * software interrupts.
 */
#include "interp/atomic.h"
#include "interp/seg.h"
#include "interp/stack.h"
#include "x86/flags.h"

/* A target that is no address is the fault of the branch itself, before it changes anything. */
static u64 branch_target(struct x86_cpu *c, unsigned mode, u64 target)
{
    if (mode == 64 && UNLIKELY(!is_canonical(target)))
        sem_gp(c, 0);
    return target;
}

void sem_JMP(struct x86_cpu *c, const struct x86_insn *in)
{
    sem_jump(c, branch_target(c, in->mode, op_read(c, in, 0)));
}

void sem_CALL(struct x86_cpu *c, const struct x86_insn *in)
{
    u64 target = op_read(c, in, 0);

    if (in->mode == 64 && UNLIKELY(!is_canonical(target))) {
        gaddr slot = stack_at(c, in, c->gpr[X86_RSP], -(i64)in->opsz);

        /* The push faults first. */
        if (!is_canonical(slot))
            x86_raise(c, X86_EXC_SS, 0, 0);
        mem_probe_write(slot);
        sem_gp(c, 0);
    }
    sem_push(c, in, in->opsz, c->rip);
    sem_jump(c, target);
}

void sem_RET(struct x86_cpu *c, const struct x86_insn *in)
{
    u64 rsp = c->gpr[X86_RSP];
    u64 target = branch_target(c, in->mode, mem_read(stack_at(c, in, rsp, 0), in->opsz));

    stack_set(c, in, rsp + in->opsz + (in->nopnd ? (u16)in->imm : 0));
    sem_jump(c, target);
}

void sem_Jcc(struct x86_cpu *c, const struct x86_insn *in)
{
    if (x86_cond(c, in->cc))
        sem_jump(c, in->imm);
}

void sem_JCXZ(struct x86_cpu *c, const struct x86_insn *in)
{
    if (!gpr_read(c, X86_RCX, in->adsz))
        sem_jump(c, in->imm);
}

/* The count is rCX of the address size. */
static bool loop_count(struct x86_cpu *c, const struct x86_insn *in)
{
    gpr_write(c, X86_RCX, in->adsz, c->gpr[X86_RCX] - 1);
    return gpr_read(c, X86_RCX, in->adsz) != 0;
}

void sem_LOOP(struct x86_cpu *c, const struct x86_insn *in)
{
    if (loop_count(c, in))
        sem_jump(c, in->imm);
}

void sem_LOOPE(struct x86_cpu *c, const struct x86_insn *in)
{
    if (loop_count(c, in) && (x86_flags_get(c) & X86_ZF))
        sem_jump(c, in->imm);
}

void sem_LOOPNE(struct x86_cpu *c, const struct x86_insn *in)
{
    if (loop_count(c, in) && !(x86_flags_get(c) & X86_ZF))
        sem_jump(c, in->imm);
}

static void enter_code(struct x86_cpu *c, u16 sel, u64 offset, unsigned mode)
{
    c->seg[X86_CS] = sel | 3;
    c->mode = (u8)mode;
    c->rip = mode == 64 ? offset : (u32)offset;
}

/* Far pointer of a JMP or CALL: immediate (offset, selector << 32) or in memory, offset first. */
static u16 far_target(struct x86_cpu *c, const struct x86_insn *in, u64 *offset)
{
    gaddr ea;

    if (!op_is_mem(in, 0)) {
        *offset = (u32)in->imm;
        return (u16)(in->imm >> 32);
    }
    ea = sem_ea(c, in);
    *offset = mem_read(ea, in->opsz);
    return (u16)mem_read(ea + in->opsz, 2);
}

void sem_JMP_FAR(struct x86_cpu *c, const struct x86_insn *in)
{
    u64 offset;
    u16 sel = far_target(c, in, &offset);

    unsigned mode = seg_code_mode(c, sel);

    enter_code(c, sel, branch_target(c, mode, offset), mode);
}

void sem_CALL_FAR(struct x86_cpu *c, const struct x86_insn *in)
{
    u64 rsp = c->gpr[X86_RSP], offset;
    unsigned size = in->opsz, mode;
    u16 sel = far_target(c, in, &offset);

    mode = seg_code_mode(c, sel);
    branch_target(c, mode, offset);
    mem_write(stack_at(c, in, rsp, -(i64)size), size, c->seg[X86_CS]);
    mem_write(stack_at(c, in, rsp, -2 * (i64)size), size, c->rip);
    stack_set(c, in, rsp - 2 * size);
    enter_code(c, sel, offset, mode);
}

/* Code selector of a far return: it must have RPL 3. */
static unsigned return_mode(struct x86_cpu *c, u16 sel)
{
    if ((sel & 3) != 3)
        sem_gp(c, sel & 0xfffc);
    return seg_code_mode(c, sel);
}

void sem_RETF(struct x86_cpu *c, const struct x86_insn *in)
{
    unsigned size = in->opsz, mode;
    u64 rsp = c->gpr[X86_RSP];
    u64 offset = mem_read(stack_at(c, in, rsp, 0), size);
    u16 sel = (u16)mem_read(stack_at(c, in, rsp, size), 2);

    mode = return_mode(c, sel);
    branch_target(c, mode, offset);
    stack_set(c, in, rsp + 2 * size + (in->nopnd ? (u16)in->imm : 0));
    enter_code(c, sel, offset, mode);
}

/* In 64-bit mode IRET always pops RSP and SS too (SDM vol. 2, IRET). NT set: a task return, #GP. */
void sem_IRET(struct x86_cpu *c, const struct x86_insn *in)
{
    unsigned size = in->opsz, mode;
    u64 rsp = c->gpr[X86_RSP], offset, flags, new_rsp = rsp + 3 * size;
    u16 sel, ss = c->seg[X86_SS];

    if (c->eflags & X86_NT)
        sem_gp(c, 0);
    offset = mem_read(stack_at(c, in, rsp, 0), size);
    sel = (u16)mem_read(stack_at(c, in, rsp, size), 2);
    flags = mem_read(stack_at(c, in, rsp, 2 * (i64)size), size);
    if (in->mode == 64) {
        new_rsp = mem_read(stack_at(c, in, rsp, 3 * (i64)size), size);
        ss = (u16)mem_read(stack_at(c, in, rsp, 4 * (i64)size), 2);
    }
    mode = return_mode(c, sel);
    branch_target(c, mode, offset);
    seg_load(c, X86_SS, ss);
    c->gpr[X86_RSP] = mode == 64 ? new_rsp : (u32)new_rsp;
    flags_load(c, size, flags);
    enter_code(c, sel, offset, mode);
}

void sem_INT3(struct x86_cpu *c, const struct x86_insn *in)
{
    (void)in;
    if (c->env->bridge && c->env->bridge(c))
        return;
    x86_raise_trap(c, X86_EXC_BP, 0);
}

/* Linux opens the gates 3, 4 and 0x80 to user mode. */
void sem_INT(struct x86_cpu *c, const struct x86_insn *in)
{
    unsigned n = (u8)in->imm;

    if (n == 0x80)
        c->env->int80(c);
    else if (n == X86_EXC_BP || n == X86_EXC_OF)
        x86_raise_trap(c, n, 0);
    else
        sem_gp(c, n * 8 + 2); /* error code: IDT flag, index */
}

void sem_INTO(struct x86_cpu *c, const struct x86_insn *in)
{
    (void)in;
    if (x86_flags_get(c) & X86_OF)
        x86_raise_trap(c, X86_EXC_OF, 0);
}

void sem_INT1(struct x86_cpu *c, const struct x86_insn *in)
{
    (void)in;
    x86_raise_trap(c, X86_EXC_DB, 0);
}

void sem_BOUND(struct x86_cpu *c, const struct x86_insn *in)
{
    unsigned size = in->opnd[0].size;
    gaddr ea = sem_ea(c, in);
    i64 i = (i64)sext(op_read(c, in, 0), size);
    /* volatile: both bounds are read, and may fault, whatever the comparison with the first says */
    volatile i64 low = (i64)sext(mem_read(ea, size), size);
    volatile i64 high = (i64)sext(mem_read(ea + size, size), size);

    if (i < low || i > high)
        x86_raise(c, X86_EXC_BR, 0, 0);
}
