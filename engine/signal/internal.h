/*
 * internal.h - what the files of engine/signal share and nobody else sees.
 */
#ifndef SIGNAL_INTERNAL_H
#define SIGNAL_INTERNAL_H

#include <setjmp.h>
#include <signal.h>
#include <ucontext.h>

#include "base/log.h"
#include "signal/signal.h"

#define NSIG_GUEST 64
#define SIG_BIT(sig) (1ull << ((sig)-1))

/* Signals that the engine's own handlers need at any time: never blocked on the host. */
#define SYNC_SIGNALS                                                                               \
    (SIG_BIT(SIGSEGV) | SIG_BIT(SIGBUS) | SIG_BIT(SIGILL) | SIG_BIT(SIGFPE) | SIG_BIT(SIGTRAP))
#define UNBLOCKABLE (SIG_BIT(SIGKILL) | SIG_BIT(SIGSTOP))

/* x86-64 values of sigaction flags and sigaltstack (asm/signal.h); equal on all hosts but
 * SA_RESTORER. */
#define G_SA_NOCLDSTOP 1ull
#define G_SA_NOCLDWAIT 2ull
#define G_SA_SIGINFO 4ull
#define G_SA_RESTORER 0x04000000ull
#define G_SA_ONSTACK 0x08000000ull
#define G_SA_RESTART 0x10000000ull
#define G_SA_NODEFER 0x40000000ull
#define G_SA_RESETHAND 0x80000000ull
#define G_SIG_DFL 0
#define G_SIG_IGN 1
#define G_SS_ONSTACK 1
#define G_SS_DISABLE 2
#define G_SS_AUTODISARM (i32)(1u << 31)
#define G_MINSIGSTKSZ 2048

struct sig_actions {
    u32 lock;
    struct guest_sigaction a[NSIG_GUEST + 1];
};

/* siginfo is the same 128 bytes on every 64-bit Linux. */
struct sig_info {
    union {
        u8 raw[128];
        struct {
            i32 signo, err, code, pad;
            gaddr addr;
        };
    };
};

/* A guest handler that runs inside a host signal handler, because native code was interrupted. */
struct sig_nested {
    gaddr frame;
    unsigned depth;
    struct sig_nested *prev;
};

/*
 * Signal state of a thread. The host's mask is the guest's (less SYNC_SIGNALS), so the kernel does
 * the queueing. One signal at a time is taken from it: the host handler keeps it in `info` and
 * leaves all signals blocked until it is delivered at a safe point.
 */
struct sig_thread {
    u64 mask;
    struct sig_actions *acts;
    bool own_acts;
    struct guest_sigaltstack alt;
    volatile int captured; /* signal number, 0 none */
    struct sig_info info;
    u64 held; /* SYNC_SIGNALS sent by somebody while blocked or while another is captured */
    struct sig_info held_info[5];
    volatile u64 native; /* SIG_NATIVE_CALL, or what interp_jit->detach() returned */
    unsigned native_depth;
    struct sig_nested *nested;
    sigjmp_buf *volatile guard; /* emulator code that touches guest memory */
    u64 trapno, err, cr2;       /* of the last exception: what the kernel keeps in thread_struct */
};

/* The next signal to deliver, out of what handlers have kept; 0: none. Call with all signals
 * blocked. */
int sig_take(struct sig_thread *st, struct sig_info *info);
struct sig_actions *sig_shared_actions(void);
void sig_apply_host_mask(struct sig_thread *st);

/* Delivery: what the disposition says. Changes c to run a handler, or never returns, or does
 * nothing. */
void sig_deliver(struct x86_cpu *c, int sig, const struct sig_info *info);
/* The same when the guest can not go on without: blocked or ignored becomes the default action. */
void sig_deliver_forced(struct x86_cpu *c, int sig, const struct sig_info *info);
bool sig_default_ignored(int sig);

/* frame.c: pushes the frame and enters the handler. False: the stack is no good. */
bool sig_push_frame(struct x86_cpu *c, int sig, const struct sig_info *info,
                    const struct guest_sigaction *act);

/* xstate.c: the FXSAVE/XSAVE image in frames. */
void sig_xstate_reset(struct x86_cpu *c);

void sig_crash_report(struct x86_cpu *c, int sig, const struct sig_info *info);
void sig_report_illegal(struct x86_cpu *c); /* one line: address, module, bytes */
void sig_host_handler(int sig, siginfo_t *info, void *uc);

/* A native call that translated code makes itself becomes one as after sig_native_enter. */
void sig_native_settle(struct thr *t);

/* <arch>/context.c */
u64 sig_host_pc(const ucontext_t *uc);
void sig_host_set_pc(ucontext_t *uc, u64 pc);
/* Did the faulting access write? unknown: true. */
bool sig_host_is_write(const ucontext_t *uc);
int sig_host_action(int sig, u64 handler, u64 flags, u64 mask);

#endif
