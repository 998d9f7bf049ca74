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

/* ops_vecmov.c: what PSHUFB by b looks up by, into d, another register; and the register that a
 * loop keeps it in, H_NONE: none. */
void vec_tbl_index(struct tr *t, vreg d, vreg b);
vreg vec_tbl_kept(struct tr *t, vreg b);

#endif
