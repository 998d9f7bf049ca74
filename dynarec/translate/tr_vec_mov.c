/*
 * tr_vec_mov.c - vector data movement: whole registers, halves, scalars, single elements in and
 * out, sign masks, PTEST. See vec.h.
 */
#include "dynarec/translate/mmx.h"

/* ---- whole registers ---- */
static bool move(struct tr *t, const struct x86_insn *in)
{
    struct h_mem m;

    if (tr_is_mem(in, 0)) {
        m = tr_mem(t, in);
        h_vst(t, 16, tr_v_reg(in, 1), &m);
    } else if (tr_is_mem(in, 1)) {
        m = tr_mem(t, in);
        h_vld(t, 16, tr_v_reg(in, 0), &m);
    } else if (x86_rows[in->row].attr & X86_ATTR_AVX || !tr_v_copy(t, in)) {
        h_vmov(t, tr_v_reg(in, 0), tr_v_reg(in, 1));
    }
    return true;
}

static bool vmove(struct tr *t, const struct x86_insn *in)
{
    bool wide = in->vl == 32;
    struct h_mem m;
    vreg high;

    if (tr_is_mem(in, 0)) {
        if (!wide)
            return move(t, in);
        m = tr_mem(t, in);
        h_vst2(t, tr_v_reg(in, 1), tr_v_high(t, in, 1), &m);
        return true;
    }
    if (!wide) {
        move(t, in);
        tr_v_done(t, in);
        return true;
    }
    if (tr_is_mem(in, 1)) {
        m = tr_mem(t, in);
        h_vld2(t, tr_v_reg(in, 0), tr_v_set(t, in, 0), &m);
    } else {
        high = tr_v_high(t, in, 1);
        h_vmov(t, tr_v_reg(in, 0), tr_v_reg(in, 1));
        h_vmov(t, tr_v_set(t, in, 0), high);
    }
    tr_v_put(t, in, 0);
    return true;
}

#define MOVE(OP)                                                                                   \
    TR_FN(OP)                                                                                      \
    {                                                                                              \
        return move(t, in);                                                                        \
    }                                                                                              \
    TR_FN(V##OP)                                                                                   \
    {                                                                                              \
        return vmove(t, in);                                                                       \
    }
MOVE(MOVAPS)
MOVE(MOVAPD)
MOVE(MOVUPS)
MOVE(MOVUPD)
MOVE(MOVDQA)
MOVE(MOVDQU)
MOVE(LDDQU)
MOVE(MOVNTPS)
MOVE(MOVNTPD)
MOVE(MOVNTDQ)
MOVE(MOVNTDQA)

/* ---- scalars ---- */
static bool scalar(struct tr *t, const struct x86_insn *in, unsigned esz)
{
    struct h_mem m;

    if (tr_is_mem(in, 0)) {
        m = tr_mem(t, in);
        h_vst(t, 1u << esz, tr_v_reg(in, 1), &m);
    } else if (tr_is_mem(in, 1)) {
        m = tr_mem_vload(t, in);
        h_vld(t, 1u << esz, tr_v_reg(in, 0), &m);
    } else if (in->opnd[0].reg != in->opnd[1].reg) {
        h_vins(t, esz, tr_v_reg(in, 0), 0, tr_v_reg(in, 1), 0);
    }
    return true;
}

static bool vscalar(struct tr *t, const struct x86_insn *in, unsigned esz)
{
    if (tr_is_mem(in, 0))
        return scalar(t, in, esz);
    if (tr_is_mem(in, 1))
        scalar(t, in, esz);
    else
        h_vblendi(t, tr_v_reg(in, 0), tr_v_reg(in, 1), tr_v_reg(in, 2), esz == 2 ? 0x0f : 0xff);
    tr_v_done(t, in);
    return true;
}
TR_FN(MOVSS)
{
    return scalar(t, in, 2);
}
TR_FN(MOVSD_X)
{
    return scalar(t, in, 3);
}
TR_FN(MOVNTSS)
{
    return scalar(t, in, 2);
}
TR_FN(MOVNTSD)
{
    return scalar(t, in, 3);
}
TR_FN(VMOVSS)
{
    return vscalar(t, in, 2);
}
TR_FN(VMOVSD)
{
    return vscalar(t, in, 3);
}

/* ---- a half to or from memory ---- */
static bool half(struct tr *t, const struct x86_insn *in, unsigned i)
{
    struct h_mem m = tr_mem(t, in);

    if (tr_is_mem(in, 0))
        h_vst_elem(t, 3, tr_v_reg(in, 1), i, &m);
    else
        h_vld_elem(t, 3, tr_v_reg(in, 0), i, &m);
    return true;
}

static bool vhalf(struct tr *t, const struct x86_insn *in, unsigned i)
{
    vreg d = tr_v_reg(in, 0), a, w;
    struct h_mem m;

    if (tr_is_mem(in, 0))
        return half(t, in, i);
    a = tr_v_reg(in, 1);
    m = tr_mem(t, in);
    if (d == a) {
        h_vld_elem(t, 3, d, i, &m);
    } else {
        w = h_vtmp(t);
        h_vld(t, 8, w, &m);
        if (i)
            h_vshuf2(t, d, a, w, 0);
        else
            h_vblendi(t, d, w, a, 0xff00);
    }
    tr_v_done(t, in);
    return true;
}
#define HALF(OP, I)                                                                                \
    TR_FN(OP)                                                                                      \
    {                                                                                              \
        return half(t, in, I);                                                                     \
    }                                                                                              \
    TR_FN(V##OP)                                                                                   \
    {                                                                                              \
        return vhalf(t, in, I);                                                                    \
    }
HALF(MOVLPS, 0)
HALF(MOVLPD, 0)
HALF(MOVHPS, 1)
HALF(MOVHPD, 1)

TR_FN(MOVHLPS)
{
    h_vins(t, 3, tr_v_reg(in, 0), 0, tr_v_reg(in, 1), 1);
    return true;
}
TR_FN(MOVLHPS)
{
    h_vins(t, 3, tr_v_reg(in, 0), 1, tr_v_reg(in, 1), 0);
    return true;
}
TR_FN(VMOVHLPS)
{
    h_vshuf2(t, tr_v_reg(in, 0), tr_v_reg(in, 2), tr_v_reg(in, 1), 3);
    tr_v_done(t, in);
    return true;
}
TR_FN(VMOVLHPS)
{
    h_vshuf2(t, tr_v_reg(in, 0), tr_v_reg(in, 1), tr_v_reg(in, 2), 0);
    tr_v_done(t, in);
    return true;
}

/* ---- MOVD, MOVQ ---- */
static bool low(struct tr *t, const struct x86_insn *in, unsigned sz)
{
    struct h_mem m;

    if (tr_v_mmx(in))
        return tr_mmx_move(t, in, sz);
    if (tr_is_mem(in, 0)) {
        m = tr_mem(t, in);
        h_vst(t, sz, tr_v_reg(in, 1), &m);
    } else if (tr_is_mem(in, 1)) {
        m = tr_mem(t, in);
        h_vld(t, sz, tr_v_reg(in, 0), &m);
    } else if (in->opnd[0].kind != X86_OPK_VEC) {
        h_vget(t, sz == 8 ? 3 : 2, h_gpr(in->opnd[0].reg), tr_v_reg(in, 1), 0);
    } else if (in->opnd[1].kind != X86_OPK_VEC) {
        h_vfrom_gpr(t, sz, tr_v_reg(in, 0), h_gpr(in->opnd[1].reg));
    } else {
        h_vmov_low(t, sz, tr_v_reg(in, 0), tr_v_reg(in, 1));
    }
    return true;
}

static bool vlow(struct tr *t, const struct x86_insn *in, unsigned sz)
{
    low(t, in, sz);
    if (in->opnd[0].kind == X86_OPK_VEC)
        tr_v_done(t, in);
    return true;
}
TR_FN(MOVD)
{
    return low(t, in, 4);
}
TR_FN(MOVQ)
{
    return low(t, in, 8);
}
TR_FN(VMOVD)
{
    return vlow(t, in, 4);
}
TR_FN(VMOVQ)
{
    return vlow(t, in, 8);
}

TR_FN(MOVNTI)
{
    tr_write(t, in, 0, tr_read(t, in, 1));
    return true;
}

/* ---- single elements ---- */
static unsigned elem(const struct x86_insn *in, unsigned esz)
{
    return (unsigned)in->imm & ((16u >> esz) - 1);
}

static bool insert(struct tr *t, const struct x86_insn *in, unsigned esz)
{
    struct h_mem m;

    if (tr_v_mmx(in))
        return tr_mmx_insert(t, in);
    if (tr_is_mem(in, 1)) {
        m = tr_mem(t, in);
        h_vld_elem(t, esz, tr_v_reg(in, 0), elem(in, esz), &m);
    } else {
        h_vput(t, esz, tr_v_reg(in, 0), elem(in, esz), h_gpr(in->opnd[1].reg));
    }
    return true;
}

static bool vinsert(struct tr *t, const struct x86_insn *in, unsigned esz)
{
    vreg d = tr_v_reg(in, 0), a = tr_v_reg(in, 1), w;
    struct h_mem m;

    if (!tr_is_mem(in, 2)) {
        h_vmov(t, d, a);
        h_vput(t, esz, d, elem(in, esz), h_gpr(in->opnd[2].reg));
    } else {
        m = tr_mem(t, in);
        w = d;
        if (d != a) {
            w = h_vtmp(t);
            h_vmov(t, w, a);
        }
        h_vld_elem(t, esz, w, elem(in, esz), &m);
        h_vmov(t, d, w);
    }
    tr_v_done(t, in);
    return true;
}

static bool extract(struct tr *t, const struct x86_insn *in, unsigned esz)
{
    struct h_mem m;

    if (tr_v_mmx(in))
        return tr_mmx_extract(t, in);
    if (tr_is_mem(in, 0)) {
        m = tr_mem(t, in);
        h_vst_elem(t, esz, tr_v_reg(in, 1), elem(in, esz), &m);
    } else {
        h_vget(t, esz, h_gpr(in->opnd[0].reg), tr_v_reg(in, 1), elem(in, esz));
    }
    return true;
}
#define ELEM(OP, FN, ESZ)                                                                          \
    TR_FN(OP)                                                                                      \
    {                                                                                              \
        return FN(t, in, ESZ);                                                                     \
    }
ELEM(PINSRB, insert, 0)
ELEM(PINSRW, insert, 1)
ELEM(PINSRD, insert, 2)
ELEM(PINSRQ, insert, 3)
ELEM(VPINSRB, vinsert, 0)
ELEM(VPINSRW, vinsert, 1)
ELEM(VPINSRD, vinsert, 2)
ELEM(VPINSRQ, vinsert, 3)
ELEM(PEXTRB, extract, 0)
ELEM(PEXTRW, extract, 1)
ELEM(PEXTRD, extract, 2)
ELEM(PEXTRQ, extract, 3)
ELEM(EXTRACTPS, extract, 2)
ELEM(VPEXTRB, extract, 0)
ELEM(VPEXTRW, extract, 1)
ELEM(VPEXTRD, extract, 2)
ELEM(VPEXTRQ, extract, 3)
ELEM(VEXTRACTPS, extract, 2)

/* imm: source element (registers only) 7:6, destination element 5:4, elements zeroed 3:0. */
static void insert_ps(struct tr *t, const struct x86_insn *in, vreg d, vreg a, unsigned src)
{
    unsigned imm = (u8)in->imm, zero = 0;
    unsigned from = tr_is_mem(in, src) ? 0 : imm >> 6;
    vreg b = tr_v_src(t, in, src, 4), w = d == b && d != a ? h_vtmp(t) : d, z;

    h_vmov(t, w, a);
    if (!(imm >> (imm >> 4 & 3) & 1))
        h_vins(t, 2, w, imm >> 4 & 3, b, from);
    for (unsigned i = 0; i < 4; i++)
        if (imm >> i & 1)
            zero |= 15u << 4 * i;
    if (zero) {
        z = h_vtmp(t);
        h_vzero(t, z);
        h_vblendi(t, d, w, z, zero);
    } else {
        h_vmov(t, d, w);
    }
}

TR_FN(INSERTPS)
{
    insert_ps(t, in, tr_v_reg(in, 0), tr_v_reg(in, 0), 1);
    return true;
}
TR_FN(VINSERTPS)
{
    insert_ps(t, in, tr_v_reg(in, 0), tr_v_reg(in, 1), 2);
    tr_v_done(t, in);
    return true;
}

/* ---- sign masks ---- */
/* The instruction before this one compared into YMM reg. */
static bool compared(const struct tr *t, unsigned reg)
{
    const struct x86_insn *in = &t->ins[t->cur - 1].in;

    if (t->cur == t->blk[t->curblk].first)
        return false;
    switch (in->op) {
    case X86_VPCMPEQB:
    case X86_VPCMPEQW:
    case X86_VPCMPEQD:
    case X86_VPCMPEQQ:
    case X86_VPCMPGTB:
    case X86_VPCMPGTW:
    case X86_VPCMPGTD:
    case X86_VPCMPGTQ: return in->vl == 32 && in->opnd[0].reg == reg;
    default: return false;
    }
}

static bool signs(struct tr *t, const struct x86_insn *in, unsigned esz)
{
    hreg d = h_gpr(in->opnd[0].reg);

    if (tr_v_mmx(in))
        return tr_mmx_signs(t, in);
    if (in->vl == 32 && esz == 0 && compared(t, in->opnd[1].reg))
        h_vmask2_full(t, d, tr_v_reg(in, 1), tr_v_high(t, in, 1));
    else if (in->vl == 32)
        h_vmask2(t, esz, d, tr_v_reg(in, 1), tr_v_high(t, in, 1));
    else
        h_vmask(t, esz, d, tr_v_reg(in, 1));
    return true;
}
ELEM(MOVMSKPS, signs, 2)
ELEM(MOVMSKPD, signs, 3)
ELEM(PMOVMSKB, signs, 0)
ELEM(VMOVMSKPS, signs, 2)
ELEM(VMOVMSKPD, signs, 3)
ELEM(VPMOVMSKB, signs, 0)

/* ---- PTEST, VTESTPS, VTESTPD ---- */
/* op of both operands as a general register that is zero iff no bit is left (of the sign bits, for
 * esz 2 and 3). */
static hreg test_bits(struct tr *t, const struct x86_insn *in, enum h_vop op, unsigned esz,
                      struct tr_v2 b)
{
    vreg w = h_vtmp(t), x;
    hreg r = h_tmp(t);

    if (op == H_VAND && in->vl != 32 && !esz && b.lo == tr_v_reg(in, 0)) {
        h_vany(t, r, b.lo);
        return r;
    }
    h_v3(t, op, 0, w, tr_v_reg(in, 0), b.lo);
    if (in->vl == 32) {
        x = h_vtmp(t);
        h_v3(t, op, 0, x, tr_v_high(t, in, 0), b.hi);
        h_v3(t, H_VOR, 0, w, w, x);
    }
    if (esz)
        h_vshift(t, H_VSHR, esz, w, w, (8u << esz) - 1);
    h_vany(t, r, w);
    return r;
}

/* A count of 64 leading zeros is the bit of ZF. */
static bool test(struct tr *t, const struct x86_insn *in, unsigned esz)
{
    unsigned need = tr_cur(t)->need;
    struct tr_v2 b = tr_v_src2(t, in, 1);
    hreg zf, cf;

    if (!need)
        return true;
    if (!(need & ~(unsigned)X86_ZF)) {
        h_flags_zf(t, 8, test_bits(t, in, H_VAND, esz, b), false);
        return true;
    }
    zf = test_bits(t, in, H_VAND, esz, b);
    cf = test_bits(t, in, H_VANDN, esz, b);
    h_clz(t, 8, zf, zf);
    h_clz(t, 8, cf, cf);
    h_opi(t, H_AND, 8, zf, zf, X86_ZF);
    h_opi(t, H_SHR, 8, cf, cf, 6);
    h_op(t, H_OR, 8, zf, zf, cf);
    h_flags_set(t, zf);
    return true;
}
ELEM(PTEST, test, 0)
ELEM(VPTEST, test, 0)
ELEM(VTESTPS, test, 2)
ELEM(VTESTPD, test, 3)
