/*
 * x87.h - the x87 registers as doubles while translated code runs; see x87.c.
 */
#ifndef DYNAREC_CORE_X87_H
#define DYNAREC_CORE_X87_H

#include "x86/cpu.h"
#include "x86/rows.h"

void dyn_x87_enter(struct x86_cpu *c);
void dyn_x87_leave(struct x86_cpu *c);
/* In 80 bits: what translated code writes late. */
struct tr_x87_state;
void dyn_x87_late(struct x86_cpu *c, const struct tr_x87_state *s);
/* Its x86_sem uses the x87 or MMX registers. */
bool dyn_x87_reads(const struct x86_insn *in);

#endif
