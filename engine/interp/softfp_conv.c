/*
 * softfp_conv.c - conversions between f16, f32, f64 and integers, round to integer, and the integer
 * square root that all formats share. SDM vol. 1, 4.9 and 11.5; CVT* and ROUND* pages of vol. 2.
 */
#include "interp/softfp_core.h"

ALWAYS_INLINE u64 convert(struct sf_env *v, u64 x, struct sf_fmt from, struct sf_fmt to, bool daz,
                          bool de)
{
    struct sf_num a = sf_unpack(x, from, daz);

    switch (a.cls) {
    case SF_SNAN: v->flags |= SF_IE; /* fall through */
    case SF_QNAN: return sf_pack_nan(&a, to);
    case SF_INF: return sf_pack_inf(a.sign, to);
    case SF_ZERO: return sf_pack_sign(a.sign, to);
    default:
        if (de && a.den)
            v->flags |= SF_DE;
        return sf_round_pack(v, a.sign, a.e, a.m, to);
    }
}

u64 sf_f32_to_f64(struct sf_env *v, u32 a)
{
    return convert(v, a, SF_F32, SF_F64, v->daz, true);
}

u32 sf_f64_to_f32(struct sf_env *v, u64 a)
{
    return (u32)convert(v, a, SF_F64, SF_F32, v->daz, true);
}

u32 sf_f16_to_f32(struct sf_env *v, u16 a)
{
    return (u32)convert(v, a, SF_F16, SF_F32, false, false);
}

u16 sf_f32_to_f16(struct sf_env *v, u32 a)
{
    u8 ftz = v->ftz;
    u16 r;

    v->ftz = 0;
    r = (u16)convert(v, a, SF_F32, SF_F16, v->daz, true);
    v->ftz = ftz;
    return r;
}

/* Signed integer of `size` bytes from an unpacked number. Denormals only count as inexact (no DE).
 */
static i64 to_int(struct sf_env *v, const struct sf_num *a, unsigned size, unsigned rc)
{
    u64 limit = 1ull << (8 * size - 1), r = 0;
    u8 flags = v->flags;

    if (a->cls == SF_ZERO)
        return 0;
    if (a->cls != SF_NUM || !sf_to_u64(v, a, rc, &r) || r > limit - !a->sign) {
        v->flags = flags | SF_IE;
        v->up = 0;
        return (i64)-limit;
    }
    return (i64)(a->sign ? -r : r);
}

i64 sf_f32_to_int(struct sf_env *v, u32 a, unsigned size, unsigned rc)
{
    struct sf_num n = sf_unpack(a, SF_F32, v->daz);

    return to_int(v, &n, size, rc);
}

i64 sf_f64_to_int(struct sf_env *v, u64 a, unsigned size, unsigned rc)
{
    struct sf_num n = sf_unpack(a, SF_F64, v->daz);

    return to_int(v, &n, size, rc);
}

i64 sf_f80_to_int(struct sf_env *v, struct x86_f80 a, unsigned size, unsigned rc)
{
    struct sf_num n = sf_unpack_f80(a);

    return to_int(v, &n, size, rc);
}

ALWAYS_INLINE u64 from_int(struct sf_env *v, i64 a, struct sf_fmt f)
{
    u64 m = a < 0 ? -(u64)a : (u64)a;
    unsigned lz;

    if (!m)
        return 0;
    lz = (unsigned)__builtin_clzll(m);
    return sf_round_pack(v, a < 0, 63 - (i32)lz, m << lz, f);
}

u32 sf_int_to_f32(struct sf_env *v, i64 a)
{
    return (u32)from_int(v, a, SF_F32);
}

u64 sf_int_to_f64(struct sf_env *v, i64 a)
{
    return from_int(v, a, SF_F64);
}

/* ROUNDSS/ROUNDSD: denormals raise nothing but PE. */
ALWAYS_INLINE u64 round_int(struct sf_env *v, u64 x, struct sf_fmt f, unsigned rc)
{
    struct sf_num a = sf_unpack(x, f, v->daz);
    u64 r = 0;
    unsigned lz;

    if (sf_is_nan(&a)) {
        if (a.cls == SF_SNAN)
            v->flags |= SF_IE;
        return sf_pack_nan(&a, f);
    }
    if (a.cls == SF_ZERO)
        return sf_pack_sign(a.sign, f);
    if (a.cls == SF_INF || a.e >= f.frac)
        return x;
    sf_to_u64(v, &a, rc, &r);
    if (!r)
        return sf_pack_sign(a.sign, f);
    lz = (unsigned)__builtin_clzll(r);
    return sf_round_pack(v, a.sign, 63 - (i32)lz, r << lz, f);
}

u32 sf_f32_round_int(struct sf_env *v, u32 a, unsigned rc)
{
    return (u32)round_int(v, a, SF_F32, rc);
}

u64 sf_f64_round_int(struct sf_env *v, u64 a, unsigned rc)
{
    return round_int(v, a, SF_F64, rc);
}

/* floor(sqrt(n)) for n with one of its two top bits set: 8 bits by search, then each step doubles
 * them by one division. */
static u32 isqrt64(u64 n)
{
    u32 n16 = (u32)(n >> 48), s8 = 0;
    u64 s, q;

    for (u32 bit = 0x80; bit; bit >>= 1)
        if ((s8 | bit) * (s8 | bit) <= n16)
            s8 |= bit;
    /* Karatsuba square root: root of the next level = s * 2^k + q, one too large at most. */
    n16 = (u32)(n >> 32);
    q = ((n16 >> 8) - (s8 * s8 << 8)) / (2 * s8);
    s = ((u64)s8 << 8) + q;
    while (s * s > n16)
        s--;
    q = ((n >> 16) - (s * s << 16)) / (2 * s);
    s = (s << 16) + q;
    while ((u128)s * s > n)
        s--;
    return (u32)s;
}

void sf_sqrt_num(struct sf_wide *w, const struct sf_num *a)
{
    unsigned odd = (unsigned)a->e & 1;
    u128 n = (u128)a->m << (63 + odd), r; /* in [2^126, 2^128): the root has 64 bits */
    u64 s1 = isqrt64((u64)(n >> 64)), q;
    u128 s;

    q = (u64)((((n >> 64) - (u128)s1 * s1) << 32 | (u32)((u64)n >> 32)) / (2 * s1));
    s = ((u128)s1 << 32) + q;
    if (s >> 64)
        s = ~0ull;
    while (s * s > n)
        s--;
    r = n - s * s; /* 0 .. 2s; half a unit more is s^2 + s + 1/4 */
    w->hi = (u64)s;
    w->lo = sf_tail(r == 0, r > s ? 1 : -1);
    w->e = (a->e - (i32)odd) / 2;
    w->sign = 0;
}
