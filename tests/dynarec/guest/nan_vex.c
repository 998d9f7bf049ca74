/*
 * nan_vex.c - NaNs in VEX and FMA arithmetic: in loops that write nothing but registers, with
 * upper halves that live through them and others that they zero, signals, and faults that a
 * handler repairs; and in straight code between stores, with copies of registers that change
 * later. Prints bits, as a CPU makes them; operands are where the assembler text says.
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

static double a[N], b[N], out[8];
static uint64_t seen;
static int faults;

/* ymm1 sums, the upper half of ymm2 is zeroed in the loop, that of ymm3 is not touched. */
__attribute__((noinline)) static uint64_t wide(const double *x, const double *y, long n)
{
    __asm__ volatile("vxorpd %%xmm1, %%xmm1, %%xmm1\n\t vmovupd (%0), %%ymm2\n\t"
                     "vmovupd 32(%0), %%ymm3\n\t vmovupd 64(%0), %%ymm5\n"
                     "1: vmovupd (%0), %%ymm0\n\t vmulpd (%1), %%ymm0, %%ymm4\n\t"
                     "vaddpd %%ymm4, %%ymm1, %%ymm1\n\t vaddsd %%xmm4, %%xmm2, %%xmm2\n\t"
                     "vsubpd %%ymm5, %%ymm4, %%ymm5\n\t"
                     "add $32, %0\n\t add $32, %1\n\t dec %2\n\t jne 1b\n\t"
                     "vmovupd %%ymm1, (%3)\n\t vaddpd %%ymm2, %%ymm3, %%ymm2\n\t"
                     "vaddpd %%ymm5, %%ymm2, %%ymm2\n\t vmovupd %%ymm2, 32(%3)\n\t vzeroupper"
                     : "+r"(x), "+r"(y), "+r"(n)
                     : "r"(out)
                     : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "cc", "memory");
    return hash(out, 8);
}

/* Runs between stores: renamed registers, copies whose source changes, a swap, FMA. */
__attribute__((noinline)) static uint64_t stores(const double *x, const double *y, long n)
{
    uint64_t h = 0;

    for (long i = 0; i + 8 <= n; i += 4) {
        __asm__ volatile("vmovupd (%0), %%ymm0\n\t vmovupd (%1), %%ymm1\n\t"
                         "vmulpd %%ymm1, %%ymm0, %%ymm2\n\t vmovapd %%ymm2, %%ymm3\n\t"
                         "vaddpd %%ymm1, %%ymm2, %%ymm2\n\t vmovapd %%ymm0, %%ymm4\n\t"
                         "vmovapd %%ymm1, %%ymm0\n\t vmovapd %%ymm4, %%ymm1\n\t"
                         "vsubpd %%ymm0, %%ymm3, %%ymm3\n\t vdivpd 32(%0), %%ymm2, %%ymm4\n\t"
                         "vandpd %%ymm4, %%ymm3, %%ymm5\n\t vpaddq %%ymm6, %%ymm6, %%ymm7\n\t"
                         "vaddpd %%ymm5, %%ymm1, %%ymm1\n\t"
                         "vmovupd %%ymm1, (%2)\n\t vmovupd %%ymm0, 32(%2)"
                         :
                         : "r"(x + i), "r"(y + i), "r"(out)
                         : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm7", "memory");
        h = h * 31 + hash(out, 8);
        __asm__ volatile("vmovsd (%0), %%xmm0\n\t vmovupd (%1), %%xmm1\n\t"
                         "vaddsd 8(%0), %%xmm1, %%xmm2\n\t mulsd %%xmm0, %%xmm2\n\t"
                         "movapd %%xmm2, %%xmm3\n\t subsd %%xmm1, %%xmm2\n\t"
                         "vsqrtsd %%xmm2, %%xmm0, %%xmm4\n\t vcvtsd2ss %%xmm4, %%xmm1, %%xmm5\n\t"
                         "vaddss %%xmm5, %%xmm3, %%xmm5\n\t addpd %%xmm4, %%xmm3\n\t"
                         "vmovupd %%ymm3, (%2)\n\t vmovupd %%xmm5, 32(%2)\n\t"
                         "vmovupd %%xmm2, 48(%2)\n\t vzeroupper"
                         :
                         : "r"(x + i), "r"(y + i), "r"(out)
                         : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "memory");
        h = h * 31 + hash(out, 8);
        __asm__ volatile(
            "vmovupd (%0), %%ymm0\n\t vmovupd (%1), %%ymm1\n\t"
            "vmovupd 32(%0), %%ymm2\n\t vmovapd %%ymm2, %%ymm3\n\t"
            "vfmadd231pd %%ymm1, %%ymm0, %%ymm2\n\t vfnmadd213pd (%1), %%ymm1, %%ymm0\n\t"
            "vfmsub132pd %%ymm3, %%ymm2, %%ymm1\n\t vaddpd %%ymm1, %%ymm0, %%ymm0\n\t"
            "vmovupd %%ymm0, (%2)\n\t vmovupd %%ymm2, 32(%2)\n\t vzeroupper"
            :
            : "r"(x + i), "r"(y + i), "r"(out)
            : "xmm0", "xmm1", "xmm2", "xmm3", "memory");
        h = h * 31 + hash(out, 8);
        __asm__ volatile(
            "vmovsd (%0), %%xmm0\n\t vmovupd (%1), %%xmm1\n\t"
            "vfmadd231sd 8(%0), %%xmm1, %%xmm0\n\t vfnmsub132sd %%xmm0, %%xmm0, %%xmm1\n\t"
            "vmovupd %%xmm0, (%2)\n\t vmovupd %%xmm1, 16(%2)"
            :
            : "r"(x + i), "r"(y + i), "r"(out)
            : "xmm0", "xmm1", "memory");
        h = h * 31 + hash(out, 4);
    }
    return h;
}

static void on_tick(int sig)
{
    (void)sig;
    __asm__ volatile("vaddps %%ymm15, %%ymm15, %%ymm14\n\t vzeroupper" : : : "xmm14", "xmm15");
}

static void on_fault(int sig, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;

    (void)sig;
    seen = seen * 31 + hash(&uc->uc_mcontext.fpregs->_xmm[0], 12);
    faults++;
    mprotect((void *)((uintptr_t)info->si_addr & ~4095ul), 4096, PROT_READ | PROT_WRITE);
}

int main(void)
{
    struct itimerval every = {{0, 1000}, {0, 1000}};
    struct sigaction fault = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
    double *paged;
    uint64_t h = 0;

    fill(a, 1);
    fill(b, .25);
    signal(SIGALRM, on_tick);
    setitimer(ITIMER_REAL, &every, NULL);
    for (int r = 0; r < 100; r++)
        h = h * 31 + wide(a, b, N / 4 - r % 3);
    printf("wide %016llx\n", (unsigned long long)h);
    for (int r = 0; r < 20; r++)
        h = h * 31 + stores(a, b, 400);
    printf("stores %016llx\n", (unsigned long long)h);
    for (int k = 0; k < 36; k++) {
        fill(a, 1);
        fill(b, .25);
        memcpy(&a[160 + k], &odd[k / 6], 8);
        memcpy(&b[160 + 2 * k], &odd[k % 6], 8);
        memcpy(&b[300], &odd[k % 6], 8);
        a[333] = 0;
        b[333] = INFINITY;
        a[340] = -1e300;
        printf("%d %016llx", k, (unsigned long long)wide(a, b, N / 4));
        printf(" %016llx\n", (unsigned long long)stores(a, b, 400));
    }
    every = (struct itimerval){{0, 0}, {0, 0}};
    setitimer(ITIMER_REAL, &every, NULL);
    paged = mmap(NULL, sizeof a, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    sigaction(SIGSEGV, &fault, NULL);
    for (int k = 0; k < 3; k++) {
        mprotect(paged, sizeof a, PROT_READ | PROT_WRITE);
        fill(a, 2);
        fill(paged, 1);
        paged[200] = k ? INFINITY : 1;
        a[200] = k == 1;
        mprotect(paged + 1024, 4096, PROT_NONE);
        mprotect(paged + 2048, 4096, PROT_NONE);
        h = wide(a, paged + 1, N / 4 - 1);
        mprotect(paged + 1024, 4096, PROT_NONE);
        h = h * 31 + stores(a + 600, paged + 603, 1000);
        printf("fault %016llx %016llx %d\n", (unsigned long long)h, (unsigned long long)seen,
               faults);
    }
    return 0;
}
