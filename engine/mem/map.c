/*
 * map.c - the sorted map of guest mappings: an index of chunks, each a short sorted array, so that
 * an insert moves little and a lookup is two binary searches. Writers hold mem_lock(); readers take
 * no lock: they check a sequence number around the lookup. Chunks and old indexes are never given
 * back, so a reader that races sees stale numbers, never freed memory.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

#include "base/heap.h"
#include "base/log.h"
#include "mem/map.h"

#define CHUNK_MAX 100
#define VMA_WORDS (sizeof(struct vma) / sizeof(u64))

struct chunk {
    u32 n;
    u32 pad;
    struct vma v[CHUNK_MAX];
};

struct map_index {
    u32 cap, n;
    struct chunk *c[];
};

static struct map_index empty_index;
static struct map_index *map_root = &empty_index;
static struct chunk *free_chunks[64];
static unsigned n_free_chunks;
static size_t n_vmas;
static u32 map_seq; /* odd while a writer is at work */

static pthread_mutex_t map_mutex = PTHREAD_MUTEX_INITIALIZER;
static __thread bool lock_mine;

void mem_lock(void)
{
    ASSERT(!lock_mine);
    pthread_mutex_lock(&map_mutex);
    lock_mine = true;
}

bool mem_trylock(void)
{
    if (lock_mine || pthread_mutex_trylock(&map_mutex))
        return false;
    lock_mine = true;
    return true;
}

void mem_unlock(void)
{
    lock_mine = false;
    pthread_mutex_unlock(&map_mutex);
}

bool mem_lock_busy(void)
{
    if (lock_mine)
        return false;
    if (pthread_mutex_trylock(&map_mutex))
        return true;
    pthread_mutex_unlock(&map_mutex);
    return false;
}

/* Words are moved with relaxed atomics: readers may look on, and the sequence number tells them to
 * look again. */
static void words_copy(void *to, const void *from, size_t n)
{
    u64 *d = to;
    const u64 *s = from;

    if (d < s) {
        for (size_t i = 0; i < n; i++)
            __atomic_store_n(&d[i], __atomic_load_n(&s[i], __ATOMIC_RELAXED), __ATOMIC_RELAXED);
    } else {
        for (size_t i = n; i-- > 0;)
            __atomic_store_n(&d[i], __atomic_load_n(&s[i], __ATOMIC_RELAXED), __ATOMIC_RELAXED);
    }
}

static u32 load32(const u32 *p)
{
    return __atomic_load_n(p, __ATOMIC_RELAXED);
}

static void store32(u32 *p, u32 v)
{
    __atomic_store_n(p, v, __ATOMIC_RELAXED);
}

static u64 load64(const u64 *p)
{
    return __atomic_load_n(p, __ATOMIC_RELAXED);
}

/* Index of the last chunk that starts at or below a (0 when none does). */
static u32 chunk_of(const struct map_index *ix, u32 n, gaddr a)
{
    u32 lo = 0, hi = n;

    while (hi - lo > 1) {
        u32 mid = lo + (hi - lo) / 2;
        const struct chunk *c = __atomic_load_n(&ix->c[mid], __ATOMIC_RELAXED);

        if (load64(&c->v[0].start) <= a)
            lo = mid;
        else
            hi = mid;
    }
    return lo;
}

/* Index in the chunk of the first mapping that ends above a; c->n if none. */
static u32 slot_of(const struct chunk *c, u32 n, gaddr a)
{
    u32 lo = 0, hi = n;

    while (lo < hi) {
        u32 mid = lo + (hi - lo) / 2;

        if (load64(&c->v[mid].end) > a)
            hi = mid;
        else
            lo = mid + 1;
    }
    return lo;
}

static bool next_racy(gaddr a, struct vma *out)
{
    const struct map_index *ix = __atomic_load_n(&map_root, __ATOMIC_ACQUIRE);
    u32 n = load32(&ix->n), ci, vi, cn;
    const struct chunk *c;

    if (n > ix->cap)
        n = ix->cap;
    if (!n)
        return false;
    ci = chunk_of(ix, n, a);
    c = __atomic_load_n(&ix->c[ci], __ATOMIC_RELAXED);
    cn = load32(&c->n);
    if (cn > CHUNK_MAX)
        cn = CHUNK_MAX;
    vi = slot_of(c, cn, a);
    if (vi == cn) {
        if (ci + 1 >= n)
            return false;
        c = __atomic_load_n(&ix->c[ci + 1], __ATOMIC_RELAXED);
        vi = 0;
    }
    words_copy(out, &c->v[vi], VMA_WORDS);
    return true;
}

bool map_next(gaddr a, struct vma *out)
{
    for (;;) {
        u32 seq = __atomic_load_n(&map_seq, __ATOMIC_ACQUIRE);
        bool found;

        /* A crash inside our own writer still gets an answer: the handler runs on the writer's
         * thread. */
        if ((seq & 1) && !lock_mine) {
            sched_yield();
            continue;
        }
        found = next_racy(a, out);
        atomic_thread_fence(memory_order_acquire);
        if (lock_mine || load32(&map_seq) == seq)
            return found;
    }
}

bool map_find(gaddr a, struct vma *out)
{
    return map_next(a, out) && out->start <= a;
}

bool map_any_exec(gaddr start, gaddr end)
{
    struct vma v;

    for (gaddr a = start; a < end && map_next(a, &v) && v.start < end; a = v.end)
        if (v.prot & PROT_EXEC)
            return true;
    return false;
}

bool map_covered(gaddr start, gaddr end)
{
    struct vma v;

    for (gaddr a = start; a < end; a = v.end)
        if (!map_find(a, &v))
            return false;
    return true;
}

size_t map_count(void)
{
    return n_vmas;
}

/* ---- writers ---- */

static void seq_begin(void)
{
    store32(&map_seq, map_seq + 1);
    atomic_thread_fence(memory_order_release);
}

static void seq_end(void)
{
    __atomic_store_n(&map_seq, map_seq + 1, __ATOMIC_RELEASE);
}

static struct chunk *chunk_new(void)
{
    return n_free_chunks ? free_chunks[--n_free_chunks] : heap_zalloc(sizeof(struct chunk));
}

static void chunk_drop(struct chunk *c)
{
    if (n_free_chunks < ARRAY_SIZE(free_chunks))
        free_chunks[n_free_chunks++] = c; /* else it stays behind: a reader may still look at it */
}

/* Makes room for one more chunk: false when out of memory. */
static bool index_reserve(void)
{
    struct map_index *ix = map_root, *bigger;

    if (ix->n < ix->cap)
        return true;
    bigger = heap_zalloc(sizeof *bigger + (2 * (size_t)ix->cap + 16) * sizeof bigger->c[0]);
    if (!bigger)
        return false;
    bigger->cap = 2 * ix->cap + 16;
    bigger->n = ix->n;
    if (ix->n)
        memcpy(bigger->c, ix->c, ix->n * sizeof bigger->c[0]);
    __atomic_store_n(&map_root, bigger, __ATOMIC_RELEASE);
    return true;
}

/* Puts a chunk at place ci; room was reserved. */
static void index_insert(u32 ci, struct chunk *c)
{
    struct map_index *ix = map_root;

    words_copy(&ix->c[ci + 1], &ix->c[ci], ix->n - ci);
    __atomic_store_n(&ix->c[ci], c, __ATOMIC_RELAXED);
    store32(&ix->n, ix->n + 1);
}

static void index_delete(u32 ci)
{
    struct map_index *ix = map_root;
    struct chunk *c = ix->c[ci];

    words_copy(&ix->c[ci], &ix->c[ci + 1], ix->n - ci - 1);
    store32(&ix->n, ix->n - 1);
    chunk_drop(c);
}

static void slot_delete(u32 ci, u32 vi)
{
    struct chunk *c = map_root->c[ci];

    words_copy(&c->v[vi], &c->v[vi + 1], (c->n - vi - 1) * VMA_WORDS);
    store32(&c->n, c->n - 1);
    n_vmas--;
    if (!c->n)
        index_delete(ci);
}

/* Halves a full chunk. */
static int chunk_split(u32 ci)
{
    struct chunk *c, *d;

    if (!index_reserve())
        return -ENOMEM;
    c = map_root->c[ci];
    d = chunk_new();
    if (!d)
        return -ENOMEM;
    words_copy(d->v, &c->v[CHUNK_MAX / 2], (CHUNK_MAX - CHUNK_MAX / 2) * VMA_WORDS);
    store32(&d->n, CHUNK_MAX - CHUNK_MAX / 2);
    index_insert(ci + 1, d);
    store32(&c->n, CHUNK_MAX / 2);
    return 0;
}

static int slot_insert(const struct vma *v)
{
    struct chunk *c;
    u32 ci, vi;

    if (!map_root->n) {
        if (!index_reserve() || !(c = chunk_new()))
            return -ENOMEM;
        store32(&c->n, 0);
        index_insert(0, c);
    }
    ci = chunk_of(map_root, map_root->n, v->start);
    if (map_root->c[ci]->n == CHUNK_MAX) {
        int err = chunk_split(ci);

        if (err)
            return err;
        ci = chunk_of(map_root, map_root->n, v->start);
    }
    c = map_root->c[ci];
    vi = slot_of(c, c->n, v->start);
    words_copy(&c->v[vi + 1], &c->v[vi], (c->n - vi) * VMA_WORDS);
    words_copy(&c->v[vi], v, VMA_WORDS);
    store32(&c->n, c->n + 1);
    n_vmas++;
    return 0;
}

/* The place of the first mapping that ends above a. */
static bool locate(gaddr a, u32 *ci, u32 *vi)
{
    if (!map_root->n)
        return false;
    *ci = chunk_of(map_root, map_root->n, a);
    *vi = slot_of(map_root->c[*ci], map_root->c[*ci]->n, a);
    if (*vi < map_root->c[*ci]->n)
        return true;
    *vi = 0;
    return ++*ci < map_root->n;
}

static u64 offset_at(const struct vma *v, gaddr a)
{
    return v->file && !v->file->pseudo ? v->offset + (a - v->start) : 0;
}

static int remove_range(gaddr start, gaddr end)
{
    u32 ci, vi;

    while (locate(start, &ci, &vi)) {
        struct vma *slot = &map_root->c[ci]->v[vi], v = *slot, tail = v;

        if (v.start >= end)
            break;
        tail.start = end;
        tail.offset = offset_at(&v, end);
        if (v.start < start) {
            v.end = start;
            words_copy(slot, &v, VMA_WORDS);
        } else if (tail.end > end) {
            words_copy(slot, &tail, VMA_WORDS);
            break;
        } else {
            slot_delete(ci, vi);
        }
        if (tail.end > end)
            return slot_insert(&tail);
    }
    return 0;
}

static bool mergeable(const struct vma *a, const struct vma *b)
{
    return a->end == b->start && a->prot == b->prot && a->flags == b->flags && a->file == b->file &&
           offset_at(a, b->start) == b->offset;
}

/* Takes a neighbour of v out of the map and makes it part of v. */
static void absorb(struct vma *v)
{
    u32 ci, vi;

    if (v->start && locate(v->start - 1, &ci, &vi) && mergeable(&map_root->c[ci]->v[vi], v)) {
        v->start = map_root->c[ci]->v[vi].start;
        v->offset = map_root->c[ci]->v[vi].offset;
        slot_delete(ci, vi);
    }
    if (locate(v->end, &ci, &vi) && mergeable(v, &map_root->c[ci]->v[vi])) {
        v->end = map_root->c[ci]->v[vi].end;
        slot_delete(ci, vi);
    }
}

int map_replace(gaddr start, gaddr end, const struct vma *v)
{
    struct vma merged;
    int err;

    seq_begin();
    err = remove_range(start, end);
    if (!err && v) {
        merged = *v;
        if (!merged.file || merged.file->pseudo)
            merged.offset = 0;
        absorb(&merged);
        err = slot_insert(&merged);
    }
    seq_end();
    return err;
}

int map_set_prot(gaddr start, gaddr end, u32 prot)
{
    struct vma v;
    gaddr a = start;

    while (a < end && map_next(a, &v) && v.start < end) {
        gaddr lo = v.start > start ? v.start : start, hi = v.end < end ? v.end : end;
        int err;

        v.offset = offset_at(&v, lo);
        v.start = lo;
        v.end = hi;
        a = hi;
        if (v.prot == prot)
            continue;
        v.prot = prot;
        err = map_replace(lo, hi, &v);
        if (err)
            return err;
    }
    return 0;
}

const struct mem_file *map_intern(const char *path, u64 dev, u64 ino)
{
    static struct mem_file *table[1024];
    struct mem_file *f;
    u32 h = 2166136261u;
    size_t len = strlen(path);

    for (size_t i = 0; i < len; i++)
        h = (h ^ (u8)path[i]) * 16777619u;
    h ^= (u32)ino * 2654435761u ^ (u32)dev;
    for (f = table[h % ARRAY_SIZE(table)]; f; f = f->next)
        if (f->hash == h && f->dev == dev && f->ino == ino && !strcmp(f->path, path))
            return f;
    f = heap_alloc(sizeof *f + len + 1);
    if (!f)
        return NULL;
    f->dev = dev;
    f->ino = ino;
    f->hash = h;
    f->pseudo = !ino;
    memcpy(f->path, path, len + 1);
    f->next = table[h % ARRAY_SIZE(table)];
    table[h % ARRAY_SIZE(table)] = f;
    return f;
}
