/*
 * emit.c - passes 2 and 3: each block's instructions through their tr_ functions into host code,
 * then stubs, cold code, literals and fixups.
 */
#include <string.h>

#include "dynarec/core/passes.h"
#include "dynarec/core/stats.h"
#include "dynarec/translate/translate.h"

static void fall_back(struct tr *t)
{
    if (tr_move_waits(t))
        tr_fail(t, "a register is not there yet");
    tr_x87_forget(t);
    if (!t->opt.x87double && t->sem_end == t->n && t->sem_cur + 1 == t->cur &&
        t->sem_blk == t->curblk) {
        /* Nothing in between: one call for both. */
        t->more[t->nfallback - 1] = true;
    }
    t->more[t->nfallback] = false;
    t->fallback[t->nfallback++] = tr_cur(t);
    if (t->nfallback == 1 || !t->more[t->nfallback - 2]) {
        tr_hoist_sem(t);
        if (t->opt.strongmem)
            h_fence(t, H_FENCE_FULL);
        h_sem(t);
        if (t->opt.strongmem)
            h_fence(t, H_FENCE_LOAD);
    }
    t->sem_end = t->n;
    t->sem_cur = t->cur;
    t->sem_blk = t->curblk;
}

/* Through x86_sem: instructions without a translation, and LOCK on data that is not aligned. */
static bool needs_sem(const struct tr_insn *ti)
{
    return ti->plain && ((ti->in.pfx & X86_PFX_LOCK) || ti->in.op == X86_XCHG);
}

static bool leave(struct tr *t, gaddr pc)
{
    if (pc == t->entry)
        tr_fail(t, "nothing to translate");
    h_flags_canon(t, X86_OSZAPC);
    h_leave(t, pc);
    return true;
}

/* True: control does not go on behind it. */
static bool one(struct tr *t, struct tr_insn *ti)
{
    const struct x86_insn *in = &ti->in;
    u32 attr = x86_rows[in->row].attr;
    tr_fn *fn = tr_table[in->op];
    u32 mark;

    ti->at = t->n;
    ti->state = (u16)h_flag_state(t);
    ti->back = 0;
    h_tmp_reset(t);
    if (t->done[t->cur / 32] >> t->cur % 32 & 1) {
        if (t->fp.open) /* started behind it: it must not start there again */
            tr_fp_close(t);
        return false;
    }
    if (tr_vectors(t)) {
        if (attr & X86_ATTR_X87)
            h_mmx_forget(t);
        if ((t->fp.open || (attr & (X86_ATTR_SSE | X86_ATTR_AVX))) && tr_fp_step(t, in))
            return false;
        if (tr_x87_step(t, in))
            return false;
        if (attr & (X86_ATTR_BRANCH | X86_ATTR_STOP)) {
            tr_ymm_branch(t, attr);
            tr_hoist_branch(t, attr);
        }
    }
    mark = t->n;
    if (attr & X86_ATTR_STOP)
        return (in->op == X86_INT3 && tr_native_bridge(t)) || leave(t, ti->pc);
    if (fn && t->opt.align && (attr & X86_ATTR_ALIGN)) {
        tr_v_align(t, in);
        mark = t->n;
    }
    if (fn && !needs_sem(ti) && fn(t, in))
        return false;
    if (t->n != mark)
        tr_fail(t, "a translation gave up late");
    if (attr & X86_ATTR_BRANCH) /* without translation of its own: the interpreter's */
        return leave(t, ti->pc);
    fall_back(t);
    return false;
}

static void block(struct tr *t, u32 i)
{
    struct tr_block *b = &t->blk[i];
    bool ended = false;

    t->curblk = i;
    t->moved = TR_UNBOUND; /* a number of another block */
    h_flags_start(t);
    if (tr_vectors(t)) {
        tr_hoist_start(t, i);
        tr_ymm_start(t, i);
        tr_lanes_start(t, i);
        tr_x87_start(t, i);
    }
    tr_bind(t, b->enter);
    if ((b->head && tr_x87_starts(t, i)) || b->pc == t->entry)
        tr_entry(t, b->pc);
    if (tr_vectors(t)) {
        tr_lanes_enter(t, i);
        tr_x87_enter(t, i);
        tr_ymm_enter(t, i);
        tr_hoist_enter(t, i);
    }
    tr_bind(t, b->label);
    if (t->opt.count)
        h_count(t, dyn_block_counter(t));
    for (u32 k = 0; k < b->n && !t->err; k++) {
        t->cur = b->first + k;
        ended = one(t, &t->ins[t->cur]);
        if (tr_vectors(t))
            tr_lanes_step(t, &t->ins[t->cur].in);
    }
    if (t->fp.open && !t->fp.goes_on)
        tr_fp_close(t);
    t->fp.goes_on = false;
    if (ended || !b->falls)
        return;
    if (tr_vectors(t)) {
        tr_ymm_end(t, i);
        tr_hoist_end(t, i);
        tr_x87_end(t, b);
    }
    h_flags_canon(t, b->live_out);
    if (b->next != TR_EXTERNAL && (u32)b->next == i + 1)
        return;
    h_goto(t, b->end);
}

static void fix_up(struct tr *t)
{
    u32 lit;

    if (t->nlit && (t->n & 1))
        tr_put(t, 0);
    lit = t->lit_at = t->n;
    for (u32 i = 0; i < t->nlit; i++) {
        tr_put(t, (u32)t->lit[i]);
        tr_put(t, (u32)(t->lit[i] >> 32));
    }
    for (u32 i = 0; i < t->nfix && !t->err; i++) {
        const struct tr_fixup *f = &t->fix[i];
        u32 to = f->kind == TR_FIX_LITERAL ? lit + 2 * f->target : t->label[f->target];

        if (to == TR_UNBOUND || !h_fix(t->code, f->at, to))
            tr_fail(t, "a branch does not reach");
    }
}

/* Blocks whose start is reached by more than falling into it. */
static void joins(struct tr *t)
{
    for (u32 i = 0; i < t->nblk; i++)
        t->blk[i].joined = !i || t->blk[i].head || t->blk[i].pc == t->entry || !t->blk[i - 1].falls;
    t->ymm_late = !(t->attrs & X86_ATTR_X87); /* they may be in the same host registers */
    for (u32 i = 0; i < t->nblk; i++) {
        const struct tr_block *b = &t->blk[i];

        if (b->taken != TR_EXTERNAL)
            t->blk[b->taken].joined = true;
        if (b->next != TR_EXTERNAL && (u32)b->next != i + 1)
            t->blk[b->next].joined = true;
    }
}

void pass_emit(struct tr *t)
{
    for (u32 i = 0; i < t->nblk; i++) { /* the first labels */
        t->blk[i].label = t->nlabel++;
        t->blk[i].enter = t->nlabel++;
    }
    memset(t->label, 0xff, t->nlabel * sizeof t->label[0]);
    t->sem_end = TR_UNBOUND;
    joins(t);
    memset(t->done, 0, sizeof t->done);
    t->fp.open = t->x87.any = t->hoist.checked = false;
    t->fp.zero = t->fp.held = t->fp.flags = t->fp.nlate = 0;
    t->fp.step_reg = X86_REG_NONE;
    t->fp.goes_on = t->fp.edge = false;
    t->nfp_store = t->nfp_edge = t->nundo = 0;
    t->x87.nnote = t->hoist.n = 0;
    if (tr_vectors(t)) {
        tr_x87_plan(t);
        tr_lanes_plan(t);
        tr_ymm_plan(t);
        tr_hoist_plan(t);
    } else {
        memset(t->hoist.of, 0, sizeof t->hoist.of);
        memset(t->ymm_loop, 0, sizeof t->ymm_loop);
        h_ymm_reset(t);
    }
    h_begin(t);
    for (u32 i = 0; i < t->nblk && !t->err; i++)
        block(t, i);
    if (tr_vectors(t))
        h_ymm_start(t, &t->ymm_keep[0]);
    for (u32 i = 0; i < t->ncold && !t->err; i++) {
        t->cur = (u32)(t->cold[i].insn - t->ins);
        h_tmp_reset(t);
        t->curblk = t->cold[i].blk;
        t->ymm = t->cold[i].ymm;
        tr_bind(t, t->cold[i].label);
        t->cold[i].emit(t, &t->cold[i]);
    }
    for (u32 i = 0; i < t->nsite && !t->err; i++) {
        t->site[i].stub = t->n;
        tr_bind(t, t->site[i].label);
        if (tr_vectors(t)) {
            tr_x87_stub(t, i);
            tr_ymm_stub(t, i);
            tr_hoist_stub(t, i);
        }
        h_stub(t, &t->site[i]);
    }
    for (u32 i = 0; i < t->nentry && !t->err; i++) {
        t->entries[i].stale = t->n;
        h_stale(t, t->entries[i].pc);
    }
    fix_up(t);
}
