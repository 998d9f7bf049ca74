/*
 * thunk.h - what generated thunks and hand-written functions use to reach the guest's arguments
 * (System V AMD64 ABI). A thunk runs with the guest at the first byte of the callee: [RSP] is the
 * return address. Used by wrapgen.py's output and by wrappers/.
 */
#ifndef BRIDGE_THUNK_H
#define BRIDGE_THUNK_H

#include <stdarg.h>

#include "base/bits.h"
#include "bridge/bridge.h"
#include "bridge/longdouble.h"
#include "bridge/outputs.h"
#include "bridge/slots.h"
#include "bridge/va.h"

enum { BR_RAX, BR_RCX, BR_RDX, BR_RBX, BR_RSP, BR_RBP, BR_RSI, BR_RDI, BR_R8, BR_R9 };

/* Integer argument n (0-5) in its register. */
ALWAYS_INLINE u64 br_int(const struct x86_cpu *c, unsigned n)
{
    static const u8 reg[6] = {BR_RDI, BR_RSI, BR_RDX, BR_RCX, BR_R8, BR_R9};
    return c->gpr[reg[n]];
}

/* Address of byte `off` of the stack arguments. */
ALWAYS_INLINE gaddr br_stack(const struct x86_cpu *c, unsigned off)
{
    return c->gpr[BR_RSP] + 8 + off;
}

ALWAYS_INLINE u64 br_stack64(const struct x86_cpu *c, unsigned off)
{
    return ld_u64(g2h(br_stack(c, off)));
}

ALWAYS_INLINE void *br_ptr(u64 v)
{
    return (void *)(uintptr_t)v;
}

ALWAYS_INLINE void br_ret(struct x86_cpu *c, u64 v)
{
    c->gpr[BR_RAX] = v;
}

/* x87 results: ST(0) and, for complex long double, ST(1). */
void br_ret_ld(struct x86_cpu *c, long double v);
void br_ret_ld2(struct x86_cpu *c, long double st0, long double st1);

ALWAYS_INLINE float br_float_bits(u32 v)
{
    float f;
    __builtin_memcpy(&f, &v, 4);
    return f;
}

ALWAYS_INLINE double br_double_bits(u64 v)
{
    double d;
    __builtin_memcpy(&d, &v, 8);
    return d;
}

/* IEEE binary128 as a C type of this compiler. */
#if __LDBL_MANT_DIG__ == 113
typedef long double br_f128;
#else
typedef __float128 br_f128;
#endif

ALWAYS_INLINE br_f128 br_quad(const void *p)
{
    br_f128 q;
    __builtin_memcpy(&q, p, 16);
    return q;
}

#endif
