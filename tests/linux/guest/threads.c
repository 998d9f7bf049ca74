/* threads.c - threads by the guest's own libc: creation, joining, locks, TLS, cancellation,
 * signals, fork and exec among them. */
#include "check.h"

#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static __thread long tls_value = 5;
static __thread char tls_zero[100];

static void *square(void *arg)
{
    long n = (long)arg;

    if (tls_value != 5 || tls_zero[50])
        return (void *)-1;
    tls_value = n;
    sched_yield();
    return (void *)(tls_value * tls_value);
}

static void test_many(void)
{
    pthread_t t[100];
    void *r;
    long bad = 0;

    for (int round = 0; round < 3; round++) {
        for (long i = 0; i < 100; i++)
            CHECK(pthread_create(&t[i], NULL, square, (void *)i) == 0);
        for (long i = 0; i < 100; i++)
            bad += pthread_join(t[i], &r) || r != (void *)(i * i);
    }
    CHECK(bad == 0);
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static long counter, turn;
static atomic_long atomic_counter;

static void *count(void *arg)
{
    for (int i = 0; i < 20000; i++) {
        pthread_mutex_lock(&lock);
        counter++;
        pthread_mutex_unlock(&lock);
        atomic_fetch_add(&atomic_counter, 1);
        __asm__ volatile("" ::: "memory");
    }
    return arg;
}

static void test_mutex(void)
{
    pthread_t t[8];

    for (int i = 0; i < 8; i++)
        pthread_create(&t[i], NULL, count, NULL);
    for (int i = 0; i < 8; i++)
        pthread_join(t[i], NULL);
    CHECK(counter == 160000 && atomic_counter == 160000);
}

static void *ping(void *arg)
{
    long me = (long)arg;

    for (int i = 0; i < 500; i++) {
        pthread_mutex_lock(&lock);
        while (turn % 2 != me)
            pthread_cond_wait(&cond, &lock);
        turn++;
        pthread_cond_broadcast(&cond);
        pthread_mutex_unlock(&lock);
    }
    return NULL;
}

static void test_cond(void)
{
    struct timespec ts;
    pthread_t a, b;

    pthread_create(&a, NULL, ping, (void *)0);
    pthread_create(&b, NULL, ping, (void *)1);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    CHECK(turn == 1000);
    clock_gettime(CLOCK_REALTIME, &ts);
    ts.tv_nsec += 20000000;
    if (ts.tv_nsec >= 1000000000)
        ts.tv_sec++, ts.tv_nsec -= 1000000000;
    pthread_mutex_lock(&lock);
    CHECK(pthread_cond_timedwait(&cond, &lock, &ts) == ETIMEDOUT);
    pthread_mutex_unlock(&lock);
}

static void *sleeper(void *arg)
{
    for (;;)
        sleep(100);
    return arg;
}

static volatile int cleaned;

static void cleanup(void *arg)
{
    cleaned = *(int *)arg;
}

static void *with_cleanup(void *arg)
{
    int n = 7;

    pthread_cleanup_push(cleanup, &n);
    sleeper(arg);
    pthread_cleanup_pop(0);
    return NULL;
}

static void *spinner(void *arg)
{
    pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
    for (;;)
        __asm__ volatile("" ::: "memory");
    return arg;
}

static void test_cancel(void)
{
    pthread_t t;
    void *r;

    pthread_create(&t, NULL, with_cleanup, NULL);
    usleep(20000);
    CHECK(pthread_cancel(t) == 0 && pthread_join(t, &r) == 0 && r == PTHREAD_CANCELED &&
          cleaned == 7);
    pthread_create(&t, NULL, spinner, NULL);
    usleep(20000);
    CHECK(pthread_cancel(t) == 0 && pthread_join(t, &r) == 0 && r == PTHREAD_CANCELED);
}

static sem_t arrived;
static volatile pthread_t handled_by;
static atomic_int handled;

static void on_usr1(int sig)
{
    (void)sig;
    handled_by = pthread_self();
    atomic_fetch_add(&handled, 1);
    sem_post(&arrived);
}

static void *wait_forever(void *arg)
{
    volatile int *stop = arg;

    while (!*stop)
        usleep(1000);
    return NULL;
}

static void test_signals(void)
{
    struct sigaction sa = {.sa_handler = on_usr1, .sa_flags = SA_RESTART};
    volatile int stop = 0;
    pthread_t t[4];
    sigset_t s;

    sem_init(&arrived, 0, 0);
    sigaction(SIGUSR1, &sa, NULL);
    for (int i = 0; i < 4; i++)
        pthread_create(&t[i], NULL, wait_forever, (void *)&stop);
    for (int i = 0; i < 40; i++) {
        CHECK(pthread_kill(t[i % 4], SIGUSR1) == 0);
        while (sem_wait(&arrived) && errno == EINTR)
            ;
        CHECK(pthread_equal(handled_by, t[i % 4]));
    }
    CHECK(handled == 40);
    sigemptyset(&s);
    sigaddset(&s, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &s, NULL);
    kill(getpid(), SIGUSR1); /* any of the four, not this one */
    while (sem_wait(&arrived) && errno == EINTR)
        ;
    CHECK(!pthread_equal(handled_by, pthread_self()));
    pthread_sigmask(SIG_UNBLOCK, &s, NULL);
    stop = 1;
    for (int i = 0; i < 4; i++)
        pthread_join(t[i], NULL);
}

/* Runs a test in a process of its own, forked while there is one thread. QEMU's child of a process
 * that has made threads waits forever for a lock of QEMU's: a native program does so too in 4 of 10
 * runs. For the same reason all forks come after all creations. */
static void alone(void (*test)(void))
{
    pid_t pid = fork();
    int st;

    if (!pid) {
        test();
        _exit(failures);
    }
    CHECK(waitpid(pid, &st, 0) == pid && WIFEXITED(st) && WEXITSTATUS(st) == 0);
}

static pthread_barrier_t all_made;

static void *fork_here(void *arg)
{
    int *st = arg;
    pid_t pid;

    pthread_barrier_wait(&all_made);
    pid = fork();

    if (!pid) {
        pthread_t t;
        void *r;

        /* Only this thread is left; it can make new ones. */
        if (pthread_create(&t, NULL, square, (void *)6L) || pthread_join(t, &r) || r != (void *)36)
            _exit(1);
        _exit(5);
    }
    waitpid(pid, st, 0);
    return NULL;
}

static void forks(void)
{
    volatile int stop = 0;
    pthread_t a, t[4];
    int st[4];

    pthread_barrier_init(&all_made, NULL, 4);
    pthread_create(&a, NULL, wait_forever, (void *)&stop);
    for (int i = 0; i < 4; i++)
        pthread_create(&t[i], NULL, fork_here, &st[i]);
    for (int i = 0; i < 4; i++) {
        pthread_join(t[i], NULL);
        CHECK(WIFEXITED(st[i]) && WEXITSTATUS(st[i]) == 5);
    }
    stop = 1;
    pthread_join(a, NULL);
}

static void test_fork(void)
{
    alone(forks);
}

static void *exit_all(void *arg)
{
    exit((int)(long)arg);
}

static void *late_exit(void *arg)
{
    usleep(30000);
    _exit((int)(long)arg);
}

static void test_exits(void)
{
    pthread_t t;
    pid_t pid = fork();
    int st;

    if (!pid) {
        pthread_create(&t, NULL, exit_all, (void *)17L);
        for (;;)
            pause();
    }
    CHECK(waitpid(pid, &st, 0) == pid && WIFEXITED(st) && WEXITSTATUS(st) == 17);
    pid = fork();
    if (!pid) { /* the main thread leaves, the process goes on */
        pthread_create(&t, NULL, late_exit, (void *)18L);
        pthread_exit(NULL);
    }
    CHECK(waitpid(pid, &st, 0) == pid && WIFEXITED(st) && WEXITSTATUS(st) == 18);
    pid = fork();
    if (!pid) {
        pthread_create(&t, NULL, sleeper, NULL);
        syscall(SYS_exit_group, 19);
    }
    CHECK(waitpid(pid, &st, 0) == pid && WIFEXITED(st) && WEXITSTATUS(st) == 19);
}

static void *lock_and_die(void *arg)
{
    pthread_mutex_lock(arg);
    return NULL;
}

static void test_robust(void)
{
    pthread_mutexattr_t at;
    pthread_mutex_t m, *shared;
    pthread_t t;
    pid_t pid;

    pthread_mutexattr_init(&at);
    pthread_mutexattr_setrobust(&at, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&m, &at);
    pthread_create(&t, NULL, lock_and_die, &m);
    pthread_join(t, NULL);
    CHECK(pthread_mutex_lock(&m) == EOWNERDEAD && pthread_mutex_consistent(&m) == 0 &&
          pthread_mutex_unlock(&m) == 0);
    if (left_out("a killed owner of a robust mutex, QEMU has no robust lists"))
        return;
    shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pthread_mutexattr_setpshared(&at, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(shared, &at);
    pid = fork();
    if (!pid) {
        pthread_mutex_lock(shared);
        kill(getpid(), SIGKILL);
    }
    waitpid(pid, NULL, 0);
    CHECK(pthread_mutex_lock(shared) == EOWNERDEAD);
}

static int word;

static void *waiter(void *arg)
{
    while (__atomic_load_n(&word, __ATOMIC_SEQ_CST) == 0)
        syscall(SYS_futex, &word, FUTEX_WAIT, 0, NULL, NULL, 0);
    return arg;
}

static void test_futex(void)
{
    struct timespec ts = {0, 10000000};
    pthread_t t[5];

    CHECK(syscall(SYS_futex, &word, FUTEX_WAIT, 1, NULL, NULL, 0) == -1 && errno == EAGAIN);
    CHECK(syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &ts, NULL, 0) == -1 &&
          errno == ETIMEDOUT);
    for (int i = 0; i < 5; i++)
        pthread_create(&t[i], NULL, waiter, NULL);
    usleep(20000);
    __atomic_store_n(&word, 1, __ATOMIC_SEQ_CST);
    syscall(SYS_futex, &word, FUTEX_WAKE, 100, NULL, NULL, 0);
    for (int i = 0; i < 5; i++)
        CHECK(pthread_join(t[i], NULL) == 0);
}

static void *read_self(void *arg)
{
    return (void *)(syscall(SYS_gettid) != getpid() &&
                            syscall(SYS_set_tid_address, 0) == syscall(SYS_gettid)
                        ? arg
                        : NULL);
}

static void test_tids(void)
{
    void *stack = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
         *r;
    pthread_attr_t at;
    pthread_t t;

    CHECK(syscall(SYS_gettid) == getpid() && syscall(SYS_tgkill, getpid(), getpid(), 0) == 0);
    pthread_attr_init(&at);
    pthread_attr_setstack(&at, stack, 1 << 20);
    CHECK(pthread_create(&t, &at, square, (void *)9L) == 0 && pthread_join(t, &r) == 0 &&
          r == (void *)81);
    pthread_attr_destroy(&at);
    pthread_attr_init(&at);
    pthread_attr_setdetachstate(&at, PTHREAD_CREATE_DETACHED);
    CHECK(pthread_create(&t, &at, read_self, NULL) == 0);
}

static void *exec_from_thread(void *arg)
{
    execl(arg, "threads", "child", NULL);
    _exit(1);
}

static void test_exec(const char *self)
{
    pthread_t t;
    pid_t pid = fork();
    int st;

    if (!pid) {
        pthread_create(&t, NULL, sleeper, NULL);
        pthread_create(&t, NULL, exec_from_thread, (void *)(unsigned long)self);
        for (;;)
            pause();
    }
    CHECK(waitpid(pid, &st, 0) == pid && WIFEXITED(st) && WEXITSTATUS(st) == 23);
    printf("%-28s %s\n", "test_exec", "done");
}

int main(int argc, char **argv)
{
    if (argc > 1)
        return syscall(SYS_gettid) == getpid() ? 23 : 24;
    setvbuf(stdout, NULL, _IOLBF, 0);
    RUN(test_exits);
    if (!getenv("NO_EXEC"))
        test_exec(argv[0]);
    RUN(test_fork);
    RUN(test_tids);
    RUN(test_many);
    RUN(test_mutex);
    RUN(test_cond);
    RUN(test_futex);
    RUN(test_signals);
    RUN(test_cancel);
    RUN(test_robust);
    return done();
}
