/*
 * cas16.c (x86_64) - 16-byte compare-and-swap. Called by sem_atomic.c.
 */
#include "interp/atomic.h"

bool host_cas16(void *p, u64 expect[2], const u64 want[2])
{
    bool ok;

    __asm__ volatile("lock cmpxchg16b %[m]"
                     : [m] "+m"(*(u8(*)[16])p), "=@ccz"(ok), "+a"(expect[0]), "+d"(expect[1])
                     : "b"(want[0]), "c"(want[1])
                     : "memory");
    return ok;
}

/* Locked instructions are full barriers here. */
void host_lock_fence(void)
{
}
