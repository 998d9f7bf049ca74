/*
 * policy.c - seccomp and system call user dispatch for guest threads. Filters are never freed: a
 * thread's chain only grows, and other threads and processes may share it. SIGSYS comes with
 * RAX still holding the number.
 */
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "linux/policy.h"

#define ARCH_X86_64 0xc000003eu /* AUDIT_ARCH_X86_64 */
#define INSNS_MAX 4096
#define PATH_COST_MAX 32768 /* the kernel's limit: all instructions, and 4 for each filter */
#define CAP_SYS_ADMIN_BIT 21
#define CODE_SECCOMP 1       /* si_code SYS_SECCOMP */
#define CODE_USER_DISPATCH 2 /* si_code SYS_USER_DISPATCH */
#define FLAG_TSYNC 1u
#define FLAG_LOG 2u
#define FLAG_SPEC_ALLOW 4u
#define DISPATCH_ALLOW 0
#define DISPATCH_BLOCK 1
#define X_READ 0
#define X_WRITE 1
#define X_RT_SIGRETURN 15
#define X_EXIT 60
#define DATA 0xffffu
#define ACTION 0xffff0000u
#define RET_KILL_PROCESS 0x80000000u
#define RET_KILL_THREAD 0u
#define RET_TRAP 0x00030000u
#define RET_ERRNO 0x00050000u
#define RET_TRACE 0x7ff00000u
#define RET_LOG 0x7ffc0000u
#define RET_ALLOW 0x7fff0000u
#define ERRNO_MAX 4095u

struct filter {
    const struct filter *older;
    u32 cost; /* of the chain */
    u32 count;
    struct bpf_insn insns[];
};
/* One of them per kind is enough: no filter says the same as one that allows all. */
static const struct filter strict_mode;

struct sys_info { /* siginfo of SIGSYS */
    i32 signo, err, code, pad;
    gaddr addr;
    i32 nr;
    u32 arch;
    u8 rest[96];
};
_Static_assert(sizeof(struct sys_info) == 128, "siginfo_t");

/* At a SYSCALL instruction it is delivered at once; in a wrapped syscall(3), at the next safe
 * point. */
static void raise_sigsys(struct x86_cpu *c, int code, int err, u64 nr, bool direct)
{
    struct sys_info info = {.signo = SIGSYS,
                            .err = err,
                            .code = code,
                            .addr = c->rip,
                            .nr = (i32)nr,
                            .arch = ARCH_X86_64};

    if (direct)
        sig_force(c, SIGSYS, &info);
    else
        host_syscall(__NR_rt_tgsigqueueinfo, (u64)getpid(), (u64)thr_of(c)->tid, SIGSYS, h2g(&info),
                     0, 0);
}

/* ---- seccomp ---- */

/* The strictest answer of all filters; of equal ones the newest filter's. */
static u32 run_filters(const struct filter *f, const struct bpf_data *d)
{
    u32 result = RET_ALLOW;

    for (; f; f = f->older) {
        const u32 r = bpf_run(f->insns, d);
        if ((i32)(r & ACTION) < (i32)(result & ACTION))
            result = r;
    }
    return result;
}

static bool run_strict(u64 nr)
{
    if (nr != X_READ && nr != X_WRITE && nr != X_EXIT && nr != X_RT_SIGRETURN)
        sig_terminate(SIGKILL);
    return true;
}

static bool check_filters(struct x86_cpu *c, u64 nr, const u64 *a, bool direct, i64 *result)
{
    const struct filter *f = thr_of(c)->filters;
    struct bpf_data d = {.nr = (i32)nr, .arch = ARCH_X86_64, .ip = c->rip};
    u32 r, data;

    if (f == &strict_mode)
        return run_strict(nr);
    memcpy(d.args, a, sizeof d.args);
    r = run_filters(f, &d);
    data = r & DATA;
    switch (r & ACTION) {
    case RET_ALLOW:
    case RET_LOG: return true;
    case RET_ERRNO: *result = -(i64)(data < ERRNO_MAX ? data : ERRNO_MAX); return false;
    case RET_TRACE: *result = -ENOSYS; return false; /* as without a tracer */
    case RET_TRAP:
        raise_sigsys(c, CODE_SECCOMP, (int)data, nr, direct);
        *result = direct ? POLICY_SIGNALLED : -ENOSYS;
        return false;
    case RET_KILL_THREAD:
        if (thr_count() > 1)
            thr_exit(SIGSYS);
        sig_terminate(SIGSYS);
    default: sig_terminate(SIGSYS); /* KILL_PROCESS, and what no kernel knows */
    }
}

bool policy_knows(u32 action)
{
    return action == RET_ALLOW || action == RET_LOG || action == RET_ERRNO || action == RET_TRAP ||
           action == RET_TRACE || action == RET_KILL_THREAD || action == RET_KILL_PROCESS;
}

i64 policy_seccomp_mode(const struct thr *t)
{
    return !t->filters ? 0 : t->filters == &strict_mode ? 1 : 2;
}

i64 policy_set_strict(struct x86_cpu *c)
{
    struct thr *t = thr_of(c);

    if (t->filters && t->filters != &strict_mode)
        return -EINVAL;
    t->filters = &strict_mode;
    return 0;
}

static bool may_filter(void)
{
    u32 header[2] = {0x20080522, 0}; /* _LINUX_CAPABILITY_VERSION_3 */
    u32 data[6] = {0};

    if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1)
        return true;
    host_syscall(__NR_capget, h2g(header), h2g(data), 0, 0, 0, 0);
    return data[0] & 1u << CAP_SYS_ADMIN_BIT;
}

struct sync {
    const struct filter *from, *to;
    int other; /* a thread with other filters */
};

/* A thread may be taken along when its filters are among the caller's. */
static void check_sync(struct thr *t, void *arg)
{
    struct sync *s = arg;

    for (const struct filter *f = s->from; f; f = f->older)
        if (f == t->filters)
            return;
    if (t->filters)
        s->other = t->tid;
}

static void do_sync(struct thr *t, void *arg)
{
    __atomic_store_n(&t->filters, ((struct sync *)arg)->to, __ATOMIC_RELEASE);
}

static i64 add_filter(struct x86_cpu *c, struct filter *f, bool sync)
{
    struct thr *t = thr_of(c);
    struct sync s = {.from = t->filters, .to = f};

    f->older = t->filters;
    f->cost = f->count + (f->older ? f->older->cost + 4 : 0);
    if (f->cost > PATH_COST_MAX)
        return -ENOMEM;
    if (sync) {
        thr_each(check_sync, &s);
        if (s.other)
            return s.other;
        thr_each(do_sync, &s);
    }
    t->filters = f;
    return 0;
}

static struct filter *new_filter(u32 count)
{
    struct filter *f = calloc(1, sizeof *f + count * sizeof f->insns[0]);

    if (f)
        f->count = count;
    return f;
}

i64 policy_set_filter(struct x86_cpu *c, u64 flags, gaddr prog)
{
    struct { /* struct sock_fprog */
        u16 count, pad[3];
        gaddr insns;
    } p;
    struct filter *f;
    i64 r = -EINVAL;

    if (flags & ~(u64)(FLAG_TSYNC | FLAG_LOG | FLAG_SPEC_ALLOW))
        return -EINVAL; /* also a listener: nobody here could answer it */
    if (thr_of(c)->filters == &strict_mode)
        return -EINVAL;
    if (!sig_read(&p, prog, sizeof p))
        return -EFAULT;
    if (!p.count || p.count > INSNS_MAX)
        return -EINVAL;
    if (!may_filter())
        return -EACCES;
    f = new_filter(p.count);
    if (!f)
        return -ENOMEM;
    if (!sig_read(f->insns, p.insns, p.count * sizeof f->insns[0]))
        r = -EFAULT;
    else if (bpf_valid(f->insns, p.count))
        r = add_filter(c, f, flags & FLAG_TSYNC);
    if (r)
        free(f);
    return r;
}

/* ---- over an execve: a memfd with the number of filters (0: strict mode), then each, newest
 * first, as its length and instructions ---- */

static bool put(int fd, const void *data, size_t n)
{
    return write(fd, data, n) == (ssize_t)n;
}

int policy_save(void)
{
    const struct thr *t = thr_self();
    u32 n = 0;
    int fd;
    bool good;

    if (!t || !t->filters)
        return -1;
    fd = memfd_create("box64-filters", 0);
    if (fd < 0)
        die("no descriptor for the seccomp filters of a new program");
    for (const struct filter *f = t->filters; f && f != &strict_mode; f = f->older)
        n++;
    good = put(fd, &n, sizeof n);
    for (const struct filter *f = t->filters; n && f; f = f->older)
        good = good && put(fd, &f->count, sizeof f->count) &&
               put(fd, f->insns, f->count * sizeof f->insns[0]);
    if (!good)
        die("the seccomp filters of a new program cannot be handed on");
    lseek(fd, 0, SEEK_SET);
    return fd;
}

static bool get(int fd, void *data, size_t n)
{
    return read(fd, data, n) == (ssize_t)n;
}

static const struct filter *load_chain(int fd)
{
    struct filter *first = NULL, **end = &first;
    u32 n, count;

    if (!get(fd, &n, sizeof n))
        return NULL;
    if (!n)
        return &strict_mode;
    for (; n; n--) {
        struct filter *f;

        if (!get(fd, &count, sizeof count) || !count || count > INSNS_MAX ||
            !(f = new_filter(count)))
            return NULL;
        *end = f;
        end = (struct filter **)(uintptr_t)&f->older;
        if (!get(fd, f->insns, count * sizeof f->insns[0]) || !bpf_valid(f->insns, count))
            return NULL;
        f->cost = count; /* the way to the oldest is not known yet; only the limit depends on it */
    }
    return first;
}

void policy_load(int fd)
{
    const struct filter *f = load_chain(fd);

    if (!f)
        die("the seccomp filters of this program cannot be read");
    close(fd);
    thr_self()->filters = f;
}

/* ---- user dispatch ---- */

i64 policy_set_dispatch(struct x86_cpu *c, const u64 *a)
{
    struct thr *t = thr_of(c);
    u8 byte;

    if (a[1] == 0) {
        if (a[2] || a[3] || a[4])
            return -EINVAL;
        t->dispatch.on = false;
        return 0;
    }
    if (a[1] != 1 || (a[2] && a[2] + a[3] <= a[2]))
        return -EINVAL;
    if (a[4] && !sig_read(&byte, a[4], 1))
        return -EFAULT;
    t->dispatch = (struct thr_dispatch){.on = true, .start = a[2], .len = a[3], .selector = a[4]};
    return 0;
}

/* True: the guest's own handler makes the call. */
static bool dispatched(struct x86_cpu *c, u64 nr)
{
    const struct thr_dispatch *d = &thr_of(c)->dispatch;
    u8 state = DISPATCH_BLOCK;

    if (c->rip - d->start < d->len)
        return false;
    if (d->selector && !sig_read(&state, d->selector, 1))
        sig_terminate(SIGSEGV);
    if (state == DISPATCH_ALLOW)
        return false;
    if (state != DISPATCH_BLOCK)
        sig_terminate(SIGSYS);
    raise_sigsys(c, CODE_USER_DISPATCH, 0, nr, true);
    return true;
}

bool policy_check(struct x86_cpu *c, u64 nr, const u64 *a, bool direct, i64 *result)
{
    struct thr *t = thr_of(c);

    if (t->dispatch.on && direct && dispatched(c, nr)) {
        *result = POLICY_SIGNALLED;
        return false;
    }
    return !t->filters || check_filters(c, nr, a, direct, result);
}

void policy_after_fork(struct thr *t)
{
    t->dispatch.on = false;
}
