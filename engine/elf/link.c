/*
 * link.c - brings a program up in native-libc mode: needs, scopes, TLS, relocation, constructors,
 * in the order of glibc's rtld.
 */
#include "elf/link.h"

#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "config/config.h"

#define SEG_FS 4

/* struct r_debug of <link.h>: debuggers and some programs find the list of objects through
 * DT_DEBUG. */
static struct {
    i32 version;
    struct elf_object *map;
    gaddr brk;
    i32 state;
    gaddr ldbase;
} r_debug = {.version = 1};

static void (*chained_start)(struct thr *t);

static void report_missing(const struct link_missing *m, void *arg)
{
    (void)arg;
    if (m->by[0])
        log_error("%s: %s (needed by %s)", m->name, m->why, m->by);
    else
        log_error("%s: %s", m->name, m->why);
}

static void report_symbol(const char *text, void *arg)
{
    unsigned *n = arg;

    if (++*n <= 20)
        log_error("%s", text);
}

/* Libraries of a preload list come right behind the program; a missing one is a warning, as in
 * ld.so. */
static void preload(struct elf_object *main, const char *list, const char *separators)
{
    char *copy = strdup(list), *save = NULL;
    struct link_missing m;

    for (char *name = copy ? strtok_r(copy, separators, &save) : NULL; name;
         name = strtok_r(NULL, separators, &save)) {
        struct elf_object *o = load_library(name, main, false, &m);

        if (!o)
            log_warn("%s cannot be preloaded: %s", name, m.why);
        else if (!objs_has(&obj_global, o) && !objs_add(&obj_global, o))
            die("out of memory");
    }
    free(copy);
}

/* The global scope: program, preloaded, then everything needed breadth-first. Number of missing
 * libraries. */
static unsigned load_all(struct elf_object *main)
{
    const char *env = getenv("LD_PRELOAD");
    unsigned bad = 0;

    objs_add(&obj_global, main);
    preload(main, cfg.ld_preload, ": ,");
    preload(main, env ? env : "", ": ");
    for (unsigned i = 0; i < obj_global.n; i++)
        bad += load_needs(obj_global.v[i], report_missing, NULL);
    for (unsigned i = 0; i < obj_global.n; i++) {
        struct elf_object *o = obj_global.v[i];

        o->initial = o->global = true;
        for (unsigned k = 0; k < o->deps.n; k++)
            if (!objs_has(&obj_global, o->deps.v[k]) && !objs_add(&obj_global, o->deps.v[k]))
                die("out of memory");
    }
    return bad;
}

/* A native library's own thread calls the guest: it needs guest TLS before guest code runs on it.
 */
static void thread_start(struct thr *t)
{
    if (chained_start)
        chained_start(t);
    if (t->adopted && !t->tls)
        t->cpu.seg_base[SEG_FS] = dl_tls_new_thread(t);
}

static void publish(struct elf_object *main)
{
    r_debug.map = main;
    if (main->debug_slot)
        *main->debug_slot = h2g(&r_debug);
}

int link_program(struct thr *t, const char *path, struct elf_image *im, const struct elf_vectors *v)
{
    const char *why, *now = getenv("LD_BIND_NOW");
    struct elf_object *main;
    unsigned errors = 0;

    obj_locks_init();
    main = obj_from_image(im, path, &why);
    if (!main) {
        log_error("%s: %s", path, why);
        return 126;
    }
    main->lm.name = "";
    link_lock();
    list_lock();
    obj_append(main);
    list_unlock();
    if (main->tls_memsz)
        tls_register(main);
    publish(main);
    init_set_arguments(v->argc, v->argv, v->envp);
    if (load_all(main) || tls_layout_initial(&obj_global) || tls_start_main(t)) {
        link_unlock();
        return 127;
    }
    chained_start = thr_hooks.start;
    thr_hooks.start = thread_start;
    reloc_objects(&obj_global, now && *now, report_symbol, &errors);
    if (!errors) {
        tls_copy_images(t);
        reloc_finish(&obj_global, true);
        init_objects(&obj_global);
    }
    link_unlock();
    return errors ? 127 : 0;
}
