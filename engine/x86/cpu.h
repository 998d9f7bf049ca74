/*
 * cpu.h - the guest CPU of one thread. Offsets are baked into translated code later: the asserts
 * below pin them. Invariant: gpr[16] is always 0 (the "no register" of addresses); seg_base[6] is
 * always 0.
 */
#ifndef X86_CPU_H
#define X86_CPU_H

#include "base/types.h"
#include "x86/flags_bits.h"
#include "x86/insn.h"

union x86_vec {
    u8 b[32];
    u16 w[16];
    u32 d[8];
    u64 q[4];
    i8 sb[32];
    i16 sw[16];
    i32 sd[8];
    i64 sq[4];
    float f[8];
    double df[4];
} __attribute__((aligned(32)));

/* 80-bit extended: explicit-integer-bit mantissa, sign and exponent. MMX register i is regs[i].m of
 * the PHYSICAL register. */
struct x86_f80 {
    u64 m;
    u16 se;
    u16 pad[3];
};

struct x86_fpu {
    struct x86_f80 regs[8]; /* physical registers; ST(i) = regs[(top + i) & 7] */
    u16 cw;
    u16 sw; /* without TOP (bits 11-13 are 0 here) */
    u8 top;
    u8 used; /* bit i: physical register i is not empty (abridged tag word of FXSAVE) */
    u16 fop;
    u64 fip, fdp;
    u16 fcs, fds;
};

/* Lazy flags: what the last flag-writing instruction did (x86/flags.h). kind 0: eflags is complete.
 */
struct x86_lazy {
    u32 kind;
    u32 pad;
    u64 a, b, r;
};

/* Exception vectors that user code can raise (SDM vol. 3, table 6-1). */
enum x86_exc_vec {
    X86_EXC_DE = 0,
    X86_EXC_DB = 1,
    X86_EXC_BP = 3,
    X86_EXC_OF = 4,
    X86_EXC_BR = 5,
    X86_EXC_UD = 6,
    X86_EXC_NM = 7,
    X86_EXC_NP = 11,
    X86_EXC_SS = 12,
    X86_EXC_GP = 13,
    X86_EXC_PF = 14,
    X86_EXC_MF = 16,
    X86_EXC_AC = 17,
    X86_EXC_XM = 19,
    X86_EXC_NONE = 0xff
};

struct x86_exc {
    u8 vec;       /* enum x86_exc_vec, X86_EXC_NONE when there is none */
    u8 is_trap;   /* rip already points behind the instruction */
    u8 host_code; /* si_code of the host signal that reported it (#PF: SEGV_MAPERR/SEGV_ACCERR), 0
                     unknown */
    u8 host_sig;  /* host signal number if it came from one (SIGBUS file end ...), 0 otherwise */
    u32 err;      /* error code */
    u64 addr;     /* CR2 for #PF, else 0 */
};

/* What translated code keeps besides the registers (dynarec/). The offsets are the backend's. */
struct x86_jit {
    u64 tab;      /* hashed table of translations of this thread */
    u64 shadow;   /* top of the shadow stack: pairs of guest and host return address */
    u64 link;     /* where in translated code x86_sem was called, or an indirect jump missed */
    u64 call_sem; /* addresses of common code: run one x86_sem, leave */
    u64 exit, exit_link, exit_miss, sem;
    u64 fpcr;            /* host's floating-point control for the guest's MXCSR */
    u32 nzcv, pf, af;    /* the guest's flags as the host keeps them */
    u32 resume;          /* the next instruction is the interpreter's */
    u64 ymm_clean;       /* not 0: the upper halves of all YMM registers are zero */
    void *thread;        /* struct dyn_thread */
    u32 refuted;         /* the region at rip was translated for another state of the vectors */
    u64 native;          /* bridge of the native function that translated code is in; 0: none */
    u32 stirred;         /* guest code has run inside that call: see interp_jit->detach */
    u32 evicted;         /* the code that made the call may be gone; read together with stirred */
    u64 call_native;     /* address of common code */
    u64 st[8], st_in[8]; /* x87 registers as doubles, now and when they were converted */
    u64 x80[14];         /* 80-bit arithmetic (enum h_x80) */
    /* Registers as they were where the loop that runs was entered (dynarec/translate/tr_hoist.c).
     */
    u64 loop_gpr[16], loop_pc;
    u64 loop_xmm[16][2] __attribute__((aligned(16)));
    u64 loop_up[16][2]; /* upper halves of YMM registers */
};

/* What a native function that translated code may call itself leaves in RAX or XMM0. */
enum x86_native_result {
    X86_NATIVE_NOT, /* it has to go through env->bridge */
    X86_NATIVE_VOID,
    X86_NATIVE_I8, /* sign-extended to 32 bits, as the others of less than 32 by their sign */
    X86_NATIVE_U8,
    X86_NATIVE_I16,
    X86_NATIVE_U16,
    X86_NATIVE_I32,
    X86_NATIVE_I64,
    X86_NATIVE_FP,
};
#define X86_NATIVE_FN 16 /* the function's address lies at this offset from its bridge's */

struct x86_env;
struct interp_frame;
struct interp_thread;

struct x86_cpu {
    u64 gpr[17];
    u64 rip;
    struct x86_lazy lf;
    u32 eflags; /* OSZAPC here are stale while lf.kind != 0; use x86_flags_get() */
    u32 mxcsr;
    u64 seg_base[7];
    u16 seg[6];
    u8 mode;              /* 64 or 32 */
    u8 leave;             /* set by interp_leave(): interp_run returns at the next block edge */
    volatile u32 pending; /* set (atomically, also from signal handlers): call env->interrupt at the
                             next safe point */
    union x86_vec vec[16];
    struct x86_fpu fpu;
    u64 xcr0;
    struct x86_jit jit;

    /* engine state, not architectural */
    const struct x86_insn
        *cur; /* instruction that may be faulting right now; NULL outside guest code */
    struct x86_exc exc;
    const struct x86_env *env;
    struct interp_frame *frame;   /* innermost interp_run on this thread's host stack */
    struct interp_thread *interp; /* per-thread block lookup cache */
    void *owner;                  /* struct thr of engine/thread */
    u64 insn_count;               /* counted only in step mode and by --stats builds */
};

_Static_assert(offsetof(struct x86_cpu, gpr) == 0, "gpr first");
_Static_assert(offsetof(struct x86_cpu, rip) == 136, "rip");
_Static_assert(offsetof(struct x86_cpu, jit.stirred) % 8 == 0, "read with evicted");

/* Reset to the state Linux gives a new process: flags 0x202, CW 0x37f, MXCSR 0x1f80, everything
 * else 0, 64-bit segments. */
void x86_cpu_init(struct x86_cpu *c, const struct x86_env *env);

/*
 * What the engine asks of the rooms above. Set once by main or by a test; never NULL members except
 * where noted. All run on the thread of `c`; c->rip is the address of the NEXT instruction unless
 * said otherwise.
 */
struct x86_env {
    void (*syscall)(struct x86_cpu *c); /* SYSCALL: RCX, R11 already set */
    void (*int80)(struct x86_cpu *c);   /* INT 0x80 */
    /* INT3 at c->rip - 1. True: it was a bridge and has run (it set c->rip). False: deliver #BP.
     * May be NULL. */
    bool (*bridge)(struct x86_cpu *c);
    /*
     * Is there a bridge at a, whose function takes its arguments in the registers that the host's
     * ABI has for the same ones, and needs nothing but the state sig_native_enter() describes? May
     * be NULL.
     */
    enum x86_native_result (*native)(gaddr a);
    /* Such a call, during which guest code has run, is over. Called by the translator. */
    void (*native_end)(struct x86_cpu *c);
    /* c->exc is filled, c->rip is the resume address (faulting pc, or next for traps). Returns to
     * resume at c->rip. */
    void (*exception)(struct x86_cpu *c);
    void (*interrupt)(
        struct x86_cpu *c); /* c->pending was set; architectural state is complete at c->rip */
    /*
     * Code may be executed at pc? Returns the end address up to which bytes may be read (> pc), 0
     * if pc is not executable. *writable: the page may change without mprotect being called; the
     * room above starts watching [pc, end) for writes and calls interp_invalidate(); with *checked
     * the block must verify its bytes at each entry (hot self-modified page).
     */
    gaddr (*fetch)(struct x86_cpu *c, gaddr pc, bool *checked);
    /* Copies guest memory that another thread may unmap meanwhile: false where it cannot be read.
     * May be NULL: nobody does. */
    bool (*read)(void *dst, gaddr src, size_t n);
    u64 (*rdtsc)(struct x86_cpu *c);
    bool (*random)(void *buf, size_t len);
    /* CPUID/XGETBV policy: fills out[4] = EAX EBX ECX EDX. */
    void (*cpuid)(struct x86_cpu *c, u32 leaf, u32 subleaf, u32 out[4]);
};

/* Raise an exception of the running instruction: state is that before it (faults) or behind it
 * (traps). Never return. */
NORETURN void x86_raise(struct x86_cpu *c, unsigned vec, u32 err, u64 addr);
NORETURN void x86_raise_trap(struct x86_cpu *c, unsigned vec, u64 addr);

#endif
