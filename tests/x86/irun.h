/*
 * irun.h - what the host's signal handler calls. Returns false when no guest instruction was
 * running; never returns otherwise.
 */
#ifndef TESTS_IRUN_H
#define TESTS_IRUN_H

#include <signal.h>

#include "interp/interp.h"

bool irun_fault(int sig, const siginfo_t *info, u32 err, enum interp_cause cause);

/* For tests of translated code (tests/dynarec): the CPU; from now on cases are code that nobody
 * writes to, and `before` is called in front of each interp_run. */
struct x86_cpu *irun_cpu(void);
void irun_translated(void (*before)(struct x86_cpu *c));

#endif
