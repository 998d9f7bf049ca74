/*
 * libnsl.c - NIS: a callback in a struct, and results that the program frees with its own free.
 * Called by the rows with swap=.
 */
#include "libc.h"

#include <malloc.h>

/* yp_all's struct. */
struct each {
    void *fn, *data;
};

void *native_yp_each(void *guest)
{
    const struct each *g = guest;
    struct each *n = g ? malloc(sizeof *n) : NULL;

    if (n)
        *n = (struct each){br_callback(h2g(g->fn), &cbt_yp_each), g->data};
    return n;
}

void guest_yp_each(void *guest, void *native)
{
    (void)guest;
    free(native);
}

/* A place for a pointer: what the program has there, and a native one to be written. */
struct place {
    void *native, *before;
};

static void *place_for(void **guest)
{
    struct place *p = guest ? malloc(sizeof *p) : NULL;

    if (p)
        p->native = p->before = *guest;
    return p;
}

void *native_yp_text(void *guest)
{
    return place_for(guest);
}

void guest_yp_text(void *guest, void *native)
{
    struct place *p = native;

    if (p && p->native != p->before)
        *(void **)guest =
            p->native ? libc_hand_over(p->native, malloc_usable_size(p->native)) : NULL;
    free(p);
}

/* struct ypmaplist */
struct map {
    char *name;
    struct map *next;
};

void *native_yp_maps(void *guest)
{
    return place_for(guest);
}

void guest_yp_maps(void *guest, void *native)
{
    struct place *p = native;
    struct map **to = guest;

    if (p && p->native != p->before) {
        *to = p->native;
        for (struct map *at; (at = *to); to = &(*to)->next) {
            at->name = libc_hand_over_string(at->name);
            *to = libc_hand_over(at, sizeof *at);
            if (!*to)
                break;
        }
    }
    free(p);
}
