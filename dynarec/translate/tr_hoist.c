/*
 * tr_hoist.c - loops whose floating-point results are looked at only where the loop is left, on
 * hosts whose NaNs are not x86's (see tr_fp_run.c). In such a loop nothing is written but
 * registers: those of its start are kept, and if the host says that any operation since was invalid
 * everything starts again where the loop was entered. That happens at exits, at stops (the
 * backward branch's stub) and at faults (take_back() in core/run.c); then the region is translated
 * again without (tr_refuted), so it happens once.
 */
#include <string.h>

#include "dynarec/translate/translate.h"

#define LOOP_PC ((unsigned)offsetof(struct x86_cpu, jit.loop_pc))
#define GPR(r) ((unsigned)offsetof(struct x86_cpu, jit.loop_gpr[r]))
#define XMM(r) ((unsigned)offsetof(struct x86_cpu, jit.loop_xmm[r]))
#define UPPER(r) ((unsigned)offsetof(struct x86_cpu, jit.loop_up[r]))

/* Operations that write general registers and flags only. */
static bool integer(const struct x86_insn *in)
{
    switch (in->op) {
    case X86_SHL:
    case X86_SHR:
    case X86_SAR:
    case X86_CMOVcc:
    case X86_Jcc: return true;
    case X86_IMUL: return in->nopnd > 1;
    case X86_JMP: return in->opnd[0].kind == X86_OPK_REL;
    default: return tr_plain_integer(in);
    }
}

#define BOTH(OP)                                                                                   \
    case X86_##OP:                                                                                 \
    case X86_V##OP
#define ALL(OP) BOTH(OP##SS) : BOTH(OP##SD) : BOTH(OP##PS) : BOTH(OP##PD)
/* Those whose NaNs the host makes otherwise, and after an invalid operation only. */
static bool arithmetic(const struct x86_insn *in)
{
    /* clang-format off */
    switch (in->op) {
    ALL(ADD): ALL(SUB): ALL(MUL): ALL(DIV): ALL(SQRT): BOTH(HADDPS): BOTH(HADDPD): return true;
    default: return false;
    }
    /* clang-format on */
}

/* Vector operations through which the sign of a NaN can not decide where the loop goes. */
static bool vector(const struct x86_insn *in)
{
    /* clang-format off */
    switch (in->op) {
    ALL(MIN): ALL(MAX):
    case X86_MOVSD_X:
    BOTH(MOVSS): BOTH(MOVAPS): BOTH(MOVAPD): BOTH(MOVUPS): BOTH(MOVUPD): BOTH(MOVDQA): BOTH(MOVDQU):
    BOTH(MOVHPD): BOTH(MOVLPD): BOTH(MOVHPS): BOTH(MOVLPS): BOTH(XORPS): BOTH(XORPD): BOTH(PXOR):
    BOTH(SHUFPS): BOTH(SHUFPD): BOTH(UNPCKLPS): BOTH(UNPCKHPS): BOTH(UNPCKLPD): BOTH(UNPCKHPD):
    BOTH(PSHUFD): BOTH(CVTSI2SS): BOTH(CVTSI2SD): BOTH(CVTSS2SD): BOTH(CVTSD2SS): BOTH(CVTTSS2SI):
    BOTH(CVTTSD2SI): BOTH(CVTSS2SI): BOTH(CVTSD2SI): BOTH(CVTDQ2PS): BOTH(CVTDQ2PD): BOTH(CVTPS2PD):
    BOTH(COMISS): BOTH(COMISD): BOTH(UCOMISS): BOTH(UCOMISD):
    case X86_VMOVSD:
    case X86_VBROADCASTSS:
    case X86_VBROADCASTSD:
    case X86_VBROADCASTF128:
    case X86_VEXTRACTF128:
    case X86_VINSERTF128:
    case X86_VPERM2F128: return true;
    default: return arithmetic(in);
    }
    /* clang-format on */
}

struct regs {
    u16 gpr, xmm, up; /* up: upper halves of YMM registers */
};

static bool zeroes(const struct x86_insn *in)
{
    const struct x86_operand *last = &in->opnd[in->nopnd - 1];

    switch (in->op) {
        BOTH(XORPS)
            : BOTH(XORPD)
            : BOTH(PXOR)
            : return last->kind == X86_OPK_VEC &&
            last->reg == in->opnd[in->nopnd - 2].reg;
    default: return false;
    }
}

/* What an instruction reads and writes; false: it has no place in such a loop. */
static bool look(const struct x86_insn *in, struct regs *read, struct regs *write)
{
    const struct x86_row *row = &x86_rows[in->row];
    bool vex = row->attr & X86_ATTR_AVX;

    if ((in->pfx & X86_PFX_LOCK) || !(integer(in) || vector(in)))
        return false;
    read->gpr = (u16)(row->imp_read | (in->base < 16 ? 1u << in->base : 0) |
                      (in->index < 16 ? 1u << in->index : 0));
    read->xmm = read->up = write->gpr = write->xmm = write->up = 0;
    for (unsigned i = 0; i < in->nopnd; i++) {
        unsigned acc = row->opnd[i].access, size = in->opnd[i].size;
        u16 bit = (u16)(1u << (in->opnd[i].reg & 15));
        bool vec = in->opnd[i].kind == X86_OPK_VEC, w = acc & X86_ACC_W;

        if (in->opnd[i].kind == X86_OPK_MEM && w)
            return false;
        if (in->opnd[i].kind == X86_OPK_MMX)
            return false;
        if (vec) {
            write->xmm |= w ? bit : 0;
            write->up |= w && vex ? bit : 0;
            /* Scalar moves between registers keep the rest. */
            if (acc != X86_ACC_W || (!vex && size < 16 && !tr_is_mem(in, 1)))
                read->xmm |= bit;
            if (acc != X86_ACC_W && size == 32)
                read->up |= bit;
        } else if (in->opnd[i].kind == X86_OPK_GPR || in->opnd[i].kind == X86_OPK_GPR_HIGH) {
            write->gpr |= w ? bit : 0;
            if (acc != X86_ACC_W || size < 4)
                read->gpr |= bit;
        }
    }
    if (zeroes(in))
        read->xmm = read->up = 0;
    return true;
}

/* Which registers to keep: those written that the head block does not define before reading. */
static bool plan_loop(struct tr *t, struct tr_hoist *h, bool only)
{
    struct regs read, write, defined = {0}, used = {0}, all = {0};
    bool some = false;

    for (u32 i = h->first; i <= h->last; i++) {
        for (u32 k = 0; k < t->blk[i].n; k++) {
            const struct x86_insn *in = &t->ins[t->blk[i].first + k].in;

            if (!look(in, &read, &write))
                return false;
            some |= arithmetic(in);
            all.gpr |= write.gpr;
            all.xmm |= write.xmm;
            all.up |= write.up;
            if (i != h->first || !only)
                continue;
            used.gpr |= read.gpr & ~defined.gpr;
            used.xmm |= read.xmm & ~defined.xmm;
            used.up |= read.up & ~defined.up;
            defined.gpr |= write.gpr & ~used.gpr;
            defined.xmm |= write.xmm & ~used.xmm;
            defined.up |= write.up & ~used.up;
        }
    }
    h->gpr = all.gpr & ~defined.gpr;
    h->xmm = all.xmm & ~defined.xmm;
    h->up = all.up & ~defined.up;
    return some;
}

/* The last block that branches back to i or to another head between: all of it is one loop. */
static bool find_loop(const struct tr *t, u32 i, u32 *last)
{
    bool again = true;

    *last = TR_UNBOUND;
    while (again) {
        again = false;
        for (u32 j = i; j < t->nblk; j++) {
            const struct tr_block *b = &t->blk[j];
            int to[2] = {b->taken, b->falls ? b->next : TR_EXTERNAL};

            for (unsigned k = 0; k < 2; k++) {
                bool back = to[k] == (int)i || (*last != TR_UNBOUND && to[k] >= (int)i &&
                                                to[k] <= (int)*last && to[k] <= (int)j);

                if (back && (*last == TR_UNBOUND || j > *last)) {
                    *last = j;
                    again = true;
                }
            }
        }
    }
    return *last != TR_UNBOUND;
}

static bool entered(const struct tr *t, u32 i)
{
    return t->blk[i].head || t->blk[i].pc == t->entry;
}

/* Where such a loop is entered no flags are alive. *only: at its first block only. */
static bool entries(const struct tr *t, u32 first, u32 last, bool *only)
{
    *only = true;
    for (u32 j = first; j <= last; j++) {
        if (!entered(t, j))
            continue;
        if (t->blk[j].live_in || tr_refuted(t, t->blk[j].pc))
            return false;
        *only &= j == first;
    }
    for (u32 j = 0; j < t->nblk; j++) {
        int to[2] = {t->blk[j].taken, t->blk[j].falls ? t->blk[j].next : TR_EXTERNAL};

        for (unsigned k = 0; k < 2; k++) {
            if ((j >= first && j <= last) || to[k] < (int)first || to[k] > (int)last)
                continue;
            if (t->blk[to[k]].live_in)
                return false;
            *only &= to[k] == (int)first;
        }
    }
    return true;
}

static bool has_arithmetic(const struct tr *t)
{
    for (u32 i = 0; i < t->nins; i++)
        if ((x86_rows[t->ins[i].in.row].attr & (X86_ATTR_SSE | X86_ATTR_AVX)) &&
            arithmetic(&t->ins[i].in))
            return true;
    return false;
}

void tr_hoist_plan(struct tr *t)
{
    struct tr_hoists *hs = &t->hoist;
    bool only;

    hs->n = 0;
    hs->checked = false;
    memset(hs->of, 0, sizeof hs->of);
    if (t->x87.any || !h_fp_runs(t) || !has_arithmetic(t))
        return;
    for (u32 i = 0; i < t->nblk && hs->n < TR_MAX_HOISTS; i++) {
        struct tr_hoist h = {.first = i};

        if (!t->blk[i].head || hs->of[i] || !find_loop(t, i, &h.last) ||
            !entries(t, i, h.last, &only) || !plan_loop(t, &h, only))
            continue;
        hs->loop[hs->n++] = h;
        for (u32 j = i; j <= h.last; j++)
            hs->of[j] = (u8)hs->n;
    }
}

/* ---- in the loop ---- */

static void take_back(struct tr *t, const struct tr_hoist *h)
{
    hreg pc;

    h_tmp_reset(t);
    if (h->up)
        h_ymm_flush(t);
    for (unsigned r = 0; r < 16; r++) {
        if (h->gpr >> r & 1)
            h_ld_cpu(t, 8, h_gpr(r), GPR(r));
        if (h->xmm >> r & 1)
            h_vld_cpu(t, h_vec(r), XMM(r));
        if (h->up >> r & 1)
            h_ymm_restore(t, r, UPPER(r));
    }
    h_tmp_reset(t);
    h_refute(t, TR_REFUTED_ENTRY | TR_REFUTED_INSIDE);
    h_resume(t);
    pc = h_tmp(t);
    h_ld_cpu(t, 8, pc, LOOP_PC);
    h_leave_reg(t, pc);
}

static void cold_restart(struct tr *t, const struct tr_cold *c)
{
    take_back(t, &t->hoist.loop[c->a]);
}

u32 tr_hoist_restart(struct tr *t)
{
    struct tr_cold *c = tr_cold(t, cold_restart);

    c->a = t->hoist.of[t->curblk] - 1u;
    return c->label;
}

static void keep(struct tr *t, u32 block)
{
    const struct tr_hoist *h = &t->hoist.loop[t->hoist.of[block] - 1];
    hreg pc;

    h_tmp_reset(t);
    pc = h_tmp(t);
    h_addr(t, pc, t->blk[block].pc);
    h_st_cpu(t, 8, pc, LOOP_PC);
    for (unsigned r = 0; r < 16; r++) {
        if (h->gpr >> r & 1)
            h_st_cpu(t, 8, h_gpr(r), GPR(r));
        if (h->xmm >> r & 1)
            h_vst_cpu(t, h_vec(r), XMM(r));
        if (h->up >> r & 1)
            h_ymm_keep(t, r, UPPER(r));
    }
}

/* To the head of such a loop from outside of it. */
static bool goes_in(const struct tr *t, int to)
{
    return to != TR_EXTERNAL && t->hoist.of[to] && t->hoist.of[to] != t->hoist.of[t->curblk];
}

static bool goes_out(const struct tr *t, int to)
{
    return t->hoist.of[t->curblk] &&
           (to == TR_EXTERNAL || t->hoist.of[to] != t->hoist.of[t->curblk]);
}

/* ---- edges ---- */

static void cold_exit(struct tr *t, const struct tr_cold *c)
{
    int to = tr_block_at(t, c->a);

    h_fp_jump(t, true, tr_hoist_restart(t));
    if (goes_in(t, to))
        keep(t, (u32)to);
    t->hoist.checked = true;
    h_goto(t, c->a);
    t->hoist.checked = false;
}

bool tr_hoist_exit(struct tr *t, u32 word, gaddr target, int block)
{
    struct tr_cold *c;

    if (t->hoist.checked || !goes_out(t, block))
        return false;
    c = tr_cold(t, cold_exit);
    c->a = target;
    tr_branch(t, word, c->label);
    return true;
}

/* x86_sem takes what the host has noted to MXCSR. */
void tr_hoist_sem(struct tr *t)
{
    if (t->hoist.of[t->curblk])
        h_fp_jump(t, true, tr_hoist_restart(t));
}

void tr_hoist_start(struct tr *t, u32 i)
{
    t->hoist.checked = false;
    if (i && t->hoist.of[i] && entered(t, i) && t->blk[i - 1].falls && t->blk[i - 1].next == (int)i)
        h_jump(t, t->blk[i].label);
}

void tr_hoist_enter(struct tr *t, u32 i)
{
    if (t->hoist.of[i] && entered(t, i))
        keep(t, i);
}

void tr_hoist_branch(struct tr *t, u32 attr)
{
    int taken = t->blk[t->curblk].taken;

    if ((attr & X86_ATTR_BRANCH) && !(attr & X86_ATTR_CALL) && !t->hoist.of[t->curblk] &&
        goes_in(t, taken))
        keep(t, (u32)taken);
}

void tr_hoist_end(struct tr *t, u32 i)
{
    const struct tr_block *b = &t->blk[i];

    if (goes_out(t, b->next)) {
        h_tmp_reset(t);
        h_fp_jump(t, true, tr_hoist_restart(t));
        t->hoist.checked = true;
    }
    if (goes_in(t, b->next))
        keep(t, (u32)b->next);
}

void tr_hoist_stub(struct tr *t, u32 site)
{
    const struct tr_site *s = &t->site[site];
    u32 sure;

    if (!s->inside || !t->hoist.of[s->block])
        return;
    sure = tr_label(t);
    h_tmp_reset(t);
    h_fp_jump(t, false, sure);
    take_back(t, &t->hoist.loop[t->hoist.of[s->block] - 1]);
    tr_bind(t, sure);
}
