/* host_fp.h - host-ops: floating point, scalar and packed, and its control registers. */
#ifndef DYNAREC_HOST_FP_H
#define DYNAREC_HOST_FP_H

#include "dynarec/core/tr.h"

#endif
