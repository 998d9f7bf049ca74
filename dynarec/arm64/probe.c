/*
 * probe.c - which extensions this CPU has, from the auxiliary vector (Linux
 * Documentation/arch/arm64/elf_hwcaps.rst), less what BOX64_DYNAREC_NOHOSTEXT names.
 */
#include <string.h>
#include <sys/auxv.h>

#include "base/log.h"
#include "config/config.h"
#include "dynarec/arm64/a64.h"

struct a64_features a64_has;

static const struct {
    const char *name;
    bool *has;
    unsigned word; /* AT_HWCAP or AT_HWCAP2 */
    unsigned bit;
} features[] = {
    {"atomics", &a64_has.lse, AT_HWCAP, 8},      {"uscat", &a64_has.lse2, AT_HWCAP, 25},
    {"flagm", &a64_has.flagm, AT_HWCAP, 27},     {"flagm2", &a64_has.flagm2, AT_HWCAP2, 7},
    {"lrcpc", &a64_has.lrcpc, AT_HWCAP, 15},     {"lrcpc2", &a64_has.lrcpc2, AT_HWCAP, 26},
    {"frintts", &a64_has.frintts, AT_HWCAP2, 8}, {"afp", &a64_has.afp, AT_HWCAP2, 20},
    {"aes", &a64_has.aes, AT_HWCAP, 3},          {"pmull", &a64_has.pmull, AT_HWCAP, 4},
    {"sha1", &a64_has.sha1, AT_HWCAP, 5},        {"sha2", &a64_has.sha2, AT_HWCAP, 6},
    {"crc32", &a64_has.crc32, AT_HWCAP, 7},
};

#define HWCAP_CPUID_BIT (1ul << 11)

/* ID_AA64MMFR1_EL1.AFP: QEMU 10 has the feature, but not its HWCAP2 bit. */
static bool afp_by_id(void)
{
    u64 v;

    __asm__("mrs %0, s3_0_c0_c7_1" : "=r"(v));
    return (v >> 44 & 15) != 0;
}

void h_probe(void)
{
    const char *at = cfg.dynarec_nohostext, *item;
    size_t n = sizeof features / sizeof features[0], len;

    for (size_t i = 0; i < n; i++)
        *features[i].has = getauxval(features[i].word) >> features[i].bit & 1;
    if (getauxval(AT_HWCAP) & HWCAP_CPUID_BIT)
        a64_has.afp |= afp_by_id();
    while ((item = cfg_list_next(&at, &len))) {
        size_t i;

        for (i = 0; i < n; i++) {
            if (strlen(features[i].name) == len && !memcmp(features[i].name, item, len)) {
                *features[i].has = false;
                break;
            }
        }
        if (len == 1 && *item == '1')
            memset(&a64_has, 0, sizeof a64_has);
        else if (i == n)
            log_warn("BOX64_DYNAREC_NOHOSTEXT: no extension is called %.*s", (int)len, item);
    }
}
