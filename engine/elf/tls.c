/*
 * tls.c - thread-local storage of the guest, x86-64 variant II: the blocks of the program and its
 * libraries lie below the thread pointer at offsets fixed at start; libraries loaded later get
 * blocks of their own on first use (or, if their code insists on fixed offsets, room from a
 * surplus). The thread control block has what compiled code reads: itself at 0 and 16, our table of
 * blocks at 8, stack guard at 0x28, pointer guard at 0x30.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>

#include "base/bits.h"
#include "base/log.h"
#include "elf/link.h"
#include "mem/mem.h"

#define SURPLUS 16384u
#define TCB_SIZE 4096u /* glibc's struct pthread is smaller; nobody knows who peeks how far */
#define TCB_DTV 8
#define TCB_GUARD 0x28
#define TCB_POINTER_GUARD 0x30
#define SEG_FS 4
#define MODULES_MAX 65536

struct tls_table { /* hangs on TCB_DTV; only the own thread uses it */
    u64 n;
    void *block[];
};

static struct elf_object **modules; /* by id; ids are not used again */
static u64 n_modules;
static u64 static_size, static_used, static_align = 64;
static u64 stack_guard, pointer_guard;
static gaddr desc_static, desc_dynamic, desc_undefined;
static pthread_mutex_t modules_lock = PTHREAD_MUTEX_INITIALIZER;

void tls_register(struct elf_object *o)
{
    pthread_mutex_lock(&modules_lock);
    if (n_modules % 64 == 0) {
        struct elf_object **m = malloc((n_modules + 65) * sizeof *m);

        if (!m || n_modules > MODULES_MAX)
            die("too many thread-local storage modules");
        if (modules)
            memcpy(m, modules, (n_modules + 1) * sizeof *m);
        /* The old table stays: other threads may be reading it. */
        __atomic_store_n(&modules, m, __ATOMIC_RELEASE);
    }
    o->tls_id = n_modules + 1;
    modules[o->tls_id] = o;
    __atomic_store_n(&n_modules, o->tls_id, __ATOMIC_RELEASE);
    pthread_mutex_unlock(&modules_lock);
}

void tls_forget(struct elf_object *o)
{
    if (o->tls_id)
        __atomic_store_n(&modules[o->tls_id], NULL, __ATOMIC_RELEASE);
}

static struct elf_object *module_by_id(u64 id)
{
    return id && id <= __atomic_load_n(&n_modules, __ATOMIC_ACQUIRE)
               ? __atomic_load_n(&__atomic_load_n(&modules, __ATOMIC_ACQUIRE)[id], __ATOMIC_ACQUIRE)
               : NULL;
}

/* Smallest offset >= used + size that puts the block at its image's place modulo its alignment
 * (psABI, TLS variant II). */
static u64 offset_after(u64 used, const struct elf_object *o)
{
    u64 rest = (0 - (o->tls_image - o->image.bias)) & (o->tls_align - 1);

    return align_up(used + o->tls_memsz - rest, o->tls_align) + rest;
}

int tls_layout_initial(const struct elf_objects *objs)
{
    for (unsigned i = 0; i < objs->n; i++) {
        struct elf_object *o = objs->v[i];

        if (!o->tls_memsz)
            continue;
        if (o->tls_align > static_align)
            static_align = o->tls_align;
        static_used = o->tls_offset = offset_after(static_used, o);
    }
    static_size = align_up(static_used + SURPLUS, static_align);
    if (static_size > 1u << 30)
        return -1;
    getrandom(&stack_guard, sizeof stack_guard, GRND_NONBLOCK);
    getrandom(&pointer_guard, sizeof pointer_guard, GRND_NONBLOCK);
    stack_guard &= ~0xffull; /* the first byte in memory is 0: string functions stop there */
    return 0;
}

static void fill_block(u8 *block, const struct elf_object *o)
{
    memcpy(block, g2h(o->tls_image), o->tls_filesz);
    memset(block + o->tls_filesz, 0, o->tls_memsz - o->tls_filesz);
}

static struct tls_table *table_of(gaddr tp)
{
    return g2h(ld_u64(g2h(tp + TCB_DTV)));
}

/* A table with room for module `id`. */
static struct tls_table *grow_table(gaddr tp, u64 id)
{
    struct tls_table *old = table_of(tp), *t;
    u64 n = old ? old->n : 0, want = id + 16;

    if (id < n)
        return old;
    t = realloc(old, sizeof *t + want * sizeof t->block[0]);
    if (!t)
        die("out of memory for thread-local storage");
    memset(&t->block[n], 0, (want - n) * sizeof t->block[0]);
    t->n = want;
    st_u64(g2h(tp + TCB_DTV), h2g(t));
    return t;
}

static gaddr make_thread(struct thr *t)
{
    u64 size = align_up(static_size + TCB_SIZE, GUEST_PAGE_SIZE),
        slack = static_align > GUEST_PAGE_SIZE ? static_align : 0;
    i64 r = mem_mmap(0, size + slack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    gaddr tp;

    if (r < 0)
        return 0;
    tp = align_up((gaddr)r + static_size, static_align);
    st_u64(g2h(tp), tp);
    st_u64(g2h(tp + 16), tp);
    st_u64(g2h(tp + TCB_GUARD), stack_guard);
    st_u64(g2h(tp + TCB_POINTER_GUARD), pointer_guard);
    st_u64(g2h(tp + TCB_SIZE - 16), (u64)r);
    st_u64(g2h(tp + TCB_SIZE - 8), size + slack);
    t->tls = tp;
    t->tls_free = dl_tls_free_thread;
    return tp;
}

void tls_copy_images(struct thr *t)
{
    for (u64 id = 1; id <= n_modules; id++) {
        struct elf_object *o = module_by_id(id);

        if (o && o->tls_offset)
            fill_block(g2h(t->tls - o->tls_offset), o);
    }
}

int tls_start_main(struct thr *t)
{
    gaddr tp = make_thread(t);

    t->cpu.seg_base[SEG_FS] = tp;
    return tp ? 0 : -1;
}

gaddr dl_tls_new_thread(struct thr *t)
{
    if (!static_size || !make_thread(t))
        return 0;
    /* Lists must not change while offsets and images are read. */
    list_lock();
    tls_copy_images(t);
    list_unlock();
    return t->tls;
}

void dl_tls_free_thread(struct thr *t)
{
    gaddr tp = t->tls;
    struct tls_table *tab;

    if (!tp)
        return;
    tab = table_of(tp);
    for (u64 i = 1; tab && i < tab->n; i++) {
        struct elf_object *o = module_by_id(i);

        if (!o || !o->tls_offset)
            free(tab->block[i]);
    }
    free(tab);
    t->tls = 0;
    mem_munmap(ld_u64(g2h(tp + TCB_SIZE - 16)), ld_u64(g2h(tp + TCB_SIZE - 8)));
}

gaddr tls_own_block(u64 module)
{
    struct elf_object *o = module_by_id(module);
    struct thr *t = thr_self();
    struct tls_table *tab;

    if (!o || !t || !t->tls)
        return 0;
    if (o->tls_offset)
        return t->tls - o->tls_offset;
    tab = table_of(t->tls);
    return tab && module < tab->n ? h2g(tab->block[module]) : 0;
}

gaddr dl_tls_get_addr(u64 module, u64 offset)
{
    struct thr *t = thr_self_or_adopt();
    struct elf_object *o = module_by_id(module);
    struct tls_table *tab;

    if (!o)
        die("__tls_get_addr: no module %llu", (unsigned long long)module);
    if (o->tls_offset)
        return t->tls - o->tls_offset + offset;
    tab = grow_table(t->tls, module);
    if (!tab->block[module]) {
        void *block;

        if (posix_memalign(&block, o->tls_align < 16 ? 16 : o->tls_align, o->tls_memsz))
            die("out of memory for thread-local storage");
        fill_block(block, o);
        tab->block[module] = block;
    }
    return h2g(tab->block[module]) + offset;
}

static void fill_in_thread(struct thr *t, void *arg)
{
    const struct elf_object *o = arg;

    if (t->tls)
        fill_block(g2h(t->tls - o->tls_offset), o);
}

/* Images are filled by tls_copy_images or tls_fill_late, when they are relocated. */
bool tls_make_static(struct elf_object *o)
{
    u64 off;

    if (o->tls_offset)
        return true;
    if (o->relocated) /* somebody may have a dynamic block of it already */
        return false;
    off = offset_after(static_used, o);
    if (!static_size || off > static_size || o->tls_align > static_align)
        return false;
    static_used = o->tls_offset = off;
    return true;
}

void tls_fill_late(struct elf_object *o)
{
    if (o->tls_offset)
        thr_each(fill_in_thread, o);
}

/* ---- TLS descriptors: entry points that take the descriptor in RAX and keep all other registers
 * ---- */

struct elf_desc_arg {
    u64 module, offset;
    struct elf_desc_arg *next; /* of the object whose descriptor it is */
};

static void run_dynamic(struct x86_cpu *c, void *fn)
{
    const struct elf_desc_arg *a = g2h(ld_u64(g2h(c->gpr[0] + 8)));

    (void)fn;
    c->gpr[0] = dl_tls_get_addr(a->module, a->offset) - c->seg_base[SEG_FS];
}

static void run_undefined(struct x86_cpu *c, void *fn)
{
    (void)fn;
    c->gpr[0] = ld_u64(g2h(c->gpr[0] + 8)) - c->seg_base[SEG_FS];
}

/* mov 8(%rax),%rax; ret: the common case runs without leaving guest code. */
static gaddr static_entry(void)
{
    static const u8 code[] = {0x48, 0x8b, 0x40, 0x08, 0xc3};
    i64 r =
        mem_mmap(0, GUEST_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (r < 0)
        die("no memory for TLS descriptors");
    memcpy(g2h((gaddr)r), code, sizeof code);
    mem_mprotect((gaddr)r, GUEST_PAGE_SIZE, PROT_READ | PROT_EXEC);
    return (gaddr)r;
}

void tls_free_descriptors(struct elf_object *user)
{
    while (user->desc_args) {
        struct elf_desc_arg *a = user->desc_args;

        user->desc_args = a->next;
        free(a);
    }
}

gaddr tls_descriptor(struct elf_object *user, struct elf_object *o, u64 offset, u64 *arg)
{
    struct elf_desc_arg *a;

    if (!desc_static) {
        desc_static = static_entry();
        desc_dynamic = br_bridge(run_dynamic, NULL, "(TLS descriptor)");
        desc_undefined = br_bridge(run_undefined, NULL, "(TLS descriptor, undefined)");
    }
    *arg = offset;
    if (!o)
        return desc_undefined;
    if (o->tls_offset) {
        *arg = offset - o->tls_offset;
        return desc_static;
    }
    a = malloc(sizeof *a);
    if (!a)
        die("out of memory");
    *a = (struct elf_desc_arg){o->tls_id, offset, user->desc_args};
    user->desc_args = a;
    *arg = h2g(a);
    return desc_dynamic;
}
