/*
 * test_interp.c - the interpreter's loop and block cache: links, self-modifying code, checked
 * pages, invalidation from another thread, precise faults, traps, nested runs and unwinding. Guest
 * code is written as bytes, with its text beside it.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "guest_fault.h"
#include "harness.h"
#include "interp/interp.h"
#include "x86/flags.h"

static struct x86_cpu *cpu;
static u8 *code, *data;
static bool fetch_checked;
static struct x86_exc seen;
static u64 seen_rip;
static unsigned syscalls, interrupts;
static void (*on_syscall)(struct x86_cpu *c);

static void env_syscall(struct x86_cpu *c)
{
    syscalls++;
    if (on_syscall)
        on_syscall(c);
    else
        interp_leave(c);
}

static void env_exception(struct x86_cpu *c)
{
    seen = c->exc;
    seen_rip = c->rip;
    interp_leave(c);
}

static void env_interrupt(struct x86_cpu *c)
{
    interrupts++;
    interp_leave(c);
}

static gaddr env_fetch(struct x86_cpu *c, gaddr pc, bool *checked)
{
    (void)c;
    *checked = fetch_checked;
    errno = ENOMEM; /* what malloc may leave behind while a block is made */
    return pc >= h2g(code) && pc < h2g(code) + 8192 ? h2g(code) + 8192 : 0;
}

static u64 env_rdtsc(struct x86_cpu *c)
{
    (void)c;
    return 42;
}

static bool env_random(void *buf, size_t len)
{
    memset(buf, 7, len);
    return true;
}

static void env_cpuid(struct x86_cpu *c, u32 leaf, u32 subleaf, u32 out[4])
{
    (void)c;
    out[0] = leaf;
    out[1] = subleaf;
    out[2] = out[3] = 0;
}

static const struct x86_env env = {.syscall = env_syscall,
                                   .int80 = env_syscall,
                                   .exception = env_exception,
                                   .interrupt = env_interrupt,
                                   .fetch = env_fetch,
                                   .rdtsc = env_rdtsc,
                                   .random = env_random,
                                   .cpuid = env_cpuid};

/* New code at the start of the code page; a fresh CPU with RSP in the data page. */
static void setup(const void *bytes, size_t n)
{
    memcpy(code, bytes, n);
    interp_invalidate(h2g(code), h2g(code) + 8192);
    if (cpu) {
        interp_thread_exit(cpu);
        free(cpu);
    }
    cpu = aligned_alloc(32, (sizeof *cpu + 31) & ~31ul);
    x86_cpu_init(cpu, &env);
    interp_thread_init(cpu);
    cpu->rip = h2g(code);
    cpu->gpr[X86_RSP] = h2g(data) + 2048;
    cpu->gpr[X86_RBX] = h2g(data);
    seen = (struct x86_exc){.vec = X86_EXC_NONE};
    syscalls = interrupts = 0;
    on_syscall = NULL;
    fetch_checked = false;
}

#define CODE(...)                                                                                  \
    static const u8 bytes[] = {__VA_ARGS__};                                                       \
    setup(bytes, sizeof bytes)

static void test_loop(void)
{
    CODE(0x31, 0xc0,          /* xor eax, eax */
         0xb9, 0x64, 0, 0, 0, /* mov ecx, 100 */
         0x01, 0xc8,          /* add eax, ecx */
         0x83, 0xe9, 0x01,    /* sub ecx, 1 */
         0x75, 0xf9,          /* jnz add */
         0x0f, 0x05);         /* syscall */
    interp_run(cpu);
    CHECK_EQ(cpu->gpr[X86_RAX], 5050);
    CHECK_EQ(cpu->rip, h2g(code) + 16);
    CHECK_EQ(cpu->gpr[X86_RCX], h2g(code) + 16);
    CHECK_EQ(x86_flags_get(cpu) & X86_OSZAPC, X86_ZF | X86_PF);
    CHECK_EQ(interp_depth(cpu), 0);
}

/* With the native libc errno belongs to the guest: making blocks must not change it. */
static void test_errno(void)
{
    CODE(0x31, 0xc0,  /* xor eax, eax */
         0x0f, 0x05); /* syscall */
    errno = 77;
    interp_run(cpu);
    CHECK_EQ(errno, 77);
}

static void test_call_ret(void)
{
    CODE(0xe8, 6, 0, 0, 0,             /* call f */
         0x48, 0xff, 0xc0,             /* inc rax */
         0x0f, 0x05,                   /* syscall */
         0x90, 0x48, 0x8d, 0x04, 0x5b, /* f: lea rax, [rbx+rbx*2] */
         0xc3);                        /* ret */
    interp_run(cpu);
    CHECK_EQ(cpu->gpr[X86_RAX], 3 * h2g(data) + 1);
    CHECK_EQ(cpu->gpr[X86_RSP], h2g(data) + 2048);
}

/* A block that rewrites its own next instruction: the new bytes must run. */
static void test_self_modifying(void)
{
    CODE(0xc6, 0x05, 0x01, 0, 0, 0, 0x2a, /* mov byte [rip+1], 42: the immediate of the next one */
         0xb0, 0x01,                      /* mov al, 1 */
         0x0f, 0x05);                     /* syscall */
    fetch_checked = true;
    interp_run(cpu);
    CHECK_EQ(cpu->gpr[X86_RAX] & 0xff, 42);
    code[8] = 7;
    cpu->rip = h2g(code) + 7;
    interp_run(cpu);
    CHECK_EQ(cpu->gpr[X86_RAX] & 0xff, 7);
}

static void test_invalidate(void)
{
    CODE(0xb8, 1, 0, 0, 0, /* mov eax, 1 */
         0x0f, 0x05);      /* syscall */
    interp_run(cpu);
    CHECK_EQ(cpu->gpr[X86_RAX], 1);
    code[1] = 2;
    interp_invalidate(h2g(code) + 1, h2g(code) + 2);
    cpu->rip = h2g(code);
    interp_run(cpu);
    CHECK_EQ(cpu->gpr[X86_RAX], 2);
}

static void test_precise_fault(void)
{
    CODE(0x83, 0xc0, 0x05, /* add eax, 5 */
         0x01, 0x01,       /* add [rcx], eax: faults */
         0x0f, 0x05);
    cpu->gpr[X86_RAX] = ~0ull >> 32;
    cpu->gpr[X86_RCX] = 16;
    interp_run(cpu);
    CHECK_EQ(seen.vec, X86_EXC_PF);
    CHECK_EQ(seen.addr, 16);
    CHECK_EQ(seen_rip, h2g(code) + 3);
    CHECK_EQ(cpu->gpr[X86_RAX], 4);
    CHECK_EQ(x86_flags_get(cpu) & X86_OSZAPC, X86_CF | X86_AF);
}

static void test_fetch_faults(void)
{
    CODE(0x0f, 0x0b); /* ud2 */
    interp_run(cpu);
    CHECK_EQ(seen.vec, X86_EXC_UD);
    CHECK_EQ(seen_rip, h2g(code));
    cpu->rip = 0x1234;
    interp_run(cpu);
    CHECK_EQ(seen.vec, X86_EXC_PF);
    CHECK_EQ(seen.addr, 0x1234);
    code[8191] = 0xb8; /* mov eax, imm32 cut by the end of the executable range */
    cpu->rip = h2g(code) + 8191;
    interp_run(cpu);
    CHECK_EQ(seen.vec, X86_EXC_PF);
    CHECK_EQ(seen.addr, h2g(code) + 8192);
}

static void test_trap_flag(void)
{
    CODE(0x90, 0x90, 0x0f, 0x05); /* nop; nop; syscall */
    cpu->eflags |= X86_TF;
    interp_run(cpu);
    CHECK_EQ(seen.vec, X86_EXC_DB);
    CHECK_EQ(seen.is_trap, 1);
    CHECK_EQ(seen_rip, h2g(code) + 1);
}

static void test_pending(void)
{
    CODE(0xeb, 0xfe); /* jmp self */
    cpu->pending = 1;
    interp_run(cpu);
    CHECK_EQ(interrupts, 1);
    CHECK_EQ(cpu->pending, 0);
    CHECK_EQ(cpu->rip, h2g(code));
}

static void *interrupt_soon(void *arg)
{
    struct timespec t = {0, 20000000};

    (void)arg;
    nanosleep(&t, NULL);
    __atomic_store_n(&cpu->pending, 1, __ATOMIC_RELEASE);
    return NULL;
}

/* A linked endless loop must see a request from another thread. */
static void test_pending_in_loop(void)
{
    pthread_t t;

    CODE(0x48, 0xff, 0xc0, 0xeb, 0xfb); /* l: inc rax; jmp l */
    pthread_create(&t, NULL, interrupt_soon, NULL);
    interp_run(cpu);
    pthread_join(t, NULL);
    CHECK_EQ(interrupts, 1);
    CHECK(cpu->gpr[X86_RAX] > 0);
}

static unsigned inner_depth;

static void nested(struct x86_cpu *c)
{
    if (syscalls == 1) {
        u64 rip = c->rip;

        c->rip = h2g(code) + 16;
        interp_run(c); /* runs mov ebx, 9; syscall */
        c->rip = rip;
        return;
    }
    inner_depth = interp_depth(c);
    interp_leave(c);
}

static void test_nested_run(void)
{
    CODE(0xb8, 1, 0, 0, 0,                                           /* mov eax, 1 */
         0x0f, 0x05,                                                 /* syscall -> nested run */
         0x0f, 0x05,                                                 /* syscall -> leave */
         0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0xbb, 9, 0, 0, 0, /* mov ebx, 9 */
         0x0f, 0x05);
    on_syscall = nested;
    interp_run(cpu);
    CHECK_EQ(cpu->gpr[X86_RBX], 9);
    CHECK_EQ(inner_depth, 1);
    CHECK_EQ(syscalls, 3);
    CHECK_EQ(cpu->rip, h2g(code) + 9);
}

static void unwinding(struct x86_cpu *c)
{
    if (syscalls == 1) {
        c->rip = h2g(code) + 16;
        interp_run(c);
        CHECK(false); /* dropped by interp_unwind */
    } else if (syscalls == 2) {
        c->rip = h2g(code) + 7;
        interp_unwind(c, 1);
    } else {
        interp_leave(c);
    }
}

static void test_unwind(void)
{
    CODE(0xb8, 1, 0, 0, 0, 0x0f, 0x05,                          /* mov eax, 1; syscall -> nested */
         0x0f, 0x05,                                            /* syscall -> leave */
         0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x0f, 0x05); /* nested: syscall -> unwind */
    on_syscall = unwinding;
    interp_run(cpu);
    CHECK_EQ(syscalls, 3);
    CHECK_EQ(cpu->rip, h2g(code) + 9);
    CHECK_EQ(interp_depth(cpu), 0);
}

static void test_step(void)
{
    CODE(0xb8, 5, 0, 0, 0, 0x0f, 0x0b); /* mov eax, 5; ud2 */
    interp_step(cpu);
    CHECK_EQ(cpu->gpr[X86_RAX], 5);
    CHECK_EQ(cpu->rip, h2g(code) + 5);
    interp_step(cpu);
    CHECK_EQ(seen.vec, X86_EXC_UD);
    CHECK_EQ(seen_rip, h2g(code) + 5);
}

/* Many short-lived blocks: dead ones are reclaimed, links into them are cut. */
static void test_churn(void)
{
    CODE(0xe8, 0x0b, 0, 0, 0, /* call +16 */
         0x0f, 0x05,          /* syscall */
         0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0xb8, 0, 0, 0, 0,
         0xc3); /* mov eax, n; ret */
    for (u32 i = 0; i < 5000; i++) {
        memcpy(code + 17, &i, 4);
        interp_invalidate(h2g(code) + 16, h2g(code) + 22);
        cpu->rip = h2g(code);
        interp_run(cpu);
        if (cpu->gpr[X86_RAX] != i)
            break;
    }
    CHECK_EQ(cpu->gpr[X86_RAX], 4999);
}

int main(void)
{
    catch_guest_faults(&cpu);
    code = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    data = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK_EQ(interp_init(), 0);
    RUN(test_loop);
    RUN(test_errno);
    RUN(test_call_ret);
    RUN(test_self_modifying);
    RUN(test_invalidate);
    RUN(test_precise_fault);
    RUN(test_fetch_faults);
    RUN(test_trap_flag);
    RUN(test_pending);
    RUN(test_pending_in_loop);
    RUN(test_nested_run);
    RUN(test_unwind);
    RUN(test_step);
    RUN(test_churn);
    return harness_done();
}
