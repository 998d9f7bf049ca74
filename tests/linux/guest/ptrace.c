/*
 * ptrace.c - a tracer and its child: registers, memory, breakpoints in code that has run, single
 * steps, system calls, signals, exec, attach and detach.
 */
#include <signal.h>
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

static const char *self;
static volatile long shared = 5;
static volatile int usr2;

static pid_t traced_child(void (*fn)(void))
{
    pid_t pid = fork();
    int status;

    if (!pid) {
        ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        raise(SIGSTOP);
        fn();
        _exit(0);
    }
    CHECK(waitpid(pid, &status, 0) == pid && WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
    return pid;
}

/* Goes on with `request`; the stop signal, or 1000 + exit status, or 2000 + deadly signal. */
static int go(pid_t pid, int request, int sig)
{
    int status;

    if (ptrace(request, pid, NULL, (void *)(long)sig))
        return -errno;
    if (waitpid(pid, &status, 0) != pid)
        return -1;
    if (WIFSTOPPED(status))
        return WSTOPSIG(status);
    return WIFEXITED(status) ? 1000 + WEXITSTATUS(status) : 2000 + WTERMSIG(status);
}

static struct user_regs_struct regs_of(pid_t pid)
{
    struct user_regs_struct r = {0};

    CHECK(!ptrace(PTRACE_GETREGS, pid, NULL, &r));
    return r;
}

static void trap_with_rbx(void)
{
    long v = 0x1234;

    __asm__ volatile("int3" : "+b"(v));
    _exit((int)(v & 0xff));
}

static void registers(void)
{
    pid_t pid = traced_child(trap_with_rbx);
    struct user_regs_struct r, s;
    struct iovec iov = {&s, sizeof s};

    CHECK(go(pid, PTRACE_CONT, 0) == SIGTRAP);
    r = regs_of(pid);
    CHECK(r.rbx == 0x1234 && r.cs == 0x33 && (long)r.orig_rax == -1);
    CHECK((ptrace(PTRACE_PEEKTEXT, pid, (void *)(r.rip - 1), NULL) & 0xff) == 0xcc);
    CHECK(ptrace(PTRACE_PEEKUSER, pid, (void *)offsetof(struct user, regs.rbx), NULL) == 0x1234);
    CHECK(!ptrace(PTRACE_GETREGSET, pid, (void *)1L, &iov) && iov.iov_len == sizeof s &&
          !memcmp(&r, &s, sizeof r));
    r.rbx = 0x4321;
    CHECK(!ptrace(PTRACE_SETREGS, pid, NULL, &r));
    CHECK(regs_of(pid).rbx == 0x4321);
    CHECK(go(pid, PTRACE_CONT, 0) == 1021 + 12);
}

__attribute__((noinline)) static long work(long n)
{
    long s = 0;

    while (n > 0)
        s += n--;
    return s;
}

static void breakpoint_work(void)
{
    long s = 0;

    for (int i = 0; i < 1000; i++)
        s += work(10);
    raise(SIGUSR1);
    s += work(3);
    _exit(shared == 77 && s == 55006 ? 8 : 9);
}

static void breakpoint(void)
{
    pid_t pid = traced_child(breakpoint_work);
    struct user_regs_struct r;
    long word;

    CHECK(go(pid, PTRACE_CONT, 0) == SIGUSR1);
    CHECK(ptrace(PTRACE_PEEKDATA, pid, &shared, NULL) == 5);
    CHECK(!ptrace(PTRACE_POKEDATA, pid, &shared, (void *)77L));
    word = ptrace(PTRACE_PEEKTEXT, pid, (void *)work, NULL);
    CHECK(word == *(long *)(void *)work);
    CHECK(!ptrace(PTRACE_POKETEXT, pid, (void *)work, (void *)((word & ~0xffL) | 0xcc)));
    CHECK(go(pid, PTRACE_CONT, 0) == SIGTRAP);
    r = regs_of(pid);
    CHECK(r.rip == (unsigned long)work + 1 && r.rdi == 3);
    r.rip--;
    CHECK(!ptrace(PTRACE_POKETEXT, pid, (void *)work, (void *)word) &&
          !ptrace(PTRACE_SETREGS, pid, NULL, &r));
    CHECK(go(pid, PTRACE_CONT, 0) == 1008);
}

static void some_steps(void)
{
    __asm__ volatile("int3\n nop\n mov $7,%%eax\n nop" ::: "rax");
    _exit(4);
}

static void steps(void)
{
    pid_t pid = traced_child(some_steps);
    unsigned long rip;
    siginfo_t info;

    CHECK(go(pid, PTRACE_CONT, 0) == SIGTRAP);
    rip = regs_of(pid).rip;
    CHECK(go(pid, PTRACE_SINGLESTEP, 0) == SIGTRAP && regs_of(pid).rip == rip + 1);
    CHECK(!ptrace(PTRACE_GETSIGINFO, pid, NULL, &info) && info.si_signo == SIGTRAP &&
          info.si_code == TRAP_TRACE);
    CHECK(go(pid, PTRACE_SINGLESTEP, 0) == SIGTRAP && regs_of(pid).rip == rip + 6 &&
          regs_of(pid).rax == 7);
    CHECK(!(regs_of(pid).eflags & 0x100));
    CHECK(go(pid, PTRACE_CONT, 0) == 1004);
}

static void calls_work(void)
{
    if (syscall(SYS_getppid) != 4242)
        _exit(1);
    _exit(syscall(SYS_getpid, 1, 2, 3) == getpid() ? 6 : 7);
}

static void calls(void)
{
    pid_t pid = traced_child(calls_work);
    struct user_regs_struct r;
    int seen = 0, s;

    CHECK(!ptrace(PTRACE_SETOPTIONS, pid, NULL,
                  (void *)(long)(PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL)));
    for (int i = 0; i < 40 && (s = go(pid, PTRACE_SYSCALL, 0)) == (SIGTRAP | 0x80); i++) {
        r = regs_of(pid);
        if (r.orig_rax == SYS_getppid && (long)r.rax == -ENOSYS) {
            seen |= 1;
        } else if (r.orig_rax == SYS_getppid) {
            CHECK((pid_t)r.rax == getpid());
            r.rax = 4242;
            CHECK(!ptrace(PTRACE_SETREGS, pid, NULL, &r));
            seen |= 2;
        } else if (r.orig_rax == SYS_getpid && (long)r.rax == -ENOSYS && r.rdi == 1) {
            CHECK(r.rsi == 2 && r.rdx == 3);
            seen |= 4;
        }
    }
    CHECK(seen == 7);
    CHECK(s == 1006);
}

static void on_usr2(int sig)
{
    usr2 += sig == SIGUSR2;
}

static void signals_work(void)
{
    signal(SIGUSR2, on_usr2);
    raise(SIGUSR1); /* suppressed */
    raise(SIGUSR1); /* becomes SIGUSR2 */
    raise(SIGUSR2); /* as it is */
    if (usr2 != 2)
        _exit(usr2);
    *(volatile int *)8 = 0;
}

static void signals(void)
{
    pid_t pid = traced_child(signals_work);
    siginfo_t info;

    CHECK(go(pid, PTRACE_CONT, 0) == SIGUSR1);
    CHECK(!ptrace(PTRACE_GETSIGINFO, pid, NULL, &info) && info.si_signo == SIGUSR1 &&
          info.si_code == SI_TKILL && info.si_pid == pid);
    CHECK(go(pid, PTRACE_CONT, 0) == SIGUSR1);
    CHECK(go(pid, PTRACE_CONT, SIGUSR2) == SIGUSR2);
    CHECK(go(pid, PTRACE_CONT, SIGUSR2) == SIGSEGV);
    CHECK(!ptrace(PTRACE_GETSIGINFO, pid, NULL, &info) && info.si_code == SEGV_MAPERR &&
          info.si_addr == (void *)8);
    CHECK(go(pid, PTRACE_CONT, SIGSEGV) == 2000 + SIGSEGV);
}

static void vectors_work(void)
{
    double in = 1.5, out;

    __asm__ volatile("movsd %1,%%xmm5\n int3\n movsd %%xmm5,%0" : "=m"(out) : "m"(in) : "xmm5");
    _exit(out == 2.25 ? 3 : 5);
}

static void vectors(void)
{
    pid_t pid = traced_child(vectors_work);
    struct user_fpregs_struct f;
    double d;

    CHECK(go(pid, PTRACE_CONT, 0) == SIGTRAP);
    CHECK(!ptrace(PTRACE_GETFPREGS, pid, NULL, &f));
    memcpy(&d, &f.xmm_space[20], sizeof d);
    CHECK(d == 1.5 && f.cwd == 0x37f && f.mxcsr == 0x1f80);
    d = 2.25;
    memcpy(&f.xmm_space[20], &d, sizeof d);
    CHECK(!ptrace(PTRACE_SETFPREGS, pid, NULL, &f));
    CHECK(go(pid, PTRACE_CONT, 0) == 1003);
}

static void exec_work(void)
{
    execl(self, self, "child", NULL);
    _exit(99);
}

static void execs(void)
{
    pid_t pid = traced_child(exec_work);
    struct user_regs_struct r;

    CHECK(go(pid, PTRACE_CONT, 0) == SIGTRAP);
    r = regs_of(pid);
    CHECK(ptrace(PTRACE_PEEKDATA, pid, (void *)r.rsp, NULL) == 2); /* argc */
    CHECK(go(pid, PTRACE_CONT, 0) == 1023);
}

static void attach(void)
{
    int fds[2], status, go_on = 0;
    pid_t pid;
    char b;

    CHECK(!pipe(fds));
    pid = fork();
    if (!pid) {
        shared = 31;
        if (write(fds[1], "", 1) != 1)
            _exit(1);
        while (shared == 31)
            go_on++;
        _exit((int)shared);
    }
    CHECK(read(fds[0], &b, 1) == 1);
    CHECK(!ptrace(PTRACE_ATTACH, pid, NULL, NULL));
    CHECK(waitpid(pid, &status, 0) == pid && WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
    CHECK(ptrace(PTRACE_PEEKDATA, pid, &shared, NULL) == 31);
    CHECK(regs_of(pid).rsp != 0);
    CHECK(!ptrace(PTRACE_POKEDATA, pid, &shared, (void *)44L));
    CHECK(!ptrace(PTRACE_DETACH, pid, NULL, NULL));
    CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 44);
    errno = 0;
    CHECK(ptrace(PTRACE_PEEKDATA, getppid(), &shared, NULL) == -1 && errno == ESRCH);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        return 23;
    self = argv[0];
    RUN(registers);
    RUN(breakpoint);
    RUN(steps);
    RUN(calls);
    RUN(signals);
    RUN(vectors);
    RUN(execs);
    RUN(attach);
    return done();
}
