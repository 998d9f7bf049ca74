/*
 * sys_thread.c - clone in its three shapes: a thread, a vfork child (in the parent's memory until
 * exec or exit), a fork.
 */
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "interp/interp.h"
#include "linux/local.h"
#include "linux/policy.h"
#include "linux/trace.h"
#include "mem/mem.h"

#define VFORK_STACK (512u << 10)
#define SHAPE_THREAD (CLONE_VM | CLONE_SIGHAND | CLONE_THREAD)
#define SHAPE_VFORK (CLONE_VM | CLONE_VFORK)
#define TID_FLAGS (CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID)
/* x86-64's numbers */
#define X_CLONE 56
#define X_FORK 57
#define X_VFORK 58
#define X_CLONE3 435
#define G_CLONE_CLEAR_SIGHAND 0x100000000ull
#define G_CLONE_INTO_CGROUP 0x200000000ull
/* Of a fork's flags, those that say how the guest's registers and memory words are set: the rest is
 * for the host's clone. */
#define GUEST_FLAGS                                                                                \
    (CLONE_VM | CLONE_VFORK | CLONE_SETTLS | TID_FLAGS | CLONE_SIGHAND | CLONE_PTRACE |            \
     CLONE_UNTRACED | CLONE_DETACHED)

struct clone_req {
    u64 flags; /* without the exit signal */
    int exit_signal;
    gaddr stack, parent_tid, child_tid, tls, pidfd;
};

static void set_registers(struct x86_cpu *child, const struct clone_req *q)
{
    child->gpr[X86_RAX] = 0;
    if (q->stack)
        child->gpr[X86_RSP] = q->stack;
    if (q->flags & CLONE_SETTLS)
        child->seg_base[X86_FS] = q->tls;
}

static i64 clone_thread(struct x86_cpu *c, const struct clone_req *q)
{
    struct thr *t;
    i64 tid;

    if ((q->flags & SHAPE_THREAD) != SHAPE_THREAD)
        return -EINVAL;
    t = thr_new(c);
    if (!t)
        return -ENOMEM;
    set_registers(&t->cpu, q);
    if (q->flags & CLONE_CHILD_CLEARTID)
        t->clear_child_tid = q->child_tid;
    if (q->flags & CLONE_CHILD_SETTID)
        t->set_child_tid = q->child_tid;
    tid = thr_start(t, q->flags & CLONE_PARENT_SETTID ? q->parent_tid : 0);
    if (tid < 0)
        thr_free(t);
    return tid;
}

static void write_tid(gaddr at, int tid)
{
    sig_write(at, &tid, sizeof tid);
}

/* In the child process: everything that the kernel would have set. */
static void child_setup(struct thr *t, const struct clone_req *q)
{
    t->clear_child_tid = q->flags & CLONE_CHILD_CLEARTID ? q->child_tid : 0;
    t->robust_list = 0;
    policy_after_fork(t);
    t->trace = NULL;
    if (q->flags & CLONE_CHILD_SETTID)
        write_tid(q->child_tid, t->tid);
    if (q->flags & G_CLONE_CLEAR_SIGHAND)
        sig_clear_handlers();
}

static int vfork_main(void *arg)
{
    struct thr **pair = arg, *t = pair[0];

    thr_current = t;
    t->tid = getpid();
    child_setup(t, (const struct clone_req *)(void *)pair[1]);
    thr_hooks.start(t);
    interp_run(&t->cpu);
    die("vfork child returned");
}

/*
 * The child runs on a host stack of its own and on the parent's host TLS, whose owner sleeps in
 * clone(). Its dispositions are a copy: the kernel has given it a copy of the host's.
 */
static i64 clone_vfork(struct x86_cpu *c, const struct clone_req *q)
{
    struct thr *self = thr_of(c), *t = thr_new(c);
    const void *pair[2] = {t, q};
    int keep = CLONE_FS | CLONE_FILES | CLONE_IO | CLONE_PIDFD | CLONE_PARENT;
    void *stack;
    int pidfd = -1, pid;
    u64 mask;

    if (!t)
        return -ENOMEM;
    stack = mmap(NULL, VFORK_STACK, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (stack == MAP_FAILED || sig_private_actions(t) < 0) {
        thr_free(t);
        return -ENOMEM;
    }
    t->vfork_child = true;
    /* Under QEMU it is a fork: everything is a copy but the code memory, which maps shared. */
    interp_forgo_jit(&t->cpu);
    set_registers(&t->cpu, q);
    mask = thr_host_block_all();
    pid = c->pending ? -SIG_RESTART
                     : clone(vfork_main, (char *)stack + VFORK_STACK,
                             CLONE_VM | CLONE_VFORK | ((int)q->flags & keep) | q->exit_signal, pair,
                             &pidfd, NULL, NULL);
    if (pid == -1)
        pid = -errno;
    thr_current = self;
    exec_forget_scratch();
    munmap(stack, VFORK_STACK);
    thr_free(t);
    thr_host_mask(mask);
    if (pid > 0 && (q->flags & CLONE_PARENT_SETTID))
        write_tid(q->parent_tid, pid);
    if (pid > 0 && (q->flags & CLONE_PIDFD))
        write_tid(q->pidfd, pidfd);
    return pid;
}

/* fork(2) by the host's libc where that can say it all: it brings the host's libc's locks over in
 * order. */
static int host_fork(const struct clone_req *q, int *pidfd)
{
    u64 flags = q->flags & ~(u64)GUEST_FLAGS & 0xffffffff;
    i64 r;

    if (!flags && q->exit_signal == SIGCHLD)
        return fork();
    thr_fork_prepare();
    r = host_syscall(__NR_clone, flags | (u64)q->exit_signal, 0, h2g(pidfd), 0, 0, 0);
    if (r)
        thr_fork_parent();
    else
        thr_fork_child();
    if (r < 0) {
        errno = (int)-r;
        return -1;
    }
    return (int)r;
}

static i64 clone_fork(struct x86_cpu *c, const struct clone_req *q)
{
    u64 mask = thr_host_block_all();
    int pidfd = -1, pid;

    if (c->pending) {
        thr_host_mask(mask);
        return -SIG_RESTART;
    }
    pid = host_fork(q, &pidfd);
    if (!pid) {
        struct thr *t = thr_of(c);

        set_registers(c, q);
        child_setup(t, q);
        sig_child_after_fork();
        return 0;
    }
    if (pid < 0)
        pid = -errno;
    thr_host_mask(mask);
    if (pid > 0 && (q->flags & CLONE_PARENT_SETTID))
        write_tid(q->parent_tid, pid);
    if (pid > 0 && (q->flags & CLONE_PIDFD))
        write_tid(q->pidfd, pidfd);
    return pid;
}

static i64 clone_by_shape(struct x86_cpu *c, const struct clone_req *q)
{
    if ((q->flags & CLONE_SIGHAND) && !(q->flags & CLONE_VM))
        return -EINVAL;
    if (q->flags & CLONE_THREAD)
        return clone_thread(c, q);
    if ((q->flags & SHAPE_VFORK) == SHAPE_VFORK &&
        !(q->flags & (CLONE_NEWNS | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET)))
        return clone_vfork(c, q);
    if (q->flags & CLONE_VM)
        log_debug("clone(%#llx): a process sharing memory is made as a fork",
                  (unsigned long long)q->flags);
    return clone_fork(c, q);
}

static i64 do_clone(struct x86_cpu *c, const struct clone_req *q, u64 call)
{
    i64 r;

    tracee_clones(c, call);
    r = clone_by_shape(c, q);
    tracee_cloned(c); /* the child is not traced, or does not know yet */
    return r;
}

i64 sys_clone(struct x86_cpu *c, const u64 *a)
{
    struct clone_req q = {.flags = (u32)a[0] & ~0xffu,
                          .exit_signal = (int)(a[0] & 0xff),
                          .stack = a[1],
                          .parent_tid = a[2],
                          .child_tid = a[3],
                          .tls = a[4],
                          .pidfd = a[2]};

    return do_clone(c, &q, X_CLONE);
}

i64 sys_fork(struct x86_cpu *c, const u64 *a)
{
    struct clone_req q = {.exit_signal = SIGCHLD};

    (void)a;
    return do_clone(c, &q, X_FORK);
}

i64 sys_vfork(struct x86_cpu *c, const u64 *a)
{
    struct clone_req q = {.flags = SHAPE_VFORK, .exit_signal = SIGCHLD};

    (void)a;
    return do_clone(c, &q, X_VFORK);
}

struct guest_clone_args { /* linux/sched.h */
    u64 flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid,
        set_tid_size, cgroup;
};

i64 sys_clone3(struct x86_cpu *c, const u64 *a)
{
    struct guest_clone_args g;
    struct clone_req q;

    memset(&g, 0, sizeof g);
    if (a[1] < 64) /* CLONE_ARGS_SIZE_VER0 */
        return -EINVAL;
    if (a[1] > sizeof g)
        return -E2BIG;
    if (!sig_read(&g, a[0], a[1]))
        return -EFAULT;
    if ((g.flags & 0xff) || g.set_tid_size || (g.flags & G_CLONE_INTO_CGROUP) ||
        (!g.stack && g.stack_size))
        return -EINVAL;
    q = (struct clone_req){.flags = g.flags,
                           .exit_signal = (int)g.exit_signal,
                           .stack = g.stack ? g.stack + g.stack_size : 0,
                           .parent_tid = g.parent_tid,
                           .child_tid = g.child_tid,
                           .tls = g.tls,
                           .pidfd = g.pidfd};
    return do_clone(c, &q, X_CLONE3);
}

i64 sys_set_tid_address(struct x86_cpu *c, const u64 *a)
{
    struct thr *t = thr_of(c);

    t->clear_child_tid = a[0];
    return t->tid;
}

i64 sys_set_robust_list(struct x86_cpu *c, const u64 *a)
{
    return thr_set_robust_list(thr_of(c), a[0], a[1]);
}

i64 sys_get_robust_list(struct x86_cpu *c, const u64 *a)
{
    u64 len = 24;

    if (a[0] && (int)a[0] != thr_of(c)->tid)
        return HOST(c, __NR_get_robust_list, a[0], a[1], a[2]);
    if (!sig_write(a[1], &thr_of(c)->robust_list, 8) || !sig_write(a[2], &len, 8))
        return -EFAULT;
    return 0;
}
