/*
 * tr_atomic.c - exchange and add, compare and exchange, ADC and SBB and bit operations on memory,
 * with LOCK and without. Flags and registers are written behind the last access.
 */
#include "dynarec/translate/translate.h"

static bool locked(const struct x86_insn *in)
{
    return in->pfx & X86_PFX_LOCK;
}

static hreg address(struct tr *t, const struct x86_insn *in)
{
    struct h_mem m = tr_mem(t, in);
    hreg r = h_tmp(t);

    h_ea(t, r, &m);
    return r;
}

static struct h_mem at(hreg addr)
{
    return (struct h_mem){.base = addr, .index = H_NONE};
}

/* Register operand i as it is, bits above its size anything; ah ... are x86_sem's. */
static bool is_gpr(const struct x86_insn *in, unsigned i)
{
    return in->opnd[i].kind == X86_OPK_GPR;
}

/* ---- XADD, CMPXCHG ---- */

bool tr_XADD(struct tr *t, const struct x86_insn *in)
{
    unsigned sz = in->opnd[0].size;
    hreg addr, old, b, r;

    if (!is_gpr(in, 1))
        return false;
    if (!tr_is_mem(in, 0)) {
        old = h_tmp(t);
        r = h_tmp(t);
        h_mov(t, 8, old, tr_read(t, in, 0));
        h_op_f(t, H_ADD, sz, r, old, h_gpr(in->opnd[1].reg));
        tr_write(t, in, 1, old);
        tr_write(t, in, 0, r);
        return true;
    }
    addr = address(t, in);
    old = h_tmp(t);
    b = h_gpr(in->opnd[1].reg);
    h_atomic(t, H_AT_ADD, sz, old, addr, b);
    r = h_tmp(t);
    h_op_f(t, H_ADD, sz, r, old, b);
    tr_write(t, in, 1, old);
    return true;
}

bool tr_CMPXCHG(struct tr *t, const struct x86_insn *in)
{
    unsigned sz = in->opnd[0].size;
    hreg addr, old, a = h_gpr(X86_RAX), x, r;
    u32 same;

    if (!tr_is_mem(in, 0) || !is_gpr(in, 1))
        return false; /* of registers nobody writes it */
    addr = address(t, in);
    old = h_tmp(t);
    h_cas(t, sz, old, addr, a, h_gpr(in->opnd[1].reg));
    h_op_f(t, H_SUB, sz, H_NONE, a, old);
    x = h_tmp(t);
    r = h_tmp(t);
    same = tr_label(t);
    h_op(t, H_XOR, sz < 4 ? 4 : sz, x, a, old);
    if (sz < 4) {
        h_zext(t, r, x, sz);
        x = r;
    }
    h_jz(t, sz < 4 ? 4 : sz, x, same);
    if (sz >= 4)
        h_mov(t, sz, a, old);
    else
        h_bfi(t, a, old, 0, 8 * sz);
    tr_bind(t, same);
    return true;
}

/* ZF = (x == 0), 8 bytes; the other flags stay. x is lost. */
static void zero_flag(struct tr *t, hreg x)
{
    if (!(tr_cur(t)->need & X86_ZF))
        return;
    h_clz(t, 8, x, x);
    h_opi(t, H_SHR, 8, x, x, 6);
    h_flags_z(t, x);
}

bool tr_CMPXCHG8B(struct tr *t, const struct x86_insn *in)
{
    hreg lo = h_gpr(X86_RAX), hi = h_gpr(X86_RDX), addr, old, expect, next;
    u32 same;

    if (tr_cur(t)->plain)
        return false;
    addr = address(t, in);
    old = h_tmp(t);
    expect = h_tmp(t);
    next = h_tmp(t);
    h_zext(t, expect, lo, 4);
    h_bfi(t, expect, hi, 32, 32);
    h_zext(t, next, h_gpr(X86_RBX), 4);
    h_bfi(t, next, h_gpr(X86_RCX), 32, 32);
    h_cas(t, 8, old, addr, expect, next);
    h_op(t, H_XOR, 8, next, old, expect);
    same = tr_label(t);
    h_jz(t, 8, next, same);
    h_mov(t, 4, lo, old);
    h_ubfx(t, hi, old, 32, 32);
    tr_bind(t, same);
    zero_flag(t, next);
    return true;
}

bool tr_CMPXCHG16B(struct tr *t, const struct x86_insn *in)
{
    hreg addr = address(t, in), x = h_tmp(t);

    h_opi(t, H_AND, 4, x, addr, 15);
    h_leave_unless_zero(t, x);
    h_cas16(t, x, addr);
    zero_flag(t, x);
    return true;
}

/* ---- ADC, SBB ---- */

/* r = a op b op the carry in c */
static void carried(struct tr *t, enum h_op op, unsigned sz, hreg r, hreg a, hreg b, hreg c)
{
    enum h_op plain = op == H_ADC ? H_ADD : H_SUB;

    sz = sz < 4 ? 4 : sz;
    h_op(t, plain, sz, r, a, b);
    h_op(t, plain, sz, r, r, c);
}

bool tr_carry_to_memory(struct tr *t, const struct x86_insn *in, enum h_op op)
{
    unsigned sz = in->opnd[0].size;
    bool flags = tr_cur(t)->need & X86_OSZAPC;
    hreg addr, a, b, c, r, old;
    struct h_mem m;
    u32 again;

    if ((flags && sz < 4) || (in->opnd[1].kind != X86_OPK_IMM && !is_gpr(in, 1)))
        return false;
    addr = address(t, in);
    m = at(addr);
    b = is_gpr(in, 1) ? h_gpr(in->opnd[1].reg) : h_tmp(t);
    if (!is_gpr(in, 1))
        h_imm(t, b, in->imm);
    c = h_tmp(t);
    a = h_tmp(t);
    r = h_tmp(t);
    h_setcc(t, c, 2);
    if (locked(in)) {
        again = tr_label(t);
        old = h_tmp(t);
        h_ld(t, sz, old, &m);
        tr_bind(t, again);
        h_mov(t, 8, a, old);
        carried(t, op, sz, r, a, b, c);
        h_cas(t, sz, old, addr, a, r);
        h_op(t, H_XOR, 8, r, a, old);
        h_jnz(t, 8, r, again);
    } else {
        h_ld(t, sz, a, &m);
        carried(t, op, sz, r, a, b, c);
        m.stack = in->base == X86_RSP || in->base == X86_RBP;
        h_st(t, sz, r, &m);
    }
    if (flags)
        h_op_f(t, op, sz, r, a, b);
    return true;
}

/* ---- BT BTS BTR BTC on memory ---- */

/* The unit that a register's bit offset selects; n: the offset in it. */
static hreg bit_unit(struct tr *t, const struct x86_insn *in, hreg n)
{
    unsigned sz = in->opnd[0].size, lg = (unsigned)__builtin_ctz(sz);
    hreg addr = address(t, in), count, x;

    if (!is_gpr(in, 1))
        return addr;
    count = h_gpr(in->opnd[1].reg);
    x = h_tmp(t);
    h_sbfx(t, x, count, 3 + lg, 8 * sz - 3 - lg);
    h_ops(t, H_ADD, 8, addr, addr, x, lg);
    h_opi(t, H_AND, 4, n, count, 8 * sz - 1);
    return addr;
}

bool tr_bit_in_memory(struct tr *t, const struct x86_insn *in, enum h_op op, bool test)
{
    unsigned sz = in->opnd[0].size, wide = sz < 4 ? 4 : sz, k = (unsigned)in->imm & (8 * sz - 1);
    bool reg = is_gpr(in, 1);
    hreg n, addr, old, one, x;
    struct h_mem m;

    if (reg && in->adsz != 8)
        return false;
    n = h_tmp(t);
    addr = bit_unit(t, in, n);
    m = at(addr);
    old = h_tmp(t);
    one = h_tmp(t);
    if (!test) {
        h_imm(t, one, reg ? 1 : 1ull << k);
        if (reg)
            h_op(t, H_SHL, wide, one, one, n);
    }
    if (test) {
        h_ld(t, sz, old, &m);
    } else if (locked(in)) {
        if (op == H_BIC)
            h_not(t, wide, one, one);
        h_atomic(t, op == H_OR ? H_AT_OR : op == H_BIC ? H_AT_AND : H_AT_XOR, sz, old, addr, one);
    } else {
        h_ld(t, sz, old, &m);
        x = h_tmp(t);
        h_op(t, op, wide, x, old, one);
        h_st(t, sz, x, &m);
    }
    if (!(tr_cur(t)->need & X86_CF))
        return true;
    if (reg)
        h_op(t, H_SHR, wide, old, old, n);
    else
        h_opi(t, H_SHR, wide, old, old, k);
    h_flags_cf(t, old);
    return true;
}
