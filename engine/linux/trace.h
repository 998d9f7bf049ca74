/*
 * trace.h - inside engine/linux: ptrace between guests. The host's ptrace carries it: a traced
 * guest stops at safe points only, where it has laid out its x86-64 state in a record (tracee.c);
 * its tracer (tracer.c) lets it run through every other stop, and answers requests from the record.
 *
 * On the way: a signal that stops the host process is sent on as SIGTRAP with code TRACE_MORPH
 * (the original in si_errno), which the signal room always takes; at the next safe point it comes
 * to tracee_signal, which queues itself SIGTRAP with code TRACE_STOP and the record's address. That
 * stop is the one the tracer sees.
 *
 * New processes and threads are the host's events: there is no safe point inside a host's clone, so
 * the record is laid out before it, and the host's own event stop is shown. PTRACE_SEIZE makes a
 * guest stop once unseen (TRACE_HELLO), so that it knows; PTRACE_INTERRUPT is a signal of its own
 * (TRACE_INTERRUPT); stops for job control happen in tracee.c.
 */
#ifndef LINUX_TRACE_H
#define LINUX_TRACE_H

#include "linux/local.h"

#define TRACE_MORPH (-0x6b64)
#define TRACE_STOP (-0x6b65)
#define TRACE_HELLO (-0x6b66)
#define TRACE_INTERRUPT (-0x6b67)
/* PTRACE_EVENT_*, in bits 8 and up of the signal */
enum {
    TRACE_EVENT_FORK = 1,
    TRACE_EVENT_VFORK,
    TRACE_EVENT_CLONE,
    TRACE_EVENT_EXEC,
    TRACE_EVENT_VFORK_DONE,
    TRACE_EVENT_EXIT,
    TRACE_EVENT_STOP = 128
};
#define TRACE_POKES 64
#define TRACE_XSTATE_MAX 1024

enum trace_command {
    TRACE_CONT,
    TRACE_STEP,
    TRACE_SYSCALL,
    TRACE_DETACH,
    TRACE_LISTEN,
    TRACE_REPEAT /* the same stop again: it was taken out of turn */
};
enum { TRACE_SET_REGS = 1, TRACE_SET_XSTATE = 2 };

struct trace_regs { /* user_regs_struct of x86-64 */
    u64 r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi, orig_rax, rip, cs,
        eflags, rsp, ss, fs_base, gs_base, ds, es, fs, gs;
};

struct trace_record {
    /* by the traced one */
    i32 signal; /* why it stopped; SIGTRAP | 0x80: at a system call; 0: TRACE_HELLO */
    u32 xstate_size;
    u64 message; /* PTRACE_GETEVENTMSG */
    struct trace_regs regs;
    u8 info[128]; /* siginfo */
    u8 xstate[TRACE_XSTATE_MAX];
    gaddr stack; /* argc ... of the program, for /proc/PID/auxv */
    /* by the tracer */
    u32 command; /* enum trace_command */
    i32 deliver; /* signal to go on with */
    u32 event;   /* a stop inside a host's clone was shown */
    u32 seized;
    u32 set;   /* what of the above was changed */
    u32 pokes; /* addresses written, all of memory when more than fit */
    gaddr poked[TRACE_POKES];
};

/* ---- tracee.c ---- */
i64 tracee_traceme(struct x86_cpu *c);
/* sig_trace of the signal room: 0 or the signal to deliver, *info may change. */
int tracee_signal(struct x86_cpu *c, int sig, void *info);
/* Before an execve that is no system call of the guest, but a wrapped function. */
void tracee_execs(struct thr *t);
/* The stops after execve, when the program is loaded. */
void tracee_started(struct x86_cpu *c, gaddr stack);
void tracee_exits(struct x86_cpu *c, int status);
/* A call was interrupted: if it turns out that only a tracer did that, it is made again. */
void tracee_was_cut(struct x86_cpu *c, u64 call);
/* Around a system call that makes a process or thread. */
void tracee_clones(struct x86_cpu *c, u64 call);
void tracee_cloned(struct x86_cpu *c);
bool tracee_wants_syscalls(const struct thr *t);
/* A stop before (RAX -ENOSYS) or after a system call. False: the tracer changed the number to -1.
 */
bool tracee_syscall(struct x86_cpu *c, u64 *nr);

/* ---- tracer.c ---- */
i64 tracer_request(struct x86_cpu *c, const u64 *a);
/* A child's stop, as wait4 gave it: true when the guest is to see it, *status is changed then.
 * False: it runs on, wait again. */
bool tracer_stop(int pid, int *status);
bool tracer_has(int pid);
bool tracer_has_any(void);
void tracer_opens_memory(int pid); /* /proc/PID/mem: what is written there is not seen */
int tracer_auxv(int pid, u64 *pairs,
                int max); /* of a traced guest: number of words, 0: not known */

#endif
