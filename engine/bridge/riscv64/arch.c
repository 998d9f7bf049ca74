/* Host part of the bridge: RV64 (see arch.h). */
#include "bridge/arch.h"

#include <fenv.h>
#include <string.h>

const bool br_arch_weak_order = true;
const char br_arch_first_glibc[] = "GLIBC_2.27";

void br_arch_emit_stub(u8 *p, u32 index)
{
    u64 target = (u64)(uintptr_t)br_stub_common;
    u32 hi = (index + 0x800) & 0xfffff000, lo = (index - hi) & 0xfff;
    u32 code[6] = {
        0x000002b7 | hi,       /* lui t0, hi */
        0x0002829b | lo << 20, /* addiw t0, t0, lo */
        0x00000317,            /* auipc t1, 0 */
        0x01033303,            /* ld t1, 16(t1): the address at p + 24 */
        0x00030067,            /* jr t1 */
        0x00000013,            /* nop */
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
