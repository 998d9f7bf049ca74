/*
 * vectors_host.c (hosts that are not x86-64) - replay only: guest faults come from SIGSEGV and
 * SIGBUS.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdlib.h>

#include "irun.h"
#include "vectors_host.h"

static void on_signal(int sig, siginfo_t *info, void *context)
{
    (void)context;
    if (irun_fault(sig, info, 0, INTERP_CAUSE_UNKNOWN))
        return;
    signal(sig, SIG_DFL);
}

void vectors_host_init(void)
{
    struct sigaction sa = {.sa_sigaction = on_signal,
                           .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    stack_t ss = {.ss_size = 256 * 1024};

    ss.ss_sp = malloc(ss.ss_size);
    sigaltstack(&ss, NULL);
    sigaction(SIGSEGV, &sa, NULL);
    sigaction(SIGBUS, &sa, NULL);
}

bool vectors_native_init(void)
{
    return false;
}

bool vectors_native_has(unsigned row)
{
    (void)row;
    return false;
}

bool vectors_native_run(const struct tcase *t, struct tresult *out)
{
    (void)t;
    (void)out;
    return false;
}
