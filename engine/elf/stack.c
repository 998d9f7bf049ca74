/*
 * stack.c - the initial stack: argument, environment and auxiliary vectors laid out as
 * fs/binfmt_elf.c does. The strings of argv and envp follow each other upwards without gaps
 * (programs that rewrite their title rely on it).
 */
#include "elf/stack.h"

#include <errno.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/bits.h"
#include "mem/mem.h"

#define STACK_DEFAULT (8ull << 20)
#define STACK_MIN (1ull << 20)
#define STACK_MAX (1ull << 30)
#define STRINGS_MAX (128ull << 10) /* one string: MAX_ARG_STRLEN */
#define AT_HWCAP2_FSGSBASE 2       /* arch/x86/include/uapi/asm/hwcap2.h */
#define AT_MINSIGSTKSZ_ID 51
/* Signal frame with AVX state: ucontext and siginfo (936), XSAVE area (832 + 64), alignment. */
#define MIN_SIG_STACK 2032
#define AUX_MAX 24

struct aux {
    u64 v[2 * AUX_MAX];
    unsigned n;
};

static void aux_add(struct aux *a, u64 type, u64 value)
{
    a->v[a->n++] = type;
    a->v[a->n++] = value;
}

/* Bytes of all strings of a vector; (u64)-1 if one is longer than Linux allows. */
static u64 vector_bytes(char **v, u64 *count)
{
    u64 sum = 0;

    for (*count = 0; v[*count]; ++*count) {
        size_t len = strlen(v[*count]) + 1;

        if (len > STRINGS_MAX)
            return ~0ull;
        sum += len;
    }
    return sum;
}

static gaddr put_string(gaddr at, const char *s)
{
    size_t len = strlen(s) + 1;

    memcpy(g2h(at), s, len);
    return at + len;
}

static int map_stack(struct thr *t, u64 strings, bool exec)
{
    struct rlimit rl;
    u64 size = STACK_DEFAULT, guard = 64 * 1024;
    i64 r;

    if (!getrlimit(RLIMIT_STACK, &rl) && rl.rlim_cur != RLIM_INFINITY)
        size = align_up(rl.rlim_cur, GUEST_PAGE_SIZE);
    size = size < STACK_MIN ? STACK_MIN : size > STACK_MAX ? STACK_MAX : size;
    if (strings > size / 4 * 3)
        return -E2BIG;
    r = mem_mmap(0, size + guard, PROT_READ | PROT_WRITE | (exec ? PROT_EXEC : 0),
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (r < 0)
        return (int)r;
    mem_mprotect((gaddr)r, guard, PROT_NONE);
    t->stack_lo = (gaddr)r + guard;
    t->stack_hi = t->stack_lo + size;
    mem_name(t->stack_lo, t->stack_hi, "[stack]");
    return 0;
}

static void fill_aux(struct aux *a, struct thr *t, const struct elf_start *s, gaddr random,
                     gaddr platform, gaddr execfn)
{
    u32 cpuid[4] = {0};

    if (t->cpu.env && t->cpu.env->cpuid)
        t->cpu.env->cpuid(&t->cpu, 1, 0, cpuid);
    if (s->vdso)
        aux_add(a, AT_SYSINFO_EHDR, s->vdso);
    aux_add(a, AT_MINSIGSTKSZ_ID, MIN_SIG_STACK);
    aux_add(a, AT_HWCAP, cpuid[3]); /* CPUID.1:EDX, as on the real thing */
    aux_add(a, AT_PAGESZ, GUEST_PAGE_SIZE);
    aux_add(a, AT_CLKTCK, 100);
    aux_add(a, AT_PHDR, s->phdr);
    aux_add(a, AT_PHENT, sizeof(Elf64_Phdr));
    aux_add(a, AT_PHNUM, s->phnum);
    aux_add(a, AT_BASE, s->interp_base);
    aux_add(a, AT_FLAGS, 0);
    aux_add(a, AT_ENTRY, s->entry);
    aux_add(a, AT_UID, getuid());
    aux_add(a, AT_EUID, geteuid());
    aux_add(a, AT_GID, getgid());
    aux_add(a, AT_EGID, getegid());
    aux_add(a, AT_SECURE, getauxval(AT_SECURE));
    aux_add(a, AT_RANDOM, random);
    aux_add(a, AT_HWCAP2, AT_HWCAP2_FSGSBASE);
    aux_add(a, AT_EXECFN, execfn);
    aux_add(a, AT_PLATFORM, platform);
    aux_add(a, AT_NULL, 0);
}

/* Writes one pointer vector at `at` for strings that begin at *str; both advance. */
static gaddr put_pointers(gaddr at, char **v, gaddr *str)
{
    for (; *v; v++, at += 8) {
        st_u64(g2h(at), *str);
        *str = put_string(*str, *v);
    }
    st_u64(g2h(at), 0);
    return at + 8;
}

int elf_stack_build(struct thr *t, const struct elf_start *s, char **argv, char **envp,
                    struct elf_vectors *out)
{
    u64 argc = 0, envc = 0, arg_bytes = vector_bytes(argv, &argc),
        env_bytes = vector_bytes(envp, &envc);
    u64 words, strings = arg_bytes + env_bytes + strlen(s->path) + 1;
    gaddr str, platform, random, sp;
    struct aux aux = {.n = 0};
    u8 seed[16];
    int err;

    if (arg_bytes == ~0ull || env_bytes == ~0ull)
        return -E2BIG;
    err = map_stack(t, strings + 8 * (argc + envc), s->exec_stack);
    if (err)
        return err;
    str = t->stack_hi - 8 - strings; /* 8 zero bytes end it all */
    platform = align_down(str - 16, 16);
    put_string(platform, "x86_64");
    random = platform - 16;
    if (getrandom(seed, sizeof seed, GRND_NONBLOCK) == sizeof seed)
        memcpy(g2h(random), seed, sizeof seed);
    fill_aux(&aux, t, s, random, platform, str + arg_bytes + env_bytes);
    words = 1 + argc + 1 + envc + 1 + aux.n;
    sp = align_down(random - 8 * words, 16);

    out->sp = sp;
    out->argc = (int)argc;
    out->argv = sp + 8;
    st_u64(g2h(sp), argc);
    out->envp = put_pointers(out->argv, argv, &str);
    out->auxv = put_pointers(out->envp, envp, &str);
    put_string(str, s->path);
    memcpy(g2h(out->auxv), aux.v, aux.n * sizeof aux.v[0]);
    return 0;
}
