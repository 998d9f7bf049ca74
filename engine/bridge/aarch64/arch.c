/* Host part of the bridge: AArch64 (see arch.h). */
#include "bridge/arch.h"

#include <fenv.h>
#include <string.h>

const bool br_arch_weak_order = true;
const char br_arch_first_glibc[] = "GLIBC_2.17";

void br_arch_emit_stub(u8 *p, u32 index)
{
    u64 target = (u64)(uintptr_t)br_stub_common;
    u32 code[4] = {
        0x52800010 | (index & 0xffff) << 5, /* movz w16, index */
        0x72a00010 | (index >> 16) << 5,    /* movk w16, index >> 16, lsl 16 */
        0x58000051,                         /* ldr x17, pc + 8 */
        0xd61f0220,                         /* br x17 */
    };

    memcpy(p, code, sizeof code);
    memcpy(p + 16, &target, 8);
}

/* Offsets of 0 say that no register holds an argument: all are on __stack (AAPCS64 appendix B). */
void br_arch_va_list(va_list *ap, void *slots)
{
    memset(ap, 0, sizeof *ap);
    ap->__stack = slots;
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
