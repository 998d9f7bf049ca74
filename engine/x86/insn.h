/*
 * insn.h - the decoded record: all that anyone sees of an instruction after x86/decode. 48 bytes.
 * Source: Intel SDM vol. 2 (operand letters, effective sizes). Produced by x86_decode(), consumed
 * by the interpreter, the formatter, the DynaRec and the tests.
 */
#ifndef X86_INSN_H
#define X86_INSN_H

#include "base/types.h"

/* General registers are numbered as encoded: RAX RCX RDX RBX RSP RBP RSI RDI R8..R15. 16 reads as
 * zero ("no register"). */
enum x86_reg {
    X86_RAX,
    X86_RCX,
    X86_RDX,
    X86_RBX,
    X86_RSP,
    X86_RBP,
    X86_RSI,
    X86_RDI,
    X86_R8,
    X86_R9,
    X86_R10,
    X86_R11,
    X86_R12,
    X86_R13,
    X86_R14,
    X86_R15,
    X86_REG_NONE = 16
};

enum x86_seg { X86_ES, X86_CS, X86_SS, X86_DS, X86_FS, X86_GS, X86_SEG_NONE };

enum x86_opkind {
    X86_OPK_NONE,
    X86_OPK_GPR,      /* reg 0-15, low `size` bytes */
    X86_OPK_GPR_HIGH, /* AH CH DH BH: reg 0-3 names the full register, bits 8-15 */
    X86_OPK_MEM,      /* base/index/scale/disp/seg of the record; size may be 0 (LEA, INVLPG ...) */
    X86_OPK_IMM,  /* imm, already sign- or zero-extended to 64 bits as the row says; reg = 1: the
                     second immediate (x86_imm2) */
    X86_OPK_REL,  /* imm = absolute branch target, already cut to the operand size/mode */
    X86_OPK_VEC,  /* XMM/YMM reg 0-15 */
    X86_OPK_MMX,  /* MM0-7 */
    X86_OPK_ST,   /* ST(reg) */
    X86_OPK_SREG, /* enum x86_seg */
    X86_OPK_CREG,
    X86_OPK_DREG,
    X86_OPK_SI,  /* string source seg:[rSI] (seg of the record, DS by default) */
    X86_OPK_DI,  /* string destination ES:[rDI] */
    X86_OPK_FAR, /* imm = selector << 32 | offset (32-bit mode only) */
};

struct x86_operand {
    u8 kind; /* enum x86_opkind */
    u8 reg;
    u16 size; /* bytes */
};

/* Bits of x86_insn.pfx: what was written, not what it meant. */
enum {
    X86_PFX_LOCK = 1,
    X86_PFX_REP = 2,   /* F3 as repeat/HLE prefix (not when mandatory) */
    X86_PFX_REPNE = 4, /* F2 likewise */
    X86_PFX_OPSZ = 8,
    X86_PFX_ADSZ = 16,
    X86_PFX_REX = 32,
    X86_PFX_RIPREL = 64, /* memory operand was RIP-relative; disp already holds the absolute
                            address, base = none */
    X86_PFX_VSIB = 128,  /* index is a vector register */
};

#define X86_MAX_OPERANDS 4
#define X86_MAX_LEN 15

struct x86_insn {
    u16 op;  /* enum x86_op (generated) */
    u16 row; /* index into x86_rows[] */
    u8 len;  /* bytes, 1-15 */
    u8 opsz; /* effective operand size in bytes: 1 (byte rows) 2 4 8 */
    u8 adsz; /* effective address size in bytes: 2 4 8 */
    u8 vl;   /* vector length in bytes: 16 or 32 for VEX rows, 16 for legacy SSE, 8 for MMX, 0
                otherwise */
    u8 pfx;
    u8 seg;   /* segment whose base is to be added: X86_SEG_NONE where it is architecturally zero
                 (64-bit mode ES/CS/SS/DS) */
    u8 base;  /* enum x86_reg */
    u8 index; /* enum x86_reg, or vector register with X86_PFX_VSIB */
    u8 scale; /* log2 */
    u8 nopnd;
    u8 cc;                                     /* condition code 0-15 of "+cc" rows */
    u8 mode;                                   /* 64 or 32 */
    struct x86_operand opnd[X86_MAX_OPERANDS]; /* explicit operands in Intel order */
    i64 disp; /* displacement, sign-extended; absolute for moffs and RIP-relative */
    u64 imm;  /* x87 (D8-DF): the FOP of the FPU environment, low opcode bits << 8 | ModRM */
};

_Static_assert(sizeof(struct x86_insn) == 48, "decoded record");

/* Second immediate of ENTER, EXTRQ, INSERTQ. */
ALWAYS_INLINE u8 x86_imm2(const struct x86_insn *in)
{
    return (u8)(in->imm >> 32);
}

#endif
