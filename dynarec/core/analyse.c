/*
 * analyse.c - pass 1: backward liveness of the arithmetic flags over the region and its exits.
 * Under the System V ABI they are dead at CALL and RET (SAFEFLAGS < 2), and of an indirect jump
 * only what host flags hold for nothing (SF ZF CF OF) is kept.
 */
#include "dynarec/core/passes.h"

/* Flags live at the far side of an edge. */
static unsigned edge(struct tr *t, int block, gaddr pc)
{
    return block == TR_EXTERNAL ? flags_live_at(t, pc) : t->blk[block].live_in;
}

static unsigned live_out(struct tr *t, const struct tr_block *b)
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
    if (attr & X86_ATTR_BRANCH)
        live |= edge(t, b->taken, in->imm);
    if (b->falls)
        live |= edge(t, b->next, b->end);
    return live;
}

/* Flags live before the instruction if `live` are after it. */
static unsigned before(const struct x86_insn *in, unsigned live)
{
    const struct x86_row *row = &x86_rows[in->row];
    unsigned kill = (unsigned)(row->f_write | row->f_undef) & ~(unsigned)row->f_cond;

    return (live & ~kill) | (x86_flags_read(in) & X86_OSZAPC);
}

/* True: what the block wants from its predecessors grew. */
static bool walk(struct tr *t, struct tr_block *b)
{
    unsigned live = b->live_out;

    for (u32 k = b->n; k--;) {
        struct tr_insn *ti = &t->ins[b->first + k];

        ti->need = (u16)live;
        live = before(&ti->in, live);
    }
    if (live == b->live_in)
        return false;
    b->live_in = (u16)live;
    return true;
}

void pass_analyse(struct tr *t)
{
    bool again = true;

    while (again) {
        again = false;
        for (u32 i = t->nblk; i--;) {
            struct tr_block *b = &t->blk[i];

            b->live_out = (u16)live_out(t, b);
            again |= walk(t, b);
        }
    }
}
