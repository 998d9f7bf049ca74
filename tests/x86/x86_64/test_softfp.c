/*
 * test_softfp.c - floating point against the CPU we run on (x86-64 hosts only): each form of the
 * x87, SSE, AVX, FMA and F16C rows is run natively and by interp_step() on the same random state,
 * and results, flags, MXCSR, x87 status, tags, pointers, memory and exceptions are compared.
 * Operands are drawn from the corners of their formats; rounding, precision control, FTZ, DAZ and
 * masks vary. What manuals leave open follows AMD: other CPUs judge only SSE, AVX, FMA and F16C.
 * Usage: test_softfp [cases per form] [only this operation] [seed]
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "harness.h"
#include "interp/interp.h"
#include "x86/decode.h"
#include "x86/flags.h"
#include "x86/format.h"
#include "x86/rows.h"

enum { SLOT = 32, CODE_SIZE = 1 << 18, SHOW = 4 };

/* XSAVE image, standard format, x87 + SSE + AVX. */
struct image {
    u16 cw, sw;
    u8 tags, pad0;
    u16 fop;
    u64 fip, fdp;
    u32 mxcsr, mask;
    struct {
        u64 m;
        u16 se, pad[3];
    } st[8];
    u64 xmm[16][2];
    u8 pad1[96];
    u64 xstate_bv, xcomp_bv, pad2[6];
    u64 ymmh[16][2];
} __attribute__((packed, aligned(64)));

/* What one run leaves behind. */
struct state {
    struct image fx;
    u64 rax, flags;
    u8 mem[128] __attribute__((aligned(64)));
    unsigned vec; /* exception or X86_EXC_NONE */
};

static u8 *code;
static u8 *mem; /* the memory operand */
static struct x86_cpu cpu;
static u8 raised;

/* --- random operands */
static u64 seed = 0x243f6a8885a308d3ull;

static u64 rnd(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed * 0x2545f4914f6cdd1dull;
}

/* A significand: dense, sparse, runs of ones or zeros, near a rounding point. */
static u64 rnd_frac(unsigned bits)
{
    u64 mask = bits == 64 ? ~0ull : (1ull << bits) - 1, v = rnd();

    switch (rnd() % 8) {
    case 0: return 0;
    case 1: return mask;
    case 2: return 1ull << rnd() % bits;
    case 3: return mask & (~0ull << rnd() % bits);
    case 4: return mask & ~(~0ull << rnd() % bits);
    case 5: return ((v & 7) - 4 + (1ull << (bits - 1))) & mask;
    case 6: return v & 7;
    default: return v & mask;
    }
}

static unsigned rnd_exp(unsigned bias)
{
    switch (rnd() % 16) {
    case 0: return 0;
    case 1: return 2 * bias + 1;
    case 2: return 1 + (unsigned)(rnd() % 4);
    case 3: return 2 * bias - (unsigned)(rnd() % 4);
    case 4: return (unsigned)rnd() & (2 * bias + 1);
    case 5: return bias / 2 + (unsigned)(rnd() % 4);
    case 6:
        return bias + 60 + (unsigned)(rnd() % 8) <= 2 * bias ? bias + 60 + (unsigned)(rnd() % 8)
                                                             : bias;
    case 7:
        return bias + 28 + (unsigned)(rnd() % 6) <= 2 * bias ? bias + 28 + (unsigned)(rnd() % 6)
                                                             : bias;
    default: return bias - 4 + (unsigned)(rnd() % 12);
    }
}

static u64 rnd_float(unsigned frac, unsigned exp)
{
    unsigned bias = (1u << (exp - 1)) - 1;

    return (rnd() & 1) << (frac + exp) | (u64)rnd_exp(bias) << frac | rnd_frac(frac);
}

static void rnd_f80(u64 *m, u16 *se)
{
    unsigned e = rnd_exp(16383);

    if (rnd() % 8 == 0) /* the edges of the narrower formats */
        e = 16383 + (rnd() & 1 ? 1023 : 127) * (rnd() & 1 ? 1u : -1u) + (unsigned)(rnd() % 60) - 55;
    *m = rnd_frac(63) | (rnd() % 32 && e ? 1ull << 63 : (rnd() & 1) << 63);
    *se = (u16)(e | (rnd() & 1) << 15);
    if (rnd() % 16 == 0) {
        *m = 0;
        *se &= 0x8000;
    }
}

/* Vector of 32 bytes: doubles, floats, halves or integers. */
static void rnd_vec(u8 *p, unsigned kind)
{
    u64 q;

    for (unsigned i = 0; i < 4; i++) {
        if (kind == 64)
            q = rnd_float(52, 11);
        else if (kind == 32)
            q = rnd_float(23, 8) | rnd_float(23, 8) << 32;
        else if (kind == 16)
            q = rnd_float(10, 5) | rnd_float(10, 5) << 16 | rnd_float(10, 5) << 32 |
                rnd_float(10, 5) << 48;
        else
            q = rnd() >> rnd() % 64;
        memcpy(p + 8 * i, &q, 8);
    }
}

/* --- native run */
static struct state *native_out;
static sigjmp_buf native_jb;

static void on_fault(int sig, siginfo_t *info, void *vuc)
{
    ucontext_t *uc = vuc;

    (void)sig, (void)info;
    memcpy(&native_out->fx, uc->uc_mcontext.fpregs, sizeof native_out->fx);
    native_out->rax = (u64)uc->uc_mcontext.gregs[REG_RAX];
    native_out->flags = (u64)uc->uc_mcontext.gregs[REG_EFL];
    native_out->vec = (unsigned)uc->uc_mcontext.gregs[REG_TRAPNO];
    siglongjmp(native_jb, 1);
}

static NOINLINE void native_asm(const u8 *at, struct state *s)
{
    __asm__ volatile("sub $256, %%rsp\n\tpush %%rbx\n\tpush %%r12\n\tpush %%r13\n\t"
                     "mov %0, %%rbx\n\tmov %1, %%r12\n\tmov %2, %%r13\n\t"
                     "mov $7, %%eax\n\txor %%edx, %%edx\n\txrstor64 (%%r12)\n\t"
                     "mov (%%r13), %%rax\n\tmov %3, %%rdi\n\tmov %%rax, %%rcx\n\t"
                     "push 8(%%r13)\n\tpopfq\n\t"
                     "call *%%rbx\n\t"
                     "pushfq\n\tpop 8(%%r13)\n\tmov %%rax, (%%r13)\n\tcld\n\t"
                     "mov $7, %%eax\n\txor %%edx, %%edx\n\txsave64 (%%r12)\n\tfninit\n\t"
                     "pop %%r13\n\tpop %%r12\n\tpop %%rbx\n\tadd $256, %%rsp\n\t"
                     :
                     : "r"(at), "r"(&s->fx), "r"(&s->rax), "r"(mem)
                     : "rax", "rdx", "rdi", "rcx", "memory", "cc", "xmm0", "xmm1", "xmm2", "xmm3",
                       "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12",
                       "xmm13", "xmm14", "xmm15");
}

static void native_run(const u8 *at, struct state *s)
{
    static const u32 mxcsr = 0x1f80;

    s->vec = X86_EXC_NONE;
    native_out = s;
    memcpy(mem, s->mem, sizeof s->mem);
    if (!sigsetjmp(native_jb, 1))
        native_asm(at, s);
    __asm__ volatile("fninit\n\tldmxcsr %0" : : "m"(mxcsr));
    s->flags &= X86_OSZAPC;
    memcpy(s->mem, mem, sizeof s->mem);
}

/* --- ours */
static void env_exception(struct x86_cpu *c)
{
    raised = c->exc.vec;
}

static void env_nothing(struct x86_cpu *c)
{
    (void)c;
}

static gaddr env_fetch(struct x86_cpu *c, gaddr pc, bool *checked)
{
    (void)c;
    *checked = false;
    return pc >= h2g(code) && pc < h2g(code) + CODE_SIZE ? h2g(code) + CODE_SIZE : 0;
}

static const struct x86_env env = {.syscall = env_nothing,
                                   .int80 = env_nothing,
                                   .exception = env_exception,
                                   .interrupt = env_nothing,
                                   .fetch = env_fetch};

static void our_run(const u8 *at, struct state *s)
{
    struct image *f = &s->fx;

    memcpy(mem, s->mem, sizeof s->mem);
    cpu.rip = h2g(at);
    cpu.gpr[X86_RAX] = s->rax;
    cpu.gpr[X86_RCX] = s->rax;
    cpu.gpr[X86_RDI] = h2g(mem);
    x86_flags_set(&cpu, (u32)s->flags | X86_FLAGS_FIXED);
    cpu.mxcsr = f->mxcsr;
    cpu.fpu.cw = f->cw;
    cpu.fpu.sw = f->sw & (u16)~0x3800;
    cpu.fpu.top = f->sw >> 11 & 7;
    cpu.fpu.used = f->tags;
    cpu.fpu.fop = f->fop;
    cpu.fpu.fip = f->fip;
    cpu.fpu.fdp = f->fdp;
    cpu.fpu.fcs = cpu.fpu.fds = 0;
    for (unsigned i = 0; i < 8; i++) {
        unsigned p = (cpu.fpu.top + i) & 7;

        cpu.fpu.regs[p].m = f->st[i].m;
        cpu.fpu.regs[p].se = f->st[i].se;
    }
    for (unsigned i = 0; i < 16; i++) {
        memcpy(&cpu.vec[i].q[0], f->xmm[i], 16);
        memcpy(&cpu.vec[i].q[2], f->ymmh[i], 16);
    }
    raised = X86_EXC_NONE;
    interp_step(&cpu);
    s->vec = raised;
    s->rax = cpu.gpr[X86_RAX];
    s->flags = x86_flags_get(&cpu) & X86_OSZAPC;
    f->mxcsr = cpu.mxcsr;
    f->cw = cpu.fpu.cw;
    f->sw = (u16)(cpu.fpu.sw | cpu.fpu.top << 11);
    f->tags = cpu.fpu.used;
    f->fop = cpu.fpu.fop;
    f->fip = cpu.fpu.fip;
    f->fdp = cpu.fpu.fdp;
    for (unsigned i = 0; i < 8; i++) {
        f->st[i].m = cpu.fpu.regs[(cpu.fpu.top + i) & 7].m;
        f->st[i].se = cpu.fpu.regs[(cpu.fpu.top + i) & 7].se;
    }
    for (unsigned i = 0; i < 16; i++) {
        memcpy(f->xmm[i], &cpu.vec[i].q[0], 16);
        memcpy(f->ymmh[i], &cpu.vec[i].q[2], 16);
    }
    memcpy(s->mem, mem, sizeof s->mem);
}

/* --- forms: what is run */
struct form {
    const u8 *at;
    const struct x86_row *row;
    const char *name;
    unsigned kind; /* element bits of vector operands, 80 for x87, 0 integers */
};

static struct form forms[CODE_SIZE / SLOT];
static unsigned nforms;
static u8 *code_at;

/* Adds bytes when some row of ours decodes from them. */
static void add_form(const u8 *bytes, unsigned n, unsigned kind)
{
    struct x86_insn in;
    u8 padded[32] = {0};

    memcpy(padded, bytes, n);
    if (x86_decode(&in, padded, n, 0, 64) != (int)n)
        return;
    memcpy(code_at, bytes, n);
    code_at[n] = 0xc3;
    forms[nforms++] = (struct form){code_at, &x86_rows[in.row], x86_op_names[in.op], kind};
    code_at += SLOT;
}

/* Register (xmm0/eax <- xmm1/ecx.. as encoded) and memory [rdi] form of a ModRM instruction. */
static void add_modrm(const u8 *head, unsigned n, int imm, unsigned kind)
{
    u8 b[16];
    static const u8 modrm[2] = {0xc1, 0x07};

    for (unsigned i = 0; i < 2; i++) {
        memcpy(b, head, n);
        b[n] = modrm[i];
        b[n + 1] = (u8)imm;
        add_form(b, n + 1 + (imm >= 0), kind);
    }
}

static void add_legacy(int prefix, bool rexw, unsigned map, unsigned opcode, int imm, unsigned kind)
{
    u8 b[16];
    unsigned n = 0;

    if (prefix)
        b[n++] = (u8)prefix;
    if (rexw)
        b[n++] = 0x48;
    b[n++] = 0x0f;
    if (map)
        b[n++] = map == 1 ? 0x38 : 0x3a;
    b[n++] = (u8)opcode;
    add_modrm(b, n, imm, kind);
}

static void add_vex(unsigned pp, unsigned w, unsigned l, unsigned map, unsigned opcode, int imm,
                    unsigned kind, unsigned vvvv)
{
    u8 b[16] = {0xc4, (u8)(0xe1 + map), (u8)(w << 7 | (~vvvv & 15) << 3 | l << 2 | pp), (u8)opcode};

    add_modrm(b, 4, imm, kind);
}

static const u8 prefixes[4] = {0, 0x66, 0xf3, 0xf2};

/* Kind of elements an 0F opcode reads under a prefix. */
static unsigned kind_of(unsigned map, unsigned opcode, unsigned pp)
{
    if (map == 0 && (opcode == 0x2a || (opcode == 0xe6 && pp == 2) || (opcode == 0x5b && pp == 0)))
        return 0;
    if (map == 1 && opcode == 0x13)
        return 16;
    if (map == 2)
        return opcode == 0x1d || opcode == 8 || opcode == 10 || opcode == 0x40 ? 32 : 64;
    if (opcode == 0xe6 || opcode == 0x7c || opcode == 0x7d || opcode == 0xd0)
        return pp == 3 && opcode != 0xe6 ? 32 : 64;
    return pp & 1 ? 64 : 32;
}

static void add_sse(unsigned map, unsigned opcode, bool has_imm)
{
    for (unsigned pp = 0; pp < 4; pp++) {
        unsigned kind = kind_of(map, opcode, pp);

        for (unsigned i = 0; i < (has_imm ? 40u : 1u); i++) {
            int imm = !has_imm ? -1 : i < 32 ? (int)i : (int)(rnd() & 255);

            for (unsigned w = 0; w < 2; w++) {
                if (w == 0 || (map == 0 && (opcode == 0x2a || opcode == 0x2c || opcode == 0x2d)))
                    add_legacy(prefixes[pp], w, map, opcode, imm, kind);
                for (unsigned l = 0; l < 2; l++) {
                    if (w && opcode != 0x2a && opcode != 0x2c && opcode != 0x2d)
                        continue;
                    add_vex(pp, w, l, map, opcode, imm, kind, 0);
                    add_vex(pp, w, l, map, opcode, imm, kind, 2);
                }
            }
        }
    }
}

static void add_fma(void)
{
    for (unsigned op = 0x96; op < 0xc0; op++)
        for (unsigned w = 0; w < 2 && (op & 15) >= 6; w++)
            for (unsigned l = 0; l < 2; l++)
                add_vex(1, w, l, 1, op, -1, w ? 64 : 32, 2);
}

static void add_x87(void)
{
    for (unsigned op = 0xd8; op < 0xe0; op++) {
        for (unsigned reg = 0; reg < 8; reg++) {
            u8 b[2] = {(u8)op, (u8)(reg << 3 | 7)};

            add_form(b, 2, 80);
            for (unsigned i = 0; i < 8; i++) {
                b[1] = (u8)(0xc0 | reg << 3 | i);
                if ((op & 7) == 3 && b[1] == 0xe3) /* FNINIT compares nothing */
                    continue;
                add_form(b, 2, 80);
            }
        }
    }
    add_form((const u8[]){0x9b}, 1, 80);
    add_form((const u8[]){0x66, 0xd9, 0x37}, 3, 80);
    add_form((const u8[]){0x66, 0xdd, 0x37}, 3, 80);
    add_form((const u8[]){0x66, 0xd9, 0x27}, 3, 80);
    add_form((const u8[]){0x66, 0xdd, 0x27}, 3, 80);
}

static void add_forms(void)
{
    static const u8 plain[] = {0x2a, 0x2c, 0x2d, 0x2e, 0x2f, 0x51, 0x52, 0x53,
                               0x54, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5a, 0x5b,
                               0x5c, 0x5d, 0x5e, 0x5f, 0x7c, 0x7d, 0xd0, 0xe6};
    static const u8 with_imm[] = {0x08, 0x09, 0x0a, 0x0b, 0x40, 0x41};

    add_x87();
    for (unsigned i = 0; i < ARRAY_SIZE(plain); i++)
        add_sse(0, plain[i], false);
    add_sse(0, 0xc2, true);
    for (unsigned i = 0; i < ARRAY_SIZE(with_imm); i++)
        add_sse(2, with_imm[i], true);
    for (unsigned l = 0; l < 2; l++) {
        add_vex(1, 0, l, 1, 0x13, -1, 16, 0);
        for (int i = 0; i < 8; i++)
            add_vex(1, 0, l, 2, 0x1d, i, 32, 0);
    }
    add_fma();
}

/* --- one case */
static void rnd_x87(struct image *f)
{
    for (unsigned i = 0; i < 8; i++)
        rnd_f80(&f->st[i].m, &f->st[i].se);
    if (rnd() % 4 == 0) /* close to one another */
        f->st[1].se = (u16)((f->st[0].se + rnd() % 3 - 1) ^ (rnd() & 0x8000));
    f->tags = rnd() % 8 ? 0x3f : (u8)rnd();
    f->sw = (u16)(rnd() & 0x4700);
    if (rnd() % 8) {
        f->sw |= 2 << 11;
        f->tags = rnd() % 8 ? 0xfc : (u8)rnd();
    } else {
        f->sw |= (u16)(rnd() & 0x3800);
    }
    f->cw = (u16)(0x7f | (rnd() & 0xc00) | (rnd() % 3 ? 0x300 : (rnd() & 0x300)));
    if (rnd() % 4 == 0)
        f->cw &= (u16)(rnd() | 0xffc0);
    f->sw |= rnd() & 0x3f & (rnd() % 16 ? f->cw : 0x3f);
    if (f->sw & ~f->cw & 0x3f) /* #MF is pending */
        f->sw |= 0x8080;
    f->fip = 0x1234;
}

static void rnd_state(struct state *s, unsigned kind)
{
    u64 q;

    memset(s, 0, sizeof *s);
    s->fx.cw = 0x37f;
    if (rnd() % 32 == 0) {
        s->fx.cw = 0x37e;
        s->fx.sw = 0x8081;
    }
    s->fx.xstate_bv = 7;
    s->fx.mask = 0x2ffff;
    s->fx.mxcsr = 0x1f80 | (u32)(rnd() & (rnd() & 1 ? 0x603f : 0x3f));
    if (rnd() % 4 == 0)
        s->fx.mxcsr ^= (u32)(rnd() & 0x8040);
    if (rnd() % 8 == 0)
        s->fx.mxcsr &= (u32)(rnd() | ~0x1f80u);
    s->flags = rnd() & X86_OSZAPC;
    s->rax = rnd() >> rnd() % 64;
    for (unsigned i = 0; i < 16; i++) {
        u8 v[32];

        rnd_vec(v, i < 4 ? kind : 0);
        memcpy(s->fx.xmm[i], v, 16);
        memcpy(s->fx.ymmh[i], v + 16, 16);
    }
    for (unsigned i = 0; i < 4; i++)
        rnd_vec(s->mem + 32 * i, kind);
    if (kind == 80) {
        rnd_x87(&s->fx);
        q = rnd() % 3 == 0 ? rnd_float(52, 11) : rnd() % 2 ? rnd_float(23, 8) : rnd() >> rnd() % 64;
        memcpy(s->mem, &q, 8);
        if (rnd() % 4 == 0) {
            u64 m;
            u16 se;

            rnd_f80(&m, &se);
            memcpy(s->mem, &m, 8);
            memcpy(s->mem + 8, &se, 2);
        }
    }
}

/* Neighbouring values of one sign have neighbouring ranks. */
static u128 f80_rank(const struct state *s, unsigned i)
{
    return (u128)s->fx.st[i].se << 63 | (s->fx.st[i].m & ~(1ull << 63));
}

/* RCP, RSQRT: specials alike, numbers within twice the 1.5 * 2^-12 that either may be off. */
static bool close_floats(const void *a, const void *b, unsigned n)
{
    float x[8], y[8];

    memcpy(x, a, n);
    memcpy(y, b, n);
    for (unsigned i = 0; i < n / 4; i++)
        if (memcmp(&x[i], &y[i], 4) &&
            !((double)x[i] / y[i] > 1 - 3.0 / 4096 && (double)x[i] / y[i] < 1 + 3.0 / 4096))
            return false;
    return true;
}

/* Names the first difference, or NULL. approx: f80 results may differ by one unit, and in PE's
 * companion C1. */
static const char *differ(const struct state *n, const struct state *o, bool approx)
{
    if (n->vec != o->vec)
        return "exception";
    if (n->rax != o->rax)
        return "rax";
    if (n->flags != o->flags)
        return "eflags";
    if (n->fx.mxcsr != o->fx.mxcsr)
        return "mxcsr";
    if (!approx ? memcmp(n->fx.xmm, o->fx.xmm, sizeof n->fx.xmm)
                : !close_floats(n->fx.xmm[0], o->fx.xmm[0], 16))
        return "xmm";
    if (!approx ? memcmp(n->fx.ymmh, o->fx.ymmh, sizeof n->fx.ymmh)
                : !close_floats(n->fx.ymmh[0], o->fx.ymmh[0], 16))
        return "ymm high";
    if (n->fx.cw != o->fx.cw)
        return "cw";
    if ((n->fx.sw ^ o->fx.sw) & (approx ? ~0x200 : ~0))
        return "sw";
    if (n->fx.tags != o->fx.tags)
        return "tags";
    for (unsigned i = 0; i < 8; i++) {
        u128 d = f80_rank(n, i) - f80_rank(o, i);

        if (approx ? d + 1 > 2 : n->fx.st[i].m != o->fx.st[i].m || n->fx.st[i].se != o->fx.st[i].se)
            return "st";
    }
    if (!(n->fx.sw & 0x80)) /* AMD stores zeros as pointers when no exception is pending */
        return memcmp(n->mem, o->mem, sizeof n->mem) ? "memory" : NULL;
    if (n->fx.fip != o->fx.fip)
        return "fip";
    if (n->fx.fdp != o->fx.fdp)
        return "fdp";
    if (n->fx.fop != o->fx.fop)
        return "fop";
    return memcmp(n->mem, o->mem, sizeof n->mem) ? "memory" : NULL;
}

static void show_x87(const char *who, const struct state *s)
{
    printf("  %s exc %02x cw %04x sw %04x tags %02x fop %03x fip %llx st0 %04x.%016llx st1 "
           "%04x.%016llx st7 %04x.%016llx\n",
           who, s->vec, s->fx.cw, s->fx.sw, s->fx.tags, s->fx.fop, (unsigned long long)s->fx.fip,
           s->fx.st[0].se, (unsigned long long)s->fx.st[0].m, s->fx.st[1].se,
           (unsigned long long)s->fx.st[1].m, s->fx.st[7].se, (unsigned long long)s->fx.st[7].m);
}

static void show_sse(const char *who, const struct state *s)
{
    printf("  %s exc %02x mxcsr %04x fl %03llx rax %llx", who, s->vec, s->fx.mxcsr,
           (unsigned long long)s->flags, (unsigned long long)s->rax);
    for (unsigned i = 0; i < 3; i++)
        printf(" x%u %016llx%016llx:%016llx%016llx", i, (unsigned long long)s->fx.ymmh[i][1],
               (unsigned long long)s->fx.ymmh[i][0], (unsigned long long)s->fx.xmm[i][1],
               (unsigned long long)s->fx.xmm[i][0]);
    printf("\n");
}

static void show(const struct form *f, const char *what, const struct state *b,
                 const struct state *n, const struct state *o)
{
    struct x86_insn in;
    char text[X86_FORMAT_MAX];
    void (*fn)(const char *, const struct state *) = f->kind == 80 ? show_x87 : show_sse;
    unsigned long long q[4];

    x86_decode(&in, f->at, 16, h2g(f->at), 64);
    x86_format(text, sizeof text, &in, h2g(f->at));
    printf("%s: %s differs\n", text, what);
    fn("before", b);
    fn("cpu   ", n);
    fn("ours  ", o);
    memcpy(q, b->mem, 32);
    printf("  mem %016llx %016llx %016llx %016llx\n", q[0], q[1], q[2], q[3]);
    if (memcmp(n->mem, o->mem, 128)) {
        memcpy(q, n->mem, 32);
        printf("  cpu mem  %016llx %016llx %016llx %016llx\n", q[0], q[1], q[2], q[3]);
        memcpy(q, o->mem, 32);
        printf("  our mem  %016llx %016llx %016llx %016llx\n", q[0], q[1], q[2], q[3]);
    }
}

static unsigned run_form(const struct form *f, unsigned cases)
{
    static struct state b, n, o;
    unsigned bad = 0;

    for (unsigned i = 0; i < cases; i++) {
        const char *what = "";

        rnd_state(&b, f->kind);
        o = b;
        our_run(f->at, &o);
        /* A task switch between the loading of FIP and the instruction loses it on AMD (FXRSTOR
         * there restores it only with an exception pending): a real difference is there again. */
        for (unsigned tries = 0; what && tries < 3; tries++) {
            n = b;
            native_run(f->at, &n);
            what = differ(&n, &o, f->row->attr & X86_ATTR_APPROX);
        }
        if (what && bad++ < SHOW)
            show(f, what, &b, &n, &o);
    }
    return bad;
}

int main(int argc, char **argv)
{
    bool amd = __builtin_cpu_is("amd");
    unsigned cases = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 0) : 300, wrong_forms = 0;
    struct sigaction sa = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_NODEFER};

    if (!__builtin_cpu_supports("avx") || !__builtin_cpu_supports("fma") ||
        !__builtin_cpu_supports("f16c"))
        return 77;
    if (argc > 3)
        seed ^= strtoull(argv[3], NULL, 0) * 0x9e3779b97f4a7c15ull;
    code = code_at = mmap(NULL, CODE_SIZE, PROT_READ | PROT_WRITE | PROT_EXEC,
                          MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mem = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    sigaction(SIGFPE, &sa, NULL);
    sigaction(SIGSEGV, &sa, NULL);
    sigaction(SIGILL, &sa, NULL);
    if (interp_init())
        return 1;
    x86_cpu_init(&cpu, &env);
    if (interp_thread_init(&cpu))
        return 1;
    add_forms();
    for (unsigned i = 0; i < nforms; i++) {
        unsigned bad;

        if (argc > 2 && *argv[2] && strcmp(argv[2], forms[i].name))
            continue;
        if (!amd && forms[i].row->attr & (X86_ATTR_X87 | X86_ATTR_MMX))
            continue;
        harness_checks += (int)cases;
        bad = run_form(&forms[i], cases);
        harness_failed += (int)bad;
        if (bad) {
            wrong_forms++;
            printf("%-12s %02x%02x%02x%02x%02x%02x: %u of %u differ\n", forms[i].name,
                   forms[i].at[0], forms[i].at[1], forms[i].at[2], forms[i].at[3], forms[i].at[4],
                   forms[i].at[5], bad, cases);
        }
    }
    printf("%u forms, %u with differences\n", nforms, wrong_forms);
    return harness_done();
}
