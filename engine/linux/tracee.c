/*
 * tracee.c - the traced side of ptrace: stops at safe points with the guest's state laid out, and
 * takes over what the tracer changed. Records belong to threads and are never freed (a tracer may
 * be reading).
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <unistd.h>

#include "interp/interp.h"
#include "linux/trace.h"
#include "x86/flags.h"

#define BIT(sig) (1ull << ((sig)-1))
#define USER_CS 0x33
#define USER_SS 0x2b
#define X_EXECVE 59
#define X_RT_SIGSUSPEND 130
#define X_FUTEX 202
#define X_EXIT_GROUP 231
#define NO_CALL (~0ull)
#define SETTABLE_FLAGS 0x50dd5ull /* what Linux lets a tracer change (FLAG_MASK) */

struct stop_info { /* siginfo with a value */
    i32 signo, err, code, pad0, pid, uid;
    gaddr value;
    u8 rest[96];
};
_Static_assert(sizeof(struct stop_info) == 128, "siginfo_t");

static struct trace_record *record_of(struct thr *t)
{
    if (!t->trace)
        t->trace = calloc(1, sizeof *t->trace);
    if (!t->trace)
        die("no memory for being traced");
    return t->trace;
}

/* ---- state out and in ---- */

static void save(struct x86_cpu *c, struct trace_record *r, u64 call)
{
    const u64 *g = c->gpr;

    r->regs = (struct trace_regs){.r15 = g[15],
                                  .r14 = g[14],
                                  .r13 = g[13],
                                  .r12 = g[12],
                                  .r11 = g[11],
                                  .r10 = g[10],
                                  .r9 = g[9],
                                  .r8 = g[8],
                                  .rbp = g[X86_RBP],
                                  .rbx = g[X86_RBX],
                                  .rax = g[X86_RAX],
                                  .rcx = g[X86_RCX],
                                  .rdx = g[X86_RDX],
                                  .rsi = g[X86_RSI],
                                  .rdi = g[X86_RDI],
                                  .rsp = g[X86_RSP],
                                  .orig_rax = call,
                                  .rip = c->rip,
                                  .cs = USER_CS,
                                  .ss = USER_SS,
                                  .eflags = x86_flags_get(c),
                                  .fs_base = c->seg_base[X86_FS],
                                  .gs_base = c->seg_base[X86_GS]};
    r->xstate_size = sig_xstate_size(c);
    if (r->xstate_size > sizeof r->xstate)
        die("the state of the vector registers is larger than a tracer's record");
    sig_xstate_save(c, r->xstate);
}

static void load(struct x86_cpu *c, const struct trace_record *r)
{
    const struct trace_regs *s = &r->regs;
    u64 *g = c->gpr;

    if (r->set & TRACE_SET_REGS) {
        g[15] = s->r15, g[14] = s->r14, g[13] = s->r13, g[12] = s->r12;
        g[11] = s->r11, g[10] = s->r10, g[9] = s->r9, g[8] = s->r8;
        g[X86_RBP] = s->rbp, g[X86_RBX] = s->rbx, g[X86_RAX] = s->rax, g[X86_RCX] = s->rcx;
        g[X86_RDX] = s->rdx, g[X86_RSI] = s->rsi, g[X86_RDI] = s->rdi, g[X86_RSP] = s->rsp;
        c->rip = s->rip;
        x86_flags_set(c, (x86_flags_get(c) & ~SETTABLE_FLAGS) | (s->eflags & SETTABLE_FLAGS));
        c->seg_base[X86_FS] = s->fs_base;
        c->seg_base[X86_GS] = s->gs_base;
    }
    if (r->set & TRACE_SET_XSTATE)
        sig_xstate_load(c, h2g((void *)(uintptr_t)r->xstate));
}

/* Code that the tracer wrote is not what was decoded. */
static void forget_code(const struct trace_record *r)
{
    if (r->pokes > TRACE_POKES) {
        interp_invalidate(0, ~0ull);
        return;
    }
    for (u32 i = 0; i < r->pokes; i++)
        interp_invalidate(r->poked[i], r->poked[i] + 8);
}

/* ---- stops ---- */

/* What the tracer changed and wants. */
static void go_on(struct x86_cpu *c, struct trace_record *r)
{
    load(c, r);
    forget_code(r);
    if (r->command == TRACE_STEP)
        c->eflags |= X86_TF;
    if (r->command == TRACE_DETACH)
        thr_of(c)->trace = NULL;
}

/* Returns when the tracer lets us go on. Blocked is everything but the signal that stops us. */
static void stop(struct x86_cpu *c, struct trace_record *r, int signal, u64 call)
{
    struct stop_info info = {
        .signo = SIGTRAP, .code = TRACE_STOP, .pid = getpid(), .value = h2g(r)};
    u64 mask;

    if (r->command == TRACE_STEP)
        c->eflags &= ~(u32)X86_TF; /* ours */
    r->signal = signal;
    r->deliver = 0;
    r->set = r->pokes = 0;
    save(c, r, call);
    mask = thr_host_block_all();
    do {
        r->command = TRACE_CONT;
        host_syscall(__NR_rt_tgsigqueueinfo, (u64)getpid(),
                     (u64)host_syscall(__NR_gettid, 0, 0, 0, 0, 0, 0), SIGTRAP, h2g(&info), 0, 0);
        thr_host_mask(~BIT(SIGTRAP));
    } while (r->command == TRACE_REPEAT);
    thr_host_mask(mask);
    go_on(c, r);
}

static struct trace_record *plain_stop(struct x86_cpu *c, int signal, u64 call)
{
    struct trace_record *r = thr_of(c)->trace;
    struct stop_info info = {.signo = signal & 0x7f, .code = signal, .pid = getpid()};

    info.uid = (i32)getuid();
    memcpy(r->info, &info, sizeof info);
    stop(c, r, signal, call);
    return r;
}

/* Job control of a seized guest: it stays stopped for a tracer that listens, and says so again when
 * there is something to do. */
static void group_stop(struct x86_cpu *c, int sig)
{
    const u64 none = 0;

    while (plain_stop(c, sig | TRACE_EVENT_STOP << 8, NO_CALL)->command == TRACE_LISTEN) {
        while (!c->pending)
            HOST(c, __NR_rt_sigsuspend, h2g(&none), sizeof none);
        sig = SIGTRAP;
    }
}

static bool is_stop(int sig)
{
    return sig == SIGSTOP || sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU;
}

/* What the tracer sent, and nobody else knows of. */
static bool request(struct x86_cpu *c, int code)
{
    struct trace_record *r;

    if (code != TRACE_HELLO && code != TRACE_INTERRUPT)
        return false;
    r = record_of(thr_of(c));
    if (code == TRACE_INTERRUPT) {
        group_stop(c, SIGTRAP);
        return true;
    }
    stop(c, r, 0, NO_CALL);
    if (r->deliver) /* it was stopped already */
        group_stop(c, r->deliver);
    return true;
}

void tracee_was_cut(struct x86_cpu *c, u64 call)
{
    struct thr *t = thr_of(c);

    t->cut_call = (u32)call;
    t->cut_rip = c->rip;
}

/* Nothing came of the signal: what Linux restarts when no handler runs begins anew. */
static void make_again(struct x86_cpu *c)
{
    static const u16 restarted[] = {7,  /* poll */
                                    23, /* select */
                                    34, /* pause */
                                    35, /* nanosleep */
                                    X_RT_SIGSUSPEND,
                                    X_FUTEX,
                                    230, /* clock_nanosleep */
                                    270, /* pselect6 */
                                    271 /* ppoll */};
    const struct thr *t = thr_of(c);

    if (c->rip != t->cut_rip || c->gpr[X86_RAX] != (u64)-EINTR)
        return;
    for (unsigned i = 0; i < ARRAY_SIZE(restarted); i++)
        if (restarted[i] == t->cut_call) {
            c->gpr[X86_RAX] = t->cut_call;
            c->rip -= 2;
            return;
        }
}

/* The signal to act on, 0 for none. */
static int traced_signal(struct x86_cpu *c, int sig, void *data)
{
    struct thr *t = thr_of(c);
    struct stop_info *info = data;
    struct trace_record *r;

    if (sig == SIGTRAP && info->code == TRACE_STOP) { /* the tracer died */
        t->trace = NULL;
        return 0;
    }
    if (sig == SIGTRAP && request(c, info->code))
        return 0;
    if (sig == SIGTRAP && info->code == TRACE_MORPH) {
        sig = info->err & 0xff;
        info->code = info->err >> 8;
        info->signo = sig;
        info->err = 0;
        record_of(t);
    }
    r = t->trace;
    if (!r)
        return sig;
    memcpy(r->info, data, sizeof r->info);
    stop(c, r, sig, NO_CALL);
    memcpy(data, r->info, sizeof r->info);
    sig = r->deliver;
    if (sig != info->signo) {
        memset(info, 0, sizeof *info);
        info->signo = sig;
    }
    if (!is_stop(sig))
        return sig;
    /* Stopping is what tracers do. */
    if (r->seized && r->command != TRACE_DETACH)
        group_stop(c, sig);
    return 0;
}

int tracee_signal(struct x86_cpu *c, int sig, void *data)
{
    sig = traced_signal(c, sig, data);
    if (!sig)
        make_again(c);
    return sig;
}

i64 tracee_traceme(struct x86_cpu *c)
{
    i64 r = host_syscall(__NR_ptrace, PTRACE_TRACEME, 0, 0, 0, 0, 0);

    if (!r)
        record_of(thr_of(c));
    return r;
}

void tracee_clones(struct x86_cpu *c, u64 call)
{
    struct trace_record *r = thr_of(c)->trace;

    if (!r)
        return;
    if (r->command == TRACE_STEP)
        c->eflags &= ~(u32)X86_TF;
    r->event = r->set = r->pokes = 0;
    save(c, r, call);
    r->regs.rax = (u64)-ENOSYS;
}

void tracee_cloned(struct x86_cpu *c)
{
    struct trace_record *r = thr_of(c)->trace;

    if (!r)
        return;
    if (r->event)
        go_on(c, r);
    else if (r->command == TRACE_STEP)
        c->eflags |= X86_TF;
    r->event = 0;
}

void tracee_execs(struct thr *t)
{
    if (t && tracee_wants_syscalls(t))
        plain_stop(&t->cpu, SIGTRAP | 0x80, X_EXECVE);
}

void tracee_started(struct x86_cpu *c, gaddr stack)
{
    record_of(thr_of(c))->stack = stack;
    thr_of(c)->trace->message = (u64)getpid();
    plain_stop(c, SIGTRAP | TRACE_EVENT_EXEC << 8, X_EXECVE);
    if (tracee_wants_syscalls(thr_of(c)))
        plain_stop(c, SIGTRAP | 0x80, X_EXECVE);
}

void tracee_exits(struct x86_cpu *c, int status)
{
    struct trace_record *r = thr_of(c)->trace;

    if (!r)
        return;
    r->message = (u64)(status & 0xff) << 8;
    plain_stop(c, SIGTRAP | TRACE_EVENT_EXIT << 8, X_EXIT_GROUP);
}

bool tracee_wants_syscalls(const struct thr *t)
{
    return t->trace && t->trace->command == TRACE_SYSCALL;
}

bool tracee_syscall(struct x86_cpu *c, u64 *nr)
{
    const struct trace_record *r = plain_stop(c, SIGTRAP | 0x80, *nr);

    if (r->set & TRACE_SET_REGS)
        *nr = r->regs.orig_rax;
    return *nr != NO_CALL;
}
