/*
 * enc_fp.h - A64 encoders: scalar floating point and vectors (Arm ARM C4.1.96). The rules of enc.h
 * hold (loads and stores of one vector register and of pairs are there).
 *
 * a64_f<mn>(type, ...): scalar floating point, type as in enum a64_fp.
 * a64_v_<mn>(q, size_log2, ...): vectors of 64 (q = 0) or 128 bits; the size of an element, 0 byte
 *   .. 3 doubleword. Where source and result differ in width it is the NARROW one's, and q = 1 is
 *   the mnemonic with a 2 (upper half of the narrow register). Bitwise operations have no size.
 * a64_v_f<mn>(q, sz, ...): 0 = float, 1 = double (with q = 1).
 * a64_sc_<mn>: the vector instruction on element 0 alone, the rest of rd cleared.
 * ...0 compares with zero. Called by the arm64 backend's vec and fp host-ops.
 */
#ifndef DYNAREC_ARM64_ENC_FP_H
#define DYNAREC_ARM64_ENC_FP_H

#include "dynarec/arm64/enc.h"

/* clang-format off */

enum a64_fp { A64_FS, A64_FD, A64_FH = 3 };

/* Which element sizes an instruction has: the last column of the lists, for tests/enc. */
enum a64_sizes { A64_SB = 1, A64_SH = 2, A64_SS = 4, A64_SD = 8, A64_SHS = 6, A64_SBHS = 7,
                 A64_SBH = 3, A64_SBHSD = 15 };

#define A64_Q(q) A64_F(q, 30)
#define A64_U(u) A64_F(u, 29)
#define A64_FT(type) A64_F(type, 22)

/* ---- Scalar floating point ---- */
#define A64_LIST_F2(X) \
    X(fmul, 0) X(fdiv, 1) X(fadd, 2) X(fsub, 3) X(fmax, 4) X(fmin, 5) X(fmaxnm, 6) X(fminnm, 7) \
    X(fnmul, 8)
#define A64_DEF_F2(mn, op) \
    static inline u32 a64_##mn(unsigned type, unsigned rd, unsigned rn, unsigned rm) \
    { return 0x1e200800 | A64_FT(type) | A64_F(op, 12) | A64_DNM(rd, rn, rm); }
A64_LIST_F2(A64_DEF_F2)

/* FRINT32/64: FEAT_FRINTTS. */
#define A64_LIST_F1(X) \
    X(fmov, 0) X(fabs, 1) X(fneg, 2) X(fsqrt, 3) X(frintn, 8) X(frintp, 9) X(frintm, 10) \
    X(frintz, 11) X(frinta, 12) X(frintx, 14) X(frinti, 15) X(frint32z, 16) X(frint32x, 17) \
    X(frint64z, 18) X(frint64x, 19)
#define A64_DEF_F1(mn, op) \
    static inline u32 a64_##mn(unsigned type, unsigned rd, unsigned rn) \
    { return 0x1e204000 | A64_FT(type) | A64_F(op, 15) | A64_DN(rd, rn); }
A64_LIST_F1(A64_DEF_F1)

/* Between two different types of enum a64_fp. */
static inline u32 a64_fcvt(unsigned to, unsigned from, unsigned rd, unsigned rn)
{ return 0x1e224000 | A64_FT(from) | A64_F(to, 15) | A64_DN(rd, rn); }

/* fmadd: ra + rn * rm; fmsub: ra - rn * rm; fnmadd: -ra - rn * rm; fnmsub: -ra + rn * rm. */
#define A64_LIST_F3(X) \
    X(fmadd, 0x1f000000) X(fmsub, 0x1f008000) X(fnmadd, 0x1f200000) X(fnmsub, 0x1f208000)
#define A64_DEF_F3(mn, word) \
    static inline u32 a64_##mn(unsigned type, unsigned rd, unsigned rn, unsigned rm, unsigned ra) \
    { return word | A64_FT(type) | A64_RA(ra) | A64_DNM(rd, rn, rm); }
A64_LIST_F3(A64_DEF_F3)

#define A64_LIST_FCMP(X) X(fcmp, fccmp, 0) X(fcmpe, fccmpe, 16)
#define A64_DEF_FCMP(mn, cmn, op) \
    static inline u32 a64_##mn(unsigned type, unsigned rn, unsigned rm) \
    { return 0x1e202000 | A64_FT(type) | A64_DNM(op, rn, rm); } \
    static inline u32 a64_##mn##0(unsigned type, unsigned rn) \
    { return 0x1e202008 | A64_FT(type) | A64_DN(op, rn); } \
    static inline u32 a64_##cmn(unsigned type, unsigned rn, unsigned rm, unsigned nzcv, \
                                enum a64_cond cond) \
    { return 0x1e200400 | A64_FT(type) | A64_F(cond, 12) | A64_DNM(op | nzcv, rn, rm); }
A64_LIST_FCMP(A64_DEF_FCMP)

static inline u32 a64_fcsel(unsigned type, unsigned rd, unsigned rn, unsigned rm,
                            enum a64_cond cond)
{ return 0x1e200c00 | A64_FT(type) | A64_F(cond, 12) | A64_DNM(rd, rn, rm); }

/* imm8 comes from a64_fp_imm8. */
static inline u32 a64_fmov_imm(unsigned type, unsigned rd, unsigned imm8)
{ return 0x1e201000 | A64_FT(type) | A64_F(imm8, 13) | A64_RD(rd); }

/* To integers: n nearest even, p up, m down, z toward zero, a nearest away; s and u saturate. */
#define A64_LIST_F2I(X) \
    X(fcvtns, 0x00) X(fcvtnu, 0x01) X(fcvtas, 0x04) X(fcvtau, 0x05) X(fcvtps, 0x08) \
    X(fcvtpu, 0x09) X(fcvtms, 0x10) X(fcvtmu, 0x11) X(fcvtzs, 0x18) X(fcvtzu, 0x19)
/* From integers. */
#define A64_LIST_I2F(X) X(scvtf, 0x02) X(ucvtf, 0x03)
#define A64_DEF_FI(mn, op) \
    static inline u32 a64_##mn(unsigned sf, unsigned type, unsigned rd, unsigned rn) \
    { return 0x1e200000 | A64_SF(sf) | A64_FT(type) | A64_F(op, 16) | A64_DN(rd, rn); }
A64_LIST_F2I(A64_DEF_FI)
A64_LIST_I2F(A64_DEF_FI)

/* Bits between a general register and s (sf = 0) or d (1), or the upper half of a vector. */
static inline u32 a64_fmov_to_gpr(unsigned sf, unsigned rd, unsigned vn)
{ return 0x1e260000 | A64_SF(sf) | A64_FT(sf) | A64_DN(rd, vn); }
static inline u32 a64_fmov_from_gpr(unsigned sf, unsigned vd, unsigned rn)
{ return 0x1e270000 | A64_SF(sf) | A64_FT(sf) | A64_DN(vd, rn); }
static inline u32 a64_fmov_top_to_gpr(unsigned rd, unsigned vn)
{ return 0x9eae0000 | A64_DN(rd, vn); }
static inline u32 a64_fmov_top_from_gpr(unsigned vd, unsigned rn)
{ return 0x9eaf0000 | A64_DN(vd, rn); }

/* ---- Three vectors of the same kind ---- */
#define A64_LIST_V3(X) \
    X(shadd, 0, 0, A64_SBHS) X(sqadd, 0, 1, A64_SBHSD) X(srhadd, 0, 2, A64_SBHS) \
    X(shsub, 0, 4, A64_SBHS) X(sqsub, 0, 5, A64_SBHSD) X(cmgt, 0, 6, A64_SBHSD) \
    X(cmge, 0, 7, A64_SBHSD) X(sshl, 0, 8, A64_SBHSD) X(sqshl, 0, 9, A64_SBHSD) \
    X(srshl, 0, 10, A64_SBHSD) X(sqrshl, 0, 11, A64_SBHSD) X(smax, 0, 12, A64_SBHS) \
    X(smin, 0, 13, A64_SBHS) X(sabd, 0, 14, A64_SBHS) X(saba, 0, 15, A64_SBHS) \
    X(add, 0, 16, A64_SBHSD) X(cmtst, 0, 17, A64_SBHSD) X(mla, 0, 18, A64_SBHS) \
    X(mul, 0, 19, A64_SBHS) X(smaxp, 0, 20, A64_SBHS) X(sminp, 0, 21, A64_SBHS) \
    X(sqdmulh, 0, 22, A64_SHS) X(addp, 0, 23, A64_SBHSD) \
    X(uhadd, 1, 0, A64_SBHS) X(uqadd, 1, 1, A64_SBHSD) X(urhadd, 1, 2, A64_SBHS) \
    X(uhsub, 1, 4, A64_SBHS) X(uqsub, 1, 5, A64_SBHSD) X(cmhi, 1, 6, A64_SBHSD) \
    X(cmhs, 1, 7, A64_SBHSD) X(ushl, 1, 8, A64_SBHSD) X(uqshl, 1, 9, A64_SBHSD) \
    X(urshl, 1, 10, A64_SBHSD) X(uqrshl, 1, 11, A64_SBHSD) X(umax, 1, 12, A64_SBHS) \
    X(umin, 1, 13, A64_SBHS) X(uabd, 1, 14, A64_SBHS) X(uaba, 1, 15, A64_SBHS) \
    X(sub, 1, 16, A64_SBHSD) X(cmeq, 1, 17, A64_SBHSD) X(mls, 1, 18, A64_SBHS) \
    X(pmul, 1, 19, A64_SB) X(umaxp, 1, 20, A64_SBHS) X(uminp, 1, 21, A64_SBHS) \
    X(sqrdmulh, 1, 22, A64_SHS)
#define A64_DEF_V3(mn, u, op, sizes) \
    static inline u32 a64_v_##mn(unsigned q, unsigned size_log2, unsigned rd, unsigned rn, \
                                 unsigned rm) \
    { return 0x0e200400 | A64_Q(q) | A64_U(u) | A64_F(size_log2, 22) | A64_F(op, 11) | \
             A64_DNM(rd, rn, rm); }
A64_LIST_V3(A64_DEF_V3)

/* Bitwise. BSL: rd = rd ? rn : rm; BIT: where rm, rd = rn; BIF: where not rm, rd = rn. */
#define A64_LIST_VLOGIC(X) \
    X(and, 0x0e201c00) X(bic, 0x0e601c00) X(orr, 0x0ea01c00) X(orn, 0x0ee01c00) \
    X(eor, 0x2e201c00) X(bsl, 0x2e601c00) X(bit, 0x2ea01c00) X(bif, 0x2ee01c00)
#define A64_DEF_VLOGIC(mn, word) \
    static inline u32 a64_v_##mn(unsigned q, unsigned rd, unsigned rn, unsigned rm) \
    { return word | A64_Q(q) | A64_DNM(rd, rn, rm); }
A64_LIST_VLOGIC(A64_DEF_VLOGIC)
static inline u32 a64_v_mov(unsigned q, unsigned rd, unsigned rn)
{ return a64_v_orr(q, rd, rn, rn); }

/* Floating point; `o` is size<1>. */
#define A64_LIST_VF3(X) \
    X(fmaxnm, 0, 0, 24) X(fmla, 0, 0, 25) X(fadd, 0, 0, 26) X(fmulx, 0, 0, 27) \
    X(fcmeq, 0, 0, 28) X(fmax, 0, 0, 30) X(frecps, 0, 0, 31) X(fminnm, 0, 1, 24) \
    X(fmls, 0, 1, 25) X(fsub, 0, 1, 26) X(fmin, 0, 1, 30) X(frsqrts, 0, 1, 31) \
    X(fmaxnmp, 1, 0, 24) X(faddp, 1, 0, 26) X(fmul, 1, 0, 27) X(fcmge, 1, 0, 28) \
    X(facge, 1, 0, 29) X(fmaxp, 1, 0, 30) X(fdiv, 1, 0, 31) X(fminnmp, 1, 1, 24) \
    X(fabd, 1, 1, 26) X(fcmgt, 1, 1, 28) X(facgt, 1, 1, 29) X(fminp, 1, 1, 30)
#define A64_DEF_VF3(mn, u, o, op) \
    static inline u32 a64_v_##mn(unsigned q, unsigned sz, unsigned rd, unsigned rn, unsigned rm) \
    { return 0x0e200400 | A64_Q(q) | A64_U(u) | A64_F(o, 23) | A64_F(sz, 22) | A64_F(op, 11) | \
             A64_DNM(rd, rn, rm); }
A64_LIST_VF3(A64_DEF_VF3)

/* FEAT_DotProd: rd.4s += sums of four products of bytes. */
#define A64_LIST_VDOT(X) X(sdot, 0x0e809400) X(udot, 0x2e809400)
A64_LIST_VDOT(A64_DEF_VLOGIC)

/* ---- Long (rd wide), wide (rd and rn wide), narrow (rn and rm wide: the high halves) ---- */
#define A64_LIST_VLONG(X) \
    X(saddl, 0, 0, A64_SBHS) X(ssubl, 0, 2, A64_SBHS) X(sabal, 0, 5, A64_SBHS) \
    X(sabdl, 0, 7, A64_SBHS) X(smlal, 0, 8, A64_SBHS) X(sqdmlal, 0, 9, A64_SHS) \
    X(smlsl, 0, 10, A64_SBHS) X(sqdmlsl, 0, 11, A64_SHS) X(smull, 0, 12, A64_SBHS) \
    X(sqdmull, 0, 13, A64_SHS) X(pmull, 0, 14, A64_SB | A64_SD) X(uaddl, 1, 0, A64_SBHS) \
    X(usubl, 1, 2, A64_SBHS) X(uabal, 1, 5, A64_SBHS) X(uabdl, 1, 7, A64_SBHS) \
    X(umlal, 1, 8, A64_SBHS) X(umlsl, 1, 10, A64_SBHS) X(umull, 1, 12, A64_SBHS)
#define A64_LIST_VWIDE(X) \
    X(saddw, 0, 1, A64_SBHS) X(ssubw, 0, 3, A64_SBHS) X(uaddw, 1, 1, A64_SBHS) \
    X(usubw, 1, 3, A64_SBHS)
#define A64_LIST_VHIGH(X) \
    X(addhn, 0, 4, A64_SBHS) X(subhn, 0, 6, A64_SBHS) X(raddhn, 1, 4, A64_SBHS) \
    X(rsubhn, 1, 6, A64_SBHS)
#define A64_DEF_V3DIFF(mn, u, op, sizes) \
    static inline u32 a64_v_##mn(unsigned q, unsigned size_log2, unsigned rd, unsigned rn, \
                                 unsigned rm) \
    { return 0x0e200000 | A64_Q(q) | A64_U(u) | A64_F(size_log2, 22) | A64_F(op, 12) | \
             A64_DNM(rd, rn, rm); }
A64_LIST_VLONG(A64_DEF_V3DIFF)
A64_LIST_VWIDE(A64_DEF_V3DIFF)
A64_LIST_VHIGH(A64_DEF_V3DIFF)

/* ---- Two vectors ---- */
#define A64_LIST_V2(X) \
    X(rev64, 0, 0, A64_SBHS) X(rev16, 0, 1, A64_SB) X(suqadd, 0, 3, A64_SBHSD) \
    X(cls, 0, 4, A64_SBHS) X(cnt, 0, 5, A64_SB) X(sqabs, 0, 7, A64_SBHSD) \
    X(abs, 0, 11, A64_SBHSD) X(rev32, 1, 0, A64_SBH) X(usqadd, 1, 3, A64_SBHSD) \
    X(clz, 1, 4, A64_SBHS) X(sqneg, 1, 7, A64_SBHSD) X(neg, 1, 11, A64_SBHSD)
/* Compares with zero. */
#define A64_LIST_V2Z(X) \
    X(cmgt, 0, 8, A64_SBHSD) X(cmeq, 0, 9, A64_SBHSD) X(cmlt, 0, 10, A64_SBHSD) \
    X(cmge, 1, 8, A64_SBHSD) X(cmle, 1, 9, A64_SBHSD)
/* Neighbours added into (sadalp, uadalp: added to) elements of twice the size. */
#define A64_LIST_VPAIRL(X) \
    X(saddlp, 0, 2, A64_SBHS) X(sadalp, 0, 6, A64_SBHS) X(uaddlp, 1, 2, A64_SBHS) \
    X(uadalp, 1, 6, A64_SBHS)
#define A64_LIST_VNARROW(X) \
    X(xtn, 0, 18, A64_SBHS) X(sqxtn, 0, 20, A64_SBHS) X(sqxtun, 1, 18, A64_SBHS) \
    X(uqxtn, 1, 20, A64_SBHS)
#define A64_V2(q, u, size, op, rd, rn) \
    (0x0e200800 | A64_Q(q) | A64_U(u) | A64_F(size, 22) | A64_F(op, 12) | A64_DN(rd, rn))
#define A64_DEF_V2(mn, u, op, sizes) \
    static inline u32 a64_v_##mn(unsigned q, unsigned size_log2, unsigned rd, unsigned rn) \
    { return A64_V2(q, u, size_log2, op, rd, rn); }
#define A64_DEF_V2Z(mn, u, op, sizes) \
    static inline u32 a64_v_##mn##0(unsigned q, unsigned size_log2, unsigned rd, unsigned rn) \
    { return A64_V2(q, u, size_log2, op, rd, rn); }
A64_LIST_V2(A64_DEF_V2)
A64_LIST_V2Z(A64_DEF_V2Z)
A64_LIST_VPAIRL(A64_DEF_V2)
A64_LIST_VNARROW(A64_DEF_V2)

static inline u32 a64_v_not(unsigned q, unsigned rd, unsigned rn)
{ return A64_V2(q, 1, 0, 5, rd, rn); }
static inline u32 a64_v_rbit(unsigned q, unsigned rd, unsigned rn)
{ return A64_V2(q, 1, 1, 5, rd, rn); }

/* Floating point; `o` is size<1>. FRINT32/64: FEAT_FRINTTS. */
#define A64_LIST_VF2(X) \
    X(frintn, 0, 0, 24) X(frintm, 0, 0, 25) X(fcvtns, 0, 0, 26) X(fcvtms, 0, 0, 27) \
    X(fcvtas, 0, 0, 28) X(scvtf, 0, 0, 29) X(frint32z, 0, 0, 30) X(frint64z, 0, 0, 31) \
    X(fabs, 0, 1, 15) X(frintp, 0, 1, 24) X(frintz, 0, 1, 25) X(fcvtps, 0, 1, 26) \
    X(fcvtzs, 0, 1, 27) X(frecpe, 0, 1, 29) X(frinta, 1, 0, 24) X(frintx, 1, 0, 25) \
    X(fcvtnu, 1, 0, 26) X(fcvtmu, 1, 0, 27) X(fcvtau, 1, 0, 28) X(ucvtf, 1, 0, 29) \
    X(frint32x, 1, 0, 30) X(frint64x, 1, 0, 31) X(fneg, 1, 1, 15) X(frinti, 1, 1, 25) \
    X(fcvtpu, 1, 1, 26) X(fcvtzu, 1, 1, 27) X(frsqrte, 1, 1, 29) X(fsqrt, 1, 1, 31)
#define A64_LIST_VF2Z(X) \
    X(fcmgt, 0, 1, 12) X(fcmeq, 0, 1, 13) X(fcmlt, 0, 1, 14) X(fcmge, 1, 1, 12) \
    X(fcmle, 1, 1, 13)
#define A64_DEF_VF2(mn, u, o, op) \
    static inline u32 a64_v_##mn(unsigned q, unsigned sz, unsigned rd, unsigned rn) \
    { return A64_V2(q, u, 2 * (o) + (sz), op, rd, rn); }
#define A64_DEF_VF2Z(mn, u, o, op) \
    static inline u32 a64_v_##mn##0(unsigned q, unsigned sz, unsigned rd, unsigned rn) \
    { return A64_V2(q, u, 2 * (o) + (sz), op, rd, rn); }
A64_LIST_VF2(A64_DEF_VF2)
A64_LIST_VF2Z(A64_DEF_VF2Z)

/* sz: the wide side, 0 = float (and half), 1 = double (and float). q = 1: FCVTN2, FCVTL2. */
static inline u32 a64_v_fcvtn(unsigned q, unsigned sz, unsigned rd, unsigned rn)
{ return A64_V2(q, 0, sz, 22, rd, rn); }
static inline u32 a64_v_fcvtl(unsigned q, unsigned sz, unsigned rd, unsigned rn)
{ return A64_V2(q, 0, sz, 23, rd, rn); }
/* Double to float, rounded to odd. */
static inline u32 a64_v_fcvtxn(unsigned q, unsigned rd, unsigned rn)
{ return A64_V2(q, 1, 1, 22, rd, rn); }

/* ---- Across a vector to a scalar: bytes, halves; words with q = 1; addlv: twice the size ---- */
#define A64_LIST_VACROSS(X) X(smaxv, 0, 10) X(sminv, 0, 26) X(addv, 0, 27) X(umaxv, 1, 10) \
    X(uminv, 1, 26)
#define A64_LIST_VACROSSL(X) X(saddlv, 0, 3) X(uaddlv, 1, 3)
#define A64_DEF_VACROSS(mn, u, op) \
    static inline u32 a64_v_##mn(unsigned q, unsigned size_log2, unsigned rd, unsigned rn) \
    { return 0x0e300800 | A64_Q(q) | A64_U(u) | A64_F(size_log2, 22) | A64_F(op, 12) | \
             A64_DN(rd, rn); }
A64_LIST_VACROSS(A64_DEF_VACROSS)
A64_LIST_VACROSSL(A64_DEF_VACROSS)
/* Four floats. */
#define A64_LIST_VFACROSS(X) \
    X(fmaxnmv, 0x6e30c800) X(fmaxv, 0x6e30f800) X(fminnmv, 0x6eb0c800) X(fminv, 0x6eb0f800)
#define A64_DEF_DN_PLAIN(mn, word) \
    static inline u32 a64_v_##mn(unsigned rd, unsigned rn) \
    { return word | A64_DN(rd, rn); }
A64_LIST_VFACROSS(A64_DEF_DN_PLAIN)

/* ---- Shifts by a number: right 1..bits, left 0..bits-1 ---- */
#define A64_LIST_VSHR(X) \
    X(sshr, 0, 0) X(ssra, 0, 2) X(srshr, 0, 4) X(srsra, 0, 6) X(ushr, 1, 0) X(usra, 1, 2) \
    X(urshr, 1, 4) X(ursra, 1, 6) X(sri, 1, 8)
#define A64_LIST_VSHRN(X) \
    X(shrn, 0, 16) X(rshrn, 0, 17) X(sqshrn, 0, 18) X(sqrshrn, 0, 19) X(sqshrun, 1, 16) \
    X(sqrshrun, 1, 17) X(uqshrn, 1, 18) X(uqrshrn, 1, 19)
#define A64_LIST_VSHL(X) X(shl, 0, 10) X(sli, 1, 10)
#define A64_LIST_VSHL_SAT(X) X(sqshl, 0, 14) X(sqshlu, 1, 12) X(uqshl, 1, 14)
#define A64_LIST_VSHLL(X) X(sshll, 0, 20) X(ushll, 1, 20)
#define A64_VSHIFT(q, u, imm, op, rd, rn) \
    (0x0f000400 | A64_Q(q) | A64_U(u) | A64_F(imm, 16) | A64_F(op, 11) | A64_DN(rd, rn))
#define A64_DEF_VSHR(mn, u, op) \
    static inline u32 a64_v_##mn(unsigned q, unsigned size_log2, unsigned rd, unsigned rn, \
                                 unsigned shift) \
    { return A64_VSHIFT(q, u, (16 << size_log2) - shift, op, rd, rn); }
#define A64_DEF_VSHL(mn, u, op) \
    static inline u32 a64_v_##mn(unsigned q, unsigned size_log2, unsigned rd, unsigned rn, \
                                 unsigned shift) \
    { return A64_VSHIFT(q, u, (8 << size_log2) + shift, op, rd, rn); }
/* _imm: the plain names take the amounts from a register. */
#define A64_DEF_VSHL_SAT(mn, u, op) \
    static inline u32 a64_v_##mn##_imm(unsigned q, unsigned size_log2, unsigned rd, unsigned rn, \
                                       unsigned shift) \
    { return A64_VSHIFT(q, u, (8 << size_log2) + shift, op, rd, rn); }
A64_LIST_VSHR(A64_DEF_VSHR)
A64_LIST_VSHRN(A64_DEF_VSHR)
A64_LIST_VSHL(A64_DEF_VSHL)
A64_LIST_VSHL_SAT(A64_DEF_VSHL_SAT)
A64_LIST_VSHLL(A64_DEF_VSHL)
static inline u32 a64_v_sxtl(unsigned q, unsigned size_log2, unsigned rd, unsigned rn)
{ return a64_v_sshll(q, size_log2, rd, rn, 0); }
static inline u32 a64_v_uxtl(unsigned q, unsigned size_log2, unsigned rd, unsigned rn)
{ return a64_v_ushll(q, size_log2, rd, rn, 0); }

/* ---- Moving elements ---- */
#define A64_LIST_VPERM(X) X(uzp1, 1) X(trn1, 2) X(zip1, 3) X(uzp2, 5) X(trn2, 6) X(zip2, 7)
#define A64_DEF_VPERM(mn, op) \
    static inline u32 a64_v_##mn(unsigned q, unsigned size_log2, unsigned rd, unsigned rn, \
                                 unsigned rm) \
    { return 0x0e000800 | A64_Q(q) | A64_F(size_log2, 22) | A64_F(op, 12) | A64_DNM(rd, rn, rm); }
A64_LIST_VPERM(A64_DEF_VPERM)

/* rd = bytes `first`.. of rn followed by rm. */
static inline u32 a64_v_ext(unsigned q, unsigned rd, unsigned rn, unsigned rm, unsigned first)
{ return 0x2e000000 | A64_Q(q) | A64_F(first, 11) | A64_DNM(rd, rn, rm); }

/* The table is `regs` (1..4) registers from rn on; an index outside gives 0 (TBX: keeps rd). */
#define A64_LIST_VTBL(X) X(tbl, 0x0e000000) X(tbx, 0x0e001000)
#define A64_DEF_VTBL(mn, word) \
    static inline u32 a64_v_##mn(unsigned q, unsigned regs, unsigned rd, unsigned rn, unsigned rm) \
    { return word | A64_Q(q) | A64_F(regs - 1, 13) | A64_DNM(rd, rn, rm); }
A64_LIST_VTBL(A64_DEF_VTBL)

#define A64_IMM5(size_log2, index) A64_F((2 * (index) + 1) << (size_log2), 16)
static inline u32 a64_v_dup_elem(unsigned q, unsigned size_log2, unsigned rd, unsigned rn,
                                 unsigned index)
{ return 0x0e000400 | A64_Q(q) | A64_IMM5(size_log2, index) | A64_DN(rd, rn); }
static inline u32 a64_v_dup_gpr(unsigned q, unsigned size_log2, unsigned rd, unsigned rn)
{ return 0x0e000c00 | A64_Q(q) | A64_IMM5(size_log2, 0) | A64_DN(rd, rn); }
static inline u32 a64_v_ins_elem(unsigned size_log2, unsigned rd, unsigned index, unsigned rn,
                                 unsigned index_n)
{
    return 0x6e000400 | A64_IMM5(size_log2, index) | A64_F(index_n << size_log2, 11) |
           A64_DN(rd, rn);
}
static inline u32 a64_v_ins_gpr(unsigned size_log2, unsigned rd, unsigned index, unsigned rn)
{ return 0x4e001c00 | A64_IMM5(size_log2, index) | A64_DN(rd, rn); }
static inline u32 a64_v_umov(unsigned size_log2, unsigned rd, unsigned rn, unsigned index)
{ return 0x0e003c00 | A64_Q(size_log2 == 3) | A64_IMM5(size_log2, index) | A64_DN(rd, rn); }
static inline u32 a64_v_smov(unsigned sf, unsigned size_log2, unsigned rd, unsigned rn,
                             unsigned index)
{ return 0x0e002c00 | A64_Q(sf) | A64_IMM5(size_log2, index) | A64_DN(rd, rn); }

/* ---- Immediates ---- */
/* bits: from a64_vimm */
static inline u32 a64_v_movi(unsigned q, unsigned rd, u32 bits)
{ return 0x0f000400 | A64_Q(q) | bits | A64_RD(rd); }
#define A64_VIMM(op, cmode, imm8) \
    (A64_U(op) | A64_F(cmode, 12) | A64_F((imm8) >> 5, 16) | A64_F((imm8) & 31, 5))
/* imm8 << 8 * byte in each element; size_log2 1 or 2. */
static inline u32 a64_v_orr_imm(unsigned q, unsigned size_log2, unsigned rd, unsigned imm8,
                                unsigned byte)
{
    u32 cmode = 2 * byte + (size_log2 == 1 ? 9 : 1);
    return 0x0f000400 | A64_Q(q) | A64_VIMM(0, cmode, imm8) | A64_RD(rd);
}
static inline u32 a64_v_bic_imm(unsigned q, unsigned size_log2, unsigned rd, unsigned imm8,
                                unsigned byte)
{ return a64_v_orr_imm(q, size_log2, rd, imm8, byte) | A64_U(1); }

/* ---- Element 0 alone ---- */
#define A64_LIST_SC3(X) \
    X(sqadd, A64_SBHSD) X(sqsub, A64_SBHSD) X(cmgt, A64_SD) X(cmge, A64_SD) X(sshl, A64_SD) \
    X(add, A64_SD) X(cmtst, A64_SD) X(uqadd, A64_SBHSD) X(uqsub, A64_SBHSD) X(cmhi, A64_SD) \
    X(cmhs, A64_SD) X(ushl, A64_SD) X(sub, A64_SD) X(cmeq, A64_SD)
#define A64_SCALAR 0x50000000
#define A64_DEF_SC3(mn, sizes) \
    static inline u32 a64_sc_##mn(unsigned size_log2, unsigned rd, unsigned rn, unsigned rm) \
    { return A64_SCALAR | a64_v_##mn(0, size_log2, rd, rn, rm); }
A64_LIST_SC3(A64_DEF_SC3)

#define A64_LIST_SCF3(X) \
    X(fmulx) X(fcmeq) X(frecps) X(frsqrts) X(fcmge) X(facge) X(fabd) X(fcmgt) X(facgt)
#define A64_DEF_SCF3(mn) \
    static inline u32 a64_sc_##mn(unsigned sz, unsigned rd, unsigned rn, unsigned rm) \
    { return A64_SCALAR | a64_v_##mn(0, sz, rd, rn, rm); }
A64_LIST_SCF3(A64_DEF_SCF3)

/* The integer is in the vector register too. */
#define A64_LIST_SCF2(X) \
    X(fcvtns) X(fcvtms) X(fcvtas) X(scvtf) X(fcvtps) X(fcvtzs) X(frecpe) X(fcvtnu) X(fcvtmu) \
    X(fcvtau) X(ucvtf) X(fcvtpu) X(fcvtzu) X(frsqrte)
#define A64_LIST_SCF2Z(X) X(fcmgt) X(fcmeq) X(fcmlt) X(fcmge) X(fcmle)
#define A64_DEF_SCF2(mn) \
    static inline u32 a64_sc_##mn(unsigned sz, unsigned rd, unsigned rn) \
    { return A64_SCALAR | a64_v_##mn(0, sz, rd, rn); }
#define A64_DEF_SCF2Z(mn) \
    static inline u32 a64_sc_##mn##0(unsigned sz, unsigned rd, unsigned rn) \
    { return A64_SCALAR | a64_v_##mn##0(0, sz, rd, rn); }
A64_LIST_SCF2(A64_DEF_SCF2)
A64_LIST_SCF2Z(A64_DEF_SCF2Z)

/* Doublewords. */
#define A64_LIST_SC2D(X) X(abs) X(neg)
#define A64_LIST_SC2DZ(X) X(cmgt) X(cmeq) X(cmlt) X(cmge) X(cmle)
#define A64_LIST_SCSHD(X) \
    X(sshr) X(ssra) X(ushr) X(usra) X(srshr) X(urshr) X(sri) X(shl) X(sli)
#define A64_DEF_SC2D(mn) \
    static inline u32 a64_sc_##mn(unsigned rd, unsigned rn) \
    { return A64_SCALAR | a64_v_##mn(0, 3, rd, rn); }
#define A64_DEF_SC2DZ(mn) \
    static inline u32 a64_sc_##mn##0(unsigned rd, unsigned rn) \
    { return A64_SCALAR | a64_v_##mn##0(0, 3, rd, rn); }
#define A64_DEF_SCSHD(mn) \
    static inline u32 a64_sc_##mn(unsigned rd, unsigned rn, unsigned shift) \
    { return A64_SCALAR | a64_v_##mn(0, 3, rd, rn, shift); }
A64_LIST_SC2D(A64_DEF_SC2D)
A64_LIST_SC2DZ(A64_DEF_SC2DZ)
A64_LIST_SCSHD(A64_DEF_SCSHD)

/* One element out (DUP, which disassemblers call MOV), and the two elements of a pair together. */
static inline u32 a64_sc_dup(unsigned size_log2, unsigned rd, unsigned rn, unsigned index)
{ return A64_SCALAR | a64_v_dup_elem(0, size_log2, rd, rn, index); }
static inline u32 a64_sc_addp(unsigned rd, unsigned rn)
{ return 0x5ef1b800 | A64_DN(rd, rn); }
#define A64_LIST_SCPAIR(X) \
    X(fmaxnmp, 0x7e30c800) X(faddp, 0x7e30d800) X(fmaxp, 0x7e30f800) X(fminnmp, 0x7eb0c800) \
    X(fminp, 0x7eb0f800)
#define A64_DEF_SCPAIR(mn, word) \
    static inline u32 a64_sc_##mn(unsigned sz, unsigned rd, unsigned rn) \
    { return word | A64_F(sz, 22) | A64_DN(rd, rn); }
A64_LIST_SCPAIR(A64_DEF_SCPAIR)

/* ---- Cryptography: FEAT_AES, FEAT_SHA1, FEAT_SHA256 (PMULL of doublewords: FEAT_PMULL) ---- */
#define A64_LIST_CRYPTO2(X) \
    X(aese, 0x4e284800) X(aesd, 0x4e285800) X(aesmc, 0x4e286800) X(aesimc, 0x4e287800) \
    X(sha1h, 0x5e280800) X(sha1su1, 0x5e281800) X(sha256su0, 0x5e282800)
A64_LIST_CRYPTO2(A64_DEF_DN_PLAIN)
#define A64_LIST_CRYPTO3(X) \
    X(sha1c, 0x5e000000) X(sha1p, 0x5e001000) X(sha1m, 0x5e002000) X(sha1su0, 0x5e003000) \
    X(sha256h, 0x5e004000) X(sha256h2, 0x5e005000) X(sha256su1, 0x5e006000)
#define A64_DEF_DNM_PLAIN(mn, word) \
    static inline u32 a64_v_##mn(unsigned rd, unsigned rn, unsigned rm) \
    { return word | A64_DNM(rd, rn, rm); }
A64_LIST_CRYPTO3(A64_DEF_DNM_PLAIN)

/* ---- Loads and stores of structures ---- */
/* One element (the others keep their values), from or to [rn]. */
#define A64_LIST_VLANE(X) X(ld1, 0x0d400000) X(st1, 0x0d000000)
#define A64_DEF_VLANE(mn, word) \
    static inline u32 a64_##mn##_lane(unsigned size_log2, unsigned vt, unsigned index, \
                                      unsigned rn) \
    { \
        u32 place = (size_log2 == 3 ? 1 : 0) | index << (size_log2 == 3 ? 3 : size_log2); \
        return word | A64_Q(place >> 3) | A64_F(size_log2 < 3 ? size_log2 : 2, 14) | \
               A64_F(place & 7, 10) | A64_DN(vt, rn); \
    }
A64_LIST_VLANE(A64_DEF_VLANE)
/* One element to all. */
static inline u32 a64_ld1r(unsigned q, unsigned size_log2, unsigned vt, unsigned rn)
{ return 0x0d40c000 | A64_Q(q) | A64_F(size_log2, 10) | A64_DN(vt, rn); }
/* 1..4 registers from vt on; _post: rn += all their bytes. */
#define A64_LD1_REGS(regs) A64_F((regs) == 1 ? 7 : (regs) == 2 ? 10 : (regs) == 3 ? 6 : 2, 12)
#define A64_DEF_LD1(mn, word) \
    static inline u32 a64_##mn(unsigned q, unsigned size_log2, unsigned regs, unsigned vt, \
                               unsigned rn) \
    { return word | A64_Q(q) | A64_LD1_REGS(regs) | A64_F(size_log2, 10) | A64_DN(vt, rn); } \
    static inline u32 a64_##mn##_post(unsigned q, unsigned size_log2, unsigned regs, unsigned vt, \
                                      unsigned rn) \
    { return a64_##mn(q, size_log2, regs, vt, rn) | 0x009f0000; }
A64_DEF_LD1(ld1, 0x0c400000)
A64_DEF_LD1(st1, 0x0c000000)

/* clang-format on */

/* ---- What fits ---- */
/* FMOV's constants, +-(16..31)/16 * 2^(-3..4): sign, NOT(b), copies of b, cd efgh, zeros. */
static inline bool a64_fp_imm8(unsigned type, u64 bits, unsigned *imm8)
{
    unsigned low = type ? 48 : 19, copies = type ? 8 : 5;
    u64 top = bits >> low;
    u64 run = top >> 6 & ((1u << copies) - 1);
    unsigned b = !(top >> (copies + 6) & 1);
    if (bits & ((1ull << low) - 1) || run != (b ? (1u << copies) - 1 : 0))
        return false;
    *imm8 = (unsigned)(top >> (copies + 7) & 1) << 7 | b << 6 | (unsigned)(top & 63);
    return true;
}

/* One byte of `word` with zeros around it: which (0..count-1), or -1. */
static inline int a64_one_byte(u32 word, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (!(word & ~(0xffu << 8 * i)))
            return (int)i;
    return -1;
}

/* MOVI (invert 0) or MVNI (1) of words: a byte among zeros, or zeros, a byte, ones (MSL). */
static inline bool a64_vimm32(u32 word, unsigned invert, u32 *bits)
{
    int at = a64_one_byte(word, 4);
    u32 msl = (word & 0xff) == 0xff;
    if (at >= 0) {
        *bits = A64_VIMM(invert, 2 * (u32)at, word >> 8 * at);
        return true;
    }
    if (msl && word >> 16 == 0)
        *bits = A64_VIMM(invert, 12, word >> 8);
    else if (msl && (word & 0xff00) == 0xff00 && word >> 24 == 0)
        *bits = A64_VIMM(invert, 13, word >> 16);
    else
        return false;
    return true;
}

static inline bool a64_vimm16(u32 half, unsigned invert, u32 *bits)
{
    int at = a64_one_byte(half, 2);
    if (at >= 0)
        *bits = A64_VIMM(invert, 8 + 2 * (u32)at, half >> 8 * at);
    return at >= 0;
}

/* MOVI with a bit for each byte. */
static inline bool a64_vimm_mask(u64 value, u32 *bits)
{
    u32 imm8 = 0;
    for (unsigned i = 0; i < 8; i++) {
        u32 byte = (u32)(value >> 8 * i) & 0xff;
        if (byte && byte != 0xff)
            return false;
        imm8 |= (byte & 1) << i;
    }
    *bits = A64_VIMM(1, 14, imm8);
    return true;
}

/*
 * Can one a64_v_movi(q, rd, *bits) set every 64 bits of a vector to `value`? Tries MOVI and MVNI of
 * bytes, halves, words and byte masks, then FMOV of floats and (q = 1) of doubles.
 */
static inline bool a64_vimm(u64 value, unsigned q, u32 *bits)
{
    u32 word = (u32)value, half = word & 0xffff;
    unsigned imm8;
    if (a64_vimm_mask(value, bits))
        return true;
    if (value >> 32 == word) {
        if (word >> 16 == half) {
            if (half >> 8 == (half & 0xff)) {
                *bits = A64_VIMM(0, 14, half & 0xff);
                return true;
            }
            if (a64_vimm16(half, 0, bits) || a64_vimm16(~half & 0xffff, 1, bits))
                return true;
        }
        if (a64_vimm32(word, 0, bits) || a64_vimm32(~word, 1, bits))
            return true;
        if (a64_fp_imm8(A64_FS, word, &imm8)) {
            *bits = A64_VIMM(0, 15, imm8);
            return true;
        }
    }
    if (!q || !a64_fp_imm8(A64_FD, value, &imm8))
        return false;
    *bits = A64_VIMM(1, 15, imm8);
    return true;
}

#endif
