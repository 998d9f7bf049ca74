/*
 * longdouble.c - x87 extended <-> binary128 and the host's long double (see longdouble.h).
 * Layouts: extended has an explicit integer bit, both have 15 exponent bits with bias 16383, so
 * only the fraction moves by 112 - 63 = 49 places, denormals included.
 */
#include "bridge/longdouble.h"

#include <float.h>
#include <string.h>

#define SHIFT 49
#define FRAC112 (((u128)1 << 112) - 1)
#define INTEGER_BIT (1ull << 63)
#define QUIET_BIT (1ull << 62)

u128 br_f80_to_f128(u64 m, u16 se)
{
    u128 sign = (u128)(se >> 15) << 127;
    u64 exp = se & 0x7fff, frac = m & ~INTEGER_BIT;

    if (exp == 0x7fff) {
        if (m & INTEGER_BIT && !frac)
            return sign | (u128)0x7fff << 112;
        return sign | (u128)0x7fff << 112 | (u128)(frac | QUIET_BIT) << SHIFT;
    }
    if (exp &&
        !(m & INTEGER_BIT)) /* unnormal: the FPU treats it as an invalid operand (SDM 1, 8.2.2) */
        return (u128)0xffff << 112 | (u128)QUIET_BIT << SHIFT;
    if (!exp && m & INTEGER_BIT) /* pseudo-denormal: its value is that of exponent 1 */
        exp = 1;
    return sign | (u128)exp << 112 | (u128)frac << SHIFT;
}

void br_f128_to_f80(u128 v, u64 *m, u16 *se)
{
    u16 sign = (u16)(v >> 127 << 15);
    u32 exp = (u32)(v >> 112) & 0x7fff;
    u128 frac = v & FRAC112;
    u64 rest = (u64)frac & ((1ull << SHIFT) - 1), half = 1ull << (SHIFT - 1);
    u64 r = (u64)(frac >> SHIFT);

    if (exp == 0x7fff) {
        *m = INTEGER_BIT | r | (frac ? QUIET_BIT : 0);
        *se = sign | 0x7fff;
        return;
    }
    if (exp)
        r |= INTEGER_BIT;
    if (rest > half || (rest == half && r & 1))
        r++;
    if (exp && !(r & INTEGER_BIT)) { /* carried out of the significand */
        r = INTEGER_BIT;
        exp++;
    } else if (!exp && r & INTEGER_BIT) {
        exp = 1;
    }
    *m = r;
    *se = (u16)(sign | exp);
}

#if LDBL_MANT_DIG == 64

long double br_ld_get(const void *p)
{
    long double v = 0;
    memcpy(&v, p, 10);
    return v;
}

void br_ld_split(long double v, u64 *m, u16 *se)
{
    memcpy(m, &v, 8);
    memcpy(se, (const char *)&v + 8, 2);
}

#elif LDBL_MANT_DIG == 113

long double br_ld_get(const void *p)
{
    u64 m;
    u16 se;
    u128 bits;
    long double v;

    memcpy(&m, p, 8);
    memcpy(&se, (const char *)p + 8, 2);
    bits = br_f80_to_f128(m, se);
    memcpy(&v, &bits, sizeof v);
    return v;
}

void br_ld_split(long double v, u64 *m, u16 *se)
{
    u128 bits;
    memcpy(&bits, &v, sizeof bits);
    br_f128_to_f80(bits, m, se);
}

#else
#error "long double of this host is neither x87 extended nor binary128"
#endif

void br_ld_put(void *p, long double v)
{
    u64 m;
    u16 se;

    br_ld_split(v, &m, &se);
    memcpy(p, &m, 8);
    memcpy((char *)p + 8, &se, 2);
}
