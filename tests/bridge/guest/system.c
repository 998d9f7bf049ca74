/* Files, signals, time, sockets, mappings, regular expressions, locale, dl*. */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <iconv.h>
#include <langinfo.h>
#include <limits.h>
#include <link.h>
#include <locale.h>
#include <netdb.h>
#include <poll.h>
#include <pwd.h>
#include <regex.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>
#include <wctype.h>

static volatile sig_atomic_t got, value;

static void on_signal(int s)
{
    got = s;
}

static void on_info(int s, siginfo_t *si, void *uc)
{
    (void)uc;
    got = s;
    value = si->si_value.sival_int;
}

static void signals(void)
{
    struct sigaction sa = {.sa_handler = on_signal}, old;
    struct itimerval it = {{0, 0}, {0, 20000}};
    struct timespec ts = {0, 0};
    sigset_t set, pend;
    siginfo_t si;
    union sigval sv = {.sival_int = 77};
    int fds[2];
    char c;

    sigaction(SIGALRM, &sa, NULL);
    sigaction(SIGALRM, NULL, &old);
    printf("handler %d\n", old.sa_handler == on_signal);
    setitimer(ITIMER_REAL, &it, NULL);
    pause();
    printf("alarm %d\n", got == SIGALRM);
    if (pipe(fds))
        return;
    setitimer(ITIMER_REAL, &it, NULL);
    got = 0;
    printf("read eintr %d", read(fds[0], &c, 1) < 0 && errno == EINTR);
    printf(" %d\n", got == SIGALRM);
    sa.sa_flags = SA_SIGINFO;
    sa.sa_sigaction = on_info;
    sigaction(SIGRTMIN + 1, &sa, NULL);
    sigqueue(getpid(), SIGRTMIN + 1, sv);
    printf("queue %d %d\n", got == SIGRTMIN + 1, value);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    sigprocmask(SIG_BLOCK, &set, NULL);
    raise(SIGUSR2);
    sigpending(&pend);
    printf("pending %d", sigismember(&pend, SIGUSR2));
    printf(" wait %d", sigtimedwait(&set, &si, &ts) == SIGUSR2);
    printf(" %d\n", sigtimedwait(&set, &si, &ts) < 0 && errno == EAGAIN);
    signal(SIGUSR1, on_signal);
    printf("signal old %d\n", signal(SIGUSR1, SIG_IGN) == on_signal);
    sigset_t none;
    sigemptyset(&none);
    setitimer(ITIMER_REAL, &it, NULL);
    printf("sigsuspend %d\n", sigsuspend(&none) < 0 && errno == EINTR);
}

static void files(void)
{
    struct stat st, st2;
    struct statvfs sv;
    char name[] = "/tmp/b64fXXXXXX", link[32], buf[PATH_MAX];
    int fd = mkstemp(name);
    ssize_t n;
    struct flock fl = {.l_type = F_WRLCK};

    n = write(fd, "hello", 5);
    fstat(fd, &st);
    stat(name, &st2);
    printf("%zd %ld %d %d\n", n, (long)st.st_size, st.st_ino == st2.st_ino, S_ISREG(st.st_mode));
    printf("flags %d %d %d\n", (fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDWR, fcntl(fd, F_SETLK, &fl),
           fcntl(fd, F_SETFL, O_APPEND));
    printf("%d\n", (fcntl(fd, F_GETFL) & O_APPEND) != 0);
    printf("dir %d %d\n", open(name, O_RDONLY | O_DIRECTORY) < 0 && errno == ENOTDIR,
           open("/tmp", O_RDONLY | O_DIRECTORY) >= 0);
    snprintf(link, sizeof link, "%s.l", name);
    printf("symlink %d nofollow %d\n", symlink(name, link),
           open(link, O_RDONLY | O_NOFOLLOW) < 0 && errno == ELOOP);
    lstat(link, &st);
    printf("lstat %d\n", S_ISLNK(st.st_mode));
    n = readlink(link, buf, sizeof buf);
    printf("readlink %d realpath %d\n", n == (ssize_t)strlen(name),
           !strcmp(realpath(link, buf), name));
    unlink(link);
    unlink(name);
    close(fd);
    printf("statvfs %d enoent %d\n", statvfs("/", &sv),
           stat("/no/such", &st) < 0 && errno == ENOENT);
    n = readlink("/proc/self/exe", buf, sizeof buf - 1);
    buf[n > 0 ? n : 0] = 0;
    printf("exe %s\n", strrchr(buf, '/'));
}

static void polls(void)
{
    int ep = epoll_create1(0), ev = eventfd(0, 0), sv[2];
    struct epoll_event e = {.events = EPOLLIN, .data.u64 = 0x1122334455667788}, out[4];
    struct pollfd p = {.fd = ev, .events = POLLIN};
    struct sockaddr_in in = {.sin_family = AF_INET};
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM}, *ai;
    char buf[64];
    socklen_t len = sizeof in;

    epoll_ctl(ep, EPOLL_CTL_ADD, ev, &e);
    printf("epoll %d", epoll_wait(ep, out, 4, 0));
    eventfd_write(ev, 1);
    printf(" %d %d\n", epoll_wait(ep, out, 4, 1000), out[0].data.u64 == 0x1122334455667788);
    printf("poll %d\n", poll(&p, 1, 0));
    socketpair(AF_UNIX, SOCK_STREAM, 0, sv);
    send(sv[0], "abc", 3, 0);
    printf("recv %zd\n", recv(sv[1], buf, sizeof buf, 0));
    sv[0] = socket(AF_INET, SOCK_STREAM, 0);
    inet_pton(AF_INET, "127.0.0.1", &in.sin_addr);
    printf("bind %d %s\n", bind(sv[0], (struct sockaddr *)&in, sizeof in), inet_ntoa(in.sin_addr));
    getsockname(sv[0], (struct sockaddr *)&in, &len);
    printf("port %d\n", in.sin_port != 0);
    printf("gai %d", getaddrinfo("10.1.2.3", "80", &hints, &ai));
    getnameinfo(ai->ai_addr, ai->ai_addrlen, buf, sizeof buf, NULL, 0, NI_NUMERICHOST);
    printf(" %s %d\n", buf, ntohs(((struct sockaddr_in *)ai->ai_addr)->sin_port));
    freeaddrinfo(ai);
    printf("%s\n", gai_strerror(EAI_NONAME));
}

static void memory(void)
{
    char *p = mmap(NULL, 16384, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *q;
    int id = shmget(IPC_PRIVATE, 4096, 0600 | IPC_CREAT),
        sem = semget(IPC_PRIVATE, 1, 0600 | IPC_CREAT);
    struct shmid_ds ds;
    union {
        int val;
        struct semid_ds *buf;
    } arg = {.val = 5};

    strcpy(p, "mapped");
    printf("%d %d\n", mprotect(p, 4096, PROT_READ), msync(p, 4096, MS_ASYNC));
    mprotect(p, 4096, PROT_READ | PROT_WRITE);
    q = mremap(p, 16384, 32768, MREMAP_MAYMOVE);
    printf("%s\n", q);
    printf("%d\n", munmap(q, 32768));
    printf("%d\n", mmap((void *)4097, 10, 0, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
                           MAP_FAILED &&
                       errno == EINVAL);
    q = shmat(id, NULL, 0);
    strcpy(q, "shared");
    shmctl(id, IPC_STAT, &ds);
    printf("%s %zu %d\n", q, ds.shm_segsz, (int)ds.shm_nattch);
    shmdt(q);
    shmctl(id, IPC_RMID, NULL);
    semctl(sem, 0, SETVAL, arg);
    printf("sem %d\n", semctl(sem, 0, GETVAL));
    semctl(sem, 0, IPC_RMID);
    printf("%d\n", (long)sbrk(0) != -1);
}

static void text(void)
{
    regex_t re;
    regmatch_t m[3];
    char in[] = "caf\xc3\xa9", out[32], *ip = in, *op = out;
    size_t il = 5, ol = 32;
    iconv_t cd = iconv_open("UCS-4LE", "UTF-8");
    struct tm tm;
    time_t t = 86400 * 365;
    char buf[64];
    struct lconv *lc;
    wchar_t w[8];

    printf("%d", regcomp(&re, "([a-z]+)=([0-9]+)", REG_EXTENDED));
    printf(" %d", regexec(&re, "xx key=123", 3, m, 0));
    printf(" %d-%d %d-%d\n", m[1].rm_so, m[1].rm_eo, m[2].rm_so, m[2].rm_eo);
    regfree(&re);
    printf("iconv %zd %zu\n", (ssize_t)iconv(cd, &ip, &il, &op, &ol), 32 - ol);
    iconv_close(cd);
    gmtime_r(&t, &tm);
    strftime(buf, sizeof buf, "%Y-%m-%d %H:%M:%S %a", &tm);
    printf("%s %ld\n", buf, (long)timegm(&tm));
    strptime("2020-02-29 12:34", "%Y-%m-%d %H:%M", &tm);
    printf("%d %d\n", tm.tm_yday, tm.tm_min);
    printf("%s\n", setlocale(LC_ALL, "C"));
    lc = localeconv();
    printf("%s %s %s\n", lc->decimal_point, nl_langinfo(CODESET), nl_langinfo(DAY_1));
    setlocale(LC_ALL, "C.UTF-8");
    printf("%zu %d\n", mbstowcs(w, in, 8), towupper(w[3]) == 0xc9);
    printf("%s %d %s\n", strerror(ENOENT), strverscmp("a9", "a10") < 0, strsignal(SIGTERM));
    printf("%s\n", getpwuid(0)->pw_name);
}

static int count_objects(struct dl_phdr_info *i, size_t n, void *data)
{
    (void)n;
    *(int *)data += i->dlpi_phnum > 0;
    return 0;
}

static void loading(void)
{
    void *h = dlopen("libm.so.6", RTLD_NOW);
    double (*f)(double) = (double (*)(double))dlsym(h, "cos");
    int n = 0;
    Dl_info info;

    printf("cos %g\n", f(0));
    printf("missing %d", dlsym(h, "no_such_symbol") == NULL);
    printf(" %d", dlerror() != NULL);
    printf(" %d\n", dlopen("libnosuch.so.9", RTLD_NOW) == NULL && dlerror() != NULL);
    printf("default %d\n", dlsym(RTLD_DEFAULT, "printf") != NULL);
    dl_iterate_phdr(count_objects, &n);
    printf("objects %d\n", n > 0);
    printf("dladdr %d\n", dladdr((void *)loading, &info) != 0);
    dlclose(h);
}

int main(void)
{
    signals();
    files();
    polls();
    memory();
    text();
    loading();
    printf("%ld\n", syscall(SYS_getpid) == getpid() ? 1L : 0L);
    return 0;
}
