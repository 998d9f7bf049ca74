/*
 * tracer.c - the tracer's side of ptrace: the requests of x86-64, answered from the record of a
 * traced guest; memory by the host's ptrace, as guest addresses are host addresses. Programs that
 * are not this emulator's pass to the host's ptrace as they are.
 */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "linux/trace.h"

enum {
    P_TRACEME,
    P_PEEKTEXT,
    P_PEEKDATA,
    P_PEEKUSER,
    P_POKETEXT,
    P_POKEDATA,
    P_POKEUSER,
    P_CONT,
    P_KILL,
    P_STEP,
    P_GETREGS = 12,
    P_SETREGS,
    P_GETFPREGS,
    P_SETFPREGS,
    P_ATTACH,
    P_DETACH,
    P_SYSCALL = 24,
    P_SETOPTIONS = 0x4200,
    P_GETEVENTMSG,
    P_GETSIGINFO,
    P_SETSIGINFO,
    P_GETREGSET,
    P_SETREGSET,
    P_SEIZE,
    P_INTERRUPT,
    P_LISTEN
};
#define OPTION_SYSGOOD 1u
#define OPTION_OF(event) (1u << (event))
#define OPTION_EXITKILL 0x100000u
/* The host's to see to; exec is the guest's own event. */
#define HOST_OPTIONS                                                                               \
    (OPTION_OF(TRACE_EVENT_FORK) | OPTION_OF(TRACE_EVENT_VFORK) | OPTION_OF(TRACE_EVENT_CLONE) |   \
     OPTION_OF(TRACE_EVENT_VFORK_DONE) | OPTION_OF(TRACE_EVENT_EXIT) | OPTION_EXITKILL)
#define OPTIONS (OPTION_SYSGOOD | OPTION_OF(TRACE_EVENT_EXEC) | HOST_OPTIONS)
#define NT_REGS 1
#define NT_FPREGS 2
#define NT_XSTATE 0x202
#define FX_SIZE 512
#define FX_RESERVED                                                                                \
    464 /* where the kernel tells a tracer XCR0, and a signal frame has magic words */
#define USER_DEBUG_REGS 848
#define USER_SIZE 912

struct tracee {
    struct tracee *next;
    int pid;
    bool by_file; /* its memory may be written without our seeing it */
    bool foreign; /* not a guest: the host's ptrace does it all */
    bool seized;
    bool greeted; /* it has said hello */
    int stopped;  /* by this signal when it was seized */
    u32 options;
    gaddr record; /* while it is stopped where the guest may see it; 0: it runs */
    gaddr last;   /* where its record is */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct tracee *tracees;

static i64 host_ptrace(u64 request, int pid, u64 addr, u64 data)
{
    return host_syscall(__NR_ptrace, request, (u64)pid, addr, data, 0, 0);
}

static struct tracee *find(int pid)
{
    struct tracee *t;

    pthread_mutex_lock(&lock);
    for (t = tracees; t && t->pid != pid; t = t->next)
        ;
    pthread_mutex_unlock(&lock);
    return t;
}

bool tracer_has_any(void)
{
    return __atomic_load_n(&tracees, __ATOMIC_RELAXED);
}

bool tracer_has(int pid)
{
    return tracer_has_any() && find(pid);
}

/* A number out of /proc/TID/status ("Tgid: %d"), or the thread itself. */
static int status_of(int tid, const char *format)
{
    char path[32], line[128];
    int value = tid;
    FILE *f;

    snprintf(path, sizeof path, "/proc/%d/status", tid);
    f = fopen(path, "re");
    while (f && fgets(line, sizeof line, f) && sscanf(line, format, &value) != 1)
        ;
    if (f)
        fclose(f);
    return value;
}

/* Another program of this emulator? */
static bool is_guest(int pid)
{
    char link[32], path[GUEST_PATH_MAX];
    ssize_t n;

    snprintf(link, sizeof link, "/proc/%d/exe", pid);
    n = readlink(link, path, sizeof path - 1);
    path[n > 0 ? n : 0] = 0;
    return !strcmp(path, exec_self());
}

static struct tracee *add(int pid)
{
    struct tracee *t = calloc(1, sizeof *t);

    if (!t)
        die("no memory for a traced process");
    t->pid = pid;
    pthread_mutex_lock(&lock);
    t->next = tracees;
    tracees = t;
    pthread_mutex_unlock(&lock);
    return t;
}

static void drop(struct tracee *gone)
{
    pthread_mutex_lock(&lock);
    for (struct tracee **at = &tracees; *at; at = &(*at)->next) {
        if (*at == gone) {
            *at = gone->next;
            break;
        }
    }
    pthread_mutex_unlock(&lock);
    free(gone);
}

static bool copy(int pid, gaddr at, void *data, size_t n, bool write)
{
    struct iovec mine = {data, n}, theirs = {g2h(at), n};
    ssize_t r = write ? process_vm_writev(pid, &mine, 1, &theirs, 1, 0)
                      : process_vm_readv(pid, &mine, 1, &theirs, 1, 0);
    return r == (ssize_t)n;
}

static bool get(const struct tracee *t, struct trace_record *r)
{
    return copy(t->pid, t->record, r, sizeof *r, false);
}

/* What a tracer writes: from command to the end, and the parts that it may set. */
static bool put(const struct tracee *t, struct trace_record *r)
{
    return copy(t->pid, t->record, r, sizeof *r, true);
}

/* ---- stops ---- */

static bool is_fault(int sig)
{
    return sig == SIGSEGV || sig == SIGBUS || sig == SIGILL || sig == SIGFPE || sig == SIGTRAP;
}

static bool unseen(struct tracee *t)
{
    t->record = 0;
    host_ptrace(P_CONT, t->pid, 0, 0);
    return false;
}

/* The stop as it was asked for; 0: not at all. */
static int stop_signal(const struct tracee *t, const struct trace_record *r)
{
    const int event = r->signal >> 8;

    if (event == TRACE_EVENT_EXIT && !(t->options & OPTION_OF(TRACE_EVENT_EXIT)))
        return 0;
    if (event == TRACE_EVENT_EXEC && !(t->options & OPTION_OF(TRACE_EVENT_EXEC)))
        return t->seized ? 0 : SIGTRAP;
    if (r->signal == (SIGTRAP | 0x80) && !(t->options & OPTION_SYSGOOD))
        return SIGTRAP;
    return r->signal;
}

static bool at_record(struct tracee *t, const siginfo_t *info, int *status)
{
    struct trace_record r;
    siginfo_t *const theirs = (siginfo_t *)(void *)r.info;
    int signal;

    t->record = t->last = h2g(info->si_value.sival_ptr);
    if (!get(t, &r))
        return true;
    r.seized = t->seized;
    if (!r.signal) {
        r.deliver = t->stopped;
        t->stopped = 0;
        t->greeted = true;
        put(t, &r);
        return unseen(t);
    }
    signal = stop_signal(t, &r);
    if (signal != r.signal && theirs->si_code == r.signal)
        theirs->si_code = signal;
    put(t, &r);
    if (!signal)
        return unseen(t);
    *status = 0x7f | signal << 8;
    return true;
}

/* A new process or thread, traced as its maker is. It may stop before its maker's event. */
static struct tracee *add_child(const struct tracee *maker, int pid)
{
    struct tracee *t = find(pid);

    if (!t)
        t = add(pid);
    if (maker && maker != t) {
        t->options = maker->options;
        t->seized = maker->seized;
    }
    return t;
}

static struct tracee *add_stranger(int pid)
{
    const struct tracee *maker = find(status_of(pid, "Tgid: %d"));

    return add_child(maker ? maker : find(status_of(pid, "PPid: %d")), pid);
}

/* An event of the host's: the traced one is inside its clone, or at its end. */
static bool at_event(struct tracee *t, int event)
{
    struct trace_record r;
    siginfo_t *const info = (siginfo_t *)(void *)r.info;
    u64 message = 0;

    host_ptrace(P_GETEVENTMSG, t->pid, 0, h2g(&message));
    if (event <= TRACE_EVENT_CLONE)
        add_child(t, (int)message);
    t->record = t->last;
    if (event == TRACE_EVENT_EXIT && !(message & 0x7f)) /* seen already, at the system call */
        return unseen(t);
    if (!t->last || !(t->options & OPTION_OF((u32)event)) || !get(t, &r))
        return unseen(t);
    r.signal = SIGTRAP | event << 8;
    r.message = message;
    r.event = 1;
    memset(r.info, 0, sizeof r.info);
    info->si_signo = SIGTRAP;
    info->si_code = r.signal;
    info->si_pid = t->pid;
    info->si_uid = getuid();
    return put(t, &r) || unseen(t);
}

/* A signal of ours: it comes to tracee_signal at the next safe point. */
static i64 tell(const struct tracee *t, int code)
{
    siginfo_t info;

    memset(&info, 0, sizeof info);
    info.si_signo = SIGTRAP;
    info.si_code = code;
    info.si_pid = getpid();
    return host_syscall(__NR_rt_tgsigqueueinfo, (u64)status_of(t->pid, "Tgid: %d"), (u64)t->pid,
                        SIGTRAP, h2g(&info), 0, 0);
}

/* A stop that is no signal's, of a seized one: a new child's first, or that of job control before
 * it was seized. */
static bool at_host_stop(struct tracee *t, int sig)
{
    if (!t->last && !t->greeted && sig == SIGTRAP)
        tell(t, TRACE_INTERRUPT);
    else if (!t->greeted && sig != SIGTRAP)
        t->stopped = sig;
    return unseen(t);
}

/* The traced one dies of what was delivered: the emulator sends it to itself, with no handler.
 * (With one, it was not the emulator, and the signal comes to a safe point as well.) */
static bool is_end(const struct tracee *t, const siginfo_t *info, int sig)
{
    struct trace_record r;

    return info->si_code == SI_TKILL && info->si_pid == t->pid && t->last &&
           copy(t->pid, t->last, &r, sizeof r, false) && r.deliver == sig;
}

/* See trace.h. The stop that execve makes is the host program's; the guest's own follows. */
static void pass_on(const struct tracee *t, siginfo_t *info, int sig)
{
    const int pid = t->pid;

    /* Also what the kernel put off because the signal was blocked. */
    const bool ours =
        sig == SIGTRAP && (info->si_code == TRACE_HELLO || info->si_code == TRACE_INTERRUPT ||
                           info->si_code == TRACE_MORPH);

    if (ours || (is_fault(sig) && info->si_code > 0) || is_end(t, info, sig)) {
        host_ptrace(P_CONT, pid, 0, (u64)sig);
    } else if (sig == SIGTRAP && info->si_code == SI_USER && info->si_pid == pid) {
        host_ptrace(P_CONT, pid, 0, 0);
    } else {
        info->si_errno = sig | (int)((u32)info->si_code << 8);
        info->si_code = TRACE_MORPH;
        info->si_signo = SIGTRAP;
        host_ptrace(P_SETSIGINFO, pid, 0, h2g(info));
        host_ptrace(P_CONT, pid, 0, SIGTRAP);
    }
}

bool tracer_stop(int pid, int *status)
{
    struct tracee *t = find(pid);
    const int sig = *status >> 8 & 0xff, event = *status >> 16 & 0xff;
    siginfo_t info;
    i64 r;

    if (*status == 0xffff) /* it was continued */
        return true;
    if ((*status & 0xff) != 0x7f) { /* it ended */
        if (t)
            drop(t);
        return true;
    }
    r = host_ptrace(P_GETSIGINFO, pid, 0, h2g(&info));
    if (r == -ESRCH) /* stopped, but not ours: job control */
        return true;
    if (!t)
        t = add_stranger(pid);
    if (event && !is_guest(pid)) {
        t->foreign = true;
        return true;
    }
    if (event == TRACE_EVENT_STOP) {
        t->seized = true;
        return at_host_stop(t, sig);
    }
    if (event)
        return at_event(t, event);
    if (r == -EINVAL) { /* the group stop that follows a stop signal */
        host_ptrace(P_CONT, pid, 0, 0);
        return false;
    }
    t->foreign = !is_guest(pid);
    if (t->foreign)
        return true;
    if (sig == SIGTRAP && info.si_code == TRACE_STOP)
        return at_record(t, &info, status);
    pass_on(t, &info, sig);
    return false;
}

/* ---- requests ---- */

static i64 resume(struct tracee *t, u32 command, int signal)
{
    struct trace_record r;
    i64 err;

    if (signal < 0 || signal > 64)
        return -EIO;
    if (!get(t, &r))
        return -ESRCH;
    if (t->by_file)
        r.pokes = TRACE_POKES + 1;
    r.command = command;
    r.deliver = signal;
    if (!put(t, &r))
        return -ESRCH;
    t->record = 0;
    if (command != TRACE_DETACH)
        return host_ptrace(P_CONT, t->pid, 0, 0);
    err = host_ptrace(P_DETACH, t->pid, 0, 0);
    drop(t);
    return err;
}

static i64 peek(const struct tracee *t, gaddr at, gaddr out)
{
    u64 word = 0;
    i64 r = host_ptrace(P_PEEKDATA, t->pid, at, h2g(&word));

    if (r < 0)
        return r;
    return sig_write(out, &word, sizeof word) ? 0 : -EFAULT;
}

static i64 poke(const struct tracee *t, struct trace_record *r, gaddr at, u64 word)
{
    i64 err = host_ptrace(P_POKEDATA, t->pid, at, word);

    if (err < 0)
        return err;
    if (r->pokes < TRACE_POKES)
        r->poked[r->pokes] = at;
    r->pokes = r->pokes < TRACE_POKES ? r->pokes + 1 : TRACE_POKES + 1;
    return put(t, r) ? 0 : -ESRCH;
}

/* struct user: the registers, and debug registers that nobody uses. */
static i64 peek_user(const struct trace_record *r, gaddr at, gaddr out)
{
    u64 word = 0;

    if ((at & 7) || at >= USER_SIZE)
        return -EIO;
    if (at < sizeof r->regs)
        memcpy(&word, (const u8 *)&r->regs + at, sizeof word);
    return sig_write(out, &word, sizeof word) ? 0 : -EFAULT;
}

static i64 poke_user(const struct tracee *t, struct trace_record *r, gaddr at, u64 word)
{
    if ((at & 7) || at >= USER_SIZE)
        return -EIO;
    if (at >= USER_DEBUG_REGS)
        return word ? -EINVAL : 0; /* no breakpoints in hardware */
    if (at >= sizeof r->regs)
        return -EIO;
    memcpy((u8 *)&r->regs + at, &word, sizeof word);
    r->set |= TRACE_SET_REGS;
    return put(t, r) ? 0 : -ESRCH;
}

/* A set of registers, n bytes, to or from the guest's memory. In the XSAVE area a tracer reads XCR0
 * where a signal frame has magic words. */
static i64 move_set(const struct tracee *t, struct trace_record *r, u64 kind, gaddr at, u64 *n,
                    bool set)
{
    u8 *const data = kind == NT_REGS ? (u8 *)&r->regs : r->xstate;
    const u64 size = kind == NT_REGS     ? sizeof r->regs
                     : kind == NT_FPREGS ? FX_SIZE
                                         : r->xstate_size - 4;
    u8 kept[FX_SIZE - FX_RESERVED];

    if (kind != NT_REGS && kind != NT_FPREGS && kind != NT_XSTATE)
        return -EINVAL;
    if (*n > size)
        *n = size;
    memcpy(kept, r->xstate + FX_RESERVED, sizeof kept);
    if (!set) {
        u64 xcr0 = ld_u64(kept + 8);
        if (kind != NT_REGS) {
            memset(r->xstate + FX_RESERVED, 0, sizeof kept);
            st_u64(r->xstate + FX_RESERVED, xcr0);
        }
        return sig_write(at, data, *n) ? 0 : -EFAULT;
    }
    if (!sig_read(data, at, *n))
        return -EFAULT;
    memcpy(r->xstate + FX_RESERVED, kept, sizeof kept);
    r->set |= kind == NT_REGS ? TRACE_SET_REGS : TRACE_SET_XSTATE;
    return put(t, r) ? 0 : -ESRCH;
}

static i64 whole_set(const struct tracee *t, struct trace_record *r, u64 kind, gaddr at, bool set)
{
    u64 n = ~0ull;

    return move_set(t, r, kind, at, &n, set);
}

static i64 set_by_iov(const struct tracee *t, struct trace_record *r, const u64 *a, bool set)
{
    u64 v[2];
    i64 err;

    if (!sig_read(v, a[3], sizeof v))
        return -EFAULT;
    err = move_set(t, r, (u32)a[2], v[0], &v[1], set);
    return err ? err : sig_write(a[3], v, sizeof v) ? 0 : -EFAULT;
}

static i64 set_options(struct tracee *t, u64 options)
{
    if (options & ~(u64)OPTIONS)
        return -EINVAL;
    t->options = (u32)options;
    return host_ptrace(P_SETOPTIONS, t->pid, 0, options & HOST_OPTIONS);
}

/* Until it knows that it is traced. A stop that comes first is the guest's to wait for, afterwards.
 */
static void greet(struct tracee *t)
{
    const int pid = t->pid;
    siginfo_t info;
    int status;

    tell(t, TRACE_HELLO);
    while (!t->greeted) {
        if (waitid(P_PID, (id_t)pid, &info, WEXITED | WSTOPPED | __WALL | WNOWAIT) ||
            info.si_code == CLD_EXITED || info.si_code == CLD_KILLED ||
            info.si_code == CLD_DUMPED || waitpid(pid, &status, __WALL) != pid)
            return;
        if (tracer_stop(pid, &status)) {
            if (t->record)
                resume(t, TRACE_REPEAT, 0);
            return;
        }
    }
}

static i64 seize(int pid, u64 addr, u64 options)
{
    struct tracee *t;
    i64 r;

    if (addr || (options & ~(u64)OPTIONS))
        return -EIO;
    r = host_ptrace(P_SEIZE, pid, 0, options & HOST_OPTIONS);
    if (r)
        return r;
    t = find(pid);
    if (!t)
        t = add(pid);
    t->seized = true;
    t->options = (u32)options;
    t->foreign = !is_guest(pid);
    if (!t->foreign)
        greet(t);
    return 0;
}

static i64 attach(int pid)
{
    i64 r = host_ptrace(P_ATTACH, pid, 0, 0);

    if (!r && !find(pid))
        add(pid);
    return r;
}

static i64 with_record(struct tracee *t, const u64 *a)
{
    struct trace_record r;

    if (!get(t, &r))
        return -ESRCH;
    switch (a[0]) {
    case P_PEEKTEXT:
    case P_PEEKDATA: return peek(t, a[2], a[3]);
    case P_POKETEXT:
    case P_POKEDATA: return poke(t, &r, a[2], a[3]);
    case P_PEEKUSER: return peek_user(&r, a[2], a[3]);
    case P_POKEUSER: return poke_user(t, &r, a[2], a[3]);
    case P_GETREGS:
    case P_SETREGS: return whole_set(t, &r, NT_REGS, a[3], a[0] == P_SETREGS);
    case P_GETFPREGS:
    case P_SETFPREGS: return whole_set(t, &r, NT_FPREGS, a[3], a[0] == P_SETFPREGS);
    case P_GETREGSET:
    case P_SETREGSET: return set_by_iov(t, &r, a, a[0] == P_SETREGSET);
    case P_GETSIGINFO: return sig_write(a[3], r.info, sizeof r.info) ? 0 : -EFAULT;
    case P_SETSIGINFO:
        if (!sig_read(r.info, a[3], sizeof r.info))
            return -EFAULT;
        return put(t, &r) ? 0 : -ESRCH;
    case P_SETOPTIONS: return set_options(t, a[3]);
    case P_GETEVENTMSG: return sig_write(a[3], &r.message, sizeof r.message) ? 0 : -EFAULT;
    case P_CONT: return resume(t, TRACE_CONT, (int)a[3]);
    case P_STEP: return resume(t, TRACE_STEP, (int)a[3]);
    case P_SYSCALL: return resume(t, TRACE_SYSCALL, (int)a[3]);
    case P_DETACH: return resume(t, TRACE_DETACH, (int)a[3]);
    case P_LISTEN: return r.signal >> 8 == TRACE_EVENT_STOP ? resume(t, TRACE_LISTEN, 0) : -EIO;
    default: return -EIO;
    }
}

i64 tracer_request(struct x86_cpu *c, const u64 *a)
{
    const int pid = (int)a[1];
    struct tracee *t;

    (void)c;
    if (a[0] == P_ATTACH)
        return attach(pid);
    if (a[0] == P_SEIZE)
        return seize(pid, a[2], a[3]);
    t = find(pid);
    if (!t)
        return a[0] > P_LISTEN ? -EIO : -ESRCH;
    if (a[0] == P_KILL)
        return host_syscall(__NR_kill, (u64)pid, SIGKILL, 0, 0, 0, 0);
    if (t->foreign)
        return host_ptrace(a[0], pid, a[2], a[3]);
    if (a[0] == P_INTERRUPT)
        return t->seized ? tell(t, TRACE_INTERRUPT) : -EIO;
    return t->record ? with_record(t, a) : -ESRCH;
}

/* ---- /proc of a traced guest ---- */

void tracer_opens_memory(int pid)
{
    struct tracee *t = find(pid);

    if (t)
        t->by_file = true;
}

int tracer_auxv(int pid, u64 *pairs, int max)
{
    const struct tracee *t = find(pid);
    struct trace_record r;
    u64 word = 0;
    int n = 0;
    gaddr at;

    if (!t || t->foreign || !t->last || !copy(pid, t->last, &r, sizeof r, false) || !r.stack ||
        !copy(pid, r.stack, &word, 8, false))
        return 0;
    at = r.stack + 8 * (word + 2); /* argc, argv, NULL */
    while (copy(pid, at, &word, 8, false) && word)
        at += 8;
    for (at += 8; n + 2 <= max && copy(pid, at, &pairs[n], 16, false); at += 16) {
        n += 2;
        if (!pairs[n - 2])
            break;
    }
    return n;
}
