/*
 * fp_fast.h - SSE floating point on the host's own arithmetic, where that is provably the same:
 * round to nearest, inexact already recorded (MXCSR.PE sticky) and masked, operands normal or zero,
 * result normal (above the smallest one, so that tininess cannot matter) or an exact zero. Then no
 * other flag can arise, and FTZ/DAZ have nothing to act on. The host FPU is never switched from its
 * default state (round to nearest, no flushing, no traps). Each fp_fast_* returns false when the
 * soft path must decide; *r is then meaningless. Called by the sem files and by the threaded
 * handlers: if (!(fp_fast_env(c) && fp_fast_add64(a, b, &r))) r = fp_slow_add64(c, a, b).
 */
#ifndef INTERP_FP_FAST_H
#define INTERP_FP_FAST_H

#include "base/bits.h"
#include "x86/cpu.h"

#define FP_MXCSR_PM (MXCSR_PE << MXCSR_MASK_SHIFT)

ALWAYS_INLINE bool fp_fast_env(const struct x86_cpu *c)
{
    return LIKELY((c->mxcsr & (MXCSR_RC | MXCSR_PE | FP_MXCSR_PM)) == (MXCSR_PE | FP_MXCSR_PM));
}

ALWAYS_INLINE double fp_double(u64 a)
{
    double d;

    __builtin_memcpy(&d, &a, sizeof d);
    return d;
}

ALWAYS_INLINE float fp_float(u32 a)
{
    float f;

    __builtin_memcpy(&f, &a, sizeof f);
    return f;
}

ALWAYS_INLINE u64 fp_bits64(double d)
{
    u64 a;

    __builtin_memcpy(&a, &d, sizeof a);
    return a;
}

ALWAYS_INLINE u32 fp_bits32(float f)
{
    u32 a;

    __builtin_memcpy(&a, &f, sizeof a);
    return a;
}

/* Not denormal (NaN and infinity pass: they spoil the result, which is looked at). */
ALWAYS_INLINE bool fp_not_den64(u64 a)
{
    return LIKELY((a << 1) - 1 >= (1ull << 53) - 1);
}

ALWAYS_INLINE bool fp_not_den32(u32 a)
{
    return LIKELY((a << 1) - 1 >= (1u << 24) - 1);
}

/* Normal, finite and not the smallest normal. */
ALWAYS_INLINE bool fp_normal64(u64 a)
{
    return LIKELY((a << 1) - ((1ull << 53) + 1) < 0xffe0000000000000ull - ((1ull << 53) + 1));
}

ALWAYS_INLINE bool fp_normal32(u32 a)
{
    return LIKELY((a << 1) - ((1u << 24) + 1) < 0xff000000u - ((1u << 24) + 1));
}

/* Zero, normal or infinite: nothing a compare or an exact conversion would flag. */
ALWAYS_INLINE bool fp_plain64(u64 a)
{
    return LIKELY((a << 1) - (1ull << 53) <= 0xffe0000000000000ull - (1ull << 53)) || !(a << 1);
}

ALWAYS_INLINE bool fp_plain32(u32 a)
{
    return LIKELY((a << 1) - (1u << 24) <= 0xff000000u - (1u << 24)) || !(a << 1);
}

/*
 * Both exponents in the middle half of the range: the two top exponent bits differ. Then neither is
 * zero, denormal or special, sums cannot overflow or come near the denormals, and products and
 * quotients only need a look at the result.
 */
ALWAYS_INLINE bool fp_mid64(u64 a, u64 b)
{
    return LIKELY((i64)(((a ^ a << 1) & (b ^ b << 1)) << 1) < 0);
}

ALWAYS_INLINE bool fp_mid32(u32 a, u32 b)
{
    return LIKELY((i32)(((a ^ a << 1) & (b ^ b << 1)) << 1) < 0);
}

/* An exact zero: sums only vanish by cancellation, products and quotients through a zero operand.
 */
#define FP_ZERO_add(a, b) true
#define FP_ZERO_sub(a, b) true
#define FP_ZERO_mul(a, b) (!((a) << 1) || !((b) << 1))
#define FP_ZERO_div(a, b) (!((a) << 1) && ((b) << 1))
#define FP_CHECK_add(bits, r) true
#define FP_CHECK_sub(bits, r) true
#define FP_CHECK_mul(bits, r) fp_normal##bits(r)
#define FP_CHECK_div(bits, r) fp_normal##bits(r)

/*
 * fp_fast_*: the short test, for inlining; what it refuses goes to fp_slow_*, which starts with
 * fp_host_*: the complete test of what host arithmetic may do.
 */
#define FP_FAST_BINARY(name, op, T, bits, real)                                                    \
    ALWAYS_INLINE bool fp_fast_##name##bits(T a, T b, T *r)                                        \
    {                                                                                              \
        *r = fp_bits##bits(fp_##real(a) op fp_##real(b));                                          \
        return fp_mid##bits(a, b) && FP_CHECK_##name(bits, *r);                                    \
    }                                                                                              \
    ALWAYS_INLINE bool fp_host_##name##bits(T a, T b, T *r)                                        \
    {                                                                                              \
        *r = fp_bits##bits(fp_##real(a) op fp_##real(b));                                          \
        return fp_not_den##bits(a) && fp_not_den##bits(b) &&                                       \
               (fp_normal##bits(*r) || (!(*r << 1) && FP_ZERO_##name(a, b)));                      \
    }
FP_FAST_BINARY(add, +, u64, 64, double)
FP_FAST_BINARY(sub, -, u64, 64, double)
FP_FAST_BINARY(mul, *, u64, 64, double)
FP_FAST_BINARY(div, /, u64, 64, double)
FP_FAST_BINARY(add, +, u32, 32, float)
FP_FAST_BINARY(sub, -, u32, 32, float)
FP_FAST_BINARY(mul, *, u32, 32, float)
FP_FAST_BINARY(div, /, u32, 32, float)
#undef FP_FAST_BINARY

/*
 * a * b + c. Floats: the product is exact as a double; the sum may be rounded to double first,
 * except when that lands in the middle between two floats. Doubles: where the host has the
 * instruction.
 */
ALWAYS_INLINE bool fp_fast_fma32(u32 a, u32 b, u32 c, u32 *r)
{
    double s = (double)fp_float(a) * (double)fp_float(b) + (double)fp_float(c);

    *r = fp_bits32((float)s);
    return fp_not_den32(a) && fp_not_den32(b) && fp_not_den32(c) && fp_normal32(*r) &&
           (fp_bits64(s) & 0x1fffffff) != 0x10000000;
}

ALWAYS_INLINE bool fp_fast_fma64(u64 a, u64 b, u64 c, u64 *r)
{
#ifdef __FP_FAST_FMA
    *r = fp_bits64(__builtin_fma(fp_double(a), fp_double(b), fp_double(c)));
    return fp_not_den64(a) && fp_not_den64(b) && fp_not_den64(c) && fp_normal64(*r);
#else
    (void)a, (void)b, (void)c, (void)r;
    return false;
#endif
}

/* Positive normal operands only: the result is always normal. -fno-math-errno makes this one host
 * instruction. */
ALWAYS_INLINE bool fp_fast_sqrt64(u64 a, u64 *r)
{
    if (!(LIKELY(a - (1ull << 52) < 0x7ff0000000000000ull - (1ull << 52))))
        return false;
    *r = fp_bits64(__builtin_sqrt(fp_double(a)));
    return true;
}

ALWAYS_INLINE bool fp_fast_sqrt32(u32 a, u32 *r)
{
    if (!(LIKELY(a - (1u << 23) < 0x7f800000u - (1u << 23))))
        return false;
    *r = fp_bits32(__builtin_sqrtf(fp_float(a)));
    return true;
}

/* --- no rounding: independent of fp_fast_env */
#define FP_FAST_SELECT(name, op, T, bits, real)                                                    \
    ALWAYS_INLINE bool fp_fast_##name##bits(T a, T b, T *r)                                        \
    {                                                                                              \
        *r = fp_##real(a) op fp_##real(b) ? a : b;                                                 \
        return fp_plain##bits(a) && fp_plain##bits(b);                                             \
    }
FP_FAST_SELECT(min, <, u64, 64, double)
FP_FAST_SELECT(max, >, u64, 64, double)
FP_FAST_SELECT(min, <, u32, 32, float)
FP_FAST_SELECT(max, >, u32, 32, float)
#undef FP_FAST_SELECT

/* EFLAGS ZF PF CF of COMIS/UCOMIS for ordered operands. */
ALWAYS_INLINE bool fp_fast_comi64(u64 a, u64 b, u32 *eflags)
{
    double x = fp_double(a), y = fp_double(b);

    *eflags = (x == y ? X86_ZF : 0) | (x < y ? X86_CF : 0);
    return fp_plain64(a) && fp_plain64(b);
}

ALWAYS_INLINE bool fp_fast_comi32(u32 a, u32 b, u32 *eflags)
{
    float x = fp_float(a), y = fp_float(b);

    *eflags = (x == y ? X86_ZF : 0) | (x < y ? X86_CF : 0);
    return fp_plain32(a) && fp_plain32(b);
}

/* Truncation of |a| < 2^62; exact, or inexact is already recorded. The caller checks 32-bit range.
 */
ALWAYS_INLINE bool fp_fast_trunc64(const struct x86_cpu *c, u64 a, i64 *r)
{
    if (!LIKELY((a << 1) < (u64)(1023 + 62) << 53))
        return false;
    *r = (i64)fp_double(a);
    return fp_fast_env(c) || (double)*r == fp_double(a);
}

ALWAYS_INLINE bool fp_fast_trunc32(const struct x86_cpu *c, u32 a, i64 *r)
{
    if (!LIKELY((a << 1) < (u32)(127 + 62) << 24))
        return false;
    *r = (i64)fp_float(a);
    return fp_fast_env(c) || (float)*r == fp_float(a);
}

ALWAYS_INLINE bool fp_fast_int_to_f64(const struct x86_cpu *c, i64 a, u64 *r)
{
    *r = fp_bits64((double)a);
    return LIKELY((u64)a + (1ull << 53) <= 1ull << 54) || fp_fast_env(c);
}

ALWAYS_INLINE bool fp_fast_int_to_f32(const struct x86_cpu *c, i64 a, u32 *r)
{
    *r = fp_bits32((float)a);
    return LIKELY((u64)a + (1u << 24) <= 1u << 25) || fp_fast_env(c);
}

ALWAYS_INLINE bool fp_fast_f32_to_f64(u32 a, u64 *r)
{
    *r = fp_bits64((double)fp_float(a));
    return fp_plain32(a);
}

/* Needs fp_fast_env. */
ALWAYS_INLINE bool fp_fast_f64_to_f32(u64 a, u32 *r)
{
    *r = fp_bits32((float)fp_double(a));
    return fp_normal32(*r) || !(a << 1);
}

/* --- the soft paths behind them: set MXCSR flags, raise #XM when unmasked (sem_sse_fp.c) */
u64 fp_slow_add64(struct x86_cpu *c, u64 a, u64 b);
u64 fp_slow_sub64(struct x86_cpu *c, u64 a, u64 b);
u64 fp_slow_mul64(struct x86_cpu *c, u64 a, u64 b);
u64 fp_slow_div64(struct x86_cpu *c, u64 a, u64 b);
u64 fp_slow_min64(struct x86_cpu *c, u64 a, u64 b);
u64 fp_slow_max64(struct x86_cpu *c, u64 a, u64 b);
u64 fp_slow_sqrt64(struct x86_cpu *c, u64 a);
u32 fp_slow_add32(struct x86_cpu *c, u32 a, u32 b);
u32 fp_slow_sub32(struct x86_cpu *c, u32 a, u32 b);
u32 fp_slow_mul32(struct x86_cpu *c, u32 a, u32 b);
u32 fp_slow_div32(struct x86_cpu *c, u32 a, u32 b);
u32 fp_slow_min32(struct x86_cpu *c, u32 a, u32 b);
u32 fp_slow_max32(struct x86_cpu *c, u32 a, u32 b);
u32 fp_slow_sqrt32(struct x86_cpu *c, u32 a);
/* ZF PF CF; quiet: UCOMIS. */
u32 fp_slow_comi64(struct x86_cpu *c, u64 a, u64 b, bool quiet);
u32 fp_slow_comi32(struct x86_cpu *c, u32 a, u32 b, bool quiet);
/* size 4 or 8; trunc: CVTT*. */
i64 fp_slow_f64_to_int(struct x86_cpu *c, u64 a, unsigned size, bool trunc);
i64 fp_slow_f32_to_int(struct x86_cpu *c, u32 a, unsigned size, bool trunc);
u64 fp_slow_int_to_f64(struct x86_cpu *c, i64 a);
u32 fp_slow_int_to_f32(struct x86_cpu *c, i64 a);
u64 fp_slow_f32_to_f64(struct x86_cpu *c, u32 a);
u32 fp_slow_f64_to_f32(struct x86_cpu *c, u64 a);

#endif
