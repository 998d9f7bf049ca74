/*
 * tr_vec_place.c - elements change places: shuffles, blends, widening moves, broadcasts, what
 * crosses the lanes of a YMM. See vec.h. Lane-crossing forms write the low half last or from
 * temporaries: sources may be the destination.
 */
#include "dynarec/translate/vec.h"

#define LANE(NAME, EXPR)                                                                           \
    static void NAME(struct tr *t, vreg d, vreg a, vreg b, unsigned imm)                           \
    {                                                                                              \
        (void)a, (void)b, (void)imm;                                                               \
        EXPR;                                                                                      \
    }
/* Two sources and an immediate. */
#define BIN(OP, FN, STEP)                                                                          \
    TR_FN(OP)                                                                                      \
    {                                                                                              \
        return tr_v_sse_lane(t, in, FN);                                                           \
    }                                                                                              \
    TR_FN(V##OP)                                                                                   \
    {                                                                                              \
        return tr_v_avx_lane(t, in, FN, STEP);                                                     \
    }
/* One. */

/* Each of the count bits of imm as 16 / count bits. */
static unsigned spread(unsigned imm, unsigned count)
{
    unsigned n = 16 / count, r = 0;

    for (unsigned i = 0; i < count; i++)
        if (imm >> i & 1)
            r |= ((1u << n) - 1) << n * i;
    return r;
}

LANE(palignr, h_vext(t, d, b, a, imm))
LANE(blendps, h_vblendi(t, d, a, b, spread(imm, 4)))
LANE(blendpd, h_vblendi(t, d, a, b, spread(imm, 2)))
LANE(blendw, h_vblendi(t, d, a, b, spread(imm, 8)))
LANE(pshuflw, h_vshufh(t, d, b, imm, false))
LANE(pshufhw, h_vshufh(t, d, b, imm, true))
LANE(movsldup, h_vdup_even(t, d, b))
LANE(movshdup, h_vdup_odd(t, d, b))
BIN(PALIGNR, palignr, 0)
BIN(SHUFPS, h_vshuf4, 0)
BIN(SHUFPD, h_vshuf2, 2)
BIN(BLENDPS, blendps, 4)
BIN(BLENDPD, blendpd, 2)
BIN(PBLENDW, blendw, 0)
TR_V_LANE1(PSHUFD, h_vshuf4)
TR_V_LANE1(PSHUFLW, pshuflw)
TR_V_LANE1(PSHUFHW, pshufhw)
TR_V_LANE1(MOVSLDUP, movsldup)
TR_V_LANE1(MOVSHDUP, movshdup)

TR_FN(PSHUFW)
{
    return tr_v_sse_lane1(t, in, pshuflw);
}

TR_FN(VPBLENDD)
{
    return tr_v_avx_lane(t, in, blendps, 4);
}

/* A word of a is chosen by the low bits of a word of b: the table has a twice. */
static void permil(struct tr *t, vreg d, vreg a, vreg b, unsigned imm)
{
    vreg w = h_vtmp(t);

    (void)imm;
    h_vperm8(t, w, a, a, b);
    h_vmov(t, d, w);
}
/* Bit 1 of each doubleword of b chooses one of a. */
static void permil2(struct tr *t, vreg d, vreg a, vreg b, unsigned imm)
{
    vreg lo = h_vtmp(t), hi = h_vtmp(t), m = h_vtmp(t);

    (void)imm;
    h_vdup(t, 3, lo, a, 0);
    h_vdup(t, 3, hi, a, 1);
    h_vshift(t, H_VSHL, 3, m, b, 62);
    h_vblend(t, 3, d, lo, hi, m);
}
TR_FN(VPERMILPS)
{
    return in->opnd[2].kind == X86_OPK_IMM ? tr_v_avx_lane1(t, in, h_vshuf4, 0)
                                           : tr_v_avx_lane(t, in, permil, 0);
}
TR_FN(VPERMILPD)
{
    return in->opnd[2].kind == X86_OPK_IMM ? tr_v_avx_lane1(t, in, h_vshuf2, 2)
                                           : tr_v_avx_lane(t, in, permil2, 0);
}

/* ---- blends by mask ---- */
static bool blendv(struct tr *t, const struct x86_insn *in, unsigned esz)
{
    vreg d = tr_v_reg(in, 0);

    h_vblend(t, esz, d, d, tr_v_src(t, in, 1, 16), h_vec(0));
    return true;
}

static bool vblendv(struct tr *t, const struct x86_insn *in, unsigned esz)
{
    vreg d = tr_v_reg(in, 0), a = tr_v_reg(in, 1), mask = tr_v_reg(in, 3), high, mhigh;
    struct tr_v2 b = tr_v_src2(t, in, 2);

    h_vblend(t, esz, d, a, b.lo, mask);
    if (in->vl != 32) {
        tr_v_done(t, in);
        return true;
    }
    high = tr_v_high(t, in, 1);
    mhigh = tr_v_high(t, in, 3);
    h_vblend(t, esz, tr_v_set(t, in, 0), high, b.hi, mhigh);
    tr_v_put(t, in, 0);
    return true;
}
#define BLENDV(OP, ESZ)                                                                            \
    TR_FN(OP)                                                                                      \
    {                                                                                              \
        return blendv(t, in, ESZ);                                                                 \
    }                                                                                              \
    TR_FN(V##OP)                                                                                   \
    {                                                                                              \
        return vblendv(t, in, ESZ);                                                                \
    }
BLENDV(PBLENDVB, 0)
BLENDV(BLENDVPS, 2)
BLENDV(BLENDVPD, 3)

/* ---- widening moves: elements of esz become elements of to ---- */
static bool widen(struct tr *t, const struct x86_insn *in, bool sign, unsigned esz, unsigned to)
{
    vreg d = tr_v_reg(in, 0), s = tr_v_src(t, in, 1, in->opnd[1].size), w = d;

    for (; esz + 1 < to; esz++, s = w)
        h_vwiden(t, sign, false, esz, w, s);
    h_vwiden(t, sign, false, esz, d, s);
    return true;
}

static bool vwiden(struct tr *t, const struct x86_insn *in, bool sign, unsigned esz, unsigned to)
{
    vreg s, w;

    if (in->vl != 32) {
        widen(t, in, sign, esz, to);
        tr_v_done(t, in);
        return true;
    }
    s = tr_v_src(t, in, 1, in->opnd[1].size);
    w = h_vtmp(t);
    for (; esz + 1 < to; esz++, s = w)
        h_vwiden(t, sign, false, esz, w, s);
    h_vwiden(t, sign, true, esz, tr_v_set(t, in, 0), s);
    h_vwiden(t, sign, false, esz, tr_v_reg(in, 0), s);
    tr_v_put(t, in, 0);
    return true;
}
#define WIDEN(OP, SIGN, FROM, TO)                                                                  \
    TR_FN(OP)                                                                                      \
    {                                                                                              \
        return widen(t, in, SIGN, FROM, TO);                                                       \
    }                                                                                              \
    TR_FN(V##OP)                                                                                   \
    {                                                                                              \
        return vwiden(t, in, SIGN, FROM, TO);                                                      \
    }
WIDEN(PMOVSXBW, true, 0, 1)
WIDEN(PMOVSXBD, true, 0, 2)
WIDEN(PMOVSXBQ, true, 0, 3)
WIDEN(PMOVSXWD, true, 1, 2)
WIDEN(PMOVSXWQ, true, 1, 3)
WIDEN(PMOVSXDQ, true, 2, 3)
WIDEN(PMOVZXBW, false, 0, 1)
WIDEN(PMOVZXBD, false, 0, 2)
WIDEN(PMOVZXBQ, false, 0, 3)
WIDEN(PMOVZXWD, false, 1, 2)
WIDEN(PMOVZXWQ, false, 1, 3)
WIDEN(PMOVZXDQ, false, 2, 3)

/* ---- broadcasts ---- */
static void dup(struct tr *t, const struct x86_insn *in, unsigned esz)
{
    struct h_mem m;

    if (tr_is_mem(in, 1)) {
        m = tr_mem(t, in);
        h_vld_dup(t, esz, tr_v_reg(in, 0), &m);
    } else {
        h_vdup(t, esz, tr_v_reg(in, 0), tr_v_reg(in, 1), 0);
    }
}

static bool broadcast(struct tr *t, const struct x86_insn *in, unsigned esz)
{
    dup(t, in, esz);
    if (in->vl == 32) {
        h_vmov(t, tr_v_set(t, in, 0), tr_v_reg(in, 0));
        tr_v_put(t, in, 0);
    } else {
        tr_v_done(t, in);
    }
    return true;
}
#define BROADCAST(OP, ESZ)                                                                         \
    TR_FN(OP)                                                                                      \
    {                                                                                              \
        return broadcast(t, in, ESZ);                                                              \
    }
BROADCAST(VPBROADCASTB, 0)
BROADCAST(VPBROADCASTW, 1)
BROADCAST(VPBROADCASTD, 2)
BROADCAST(VPBROADCASTQ, 3)
BROADCAST(VBROADCASTSS, 2)
BROADCAST(VBROADCASTSD, 3)

TR_FN(MOVDDUP)
{
    dup(t, in, 3);
    return true;
}

LANE(dup_low, h_vdup(t, 3, d, b, 0))
TR_FN(VMOVDDUP)
{
    return in->vl == 32 ? tr_v_avx_lane1(t, in, dup_low, 0) : broadcast(t, in, 3);
}

static bool broadcast_lane(struct tr *t, const struct x86_insn *in)
{
    struct h_mem m = tr_mem(t, in);

    h_vld(t, 16, tr_v_reg(in, 0), &m);
    h_vmov(t, tr_v_set(t, in, 0), tr_v_reg(in, 0));
    tr_v_put(t, in, 0);
    return true;
}
TR_FN(VBROADCASTF128)
{
    return broadcast_lane(t, in);
}
TR_FN(VBROADCASTI128)
{
    return broadcast_lane(t, in);
}

/* ---- lanes ---- */
static bool insert_lane(struct tr *t, const struct x86_insn *in)
{
    vreg d = tr_v_reg(in, 0), a = tr_v_reg(in, 1), b = tr_v_src(t, in, 2, 16), high;

    if (in->imm & 1) {
        h_vmov(t, tr_v_set(t, in, 0), b);
        h_vmov(t, d, a);
    } else {
        high = tr_v_high(t, in, 1);
        h_vmov(t, d, b);
        if (in->opnd[0].reg == in->opnd[1].reg)
            return true;
        h_vmov(t, tr_v_set(t, in, 0), high);
    }
    tr_v_put(t, in, 0);
    return true;
}
TR_FN(VINSERTF128)
{
    return insert_lane(t, in);
}
TR_FN(VINSERTI128)
{
    return insert_lane(t, in);
}

static bool extract_lane(struct tr *t, const struct x86_insn *in)
{
    vreg v = in->imm & 1 ? tr_v_high(t, in, 1) : tr_v_reg(in, 1);
    struct h_mem m;

    if (tr_is_mem(in, 0)) {
        m = tr_mem(t, in);
        h_vst(t, 16, v, &m);
        return true;
    }
    h_vmov(t, tr_v_reg(in, 0), v);
    tr_v_done(t, in);
    return true;
}
TR_FN(VEXTRACTF128)
{
    return extract_lane(t, in);
}
TR_FN(VEXTRACTI128)
{
    return extract_lane(t, in);
}

/* Both halves of operand 0 at once. */
static void set_both(struct tr *t, const struct x86_insn *in, vreg lo, vreg hi)
{
    vreg d = tr_v_reg(in, 0), w = hi;

    if (hi == d && lo != d) {
        w = h_vtmp(t);
        h_vmov(t, w, hi);
    }
    /* lo may be the register that the upper half is computed in. */
    h_vmov(t, d, lo);
    h_vmov(t, tr_v_set(t, in, 0), w);
    tr_v_put(t, in, 0);
}

static bool permute_lanes(struct tr *t, const struct x86_insn *in)
{
    struct tr_v2 b = tr_v_src2(t, in, 2);
    vreg from[4] = {tr_v_reg(in, 1), tr_v_high(t, in, 1), b.lo, b.hi}, lane[2];

    for (unsigned l = 0; l < 2; l++) {
        unsigned sel = (unsigned)in->imm >> 4 * l;

        lane[l] = from[sel & 3];
        if (sel & 8) {
            lane[l] = h_vtmp(t);
            h_vzero(t, lane[l]);
        }
    }
    if ((in->imm & 0x80) && !(in->imm & 8)) {
        h_vmov(t, tr_v_reg(in, 0), lane[0]);
        tr_v_done(t, in);
    } else {
        set_both(t, in, lane[0], lane[1]);
    }
    return true;
}
TR_FN(VPERM2F128)
{
    return permute_lanes(t, in);
}
TR_FN(VPERM2I128)
{
    return permute_lanes(t, in);
}

/* Doublewords 2 * l and 2 * l + 1 of the result: from one half or from both. */
static void permute_half(struct tr *t, vreg d, vreg lo, vreg hi, unsigned imm)
{
    unsigned i = imm & 3, j = imm >> 2 & 3;

    h_vshuf2(t, d, i & 2 ? hi : lo, j & 2 ? hi : lo, (i & 1) | (j & 1) << 1);
}

static bool permute_qwords(struct tr *t, const struct x86_insn *in)
{
    struct tr_v2 s = tr_v_src2(t, in, 1);
    vreg w = h_vtmp(t);

    permute_half(t, w, s.lo, s.hi, (u8)in->imm);
    permute_half(t, tr_v_set(t, in, 0), s.lo, s.hi, (u8)in->imm >> 4);
    h_vmov(t, tr_v_reg(in, 0), w);
    tr_v_put(t, in, 0);
    return true;
}
TR_FN(VPERMQ)
{
    return permute_qwords(t, in);
}
TR_FN(VPERMPD)
{
    return permute_qwords(t, in);
}

/* Operand 1 holds the indices, operand 2 the table. */
static bool permute_dwords(struct tr *t, const struct x86_insn *in)
{
    struct tr_v2 s = tr_v_src2(t, in, 2);
    vreg lo = h_vtmp(t), hi = h_vtmp(t);

    h_vperm8(t, lo, s.lo, s.hi, tr_v_reg(in, 1));
    h_vperm8(t, hi, s.lo, s.hi, tr_v_high(t, in, 1));
    h_vmov(t, tr_v_reg(in, 0), lo);
    h_vmov(t, tr_v_set(t, in, 0), hi);
    tr_v_put(t, in, 0);
    return true;
}
TR_FN(VPERMD)
{
    return permute_dwords(t, in);
}
TR_FN(VPERMPS)
{
    return permute_dwords(t, in);
}

TR_FN(VZEROUPPER)
{
    if (in->mode != 64)
        return false;
    h_ymm_zero_all(t);
    return true;
}

TR_FN(VZEROALL)
{
    if (in->mode != 64)
        return false;
    for (unsigned i = 0; i < 16; i++)
        h_vzero(t, h_vec(i));
    h_ymm_zero_all(t);
    return true;
}
