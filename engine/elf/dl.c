/*
 * dl.c - dlopen and its relatives for guest code, with glibc's meaning. A handle is the address of
 * the object (a link_map).
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "elf/link.h"

/* glibc's values on x86-64; the guest passes them, whatever the host's are. */
enum { G_LAZY = 1, G_NOW = 2, G_NOLOAD = 4, G_DEEPBIND = 8, G_GLOBAL = 0x100, G_NODELETE = 0x1000 };
#define G_DEFAULT 0ull
#define G_NEXT (~0ull)
#define G_NEW_SPACE (-1)

static __thread char error_text[1024];
static __thread bool error_set;

static void PRINTF_LIKE(1, 2) set_error(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(error_text, sizeof error_text, fmt, ap);
    va_end(ap);
    error_set = true;
}

const char *dl_error(void)
{
    if (!error_set)
        return NULL;
    error_set = false;
    return error_text;
}

static void open_missing(const struct link_missing *m, void *arg)
{
    (void)arg;
    if (!strcmp(m->why, "cannot open shared object file"))
        set_error("%s: cannot open shared object file: No such file or directory", m->name);
    else
        set_error("%s: %s", m->name, m->why);
}

static void open_error(const char *text, void *arg)
{
    (void)arg;
    set_error("%s", text);
}

static struct elf_object *by_handle(gaddr h)
{
    struct elf_object *o;

    list_lock();
    for (o = obj_first; o && h2g(o) != h; o = o->lm.next)
        ;
    list_unlock();
    return o;
}

/* ---- closing ---- */

static void mark(struct elf_object *o)
{
    if (o->mark)
        return;
    o->mark = true;
    for (unsigned i = 0; i < o->deps.n; i++)
        mark(o->deps.v[i]);
}

static void scope_remove(struct elf_objects *s, const struct elf_object *o)
{
    for (unsigned i = 0; i < s->n; i++)
        if (s->v[i] == o) {
            memmove(&s->v[i], &s->v[i + 1], (s->n - i - 1) * sizeof s->v[0]);
            s->n--;
            return;
        }
}

static void unload(struct elf_object *o)
{
    list_lock();
    scope_remove(&obj_globals[o->space], o);
    for (struct elf_object *p = obj_first; p; p = p->lm.next)
        scope_remove(&p->roots, o);
    obj_unlink(o);
    list_unlock();
    init_forget(o);
    tls_forget(o);
    log_info("unloaded %s", o->path);
    obj_free(o);
}

/* Unloads all that nothing open needs any more. `fini`: their destructors run first, newest object
 * first. */
static void sweep(bool fini)
{
    struct elf_objects gone = {0};

    for (struct elf_object *o = obj_first; o; o = o->lm.next)
        o->mark = false;
    for (struct elf_object *o = obj_first; o; o = o->lm.next)
        if (o->initial || o->is_main || o->opens || o->nodelete || o->native)
            mark(o);
    for (struct elf_object *o = obj_first; o; o = o->lm.next)
        if (!o->mark && !objs_add(&gone, o))
            die("out of memory");
    if (fini)
        fini_objects(&gone);
    for (unsigned i = 0; i < gone.n; i++)
        unload(gone.v[i]);
    objs_free(&gone);
}

/* ---- opening ---- */

/* The objects of a list that are not relocated yet. */
static void fresh_of(const struct elf_objects *list, struct elf_objects *out)
{
    for (unsigned i = 0; i < list->n; i++)
        if (!list->v[i]->relocated && !objs_add(out, list->v[i]))
            die("out of memory");
}

static void make_root(struct elf_object *o)
{
    list_lock();
    if (!o->list.n && !load_closure(o, &o->list))
        die("out of memory");
    for (unsigned i = 0; i < o->list.n; i++)
        if (!o->list.v[i]->initial && !objs_has(&o->list.v[i]->roots, o) &&
            !objs_add(&o->list.v[i]->roots, o))
            die("out of memory");
    list_unlock();
}

static void make_global(struct elf_object *o)
{
    struct elf_objects *global = &obj_globals[o->space];

    list_lock();
    for (unsigned i = 0; i < o->list.n; i++)
        if (!objs_has(global, o->list.v[i]) && !objs_add(global, o->list.v[i]))
            die("out of memory");
    list_unlock();
}

static bool bring_up(struct elf_object *o, int flags)
{
    struct elf_objects fresh = {0};
    unsigned errors;
    struct thr *t = thr_self();

    if (load_needs(o, open_missing, NULL))
        return false;
    make_root(o);
    fresh_of(&o->list, &fresh);
    errors = reloc_objects(&fresh, flags & G_NOW, open_error, NULL);
    for (unsigned i = 0; !errors && t && i < fresh.n; i++)
        tls_fill_late(fresh.v[i]);
    reloc_finish(&fresh, !errors);
    objs_free(&fresh);
    return !errors;
}

static struct elf_object *open_named(const char *name, int flags, struct elf_object *from)
{
    struct link_missing m;
    struct elf_object *o;

    o = load_library(name, from ? from : obj_first, flags & G_NOLOAD, &m);
    if (!o) {
        if (!(flags & G_NOLOAD))
            open_missing(&m, NULL);
        return NULL;
    }
    o->opens++;
    if (bring_up(o, flags))
        return o;
    o->opens--;
    sweep(false);
    return NULL;
}

/* In a space of its own the first library is what the program is in the first space. */
static struct elf_object *open_in(unsigned space, const char *name, int flags,
                                  struct elf_object *from)
{
    const bool first = !obj_globals[space].n;
    const unsigned before = load_into(space);
    struct elf_object *o = open_named(name, flags, from);

    if (o) {
        if ((flags & G_GLOBAL) || first)
            make_global(o);
        if (flags & G_NODELETE)
            o->nodelete = true;
    }
    load_into(before);
    if (o)
        init_objects(&o->list);
    return o;
}

static struct elf_object *caller_object(gaddr caller)
{
    struct elf_object *o;

    list_lock();
    o = obj_by_address(caller);
    list_unlock();
    return o;
}

static bool valid_mode(int flags)
{
    if (flags & (G_LAZY | G_NOW))
        return true;
    set_error("invalid mode for dlopen(): Invalid argument");
    return false;
}

gaddr dl_open(const char *name, int flags, gaddr caller)
{
    struct elf_object *from = caller_object(caller), *o;
    const unsigned space = from ? from->space : 0;

    if (!valid_mode(flags))
        return 0;
    if (!name || !*name)
        return h2g(space ? obj_globals[space].v[0] : obj_first);
    link_lock();
    o = open_in(space, name, flags, from);
    link_unlock();
    return h2g(o);
}

static unsigned free_space(void)
{
    for (unsigned i = 1; i < LINK_SPACES; i++)
        if (!obj_globals[i].n)
            return i;
    return 0;
}

/* glibc's messages, as programs show them. */
static gaddr open_new_space(const char *name, int flags, struct elf_object *from)
{
    const unsigned space = free_space();

    if (!space)
        set_error("%s: no more namespaces available for dlmopen(): Invalid argument", name);
    return space ? h2g(open_in(space, name, flags, from)) : 0;
}

gaddr dl_mopen(i64 space, const char *name, int flags, gaddr caller)
{
    struct elf_object *from = caller_object(caller);
    gaddr h = 0;

    if (!valid_mode(flags))
        return 0;
    if (!space)
        return dl_open(name, flags, 0);
    if (!name || !*name) {
        set_error("invalid namespace: Invalid argument");
        return 0;
    }
    link_lock();
    if (space == G_NEW_SPACE)
        h = open_new_space(name, flags, from);
    else if (space < 0 || space >= LINK_SPACES || !obj_globals[space].n)
        set_error("%s: invalid target namespace in dlmopen(): Invalid argument", name);
    else
        h = h2g(open_in((unsigned)space, name, flags, from));
    link_unlock();
    return h;
}

int dl_close(gaddr handle)
{
    struct elf_object *o;

    link_lock();
    o = by_handle(handle);
    if (!o || (!o->opens && !o->initial)) {
        link_unlock();
        set_error("invalid handle for dlclose()");
        return -1;
    }
    if (o->opens && !--o->opens)
        sweep(true);
    link_unlock();
    return 0;
}

/* ---- symbols ---- */

static bool find_next(gaddr caller, const struct sym_want *w, struct sym_found *f)
{
    struct elf_object *from = obj_by_address(caller);
    const struct elf_objects *s = &obj_globals[from ? from->space : 0];
    unsigned i = 0;

    if (from && !objs_has(s, from) && from->roots.n)
        s = &from->roots.v[0]->list;
    while (i < s->n && s->v[i] != from)
        i++;
    for (i++; i < s->n; i++)
        if (sym_in_object(s->v[i], w, f))
            return true;
    return false;
}

static bool find_for(gaddr handle, const struct sym_want *w, gaddr caller, struct sym_found *f)
{
    struct elf_object *o;

    if (handle == G_NEXT)
        return find_next(caller, w, f);
    if (handle == G_DEFAULT) {
        o = obj_by_address(caller);
        return sym_lookup(o ? o : obj_first, w, NULL, f);
    }
    o = by_handle(handle);
    if (!o)
        return false;
    if (o->is_main)
        return sym_in_list(&obj_global, w, NULL, f);
    return o->list.n ? sym_in_list(&o->list, w, NULL, f) : sym_in_object(o, w, f);
}

gaddr dl_symbol(gaddr handle, const char *name, const char *version, gaddr caller)
{
    struct elf_object *o;
    struct sym_want w;
    struct sym_found f = {0};
    bool found;

    sym_want_init(&w, name, version);
    w.newest = !version;
    w.exact = version;
    list_lock();
    found = find_for(handle, &w, caller, &f);
    o = handle == G_DEFAULT || handle == G_NEXT ? obj_by_address(caller) : by_handle(handle);
    list_unlock();
    if (!found) {
        set_error("%s: undefined symbol: %s%s%s", o ? o->path : "(null)", name,
                  version ? ", version " : "", version ? version : "");
        return 0;
    }
    if (f.sym && ELF64_ST_TYPE(f.sym->st_info) == STT_TLS)
        return dl_tls_get_addr(f.obj->tls_id, f.sym->st_value);
    return sym_is_ifunc(&f) ? reloc_call_ifunc(sym_address(&f)) : sym_address(&f);
}

int dl_info(gaddr handle, int request, gaddr arg)
{
    struct elf_object *o = by_handle(handle);
    int r = o ? dlinfo_of(o, request, arg) : -1;

    if (!o)
        set_error("invalid handle: Invalid argument");
    else if (r < 0)
        set_error("unsupported dlinfo request");
    return r;
}

int dl_each_object(int (*fn)(const struct dl_object_info *o, void *arg), void *arg)
{
    int r = 0;

    list_lock();
    for (struct elf_object *o = obj_first; o && !r; o = o->lm.next) {
        struct dl_object_info info = {.base = o->image.bias,
                                      .name = o->lm.name,
                                      .phdr = o->native ? 0 : elf_image_phdr(&o->image),
                                      .phnum = o->image.phnum,
                                      .adds = obj_adds,
                                      .subs = obj_subs,
                                      .tls_modid = o->tls_id,
                                      .tls_data = o->tls_id ? tls_own_block(o->tls_id) : 0};

        if (!o->native && !info.phdr)
            info.phdr = h2g(o->image.ph); /* not mapped: our copy serves */
        r = fn(&info, arg);
    }
    list_unlock();
    return r;
}
