/*
 * ops_mem.c - host-ops on memory: addresses made legal for the access, plain and ordered loads and
 * stores, atomics. Guest addresses are host addresses.
 */
#include "base/bits.h"
#include "dynarec/arm64/a64.h"

/* What one access can express: base + off, or base + (index << sh). */
struct place {
    hreg base, index;
    unsigned scaled;
    i64 off;
};

static bool off_fits(unsigned lg, i64 off)
{
    return a64_fits_uimm(lg, off) || a64_fits_simm9(off);
}

/* base + disp as a register and an offset that fits. */
static struct place with_disp(struct tr *t, unsigned lg, hreg base, i64 disp)
{
    struct place p = {.base = base, .index = H_NONE, .off = disp};
    i64 lo = disp & 0xfff, hi = disp - lo;
    hreg r;

    if (off_fits(lg, disp))
        return p;
    r = h_tmp(t);
    p.base = r;
    if (hi && (hi < 0 ? -hi : hi) <= 0xfff000 && off_fits(lg, lo)) {
        tr_put(t, hi < 0 ? a64_sub_imm(1, r, base, (u32)(-hi >> 12), 1)
                         : a64_add_imm(1, r, base, (u32)(hi >> 12), 1));
        p.off = lo;
        return p;
    }
    h_imm(t, r, (u64)disp);
    p.base = base;
    p.index = r;
    p.off = 0;
    return p;
}

static struct place legal(struct tr *t, unsigned lg, const struct h_mem *m)
{
    struct place p = {.base = m->base, .index = m->index};
    hreg r;

    if (m->index == H_NONE) {
        if (m->base != H_NONE)
            return with_disp(t, lg, m->base, m->disp);
        p.base = h_tmp(t);
        h_addr(t, p.base, (u64)m->disp);
        return p;
    }
    if (m->base == H_NONE) {
        r = h_tmp(t);
        if (m->scale == 0)
            return with_disp(t, lg, m->index, m->disp);
        h_imm(t, r, (u64)m->disp);
        p.base = r;
    } else if (m->disp) {
        r = h_tmp(t);
        tr_put(t, a64_add_reg(1, r, m->base, m->index, A64_LSL, m->scale));
        return with_disp(t, lg, r, m->disp);
    }
    if (m->scale == 0 || m->scale == lg) {
        p.scaled = m->scale != 0;
        return p;
    }
    r = h_tmp(t);
    tr_put(t, a64_add_reg(1, r, p.base, m->index, A64_LSL, m->scale));
    return (struct place){.base = r, .index = H_NONE};
}

/*
 * STRONGMEM. 1: a store is a release, so that stores stay in order and behind earlier loads. 2: a
 * load is an acquire too (processor-consistent: LDAPR), which is x86's order for general registers.
 * 3: vector registers too (vec.h). 4: the stack too. An instruction that has met unaligned data
 * (tr_insn.plain) gets barriers instead, as do loads on a host without LDAPR.
 */
enum order { PLAIN, ORDERED, BARRIER };

static enum order order_of(const struct tr *t, const struct h_mem *m, unsigned level, bool has)
{
    if (t->opt.strongmem < level || (m->stack && t->opt.strongmem < 4))
        return PLAIN;
    return has && !t->ins[t->cur].plain ? ORDERED : BARRIER;
}

/* For accesses that take base + simm9, or with `none` the base alone. */
static struct place ordered_place(struct tr *t, const struct h_mem *m, bool none)
{
    struct place p = {.base = m->base, .index = H_NONE, .off = m->disp};

    if (m->index != H_NONE || m->base == H_NONE || !a64_fits_simm9(m->disp) || (none && m->disp)) {
        p.base = h_tmp(t);
        p.off = 0;
        h_ea(t, p.base, m);
    }
    return p;
}

static void load_acquire(struct tr *t, unsigned lg, hreg d, const struct h_mem *m)
{
    struct place p = ordered_place(t, m, !a64_has.lrcpc2);

    if (a64_has.lrcpc2 && p.off)
        tr_put(t, a64_ldapur(lg, d, p.base, p.off));
    else
        tr_put(t, a64_ldapr(lg, d, p.base));
}

static void store_release(struct tr *t, unsigned lg, hreg s, const struct h_mem *m)
{
    struct place p = ordered_place(t, m, !a64_has.lrcpc2);

    if (a64_has.lrcpc2 && p.off)
        tr_put(t, a64_stlur(lg, s, p.base, p.off));
    else
        tr_put(t, a64_stlr(lg, s, p.base));
}

bool h_mem_steps(const struct tr *t, const struct h_mem *m, bool store, i64 step)
{
    return m->index == H_NONE && m->base != H_NONE && (!m->disp || m->disp == step) && step &&
           a64_fits_simm9(step) && order_of(t, m, store ? 1 : 2, true) == PLAIN;
}

void h_ld(struct tr *t, unsigned sz, hreg d, const struct h_mem *m)
{
    enum order order = order_of(t, m, 2, a64_has.lrcpc);
    unsigned lg = a64_log2(sz);
    struct place p;

    if (m->step) {
        tr_put(t, m->disp ? a64_ldr_pre(lg, d, m->base, m->step)
                          : a64_ldr_post(lg, d, m->base, m->step));
        return;
    }
    if (order == ORDERED) {
        load_acquire(t, lg, d, m);
        return;
    }
    p = legal(t, lg, m);
    if (p.index != H_NONE)
        tr_put(t, a64_ldr_reg(lg, d, p.base, p.index, A64_UXTX, p.scaled));
    else if (a64_fits_uimm(lg, p.off))
        tr_put(t, a64_ldr(lg, d, p.base, p.off));
    else
        tr_put(t, a64_ldur(lg, d, p.base, p.off));
    if (order == BARRIER)
        h_fence(t, H_FENCE_LOAD);
}

void h_lds(struct tr *t, unsigned sz, unsigned to, hreg d, const struct h_mem *m)
{
    enum order order = order_of(t, m, 2, a64_has.lrcpc);
    unsigned lg = a64_log2(sz), to64 = to == 8;
    struct place p;

    if (m->step) {
        tr_put(t, m->disp ? a64_ldrs_pre(lg, to64, d, m->base, m->step)
                          : a64_ldrs_post(lg, to64, d, m->base, m->step));
        return;
    }
    if (order == ORDERED && a64_has.lrcpc2) {
        p = ordered_place(t, m, false);
        tr_put(t, a64_ldapurs(lg, to64, d, p.base, p.off));
        return;
    }
    if (order == ORDERED) {
        load_acquire(t, lg, d, m);
        h_sext(t, to, d, d, sz);
        return;
    }
    p = legal(t, lg, m);
    if (p.index != H_NONE)
        tr_put(t, a64_ldrs_reg(lg, to64, d, p.base, p.index, A64_UXTX, p.scaled));
    else if (a64_fits_uimm(lg, p.off))
        tr_put(t, a64_ldrs(lg, to64, d, p.base, p.off));
    else
        tr_put(t, a64_ldurs(lg, to64, d, p.base, p.off));
    if (order == BARRIER)
        h_fence(t, H_FENCE_LOAD);
}

void h_st(struct tr *t, unsigned sz, hreg s, const struct h_mem *m)
{
    enum order order = order_of(t, m, 1, true);
    unsigned lg = a64_log2(sz);
    struct place p;

    if (m->step) {
        tr_put(t, m->disp ? a64_str_pre(lg, s, m->base, m->step)
                          : a64_str_post(lg, s, m->base, m->step));
        return;
    }
    if (order == ORDERED) {
        store_release(t, lg, s, m);
        return;
    }
    p = legal(t, lg, m);
    if (order == BARRIER)
        h_fence(t, H_FENCE_FULL);
    if (p.index != H_NONE)
        tr_put(t, a64_str_reg(lg, s, p.base, p.index, A64_UXTX, p.scaled));
    else if (a64_fits_uimm(lg, p.off))
        tr_put(t, a64_str(lg, s, p.base, p.off));
    else
        tr_put(t, a64_stur(lg, s, p.base, p.off));
}

void h_st_push(struct tr *t, unsigned sz, hreg s, hreg base)
{
    if (s == base) { /* PUSH RSP stores the old value; the writeback form leaves that open */
        hreg r = h_tmp(t);

        h_mov(t, 8, r, s);
        s = r;
    }
    if (t->opt.strongmem == 4)
        h_fence(t, H_FENCE_FULL);
    tr_put(t, a64_str_pre(a64_log2(sz), s, base, -(i64)sz));
}

void h_ld_pop(struct tr *t, unsigned sz, hreg d, hreg base)
{
    if (d == base) /* POP RSP: the value wins */
        tr_put(t, a64_ldr(a64_log2(sz), d, base, 0));
    else
        tr_put(t, a64_ldr_post(a64_log2(sz), d, base, (i64)sz));
    if (t->opt.strongmem == 4)
        h_fence(t, H_FENCE_LOAD);
}

void h_ea(struct tr *t, hreg d, const struct h_mem *m)
{
    hreg base = m->base;

    if (m->index != H_NONE) {
        if (base == H_NONE && !m->scale) {
            base = m->index;
        } else {
            if (base == H_NONE)
                tr_put(t, a64_lsl_imm(1, d, m->index, m->scale));
            else
                tr_put(t, a64_add_reg(1, d, base, m->index, A64_LSL, m->scale));
            base = d;
        }
    }
    if (base == H_NONE)
        h_addr(t, d, (u64)m->disp);
    else if (m->disp || base != d)
        h_opi(t, H_ADD, 8, d, base, m->disp);
}

void h_ld_cpu(struct tr *t, unsigned sz, hreg d, unsigned offset)
{
    tr_put(t, a64_ldr(a64_log2(sz), d, R_CPU, (i64)offset));
}

void h_st_cpu(struct tr *t, unsigned sz, hreg s, unsigned offset)
{
    tr_put(t, a64_str(a64_log2(sz), s, R_CPU, (i64)offset));
}

void h_fence(struct tr *t, enum h_fence kind)
{
    tr_put(t, a64_dmb(kind == H_FENCE_LOAD    ? A64_ISHLD
                      : kind == H_FENCE_STORE ? A64_ISHST
                                              : A64_ISH));
}

/* Exclusive pair around the new value in `val2`; addr is aligned. */
static void llsc(struct tr *t, enum h_atomic op, unsigned lg, hreg old, hreg addr, hreg val)
{
    unsigned sf = lg == 3;
    hreg next = h_tmp(t), ok = h_tmp(t);
    u32 again = tr_label(t);

    tr_bind(t, again);
    tr_put(t, a64_ldaxr(lg, old, addr));
    switch (op) {
    case H_AT_ADD: tr_put(t, a64_add_reg(sf, next, old, val, A64_LSL, 0)); break;
    case H_AT_SUB: tr_put(t, a64_sub_reg(sf, next, old, val, A64_LSL, 0)); break;
    case H_AT_AND: tr_put(t, a64_and_reg(sf, next, old, val, A64_LSL, 0)); break;
    case H_AT_OR: tr_put(t, a64_orr_reg(sf, next, old, val, A64_LSL, 0)); break;
    case H_AT_XOR: tr_put(t, a64_eor_reg(sf, next, old, val, A64_LSL, 0)); break;
    case H_AT_SWAP: next = val; break;
    }
    tr_put(t, a64_stlxr(lg, ok, next, addr));
    tr_branch(t, a64_cbnz(0, ok, 0), again);
    h_fence(t, H_FENCE_FULL);
}

void h_atomic(struct tr *t, enum h_atomic op, unsigned sz, hreg old, hreg addr, hreg val)
{
    unsigned lg = a64_log2(sz), sf = lg == 3;
    hreg x;

    if (!a64_has.lse) {
        llsc(t, op, lg, old, addr, val);
        return;
    }
    switch (op) {
    case H_AT_ADD: tr_put(t, a64_ldaddal(lg, val, old, addr)); break;
    case H_AT_OR: tr_put(t, a64_ldsetal(lg, val, old, addr)); break;
    case H_AT_XOR: tr_put(t, a64_ldeoral(lg, val, old, addr)); break;
    case H_AT_SWAP: tr_put(t, a64_swpal(lg, val, old, addr)); break;
    case H_AT_AND:
        x = h_tmp(t);
        tr_put(t, a64_mvn(sf, x, val));
        tr_put(t, a64_ldclral(lg, x, old, addr));
        break;
    case H_AT_SUB:
        x = h_tmp(t);
        tr_put(t, a64_neg(sf, x, val));
        tr_put(t, a64_ldaddal(lg, x, old, addr));
        break;
    }
}

void h_cas(struct tr *t, unsigned sz, hreg old, hreg addr, hreg expect, hreg val)
{
    unsigned lg = a64_log2(sz);
    u32 again, store;
    hreg ok, next;

    if (a64_has.lse) {
        h_mov(t, 8, old, expect);
        tr_put(t, a64_casal(lg, old, val, addr));
        if (t->opt.strongmem >= 3) /* one that fails has not stored: no release */
            h_fence(t, H_FENCE_FULL);
        return;
    }
    ok = h_tmp(t);
    next = h_tmp(t);
    again = tr_label(t);
    store = tr_label(t);
    tr_bind(t, again);
    tr_put(t, a64_ldaxr(lg, old, addr));
    h_zext(t, ok, expect, sz);
    tr_put(t, a64_eor_reg(1, ok, ok, old, A64_LSL, 0));
    h_mov(t, 8, next, old); /* what differs is written too: SDM, CMPXCHG */
    tr_branch(t, a64_cbnz(1, ok, 0), store);
    h_mov(t, 8, next, val);
    tr_bind(t, store);
    tr_put(t, a64_stlxr(lg, ok, next, addr));
    tr_branch(t, a64_cbnz(0, ok, 0), again);
    h_fence(t, H_FENCE_FULL);
}

/* CASP wants registers in pairs. */
#define OLD 6
#define NEXT 16

static void swap_exclusive(struct tr *t, hreg d, hreg addr)
{
    hreg ok = h_tmp(t);
    u32 again = tr_label(t), store = tr_label(t);

    tr_bind(t, again);
    tr_put(t, a64_ldaxp(1, OLD, OLD + 1, addr));
    h_op(t, H_XOR, 8, d, OLD, R_RAX);
    h_op(t, H_XOR, 8, ok, OLD + 1, R_RDX);
    h_op(t, H_OR, 8, d, d, ok);
    h_mov(t, 8, NEXT, OLD); /* what differs is written too: SDM, CMPXCHG16B */
    h_mov(t, 8, NEXT + 1, OLD + 1);
    h_jnz(t, 8, d, store);
    h_mov(t, 8, NEXT, R_RBX);
    h_mov(t, 8, NEXT + 1, R_RCX);
    tr_bind(t, store);
    tr_put(t, a64_stlxp(1, ok, NEXT, NEXT + 1, addr));
    h_jnz(t, 4, ok, again);
    h_fence(t, H_FENCE_FULL);
}

void h_cas16(struct tr *t, hreg d, hreg addr)
{
    u32 pairs = 3u << OLD | 3u << NEXT;

    if ((t->tmp_free & pairs) != pairs)
        tr_fail(t, "no pairs of registers");
    t->tmp_free &= ~pairs;
    if (a64_has.lse) {
        h_mov(t, 8, OLD, R_RAX);
        h_mov(t, 8, OLD + 1, R_RDX);
        h_mov(t, 8, NEXT, R_RBX);
        h_mov(t, 8, NEXT + 1, R_RCX);
        tr_put(t, a64_caspal(1, OLD, NEXT, addr));
        if (t->opt.strongmem >= 3)
            h_fence(t, H_FENCE_FULL);
        h_op(t, H_XOR, 8, d, OLD, R_RAX);
        h_op(t, H_XOR, 8, NEXT, OLD + 1, R_RDX);
        h_op(t, H_OR, 8, d, d, NEXT);
    } else {
        swap_exclusive(t, d, addr);
    }
    h_mov(t, 8, R_RAX, OLD);
    h_mov(t, 8, R_RDX, OLD + 1);
}
