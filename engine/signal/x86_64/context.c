/*
 * context.c (x86_64) - what the host's signal frame says. Source: Linux asm/sigcontext.h, SDM vol.
 * 3 4.7 (error code).
 */
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "signal/internal.h"

#define HOST_SA_RESTORER 0x04000000ull
#define PF_WRITE 2

struct host_sigaction {
    u64 handler, flags, restorer, mask;
};

void sig_host_restorer(void);
__asm__(".text\n.globl sig_host_restorer\n.type sig_host_restorer,@function\nsig_host_restorer:\n"
        "    movl $15, %eax\n    syscall\n.size sig_host_restorer, . - sig_host_restorer\n");

u64 sig_host_pc(const ucontext_t *uc)
{
    return (u64)uc->uc_mcontext.gregs[REG_RIP];
}

void sig_host_set_pc(ucontext_t *uc, u64 pc)
{
    uc->uc_mcontext.gregs[REG_RIP] = (i64)pc;
}

bool sig_host_is_write(const ucontext_t *uc)
{
    return uc->uc_mcontext.gregs[REG_ERR] & PF_WRITE;
}

int sig_host_action(int sig, u64 handler, u64 flags, u64 mask)
{
    struct host_sigaction a = {handler, flags | HOST_SA_RESTORER, (u64)(uintptr_t)sig_host_restorer,
                               mask};

    return syscall(SYS_rt_sigaction, sig, &a, NULL, 8) < 0 ? -errno : 0;
}
