/*
 * smc_signals.c - a loop that rewrites functions that it has just run, while signals come as fast
 * as they can: the fault of such a write is interrupted again and again.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGES 3000

static unsigned char *page;
static volatile int done;
static unsigned long ticks;

static void tick(int sig)
{
    (void)sig;
    __atomic_add_fetch(&ticks, 1, __ATOMIC_RELAXED);
}

static void *send(void *to)
{
    while (!done)
        pthread_kill(*(pthread_t *)to, SIGUSR1);
    return NULL;
}

/* Page after page, as one that is written to often is no longer translated. */
static uint64_t rewrite(void)
{
    uint64_t r = 0;

    for (unsigned i = 0; i < 2 * PAGES; i++) {
        unsigned char *f = page + (i / 2) * 4096 + i % 60 * 64;

        f[0] = 0xb8; /* mov $imm, %eax; ret */
        memcpy(f + 1, &i, 4);
        f[5] = 0xc3;
        for (unsigned k = 0; k < 60; k++)
            r = r * 3 + ((unsigned (*)(void))(uintptr_t)f)();
        if (i % 2 == 0)
            f[2] = 7; /* the fault */
    }
    return r;
}

int main(void)
{
    struct sigaction sa = {.sa_handler = tick, .sa_flags = SA_RESTART};
    pthread_t self = pthread_self(), t;

    page = mmap(NULL, PAGES * 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
                -1, 0);
    sigaction(SIGUSR1, &sa, NULL);
    alarm(150);
    pthread_create(&t, NULL, send, &self);
    printf("%016lx\n", (unsigned long)rewrite());
    done = 1;
    pthread_join(t, NULL);
    printf("signals %d\n", ticks > 0);
    return 0;
}
