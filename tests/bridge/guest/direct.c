/* Library calls from loops that are hot enough to be translated: arguments and results, slots that
 * change, signals and jumps and thread ends in the middle of a call, callbacks, faults, code that
 * dies while it waits for a call. */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fenv.h>
#include <math.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

#define N 300

static volatile long handled;
static sigjmp_buf back;

static int own(int x)
{
    return x * 3;
}

/* `call *slot(%rip)`: the slot changes while the call is translated for what it held. */
static int (*volatile slot)(int) = abs;

static void slots(void)
{
    static int (*const fn[])(int) = {abs, toupper, own, abs, own, toupper};
    unsigned long sum = 0;

    for (int k = 0; k < 6; k++) {
        slot = fn[k];
        for (int i = 0; i < N; i++)
            sum = sum * 7 + slot('a' - 200 * (i & 1));
    }
    printf("slots %lu\n", sum);
}

static void arguments(void)
{
    unsigned short (*volatile swap)(unsigned short) = htons;
    long (*volatile wide)(const char *, const char *, long, char **) = (void *)strcmp;
    char a[64] = "abc", b[64];
    double d = 0;
    float f = 0;
    long s = 0;

    for (int i = 0; i < N; i++) {
        d += fma(i, 0.5, ldexp(1.25, i & 15)) + hypot(i, 3);
        f += fmaf((float)i, 0.25f, 1) + hypotf(3, (float)i);
        s += swap((unsigned short)(i + 1)) + llabs(-5l * i);
        memcpy(b, a, 4);
        memset(b + 4, i & 0x7f, 20);
        s += (long)strlen(b) + memcmp(a, b, 4) + (memchr(b, 'c', 4) - (void *)b);
        s += (unsigned)abs(-i) + (lrint(i * 1.3) & 0xff);
        wide("x", "x", i, NULL);
    }
    printf("arguments %.17g %.9g %ld\n", d, f, s);
}

static void errors(void)
{
    int bad = 0;

    for (int i = 0; i < N; i++) {
        errno = 0;
        close(-1);
        bad += errno != EBADF;
        errno = i;
        getppid();
        bad += errno != i;
    }
    printf("errno %d wrong\n", bad);
}

static void rounding(void)
{
    static const int mode[] = {FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO, FE_TONEAREST};
    double s = 0;
    int flags = 0;

    for (int i = 0; i < 4 * N; i++) {
        volatile double third = 1;

        if (i % N == 0)
            fesetround(mode[i / N]);
        third /= 3;
        s += rint(i + 0.3) * (i / N + 1) + nearbyint(-i - 0.7);
        s += (third < 1.0 / 3) * 1000;
        s += strtod("0.1", NULL) == 0.1;
    }
    for (int i = 0; i < N; i++) {
        feclearexcept(FE_ALL_EXCEPT);
        exp(i & 1 ? 1000.0 : 0.0);
        flags += fetestexcept(FE_OVERFLOW | FE_DIVBYZERO) != 0;
    }
    printf("rounding %.17g, overflows %d\n", s, flags);
}

static void count(int sig)
{
    handled += sig;
}

static void out(int sig)
{
    siglongjmp(back, sig);
}

static void use(int sig, void (*fn)(int))
{
    struct sigaction sa = {.sa_handler = fn, .sa_flags = SA_NODEFER};

    sigaction(sig, &sa, NULL);
}

static void signals(void)
{
    volatile int late = 0, jumps = 0;
    struct itimerval soon = {.it_value = {0, 200}};

    use(SIGUSR1, count);
    use(SIGALRM, count);
    use(SIGUSR2, out);
    for (int i = 0; i < N; i++) {
        long before = handled;

        kill(getpid(), SIGUSR1);
        late += handled != before + SIGUSR1;
    }
    for (int i = 0; i < 100; i++) {
        long before = handled;

        setitimer(ITIMER_REAL, &soon, NULL);
        while (handled == before)
            usleep(1000000); /* or the signal comes in between: then it is before this one ends */
        late += handled != before + SIGALRM;
    }
    for (volatile int i = 0; i < N; i++) {
        if (sigsetjmp(back, 1))
            jumps++;
        else
            raise(SIGUSR2);
    }
    printf("signals %d late, %d jumps\n", late, jumps);
}

static void faults(void)
{
    volatile long s = 0;
    volatile int n = 0;

    use(SIGSEGV, out);
    for (volatile int i = 0; i < N; i++) {
        if (sigsetjmp(back, 1)) {
            n++;
            continue;
        }
        s += strlen(i % 3 == 2 ? (char *)16 : "some text");
    }
    signal(SIGSEGV, SIG_DFL);
    printf("faults %d %ld\n", n, s);
}

static long written;
static int how;

static ssize_t cookie_write(void *cookie, const char *data, size_t size)
{
    written += (long)size + *data;
    if (how == 1)
        siglongjmp(back, 1);
    if (how == 2)
        pthread_exit((void *)42);
    return (ssize_t)size;
}

static FILE *cookie_stream(void)
{
    FILE *f = fopencookie(NULL, "w", (cookie_io_functions_t){.write = cookie_write});

    setvbuf(f, NULL, _IONBF, 0);
    return f;
}

static void callbacks(void)
{
    FILE *volatile f = cookie_stream();
    double sum = 0;
    volatile int jumps = 0;

    how = 0;
    for (int i = 0; i < N; i++) {
        double x = sqrt(i), y = x * 3;

        fputc('a' + i % 26, f);
        sum += x * y + abs(-i);
    }
    how = 1;
    for (volatile int i = 0; i < 60; i++) {
        if (sigsetjmp(back, 0)) {
            jumps++;
            f = cookie_stream(); /* the old one is still locked */
        } else {
            fputc('x', f);
        }
    }
    printf("callbacks %ld %.17g, %d jumps\n", written, sum, jumps);
}

static sem_t never;
static volatile int cleaned;

static void clean(void *arg)
{
    cleaned += *(int *)arg;
}

static void *thread(void *arg)
{
    FILE *f = cookie_stream();
    int five = 5;

    how = 0;
    pthread_cleanup_push(clean, &five);
    for (int i = 0; i < N; i++) {
        fputc('t', f);
        sem_post(&never);
        sem_wait(&never);
        usleep(0);
    }
    if (arg) {
        how = 2;
        fputc('t', f);
    }
    for (;;)
        sem_wait(&never);
    pthread_cleanup_pop(0);
    return NULL;
}

static void ends(void)
{
    pthread_t id;
    void *r;

    sem_init(&never, 0, 0);
    pthread_create(&id, NULL, thread, NULL);
    usleep(20000);
    pthread_cancel(id);
    pthread_join(id, &r);
    printf("cancelled %d\n", r == PTHREAD_CANCELED);
    pthread_create(&id, NULL, thread, &cleaned);
    pthread_join(id, &r);
    printf("exit %ld, cleaned %d\n", (long)r, cleaned);
}

/* Calls memcpy(arguments as given), which writes the constant of the next instruction. */
static void patches(void)
{
    u_char *p =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    static const u_char code[] = {0x48, 0x83, 0xec, 8, 0xff, 0x15, 22,   0,    0, 0,
                                  0xb8, 1,    0,    0, 0,    0x48, 0x83, 0xc4, 8, 0xc3};
    int (*volatile fn)(void *, const void *, long) = (void *)p;
    void *to = (void *)memcpy;
    long wrong = 0;

    memcpy(p, code, sizeof code);
    memcpy(p + 32, &to, 8);
    for (int i = 0; i < 200; i++) /* the same bytes: hot, and alive */
        fn(p + 64, "abcd", 4);
    for (int i = 0; i < N; i++)
        wrong += fn(p + 11, &i, 4) != i;
    printf("patches %ld wrong\n", wrong);
}

int main(void)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    slots();
    arguments();
    errors();
    rounding();
    signals();
    faults();
    callbacks();
    ends();
    patches();
    return 0;
}
