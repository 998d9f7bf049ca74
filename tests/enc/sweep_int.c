/*
 * sweep_int.c - integer data processing and its aliases.
 */
#include <string.h>

#include "dynarec/arm64/enc.h"
#include "judge.h"

typedef u32 (*enc2)(unsigned, unsigned);
typedef u32 (*enc3)(unsigned, unsigned, unsigned);
typedef u32 (*enc4)(unsigned, unsigned, unsigned, unsigned);
typedef u32 (*enc5)(unsigned, unsigned, unsigned, unsigned, unsigned);
typedef u32 (*enc_cond)(unsigned, unsigned, unsigned, unsigned, enum a64_cond);

static bool sets_flags(const char *mn)
{
    return mn[strlen(mn) - 1] == 's';
}

static bool is_addsub(const char *mn)
{
    return !strncmp(mn, "add", 3) || !strncmp(mn, "sub", 3);
}

static void shifted(const char *mn,
                    u32 (*enc)(unsigned, unsigned, unsigned, unsigned, enum a64_shift, unsigned))
{
    unsigned r[4], shifts = is_addsub(mn) ? 3 : 4;
    for (unsigned k = 0; k < 4 * PICKS; k++) {
        unsigned sf = k >> 7 & 1, shift = below(shifts);
        unsigned amount = (unsigned)edge(0, sf ? 63 : 31, 1);
        pick(k, r);
        want(enc(sf, r[0], r[1], r[2], shift, amount), "%s %s, %s, %s, %s #%u", mn, gx(sf, r[0]),
             gx(sf, r[1]), gx(sf, r[2]), shift_name[shift], amount);
    }
}

static void extended(const char *mn,
                     u32 (*enc)(unsigned, unsigned, unsigned, unsigned, enum a64_ext, unsigned))
{
    unsigned r[4];
    for (unsigned k = 0; k < 8 * PICKS; k++) {
        unsigned sf = k >> 7 & 1, ext = below(8), amount = below(5);
        pick(k, r);
        want(enc(sf, r[0], r[1], r[2], ext, amount), "%s %s, %s, %s, %s #%u", mn,
             sets_flags(mn) ? gx(sf, r[0]) : gsp(sf, r[0]), gsp(sf, r[1]),
             gx(sf && (ext & 3) == 3, r[2]), ext_name[ext], amount);
    }
}

static void addsub_imm(const char *mn, enc5 enc)
{
    unsigned r[4];
    for (unsigned k = 0; k < 4 * PICKS; k++) {
        unsigned sf = k >> 7 & 1, imm = (unsigned)edge(0, 4095, 1), lsl12 = below(2);
        pick(k & 63, r);
        want(enc(sf, r[0], r[1], imm, lsl12), "%s %s, %s, #%u, lsl #%u", mn,
             sets_flags(mn) ? gx(sf, r[0]) : gsp(sf, r[0]), gsp(sf, r[1]), imm, 12 * lsl12);
    }
}

/* Every immediate there is: element size, ones in a run, rotation. */
static void logic_imm(const char *mn, enc4 enc)
{
    unsigned r[4], k = 0;
    for (unsigned size = 2; size <= 64; size *= 2)
        for (unsigned ones = 1; ones < size; ones++)
            for (unsigned rotate = 0; rotate < size; rotate++, k++) {
                u64 run = (1ull << ones) - 1, value = 0;
                u64 element = rotate ? run << rotate | run >> (size - rotate) : run;
                unsigned sf = size == 64 ? 1 : k & 1;
                u32 bits = 0;
                if (size < 64)
                    element &= (1ull << size) - 1;
                for (unsigned at = 0; at < 64; at += size)
                    value |= element << at;
                if (!sf)
                    value &= 0xffffffff;
                if (!a64_bitmask(value, sf, &bits))
                    bits = 0;
                pick(k & 63, r);
                want(enc(sf, r[0], r[1], bits), "%s %s, %s, #0x%llx", mn,
                     sets_flags(mn) ? gx(sf, r[0]) : gsp(sf, r[0]), gx(sf, r[1]),
                     (unsigned long long)value);
            }
}

static void movw(const char *mn, enc4 enc)
{
    for (unsigned k = 0; k < 512; k++) {
        unsigned sf = k & 1, rd = k >> 1 & 31, hw = below(sf ? 4 : 2);
        unsigned imm = (unsigned)edge(0, 65535, 1);
        want(enc(sf, rd, imm, hw), "%s %s, #%u, lsl #%u", mn, gx(sf, rd), imm, 16 * hw);
    }
}

/* Two registers and two bit numbers of 0..31 or 0..63. */
static void bitfield(const char *mn, enc5 enc)
{
    unsigned r[4];
    for (unsigned k = 0; k < 8 * PICKS; k++) {
        unsigned sf = k >> 7 & 1, top = sf ? 63 : 31;
        unsigned a = (unsigned)edge(0, top, 1), b = (unsigned)edge(0, top, 1);
        pick(k & 63, r);
        want(enc(sf, r[0], r[1], a, b), "%s %s, %s, #%u, #%u", mn, gx(sf, r[0]), gx(sf, r[1]), a,
             b);
    }
}

static void lsb_width(const char *mn, enc5 enc)
{
    unsigned r[4];
    for (unsigned k = 0; k < 8 * PICKS; k++) {
        unsigned sf = k >> 7 & 1, bits = sf ? 64 : 32;
        unsigned lsb = (unsigned)edge(0, bits - 1, 1), width = (unsigned)edge(1, bits - lsb, 1);
        pick(k & 63, r);
        want(enc(sf, r[0], r[1], lsb, width), "%s %s, %s, #%u, #%u", mn, gx(sf, r[0]), gx(sf, r[1]),
             lsb, width);
    }
}

static void shift_imm(const char *mn, enc4 enc)
{
    unsigned r[4];
    for (unsigned k = 0; k < 4 * PICKS; k++) {
        unsigned sf = k >> 7 & 1, amount = (unsigned)edge(0, sf ? 63 : 31, 1);
        pick(k & 63, r);
        want(enc(sf, r[0], r[1], amount), "%s %s, %s, #%u", mn, gx(sf, r[0]), gx(sf, r[1]), amount);
    }
}

static void three(const char *mn, enc4 enc)
{
    unsigned r[4];
    for (unsigned k = 0; k < 2 * PICKS; k++) {
        unsigned sf = k >> 7 & 1;
        pick(k, r);
        want(enc(sf, r[0], r[1], r[2]), "%s %s, %s, %s", mn, gx(sf, r[0]), gx(sf, r[1]),
             gx(sf, r[2]));
    }
}

/* widths: a letter for each operand. */
static void three_fixed(const char *mn, enc3 enc, const char *widths)
{
    unsigned r[4];
    for (unsigned k = 0; k < PICKS; k++) {
        pick(k, r);
        want(enc(r[0], r[1], r[2]), "%s %s, %s, %s", mn, gx(widths[0] == 'x', r[0]),
             gx(widths[1] == 'x', r[1]), gx(widths[2] == 'x', r[2]));
    }
}

static void four(const char *mn, enc5 enc)
{
    unsigned r[4];
    for (unsigned k = 0; k < 2 * PICKS; k++) {
        unsigned sf = k >> 7 & 1;
        pick(k, r);
        want(enc(sf, r[0], r[1], r[2], r[3]), "%s %s, %s, %s, %s", mn, gx(sf, r[0]), gx(sf, r[1]),
             gx(sf, r[2]), gx(sf, r[3]));
    }
}

static void four_long(const char *mn, enc4 enc)
{
    unsigned r[4];
    for (unsigned k = 0; k < PICKS; k++) {
        pick(k, r);
        want(enc(r[0], r[1], r[2], r[3]), "%s %s, %s, %s, %s", mn, gx(1, r[0]), gx(0, r[1]),
             gx(0, r[2]), gx(1, r[3]));
    }
}

static void two(const char *mn, enc3 enc)
{
    unsigned r[4];
    for (unsigned k = 0; k < PICKS; k++) {
        unsigned sf = k >> 6 & 1;
        pick(k & 63, r);
        want(enc(sf, r[0], r[1]), "%s %s, %s", mn, gx(sf, r[0]), gx(sf, r[1]));
    }
}

static void two_fixed(const char *mn, enc2 enc, unsigned d64, unsigned n64)
{
    unsigned r[4];
    for (unsigned k = 0; k < 64; k++) {
        pick(k, r);
        want(enc(r[0], r[1]), "%s %s, %s", mn, gx(d64, r[0]), gx(n64, r[1]));
    }
}

static void select_cond(const char *mn, enc_cond enc)
{
    unsigned r[4];
    for (unsigned k = 0; k < 15 * 64; k++) {
        unsigned sf = k & 1, cond = k / 64;
        pick(k, r);
        want(enc(sf, r[0], r[1], r[2], cond), "%s %s, %s, %s, %s", mn, gx(sf, r[0]), gx(sf, r[1]),
             gx(sf, r[2]), cond_name[cond]);
    }
}

static void set_cond(const char *mn, u32 (*enc)(unsigned, unsigned, enum a64_cond))
{
    for (unsigned k = 0; k < 14 * 64; k++) {
        unsigned sf = k & 1, rd = k >> 1 & 31, cond = k / 64;
        want(enc(sf, rd, cond), "%s %s, %s", mn, gx(sf, rd), cond_name[cond]);
    }
}

static void compare_cond(const char *mn, enc_cond reg, enc_cond imm)
{
    unsigned r[4];
    for (unsigned k = 0; k < 15 * 64; k++) {
        unsigned sf = k & 1, cond = k / 64, nzcv = below(16);
        pick(k, r);
        want(reg(sf, r[0], r[1], nzcv, cond), "%s %s, %s, #%u, %s", mn, gx(sf, r[0]), gx(sf, r[1]),
             nzcv, cond_name[cond]);
        want(imm(sf, r[0], r[1], nzcv, cond), "%s %s, #%u, #%u, %s", mn, gx(sf, r[0]), r[1], nzcv,
             cond_name[cond]);
    }
}

static void compare_imm(void)
{
    for (unsigned k = 0; k < 512; k++) {
        unsigned sf = k & 1, rn = k >> 1 & 31, imm = (unsigned)edge(0, 4095, 1), lsl12 = below(2);
        u64 mask = 1ull << (k >> 2 & (sf ? 63 : 31));
        u32 bits = 0;
        want(a64_cmp_imm(sf, rn, imm, lsl12), "cmp %s, #%u, lsl #%u", gsp(sf, rn), imm, 12 * lsl12);
        want(a64_cmn_imm(sf, rn, imm, lsl12), "cmn %s, #%u, lsl #%u", gsp(sf, rn), imm, 12 * lsl12);
        a64_bitmask(mask, sf, &bits);
        want(a64_tst_imm(sf, rn, bits), "tst %s, #0x%llx", gx(sf, rn), (unsigned long long)mask);
    }
}

static void move_sp(void)
{
    for (unsigned k = 0; k < 64; k++) {
        want(a64_mov_sp(k & 1, k >> 1, 31), "mov %s, %s", gsp(k & 1, k >> 1), gsp(k & 1, 31));
        want(a64_mov_sp(k & 1, 31, k >> 1), "mov %s, %s", gsp(k & 1, 31), gsp(k & 1, k >> 1));
    }
}

static void aliases(void)
{
    two("mov", a64_mov);
    two("mvn", a64_mvn);
    two("neg", a64_neg);
    two("negs", a64_negs);
    two("cmp", a64_cmp_reg);
    two("cmn", a64_cmn_reg);
    two("tst", a64_tst_reg);
    compare_imm();
    move_sp();
    set_cond("cset", a64_cset);
    set_cond("csetm", a64_csetm);
    shift_imm("lsl", a64_lsl_imm);
    shift_imm("lsr", a64_lsr_imm);
    shift_imm("asr", a64_asr_imm);
    shift_imm("ror", a64_ror_imm);
    lsb_width("ubfx", a64_ubfx);
    lsb_width("sbfx", a64_sbfx);
    lsb_width("bfxil", a64_bfxil);
    lsb_width("ubfiz", a64_ubfiz);
    lsb_width("sbfiz", a64_sbfiz);
    lsb_width("bfi", a64_bfi);
    two_fixed("uxtb", a64_uxtb, 0, 0);
    two_fixed("uxth", a64_uxth, 0, 0);
    two_fixed("sxtw", a64_sxtw, 1, 0);
    for (unsigned k = 0; k < 64; k++) {
        unsigned sf = k & 1, rd = k >> 1, rn = below(32);
        want(a64_sxtb(sf, rd, rn), "sxtb %s, %s", gx(sf, rd), gx(0, rn));
        want(a64_sxth(sf, rd, rn), "sxth %s, %s", gx(sf, rd), gx(0, rn));
    }
}

#define SHIFTED(mn, word) shifted(#mn, a64_##mn##_reg);
#define EXTENDED(mn, word) extended(#mn, a64_##mn##_ext);
#define ADDSUB_IMM(mn, word) addsub_imm(#mn, a64_##mn##_imm);
#define LOGIC_IMM(mn, word) logic_imm(#mn, a64_##mn##_imm);
#define MOVW(mn, word) movw(#mn, a64_##mn);
#define BITFIELD(mn, word) bitfield(#mn, a64_##mn);
#define THREE(mn, word) three(#mn, a64_##mn);
#define THREE_FIXED(mn, word, d, n, m) three_fixed(#mn, a64_##mn, #d #n #m);
#define FOUR(mn, word) four(#mn, a64_##mn);
#define FOUR_LONG(mn, word) four_long(#mn, a64_##mn);
#define TWO(mn, word) two(#mn, a64_##mn);
#define SELECT(mn, word) select_cond(#mn, a64_##mn);
#define COMPARE(mn, word) compare_cond(#mn, a64_##mn##_reg, a64_##mn##_imm);

void sweep_int(void)
{
    A64_LIST_SHIFTED(SHIFTED)
    A64_LIST_EXTENDED(EXTENDED)
    A64_LIST_ADDSUB_IMM(ADDSUB_IMM)
    A64_LIST_LOGIC_IMM(LOGIC_IMM)
    A64_LIST_MOVW(MOVW)
    A64_LIST_BITFIELD(BITFIELD)
    A64_LIST_DNM(THREE)
    A64_LIST_DNM_FIXED(THREE_FIXED)
    A64_LIST_DNMA(FOUR)
    A64_LIST_DNMA_LONG(FOUR_LONG)
    A64_LIST_DN(TWO)
    A64_LIST_CSEL(SELECT)
    A64_LIST_CCMP(COMPARE)
    two("rev", a64_rev);
    two_fixed("rev32", a64_rev32, 1, 1);
    for (unsigned k = 0; k < 4 * PICKS; k++) {
        unsigned r[4], sf = k >> 7 & 1, lsb = (unsigned)edge(0, sf ? 63 : 31, 1);
        pick(k, r);
        want(a64_extr(sf, r[0], r[1], r[2], lsb), "extr %s, %s, %s, #%u", gx(sf, r[0]),
             gx(sf, r[1]), gx(sf, r[2]), lsb);
    }
    aliases();
}
