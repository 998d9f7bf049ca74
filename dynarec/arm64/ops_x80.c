/*
 * ops_x80.c - host-ops of the x87 in 80 bits: calls of the routines in x80.S.
 */
#include "dynarec/arm64/a64.h"
#include "dynarec/arm64/x80.h"

_Static_assert(offsetof(struct x86_cpu, fpu.cw) == X80_CW, "x80.h");
_Static_assert(offsetof(struct x86_cpu, fpu.sw) == X80_SW, "x80.h");
_Static_assert(R_CPU == 28 && R_TARGET == 17, "x80.S");

hreg h_x80_m(unsigned k)
{
    return k ? 13 : 11;
}

hreg h_x80_se(unsigned k)
{
    return k ? 14 : 12;
}

hreg h_x80_raw(void)
{
    return 13;
}

void h_x80_do(struct tr *t, enum h_x80 op, u32 slow)
{
    tr_put(t, a64_ldr(3, R_TARGET, R_CPU, offsetof(struct x86_cpu, jit.x80) + 8 * op));
    tr_put(t, a64_blr(R_TARGET));
    tr_branch(t, a64_cbnz(0, 15, 0), slow);
}

void h_x80_ld(struct tr *t, unsigned k, unsigned offset)
{
    tr_put(t, a64_ldr(3, h_x80_m(k), R_CPU, offset));
    tr_put(t, a64_ldr(1, h_x80_se(k), R_CPU, offset + 8));
}

void h_x80_st(struct tr *t, unsigned k, unsigned offset)
{
    tr_put(t, a64_str(3, h_x80_m(k), R_CPU, offset));
    tr_put(t, a64_str(1, h_x80_se(k), R_CPU, offset + 8));
}
