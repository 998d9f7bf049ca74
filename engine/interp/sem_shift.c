/*
 * sem_shift.c - shifts and rotates by one, CL or an immediate; double shifts. Bodies of the single
 * ones: alu.h.
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
 * Double shifts. A 16-bit operand shifted by more than 16 is undefined in the manual; AMD family
 * 19h goes on with the source again and clears CF.
 */
static void shift_double(struct x86_cpu *c, const struct x86_insn *in, u64 r, u32 oc)
{
    unsigned size = in->opnd[0].size;

    r = zext(r, size);
    op_write(c, in, 0, r);
    x86_lf_res(&c->lf, size, r, oc | X86_AF);
}

void sem_SHLD(struct x86_cpu *c, const struct x86_insn *in)
{
    unsigned size = in->opnd[0].size, bits = 8 * size, n = alu_count(size, op_read(c, in, 2)), cf;
    u64 a = op_read(c, in, 0), b = op_read(c, in, 1), r;

    if (!n) {
        op_write(c, in, 0, a);
        return;
    }
    if (n <= bits) {
        r = n < bits ? a << n | b >> (bits - n) : b;
        cf = a >> (bits - n) & 1;
    } else {
        r = b << (n - bits) | b >> (2 * bits - n);
        cf = 0;
    }
    shift_double(c, in, r, cf * X86_CF | (n > bits ? 0 : cf ^ sign_bit(r, size)) * X86_OF);
}

void sem_SHRD(struct x86_cpu *c, const struct x86_insn *in)
{
    unsigned size = in->opnd[0].size, bits = 8 * size, n = alu_count(size, op_read(c, in, 2)), cf;
    u64 a = op_read(c, in, 0), b = op_read(c, in, 1), r;

    if (!n) {
        op_write(c, in, 0, a);
        return;
    }
    if (n <= bits) {
        r = n < bits ? a >> n | b << (bits - n) : b;
        cf = a >> (n - 1) & 1;
    } else {
        r = b >> (n - bits) | b << (2 * bits - n);
        cf = 0;
    }
    shift_double(c, in, r, cf * X86_CF | alu_top_bits_differ(size, r));
}
