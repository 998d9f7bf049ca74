/*
 * softfp.h - our own floating point on integers: f16, f32, f64 and the x87 80-bit format, correctly
 * rounded, with the x86 exception flags (SDM vol. 1, 4.8-4.9, 8.4-8.5, 11.5). No host FPU is used
 * here. One core: a finite number of any format is unpacked to a 64-bit significand with its top
 * bit set; results are a 128-bit significand (exact, or with a sticky lowest bit) that is rounded
 * once to the destination format. Called by sem_sse_fp, sem_avx_fp, sem_fp_convert, sem_fma,
 * sem_x87*.
 */
#ifndef INTERP_SOFTFP_H
#define INTERP_SOFTFP_H

#include "x86/cpu.h"

/* Rounding control as encoded in MXCSR.RC and CW.RC. */
enum { SF_RN, SF_RD, SF_RU, SF_RZ };

/* Exception flags, the bits of MXCSR and of the x87 status word. */
enum {
    SF_IE = 1,
    SF_DE = 2,
    SF_ZE = 4,
    SF_OE = 8,
    SF_UE = 16,
    SF_PE = 32,
    SF_PRE = SF_IE | SF_DE | SF_ZE,
    SF_ALL = 63
};

struct sf_env {
    u8 rc;    /* SF_RN ... */
    u8 flags; /* SF_* raised so far */
    u8 masks; /* SF_* that are masked */
    u8 daz, ftz;
    u8 prec; /* significand bits of f80 results: 24, 53 or 64 */
    u8 up;   /* the last rounding made the magnitude larger (x87 C1) */
};

enum sf_class { SF_ZERO, SF_NUM, SF_INF, SF_QNAN, SF_SNAN, SF_UNSUP };

/* NUM: (m / 2^63) * 2^e with the top bit of m set. NaN: m as in f80. */
struct sf_num {
    u64 m;
    i32 e;
    u8 sign;
    u8 cls;
    u8 den; /* was denormal (and not taken as zero) */
};

/* (hi:lo / 2^127) * 2^e, top bit of hi set; lowest bit of lo sticky. */
struct sf_wide {
    u64 hi, lo;
    i32 e;
    u8 sign;
};

/* Layout of an IEEE interchange format. */
struct sf_fmt {
    u8 frac, exp;
};

#define SF_F16 ((struct sf_fmt){10, 5})
#define SF_F32 ((struct sf_fmt){23, 8})
#define SF_F64 ((struct sf_fmt){52, 11})

/* Relations of a compare; also EFLAGS ZF PF CF of COMISD through sf_rel_eflags. */
enum sf_rel { SF_LT, SF_EQ, SF_GT, SF_UN };

/* --- f32 / f64 as bits (softfp_ieee.c) */
u32 sf_f32_add(struct sf_env *v, u32 a, u32 b);
u32 sf_f32_sub(struct sf_env *v, u32 a, u32 b);
u32 sf_f32_mul(struct sf_env *v, u32 a, u32 b);
u32 sf_f32_div(struct sf_env *v, u32 a, u32 b);
u32 sf_f32_sqrt(struct sf_env *v, u32 a);
u32 sf_f32_min(struct sf_env *v, u32 a, u32 b);
u32 sf_f32_max(struct sf_env *v, u32 a, u32 b);
u32 sf_f32_fma(struct sf_env *v, u32 a, u32 b, u32 c, unsigned neg);
u64 sf_f64_add(struct sf_env *v, u64 a, u64 b);
u64 sf_f64_sub(struct sf_env *v, u64 a, u64 b);
u64 sf_f64_mul(struct sf_env *v, u64 a, u64 b);
u64 sf_f64_div(struct sf_env *v, u64 a, u64 b);
u64 sf_f64_sqrt(struct sf_env *v, u64 a);
u64 sf_f64_min(struct sf_env *v, u64 a, u64 b);
u64 sf_f64_max(struct sf_env *v, u64 a, u64 b);
/* neg bit 0: the product is negated, bit 1: c is subtracted (NaNs keep their sign). */
u64 sf_f64_fma(struct sf_env *v, u64 a, u64 b, u64 c, unsigned neg);

/* quiet: only SNaN is invalid (UCOMIS, CMP with the quiet predicates). */
enum sf_rel sf_f32_cmp(struct sf_env *v, u32 a, u32 b, bool quiet);
enum sf_rel sf_f64_cmp(struct sf_env *v, u64 a, u64 b, bool quiet);

/* --- conversions (softfp_conv.c) */
u64 sf_f32_to_f64(struct sf_env *v, u32 a);
u32 sf_f64_to_f32(struct sf_env *v, u64 a);
u32 sf_f16_to_f32(struct sf_env *v, u16 a); /* never DE, never DAZ */
u16 sf_f32_to_f16(struct sf_env *v, u32 a); /* FTZ does not apply */
/* Signed integer of `size` bytes, rounded by rc; out of range: IE and the integer indefinite. */
i64 sf_f32_to_int(struct sf_env *v, u32 a, unsigned size, unsigned rc);
i64 sf_f64_to_int(struct sf_env *v, u64 a, unsigned size, unsigned rc);
u32 sf_int_to_f32(struct sf_env *v, i64 a);
u64 sf_int_to_f64(struct sf_env *v, i64 a);
u32 sf_f32_round_int(struct sf_env *v, u32 a, unsigned rc);
u64 sf_f64_round_int(struct sf_env *v, u64 a, unsigned rc);

/*
 * --- f80 (softfp_f80.c). prec, rc, masks of the environment are those of CW. Operands are
 * unpacked, so that memory operands of any format take part without a conversion that would hide an
 * SNaN or a denormal; a NaN result follows the x87 rule.
 */
typedef struct x86_f80 sf_f80_fn(struct sf_env *v, const struct sf_num *a, const struct sf_num *b);
sf_f80_fn sf_f80_add, sf_f80_sub, sf_f80_mul, sf_f80_div, sf_f80_scale;
struct x86_f80 sf_f80_sqrt(struct sf_env *v, const struct sf_num *a);
struct x86_f80 sf_f80_round_int(struct sf_env *v, const struct sf_num *a);
enum sf_rel sf_f80_cmp(struct sf_env *v, const struct sf_num *a, const struct sf_num *b,
                       bool quiet);
/*
 * Partial remainder; near: FPREM1 (quotient rounded to nearest). *q: the low three quotient bits;
 * *done false: C2, the exponents were 64 or more apart and the difference has only become smaller.
 */
struct x86_f80 sf_f80_rem(struct sf_env *v, const struct sf_num *a, const struct sf_num *b,
                          bool near, unsigned *q, bool *done);

struct sf_num sf_num_f80(struct x86_f80 a);
struct sf_num sf_num_f32(u32 a);
struct sf_num sf_num_f64(u64 a);
struct sf_num sf_num_int(i64 a);
/* Any number as f80 (FLD m32, FILD ...): exact; SNaN: IE and quieted, denormal: DE. */
struct x86_f80 sf_num_to_f80(struct sf_env *v, const struct sf_num *a);
u32 sf_f80_to_f32(struct sf_env *v, struct x86_f80 a);
u64 sf_f80_to_f64(struct sf_env *v, struct x86_f80 a);
i64 sf_f80_to_int(struct sf_env *v, struct x86_f80 a, unsigned size, unsigned rc);
/* x87 result for operands of which one is a NaN or unsupported. b may be a. */
struct x86_f80 sf_f80_nan(struct sf_env *v, const struct sf_num *a, const struct sf_num *b);

/*
 * --- f80 functions (softfp_trans.c): within 1 ulp, rounded by rc to 64 bits whatever prec is.
 * Operands are finite and not zero unless said; the special cases are the caller's
 * (sem_x87_trans.c).
 */
struct x86_f80 sf_f80_2xm1(struct sf_env *v, const struct sf_num *x); /* |x| < 1 */
struct x86_f80 sf_f80_yl2x(struct sf_env *v, const struct sf_num *y,
                           const struct sf_num *x); /* x > 0, x != 1 */
struct x86_f80 sf_f80_yl2xp1(struct sf_env *v, const struct sf_num *y,
                             const struct sf_num *x); /* x > -1 */
struct x86_f80 sf_f80_atan(struct sf_env *v, const struct sf_num *y,
                           const struct sf_num *x); /* angle of (x, y) */
enum { SF_PI, SF_3PI_4, SF_PI_2, SF_PI_4 };
struct x86_f80 sf_f80_pi(struct sf_env *v, unsigned which, unsigned sign);
/* |x| < 2^63 */
struct x86_f80 sf_f80_sin(struct sf_env *v, const struct sf_num *x);
struct x86_f80 sf_f80_cos(struct sf_env *v, const struct sf_num *x);
struct x86_f80 sf_f80_tan(struct sf_env *v, const struct sf_num *x);

#endif
