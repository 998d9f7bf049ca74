/*
 * nan_loop.c - NaNs that come up in the middle of loops that write nothing but registers: their
 * signs and payloads, with exits from the middle, two heads, signals, and a fault that a handler
 * repairs after looking at the registers. Prints bits, as a CPU makes them.
 */
#define _GNU_SOURCE
#include "nan.h"
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <ucontext.h>

static double a[N], b[N];
static float f[N];
static double *paged;
static uint64_t seen;
static int faults;

static uint64_t bits(double d)
{
    uint64_t u;

    memcpy(&u, &d, 8);
    return u;
}

static double from_bits(uint64_t u)
{
    double d;

    memcpy(&d, &u, 8);
    return d;
}

__attribute__((noinline)) static double dot(const double *x, const double *y, int n)
{
    double s = 0;

    for (int i = 0; i < n; i++) {
        double p = x[i];

        /* Of two NaNs the first operand's counts: not left to the compiler. */
        __asm__("mulsd %2, %1\n\taddsd %1, %0" : "+x"(s), "+x"(p) : "x"(y[i]));
    }
    return s;
}

/* An exit in the middle, a second loop joined to the first. */
__attribute__((noinline)) static double seek(const double *x, int n, double limit, int *at)
{
    double s = 1, r = 0;
    int i = 0;

    while (i < n) {
        s = s * 1.5 - x[i];
        if (s > limit) {
            s = s / 3;
            if (i > n - 3)
                break;
        } else {
            double root; /* of a negative one: invalid; not the library's */

            __asm__("sqrtsd %1, %0" : "=x"(root) : "x"(s));
            __asm__("addsd %1, %0" : "+x"(r) : "x"(root));
        }
        i++;
    }
    *at = i;
    __asm__("addsd %1, %0" : "+x"(r) : "x"(s));
    return r;
}

__attribute__((noinline)) static float singles(const float *x, int n, int *count)
{
    float s = 0, m = 0;
    int c = 0;

    for (int i = 0; i < n; i++) {
        float v = x[i] * 3.0f;

        c += (int)v;
        s = s - v * m;
        m = v > m ? v : m;
    }
    *count = c;
    return s;
}

/* The sum is in xmm1, where the handler finds it. */
__attribute__((noinline)) static double dot_paged(const double *x, const double *y, long n)
{
    register double s __asm__("xmm1");

    __asm__ volatile("xorpd %%xmm1, %%xmm1\n"
                     "1: movsd (%1), %%xmm0\n\t mulsd (%2), %%xmm0\n\t addsd %%xmm0, %%xmm1\n\t"
                     "add $8, %1\n\t add $8, %2\n\t dec %3\n\t jne 1b"
                     : "=x"(s), "+r"(x), "+r"(y), "+r"(n)
                     :
                     : "xmm0", "cc", "memory");
    return s;
}

static void on_tick(int sig)
{
    volatile double x = 0;

    (void)sig;
    x = x / (x + 1) + 2.0;
}

static void on_fault(int sig, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;
    uint64_t q;

    (void)sig;
    memcpy(&q, &uc->uc_mcontext.fpregs->_xmm[1], 8);
    seen = seen * 31 + q;
    faults++;
    mprotect((void *)((uintptr_t)info->si_addr & ~4095ul), 4096, PROT_READ | PROT_WRITE);
}

int main(void)
{
    struct itimerval every = {{0, 1000}, {0, 1000}};
    struct sigaction fault = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
    int at, count = 0;
    uint64_t h = 0;

    signal(SIGALRM, on_tick);
    setitimer(ITIMER_REAL, &every, NULL);
    fill(a, 1);
    fill(b, .25);
    for (int i = 0; i < N; i++)
        f[i] = (float)a[i];
    for (int r = 0; r < 200; r++)
        h = h * 31 + bits(dot(a, b, N - r));
    printf("dot %016llx\n", (unsigned long long)h);
    for (int k = 0; k < 6; k++) {
        for (int j = 0; j < 6; j++) {
            fill(a, 1);
            fill(b, .25);
            a[3000] = from_bits(odd[k]);
            b[3100] = from_bits(odd[j]);
            a[3500] = 0;
            b[3500] = INFINITY;
            h = bits(dot(a, b, N));
            printf("dot %d %d %016llx\n", k, j, (unsigned long long)h);
        }
        fill(a, .001);
        for (int r = 0; r < 40; r++)
            h = h * 31 + bits(seek(a, 100, 1e300, &at)) + (uint64_t)at;
        a[90] = from_bits(odd[k]);
        printf("seek %016llx", (unsigned long long)bits(seek(a, 100, 1e300, &at)));
        printf(" %d", at);
        a[20] = 1e5;
        printf(" %016llx %d\n", (unsigned long long)bits(seek(a, 100, 1e300, &at)), at);
    }
    for (int r = 0; r < 100; r++) {
        float s = singles(f, N, &count);
        uint32_t u;

        memcpy(&u, &s, 4);
        h = h * 31 + u + (uint64_t)count;
        if (r == 50) {
            f[1000] = INFINITY;
            f[2000] = -INFINITY;
        }
    }
    printf("singles %016llx %d\n", (unsigned long long)h, count);
    every = (struct itimerval){{0, 0}, {0, 0}};
    setitimer(ITIMER_REAL, &every, NULL);
    paged = mmap(NULL, N * 8, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    sigaction(SIGSEGV, &fault, NULL);
    for (int k = 0; k < 3; k++) {
        mprotect(paged, N * 8, PROT_READ | PROT_WRITE);
        fill(a, 2);
        fill(paged, 1);
        h = bits(dot_paged(a, paged, N));
        paged[200] = INFINITY;
        a[200] = k == 1 ? 1 : 0;
        mprotect(paged + 1024, 4096, PROT_NONE);
        mprotect(paged + 2048, 4096, PROT_NONE);
        printf("fault %016llx", (unsigned long long)bits(dot_paged(a, paged, N)));
        printf(" %016llx %d %016llx\n", (unsigned long long)seen, faults, (unsigned long long)h);
    }
    fill(a, 2); /* a number: the other pointer moves once for each element */
    fill(paged, 1);
    mprotect(paged + 1024, 4096, PROT_NONE);
    mprotect(paged + 2048, 4096, PROT_NONE);
    printf("finite %016llx %d\n", (unsigned long long)bits(dot_paged(a, paged, N)), faults);
    return 0;
}
