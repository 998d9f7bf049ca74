/*
 * types.h - the integer names and small attributes used everywhere.
 * Invariant: freestanding-clean; includes nothing but <stdint.h>, <stddef.h>, <stdbool.h>.
 */
#ifndef BASE_TYPES_H
#define BASE_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t i8;
typedef int16_t i16;
typedef int32_t i32;
typedef int64_t i64;
typedef unsigned __int128 u128;
typedef __int128 i128;

/* A guest address. Guest memory is identity-mapped: the same number is the host address. */
typedef u64 gaddr;

#define ALWAYS_INLINE static inline __attribute__((always_inline))
#define NOINLINE __attribute__((noinline))
#define NORETURN __attribute__((noreturn))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))
#define UNUSED __attribute__((unused))
#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* The only casts between guest addresses and host pointers. */
ALWAYS_INLINE void *g2h(gaddr a)
{
    return (void *)(uintptr_t)a;
}

ALWAYS_INLINE gaddr h2g(const void *p)
{
    return (gaddr)(uintptr_t)p;
}

#endif
