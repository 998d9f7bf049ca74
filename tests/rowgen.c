/*
 * rowgen.c - see rowgen.h.
 */
#include <string.h>

#include "rowgen.h"
#include "x86/decode.h"
#include "x86/decode_tab.h"

struct enc {
    struct rowgen *g;
    struct rng *r;
    const struct x86_row *row;
    unsigned pos, mode, flags, bits; /* bits: W R X B */
};

static void put(struct enc *e, unsigned byte)
{
    e->g->bytes[e->pos++] = (u8)byte;
}

static bool has_spec(const struct x86_row *row, unsigned spec)
{
    for (unsigned i = 0; i < row->nopnd; i++)
        if (row->opnd[i].spec == spec)
            return true;
    return false;
}

/* 66, 67, segment, LOCK and repeat prefixes in a random order of groups. */
static void legacy_prefixes(struct enc *e, bool is_mem, bool lock)
{
    static const u8 segs[6] = {0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65};
    const struct x86_row *row = e->row;
    bool vex = row->map >= X86_MAP_VEX_0F, free66 = row->pp == X86_PP_ANY || row->pp == X86_PP_NREP;
    bool d64 = row->attr & (X86_ATTR_D64 | X86_ATTR_F64), o16 = row->osz == 2;

    if (!vex && (o16 || (free66 && !row->osz && rng_one_in(e->r, 4)) ||
                 ((row->pp == X86_PP_F3 || row->pp == X86_PP_F2) && rng_one_in(e->r, 8)) ||
                 (d64 && row->osz == 8 && rng_one_in(e->r, 99))))
        put(e, 0x66);
    if (row->asz && row->asz != (e->mode == 64 ? 8 : 4))
        put(e, 0x67);
    else if (!row->asz && !(e->flags & ROWGEN_NO_ADSZ) && rng_one_in(e->r, 12))
        put(e, 0x67);
    if (!(e->flags & ROWGEN_NO_SEG) && rng_one_in(e->r, is_mem ? 8 : 64))
        put(e, segs[rng_one_in(e->r, 3) ? rng_below(e->r, 6) : 4 + rng_below(e->r, 2)]);
    if (lock)
        put(e, 0xf0);
    if ((row->attr & X86_ATTR_REP) && !rng_one_in(e->r, 3))
        put(e, rng_one_in(e->r, 2) ? 0xf2 : 0xf3);
    if (!vex && row->pp >= X86_PP_66 && row->pp <= X86_PP_F2)
        put(e, row->pp == X86_PP_66 ? 0x66 : row->pp == X86_PP_F3 ? 0xf3 : 0xf2);
}

static void rex_prefix(struct enc *e)
{
    const struct x86_row *row = e->row;
    bool need_w = row->w == 1 || (row->osz == 8 && !(row->attr & (X86_ATTR_D64 | X86_ATTR_F64)));

    if (e->mode != 64)
        return;
    if (need_w || (row->w < 0 && !row->osz && rng_one_in(e->r, 3)))
        e->bits |= 8;
    if (e->bits || rng_one_in(e->r, 4))
        put(e, 0x40 | e->bits);
}

static void vex_prefix(struct enc *e)
{
    static const u8 pp[] = {0, 0, 1, 2, 3};
    const struct x86_row *row = e->row;
    unsigned w = row->w < 0 ? rng_below(e->r, 2) : (unsigned)row->w,
             l = row->l < 0 ? rng_below(e->r, 2) : (unsigned)row->l;
    unsigned v = has_spec(row, X86_SPEC_H) || has_spec(row, X86_SPEC_B)
                     ? rng_below(e->r, e->mode == 64 ? 16 : 8)
                     : 0;
    unsigned low = (~v & 15) << 3 | l << 2 | pp[row->pp];

    if (e->mode != 64)
        e->bits = 0;
    if (row->map == X86_MAP_VEX_0F && !(e->bits & 3) && !w && rng_one_in(e->r, 2)) {
        put(e, 0xc5);
        put(e, (~e->bits & 4) << 5 | low);
        return;
    }
    put(e, 0xc4);
    put(e, (~e->bits & 7) << 5 | (row->map - X86_MAP_VEX_0F + 1u));
    put(e, w << 7 | low);
}

static void opcode_bytes(struct enc *e)
{
    unsigned op = e->row->opcode;

    if (e->row->map == X86_MAP_0F || e->row->map == X86_MAP_0F38 || e->row->map == X86_MAP_0F3A)
        put(e, 0x0f);
    if (e->row->map == X86_MAP_0F38)
        put(e, 0x38);
    if (e->row->map == X86_MAP_0F3A)
        put(e, 0x3a);
    if (e->row->plus == X86_PLUS_R)
        op += rng_below(e->r, 8);
    else if (e->row->plus == X86_PLUS_CC)
        op += rng_below(e->r, 16);
    put(e, op);
}

static void displacement(struct enc *e, unsigned size)
{
    e->g->disp_off = size ? (u8)e->pos : 0;
    e->g->disp_size = (u8)size;
    for (unsigned i = 0; i < size; i++)
        put(e, rng_one_in(e->r, 2) ? (unsigned)rng_u64(e->r) & 255 : rng_one_in(e->r, 2) ? 0 : 255);
}

static void mem_modrm(struct enc *e, unsigned reg, bool a16)
{
    unsigned mod = rng_below(e->r, 3), rm = rng_below(e->r, 8), size = mod == 2 ? 4 : mod;

    if (has_spec(e->row, X86_SPEC_VM))
        rm = 4;
    put(e, mod << 6 | reg << 3 | rm);
    if (a16) {
        displacement(e, mod == 0 ? (rm == 6 ? 2 : 0) : mod);
        return;
    }
    if (rm == 4) {
        unsigned sib = (unsigned)rng_u64(e->r) & 255;

        put(e, sib);
        rm = sib & 7;
    }
    displacement(e, mod == 0 && rm == 5 ? 4 : size);
}

/* Immediates are whatever bytes follow: small, extreme and random ones. */
static void tail_bytes(struct enc *e)
{
    static const u64 pool[] = {0,
                               1,
                               2,
                               7,
                               8,
                               15,
                               31,
                               32,
                               63,
                               64,
                               0x7f,
                               0x80,
                               0xff,
                               0x7fff,
                               0x8000,
                               0xffff,
                               0x7fffffff,
                               0x80000000u,
                               0xffffffffu,
                               ~0ull,
                               0x8000000000000000ull,
                               0x7fffffffffffffffull,
                               0xffffffff80000000ull};
    u64 v = rng_one_in(e->r, 3) ? pool[rng_below(e->r, ARRAY_SIZE(pool))] : rng_u64(e->r);

    for (unsigned i = 0; i < 8; i++)
        put(e, (unsigned)(v >> 8 * i) & 255);
    put(e, (unsigned)rng_u64(e->r) & 255);
}

static bool wants_mem(struct enc *e)
{
    const struct x86_row *row = e->row;

    if (row->mod != X86_MOD_ANY || row->modrm == X86_MODRM_FIXED)
        return row->mod == X86_MOD_MEM || (row->modrm == X86_MODRM_FIXED && row->ext < 0xc0);
    if (e->flags & (ROWGEN_MEM | ROWGEN_REG))
        return e->flags & ROWGEN_MEM;
    return rng_one_in(e->r, 2);
}

static void encode_once(struct enc *e)
{
    const struct x86_row *row = e->row;
    bool is_mem = row->modrm != X86_MODRM_NONE && wants_mem(e);
    bool lock = (row->attr & X86_ATTR_LOCK) && is_mem && !(e->flags & ROWGEN_NO_LOCK) &&
                rng_one_in(e->r, 3),
         a16;
    unsigned reg = row->modrm == X86_MODRM_EXT ? row->ext : rng_below(e->r, 8);

    e->pos = 0;
    e->g->disp_off = e->g->disp_size = 0;
    e->bits = e->mode == 64 && !rng_one_in(e->r, 3) ? rng_below(e->r, 8) : 0;
    legacy_prefixes(e, is_mem, lock);
    a16 = e->mode == 32 && memchr(e->g->bytes, 0x67, e->pos);
    if (row->map >= X86_MAP_VEX_0F)
        vex_prefix(e);
    else
        rex_prefix(e);
    opcode_bytes(e);
    if (row->modrm == X86_MODRM_FIXED)
        put(e, row->ext);
    else if (is_mem)
        mem_modrm(e, reg, a16);
    else if (row->modrm != X86_MODRM_NONE)
        put(e, 0xc0 | reg << 3 | rng_below(e->r, 8));
    tail_bytes(e);
}

bool rowgen_encode(struct rowgen *g, struct rng *r, unsigned row, unsigned mode, gaddr pc,
                   unsigned flags)
{
    struct enc e = {.g = g, .r = r, .row = &x86_rows[row], .mode = mode, .flags = flags};

    if (!(e.row->modes & (mode == 64 ? 1 : 2)))
        return false;
    for (unsigned tries = 0; tries < 16; tries++) {
        int len;

        encode_once(&e);
        len = x86_decode(&g->insn, g->bytes, 16, pc, mode);
        if (len > 0 && g->insn.row == row) {
            g->len = (u8)len;
            return true;
        }
    }
    return false;
}
