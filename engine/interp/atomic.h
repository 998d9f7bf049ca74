/*
 * atomic.h - sequentially consistent read-modify-write of guest memory for LOCK, XCHG, CMPXCHG*.
 * Used by sem_*.c. Aligned operands use the host's own atomics. An operand that straddles its
 * alignment uses the compare-and-swap of the aligned 8- or 16-byte unit around it, and one that
 * crosses 16 bytes a global lock (x86's "split lock": atomic among such accesses only).
 */
#ifndef INTERP_ATOMIC_H
#define INTERP_ATOMIC_H

#include "interp/sem.h"

/*
 * One attempt: stores `want` if memory holds *expect, else loads *expect. False may also be
 * spurious. Faults before any write.
 */
bool mem_cas(gaddr a, unsigned size, u64 *expect, u64 want);
u64 mem_xchg(gaddr a, unsigned size, u64 v);

/* Rewrites what is there, atomically. Compare-and-swap, because clang drops an OR with 0. */
#define MEM_REWRITE(type, p)                                                                       \
    do {                                                                                           \
        type *p_ = (p), v_ = __atomic_load_n(p_, __ATOMIC_RELAXED);                                \
        while (                                                                                    \
            !__atomic_compare_exchange_n(p_, &v_, v_, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED))   \
            ;                                                                                      \
    } while (0)

/*
 * Faults, with just this address, if the byte at a cannot be read or written; changes nothing even
 * if other threads write there. Where byte atomics are library calls, the word around it does.
 */
ALWAYS_INLINE void mem_probe_write(gaddr a)
{
    *(volatile u8 *)g2h(a);
    if (__atomic_always_lock_free(1, 0))
        MEM_REWRITE(u8, g2h(a));
    else
        MEM_REWRITE(i32, g2h(align_down(a, 4))); /* signed: see CAS_ALIGNED */
}

/* 16 aligned bytes, low half first. Arch folder: cas16.c. Same contract as mem_cas. */
bool host_cas16(void *p, u64 expect[2], const u64 want[2]);

/*
 * After an atomic: makes it the full barrier that LOCK is where the host's atomics are less. Arch
 * folder: cas16.c.
 */
void host_lock_fence(void);

#endif
