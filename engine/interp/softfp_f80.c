/*
 * softfp_f80.c - x87 arithmetic: 64-bit significands, precision control, extended exponent range,
 * the x87 NaN rule, and the exponent-wrapped results of unmasked overflow and underflow (SDM vol.
 * 1, 8.3-8.5 and 4.8.3.5).
 */
#include "interp/softfp_core.h"

struct sf_num sf_num_f80(struct x86_f80 a)
{
    return sf_unpack_f80(a);
}

struct sf_num sf_num_f32(u32 a)
{
    return sf_unpack(a, SF_F32, false);
}

struct sf_num sf_num_f64(u64 a)
{
    return sf_unpack(a, SF_F64, false);
}

struct sf_num sf_num_int(i64 a)
{
    u64 m = a < 0 ? -(u64)a : (u64)a;
    unsigned lz = m ? (unsigned)__builtin_clzll(m) : 0;

    return (struct sf_num){m << lz, 63 - (i32)lz, a < 0, m ? SF_NUM : SF_ZERO, 0};
}

/*
 * SDM vol. 1, table 4-7: a QNaN beats an SNaN, otherwise the larger significand, and of equal ones
 * the positive NaN. Unsupported formats are invalid before all that.
 */
struct x86_f80 sf_f80_nan(struct sf_env *v, const struct sf_num *a, const struct sf_num *b)
{
    const struct sf_num *n;

    if (a->cls == SF_UNSUP || b->cls == SF_UNSUP) {
        v->flags |= SF_IE;
        return SF_F80_DEFAULT_NAN;
    }
    if (a->cls == SF_SNAN || b->cls == SF_SNAN)
        v->flags |= SF_IE;
    if (!sf_is_nan(a) || !sf_is_nan(b))
        n = sf_is_nan(a) ? a : b;
    else if (a->cls != b->cls)
        n = a->cls == SF_QNAN ? a : b;
    else if (a->m != b->m)
        n = a->m > b->m ? a : b;
    else
        n = a->sign ? b : a;
    return sf_f80_make(n->sign, 0x7fff, n->m | SF_TOP >> 1);
}

ALWAYS_INLINE bool odd(const struct sf_num *a)
{
    return a->cls >= SF_QNAN;
}

static struct x86_f80 invalid(struct sf_env *v)
{
    v->flags |= SF_IE;
    return SF_F80_DEFAULT_NAN;
}

ALWAYS_INLINE struct x86_f80 inf80(unsigned sign)
{
    return sf_f80_make(sign, 0x7fff, SF_TOP);
}

ALWAYS_INLINE struct x86_f80 zero80(unsigned sign)
{
    return sf_f80_make(sign, 0, 0);
}

ALWAYS_INLINE void note_denormal(struct sf_env *v, unsigned den)
{
    if (UNLIKELY(den))
        v->flags |= SF_DE;
}

/* Rounds m (lo: what lies below it) so that its lowest `shift` bits are zero. Returns whether
 * anything was lost. */
static bool round_sig(struct sf_env *v, unsigned sign, u64 *m, u64 lo, unsigned shift, i32 *e)
{
    u64 mask = (1ull << shift) - 1, frac, half;
    bool sticky, odd_bit = *m >> shift & 1, up;

    if (shift) {
        frac = *m & mask;
        half = 1ull << (shift - 1);
        sticky = lo != 0;
    } else {
        frac = lo;
        half = SF_TOP;
        sticky = false;
    }
    if (v->rc == SF_RN)
        up = frac > half || (frac == half && (sticky || odd_bit));
    else
        up = (frac || sticky) && v->rc != SF_RZ && (v->rc == SF_RU) == !sign;
    *m &= ~mask;
    v->up = up;
    if (up) {
        *m += mask + 1;
        if (!*m) {
            *m = SF_TOP;
            ++*e;
        }
    }
    return frac || sticky;
}

static struct x86_f80 overflow80(struct sf_env *v, unsigned sign, i32 e, u64 m, bool inexact,
                                 unsigned prec)
{
    bool inf = sf_overflow_to_inf(v->rc, sign);

    if (!(v->masks & SF_OE)) {
        v->flags |= SF_OE | (inexact ? SF_PE : 0);
        e -= 24576;
        if (e <= 16383)
            return sf_f80_make(sign, (u32)(e + 16383), m);
        v->flags |= SF_PE;
        v->up = 1;
        return inf80(sign);
    }
    v->flags |= SF_OE | SF_PE;
    v->up = inf;
    return inf ? inf80(sign) : sf_f80_make(sign, 0x7ffe, ~0ull << (64 - prec));
}

struct x86_f80 sf_round_f80_slow(struct sf_env *v, const struct sf_wide *w, unsigned prec)
{
    u64 m = w->hi;
    i32 e = w->e;
    bool inexact = round_sig(v, w->sign, &m, w->lo, 64 - prec, &e);
    u128 d;

    if (e > 16383)
        return overflow80(v, w->sign, e, m, inexact, prec);
    if (e >= -16382) {
        v->flags |= inexact ? SF_PE : 0;
        return sf_f80_make(w->sign, (u32)(e + 16383), m);
    }
    if (!(v->masks & SF_UE)) {
        v->flags |= SF_UE | (inexact ? SF_PE : 0);
        e += 24576;
        if (e >= -16382)
            return sf_f80_make(w->sign, (u32)(e + 16383), m);
        v->flags |= SF_PE; /* beyond the wrapped range too: FSCALE */
        return zero80(w->sign);
    }
    d = sf_shr_sticky128((u128)w->hi << 64 | w->lo, (u32)(-16382 - w->e));
    m = (u64)(d >> 64);
    e = 0;
    inexact = round_sig(v, w->sign, &m, (u64)d, 64 - prec, &e);
    v->flags |= inexact ? SF_UE | SF_PE : 0;
    return sf_f80_make(w->sign, (u32)(m >> 63), m);
}

/* An operand that needs rounding only (x + 0). */
static struct x86_f80 round_num(struct sf_env *v, const struct sf_num *a, unsigned sign)
{
    struct sf_wide w = {a->m, 0, a->e, (u8)sign};

    return sf_round_f80_slow(v, &w, v->prec);
}

NOINLINE static struct x86_f80 add_special(struct sf_env *v, const struct sf_num *a,
                                           const struct sf_num *b, unsigned bsign)
{
    if (odd(a) || odd(b))
        return sf_f80_nan(v, a, b);
    if (a->cls == SF_INF && b->cls == SF_INF && a->sign != bsign)
        return invalid(v);
    note_denormal(v, a->den | b->den);
    if (a->cls == SF_INF)
        return inf80(a->sign);
    if (b->cls == SF_INF)
        return inf80(bsign);
    if (a->cls == SF_ZERO && b->cls == SF_ZERO)
        return zero80(a->sign == bsign ? bsign : v->rc == SF_RD);
    return a->cls == SF_ZERO ? round_num(v, b, bsign) : round_num(v, a, a->sign);
}

ALWAYS_INLINE struct x86_f80 add(struct sf_env *v, const struct sf_num *a, const struct sf_num *b,
                                 unsigned neg)
{
    struct sf_num y = *b;
    struct sf_wide w;

    y.sign ^= neg;
    if (UNLIKELY(a->cls != SF_NUM || b->cls != SF_NUM))
        return add_special(v, a, b, y.sign);
    note_denormal(v, a->den | b->den);
    if (!sf_add_num(&w, *a, y))
        return zero80(v->rc == SF_RD);
    return sf_round_f80(v, &w, v->prec);
}

struct x86_f80 sf_f80_add(struct sf_env *v, const struct sf_num *a, const struct sf_num *b)
{
    return add(v, a, b, 0);
}

struct x86_f80 sf_f80_sub(struct sf_env *v, const struct sf_num *a, const struct sf_num *b)
{
    return add(v, a, b, 1);
}

struct x86_f80 sf_f80_mul(struct sf_env *v, const struct sf_num *a, const struct sf_num *b)
{
    unsigned sign = a->sign ^ b->sign;
    struct sf_wide w;

    if (UNLIKELY(a->cls != SF_NUM || b->cls != SF_NUM)) {
        bool inf = a->cls == SF_INF || b->cls == SF_INF;

        if (odd(a) || odd(b))
            return sf_f80_nan(v, a, b);
        if (inf && (a->cls == SF_ZERO || b->cls == SF_ZERO))
            return invalid(v);
        note_denormal(v, a->den | b->den);
        return inf ? inf80(sign) : zero80(sign);
    }
    note_denormal(v, a->den | b->den);
    sf_mul_num(&w, a, b);
    return sf_round_f80(v, &w, v->prec);
}

struct x86_f80 sf_f80_div(struct sf_env *v, const struct sf_num *a, const struct sf_num *b)
{
    unsigned sign = a->sign ^ b->sign;
    struct sf_wide w;

    if (UNLIKELY(a->cls != SF_NUM || b->cls != SF_NUM)) {
        if (odd(a) || odd(b))
            return sf_f80_nan(v, a, b);
        if (a->cls == b->cls)
            return invalid(v);
        if (b->cls == SF_ZERO && a->cls == SF_NUM) {
            v->flags |= SF_ZE;
            return inf80(sign);
        }
        note_denormal(v, a->den | b->den);
        return a->cls == SF_INF || b->cls == SF_ZERO ? inf80(sign) : zero80(sign);
    }
    note_denormal(v, a->den | b->den);
    sf_div_num(&w, a, b);
    return sf_round_f80(v, &w, v->prec);
}

struct x86_f80 sf_f80_sqrt(struct sf_env *v, const struct sf_num *a)
{
    struct sf_wide w;

    if (odd(a))
        return sf_f80_nan(v, a, a);
    if (a->cls == SF_ZERO)
        return zero80(a->sign);
    if (a->sign)
        return invalid(v);
    if (a->cls == SF_INF)
        return inf80(0);
    note_denormal(v, a->den);
    sf_sqrt_num(&w, a);
    return sf_round_f80(v, &w, v->prec);
}

struct x86_f80 sf_f80_round_int(struct sf_env *v, const struct sf_num *a)
{
    struct sf_wide w = {a->m, 0, a->e, a->sign};
    u64 r = 0;

    if (odd(a))
        return sf_f80_nan(v, a, a);
    if (a->cls == SF_INF)
        return inf80(a->sign);
    if (a->cls == SF_ZERO)
        return zero80(a->sign);
    note_denormal(v, a->den);
    if (a->e < 63) {
        sf_to_u64(v, a, v->rc, &r); /* at most 2^63: always fits */
        if (!r)
            return zero80(a->sign);
        sf_normalise(&w, r, 127);
    }
    return sf_f80_make(a->sign, (u32)(w.e + 16383), w.hi);
}

/* 2^trunc(b), as far as it matters. */
static i32 scale_count(const struct sf_num *b)
{
    i32 n;

    if (b->cls == SF_ZERO || b->e < 0)
        return 0;
    n = b->e > 16 ? 1 << 17 : (i32)(b->m >> (63 - b->e));
    return b->sign ? -n : n;
}

struct x86_f80 sf_f80_scale(struct sf_env *v, const struct sf_num *a, const struct sf_num *b)
{
    struct sf_wide w = {a->m, 0, a->e, a->sign};

    if (odd(a) || odd(b))
        return sf_f80_nan(v, a, b);
    if (b->cls == SF_INF && a->cls == (b->sign ? SF_INF : SF_ZERO))
        return invalid(v);
    note_denormal(v, a->den | b->den);
    if (b->cls == SF_INF)
        return b->sign ? zero80(a->sign) : inf80(a->sign);
    if (a->cls != SF_NUM)
        return a->cls == SF_INF ? inf80(a->sign) : zero80(a->sign);
    w.e += scale_count(b);
    return sf_round_f80_slow(v, &w, 64);
}

enum sf_rel sf_f80_cmp(struct sf_env *v, const struct sf_num *a, const struct sf_num *b, bool quiet)
{
    int r;

    if (odd(a) || odd(b)) {
        if (!quiet || a->cls >= SF_SNAN || b->cls >= SF_SNAN)
            v->flags |= SF_IE;
        return SF_UN;
    }
    note_denormal(v, a->den | b->den);
    if (a->cls == SF_ZERO && b->cls == SF_ZERO)
        return SF_EQ;
    if (a->cls == SF_ZERO)
        return b->sign ? SF_GT : SF_LT;
    if (b->cls == SF_ZERO || a->sign != b->sign)
        return a->sign ? SF_LT : SF_GT;
    if (a->cls == SF_INF || b->cls == SF_INF)
        r = (a->cls == SF_INF) - (b->cls == SF_INF);
    else if (a->e != b->e)
        r = a->e < b->e ? -1 : 1;
    else
        r = a->m < b->m ? -1 : a->m > b->m;
    if (r == 0)
        return SF_EQ;
    return (r < 0) != a->sign ? SF_LT : SF_GT;
}

/* |a| mod |b| for finite non-zero operands; see sf_f80_rem. */
static struct x86_f80 rem_num(struct sf_env *v, const struct sf_num *a, const struct sf_num *b,
                              bool near, unsigned *q, bool *done)
{
    i32 d = a->e - b->e;
    struct sf_wide w = {a->m, 0, a->e, a->sign};
    u128 n;
    u64 r, quot = 0;

    if (d < -1 || (d < 0 && !near))
        return sf_round_f80_slow(v, &w, 64);
    if (d >= 64) {
        unsigned part =
            32 + (unsigned)d %
                     32; /* SDM FPREM: "an implementation-dependent number between 32 and 63" */

        *done = false;
        r = (u64)(((u128)a->m << part) % b->m);
        w.e = a->e - (i32)part;
    } else if (d < 0) {
        /* b has twice a's exponent or more: the quotient is 0 or, when a > b / 2, 1. */
        if (a->m <= b->m)
            return sf_round_f80_slow(v, &w, 64);
        *q = 1;
        w.sign ^= 1;
        n = ((u128)b->m << 1) - a->m;
        sf_normalise(&w, n, a->e + 64);
        return sf_round_f80_slow(v, &w, 64);
    } else {
        n = (u128)a->m << d;
        quot = (u64)(n / b->m);
        r = (u64)(n % b->m);
        w.e = b->e;
        if (near && (r > b->m - r || (r == b->m - r && (quot & 1)))) {
            r = b->m - r;
            quot++;
            w.sign ^= 1;
        }
        *q = quot & 7;
    }
    if (!r)
        return zero80(a->sign);
    sf_normalise(&w, r, w.e + 64);
    return sf_round_f80_slow(v, &w, 64);
}

struct x86_f80 sf_f80_rem(struct sf_env *v, const struct sf_num *a, const struct sf_num *b,
                          bool near, unsigned *q, bool *done)
{
    *q = 0;
    *done = true;
    if (odd(a) || odd(b))
        return sf_f80_nan(v, a, b);
    if (a->cls == SF_INF || b->cls == SF_ZERO)
        return invalid(v);
    note_denormal(v, a->den | b->den);
    if (a->cls == SF_ZERO)
        return zero80(a->sign);
    if (b->cls == SF_INF) {
        struct sf_wide w = {a->m, 0, a->e, a->sign};

        return sf_round_f80_slow(v, &w, 64);
    }
    return rem_num(v, a, b, near, q, done);
}

struct x86_f80 sf_num_to_f80(struct sf_env *v, const struct sf_num *a)
{
    switch (a->cls) {
    case SF_ZERO: return zero80(a->sign);
    case SF_INF: return inf80(a->sign);
    case SF_NUM: note_denormal(v, a->den); return sf_f80_make(a->sign, (u32)(a->e + 16383), a->m);
    default: return sf_f80_nan(v, a, a);
    }
}

/* FST to a narrower format: denormal sources raise no DE. */
ALWAYS_INLINE u64 narrow(struct sf_env *v, struct x86_f80 x, struct sf_fmt f)
{
    struct sf_num a = sf_unpack_f80(x);

    switch (a.cls) {
    case SF_ZERO: return sf_pack_sign(a.sign, f);
    case SF_INF: return sf_pack_inf(a.sign, f);
    case SF_NUM: return sf_round_pack(v, a.sign, a.e, a.m, f);
    case SF_UNSUP: v->flags |= SF_IE; return sf_default_nan(f);
    case SF_SNAN: v->flags |= SF_IE; /* fall through */
    default: return sf_pack_nan(&a, f);
    }
}

u32 sf_f80_to_f32(struct sf_env *v, struct x86_f80 a)
{
    return (u32)narrow(v, a, SF_F32);
}

u64 sf_f80_to_f64(struct sf_env *v, struct x86_f80 a)
{
    return narrow(v, a, SF_F64);
}
