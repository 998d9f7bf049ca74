/* pthread.h, semaphore.h, threads.h, sched.h, aio.h, mqueue.h, sys/ipc.h, spawn.h, sys/wait.h. */
#include "../../left_out.h"
#include <aio.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <mqueue.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <threads.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#define N(x) printf("%s = %ld\n", #x, (long)(x))

extern char **environ;
static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static pthread_key_t key;
static tss_t tss;
static int ready, named, destroyed, once_count, forked[3];

static void destroy(void *p)
{
    destroyed += *(int *)p;
}

static void once(void)
{
    once_count++;
}

static struct timespec soon(clockid_t c)
{
    struct timespec t;

    clock_gettime(c, &t);
    t.tv_nsec += 2000000;
    if (t.tv_nsec >= 1000000000)
        t.tv_sec++, t.tv_nsec -= 1000000000;
    return t;
}

static void attributes(void)
{
    pthread_attr_t a;
    struct sched_param p = {0};
    size_t size = 0;
    void *stack;
    cpu_set_t set;
    int v = 0;

    N(pthread_attr_init(&a)), N(pthread_attr_setstacksize(&a, 1 << 20)),
        N(pthread_attr_getstacksize(&a, &size)), N(size), N(pthread_attr_setguardsize(&a, 8192)),
        N(pthread_attr_getguardsize(&a, &size)), N(size);
    N(pthread_attr_setdetachstate(&a, PTHREAD_CREATE_DETACHED)),
        N(pthread_attr_getdetachstate(&a, &v)), N(v),
        N(pthread_attr_setscope(&a, PTHREAD_SCOPE_SYSTEM)), N(pthread_attr_getscope(&a, &v)),
        N(pthread_attr_setinheritsched(&a, PTHREAD_EXPLICIT_SCHED)),
        N(pthread_attr_getinheritsched(&a, &v)), N(v);
    N(pthread_attr_setschedpolicy(&a, SCHED_OTHER)), N(pthread_attr_getschedpolicy(&a, &v)), N(v),
        N(pthread_attr_setschedparam(&a, &p)), N(pthread_attr_getschedparam(&a, &p));
    CPU_ZERO(&set);
    CPU_SET(0, &set);
    N(pthread_attr_setaffinity_np(&a, sizeof set, &set)),
        N(pthread_attr_getaffinity_np(&a, sizeof set, &set)), N(CPU_COUNT(&set)),
        N(pthread_attr_destroy(&a)), N(pthread_getattr_np(pthread_self(), &a)),
        N(pthread_attr_getstack(&a, &stack, &size)),
        N((char *)&v > (char *)stack && (char *)&v < (char *)stack + size),
        pthread_attr_destroy(&a);
    N(pthread_getattr_default_np(&a)), pthread_attr_destroy(&a),
        N(pthread_getaffinity_np(pthread_self(), sizeof set, &set)), N(CPU_COUNT(&set) > 0),
        N(pthread_getschedparam(pthread_self(), &v, &p)), N(v), N(pthread_setconcurrency(2)),
        N(pthread_getconcurrency());
}

static void *child(void *arg)
{
    static int one = 1;
    char name[16];

    pthread_setspecific(key, &one);
    pthread_setname_np(pthread_self(), "child");
    pthread_getname_np(pthread_self(), name, sizeof name);
    named = !strcmp(name, "child") && pthread_getspecific(key) == &one;
    pthread_mutex_lock(&m);
    ready = 1;
    pthread_cond_broadcast(&cond);
    pthread_mutex_unlock(&m);
    return arg;
}

static void *sleeper(void *arg)
{
    int old;

    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &old);
    pthread_testcancel();
    pthread_setcancelstate(old, NULL);
    pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, &old);
    for (;;)
        pause();
    return arg;
}

static void lifes(void)
{
    pthread_once_t o = PTHREAD_ONCE_INIT;
    struct timespec t = soon(CLOCK_REALTIME);
    pthread_t a;
    void *r;

    N(pthread_key_create(&key, destroy)), N(pthread_create(&a, NULL, child, (void *)5)),
        pthread_mutex_lock(&m);
    while (!ready)
        pthread_cond_wait(&cond, &m);
    pthread_mutex_unlock(&m), N(pthread_join(a, &r)), N(r), N(named), N(destroyed),
        N(pthread_key_delete(key)), N(pthread_once(&o, once)), N(pthread_once(&o, once)),
        N(once_count), N(pthread_equal(a, pthread_self()));
    N(pthread_create(&a, NULL, sleeper, NULL)), N(pthread_tryjoin_np(a, &r)),
        N(pthread_timedjoin_np(a, &r, &t)),
        t = soon(CLOCK_MONOTONIC), N(pthread_clockjoin_np(a, &r, CLOCK_MONOTONIC, &t)),
        N(pthread_kill(a, 0)), N(pthread_cancel(a)), N(pthread_join(a, &r)),
        N(r == PTHREAD_CANCELED);
    N(pthread_create(&a, NULL, child, NULL)), N(pthread_detach(a)), usleep(50000), N(sched_yield()),
        N(pthread_getcpuclockid(pthread_self(), &(clockid_t){0})), N(pthread_yield == NULL);
}

static void locks(void)
{
    pthread_mutexattr_t ma;
    pthread_condattr_t ca;
    pthread_rwlockattr_t ra;
    pthread_barrierattr_t ba;
    pthread_mutex_t x;
    pthread_cond_t c;
    pthread_rwlock_t rw;
    pthread_spinlock_t s;
    pthread_barrier_t b;
    struct timespec t;
    clockid_t id;
    sem_t sem, *named;
    char name[40];
    int v;

    int shared = !left_out("a robust and shared mutex, QEMU refuses set_robust_list");

    N(pthread_mutexattr_init(&ma)), N(pthread_mutexattr_settype(&ma, PTHREAD_MUTEX_ERRORCHECK)),
        N(pthread_mutexattr_gettype(&ma, &v)), N(v), N(pthread_mutexattr_setpshared(&ma, shared)),
        N(pthread_mutexattr_getpshared(&ma, &v)), N(pthread_mutexattr_setrobust(&ma, 1)),
        N(pthread_mutexattr_getrobust(&ma, &v)), N(v),
        N(pthread_mutexattr_setprotocol(&ma, PTHREAD_PRIO_INHERIT)),
        N(pthread_mutexattr_getprotocol(&ma, &v)), N(v);
    N(pthread_mutex_init(&x, &ma)), N(pthread_mutex_lock(&x)), N(pthread_mutex_lock(&x)),
        N(pthread_mutex_trylock(&x)), N(pthread_mutex_unlock(&x)), N(pthread_mutex_unlock(&x)),
        t = soon(CLOCK_REALTIME), N(pthread_mutex_timedlock(&x, &t)), N(pthread_mutex_unlock(&x)),
        N(pthread_mutex_destroy(&x)), N(pthread_mutexattr_destroy(&ma));
    pthread_mutexattr_init(&ma), N(pthread_mutexattr_setprioceiling(&ma, 1)),
        N(pthread_mutexattr_getprioceiling(&ma, &v)), N(pthread_condattr_init(&ca)),
        N(pthread_condattr_setclock(&ca, CLOCK_MONOTONIC)), N(pthread_condattr_getclock(&ca, &id)),
        N(id), N(pthread_condattr_setpshared(&ca, 0)), N(pthread_condattr_getpshared(&ca, &v)),
        N(pthread_cond_init(&c, &ca)), N(pthread_condattr_destroy(&ca));
    pthread_mutex_init(&x, NULL), pthread_mutex_lock(&x),
        t = soon(CLOCK_MONOTONIC), N(pthread_cond_timedwait(&c, &x, &t)), t = soon(CLOCK_REALTIME),
        N(pthread_cond_clockwait(&c, &x, CLOCK_REALTIME, &t)), N(pthread_cond_signal(&c)),
        N(pthread_cond_destroy(&c)), pthread_mutex_unlock(&x), t = soon(CLOCK_MONOTONIC),
        N(pthread_mutex_clocklock(&x, CLOCK_MONOTONIC, &t));
    N(pthread_rwlockattr_init(&ra)), N(pthread_rwlockattr_setkind_np(&ra, 1)),
        N(pthread_rwlockattr_getkind_np(&ra, &v)), N(v), N(pthread_rwlock_init(&rw, &ra)),
        N(pthread_rwlock_rdlock(&rw)), N(pthread_rwlock_tryrdlock(&rw)),
        N(pthread_rwlock_trywrlock(&rw)), pthread_rwlock_unlock(&rw), N(pthread_rwlock_unlock(&rw)),
        N(pthread_rwlock_wrlock(&rw)),
        t = soon(CLOCK_REALTIME), N(pthread_rwlock_timedrdlock(&rw, &t)),
        N(pthread_rwlock_timedwrlock(&rw, &t)), N(pthread_rwlock_unlock(&rw)),
        N(pthread_rwlock_destroy(&rw)), N(pthread_rwlockattr_destroy(&ra));
    N(pthread_spin_init(&s, 0)), N(pthread_spin_lock(&s)), N(pthread_spin_trylock(&s)),
        N(pthread_spin_unlock(&s)), N(pthread_spin_destroy(&s)), N(pthread_barrierattr_init(&ba)),
        N(pthread_barrierattr_setpshared(&ba, 0)), N(pthread_barrier_init(&b, &ba, 1)),
        N(pthread_barrier_wait(&b)), N(pthread_barrier_destroy(&b)),
        N(pthread_barrierattr_destroy(&ba));
    N(sem_init(&sem, 0, 1)), N(sem_wait(&sem)), N(sem_trywait(&sem)), N(errno),
        t = soon(CLOCK_REALTIME), N(sem_timedwait(&sem, &t)), N(errno), t = soon(CLOCK_MONOTONIC),
        N(sem_clockwait(&sem, CLOCK_MONOTONIC, &t)), N(sem_post(&sem)), N(sem_getvalue(&sem, &v)),
        N(v), N(sem_destroy(&sem));
    snprintf(name, sizeof name, "/area%d", getpid()),
        named = sem_open(name, O_CREAT, 0600, 2), N(named != SEM_FAILED),
        N(sem_getvalue(named, &v)), N(v), N(sem_close(named)), N(sem_unlink(name));
}

static int c11(void *arg)
{
    tss_set(tss, arg);
    thrd_yield();
    return tss_get(tss) == arg ? 7 : 8;
}

static void c11_threads(void)
{
    struct timespec t = {0, 1000};
    once_flag f = ONCE_FLAG_INIT;
    thrd_t a;
    mtx_t x;
    cnd_t c;
    int r;

    N(tss_create(&tss, NULL)), N(thrd_create(&a, c11, &r)), N(thrd_join(a, &r)), N(r),
        tss_delete(tss), N(mtx_init(&x, mtx_timed | mtx_recursive)), N(mtx_lock(&x)),
        N(mtx_trylock(&x)), N(mtx_unlock(&x)), N(mtx_unlock(&x)),
        t = soon(CLOCK_REALTIME), N(mtx_timedlock(&x, &t)), N(cnd_init(&c)),
        N(cnd_timedwait(&c, &x, &t)), N(cnd_signal(&c)), N(cnd_broadcast(&c)), cnd_destroy(&c),
        mtx_unlock(&x), mtx_destroy(&x), call_once(&f, once), N(once_count),
        N(thrd_equal(thrd_current(), a)), t = (struct timespec){0, 1000}, N(thrd_sleep(&t, NULL));
}

static void before(void)
{
    forked[0]++;
}

static void parent(void)
{
    forked[1]++;
}

static void in_child(void)
{
    forked[2]++;
}

static void processes(void)
{
    struct rlimit rl;
    siginfo_t si;
    pid_t pid;
    int st, v, p[2];
    char *argv[] = {"true", NULL}, b[10] = "";
    posix_spawn_file_actions_t fa;
    posix_spawnattr_t sa;

    N(pthread_atfork(before, parent, in_child));
    pipe(p);
    if (!left_out("children, QEMU can not start programs of the guest's kind")) {
        pid = fork();
        if (!pid)
            _exit(forked[0] * 10 + forked[2]);
        N(waitpid(pid, &st, 0) == pid), N(WEXITSTATUS(st)), N(forked[1]), pid = fork();
        if (!pid)
            raise(SIGKILL);
        N(waitid(P_PID, pid, &si, WEXITED)), N(si.si_status), N(si.si_code);
        N(posix_spawn_file_actions_init(&fa)), N(posix_spawn_file_actions_addclose(&fa, p[0])),
            N(posix_spawn_file_actions_adddup2(&fa, p[1], 1)), N(posix_spawnattr_init(&sa)),
            N(posix_spawnattr_setflags(&sa, POSIX_SPAWN_SETPGROUP)),
            N(posix_spawnattr_setpgroup(&sa, 0)),
            N(posix_spawnp(&pid, "true", &fa, &sa, argv, environ)), N(wait(&st) == pid), N(st),
            N(posix_spawn_file_actions_destroy(&fa)), N(posix_spawnattr_destroy(&sa)),
            N(system("exit 3") >> 8);
    }
    N(getrlimit(RLIMIT_NOFILE, &rl)), N(setrlimit(RLIMIT_NOFILE, &rl)),
        N(getpriority(PRIO_PROCESS, 0)), N(nice(0)), N(sched_getscheduler(0)),
        N(sched_get_priority_max(SCHED_FIFO)), N(sched_get_priority_min(SCHED_RR)),
        N(sched_getcpu() >= 0), N(get_nprocs() > 0), N(sysconf(_SC_PAGESIZE)),
        N(getpgrp() == getpgid(0)), N(getsid(0) > 0), N(wait4(-1, &st, WNOHANG, NULL)), N(errno);
}

static void shared(void)
{
    struct mq_attr at = {.mq_maxmsg = 3, .mq_msgsize = 20};
    struct aiocb cb = {0};
    const struct aiocb *list[1] = {&cb};
    struct sembuf op = {0, 1, IPC_NOWAIT};
    struct {
        long type;
        char text[10];
    } msg = {5, "hi"};
    char name[40], b[50], *p;
    int id, fd;
    mqd_t q;

    snprintf(name, sizeof name, "/area%d", getpid()),
        fd = shm_open(name, O_CREAT | O_RDWR, 0600), N(fd > 0), N(ftruncate(fd, 4096)),
        p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), N(p != MAP_FAILED),
        strcpy(p, "shared"), N(pread(fd, b, 6, 0)), N(msync(p, 4096, MS_SYNC)),
        N(mprotect(p, 4096, PROT_READ)), N(madvise(p, 4096, MADV_NORMAL)),
        N(posix_madvise(p, 4096, 0)), N(mincore(p, 4096, (void *)b)), N(mlock(p, 4096)),
        N(munlock(p, 4096)), N(mlock2(p, 100, 0)), N(munlock(p, 100)), N(msync(p + 1, 1, MS_SYNC)),
        N(errno), N(mincore(p + 1, 1, (void *)b)), N(errno), N(munmap(p, 4096)),
        N(shm_unlink(name));
    q = mq_open(name, O_CREAT | O_RDWR, 0600, &at), N(q != (mqd_t)-1), N(mq_send(q, "one", 3, 1)),
    N(mq_send(q, "two", 3, 9)), N(mq_getattr(q, &at)), N(at.mq_curmsgs),
    N(mq_receive(q, b, 50, &(unsigned){0})), printf("%.3s\n", b),
    N(mq_timedreceive(q, b, 50, NULL, &(struct timespec){1, 0})), N(mq_close(q)),
    N(mq_unlink(name));
    id = shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600), N(id >= 0), p = shmat(id, NULL, 0),
    N(p != (void *)-1), N(shmdt(p)), N(shmctl(id, IPC_RMID, NULL)),
    id = semget(IPC_PRIVATE, 2, IPC_CREAT | 0600), N(semctl(id, 0, SETVAL, 3)),
    N(semop(id, &op, 1)), N(semctl(id, 0, GETVAL)), N(semctl(id, 0, IPC_RMID)),
    id = msgget(IPC_PRIVATE, IPC_CREAT | 0600), N(msgsnd(id, &msg, 3, 0)),
    N(msgrcv(id, &msg, 10, 0, 0)), N(msgctl(id, IPC_RMID, NULL)), N(ftok("/tmp", 5) != -1);
    fd = open("/proc/self/cmdline", O_RDONLY), cb.aio_fildes = fd, cb.aio_buf = b,
    cb.aio_nbytes = 4, N(aio_read(&cb)), N(aio_suspend(list, 1, NULL)), N(aio_error(&cb)),
    N(aio_return(&cb)), N(aio_cancel(fd, NULL) >= 0), close(fd);
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    processes();
    attributes();
    lifes();
    locks();
    c11_threads();
    shared();
    return 0;
}
