/*
 * tr_x87.c - the x87 stack: where its registers are, along a block, over edges and at entries. TOP
 * and the tags are known while translating: assumed at the region's entry, checked there, followed
 * through the region; where they can not be followed instructions are x86_sem's. FXCH and most
 * moves only rename. Memory is brought up to date (sync) before anything that leaves. The
 * instructions themselves are in tr_x87_ops.c and, in 80 bits, where registers stay in memory,
 * tr_x80.c.
 */
#include "dynarec/translate/tr_x87.h"

#define JIT(field) ((unsigned)offsetof(struct x86_cpu, jit.field))
#define FPU(field) ((unsigned)offsetof(struct x86_cpu, fpu.field))

_Static_assert(offsetof(struct x86_fpu, used) == offsetof(struct x86_fpu, top) + 1, "one store");

static bool same_place(const struct tr_x87_state *a, const struct tr_x87_state *b)
{
    return a->top == b->top && a->used == b->used;
}

static bool same_stack(const struct tr_x87_state *a, const struct tr_x87_state *b)
{
    return a->known && b->known && same_place(a, b);
}

static void identity(struct tr_x87_state *s)
{
    for (unsigned p = 0; p < 8; p++)
        s->reg[p] = (u8)p;
}

static bool entered(const struct tr *t, const struct tr_block *b)
{
    return b->head || b->pc == t->entry;
}

/* ---- plan: top and used of each block ---- */

static void reach(struct tr *t, int b, const struct tr_x87_state *s, bool *again)
{
    struct tr_x87_state *in;

    if (b == TR_EXTERNAL)
        return;
    in = &t->x87.in[b].st;
    if (!t->x87.in[b].reached) {
        t->x87.in[b].reached = true;
        *in = *s;
        *again = true;
    } else {
        bool maybe = (in->known || in->guess) && (s->known || s->guess) && same_place(in, s);
        bool known = maybe && in->known && s->known;

        *again |= in->known != known || in->guess != (maybe && !known);
        in->known = known;
        in->guess = maybe && !known;
    }
}

static void forget(struct tr_x87_state *s)
{
    s->known = s->guess = false;
}

static bool is_x87(const struct x86_insn *in)
{
    return x86_rows[in->row].attr & X86_ATTR_X87;
}

static bool can(const struct tr *t, const struct x86_insn *in)
{
    return is_x87(in) && (t->opt.x87double ? tr_x87_translated(in) : tr_x80_can(in));
}

/* In front of an instruction: is the guess to be made sure of? */
static bool asks(const struct tr *t, const struct tr_x87_state *s, const struct tr_insn *ti)
{
    struct tr_x87_state after = *s;

    return !s->known && s->guess && can(t, &ti->in) && !tr_refuted(t, ti->pc) &&
           tr_x87_effect(&ti->in, &after);
}

/*
 * Nothing is known: a region of its own, translated when the interpreter has come there, finds the
 * stack as it is.
 */
static bool exits(const struct tr *t, const struct tr_x87_state *s, const struct tr_insn *ti)
{
    return !s->known && can(t, &ti->in) && ti->pc != t->entry && !asks(t, s, ti) &&
           (t->opt.x87double || t->x87.masked) && !(tr_refuted_at(ti->pc) & TR_REFUTED_ENTRY) &&
           (t->opt.x87double || (ti->in.op != X86_FNSTCW && ti->in.op != X86_FLDCW));
}

static void follow(struct tr *t, u32 i, bool *again)
{
    const struct tr_block *b = &t->blk[i];
    struct tr_x87_state s = t->x87.in[i].st;
    u32 attr = 0;

    if (entered(t, b) && tr_refuted(t, b->pc)) {
        forget(&t->x87.in[i].st);
        forget(&s);
    }
    for (u32 k = 0; k < b->n; k++) {
        const struct x86_insn *in = &t->ins[b->first + k].in;

        attr = x86_rows[in->row].attr;
        if (exits(t, &s, &t->ins[b->first + k]))
            return;
        s.known |= asks(t, &s, &t->ins[b->first + k]);
        if (!tr_x87_effect(in, &s) || (!s.known && is_x87(in)))
            forget(&s);
    }
    s.guess &= !s.known;
    if (attr & X86_ATTR_CALL) {
        s.guess |= s.known;
        s.known = false;
    }
    reach(t, b->taken, &s, again);
    if (b->falls)
        reach(t, b->next, &s, again);
}

void tr_x87_plan(struct tr *t)
{
    bool again = true;
    int entry;

    t->x87.any = false;
    t->x87.nnote = 0;
    for (u32 i = 0; i < t->nins; i++)
        t->x87.any |= (x86_rows[t->ins[i].in.row].attr & X86_ATTR_X87) != 0;
    if (!t->x87.any)
        return;
    for (u32 i = 0; i < t->nblk; i++) {
        t->x87.in[i].st = (struct tr_x87_state){0};
        t->x87.in[i].set = t->x87.in[i].reached = false;
    }
    entry = tr_block_at(t, t->entry);
    t->x87.in[entry].reached = true;
    t->x87.in[entry].st = (struct tr_x87_state){.known = !tr_refuted(t, t->entry) &&
                                                         (t->opt.x87double || t->x87.masked),
                                                .top = t->x87.top,
                                                .used = t->x87.used};
    while (again) {
        again = false;
        for (u32 i = 0; i < t->nblk; i++)
            if (t->x87.in[i].reached)
                follow(t, i, &again);
    }
}

/* ---- the state along a block ---- */

/* What holds from here on, for faults. */
static void note(struct tr *t)
{
    struct tr_x87_state now = t->x87.now;
    struct tr_x87_note *n = &t->x87.note[t->x87.nnote];

    now.dirty &= now.active;
    if (t->x87.nnote && !memcmp(&n[-1].st, &now, sizeof now))
        return;
    if (t->x87.nnote == TR_MAX_X87_NOTES) {
        tr_fail(t, "too many changes of the x87 stack");
        return;
    }
    *n = (struct tr_x87_note){.at = t->n, .st = now};
    t->x87.nnote++;
}

void tr_x87_sync(struct tr *t)
{
    struct tr_x87_state *s = &t->x87.now;
    u32 keep = t->tmp_free;
    hreg x;

    if (!s->active || !s->dirty)
        return;
    if (!t->opt.x87double) {
        tr_x80_sync(t);
        return;
    }
    for (unsigned p = 0; p < 8; p++)
        if (s->used >> p & 1)
            h_fst_cpu(t, h_x87_reg(s->reg[p]), JIT(st[p]));
    x = h_tmp(t);
    h_imm(t, x, (u64)s->top | (u64)s->used << 8);
    h_st_cpu(t, 2, x, FPU(top));
    s->dirty = false;
    t->tmp_free = keep;
}

void tr_x87_forget(struct tr *t)
{
    if (!t->x87.any)
        return;
    tr_x87_sync(t);
    t->x87.now.active = false;
}

static void load_all(struct tr *t, const struct tr_x87_state *s)
{
    for (unsigned p = 0; p < 8; p++)
        if (s->used >> p & 1)
            h_fld_cpu(t, h_x87_reg(s->reg[p]), JIT(st[p]));
}

/* Everything is in memory. */
static void start80(struct tr_x87_state *s)
{
    *s = (struct tr_x87_state){.known = true,
                               .active = true,
                               .top = s->top,
                               .used = s->used,
                               .mtop = s->top,
                               .mused = s->used};
}

bool tr_x87_activate(struct tr *t)
{
    struct tr_x87_state *s = &t->x87.now;

    if (!s->known)
        return false;
    if (s->active)
        return true;
    if (!t->opt.x87double) {
        start80(s);
        return true;
    }
    h_ymm_flush(t);
    h_ymm_reset(t);
    identity(s);
    load_all(t, s);
    s->active = true;
    s->dirty = false;
    return true;
}

/* Moves the registers to where `want` has them. */
static void permute(struct tr *t, const struct tr_x87_state *want)
{
    struct tr_x87_state *s = &t->x87.now;
    u8 from[8]; /* register k gets the value of from[k] */
    u8 todo = 0;
    vreg tmp = h_vtmp(t);

    for (unsigned p = 0; p < 8; p++) {
        from[want->reg[p]] = s->reg[p];
        if (s->used >> p & 1 && want->reg[p] != s->reg[p])
            todo |= (u8)(1u << want->reg[p]);
    }
    while (todo) {
        unsigned k = 0;
        bool cycle = true;

        for (unsigned i = 0; i < 8; i++) {
            bool needed = false;

            if (!(todo >> i & 1))
                continue;
            for (unsigned j = 0; j < 8; j++)
                needed |= (todo >> j & 1) && from[j] == i;
            k = i;
            if (!needed) {
                cycle = false;
                break;
            }
        }
        if (cycle) { /* break it at k: its old value is wanted from tmp */
            h_f_move(t, tmp, h_x87_reg(k));
            for (unsigned j = 0; j < 8; j++)
                if ((todo >> j & 1) && from[j] == k)
                    from[j] = 8;
        }
        h_f_move(t, h_x87_reg(k), from[k] == 8 ? tmp : h_x87_reg(from[k]));
        todo &= (u8) ~(1u << k);
    }
    t->vtmp_free |= 1u << tmp;
    memcpy(s->reg, want->reg, 8);
}

/*
 * What block b - 1 ends with, before it is written: its names change as FXCH and FSTP say. False:
 * it does not fall into b, or starts with nothing known.
 */
static bool foresee(const struct tr *t, int b, struct tr_x87_state *s)
{
    const struct tr_block *from = &t->blk[b ? b - 1 : 0];

    if (b < 1 || (int)t->curblk == b - 1 || !from->falls || from->next != b ||
        !t->x87.in[b - 1].set || !t->x87.in[b - 1].st.active)
        return false;
    *s = t->x87.in[b - 1].st;
    for (u32 k = 0; k < from->n; k++)
        if (!s->known || !tr_x87_names(&t->ins[from->first + k].in, s))
            return false;
    return true;
}

/* Makes the state what block b starts with; the first edge decides that, but one that jumps over
 * the block before b leaves it to that block. */
static void match(struct tr *t, int b)
{
    struct tr_x87_state *s = &t->x87.now, *want = &t->x87.in[b].st, other;

    if (!want->known || !s->known) {
        tr_x87_forget(t);
        return;
    }
    if (!t->opt.x87double) {
        if (s->active)
            tr_x80_edge(t, &t->blk[b]);
        return;
    }
    if (!t->x87.in[b].set) {
        t->x87.in[b].set = true;
        if (!s->active || !foresee(t, b, &other) || !same_stack(s, &other)) {
            *want = *s;
            want->dirty = s->active;
            return;
        }
        *want = other;
        want->dirty = true;
    }
    if (!want->active) {
        tr_x87_forget(t);
    } else if (tr_x87_activate(t)) {
        permute(t, want);
        s->dirty = true;
    }
}

/* ---- blocks and edges ---- */

static bool has_x87(const struct tr *t, const struct tr_block *b)
{
    for (u32 k = 0; k < b->n; k++)
        if (x86_rows[t->ins[b->first + k].in.row].attr & X86_ATTR_X87)
            return true;
    return false;
}

bool tr_x87_starts(const struct tr *t, u32 i)
{
    const struct tr_block *b = &t->blk[i];

    return !t->x87.any || !exits(t, &t->x87.in[i].st, &t->ins[b->first]);
}

void tr_x87_start(struct tr *t, u32 i)
{
    const struct tr_block *b = &t->blk[i];
    struct tr_x87_state *in = &t->x87.in[i].st;

    if (!t->x87.any)
        return;
    if (in->known && !t->x87.in[i].set) {
        t->x87.in[i].set = true;
        identity(in);
        in->active = in->dirty = t->opt.x87double && entered(t, b) && has_x87(t, b);
    }
    if (in->known && entered(t, b) && i && t->blk[i - 1].falls && t->blk[i - 1].next == (int)i)
        h_jump(t, b->label);
}

/* The stack is as it says, or this is the wrong code. */
static void make_sure(struct tr *t, const struct tr_x87_state *s)
{
    u32 keep = t->tmp_free;
    hreg x = h_tmp(t), y = h_tmp(t);

    h_ld_cpu(t, 2, x, FPU(top));
    h_imm(t, y, (u64)s->top | (u64)s->used << 8);
    h_op(t, H_SUB, 4, x, x, y);
    if (!t->opt.x87double) { /* all exceptions are masked */
        h_ld_cpu(t, 2, y, FPU(cw));
        h_not(t, 4, y, y);
        h_opi(t, H_AND, 4, y, y, 0x3f);
        h_op(t, H_OR, 4, x, x, y);
    }
    h_refute_unless_zero(t, x);
    t->tmp_free = keep;
}

void tr_x87_enter(struct tr *t, u32 i)
{
    const struct tr_block *b = &t->blk[i];
    struct tr_x87_state *in = &t->x87.in[i].st;

    if (!t->x87.any)
        return;
    t->x87.now = *in;
    if (!t->opt.x87double && in->known)
        start80(&t->x87.now);
    if (in->known && entered(t, b)) {
        t->cur = b->first;
        h_tmp_reset(t);
        make_sure(t, in);
        if (in->active)
            load_all(t, in);
    }
    note(t);
}

bool tr_x87_stays(const struct x86_insn *in)
{
    return tr_plain_integer(in) || in->op == X86_PUSH ||
           (in->op == X86_POP && in->opnd[0].kind == X86_OPK_GPR);
}

static void other(struct tr *t, const struct x86_insn *in, u32 attr)
{
    const struct tr_block *b = &t->blk[t->curblk];

    if (attr & X86_ATTR_BRANCH) {
        if (b->taken != TR_EXTERNAL && !(attr & X86_ATTR_CALL))
            match(t, b->taken);
        else
            tr_x87_sync(t);
        if (attr & X86_ATTR_CALL)
            tr_x87_forget(t);
    } else if ((attr & (X86_ATTR_AVX | X86_ATTR_MMX)) || !tr_x87_effect(in, &t->x87.now)) {
        tr_x87_forget(t);
        if (!tr_x87_effect(in, &t->x87.now))
            forget(&t->x87.now);
    } else if (!tr_x87_stays(in)) {
        tr_x87_sync(t);
    }
}

/* An instruction of the x87; true: translated. */
static bool step(struct tr *t, const struct x86_insn *in)
{
    struct tr_x87_state *s = &t->x87.now;

    if (exits(t, s, tr_cur(t))) {
        h_ymm_flush(t);
        h_flags_canon(t, tr_flags_before(t, tr_cur(t)));
        h_goto_out(t, tr_cur(t)->pc);
        return true;
    }
    if (asks(t, s, tr_cur(t))) {
        make_sure(t, s);
        s->known = true;
        s->guess = s->active = s->dirty = false;
        note(t);
    }
    if (s->known ? tr_x87_op(t, in) : !t->opt.x87double && tr_x80_control(t, in))
        return true;
    tr_x87_forget(t);
    if (!tr_x87_effect(in, s) || !s->known)
        forget(s);
    return false;
}

bool tr_x87_step(struct tr *t, const struct x86_insn *in)
{
    u32 attr = x86_rows[in->row].attr;
    bool done = false;

    if (!t->x87.any)
        return false;
    if (!(attr & X86_ATTR_X87))
        other(t, in, attr);
    else
        done = step(t, in);
    note(t);
    return done;
}

void tr_x87_end(struct tr *t, const struct tr_block *b)
{
    if (!t->x87.any)
        return;
    h_tmp_reset(t);
    if (b->next != TR_EXTERNAL)
        match(t, b->next);
    else
        tr_x87_sync(t);
}

void tr_x87_stub(struct tr *t, u32 site)
{
    if (!t->x87.any)
        return;
    t->x87.now = t->x87.site[site];
    h_tmp_reset(t);
    tr_x87_sync(t);
}
