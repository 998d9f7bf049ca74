/*
 * load.c - objects by name: wrapped native library or guest file, each once; what they need,
 * breadth-first, as ld.so does.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "config/config.h"
#include "elf/link.h"
#include "elf/search.h"

/* Where objects go that are loaded now; link_lock. */
static unsigned space_now;

unsigned load_into(unsigned space)
{
    unsigned before = space_now;

    space_now = space;
    return before;
}

/* The same file under another name is the same object. */
static struct elf_object *by_inode(int fd)
{
    struct stat st;

    if (fstat(fd, &st))
        return NULL;
    for (struct elf_object *o = obj_first; o; o = o->lm.next)
        if (!o->native && o->space == space_now && o->ino == st.st_ino && o->dev == st.st_dev)
            return o;
    return NULL;
}

static struct elf_object *adopt(struct elf_object *o, const char *name,
                                struct elf_object *requester)
{
    if (!o)
        return NULL;
    o->asked = strdup(name);
    o->loader = requester;
    o->space = o->native ? 0 : space_now;
    if (o->tls_memsz)
        tls_register(o);
    list_lock();
    obj_append(o);
    list_unlock();
    return o;
}

/* The C library and its kin exist once: the host's. A guest copy beside it would fight over heap,
 * threads and signals. */
static struct br_loaded *core_library(const char *path)
{
    static const char *const core[] = {
        "libc.so.6",  "libm.so.6",    "libpthread.so.0",      "libdl.so.2",
        "librt.so.1", "libutil.so.1", "ld-linux-x86-64.so.2", "libresolv.so.2"};
    const char *base = strrchr(path, '/');

    for (unsigned i = 0; base && i < ARRAY_SIZE(core); i++)
        if (!strcmp(base + 1, core[i]))
            return br_lib_open(core[i]);
    return NULL;
}

static struct elf_object *open_native(const char *name, struct elf_object *requester,
                                      bool only_loaded)
{
    struct br_loaded *l = strchr(name, '/') ? core_library(name) : br_lib_open(name);
    struct elf_object *o;

    if (!l)
        return NULL;
    for (o = obj_first; o; o = o->lm.next)
        if (o->native == l)
            return o;
    return only_loaded ? NULL : adopt(obj_from_native(l, name), name, requester);
}

static bool lacks_one_of(struct br_loaded *l, const struct elf_object *o, const Elf64_Rela *r,
                         u64 n)
{
    for (u64 i = 0; i < n; i++) {
        const u64 index = ELF64_R_SYM(r[i].r_info);
        const Elf64_Sym *sym;
        struct sym_want w;

        if (index && sym_want_of(o, index, &w, &sym) && sym->st_shndx == SHN_UNDEF &&
            ELF64_ST_BIND(sym->st_info) == STB_GLOBAL &&
            br_lib_lacks(l, w.name, w.version, w.file)) {
            log_info("%s has no %s, which %s uses: the guest's own is taken", br_lib_soname(l),
                     w.name, o->path);
            return true;
        }
    }
    return false;
}

/* Is this host's library too old for what the requester uses of it? */
static bool native_too_old(const char *name, const struct elf_object *requester)
{
    struct br_loaded *l = requester ? br_lib_open(name) : NULL;

    return l && (lacks_one_of(l, requester, requester->plt, requester->nplt) ||
                 lacks_one_of(l, requester, requester->rela, requester->nrela));
}

static void missing(struct link_missing *m, const char *name, const struct elf_object *by,
                    const char *why)
{
    const char *slash = by ? strrchr(by->path, '/') : NULL;

    snprintf(m->name, sizeof m->name, "%s", name);
    snprintf(m->by, sizeof m->by, "%s", !by ? "" : slash ? slash + 1 : by->path);
    snprintf(m->why, sizeof m->why, "%s", why);
}

static struct elf_object *open_guest(const char *name, struct elf_object *requester,
                                     bool only_loaded, struct link_missing *m)
{
    struct elf_found f;
    struct elf_object *o;
    const char *why;
    int err = elf_search_library(name, requester, &f);

    if (err) {
        missing(m, name, requester, "cannot open shared object file");
        return NULL;
    }
    o = by_inode(f.fd);
    if (!o && !only_loaded) {
        o = obj_from_file(f.fd, f.path, &why);
        if (o && o->soname && obj_by_name(o->soname, space_now) && !strchr(name, '/'))
            log_debug("%s: a second library with the name %s", f.path, o->soname);
        if (!o)
            missing(m, f.path, requester, why);
        else
            log_info("loaded %s at %#llx", f.path, (unsigned long long)o->image.bias);
        o = adopt(o, name, requester);
    }
    close(f.fd);
    return o;
}

struct elf_object *load_library(const char *name, struct elf_object *requester, bool only_loaded,
                                struct link_missing *m)
{
    struct elf_object *o = obj_by_name(name, space_now);
    const bool optional = br_lib_is_optional(name); /* glibc always is in the process */

    missing(m, name, requester, "not loaded");
    if (o)
        return o;
    if (optional && (cfg.prefer_emulated || native_too_old(name, requester)) &&
        (o = open_guest(name, requester, only_loaded, m)))
        return o;
    if ((o = open_native(name, requester, optional && only_loaded)))
        return o;
    return open_guest(name, requester, only_loaded, m);
}

static unsigned load_needs_of(struct elf_object *o,
                              void (*report)(const struct link_missing *m, void *arg), void *arg)
{
    struct link_missing m;
    const char *name;
    unsigned bad = 0;
    u64 at = 0;

    if (o->deps.n)
        return 0;
    while ((name = obj_needed(o, &at))) {
        struct elf_object *d = load_library(name, o, false, &m);

        if (!d) {
            bad++;
            report(&m, arg);
        } else if (!objs_add(&o->deps, d)) {
            die("out of memory");
        }
    }
    return bad;
}

bool load_closure(struct elf_object *root, struct elf_objects *out)
{
    if (!objs_add(out, root))
        return false;
    for (unsigned i = 0; i < out->n; i++)
        for (unsigned k = 0; k < out->v[i]->deps.n; k++)
            if (!objs_has(out, out->v[i]->deps.v[k]) && !objs_add(out, out->v[i]->deps.v[k]))
                return false;
    return true;
}

unsigned load_needs(struct elf_object *root,
                    void (*report)(const struct link_missing *m, void *arg), void *arg)
{
    struct elf_objects queue = {0};
    unsigned bad = 0;

    if (!objs_add(&queue, root))
        die("out of memory");
    for (unsigned i = 0; i < queue.n; i++) {
        bad += load_needs_of(queue.v[i], report, arg);
        for (unsigned k = 0; k < queue.v[i]->deps.n; k++)
            if (!objs_has(&queue, queue.v[i]->deps.v[k]) &&
                !objs_add(&queue, queue.v[i]->deps.v[k]))
                die("out of memory");
    }
    objs_free(&queue);
    return bad;
}
