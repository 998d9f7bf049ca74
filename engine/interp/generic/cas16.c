/*
 * cas16.c (hosts without a 16-byte compare-and-swap) - one spin lock orders the 16-byte operations
 * among themselves. 8-byte accesses of other threads to the same bytes are not excluded: each half
 * is stored only if it did not change, low half first.
 */
#include "interp/atomic.h"

static u32 cas16_lock;

bool host_cas16(void *p, u64 expect[2], const u64 want[2])
{
    u64 *q = p, lo, hi;
    bool ok;

    __atomic_fetch_or(q, 0,
                      __ATOMIC_SEQ_CST); /* the write fault, if any, comes while the lock is free */
    while (__atomic_exchange_n(&cas16_lock, 1, __ATOMIC_ACQUIRE))
        ;
    lo = __atomic_load_n(&q[0], __ATOMIC_SEQ_CST);
    hi = __atomic_load_n(&q[1], __ATOMIC_SEQ_CST);
    ok = lo == expect[0] && hi == expect[1];
    if (ok)
        ok = __atomic_compare_exchange_n(&q[0], &lo, want[0], false, __ATOMIC_SEQ_CST,
                                         __ATOMIC_SEQ_CST);
    if (ok && !__atomic_compare_exchange_n(&q[1], &hi, want[1], false, __ATOMIC_SEQ_CST,
                                           __ATOMIC_SEQ_CST)) {
        u64 mine = want[0];

        __atomic_compare_exchange_n(&q[0], &mine, lo, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
        ok = false;
    }
    __atomic_store_n(&cas16_lock, 0, __ATOMIC_RELEASE);
    if (!ok) {
        expect[0] = lo;
        expect[1] = hi;
    }
    return ok;
}

void host_lock_fence(void)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}
