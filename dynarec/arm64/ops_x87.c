/*
 * ops_x87.c - host-ops of the x87 in double mode. Values are doubles in v24-v31 (shared with upper
 * YMM halves, which are stored first).
 */
#include "dynarec/arm64/a64.h"
#include "dynarec/arm64/enc_fp.h"

#define FREG0 24

vreg h_x87_reg(unsigned k)
{
    return (vreg)(FREG0 + k);
}

void h_fld_cpu(struct tr *t, vreg d, unsigned offset)
{
    tr_put(t, a64_ldr_v(3, d, R_CPU, offset));
}

void h_fst_cpu(struct tr *t, vreg s, unsigned offset)
{
    tr_put(t, a64_str_v(3, s, R_CPU, offset));
}

void h_f_neg(struct tr *t, vreg d, vreg a)
{
    tr_put(t, a64_fneg(1, d, a));
}

void h_f_abs(struct tr *t, vreg d, vreg a)
{
    tr_put(t, a64_fabs(1, d, a));
}

void h_f_move(struct tr *t, vreg d, vreg a)
{
    if (d != a)
        tr_put(t, a64_fmov(1, d, a));
}

void h_f_round_rc(struct tr *t, vreg d, vreg a, hreg rc)
{
    u32 done = tr_label(t);
    hreg x = h_tmp(t);
    vreg r = d == a ? h_vtmp(t) : d;

    tr_put(t, a64_frintn(1, r, a));
    tr_branch(t, a64_cbz(0, rc, 0), done);
    tr_put(t, a64_frintz(1, r, a));
    tr_put(t, a64_sub_imm(0, x, rc, 3, 0));
    tr_branch(t, a64_cbz(0, x, 0), done);
    tr_put(t, a64_frintm(1, r, a));
    tr_branch(t, a64_tbnz(rc, 0, 0), done);
    tr_put(t, a64_frintp(1, r, a));
    tr_bind(t, done);
    h_f_move(t, d, r);
}

void h_f_trunc(struct tr *t, vreg d, vreg a)
{
    tr_put(t, a64_frintz(1, d, a));
}

/* Without FEAT_FRINTTS a NaN becomes 0 and what is too large the largest integer. */
void h_f_integral_to_int(struct tr *t, unsigned sz, hreg d, vreg a)
{
    u32 done;
    hreg x;

    if (a64_has.frintts) {
        vreg r = h_vtmp(t);

        tr_put(t, sz == 8 ? a64_frint64z(1, r, a) : a64_frint32z(1, r, a));
        a = r;
    }
    tr_put(t, a64_fcvtzs(sz == 8, 1, d, a));
    if (sz != 2)
        return;
    done = tr_label(t);
    x = h_tmp(t);
    tr_put(t, a64_sxth(0, x, d));
    tr_put(t, a64_sub_reg(0, x, x, d, A64_LSL, 0));
    tr_branch(t, a64_cbz(0, x, 0), done);
    tr_put(t, a64_movz(0, d, 0x8000, 0));
    tr_bind(t, done);
}

/* Zero, denormal, infinity, NaN: exponent e and mantissa m of the double in x. a: those registers.
 */
static void cold_to_f80(struct tr *t, const struct tr_cold *c)
{
    hreg m = (hreg)c->a, e = (hreg)(c->a >> 8), x = (hreg)(c->a >> 16);
    u32 big = tr_label(t), zero = tr_label(t);

    tr_branch(t, a64_cbnz(0, e, 0), big);
    tr_put(t, a64_lsl_imm(1, m, x, 12));
    tr_branch(t, a64_cbz(1, m, 0), zero);
    tr_put(t, a64_clz(1, x, m));
    tr_put(t, a64_lslv(1, m, m, x));
    tr_put(t, a64_movz(0, e, 15360, 0));
    tr_put(t, a64_sub_reg(0, e, e, x, A64_LSL, 0));
    tr_bind(t, zero);
    tr_branch(t, a64_b(0), c->back);
    tr_bind(t, big);
    tr_put(t, a64_movz(0, e, 0x7fff, 0));
    tr_branch(t, a64_b(0), c->back);
}

/* The exponent's bits are e10 .. e0 in a double, e10 ~e10 ~e10 ~e10 ~e10 e9 .. e0 here. */
void h_f_to_f80(struct tr *t, hreg m, hreg e, vreg a)
{
    hreg x = h_tmp(t), s = h_tmp(t), k = h_tmp(t);
    struct tr_cold *c;
    u32 bits;

    tr_put(t, a64_fmov_to_gpr(1, x, a));
    tr_put(t, a64_sbfx(1, e, x, 52, 11));
    tr_put(t, a64_lsr_imm(1, s, x, 63));
    tr_put(t, a64_lsl_imm(1, m, x, 11));
    tr_put(t, a64_eor_reg(0, k, e, e, A64_ASR, 1)); /* zero if all of e's bits are the same */
    a64_bitmask(1ull << 63, 1, &bits);
    tr_put(t, a64_orr_imm(1, m, m, bits));
    c = tr_cold(t, cold_to_f80);
    c->a = m | (u64)e << 8 | (u64)x << 16;
    tr_branch(t, a64_cbz(0, k, 0), c->label);
    a64_bitmask(0x3c00, 0, &bits);
    tr_put(t, a64_eor_imm(0, e, e, bits));
    tr_bind(t, c->back);
    tr_put(t, a64_bfi(0, e, s, 15, 1));
}

/* What is not a normal double: zero, infinity, NaN, denormal (truncated); too large is infinity. */
static void cold_from_f80(struct tr *t, const struct tr_cold *c)
{
    hreg m = (hreg)c->a, e = (hreg)(c->a >> 8), x = (hreg)(c->a >> 16), k = (hreg)(c->a >> 24);
    u32 small = tr_label(t), inf = tr_label(t), done = tr_label(t);
    u32 bits;

    tr_put(t, a64_movz(0, x, 15361 + 11, 0));
    tr_put(t, a64_sub_reg(0, k, x, e, A64_LSL, 0)); /* 12 or more bits to drop: small */
    tr_put(t, a64_movz(1, x, 0, 0));
    tr_branch(t, a64_cbz(1, m, 0), done);
    tr_put(t, a64_sub_imm(0, x, k, 12, 0));
    tr_branch(t, a64_tbz(x, 31, 0), small);
    tr_put(t, a64_movz(1, x, 0, 0));
    tr_put(t, a64_movz(0, k, 0x7fff, 0));
    tr_put(t, a64_sub_reg(0, k, e, k, A64_LSL, 0));
    tr_branch(t, a64_cbnz(0, k, 0), inf);
    tr_put(t, a64_ubfx(1, x, m, 11, 52));
    tr_branch(t, a64_cbz(1, x, 0), inf);
    a64_bitmask(1ull << 51, 1, &bits);
    tr_put(t, a64_orr_imm(1, x, x, bits));
    tr_bind(t, inf);
    a64_bitmask(0x7ffull << 52, 1, &bits);
    tr_put(t, a64_orr_imm(1, x, x, bits));
    tr_branch(t, a64_b(0), done);
    tr_bind(t, small);
    tr_put(t, a64_lsrv(1, x, m, k));
    tr_put(t, a64_lsr_imm(0, k, k, 6));
    tr_branch(t, a64_cbz(0, k, 0), done);
    tr_put(t, a64_movz(1, x, 0, 0));
    tr_bind(t, done);
    tr_branch(t, a64_b(0), c->back);
}

void h_f_from_f80(struct tr *t, vreg d, hreg m, hreg se)
{
    hreg e = h_tmp(t), x = h_tmp(t), k = h_tmp(t);
    struct tr_cold *c = tr_cold(t, cold_from_f80);
    u32 cold = c->label;

    c->a = m | (u64)e << 8 | (u64)x << 16 | (u64)k << 24;
    tr_put(t, a64_ubfx(0, e, se, 0, 15));
    tr_put(t, a64_movz(0, k, 15359, 0));
    tr_put(t, a64_sub_reg(0, k, e, k, A64_LSL, 0));
    tr_put(t, a64_sub_imm(0, x, k, 2, 0)); /* e - 15361: 0 .. 2045 is a normal double */
    tr_put(t, a64_orr_reg(0, k, k, x, A64_LSL, 0));
    tr_put(t, a64_lsr_imm(0, k, k, 11));
    tr_branch(t, a64_cbnz(0, k, 0), cold);
    tr_put(t, a64_lsr_imm(1, k, m, 63));
    tr_branch(t, a64_cbz(0, k, 0), cold);
    tr_put(t, a64_ucvtf(1, 1, d, m));
    tr_put(t, a64_fmov_to_gpr(1, x, d));
    tr_put(t, a64_movz(0, k, 16446, 0));
    tr_put(t, a64_sub_reg(1, e, e, k, A64_LSL, 0));
    tr_put(t, a64_add_reg(1, x, x, e, A64_LSL, 52));
    tr_bind(t, c->back);
    tr_put(t, a64_lsr_imm(0, k, se, 15));
    tr_put(t, a64_bfi(1, x, k, 63, 1));
    tr_put(t, a64_fmov_from_gpr(1, d, x));
}

/* C3 if equal, C0 if less, all three if unordered; NZCV stays. */
void h_f_com(struct tr *t, hreg d, vreg a, vreg b, bool quiet)
{
    vreg v = h_vtmp(t);
    hreg eq = h_tmp(t), lt = h_tmp(t);
    u32 bits;

    (void)quiet; /* the comparisons below signal for both */
    tr_put(t, a64_sc_fcmeq(1, v, a, b));
    tr_put(t, a64_fmov_to_gpr(1, eq, v));
    tr_put(t, a64_sc_fcmgt(1, v, b, a));
    tr_put(t, a64_fmov_to_gpr(1, lt, v));
    tr_put(t, a64_sc_fcmgt(1, v, a, b));
    tr_put(t, a64_fmov_to_gpr(1, d, v));
    tr_put(t, a64_orr_reg(0, d, d, lt, A64_LSL, 0));
    tr_put(t, a64_orr_reg(0, d, d, eq, A64_LSL, 0));
    tr_put(t, a64_mvn(0, d, d)); /* unordered */
    tr_put(t, a64_orr_reg(0, eq, eq, d, A64_LSL, 0));
    tr_put(t, a64_orr_reg(0, lt, lt, d, A64_LSL, 0));
    a64_bitmask(1 << 10, 0, &bits);
    tr_put(t, a64_and_imm(0, d, d, bits));
    tr_put(t, a64_bfi(0, d, eq, 14, 1));
    tr_put(t, a64_bfi(0, d, lt, 8, 1));
}
