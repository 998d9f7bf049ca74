/*
 * discover.c - pass 0: from one entry to a region of basic blocks. A region follows fallthroughs
 * and direct jumps near the entry; the target of a conditional branch only where the interpreter
 * has been (cold exits are not translated before they are warm). Calls end a block but not the
 * region: control comes back behind them.
 */
#include <string.h>

#include "base/bits.h"
#include "dynarec/core/passes.h"
#include "dynarec/core/unaligned.h"
#include "interp/interp.h"
#include "x86/decode.h"

#define REACH 0x4000 /* bytes of guest code around the entry */

struct work {
    struct tr *t;
    struct x86_cpu *c;
    struct {
        gaddr lo, hi;
    } code[8]; /* ranges that env->fetch allowed */
    u32 ncode;
    gaddr todo[TR_MAX_BLOCKS * 2];
    u32 ntodo;
};

/* End of the readable code at pc, 0: none. Each new page is fetched, that is, watched. */
static gaddr code_end(struct work *w, gaddr pc)
{
    bool checked = false;
    gaddr end;

    for (u32 i = 0; i < w->ncode; i++)
        if (pc >= w->code[i].lo && pc < w->code[i].hi)
            return w->code[i].hi;
    if (w->ncode == 8)
        return 0;
    end = w->c->env->fetch(w->c, pc, &checked);
    if (!end || checked)
        return 0;
    w->code[w->ncode].lo = pc;
    w->code[w->ncode++].hi = end;
    return end;
}

static void want(struct work *w, gaddr pc)
{
    if (pc - (w->t->entry - REACH) >= 2 * REACH || w->ntodo == sizeof w->todo / sizeof w->todo[0])
        return;
    w->todo[w->ntodo++] = pc;
}

/* Length of the instruction at pc, decoded into *in; 0 if there is none that we could translate. */
static unsigned decode_at(struct work *w, gaddr pc, struct x86_insn *in)
{
    gaddr end = code_end(w, pc);
    u8 buf[16] = {0};
    int n;

    if (!end)
        return 0;
    if (end - pc >= 16) {
        n = x86_decode(in, g2h(pc), 16, pc, w->t->mode);
    } else {
        memcpy(buf, g2h(pc), end - pc);
        n = x86_decode(in, buf, end - pc, pc, w->t->mode);
    }
    return n > 0 ? (unsigned)n : 0;
}

/* What follows an instruction. True: straight on. */
static bool flow(struct work *w, struct tr_block *b, const struct x86_insn *in)
{
    u32 attr = x86_rows[in->row].attr;

    b->falls = false;
    if (attr & X86_ATTR_STOP)
        return false;
    if (!(attr & X86_ATTR_BRANCH)) {
        b->falls = true;
        return true;
    }
    if (attr & (X86_ATTR_COND | X86_ATTR_CALL)) {
        b->falls = true;
        want(w, b->end);
    }
    if ((attr & (X86_ATTR_IND | X86_ATTR_CALL)) == 0 &&
        (!(attr & X86_ATTR_COND) || interp_seen(in->imm, w->t->mode) ||
         in->imm - w->t->entry < b->end - w->t->entry))
        want(w, in->imm);
    return false;
}

static void split(struct tr *t, u32 i, u32 k)
{
    struct tr_block *a = &t->blk[i], *b = &t->blk[t->nblk++];

    *b = *a;
    b->first = a->first + k;
    b->n = a->n - k;
    b->pc = t->ins[b->first].pc;
    a->n = k;
    a->end = b->pc;
    a->falls = true;
}

/* Is pc covered? Splits the block it lies in. */
static bool covered(struct tr *t, gaddr pc)
{
    for (u32 i = 0; i < t->nblk; i++) {
        struct tr_block *b = &t->blk[i];

        if (pc < b->pc || pc >= b->end)
            continue;
        for (u32 k = 0; k < b->n; k++) {
            if (t->ins[b->first + k].pc == pc) {
                if (k && t->nblk < TR_MAX_BLOCKS)
                    split(t, i, k);
                return true;
            }
        }
        return true; /* into the middle of an instruction: left to a region of its own */
    }
    return false;
}

static bool starts_block(const struct tr *t, gaddr pc)
{
    for (u32 i = 0; i < t->nblk; i++)
        if (pc >= t->blk[i].pc && pc < t->blk[i].end)
            return true;
    return false;
}

static void block_from(struct work *w, gaddr pc)
{
    struct tr *t = w->t;
    struct tr_block *b;

    if (t->nblk == TR_MAX_BLOCKS || t->nins == TR_MAX_INSNS)
        return;
    b = &t->blk[t->nblk];
    *b = (struct tr_block){.pc = pc, .end = pc, .first = t->nins, .falls = true};
    do {
        struct tr_insn *ti = &t->ins[t->nins];
        unsigned n = decode_at(w, b->end, &ti->in);

        if (!n)
            break;
        ti->pc = b->end;
        ti->plain = dyn_unaligned(ti->pc);
        b->end += n;
        b->n++;
        t->nins++;
        if (!flow(w, b, &ti->in))
            break;
    } while (t->nins < TR_MAX_INSNS && !starts_block(t, b->end) && b->n < 128);
    if (b->n)
        t->nblk++;
}

static void sort_blocks(struct tr *t)
{
    for (u32 i = 1; i < t->nblk; i++) {
        struct tr_block b = t->blk[i];
        u32 k = i;

        for (; k && t->blk[k - 1].pc > b.pc; k--)
            t->blk[k] = t->blk[k - 1];
        t->blk[k] = b;
    }
}

static void connect(struct tr *t)
{
    for (u32 i = 0; i < t->nblk; i++) {
        struct tr_block *b = &t->blk[i];
        const struct x86_insn *last = &t->ins[b->first + b->n - 1].in;
        u32 attr = x86_rows[last->row].attr;

        b->taken = b->next = TR_EXTERNAL;
        if ((attr & X86_ATTR_BRANCH) && !(attr & (X86_ATTR_IND | X86_ATTR_CALL | X86_ATTR_STOP))) {
            b->taken = (i16)tr_block_at(t, last->imm);
            if (b->taken != TR_EXTERNAL && b->taken <= (int)i)
                t->blk[b->taken].head = true;
        }
        if (b->falls)
            b->next = (i16)tr_block_at(t, b->end);
    }
}

void pass_discover(struct tr *t, struct x86_cpu *c)
{
    struct work w = {.t = t, .c = c};

    w.todo[w.ntodo++] = t->entry;
    for (u32 i = 0; i < w.ntodo; i++)
        if (!covered(t, w.todo[i]))
            block_from(&w, w.todo[i]);
    if (!t->nblk) {
        tr_fail(t, "no code");
        return;
    }
    sort_blocks(t);
    connect(t);
    for (u32 i = 0; i < w.ncode && t->npages < 8; i++) {
        t->page[t->npages] = w.code[i].lo;
        t->page_end[t->npages++] = w.code[i].hi;
    }
}

unsigned flags_live_at(struct tr *t, gaddr pc)
{
    unsigned live = 0, open = X86_OSZAPC;

    for (u32 k = 0; k < 6 && open; k++) {
        const struct x86_row *row;
        struct x86_insn in;
        u8 buf[16] = {0};
        gaddr end = 0;
        int n;

        for (u32 i = 0; i < t->npages; i++)
            if (pc >= t->page[i] && pc < t->page_end[i])
                end = t->page_end[i];
        if (!end)
            return live | open;
        memcpy(buf, g2h(pc), end - pc < 16 ? end - pc : 16);
        n = x86_decode(&in, buf, end - pc < 16 ? end - pc : 16, pc, t->mode);
        if (n <= 0)
            return live | open;
        row = &x86_rows[in.row];
        live |= x86_flags_read(&in) & open;
        open &= ~((unsigned)(row->f_write | row->f_undef) & ~(unsigned)row->f_cond);
        if (row->attr & (X86_ATTR_CALL | X86_ATTR_RET))
            return t->opt.safeflags < 2 ? live : live | open;
        if ((row->attr & X86_ATTR_BRANCH) && !(row->attr & (X86_ATTR_COND | X86_ATTR_IND)))
            pc = in.imm;
        else if (row->attr & (X86_ATTR_BRANCH | X86_ATTR_STOP))
            return live | open;
        else
            pc += (unsigned)n;
    }
    return live | open;
}
