/*
 * liblzma.c - a lzma_allocator is two functions of the program and a pointer; a lzma_stream points
 * to one, and what a multithreaded coder has begun keeps that pointer. So each stream of the
 * program has a native one with a native allocator beside it; the program's `internal` points to
 * both. Allocators of other calls are needed for the call only. Called by the rows with swap=.
 */
#include "libc.h"

struct allocator {
    void *alloc, *free, *opaque;
};

struct stream {
    const u8 *next_in;
    u64 avail_in, total_in;
    u8 *next_out;
    u64 avail_out, total_out;
    const struct allocator *allocator;
    void *internal;
    u64 reserved[9];
};
_Static_assert(sizeof(struct stream) == 136, "lzma_stream");

struct held {
    struct stream native; /* first: its address is what native code gets */
    struct allocator allocator;
};

/* A program with its own malloc frees with its own free what the library gives it. */
static void *own_alloc(void *opaque, size_t n, size_t size)
{
    (void)opaque; /* n is 1, lzma/base.h says */
    return libc_own_malloc(n * size);
}

static void own_free(void *opaque, void *p)
{
    (void)opaque;
    libc_own_free(p);
}

/* NULL: the library takes malloc and free. */
static struct allocator *convert(const struct allocator *guest, struct allocator *to)
{
    if (!guest && !libc_has_own_malloc())
        return NULL;
    if (!guest) {
        *to = (struct allocator){(void *)(uintptr_t)own_alloc, (void *)(uintptr_t)own_free, NULL};
        return to;
    }
    to->alloc = br_callback(h2g(guest->alloc), &cbt_lzma_alloc);
    to->free = br_callback(h2g(guest->free), &cbt_lzma_free);
    to->opaque = guest->opaque;
    return to;
}

void *native_lzma_allocator(void *guest)
{
    struct allocator a, *to = convert(guest, &a);

    if (!to)
        return NULL;
    to = malloc(sizeof *to);
    if (!to)
        die("out of memory");
    *to = a;
    return to;
}

void guest_lzma_allocator(void *guest, void *native)
{
    (void)guest;
    free(native);
}

void *native_lzma_stream(void *guest)
{
    struct stream *g = guest, fresh;
    struct held *h = g ? g->internal : NULL;

    if (!g)
        return NULL;
    if (!h && !(h = calloc(1, sizeof *h)))
        die("out of memory");
    fresh = *g;
    fresh.internal = h->native.internal;
    fresh.allocator = convert(g->allocator, &h->allocator);
    h->native = fresh;
    return h;
}

void guest_lzma_stream(void *guest, void *native)
{
    struct stream *g = guest;
    struct held *h = native;
    const struct allocator *allocator;

    if (!h)
        return;
    allocator = g->allocator;
    *g = h->native;
    g->allocator = allocator;
    g->internal = h->native.internal ? h : NULL;
    if (!g->internal)
        free(h);
}

/* For questions about a stream, which may come while another thread codes with it. */
void *native_lzma_known(void *guest)
{
    struct stream *g = guest;

    return g && g->internal ? g->internal : g;
}

void guest_lzma_known(void *guest, void *native)
{
    (void)guest;
    (void)native;
}
