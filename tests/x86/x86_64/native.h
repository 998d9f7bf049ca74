/*
 * native.h - the real CPU as judge: runs a case's bytes at their addresses and returns the state
 * after them or at the fault.
 */
#ifndef TESTS_NATIVE_H
#define TESTS_NATIVE_H

#include "tcase.h"

/* Installs the signal handlers (also the interpreter's) and the pads. False: this CPU or kernel
 * cannot (no FSGSBASE or AVX). */
bool native_init(void);
void native_run(const struct tcase *t, struct tresult *out);

/* Does the CPU have the feature (enum x86_feature) that a row asks for? */
bool native_has_feature(unsigned feature);

#endif
