/*
 * cpu.c - the state a guest thread starts with.
 */
#include "x86/cpu.h"

#include <string.h>

void x86_cpu_init(struct x86_cpu *c, const struct x86_env *env)
{
    memset(c, 0, sizeof *c);
    c->eflags = X86_FLAGS_FIXED;
    c->mxcsr = MXCSR_DEFAULT;
    c->fpu.cw = 0x37f;
    c->mode = 64;
    c->seg[X86_CS] = 0x33; /* __USER_CS, __USER_DS of Linux */
    c->seg[X86_SS] = 0x2b;
    c->xcr0 = 7; /* x87, SSE, AVX */
    c->exc.vec = X86_EXC_NONE;
    c->env = env;
}
