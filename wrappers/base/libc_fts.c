/*
 * libc_fts.c - fts(3). FTSENT is the same on every 64-bit host but for the struct stat it points to, so the guest gets shadow entries:
 * one per native entry, found by address, filled again each time one is handed out. Entries and stream are freed by fts_close.
 */
#include "libc.h"

#include <fts.h>
#include <sys/stat.h>

struct shadow {
    FTSENT *native;
    struct shadow *next;
    struct guest_stat st;
    FTSENT e; /* last: its name follows */
};

#define BUCKETS 256

struct stream {
    FTS *native;
    gaddr compare;
    struct shadow *bucket[BUCKETS];
};

static __thread struct stream *comparing;

static struct shadow **bucket(struct stream *s, const FTSENT *e)
{
    return &s->bucket[(h2g(e) >> 5) % BUCKETS];
}

static FTSENT *shown(struct stream *s, FTSENT *e, int depth);

static struct shadow *shadow_of(struct stream *s, FTSENT *e)
{
    struct shadow **at = bucket(s, e), *w;

    for (w = *at; w; w = w->next) {
        if (w->native == e && w->e.fts_namelen >= e->fts_namelen)
            return w;
    }
    w = calloc(1, sizeof *w + e->fts_namelen + 8);
    if (!w)
        die("out of memory for fts");
    w->native = e;
    w->next = *at;
    *at = w;
    return w;
}

/* depth bounds the walk along parents and cycles. */
static FTSENT *shown(struct stream *s, FTSENT *e, int depth)
{
    struct shadow *w;
    long number;
    void *pointer;
    bool same;

    if (!e || depth > 1)
        return NULL;
    w = shadow_of(s, e);
    same = w->e.fts_level == e->fts_level && !strcmp(w->e.fts_name, e->fts_name);
    number = same ? w->e.fts_number : 0;
    pointer = same ? w->e.fts_pointer : NULL;
    memcpy(&w->e, e, offsetof(FTSENT, fts_name));
    memcpy(w->e.fts_name, e->fts_name, e->fts_namelen + 1u);
    w->e.fts_number = number;
    w->e.fts_pointer = pointer;
    if (e->fts_statp) {
        linux_stat_to_guest(&w->st, e->fts_statp);
        w->e.fts_statp = (struct stat *)(void *)&w->st;
    }
    w->e.fts_parent = shown(s, e->fts_parent, depth + 1);
    w->e.fts_link = NULL;
    w->e.fts_cycle = shown(s, e->fts_cycle, depth + 1);
    return &w->e;
}

static int compare(const FTSENT **a, const FTSENT **b)
{
    struct stream *s = comparing;
    FTSENT *x = shown(s, (FTSENT *)(uintptr_t)*a, 0), *y = shown(s, (FTSENT *)(uintptr_t)*b, 0);
    u64 args[2] = {h2g(&x), h2g(&y)};

    return (int)br_call_guest(s->compare, 2, args);
}

void *my_fts_open(void *paths, i32 options, void *fn)
{
    struct stream *s = calloc(1, sizeof *s), *outer = comparing;

    if (!s)
        return NULL;
    s->compare = h2g(fn);
    comparing = s;
    s->native = fts_open(paths, options, fn ? compare : NULL);
    comparing = outer;
    if (!s->native) {
        free(s);
        return NULL;
    }
    return s;
}

void *my_fts_read(void *stream)
{
    struct stream *s = stream, *outer = comparing;
    FTSENT *e;

    comparing = s;
    e = fts_read(s->native);
    e = shown(s, e, 0);
    comparing = outer;
    return e;
}

void *my_fts_children(void *stream, i32 options)
{
    struct stream *s = stream, *outer = comparing;
    FTSENT *e, *first = NULL, **link = &first;

    comparing = s;
    for (e = fts_children(s->native, options); e; e = e->fts_link) {
        *link = shown(s, e, 0);
        link = &(*link)->fts_link;
    }
    comparing = outer;
    return first;
}

i32 my_fts_set(void *stream, void *entry, i32 instruction)
{
    struct stream *s = stream;
    struct shadow *w = (struct shadow *)((char *)entry - offsetof(struct shadow, e));

    return fts_set(s->native, w->native, instruction);
}

i32 my_fts_close(void *stream)
{
    struct stream *s = stream;
    int r = fts_close(s->native);

    for (unsigned i = 0; i < BUCKETS; i++) {
        for (struct shadow *w = s->bucket[i], *next; w; w = next) {
            next = w->next;
            free(w);
        }
    }
    free(s);
    return r;
}
