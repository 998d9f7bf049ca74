/*
 * signal.h - guest signals: dispositions, masks, pending queues, x86-64 frames, faults of the host turned into guest exceptions.
 * Asynchronous signals wait for a safe point (env->interrupt) while guest code runs; when native code (a wrapped function or a blocking
 * syscall) is interrupted, the syscall layer returns -EINTR / restarts, and a wrapped native function gets the guest handler run at once.
 * Structures are those of the x86-64 kernel ABI (asm/sigcontext.h, asm/ucontext.h).
 */
#ifndef SIGNAL_SIGNAL_H
#define SIGNAL_SIGNAL_H

#include "thread/thread.h"

struct guest_sigaction { /* x86-64 kernel struct sigaction */
    gaddr handler;
    u64 flags;
    gaddr restorer;
    u64 mask;
};

struct guest_sigaltstack {
    gaddr sp;
    i32 flags;
    u32 pad;
    u64 size;
};

/* Installs the host handlers (SEGV BUS ILL FPE TRAP and what the guest asks for). 0 or -errno. */
int sig_init(void);
int sig_thread_init(struct thr *t);
void sig_thread_exit(struct thr *t);

/* Guest API, kernel semantics, -errno on error; NULL pointers allowed as in the syscalls. */
int sig_action(int sig, const struct guest_sigaction *act, struct guest_sigaction *old);
int sig_procmask(int how, const u64 *set, u64 *old);
int sig_altstack(const struct guest_sigaltstack *ss, struct guest_sigaltstack *old);
i64 sig_return(struct x86_cpu *c); /* rt_sigreturn: restores everything from the frame at RSP */

/* env->exception and env->interrupt. */
void sig_exception(struct x86_cpu *c);
void sig_interrupt(struct x86_cpu *c);

/* Around native code that may block or run long (bridge calls): true between enter and leave -> handlers run at once. */
void sig_native_enter(struct thr *t);
void sig_native_leave(struct thr *t);

/* fork/exec helpers. */
void sig_child_after_fork(void);
void sig_prepare_exec(void);

#endif
