/*
 * native.c - see native.h. A fault in the case arrives on the alternate stack; the handler first
 * puts the host's FS base back (the case has its own), copies the state out of the signal frame and
 * resumes at native_exit. Source of the frame layout: Linux arch/x86/include/uapi/asm/sigcontext.h;
 * XSAVE area: SDM vol. 1, 13.4.
 */
#define _GNU_SOURCE
#include <cpuid.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "irun.h"
#include "native.h"
#include "x86/cpuid.h"

struct native_ctl {
    u64 in_gpr[16], in_flags, in_fs, in_gs, start;
    u8 pad0[0x100 - 0xa0];
    u64 out_gpr[16], out_flags, out_fs, out_gs, out_pad;
    u16 out_seg[6];
    u8 pad1[0x200 - 0x1ac];
    u64 host_rsp, host_fs, host_mxcsr, tail;
    u32 leave_off, leave_sel, start_off, start_sel, mode32, segments;
};
_Static_assert(offsetof(struct native_ctl, out_gpr) == 0x100 &&
                   offsetof(struct native_ctl, host_rsp) == 0x200 &&
                   offsetof(struct native_ctl, out_seg) == 0x1a0 &&
                   offsetof(struct native_ctl, segments) == 0x234,
               "native.S");

struct xsave_area { /* standard format: legacy 512, header 64, AVX at 576 */
    u16 cw, sw;
    u8 tag, r0;
    u16 fop;
    u64 fip, fdp;
    u32 mxcsr, mxcsr_mask;
    u8 st[8][16];
    u8 xmm[16][16];
    u8 r1[96];
    u64 xstate_bv, xcomp_bv, r2[6];
    u8 ymm_high[16][16];
};

#define CTL ((struct native_ctl *)TC_CTL)
#define XIN ((struct xsave_area *)(TC_CTL + 0x1000))
#define XOUT ((struct xsave_area *)(TC_CTL + 0x2000))

void native_enter(void);
extern char native_tail[], native_exit[];

static volatile sig_atomic_t running;
static struct tstate fault_state;
static bool faulted;

static void read_xsave(struct tstate *s, const struct xsave_area *x)
{
    bool have_x87 = x->xstate_bv & 1, have_sse = x->xstate_bv & 2, have_avx = x->xstate_bv & 4;

    memset(&s->fpu, 0, sizeof s->fpu);
    s->fpu.cw = have_x87 ? x->cw : 0x37f;
    if (have_x87) {
        s->fpu.sw = x->sw & 0xc7ff;
        s->fpu.top = x->sw >> 11 & 7;
        s->fpu.used = x->tag;
        for (unsigned i = 0; i < 8; i++) {
            memcpy(&s->fpu.regs[(s->fpu.top + i) & 7].m, x->st[i], 8);
            memcpy(&s->fpu.regs[(s->fpu.top + i) & 7].se, x->st[i] + 8, 2);
        }
    }
    s->mxcsr = x->mxcsr;
    for (unsigned i = 0; i < 16; i++) {
        memset(&s->vec[i], 0, 32);
        if (have_sse)
            memcpy(s->vec[i].b, x->xmm[i], 16);
        if (have_avx)
            memcpy(s->vec[i].b + 16, x->ymm_high[i], 16);
    }
}

static void write_xsave(struct xsave_area *x, const struct tstate *s)
{
    memset(x, 0, sizeof *x);
    x->cw = s->fpu.cw;
    x->sw = (u16)(s->fpu.sw | s->fpu.top << 11);
    x->tag = s->fpu.used;
    x->mxcsr = s->mxcsr;
    x->xstate_bv = 7;
    for (unsigned i = 0; i < 8; i++) {
        const struct x86_f80 *f = &s->fpu.regs[(s->fpu.top + i) & 7];

        memcpy(x->st[i], &f->m, 8);
        memcpy(x->st[i] + 8, &f->se, 2);
    }
    for (unsigned i = 0; i < 16; i++) {
        memcpy(x->xmm[i], s->vec[i].b, 16);
        memcpy(x->ymm_high[i], s->vec[i].b + 16, 16);
    }
}

/* The kernel changes CS and SS only. */
static void capture_segments(u16 *seg, u64 cs_ss)
{
    __asm__("mov %%es, %0\n\tmov %%ds, %1\n\tmov %%fs, %2\n\tmov %%gs, %3"
            : "=m"(seg[X86_ES]), "=m"(seg[X86_DS]), "=m"(seg[X86_FS]), "=m"(seg[X86_GS]));
    seg[X86_CS] = (u16)cs_ss;
    seg[X86_SS] = (u16)(cs_ss >> 48);
}

static void capture(const greg_t *g, const struct xsave_area *x)
{
    static const u8 order[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP,
                                 REG_RSI, REG_RDI, REG_R8,  REG_R9,  REG_R10, REG_R11,
                                 REG_R12, REG_R13, REG_R14, REG_R15};
    struct tstate *s = &fault_state;

    for (unsigned i = 0; i < 16; i++)
        s->gpr[i] = (u64)g[order[i]];
    s->rip = (u64)g[REG_RIP];
    s->flags = (u32)g[REG_EFL];
    s->exc = (u8)g[REG_TRAPNO];
    s->err = (u32)g[REG_ERR];
    s->addr = s->exc == X86_EXC_PF ? (u64)g[REG_CR2] : 0;
    s->fs_base = CTL->out_fs;
    s->gs_base = CTL->out_gs;
    capture_segments(s->seg, (u64)g[REG_CSGSFS]);
    read_xsave(s, x);
    faulted = true;
}

static void on_signal(int sig, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;
    greg_t *g = uc->uc_mcontext.gregs;

    if (running) { /* no thread-local storage until FS is the host's again */
        u64 fs, gs;

        __asm__ volatile("rdfsbase %0\n\trdgsbase %1\n\twrfsbase %2"
                         : "=&r"(fs), "=&r"(gs)
                         : "r"(CTL->host_fs));
        CTL->out_fs = fs;
        CTL->out_gs = gs;
        capture(g, (const struct xsave_area *)uc->uc_mcontext.fpregs);
        g[REG_RIP] = (greg_t)native_exit;
        g[REG_RSP] = (greg_t)CTL->host_rsp;
        g[REG_EFL] = 0x202;
        g[REG_CSGSFS] = (g[REG_CSGSFS] & ~0xffffll) | 0x33; /* 32-bit code faults with CS 0x23 */
        return;
    }
    if (sig != SIGILL && sig != SIGFPE &&
        irun_fault(sig, info, (u32)g[REG_ERR],
                   g[REG_TRAPNO] == X86_EXC_PF ? INTERP_CAUSE_PAGE : INTERP_CAUSE_NO_ADDRESS))
        return;
    signal(sig, SIG_DFL); /* a crash of the tester or the interpreter itself: die of it */
}

#define TRAMPOLINE (TC_PADS + 2048)

/*
 * Pad i stores its number and leaves: in 64-bit code straight to native_tail, in 32-bit code by a
 * far jump to CS 0x33, through SS and CS, because the case may have made the other segments
 * unusable.
 */
static void make_pads(unsigned mode, bool far)
{
    static unsigned made;
    u32 pad = (u32)TC_CTL + 0x198, tail = (u32)TC_CTL + 0x218, leave = (u32)TC_CTL + 0x220;
    u8 jump[] = {0xff, 0x24, 0x25, 0, 0, 0, 0};

    CTL->mode32 = mode == 32;
    if (made == mode + far)
        return;
    made = mode + far;
    memcpy(jump + 3, &tail, 4);
    memcpy(tmem_code(TRAMPOLINE), jump, sizeof jump);
    for (unsigned i = 0; i < 32; i++) {
        u8 *p = tmem_code(TC_PADS + i * TC_PAD_STEP);
        u8 code64[] = {0xc7, 0x04, 0x25, 0, 0, 0, 0, (u8)i, 0, 0, 0, 0xff, 0x24, 0x25, 0, 0, 0, 0};
        u8 code32[] = {0x36, 0xc7, 0x05, 0, 0, 0, 0, (u8)i, 0, 0, 0, 0x2e, 0xff, 0x2d, 0, 0, 0, 0};
        bool is64 = far ? !(i & 1) : mode == 64;

        memcpy(code64 + 3, &pad, 4);
        memcpy(code64 + 14, &tail, 4);
        memcpy(code32 + 3, &pad, 4);
        memcpy(code32 + 14, &leave, 4);
        memcpy(p, is64 ? code64 : code32, is64 ? sizeof code64 : sizeof code32);
    }
    CTL->leave_off = (u32)TRAMPOLINE;
    CTL->leave_sel = 0x33;
    CTL->start_sel = 0x23;
}

bool native_init(void)
{
    static const int sigs[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP};
    struct sigaction sa = {.sa_sigaction = on_signal,
                           .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    stack_t ss = {.ss_size = 256 * 1024};

    ss.ss_sp = malloc(ss.ss_size);
    sigaltstack(&ss, NULL);
    for (unsigned i = 0; i < ARRAY_SIZE(sigs); i++)
        sigaction(sigs[i], &sa, NULL);
    make_pads(64, false);
    CTL->tail = (u64)native_tail;
    return (getauxval(AT_HWCAP2) & 2) && __builtin_cpu_supports("avx");
}

void native_run(const struct tcase *t, struct tresult *out)
{
    struct tstate *s = &out->st;

    tmem_load(t);
    memcpy(CTL->in_gpr, t->in.gpr, sizeof CTL->in_gpr);
    CTL->in_flags = t->in.flags;
    CTL->in_fs = t->in.fs_base;
    CTL->in_gs = t->in.gs_base;
    CTL->start = t->in.rip;
    CTL->start_off = (u32)t->in.rip;
    make_pads(t->mode, t->far);
    CTL->segments = t->segments || t->mode == 32;
    CTL->out_pad = 0;
    write_xsave(XIN, &t->in);
    faulted = false;
    running = 1;
    native_enter();
    running = 0;
    memset(s, 0, sizeof *s);
    if (faulted) {
        *s = fault_state;
    } else {
        memcpy(s->gpr, CTL->out_gpr, sizeof s->gpr);
        s->flags = (u32)CTL->out_flags;
        s->fs_base = CTL->out_fs;
        s->gs_base = CTL->out_gs;
        s->rip = TC_PADS + CTL->out_pad * TC_PAD_STEP;
        s->exc = X86_EXC_NONE;
        memcpy(s->seg, CTL->out_seg, sizeof s->seg);
        /* Pads leave through CS 0x33: which of them it was says what CS had been. */
        s->seg[X86_CS] = (t->far ? CTL->out_pad & 1 : t->mode == 32) ? 0x23 : 0x33;
        read_xsave(s, XOUT);
    }
    memcpy(out->mem, g2h(TC_MEM), TC_MEM_SIZE);
}

bool native_has_feature(unsigned feature)
{
    static const struct {
        u32 leaf, sub;
        u8 reg, bit;
    } where[X86_FEAT_COUNT] = {
        {0, 0, 0, 0},
#define X86_CPUID_FEATURE(name, leaf, sub, reg, bit) {leaf, sub, reg, bit},
#include "x86/cpuid.def"
#undef X86_CPUID_FEATURE
    };
    u32 r[4];

    if (feature == 0)
        return true;
    return __get_cpuid_count(where[feature].leaf, where[feature].sub, &r[0], &r[1], &r[2], &r[3]) &&
           (r[where[feature].reg] >> where[feature].bit & 1);
}
