/* Many threads, signals into all of it, forks from threads, handlers that jump. Prints only counts
 * that do not depend on timing. */
#include "../../left_out.h"
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int done, bad;
static volatile int ticks;
static __thread sigjmp_buf jb;
static __thread volatile int jumping;

static void tick(int s)
{
    int e = errno;
    (void)s;
    ticks++;
    errno = ENOTTY;
    if (jumping) {
        jumping = 0;
        siglongjmp(jb, 1);
    }
    errno = e;
}

static int cmp(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

static void *work(void *arg)
{
    unsigned seed = (unsigned)(long)arg + 1;
    int v[200];
    char text[64], *p;

    for (int i = 0; i < 200; i++)
        v[i] = (int)(rand_r(&seed) % 1000);
    qsort(v, 200, sizeof *v, cmp);
    for (int i = 1; i < 200; i++)
        if (v[i - 1] > v[i])
            __atomic_add_fetch(&bad, 1, __ATOMIC_RELAXED);
    snprintf(text, sizeof text, "%d-%.3f-%s", v[0], v[199] / 7.0, "end");
    p = malloc((size_t)v[100] + 16);
    memset(p, v[5], (size_t)v[100] + 16);
    free(p);
    errno = 0;
    if (close(-1) == 0 || errno != EBADF)
        __atomic_add_fetch(&bad, 1, __ATOMIC_RELAXED);
    __atomic_add_fetch(&done, 1, __ATOMIC_RELAXED);
    return arg;
}

static void *forker(void *arg)
{
    int st;
    pid_t pid = fork();
    if (!pid) {
        char *p = malloc(100);
        snprintf(p, 100, "child %ld", (long)arg);
        free(p);
        _exit(7);
    }
    while (waitpid(pid, &st, 0) < 0 && errno == EINTR)
        ;
    if (!WIFEXITED(st) || WEXITSTATUS(st) != 7)
        __atomic_add_fetch(&bad, 1, __ATOMIC_RELAXED);
    return NULL;
}

int main(void)
{
    struct itimerspec its = {{0, 500000}, {0, 500000}};
    struct sigaction sa = {.sa_handler = tick, .sa_flags = SA_RESTART};
    pthread_t t[50];
    timer_t timer;
    int jumps = 0, rounds;

    sigaction(SIGALRM, &sa, NULL);
    timer_create(CLOCK_MONOTONIC, NULL, &timer);
    timer_settime(timer, 0, &its, NULL);
    for (int round = 0; round < 20; round++) {
        for (long i = 0; i < 50; i++)
            if (pthread_create(&t[i], NULL, work, (void *)(i + round * 50)))
                bad++;
        for (long i = 0; i < 50; i++) {
            void *r;
            pthread_join(t[i], &r);
            bad += (long)r != i + round * 50;
        }
    }
    printf("done %d bad %d\n", done, bad);
    rounds = left_out("forks, QEMU's children wait for locks of its other threads") ? 0 : 5;
    for (int round = 0; round < rounds; round++) {
        for (long i = 0; i < 4; i++)
            pthread_create(&t[i], NULL, forker, (void *)i);
        for (long i = 0; i < 4; i++)
            pthread_join(t[i], NULL);
    }
    printf("forks bad %d\n", bad);
    for (volatile int i = 0; i < 50; i++) {
        if (!sigsetjmp(jb, 1)) {
            jumping = 1;
            for (;;) {
                int v[8] = {3, 1, 2};
                qsort(v, 8, sizeof *v, cmp);
            }
        }
        jumps++;
    }
    timer_delete(timer);
    printf("jumps %d ticks %d bad %d\n", jumps, ticks > 50, bad);
    return 0;
}
