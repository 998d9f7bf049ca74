/*
 * sem_bmi.c - BMI1, BMI2, ADX (SDM vol. 2, the instructions' pages).
 */
#include "interp/alu.h"
#include "interp/sem.h"

static u64 low_ones(unsigned n)
{
    return n < 64 ? (1ull << n) - 1 : ~0ull;
}

/* AF and PF are undefined after these: as the logic operations leave them. */
void sem_ANDN(struct x86_cpu *c, const struct x86_insn *in)
{
    u64 r = ~op_read(c, in, 1) & op_read(c, in, 2);

    op_write(c, in, 0, r);
    x86_lf_logic(&c->lf, in->opnd[0].size, zext(r, in->opnd[0].size));
}

static void bls_done(struct x86_cpu *c, const struct x86_insn *in, u64 r, bool cf)
{
    unsigned size = in->opnd[0].size;

    op_write(c, in, 0, r);
    x86_lf_res(&c->lf, size, zext(r, size), cf ? X86_CF : 0);
}

void sem_BLSR(struct x86_cpu *c, const struct x86_insn *in)
{
    u64 v = op_read(c, in, 1);

    bls_done(c, in, v & (v - 1), v == 0);
}

void sem_BLSMSK(struct x86_cpu *c, const struct x86_insn *in)
{
    u64 v = op_read(c, in, 1);

    bls_done(c, in, v ^ (v - 1), v == 0);
}

void sem_BLSI(struct x86_cpu *c, const struct x86_insn *in)
{
    u64 v = op_read(c, in, 1);

    bls_done(c, in, v & (0 - v), v != 0);
}

void sem_BEXTR(struct x86_cpu *c, const struct x86_insn *in)
{
    u64 v = op_read(c, in, 1), ctl = op_read(c, in, 2);
    unsigned start = ctl & 0xff, len = ctl >> 8 & 0xff;
    u64 r = (start < 64 ? v >> start : 0) & low_ones(len);

    op_write(c, in, 0, r);
    x86_lf_logic(&c->lf, in->opnd[0].size, r);
}

void sem_BZHI(struct x86_cpu *c, const struct x86_insn *in)
{
    unsigned size = in->opnd[0].size, n = (u8)op_read(c, in, 2);
    u64 r = op_read(c, in, 1) & low_ones(n);

    op_write(c, in, 0, r);
    x86_lf_res(&c->lf, size, r, n >= 8 * size ? X86_CF : 0);
}

/* PEXT and PDEP go through the mask by runs of ones: real masks have few. */
static unsigned next_run(u64 mask, unsigned *len)
{
    unsigned start = (unsigned)__builtin_ctzll(mask);
    u64 above = ~(mask >> start);

    *len = above ? (unsigned)__builtin_ctzll(above) : 64;
    return start;
}

void sem_PEXT(struct x86_cpu *c, const struct x86_insn *in)
{
    u64 src = op_read(c, in, 1), mask = op_read(c, in, 2), r = 0;
    unsigned at = 0, len;

    while (mask) {
        unsigned start = next_run(mask, &len);

        r |= (src >> start & low_ones(len)) << at;
        at += len;
        mask &= ~(low_ones(len) << start);
    }
    op_write(c, in, 0, r);
}

void sem_PDEP(struct x86_cpu *c, const struct x86_insn *in)
{
    u64 src = op_read(c, in, 1), mask = op_read(c, in, 2), r = 0;
    unsigned at = 0, len;

    while (mask) {
        unsigned start = next_run(mask, &len);

        r |= (src >> at & low_ones(len)) << start;
        at += len;
        mask &= ~(low_ones(len) << start);
    }
    op_write(c, in, 0, r);
}

/* The high half goes to operand 0; when both are one register it gets the high half. */
void sem_MULX(struct x86_cpu *c, const struct x86_insn *in)
{
    unsigned size = in->opnd[0].size;
    u128 p = (u128)op_read(c, in, 2) * gpr_read(c, X86_RDX, size);

    op_write(c, in, 1, (u64)p);
    op_write(c, in, 0, (u64)(p >> (8 * size)));
}

void sem_SHLX(struct x86_cpu *c, const struct x86_insn *in)
{
    op_write(c, in, 0, op_read(c, in, 1) << alu_count(in->opnd[0].size, op_read(c, in, 2)));
}

void sem_SHRX(struct x86_cpu *c, const struct x86_insn *in)
{
    op_write(c, in, 0, op_read(c, in, 1) >> alu_count(in->opnd[0].size, op_read(c, in, 2)));
}

void sem_SARX(struct x86_cpu *c, const struct x86_insn *in)
{
    unsigned size = in->opnd[0].size;
    i64 v = (i64)sext(op_read(c, in, 1), size);

    op_write(c, in, 0, (u64)(v >> alu_count(size, op_read(c, in, 2))));
}

void sem_RORX(struct x86_cpu *c, const struct x86_insn *in)
{
    unsigned size = in->opnd[0].size, bits = 8 * size, n = alu_count(size, op_read(c, in, 2));
    u64 v = op_read(c, in, 1);

    op_write(c, in, 0, n ? v >> n | v << (bits - n) : v);
}

static void add_with(struct x86_cpu *c, const struct x86_insn *in, u32 flag)
{
    unsigned bits = 8 * in->opnd[0].size;
    u64 b = op_read(c, in, 1);
    u128 sum = (u128)op_read(c, in, 0) + b + (x86_flags_get(c) & flag ? 1 : 0);

    op_write(c, in, 0, (u64)sum);
    x86_flags_put(c, flag, sum >> bits ? flag : 0);
}

void sem_ADCX(struct x86_cpu *c, const struct x86_insn *in)
{
    add_with(c, in, X86_CF);
}

void sem_ADOX(struct x86_cpu *c, const struct x86_insn *in)
{
    add_with(c, in, X86_OF);
}
