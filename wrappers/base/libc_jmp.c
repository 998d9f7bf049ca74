/*
 * libc_jmp.c - setjmp/longjmp, ucontext functions and the cleanup lists of thread cancellation:
 * everything that moves the guest's stack pointer somewhere else.
 *
 * A guest jmp_buf (200 bytes) holds: rbx rbp r12-r15 rsp rip, int mask_saved (64), depth (68, in
 * the padding), mask (72). The depth is that of interp_run: a jump out of a callback drops the host
 * frames of native code in between, as a native longjmp would.
 */
#include "libc.h"

#include <pthread.h>
#include <unistd.h>

#define SIG_SETMASK_ 2
#define BUF_MASK_SAVED 64
#define BUF_DEPTH 68
#define BUF_MASK 72
#define BUF_PREV 72 /* __pthread_unwind_buf_t: pad[0], behind jmp_buf[8] and mask_was_saved */

static const u8 saved_regs[6] = {3, 5, 12, 13, 14, 15};

static void save(struct x86_cpu *c, gaddr buf, bool mask)
{
    u64 *w = g2h(buf);
    u64 set;

    for (unsigned i = 0; i < 6; i++)
        w[i] = c->gpr[saved_regs[i]];
    w[6] = c->gpr[BR_RSP] + 8;
    w[7] = ld_u64(g2h(c->gpr[BR_RSP]));
    st_u32(g2h(buf + BUF_MASK_SAVED), mask);
    st_u32(g2h(buf + BUF_DEPTH), interp_depth(c));
    if (mask && !sig_procmask(0, NULL, &set))
        st_u64(g2h(buf + BUF_MASK), set);
    br_ret(c, 0);
}

static void load(struct x86_cpu *c, gaddr buf, int val)
{
    const u64 *w = g2h(buf);

    for (unsigned i = 0; i < 6; i++)
        c->gpr[saved_regs[i]] = w[i];
    c->gpr[BR_RSP] = w[6];
    c->rip = w[7];
    br_ret(c, (u32)(val ? val : 1));
}

/* A context whose frames lie deeper than ours is dead; jumping there is undefined for native
 * programs too. */
static void continue_at_depth(struct x86_cpu *c, unsigned depth)
{
    if (depth && depth < interp_depth(c))
        br_unwind(c, depth);
}

void libc_jump(struct x86_cpu *c, gaddr buf, int val)
{
    if (ld_u32(g2h(buf + BUF_MASK_SAVED)) == 1) {
        u64 mask = ld_u64(g2h(buf + BUF_MASK));
        if (sig_procmask(SIG_SETMASK_, &mask, NULL) == -SIG_RESTART) {
            br_call_again(c);
            return;
        }
    }
    load(c, buf, val);
    continue_at_depth(c, ld_u32(g2h(buf + BUF_DEPTH)));
}

void raw_setjmp(struct x86_cpu *c, void *fn)
{
    (void)fn;
    save(c, br_int(c, 0), true);
}

void raw__setjmp(struct x86_cpu *c, void *fn)
{
    (void)fn;
    save(c, br_int(c, 0), false);
}

void raw___sigsetjmp(struct x86_cpu *c, void *fn)
{
    (void)fn;
    save(c, br_int(c, 0), (u32)br_int(c, 1) != 0);
}

void raw_longjmp(struct x86_cpu *c, void *fn)
{
    (void)fn;
    libc_jump(c, br_int(c, 0), (int)br_int(c, 1));
}

/* ---- ucontext_t of x86-64 glibc (sys/ucontext.h) ---- */

enum {
    UC_LINK = 8,
    UC_STACK_SP = 16,
    UC_STACK_SIZE = 32,
    UC_GREGS = 40,
    UC_FPREGS = 224,
    UC_MASK = 296,
    UC_FPMEM = 424
};
enum { FX_CW = 0, FX_MXCSR = 24 };
enum { G_RBX = 11, G_RSP = 15, G_RIP = 16, G_COUNT = 17 };
#define UC_DEPTH (UC_GREGS + 8 * 22) /* in gregs[REG_CR2], which these functions do not use */

/* gregs[] order -> our register numbers; RIP is last and none of them. */
static const u8 greg[G_RIP] = {8,      9,      10,     11,     12,     13,     14,     15,
                               BR_RDI, BR_RSI, BR_RBP, BR_RBX, BR_RDX, BR_RAX, BR_RCX, BR_RSP};

static u64 *gregs(gaddr uc)
{
    return g2h(uc + UC_GREGS);
}

static void context_save(struct x86_cpu *c, gaddr uc)
{
    u64 *g = gregs(uc), mask = 0;

    for (unsigned i = 0; i < G_RIP; i++)
        g[i] = c->gpr[greg[i]];
    g[13] = 0; /* RAX: getcontext's result when it is resumed */
    g[G_RSP] = c->gpr[BR_RSP] + 8;
    g[G_RIP] = ld_u64(g2h(c->gpr[BR_RSP]));
    st_u64(g2h(uc + UC_DEPTH), interp_depth(c));
    memset(g2h(uc + UC_FPMEM), 0, 32);
    st_u64(g2h(uc + UC_FPREGS), uc + UC_FPMEM);
    memcpy(g2h(uc + UC_FPMEM + FX_CW), &c->fpu.cw, 2);
    st_u32(g2h(uc + UC_FPMEM + FX_MXCSR), c->mxcsr);
    sig_procmask(0, NULL, &mask);
    st_u64(g2h(uc + UC_MASK), mask);
}

/* False: a signal has to be delivered first, and the call made again. */
static bool context_load(struct x86_cpu *c, gaddr uc)
{
    const u64 *g = gregs(uc);
    u64 mask = ld_u64(g2h(uc + UC_MASK));
    gaddr fp = ld_u64(g2h(uc + UC_FPREGS));

    if (sig_procmask(SIG_SETMASK_, &mask, NULL) == -SIG_RESTART) {
        br_call_again(c);
        return false;
    }
    for (unsigned i = 0; i < G_RIP; i++)
        c->gpr[greg[i]] = g[i];
    c->gpr[BR_RAX] = 0;
    c->rip = g[G_RIP];
    if (fp) {
        memcpy(&c->fpu.cw, g2h(fp + FX_CW), 2);
        c->mxcsr = ld_u32(g2h(fp + FX_MXCSR));
    }
    continue_at_depth(c, (unsigned)ld_u64(g2h(uc + UC_DEPTH)));
    return true;
}

void raw_getcontext(struct x86_cpu *c, void *fn)
{
    (void)fn;
    context_save(c, br_int(c, 0));
    br_ret(c, 0);
}

void raw_setcontext(struct x86_cpu *c, void *fn)
{
    (void)fn;
    context_load(c, br_int(c, 0));
}

void raw_swapcontext(struct x86_cpu *c, void *fn)
{
    (void)fn;
    context_save(c, br_int(c, 0));
    context_load(c, br_int(c, 1));
}

/* makecontext's function returned: RBX, which it had to preserve, says where to go on. */
static void context_end(struct x86_cpu *c, void *fn)
{
    gaddr link = c->gpr[BR_RBX];

    (void)fn;
    if (!link)
        exit(0);
    c->gpr[BR_RSP] -= 8; /* the safe point may run this bridge again: keep what the return popped */
    context_load(c, link);
}

void raw_makecontext(struct x86_cpu *c, void *fn)
{
    static const u8 reg[6] = {8, 9, 12, 14, 0, 1}; /* gregs index of RDI RSI RDX RCX R8 R9 */
    gaddr uc = br_int(c, 0), sp;
    int n = (int)br_int(c, 2);
    u64 *g = gregs(uc);
    struct br_va_args va;

    (void)fn;
    br_va_from_call(&va, c, 3, 0, 0);
    sp = ld_u64(g2h(uc + UC_STACK_SP)) + ld_u64(g2h(uc + UC_STACK_SIZE));
    sp = align_down(sp - 8 * (u64)(n > 6 ? n - 6 : 0), 16) - 8;
    for (int i = 0; i < n; i++) {
        u64 v = br_va_int(&va.va);
        if (i < 6)
            g[reg[i]] = v;
        else
            st_u64(g2h(sp + 8 + 8 * (u64)(i - 6)), v);
    }
    st_u64(g2h(sp), br_bridge(context_end, NULL, "(end of context)"));
    g[G_RSP] = sp;
    g[G_RIP] = br_int(c, 1);
    g[G_RBX] = ld_u64(g2h(uc + UC_LINK));
    st_u64(g2h(uc + UC_DEPTH), 0); /* runs at whatever depth resumes it */
}

/* ---- cleanup handlers (pthread_cleanup_push in C: a __pthread_unwind_buf_t per block) ---- */

static __thread gaddr cleanup_top;
static __thread bool cancelled; /* handlers run inside libc_run_cleanups */
static __thread void *exit_value;

void raw___pthread_register_cancel(struct x86_cpu *c, void *fn)
{
    (void)fn;
    st_u64(g2h(br_int(c, 0) + BUF_PREV), cleanup_top);
    cleanup_top = br_int(c, 0);
    /* The guest filled it by __sigsetjmp(buf, 0), which knows nothing of the fields behind the
     * mask's flag. */
}

void raw___pthread_unregister_cancel(struct x86_cpu *c, void *fn)
{
    (void)fn;
    cleanup_top = ld_u64(g2h(br_int(c, 0) + BUF_PREV));
}

void raw___pthread_register_cancel_defer(struct x86_cpu *c, void *fn)
{
    raw___pthread_register_cancel(c, fn);
}

void raw___pthread_unregister_cancel_restore(struct x86_cpu *c, void *fn)
{
    raw___pthread_unregister_cancel(c, fn);
}

static void next_cleanup(struct x86_cpu *c)
{
    gaddr buf = cleanup_top;

    if (buf) {
        cleanup_top = ld_u64(g2h(buf + BUF_PREV));
        load(c, buf, 1);
        if (!cancelled)
            continue_at_depth(c, ld_u32(g2h(buf + BUF_DEPTH)));
    } else if (cancelled) {
        interp_leave(c);
    } else {
        sig_native_drop(c->owner, 0);
        interp_abandon(c); /* guest destructors run when these host frames are gone */
        pthread_exit(exit_value);
    }
}

void raw___pthread_unwind_next(struct x86_cpu *c, void *fn)
{
    (void)fn;
    next_cleanup(c);
}

void raw_pthread_exit(struct x86_cpu *c, void *fn)
{
    (void)fn;
    exit_value = br_ptr(br_int(c, 0));
    next_cleanup(c);
}

/* The native libc is unwinding this thread: the handlers run in a nest of their own until the last
 * has asked for the next. */
void libc_run_cleanups(void)
{
    struct br_frame f;

    sig_native_drop(thr_self(), 0);
    interp_abandon(libc_cpu());
    if (!cleanup_top)
        return;
    cancelled = true;
    br_frame_begin(&f, 0, 0);
    next_cleanup(f.c);
    br_frame_run(&f);
    br_frame_end(&f);
}

/* The old kind, with the block's record on the guest's stack: {routine, arg, canceltype, prev}. */
void my__pthread_cleanup_push(void *buffer, void *routine, void *arg)
{
    gaddr b = h2g(buffer);

    st_u64(g2h(b), h2g(routine));
    st_u64(g2h(b + 8), h2g(arg));
}

void my__pthread_cleanup_pop(void *buffer, i32 execute)
{
    gaddr b = h2g(buffer);
    u64 arg = ld_u64(g2h(b + 8));

    if (execute)
        br_call_guest(ld_u64(g2h(b)), 1, &arg);
}
