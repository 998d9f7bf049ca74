/*
 * libc_signal.c - signals as libc's functions have them, on engine/signal; waiting calls with a
 * mask, epoll (packed events) and notifications by thread go through the system call layer or a
 * callback.
 */
#include "libc.h"

#include <mqueue.h>
#include <signal.h>
#include <time.h>

#define G_SA_RESTORER 0x04000000u
#define G_SA_RESTART 0x10000000u
#define G_SA_RESETHAND 0x80000000u
#define G_SA_NODEFER 0x40000000u
#define G_SIG_ERR (~(gaddr)0)
#define G_SIG_IGN 1
#define G_SIG_HOLD 2
#define KERNEL_SET 8 /* bytes of a signal set that the kernel looks at */

struct libc_sigaction { /* x86-64 glibc: 152 bytes */
    gaddr handler;
    u64 mask[16];
    i32 flags;
    u32 pad;
    gaddr restorer;
};
_Static_assert(sizeof(struct libc_sigaction) == 152, "struct sigaction of x86-64");

/* Result of a signal-room call; a signal that came before it is delivered first, then the guest
 * makes the call again. */
static i32 signal_result(i64 r)
{
    if (r == -SIG_RESTART) {
        br_call_again(libc_cpu());
        return 0;
    }
    return (i32)libc_result(r);
}

static bool reserved(int sig)
{
    return sig == 32 || sig == 33; /* of the native libc's own threads */
}

i32 my_sigaction(i32 sig, void *act, void *old)
{
    const struct libc_sigaction *a = act;
    struct libc_sigaction *o = old;
    struct guest_sigaction ka = {0}, ko;
    i64 r;

    if (reserved(sig)) {
        errno = EINVAL;
        return -1;
    }
    if (a) {
        ka.handler = a->handler;
        ka.flags = (u32)a->flags | G_SA_RESTORER; /* as glibc's shows when it is asked again */
        ka.mask = a->mask[0];
        ka.restorer = sig_restorer();
    }
    r = sig_action(sig, a ? &ka : NULL, o ? &ko : NULL);
    if (!r && o) {
        memset(o, 0, sizeof *o);
        o->handler = ko.handler;
        o->flags = (i32)ko.flags;
        o->mask[0] = ko.mask;
        o->restorer = ko.restorer;
    }
    return signal_result(r);
}

static void *set_handler(i32 sig, gaddr handler, u32 flags, u64 mask)
{
    struct guest_sigaction a = {handler, flags | G_SA_RESTORER, sig_restorer(), mask}, old = {0};
    i64 r;

    if (handler == G_SIG_ERR || reserved(sig) || sig < 1 || sig > 64) {
        errno = EINVAL;
        return br_ptr(G_SIG_ERR);
    }
    r = sig_action(sig, &a, &old);
    return signal_result(r) < 0 ? br_ptr(G_SIG_ERR) : br_ptr(old.handler);
}

void *my_signal(i32 sig, void *handler)
{
    return set_handler(sig, h2g(handler), G_SA_RESTART,
                       sig >= 1 && sig <= 64 ? 1ull << (sig - 1) : 0);
}

void *my_sysv_signal(i32 sig, void *handler)
{
    return set_handler(sig, h2g(handler), G_SA_RESETHAND | G_SA_NODEFER, 0);
}

static i64 change_mask(int how, u64 set, u64 *old)
{
    return sig_procmask(how, &set, old);
}

static i64 procmask(i32 how, const void *set, void *old)
{
    u64 was = 0;
    i64 r = sig_procmask(how, set, old ? &was : NULL);

    if (!r && old) {
        memset(old, 0, 128);
        st_u64(old, was);
    }
    return r;
}

i32 my_sigprocmask(i32 how, void *set, void *old)
{
    return signal_result(procmask(how, set, old));
}

i32 my_pthread_sigmask(i32 how, void *set, void *old)
{
    i64 r = procmask(how, set, old);

    if (r == -SIG_RESTART)
        br_call_again(libc_cpu());
    return (i32)-r;
}

i32 my_sigaltstack(void *ss, void *old)
{
    return (i32)libc_result(sig_altstack(ss, old));
}

i32 my_sigpending(void *set)
{
    memset(set, 0, 128);
    return (i32)libc_syscall(X_RT_SIGPENDING, h2g(set), KERNEL_SET, 0, 0, 0, 0);
}

static i32 suspend(const u64 *mask)
{
    return (i32)libc_syscall(X_RT_SIGSUSPEND, h2g(mask), KERNEL_SET, 0, 0, 0, 0);
}

i32 my_sigsuspend(void *mask)
{
    return suspend(mask);
}

i32 my_sigtimedwait(void *set, void *info, void *timeout)
{
    i32 r =
        (i32)libc_syscall(X_RT_SIGTIMEDWAIT, h2g(set), h2g(info), h2g(timeout), KERNEL_SET, 0, 0);
    siginfo_t *si = info;

    if (r > 0 && si && si->si_code == SI_TKILL)
        si->si_code = SI_USER; /* glibc: whoever sent it, for old programs */
    return r;
}

i32 my_sigwaitinfo(void *set, void *info)
{
    return my_sigtimedwait(set, info, NULL);
}

i32 my_sigwait(void *set, void *sig)
{
    i32 r = my_sigtimedwait(set, NULL, NULL);

    if (r < 0 && errno == EINTR) /* sigwait never says that */
        br_call_again(libc_cpu());
    if (r < 0)
        return errno;
    *(i32 *)sig = r;
    return 0;
}

i32 my_siginterrupt(i32 sig, i32 interrupt)
{
    struct guest_sigaction a;
    i64 r = sig_action(sig, NULL, &a);

    if (!r) {
        a.flags = interrupt ? a.flags & ~(u64)G_SA_RESTART : a.flags | G_SA_RESTART;
        r = sig_action(sig, &a, NULL);
    }
    return signal_result(r);
}

i32 my_sigblock(i32 mask)
{
    u64 old = 0;
    return signal_result(change_mask(SIG_BLOCK, (u32)mask, &old)) < 0 ? -1 : (i32)old;
}

i32 my_sigsetmask(i32 mask)
{
    u64 old = 0;
    return signal_result(change_mask(SIG_SETMASK, (u32)mask, &old)) < 0 ? -1 : (i32)old;
}

i32 my_siggetmask(void)
{
    u64 old = 0;
    sig_procmask(SIG_BLOCK, NULL, &old);
    return (i32)old;
}

static i32 one_signal(i32 sig, int how)
{
    if (sig < 1 || sig > 64) {
        errno = EINVAL;
        return -1;
    }
    return signal_result(change_mask(how, 1ull << (sig - 1), NULL));
}

i32 my_sighold(i32 sig)
{
    return one_signal(sig, SIG_BLOCK);
}

i32 my_sigrelse(i32 sig)
{
    return one_signal(sig, SIG_UNBLOCK);
}

i32 my_sigignore(i32 sig)
{
    return h2g(set_handler(sig, G_SIG_IGN, 0, 0)) == G_SIG_ERR ? -1 : 0;
}

/* XSI: SIG_HOLD only blocks; otherwise the signal is also unblocked, and the old state may have
 * been "held". */
void *my_sigset(i32 sig, void *disposition)
{
    gaddr d = h2g(disposition), r;
    u64 old = 0, bit = 1ull << ((sig - 1) & 63);
    struct guest_sigaction was;

    if (d == G_SIG_HOLD) {
        if (sig_action(sig, NULL, &was) || one_signal(sig, SIG_BLOCK))
            return br_ptr(G_SIG_ERR);
        return br_ptr(was.handler);
    }
    r = h2g(set_handler(sig, d, 0, 0));
    if (r == G_SIG_ERR || signal_result(change_mask(SIG_UNBLOCK, bit, &old)))
        return br_ptr(G_SIG_ERR);
    return br_ptr(old & bit ? G_SIG_HOLD : r);
}

i32 my_sigpause(i32 mask)
{
    u64 set = (u32)mask;
    return suspend(&set);
}

i32 my___xpg_sigpause(i32 sig)
{
    u64 set = 0;
    sig_procmask(SIG_BLOCK, NULL, &set);
    set &= ~(1ull << ((sig - 1) & 63));
    return suspend(&set);
}

/* ---- waiting with a signal mask ---- */

i32 my_pselect(i32 n, void *r, void *w, void *e, void *timeout, void *mask)
{
    struct timespec t; /* pselect(2) writes the rest back, pselect(3) does not */
    u64 pair[2] = {h2g(mask), KERNEL_SET};

    if (timeout)
        memcpy(&t, timeout, sizeof t);
    return (i32)libc_syscall(X_PSELECT6, (u64)(i64)n, h2g(r), h2g(w), h2g(e), timeout ? h2g(&t) : 0,
                             h2g(pair));
}

i32 my_ppoll(void *fds, u64 n, void *timeout, void *mask)
{
    struct timespec t;

    if (timeout)
        memcpy(&t, timeout, sizeof t);
    return (i32)libc_syscall(X_PPOLL, h2g(fds), n, timeout ? h2g(&t) : 0, h2g(mask), KERNEL_SET, 0);
}

i32 my___ppoll_chk(void *fds, u64 n, void *timeout, void *mask, u64 size)
{
    if (size / 8 < n)
        abort();
    return my_ppoll(fds, n, timeout, mask);
}

i32 my_epoll_ctl(i32 ep, i32 op, i32 fd, void *event)
{
    return (i32)libc_syscall(X_EPOLL_CTL, (u64)(i64)ep, (u64)(i64)op, (u64)(i64)fd, h2g(event), 0,
                             0);
}

i32 my_epoll_wait(i32 ep, void *events, i32 n, i32 timeout)
{
    return (i32)libc_syscall(X_EPOLL_WAIT, (u64)(i64)ep, h2g(events), (u64)(i64)n,
                             (u64)(i64)timeout, 0, 0);
}

i32 my_epoll_pwait(i32 ep, void *events, i32 n, i32 timeout, void *mask)
{
    return (i32)libc_syscall(X_EPOLL_PWAIT, (u64)(i64)ep, h2g(events), (u64)(i64)n,
                             (u64)(i64)timeout, h2g(mask), KERNEL_SET);
}

i32 my_epoll_pwait2(i32 ep, void *events, i32 n, void *timeout, void *mask)
{
    return (i32)libc_syscall(X_EPOLL_PWAIT2, (u64)(i64)ep, h2g(events), (u64)(i64)n, h2g(timeout),
                             h2g(mask), KERNEL_SET);
}

/* ---- notification by a thread that runs a guest function ---- */

static const struct sigevent *native_event(const void *guest, struct sigevent *copy)
{
    if (!guest)
        return NULL;
    memcpy(copy, guest, sizeof *copy); /* the layout is the same on every 64-bit host */
    if (copy->sigev_notify == SIGEV_THREAD) {
        void *f = br_callback(h2g((void *)(uintptr_t)copy->sigev_notify_function), &cbt_v_p);
        copy->sigev_notify_function = (void (*)(union sigval))(uintptr_t)f;
        copy->sigev_notify_attributes = NULL; /* may name a guest stack */
    }
    return copy;
}

i32 my_timer_create(i32 clock, void *event, void *id)
{
    struct sigevent copy;
    return timer_create(clock, (struct sigevent *)native_event(event, &copy), id);
}

i32 my_mq_notify(i32 queue, void *event)
{
    struct sigevent copy;
    return mq_notify(queue, native_event(event, &copy));
}
