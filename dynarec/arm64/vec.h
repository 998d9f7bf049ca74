/*
 * vec.h - what the arm64 ops_vec*.c share: memory ordering around vector accesses.
 */
#ifndef DYNAREC_ARM64_VEC_H
#define DYNAREC_ARM64_VEC_H

#include "dynarec/host.h"

ALWAYS_INLINE void vec_after_load(struct tr *t, const struct h_mem *m)
{
    (void)t, (void)m;
}

ALWAYS_INLINE void vec_before_store(struct tr *t, const struct h_mem *m)
{
    (void)t, (void)m;
}

#endif
