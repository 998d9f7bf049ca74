/*
 * passes.h - the passes over a region, in order. All stop with t->err.
 */
#ifndef DYNAREC_CORE_PASSES_H
#define DYNAREC_CORE_PASSES_H

#include "dynarec/core/tr.h"

/* Pass 0: decodes the region around t->entry into records and blocks (discover.c). */
void pass_discover(struct tr *t, struct x86_cpu *c);
/* Pass 1: which flags matter after each instruction (analyse.c). */
void pass_analyse(struct tr *t);
/* Passes 2 and 3: host code into t->code, fixed up (emit.c). */
void pass_emit(struct tr *t);

/* Can the flags be read by the code at pc? Looks a few instructions ahead (discover.c). */
unsigned flags_live_at(struct tr *t, gaddr pc);

#endif
