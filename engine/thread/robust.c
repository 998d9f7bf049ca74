/*
 * robust.c - robust futex lists (Documentation/locking/robust-futex-ABI.rst).
 * The kernel is told the guest's list, so a killed process is handled by it. A thread that exits
 * walks its list itself: the host thread lives a little longer than the guest thread, whose memory
 * may be gone by then.
 */
#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/bits.h"
#include "mem/mem.h"
#include "thread/internal.h"

#define ROBUST_HEAD_SIZE 24 /* list.next, futex_offset, list_op_pending */
#define ROBUST_LIMIT 2048   /* ROBUST_LIST_LIMIT of the kernel */

i64 thr_set_robust_list(struct thr *t, gaddr head, u64 len)
{
    size_t host_len;

    if (len != ROBUST_HEAD_SIZE)
        return -EINVAL;
    if (!t->host_robust && syscall(SYS_get_robust_list, 0, &t->host_robust, &host_len) < 0)
        t->host_robust = NULL;
    t->robust_list = head;
    if (syscall(SYS_set_robust_list, g2h(head), (size_t)ROBUST_HEAD_SIZE) < 0)
        return -errno;
    return 0;
}

/* The futex word of a dead owner: keep WAITERS, set OWNER_DIED, wake one (not PI: those the kernel
 * finds itself). */
static void owner_died(struct thr *t, gaddr word, bool pi)
{
    u32 *p = g2h(word), old, val;

    if ((word & 3) || !mem_writable(word, 4))
        return;
    old = __atomic_load_n(p, __ATOMIC_ACQUIRE);
    do {
        if ((old & FUTEX_TID_MASK) != (u32)t->tid)
            return;
        val = (old & FUTEX_WAITERS) | FUTEX_OWNER_DIED;
    } while (!__atomic_compare_exchange_n(p, &old, val, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE));
    if (!pi && (old & FUTEX_WAITERS))
        syscall(SYS_futex, p, FUTEX_WAKE, 1, NULL, NULL, 0);
}

void thr_robust_exit(struct thr *t)
{
    gaddr head = t->robust_list, entry, pending;
    u64 offset;

    if (!head)
        return;
    if (t->host_robust)
        syscall(SYS_set_robust_list, t->host_robust, (size_t)ROBUST_HEAD_SIZE);
    t->robust_list = 0;
    if (!mem_readable(head, ROBUST_HEAD_SIZE))
        return;
    entry = ld_u64(g2h(head));
    offset = ld_u64(g2h(head + 8));
    pending = ld_u64(g2h(head + 16));
    for (unsigned n = 0; n < ROBUST_LIMIT && (entry & ~1ull) != head; n++) {
        gaddr at = entry & ~1ull;
        gaddr next = mem_readable(at, 8) ? ld_u64(g2h(at)) : head;

        if (at != (pending & ~1ull))
            owner_died(t, at + offset, entry & 1);
        entry = next;
    }
    if (pending & ~1ull)
        owner_died(t, (pending & ~1ull) + offset, pending & 1);
}
