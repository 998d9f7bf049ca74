/*
 * cas16.c (aarch64) - 16-byte compare-and-swap with an exclusive pair (Armv8.0). Called by
 * sem_atomic.c. A failed compare stores the value back: only a successful store-exclusive makes the
 * pair load single-copy atomic, and the guest expects the write fault of a read-only page.
 */
#include "interp/atomic.h"

bool host_cas16(void *p, u64 expect[2], const u64 want[2])
{
    u64 lo, hi;
    u32 fail;

    do {
        bool same;
        u64 w0, w1;

        __asm__ volatile("ldaxp %0, %1, [%2]" : "=&r"(lo), "=&r"(hi) : "r"(p) : "memory");
        same = lo == expect[0] && hi == expect[1];
        w0 = same ? want[0] : lo;
        w1 = same ? want[1] : hi;
        __asm__ volatile("stlxp %w0, %1, %2, [%3]"
                         : "=&r"(fail)
                         : "r"(w0), "r"(w1), "r"(p)
                         : "memory");
        if (!fail && same) {
            __asm__ volatile("dmb ish" ::: "memory");
            return true;
        }
    } while (fail);
    expect[0] = lo;
    expect[1] = hi;
    return false;
}

/* The store-exclusive may be overtaken by later loads. */
void host_lock_fence(void)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}
