/*
 * vectors_host.h - what x86_vectors needs of the host: signal handlers for guest faults, and on
 * x86-64 the real CPU.
 */
#ifndef TESTS_VECTORS_HOST_H
#define TESTS_VECTORS_HOST_H

#include "tcase.h"

void vectors_host_init(void);
bool vectors_native_init(void);
bool vectors_native_has(unsigned row);
bool vectors_native_run(const struct tcase *t, struct tresult *out);

#endif
