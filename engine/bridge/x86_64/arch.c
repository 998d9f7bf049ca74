/* Host part of the bridge: x86-64 (see arch.h). */
#include "bridge/arch.h"

#include <string.h>

const bool br_arch_weak_order = false;
const char br_arch_first_glibc[] = "GLIBC_2.2.5";

void br_arch_emit_stub(u8 *p, u32 index)
{
    u64 target = (u64)(uintptr_t)br_stub_common;

    p[0] = 0x41; /* mov r11d, index */
    p[1] = 0xbb;
    memcpy(p + 2, &index, 4);
    p[6] = 0x49; /* mov r10, br_stub_common */
    p[7] = 0xba;
    memcpy(p + 8, &target, 8);
    p[16] = 0x41; /* jmp r10 */
    p[17] = 0xff;
    p[18] = 0xe2;
}

/* SSE's flags, and x87's for long double. */
void br_arch_fp_clear(void)
{
    u32 mxcsr;

    __asm__ volatile("stmxcsr %0" : "=m"(mxcsr));
    if (mxcsr & 0x3f) {
        mxcsr &= ~0x3fu;
        __asm__ volatile("ldmxcsr %0" ::"m"(mxcsr));
    }
    __asm__ volatile("fnclex");
}

u32 br_arch_fp_flags(void)
{
    u32 mxcsr;
    u16 sw;

    __asm__ volatile("stmxcsr %0; fnstsw %1" : "=m"(mxcsr), "=am"(sw));
    return (mxcsr | sw) & 0x3f;
}

/* Offsets behind the register save area: every argument comes from the overflow area (psABI 3.5.7).
 */
void br_arch_va_list(va_list *ap, void *slots)
{
    (*ap)->gp_offset = 48;
    (*ap)->fp_offset = 176;
    (*ap)->overflow_arg_area = slots;
    (*ap)->reg_save_area = NULL;
}
