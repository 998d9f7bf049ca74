/* signal.h, setjmp.h, ucontext.h: sets, masks, dispositions, queues, stacks, waiting, jumping. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#define N(x) printf("%s = %ld\n", #x, (long)(x))

static volatile int seen, value, code;
static sigjmp_buf jb;
static ucontext_t here, there;
static char stack[65536];

static void on(int sig)
{
    seen = sig;
}

static void on_info(int sig, siginfo_t *info, void *uc)
{
    seen = sig;
    value = info->si_value.sival_int;
    code = info->si_code;
    (void)uc;
}

static void jump(int sig)
{
    siglongjmp(jb, sig);
}

static void sets(void)
{
    sigset_t a, b, c;

    N(sigemptyset(&a)), N(sigaddset(&a, SIGUSR1)), N(sigismember(&a, SIGUSR1)),
        N(sigismember(&a, 99)), N(sigfillset(&b)), N(sigdelset(&b, SIGUSR1)),
        N(sigandset(&c, &a, &b)), N(sigisemptyset(&c)), N(sigorset(&c, &a, &b)),
        N(sigismember(&c, SIGTERM)), N(sigaddset(&a, 0)), N(errno), N(sigaddset(&a, 64));
    N(SIGRTMIN), N(SIGRTMAX), N(__libc_current_sigrtmin()), N(sigabbrev_np(99) == NULL);
}

static void masks(void)
{
    struct timespec ts = {0, 1000};
    sigset_t a, old, pend;
    siginfo_t si;
    int sig;

    sigemptyset(&a), sigaddset(&a, SIGUSR1), sigaddset(&a, SIGRTMIN + 1),
        N(sigprocmask(SIG_BLOCK, &a, &old)), N(raise(SIGUSR1)), N(sigpending(&pend)),
        N(sigismember(&pend, SIGUSR1)), N(sigwaitinfo(&a, &si)), N(si.si_code == SI_TKILL);
    N(sigqueue(getpid(), SIGRTMIN + 1, (union sigval){.sival_int = 42})),
        N(sigtimedwait(&a, &si, &ts) - SIGRTMIN), N(si.si_value.sival_int),
        N(sigtimedwait(&a, &si, &ts)), N(errno), kill(getpid(), SIGUSR1), N(sigwait(&a, &sig)),
        N(sig), N(pthread_sigmask(SIG_SETMASK, &old, &pend)), N(sigismember(&pend, SIGUSR1)),
        N(sigprocmask(99, &a, NULL)), N(errno);
    N(sighold(SIGUSR2)), N(sigrelse(SIGUSR2)), N(sigignore(SIGUSR2)), N(raise(SIGUSR2)),
        N(sigset(SIGUSR2, on) == SIG_IGN), N(raise(SIGUSR2)), N(seen), N(sigblock(sigmask(SIGHUP))),
        N(siggetmask() == sigmask(SIGHUP)), N(sigsetmask(0) == sigmask(SIGHUP)),
        N(siginterrupt(SIGUSR2, 1)), N(gsignal(SIGUSR2)), N(ssignal(SIGUSR2, SIG_DFL) == on);
}

static void handlers(void)
{
    struct sigaction sa = {.sa_sigaction = on_info,
                           .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESETHAND},
                     old;
    stack_t ss = {.ss_sp = stack, .ss_size = sizeof stack}, was;
    union sigval v = {.sival_int = 7};
    struct sigevent ev = {
        .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value = {.sival_int = 9}};
    struct itimerspec its = {{0, 0}, {0, 1000000}};
    sigset_t none;
    timer_t t;

    N(signal(SIGUSR1, on) == SIG_DFL), N(raise(SIGUSR1)), N(seen), N(sigaltstack(&ss, &was)),
        N(was.ss_flags), N(sigaction(SIGUSR1, &sa, &old)), N(old.sa_handler == on),
        N(old.sa_flags == SA_RESTART), N(sigqueue(getpid(), SIGUSR1, v)), N(value), N(code),
        N(sigaction(SIGUSR1, NULL, &old)), N(old.sa_handler == SIG_DFL);
    sa.sa_flags = SA_SIGINFO, sigaction(SIGUSR1, &sa, NULL),
    N(pthread_sigqueue(pthread_self(), SIGUSR1, v)), N(pthread_kill(pthread_self(), SIGUSR1)),
    N(code), N(killpg(getpgrp(), 0)), sigemptyset(&none), seen = 0,
    N(timer_create(CLOCK_MONOTONIC, &ev, &t)), N(timer_settime(t, 0, &its, NULL));
    while (!seen)
        usleep(100);
    N(code), N(value), timer_delete(t),
        seen = 0, sigaddset(&none, SIGUSR1), sigprocmask(SIG_BLOCK, &none, NULL), raise(SIGUSR1),
        sigemptyset(&none), N(sigsuspend(&none)), N(errno), N(seen),
        sigprocmask(SIG_SETMASK, &none, NULL), N(sigaction(SIGKILL, &sa, NULL)), N(errno),
        N(sigaction(SIGKILL, NULL, &old)), N((long)signal(65, on)),
        N((long)bsd_signal(SIGUSR2, on)), N((long)sysv_signal(SIGUSR2, SIG_IGN) == (long)on);
}

static void jumps(void)
{
    char *p = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    jmp_buf plain;
    int r;

    signal(SIGSEGV, jump), signal(SIGFPE, jump), signal(SIGILL, jump), signal(SIGTRAP, jump),
        signal(SIGBUS, jump), signal(SIGABRT, jump);
    if (!(r = sigsetjmp(jb, 1)))
        *(volatile char *)p = 1;
    N(r);
    if (!(r = sigsetjmp(jb, 1)))
        r = strlen(p); /* in the library */
    N(r);
    if (!(r = sigsetjmp(jb, 1)))
        N(1 / (r * 2));
    N(r);
    if (!(r = sigsetjmp(jb, 1)))
        __asm__ volatile("ud2");
    N(r);
    if (!(r = sigsetjmp(jb, 1)))
        __asm__ volatile("int3");
    N(r);
    if (!(r = sigsetjmp(jb, 1)))
        abort();
    N(r);
    if (!(r = setjmp(plain)))
        longjmp(plain, 0);
    N(r);
    if (!(r = _setjmp(plain)))
        _longjmp(plain, 3);
    N(r);
}

static void visit(int a, int b)
{
    printf("visit %d %d\n", a, b);
    swapcontext(&there, &here);
    puts("again");
}

static void contexts(void)
{
    volatile int n = 0;

    N(getcontext(&there)),
        there.uc_stack.ss_sp = stack, there.uc_stack.ss_size = sizeof stack, there.uc_link = &here,
        makecontext(&there, (void (*)(void))visit, 2, 3, 4), N(swapcontext(&here, &there)),
        N(swapcontext(&here, &there)), N(getcontext(&here));
    if (++n < 3)
        setcontext(&here);
    N(n);
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    sets();
    masks();
    handlers();
    contexts();
    jumps();
    return 0;
}
