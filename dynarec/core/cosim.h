/*
 * cosim.h - BOX64_DYNAREC_TEST=N: at one entry in N, on average, the interpreter runs what
 * translated code is about to run, is undone, and what both did is compared. Called by run.c around
 * each entry into translated code, which then leaves at every region's end and at every turn of a
 * loop.
 */
#ifndef DYNAREC_CORE_COSIM_H
#define DYNAREC_CORE_COSIM_H

#include "x86/cpu.h"

/* Runs the interpreter ahead from c->rip, where it is this entry's turn, and takes everything back.
 */
void cosim_before(struct x86_cpu *c);
/* Translated code has left the rest to the interpreter, from c->rip on: registers that a run of
 * floating point defines may have been written already (translate/tr_fp_run.c), so what can be
 * compared is what comes of it. True: all of that has been done. */
bool cosim_repeat(struct x86_cpu *c);
/* Translated code has come out at c->rip, the state is complete. */
void cosim_after(struct x86_cpu *c);
/* One line of totals on stderr. */
void cosim_report(void);

#endif
