/*
 * ops_flags.c - the guest's flags in NZCV. An operation leaves them as A64 makes them; which way
 * round C is, and whether NZCV comes from a floating-point compare, is known while translating
 * (struct tr_flags). PF and AF are made of R_PF and R_AF when they are asked for. At block edges
 * the state is canonical: FL_NZCV with C inverted, as SUBS leaves it.
 */
#include "base/bits.h"
#include "dynarec/arm64/a64.h"
#include "dynarec/arm64/enc_fp.h"
#include "x86/flags.h"

#define NZCV_C 29
#define SZO (X86_SF | X86_ZF | X86_OF)

static unsigned need(const struct tr *t)
{
    return tr_cur(t)->need & X86_OSZAPC;
}

static void set_state(struct tr *t, unsigned kind, unsigned inv)
{
    t->fl.kind = (u8)kind;
    t->fl.inv = (u8)inv;
    t->fl.zero_c = false;
}

void h_flags_start(struct tr *t)
{
    set_state(t, FL_NZCV, 1);
}

unsigned h_flag_state(const struct tr *t)
{
    return (unsigned)t->fl.kind | (unsigned)t->fl.inv << 2;
}

bool h_flags_live(const struct tr *t)
{
    return need(t) != 0;
}

/* Inserts bit 0 of r into NZCV at bit 0-3 (V C Z N); x is a temporary. */
static void insert(struct tr *t, hreg r, unsigned bit, hreg x)
{
    if (a64_has.flagm) {
        tr_put(t, a64_rmif(r, (64 - bit) & 63, 1u << bit));
        return;
    }
    tr_put(t, a64_mrs(x, A64_NZCV));
    tr_put(t, a64_bfi(1, x, r, 28 + bit, 1));
    tr_put(t, a64_msr(A64_NZCV, x));
}

static void flip_c(struct tr *t)
{
    if (a64_has.flagm) {
        tr_put(t, a64_cfinv());
    } else {
        hreg r = h_tmp(t);
        u32 bits;

        a64_bitmask(1u << NZCV_C, 1, &bits);
        tr_put(t, a64_mrs(r, A64_NZCV));
        tr_put(t, a64_eor_imm(1, r, r, bits));
        tr_put(t, a64_msr(A64_NZCV, r));
    }
    t->fl.inv ^= 1;
    t->fl.zero_c = false;
}

/* From FCMP to what UCOMISS says: Z equal or unordered, C not (less or unordered), N = V = 0. */
static void from_fcmp(struct tr *t, unsigned live)
{
    hreg z, c;

    if (live & (X86_PF | X86_AF)) {
        tr_put(t, a64_cset(0, R_PF, A64_VC)); /* 1 has odd parity */
        tr_put(t, a64_mov(0, R_AF, R_PF));
    }
    if (a64_has.flagm2) {
        tr_put(t, a64_axflag());
    } else if (live & (SZO | X86_CF)) {
        u32 bits;

        z = h_tmp(t);
        c = h_tmp(t);
        tr_put(t, a64_cset(0, z, A64_EQ));
        tr_put(t, a64_csinc(0, z, z, R_ZR, A64_VC)); /* or unordered */
        tr_put(t, a64_cset(0, c, A64_GE));
        a64_bitmask(1, 1, &bits);
        tr_put(t, a64_bfi(1, c, z, 1, 1));
        tr_put(t, a64_lsl_imm(1, c, c, NZCV_C));
        tr_put(t, a64_msr(A64_NZCV, c));
    }
    set_state(t, FL_NZCV, 1);
}

static void from_ne(struct tr *t, unsigned live)
{
    hreg r;
    u32 bits;

    if (live & (X86_CF | X86_OF)) {
        r = h_tmp(t);
        tr_put(t, a64_csetm(0, r, A64_NE));
        a64_bitmask(3u << 28, 0, &bits);
        tr_put(t, a64_and_imm(0, r, r, bits));
        tr_put(t, a64_msr(A64_NZCV, r));
    }
    set_state(t, FL_NZCV, 0);
}

static void to_nzcv(struct tr *t, unsigned live)
{
    if (t->fl.kind == FL_FCMP)
        from_fcmp(t, live);
    else if (t->fl.kind == FL_NE)
        from_ne(t, live);
}

void h_flags_canon(struct tr *t, unsigned live)
{
    to_nzcv(t, live);
    if (!t->fl.inv && (live & X86_CF))
        flip_c(t);
    t->fl.inv = 1;
    t->fl.zero_c = false;
}

void h_carry(struct tr *t, unsigned inv)
{
    hreg r;

    if (t->fl.kind == FL_NZCV) {
        if (t->fl.inv != inv)
            flip_c(t);
        return;
    }
    r = h_tmp(t);
    tr_put(t, a64_cset(0, r, t->fl.kind == FL_FCMP ? A64_LT : A64_NE));
    tr_put(t, inv ? a64_subs_reg(0, R_ZR, R_ZR, r, A64_LSL, 0) : a64_subs_imm(0, R_ZR, r, 1, 0));
    set_state(t, FL_NZCV, inv);
}

/* ---- arithmetic ---- */

/* PF and AF of a op b, if wanted; before d is written. The result goes to R_PF with after_pf(). */
static void before_af(struct tr *t, hreg a, hreg b)
{
    if (need(t) & X86_AF)
        tr_put(t, a64_eor_reg(1, R_AF, a, b, A64_LSL, 0));
}

static void after_pf(struct tr *t, hreg r)
{
    if (need(t) & (X86_PF | X86_AF))
        tr_put(t, a64_mov(0, R_PF, r));
}

/* Without a destination the result is still wanted for PF or AF. */
static hreg result_reg(struct tr *t, hreg d)
{
    if (d != H_NONE)
        return d;
    return need(t) & (X86_PF | X86_AF) ? R_PF : R_ZR;
}

/* ADD SUB AND, 4 or 8 bytes: one instruction. */
static void wide(struct tr *t, enum h_op op, unsigned sf, hreg d, hreg a, hreg b)
{
    switch (op) {
    case H_ADD: tr_put(t, a64_adds_reg(sf, d, a, b, A64_LSL, 0)); break;
    case H_SUB: tr_put(t, a64_subs_reg(sf, d, a, b, A64_LSL, 0)); break;
    case H_AND: tr_put(t, a64_ands_reg(sf, d, a, b, A64_LSL, 0)); break;
    case H_ADC: tr_put(t, a64_adcs(sf, d, a, b)); break;
    default: tr_put(t, a64_sbcs(sf, d, a, b)); break;
    }
}

static bool is_logic(enum h_op op)
{
    return op == H_AND || op == H_OR || op == H_XOR;
}

/* NZ of the low sz bytes of r; C and V clear. */
static void test_reg(struct tr *t, unsigned sz, hreg r)
{
    if (sz >= 4)
        tr_put(t, a64_ands_reg(sz == 8, R_ZR, r, r, A64_LSL, 0));
    else
        tr_put(t, a64_adds_reg(0, R_ZR, R_ZR, r, A64_LSL, 32 - 8 * sz));
    set_state(t, FL_NZCV, 0);
    t->fl.zero_c = true;
}

/* 1 or 2 bytes: at the top of a word, where carry and overflow come out right. */
static void narrow(struct tr *t, enum h_op op, unsigned sz, hreg d, hreg a, hreg b)
{
    unsigned sh = 32 - 8 * sz;
    hreg x = h_tmp(t), r;

    if (is_logic(op)) {
        r = d == H_NONE ? (need(t) & (X86_PF | X86_AF)) ? R_PF : x : d;
        h_op(t, op, 4, r, a, b);
        test_reg(t, sz, r);
        if (r != R_PF)
            after_pf(t, r);
        return;
    }
    before_af(t, a, b);
    tr_put(t, a64_lsl_imm(0, x, a, sh));
    tr_put(t, op == H_ADD ? a64_adds_reg(0, x, x, b, A64_LSL, sh)
                          : a64_subs_reg(0, x, x, b, A64_LSL, sh));
    set_state(t, FL_NZCV, op == H_SUB);
    r = result_reg(t, d);
    if (r != R_ZR)
        tr_put(t, a64_lsr_imm(0, r, x, sh));
    if (d != H_NONE)
        after_pf(t, d);
}

void h_op_f(struct tr *t, enum h_op op, unsigned sz, hreg d, hreg a, hreg b)
{
    hreg r;

    if (!need(t)) {
        if (d != H_NONE)
            h_op(t, op, sz < 4 ? 4 : sz, d, a, b);
        return;
    }
    if (sz < 4) {
        narrow(t, op, sz, d, a, b);
        return;
    }
    r = result_reg(t, d);
    if (op == H_OR || op == H_XOR) {
        h_op(t, op, sz, r, a, b);
        test_reg(t, sz, r);
        if (r != R_PF)
            after_pf(t, r);
        return;
    }
    if (op == H_ADC || op == H_SBB)
        h_carry(t, op == H_SBB);
    if (!is_logic(op))
        before_af(t, a, b);
    wide(t, op, sz == 8, r, a, b);
    set_state(t, FL_NZCV, op == H_SUB || op == H_SBB);
    t->fl.zero_c = op == H_AND;
    if (r != R_PF)
        after_pf(t, r);
}

/* a op imm with an immediate form that also sets flags. */
static bool wide_imm(struct tr *t, enum h_op op, unsigned sf, hreg d, hreg a, u64 v)
{
    u64 minus = sf ? 0 - v : (u32)(0 - v);
    unsigned lsl12;
    u32 bits;

    switch (op) {
    case H_AND:
        if (!a64_bitmask(v, sf, &bits))
            return false;
        tr_put(t, a64_ands_imm(sf, d, a, bits));
        return true;
    case H_ADD:
    case H_SUB:
        /* The adder sees the same two numbers either way, but for 0, whose complement carries. */
        if (a64_fits_addsub(v, &lsl12)) {
            u32 i = (u32)(lsl12 ? v >> 12 : v);

            tr_put(t, op == H_ADD ? a64_adds_imm(sf, d, a, i, lsl12)
                                  : a64_subs_imm(sf, d, a, i, lsl12));
            return true;
        }
        if (v && a64_fits_addsub(minus, &lsl12)) {
            u32 i = (u32)(lsl12 ? minus >> 12 : minus);

            tr_put(t, op == H_ADD ? a64_subs_imm(sf, d, a, i, lsl12)
                                  : a64_adds_imm(sf, d, a, i, lsl12));
            return true;
        }
        return false;
    default: return false;
    }
}

/* CMP and TEST of bytes and words where one instruction on the zero-extended value does. */
static bool narrow_imm(struct tr *t, enum h_op op, unsigned sz, hreg d, hreg a, u64 v)
{
    unsigned lsl12;
    u32 bits;

    if (d != H_NONE)
        return false;
    if (op == H_AND && !(need(t) & ~(unsigned)(X86_ZF | X86_CF | X86_OF)) &&
        a64_bitmask(v, 0, &bits)) {
        tr_put(t, a64_ands_imm(0, R_ZR, a, bits));
        set_state(t, FL_NZCV, 0);
        t->fl.zero_c = true;
        return true;
    }
    if (op == H_SUB && !(need(t) & ~(unsigned)(X86_ZF | X86_CF)) && a64_fits_addsub(v, &lsl12)) {
        hreg x = a;

        if (t->zext_reg != a) {
            x = h_tmp(t);
            h_zext(t, x, a, sz);
        }
        tr_put(t, a64_subs_imm(0, R_ZR, x, (u32)(lsl12 ? v >> 12 : v), lsl12));
        set_state(t, FL_NZCV, 1);
        return true;
    }
    if (op == H_SUB && !v && !(need(t) & (X86_PF | X86_AF))) {
        test_reg(t, sz, a); /* minus 0: no borrow */
        return true;
    }
    return false;
}

void h_opi_f(struct tr *t, enum h_op op, unsigned sz, hreg d, hreg a, i64 imm)
{
    u64 v = zext((u64)imm, sz);
    hreg r, b;

    if (!need(t)) {
        if (d != H_NONE)
            h_opi(t, op, sz < 4 ? 4 : sz, d, a, imm);
        return;
    }
    if (sz < 4 && narrow_imm(t, op, sz, d, a, v))
        return;
    if (sz >= 4 && op == H_SUB && d == H_NONE && !v && !(need(t) & (X86_PF | X86_AF))) {
        /* as TEST, which also keeps C known */
        tr_put(t, a64_subs_imm(sz == 8, R_ZR, a, 0, 0));
        set_state(t, FL_NZCV, 1);
        return;
    }
    if (sz >= 4 && !(need(t) & X86_AF)) {
        r = result_reg(t, d);
        if (wide_imm(t, op, sz == 8, r, a, v)) {
            set_state(t, FL_NZCV, op == H_SUB);
            t->fl.zero_c = op == H_AND;
            if (r != R_PF)
                after_pf(t, r);
            return;
        }
        if (op == H_OR || op == H_XOR) {
            h_opi(t, op, sz, r, a, imm);
            test_reg(t, sz, r);
            if (r != R_PF)
                after_pf(t, r);
            return;
        }
    }
    if (sz < 4 && is_logic(op)) {
        r = d == H_NONE ? (need(t) & (X86_PF | X86_AF)) ? R_PF : h_tmp(t) : d;
        h_opi(t, op, 4, r, a, (i64)v);
        test_reg(t, sz, r);
        if (r != R_PF)
            after_pf(t, r);
        return;
    }
    if (!v && (op == H_ADC || op == H_SBB)) {
        h_op_f(t, op, sz, d, a, R_ZR);
        return;
    }
    b = h_tmp(t);
    h_imm(t, b, sz == 8 ? (u64)imm : v);
    h_op_f(t, op, sz, d, a, b);
}

void h_step_f(struct tr *t, unsigned sz, hreg d, hreg a, int delta)
{
    unsigned sf = sz == 8, sh = 32 - 8 * (sz & 3), keep = need(t) & X86_CF;
    hreg c = H_NONE, x;

    if (!need(t)) {
        h_opi(t, H_ADD, sz < 4 ? 4 : sz, d, a, delta);
        return;
    }
    if (keep) {
        c = h_tmp(t);
        h_setcc(t, c, 2);
    }
    if (need(t) & X86_AF)
        tr_put(t, a64_mov(1, R_AF, a)); /* bit 4 of the other operand, 1, is clear */
    if (sz >= 4) {
        tr_put(t, delta > 0 ? a64_adds_imm(sf, d, a, 1, 0) : a64_subs_imm(sf, d, a, 1, 0));
    } else {
        hreg one = h_tmp(t);

        x = h_tmp(t);
        h_imm(t, one, 1u << sh);
        tr_put(t, a64_lsl_imm(0, x, a, sh));
        tr_put(t, delta > 0 ? a64_adds_reg(0, x, x, one, A64_LSL, 0)
                            : a64_subs_reg(0, x, x, one, A64_LSL, 0));
        tr_put(t, a64_lsr_imm(0, d, x, sh));
    }
    set_state(t, FL_NZCV, 0);
    if (keep)
        insert(t, c, 1, h_tmp(t));
    after_pf(t, d);
}

/* ---- shifts by constants ---- */

static void rotate(struct tr *t, bool rol, unsigned sz, hreg d, hreg a, unsigned count)
{
    unsigned bits = 8 * sz, right = rol ? bits - count % bits : count % bits;
    hreg x;

    right %= bits;
    if (sz >= 4) {
        tr_put(t, a64_ror_imm(sz == 8, d, a, right));
        return;
    }
    /* Twice the value side by side. */
    x = h_tmp(t);
    tr_put(t, a64_ubfx(0, x, a, 0, bits));
    tr_put(t, a64_orr_reg(0, x, x, x, A64_LSL, bits));
    tr_put(t, a64_ubfx(0, d, x, right, bits));
}

static void rotate_f(struct tr *t, bool rol, unsigned sz, hreg d, hreg a, unsigned count)
{
    unsigned top = 8 * sz - 1;
    hreg c;

    rotate(t, rol, sz, d, a, count);
    if (!(need(t) & (X86_CF | X86_OF)))
        return;
    to_nzcv(t, need(t));
    c = h_tmp(t);
    if (need(t) & X86_OF) {
        tr_put(t,
               rol ? a64_eor_reg(1, c, d, d, A64_LSR, top) : a64_eor_reg(1, c, d, d, A64_LSL, 1));
        if (!rol)
            tr_put(t, a64_lsr_imm(1, c, c, top));
        insert(t, c, 0, h_tmp(t));
    }
    tr_put(t, a64_ubfx(1, c, d, rol ? 0 : top, 1));
    insert(t, c, 1, h_tmp(t));
    t->fl.inv = 0;
    t->fl.zero_c = false;
}

static void plain_shift(struct tr *t, enum h_op op, unsigned sz, hreg d, hreg a, unsigned n)
{
    unsigned bits = 8 * sz;

    if (op == H_SHL)
        tr_put(t, sz >= 4     ? a64_lsl_imm(sz == 8, d, a, n)
                  : n >= bits ? a64_movz(0, d, 0, 0)
                              : a64_ubfiz(0, d, a, n, bits - n));
    else if (op == H_SHR)
        tr_put(t, sz >= 4     ? a64_lsr_imm(sz == 8, d, a, n)
                  : n >= bits ? a64_movz(0, d, 0, 0)
                              : a64_ubfx(0, d, a, n, bits - n));
    else
        tr_put(t, sz >= 4 ? a64_asr_imm(sz == 8, d, a, n)
                          : a64_sbfx(0, d, a, n >= bits ? bits - 1 : n, n >= bits ? 1 : bits - n));
}

void h_shifti_f(struct tr *t, enum h_op op, bool rol, unsigned sz, hreg d, hreg a, unsigned count)
{
    unsigned bits = 8 * sz, co = need(t) & (X86_CF | X86_OF);
    hreg c = H_NONE, o = H_NONE;

    if (op == H_ROR) {
        rotate_f(t, rol, sz, d, a, count);
        return;
    }
    if (co) {
        c = h_tmp(t);
        o = h_tmp(t);
        if (op == H_SHL)
            count <= bits ? tr_put(t, a64_ubfx(1, c, a, bits - count, 1)) : h_imm(t, c, 0);
        else if (op == H_SHR)
            count <= bits ? tr_put(t, a64_ubfx(1, c, a, count - 1, 1)) : h_imm(t, c, 0);
        else
            tr_put(t, a64_ubfx(1, c, a, count <= bits ? count - 1 : bits - 1, 1));
        if (op == H_SHR && (co & X86_OF))
            tr_put(t, a64_ubfx(1, o, a, bits - 1, 1));
    }
    plain_shift(t, op, sz, d, a, count);
    if (!need(t))
        return;
    if (op == H_SHL && (co & X86_OF))
        tr_put(t, a64_eor_reg(1, o, c, d, A64_LSR, bits - 1));
    test_reg(t, sz, d);
    after_pf(t, d);
    if (co) {
        insert(t, c, 1, a64_has.flagm ? R_ZR : h_tmp(t));
        t->fl.zero_c = false;
    }
    if ((co & X86_OF) && op != H_SAR)
        insert(t, o, 0, a64_has.flagm ? R_ZR : h_tmp(t));
}

/* ---- single flags ---- */

void h_flags_logic(struct tr *t, unsigned sz, hreg r)
{
    if (!need(t))
        return;
    test_reg(t, sz, r);
    after_pf(t, r);
}

void h_flags_cf(struct tr *t, hreg r)
{
    u32 bits;

    if (!(need(t) & X86_CF))
        return;
    if (!(need(t) & (X86_ZF | X86_SF | X86_OF | X86_PF | X86_AF))) {
        a64_bitmask(1, 0, &bits);
        tr_put(t, a64_ands_imm(0, R_ZR, r, bits));
        set_state(t, FL_NE, 0);
        return;
    }
    to_nzcv(t, need(t));
    insert(t, r, 1, h_tmp(t));
    t->fl.inv = 0;
    t->fl.zero_c = false;
}

void h_flags_of(struct tr *t, hreg r)
{
    if (!(need(t) & X86_OF))
        return;
    to_nzcv(t, need(t));
    insert(t, r, 0, h_tmp(t));
}

void h_flags_z(struct tr *t, hreg r)
{
    if (!(need(t) & X86_ZF))
        return;
    to_nzcv(t, need(t));
    insert(t, r, 2, h_tmp(t));
}

void h_flags_mul(struct tr *t, hreg r)
{
    if (!(need(t) & (X86_CF | X86_OF)))
        return;
    tr_put(t, a64_subs_imm(1, R_ZR, r, 0, 0));
    set_state(t, FL_NE, 0);
}

void h_flags_zf(struct tr *t, unsigned sz, hreg r, bool cf)
{
    if (!need(t))
        return;
    if (!cf) {
        test_reg(t, sz, r);
        return;
    }
    /* r - 1 borrows if r is 0, but Z is that of r: compare r with 0 the other way round. */
    tr_put(t, a64_subs_reg(sz == 8, R_ZR, R_ZR, r, A64_LSL, 0));
    set_state(t, FL_NZCV, 0); /* C = no borrow = (r == 0) */
}

void h_flags_set(struct tr *t, hreg r)
{
    hreg x = h_tmp(t), y = h_tmp(t);

    /* EFLAGS: CF 0, PF 2, AF 4, ZF 6, SF 7, OF 11; NZCV: V 28, C 29, Z 30, N 31. */
    tr_put(t, a64_ubfx(1, x, r, 6, 2));
    tr_put(t, a64_lsl_imm(1, x, x, 30));
    tr_put(t, a64_bfi(1, x, r, 29, 1));
    tr_put(t, a64_ubfx(1, y, r, 11, 1));
    tr_put(t, a64_bfi(1, x, y, 28, 1));
    tr_put(t, a64_msr(A64_NZCV, x));
    set_state(t, FL_NZCV, 0);
    if (need(t) & (X86_PF | X86_AF)) {
        u32 bits;

        tr_put(t, a64_ubfx(0, y, r, 2, 1));
        a64_bitmask(1, 0, &bits);
        tr_put(t, a64_eor_imm(0, R_PF, y, bits));
        tr_put(t, a64_mov(0, R_AF, r));
    }
}

void h_flags_get(struct tr *t, hreg r)
{
    hreg x = h_tmp(t);

    to_nzcv(t, X86_OSZAPC);
    h_setcc(t, r, 2);
    h_setcc(t, x, 10);
    tr_put(t, a64_bfi(1, r, x, 2, 1));
    tr_put(t, a64_eor_reg(0, x, R_PF, R_AF, A64_LSL, 0));
    tr_put(t, a64_lsr_imm(0, x, x, 4));
    tr_put(t, a64_bfi(1, r, x, 4, 1));
    tr_put(t, a64_mrs(x, A64_NZCV));
    tr_put(t, a64_lsr_imm(1, x, x, 28));
    tr_put(t, a64_bfi(1, r, x, 11, 1));
    tr_put(t, a64_lsr_imm(1, x, x, 2));
    tr_put(t, a64_bfi(1, r, x, 6, 2));
}

void h_flags_fcmp(struct tr *t, unsigned sz, vreg a, vreg b, bool quiet)
{
    tr_put(t, quiet ? a64_fcmp(sz == 8, a, b) : a64_fcmpe(sz == 8, a, b));
    set_state(t, FL_FCMP, 0);
}

/* ---- conditions ---- */

/* The A64 condition for cc; A64_AL: there is no single one. */
static enum a64_cond single(const struct tr *t, unsigned cc)
{
    static const u8 nzcv[8] = {A64_VS, A64_CS, A64_EQ, A64_AL, A64_MI, A64_AL, A64_LT, A64_LE};
    static const u8 fcmp[8] = {A64_AL, A64_LT, A64_AL, A64_LE, A64_AL, A64_VS, A64_AL, A64_AL};
    unsigned c;

    if (t->fl.kind == FL_NE)
        return (cc >> 1) <= 1 ? (enum a64_cond)(A64_NE ^ (cc & 1)) : A64_AL;
    if (t->fl.kind == FL_FCMP) {
        c = fcmp[cc >> 1];
    } else {
        c = nzcv[cc >> 1];
        if (t->fl.inv && cc >> 1 == 1)
            c = A64_CC;
        if (cc >> 1 == 3)
            c = t->fl.inv ? A64_LS : t->fl.zero_c ? A64_EQ : A64_AL;
    }
    return c == A64_AL ? A64_AL : (enum a64_cond)(c ^ (cc & 1));
}

/* Bit 0 of the result: odd parity of R_PF, that is, not PF. */
static hreg odd_parity(struct tr *t)
{
    hreg r = h_tmp(t);

    tr_put(t, a64_eor_reg(0, r, R_PF, R_PF, A64_LSR, 4));
    tr_put(t, a64_eor_reg(0, r, r, r, A64_LSR, 2));
    tr_put(t, a64_eor_reg(0, r, r, r, A64_LSR, 1));
    return r;
}

static unsigned cc_reads(unsigned cc)
{
    static const u16 reads[8] = {X86_OF, X86_CF, X86_ZF,          X86_CF | X86_ZF,
                                 X86_SF, X86_PF, X86_SF | X86_OF, X86_SF | X86_OF | X86_ZF};

    return reads[cc >> 1];
}

/* Brings the flags into a state with a single condition for cc, where there is one. */
static enum a64_cond settle(struct tr *t, unsigned cc)
{
    enum a64_cond c = single(t, cc);

    if (c != A64_AL)
        return c;
    to_nzcv(t, need(t) | cc_reads(cc));
    if (cc >> 1 == 3 && !t->fl.inv && !t->fl.zero_c)
        flip_c(t);
    return single(t, cc);
}

/* Parity without FCMP: through a register. */
static bool by_parity(const struct tr *t, unsigned cc)
{
    return cc >> 1 == 5 && t->fl.kind != FL_FCMP;
}

void h_setcc(struct tr *t, hreg d, unsigned cc)
{
    u32 bits;

    a64_bitmask(1, 0, &bits);
    if (by_parity(t, cc)) {
        hreg r = odd_parity(t);

        tr_put(t, a64_and_imm(0, d, r, bits));
        if (!(cc & 1))
            tr_put(t, a64_eor_imm(0, d, d, bits));
        return;
    }
    if (t->fl.kind == FL_FCMP && cc >> 1 == 2) {
        tr_put(t, a64_cset(0, d, cc & 1 ? A64_NE : A64_EQ));
        tr_put(t, cc & 1 ? a64_csel(0, d, d, R_ZR, A64_VC) : a64_csinc(0, d, d, R_ZR, A64_VC));
        return;
    }
    tr_put(t, a64_cset(0, d, settle(t, cc)));
}

void h_cmov(struct tr *t, unsigned sz, hreg d, hreg yes, hreg no, unsigned cc)
{
    unsigned sf = sz == 8;
    hreg x;

    if (by_parity(t, cc)) {
        /* Arithmetic, so that NZCV stays: mask = -(odd), then select. */
        hreg r = odd_parity(t);

        x = h_tmp(t);
        tr_put(t, a64_sbfx(1, r, r, 0, 1));
        tr_put(t, a64_eor_reg(1, x, yes, no, A64_LSL, 0));
        tr_put(t,
               cc & 1 ? a64_and_reg(1, x, x, r, A64_LSL, 0) : a64_bic_reg(1, x, x, r, A64_LSL, 0));
        tr_put(t, a64_eor_reg(sf, d, no, x, A64_LSL, 0));
        return;
    }
    if (t->fl.kind == FL_FCMP && cc >> 1 == 2) {
        x = h_tmp(t);
        tr_put(t, a64_csel(sf, x, yes, no, cc & 1 ? A64_NE : A64_EQ));
        tr_put(t, a64_csel(sf, d, cc & 1 ? no : yes, x, A64_VS));
        return;
    }
    tr_put(t, a64_csel(sf, d, yes, no, settle(t, cc)));
}

void h_jcc(struct tr *t, unsigned cc, u32 label)
{
    if (by_parity(t, cc)) {
        hreg r = odd_parity(t);

        tr_branch(t, cc & 1 ? a64_tbnz(r, 0, 0) : a64_tbz(r, 0, 0), label);
        return;
    }
    if (t->fl.kind == FL_FCMP && cc == 4) {
        tr_branch(t, a64_bcond(A64_EQ, 0), label);
        tr_branch(t, a64_bcond(A64_VS, 0), label);
        return;
    }
    if (t->fl.kind == FL_FCMP && cc == 5) {
        u32 skip = tr_label(t);

        tr_branch(t, a64_bcond(A64_VS, 0), skip);
        tr_branch(t, a64_bcond(A64_NE, 0), label);
        tr_bind(t, skip);
        return;
    }
    tr_branch(t, a64_bcond(settle(t, cc), 0), label);
}

void h_goto_cc(struct tr *t, unsigned cc, gaddr pc)
{
    if (by_parity(t, cc)) {
        hreg r = odd_parity(t);

        tr_site(t, cc & 1 ? a64_tbnz(r, 0, 0) : a64_tbz(r, 0, 0), pc, TR_SITE_JUMP);
        return;
    }
    if (t->fl.kind == FL_FCMP && cc == 4) {
        tr_site(t, a64_bcond(A64_EQ, 0), pc, TR_SITE_JUMP);
        tr_site(t, a64_bcond(A64_VS, 0), pc, TR_SITE_JUMP);
        return;
    }
    if (t->fl.kind == FL_FCMP && cc == 5) {
        u32 skip = tr_label(t);

        tr_branch(t, a64_bcond(A64_VS, 0), skip);
        tr_site(t, a64_bcond(A64_NE, 0), pc, TR_SITE_JUMP);
        tr_bind(t, skip);
        return;
    }
    tr_site(t, a64_bcond(settle(t, cc), 0), pc, TR_SITE_JUMP);
}

/* ---- while no translated code runs ---- */

void h_flags_to_cpu(struct x86_cpu *c)
{
    u32 nzcv = c->jit.nzcv, pf = c->jit.pf, f = c->eflags & ~(u32)X86_OSZAPC;

    pf ^= pf >> 4;
    f |= ~nzcv >> NZCV_C & 1;
    f |= (nzcv >> 30 & 3) << 6;
    f |= (nzcv >> 28 & 1) << 11;
    f |= (0x9669u >> (pf & 15) & 1) << 2;
    f |= (c->jit.pf ^ c->jit.af) & X86_AF;
    c->eflags = f;
    c->lf.kind = 0;
}

void h_flags_from_cpu(struct x86_cpu *c)
{
    u32 f = x86_flags_get(c);

    c->jit.nzcv = (~f & 1) << NZCV_C | (f >> 6 & 3) << 30 | (f >> 11 & 1) << 28;
    c->jit.pf = f & X86_PF ? 0 : 1;
    c->jit.af = c->jit.pf ^ (f & X86_AF);
}
