/*
 * call.c - native code calls the guest: callback handlers and br_call_guest. The guest's registers
 * are put back afterwards as the native caller's caller (guest code that called a wrapped function)
 * left them; only the result stays.
 */
#include <fenv.h>
#include <string.h>

#include "base/log.h"
#include "bridge/slots.h"
#include "bridge/thunk.h"
#include "bridge/unwind.h"
#include "interp/interp.h"
#include "signal/signal.h"

void (*br_adopted)(struct thr *t);

#define RED_ZONE 128
#define EFLAGS_DF 0x400u

/* For unwinders: which guest code called the native function that now calls back. */
static gaddr record_caller(struct x86_cpu *c, gaddr below)
{
    static const u8 saved[6] = {BR_RBX, BR_RBP, 12, 13, 14, 15};
    gaddr record = align_down(below - BR_RECORD_SIZE, 16);

    for (unsigned i = 0; i < 6; i++)
        st_u64(g2h(record + BR_RECORD_SAVED + 8 * i), c->gpr[saved[i]]);
    st_u64(g2h(record + BR_RECORD_RSP), c->gpr[BR_RSP]);
    c->gpr[BR_RBX] = record;
    return record;
}

void br_frame_begin(struct br_frame *f, gaddr fn, unsigned stack_bytes)
{
    struct thr *t = thr_self_or_adopt();
    gaddr sp, back = br_exit_bridge();

    if (!t)
        die("no guest thread could be made for a native thread that calls the guest");
    f->c = &t->cpu;
    /* From here to br_frame_end a signal's handler may not run on the guest's stack and registers
     * as they are: it waits for the safe point at the start of interp_run, or for the end. */
    f->native = sig_native_suspend(t);
    f->round = fegetround();
    if (UNLIKELY(f->round != FE_TONEAREST))
        fesetround(FE_TONEAREST);
    memcpy(f->gpr, f->c->gpr, sizeof f->gpr);
    f->rip = f->c->rip;
    f->cur = f->c->cur;
    f->slot_index = br_slot_index;
    sp = f->c->gpr[BR_RSP] - RED_ZONE;
    if (interp_depth(f->c)) { /* otherwise the thread begins here */
        sp = record_caller(f->c, sp);
        back = br_return_bridge();
    }
    f->args = align_down(sp - stack_bytes, 16);
    sp = f->args - 8;
    st_u64(g2h(sp), back);
    f->c->gpr[BR_RSP] = sp;
    f->c->eflags &= ~EFLAGS_DF;
    if (t->adopted && !t->tls && br_adopted)
        br_adopted(t);
    f->c->rip = fn;
}

void br_frame_run(struct br_frame *f)
{
    interp_run(f->c);
}

/* RAX and RDX stay for the handler that reads them after this call. A guest's signal handler may
 * run here; it preserves all registers. */
void br_frame_end(struct br_frame *f)
{
    f->gpr[BR_RAX] = f->c->gpr[BR_RAX];
    f->gpr[BR_RDX] = f->c->gpr[BR_RDX];
    memcpy(f->c->gpr, f->gpr, sizeof f->gpr);
    f->c->rip = f->rip;
    f->c->cur = f->cur;
    br_slot_index = f->slot_index;
    if (UNLIKELY(f->round != FE_TONEAREST))
        fesetround(f->round);
    sig_native_resume(f->c->owner, f->native);
}

void br_unwind(struct x86_cpu *c, unsigned depth)
{
    fesetround(FE_TONEAREST);
    sig_native_drop(c->owner, depth);
    interp_unwind(c, depth);
}

u64 br_call_guest(gaddr fn, unsigned nargs, const u64 *args)
{
    static const u8 reg[6] = {BR_RDI, BR_RSI, BR_RDX, BR_RCX, BR_R8, BR_R9};
    struct br_frame f;

    br_frame_begin(&f, fn, nargs > 6 ? (nargs - 6) * 8 : 0);
    for (unsigned i = 0; i < nargs; i++) {
        if (i < 6)
            f.c->gpr[reg[i]] = args[i];
        else
            st_u64(g2h(f.args + 8 * (i - 6)), args[i]);
    }
    f.c->gpr[BR_RAX] = 0; /* AL: no vector arguments, should fn be variadic */
    br_frame_run(&f);
    br_frame_end(&f);
    return f.c->gpr[BR_RAX];
}

static void push_x87(struct x86_cpu *c, long double v)
{
    struct x86_fpu *fpu = &c->fpu;

    fpu->top = (fpu->top - 1) & 7;
    br_ld_split(v, &fpu->regs[fpu->top].m, &fpu->regs[fpu->top].se);
    fpu->used |= (u8)(1u << fpu->top);
}

void br_ret_ld(struct x86_cpu *c, long double v)
{
    push_x87(c, v);
}

void br_ret_ld2(struct x86_cpu *c, long double st0, long double st1)
{
    push_x87(c, st1);
    push_x87(c, st0);
}
