/*
 * test_sem.c - what the oracle cannot run natively or would not hit: precise state at faults in the
 * middle of an instruction, far transfers between the two code segments, interrupts of string
 * repeats, misaligned LOCK, privileged instructions, CPUID. Each case is guest bytes run for one
 * instruction by interp_step().
 */
#include <stdlib.h>
#include <sys/mman.h>

#include "guest_fault.h"
#include "harness.h"
#include "interp/interp.h"
#include "x86/cpuid.h"
#include "x86/flags.h"

enum { PAGE = 4096, NONE = X86_EXC_NONE };

static struct x86_cpu cpu;
static u8 *code, *data; /* data: two pages, then an unmapped one */
static struct x86_exc seen;
static unsigned calls80, calls;

static void env_syscall(struct x86_cpu *c)
{
    (void)c;
    calls++;
}

static void env_int80(struct x86_cpu *c)
{
    (void)c;
    calls80++;
}

static void env_exception(struct x86_cpu *c)
{
    seen = c->exc;
}

static gaddr env_fetch(struct x86_cpu *c, gaddr pc, bool *checked)
{
    (void)c;
    *checked = false;
    return pc >= h2g(code) && pc < h2g(code) + PAGE ? h2g(code) + PAGE : 0;
}

static u64 env_rdtsc(struct x86_cpu *c)
{
    (void)c;
    return 0x1122334455667788;
}

static bool env_random(void *buf, size_t len)
{
    memset(buf, 0x5a, len);
    return true;
}

static void env_cpuid(struct x86_cpu *c, u32 leaf, u32 subleaf, u32 out[4])
{
    struct x86_cpuid_policy p = {.amd = 1, .ncpus = 4};

    (void)c;
    x86_cpuid(&p, leaf, subleaf, 3, out);
}

static const struct x86_env env = {
    .syscall = env_syscall,
    .int80 = env_int80,
    .exception = env_exception,
    .interrupt = env_syscall,
    .fetch = env_fetch,
    .rdtsc = env_rdtsc,
    .random = env_random,
    .cpuid = env_cpuid,
};

/* A fresh CPU: RSP in the middle of the first data page, RDI at its start, RSI 1 KiB on. */
static void reset(void)
{
    struct interp_thread *t = cpu.interp;

    x86_cpu_init(&cpu, &env);
    cpu.interp = t;
    cpu.gpr[X86_RSP] = h2g(data) + 2048;
    cpu.gpr[X86_RDI] = h2g(data);
    cpu.gpr[X86_RSI] = h2g(data) + 1024;
    memset(data, 0, 2 * PAGE);
}

/* Runs the one instruction; returns the exception it raised or NONE. */
static unsigned step(const char *bytes, size_t n)
{
    memset(code, 0xcc, 64);
    memcpy(code, bytes, n);
    cpu.rip = h2g(code);
    seen.vec = NONE;
    interp_step(&cpu);
    return seen.vec;
}
#define STEP(text) step(text, sizeof(text) - 1)
#define NEXT(text) (h2g(code) + sizeof(text) - 1)

static u64 load64(const void *p)
{
    return ld_u64(p);
}

/*
 * A fault on the write of a read-modify-write leaves the flags, also for ADC, whose restart reads
 * them.
 */
static void test_rmw_fault(void)
{
    reset();
    mprotect(data, PAGE, PROT_READ);
    x86_flags_set(&cpu, X86_FLAGS_FIXED | X86_CF);
    CHECK_EQ(STEP("\x83\x17\xff"), X86_EXC_PF); /* adc dword [rdi], -1 */
    CHECK_EQ(x86_flags_get(&cpu), X86_FLAGS_FIXED | X86_CF);
    CHECK_EQ(cpu.rip, h2g(code));
    CHECK_EQ(STEP("\xf0\xff\x07"), X86_EXC_PF); /* lock inc dword [rdi] */
    CHECK_EQ(x86_flags_get(&cpu), X86_FLAGS_FIXED | X86_CF);
    cpu.gpr[X86_RAX] = 1;                           /* no match, but the CPU writes anyway */
    CHECK_EQ(STEP("\xf0\x0f\xb1\x0f"), X86_EXC_PF); /* lock cmpxchg [rdi], ecx */
    CHECK_EQ(cpu.gpr[X86_RAX], 1);
    CHECK_EQ(STEP("\x0f\xb1\x0f"), X86_EXC_PF);
    CHECK_EQ(STEP("\xd1\x07"), X86_EXC_PF); /* rol dword [rdi], 1 */
    CHECK_EQ(x86_flags_get(&cpu), X86_FLAGS_FIXED | X86_CF);
    mprotect(data, PAGE, PROT_READ | PROT_WRITE);
}

static void test_stack_fault(void)
{
    reset();
    cpu.gpr[X86_RSP] = h2g(data) + 2 * PAGE;
    CHECK_EQ(STEP("\x58"), X86_EXC_PF); /* pop rax */
    CHECK_EQ(cpu.gpr[X86_RSP], h2g(data) + 2 * PAGE);
    CHECK_EQ(STEP("\x50"), NONE); /* push rax */
    CHECK_EQ(cpu.gpr[X86_RSP], h2g(data) + 2 * PAGE - 8);
    cpu.gpr[X86_RCX] = 16;
    CHECK_EQ(STEP("\x8f\x04\x24"), X86_EXC_PF); /* pop [rsp]: address after the pop */
    CHECK_EQ(cpu.gpr[X86_RSP], h2g(data) + 2 * PAGE - 8);
    CHECK_EQ(STEP("\x8f\x44\x24\xf0"), NONE); /* pop [rsp-16] */
    CHECK_EQ(cpu.gpr[X86_RSP], h2g(data) + 2 * PAGE);
    cpu.gpr[X86_RSP] = h2g(data) + 2048;
    STEP("\x54"); /* push rsp: the value of before */
    CHECK_EQ(load64(data + 2040), h2g(data) + 2048);
    st_u64(data + 2040, 7);
    STEP("\x5c"); /* pop rsp */
    CHECK_EQ(cpu.gpr[X86_RSP], 7);
}

static void test_enter_leave(void)
{
    reset();
    cpu.gpr[X86_RBP] = h2g(data) + 3000;
    st_u64(data + 2992, 0x1111);
    CHECK_EQ(STEP("\xc8\x20\x00\x02"), NONE); /* enter 32, 2 */
    CHECK_EQ(cpu.gpr[X86_RBP], h2g(data) + 2040);
    CHECK_EQ(cpu.gpr[X86_RSP], h2g(data) + 2048 - 24 - 32);
    CHECK_EQ(load64(data + 2040), h2g(data) + 3000);
    CHECK_EQ(load64(data + 2032), 0x1111);
    CHECK_EQ(load64(data + 2024), h2g(data) + 2040);
    STEP("\xc9"); /* leave */
    CHECK_EQ(cpu.gpr[X86_RBP], h2g(data) + 3000);
    CHECK_EQ(cpu.gpr[X86_RSP], h2g(data) + 2048);
}

/* REP over the end of the mapping: as many elements as fit are done and counted. */
static void test_rep_fault(void)
{
    reset();
    cpu.gpr[X86_RDI] = h2g(data) + 2 * PAGE - 20;
    cpu.gpr[X86_RCX] = 100;
    cpu.gpr[X86_RAX] = 0x55;
    CHECK_EQ(STEP("\xf3\xaa"), X86_EXC_PF); /* rep stosb */
    CHECK_EQ(cpu.gpr[X86_RCX], 80);
    CHECK_EQ(cpu.gpr[X86_RDI], h2g(data) + 2 * PAGE);
    CHECK_EQ(data[2 * PAGE - 1], 0x55);
    CHECK_EQ(cpu.rip, h2g(code));
    cpu.gpr[X86_RSI] = h2g(data) + 2 * PAGE - 20;
    cpu.gpr[X86_RDI] = h2g(data);
    cpu.gpr[X86_RCX] = 100;
    CHECK_EQ(STEP("\xf3\xa5"), X86_EXC_PF); /* rep movsd */
    CHECK_EQ(cpu.gpr[X86_RCX], 95);
    CHECK_EQ(cpu.gpr[X86_RDI], h2g(data) + 20);
    CHECK_EQ(data[19], 0x55);
    cpu.gpr[X86_RDI] = h2g(data) + 2 * PAGE - 20;
    cpu.gpr[X86_RCX] = 100;
    /* repe scasb: 20 equal bytes, then the fault; the flags are those of the last comparison */
    x86_flags_set(&cpu, X86_FLAGS_FIXED);
    CHECK_EQ(STEP("\xf3\xae"), X86_EXC_PF);
    CHECK_EQ(cpu.gpr[X86_RCX], 80);
    CHECK_EQ(x86_flags_get(&cpu), X86_FLAGS_FIXED | X86_ZF | X86_PF);
}

/*
 * Overlap: a forward copy onto higher addresses repeats its pattern; backward copies as memmove
 * would.
 */
static void test_rep_overlap(void)
{
    reset();
    memcpy(data, "abc", 3);
    cpu.gpr[X86_RSI] = h2g(data);
    cpu.gpr[X86_RDI] = h2g(data) + 3;
    cpu.gpr[X86_RCX] = 2 * PAGE - 3;
    CHECK_EQ(STEP("\xf3\xa4"), NONE); /* rep movsb */
    for (unsigned i = 0; i < 2 * PAGE; i++) {
        if (data[i] != "abc"[i % 3]) {
            CHECK_EQ(data[i], "abc"[i % 3]);
            break;
        }
    }
    CHECK_EQ(cpu.gpr[X86_RCX], 0);
    CHECK_EQ(cpu.gpr[X86_RDI], h2g(data) + 2 * PAGE);
    memcpy(data, "0123456789", 10);
    cpu.gpr[X86_RSI] = h2g(data) + 9;
    cpu.gpr[X86_RDI] = h2g(data) + 12;
    cpu.gpr[X86_RCX] = 10;
    cpu.eflags |= X86_DF;
    STEP("\xf3\xa4");
    CHECK(!memcmp(data, "0120123456789", 13));
    CHECK_EQ(cpu.gpr[X86_RSI], h2g(data) - 1);
}

/* A pending request stops a long repeat at an exact place, with rip on the instruction. */
static void test_rep_interrupt(void)
{
    reset();
    cpu.gpr[X86_RCX] = 2 * PAGE;
    cpu.gpr[X86_RAX] = 1;
    cpu.pending = 1;
    STEP("\xf3\xaa");
    CHECK_EQ(cpu.rip, h2g(code));
    CHECK_EQ(cpu.gpr[X86_RCX] + (cpu.gpr[X86_RDI] - h2g(data)), 2 * PAGE);
    CHECK(cpu.gpr[X86_RCX] > 0 && cpu.gpr[X86_RCX] < 2 * PAGE);
    cpu.pending = 0;
    STEP("\xf3\xaa");
    CHECK_EQ(cpu.rip, NEXT("\xf3\xaa"));
    CHECK_EQ(cpu.gpr[X86_RCX], 0);
    CHECK_EQ(data[2 * PAGE - 1], 1);
}

static void test_scan(void)
{
    reset();
    memset(data, 'x', 5000);
    data[4500] = 0;
    cpu.gpr[X86_RCX] = ~0ull;
    STEP("\xf2\xae"); /* repne scasb: strlen */
    CHECK_EQ(~cpu.gpr[X86_RCX] - 1, 4500);
    CHECK(x86_cond(&cpu, 4));
    cpu.gpr[X86_RSI] = h2g(data);
    cpu.gpr[X86_RDI] = h2g(data) + 1;
    cpu.gpr[X86_RCX] = 6000;
    STEP("\xf3\xa6"); /* repe cmpsb stops where 'x' meets 0 */
    CHECK_EQ(cpu.gpr[X86_RSI], h2g(data) + 4500);
    CHECK(!x86_cond(&cpu, 4));
    CHECK(x86_cond(&cpu, 7)); /* 'x' is above 0 */
    cpu.gpr[X86_RCX] = 0;
    x86_flags_set(&cpu, X86_FLAGS_FIXED | X86_OSZAPC);
    STEP("\xf3\xa6"); /* count 0 changes nothing */
    CHECK_EQ(x86_flags_get(&cpu), X86_FLAGS_FIXED | X86_OSZAPC);
}

/*
 * LOCK at every offset of a cache line, also across it: the result is that of the plain operation.
 */
static void test_locked(void)
{
    for (unsigned at = 32; at < 72; at++) {
        reset();
        for (unsigned i = 0; i < 128; i++)
            data[i] = (u8)(i * 7);
        u64 before = load64(data + at);
        u8 below = data[at - 1], above = data[at + 8];

        cpu.gpr[X86_RDI] = h2g(data) + at;
        cpu.gpr[X86_RAX] = 0x0123456789abcdef;
        CHECK_EQ(STEP("\xf0\x48\x01\x07"), NONE); /* lock add [rdi], rax */
        CHECK_EQ(load64(data + at), before + 0x0123456789abcdef);
        CHECK_EQ(STEP("\x48\x87\x07"), NONE); /* xchg [rdi], rax */
        CHECK_EQ(cpu.gpr[X86_RAX], before + 0x0123456789abcdef);
        CHECK_EQ(load64(data + at), 0x0123456789abcdef);
        cpu.gpr[X86_RAX] = 0x0123456789abcdef;
        cpu.gpr[X86_RCX] = 5;
        CHECK_EQ(STEP("\xf0\x48\x0f\xb1\x0f"), NONE); /* lock cmpxchg [rdi], rcx */
        CHECK(x86_cond(&cpu, 4));
        CHECK_EQ(STEP("\xf0\x48\x0f\xb1\x0f"), NONE);
        CHECK(!x86_cond(&cpu, 4));
        CHECK_EQ(cpu.gpr[X86_RAX], 5);
        CHECK_EQ(STEP("\xf0\x66\x0f\xc1\x0f"), NONE); /* lock xadd [rdi], cx */
        CHECK_EQ(load64(data + at), 10);
        CHECK_EQ(cpu.gpr[X86_RCX], 5);
        CHECK_EQ(data[at - 1], below);
        CHECK_EQ(data[at + 8], above);
    }
    reset();
    CHECK_EQ(STEP("\xf0\x48\x0f\xc7\x4f\x08"), X86_EXC_GP); /* lock cmpxchg16b [rdi+8] */
    cpu.gpr[X86_RBX] = 1;
    cpu.gpr[X86_RCX] = 2;
    CHECK_EQ(STEP("\xf0\x48\x0f\xc7\x0f"), NONE);
    CHECK(x86_cond(&cpu, 4));
    CHECK_EQ(load64(data), 1);
    CHECK_EQ(load64(data + 8), 2);
    CHECK_EQ(STEP("\xf0\x48\x0f\xc7\x0f"), NONE);
    CHECK(!x86_cond(&cpu, 4));
    CHECK_EQ(cpu.gpr[X86_RAX], 1);
    CHECK_EQ(cpu.gpr[X86_RDX], 2);
}

static void test_divide(void)
{
    reset();
    cpu.gpr[X86_RDX] = 5;
    cpu.gpr[X86_RCX] = 5;
    CHECK_EQ(STEP("\x48\xf7\xf1"), X86_EXC_DE); /* div rcx: quotient 2^64 */
    CHECK_EQ(cpu.rip, h2g(code));
    CHECK_EQ(cpu.gpr[X86_RDX], 5);
    cpu.gpr[X86_RDX] = 4;
    cpu.gpr[X86_RAX] = ~0ull;
    CHECK_EQ(STEP("\x48\xf7\xf1"), NONE);
    CHECK_EQ(cpu.gpr[X86_RAX], ~0ull);
    CHECK_EQ(cpu.gpr[X86_RDX], 4);
    cpu.gpr[X86_RDX] = 1ull << 63;
    cpu.gpr[X86_RAX] = 0;
    cpu.gpr[X86_RCX] = ~0ull;
    CHECK_EQ(STEP("\x48\xf7\xf9"), X86_EXC_DE); /* idiv rcx: -2^127 / -1 */
    cpu.gpr[X86_RDX] = ~0ull;
    cpu.gpr[X86_RAX] = 1ull << 63;
    CHECK_EQ(STEP("\x48\xf7\xf9"), X86_EXC_DE); /* -2^63 / -1 */
    cpu.gpr[X86_RCX] = 1;
    CHECK_EQ(STEP("\x48\xf7\xf9"), NONE);
    CHECK_EQ(cpu.gpr[X86_RAX], 1ull << 63);
    cpu.gpr[X86_RCX] = 0;
    CHECK_EQ(STEP("\xf6\xf1"), X86_EXC_DE); /* div cl */
}

static void test_flag_loads(void)
{
    reset();
    st_u64(data + 2048, ~0ull);
    STEP("\x9d"); /* popfq: IOPL, VM, RF, VIF, VIP stay */
    CHECK_EQ(x86_flags_get(&cpu),
             X86_FLAGS_FIXED | X86_OSZAPC | X86_TF | X86_DF | X86_NT | X86_AC | X86_ID);
    st_u64(data + 2056, 0);
    STEP("\x9d");
    CHECK_EQ(x86_flags_get(&cpu), X86_FLAGS_FIXED);
    STEP("\xf9"); /* stc */
    STEP("\x9c"); /* pushfq */
    CHECK_EQ(load64(data + 2056), X86_FLAGS_FIXED | X86_CF);
    STEP("\x9f"); /* lahf */
    CHECK_EQ(cpu.gpr[X86_RAX] >> 8, 3);
}

/* Into 32-bit code and back, by every far transfer; other selectors fault and change nothing. */
static void test_far(void)
{
    u64 target = (u32)h2g(code) + 32;

    reset();
    st_u32(data, (u32)target);
    st_u16(data + 4, 0x23);
    CHECK_EQ(STEP("\xff\x2f"), NONE); /* jmp far [rdi] */
    CHECK_EQ(cpu.mode, 32);
    CHECK_EQ(cpu.seg[X86_CS], 0x23);
    CHECK_EQ(cpu.rip, target);
    reset();
    st_u64(data + 2048, 0x123456);
    st_u64(data + 2056, 0x23);
    CHECK_EQ(STEP("\x48\xcb"), NONE); /* retfq */
    CHECK_EQ(cpu.mode, 32);
    CHECK_EQ(cpu.gpr[X86_RSP], h2g(data) + 2064);
    reset();
    st_u64(data + 2048, h2g(code) + 9);
    st_u64(data + 2056, 0x33);
    st_u64(data + 2064, X86_CF | X86_DF);
    st_u64(data + 2072, h2g(data) + 512);
    st_u64(data + 2080, 0x2b);
    CHECK_EQ(STEP("\x48\xcf"), NONE); /* iretq */
    CHECK_EQ(cpu.rip, h2g(code) + 9);
    CHECK_EQ(cpu.gpr[X86_RSP], h2g(data) + 512);
    CHECK_EQ(x86_flags_get(&cpu), X86_FLAGS_FIXED | X86_CF | X86_DF);
    reset();
    st_u16(data + 4, 0x10);                 /* the kernel's */
    CHECK_EQ(STEP("\xff\x1f"), X86_EXC_GP); /* call far [rdi] */
    CHECK_EQ(seen.err, 0x10);
    CHECK_EQ(cpu.gpr[X86_RSP], h2g(data) + 2048);
    cpu.gpr[X86_RAX] = 0x10;
    CHECK_EQ(STEP("\x8e\xd8"), X86_EXC_GP); /* mov ds, ax */
    cpu.gpr[X86_RAX] = 0;
    CHECK_EQ(STEP("\x8e\xd0"), X86_EXC_GP); /* mov ss, 0 */
    CHECK_EQ(STEP("\x8e\xd8"), NONE);
    cpu.gpr[X86_RAX] = 0x2b;
    CHECK_EQ(STEP("\x8e\xc0"), NONE); /* mov es, ax */
    CHECK_EQ(cpu.seg[X86_ES], 0x2b);
}

static void test_interrupts(void)
{
    reset();
    CHECK_EQ(STEP("\xcd\x80"), NONE);
    CHECK_EQ(calls80, 1);
    CHECK_EQ(STEP("\xcd\x21"), X86_EXC_GP);
    CHECK_EQ(seen.err, 0x21 * 8 + 2);
    CHECK_EQ(STEP("\xcc"), X86_EXC_BP);
    CHECK(seen.is_trap);
    CHECK_EQ(cpu.rip, NEXT("\xcc"));
    CHECK_EQ(STEP("\xf1"), X86_EXC_DB);
    CHECK_EQ(STEP("\x0f\x0b"), X86_EXC_UD);
    CHECK_EQ(cpu.rip, h2g(code));
    CHECK_EQ(STEP("\xf4"), X86_EXC_GP);         /* hlt */
    CHECK_EQ(STEP("\xfa"), X86_EXC_GP);         /* cli */
    CHECK_EQ(STEP("\xec"), X86_EXC_GP);         /* in al, dx */
    CHECK_EQ(STEP("\xf3\x6c"), X86_EXC_GP);     /* rep insb */
    CHECK_EQ(STEP("\x0f\x20\xc0"), X86_EXC_GP); /* mov rax, cr0 */
    CHECK_EQ(STEP("\x0f\x32"), X86_EXC_GP);     /* rdmsr */
    x86_flags_set(&cpu, X86_FLAGS_FIXED | X86_ZF);
    CHECK_EQ(STEP("\x0f\x05"), NONE);
    CHECK_EQ(calls, 1);
    CHECK_EQ(cpu.gpr[X86_RCX], NEXT("\x0f\x05"));
    CHECK_EQ(cpu.gpr[X86_R11], X86_FLAGS_FIXED | X86_ZF);
}

/* 32-bit mode: operations that 64-bit mode does not have. */
static void test_mode32(void)
{
    reset();
    cpu.mode = 32;
    cpu.gpr[X86_RAX] = 0x79;
    x86_flags_set(&cpu, X86_FLAGS_FIXED | X86_AF);
    STEP("\x27"); /* daa */
    CHECK_EQ(cpu.gpr[X86_RAX], 0x7f);
    cpu.gpr[X86_RAX] = 0x9c;
    x86_flags_set(&cpu, X86_FLAGS_FIXED);
    STEP("\x27");
    CHECK_EQ(cpu.gpr[X86_RAX], 0x02);
    CHECK_EQ(x86_flags_get(&cpu) & (X86_CF | X86_AF), X86_CF | X86_AF);
    cpu.gpr[X86_RAX] = 0x0f;
    x86_flags_set(&cpu, X86_FLAGS_FIXED);
    STEP("\x37"); /* aaa */
    CHECK_EQ(cpu.gpr[X86_RAX], 0x105);
    cpu.gpr[X86_RAX] = 0x49;
    STEP("\xd4\x0a"); /* aam */
    CHECK_EQ(cpu.gpr[X86_RAX], 0x703);
    STEP("\xd5\x0a"); /* aad */
    CHECK_EQ(cpu.gpr[X86_RAX], 0x49);
    CHECK_EQ(STEP("\xd4\x00"), X86_EXC_DE);
    x86_flags_set(&cpu, X86_FLAGS_FIXED | X86_OF);
    CHECK_EQ(STEP("\xce"), X86_EXC_OF); /* into */
    CHECK_EQ(STEP("\x40"), NONE);       /* inc eax */
    CHECK_EQ(cpu.gpr[X86_RAX], 0x4a);
    cpu.gpr[X86_RBX] = 0x10;
    cpu.gpr[X86_RCX] = 0x13;
    STEP("\x63\xcb"); /* arpl bx, cx */
    CHECK_EQ(cpu.gpr[X86_RBX], 0x13);
}

static void test_system_reads(void)
{
    reset();
    STEP("\x0f\x31"); /* rdtsc */
    CHECK_EQ(cpu.gpr[X86_RAX], 0x55667788);
    CHECK_EQ(cpu.gpr[X86_RDX], 0x11223344);
    STEP("\xf3\x0f\xc7\xf8"); /* rdpid rax */
    CHECK_EQ(cpu.gpr[X86_RAX], 3);
    STEP("\x48\x0f\xc7\xf0"); /* rdrand rax */
    CHECK_EQ(cpu.gpr[X86_RAX], 0x5a5a5a5a5a5a5a5a);
    CHECK_EQ(x86_flags_get(&cpu) & X86_OSZAPC, X86_CF);
    cpu.gpr[X86_RCX] = 0;
    STEP("\x0f\x01\xd0"); /* xgetbv */
    CHECK_EQ(cpu.gpr[X86_RAX], 7);
    cpu.gpr[X86_RCX] = 5;
    CHECK_EQ(STEP("\x0f\x01\xd0"), X86_EXC_GP);
    cpu.gpr[X86_RAX] = 1ull << 47;
    CHECK_EQ(STEP("\xf3\x48\x0f\xae\xd0"), X86_EXC_GP); /* wrfsbase rax, not canonical */
    cpu.gpr[X86_RAX] = 0x7000;
    CHECK_EQ(STEP("\xf3\x48\x0f\xae\xd0"), NONE);
    CHECK_EQ(cpu.seg_base[X86_FS], 0x7000);
    cpu.gpr[X86_RAX] = 0x33;
    STEP("\x0f\x02\xc8"); /* lar ecx, eax */
    CHECK_EQ(cpu.gpr[X86_RCX], 0xaffb00);
    CHECK(x86_cond(&cpu, 4));
}

static bool has(const struct x86_cpuid_policy *p, u32 leaf, unsigned reg, unsigned bit)
{
    u32 out[4];

    x86_cpuid(p, leaf, 0, 0, out);
    return out[reg] >> bit & 1;
}

static void test_cpuid(void)
{
    struct x86_cpuid_policy p = {.ncpus = 8, .tsc_khz = 2500000};
    u32 out[4];
    char text[49] = {0};

    CHECK_EQ(x86_feature_by_name("AVX2"), X86_FEAT_AVX2);
    CHECK_EQ(x86_feature_by_name("AVX3"), X86_FEAT_NONE);
    x86_cpuid(&p, 0, 0, 0, out);
    CHECK(out[0] >= 0xd && !memcmp(&out[1], "Genu", 4) && !memcmp(&out[3], "ineI", 4) &&
          !memcmp(&out[2], "ntel", 4));
    CHECK(has(&p, 1, 2, 28) && has(&p, 7, 1, 5) && has(&p, 1, 3, 28));
    CHECK(!has(&p, 0x80000001, 2, 6)); /* SSE4A is AMD's */
    p.amd = 1;
    CHECK(has(&p, 0x80000001, 2, 6) && has(&p, 0x80000001, 3, 29));
    x86_cpuid(&p, 0xd, 0, 0, out);
    CHECK(out[0] == 7 && out[1] == 832 && out[2] == 832 && out[3] == 0);
    p.masked[X86_FEAT_AVX] = 1; /* takes its extensions along */
    CHECK(!has(&p, 1, 2, 28) && !has(&p, 7, 1, 5) && !has(&p, 1, 2, 12) && has(&p, 1, 2, 20));
    x86_cpuid(&p, 0xd, 0, 0, out);
    CHECK(out[0] == 3 && out[1] == 576);
    p.masked[X86_FEAT_SSE3] = 1;
    CHECK(!has(&p, 1, 2, 20) && has(&p, 1, 3, 26));
    for (u32 i = 0; i < 3; i++) {
        x86_cpuid(&p, 0x80000002 + i, 0, 0, out);
        memcpy(text + 16 * i, out, 16);
    }
    CHECK_STR(text, "box64 virtual x86-64 processor @ 2.50GHz");
    x86_cpuid(&p, 0x12345, 0, 0, out);
    CHECK(!(out[0] | out[1] | out[2] | out[3]));
}

int main(void)
{
    struct x86_cpu *const the_cpu = &cpu;

    catch_guest_faults(&the_cpu);
    /* below 4 GiB: the far tests enter 32-bit mode here */
    code = mmap((void *)0x10000000, 4 * PAGE, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (code == MAP_FAILED || interp_init() || interp_thread_init(&cpu))
        return 1;
    data = code + PAGE;
    munmap(code + 3 * PAGE, PAGE);
    RUN(test_rmw_fault);
    RUN(test_stack_fault);
    RUN(test_enter_leave);
    RUN(test_rep_fault);
    RUN(test_rep_overlap);
    RUN(test_rep_interrupt);
    RUN(test_scan);
    RUN(test_locked);
    RUN(test_divide);
    RUN(test_flag_loads);
    RUN(test_far);
    RUN(test_interrupts);
    RUN(test_mode32);
    RUN(test_system_reads);
    RUN(test_cpuid);
    return harness_done();
}
