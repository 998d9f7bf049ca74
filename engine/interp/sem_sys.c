/*
 * sem_sys.c - system calls, time, identity, random numbers, caches and fences, segment bases,
 * descriptor-table reads, and all that a program at CPL 3 may not do. Also the two raise helpers of
 * sem.h.
 */
#include "interp/seg.h"
#include "interp/stack.h"
#include "x86/flags.h"

void sem_ud(struct x86_cpu *c)
{
    x86_raise(c, X86_EXC_UD, 0, 0);
}

void sem_gp(struct x86_cpu *c, u32 err)
{
    x86_raise(c, X86_EXC_GP, err, 0);
}

#define SEM_HINT(OP)                                                                               \
    void sem_##OP(struct x86_cpu *c, const struct x86_insn *in)                                    \
    {                                                                                              \
        (void)c;                                                                                   \
        (void)in;                                                                                  \
    }
#define SEM_RAISE(OP, raise)                                                                       \
    void sem_##OP(struct x86_cpu *c, const struct x86_insn *in)                                    \
    {                                                                                              \
        (void)in;                                                                                  \
        raise;                                                                                     \
    }
#define SEM_PRIV(OP) SEM_RAISE(OP, sem_gp(c, 0))

SEM_HINT(NOP)
SEM_HINT(PAUSE)
SEM_HINT(PREFETCH)
SEM_HINT(PREFETCHW)
SEM_HINT(PREFETCHNTA)
SEM_HINT(PREFETCHT0)
SEM_HINT(PREFETCHT1)
SEM_HINT(PREFETCHT2)
SEM_HINT(ENDBR64)
SEM_HINT(ENDBR32)

SEM_RAISE(UD0, sem_ud(c))
SEM_RAISE(UD1, sem_ud(c))
SEM_RAISE(UD2, sem_ud(c))
/*
 * Linux's 32-bit entry returns into its own vDSO page, which programs reach by INT 0x80 here; in
 * 64-bit mode AMD has none.
 */
SEM_RAISE(SYSENTER, sem_ud(c))

SEM_PRIV(SYSRET)
SEM_PRIV(SYSEXIT)
SEM_PRIV(RDPMC)
SEM_PRIV(XSETBV)
SEM_PRIV(INVD)
SEM_PRIV(WBINVD)
SEM_PRIV(INVLPG)
SEM_PRIV(SWAPGS)
SEM_PRIV(LGDT)
SEM_PRIV(LIDT)
SEM_PRIV(LMSW)
SEM_PRIV(LLDT)
SEM_PRIV(LTR)
SEM_PRIV(MOV_CR)
SEM_PRIV(MOV_DR)
SEM_PRIV(IN)
SEM_PRIV(OUT)
SEM_PRIV(INS)
SEM_PRIV(OUTS)
SEM_PRIV(HLT)
SEM_PRIV(CLI)
SEM_PRIV(STI)
SEM_PRIV(CLTS)
SEM_PRIV(WRMSR)
SEM_PRIV(RDMSR)

void sem_SYSCALL(struct x86_cpu *c, const struct x86_insn *in)
{
    (void)in;
    c->gpr[X86_RCX] = c->rip;
    c->gpr[X86_R11] = x86_flags_get(c) & ~(u32)X86_RF;
    c->env->syscall(c);
}

static void write_edx_eax(struct x86_cpu *c, u64 v)
{
    c->gpr[X86_RAX] = (u32)v;
    c->gpr[X86_RDX] = v >> 32;
}

/* IA32_TSC_AUX as Linux sets it: the CPU number. CPUID leaf 0xB EDX is this room's word for it. */
static u32 tsc_aux(struct x86_cpu *c)
{
    u32 out[4];

    c->env->cpuid(c, 0xb, 0, out);
    return out[3];
}

void sem_RDTSC(struct x86_cpu *c, const struct x86_insn *in)
{
    (void)in;
    write_edx_eax(c, c->env->rdtsc(c));
}

void sem_RDTSCP(struct x86_cpu *c, const struct x86_insn *in)
{
    u32 aux = tsc_aux(c);

    (void)in;
    write_edx_eax(c, c->env->rdtsc(c));
    c->gpr[X86_RCX] = aux;
}

void sem_RDPID(struct x86_cpu *c, const struct x86_insn *in)
{
    op_write(c, in, 0, tsc_aux(c));
}

void sem_CPUID(struct x86_cpu *c, const struct x86_insn *in)
{
    u32 out[4];

    (void)in;
    c->env->cpuid(c, (u32)c->gpr[X86_RAX], (u32)c->gpr[X86_RCX], out);
    c->gpr[X86_RAX] = out[0];
    c->gpr[X86_RBX] = out[1];
    c->gpr[X86_RCX] = out[2];
    c->gpr[X86_RDX] = out[3];
}

/* CF tells success; on failure the destination is 0 (SDM vol. 2, RDRAND). */
static void random_value(struct x86_cpu *c, const struct x86_insn *in)
{
    u64 v = 0;
    bool ok = c->env->random(&v, in->opnd[0].size);

    op_write(c, in, 0, ok ? v : 0);
    x86_flags_put(c, X86_OSZAPC, ok ? X86_CF : 0);
}

void sem_RDRAND(struct x86_cpu *c, const struct x86_insn *in)
{
    random_value(c, in);
}

void sem_RDSEED(struct x86_cpu *c, const struct x86_insn *in)
{
    random_value(c, in);
}

/* XCR0 only: ECX = 1 needs the XGETBV1 feature, which is not shown. */
void sem_XGETBV(struct x86_cpu *c, const struct x86_insn *in)
{
    (void)in;
    if ((u32)c->gpr[X86_RCX])
        sem_gp(c, 0);
    write_edx_eax(c, c->xcr0);
}

/* Cache control keeps its faults: it is checked as a byte load. */
static void touch(struct x86_cpu *c, const struct x86_insn *in)
{
    *(volatile u8 *)g2h(sem_ea(c, in));
}

void sem_CLFLUSH(struct x86_cpu *c, const struct x86_insn *in)
{
    touch(c, in);
}

void sem_CLFLUSHOPT(struct x86_cpu *c, const struct x86_insn *in)
{
    touch(c, in);
}

void sem_CLWB(struct x86_cpu *c, const struct x86_insn *in)
{
    touch(c, in);
}

SEM_RAISE(LFENCE, (void)c; __atomic_thread_fence(__ATOMIC_SEQ_CST))
SEM_RAISE(MFENCE, (void)c; __atomic_thread_fence(__ATOMIC_SEQ_CST))
SEM_RAISE(SFENCE, (void)c; __atomic_thread_fence(__ATOMIC_SEQ_CST))

void sem_RDFSBASE(struct x86_cpu *c, const struct x86_insn *in)
{
    op_write(c, in, 0, c->seg_base[X86_FS]);
}

void sem_RDGSBASE(struct x86_cpu *c, const struct x86_insn *in)
{
    op_write(c, in, 0, c->seg_base[X86_GS]);
}

static u64 canonical(struct x86_cpu *c, u64 v)
{
    if (!is_canonical(v))
        sem_gp(c, 0);
    return v;
}

void sem_WRFSBASE(struct x86_cpu *c, const struct x86_insn *in)
{
    c->seg_base[X86_FS] = canonical(c, op_read(c, in, 0));
}

void sem_WRGSBASE(struct x86_cpu *c, const struct x86_insn *in)
{
    c->seg_base[X86_GS] = canonical(c, op_read(c, in, 0));
}

/*
 * User-mode instruction prevention: these fault in hardware and Linux answers for it with fixed
 * values (arch/x86 umip): tables at the top of the address space with limit 0, a plain CR0, TSS
 * selector 0x40, no LDT.
 */
static void store_table(struct x86_cpu *c, const struct x86_insn *in, u64 base)
{
    gaddr ea = sem_ea(c, in);
    unsigned size = in->mode == 64 ? 8 : 4;

    mem_write(ea + 2, size, base);
    mem_write(ea, 2, 0);
}

void sem_SGDT(struct x86_cpu *c, const struct x86_insn *in)
{
    store_table(c, in, 0xfffffffffffe0000);
}

void sem_SIDT(struct x86_cpu *c, const struct x86_insn *in)
{
    store_table(c, in, 0xffffffffffff0000);
}

void sem_SMSW(struct x86_cpu *c, const struct x86_insn *in)
{
    op_write(c, in, 0, 0x80050033); /* PG AM WP NE ET MP PE */
}

void sem_SLDT(struct x86_cpu *c, const struct x86_insn *in)
{
    op_write(c, in, 0, 0);
}

void sem_STR(struct x86_cpu *c, const struct x86_insn *in)
{
    op_write(c, in, 0, 0x40);
}
