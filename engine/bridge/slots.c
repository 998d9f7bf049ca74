/*
 * slots.c - callback slots (see slots.h). The table never moves (address space is reserved for all
 * of it), so a handler reads its slot without a lock; making a slot takes the lock, and the slot is
 * complete before its pointer is given out.
 */
#include "bridge/slots.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/log.h"
#include "signal/signal.h"

#define MAX_SLOTS (1u << 20)
#define GROW_STUBS 2048 /* dynamic stubs made executable at a time */

__thread u32 br_slot_index;
struct br_slot *br_slot_table;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned used;
static u8 *dynamic; /* stubs of the slots from BR_STATIC_SLOTS on */
static u32 *hash;   /* slot + 1 by (fn, type), open addressing */
static unsigned hash_size;

static void *reserve(size_t size)
{
    void *p = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED)
        die("no address space for callback slots");
    return p;
}

static u64 lock_native; /* under the lock: its holder was in native code */

/* As in bridge.c: no guest signal handler while its thread holds the lock. */
static void lock_slots(void)
{
    u64 native = thr_self() ? sig_native_suspend(thr_self()) : 0;

    pthread_mutex_lock(&lock);
    lock_native = native;
}

static void unlock_slots(void)
{
    u64 native = lock_native;

    pthread_mutex_unlock(&lock);
    if (native)
        sig_native_resume(thr_self(), native);
}

static void init(void)
{
    br_slot_table = reserve(MAX_SLOTS * sizeof *br_slot_table);
    if (mprotect(br_slot_table, MAX_SLOTS * sizeof *br_slot_table, PROT_READ | PROT_WRITE))
        die("cannot make the callback slots writable");
    pthread_atfork(lock_slots, unlock_slots, unlock_slots);
}

static unsigned hash_of(gaddr fn, const struct br_cbtype *type)
{
    u64 h = (fn ^ h2g(type) << 17) * 0x9e3779b97f4a7c15ull;
    return (unsigned)(h >> 32) & (hash_size - 1);
}

static void hash_add(unsigned slot)
{
    unsigned i = hash_of(br_slot_table[slot].fn, br_slot_table[slot].type);

    while (hash[i])
        i = (i + 1) & (hash_size - 1);
    hash[i] = slot + 1;
}

static void hash_grow(void)
{
    u32 *bigger = calloc(hash_size ? hash_size * 2 : 1024, sizeof *bigger);

    if (!bigger)
        die("out of memory for callback slots");
    free(hash);
    hash = bigger;
    hash_size = hash_size ? hash_size * 2 : 1024;
    for (unsigned i = 0; i < used; i++)
        hash_add(i);
}

static struct br_slot *find(gaddr fn, const struct br_cbtype *type)
{
    if (!hash_size)
        return NULL;
    for (unsigned i = hash_of(fn, type); hash[i]; i = (i + 1) & (hash_size - 1)) {
        struct br_slot *s = &br_slot_table[hash[i] - 1];
        if (s->fn == fn && s->type == type)
            return s;
    }
    return NULL;
}

/* Writable, then executable: never both (some kernels refuse that). Threads may be running older
 * stubs meanwhile, in other pages. */
static void grow_stubs(unsigned first)
{
    u8 *p;

    if (!dynamic)
        dynamic = reserve((size_t)(MAX_SLOTS - BR_STATIC_SLOTS) * BR_DYNAMIC_STUB);
    p = dynamic + (size_t)(first - BR_STATIC_SLOTS) * BR_DYNAMIC_STUB;
    if (mprotect(p, GROW_STUBS * BR_DYNAMIC_STUB, PROT_READ | PROT_WRITE))
        die("cannot make callback stubs");
    for (unsigned i = 0; i < GROW_STUBS; i++)
        br_arch_emit_stub(p + i * BR_DYNAMIC_STUB, first + i);
    if (mprotect(p, GROW_STUBS * BR_DYNAMIC_STUB, PROT_READ | PROT_EXEC))
        die("cannot make callback stubs executable");
    __builtin___clear_cache((char *)p, (char *)p + GROW_STUBS * BR_DYNAMIC_STUB);
}

static void *stub_of(unsigned slot)
{
    size_t size = (size_t)(br_stub_end - br_stub_base) / BR_STATIC_SLOTS;

    if (slot < BR_STATIC_SLOTS)
        return (void *)(uintptr_t)(br_stub_base + slot * size);
    if ((slot - BR_STATIC_SLOTS) % GROW_STUBS == 0)
        grow_stubs(slot);
    return dynamic + (size_t)(slot - BR_STATIC_SLOTS) * BR_DYNAMIC_STUB;
}

static struct br_slot *add(gaddr fn, const struct br_cbtype *type)
{
    struct br_slot *s;

    if (used == MAX_SLOTS)
        die("%u callbacks in use", used);
    if (used * 2 >= hash_size)
        hash_grow();
    s = &br_slot_table[used];
    s->handler = type->handler;
    s->fn = fn;
    s->type = type;
    s->native = stub_of(used);
    hash_add(used);
    used++;
    return s;
}

void *br_callback(gaddr fn, const struct br_cbtype *type)
{
    struct br_slot *s;
    void *native;

    if (!fn)
        return NULL;
    native = br_unwrap(fn);
    if (native)
        return native;
    lock_slots();
    if (!br_slot_table)
        init();
    s = find(fn, type);
    if (!s)
        s = add(fn, type);
    unlock_slots();
    return s->native;
}

gaddr br_slot_guest(const void *native)
{
    const u8 *p = native;
    size_t size = (size_t)(br_stub_end - br_stub_base) / BR_STATIC_SLOTS, slot;

    if (p >= br_stub_base && p < br_stub_end)
        slot = (size_t)(p - br_stub_base) / size;
    else if (dynamic && p >= dynamic &&
             p < dynamic + (size_t)(MAX_SLOTS - BR_STATIC_SLOTS) * BR_DYNAMIC_STUB)
        slot = BR_STATIC_SLOTS + (size_t)(p - dynamic) / BR_DYNAMIC_STUB;
    else
        return 0;
    return slot < used ? br_slot_table[slot].fn : 0;
}

gaddr br_guest_function(void *native, const struct br_cbtype *type)
{
    gaddr g = br_slot_guest(native);

    return g || !native ? g : br_function(type->thunk, native);
}

unsigned br_slot_count(void)
{
    return used;
}
