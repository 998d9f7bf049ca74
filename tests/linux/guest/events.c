/* events.c - time, descriptors that carry events, SysV IPC, and other calls programs meet. */
#include "check.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/times.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

static void test_clocks(void)
{
    static const clockid_t clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID,
                                       CLOCK_THREAD_CPUTIME_ID, CLOCK_BOOTTIME};
    struct timespec a, b, ts = {0, 30000000};
    struct timeval tv;
    struct tms t;

    for (size_t i = 0; i < sizeof clocks / sizeof *clocks; i++)
        CHECK(clock_gettime(clocks[i], &a) == 0 && clock_getres(clocks[i], &b) == 0 &&
              clock_gettime(clocks[i], &b) == 0 &&
              (b.tv_sec > a.tv_sec || (b.tv_sec == a.tv_sec && b.tv_nsec >= a.tv_nsec)));
    clock_gettime(CLOCK_MONOTONIC, &a);
    CHECK(nanosleep(&ts, NULL) == 0 && clock_gettime(CLOCK_MONOTONIC, &b) == 0);
    CHECK((b.tv_sec - a.tv_sec) * 1000000000l + b.tv_nsec - a.tv_nsec >= 30000000);
    b.tv_nsec += 20000000;
    if (b.tv_nsec >= 1000000000)
        b.tv_sec++, b.tv_nsec -= 1000000000;
    CHECK(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &b, NULL) == 0);
    CHECK(gettimeofday(&tv, NULL) == 0 && labs(time(NULL) - tv.tv_sec) <= 1 &&
          times(&t) != (clock_t)-1);
    CHECK(clock_gettime(1000, &a) == -1 && errno == EINVAL);
    ts.tv_nsec = 1000000000;
    CHECK(nanosleep(&ts, NULL) == -1 && errno == EINVAL);
    CHECK(alarm(100) == 0 && alarm(0) == 100);
}

static void test_fds(void)
{
    struct itimerspec its = {.it_value = {0, 10000000}};
    struct signalfd_siginfo si;
    unsigned long long n = 0;
    sigset_t s;
    int t = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC), e = eventfd(3, EFD_NONBLOCK), sf;

    CHECK(timerfd_settime(t, 0, &its, NULL) == 0 && read(t, &n, 8) == 8 && n == 1);
    CHECK(read(e, &n, 8) == 8 && n == 3 && read(e, &n, 8) == -1 && errno == EAGAIN);
    CHECK(eventfd_write(e, 9) == 0 && read(e, &n, 8) == 8 && n == 9);
    sigemptyset(&s);
    sigaddset(&s, SIGUSR2);
    sigprocmask(SIG_BLOCK, &s, NULL);
    sf = signalfd(-1, &s, SFD_CLOEXEC);
    kill(getpid(), SIGUSR2);
    CHECK(read(sf, &si, sizeof si) == sizeof si && si.ssi_signo == SIGUSR2 &&
          si.ssi_pid == (unsigned)getpid());
    sigprocmask(SIG_UNBLOCK, &s, NULL);
    close(t), close(e), close(sf);
}

static void test_inotify(void)
{
    char buf[1000] __attribute__((aligned(8))), name[] = "/tmp/box64-inotify-XXXXXX";
    struct inotify_event *ev = (void *)buf;
    int fd = inotify_init1(IN_CLOEXEC), wd, f = mkstemp(name);

    wd = inotify_add_watch(fd, name, IN_MODIFY | IN_CLOSE_WRITE);
    CHECK(fd >= 0 && wd > 0 && write(f, "x", 1) == 1);
    CHECK(read(fd, buf, sizeof buf) >= (ssize_t)sizeof *ev && ev->wd == wd &&
          (ev->mask & IN_MODIFY));
    close(f);
    CHECK(inotify_rm_watch(fd, wd) == 0);
    close(fd);
    unlink(name);
}

static void test_memfd(void)
{
    int fd = memfd_create("name", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    char *p;

    CHECK(fd >= 0 && ftruncate(fd, 4096) == 0);
    p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    strcpy(p, "mem");
    CHECK(p != MAP_FAILED && pread(fd, p + 100, 3, 0) == 3 && !memcmp(p + 100, "mem", 3));
    munmap(p, 4096);
    CHECK(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE) == 0 && (fcntl(fd, F_GET_SEALS) & F_SEAL_WRITE) &&
          write(fd, "x", 1) == -1 && errno == EPERM);
    close(fd);
}

union semun {
    int val;
    struct semid_ds *buf;
    unsigned short *array;
};

static void test_sysv(void)
{
    struct semid_ds sd;
    struct shmid_ds hd;
    struct msqid_ds md;
    struct {
        long type;
        char text[16];
    } m = {5, "message"};
    unsigned short vals[3] = {1, 2, 3};
    int sem = semget(IPC_PRIVATE, 3, 0600), shm = shmget(IPC_PRIVATE, 8192, 0600),
        q = msgget(IPC_PRIVATE, 0600), *p;
    struct sembuf op = {1, -2, 0};

    CHECK(sem >= 0 && semctl(sem, 0, SETALL, (union semun){.array = vals}) == 0 &&
          semop(sem, &op, 1) == 0);
    CHECK(semctl(sem, 1, GETVAL) == 0 && semctl(sem, 2, GETVAL) == 3);
    CHECK(semctl(sem, 0, IPC_STAT, (union semun){.buf = &sd}) == 0 && sd.sem_nsems == 3 &&
          sd.sem_otime > 0 && sd.sem_perm.mode == 0600);
    sd.sem_perm.mode = 0640;
    CHECK(semctl(sem, 0, IPC_SET, (union semun){.buf = &sd}) == 0 &&
          semctl(sem, 0, IPC_STAT, (union semun){.buf = &sd}) == 0 &&
          (sd.sem_perm.mode & 0777) == 0640 && semctl(sem, 0, IPC_RMID) == 0);
    p = shmat(shm, NULL, 0);
    CHECK(p != (void *)-1);
    p[0] = 11;
    if (!fork()) {
        p[1] = p[0] * 2;
        _exit(0);
    }
    wait(NULL);
    CHECK(p[1] == 22 && shmctl(shm, IPC_STAT, &hd) == 0 && hd.shm_segsz == 8192 &&
          hd.shm_nattch == 1);
    CHECK(shmdt(p) == 0 && shmdt(p) == -1 && errno == EINVAL && shmctl(shm, IPC_RMID, NULL) == 0);
    CHECK(msgsnd(q, &m, 8, 0) == 0 && msgctl(q, IPC_STAT, &md) == 0 && md.msg_qnum == 1);
    m.text[0] = 0;
    CHECK(msgrcv(q, &m, sizeof m.text, 5, 0) == 8 && !strcmp(m.text, "message") &&
          msgctl(q, IPC_RMID, NULL) == 0);
}

static void test_system(void)
{
    struct sysinfo si;
    struct rusage ru;
    struct sched_param sp;
    cpu_set_t set;
    char rnd[32] = {0}, zero[32] = {0};
    unsigned cpu = 999;

    CHECK(sysinfo(&si) == 0 && si.totalram > 0 && si.mem_unit > 0);
    CHECK(getrusage(RUSAGE_SELF, &ru) == 0 && ru.ru_maxrss > 0);
    CHECK(sched_getparam(0, &sp) == 0 && sched_getscheduler(0) == SCHED_OTHER &&
          sched_get_priority_max(SCHED_FIFO) == 99);
    CPU_ZERO(&set);
    CHECK(sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0 &&
          sched_setaffinity(0, sizeof set, &set) == 0);
    CHECK(getrandom(rnd, sizeof rnd, 0) == sizeof rnd && memcmp(rnd, zero, sizeof rnd));
    CHECK(syscall(SYS_getcpu, &cpu, NULL, NULL) == 0 && cpu < 4096);
    CHECK(getpriority(PRIO_PROCESS, 0) >= -20 && syscall(SYS_membarrier, 0, 0, 0) >= 0);
}

static void test_xattr(void)
{
    char name[] = "/tmp/box64-xattr-XXXXXX", v[10];
    int fd = mkstemp(name);

    if (setxattr(name, "user.test", "value", 5, 0)) {
        CHECK(errno == ENOTSUP);
    } else {
        CHECK(getxattr(name, "user.test", v, sizeof v) == 5 && !memcmp(v, "value", 5) &&
              removexattr(name, "user.test") == 0);
    }
    CHECK(getxattr(name, "user.none", v, sizeof v) == -1 && (errno == ENODATA || errno == ENOTSUP));
    close(fd);
    unlink(name);
}

static void test_statx(void)
{
    struct statx x;
    struct stat st;

    CHECK(statx(AT_FDCWD, "/etc/passwd", 0, STATX_ALL, &x) == 0 && stat("/etc/passwd", &st) == 0);
    CHECK(x.stx_ino == st.st_ino && x.stx_size == (unsigned long long)st.st_size &&
          x.stx_mtime.tv_sec == st.st_mtim.tv_sec);
    CHECK(faccessat(AT_FDCWD, "/etc/passwd", R_OK, AT_EACCESS) == 0);
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    RUN(test_clocks);
    RUN(test_fds);
    RUN(test_inotify);
    RUN(test_memfd);
    RUN(test_sysv);
    RUN(test_system);
    RUN(test_xattr);
    RUN(test_statx);
    return done();
}
