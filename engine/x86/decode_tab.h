/*
 * decode_tab.h - layout of what isagen.py generates for the decoder (private to x86/, the tests and
 * tools).
 *
 * An index entry is a u16: bit 15 set: row number in the low 15 bits (0xffff: no instruction).
 * Otherwise bits 11-14 name the selector (enum x86_trie_kind) and bits 0-10 * 4 is the offset of
 * the sub-table in x86_trie, indexed by that selector's value.
 */
#ifndef X86_DECODE_TAB_H
#define X86_DECODE_TAB_H

#include "x86/insn.h"
#include "x86/rows.h"

enum x86_trie_kind {
    X86_TRIE_PP,   /* 0 none, 1 66, 2 F3, 3 F2 (F3/F2 win over 66) */
    X86_TRIE_REG,  /* ModRM.reg */
    X86_TRIE_MOD,  /* 1: mod == 3 */
    X86_TRIE_RM,   /* ModRM.rm */
    X86_TRIE_W,    /* REX.W, VEX.W */
    X86_TRIE_L,    /* VEX.L */
    X86_TRIE_OSZ,  /* effective operand size before d64/f64: 0 16-bit, 1 32, 2 64 */
    X86_TRIE_ASZ,  /* effective address size likewise */
    X86_TRIE_REXB, /* REX.B */
    X86_TRIE_KINDS
};
#define X86_TRIE_LEAF 0x8000
#define X86_TRIE_NONE 0xffff
#define X86_TRIE_OFF_BITS 11
#define X86_TRIE_UNIT 4

enum x86_dec_flags {
    X86_DEC_MODRM = 1,
    X86_DEC_LOCK = 2,   /* LOCK is legal with a memory destination */
    X86_DEC_NOVVVV = 4, /* VEX.vvvv must be 1111b */
    X86_DEC_VSIB = 8,
    X86_DEC_REGONLY = 16, /* ModRM.mod is ignored: always a register (MOV CR/DR) */
    X86_DEC_MANDREP = 32, /* F3/F2 is part of the opcode, not a repeat prefix */
    X86_DEC_SPECIAL =
        64, /* has a segment, control or debug register to check, or the constant one */
};

enum x86_imm_rule {
    X86_IMM_NONE,
    X86_IMM_B,
    X86_IMM_BS,
    X86_IMM_W,
    X86_IMM_D,
    X86_IMM_Z,
    X86_IMM_V,
    X86_IMM_B2,
    X86_IMM_W2,
    X86_IMM_IS4,
    X86_IMM_JB,
    X86_IMM_JZ,
    X86_IMM_MOFFS,
    X86_IMM_FAR,
    X86_IMM_FOP /* no bytes: opcode and ModRM of x87 rows */
};

enum x86_vl_rule { X86_VL_0 = 0, X86_VL_8 = 8, X86_VL_16 = 16, X86_VL_VEX = 255 /* by VEX.L */ };

/* Where an operand's register number comes from: bit offset into the decoder's packed numbers. */
enum x86_reg_src {
    X86_SRC_NONE = 0,
    X86_SRC_REG = 8,
    X86_SRC_RM = 16,
    X86_SRC_OPCODE = 24,
    X86_SRC_VVVV = 32,
    X86_SRC_IS4 = 40,
    X86_SRC_RM_OR_MEM = 0x80 /* flag: memory when ModRM.mod is not 3 */
};

#define X86_DEC_BYTE_REG 0x80 /* byte register: 4-7 without REX are AH CH DH BH */

struct x86_dec_opnd {
    u8 kind;  /* enum x86_opkind when it is not memory by ModRM; X86_DEC_BYTE_REG or-ed in */
    u8 src;   /* enum x86_reg_src */
    u8 mask;  /* of the register number: 15, or 7 for MMX, ST, segments */
    u8 reg;   /* fixed register number, added */
    u16 size; /* enum x86_osize * 16: offset into the decoder's size table */
};

struct x86_dec {
    u16 op;
    u8 flags;   /* enum x86_dec_flags */
    u16 opsz64; /* log2 of the operand size, four bits each: nothing, 66, REX.W, both */
    u16 opsz32;
    u16 imm_len; /* immediate bytes, four bits for each log2 of the operand size (MOFFS: by the
                    address size) */
    u8 imm;      /* enum x86_imm_rule */
    u8 vl;       /* enum x86_vl_rule: bytes */
    u8 nopnd;
    u8 cc_mask; /* 15 for "+cc" rows */
    struct x86_dec_opnd opnd[X86_MAX_OPERANDS];
};

extern const struct x86_dec x86_dec[];
extern const u16 x86_trie[];
extern const u16 x86_roots[];             /* [mode is 32][enum x86_map][opcode] */
extern const char *const x86_row_names[]; /* printed name where it is not the op's, else NULL */
extern const char *const x86_row_text[];  /* the row as written (x86_text.c) */
extern const char *const x86_row_where[]; /* file:line */

#endif
