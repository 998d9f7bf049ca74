/* procs.c - processes: fork, vfork, spawn, exec of itself and of scripts, wait statuses,
 * /proc/self. argv[1] names a child role. */
#include "check.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;
static char self[4096];

static int status_of(pid_t pid)
{
    int st = -1;

    while (waitpid(pid, &st, 0) < 0 && errno == EINTR)
        ;
    return st;
}

/* Output of argv, run by execve in a fork; the status goes to *st. */
static void run_child(const char *path, char *const argv[], char *const envp[], char *out,
                      size_t size, int *st)
{
    size_t n = 0;
    ssize_t r;
    int p[2];
    pid_t pid;

    CHECK(pipe(p) == 0);
    pid = fork();
    if (!pid) {
        dup2(p[1], 1);
        close(p[0]);
        close(p[1]);
        execve(path, argv, envp);
        _exit(100 + (errno == ENOENT));
    }
    close(p[1]);
    while (n < size - 1 && (r = read(p[0], out + n, size - 1 - n)) > 0)
        n += (size_t)r;
    out[n] = 0;
    close(p[0]);
    *st = status_of(pid);
}

static void test_fork(void)
{
    int *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0),
        private = 1;
    pid_t me = getpid(), pid = fork();

    if (!pid) {
        private = 2;
        shared[0] = getppid() == me && getpid() != me && syscall(SYS_gettid) == getpid();
        _exit(42);
    }
    CHECK(WIFEXITED(status_of(pid)) && shared[0] == 1 && private == 1);
    pid = fork();
    if (!pid)
        exit(7);
    CHECK(WEXITSTATUS(status_of(pid)) == 7);
    pid = (pid_t)syscall(SYS_fork);
    if (!pid)
        _exit(8);
    CHECK(WEXITSTATUS(status_of(pid)) == 8);
    CHECK(waitpid(-1, NULL, 0) == -1 && errno == ECHILD);
}

static void test_signal_death(void)
{
    const int sigs[] = {SIGTERM, SIGKILL, SIGABRT, SIGSEGV, SIGFPE, SIGUSR1, SIGRTMIN};

    for (size_t i = 0; i < sizeof sigs / sizeof *sigs; i++) {
        pid_t pid = fork();
        int st;

        if (!pid) {
            setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
            if (sigs[i] == SIGABRT)
                abort();
            if (sigs[i] == SIGSEGV)
                *(volatile int *)8 = 1;
            if (sigs[i] == SIGFPE)
                __asm__ volatile("xor %%edx,%%edx; xor %%ecx,%%ecx; mov $1,%%eax; div %%ecx" ::
                                     : "rax", "rcx", "rdx");
            kill(getpid(), sigs[i]);
            _exit(1);
        }
        st = status_of(pid);
        CHECK(WIFSIGNALED(st) && WTERMSIG(st) == sigs[i]);
    }
}

static void test_waitid(void)
{
    siginfo_t si;
    pid_t pid = fork();
    int st;

    if (!pid) {
        raise(SIGSTOP);
        _exit(9);
    }
    CHECK(waitpid(pid, &st, WUNTRACED) == pid && WIFSTOPPED(st) && WSTOPSIG(st) == SIGSTOP);
    kill(pid, SIGCONT);
    CHECK(waitid(P_PID, (id_t)pid, &si, WEXITED) == 0 && si.si_code == CLD_EXITED &&
          si.si_status == 9 && si.si_pid == pid);
}

static void test_vfork(void)
{
    static volatile int seen;
    pid_t pid = vfork();

    if (!pid) {
        char *argv[] = {self, "exit", "11", NULL};

        seen = 1;
        execve(self, argv, environ);
        _exit(99);
    }
    CHECK(pid > 0 && WEXITSTATUS(status_of(pid)) == 11);
    printf("vfork shares memory: %d\n", seen);
    pid = vfork();
    if (!pid)
        _exit(12);
    CHECK(WEXITSTATUS(status_of(pid)) == 12);
}

static void test_spawn(void)
{
    char *argv[] = {self, "exit", "13", NULL};
    posix_spawn_file_actions_t fa;
    posix_spawnattr_t at;
    struct sigaction sa = {.sa_handler = (void (*)(int))test_fork}, now;
    sigset_t def;
    pid_t pid;

    sigaction(SIGUSR2, &sa, NULL);
    posix_spawn_file_actions_init(&fa);
    posix_spawn_file_actions_addopen(&fa, 1, "/dev/null", O_WRONLY, 0);
    posix_spawnattr_init(&at);
    sigemptyset(&def);
    sigaddset(&def, SIGUSR2);
    posix_spawnattr_setsigdefault(&at, &def);
    posix_spawnattr_setflags(&at, POSIX_SPAWN_SETSIGDEF);
    CHECK(posix_spawn(&pid, self, &fa, &at, argv, environ) == 0);
    CHECK(WEXITSTATUS(status_of(pid)) == 13);
    CHECK(left_out("posix_spawn's errno, QEMU makes a fork of a vfork") ||
          posix_spawn(&pid, "/nonexistent/program", NULL, NULL, argv, environ) == ENOENT);
    CHECK(sigaction(SIGUSR2, NULL, &now) == 0 && now.sa_handler == sa.sa_handler);
    signal(SIGUSR2, SIG_DFL);
    CHECK(WEXITSTATUS(system("exit 5")) == 5);
}

static void test_exec(void)
{
    char *argv[] = {"a strange name", "args", "one", "", "-v", "--help", NULL}, *empty[] = {NULL},
         *envp[] = {"A=1", "B=x y", NULL};
    char out[4096];
    int st;

    run_child(self, argv, under_qemu() ? environ : envp, out, sizeof out,
              &st); /* QEMU itself needs its variables */
    if (under_qemu())
        strcpy(strchrnul(out, '{'), "{A=1}{B=x y}\n");
    CHECK(WEXITSTATUS(st) == 0 &&
          !strcmp(out, "[a strange name][args][one][][-v][--help]{A=1}{B=x y}\n"));
    run_child("/nonexistent", argv, envp, out, sizeof out, &st);
    CHECK(WEXITSTATUS(st) == 101);
    CHECK(execve("/tmp", argv, envp) == -1 && errno == EACCES);
    CHECK(execve("/etc/passwd", argv, envp) == -1 && errno == EACCES);
    CHECK(execve((void *)8, argv, envp) == -1 && errno == EFAULT);
    CHECK(execve(self, (void *)8, envp) == -1 && errno == EFAULT);
    CHECK(execve("", argv, envp) == -1 && errno == ENOENT);
    CHECK(execve("/etc/passwd/x", empty, envp) == -1 && errno == ENOTDIR);
}

static void write_file(const char *path, const char *text, mode_t mode)
{
    int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC, mode);

    CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    fchmod(fd, mode);
    close(fd);
}

static void test_scripts(void)
{
    char path[] = "/tmp/box64-procs-XXXXXX", text[4200], out[4096];
    char *argv[] = {"ignored", "arg", NULL};
    char want[200];
    int st;

    close(mkstemp(path));
    snprintf(text, sizeof text, "#! %s args\nnothing\n", self);
    write_file(path, text, 0755);
    run_child(path, argv, under_qemu() ? environ : (char *[]){NULL}, out, sizeof out, &st);
    snprintf(want, sizeof want, "[args][%s][arg]", path);
    CHECK(WEXITSTATUS(st) == 0 && strstr(out, want));
    write_file(path, "#!/bin/sh\necho $1 $#\nexit 4\n", 0755);
    run_child(path, argv, environ, out, sizeof out, &st);
    CHECK(WEXITSTATUS(st) == 4 && !strcmp(out, "arg 1\n"));
    write_file(path, "no magic\n", 0755);
    CHECK(execve(path, argv, environ) == -1 && errno == ENOEXEC);
    unlink(path);
}

static void test_fexec(void)
{
    char *argv[] = {"fexec", "exit", "21", NULL};
    int fd = open(self, O_RDONLY | O_CLOEXEC);
    pid_t pid = fork();

    if (!pid) {
        fexecve(fd, argv, environ);
        _exit(1);
    }
    CHECK(WEXITSTATUS(status_of(pid)) == 21);
    pid = fork();
    if (!pid) {
        syscall(SYS_execveat, AT_FDCWD, "/proc/self/exe", argv, environ, 0);
        _exit(1);
    }
    CHECK(WEXITSTATUS(status_of(pid)) == 21);
    close(fd);
}

static void test_ignored_across_exec(void)
{
    char *argv[] = {self, "signals", NULL}, out[200];
    sigset_t set;
    int st;

    signal(SIGPIPE, SIG_IGN);
    signal(SIGFPE, SIG_IGN);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGSEGV);
    sigprocmask(SIG_BLOCK, &set, NULL);
    run_child(self, argv, environ, out, sizeof out, &st);
    CHECK(left_out("SIGSEGV blocked through exec, QEMU never blocks it on its host") ||
          !strcmp(out, "pipe ign fpe ign segv dfl blocked usr1 1 segv 1 usr2 0\n"));
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGFPE, SIG_DFL);
}

static void test_proc_self(void)
{
    char buf[8192], exe[4096], name[17] = "";
    struct utsname u;
    struct stat a, b;
    ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
    FILE *f;
    int fd, code = 0, stack = 0;

    CHECK(n > 0);
    exe[n > 0 ? n : 0] = 0;
    CHECK(!strcmp(exe, self));
    CHECK(stat("/proc/self/exe", &a) == 0 && stat(self, &b) == 0 && a.st_ino == b.st_ino);
    fd = open("/proc/self/exe", O_RDONLY);
    CHECK(read(fd, buf, 20) == 20 && !memcmp(buf, "\177ELF", 4) && buf[18] == 62);
    close(fd);
    fd = open("/proc/self/cmdline", O_RDONLY);
    n = read(fd, buf, sizeof buf);
    CHECK(n > 0 && strstr(buf, "procs") && buf[n - 1] == 0 && strlen(buf) + 1 == (size_t)n);
    close(fd);
    f = fopen("/proc/self/maps", "r");
    while (f && fgets(buf, sizeof buf, f)) {
        unsigned long lo, hi;
        char perm[5];

        CHECK(sscanf(buf, "%lx-%lx %4s", &lo, &hi, perm) == 3 && lo < hi);
        if ((unsigned long)test_proc_self >= lo && (unsigned long)test_proc_self < hi)
            code = perm[2] == 'x' && strstr(buf, "procs");
        if ((unsigned long)&code >= lo && (unsigned long)&code < hi)
            stack = strstr(buf, "[stack]") != NULL;
    }
    CHECK(f && code && stack);
    fclose(f);
    fd = open("/proc/self/auxv", O_RDONLY);
    n = read(fd, buf, sizeof buf);
    CHECK(n > 32 && n % 16 == 0);
    for (ssize_t i = 0; i < n; i += 16)
        if (((unsigned long *)(buf + i))[0] == 6)
            CHECK(((unsigned long *)(buf + i))[1] == 4096);
    close(fd);
    CHECK(uname(&u) == 0 && !strcmp(u.machine, "x86_64"));
    CHECK(prctl(PR_GET_NAME, name) == 0 && !strncmp(name, "guest_procs", 5));
    f = fopen("/proc/cpuinfo", "r");
    CHECK(f && fread(buf, 1, sizeof buf - 1, f) > 100 && strstr(buf, "vendor_id") &&
          strstr(buf, "sse2"));
    fclose(f);
}

static void test_limits(void)
{
    struct rlimit r = {64, 128};
    pid_t pid = fork();

    if (!pid) {
        if (syscall(SYS_setrlimit, RLIMIT_NOFILE, &r) ||
            syscall(SYS_getrlimit, RLIMIT_NOFILE, &r) || r.rlim_cur != 64 || r.rlim_max != 128)
            _exit(1);
        _exit(0);
    }
    CHECK(status_of(pid) == 0);
    CHECK(syscall(SYS_getpgrp) == getpgid(0));
    CHECK(syscall(SYS_time, NULL) > 1700000000);
}

static void test_clone(void)
{
    int st;
    pid_t ptid = 0, pid = (pid_t)syscall(SYS_clone, CLONE_PARENT_SETTID | SIGCHLD, 0, &ptid, 0, 0);

    if (!pid)
        _exit(33);
    CHECK(ptid == pid && WEXITSTATUS(status_of(pid)) == 33);
    pid = (pid_t)syscall(SYS_clone, CLONE_THREAD, 0, 0, 0, 0);
    CHECK(pid == -1 && errno == EINVAL);
    if (left_out("exit signals of clone, QEMU only knows SIGCHLD"))
        return;
    signal(SIGUSR1, SIG_IGN);
    pid = (pid_t)syscall(SYS_clone, SIGUSR1, 0, 0, 0, 0);
    if (!pid)
        _exit(34);
    CHECK(waitpid(pid, &st, 0) == -1 &&
          errno == ECHILD); /* no SIGCHLD: only __WALL or __WCLONE see it */
    CHECK(waitpid(pid, &st, __WALL) == pid && WEXITSTATUS(st) == 34);
    signal(SIGUSR1, SIG_DFL);
}

static int role(int argc, char **argv)
{
    struct sigaction a[3];
    sigset_t now;

    if (!strcmp(argv[1], "exit"))
        return atoi(argv[2]);
    if (!strcmp(argv[1], "args")) {
        for (int i = 0; i < argc; i++)
            printf("[%s]", argv[i]);
        for (char **e = environ; *e; e++)
            printf("{%s}", *e);
        printf("\n");
        return 0;
    }
    sigaction(SIGPIPE, NULL, &a[0]);
    sigaction(SIGFPE, NULL, &a[1]);
    sigaction(SIGSEGV, NULL, &a[2]);
    sigprocmask(SIG_BLOCK, NULL, &now);
    printf("pipe %s fpe %s segv %s blocked usr1 %d segv %d usr2 %d\n",
           a[0].sa_handler == SIG_IGN ? "ign" : "dfl", a[1].sa_handler == SIG_IGN ? "ign" : "dfl",
           a[2].sa_handler == SIG_IGN ? "ign" : "dfl", sigismember(&now, SIGUSR1),
           sigismember(&now, SIGSEGV), sigismember(&now, SIGUSR2));
    return 0;
}

int main(int argc, char **argv)
{
    if (argc > 1)
        return role(argc, argv);
    if (!realpath(argv[0], self))
        return 2;
    setvbuf(stdout, NULL, _IOLBF, 0);
    RUN(test_fork);
    RUN(test_signal_death);
    RUN(test_waitid);
    RUN(test_proc_self);
    RUN(test_limits);
    RUN(test_clone);
    if (getenv("NO_EXEC"))
        return done();
    RUN(test_vfork);
    RUN(test_spawn);
    RUN(test_exec);
    RUN(test_scripts);
    RUN(test_fexec);
    RUN(test_ignored_across_exec);
    return done();
}
