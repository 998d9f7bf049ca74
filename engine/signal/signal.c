/*
 * signal.c - signal state of the process and its threads: dispositions, masks, alternate stacks,
 * fork and exec. Invariant: the host's disposition of a signal is SIG_DFL or SIG_IGN where the
 * guest's is, sig_host_handler otherwise; SYNC_SIGNALS always have sig_host_handler.
 */
#include "signal/signal.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "interp/interp.h"
#include "mem/mem.h"
#include "signal/internal.h"

static struct sig_actions shared_actions;
static gaddr restorer_page;

struct sig_actions *sig_shared_actions(void)
{
    return &shared_actions;
}

u64 sig_host_mask(u64 guest_mask)
{
    return guest_mask & ~SYNC_SIGNALS;
}

/* While a signal is captured everything stays blocked; sig_interrupt opens again. */
void sig_apply_host_mask(struct sig_thread *st)
{
    thr_host_mask(sig_host_mask(st->captured ? ~0ull : st->mask));
}

static u64 acts_lock(struct sig_actions *a)
{
    u64 mask = thr_host_block_all();

    while (__atomic_exchange_n(&a->lock, 1, __ATOMIC_ACQUIRE))
        sched_yield();
    return mask;
}

static void acts_unlock(struct sig_actions *a, u64 mask)
{
    __atomic_store_n(&a->lock, 0, __ATOMIC_RELEASE);
    thr_host_mask(mask);
}

static int host_install(int sig, const struct guest_sigaction *act)
{
    u64 pass = act->flags & (G_SA_RESTART | G_SA_NOCLDSTOP | G_SA_NOCLDWAIT);
    bool handled = act->handler != G_SIG_DFL && act->handler != G_SIG_IGN;

    /* Without a handler the guest must not notice: a tracer's stop interrupts no call. */
    if (SIG_BIT(sig) & SYNC_SIGNALS)
        return sig_host_action(
            sig, h2g((void *)sig_host_handler),
            SA_SIGINFO | SA_NODEFER | (handled ? act->flags & G_SA_RESTART : G_SA_RESTART), 0);
    if (!handled)
        return sig_host_action(sig, act->handler, pass, 0);
    return sig_host_action(sig, h2g((void *)sig_host_handler), SA_SIGINFO | pass, ~0ull);
}

int sig_action(int sig, const struct guest_sigaction *act, struct guest_sigaction *old)
{
    struct sig_actions *acts;
    struct guest_sigaction new_act, was;
    int err = 0;
    u64 mask;

    if (sig < 1 || sig > NSIG_GUEST || (act && (SIG_BIT(sig) & UNBLOCKABLE)))
        return -EINVAL;
    if (act) {
        new_act = *act;
        new_act.mask &= ~UNBLOCKABLE;
    }
    acts = thr_self()->sig->acts;
    mask = acts_lock(acts);
    was = acts->a[sig];
    if (act) {
        acts->a[sig] = new_act;
        err = host_install(sig, &new_act);
        if (err)
            acts->a[sig] = was;
    }
    acts_unlock(acts, mask);
    if (old)
        *old = was;
    if (act && trace_on(TRACE_SIG))
        trace_print("sig: %s handler %#llx flags %#llx mask %#llx", sig_name(sig),
                    (unsigned long long)act->handler, (unsigned long long)act->flags,
                    (unsigned long long)act->mask);
    return err;
}

int sig_procmask(int how, const u64 *set, u64 *old)
{
    struct sig_thread *st = thr_self()->sig;
    u64 was = st->mask, now = was;

    if (set) {
        switch (how) {
        case SIG_BLOCK: now |= *set; break;
        case SIG_UNBLOCK: now &= ~*set; break;
        case SIG_SETMASK: now = *set; break;
        default: return -EINVAL;
        }
        now &= ~UNBLOCKABLE;
        thr_host_block_all();
        if (st->captured) { /* it came before this call: its handler runs first */
            thr_host_mask(sig_host_mask(~0ull));
            return -SIG_RESTART;
        }
        st->mask = now;
        if (st->held & ~now)
            __atomic_store_n(&thr_self()->cpu.pending, 1, __ATOMIC_RELEASE);
        sig_apply_host_mask(st);
    }
    if (old)
        *old = was;
    return 0;
}

static bool on_alt_stack(const struct sig_thread *st, gaddr sp)
{
    if (st->alt.flags & G_SS_AUTODISARM)
        return false;
    return sp > st->alt.sp && sp - st->alt.sp <= st->alt.size;
}

int sig_altstack(const struct guest_sigaltstack *ss, struct guest_sigaltstack *old)
{
    struct thr *t = thr_self();
    struct sig_thread *st = t->sig;
    struct guest_sigaltstack was = st->alt;
    bool on = on_alt_stack(st, t->cpu.gpr[X86_RSP]);

    if (ss) {
        int mode = ss->flags & ~G_SS_AUTODISARM;

        if (on)
            return -EPERM;
        if (mode != G_SS_DISABLE && mode != G_SS_ONSTACK && mode != 0)
            return -EINVAL;
        if (mode == G_SS_DISABLE) {
            st->alt = (struct guest_sigaltstack){.flags = ss->flags};
        } else {
            if (ss->size < G_MINSIGSTKSZ)
                return -ENOMEM;
            st->alt =
                (struct guest_sigaltstack){.sp = ss->sp, .flags = ss->flags, .size = ss->size};
        }
    }
    if (old) {
        *old = was;
        old->pad = 0;
        old->flags = (was.size == 0 ? G_SS_DISABLE
                      : on          ? G_SS_ONSTACK
                                    : 0) |
                     (was.flags & G_SS_AUTODISARM);
    }
    return 0;
}

u64 sig_pending(void)
{
    struct sig_thread *st = thr_self()->sig;

    return st->held & st->mask;
}

gaddr sig_restorer(void)
{
    /* mov $15,%rax; syscall - the very bytes by which unwinders know a signal frame. */
    static const u8 code[] = {0x48, 0xc7, 0xc0, 0x0f, 0x00, 0x00, 0x00, 0x0f, 0x05};
    gaddr page = __atomic_load_n(&restorer_page, __ATOMIC_ACQUIRE), none = 0;
    i64 made;

    if (page)
        return page;
    made = mem_mmap(0, GUEST_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (made < 0 && made > -4096)
        return 0;
    memcpy(g2h((gaddr)made), code, sizeof code);
    mem_mprotect((gaddr)made, GUEST_PAGE_SIZE, PROT_READ | PROT_EXEC);
    mem_name((gaddr)made, (gaddr)made + GUEST_PAGE_SIZE, "[sigpage]");
    if (!__atomic_compare_exchange_n(&restorer_page, &none, (gaddr)made, false, __ATOMIC_ACQ_REL,
                                     __ATOMIC_ACQUIRE)) {
        mem_munmap((gaddr)made, GUEST_PAGE_SIZE);
        return none;
    }
    return (gaddr)made;
}

void sig_native_settle(struct thr *t)
{
    struct x86_cpu *c = &t->cpu;
    u64 mask;

    if (LIKELY(!c->jit.native))
        return;
    mask = thr_host_block_all();
    if (c->jit.native) { /* else a signal has just done it */
        t->sig->native_depth = interp_depth(c);
        c->jit.stirred = interp_jit->detach(c);
        t->sig->native = c->jit.stirred;
        c->jit.native = 0;
    }
    thr_host_mask(mask);
}

void sig_native_enter(struct thr *t)
{
    struct sig_thread *st = t->sig;

    st->native_depth = interp_depth(&t->cpu);
    st->native = SIG_NATIVE_CALL;
}

void sig_native_leave(struct thr *t)
{
    t->sig->native = 0;
}

void sig_native_end(struct x86_cpu *c)
{
    struct thr *t = c->owner;

    t->sig->native = 0;
    c->jit.stirred = 0;
}

u64 sig_native_suspend(struct thr *t)
{
    u64 was;

    sig_native_settle(t);
    was = t->sig->native;
    sig_native_end(&t->cpu);
    return was;
}

void sig_native_drop(struct thr *t, unsigned depth)
{
    struct sig_thread *st = t->sig;

    sig_native_suspend(t);
    while (st->nested && st->nested->depth > depth)
        st->nested = st->nested->prev;
}

static int thread_fresh(struct thr *t, const struct thr *from)
{
    struct sig_thread *st = calloc(1, sizeof *st);

    if (!st)
        return -ENOMEM;
    st->acts = &shared_actions;
    st->alt.flags = G_SS_DISABLE;
    if (from && from->sig) {
        st->mask = from->sig->mask;
        st->acts = from->sig->acts;
    }
    t->sig = st;
    return 0;
}

static void thread_start(struct thr *t)
{
    u64 now = 0;

    if (t->adopted) {
        syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &now, sizeof now);
        t->sig->mask = now & ~UNBLOCKABLE;
    }
    sig_apply_host_mask(t->sig);
}

int sig_thread_init(struct thr *t)
{
    return thread_fresh(t, thr_self() == t ? NULL : thr_self());
}

void sig_thread_exit(struct thr *t)
{
    struct sig_info info;
    int sig;

    if (!t->sig)
        return;
    /* Sent to the process, taken by a thread that ends (its signals are blocked): another one's. */
    while ((sig = sig_take(t->sig, &info)))
        if (info.code != SI_TKILL)
            syscall(SYS_rt_sigqueueinfo, getpid(), sig, &info);
    if (t->sig->own_acts)
        free(t->sig->acts);
    free(t->sig);
    t->sig = NULL;
}

int sig_private_actions(struct thr *t)
{
    struct sig_actions *mine = malloc(sizeof *mine), *from = t->sig->acts;
    u64 mask;

    if (!mine)
        return -ENOMEM;
    mask = acts_lock(from);
    memcpy(mine, from, sizeof *mine);
    acts_unlock(from, mask);
    mine->lock = 0;
    t->sig->acts = mine;
    t->sig->own_acts = true;
    return 0;
}

void sig_clear_handlers(void)
{
    const struct guest_sigaction dfl = {.handler = G_SIG_DFL};

    for (int sig = 1; sig <= NSIG_GUEST; sig++)
        if (thr_self()->sig->acts->a[sig].handler > G_SIG_IGN)
            sig_action(sig, &dfl, NULL);
}

/* Signals ignored and blocked at the start are so for the guest too. */
int sig_init(void)
{
    struct thr *t = thr_self();
    u64 mask = thr_host_block_all();

    thr_hooks = (struct thr_hooks){thread_fresh, thread_start, sig_thread_exit};
    if (!t->sig && thread_fresh(t, NULL) < 0)
        return -ENOMEM;
    for (int sig = 1; sig <= NSIG_GUEST; sig++) {
        struct sigaction host;

        if (!sigaction(sig, NULL, &host) && host.sa_handler == SIG_IGN)
            shared_actions.a[sig].handler = G_SIG_IGN;
        if (SIG_BIT(sig) & SYNC_SIGNALS)
            host_install(sig, &shared_actions.a[sig]);
    }
    t->sig->mask = mask & ~UNBLOCKABLE;
    sig_apply_host_mask(t->sig);
    return 0;
}

/* The parent's captured signal is the parent's. */
void sig_child_after_fork(void)
{
    struct thr *t = thr_self();

    t->sig->captured = 0;
    t->sig->held = 0;
    t->cpu.pending = 0;
    sig_apply_host_mask(t->sig);
}

void sig_prepare_exec(void)
{
    struct sig_thread *st = thr_self()->sig;

    thr_host_block_all();
    for (int sig = 1; sig <= NSIG_GUEST; sig++)
        if ((SIG_BIT(sig) & SYNC_SIGNALS) && st->acts->a[sig].handler == G_SIG_IGN)
            sig_host_action(sig, G_SIG_IGN, 0, 0);
    thr_host_mask(st->mask);
}

void sig_exec_failed(void)
{
    struct sig_thread *st = thr_self()->sig;

    for (int sig = 1; sig <= NSIG_GUEST; sig++)
        if (SIG_BIT(sig) & SYNC_SIGNALS)
            host_install(sig, &st->acts->a[sig]);
    sig_apply_host_mask(st);
}
