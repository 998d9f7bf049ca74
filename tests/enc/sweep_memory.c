/*
 * sweep_memory.c - loads and stores of general and vector registers, ordered, exclusive, atomic.
 * The assembler refuses what the manual calls unpredictable (a base written back that is also
 * loaded, and the like), so the picks avoid it.
 */
#include <stdio.h>

#include "dynarec/arm64/enc.h"
#include "judge.h"

enum { MB = 1 << 20 };
enum { VECTOR = 2 }; /* `kind`: 0 word, 1 doubleword register, or this */

static const char *target(unsigned kind, unsigned size_log2, unsigned reg)
{
    return kind == VECTOR ? sca(size_log2, reg) : gx(kind, reg);
}

/* Two registers of which the second is not the first. */
static void pick_apart(unsigned k, unsigned r[4])
{
    do
        pick(k, r);
    while (r[0] == r[1]);
}

/* The forms of one load or store; each encodes with what is left once the size is known. */
struct forms {
    const char *mn, *mnu;
    unsigned kind, size_log2;
    u32 (*uimm)(unsigned rt, unsigned rn, i64 off);
    u32 (*ur)(unsigned rt, unsigned rn, i64 off);
    u32 (*pre)(unsigned rt, unsigned rn, i64 off);
    u32 (*post)(unsigned rt, unsigned rn, i64 off);
    u32 (*reg)(unsigned rt, unsigned rn, unsigned rm, enum a64_ext ext, unsigned scaled);
};

static void immediates(const struct forms *f)
{
    unsigned r[4];
    for (unsigned k = 0; k < 2 * PICKS; k++) {
        long long off = edge(0, 4095ll << f->size_log2, 1ll << f->size_log2);
        long long small = edge(-256, 255, 1);
        pick(k & 63, r);
        const char *rt = target(f->kind, f->size_log2, r[0]), *rn = gsp(1, r[1]);
        want(f->uimm(r[0], r[1], off), "%s %s, [%s, #%lld]", f->mn, rt, rn, off);
        want(f->ur(r[0], r[1], small), "%s %s, [%s, #%lld]", f->mnu, rt, rn, small);
        pick_apart(k & 63, r);
        rt = target(f->kind, f->size_log2, r[0]);
        rn = gsp(1, r[1]);
        want(f->pre(r[0], r[1], small), "%s %s, [%s, #%lld]!", f->mn, rt, rn, small);
        want(f->post(r[0], r[1], small), "%s %s, [%s], #%lld", f->mn, rt, rn, small);
    }
}

static void registers(const struct forms *f)
{
    static const enum a64_ext exts[] = {A64_UXTW, A64_UXTX, A64_SXTW, A64_SXTX};
    unsigned r[4];
    for (unsigned k = 0; k < 4 * PICKS; k++) {
        unsigned ext = exts[k >> 7], scaled = below(2);
        char how[24] = "";
        if (scaled)
            snprintf(how, sizeof how, ", %s #%u", ext == A64_UXTX ? "lsl" : ext_name[ext],
                     f->size_log2);
        else if (ext != A64_UXTX)
            snprintf(how, sizeof how, ", %s", ext_name[ext]);
        pick(k, r);
        want(f->reg(r[0], r[1], r[2], ext, scaled), "%s %s, [%s, %s%s]", f->mn,
             target(f->kind, f->size_log2, r[0]), gsp(1, r[1]), gx((ext & 1), r[2]), how);
    }
}

/* clang-format off */

/* One struct forms from an encoder family with its first arguments bound. */
#define BIND(tag, fam, famu, ...) \
    static u32 tag##_uimm(unsigned rt, unsigned rn, i64 off) \
    { \
        return a64_##fam(__VA_ARGS__, rt, rn, off); \
    } \
    static u32 tag##_ur(unsigned rt, unsigned rn, i64 off) \
    { \
        return a64_##famu(__VA_ARGS__, rt, rn, off); \
    } \
    static u32 tag##_pre(unsigned rt, unsigned rn, i64 off) \
    { \
        return a64_##fam##_pre(__VA_ARGS__, rt, rn, off); \
    } \
    static u32 tag##_post(unsigned rt, unsigned rn, i64 off) \
    { \
        return a64_##fam##_post(__VA_ARGS__, rt, rn, off); \
    } \
    static u32 tag##_reg(unsigned rt, unsigned rn, unsigned rm, enum a64_ext ext, unsigned scaled) \
    { \
        return a64_##fam##_reg(__VA_ARGS__, rt, rn, rm, ext, scaled); \
    }
#define FORMS(tag, mn, mnu, kind, size_log2) \
    {mn, mnu, kind, size_log2, tag##_uimm, tag##_ur, tag##_pre, tag##_post, tag##_reg},

BIND(ldr0, ldr, ldur, 0)
BIND(ldr1, ldr, ldur, 1)
BIND(ldr2, ldr, ldur, 2)
BIND(ldr3, ldr, ldur, 3)
BIND(str0, str, stur, 0)
BIND(str1, str, stur, 1)
BIND(str2, str, stur, 2)
BIND(str3, str, stur, 3)
BIND(ldrsbw, ldrs, ldurs, 0, 0)
BIND(ldrsbx, ldrs, ldurs, 0, 1)
BIND(ldrshw, ldrs, ldurs, 1, 0)
BIND(ldrshx, ldrs, ldurs, 1, 1)
BIND(ldrswx, ldrs, ldurs, 2, 1)
BIND(ldrv0, ldr_v, ldur_v, 0)
BIND(ldrv1, ldr_v, ldur_v, 1)
BIND(ldrv2, ldr_v, ldur_v, 2)
BIND(ldrv3, ldr_v, ldur_v, 3)
BIND(ldrv4, ldr_v, ldur_v, 4)
BIND(strv0, str_v, stur_v, 0)
BIND(strv1, str_v, stur_v, 1)
BIND(strv2, str_v, stur_v, 2)
BIND(strv3, str_v, stur_v, 3)
BIND(strv4, str_v, stur_v, 4)

static const struct forms all_forms[] = {
    FORMS(ldr0, "ldrb", "ldurb", 0, 0) FORMS(ldr1, "ldrh", "ldurh", 0, 1)
    FORMS(ldr2, "ldr", "ldur", 0, 2) FORMS(ldr3, "ldr", "ldur", 1, 3)
    FORMS(str0, "strb", "sturb", 0, 0) FORMS(str1, "strh", "sturh", 0, 1)
    FORMS(str2, "str", "stur", 0, 2) FORMS(str3, "str", "stur", 1, 3)
    FORMS(ldrsbw, "ldrsb", "ldursb", 0, 0) FORMS(ldrsbx, "ldrsb", "ldursb", 1, 0)
    FORMS(ldrshw, "ldrsh", "ldursh", 0, 1) FORMS(ldrshx, "ldrsh", "ldursh", 1, 1)
    FORMS(ldrswx, "ldrsw", "ldursw", 1, 2)
    FORMS(ldrv0, "ldr", "ldur", VECTOR, 0) FORMS(ldrv1, "ldr", "ldur", VECTOR, 1)
    FORMS(ldrv2, "ldr", "ldur", VECTOR, 2) FORMS(ldrv3, "ldr", "ldur", VECTOR, 3)
    FORMS(ldrv4, "ldr", "ldur", VECTOR, 4)
    FORMS(strv0, "str", "stur", VECTOR, 0) FORMS(strv1, "str", "stur", VECTOR, 1)
    FORMS(strv2, "str", "stur", VECTOR, 2) FORMS(strv3, "str", "stur", VECTOR, 3)
    FORMS(strv4, "str", "stur", VECTOR, 4)
};

/* clang-format on */

static void literals(void)
{
    for (unsigned k = 0; k < 512; k++) {
        long long off = edge(-MB, MB - 4, 4), pf = edge(0, 4095 * 8, 8);
        unsigned rt = k & 31, size = 2 + below(3), op = below(32);
        want(a64_ldr_lit(k >> 5 & 1, rt, off), "ldr %s, #%lld", gx(k >> 5 & 1, rt), off);
        want(a64_ldrsw_lit(rt, off), "ldrsw %s, #%lld", gx(1, rt), off);
        want(a64_ldr_v_lit(size, rt, off), "ldr %s, #%lld", sca(size, rt), off);
        want(a64_prfm(op, rt, pf), "prfm #%u, [%s, #%lld]", op, gsp(1, rt), pf);
    }
}

typedef u32 (*enc_pair)(unsigned, unsigned, unsigned, unsigned, i64);

/* Three different registers for the forms that write the base. */
static void pair(const char *mn, bool vector, enc_pair off, enc_pair pre, enc_pair post)
{
    unsigned r[4];
    for (unsigned k = 0; k < 6 * PICKS; k++) {
        unsigned size = vector ? 2 + k / 256 : 2 + (k >> 7 & 1);
        unsigned width = vector ? size : size - 2, kind = vector ? VECTOR : width;
        long long at = edge(-64 * (1 << size), 63 * (1 << size), 1 << size);
        do
            pick(k, r);
        while (r[0] == r[1] || r[0] == r[2] || r[1] == r[2]);
        const char *a = target(kind, size, r[0]), *b = target(kind, size, r[1]);
        const char *base = gsp(1, r[2]);
        want(off(width, r[0], r[1], r[2], at), "%s %s, %s, [%s, #%lld]", mn, a, b, base, at);
        want(pre(width, r[0], r[1], r[2], at), "%s %s, %s, [%s, #%lld]!", mn, a, b, base, at);
        want(post(width, r[0], r[1], r[2], at), "%s %s, %s, [%s], #%lld", mn, a, b, base, at);
    }
}

static void pairs(void)
{
    unsigned r[4];
    pair("ldp", false, a64_ldp, a64_ldp_pre, a64_ldp_post);
    pair("stp", false, a64_stp, a64_stp_pre, a64_stp_post);
    pair("ldp", true, a64_ldp_v, a64_ldp_v_pre, a64_ldp_v_post);
    pair("stp", true, a64_stp_v, a64_stp_v_pre, a64_stp_v_post);
    for (unsigned k = 0; k < PICKS; k++) {
        long long at = edge(-256, 252, 4);
        pick_apart(k, r);
        want(a64_ldpsw(r[0], r[1], r[2], at), "ldpsw %s, %s, [%s, #%lld]", gx(1, r[0]), gx(1, r[1]),
             gsp(1, r[2]), at);
    }
}

/* The size of what is in memory as a suffix. */
static const char *const size_suffix[4] = {"b", "h", "", ""};

static void ordered(const char *mn, u32 (*enc)(unsigned, unsigned, unsigned))
{
    unsigned r[4];
    for (unsigned k = 0; k < 4 * 64; k++) {
        unsigned size = k >> 6;
        pick(k & 63, r);
        want(enc(size, r[0], r[1]), "%s%s %s, [%s]", mn, size_suffix[size], gx(size == 3, r[0]),
             gsp(1, r[1]));
    }
}

static void ordered_ur(const char *mn, u32 (*enc)(unsigned, unsigned, unsigned, i64))
{
    unsigned r[4];
    for (unsigned k = 0; k < 4 * PICKS; k++) {
        unsigned size = k >> 7;
        long long off = edge(-256, 255, 1);
        pick(k & 63, r);
        want(enc(size, r[0], r[1], off), "%s%s %s, [%s, #%lld]", mn, size_suffix[size],
             gx(size == 3, r[0]), gsp(1, r[1]), off);
    }
}

static void ordered_signed(void)
{
    unsigned r[4];
    for (unsigned k = 0; k < 5 * PICKS; k++) {
        unsigned size = k / PICKS / 2, to64 = size == 2 || k & 1;
        long long off = edge(-256, 255, 1);
        pick(k >> 1 & 63, r);
        want(a64_ldapurs(size, to64, r[0], r[1], off), "ldapurs%c %s, [%s, #%lld]", "bhw"[size],
             gx(to64, r[0]), gsp(1, r[1]), off);
    }
}

typedef u32 (*enc4)(unsigned, unsigned, unsigned, unsigned);
typedef u32 (*enc5)(unsigned, unsigned, unsigned, unsigned, unsigned);

static void store_exclusive(const char *mn, enc4 enc)
{
    unsigned r[4];
    for (unsigned k = 0; k < 4 * PICKS; k++) {
        unsigned size = k >> 7;
        do
            pick(k, r);
        while (r[0] == r[1] || r[0] == r[2]);
        want(enc(size, r[0], r[1], r[2]), "%s%s %s, %s, [%s]", mn, size_suffix[size], gx(0, r[0]),
             gx(size == 3, r[1]), gsp(1, r[2]));
    }
}

static void load_pair(const char *mn, enc4 enc)
{
    unsigned r[4];
    for (unsigned k = 0; k < 2 * PICKS; k++) {
        unsigned sf = k >> 7;
        pick_apart(k, r);
        want(enc(sf, r[0], r[1], r[2]), "%s %s, %s, [%s]", mn, gx(sf, r[0]), gx(sf, r[1]),
             gsp(1, r[2]));
    }
}

static void store_pair(const char *mn, enc5 enc)
{
    unsigned r[4];
    for (unsigned k = 0; k < 2 * PICKS; k++) {
        unsigned sf = k >> 7;
        do
            pick(k, r);
        while (r[0] == r[1] || r[0] == r[2] || r[0] == r[3]);
        want(enc(sf, r[0], r[1], r[2], r[3]), "%s %s, %s, %s, [%s]", mn, gx(0, r[0]), gx(sf, r[1]),
             gx(sf, r[2]), gsp(1, r[3]));
    }
}

static void atomic(const char *mn, enc4 enc)
{
    unsigned r[4];
    for (unsigned k = 0; k < 4 * PICKS; k++) {
        unsigned size = k >> 7;
        pick(k, r);
        want(enc(size, r[0], r[1], r[2]), "%s%s %s, %s, [%s]", mn, size_suffix[size],
             gx(size == 3, r[0]), gx(size == 3, r[1]), gsp(1, r[2]));
    }
}

static void atomic_pair(const char *mn, enc4 enc)
{
    unsigned r[4];
    for (unsigned k = 0; k < 2 * PICKS; k++) {
        unsigned sf = k >> 7, s, t;
        pick(k, r);
        s = r[0] % 30 & ~1u;
        t = r[1] % 30 & ~1u;
        want(enc(sf, s, t, r[2]), "%s %s, %s, %s, %s, [%s]", mn, gx(sf, s), gx(sf, s + 1),
             gx(sf, t), gx(sf, t + 1), gsp(1, r[2]));
    }
}

#define ORDERED(mn, word) ordered(#mn, a64_##mn);
#define ORDERED_UR(mn, word) ordered_ur(#mn, a64_##mn);
#define STX(mn, word) store_exclusive(#mn, a64_##mn);
#define LDXP(mn, word) load_pair(#mn, a64_##mn);
#define STXP(mn, word) store_pair(#mn, a64_##mn);
#define ATOMIC(mn, word) atomic(#mn, a64_##mn);
#define ATOMIC_PAIR(mn, word) atomic_pair(#mn, a64_##mn);

void sweep_memory(void)
{
    for (unsigned i = 0; i < ARRAY_SIZE(all_forms); i++) {
        immediates(&all_forms[i]);
        registers(&all_forms[i]);
    }
    literals();
    pairs();
    A64_LIST_ORDERED(ORDERED)
    A64_LIST_ORDERED_UR(ORDERED_UR)
    ordered_signed();
    A64_LIST_STX(STX)
    A64_LIST_LDXP(LDXP)
    A64_LIST_STXP(STXP)
    A64_LIST_LSE(ATOMIC)
    A64_LIST_CASP(ATOMIC_PAIR)
}
