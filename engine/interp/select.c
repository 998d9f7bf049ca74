/*
 * select.c - chooses the handler of a decoded record, and the generic handlers that call the plain
 * sem_<OP>.
 */
#include "interp/block.h"
#include "interp/fast.h"
#include "interp/sem.h"
#include "x86/rows.h"

#define SEM_DECL(op) void sem_##op(struct x86_cpu *c, const struct x86_insn *in);
#define SEM_ENTRY(op) [X86_##op] = sem_##op,
X86_OP_LIST(SEM_DECL)
sem_fn *const x86_sem[] = {X86_OP_LIST(SEM_ENTRY)};

static const struct interp_op *op_generic(ARGS)
{
    c->cur = &op->in;
    c->rip = op->pc + op->in.len;
    x86_sem[op->in.op](c, &op->in);
    return interp_next(c, op);
}

/* Ends in c->rip: untranslated branches, REP (which may restart itself). */
static const struct interp_op *op_generic_end(ARGS)
{
    gaddr next = op->pc + op->in.len;

    c->cur = &op->in;
    c->rip = op->in.mode == 64 ? next : (u32)next;
    x86_sem[op->in.op](c, &op->in);
    return interp_dispatch(c, c->rip);
}

static const struct interp_op *op_rep(ARGS)
{
    gaddr next = op->pc + op->in.len;

    c->cur = &op->in;
    c->rip = next;
    x86_sem[op->in.op](c, &op->in);
    return LIKELY(c->rip == next) ? interp_next(c, op) : NULL;
}

/*
 * Leaves the engine (SYSCALL, INT, mode changes): the record is copied to this frame and the block
 * table is told that this thread holds nothing, so that a thread asleep in the kernel keeps no dead
 * block alive.
 */
static NOINLINE void call_env(struct x86_cpu *c, const struct interp_op *op)
{
    struct interp_op copy = *op;
    u8 mode = c->mode;
    gaddr next = op->pc + op->in.len;

    c->cur = &copy.in;
    c->rip = mode == 64 ? next : (u32)next;
    block_suspend(c->interp);
    x86_sem[copy.in.op](c, &copy.in);
    c->cur = NULL;
}

static const struct interp_op *op_stop(ARGS)
{
    call_env(c, op);
    return NULL;
}

bool select_has_link(const struct x86_insn *in)
{
    return in->nopnd && in->opnd[0].kind == X86_OPK_REL;
}

interp_handler *select_handler(const struct x86_insn *in, const struct interp_op *maker)
{
    u32 attr = x86_rows[in->row].attr;
    interp_handler *h;

    if ((attr & X86_ATTR_STOP) || in->opnd[0].kind == X86_OPK_FAR)
        return op_stop;
    if (attr & X86_ATTR_BRANCH) {
        h = select_branch(in, maker);
        return h ? h : op_generic_end;
    }
    if (in->pfx & (X86_PFX_REP | X86_PFX_REPNE) && attr & X86_ATTR_REP)
        return op_rep;
    if (in->pfx & X86_PFX_LOCK)
        return op_generic;
    if ((h = select_mov(in)) || (h = select_alu(in)) || (h = select_vec(in)))
        return h;
    return op_generic;
}
