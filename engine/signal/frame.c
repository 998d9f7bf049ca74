/*
 * frame.c - the x86-64 rt_sigframe: built on the guest's stack, taken back by rt_sigreturn.
 * Source: Linux asm/sigcontext.h, asm/ucontext.h, asm/sigframe.h (layout); System V AMD64 ABI 3.2.2
 * (red zone).
 */
#include <errno.h>
#include <string.h>

#include "base/bits.h"
#include "interp/interp.h"
#include "signal/internal.h"
#include "x86/flags.h"

#define RED_ZONE 128
#define UC_FP_XSTATE 1
#define UC_SIGCONTEXT_SS 2
#define UC_STRICT_RESTORE_SS 4
#define USER_CS 0x33
#define USER_SS 0x2b
#define XSTATE_MAX 1024
/* What rt_sigreturn takes from the frame's flags (FIX_EFLAGS of the kernel). */
#define RESTORED_FLAGS                                                                             \
    (X86_AC | X86_OF | X86_DF | X86_TF | X86_SF | X86_ZF | X86_AF | X86_PF | X86_CF | X86_RF)

struct frame_mcontext {
    u64 r8, r9, r10, r11, r12, r13, r14, r15, rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, eflags;
    u16 cs, gs, fs, ss;
    u64 err, trapno, oldmask, cr2, fpstate, reserved[8];
};

struct frame {
    u64 restorer;
    u64 uc_flags, uc_link;
    struct guest_sigaltstack uc_stack;
    struct frame_mcontext m;
    u64 uc_sigmask;
    struct sig_info info;
};

_Static_assert(sizeof(struct frame_mcontext) == 256, "struct sigcontext");
_Static_assert(offsetof(struct frame, info) == 8 + 304, "struct ucontext");
_Static_assert(sizeof(struct frame) == 440, "struct rt_sigframe");

/* Order of the registers in frame_mcontext. */
static const u8 frame_regs[16] = {X86_R8,  X86_R9,  X86_R10, X86_R11, X86_R12, X86_R13,
                                  X86_R14, X86_R15, X86_RDI, X86_RSI, X86_RBP, X86_RBX,
                                  X86_RDX, X86_RAX, X86_RCX, X86_RSP};

static void fill_mcontext(struct x86_cpu *c, struct frame_mcontext *m, const struct sig_thread *st)
{
    u64 *regs = &m->r8;

    for (unsigned i = 0; i < 16; i++)
        regs[i] = c->gpr[frame_regs[i]];
    m->rip = c->rip;
    m->eflags = x86_flags_get(c);
    m->cs = c->seg[X86_CS];
    m->ss = c->seg[X86_SS];
    m->err = st->err;
    m->trapno = st->trapno;
    m->oldmask = st->mask;
    m->cr2 = st->cr2;
}

/* Where the frame starts to grow down from; 0 when the alternate stack is full. */
static gaddr stack_top(const struct x86_cpu *c, const struct sig_thread *st,
                       const struct guest_sigaction *act)
{
    gaddr sp = c->gpr[X86_RSP];
    bool on_alt = st->alt.size && !(st->alt.flags & G_SS_AUTODISARM) && sp > st->alt.sp &&
                  sp - st->alt.sp <= st->alt.size;

    if ((act->flags & G_SA_ONSTACK) && st->alt.size && !on_alt)
        return st->alt.sp + st->alt.size;
    if (on_alt && sp - RED_ZONE - sizeof(struct frame) - XSTATE_MAX < st->alt.sp)
        return 0;
    return sp - RED_ZONE;
}

static void save_altstack(struct sig_thread *st, struct frame *f)
{
    f->uc_stack = st->alt;
    f->uc_stack.pad = 0;
    if (st->alt.flags & G_SS_AUTODISARM)
        st->alt = (struct guest_sigaltstack){.flags = G_SS_DISABLE};
}

bool sig_push_frame(struct x86_cpu *c, int sig, const struct sig_info *info,
                    const struct guest_sigaction *act)
{
    struct sig_thread *st = ((struct thr *)c->owner)->sig;
    u32 xsize = sig_xstate_size(c);
    u8 image[XSTATE_MAX];
    gaddr sp = stack_top(c, st, act), fp;
    struct frame f;

    if (!sp)
        return false;
    memset(&f, 0, sizeof f);
    fp = align_down(sp - xsize, 64);
    sp = align_down(fp - sizeof f, 16) - 8;
    f.restorer = act->flags & G_SA_RESTORER ? act->restorer : sig_restorer();
    f.uc_flags = UC_FP_XSTATE | UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS;
    fill_mcontext(c, &f.m, st);
    f.m.fpstate = fp;
    f.uc_sigmask = st->mask;
    f.info = *info;
    sig_xstate_save(c, image);
    if (!sig_write(fp, image, xsize))
        return false;
    save_altstack(st, &f);
    if (!sig_write(sp, &f, sizeof f))
        return false;
    c->gpr[X86_RDI] = (u64)sig;
    c->gpr[X86_RAX] = 0;
    c->gpr[X86_RSI] = sp + offsetof(struct frame, info);
    c->gpr[X86_RDX] = sp + offsetof(struct frame, uc_flags);
    c->gpr[X86_RSP] = sp;
    c->rip = act->handler;
    x86_flags_set(c, x86_flags_get(c) & ~(u32)(X86_DF | X86_RF | X86_TF));
    c->seg[X86_CS] = USER_CS;
    c->seg[X86_SS] = USER_SS;
    sig_xstate_reset(c);
    return true;
}

static void load_mcontext(struct x86_cpu *c, const struct frame_mcontext *m)
{
    const u64 *regs = &m->r8;

    for (unsigned i = 0; i < 16; i++)
        c->gpr[frame_regs[i]] = regs[i];
    c->rip = m->rip;
    x86_flags_set(c, (x86_flags_get(c) & ~(u32)RESTORED_FLAGS) | ((u32)m->eflags & RESTORED_FLAGS));
}

i64 sig_return(struct x86_cpu *c)
{
    struct sig_thread *st = ((struct thr *)c->owner)->sig;
    gaddr at = c->gpr[X86_RSP] - 8;
    struct frame f;

    if (!sig_read(&f, at, sizeof f) || !sig_xstate_load(c, f.m.fpstate)) {
        sig_deliver_forced(c, SIGSEGV, &(struct sig_info){.signo = SIGSEGV, .code = 0x80});
        return (i64)c->gpr[X86_RAX];
    }
    load_mcontext(c, &f.m);
    st->mask = f.uc_sigmask & ~UNBLOCKABLE;
    sig_altstack(&f.uc_stack, NULL);
    if (st->held & ~st->mask)
        __atomic_store_n(&c->pending, 1, __ATOMIC_RELEASE);
    if (st->nested && st->nested->frame == at && st->nested->depth == interp_depth(c))
        interp_leave(c); /* back to the native code that was interrupted */
    else
        sig_apply_host_mask(st);
    if (trace_on(TRACE_SIG))
        trace_print("sig: return to %#llx", (unsigned long long)c->rip);
    return (i64)c->gpr[X86_RAX];
}
