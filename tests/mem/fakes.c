/* fakes.c - stands in for the interpreter in the tests of engine/mem. */
#include "fakes.h"

#include <stdlib.h>
#include <unistd.h>

#include "config/config.h"
#include "interp/interp.h"
#include "mem/map.h"

unsigned long fake_invalidations;
gaddr fake_inv_start, fake_inv_end;
volatile sig_atomic_t fake_faults;

void interp_invalidate(gaddr start, gaddr end)
{
    __atomic_fetch_add(&fake_invalidations, 1, __ATOMIC_RELAXED);
    fake_inv_start = start;
    fake_inv_end = end;
}

static void on_segv(int sig, siginfo_t *si, void *ctx)
{
    (void)sig;
    (void)ctx;
    fake_faults++;
    if (mem_fault(h2g(si->si_addr), true) != MEM_FAULT_RETRY)
        _exit(99);
}

void fake_catch_faults(void)
{
    struct sigaction sa = {.sa_sigaction = on_segv, .sa_flags = SA_SIGINFO};

    sigaction(SIGSEGV, &sa, NULL);
}

void fake_host_page(int argc, char **argv)
{
    cfg.host_page = argc > 1 ? atoi(argv[1]) : 0;
}
