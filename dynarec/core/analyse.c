/*
 * analyse.c - pass 1: backward liveness of the arithmetic flags over the region and its exits.
 * Under the System V ABI they are dead at CALL and RET (SAFEFLAGS < 2), and of an indirect jump
 * only what host flags hold for nothing (SF ZF CF OF) is kept.
 */
#include "dynarec/core/passes.h"

/* Flags live where control leaves the region at the end of b. */
static unsigned live_outside(struct tr *t, const struct tr_block *b)
{
    const struct x86_insn *in = &t->ins[b->first + b->n - 1].in;
    u32 attr = x86_rows[in->row].attr;
    unsigned live = 0;

    if (attr & X86_ATTR_STOP)
        return X86_OSZAPC;
    if (attr & (X86_ATTR_CALL | X86_ATTR_RET))
        return t->opt.safeflags < 2 ? 0 : X86_OSZAPC;
    if (attr & X86_ATTR_IND)
        return t->opt.safeflags < 2 ? X86_OSZAPC & ~(unsigned)(X86_PF | X86_AF) : X86_OSZAPC;
    if ((attr & X86_ATTR_BRANCH) && b->taken == TR_EXTERNAL)
        live |= flags_live_at(t, in->imm);
    if (t->opt.test && b->taken != TR_EXTERNAL && b->taken <= b - t->blk)
        return X86_OSZAPC; /* is left there */
    if (b->falls && b->next == TR_EXTERNAL)
        live |= flags_live_at(t, b->end);
    return live;
}

/* ... and inside it. A call's flags are dead, or all live already. */
static unsigned live_inside(const struct tr *t, const struct tr_block *b)
{
    u32 attr = x86_rows[t->ins[b->first + b->n - 1].in.row].attr;
    unsigned live = 0;

    if (attr & (X86_ATTR_STOP | X86_ATTR_CALL | X86_ATTR_RET | X86_ATTR_IND))
        return 0;
    if (b->taken != TR_EXTERNAL)
        live |= t->blk[b->taken].live_in;
    if (b->falls && b->next != TR_EXTERNAL)
        live |= t->blk[b->next].live_in;
    return live;
}

/* Flags live before the instruction if `live` are after it. */
static unsigned before(const struct x86_insn *in, unsigned live)
{
    const struct x86_row *row = &x86_rows[in->row];
    unsigned kill = (unsigned)(row->f_write | row->f_undef) & ~(unsigned)row->f_cond;

    return (live & ~kill) | (x86_flags_read(in) & X86_OSZAPC);
}

/* Rows whose translation may leave in front of them: flags that are dead there would be compared.
 */
#define MAY_LEAVE                                                                                  \
    (X86_ATTR_X87 | X86_ATTR_MMX | X86_ATTR_SSE | X86_ATTR_AVX | X86_ATTR_ALIGN | X86_ATTR_REP)

/* True: what the block wants from its predecessors grew. */
static bool walk(struct tr *t, struct tr_block *b)
{
    unsigned live = b->live_out;

    for (u32 k = b->n; k--;) {
        struct tr_insn *ti = &t->ins[b->first + k];

        ti->need = (u16)live;
        live = before(&ti->in, live);
        if (t->opt.test && (x86_rows[ti->in.row].attr & MAY_LEAVE))
            live = X86_OSZAPC;
    }
    if (live == b->live_in)
        return false;
    b->live_in = (u16)live;
    return true;
}

void pass_analyse(struct tr *t)
{
    u16 outside[TR_MAX_BLOCKS];
    bool again = true;

    for (u32 i = 0; i < t->nblk; i++)
        outside[i] = (u16)live_outside(t, &t->blk[i]);
    while (again) {
        again = false;
        for (u32 i = t->nblk; i--;) {
            struct tr_block *b = &t->blk[i];

            b->live_out = (u16)(outside[i] | live_inside(t, b));
            again |= walk(t, b) && b->head; /* the others' predecessors are still to come */
        }
    }
}
