/*
 * signal.h - guest signals: dispositions, masks, pending queues, x86-64 frames, faults of the host
 * turned into guest exceptions. Asynchronous signals wait for a safe point (env->interrupt) while
 * guest code runs; when native code (a wrapped function or a blocking syscall) is interrupted, the
 * syscall layer returns -EINTR / restarts, and a wrapped native function gets the guest handler run
 * at once. Structures are those of the x86-64 kernel ABI (asm/sigcontext.h, asm/ucontext.h).
 */
#ifndef SIGNAL_SIGNAL_H
#define SIGNAL_SIGNAL_H

#include "thread/thread.h"

/* Result of a call that a signal came before (or that the kernel wants repeated): run the handler,
 * then the call again. */
#define SIG_RESTART 512

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

/* Guest API, kernel semantics, -errno on error; NULL pointers allowed as in the syscalls.
 * -SIG_RESTART: see above. */
int sig_action(int sig, const struct guest_sigaction *act, struct guest_sigaction *old);
int sig_procmask(int how, const u64 *set, u64 *old);
int sig_altstack(const struct guest_sigaltstack *ss, struct guest_sigaltstack *old);
i64 sig_return(struct x86_cpu *c); /* rt_sigreturn: restores everything from the frame at RSP */
u64 sig_pending(void);             /* bits of signals held here; the kernel knows the others */
/* A guest mask as the host may take it (sigsuspend, ppoll ...): signals of faults are never
 * blocked. */
u64 sig_host_mask(u64 guest_mask);
/* Guest address of `mov $15,%eax; syscall`, for handlers without SA_RESTORER. */
gaddr sig_restorer(void);

/* env->exception and env->interrupt. */
void sig_exception(struct x86_cpu *c);
void sig_interrupt(struct x86_cpu *c);

/*
 * Around native code that may block or run long (bridge calls): between enter and leave handlers
 * run at once. A signal that came before enter waits for the next safe point: who may block looks
 * at cpu->pending after enter. A callback into guest code has to put suspend/resume around all
 * that changes the CPU and its interp_run; resume runs the handlers of what came meanwhile.
 * sig_native_drop: before interp_unwind(c, depth).
 */
#define SIG_NATIVE_CALL 1ull /* for resume, where suspend was not called */
void sig_native_enter(struct thr *t);
void sig_native_leave(struct thr *t);
u64 sig_native_suspend(struct thr *t);
void sig_native_resume(struct thr *t, u64 was);
void sig_native_drop(struct thr *t, unsigned depth);
/* env->native_end. */
void sig_native_end(struct x86_cpu *c);

/*
 * Guest memory from the emulator's own code: a fault gives false instead of the end of the
 * emulator. sig_read_str: length without the NUL, -EFAULT, -ENAMETOOLONG when max bytes hold no
 * NUL.
 */
bool sig_read(void *dst, gaddr src, size_t n);
bool sig_write(gaddr dst, const void *src, size_t n);
i64 sig_read_str(char *dst, gaddr src, size_t max);

/* The safe syscall stub: a signal at a host pc in [start, insn] makes it return -SIG_RESTART by
 * going on at `again`. */
void sig_set_restart_range(const void *start, const void *insn, const void *again);

/* fork/exec helpers. */
void sig_child_after_fork(void);
void sig_prepare_exec(void); /* the host's dispositions and mask become the guest's */
void sig_exec_failed(void);
/* CLONE_CLEAR_SIGHAND: every handler of the calling thread's process becomes SIG_DFL. */
void sig_clear_handlers(void);
/* A vfork child gets its own dispositions (t is not running yet). 0 or -errno. */
int sig_private_actions(struct thr *t);

/* A signal that an instruction causes, with the 128 bytes of its siginfo: delivered now, at c->rip;
 * blocked or ignored it is deadly. */
void sig_force(struct x86_cpu *c, int sig, const void *info);

/* Asked before a signal is delivered, with the 128 bytes of its siginfo: the signal to deliver, 0
 * for none. Set by the linux room for being traced; NULL: as if it returned `sig`. */
extern int (*sig_trace)(struct x86_cpu *c, int sig, void *info);

/* xstate.c: the FXSAVE/XSAVE image of signal frames, with the magic words at its end. */
u32 sig_xstate_size(const struct x86_cpu *c);
void sig_xstate_save(struct x86_cpu *c, u8 *image);
bool sig_xstate_load(struct x86_cpu *c, gaddr image);

/* Ends the process as the signal's default action does. */
NORETURN void sig_terminate(int sig);

/* Crash reports: symbolises a guest address into buf, set by main (dl_symbolise). NULL: addresses
 * only. */
extern int (*sig_symbolise)(gaddr a, char *buf, size_t size);
void sig_backtrace(struct x86_cpu *c);
const char *sig_name(int sig); /* "SIGSEGV"; real-time ones "SIGRT_n" (static text) */

#endif
