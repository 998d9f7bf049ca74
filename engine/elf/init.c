/*
 * init.c - constructors and destructors of guest objects. Order as glibc's: depth-first over what
 * is needed, starting with the object loaded last; the program's own constructors are run by its
 * start code, not here. Destructors in reverse.
 */
#include <stdlib.h>

#include "base/bits.h"
#include "base/log.h"
#include "elf/link.h"

static u64 arguments[3];                /* argc, argv, envp: constructors get them as main does */
static struct elf_objects finish_order; /* initialised ones, oldest first; list_lock */

void init_set_arguments(int argc, gaddr argv, gaddr envp)
{
    arguments[0] = (u64)argc;
    arguments[1] = argv;
    arguments[2] = envp;
}

static void call_array(gaddr array, u64 n)
{
    for (u64 i = 0; i < n; i++) {
        gaddr fn = ld_u64(g2h(array + 8 * i));

        /* Some linkers leave 0 and -1 as end marks. */
        if (fn && fn != ~0ull)
            br_call_guest(fn, 3, arguments);
    }
}

static void remember(struct elf_object *o)
{
    list_lock();
    if (!objs_add(&finish_order, o))
        die("out of memory");
    list_unlock();
}

static void init_one(struct elf_object *o)
{
    if (o->initialised)
        return;
    o->initialised = true;
    if (o->native)
        return;
    remember(o);
    if (o->is_main)
        return; /* dl_init_main */
    log_debug("constructors of %s", o->path);
    if (o->init)
        br_call_guest(o->init, 3, arguments);
    call_array(o->init_array, o->ninit);
}

static void order(struct elf_object *o, struct elf_objects *out)
{
    if (o->visiting)
        return;
    o->visiting = true;
    for (unsigned i = 0; i < o->deps.n; i++)
        order(o->deps.v[i], out);
    if (!objs_add(out, o))
        die("out of memory");
}

void init_objects(const struct elf_objects *objs)
{
    struct elf_objects sorted = {0};

    for (unsigned i = objs->n; i-- > 0;)
        if (!objs->v[i]->is_main)
            order(objs->v[i], &sorted);
    for (unsigned i = 0; i < objs->n; i++)
        if (objs->v[i]->is_main)
            order(objs->v[i], &sorted);
    for (unsigned i = 0; i < sorted.n; i++)
        sorted.v[i]->visiting = false;
    for (unsigned i = 0; i < objs->n; i++)
        if (objs->v[i]->is_main)
            call_array(objs->v[i]->preinit_array, objs->v[i]->npreinit);
    for (unsigned i = 0; i < sorted.n; i++)
        init_one(sorted.v[i]);
    objs_free(&sorted);
}

void dl_init_main(int argc, gaddr argv, gaddr envp)
{
    struct elf_object *o = obj_first;

    init_set_arguments(argc, argv, envp);
    if (!o || !o->is_main)
        return;
    if (o->init)
        br_call_guest(o->init, 3, arguments);
    call_array(o->init_array, o->ninit);
}

void fini_object(struct elf_object *o)
{
    if (o->native || !o->initialised || o->finished)
        return;
    o->finished = true;
    for (u64 i = o->nfini; i-- > 0;)
        br_call_guest(ld_u64(g2h(o->fini_array + 8 * i)), 0, NULL);
    if (o->fini)
        br_call_guest(o->fini, 0, NULL);
}

void fini_objects(const struct elf_objects *objs)
{
    for (unsigned i = finish_order.n; i-- > 0;)
        if (i < finish_order.n && objs_has(objs, finish_order.v[i]))
            fini_object(finish_order.v[i]);
}

void init_forget(struct elf_object *o)
{
    list_lock();
    for (unsigned i = 0; i < finish_order.n; i++)
        if (finish_order.v[i] == o) {
            finish_order.n--;
            for (unsigned k = i; k < finish_order.n; k++)
                finish_order.v[k] = finish_order.v[k + 1];
            break;
        }
    list_unlock();
}

void dl_fini(void)
{
    link_lock();
    for (unsigned i = finish_order.n; i-- > 0;)
        if (i < finish_order.n)
            fini_object(finish_order.v[i]);
    link_unlock();
}
