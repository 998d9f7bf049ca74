/*
 * enc.h - A64 encoders: integer, branches, system, every load and store (those of vector registers
 * too). Written from the Arm Architecture Reference Manual (DDI 0487), chapter C4, class by class.
 *
 * Each encoder is a pure function of its operands to one word: a64_<mnemonic>[_<form>](...), the
 * operands in the order of the assembly text. `sf` comes first where the width is a choice (1 = 64
 * bit); a register is its number, 31 meaning ZR or SP as the manual says for that operand; branch
 * and literal offsets and memory immediates are signed BYTES. Encoders check nothing: the
 * a64_fits_* predicates say what fits. An encoder that stands in a list A64_LIST_* gets its
 * function from the A64_DEF_* after it, and tests/enc walks the same lists against llvm-mc.
 * Called by the arm64 backend's host-ops, entry code and code patching.
 */
#ifndef DYNAREC_ARM64_ENC_H
#define DYNAREC_ARM64_ENC_H

#include "base/types.h"

/* clang-format off */

enum a64_shift { A64_LSL, A64_LSR, A64_ASR, A64_ROR };

enum a64_ext { A64_UXTB, A64_UXTH, A64_UXTW, A64_UXTX, A64_SXTB, A64_SXTH, A64_SXTW, A64_SXTX };

/* A condition's inverse is `cond ^ 1`. */
enum a64_cond {
    A64_EQ, A64_NE, A64_CS, A64_CC, A64_MI, A64_PL, A64_VS, A64_VC,
    A64_HI, A64_LS, A64_GE, A64_LT, A64_GT, A64_LE, A64_AL
};

/* Barrier options (CRm) of DMB and DSB. */
enum a64_barrier {
    A64_OSHLD = 1, A64_OSHST, A64_OSH, A64_NSHLD = 5, A64_NSHST, A64_NSH,
    A64_ISHLD = 9, A64_ISHST, A64_ISH, A64_LD = 13, A64_ST, A64_SY
};

/* System registers as bits 20..5 of MRS and MSR: op0 - 2, op1, CRn, CRm, op2. */
#define A64_SYSREG(op0, op1, crn, crm, op2)                                                        \
    (((op0) - 2) << 19 | (op1) << 16 | (crn) << 12 | (crm) << 8 | (op2) << 5 | 1 << 20)
enum a64_sysreg {
    A64_CTR_EL0 = A64_SYSREG(3, 3, 0, 0, 1),
    A64_DCZID_EL0 = A64_SYSREG(3, 3, 0, 0, 7),
    A64_NZCV = A64_SYSREG(3, 3, 4, 2, 0),
    A64_FPCR = A64_SYSREG(3, 3, 4, 4, 0),
    A64_FPSR = A64_SYSREG(3, 3, 4, 4, 1),
    A64_TPIDR_EL0 = A64_SYSREG(3, 3, 13, 0, 2),
    A64_CNTFRQ_EL0 = A64_SYSREG(3, 3, 14, 0, 0),
    A64_CNTVCT_EL0 = A64_SYSREG(3, 3, 14, 0, 2)
};

/* Fields. */
#define A64_F(value, lsb) ((u32)(value) << (lsb))
#define A64_SF(sf) A64_F(sf, 31)
#define A64_RD(r) ((u32)(r))
#define A64_RN(r) A64_F(r, 5)
#define A64_RA(r) A64_F(r, 10)
#define A64_RM(r) A64_F(r, 16)
#define A64_DN(d, n) (A64_RD(d) | A64_RN(n))
#define A64_DNM(d, n, m) (A64_RD(d) | A64_RN(n) | A64_RM(m))
#define A64_IMM19(off) (((u32)((off) >> 2) & 0x7ffff) << 5)
#define A64_IMM9(off) (((u32)(off) & 0x1ff) << 12)

/* ---- Data processing, two registers and a shift (C4.1.95) ---- */
#define A64_LIST_SHIFTED(X) \
    X(and, 0x0a000000) X(bic, 0x0a200000) X(orr, 0x2a000000) X(orn, 0x2a200000) \
    X(eor, 0x4a000000) X(eon, 0x4a200000) X(ands, 0x6a000000) X(bics, 0x6a200000) \
    X(add, 0x0b000000) X(adds, 0x2b000000) X(sub, 0x4b000000) X(subs, 0x6b000000)
#define A64_DEF_SHIFTED(mn, word) \
    static inline u32 a64_##mn##_reg(unsigned sf, unsigned rd, unsigned rn, unsigned rm, \
                                     enum a64_shift shift, unsigned amount) \
    { return word | A64_SF(sf) | A64_F(shift, 22) | A64_F(amount, 10) | A64_DNM(rd, rn, rm); }
A64_LIST_SHIFTED(A64_DEF_SHIFTED)

/* rd (but for the flag setters) and rn may be SP; rm is extended, then shifted left by 0..4. */
#define A64_LIST_EXTENDED(X) \
    X(add, 0x0b200000) X(adds, 0x2b200000) X(sub, 0x4b200000) X(subs, 0x6b200000)
#define A64_DEF_EXTENDED(mn, word) \
    static inline u32 a64_##mn##_ext(unsigned sf, unsigned rd, unsigned rn, unsigned rm, \
                                     enum a64_ext ext, unsigned amount) \
    { return word | A64_SF(sf) | A64_F(ext, 13) | A64_F(amount, 10) | A64_DNM(rd, rn, rm); }
A64_LIST_EXTENDED(A64_DEF_EXTENDED)

/* ---- Immediates (C4.1.92) ---- */
/* imm12, shifted left by 12 when lsl12; rd (but for the flag setters) and rn may be SP. */
#define A64_LIST_ADDSUB_IMM(X) \
    X(add, 0x11000000) X(adds, 0x31000000) X(sub, 0x51000000) X(subs, 0x71000000)
#define A64_DEF_ADDSUB_IMM(mn, word) \
    static inline u32 a64_##mn##_imm(unsigned sf, unsigned rd, unsigned rn, u32 imm12, \
                                     unsigned lsl12) \
    { return word | A64_SF(sf) | A64_F(lsl12, 22) | A64_F(imm12, 10) | A64_DN(rd, rn); }
A64_LIST_ADDSUB_IMM(A64_DEF_ADDSUB_IMM)

/* `bits` comes from a64_bitmask; rd may be SP but for ANDS. */
#define A64_LIST_LOGIC_IMM(X) \
    X(and, 0x12000000) X(orr, 0x32000000) X(eor, 0x52000000) X(ands, 0x72000000)
#define A64_DEF_LOGIC_IMM(mn, word) \
    static inline u32 a64_##mn##_imm(unsigned sf, unsigned rd, unsigned rn, u32 bits) \
    { return word | A64_SF(sf) | bits | A64_DN(rd, rn); }
A64_LIST_LOGIC_IMM(A64_DEF_LOGIC_IMM)

/* hw: which 16 bits. */
#define A64_LIST_MOVW(X) X(movn, 0x12800000) X(movz, 0x52800000) X(movk, 0x72800000)
#define A64_DEF_MOVW(mn, word) \
    static inline u32 a64_##mn(unsigned sf, unsigned rd, u32 imm16, unsigned hw) \
    { return word | A64_SF(sf) | A64_F(hw, 21) | A64_F(imm16, 5) | A64_RD(rd); }
A64_LIST_MOVW(A64_DEF_MOVW)

#define A64_LIST_BITFIELD(X) X(sbfm, 0x13000000) X(bfm, 0x33000000) X(ubfm, 0x53000000)
#define A64_DEF_BITFIELD(mn, word) \
    static inline u32 a64_##mn(unsigned sf, unsigned rd, unsigned rn, unsigned immr, \
                               unsigned imms) \
    { return word | A64_SF(sf) | A64_F(sf, 22) | A64_DNM(rd, rn, immr) | A64_F(imms, 10); }
A64_LIST_BITFIELD(A64_DEF_BITFIELD)

static inline u32 a64_extr(unsigned sf, unsigned rd, unsigned rn, unsigned rm, unsigned lsb)
{ return 0x13800000 | A64_SF(sf) | A64_F(sf, 22) | A64_F(lsb, 10) | A64_DNM(rd, rn, rm); }

/* ---- Three registers, two, one (C4.1.95) ---- */
#define A64_LIST_DNM(X) \
    X(adc, 0x1a000000) X(adcs, 0x3a000000) X(sbc, 0x5a000000) X(sbcs, 0x7a000000) \
    X(udiv, 0x1ac00800) X(sdiv, 0x1ac00c00) X(lslv, 0x1ac02000) X(lsrv, 0x1ac02400) \
    X(asrv, 0x1ac02800) X(rorv, 0x1ac02c00) X(mul, 0x1b007c00) X(mneg, 0x1b00fc00)
#define A64_DEF_DNM(mn, word) \
    static inline u32 a64_##mn(unsigned sf, unsigned rd, unsigned rn, unsigned rm) \
    { return word | A64_SF(sf) | A64_DNM(rd, rn, rm); }
A64_LIST_DNM(A64_DEF_DNM)

/* One width only. The letters: what rd, rn and rm are in the assembly text. */
#define A64_LIST_DNM_FIXED(X) \
    X(crc32b, 0x1ac04000, w, w, w) X(crc32h, 0x1ac04400, w, w, w) X(crc32w, 0x1ac04800, w, w, w) \
    X(crc32x, 0x9ac04c00, w, w, x) X(crc32cb, 0x1ac05000, w, w, w) X(crc32ch, 0x1ac05400, w, w, w) \
    X(crc32cw, 0x1ac05800, w, w, w) X(crc32cx, 0x9ac05c00, w, w, x) \
    X(smull, 0x9b207c00, x, w, w) X(umull, 0x9ba07c00, x, w, w) X(smnegl, 0x9b20fc00, x, w, w) \
    X(umnegl, 0x9ba0fc00, x, w, w) X(smulh, 0x9b407c00, x, x, x) X(umulh, 0x9bc07c00, x, x, x)
#define A64_DEF_DNM_FIXED(mn, word, d, n, m) \
    static inline u32 a64_##mn(unsigned rd, unsigned rn, unsigned rm) \
    { return word | A64_DNM(rd, rn, rm); }
A64_LIST_DNM_FIXED(A64_DEF_DNM_FIXED)

#define A64_LIST_DNMA(X) X(madd, 0x1b000000) X(msub, 0x1b008000)
#define A64_DEF_DNMA(mn, word) \
    static inline u32 a64_##mn(unsigned sf, unsigned rd, unsigned rn, unsigned rm, unsigned ra) \
    { return word | A64_SF(sf) | A64_RA(ra) | A64_DNM(rd, rn, rm); }
A64_LIST_DNMA(A64_DEF_DNMA)

#define A64_LIST_DNMA_LONG(X) \
    X(smaddl, 0x9b200000) X(smsubl, 0x9b208000) X(umaddl, 0x9ba00000) X(umsubl, 0x9ba08000)
#define A64_DEF_DNMA_LONG(mn, word) \
    static inline u32 a64_##mn(unsigned rd, unsigned rn, unsigned rm, unsigned ra) \
    { return word | A64_RA(ra) | A64_DNM(rd, rn, rm); }
A64_LIST_DNMA_LONG(A64_DEF_DNMA_LONG)

#define A64_LIST_DN(X) \
    X(rbit, 0x5ac00000) X(rev16, 0x5ac00400) X(clz, 0x5ac01000) X(cls, 0x5ac01400)
#define A64_DEF_DN(mn, word) \
    static inline u32 a64_##mn(unsigned sf, unsigned rd, unsigned rn) \
    { return word | A64_SF(sf) | A64_DN(rd, rn); }
A64_LIST_DN(A64_DEF_DN)

/* All the bytes of the register; REV32 turns the two words of an X register. */
static inline u32 a64_rev(unsigned sf, unsigned rd, unsigned rn)
{ return 0x5ac00800 | A64_SF(sf) | A64_F(sf, 10) | A64_DN(rd, rn); }
static inline u32 a64_rev32(unsigned rd, unsigned rn)
{ return 0xdac00800 | A64_DN(rd, rn); }

/* ---- Conditions ---- */
#define A64_LIST_CSEL(X) \
    X(csel, 0x1a800000) X(csinc, 0x1a800400) X(csinv, 0x5a800000) X(csneg, 0x5a800400)
#define A64_DEF_CSEL(mn, word) \
    static inline u32 a64_##mn(unsigned sf, unsigned rd, unsigned rn, unsigned rm, \
                               enum a64_cond cond) \
    { return word | A64_SF(sf) | A64_F(cond, 12) | A64_DNM(rd, rn, rm); }
A64_LIST_CSEL(A64_DEF_CSEL)

/* rn compared with rm (or imm5) where cond holds, else the flags are nzcv (N = 8 .. V = 1). */
#define A64_LIST_CCMP(X) X(ccmn, 0x3a400000) X(ccmp, 0x7a400000)
#define A64_DEF_CCMP(mn, word) \
    static inline u32 a64_##mn##_reg(unsigned sf, unsigned rn, unsigned rm, unsigned nzcv, \
                                     enum a64_cond cond) \
    { return word | A64_SF(sf) | A64_F(cond, 12) | A64_DNM(nzcv, rn, rm); } \
    static inline u32 a64_##mn##_imm(unsigned sf, unsigned rn, unsigned imm5, unsigned nzcv, \
                                     enum a64_cond cond) \
    { return word | 0x800 | A64_SF(sf) | A64_F(cond, 12) | A64_DNM(nzcv, rn, imm5); }
A64_LIST_CCMP(A64_DEF_CCMP)

/* ---- Aliases ---- */
static inline u32 a64_mov(unsigned sf, unsigned rd, unsigned rm)
{ return a64_orr_reg(sf, rd, 31, rm, A64_LSL, 0); }
static inline u32 a64_mvn(unsigned sf, unsigned rd, unsigned rm)
{ return a64_orn_reg(sf, rd, 31, rm, A64_LSL, 0); }
static inline u32 a64_neg(unsigned sf, unsigned rd, unsigned rm)
{ return a64_sub_reg(sf, rd, 31, rm, A64_LSL, 0); }
static inline u32 a64_negs(unsigned sf, unsigned rd, unsigned rm)
{ return a64_subs_reg(sf, rd, 31, rm, A64_LSL, 0); }
static inline u32 a64_cmp_reg(unsigned sf, unsigned rn, unsigned rm)
{ return a64_subs_reg(sf, 31, rn, rm, A64_LSL, 0); }
static inline u32 a64_cmn_reg(unsigned sf, unsigned rn, unsigned rm)
{ return a64_adds_reg(sf, 31, rn, rm, A64_LSL, 0); }
static inline u32 a64_tst_reg(unsigned sf, unsigned rn, unsigned rm)
{ return a64_ands_reg(sf, 31, rn, rm, A64_LSL, 0); }
static inline u32 a64_cmp_imm(unsigned sf, unsigned rn, u32 imm12, unsigned lsl12)
{ return a64_subs_imm(sf, 31, rn, imm12, lsl12); }
static inline u32 a64_cmn_imm(unsigned sf, unsigned rn, u32 imm12, unsigned lsl12)
{ return a64_adds_imm(sf, 31, rn, imm12, lsl12); }
static inline u32 a64_tst_imm(unsigned sf, unsigned rn, u32 bits)
{ return a64_ands_imm(sf, 31, rn, bits); }
/* MOV to or from SP. */
static inline u32 a64_mov_sp(unsigned sf, unsigned rd, unsigned rn)
{ return a64_add_imm(sf, rd, rn, 0, 0); }
/* cond is not AL. */
static inline u32 a64_cset(unsigned sf, unsigned rd, enum a64_cond cond)
{ return a64_csinc(sf, rd, 31, 31, (enum a64_cond)(cond ^ 1)); }
static inline u32 a64_csetm(unsigned sf, unsigned rd, enum a64_cond cond)
{ return a64_csinv(sf, rd, 31, 31, (enum a64_cond)(cond ^ 1)); }

static inline u32 a64_lsl_imm(unsigned sf, unsigned rd, unsigned rn, unsigned amount)
{ return a64_ubfm(sf, rd, rn, (0u - amount) & (31 | sf << 5), (31 | sf << 5) - amount); }
static inline u32 a64_lsr_imm(unsigned sf, unsigned rd, unsigned rn, unsigned amount)
{ return a64_ubfm(sf, rd, rn, amount, 31 | sf << 5); }
static inline u32 a64_asr_imm(unsigned sf, unsigned rd, unsigned rn, unsigned amount)
{ return a64_sbfm(sf, rd, rn, amount, 31 | sf << 5); }
static inline u32 a64_ror_imm(unsigned sf, unsigned rd, unsigned rn, unsigned amount)
{ return a64_extr(sf, rd, rn, rn, amount); }
/* rd = rn[lsb .. lsb+width-1]; BFXIL keeps the rest of rd. */
static inline u32 a64_ubfx(unsigned sf, unsigned rd, unsigned rn, unsigned lsb, unsigned width)
{ return a64_ubfm(sf, rd, rn, lsb, lsb + width - 1); }
static inline u32 a64_sbfx(unsigned sf, unsigned rd, unsigned rn, unsigned lsb, unsigned width)
{ return a64_sbfm(sf, rd, rn, lsb, lsb + width - 1); }
static inline u32 a64_bfxil(unsigned sf, unsigned rd, unsigned rn, unsigned lsb, unsigned width)
{ return a64_bfm(sf, rd, rn, lsb, lsb + width - 1); }
/* rd[lsb .. lsb+width-1] = rn; BFI keeps the rest of rd. */
static inline u32 a64_ubfiz(unsigned sf, unsigned rd, unsigned rn, unsigned lsb, unsigned width)
{ return a64_ubfm(sf, rd, rn, (0u - lsb) & (31 | sf << 5), width - 1); }
static inline u32 a64_sbfiz(unsigned sf, unsigned rd, unsigned rn, unsigned lsb, unsigned width)
{ return a64_sbfm(sf, rd, rn, (0u - lsb) & (31 | sf << 5), width - 1); }
static inline u32 a64_bfi(unsigned sf, unsigned rd, unsigned rn, unsigned lsb, unsigned width)
{ return a64_bfm(sf, rd, rn, (0u - lsb) & (31 | sf << 5), width - 1); }
static inline u32 a64_uxtb(unsigned rd, unsigned rn)
{ return a64_ubfm(0, rd, rn, 0, 7); }
static inline u32 a64_uxth(unsigned rd, unsigned rn)
{ return a64_ubfm(0, rd, rn, 0, 15); }
static inline u32 a64_sxtb(unsigned sf, unsigned rd, unsigned rn)
{ return a64_sbfm(sf, rd, rn, 0, 7); }
static inline u32 a64_sxth(unsigned sf, unsigned rd, unsigned rn)
{ return a64_sbfm(sf, rd, rn, 0, 15); }
static inline u32 a64_sxtw(unsigned rd, unsigned rn)
{ return a64_sbfm(1, rd, rn, 0, 31); }

/* ---- Branches (C4.1.93); offsets from the branch itself ---- */
static inline u32 a64_b(i64 off)
{ return 0x14000000 | ((u32)(off >> 2) & 0x3ffffff); }
static inline u32 a64_bl(i64 off)
{ return 0x94000000 | ((u32)(off >> 2) & 0x3ffffff); }
static inline u32 a64_bcond(enum a64_cond cond, i64 off)
{ return 0x54000000 | A64_IMM19(off) | (u32)cond; }
static inline u32 a64_cbz(unsigned sf, unsigned rt, i64 off)
{ return 0x34000000 | A64_SF(sf) | A64_IMM19(off) | A64_RD(rt); }
static inline u32 a64_cbnz(unsigned sf, unsigned rt, i64 off)
{ return 0x35000000 | A64_SF(sf) | A64_IMM19(off) | A64_RD(rt); }
static inline u32 a64_tbz(unsigned rt, unsigned bit, i64 off)
{
    return 0x36000000 | A64_F(bit >> 5, 31) | A64_F(bit & 31, 19) |
           ((u32)(off >> 2) & 0x3fff) << 5 | A64_RD(rt);
}
static inline u32 a64_tbnz(unsigned rt, unsigned bit, i64 off)
{ return a64_tbz(rt, bit, off) | 0x01000000; }
static inline u32 a64_br(unsigned rn)
{ return 0xd61f0000 | A64_RN(rn); }
static inline u32 a64_blr(unsigned rn)
{ return 0xd63f0000 | A64_RN(rn); }
static inline u32 a64_ret(unsigned rn)
{ return 0xd65f0000 | A64_RN(rn); }
static inline u32 a64_adr(unsigned rd, i64 off)
{ return 0x10000000 | ((u32)off & 3) << 29 | A64_IMM19(off) | A64_RD(rd); }
/* off: from the 4K page of this instruction to the page meant. */
static inline u32 a64_adrp(unsigned rd, i64 off)
{ return a64_adr(rd, off >> 12) | 0x80000000; }

/* ---- System (C4.1.93) ---- */
static inline u32 a64_hint(unsigned number)
{ return 0xd503201f | A64_F(number, 5); }
static inline u32 a64_nop(void)
{ return a64_hint(0); }
static inline u32 a64_yield(void)
{ return a64_hint(1); }
static inline u32 a64_brk(u32 imm16)
{ return 0xd4200000 | A64_F(imm16, 5); }
static inline u32 a64_udf(u32 imm16)
{ return imm16; }
static inline u32 a64_svc(u32 imm16)
{ return 0xd4000001 | A64_F(imm16, 5); }
static inline u32 a64_mrs(unsigned rt, enum a64_sysreg reg)
{ return 0xd5200000 | (u32)reg | A64_RD(rt); }
static inline u32 a64_msr(enum a64_sysreg reg, unsigned rt)
{ return 0xd5000000 | (u32)reg | A64_RD(rt); }
static inline u32 a64_dsb(enum a64_barrier option)
{ return 0xd503309f | A64_F(option, 8); }
static inline u32 a64_dmb(enum a64_barrier option)
{ return 0xd50330bf | A64_F(option, 8); }
static inline u32 a64_isb(void)
{ return 0xd5033fdf; }
static inline u32 a64_clrex(void)
{ return 0xd5033f5f; }
/* FEAT_FlagM */
static inline u32 a64_cfinv(void)
{ return 0xd500401f; }
static inline u32 a64_rmif(unsigned rn, unsigned ror, unsigned mask)
{ return 0xba000400 | A64_F(ror, 15) | A64_RN(rn) | mask; }
static inline u32 a64_setf8(unsigned rn)
{ return 0x3a00080d | A64_RN(rn); }
static inline u32 a64_setf16(unsigned rn)
{ return 0x3a00480d | A64_RN(rn); }
/* FEAT_FlagM2 */
static inline u32 a64_xaflag(void)
{ return 0xd500403f; }
static inline u32 a64_axflag(void)
{ return 0xd500405f; }

/* ---- Loads and stores of one register (C4.1.94) ---- */
/*
 * _ (no suffix): unsigned immediate, a multiple of the size; ur: any of -256..255; _pre, _post: the
 * same with the base written; _reg: rm as it is (UXTX) or extended from 32 bits (UXTW, SXTW), and
 * multiplied by the size if `scaled`. size_log2 counts bytes: 0..3.
 */
#define A64_DEF_LDST_AS(mn, mnu, params, word, size_log2) \
    static inline u32 a64_##mn(params, unsigned rt, unsigned rn, i64 off) \
    { return 0x39000000 | (word) | A64_F(off >> (size_log2), 10) | A64_DN(rt, rn); } \
    static inline u32 a64_##mnu(params, unsigned rt, unsigned rn, i64 off) \
    { return 0x38000000 | (word) | A64_IMM9(off) | A64_DN(rt, rn); } \
    static inline u32 a64_##mn##_post(params, unsigned rt, unsigned rn, i64 off) \
    { return 0x38000400 | (word) | A64_IMM9(off) | A64_DN(rt, rn); } \
    static inline u32 a64_##mn##_pre(params, unsigned rt, unsigned rn, i64 off) \
    { return 0x38000c00 | (word) | A64_IMM9(off) | A64_DN(rt, rn); } \
    static inline u32 a64_##mn##_reg(params, unsigned rt, unsigned rn, unsigned rm, \
                                     enum a64_ext ext, unsigned scaled) \
    { return 0x38200800 | (word) | A64_F(ext, 13) | A64_F(scaled, 12) | A64_DNM(rt, rn, rm); }
#define A64_ARGS(...) __VA_ARGS__

A64_DEF_LDST_AS(ldr, ldur, unsigned size_log2, 0x00400000 | A64_F(size_log2, 30), size_log2)
A64_DEF_LDST_AS(str, stur, unsigned size_log2, A64_F(size_log2, 30), size_log2)
/* Sign-extending, into 64 bits if to64 (size_log2 0..2) else into 32 (0..1). */
#define A64_LDRS_OPC(to64) A64_F(3 - (to64), 22)
A64_DEF_LDST_AS(ldrs, ldurs, A64_ARGS(unsigned size_log2, unsigned to64),
                A64_LDRS_OPC(to64) | A64_F(size_log2, 30), size_log2)
/* Vector registers: size_log2 0..4 (b h s d q). */
#define A64_VSIZE(size_log2) (0x04000000 | A64_F((size_log2) & 3, 30) | A64_F((size_log2) >> 2, 23))
A64_DEF_LDST_AS(ldr_v, ldur_v, unsigned size_log2, 0x00400000 | A64_VSIZE(size_log2), size_log2)
A64_DEF_LDST_AS(str_v, stur_v, unsigned size_log2, A64_VSIZE(size_log2), size_log2)

static inline u32 a64_ldr_lit(unsigned sf, unsigned rt, i64 off)
{ return 0x18000000 | A64_F(sf, 30) | A64_IMM19(off) | A64_RD(rt); }
static inline u32 a64_ldrsw_lit(unsigned rt, i64 off)
{ return 0x98000000 | A64_IMM19(off) | A64_RD(rt); }
/* size_log2 2..4 */
static inline u32 a64_ldr_v_lit(unsigned size_log2, unsigned vt, i64 off)
{ return 0x1c000000 | A64_F(size_log2 - 2, 30) | A64_IMM19(off) | A64_RD(vt); }
/* op: PLD 0, PLI 8, PST 16; + 2 * (level - 1), + 1 for streaming. off: a multiple of 8. */
static inline u32 a64_prfm(unsigned op, unsigned rn, i64 off)
{ return 0xf9800000 | A64_F(off >> 3, 10) | A64_DN(op, rn); }

/* ---- Pairs: off is a multiple of the size, -64..63 of them ---- */
#define A64_DEF_PAIR(mn, params, word, size_log2) \
    static inline u32 a64_##mn(params, unsigned rt, unsigned rt2, unsigned rn, i64 off) \
    { return 0x29000000 | (word) | A64_PAIR(off, size_log2, rt, rt2, rn); } \
    static inline u32 a64_##mn##_pre(params, unsigned rt, unsigned rt2, unsigned rn, i64 off) \
    { return 0x29800000 | (word) | A64_PAIR(off, size_log2, rt, rt2, rn); } \
    static inline u32 a64_##mn##_post(params, unsigned rt, unsigned rt2, unsigned rn, i64 off) \
    { return 0x28800000 | (word) | A64_PAIR(off, size_log2, rt, rt2, rn); }
#define A64_PAIR(off, size_log2, rt, rt2, rn) \
    (((u32)((off) >> (size_log2)) & 0x7f) << 15 | A64_RA(rt2) | A64_DN(rt, rn))

A64_DEF_PAIR(ldp, unsigned sf, 0x00400000 | A64_SF(sf), 2 + sf)
A64_DEF_PAIR(stp, unsigned sf, A64_SF(sf), 2 + sf)
/* size_log2 2..4 */
A64_DEF_PAIR(ldp_v, unsigned size_log2, 0x04400000 | A64_F(size_log2 - 2, 30), size_log2)
A64_DEF_PAIR(stp_v, unsigned size_log2, 0x04000000 | A64_F(size_log2 - 2, 30), size_log2)
static inline u32 a64_ldpsw(unsigned rt, unsigned rt2, unsigned rn, i64 off)
{ return 0x69400000 | A64_PAIR(off, 2, rt, rt2, rn); }

/* ---- Ordered and exclusive: LDAPR is FEAT_LRCPC, LDAPUR and STLUR FEAT_LRCPC2 ---- */
#define A64_LIST_ORDERED(X) \
    X(ldar, 0x08dffc00) X(stlr, 0x089ffc00) X(ldapr, 0x38bfc000) X(ldxr, 0x085f7c00) \
    X(ldaxr, 0x085ffc00)
#define A64_DEF_ORDERED(mn, word) \
    static inline u32 a64_##mn(unsigned size_log2, unsigned rt, unsigned rn) \
    { return word | A64_F(size_log2, 30) | A64_DN(rt, rn); }
A64_LIST_ORDERED(A64_DEF_ORDERED)

#define A64_LIST_ORDERED_UR(X) X(ldapur, 0x19400000) X(stlur, 0x19000000)
#define A64_DEF_ORDERED_UR(mn, word) \
    static inline u32 a64_##mn(unsigned size_log2, unsigned rt, unsigned rn, i64 off) \
    { return word | A64_F(size_log2, 30) | A64_IMM9(off) | A64_DN(rt, rn); }
A64_LIST_ORDERED_UR(A64_DEF_ORDERED_UR)
static inline u32 a64_ldapurs(unsigned size_log2, unsigned to64, unsigned rt, unsigned rn, i64 off)
{ return 0x19000000 | A64_LDRS_OPC(to64) | A64_F(size_log2, 30) | A64_IMM9(off) | A64_DN(rt, rn); }

/* rs: 0 when the store was made. */
#define A64_LIST_STX(X) X(stxr, 0x08007c00) X(stlxr, 0x0800fc00)
#define A64_DEF_STX(mn, word) \
    static inline u32 a64_##mn(unsigned size_log2, unsigned rs, unsigned rt, unsigned rn) \
    { return word | A64_F(size_log2, 30) | A64_DNM(rt, rn, rs); }
A64_LIST_STX(A64_DEF_STX)
#define A64_LIST_LDXP(X) X(ldxp, 0x887f0000) X(ldaxp, 0x887f8000)
#define A64_DEF_LDXP(mn, word) \
    static inline u32 a64_##mn(unsigned sf, unsigned rt, unsigned rt2, unsigned rn) \
    { return word | A64_F(sf, 30) | A64_RA(rt2) | A64_DN(rt, rn); }
A64_LIST_LDXP(A64_DEF_LDXP)
#define A64_LIST_STXP(X) X(stxp, 0x88200000) X(stlxp, 0x88208000)
#define A64_DEF_STXP(mn, word) \
    static inline u32 a64_##mn(unsigned sf, unsigned rs, unsigned rt, unsigned rt2, unsigned rn) \
    { return word | A64_F(sf, 30) | A64_RA(rt2) | A64_DNM(rt, rn, rs); }
A64_LIST_STXP(A64_DEF_STXP)

/* ---- FEAT_LSE: rs the operand, rt the old value (CAS: rs expected, then old; rt new) ---- */
#define A64_LIST_LSE(X) \
    X(cas, 0x08a07c00) X(casa, 0x08e07c00) X(casl, 0x08a0fc00) X(casal, 0x08e0fc00) \
    X(swp, 0x38208000) X(swpa, 0x38a08000) X(swpl, 0x38608000) X(swpal, 0x38e08000) \
    X(ldadd, 0x38200000) X(ldadda, 0x38a00000) X(ldaddl, 0x38600000) X(ldaddal, 0x38e00000) \
    X(ldclr, 0x38201000) X(ldclra, 0x38a01000) X(ldclrl, 0x38601000) X(ldclral, 0x38e01000) \
    X(ldeor, 0x38202000) X(ldeora, 0x38a02000) X(ldeorl, 0x38602000) X(ldeoral, 0x38e02000) \
    X(ldset, 0x38203000) X(ldseta, 0x38a03000) X(ldsetl, 0x38603000) X(ldsetal, 0x38e03000)
#define A64_DEF_LSE(mn, word) \
    static inline u32 a64_##mn(unsigned size_log2, unsigned rs, unsigned rt, unsigned rn) \
    { return word | A64_F(size_log2, 30) | A64_DNM(rt, rn, rs); }
A64_LIST_LSE(A64_DEF_LSE)
/* rs and rt are even: the pairs rs, rs+1 and rt, rt+1. */
#define A64_LIST_CASP(X) \
    X(casp, 0x08207c00) X(caspa, 0x08607c00) X(caspl, 0x0820fc00) X(caspal, 0x0860fc00)
#define A64_DEF_CASP(mn, word) \
    static inline u32 a64_##mn(unsigned sf, unsigned rs, unsigned rt, unsigned rn) \
    { return word | A64_F(sf, 30) | A64_DNM(rt, rn, rs); }
A64_LIST_CASP(A64_DEF_CASP)

/* clang-format on */

/* ---- What fits ---- */
static inline bool a64_fits_signed(i64 value, unsigned bits)
{
    return (u64)value + (1ull << (bits - 1)) < 1ull << bits;
}

/* ldr, str and their like without suffix */
static inline bool a64_fits_uimm(unsigned size_log2, i64 off)
{
    return !((u64)off & ~(0xfffull << size_log2));
}

/* ldur, stur, _pre, _post, ldapur, stlur */
static inline bool a64_fits_simm9(i64 off)
{
    return a64_fits_signed(off, 9);
}

/* ldp, stp */
static inline bool a64_fits_simm7(unsigned size_log2, i64 off)
{
    return !(off & ((1 << size_log2) - 1)) && a64_fits_signed(off >> size_log2, 7);
}

/* add_imm and its like take `imm >> 12 * *lsl12`. */
static inline bool a64_fits_addsub(u64 imm, unsigned *lsl12)
{
    *lsl12 = imm > 0xfff;
    return imm <= 0xfff || !(imm & ~0xfff000ull);
}

/* b, bl */
static inline bool a64_fits_b(i64 off)
{
    return !(off & 3) && a64_fits_signed(off, 28);
}

/* bcond, cbz, cbnz, ldr_lit */
static inline bool a64_fits_b19(i64 off)
{
    return !(off & 3) && a64_fits_signed(off, 21);
}

/* tbz, tbnz */
static inline bool a64_fits_tb(i64 off)
{
    return !(off & 3) && a64_fits_signed(off, 16);
}

static inline bool a64_fits_adr(i64 off)
{
    return a64_fits_signed(off, 21);
}

static inline bool a64_fits_adrp(i64 off)
{
    return !(off & 4095) && a64_fits_signed(off, 33);
}

/*
 * Logical immediates (DecodeBitMasks in the manual): a run of ones, rotated, in elements of 2 to
 * 64 bits. *bits is N:immr:imms in place. Rotated so that a run starts at bit 0, the first run
 * and the gap after it are one element; then the value must repeat with that period.
 */
static inline bool a64_bitmask(u64 value, unsigned sf, u32 *bits)
{
    u64 v = sf ? value : (value & 0xffffffff) | value << 32;
    if (!v || !~v)
        return false;
    unsigned start = (unsigned)__builtin_ctzll(v & ~(v << 1 | v >> 63));
    u64 run = v >> start | v << (-start & 63);
    unsigned ones = (unsigned)__builtin_ctzll(~run);
    u64 rest = run >> ones;
    unsigned size = rest ? ones + (unsigned)__builtin_ctzll(rest) : 64;
    if ((v >> (size & 63) | v << (-size & 63)) != v)
        return false;
    *bits = A64_F(size >> 6, 22) | A64_F(-start & (size - 1), 16) |
            A64_F((0u - size * 2) & 63, 10) | A64_F(ones - 1, 10);
    return true;
}

/* Where the offset of a pc-relative instruction is: b bl; bcond cbz ldr_lit; tbz; adr. */
enum a64_offset_field { A64_OFF_NONE, A64_OFF_26, A64_OFF_19, A64_OFF_14, A64_OFF_ADR };

static inline enum a64_offset_field a64_offset_field(u32 insn)
{
    if ((insn & 0x7c000000) == 0x14000000)
        return A64_OFF_26;
    if ((insn & 0xff000000) == 0x54000000 || (insn & 0x7e000000) == 0x34000000 ||
        (insn & 0x3b000000) == 0x18000000)
        return A64_OFF_19;
    if ((insn & 0x7e000000) == 0x36000000)
        return A64_OFF_14;
    return (insn & 0x9f000000) == 0x10000000 ? A64_OFF_ADR : A64_OFF_NONE;
}

/* The same instruction with another offset (which fits); any other instruction as it is. */
static inline u32 a64_retarget(u32 insn, i64 off)
{
    u32 words = (u32)(off >> 2);
    switch (a64_offset_field(insn)) {
    case A64_OFF_26: return (insn & ~0x3ffffffu) | (words & 0x3ffffff);
    case A64_OFF_19: return (insn & ~0xffffe0u) | A64_IMM19(off);
    case A64_OFF_14: return (insn & ~0x7ffe0u) | (words & 0x3fff) << 5;
    case A64_OFF_ADR: return (insn & ~0x60ffffe0u) | ((u32)off & 3) << 29 | A64_IMM19(off);
    default: return insn;
    }
}

/* False when insn is not one of those. */
static inline bool a64_branch_offset(u32 insn, i64 *off)
{
    i64 imm19 = (i32)(insn << 8) >> 13;
    switch (a64_offset_field(insn)) {
    case A64_OFF_26: *off = (i64)((i32)(insn << 6) >> 6) * 4; return true;
    case A64_OFF_19: *off = imm19 * 4; return true;
    case A64_OFF_14: *off = (i64)((i32)(insn << 13) >> 18) * 4; return true;
    case A64_OFF_ADR: *off = imm19 * 4 | (insn >> 29 & 3); return true;
    default: return false;
    }
}

#endif
