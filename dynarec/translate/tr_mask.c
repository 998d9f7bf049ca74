/*
 * tr_mask.c - moves and gathers of the elements that a mask's signs choose. A fault goes to the
 * interpreter, which does the instruction anew, element by element: so loads may read elements that
 * are not chosen, and a gather writes its destination as it goes. Stores write chosen elements
 * only. See vec.h.
 */
#include "dynarec/translate/mmx.h"

/* ---- VMASKMOVPS, VMASKMOVPD, VPMASKMOVD, VPMASKMOVQ ---- */

static void choose(struct tr *t, unsigned esz, vreg d, vreg s, vreg mask)
{
    vreg w = h_vtmp(t);

    h_vshift(t, H_VSAR, esz, w, mask, (8u << esz) - 1);
    h_v3(t, H_VAND, 0, d, s, w);
}

static bool load(struct tr *t, const struct x86_insn *in, unsigned esz)
{
    struct tr_v2 s = tr_v_src2(t, in, 2);
    vreg high;

    if (in->vl != 32) {
        choose(t, esz, tr_v_reg(in, 0), s.lo, tr_v_reg(in, 1));
        tr_v_done(t, in);
        return true;
    }
    high = tr_v_high(t, in, 1);
    choose(t, esz, tr_v_reg(in, 0), s.lo, tr_v_reg(in, 1));
    choose(t, esz, tr_v_set(t, in, 0), s.hi, high);
    tr_v_put(t, in, 0);
    return true;
}

/* The 16 bytes of s from byte `from` of the operand on, whose mask k has from bit 0 on. */
static void store_half(struct tr *t, unsigned esz, vreg s, hreg k, hreg addr, unsigned from)
{
    struct h_mem m = {.base = addr, .index = H_NONE, .disp = from};
    unsigned n = 16u >> esz;
    u32 some = tr_label(t), done = tr_label(t);
    hreg x = h_tmp(t);

    h_opi(t, H_XOR, 4, x, k, (1 << n) - 1);
    h_jnz(t, 4, x, some);
    h_vst(t, 16, s, &m);
    h_jump(t, done);
    tr_bind(t, some);
    for (unsigned i = 0; i < n; i++) {
        u32 skip = tr_label(t);

        h_jbit(t, k, i, false, skip);
        m.disp = from + (i << esz);
        h_vst_elem(t, esz, s, i, &m);
        tr_bind(t, skip);
    }
    tr_bind(t, done);
}

static bool store(struct tr *t, const struct x86_insn *in, unsigned esz)
{
    bool wide = in->vl == 32;
    vreg mask = wide ? tr_v_high(t, in, 1) : H_NONE, s = wide ? tr_v_high(t, in, 2) : H_NONE;
    struct h_mem m = tr_mem(t, in);
    hreg addr = h_tmp(t), k = h_tmp(t);

    h_ea(t, addr, &m);
    h_vmask(t, esz, k, tr_v_reg(in, 1));
    store_half(t, esz, tr_v_reg(in, 2), k, addr, 0);
    if (!wide)
        return true;
    h_vmask(t, esz, k, mask);
    store_half(t, esz, s, k, addr, 16);
    return true;
}

static bool masked(struct tr *t, const struct x86_insn *in, unsigned esz)
{
    if (in->adsz != 8)
        return false;
    return tr_is_mem(in, 0) ? store(t, in, esz) : load(t, in, esz);
}

TR_FN(VMASKMOVPS)
{
    return masked(t, in, 2);
}
TR_FN(VMASKMOVPD)
{
    return masked(t, in, 3);
}
TR_FN(VPMASKMOVD)
{
    return masked(t, in, 2);
}
TR_FN(VPMASKMOVQ)
{
    return masked(t, in, 3);
}

/* ---- MASKMOVDQU, MASKMOVQ: all n bytes must be writable ---- */

static void try_byte(struct tr *t, hreg addr)
{
    u32 keep = t->tmp_free;

    h_atomic(t, H_AT_OR, 1, h_tmp(t), addr, h_zero());
    t->tmp_free = keep;
}

bool tr_mask_can(const struct x86_insn *in)
{
    return in->adsz == 8 && in->seg != X86_FS && in->seg != X86_GS;
}

void tr_mask_bytes(struct tr *t, vreg data, vreg mask, unsigned n)
{
    hreg k = h_tmp(t), last = h_tmp(t);
    struct h_mem m = {.base = h_gpr(X86_RDI), .index = H_NONE};

    h_vmask(t, 0, k, mask);
    try_byte(t, m.base);
    h_opi(t, H_ADD, 8, last, m.base, n - 1);
    try_byte(t, last);
    for (unsigned i = 0; i < n; i++) {
        u32 skip = tr_label(t);

        h_jbit(t, k, i, false, skip);
        m.disp = i;
        h_vst_elem(t, 0, data, i, &m);
        tr_bind(t, skip);
    }
}

static bool bytes(struct tr *t, const struct x86_insn *in)
{
    if (!tr_mask_can(in))
        return false;
    tr_mask_bytes(t, tr_v_reg(in, 0), tr_v_reg(in, 1), 16);
    return true;
}

TR_FN(MASKMOVDQU)
{
    return bytes(t, in);
}
TR_FN(VMASKMOVDQU)
{
    return bytes(t, in);
}

/* ---- gathers ---- */

/* iesz, esz: of indices and of elements; as many as the wider of the two fit into vl. */
static bool gather(struct tr *t, const struct x86_insn *in, unsigned iesz, unsigned esz)
{
    unsigned dreg = in->opnd[0].reg, mreg = in->opnd[2].reg;
    unsigned n = (unsigned)in->vl >> (iesz > esz ? iesz : esz);
    bool wide = n << esz == 32;
    vreg d[2], index[2], high = H_NONE;
    struct h_mem m;
    hreg k, x;

    if (in->adsz != 8 || dreg == mreg || dreg == in->index || mreg == in->index)
        return false;
    d[0] = h_vec(dreg);
    d[1] = wide ? h_ymm_get(t, dreg) : H_NONE;
    index[0] = h_vec(in->index);
    index[1] = n << iesz == 32 ? h_ymm_get(t, in->index) : H_NONE;
    if (wide)
        high = h_ymm_get(t, mreg);
    m = tr_mem(t, in);
    k = h_tmp(t);
    x = h_tmp(t);
    if (wide)
        h_vmask2(t, esz, k, h_vec(mreg), high);
    else
        h_vmask(t, esz, k, h_vec(mreg));
    for (unsigned i = 0; i < n; i++) {
        unsigned per = 16u >> esz, iper = 16u >> iesz;
        u32 skip = tr_label(t);

        h_jbit(t, k, i, false, skip);
        h_vget(t, iesz, x, index[i / iper], i % iper);
        if (iesz == 2)
            h_sext(t, 8, x, x, 4);
        m.index = x;
        h_vld_elem(t, esz, d[i / per], i % per, &m);
        tr_bind(t, skip);
    }
    h_vzero(t, h_vec(mreg));
    h_ymm_zero(t, mreg);
    if (wide) {
        h_ymm_set(t, dreg);
        h_ymm_put(t, dreg);
        return true;
    }
    if (n << esz == 8)
        h_vmov_low(t, 8, d[0], d[0]);
    h_ymm_zero(t, dreg);
    return true;
}

#define GATHER(OP, IESZ, ESZ)                                                                      \
    TR_FN(OP)                                                                                      \
    {                                                                                              \
        return gather(t, in, IESZ, ESZ);                                                           \
    }
GATHER(VPGATHERDD, 2, 2)
GATHER(VPGATHERDQ, 2, 3)
GATHER(VPGATHERQD, 3, 2)
GATHER(VPGATHERQQ, 3, 3)
GATHER(VGATHERDPS, 2, 2)
GATHER(VGATHERDPD, 2, 3)
GATHER(VGATHERQPS, 3, 2)
GATHER(VGATHERQPD, 3, 3)
