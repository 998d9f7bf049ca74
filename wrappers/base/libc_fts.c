/*
 * libc_fts.c - fts(3). FTSENT differs between hosts (nlink_t, the struct stat it points to), so the
 * guest gets shadow entries: one per native entry, found by address, filled again each time one is
 * handed out. Entries and stream are freed by fts_close.
 */
#include "libc.h"

#include <fts.h>
#include <sys/stat.h>

struct guest_ftsent { /* x86-64 FTSENT */
    struct guest_ftsent *cycle, *parent, *link;
    i64 number;
    void *pointer;
    char *accpath, *path;
    i32 error, symfd;
    u16 pathlen, namelen;
    u64 ino, dev, nlink;
    i16 level;
    u16 info, flags, instr;
    struct guest_stat *statp;
    char name[8];
};
_Static_assert(offsetof(struct guest_ftsent, nlink) == 88 &&
                   offsetof(struct guest_ftsent, name) == 112,
               "FTSENT of x86-64");

struct shadow {
    FTSENT *native;
    struct shadow *next;
    struct guest_stat st;
    struct guest_ftsent e; /* last: its name may be longer than the array */
};

#define BUCKETS 256

struct stream {
    FTS *native;
    gaddr compare;
    bool no_stat;
    struct shadow *bucket[BUCKETS];
};

static __thread struct stream *comparing;

static struct shadow **bucket(struct stream *s, const FTSENT *e)
{
    return &s->bucket[(h2g(e) >> 5) % BUCKETS];
}

static struct shadow *shadow_of(struct stream *s, FTSENT *e)
{
    struct shadow **at = bucket(s, e), *w;

    for (w = *at; w; w = w->next) {
        if (w->native == e && w->e.namelen >= e->fts_namelen)
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
static struct guest_ftsent *shown(struct stream *s, FTSENT *e, int depth)
{
    struct shadow *w;
    struct guest_ftsent *g;

    if (!e || depth > 1)
        return NULL;
    w = shadow_of(s, e);
    g = &w->e;
    if (g->level != e->fts_level ||
        strcmp(
            g->name,
            e->fts_name)) { /* another entry at the same address: the program's fields start anew */
        g->number = 0;
        g->pointer = NULL;
    }
    g->accpath = e->fts_accpath;
    g->path = e->fts_path;
    g->error = e->fts_errno;
    g->symfd = e->fts_symfd;
    g->pathlen = e->fts_pathlen;
    g->namelen = e->fts_namelen;
    g->ino = e->fts_ino;
    g->dev = e->fts_dev;
    g->nlink = e->fts_nlink;
    g->level = e->fts_level;
    g->info = e->fts_info;
    g->flags = e->fts_flags;
    g->instr = e->fts_instr;
    memcpy(g->name, e->fts_name, e->fts_namelen + 1u);
    /* The native library leaves what does not apply as malloc gave it: pointers among it. */
    g->statp = s->no_stat ? NULL : &w->st;
    if (!s->no_stat)
        linux_stat_to_guest(&w->st, e->fts_statp);
    g->parent = shown(s, e->fts_parent, depth + 1);
    g->link = NULL;
    g->cycle = e->fts_level >= FTS_ROOTLEVEL && e->fts_info == FTS_DC
                   ? shown(s, e->fts_cycle, depth + 1)
                   : NULL;
    return g;
}

static int compare(const FTSENT **a, const FTSENT **b)
{
    struct stream *s = comparing;
    struct guest_ftsent *x = shown(s, (FTSENT *)(uintptr_t)*a, 0),
                        *y = shown(s, (FTSENT *)(uintptr_t)*b, 0);
    u64 args[2] = {h2g(&x), h2g(&y)};

    return (int)br_call_guest(s->compare, 2, args);
}

void *my_fts_open(void *paths, i32 options, void *fn)
{
    struct stream *s = calloc(1, sizeof *s), *outer = comparing;

    if (!s)
        return NULL;
    s->compare = h2g(fn);
    s->no_stat = options & FTS_NOSTAT;
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
    struct guest_ftsent *g;

    comparing = s;
    g = shown(s, fts_read(s->native), 0);
    comparing = outer;
    return g;
}

void *my_fts_children(void *stream, i32 options)
{
    struct stream *s = stream, *outer = comparing;
    struct guest_ftsent *first = NULL, **link = &first;
    FTSENT *e;

    comparing = s;
    for (e = fts_children(s->native, options); e; e = e->fts_link) {
        *link = shown(s, e, 0);
        link = &(*link)->link;
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
