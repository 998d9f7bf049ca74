/*
 * tr_vec_arith.c - integer arithmetic, logic, compares, packing, interleaving, shifts and
 * cryptography on vectors: one host-op for each lane. See vec.h.
 */
#include "dynarec/translate/mmx.h"

/* OP and V##OP */
#define BIN(OP, VOP, ESZ)                                                                          \
    TR_FN(OP)                                                                                      \
    {                                                                                              \
        return tr_v_sse(t, in, VOP, ESZ);                                                          \
    }                                                                                              \
    TR_FN(V##OP)                                                                                   \
    {                                                                                              \
        return tr_v_avx(t, in, VOP, ESZ);                                                          \
    }
#define SSE(OP, VOP, ESZ)                                                                          \
    TR_FN(OP)                                                                                      \
    {                                                                                              \
        return tr_v_sse(t, in, VOP, ESZ);                                                          \
    }

/* Everything that each host has. */
/* clang-format off */
#define LANE_OPS(X) \
    X(PAND, H_VAND, 0) X(PANDN, H_VANDN, 0) X(POR, H_VOR, 0) X(PXOR, H_VXOR, 0) \
    X(ANDPS, H_VAND, 0) X(ANDPD, H_VAND, 0) X(ANDNPS, H_VANDN, 0) X(ANDNPD, H_VANDN, 0) \
    X(ORPS, H_VOR, 0) X(ORPD, H_VOR, 0) X(XORPS, H_VXOR, 0) X(XORPD, H_VXOR, 0) \
    X(PADDB, H_VADD, 0) X(PADDW, H_VADD, 1) X(PADDD, H_VADD, 2) X(PADDQ, H_VADD, 3) \
    X(PSUBB, H_VSUB, 0) X(PSUBW, H_VSUB, 1) X(PSUBD, H_VSUB, 2) X(PSUBQ, H_VSUB, 3) \
    X(PADDSB, H_VADDS, 0) X(PADDSW, H_VADDS, 1) X(PADDUSB, H_VADDU, 0) X(PADDUSW, H_VADDU, 1) \
    X(PSUBSB, H_VSUBS, 0) X(PSUBSW, H_VSUBS, 1) X(PSUBUSB, H_VSUBU, 0) X(PSUBUSW, H_VSUBU, 1) \
    X(PCMPEQB, H_VEQ, 0) X(PCMPEQW, H_VEQ, 1) X(PCMPEQD, H_VEQ, 2) X(PCMPEQQ, H_VEQ, 3) \
    X(PCMPGTB, H_VGT, 0) X(PCMPGTW, H_VGT, 1) X(PCMPGTD, H_VGT, 2) X(PCMPGTQ, H_VGT, 3) \
    X(PMINSB, H_VMINS, 0) X(PMINSW, H_VMINS, 1) X(PMINSD, H_VMINS, 2) X(PMINUB, H_VMINU, 0) \
    X(PMINUW, H_VMINU, 1) X(PMINUD, H_VMINU, 2) X(PMAXSB, H_VMAXS, 0) X(PMAXSW, H_VMAXS, 1) \
    X(PMAXSD, H_VMAXS, 2) X(PMAXUB, H_VMAXU, 0) X(PMAXUW, H_VMAXU, 1) X(PMAXUD, H_VMAXU, 2) \
    X(PAVGB, H_VAVG, 0) X(PAVGW, H_VAVG, 1) X(PMULLW, H_VMUL, 1) X(PMULLD, H_VMUL, 2) \
    X(PMULHW, H_VMULHS, 1) X(PMULHUW, H_VMULHU, 1) X(PMULHRSW, H_VMULHRS, 1) \
    X(PMULUDQ, H_VMULEU, 2) X(PMULDQ, H_VMULES, 2) X(PMADDWD, H_VMADD, 1) \
    X(PMADDUBSW, H_VMADDUS, 0) X(PSIGNB, H_VSIGN, 0) X(PSIGNW, H_VSIGN, 1) X(PSIGND, H_VSIGN, 2) \
    X(PHADDW, H_VPADD, 1) X(PHADDD, H_VPADD, 2) X(PHADDSW, H_VPADDS, 1) X(PHSUBW, H_VPSUB, 1) \
    X(PHSUBD, H_VPSUB, 2) X(PHSUBSW, H_VPSUBS, 1) X(PSADBW, H_VSAD, 0) X(PACKSSWB, H_VPACKS, 1) \
    X(PACKSSDW, H_VPACKS, 2) X(PACKUSWB, H_VPACKU, 1) X(PACKUSDW, H_VPACKU, 2) \
    X(PUNPCKLBW, H_VZIPL, 0) X(PUNPCKLWD, H_VZIPL, 1) X(PUNPCKLDQ, H_VZIPL, 2) \
    X(PUNPCKLQDQ, H_VZIPL, 3) X(PUNPCKHBW, H_VZIPH, 0) X(PUNPCKHWD, H_VZIPH, 1) \
    X(PUNPCKHDQ, H_VZIPH, 2) X(PUNPCKHQDQ, H_VZIPH, 3) X(UNPCKLPS, H_VZIPL, 2) \
    X(UNPCKLPD, H_VZIPL, 3) X(UNPCKHPS, H_VZIPH, 2) X(UNPCKHPD, H_VZIPH, 3) X(PSHUFB, H_VTBL, 0)
/* clang-format on */
LANE_OPS(BIN)
BIN(AESENC, H_VAESENC, 0)
BIN(AESENCLAST, H_VAESENCLAST, 0)
BIN(AESDEC, H_VAESDEC, 0)
BIN(AESDECLAST, H_VAESDECLAST, 0)
SSE(SHA1NEXTE, H_VSHA1NEXTE, 2)
SSE(SHA1MSG1, H_VSHA1MSG1, 2)
SSE(SHA1MSG2, H_VSHA1MSG2, 2)
SSE(SHA256MSG1, H_VSHA256MSG1, 2)
SSE(SHA256MSG2, H_VSHA256MSG2, 2)

/* One source. */
#define LANE(NAME, EXPR)                                                                           \
    static void NAME(struct tr *t, vreg d, vreg a, vreg b, unsigned imm)                           \
    {                                                                                              \
        (void)a, (void)b, (void)imm;                                                               \
        EXPR;                                                                                      \
    }
LANE(absb, h_v2(t, H_VABS, 0, d, b))
LANE(absw, h_v2(t, H_VABS, 1, d, b))
LANE(absd, h_v2(t, H_VABS, 2, d, b))
LANE(minpos, h_v2(t, H_VMINPOS, 1, d, b))
TR_V_LANE1(PABSB, absb)
TR_V_LANE1(PABSW, absw)
TR_V_LANE1(PABSD, absd)
TR_V_LANE1(PHMINPOSUW, minpos)

#define UN_AES(OP, FN)                                                                             \
    TR_FN(OP)                                                                                      \
    {                                                                                              \
        return h_v3_can(H_VAESENC) && tr_v_sse_lane1(t, in, FN);                                   \
    }                                                                                              \
    TR_FN(V##OP)                                                                                   \
    {                                                                                              \
        return h_v3_can(H_VAESENC) && tr_v_avx_lane1(t, in, FN, 0);                                \
    }
LANE(aesimc, h_v2(t, H_VAESIMC, 0, d, b))
LANE(aeskey, h_vaeskey(t, d, b, imm))
UN_AES(AESIMC, aesimc)
UN_AES(AESKEYGENASSIST, aeskey)

TR_FN(PCLMULQDQ)
{
    return h_vclmul_can() && tr_v_sse_lane(t, in, h_vclmul);
}
TR_FN(VPCLMULQDQ)
{
    return h_vclmul_can() && tr_v_avx_lane(t, in, h_vclmul, 0);
}
TR_FN(MPSADBW)
{
    return tr_v_sse_lane(t, in, h_vmpsad);
}
TR_FN(VMPSADBW)
{
    return tr_v_avx_lane(t, in, h_vmpsad, 3);
}
TR_FN(SHA1RNDS4)
{
    return h_v3_can(H_VSHA1NEXTE) && tr_v_sse_lane(t, in, h_vsha1rnds4);
}

TR_FN(SHA256RNDS2)
{
    vreg d = tr_v_reg(in, 0);

    if (!h_v3_can(H_VSHA256MSG1))
        return false;
    h_vsha256rnds2(t, d, d, tr_v_src(t, in, 1, 16), h_vec(0));
    return true;
}

TR_FN(CRC32)
{
    hreg d = h_gpr(in->opnd[0].reg);

    if (!h_crc32c_can())
        return false;
    h_crc32c(t, in->opnd[1].size, d, d, tr_read(t, in, 1));
    return true;
}

/* ---- copies that are changed at once ----
 * MOVDQA d, s ... OP d, b: where nothing in between reads or writes d, writes b, accesses memory or
 * may leave, OP is done in the place of the copy, from s (and s may change in between).
 */
#define LANE_ROW(OP, VOP, ESZ) [X86_##OP] = {VOP + 1, ESZ},
static const struct lane_op {
    u8 vop, esz; /* vop + 1; 0: none */
} lane_ops[X86_OP_COUNT] = {LANE_OPS(LANE_ROW)};
static const struct lane_op shift_ops[X86_OP_COUNT] = {
    LANE_ROW(PSLLW, H_VSHL, 1) LANE_ROW(PSLLD, H_VSHL, 2) LANE_ROW(PSLLQ, H_VSHL, 3)
        LANE_ROW(PSRLW, H_VSHR, 1) LANE_ROW(PSRLD, H_VSHR, 2) LANE_ROW(PSRLQ, H_VSHR, 3)
            LANE_ROW(PSRAW, H_VSAR, 1) LANE_ROW(PSRAD, H_VSAR, 2)};

#define PLAIN(OP, VOP, ESZ) [X86_##OP] = true, [X86_V##OP] = true,
static const bool plain_ops[X86_OP_COUNT] = {
    LANE_OPS(PLAIN) PLAIN(PSLLW, , ) PLAIN(PSLLD, , ) PLAIN(PSLLQ, , ) PLAIN(PSRLW, , )
        PLAIN(PSRLD, , ) PLAIN(PSRLQ, , ) PLAIN(PSRAW, , ) PLAIN(PSRAD, , )};

bool tr_v_plain(const struct x86_insn *in)
{
    if (!plain_ops[in->op])
        return false;
    for (unsigned i = 0; i < in->nopnd; i++)
        if (in->opnd[i].kind != X86_OPK_VEC && in->opnd[i].kind != X86_OPK_IMM)
            return false;
    return true;
}

static bool is_xmm(const struct x86_insn *in, unsigned i)
{
    return in->opnd[i].kind == X86_OPK_VEC;
}

/* Changes operand 0, an XMM register, by operand 1, a register or the number of a shift. */
static bool changes(const struct x86_insn *in)
{
    return is_xmm(in, 0) && ((lane_ops[in->op].vop && is_xmm(in, 1)) ||
                             (shift_ops[in->op].vop && in->opnd[1].kind == X86_OPK_IMM));
}

static bool copies(const struct x86_insn *in)
{
    switch (in->op) {
    case X86_MOVDQA:
    case X86_MOVAPS:
    case X86_MOVAPD:
    case X86_MOVDQU:
    case X86_MOVUPS:
    case X86_MOVUPD: return is_xmm(in, 0) && is_xmm(in, 1);
    default: return false;
    }
}

/* Which instruction changes the copy next, and may be done now; 0: none. */
static u32 next_change(const struct tr *t, unsigned d)
{
    const struct tr_block *blk = &t->blk[t->curblk];
    u32 end = blk->first + blk->n, written = 1u << d;

    for (u32 k = t->cur + 1; k < end && k <= t->cur + 8; k++) {
        const struct x86_insn *in = &t->ins[k].in;
        bool reads_d;

        if (tr_in_registers(in))
            continue;
        if (!changes(in) && !copies(in))
            return 0;
        reads_d = is_xmm(in, 1) && in->opnd[1].reg == d;
        if (in->opnd[0].reg != d && !reads_d) {
            written |= 1u << in->opnd[0].reg;
            continue;
        }
        if (in->opnd[0].reg != d || !changes(in) || t->done[k / 32] >> k % 32 & 1)
            return 0;
        return is_xmm(in, 1) && written >> in->opnd[1].reg & 1 ? 0 : k;
    }
    return 0;
}

bool tr_v_copy(struct tr *t, const struct x86_insn *copy)
{
    vreg d = tr_v_reg(copy, 0), s = tr_v_reg(copy, 1);
    u32 k = d == s ? 0 : next_change(t, copy->opnd[0].reg);
    const struct x86_insn *in = &t->ins[k].in;
    const struct lane_op *lane = &lane_ops[in->op], *shift = &shift_ops[in->op];

    if (!k)
        return false;
    if (lane->vop)
        h_v3(t, (enum h_vop)(lane->vop - 1), lane->esz, d, s, tr_v_reg(in, 1));
    else
        h_vshift(t, (enum h_vop)(shift->vop - 1), shift->esz, d, s, (u8)in->imm);
    t->done[k / 32] |= 1u << k % 32;
    return true;
}

/* ---- shifts by one count ---- */
static bool shift_sse(struct tr *t, const struct x86_insn *in, enum h_vop op, unsigned esz)
{
    vreg d, n;

    if (tr_v_mmx(in))
        return tr_mmx_shift(t, in, op, esz);
    d = tr_v_reg(in, 0);
    if (in->opnd[1].kind == X86_OPK_IMM) {
        h_vshift(t, op, esz, d, d, (u8)in->imm);
        return true;
    }
    n = h_vtmp(t);
    h_vcount(t, op, esz, n, tr_v_src(t, in, 1, 16));
    h_v3(t, op, esz, d, d, n);
    return true;
}

static bool shift_avx(struct tr *t, const struct x86_insn *in, enum h_vop op, unsigned esz)
{
    vreg d = tr_v_reg(in, 0), a = tr_v_reg(in, 1), high = H_NONE, n = H_NONE;
    bool imm = in->opnd[2].kind == X86_OPK_IMM;

    if (!imm) {
        n = h_vtmp(t);
        h_vcount(t, op, esz, n, tr_v_src(t, in, 2, 16));
    }
    if (in->vl == 32)
        high = tr_v_high(t, in, 1);
    if (imm)
        h_vshift(t, op, esz, d, a, (u8)in->imm);
    else
        h_v3(t, op, esz, d, a, n);
    if (in->vl != 32) {
        tr_v_done(t, in);
        return true;
    }
    if (imm)
        h_vshift(t, op, esz, tr_v_set(t, in, 0), high, (u8)in->imm);
    else
        h_v3(t, op, esz, tr_v_set(t, in, 0), high, n);
    tr_v_put(t, in, 0);
    return true;
}

#define SHIFT(OP, VOP, ESZ)                                                                        \
    TR_FN(OP)                                                                                      \
    {                                                                                              \
        return shift_sse(t, in, VOP, ESZ);                                                         \
    }                                                                                              \
    TR_FN(V##OP)                                                                                   \
    {                                                                                              \
        return shift_avx(t, in, VOP, ESZ);                                                         \
    }
SHIFT(PSLLW, H_VSHL, 1)
SHIFT(PSLLD, H_VSHL, 2)
SHIFT(PSLLQ, H_VSHL, 3)
SHIFT(PSRLW, H_VSHR, 1)
SHIFT(PSRLD, H_VSHR, 2)
SHIFT(PSRLQ, H_VSHR, 3)
SHIFT(PSRAW, H_VSAR, 1)
SHIFT(PSRAD, H_VSAR, 2)

/* ---- shifts by bytes: imm is the last operand of both forms ---- */
static void shift_left(struct tr *t, vreg d, vreg a, vreg b, unsigned imm)
{
    vreg z = h_vtmp(t);

    (void)b;
    if (imm < 16)
        h_vzero(t, z);
    h_vext(t, d, z, a, imm < 16 ? 16 - imm : 32);
}

static void shift_right(struct tr *t, vreg d, vreg a, vreg b, unsigned imm)
{
    (void)b;
    h_vext(t, d, a, a, imm < 16 ? imm + 16 : 32);
}

static bool bytes_sse(struct tr *t, const struct x86_insn *in, tr_v_lane *fn)
{
    vreg d = tr_v_reg(in, 0);

    fn(t, d, d, d, (u8)in->imm);
    return true;
}
TR_FN(PSLLDQ)
{
    return bytes_sse(t, in, shift_left);
}
TR_FN(PSRLDQ)
{
    return bytes_sse(t, in, shift_right);
}
TR_FN(VPSLLDQ)
{
    return tr_v_avx_lane1(t, in, shift_left, 0);
}
TR_FN(VPSRLDQ)
{
    return tr_v_avx_lane1(t, in, shift_right, 0);
}

/* ---- a count for each element ---- */
static bool shift_each(struct tr *t, const struct x86_insn *in, enum h_vop op, unsigned esz)
{
    vreg d = tr_v_reg(in, 0), a = tr_v_reg(in, 1), high, n = h_vtmp(t);
    struct tr_v2 b = tr_v_src2(t, in, 2);

    if (in->vl != 32) {
        h_vcounts(t, op, esz, n, b.lo);
        h_v3(t, op, esz, d, a, n);
        tr_v_done(t, in);
        return true;
    }
    high = tr_v_high(t, in, 1);
    h_vcounts(t, op, esz, n, b.lo);
    h_v3(t, op, esz, d, a, n);
    h_vcounts(t, op, esz, n, b.hi);
    h_v3(t, op, esz, tr_v_set(t, in, 0), high, n);
    tr_v_put(t, in, 0);
    return true;
}
#define SHIFT_EACH(OP, VOP, ESZ)                                                                   \
    TR_FN(OP)                                                                                      \
    {                                                                                              \
        return shift_each(t, in, VOP, ESZ);                                                        \
    }
SHIFT_EACH(VPSLLVD, H_VSHL, 2)
SHIFT_EACH(VPSLLVQ, H_VSHL, 3)
SHIFT_EACH(VPSRLVD, H_VSHR, 2)
SHIFT_EACH(VPSRLVQ, H_VSHR, 3)
SHIFT_EACH(VPSRAVD, H_VSAR, 2)
