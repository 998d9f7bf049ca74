/* setjmp in all its forms, jumps out of callbacks and handlers, ucontext coroutines. */
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <ucontext.h>
#include <unistd.h>

static jmp_buf jb;
static sigjmp_buf sjb;
static int depth;

static int out_of_sort(const void *a, const void *b)
{
    (void)a;
    (void)b;
    if (++depth == 3)
        longjmp(jb, 7);
    return 0;
}

static void handler(int s)
{
    siglongjmp(sjb, s);
}

static int nested(int n)
{
    if (n == 0)
        longjmp(jb, 99);
    return nested(n - 1) + 1;
}

static ucontext_t uc_main, uc_a, uc_b;
static char stack_a[65536], stack_b[65536];

static void co_a(int x, int y)
{
    printf("a %d %d\n", x, y);
    for (int i = 0; i < 3; i++) {
        printf("a%d ", i);
        swapcontext(&uc_a, &uc_b);
    }
    printf("a end\n");
}

static void co_b(int a, int b, int c, int d, int e, int f, int g, int h)
{
    printf("b %d %d %d %d %d %d %d %d\n", a, b, c, d, e, f, g, h);
    for (int i = 0; i < 3; i++) {
        printf("b%d ", i);
        swapcontext(&uc_b, &uc_a);
    }
}

int main(void)
{
    volatile int times = 0;
    int data[8] = {8, 7, 6, 5, 4, 3, 2, 1}, r;
    sigset_t set;

    r = setjmp(jb);
    printf("setjmp %d\n", r);
    if (!r)
        nested(50);
    r = setjmp(jb);
    printf("sort %d\n", r);
    if (!r)
        qsort(data, 8, sizeof *data, out_of_sort);
    r = setjmp(jb);
    if (r < 3)
        longjmp(jb, r + 1);
    printf("loop %d\n", r);
    r = setjmp(jb);
    if (!r)
        longjmp(jb, 0);
    printf("zero becomes %d\n", r);

    signal(SIGUSR1, handler);
    for (int i = 0; i < 3; i++) {
        r = sigsetjmp(sjb, 1);
        if (!r) {
            raise(SIGUSR1);
            printf("not reached\n");
        }
        times += r == SIGUSR1;
        sigprocmask(SIG_BLOCK, NULL, &set);
        printf("mask %d\n", sigismember(&set, SIGUSR1));
    }
    printf("times %d\n", times);
    signal(SIGSEGV, handler);
    if (!sigsetjmp(sjb, 1))
        *(volatile int *)16 = 1;
    else
        printf("segv caught\n");
    if (!sigsetjmp(sjb, 1))
        printf("%d\n", atoi((const char *)24));
    else
        printf("segv in libc caught\n");

    getcontext(&uc_a);
    uc_a.uc_stack.ss_sp = stack_a;
    uc_a.uc_stack.ss_size = sizeof stack_a;
    uc_a.uc_link = &uc_main;
    makecontext(&uc_a, (void (*)(void))co_a, 2, 11, 22);
    getcontext(&uc_b);
    uc_b.uc_stack.ss_sp = stack_b;
    uc_b.uc_stack.ss_size = sizeof stack_b;
    uc_b.uc_link = &uc_main;
    makecontext(&uc_b, (void (*)(void))co_b, 8, 1, 2, 3, 4, 5, 6, 7, 8);
    swapcontext(&uc_main, &uc_a);
    printf("back\n");
    times = 0;
    getcontext(&uc_main);
    if (times++ < 2)
        setcontext(&uc_main);
    printf("getcontext %d\n", times);
    return 0;
}
