/*
 * alu.h - the integer operations: result and flags, no operand access. Each has one body here; the
 * sem_*.c functions and the threaded fast handlers instantiate it with a constant size. Contract:
 * `a` is zero-extended from size; `b` may have garbage above. The result is zero-extended. Flags go
 * to *lf, which is &c->lf for register destinations and a copy for memory ones: flags must not
 * change before the memory write succeeded.
 */
#ifndef INTERP_ALU_H
#define INTERP_ALU_H

#include "x86/flags.h"

ALWAYS_INLINE u64 alu_add(struct x86_lazy *lf, unsigned size, u64 a, u64 b)
{
    u64 r = zext(a + b, size);

    x86_lf_add(lf, size, a, r);
    return r;
}

ALWAYS_INLINE u64 alu_sub(struct x86_lazy *lf, unsigned size, u64 a, u64 b)
{
    b = zext(b, size);
    x86_lf_sub(lf, size, a, b);
    return zext(a - b, size);
}

ALWAYS_INLINE u64 alu_and(struct x86_lazy *lf, unsigned size, u64 a, u64 b)
{
    u64 r = a & b;

    x86_lf_logic(lf, size, r);
    return r;
}

ALWAYS_INLINE u64 alu_or(struct x86_lazy *lf, unsigned size, u64 a, u64 b)
{
    u64 r = a | zext(b, size);

    x86_lf_logic(lf, size, r);
    return r;
}

ALWAYS_INLINE u64 alu_xor(struct x86_lazy *lf, unsigned size, u64 a, u64 b)
{
    u64 r = a ^ zext(b, size);

    x86_lf_logic(lf, size, r);
    return r;
}

/* cf: carry in, from x86_cf() before anything is written. */
ALWAYS_INLINE u64 alu_adc(struct x86_lazy *lf, unsigned size, u64 a, u64 b, unsigned cf)
{
    u64 r = zext(a + b + cf, size);

    x86_lf_carry(lf, X86_LF_ADC, size, a, zext(b, size), r);
    return r;
}

ALWAYS_INLINE u64 alu_sbb(struct x86_lazy *lf, unsigned size, u64 a, u64 b, unsigned cf)
{
    u64 r = zext(a - b - cf, size);

    x86_lf_carry(lf, X86_LF_SBB, size, a, zext(b, size), r);
    return r;
}

/* cf: the carry that INC and DEC keep. */
ALWAYS_INLINE u64 alu_inc(struct x86_lazy *lf, unsigned size, u64 a, unsigned cf)
{
    u64 r = zext(a + 1, size);

    x86_lf_step(lf, X86_LF_INC, size, r, cf);
    return r;
}

ALWAYS_INLINE u64 alu_dec(struct x86_lazy *lf, unsigned size, u64 a, unsigned cf)
{
    u64 r = zext(a - 1, size);

    x86_lf_step(lf, X86_LF_DEC, size, r, cf);
    return r;
}

ALWAYS_INLINE u64 alu_neg(struct x86_lazy *lf, unsigned size, u64 a)
{
    return alu_sub(lf, size, 0, a);
}

/* Shift counts are cut to 5 bits, 6 for 64-bit operands (SDM vol. 2, SAL/SAR/SHL/SHR). */
ALWAYS_INLINE unsigned alu_count(unsigned size, u64 n)
{
    return (unsigned)n & (size == 8 ? 63 : 31);
}

/*
 * Shifts leave the flags alone for a count of 0. OF is defined for a count of 1 only and AF never:
 * they are as AMD family 19h leaves them (AF set, OF of right shifts from the two top bits of the
 * result).
 */
ALWAYS_INLINE u32 alu_top_bits_differ(unsigned size, u64 r)
{
    return (sign_bit(r, size) ^ sign_bit(r << 1, size)) * X86_OF;
}

ALWAYS_INLINE u64 alu_shl(struct x86_lazy *lf, unsigned size, u64 a, unsigned count)
{
    unsigned n = alu_count(size, count);
    u64 before, r;
    unsigned cf;

    if (!n)
        return a;
    before = a << (n - 1); /* n - 1 <= 30 below 64 bits: nothing that matters is lost */
    cf = sign_bit(before, size);
    r = zext(before << 1, size);
    x86_lf_res(lf, size, r, cf * X86_CF | (cf ^ sign_bit(r, size)) * X86_OF | X86_AF);
    return r;
}

ALWAYS_INLINE u64 alu_shr(struct x86_lazy *lf, unsigned size, u64 a, unsigned count)
{
    unsigned n = alu_count(size, count);
    u64 before, r;

    if (!n)
        return a;
    before = a >> (n - 1);
    r = before >> 1;
    x86_lf_res(lf, size, r, (u32)(before & 1) * X86_CF | alu_top_bits_differ(size, r) | X86_AF);
    return r;
}

ALWAYS_INLINE u64 alu_sar(struct x86_lazy *lf, unsigned size, u64 a, unsigned count)
{
    unsigned n = alu_count(size, count);
    i64 before;
    u64 r;

    if (!n)
        return a;
    before = (i64)sext(a, size) >> (n - 1);
    r = zext((u64)(before >> 1), size);
    x86_lf_res(lf, size, r, (u32)(before & 1) * X86_CF | X86_AF);
    return r;
}

/* Rotates write CF and OF only: *oc gets their bits, ALU_KEEP when the count was 0. */
#define ALU_KEEP (~0u)

ALWAYS_INLINE u64 alu_rol(u32 *oc, unsigned size, u64 a, unsigned count)
{
    unsigned n = alu_count(size, count), bits = 8 * size, k = n % bits;
    u64 r = k ? zext(a << k | a >> (bits - k), size) : a;

    *oc = n ? (u32)((r & 1) * X86_CF | ((r & 1) ^ sign_bit(r, size)) * X86_OF) : ALU_KEEP;
    return r;
}

ALWAYS_INLINE u64 alu_ror(u32 *oc, unsigned size, u64 a, unsigned count)
{
    unsigned n = alu_count(size, count), bits = 8 * size, k = n % bits;
    u64 r = k ? zext(a >> k | a << (bits - k), size) : a;
    unsigned top = sign_bit(r, size);

    *oc = n ? top * X86_CF | alu_top_bits_differ(size, r) : ALU_KEEP;
    return r;
}

/* Through carry: the rotated quantity has 8 * size + 1 bits; a whole turn still rewrites OF. */
ALWAYS_INLINE u64 alu_rcl(u32 *oc, unsigned size, u64 a, unsigned count, unsigned cf)
{
    unsigned bits = 8 * size, n = alu_count(size, count), k = n % (bits + 1);
    u64 r = a;

    if (k) {
        r = (u64)cf << (k - 1) | (k > 1 ? a >> (bits + 1 - k) : 0) | (k < 64 ? a << k : 0);
        r = zext(r, size);
        cf = a >> (bits - k) & 1;
    }
    *oc = n ? cf * X86_CF | (cf ^ sign_bit(r, size)) * X86_OF : ALU_KEEP;
    return r;
}

ALWAYS_INLINE u64 alu_rcr(u32 *oc, unsigned size, u64 a, unsigned count, unsigned cf)
{
    unsigned bits = 8 * size, n = alu_count(size, count), k = n % (bits + 1);
    u64 r = a;

    if (k) {
        r = (u64)cf << (bits - k) | (k > 1 ? a << (bits + 1 - k) : 0) | (k < 64 ? a >> k : 0);
        r = zext(r, size);
        cf = a >> (k - 1) & 1;
    }
    *oc = n ? cf * X86_CF | alu_top_bits_differ(size, r) : ALU_KEEP;
    return r;
}

/* Signed multiply keeping the low half; CF = OF = the product does not fit. */
ALWAYS_INLINE u64 alu_imul2(struct x86_lazy *lf, unsigned size, u64 a, u64 b)
{
    i64 x = (i64)sext(a, size), y = (i64)sext(b, size), p;
    bool over = __builtin_mul_overflow(x, y, &p);
    u64 r = zext((u64)p, size);

    over |= (i64)sext(r, size) != p;
    x86_lf_res(lf, size, r, over ? X86_CF | X86_OF : 0);
    return r;
}

/* The read-modify-write operations by number, for code that is generic over them. */
enum alu_op {
    ALU_ADD,
    ALU_OR,
    ALU_ADC,
    ALU_SBB,
    ALU_AND,
    ALU_SUB,
    ALU_XOR,
    ALU_INC,
    ALU_DEC,
    ALU_NEG,
    ALU_NOT
};

ALWAYS_INLINE bool alu_reads_cf(enum alu_op op)
{
    return op == ALU_ADC || op == ALU_SBB || op == ALU_INC || op == ALU_DEC;
}

ALWAYS_INLINE u64 alu_do(enum alu_op op, struct x86_lazy *lf, unsigned size, u64 a, u64 b,
                         unsigned cf)
{
    switch (op) {
    case ALU_ADD: return alu_add(lf, size, a, b);
    case ALU_OR: return alu_or(lf, size, a, b);
    case ALU_ADC: return alu_adc(lf, size, a, b, cf);
    case ALU_SBB: return alu_sbb(lf, size, a, b, cf);
    case ALU_AND: return alu_and(lf, size, a, b);
    case ALU_SUB: return alu_sub(lf, size, a, b);
    case ALU_XOR: return alu_xor(lf, size, a, b);
    case ALU_INC: return alu_inc(lf, size, a, cf);
    case ALU_DEC: return alu_dec(lf, size, a, cf);
    case ALU_NEG: return alu_neg(lf, size, a);
    default: /* ALU_NOT: no flags */ return zext(~a, size);
    }
}

#endif
