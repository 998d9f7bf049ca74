/*
 * ymm_loop.c - upper halves of YMM registers along loops: joins, nested loops, exits from the
 * middle, signals at any place whose handler changes all registers, and faults in the loop that a
 * handler repairs after looking at the registers. Prints sums that a CPU prints too.
 */
#define _GNU_SOURCE
#include <immintrin.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <ucontext.h>

#define AVX __attribute__((target("avx2"), noinline))

static uint32_t data[2048] __attribute__((aligned(32)));
static volatile int ticks, faults;
static uint64_t seen;

AVX static void trash(void)
{
    __asm__ volatile("vpcmpeqd %%ymm0, %%ymm0, %%ymm0\n\t vmovdqa %%ymm0, %%ymm1\n\t"
                     "vmovdqa %%ymm0, %%ymm2\n\t vmovdqa %%ymm0, %%ymm3\n\t"
                     "vmovdqa %%ymm0, %%ymm4\n\t vmovdqa %%ymm0, %%ymm5" ::
                         : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5");
}

static void on_tick(int sig)
{
    (void)sig;
    ticks++;
    trash();
}

static uint64_t fold(const uint32_t *w)
{
    uint64_t h = 7;

    for (int i = 0; i < 8; i++)
        h = h * 1000003 + w[i];
    return h;
}

/* Opens the page; takes the upper half of ymm1 from the frame (standard XSAVE layout). */
static void on_fault(int sig, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;
    const uint8_t *area = (const uint8_t *)uc->uc_mcontext.fpregs;
    uint32_t w[8];

    (void)sig;
    memcpy(w, area + 160 + 16, 16);
    memcpy(w + 4, area + 576 + 16, 16);
    seen = seen * 31 + fold(w);
    faults++;
    mprotect((void *)((uintptr_t)info->si_addr & ~4095ul), 4096, PROT_READ | PROT_WRITE);
    trash();
}

/* ymm1 is the sum, by hand so that the handler knows. */
AVX static uint64_t over_pages(uint8_t *p, int n)
{
    uint32_t out[8];

    __asm__ volatile("vpxor %%xmm1, %%xmm1, %%xmm1\n\t vpcmpeqd %%ymm2, %%ymm2, %%ymm2\n"
                     "1: vpaddd %%ymm2, %%ymm1, %%ymm1\n\t vpsrld $1, %%ymm2, %%ymm2\n\t"
                     "vpaddd (%0), %%ymm1, %%ymm1\n\t vpxor %%ymm1, %%ymm2, %%ymm2\n\t"
                     "vmovdqa %%ymm2, (%0)\n\t add $1024, %0\n\t dec %1\n\t jne 1b\n\t"
                     "vmovdqu %%ymm1, (%2)"
                     : "+r"(p), "+r"(n)
                     : "r"(out)
                     : "xmm1", "xmm2", "memory", "cc");
    return fold(out);
}

AVX static uint64_t joins(int rounds)
{
    __m256i a = _mm256_set1_epi32(3), b = _mm256_set1_epi32(5), c = a;
    uint32_t out[8];

    for (int r = 0; r < rounds; r++) {
        for (int i = 0; i < 256; i++) {
            __m256i v = _mm256_load_si256((__m256i *)data + (i & 63));

            if (data[i] & 1) {
                a = _mm256_add_epi32(a, v);
            } else {
                b = _mm256_xor_si256(b, _mm256_slli_epi32(a, 1));
                if (data[i] & 2)
                    c = _mm256_sub_epi32(c, b);
            }
            a = _mm256_add_epi32(a, _mm256_srli_epi32(c, 3));
            if (data[i] == 12345)
                break;
        }
        b = _mm256_add_epi32(b, a);
    }
    a = _mm256_add_epi32(_mm256_xor_si256(a, b), c);
    _mm256_storeu_si256((__m256i *)out, a);
    return fold(out);
}

/* Upper halves that are zeroed in the loop, and more registers than stay in the host's. */
AVX static uint64_t many(int rounds)
{
    __m256i s[12];
    uint32_t out[8];

    for (int i = 0; i < 12; i++)
        s[i] = _mm256_set1_epi32(i + 1);
    for (int r = 0; r < rounds; r++) {
        for (int i = 0; i < 12; i++)
            s[i] = _mm256_add_epi32(s[i], _mm256_xor_si256(s[(i + 5) % 12], s[(i + 7) % 12]));
        s[r % 12] = _mm256_zextsi128_si256(_mm256_castsi256_si128(s[r % 12]));
        __asm__ volatile("" : "+x"(s[0]), "+x"(s[1]), "+x"(s[2]), "+x"(s[3]));
    }
    for (int i = 1; i < 12; i++)
        s[0] = _mm256_xor_si256(s[0], _mm256_slli_epi32(s[i], i & 7));
    _mm256_storeu_si256((__m256i *)out, s[0]);
    return fold(out);
}

/* NaNs appear late in a loop of packed arithmetic: exact ones, negative. */
AVX static uint64_t nans(int n)
{
    __m256 x = _mm256_set_ps(1, 2, 3, 4, 5, 6, 7, 8), k = _mm256_set1_ps(1.5f), z;
    __m256d y = _mm256_set_pd(1, -2, 3, -4), q = _mm256_set1_pd(1.25);
    uint32_t out[8];
    uint64_t h;

    for (int i = 0; i < n; i++) {
        x = _mm256_mul_ps(x, k);
        y = _mm256_mul_pd(y, q);
        x = _mm256_sub_ps(x, _mm256_mul_ps(x, x)); /* becomes infinite, then inf - inf */
        y = _mm256_add_pd(y, _mm256_mul_pd(y, y));
    }
    z = _mm256_add_ps(x, _mm256_castpd_ps(y));
    _mm256_storeu_ps((float *)out, x);
    h = fold(out);
    _mm256_storeu_ps((float *)out, z);
    h = h * 31 + fold(out);
    _mm256_storeu_pd((double *)out, y);
    return h * 31 + fold(out);
}

int main(void)
{
    struct itimerval every = {{0, 2000}, {0, 2000}};
    struct sigaction fault = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
    uint8_t *p = mmap(NULL, 64 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    uint32_t x = 1;

    for (int i = 0; i < 2048; i++)
        data[i] = x = x * 1664525 + 1013904223;
    for (int i = 0; i < 64 * 4096; i += 4)
        memcpy(p + i, &data[i / 4 & 2047], 4);
    signal(SIGALRM, on_tick);
    setitimer(ITIMER_REAL, &every, NULL);
    printf("joins %016llx\n", (unsigned long long)joins(3000));
    printf("many %016llx\n", (unsigned long long)many(30000));
    for (int i = 0; i < 300; i++)
        x += (uint32_t)nans(60);
    printf("nans %08x\n", x);
    every = (struct itimerval){{0, 0}, {0, 0}};
    setitimer(ITIMER_REAL, &every, NULL);
    over_pages(p, 200);
    sigaction(SIGSEGV, &fault, NULL);
    for (int i = 3; i < 60; i += 7)
        mprotect(p + i * 4096, 4096, PROT_NONE);
    printf("pages %016llx\n", (unsigned long long)over_pages(p, 250));
    printf("faults %d, seen %016llx\n", faults, (unsigned long long)seen);
    return ticks < 0;
}
