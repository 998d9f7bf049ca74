/*
 * storm.c - threads and signals under stress: a thousand threads, locks and futexes that everybody
 * wants, signals into every kind of code, faults that handlers repair at any instruction, jumps out
 * of handlers, forks in threads, exec from threads. Prints only what does not depend on timing;
 * results are compared with those of an undisturbed run, and no signal of a queue may be lost.
 */
#include "../../left_out.h"
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096
#define ADD(v, n) __atomic_add_fetch(&(v), n, __ATOMIC_RELAXED)

static int bad;

static void expect(int ok, const char *what)
{
    if (!ok && ADD(bad, 1) < 20)
        printf("failed: %s (errno %d)\n", what, errno);
}

/* ---- handlers: leave no register as it was ---- */

static int ticks, queued, queued_sum, repairs;

static void spoil(void)
{
    __asm__ volatile(
        "pcmpeqd %%xmm0, %%xmm0; pcmpeqd %%xmm1, %%xmm1; pcmpeqd %%xmm7, %%xmm7;"
        "pcmpeqd %%xmm15, %%xmm15; fninit; fld1; fldpi; xorl %%eax, %%eax; cmpl $1, %%eax" ::
            : "rax", "rcx", "rdx", "r8", "r9", "r10", "r11", "xmm0", "xmm1", "xmm7", "xmm15", "st",
              "cc");
    __asm__ volatile("fninit");
}

static void on_tick(int sig)
{
    int e = errno;

    (void)sig;
    ADD(ticks, 1);
    spoil();
    errno = e;
}

static void on_queued(int sig, siginfo_t *info, void *uc)
{
    (void)sig;
    (void)uc;
    ADD(queued, 1);
    ADD(queued_sum, info->si_value.sival_int);
    spoil();
}

static void on_fault(int sig, siginfo_t *info, void *uc)
{
    int e = errno;
    uintptr_t page = (uintptr_t)info->si_addr & ~(uintptr_t)(PAGE - 1);

    if (mprotect((void *)page, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC)) {
        greg_t *r = ((ucontext_t *)uc)->uc_mcontext.gregs;

        dprintf(1, "signal %d code %d address %p that is none of ours:", sig, info->si_code,
                info->si_addr);
        for (int i = 0; i <= REG_CR2; i++)
            dprintf(1, " %llx", r[i]);
        _exit(99);
    }
    ADD(repairs, 1);
    spoil();
    errno = e;
}

static void install(void)
{
    struct sigaction sa = {.sa_handler = on_tick, .sa_flags = SA_RESTART | SA_ONSTACK};

    sigaction(SIGALRM, &sa, NULL);
    sigaction(SIGUSR1, &sa, NULL);
    sa.sa_sigaction = on_queued;
    sa.sa_flags = SA_RESTART | SA_ONSTACK | SA_SIGINFO;
    sigaction(SIGRTMIN + 3, &sa, NULL);
    sa.sa_sigaction = on_fault;
    sigaction(SIGSEGV, &sa, NULL);
}

/* ---- kinds of code: each gives the same number every time ---- */

static int order(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

static uint64_t integers(void)
{
    uint64_t a = 1, b = 2;

    for (int i = 0; i < 300; i++) {
        a = a * 6364136223846793005u + (b >> 7);
        b = (b << 13 | b >> 51) ^ a;
        if (a & 4)
            b += a / (i + 3u);
    }
    return a ^ b;
}

static uint64_t flags(void)
{
    uint64_t lo = 1, hi = 0;

    for (int i = 0; i < 200; i++)
        __asm__ volatile("addq %2, %0; adcq $7, %1; rcrq $3, %0; sbbq $1, %1; setc %%al; movzbl "
                         "%%al, %%eax; addq %%rax, %1"
                         : "+r"(lo), "+r"(hi)
                         : "r"(0x9e3779b97f4a7c15ull)
                         : "rax", "cc");
    return lo ^ hi;
}

static uint64_t vectors(void)
{
    float v[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    double d = 0;

    for (int i = 1; i < 100; i++) {
        __asm__ volatile("movups (%0), %%xmm0; movups 16(%0), %%xmm1; mulps %%xmm0, %%xmm1; addps "
                         "%%xmm1, %%xmm0; sqrtps %%xmm0, %%xmm0; movups %%xmm0, (%0)" ::"r"(v)
                         : "xmm0", "xmm1", "memory");
        d += v[i & 3] / i;
    }
    memcpy(&v[0], &d, 8);
    return *(uint64_t *)v;
}

static uint64_t x87(void)
{
    long double x = 1;

    for (int i = 1; i < 100; i++)
        x = x * 1.0001L + 1.0L / i;
    return (uint64_t)(x * 1e15L);
}

static uint64_t strings(void)
{
    char a[600], b[600];
    char *d = b, *s = a;
    long n = sizeof a;

    for (unsigned i = 0; i < sizeof a; i++)
        a[i] = (char)(i * 7);
    __asm__ volatile("rep movsb" : "+D"(d), "+S"(s), "+c"(n)::"memory");
    d = b, s = a, n = sizeof a;
    a[577] ^= 1;
    __asm__ volatile("repe cmpsb" : "+D"(d), "+S"(s), "+c"(n)::"memory", "cc");
    return (uint64_t)n * 1000 + (unsigned char)b[500];
}

static uint64_t calls(unsigned n)
{
    return n < 2 ? n : calls(n - 1) + calls(n - 2);
}

static uint64_t atomics(void)
{
    uint64_t w = 5, old;

    for (uint64_t i = 0; i < 200; i++) {
        __atomic_fetch_add(&w, i, __ATOMIC_SEQ_CST);
        old = w;
        __atomic_compare_exchange_n(&w, &old, old * 3, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
        __atomic_fetch_xor(&w, old >> 5, __ATOMIC_SEQ_CST);
    }
    return w;
}

static uint64_t library(void)
{
    char text[100];
    int v[60];
    uint64_t r = 0;
    char *p;

    for (int i = 0; i < 60; i++)
        v[i] = (i * 37) % 61;
    qsort(v, 60, sizeof *v, order);
    snprintf(text, sizeof text, "%d %.6f %s %x", v[30], v[7] / 3.0, "text", v[59]);
    p = strdup(text);
    for (size_t i = 0; i < strlen(p); i++)
        r = r * 31 + (unsigned char)p[i];
    free(p);
    return r;
}

static uint64_t system_calls(void)
{
    uint64_t r = 0;

    for (int i = 0; i < 20; i++) {
        errno = 0;
        r += close(-1) == -1 && errno == EBADF;
        r += getppid() > 0;
        r += syscall(SYS_lseek, -1, 0, 0) == -1;
    }
    return r;
}

/* Code that changes between runs. */
static uint64_t made_code(void)
{
    static __thread unsigned char *page;
    uint64_t r = 0;

    if (!page)
        page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                    0);
    for (unsigned i = 0; i < 10; i++) {
        page[0] = 0xb8; /* mov $imm, %eax; ret */
        memcpy(page + 1, &(unsigned){i * 1000}, 4);
        page[5] = 0xc3;
        r = r * 3 + ((unsigned (*)(void))(uintptr_t)page)();
    }
    return r;
}

static uint64_t recursion(void)
{
    return calls(11);
}

static uint64_t (*const kinds[])(void) = {integers, flags,     vectors, x87,          strings,
                                          atomics,  recursion, library, system_calls, made_code};
#define KINDS (sizeof kinds / sizeof *kinds)
static uint64_t right[KINDS];

static void *alternate_stack(void)
{
    stack_t ss = {.ss_sp = malloc(65536), .ss_size = 65536};

    sigaltstack(&ss, NULL);
    return ss.ss_sp;
}

static void drop_stack(void *stack)
{
    stack_t ss = {.ss_flags = SS_DISABLE};

    sigaltstack(&ss, NULL);
    free(stack);
}

/* ---- a thousand threads ---- */

static int started;

static void *short_life(void *arg)
{
    size_t k = (size_t)arg % KINDS;

    ADD(started, 1);
    expect(kinds[k]() == right[k], "result in a thread");
    return arg;
}

static void many_threads(void)
{
    pthread_t t[100];
    void *r;

    for (long round = 0; round < 10; round++) {
        for (long i = 0; i < 100; i++)
            while (pthread_create(&t[i], NULL, short_life, (void *)(round * 100 + i)) == EAGAIN)
                usleep(1000);
        for (long i = 0; i < 100; i++)
            expect(!pthread_join(t[i], &r) && (long)r == round * 100 + i, "join");
    }
    printf("threads %d\n", started);
}

/* ---- locks and futexes ---- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static int word, guarded, turn, woken;

static void futex(int op, int value)
{
    syscall(SYS_futex, &word, op, value, NULL, NULL, 0);
}

/* Drepper's second mutex. */
static void word_lock(void)
{
    int c = 0;

    if (__atomic_compare_exchange_n(&word, &c, 1, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
        return;
    if (c != 2)
        c = __atomic_exchange_n(&word, 2, __ATOMIC_ACQUIRE);
    while (c) {
        futex(FUTEX_WAIT_PRIVATE, 2);
        c = __atomic_exchange_n(&word, 2, __ATOMIC_ACQUIRE);
    }
}

static void word_unlock(void)
{
    if (__atomic_exchange_n(&word, 0, __ATOMIC_RELEASE) == 2)
        futex(FUTEX_WAKE_PRIVATE, 1);
}

static void *contend(void *arg)
{
    int me = (int)(long)arg;

    for (int i = 0; i < 500; i++) {
        word_lock();
        guarded++;
        word_unlock();
    }
    for (int i = 0; i < 20; i++) {
        pthread_mutex_lock(&lock);
        while (turn % 8 != me)
            pthread_cond_wait(&cond, &lock);
        turn++;
        woken++;
        pthread_cond_broadcast(&cond);
        pthread_mutex_unlock(&lock);
    }
    return NULL;
}

static void futex_storm(void)
{
    pthread_t t[8];

    for (long i = 0; i < 8; i++)
        pthread_create(&t[i], NULL, contend, (void *)i);
    for (int i = 0; i < 8; i++)
        pthread_join(t[i], NULL);
    printf("futex %d %d\n", guarded, woken);
}

/* ---- signals into every kind of code ---- */

static int stop_work;

static void *disturbed(void *arg)
{
    void *stack = alternate_stack();
    size_t k = (size_t)arg;

    do
        expect(kinds[k]() == right[k], "result under signals");
    while (!__atomic_load_n(&stop_work, __ATOMIC_ACQUIRE));
    drop_stack(stack);
    return NULL;
}

static void signals_everywhere(void)
{
    union sigval v = {.sival_int = 3};
    pthread_t t[KINDS];
    int sent = 0;

    for (size_t i = 0; i < KINDS; i++)
        pthread_create(&t[i], NULL, disturbed, (void *)i);
    for (int n = 0; n < 60; n++) {
        for (size_t i = 0; i < KINDS; i++) {
            while (pthread_sigqueue(t[i], SIGRTMIN + 3, v) == EAGAIN)
                usleep(100);
            sent++;
            pthread_kill(t[i], SIGUSR1);
        }
        usleep(200);
    }
    while (__atomic_load_n(&queued, __ATOMIC_ACQUIRE) != sent)
        usleep(1000); /* one that is lost is a hang, which the caller notices */
    __atomic_store_n(&stop_work, 1, __ATOMIC_RELEASE);
    for (size_t i = 0; i < KINDS; i++)
        pthread_join(t[i], NULL);
    printf("queued %d sum %d\n", queued, queued_sum);
}

/* ---- handlers whose code nobody has run before, while the thread is inside malloc ---- */

#define FRESH 300
__asm__(".balign 64\nfresh_code: .rept 300; movl $3, %eax; ret; .balign 64; .endr");
extern unsigned char fresh_code[];
static int fresh_runs, fresh_sum;

static void on_fresh(int sig)
{
    int n = fresh_runs;

    (void)sig;
    if (n < FRESH) {
        fresh_sum += ((int (*)(void))(uintptr_t)(fresh_code + 64 * n))();
        __atomic_store_n(&fresh_runs, n + 1, __ATOMIC_RELEASE);
    }
}

static void *allocating(void *arg)
{
    while (__atomic_load_n(&fresh_runs, __ATOMIC_ACQUIRE) < FRESH) {
        void *p[8];

        for (int i = 0; i < 8; i++)
            p[i] = malloc(3000 + 700 * (size_t)i);
        for (int i = 0; i < 8; i++)
            free(p[i]);
    }
    return arg;
}

static void fresh_handlers(void)
{
    struct sigaction sa = {.sa_handler = on_fresh, .sa_flags = SA_RESTART};
    pthread_t t;

    sigaction(SIGUSR2, &sa, NULL);
    pthread_create(&t, NULL, allocating, NULL);
    while (__atomic_load_n(&fresh_runs, __ATOMIC_ACQUIRE) < FRESH) {
        pthread_kill(t, SIGUSR2);
        usleep(100);
    }
    pthread_join(t, NULL);
    printf("fresh %d sum %d\n", fresh_runs, fresh_sum);
}

/* ---- faults at any instruction ---- */

static uint64_t form(int n, char *p)
{
    uint64_t r = 0x1122334455667788, s = 77;
    char *d = p;
    long c = 300;
    static char source[600];

    switch (n) {
    case 0: __asm__ volatile("movq (%1), %0" : "=r"(r) : "r"(p)); break;
    case 1: __asm__ volatile("movq %0, (%1)" ::"r"(r), "r"(p) : "memory"); break;
    case 2:
        __asm__ volatile("addq %0, (%1); adcq $0, %0" : "+r"(r) : "r"(p) : "memory", "cc");
        break;
    case 3:
        __asm__ volatile("stc; adcq (%1), %0; setc %%al; movzbl %%al, %%eax; addq %%rax, %0"
                         : "+r"(r)
                         : "r"(p)
                         : "rax", "cc");
        break;
    case 4: __asm__ volatile("xchgq %0, (%1)" : "+r"(r) : "r"(p) : "memory"); break;
    case 5: __asm__ volatile("lock xaddq %0, (%1)" : "+r"(r) : "r"(p) : "memory", "cc"); break;
    case 6:
        __asm__ volatile("lock cmpxchgq %2, (%1); sete %b2; movzbl %b2, %k2"
                         : "+a"(r), "+r"(p), "+q"(s)::"memory", "cc");
        r += s;
        break;
    case 7: __asm__ volatile("pushq (%1); popq %0" : "=r"(r) : "r"(p) : "memory"); break;
    case 8: __asm__ volatile("pushq %0; popq (%1)" ::"r"(r), "r"(p) : "memory"); break;
    case 9:
        __asm__ volatile("rep movsb" : "+D"(d), "+c"(c), "=S"(s) : "2"(source) : "memory");
        r = (uint64_t)(d - p);
        break;
    case 10:
        __asm__ volatile("rep stosq" : "+D"(d), "+c"(s) : "a"(r) : "memory");
        r = (uint64_t)(d - p);
        break;
    case 11:
        __asm__ volatile("movups (%1), %%xmm0; paddq %%xmm0, %%xmm0; movq %%xmm0, %0"
                         : "=r"(r)
                         : "r"(p)
                         : "xmm0");
        break;
    case 12:
        __asm__ volatile("movq %0, %%xmm0; pshufd $0, %%xmm0, %%xmm0; movups %%xmm0, (%1)" ::"r"(r),
                         "r"(p)
                         : "xmm0", "memory");
        break;
    case 13: __asm__ volatile("fld1; fldpi; faddp; fstpt (%0)" ::"r"(p) : "memory", "st"); break;
    case 14:
        __asm__ volatile("fildll (%1); fld1; faddp; fistpll %0" : "=m"(r) : "r"(p) : "st");
        break;
    case 15:
        __asm__ volatile(
            "movq %%rsp, %%rbx; movq %1, %%rsp; pushq %0; pushq $5; popq %0; movq %%rbx, %%rsp"
            : "+r"(r)
            : "r"(p + 64)
            : "rbx", "memory");
        break;
    case 16: __asm__ volatile("btsq $3, (%1); setc %b0" : "+q"(r) : "r"(p) : "memory", "cc"); break;
    case 17: __asm__ volatile("shldq $7, %0, (%1)" ::"r"(r), "r"(p) : "memory", "cc"); break;
    case 18: __asm__ volatile("movnti %0, (%1)" ::"r"(r), "r"(p) : "memory"); break;
    case 19:
        __asm__ volatile("xorl %%edx, %%edx; movl $100, %%eax; divl (%1); movl %%edx, %k0"
                         : "=r"(r)
                         : "r"(p)
                         : "rax", "rdx", "cc");
        break;
    case 20: __asm__ volatile("cmpb $7, (%1); sbbq %0, %0" : "=r"(r) : "r"(p) : "cc"); break;
    case 21:
        __asm__ volatile("negq (%0); notq (%0); incq (%0); rolq $9, (%0)" ::"r"(p)
                         : "memory", "cc");
        break;
    case 22: memcpy(p, source + (p[0] & 1), 500); break;
    case 23: r = strlen(p); break;
    case 24: memset(p, 9, 700); break;
    case 25: r = (uint64_t)snprintf(p, 200, "%0100d|%s", 7, "end"); break;
    case 26:
        memcpy(p, "\xb8\x05\x00\x00\x00\xc3", 6); /* then not executable: see prepare */
        mprotect((void *)((uintptr_t)p & ~(uintptr_t)(PAGE - 1)), 2 * PAGE, PROT_NONE);
        r = ((unsigned (*)(void))(uintptr_t)p)();
        break;
    case 27: __asm__ volatile("maskmovdqu %%xmm1, %%xmm0" ::"D"(p) : "memory"); break;
    case 28:
        __asm__ volatile("cmpxchg16b (%1)"
                         : "+a"(r)
                         : "r"((uintptr_t)p & ~15ul), "b"(1ul), "c"(2ul), "d"(0ul)
                         : "memory", "cc");
        break;
    case 29:
        __asm__ volatile(
            "movsbl 3(%1), %%eax; imull $5, 4(%1), %%ecx; addq %%rcx, %%rax; movq %%rax, %0"
            : "=r"(r)
            : "r"(p)
            : "rax", "rcx", "cc");
        break;
    }
    return r;
}
#define FORMS 30

struct result {
    uint64_t value;
    char memory[2 * PAGE];
};

static void prepare(char *area)
{
    mprotect(area, 2 * PAGE, PROT_READ | PROT_WRITE);
    for (int i = 0; i < 2 * PAGE; i++)
        area[i] = (char)(i * 5 + 1) ? (char)(i * 5 + 1) : 1;
    area[2 * PAGE - 1] = 0;
}

/* Where in the two pages: within one, at the border, across it. */
static char *place(char *area, int n)
{
    static const int at[3] = {64, PAGE - 16, PAGE - 3};

    return area + at[n];
}

static void run_form(int n, int where, int prot, char *area, struct result *r)
{
    prepare(area);
    mprotect(area, 2 * PAGE, prot);
    r->value = form(n, place(area, where));
    mprotect(area, 2 * PAGE, PROT_READ | PROT_WRITE);
    memcpy(r->memory, area, sizeof r->memory);
}

static void *repaired(void *arg)
{
    char *area = mmap(NULL, 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct result *want = malloc(sizeof *want), *got = malloc(sizeof *got);
    void *stack = alternate_stack();

    for (int n = 0; n < FORMS; n++) {
        for (int where = 0; where < 3; where++) {
            run_form(n, where, PROT_READ | PROT_WRITE, area, want);
            for (int prot = 0; prot < 2; prot++) {
                run_form(n, where, prot ? PROT_READ : PROT_NONE, area, got);
                if (got->value != want->value ||
                    memcmp(got->memory, want->memory, sizeof got->memory)) {
                    printf("form %d place %d prot %d: %#lx for %#lx\n", n, where, prot,
                           (long)got->value, (long)want->value);
                    ADD(bad, 1);
                }
            }
        }
    }
    drop_stack(stack);
    munmap(area, 2 * PAGE);
    free(want);
    free(got);
    return arg;
}

static void faults(void)
{
    pthread_t t[4];

    for (int i = 0; i < 4; i++)
        pthread_create(&t[i], NULL, repaired, NULL);
    for (int n = 0; n < 100; n++) {
        for (int i = 0; i < 4; i++)
            pthread_kill(t[i], SIGUSR1);
        usleep(300);
    }
    for (int i = 0; i < 4; i++)
        pthread_join(t[i], NULL);
    printf("repairs %s\n", repairs >= 4 * FORMS * 3 ? "all" : "too few");
}

/* ---- jumps out of handlers ---- */

static __thread sigjmp_buf jump;
static __thread volatile sig_atomic_t armed;

static void on_jump(int sig)
{
    (void)sig;
    if (armed) {
        armed = 0;
        siglongjmp(jump, 1);
    }
}

static int jumpers;

static void *jumper(void *arg)
{
    volatile int jumps = 0;
    int v[8];

    while (jumps < 60) {
        if (!sigsetjmp(jump, 1)) {
            armed = 1;
            for (;;) {
                if (arg) {
                    for (int i = 0; i < 8; i++)
                        v[i] = 8 - i;
                    qsort(v, 8, sizeof *v, order);
                } else {
                    expect(integers() == right[0], "integers between jumps");
                }
            }
        }
        jumps++;
    }
    ADD(jumpers, 1);
    return NULL;
}

static void jumps_out(void)
{
    struct sigaction sa = {.sa_handler = on_jump};
    pthread_t t[4];

    sigaction(SIGUSR2, &sa, NULL);
    for (long i = 0; i < 4; i++)
        pthread_create(&t[i], NULL, jumper, (void *)(i & 1));
    while (__atomic_load_n(&jumpers, __ATOMIC_ACQUIRE) < 4) {
        for (int i = 0; i < 4; i++)
            pthread_kill(t[i], SIGUSR2);
        usleep(200);
    }
    for (int i = 0; i < 4; i++)
        pthread_join(t[i], NULL);
    printf("jumpers %d\n", jumpers);
}

/* ---- fork in threads, exec from threads ---- */

static const char *self;

static void *exec_self(void *arg)
{
    execl(self, self, (char *)arg, NULL);
    _exit(98);
}

static int status_of(pid_t pid)
{
    int st;

    while (waitpid(pid, &st, 0) < 0)
        if (errno != EINTR)
            return -1;
    return WIFEXITED(st) ? WEXITSTATUS(st) : 1000 + WTERMSIG(st);
}

static void *forker(void *arg)
{
    for (int i = 0; i < 3; i++) {
        pid_t pid = fork();

        if (!pid) {
            pthread_t t;
            void *r;

            if (library() != right[7] || pthread_create(&t, NULL, short_life, (void *)5) ||
                pthread_join(t, &r))
                _exit(1);
            if (i == 2) {
                pthread_create(&t, NULL, exec_self, (char *)"child");
                for (;;)
                    pause();
            }
            _exit(bad ? 2 : 7);
        }
        expect(status_of(pid) == (i == 2 ? 23 : 7), "status of a child");
    }
    return arg;
}

static void forks(void)
{
    pthread_t t[4];

    for (int i = 0; i < 4; i++)
        pthread_create(&t[i], NULL, forker, NULL);
    for (int i = 0; i < 4; i++)
        pthread_join(t[i], NULL);
    printf("forks done\n");
}

int main(int argc, char **argv)
{
    struct itimerspec its = {{0, 700000}, {0, 700000}};
    timer_t timer;

    if (argc > 1)
        return syscall(SYS_gettid) == getpid() ? 23 : 24;
    self = argv[0];
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (size_t i = 0; i < KINDS; i++)
        right[i] = kinds[i]();
    install();
    timer_create(CLOCK_MONOTONIC, NULL, &timer);
    timer_settime(timer, 0, &its, NULL);
    many_threads();
    futex_storm();
    signals_everywhere();
    fresh_handlers();
    faults();
    jumps_out();
    if (!left_out("forks, QEMU's children wait for locks of its other threads"))
        forks();
    timer_delete(timer);
    printf("ticks %d bad %d\n", ticks > 10, bad);
    return bad != 0;
}
