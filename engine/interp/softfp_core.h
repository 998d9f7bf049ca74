/*
 * softfp_core.h - unpack, the exact operations, round and pack: what the softfp_*.c files are made
 * of. Everything is always_inline so that format and precision become constants. See softfp.h for
 * the two number forms.
 */
#ifndef INTERP_SOFTFP_CORE_H
#define INTERP_SOFTFP_CORE_H

#include "interp/softfp.h"

#define SF_TOP 0x8000000000000000ull

ALWAYS_INLINE bool sf_is_nan(const struct sf_num *n)
{
    return n->cls == SF_QNAN || n->cls == SF_SNAN;
}

ALWAYS_INLINE i32 sf_emax(struct sf_fmt f)
{
    return (1 << (f.exp - 1)) - 1;
}

/* (v >> n) with everything shifted out or-ed into the lowest bit. */
ALWAYS_INLINE u64 sf_shr_sticky(u64 v, u32 n)
{
    if (n == 0)
        return v;
    if (n >= 64)
        return v != 0;
    return v >> n | ((v << (64 - n)) != 0);
}

ALWAYS_INLINE u128 sf_shr_sticky128(u128 v, u32 n)
{
    if (n == 0)
        return v;
    if (n >= 128)
        return v != 0;
    return v >> n | ((v << (128 - n)) != 0);
}

/* --- unpack */
ALWAYS_INLINE struct sf_num sf_unpack(u64 bits, struct sf_fmt f, bool daz)
{
    u32 emask = (1u << f.exp) - 1, exp = (u32)(bits >> f.frac) & emask;
    u64 frac = (bits & ((1ull << f.frac) - 1)) << (63 - f.frac);
    struct sf_num n = {SF_TOP | frac, (i32)exp - sf_emax(f), (u8)(bits >> (f.frac + f.exp)) & 1,
                       SF_NUM, 0};

    if (LIKELY(exp != 0 && exp != emask))
        return n;
    if (exp) {
        n.cls = !frac ? SF_INF : frac >> 62 ? SF_QNAN : SF_SNAN;
    } else if (!frac || daz) {
        n.cls = SF_ZERO;
        n.m = 0;
    } else {
        unsigned lz = (unsigned)__builtin_clzll(frac);

        n.m = frac << lz;
        n.e = 1 - sf_emax(f) - (i32)lz;
        n.den = 1;
    }
    return n;
}

NOINLINE UNUSED static struct sf_num sf_unpack_f80_odd(struct x86_f80 a)
{
    struct sf_num n = {a.m, (a.se & 0x7fff) - 16383, (u8)(a.se >> 15), SF_UNSUP, 0};

    if ((a.se & 0x7fff) == 0x7fff) {
        if (a.m >> 63)
            n.cls = !(a.m << 1) ? SF_INF : (a.m >> 62) & 1 ? SF_QNAN : SF_SNAN;
    } else if ((a.se & 0x7fff) == 0) {
        unsigned lz = a.m ? (unsigned)__builtin_clzll(a.m) : 0;

        n.cls = a.m ? SF_NUM : SF_ZERO;
        n.den = a.m != 0;
        n.m = a.m << lz;
        n.e = -16382 - (i32)lz;
    }
    return n;
}

/* Finite with the integer bit set and an exponent that is not 0 or 7fff. */
ALWAYS_INLINE bool sf_f80_is_normal(struct x86_f80 a)
{
    return (i64)a.m < 0 && (u16)((a.se & 0x7fff) - 1) < 0x7ffe;
}

ALWAYS_INLINE struct sf_num sf_unpack_f80(struct x86_f80 a)
{
    if (LIKELY(sf_f80_is_normal(a)))
        return (struct sf_num){a.m, (a.se & 0x7fff) - 16383, (u8)(a.se >> 15), SF_NUM, 0};
    return sf_unpack_f80_odd(a);
}

/* --- pack of what needs no rounding */
ALWAYS_INLINE u64 sf_pack_sign(unsigned sign, struct sf_fmt f)
{
    return (u64)sign << (f.frac + f.exp);
}

ALWAYS_INLINE u64 sf_pack_inf(unsigned sign, struct sf_fmt f)
{
    return sf_pack_sign(sign, f) | (u64)((1u << f.exp) - 1) << f.frac;
}

/* Default NaN ("QNaN floating-point indefinite"): negative, payload 0. */
ALWAYS_INLINE u64 sf_default_nan(struct sf_fmt f)
{
    return sf_pack_inf(1, f) | 1ull << (f.frac - 1);
}

ALWAYS_INLINE u64 sf_pack_nan(const struct sf_num *n, struct sf_fmt f)
{
    return sf_pack_inf(n->sign, f) | 1ull << (f.frac - 1) | (n->m & ~SF_TOP) >> (63 - f.frac);
}

ALWAYS_INLINE struct x86_f80 sf_f80_make(unsigned sign, u32 exp, u64 m)
{
    return (struct x86_f80){m, (u16)(sign << 15 | exp), {0, 0, 0}};
}

#define SF_F80_DEFAULT_NAN sf_f80_make(1, 0x7fff, 0xc000000000000000ull)

/* --- round and pack */

/* What is added to a significand whose lowest `shift` bits go away. */
ALWAYS_INLINE u64 sf_round_inc(unsigned rc, unsigned sign, u64 m, unsigned shift)
{
    u64 mask = (1ull << shift) - 1;

    if (LIKELY(rc == SF_RN))
        return (mask >> 1) + (m >> shift & 1);
    if (rc == SF_RZ)
        return 0;
    return (rc == SF_RU) == !sign ? mask : 0;
}

/* Largest finite or infinity, by rounding direction. */
ALWAYS_INLINE bool sf_overflow_to_inf(unsigned rc, unsigned sign)
{
    return rc == SF_RN || (rc != SF_RZ && (rc == SF_RU) == !sign);
}

/* Unmasked, PE only tells whether the significand was inexact; the value returned is not used then.
 */
ALWAYS_INLINE u64 sf_overflow(struct sf_env *v, unsigned sign, struct sf_fmt f, bool inexact)
{
    bool inf = sf_overflow_to_inf(v->rc, sign);

    v->flags |= SF_OE | (inexact || (v->masks & SF_OE) ? SF_PE : 0);
    v->up = inf;
    return sf_pack_inf(sign, f) - !inf;
}

/* Below the smallest normal: tininess was found after rounding (SDM vol. 1, 4.9.1.5). m has `shift`
 * extra bits. */
ALWAYS_INLINE u64 sf_pack_tiny(struct sf_env *v, unsigned sign, i32 e, u64 m, struct sf_fmt f,
                               bool tiny)
{
    unsigned shift = 63 - f.frac;
    u64 d, r;

    if (tiny && !(v->masks & SF_UE)) {
        v->flags |= SF_UE | (m & ((1ull << shift) - 1) ? SF_PE : 0);
        return 0;
    }
    if (tiny && v->ftz) {
        v->flags |= SF_UE | SF_PE;
        return sf_pack_sign(sign, f);
    }
    d = sf_shr_sticky(m, (u32)(1 - sf_emax(f) - e));
    r = (d + sf_round_inc(v->rc, sign, d, shift)) >> shift;
    if (d & ((1ull << shift) - 1)) {
        v->flags |= SF_PE | (tiny ? SF_UE : 0);
        v->up = r > d >> shift;
    }
    return sf_pack_sign(sign, f) |
           r; /* r may have become the smallest normal: the carry is the exponent */
}

/* Rounds to f (frac <= 52, so sticky bits fit below). */
ALWAYS_INLINE u64 sf_round_pack(struct sf_env *v, unsigned sign, i32 e, u64 m, struct sf_fmt f)
{
    unsigned shift = 63 - f.frac;
    u64 inc = sf_round_inc(v->rc, sign, m, shift), r = (m >> 1) + (inc >> 1) + (m & inc & 1);
    /* r is (m + inc) / 2, one bit below so that the carry is not lost; inc's low bit only matters
     * with m's. */
    unsigned carry = (unsigned)(r >> 63);

    v->up = 0;
    if (UNLIKELY(e < 1 - sf_emax(f)))
        return sf_pack_tiny(v, sign, e, m, f, e + (i32)carry < 1 - sf_emax(f));
    if (UNLIKELY(e + (i32)carry > sf_emax(f)))
        return sf_overflow(v, sign, f, m & ((1ull << shift) - 1));
    r >>= shift - 1;
    if (m & ((1ull << shift) - 1)) {
        v->flags |= SF_PE;
        v->up = r > m >> shift;
    }
    /* r has its implicit bit (or the carry one above): adding makes the exponent right. */
    return sf_pack_sign(sign, f) + ((u64)(e + sf_emax(f) - 1) << f.frac) + r;
}

ALWAYS_INLINE u64 sf_round_wide(struct sf_env *v, const struct sf_wide *w, struct sf_fmt f)
{
    return sf_round_pack(v, w->sign, w->e, w->hi | (w->lo != 0), f);
}

struct x86_f80 sf_round_f80_slow(struct sf_env *v, const struct sf_wide *w, unsigned prec);

/* Rounds to f80 with prec significand bits (24, 53, 64). The common case inline: 64 bits, nearest,
 * in range. */
ALWAYS_INLINE struct x86_f80 sf_round_f80(struct sf_env *v, const struct sf_wide *w, unsigned prec)
{
    if (LIKELY(prec == 64 && v->rc == SF_RN && (u32)(w->e + 16381) < 32763)) {
        u64 up = w->lo > SF_TOP || (w->lo == SF_TOP && (w->hi & 1));
        u64 m = w->hi + up;
        u32 exp = (u32)(w->e + 16383);

        v->up = (u8)up;
        if (w->lo)
            v->flags |= SF_PE;
        if (UNLIKELY(m == 0)) {
            m = SF_TOP;
            exp++;
        }
        return sf_f80_make(w->sign, exp, m);
    }
    return sf_round_f80_slow(v, w, prec);
}

/* --- exact operations on NUM operands */

ALWAYS_INLINE void sf_normalise(struct sf_wide *w, u128 m, i32 e)
{
    unsigned lz = m >> 64 ? (unsigned)__builtin_clzll((u64)(m >> 64))
                          : 64 + (unsigned)__builtin_clzll((u64)m);

    m <<= lz;
    w->hi = (u64)(m >> 64);
    w->lo = (u64)m;
    w->e = e - (i32)lz;
}

/* a + b of the given signs; false: exact zero. */
ALWAYS_INLINE bool sf_add_num(struct sf_wide *w, struct sf_num a, struct sf_num b)
{
    u128 x, y, s;
    i32 d = a.e - b.e;

    if (d < 0 || (d == 0 && a.m < b.m)) {
        struct sf_num t = a;

        a = b;
        b = t;
        d = -d;
    }
    w->sign = a.sign;
    x = (u128)a.m << 64;
    y = d < 64    ? (u128)b.m << 64 >> d
        : d < 128 ? (u128)(b.m >> (d - 64)) | ((b.m & ((1ull << (d - 64)) - 1)) != 0)
                  : 1;
    if (a.sign == b.sign) {
        s = x + y;
        if (s < x) {
            s = (s >> 1) | (s & 1) | (u128)1 << 127;
            a.e++;
        }
        w->hi = (u64)(s >> 64);
        w->lo = (u64)s;
        w->e = a.e;
        return true;
    }
    s = x - y;
    if (LIKELY((i64)(s >> 64) < 0)) {
        w->hi = (u64)(s >> 64);
        w->lo = (u64)s;
        w->e = a.e;
        return true;
    }
    if (s == 0)
        return false;
    sf_normalise(w, s, a.e);
    return true;
}

ALWAYS_INLINE void sf_mul_num(struct sf_wide *w, const struct sf_num *a, const struct sf_num *b)
{
    u128 p = (u128)a->m * b->m;
    unsigned top = (unsigned)(p >> 127);

    p <<= 1 - top;
    w->hi = (u64)(p >> 64);
    w->lo = (u64)p;
    w->e = a->e + b->e + (i32)top;
    w->sign = a->sign ^ b->sign;
}

/* Where the remainder of a truncated quotient or root lies: 0, below half, half, above half. */
ALWAYS_INLINE u64 sf_tail(bool zero, int against_half)
{
    return zero                ? 0
           : against_half < 0  ? SF_TOP >> 1
           : against_half == 0 ? SF_TOP
                               : SF_TOP | SF_TOP >> 1;
}

ALWAYS_INLINE void sf_div_num(struct sf_wide *w, const struct sf_num *a, const struct sf_num *b)
{
    bool less = a->m < b->m;
    u128 n = (u128)a->m << (less ? 64 : 63);
    u64 q = (u64)(n / b->m), r = (u64)n - q * b->m, half = b->m - r; /* r against b - r */

    w->hi = q;
    w->lo = sf_tail(r == 0, r < half ? -1 : r > half);
    w->e = a->e - b->e - less;
    w->sign = a->sign ^ b->sign;
}

void sf_sqrt_num(struct sf_wide *w, const struct sf_num *a);

/* Integer part of |n| (e < 64 or n small), rounded. Returns false when it does not fit 64 bits. */
ALWAYS_INLINE bool sf_to_u64(struct sf_env *v, const struct sf_num *n, unsigned rc, u64 *out)
{
    u64 whole, frac; /* frac: bits below the point, left-justified, sticky */

    if (n->e > 63)
        return false;
    if (n->e >= 0) {
        whole = n->m >> (63 - n->e);
        frac = n->e == 63 ? 0 : n->m << (n->e + 1);
    } else {
        whole = 0;
        frac = n->e == -1 ? n->m : 1;
    }
    v->up = 0;
    if (frac) {
        bool inc = rc == SF_RN ? frac > SF_TOP || (frac == SF_TOP && (whole & 1))
                               : rc != SF_RZ && (rc == SF_RU) == !n->sign;

        v->flags |= SF_PE;
        v->up = inc;
        whole += inc;
        if (inc && !whole)
            return false;
    }
    *out = whole;
    return true;
}

#endif
