/*
 * softfp_trans.c - the x87 transcendental functions in 128-bit arithmetic: relative error below
 * 2^-100 before the one rounding to 64 bits. Arguments are reduced by a small table, the rest is a
 * series in fixed point (Horner in 1.127), so that small results keep their relative precision.
 * FSIN and its kin reduce by the 66-bit pi of the CPU (SDM vol. 1, 8.3.8), exactly.
 */
#include "interp/softfp_core.h"
#include "interp/softfp_trans_tab.h"

/* (m / 2^127) * 2^e, top bit of m set; m = 0 is zero. */
struct tw {
    u128 m;
    i32 e;
    u8 sign;
};

#define ONE ((u128)1 << 127) /* 1.0 in 1.127 */

static struct tw tw_const(const struct trans_const *k)
{
    return (struct tw){(u128)k->hi << 64 | k->lo, k->e, 0};
}

static struct tw tw_num(const struct sf_num *a)
{
    return (struct tw){(u128)a->m << 64, a->e, a->sign};
}

/* v * 2^e, v unsigned. */
static struct tw tw_int(u128 v, i32 e, unsigned sign)
{
    unsigned lz;

    if (!v)
        return (struct tw){0, 0, 0};
    lz = v >> 64 ? (unsigned)__builtin_clzll((u64)(v >> 64))
                 : 64 + (unsigned)__builtin_clzll((u64)v);
    return (struct tw){v << lz, e + 127 - (i32)lz, (u8)sign};
}

/* High half of the 256-bit product, at most two units low. */
static u128 mulhi(u128 a, u128 b)
{
    u64 ah = (u64)(a >> 64), al = (u64)a, bh = (u64)(b >> 64), bl = (u64)b;

    return (u128)ah * bh + (((u128)ah * bl) >> 64) + (((u128)al * bh) >> 64);
}

static struct tw tw_mul(struct tw a, struct tw b)
{
    struct tw r = {mulhi(a.m, b.m), a.e + b.e + 1, a.sign ^ b.sign};

    if (r.m && !(r.m >> 127)) {
        r.m <<= 1;
        r.e--;
    }
    return r;
}

static struct tw tw_add(struct tw a, struct tw b)
{
    struct tw r;
    u128 s;

    if (!a.m || !b.m)
        return a.m ? a : b;
    if (a.e < b.e || (a.e == b.e && a.m < b.m)) {
        r = a;
        a = b;
        b = r;
    }
    b.m = a.e - b.e < 128 ? b.m >> (a.e - b.e) : 0;
    if (a.sign != b.sign)
        return tw_int(a.m - b.m, a.e - 127, a.sign);
    s = a.m + b.m;
    if (s < a.m)
        return (struct tw){s >> 1 | ONE, a.e + 1, a.sign};
    return (struct tw){s, a.e, a.sign};
}

/* Next 64 bits of rem / d (rem < d, top bit of d set); rem becomes what is left. */
static u64 div_digit(u128 *rem, u128 d)
{
    u64 dh = (u64)(d >> 64);
    u128 est = *rem / dh, high, low;
    u64 q = est >> 64 ? ~0ull : (u64)est;

    high = *rem - (u128)q * dh;
    low = (u128)q * (u64)d;
    if (!(high >> 64)) {
        high <<= 64;
        while (high < low) {
            q--;
            high += d;
            if (high < d)
                break; /* passed 2^128: now larger than low */
        }
    } else {
        high <<= 64;
    }
    *rem = high - low;
    return q;
}

static struct tw tw_div(struct tw a, struct tw b)
{
    u128 rem = a.m;
    i32 e = a.e - b.e;
    u64 hi;

    if (rem >= b.m) /* keep the quotient below one */
        rem >>= 1;
    else
        e--;
    hi = div_digit(&rem, b.m);
    return tw_int((u128)hi << 64 | div_digit(&rem, b.m), e + 1 - 128, a.sign ^ b.sign);
}

/* |a| < 1 as 0.128 */
static u128 tw_fixed(struct tw a)
{
    return a.e < -128 ? 0 : a.m >> (-1 - a.e);
}

/* k[0] + t * (k[1] + t * (...)), or with alternating signs; t is 0.128, k and the value 1.127. */
static u128 horner(const u128 *k, unsigned n, u128 t, bool alternate)
{
    u128 r = k[--n];

    while (n--)
        r = alternate ? k[n] - mulhi(t, r) : k[n] + mulhi(t, r);
    return r;
}

/* Factors are < 2, so a value of 1.127 is a tw already (or needs one shift). */
static struct tw tw_fixed1(u128 v)
{
    return tw_int(v, -127, 0);
}

static struct x86_f80 finish(struct sf_env *v, struct tw a, bool exact)
{
    struct sf_wide w = {(u64)(a.m >> 64), (u64)a.m | !exact, a.e, a.sign};

    return sf_round_f80_slow(v, &w, 64);
}

/* --- sine and cosine */
static const u128 sine_k[] = {
    ONE - 1, /* never exactly the argument */
    ONE / 6,
    ONE / 120,
    ONE / 5040,
    ONE / 362880,
    ONE / 39916800,
    ONE / 6227020800ull,
    ONE / 1307674368000ull,
    ONE / 355687428096000ull,
    ONE / 121645100408832000ull,
    ONE / ((u128)121645100408832000ull * 420),
    ONE / ((u128)121645100408832000ull * 420 * 506),
};
static const u128 cosine_k[] = {
    ONE - 1,
    ONE / 2,
    ONE / 24,
    ONE / 720,
    ONE / 40320,
    ONE / 3628800,
    ONE / 479001600,
    ONE / 87178291200ull,
    ONE / 20922789888000ull,
    ONE / 6402373705728000ull,
    ONE / 2432902008176640000ull,
    ONE / ((u128)2432902008176640000ull * 462),
    ONE / ((u128)2432902008176640000ull * 462 * 552),
};

/* pi / 2 of the CPU in units of 2^-65. */
#define HALF_PI ((u128)3 << 64 | 0x243f6a8885a308d3ull)

/* |x| = q * pi/2 + r, |r| <= pi/4. Returns q mod 4. */
static unsigned reduce(const struct sf_num *x, struct tw *r)
{
    u128 rem = x->m;
    unsigned q = 0;

    if (x->e < -1) {
        *r = tw_num(x);
        r->sign = 0;
        return 0;
    }
    for (i32 i = x->e + 2; i > 0; i--) {
        rem <<= 1;
        q <<= 1;
        if (rem >= HALF_PI) {
            rem -= HALF_PI;
            q |= 1;
        }
    }
    if (rem > HALF_PI / 2) {
        *r = tw_int(HALF_PI - rem, -65, 1);
        q++;
    } else {
        *r = tw_int(rem, -65, 0);
    }
    return q & 3;
}

static struct tw sine_of(struct tw r)
{
    return tw_mul(r, tw_fixed1(horner(sine_k, ARRAY_SIZE(sine_k), tw_fixed(tw_mul(r, r)), true)));
}

static struct tw cosine_of(struct tw r)
{
    return tw_fixed1(horner(cosine_k, ARRAY_SIZE(cosine_k), tw_fixed(tw_mul(r, r)), true));
}

struct x86_f80 sf_f80_sin(struct sf_env *v, const struct sf_num *x)
{
    struct tw r, s;
    unsigned q = reduce(x, &r);

    s = q & 1 ? cosine_of(r) : sine_of(r);
    s.sign ^= x->sign ^ (q >> 1);
    return finish(v, s, false);
}

struct x86_f80 sf_f80_cos(struct sf_env *v, const struct sf_num *x)
{
    struct tw r, s;
    unsigned q = reduce(x, &r);

    s = q & 1 ? sine_of(r) : cosine_of(r);
    s.sign ^= (q == 1 || q == 2);
    return finish(v, s, false);
}

struct x86_f80 sf_f80_tan(struct sf_env *v, const struct sf_num *x)
{
    struct tw r, t;
    unsigned q = reduce(x, &r);

    t = q & 1 ? tw_div(cosine_of(r), sine_of(r)) : tw_div(sine_of(r), cosine_of(r));
    t.sign ^= x->sign ^ (q & 1);
    return finish(v, t, false);
}

/* --- arc tangent */
static const u128 odd_k[] = {
    ONE - 1,  ONE / 3,  ONE / 5,  ONE / 7,  ONE / 9,  ONE / 11,
    ONE / 13, ONE / 15, ONE / 17, ONE / 19, ONE / 21,
};

/* atan(n / d) for 0 < n / d <= 1: nearest k / 16 from the table, u = (n/d - k/16) / (1 + n/d *
 * k/16). */
static struct tw arctan(const struct sf_num *n, const struct sf_num *d)
{
    i32 gap = d->e - n->e;
    struct tw u, a = {0, 0, 0};
    unsigned k = 0;

    if (gap <= 5) {
        u64 t = n->m >> 32, b = d->m >> 32;

        k = (unsigned)((((t << 5) >> gap) / b + 1) / 2);
    }
    if (k) {
        u128 y = ((u128)n->m << 10) >> gap, x = (u128)d->m << 10; /* gap <= 5: nothing is lost */
        u128 sub = x * k, num = 16 * y;

        u = num >= sub ? tw_int(num - sub, 0, 0) : tw_int(sub - num, 0, 1);
        if (u.m)
            u = tw_div(u, tw_int(16 * x + y * k, 0, 0));
        a = tw_const(&trans_atan[k - 1]);
    } else {
        u = tw_div((struct tw){(u128)n->m << 64, n->e, 0}, (struct tw){(u128)d->m << 64, d->e, 0});
    }
    if (!u.m)
        return a;
    u = tw_mul(u, tw_fixed1(horner(odd_k, ARRAY_SIZE(odd_k), tw_fixed(tw_mul(u, u)), true)));
    return tw_add(a, u);
}

struct x86_f80 sf_f80_atan(struct sf_env *v, const struct sf_num *y, const struct sf_num *x)
{
    bool swap = y->e > x->e || (y->e == x->e && y->m > x->m);
    struct tw a = swap ? arctan(x, y) : arctan(y, x), k;

    if (swap) { /* pi/2 - a, or with x < 0: pi/2 + a */
        k = tw_const(&trans_pi);
        k.e--;
        a.sign = !x->sign;
        a = tw_add(k, a);
    } else if (x->sign) {
        a.sign = 1;
        a = tw_add(tw_const(&trans_pi), a);
    }
    a.sign = y->sign;
    return finish(v, a, false);
}

struct x86_f80 sf_f80_pi(struct sf_env *v, unsigned which, unsigned sign)
{
    struct tw a = tw_const(which == SF_3PI_4 ? &trans_3pi_4 : &trans_pi);

    if (which == SF_PI_2)
        a.e -= 1;
    else if (which == SF_PI_4)
        a.e -= 2;
    a.sign = (u8)sign;
    return finish(v, a, false);
}

/* --- 2^x - 1 */
static const u128 expm1_k[] = {
    ONE - 1,
    ONE / 2,
    ONE / 6,
    ONE / 24,
    ONE / 120,
    ONE / 720,
    ONE / 5040,
    ONE / 40320,
    ONE / 362880,
    ONE / 3628800,
    ONE / 39916800,
    ONE / 479001600,
    ONE / 6227020800ull,
    ONE / 87178291200ull,
};

/* |x| = k/16 + f, |f| <= 1/32: 2^x - 1 = 2^(k/16) * (2^f - 1) + (2^(k/16) - 1), k and f with the
 * sign of x. */
struct x86_f80 sf_f80_2xm1(struct sf_env *v, const struct sf_num *x)
{
    struct tw f = tw_num(x), t, one = {ONE, 0, 1};
    unsigned k = 0;

    if (x->e >= -6) {
        u128 fix = (u128)x->m << (x->e + 6), at; /* units of 2^-69 */

        k = (unsigned)((fix + ((u128)1 << 64)) >> 65);
        at = (u128)k << 65;
        f = fix >= at ? tw_int(fix - at, -69, x->sign) : tw_int(at - fix, -69, !x->sign);
    }
    if (f.m) {
        f = tw_mul(f, tw_const(&trans_ln2));
        f = tw_mul(f, tw_fixed1(horner(expm1_k, ARRAY_SIZE(expm1_k),
                                       tw_fixed((struct tw){f.m, f.e, 0}), f.sign)));
    }
    if (!k)
        return finish(v, f, false);
    t = tw_const(&trans_exp2[x->sign ? 16 - k : k]);
    t.e -= x->sign;
    if (f.m)
        f = tw_mul(f, t);
    return finish(v, tw_add(f, tw_add(t, one)), !f.m && k == 16);
}

/* --- logarithms */

/* log2(1 + r), s = r / (2 + r) with |s| < 1/64: 2/ln2 * atanh(s). */
static struct tw log2_of_ratio(struct tw s)
{
    struct tw t = {s.m, s.e, 0};

    if (!s.m)
        return s;
    return tw_mul(
        tw_mul(s, tw_fixed1(horner(odd_k, ARRAY_SIZE(odd_k), tw_fixed(tw_mul(t, t)), false))),
        tw_const(&trans_2_over_ln2));
}

/* log2 of (m / 2^127) * 2^e. m * k/64 is near one; log2(m) = log2(m * k/64) + log2(64/k). */
static struct tw log2_of(u128 m, i32 e)
{
    u128 p, one = (u128)64 << 119;
    struct tw s, k_part, whole;
    unsigned k;

    if (m > ((u128)0xb504f333f9de6484ull << 64)) { /* above sqrt 2 */
        m >>= 1;
        e++;
    }
    k = (unsigned)(((64ull << 32) + (u64)(m >> 96)) / (u64)(m >> 95)); /* 64 / m, rounded */
    k = k < 45 ? 45 : k > 91 ? 91 : k;
    p = (m >> 8) * k;
    s = p >= one ? tw_int(p - one, 0, 0) : tw_int(one - p, 0, 1);
    if (s.m)
        s = tw_div(s, tw_int(p + one, 0, 0));
    k_part = tw_const(&trans_log2[k - 45]);
    k_part.sign = k > 64;
    whole = tw_int((u128)(e < 0 ? -e : e), 0, e < 0);
    return tw_add(tw_add(whole, k_part), log2_of_ratio(s));
}

struct x86_f80 sf_f80_yl2x(struct sf_env *v, const struct sf_num *y, const struct sf_num *x)
{
    struct tw l = log2_of((u128)x->m << 64, x->e);
    struct x86_f80 r = finish(v, tw_mul(tw_num(y), l), x->m == SF_TOP); /* a power of two: y * e */

    v->flags |= SF_PE | (r.se & 0x7fff ? 0 : SF_UE); /* even when that was exact */
    return r;
}

struct x86_f80 sf_f80_yl2xp1(struct sf_env *v, const struct sf_num *y, const struct sf_num *x)
{
    struct tw a = tw_num(x), one = {ONE, 0, 0}, two = {ONE, 1, 0}, sum;

    if (x->e < -7) {
        a = log2_of_ratio(tw_div(a, tw_add(two, a)));
    } else {
        sum = tw_add(one, a);
        a = log2_of(sum.m, sum.e);
    }
    return finish(v, tw_mul(tw_num(y), a), false);
}
