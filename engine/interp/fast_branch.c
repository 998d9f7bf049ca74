/*
 * fast_branch.c - threaded handlers for control flow in 64-bit mode: Jcc specialised on the
 * instruction that made the flags, JMP, CALL, RET. Every taken branch looks at c->pending: loops
 * stay interruptible.
 */
#include "interp/fast.h"
#include "x86/flags.h"

ALWAYS_INLINE const struct interp_op *take(struct x86_cpu *c, const struct interp_op *op)
{
    const struct interp_op *t = __atomic_load_n(&op[1].link.target, __ATOMIC_ACQUIRE);

    if (UNLIKELY(sem_pending(c))) {
        c->rip = op->in.imm;
        return NULL;
    }
    if (UNLIKELY(!t)) {
        t = block_link(c, op + 1, op->in.imm);
        return t ? interp_goto(c, t) : NULL;
    }
    return interp_goto(c, t);
}

#define JCC_SUB(sz, cc)                                                                            \
    HANDLER jcc_sub_##sz##_##cc(ARGS)                                                              \
    {                                                                                              \
        if (x86_cond_sub(sz, c->lf.a, c->lf.b, cc))                                                \
            return take(c, op);                                                                    \
        return interp_goto(c, op + 2);                                                             \
    }
#define JCC_LOGIC(sz, cc)                                                                          \
    HANDLER jcc_logic_##sz##_##cc(ARGS)                                                            \
    {                                                                                              \
        if (x86_cond_logic(sz, c->lf.r, cc))                                                       \
            return take(c, op);                                                                    \
        return interp_goto(c, op + 2);                                                             \
    }
#define JCC_ANY(sz, cc)                                                                            \
    HANDLER jcc_any_##sz##_##cc(ARGS)                                                              \
    {                                                                                              \
        if (x86_cond(c, cc))                                                                       \
            return take(c, op);                                                                    \
        return interp_goto(c, op + 2);                                                             \
    }
#define EACH_CC(X, sz)                                                                             \
    X(sz, 0)                                                                                       \
    X(sz, 1) X(sz, 2) X(sz, 3) X(sz, 4) X(sz, 5) X(sz, 6) X(sz, 7) X(sz, 8) X(sz, 9) X(sz, 10)     \
        X(sz, 11) X(sz, 12) X(sz, 13) X(sz, 14) X(sz, 15)
EACH_CC(JCC_SUB, 1)
EACH_CC(JCC_SUB, 2)
EACH_CC(JCC_SUB, 4)
EACH_CC(JCC_SUB, 8)
EACH_CC(JCC_LOGIC, 1)
EACH_CC(JCC_LOGIC, 2)
EACH_CC(JCC_LOGIC, 4)
EACH_CC(JCC_LOGIC, 8)
EACH_CC(JCC_ANY, 0)

#define ROW(name, sz)                                                                              \
    {                                                                                              \
        name##_##sz##_0, name##_##sz##_1, name##_##sz##_2, name##_##sz##_3, name##_##sz##_4,       \
            name##_##sz##_5, name##_##sz##_6, name##_##sz##_7, name##_##sz##_8, name##_##sz##_9,   \
            name##_##sz##_10, name##_##sz##_11, name##_##sz##_12, name##_##sz##_13,                \
            name##_##sz##_14, name##_##sz##_15                                                     \
    }

static interp_handler *const jcc_sub[4][16] = {ROW(jcc_sub, 1), ROW(jcc_sub, 2), ROW(jcc_sub, 4),
                                               ROW(jcc_sub, 8)};
static interp_handler *const jcc_logic[4][16] = {ROW(jcc_logic, 1), ROW(jcc_logic, 2),
                                                 ROW(jcc_logic, 4), ROW(jcc_logic, 8)};
static interp_handler *const jcc_any[16] = ROW(jcc_any, 0);

/* `maker` is the last flag writer of the same block, or NULL. */
static interp_handler *select_jcc(const struct x86_insn *in, const struct interp_op *maker)
{
    unsigned s;

    if (!maker || (maker->in.pfx & X86_PFX_LOCK) || !maker->in.opnd[0].size)
        return jcc_any[in->cc];
    s = size_log2(maker->in.opnd[0].size);
    switch (maker->in.op) {
    case X86_CMP:
    case X86_SUB: return jcc_sub[s][in->cc];
    case X86_TEST:
    case X86_AND:
    case X86_OR:
    case X86_XOR: return jcc_logic[s][in->cc];
    default: return jcc_any[in->cc];
    }
}

/* LOOP, JCXZ and any conditional branch without a handler of its own. */
HANDLER cond_generic(ARGS)
{
    gaddr next = op->pc + op->in.len;

    c->cur = &op->in;
    c->rip = op->in.mode == 64 ? next : (u32)next;
    next = c->rip;
    x86_sem[op->in.op](c, &op->in);
    return c->rip == next ? interp_goto(c, op + 2) : take(c, op);
}

HANDLER jmp_rel(ARGS)
{
    return take(c, op);
}

HANDLER call_rel(ARGS)
{
    u64 sp = c->gpr[X86_RSP] - 8;

    c->cur = &op->in;
    st_u64(g2h(sp), op->pc + op->in.len);
    c->gpr[X86_RSP] = sp;
    return take(c, op);
}

/* The target or the stack is no address: the plain meaning raises the fault with nothing changed.
 */
static NOINLINE const struct interp_op *bad_target(ARGS)
{
    c->cur = &op->in;
    c->rip = op->pc + op->in.len;
    x86_sem[op->in.op](c, &op->in);
    return NULL;
}

HANDLER ret_near(ARGS)
{
    u64 sp = c->gpr[X86_RSP], pc;

    c->cur = &op->in;
    pc = ld_u64(g2h(sp));
    if (UNLIKELY(!is_canonical(pc)))
        return bad_target(c, op);
    c->gpr[X86_RSP] = sp + 8;
    return interp_dispatch(c, pc);
}

ALWAYS_INLINE const struct interp_op *jump_to(struct x86_cpu *c, const struct interp_op *op,
                                              gaddr target)
{
    if (UNLIKELY(!is_canonical(target)))
        return bad_target(c, op);
    return interp_dispatch(c, target);
}

HANDLER jmp_reg(ARGS)
{
    return jump_to(c, op, c->gpr[op->in.opnd[0].reg]);
}

HANDLER jmp_mem(ARGS)
{
    c->cur = &op->in;
    return jump_to(c, op, ld_u64(g2h(sem_ea(c, &op->in))));
}

ALWAYS_INLINE const struct interp_op *call_to(struct x86_cpu *c, const struct interp_op *op,
                                              gaddr target)
{
    u64 sp = c->gpr[X86_RSP] - 8;

    if (UNLIKELY(!is_canonical(target) || !is_canonical(sp)))
        return bad_target(c, op);
    st_u64(g2h(sp), op->pc + op->in.len);
    c->gpr[X86_RSP] = sp;
    return interp_dispatch(c, target);
}

HANDLER call_reg(ARGS)
{
    c->cur = &op->in;
    return call_to(c, op, c->gpr[op->in.opnd[0].reg]);
}

HANDLER call_mem(ARGS)
{
    c->cur = &op->in;
    return call_to(c, op, ld_u64(g2h(sem_ea(c, &op->in))));
}

interp_handler *select_branch(const struct x86_insn *in, const struct interp_op *maker)
{
    bool mem = in->opnd[0].kind == X86_OPK_MEM;

    if (in->op == X86_Jcc)
        return select_jcc(in, maker);
    if (x86_rows[in->row].attr & X86_ATTR_COND)
        return cond_generic;
    if (in->op == X86_JMP && in->opnd[0].kind == X86_OPK_REL)
        return jmp_rel;
    if (in->mode != 64 || in->opsz != 8)
        return NULL;
    switch (in->op) {
    case X86_CALL: return in->opnd[0].kind == X86_OPK_REL ? call_rel : mem ? call_mem : call_reg;
    case X86_JMP: return mem ? jmp_mem : jmp_reg;
    case X86_RET: return in->nopnd ? NULL : ret_near;
    default: return NULL;
    }
}
