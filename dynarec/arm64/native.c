/*
 * native.c - direct calls of native functions (core/native.c). The guest's argument registers are
 * the function's, its callee-saved ones too, and the host's stack is the one the function needs: so
 * all there is to do is in the common code (thunks.c, h_thunk_native) that R_SITE, the bridge, is
 * handed to. Flags and the other registers are the callee's to change under either ABI.
 */
#include "dynarec/arm64/a64.h"

#define JIT(field) (offsetof(struct x86_cpu, jit) + offsetof(struct x86_jit, field))

hreg h_native_is(struct tr *t, hreg target, gaddr bridge, u32 label)
{
    if (target == R_SITE || target == R_TARGET) {
        h_mov(t, 8, 15, target);
        target = 15;
    }
    tr_literal(t, a64_ldr_lit(1, R_SITE, 0), bridge);
    tr_put(t, a64_sub_reg(1, R_TARGET, R_SITE, target, A64_LSL, 0));
    tr_branch(t, a64_cbnz(1, R_TARGET, 0), label);
    return target;
}

void h_native_push(struct tr *t, gaddr ret)
{
    h_addr(t, R_TARGET, ret);
    h_st_push(t, 8, R_TARGET, R_RSP);
}

void h_native_taken(struct tr *t, enum x86_native_result r)
{
    tr_put(t, a64_ldr(3, R_TARGET, R_CPU, JIT(call_native)));
    tr_put(t, a64_blr(R_TARGET));
    switch (r) {
    case X86_NATIVE_I8: tr_put(t, a64_sxtb(0, R_RAX, 0)); break;
    case X86_NATIVE_U8: tr_put(t, a64_uxtb(R_RAX, 0)); break;
    case X86_NATIVE_I16: tr_put(t, a64_sxth(0, R_RAX, 0)); break;
    case X86_NATIVE_U16: tr_put(t, a64_uxth(R_RAX, 0)); break;
    case X86_NATIVE_I32: tr_put(t, a64_mov(0, R_RAX, 0)); break;
    case X86_NATIVE_I64: tr_put(t, a64_mov(1, R_RAX, 0)); break;
    default: break;
    }
}

void h_native(struct tr *t, gaddr bridge, enum x86_native_result r)
{
    tr_literal(t, a64_ldr_lit(1, R_SITE, 0), bridge);
    h_native_taken(t, r);
    h_ret(t, 0);
}
