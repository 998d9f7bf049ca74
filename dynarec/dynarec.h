/*
 * dynarec.h - the translator, as main sees it. It hangs itself under the interpreter
 * (interp_jit in interp/interp.h), which offers it the blocks that have become warm.
 */
#ifndef DYNAREC_DYNAREC_H
#define DYNAREC_DYNAREC_H

#include "base/types.h"

/* After cfg_resolve() and before the first guest instruction. 0, or -errno: the interpreter runs
 * alone. */
int dyn_init(void);

#endif
