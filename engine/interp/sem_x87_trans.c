/*
 * sem_x87_trans.c - FSIN FCOS FSINCOS FPTAN FPATAN F2XM1 FYL2X FYL2XP1: stack, special operands
 * (the tables of SDM vol. 2) and flags around softfp_trans.c.
 */
#include "interp/x87.h"

static struct x86_f80 inf80(unsigned sign)
{
    return (struct x86_f80){1ull << 63, (u16)(sign << 15 | 0x7fff), {0, 0, 0}};
}

static struct x86_f80 zero80(unsigned sign)
{
    return (struct x86_f80){0, (u16)(sign << 15), {0, 0, 0}};
}

static struct x86_f80 one80(void)
{
    return (struct x86_f80){1ull << 63, 0x3fff, {0, 0, 0}};
}

static struct x86_f80 invalid(struct sf_env *v)
{
    v->flags |= SF_IE;
    return X87_DEFAULT_NAN;
}

/* --- trigonometric: ST(0), and for two results a push */

/* C2: the argument is out of range and nothing is done. Both checks of the stack come first. */
static bool trig_operand(struct x86_cpu *c, const struct x86_insn *in, struct sf_num *a,
                         bool pushes)
{
    x87_wait(c);
    x87_note(c, in);
    if (UNLIKELY(x87_empty(c, 0) || (pushes && !x87_empty(c, 7)))) {
        c->fpu.sw &= (u16)~X87_C2;
        if (x87_stack_fault(c, !x87_empty(c, 0))) {
            x87_put(c, 0, X87_DEFAULT_NAN);
            if (pushes)
                x87_push(c, X87_DEFAULT_NAN);
        }
        return false;
    }
    *a = sf_num_f80(*x87_st(c, 0));
    if (a->cls == SF_NUM && a->e >= 63) {
        c->fpu.sw = (u16)((c->fpu.sw & ~X87_C1) | X87_C2);
        return false;
    }
    return true;
}

typedef struct x86_f80 trig_fn(struct sf_env *v, const struct sf_num *a);

static struct x86_f80 trig(struct sf_env *v, const struct sf_num *a, trig_fn *fn, bool even)
{
    if (a->cls >= SF_QNAN)
        return sf_f80_nan(v, a, a);
    if (a->cls == SF_INF)
        return invalid(v);
    if (a->cls == SF_ZERO)
        return even ? one80() : zero80(a->sign);
    if (a->den)
        v->flags |= SF_DE;
    return fn(v, a);
}

/* r to ST(0), then pushes p when there is one. */
static void trig_finish(struct x86_cpu *c, const struct sf_env *v, struct x86_f80 r,
                        const struct x86_f80 *p)
{
    c->fpu.sw &= (u16)~X87_C2;
    if (x87_flags(c, v) & SF_PRE)
        return;
    x87_put(c, 0, r);
    if (p)
        x87_push(c, *p);
}

void sem_FSIN(struct x86_cpu *c, const struct x86_insn *in)
{
    struct sf_env v = x87_env(c);
    struct sf_num a;

    if (trig_operand(c, in, &a, false)) {
        struct x86_f80 r = trig(&v, &a, sf_f80_sin, false);

        trig_finish(c, &v, r, NULL);
    }
}

void sem_FCOS(struct x86_cpu *c, const struct x86_insn *in)
{
    struct sf_env v = x87_env(c);
    struct sf_num a;

    if (trig_operand(c, in, &a, false)) {
        struct x86_f80 r = trig(&v, &a, sf_f80_cos, true);

        trig_finish(c, &v, r, NULL);
    }
}

void sem_FSINCOS(struct x86_cpu *c, const struct x86_insn *in)
{
    struct sf_env v = x87_env(c);
    struct sf_num a;

    if (trig_operand(c, in, &a, true)) {
        struct x86_f80 s = trig(&v, &a, sf_f80_sin, false), co = trig(&v, &a, sf_f80_cos, true);

        trig_finish(c, &v, s, &co);
    }
}

/* Pushes 1.0 over the tangent; a NaN operand gives two NaNs. */
void sem_FPTAN(struct x86_cpu *c, const struct x86_insn *in)
{
    struct sf_env v = x87_env(c);
    struct sf_num a;

    if (trig_operand(c, in, &a, true)) {
        struct x86_f80 t = trig(&v, &a, sf_f80_tan, false), p = a.cls >= SF_INF ? t : one80();

        trig_finish(c, &v, t, &p);
    }
}

/* --- ST(0) only */
void sem_F2XM1(struct x86_cpu *c, const struct x86_insn *in)
{
    struct sf_env v = x87_env(c);
    struct x86_f80 r;
    struct sf_num a;

    x87_wait(c);
    x87_note(c, in);
    if (UNLIKELY(x87_empty(c, 0))) {
        if (x87_stack_fault(c, false))
            x87_put(c, 0, X87_DEFAULT_NAN);
        return;
    }
    r = *x87_st(c, 0);
    a = sf_num_f80(r);
    if (a.cls >= SF_QNAN) {
        r = sf_f80_nan(&v, &a, &a);
    } else if (a.cls == SF_INF) {
        if (a.sign)
            r = (struct x86_f80){1ull << 63, 0xbfff, {0, 0, 0}};
    } else if (a.cls == SF_NUM && (a.e < 0 || (a.e == 0 && a.m == 1ull << 63))) {
        if (a.den)
            v.flags |= SF_DE;
        r = sf_f80_2xm1(&v, &a);
        v.flags |= SF_PE; /* for 1 and -1 too */
    } else if (a.cls == SF_NUM) {
        v.flags |= SF_PE; /* outside -1 .. 1 the result is undefined: the operand */
    }
    x87_finish(c, &v, 0, r, false);
}

/* --- ST(1) with ST(0), result in ST(1), pop */
static struct x86_f80 yl2x(struct sf_env *v, const struct sf_num *y, const struct sf_num *x)
{
    bool below_one = x->cls == SF_NUM && x->e < 0,
         is_one = x->cls == SF_NUM && x->e == 0 && x->m == 1ull << 63;

    if (x->cls != SF_ZERO && x->sign)
        return invalid(v);
    if (x->cls == SF_ZERO) {
        if (y->cls == SF_ZERO)
            return invalid(v);
        if (y->cls == SF_NUM)
            v->flags |= SF_ZE;
        return inf80(!y->sign);
    }
    if ((y->cls == SF_INF && is_one) || (x->cls == SF_INF && y->cls == SF_ZERO))
        return invalid(v);
    if (x->den | y->den)
        v->flags |= SF_DE;
    if (x->cls == SF_INF || y->cls == SF_INF)
        return inf80(y->sign ^ below_one);
    if (y->cls == SF_ZERO || is_one)
        return zero80(y->sign ^ below_one);
    return sf_f80_yl2x(v, y, x);
}

static struct x86_f80 yl2xp1(struct sf_env *v, const struct sf_num *y, const struct sf_num *x)
{
    if (x->sign && x->cls == SF_INF)
        return invalid(v);
    if ((y->cls == SF_INF && x->cls == SF_ZERO) || (x->cls == SF_INF && y->cls == SF_ZERO))
        return invalid(v);
    if (x->den | y->den)
        v->flags |= SF_DE;
    if (x->cls == SF_INF || y->cls == SF_INF)
        return inf80(y->sign ^ x->sign);
    if (x->cls == SF_ZERO || y->cls == SF_ZERO)
        return zero80(y->sign ^ x->sign);
    if (x->sign && x->e >= 0) { /* x <= -1: undefined, the operand */
        v->flags |= SF_PE;
        return (struct x86_f80){x->m, (u16)(0x8000 | (x->e + 16383)), {0, 0, 0}};
    }
    return sf_f80_yl2xp1(v, y, x);
}

static struct x86_f80 patan(struct sf_env *v, const struct sf_num *y, const struct sf_num *x)
{
    if (x->den | y->den)
        v->flags |= SF_DE;
    if (y->cls == SF_INF)
        return sf_f80_pi(v, x->cls != SF_INF ? SF_PI_2 : x->sign ? SF_3PI_4 : SF_PI_4, y->sign);
    if (x->cls == SF_INF || y->cls == SF_ZERO)
        return x->sign ? sf_f80_pi(v, SF_PI, y->sign) : zero80(y->sign);
    if (x->cls == SF_ZERO)
        return sf_f80_pi(v, SF_PI_2, y->sign);
    return sf_f80_atan(v, y, x);
}

typedef struct x86_f80 pair_fn(struct sf_env *v, const struct sf_num *y, const struct sf_num *x);

static void pair(struct x86_cpu *c, const struct x86_insn *in, pair_fn *fn)
{
    struct sf_env v = x87_env(c);
    struct sf_num x, y;
    struct x86_f80 r;

    x87_wait(c);
    x87_note(c, in);
    if (UNLIKELY(x87_empty(c, 0) || x87_empty(c, 1))) {
        if (x87_stack_fault(c, false)) {
            x87_put(c, 1, X87_DEFAULT_NAN);
            x87_pop(c);
        }
        return;
    }
    x = sf_num_f80(*x87_st(c, 0));
    y = sf_num_f80(*x87_st(c, 1));
    r = x.cls >= SF_QNAN || y.cls >= SF_QNAN ? sf_f80_nan(&v, &x, &y) : fn(&v, &y, &x);
    x87_finish(c, &v, 1, r, true);
}

void sem_FPATAN(struct x86_cpu *c, const struct x86_insn *in)
{
    pair(c, in, patan);
}

void sem_FYL2X(struct x86_cpu *c, const struct x86_insn *in)
{
    pair(c, in, yl2x);
}

void sem_FYL2XP1(struct x86_cpu *c, const struct x86_insn *in)
{
    pair(c, in, yl2xp1);
}
