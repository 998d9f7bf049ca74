/*
 * tr_fp_run.c - runs of floating point, scalar and of 128 bits, for hosts whose NaNs are not x86's.
 *
 * Finding out whether a result is x86's costs more than the operation; one look covers all of a
 * run: consecutive instructions that read memory and write nothing but XMM registers. Integer
 * instructions between them that access no memory are done behind the check (fp.late). When it
 * fails, the interpreter starts again at the run's first instruction, so everything the run reads
 * has to be as it was: a register that the run defines before reading it is written in place, all
 * others are renamed to temporaries until the check has passed. Faults restart at the first
 * instruction too. fp.full: the whole register is in loc; fp.low: its low element, the rest still
 * in its own place.
 */
#include "dynarec/translate/translate.h"

#define MAX_HELD 5 /* of the vector temporaries */
#define MAX_RUN 64

enum kind { K_NONE, K_PACKED, K_ARITH, K_SQRT, K_CVT, K_FROM_INT, K_COPY, K_LOAD, K_ZERO };

struct step {
    enum kind kind;
    enum h_fop op;
    unsigned sz; /* bytes of the result, of the value loaded */
};

#define ARITH(OP, op)                                                                              \
    case X86_##OP##SS: return (struct step){K_ARITH, op, 4};                                       \
    case X86_##OP##SD: return (struct step){K_ARITH, op, 8};                                       \
    case X86_##OP##PS: return (struct step){K_PACKED, op, 4};                                      \
    case X86_##OP##PD: return (struct step){K_PACKED, op, 8};

static struct step classify(const struct x86_insn *in)
{
    bool mem = tr_is_mem(in, 1), same = !mem && in->opnd[0].reg == in->opnd[1].reg;

    switch (in->op) {
        ARITH(ADD, H_FADD)
        ARITH(SUB, H_FSUB)
        ARITH(MUL, H_FMUL)
        ARITH(DIV, H_FDIV)
    case X86_SQRTSS: return (struct step){K_SQRT, H_FADD, 4};
    case X86_SQRTSD: return (struct step){K_SQRT, H_FADD, 8};
    case X86_CVTSD2SS: return (struct step){K_CVT, H_FADD, 4};
    case X86_CVTSS2SD: return (struct step){K_CVT, H_FADD, 8};
    case X86_CVTSI2SS: return (struct step){K_FROM_INT, H_FADD, 4};
    case X86_CVTSI2SD: return (struct step){K_FROM_INT, H_FADD, 8};
    case X86_MOVAPS:
    case X86_MOVAPD:
    case X86_MOVDQA:
    case X86_MOVUPS:
    case X86_MOVUPD:
    case X86_MOVDQU:
        return (struct step){tr_is_mem(in, 0) || same ? K_NONE : mem ? K_LOAD : K_COPY, H_FADD, 16};
    case X86_MOVSS: return (struct step){mem ? K_LOAD : K_NONE, H_FADD, 4};
    case X86_MOVSD_X: return (struct step){mem ? K_LOAD : K_NONE, H_FADD, 8};
    case X86_XORPS:
    case X86_PXOR:
        return (struct step){same && in->opnd[0].kind == X86_OPK_VEC ? K_ZERO : K_NONE, H_FADD, 16};
    default: return (struct step){K_NONE, H_FADD, 0};
    }
}

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
    t->fp.open = t->fp.check = false;
    t->fp.read = t->fp.full = t->fp.low = t->fp.low8 = 0;
    t->fp.held = 0;
}

/* The integer instructions that have waited. */
static void do_late(struct tr *t)
{
    u32 cur = t->cur, n = t->fp.nlate;

    t->fp.nlate = t->fp.late_gpr = 0;
    for (u32 i = 0; i < n; i++) {
        const struct x86_insn *in = &t->ins[t->fp.late[i]].in;

        t->cur = t->fp.late[i];
        if (!(t->done[t->cur / 32] >> t->cur % 32 & 1) && !tr_table[in->op](t, in))
            tr_fail(t, "an instruction that can not wait");
        h_tmp_reset(t);
    }
    t->cur = cur;
}

void tr_fp_close(struct tr *t)
{
    if (!t->fp.open)
        return;
    h_tmp_reset(t);
    t->vtmp_free &= ~t->fp.held;
    if (t->fp.check)
        h_fp_check(t, &t->ins[t->fp.first]);
    for (unsigned x = 0; x < 16; x++) {
        vreg own = h_vec(x), r = t->fp.loc[x];
        unsigned sz = low_size(t, x);

        if (t->fp.full >> x & 1 && r != own)
            h_vmov(t, own, r);
        else if (t->fp.low >> x & 1 && rest_zero(t, sz, x))
            h_vmov_low(t, sz, own, r);
        else if (t->fp.low >> x & 1)
            h_vins(t, sz == 8 ? 3 : 2, own, 0, r, 0);
    }
    forget(t);
    h_tmp_reset(t);
    do_late(t);
}

/* A temporary that lives until the run is closed. */
static vreg hold(struct tr *t)
{
    vreg r = h_vtmp(t);

    t->fp.held |= 1u << r;
    return r;
}

static void release(struct tr *t, unsigned x)
{
    if ((t->fp.full | t->fp.low) >> x & 1 && t->fp.loc[x] != h_vec(x)) {
        t->fp.held &= ~(1u << t->fp.loc[x]);
        t->vtmp_free |= 1u << t->fp.loc[x];
    }
    t->fp.full &= (u16) ~(1u << x);
    t->fp.low &= (u16) ~(1u << x);
}

/* The register with the low element of XMM x. */
static vreg low_of(struct tr *t, unsigned x)
{
    if ((t->fp.full | t->fp.low) >> x & 1)
        return t->fp.loc[x];
    t->fp.read |= (u16)(1u << x);
    return h_vec(x);
}

/* Where a new value of all of XMM x goes. */
static vreg define(struct tr *t, unsigned x)
{
    vreg r = h_vec(x);

    if (t->fp.read >> x & 1) {
        r = (t->fp.full | t->fp.low) >> x & 1 ? t->fp.loc[x] : hold(t);
        t->fp.low &= (u16) ~(1u << x);
    } else {
        release(t, x);
    }
    t->fp.full |= (u16)(1u << x);
    t->fp.loc[x] = r;
    return r;
}

/* Where the low element of XMM x, of sz bytes, is computed; *merge: not there, but in a temporary
 * that then goes into x's place. */
static vreg compute(struct tr *t, unsigned x, unsigned sz, bool *merge)
{
    *merge = false;
    if (t->fp.full >> x & 1) {
        *merge = !rest_zero(t, sz, x);
        return *merge ? h_vtmp(t) : t->fp.loc[x];
    }
    if (!(t->fp.low >> x & 1)) {
        t->fp.read |= (u16)(1u << x);
        t->fp.loc[x] = hold(t);
        t->fp.low |= (u16)(1u << x);
        t->fp.low8 = (u16)((t->fp.low8 & ~(1u << x)) | (unsigned)(sz == 8) << x);
    }
    return t->fp.loc[x];
}

static u16 gprs_read(const struct x86_insn *in)
{
    unsigned x = in->opnd[1].kind == X86_OPK_GPR ? 1u << in->opnd[1].reg : 0;

    return (u16)(x | (in->base < 16 ? 1u << in->base : 0) |
                 (in->index < 16 ? 1u << in->index : 0));
}

/* Can this run go on with the instruction? */
static bool fits(const struct tr *t, const struct x86_insn *in, const struct step *s)
{
    unsigned x = in->opnd[0].reg, y = in->opnd[1].reg;
    bool vec = in->opnd[1].kind == X86_OPK_VEC;
    unsigned from = s->kind == K_CVT ? 12 - s->sz : s->sz;

    if (t->cur - t->fp.first >= MAX_RUN || __builtin_popcount(t->fp.held) >= MAX_HELD)
        return false;
    if (t->fp.late_gpr & gprs_read(in))
        return false;
    if (s->kind == K_PACKED)
        return !((t->fp.low >> x | (vec ? t->fp.low >> y : 0)) & 1);
    if (t->fp.low >> x & 1 && s->kind != K_COPY && s->kind != K_LOAD && s->kind != K_ZERO &&
        low_size(t, x) != s->sz)
        return false;
    if (!vec || !(t->fp.low >> y & 1))
        return true;
    return s->kind == K_COPY ? rest_zero(t, low_size(t, y), y) : low_size(t, y) == from;
}

static void arith(struct tr *t, const struct x86_insn *in, const struct step *s)
{
    unsigned x = in->opnd[0].reg, from = s->kind == K_CVT ? 12 - s->sz : s->sz;
    vreg a = 0, b = 0, r;
    hreg g = 0;
    bool merge;

    if (s->kind == K_FROM_INT) {
        g = tr_read(t, in, 1);
    } else if (tr_is_mem(in, 1)) {
        struct h_mem m = tr_mem(t, in);

        b = h_vtmp(t);
        h_vld(t, from, b, &m);
    } else {
        b = low_of(t, in->opnd[1].reg);
    }
    if (s->kind == K_ARITH)
        a = low_of(t, x);
    r = compute(t, x, s->sz, &merge);
    switch (s->kind) {
    case K_ARITH: h_fr(t, s->op, s->sz, r, a, b); break;
    case K_SQRT: h_fr_sqrt(t, s->sz, r, b); break;
    case K_CVT: h_fr_cvt(t, from, r, b); break;
    default: h_fr_from_int(t, s->sz, in->opnd[1].size, r, g); break;
    }
    if (merge)
        h_vins(t, s->sz == 8 ? 3 : 2, t->fp.loc[x], 0, r, 0);
    t->fp.check |= s->kind == K_ARITH || s->kind == K_SQRT;
}

static void packed(struct tr *t, const struct x86_insn *in, const struct step *s)
{
    unsigned x = in->opnd[0].reg;
    vreg a, b;

    if (tr_is_mem(in, 1)) {
        struct h_mem m = tr_mem(t, in);

        b = h_vtmp(t);
        h_vld(t, 16, b, &m);
    } else {
        b = low_of(t, in->opnd[1].reg);
    }
    a = low_of(t, x);
    h_fr_packed(t, s->op, s->sz, define(t, x), a, b);
    t->fp.check = true;
}

static void move(struct tr *t, const struct x86_insn *in, const struct step *s)
{
    unsigned x = in->opnd[0].reg, y = in->opnd[1].reg;
    struct h_mem m;
    vreg from;

    switch (s->kind) {
    case K_LOAD:
        m = tr_mem(t, in);
        h_vld(t, s->sz, define(t, x), &m);
        return;
    case K_ZERO: h_vzero(t, define(t, x)); return;
    default:
        from = low_of(t, y);
        if (t->fp.low >> y & 1)
            h_vmov_low(t, low_size(t, y), define(t, x), from);
        else
            h_vmov(t, define(t, x), from);
    }
}

/* An integer instruction in a run that may as well come behind it. */
static bool waits(struct tr *t, const struct x86_insn *in)
{
    bool shift = in->op == X86_SHL || in->op == X86_SHR || in->op == X86_SAR;

    if (!t->fp.open || !t->fp.check || t->x87.any || t->fp.nlate == TR_MAX_FP_LATE ||
        t->cur - t->fp.first >= MAX_RUN || tr_move_waits(t))
        return false;
    if (shift && (in->opnd[0].kind != X86_OPK_GPR || in->opnd[1].kind != X86_OPK_IMM ||
                  !(in->imm & 31) || in->opnd[0].size < 4))
        return false;
    if (!shift && !tr_in_registers(in))
        return false;
    t->fp.late[t->fp.nlate++] = t->cur;
    t->ins[t->cur].back = (u8)(t->cur - t->fp.first);
    if (in->nopnd && in->op != X86_CMP && in->op != X86_TEST)
        t->fp.late_gpr |= (u16)(1u << (in->opnd[0].reg & 15));
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

bool tr_fp_step(struct tr *t, const struct x86_insn *in)
{
    struct step s;

    if (!h_fp_runs(t))
        return false;
    s = classify(in);
    if ((s.kind == K_PACKED || s.sz == 16) && t->opt.align &&
        (x86_rows[in->row].attr & X86_ATTR_ALIGN) && tr_is_mem(in, 1))
        s.kind = K_NONE;
    if (s.kind == K_NONE && waits(t, in))
        return true;
    if (s.kind == K_LOAD && s.sz == 16 && !t->fp.check)
        s.kind = K_NONE; /* not for nothing in another register */
    if (s.kind == K_NONE || (t->fp.open && !fits(t, in, &s)))
        close_before(t);
    if (s.kind == K_NONE)
        return false;
    if (s.kind == K_COPY && !t->fp.open && tr_v_copy(t, in))
        return true;
    t->vtmp_free &= ~t->fp.held;
    if (!t->fp.open) {
        if (t->x87.any)
            tr_x87_sync(t);
        t->fp.open = true;
        t->fp.first = t->cur;
    }
    t->ins[t->cur].back = (u8)(t->cur - t->fp.first);
    if (s.kind == K_PACKED)
        packed(t, in, &s);
    else if (s.kind >= K_COPY)
        move(t, in, &s);
    else
        arith(t, in, &s);
    return true;
}
