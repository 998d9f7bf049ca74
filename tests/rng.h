/*
 * rng.h - the tests' random numbers: splitmix64, the same sequence on every host.
 */
#ifndef TESTS_RNG_H
#define TESTS_RNG_H

#include "base/types.h"

struct rng {
    u64 s;
};

static inline u64 rng_u64(struct rng *r)
{
    u64 z = r->s += 0x9e3779b97f4a7c15ull;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    return z ^ z >> 31;
}

/* 0 .. n-1 */
static inline unsigned rng_below(struct rng *r, unsigned n)
{
    return (unsigned)((rng_u64(r) >> 32) * n >> 32);
}

/* True once in n. */
static inline bool rng_one_in(struct rng *r, unsigned n)
{
    return rng_below(r, n) == 0;
}

/* Independent stream for (a, b). */
static inline struct rng rng_seed(u64 a, u64 b)
{
    struct rng r = {a * 0xd1342543de82ef95ull + b};

    r.s = rng_u64(&r) ^ b * 0x9e3779b97f4a7c15ull;
    return r;
}

#endif
