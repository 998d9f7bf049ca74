/*
 * narrow.h - what tr_narrow.c does for tr_bits.c.
 */
#ifndef DYNAREC_TRANSLATE_NARROW_H
#define DYNAREC_TRANSLATE_NARROW_H

#include "dynarec/translate/translate.h"

/* MUL and IMUL of AL, AX; IMUL with a destination of 2 bytes. */
bool tr_mul_narrow(struct tr *t, const struct x86_insn *in, bool sign);
bool tr_imul_narrow(struct tr *t, const struct x86_insn *in);
/* DIV, IDIV of 1 and 2 bytes; to the label, nothing written, where that faults. */
void tr_divide_narrow(struct tr *t, const struct x86_insn *in, bool sign, u32 otherwise);
void tr_carry_out(struct tr *t, unsigned sz, hreg r, hreg cf, bool right);

#endif
