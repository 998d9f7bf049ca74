/*
 * fp_store.c - values loaded, calculated with and stored to where they were, several between two
 * looks at NaNs: with NaNs made before, between and behind the stores, with faults between them
 * that a handler looks at and repairs, through pointers that overlap, with steps of the base,
 * across conditional branches, and into the page of the code itself. Prints bits, as a CPU makes
 * them.
 */
#define _GNU_SOURCE
#include "nan.h"
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <xmmintrin.h>

static double x[N], y[N], *watched, *paged;
static uint64_t seen;
static int faults;

static void refill(int place)
{
    fill(x, .5);
    fill(y, -.25);
    for (unsigned i = 0; i < sizeof odd / sizeof *odd; i++) {
        memcpy(&x[100 * i + place], &odd[i], 8);
        memcpy(&y[100 * i + 40 + place], &odd[i], 8);
    }
    x[700 + place] = y[700 + place] = 0;
}

#define CLOBBERS                                                                                   \
    "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "cc", "memory"

/* Three of each, as a body of n gets its speed; the base moves on in the middle. */
__attribute__((noinline)) static void bodies(double *p, const double *q, long n)
{
    __asm__ volatile("1: movsd (%1), %%xmm0\n\t movsd 8(%1), %%xmm1\n\t movapd %%xmm0, %%xmm2\n\t"
                     "subsd 16(%1), %%xmm2\n\t mulsd %%xmm1, %%xmm0\n\t sqrtsd %%xmm0, %%xmm3\n\t"
                     "movsd (%0), %%xmm4\n\t subsd %%xmm2, %%xmm4\n\t movsd %%xmm4, (%0)\n\t"
                     "movsd 8(%0), %%xmm4\n\t divsd %%xmm3, %%xmm4\n\t movsd %%xmm4, 8(%0)\n\t"
                     "add $16, %0\n\t addsd (%0), %%xmm1\n\t mulsd 8(%0), %%xmm2\n\t"
                     "movsd %%xmm1, (%0)\n\t movsd %%xmm2, 8(%0)\n\t"
                     "add $8, %1\n\t dec %2\n\t jne 1b"
                     : "+r"(p), "+r"(q), "+r"(n)
                     :
                     : CLOBBERS);
}

__attribute__((noinline)) static void floats(float *p, const float *q, long n)
{
    __asm__ volatile("1: movss (%1), %%xmm0\n\t mulss 4(%1), %%xmm0\n\t"
                     "movss (%0,%2,4), %%xmm1\n\t addss %%xmm0, %%xmm1\n\t"
                     "movss %%xmm1, (%0,%2,4)\n\t movups 16(%0,%2,4), %%xmm2\n\t"
                     "movups (%1), %%xmm3\n\t mulps %%xmm2, %%xmm3\n\t addps %%xmm3, %%xmm2\n\t"
                     "movups %%xmm2, 16(%0,%2,4)\n\t movss 16(%0,%2,4), %%xmm5\n\t"
                     "subss %%xmm5, %%xmm1\n\t movss %%xmm1, 16(%0,%2,4)\n\t"
                     "add $4, %1\n\t dec %2\n\t jne 1b"
                     : "+r"(p), "+r"(q), "+r"(n)
                     :
                     : CLOBBERS);
}

/* p and q may overlap by parts of a value. */
__attribute__((noinline)) static void overlapping(void *p, void *q)
{
    __asm__ volatile("movsd (%0), %%xmm0\n\t movsd (%1), %%xmm1\n\t movapd %%xmm0, %%xmm2\n\t"
                     "mulsd %%xmm1, %%xmm0\n\t movsd %%xmm0, (%0)\n\t addsd (%1), %%xmm2\n\t"
                     "movsd %%xmm2, (%1)\n\t subsd (%0), %%xmm2\n\t addsd (%0), %%xmm1\n\t"
                     "movsd %%xmm1, (%0)\n\t movsd %%xmm2, (%1)\n\t"
                     : "+r"(p), "+r"(q)
                     :
                     : CLOBBERS);
}

/* Flags of a comparison in the middle, and stores on both sides of it. */
#define BRANCH(NAME, SUFFIX, COMPARE, JUMP)                                                        \
    __attribute__((noinline)) static void NAME(void *p, const void *q, long n)                     \
    {                                                                                              \
        __asm__ volatile("1: movs" SUFFIX " (%1), %%xmm0\n\t adds" SUFFIX " 8(%1), %%xmm0\n\t"     \
                         "movs" SUFFIX " (%0), %%xmm1\n\t muls" SUFFIX " %%xmm0, %%xmm1\n\t"       \
                         "movs" SUFFIX " %%xmm1, (%0)\n\t" COMPARE " %%xmm1, %%xmm0\n\t" JUMP      \
                         " 2f\n\t"                                                                 \
                         "subs" SUFFIX " %%xmm1, %%xmm0\n\t movs" SUFFIX " 8(%0), %%xmm2\n\t"      \
                         "divs" SUFFIX " %%xmm0, %%xmm2\n\t movs" SUFFIX " %%xmm2, 8(%0)\n\t"      \
                         "adds" SUFFIX " 16(%1), %%xmm2\n\t"                                       \
                         "3: add $8, %0\n\t add $8, %1\n\t dec %2\n\t jne 1b\n\t jmp 4f\n"         \
                         "2: movs" SUFFIX " %%xmm0, 8(%0)\n\t jmp 3b\n4:"                          \
                         : "+r"(p), "+r"(q), "+r"(n)                                               \
                         :                                                                         \
                         : CLOBBERS);                                                              \
    }
BRANCH(branch_ja, "d", "ucomisd", "ja")
BRANCH(branch_jb, "d", "ucomisd", "jb")
BRANCH(branch_jp, "d", "ucomisd", "jp")
BRANCH(branch_jne, "d", "comisd", "jne")
BRANCH(branch_jae, "s", "comiss", "jae")
BRANCH(branch_je, "s", "ucomiss", "je")

static void on_fault(int sig, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;

    (void)sig;
    seen = seen * 31 + hash(&uc->uc_mcontext.fpregs->_xmm[1], 10);
    seen = seen * 31 + hash(watched, 8) + (uc->uc_mcontext.fpregs->mxcsr & 0x2d);
    faults++;
    mprotect((void *)((uintptr_t)info->si_addr & ~4095ul), 4096, PROT_READ | PROT_WRITE);
}

/* The second and the third place are in a page of their own, the fourth before them. */
__attribute__((noinline)) static void faulting(double *p, double *q, double z)
{
    __asm__ volatile("xorps %%xmm2, %%xmm2\n\t xorps %%xmm3, %%xmm3\n\t xorps %%xmm4, %%xmm4\n\t"
                     "xorps %%xmm5, %%xmm5\n\t movsd (%0), %%xmm1\n\t mulsd %2, %%xmm1\n\t movsd "
                     "%%xmm1, (%0)\n\t"
                     "movsd 8(%0), %%xmm2\n\t addsd %%xmm1, %%xmm2\n\t movsd %%xmm2, 8(%0)\n\t"
                     "add $8, %1\n\t movsd (%1), %%xmm3\n\t subsd %%xmm2, %%xmm3\n\t"
                     "movsd %%xmm3, (%1)\n\t ucomisd %%xmm3, %%xmm2\n\t jp 1f\n\t"
                     "movsd 8(%1), %%xmm4\n\t divsd %%xmm3, %%xmm4\n\t movsd %%xmm4, 8(%1)\n\t"
                     "1: movsd 16(%0), %%xmm5\n\t addsd %%xmm3, %%xmm5\n\t movsd %%xmm5, 16(%0)"
                     : "+r"(p), "+r"(q)
                     : "x"(z)
                     : CLOBBERS);
}

static void fault_all(void)
{
    static const int protections[] = {PROT_NONE, PROT_READ};

    for (unsigned i = 0; i < 12; i++) {
        double z;

        memcpy(&z, &odd[i % 6], 8);
        for (int k = 0; k < 16; k++)
            watched[k] = k + .5;
        for (int k = 0; k < 4; k++)
            paged[k] = i % 4 == 3 ? z : k - 1.5;
        for (int round = 0; round < 40; round++) {
            _mm_setcsr(0x1f80);
            mprotect(paged, 4096, protections[(i / 2 + (unsigned)round) % 2]);
            faulting(watched + round % 3, paged - 1, round == 20 ? z : .75);
            if (round % 8 == 7)
                watched[round % 3] = watched[round % 3 + 1] = 1. / 0.;
            seen = seen * 31 + hash(watched, 16) + hash(paged, 4);
        }
    }
}

/* Flags from before that are wanted behind it: by a branch in the middle, and at its end. */
__attribute__((noinline)) static long carries(double *p, const double *q, long a, long b)
{
    long n = 0;

    __asm__ volatile("add %4, %3\n\t movsd (%1), %%xmm1\n\t mulsd (%2), %%xmm1\n\t"
                     "jb 1f\n\t movsd 8(%1), %%xmm2\n\t subsd %%xmm1, %%xmm2\n\t"
                     "movsd %%xmm2, 8(%1)\n\t"
                     "adc $4, %0\n\t jmp 2f\n1: adc $8, %0\n2:"
                     : "+r"(n), "+r"(p), "+r"(q), "+r"(a)
                     : "r"(b)
                     : CLOBBERS);
    return n;
}

static void carry_all(void)
{
    for (int i = 0; i < 256; i++) {
        watched[511] = i % 8 == 5 ? 1. / 0. : i;
        paged[0] = i % 8 == 6 ? 1. / 0. : i;
        y[0] = y[1] = i % 8 == 5 ? 0 : i % 8 == 6 ? 1. / 0. : 1.5;
        mprotect(paged, 4096, i % 4 ? PROT_READ : PROT_NONE);
        seen = seen * 31 + (unsigned long)carries(watched + 511, y, i % 3, -1);
        mprotect(paged, 4096, PROT_READ | PROT_WRITE);
        seen = seen * 31 + hash(watched + 511, 2);
    }
}

/* movsd (%rsi), %xmm0; mulsd (%rdx), %xmm0; movsd %xmm0, (%rsi); movsd 8(%rdi), %xmm1;
 * addsd %xmm0, %xmm1; movsd %xmm1, 8(%rdi); movl imm, %eax; ret */
static const unsigned char own_code[] = {
    0xf2, 0x0f, 0x10, 0x06, 0xf2, 0x0f, 0x59, 0x02, 0xf2, 0x0f, 0x11, 0x06, 0xf2, 0x0f, 0x10, 0x4f,
    0x08, 0xf2, 0x0f, 0x58, 0xc8, 0xf2, 0x0f, 0x11, 0x4f, 0x08, 0xb8, 0x01, 0x00, 0x00, 0x00, 0xc3};

static uint64_t own_page(void)
{
    double outside[2] = {1, 1}, one = 1.25, inf = 1. / 0., zero = 0;
    uint64_t h = 0;

    for (int k = 0; k < 6; k++) {
        unsigned char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
                                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        int (*f)(double *, double *, const double *) = (void *)page;
        double *data = (void *)(page + 1024);

        memcpy(page, own_code, sizeof own_code);
        data[0] = data[1] = 1;
        for (int i = 0; i < 300; i++) {
            const double *by = i % 90 == 60 ? &inf : i % 90 == 61 ? &zero : &one;

            if (i % 50 == 49)
                outside[0] = outside[1] = 3;
            if (i == 270)
                page[27] = (unsigned char)i; /* the MOV's immediate */
            h = h * 31 + (unsigned)f(i < 200 + k ? outside : data, outside, by);
            h = h * 31 + hash(data, 2) + hash(outside, 2);
        }
    }
    return h;
}

int main(void)
{
    struct sigaction fault = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};

    sigaction(SIGSEGV, &fault, NULL);
    watched = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    paged = watched + 512;
    for (int place = 1; place < 4; place++) {
        refill(place);
        bodies(x, y, 1000);
        printf("bodies %016llx\n", (unsigned long long)hash(x, N));
        refill(place);
        floats((float *)x, (const float *)y, 2000);
        printf("floats %016llx\n", (unsigned long long)hash(x, N));
        refill(place);
        for (int i = 0; i < N - 4; i++)
            overlapping((char *)&x[i] + i % 4, (char *)&x[i] + i % 3 * 4 + i % 2);
        printf("overlapping %016llx\n", (unsigned long long)hash(x, N));
    }
#define RUN(NAME)                                                                                  \
    refill(2);                                                                                     \
    NAME(x, y, 2000);                                                                              \
    printf(#NAME " %016llx\n", (unsigned long long)hash(x, N));
    RUN(branch_ja)
    RUN(branch_jb)
    RUN(branch_jp)
    RUN(branch_jne)
    RUN(branch_jae)
    RUN(branch_je)
    fault_all();
    carry_all();
    printf("faults %d %016llx\n", faults, (unsigned long long)seen);
    printf("own page %016llx\n", (unsigned long long)own_page());
    return 0;
}
