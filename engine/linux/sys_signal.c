/*
 * sys_signal.c - signal calls: arguments in and out, the work is in engine/signal.
 */
#include <string.h>

#include "linux/local.h"
#include "mem/mem.h"

#define SIGSET_SIZE 8

i64 sys_rt_sigaction(struct x86_cpu *c, const u64 *a)
{
    struct guest_sigaction act, old;
    int r;

    (void)c;
    if (a[3] != SIGSET_SIZE)
        return -EINVAL;
    if (a[1] && !sig_read(&act, a[1], sizeof act))
        return -EFAULT;
    r = sig_action((int)a[0], a[1] ? &act : NULL, &old);
    if (r < 0)
        return r;
    return a[2] && !sig_write(a[2], &old, sizeof old) ? -EFAULT : 0;
}

i64 sys_rt_sigprocmask(struct x86_cpu *c, const u64 *a)
{
    u64 set, old;
    int r;

    (void)c;
    if (a[3] != SIGSET_SIZE)
        return -EINVAL;
    if (a[1] && !sig_read(&set, a[1], sizeof set))
        return -EFAULT;
    r = sig_procmask((int)a[0], a[1] ? &set : NULL, &old);
    if (r < 0)
        return r;
    return a[2] && !sig_write(a[2], &old, sizeof old) ? -EFAULT : 0;
}

i64 sys_rt_sigreturn(struct x86_cpu *c, const u64 *a)
{
    (void)a;
    return sig_return(c);
}

i64 sys_sigaltstack(struct x86_cpu *c, const u64 *a)
{
    struct guest_sigaltstack ss, old;
    int r;

    (void)c;
    if (a[0] && !sig_read(&ss, a[0], sizeof ss))
        return -EFAULT;
    r = sig_altstack(a[0] ? &ss : NULL, &old);
    if (r < 0)
        return r;
    return a[1] && !sig_write(a[1], &old, sizeof old) ? -EFAULT : 0;
}

i64 sys_rt_sigpending(struct x86_cpu *c, const u64 *a)
{
    u64 set = 0;
    i64 r;

    if (a[1] > SIGSET_SIZE)
        return -EINVAL;
    r = HOST(c, __NR_rt_sigpending, h2g(&set), SIGSET_SIZE);
    if (r < 0)
        return r;
    set |= sig_pending();
    return sig_write(a[0], &set, a[1]) ? 0 : -EFAULT;
}

i64 sys_rt_sigsuspend(struct x86_cpu *c, const u64 *a)
{
    u64 set;

    if (a[1] != SIGSET_SIZE)
        return -EINVAL;
    if (!sig_read(&set, a[0], sizeof set))
        return -EFAULT;
    set = sig_host_mask(set);
    return HOST(c, __NR_rt_sigsuspend, h2g(&set), SIGSET_SIZE);
}

/* The kernel answers EINTR; -SIG_RESTART only comes when the signal was there before. */
i64 sys_pause(struct x86_cpu *c, const u64 *a)
{
    (void)a;
    return HOST(c, __NR_ppoll, 0, 0, 0, 0, SIGSET_SIZE);
}

i64 sys_rt_sigtimedwait(struct x86_cpu *c, const u64 *a)
{
    if (a[1])
        mem_prepare_write(a[1], 128);
    return HOST(c, __NR_rt_sigtimedwait, a[0], a[1], a[2], a[3]);
}
