/*
 * x80_exact.c - x87 arithmetic in 80 bits: results and status words of pairs of numbers chosen
 * around what rounding, alignment and normalisation make hard, in several control words; signals
 * meanwhile. Prints sums over all bits, as a CPU makes them.
 */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>

#define N 104
static long double value[N];
static uint64_t h;
static uint64_t state = 88172645463325252u;

static uint64_t random64(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
}

static void make(int i, uint64_t m, unsigned se)
{
    memset(&value[i], 0, sizeof value[i]);
    memcpy(&value[i], &m, 8);
    memcpy((char *)&value[i] + 8, &se, 2);
}

static void values(void)
{
    static const uint64_t patterns[] = {0x8000000000000000, 0xffffffffffffffff, 0x8000000000000001,
                                        0xfffffffffffffffe, 0xc000000000000000, 0x8000000000000400,
                                        0xfffffffffffffc00, 0x8000000000000bff, 0x8000008000000000,
                                        0xffffff8000000000, 0xaaaaaaaaaaaaaaaa, 0xd555555555555555};

    for (int i = 0; i < N; i++) {
        uint64_t r = random64(), m = i & 1 ? r | 1ull << 63 : patterns[r % 12];
        int e = 16383 + (int)(random64() % (i % 5 ? 9 : 140)) - (i % 5 ? 4 : 70);

        if (i % 7 == 6)
            m = (m >> (r >> 8 & 63) << (r >> 8 & 63)) | 1ull << 63;
        make(i, m, (unsigned)e | (r >> 20 & 1) << 15);
    }
    make(3, 0, 0);
    make(50, 0, 0x8000);
    make(51, 1ull << 63, 1);              /* the smallest normal */
    make(52, ~0ull, 0x7ffe);              /* the largest */
    make(53, 1ull << 63, 0x7fff);         /* infinity */
    make(54, 0xc000000000000001, 0x7fff); /* quiet */
    make(55, 0x8000000000000001, 0xffff); /* signalling */
    make(56, 12345, 0);                   /* denormal */
    make(57, 0x8000000000000000, 16446);  /* 2^63 */
    make(58, 0x8000000000000000, 0xc03e); /* -2^63 */
    make(59, 0xffffffff00000000, 16383 + 30);
    make(60, 0xfffe000000000000, 16383 + 14);
}

static void mix(const void *p, unsigned n, unsigned sw)
{
    uint64_t w[2] = {0, 0};

    memcpy(w, p, n);
    h = (h ^ w[0]) * 0x9e3779b97f4a7c15;
    h = (h ^ w[1] ^ (uint64_t)sw << 32) * 0xc2b2ae3d27d4eb4f;
    h ^= h >> 29;
}

#define PAIRS(name, code)                                                                          \
    static void name(void)                                                                         \
    {                                                                                              \
        for (int i = 0; i < N; i++) {                                                              \
            for (int j = 0; j < N; j++) {                                                          \
                long double r = 0;                                                                 \
                uint16_t sw;                                                                       \
                __asm__ volatile("fnclex\n\tfldt %2\n\tfldt %3\n\t" code                           \
                                 "\n\tfnstsw %1\n\tfstpt %0"                                       \
                                 : "=m"(r), "=m"(sw)                                               \
                                 : "m"(value[i]), "m"(value[j]));                                  \
                mix(&r, 10, sw);                                                                   \
            }                                                                                      \
        }                                                                                          \
    }
PAIRS(add, "faddp")
PAIRS(sub, "fsubp")
PAIRS(subr, "fsubrp")
PAIRS(mul, "fmulp")
PAIRS(div_, "fdivp")
PAIRS(divr, "fdivrp")
PAIRS(moves, "fxch\n\tfld %%st(1)\n\tfchs\n\tfxch %%st(2)\n\tfabs\n\tfstp %%st(1)\n\tfstp %%st(1)")
PAIRS(compares, "fcom\n\tfnstsw %%ax\n\tfucomp\n\tfld1\n\tfldz\n\tfxch %%st(2)\n\tftst\n\tfstp "
                "%%st(2)\n\tfstp %%st(0)")

static void flags(void)
{
    for (int i = 0; i < N; i++) {
        for (int j = 0; j < N; j++) {
            uint16_t sw;
            uint64_t f;

            __asm__ volatile("fnclex\n\tfldt %2\n\tfldt %3\n\tfcomip %%st(1), %%st(0)\n\tpushfq\n\t"
                             "popq %0\n\tfnstsw %1\n\tfstp %%st(0)"
                             : "=r"(f), "=m"(sw)
                             : "m"(value[j]), "m"(value[i])
                             : "cc");
            f &= 0x8d5;
            mix(&f, 8, sw);
        }
    }
}

/* Through float, double and integers. */
#define CONVERT(name, type, store, load)                                                           \
    static void name(void)                                                                         \
    {                                                                                              \
        for (int i = 0; i < N; i++) {                                                              \
            type x;                                                                                \
            long double r;                                                                         \
            uint16_t sw, sw2;                                                                      \
            __asm__ volatile("fnclex\n\tfldt %4\n\t" store " %0\n\tfnstsw %1\n\tfnclex\n\t" load   \
                             " %0\n\tfnstsw %2\n\tfstpt %3"                                        \
                             : "=m"(x), "=m"(sw), "=m"(sw2), "=m"(r)                               \
                             : "m"(value[i]));                                                     \
            mix(&x, sizeof x, sw);                                                                 \
            mix(&r, 10, sw2);                                                                      \
        }                                                                                          \
    }
CONVERT(floats, float, "fstps", "flds")
CONVERT(doubles, double, "fstpl", "fldl")
CONVERT(shorts, int16_t, "fistps", "filds")
CONVERT(ints, int32_t, "fistpl", "fildl")
CONVERT(longs, int64_t, "fistpll", "fildll")
CONVERT(tshorts, int16_t, "fisttps", "filds")
CONVERT(tints, int32_t, "fisttpl", "fildl")
CONVERT(tlongs, int64_t, "fisttpll", "fildll")

/* Memory operands, and a loop with the stack kept over its edges. */
static void memory(void)
{
    long double r = 0;
    uint16_t sw;

    for (int i = 0; i < N; i++) {
        double d = (double)value[i];
        float f = (float)value[i];
        int32_t n = (int32_t)random64() >> (i & 31);
        int16_t s = (int16_t)n;

        __asm__ volatile("fnclex\n\tfldt %2\n\tfaddl %3\n\tfmuls %4\n\tfisubl %5\n\tfiadds %6\n\t"
                         "fdivrl %3\n\tfsubrs %4\n\tficoms %6\n\tfnstsw %1\n\tfstpt %0"
                         : "=m"(r), "=m"(sw)
                         : "m"(value[i]), "m"(d), "m"(f), "m"(n), "m"(s));
        mix(&r, 10, sw);
    }
    for (int i = 0; i < 40; i++) {
        long double x = value[61 + i], y = 1, sum = 0;

        for (int k = 1; k < 200; k++) {
            y = y * x / k;
            if (y < 0)
                sum -= y;
            else
                sum += y * .5L;
            if (sum > 1e30L)
                sum /= 1e20L;
        }
        mix(&sum, 10, 0);
    }
}

#define ONE(name, code)                                                                            \
    static void name(void)                                                                         \
    {                                                                                              \
        for (int i = 0; i < N; i++) {                                                              \
            long double r = 0;                                                                     \
            uint16_t sw;                                                                           \
            __asm__ volatile("fnclex\n\tfldt %2\n\t" code "\n\tfnstsw %1\n\tfstpt %0"              \
                             : "=m"(r), "=m"(sw)                                                   \
                             : "m"(value[i])                                                       \
                             : "cc");                                                              \
            mix(&r, 10, sw);                                                                       \
        }                                                                                          \
    }
ONE(roots, "fsqrt")
ONE(rints, "frndint")
ONE(constants,
    "fldpi\n\tfaddp\n\tfldl2t\n\tfmulp\n\tfldl2e\n\tfsubp\n\tfldlg2\n\tfdivp\n\tfldln2\n\tfaddp")
ONE(cmovs, "fld1\n\tfcomi %%st(1), %%st\n\tfcmovb %%st(1), %%st\n\tfcmovnbe %%st(1), "
           "%%st\n\tfcmovu %%st(1), "
           "%%st\n\tfincstp\n\tfdecstp\n\tffree %%st(1)\n\tfstp %%st(1)")

/* Values that are on the stack around calls, and a result that a call leaves there. */
static __attribute__((noinline)) long double called(long double x, int n)
{
    return n & 1 ? x * .75L : x + n;
}

static void calls(void)
{
    for (int i = 61; i < N; i++) {
        long double x = value[i], sum = 0;

        for (int k = 0; k < 60; k++)
            sum += called(x, k) - called(sum, k + (sum > x)) / 3;
        mix(&sum, 10, 0);
    }
}

static void on_tick(int sig)
{
    volatile long double x = 3;

    (void)sig;
    x = x * 2.5L - 1;
}

int main(void)
{
    static void (*const all[])(void) = {add,   sub,      subr,      mul,    div_,    divr,
                                        moves, compares, flags,     floats, doubles, shorts,
                                        ints,  longs,    tshorts,   tints,  tlongs,  memory,
                                        roots, rints,    constants, cmovs,  calls};
    static const uint16_t words[] = {0x37f, 0x27f, 0xf7f, 0x77f, 0xb7f, 0x07f};
    struct itimerval every = {{0, 1500}, {0, 1500}};

    values();
    signal(SIGALRM, on_tick);
    setitimer(ITIMER_REAL, &every, NULL);
    for (unsigned w = 0; w < 6; w++) {
        printf("cw %03x", words[w]);
        for (unsigned i = 0; i < sizeof all / sizeof all[0]; i++) {
            h = i;
            __asm__ volatile("fldcw %0" : : "m"(words[w]));
            all[i]();
            __asm__ volatile("fldcw %0" : : "m"(words[0]));
            printf(" %08x", (unsigned)(h ^ h >> 32));
        }
        printf("\n");
    }
    return 0;
}
