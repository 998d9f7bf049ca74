/*
 * sem_x87_move.c - x87 loads, stores, exchanges, conditional moves and constants.
 */
#include "interp/x87_fast.h"
#include "x86/flags.h"

/* Pushes unless the stack is full; then the default NaN, when that is masked. An unmasked DE does
 * not stop a load. */
static void push_checked(struct x86_cpu *c, const struct sf_env *v, struct x86_f80 r)
{
    if (UNLIKELY(!x87_empty(c, 7))) {
        if (x87_stack_fault(c, true))
            x87_push(c, X87_DEFAULT_NAN);
        return;
    }
    if (UNLIKELY(x87_flags(c, v) & SF_IE))
        return;
    x87_push(c, r);
}

static struct x86_f80 load80(gaddr a)
{
    u64 m = ld_u64(g2h(a));

    __atomic_signal_fence(__ATOMIC_SEQ_CST); /* the first bytes fault first */
    return (struct x86_f80){m, ld_u16(g2h(a + 8)), {0, 0, 0}};
}

static void store80(gaddr a, struct x86_f80 r)
{
    x87_probe(a, 10);
    st_u64(g2h(a), r.m);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    st_u16(g2h(a + 8), r.se);
}

/* A store that an unmasked exception prevents: a page fault would come first. */
static void probe_unstored(gaddr a, unsigned size)
{
    mem_probe_write(a);
    x87_probe(a, size);
}

/* Onto a free register; the value raises nothing. */
ALWAYS_INLINE void fast_push(struct x86_cpu *c, u64 m, u32 se)
{
    struct x86_fpu *f = &c->fpu;

    f->top = (f->top - 1) & 7;
    f->used |= (u8)(1u << f->top);
    f->regs[f->top].m = m;
    f->regs[f->top].se = (u16)se;
    f->sw &= (u16)~X87_C1;
}

static NOINLINE void load_slow(struct x86_cpu *c, u64 raw, unsigned size, bool integer)
{
    struct sf_num n = x87_num_mem(raw, size, integer);
    struct sf_env v = x87_env(c);
    struct x86_f80 r = sf_num_to_f80(&v, &n);

    push_checked(c, &v, r);
}

ALWAYS_INLINE void load(struct x86_cpu *c, const struct x86_insn *in, unsigned size, bool integer)
{
    u64 raw = mem_read(sem_ea(c, in), size);
    struct x87_val n;

    x87_note_mem(c, in, sem_ea_offset(c, in));
    if (LIKELY(x87_empty(c, 7)) && x87_val_mem(raw, size, integer, &n))
        fast_push(c, n.m, n.sign << 15 | (u32)n.e);
    else
        load_slow(c, raw, size, integer);
}

static void load_reg(struct x86_cpu *c, const struct x86_insn *in)
{
    const struct x86_f80 *r = x87_st(c, in->opnd[0].reg);
    struct sf_env v;

    x87_note(c, in);
    if (LIKELY(!x87_empty(c, in->opnd[0].reg) && x87_empty(c, 7))) {
        fast_push(c, r->m, r->se);
    } else if (x87_empty(c, in->opnd[0].reg)) { /* looked at before the overflow */
        if (x87_stack_fault(c, false))
            x87_push(c, X87_DEFAULT_NAN);
    } else {
        v = x87_env(c);
        push_checked(c, &v, *r);
    }
}

void sem_FLD(struct x86_cpu *c, const struct x86_insn *in)
{
    struct sf_env v;
    struct x86_f80 r;

    x87_wait(c);
    if (!op_is_mem(in, 0)) {
        load_reg(c, in);
    } else if (in->opnd[0].size == 8) {
        load(c, in, 8, false);
    } else if (in->opnd[0].size == 4) {
        load(c, in, 4, false);
    } else {
        r = load80(sem_ea(c, in));
        x87_note_mem(c, in, sem_ea_offset(c, in));
        v = x87_env(c);
        push_checked(c, &v, r);
    }
}

void sem_FILD(struct x86_cpu *c, const struct x86_insn *in)
{
    x87_wait(c);
    load(c, in, in->opnd[0].size, true);
}

/* 18 BCD digits and a sign byte; digits above 9 are undefined: the CPU just weighs them. */
void sem_FBLD(struct x86_cpu *c, const struct x86_insn *in)
{
    struct sf_env v = x87_env(c);
    struct x86_f80 b, r;
    struct sf_num n;
    u64 value = 0;

    x87_wait(c);
    b = load80(sem_ea(c, in));
    x87_note_mem(c, in, sem_ea_offset(c, in));
    for (int i = 17; i >= 0; i--)
        value = value * 10 + (i >= 16 ? b.se >> (4 * (i - 16)) & 15 : b.m >> (4 * i) & 15);
    n = sf_num_int((i64)value);
    r = sf_num_to_f80(&v, &n);
    r.se |= b.se & 0x8000;
    push_checked(c, &v, r);
}

/* --- stores */
static void store_reg(struct x86_cpu *c, const struct x86_insn *in, bool pop)
{
    unsigned d = in->opnd[0].reg;

    x87_note(c, in);
    if (UNLIKELY(x87_empty(c, 0))) {
        if (!x87_stack_fault(c, false))
            return;
        x87_put(c, d, X87_DEFAULT_NAN);
    } else {
        c->fpu.sw &= (u16)~X87_C1;
        x87_put(c, d, *x87_st(c, 0));
    }
    if (pop)
        x87_pop(c);
}

/*
 * Value of operand 0's size to memory. What it raised is recorded after the store, so that a page
 * fault leaves no trace; unmasked invalid, overflow and underflow prevent store and pop, and then
 * nothing was rounded.
 */
static void store_value(struct x86_cpu *c, const struct x86_insn *in, struct sf_env *v, u64 value,
                        bool pop)
{
    unsigned stop = v->flags & ~v->masks & (SF_PRE | SF_OE | SF_UE);

    if (UNLIKELY(stop)) {
        probe_unstored(sem_ea(c, in), in->opnd[0].size);
        v->flags &= (u8)~SF_PE;
        v->up = 0;
    } else
        mem_write(sem_ea(c, in), in->opnd[0].size, value);
    x87_note_mem(c, in, sem_ea_offset(c, in));
    x87_flags(c, v);
    if (!stop && pop)
        x87_pop(c);
}

/* Stack underflow of a store to memory: `value` (indefinite) goes out when masked. */
static void store_empty(struct x86_cpu *c, const struct x86_insn *in, u64 value, bool pop)
{
    if (c->fpu.cw & SF_IE)
        mem_write(sem_ea(c, in), in->opnd[0].size, value);
    else
        probe_unstored(sem_ea(c, in), in->opnd[0].size);
    x87_note_mem(c, in, sem_ea_offset(c, in));
    if (x87_stack_fault(c, false) && pop)
        x87_pop(c);
}

static NOINLINE void store_float_slow(struct x86_cpu *c, const struct x86_insn *in, bool pop)
{
    struct sf_env v = x87_env(c);
    unsigned size = in->opnd[0].size;
    u64 value;

    if (UNLIKELY(x87_empty(c, 0))) {
        store_empty(c, in, size == 4 ? 0xffc00000 : 0xfff8000000000000ull, pop);
        return;
    }
    value = size == 4 ? sf_f80_to_f32(&v, *x87_st(c, 0)) : sf_f80_to_f64(&v, *x87_st(c, 0));
    store_value(c, in, &v, value, pop);
}

/* A zero, or a number that is normal in the narrow format too. bias: difference of the biases;
 * frac: fraction bits. */
ALWAYS_INLINE bool fast_narrow(struct x86_cpu *c, unsigned size, u64 *value, u32 *st)
{
    unsigned frac = size == 4 ? 23 : 52;
    i32 bias = size == 4 ? 16383 - 127 : 16383 - 1023, top = size == 4 ? 0xfe : 0x7fe;
    struct x87_val v;

    if (!x87_val_st(c, 0, &v) || !x87_fast_env(c) || !x87_fast_round(&v, 0, 63 - frac, st))
        return false;
    v.e -= bias;
    *value = (u64)v.sign << (size * 8 - 1) | (u64)(u32)v.e << frac | (v.m << 1 >> (64 - frac));
    return LIKELY((u32)(v.e - 1) < (u32)top) &&
           (v.e > 1 || v.m << 1); /* not the smallest: it may come from below */
}

ALWAYS_INLINE void store_fast(struct x86_cpu *c, const struct x86_insn *in, unsigned size, bool pop)
{
    u64 value;
    u32 st;

    if (!fast_narrow(c, size, &value, &st)) {
        store_float_slow(c, in, pop);
        return;
    }
    mem_write(sem_ea(c, in), size, value);
    x87_note_mem(c, in, sem_ea_offset(c, in));
    c->fpu.sw = (u16)((c->fpu.sw & ~X87_C1) | st);
    if (pop)
        x87_pop(c);
}

static void store_float(struct x86_cpu *c, const struct x86_insn *in, bool pop)
{
    if (in->opnd[0].size == 8)
        store_fast(c, in, 8, pop);
    else
        store_fast(c, in, 4, pop);
}

static NOINLINE void store_int_slow(struct x86_cpu *c, const struct x86_insn *in, bool trunc,
                                    bool pop)
{
    struct sf_env v = x87_env(c);
    unsigned size = in->opnd[0].size;
    i64 value;

    if (UNLIKELY(x87_empty(c, 0))) {
        store_empty(c, in, 1ull << (8 * size - 1), pop);
        return;
    }
    value = sf_f80_to_int(&v, *x87_st(c, 0), size, trunc ? SF_RZ : v.rc);
    store_value(c, in, &v, (u64)value, pop);
}

/* To nearest, or (trunc, or RC says so) to zero, |x| < 2^15, 2^31 or 2^62. */
ALWAYS_INLINE bool fast_int(struct x86_cpu *c, unsigned size, bool trunc, i64 *value, u32 *st)
{
    struct x87_val v;
    u64 whole, lost, up;
    u32 drop;

    trunc = trunc || (c->fpu.cw & 0xc00) == 0xc00;
    if (!x87_val_st(c, 0, &v) || !(c->fpu.cw & SF_PE) || (!trunc && (c->fpu.cw & 0xc00)) ||
        v.e - 16383 >= (size == 8 ? 62 : (int)size * 8 - 1))
        return false;
    drop = (u32)(63 - (v.e - 16383)); /* 2 .. 63, more below one */
    whole = drop < 64 ? v.m >> drop : 0;
    lost = drop < 64 ? v.m << (64 - drop) : drop == 64 ? v.m : 1;
    up = !trunc && (lost > 1ull << 63 || (lost == 1ull << 63 && (whole & 1)));
    whole += up;
    *st = (lost ? SF_PE : 0u) | (up ? X87_C1 : 0u);
    *value = (i64)(v.sign ? -whole : whole);
    return !(whole >> (size * 8 - 1));
}

static void store_int(struct x86_cpu *c, const struct x86_insn *in, bool trunc, bool pop)
{
    i64 value;
    u32 st;

    x87_wait(c);
    if (!fast_int(c, in->opnd[0].size, trunc, &value, &st)) {
        store_int_slow(c, in, trunc, pop);
        return;
    }
    mem_write(sem_ea(c, in), in->opnd[0].size, (u64)value);
    x87_note_mem(c, in, sem_ea_offset(c, in));
    c->fpu.sw = (u16)((c->fpu.sw & ~X87_C1) | st);
    if (pop)
        x87_pop(c);
}

static void store_f80(struct x86_cpu *c, const struct x86_insn *in)
{
    bool empty = x87_empty(c, 0);

    if (!empty || (c->fpu.cw & SF_IE))
        store80(sem_ea(c, in), empty ? X87_DEFAULT_NAN : *x87_st(c, 0));
    else
        probe_unstored(sem_ea(c, in), 10);
    x87_note_mem(c, in, sem_ea_offset(c, in));
    if (empty && !x87_stack_fault(c, false))
        return;
    c->fpu.sw &= (u16)~X87_C1;
    x87_pop(c);
}

void sem_FST(struct x86_cpu *c, const struct x86_insn *in)
{
    x87_wait(c);
    if (op_is_mem(in, 0))
        store_float(c, in, false);
    else
        store_reg(c, in, false);
}

void sem_FSTP(struct x86_cpu *c, const struct x86_insn *in)
{
    x87_wait(c);
    if (!op_is_mem(in, 0))
        store_reg(c, in, true);
    else if (in->opnd[0].size == 10)
        store_f80(c, in);
    else
        store_float(c, in, true);
}

/* Like FSTP ST(i), but an empty ST(0) raises nothing and is not moved. */
void sem_FSTPNCE(struct x86_cpu *c, const struct x86_insn *in)
{
    x87_wait(c);
    x87_note(c, in);
    c->fpu.sw &= (u16)~X87_C1;
    if (!x87_empty(c, 0))
        x87_put(c, in->opnd[0].reg, *x87_st(c, 0));
    x87_pop(c);
}

void sem_FIST(struct x86_cpu *c, const struct x86_insn *in)
{
    store_int(c, in, false, false);
}

void sem_FISTP(struct x86_cpu *c, const struct x86_insn *in)
{
    store_int(c, in, false, true);
}

void sem_FISTTP(struct x86_cpu *c, const struct x86_insn *in)
{
    store_int(c, in, true, true);
}

/* Packed indefinite: ffff c000000000000000. */
static struct x86_f80 to_bcd(struct sf_env *v, struct x86_f80 a)
{
    i64 n = sf_f80_to_int(v, a, 8, v->rc);
    u64 u = n < 0 ? -(u64)n : (u64)n;
    struct x86_f80 r = {0, a.se & 0x8000, {0, 0, 0}};

    if (u > 999999999999999999ull) {
        v->flags = SF_IE;
        v->up = 0;
        return X87_DEFAULT_NAN;
    }
    for (unsigned i = 0; i < 18; i++, u /= 10) {
        if (i < 16)
            r.m |= u % 10 << (4 * i);
        else
            r.se |= (u16)(u % 10 << (4 * (i - 16)));
    }
    return r;
}

void sem_FBSTP(struct x86_cpu *c, const struct x86_insn *in)
{
    struct sf_env v = x87_env(c);
    bool empty = x87_empty(c, 0);
    struct x86_f80 r;

    x87_wait(c);
    r = empty ? X87_DEFAULT_NAN : to_bcd(&v, *x87_st(c, 0));
    if (empty)
        v.flags = SF_IE;
    if (!(v.flags & ~v.masks & SF_IE))
        store80(sem_ea(c, in), r);
    else
        probe_unstored(sem_ea(c, in), 10);
    x87_note_mem(c, in, sem_ea_offset(c, in));
    if (empty ? !x87_stack_fault(c, false) : x87_flags(c, &v) & SF_IE)
        return;
    x87_pop(c);
}

/* --- between registers */
static NOINLINE void exchange_empty(struct x86_cpu *c, unsigned i)
{
    struct x86_f80 a, b;

    a = x87_empty(c, 0) ? X87_DEFAULT_NAN : *x87_st(c, 0);
    b = x87_empty(c, i) ? X87_DEFAULT_NAN : *x87_st(c, i);
    if (!x87_stack_fault(c, false))
        return;
    x87_put(c, 0, b);
    x87_put(c, i, a);
}

void sem_FXCH(struct x86_cpu *c, const struct x86_insn *in)
{
    unsigned i = in->opnd[0].reg;
    struct x86_f80 *a = x87_st(c, 0), *b = x87_st(c, i), t;

    x87_wait(c);
    x87_note(c, in);
    if (UNLIKELY(x87_empty(c, 0) || x87_empty(c, i))) {
        exchange_empty(c, i);
        return;
    }
    t = *a;
    *a = *b;
    *b = t;
    c->fpu.sw &= (u16)~X87_C1;
}

static void cmov(struct x86_cpu *c, const struct x86_insn *in, bool yes)
{
    unsigned i = in->opnd[1].reg;

    x87_wait(c);
    x87_note(c, in);
    if (UNLIKELY(x87_empty(c, 0) || x87_empty(c, i))) {
        if (x87_stack_fault(c, false))
            x87_put(c, 0, X87_DEFAULT_NAN);
        return;
    }
    if (yes)
        x87_put(c, 0, *x87_st(c, i));
}

#define CMOV(OP, mask, want)                                                                       \
    void sem_##OP(struct x86_cpu *c, const struct x86_insn *in)                                    \
    {                                                                                              \
        cmov(c, in, ((x86_flags_get(c) & (mask)) != 0) == (want));                                 \
    }
CMOV(FCMOVB, X86_CF, true)
CMOV(FCMOVE, X86_ZF, true)
CMOV(FCMOVBE, X86_CF | X86_ZF, true)
CMOV(FCMOVU, X86_PF, true)
CMOV(FCMOVNB, X86_CF, false)
CMOV(FCMOVNE, X86_ZF, false)
CMOV(FCMOVNBE, X86_CF | X86_ZF, false)
CMOV(FCMOVNU, X86_PF, false)

/* --- constants: 66 bits of the true value, rounded by RC (no PE). down: the 64-bit truncation,
 * near: round to nearest. */
static void constant(struct x86_cpu *c, const struct x86_insn *in, unsigned exp, u64 down,
                     bool near_up)
{
    struct sf_env v = x87_env(c);
    u64 m = down;

    x87_wait(c);
    x87_note(c, in);
    if (v.rc == SF_RU || (v.rc == SF_RN && near_up))
        m++;
    push_checked(c, &v, (struct x86_f80){m, (u16)exp, {0, 0, 0}});
}

#define CONSTANT(OP, exp, down, near_up)                                                           \
    void sem_##OP(struct x86_cpu *c, const struct x86_insn *in)                                    \
    {                                                                                              \
        constant(c, in, exp, down, near_up);                                                       \
    }
CONSTANT(FLDL2T, 0x4000, 0xd49a784bcd1b8afeull, false)
CONSTANT(FLDL2E, 0x3fff, 0xb8aa3b295c17f0bbull, true)
CONSTANT(FLDPI, 0x4000, 0xc90fdaa22168c234ull, true)
CONSTANT(FLDLG2, 0x3ffd, 0x9a209a84fbcff798ull, true)
CONSTANT(FLDLN2, 0x3ffe, 0xb17217f7d1cf79abull, true)

static void exact(struct x86_cpu *c, const struct x86_insn *in, unsigned exp, u64 m)
{
    struct sf_env v = x87_env(c);

    x87_wait(c);
    x87_note(c, in);
    push_checked(c, &v, (struct x86_f80){m, (u16)exp, {0, 0, 0}});
}

void sem_FLD1(struct x86_cpu *c, const struct x86_insn *in)
{
    exact(c, in, 0x3fff, 1ull << 63);
}

void sem_FLDZ(struct x86_cpu *c, const struct x86_insn *in)
{
    exact(c, in, 0, 0);
}
