/*
 * mmx.h - what tr_mmx.c does for the operations of tr_vec*.c that also have MMX forms. False: the
 * instruction is left to x86_sem, nothing was written.
 */
#ifndef DYNAREC_TRANSLATE_MMX_H
#define DYNAREC_TRANSLATE_MMX_H

#include "dynarec/translate/vec.h"

/* Operation op, which the host has, on operands 0 and 1; by the count in operand 1. */
bool tr_mmx_op(struct tr *t, const struct x86_insn *in, enum h_vop op, unsigned esz);
bool tr_mmx_shift(struct tr *t, const struct x86_insn *in, enum h_vop op, unsigned esz);
/* fn on operand 1, and the immediate. */
bool tr_mmx_lane1(struct tr *t, const struct x86_insn *in, tr_v_lane *fn);
bool tr_mmx_align(struct tr *t, const struct x86_insn *in);             /* PALIGNR */
bool tr_mmx_move(struct tr *t, const struct x86_insn *in, unsigned sz); /* MOVD, MOVQ */
bool tr_mmx_insert(struct tr *t, const struct x86_insn *in);            /* PINSRW */
bool tr_mmx_extract(struct tr *t, const struct x86_insn *in);           /* PEXTRW */
bool tr_mmx_signs(struct tr *t, const struct x86_insn *in);             /* PMOVMSKB */

/* tr_mask.c: MASKMOVQ and MASKMOVDQU, n bytes; their addresses that are translated. */
bool tr_mask_can(const struct x86_insn *in);
void tr_mask_bytes(struct tr *t, vreg data, vreg mask, unsigned n);

#endif
