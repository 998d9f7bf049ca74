/*
 * discover.c - pass 0: from one entry to a region of basic blocks. A region follows direct jumps
 * near the entry; both ways of a conditional branch only where the interpreter has been (cold exits
 * are not translated before they are warm), but always the way out of a loop. Calls end a block but
 * not the region: control comes back behind them. Jumps into other regions' entries are left to be
 * linked: code is translated once, or nearly so.
 */
#include <string.h>

#include "base/bits.h"
#include "dynarec/core/passes.h"
#include "dynarec/core/region.h"
#include "dynarec/core/unaligned.h"
#include "interp/block.h"
#include "x86/decode.h"

#define REACH 0x4000 /* bytes of guest code around the entry */
#define TAIL 2048    /* the longest block that can begin there */
#define MAX_BLOCK_INSNS 128
#define READ 64 /* bytes of code at once */

/* A copy of some code. */
struct window {
    gaddr at;
    size_t n;
    u8 bytes[READ + 16]; /* the decoder may look at what it does not use */
};

struct work {
    struct tr *t;
    struct x86_cpu *c;
    struct {
        gaddr lo, hi;
    } code[8];       /* ranges that env->fetch allowed */
    u32 ncode, last; /* last: where the code just looked at was */
    struct {
        gaddr pc;
        const struct interp_op *op; /* the interpreter's record of it, NULL: look */
    } todo[TR_MAX_BLOCKS * 2];
    u32 ntodo;
    const struct interp_op *op; /* the interpreter's next record, if it has one */
    bool look;                  /* if not, another block of its may begin there */
    struct window window;
    u64 taken[(2 * REACH + TAIL) / 64]; /* bit per byte from entry - REACH on: is in a block */
};
_Static_assert(MAX_BLOCK_INSNS *X86_MAX_LEN <= TAIL, "struct work.taken");

static gaddr other_code_end(struct work *w, gaddr pc)
{
    bool checked = false;
    gaddr end;

    for (u32 i = 0; i < w->ncode; i++) {
        if (pc >= w->code[i].lo && pc < w->code[i].hi) {
            w->last = i;
            return w->code[i].hi;
        }
    }
    if (w->ncode == 8)
        return 0;
    end = w->c->env->fetch(w->c, pc, &checked);
    if (!end || checked)
        return 0;
    w->last = w->ncode;
    w->code[w->ncode].lo = pc;
    w->code[w->ncode++].hi = end;
    return end;
}

/* End of the readable code at pc, 0: none. Each new page is fetched, that is, watched. */
ALWAYS_INLINE gaddr code_end(struct work *w, gaddr pc)
{
    gaddr lo = w->code[w->last].lo, hi = w->code[w->last].hi;

    return LIKELY(pc - lo < hi - lo) ? hi : other_code_end(w, pc);
}

static bool is_taken(const struct work *w, gaddr pc)
{
    u64 i = pc - (w->t->entry - REACH);

    return i < 2 * REACH + TAIL && (w->taken[i / 64] >> i % 64 & 1);
}

/* b: the block that wants it. */
static void want(struct work *w, const struct tr_block *b, gaddr pc, const struct interp_op *op)
{
    if (pc - (w->t->entry - REACH) >= 2 * REACH || w->ntodo == sizeof w->todo / sizeof w->todo[0])
        return;
    /* Once is enough: they are linked. But what has run into another region's loop keeps it. */
    if (region_find(pc) && pc - b->pc >= b->end - b->pc && !is_taken(w, pc))
        return;
    w->todo[w->ntodo].pc = pc;
    w->todo[w->ntodo++].op = op;
}

ALWAYS_INLINE const struct x86_insn *decode_alone(const struct tr *t, struct window *w,
                                                  struct x86_insn *in, gaddr pc, gaddr end)
{
    gaddr at = pc - w->at;

    if (at >= w->n || (w->n - at < X86_MAX_LEN && w->at + w->n < end)) {
        w->at = pc;
        w->n = block_read_code(t->env, w->bytes, pc, end, READ);
        at = 0;
    }
    return w->n && x86_decode(in, w->bytes + at, w->n - at, pc, t->mode) > 0 ? in : NULL;
}

/* Length of the instruction at pc, decoded into *in; 0 if there is none that we could translate. */
static unsigned decode_at(struct work *w, gaddr pc, struct x86_insn *in)
{
    const struct x86_insn *known = block_next_record(&w->op, pc);
    gaddr end = code_end(w, pc);

    if (!end)
        return 0;
    if (!known && w->look) {
        w->op = block_records(pc, w->t->mode);
        known = block_next_record(&w->op, pc);
    }
    w->look = known != NULL;
    if (known) {
        *in = *known;
        return in->len;
    }
    return decode_alone(w->t, &w->window, in, pc, end) ? in->len : 0;
}

/* Has the interpreter decoded what is there? */
static bool known_at(const struct work *w, gaddr pc)
{
    const struct interp_op *op = w->op;

    return block_next_record(&op, pc) || interp_seen(pc, w->t->mode);
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
        /* What comes behind a loop that still runs will be reached. */
        if ((attr & X86_ATTR_CALL) || in->imm < b->end || known_at(w, b->end))
            want(w, b, b->end, w->op);
    }
    if ((attr & (X86_ATTR_IND | X86_ATTR_CALL)) == 0 &&
        (!(attr & X86_ATTR_COND) || interp_seen(in->imm, w->t->mode) ||
         in->imm - w->t->entry < b->end - w->t->entry))
        want(w, b, in->imm, NULL);
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

static void take(struct work *w, const struct tr_block *b)
{
    u64 i = b->pc - (w->t->entry - REACH), end = i + (b->end - b->pc);

    for (; i < end; i = (i | 63) + 1) {
        u64 bits = ~0ull << i % 64;

        if (end < (i | 63) + 1)
            bits &= ~(~0ull << end % 64);
        w->taken[i / 64] |= bits;
    }
}

/* Is pc covered? Splits the block it lies in. */
static bool covered(struct work *w, gaddr pc)
{
    struct tr *t = w->t;

    if (!is_taken(w, pc))
        return false;
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

static void block_from(struct work *w, gaddr pc, const struct interp_op *op)
{
    struct tr *t = w->t;
    struct tr_block *b;

    if (t->nblk == TR_MAX_BLOCKS || t->nins >= t->opt.maxinsns)
        return;
    w->op = op;
    w->look = true;
    b = &t->blk[t->nblk];
    *b = (struct tr_block){.pc = pc, .end = pc, .first = t->nins, .falls = true};
    do {
        struct tr_insn *ti = &t->ins[t->nins];
        unsigned n = decode_at(w, b->end, &ti->in);

        if (!n)
            break;
        ti->pc = b->end;
        ti->plain = dyn_unaligned(ti->pc);
        ti->moved = 0;
        ti->back = 0;
        b->end += n;
        b->n++;
        t->nins++;
        t->attrs |= x86_rows[ti->in.row].attr;
        if (!flow(w, b, &ti->in))
            break;
    } while (t->nins < t->opt.maxinsns && !is_taken(w, b->end) && b->n < MAX_BLOCK_INSNS);
    if (b->n) {
        t->nblk++;
        take(w, b);
    }
}

static void sort_blocks(struct tr *t)
{
    for (u32 i = 1; i < t->nblk; i++) {
        struct tr_block b;
        u32 k = 0, end = i;

        if (t->blk[i - 1].pc < t->blk[i].pc)
            continue;
        while (k < end) { /* the first one behind it */
            u32 mid = (k + end) / 2;

            if (t->blk[mid].pc > t->blk[i].pc)
                end = mid;
            else
                k = mid + 1;
        }
        b = t->blk[i];
        memmove(&t->blk[k + 1], &t->blk[k], (i - k) * sizeof b);
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
        if (b->falls && i + 1 < t->nblk && t->blk[i + 1].pc == b->end)
            b->next = (i16)(i + 1);
    }
}

void pass_discover(struct tr *t, struct x86_cpu *c)
{
    struct work w;

    w.t = t;
    w.c = c;
    w.ncode = w.ntodo = w.last = 0;
    w.code[0].lo = w.code[0].hi = 0;
    w.window.n = 0;
    memset(w.taken, 0, sizeof w.taken);
    t->cpu = c;
    t->attrs = 0;
    w.todo[w.ntodo].pc = t->entry;
    w.todo[w.ntodo++].op = NULL;
    for (u32 i = 0; i < w.ntodo; i++)
        if (!covered(&w, w.todo[i].pc))
            block_from(&w, w.todo[i].pc, w.todo[i].op);
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

/* End of the readable code at pc, 0: none. What a region knows may lie in pages that it has nothing
 * of itself. */
static gaddr known_end(struct tr *t, gaddr pc)
{
    bool checked = false;
    gaddr end;

    for (u32 i = 0; i < t->npages; i++)
        if (pc >= t->page[i] && pc < t->page_end[i])
            return t->page_end[i];
    if (t->npages == sizeof t->page / sizeof t->page[0] || !t->cpu)
        return 0;
    end = t->cpu->env->fetch(t->cpu, pc, &checked);
    if (!end || checked)
        return 0;
    t->page[t->npages] = pc;
    t->page_end[t->npages++] = end;
    return end;
}

unsigned flags_live_at(struct tr *t, gaddr pc)
{
    unsigned live = 0, open = X86_OSZAPC;
    const struct interp_op *op = NULL;
    bool jumped = true; /* entries are mostly where jumps go to */
    /* Those of a comparison of floating point cost more than to look farther. */
    u32 most = t->attrs & (X86_ATTR_SSE | X86_ATTR_AVX) ? 16 : 6;
    struct window window;

    window.n = 0;
    if (t->opt.test)
        return X86_OSZAPC;
    for (u32 k = 0; k < most && open; k++) {
        int other = jumped ? region_live(pc) : -1;
        const struct x86_insn *known;
        const struct x86_row *row;
        struct x86_insn decoded;
        gaddr end;

        if (other >= 0)
            return live | (open & (unsigned)other);
        end = known_end(t, pc);
        if (!end)
            return live | open;
        if (jumped)
            op = block_records(pc, t->mode);
        known = block_next_record(&op, pc);
        if (!known)
            known = decode_alone(t, &window, &decoded, pc, end);
        if (!known)
            return live | open;
        row = &x86_rows[known->row];
        live |= x86_flags_read(known) & open;
        open &= ~((unsigned)(row->f_write | row->f_undef) & ~(unsigned)row->f_cond);
        if (row->attr & (X86_ATTR_CALL | X86_ATTR_RET))
            return t->opt.safeflags < 2 ? live : live | open;
        if ((row->attr & X86_ATTR_IND) && t->opt.safeflags < 2)
            return live | (open & ~(unsigned)(X86_PF | X86_AF));
        jumped = (row->attr & X86_ATTR_BRANCH) != 0;
        if (jumped && !(row->attr & (X86_ATTR_COND | X86_ATTR_IND)))
            pc = known->imm;
        else if (row->attr & (X86_ATTR_BRANCH | X86_ATTR_STOP))
            return live | open;
        else
            pc += known->len;
    }
    return live | open;
}
