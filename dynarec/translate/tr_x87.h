/*
 * tr_x87.h - what tr_x87.c (the stack) and tr_x87_ops.c (the instructions) share.
 */
#ifndef DYNAREC_TR_X87_H
#define DYNAREC_TR_X87_H

#include <string.h>

#include "dynarec/translate/translate.h"

/* top and used behind the instruction; false: they can not be known. */
bool tr_x87_effect(const struct x86_insn *in, struct tr_x87_state *s);
/* The same, and which register each value is then in; false: it may be x86_sem's. */
bool tr_x87_names(const struct x86_insn *in, struct tr_x87_state *s);
/* True: translated. False: x86_sem does it, nothing was written but loads of registers. */
bool tr_x87_op(struct tr *t, const struct x86_insn *in);
/* All used registers into host registers. */
bool tr_x87_activate(struct tr *t);

#endif
