/* fakes.c - stands in for the interpreter in the tests of engine/mem. */
#include "fakes.h"
#include "interp/interp.h"

unsigned long fake_invalidations;
gaddr fake_inv_start, fake_inv_end;

void interp_invalidate(gaddr start, gaddr end)
{
    __atomic_fetch_add(&fake_invalidations, 1, __ATOMIC_RELAXED);
    fake_inv_start = start;
    fake_inv_end = end;
}
