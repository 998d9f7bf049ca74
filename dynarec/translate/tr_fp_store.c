/*
 * tr_fp_store.c - runs of floating point (tr_fp_run.c) go on over stores and conditional branches.
 *
 * A store to a place that the run itself has loaded from is done at once: what memory had stays in
 * a register, and a check that fails, or a fault later in the run, stores it there again before the
 * interpreter starts at the run's first instruction. The code for that is written once a run, out
 * of the straight way, with an entry for each number of stores done; struct tr_undo_note tells the
 * fault's handler which. Memory is the same bytes as before the run then, whatever overlaps: old
 * values come back in reverse order, each is one that memory had in this run, and those before it
 * follow. Another thread may see the value meanwhile, so STRONGMEM does without. Places that the
 * guest does not read are not read for this: they may be slow to read (a GPU's).
 *
 * A conditional branch: the run goes on where it is not taken; where it is, the run's check comes
 * out of the straight way. Its flags may be written in the run, so those before it must be dead.
 *
 * Upper halves of YMM and results of FMA are left to runs without: where those are at the check is
 * not where they are at a fault.
 */
#include <string.h>

#include "dynarec/translate/tr_fp.h"

#define LOOK_AHEAD 24

static i64 place_disp(const struct tr *t, const struct x86_insn *in)
{
    return in->disp + (in->base == t->fp.step_reg ? t->fp.step : 0);
}

static bool same_registers(const struct x86_insn *a, const struct x86_insn *b)
{
    return a->base == b->base && a->index == b->index && a->scale == b->scale && a->seg == b->seg &&
           a->adsz == b->adsz;
}

/* Does the instruction write a register of the other's address? Vector ones and stores do not. */
static bool moves_place(const struct x86_insn *in, const struct x86_insn *mem)
{
    unsigned r = in->opnd[0].reg;

    return in->opnd[0].kind != X86_OPK_VEC && in->opnd[0].kind != X86_OPK_MEM &&
           in->op != X86_CMP && in->op != X86_TEST && (r == mem->base || r == mem->index);
}

bool tr_fp_rewritten(const struct tr *t, const struct x86_insn *in, unsigned sz, unsigned *from)
{
    const struct tr_block *b = &t->blk[t->curblk];

    if (t->opt.strongmem || t->fp.nan || t->fp.up_used || t->fp.nold == TR_MAX_FP_OLD)
        return false;
    for (u32 k = t->cur + 1; k < b->first + b->n && k <= t->cur + LOOK_AHEAD; k++) {
        const struct x86_insn *next = &t->ins[k].in;
        struct tr_fp_step s = tr_fp_classify(next);

        if (s.kind == TR_FP_NONE && !tr_in_registers(next))
            return false;
        if (moves_place(next, in))
            return false;
        if (s.kind == TR_FP_STORE && s.sz == sz && same_registers(next, in) &&
            next->disp == in->disp) {
            *from = next->opnd[s.b].reg;
            return true;
        }
    }
    return false;
}

void tr_fp_loaded(struct tr *t, const struct x86_insn *in, unsigned sz, vreg r)
{
    unsigned i = t->fp.nold++;

    t->fp.old[i].in = in;
    t->fp.old[i].disp = place_disp(t, in);
    t->fp.old[i].sz = (u8)sz;
    t->fp.old[i].r = r;
}

int tr_fp_old(const struct tr *t, const struct x86_insn *in, unsigned sz)
{
    if (!t->fp.check || t->opt.strongmem || t->fp.nan || t->fp.up_used ||
        t->nfp_store == TR_MAX_FP_STORES)
        return -1;
    for (unsigned i = 0; i < t->fp.nold; i++)
        if (t->fp.old[i].sz == sz && same_registers(t->fp.old[i].in, in) &&
            t->fp.old[i].disp == place_disp(t, in))
            return (int)i;
    return -1;
}

static void note(struct tr *t, u32 label)
{
    t->undo[t->nundo++] = (struct tr_undo_note){.at = t->n, .label = label};
}

void tr_fp_stored(struct tr *t, const struct x86_insn *in, int old)
{
    struct tr_fp_store *s = &t->fp_store[t->nfp_store++];

    *s = (struct tr_fp_store){.in = in,
                              .label = tr_label(t),
                              .step = t->fp.step,
                              .step_reg = t->fp.step_reg,
                              .sz = t->fp.old[old].sz,
                              .old = t->fp.old[old].r};
    if (!t->fp.stored++)
        t->fp.store0 = t->nfp_store - 1;
    note(t, s->label);
}

void tr_fp_checked(struct tr *t)
{
    if (t->fp.stored && !t->fp.edge)
        note(t, TR_UNDO_NONE);
}

/* c->a: the flags' state; c->b: the first of the stores, and one behind the last << 32. */
static void cold_take_back(struct tr *t, const struct tr_cold *c)
{
    u8 reg = t->fp.step_reg;

    note(t, TR_UNDO_RUNS);
    for (u32 i = (u32)(c->b >> 32); i-- > (u32)c->b;) {
        const struct tr_fp_store *s = &t->fp_store[i];
        struct h_mem m;

        tr_bind(t, s->label);
        h_tmp_reset(t);
        t->fp.step_reg = s->step_reg;
        t->fp.step = s->step;
        m = tr_mem(t, s->in);
        h_vst(t, s->sz, s->old, &m);
    }
    t->fp.step_reg = reg;
    note(t, TR_UNDO_NONE);
    h_tmp_reset(t);
    memcpy(&t->fl, &c->a, sizeof t->fl);
    h_flags_canon(t, tr_flags_before(t, c->insn));
    h_resume(t);
    h_leave(t, c->insn->pc);
}

u32 tr_fp_take_back(struct tr *t, const struct tr_insn *first)
{
    u32 end = t->fp.store0 + t->fp.stored;

    if (!t->fp.edge) {
        struct tr_cold *c = tr_cold(t, cold_take_back);

        memcpy(&c->a, &t->fl, sizeof t->fl);
        c->b = t->fp.store0 | (u64)end << 32;
        c->insn = first;
    }
    return t->fp_store[end - 1].label;
}

/* ---- conditional branches ---- */

/* Does a block begin with what the run can go on with? */
static bool worth(const struct tr *t, const struct tr_block *b)
{
    for (u32 k = b->first; k < b->first + b->n && k < b->first + LOOK_AHEAD; k++) {
        struct tr_fp_step s = tr_fp_classify(&t->ins[k].in);

        if (s.kind == TR_FP_NONE && !tr_in_registers(&t->ins[k].in))
            return false;
        if (s.kind == TR_FP_ARITH || s.kind == TR_FP_SQRT || s.kind == TR_FP_PACKED)
            return true;
    }
    return false;
}

/* An edge that nothing has to be done on but the run's check. */
static bool plain_edge(const struct tr *t, int to)
{
    return to == TR_EXTERNAL || (to > (int)t->curblk && !t->hoist.of[to] && !t->ymm_loop[to]);
}

bool tr_fp_goes_on(const struct tr *t)
{
    const struct tr_block *b = &t->blk[t->curblk];
    int next = b->next;

    return t->fp.check && !t->fp.nlate && !t->fp.nan && !t->fp.up_used && !t->fp.up_zero &&
           !t->ymm.dirty && !t->x87.any && t->nfp_edge + 3 <= TR_MAX_FP_EDGES && b->falls &&
           next == (int)t->curblk + 1 && !t->blk[next].joined && !t->hoist.of[next] &&
           t->blk[next].first == b->first + b->n && plain_edge(t, b->taken) &&
           !tr_flags_before(t, &t->ins[t->fp.first]) && worth(t, &t->blk[next]);
}

bool tr_fp_compares(const struct tr *t)
{
    const struct tr_block *b = &t->blk[t->curblk];

    return t->fp.open && t->cur + 2 == b->first + b->n && t->ins[t->cur + 1].in.op == X86_Jcc &&
           tr_fp_goes_on(t);
}

static void cold_edge(struct tr *t, const struct tr_cold *c)
{
    const struct tr_fp_edge *e = &t->fp_edge[c->a];
    struct tr_fp now = t->fp;

    t->fp = e->fp;
    t->fl = e->fl;
    tr_fp_close(t);
    t->fp = now;
    h_goto(t, e->target);
}

void tr_fp_edge(struct tr *t, u32 word, gaddr target)
{
    struct tr_fp_edge *e = &t->fp_edge[t->nfp_edge];
    struct tr_cold *c = tr_cold(t, cold_edge);

    c->a = t->nfp_edge++;
    e->fp = t->fp;
    e->fp.edge = true;
    e->fl = t->fl;
    e->target = target;
    tr_branch(t, word, c->label);
}
