/*
 * test_heap.c - base/heap: every size keeps its bytes, is aligned and is found again; threads may
 * free each other's blocks; a forked child has a heap that works.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/heap.h"
#include "harness.h"
#include "rng.h"

#define SLOTS 512

static void fill(unsigned char *p, size_t n, unsigned seed)
{
    for (size_t i = 0; i < n; i++)
        p[i] = (unsigned char)(seed + i * 7);
}

static int holds(const unsigned char *p, size_t n, unsigned seed)
{
    for (size_t i = 0; i < n; i++)
        if (p[i] != (unsigned char)(seed + i * 7))
            return 0;
    return 1;
}

static void every_size(void)
{
    static unsigned char *p[40000];

    for (size_t n = 0; n < 40000; n += n < 1100 ? 1 : 97) {
        p[n] = heap_alloc(n);
        CHECK(p[n] && !((uintptr_t)p[n] & 15));
        fill(p[n], n, (unsigned)n);
    }
    for (size_t n = 0; n < 40000; n += n < 1100 ? 1 : 97) {
        CHECK(holds(p[n], n, (unsigned)n));
        heap_free(p[n]);
    }
    heap_free(NULL);
}

static void zeroed_and_reused(void)
{
    unsigned char *a = heap_alloc(100), *b;

    fill(a, 100, 1);
    heap_free(a);
    b = heap_zalloc(100);
    CHECK(a == b);
    for (int i = 0; i < 100; i++)
        CHECK_EQ(b[i], 0);
    heap_free(b);
    CHECK(!heap_alloc(SIZE_MAX));
    CHECK(!heap_alloc(SIZE_MAX / 2));
}

static struct block {
    unsigned char *p;
    size_t n;
    unsigned seed;
} * shared[SLOTS];

/* Takes what lies in a slot out, checks and frees it, and puts a new one there. */
static void *churn(void *arg)
{
    struct rng r = rng_seed((uintptr_t)arg, 0);
    uintptr_t bad = 0;

    for (int i = 0; i < 3000; i++) {
        struct block *b = heap_alloc(sizeof *b), *old;

        b->n = rng_below(&r, rng_one_in(&r, 16) ? 50000 : 900);
        b->seed = (unsigned)rng_u64(&r);
        b->p = heap_alloc(b->n);
        fill(b->p, b->n, b->seed);
        old = __atomic_exchange_n(&shared[rng_below(&r, SLOTS)], b, __ATOMIC_ACQ_REL);
        if (old) {
            bad += !holds(old->p, old->n, old->seed);
            heap_free(old->p);
            heap_free(old);
        }
    }
    return (void *)bad;
}

static void threads_share(void)
{
    pthread_t t[4];
    void *bad;

    for (uintptr_t i = 0; i < 4; i++)
        CHECK(!pthread_create(&t[i], NULL, churn, (void *)(i + 1)));
    for (int i = 0; i < 4; i++) {
        CHECK(!pthread_join(t[i], &bad));
        CHECK_EQ((uintptr_t)bad, 0);
    }
}

static void forks(void)
{
    pthread_t t;
    void *bad;

    CHECK(!pthread_create(&t, NULL, churn, (void *)9));
    for (int i = 0; i < 20; i++) {
        int status = -1;
        pid_t pid;

        heap_fork_prepare();
        pid = fork();
        heap_fork_done();
        if (!pid) {
            alarm(20);
            _exit(!!churn((void *)(uintptr_t)(20 + i)));
        }
        CHECK(waitpid(pid, &status, 0) == pid && !status);
    }
    CHECK(!pthread_join(t, &bad) && !bad);
}

int main(void)
{
    RUN(every_size);
    RUN(zeroed_and_reused);
    RUN(threads_share);
    RUN(forks);
    return harness_done();
}
