/*
 * tr_fp_cmp.c - CMPxx with a predicate, and the comparisons that set EFLAGS.
 */
#include "dynarec/translate/tr_fp.h"

/* Legacy forms have predicates 0-7 (the upper bits are ignored), VEX ones 0-31. */
static unsigned pred(const struct x86_insn *in)
{
    return (unsigned)in->imm & (tr_f_vex(in) ? 31 : 7);
}

static bool cmp_scalar(struct tr *t, const struct x86_insn *in, unsigned sz)
{
    unsigned first = tr_f_vex(in);
    vreg b = tr_fs_src(t, in, first + 1, sz), a = tr_f_reg(in, first);

    h_fs_cmp(t, pred(in), sz, tr_f_reg(in, 0), a, a, b);
    tr_fs_done(t, in);
    return true;
}

static bool cmp_packed(struct tr *t, const struct x86_insn *in, unsigned sz)
{
    unsigned first = tr_f_vex(in), n = in->vl == 32 ? 2 : 1;
    vreg d[2], a[2], b[2];

    tr_fv_src(t, in, first + 1, n, b);
    tr_fv_src(t, in, first, n, a);
    tr_fv_dst(t, in, n, d);
    h_fv_cmp(t, pred(in), sz, n, d, a, b);
    tr_fv_done(t, in, n);
    return true;
}

static bool flags(struct tr *t, const struct x86_insn *in, unsigned sz, bool quiet)
{
    vreg b = tr_fs_src(t, in, 1, sz);

    h_flags_fcmp(t, sz, tr_f_reg(in, 0), b, quiet);
    return true;
}

BOTH(CMPSS, cmp_scalar(t, in, 4))
FORM(CMPSD_X, cmp_scalar(t, in, 8))
FORM(VCMPSD, cmp_scalar(t, in, 8))
BOTH(CMPPS, cmp_packed(t, in, 4))
BOTH(CMPPD, cmp_packed(t, in, 8))
BOTH(COMISS, flags(t, in, 4, false))
BOTH(COMISD, flags(t, in, 8, false))
BOTH(UCOMISS, flags(t, in, 4, true))
BOTH(UCOMISD, flags(t, in, 8, true))
