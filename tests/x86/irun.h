/*
 * irun.h - what the host's signal handler calls. Returns false when no guest instruction was
 * running; never returns otherwise.
 */
#ifndef TESTS_IRUN_H
#define TESTS_IRUN_H

#include <signal.h>

#include "base/types.h"

/* Does the host tell a non-canonical address from a page fault? */
enum irun_cause { IRUN_UNKNOWN, IRUN_PAGE, IRUN_NONCANONICAL };

bool irun_fault(int sig, const siginfo_t *info, u32 err, enum irun_cause cause);

#endif
