/*
 * heap.c - size classes with free lists over mapped chunks (see heap.h). Called by every room whose
 * code a guest signal handler may reach. Blocks of 16 to 256 bytes come in steps of 16, then in
 * four steps per doubling; what is larger than the last class has a mapping of its own.
 */
#include "base/heap.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>

#include "base/bits.h"
#include "base/types.h"

#define CHUNK_SIZE (256u << 10)
#define SMALL_STEP 16u
#define SMALL_CLASSES 16u /* up to 256 bytes */
#define LARGE_CLASSES 28u /* up to 32 KiB */
#define CLASSES (SMALL_CLASSES + LARGE_CLASSES)
#define OWN_MAPPING CLASSES

/* Before every block. */
struct head {
    u64 class;
    union {
        u64 mapped; /* bytes, for OWN_MAPPING */
        struct head *next;
    };
};

static struct head *free_list[CLASSES];
static u8 *chunk, *chunk_end;
static int lock;

static void lock_take(void)
{
    while (__atomic_exchange_n(&lock, 1, __ATOMIC_ACQUIRE))
        sched_yield();
}

static void lock_drop(void)
{
    __atomic_store_n(&lock, 0, __ATOMIC_RELEASE);
}

static size_t class_size(unsigned class)
{
    unsigned n = class - SMALL_CLASSES;

    if (class < SMALL_CLASSES)
        return (class + 1) * SMALL_STEP;
    return (size_t)(5 + n % 4) << (6 + n / 4);
}

static unsigned class_of(size_t size)
{
    unsigned top;

    if (size <= SMALL_CLASSES * SMALL_STEP)
        return size ? (unsigned)(size - 1) / SMALL_STEP : 0;
    top = 63 - (unsigned)__builtin_clzll(size - 1);
    return SMALL_CLASSES + (top - 8) * 4 + (unsigned)((size - 1) >> (top - 2) & 3);
}

static void *map(size_t size)
{
    int saved = errno;
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    errno = saved;
    return p == MAP_FAILED ? NULL : p;
}

static struct head *carve(size_t size)
{
    struct head *h;

    if ((size_t)(chunk_end - chunk) < size) { /* its rest is lost: less than one large block */
        u8 *more = map(CHUNK_SIZE);

        if (!more)
            return NULL;
        chunk = more;
        chunk_end = more + CHUNK_SIZE;
    }
    h = (struct head *)chunk;
    chunk += size;
    return h;
}

static void *alloc_mapped(size_t size)
{
    size_t bytes = size + sizeof(struct head);
    struct head *h = bytes < size ? NULL : map(bytes);

    if (!h)
        return NULL;
    h->class = OWN_MAPPING;
    h->mapped = bytes;
    return h + 1;
}

void *heap_alloc(size_t size)
{
    unsigned class = size > class_size(CLASSES - 1) ? OWN_MAPPING : class_of(size);
    struct head *h;

    if (class == OWN_MAPPING)
        return alloc_mapped(size);
    lock_take();
    h = free_list[class];
    if (h)
        free_list[class] = h->next;
    else
        h = carve(sizeof *h + class_size(class));
    lock_drop();
    if (!h)
        return NULL;
    h->class = class;
    return h + 1;
}

void *heap_zalloc(size_t size)
{
    void *p = heap_alloc(size);

    return p ? memset(p, 0, size) : NULL;
}

void heap_free(void *p)
{
    struct head *h = (struct head *)p - 1;

    if (!p)
        return;
    if (h->class == OWN_MAPPING) {
        int saved = errno;

        munmap(h, h->mapped);
        errno = saved;
        return;
    }
    lock_take();
    h->next = free_list[h->class];
    free_list[h->class] = h;
    lock_drop();
}

void heap_fork_prepare(void)
{
    lock_take();
}

void heap_fork_done(void)
{
    lock_drop();
}
