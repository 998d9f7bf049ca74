/*
 * sem_x87_arith.c - x87 add, subtract, multiply, divide, compare, and the one-operand functions
 * that are exact or correctly rounded. One body per shape (arith, compare, unary); the operations
 * are instances.
 */
#include "interp/x87_fast.h"

enum { POP = 1, INTEGER = 2, REVERSE = 4 };

bool x87_stack_fault(struct x86_cpu *c, bool c1)
{
    struct x86_fpu *f = &c->fpu;

    f->sw = (u16)((f->sw & ~X87_C1) | SF_IE | X87_SF | (c1 ? X87_C1 : 0));
    x87_update_es(f);
    return f->cw & SF_IE;
}

typedef bool fast_fn(struct x87_val *r, struct x87_val a, struct x87_val b, unsigned shift,
                     u32 *st);

/* ST(d) = ST(d) op b; false: not a case for the fast path, nothing done. */
ALWAYS_INLINE bool arith_fast(struct x86_cpu *c, unsigned d, struct x87_val b, fast_fn *fast,
                              unsigned how, unsigned shift)
{
    struct x87_val a, r;
    u32 st;

    if (!x87_val_st(c, d, &a) ||
        !(how & REVERSE ? fast(&r, b, a, shift, &st) : fast(&r, a, b, shift, &st)))
        return false;
    x87_fast_put(c, d, &r, st);
    if (how & POP)
        x87_pop(c);
    return true;
}

/* Reduced precision (PC 24 or 53, the Windows default): still by the fast functions. */
static bool arith_prec(struct x86_cpu *c, const struct x86_insn *in, u64 raw, sf_f80_fn *fn,
                       unsigned how)
{
    unsigned d = in->opnd[0].reg, shift = x87_fast_shift(c);
    struct x87_val b;

    if (!(op_is_mem(in, 1) ? x87_val_mem(raw, in->opnd[1].size, how & INTEGER, &b)
                           : x87_val_st(c, in->opnd[1].reg, &b)))
        return false;
    if (fn == sf_f80_add)
        return arith_fast(c, d, b, x87_fast_add, how, shift);
    if (fn == sf_f80_sub)
        return arith_fast(c, d, b, x87_fast_sub, how, shift);
    if (fn == sf_f80_mul)
        return arith_fast(c, d, b, x87_fast_mul, how, shift);
    return arith_fast(c, d, b, x87_fast_div, how, shift);
}

/* dst = dst op src, or src op dst (rev), all cases. Operand 0 is the destination; operand 1 memory
 * (already in raw) or ST. */
static NOINLINE void arith_slow(struct x86_cpu *c, const struct x86_insn *in, u64 raw,
                                sf_f80_fn *fn, unsigned how)
{
    unsigned d = in->opnd[0].reg;
    struct sf_env v = x87_env(c);
    bool empty = false, pop = how & POP;
    struct sf_num a, b;
    struct x86_f80 r;

    if (x87_fast_env(c) && v.prec != 64 && arith_prec(c, in, raw, fn, how))
        return;
    if (op_is_mem(in, 1)) {
        b = x87_num_mem(raw, in->opnd[1].size, how & INTEGER);
    } else {
        empty = x87_empty(c, in->opnd[1].reg);
        b = sf_num_f80(*x87_st(c, in->opnd[1].reg));
    }
    if (UNLIKELY(empty || x87_empty(c, d))) {
        if (!x87_stack_fault(c, false))
            return;
        x87_put(c, d, X87_DEFAULT_NAN);
        if (pop)
            x87_pop(c);
        return;
    }
    a = sf_num_f80(*x87_st(c, d));
    r = how & REVERSE ? fn(&v, &b, &a) : fn(&v, &a, &b);
    x87_finish(c, &v, d, r, pop);
}

ALWAYS_INLINE void arith_reg(struct x86_cpu *c, const struct x86_insn *in, fast_fn *fast,
                             sf_f80_fn *fn, unsigned how)
{
    struct x87_val b;

    x87_wait(c);
    x87_note(c, in);
    if (!x87_fast_env64(c) || !x87_val_st(c, in->opnd[1].reg, &b) ||
        !arith_fast(c, in->opnd[0].reg, b, fast, how, 0))
        arith_slow(c, in, 0, fn, how);
}

ALWAYS_INLINE void arith_mem(struct x86_cpu *c, const struct x86_insn *in, fast_fn *fast,
                             sf_f80_fn *fn, unsigned how)
{
    unsigned size = in->opnd[1].size;
    struct x87_val b;
    u64 raw;

    x87_wait(c);
    raw = how & INTEGER ? mem_read(sem_ea(c, in), size)
          : size == 4   ? ld_u32(g2h(sem_ea(c, in)))
                        : ld_u64(g2h(sem_ea(c, in)));
    x87_note_mem(c, in, sem_ea_offset(c, in));
    if (!x87_fast_env64(c) || !x87_val_mem(raw, size, how & INTEGER, &b) ||
        !arith_fast(c, 0, b, fast, how, 0))
        arith_slow(c, in, raw, fn, how);
}

#define ARITH(OP, name, rev)                                                                       \
    static NOINLINE void name##_mem##rev(struct x86_cpu *c, const struct x86_insn *in)             \
    {                                                                                              \
        arith_mem(c, in, x87_fast_##name, sf_f80_##name, rev);                                     \
    }                                                                                              \
    void sem_F##OP(struct x86_cpu *c, const struct x86_insn *in)                                   \
    {                                                                                              \
        if (op_is_mem(in, 1))                                                                      \
            name##_mem##rev(c, in);                                                                \
        else                                                                                       \
            arith_reg(c, in, x87_fast_##name, sf_f80_##name, rev);                                 \
    }                                                                                              \
    void sem_FI##OP(struct x86_cpu *c, const struct x86_insn *in)                                  \
    {                                                                                              \
        arith_mem(c, in, x87_fast_##name, sf_f80_##name, INTEGER | rev);                           \
    }                                                                                              \
    void sem_F##OP##P(struct x86_cpu *c, const struct x86_insn *in)                                \
    {                                                                                              \
        arith_reg(c, in, x87_fast_##name, sf_f80_##name, POP | rev);                               \
    }
ARITH(ADD, add, 0)
ARITH(MUL, mul, 0)
ARITH(SUB, sub, 0)
ARITH(SUBR, sub, 4)
ARITH(DIV, div, 0)
ARITH(DIVR, div, 4)

/* --- compares: to C3 C2 C0 or to EFLAGS */
static void set_relation(struct x86_cpu *c, enum sf_rel rel, bool eflags)
{
    static const u16 cc[] = {
        [SF_LT] = X87_C0, [SF_EQ] = X87_C3, [SF_GT] = 0, [SF_UN] = X87_C3 | X87_C2 | X87_C0};
    static const u16 fl[] = {
        [SF_LT] = X86_CF, [SF_EQ] = X86_ZF, [SF_GT] = 0, [SF_UN] = X86_ZF | X86_PF | X86_CF};

    if (eflags) {
        c->eflags = (c->eflags & ~(u32)X86_OSZAPC) | fl[rel];
        c->lf.kind = 0;
    } else {
        c->fpu.sw = (u16)((c->fpu.sw & ~(X87_C3 | X87_C2 | X87_C0)) | cc[rel]);
    }
}

/* ST(0) against b, which is there unless empty. */
ALWAYS_INLINE void compare(struct x86_cpu *c, const struct sf_num *b, bool empty, bool quiet,
                           bool eflags, unsigned pops)
{
    struct sf_env v = x87_env(c);
    enum sf_rel rel = SF_UN;
    unsigned open = 0;
    struct sf_num a;
    u16 c1;

    if (UNLIKELY(empty || x87_empty(c, 0))) {
        open = !x87_stack_fault(c, false);
    } else {
        a = sf_num_f80(*x87_st(c, 0));
        rel = sf_f80_cmp(&v, &a, b, quiet);
        c1 = eflags ? c->fpu.sw & X87_C1 : 0; /* the EFLAGS forms leave C1 alone */
        open = x87_flags(c, &v);
        c->fpu.sw |= c1;
    }
    set_relation(c, rel, eflags);
    if (UNLIKELY(open))
        return;
    while (pops--)
        x87_pop(c);
}

ALWAYS_INLINE enum sf_rel fast_order(const struct x87_val *x, const struct x87_val *y)
{
    if (x->sign != y->sign)
        return x->sign ? SF_LT : SF_GT;
    if (x->e == y->e && x->m == y->m)
        return SF_EQ;
    return (x->e < y->e || (x->e == y->e && x->m < y->m)) != x->sign ? SF_LT : SF_GT;
}

ALWAYS_INLINE void compare_op(struct x86_cpu *c, const struct x86_insn *in, bool integer,
                              bool quiet, bool eflags, unsigned pops)
{
    struct sf_num b;
    struct x87_val x, y;
    bool empty = false;

    x87_wait(c);
    if (in->nopnd == 2 && op_is_mem(in, 1)) {
        b = x87_load(c, in, 1, integer);
    } else {
        unsigned i = in->nopnd == 2 ? in->opnd[1].reg : 1;

        x87_note(c, in);
        if (x87_val_st(c, 0, &x) && x87_val_st(c, i, &y)) {
            if (!eflags)
                c->fpu.sw &= (u16)~X87_C1;
            set_relation(c, fast_order(&x, &y), eflags);
            while (pops--)
                x87_pop(c);
            return;
        }
        empty = x87_empty(c, i);
        b = sf_num_f80(*x87_st(c, i));
    }
    compare(c, &b, empty, quiet, eflags, pops);
}

#define COMPARE(OP, integer, quiet, eflags, pops)                                                  \
    void sem_##OP(struct x86_cpu *c, const struct x86_insn *in)                                    \
    {                                                                                              \
        compare_op(c, in, integer, quiet, eflags, pops);                                           \
    }
COMPARE(FCOM, false, false, false, 0)
COMPARE(FCOMP, false, false, false, 1)
COMPARE(FCOMPP, false, false, false, 2)
COMPARE(FICOM, true, false, false, 0)
COMPARE(FICOMP, true, false, false, 1)
COMPARE(FUCOM, false, true, false, 0)
COMPARE(FUCOMP, false, true, false, 1)
COMPARE(FUCOMPP, false, true, false, 2)
COMPARE(FCOMI, false, false, true, 0)
COMPARE(FCOMIP, false, false, true, 1)
COMPARE(FUCOMI, false, true, true, 0)
COMPARE(FUCOMIP, false, true, true, 1)

void sem_FTST(struct x86_cpu *c, const struct x86_insn *in)
{
    struct sf_num zero = sf_num_int(0);

    x87_wait(c);
    x87_note(c, in);
    compare(c, &zero, false, false, false, 0);
}

void sem_FXAM(struct x86_cpu *c, const struct x86_insn *in)
{
    const struct x86_f80 *a = x87_st(c, 0);
    struct sf_num n = sf_num_f80(*a);
    unsigned cc;

    x87_wait(c);
    x87_note(c, in);
    if (x87_empty(c, 0))
        cc = X87_C3 | X87_C0;
    else if (n.cls == SF_UNSUP)
        cc = 0;
    else if (n.cls >= SF_QNAN)
        cc = X87_C0;
    else if (n.cls == SF_INF)
        cc = X87_C2 | X87_C0;
    else if (n.cls == SF_ZERO)
        cc = X87_C3;
    else
        cc = n.den ? X87_C3 | X87_C2 : X87_C2;
    c->fpu.sw = (u16)((c->fpu.sw & ~X87_CC) | cc | (a->se >> 15 ? X87_C1 : 0));
}

/* --- one operand, in ST(0) */
typedef struct x86_f80 unary_fn(struct sf_env *v, const struct sf_num *a);

ALWAYS_INLINE void unary(struct x86_cpu *c, const struct x86_insn *in, unary_fn *fn)
{
    struct sf_env v = x87_env(c);
    struct sf_num a;

    x87_wait(c);
    x87_note(c, in);
    if (UNLIKELY(x87_empty(c, 0))) {
        if (x87_stack_fault(c, false))
            x87_put(c, 0, X87_DEFAULT_NAN);
        return;
    }
    a = sf_num_f80(*x87_st(c, 0));
    x87_finish(c, &v, 0, fn(&v, &a), false);
}

void sem_FSQRT(struct x86_cpu *c, const struct x86_insn *in)
{
    unary(c, in, sf_f80_sqrt);
}

void sem_FRNDINT(struct x86_cpu *c, const struct x86_insn *in)
{
    unary(c, in, sf_f80_round_int);
}

/* Sign only: NaNs and unsupported formats raise nothing. */
ALWAYS_INLINE void sign_op(struct x86_cpu *c, const struct x86_insn *in, u16 keep, u16 flip)
{
    struct x86_f80 *a = x87_st(c, 0);

    x87_wait(c);
    x87_note(c, in);
    if (UNLIKELY(x87_empty(c, 0))) {
        if (x87_stack_fault(c, false))
            x87_put(c, 0, X87_DEFAULT_NAN);
        return;
    }
    c->fpu.sw &= (u16)~X87_C1;
    a->se = (a->se & keep) ^ flip;
}

void sem_FCHS(struct x86_cpu *c, const struct x86_insn *in)
{
    sign_op(c, in, 0xffff, 0x8000);
}

void sem_FABS(struct x86_cpu *c, const struct x86_insn *in)
{
    sign_op(c, in, 0x7fff, 0);
}

/* --- two operands ST(0), ST(1), result in ST(0) */

/* Checks and unpacks; false: a stack fault was dealt with. */
static bool two_operands(struct x86_cpu *c, const struct x86_insn *in, struct sf_num *a,
                         struct sf_num *b)
{
    x87_wait(c);
    x87_note(c, in);
    if (UNLIKELY(x87_empty(c, 0) || x87_empty(c, 1))) {
        if (x87_stack_fault(c, false))
            x87_put(c, 0, X87_DEFAULT_NAN);
        return false;
    }
    *a = sf_num_f80(*x87_st(c, 0));
    *b = sf_num_f80(*x87_st(c, 1));
    return true;
}

void sem_FSCALE(struct x86_cpu *c, const struct x86_insn *in)
{
    struct sf_env v = x87_env(c);
    struct sf_num a, b;

    if (two_operands(c, in, &a, &b))
        x87_finish(c, &v, 0, sf_f80_scale(&v, &a, &b), false);
}

/* C0 C3 C1 = quotient bits 2 1 0; C2 = incomplete (SDM vol. 2, FPREM). Without a quotient C0 and C3
 * stay. */
static void remainder_op(struct x86_cpu *c, const struct x86_insn *in, bool near)
{
    struct sf_env v = x87_env(c);
    struct sf_num a, b;
    struct x86_f80 r;
    unsigned q, cc;
    bool done;

    if (!two_operands(c, in, &a, &b)) {
        c->fpu.sw &= (u16)~X87_C2;
        return;
    }
    c->fpu.sw &= (u16)~X87_C2;
    r = sf_f80_rem(&v, &a, &b, near, &q, &done);
    cc = done ? (q & 4 ? X87_C0 : 0) | (q & 2 ? X87_C3 : 0) | (q & 1 ? X87_C1 : 0) : X87_C2;
    if (x87_flags(c, &v) & SF_PRE)
        return;
    if (!(v.flags & SF_IE) && a.cls < SF_QNAN && b.cls < SF_QNAN)
        c->fpu.sw = (u16)((c->fpu.sw & ~X87_CC) | cc);
    x87_put(c, 0, r);
}

void sem_FPREM(struct x86_cpu *c, const struct x86_insn *in)
{
    remainder_op(c, in, false);
}

void sem_FPREM1(struct x86_cpu *c, const struct x86_insn *in)
{
    remainder_op(c, in, true);
}

/* Exponent to ST(0), then pushes the significand. */
void sem_FXTRACT(struct x86_cpu *c, const struct x86_insn *in)
{
    struct sf_env v = x87_env(c), exact = v;
    struct x86_f80 m, e;
    struct sf_num a, n;

    x87_wait(c);
    x87_note(c, in);
    if (UNLIKELY(x87_empty(c, 0) || !x87_empty(c, 7))) {
        if (x87_stack_fault(c, !x87_empty(c, 0))) {
            x87_put(c, 0, X87_DEFAULT_NAN);
            x87_push(c, X87_DEFAULT_NAN);
        }
        return;
    }
    a = sf_num_f80(*x87_st(c, 0));
    if (a.cls == SF_NUM) {
        if (a.den)
            v.flags |= SF_DE;
        n = sf_num_int(a.e);
        e = sf_num_to_f80(&exact, &n);
        m = (struct x86_f80){a.m, (u16)(a.sign << 15 | 0x3fff), {0, 0, 0}};
    } else if (a.cls == SF_ZERO) {
        v.flags |= SF_ZE;
        e = (struct x86_f80){1ull << 63, 0xffff, {0, 0, 0}};
        m = *x87_st(c, 0);
    } else if (a.cls == SF_INF) {
        e = (struct x86_f80){1ull << 63, 0x7fff, {0, 0, 0}};
        m = *x87_st(c, 0);
    } else {
        e = m = sf_f80_nan(&v, &a, &a);
    }
    if (x87_flags(c, &v) & SF_PRE)
        return;
    x87_put(c, 0, e);
    x87_push(c, m);
}
