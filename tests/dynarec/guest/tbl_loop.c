/*
 * tbl_loop.c - PSHUFB in loops that do not change what it looks up by: entered again with another
 * mask, from loops that change it, in the middle, with instructions inside that the translator
 * leaves to others, with calls, faults whose handler changes the mask, and signals. MOVZX and SHL
 * of one register, and faults between them. Prints sums that a CPU prints too.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <ucontext.h>

#define PAGES 32
#define NOINLINE __attribute__((noinline))
#define XMMS "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7"

struct lanes {
    uint8_t b[64];
} __attribute__((aligned(64)));

static struct lanes out;
static uint32_t state = 1;
static volatile int ticks, faults;
static uint64_t seen;

static uint32_t next(void)
{
    return state = state * 1664525 + 1013904223;
}

/* Every kind of byte: indices, with bits 6-4, and 80h and up. */
static struct lanes some(void)
{
    struct lanes l;

    for (int i = 0; i < 64; i++)
        l.b[i] = (uint8_t)(next() >> 20 & (i % 3 ? 0xff : 0x0f));
    return l;
}

static uint64_t fold(const void *p, int n)
{
    const uint8_t *b = p;
    uint64_t h = 7;

    for (int i = 0; i < n; i++)
        h = h * 1000003 + b[i];
    return h;
}

static void on_tick(int sig)
{
    (void)sig;
    ticks++;
    __asm__ volatile("pcmpeqd %%xmm6, %%xmm6\n\t pxor %%xmm1, %%xmm1" ::: "xmm1", "xmm6");
}

/* The mask is xmm6. */
NOINLINE static uint64_t plain(const struct lanes *v, const struct lanes *mask, int n)
{
    __asm__ volatile("movdqa (%1), %%xmm6\n\t movdqa (%0), %%xmm1\n"
                     "1: movdqa %%xmm1, %%xmm2\n\t pshufb %%xmm6, %%xmm1\n\t paddb (%0), %%xmm1\n\t"
                     "pxor %%xmm2, %%xmm1\n\t dec %2\n\t jne 1b\n\t"
                     "movdqa %%xmm1, %3"
                     : "+r"(v), "+r"(mask), "+r"(n), "=m"(out)
                     :
                     : XMMS, "memory", "cc");
    return fold(&out, 16);
}

/* The first loop changes the mask and goes straight into the second, at its head or its middle;
 * the way on behind the second changes it as well. */
NOINLINE static uint64_t changing(const struct lanes *v, const struct lanes *mask, int n)
{
    int inner = 0;

    __asm__ volatile("movdqa (%1), %%xmm6\n\t movdqa (%0), %%xmm1\n\t pxor %%xmm3, %%xmm3\n"
                     "1: paddb 16(%0), %%xmm6\n\t pshufb %%xmm6, %%xmm1\n\t paddb (%0), %%xmm1\n\t"
                     "mov $3, %3\n\t test $1, %2\n\t je 3f\n\t"
                     "test $2, %2\n\t jne 2f\n\t pxor %%xmm6, %%xmm1\n\t psrlw $1, %%xmm6\n"
                     "2: pshufb %%xmm6, %%xmm1\n\t paddb %%xmm1, %%xmm3\n"
                     "3: paddb (%0), %%xmm1\n\t pshufb %%xmm6, %%xmm1\n\t dec %3\n\t jne 2b\n\t"
                     "pshufb %%xmm6, %%xmm3\n\t pxor 32(%0), %%xmm6\n\t pshufb %%xmm6, %%xmm1\n\t"
                     "paddb 48(%0), %%xmm1\n\t dec %2\n\t jne 1b\n\t"
                     "movdqa %%xmm1, %4\n\t movdqa %%xmm3, 16+%4"
                     : "+r"(v), "+r"(mask), "+r"(n), "+r"(inner), "=m"(out)
                     :
                     : XMMS, "memory", "cc");
    return fold(&out, 32);
}

/* AESENC is the interpreter's on hosts without, DIV forgets what registers have. */
NOINLINE static uint64_t fallbacks(const struct lanes *v, const struct lanes *mask, int n)
{
    uint64_t sum = 0;

    __asm__ volatile("movdqa (%1), %%xmm6\n\t movdqa (%0), %%xmm1\n"
                     "1: pshufb %%xmm6, %%xmm1\n\t aesenc 16(%0), %%xmm1\n\t"
                     "pshufb %%xmm6, %%xmm1\n\t paddb (%0), %%xmm1\n\t test $3, %2\n\t jne 2f\n\t"
                     "mov 8(%0), %%rax\n\t xor %%edx, %%edx\n\t divq 16(%0)\n\t add %%rax, %3\n\t"
                     "add %%rdx, %3\n\t pshufb %%xmm6, %%xmm1\n\t"
                     "2: paddb 48(%0), %%xmm1\n\t dec %2\n\t jne 1b\n\t movdqa %%xmm1, %4"
                     : "+r"(v), "+r"(mask), "+r"(n), "+r"(sum), "=m"(out)
                     :
                     : XMMS, "rax", "rdx", "memory", "cc");
    return fold(&out, 16) + sum;
}

/* Writes xmm0, which no operand says. */
NOINLINE static uint64_t hidden(const struct lanes *v, const struct lanes *mask, int n)
{
    __asm__ volatile("movdqa (%1), %%xmm0\n\t movdqa (%0), %%xmm1\n\t movdqa 16(%0), %%xmm2\n"
                     "1: pshufb %%xmm0, %%xmm1\n\t paddb 32(%0), %%xmm1\n\t"
                     "pcmpistrm $0x48, %%xmm1, %%xmm2\n\t pshufb %%xmm0, %%xmm2\n\t"
                     "paddb 16(%0), %%xmm2\n\t dec %2\n\t jne 1b\n\t"
                     "movdqa %%xmm1, %3\n\t movdqa %%xmm2, 16+%3"
                     : "+r"(v), "+r"(mask), "+r"(n), "=m"(out)
                     :
                     : XMMS, "memory", "cc");
    return fold(&out, 32);
}

/* A call that changes the mask now and then, and one of a library's function. */
NOINLINE static uint64_t calls(const struct lanes *v, const struct lanes *mask, long n)
{
    long (*volatile other)(long) = labs;
    uint64_t sum = 0;

    __asm__ volatile(
        "movdqa (%1), %%xmm6\n\t movdqa (%0), %%xmm1\n\t jmp 1f\n"
        "2: test $7, %2\n\t jne 3f\n\t paddb 16(%0), %%xmm6\n"
        "3: ret\n"
        "1: pshufb %%xmm6, %%xmm1\n\t paddb (%0), %%xmm1\n\t sub $128, %%rsp\n\t"
        "call 2b\n\t add $128, %%rsp\n\t pshufb %%xmm6, %%xmm1\n\t dec %2\n\t jne 1b\n\t"
        "movdqa %%xmm1, %3"
        : "+r"(v), "+r"(mask), "+r"(n), "=m"(out)
        :
        : XMMS, "memory", "cc");
    sum = fold(&out, 16);
    for (int i = 0; i < 200; i++) {
        __asm__ volatile("movdqa (%1), %%xmm6\n\t movdqa %2, %%xmm1\n\t pshufb %%xmm6, %%xmm1\n\t"
                         "pshufb %%xmm6, %%xmm1\n\t paddb (%0), %%xmm1\n\t movdqa %%xmm1, %2"
                         : "+r"(v), "+r"(mask), "+m"(out)
                         :
                         : XMMS, "memory");
        sum += (uint64_t)other(out.b[i & 15] - 100l) + fold(&out, 16);
    }
    return sum;
}

/* Both lanes have masks of their own, kept (ymm6) and changing in one (ymm7); more than eight. */
NOINLINE static uint64_t wide(const struct lanes *v, const struct lanes *mask, int n)
{
    __asm__ volatile("vmovdqa (%1), %%ymm6\n\t vmovdqa 32(%1), %%ymm7\n\t vmovdqa (%0), %%ymm1\n\t"
                     "vmovdqa 32(%0), %%ymm2\n"
                     "1: vpshufb %%ymm6, %%ymm1, %%ymm3\n\t vpaddb %%ymm2, %%ymm3, %%ymm1\n\t"
                     "vpshufb %%ymm7, %%ymm2, %%ymm2\n\t vpaddb (%0), %%ymm2, %%ymm2\n\t"
                     "test $5, %2\n\t jne 2f\n\t vmovdqa %%ymm2, %%ymm7\n\t"
                     "2: vpshufb %%xmm6, %%xmm2, %%xmm4\n\t pxor %%xmm4, %%xmm2\n\t"
                     "dec %2\n\t jne 1b\n\t"
                     "vmovdqa %%ymm1, %3\n\t vmovdqa %%ymm2, 32+%3\n\t vzeroupper"
                     : "+r"(v), "+r"(mask), "+r"(n), "=m"(out)
                     :
                     : XMMS, "memory", "cc");
    return fold(&out, 64);
}

NOINLINE static uint64_t kept(const struct lanes *v, const struct lanes *mask, int n)
{
    __asm__ volatile("vmovdqa (%1), %%ymm6\n\t vmovdqa 32(%1), %%ymm5\n\t vmovdqa (%0), %%ymm1\n\t"
                     "vpxor %%xmm7, %%xmm7, %%xmm7\n"
                     "1: vpshufb %%ymm6, %%ymm1, %%ymm1\n\t vpaddb (%0), %%ymm1, %%ymm1\n\t"
                     "vpshufb %%ymm5, %%ymm1, %%ymm2\n\t vpaddb %%ymm1, %%ymm2, %%ymm1\n\t"
                     "vpshufb %%ymm7, %%ymm2, %%ymm3\n\t vpxor %%ymm3, %%ymm1, %%ymm1\n\t"
                     "vpshufb %%ymm6, %%ymm3, %%ymm4\n\t vpaddb %%ymm4, %%ymm1, %%ymm1\n\t"
                     "dec %2\n\t jne 1b\n\t"
                     "vpshufb %%ymm6, %%ymm1, %%ymm2\n\t vpaddb %%xmm5, %%xmm6, %%xmm6\n\t"
                     "vpshufb %%ymm6, %%ymm1, %%ymm1\n\t"
                     "vmovdqa %%ymm1, %3\n\t vmovdqa %%ymm2, 32+%3\n\t vzeroupper"
                     : "+r"(v), "+r"(mask), "+r"(n), "=m"(out)
                     :
                     : XMMS, "memory", "cc");
    return fold(&out, 64);
}

/* ---- faults ---- */

/* Opens the page; notes the mask and what MOVZX has left, and changes the mask. */
static void on_fault(int sig, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;
    uint32_t *mask = uc->uc_mcontext.fpregs->_xmm[6].element;

    (void)sig;
    seen = seen * 31 + fold(mask, 16) + (uint64_t)uc->uc_mcontext.gregs[REG_RCX];
    faults++;
    for (int i = 0; i < 4; i++)
        mask[i] = mask[i] * 5 + 0x01020304;
    mprotect((void *)((uintptr_t)info->si_addr & ~4095ul), 4096, PROT_READ | PROT_WRITE);
}

NOINLINE static uint64_t over_pages(const struct lanes *mask, uint8_t *p, int n)
{
    uint64_t sum = 0;

    __asm__ volatile("movdqa (%1), %%xmm6\n\t movdqa 16(%1), %%xmm1\n\t movaps (%0), %%xmm2\n\t"
                     "movaps (%0), %%xmm4\n\t xor %%edx, %%edx\n"
                     "1: mulps %%xmm4, %%xmm2\n\t add $3, %%edx\n\t movzx %%dl, %%ecx\n\t"
                     "addps (%0), %%xmm2\n\t pshufb %%xmm6, %%xmm1\n\t shl $4, %%rcx\n\t"
                     "paddb (%0), %%xmm1\n\t add %%rcx, %3\n\t movzx %%dx, %%ecx\n\t inc %%edx\n\t"
                     "shl $17, %%ecx\n\t add %%rcx, %3\n\t movzx %%dl, %%ecx\n\t"
                     "movdqu %%xmm1, 512(%0)\n\t shl $9, %%ecx\n\t add %%rcx, %3\n\t"
                     "add $1024, %0\n\t dec %2\n\t jne 1b\n\t movdqa %%xmm1, %4\n\t"
                     "movaps %%xmm2, 16+%4"
                     : "+r"(p), "+r"(mask), "+r"(n), "+r"(sum), "=m"(out)
                     :
                     : XMMS, "rcx", "rdx", "memory", "cc");
    return fold(&out, 32) + sum;
}

/* ---- MOVZX and SHL ---- */

#define SHIFTED(FROM, TO, SIZE)                                                                    \
    do {                                                                                           \
        uint64_t c_ = x * 0xd1342543de82ef95u;                                                     \
        __asm__ volatile("movz" FROM TO "\n\t add $5, %%r8d\n\t lea 3(%%rsi), %%rsi\n\t"           \
                         "shl" SIZE "\n\t add %%rcx, %0"                                           \
                         : "+r"(sum), "+S"(x), "+c"(c_)                                            \
                         : "d"(x * 0x9e3779b97f4a7c15u)                                            \
                         : "r8", "cc");                                                            \
    } while (0)

NOINLINE static uint64_t shifts(int n)
{
    uint64_t sum = 0, x = 1;

    for (int i = 0; i < n; i++) {
        uint64_t c = x, d = x * 0x9e3779b97f4a7c15u;
        uint32_t f;

        SHIFTED("bl %%dl, ", "%%ecx", "l $4, %%ecx");
        SHIFTED("bl %%dl, ", "%%ecx", "q $4, %%rcx");
        SHIFTED("bq %%dl, ", "%%rcx", "q $60, %%rcx");
        SHIFTED("bl %%dl, ", "%%ecx", "l $28, %%ecx");
        SHIFTED("wl %%dx, ", "%%ecx", "l $31, %%ecx");
        SHIFTED("wq %%dx, ", "%%rcx", "q $63, %%rcx");
        SHIFTED("wl %%dx, ", "%%ecx", "l $1, %%ecx");
        SHIFTED("wl %%cx, ", "%%ecx", "q $40, %%rcx");
        SHIFTED("bl %%cl, ", "%%ecx", "l $33, %%ecx");
        SHIFTED("bl %%dh, ", "%%ecx", "l $7, %%ecx");
        SHIFTED("bl %%dl, ", "%%ecx", "w $9, %%cx");
        SHIFTED("bl %%sil, ", "%%ecx", "l $12, %%ecx"); /* which changes before SHL */
        /* What is between them has to do with the register; the flags are wanted. */
        __asm__ volatile("movzbl %%dl, %%ecx\n\t add %%ecx, %%edx\n\t shl $3, %%ecx\n\t"
                         "add %%rdx, %0\n\t add %%rcx, %0\n\t movzwl %%dx, %%ecx\n\t"
                         "shl $16, %%ecx\n\t setc %%al\n\t sets %%ah\n\t movzwl %%ax, %1"
                         : "+r"(sum), "=&r"(f), "+c"(c), "+d"(d)
                         :
                         : "rax", "cc");
        sum = sum * 31 + f + c;
        x = x * 6364136223846793005u + 1442695040888963407u;
    }
    return sum;
}

static uint64_t (*const kinds[])(const struct lanes *, const struct lanes *, int) = {
    plain, changing, fallbacks, hidden, wide, kept,
};
static const char *const names[] = {"plain", "changing", "fallbacks", "hidden", "wide", "kept"};

int main(void)
{
    struct itimerval every = {{0, 2000}, {0, 2000}};
    struct sigaction fault = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
    uint8_t *p =
        mmap(NULL, PAGES * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    signal(SIGALRM, on_tick);
    setitimer(ITIMER_REAL, &every, NULL);
    for (unsigned k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        uint64_t sum = 0;

        for (int i = 0; i < 300; i++) {
            struct lanes v = some(), mask = some();

            v.b[23] = 200; /* DIV's divisor is the larger */
            v.b[15] &= 127;
            sum = sum * 31 + kinds[k](&v, &mask, 1 + i % 80);
        }
        printf("%s %016llx\n", names[k], (unsigned long long)sum);
    }
    for (int i = 0; i < 60; i++) {
        struct lanes v = some(), mask = some();

        seen = seen * 31 + calls(&v, &mask, 1 + i);
    }
    printf("calls %016llx\n", (unsigned long long)seen);
    printf("shifts %016llx\n", (unsigned long long)shifts(5000));
    every = (struct itimerval){{0, 0}, {0, 0}};
    setitimer(ITIMER_REAL, &every, NULL);
    sigaction(SIGSEGV, &fault, NULL);
    for (int round = 0; round < 4; round++) {
        struct lanes mask = some();

        for (int i = 0; i < PAGES * 4096; i++)
            p[i] = (uint8_t)(next() >> 24) & 0x3f; /* small numbers */
        for (int i = 3; round && i < PAGES; i += 7 - round)
            mprotect(p + i * 4096, 4096, round == 2 ? PROT_READ : PROT_NONE);
        printf("pages %016llx\n", (unsigned long long)over_pages(&mask, p, PAGES * 4 - 1));
    }
    printf("faults %d, seen %016llx\n", faults, (unsigned long long)seen);
    return ticks < 0;
}
