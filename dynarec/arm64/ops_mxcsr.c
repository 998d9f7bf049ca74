/*
 * ops_mxcsr.c - MXCSR read and written by translated code, and the estimates, which it does not
 * govern: control() and h_fp_leave() of fpstate.c as instructions.
 */
#include "dynarec/arm64/a64.h"
#include "dynarec/arm64/enc_fp.h"
#include "dynarec/arm64/fpcr.h"

#define CPU(field) ((unsigned)offsetof(struct x86_cpu, field))

void h_mxcsr_get(struct tr *t, hreg d)
{
    hreg s = h_tmp(t), x = h_tmp(t);

    tr_put(t, a64_mrs(s, A64_FPSR));
    h_ld_cpu(t, 4, d, CPU(mxcsr));
    h_opi(t, H_AND, 4, x, s, FPSR_IOC);
    h_op(t, H_OR, 4, d, d, x);
    h_ubfx(t, x, s, 1, 4); /* DZC OFC UFC IXC: ZE OE UE PE */
    h_ops(t, H_OR, 4, d, d, x, 2);
    if (a64_has.afp) {
        h_ubfx(t, x, s, 7, 1);
        h_ops(t, H_OR, 4, d, d, x, 1);
    } else { /* a flushed result is inexact */
        h_ubfx(t, s, s, 3, 1);
        h_ld_cpu(t, 4, x, CPU(jit.fpcr));
        h_ubfx(t, x, x, 24, 1);
        h_op(t, H_AND, 4, x, x, s);
        h_ops(t, H_OR, 4, d, d, x, 5);
    }
}

void h_mxcsr_set(struct tr *t, hreg s)
{
    hreg v = h_tmp(t), x = h_tmp(t);

    h_not(t, 4, v, s);
    h_opi(t, H_AND, 4, v, v, MX_MASKS);
    h_opi(t, H_SHR, 4, x, s, 16);
    h_op(t, H_OR, 4, v, v, x);
    if (!a64_has.afp) {
        h_opi(t, H_SHR, 4, x, s, 9);
        h_op(t, H_XOR, 4, x, x, s);
        h_opi(t, H_AND, 4, x, x, MX_DAZ);
        h_op(t, H_OR, 4, v, v, x);
    }
    h_leave_unless_zero(t, v);
    h_ubfx(t, v, s, 14, 1);
    h_ubfx(t, x, s, 13, 1);
    h_bfi(t, v, x, 1, 1);
    h_ubfx(t, x, s, 15, 1);
    h_bfi(t, v, x, 2, 1);
    h_opi(t, H_SHL, 8, v, v, 22);
    if (a64_has.afp) {
        h_ubfx(t, x, s, 6, 1);
        h_op(t, H_OR, 8, v, v, x);
        h_opi(t, H_OR, 8, v, v, FPCR_AH | FPCR_NEP);
    }
    tr_put(t, a64_msr(A64_FPCR, v));
    tr_put(t, a64_msr(A64_FPSR, R_ZR));
    h_st_cpu(t, 4, s, CPU(mxcsr));
    h_opi(t, H_OR, 8, v, v, (i64)FPCR_OF_GUEST);
    h_st_cpu(t, 8, v, CPU(jit.fpcr));
}

/* ---- RCP, RSQRT: rounded to nearest, denormals are zeros, no flag ---- */

#define EACH(v) ((u64)(v) << 32 | (v))

/* 1 / a; up to 2^-126 it counts as tiny, and is zero with a's sign. */
static void reciprocal(struct tr *t, vreg d, vreg a)
{
    vreg x = h_vtmp(t), y = h_vtmp(t);

    h_vconst(t, x, EACH(0x3f800000u), EACH(0x3f800000u));
    tr_put(t, a64_v_fdiv(1, 0, d, x, a));
    h_vconst(t, y, EACH(0x01000000u), EACH(0x01000000u));
    tr_put(t, a64_v_add(1, 2, x, d, d));
    tr_put(t, a64_v_cmhi(1, 2, x, x, y));
    h_vconst(t, y, EACH(0x80000000u), EACH(0x80000000u));
    tr_put(t, a64_v_orr(1, x, x, y));
    tr_put(t, a64_v_and(1, d, d, x));
}

/* 1 / sqrt(a) in doubles; of what is below zero the NaN with its sign set. */
static void root(struct tr *t, vreg d, vreg a)
{
    vreg x = h_vtmp(t), one = h_vtmp(t), low = h_vtmp(t);

    h_vconst(t, one, 0x3ff0000000000000, 0x3ff0000000000000);
    tr_put(t, a64_v_fcvtl(0, 1, low, a));
    tr_put(t, a64_v_fcvtl(1, 1, x, a));
    tr_put(t, a64_v_fsqrt(1, 1, low, low));
    tr_put(t, a64_v_fsqrt(1, 1, x, x));
    tr_put(t, a64_v_fdiv(1, 1, low, one, low));
    tr_put(t, a64_v_fdiv(1, 1, x, one, x));
    tr_put(t, a64_v_fcmlt0(1, 0, one, a));
    tr_put(t, a64_v_fcvtn(0, 1, d, low));
    tr_put(t, a64_v_fcvtn(1, 1, d, x));
    h_vconst(t, x, EACH(0xffc00000u), EACH(0xffc00000u));
    tr_put(t, a64_v_bit(1, d, x, one));
}

void h_fv_estimate(struct tr *t, bool of_root, unsigned n, const vreg *d, const vreg *a)
{
    hreg status = h_tmp(t), x = h_tmp(t);

    tr_put(t, a64_mrs(status, A64_FPSR));
    h_imm(t, x, FPCR_FZ);
    tr_put(t, a64_msr(A64_FPCR, x));
    for (unsigned i = 0; i < n; i++) {
        u32 keep = t->vtmp_free;

        if (of_root)
            root(t, d[i], a[i]);
        else
            reciprocal(t, d[i], a[i]);
        t->vtmp_free = keep;
    }
    h_ld_cpu(t, 4, x, CPU(jit.fpcr));
    tr_put(t, a64_msr(A64_FPCR, x));
    tr_put(t, a64_msr(A64_FPSR, status));
}
