/*
 * tr_narrow.c - multiply and divide of bytes and words, rotates through the carry: what tr_bits.c
 * leaves to here, where the host has no instruction of that size or kind.
 */
#include "dynarec/translate/narrow.h"

static unsigned needs(const struct tr *t)
{
    return tr_cur(t)->need & X86_OSZAPC;
}

/* d = s, of sz bytes, as 4 bytes. */
static void widen(struct tr *t, bool sign, unsigned sz, hreg d, hreg s)
{
    if (sign)
        h_sext(t, 4, d, s, sz);
    else
        h_zext(t, d, s, sz);
}

/* CF = OF = the product p does not fit into sz bytes; x is a temporary. */
static void product_flags(struct tr *t, bool sign, unsigned sz, hreg p, hreg x)
{
    if (!(needs(t) & (X86_CF | X86_OF)))
        return;
    widen(t, sign, sz, x, p);
    h_op(t, H_XOR, 4, x, x, p);
    h_flags_mul(t, x);
}

bool tr_mul_narrow(struct tr *t, const struct x86_insn *in, bool sign)
{
    unsigned sz = in->opnd[0].size;
    hreg b = tr_read(t, in, 0), x = h_tmp(t), y = h_tmp(t);

    widen(t, sign, sz, x, h_gpr(X86_RAX));
    widen(t, sign, sz, y, b);
    h_op(t, H_MUL, 4, x, x, y);
    h_bfi(t, h_gpr(X86_RAX), x, 0, 16);
    if (sz == 2) {
        h_opi(t, H_SHR, 4, y, x, 16);
        h_bfi(t, h_gpr(X86_RDX), y, 0, 16);
    }
    product_flags(t, sign, sz, x, y);
    return true;
}

bool tr_imul_narrow(struct tr *t, const struct x86_insn *in)
{
    bool three = in->nopnd == 3;
    hreg a = tr_read(t, in, three ? 1 : 0), b = tr_read(t, in, three ? 2 : 1), x = h_tmp(t),
         y = h_tmp(t);

    h_sext(t, 4, x, a, 2);
    h_sext(t, 4, y, b, 2);
    h_op(t, H_MUL, 4, x, x, y);
    h_bfi(t, h_gpr(in->opnd[0].reg), x, 0, 16);
    product_flags(t, true, 2, x, y);
    return true;
}

void tr_divide_narrow(struct tr *t, const struct x86_insn *in, bool sign, u32 otherwise)
{
    unsigned sz = in->opnd[0].size;
    hreg lo = h_gpr(X86_RAX), hi = h_gpr(X86_RDX), b = tr_read(t, in, 0), d = h_tmp(t),
         n = h_tmp(t), q = h_tmp(t), x = h_tmp(t);

    widen(t, sign, sz, d, b);
    widen(t, sign, 2, n, lo);
    if (sz == 2) {
        h_zext(t, n, lo, 2);
        h_bfi(t, n, hi, 16, 16);
    }
    h_jz(t, 4, d, otherwise);
    h_div(t, sign, 4, q, n, d);
    widen(t, sign, sz, x, q);
    h_op(t, H_XOR, 4, x, x, q);
    h_jnz(t, 4, x, otherwise);
    h_msub(t, 4, x, n, q, d);
    h_bfi(t, lo, q, 0, 8 * sz);
    if (sz == 2)
        h_bfi(t, hi, x, 0, 16);
    else
        h_bfi(t, lo, x, 8, 8);
}

/* CF and OF as they come out of a rotate or double shift: OF is the top bit of r against cf, or
 * with `right` against the bit below. They are written if they are wanted, the others stay. */
void tr_carry_out(struct tr *t, unsigned sz, hreg r, hreg cf, bool right)
{
    unsigned top = 8 * sz - 1;
    hreg x;

    if (needs(t) & X86_OF) {
        x = h_tmp(t);
        h_opi(t, H_SHR, sz, x, r, top);
        if (right) {
            hreg y = h_tmp(t);

            h_ubfx(t, y, r, top - 1, 1);
            h_op(t, H_XOR, 4, x, x, y);
        } else {
            h_op(t, H_XOR, 4, x, x, cf);
        }
        h_flags_of(t, x);
    }
    h_flags_cf(t, cf);
}

/* By a constant, 4 and 8 bytes. */
static bool through_carry(struct tr *t, const struct x86_insn *in, bool right)
{
    unsigned sz = in->opnd[0].size, bits = 8 * sz, k = (unsigned)in->imm & (sz == 8 ? 63 : 31);
    hreg a, c, r, x, out;

    if (sz < 4 || in->opnd[1].kind != X86_OPK_IMM || !k || (tr_is_mem(in, 0) && needs(t)))
        return false;
    a = tr_read(t, in, 0);
    c = h_tmp(t);
    r = h_tmp(t);
    x = h_tmp(t);
    out = h_tmp(t);
    h_setcc(t, c, 2);
    h_ubfx(t, out, a, right ? k - 1 : bits - k, 1);
    h_opi(t, right ? H_SHR : H_SHL, sz, r, a, k);
    h_opi(t, H_SHL, sz, x, c, right ? bits - k : k - 1);
    h_op(t, H_OR, sz, r, r, x);
    if (k > 1) {
        h_opi(t, right ? H_SHL : H_SHR, sz, x, a, bits + 1 - k);
        h_op(t, H_OR, sz, r, r, x);
    }
    tr_carry_out(t, sz, r, out, right);
    tr_write(t, in, 0, r);
    return true;
}

bool tr_RCL(struct tr *t, const struct x86_insn *in)
{
    return through_carry(t, in, false);
}

bool tr_RCR(struct tr *t, const struct x86_insn *in)
{
    return through_carry(t, in, true);
}
