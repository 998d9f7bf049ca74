/*
 * heap.h - memory of the engine itself: what running guest code may need at any moment. A guest
 * handler runs inside whatever native function its signal interrupted, malloc() too, which then
 * holds its lock: so nothing that a handler's code can reach may ask malloc() for memory. Signals
 * that come while these functions run are only noted (signal/host.c), so their own lock is safe.
 * The memory is 16-byte aligned. Any thread may free what another one took.
 */
#ifndef B64_BASE_HEAP_H
#define B64_BASE_HEAP_H

#include <stddef.h>

void *heap_alloc(size_t size); /* NULL: the host has none left; errno is kept */
void *heap_zalloc(size_t size);
void heap_free(void *p); /* NULL is nothing */

/* Around a fork: the child finds the lock free and the lists whole. */
void heap_fork_prepare(void);
void heap_fork_done(void);

#endif
