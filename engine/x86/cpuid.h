/*
 * cpuid.h - CPUID from rows (cpuid.def). The policy (options) is a set of masked features and an
 * identity.
 */
#ifndef X86_CPUID_H
#define X86_CPUID_H

#include "base/types.h"

/* Generated from cpuid.def: X86_FEAT_NONE = 0, X86_FEAT_SSE3, ... X86_FEAT_COUNT. Rows of isa/ name
 * them cpuid=SSE3. */
#define X86_CPUID_FEATURE(name, leaf, sub, reg, bit) X86_FEAT_##name,
enum x86_feature {
    X86_FEAT_NONE,
#include "x86/cpuid.def"
    X86_FEAT_COUNT
};
#undef X86_CPUID_FEATURE

struct x86_cpuid_policy {
    u8 masked[X86_FEAT_COUNT]; /* 1: hidden from the guest */
    u8 amd;                    /* 0 Intel identity, 1 AMD */
    u32 ncpus;                 /* logical processors shown, >= 1 */
    u32 tsc_khz;               /* frequency behind RDTSC, 0 unknown */
};

/* out = EAX EBX ECX EDX. apic_id: number of the CPU the thread claims to run on; xcr0 for leaf 0xD.
 */
void x86_cpuid(const struct x86_cpuid_policy *p, u32 leaf, u32 subleaf, u32 apic_id, u32 out[4]);

/* Feature by its row name ("AVX2"), X86_FEAT_NONE if there is none. */
enum x86_feature x86_feature_by_name(const char *name);
extern const char *const x86_feature_names[X86_FEAT_COUNT];

#endif
