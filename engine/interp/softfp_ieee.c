/*
 * softfp_ieee.c - f32 and f64 arithmetic on bits, x86 SSE rules: NaN results (SDM vol. 1, table
 * 4-7), the order in which conditions are looked at (11.5.2: SNaN, QNaN, other invalid and zero
 * divide, denormal), MIN/MAX and compares. One body per operation over struct sf_fmt; the two
 * formats are instances.
 */
#include "interp/softfp_core.h"

/* At least one operand is a NaN: the first NaN, quieted. */
ALWAYS_INLINE u64 nan2(struct sf_env *v, const struct sf_num *a, const struct sf_num *b,
                       struct sf_fmt f)
{
    if (a->cls == SF_SNAN || b->cls == SF_SNAN)
        v->flags |= SF_IE;
    return sf_pack_nan(sf_is_nan(a) ? a : b, f);
}

ALWAYS_INLINE u64 invalid(struct sf_env *v, struct sf_fmt f)
{
    v->flags |= SF_IE;
    return sf_default_nan(f);
}

ALWAYS_INLINE void note_denormal(struct sf_env *v, unsigned den)
{
    if (den)
        v->flags |= SF_DE;
}

ALWAYS_INLINE u64 add(struct sf_env *v, u64 x, u64 y, bool neg, struct sf_fmt f)
{
    struct sf_num a = sf_unpack(x, f, v->daz), b = sf_unpack(y, f, v->daz);
    struct sf_wide w;

    if (UNLIKELY(sf_is_nan(&a) || sf_is_nan(&b)))
        return nan2(v, &a, &b, f);
    b.sign ^= neg;
    if (UNLIKELY(a.cls == SF_INF || b.cls == SF_INF)) {
        if (a.cls == b.cls && a.sign != b.sign)
            return invalid(v, f);
        note_denormal(v, a.den | b.den);
        return sf_pack_inf(a.cls == SF_INF ? a.sign : b.sign, f);
    }
    note_denormal(v, a.den | b.den);
    if (a.cls == SF_ZERO && b.cls == SF_ZERO)
        return sf_pack_sign(a.sign == b.sign ? a.sign : v->rc == SF_RD, f);
    if (a.cls == SF_ZERO || b.cls == SF_ZERO) {
        const struct sf_num *n = a.cls == SF_ZERO ? &b : &a;

        return sf_round_pack(v, n->sign, n->e, n->m, f);
    }
    if (!sf_add_num(&w, a, b))
        return sf_pack_sign(v->rc == SF_RD, f);
    return sf_round_wide(v, &w, f);
}

ALWAYS_INLINE u64 mul(struct sf_env *v, u64 x, u64 y, struct sf_fmt f)
{
    struct sf_num a = sf_unpack(x, f, v->daz), b = sf_unpack(y, f, v->daz);
    struct sf_wide w;

    if (UNLIKELY(sf_is_nan(&a) || sf_is_nan(&b)))
        return nan2(v, &a, &b, f);
    if (UNLIKELY(a.cls != SF_NUM || b.cls != SF_NUM)) {
        bool inf = a.cls == SF_INF || b.cls == SF_INF, zero = a.cls == SF_ZERO || b.cls == SF_ZERO;

        if (inf && zero)
            return invalid(v, f);
        note_denormal(v, a.den | b.den);
        return inf ? sf_pack_inf(a.sign ^ b.sign, f) : sf_pack_sign(a.sign ^ b.sign, f);
    }
    note_denormal(v, a.den | b.den);
    sf_mul_num(&w, &a, &b);
    return sf_round_wide(v, &w, f);
}

ALWAYS_INLINE u64 div(struct sf_env *v, u64 x, u64 y, struct sf_fmt f)
{
    struct sf_num a = sf_unpack(x, f, v->daz), b = sf_unpack(y, f, v->daz);
    unsigned sign = a.sign ^ b.sign;
    struct sf_wide w;

    if (UNLIKELY(sf_is_nan(&a) || sf_is_nan(&b)))
        return nan2(v, &a, &b, f);
    if (UNLIKELY(a.cls != SF_NUM || b.cls != SF_NUM)) {
        if (a.cls == b.cls)
            return invalid(v, f); /* 0 / 0, inf / inf */
        if (b.cls == SF_ZERO && a.cls == SF_NUM) {
            v->flags |= SF_ZE;
            return sf_pack_inf(sign, f);
        }
        note_denormal(v, a.den | b.den);
        return a.cls == SF_INF || b.cls == SF_ZERO ? sf_pack_inf(sign, f) : sf_pack_sign(sign, f);
    }
    note_denormal(v, a.den | b.den);
    sf_div_num(&w, &a, &b);
    return sf_round_wide(v, &w, f);
}

ALWAYS_INLINE u64 root(struct sf_env *v, u64 x, struct sf_fmt f)
{
    struct sf_num a = sf_unpack(x, f, v->daz);
    struct sf_wide w;

    if (sf_is_nan(&a))
        return nan2(v, &a, &a, f);
    if (a.cls == SF_ZERO)
        return sf_pack_sign(a.sign, f);
    if (a.sign)
        return invalid(v, f);
    if (a.cls == SF_INF)
        return x;
    note_denormal(v, a.den);
    sf_sqrt_num(&w, &a);
    return sf_round_wide(v, &w, f);
}

/* a * b + c for finite a, b, c != 0; false: exact zero. Every format here has at most 53 bits, so
 * the product is exact. */
ALWAYS_INLINE bool fma_num(struct sf_wide *w, const struct sf_num *a, const struct sf_num *b,
                           const struct sf_num *c)
{
    u128 x, y, s;
    i32 d;
    unsigned sign;

    sf_mul_num(w, a, b);
    sign = w->sign;
    x = (u128)w->hi << 64 | w->lo;
    y = (u128)c->m << 64;
    d = w->e - c->e;
    if (d < 0 || (d == 0 && x < y)) {
        u128 t = x;

        x = y;
        y = t;
        d = -d;
        w->e = c->e;
        w->sign = c->sign;
    }
    y = sf_shr_sticky128(y, (u32)d);
    if (sign == c->sign) {
        s = x + y;
        if (s < x) {
            s = s >> 1 | (s & 1) | (u128)1 << 127;
            w->e++;
        }
    } else {
        s = x - y;
        if (s == 0)
            return false;
    }
    sf_normalise(w, s, w->e);
    return true;
}

/* NaN priority is the order multiplicand, multiplier, addend; 0 * inf is invalid only when c is not
 * a NaN. */
ALWAYS_INLINE u64 fused(struct sf_env *v, u64 x, u64 y, u64 z, unsigned neg, struct sf_fmt f)
{
    struct sf_num a = sf_unpack(x, f, v->daz), b = sf_unpack(y, f, v->daz),
                  c = sf_unpack(z, f, v->daz);
    unsigned sign;
    struct sf_wide w;

    if (UNLIKELY(sf_is_nan(&a) || sf_is_nan(&b) || sf_is_nan(&c))) {
        if (a.cls == SF_SNAN || b.cls == SF_SNAN || c.cls == SF_SNAN)
            v->flags |= SF_IE;
        return sf_pack_nan(sf_is_nan(&a) ? &a : sf_is_nan(&b) ? &b : &c, f);
    }
    a.sign ^= neg & 1;
    c.sign ^= neg >> 1 & 1;
    sign = a.sign ^ b.sign;
    if (UNLIKELY(a.cls == SF_INF || b.cls == SF_INF)) {
        if (a.cls == SF_ZERO || b.cls == SF_ZERO || (c.cls == SF_INF && c.sign != sign))
            return invalid(v, f);
        note_denormal(v, a.den | b.den | c.den);
        return sf_pack_inf(sign, f);
    }
    note_denormal(v, a.den | b.den | c.den);
    if (c.cls == SF_INF)
        return sf_pack_inf(c.sign, f);
    if (a.cls == SF_ZERO || b.cls == SF_ZERO) {
        if (c.cls == SF_ZERO)
            return sf_pack_sign(sign == c.sign ? sign : v->rc == SF_RD, f);
        return sf_round_pack(v, c.sign, c.e, c.m, f);
    }
    if (c.cls == SF_ZERO)
        sf_mul_num(&w, &a, &b);
    else if (!fma_num(&w, &a, &b, &c))
        return sf_pack_sign(v->rc == SF_RD, f);
    return sf_round_wide(v, &w, f);
}

/* Order of two non-NaN numbers. */
ALWAYS_INLINE enum sf_rel order(const struct sf_num *a, const struct sf_num *b)
{
    int r;

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

ALWAYS_INLINE enum sf_rel cmp(struct sf_env *v, u64 x, u64 y, bool quiet, struct sf_fmt f)
{
    struct sf_num a = sf_unpack(x, f, v->daz), b = sf_unpack(y, f, v->daz);

    if (sf_is_nan(&a) || sf_is_nan(&b)) {
        if (!quiet || a.cls == SF_SNAN || b.cls == SF_SNAN)
            v->flags |= SF_IE;
        return SF_UN;
    }
    note_denormal(v, a.den | b.den);
    return order(&a, &b);
}

/* SDM MINSS: the second operand unless the first is really smaller (so for NaNs and for two zeros).
 */
ALWAYS_INLINE u64 minmax(struct sf_env *v, u64 x, u64 y, enum sf_rel want, struct sf_fmt f)
{
    u64 r = cmp(v, x, y, false, f) == want ? x : y;
    struct sf_num n = sf_unpack(r, f, v->daz);

    return n.cls == SF_ZERO ? sf_pack_sign(n.sign, f) : r; /* DAZ */
}

#define SF_INSTANCE(t, T, F)                                                                       \
    t sf_f##T##_add(struct sf_env *v, t a, t b)                                                    \
    {                                                                                              \
        return (t)add(v, a, b, false, F);                                                          \
    }                                                                                              \
    t sf_f##T##_sub(struct sf_env *v, t a, t b)                                                    \
    {                                                                                              \
        return (t)add(v, a, b, true, F);                                                           \
    }                                                                                              \
    t sf_f##T##_mul(struct sf_env *v, t a, t b)                                                    \
    {                                                                                              \
        return (t)mul(v, a, b, F);                                                                 \
    }                                                                                              \
    t sf_f##T##_div(struct sf_env *v, t a, t b)                                                    \
    {                                                                                              \
        return (t)div(v, a, b, F);                                                                 \
    }                                                                                              \
    t sf_f##T##_sqrt(struct sf_env *v, t a)                                                        \
    {                                                                                              \
        return (t)root(v, a, F);                                                                   \
    }                                                                                              \
    t sf_f##T##_min(struct sf_env *v, t a, t b)                                                    \
    {                                                                                              \
        return (t)minmax(v, a, b, SF_LT, F);                                                       \
    }                                                                                              \
    t sf_f##T##_max(struct sf_env *v, t a, t b)                                                    \
    {                                                                                              \
        return (t)minmax(v, a, b, SF_GT, F);                                                       \
    }                                                                                              \
    t sf_f##T##_fma(struct sf_env *v, t a, t b, t c, unsigned neg)                                 \
    {                                                                                              \
        return (t)fused(v, a, b, c, neg, F);                                                       \
    }                                                                                              \
    enum sf_rel sf_f##T##_cmp(struct sf_env *v, t a, t b, bool quiet)                              \
    {                                                                                              \
        return cmp(v, a, b, quiet, F);                                                             \
    }
SF_INSTANCE(u32, 32, SF_F32)
SF_INSTANCE(u64, 64, SF_F64)
#undef SF_INSTANCE
