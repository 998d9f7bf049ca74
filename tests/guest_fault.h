/*
 * guest_fault.h - for tests that run guest code on the interpreter alone: what the signal room does
 * for box64, in short. A guest instruction's access that faults becomes its #PF.
 */
#ifndef TESTS_GUEST_FAULT_H
#define TESTS_GUEST_FAULT_H

#include <signal.h>
#include <stdlib.h>

#include "interp/interp.h"

static struct x86_cpu *const *guest_fault_cpu;

static void guest_fault(int sig, siginfo_t *info, void *uc)
{
    struct x86_cpu *c = *guest_fault_cpu;

    (void)sig, (void)uc;
    if (!c->cur)
        abort();
    c->exc = (struct x86_exc){.vec = X86_EXC_PF, .addr = h2g(info->si_addr)};
    interp_fault(c);
}

/* cpu: whose code it is, then. */
static inline void catch_guest_faults(struct x86_cpu *const *cpu)
{
    struct sigaction sa = {.sa_sigaction = guest_fault, .sa_flags = SA_SIGINFO | SA_NODEFER};

    guest_fault_cpu = cpu;
    sigaction(SIGSEGV, &sa, NULL);
}

#endif
