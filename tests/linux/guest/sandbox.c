/*
 * sandbox.c - seccomp filters and strict mode, over threads, fork and execve; system call user
 * dispatch. Each case in a child, as a filter stays. Raw system calls: what is filtered are the
 * guest's own.
 */
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include "check.h"

#ifndef PR_SET_SYSCALL_USER_DISPATCH
#define PR_SET_SYSCALL_USER_DISPATCH 59
#endif
#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define IF_EQUAL(k, skip) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, k, 0, skip)
#define ANSWER(k) BPF_STMT(BPF_RET | BPF_K, k)

static const char *self;

static long install(struct sock_filter *f, unsigned n, unsigned flags)
{
    struct sock_fprog p = {.len = (unsigned short)n, .filter = f};

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        return -1;
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &p);
}

/* Answers `action` to getppid with that first argument, ALLOW to all else, KILL to a foreign
 * architecture. */
static long answer_getppid(unsigned action, unsigned arg)
{
    struct sock_filter f[] = {LOAD(arch),
                              IF_EQUAL(AUDIT_ARCH_X86_64, 5),
                              LOAD(nr),
                              IF_EQUAL(SYS_getppid, 4),
                              LOAD(args[0]),
                              IF_EQUAL(arg, 2),
                              ANSWER(action),
                              ANSWER(SECCOMP_RET_KILL_PROCESS),
                              ANSWER(SECCOMP_RET_ALLOW)};
    return install(f, sizeof f / sizeof f[0], 0);
}

/* The child's exit status, or 1000 + the signal. */
static int child(int (*fn)(void))
{
    int status;
    pid_t pid = fork();

    if (!pid)
        _exit(fn());
    if (waitpid(pid, &status, 0) != pid)
        return -1;
    return WIFSIGNALED(status) ? 1000 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int errno_case(void)
{
    if (prctl(PR_GET_SECCOMP) != 0 || answer_getppid(SECCOMP_RET_ERRNO | EXDEV, 7) ||
        prctl(PR_GET_SECCOMP) != 2)
        return 1;
    errno = 0;
    if (syscall(SYS_getppid, 7L) != -1 || errno != EXDEV)
        return 2;
    if (syscall(SYS_getppid, 8L) <= 0)
        return 3;
    /* The strictest of two answers. */
    if (answer_getppid(SECCOMP_RET_ALLOW, 7) || syscall(SYS_getppid, 7L) != -1 || errno != EXDEV)
        return 4;
    if (answer_getppid(SECCOMP_RET_ERRNO | 9999, 9) || syscall(SYS_getppid, 9L) != -1 ||
        errno != 4095)
        return 5;
    return 0;
}

static void *thread_case(void *arg)
{
    (void)arg;
    return (void *)(long)(syscall(SYS_getppid, 7L) == -1 && errno == EXDEV);
}

static int inherit_case(void)
{
    pthread_t t;
    void *good;
    int status;

    if (answer_getppid(SECCOMP_RET_ERRNO | EXDEV, 7))
        return 1;
    pthread_create(&t, NULL, thread_case, NULL);
    pthread_join(t, &good);
    if (!good)
        return 2;
    if (!fork()) {
        execl(self, self, "filtered", NULL);
        _exit(9);
    }
    wait(&status);
    return status ? 3 : 0;
}

static int kill_case(void)
{
    answer_getppid(SECCOMP_RET_KILL_PROCESS, 7);
    syscall(SYS_getppid, 7L);
    return 1;
}

static int kill_last_thread_case(void)
{
    answer_getppid(SECCOMP_RET_KILL_THREAD, 7);
    syscall(SYS_getppid, 7L);
    return 1;
}

static volatile int trapped;

static void on_sys(int sig, siginfo_t *info, void *uc)
{
    ucontext_t *c = uc;

    trapped = sig == SIGSYS && info->si_code == 1 && info->si_errno == 77 &&
              info->si_syscall == SYS_getppid && info->si_arch == AUDIT_ARCH_X86_64 &&
              (long)info->si_call_addr == c->uc_mcontext.gregs[REG_RIP] &&
              c->uc_mcontext.gregs[REG_RAX] == SYS_getppid;
    c->uc_mcontext.gregs[REG_RAX] = 4242;
}

static int trap_case(void)
{
    struct sigaction sa = {.sa_sigaction = on_sys, .sa_flags = SA_SIGINFO};

    sigaction(SIGSYS, &sa, NULL);
    if (answer_getppid(SECCOMP_RET_TRAP | 77, 7))
        return 1;
    if (syscall(SYS_getppid, 7L) != 4242)
        return 2;
    return trapped ? 0 : 3;
}

static int blocked_trap_case(void)
{
    struct sigaction sa = {.sa_sigaction = on_sys, .sa_flags = SA_SIGINFO};
    sigset_t set;

    sigaction(SIGSYS, &sa, NULL);
    sigemptyset(&set);
    sigaddset(&set, SIGSYS);
    sigprocmask(SIG_BLOCK, &set, NULL);
    answer_getppid(SECCOMP_RET_TRAP, 7);
    syscall(SYS_getppid, 7L);
    return 1;
}

static int strict_case(void)
{
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_STRICT, 0, NULL))
        return 1;
    if (syscall(SYS_write, 1, "", 0L))
        syscall(SYS_exit, 2);
    syscall(SYS_exit, 33);
    return 3;
}

static int strict_kill_case(void)
{
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
    syscall(SYS_getpid);
    return 1;
}

static int fails_with(int err, struct sock_filter *f, unsigned n, unsigned flags)
{
    errno = 0;
    return install(f, n, flags) == -1 && errno == err;
}

static int bad_case(void)
{
    struct sock_filter no_end[] = {LOAD(nr)},
                       unaligned[] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 2), ANSWER(0)},
                       far[] = {IF_EQUAL(1, 9), ANSWER(0)},
                       bytes[] = {BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0), ANSWER(0)},
                       by_zero[] = {BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 0), ANSWER(0)},
                       good[] = {ANSWER(SECCOMP_RET_ALLOW)};
    unsigned action = SECCOMP_RET_ERRNO, odd = 0x12340000;

    return !(fails_with(EINVAL, no_end, 1, 0) && fails_with(EINVAL, unaligned, 2, 0) &&
             fails_with(EINVAL, far, 2, 0) && fails_with(EINVAL, bytes, 2, 0) &&
             fails_with(EINVAL, by_zero, 2, 0) && fails_with(EINVAL, good, 0, 0) &&
             fails_with(EINVAL, good, 1, 0x8000) && fails_with(EFAULT, (void *)8, 1, 0) &&
             !syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) &&
             syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &odd) == -1 && errno == EOPNOTSUPP);
}

/* All of the machine: sums, shifts, memory, X, every jump. Errno 5 where it counts as it should, 6
 * where a jump was taken. */
static int arithmetic_case(void)
{
    struct sock_filter f[] = {LOAD(nr),
                              IF_EQUAL(SYS_getppid, 20),
                              LOAD(args[0]), /* A: 7 */
                              BPF_STMT(BPF_ST, 3),
                              BPF_STMT(BPF_LDX | BPF_MEM, 3),            /* X: 7 */
                              BPF_STMT(BPF_ALU | BPF_MUL | BPF_X, 0),    /* 49 */
                              BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 4),    /* 784 */
                              BPF_STMT(BPF_ALU | BPF_DIV | BPF_X, 0),    /* 112 */
                              BPF_STMT(BPF_ALU | BPF_OR | BPF_K, 3),     /* 115 */
                              BPF_STMT(BPF_ALU | BPF_XOR | BPF_K, 0xff), /* 140 */
                              BPF_STMT(BPF_ALU | BPF_SUB | BPF_K, 150),
                              BPF_STMT(BPF_ALU | BPF_NEG, 0), /* 10 */
                              BPF_STMT(BPF_STX, 15),
                              BPF_STMT(BPF_MISC | BPF_TAX, 0),
                              BPF_STMT(BPF_LD | BPF_MEM, 15), /* X 10, A 7 */
                              BPF_JUMP(BPF_JMP | BPF_JGT | BPF_X, 0, 5, 0),
                              BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 7, 0, 4),
                              BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 8, 3, 0),
                              BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0),
                              IF_EQUAL(64, 1),
                              ANSWER(SECCOMP_RET_ERRNO | 5),
                              ANSWER(SECCOMP_RET_ERRNO | 6),
                              ANSWER(SECCOMP_RET_ALLOW)};

    if (install(f, sizeof f / sizeof f[0], 0))
        return 1;
    if (syscall(SYS_getppid, 7L) != -1 || errno != 5)
        return 2;
    return syscall(SYS_getppid, 8L) == -1 && errno == 6 ? 0 : 3;
}

static volatile char selector;
static volatile int dispatched_nr;

static void on_dispatch(int sig, siginfo_t *info, void *uc)
{
    (void)sig;
    selector = 0;
    dispatched_nr = info->si_code == 2 ? info->si_syscall : -1;
    ((ucontext_t *)uc)->uc_mcontext.gregs[REG_RAX] = 99;
}

static int dispatch_case(void)
{
    struct sigaction sa = {.sa_sigaction = on_dispatch, .sa_flags = SA_SIGINFO};
    long r;

    sigaction(SIGSYS, &sa, NULL);
    if (prctl(PR_SET_SYSCALL_USER_DISPATCH, 1, 0, 0, &selector))
        return 1;
    if (getppid() <= 0)
        return 2;
    selector = 1;
    r = syscall(500L);
    if (r != 99 || dispatched_nr != 500)
        return 3;
    if (!fork()) { /* off in the child */
        selector = 1;
        _exit(syscall(SYS_getppid) > 0 ? 0 : 1);
    }
    wait((int *)&dispatched_nr);
    if (dispatched_nr)
        return 4;
    if (prctl(PR_SET_SYSCALL_USER_DISPATCH, 1, -16L, 32L, &selector) != -1 || errno != EINVAL)
        return 5;
    if (prctl(PR_SET_SYSCALL_USER_DISPATCH, 0, 0, 0, 0))
        return 6;
    selector = 1;
    return getppid() > 0 ? 0 : 7;
}

static void filters(void)
{
    CHECK(child(errno_case) == 0);
    CHECK(child(inherit_case) == 0);
    CHECK(child(bad_case) == 0);
    CHECK(child(arithmetic_case) == 0);
}

static void deaths(void)
{
    CHECK(child(kill_case) == 1000 + SIGSYS);
    CHECK(child(kill_last_thread_case) == 1000 + SIGSYS);
    CHECK(child(blocked_trap_case) == 1000 + SIGSYS);
    CHECK(child(strict_case) == 33);
    CHECK(child(strict_kill_case) == 1000 + SIGKILL);
}

static void traps(void)
{
    CHECK(child(trap_case) == 0);
    CHECK(child(dispatch_case) == 0);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        return !(syscall(SYS_getppid, 7L) == -1 && errno == EXDEV && prctl(PR_GET_SECCOMP) == 2);
    self = argv[0];
    RUN(filters);
    RUN(deaths);
    RUN(traps);
    return done();
}
