/*
 * sweep_float.c - scalar floating point.
 */
#include "dynarec/arm64/enc_fp.h"
#include "judge.h"

typedef u32 (*enc3)(unsigned, unsigned, unsigned);
typedef u32 (*enc4)(unsigned, unsigned, unsigned, unsigned);
typedef u32 (*enc5)(unsigned, unsigned, unsigned, unsigned, unsigned);

/* A register by enum a64_fp: s, d or h. */
static const char *fp(unsigned type, unsigned reg)
{
    return sca(type == A64_FH ? 1 : 2 + type, reg);
}

static void three(const char *mn, enc4 enc)
{
    unsigned r[4];
    for (unsigned k = 0; k < 2 * PICKS; k++) {
        unsigned t = k >> 7;
        pick(k, r);
        want(enc(t, r[0], r[1], r[2]), "%s %s, %s, %s", mn, fp(t, r[0]), fp(t, r[1]), fp(t, r[2]));
    }
}

static void two(const char *mn, enc3 enc)
{
    unsigned r[4];
    for (unsigned k = 0; k < PICKS; k++) {
        unsigned t = k >> 6;
        pick(k & 63, r);
        want(enc(t, r[0], r[1]), "%s %s, %s", mn, fp(t, r[0]), fp(t, r[1]));
    }
}

static void four(const char *mn, enc5 enc)
{
    unsigned r[4];
    for (unsigned k = 0; k < 2 * PICKS; k++) {
        unsigned t = k >> 7;
        pick(k, r);
        want(enc(t, r[0], r[1], r[2], r[3]), "%s %s, %s, %s, %s", mn, fp(t, r[0]), fp(t, r[1]),
             fp(t, r[2]), fp(t, r[3]));
    }
}

static void compare(const char *mn, enc3 reg, u32 (*zero)(unsigned, unsigned), const char *cmn,
                    u32 (*cond_reg)(unsigned, unsigned, unsigned, unsigned, enum a64_cond))
{
    unsigned r[4];
    for (unsigned k = 0; k < 15 * 64; k++) {
        unsigned t = k & 1, nzcv = below(16), cond = k / 64;
        pick(k & 63, r);
        want(reg(t, r[0], r[1]), "%s %s, %s", mn, fp(t, r[0]), fp(t, r[1]));
        want(zero(t, r[0]), "%s %s, #0.0", mn, fp(t, r[0]));
        want(cond_reg(t, r[0], r[1], nzcv, cond), "%s %s, %s, #%u, %s", cmn, fp(t, r[0]),
             fp(t, r[1]), nzcv, cond_name[cond]);
    }
}

static void to_int(const char *mn, enc4 enc)
{
    unsigned r[4];
    for (unsigned k = 0; k < 4 * 64; k++) {
        unsigned sf = k & 1, t = k >> 7;
        pick(k >> 1 & 63, r);
        want(enc(sf, t, r[0], r[1]), "%s %s, %s", mn, gx(sf, r[0]), fp(t, r[1]));
    }
}

static void from_int(const char *mn, enc4 enc)
{
    unsigned r[4];
    for (unsigned k = 0; k < 4 * 64; k++) {
        unsigned sf = k & 1, t = k >> 7;
        pick(k >> 1 & 63, r);
        want(enc(sf, t, r[0], r[1]), "%s %s, %s", mn, fp(t, r[0]), gx(sf, r[1]));
    }
}

static void moves(void)
{
    unsigned r[4];
    for (unsigned k = 0; k < 64; k++) {
        pick(k, r);
        want(a64_fmov_to_gpr(0, r[0], r[1]), "fmov %s, %s", gx(0, r[0]), fp(0, r[1]));
        want(a64_fmov_to_gpr(1, r[0], r[1]), "fmov %s, %s", gx(1, r[0]), fp(1, r[1]));
        want(a64_fmov_from_gpr(0, r[0], r[1]), "fmov %s, %s", fp(0, r[0]), gx(0, r[1]));
        want(a64_fmov_from_gpr(1, r[0], r[1]), "fmov %s, %s", fp(1, r[0]), gx(1, r[1]));
        want(a64_fmov_top_to_gpr(r[0], r[1]), "fmov %s, %s", gx(1, r[0]), lane(3, r[1], 1));
        want(a64_fmov_top_from_gpr(r[0], r[1]), "fmov %s, %s", lane(3, r[0], 1), gx(1, r[1]));
    }
    for (unsigned imm8 = 0; imm8 < 256; imm8++) {
        int exponent = (int)((imm8 >> 4 & 7) ^ 4) - 3;
        double value = (16 + (imm8 & 15)) / 16.0 * (imm8 & 128 ? -1 : 1);
        value = exponent < 0 ? value / (1 << -exponent) : value * (1 << exponent);
        want(a64_fmov_imm(0, imm8 & 31, imm8), "fmov %s, #%.8f", fp(0, imm8 & 31), value);
        want(a64_fmov_imm(1, imm8 & 31, imm8), "fmov %s, #%.8f", fp(1, imm8 & 31), value);
    }
}

static void conversions(void)
{
    static const unsigned types[3] = {A64_FS, A64_FD, A64_FH};
    unsigned r[4];
    for (unsigned k = 0; k < 9 * 64; k++) {
        unsigned to = types[k / 64 % 3], from = types[k / 64 / 3];
        pick(k & 63, r);
        if (to != from)
            want(a64_fcvt(to, from, r[0], r[1]), "fcvt %s, %s", fp(to, r[0]), fp(from, r[1]));
    }
}

#define THREE(mn, op) three(#mn, a64_##mn);
#define TWO(mn, op) two(#mn, a64_##mn);
#define FOUR(mn, word) four(#mn, a64_##mn);
#define COMPARE(mn, cmn, op) compare(#mn, a64_##mn, a64_##mn##0, #cmn, a64_##cmn);
#define TO_INT(mn, op) to_int(#mn, a64_##mn);
#define FROM_INT(mn, op) from_int(#mn, a64_##mn);

void sweep_float(void)
{
    unsigned r[4];
    A64_LIST_F2(THREE)
    A64_LIST_F1(TWO)
    A64_LIST_F3(FOUR)
    A64_LIST_FCMP(COMPARE)
    A64_LIST_F2I(TO_INT)
    A64_LIST_I2F(FROM_INT)
    moves();
    conversions();
    for (unsigned k = 0; k < 15 * PICKS; k++) {
        unsigned t = below(2), cond = k / PICKS;
        pick(k, r);
        want(a64_fcsel(t, r[0], r[1], r[2], cond), "fcsel %s, %s, %s, %s", fp(t, r[0]), fp(t, r[1]),
             fp(t, r[2]), cond_name[cond]);
    }
}
