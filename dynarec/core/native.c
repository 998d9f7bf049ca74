/*
 * native.c - calls that end at a bridge whose function has the host's ABI for the guest's registers
 * (env->native) are made by translated code itself: the bridge's own address is a region, and
 * `jmp *slot(%rip)` (the PLT, with and without endbr64 or bnd) and `call *slot(%rip)` compare what
 * the slot holds with the bridge that it held while they were translated.
 *
 * During such a call jit.native names the bridge and struct x86_cpu has RSP (at the return
 * address), RBX, RBP and R12-R15. Who wants to run guest code meanwhile (a callback, a signal's
 * handler) asks for native_detach() through the signal room, and the function then returns to
 * native_end(): its caller may have died, the thread may have to leave.
 */
#include <sys/mman.h>

#include "base/bits.h"
#include "base/log.h"
#include "config/config.h"
#include "dynarec/core/native.h"
#include "dynarec/core/region.h"
#include "dynarec/core/x87.h"
#include "dynarec/translate/translate.h"
#include "mem/mem.h"
#include "x86/rows.h"

static enum x86_native_result function_at(const struct tr *t, gaddr a)
{
    if (trace_on(TRACE_BRIDGE) || t->opt.test)
        return X86_NATIVE_NOT;
    /* Flags and return addresses are as the ABI has them, or the call goes the long way. */
    if (t->opt.safeflags > 1 || !t->opt.callret || t->mode != 64 || !t->env->native)
        return X86_NATIVE_NOT;
    return t->env->native(a);
}

/* What the slot of `jmp *slot(%rip)` holds now; 0: no such operand. */
static gaddr slot_value(const struct tr *t, const struct x86_insn *in)
{
    struct mem_region r;
    u64 v = 0;
    gaddr a = (gaddr)in->disp;

    if (in->opnd[0].kind != X86_OPK_MEM || in->opnd[0].size != 8 || !(in->pfx & X86_PFX_RIPREL) ||
        in->seg != X86_SEG_NONE || in->adsz != 8 || a % 8)
        return 0;
    if (!mem_query(a, &r) || !(r.prot & PROT_READ))
        return 0;
    if (!t->env->read)
        return ld_u64(g2h(a));
    return t->env->read(&v, a, sizeof v) ? v : 0;
}

bool tr_native_bridge(struct tr *t)
{
    gaddr pc = tr_cur(t)->pc;
    enum x86_native_result r = function_at(t, pc);

    if (r == X86_NATIVE_NOT)
        return false;
    h_native(t, pc, r);
    return true;
}

static void jump_elsewhere(struct tr *t, const struct tr_cold *c)
{
    h_goto_reg(t, (hreg)c->b);
}

bool tr_native_jump(struct tr *t, const struct x86_insn *in)
{
    gaddr bridge = slot_value(t, in);
    enum x86_native_result r = bridge ? function_at(t, bridge) : X86_NATIVE_NOT;
    struct tr_cold *c;

    if (r == X86_NATIVE_NOT)
        return false;
    c = tr_cold(t, jump_elsewhere);
    c->b = h_native_is(t, tr_read(t, in, 0), bridge, c->label);
    h_native_taken(t, r);
    h_ret(t, 0);
    return true;
}

static void call_elsewhere(struct tr *t, const struct tr_cold *c)
{
    h_call_away(t, (hreg)c->b, c->a);
    h_jump(t, c->back);
}

bool tr_native_call(struct tr *t, const struct x86_insn *in, gaddr ret)
{
    gaddr bridge = slot_value(t, in);
    enum x86_native_result r = bridge ? function_at(t, bridge) : X86_NATIVE_NOT;
    struct tr_cold *c;

    if (r == X86_NATIVE_NOT)
        return false;
    c = tr_cold(t, call_elsewhere);
    c->a = ret;
    c->b = h_native_is(t, tr_read(t, in, 0), bridge, c->label);
    h_native_push(t, ret);
    h_native_taken(t, r);
    h_opi(t, H_ADD, 8, h_gpr(X86_RSP), h_gpr(X86_RSP), 8);
    tr_bind(t, c->back);
    h_landing(t, ret);
    return true;
}

/* The value names the arena's contents: another one afterwards, and the caller is gone. So nobody
 * has to wait for this thread (struct dyn_thread.epoch). */
static u32 contents(u64 generation)
{
    return (u32)generation << 1 | 1;
}

u32 native_detach(struct x86_cpu *c)
{
    struct dyn_thread *d = c->jit.thread;

    c->rip = c->jit.native + 1;
    h_fp_leave(c);
    if (cfg.dynarec_x87double)
        dyn_x87_leave(c);
    d->target = NULL;
    __atomic_store_n(&d->epoch, ~0ull, __ATOMIC_SEQ_CST);
    return contents(d->seen);
}

static void put_result(struct x86_cpu *c, enum x86_native_result r, const u64 *result)
{
    u64 v = result[0];

    switch (r) {
    case X86_NATIVE_I8: v = (u32)(i8)v; break;
    case X86_NATIVE_U8: v = (u8)v; break;
    case X86_NATIVE_I16: v = (u32)(i16)v; break;
    case X86_NATIVE_U16: v = (u16)v; break;
    case X86_NATIVE_I32: v = (u32)v; break;
    case X86_NATIVE_FP: c->vec[0].q[0] = result[2]; return;
    case X86_NATIVE_I64: break;
    default: return;
    }
    c->gpr[X86_RAX] = v;
}

u64 native_end(struct x86_cpu *c, const u64 *result)
{
    struct dyn_thread *d = c->jit.thread;
    u32 was = c->jit.stirred;
    gaddr bridge = c->rip - (was != 0);
    const struct region *at;
    enum x86_native_result r = c->env->native ? c->env->native(bridge) : X86_NATIVE_NOT;

    /* From here on signals stop this thread as they do in translated code. */
    d->target = (const u32 *)(uintptr_t)c->jit.link;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    c->env->native_end(c);
    c->jit.evicted = 0;
    __atomic_store_n(&d->epoch, region_epoch(), __ATOMIC_SEQ_CST);
    at = region_at_host(c->jit.link);
    if (was == contents(region_generation()) && at && !at->dead && r != X86_NATIVE_NOT &&
        !c->pending) {
        if (cfg.dynarec_x87double)
            dyn_x87_enter(c);
        h_fp_enter(c);
        return 0;
    }
    put_result(c, r, result);
    if (r != X86_NATIVE_NOT) { /* else a signal's handler has gone elsewhere */
        c->rip = ld_u64(g2h(c->gpr[X86_RSP]));
        c->gpr[X86_RSP] += 8;
    }
    return 1;
}
