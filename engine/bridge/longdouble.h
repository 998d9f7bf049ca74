/*
 * longdouble.h - the guest's long double (x87, 80 bits in a 16-byte slot) and the host's. Hosts
 * have either the same format or IEEE binary128; the conversions between the two are integer code,
 * exact one way and rounded to nearest even the other.
 */
#ifndef BRIDGE_LONGDOUBLE_H
#define BRIDGE_LONGDOUBLE_H

#include "base/types.h"

u128 br_f80_to_f128(u64 m, u16 se);
void br_f128_to_f80(u128 v, u64 *m, u16 *se);

/* A guest long double in memory (10 bytes used). */
long double br_ld_get(const void *p);
void br_ld_put(void *p, long double v);
void br_ld_split(long double v, u64 *m, u16 *se);

#endif
