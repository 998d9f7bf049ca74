/*
 * irun.c - runs a case in the interpreter, at the same addresses as the real CPU: stepped (plain
 * sem functions) or through cached blocks (fast handlers). Guest faults come from host
 * SIGSEGV/SIGBUS while c->cur is set.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "interp/block.h"
#include "interp/interp.h"
#include "interp/sem.h"
#include "irun.h"
#include "tcase.h"
#include "x86/flags.h"
#include "x86/rows.h"

static struct x86_cpu cpu;
static bool stopped, repaired;
static void (*before_run)(struct x86_cpu *c);
static int repair_prot;
static struct tresult *repair_state; /* NULL: faults end a case */

static bool at_pad(gaddr pc)
{
    return pc >= TC_PADS && pc < TC_PADS + 4096;
}

static void store(struct tstate *s)
{
    memset(s, 0, sizeof *s);
    memcpy(s->gpr, cpu.gpr, sizeof s->gpr);
    s->rip = cpu.rip;
    s->flags = x86_flags_get(&cpu);
    s->mxcsr = cpu.mxcsr;
    s->fs_base = cpu.seg_base[X86_FS];
    s->gs_base = cpu.seg_base[X86_GS];
    memcpy(s->seg, cpu.seg, sizeof s->seg);
    memcpy(s->vec, cpu.vec, sizeof cpu.vec);
    s->fpu = cpu.fpu;
    s->exc = cpu.exc.vec;
    s->err = cpu.exc.err;
    s->addr = cpu.exc.addr;
    if (at_pad(s->rip) && s->exc == X86_EXC_PF &&
        s->addr == s->rip) { /* ran off the end: not a fault */
        s->exc = X86_EXC_NONE;
        s->err = 0;
        s->addr = 0;
    }
}

/* What a guest's SIGSEGV handler does that makes the page accessible. */
static bool repair(void)
{
    if (!repair_state || repaired || cpu.exc.vec != X86_EXC_PF ||
        cpu.exc.addr - TC_MEM >= TC_MEM_SIZE)
        return false;
    repaired = true;
    store(&repair_state->st);
    tmem_protect(PROT_READ | PROT_WRITE);
    memcpy(repair_state->mem, g2h(TC_MEM), TC_MEM_SIZE);
    cpu.exc = (struct x86_exc){.vec = X86_EXC_NONE};
    return true;
}

static void env_exception(struct x86_cpu *c)
{
    if (repair())
        return;
    stopped = true;
    interp_leave(c);
}

static void env_syscall(struct x86_cpu *c)
{
    c->exc.vec = 0xfe;
    env_exception(c);
}

/* Pads are not executable: the block before them ends there, and the fetch fault ends the run. */
static gaddr env_fetch(struct x86_cpu *c, gaddr pc, bool *checked)
{
    (void)c;
    *checked = !before_run;
    return pc >= TC_CODE && pc < TC_CODE_END ? TC_CODE_END : 0;
}

static u64 env_rdtsc(struct x86_cpu *c)
{
    (void)c;
    return 1;
}

static bool env_random(void *buf, size_t len)
{
    memset(buf, 0, len);
    return true;
}

static void env_cpuid(struct x86_cpu *c, u32 leaf, u32 subleaf, u32 out[4])
{
    (void)c;
    (void)leaf;
    (void)subleaf;
    memset(out, 0, 16);
}

static const struct x86_env env = {
    .syscall = env_syscall,
    .int80 = env_syscall,
    .exception = env_exception,
    .interrupt = env_exception,
    .fetch = env_fetch,
    .rdtsc = env_rdtsc,
    .random = env_random,
    .cpuid = env_cpuid,
};

bool irun_fault(int sig, const siginfo_t *info, u32 err, enum interp_cause cause)
{
    gaddr a = h2g(info->si_addr);
    unsigned vec;

    if (!cpu.cur)
        return false;
    cpu.exc = (struct x86_exc){.vec = X86_EXC_PF,
                               .err = err,
                               .addr = interp_fault_addr(&cpu, a),
                               .host_sig = (u8)sig,
                               .host_code = (u8)info->si_code};
    vec = interp_fault_vec(&cpu, a, cause);
    if (vec != X86_EXC_PF)
        cpu.exc = (struct x86_exc){.vec = (u8)vec, .host_sig = (u8)sig};
    interp_fault(&cpu);
}

struct x86_cpu *irun_cpu(void)
{
    return &cpu;
}

void irun_translated(void (*before)(struct x86_cpu *c))
{
    before_run = before;
}

void irun_repair(int prot, struct tresult *fault)
{
    repair_prot = prot;
    repair_state = fault;
}

bool irun_repaired(void)
{
    return repaired;
}

void irun_init(void)
{
    x86_cpu_init(&cpu, &env);
    if (interp_init() || interp_thread_init(&cpu)) {
        fprintf(stderr, "interp_init failed\n");
        exit(2);
    }
}

/* Selectors as Linux gives them to 64-bit processes, and as the native runner loads them for 32-bit
 * code. */
static void interp_mode(unsigned mode)
{
    static const u16 sel64[6] = {0, 0x33, 0x2b, 0, 0, 0},
                     sel32[6] = {0x2b, 0x23, 0x2b, 0x2b, 0x2b, 0x2b};

    if (cpu.mode != mode)
        block_flush_cache(cpu.interp); /* the lookup cache knows one mode at a time */
    cpu.mode = (u8)mode;
    memcpy(cpu.seg, mode == 64 ? sel64 : sel32, sizeof cpu.seg);
}

static void load(const struct tcase *t)
{
    const struct tstate *s = &t->in;

    interp_mode(t->mode);
    memcpy(cpu.gpr, s->gpr, sizeof s->gpr);
    cpu.gpr[16] = 0;
    cpu.rip = s->rip;
    x86_flags_set(&cpu, s->flags);
    cpu.mxcsr = s->mxcsr;
    cpu.seg_base[X86_FS] = s->fs_base;
    cpu.seg_base[X86_GS] = s->gs_base;
    memcpy(cpu.vec, s->vec, sizeof cpu.vec);
    cpu.fpu = s->fpu;
    cpu.xcr0 = 7;
    cpu.pending = 0;
    cpu.exc = (struct x86_exc){.vec = X86_EXC_NONE};
}

bool irun(const struct tcase *t, struct tresult *out, bool stepped)
{
    unsigned limit = 4096;

    tmem_load(t);
    load(t);
    stopped = repaired = false;
    if (repair_state)
        tmem_protect(repair_prot);
    if (!stepped) {
        if (before_run)
            before_run(&cpu);
        interp_run(&cpu);
    }
    while (stepped && !stopped && !at_pad(cpu.rip) && --limit)
        interp_step(&cpu);
    store(&out->st);
    if (repair_state)
        tmem_protect(PROT_READ | PROT_WRITE);
    memcpy(out->mem, g2h(TC_MEM), TC_MEM_SIZE);
    return limit != 0;
}
