/*
 * ops_x80.c - host-ops of the x87 in 80 bits: calls of the routines in x80.S.
 */
#include "dynarec/arm64/a64.h"
#include "dynarec/arm64/x80.h"

_Static_assert(offsetof(struct x86_cpu, fpu.cw) == X80_CW, "x80.h");
_Static_assert(offsetof(struct x86_cpu, fpu.sw) == X80_SW, "x80.h");
_Static_assert(R_CPU == 28 && R_TARGET == 17, "x80.S");

#define X80(name) extern void dyn_x80_##name(void) __attribute__((visibility("hidden")));
X80(add)
X80(sub)
X80(mul)
X80(div)
X80(cmp)
X80(from_f64)
X80(from_f32)
X80(from_i64)
X80(to_f64)
X80(to_f32)
X80(to_i64)
X80(to_i64z)
#undef X80

void h_x80_init(struct x86_cpu *c)
{
    static void (*const routine[])(void) = {
        [H_X80_ADD] = dyn_x80_add,           [H_X80_SUB] = dyn_x80_sub,
        [H_X80_MUL] = dyn_x80_mul,           [H_X80_DIV] = dyn_x80_div,
        [H_X80_CMP] = dyn_x80_cmp,           [H_X80_FROM_F64] = dyn_x80_from_f64,
        [H_X80_FROM_F32] = dyn_x80_from_f32, [H_X80_FROM_I64] = dyn_x80_from_i64,
        [H_X80_TO_F64] = dyn_x80_to_f64,     [H_X80_TO_F32] = dyn_x80_to_f32,
        [H_X80_TO_I64] = dyn_x80_to_i64,     [H_X80_TO_I64Z] = dyn_x80_to_i64z,
    };

    for (unsigned i = 0; i < sizeof routine / sizeof routine[0]; i++)
        c->jit.x80[i] = (u64)(uintptr_t)routine[i];
}

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
