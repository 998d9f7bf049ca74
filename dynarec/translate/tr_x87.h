/*
 * tr_x87.h - what tr_x87.c (the stack), tr_x87_ops.c (the instructions in doubles) and tr_x80.c (in
 * 80 bits) share.
 */
#ifndef DYNAREC_TR_X87_H
#define DYNAREC_TR_X87_H

#include <string.h>

#include "dynarec/translate/translate.h"

/* top and used behind the instruction; false: they can not be known. */
bool tr_x87_effect(const struct x86_insn *in, struct tr_x87_state *s);
/* Condition (as in Jcc) of FCMOVcc, -1: another instruction. */
int tr_x87_condition(const struct x86_insn *in);
/* There is a translation of the operation. */
bool tr_x87_translated(const struct x86_insn *in);
/* The same as tr_x87_effect(), and which register each value is then in; false: it may be
 * x86_sem's. */
bool tr_x87_names(const struct x86_insn *in, struct tr_x87_state *s);
/* True: translated. False: x86_sem does it, nothing was written but loads of registers. */
bool tr_x87_op(struct tr *t, const struct x86_insn *in);
/* x, the operand of FLDCW, as CW has it. */
void tr_x87_control(struct tr *t, hreg x);
/* All used registers into host registers; in 80 bits: top and used are known. */
bool tr_x87_activate(struct tr *t);
/* Can neither leave nor run through x86_sem, whatever its operands. */
bool tr_x87_stays(const struct x86_insn *in);

/* tr_x80.c: the same in 80 bits. can: by its form. edge: before control goes to b. */
bool tr_x80_can(const struct x86_insn *in);
bool tr_x80_op(struct tr *t, const struct x86_insn *in, const struct tr_x87_state *after);
/* FNSTCW, FLDCW, whatever is known. */
bool tr_x80_control(struct tr *t, const struct x86_insn *in);
void tr_x80_sync(struct tr *t);
void tr_x80_edge(struct tr *t, const struct tr_block *b);

#endif
