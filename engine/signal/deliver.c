/*
 * deliver.c - what a signal does to the guest: handler, default action, nothing. Called at safe
 * points and for exceptions.
 */
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "config/config.h"
#include "signal/internal.h"

#define IGNORED_BY_DEFAULT                                                                         \
    (SIG_BIT(SIGCHLD) | SIG_BIT(SIGURG) | SIG_BIT(SIGWINCH) | SIG_BIT(SIGCONT))
#define STOPS_BY_DEFAULT (SIG_BIT(SIGSTOP) | SIG_BIT(SIGTSTP) | SIG_BIT(SIGTTIN) | SIG_BIT(SIGTTOU))
#define CRASHES                                                                                    \
    (SYNC_SIGNALS | SIG_BIT(SIGABRT) | SIG_BIT(SIGSYS) | SIG_BIT(SIGQUIT) | SIG_BIT(SIGXCPU) |     \
     SIG_BIT(SIGXFSZ))

bool sig_default_ignored(int sig)
{
    return IGNORED_BY_DEFAULT & SIG_BIT(sig);
}

const char *sig_name(int sig)
{
    static const char *const names[] = {
        "SIG_0",    "SIGHUP",   "SIGINT",    "SIGQUIT",  "SIGILL",   "SIGTRAP",   "SIGABRT",
        "SIGBUS",   "SIGFPE",   "SIGKILL",   "SIGUSR1",  "SIGSEGV",  "SIGUSR2",   "SIGPIPE",
        "SIGALRM",  "SIGTERM",  "SIGSTKFLT", "SIGCHLD",  "SIGCONT",  "SIGSTOP",   "SIGTSTP",
        "SIGTTIN",  "SIGTTOU",  "SIGURG",    "SIGXCPU",  "SIGXFSZ",  "SIGVTALRM", "SIGPROF",
        "SIGWINCH", "SIGIO",    "SIGPWR",    "SIGSYS",   "SIGRTMIN", "SIGRT_1",   "SIGRT_2",
        "SIGRT_3",  "SIGRT_4",  "SIGRT_5",   "SIGRT_6",  "SIGRT_7",  "SIGRT_8",   "SIGRT_9",
        "SIGRT_10", "SIGRT_11", "SIGRT_12",  "SIGRT_13", "SIGRT_14", "SIGRT_15",  "SIGRT_16",
        "SIGRT_17", "SIGRT_18", "SIGRT_19",  "SIGRT_20", "SIGRT_21", "SIGRT_22",  "SIGRT_23",
        "SIGRT_24", "SIGRT_25", "SIGRT_26",  "SIGRT_27", "SIGRT_28", "SIGRT_29",  "SIGRT_30",
        "SIGRT_31", "SIGRT_32"};

    return sig >= 0 && sig < (int)ARRAY_SIZE(names) ? names[sig] : "SIG_?";
}

static void die_by_host(int sig)
{
    u64 open = ~SIG_BIT(sig);

    thr_host_block_all();
    sig_host_action(sig, G_SIG_DFL, 0, 0);
    syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), sig);
    thr_host_mask(open);
}

void sig_terminate(int sig)
{
    die_by_host(sig);
    for (;;)
        syscall(SYS_exit_group, 128 + sig);
}

static void default_action(struct x86_cpu *c, int sig, const struct sig_info *info)
{
    if (sig_default_ignored(sig))
        return;
    if (STOPS_BY_DEFAULT & SIG_BIT(sig)) { /* changed to SIG_DFL after it had been captured */
        syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), SIGSTOP);
        return;
    }
    if ((CRASHES & SIG_BIT(sig)) && (cfg.showbt || log_level >= LOG_INFO))
        sig_crash_report(c, sig, info);
    else if (sig == SIGILL && info->code > 0) /* not sent by anybody */
        sig_report_illegal(c);
    sig_terminate(sig);
}

static void enter_handler(struct x86_cpu *c, int sig, const struct sig_info *info,
                          const struct guest_sigaction *act)
{
    struct sig_thread *st = ((struct thr *)c->owner)->sig;

    if (trace_on(TRACE_SIG))
        trace_print("sig: %s code %d at rip %#llx -> handler %#llx", sig_name(sig), info->code,
                    (unsigned long long)c->rip, (unsigned long long)act->handler);
    if (!sig_push_frame(c, sig, info, act)) {
        /* The kernel forces SIGSEGV; when that has no stack either, its default action. */
        if (sig == SIGSEGV || !(st->acts->a[SIGSEGV].flags & G_SA_ONSTACK))
            default_action(c, SIGSEGV, info);
        sig_deliver_forced(c, SIGSEGV, &(struct sig_info){.signo = SIGSEGV, .code = 0x80});
        return;
    }
    st->mask |= act->mask;
    if (!(act->flags & G_SA_NODEFER))
        st->mask |= SIG_BIT(sig);
    st->mask &= ~UNBLOCKABLE;
    if (act->flags & G_SA_RESETHAND) {
        struct guest_sigaction dfl = {.handler = G_SIG_DFL};

        sig_action(sig, &dfl, NULL);
    }
}

int (*sig_trace)(struct x86_cpu *c, int sig, void *info);

/* What a tracer makes of it. */
static int traced(struct x86_cpu *c, int sig, const struct sig_info *info, struct sig_info *out)
{
    *out = *info;
    return sig_trace ? sig_trace(c, sig, out) : sig;
}

static void act_on(struct x86_cpu *c, int sig, const struct sig_info *info)
{
    struct sig_thread *st = ((struct thr *)c->owner)->sig;
    struct guest_sigaction act = st->acts->a[sig];

    if (act.handler == G_SIG_IGN)
        return;
    if (act.handler == G_SIG_DFL)
        default_action(c, sig, info);
    else
        enter_handler(c, sig, info, &act);
}

void sig_deliver(struct x86_cpu *c, int sig, const struct sig_info *info)
{
    struct sig_info mine;

    sig = traced(c, sig, info, &mine);
    if (sig)
        act_on(c, sig, &mine);
}

void sig_deliver_forced(struct x86_cpu *c, int sig, const struct sig_info *info)
{
    struct sig_thread *st = ((struct thr *)c->owner)->sig;
    struct sig_info mine;

    sig = traced(c, sig, info, &mine);
    if (!sig)
        return;
    if ((st->mask & SIG_BIT(sig)) || st->acts->a[sig].handler == G_SIG_IGN) {
        default_action(c, sig, &mine);
        return;
    }
    act_on(c, sig, &mine);
    sig_apply_host_mask(st);
}

void sig_force(struct x86_cpu *c, int sig, const void *info)
{
    struct sig_info mine;

    memcpy(&mine, info, sizeof mine);
    sig_deliver_forced(c, sig, &mine);
}

/* Safe point: all that was captured. The mask opens last, so that what the kernel still queues
 * comes as the next one. */
void sig_interrupt(struct x86_cpu *c)
{
    struct sig_thread *st = ((struct thr *)c->owner)->sig;
    struct sig_info info;
    int sig;

    thr_host_block_all();
    for (;;) {
        /* Also what came while the last one was delivered (tracers stop us there) is taken now. */
        __atomic_store_n(&c->pending, 0, __ATOMIC_RELEASE);
        sig = sig_take(st, &info);
        if (!sig)
            break;
        thr_host_mask(sig_host_mask(~0ull)); /* the frame may not fit on the guest's stack */
        sig_deliver(c, sig, &info);
        thr_host_block_all();
    }
    sig_apply_host_mask(st);
}
