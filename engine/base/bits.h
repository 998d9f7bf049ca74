/*
 * bits.h - bit work on sized values and unaligned little-endian memory access.
 * Invariant: `size` is in bytes, one of 1, 2, 4, 8. Hosts are little-endian.
 */
#ifndef BASE_BITS_H
#define BASE_BITS_H

#include "base/types.h"

ALWAYS_INLINE u64 size_mask(unsigned size)
{
    return ~0ull >> (64 - 8 * size);
}

ALWAYS_INLINE u64 zext(u64 v, unsigned size)
{
    return v & size_mask(size);
}

ALWAYS_INLINE u64 sext(u64 v, unsigned size)
{
    unsigned s = 64 - 8 * size;
    return (u64)((i64)(v << s) >> s);
}

ALWAYS_INLINE unsigned sign_bit(u64 v, unsigned size)
{
    return (unsigned)(v >> (8 * size - 1)) & 1;
}

#define BITS_LD(type)                                                                              \
    ALWAYS_INLINE type ld_##type(const void *p)                                                    \
    {                                                                                              \
        type v;                                                                                    \
        __builtin_memcpy(&v, p, sizeof v);                                                         \
        return v;                                                                                  \
    }                                                                                              \
    ALWAYS_INLINE void st_##type(void *p, type v)                                                  \
    {                                                                                              \
        __builtin_memcpy(p, &v, sizeof v);                                                         \
    }
BITS_LD(u8)
BITS_LD(u16)
BITS_LD(u32)
BITS_LD(u64)
#undef BITS_LD

ALWAYS_INLINE u64 align_down(u64 v, u64 a)
{
    return v & ~(a - 1);
}

ALWAYS_INLINE u64 align_up(u64 v, u64 a)
{
    return (v + a - 1) & ~(a - 1);
}

#endif
