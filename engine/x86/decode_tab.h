/*
 * decode_tab.h - layout of what isagen.py generates for the decoder (private to x86/, the tests and tools).
 *
 * An index entry is a u16: bit 15 set: row number in the low 15 bits (0xffff: no instruction). Otherwise bits 11-14 name the
 * selector (enum x86_trie_kind) and bits 0-10 * 4 is the offset of the sub-table in x86_trie, indexed by that selector's value.
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
    X86_DEC_LOCK = 2,     /* LOCK is legal with a memory destination */
    X86_DEC_NOVVVV = 4,   /* VEX.vvvv must be 1111b */
    X86_DEC_VSIB = 8,
    X86_DEC_REGONLY = 16, /* ModRM.mod is ignored: always a register (MOV CR/DR) */
    X86_DEC_MANDREP = 32, /* F3/F2 is part of the opcode, not a repeat prefix */
};

enum x86_opsz_rule {
    X86_OPSZ_V,    /* REX.W 8, 66 2, else 4 */
    X86_OPSZ_BYTE, /* 1 */
    X86_OPSZ_NO66, /* 66 is part of the opcode (or VEX): W 8, else 4 */
    X86_OPSZ_D64,  /* 64-bit mode: 8, with 66 and no REX.W 2 */
    X86_OPSZ_F64,  /* 64-bit mode: 8 */
    X86_OPSZ_RULES
};

enum x86_imm_rule {
    X86_IMM_NONE, X86_IMM_B, X86_IMM_BS, X86_IMM_W, X86_IMM_D, X86_IMM_Z, X86_IMM_V, X86_IMM_B2, X86_IMM_W2, X86_IMM_IS4,
    X86_IMM_JB, X86_IMM_JZ, X86_IMM_MOFFS, X86_IMM_FAR
};

enum x86_vl_rule { X86_VL_0, X86_VL_8, X86_VL_16, X86_VL_VEX };

struct x86_dec {
    u16 op;
    u8 flags;    /* enum x86_dec_flags */
    u8 opsz;     /* enum x86_opsz_rule */
    u8 imm;      /* enum x86_imm_rule */
    u8 vl;       /* enum x86_vl_rule */
    u8 nopnd;
    u8 plus;     /* enum x86_plus */
    struct x86_opspec opnd[X86_MAX_OPERANDS];
};

extern const struct x86_dec x86_dec[];
extern const u16 x86_trie[];
extern const u16 x86_roots[]; /* [mode is 32][enum x86_map][opcode] */
extern const char *const x86_row_names[]; /* printed name where it is not the op's, else NULL */
extern const char *const x86_row_text[];  /* the row as written (x86_text.c) */
extern const char *const x86_row_where[]; /* file:line */

#endif
