/*
 * tr.c - options of a translation, and writing host code: labels, literals, exits, entries. See
 * tr.h.
 */
#include <string.h>

#include "config/config.h"
#include "dynarec/core/tr.h"
#include "dynarec/host.h"

struct tr_options tr_options_set(void)
{
    return (struct tr_options){
        .strongmem = (u8)cfg.dynarec_strongmem,
        .callret = (u8)cfg.dynarec_callret,
        .safeflags = cfg.dynarec_test ? 2 : (u8)cfg.dynarec_safeflags,
        .test = (u8)cfg.dynarec_test,
        .fastnan = (u8)cfg.dynarec_fastnan,
        .fastround = (u8)cfg.dynarec_fastround,
        .x87double = (u8)cfg.dynarec_x87double,
        .align = (u8)cfg.dynarec_align,
        .maxinsns = (u16)cfg.dynarec_maxinsns,
    };
}

static void fixup(struct tr *t, enum tr_fix_kind kind, u32 target)
{
    if (t->nfix == TR_MAX_FIXUPS) {
        tr_fail(t, "too many fixups");
        return;
    }
    t->fix[t->nfix++] = (struct tr_fixup){.at = t->n, .target = target, .kind = (u8)kind};
}

u32 tr_label(struct tr *t)
{
    if (t->nlabel == TR_MAX_LABELS) {
        tr_fail(t, "too many labels");
        return 0;
    }
    t->label[t->nlabel] = TR_UNBOUND;
    return t->nlabel++;
}

void tr_bind(struct tr *t, u32 label)
{
    t->label[label] = t->n;
}

void tr_branch(struct tr *t, u32 word, u32 label)
{
    fixup(t, TR_FIX_BRANCH, label);
    tr_put(t, word);
}

#define LITERALS_LOOKED_AT 4

void tr_literal(struct tr *t, u32 word, u64 value)
{
    u32 i = t->nlit, tries = 0;

    /* The same constant twice is mostly twice in a row. */
    while (i && tries < LITERALS_LOOKED_AT && t->lit[i - 1] != value) {
        i--;
        tries++;
    }
    if (i && tries < LITERALS_LOOKED_AT) {
        i--;
    } else {
        if (t->nlit == TR_MAX_LITERALS) {
            tr_fail(t, "too many literals");
            return;
        }
        i = t->nlit;
        t->lit[t->nlit++] = value;
    }
    fixup(t, TR_FIX_LITERAL, i);
    tr_put(t, word);
}

int tr_block_at(const struct tr *t, gaddr pc)
{
    u32 lo = 0, hi = t->nblk;

    if (pc - t->blk[0].pc > t->blk[hi - 1].pc - t->blk[0].pc)
        return TR_EXTERNAL;
    while (lo < hi) {
        u32 mid = (lo + hi) / 2;

        if (t->blk[mid].pc < pc)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < t->nblk && t->blk[lo].pc == pc ? (int)lo : TR_EXTERNAL;
}

static void late_exit(struct tr *t, const struct tr_cold *c)
{
    h_ymm_flush(t);
    h_goto(t, c->a);
}

/* tr_block_at(), for what is mostly known: where the current block goes. */
static int successor(const struct tr *t, gaddr target)
{
    const struct tr_block *b = &t->blk[t->curblk];
    const struct tr_insn *last = &t->ins[b->first + b->n - 1];

    if (last->in.imm == target && (x86_rows[last->in.row].attr & X86_ATTR_BRANCH) &&
        !(x86_rows[last->in.row].attr & (X86_ATTR_IND | X86_ATTR_CALL | X86_ATTR_STOP)))
        return b->taken;
    if (b->end == target && b->falls)
        return b->next;
    return tr_block_at(t, target);
}

void tr_site(struct tr *t, u32 word, gaddr target, enum tr_site_kind kind)
{
    int b = kind == TR_SITE_JUMP ? successor(t, target) : TR_EXTERNAL;
    struct tr_site *s;

    if (t->fp.open) {
        tr_fp_edge(t, word, target);
        return;
    }
    if (t->hoist.n && tr_hoist_exit(t, word, target, b))
        return;
    /* Only where t->ymm_late lets conditional branches come here so. */
    if (t->ymm.dirty && (b == TR_EXTERNAL || !t->ymm_loop[b])) {
        struct tr_cold *c = tr_cold(t, late_exit);

        c->a = target;
        tr_branch(t, word, c->label);
        return;
    }
    /* Forward inside the region nothing has to be patched: no loop closes there. */
    if (b > (int)t->curblk) {
        tr_branch(t, word, t->blk[b].label);
        return;
    }
    if (t->nsite == TR_MAX_EXITS) {
        tr_fail(t, "too many exits");
        return;
    }
    s = &t->site[t->nsite++];
    *s = (struct tr_site){.at = t->n, .target = target, .kind = (u8)kind, .label = tr_label(t)};
    if (t->x87.any)
        t->x87.site[t->nsite - 1] = t->x87.now;
    if (tr_vectors(t)) {
        memcpy(t->ymm_site[t->nsite - 1].of, t->ymm.of, sizeof t->ymm.of);
        t->ymm_site[t->nsite - 1].dirty = t->ymm.dirty;
    }
    if (b != TR_EXTERNAL) {
        s->inside = true;
        s->block = (u32)b;
        tr_branch(t, word, t->blk[b].label);
    } else {
        tr_branch(t, word, s->label);
    }
}

void tr_entry(struct tr *t, gaddr pc)
{
    if (t->nentry && t->entries[t->nentry - 1].at == t->n && t->entries[t->nentry - 1].pc == pc)
        return;
    if (t->nentry == sizeof t->entries / sizeof t->entries[0]) {
        tr_fail(t, "too many entries");
        return;
    }
    t->entries[t->nentry++] = (struct tr_entry){.pc = pc, .at = t->n};
}

struct tr_cold *tr_cold(struct tr *t, void (*emit)(struct tr *t, const struct tr_cold *c))
{
    struct tr_cold *c = &t->cold[t->ncold < TR_MAX_COLD - 1 ? t->ncold++ : t->ncold];

    if (t->ncold == TR_MAX_COLD - 1)
        tr_fail(t, "too much cold code");
    *c = (struct tr_cold){.emit = emit,
                          .label = tr_label(t),
                          .back = tr_label(t),
                          .insn = tr_cur(t),
                          .state = (u16)h_flag_state(t),
                          .blk = t->curblk,
                          .ymm = t->ymm};
    return c;
}
