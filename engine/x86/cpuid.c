/*
 * cpuid.c - CPUID leaves from the rows of cpuid.def, an identity (Intel or AMD) and plain cache and
 * topology numbers. The AMD identity is a family 19h part and the Intel one a family 6 client part:
 * the newest whose instruction sets stop where ours do. Leaves not listed read as zero. Sources:
 * SDM vol. 2 CPUID, AMD APM vol. 3 appendix E.
 */
#include "x86/cpuid.h"

#include <string.h>

#include "base/bits.h"

enum { REG_A, REG_B, REG_C, REG_D };

const char *const x86_feature_names[X86_FEAT_COUNT] = {
    "",
#define X86_CPUID_FEATURE(name, leaf, sub, reg, bit) #name,
#include "x86/cpuid.def"
#undef X86_CPUID_FEATURE
};

static const struct {
    u32 leaf;
    u8 sub, reg, bit;
} feature_bits[X86_FEAT_COUNT] = {
    {0},
#define X86_CPUID_FEATURE(name, leaf, sub, reg, bit) {leaf, sub, reg, bit},
#include "x86/cpuid.def"
#undef X86_CPUID_FEATURE
};

/*
 * Hiding the second hides the first: programs test only the later extension. In an order that needs
 * one pass.
 */
static const u8 needs[][2] = {
    {X86_FEAT_SSE2, X86_FEAT_SSE},       {X86_FEAT_SSE3, X86_FEAT_SSE2},
    {X86_FEAT_SSSE3, X86_FEAT_SSE3},     {X86_FEAT_SSE4_1, X86_FEAT_SSSE3},
    {X86_FEAT_SSE4_2, X86_FEAT_SSE4_1},  {X86_FEAT_SSE4A, X86_FEAT_SSE3},
    {X86_FEAT_AES, X86_FEAT_SSE2},       {X86_FEAT_PCLMULQDQ, X86_FEAT_SSE2},
    {X86_FEAT_SHA, X86_FEAT_SSE2},       {X86_FEAT_OSXSAVE, X86_FEAT_XSAVE},
    {X86_FEAT_XSAVEOPT, X86_FEAT_XSAVE}, {X86_FEAT_XSAVEC, X86_FEAT_XSAVE},
    {X86_FEAT_AVX, X86_FEAT_XSAVE},      {X86_FEAT_AVX, X86_FEAT_OSXSAVE},
    {X86_FEAT_AVX, X86_FEAT_SSE4_2},     {X86_FEAT_AVX2, X86_FEAT_AVX},
    {X86_FEAT_FMA, X86_FEAT_AVX},        {X86_FEAT_F16C, X86_FEAT_AVX},
    {X86_FEAT_VAES, X86_FEAT_AVX},       {X86_FEAT_VPCLMULQDQ, X86_FEAT_AVX},
};

enum x86_feature x86_feature_by_name(const char *name)
{
    for (unsigned i = 1; i < X86_FEAT_COUNT; i++) {
        if (!strcmp(name, x86_feature_names[i]))
            return (enum x86_feature)i;
    }
    return X86_FEAT_NONE;
}

static void visible_features(const struct x86_cpuid_policy *p, bool on[X86_FEAT_COUNT])
{
    for (unsigned i = 1; i < X86_FEAT_COUNT; i++)
        on[i] = !p->masked[i];
    if (p->ncpus < 2)
        on[X86_FEAT_HTT] = false;
    if (!p->amd)
        on[X86_FEAT_SSE4A] = false;
    for (unsigned i = 0; i < ARRAY_SIZE(needs); i++) {
        if (!on[needs[i][1]])
            on[needs[i][0]] = false;
    }
}

static void feature_leaf(const bool on[X86_FEAT_COUNT], u32 leaf, u32 sub, u32 out[4])
{
    for (unsigned i = 1; i < X86_FEAT_COUNT; i++) {
        if (on[i] && feature_bits[i].leaf == leaf && feature_bits[i].sub == sub)
            out[feature_bits[i].reg] |= 1u << feature_bits[i].bit;
    }
}

static unsigned log2_ceil(u32 n)
{
    unsigned i = 0;

    while (i < 31 && 1u << i < n)
        i++;
    return i;
}

static u32 text_word(const char *s)
{
    return ld_u32(s);
}

static void vendor(const struct x86_cpuid_policy *p, u32 out[4])
{
    const char *s = p->amd ? "AuthenticAMD" : "GenuineIntel";

    out[REG_B] = text_word(s);
    out[REG_D] = text_word(s + 4);
    out[REG_C] = text_word(s + 8);
}

/* Family, model, stepping: 19h/21h/0, or 6/97h/2. */
static u32 signature(const struct x86_cpuid_policy *p)
{
    return p->amd ? 0x00a20f10 : 0x00090672;
}

static void leaf_1(const struct x86_cpuid_policy *p, u32 apic_id, u32 out[4])
{
    u32 logical = p->ncpus > 255 ? 255 : p->ncpus;

    out[REG_A] = signature(p);
    out[REG_B] = apic_id << 24 | logical << 16 | 8 << 8; /* CLFLUSH line: 8 quadwords */
}

/* Deterministic cache parameters: type, level, sharing, ways, sets of 64-byte lines. */
static void leaf_4(const struct x86_cpuid_policy *p, u32 sub, u32 out[4])
{
    static const struct {
        u8 type, level, ways;
        u32 sets;
    } caches[] = {{1, 1, 8, 64}, {2, 1, 8, 64}, {3, 2, 8, 1024}, {3, 3, 16, 16384}};
    u32 cores = (1u << log2_ceil(p->ncpus)) - 1, shared;

    if (p->amd || sub >= ARRAY_SIZE(caches))
        return;
    shared = caches[sub].level == 3 ? cores & 0xfff : 0;
    out[REG_A] = caches[sub].type | (u32)caches[sub].level << 5 | 1u << 8 | shared << 14 |
                 (cores & 63) << 26;
    out[REG_B] = (caches[sub].ways - 1u) << 22 | 63;
    out[REG_C] = caches[sub].sets - 1;
}

/* Extended topology: one thread per core, all cores in one package. */
static void leaf_b(const struct x86_cpuid_policy *p, u32 sub, u32 apic_id, u32 out[4])
{
    if (sub == 0) {
        out[REG_B] = 1;
        out[REG_C] = 1 << 8;
    } else if (sub == 1) {
        out[REG_A] = log2_ceil(p->ncpus);
        out[REG_B] = p->ncpus & 0xffff;
        out[REG_C] = 2 << 8;
    }
    out[REG_C] |= sub & 0xff;
    out[REG_D] = apic_id;
}

/* XSAVE areas: 512 legacy + 64 header, YMM halves at 576. */
static void leaf_d(const bool on[X86_FEAT_COUNT], u32 sub, u32 out[4])
{
    bool avx = on[X86_FEAT_AVX];
    u32 size = avx ? 832 : 576;

    if (!on[X86_FEAT_XSAVE])
        return;
    if (sub == 0) {
        out[REG_A] = avx ? 7 : 3;
        out[REG_B] = out[REG_C] = size;
    } else if (sub == 1) {
        feature_leaf(on, 0xd, 1, out);
        if (on[X86_FEAT_XSAVEC])
            out[REG_B] = size;
    } else if (sub == 2 && avx) {
        out[REG_A] = 256;
        out[REG_B] = 576;
    }
}

/* Time stamp counter: 1 MHz crystal times khz / 1000. */
static void leaf_15(const struct x86_cpuid_policy *p, u32 out[4])
{
    if (!p->tsc_khz)
        return;
    out[REG_A] = 1000;
    out[REG_B] = p->tsc_khz;
    out[REG_C] = 1000000;
}

static void leaf_16(const struct x86_cpuid_policy *p, u32 out[4])
{
    if (!p->tsc_khz)
        return;
    out[REG_A] = out[REG_B] = p->tsc_khz / 1000;
    out[REG_C] = 100;
}

/*
 * 48 characters over leaves 0x80000002-4; the frequency, where known, as programs expect to parse
 * it.
 */
static void brand(const struct x86_cpuid_policy *p, u32 part, u32 out[4])
{
    char text[49] = "box64 virtual x86-64 processor";
    size_t n = strlen(text);
    u32 ghz100 = p->tsc_khz / 10000;

    if (ghz100) {
        memcpy(text + n, " @ 0.00GHz", 10);
        text[n + 3] = (char)('0' + ghz100 / 100 % 10);
        text[n + 5] = (char)('0' + ghz100 / 10 % 10);
        text[n + 6] = (char)('0' + ghz100 % 10);
    }
    for (unsigned i = 0; i < 4; i++)
        out[i] = text_word(text + 16 * part + 4 * i);
}

static void extended_1(const struct x86_cpuid_policy *p, const bool on[X86_FEAT_COUNT], u32 out[4])
{
    feature_leaf(on, 0x80000001, 0, out);
    if (p->amd) {
        u32 one[4] = {0};

        feature_leaf(on, 1, 0, one);
        out[REG_A] = signature(p);
        out[REG_D] |= one[REG_D] & 0x0183f3ff; /* AMD repeats the old bits here */
    }
}

/*
 * Cache sizes in the AMD form: lines of 64 bytes, associativity codes 6 = 8-way, 8 = 16-way; L3 in
 * units of 512 KiB.
 */
static void extended_caches(const struct x86_cpuid_policy *p, u32 leaf, u32 out[4])
{
    if (leaf == 0x80000006) {
        out[REG_C] = 512u << 16 | 6 << 12 | 1 << 8 | 64;
        out[REG_D] = p->amd ? 32u << 18 | 8 << 12 | 1 << 8 | 64 : 0;
    } else if (p->amd) {
        out[REG_C] = out[REG_D] = 32u << 24 | 8 << 16 | 1 << 8 | 64;
    }
}

static void extended(const struct x86_cpuid_policy *p, const bool on[X86_FEAT_COUNT], u32 leaf,
                     u32 out[4])
{
    switch (leaf) {
    case 0x80000000:
        if (p->amd)
            vendor(p, out);
        out[REG_A] = 0x80000008;
        break;
    case 0x80000001: extended_1(p, on, out); break;
    case 0x80000002:
    case 0x80000003:
    case 0x80000004: brand(p, leaf - 0x80000002, out); break;
    case 0x80000005:
    case 0x80000006: extended_caches(p, leaf, out); break;
    case 0x80000007:
        out[REG_D] = 1 << 8; /* invariant TSC */
        break;
    case 0x80000008:
        out[REG_A] = 48 << 8 | 48; /* address bits */
        if (p->amd)
            out[REG_C] = log2_ceil(p->ncpus) << 12 | ((p->ncpus - 1) & 0xff);
        break;
    }
}

void x86_cpuid(const struct x86_cpuid_policy *p, u32 leaf, u32 subleaf, u32 apic_id, u32 out[4])
{
    bool on[X86_FEAT_COUNT] = {false};

    memset(out, 0, 4 * sizeof out[0]);
    visible_features(p, on);
    switch (leaf) {
    case 0:
        vendor(p, out);
        out[REG_A] = p->amd ? 0xd : 0x16;
        break;
    case 1:
        leaf_1(p, apic_id, out);
        feature_leaf(on, 1, 0, out);
        break;
    case 2:
        if (!p->amd)
            out[REG_A] = 0xff01; /* caches: see leaf 4 */
        break;
    case 4: leaf_4(p, subleaf, out); break;
    case 7:
        if (subleaf == 0)
            feature_leaf(on, 7, 0, out);
        break;
    case 0xb: leaf_b(p, subleaf, apic_id, out); break;
    case 0xd: leaf_d(on, subleaf, out); break;
    case 0x15:
        if (!p->amd)
            leaf_15(p, out);
        break;
    case 0x16:
        if (!p->amd)
            leaf_16(p, out);
        break;
    default: extended(p, on, leaf, out); break;
    }
}
