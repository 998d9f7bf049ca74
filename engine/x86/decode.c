/*
 * decode.c - bytes to record: prefixes, walk of the generated index, ModRM/SIB by arithmetic,
 * immediates, operand fill. All legality is in the table (decode_tab.h) except what the manuals
 * state across rows: prefix order, LOCK, VEX prefixes, vvvv, segment registers. Source: Intel SDM
 * vol. 2 chapter 2 and appendix A; where AMD differs (66h on near branches in 64-bit mode) this
 * follows Intel. Invariant: no byte at or behind code[16] is read, none behind `avail` influences
 * the result.
 */
#include <string.h>

#include "base/bits.h"
#include "x86/decode.h"
#include "x86/decode_tab.h"

enum { P_NONE, P_VEX, P_REX, P_SEG64, P_SEG, P_OPSZ, P_ADSZ, P_LOCK, P_REP };

/* clang-format off */
static const u8 prefix_class[256] = {
    [0x26] = P_SEG, [0x2e] = P_SEG, [0x36] = P_SEG, [0x3e] = P_SEG, [0x64] = P_SEG64, [0x65] = P_SEG64,
    [0x66] = P_OPSZ, [0x67] = P_ADSZ, [0xf0] = P_LOCK, [0xf2] = P_REP, [0xf3] = P_REP,
    [0x40 ... 0x4f] = P_REX, [0xc4] = P_VEX, [0xc5] = P_VEX,
};

/* Bytes of an operand by [size letter][log2 opsz + 4 * (vector length is 32)]. */
#define ALL(n) {n, n, n, n, n, n, n, n}
static const u16 operand_bytes[][8] = {
    [X86_SZ_NONE] = ALL(0), [X86_SZ_B] = ALL(1), [X86_SZ_W] = ALL(2), [X86_SZ_D] = ALL(4), [X86_SZ_Q] = ALL(8),
    [X86_SZ_DQ] = ALL(16), [X86_SZ_QQ] = ALL(32), [X86_SZ_V] = {1, 2, 4, 8, 1, 2, 4, 8},
    [X86_SZ_Z] = {1, 2, 4, 4, 1, 2, 4, 4}, [X86_SZ_Y] = {4, 4, 4, 8, 4, 4, 4, 8},
    [X86_SZ_X] = {16, 16, 16, 16, 32, 32, 32, 32}, [X86_SZ_XH] = {8, 8, 8, 8, 16, 16, 16, 16},
    [X86_SZ_XQ] = {4, 4, 4, 4, 8, 8, 8, 8}, [X86_SZ_XE] = {2, 2, 2, 2, 4, 4, 4, 4},
    [X86_SZ_BS] = {1, 2, 4, 8, 1, 2, 4, 8}, [X86_SZ_T] = ALL(10), [X86_SZ_P] = {4, 4, 6, 10, 4, 4, 6, 10},
    [X86_SZ_S] = {6, 6, 6, 10, 6, 6, 6, 10}, [X86_SZ_A] = {2, 4, 8, 16, 2, 4, 8, 16},
    [X86_SZ_ENV] = {14, 14, 28, 28, 14, 14, 28, 28}, [X86_SZ_FSAVE] = {94, 94, 108, 108, 94, 94, 108, 108},
    [X86_SZ_FX] = ALL(512), [X86_SZ_XS] = ALL(576),
};
#undef ALL

/* 16-bit addressing, SDM table 2-1: base and index by ModRM.rm. */
static const u8 base16[8] = {X86_RBX, X86_RBX, X86_RBP, X86_RBP, X86_RSI, X86_RDI, X86_RBP, X86_RBX};
static const u8 index16[8] = {X86_RSI, X86_RDI, X86_RSI, X86_RDI, X86_REG_NONE, X86_REG_NONE, X86_REG_NONE, X86_REG_NONE};
/* clang-format on */

/* All inlined into x86_decode, so that these live in registers. */
struct dec {
    const u8 *code;
    unsigned pos;
    unsigned limit; /* bytes that may be consumed: min(avail, 15) */
    unsigned modrm;
    unsigned rex;  /* W R X B in bits 3-0; bit 6 set when a REX prefix is in force */
    unsigned osz;  /* 4 with a 66 prefix: with REX.W (8) the shift into the row's operand sizes */
    unsigned pfx;  /* X86_PFX_* */
    unsigned rep;  /* selector value of the last F3 (2) or F2 (3) */
    unsigned vvvv; /* VEX.vvvv as a register number */
    unsigned vexl;
    unsigned seg;        /* override in force, or X86_SEG_NONE */
    unsigned adsz, log2; /* effective address size; log2 of the effective operand size */
    unsigned base, index, scale;
    bool m64, vex; /* constants in the copies for legacy encodings */
};

static int too_short(unsigned limit)
{
    return limit < X86_MAX_LEN ? X86_DECODE_PARTIAL : X86_DECODE_LONG;
}

ALWAYS_INLINE void other_prefix(struct dec *d, unsigned cls, unsigned b)
{
    d->rex = 0; /* a REX prefix counts only directly before the opcode */
    d->pfx &= ~(unsigned)X86_PFX_REX;
    if (cls == P_OPSZ) {
        d->pfx |= X86_PFX_OPSZ;
        d->osz = 4;
    } else if (cls == P_REP) {
        d->rep = b == 0xf3 ? 2 : 3;
    } else if (cls == P_SEG64) {
        d->seg = b - 0x64 + X86_FS;
    } else if (cls == P_ADSZ) {
        d->pfx |= X86_PFX_ADSZ;
        d->adsz = d->m64 ? 4 : 2;
    } else if (cls == P_LOCK) {
        d->pfx |= X86_PFX_LOCK;
    } else if (!d->m64) { /* ES CS SS DS: without effect in 64-bit mode, SDM vol. 1 3.3.4 */
        d->seg = b >> 3 & 3;
    }
}

/* Consumes legacy and REX prefixes. Returns the class of the byte that ended them. */
ALWAYS_INLINE unsigned prefixes(struct dec *d)
{
    for (;;) {
        unsigned b = d->code[d->pos], cls = prefix_class[b];

        if (cls <= P_VEX)
            return cls;
        if (LIKELY(cls == P_REX)) {
            if (UNLIKELY(!d->m64))
                return P_NONE;
            d->rex = b;
            d->pfx |= X86_PFX_REX;
        } else {
            other_prefix(d, cls, b);
        }
        if (UNLIKELY(++d->pos >= d->limit))
            return P_NONE;
    }
}

/* VEX prefix at pos (C4/C5). Returns the map, or a negative error. */
ALWAYS_INLINE int vex_prefix(struct dec *d)
{
    const u8 *p = d->code + d->pos;
    unsigned b1 = p[1], b2, map = 1;

    if (d->pos + (*p == 0xc4 ? 4 : 3) > d->limit)
        return too_short(d->limit);
    if (d->rex || d->rep || (d->pfx & (X86_PFX_LOCK | X86_PFX_OPSZ)))
        return X86_DECODE_UD;
    if (*p == 0xc5) {
        b2 = b1 & 0x7f;
        d->rex = ~b1 >> 5 & 4;
        d->pos += 2;
    } else {
        b2 = p[2];
        map = b1 & 31;
        d->rex = (~b1 >> 5 & 7) | (b2 >> 4 & 8);
        d->pos += 3;
    }
    if (!d->m64)
        d->rex &= 8; /* R and X cannot be set, B is ignored */
    d->vvvv = ~b2 >> 3 & 15;
    d->vexl = b2 >> 2 & 1;
    d->rep = b2 & 3;
    return map >= 1 && map <= 3 ? (int)(X86_MAP_VEX_0F + map - 1) : X86_DECODE_UD;
}

/* Escape bytes at pos; leaves pos behind them. */
ALWAYS_INLINE unsigned legacy_map(struct dec *d)
{
    const u8 *p = d->code + d->pos;

    if (*p != 0x0f)
        return X86_MAP_1B;
    d->pos++;
    if (p[1] != 0x38 && p[1] != 0x3a)
        return X86_MAP_0F;
    d->pos++;
    return p[1] == 0x38 ? X86_MAP_0F38 : X86_MAP_0F3A;
}

/* Index walk: row number, or a negative error. The byte at pos is the ModRM byte if there is one.
 */
ALWAYS_INLINE int walk(const struct dec *d, unsigned entry)
{
    while (!(entry & X86_TRIE_LEAF)) {
        unsigned kind = entry >> X86_TRIE_OFF_BITS, sel;
        const u16 *table = x86_trie + (entry & ((1u << X86_TRIE_OFF_BITS) - 1)) * X86_TRIE_UNIT;

        if (kind == X86_TRIE_PP) {
            sel = d->rep || d->vex ? d->rep : (d->pfx & X86_PFX_OPSZ) != 0;
        } else if (kind <= X86_TRIE_RM) {
            if (UNLIKELY(d->pos >= d->limit))
                return too_short(d->limit);
            sel = kind == X86_TRIE_REG   ? d->modrm >> 3 & 7
                  : kind == X86_TRIE_MOD ? d->modrm >= 0xc0
                                         : d->modrm & 7;
        } else if (kind == X86_TRIE_W) {
            sel = d->rex >> 3 & 1;
        } else if (kind == X86_TRIE_L) {
            sel = d->vexl;
        } else if (kind == X86_TRIE_OSZ) {
            sel = d->rex & 8 ? 2 : !(d->pfx & X86_PFX_OPSZ);
        } else if (kind == X86_TRIE_ASZ) {
            sel = d->adsz >> 2;
        } else {
            sel = d->rex & 1;
        }
        entry = table[sel];
    }
    return entry == X86_TRIE_NONE ? X86_DECODE_UD : (int)(entry & ~X86_TRIE_LEAF);
}

/* Displacement bytes of a memory operand, sign-extended. False: the instruction ends before them.
 */
ALWAYS_INLINE bool displacement(struct dec *d, struct x86_insn *out, unsigned bytes)
{
    const u8 *p = d->code + d->pos;

    d->pos += bytes;
    if (UNLIKELY(d->pos > d->limit))
        return false;
    out->disp = bytes == 1 ? (i8)*p : bytes == 2 ? (i16)ld_u16(p) : (i32)ld_u32(p);
    return true;
}

ALWAYS_INLINE int mem16(struct dec *d, struct x86_insn *out, bool vsib)
{
    unsigned mod = d->modrm >> 6, rm = d->modrm & 7, bytes = mod;

    if (vsib)
        return X86_DECODE_UD;
    d->base = base16[rm];
    d->index = index16[rm];
    if (mod == 0 && rm == 6) {
        d->base = X86_REG_NONE;
        bytes = 2;
    }
    return !bytes || displacement(d, out, bytes) ? 0 : too_short(d->limit);
}

/* ModRM (at d->modrm, already consumed) says memory: SIB, displacement, base and index. 0 or an
 * error. */
ALWAYS_INLINE int mem_operand(struct dec *d, struct x86_insn *out, bool vsib)
{
    unsigned mod = d->modrm >> 6, base = d->modrm & 7, bytes = mod == 2 ? 4 : mod;
    bool sib = base == 4;

    if (UNLIKELY(d->adsz == 2))
        return mem16(d, out, vsib);
    if (sib) {
        unsigned byte = d->code[d->pos++], index = (byte >> 3 & 7) | (d->rex & 2u) << 2;

        base = byte & 7;
        d->scale = byte >> 6;
        if (LIKELY(index != 4) || vsib)
            d->index = index;
    } else if (UNLIKELY(vsib)) {
        return X86_DECODE_UD;
    }
    if (UNLIKELY(vsib))
        d->pfx |= X86_PFX_VSIB;
    if (UNLIKELY(base == 5 && mod == 0)) {
        bytes = 4;
        if (!sib && d->m64)
            d->pfx |= X86_PFX_RIPREL;
    } else {
        d->base = base | (d->rex & 1u) << 3;
    }
    return !bytes || displacement(d, out, bytes) ? 0 : too_short(d->limit);
}

/* Reads the immediates at p; branch targets count from `next`, the end of the instruction. */
ALWAYS_INLINE void read_imm(const struct dec *d, struct x86_insn *out, const u8 *p, unsigned rule,
                            gaddr next, unsigned opcode)
{
    unsigned opsz = 1u << d->log2;
    u64 v;

    switch (rule) {
    case X86_IMM_B:
    case X86_IMM_IS4: v = *p; break;
    case X86_IMM_BS: v = zext((u64)(i64)(i8)*p, opsz); break;
    case X86_IMM_W: v = ld_u16(p); break;
    case X86_IMM_B2: v = p[0] | (u64)p[1] << 32; break;
    case X86_IMM_W2: v = ld_u16(p) | (u64)p[2] << 32; break;
    case X86_IMM_Z: v = opsz == 2 ? ld_u16(p) : zext((u64)(i64)(i32)ld_u32(p), opsz); break;
    case X86_IMM_V: v = opsz == 8 ? ld_u64(p) : opsz == 4 ? ld_u32(p) : ld_u16(p); break;
    case X86_IMM_JB: v = zext(next + (u64)(i64)(i8)*p, opsz); break;
    case X86_IMM_JZ:
        v = zext(next + (u64)(opsz == 2 ? (i64)(i16)ld_u16(p) : (i64)(i32)ld_u32(p)), opsz);
        break;
    case X86_IMM_MOFFS:
        out->disp = (i64)(d->adsz == 8 ? ld_u64(p) : d->adsz == 4 ? ld_u32(p) : ld_u16(p));
        return;
    case X86_IMM_FAR:
        v = opsz == 2 ? ld_u16(p) | (u64)ld_u16(p + 2) << 32 : ld_u32(p) | (u64)ld_u16(p + 4) << 32;
        break;
    case X86_IMM_FOP: v = (opcode & 7) << 8 | d->modrm; break;
    default: v = ld_u32(p);
    }
    out->imm = v;
}

/* Legality of a segment, control or debug register operand (SDM: MOV Sreg, MOV CRn, MOV DRn). */
static bool special_reg(unsigned kind, unsigned reg, unsigned access)
{
    if (kind == X86_OPK_SREG) /* CS cannot be loaded */
        return reg <= X86_GS && !(reg == X86_CS && (access & X86_ACC_W));
    if (kind == X86_OPK_CREG) /* CR0, 2, 3, 4, 8 exist */
        return reg < 16 && (0x11d >> reg & 1);
    return kind != X86_OPK_DREG || reg < 8;
}

/* The register numbers an operand can name, one byte each at X86_SRC_*. */
ALWAYS_INLINE u64 register_sources(const struct dec *d, unsigned opcode, u64 imm)
{
    u64 v = (d->modrm * 0x10020 & 0x70700) | (opcode & 7) << 24; /* reg to bit 8, rm to bit 16 */

    if (d->rex)
        v |= (d->rex & 4) << 9 | (d->rex & 1) * 0x8080000u;
    if (d->vex) /* only registers 0-7 outside 64-bit mode */
        v |= (d->vvvv & (d->m64 ? 15ull : 7ull)) << X86_SRC_VVVV |
             (imm >> 4 & (d->m64 ? 15ull : 7ull)) << X86_SRC_IS4;
    return v;
}

/* Operands after everything else of the instruction has been read. */
ALWAYS_INLINE int fill_operands(const struct dec *d, struct x86_insn *out,
                                const struct x86_dec *row, unsigned opcode, unsigned col)
{
    u64 regs = register_sources(d, opcode, out->imm);
    const struct x86_dec_opnd *s = row->opnd, *end = s + row->nopnd;
    const u8 *sizes = (const u8 *)&operand_bytes[0][col];
    struct x86_operand *o = out->opnd;
    bool is_mem = d->modrm < 0xc0;

    for (; s < end; s++, o++) {
        unsigned size = *(const u16 *)(sizes + s->size), kind = s->kind, reg = s->reg;

        if (is_mem && (s->src & X86_SRC_RM_OR_MEM)) {
            kind = X86_OPK_MEM;
        } else {
            reg += (unsigned)(regs >> (s->src & 63)) & s->mask;
            if (kind & X86_DEC_BYTE_REG) {
                kind = X86_OPK_GPR;
                if (!d->rex && !d->vex && (reg & 12) == 4) { /* AH CH DH BH without REX */
                    kind = X86_OPK_GPR_HIGH;
                    reg &= 3;
                }
            }
        }
        *o = (struct x86_operand){(u8)kind, (u8)reg, (u16)size};
    }
    if (UNLIKELY(row->flags & X86_DEC_SPECIAL)) {
        const struct x86_row *full = &x86_rows[out->row];

        for (unsigned i = 0; i < row->nopnd; i++) {
            if (full->opnd[i].spec == X86_SPEC_ONE)
                out->imm = 1;
            else if (!special_reg(out->opnd[i].kind, out->opnd[i].reg, full->opnd[i].access))
                return X86_DECODE_UD;
        }
    }
    return 0;
}

/* The fields of the record that come from prefixes and address bytes. */
ALWAYS_INLINE void fill_header(const struct dec *d, struct x86_insn *out, const struct x86_dec *row,
                               unsigned opcode, unsigned vl)
{
    unsigned seg = d->seg;

    if (!d->m64 &&
        seg ==
            X86_SEG_NONE) /* outside 64-bit mode stack addresses default to SS, the others to DS */
        seg = d->base == X86_RSP || d->base == X86_RBP ? X86_SS : X86_DS;
    out->op = row->op;
    out->len = (u8)d->pos;
    out->opsz = (u8)(1u << d->log2);
    out->adsz = (u8)d->adsz;
    out->vl = (u8)vl;
    out->pfx = (u8)d->pfx;
    out->seg = (u8)seg;
    out->base = (u8)d->base;
    out->index = (u8)d->index;
    out->scale = (u8)d->scale;
    out->nopnd = row->nopnd;
    out->cc = opcode & row->cc_mask;
    out->mode = d->m64 ? 64 : 32;
}

/* Everything from the opcode byte on. Returns the length or an error. */
ALWAYS_INLINE int opcode_and_rest(struct dec *d, struct x86_insn *out, gaddr pc, unsigned map)
{
    const struct x86_dec *row;
    unsigned opcode, vl;
    int index, err;

    if ((d->vex || map) && UNLIKELY(d->pos >= d->limit))
        return too_short(d->limit);
    opcode = d->code[d->pos++];
    d->modrm = d->code[d->pos];
    index = walk(d, x86_roots[((d->m64 ? 0u : X86_MAP_COUNT) + map) * 256 + opcode]);
    if (UNLIKELY(index < 0))
        return index;
    row = &x86_dec[index];
    memset(out->opnd, 0, sizeof *out - offsetof(struct x86_insn, opnd));
    out->row = (u16)index;
    d->log2 = (d->m64 ? row->opsz64 : row->opsz32) >> ((d->rex & 8) | d->osz) & 15;
    vl = d->vex && row->vl == X86_VL_VEX ? 16u << d->vexl : row->vl;
    if (row->flags & X86_DEC_MODRM) {
        d->pos++;
        if (d->modrm < 0xc0 && LIKELY(!(row->flags & X86_DEC_REGONLY))) {
            if (UNLIKELY(d->pos > d->limit))
                return too_short(d->limit);
            err = mem_operand(d, out, d->vex && row->flags & X86_DEC_VSIB);
            if (UNLIKELY(err))
                return err;
        }
    }
    if (row->imm) {
        unsigned n = row->imm == X86_IMM_MOFFS ? d->adsz : row->imm_len >> 4 * d->log2 & 15u;

        d->pos += n;
        if (UNLIKELY(d->pos > d->limit))
            return too_short(d->limit);
        read_imm(d, out, d->code + d->pos - n, row->imm, pc + d->pos, opcode);
    } else if (UNLIKELY(d->pos > d->limit)) {
        return too_short(d->limit);
    }
    if (UNLIKELY(d->pfx & (X86_PFX_RIPREL | X86_PFX_LOCK))) {
        if ((d->pfx & X86_PFX_LOCK) && (!(row->flags & X86_DEC_LOCK) || d->modrm >= 0xc0))
            return X86_DECODE_UD;
        if (d->pfx & X86_PFX_RIPREL)
            out->disp = (i64)zext((u64)out->disp + pc + d->pos, d->adsz);
    }
    if (d->vex && (row->flags & X86_DEC_NOVVVV) && d->vvvv)
        return X86_DECODE_UD;
    if (!d->vex && UNLIKELY(d->rep) && !(row->flags & X86_DEC_MANDREP))
        d->pfx |= d->rep == 2 ? X86_PFX_REP : X86_PFX_REPNE;
    fill_header(d, out, row, opcode, vl);
    err = fill_operands(d, out, row, opcode, d->log2 | (d->vex ? (vl & 32) >> 3 : 0));
    return err ? err : (int)d->pos;
}

/* A VEX prefix follows the prefixes in *d. */
static NOINLINE int decode_vex(struct dec d, struct x86_insn *out, gaddr pc)
{
    int map = vex_prefix(&d);

    d.vex = true;
    return map < 0 ? map : opcode_and_rest(&d, out, pc, (unsigned)map);
}

ALWAYS_INLINE int decode_mode(struct x86_insn *out, const u8 *code, size_t avail, gaddr pc,
                              bool m64)
{
    struct dec d = {.code = code,
                    .limit = avail < X86_MAX_LEN ? (unsigned)avail : X86_MAX_LEN,
                    .seg = X86_SEG_NONE,
                    .base = X86_REG_NONE,
                    .index = X86_REG_NONE,
                    .adsz = m64 ? 8 : 4,
                    .m64 = m64};
    unsigned cls = prefixes(&d), map;

    if (UNLIKELY(d.pos >= d.limit))
        return too_short(d.limit);
    if (UNLIKELY(cls == P_VEX)) {
        if (!m64 && d.pos + 1 >= d.limit)
            return too_short(d.limit); /* LES/LDS or VEX: the next byte tells */
        if (m64 || code[d.pos + 1] >= 0xc0)
            return decode_vex(d, out, pc);
    }
    d.vex = false;
    map = legacy_map(&d);
    return opcode_and_rest(&d, out, pc, map);
}

static NOINLINE int decode_32(struct x86_insn *out, const u8 *code, size_t avail, gaddr pc)
{
    return decode_mode(out, code, avail, pc, false);
}

int x86_decode(struct x86_insn *out, const u8 *code, size_t avail, gaddr pc, unsigned mode)
{
    return LIKELY(mode == 64) ? decode_mode(out, code, avail, pc, true)
                              : decode_32(out, code, avail, pc);
}
