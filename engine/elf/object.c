/*
 * object.c - makes objects of ELF images and wrapped libraries, and keeps the list of them. All
 * that is read through the dynamic section is checked here once: tables must lie in a readable
 * segment, counts are cut to what fits there.
 */
#include "elf/link.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/bits.h"
#include "base/log.h"
#include "mem/mem.h"

#ifndef DT_RELRSZ
#define DT_RELRSZ 35
#define DT_RELR 36
#define DT_RELRENT 37
#endif
#define DYN_MAX 4096       /* entries read of a dynamic section */
#define VERSION_MAX 0x8000 /* version indexes have 15 bits */

struct elf_object *obj_first;
struct elf_objects obj_globals[LINK_SPACES];
u64 obj_adds, obj_subs;
static struct elf_object *obj_last;
static pthread_mutex_t link_mutex, list_mutex;

static void make_mutex(pthread_mutex_t *m)
{
    pthread_mutexattr_t a;

    pthread_mutexattr_init(&a);
    pthread_mutexattr_settype(&a, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(m, &a);
    pthread_mutexattr_destroy(&a);
}

static void lock_both(void)
{
    link_lock();
    list_lock();
}

static void unlock_both(void)
{
    list_unlock();
    link_unlock();
}

/* The child of fork() has another thread id, so it cannot unlock what its parent locked: new
 * mutexes. */
static void renew_both(void)
{
    make_mutex(&link_mutex);
    make_mutex(&list_mutex);
}

void obj_locks_init(void)
{
    static bool done;

    if (done)
        return;
    done = true;
    renew_both();
    pthread_atfork(lock_both, unlock_both, renew_both);
}

void link_lock(void)
{
    pthread_mutex_lock(&link_mutex);
}

void link_unlock(void)
{
    pthread_mutex_unlock(&link_mutex);
}

void list_lock(void)
{
    pthread_mutex_lock(&list_mutex);
}

void list_unlock(void)
{
    pthread_mutex_unlock(&list_mutex);
}

bool objs_has(const struct elf_objects *s, const struct elf_object *o)
{
    for (unsigned i = 0; i < s->n; i++)
        if (s->v[i] == o)
            return true;
    return false;
}

bool objs_add(struct elf_objects *s, struct elf_object *o)
{
    if (s->n == s->cap) {
        unsigned cap = s->cap ? 2 * s->cap : 8;
        void *v = realloc(s->v, cap * sizeof *s->v);

        if (!v)
            return false;
        s->v = v;
        s->cap = cap;
    }
    s->v[s->n++] = o;
    return true;
}

void objs_free(struct elf_objects *s)
{
    free(s->v);
    memset(s, 0, sizeof *s);
}

/* ---- checked access ---- */

static const Elf64_Phdr *segment_of(const struct elf_object *o, gaddr addr, u64 size, u32 need)
{
    u64 va = addr - o->image.bias;

    for (unsigned i = 0; i < o->image.phnum; i++) {
        const Elf64_Phdr *p = &o->image.ph[i];

        if (p->p_type == PT_LOAD && (p->p_flags & need) && va >= p->p_vaddr &&
            va - p->p_vaddr <= p->p_memsz && size <= p->p_memsz - (va - p->p_vaddr))
            return p;
    }
    return NULL;
}

void *obj_at(const struct elf_object *o, gaddr addr, u64 size, u64 *room)
{
    const Elf64_Phdr *p = segment_of(o, addr, size, PF_R | PF_W | PF_X);

    if (!p)
        return NULL;
    if (room)
        *room = p->p_memsz - (addr - o->image.bias - p->p_vaddr);
    return g2h(addr);
}

/* As obj_at, but only what the file fills: tables. Their size is bounded by the file's, whatever
 * bss a damaged header claims. */
static void *in_file(const struct elf_object *o, gaddr addr, u64 size, u64 *room)
{
    const Elf64_Phdr *p = segment_of(o, addr, size, PF_R | PF_W | PF_X);
    u64 used = p ? addr - o->image.bias - p->p_vaddr : 0;

    if (!p || used > p->p_filesz || size > p->p_filesz - used)
        return NULL;
    if (room)
        *room = p->p_filesz - used;
    return g2h(addr);
}

bool obj_writable(const struct elf_object *o, gaddr addr, u64 size)
{
    /* With text relocations every segment is writable while they are done. */
    return segment_of(o, addr, size, o->textrel ? PF_R | PF_W | PF_X : PF_W) != NULL;
}

const char *obj_string(const struct elf_object *o, u64 offset)
{
    return offset < o->strsz ? o->str + offset : NULL;
}

/* ---- the dynamic section ---- */

enum {
    D_STD = 40,
    D_GNU_HASH = D_STD,
    D_VERSYM,
    D_VERDEF,
    D_VERDEFNUM,
    D_VERNEED,
    D_VERNEEDNUM,
    D_FLAGS_1,
    D_COUNT
};

struct dyn {
    u64 v[D_COUNT];
    bool has[D_COUNT];
};

static int dyn_slot(i64 tag)
{
    if (tag >= 0 && tag < D_STD)
        return (int)tag;
    switch (tag) {
    case DT_GNU_HASH: return D_GNU_HASH;
    case DT_VERSYM: return D_VERSYM;
    case DT_VERDEF: return D_VERDEF;
    case DT_VERDEFNUM: return D_VERDEFNUM;
    case DT_VERNEED: return D_VERNEED;
    case DT_VERNEEDNUM: return D_VERNEEDNUM;
    case DT_FLAGS_1: return D_FLAGS_1;
    }
    return -1;
}

/* Guests expect the table addresses of a loaded object's dynamic section to be real ones, as glibc
 * leaves them. */
static bool is_address(i64 tag)
{
    switch (tag) {
    case DT_HASH:
    case DT_PLTGOT:
    case DT_STRTAB:
    case DT_SYMTAB:
    case DT_RELA:
    case DT_JMPREL:
    case DT_VERSYM:
    case DT_GNU_HASH: return true;
    }
    return false;
}

static const Elf64_Phdr *phdr_of(const struct elf_object *o, u32 type)
{
    for (unsigned i = 0; i < o->image.phnum; i++)
        if (o->image.ph[i].p_type == type)
            return &o->image.ph[i];
    return NULL;
}

static bool read_dynamic(struct elf_object *o, struct dyn *d, const char **why)
{
    const Elf64_Phdr *p = phdr_of(o, PT_DYNAMIC);
    gaddr at = p ? p->p_vaddr + o->image.bias : 0;
    Elf64_Dyn *e = p ? in_file(o, at, p->p_memsz, NULL) : NULL;
    u64 n = p ? p->p_memsz / sizeof *e : 0;
    bool patch;

    memset(d, 0, sizeof *d);
    *why = "no dynamic section, or outside its segments";
    if (!e || !n || (at & 7))
        return false;
    o->lm.ld = at;
    patch = obj_writable(o, at, p->p_memsz);
    for (u64 i = 0; i < n && i < DYN_MAX && e[i].d_tag != DT_NULL; i++) {
        int slot = dyn_slot(e[i].d_tag);

        if (slot < 0)
            continue;
        if (e[i].d_tag == DT_DEBUG && patch)
            o->debug_slot = &e[i].d_un.d_val;
        d->v[slot] = e[i].d_un.d_val;
        d->has[slot] = true;
        if (patch && is_address(e[i].d_tag))
            e[i].d_un.d_val += o->image.bias;
    }
    return true;
}

/* Address of a table that the dynamic section names, 0 when absent; false: named, but not in memory
 * or not aligned. */
static bool table(const struct elf_object *o, const struct dyn *d, int slot, u64 size, u64 align,
                  void **out, u64 *room)
{
    gaddr a = d->v[slot] + o->image.bias;

    *out = NULL;
    if (!d->has[slot])
        return true;
    *out = in_file(o, a, size, room);
    return *out && !(a & (align - 1));
}

static bool read_strings(struct elf_object *o, const struct dyn *d)
{
    void *p;

    if (!table(o, d, DT_STRTAB, d->v[DT_STRSZ], 1, &p, NULL))
        return false;
    o->str = p;
    o->strsz = p ? d->v[DT_STRSZ] : 0;
    /* Any offset below strsz now starts a string that ends inside the table. */
    while (o->strsz && o->str[o->strsz - 1])
        o->strsz--;
    return true;
}

static bool read_gnu_hash(struct elf_object *o, const struct dyn *d)
{
    u64 room = 0, words;
    void *p;
    const u32 *h;

    if (!table(o, d, D_GNU_HASH, 16, 8, &p, &room))
        return false;
    if (!p)
        return true;
    h = p;
    words = room / 4 - 4;
    if (!h[0] || !h[2] || (h[2] & (h[2] - 1)) || h[3] > 63 || 2 * (u64)h[2] + h[0] > words)
        return false;
    o->gnu.symoffset = h[1];
    o->gnu.bloom_mask = h[2] - 1;
    o->gnu.shift = h[3];
    o->gnu.bloom = (const u64 *)(h + 4);
    o->gnu.buckets = h + 4 + 2 * (size_t)h[2];
    o->gnu.chain = o->gnu.buckets + h[0];
    o->gnu.nchain = words - 2 * (u64)h[2] - h[0];
    o->gnu.nbuckets = h[0];
    return true;
}

static bool read_sysv_hash(struct elf_object *o, const struct dyn *d)
{
    u64 room = 0;
    void *p;
    const u32 *h;

    if (!table(o, d, DT_HASH, 8, 4, &p, &room))
        return false;
    if (!p)
        return true;
    h = p;
    if (!h[0] || (u64)h[0] + h[1] > room / 4 - 2)
        return false;
    o->sysv.nbuckets = h[0];
    o->sysv.nchain = h[1];
    o->sysv.buckets = h + 2;
    o->sysv.chain = h + 2 + h[0];
    return true;
}

static bool read_symbols(struct elf_object *o, const struct dyn *d)
{
    u64 room = 0;
    void *p;

    if (!table(o, d, DT_SYMTAB, sizeof(Elf64_Sym), 8, &p, &room) ||
        (p && d->has[DT_SYMENT] && d->v[DT_SYMENT] != sizeof(Elf64_Sym)))
        return false;
    o->sym = p;
    o->nsym = room / sizeof(Elf64_Sym);
    if (!table(o, d, D_VERSYM, 2, 2, &p, &room))
        return false;
    o->versym = p;
    if (p && room / 2 < o->nsym)
        o->nsym = room / 2;
    return read_gnu_hash(o, d) && read_sysv_hash(o, d);
}

static bool set_version(struct elf_object *o, unsigned index, u32 hash, u64 name, const char *file)
{
    index &= VERSION_MAX - 1;
    if (index >= o->nver) {
        unsigned n = index + 16;
        struct elf_version *v = realloc(o->ver, n * sizeof *v);

        if (!v)
            return false;
        memset(v + o->nver, 0, (n - o->nver) * sizeof *v);
        o->ver = v;
        o->nver = n;
    }
    o->ver[index] = (struct elf_version){obj_string(o, name), file, hash};
    return o->ver[index].name != NULL;
}

static bool read_verdef(struct elf_object *o, gaddr at, u64 count)
{
    for (u64 i = 0; i < count && i < VERSION_MAX; i++) {
        const Elf64_Verdef *d = in_file(o, at, sizeof *d, NULL);
        const Elf64_Verdaux *x;

        if (!d || (at & 3))
            return false;
        x = in_file(o, at + d->vd_aux, sizeof *x, NULL);
        if (!x || (d->vd_aux & 3))
            return false;
        /* The base definition names the library itself: it is no version of a symbol. */
        if (!(d->vd_flags & VER_FLG_BASE) &&
            !set_version(o, d->vd_ndx, d->vd_hash, x->vda_name, NULL))
            return false;
        if (!d->vd_next)
            break;
        at += d->vd_next;
    }
    return true;
}

/* budget: version indexes have 15 bits, so there cannot be more of them in all */
static bool read_vernaux(struct elf_object *o, gaddr at, u64 count, const char *file,
                         unsigned *budget)
{
    for (u64 i = 0; i < count; i++) {
        const Elf64_Vernaux *x = in_file(o, at, sizeof *x, NULL);

        if (!x || (at & 3) || !(*budget)-- ||
            !set_version(o, x->vna_other, x->vna_hash, x->vna_name, file))
            return false;
        if (!x->vna_next)
            break;
        at += x->vna_next;
    }
    return true;
}

static bool read_verneed(struct elf_object *o, gaddr at, u64 count)
{
    unsigned budget = VERSION_MAX;

    for (u64 i = 0; i < count && i < VERSION_MAX; i++) {
        const Elf64_Verneed *n = in_file(o, at, sizeof *n, NULL);

        if (!n || (at & 3) ||
            !read_vernaux(o, at + n->vn_aux, n->vn_cnt, obj_string(o, n->vn_file), &budget))
            return false;
        if (!n->vn_next)
            break;
        at += n->vn_next;
    }
    return true;
}

static bool read_versions(struct elf_object *o, const struct dyn *d)
{
    return (!d->has[D_VERDEF] ||
            read_verdef(o, d->v[D_VERDEF] + o->image.bias, d->v[D_VERDEFNUM])) &&
           (!d->has[D_VERNEED] ||
            read_verneed(o, d->v[D_VERNEED] + o->image.bias, d->v[D_VERNEEDNUM]));
}

static bool read_relocations(struct elf_object *o, const struct dyn *d)
{
    void *p;

    if (d->has[DT_REL] || (d->has[DT_PLTREL] && d->v[DT_PLTREL] != DT_RELA) ||
        (d->has[DT_RELAENT] && d->v[DT_RELAENT] != sizeof(Elf64_Rela)) ||
        (d->has[DT_RELRENT] && d->v[DT_RELRENT] != 8))
        return false; /* x86-64 has RELA only */
    if (!table(o, d, DT_RELA, d->v[DT_RELASZ], 8, &p, NULL))
        return false;
    o->rela = p;
    o->nrela = p ? d->v[DT_RELASZ] / sizeof *o->rela : 0;
    if (!table(o, d, DT_JMPREL, d->v[DT_PLTRELSZ], 8, &p, NULL))
        return false;
    o->plt = p;
    o->nplt = p ? d->v[DT_PLTRELSZ] / sizeof *o->plt : 0;
    if (!table(o, d, DT_RELR, d->v[DT_RELRSZ], 8, &p, NULL))
        return false;
    o->relr = p;
    o->nrelr = p ? d->v[DT_RELRSZ] / 8 : 0;
    o->pltgot = d->has[DT_PLTGOT] ? d->v[DT_PLTGOT] + o->image.bias : 0;
    return true;
}

static bool read_array(struct elf_object *o, const struct dyn *d, int slot, int size_slot,
                       gaddr *at, u64 *n)
{
    void *p;

    if (!table(o, d, slot, d->v[size_slot], 8, &p, NULL))
        return false;
    *at = h2g(p);
    *n = p ? d->v[size_slot] / 8 : 0;
    return true;
}

static bool read_functions(struct elf_object *o, const struct dyn *d)
{
    o->init = d->has[DT_INIT] && d->v[DT_INIT] ? d->v[DT_INIT] + o->image.bias : 0;
    o->fini = d->has[DT_FINI] && d->v[DT_FINI] ? d->v[DT_FINI] + o->image.bias : 0;
    return read_array(o, d, DT_INIT_ARRAY, DT_INIT_ARRAYSZ, &o->init_array, &o->ninit) &&
           read_array(o, d, DT_FINI_ARRAY, DT_FINI_ARRAYSZ, &o->fini_array, &o->nfini) &&
           read_array(o, d, DT_PREINIT_ARRAY, DT_PREINIT_ARRAYSZ, &o->preinit_array, &o->npreinit);
}

static bool read_tls(struct elf_object *o)
{
    const Elf64_Phdr *p = phdr_of(o, PT_TLS);

    if (!p || !p->p_memsz)
        return true;
    o->tls_image = p->p_vaddr + o->image.bias;
    o->tls_filesz = p->p_filesz;
    o->tls_memsz = p->p_memsz;
    o->tls_align = p->p_align ? p->p_align : 1;
    return !p->p_filesz || in_file(o, o->tls_image, p->p_filesz, NULL);
}

static void read_flags(struct elf_object *o, const struct dyn *d)
{
    u64 f = d->v[DT_FLAGS], f1 = d->v[D_FLAGS_1];

    o->symbolic = d->has[DT_SYMBOLIC] || (f & DF_SYMBOLIC);
    o->bind_now = d->has[DT_BIND_NOW] || (f & DF_BIND_NOW) || (f1 & DF_1_NOW);
    o->textrel = d->has[DT_TEXTREL] || (f & DF_TEXTREL);
    o->static_tls = f & DF_STATIC_TLS;
    o->nodelete = f1 & DF_1_NODELETE;
    o->global = f1 & DF_1_GLOBAL;
    o->soname = d->has[DT_SONAME] ? obj_string(o, d->v[DT_SONAME]) : NULL;
    o->runpath = d->has[DT_RUNPATH] ? obj_string(o, d->v[DT_RUNPATH]) : NULL;
    /* ld.so(8): RPATH counts only without RUNPATH */
    o->rpath = d->has[DT_RPATH] && !o->runpath ? obj_string(o, d->v[DT_RPATH]) : NULL;
}

static bool read_all(struct elf_object *o, const char **why)
{
    struct dyn d;

    if (!read_dynamic(o, &d, why))
        return false;
    *why = "corrupt string table";
    if (!read_strings(o, &d))
        return false;
    *why = "corrupt symbol or hash table";
    if (!read_symbols(o, &d))
        return false;
    *why = "corrupt version tables";
    if (!read_versions(o, &d))
        return false;
    *why = "corrupt or unsupported relocation tables";
    if (!read_relocations(o, &d))
        return false;
    *why = "corrupt constructor tables";
    if (!read_functions(o, &d))
        return false;
    *why = "corrupt thread-local storage segment";
    if (!read_tls(o))
        return false;
    read_flags(o, &d);
    return true;
}

static bool set_path(struct elf_object *o, const char *path)
{
    char *real = realpath(path, NULL), *slash;
    struct stat st;

    o->path = strdup(path);
    o->origin = real ? real : strdup(path);
    if (!o->path || !o->origin)
        return false;
    slash = strrchr(o->origin, '/');
    if (slash)
        slash[slash == o->origin] = 0;
    else
        strcpy(o->origin, ".");
    if (!stat(path, &st)) {
        o->dev = st.st_dev;
        o->ino = st.st_ino;
    }
    return true;
}

static struct elf_object *finish(struct elf_object *o, const char *path, const char **why)
{
    o->lm.addr = o->image.bias;
    *why = "out of memory";
    if (set_path(o, path) && read_all(o, why)) {
        o->lm.name = o->path;
        return o;
    }
    obj_free(o);
    return NULL;
}

struct elf_object *obj_from_file(int fd, const char *path, const char **why)
{
    struct elf_object *o = calloc(1, sizeof *o);
    enum elf_kind kind;

    *why = "out of memory";
    if (!o)
        return NULL;
    kind = elf_image_read(fd, &o->image, why);
    if (kind != ELF_X86_64_STATIC && kind != ELF_X86_64_DYNAMIC) {
        free(o);
        return NULL;
    }
    *why = "is a program with fixed addresses, not a library";
    if (o->image.fixed || elf_image_map(fd, &o->image, 0, why)) {
        elf_image_free(&o->image);
        free(o);
        return NULL;
    }
    return finish(o, path, why);
}

struct elf_object *obj_from_image(struct elf_image *im, const char *path, const char **why)
{
    struct elf_object *o = calloc(1, sizeof *o);

    *why = "out of memory";
    if (!o)
        return NULL;
    o->image = *im;
    memset(im, 0, sizeof *im);
    o->is_main = true;
    return finish(o, path, why);
}

struct elf_object *obj_from_native(struct br_loaded *l, const char *name)
{
    struct elf_object *o = calloc(1, sizeof *o);

    if (!o)
        return NULL;
    o->native = l;
    o->soname = br_lib_soname(l);
    o->path = strdup(name);
    o->origin = strdup("/");
    o->lm.name = o->path;
    o->relocated = o->initialised = true;
    return o;
}

void obj_free(struct elf_object *o)
{
    tls_free_descriptors(o);
    elf_image_unmap(&o->image);
    elf_image_free(&o->image);
    objs_free(&o->deps);
    objs_free(&o->list);
    objs_free(&o->roots);
    free(o->ver);
    free(o->path);
    free(o->asked);
    free(o->origin);
    free(o);
}

/* ---- the list of all ---- */

void obj_append(struct elf_object *o)
{
    o->lm.prev = obj_last;
    o->lm.next = NULL;
    if (obj_last)
        obj_last->lm.next = o;
    else
        obj_first = o;
    obj_last = o;
    obj_adds++;
}

void obj_unlink(struct elf_object *o)
{
    if (o->lm.prev)
        o->lm.prev->lm.next = o->lm.next;
    else
        obj_first = o->lm.next;
    if (o->lm.next)
        o->lm.next->lm.prev = o->lm.prev;
    else
        obj_last = o->lm.prev;
    obj_subs++;
}

struct elf_object *obj_by_address(gaddr a)
{
    for (struct elf_object *o = obj_first; o; o = o->lm.next)
        if (!o->native && a >= o->image.start && a < o->image.end && segment_of(o, a, 1, ~0u))
            return o;
    return NULL;
}

struct elf_object *obj_by_name(const char *name, unsigned space)
{
    for (struct elf_object *o = obj_first; o; o = o->lm.next)
        if ((o->native || o->space == space) &&
            ((o->soname && !strcmp(o->soname, name)) || (o->asked && !strcmp(o->asked, name)) ||
             (!o->is_main && !strcmp(o->path, name))))
            return o;
    return NULL;
}

const char *obj_needed(const struct elf_object *o, u64 *at)
{
    u64 n = 0, room = 0;
    const Elf64_Dyn *e = o->native ? NULL : in_file(o, o->lm.ld, sizeof *e, &room);

    for (n = room / sizeof *e; e && *at < n && *at < DYN_MAX && e[*at].d_tag != DT_NULL;) {
        const Elf64_Dyn *d = &e[(*at)++];

        if (d->d_tag == DT_NEEDED && obj_string(o, d->d_un.d_val))
            return obj_string(o, d->d_un.d_val);
    }
    return NULL;
}
