/*
 * tr_vec_arith.c - integer arithmetic, logic, compares, packing, interleaving, shifts and
 * cryptography on vectors: one host-op for each lane. See vec.h.
 */
#include "dynarec/translate/vec.h"

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

BIN(PAND, H_VAND, 0)
BIN(PANDN, H_VANDN, 0)
BIN(POR, H_VOR, 0)
BIN(PXOR, H_VXOR, 0)
BIN(ANDPS, H_VAND, 0)
BIN(ANDPD, H_VAND, 0)
BIN(ANDNPS, H_VANDN, 0)
BIN(ANDNPD, H_VANDN, 0)
BIN(ORPS, H_VOR, 0)
BIN(ORPD, H_VOR, 0)
BIN(XORPS, H_VXOR, 0)
BIN(XORPD, H_VXOR, 0)

BIN(PADDB, H_VADD, 0)
BIN(PADDW, H_VADD, 1)
BIN(PADDD, H_VADD, 2)
BIN(PADDQ, H_VADD, 3)
BIN(PSUBB, H_VSUB, 0)
BIN(PSUBW, H_VSUB, 1)
BIN(PSUBD, H_VSUB, 2)
BIN(PSUBQ, H_VSUB, 3)
BIN(PADDSB, H_VADDS, 0)
BIN(PADDSW, H_VADDS, 1)
BIN(PADDUSB, H_VADDU, 0)
BIN(PADDUSW, H_VADDU, 1)
BIN(PSUBSB, H_VSUBS, 0)
BIN(PSUBSW, H_VSUBS, 1)
BIN(PSUBUSB, H_VSUBU, 0)
BIN(PSUBUSW, H_VSUBU, 1)
BIN(PCMPEQB, H_VEQ, 0)
BIN(PCMPEQW, H_VEQ, 1)
BIN(PCMPEQD, H_VEQ, 2)
BIN(PCMPEQQ, H_VEQ, 3)
BIN(PCMPGTB, H_VGT, 0)
BIN(PCMPGTW, H_VGT, 1)
BIN(PCMPGTD, H_VGT, 2)
BIN(PCMPGTQ, H_VGT, 3)
BIN(PMINSB, H_VMINS, 0)
BIN(PMINSW, H_VMINS, 1)
BIN(PMINSD, H_VMINS, 2)
BIN(PMINUB, H_VMINU, 0)
BIN(PMINUW, H_VMINU, 1)
BIN(PMINUD, H_VMINU, 2)
BIN(PMAXSB, H_VMAXS, 0)
BIN(PMAXSW, H_VMAXS, 1)
BIN(PMAXSD, H_VMAXS, 2)
BIN(PMAXUB, H_VMAXU, 0)
BIN(PMAXUW, H_VMAXU, 1)
BIN(PMAXUD, H_VMAXU, 2)
BIN(PAVGB, H_VAVG, 0)
BIN(PAVGW, H_VAVG, 1)
BIN(PMULLW, H_VMUL, 1)
BIN(PMULLD, H_VMUL, 2)
BIN(PMULHW, H_VMULHS, 1)
BIN(PMULHUW, H_VMULHU, 1)
BIN(PMULHRSW, H_VMULHRS, 1)
BIN(PMULUDQ, H_VMULEU, 2)
BIN(PMULDQ, H_VMULES, 2)
BIN(PMADDWD, H_VMADD, 1)
BIN(PMADDUBSW, H_VMADDUS, 0)
BIN(PSIGNB, H_VSIGN, 0)
BIN(PSIGNW, H_VSIGN, 1)
BIN(PSIGND, H_VSIGN, 2)
BIN(PHADDW, H_VPADD, 1)
BIN(PHADDD, H_VPADD, 2)
BIN(PHADDSW, H_VPADDS, 1)
BIN(PHSUBW, H_VPSUB, 1)
BIN(PHSUBD, H_VPSUB, 2)
BIN(PHSUBSW, H_VPSUBS, 1)
BIN(PSADBW, H_VSAD, 0)
BIN(PACKSSWB, H_VPACKS, 1)
BIN(PACKSSDW, H_VPACKS, 2)
BIN(PACKUSWB, H_VPACKU, 1)
BIN(PACKUSDW, H_VPACKU, 2)
BIN(PUNPCKLBW, H_VZIPL, 0)
BIN(PUNPCKLWD, H_VZIPL, 1)
BIN(PUNPCKLDQ, H_VZIPL, 2)
BIN(PUNPCKLQDQ, H_VZIPL, 3)
BIN(PUNPCKHBW, H_VZIPH, 0)
BIN(PUNPCKHWD, H_VZIPH, 1)
BIN(PUNPCKHDQ, H_VZIPH, 2)
BIN(PUNPCKHQDQ, H_VZIPH, 3)
BIN(UNPCKLPS, H_VZIPL, 2)
BIN(UNPCKLPD, H_VZIPL, 3)
BIN(UNPCKHPS, H_VZIPH, 2)
BIN(UNPCKHPD, H_VZIPH, 3)
BIN(PSHUFB, H_VTBL, 0)
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
#define UN(OP, FN)                                                                                 \
    TR_FN(OP)                                                                                      \
    {                                                                                              \
        return tr_v_sse_lane1(t, in, FN);                                                          \
    }                                                                                              \
    TR_FN(V##OP)                                                                                   \
    {                                                                                              \
        return tr_v_avx_lane1(t, in, FN, 0);                                                       \
    }
LANE(absb, h_v2(t, H_VABS, 0, d, b))
LANE(absw, h_v2(t, H_VABS, 1, d, b))
LANE(absd, h_v2(t, H_VABS, 2, d, b))
LANE(minpos, h_v2(t, H_VMINPOS, 1, d, b))
UN(PABSB, absb)
UN(PABSW, absw)
UN(PABSD, absd)
UN(PHMINPOSUW, minpos)

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

/* ---- shifts by one count ---- */
static bool shift_sse(struct tr *t, const struct x86_insn *in, enum h_vop op, unsigned esz)
{
    vreg d = tr_v_reg(in, 0), n;

    if (tr_v_mmx(in))
        return false;
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
