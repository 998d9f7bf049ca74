/*
 * exception.c - env->exception: CPU exceptions as the signals Linux makes of them
 * (arch/x86/kernel/traps.c, mm/fault.c by observation: signal, si_code, si_addr, trapno, err, cr2).
 */
#include "mem/mem.h"
#include "signal/internal.h"

#define G_SI_KERNEL 0x80
#define G_FPE_INTDIV 1
#define G_FPE_FLTDIV 3
#define G_FPE_FLTOVF 4
#define G_FPE_FLTUND 5
#define G_FPE_FLTRES 6
#define G_FPE_FLTINV 7
#define G_ILL_ILLOPN 2
#define G_SEGV_MAPERR 1
#define G_SEGV_ACCERR 2
#define G_BUS_ADRALN 1
#define G_TRAP_TRACE 2
#define PF_PRESENT 1u

/* Unmasked exception bits in the order in which Linux looks at them. */
static int fp_code(unsigned bits)
{
    if (bits & 1)
        return G_FPE_FLTINV;
    if (bits & 4)
        return G_FPE_FLTDIV;
    if (bits & 8)
        return G_FPE_FLTOVF;
    if (bits & 0x12)
        return G_FPE_FLTUND;
    if (bits & 0x20)
        return G_FPE_FLTRES;
    return 0;
}

static void page_fault(struct x86_exc *e, struct sig_info *info)
{
    struct mem_region r;

    info->signo = SIGSEGV;
    info->addr = e->addr;
    if (e->host_sig == SIGBUS) {
        info->signo = SIGBUS;
        info->code = e->host_code;
    } else if (e->host_code) {
        info->code = e->host_code;
    } else if (mem_query(
                   e->addr,
                   &r)) { /* an instruction fetch: found by the interpreter, not by the host */
        info->code = G_SEGV_ACCERR;
        e->err |= r.prot ? PF_PRESENT : 0;
    } else {
        info->code = G_SEGV_MAPERR;
    }
}

static void classify(struct x86_cpu *c, struct sig_info *info)
{
    struct x86_exc *e = &c->exc;

    *info = (struct sig_info){.signo = SIGSEGV, .code = G_SI_KERNEL};
    switch (e->vec) {
    case X86_EXC_DE:
        *info = (struct sig_info){.signo = SIGFPE, .code = G_FPE_INTDIV, .addr = c->rip};
        break;
    case X86_EXC_DB:
        *info = (struct sig_info){.signo = SIGTRAP, .code = G_TRAP_TRACE, .addr = c->rip};
        break;
    case X86_EXC_BP: *info = (struct sig_info){.signo = SIGTRAP, .code = G_SI_KERNEL}; break;
    case X86_EXC_UD:
        *info = (struct sig_info){.signo = SIGILL, .code = G_ILL_ILLOPN, .addr = c->rip};
        break;
    case X86_EXC_NP:
    case X86_EXC_SS: info->signo = SIGBUS; break;
    case X86_EXC_PF: page_fault(e, info); break;
    case X86_EXC_MF:
        *info = (struct sig_info){
            .signo = SIGFPE, .code = fp_code(c->fpu.sw & ~c->fpu.cw & 0x3f), .addr = c->rip};
        break;
    case X86_EXC_XM:
        *info = (struct sig_info){
            .signo = SIGFPE, .code = fp_code(c->mxcsr & ~(c->mxcsr >> 7) & 0x3f), .addr = c->rip};
        break;
    case X86_EXC_AC: *info = (struct sig_info){.signo = SIGBUS, .code = G_BUS_ADRALN}; break;
    default: /* OF, BR, GP */ break;
    }
}

void sig_exception(struct x86_cpu *c)
{
    struct sig_thread *st = ((struct thr *)c->owner)->sig;
    struct sig_info info;

    classify(c, &info);
    st->trapno = c->exc.vec;
    st->err = c->exc.err;
    if (c->exc.vec == X86_EXC_PF)
        st->cr2 = c->exc.addr;
    c->exc.vec = X86_EXC_NONE;
    sig_deliver_forced(c, info.signo, &info);
}
