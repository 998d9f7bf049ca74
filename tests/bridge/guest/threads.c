/* pthreads: creation, joining, keys, TLS, cancellation with cleanup, locks, C11 threads. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <threads.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER,
                       rec = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static pthread_rwlock_t rw = PTHREAD_RWLOCK_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_barrier_t bar;
static pthread_key_t key;
static sem_t sem;
static __thread int tls = 5;
static __thread char big[1000];
static int counter, destroyed, onces, cleanups, ready;

static void destroy(void *p)
{
    __atomic_add_fetch(&destroyed, (int)(long)p, __ATOMIC_SEQ_CST);
    tls++; /* guest TLS must still be there */
}

static void init(void)
{
    onces++;
}

static void *work(void *arg)
{
    long n = (long)arg;
    pthread_once(&once, init);
    pthread_setspecific(key, (void *)(n + 1));
    tls += (int)n;
    memset(big, (int)n, sizeof big);
    for (int i = 0; i < 1000; i++) {
        pthread_mutex_lock(&lock);
        counter++;
        pthread_mutex_unlock(&lock);
    }
    pthread_barrier_wait(&bar);
    return (void *)(long)(tls * 10 + (big[999] == n));
}

static void cleanup(void *p)
{
    cleanups += (int)(long)p;
}

static void *cancelled(void *arg)
{
    (void)arg;
    pthread_cleanup_push(cleanup, (void *)1);
    pthread_cleanup_push(cleanup, (void *)10);
    pthread_mutex_lock(&lock);
    ready = 1;
    pthread_cond_signal(&cond);
    pthread_mutex_unlock(&lock);
    for (;;)
        sleep(100);
    pthread_cleanup_pop(0);
    pthread_cleanup_pop(0);
    return NULL;
}

static void deep_exit(int n)
{
    if (n)
        deep_exit(n - 1);
    else
        pthread_exit((void *)77);
}

static int in_exit(const void *a, const void *b)
{
    (void)a;
    (void)b;
    pthread_exit((void *)88);
}

static void *exits(void *arg)
{
    int v[4] = {3, 2, 1, 0};
    pthread_cleanup_push(cleanup, (void *)100);
    if (arg)
        qsort(v, 4, sizeof *v, in_exit);
    deep_exit(5);
    pthread_cleanup_pop(0);
    return NULL;
}

static void *stack_of(void *arg)
{
    pthread_attr_t a;
    void *lo;
    size_t size;
    char here;
    (void)arg;
    pthread_getattr_np(pthread_self(), &a);
    pthread_attr_getstack(&a, &lo, &size);
    pthread_attr_destroy(&a);
    return (void *)(long)(&here > (char *)lo && &here < (char *)lo + size ? (long)size : -1);
}

static int c11(void *p)
{
    return *(int *)p + 1;
}

static void attributes(void)
{
    pthread_attr_t a;
    pthread_t t;
    void *r;
    static char mine[262144] __attribute__((aligned(4096)));
    pthread_attr_init(&a);
    pthread_attr_setstacksize(&a, 1 << 20);
    pthread_create(&t, &a, stack_of, NULL);
    pthread_join(t, &r);
    printf("stack %ld\n", (long)r);
    pthread_attr_setstack(&a, mine, sizeof mine);
    pthread_create(&t, &a, stack_of, NULL);
    pthread_join(t, &r);
    printf("own stack %ld\n", (long)r);
    pthread_attr_destroy(&a);
    pthread_attr_init(&a);
    pthread_attr_setdetachstate(&a, PTHREAD_CREATE_DETACHED);
    printf("detached %d\n", pthread_create(&t, &a, c11 == NULL ? NULL : stack_of, NULL));
    pthread_attr_destroy(&a);
}

int main(void)
{
    pthread_t t[8], u;
    pthread_mutexattr_t ma;
    struct {
        pthread_mutex_t m;
        long guard;
    } g = {.guard = 0x1234};
    struct timespec past = {1, 0};
    void *r;
    thrd_t th;
    int v = 41, res;

    pthread_key_create(&key, destroy);
    pthread_barrier_init(&bar, NULL, 8);
    for (long i = 0; i < 8; i++)
        pthread_create(&t[i], NULL, work, (void *)i);
    for (int i = 0; i < 8; i++) {
        pthread_join(t[i], &r);
        printf("%ld ", (long)r);
    }
    printf("counter %d destroyed %d onces %d tls %d\n", counter, destroyed, onces, tls);

    pthread_mutex_lock(&lock);
    pthread_create(&u, NULL, cancelled, NULL);
    while (!ready)
        pthread_cond_wait(&cond, &lock);
    pthread_mutex_unlock(&lock);
    pthread_cancel(u);
    pthread_join(u, &r);
    printf("cancelled %d cleanups %d\n", r == PTHREAD_CANCELED, cleanups);
    for (long i = 0; i < 2; i++) {
        pthread_create(&u, NULL, exits, (void *)i);
        pthread_join(u, &r);
        printf("exit %ld cleanups %d\n", (long)r, cleanups);
    }

    pthread_mutexattr_init(&ma);
    pthread_mutexattr_settype(&ma, PTHREAD_MUTEX_ERRORCHECK);
    pthread_mutex_init(&g.m, &ma);
    pthread_mutex_lock(&g.m);
    printf("errorcheck %d guard %lx\n", pthread_mutex_lock(&g.m) == EDEADLK, g.guard);
    pthread_mutex_unlock(&g.m);
    pthread_mutex_lock(&rec);
    printf("recursive %d\n", pthread_mutex_lock(&rec));
    pthread_rwlock_rdlock(&rw);
    printf("rw %d %d\n", pthread_rwlock_tryrdlock(&rw), pthread_rwlock_trywrlock(&rw) == EBUSY);
    pthread_mutex_lock(&lock);
    printf("timedwait %d\n", pthread_cond_timedwait(&cond, &lock, &past) == ETIMEDOUT);
    sem_init(&sem, 0, 2);
    sem_wait(&sem);
    sem_getvalue(&sem, &res);
    printf("sem %d\n", res);
    attributes();
    printf("c11 %d", thrd_create(&th, c11, &v));
    printf(" %d", thrd_join(th, &res));
    printf(" %d\n", res);
    printf("self %d\n", pthread_equal(pthread_self(), pthread_self()));
    return 0;
}
