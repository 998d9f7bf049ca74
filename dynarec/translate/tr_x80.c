/*
 * tr_x80.c - x87 instructions in 80 bits, as they are without X87DOUBLE. The registers stay in
 * struct x86_cpu; TOP and the tags are known while translating, so each is at a known place, and
 * TOP, tags, C1 = 0 and the pointers of the last instruction are written late (tr_x80_sync). All
 * exceptions are masked: that is checked with TOP where a region is entered, and at FLDCW. What is
 * not common - NaNs, infinities, denormals - is left to the interpreter, at that instruction. The
 * rest of the x87 is x86_sem's.
 */
#include <string.h>

#include "dynarec/translate/tr_x87.h"

#define FPU(field) ((unsigned)offsetof(struct x86_cpu, fpu.field))

static unsigned place(const struct tr *t, unsigned i)
{
    return FPU(regs) + 16 * ((t->x87.now.top + i) & 7);
}

/* ---- what is written late ---- */

static void write_stack(struct tr *t)
{
    struct tr_x87_state *s = &t->x87.now;
    hreg x;

    if (s->top == s->mtop && s->used == s->mused)
        return;
    x = h_tmp(t);
    h_imm(t, x, (u64)s->top | (u64)s->used << 8);
    h_st_cpu(t, 2, x, FPU(top));
    s->mtop = s->top;
    s->mused = s->used;
}

static void write_c1(struct tr *t)
{
    hreg x;

    if (!t->x87.now.c1)
        return;
    x = h_tmp(t);
    h_ld_cpu(t, 2, x, FPU(sw));
    h_bfi(t, x, h_zero(), 9, 1);
    h_st_cpu(t, 2, x, FPU(sw));
    t->x87.now.c1 = false;
}

static void write_pointers(struct tr *t)
{
    struct tr_x87_state *s = &t->x87.now;
    hreg x;

    if (!s->ptr)
        return;
    x = h_tmp(t);
    h_addr(t, x, s->fip);
    h_st_cpu(t, 8, x, FPU(fip));
    h_imm(t, x, s->fop);
    h_st_cpu(t, 2, x, FPU(fop));
    h_ld_cpu(t, 2, x, (unsigned)offsetof(struct x86_cpu, seg[X86_CS]));
    h_st_cpu(t, 2, x, FPU(fcs));
    s->ptr = false;
    s->fip = 0;
    s->fop = 0;
}

void tr_x80_sync(struct tr *t)
{
    u32 keep = t->tmp_free;

    write_stack(t);
    write_c1(t);
    write_pointers(t);
    t->x87.now.dirty = false;
    t->tmp_free = keep;
}

static bool to_flags(const struct x86_insn *in)
{
    return in->op == X86_FCOMI || in->op == X86_FCOMIP || in->op == X86_FUCOMI ||
           in->op == X86_FUCOMIP;
}

static bool keeps_c1(const struct x86_insn *in)
{
    return to_flags(in) || tr_x87_condition(in) >= 0;
}

/* Instructions that note themselves as the last one. Those but keeps_c1() define C1. */
static bool notes(const struct x86_insn *in)
{
    switch (in->op) {
    case X86_FNSTCW:
    case X86_FLDCW:
    case X86_FNSTSW:
    case X86_FNOP:
    case X86_WAIT:
    case X86_FNCLEX:
    case X86_FNENI:
    case X86_FNDISI:
    case X86_FNSETPM:
    case X86_FNINIT: return false;
    default: return (x86_rows[in->row].attr & X86_ATTR_X87) != 0;
    }
}

/* An edge to block b: the stack as it says; the rest if b does not write it anew at once. */
void tr_x80_edge(struct tr *t, const struct tr_block *b)
{
    u32 keep = t->tmp_free, k = 0;

    write_stack(t);
    while (k < b->n && tr_x87_stays(&t->ins[b->first + k].in))
        k++;
    if (k == b->n || !notes(&t->ins[b->first + k].in) || keeps_c1(&t->ins[b->first + k].in)) {
        write_c1(t);
        write_pointers(t);
    }
    t->x87.now.dirty = t->x87.now.c1 || t->x87.now.ptr;
    t->tmp_free = keep;
}

/* ---- not the common case ---- */

static void leave(struct tr *t, const struct tr_cold *c)
{
    memcpy(&t->fl, &c->a, sizeof t->fl);
    t->x87.now = t->x87.slow[c->b];
    tr_x87_sync(t);
    h_tmp_reset(t);
    h_flags_canon(t, tr_flags_before(t, c->insn));
    h_resume(t);
    h_leave(t, c->insn->pc);
}

static u32 slow(struct tr *t)
{
    u32 i = t->ncold;
    struct tr_cold *c = tr_cold(t, leave);

    memcpy(&c->a, &t->fl, sizeof t->fl);
    c->b = i;
    t->x87.slow[i] = t->x87.now;
    return c->label;
}

/* ---- operands ---- */

/* From here on the pairs are no temporaries for others. */
static void reserve(struct tr *t)
{
    for (unsigned k = 0; k < 2; k++)
        t->tmp_free &= ~(1u << h_x80_m(k) | 1u << h_x80_se(k));
}

/* The data pointer of this instruction will be seen: not if another follows at once. */
static bool last_pointer(const struct tr *t)
{
    const struct tr_block *b = &t->blk[t->curblk];

    for (u32 k = t->cur + 1; k < b->first + b->n; k++) {
        const struct x86_insn *in = &t->ins[k].in;

        if (tr_x87_stays(in))
            continue;
        if (!notes(in) || !tr_x80_can(in))
            return true;
        if (in->nopnd && (tr_is_mem(in, 0) || (in->nopnd > 1 && tr_is_mem(in, 1))))
            return false;
    }
    return true;
}

static void point(struct tr *t, const struct x86_insn *in, const struct h_mem *m)
{
    bool stack = in->base == X86_RSP || in->base == X86_RBP;
    hreg x;

    if (!last_pointer(t))
        return;
    x = h_tmp(t);
    h_ea(t, x, m);
    h_st_cpu(t, 8, x, FPU(fdp));
    h_ld_cpu(t, 2, x, (unsigned)offsetof(struct x86_cpu, seg[0]) + 2 * (stack ? X86_SS : X86_DS));
    h_st_cpu(t, 2, x, FPU(fds));
}

static struct h_mem plus(struct h_mem m, i64 n)
{
    m.disp += n;
    return m;
}

/* Memory operand i into b; of 10 bytes (FLD): onto the stack. */
static void from_memory(struct tr *t, const struct x86_insn *in, unsigned i, bool integer,
                        u32 otherwise)
{
    unsigned size = in->opnd[i].size;
    struct h_mem m = tr_mem(t, in), up = plus(m, 8);
    hreg raw = h_x80_raw(), x = h_tmp(t), e;

    if (size == 10) {
        e = h_tmp(t);
        h_ld(t, 8, x, &m);
        h_ld(t, 2, e, &up);
        h_st_cpu(t, 8, x, place(t, 7));
        h_st_cpu(t, 2, e, place(t, 7) + 8);
        point(t, in, &m);
        return;
    }
    if (integer && size < 8)
        h_lds(t, size, 8, x, &m);
    else
        h_ld(t, size, x, &m);
    point(t, in, &m);
    h_mov(t, 8, raw, x);
    h_x80_do(t, integer ? H_X80_FROM_I64 : size == 8 ? H_X80_FROM_F64 : H_X80_FROM_F32, otherwise);
}

static void move_pair(struct tr *t, unsigned to, unsigned from)
{
    h_mov(t, 8, h_x80_m(to), h_x80_m(from));
    h_mov(t, 4, h_x80_se(to), h_x80_se(from));
}

/* Operand 1 and the destination into a and b, or b and a. */
static void operands(struct tr *t, const struct x86_insn *in, bool integer, bool reverse,
                     u32 otherwise)
{
    if (tr_is_mem(in, 1)) {
        from_memory(t, in, 1, integer, otherwise);
        if (reverse)
            move_pair(t, 0, 1);
    } else {
        h_x80_ld(t, !reverse, place(t, in->opnd[1].reg));
    }
    h_x80_ld(t, reverse, place(t, in->opnd[0].reg));
}

/* ---- instructions ---- */

static bool arith(struct tr *t, const struct x86_insn *in, enum h_x80 op, bool reverse,
                  bool integer)
{
    u32 otherwise = slow(t);

    operands(t, in, integer, reverse, otherwise);
    h_x80_do(t, op, otherwise);
    h_x80_st(t, 0, place(t, in->opnd[0].reg));
    t->x87.now.c1 = false;
    return true;
}

static bool compare(struct tr *t, const struct x86_insn *in)
{
    u32 otherwise = slow(t);
    hreg r = h_x80_se(0), sw;

    if (in->op == X86_FTST) {
        h_x80_ld(t, 0, place(t, 0));
        h_imm(t, h_x80_m(1), 0);
        h_imm(t, h_x80_se(1), 0);
    } else if (in->op == X86_FCOMPP || in->op == X86_FUCOMPP) {
        h_x80_ld(t, 0, place(t, 0));
        h_x80_ld(t, 1, place(t, 1));
    } else {
        operands(t, in, in->op == X86_FICOM || in->op == X86_FICOMP, false, otherwise);
    }
    h_x80_do(t, H_X80_CMP, otherwise);
    if (to_flags(in)) {
        h_flags_set(t, r);
        return true;
    }
    sw = h_x80_m(0);
    h_ld_cpu(t, 2, sw, FPU(sw));
    h_bfi(t, sw, h_zero(), 8, 3);
    h_bfi(t, sw, h_zero(), 14, 1);
    h_ops(t, H_OR, 4, sw, sw, r, 8);
    h_st_cpu(t, 2, sw, FPU(sw));
    t->x87.now.c1 = false;
    return true;
}

static bool load(struct tr *t, const struct x86_insn *in)
{
    bool integer = in->op == X86_FILD;

    if (!tr_is_mem(in, 0)) {
        vreg v = h_vtmp(t);

        h_vld_cpu(t, v, place(t, in->opnd[0].reg));
        h_vst_cpu(t, v, place(t, 7));
    } else if (in->opnd[0].size == 10) {
        from_memory(t, in, 0, false, 0);
    } else {
        from_memory(t, in, 0, integer, slow(t));
        h_x80_st(t, 1, place(t, 7));
    }
    t->x87.now.c1 = true;
    return true;
}

static bool store(struct tr *t, const struct x86_insn *in)
{
    unsigned size = in->opnd[0].size;
    struct h_mem m, up;
    hreg x, e;

    if (!tr_is_mem(in, 0)) {
        vreg v = h_vtmp(t);

        if (in->opnd[0].reg) {
            h_vld_cpu(t, v, place(t, 0));
            h_vst_cpu(t, v, place(t, in->opnd[0].reg));
        }
        t->x87.now.c1 = true;
        return true;
    }
    if (size == 10) {
        m = tr_mem(t, in);
        up = plus(m, 8);
        x = h_tmp(t);
        e = h_tmp(t);
        h_ld_cpu(t, 8, x, place(t, 0));
        h_ld_cpu(t, 2, e, place(t, 0) + 8);
        h_st(t, 8, x, &m);
        h_st(t, 2, e, &up);
        point(t, in, &m);
        t->x87.now.c1 = true;
        return true;
    }
    h_x80_ld(t, 0, place(t, 0));
    h_x80_do(t, size == 8 ? H_X80_TO_F64 : H_X80_TO_F32, slow(t));
    m = tr_mem(t, in);
    h_st(t, size, h_x80_raw(), &m);
    h_st_cpu(t, 2, h_x80_se(1), FPU(sw));
    point(t, in, &m);
    t->x87.now.c1 = false;
    return true;
}

/* Below 2^30 (2^14) the rounded value fits 4 (2) bytes; the others are not common. */
static bool store_int(struct tr *t, const struct x86_insn *in)
{
    unsigned size = in->opnd[0].size;
    u32 otherwise = slow(t);
    struct h_mem m;
    hreg x = h_x80_m(1);

    h_x80_ld(t, 0, place(t, 0));
    if (size < 8) {
        h_ubfx(t, x, h_x80_se(0), 0, 15);
        h_opi(t, H_SUB, 4, x, x, 16383);
        h_opi(t, H_SUB, 4, x, x, size == 4 ? 30 : 14);
        h_ubfx(t, x, x, 31, 1);
        h_jz(t, 4, x, otherwise);
    }
    h_x80_do(t, in->op == X86_FISTTP ? H_X80_TO_I64Z : H_X80_TO_I64, otherwise);
    m = tr_mem(t, in);
    h_st(t, size, h_x80_raw(), &m);
    h_st_cpu(t, 2, h_x80_se(1), FPU(sw));
    point(t, in, &m);
    t->x87.now.c1 = false;
    return true;
}

static bool exchange(struct tr *t, unsigned i)
{
    vreg a = h_vtmp(t), b = h_vtmp(t);

    h_vld_cpu(t, a, place(t, 0));
    h_vld_cpu(t, b, place(t, i));
    h_vst_cpu(t, b, place(t, 0));
    h_vst_cpu(t, a, place(t, i));
    t->x87.now.c1 = true;
    return true;
}

static bool sign(struct tr *t, enum h_op op, unsigned bits)
{
    hreg x = h_tmp(t);

    h_ld_cpu(t, 2, x, place(t, 0) + 8);
    h_opi(t, op, 4, x, x, bits);
    h_st_cpu(t, 2, x, place(t, 0) + 8);
    t->x87.now.c1 = true;
    return true;
}

/* FRNDINT, FSQRT. */
static bool in_place(struct tr *t, enum h_x80 op)
{
    u32 otherwise = slow(t);

    h_x80_ld(t, 0, place(t, 0));
    h_x80_do(t, op, otherwise);
    h_x80_st(t, 0, place(t, 0));
    t->x87.now.c1 = false;
    return true;
}

static bool move_if(struct tr *t, const struct x86_insn *in, unsigned cc)
{
    h_x80_ld(t, 0, place(t, 0));
    h_x80_ld(t, 1, place(t, in->opnd[1].reg));
    h_cmov(t, 8, h_x80_m(0), h_x80_m(1), h_x80_m(0), cc);
    h_cmov(t, 4, h_x80_se(0), h_x80_se(1), h_x80_se(0), cc);
    h_x80_st(t, 0, place(t, 0));
    return true;
}

/* FINCSTP, FDECSTP, FFREE: the caller has what they do to the stack. */
static bool stack_only(struct tr *t)
{
    t->x87.now.c1 = true;
    return true;
}

static bool constant(struct tr *t, u64 m, unsigned se)
{
    hreg x = h_tmp(t);

    h_imm(t, x, m);
    h_st_cpu(t, 8, x, place(t, 7));
    h_imm(t, x, se);
    h_st_cpu(t, 2, x, place(t, 7) + 8);
    t->x87.now.c1 = true;
    return true;
}

/* One that is not exact: m is the nearest. */
static bool rounded(struct tr *t, u64 m, unsigned se)
{
    hreg x = h_tmp(t);

    h_ld_cpu(t, 2, x, FPU(cw));
    h_ubfx(t, x, x, 10, 2);
    h_jnz(t, 4, x, slow(t));
    return constant(t, m, se);
}

static bool status(struct tr *t, const struct x86_insn *in)
{
    hreg x;
    struct h_mem m;

    write_c1(t);
    x = h_tmp(t);
    h_ld_cpu(t, 2, x, FPU(sw));
    if (t->x87.now.top)
        h_opi(t, H_OR, 4, x, x, t->x87.now.top << 11);
    if (tr_is_mem(in, 0)) {
        m = tr_mem(t, in);
        h_st(t, 2, x, &m);
    } else {
        h_bfi(t, h_gpr(X86_RAX), x, 0, 16);
    }
    return true;
}

static bool clear(struct tr *t)
{
    hreg x = h_tmp(t);

    h_ld_cpu(t, 2, x, FPU(sw));
    h_opi(t, H_AND, 4, x, x, 0x7f00);
    h_st_cpu(t, 2, x, FPU(sw));
    return true;
}

/* C3 C2 C0 of the class, C1 the sign. */
static bool examine(struct tr *t)
{
    bool empty = !(t->x87.now.used >> t->x87.now.top & 1);
    u32 some = tr_label(t), high = tr_label(t), done = tr_label(t);
    hreg m = h_x80_m(0), se = h_x80_se(0), r = h_tmp(t), e = h_tmp(t);

    h_x80_ld(t, 0, place(t, 0));
    h_imm(t, r, 0x4100);
    if (!empty) {
        h_ubfx(t, e, se, 0, 15);
        h_jnz(t, 4, e, some);
        h_imm(t, r, 0x4000); /* zero */
        h_jz(t, 8, m, done);
        h_imm(t, r, 0x4400); /* denormal */
        h_jump(t, done);
        tr_bind(t, some);
        h_imm(t, r, 0); /* no number at all */
        h_jbit(t, m, 63, false, done);
        h_opi(t, H_XOR, 4, e, e, 0x7fff);
        h_jz(t, 4, e, high);
        h_imm(t, r, 0x0400); /* normal */
        h_jump(t, done);
        tr_bind(t, high);
        h_imm(t, r, 0x0500); /* infinity */
        h_opi(t, H_SHL, 8, m, m, 1);
        h_jz(t, 8, m, done);
        h_imm(t, r, 0x0100); /* NaN */
        tr_bind(t, done);
    }
    h_ubfx(t, se, se, 15, 1);
    h_bfi(t, r, se, 9, 1);
    h_ld_cpu(t, 2, e, FPU(sw));
    h_bfi(t, e, h_zero(), 8, 3);
    h_bfi(t, e, h_zero(), 14, 1);
    h_op(t, H_OR, 4, e, e, r);
    h_st_cpu(t, 2, e, FPU(sw));
    t->x87.now.c1 = false;
    return true;
}

/* e = the exponent of pair k, which is a normal number, or it is not common. */
static void normal(struct tr *t, unsigned k, hreg e, u32 otherwise)
{
    hreg x = h_tmp(t);

    h_ubfx(t, e, h_x80_se(k), 0, 15);
    h_opi(t, H_ADD, 4, x, e, 1);
    h_opi(t, H_AND, 4, x, x, 0x7ffe); /* 0 for 0 and for 7fff */
    h_jz(t, 4, x, otherwise);
    h_opi(t, H_SHR, 8, x, h_x80_m(k), 63);
    h_jz(t, 4, x, otherwise);
    t->tmp_free |= 1u << x;
}

/* The significand on top of the exponent. */
static bool extract(struct tr *t)
{
    u32 otherwise = slow(t);
    hreg e = h_tmp(t), se = h_x80_se(0);

    h_x80_ld(t, 0, place(t, 0));
    normal(t, 0, e, otherwise);
    h_opi(t, H_AND, 4, se, se, 0x8000);
    h_opi(t, H_OR, 4, se, se, 0x3fff);
    h_x80_st(t, 0, place(t, 7));
    h_opi(t, H_SUB, 8, e, e, 16383);
    h_mov(t, 8, h_x80_raw(), e);
    h_x80_do(t, H_X80_FROM_I64, otherwise);
    h_x80_st(t, 1, place(t, 0));
    t->x87.now.c1 = true;
    return true;
}

/* By 2^ST1, a number below 2^15, where the result is a normal number too. */
static bool scale(struct tr *t)
{
    u32 otherwise = slow(t), positive = tr_label(t), add = tr_label(t);
    hreg e = h_tmp(t), n = h_tmp(t), x = h_tmp(t), se = h_x80_se(0);

    h_x80_ld(t, 0, place(t, 0));
    h_x80_ld(t, 1, place(t, 1));
    normal(t, 0, e, otherwise);
    h_op(t, H_OR, 8, x, h_x80_m(1), h_x80_se(1));
    h_imm(t, n, 0);
    h_jz(t, 8, x, add); /* + 0 */
    normal(t, 1, n, otherwise);
    h_opi(t, H_SUB, 4, n, n, 16383);
    h_opi(t, H_SHR, 4, x, n, 4); /* 1 to 2^16 */
    h_jnz(t, 4, x, otherwise);
    h_opi(t, H_XOR, 4, n, n, 63);
    h_op(t, H_SHR, 8, n, h_x80_m(1), n);
    h_jbit(t, h_x80_se(1), 15, false, positive);
    h_neg(t, 8, n, n);
    tr_bind(t, positive);
    tr_bind(t, add);
    h_op(t, H_ADD, 4, e, e, n);
    h_opi(t, H_SUB, 4, x, e, 1);
    h_opi(t, H_SHR, 4, n, x, 15);
    h_jnz(t, 4, n, otherwise);
    h_opi(t, H_SUB, 4, x, x, 0x7ffe); /* less than that */
    h_opi(t, H_SHR, 4, x, x, 31);
    h_jz(t, 4, x, otherwise);
    h_bfi(t, se, e, 0, 15);
    h_x80_st(t, 0, place(t, 0));
    t->x87.now.c1 = true;
    return true;
}

/* An exception that is no longer masked, or was not when it came: the interpreter's. */
bool tr_x80_control(struct tr *t, const struct x86_insn *in)
{
    struct h_mem m;
    hreg x, y, z;

    if (in->op != X86_FNSTCW && in->op != X86_FLDCW)
        return false;
    m = tr_mem(t, in);
    x = h_tmp(t);
    if (in->op == X86_FNSTCW) {
        h_ld_cpu(t, 2, x, FPU(cw));
        h_st(t, 2, x, &m);
        return true;
    }
    y = h_tmp(t);
    h_ld(t, 2, x, &m);
    h_not(t, 4, y, x);
    h_opi(t, H_AND, 4, y, y, 0x3f);
    if (!t->x87.now.active) {
        z = h_tmp(t);
        h_ld_cpu(t, 2, z, FPU(sw));
        h_opi(t, H_AND, 4, z, z, 0x80);
        h_op(t, H_OR, 4, y, y, z);
    }
    h_jnz(t, 4, y, slow(t));
    tr_x87_control(t, x);
    h_st_cpu(t, 2, x, FPU(cw));
    return true;
}

static bool one(struct tr *t, const struct x86_insn *in)
{
    int cc = tr_x87_condition(in);

    if (cc >= 0)
        return move_if(t, in, (unsigned)cc);
    switch (in->op) {
    case X86_FADD:
    case X86_FADDP: return arith(t, in, H_X80_ADD, false, false);
    case X86_FMUL:
    case X86_FMULP: return arith(t, in, H_X80_MUL, false, false);
    case X86_FSUB:
    case X86_FSUBP: return arith(t, in, H_X80_SUB, false, false);
    case X86_FSUBR:
    case X86_FSUBRP: return arith(t, in, H_X80_SUB, true, false);
    case X86_FDIV:
    case X86_FDIVP: return arith(t, in, H_X80_DIV, false, false);
    case X86_FDIVR:
    case X86_FDIVRP: return arith(t, in, H_X80_DIV, true, false);
    case X86_FIADD: return arith(t, in, H_X80_ADD, false, true);
    case X86_FIMUL: return arith(t, in, H_X80_MUL, false, true);
    case X86_FISUB: return arith(t, in, H_X80_SUB, false, true);
    case X86_FISUBR: return arith(t, in, H_X80_SUB, true, true);
    case X86_FIDIV: return arith(t, in, H_X80_DIV, false, true);
    case X86_FIDIVR: return arith(t, in, H_X80_DIV, true, true);
    case X86_FCOMI:
    case X86_FCOMIP:
    case X86_FUCOMI:
    case X86_FUCOMIP:
    case X86_FCOM:
    case X86_FCOMP:
    case X86_FCOMPP:
    case X86_FTST:
    case X86_FICOM:
    case X86_FICOMP:
    case X86_FUCOM:
    case X86_FUCOMP:
    case X86_FUCOMPP: return compare(t, in);
    case X86_FLD:
    case X86_FILD: return load(t, in);
    case X86_FST:
    case X86_FSTP: return store(t, in);
    case X86_FIST:
    case X86_FISTP:
    case X86_FISTTP: return store_int(t, in);
    case X86_FXCH: return exchange(t, in->opnd[0].reg);
    case X86_FCHS: return sign(t, H_XOR, 0x8000);
    case X86_FABS: return sign(t, H_AND, 0x7fff);
    case X86_FLD1: return constant(t, 1ull << 63, 16383);
    case X86_FLDZ: return constant(t, 0, 0);
    case X86_FLDPI: return rounded(t, 0xc90fdaa22168c235, 0x4000);
    case X86_FLDL2T: return rounded(t, 0xd49a784bcd1b8afe, 0x4000);
    case X86_FLDL2E: return rounded(t, 0xb8aa3b295c17f0bc, 0x3fff);
    case X86_FLDLG2: return rounded(t, 0x9a209a84fbcff799, 0x3ffd);
    case X86_FLDLN2: return rounded(t, 0xb17217f7d1cf79ac, 0x3ffe);
    case X86_FRNDINT: return in_place(t, H_X80_RINT);
    case X86_FSQRT: return in_place(t, H_X80_SQRT);
    case X86_FFREE:
    case X86_FINCSTP:
    case X86_FDECSTP: return stack_only(t);
    case X86_FNSTSW: return status(t, in);
    case X86_FNSTCW:
    case X86_FLDCW: return tr_x80_control(t, in);
    case X86_FNCLEX: return clear(t);
    case X86_FXAM: return examine(t);
    case X86_FXTRACT: return extract(t);
    case X86_FSCALE: return scale(t);
    case X86_FNENI:
    case X86_FNDISI:
    case X86_FNSETPM:
    case X86_FNOP:
    case X86_WAIT: return true;
    default: return false;
    }
}

#define X80(op) [X86_##op] = true,
static const bool only_here[X86_OP_COUNT] = {
#include "dynarec/translate/x80.def"
};
#undef X80

/* Operands whose addresses have a segment base are left out: the pointer has none. */
bool tr_x80_can(const struct x86_insn *in)
{
    return (tr_x87_translated(in) || only_here[in->op]) && in->seg == X86_SEG_NONE && in->adsz == 8;
}

bool tr_x80_op(struct tr *t, const struct x86_insn *in, const struct tr_x87_state *after)
{
    struct tr_x87_state *s = &t->x87.now;

    if (!tr_x80_can(in) || !tr_x87_activate(t))
        return false;
    reserve(t);
    if (!one(t, in))
        return false;
    s->top = after->top;
    s->used = after->used;
    if (notes(in)) {
        s->ptr = true;
        s->fop = (u16)in->imm;
        s->fip = tr_cur(t)->pc;
    }
    s->dirty = s->top != s->mtop || s->used != s->mused || s->c1 || s->ptr;
    return true;
}
