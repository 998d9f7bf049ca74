/*
 * tr_vec.c - operands and the usual shapes of vector instructions; see vec.h.
 */
#include "dynarec/translate/mmx.h"

vreg tr_v_src(struct tr *t, const struct x86_insn *in, unsigned i, unsigned sz)
{
    struct h_mem m;
    vreg v;

    if (!tr_is_mem(in, i))
        return tr_v_reg(in, i);
    m = tr_mem(t, in);
    v = h_vtmp(t);
    h_vld(t, sz, v, &m);
    return v;
}

struct tr_v2 tr_v_src2(struct tr *t, const struct x86_insn *in, unsigned i)
{
    struct tr_v2 v;
    struct h_mem m;

    if (in->vl != 32)
        return (struct tr_v2){tr_v_src(t, in, i, 16), H_NONE};
    if (!tr_is_mem(in, i))
        return (struct tr_v2){tr_v_reg(in, i), tr_v_high(t, in, i)};
    m = tr_mem(t, in);
    v.lo = h_vtmp(t);
    v.hi = h_vtmp(t);
    h_vld2(t, v.lo, v.hi, &m);
    return v;
}

vreg tr_v_high(struct tr *t, const struct x86_insn *in, unsigned i)
{
    return h_ymm_get(t, in->opnd[i].reg);
}

vreg tr_v_set(struct tr *t, const struct x86_insn *in, unsigned i)
{
    return h_ymm_set(t, in->opnd[i].reg);
}

void tr_v_put(struct tr *t, const struct x86_insn *in, unsigned i)
{
    h_ymm_put(t, in->opnd[i].reg);
}

void tr_v_done(struct tr *t, const struct x86_insn *in)
{
    h_ymm_zero(t, in->opnd[0].reg);
}

bool tr_v_mmx(const struct x86_insn *in)
{
    for (unsigned i = 0; i < in->nopnd; i++)
        if (in->opnd[i].kind == X86_OPK_MMX)
            return true;
    return false;
}

bool tr_v_sse(struct tr *t, const struct x86_insn *in, enum h_vop op, unsigned esz)
{
    vreg d;

    if (!h_v3_can(op))
        return false;
    if (tr_v_mmx(in))
        return tr_mmx_op(t, in, op, esz);
    d = tr_v_reg(in, 0);
    h_v3(t, op, esz, d, d, tr_v_src(t, in, 1, 16));
    return true;
}

bool tr_v_avx(struct tr *t, const struct x86_insn *in, enum h_vop op, unsigned esz)
{
    vreg d = tr_v_reg(in, 0), a = tr_v_reg(in, 1), high;
    bool zero =
        (op == H_VXOR || op == H_VSUB) && !tr_is_mem(in, 2) && in->opnd[1].reg == in->opnd[2].reg;
    struct tr_v2 b;

    if (!h_v3_can(op))
        return false;
    if (in->vl != 32 || zero) {
        h_v3(t, op, esz, d, a, tr_v_src(t, in, 2, 16));
        tr_v_done(t, in);
        return true;
    }
    b = tr_v_src2(t, in, 2);
    high = tr_v_high(t, in, 1);
    h_v3(t, op, esz, d, a, b.lo);
    h_v3(t, op, esz, tr_v_set(t, in, 0), high, b.hi);
    tr_v_put(t, in, 0);
    return true;
}

bool tr_v_sse_lane(struct tr *t, const struct x86_insn *in, tr_v_lane *fn)
{
    vreg d;

    if (tr_v_mmx(in)) /* the only one of these */
        return tr_mmx_align(t, in);
    d = tr_v_reg(in, 0);
    fn(t, d, d, tr_v_src(t, in, 1, 16), (u8)in->imm);
    return true;
}

bool tr_v_sse_lane1(struct tr *t, const struct x86_insn *in, tr_v_lane *fn)
{
    vreg s;

    if (tr_v_mmx(in))
        return tr_mmx_lane1(t, in, fn);
    s = tr_v_src(t, in, 1, 16);
    fn(t, tr_v_reg(in, 0), s, s, (u8)in->imm);
    return true;
}

bool tr_v_avx_lane(struct tr *t, const struct x86_insn *in, tr_v_lane *fn, unsigned step)
{
    vreg d = tr_v_reg(in, 0), a = tr_v_reg(in, 1), high;
    unsigned imm = (u8)in->imm;
    struct tr_v2 b = tr_v_src2(t, in, 2);

    if (in->vl != 32) {
        fn(t, d, a, b.lo, imm);
        tr_v_done(t, in);
        return true;
    }
    high = tr_v_high(t, in, 1);
    fn(t, d, a, b.lo, imm);
    fn(t, tr_v_set(t, in, 0), high, b.hi, imm >> step);
    tr_v_put(t, in, 0);
    return true;
}

bool tr_v_avx_lane1(struct tr *t, const struct x86_insn *in, tr_v_lane *fn, unsigned step)
{
    vreg d = tr_v_reg(in, 0);
    unsigned imm = (u8)in->imm;
    struct tr_v2 s = tr_v_src2(t, in, 1);

    fn(t, d, s.lo, s.lo, imm);
    if (in->vl != 32) {
        tr_v_done(t, in);
        return true;
    }
    fn(t, tr_v_set(t, in, 0), s.hi, s.hi, imm >> step);
    tr_v_put(t, in, 0);
    return true;
}

void tr_v_align(struct tr *t, const struct x86_insn *in)
{
    struct h_mem m;
    hreg x;

    for (unsigned i = 0; i < in->nopnd; i++) {
        if (!tr_is_mem(in, i))
            continue;
        m = tr_mem(t, in);
        x = h_tmp(t);
        h_ea(t, x, &m);
        h_opi(t, H_AND, 4, x, x, in->opnd[i].size - 1);
        h_leave_unless_zero(t, x);
    }
    h_tmp_reset(t);
}
