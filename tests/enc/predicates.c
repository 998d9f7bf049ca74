/*
 * predicates.c - a64_fits_*, a64_bitmask, a64_vimm, a64_fp_imm8, a64_retarget and a64_branch_offset
 * against definitions written another way: all encodable values are listed, everything else is not.
 */
#include <stdlib.h>

#include "dynarec/arm64/enc_fp.h"
#include "judge.h"

static int by_value(const void *a, const void *b)
{
    u64 x = *(const u64 *)a, y = *(const u64 *)b;
    return x < y ? -1 : x > y;
}

static bool listed(const u64 *list, size_t n, u64 value)
{
    return bsearch(&value, list, n, sizeof *list, by_value) != NULL;
}

/* A value close to being encodable: a listed one, perhaps with a bit changed, or any. */
static u64 candidate(const u64 *list, size_t n)
{
    u64 value = list[rnd() % n];
    switch (below(4)) {
    case 0: return rnd();
    case 1: return value ^ 1ull << below(64);
    case 2: return value ^ (1ull << below(32)) * 0x100000001ull;
    default: return value;
    }
}

/* DecodeBitMasks of the manual for immN = 1 or 0. */
static bool decode_bitmask(unsigned n, unsigned immr, unsigned imms, u64 *value)
{
    unsigned len = 6;
    while (len && !((n << 6 | (~imms & 63)) >> len & 1))
        len--;
    if (!len)
        return false;
    unsigned size = 1u << len, s = imms & (size - 1), turn = immr & (size - 1);
    if (s == size - 1)
        return false;
    u64 element = 0;
    for (unsigned i = 0; i <= s; i++)
        element |= 1ull << ((i + size - turn) % size);
    *value = 0;
    for (unsigned at = 0; at < 64; at += size)
        *value |= element << at;
    return true;
}

static void check_bitmask(void)
{
    static u64 all[8192];
    size_t n = 0;
    for (unsigned i = 0; i < 8192; i++)
        if (decode_bitmask(i >> 12, i >> 6 & 63, i & 63, &all[n]))
            n++;
    qsort(all, n, sizeof all[0], by_value);
    for (unsigned i = 0; i < 200000; i++) {
        u64 value = i < n ? all[i] : candidate(all, n), back = 0;
        u32 bits = 0;
        unsigned sf = i & 1;
        u64 meant = sf ? value : (value & 0xffffffff) * 0x100000001ull;
        bool can = a64_bitmask(value, sf, &bits);
        expect(can == listed(all, n, meant), "a64_bitmask answers", value);
        if (can) {
            decode_bitmask(bits >> 22, bits >> 16 & 63, bits >> 10 & 63, &back);
            expect(back == meant && (sf || !(bits >> 22)), "a64_bitmask encodes", value);
        }
    }
    u32 bits;
    expect(!a64_bitmask(0, 1, &bits) && !a64_bitmask(~0ull, 1, &bits), "no 0, no -1", 0);
    expect(!a64_bitmask(0, 0, &bits) && !a64_bitmask(0xffffffff, 0, &bits), "nor in 32 bits", 0);
}

static u64 fp_value(unsigned type, unsigned imm8)
{
    unsigned b = imm8 >> 6 & 1, cd = imm8 >> 4 & 3, exponent = (b ? 0x7c : 0x80) + cd;
    u64 sign = imm8 >> 7, fraction = imm8 & 15;
    if (!type)
        return sign << 31 | (u64)exponent << 23 | fraction << 19;
    return sign << 63 | (u64)(exponent - 127 + 1023) << 52 | fraction << 48;
}

/* AdvSIMDExpandImm of the manual, the moves only. */
static bool expand(unsigned op, unsigned cmode, u64 imm8, u64 *value)
{
    u64 word = 0;
    *value = 0;
    if (cmode == 15) {
        *value = op ? fp_value(1, (unsigned)imm8) : fp_value(0, (unsigned)imm8) * 0x100000001ull;
        return true;
    }
    if (cmode == 14) {
        for (unsigned i = 0; op && i < 8; i++)
            *value |= (imm8 >> i & 1) * (0xffull << 8 * i);
        if (!op)
            *value = imm8 * 0x0101010101010101ull;
        return true;
    }
    if (cmode >= 12)
        word = cmode == 12 ? imm8 << 8 | 0xff : imm8 << 16 | 0xffff;
    else if (cmode & 1)
        return false;
    else if (cmode >= 8)
        word = (imm8 << 4 * (cmode - 8)) * 0x10001;
    else
        word = imm8 << 4 * cmode;
    *value = (op ? ~word & 0xffffffff : word) * 0x100000001ull;
    return true;
}

/* q: the vector has 128 bits. */
static void check_vimm(unsigned q)
{
    static u64 all[8192];
    size_t n = 0;
    for (unsigned i = 0; i < 8192; i++) {
        unsigned op = i & 1, cmode = i >> 1 & 15;
        if ((q || !op || cmode != 15) && expand(op, cmode, i >> 5, &all[n]))
            n++;
    }
    qsort(all, n, sizeof all[0], by_value);
    for (unsigned i = 0; i < 200000; i++) {
        u64 value = i < n ? all[i] : candidate(all, n), back = 0;
        u32 bits = 0;
        bool can = a64_vimm(value, q, &bits);
        expect(can == listed(all, n, value), "a64_vimm answers", value);
        if (can) {
            expand(bits >> 29 & 1, bits >> 12 & 15, (bits >> 16 & 7) << 5 | (bits >> 5 & 31),
                   &back);
            expect(back == value, "a64_vimm encodes", value);
            expect(!(bits & ~0x2007f3e0u), "a64_vimm fills its fields only", value);
        }
    }
}

static void check_fp_imm8(void)
{
    static u64 all[2][256];
    for (unsigned i = 0; i < 512; i++)
        all[i & 1][i >> 1] = fp_value(i & 1, i >> 1);
    qsort(all[0], 256, sizeof(u64), by_value);
    qsort(all[1], 256, sizeof(u64), by_value);
    for (unsigned i = 0; i < 100000; i++) {
        unsigned type = i & 1, imm8 = 0;
        u64 value = i < 512 ? all[type][i >> 1] : candidate(all[type], 256);
        if (!type)
            value &= 0xffffffff;
        bool can = a64_fp_imm8(type, value, &imm8);
        expect(can == listed(all[type], 256, value), "a64_fp_imm8 answers", value);
        expect(!can || fp_value(type, imm8) == value, "a64_fp_imm8 encodes", value);
    }
}

/* A value near the edges of what `bits` bits hold, in steps. */
static i64 near_edge(unsigned bits)
{
    i64 edge_at = 1ll << (bits - below(3));
    return (below(2) ? -edge_at : edge_at) + (i64)below(33) - 16;
}

static void check_fits(void)
{
    for (unsigned i = 0; i < 200000; i++) {
        unsigned size = below(5), lsl12 = 0;
        i64 off = near_edge(4 + below(32)), unit = 1ll << size;
        expect(a64_fits_uimm(size, off) == (off >= 0 && off % unit == 0 && off / unit < 4096),
               "uimm", (u64)off);
        expect(a64_fits_simm9(off) == (off >= -256 && off <= 255), "simm9", (u64)off);
        expect(a64_fits_simm7(size, off) ==
                   (off % unit == 0 && off / unit >= -64 && off / unit <= 63),
               "simm7", (u64)off);
        expect(a64_fits_addsub((u64)off, &lsl12) ==
                   (off >= 0 && (off < 4096 || (off % 4096 == 0 && off < 4096 * 4096))),
               "addsub", (u64)off);
        expect(lsl12 == (off < 0 || off > 4095), "addsub's shift", (u64)off);
        expect(a64_fits_b(off) == (off % 4 == 0 && off >= -0x8000000 && off < 0x8000000), "b",
               (u64)off);
        expect(a64_fits_b19(off) == (off % 4 == 0 && off >= -0x100000 && off < 0x100000), "b19",
               (u64)off);
        expect(a64_fits_tb(off) == (off % 4 == 0 && off >= -0x8000 && off < 0x8000), "tb",
               (u64)off);
        expect(a64_fits_adr(off) == (off >= -0x100000 && off < 0x100000), "adr", (u64)off);
        expect(a64_fits_adrp(off * 1024) == (off % 4 == 0 && off >= -0x400000 && off < 0x400000),
               "adrp", (u64)off);
    }
}

/* The i-th pc-relative instruction with registers and bits from `seed`. */
static u32 relative(unsigned i, u64 seed, i64 off)
{
    unsigned rt = seed & 31, sf = seed >> 5 & 1, bit = seed >> 6 & 63, cond = seed % 15;
    switch (i) {
    case 0: return a64_b(off);
    case 1: return a64_bl(off);
    case 2: return a64_bcond(cond, off);
    case 3: return a64_cbz(sf, rt, off);
    case 4: return a64_cbnz(sf, rt, off);
    case 5: return a64_tbz(rt, bit, off);
    case 6: return a64_tbnz(rt, bit, off);
    case 7: return a64_ldr_lit(sf, rt, off);
    case 8: return a64_ldrsw_lit(rt, off);
    case 9: return a64_ldr_v_lit(2 + bit % 3, rt, off);
    default: return a64_adr(rt, off);
    }
}

static i64 relative_offset(unsigned i)
{
    if (i < 2)
        return edge(-0x8000000, 0x7fffffc, 4);
    if (i == 5 || i == 6)
        return edge(-0x8000, 0x7ffc, 4);
    return i < 10 ? edge(-0x100000, 0xffffc, 4) : edge(-0x100000, 0xfffff, 1);
}

static void check_retarget(void)
{
    for (unsigned k = 0; k < 110000; k++) {
        unsigned i = k % 11;
        u64 seed = rnd();
        i64 a = relative_offset(i), b = relative_offset(i), got = 0;
        u32 word = relative(i, seed, a);
        expect(a64_branch_offset(word, &got) && got == a, "a64_branch_offset", (u64)a);
        expect(a64_retarget(word, b) == relative(i, seed, b), "a64_retarget", (u64)b);
    }
    static const u32 others[] = {0xd503201f, 0xd61f0000, 0xd65f03c0, 0x91000400, 0xf9400000,
                                 0x90000000, 0xd4200000, 0x0b000000, 0x4e201c00, 0x1e602800};
    for (unsigned i = 0; i < ARRAY_SIZE(others); i++) {
        i64 got;
        expect(!a64_branch_offset(others[i], &got), "not relative to pc", others[i]);
        expect(a64_retarget(others[i], 64) == others[i], "kept", others[i]);
    }
}

void check_predicates(void)
{
    check_bitmask();
    check_vimm(0);
    check_vimm(1);
    check_fp_imm8();
    check_fits();
    check_retarget();
}
