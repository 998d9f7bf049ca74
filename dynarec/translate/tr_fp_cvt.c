/*
 * tr_fp_cvt.c - conversions between floats and integers, ROUND, F16C. Those with MMX registers are
 * tr_mmx.c's.
 */
#include "dynarec/translate/tr_fp.h"

/* ---- scalar ---- */

static bool from_int(struct tr *t, const struct x86_insn *in, unsigned sz)
{
    unsigned first = tr_f_vex(in);
    hreg a = tr_read(t, in, first + 1);

    h_fs_from_int(t, sz, in->opnd[first + 1].size, tr_f_reg(in, 0), tr_f_reg(in, first), a);
    tr_fs_done(t, in);
    return true;
}

static bool to_int(struct tr *t, const struct x86_insn *in, bool trunc, unsigned sz)
{
    vreg a = tr_fs_src(t, in, 1, sz);

    h_f_to_int(t, trunc, sz, in->opnd[0].size, h_gpr(in->opnd[0].reg), a);
    return true;
}

static bool convert(struct tr *t, const struct x86_insn *in, unsigned from)
{
    unsigned first = tr_f_vex(in);
    vreg a = tr_fs_src(t, in, first + 1, from);

    h_fs_cvt(t, from, tr_f_reg(in, 0), tr_f_reg(in, first), a);
    tr_fs_done(t, in);
    return true;
}

static bool round_scalar(struct tr *t, const struct x86_insn *in, unsigned sz)
{
    unsigned first = tr_f_vex(in);
    vreg a = tr_fs_src(t, in, first + 1, sz);

    h_fs_round(t, (unsigned)in->imm & 15, sz, tr_f_reg(in, 0), tr_f_reg(in, first), a);
    tr_fs_done(t, in);
    return true;
}

/* ---- packed: n registers to n, n to one, half a register to one ---- */

static unsigned lanes(const struct x86_insn *in)
{
    return in->vl == 32 ? 2 : 1;
}

static bool round_packed(struct tr *t, const struct x86_insn *in, unsigned sz)
{
    unsigned n = lanes(in);
    vreg d[2], a[2];

    tr_fv_src(t, in, 1, n, a);
    tr_fv_dst(t, in, n, d);
    h_fv_round(t, (unsigned)in->imm & 15, sz, n, d, a);
    tr_fv_done(t, in, n);
    return true;
}

static bool words_to_floats(struct tr *t, const struct x86_insn *in)
{
    unsigned n = lanes(in);
    vreg d[2], a[2];

    tr_fv_src(t, in, 1, n, a);
    tr_fv_dst(t, in, n, d);
    h_fv_from_int(t, n, d, a);
    tr_fv_done(t, in, n);
    return true;
}

static bool floats_to_words(struct tr *t, const struct x86_insn *in, bool trunc)
{
    unsigned n = lanes(in);
    vreg d[2], a[2];

    tr_fv_src(t, in, 1, n, a);
    tr_fv_dst(t, in, n, d);
    h_fv_to_int(t, trunc, n, d, a);
    tr_fv_done(t, in, n);
    return true;
}

/* The source is half as wide as the result. */
static vreg half_src(struct tr *t, const struct x86_insn *in)
{
    return tr_fs_src(t, in, 1, in->opnd[1].size);
}

static bool widen(struct tr *t, const struct x86_insn *in, bool ints)
{
    unsigned n = lanes(in);
    vreg d[2], a = half_src(t, in);

    tr_fv_dst(t, in, n, d);
    if (n == 2)
        h_fv_widen(t, ints, true, d[1], a);
    h_fv_widen(t, ints, false, d[0], a);
    tr_fv_done(t, in, n);
    return true;
}

static bool narrow(struct tr *t, const struct x86_insn *in)
{
    unsigned n = lanes(in);
    vreg a[2];

    tr_fv_src(t, in, 1, n, a);
    h_fv_narrow(t, n, tr_f_reg(in, 0), a);
    tr_fs_done(t, in);
    return true;
}

static bool narrow_int(struct tr *t, const struct x86_insn *in, bool trunc)
{
    unsigned n = lanes(in);
    vreg a[2];

    tr_fv_src(t, in, 1, n, a);
    h_fv_narrow_int(t, trunc, n, tr_f_reg(in, 0), a);
    tr_fs_done(t, in);
    return true;
}

static bool from_half(struct tr *t, const struct x86_insn *in)
{
    unsigned n = lanes(in);
    vreg d[2], a = half_src(t, in);

    tr_fv_dst(t, in, n, d);
    if (n == 2)
        h_fv_from_half(t, true, d[1], a);
    h_fv_from_half(t, false, d[0], a);
    tr_fv_done(t, in, n);
    return true;
}

/* Rounding of the immediate's own needs the control register changed; a store that faults must not
 * have set MXCSR's flags: both are x86_sem's. */
static bool to_half(struct tr *t, const struct x86_insn *in)
{
    unsigned n = lanes(in);
    vreg a[2];

    if (!(in->imm & 4) || tr_is_mem(in, 0))
        return false;
    tr_fv_src(t, in, 1, n, a);
    h_fv_to_half(t, n, tr_f_reg(in, 0), a);
    tr_fs_done(t, in);
    return true;
}

BOTH(CVTSI2SS, from_int(t, in, 4))
BOTH(CVTSI2SD, from_int(t, in, 8))
BOTH(CVTTSS2SI, to_int(t, in, true, 4))
BOTH(CVTTSD2SI, to_int(t, in, true, 8))
BOTH(CVTSS2SI, to_int(t, in, false, 4))
BOTH(CVTSD2SI, to_int(t, in, false, 8))
BOTH(CVTSS2SD, convert(t, in, 4))
BOTH(CVTSD2SS, convert(t, in, 8))
BOTH(ROUNDSS, round_scalar(t, in, 4))
BOTH(ROUNDSD, round_scalar(t, in, 8))
BOTH(ROUNDPS, round_packed(t, in, 4))
BOTH(ROUNDPD, round_packed(t, in, 8))
BOTH(CVTDQ2PS, words_to_floats(t, in))
BOTH(CVTPS2DQ, floats_to_words(t, in, false))
BOTH(CVTTPS2DQ, floats_to_words(t, in, true))
BOTH(CVTPS2PD, widen(t, in, false))
BOTH(CVTDQ2PD, widen(t, in, true))
BOTH(CVTPD2PS, narrow(t, in))
BOTH(CVTPD2DQ, narrow_int(t, in, false))
BOTH(CVTTPD2DQ, narrow_int(t, in, true))
FORM(VCVTPH2PS, from_half(t, in))
FORM(VCVTPS2PH, to_half(t, in))
