/*
 * tr_bits.c - shifts and rotates, multiply and divide, bit operations, single flags. Forms that
 * compilers do not write (byte rotates by CL with live flags ...) stay with x86_sem.
 */
#include "dynarec/translate/narrow.h"

static unsigned needs(const struct tr *t)
{
    return tr_cur(t)->need & X86_OSZAPC;
}

static bool is_gpr(const struct x86_insn *in, unsigned i)
{
    return in->opnd[i].kind == X86_OPK_GPR;
}

/* ---- shifts ---- */

static bool shift_const(struct tr *t, const struct x86_insn *in, enum h_op op, bool rol)
{
    unsigned sz = in->opnd[0].size;
    unsigned n = (unsigned)in->imm & (sz == 8 ? 63 : 31);
    bool mem = tr_is_mem(in, 0);
    hreg a, d;

    if (op == H_ROR && n % (8 * sz) == 0)
        return false;
    if (mem && (needs(t) || !n)) /* by nothing, memory is still written */
        return false;
    a = tr_read(t, in, 0);
    if (!n) {
        if (is_gpr(in, 0) && sz == 4)
            h_mov(t, 4, a, a);
        return true;
    }
    d = tr_dest(t, in, 0);
    h_shifti_f(t, op, rol, sz, d, a, n);
    tr_write(t, in, 0, d);
    return true;
}

static bool shift_cl(struct tr *t, const struct x86_insn *in, enum h_op op, bool rol)
{
    unsigned sz = in->opnd[0].size, flags = needs(t);
    hreg a, d, n = h_gpr(X86_RCX);
    u32 skip;

    if ((op == H_ROR && (sz < 4 || (flags & (X86_CF | X86_OF)))) ||
        (op != H_ROR && (flags & (X86_CF | X86_OF))) || (flags && tr_is_mem(in, 0)))
        return false;
    a = tr_read(t, in, 0);
    d = tr_dest(t, in, 0);
    if (op == H_SAR && sz < 4) {
        hreg x = h_tmp(t);

        h_sext(t, 4, x, a, sz);
        a = x;
    }
    if (rol) {
        hreg x = h_tmp(t);

        h_neg(t, 4, x, n);
        n = x;
    }
    if (flags && op != H_ROR && d == n) { /* shl ecx, cl */
        n = h_tmp(t);
        h_mov(t, 4, n, d);
    }
    h_op(t, op, sz < 4 ? 4 : sz, d, a, n);
    if (flags && op != H_ROR) {
        hreg count = h_tmp(t);

        skip = tr_label(t);
        h_flags_canon(t, flags);
        h_opi(t, H_AND, 4, count, n, sz == 8 ? 63 : 31);
        h_jz(t, 4, count, skip);
        h_flags_logic(t, sz, d);
        h_flags_canon(t, flags);
        tr_bind(t, skip);
    }
    tr_write(t, in, 0, d);
    return true;
}

static bool shift(struct tr *t, const struct x86_insn *in, enum h_op op, bool rol)
{
    if (in->opnd[1].kind == X86_OPK_IMM)
        return shift_const(t, in, op, rol);
    return shift_cl(t, in, op, rol);
}

bool tr_SHL(struct tr *t, const struct x86_insn *in)
{
    return shift(t, in, H_SHL, false);
}

bool tr_SHR(struct tr *t, const struct x86_insn *in)
{
    return shift(t, in, H_SHR, false);
}

bool tr_SAR(struct tr *t, const struct x86_insn *in)
{
    return shift(t, in, H_SAR, false);
}

bool tr_ROL(struct tr *t, const struct x86_insn *in)
{
    return shift(t, in, H_ROR, true);
}

bool tr_ROR(struct tr *t, const struct x86_insn *in)
{
    return shift(t, in, H_ROR, false);
}

static bool bmi_shift(struct tr *t, const struct x86_insn *in, enum h_op op)
{
    hreg n = h_gpr(in->opnd[2].reg), a = tr_read(t, in, 1);

    h_op(t, op, in->opnd[0].size, h_gpr(in->opnd[0].reg), a, n);
    return true;
}

bool tr_SHLX(struct tr *t, const struct x86_insn *in)
{
    return bmi_shift(t, in, H_SHL);
}

bool tr_SHRX(struct tr *t, const struct x86_insn *in)
{
    return bmi_shift(t, in, H_SHR);
}

bool tr_SARX(struct tr *t, const struct x86_insn *in)
{
    return bmi_shift(t, in, H_SAR);
}

bool tr_RORX(struct tr *t, const struct x86_insn *in)
{
    unsigned sz = in->opnd[0].size;
    hreg a = tr_read(t, in, 1);

    h_opi(t, H_ROR, sz, h_gpr(in->opnd[0].reg), a, (i64)(in->imm & (8 * sz - 1)));
    return true;
}

/* By CL: as much of the second operand as the first is shifted, none if it is not. */
static void double_by_cl(struct tr *t, unsigned sz, hreg d, hreg a, hreg b, bool left)
{
    hreg n = h_tmp(t), x = h_tmp(t), y = h_tmp(t), c = h_gpr(X86_RCX);

    h_not(t, 4, n, c);
    h_opi(t, left ? H_SHR : H_SHL, sz, x, b, 1);
    h_op(t, left ? H_SHR : H_SHL, sz, x, x, n);
    h_op(t, left ? H_SHL : H_SHR, sz, y, a, c);
    h_op(t, H_OR, sz, d, x, y);
}

static bool shift_double(struct tr *t, const struct x86_insn *in, bool left)
{
    unsigned sz = in->opnd[0].size, bits = 8 * sz, n = (unsigned)in->imm & (bits - 1);
    bool imm = in->opnd[2].kind == X86_OPK_IMM, mem = tr_is_mem(in, 0);
    hreg a, b = h_gpr(in->opnd[1].reg), d, c = H_NONE;

    if (sz < 4 || (imm && !n) || (needs(t) && (mem || !imm)))
        return false;
    a = tr_read(t, in, 0);
    d = mem ? h_tmp(t) : h_gpr(in->opnd[0].reg);
    if (!imm) {
        double_by_cl(t, sz, d, a, b, left);
    } else {
        if (needs(t) & (X86_CF | X86_OF)) {
            c = h_tmp(t);
            h_ubfx(t, c, a, left ? bits - n : n - 1, 1);
        }
        h_extr(t, sz, d, left ? a : b, left ? b : a, left ? bits - n : n);
        h_flags_logic(t, sz, d);
        if (c != H_NONE)
            tr_carry_out(t, sz, d, c, !left);
    }
    if (mem)
        tr_write(t, in, 0, d);
    return true;
}

bool tr_SHLD(struct tr *t, const struct x86_insn *in)
{
    return shift_double(t, in, true);
}

bool tr_SHRD(struct tr *t, const struct x86_insn *in)
{
    return shift_double(t, in, false);
}

/* ---- multiply ---- */

/* The 2 and 3 operand forms. */
static bool imul_into(struct tr *t, const struct x86_insn *in)
{
    unsigned sz = in->opnd[0].size, flags = needs(t) & (X86_CF | X86_OF);
    hreg d = h_gpr(in->opnd[0].reg), a, b, x, y;

    if (sz < 4)
        return tr_imul_narrow(t, in);
    a = in->nopnd == 3 ? tr_read(t, in, 1) : d;
    if (!flags && in->nopnd == 3 && in->opnd[2].kind == X86_OPK_IMM) {
        h_opi(t, H_MUL, sz, d, a, (i64)in->imm);
        return true;
    }
    b = in->nopnd == 3 ? tr_read(t, in, 2) : tr_read(t, in, 1);
    if (!flags) {
        h_op(t, H_MUL, sz, d, a, b);
        return true;
    }
    x = h_tmp(t);
    y = h_tmp(t);
    if (sz == 4) {
        h_mull(t, true, x, a, b);
        h_mov(t, 4, d, x);
        h_sext(t, 8, y, x, 4);
        h_op(t, H_XOR, 8, x, x, y);
    } else {
        h_mulh(t, true, x, a, b);
        h_op(t, H_MUL, 8, d, a, b);
        h_opi(t, H_SAR, 8, y, d, 63);
        h_op(t, H_XOR, 8, x, x, y);
    }
    h_flags_mul(t, x);
    return true;
}

/* RDX:RAX = RAX * operand. */
static bool mul_wide(struct tr *t, const struct x86_insn *in, bool sign)
{
    unsigned sz = in->opnd[0].size, flags = needs(t) & (X86_CF | X86_OF);
    hreg lo = h_gpr(X86_RAX), hi = h_gpr(X86_RDX), b, x, y;

    if (sz < 4)
        return tr_mul_narrow(t, in, sign);
    b = tr_read(t, in, 0);
    x = h_tmp(t);
    if (sz == 4) {
        h_mull(t, sign, x, lo, b);
        h_mov(t, 4, lo, x);
        h_ubfx(t, hi, x, 32, 32);
    } else {
        h_mulh(t, sign, x, lo, b);
        h_op(t, H_MUL, 8, lo, lo, b);
        h_mov(t, 8, hi, x);
    }
    if (!flags)
        return true;
    if (!sign) {
        h_flags_mul(t, hi);
        return true;
    }
    y = h_tmp(t);
    h_opi(t, H_SAR, sz, y, lo, 8 * sz - 1);
    h_op(t, H_XOR, sz, y, y, hi);
    h_flags_mul(t, y);
    return true;
}

bool tr_IMUL(struct tr *t, const struct x86_insn *in)
{
    return in->nopnd == 1 || in->opnd[0].kind == X86_OPK_MEM ||
                   x86_rows[in->row].opnd[1].spec == X86_SPEC_GPR
               ? mul_wide(t, in, true)
               : imul_into(t, in);
}

bool tr_MUL(struct tr *t, const struct x86_insn *in)
{
    return mul_wide(t, in, false);
}

bool tr_MULX(struct tr *t, const struct x86_insn *in)
{
    unsigned sz = in->opnd[0].size;
    hreg b = tr_read(t, in, 2), a = h_gpr(X86_RDX), hi = h_gpr(in->opnd[0].reg),
         lo = h_gpr(in->opnd[1].reg), x = h_tmp(t);

    if (sz == 4) {
        h_mull(t, false, x, a, b);
        h_mov(t, 4, lo, x);
        h_ubfx(t, hi, x, 32, 32);
    } else {
        h_mulh(t, false, x, a, b);
        h_op(t, H_MUL, 8, lo, a, b);
        h_mov(t, 8, hi, x); /* after lo: with one register for both the high half stays */
    }
    return true;
}

/* a + b + flag; the carry out is that flag again and all others stay, so it is made of bits:
 * those that both have, or one has and the sum has not. */
static void add_with(struct tr *t, const struct x86_insn *in, unsigned cc,
                     void (*flag)(struct tr *t, hreg r))
{
    unsigned sz = in->opnd[0].size;
    hreg b = tr_read(t, in, 1), a = tr_read(t, in, 0), sum = h_tmp(t), c = h_tmp(t), x = h_tmp(t);

    h_setcc(t, c, cc);
    h_op(t, H_ADD, sz, sum, a, b);
    h_op(t, H_ADD, sz, sum, sum, c);
    if (tr_cur(t)->need & X86_OSZAPC) {
        h_op(t, H_OR, 8, c, a, b);
        h_op(t, H_BIC, 8, c, c, sum);
        h_op(t, H_AND, 8, x, a, b);
        h_op(t, H_OR, 8, c, c, x);
        h_ubfx(t, c, c, 8 * sz - 1, 1);
        flag(t, c);
    }
    h_mov(t, sz, h_gpr(in->opnd[0].reg), sum);
}

bool tr_ADCX(struct tr *t, const struct x86_insn *in)
{
    add_with(t, in, 2, h_flags_cf);
    return true;
}

bool tr_ADOX(struct tr *t, const struct x86_insn *in)
{
    add_with(t, in, 0, h_flags_of);
    return true;
}

/* ---- divide: what does not fit, or divides by 0, is x86_sem's ---- */

static void divide_cold(struct tr *t, const struct tr_cold *c)
{
    h_flags_start(t);
    t->more[t->nfallback] = false;
    t->fallback[t->nfallback++] = c->insn;
    h_sem(t);
    h_jump(t, c->back);
}

/* RDX:RAX of 4 and 8 bytes each. */
static void divide_wide(struct tr *t, const struct x86_insn *in, bool sign, u32 otherwise)
{
    unsigned sz = in->opnd[0].size;
    hreg lo = h_gpr(X86_RAX), hi = h_gpr(X86_RDX), b = tr_read(t, in, 0), n = h_tmp(t),
         q = h_tmp(t), x = h_tmp(t);

    if (sz == 4) {
        if (is_gpr(in, 0)) {
            hreg y = h_tmp(t);

            h_mov(t, 4, y, b);
            b = y;
        }
        if (sign)
            h_sext(t, 8, b, b, 4);
        h_zext(t, n, lo, 4);
        h_bfi(t, n, hi, 32, 32);
        h_jz(t, 8, b, otherwise);
        h_div(t, sign, 8, q, n, b);
        if (sign) {
            h_sext(t, 8, x, q, 4);
            h_op(t, H_XOR, 8, x, x, q);
        } else {
            h_opi(t, H_SHR, 8, x, q, 32);
        }
        h_jnz(t, 8, x, otherwise);
        h_msub(t, 4, hi, n, q, b);
        h_mov(t, 4, lo, q);
        return;
    }
    if (sign) {
        h_opi(t, H_SAR, 8, x, lo, 63);
        h_op(t, H_XOR, 8, x, x, hi);
        h_jnz(t, 8, x, otherwise);
        h_opi(t, H_ADD, 8, x, b, 1);
        h_opi(t, H_AND, 8, x, x, ~1ll); /* 0 for divisors 0 and -1 */
        h_jz(t, 8, x, otherwise);
    } else {
        h_jnz(t, 8, hi, otherwise);
        h_jz(t, 8, b, otherwise);
    }
    h_div(t, sign, 8, q, lo, b);
    h_msub(t, 8, hi, lo, q, b);
    h_mov(t, 8, lo, q);
}

static bool divide(struct tr *t, const struct x86_insn *in, bool sign)
{
    struct tr_cold *cold;

    h_ymm_flush(t);
    h_ymm_reset(t); /* x86_sem in the cold code keeps no upper halves */
    cold = tr_cold(t, divide_cold);
    if (in->opnd[0].size < 4)
        tr_divide_narrow(t, in, sign, cold->label);
    else
        divide_wide(t, in, sign, cold->label);
    tr_bind(t, cold->back);
    h_flags_start(t);
    return true;
}

bool tr_DIV(struct tr *t, const struct x86_insn *in)
{
    return divide(t, in, false);
}

bool tr_IDIV(struct tr *t, const struct x86_insn *in)
{
    return divide(t, in, true);
}

/* ---- bits ---- */

enum bit_op { BIT_TEST, BIT_SET, BIT_RESET, BIT_FLIP };

static bool bit(struct tr *t, const struct x86_insn *in, enum bit_op op)
{
    unsigned sz = in->opnd[0].size, wide = sz < 4 ? 4 : sz;
    bool imm = in->opnd[1].kind == X86_OPK_IMM, mem = tr_is_mem(in, 0);
    unsigned n = (unsigned)in->imm & (8 * sz - 1);
    hreg a, c, d, count = H_NONE, one;

    if (mem)
        return tr_bit_in_memory(t, in,
                                op == BIT_SET     ? H_OR
                                : op == BIT_RESET ? H_BIC
                                                  : H_XOR,
                                op == BIT_TEST);
    a = h_gpr(in->opnd[0].reg);
    c = h_tmp(t);
    if (imm) {
        h_opi(t, H_SHR, wide, c, a, n);
    } else {
        count = h_gpr(in->opnd[1].reg);
        if (sz == 2) {
            hreg x = h_tmp(t);

            h_opi(t, H_AND, 4, x, count, 15);
            count = x;
        }
        h_op(t, H_SHR, wide, c, a, count);
    }
    if (op != BIT_TEST) {
        d = sz >= 4 ? a : h_tmp(t);
        one = h_tmp(t);
        h_imm(t, one, imm ? 1ull << n : 1);
        if (!imm)
            h_op(t, H_SHL, wide, one, one, count);
        h_op(t, op == BIT_SET ? H_OR : op == BIT_RESET ? H_BIC : H_XOR, wide, d, a, one);
        if (sz == 2)
            h_bfi(t, a, d, 0, 16);
    }
    h_flags_cf(t, c);
    return true;
}

bool tr_BT(struct tr *t, const struct x86_insn *in)
{
    return bit(t, in, BIT_TEST);
}

bool tr_BTS(struct tr *t, const struct x86_insn *in)
{
    return bit(t, in, BIT_SET);
}

bool tr_BTR(struct tr *t, const struct x86_insn *in)
{
    return bit(t, in, BIT_RESET);
}

bool tr_BTC(struct tr *t, const struct x86_insn *in)
{
    return bit(t, in, BIT_FLIP);
}

/* The destination stays when the source is 0. */
static bool bit_scan(struct tr *t, const struct x86_insn *in, bool forward)
{
    unsigned sz = in->opnd[0].size;
    hreg d = h_gpr(in->opnd[0].reg), s, x;
    u32 skip;

    if (sz < 4)
        return false;
    s = tr_read(t, in, 1);
    x = h_tmp(t);
    skip = tr_label(t);
    h_flags_zf(t, sz, s, false);
    h_jz(t, sz, s, skip);
    if (forward) {
        h_ctz(t, sz, x, s);
    } else {
        h_clz(t, sz, x, s);
        h_opi(t, H_XOR, sz, x, x, 8 * sz - 1);
    }
    h_mov(t, sz, d, x);
    tr_bind(t, skip);
    return true;
}

bool tr_BSF(struct tr *t, const struct x86_insn *in)
{
    return bit_scan(t, in, true);
}

bool tr_BSR(struct tr *t, const struct x86_insn *in)
{
    return bit_scan(t, in, false);
}

static bool count_zeros(struct tr *t, const struct x86_insn *in, bool trailing)
{
    unsigned sz = in->opnd[0].size, f = needs(t) & (X86_CF | X86_ZF);
    hreg d = h_gpr(in->opnd[0].reg), s;

    if (sz < 4)
        return false;
    s = tr_read(t, in, 1);
    if (f == X86_CF)
        h_flags_zf(t, sz, s, true);
    if (trailing)
        h_ctz(t, sz, d, s);
    else
        h_clz(t, sz, d, s);
    if (f & X86_ZF)
        h_flags_zf(t, sz, d, false);
    if (f == (X86_CF | X86_ZF)) { /* as many as there are bits */
        hreg c = h_tmp(t);

        h_ubfx(t, c, d, sz == 8 ? 6 : 5, 1);
        h_flags_cf(t, c);
    }
    return true;
}

bool tr_TZCNT(struct tr *t, const struct x86_insn *in)
{
    return count_zeros(t, in, true);
}

bool tr_LZCNT(struct tr *t, const struct x86_insn *in)
{
    return count_zeros(t, in, false);
}

bool tr_POPCNT(struct tr *t, const struct x86_insn *in)
{
    unsigned sz = in->opnd[0].size;
    hreg d, s;

    if (sz < 4)
        return false;
    d = h_gpr(in->opnd[0].reg);
    s = tr_read(t, in, 1);
    h_popcnt(t, sz, d, s);
    if (needs(t) & (X86_PF | X86_AF)) { /* all but ZF are 0 */
        hreg f = h_tmp(t);

        h_clz(t, 8, f, d);
        h_opi(t, H_AND, 4, f, f, X86_ZF);
        h_flags_set(t, f);
    } else {
        h_flags_logic(t, sz, d);
    }
    return true;
}

bool tr_BSWAP(struct tr *t, const struct x86_insn *in)
{
    hreg d = h_gpr(in->opnd[0].reg);

    if (in->opnd[0].size < 4)
        return false;
    h_bswap(t, in->opnd[0].size, d, d);
    return true;
}

bool tr_MOVBE(struct tr *t, const struct x86_insn *in)
{
    unsigned sz = in->opnd[0].size;
    hreg x = h_tmp(t), y;

    if (sz < 4) { /* the high half of its 4 bytes swapped */
        h_bswap(t, 4, x, tr_read(t, in, 1));
        y = h_tmp(t);
        h_opi(t, H_SHR, 4, y, x, 16);
        tr_write(t, in, 0, y);
        return true;
    }
    if (tr_is_mem(in, 1)) {
        hreg s = tr_read(t, in, 1);

        h_bswap(t, sz, h_gpr(in->opnd[0].reg), s);
        return true;
    }
    h_bswap(t, sz, x, h_gpr(in->opnd[1].reg));
    tr_write(t, in, 0, x);
    return true;
}

/* ---- single flags ---- */

bool tr_CLD(struct tr *t, const struct x86_insn *in)
{
    hreg r = h_tmp(t);

    (void)in;
    h_ld_cpu(t, 4, r, offsetof(struct x86_cpu, eflags));
    h_opi(t, H_AND, 4, r, r, ~(i64)X86_DF);
    h_st_cpu(t, 4, r, offsetof(struct x86_cpu, eflags));
    return true;
}

static bool carry(struct tr *t, unsigned v)
{
    hreg r = h_tmp(t);

    h_imm(t, r, v);
    h_flags_cf(t, r);
    return true;
}

bool tr_STC(struct tr *t, const struct x86_insn *in)
{
    (void)in;
    return carry(t, 1);
}

bool tr_CLC(struct tr *t, const struct x86_insn *in)
{
    (void)in;
    return carry(t, 0);
}

bool tr_CMC(struct tr *t, const struct x86_insn *in)
{
    hreg r = h_tmp(t);

    (void)in;
    h_setcc(t, r, 3);
    h_flags_cf(t, r);
    return true;
}

bool tr_SAHF(struct tr *t, const struct x86_insn *in)
{
    hreg r = h_tmp(t);

    (void)in;
    if (needs(t) & X86_OF)
        return false;
    h_ubfx(t, r, h_gpr(X86_RAX), 8, 8);
    h_flags_set(t, r);
    return true;
}

bool tr_LAHF(struct tr *t, const struct x86_insn *in)
{
    hreg r = h_tmp(t);

    (void)in;
    h_flags_get(t, r);
    h_opi(t, H_OR, 4, r, r, 2);
    h_bfi(t, h_gpr(X86_RAX), r, 8, 8);
    return true;
}
