/*
 * interp.c - the run loop: frames, exceptions, single steps. Handlers live in fast*.c, blocks in
 * block.c. Invariant: between handlers the architectural state is complete except rip, which is
 * complete whenever a handler returns NULL; c->cur names the instruction that may fault.
 */
#include "interp/interp.h"

#include <errno.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "interp/block.h"
#include "interp/sem.h"
#include "x86/decode.h"
#include "x86/format.h"

enum { JB_EXCEPTION = 1, JB_UNWIND = 2 };

const struct interp_jit *interp_jit;

static const struct interp_op *op_of(const struct x86_insn *in)
{
    return (const struct interp_op *)in;
}

gaddr interp_current_pc(const struct x86_cpu *c)
{
    return c->cur ? op_of(c->cur)->pc : 0;
}

int interp_init(void)
{
    return block_init();
}

int interp_thread_init(struct x86_cpu *c)
{
    struct interp_thread *t = calloc(1, sizeof *t);

    if (!t)
        return -ENOMEM;
    for (unsigned i = 0; i < CACHE_SIZE; i++)
        t->cache[i].pc = ~0ull;
    c->interp = t;
    block_thread_add(t);
    c->jit = (struct x86_jit){0};
    return interp_jit ? interp_jit->thread_init(c) : 0;
}

void interp_thread_exit(struct x86_cpu *c)
{
    if (!c->interp)
        return;
    if (interp_jit)
        interp_jit->thread_exit(c);
    block_thread_remove(c->interp);
    free(c->interp);
    c->interp = NULL;
}

void interp_forgo_jit(struct x86_cpu *c)
{
    if (interp_jit)
        interp_jit->thread_exit(c);
}

void x86_raise(struct x86_cpu *c, unsigned vec, u32 err, u64 addr)
{
    c->exc = (struct x86_exc){.vec = (u8)vec, .err = err, .addr = addr};
    interp_fault(c);
}

void x86_raise_trap(struct x86_cpu *c, unsigned vec, u64 addr)
{
    c->exc = (struct x86_exc){.vec = (u8)vec, .is_trap = 1, .addr = addr};
    interp_fault(c);
}

void interp_fault(struct x86_cpu *c)
{
    ASSERT(c->frame);
    if (!c->exc.is_trap && c->cur)
        c->rip = interp_current_pc(c);
    siglongjmp(c->frame->jb, JB_EXCEPTION);
}

unsigned interp_depth(const struct x86_cpu *c)
{
    return c->frame ? c->frame->depth : 0;
}

void interp_unwind(struct x86_cpu *c, unsigned depth)
{
    struct interp_frame *f = c->frame;

    while (f && f->depth > depth)
        f = f->prev;
    ASSERT(f && f->depth == depth);
    c->frame = f;
    siglongjmp(f->jb, JB_UNWIND);
}

void interp_abandon(struct x86_cpu *c)
{
    c->frame = NULL;
    c->cur = NULL;
    c->leave = 0;
}

void interp_leave(struct x86_cpu *c)
{
    c->leave = 1;
}

static void frame_enter(struct x86_cpu *c, struct interp_frame *f)
{
    f->prev = c->frame;
    f->depth = interp_depth(c) + 1;
    f->saved_cur = c->cur;
    c->frame = f;
}

static void frame_leave(struct x86_cpu *c, struct interp_frame *f)
{
    c->leave = 0;
    c->cur = f->saved_cur;
    c->frame = f->prev;
}

static void deliver(struct x86_cpu *c)
{
    c->cur = NULL;
    c->env->exception(c);
}

/* Decodes the instruction at c->rip; its length, or the error if it is none. */
static int fetch_one(struct x86_cpu *c, struct x86_insn *in)
{
    for (;;) {
        u8 buf[16] = {0};
        bool checked;
        gaddr end = c->env->fetch(c, c->rip, &checked), read;
        int n;

        if (!end)
            x86_raise(c, X86_EXC_PF, 0x14, c->rip);
        read = c->rip + block_read_code(c->env, buf, c->rip, end, sizeof buf);
        n = read > c->rip ? x86_decode(in, buf, read - c->rip, c->rip, c->mode)
                          : X86_DECODE_PARTIAL;
        if (n != X86_DECODE_PARTIAL)
            return n;
        if (read == end || read - c->rip == sizeof buf)
            x86_raise(c, X86_EXC_PF, 0x14, end);
        block_fault_at(read);
    }
}

/* Decodes and runs the plain meaning of the instruction at c->rip; the record lives on this stack
 * frame. */
static void step_once(struct x86_cpu *c)
{
    struct interp_op op = {.pc = c->rip};
    int n;

    c->cur = &op.in;
    n = fetch_one(c, &op.in);
    if (n == X86_DECODE_LONG)
        x86_raise(c, X86_EXC_GP, 0, 0);
    if (n < 0)
        x86_raise(c, X86_EXC_UD, 0, 0);
    c->rip = op.pc + (unsigned)n;
    if (c->mode == 32)
        c->rip = (u32)c->rip;
    x86_sem[op.in.op](c, &op.in);
    c->cur = NULL;
}

/* One instruction with tracing and the single-step trap, for TF and BOX64_TRACE=insn. */
static void step_traced(struct x86_cpu *c)
{
    bool tf = c->eflags & X86_TF;

    if (trace_on(TRACE_INSN)) {
        char text[X86_FORMAT_MAX] = "(bad)";
        u8 buf[16] = {0};
        struct x86_insn in;
        bool checked;
        gaddr end = c->env->fetch(c, c->rip, &checked);

        if (end) {
            size_t n = block_read_code(c->env, buf, c->rip, end, sizeof buf);

            if (n && x86_decode(&in, buf, n, c->rip, c->mode) > 0)
                x86_format(text, sizeof text, &in, c->rip);
        }
        trace_print("%016llx  %s", (unsigned long long)c->rip, text);
    }
    step_once(c);
    c->insn_count++;
    if (tf) {
        c->exc = (struct x86_exc){.vec = X86_EXC_DB, .is_trap = 1};
        deliver(c);
    }
}

void interp_step(struct x86_cpu *c)
{
    struct interp_frame f;

    frame_enter(c, &f);
    if (sigsetjmp(f.jb, 0)) {
        c->frame = &f;
        deliver(c);
    } else {
        block_quiescent(c->interp);
        step_once(c);
    }
    frame_leave(c, &f);
}

bool interp_attempt(struct x86_cpu *c, void (*fn)(struct x86_cpu *c, void *arg), void *arg)
{
    struct interp_frame f;
    volatile bool ended = false;

    frame_enter(c, &f);
    if (!sigsetjmp(f.jb, 0)) {
        fn(c, arg);
        ended = true;
    }
    c->frame = &f;
    frame_leave(c, &f);
    return ended;
}

static void run_some(struct x86_cpu *c)
{
    const struct interp_op *op;

    if (UNLIKELY(sem_pending(c)) && __atomic_exchange_n(&c->pending, 0, __ATOMIC_ACQ_REL)) {
        c->cur = NULL;
        c->env->interrupt(c);
        return;
    }
    block_quiescent(c->interp);
    if (UNLIKELY(c->interp->mode != c->mode)) {
        /* The cache is keyed by pc alone: far jumps and signal returns between 64- and 32-bit code
         * start it afresh. */
        block_flush_cache(c->interp);
        c->interp->mode = c->mode;
    }
    if (UNLIKELY((c->eflags & X86_TF) || trace_on(TRACE_INSN))) {
        step_traced(c);
        return;
    }
    if (interp_jit && interp_jit->run(c))
        return;
    op = block_lookup(c);
    while (op)
        op = op->fn(c, op);
}

void interp_step_here(struct x86_cpu *c)
{
    step_once(c);
}

void interp_restart(struct x86_cpu *c)
{
    siglongjmp(c->frame->jb, JB_UNWIND);
}

void interp_run(struct x86_cpu *c)
{
    struct interp_frame f;

    frame_enter(c, &f);
    switch (sigsetjmp(f.jb, 0)) {
    case JB_EXCEPTION:
        c->frame = &f;
        deliver(c);
        break;
    case JB_UNWIND: c->cur = NULL; break;
    }
    while (!c->leave)
        run_some(c);
    frame_leave(c, &f);
}
