/*
 * host.c - the handler of every host signal that concerns the guest.
 * Faults: code watching (retry), emulator code with a guard, native code called by the guest, guest
 * code - in this order. Sent signals: captured for the next safe point; handled at once when the
 * thread is inside a native function. Everything here is async-signal-safe, except that a guest
 * handler run "at once" may do what a handler may do.
 */
#include <errno.h>
#include <fenv.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/bits.h"
#include "interp/interp.h"
#include "mem/mem.h"
#include "signal/internal.h"

#define PF_PRESENT 1u
#define PF_WRITE 2u
#define PF_USER 4u
#define PF_FETCH 16u
#define HOST_SI_KERNEL 0x80

static u64 range_start, range_insn, range_again;

void sig_set_restart_range(const void *start, const void *insn, const void *again)
{
    range_start = h2g(start);
    range_insn = h2g(insn);
    range_again = h2g(again);
}

/* The kernel's part of uc_sigmask. */
static void set_return_mask(ucontext_t *uc, u64 mask)
{
    st_u64(&uc->uc_sigmask, mask);
}

static bool in_native(struct thr *t)
{
    sig_native_settle(t);
    return t->sig->native && t->sig->native_depth == interp_depth(&t->cpu);
}

/* Runs the guest's handler on the guest stack below the native call, in a nested interp_run that
 * sig_return leaves. */
static void run_handler(struct thr *t, int sig, const struct sig_info *info)
{
    struct sig_thread *st = t->sig;
    struct x86_cpu *c = &t->cpu;
    struct sig_nested n = {.prev = st->nested, .depth = interp_depth(c) + 1};
    gaddr sp = c->gpr[X86_RSP];

    thr_host_mask(sig_host_mask(~0ull)); /* the frame may not fit on the guest's stack */
    sig_deliver(c, sig, info);
    if (c->gpr[X86_RSP] != sp) {
        n.frame = c->gpr[X86_RSP];
        st->nested = &n;
        sig_apply_host_mask(st);
        interp_run(c);
        st->nested = n.prev;
    }
    thr_host_block_all();
}

/* Control goes back to native code. */
static void native_again(struct thr *t, u64 was)
{
    sig_native_enter(t);
    if (was != SIG_NATIVE_CALL)
        t->sig->native = t->cpu.jit.stirred = (u32)was;
}

/* Called and left with all signals blocked. What came meanwhile is handled too, because the native
 * code may go on to block. The guest runs with the host rounding to nearest. */
static void run_nested(struct thr *t, int sig, const struct sig_info *info)
{
    struct x86_exc exc = t->cpu.exc;
    struct sig_info copy = *info;
    u64 was = t->sig->native;
    int round = fegetround();

    sig_native_end(&t->cpu);
    if (round != FE_TONEAREST)
        fesetround(FE_TONEAREST);
    do
        run_handler(t, sig, &copy);
    while ((sig = sig_take(t->sig, &copy)));
    if (round != FE_TONEAREST)
        fesetround(round);
    t->cpu.exc = exc;
    native_again(t, was);
}

void sig_native_resume(struct thr *t, u64 was)
{
    struct sig_info info;
    u64 mask;
    int sig;

    if (!was)
        return;
    native_again(t, was);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    if (LIKELY(!t->cpu.pending))
        return;
    mask = thr_host_block_all();
    sig = sig_take(t->sig, &info);
    if (sig) {
        run_nested(t, sig, &info);
        mask = sig_host_mask(t->sig->mask);
    }
    thr_host_mask(mask);
}

/* Index of a signal of SYNC_SIGNALS in held_info. */
static unsigned held_slot(int sig)
{
    return (unsigned)__builtin_popcountll(SYNC_SIGNALS & (SIG_BIT(sig) - 1));
}

int sig_take(struct sig_thread *st, struct sig_info *info)
{
    int sig = st->captured;
    u64 ready;

    if (sig) {
        *info = st->info;
        st->captured = 0;
        return sig;
    }
    ready = st->held & ~st->mask;
    if (!ready)
        return 0;
    sig = __builtin_ctzll(ready) + 1;
    *info = st->held_info[held_slot(sig)];
    st->held &= ~SIG_BIT(sig);
    return sig;
}

static void capture(struct thr *t, int sig, const struct sig_info *info, ucontext_t *uc)
{
    struct sig_thread *st = t->sig;
    bool sync = SIG_BIT(sig) & SYNC_SIGNALS;
    u64 pc = sig_host_pc(uc);

    if (sync)
        thr_host_block_all();
    if (in_native(t) && !(sync && (st->mask & SIG_BIT(sig)))) {
        run_nested(t, sig, info);
        set_return_mask(uc, sig_host_mask(st->mask));
        return;
    }
    if (sync && (st->captured || (st->mask & SIG_BIT(sig)))) {
        st->held |= SIG_BIT(sig);
        st->held_info[held_slot(sig)] = *info;
        if (st->mask & SIG_BIT(sig))
            return;
    } else if (st->captured) { /* a signal of a fault, sent by somebody, came in between */
        syscall(SYS_rt_tgsigqueueinfo, getpid(), t->tid, sig, info);
    } else {
        st->info = *info;
        st->captured = sig;
    }
    set_return_mask(uc, sig_host_mask(~0ull));
    __atomic_store_n(&t->cpu.pending, 1, __ATOMIC_RELEASE);
    if (interp_jit)
        interp_jit->stop(&t->cpu, uc);
    if (pc >= range_start && pc <= range_insn)
        sig_host_set_pc(uc, range_again);
}

/* On a thread that is none of the guest's: the main thread takes it. */
static void forward(int sig, siginfo_t *si, ucontext_t *uc)
{
    set_return_mask(uc, sig_host_mask(~0ull));
    syscall(SYS_rt_tgsigqueueinfo, getpid(), getpid(), sig, si);
}

static NORETURN void die_of(int sig, const siginfo_t *si, const ucontext_t *uc)
{
    log_error("internal fault: signal %d (%s) code %d at host pc %#llx, address %p", sig,
              sig_name(sig), si->si_code, (unsigned long long)sig_host_pc(uc), si->si_addr);
    if (die_hook)
        die_hook();
    sig_terminate(sig);
}

/* Error code bit 0 is set when the page was there: not for PROT_NONE, whose page table entries are
 * not present. */
static u32 present_bit(gaddr a, enum mem_fault kind)
{
    struct mem_region r;

    return kind == MEM_FAULT_ACCERR && mem_query(a, &r) && r.prot ? PF_PRESENT : 0;
}

/* A record without a length is code being read. */
static bool is_fetch(const struct x86_cpu *c)
{
    return c->cur && !c->cur->len;
}

/* What the CPU would have raised for a host fault of a guest access. */
static void fill_exc(struct x86_cpu *c, int sig, const siginfo_t *si, enum mem_fault kind,
                     bool write)
{
    gaddr a = h2g(si->si_addr);
    unsigned vec = interp_fault_vec(
        c, a, si->si_code == HOST_SI_KERNEL ? INTERP_CAUSE_NO_ADDRESS : INTERP_CAUSE_UNKNOWN);

    if (sig == SIGFPE) {
        c->exc = (struct x86_exc){.vec = X86_EXC_DE};
    } else if (sig == SIGSEGV && vec != X86_EXC_PF) {
        c->exc = (struct x86_exc){.vec = (u8)vec};
    } else if (sig == SIGBUS && si->si_code == BUS_ADRALN) {
        c->exc = (struct x86_exc){.vec = X86_EXC_AC, .host_sig = SIGBUS, .host_code = BUS_ADRALN};
    } else {
        c->exc = (struct x86_exc){
            .vec = X86_EXC_PF,
            .host_sig = (u8)sig,
            .host_code = (u8)(sig == SIGBUS              ? si->si_code
                              : kind == MEM_FAULT_ACCERR ? SEGV_ACCERR
                                                         : SEGV_MAPERR),
            .err = PF_USER |
                   (write         ? PF_WRITE
                    : is_fetch(c) ? PF_FETCH
                                  : 0) |
                   present_bit(a, kind),
            .addr = interp_fault_addr(c, a),
        };
    }
}

/* A fault's handler goes back to what faulted. A signal that came meanwhile could not stop
 * translated code, whose context it did not see; from here on none comes before the return. */
static void resume(struct thr *t, ucontext_t *uc)
{
    thr_host_block_all();
    if (!t->cpu.pending)
        return;
    interp_jit->stop(&t->cpu, uc);
    if (t->sig && t->sig->captured)
        set_return_mask(uc, sig_host_mask(~0ull));
}

static void fault(struct thr *t, int sig, siginfo_t *si, ucontext_t *uc)
{
    bool memory = sig == SIGSEGV || sig == SIGBUS, write = memory && sig_host_is_write(uc);
    enum mem_fault kind = MEM_FAULT_MAPERR;

    if (memory && si->si_code != HOST_SI_KERNEL)
        kind = mem_fault(h2g(si->si_addr), write);
    if (kind == MEM_FAULT_RETRY) {
        if (interp_jit && t) {
            interp_jit->retried(&t->cpu, uc);
            resume(t, uc);
        }
        return;
    }
    if (interp_jit && t && interp_jit->fault(&t->cpu, uc, h2g(si->si_addr))) {
        resume(t, uc);
        return;
    }
    if (!t || !t->sig)
        die_of(sig, si, uc);
    if (t->sig->guard && memory)
        siglongjmp(*t->sig->guard, 1);
    if (in_native(t)) {
        struct sig_info info;

        memcpy(&info, si, sizeof info);
        fill_exc(&t->cpu, sig, si, kind, write);
        t->sig->trapno = t->cpu.exc.vec;
        t->sig->err = t->cpu.exc.err;
        t->sig->cr2 = t->cpu.exc.addr;
        if ((t->sig->mask & SIG_BIT(sig)) || t->sig->acts->a[sig].handler <= G_SIG_IGN)
            sig_deliver_forced(&t->cpu, sig, &info); /* does not return: default action */
        thr_host_block_all();
        run_nested(t, sig, &info);
        set_return_mask(uc, sig_host_mask(t->sig->mask));
        return;
    }
    if (t->cpu.cur && (memory || sig == SIGFPE)) {
        fill_exc(&t->cpu, sig, si, kind, write);
        interp_fault(&t->cpu);
    }
    die_of(sig, si, uc);
}

void sig_host_handler(int sig, siginfo_t *si, void *ucv)
{
    int saved = errno;
    struct thr *t = thr_self();
    struct sig_info info;

    if ((SIG_BIT(sig) & SYNC_SIGNALS) && si->si_code > 0) {
        fault(t, sig, si, ucv);
    } else if (!t || !t->sig) {
        forward(sig, si, ucv);
    } else {
        memcpy(&info, si, sizeof info);
        capture(t, sig, &info, ucv);
    }
    errno = saved;
}
