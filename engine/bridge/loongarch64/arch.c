/* Host part of the bridge: LoongArch64 (see arch.h). */
#include "bridge/arch.h"

#include <fenv.h>
#include <string.h>

const bool br_arch_weak_order = true;
const char br_arch_first_glibc[] = "GLIBC_2.36";

void br_arch_emit_stub(u8 *p, u32 index)
{
    u64 target = (u64)(uintptr_t)br_stub_common;
    u32 code[6] = {
        0x14000000 | (index >> 12) << 5 | 12,              /* lu12i.w t0, index >> 12 */
        0x03800000 | (index & 0xfff) << 10 | 12 << 5 | 12, /* ori t0, t0, index */
        0x1c000000 | 13,                                   /* pcaddu12i t1, 0 */
        0x28c00000 | 16 << 10 | 13 << 5 | 13, /* ld.d t1, t1, 16: the address at p + 24 */
        0x4c000000 | 13 << 5,                 /* jirl zero, t1, 0 */
        0x03400000,                           /* nop */
    };

    memcpy(p, code, sizeof code);
    memcpy(p + 24, &target, 8);
}

/* A va_list is the address of the next argument (psABI, variadic arguments). */
void br_arch_va_list(va_list *ap, void *slots)
{
    memcpy(ap, &slots, sizeof slots);
}

void br_arch_fp_clear(void)
{
    feclearexcept(FE_ALL_EXCEPT);
}

u32 br_arch_fp_flags(void)
{
    int f = fetestexcept(FE_ALL_EXCEPT);

    return (f & FE_INVALID ? 1u : 0) | (f & FE_DIVBYZERO ? 4u : 0) | (f & FE_OVERFLOW ? 8u : 0) |
           (f & FE_UNDERFLOW ? 0x10u : 0) | (f & FE_INEXACT ? 0x20u : 0);
}
