/*
 * vec.h - what the arm64 ops_vec*.c share: memory ordering around vector accesses.
 */
#ifndef DYNAREC_ARM64_VEC_H
#define DYNAREC_ARM64_VEC_H

#include "dynarec/host.h"

/* STRONGMEM 3 and 4 (ops_mem.c). */
ALWAYS_INLINE bool vec_in_order(const struct tr *t, const struct h_mem *m)
{
    return t->opt.strongmem >= (m->stack ? 4 : 3);
}

ALWAYS_INLINE void vec_after_load(struct tr *t, const struct h_mem *m)
{
    if (vec_in_order(t, m))
        h_fence(t, H_FENCE_LOAD);
}

ALWAYS_INLINE void vec_before_store(struct tr *t, const struct h_mem *m)
{
    if (vec_in_order(t, m))
        h_fence(t, H_FENCE_FULL);
}

#endif
