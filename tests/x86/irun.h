/*
 * irun.h - what the host's signal handler calls: true is never returned for a guest fault (it jumps into the interpreter).
 */
#ifndef TESTS_IRUN_H
#define TESTS_IRUN_H

#include <signal.h>

#include "base/types.h"

bool irun_fault(int sig, const siginfo_t *info, u32 err);

#endif
