/*
 * decode.c - bytes to record: prefixes, walk of the generated index, ModRM/SIB by arithmetic, immediates, operand fill.
 * All legality is in the table (decode_tab.h) except what the manuals state across rows: prefix order, LOCK, VEX prefixes,
 * vvvv, segment registers. Source: Intel SDM vol. 2 chapter 2 and appendix A; where AMD differs (66h on near branches in
 * 64-bit mode) this follows Intel.
 * Invariant: no byte at or behind code[16] is read, none behind `avail` influences the result.
 */
#include "base/bits.h"
#include "x86/decode.h"
#include "x86/decode_tab.h"

enum { P_NONE, P_SEG64, P_SEG, P_OPSZ, P_ADSZ, P_LOCK, P_REP, P_REX, P_VEX };

/* clang-format off */
static const u8 prefix_class[256] = {
    [0x26] = P_SEG, [0x2e] = P_SEG, [0x36] = P_SEG, [0x3e] = P_SEG, [0x64] = P_SEG64, [0x65] = P_SEG64,
    [0x66] = P_OPSZ, [0x67] = P_ADSZ, [0xf0] = P_LOCK, [0xf2] = P_REP, [0xf3] = P_REP,
    [0x40 ... 0x4f] = P_REX, [0xc4] = P_VEX, [0xc5] = P_VEX,
};

/* log2 of the effective operand size by [mode is 32][rule][REX.W * 2 + 66h]. */
static const u8 opsz_log2[2][X86_OPSZ_RULES][4] = {
    {[X86_OPSZ_V] = {2, 1, 3, 3}, [X86_OPSZ_BYTE] = {0, 0, 0, 0}, [X86_OPSZ_NO66] = {2, 2, 3, 3},
     [X86_OPSZ_D64] = {3, 1, 3, 3}, [X86_OPSZ_F64] = {3, 3, 3, 3}},
    {[X86_OPSZ_V] = {2, 1, 2, 2}, [X86_OPSZ_BYTE] = {0, 0, 0, 0}, [X86_OPSZ_NO66] = {2, 2, 2, 2},
     [X86_OPSZ_D64] = {2, 1, 2, 2}, [X86_OPSZ_F64] = {2, 1, 2, 2}},
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

struct dec {
    const u8 *code;
    unsigned pos;
    unsigned limit; /* bytes that may be consumed: min(avail, 15) */
    unsigned modrm;
    u8 rex;  /* W R X B in bits 3-0; bit 6 set when a REX prefix is in force */
    u8 rep;  /* selector value of the last F3 (2) or F2 (3) */
    u8 vvvv; /* inverted VEX.vvvv, as a register number */
    u8 vexl;
    u8 seg; /* override in force, or X86_SEG_NONE */
};

static int too_short(const struct dec *d)
{
    return d->limit < X86_MAX_LEN ? X86_DECODE_PARTIAL : X86_DECODE_LONG;
}

/* Consumes legacy and REX prefixes. Returns the class of the byte that ended them. */
ALWAYS_INLINE unsigned prefixes(struct dec *d, struct x86_insn *out, unsigned mode)
{
    for (;; d->pos++) {
        unsigned b = d->code[d->pos], cls = prefix_class[b];

        if (d->pos >= d->limit)
            return P_NONE;
        switch (cls) {
        case P_REX:
            if (mode != 64)
                return P_NONE;
            d->rex = (u8)b;
            continue;
        case P_SEG64:
            d->seg = (u8)(b - 0x64 + X86_FS);
            break;
        case P_SEG: /* without effect in 64-bit mode, SDM vol. 1 3.3.4 */
            if (mode != 64)
                d->seg = (u8)(b >> 3 & 3);
            break;
        case P_OPSZ:
            out->pfx |= X86_PFX_OPSZ;
            break;
        case P_ADSZ:
            out->pfx |= X86_PFX_ADSZ;
            break;
        case P_LOCK:
            out->pfx |= X86_PFX_LOCK;
            break;
        case P_REP:
            d->rep = b == 0xf3 ? 2 : 3;
            break;
        default:
            return cls;
        }
        d->rex = 0; /* a REX prefix counts only directly before the opcode */
    }
}

/* VEX prefix at pos (C4/C5). Returns the map, or a negative error. */
static int vex_prefix(struct dec *d, const struct x86_insn *out)
{
    const u8 *p = d->code + d->pos;
    unsigned b1 = p[1], b2, map = 1;

    if (d->pos + (*p == 0xc4 ? 4 : 3) > d->limit)
        return too_short(d);
    if (d->rex || d->rep || (out->pfx & (X86_PFX_LOCK | X86_PFX_OPSZ)))
        return X86_DECODE_UD;
    if (*p == 0xc5) {
        b2 = b1 & 0x7f;
        d->rex = (u8)(~b1 >> 5 & 4);
        d->pos += 2;
    } else {
        b2 = p[2];
        map = b1 & 31;
        d->rex = (u8)((~b1 >> 5 & 7) | (b2 >> 4 & 8));
        d->pos += 3;
    }
    if (out->mode != 64)
        d->rex &= 8; /* R and X cannot be set, B is ignored */
    d->vvvv = (u8)(~b2 >> 3 & 15);
    d->vexl = b2 >> 2 & 1;
    d->rep = b2 & 3;
    return map >= 1 && map <= 3 ? (int)(X86_MAP_VEX_0F + map - 1) : X86_DECODE_UD;
}

/* Escape bytes at pos; leaves pos behind them. */
static unsigned legacy_map(struct dec *d)
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

/* Index walk: row number, or a negative error. The byte at pos is the ModRM byte if there is one. */
ALWAYS_INLINE int walk(const struct dec *d, const struct x86_insn *out, unsigned entry, bool vex)
{
    while (!(entry & X86_TRIE_LEAF)) {
        unsigned kind = entry >> X86_TRIE_OFF_BITS, sel;
        const u16 *table = x86_trie + (entry & ((1u << X86_TRIE_OFF_BITS) - 1)) * X86_TRIE_UNIT;

        if (kind == X86_TRIE_REG || kind == X86_TRIE_MOD || kind == X86_TRIE_RM) {
            if (UNLIKELY(d->pos >= d->limit))
                return too_short(d);
            sel = kind == X86_TRIE_REG ? d->modrm >> 3 & 7 : kind == X86_TRIE_MOD ? d->modrm >= 0xc0 : d->modrm & 7;
        } else if (kind == X86_TRIE_PP) {
            sel = d->rep || vex ? d->rep : (out->pfx & X86_PFX_OPSZ) != 0;
        } else if (kind == X86_TRIE_W) {
            sel = d->rex >> 3 & 1;
        } else if (kind == X86_TRIE_L) {
            sel = d->vexl;
        } else if (kind == X86_TRIE_OSZ) {
            sel = d->rex & 8 ? 2 : !(out->pfx & X86_PFX_OPSZ);
        } else if (kind == X86_TRIE_ASZ) {
            sel = out->adsz >> 2;
        } else {
            sel = d->rex & 1;
        }
        entry = table[sel];
    }
    return entry == X86_TRIE_NONE ? X86_DECODE_UD : (int)(entry & ~X86_TRIE_LEAF);
}

/* Displacement bytes of a memory operand, sign-extended. False: the instruction ends before them. */
ALWAYS_INLINE bool displacement(struct dec *d, struct x86_insn *out, unsigned bytes)
{
    const u8 *p = d->code + d->pos;

    d->pos += bytes;
    if (UNLIKELY(d->pos > d->limit))
        return false;
    out->disp = bytes == 1 ? (i8)*p : bytes == 2 ? (i16)ld_u16(p) : (i32)ld_u32(p);
    return true;
}

static int mem16(struct dec *d, struct x86_insn *out, bool vsib)
{
    unsigned mod = d->modrm >> 6, rm = d->modrm & 7, bytes = mod;

    if (vsib)
        return X86_DECODE_UD;
    out->base = base16[rm];
    out->index = index16[rm];
    if (mod == 0 && rm == 6) {
        out->base = X86_REG_NONE;
        bytes = 2;
    }
    if (d->seg == X86_SEG_NONE && out->base == X86_RBP)
        out->seg = X86_SS;
    return !bytes || displacement(d, out, bytes) ? 0 : too_short(d);
}

/* ModRM (at d->modrm, already consumed) says memory: SIB, displacement, base and index. 0 or an error. */
ALWAYS_INLINE int mem_operand(struct dec *d, struct x86_insn *out, bool vsib)
{
    unsigned mod = d->modrm >> 6, rm = d->modrm & 7, bytes = mod == 2 ? 4 : mod;

    if (UNLIKELY(out->adsz == 2))
        return mem16(d, out, vsib);
    if (rm == 4) {
        unsigned sib = d->code[d->pos], index = (sib >> 3 & 7) | (d->rex & 2u) << 2;

        d->pos++;
        rm = sib & 7;
        out->scale = sib >> 6;
        out->index = vsib || index != 4 ? (u8)index : X86_REG_NONE;
        if (rm == 5 && mod == 0)
            bytes = 4;
        else
            out->base = (u8)(rm | (d->rex & 1u) << 3);
    } else if (UNLIKELY(vsib)) {
        return X86_DECODE_UD;
    } else if (rm == 5 && mod == 0) {
        bytes = 4;
        if (out->mode == 64)
            out->pfx |= X86_PFX_RIPREL;
    } else {
        out->base = (u8)(rm | (d->rex & 1u) << 3);
    }
    if (UNLIKELY(out->mode != 64) && d->seg == X86_SEG_NONE && (out->base == X86_RSP || out->base == X86_RBP))
        out->seg = X86_SS;
    if (UNLIKELY(vsib))
        out->pfx |= X86_PFX_VSIB;
    return !bytes || displacement(d, out, bytes) ? 0 : too_short(d);
}

/* Bytes that the immediates of a row take. */
ALWAYS_INLINE unsigned imm_bytes(const struct x86_insn *out, unsigned rule)
{
    switch (rule) {
    case X86_IMM_NONE:
        return 0;
    case X86_IMM_B:
    case X86_IMM_BS:
    case X86_IMM_JB:
    case X86_IMM_IS4:
        return 1;
    case X86_IMM_W:
    case X86_IMM_B2:
        return 2;
    case X86_IMM_W2:
        return 3;
    case X86_IMM_Z:
    case X86_IMM_JZ:
        return out->opsz == 2 ? 2 : 4;
    case X86_IMM_V:
        return out->opsz;
    case X86_IMM_MOFFS:
        return out->adsz;
    case X86_IMM_FAR:
        return out->opsz == 2 ? 4 : 6;
    default:
        return 4;
    }
}

/* Reads the immediates; pos must already stand behind them (RIP-relative targets count from there). */
ALWAYS_INLINE void read_imm(struct x86_insn *out, const u8 *p, unsigned rule, gaddr next)
{
    u64 raw;

    switch (rule) {
    case X86_IMM_B:
    case X86_IMM_IS4:
        out->imm = *p;
        break;
    case X86_IMM_BS:
        out->imm = zext((u64)(i64)(i8)*p, out->opsz);
        break;
    case X86_IMM_W:
        out->imm = ld_u16(p);
        break;
    case X86_IMM_B2:
        out->imm = p[0] | (u64)p[1] << 32;
        break;
    case X86_IMM_W2:
        out->imm = ld_u16(p) | (u64)p[2] << 32;
        break;
    case X86_IMM_Z:
        out->imm = out->opsz == 2 ? ld_u16(p) : zext((u64)(i64)(i32)ld_u32(p), out->opsz);
        break;
    case X86_IMM_V:
        out->imm = out->opsz == 8 ? ld_u64(p) : out->opsz == 4 ? ld_u32(p) : ld_u16(p);
        break;
    case X86_IMM_JB:
    case X86_IMM_JZ:
        raw = next + (u64)(rule == X86_IMM_JB ? (i64)(i8)*p : out->opsz == 2 ? (i64)(i16)ld_u16(p) : (i64)(i32)ld_u32(p));
        out->imm = zext(raw, out->opsz);
        break;
    case X86_IMM_MOFFS:
        out->disp = (i64)(out->adsz == 8 ? ld_u64(p) : out->adsz == 4 ? ld_u32(p) : ld_u16(p));
        break;
    case X86_IMM_FAR:
        out->imm = out->opsz == 2 ? ld_u16(p) | (u64)ld_u16(p + 2) << 32 : ld_u32(p) | (u64)ld_u16(p + 4) << 32;
        break;
    default:
        out->imm = ld_u32(p);
    }
}

/* AH CH DH BH are registers 4-7 of byte size without a REX prefix. */
ALWAYS_INLINE void set_gpr(struct x86_operand *o, unsigned reg, bool rex)
{
    o->kind = X86_OPK_GPR;
    o->reg = (u8)reg;
    if (o->size == 1 && !rex && (reg & 12) == 4) {
        o->kind = X86_OPK_GPR_HIGH;
        o->reg = (u8)(reg & 3);
    }
}

/* One operand; false: the encoding is illegal. */
ALWAYS_INLINE bool fill(const struct dec *d, struct x86_insn *out, const struct x86_opspec *s, struct x86_operand *o, bool vex,
                        unsigned col)
{
    static const u8 plain_kind[] = {
        [X86_SPEC_I] = X86_OPK_IMM, [X86_SPEC_I2] = X86_OPK_IMM, [X86_SPEC_ONE] = X86_OPK_IMM, [X86_SPEC_J] = X86_OPK_REL,
        [X86_SPEC_O] = X86_OPK_MEM, [X86_SPEC_M] = X86_OPK_MEM, [X86_SPEC_VM] = X86_OPK_MEM, [X86_SPEC_X] = X86_OPK_SI,
        [X86_SPEC_Y] = X86_OPK_DI, [X86_SPEC_A] = X86_OPK_FAR, [X86_SPEC_ST0] = X86_OPK_ST, [X86_SPEC_SREG] = X86_OPK_SREG,
        [X86_SPEC_XMM0] = X86_OPK_VEC,
    };
    unsigned reg = (d->modrm >> 3 & 7) | (d->rex & 4u) << 1, rm = (d->modrm & 7) | (d->rex & 1u) << 3;
    bool rex = d->rex || vex, is_mem = d->modrm < 0xc0;

    o->size = operand_bytes[s->size][col];
    switch (s->spec) {
    case X86_SPEC_E:
        if (is_mem)
            o->kind = X86_OPK_MEM;
        else
            set_gpr(o, rm, rex);
        return true;
    case X86_SPEC_G:
        set_gpr(o, reg, rex);
        return true;
    case X86_SPEC_R:
        set_gpr(o, rm, rex);
        return true;
    case X86_SPEC_Z:
        set_gpr(o, (d->code[d->pos - 1] & 7u) | (d->rex & 1u) << 3, rex);
        return true;
    case X86_SPEC_B:
        o->kind = X86_OPK_GPR;
        o->reg = out->mode == 64 ? d->vvvv : d->vvvv & 7;
        return true;
    case X86_SPEC_GPR:
        set_gpr(o, s->reg, false);
        return true;
    case X86_SPEC_V:
        o->kind = X86_OPK_VEC;
        o->reg = (u8)reg;
        return true;
    case X86_SPEC_W:
        if (is_mem) {
            o->kind = X86_OPK_MEM;
            return true;
        } /* fall through */
    case X86_SPEC_U:
        o->kind = X86_OPK_VEC;
        o->reg = (u8)rm;
        return true;
    case X86_SPEC_H:
        o->kind = X86_OPK_VEC;
        o->reg = out->mode == 64 ? d->vvvv : d->vvvv & 7;
        return true;
    case X86_SPEC_L:
        o->kind = X86_OPK_VEC;
        o->reg = (u8)(out->imm >> 4 & (out->mode == 64 ? 15 : 7));
        return true;
    case X86_SPEC_P:
        o->kind = X86_OPK_MMX;
        o->reg = (u8)(reg & 7);
        return true;
    case X86_SPEC_Q:
        o->kind = is_mem ? X86_OPK_MEM : X86_OPK_MMX;
        o->reg = is_mem ? 0 : (u8)(rm & 7);
        return true;
    case X86_SPEC_N:
        o->kind = X86_OPK_MMX;
        o->reg = (u8)(rm & 7);
        return true;
    case X86_SPEC_STI:
        o->kind = X86_OPK_ST;
        o->reg = d->modrm & 7;
        return true;
    case X86_SPEC_S: /* REX.R is ignored; CS cannot be loaded */
        o->kind = X86_OPK_SREG;
        o->reg = (u8)(reg & 7);
        return o->reg <= X86_GS && !(o->reg == X86_CS && (s->access & X86_ACC_W));
    case X86_SPEC_C: /* CR0, 2, 3, 4, 8 exist */
        o->kind = X86_OPK_CREG;
        o->reg = (u8)reg;
        return reg < 16 && (0x11d >> reg & 1);
    case X86_SPEC_D:
        o->kind = X86_OPK_DREG;
        o->reg = (u8)reg;
        return reg < 8;
    default:
        o->kind = plain_kind[s->spec];
        o->reg = s->reg;
        if (s->spec == X86_SPEC_I2)
            o->reg = 1;
        else if (s->spec == X86_SPEC_ONE)
            out->imm = 1;
        return true;
    }
}

/* Operands after everything else of the instruction has been read. */
ALWAYS_INLINE int fill_operands(const struct dec *d, struct x86_insn *out, const struct x86_dec *row, bool vex, unsigned col)
{
    for (unsigned i = 0; i < row->nopnd; i++)
        if (UNLIKELY(!fill(d, out, &row->opnd[i], &out->opnd[i], vex, col)))
            return X86_DECODE_UD;
    return 0;
}

/* What follows the opcode byte, for the row that the index chose. d->pos stands behind the opcode. */
ALWAYS_INLINE int body(struct dec *d, struct x86_insn *out, const struct x86_dec *row, bool vex, gaddr pc)
{
    unsigned flags = row->flags, log2, col, nimm, opcode = d->code[d->pos - 1], imm_pos, m32 = out->mode != 64;
    int err;

    log2 = opsz_log2[m32][row->opsz][(d->rex >> 3 & 1) << 1 | ((out->pfx & X86_PFX_OPSZ) != 0)];
    out->opsz = (u8)(1u << log2);
    out->vl = row->vl == X86_VL_VEX ? (u8)(16u << d->vexl) : (u8)(row->vl << 3);
    out->cc = row->plus == X86_PLUS_CC ? opcode & 15 : 0;
    col = log2 | (out->vl & 32) >> 3;
    if (flags & X86_DEC_MODRM) {
        d->pos++;
        if (UNLIKELY(d->pos > d->limit))
            return too_short(d);
        if (d->modrm < 0xc0 && LIKELY(!(flags & X86_DEC_REGONLY))) {
            err = mem_operand(d, out, flags & X86_DEC_VSIB);
            if (UNLIKELY(err))
                return err;
        }
    }
    nimm = imm_bytes(out, row->imm);
    imm_pos = d->pos;
    if (UNLIKELY(imm_pos + nimm > d->limit))
        return too_short(d);
    if (nimm)
        read_imm(out, d->code + imm_pos, row->imm, pc + imm_pos + nimm);
    if (UNLIKELY(fill_operands(d, out, row, vex, col)))
        return X86_DECODE_UD;
    d->pos += nimm;
    if (out->pfx & X86_PFX_RIPREL)
        out->disp = (i64)zext((u64)out->disp + pc + d->pos, out->adsz);
    return 0;
}

/* Rules that hold across rows. */
ALWAYS_INLINE bool legal(const struct dec *d, const struct x86_insn *out, const struct x86_dec *row, bool vex)
{
    if (UNLIKELY(out->pfx & X86_PFX_LOCK) && (!(row->flags & X86_DEC_LOCK) || d->modrm >= 0xc0))
        return false;
    return !vex || !(row->flags & X86_DEC_NOVVVV) || d->vvvv == 0;
}

int x86_decode(struct x86_insn *out, const u8 *code, size_t avail, gaddr pc, unsigned mode)
{
    struct dec d = {.code = code, .limit = avail < X86_MAX_LEN ? (unsigned)avail : X86_MAX_LEN, .seg = X86_SEG_NONE};
    const struct x86_dec *dec;
    unsigned cls, opcode;
    bool vex = false;
    int map, row, err;

    *out = (struct x86_insn){.mode = (u8)mode, .base = X86_REG_NONE, .index = X86_REG_NONE};
    cls = prefixes(&d, out, mode);
    if (UNLIKELY(d.pos >= d.limit))
        return too_short(&d);
    out->adsz = mode == 64 ? (out->pfx & X86_PFX_ADSZ ? 4 : 8) : out->pfx & X86_PFX_ADSZ ? 2 : 4;
    if (UNLIKELY(cls == P_VEX) && mode != 64 && d.pos + 1 >= d.limit)
        return too_short(&d); /* LES/LDS or VEX: the next byte tells */
    if (UNLIKELY(cls == P_VEX) && (mode == 64 || code[d.pos + 1] >= 0xc0)) {
        vex = true;
        map = vex_prefix(&d, out);
        if (map < 0)
            return map;
    } else {
        map = (int)legacy_map(&d);
        if (d.rex)
            out->pfx |= X86_PFX_REX;
    }
    if (UNLIKELY(d.pos >= d.limit))
        return too_short(&d);
    opcode = code[d.pos++];
    d.modrm = code[d.pos];
    row = walk(&d, out, x86_roots[((mode != 64 ? X86_MAP_COUNT : 0u) + (unsigned)map) * 256 + opcode], vex);
    if (UNLIKELY(row < 0))
        return row;
    dec = &x86_dec[row];
    out->row = (u16)row;
    out->op = dec->op;
    out->nopnd = dec->nopnd;
    out->seg = d.seg != X86_SEG_NONE || mode == 64 ? d.seg : X86_DS;
    err = body(&d, out, dec, vex, pc);
    if (UNLIKELY(err))
        return err;
    if (UNLIKELY(!legal(&d, out, dec, vex)))
        return X86_DECODE_UD;
    if (UNLIKELY(d.rep) && !vex && !(dec->flags & X86_DEC_MANDREP))
        out->pfx |= d.rep == 2 ? X86_PFX_REP : X86_PFX_REPNE;
    out->len = (u8)d.pos;
    return (int)d.pos;
}
