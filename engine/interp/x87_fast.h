/*
 * x87_fast.h - the common x87 case in few host instructions: rounding to nearest, PE masked, normal
 * operands, normal result. Then PE and C1 are all that can change in the status word. Everything
 * else is left to softfp_f80.c, whose results these equal. Called by sem_x87_arith.c and
 * sem_x87_move.c.
 */
#ifndef INTERP_X87_FAST_H
#define INTERP_X87_FAST_H

#include "interp/x87.h"

struct x87_val {
    u64 m;
    i32 e; /* biased; 1 .. 0x7ffe when normal */
    u32 sign;
};

/* Nearest and PE masked. */
ALWAYS_INLINE bool x87_fast_env(const struct x86_cpu *c)
{
    return LIKELY((c->fpu.cw & 0xc20) == 0x20);
}

/* The same with 64-bit precision. */
ALWAYS_INLINE bool x87_fast_env64(const struct x86_cpu *c)
{
    return LIKELY((c->fpu.cw & 0xf20) == 0x320);
}

/* Bits below the precision of PC: 0, 11 or 40. */
ALWAYS_INLINE unsigned x87_fast_shift(const struct x86_cpu *c)
{
    return 0x000b0028u >> (c->fpu.cw >> 8 & 3) * 8 & 0xff;
}

ALWAYS_INLINE bool x87_val_st(struct x86_cpu *c, unsigned i, struct x87_val *v)
{
    const struct x86_f80 *r = x87_st(c, i);

    v->m = r->m;
    v->e = r->se & 0x7fff;
    v->sign = r->se >> 15;
    return LIKELY((i64)v->m < 0 && (u32)(v->e - 1) < 0x7ffe && !x87_empty(c, i));
}

ALWAYS_INLINE bool x87_val_f64(u64 b, struct x87_val *v)
{
    u32 e = (u32)(b >> 52) & 0x7ff;

    v->m = b << 11 | 1ull << 63;
    v->e = (i32)e - 1023 + 16383;
    v->sign = (u32)(b >> 63);
    return LIKELY(e - 1 < 0x7fe);
}

ALWAYS_INLINE bool x87_val_f32(u32 b, struct x87_val *v)
{
    u32 e = b >> 23 & 0xff;

    v->m = (u64)b << 40 | 1ull << 63;
    v->e = (i32)e - 127 + 16383;
    v->sign = b >> 31;
    return LIKELY(e - 1 < 0xfe);
}

ALWAYS_INLINE bool x87_val_int(i64 n, struct x87_val *v)
{
    u64 m = n < 0 ? -(u64)n : (u64)n;
    unsigned lz;

    if (UNLIKELY(!m))
        return false;
    lz = (unsigned)__builtin_clzll(m);
    v->m = m << lz;
    v->e = 16383 + 63 - (i32)lz;
    v->sign = n < 0;
    return true;
}

/* Memory operand i of the record as loaded by sem_ea(). */
ALWAYS_INLINE bool x87_val_mem(u64 raw, unsigned size, bool integer, struct x87_val *v)
{
    if (integer)
        return x87_val_int((i64)sext(raw, size), v);
    return size == 4 ? x87_val_f32((u32)raw, v) : x87_val_f64(raw, v);
}

/*
 * Rounds v, whose bits below v->m are `lost` (left-justified, sticky), to 64 - shift bits. *st gets
 * PE and C1. False: the exponent left the normal range.
 */
ALWAYS_INLINE bool x87_fast_round(struct x87_val *v, u64 lost, unsigned shift, u32 *st)
{
    u64 up;

    if (shift) {
        u64 low = v->m & ((1ull << shift) - 1);

        v->m -= low;
        lost = low << (64 - shift) | (lost >> shift) | (lost != 0);
        up = (lost > 1ull << 63 || (lost == 1ull << 63 && (v->m >> shift & 1))) ? 1ull << shift : 0;
    } else {
        up = lost > 1ull << 63 || (lost == 1ull << 63 && (v->m & 1));
    }
    v->m += up;
    if (UNLIKELY(up && !v->m)) {
        v->m = 1ull << 63;
        v->e++;
    }
    *st = (lost ? SF_PE : 0u) | (up ? X87_C1 : 0u);
    return LIKELY((u32)(v->e - 1) < 0x7ffe);
}

ALWAYS_INLINE u64 x87_shr_sticky(u64 v, u32 n)
{
    if (n == 0)
        return v;
    return n < 64 ? v >> n | (v << (64 - n) != 0) : 1;
}

/* Each: *r = a op b. False: not for us (cancellation to zero, out of range). */
ALWAYS_INLINE bool x87_fast_add(struct x87_val *r, struct x87_val a, struct x87_val b,
                                unsigned shift, u32 *st)
{
    u64 y, lost;
    u32 d;

    if (a.e < b.e || (a.e == b.e && a.m < b.m)) {
        *r = b;
        b = a;
    } else {
        *r = a;
    }
    d = (u32)(r->e - b.e);
    y = d < 64 ? b.m >> d : 0;
    lost = d == 0 ? 0 : d < 64 ? b.m << (64 - d) : x87_shr_sticky(b.m, d - 64);
    if (r->sign == b.sign) {
        r->m += y;
        if (r->m < y) {
            lost = lost >> 1 | (lost & 1) | r->m << 63;
            r->m = r->m >> 1 | 1ull << 63;
            r->e++;
        }
    } else {
        r->m -= y + (lost != 0);
        lost = -lost;
        if ((i64)r->m >= 0) {
            unsigned lz;

            if (UNLIKELY(!r->m))
                return false;
            lz = (unsigned)__builtin_clzll(r->m);
            r->m = r->m << lz | lost >> (64 - lz);
            lost <<= lz;
            r->e -= (i32)lz;
        }
    }
    return x87_fast_round(r, lost, shift, st);
}

ALWAYS_INLINE bool x87_fast_sub(struct x87_val *r, struct x87_val a, struct x87_val b,
                                unsigned shift, u32 *st)
{
    b.sign ^= 1;
    return x87_fast_add(r, a, b, shift, st);
}

ALWAYS_INLINE bool x87_fast_mul(struct x87_val *r, struct x87_val a, struct x87_val b,
                                unsigned shift, u32 *st)
{
    u128 p = (u128)a.m * b.m;
    u64 lost = (u64)p;

    r->m = (u64)(p >> 64);
    r->e = a.e + b.e - 16383 + 1;
    r->sign = a.sign ^ b.sign;
    if ((i64)r->m >= 0) {
        r->m = r->m << 1 | lost >> 63;
        lost <<= 1;
        r->e--;
    }
    return x87_fast_round(r, lost, shift, st);
}

ALWAYS_INLINE bool x87_fast_div(struct x87_val *r, struct x87_val a, struct x87_val b,
                                unsigned shift, u32 *st)
{
    bool less = a.m < b.m;
    u128 n = (u128)a.m << (less ? 64 : 63);
    u64 q = (u64)(n / b.m), rem = (u64)n - q * b.m, lost;

    /* rem / b.m to two bits and sticky: below, at or above one half */
    lost = !rem ? 0 : rem < b.m - rem ? 1ull << 62 : rem == b.m - rem ? 1ull << 63 : 3ull << 62;
    r->m = q;
    r->e = a.e - b.e + 16383 - less;
    r->sign = a.sign ^ b.sign;
    return x87_fast_round(r, lost, shift, st);
}

/* Stores a result in ST(i), which is in use. */
ALWAYS_INLINE void x87_fast_put(struct x86_cpu *c, unsigned i, const struct x87_val *v, u32 st)
{
    struct x86_f80 *r = x87_st(c, i);

    r->m = v->m;
    r->se = (u16)(v->sign << 15 | (u32)v->e);
    c->fpu.sw = (u16)((c->fpu.sw & ~X87_C1) | st);
}

#endif
