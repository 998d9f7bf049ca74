/*
 * cpuinfo.c - /proc/cpuinfo of an x86-64 machine: the CPU that CPUID shows, once per processor.
 * Names of flags: Linux, arch/x86/include/asm/cpufeatures.h; bits: SDM vol. 2 (CPUID).
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "linux/local.h"

enum { EAX, EBX, ECX, EDX };

static const struct {
    u32 leaf;
    u8 reg;
    const char *bits; /* "bit name bit name ..." */
} flag_rows[] = {
    {1, EDX,
     "0 fpu 1 vme 2 de 3 pse 4 tsc 5 msr 6 pae 7 mce 8 cx8 9 apic 11 sep 12 mtrr 13 pge 14 mca 15 "
     "cmov 16 pat 17 pse36 "
     "19 clflush 23 mmx 24 fxsr 25 sse 26 sse2 28 ht"},
    {0x80000001, EDX, "11 syscall 20 nx 25 fxsr_opt 26 pdpe1gb 27 rdtscp 29 lm"},
    {1, ECX,
     "0 pni 1 pclmulqdq 9 ssse3 12 fma 13 cx16 19 sse4_1 20 sse4_2 22 movbe 23 popcnt 25 aes 26 "
     "xsave 28 avx 29 f16c "
     "30 rdrand 31 hypervisor"},
    {0x80000001, ECX, "0 lahf_lm 5 abm 6 sse4a 8 3dnowprefetch"},
    {7, EBX,
     "0 fsgsbase 3 bmi1 5 avx2 8 bmi2 9 erms 18 rdseed 19 adx 23 clflushopt 24 clwb 29 sha_ni"},
    {7, ECX, "9 vaes 10 vpclmulqdq 22 rdpid"},
    {7, EDX, "4 fsrm"},
};

static void write_flags(struct x86_cpu *c, FILE *f)
{
    fputs("flags\t\t:", f);
    for (unsigned i = 0; i < ARRAY_SIZE(flag_rows); i++) {
        const char *p = flag_rows[i].bits;
        u32 out[4];
        char name[24];
        int bit, n;

        c->env->cpuid(c, flag_rows[i].leaf, 0, out);
        for (; sscanf(p, "%d %23s %n", &bit, name, &n) == 2; p += n) {
            if (out[flag_rows[i].reg] >> bit & 1)
                fprintf(f, " %s", name);
            if (!p[n])
                break;
        }
    }
    fputc('\n', f);
}

static void brand(struct x86_cpu *c, char text[49])
{
    for (u32 i = 0; i < 3; i++) {
        u32 out[4];

        c->env->cpuid(c, 0x80000002 + i, 0, out);
        memcpy(text + 16 * i, out, 16);
    }
    text[48] = 0;
}

void proc_cpuinfo(struct x86_cpu *c, FILE *f)
{
    u32 id[4], ver[4], n = (u32)sysconf(_SC_NPROCESSORS_ONLN);
    char vendor[13] = "", name[49];

    c->env->cpuid(c, 0, 0, id);
    c->env->cpuid(c, 1, 0, ver);
    memcpy(vendor, &id[EBX], 4);
    memcpy(vendor + 4, &id[EDX], 4);
    memcpy(vendor + 8, &id[ECX], 4);
    brand(c, name);
    for (u32 i = 0; i < n; i++) {
        u32 family = (ver[EAX] >> 8 & 15) + ((ver[EAX] >> 8 & 15) == 15 ? ver[EAX] >> 20 & 255 : 0);
        u32 model = (ver[EAX] >> 4 & 15) | (ver[EAX] >> 12 & 0xf0);

        fprintf(f,
                "processor\t: %u\nvendor_id\t: %s\ncpu family\t: %u\nmodel\t\t: %u\nmodel name\t: "
                "%s\nstepping\t: %u\n",
                i, vendor, family, model, name + strspn(name, " "), ver[EAX] & 15);
        fprintf(f,
                "microcode\t: 0x1\ncpu MHz\t\t: 1000.000\ncache size\t: 8192 KB\nphysical id\t: "
                "0\nsiblings\t: %u\n",
                n);
        fprintf(f,
                "core id\t\t: %u\ncpu cores\t: %u\napicid\t\t: %u\ninitial apicid\t: %u\nfpu\t\t: "
                "yes\n",
                i, n, i, i);
        fprintf(f, "fpu_exception\t: yes\ncpuid level\t: %u\nwp\t\t: yes\n", id[EAX]);
        write_flags(c, f);
        fputs("bugs\t\t:\nbogomips\t: 2000.00\nclflush size\t: 64\ncache_alignment\t: 64\n"
              "address sizes\t: 46 bits physical, 48 bits virtual\npower management:\n\n",
              f);
    }
}
