/*
 * native_signals.c - native functions that translated code calls itself fault, and the guest's
 * handler repairs, while other signals come as fast as they can.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#define ROUNDS 100000

static char *page;
static volatile int done;
static unsigned long ticks, repairs, strange;

static void tick(int sig)
{
    (void)sig;
    __atomic_add_fetch(&ticks, 1, __ATOMIC_RELAXED);
}

static void repair(int sig, siginfo_t *info, void *uc)
{
    (void)sig;
    if ((char *)info->si_addr - page >= 4096 || (char *)info->si_addr < page)
        _exit(99);
    if (((ucontext_t *)uc)->uc_mcontext.gregs[REG_RIP] < 4096)
        strange++;
    repairs++;
    mprotect(page, 4096, PROT_READ | PROT_WRITE);
}

static void *send(void *to)
{
    while (!done)
        pthread_kill(*(pthread_t *)to, SIGUSR1);
    return NULL;
}

int main(void)
{
    struct sigaction sa = {.sa_handler = tick, .sa_flags = SA_RESTART};
    pthread_t self = pthread_self(), t;
    unsigned long sum = 0;

    page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memset(page, 'x', 100);
    sigaction(SIGUSR1, &sa, NULL);
    sa.sa_sigaction = repair;
    sa.sa_flags = SA_SIGINFO;
    sigaction(SIGSEGV, &sa, NULL);
    alarm(150);
    pthread_create(&t, NULL, send, &self);
    for (int i = 0; i < ROUNDS; i++) {
        mprotect(page, 4096, PROT_NONE);
        sum += strlen(page + i % 100);
    }
    done = 1;
    pthread_join(t, NULL);
    printf("sum %lu repairs %lu strange %lu ticks %s\n", sum, repairs, strange,
           ticks > 500 ? "many" : "few");
    return 0;
}
