/*
 * stops.c - endless loops of every shape of control flow, which only a signal ends: wherever one
 * comes, translated code has to stop for it.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/time.h>
#include <unistd.h>

#define STOPS 60
#define ASM_KIND(name, body)                                                                       \
    static void name(void)                                                                         \
    {                                                                                              \
        __asm__ volatile(body ::: "rax", "rcx", "rdx", "memory", "cc");                            \
    }

static volatile sig_atomic_t seen;
static sigjmp_buf out;

static void tick(int sig)
{
    (void)sig;
    seen = 1;
}

static void leave(int sig)
{
    (void)sig;
    siglongjmp(out, 1);
}

static __attribute__((noinline)) int callee(int x)
{
    __asm__ volatile("" : "+r"(x));
    return x + 1;
}

static __attribute__((noinline)) int deep(int x)
{
    int r = x ? deep(x - 1) : callee(x);

    __asm__ volatile("" : "+r"(r));
    return r;
}

static int (*volatile pointer)(int) = callee;

static void calls(void)
{
    while (!seen)
        callee(1);
}

static void calls_by_pointer(void)
{
    while (!seen)
        pointer(1);
}

static void recursion(void)
{
    while (!seen)
        deep(9);
}

static void spins(void)
{
    while (!seen)
        ;
}

/* These never end: the handler jumps out. */
ASM_KIND(jump_to_itself, "1: jmp 1b")
ASM_KIND(call_forever, "1: call 2f; jmp 1b; 2: ret")
ASM_KIND(jump_by_register,
         "lea 1f(%%rip), %%rax; lea 2f(%%rip), %%rcx; 1: jmp *%%rcx; 2: jmp *%%rax")
ASM_KIND(call_by_register, "lea 2f(%%rip), %%rax; 1: call *%%rax; jmp 1b; 2: ret")
ASM_KIND(return_to_pushed, "lea 1f(%%rip), %%rax; 1: push %%rax; ret")
ASM_KIND(call_and_jump, "lea 3f(%%rip), %%rcx; 1: call 2f; jmp 1b; 2: jmp *%%rcx; 3: ret")
ASM_KIND(far_apart, "lea 2f(%%rip), %%rax; 1: jmp 2f; .skip 9000, 0x90; 2: jmp 1b")

static const struct kind {
    const char *name;
    void (*run)(void);
    int endless;
} kinds[] = {
    {"calls", calls, 0},
    {"calls by pointer", calls_by_pointer, 0},
    {"recursion", recursion, 0},
    {"spins", spins, 0},
    {"jump to itself", jump_to_itself, 1},
    {"call forever", call_forever, 1},
    {"jump by register", jump_by_register, 1},
    {"call by register", call_by_register, 1},
    {"return to pushed", return_to_pushed, 1},
    {"call and jump", call_and_jump, 1},
    {"far apart", far_apart, 1},
};

static int stop(const struct kind *k)
{
    struct itimerval soon = {.it_value = {.tv_usec = 3000}};

    seen = 0;
    signal(SIGALRM, k->endless ? leave : tick);
    if (!sigsetjmp(out, 1)) {
        setitimer(ITIMER_REAL, &soon, NULL);
        k->run();
        return seen;
    }
    return 1;
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (unsigned k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        int stops = 0;

        for (int i = 0; i < STOPS; i++)
            stops += stop(&kinds[k]);
        printf("%s: %d\n", kinds[k].name, stops);
    }
    return 0;
}
