/*
 * tr_x87_ops.c - x87 instructions in double mode. Not kept: exception flags of the status word, the
 * last instruction's pointers, the precision control; rounding control is obeyed by conversions to
 * integers and FRNDINT. What is not here, and whatever would be a stack fault, is x86_sem's.
 */
#include "dynarec/translate/tr_x87.h"

#define FPU(field) ((unsigned)offsetof(struct x86_cpu, fpu.field))

static unsigned phys(const struct tr_x87_state *s, unsigned i)
{
    return (s->top + i) & 7;
}

static bool full(const struct tr_x87_state *s, unsigned i)
{
    return s->used >> phys(s, i) & 1;
}

static void push(struct tr_x87_state *s)
{
    s->top = (s->top - 1) & 7;
    s->used |= (u8)(1u << s->top);
}

static void pop(struct tr_x87_state *s)
{
    s->used &= (u8) ~(1u << s->top);
    s->top = (s->top + 1) & 7;
}

/* ---- effect on the stack ---- */

int tr_x87_condition(const struct x86_insn *in)
{
    switch (in->op) {
    case X86_FCMOVB: return 2;
    case X86_FCMOVNB: return 3;
    case X86_FCMOVE: return 4;
    case X86_FCMOVNE: return 5;
    case X86_FCMOVBE: return 6;
    case X86_FCMOVNBE: return 7;
    case X86_FCMOVU: return 10;
    case X86_FCMOVNU: return 11;
    default: return -1;
    }
}

enum shape {
    E_NONE,  /* not the stack */
    E_ST0,   /* reads, or reads and writes, ST0 */
    E_ST01,  /* reads ST0 and ST1 */
    E_STI,   /* ST0 and its register operand */
    E_PUSH,  /* pushes a constant or memory */
    E_COPY,  /* pushes its operand */
    E_STORE, /* ST0 into its operand */
    E_XCH,
    E_FREE,
    E_INC,
    E_DEC,
    E_TWO, /* replaces ST0, pushes */
    E_UNKNOWN
};

struct effect {
    enum shape shape;
    u8 pops;
};

#define E(shape, pops)                                                                             \
    return (struct effect)                                                                         \
    {                                                                                              \
        shape, pops                                                                                \
    }
static struct effect effect_of(const struct x86_insn *in)
{
    switch (in->op) {
    case X86_FLD:
        if (in->opnd[0].kind == X86_OPK_ST)
            E(E_COPY, 0);
        E(E_PUSH, 0);
    case X86_FILD:
    case X86_FBLD:
    case X86_FLD1:
    case X86_FLDZ:
    case X86_FLDPI:
    case X86_FLDL2T:
    case X86_FLDL2E:
    case X86_FLDLG2:
    case X86_FLDLN2: E(E_PUSH, 0);
    case X86_FST: E(in->opnd[0].kind == X86_OPK_ST ? E_STORE : E_ST0, 0);
    case X86_FSTP: E(in->opnd[0].kind == X86_OPK_ST ? E_STORE : E_ST0, 1);
    case X86_FIST: E(E_ST0, 0);
    case X86_FISTP:
    case X86_FISTTP:
    case X86_FBSTP: E(E_ST0, 1);
    case X86_FXCH: E(E_XCH, 0);
    case X86_FADD:
    case X86_FMUL:
    case X86_FSUB:
    case X86_FSUBR:
    case X86_FDIV:
    case X86_FDIVR:
    case X86_FCOM:
    case X86_FUCOM:
    case X86_FCOMI:
    case X86_FUCOMI: E(E_STI, 0);
    case X86_FADDP:
    case X86_FMULP:
    case X86_FSUBP:
    case X86_FSUBRP:
    case X86_FDIVP:
    case X86_FDIVRP:
    case X86_FCOMP:
    case X86_FUCOMP:
    case X86_FCOMIP:
    case X86_FUCOMIP: E(E_STI, 1);
    case X86_FCOMPP:
    case X86_FUCOMPP: E(E_ST01, 2);
    case X86_FIADD:
    case X86_FIMUL:
    case X86_FISUB:
    case X86_FISUBR:
    case X86_FIDIV:
    case X86_FIDIVR:
    case X86_FICOM:
    case X86_FCHS:
    case X86_FABS:
    case X86_FSQRT:
    case X86_FTST:
    case X86_FRNDINT:
    case X86_F2XM1:
    case X86_FSIN:
    case X86_FCOS: E(E_ST0, 0);
    case X86_FICOMP: E(E_ST0, 1);
    case X86_FYL2X:
    case X86_FYL2XP1:
    case X86_FPATAN: E(E_ST01, 1);
    case X86_FPREM:
    case X86_FPREM1:
    case X86_FSCALE: E(E_ST01, 0);
    case X86_FFREE: E(E_FREE, 0);
    case X86_FINCSTP: E(E_INC, 0);
    case X86_FDECSTP: E(E_DEC, 0);
    case X86_FXAM:
    case X86_FNOP:
    case X86_FNSTCW:
    case X86_FLDCW:
    case X86_FNSTSW:
    case X86_FNCLEX:
    case X86_FNENI:
    case X86_FNDISI:
    case X86_FNSETPM:
    case X86_WAIT: E(E_NONE, 0);
    case X86_FXTRACT: E(E_TWO, 0);
    default: E(tr_x87_condition(in) < 0 ? E_UNKNOWN : E_STI, 0);
    }
}
#undef E

bool tr_x87_effect(const struct x86_insn *in, struct tr_x87_state *s)
{
    u32 attr = x86_rows[in->row].attr;
    struct effect e;
    unsigned reg = 0;

    if (!(attr & X86_ATTR_X87))
        return !(attr & X86_ATTR_MMX) && in->op != X86_FXRSTOR && in->op != X86_XRSTOR;
    e = effect_of(in);
    for (unsigned i = 0; i < in->nopnd; i++)
        if (in->opnd[i].kind == X86_OPK_ST && in->opnd[i].reg)
            reg = in->opnd[i].reg;
    switch (e.shape) {
    case E_NONE: return true;
    case E_INC: s->top = (s->top + 1) & 7; return true;
    case E_DEC: s->top = (s->top - 1) & 7; return true;
    case E_FREE: s->used &= (u8) ~(1u << phys(s, in->opnd[0].reg)); return true;
    case E_PUSH:
        if (full(s, 7))
            return false;
        push(s);
        return true;
    case E_COPY:
        if (full(s, 7) || !full(s, in->opnd[0].reg))
            return false;
        push(s);
        return true;
    case E_STORE:
        if (!full(s, 0))
            return false;
        s->used |= (u8)(1u << phys(s, in->opnd[0].reg));
        break;
    case E_ST0:
        if (!full(s, 0))
            return false;
        break;
    case E_TWO:
        if (!full(s, 0) || full(s, 7))
            return false;
        push(s);
        return true;
    case E_ST01:
        if (!full(s, 0) || !full(s, 1))
            return false;
        break;
    case E_STI:
    case E_XCH:
        if (!full(s, 0) || !full(s, reg))
            return false;
        break;
    default: return false;
    }
    for (unsigned i = 0; i < e.pops; i++)
        pop(s);
    return true;
}

bool tr_x87_names(const struct x86_insn *in, struct tr_x87_state *s)
{
    bool st = in->nopnd && in->opnd[0].kind == X86_OPK_ST;
    unsigned p = phys(s, 0), q = phys(s, in->opnd[0].reg);
    u8 r = s->reg[p];

    if (!tr_x87_effect(in, s))
        return false;
    if (in->op == X86_FXCH || (in->op == X86_FSTP && st)) {
        s->reg[p] = s->reg[q];
        s->reg[q] = r;
    }
    return true;
}

/* ---- instructions; the stack is active and has what they read ---- */

static vreg st(const struct tr *t, unsigned i)
{
    return h_x87_reg(t->x87.now.reg[phys(&t->x87.now, i)]);
}

static void swap(struct tr *t, unsigned i)
{
    struct tr_x87_state *s = &t->x87.now;
    unsigned p = phys(s, 0), q = phys(s, i);
    u8 r = s->reg[p];

    s->reg[p] = s->reg[q];
    s->reg[q] = r;
}

/* Memory operand i of 4 or 8 bytes as a double, integer or float. */
static void load(struct tr *t, const struct x86_insn *in, unsigned i, bool integer, vreg d)
{
    unsigned size = in->opnd[i].size;
    struct h_mem m = tr_mem(t, in);

    if (integer) {
        hreg x = h_tmp(t);

        if (size == 8)
            h_ld(t, 8, x, &m);
        else
            h_lds(t, size, 8, x, &m);
        h_fr_from_int(t, 8, 8, d, x);
        return;
    }
    h_vld(t, size, d, &m);
    if (size == 4)
        h_fr_cvt(t, 4, d, d);
}

static struct h_mem plus(struct h_mem m, i64 n)
{
    m.disp += n;
    return m;
}

static void load80(struct tr *t, const struct x86_insn *in, vreg d)
{
    struct h_mem m = tr_mem(t, in), up = plus(m, 8);
    hreg x = h_tmp(t), e = h_tmp(t);

    h_ld(t, 8, x, &m);
    h_ld(t, 2, e, &up);
    h_f_from_f80(t, d, x, e);
}

/* ST(i) to the memory operand of in. */
static void store(struct tr *t, const struct x86_insn *in, unsigned i)
{
    struct h_mem m, up;
    hreg x, e;
    vreg v;

    if (in->opnd[0].size == 10) {
        x = h_tmp(t);
        e = h_tmp(t);
        h_f_to_f80(t, x, e, st(t, i));
        m = tr_mem(t, in);
        up = plus(m, 8);
        h_st(t, 8, x, &m);
        h_st(t, 2, e, &up);
        return;
    }
    m = tr_mem(t, in);
    v = st(t, i);
    if (in->opnd[0].size == 4) {
        v = h_vtmp(t);
        h_fr_cvt(t, 8, v, st(t, i));
    }
    h_vst(t, in->opnd[0].size, v, &m);
}

static void store_int(struct tr *t, const struct x86_insn *in, bool trunc)
{
    struct h_mem m = tr_mem(t, in);
    vreg v = h_vtmp(t);
    hreg x = h_tmp(t), rc;

    if (trunc) {
        h_f_trunc(t, v, st(t, 0));
    } else {
        rc = h_tmp(t);
        h_ld_cpu(t, 2, rc, FPU(cw));
        h_ubfx(t, rc, rc, 10, 2);
        h_f_round_rc(t, v, st(t, 0), rc);
    }
    h_f_integral_to_int(t, in->opnd[0].size, x, v);
    h_st(t, in->opnd[0].size, x, &m);
}

/* ST(d) = ST(d) op source, or the other way round. */
static void arith(struct tr *t, const struct x86_insn *in, enum h_fop op, bool reverse,
                  bool integer)
{
    vreg d = st(t, in->opnd[0].reg), b;

    if (tr_is_mem(in, 1)) {
        b = h_vtmp(t);
        load(t, in, 1, integer, b);
    } else {
        b = st(t, in->opnd[1].reg);
    }
    h_fr(t, op, 8, d, reverse ? b : d, reverse ? d : b);
}

static void constant(struct tr *t, u64 bits)
{
    push(&t->x87.now);
    if (bits)
        h_vconst(t, st(t, 0), bits, 0);
    else
        h_vzero(t, st(t, 0));
}

static void compare(struct tr *t, const struct x86_insn *in, bool quiet)
{
    hreg x = h_tmp(t), sw = h_tmp(t);
    vreg b;

    if (in->op == X86_FTST) {
        b = h_vtmp(t);
        h_vzero(t, b);
    } else if (in->op == X86_FCOMPP || in->op == X86_FUCOMPP) {
        b = st(t, 1);
    } else if (tr_is_mem(in, 1)) {
        b = h_vtmp(t);
        load(t, in, 1, in->op == X86_FICOM || in->op == X86_FICOMP, b);
    } else {
        b = st(t, in->opnd[1].reg);
    }
    h_f_com(t, x, st(t, 0), b, quiet);
    h_ld_cpu(t, 2, sw, FPU(sw));
    h_opi(t, H_AND, 4, sw, sw, ~0x4700 & 0xffff);
    h_op(t, H_OR, 4, sw, sw, x);
    h_st_cpu(t, 2, sw, FPU(sw));
}

/* SW with TOP. */
static void status(struct tr *t, const struct x86_insn *in)
{
    hreg x = h_tmp(t);
    struct h_mem m;

    h_ld_cpu(t, 2, x, FPU(sw));
    h_opi(t, H_OR, 4, x, x, t->x87.now.top << 11);
    if (tr_is_mem(in, 0)) {
        m = tr_mem(t, in);
        h_st(t, 2, x, &m);
    } else {
        h_bfi(t, h_gpr(X86_RAX), x, 0, 16);
    }
}

static bool move_if(struct tr *t, const struct x86_insn *in)
{
    int cc = tr_x87_condition(in);
    hreg x, zero;
    vreg m, d = st(t, 0);

    if (cc < 0)
        return false;
    x = h_tmp(t);
    zero = h_tmp(t);
    m = h_vtmp(t);
    h_setcc(t, x, (unsigned)cc);
    h_imm(t, zero, 0);
    h_op(t, H_SUB, 8, x, zero, x);
    h_vfrom_gpr(t, 8, m, x);
    h_vblend(t, 3, d, d, st(t, in->opnd[1].reg), m);
    return true;
}

/* Everything that does not change the stack, or pops afterwards. */
static bool value(struct tr *t, const struct x86_insn *in)
{
    vreg v = st(t, 0);
    hreg x;

    switch (in->op) {
    case X86_FADD:
    case X86_FADDP: arith(t, in, H_FADD, false, false); return true;
    case X86_FMUL:
    case X86_FMULP: arith(t, in, H_FMUL, false, false); return true;
    case X86_FSUB:
    case X86_FSUBP: arith(t, in, H_FSUB, false, false); return true;
    case X86_FSUBR:
    case X86_FSUBRP: arith(t, in, H_FSUB, true, false); return true;
    case X86_FDIV:
    case X86_FDIVP: arith(t, in, H_FDIV, false, false); return true;
    case X86_FDIVR:
    case X86_FDIVRP: arith(t, in, H_FDIV, true, false); return true;
    case X86_FIADD: arith(t, in, H_FADD, false, true); return true;
    case X86_FIMUL: arith(t, in, H_FMUL, false, true); return true;
    case X86_FISUB: arith(t, in, H_FSUB, false, true); return true;
    case X86_FISUBR: arith(t, in, H_FSUB, true, true); return true;
    case X86_FIDIV: arith(t, in, H_FDIV, false, true); return true;
    case X86_FIDIVR: arith(t, in, H_FDIV, true, true); return true;
    case X86_FCHS: h_f_neg(t, v, v); return true;
    case X86_FABS: h_f_abs(t, v, v); return true;
    case X86_FSQRT: h_fr_sqrt(t, 8, v, v); return true;
    case X86_FRNDINT:
        x = h_tmp(t);
        h_ld_cpu(t, 2, x, FPU(cw));
        h_ubfx(t, x, x, 10, 2);
        h_f_round_rc(t, v, v, x);
        return true;
    case X86_FCOMI:
    case X86_FCOMIP: h_flags_fcmp(t, 8, v, st(t, in->opnd[1].reg), false); return true;
    case X86_FUCOMI:
    case X86_FUCOMIP: h_flags_fcmp(t, 8, v, st(t, in->opnd[1].reg), true); return true;
    case X86_FCOM:
    case X86_FCOMP:
    case X86_FCOMPP:
    case X86_FTST:
    case X86_FICOM:
    case X86_FICOMP: compare(t, in, false); return true;
    case X86_FUCOM:
    case X86_FUCOMP:
    case X86_FUCOMPP: compare(t, in, true); return true;
    case X86_FIST:
    case X86_FISTP: store_int(t, in, false); return true;
    case X86_FISTTP: store_int(t, in, true); return true;
    case X86_FNSTSW: status(t, in); return true;
    case X86_FNOP:
    case X86_WAIT:
    case X86_FFREE:
    case X86_FINCSTP:
    case X86_FDECSTP: return true;
    default: return move_if(t, in);
    }
}

/* FLD of a register and FSTP to memory behind it: one store. */
static bool copy_out(struct tr *t, const struct x86_insn *in)
{
    const struct tr_block *b = &t->blk[t->curblk];
    u32 next = t->cur + 1;
    const struct x86_insn *out = &t->ins[next].in;

    if (in->op != X86_FLD || in->opnd[0].kind != X86_OPK_ST || next >= b->first + b->n ||
        out->op != X86_FSTP || !tr_is_mem(out, 0))
        return false;
    store(t, out, in->opnd[0].reg);
    t->done[next / 32] |= 1u << next % 32;
    return true;
}

/* Pushes: into the register that the new ST0 has, which holds nothing yet. */
static bool pushes(struct tr *t, const struct x86_insn *in)
{
    struct tr_x87_state *s = &t->x87.now;
    vreg d = h_x87_reg(s->reg[(s->top - 1) & 7]);

    switch (in->op) {
    case X86_FLD:
        if (in->opnd[0].kind == X86_OPK_ST)
            h_f_move(t, d, st(t, in->opnd[0].reg));
        else if (in->opnd[0].size == 10)
            load80(t, in, d);
        else
            load(t, in, 0, false, d);
        push(s);
        return true;
    case X86_FILD:
        load(t, in, 0, true, d);
        push(s);
        return true;
    case X86_FLD1: constant(t, 0x3ff0000000000000); return true;
    case X86_FLDZ: constant(t, 0); return true;
    case X86_FLDPI: constant(t, 0x400921fb54442d18); return true;
    case X86_FLDL2T: constant(t, 0x400a934f0979a371); return true;
    case X86_FLDL2E: constant(t, 0x3ff71547652b82fe); return true;
    case X86_FLDLG2: constant(t, 0x3fd34413509f79ff); return true;
    case X86_FLDLN2: constant(t, 0x3fe62e42fefa39ef); return true;
    default: return false;
    }
}

/* FST and FSTP, FXCH: a store to a register that is then popped only changes names. */
static bool moves(struct tr *t, const struct x86_insn *in)
{
    struct tr_x87_state *s = &t->x87.now;
    unsigned i = in->opnd[0].reg;

    if (in->op == X86_FXCH) {
        swap(t, i);
        return true;
    }
    if (in->op != X86_FST && in->op != X86_FSTP)
        return false;
    if (in->opnd[0].kind != X86_OPK_ST) {
        store(t, in, 0);
    } else if (in->op == X86_FST) {
        h_f_move(t, st(t, i), st(t, 0));
        s->used |= (u8)(1u << phys(s, i));
    } else {
        swap(t, i);
        s->used |= (u8)(1u << phys(s, i));
    }
    if (in->op == X86_FSTP)
        pop(s);
    return true;
}

static bool dirties(const struct x86_insn *in)
{
    switch (in->op) {
    case X86_FST: return in->opnd[0].kind == X86_OPK_ST;
    case X86_FIST:
    case X86_FNSTSW:
    case X86_FNOP:
    case X86_WAIT:
    case X86_FCOM:
    case X86_FUCOM:
    case X86_FCOMI:
    case X86_FUCOMI:
    case X86_FTST:
    case X86_FICOM:
    case X86_FNSTCW:
    case X86_FLDCW: return false;
    default: return true;
    }
}

/* The bits that CW has: 0-5 and 8-12, and bit 6 is 1. */
void tr_x87_control(struct tr *t, hreg x)
{
    h_bfi(t, x, h_zero(), 13, 3);
    h_bfi(t, x, h_zero(), 6, 2);
    h_opi(t, H_OR, 4, x, x, 0x40);
}

/* CW is in memory; FLDCW may make a pending exception deliverable, but none is recorded here. */
static bool control_word(struct tr *t, const struct x86_insn *in)
{
    struct h_mem m = tr_mem(t, in);
    hreg x = h_tmp(t);

    if (in->op == X86_FLDCW) {
        h_ld(t, 2, x, &m);
        tr_x87_control(t, x);
        h_st_cpu(t, 2, x, FPU(cw));
    } else {
        h_ld_cpu(t, 2, x, FPU(cw));
        h_st(t, 2, x, &m);
    }
    return true;
}

#define X87(op) [X86_##op] = true,
static const bool translated[X86_OP_COUNT] = {
#include "dynarec/translate/x87.def"
};
#undef X87

bool tr_x87_translated(const struct x86_insn *in)
{
    return translated[in->op];
}

bool tr_x87_op(struct tr *t, const struct x86_insn *in)
{
    struct tr_x87_state after = t->x87.now;

    if (!tr_x87_effect(in, &after))
        return false;
    if (!t->opt.x87double)
        return tr_x80_op(t, in, &after);
    if (!translated[in->op])
        return false;
    if (in->op == X86_FNSTCW || in->op == X86_FLDCW)
        return control_word(t, in);
    if (!tr_x87_activate(t))
        return false;
    if (copy_out(t, in))
        return true;
    if (!moves(t, in) && !pushes(t, in) && !value(t, in))
        return false;
    t->x87.now.top = after.top;
    t->x87.now.used = after.used;
    t->x87.now.dirty |= dirties(in);
    return true;
}
