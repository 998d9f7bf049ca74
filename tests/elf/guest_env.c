/* guest_env.c - see guest_env.h. */
#include "guest_env.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bridge/thunk.h"
#include "config/config.h"
#include "interp/interp.h"
#include "mem/mem.h"
#include "signal/signal.h"

const char *guest_dir;
int native_var_value = 1000;
struct x86_exc guest_exc;
static char libs_path[4096];

static int native_add(int a, int b)
{
    return a + b;
}

static void thunk_add(struct x86_cpu *c, void *fn)
{
    int (*f)(int, int) = (int (*)(int, int))(uintptr_t)fn;

    c->gpr[0] = (u32)f((int)c->gpr[7], (int)c->gpr[6]);
}

/* ld.so's function, which the wrappers room has in ld-linux-x86-64.so.2: tls_index { module, offset
 * } */
static void thunk_tls(struct x86_cpu *c, void *fn)
{
    const u64 *index = g2h(c->gpr[7]);

    (void)fn;
    c->gpr[0] = dl_tls_get_addr(index[0], index[1]);
}

static const char *const sonames[] = {"libnative.so.1", NULL};
static const char *const no_natives[] = {NULL};
static const struct br_symbol syms[] = {
    {.name = "__tls_get_addr",
     .sig = "p(p)",
     .thunk = thunk_tls,
     .my = (void *)thunk_tls,
     .kind = BR_FUNC,
     .raw = 1},
    {.name = "native_add",
     .sig = "i(ii)",
     .thunk = thunk_add,
     .my = (void *)native_add,
     .kind = BR_FUNC},
    {.name = "native_var", .sig = "", .my = &native_var_value, .size = 4, .kind = BR_DATA},
};
static const struct br_lib native_lib = {
    .sonames = sonames, .natives = no_natives, .syms = syms, .nsyms = 3};
static const struct br_lib *const libs[] = {&native_lib};

static gaddr fetch(struct x86_cpu *c, gaddr pc, bool *checked)
{
    (void)c;
    return mem_fetch(pc, checked);
}

static void on_exception(struct x86_cpu *c)
{
    guest_exc = c->exc;
    if (interp_depth(c) > 1) {
        printf("guest exception %u at %#llx in a call\n", c->exc.vec, (unsigned long long)c->rip);
        _exit(90);
    }
    interp_leave(c);
}

static void on_syscall(struct x86_cpu *c)
{
    c->gpr[0] = (u64)-38;
}

static void on_cpuid(struct x86_cpu *c, u32 leaf, u32 subleaf, u32 out[4])
{
    (void)c;
    (void)subleaf;
    memset(out, 0, 16);
    out[3] = leaf == 1 ? 0x078bfbff : 0;
}

static const struct x86_env env = {.syscall = on_syscall,
                                   .bridge = br_int3,
                                   .exception = on_exception,
                                   .interrupt = on_exception,
                                   .fetch = fetch,
                                   .cpuid = on_cpuid};

struct thr *guest_start(const char *lib_dir)
{
    if (mem_init() || interp_init() || thr_init(&env) || sig_init() || br_init())
        exit(91);
    br_register(libs, 1);
    snprintf(libs_path, sizeof libs_path, "%s/%s", guest_dir, lib_dir);
    cfg.ld_library_path = libs_path;
    return thr_self();
}

int guest_load(struct thr *t, const char *name, bool native)
{
    static char path[4096];
    static char *argv[] = {path, "one", "two", NULL}, *envp[] = {"A=b", "C=", NULL};

    snprintf(path, sizeof path, "%s/%s", guest_dir, name);
    return elf_load_program(t, path, argv, envp, native);
}

void guest_run(struct thr *t)
{
    guest_exc.vec = X86_EXC_NONE;
    interp_run(&t->cpu);
}

gaddr guest_symbol(const char *name)
{
    gaddr a = dl_symbol(0, name, NULL, 0);

    if (!a) {
        printf("%s\n", dl_error());
        fflush(stdout);
        _exit(92);
    }
    return a;
}

u64 guest_call(const char *name, unsigned nargs, ...)
{
    gaddr fn = guest_symbol(name);
    u64 args[6];
    va_list ap;

    va_start(ap, nargs);
    for (unsigned i = 0; i < nargs; i++)
        args[i] = va_arg(ap, u64);
    va_end(ap);
    return fn ? br_call_guest(fn, nargs, args) : 0;
}
