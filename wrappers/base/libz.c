/*
 * libz.c - the streams of libz and libbz2 hold two functions of the program (its allocator) and
 * know their own address. So native code works on a stream of its own, whose functions are native;
 * the program's is brought up to date after each call, with its own functions in it. Where the
 * program left them NULL the library fills in its own, which the program sees as bridges. What the
 * program's `state` points to is ours (struct held). Called by the rows with swap=.
 */
#include "libc.h"

/* The part that both have, in the same order. */
struct parts {
    void *state, *alloc, *free;
};

struct kind {
    size_t size, parts; /* of the stream, and where its parts are */
    const struct br_cbtype *alloc, *free;
    bool wants_functions; /* a stream without them is none */
};

#define STREAM_MAX 112

struct held {
    u64 native[STREAM_MAX / 8]; /* first: its address is what native code gets */
    struct parts known;         /* the native parts at the last look, */
    gaddr alloc, free;          /* and what the program has for these functions */
    void *guest;                /* whose it is: a copy is not a stream */
};

static const struct kind z_kind = {112, 56, &cbt_z_alloc, &cbt_z_free, true};
static const struct kind bz_kind = {80, 48, &cbt_bz_alloc, &cbt_bz_free, false};

static struct parts *parts_of(const struct kind *k, void *stream)
{
    return (struct parts *)((char *)stream + k->parts);
}

/* The program's fields, with the native parts. Written in one go: of a stream that is only read
 * (deflateCopy's source) several threads may make the same copy. */
static void bring_in(const struct kind *k, struct held *h, void *state)
{
    const struct parts *guest = parts_of(k, h->guest);
    u64 fresh[STREAM_MAX / 8];

    if (h2g(guest->alloc) != h->alloc) {
        h->alloc = h2g(guest->alloc);
        h->known.alloc = br_callback(h->alloc, k->alloc);
    }
    if (h2g(guest->free) != h->free) {
        h->free = h2g(guest->free);
        h->known.free = br_callback(h->free, k->free);
    }
    memcpy(fresh, h->guest, k->size);
    *parts_of(k, fresh) = (struct parts){state, h->known.alloc, h->known.free};
    memcpy(h->native, fresh, k->size);
}

static void *stream_native(const struct kind *k, void *guest)
{
    const struct parts *p = guest ? parts_of(k, guest) : NULL;
    struct held *h;

    if (!p || (k->wants_functions && (!p->alloc || !p->free)))
        return NULL; /* the library says what it thinks of that */
    h = p->state;
    if (!h || h->guest != guest)
        return NULL;
    bring_in(k, h, parts_of(k, h->native)->state);
    return h->native;
}

/* Whatever is in `state` now means nothing, but stays when the library does not touch it. */
static void *stream_new(const struct kind *k, void *guest)
{
    struct held *h = guest ? calloc(1, sizeof *h) : NULL;

    if (!h)
        return NULL;
    h->guest = guest;
    bring_in(k, h, parts_of(k, guest)->state);
    return h->native;
}

static void stream_back(const struct kind *k, void *guest, void *native, bool begins)
{
    struct held *h = native;
    struct parts *n, *p;
    void *before;

    if (!h)
        return;
    n = parts_of(k, native);
    p = parts_of(k, guest);
    before = p->state;
    if (n->alloc != h->known.alloc) {
        h->known.alloc = n->alloc;
        h->alloc = br_guest_function(n->alloc, k->alloc);
    }
    if (n->free != h->known.free) {
        h->known.free = n->free;
        h->free = br_guest_function(n->free, k->free);
    }
    memcpy(guest, native, k->size);
    *p = (struct parts){h, g2h(h->alloc), g2h(h->free)};
    if (!n->state || (begins && n->state == before)) {
        p->state = n->state;
        free(h);
    }
}

void *native_z_stream(void *guest)
{
    return stream_native(&z_kind, guest);
}

void guest_z_stream(void *guest, void *native)
{
    stream_back(&z_kind, guest, native, false);
}

void *native_z_new(void *guest)
{
    return stream_new(&z_kind, guest);
}

void guest_z_new(void *guest, void *native)
{
    stream_back(&z_kind, guest, native, true);
}

void *native_bz_stream(void *guest)
{
    return stream_native(&bz_kind, guest);
}

void guest_bz_stream(void *guest, void *native)
{
    stream_back(&bz_kind, guest, native, false);
}

void *native_bz_new(void *guest)
{
    return stream_new(&bz_kind, guest);
}

void guest_bz_new(void *guest, void *native)
{
    stream_back(&bz_kind, guest, native, true);
}
