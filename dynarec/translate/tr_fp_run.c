/*
 * tr_fp_run.c - runs of floating point, SSE, VEX and FMA, for hosts whose NaNs are not x86's.
 *
 * Finding out whether a result is x86's costs more than the operation; one look covers all of a
 * run: consecutive instructions that read memory and write nothing but vector registers. When it
 * fails, the interpreter starts again at the run's first instruction, so everything the run reads
 * has to be as it was: a register that the run defines before reading it is written in place, all
 * others are renamed to temporaries until the check has passed. Faults restart at the first
 * instruction too. Instructions between them that can not fault and have nothing to do with the
 * run's registers are done behind the check (fp.late).
 *
 * Values 0-15 are the XMM registers, 16-31 the upper halves, whose own places are slots of struct
 * tr_ymm: at most as many as there are. fp.full: all of the value is in loc, which may be the
 * place of another one that it was copied from; fp.low: its low element is, in a temporary, the
 * rest still in its own place. fp.up_zero: zero behind the run, as VEX has it.
 */
#include "dynarec/translate/tr_fp.h"
#include "dynarec/translate/vec.h"

#define MAX_RUN 64
#define UP 16
#define TEMPS 8 /* of the host */

static bool rest_zero(const struct tr *t, unsigned sz, unsigned x)
{
    return t->fp.zero >> (sz == 8 ? x : x + 16) & 1;
}

static unsigned low_size(const struct tr *t, unsigned x)
{
    return t->fp.low8 >> x & 1 ? 8 : 4;
}

static void forget(struct tr *t)
{
    t->fp.open = t->fp.check = t->fp.invalid = false;
    t->fp.read = t->fp.full = t->fp.held = 0;
    t->fp.low = t->fp.low8 = t->fp.up_zero = t->fp.up_used = 0;
    t->fp.thin = t->fp.thin8 = 0;
    t->fp.nan = t->fp.flags = 0;
    t->fp.nold = t->fp.stored = 0;
    t->fp.step_reg = X86_REG_NONE;
}

/* The instructions that have waited. */
static void do_late(struct tr *t)
{
    u32 cur = t->cur, n = t->fp.nlate;

    t->fp.nlate = t->fp.late_gpr = t->fp.late_vread = t->fp.late_vwrite = 0;
    t->fp.step_reg = X86_REG_NONE;
    for (u32 i = 0; i < n; i++) {
        const struct x86_insn *in = &t->ins[t->fp.late[i]].in;

        t->cur = t->fp.late[i];
        if (!(t->done[t->cur / 32] >> t->cur % 32 & 1) && !tr_table[in->op](t, in))
            tr_fail(t, "an instruction that can not wait");
        h_tmp_reset(t);
    }
    t->cur = cur;
}

/* Temporaries of this run are not free for its next instruction. */
static void keep_held(struct tr *t)
{
    t->vtmp_free &= ~t->fp.held;
    if (t->fp.flags)
        t->tmp_free &= ~(1u << t->fp.flags);
}

/* ---- the values to their places ---- */

struct move {
    vreg to, from;
    u8 elem; /* log2 of the bytes of the low element, 4: all */
};

static vreg own(struct tr *t, unsigned v)
{
    return v < UP ? h_vec(v) : h_ymm_set(t, v - UP);
}

static unsigned pending(struct tr *t, struct move m[48])
{
    unsigned n = 0;

    for (unsigned v = 0; v < 32; v++) {
        if (t->fp.full >> v & 1 && t->fp.loc[v] != own(t, v))
            m[n++] = (struct move){own(t, v), t->fp.loc[v], 4};
        else if (v < UP && t->fp.low >> v & 1)
            m[n++] = (struct move){h_vec(v), t->fp.loc[v], low_size(t, v) == 8 ? 3 : 2};
    }
    return n;
}

static bool is_source(const struct move *m, unsigned n, unsigned i)
{
    for (unsigned k = 0; k < n; k++)
        if (k != i && m[k].from == m[i].to)
            return true;
    return false;
}

/* One after the other what is no more the source of another; a ring through a temporary. */
static void move_all(struct tr *t, struct move *m, unsigned n)
{
    while (n) {
        unsigned i = 0;

        while (i < n && is_source(m, n, i))
            i++;
        if (i == n) {
            vreg x = h_vtmp(t);

            h_vmov(t, x, m[0].to);
            for (unsigned k = 0; k < n; k++)
                m[k].from = m[k].from == m[0].to ? x : m[k].from;
            continue;
        }
        if (m[i].elem == 4)
            h_vmov(t, m[i].to, m[i].from);
        else
            h_vins(t, m[i].elem, m[i].to, 0, m[i].from, 0);
        m[i] = m[--n];
    }
}

void tr_fp_close(struct tr *t)
{
    struct move m[48];
    u32 up;

    if (!t->fp.open)
        return;
    h_tmp_reset(t);
    keep_held(t);
    if (t->fp.check)
        h_fp_check(t, &t->ins[t->fp.first]);
    tr_fp_checked(t);
    move_all(t, m, pending(t, m));
    up = t->fp.full >> UP;
    for (unsigned i = 0; i < 16; i++)
        if (up >> i & 1)
            h_ymm_put(t, i);
    up = t->fp.up_zero;
    forget(t);
    h_tmp_reset(t);
    for (unsigned i = 0; i < 16; i++)
        if (up >> i & 1)
            h_ymm_zero(t, i);
    do_late(t);
}

/* ---- where values are ---- */

/* Does another value than v have register r, or what memory had? */
static bool shared(const struct tr *t, unsigned v, vreg r)
{
    for (unsigned i = 0; i < t->fp.nold; i++)
        if (t->fp.old[i].r == r)
            return true;
    for (unsigned x = 0; x < 32; x++)
        if (x != v && (t->fp.full | t->fp.low) >> x & 1 && t->fp.loc[x] == r)
            return true;
    return false;
}

/* A temporary that lives until the run is closed. */
static vreg hold(struct tr *t)
{
    vreg r = h_vtmp(t);

    t->fp.held |= 1u << r;
    return r;
}

/* Value v is no longer in loc. */
static void release(struct tr *t, unsigned v)
{
    vreg r = t->fp.loc[v];

    if (!((t->fp.full | t->fp.low) >> v & 1))
        return;
    if (t->fp.held >> r & 1 && !shared(t, v, r)) {
        t->fp.held &= ~(1u << r);
        t->vtmp_free |= 1u << r;
    }
    t->fp.full &= ~(1u << v);
    t->fp.low &= (u16) ~(1u << v);
}

static void put(struct tr *t, unsigned v, vreg r)
{
    t->fp.full |= 1u << v;
    t->fp.low &= (u16) ~(1u << v);
    t->fp.loc[v] = r;
}

/* The register with value v, or at least its low element. */
static vreg value(struct tr *t, unsigned v)
{
    if ((t->fp.full | t->fp.low) >> v & 1)
        return t->fp.loc[v];
    t->fp.read |= 1u << v;
    if (v >= UP)
        t->fp.up_used |= (u16)(1u << (v - UP));
    return v < UP ? h_vec(v) : h_ymm_get(t, v - UP);
}

/* Where a new value v goes; its sources have been asked for, and may be the same register. */
static vreg define(struct tr *t, unsigned v)
{
    bool was = (t->fp.full | t->fp.low) >> v & 1;
    vreg r = was ? t->fp.loc[v] : 0, place;

    if (v >= UP) {
        t->fp.up_used |= (u16)(1u << (v - UP));
        t->fp.up_zero &= (u16) ~(1u << (v - UP));
    }
    place = own(t, v);
    if (!was || !(t->fp.held >> r & 1) || shared(t, v, r))
        r = (t->fp.read | t->fp.thin) >> v & 1 || shared(t, v, place) ? hold(t) : place;
    put(t, v, r);
    return r;
}

/* VEX makes zero of the rest of register x. */
static void done(struct tr *t, const struct tr_fp_step *s, unsigned x)
{
    if (!s->vex || s->n == 2 || s->kind >= TR_FP_STORE)
        return;
    release(t, UP + x);
    t->fp.up_zero |= (u16)(1u << x);
}

/* ---- can this run go on with the instruction? ---- */

static u16 gprs_read(const struct x86_insn *in)
{
    const struct x86_operand *last = &in->opnd[in->nopnd - 1];
    unsigned x = last->kind == X86_OPK_GPR ? 1u << last->reg : 0;

    return (u16)(x | (in->base < 16 ? 1u << in->base : 0) | (in->index < 16 ? 1u << in->index : 0));
}

/* General registers that the instruction reads and that are still to be written. */
static u16 gprs_late(const struct tr *t, const struct x86_insn *in)
{
    const struct x86_operand *last = &in->opnd[in->nopnd - 1];
    u16 late = t->fp.late_gpr & gprs_read(in);
    unsigned r = t->fp.step_reg;

    if (r != X86_REG_NONE && in->base == r && in->index != r && in->adsz == 8 &&
        !(last->kind == X86_OPK_GPR && last->reg == r))
        late &= (u16) ~(1u << r); /* tr_mem() knows */
    return late;
}

static u16 vec_of(const struct x86_insn *in, unsigned i)
{
    return in->opnd[i].kind == X86_OPK_VEC ? (u16)(1u << in->opnd[i].reg) : 0;
}

static u16 sources(const struct x86_insn *in, const struct tr_fp_step *s)
{
    u16 b = vec_of(in, s->b);

    switch (s->kind) {
    case TR_FP_LOAD:
    case TR_FP_DUP:
    case TR_FP_ZERO: return 0;
    case TR_FP_STORE:
    case TR_FP_COPY: return b;
    case TR_FP_FMA: return (u16)(vec_of(in, 0) | vec_of(in, s->a) | b);
    default: return (u16)(vec_of(in, s->a) | b);
    }
}

/* Low elements apart from their registers are of use to scalar operations of that size only. */
static bool lows_fit(const struct tr *t, const struct x86_insn *in, const struct tr_fp_step *s)
{
    u16 low = t->fp.low & sources(in, s), x = vec_of(in, 0);
    u16 size = s->sz == 8 ? t->fp.low8 : (u16)~t->fp.low8;

    if (s->packed || s->kind == TR_FP_LOAD)
        return !low;
    if (s->kind == TR_FP_CVT) /* its source is of the other size */
        return !(low & vec_of(in, s->b) & size) && !(low & vec_of(in, s->a) & ~size) &&
               !(s->vex && (low & vec_of(in, s->a) & ~x));
    if (s->vex && s->kind != TR_FP_FMA && (low & vec_of(in, s->a) & ~x))
        return false; /* all of it goes into another register */
    return !(low & ~size);
}

/* Temporaries that the instruction takes. */
static unsigned temps(const struct tr *t, const struct x86_insn *in, const struct tr_fp_step *s)
{
    unsigned n = s->n + (tr_is_mem(in, s->b) ? s->n : 0u);
    unsigned rest = in->opnd[s->vex ? s->a : 0].reg;

    if (s->kind == TR_FP_STORE)
        return 0;
    if (s->kind == TR_FP_FMA)
        n += !t->fp.nan + 1u;
    return n + (!s->packed && (!rest_zero(t, s->sz, rest) || t->fp.low >> rest & 1));
}

static bool fits(const struct tr *t, const struct x86_insn *in, const struct tr_fp_step *s)
{
    u16 from = sources(in, s), x = vec_of(in, 0);

    if (t->cur - t->fp.first >= MAX_RUN || gprs_late(t, in))
        return false;
    if (t->fp.stored && (s->n == 2 || s->kind == TR_FP_FMA))
        return false;
    if ((t->fp.late_vwrite & (from | x)) || (t->fp.late_vread & x))
        return false;
    if (s->kind == TR_FP_FMA && t->fp.nan && t->fp.nan_packed != s->packed)
        return false;
    if ((unsigned)__builtin_popcount(t->fp.held) + temps(t, in, s) > TEMPS)
        return false;
    if (s->n == 2 &&
        ((t->fp.up_zero & from) || __builtin_popcount(t->fp.up_used | from | x) > TR_YMM_SLOTS))
        return false;
    return lows_fit(t, in, s);
}

/* ---- steps ---- */

/* Is there a register to keep what memory has at the operand until the run ends? */
static bool keeps(const struct tr *t, const struct x86_insn *in, unsigned sz, unsigned *from)
{
    return __builtin_popcount(t->fp.held) <= TEMPS - 3 && tr_fp_rewritten(t, in, sz, from);
}

/* The last source: registers, or temporaries with what memory has. */
static void last_source(struct tr *t, const struct x86_insn *in, const struct tr_fp_step *s,
                        unsigned sz, vreg b[2])
{
    unsigned from;
    struct h_mem m;
    bool kept;

    if (!tr_is_mem(in, s->b)) {
        b[0] = value(t, in->opnd[s->b].reg);
        if (s->n == 2)
            b[1] = value(t, UP + in->opnd[s->b].reg);
        return;
    }
    m = tr_mem(t, in);
    kept = s->n == 1 && keeps(t, in, sz, &from);
    b[0] = kept ? hold(t) : h_vtmp(t);
    if (kept)
        tr_fp_loaded(t, in, sz, b[0]);
    if (s->n == 2) {
        b[1] = h_vtmp(t);
        h_vld2(t, b[0], b[1], &m);
    } else {
        h_vld(t, sz, b[0], &m);
    }
}

/* A scalar operation's host-op, into r. */
static void scalar_op(struct tr *t, const struct x86_insn *in, const struct tr_fp_step *s, vreg r,
                      vreg a, const vreg *b, hreg g)
{
    switch (s->kind) {
    case TR_FP_ARITH: h_fr(t, s->op, s->sz, r, a, b[0]); break;
    case TR_FP_SQRT: h_fr_sqrt(t, s->sz, r, b[0]); break;
    case TR_FP_CVT: h_fr_cvt(t, 12u - s->sz, r, b[0]); break;
    default: h_fr_from_int(t, s->sz, in->opnd[s->b].size, r, g); break;
    }
}

/* Where the low element of register x goes whose rest is that of `rest`; *merge: not there, but in
 * a temporary that merged() then puts into its place. */
static vreg low_place(struct tr *t, unsigned x, unsigned rest, unsigned sz, bool *merge)
{
    u32 bit = 1u << x, known = t->fp.full | t->fp.low | t->fp.read;
    bool same = !(t->fp.thin8 & bit) == (sz == 4);
    vreg r;

    *merge = false;
    if (rest_zero(t, sz, rest) && !(t->fp.low >> rest & 1)) {
        if (t->fp.thin & bit && same && t->fp.loc[x] == h_vec(x) && !shared(t, x, h_vec(x)))
            return h_vec(x);
        r = define(t, x);
        if (x == rest && !(known & bit)) {
            t->fp.thin |= (u16)bit;
            t->fp.thin8 |= (u16)(sz == 8 ? bit : 0);
        }
        return r;
    }
    *merge = x != rest || t->fp.full >> x & 1;
    if (*merge)
        return h_vtmp(t);
    if (!(t->fp.low >> x & 1)) {
        t->fp.read |= 1u << x;
        t->fp.loc[x] = hold(t);
        t->fp.low |= (u16)(1u << x);
        t->fp.low8 = (u16)((t->fp.low8 & ~(1u << x)) | (unsigned)(sz == 8) << x);
    }
    return t->fp.loc[x];
}

static void merged(struct tr *t, unsigned x, unsigned rest, unsigned sz, vreg r)
{
    vreg from = value(t, rest), d = define(t, x);

    h_vmov(t, d, from);
    h_vins(t, sz == 8 ? 3 : 2, d, 0, r, 0);
}

static void arith(struct tr *t, const struct x86_insn *in, const struct tr_fp_step *s)
{
    unsigned x = in->opnd[0].reg, rest = s->vex ? in->opnd[s->a].reg : x;
    vreg a = 0, b[2] = {0}, r;
    hreg g = 0;
    bool merge;

    if (s->kind == TR_FP_FROM_INT)
        g = tr_read(t, in, s->b);
    else
        last_source(t, in, s, s->kind == TR_FP_CVT ? 12u - s->sz : s->sz, b);
    if (s->kind == TR_FP_ARITH)
        a = value(t, in->opnd[s->a].reg);
    r = low_place(t, x, rest, s->sz, &merge);
    scalar_op(t, in, s, r, a, b, g);
    if (merge)
        merged(t, x, rest, s->sz, r);
    t->fp.invalid |= s->kind == TR_FP_ARITH || s->kind == TR_FP_SQRT;
    t->fp.check |= t->fp.invalid;
}

static void packed(struct tr *t, const struct x86_insn *in, const struct tr_fp_step *s)
{
    unsigned x = in->opnd[0].reg, y = in->opnd[s->a].reg;
    vreg a[2], b[2], d[2];

    last_source(t, in, s, 16, b);
    for (unsigned i = 0; i < s->n; i++)
        a[i] = value(t, UP * i + y);
    for (unsigned i = 0; i < s->n; i++) {
        d[i] = define(t, UP * i + x);
        if (s->kind == TR_FP_LOGIC)
            h_v3(t, s->vop, 0, d[i], a[i], b[i]);
        else
            h_fr_packed(t, s->op, s->sz, d[i], a[i], b[i]);
    }
    t->fp.invalid |= s->kind == TR_FP_PACKED;
    t->fp.check |= t->fp.invalid;
}

/* Packed: a * b + c as value v; in a register of its own where v's is a or b. */
static vreg fused_value(struct tr *t, const struct tr_fp_step *s, unsigned v, const vreg m[3])
{
    vreg d = define(t, v);

    if (d != m[0] && d != m[1]) {
        h_fr_fma(t, s->sz, s->neg, true, d, m);
        return d;
    }
    d = hold(t);
    h_fr_fma(t, s->sz, s->neg, true, d, m);
    release(t, v);
    put(t, v, d);
    return d;
}

static void fused(struct tr *t, const struct x86_insn *in, const struct tr_fp_step *s)
{
    unsigned x = in->opnd[0].reg, digits[3] = {s->order / 100, s->order / 10 % 10, s->order % 10};
    bool first = !t->fp.nan, merge = false;
    vreg src[4][2] = {{0}}, m[3], r = 0;

    if (first) {
        t->fp.nan = hold(t);
        t->fp.nan_packed = s->packed;
        t->fp.flags = h_fr_exceptions(t);
    }
    last_source(t, in, s, s->packed ? 16 : s->sz, src[3]);
    for (unsigned i = 0; i < s->n; i++) {
        src[1][i] = value(t, UP * i + x);
        src[2][i] = value(t, UP * i + in->opnd[1].reg);
    }
    for (unsigned i = 0; i < s->n; i++) {
        for (unsigned k = 0; k < 3; k++)
            m[k] = src[digits[k]][i];
        if (s->packed) {
            r = fused_value(t, s, UP * i + x, m);
        } else {
            r = low_place(t, x, x, s->sz, &merge);
            h_fr_fma(t, s->sz, s->neg, false, r, m);
        }
        h_fr_no_nan(t, s->sz, r, first && !i);
    }
    if (merge)
        merged(t, x, x, s->sz, r);
    t->fp.check = true;
}

static void load(struct tr *t, const struct x86_insn *in, const struct tr_fp_step *s)
{
    unsigned x = in->opnd[0].reg, from = UP;
    struct h_mem m = tr_mem(t, in);
    bool kept = s->n == 1 && keeps(t, in, s->sz, &from);
    vreg r, up;

    if (from == x) { /* which is written until then */
        release(t, x);
        r = hold(t);
        put(t, x, r);
    } else {
        r = define(t, x);
    }
    if (kept)
        tr_fp_loaded(t, in, s->sz, r);
    if (s->n == 1) {
        h_vld(t, s->sz, r, &m);
        return;
    }
    up = define(t, UP + x);
    h_vld2(t, r, up, &m);
}

static void store(struct tr *t, const struct x86_insn *in, const struct tr_fp_step *s)
{
    int old = tr_fp_old(t, in, s->sz);
    struct h_mem m = tr_mem(t, in);

    h_vst(t, s->sz, value(t, in->opnd[s->b].reg), &m);
    tr_fp_stored(t, in, old);
}

static void compare(struct tr *t, const struct x86_insn *in, const struct tr_fp_step *s)
{
    vreg b[2];

    last_source(t, in, s, s->sz, b);
    h_flags_fcmp(t, s->sz, value(t, in->opnd[0].reg), b[0],
                 in->op == X86_UCOMISS || in->op == X86_UCOMISD);
}

static void move(struct tr *t, const struct x86_insn *in, const struct tr_fp_step *s)
{
    unsigned x = in->opnd[0].reg;
    struct h_mem m;
    vreg r;

    switch (s->kind) {
    case TR_FP_LOAD: load(t, in, s); return;
    case TR_FP_DUP:
        m = tr_mem(t, in);
        r = define(t, x);
        h_vld_dup(t, s->sz == 8 ? 3 : 2, r, &m);
        if (s->n == 2) {
            release(t, UP + x);
            t->fp.up_used |= (u16)(1u << x);
            t->fp.up_zero &= (u16) ~(1u << x);
            put(t, UP + x, r);
        }
        return;
    case TR_FP_ZERO: h_vzero(t, define(t, x)); return;
    default:
        for (unsigned i = 0; i < s->n; i++) {
            r = value(t, UP * i + in->opnd[1].reg);
            release(t, UP * i + x);
            if (i) {
                t->fp.up_used |= (u16)(1u << x);
                t->fp.up_zero &= (u16) ~(1u << x);
            }
            put(t, UP * i + x, r);
        }
    }
}

/* ---- the others ---- */

/* A vector operation on registers that the run has nothing to do with. */
static bool vector_waits(struct tr *t, const struct x86_insn *in)
{
    u16 all = 0, mine = (u16)(t->fp.full | t->fp.low | t->fp.up_zero | t->fp.full >> UP);

    if (!tr_v_plain(in))
        return false;
    for (unsigned i = 0; i < in->nopnd; i++)
        all |= vec_of(in, i);
    if (all & mine)
        return false;
    t->fp.late_vread |= all;
    t->fp.late_vwrite |= vec_of(in, 0);
    return true;
}

/* One register may be read meanwhile where only constants are to be added to it (tr_mem). */
static void write_late(struct tr *t, const struct x86_insn *in, unsigned reg)
{
    i64 step = tr_step_of(in, reg);
    bool was = t->fp.late_gpr >> reg & 1;

    if (t->fp.step_reg == reg) {
        t->fp.step_reg = step ? (u8)reg : X86_REG_NONE;
        t->fp.step += (i32)step;
    } else if (step && !was && t->fp.step_reg == X86_REG_NONE) {
        t->fp.step_reg = (u8)reg;
        t->fp.step = (i32)step;
    }
    t->fp.late_gpr |= (u16)(1u << reg);
}

static bool integer_waits(struct tr *t, const struct x86_insn *in)
{
    bool shift = in->op == X86_SHL || in->op == X86_SHR || in->op == X86_SAR;

    if (shift && (in->opnd[0].kind != X86_OPK_GPR || in->opnd[1].kind != X86_OPK_IMM ||
                  !(in->imm & 31) || in->opnd[0].size < 4))
        return false;
    if (!shift && !tr_in_registers(in))
        return false;
    if (in->nopnd && in->op != X86_CMP && in->op != X86_TEST)
        write_late(t, in, in->opnd[0].reg & 15);
    return true;
}

/* An instruction in a run that may as well come behind it. */
static bool waits(struct tr *t, const struct x86_insn *in)
{
    if (!t->fp.open || !t->fp.check || t->x87.any || t->fp.nlate == TR_MAX_FP_LATE ||
        t->cur - t->fp.first >= MAX_RUN || tr_move_waits(t))
        return false;
    if (!integer_waits(t, in) && !vector_waits(t, in))
        return false;
    t->fp.late[t->fp.nlate++] = t->cur;
    t->ins[t->cur].back = (u8)(t->cur - t->fp.first);
    return true;
}

/* The instruction comes behind a run, with what that has left. */
static void close_before(struct tr *t)
{
    if (!t->fp.open)
        return;
    tr_fp_close(t);
    t->ins[t->cur].at = t->n;
    t->ins[t->cur].state = (u16)h_flag_state(t);
}

/* Is it better done in the usual way? Always, or when no run is to be checked: not for nothing in
 * another register. */
static bool unwanted(const struct tr *t, const struct x86_insn *in, const struct tr_fp_step *s)
{
    if (s->kind == TR_FP_NONE || (s->vex && t->x87.any))
        return true;
    if (t->opt.align && (x86_rows[in->row].attr & X86_ATTR_ALIGN) &&
        (tr_is_mem(in, s->b) || s->kind == TR_FP_STORE))
        return true;
    if (s->kind == TR_FP_STORE)
        return tr_fp_old(t, in, s->sz) < 0;
    if (s->kind == TR_FP_CMP)
        return !tr_fp_compares(t);
    if (t->fp.check)
        return false;
    return s->kind == TR_FP_LOGIC || s->kind == TR_FP_DUP ||
           (s->kind >= TR_FP_COPY && (s->vex || (s->kind == TR_FP_LOAD && s->sz == 16)));
}

static void open_run(struct tr *t)
{
    if (t->x87.any)
        tr_x87_sync(t);
    forget(t);
    t->fp.open = true;
    t->fp.first = t->cur;
}

bool tr_fp_step(struct tr *t, const struct x86_insn *in)
{
    struct tr_fp_step s;
    bool not ;

    if (!h_fp_runs(t))
        return false;
    if (in->op == X86_Jcc && t->fp.open && tr_fp_goes_on(t)) {
        t->fp.goes_on = true;
        return false;
    }
    s = tr_fp_classify(in);
    not = unwanted(t, in, &s);
    if ((not || s.kind == TR_FP_LOGIC) && waits(t, in))
        return true;
    if (not || (t->fp.open && !fits(t, in, &s))) {
        close_before(t);
        if (unwanted(t, in, &s))
            return false;
    }
    if (s.kind == TR_FP_COPY && !t->fp.open && tr_v_copy(t, in))
        return true;
    keep_held(t);
    if (!t->fp.open)
        open_run(t);
    t->ins[t->cur].back = (u8)(t->cur - t->fp.first);
    if (s.kind == TR_FP_STORE)
        store(t, in, &s);
    else if (s.kind == TR_FP_CMP)
        compare(t, in, &s);
    else if (s.kind == TR_FP_PACKED || s.kind == TR_FP_LOGIC)
        packed(t, in, &s);
    else if (s.kind >= TR_FP_COPY)
        move(t, in, &s);
    else if (s.kind == TR_FP_FMA)
        fused(t, in, &s);
    else
        arith(t, in, &s);
    done(t, &s, in->opnd[0].reg);
    return true;
}
