/*
 * irun.h - what the host's signal handler calls. Returns false when no guest instruction was
 * running; never returns otherwise.
 */
#ifndef TESTS_IRUN_H
#define TESTS_IRUN_H

#include <signal.h>

#include "interp/interp.h"

bool irun_fault(int sig, const siginfo_t *info, u32 err, enum interp_cause cause);

#endif
