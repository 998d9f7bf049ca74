/*
 * context.c (loongarch64) - what the host's signal frame says. Source: Linux asm/sigcontext.h
 * (SC_ADDRERR_*); LoongArch reference manual vol. 1 for the decoding where the kernel left the
 * flags empty.
 */
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/bits.h"
#include "signal/internal.h"

#define ADDRERR_READ (1u << 30)
#define ADDRERR_WRITE (1u << 31)

struct host_sigaction {
    u64 handler, flags, mask;
};

u64 sig_host_pc(const ucontext_t *uc)
{
    return uc->uc_mcontext.__pc;
}

void sig_host_set_pc(ucontext_t *uc, u64 pc)
{
    uc->uc_mcontext.__pc = pc;
}

/* ld.{b,h,w,d,bu,hu,wu}, fld, vld, xvld, ldptr, ll, ldx: everything else counts as a write. */
static bool insn_is_load(u32 w)
{
    u32 op10 = w >> 22, op8 = w >> 24, op17 = w >> 15;

    if (op10 >= 0x0a0 &&
        op10 <= 0x0b3) /* 2RI12: loads and stores; see the list in table 7 of the manual */
        return op10 <= 0x0a3 || (op10 >= 0x0a8 && op10 <= 0x0aa) || op10 == 0x0ac ||
               op10 == 0x0ae || op10 == 0x0b0 || op10 == 0x0b2;
    if (op8 == 0x20 || op8 == 0x22 || op8 == 0x24 || op8 == 0x26) /* ll.w ll.d ldptr.w ldptr.d */
        return true;
    if (op17 >= 0x7000 && op17 <= 0x7098) /* indexed: ldx.* 7000-7018, stx.* 7020-7038, ldx.bu..
                                             7040-7050, fldx 7060,7068 */
        return op17 <= 0x7018 || (op17 >= 0x7040 && op17 <= 0x7050) || op17 == 0x7060 ||
               op17 == 0x7068 || op17 == 0x7080 || op17 == 0x7090;
    return false;
}

bool sig_host_is_write(const ucontext_t *uc)
{
    u32 flags = uc->uc_mcontext.__flags;

    if (flags & (ADDRERR_READ | ADDRERR_WRITE))
        return flags & ADDRERR_WRITE;
    return !insn_is_load(ld_u32((const void *)(uintptr_t)uc->uc_mcontext.__pc));
}

int sig_host_action(int sig, u64 handler, u64 flags, u64 mask)
{
    struct host_sigaction a = {handler, flags, mask};

    return syscall(SYS_rt_sigaction, sig, &a, NULL, 8) < 0 ? -errno : 0;
}
