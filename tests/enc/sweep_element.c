/*
 * sweep_element.c - moving elements, vector immediates, cryptography, structure loads and stores.
 */
#include <stdio.h>

#include "dynarec/arm64/enc_fp.h"
#include "judge.h"

typedef u32 (*enc2)(unsigned, unsigned);
typedef u32 (*enc3)(unsigned, unsigned, unsigned);
typedef u32 (*enc5)(unsigned, unsigned, unsigned, unsigned, unsigned);

static void permute(const char *mn, enc5 enc)
{
    unsigned r[4];
    for (unsigned k = 0; k < 8 * PICKS; k++) {
        unsigned q = k >> 7 & 1, s = k >> 8;
        pick(k, r);
        if (q || s < 3)
            want(enc(q, s, r[0], r[1], r[2]), "%s %s, %s, %s", mn, vec(q, s, r[0]), vec(q, s, r[1]),
                 vec(q, s, r[2]));
    }
}

/* "v31.16b, v0.16b": the registers of a list follow each other, v0 after v31. */
static const char *registers(unsigned q, unsigned size, unsigned first, unsigned regs)
{
    static char text[64];
    int at = 0;
    for (unsigned i = 0; i < regs; i++)
        at += snprintf(text + at, sizeof text - (size_t)at, "%s%s", i ? ", " : "",
                       vec(q, size, (first + i) & 31));
    return text;
}

static void table(const char *mn, enc5 enc)
{
    unsigned r[4];
    for (unsigned k = 0; k < 8 * PICKS; k++) {
        unsigned q = k >> 7 & 1, regs = 1 + (k >> 8);
        pick(k, r);
        want(enc(q, regs, r[0], r[1], r[2]), "%s %s, {%s}, %s", mn, vec(q, 0, r[0]),
             registers(1, 0, r[1], regs), vec(q, 0, r[2]));
    }
}

/* Every element of every size. */
static void elements(void)
{
    unsigned r[4];
    for (unsigned k = 0; k < 30 * 32; k++) {
        unsigned i = k % 30;
        unsigned s = i < 16 ? 0 : i < 24 ? 1 : i < 28 ? 2 : 3;
        unsigned index = i - (i < 16 ? 0 : i < 24 ? 16 : i < 28 ? 24 : 28);
        unsigned other = below(16u >> s), q = s == 3 ? 1 : k & 1, x = s == 3;
        pick(k / 15 & 63, r);
        want(a64_v_dup_elem(q, s, r[0], r[1], index), "dup %s, %s", vec(q, s, r[0]),
             lane(s, r[1], index));
        want(a64_v_dup_gpr(q, s, r[0], r[1]), "dup %s, %s", vec(q, s, r[0]), gx(x, r[1]));
        want(a64_v_ins_elem(s, r[0], index, r[1], other), "ins %s, %s", lane(s, r[0], index),
             lane(s, r[1], other));
        want(a64_v_ins_gpr(s, r[0], index, r[1]), "ins %s, %s", lane(s, r[0], index), gx(x, r[1]));
        want(a64_v_umov(s, r[0], r[1], index), "umov %s, %s", gx(x, r[0]), lane(s, r[1], index));
        want(a64_sc_dup(s, r[0], r[1], index), "mov %s, %s", sca(s, r[0]), lane(s, r[1], index));
        if (s < 3)
            want(a64_v_smov(s == 2 ? 1 : q, s, r[0], r[1], index), "smov %s, %s",
                 gx(s == 2 ? 1 : q, r[0]), lane(s, r[1], index));
        want(a64_ld1_lane(s, r[0], index, r[1]), "ld1 {v%u.%c}[%u], [%s]", r[0], "bhsd"[s], index,
             gsp(1, r[1]));
        want(a64_st1_lane(s, r[0], index, r[1]), "st1 {v%u.%c}[%u], [%s]", r[0], "bhsd"[s], index,
             gsp(1, r[1]));
    }
}

static void structures(void)
{
    unsigned r[4];
    for (unsigned k = 0; k < 32 * 32; k++) {
        unsigned q = k & 1, s = k >> 1 & 3, regs = 1 + (k >> 3 & 3), bytes = (8u << q) * regs;
        pick(k >> 4, r);
        const char *list = registers(q, s, r[0], regs), *base = gsp(1, r[1]);
        want(a64_ld1(q, s, regs, r[0], r[1]), "ld1 {%s}, [%s]", list, base);
        want(a64_st1(q, s, regs, r[0], r[1]), "st1 {%s}, [%s]", list, base);
        want(a64_ld1_post(q, s, regs, r[0], r[1]), "ld1 {%s}, [%s], #%u", list, base, bytes);
        want(a64_st1_post(q, s, regs, r[0], r[1]), "st1 {%s}, [%s], #%u", list, base, bytes);
        want(a64_ld1r(q, s, r[0], r[1]), "ld1r {%s}, [%s]", vec(q, s, r[0]), base);
    }
}

/* imm8 as MOVI's 64-bit form spreads it: a byte for each bit. */
static unsigned long long spread(unsigned imm8)
{
    unsigned long long value = 0;
    for (unsigned i = 0; i < 8; i++)
        value |= (imm8 >> i & 1 ? 0xffull : 0) << 8 * i;
    return value;
}

/* Text for one (op, cmode) of the modified immediates; false if it is not a move. */
static bool modified(char *text, size_t room, unsigned q, unsigned op, unsigned cmode, unsigned rd,
                     unsigned imm8)
{
    const char *mn = op ? "mvni" : "movi";
    if (cmode < 8 && !(cmode & 1))
        snprintf(text, room, "%s %s, #%u, lsl #%u", mn, vec(q, 2, rd), imm8, 4 * cmode);
    else if (cmode == 8 || cmode == 10)
        snprintf(text, room, "%s %s, #%u, lsl #%u", mn, vec(q, 1, rd), imm8, 4 * (cmode - 8));
    else if (cmode == 12 || cmode == 13)
        snprintf(text, room, "%s %s, #%u, msl #%u", mn, vec(q, 2, rd), imm8, 8 * (cmode - 11));
    else if (cmode == 14 && !op)
        snprintf(text, room, "movi %s, #%u", vec(q, 0, rd), imm8);
    else if (cmode == 14)
        snprintf(text, room, "movi %s, #0x%llx", q ? vec(1, 3, rd) : sca(3, rd), spread(imm8));
    else if (cmode == 15 && (!op || q)) {
        double value = (16 + (imm8 & 15)) / 16.0 * (imm8 & 128 ? -1 : 1);
        unsigned e = (imm8 >> 4 & 7) ^ 4; /* 2^(e - 3) */
        snprintf(text, room, "fmov %s, #%.8f", vec(q, 2 + op, rd), value * (1 << e) / 8);
    } else
        return false;
    return true;
}

static void immediates(void)
{
    char text[80];
    for (unsigned k = 0; k < 64 * 256; k++) {
        unsigned q = k & 1, op = k >> 1 & 1, cmode = k >> 2 & 15, imm8 = k >> 6, rd = below(32);
        if (modified(text, sizeof text, q, op, cmode, rd, imm8))
            want(a64_v_movi(q, rd, A64_VIMM(op, cmode, imm8)), "%s", text);
    }
    for (unsigned k = 0; k < 6 * 256; k++) {
        unsigned at = k % 6, imm8 = k / 6, q = k / 6 & 1, s = at < 4 ? 2 : 1, rd = below(32);
        unsigned byte = at & 3;
        want(a64_v_orr_imm(q, s, rd, imm8, byte), "orr %s, #%u, lsl #%u", vec(q, s, rd), imm8,
             8 * byte);
        want(a64_v_bic_imm(q, s, rd, imm8, byte), "bic %s, #%u, lsl #%u", vec(q, s, rd), imm8,
             8 * byte);
    }
}

/* An operand of the crypto instructions by letter: s, q, b = 16 bytes, w = 4 words. */
static const char *operand(char letter, unsigned reg)
{
    switch (letter) {
    case 's': return sca(2, reg);
    case 'q': return sca(4, reg);
    case 'b': return vec(1, 0, reg);
    default: return vec(1, 2, reg);
    }
}

static void crypto2(const char *mn, enc2 enc)
{
    const char *shape = mn[0] == 'a' ? "bb" : mn[4] == 'h' ? "ss" : "ww";
    unsigned r[4];
    for (unsigned k = 0; k < 64; k++) {
        pick(k, r);
        want(enc(r[0], r[1]), "%s %s, %s", mn, operand(shape[0], r[0]), operand(shape[1], r[1]));
    }
}

static void crypto3(const char *mn, enc3 enc)
{
    bool sha1 = mn[3] == '1';
    const char *shape = mn[sha1 ? 4 : 6] == 's' ? "www" : sha1 ? "qsw" : "qqw";
    unsigned r[4];
    for (unsigned k = 0; k < PICKS; k++) {
        pick(k, r);
        want(enc(r[0], r[1], r[2]), "%s %s, %s, %s", mn, operand(shape[0], r[0]),
             operand(shape[1], r[1]), operand(shape[2], r[2]));
    }
}

#define PERMUTE(mn, op) permute(#mn, a64_v_##mn);
#define TABLE(mn, word) table(#mn, a64_v_##mn);
#define CRYPTO2(mn, word) crypto2(#mn, a64_v_##mn);
#define CRYPTO3(mn, word) crypto3(#mn, a64_v_##mn);

void sweep_element(void)
{
    unsigned r[4];
    A64_LIST_VPERM(PERMUTE)
    A64_LIST_VTBL(TABLE)
    A64_LIST_CRYPTO2(CRYPTO2)
    A64_LIST_CRYPTO3(CRYPTO3)
    for (unsigned k = 0; k < 2 * PICKS; k++) {
        unsigned q = k >> 7, first = below(8u << q);
        pick(k, r);
        want(a64_v_ext(q, r[0], r[1], r[2], first), "ext %s, %s, %s, #%u", vec(q, 0, r[0]),
             vec(q, 0, r[1]), vec(q, 0, r[2]), first);
    }
    elements();
    structures();
    immediates();
}
