/*
 * tr_bmi.c - BMI1 and BMI2 but for the shifts and MULX (tr_bits.c). Flags that the manual leaves
 * undefined come out as they may.
 */
#include "dynarec/translate/translate.h"

static unsigned needs(const struct tr *t)
{
    return tr_cur(t)->need & X86_OSZAPC;
}

bool tr_ANDN(struct tr *t, const struct x86_insn *in)
{
    unsigned sz = in->opnd[0].size;
    hreg b = tr_read(t, in, 2), d = h_gpr(in->opnd[0].reg);

    h_op(t, H_BIC, sz, d, b, h_gpr(in->opnd[1].reg));
    h_flags_logic(t, sz, d);
    return true;
}

/* Lowest set bit: reset, isolated, mask up to it. CF = the source was zero, or with `some`: not. */
static bool lowest(struct tr *t, const struct x86_insn *in, enum h_op op, int delta, bool some)
{
    unsigned sz = in->opnd[0].size;
    hreg s = tr_read(t, in, 1), x = h_tmp(t), c = h_tmp(t), d = h_gpr(in->opnd[0].reg);

    if (needs(t) & X86_CF) {
        h_clz(t, sz, c, s);
        h_opi(t, H_SHR, 4, c, c, sz == 8 ? 6 : 5);
        if (some)
            h_opi(t, H_XOR, 4, c, c, 1);
    }
    if (delta)
        h_opi(t, H_ADD, sz, x, s, delta);
    else
        h_neg(t, sz, x, s);
    h_op(t, op, sz, d, s, x);
    h_flags_logic(t, sz, d);
    h_flags_cf(t, c);
    return true;
}

bool tr_BLSR(struct tr *t, const struct x86_insn *in)
{
    return lowest(t, in, H_AND, -1, false);
}

bool tr_BLSI(struct tr *t, const struct x86_insn *in)
{
    return lowest(t, in, H_AND, 0, true);
}

bool tr_BLSMSK(struct tr *t, const struct x86_insn *in)
{
    return lowest(t, in, H_XOR, -1, false);
}

/* Keeps the lowest n (0 to 255) bits of r; over is left not 0 where that is all of them. */
static void low_bits(struct tr *t, unsigned sz, hreg r, hreg n, hreg over)
{
    u32 all = tr_label(t);
    hreg m = h_tmp(t);

    h_ubfx(t, over, n, sz == 8 ? 6 : 5, sz == 8 ? 2 : 3);
    h_jnz(t, 4, over, all);
    h_imm(t, m, ~0ull);
    h_op(t, H_SHL, sz, m, m, n);
    h_op(t, H_BIC, sz, r, r, m);
    tr_bind(t, all);
}

bool tr_BZHI(struct tr *t, const struct x86_insn *in)
{
    unsigned sz = in->opnd[0].size;
    hreg s = tr_read(t, in, 1), n = h_tmp(t), r = h_tmp(t), over = h_tmp(t);

    h_zext(t, n, h_gpr(in->opnd[2].reg), 1);
    h_mov(t, sz, r, s);
    low_bits(t, sz, r, n, over);
    h_flags_logic(t, sz, r);
    if (needs(t) & X86_CF) { /* over is 0 or not: so is its clz less than 32 */
        h_clz(t, 4, over, over);
        h_opi(t, H_SHR, 4, over, over, 5);
        h_opi(t, H_XOR, 4, over, over, 1);
        h_flags_cf(t, over);
    }
    h_mov(t, sz, h_gpr(in->opnd[0].reg), r);
    return true;
}

bool tr_BEXTR(struct tr *t, const struct x86_insn *in)
{
    unsigned sz = in->opnd[0].size;
    hreg s = tr_read(t, in, 1), r = h_tmp(t), n = h_tmp(t), over = h_tmp(t);
    u32 inside = tr_label(t);

    h_zext(t, n, h_gpr(in->opnd[2].reg), 1);
    h_ubfx(t, over, n, sz == 8 ? 6 : 5, sz == 8 ? 2 : 3);
    h_op(t, H_SHR, sz, r, s, n);
    h_jz(t, 4, over, inside);
    h_imm(t, r, 0);
    tr_bind(t, inside);
    h_ubfx(t, n, h_gpr(in->opnd[2].reg), 8, 8);
    low_bits(t, sz, r, n, over);
    h_flags_logic(t, sz, r);
    h_mov(t, sz, h_gpr(in->opnd[0].reg), r);
    return true;
}

/* Bit by bit of the mask: real ones have few. */
static bool by_mask(struct tr *t, const struct x86_insn *in, bool extract)
{
    unsigned sz = in->opnd[0].size;
    hreg s = tr_read(t, in, 1), src = h_tmp(t), mask = h_tmp(t), low = h_tmp(t), bit = h_tmp(t),
         r = h_tmp(t), m = tr_read(t, in, 2);
    u32 again = tr_label(t), skip = tr_label(t), done = tr_label(t);

    h_mov(t, sz, mask, m);
    h_mov(t, sz, src, s);
    h_imm(t, r, 0);
    h_imm(t, bit, 1);
    h_jz(t, 8, mask, done);
    tr_bind(t, again);
    h_neg(t, 8, low, mask);
    h_op(t, H_AND, 8, low, low, mask);
    h_op(t, H_XOR, 8, mask, mask, low);
    if (extract) {
        h_op(t, H_AND, 8, low, low, src);
        h_jz(t, 8, low, skip);
        h_op(t, H_OR, 8, r, r, bit);
        tr_bind(t, skip);
        h_opi(t, H_SHL, 8, bit, bit, 1);
    } else {
        h_jbit(t, src, 0, false, skip);
        h_op(t, H_OR, 8, r, r, low);
        tr_bind(t, skip);
        h_opi(t, H_SHR, 8, src, src, 1);
    }
    h_jnz(t, 8, mask, again);
    tr_bind(t, done);
    h_mov(t, sz, h_gpr(in->opnd[0].reg), r);
    return true;
}

bool tr_PEXT(struct tr *t, const struct x86_insn *in)
{
    return by_mask(t, in, true);
}

bool tr_PDEP(struct tr *t, const struct x86_insn *in)
{
    return by_mask(t, in, false);
}
