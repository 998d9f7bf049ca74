/*
 * outputs.c - what the kernel writes into a page whose code has just run: read() and its like bring
 * the next code, structures land beside it. Pages with watched code are write-protected, which the
 * kernel must not notice. Each case has a page of its own: one written often is not watched again.
 */
#include <aio.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

enum { PAGE = 4096, SIZE = 6, BESIDE = 512 };

static int pair[2], file;

static void encode(unsigned char *to, int value)
{
    to[0] = 0xb8; /* mov value,%eax; ret */
    memcpy(to + 1, &value, 4);
    to[5] = 0xc3;
}

static int run(void *code)
{
    return ((int (*)(void))code)();
}

/* A page whose code has run often enough to be translated. */
static unsigned char *hot(void)
{
    unsigned char *p = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE | PROT_EXEC,
                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int sum = 0;

    encode(p, 1), encode(p + PAGE, 1);
    for (int i = 0; i < 100; i++)
        sum += run(p) + run(p + PAGE);
    if (sum != 200)
        puts("wrong code");
    return p;
}

/* The next code, ready to be read: from the socket, and at the start of the file. */
static void send_code(int value)
{
    unsigned char code[SIZE];

    encode(code, value);
    if (send(pair[1], code, SIZE, 0) != SIZE || pwrite(file, code, SIZE, 0) != SIZE)
        puts("no code");
    lseek(file, 0, SEEK_SET);
}

static void drain(void)
{
    char b[64];

    while (recv(pair[0], b, sizeof b, MSG_DONTWAIT) > 0)
        ;
}

/* CALL fills p with code for `n`. */
#define CODE(call)                                                                                 \
    do {                                                                                           \
        static int n = 100;                                                                        \
        unsigned char *p = hot();                                                                  \
        send_code(++n);                                                                            \
        errno = 0;                                                                                 \
        long r = (long)(call);                                                                     \
        printf("%s = %ld, errno %d, code %d\n", #call, r, errno, run(p) - n);                      \
        drain();                                                                                   \
    } while (0)

/* CALL writes beside code that stays. */
#define SIDE(call)                                                                                 \
    do {                                                                                           \
        unsigned char *p = hot();                                                                  \
        void *b = p + BESIDE;                                                                      \
        unsigned *len = (unsigned *)(p + BESIDE - 16);                                             \
        *len = 128, hot_again(p);                                                                  \
        errno = 0;                                                                                 \
        long r = (long)(call);                                                                     \
        (void)b;                                                                                   \
        printf("%s %s, errno %d, code %d\n", #call, r < 0 ? "fails" : "works", errno, run(p));     \
    } while (0)

static void hot_again(void *p)
{
    for (int i = 0; i < 100; i++)
        run(p);
}

static struct msghdr *message(void *p)
{
    static struct iovec v;
    static struct msghdr m;

    v = (struct iovec){p, SIZE};
    m = (struct msghdr){.msg_iov = &v, .msg_iovlen = 1};
    return &m;
}

static struct iovec *vector(void *p)
{
    static struct iovec v[2];

    v[0] = (struct iovec){p, 2}, v[1] = (struct iovec){(char *)p + 2, SIZE - 2};
    return v;
}

static struct mmsghdr *messages(void *p)
{
    static struct mmsghdr m;

    m.msg_hdr = *message(p);
    return &m;
}

static FILE *stream(void)
{
    static FILE *f;

    if (!f)
        f = fdopen(dup(file), "r");
    setvbuf(f, NULL, _IONBF, 0);
    rewind(f);
    return f;
}

static int by_aio(void *p)
{
    struct aiocb cb = {.aio_fildes = file, .aio_buf = p, .aio_nbytes = SIZE};
    const struct aiocb *list[1] = {&cb};

    if (aio_read(&cb))
        return -1;
    while (aio_error(&cb) == EINPROGRESS)
        aio_suspend(list, 1, NULL);
    return (int)aio_return(&cb);
}

static void fresh_code(void)
{
    CODE(read(file, p, SIZE));
    CODE(read(pair[0], p, PAGE));
    CODE(pread(file, p, SIZE, 0));
    CODE(readv(file, vector(p), 2));
    CODE(preadv(file, vector(p), 2, 0));
    CODE(recv(pair[0], p, PAGE, 0));
    CODE(recvfrom(pair[0], p, SIZE, 0, NULL, NULL));
    CODE(recvmsg(pair[0], message(p), 0));
    CODE(recvmmsg(pair[0], messages(p), 1, 0, NULL));
    CODE(fread(p, 1, SIZE, stream()));
    CODE(fread(p, SIZE, 1, stream()));
    CODE(fgets((char *)p, SIZE + 1, stream()) != NULL);
    CODE(by_aio(p));
    CODE(syscall(SYS_read, file, p, SIZE));
    CODE(syscall(SYS_recvmsg, pair[0], message(p), 0));
}

static int by_select(void *p, fd_set *set)
{
    FD_ZERO(set);
    FD_SET(pair[0], set);
    hot_again(p);
    return select(64, NULL, set, NULL, NULL);
}

static int child(void)
{
    int pid = fork();

    if (!pid)
        _exit(3);
    return pid;
}

static void structures(void)
{
    int ep = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLOUT};
    struct timespec soon = {0, 1};

    epoll_ctl(ep, EPOLL_CTL_ADD, pair[0], &event);
    SIDE(pipe(b));
    SIDE(pipe2(b, O_CLOEXEC));
    SIDE(socketpair(AF_UNIX, SOCK_STREAM, 0, b));
    SIDE(getsockname(pair[0], b, len));
    SIDE(getpeername(pair[0], b, len));
    SIDE(getsockopt(pair[0], SOL_SOCKET, SO_TYPE, b, len));
    SIDE(poll(b, 1, 0));
    SIDE(ppoll(b, 1, &soon, NULL));
    SIDE(by_select(p, b));
    SIDE(epoll_wait(ep, b, 1, 0));
    SIDE(epoll_pwait(ep, b, 1, 0, NULL));
    SIDE(waitpid(child(), b, 0));
    SIDE(wait4(child(), b, 0, (struct rusage *)((char *)b + 64)));
    SIDE(waitid(P_PID, child(), b, WEXITED));
    SIDE(getrusage(RUSAGE_SELF, b));
    SIDE(times(b));
    SIDE(sysinfo(b));
    SIDE(uname(b));
    SIDE(stat("/", b));
    SIDE(fstat(file, b));
    SIDE(statfs("/proc", b));
    SIDE(statx(AT_FDCWD, "/", 0, STATX_BASIC_STATS, b));
    SIDE(getcwd(b, 256) != NULL);
    SIDE(readlink("/proc/self/cwd", b, 256));
    SIDE(getrandom(b, 64, 0));
    SIDE(getentropy(b, 64));
    SIDE(getrlimit(RLIMIT_NOFILE, b));
    SIDE(prlimit(0, RLIMIT_NOFILE, NULL, b));
    SIDE(getitimer(ITIMER_REAL, b));
    SIDE(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, b));
    SIDE(clock_gettime(CLOCK_MONOTONIC, b));
    SIDE(clock_getres(CLOCK_REALTIME, b));
    SIDE(getresuid(b, (uid_t *)b + 1, (uid_t *)b + 2));
    SIDE(sched_getaffinity(0, 128, b));
    SIDE(sched_getparam(0, b));
    SIDE(ioctl(pair[0], FIONREAD, b));
    SIDE(sigprocmask(SIG_BLOCK, NULL, b));
    SIDE(sigpending(b));
    SIDE(mincore(p, PAGE, b));
    SIDE(syscall(SYS_clock_gettime, CLOCK_THREAD_CPUTIME_ID, b));
    SIDE(syscall(SYS_wait4, child(), b, 0, NULL));
    close(ep);
}

int main(void)
{
    char name[] = "/tmp/outputs-XXXXXX";

    setvbuf(stdout, NULL, _IOLBF, 0);
    file = mkstemp(name);
    unlink(name);
    if (file < 0 || socketpair(AF_UNIX, SOCK_DGRAM, 0, pair))
        return 1;
    fresh_code();
    structures();
    return 0;
}
