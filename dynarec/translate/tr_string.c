/*
 * tr_string.c - MOVS STOS LODS SCAS CMPS, with and without repeat, forward: with DF set, or with a
 * segment base or shorter addresses, they are the interpreter's. A repeat is a loop in place; its
 * registers are right before each access, so a fault leaves it as x86 does. MOVS and STOS go by 16
 * bytes where that cannot be told apart.
 */
#include "dynarec/translate/vec.h"

static struct h_mem at(unsigned r)
{
    return (struct h_mem){.base = h_gpr(r), .index = H_NONE};
}

static bool repeats(const struct x86_insn *in)
{
    return in->pfx & (X86_PFX_REP | X86_PFX_REPNE);
}

static bool can(const struct x86_insn *in)
{
    return in->adsz == 8 && in->seg != X86_FS && in->seg != X86_GS;
}

static void forward_only(struct tr *t)
{
    hreg x = h_tmp(t);

    h_ld_cpu(t, 4, x, offsetof(struct x86_cpu, eflags));
    h_opi(t, H_AND, 4, x, x, X86_DF);
    h_leave_unless_zero(t, x);
}

static void advance(struct tr *t, unsigned r, i64 n)
{
    h_opi(t, H_ADD, 8, h_gpr(r), h_gpr(r), n);
}

/* One element. */
static void copy(struct tr *t, unsigned sz, bool load, hreg x)
{
    struct h_mem from = at(X86_RSI), to = at(X86_RDI);

    if (load)
        h_ld(t, sz, x, &from);
    h_st(t, sz, x, &to);
    if (load)
        advance(t, X86_RSI, sz);
    advance(t, X86_RDI, sz);
}

/* The rest of a repeat, one element at a time. */
static void one_by_one(struct tr *t, unsigned sz, bool load, hreg x, u32 rest)
{
    hreg c = h_gpr(X86_RCX);
    u32 again = tr_label(t), done = tr_label(t);

    tr_bind(t, rest);
    h_jz(t, 8, c, done);
    tr_bind(t, again);
    copy(t, sz, load, x);
    advance(t, X86_RCX, -1);
    h_jnz(t, 8, c, again);
    tr_bind(t, done);
}

/* 16 bytes at a time, as long as there are as many: left is a temporary, v what STOS stores. */
static void by_16(struct tr *t, unsigned sz, bool load, vreg v, hreg left, u32 rest)
{
    struct h_mem from = at(X86_RSI), to = at(X86_RDI);
    u32 again = tr_label(t);
    hreg c = h_gpr(X86_RCX);

    h_opi(t, H_SUB, 8, left, c, 16 / sz);
    h_jbit(t, left, 63, true, rest);
    tr_bind(t, again);
    if (load)
        h_vld(t, 16, v, &from);
    h_vst(t, 16, v, &to);
    if (load)
        advance(t, X86_RSI, 16);
    advance(t, X86_RDI, 16);
    h_mov(t, 8, c, left);
    h_opi(t, H_SUB, 8, left, left, 16 / sz);
    h_jbit(t, left, 63, false, again);
}

bool tr_MOVS(struct tr *t, const struct x86_insn *in)
{
    unsigned sz = in->opnd[0].size;
    u32 rest;
    hreg x;

    if (!can(in))
        return false;
    forward_only(t);
    x = h_tmp(t);
    if (!repeats(in)) {
        copy(t, sz, true, x);
        return true;
    }
    rest = tr_label(t);
    /* Nearer than 16 bytes it sees what it has written, or writes again what a fault left. */
    h_op(t, H_SUB, 8, x, h_gpr(X86_RDI), h_gpr(X86_RSI));
    h_opi(t, H_ADD, 8, x, x, 16);
    h_opi(t, H_SHR, 8, x, x, 5);
    h_jz(t, 8, x, rest);
    by_16(t, sz, true, h_vtmp(t), x, rest);
    one_by_one(t, sz, true, x, rest);
    return true;
}

bool tr_STOS(struct tr *t, const struct x86_insn *in)
{
    unsigned sz = in->opnd[0].size;
    hreg a = h_gpr(X86_RAX);
    u32 rest;
    vreg v;

    if (!can(in))
        return false;
    forward_only(t);
    if (!repeats(in)) {
        copy(t, sz, false, a);
        return true;
    }
    rest = tr_label(t);
    v = h_vtmp(t);
    h_vfrom_gpr(t, 8, v, a);
    h_vdup(t, sz == 8 ? 3 : sz / 2, v, v, 0);
    by_16(t, sz, false, v, h_tmp(t), rest);
    one_by_one(t, sz, false, a, rest);
    return true;
}

bool tr_LODS(struct tr *t, const struct x86_insn *in)
{
    struct h_mem from = at(X86_RSI);
    hreg d;

    if (!can(in) || repeats(in))
        return false;
    forward_only(t);
    d = tr_dest(t, in, 0);
    h_ld(t, in->opnd[0].size, d, &from);
    tr_write(t, in, 0, d);
    advance(t, X86_RSI, in->opnd[0].size);
    return true;
}

/*
 * RAX, or memory that RSI points to, against memory that RDI points to. The flags are those of the
 * last comparison wherever a repeat faults, as in x86_sem.
 */
static bool compare(struct tr *t, const struct x86_insn *in, bool load)
{
    unsigned sz = in->opnd[0].size, need = tr_cur(t)->need;
    struct h_mem from = at(X86_RSI), to = at(X86_RDI);
    u32 again = tr_label(t), done = tr_label(t);
    hreg a, b, x, c = h_gpr(X86_RCX);

    if (!can(in))
        return false;
    if (repeats(in)) { /* none: the flags stay */
        h_flags_canon(t, need);
        t->ins[t->cur].state = (u16)h_flag_state(t);
    }
    forward_only(t);
    a = h_tmp(t);
    b = h_tmp(t);
    x = h_tmp(t);
    if (!load)
        h_zext(t, a, h_gpr(X86_RAX), sz);
    if (repeats(in))
        h_jz(t, 8, c, done);
    tr_bind(t, again);
    if (load)
        h_ld(t, sz, a, &from);
    h_ld(t, sz, b, &to);
    if (load)
        advance(t, X86_RSI, sz);
    advance(t, X86_RDI, sz);
    if (repeats(in))
        h_op(t, H_XOR, 8, x, a, b);
    h_op_f(t, H_SUB, sz, H_NONE, a, b);
    if (!repeats(in))
        return true;
    h_flags_canon(t, need);
    advance(t, X86_RCX, -1);
    if (in->pfx & X86_PFX_REPNE)
        h_jz(t, 8, x, done);
    else
        h_jnz(t, 8, x, done);
    h_jnz(t, 8, c, again);
    tr_bind(t, done);
    return true;
}

bool tr_SCAS(struct tr *t, const struct x86_insn *in)
{
    return compare(t, in, false);
}

bool tr_CMPS(struct tr *t, const struct x86_insn *in)
{
    return compare(t, in, true);
}
