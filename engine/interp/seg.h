/*
 * seg.h - segment selectors as 64-bit Linux hands them out. Used by sem_mov, sem_stack, sem_branch,
 * sem_sys.
 */
#ifndef INTERP_SEG_H
#define INTERP_SEG_H

#include "interp/sem.h"

enum { SEG_USER32_CS = 0x23, SEG_USER_DS = 0x2b, SEG_USER_CS = 0x33, SEG_CPU_NUMBER = 0x7b };

struct seg_desc {
    u32 rights; /* as LAR gives them: bits 8-15 access byte, 20-23 flags */
    u32 limit;  /* in bytes */
};

/* False: null, not present in the tables, or not for user mode. */
bool seg_describe(struct x86_cpu *c, u16 sel, struct seg_desc *d);

/* MOV/POP/LDS ... of a data segment register; raises #GP. Base becomes 0. seg_check only raises. */
void seg_check(struct x86_cpu *c, unsigned sreg, u16 sel);
void seg_load(struct x86_cpu *c, unsigned sreg, u16 sel);

/*
 * Mode (64 or 32) that code selector `sel` runs in; raises #GP if it is not one of Linux's two user
 * code segments.
 */
unsigned seg_code_mode(struct x86_cpu *c, u16 sel);

#endif
