/*
 * sem_shift.c - shifts and rotates by one, CL or an immediate; double shifts. Bodies of the single ones: alu.h.
 */
#include "interp/alu.h"
#include "interp/sem.h"

typedef u64 shift_fn(struct x86_lazy *lf, unsigned size, u64 a, unsigned count);

ALWAYS_INLINE void shift(struct x86_cpu *c, const struct x86_insn *in, shift_fn *fn)
{
    unsigned size = in->opnd[0].size, count = (u8)op_read(c, in, 1);
    struct x86_lazy lf = c->lf;
    u64 r = fn(&lf, size, op_read(c, in, 0), count);

    op_write(c, in, 0, r);
    c->lf = lf;
}

void sem_SHL(struct x86_cpu *c, const struct x86_insn *in)
{
    shift(c, in, alu_shl);
}

void sem_SHR(struct x86_cpu *c, const struct x86_insn *in)
{
    shift(c, in, alu_shr);
}

void sem_SAR(struct x86_cpu *c, const struct x86_insn *in)
{
    shift(c, in, alu_sar);
}

static void rotate_done(struct x86_cpu *c, const struct x86_insn *in, u64 r, u32 oc)
{
    op_write(c, in, 0, r);
    if (oc != ALU_KEEP)
        x86_flags_put(c, X86_CF | X86_OF, oc);
}

void sem_ROL(struct x86_cpu *c, const struct x86_insn *in)
{
    unsigned count = (u8)op_read(c, in, 1);
    u32 oc;
    u64 r = alu_rol(&oc, in->opnd[0].size, op_read(c, in, 0), count);

    rotate_done(c, in, r, oc);
}

void sem_ROR(struct x86_cpu *c, const struct x86_insn *in)
{
    unsigned count = (u8)op_read(c, in, 1);
    u32 oc;
    u64 r = alu_ror(&oc, in->opnd[0].size, op_read(c, in, 0), count);

    rotate_done(c, in, r, oc);
}

void sem_RCL(struct x86_cpu *c, const struct x86_insn *in)
{
    unsigned count = (u8)op_read(c, in, 1);
    u32 oc;
    u64 r = alu_rcl(&oc, in->opnd[0].size, op_read(c, in, 0), count, x86_cf(c));

    rotate_done(c, in, r, oc);
}

void sem_RCR(struct x86_cpu *c, const struct x86_insn *in)
{
    unsigned count = (u8)op_read(c, in, 1);
    u32 oc;
    u64 r = alu_rcr(&oc, in->opnd[0].size, op_read(c, in, 0), count, x86_cf(c));

    rotate_done(c, in, r, oc);
}

/*
 * Double shifts. A 16-bit operand shifted by more than 16 is undefined in the manual; CPUs shift dest:src:dest (SHLD) and
 * dest:src:dest (SHRD, from the other end), which the 48-bit value below gives.
 */
static void shift_double(struct x86_cpu *c, const struct x86_insn *in, u64 r, unsigned cf)
{
    unsigned size = in->opnd[0].size;
    unsigned of = sign_bit(op_read(c, in, 0) ^ r, size);

    op_write(c, in, 0, r);
    x86_lf_res(&c->lf, size, zext(r, size), cf * X86_CF | of * X86_OF);
}

void sem_SHLD(struct x86_cpu *c, const struct x86_insn *in)
{
    unsigned size = in->opnd[0].size, bits = 8 * size, n = alu_count(size, op_read(c, in, 2));
    u64 a = op_read(c, in, 0), b = op_read(c, in, 1);
    u128 wide = ((u128)a << bits | b) << bits | a;

    if (n)
        shift_double(c, in, zext((u64)(wide >> (2 * bits - n)), size), (unsigned)(wide >> (3 * bits - n)) & 1);
    else
        op_write(c, in, 0, a);
}

void sem_SHRD(struct x86_cpu *c, const struct x86_insn *in)
{
    unsigned size = in->opnd[0].size, bits = 8 * size, n = alu_count(size, op_read(c, in, 2));
    u64 a = op_read(c, in, 0), b = op_read(c, in, 1);
    u128 wide = size == 2 ? ((u128)a << bits | b) << bits | a : (u128)b << bits | a;

    if (n)
        shift_double(c, in, zext((u64)(wide >> n), size), (unsigned)(wide >> (n - 1)) & 1);
    else
        op_write(c, in, 0, a);
}
