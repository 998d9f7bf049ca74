/*
 * sys_time.c - the old time calls, and waiting: select, poll, epoll (whose event record is packed
 * on x86-64 only).
 */
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/time.h>
#include <time.h>

#include "linux/local.h"
#include "mem/mem.h"

#define EVENTS_MAX                                                                                 \
    512 /* per call; a guest that asks for more gets as many as are ready, the rest next time */
#define FD_CWD ((u64)GUEST_AT_FDCWD)

struct sigset_arg { /* last argument of pselect6 */
    u64 set, size;
};

i64 sys_time(struct x86_cpu *c, const u64 *a)
{
    struct timespec t;
    i64 r = HOST(c, __NR_clock_gettime, CLOCK_REALTIME, h2g(&t)), now;

    if (r < 0)
        return r;
    now = t.tv_sec;
    if (a[0] && !sig_write(a[0], &now, sizeof now))
        return -EFAULT;
    return now;
}

/* By libc, so by the host's own vDSO: these are called often. */
i64 sys_clock_gettime(struct x86_cpu *c, const u64 *a)
{
    struct timespec t;

    (void)c;
    if (clock_gettime((clockid_t)a[0], &t) < 0)
        return -errno;
    return sig_write(a[1], &t, sizeof t) ? 0 : -EFAULT;
}

i64 sys_gettimeofday(struct x86_cpu *c, const u64 *a)
{
    struct timeval t;
    struct timezone zone;

    if (a[1]) {
        i64 r = HOST(c, __NR_gettimeofday, h2g(&t), h2g(&zone));
        if (r < 0)
            return r;
        if (!sig_write(a[1], &zone, sizeof zone))
            return -EFAULT;
    } else {
        gettimeofday(&t, NULL);
    }
    return !a[0] || sig_write(a[0], &t, sizeof t) ? 0 : -EFAULT;
}

i64 sys_alarm(struct x86_cpu *c, const u64 *a)
{
    struct itimerval set = {.it_value.tv_sec = (u32)a[0]}, old;
    i64 r = HOST(c, __NR_setitimer, ITIMER_REAL, h2g(&set), h2g(&old));

    if (r < 0)
        return r;
    /* Rounded as the kernel does: never 0 while the timer runs. */
    if ((!old.it_value.tv_sec && old.it_value.tv_usec) || old.it_value.tv_usec >= 500000)
        old.it_value.tv_sec++;
    return old.it_value.tv_sec;
}

/* Two struct timeval (microseconds) or NULL for utimensat. */
static i64 set_times(struct x86_cpu *c, u64 dirfd, u64 path, u64 times)
{
    struct timeval tv[2];
    struct timespec ts[2];

    if (!times)
        return HOST(c, __NR_utimensat, dirfd, path, 0, 0);
    if (!sig_read(tv, times, sizeof tv))
        return -EFAULT;
    for (unsigned i = 0; i < 2; i++) {
        if (tv[i].tv_usec < 0 || tv[i].tv_usec >= 1000000)
            return -EINVAL;
        ts[i] = (struct timespec){tv[i].tv_sec, tv[i].tv_usec * 1000};
    }
    return HOST(c, __NR_utimensat, dirfd, path, h2g(ts), 0);
}

i64 sys_utimes(struct x86_cpu *c, const u64 *a)
{
    return set_times(c, FD_CWD, a[0], a[1]);
}

i64 sys_futimesat(struct x86_cpu *c, const u64 *a)
{
    return set_times(c, a[0], a[1], a[2]);
}

i64 sys_utime(struct x86_cpu *c, const u64 *a)
{
    struct timespec ts[2] = {{0, 0}, {0, 0}};
    i64 t[2];

    if (!a[1])
        return HOST(c, __NR_utimensat, FD_CWD, a[0], 0, 0);
    if (!sig_read(t, a[1], sizeof t))
        return -EFAULT;
    ts[0].tv_sec = t[0];
    ts[1].tv_sec = t[1];
    return HOST(c, __NR_utimensat, FD_CWD, a[0], h2g(ts), 0);
}

/* ---- select and poll ---------------------------------------------------------------------- */

/* A guest signal mask for the host: *host is filled and its address returned; 0 for none; ~0 for
 * EFAULT or bad size. */
static u64 mask_arg(u64 set, u64 size, u64 *host)
{
    if (!set)
        return 0;
    if (size != 8 || !sig_read(host, set, 8))
        return ~0ull;
    *host = sig_host_mask(*host);
    return h2g(host);
}

static void prepare_fdsets(const u64 *a)
{
    for (unsigned i = 1; i <= 3; i++)
        if (a[i])
            mem_prepare_write(a[i], align_up((u32)a[0], 64) / 8);
}

i64 sys_select(struct x86_cpu *c, const u64 *a)
{
    struct timeval tv;
    struct timespec ts;
    i64 r;

    prepare_fdsets(a);
    if (!a[4])
        return HOST(c, __NR_pselect6, a[0], a[1], a[2], a[3], 0, 0);
    if (!sig_read(&tv, a[4], sizeof tv))
        return -EFAULT;
    if (tv.tv_sec < 0 || tv.tv_usec < 0)
        return -EINVAL;
    ts.tv_sec = tv.tv_sec + tv.tv_usec / 1000000;
    ts.tv_nsec = tv.tv_usec % 1000000 * 1000;
    r = HOST(c, __NR_pselect6, a[0], a[1], a[2], a[3], h2g(&ts), 0);
    tv.tv_sec = ts.tv_sec;
    tv.tv_usec = ts.tv_nsec / 1000;
    sig_write(a[4], &tv, sizeof tv); /* a read-only timeout is no error, as in the kernel */
    return r;
}

i64 sys_pselect6(struct x86_cpu *c, const u64 *a)
{
    struct sigset_arg arg = {0, 0};
    u64 mask;

    prepare_fdsets(a);
    mem_prepare_write(a[4], a[4] ? 16 : 0);
    if (a[5] && !sig_read(&arg, a[5], sizeof arg))
        return -EFAULT;
    arg.set = mask_arg(arg.set, arg.size, &mask);
    if (arg.set == ~0ull)
        return arg.size != 8 ? -EINVAL : -EFAULT;
    return HOST(c, __NR_pselect6, a[0], a[1], a[2], a[3], a[4], a[5] ? h2g(&arg) : 0);
}

i64 sys_poll(struct x86_cpu *c, const u64 *a)
{
    struct timespec ts;
    int ms = (int)a[2];

    mem_prepare_write(a[0], 8 * (u64)(u32)a[1]);
    if (ms < 0)
        return HOST(c, __NR_ppoll, a[0], a[1], 0, 0, 8);
    ts.tv_sec = ms / 1000;
    ts.tv_nsec = ms % 1000 * 1000000l;
    return HOST(c, __NR_ppoll, a[0], a[1], h2g(&ts), 0, 8);
}

i64 sys_ppoll(struct x86_cpu *c, const u64 *a)
{
    u64 mask, set = mask_arg(a[3], a[4], &mask);

    if (set == ~0ull)
        return a[4] != 8 ? -EINVAL : -EFAULT;
    mem_prepare_write(a[0], 8 * (u64)(u32)a[1]);
    mem_prepare_write(a[2], a[2] ? 16 : 0);
    return HOST(c, __NR_ppoll, a[0], a[1], a[2], set, 8);
}

/* ---- epoll -------------------------------------------------------------------------------- */

i64 sys_epoll_create(struct x86_cpu *c, const u64 *a)
{
    if ((int)a[0] <= 0)
        return -EINVAL;
    return HOST(c, __NR_epoll_create1, 0);
}

i64 sys_epoll_ctl(struct x86_cpu *c, const u64 *a)
{
    struct guest_epoll_event g;
    struct epoll_event h;

    if ((int)a[1] == EPOLL_CTL_DEL)
        return HOST(c, __NR_epoll_ctl, a[0], a[1], a[2], 0);
    if (!sig_read(&g, a[3], sizeof g))
        return -EFAULT;
    memset(&h, 0, sizeof h);
    h.events = g.events;
    h.data.u64 = g.data;
    return HOST(c, __NR_epoll_ctl, a[0], a[1], a[2], h2g(&h));
}

static i64 epoll_out(u64 out, const struct epoll_event *h, i64 n)
{
    for (i64 i = 0; i < n; i++) {
        struct guest_epoll_event g = {h[i].events, h[i].data.u64};

        if (!sig_write(out + (u64)i * sizeof g, &g, sizeof g))
            return -EFAULT;
    }
    return n;
}

static int events_asked(u64 max)
{
    return (int)max > EVENTS_MAX ? EVENTS_MAX : (int)max;
}

static i64 wait_events(struct x86_cpu *c, const u64 *a, u64 set)
{
    struct epoll_event h[EVENTS_MAX];

    return epoll_out(a[1], h,
                     HOST(c, __NR_epoll_pwait, a[0], h2g(h), events_asked(a[2]), a[3], set, 8));
}

i64 sys_epoll_wait(struct x86_cpu *c, const u64 *a)
{
    return wait_events(c, a, 0);
}

i64 sys_epoll_pwait(struct x86_cpu *c, const u64 *a)
{
    u64 mask, set = mask_arg(a[4], a[5], &mask);

    if (set == ~0ull)
        return a[5] != 8 ? -EINVAL : -EFAULT;
    return wait_events(c, a, set);
}

i64 sys_epoll_pwait2(struct x86_cpu *c, const u64 *a)
{
    struct epoll_event h[EVENTS_MAX];
    u64 mask, set = mask_arg(a[4], a[5], &mask);

    if (set == ~0ull)
        return a[5] != 8 ? -EINVAL : -EFAULT;
    return epoll_out(a[1], h,
                     HOST(c, __NR_epoll_pwait2, a[0], h2g(h), events_asked(a[2]), a[3], set, 8));
}

i64 sys_signalfd(struct x86_cpu *c, const u64 *a)
{
    return HOST(c, __NR_signalfd4, a[0], a[1], a[2], 0);
}

i64 sys_eventfd(struct x86_cpu *c, const u64 *a)
{
    return HOST(c, __NR_eventfd2, (u32)a[0], 0);
}
