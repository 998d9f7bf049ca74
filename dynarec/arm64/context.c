/*
 * context.c - translated code seen from signal handlers (asm/sigcontext.h). All async-signal-safe.
 */
#include <asm/sigcontext.h>
#include <string.h>
#include <ucontext.h>

#include "dynarec/arm64/a64.h"
#include "dynarec/core/region.h"

/* In a routine of x80.S: its pc is that of the code which called it; it has the same registers. */
static bool in_x80(const ucontext_t *uc)
{
    extern const char dyn_x80_begin[] __attribute__((visibility("hidden")));
    extern const char dyn_x80_end[] __attribute__((visibility("hidden")));
    u64 pc = uc->uc_mcontext.pc;

    return pc >= (u64)(uintptr_t)dyn_x80_begin && pc < (u64)(uintptr_t)dyn_x80_end;
}

u64 h_context_pc(const void *ucv)
{
    const ucontext_t *uc = ucv;

    return in_x80(uc) ? uc->uc_mcontext.regs[R_LR] : uc->uc_mcontext.pc;
}

/* Exclusive, ordered and CAS; LSE's and LDAPR; LDAPUR and STLUR. */
unsigned h_context_aligned(const void *uc)
{
    u32 w = *(const u32 *)(uintptr_t)h_context_pc(uc);

    if ((w & 0x3f000000) == 0x08000000 || (w & 0x3f200c00) == 0x38200000 ||
        (w & 0x3f200c00) == 0x19000000)
        return 1u << (w >> 30);
    return 0;
}

static const struct fpsimd_context *fpsimd(const ucontext_t *uc)
{
    const u8 *at = uc->uc_mcontext.__reserved, *end = at + sizeof uc->uc_mcontext.__reserved;

    while (at + sizeof(struct _aarch64_ctx) <= end) {
        const struct _aarch64_ctx *h = (const void *)at;

        if (h->magic == FPSIMD_MAGIC)
            return (const void *)at;
        if (!h->magic || !h->size)
            break;
        at += h->size;
    }
    return NULL;
}

void h_context_shadow(void *uc, u64 shadow)
{
    ((ucontext_t *)uc)->uc_mcontext.regs[R_SHADOW] = shadow;
}

void h_context_jump(void *uc, u64 pc)
{
    ((ucontext_t *)uc)->uc_mcontext.pc = pc;
}

/* NZCV of another state as the canonical one; pf and af where the state says them. */
static u32 canonical(struct x86_cpu *c, u32 nzcv, unsigned state)
{
    unsigned kind = state & 3, inv = state >> 2 & 1;
    bool n = nzcv >> 31, z = nzcv >> 30 & 1, v = nzcv >> 28 & 1;

    if (kind == FL_FCMP) {
        c->jit.pf = c->jit.af = !v;
        return (u32)(z | v) << 30 | (u32)(n == v) << 29;
    }
    if (kind == FL_NE)
        return (u32)z << 29 | (u32)!z << 28;
    return inv ? nzcv : nzcv ^ 1u << 29;
}

void h_context_save(struct x86_cpu *c, const void *ucv, unsigned state)
{
    const ucontext_t *uc = ucv;
    const struct fpsimd_context *fp = fpsimd(uc);

    for (unsigned i = 0; i < 16; i++)
        c->gpr[i] = uc->uc_mcontext.regs[h_gpr(i)];
    for (unsigned i = 0; fp && i < 16; i++)
        memcpy(&c->vec[i], &fp->vregs[i], 16);
    c->jit.pf = (u32)uc->uc_mcontext.regs[R_PF];
    c->jit.af = (u32)uc->uc_mcontext.regs[R_AF];
    c->jit.nzcv = canonical(c, (u32)uc->uc_mcontext.pstate & 0xf0000000, state);
    c->jit.shadow = uc->uc_mcontext.regs[R_SHADOW];
}

void h_context_ymm(struct x86_cpu *c, const void *uc, u32 of, u32 dirty)
{
    const struct fpsimd_context *fp = fpsimd(uc);

    for (unsigned s = 0; fp && s < TR_YMM_SLOTS; s++)
        if (dirty >> s & 1)
            memcpy(&c->vec[of >> 4 * s & 15].b[16], &fp->vregs[24 + s], 16);
}

void h_context_x87(struct x86_cpu *c, const void *uc, const struct tr_x87_state *st)
{
    const struct fpsimd_context *fp = fpsimd(uc);

    for (unsigned p = 0; fp && p < 8; p++)
        if (st->used >> p & 1)
            memcpy(&c->jit.st[p], &fp->vregs[24 + st->reg[p]], 8);
    c->fpu.top = st->top;
    c->fpu.used = st->used;
}

/* The guest's target of the probe whose branch is at x (ops_flow.c): what its SUB takes away. */
static void tell_target(ucontext_t *uc, const u32 *x)
{
    for (unsigned i = 1; i < 8; i++) {
        if ((x[-(int)i] & 0xffe0ffff) == a64_sub_reg(1, 15, 15, 0, A64_LSL, 0)) {
            uc->uc_mcontext.regs[R_TARGET] = uc->uc_mcontext.regs[x[-(int)i] >> 16 & 31];
            return;
        }
    }
}

/*
 * Between the loads of a return or hash probe and their branch the new targets are already in
 * registers, and so is the return at an entry for calls, which is about to push it: they become the
 * common exit, where R_TARGET is the guest pc.
 */
static void redirect(ucontext_t *uc, u64 exit)
{
    const u32 *x = (const u32 *)(uintptr_t)uc->uc_mcontext.pc;

    if (x[0] == a64_stp_pre(1, R_TARGET, R_LR, R_SHADOW, -16))
        uc->uc_mcontext.regs[R_LR] = exit;
    for (unsigned i = 0; i < 8; i++) { /* a RET may have to add to RSP in between */
        u32 w = x[i];

        if ((w & 0xffc00000) == 0xa8c00000 || (w & 0xffc00000) == 0xa9400000)
            return; /* an LDP: the registers are still to be loaded, from the empty table */
        if (w == a64_ret(R_LR))
            uc->uc_mcontext.regs[R_LR] = exit;
        if (w == a64_br(14) || w == a64_blr(14)) {
            uc->uc_mcontext.regs[14] = exit;
            tell_target(uc, x + i);
        }
    }
}

void h_context_stop(struct x86_cpu *c, void *ucv, u64 tab, u64 shadow)
{
    ucontext_t *uc = ucv;
    u64 pc = h_context_pc(uc);
    u64 enter_end = (u64)(uintptr_t)arena.thunks.exit_miss;
    u64 sem = (u64)(uintptr_t)arena.thunks.sem, first = (u64)(uintptr_t)(arena.x + arena.first);
    u64 end = (u64)(uintptr_t)(arena.x + arena.used);

    c->jit.tab = tab;
    c->jit.shadow = shadow;
    if (pc >= first && pc < end) {
        if (!in_x80(uc))
            redirect(uc, (u64)(uintptr_t)arena.thunks.exit);
    } else if (pc < (u64)(uintptr_t)arena.x || pc >= end) {
        return;
    } else if (pc < enter_end) {
        /* Before the loads the registers are the caller's. */
        if (uc->uc_mcontext.regs[R_CPU] != (u64)(uintptr_t)c)
            return;
    } else if (pc < sem) {
        return; /* on the way out */
    } else if (uc->uc_mcontext.regs[R_CPU] != (u64)(uintptr_t)c) {
        return;
    }
    uc->uc_mcontext.regs[R_TAB] = tab;
    uc->uc_mcontext.regs[R_SHADOW] = shadow;
}
