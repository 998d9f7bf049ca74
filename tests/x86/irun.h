/*
 * irun.h - what the host's signal handler calls. Returns false when no guest instruction was
 * running; never returns otherwise.
 */
#ifndef TESTS_IRUN_H
#define TESTS_IRUN_H

#include <signal.h>

#include "interp/interp.h"
#include "tcase.h"

bool irun_fault(int sig, const siginfo_t *info, u32 err, enum interp_cause cause);

/* For tests of translated code (tests/dynarec): the CPU; from now on cases are code that nobody
 * writes to, and `before` is called in front of each interp_run. */
struct x86_cpu *irun_cpu(void);
void irun_translated(void (*before)(struct x86_cpu *c));
/*
 * From now on, cases start with their page of data at rights `prot`; the first fault there leaves
 * the state in *fault, the page becomes accessible, and the case goes on. NULL: no longer.
 * irun_repaired(): the last case had such a fault.
 */
void irun_repair(int prot, struct tresult *fault);
bool irun_repaired(void);

#endif
