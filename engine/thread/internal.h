/*
 * internal.h - what the files of engine/thread share and nobody else sees.
 */
#ifndef THREAD_INTERNAL_H
#define THREAD_INTERNAL_H

#include "thread/thread.h"

void thr_list_add(struct thr *t);
void thr_list_remove(struct thr *t);

/* Marks the guest's held robust futexes as owner-died and gives the kernel the host's list back. */
void thr_robust_exit(struct thr *t);

ALWAYS_INLINE size_t align_up_size(size_t n)
{
    return (n + 63) & ~(size_t)63;
}

#endif
