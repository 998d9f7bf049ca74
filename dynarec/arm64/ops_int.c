/*
 * ops_int.c - host-ops on general registers, and temporaries.
 */
#include "base/bits.h"
#include "dynarec/arm64/a64.h"

static const u8 gpr[17] = {R_RAX, R_RCX, R_RDX, R_RBX, R_RSP, R_RBP, R_RSI, R_RDI, R_R8,
                           R_R9,  R_R10, R_R11, R_R12, R_R13, R_R14, R_R15, R_ZR};

hreg h_gpr(unsigned x86_reg)
{
    return gpr[x86_reg];
}

vreg h_vec(unsigned x86_reg)
{
    return (vreg)x86_reg;
}

hreg h_zero(void)
{
    return R_ZR;
}

void h_tmp_reset(struct tr *t)
{
    t->tmp_free = TMP_MASK;
    t->vtmp_free = VTMP_MASK;
}

/* The highest-numbered of x11-x15 first; x16 and x17, which exits use, last. */
hreg h_tmp(struct tr *t)
{
    u32 pool =
        t->tmp_free & ~(1u << 16 | 1u << 17) ? t->tmp_free & ~(1u << 16 | 1u << 17) : t->tmp_free;
    unsigned r = pool ? 31 - (unsigned)__builtin_clz(pool) : 15;

    if (!pool)
        tr_fail(t, "no temporary register");
    t->tmp_free &= ~(1u << r);
    return (hreg)r;
}

vreg h_vtmp(struct tr *t)
{
    unsigned r = t->vtmp_free ? (unsigned)__builtin_ctz(t->vtmp_free) : 16;

    if (!t->vtmp_free)
        tr_fail(t, "no temporary vector register");
    t->vtmp_free &= ~(1u << r);
    return (vreg)r;
}

void h_mov(struct tr *t, unsigned sz, hreg d, hreg s)
{
    if (d != s || sz == 4)
        tr_put(t, a64_mov(sz == 8, d, s));
}

void h_imm(struct tr *t, hreg d, u64 v)
{
    unsigned zeros = 0, ones = 0;
    u32 bits;
    bool started = false;

    for (unsigned i = 0; i < 4; i++) {
        zeros += (u16)(v >> 16 * i) == 0;
        ones += (u16)(v >> 16 * i) == 0xffff;
    }
    if (!v) {
        tr_put(t, a64_movz(1, d, 0, 0));
        return;
    }
    if (zeros < 3 && ones < 3) {
        if (a64_bitmask(v, 1, &bits)) {
            tr_put(t, a64_orr_imm(1, d, R_ZR, bits));
            return;
        }
        if (v <= 0xffffffff && a64_bitmask(v, 0, &bits)) {
            tr_put(t, a64_orr_imm(0, d, R_ZR, bits));
            return;
        }
    }
    if (v <= 0xffffffff && (v >> 16) == 0xffff) { /* a 32-bit negative number */
        tr_put(t, a64_movn(0, d, (u16)~v, 0));
        return;
    }
    if (zeros < 2 && ones < 2) {
        tr_literal(t, a64_ldr_lit(1, d, 0), v);
        return;
    }
    for (unsigned i = 0; i < 4; i++) {
        u16 part = (u16)(v >> 16 * i), skip = ones > zeros ? 0xffff : 0;

        if (part == skip && (started || i < 3))
            continue;
        if (started)
            tr_put(t, a64_movk(1, d, part, i));
        else if (ones > zeros)
            tr_put(t, a64_movn(1, d, (u16)~part, i));
        else
            tr_put(t, a64_movz(1, d, part, i));
        started = true;
    }
}

void h_addr(struct tr *t, hreg d, gaddr a)
{
    tr_literal(t, a64_ldr_lit(1, d, 0), a);
}

void h_op(struct tr *t, enum h_op op, unsigned sz, hreg d, hreg a, hreg b)
{
    unsigned sf = sz == 8;

    switch (op) {
    case H_ADD: tr_put(t, a64_add_reg(sf, d, a, b, A64_LSL, 0)); break;
    case H_SUB: tr_put(t, a64_sub_reg(sf, d, a, b, A64_LSL, 0)); break;
    case H_AND: tr_put(t, a64_and_reg(sf, d, a, b, A64_LSL, 0)); break;
    case H_OR: tr_put(t, a64_orr_reg(sf, d, a, b, A64_LSL, 0)); break;
    case H_XOR: tr_put(t, a64_eor_reg(sf, d, a, b, A64_LSL, 0)); break;
    case H_BIC: tr_put(t, a64_bic_reg(sf, d, a, b, A64_LSL, 0)); break;
    case H_SHL: tr_put(t, a64_lslv(sf, d, a, b)); break;
    case H_SHR: tr_put(t, a64_lsrv(sf, d, a, b)); break;
    case H_SAR: tr_put(t, a64_asrv(sf, d, a, b)); break;
    case H_ROR: tr_put(t, a64_rorv(sf, d, a, b)); break;
    case H_MUL: tr_put(t, a64_madd(sf, d, a, b, R_ZR)); break;
    case H_ADC:
        h_carry(t, 0);
        tr_put(t, a64_adc(sf, d, a, b));
        break;
    case H_SBB:
        if (a == b && t->fl.kind == FL_NZCV) { /* all bits are the carry */
            tr_put(t, a64_csetm(sf, d, t->fl.inv ? A64_CC : A64_CS));
            break;
        }
        h_carry(t, 1);
        tr_put(t, a64_sbc(sf, d, a, b));
        break;
    }
}

/* d = a + carry or a - carry, as ADC and SBB of 0 without flags. */
static void carry_alone(struct tr *t, enum h_op op, unsigned sf, hreg d, hreg a)
{
    if (op == H_ADC && t->fl.kind == FL_NZCV && t->fl.inv)
        tr_put(t, a64_csinc(sf, d, a, a, A64_CS));
    else
        h_op(t, op, sf ? 8 : 4, d, a, R_ZR);
}

static void shift_imm(struct tr *t, enum h_op op, unsigned sf, hreg d, hreg a, unsigned n)
{
    switch (op) {
    case H_SHL: tr_put(t, a64_lsl_imm(sf, d, a, n)); break;
    case H_SHR: tr_put(t, a64_lsr_imm(sf, d, a, n)); break;
    case H_SAR: tr_put(t, a64_asr_imm(sf, d, a, n)); break;
    default: tr_put(t, a64_ror_imm(sf, d, a, n)); break;
    }
}

/* Shifts where they do; else what would take two instructions is loaded: it is not waited for. */
static void mul_imm(struct tr *t, unsigned sz, hreg d, hreg a, u64 v)
{
    u32 before = t->n;
    hreg b;

    if (v && !(v & (v - 1))) {
        shift_imm(t, H_SHL, sz == 8, d, a, (unsigned)__builtin_ctzll(v));
        return;
    }
    b = h_tmp(t);
    h_imm(t, b, v);
    if (t->n - before > 1) {
        t->n = before;
        tr_literal(t, a64_ldr_lit(1, b, 0), v);
    }
    h_op(t, H_MUL, sz, d, a, b);
}

void h_opi(struct tr *t, enum h_op op, unsigned sz, hreg d, hreg a, i64 imm)
{
    unsigned sf = sz == 8, lsl12;
    u64 v = sf ? (u64)imm : (u32)imm;
    u64 minus = sf ? 0 - v : (u32)(0 - v);
    u32 bits;
    hreg b;

    switch (op) {
    case H_ADD:
    case H_SUB:
        if (!v) {
            h_mov(t, sz, d, a);
            return;
        }
        if (a64_fits_addsub(v, &lsl12)) {
            tr_put(t, op == H_ADD ? a64_add_imm(sf, d, a, (u32)(lsl12 ? v >> 12 : v), lsl12)
                                  : a64_sub_imm(sf, d, a, (u32)(lsl12 ? v >> 12 : v), lsl12));
            return;
        }
        if (a64_fits_addsub(minus, &lsl12)) {
            u32 m = (u32)(lsl12 ? minus >> 12 : minus);

            tr_put(t,
                   op == H_ADD ? a64_sub_imm(sf, d, a, m, lsl12) : a64_add_imm(sf, d, a, m, lsl12));
            return;
        }
        break;
    case H_AND:
    case H_OR:
    case H_XOR:
    case H_BIC:
        if (a64_bitmask(op == H_BIC ? ~v : v, sf, &bits)) {
            tr_put(t, op == H_OR    ? a64_orr_imm(sf, d, a, bits)
                      : op == H_XOR ? a64_eor_imm(sf, d, a, bits)
                                    : a64_and_imm(sf, d, a, bits));
            return;
        }
        break;
    case H_SHL:
    case H_SHR:
    case H_SAR:
    case H_ROR: shift_imm(t, op, sf, d, a, (unsigned)v & (8 * sz - 1)); return;
    case H_MUL: mul_imm(t, sz, d, a, v); return;
    case H_ADC:
    case H_SBB:
        if (!v) {
            carry_alone(t, op, sf, d, a);
            return;
        }
        break;
    default: break;
    }
    b = h_tmp(t);
    h_imm(t, b, v);
    h_op(t, op, sz, d, a, b);
}

void h_ops(struct tr *t, enum h_op op, unsigned sz, hreg d, hreg a, hreg b, unsigned sh)
{
    unsigned sf = sz == 8;

    switch (op) {
    case H_ADD: tr_put(t, a64_add_reg(sf, d, a, b, A64_LSL, sh)); break;
    case H_SUB: tr_put(t, a64_sub_reg(sf, d, a, b, A64_LSL, sh)); break;
    case H_AND: tr_put(t, a64_and_reg(sf, d, a, b, A64_LSL, sh)); break;
    case H_OR: tr_put(t, a64_orr_reg(sf, d, a, b, A64_LSL, sh)); break;
    default: tr_put(t, a64_eor_reg(sf, d, a, b, A64_LSL, sh)); break;
    }
}

void h_zext(struct tr *t, hreg d, hreg s, unsigned from)
{
    if (from >= 4)
        h_mov(t, from, d, s);
    else
        tr_put(t, a64_ubfx(0, d, s, 0, 8 * from));
}

void h_sext(struct tr *t, unsigned to, hreg d, hreg s, unsigned from)
{
    if (from >= to)
        h_mov(t, to, d, s);
    else
        tr_put(t, a64_sbfx(to == 8, d, s, 0, 8 * from));
}

void h_ubfx(struct tr *t, hreg d, hreg s, unsigned lsb, unsigned width)
{
    tr_put(t, a64_ubfx(1, d, s, lsb, width));
}

void h_ubfiz(struct tr *t, hreg d, hreg s, unsigned lsb, unsigned width)
{
    tr_put(t, a64_ubfiz(1, d, s, lsb, width));
}

void h_sbfx(struct tr *t, hreg d, hreg s, unsigned lsb, unsigned width)
{
    tr_put(t, a64_sbfx(1, d, s, lsb, width));
}

void h_bfi(struct tr *t, hreg d, hreg s, unsigned lsb, unsigned width)
{
    tr_put(t, a64_bfi(1, d, s, lsb, width));
}

void h_extr(struct tr *t, unsigned sz, hreg d, hreg hi, hreg lo, unsigned lsb)
{
    tr_put(t, a64_extr(sz == 8, d, hi, lo, lsb));
}

void h_not(struct tr *t, unsigned sz, hreg d, hreg s)
{
    tr_put(t, a64_mvn(sz == 8, d, s));
}

void h_neg(struct tr *t, unsigned sz, hreg d, hreg s)
{
    tr_put(t, a64_neg(sz == 8, d, s));
}

void h_bswap(struct tr *t, unsigned sz, hreg d, hreg s)
{
    tr_put(t, a64_rev(sz == 8, d, s));
}

void h_clz(struct tr *t, unsigned sz, hreg d, hreg s)
{
    tr_put(t, a64_clz(sz == 8, d, s));
}

void h_ctz(struct tr *t, unsigned sz, hreg d, hreg s)
{
    tr_put(t, a64_rbit(sz == 8, d, s));
    tr_put(t, a64_clz(sz == 8, d, d));
}

void h_popcnt(struct tr *t, unsigned sz, hreg d, hreg s)
{
    vreg v = h_vtmp(t);

    tr_put(t, a64_fmov_from_gpr(sz == 8, v, s));
    tr_put(t, a64_v_cnt(0, 0, v, v));
    tr_put(t, a64_v_addv(0, 0, v, v));
    tr_put(t, a64_fmov_to_gpr(0, d, v));
}

void h_mull(struct tr *t, bool sign, hreg d, hreg a, hreg b)
{
    tr_put(t, sign ? a64_smull(d, a, b) : a64_umull(d, a, b));
}

void h_mulh(struct tr *t, bool sign, hreg d, hreg a, hreg b)
{
    tr_put(t, sign ? a64_smulh(d, a, b) : a64_umulh(d, a, b));
}

void h_div(struct tr *t, bool sign, unsigned sz, hreg d, hreg a, hreg b)
{
    tr_put(t, sign ? a64_sdiv(sz == 8, d, a, b) : a64_udiv(sz == 8, d, a, b));
}

void h_msub(struct tr *t, unsigned sz, hreg d, hreg a, hreg b, hreg c)
{
    tr_put(t, a64_msub(sz == 8, d, b, c, a));
}
