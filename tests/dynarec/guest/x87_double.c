/*
 * x87_double.c - guest program: x87 arithmetic, comparisons, conversions and stack moves on values
 * that are exact as doubles, faults and signals in the middle of them. Prints the same with 80-bit
 * registers and with doubles (BOX64_DYNAREC_X87DOUBLE=1); x87_double.expect is what a CPU prints.
 */
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>

typedef long double real;

static char *page;
static volatile int faults, ticks;
static volatile real zero;

static __attribute__((noinline)) real poly(real x, int n)
{
    real s = 0;

    for (int i = 0; i < n; i++)
        s = s * x + (i & 7) * 0.25L;
    return s;
}

static __attribute__((noinline)) real recurse(real x, int n)
{
    return n ? x + recurse(x * 0.5L, n - 1) : 1.0L;
}

static __attribute__((noinline)) int compare(real a, real b)
{
    return (a < b) | (a == b) << 1 | (a > b) << 2 | (a != b) << 3 | (a <= b) << 4 | !(a >= b) << 5;
}

static __attribute__((noinline)) unsigned fcom(real a, real b)
{
    unsigned short s;

    __asm__("fcomp %%st(1)\n\tfnstsw %0" : "=a"(s) : "t"(a), "u"(b) : "st");
    return s & 0x4500;
}

static __attribute__((noinline)) unsigned ftst(real a)
{
    unsigned short s;

    __asm__("ftst\n\tfnstsw %0" : "=a"(s) : "t"(a));
    return s & 0x7d00;
}

static __attribute__((noinline)) real cmov(real a, real b, int k)
{
    real r;

    __asm__("test %3, %3\n\tfcmove %2, %0" : "=t"(r) : "0"(a), "u"(b), "r"(k) : "cc");
    return r;
}

static void integers(double d)
{
    unsigned short old, cw, w;
    long long q;
    double r;
    int i;

    __asm__ volatile("fnstcw %0" : "=m"(old));
    for (int rc = 0; rc < 4; rc++) {
        cw = (unsigned short)((old & ~0xc00) | rc << 10);
        __asm__ volatile("fldcw %4\n\tfldl %5\n\tfists %0\n\tfistl %1\n\tfistpll %2\n\t"
                         "fldl %5\n\tfrndint\n\tfstpl %3\n\tfldcw %6"
                         : "=m"(w), "=m"(i), "=m"(q), "=m"(r)
                         : "m"(cw), "m"(d), "m"(old));
        printf(" %d:%d,%d,%lld,%g", rc, (short)w, i, q, r);
    }
    puts("");
}

static void dump(const char *name, real v)
{
    unsigned char b[16] = {0};

    memcpy(b, &v, 10);
    printf("%s ", name);
    for (int i = 9; i >= 0; i--)
        printf("%02x", b[i]);
    puts("");
}

static void on_fault(int sig)
{
    volatile real z = sig;

    z = z * 1.5L + 2;
    faults++;
    mprotect(page, 4096, PROT_READ | PROT_WRITE);
}

static void on_tick(int sig)
{
    volatile real z = sig;

    z = z / 3 + 1;
    ticks++;
}

/* A load and a store that fault with values on the stack. */
static double across_faults(void)
{
    double r = 0, out;

    for (int k = 0; k < 200; k++) {
        double a = k, b = 2;

        mprotect(page, 4096, PROT_READ | PROT_WRITE);
        *(double *)page = 4.5;
        mprotect(page, 4096, PROT_NONE);
        __asm__ volatile("fldl %1\n\tfldl %2\n\tfxch\n\tfadd %%st, %%st(1)\n\tfldl %3\n\t"
                         "fmulp %%st, %%st(1)\n\tfaddp %%st, %%st(1)\n\tfstpl %0"
                         : "=m"(out)
                         : "m"(a), "m"(b), "m"(*(double *)page)
                         : "st", "st(1)", "st(2)");
        r += out;
        mprotect(page, 4096, PROT_NONE);
        __asm__ volatile("fldl %1\n\tfld1\n\tfadd %%st, %%st(1)\n\tfxch\n\tfstl %0\n\tfaddp\n\t"
                         "fstpl %2"
                         : "=m"(*(double *)page), "+m"(a), "=m"(b)
                         :
                         : "st", "st(1)");
        r += b;
    }
    return r;
}

/* Loops with the whole of it in registers, while signals come. */
static void across_signals(void)
{
    struct itimerval it = {{0, 4000}, {0, 4000}};
    real x = 1, y = 2, sum = 0;

    setitimer(ITIMER_REAL, &it, NULL);
    for (int i = 0; i < 400000; i++) {
        x = x + y;
        sum += x - i;
        if (x > 1000)
            x -= 990;
        y = 4 - y + (i & 1);
        if (y < 1 || y > 3)
            y = 2;
    }
    memset(&it, 0, sizeof it);
    setitimer(ITIMER_REAL, &it, NULL);
    printf("%.0Lf %.0Lf %.0Lf\n", sum, x, y);
}

int main(void)
{
    static const real a[] = {0,        -0.0L,     1,    -1,         2.5L,       1e10L,    -3.75L,
                             INFINITY, -INFINITY, 1024, 0x1p-1022L, 0x1p-1074L, 0x1p1022L};
    static const double d[] = {0,      0.5,     1.5,     2.5,      -0.5,         -1.5,
                               1000.5, 32767.4, 32767.6, -32768.4, 2147483647.4, -2147483648.0,
                               1e18,   -1e18};
    unsigned n = sizeof a / sizeof *a;
    int v = 7;

    signal(SIGSEGV, on_fault);
    signal(SIGALRM, on_tick);
    page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (unsigned i = 0; i < n; i++) {
        for (unsigned j = 0; j < n; j++)
            printf("%d %x;", compare(a[i], a[j]), fcom(a[i], a[j]));
        printf(" %x\n", ftst(a[i]));
        dump("v", a[i] * 2 + zero);
    }
    printf("%d %x\n", compare(NAN, 1), fcom(NAN, 1));
    for (int k = 0; k < 40; k++)
        printf("%.10Lg %.10Lg\n", poly(0.5L, k), recurse(8, k % 12));
    for (unsigned i = 0; i < sizeof d / sizeof *d; i++)
        integers(d[i]);
    printf("%Lg %Lg\n", cmov(1, 2, 0), cmov(1, 2, 1));
    __asm__ volatile("fildl %1\n\tfimull %1\n\tfiaddl %1\n\tfisubrl %1\n\tfidivl %1\n\tfistpl %0"
                     : "=m"(v)
                     : "m"(v));
    printf("%d %f", v, across_faults());
    printf(" %d\n", faults);
    across_signals();
    return 0;
}
