/*
 * vec.h - what the arm64 ops_vec*.c share: memory ordering around vector accesses.
 */
#ifndef DYNAREC_ARM64_VEC_H
#define DYNAREC_ARM64_VEC_H

#include "dynarec/host.h"

/* As h_ld and h_st (ops_mem.c). */
ALWAYS_INLINE void vec_after_load(struct tr *t, const struct h_mem *m)
{
    if (t->opt.strongmem && !m->stack)
        h_fence(t, H_FENCE_LOAD);
}

ALWAYS_INLINE void vec_before_store(struct tr *t, const struct h_mem *m)
{
    if (t->opt.strongmem && !m->stack)
        h_fence(t, H_FENCE_FULL);
}

#endif
