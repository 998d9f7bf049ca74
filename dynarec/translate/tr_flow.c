/*
 * tr_flow.c - branches. What is live behind them is canonical at block edges; a conditional branch
 * takes the flags as they are when nobody wants them afterwards.
 */
#include "dynarec/translate/translate.h"

static void settle(struct tr *t)
{
    h_flags_canon(t, t->blk[t->curblk].live_out);
    t->ins[t->cur].state = (u16)h_flag_state(t); /* as a memory access behind it finds them */
}

/* Where an indirect branch goes to. */
static hreg target(struct tr *t, const struct x86_insn *in)
{
    struct h_mem m;

    if (!tr_is_mem(in, 0) || in->opnd[0].size != 8)
        return tr_read(t, in, 0);
    m = tr_mem(t, in);
    h_ld(t, 8, h_target(), &m);
    return h_target();
}

bool tr_JMP(struct tr *t, const struct x86_insn *in)
{
    struct tr_block *b = &t->blk[t->curblk];

    settle(t);
    if (in->opnd[0].kind != X86_OPK_REL) {
        if (tr_native_jump(t, in))
            return true;
        h_goto_reg(t, target(t, in));
        return true;
    }
    if (b->taken == (int)t->curblk + 1)
        return true;
    h_goto(t, in->imm);
    return true;
}

bool tr_Jcc(struct tr *t, const struct x86_insn *in)
{
    unsigned live = t->blk[t->curblk].live_out;

    if (live) /* what the branch itself reads has to survive that */
        h_flags_canon(t, live | x86_flags_read(in));
    h_goto_cc(t, in->cc, in->imm);
    return true;
}

bool tr_JCXZ(struct tr *t, const struct x86_insn *in)
{
    settle(t);
    if (in->adsz == 2)
        return false;
    h_goto_z(t, true, in->adsz, h_gpr(X86_RCX), in->imm);
    return true;
}

bool tr_LOOP(struct tr *t, const struct x86_insn *in)
{
    hreg c = h_gpr(X86_RCX);

    if (in->adsz == 2)
        return false;
    settle(t);
    h_opi(t, H_SUB, in->adsz, c, c, 1);
    h_goto_z(t, false, in->adsz, c, in->imm);
    return true;
}

/* LOOPE, LOOPNE: cc is the condition as in SETcc. */
static bool loop_if(struct tr *t, const struct x86_insn *in, unsigned cc)
{
    hreg c = h_gpr(X86_RCX), z = h_tmp(t);

    if (in->adsz == 2)
        return false;
    h_setcc(t, z, cc);
    settle(t);
    h_opi(t, H_SUB, in->adsz, c, c, 1);
    h_neg(t, 8, z, z);
    h_op(t, H_AND, in->adsz, z, z, c);
    h_goto_z(t, false, in->adsz, z, in->imm);
    return true;
}

bool tr_LOOPE(struct tr *t, const struct x86_insn *in)
{
    return loop_if(t, in, 4);
}

bool tr_LOOPNE(struct tr *t, const struct x86_insn *in)
{
    return loop_if(t, in, 5);
}

bool tr_CALL(struct tr *t, const struct x86_insn *in)
{
    gaddr ret = tr_cur(t)->pc + in->len;

    if (in->opsz != 8)
        return false;
    settle(t);
    if (in->opnd[0].kind == X86_OPK_REL)
        h_call(t, in->imm, ret);
    else if (!tr_native_call(t, in, ret))
        h_call_reg(t, target(t, in), ret);
    h_flags_start(t);
    h_ymm_reset(t);
    return true;
}

bool tr_RET(struct tr *t, const struct x86_insn *in)
{
    if (in->opsz != 8)
        return false;
    settle(t);
    h_ret(t, in->nopnd && in->opnd[0].kind == X86_OPK_IMM ? (unsigned)in->imm : 0);
    return true;
}
