/*
 * tr_pcmpstr.c - PCMPESTRI, PCMPESTRM, PCMPISTRI, PCMPISTRM: lengths, results and flags around
 * h_pcmpstr(). See vec.h.
 */
#include "dynarec/translate/vec.h"

enum { WORDS = 1, LAST = 0x40 };

/* |register|, at most n elements. */
static void explicit_length(struct tr *t, const struct x86_insn *in, hreg d, unsigned reg,
                            unsigned n)
{
    u32 keep = t->tmp_free;
    hreg sign = h_tmp(t);

    if (in->opsz == 8 && in->mode == 64)
        h_mov(t, 8, d, h_gpr(reg));
    else
        h_sext(t, 8, d, h_gpr(reg), 4);
    h_opi(t, H_SAR, 8, sign, d, 63);
    h_op(t, H_XOR, 8, d, d, sign);
    h_op(t, H_SUB, 8, d, d, sign);
    h_opi(t, H_SUB, 8, d, d, n); /* below zero, or n it is */
    h_opi(t, H_SAR, 8, sign, d, 63);
    h_op(t, H_AND, 8, d, d, sign);
    h_opi(t, H_ADD, 8, d, d, n);
    t->tmp_free = keep;
}

/* CF: there is a bit; OF: the lowest; SF, ZF: the lengths are less than the register's. */
static void flags(struct tr *t, unsigned esz, hreg mask, hreg la, hreg lb)
{
    unsigned full = esz ? 3 : 4;
    hreg f;

    if (!(tr_cur(t)->need & X86_OSZAPC))
        return;
    f = h_tmp(t);
    h_clz(t, 8, f, mask);
    h_opi(t, H_SHR, 4, f, f, 6);
    if (!(tr_cur(t)->need & (X86_OSZAPC & ~X86_CF))) {
        h_opi(t, H_XOR, 4, f, f, 1);
        h_flags_cf(t, f);
        return;
    }
    h_bfi(t, f, mask, 11, 1);
    h_opi(t, H_SHR, 4, la, la, full);
    h_bfi(t, f, la, 7, 1);
    h_opi(t, H_SHR, 4, lb, lb, full);
    h_bfi(t, f, lb, 6, 1);
    h_opi(t, H_XOR, 4, f, f, X86_CF);
    h_opi(t, H_XOR, 4, f, f, X86_SF | X86_ZF);
    h_flags_set(t, f);
}

/* XMM0: the bits, or one element of ones for each. */
static void to_xmm0(struct tr *t, const struct x86_insn *in, unsigned esz, vreg r)
{
    vreg d = h_vec(0);
    hreg x;

    if (in->imm & LAST) {
        h_vmov(t, d, r);
    } else {
        if (esz)
            h_v3(t, H_VPACKS, 1, r, r, r);
        x = h_tmp(t);
        h_vmask(t, 0, x, r);
        if (esz)
            h_zext(t, x, x, 1);
        h_vfrom_gpr(t, 8, d, x);
    }
    if (x86_rows[in->row].attr & X86_ATTR_AVX)
        h_ymm_zero(t, 0);
}

static bool strings(struct tr *t, const struct x86_insn *in, bool implicit, bool index)
{
    unsigned imm = (u8)in->imm, esz = imm & WORDS;
    u32 keep = t->tmp_free;
    vreg a = tr_v_reg(in, 0), b = tr_v_src(t, in, 1, 16), r = h_vtmp(t);
    hreg la, lb, mask;

    t->tmp_free = keep;
    la = h_tmp(t);
    lb = h_tmp(t);
    mask = h_tmp(t);
    if (implicit) {
        h_pcmpstr_length(t, esz, la, a);
        h_pcmpstr_length(t, esz, lb, b);
    } else {
        explicit_length(t, in, la, X86_RAX, 16 >> esz);
        explicit_length(t, in, lb, X86_RDX, 16 >> esz);
    }
    h_pcmpstr(t, imm, r, a, b, la, lb);
    h_pcmpstr_mask(t, esz, mask, r);
    if (index)
        h_pcmpstr_index(t, esz, imm & LAST, h_gpr(X86_RCX), mask);
    else
        to_xmm0(t, in, esz, r);
    flags(t, esz, mask, la, lb);
    return true;
}

#define STRINGS(OP, IMPLICIT, INDEX)                                                               \
    TR_FN(OP)                                                                                      \
    {                                                                                              \
        return strings(t, in, IMPLICIT, INDEX);                                                    \
    }                                                                                              \
    TR_FN(V##OP)                                                                                   \
    {                                                                                              \
        return strings(t, in, IMPLICIT, INDEX);                                                    \
    }
STRINGS(PCMPESTRI, false, true)
STRINGS(PCMPESTRM, false, false)
STRINGS(PCMPISTRI, true, true)
STRINGS(PCMPISTRM, true, false)
