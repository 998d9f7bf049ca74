/* signals.c - handlers, masks, frames and faults, as raw as a guest can ask for them. */
#include "check.h"

#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

static volatile int got[65], order[64], orders;
static volatile siginfo_t last;
static volatile greg_t last_trapno, last_err, last_cr2;

static void note(int sig, siginfo_t *si, void *ucv)
{
    ucontext_t *uc = ucv;

    got[sig]++;
    if (orders < 64)
        order[orders++] = sig;
    memcpy((void *)&last, si, sizeof last);
    last_trapno = uc->uc_mcontext.gregs[REG_TRAPNO];
    last_err = uc->uc_mcontext.gregs[REG_ERR];
    last_cr2 = uc->uc_mcontext.gregs[REG_CR2];
}

static void install(int sig, void (*fn)(int, siginfo_t *, void *), int flags)
{
    struct sigaction sa;

    memset(&sa, 0, sizeof sa);
    sa.sa_sigaction = fn;
    sa.sa_flags = SA_SIGINFO | flags;
    CHECK(sigaction(sig, &sa, NULL) == 0);
}

static void reset(void)
{
    memset((void *)got, 0, sizeof got);
    orders = 0;
}

static void set_mask(int how, int sig)
{
    sigset_t s;

    sigemptyset(&s);
    sigaddset(&s, sig);
    CHECK(sigprocmask(how, &s, NULL) == 0);
}

static void test_raise(void)
{
    union sigval v = {.sival_int = 77};

    reset();
    install(SIGUSR1, note, 0);
    raise(SIGUSR1);
    CHECK(got[SIGUSR1] == 1 && last.si_code == SI_TKILL && last.si_pid == getpid());
    kill(getpid(), SIGUSR1);
    CHECK(got[SIGUSR1] == 2 && last.si_code == SI_USER && last.si_uid == getuid());
    CHECK(sigqueue(getpid(), SIGUSR1, v) == 0);
    CHECK(got[SIGUSR1] == 3 && last.si_code == SI_QUEUE && last.si_value.sival_int == 77);
}

static void test_blocked(void)
{
    sigset_t pend;

    reset();
    set_mask(SIG_BLOCK, SIGUSR1);
    raise(SIGUSR1);
    raise(SIGUSR1);
    CHECK(got[SIGUSR1] == 0 && sigpending(&pend) == 0 && sigismember(&pend, SIGUSR1) &&
          !sigismember(&pend, SIGUSR2));
    set_mask(SIG_UNBLOCK, SIGUSR1);
    CHECK(got[SIGUSR1] == 1);
    install(SIGSEGV, note, 0);
    set_mask(SIG_BLOCK, SIGSEGV);
    kill(getpid(), SIGSEGV);
    CHECK(got[SIGSEGV] == 0 && sigpending(&pend) == 0 && sigismember(&pend, SIGSEGV));
    set_mask(SIG_UNBLOCK, SIGSEGV);
    CHECK(got[SIGSEGV] == 1 && last.si_code == SI_USER);
}

static void test_realtime(void)
{
    reset();
    for (int i = 0; i < 3; i++) {
        install(SIGRTMIN + i, note, 0);
        set_mask(SIG_BLOCK, SIGRTMIN + i);
    }
    for (int i = 2; i >= 0; i--)
        for (int n = 0; n < 3; n++)
            sigqueue(getpid(), SIGRTMIN + i, (union sigval){.sival_int = n});
    sigset_t all;
    sigemptyset(&all);
    for (int i = 0; i < 3; i++)
        sigaddset(&all, SIGRTMIN + i);
    sigprocmask(SIG_UNBLOCK, &all, NULL);
    CHECK(got[SIGRTMIN] == 3 && got[SIGRTMIN + 1] == 3 && got[SIGRTMIN + 2] == 3);
    for (int i = 0; i < orders; i++)
        printf("%d ", order[i] - SIGRTMIN);
    printf("\n");
}

static void nested_outer(int sig, siginfo_t *si, void *uc)
{
    note(sig, si, uc);
    raise(SIGUSR2);
    order[orders++] = -1;
    raise(sig); /* blocked now: comes after the return */
    order[orders++] = -2;
    if (got[sig] >= 2)
        install(sig, note, 0);
}

static void test_nested(void)
{
    reset();
    install(SIGUSR1, nested_outer, 0);
    install(SIGUSR2, note, 0);
    raise(SIGUSR1);
    CHECK(got[SIGUSR1] == 3 && got[SIGUSR2] == 2);
    for (int i = 0; i < orders; i++)
        printf("%d ", order[i]);
    printf("\n");
}

static void nodefer(int sig, siginfo_t *si, void *uc)
{
    note(sig, si, uc);
    if (got[sig] < 5)
        raise(sig);
    order[orders++] = got[sig];
}

static void test_flags(void)
{
    struct sigaction sa;

    reset();
    install(SIGUSR1, nodefer, SA_NODEFER);
    raise(SIGUSR1);
    CHECK(got[SIGUSR1] == 5);
    install(SIGUSR1, note, SA_RESETHAND);
    raise(SIGUSR1);
    CHECK(got[SIGUSR1] == 6 && sigaction(SIGUSR1, NULL, &sa) == 0 && sa.sa_handler == SIG_DFL);
    CHECK(sigaction(SIGKILL, &sa, NULL) == -1 && errno == EINVAL);
    CHECK(sigaction(0, NULL, &sa) == -1 && errno == EINVAL);
    CHECK(sigaction(65, NULL, &sa) == -1 && errno == EINVAL);
}

/* ---- faults --------------------------------------------------------------------------------- */

static volatile char *page;

static void repair(int sig, siginfo_t *si, void *uc)
{
    note(sig, si, uc);
    mprotect((void *)page, 4096, PROT_READ | PROT_WRITE);
}

static void test_repair(void)
{
    page = mmap(NULL, 8192, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    reset();
    install(SIGSEGV, repair, 0);
    CHECK(page[0] == 0); /* the page is there */
    page[100] = 5;       /* again after the handler */
    CHECK(page[100] == 5 && got[SIGSEGV] == 1 && last.si_code == SEGV_ACCERR &&
          last.si_addr == page + 100);
    CHECK(last_trapno == 14 && last_err == 7 && last_cr2 == (greg_t)(page + 100));
    mprotect((void *)page, 4096, PROT_NONE);
    CHECK(*(volatile char *)(page + 200) == 0 && got[SIGSEGV] == 2 && last_err == 4);
    mprotect((void *)page, 4096, PROT_NONE);
    __asm__ volatile("mov %0,%%rdi; mov $4096,%%rcx; mov $7,%%al; rep stosb" ::"r"(page)
                     : "rdi", "rcx", "rax", "memory");
    CHECK(page[0] == 7 && page[4095] == 7 && got[SIGSEGV] == 3);
}

static void skip(int sig, siginfo_t *si, void *ucv)
{
    ucontext_t *uc = ucv;

    note(sig, si, ucv);
    uc->uc_mcontext.gregs[REG_RIP] = uc->uc_mcontext.gregs[REG_RBX];
    uc->uc_mcontext.gregs[REG_RAX] = 4242;
}

/* Runs an instruction that faults; the handler goes on at the label and sets RAX. */
#define FAULTING(text)                                                                             \
    ({                                                                                             \
        long r_ = 0;                                                                               \
        __asm__ volatile("lea 1f(%%rip),%%rbx\n" text "\n1:"                                       \
                         : "=a"(r_)                                                                \
                         : "0"(0l)                                                                 \
                         : "rbx", "rcx", "rdx", "memory", "cc");                                   \
        r_;                                                                                        \
    })

static void test_fault_kinds(void)
{
    reset();
    install(SIGSEGV, skip, 0);
    install(SIGILL, skip, 0);
    install(SIGFPE, skip, 0);
    install(SIGBUS, skip, 0);
    install(SIGTRAP, skip, 0);
    CHECK(FAULTING("mov 8,%%rax") == 4242 && last.si_code == SEGV_MAPERR &&
          last.si_addr == (void *)8 && last_err == 4);
    CHECK(FAULTING("movq $1,16") == 4242 && last.si_code == SEGV_MAPERR &&
          last.si_addr == (void *)16 && last_err == 6);
    /* Bit 50: aarch64 ignores the top byte of addresses, bits 56-63 alone would not fault there. */
    CHECK(left_out("a non-canonical address, QEMU reports 0 for those of its own host") ||
          FAULTING("mov $1,%%rcx; shl $50,%%rcx; mov (%%rcx),%%rax") == 4242 &&
                              last.si_code == SI_KERNEL && last.si_addr == NULL &&
                              last_trapno == 13);
    CHECK(FAULTING("hlt") == 4242 && last.si_code == SI_KERNEL && last_trapno == 13);
    CHECK(FAULTING("ud2") == 4242 && last.si_signo == SIGILL && last.si_code == ILL_ILLOPN &&
          last_trapno == 6);
    CHECK(FAULTING("xor %%edx,%%edx; xor %%ecx,%%ecx; div %%ecx") == 4242 &&
          last.si_signo == SIGFPE && last.si_code == FPE_INTDIV && last_trapno == 0);
    CHECK(FAULTING("int3") == 4242 && last.si_signo == SIGTRAP && last.si_code == SI_KERNEL &&
          last_trapno == 3);
    CHECK(FAULTING("mov $0x10000,%%ecx; jmp *%%rcx") == 4242 && last.si_signo == SIGSEGV &&
          last.si_addr == (void *)0x10000 && last_err == 0x14);
    CHECK(FAULTING("lea -136(%%rsp),%%rcx; jmp *%%rcx") == 4242 && last.si_signo == SIGSEGV &&
          last.si_code == SEGV_ACCERR && last_err == 0x15);
    CHECK(got[SIGSEGV] == 6 - under_qemu() && got[SIGILL] == 1 && got[SIGFPE] == 1 &&
          got[SIGTRAP] == 1);
}

static void test_simd_fault(void)
{
    unsigned csr = 0x1f80 & ~0x200u; /* divide by zero unmasked */
    double one = 1, zero = 0;

    reset();
    __asm__ volatile("ldmxcsr %0" ::"m"(csr));
    __asm__ volatile("lea 1f(%%rip),%%rbx\nmovsd %0,%%xmm0\ndivsd %1,%%xmm0\n1:" ::"m"(one),
                     "m"(zero)
                     : "rbx", "rax", "xmm0");
    csr = 0x1f80;
    __asm__ volatile("ldmxcsr %0" ::"m"(csr));
    CHECK(got[SIGFPE] == 1 && last.si_code == FPE_FLTDIV && last_trapno == 19);
}

static volatile int steps;

static void on_step(int sig, siginfo_t *si, void *ucv)
{
    ucontext_t *uc = ucv;

    (void)si;
    got[sig]++;
    if (++steps == 5)
        uc->uc_mcontext.gregs[REG_EFL] &= ~0x100l;
}

static void test_trap_flag(void)
{
    reset();
    steps = 0;
    install(SIGTRAP, on_step, 0);
    __asm__ volatile("sub $128,%%rsp; pushf; orl $0x100,(%%rsp); popf; nop; nop; nop; nop; nop; "
                     "nop; add $128,%%rsp" ::
                         : "memory", "cc");
    CHECK(got[SIGTRAP] == 5);
}

static void test_bus(void)
{
    FILE *f = tmpfile();
    char *p;

    reset();
    CHECK(ftruncate(fileno(f), 4096) == 0);
    p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fileno(f), 0);
    p[0] = 1;
    long r;
    __asm__ volatile("lea 1f(%%rip),%%rbx\nmov %1,%%rcx\nmov (%%rcx),%%rax\n1:"
                     : "=a"(r)
                     : "r"(p + 4096)
                     : "rbx", "rcx", "memory");
    CHECK(r == 4242 && got[SIGBUS] == 1 && last.si_code == BUS_ADRERR && last.si_addr == p + 4096);
    munmap(p, 8192);
    fclose(f);
}

/* ---- stacks --------------------------------------------------------------------------------- */

static char alt[65536];
static volatile int on_alt_stack, alt_state;

static void on_alt(int sig, siginfo_t *si, void *uc)
{
    char here;
    stack_t now;

    note(sig, si, uc);
    sigaltstack(NULL, &now);
    on_alt_stack = &here >= alt && &here < alt + sizeof alt;
    alt_state = now.ss_flags;
    CHECK(sigaltstack(&now, NULL) == -1 && errno == EPERM);
}

static sigjmp_buf jb;

static void jump_out(int sig, siginfo_t *si, void *uc)
{
    note(sig, si, uc);
    siglongjmp(jb, 1);
}

static __attribute__((noipa)) int deeper(int n)
{
    volatile char here[16384];

    here[0] = (char)n;
    n = n < 1000000 ? deeper(n + 1) : 0;
    return n + here[0];
}

static void test_altstack(void)
{
    stack_t ss = {.ss_sp = alt, .ss_size = sizeof alt}, old;
    struct rlimit small = {1 << 20, RLIM_INFINITY};

    reset();
    CHECK(sigaltstack(NULL, &old) == 0 && old.ss_flags == SS_DISABLE);
    CHECK(sigaltstack(&(stack_t){.ss_sp = alt, .ss_size = 1000}, NULL) == -1 && errno == ENOMEM);
    CHECK(sigaltstack(&ss, NULL) == 0);
    install(SIGUSR1, on_alt, SA_ONSTACK);
    raise(SIGUSR1);
    CHECK(on_alt_stack && alt_state == SS_ONSTACK);
    install(SIGUSR1, note, 0);
    setrlimit(RLIMIT_STACK, &small);
    install(SIGSEGV, jump_out, SA_ONSTACK);
    if (!sigsetjmp(jb, 1))
        deeper(0);
    CHECK(got[SIGSEGV] == 1);
    ss.ss_flags = SS_DISABLE;
    CHECK(sigaltstack(&ss, &old) == 0 && old.ss_sp == alt && old.ss_flags == 0);
}

static void test_jumps(void)
{
    volatile int n = 0;

    reset();
    install(SIGSEGV, jump_out, 0);
    for (int i = 0; i < 100; i++) {
        if (!sigsetjmp(jb, 1))
            *(volatile int *)(long)(8 * i) = 1;
        else
            n++;
    }
    CHECK(n == 100 && got[SIGSEGV] == 100);
}

/* ---- state in frames ------------------------------------------------------------------------ */

static volatile unsigned short handler_cw;
static volatile unsigned handler_mxcsr;

static void clobber(int sig, siginfo_t *si, void *uc)
{
    unsigned short cw;
    unsigned csr;

    note(sig, si, uc);
    __asm__ volatile("fnstcw %0; stmxcsr %1" : "=m"(cw), "=m"(csr));
    handler_cw = cw;
    handler_mxcsr = csr;
    __asm__ volatile("fninit; fldz; fldz; fldz; pxor %%xmm0,%%xmm0; pxor %%xmm9,%%xmm9; pcmpeqd "
                     "%%xmm15,%%xmm15" ::
                         : "memory");
    if (__builtin_cpu_supports("avx"))
        __asm__ volatile("vzeroall");
}

static void test_state_kept(void)
{
    unsigned char ymm[32], back[32];
    unsigned short cw = 0x27f, cw2;
    unsigned csr = 0x7f80, csr2;
    long double st = 0;
    long r = 0;

    reset();
    install(SIGUSR1, clobber, 0);
    for (int i = 0; i < 32; i++)
        ymm[i] = (unsigned char)(i * 7 + 1);
    if (!__builtin_cpu_supports("avx"))
        memset(ymm + 16, 0, 16);
    __asm__ volatile("fldcw %2; ldmxcsr %3; fldpi; fld1" : "=m"(cw), "=m"(csr) : "m"(cw), "m"(csr));
    if (__builtin_cpu_supports("avx"))
        __asm__ volatile("vmovdqu %1,%%ymm9; mov %2,%%edi; mov $10,%%esi; mov $39,%%eax; syscall; "
                         "mov %%eax,%%edi; mov %2,%%esi; mov $62,%%eax; syscall; vmovdqu %%ymm9,%0"
                         : "=m"(back), "+m"(ymm)
                         : "i"(SIGUSR1)
                         : "rax", "rdi", "rsi", "rcx", "r11", "memory");
    else
        __asm__ volatile(
            "movdqu %1,%%xmm9; mov $39,%%eax; syscall; mov %%eax,%%edi; mov %2,%%esi; mov "
            "$62,%%eax; syscall; movdqu %%xmm9,%0; pxor %%xmm0,%%xmm0; movdqu %%xmm0,16%0"
            : "=m"(back), "+m"(ymm)
            : "i"(SIGUSR1)
            : "rax", "rdi", "rsi", "rcx", "r11", "memory");
    __asm__ volatile("fnstcw %0; stmxcsr %1; faddp; fstpt %2" : "=m"(cw2), "=m"(csr2), "=m"(st));
    cw = 0x37f;
    csr = 0x1f80;
    __asm__ volatile("fldcw %0; ldmxcsr %1" ::"m"(cw), "m"(csr));
    CHECK(got[SIGUSR1] == 1 && !memcmp(ymm, back, 32) && r == 0);
    CHECK(cw2 == 0x27f && csr2 == 0x7f80 && st > 4.14L && st < 4.15L);
    CHECK(handler_cw == 0x37f && handler_mxcsr == 0x1f80);
}

static void change_xmm(int sig, siginfo_t *si, void *ucv)
{
    ucontext_t *uc = ucv;

    note(sig, si, ucv);
    memset(&uc->uc_mcontext.fpregs->_xmm[3], 0x5a, 16);
    uc->uc_mcontext.gregs[REG_R12] = 99;
    sigaddset(&uc->uc_sigmask, SIGUSR2);
}

static void test_frame_changes(void)
{
    unsigned long lo = 0, r12 = 0;
    sigset_t now;

    reset();
    install(SIGUSR1, change_xmm, 0);
    __asm__ volatile(
        "pxor %%xmm3,%%xmm3; xor %%r12d,%%r12d; mov $39,%%eax; syscall; mov %%eax,%%edi; mov "
        "%2,%%esi; mov $62,%%eax; syscall; movq %%xmm3,%0; mov %%r12,%1"
        : "=r"(lo), "=r"(r12)
        : "i"(SIGUSR1)
        : "rax", "rdi", "rsi", "rcx", "r11", "r12", "xmm3", "memory");
    CHECK(lo == 0x5a5a5a5a5a5a5a5aul && r12 == 99);
    CHECK(sigprocmask(SIG_BLOCK, NULL, &now) == 0 && sigismember(&now, SIGUSR2) &&
          !sigismember(&now, SIGUSR1));
    set_mask(SIG_UNBLOCK, SIGUSR2);
}

static void test_red_zone(void)
{
    long a, b;

    reset();
    install(SIGTRAP, note, 0);
    __asm__ volatile("movq $0x1234,-8(%%rsp); movq $0x5678,-128(%%rsp); int3; mov -8(%%rsp),%0; "
                     "mov -128(%%rsp),%1"
                     : "=&r"(a), "=&r"(b)::"memory");
    CHECK(a == 0x1234 && b == 0x5678 && got[SIGTRAP] == 1);
}

/* ---- waiting -------------------------------------------------------------------------------- */

static void alarm_in(int ms)
{
    struct itimerval it = {.it_value = {ms / 1000, ms % 1000 * 1000}};

    setitimer(ITIMER_REAL, &it, NULL);
}

static void test_interrupted(void)
{
    struct timespec ts = {10, 0}, rem = {0, 0};
    char b;
    int p[2];

    reset();
    CHECK(pipe(p) == 0);
    install(SIGALRM, note, 0);
    alarm_in(30);
    CHECK(read(p[0], &b, 1) == -1 && errno == EINTR && got[SIGALRM] == 1);
    alarm_in(30);
    CHECK(nanosleep(&ts, &rem) == -1 && errno == EINTR && rem.tv_sec == 9 && got[SIGALRM] == 2);
    alarm_in(30);
    CHECK(pause() == -1 && errno == EINTR && got[SIGALRM] == 3);
    install(SIGALRM, note, SA_RESTART);
    alarm_in(30);
    if (!fork()) {
        usleep(150000);
        _exit(write(p[1], "z", 1) != 1);
    }
    CHECK(read(p[0], &b, 1) == 1 && b == 'z' && got[SIGALRM] == 4);
    wait(NULL);
    alarm_in(30);
    CHECK(wait(NULL) == -1 && errno == ECHILD);
    CHECK(nanosleep(&ts, &rem) == -1 && errno == EINTR && got[SIGALRM] == 5); /* never restarted */
    close(p[0]);
    close(p[1]);
}

static void test_suspend(void)
{
    sigset_t none, was, set;
    siginfo_t si;
    struct timespec ts = {0, 20000000};

    reset();
    install(SIGUSR1, note, 0);
    set_mask(SIG_BLOCK, SIGUSR1);
    raise(SIGUSR1);
    sigemptyset(&none);
    CHECK(sigsuspend(&none) == -1 && errno == EINTR && got[SIGUSR1] == 1);
    CHECK(sigprocmask(SIG_BLOCK, NULL, &was) == 0 && sigismember(&was, SIGUSR1));
    raise(SIGUSR1);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    CHECK(sigwaitinfo(&set, &si) == SIGUSR1 && si.si_code == SI_USER /* glibc hides SI_TKILL */ &&
          got[SIGUSR1] == 1);
    CHECK(sigtimedwait(&set, &si, &ts) == -1 && errno == EAGAIN);
    raise(SIGUSR1);
    ts.tv_sec = 5;
    CHECK(ppoll(NULL, 0, &ts, &none) == -1 && errno == EINTR && got[SIGUSR1] == 2);
    raise(SIGUSR1);
    CHECK(pselect(0, NULL, NULL, NULL, &ts, &none) == -1 && errno == EINTR && got[SIGUSR1] == 3);
    set_mask(SIG_UNBLOCK, SIGUSR1);
}

static void test_busy_loop(void)
{
    struct itimerval it = {.it_interval = {0, 2000}, .it_value = {0, 2000}}, off = {0};
    volatile unsigned long n = 0;

    reset();
    install(SIGALRM, note, SA_RESTART);
    setitimer(ITIMER_REAL, &it, NULL);
    while (got[SIGALRM] < 20)
        n++;
    setitimer(ITIMER_REAL, &off, NULL);
    CHECK(n > 0);
}

static void test_timer(void)
{
    struct sigevent ev = {
        .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN + 5, .sigev_value.sival_int = 31};
    struct itimerspec its = {.it_value = {0, 10000000}};
    timer_t t;

    reset();
    install(SIGRTMIN + 5, note, 0);
    CHECK(timer_create(CLOCK_MONOTONIC, &ev, &t) == 0 && timer_settime(t, 0, &its, NULL) == 0);
    while (!got[SIGRTMIN + 5])
        usleep(1000);
    CHECK(last.si_code == SI_TIMER && last.si_value.sival_int == 31);
    CHECK(timer_delete(t) == 0);
}

/* A fault while its signal is blocked or ignored ends the process. */
static void test_forced(void)
{
    for (int ignored = 0; ignored < 2; ignored++) {
        pid_t pid = fork();
        int st;

        if (!pid) {
            setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
            install(SIGSEGV, note, 0);
            if (ignored)
                signal(SIGSEGV, SIG_IGN);
            else
                set_mask(SIG_BLOCK, SIGSEGV);
            *(volatile int *)8 = 1;
            _exit(0);
        }
        CHECK(waitpid(pid, &st, 0) == pid && WIFSIGNALED(st) && WTERMSIG(st) == SIGSEGV);
    }
}

static void test_bad_stack(void)
{
    pid_t pid = fork();
    int st;

    if (!pid) {
        setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
        install(SIGUSR1, note, 0);
        __asm__ volatile("mov $39,%%eax; syscall; mov %%eax,%%edi; mov %0,%%esi; mov $62,%%eax; "
                         "mov $4096,%%esp; syscall" ::"i"(SIGUSR1));
        _exit(0);
    }
    CHECK(waitpid(pid, &st, 0) == pid && WIFSIGNALED(st) && WTERMSIG(st) == SIGSEGV);
}

static void test_sigchld(void)
{
    int st;
    pid_t pid;

    reset();
    install(SIGCHLD, note, SA_RESTART);
    pid = fork();
    if (!pid)
        _exit(3);
    CHECK(waitpid(pid, &st, 0) == pid);
    CHECK(got[SIGCHLD] == 1 && last.si_code == CLD_EXITED && last.si_status == 3 &&
          last.si_pid == pid);
    install(SIGCHLD, note, SA_NOCLDWAIT | SA_RESTART);
    pid = fork();
    if (!pid)
        _exit(4);
    CHECK(left_out("SA_NOCLDWAIT, QEMU drops the flag")
              ? waitpid(pid, &st, 0) != 0
              : waitpid(pid, &st, 0) == -1 && errno == ECHILD);
    signal(SIGCHLD, SIG_DFL);
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    RUN(test_raise);
    RUN(test_blocked);
    RUN(test_realtime);
    RUN(test_nested);
    RUN(test_flags);
    RUN(test_repair);
    RUN(test_fault_kinds);
    RUN(test_simd_fault);
    RUN(test_trap_flag);
    RUN(test_bus);
    RUN(test_altstack);
    RUN(test_jumps);
    RUN(test_state_kept);
    RUN(test_frame_changes);
    RUN(test_red_zone);
    RUN(test_interrupted);
    RUN(test_suspend);
    RUN(test_busy_loop);
    RUN(test_timer);
    RUN(test_forced);
    RUN(test_bad_stack);
    RUN(test_sigchld);
    return done();
}
