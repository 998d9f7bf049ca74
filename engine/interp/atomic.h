/*
 * atomic.h - sequentially consistent read-modify-write of guest memory for LOCK, XCHG, CMPXCHG*. Used by sem_*.c.
 * Aligned operands use the host's own atomics. An operand that straddles its alignment uses the compare-and-swap of the aligned
 * 8- or 16-byte unit around it, and one that crosses 16 bytes a global lock (x86's "split lock": atomic among such accesses only).
 */
#ifndef INTERP_ATOMIC_H
#define INTERP_ATOMIC_H

#include "interp/sem.h"

/* One attempt: stores `want` if memory holds *expect, else loads *expect. False may also be spurious. Faults before any write. */
bool mem_cas(struct x86_cpu *c, gaddr a, unsigned size, u64 *expect, u64 want);
u64 mem_xchg(struct x86_cpu *c, gaddr a, unsigned size, u64 v);

/* 16 aligned bytes, low half first. Arch folder: cas16.c. Same contract as mem_cas. */
bool host_cas16(void *p, u64 expect[2], const u64 want[2]);

#endif
