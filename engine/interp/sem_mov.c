/*
 * sem_mov.c - data movement between registers and memory, SETcc, CMOVcc.
 */
#include "interp/alu.h"
#include "interp/sem.h"

void sem_MOV(struct x86_cpu *c, const struct x86_insn *in)
{
    op_write(c, in, 0, op_read(c, in, 1));
}

void sem_MOVZX(struct x86_cpu *c, const struct x86_insn *in)
{
    op_write(c, in, 0, op_read(c, in, 1));
}

void sem_MOVSX(struct x86_cpu *c, const struct x86_insn *in)
{
    op_write(c, in, 0, sext(op_read(c, in, 1), in->opnd[1].size));
}

void sem_MOVSXD(struct x86_cpu *c, const struct x86_insn *in)
{
    op_write(c, in, 0, sext(op_read(c, in, 1), in->opnd[1].size));
}

void sem_MOVBE(struct x86_cpu *c, const struct x86_insn *in)
{
    unsigned size = in->opnd[0].size;

    op_write(c, in, 0, __builtin_bswap64(op_read(c, in, 1)) >> (64 - 8 * size));
}

void sem_LEA(struct x86_cpu *c, const struct x86_insn *in)
{
    op_write(c, in, 0, sem_ea_offset(c, in));
}

void sem_SETcc(struct x86_cpu *c, const struct x86_insn *in)
{
    op_write(c, in, 0, x86_cond(c, in->cc));
}

/*
 * The source is read, and a 32-bit destination's upper half cleared, whatever the condition (SDM
 * vol. 2, CMOVcc).
 */
void sem_CMOVcc(struct x86_cpu *c, const struct x86_insn *in)
{
    u64 v = op_read(c, in, 1);

    op_write(c, in, 0, x86_cond(c, in->cc) ? v : op_read(c, in, 0));
}

void sem_XLAT(struct x86_cpu *c, const struct x86_insn *in)
{
    gaddr a = zext(c->gpr[X86_RBX] + (u8)c->gpr[X86_RAX], in->adsz) + c->seg_base[in->seg];

    gpr_write(c, X86_RAX, 1, mem_read(in->mode == 64 ? a : (u32)a, 1));
}

void sem_SALC(struct x86_cpu *c, const struct x86_insn *in)
{
    (void)in;
    gpr_write(c, X86_RAX, 1, x86_cf(c) ? 0xff : 0);
}

void sem_LAHF(struct x86_cpu *c, const struct x86_insn *in)
{
    u64 ah = (x86_flags_get(c) & (X86_SF | X86_ZF | X86_AF | X86_PF | X86_CF)) | 2;

    (void)in;
    c->gpr[X86_RAX] = (c->gpr[X86_RAX] & ~0xff00ull) | ah << 8;
}

void sem_SAHF(struct x86_cpu *c, const struct x86_insn *in)
{
    (void)in;
    x86_flags_put(c, X86_SF | X86_ZF | X86_AF | X86_PF | X86_CF, (u32)(c->gpr[X86_RAX] >> 8));
}

void sem_CLC(struct x86_cpu *c, const struct x86_insn *in)
{
    (void)in;
    x86_flags_put(c, X86_CF, 0);
}

void sem_STC(struct x86_cpu *c, const struct x86_insn *in)
{
    (void)in;
    x86_flags_put(c, X86_CF, X86_CF);
}

void sem_CMC(struct x86_cpu *c, const struct x86_insn *in)
{
    (void)in;
    x86_flags_put(c, X86_CF, ~x86_flags_get(c));
}

/* DF is not lazy. */
void sem_CLD(struct x86_cpu *c, const struct x86_insn *in)
{
    (void)in;
    c->eflags &= ~(u32)X86_DF;
}

void sem_STD(struct x86_cpu *c, const struct x86_insn *in)
{
    (void)in;
    c->eflags |= X86_DF;
}
