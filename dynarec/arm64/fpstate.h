/*
 * fpstate.h - features of the host's floating point, for ops_fp.c. Set once by h_probe().
 */
#ifndef DYNAREC_ARM64_FPSTATE_H
#define DYNAREC_ARM64_FPSTATE_H

#include "base/types.h"

extern bool a64_afp;     /* FEAT_AFP */
extern bool a64_frintts; /* FEAT_FRINTTS */

/* Probes; false: as if the CPU did not have it. */
void a64_fp_probe(bool afp, bool frintts);

#endif
