/* fakes.h - what interp_invalidate was told, for the tests of engine/mem. */
#ifndef TESTS_MEM_FAKES_H
#define TESTS_MEM_FAKES_H

#include "base/types.h"

extern unsigned long fake_invalidations;
extern gaddr fake_inv_start, fake_inv_end;

#endif
