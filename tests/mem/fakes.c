/* fakes.c - stands in for the interpreter in the tests of engine/mem. */
#include "fakes.h"

#include <stdlib.h>

#include "config/config.h"
#include "interp/interp.h"

unsigned long fake_invalidations;
gaddr fake_inv_start, fake_inv_end;

void interp_invalidate(gaddr start, gaddr end)
{
    __atomic_fetch_add(&fake_invalidations, 1, __ATOMIC_RELAXED);
    fake_inv_start = start;
    fake_inv_end = end;
}

void fake_host_page(int argc, char **argv)
{
    cfg.host_page = argc > 1 ? atoi(argv[1]) : 0;
}
