/*
 * native.h - direct calls of native functions (native.c): the run-time half, for run.c and the
 * backend. The translating half is in translate/translate.h.
 */
#ifndef DYNAREC_CORE_NATIVE_H
#define DYNAREC_CORE_NATIVE_H

#include "x86/cpu.h"

/* interp_jit->detach. */
u32 native_detach(struct x86_cpu *c);
/*
 * Called by the backend's common code when a function returns that was detached, or whose caller's
 * code may be gone; jit.link is its host return address, rip the bridge (behind its first byte if
 * detached). result: the host's integer result, nothing, the low 16 bytes of the vector result. 0:
 * go on there; 1: leave, c is complete.
 */
u64 native_end(struct x86_cpu *c, const u64 *result);

#endif
