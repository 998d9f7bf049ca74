/*
 * env.c - struct x86_env of a real run (see env.h). Set by main before the first guest instruction.
 */
#define _GNU_SOURCE
#include "env.h"

#include <sched.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "bridge/bridge.h"
#include "config/config.h"
#include "linux/linux.h"
#include "mem/mem.h"
#include "signal/signal.h"
#include "x86/cpuid.h"

#define TSC_KHZ                                                                                    \
    1000000 /* RDTSC counts nanoseconds of CLOCK_MONOTONIC: one rate on every host and core */

static struct x86_cpuid_policy policy;

static gaddr env_fetch(struct x86_cpu *c, gaddr pc, bool *checked)
{
    (void)c;
    return mem_fetch(pc, checked);
}

static u64 env_rdtsc(struct x86_cpu *c)
{
    struct timespec t;

    (void)c;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (u64)t.tv_sec * 1000000000u + (u64)t.tv_nsec;
}

static bool env_random(void *buf, size_t len)
{
    return getrandom(buf, len, 0) == (ssize_t)len;
}

static void env_cpuid(struct x86_cpu *c, u32 leaf, u32 subleaf, u32 out[4])
{
    int cpu = sched_getcpu();

    (void)c;
    x86_cpuid(&policy, leaf, subleaf, cpu > 0 ? (u32)cpu % policy.ncpus : 0, out);
}

/* The i386 system calls are not served: what a kernel without IA32 emulation does, #GP with the
 * vector's error code. */
static void env_int80(struct x86_cpu *c)
{
    x86_raise(c, X86_EXC_GP, 0x80 * 8 + 2, 0);
}

const struct x86_env guest_env = {
    .syscall = linux_syscall,
    .int80 = env_int80,
    .bridge = br_int3,
    .native = br_native,
    .native_end = sig_native_end,
    .exception = sig_exception,
    .interrupt = sig_interrupt,
    .fetch = env_fetch,
    .read = sig_read,
    .rdtsc = env_rdtsc,
    .random = env_random,
    .cpuid = env_cpuid,
};

static void hide(const char *const *names)
{
    for (; *names; names++)
        policy.masked[x86_feature_by_name(*names)] = 1;
}

static void hide_list(const char *list)
{
    const char *at = list, *item;
    char name[32];
    size_t len;

    while ((item = cfg_list_next(&at, &len))) {
        if (len >= sizeof name)
            len = sizeof name - 1;
        memcpy(name, item, len);
        name[len] = 0;
        if (x86_feature_by_name(name) == X86_FEAT_NONE)
            log_warn("BOX64_CPUID_MASK: no CPUID feature is called %s", name);
        policy.masked[x86_feature_by_name(name)] = 1;
    }
}

void env_init(void)
{
    static const char *const avx1[] = {"AVX", "F16C", "BMI1", "VAES", NULL};
    static const char *const avx2[] = {"AVX2", "BMI2", "FMA", "ADX", "VPCLMULQDQ", "RDRAND", NULL};
    static const char *const sse42[] = {"SSE4_2", NULL}, *const aes[] = {"AES", NULL};
    static const char *const pclmul[] = {"PCLMULQDQ", NULL}, *const sha[] = {"SHA", NULL};
    long n = sysconf(_SC_NPROCESSORS_ONLN);

    policy.ncpus = n > 0 ? (u32)n : 1;
    if (cfg.maxcpu && policy.ncpus > (u32)cfg.maxcpu)
        policy.ncpus = (u32)cfg.maxcpu;
    policy.amd = cfg.cputype == 1;
    policy.tsc_khz = TSC_KHZ;
    if (cfg.avx < 1)
        hide(avx1);
    if (cfg.avx < 2)
        hide(avx2);
    if (!cfg.sse42)
        hide(sse42);
    if (!cfg.aes)
        hide(aes);
    if (!cfg.pclmulqdq)
        hide(pclmul);
    if (!cfg.shaext)
        hide(sha);
    hide_list(cfg.cpuid_mask);
    policy.masked[X86_FEAT_NONE] = 0;
}
