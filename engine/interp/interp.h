/*
 * interp.h - the interpreter: runs a guest CPU over cached decoded blocks. Called by the rooms
 * above (thread, bridge, tests).
 */
#ifndef INTERP_INTERP_H
#define INTERP_INTERP_H

#include "x86/cpu.h"

/* Once per process / once per guest thread (allocates c->interp). 0 or -errno. */
int interp_init(void);
int interp_thread_init(struct x86_cpu *c);
void interp_thread_exit(struct x86_cpu *c);

/* This thread's guest code is the interpreter's alone from here on. */
void interp_forgo_jit(struct x86_cpu *c);

/* Runs from c->rip until interp_leave(). Re-entrant: callbacks nest another interp_run on the host
 * stack. */
void interp_run(struct x86_cpu *c);

/* From an env callback (bridge, syscall ...): the innermost interp_run returns when the callback
 * does. */
void interp_leave(struct x86_cpu *c);

/* Nesting depth of interp_run on this thread (0 = none). */
unsigned interp_depth(const struct x86_cpu *c);

/*
 * Drops the host frames of all interp_run deeper than `depth` (1 = outermost) and continues guest
 * execution in that one at c->rip: longjmp across callbacks, sigreturn out of a nested handler.
 * Never returns.
 */
NORETURN void interp_unwind(struct x86_cpu *c, unsigned depth);

/* The host frames of this thread's interp_run are gone, or about to be, without interp_leave: the
 * native libc ends the thread. */
void interp_abandon(struct x86_cpu *c);

/* Executes exactly one instruction at c->rip (exceptions still go to env->exception). For cosim, TF
 * and tests. */
void interp_step(struct x86_cpu *c);

/* For cosim: fn(c, arg) where guest exceptions end it instead of being delivered. False: one did.
 */
bool interp_attempt(struct x86_cpu *c, void (*fn)(struct x86_cpu *c, void *arg), void *arg);

/* Guest code in [start, end) may have changed or gone. Callable from any thread and from the
 * SIGSEGV handler: async-signal-safe. */
void interp_invalidate(gaddr start, gaddr end);

/* Around fork(): the child has only the calling thread; c is its CPU (NULL: it runs no guest
 * code). */
void interp_fork_prepare(void);
void interp_fork_parent(void);
void interp_fork_child(struct x86_cpu *c);

/*
 * For a host memory fault at addr while c->cur runs: X86_EXC_PF, or X86_EXC_GP/X86_EXC_SS where a
 * CPU would have refused the address itself (non-canonical, beyond a 32-bit segment).
 * Async-signal-safe.
 */
enum interp_cause {
    INTERP_CAUSE_UNKNOWN,    /* the host does not say */
    INTERP_CAUSE_PAGE,       /* surely a page fault */
    INTERP_CAUSE_NO_ADDRESS, /* surely not: the host refused the address and gives none */
};
unsigned interp_fault_vec(const struct x86_cpu *c, gaddr addr, enum interp_cause cause);
/*
 * The guest's fault address for the host's: some hosts' atomics and block copies access the whole
 * aligned word around the guest's first byte, and report that.
 */
gaddr interp_fault_addr(const struct x86_cpu *c, gaddr addr);

/* Guest pc of the instruction that c->cur points to; 0 when none is running. Async-signal-safe. */
gaddr interp_current_pc(const struct x86_cpu *c);

/*
 * From a host signal handler, when host pc was inside guest execution (c->cur != NULL): turn it
 * into the guest exception in c->exc. Never returns (jumps to the interpreter loop, which calls
 * env->exception with precise state).
 */
NORETURN void interp_fault(struct x86_cpu *c);

/* Whether interpreted accesses keep x86's memory order on a host that has a weaker one: 0 no, 1 but
 * for the stack's own (PUSH, CALL ...), 2 all. Set before the first block is decoded. */
extern unsigned interp_order;

/* A block for pc has been decoded: the interpreter has been there, or just before it. Lock-free. */
bool interp_seen(gaddr pc, unsigned mode);

/*
 * A translator below the run loop (dynarec/); interp_jit is NULL where there is none. Set before
 * the first thread. Where a function takes a ucontext_t it is called from a host signal handler.
 */
struct interp_jit {
    unsigned hot; /* runs of a block before it is offered */
    /* True: there is a translation for pc now. */
    bool (*offer)(struct x86_cpu *c, gaddr pc);
    /* Runs translated code from c->rip; the state is complete at c->rip afterwards. False: there
     * is none. */
    bool (*run)(struct x86_cpu *c);
    void (*invalidate)(gaddr start, gaddr end); /* as interp_invalidate() */
    /* A host fault at data address addr. False: not in translated code. Returns true to go on
     * there, else does not return. */
    bool (*fault)(struct x86_cpu *c, void *uc, u64 addr);
    /* A write to watched code has just been allowed to go on. */
    void (*retried)(struct x86_cpu *c, void *uc);
    /* c->pending was set: translated code has to be left soon. */
    void (*stop)(struct x86_cpu *c, void *uc);
    /*
     * Guest code (a callback, a signal's handler) is about to run while c is in a native function
     * that translated code calls itself (c->jit.native): completes c, with rip behind the bridge's
     * first byte, as if env->bridge had made the call. Returns what c->jit.stirred has to be when
     * control goes back to the function: not 0. Async-signal-safe.
     */
    u32 (*detach)(struct x86_cpu *c);
    int (*thread_init)(struct x86_cpu *c);
    void (*thread_exit)(struct x86_cpu *c);
    void (*fork_prepare)(void);
    void (*fork_parent)(void);
    void (*fork_child)(struct x86_cpu *c);
    void (*report)(void); /* the process ends without exit() */
};
extern const struct interp_jit *interp_jit;

/* For interp_jit->run: one instruction at c->rip by the interpreter, in the innermost interp_run.
 */
void interp_step_here(struct x86_cpu *c);
/* For interp_jit->fault: back to the loop of the innermost interp_run, at c->rip. */
NORETURN void interp_restart(struct x86_cpu *c);

/* Run exactly one plain meaning: what the DynaRec calls for instructions it does not translate.
 * Sets no rip. */
typedef void sem_fn(struct x86_cpu *c, const struct x86_insn *in);
extern sem_fn *const x86_sem[]; /* by enum x86_op */

#endif
