/*
 * syscall.c - dispatch: the rows of syscalls.def as a table, the way in from the CPU and from a
 * wrapped syscall(3). Invariant: a call that a signal came before has had no effect (-SIG_RESTART),
 * so it can be made again after the handler.
 */
#include "linux/local.h"

#include "bridge/outputs.h"
#include "linux/kinds.h"
#include "linux/policy.h"
#include "linux/trace.h"
#include "mem/mem.h"

#define SYS_PASS(nr, name, ...) [nr] = {#name, NULL, __NR_##name, 0, {__VA_ARGS__}},
#define SYS_HAND(nr, name, ...) [nr] = {#name, sys_##name, -1, 0, {__VA_ARGS__}},
#define SYS_EMUL SYS_HAND
#define SYS_FAIL(nr, name, err, ...) [nr] = {#name, NULL, -1, err, {__VA_ARGS__}},
const struct sys_row sys_rows[SYS_MAX] = {
#include "linux/syscalls.def"
};
#undef SYS_PASS
#undef SYS_HAND
#undef SYS_EMUL
#undef SYS_FAIL

#define X(name, size) [name] = size,
const u16 sys_struct_size[S_COUNT] = {SYS_STRUCTS(X)};
#undef X

/* Watched code pages are write-protected: where the kernel is going to write, they must not be. */
static void prepare_outputs(const struct sys_row *row, const u64 *a)
{
    for (unsigned i = 0; i < SYS_ARGS && row->args[i]; i++) {
        unsigned p = PARAM_OF(row->args[i]);

        if (!a[i])
            continue;
        switch (KIND_OF(row->args[i])) {
        case AK_OBUF: mem_prepare_write(a[i], a[p]); break;
        case AK_OUT:
        case AK_IO: mem_prepare_write(a[i], sys_struct_size[p]); break;
        case AK_OIOV: br_out_iov(g2h(a[i]), a[p]); break;
        case A_OMSG: br_out_msg(g2h(a[i])); break;
        case AK_POLLFDS: mem_prepare_write(a[i], 8 * a[p]); break;
        case AK_OARR: mem_prepare_write(a[i], (u64)(u32)a[p & 15] << (p >> 4)); break;
        case AK_OFIX: mem_prepare_write(a[i], p); break;
        case AK_OMMSG: br_out_mmsg(g2h(a[i]), a[p]); break;
        }
    }
}

static i64 unknown(u64 nr)
{
    log_debug("system call %llu is not known", (unsigned long long)nr);
    return -ENOSYS;
}

ALWAYS_INLINE bool has_policy(const struct x86_cpu *c)
{
    const struct thr *t = thr_of(c);

    return UNLIKELY(t->filters || t->dispatch.on);
}

static i64 dispatch(struct x86_cpu *c, u64 nr, const u64 *a)
{
    const struct sys_row *row = &sys_rows[nr];
    i64 r;

    if (UNLIKELY(trace_on(TRACE_SYS) && strace_is_final(row)))
        strace_before(row, a);
    if (mem_any_watched())
        prepare_outputs(row, a);
    if (row->hand) {
        r = row->hand(c, a);
    } else if (row->fail) {
        if (row->fail == ENOSYS)
            log_debug("system call %s is not there", row->name);
        r = -row->fail;
    } else {
        r = host_syscall_safe(&c->pending, row->host, a[0], a[1], a[2], a[3], a[4], a[5]);
    }
    if (trace_on(TRACE_SYS))
        strace_after(row, a, r);
    return r;
}

/* The stop before the call may change its number and arguments, the one after it its result. */
static void traced_call(struct x86_cpu *c)
{
    u64 *g = c->gpr;
    u64 nr = (u32)g[X86_RAX];
    i64 r = -ENOSYS;

    g[X86_RAX] = (u64)r;
    if (tracee_syscall(c, &nr)) {
        u64 a[6] = {g[X86_RDI], g[X86_RSI], g[X86_RDX], g[X86_R10], g[X86_R8], g[X86_R9]};
        r = nr < SYS_MAX && sys_rows[nr].name ? dispatch(c, nr, a) : unknown(nr);
    }
    if (r == -SIG_RESTART) {
        g[X86_RAX] = nr;
        c->rip -= 2;
        return;
    }
    if (r == -EINTR)
        tracee_was_cut(c, nr);
    g[X86_RAX] = (u64)r;
    if (tracee_wants_syscalls(thr_of(c)))
        tracee_syscall(c, &nr);
}

void linux_syscall(struct x86_cpu *c)
{
    u64 *g = c->gpr;
    u64 a[6] = {g[X86_RDI], g[X86_RSI], g[X86_RDX], g[X86_R10], g[X86_R8], g[X86_R9]};
    u64 nr = (u32)g[X86_RAX];
    i64 r;

    if (UNLIKELY(c->pending)) { /* a signal that came before the call is handled before it */
        c->rip -= 2;
        return;
    }
    if (has_policy(c) && !policy_check(c, nr, a, true, &r)) {
        if (r != POLICY_SIGNALLED)
            g[X86_RAX] = (u64)r;
        return;
    }
    if (UNLIKELY(thr_of(c)->trace) && tracee_wants_syscalls(thr_of(c))) {
        traced_call(c);
        return;
    }
    r = nr < SYS_MAX && sys_rows[nr].name ? dispatch(c, nr, a) : unknown(nr);
    if (UNLIKELY(r == -SIG_RESTART)) {
        c->rip -= 2; /* RAX still holds the number */
        return;
    }
    if (UNLIKELY(r == -EINTR))
        tracee_was_cut(c, nr);
    g[X86_RAX] = (u64)r;
}

i64 linux_syscall6_again(struct x86_cpu *c, u64 nr, const u64 args[6])
{
    i64 r;

    if (has_policy(c) && !policy_check(c, nr, args, false, &r))
        return r;
    return nr < SYS_MAX && sys_rows[nr].name ? dispatch(c, nr, args) : unknown(nr);
}

i64 linux_syscall6(struct x86_cpu *c, u64 nr, const u64 args[6])
{
    i64 r = linux_syscall6_again(c, nr, args);

    return r == -SIG_RESTART ? -EINTR : r;
}
