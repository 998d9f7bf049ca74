/* unaligned.h - instructions that access unaligned data where the host's ordered accesses do not
 * (see unaligned.c). */
#ifndef DYNAREC_CORE_UNALIGNED_H
#define DYNAREC_CORE_UNALIGNED_H

#include "x86/cpu.h"

bool dyn_unaligned(gaddr pc);
/* True: it is new, and what was translated for it has to go. */
bool dyn_unaligned_add(gaddr pc);

#endif
