/*
 * sem_muldiv.c - MUL IMUL DIV IDIV, sign extension of the accumulator, and the decimal adjusts of
 * 32-bit mode.
 */
#include "interp/alu.h"
#include "interp/sem.h"

/* rDX:rAX (AX for bytes) from a double-width product. */
static void write_pair(struct x86_cpu *c, unsigned size, u64 lo, u64 hi)
{
    if (size == 1) {
        gpr_write(c, X86_RAX, 2, (u8)lo | (hi & 0xff) << 8);
        return;
    }
    gpr_write(c, X86_RAX, size, lo);
    gpr_write(c, X86_RDX, size, hi);
}

void sem_MUL(struct x86_cpu *c, const struct x86_insn *in)
{
    unsigned size = in->opnd[0].size;
    u128 p = (u128)op_read(c, in, 0) * gpr_read(c, X86_RAX, size);
    u64 hi = (u64)(p >> (8 * size));

    write_pair(c, size, (u64)p, hi);
    x86_lf_res(&c->lf, size, zext((u64)p, size), hi ? X86_CF | X86_OF : 0);
}

static void imul_wide(struct x86_cpu *c, const struct x86_insn *in)
{
    unsigned size = in->opnd[0].size;
    i128 p = (i128)(i64)sext(op_read(c, in, 0), size) * (i64)sext(gpr_read(c, X86_RAX, size), size);
    bool over = p != (i64)sext((u64)p, size);

    write_pair(c, size, (u64)p, (u64)((u128)p >> (8 * size)));
    x86_lf_res(&c->lf, size, zext((u64)p, size), over ? X86_CF | X86_OF : 0);
}

void sem_IMUL(struct x86_cpu *c, const struct x86_insn *in)
{
    unsigned size = in->opnd[0].size;

    if (in->nopnd == 1)
        imul_wide(c, in);
    else if (in->nopnd == 2)
        op_write(c, in, 0, alu_imul2(&c->lf, size, op_read(c, in, 0), op_read(c, in, 1)));
    else
        op_write(c, in, 0, alu_imul2(&c->lf, size, op_read(c, in, 1), op_read(c, in, 2)));
}

/* Dividend: AX, or rDX:rAX. */
static u128 dividend(struct x86_cpu *c, unsigned size)
{
    if (size == 1)
        return gpr_read(c, X86_RAX, 2);
    return (u128)gpr_read(c, X86_RDX, size) << (8 * size) | gpr_read(c, X86_RAX, size);
}

void sem_DIV(struct x86_cpu *c, const struct x86_insn *in)
{
    unsigned size = in->opnd[0].size;
    u64 d = op_read(c, in, 0);
    u128 n = dividend(c, size);

    if ((u64)(n >> (8 * size)) >= d) /* also d == 0 */
        x86_raise(c, X86_EXC_DE, 0, 0);
    if (size == 8)
        write_pair(c, size, (u64)(n / d), (u64)(n % d));
    else
        write_pair(c, size, (u64)n / d, (u64)n % d);
}

void sem_IDIV(struct x86_cpu *c, const struct x86_insn *in)
{
    unsigned size = in->opnd[0].size, sh = 128 - 16 * size;
    i64 d = (i64)sext(op_read(c, in, 0), size);
    i128 n = (i128)(dividend(c, size) << sh) >> sh, q;

    /* The quotient -2^127 / -1 would not even fit i128. */
    if (!d || (d == -1 && n == (i128)((u128)1 << 127)))
        x86_raise(c, X86_EXC_DE, 0, 0);
    q = n / d;
    if (q != (i64)sext((u64)q, size))
        x86_raise(c, X86_EXC_DE, 0, 0);
    write_pair(c, size, (u64)q, (u64)(n % d));
}

/* CBW CWDE CDQE. */
void sem_CBW(struct x86_cpu *c, const struct x86_insn *in)
{
    gpr_write(c, X86_RAX, in->opsz, sext(c->gpr[X86_RAX], in->opsz / 2));
}

/* CWD CDQ CQO. */
void sem_CWD(struct x86_cpu *c, const struct x86_insn *in)
{
    gpr_write(c, X86_RDX, in->opsz, sign_bit(c->gpr[X86_RAX], in->opsz) ? ~0ull : 0);
}

/* DAA and DAS differ in the direction (SDM vol. 2, DAA, DAS). */
static void decimal_adjust(struct x86_cpu *c, bool sub)
{
    u32 f = x86_flags_get(c), out = 0;
    u8 old = (u8)c->gpr[X86_RAX], al = old;

    if ((al & 15) > 9 || (f & X86_AF)) {
        out |= X86_AF;
        if ((f & X86_CF) || (sub ? old < 6 : old > 0xf9))
            out |= X86_CF;
        al = (u8)(sub ? al - 6 : al + 6);
    }
    if (old > 0x99 || (f & X86_CF)) {
        al = (u8)(sub ? al - 0x60 : al + 0x60);
        out |= X86_CF;
    } else if (!sub) {
        out &= ~(u32)X86_CF;
    }
    gpr_write(c, X86_RAX, 1, al);
    x86_lf_res(&c->lf, 1, al, out);
}

void sem_DAA(struct x86_cpu *c, const struct x86_insn *in)
{
    (void)in;
    decimal_adjust(c, false);
}

void sem_DAS(struct x86_cpu *c, const struct x86_insn *in)
{
    (void)in;
    decimal_adjust(c, true);
}

/* AAA and AAS: add or subtract 0x106 from AX (SDM vol. 2, AAA, AAS). */
static void ascii_adjust(struct x86_cpu *c, u64 delta)
{
    u64 ax = gpr_read(c, X86_RAX, 2);
    bool adjust = (ax & 15) > 9 || (x86_flags_get(c) & X86_AF);

    if (adjust)
        ax += delta;
    gpr_write(c, X86_RAX, 2, ax & 0xff0f);
    x86_lf_res(&c->lf, 1, ax & 15, adjust ? X86_AF | X86_CF : 0);
}

void sem_AAA(struct x86_cpu *c, const struct x86_insn *in)
{
    (void)in;
    ascii_adjust(c, 0x106);
}

void sem_AAS(struct x86_cpu *c, const struct x86_insn *in)
{
    (void)in;
    ascii_adjust(c, -0x106ull);
}

void sem_AAM(struct x86_cpu *c, const struct x86_insn *in)
{
    u8 al = (u8)c->gpr[X86_RAX], d = (u8)in->imm;

    if (!d)
        x86_raise(c, X86_EXC_DE, 0, 0);
    gpr_write(c, X86_RAX, 2, (u64)(al / d) << 8 | al % d);
    x86_lf_res(&c->lf, 1, al % d, 0);
}

void sem_AAD(struct x86_cpu *c, const struct x86_insn *in)
{
    u8 al = (u8)(c->gpr[X86_RAX] + (c->gpr[X86_RAX] >> 8 & 0xff) * (u8)in->imm);

    gpr_write(c, X86_RAX, 2, al);
    x86_lf_res(&c->lf, 1, al, 0);
}
