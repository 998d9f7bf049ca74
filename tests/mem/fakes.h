/* fakes.h - what interp_invalidate was told, faults, and the host page size on the command line,
 * for the tests of engine/mem. */
#ifndef TESTS_MEM_FAKES_H
#define TESTS_MEM_FAKES_H

#include <signal.h>

#include "base/types.h"

extern unsigned long fake_invalidations;
extern gaddr fake_inv_start, fake_inv_end;

/* Counts faults of this process; one that mem does not mend ends it. After mem_init. */
extern volatile sig_atomic_t fake_faults;
void fake_catch_faults(void);

/* The first argument is the host page size to pretend. Before mem_init. */
void fake_host_page(int argc, char **argv);

#endif
