/*
 * fpstate.c - MXCSR and the host's FPCR and FPSR. While translated code runs, FPCR does what MXCSR
 * asks for and FPSR collects exception flags; elsewhere FPCR is 0 and MXCSR complete.
 *
 * With FEAT_AFP the host has x86's rules to choose: FPCR.AH (NaNs, MIN and MAX, tininess after
 * rounding, denormal operands reported), FIZ (inputs flushed: DAZ), FZ (outputs: FTZ), NEP (scalar
 * results keep the rest of a register). Without it FZ flushes both, so FTZ and DAZ have to agree;
 * IDC says "flushed", not "denormal operand", so DE is not kept, and UE is found before rounding.
 */
#include "dynarec/arm64/a64.h"
#include "dynarec/arm64/fpcr.h"

/* RMode: nearest, up, down, zero; x86's RC: nearest, down, up, zero. */
static u64 control(u32 mxcsr)
{
    unsigned rc = mxcsr >> 13 & 3;
    u64 v = (u64)(rc >> 1 | (rc & 1) << 1) << 22;

    if (!a64_has.afp)
        return v | (mxcsr & MX_FTZ ? FPCR_FZ : 0);
    v |= FPCR_AH | FPCR_NEP;
    v |= mxcsr & MX_FTZ ? FPCR_FZ : 0;
    return v | (mxcsr & MX_DAZ ? FPCR_FIZ : 0);
}

bool h_fp_masked(const struct x86_cpu *c)
{
    if (~c->mxcsr & MX_MASKS)
        return false;
    return a64_has.afp || !(c->mxcsr & MX_FTZ) == !(c->mxcsr & MX_DAZ);
}

u32 h_fp_loose(void)
{
    return a64_has.afp ? 0 : MX_DE | MX_UE;
}

void h_fp_enter(struct x86_cpu *c)
{
    u64 v = control(c->mxcsr);

    c->jit.fpcr = v | FPCR_OF_GUEST;
    __asm__ volatile("msr fpsr, xzr\n\tmsr fpcr, %0" : : "r"(v) : "memory");
}

void h_fp_leave(struct x86_cpu *c)
{
    u64 s;
    u32 m = 0;

    if (!(c->jit.fpcr & FPCR_OF_GUEST))
        return;
    __asm__ volatile("mrs %0, fpsr\n\tmsr fpcr, xzr" : "=r"(s) : : "memory");
    m |= s & FPSR_IOC ? MX_IE : 0;
    m |= s & FPSR_DZC ? MX_ZE : 0;
    m |= s & FPSR_OFC ? MX_OE : 0;
    m |= s & FPSR_UFC ? MX_UE : 0;
    m |= s & FPSR_IXC ? MX_PE : 0;
    if (a64_has.afp)
        m |= s & FPSR_IDC ? MX_DE : 0;
    else if (c->jit.fpcr & FPCR_FZ)
        m |= s & FPSR_UFC ? MX_PE : 0;
    c->mxcsr |= m;
    c->jit.fpcr = 0;
}

bool h_fp_doubtful(void)
{
    u64 s;

    __asm__ volatile("mrs %0, fpsr" : "=r"(s));
    return s & FPSR_IOC;
}
