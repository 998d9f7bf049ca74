/* host_vecint.h - host-ops: vector moves, integer arithmetic, shuffles. */
#ifndef DYNAREC_HOST_VECINT_H
#define DYNAREC_HOST_VECINT_H

#include "dynarec/core/tr.h"

#endif
