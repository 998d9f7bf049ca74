/*
 * tr_fp_util.c - operands of floating-point translations.
 */
#include "dynarec/translate/tr_fp.h"

vreg tr_fs_src(struct tr *t, const struct x86_insn *in, unsigned i, unsigned sz)
{
    struct h_mem m;
    vreg v;

    if (!tr_is_mem(in, i))
        return tr_f_reg(in, i);
    m = tr_mem(t, in);
    v = h_vtmp(t);
    h_vld(t, sz, v, &m);
    return v;
}

void tr_fv_src(struct tr *t, const struct x86_insn *in, unsigned i, unsigned n, vreg v[2])
{
    struct h_mem m;

    if (!tr_is_mem(in, i)) {
        v[0] = tr_f_reg(in, i);
        if (n == 2)
            v[1] = h_ymm_get(t, in->opnd[i].reg);
        return;
    }
    m = tr_mem(t, in);
    v[0] = h_vtmp(t);
    if (n == 1) {
        h_vld(t, 16, v[0], &m);
        return;
    }
    v[1] = h_vtmp(t);
    h_vld2(t, v[0], v[1], &m);
}

void tr_fv_dst(struct tr *t, const struct x86_insn *in, unsigned n, vreg d[2])
{
    d[0] = tr_f_reg(in, 0);
    if (n == 2)
        d[1] = h_ymm_set(t, in->opnd[0].reg);
}

void tr_fv_done(struct tr *t, const struct x86_insn *in, unsigned n)
{
    if (n == 2)
        h_ymm_put(t, in->opnd[0].reg);
    else if (tr_f_vex(in))
        h_ymm_zero(t, in->opnd[0].reg);
}

void tr_fs_done(struct tr *t, const struct x86_insn *in)
{
    tr_fv_done(t, in, 1);
}
