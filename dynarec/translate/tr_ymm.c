/*
 * tr_ymm.c - upper halves of YMM registers along loops. A loop that uses at most eight of them has
 * each in a host register of its own from its head on, loaded where the loop is entered and stored
 * where it is left; every block of it that is joined starts with that. Elsewhere a joined block
 * starts with nothing (h_ymm_reset), and branches store first. Called by core/emit.c.
 *
 * In slots that are left over: what PSHUFB makes of a register that the loop does not write before
 * it looks up by it (TR_YMM_TBL). That is no state of the guest's: made where the loop is entered,
 * and again behind x86_sem; never stored.
 */
#include <string.h>

#include "dynarec/translate/translate.h"

static bool entered(const struct tr *t, const struct tr_block *b)
{
    return b->head || b->pc == t->entry;
}

/* Upper halves that are used, written, zeroed; XMM registers and upper halves that PSHUFB looks up
 * by. */
struct use {
    u16 any, write, zero;
    u16 tbl[2];
};

static void look_tbl(const struct x86_insn *in, struct use *u)
{
    const struct x86_operand *last = &in->opnd[in->nopnd - 1];

    if ((in->op != X86_PSHUFB && in->op != X86_VPSHUFB) || last->kind != X86_OPK_VEC)
        return;
    u->tbl[0] |= (u16)(1u << last->reg);
    u->tbl[1] |= (u16)((last->size == 32) << last->reg);
}

/* False: the instruction keeps nothing in registers. */
static bool look(const struct x86_insn *in, struct use *u)
{
    const struct x86_row *row = &x86_rows[in->row];

    if (!tr_table[in->op] ||
        (row->attr & (X86_ATTR_CALL | X86_ATTR_STOP | X86_ATTR_X87 | X86_ATTR_MMX)) ||
        in->op == X86_VZEROUPPER || in->op == X86_VZEROALL)
        return false;
    look_tbl(in, u);
    if (!(row->attr & X86_ATTR_AVX))
        return true;
    for (unsigned i = 0; i < in->nopnd; i++) {
        u16 bit = (u16)(1u << (in->opnd[i].reg & 15));
        bool write = row->opnd[i].access & X86_ACC_W;

        if (in->opnd[i].kind != X86_OPK_VEC)
            continue;
        if (in->opnd[i].size == 32)
            u->any |= bit;
        if (write && in->opnd[i].size == 32)
            u->write |= bit;
        else if (write)
            u->zero |= bit;
    }
    return true;
}

/* XMM registers that an instruction writes, also one that is no operand in its record. */
static u16 written(const struct x86_insn *in)
{
    u16 w = 0;

    switch (in->op) {
    case X86_PCMPESTRM:
    case X86_PCMPISTRM:
    case X86_VPCMPESTRM:
    case X86_VPCMPISTRM: return 1;
    }
    for (unsigned i = 0; i < in->nopnd; i++)
        if (in->opnd[i].kind == X86_OPK_VEC && (x86_rows[in->row].opnd[i].access & X86_ACC_W))
            w |= (u16)(1u << (in->opnd[i].reg & 15));
    return w;
}

/* The number of slots used, with those for what PSHUFB looks up by. */
static unsigned plan_tbl(const struct tr *t, u32 first, u32 last, const u16 tbl[2],
                         struct tr_ymm_keep *k, unsigned n)
{
    u16 w = 0;

    for (u32 i = first; i <= last; i++)
        for (u32 j = 0; j < t->blk[i].n; j++)
            w |= written(&t->ins[t->blk[i].first + j].in);
    for (unsigned i = 0; i < 32; i++)
        if ((tbl[i / 16] & ~w) >> i % 16 & 1 && n < TR_YMM_SLOTS)
            k->of[n++] = (u8)(TR_YMM_TBL + i);
    return n;
}

static bool plan_loop(struct tr *t, u32 first, u32 last, struct tr_ymm_keep *k)
{
    struct use u = {0};
    unsigned n = 0;

    for (u32 i = first; i <= last; i++)
        for (u32 j = 0; j < t->blk[i].n; j++)
            if (!look(&t->ins[t->blk[i].first + j].in, &u))
                return false;
    if (!(u.any | u.tbl[0]) || (u.any & u.zero) || __builtin_popcount(u.any) > TR_YMM_SLOTS)
        return false;
    memset(k->of, 0xff, sizeof k->of);
    k->dirty = 0;
    for (unsigned r = 0; r < 16; r++) {
        if (!(u.any >> r & 1))
            continue;
        k->dirty |= (u8)((u.write >> r & 1u) << n);
        k->of[n++] = (u8)r;
    }
    if (u.tbl[0]) {
        t->ymm_tbl = true;
        n = plan_tbl(t, first, last, u.tbl, k, n);
    }
    return n != 0;
}

void tr_ymm_plan(struct tr *t)
{
    unsigned n = 0;

    memset(t->ymm_loop, 0, sizeof t->ymm_loop);
    memset(&t->ymm_keep[0], 0xff, sizeof t->ymm_keep[0]);
    t->ymm_keep[0].dirty = 0;
    t->ymm_tbl = false;
    for (u32 i = 0; i < t->nblk && t->ymm_late; i++) {
        u32 last = i;

        if (!t->blk[i].head || t->ymm_loop[i] || n == TR_MAX_YMM_LOOPS)
            continue;
        for (u32 j = i; j < t->nblk; j++)
            if (t->blk[j].taken == (int)i || (t->blk[j].falls && t->blk[j].next == (int)i))
                last = j;
        if (!plan_loop(t, i, last, &t->ymm_keep[n + 1]))
            continue;
        n++;
        for (u32 j = i; j <= last; j++)
            t->ymm_loop[j] = (u8)n;
    }
}

/* Falling into block i: what other loops keep is of registers that may be written here. */
static void forget_tbl(struct tr *t, u32 i)
{
    const struct tr_ymm_keep *k = &t->ymm_keep[t->ymm_loop[i]];

    for (unsigned s = 0; s < TR_YMM_SLOTS; s++)
        if (t->ymm.of[s] >= TR_YMM_TBL && t->ymm.of[s] != k->of[s])
            t->ymm.of[s] = 0xff;
}

void tr_ymm_start(struct tr *t, u32 i)
{
    const struct tr_block *b = &t->blk[i];

    if (!b->joined) {
        if (t->ymm_tbl)
            forget_tbl(t, i);
        return;
    }
    if (!t->ymm_loop[i])
        h_ymm_reset(t);
    else if (entered(t, b) && i && b[-1].falls && b[-1].next == (int)i)
        h_jump(t, b->label);
}

void tr_ymm_enter(struct tr *t, u32 i)
{
    const struct tr_block *b = &t->blk[i];

    if (!b->joined || !t->ymm_loop[i])
        return;
    h_tmp_reset(t);
    if (entered(t, b))
        h_ymm_load(t, &t->ymm_keep[t->ymm_loop[i]]);
    h_ymm_start(t, &t->ymm_keep[t->ymm_loop[i]]);
}

void tr_ymm_branch(struct tr *t, u32 attr)
{
    int taken = t->blk[t->curblk].taken;

    if (!(attr & (X86_ATTR_STOP | X86_ATTR_BRANCH)))
        return;
    if ((attr & X86_ATTR_CALL) || !(attr & X86_ATTR_BRANCH))
        taken = TR_EXTERNAL;
    if (taken != TR_EXTERNAL && t->ymm_loop[taken])
        h_ymm_match(t, &t->ymm_keep[t->ymm_loop[taken]]);
    else if (!(attr & X86_ATTR_COND) || !t->ymm_late ||
             (taken != TR_EXTERNAL && taken <= (int)t->curblk))
        h_ymm_flush(t);
    /* else stored out of line, by tr_site() */
}

void tr_ymm_end(struct tr *t, u32 i)
{
    int next = t->blk[i].next;

    if (next == (int)i + 1 && !t->blk[next].joined)
        return;
    h_tmp_reset(t);
    if (next != TR_EXTERNAL && t->ymm_loop[next])
        h_ymm_match(t, &t->ymm_keep[t->ymm_loop[next]]);
    else
        h_ymm_flush(t);
}

void tr_ymm_stub(struct tr *t, u32 site)
{
    if (!t->ymm_site[site].dirty)
        return;
    memcpy(t->ymm.of, t->ymm_site[site].of, sizeof t->ymm.of);
    t->ymm.dirty = t->ymm_site[site].dirty;
    t->ymm.unclean = true; /* told where the loop was entered */
    h_ymm_flush(t);
}
