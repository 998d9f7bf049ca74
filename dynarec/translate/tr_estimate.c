/*
 * tr_estimate.c - RCP and RSQRT: not MXCSR's, and the interpreter's value to the bit. See vec.h.
 */
#include "dynarec/translate/vec.h"

/* n registers; the low element of source i, the rest of operand `up`. */
static bool packed(struct tr *t, const struct x86_insn *in, bool root)
{
    struct tr_v2 s = tr_v_src2(t, in, 1);
    vreg from[2] = {s.lo, s.hi}, to[2] = {h_vtmp(t), H_NONE};
    unsigned n = in->vl == 32 ? 2 : 1;

    if (n == 2)
        to[1] = h_vtmp(t);
    h_fv_estimate(t, root, n, to, from);
    h_vmov(t, tr_v_reg(in, 0), to[0]);
    if (n == 2) {
        h_vmov(t, tr_v_set(t, in, 0), to[1]);
        tr_v_put(t, in, 0);
    } else if (x86_rows[in->row].attr & X86_ATTR_AVX) {
        tr_v_done(t, in);
    }
    return true;
}

static bool scalar(struct tr *t, const struct x86_insn *in, bool root)
{
    bool vex = x86_rows[in->row].attr & X86_ATTR_AVX;
    vreg s = tr_v_src(t, in, vex ? 2 : 1, 4), x = h_vtmp(t);

    h_fv_estimate(t, root, 1, &x, &s);
    if (vex) {
        h_vmov(t, tr_v_reg(in, 0), tr_v_reg(in, 1));
        tr_v_done(t, in);
    }
    h_vins(t, 2, tr_v_reg(in, 0), 0, x, 0);
    return true;
}

#define ESTIMATE(OP, ROOT)                                                                         \
    TR_FN(OP##PS)                                                                                  \
    {                                                                                              \
        return packed(t, in, ROOT);                                                                \
    }                                                                                              \
    TR_FN(V##OP##PS)                                                                               \
    {                                                                                              \
        return packed(t, in, ROOT);                                                                \
    }                                                                                              \
    TR_FN(OP##SS)                                                                                  \
    {                                                                                              \
        return scalar(t, in, ROOT);                                                                \
    }                                                                                              \
    TR_FN(V##OP##SS)                                                                               \
    {                                                                                              \
        return scalar(t, in, ROOT);                                                                \
    }
ESTIMATE(RCP, false)
ESTIMATE(RSQRT, true)
