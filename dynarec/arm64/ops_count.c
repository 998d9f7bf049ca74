/*
 * ops_count.c - counting runs of blocks for statistics; flags stay as they are.
 */
#include "dynarec/arm64/a64.h"

void h_count(struct tr *t, const u64 *counter)
{
    hreg at = h_tmp(t), v = h_tmp(t);

    tr_literal(t, a64_ldr_lit(1, at, 0), (u64)(uintptr_t)counter);
    tr_put(t, a64_ldr(3, v, at, 0));
    tr_put(t, a64_add_imm(1, v, v, 1, 0));
    tr_put(t, a64_str(3, v, at, 0));
    h_tmp_reset(t);
}
