/*
 * sweep_vector.c - vector arithmetic: the operands are whole vectors or element 0.
 */
#include "dynarec/arm64/enc_fp.h"
#include "judge.h"

typedef u32 (*enc2)(unsigned, unsigned);
typedef u32 (*enc3)(unsigned, unsigned, unsigned);
typedef u32 (*enc4)(unsigned, unsigned, unsigned, unsigned);
typedef u32 (*enc5)(unsigned, unsigned, unsigned, unsigned, unsigned);

/* The arrangements of k = 0..7: q and the element size; 1d only where a narrow operand is one. */
static bool shape(unsigned k, unsigned sizes, unsigned *q, unsigned *size)
{
    *q = k & 1;
    *size = k >> 1;
    return sizes >> *size & 1 && (*q || *size < 3);
}

static void same3(const char *mn, enc5 enc, unsigned sizes)
{
    unsigned r[4], q, s;
    for (unsigned k = 0; k < 8 * PICKS; k++) {
        pick(k, r);
        if (shape(k / PICKS, sizes, &q, &s))
            want(enc(q, s, r[0], r[1], r[2]), "%s %s, %s, %s", mn, vec(q, s, r[0]), vec(q, s, r[1]),
                 vec(q, s, r[2]));
    }
}

/* Floats and doubles; encoders take 0 and 1 for the sizes 2 and 3. */
static void float3(const char *mn, enc5 enc)
{
    unsigned r[4], q, s;
    for (unsigned k = 0; k < 8 * PICKS; k++) {
        pick(k, r);
        if (shape(k / PICKS, A64_SS | A64_SD, &q, &s))
            want(enc(q, s - 2, r[0], r[1], r[2]), "%s %s, %s, %s", mn, vec(q, s, r[0]),
                 vec(q, s, r[1]), vec(q, s, r[2]));
    }
}

static void bytes3(const char *mn, enc4 enc)
{
    unsigned r[4];
    for (unsigned k = 0; k < 2 * PICKS; k++) {
        unsigned q = k >> 7;
        pick(k, r);
        want(enc(q, r[0], r[1], r[2]), "%s %s, %s, %s", mn, vec(q, 0, r[0]), vec(q, 0, r[1]),
             vec(q, 0, r[2]));
    }
}

static void dot(const char *mn, enc4 enc)
{
    unsigned r[4];
    for (unsigned k = 0; k < 2 * PICKS; k++) {
        unsigned q = k >> 7;
        pick(k, r);
        want(enc(q, r[0], r[1], r[2]), "%s %s, %s, %s", mn, vec(q, 2, r[0]), vec(q, 0, r[1]),
             vec(q, 0, r[2]));
    }
}

/* wide: a bit for each operand that has elements of twice the size. */
static void mixed3(const char *mn, enc5 enc, unsigned sizes, unsigned wide)
{
    unsigned r[4];
    for (unsigned k = 0; k < 8 * PICKS; k++) {
        unsigned q = k >> 7 & 1, s = k >> 8;
        pick(k, r);
        if (sizes >> s & 1)
            want(enc(q, s, r[0], r[1], r[2]), "%s%s %s, %s, %s", mn, q ? "2" : "",
                 vec(wide & 1 ? 1 : q, s + (wide & 1), r[0]),
                 vec(wide & 2 ? 1 : q, s + (wide >> 1 & 1), r[1]),
                 vec(wide & 4 ? 1 : q, s + (wide >> 2), r[2]));
    }
}

/* after: ", #0" and the like. */
static void same2(const char *mn, enc4 enc, unsigned sizes, const char *after)
{
    unsigned r[4], q, s;
    for (unsigned k = 0; k < 8 * 64; k++) {
        pick(k & 63, r);
        if (shape(k / 64, sizes, &q, &s))
            want(enc(q, s, r[0], r[1]), "%s %s, %s%s", mn, vec(q, s, r[0]), vec(q, s, r[1]), after);
    }
}

static void float2(const char *mn, enc4 enc, const char *after)
{
    unsigned r[4], q, s;
    for (unsigned k = 0; k < 8 * 64; k++) {
        pick(k & 63, r);
        if (shape(k / 64, A64_SS | A64_SD, &q, &s))
            want(enc(q, s - 2, r[0], r[1]), "%s %s, %s%s", mn, vec(q, s, r[0]), vec(q, s, r[1]),
                 after);
    }
}

static void bytes2(const char *mn, enc3 enc)
{
    unsigned r[4];
    for (unsigned k = 0; k < PICKS; k++) {
        pick(k & 63, r);
        want(enc(k >> 6, r[0], r[1]), "%s %s, %s", mn, vec(k >> 6, 0, r[0]), vec(k >> 6, 0, r[1]));
    }
}

/* saddlp: half as many, twice as wide. */
static void pairwise_long(const char *mn, enc4 enc, unsigned sizes)
{
    unsigned r[4], q, s;
    for (unsigned k = 0; k < 8 * 64; k++) {
        pick(k & 63, r);
        if (shape(k / 64, sizes, &q, &s))
            want(enc(q, s, r[0], r[1]), "%s %s, %s", mn, vec(q, s + 1, r[0]), vec(q, s, r[1]));
    }
}

static void narrow(const char *mn, enc4 enc)
{
    unsigned r[4];
    for (unsigned k = 0; k < 6 * 64; k++) {
        unsigned q = k >> 6 & 1, s = k >> 7;
        pick(k & 63, r);
        want(enc(q, s, r[0], r[1]), "%s%s %s, %s", mn, q ? "2" : "", vec(q, s, r[0]),
             vec(1, s + 1, r[1]));
    }
}

static void lengthen(const char *mn, enc4 enc)
{
    unsigned r[4];
    for (unsigned k = 0; k < 6 * 64; k++) {
        unsigned q = k >> 6 & 1, s = k >> 7;
        pick(k & 63, r);
        want(enc(q, s, r[0], r[1]), "%s%s %s, %s", mn, q ? "2" : "", vec(1, s + 1, r[0]),
             vec(q, s, r[1]));
    }
}

static void convert_width(void)
{
    unsigned r[4];
    for (unsigned k = 0; k < 4 * 64; k++) {
        unsigned q = k >> 6 & 1, sz = k >> 7;
        const char *two = q ? "2" : "";
        pick(k & 63, r);
        want(a64_v_fcvtn(q, sz, r[0], r[1]), "fcvtn%s %s, %s", two, vec(q, sz + 1, r[0]),
             vec(1, sz + 2, r[1]));
        want(a64_v_fcvtl(q, sz, r[0], r[1]), "fcvtl%s %s, %s", two, vec(1, sz + 2, r[0]),
             vec(q, sz + 1, r[1]));
        want(a64_v_fcvtxn(q, r[0], r[1]), "fcvtxn%s %s, %s", two, vec(q, 2, r[0]), vec(1, 3, r[1]));
    }
}

/* longer: the scalar has twice the size of an element. */
static void across(const char *mn, enc4 enc, unsigned longer)
{
    unsigned r[4];
    for (unsigned k = 0; k < 6 * 64; k++) {
        unsigned q = k >> 6 & 1, s = k >> 7;
        pick(k & 63, r);
        if (s < 2 || q)
            want(enc(q, s, r[0], r[1]), "%s %s, %s", mn, sca(s + longer, r[0]), vec(q, s, r[1]));
    }
}

enum shift_kind { SHIFT_RIGHT, SHIFT_LEFT, SHIFT_NARROW, SHIFT_LONG };

/* Every amount there is. */
static void shift(const char *mn, enc5 enc, enum shift_kind kind)
{
    unsigned q, s, k = 0, r[4];
    bool from_one = kind == SHIFT_RIGHT || kind == SHIFT_NARROW, same = kind <= SHIFT_LEFT;
    for (unsigned i = 0; i < 8; i++) {
        if (!shape(i, same ? A64_SBHSD : A64_SBHS, &q, &s))
            continue;
        for (unsigned n = 0; n < 2 * (8u << s); n++, k++) {
            unsigned by = n / 2 + from_one;
            pick(k & 63, r);
            want(enc(q, s, r[0], r[1], by), "%s%s %s, %s, #%u", mn, q && !same ? "2" : "",
                 kind == SHIFT_LONG ? vec(1, s + 1, r[0]) : vec(q, s, r[0]),
                 kind == SHIFT_NARROW ? vec(1, s + 1, r[1]) : vec(q, s, r[1]), by);
        }
    }
}

static void scalar3(const char *mn, enc4 enc, unsigned sizes)
{
    unsigned r[4];
    for (unsigned k = 0; k < 4 * PICKS; k++) {
        unsigned s = k / PICKS;
        pick(k, r);
        if (sizes >> s & 1)
            want(enc(s, r[0], r[1], r[2]), "%s %s, %s, %s", mn, sca(s, r[0]), sca(s, r[1]),
                 sca(s, r[2]));
    }
}

static void scalar_float3(const char *mn, enc4 enc)
{
    unsigned r[4];
    for (unsigned k = 0; k < 2 * PICKS; k++) {
        unsigned sz = k >> 7;
        pick(k, r);
        want(enc(sz, r[0], r[1], r[2]), "%s %s, %s, %s", mn, sca(2 + sz, r[0]), sca(2 + sz, r[1]),
             sca(2 + sz, r[2]));
    }
}

static void scalar_float2(const char *mn, enc3 enc, const char *after)
{
    unsigned r[4];
    for (unsigned k = 0; k < PICKS; k++) {
        unsigned sz = k >> 6;
        pick(k & 63, r);
        want(enc(sz, r[0], r[1]), "%s %s, %s%s", mn, sca(2 + sz, r[0]), sca(2 + sz, r[1]), after);
    }
}

static void scalar_d2(const char *mn, enc2 enc, const char *after)
{
    unsigned r[4];
    for (unsigned k = 0; k < 64; k++) {
        pick(k, r);
        want(enc(r[0], r[1]), "%s %s, %s%s", mn, sca(3, r[0]), sca(3, r[1]), after);
    }
}

static void scalar_shift(const char *mn, enc3 enc, bool left)
{
    unsigned r[4];
    for (unsigned k = 0; k < PICKS; k++) {
        unsigned by = (k & 63) + !left;
        pick(k & 63, r);
        want(enc(r[0], r[1], by), "%s %s, %s, #%u", mn, sca(3, r[0]), sca(3, r[1]), by);
    }
}

static void scalar_pair(const char *mn, enc3 enc)
{
    unsigned r[4];
    for (unsigned k = 0; k < PICKS; k++) {
        unsigned sz = k >> 6;
        pick(k & 63, r);
        want(enc(sz, r[0], r[1]), "%s %s, %s", mn, sca(2 + sz, r[0]), vec(sz, 2 + sz, r[1]));
    }
}

/* clang-format off */
#define SAME3(mn, u, op, sizes) same3(#mn, a64_v_##mn, sizes);
#define BYTES3(mn, word) bytes3(#mn, a64_v_##mn);
#define DOT(mn, word) dot(#mn, a64_v_##mn);
#define FLOAT3(mn, u, o, op) float3(#mn, a64_v_##mn);
#define LONG3(mn, u, op, sizes) mixed3(#mn, a64_v_##mn, sizes, 1);
#define WIDE3(mn, u, op, sizes) mixed3(#mn, a64_v_##mn, sizes, 3);
#define HIGH3(mn, u, op, sizes) mixed3(#mn, a64_v_##mn, sizes, 6);
#define SAME2(mn, u, op, sizes) same2(#mn, a64_v_##mn, sizes, "");
#define ZERO2(mn, u, op, sizes) same2(#mn, a64_v_##mn##0, sizes, ", #0");
#define PAIRL(mn, u, op, sizes) pairwise_long(#mn, a64_v_##mn, sizes);
#define NARROW(mn, u, op, sizes) narrow(#mn, a64_v_##mn);
#define FLOAT2(mn, u, o, op) float2(#mn, a64_v_##mn, "");
#define FLOAT2Z(mn, u, o, op) float2(#mn, a64_v_##mn##0, ", #0.0");
#define ACROSS(mn, u, op) across(#mn, a64_v_##mn, 0);
#define ACROSSL(mn, u, op) across(#mn, a64_v_##mn, 1);
#define SHR(mn, u, op) shift(#mn, a64_v_##mn, SHIFT_RIGHT);
#define SHRN(mn, u, op) shift(#mn, a64_v_##mn, SHIFT_NARROW);
#define SHL(mn, u, op) shift(#mn, a64_v_##mn, SHIFT_LEFT);
#define SHL_SAT(mn, u, op) shift(#mn, a64_v_##mn##_imm, SHIFT_LEFT);
#define SHLL(mn, u, op) shift(#mn, a64_v_##mn, SHIFT_LONG);
#define SC3(mn, sizes) scalar3(#mn, a64_sc_##mn, sizes);
#define SCF3(mn) scalar_float3(#mn, a64_sc_##mn);
#define SCF2(mn) scalar_float2(#mn, a64_sc_##mn, "");
#define SCF2Z(mn) scalar_float2(#mn, a64_sc_##mn##0, ", #0.0");
#define SC2D(mn) scalar_d2(#mn, a64_sc_##mn, "");
#define SC2DZ(mn) scalar_d2(#mn, a64_sc_##mn##0, ", #0");
#define SCSHD(mn) scalar_shift(#mn, a64_sc_##mn, #mn[1] == 'h' ? #mn[2] == 'l' : #mn[1] == 'l');
#define SCPAIR(mn, word) scalar_pair(#mn, a64_sc_##mn);

/* clang-format on */

static void whole_vectors(void)
{
    A64_LIST_V3(SAME3)
    A64_LIST_VLOGIC(BYTES3)
    A64_LIST_VDOT(DOT)
    A64_LIST_VF3(FLOAT3)
    A64_LIST_VLONG(LONG3)
    A64_LIST_VWIDE(WIDE3)
    A64_LIST_VHIGH(HIGH3)
    A64_LIST_V2(SAME2)
    A64_LIST_V2Z(ZERO2)
    A64_LIST_VPAIRL(PAIRL)
    A64_LIST_VNARROW(NARROW)
    A64_LIST_VF2(FLOAT2)
    A64_LIST_VF2Z(FLOAT2Z)
    A64_LIST_VACROSS(ACROSS)
    A64_LIST_VACROSSL(ACROSSL)
    A64_LIST_VSHR(SHR)
    A64_LIST_VSHRN(SHRN)
    A64_LIST_VSHL(SHL)
    A64_LIST_VSHL_SAT(SHL_SAT)
    A64_LIST_VSHLL(SHLL)
    bytes2("not", a64_v_not);
    bytes2("rbit", a64_v_rbit);
    bytes2("mov", a64_v_mov);
    lengthen("sxtl", a64_v_sxtl);
    lengthen("uxtl", a64_v_uxtl);
    convert_width();
}

#define FLOAT_ACROSS(mn, word)                                                                     \
    for (unsigned k = 0; k < 64; k++) {                                                            \
        pick(k, r);                                                                                \
        want(a64_v_##mn(r[0], r[1]), "%s %s, %s", #mn, sca(2, r[0]), vec(1, 2, r[1]));             \
    }

void sweep_vector(void)
{
    unsigned r[4];
    whole_vectors();
    A64_LIST_VFACROSS(FLOAT_ACROSS)
    A64_LIST_SC3(SC3)
    A64_LIST_SCF3(SCF3)
    A64_LIST_SCF2(SCF2)
    A64_LIST_SCF2Z(SCF2Z)
    A64_LIST_SC2D(SC2D)
    A64_LIST_SC2DZ(SC2DZ)
    A64_LIST_SCSHD(SCSHD)
    A64_LIST_SCPAIR(SCPAIR)
    for (unsigned k = 0; k < 64; k++) {
        pick(k, r);
        want(a64_sc_addp(r[0], r[1]), "addp %s, %s", sca(3, r[0]), vec(1, 3, r[1]));
    }
}
