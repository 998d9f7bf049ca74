/*
 * ptrace.c - a tracer and its child: registers, memory, breakpoints in code that has run, single
 * steps, system calls, signals, exec, attach and detach.
 */
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
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

/* ---- processes and threads of the traced one ---- */

#define EVENT_STOP 128
#define ALL_EVENTS                                                                                 \
    (PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC |         \
     PTRACE_O_TRACEVFORKDONE | PTRACE_O_TRACEEXIT | PTRACE_O_EXITKILL)

static void *thread_work(void *arg)
{
    return arg;
}

static void makes_children(void)
{
    pthread_t thread;
    int status;

    if (!fork())
        _exit(3);
    wait(&status);
    if (!vfork())
        _exit(4);
    wait(&status);
    pthread_create(&thread, NULL, thread_work, NULL);
    pthread_join(thread, NULL);
    if (!fork())
        raise(SIGKILL);
    wait(&status);
    execl(self, self, "child", NULL);
    _exit(99);
}

static struct {
    int event[8], news, stops, codes, numbers, ended, status, killed;
} seen;

/* The events of one stop. */
static void look(pid_t pid, int status)
{
    const int event = status >> 16;
    unsigned long message = 0;
    siginfo_t info;

    CHECK(!ptrace(PTRACE_GETEVENTMSG, pid, NULL, &message));
    CHECK(!ptrace(PTRACE_GETSIGINFO, pid, NULL, &info));
    seen.codes += info.si_code == (SIGTRAP | event << 8) && info.si_signo == SIGTRAP;
    if (event >= 8)
        return;
    seen.event[event]++;
    if (event <= PTRACE_EVENT_CLONE) {
        long nr = (long)regs_of(pid).orig_rax;

        seen.numbers += nr == SYS_fork || nr == SYS_vfork || nr == SYS_clone || nr == SYS_clone3;
        CHECK((pid_t)message > 0 && (pid_t)message != pid);
    }
    if (event == PTRACE_EVENT_EXIT)
        seen.status += (int)message;
}

/* Until all have ended; new ones begin with `first`. */
static void follow(pid_t leader, int first)
{
    int status, code = -1;
    pid_t pid;

    while ((pid = waitpid(-1, &status, __WALL)) > 0) {
        int sig = 0;

        if (!WIFSTOPPED(status)) {
            seen.ended++;
            seen.killed += WIFSIGNALED(status);
            code = pid == leader ? status : code;
            continue;
        }
        seen.stops++;
        if (status >> 8 == first)
            seen.news++;
        else if (status >> 16)
            look(pid, status);
        else
            sig = WSTOPSIG(status);
        ptrace(PTRACE_CONT, pid, NULL, (void *)(long)sig);
    }
    CHECK(WIFEXITED(code) && WEXITSTATUS(code) == 23);
}

static void check_family(void)
{
    CHECK(seen.event[PTRACE_EVENT_FORK] == 2);
    CHECK(seen.event[PTRACE_EVENT_VFORK] == 1 && seen.event[PTRACE_EVENT_VFORK_DONE] == 1);
    CHECK(seen.event[PTRACE_EVENT_CLONE] == 1 && seen.event[PTRACE_EVENT_EXEC] == 1);
    CHECK(seen.event[PTRACE_EVENT_EXIT] == 5);
    CHECK(seen.status == (3 << 8) + (4 << 8) + (23 << 8) + SIGKILL);
    CHECK(seen.numbers == 4 && seen.news == 4 && seen.ended == 5 && seen.killed == 1);
    CHECK(seen.codes == 11);
}

static void family(void)
{
    pid_t pid = traced_child(makes_children);

    memset(&seen, 0, sizeof seen);
    CHECK(!ptrace(PTRACE_SETOPTIONS, pid, NULL, (void *)(long)ALL_EVENTS));
    CHECK(!ptrace(PTRACE_CONT, pid, NULL, NULL));
    follow(pid, SIGSTOP);
    check_family();
}

/* ---- seized: no stop of its own ---- */

static int out[2], in[2];

static pid_t child_that(void (*fn)(void))
{
    pid_t pid;

    CHECK(!pipe(out) && !pipe(in));
    pid = fork();
    if (pid)
        return pid;
    fn();
    _exit(0);
}

static void told_to_make_children(void)
{
    char b;

    if (read(in[0], &b, 1) == 1)
        makes_children();
}

static void seized_family(void)
{
    pid_t pid = child_that(told_to_make_children);

    memset(&seen, 0, sizeof seen);
    CHECK(ptrace(PTRACE_SEIZE, pid, 1L, (void *)0L) == -1 && errno == EIO);
    CHECK(!ptrace(PTRACE_SEIZE, pid, NULL, (void *)(long)ALL_EVENTS));
    CHECK(waitpid(pid, NULL, WNOHANG | __WALL) == 0);
    CHECK(write(in[1], "", 1) == 1);
    follow(pid, SIGTRAP | EVENT_STOP << 8);
    check_family();
}

static void on_usr1(int sig)
{
    usr2 = sig;
}

static void waits(void)
{
    char b;

    signal(SIGUSR1, on_usr1);
    if (write(out[1], "", 1) != 1)
        return;
    while (read(in[0], &b, 1) != 1) /* SIGUSR1 interrupts it, a stop does not show */
        if (errno != EINTR || !usr2)
            _exit(80);
    shared += 0x20;
    while (shared < 0x100)
        ;
    _exit(usr2 == SIGUSR1 ? 41 : 42);
}

/* The next stop of pid as status >> 8. */
static int next(pid_t pid)
{
    int status = 0;

    CHECK(waitpid(pid, &status, __WALL) == pid);
    return WIFSTOPPED(status) ? status >> 8 : -status;
}

static int code_of(pid_t pid)
{
    siginfo_t info = {0};

    CHECK(!ptrace(PTRACE_GETSIGINFO, pid, NULL, &info));
    return info.si_code;
}

static int interrupted(pid_t pid)
{
    CHECK(!ptrace(PTRACE_INTERRUPT, pid, NULL, NULL));
    return next(pid);
}

static void seized(void)
{
    const int trap = SIGTRAP | EVENT_STOP << 8, group = SIGSTOP | EVENT_STOP << 8;
    pid_t pid = child_that(waits);
    char b;

    CHECK(read(out[0], &b, 1) == 1);
    CHECK(ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) == -1 && errno == ESRCH);
    CHECK(!ptrace(PTRACE_SEIZE, pid, NULL, NULL));
    CHECK(ptrace(PTRACE_PEEKDATA, pid, &shared, NULL) == -1 && errno == ESRCH); /* it runs */
    CHECK(interrupted(pid) == trap && code_of(pid) == trap);                    /* inside read() */
    CHECK(ptrace(PTRACE_PEEKDATA, pid, &shared, NULL) == shared);
    CHECK(!ptrace(PTRACE_CONT, pid, NULL, NULL));
    kill(pid, SIGUSR1);
    CHECK(next(pid) == SIGUSR1 && code_of(pid) == SI_USER);
    CHECK(ptrace(PTRACE_LISTEN, pid, NULL, NULL) == -1 && errno == EIO);
    CHECK(!ptrace(PTRACE_CONT, pid, NULL, (void *)(long)SIGUSR1));
    CHECK(write(in[1], "", 1) == 1);
    do
        CHECK(interrupted(pid) == trap); /* in a loop */
    while (ptrace(PTRACE_PEEKDATA, pid, &shared, NULL) == shared &&
           !ptrace(PTRACE_CONT, pid, NULL, NULL));
    CHECK(!ptrace(PTRACE_CONT, pid, NULL, NULL));
    /* Job control: the signal, the stop, listening, going on. */
    kill(pid, SIGSTOP);
    CHECK(next(pid) == SIGSTOP);
    CHECK(!ptrace(PTRACE_CONT, pid, NULL, (void *)(long)SIGSTOP));
    CHECK(next(pid) == group && code_of(pid) == group);
    CHECK(!ptrace(PTRACE_LISTEN, pid, NULL, NULL));
    usleep(20000);
    CHECK(waitpid(pid, NULL, WNOHANG | __WALL) == 0);
    kill(pid, SIGCONT);
    CHECK(next(pid) == trap);
    CHECK(!ptrace(PTRACE_CONT, pid, NULL, NULL));
    CHECK(next(pid) == SIGCONT);
    CHECK(!ptrace(PTRACE_POKEDATA, pid, &shared, (void *)0x100L));
    CHECK(!ptrace(PTRACE_DETACH, pid, NULL, (void *)(long)SIGCONT));
    CHECK(next(pid) == -(41 << 8));
}

static void sleeps(void)
{
    struct timespec t = {0, 300000000};

    if (write(out[1], "", 1) != 1 || nanosleep(&t, NULL) || write(out[1], "", 1) != 1)
        _exit(1);
    pause();
    _exit(2);
}

/* A stop does not end what waits. */
static void seized_waiting(void)
{
    const int trap = SIGTRAP | EVENT_STOP << 8;
    pid_t pid = child_that(sleeps);
    char b;

    CHECK(read(out[0], &b, 1) == 1);
    usleep(20000);
    CHECK(!ptrace(PTRACE_SEIZE, pid, NULL, NULL));
    CHECK(interrupted(pid) == trap);
    CHECK(!ptrace(PTRACE_CONT, pid, NULL, NULL));
    CHECK(read(out[0], &b, 1) == 1);
    usleep(20000);
    for (int i = 0; i < 3; i++) {
        CHECK(interrupted(pid) == trap);
        CHECK(!ptrace(PTRACE_CONT, pid, NULL, NULL));
        usleep(10000);
    }
    kill(pid, SIGTERM);
    CHECK(next(pid) == SIGTERM);
    CHECK(!ptrace(PTRACE_CONT, pid, NULL, (void *)(long)SIGTERM));
    CHECK(next(pid) == -SIGTERM);
}

static void stops_itself(void)
{
    raise(SIGSTOP);
    _exit(17);
}

/* strace's way: the child has stopped before it is seized. */
static void seized_stopped(void)
{
    const int trap = SIGTRAP | EVENT_STOP << 8, group = SIGSTOP | EVENT_STOP << 8;
    pid_t pid = child_that(stops_itself);
    int status, s;

    CHECK(waitpid(pid, &status, WSTOPPED) == pid && WIFSTOPPED(status));
    CHECK(!ptrace(PTRACE_SEIZE, pid, NULL, (void *)(long)PTRACE_O_TRACESYSGOOD));
    CHECK(next(pid) == group);
    CHECK(!ptrace(PTRACE_LISTEN, pid, NULL, NULL));
    kill(pid, SIGCONT);
    while ((s = next(pid)) > 0)
        ptrace(PTRACE_CONT, pid, NULL, (void *)(long)(s == trap ? 0 : s));
    CHECK(s == -(17 << 8));
}

static void two_traps_and_out(void)
{
    __asm__ volatile("int3");
    raise(SIGUSR1);
    _exit(19);
}

static siginfo_t waited(pid_t pid, int options)
{
    siginfo_t info;

    memset(&info, 0x55, sizeof info);
    CHECK(waitid(P_PID, (id_t)pid, &info, options) == 0);
    CHECK(info.si_signo == SIGCHLD && info.si_errno == 0 && info.si_pid == pid &&
          info.si_uid == getuid());
    return info;
}

/* The same stops and the end by waitid, looked at first: what is only looked at stays. */
static void by_waitid(void)
{
    static const struct {
        int code, status;
    } want[] = {{CLD_TRAPPED, SIGTRAP}, {CLD_TRAPPED, SIGUSR1}, {CLD_EXITED, 19}};
    pid_t pid = traced_child(two_traps_and_out);
    siginfo_t info = {0}, t;
    int status;

    CHECK(waitid(P_PID, (id_t)pid, &info, WSTOPPED | WNOHANG) == 0 && !info.si_pid);
    for (int i = 0; i < 3; i++) {
        int options = i == 2 ? WEXITED : i == 1 ? WSTOPPED | WEXITED : WSTOPPED;

        CHECK(!ptrace(PTRACE_CONT, pid, NULL, NULL));
        for (int look = 0; look < 3; look++) {
            info = waited(pid, look < 2 ? options | WNOWAIT : options);
            CHECK(info.si_code == want[i].code && info.si_status == want[i].status);
            if (i < 2)
                CHECK(!ptrace(PTRACE_GETSIGINFO, pid, NULL, &t) && t.si_signo == info.si_status &&
                      regs_of(pid).cs == 0x33);
        }
        info.si_pid = 0;
        if (i < 2)
            CHECK(waitid(P_PID, (id_t)pid, &info, options | WNOHANG) == 0 && !info.si_pid);
    }
    CHECK(waitid(P_PID, (id_t)pid, &info, WEXITED) == -1 && errno == ECHILD);
    /* Looked at by the one, taken by the other; system calls and events; no room for the answer. */
    pid = traced_child(two_traps_and_out);
    CHECK(!ptrace(PTRACE_SETOPTIONS, pid, NULL,
                  (void *)(long)(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXIT)));
    CHECK(!ptrace(PTRACE_CONT, pid, NULL, NULL));
    CHECK(waited(pid, WSTOPPED | WNOWAIT).si_status == SIGTRAP);
    CHECK(waitpid(pid, &status, 0) == pid && status == (SIGTRAP << 8 | 0x7f));
    CHECK(!ptrace(PTRACE_SYSCALL, pid, NULL, NULL));
    info = waited(pid, WSTOPPED);
    CHECK(info.si_code == CLD_TRAPPED && info.si_status == (SIGTRAP | 0x80));
    do {
        CHECK(!ptrace(PTRACE_CONT, pid, NULL, NULL));
        info = waited(pid, WSTOPPED | WEXITED);
        CHECK(info.si_code == CLD_TRAPPED);
    } while (info.si_status == SIGUSR1);
    CHECK(info.si_status == (SIGTRAP | PTRACE_EVENT_EXIT << 8));
    CHECK(!ptrace(PTRACE_CONT, pid, NULL, NULL));
    CHECK(waitid(P_ALL, 0, NULL, WEXITED) == 0 && waitpid(pid, &status, 0) == -1);
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
    RUN(family);
    RUN(seized_family);
    RUN(seized);
    RUN(seized_waiting);
    RUN(seized_stopped);
    RUN(by_waitid);
    return done();
}
