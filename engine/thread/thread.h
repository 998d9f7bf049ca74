/*
 * thread.h - one guest thread = one host thread: its CPU, stacks, TLS and signal state.
 * Called by signal, bridge, elf, linux, wrappers, main. Lookup of the own thread is one TLS load.
 */
#ifndef THREAD_THREAD_H
#define THREAD_THREAD_H

#include "x86/cpu.h"

struct sig_thread; /* engine/signal: pending queue, mask, alternate stack */

struct filter;       /* engine/linux: seccomp */
struct trace_record; /* engine/linux: ptrace */

/* prctl(PR_SET_SYSCALL_USER_DISPATCH): calls made outside [start, start + len) are not ours. */
struct thr_dispatch {
    bool on;
    u64 start, len;
    gaddr selector;
};

struct thr {
    struct x86_cpu cpu;
    int tid;                  /* the host's tid is the guest's tid */
    gaddr stack_lo, stack_hi; /* guest stack */
    gaddr tls;                /* FS base made by engine/elf (native-libc mode), 0 otherwise */
    gaddr clear_child_tid;    /* set_tid_address / CLONE_CHILD_CLEARTID */
    gaddr set_child_tid;      /* CLONE_CHILD_SETTID of a thread about to start */
    gaddr robust_list;
    struct sig_thread *sig;
    const struct filter *filters; /* inherited by new threads */
    struct thr_dispatch dispatch; /* not inherited */
    struct trace_record *trace;   /* being traced; not inherited */
    gaddr cut_rip;                /* behind a call that returned EINTR, for tracers: its number */
    u32 cut_call;
    void (*tls_free)(struct thr *t);
    bool adopted;            /* a native library's own thread that called a guest callback */
    bool listed;             /* in the list of all threads */
    bool vfork_child;        /* runs in its parent's memory until exec or exit; never listed */
    void *exit_jmp;          /* jmp_buf of the host thread's start function, NULL for others */
    void *host_robust;       /* the host libc's robust list head, put back at exit */
    struct thr *next, *prev; /* all threads */
};

extern __thread struct thr *thr_current;

/* The own thread; NULL on a native thread that never ran guest code. */
ALWAYS_INLINE struct thr *thr_self(void)
{
    return thr_current;
}

/* Own thread, making one (with a guest stack) for a native library's thread: callbacks use this. */
struct thr *thr_self_or_adopt(void);

/* Sets the env every new CPU gets; makes the main thread's thr. 0 or -errno. */
int thr_init(const struct x86_env *env);

/*
 * What the signal room does for a thread: fresh() when a record is made (from: the creator's state,
 * may be NULL), start() first thing on the new host thread (signals are still blocked), gone() when
 * the record goes. Set by sig_init.
 */
struct thr_hooks {
    int (*fresh)(struct thr *t, const struct thr *from);
    void (*start)(struct thr *t);
    void (*gone)(struct thr *t);
};
extern struct thr_hooks thr_hooks;

/* Allocates a thread record: CPU copied from `from` (may be NULL), interp state made, not yet
 * running. NULL: out of memory. */
struct thr *thr_new(const struct x86_cpu *from);
void thr_free(struct thr *t);

/*
 * Starts a host thread that runs the guest at t->cpu.rip until it exits. Returns the tid or -errno.
 * `detached` host thread; set_parent_tid (0 = none) is written before it returns.
 */
int thr_start(struct thr *t, gaddr set_parent_tid);

/*
 * The calling host thread (made by a wrapped pthread_create) becomes the thread of record t:
 * listed, signal state in force. The creator blocks all signals around making it. When t->adopted,
 * thr_free also unmaps the guest stack [stack_lo, stack_hi) and its guard page.
 */
void thr_attach(struct thr *t);

/* Guest SYS_exit of this thread: clears clear_child_tid + futex wake, robust list, frees, ends the
 * host thread. */
NORETURN void thr_exit(int status);
/* Guest SYS_exit_group, from any thread. */
NORETURN void thr_exit_group(int status);

/* Runs fn on every live thread record under the list lock (not async-signal-safe). */
void thr_each(void (*fn)(struct thr *t, void *arg), void *arg);
struct thr *thr_by_tid(int tid);
unsigned thr_count(void);

/* set_robust_list(2): the kernel gets the guest's head (so that it also works when the process is
 * killed). */
i64 thr_set_robust_list(struct thr *t, gaddr head, u64 len);

/* Around a fork that does not go through the host libc's fork() (which calls these by itself). */
void thr_fork_prepare(void);
void thr_fork_parent(void);
void thr_fork_child(void);

/* Guest stack of `size` bytes with a guard page, named "[stack:tid]"; 0 on failure. */
gaddr thr_stack_alloc(u64 size);

/* Blocks every signal on the host, returns the mask before; thr_host_mask(mask) puts it back. Raw:
 * 32 and 33 too. */
u64 thr_host_block_all(void);
void thr_host_mask(u64 mask);

#endif
