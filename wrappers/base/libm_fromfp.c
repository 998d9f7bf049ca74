/*
 * libm_fromfp.c - fromfp and its kin. C23 made them return the floating type (glibc 2.43 follows);
 * guests ask for the older version, which returns an integer. Called through the header's
 * prototype, whichever it is, and converted, they serve both. Called by the thunks of libm.sigs.
 */
#include <math.h>

#include "libc.h"

#define FROMFP(suffix, type)                                                                       \
    i64 my_fromfp##suffix(type x, i32 round, u32 width)                                            \
    {                                                                                              \
        return (i64)fromfp##suffix(x, round, width);                                               \
    }                                                                                              \
    i64 my_fromfpx##suffix(type x, i32 round, u32 width)                                           \
    {                                                                                              \
        return (i64)fromfpx##suffix(x, round, width);                                              \
    }                                                                                              \
    u64 my_ufromfp##suffix(type x, i32 round, u32 width)                                           \
    {                                                                                              \
        return (u64)ufromfp##suffix(x, round, width);                                              \
    }                                                                                              \
    u64 my_ufromfpx##suffix(type x, i32 round, u32 width)                                          \
    {                                                                                              \
        return (u64)ufromfpx##suffix(x, round, width);                                             \
    }

FROMFP(, double)
FROMFP(f, float)
FROMFP(l, long double)
