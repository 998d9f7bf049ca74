/*
 * ops_flow.c - leaving, looping, calling, returning, and instructions that x86_sem runs.
 *
 * Registers at the common exits (thunks.c): R_TARGET the guest pc, R_SITE the site left by. The
 * entry for calls finds the guest's return address in R_TARGET and the host's in R_LR, and pushes
 * both on the shadow stack.
 */
#include "dynarec/arm64/a64.h"
#include "dynarec/core/region.h"

#define JIT(field) (offsetof(struct x86_cpu, jit) + offsetof(struct x86_jit, field))

void h_begin(struct tr *t)
{
    tr_put(t, a64_stp_pre(1, R_TARGET, R_LR, R_SHADOW, -16));
    tr_entry(t, t->entry);
    if (t->blk[0].pc != t->entry)
        tr_branch(t, a64_b(0), t->blk[tr_block_at(t, t->entry)].enter);
}

static void leave_by(struct tr *t, unsigned field)
{
    tr_put(t, a64_ldr(3, R_SITE, R_CPU, field));
    tr_put(t, a64_br(R_SITE));
}

void h_stub(struct tr *t, const struct tr_site *s)
{
    if (s->kind == TR_SITE_CALL)
        tr_put(t, a64_stp_pre(1, R_TARGET, R_LR, R_SHADOW, -16));
    h_addr(t, R_TARGET, s->target);
    tr_put(t, a64_adr(R_SITE, ((i64)s->at - (i64)t->n) * 4));
    tr_put(t, a64_ldr(3, 15, R_CPU, JIT(exit_link)));
    tr_put(t, a64_br(15));
}

void h_stale(struct tr *t, gaddr pc)
{
    h_addr(t, R_TARGET, pc);
    leave_by(t, JIT(exit));
}

void h_leave(struct tr *t, gaddr pc)
{
    h_ymm_flush(t);
    h_stale(t, pc);
}

void h_leave_reg(struct tr *t, hreg pc)
{
    h_ymm_flush(t);
    h_mov(t, 8, R_TARGET, pc);
    leave_by(t, JIT(exit));
}

void h_goto(struct tr *t, gaddr pc)
{
    tr_site(t, a64_b(0), pc, TR_SITE_JUMP);
}

void h_goto_out(struct tr *t, gaddr pc)
{
    tr_site(t, a64_b(0), pc, TR_SITE_OUT);
}

void h_goto_z(struct tr *t, bool zero, unsigned sz, hreg r, gaddr pc)
{
    tr_site(t, zero ? a64_cbz(sz == 8, r, 0) : a64_cbnz(sz == 8, r, 0), pc, TR_SITE_JUMP);
}

void h_jump(struct tr *t, u32 label)
{
    tr_branch(t, a64_b(0), label);
}

void h_jz(struct tr *t, unsigned sz, hreg r, u32 label)
{
    tr_branch(t, a64_cbz(sz == 8, r, 0), label);
}

void h_jnz(struct tr *t, unsigned sz, hreg r, u32 label)
{
    tr_branch(t, a64_cbnz(sz == 8, r, 0), label);
}

void h_jbit(struct tr *t, hreg r, unsigned bit, bool set, u32 label)
{
    tr_branch(t, set ? a64_tbnz(r, bit, 0) : a64_tbz(r, bit, 0), label);
}

/*
 * Through the thread's hash table, 5 instructions on a hit: y is where to go. The code behind it is
 * the hit's. R_TAB points to any place in the table, and now to this one. h_context_stop() knows
 * the shape.
 */
static void probe(struct tr *t, hreg target, hreg y, u32 miss)
{
    hreg x = 15;

    tr_put(t, a64_bfi(1, R_TAB, target, 4, DYN_TAB_BITS));
    tr_put(t, a64_ldp(1, x, y, R_TAB, 0));
    tr_put(t, a64_sub_reg(1, x, x, target, A64_LSL, 0));
    tr_branch(t, a64_cbnz(1, x, 0), miss);
}

/* The target of an indirect branch, where nothing on the way changes it: a guest register's own. */
static hreg keep_target(struct tr *t, hreg target)
{
    if (target != R_RSP && !(TMP_MASK >> target & 1))
        return target;
    if (target != R_TARGET)
        h_mov(t, 8, R_TARGET, target);
    return R_TARGET;
}

hreg h_target(void)
{
    return R_TARGET;
}

/* To R_TARGET, which is no entry that the thread knows. LR says where it was: the target may be no
 * address, which is the branch's own fault. */
static void leave_missed(struct tr *t)
{
    tr_put(t, a64_ldr(3, R_SITE, R_CPU, JIT(exit_miss)));
    tr_put(t, a64_blr(R_SITE));
}

void h_goto_reg(struct tr *t, hreg target)
{
    hreg y = 14, from = keep_target(t, target);
    u32 miss = tr_label(t);

    probe(t, from, y, miss);
    tr_put(t, a64_br(y));
    tr_bind(t, miss);
    if (from != R_TARGET)
        h_mov(t, 8, R_TARGET, from);
    leave_missed(t);
}

static void push_return(struct tr *t, hreg ret)
{
    h_st_push(t, 8, ret, R_RSP);
}

/* Control comes back here. No entry for others where all there is is a jump out, to what would be
 * itself. */
void h_landing(struct tr *t, gaddr ret)
{
    int b = tr_block_at(t, ret);

    if (b != TR_EXTERNAL && tr_x87_starts(t, (u32)b))
        tr_entry(t, ret);
}

void h_call(struct tr *t, gaddr pc, gaddr ret)
{
    if (!t->opt.callret) {
        h_addr(t, R_TARGET, ret);
        push_return(t, R_TARGET);
        h_goto(t, pc);
        return;
    }
    h_addr(t, R_TARGET, ret);
    push_return(t, R_TARGET);
    tr_site(t, a64_bl(0), pc, TR_SITE_CALL);
    h_landing(t, ret);
}

/* A missed call: a target that is no address is found before the push. */
static void check_target(struct tr *t)
{
    u32 good = tr_label(t);
    hreg x = 15;

    tr_put(t, a64_sbfx(1, x, R_TARGET, 0, 48));
    tr_put(t, a64_sub_reg(1, x, x, R_TARGET, A64_LSL, 0));
    tr_branch(t, a64_cbz(1, x, 0), good);
    leave_missed(t);
    tr_bind(t, good);
}

static void call_missed(struct tr *t, const struct tr_cold *c)
{
    hreg from = (hreg)c->b, r = 13;

    if (from != R_TARGET)
        h_mov(t, 8, R_TARGET, from);
    check_target(t);
    h_addr(t, r, c->a);
    push_return(t, r);
    leave_by(t, JIT(exit));
}

void h_call_away(struct tr *t, hreg target, gaddr ret)
{
    hreg r = 13, host = 12, y = 14, from = keep_target(t, target);
    struct tr_cold *miss = tr_cold(t, call_missed);
    u32 back = tr_label(t);

    miss->a = ret;
    miss->b = from;
    h_addr(t, r, ret);
    if (t->opt.callret) {
        tr_branch(t, a64_adr(host, 0), back);
        tr_put(t, a64_stp_pre(1, r, host, R_SHADOW, -16));
    }
    probe(t, from, y, miss->label);
    push_return(t, r);
    tr_put(t, t->opt.callret ? a64_blr(y) : a64_br(y));
    tr_bind(t, back);
}

void h_call_reg(struct tr *t, hreg target, gaddr ret)
{
    h_call_away(t, target, ret);
    if (t->opt.callret)
        h_landing(t, ret);
}

void h_ret(struct tr *t, unsigned pop)
{
    u32 miss = tr_label(t);

    if (t->opt.callret)
        tr_put(t, a64_ldp_post(1, R_SITE, R_LR, R_SHADOW, 16));
    h_ld_pop(t, 8, R_TARGET, R_RSP);
    if (pop)
        h_opi(t, H_ADD, 8, R_RSP, R_RSP, pop);
    if (t->opt.callret) {
        tr_put(t, a64_sub_reg(1, R_SITE, R_SITE, R_TARGET, A64_LSL, 0));
        tr_branch(t, a64_cbnz(1, R_SITE, 0), miss);
        tr_put(t, a64_ret(R_LR));
    }
    tr_bind(t, miss);
    h_goto_reg(t, R_TARGET);
}

void h_sem(struct tr *t)
{
    h_ymm_flush(t);
    h_flags_canon(t, X86_OSZAPC);
    tr_literal(t, a64_ldr_lit(1, R_SITE, 0), TR_FALLBACK_LITERAL + t->nfallback - 1);
    tr_put(t, a64_ldr(3, R_TARGET, R_CPU, JIT(call_sem)));
    tr_put(t, a64_blr(R_TARGET));
    h_ymm_reset(t);
}

/* ---- patching ---- */

static u32 *writable(struct h_code c, const u32 *x)
{
    return (u32 *)((uintptr_t)x + (uintptr_t)c.delta);
}

static bool fits(u32 word, i64 off)
{
    switch (a64_offset_field(word)) {
    case A64_OFF_26: return a64_fits_b(off);
    case A64_OFF_19: return a64_fits_b19(off);
    case A64_OFF_14: return a64_fits_tb(off);
    case A64_OFF_ADR: return a64_fits_adr(off);
    default: return false;
    }
}

bool h_fix(u32 *code, u32 at, u32 to)
{
    i64 off = ((i64)to - (i64)at) * 4;

    /* The shortest reach is mostly enough. */
    if (!a64_fits_tb(off) && !fits(code[at], off))
        return false;
    code[at] = a64_retarget(code[at], off);
    return true;
}

/* Branches may be rewritten while they are run (Arm ARM B2.2.5); so may the load that a stub
 * starts with only because nobody depends on when it is seen. */
void h_patch_word(struct h_code c, u32 *x, u32 word)
{
    __atomic_store_n(writable(c, x), word, __ATOMIC_RELEASE);
    h_flush(x, 4);
}

bool h_patch(struct h_code c, u32 *x, const u32 *to)
{
    i64 off = (i64)((uintptr_t)to - (uintptr_t)x);

    if (!fits(*x, off))
        return false;
    h_patch_word(c, x, a64_retarget(*x, off));
    return true;
}

bool h_patch_jump(struct h_code c, u32 *x, const u32 *to)
{
    h_patch_word(c, x, a64_b((i64)((uintptr_t)to - (uintptr_t)x)));
    return true;
}
