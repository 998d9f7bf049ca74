/*
 * context.c (riscv64) - what the host's signal frame says. The frame has no cause register, so the
 * access is decoded (RISC-V unprivileged ISA, chapters "RVC" and "RV32/64G instruction set
 * listings").
 */
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/bits.h"
#include "signal/internal.h"

struct host_sigaction {
    u64 handler, flags, mask;
};

u64 sig_host_pc(const ucontext_t *uc)
{
    return uc->uc_mcontext.__gregs[REG_PC];
}

void sig_host_set_pc(ucontext_t *uc, u64 pc)
{
    uc->uc_mcontext.__gregs[REG_PC] = pc;
}

bool sig_host_is_write(const ucontext_t *uc)
{
    const u8 *p = (const u8 *)(uintptr_t)uc->uc_mcontext.__gregs[REG_PC];
    u16 half = ld_u16(p);

    if ((half & 3) != 3) { /* quadrants 0 and 2: funct3 1-3 load, 5-7 store */
        return (half & 3) == 1 || (half >> 13) >= 4;
    }
    switch (half & 0x7f) {
    case 0x03: /* LOAD */
    case 0x07: /* LOAD-FP and vector loads */ return false;
    case 0x2f: /* AMO: LR only reads (funct5 00010) */ return (ld_u16(p + 2) >> 11) != 2;
    default: return true;
    }
}

int sig_host_action(int sig, u64 handler, u64 flags, u64 mask)
{
    struct host_sigaction a = {handler, flags, mask};

    return syscall(SYS_rt_sigaction, sig, &a, NULL, 8) < 0 ? -errno : 0;
}
