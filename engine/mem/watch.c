/*
 * watch.c - notices writes to code. A guest page that is executable and writable is write-protected
 * on the host when code is fetched from it; the first write faults, drops the page's blocks and
 * makes it writable again. A page written again and again between fetches becomes "checked": it
 * stays writable and its blocks compare their bytes at each entry. Page states are one byte each in
 * a two-level table that is only ever added to, so signal handlers read them freely.
 */
#include <sched.h>
#include <stdatomic.h>
#include <sys/mman.h>

#include "base/bits.h"
#include "base/log.h"
#include "interp/interp.h"
#include "mem/map.h"

/* 2^35 guest pages: 2^17 leaves of 2^18 pages (1 GiB of addresses). Only touched leaves and table
 * pages become resident. */
#define LEAF_BITS 18
#define LEAF_PAGES (1u << LEAF_BITS)
#define LEAF_COUNT (1u << (47 - 12 - LEAF_BITS))
#define HOT_WRITES 8
/* An access the map allows may fault a few times while another thread changes protections; then it
 * is the guest's fault. */
#define RETRY_MAX 64

static u8 *leaves[LEAF_COUNT];
static u64 n_watched;

static u8 *state_of(gaddr page)
{
    u64 n = page / GUEST_PAGE_SIZE;
    u8 *leaf = n >> LEAF_BITS < LEAF_COUNT
                   ? __atomic_load_n(&leaves[n >> LEAF_BITS], __ATOMIC_ACQUIRE)
                   : NULL;

    return leaf ? &leaf[n & (LEAF_PAGES - 1)] : NULL;
}

static u8 *state_make(gaddr page)
{
    u64 i = page / GUEST_PAGE_SIZE >> LEAF_BITS;

    if (i >= LEAF_COUNT)
        return NULL;
    if (!leaves[i]) {
        void *leaf = mmap(NULL, LEAF_PAGES, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

        if (leaf == MAP_FAILED)
            return NULL;
        __atomic_store_n(&leaves[i], leaf, __ATOMIC_RELEASE);
    }
    return state_of(page);
}

u8 watch_state(gaddr page)
{
    u8 *s = state_of(page);

    return s ? __atomic_load_n(s, __ATOMIC_ACQUIRE) : 0;
}

static void set_state(u8 *s, u8 v)
{
    u8 old = *s;

    __atomic_store_n(s, v, __ATOMIC_RELEASE);
    if ((old ^ v) & WATCH_ON)
        __atomic_fetch_add(&n_watched, v & WATCH_ON ? 1 : ~0ull, __ATOMIC_RELAXED);
}

/* The next page at or above a whose state is not 0, or `end`. Skips whole empty leaves. */
static gaddr next_state(gaddr a, gaddr end)
{
    while (a < end) {
        u8 *s = state_of(a);
        gaddr leaf_end =
            align_down(a, (u64)LEAF_PAGES * GUEST_PAGE_SIZE) + (u64)LEAF_PAGES * GUEST_PAGE_SIZE;

        if (!s) {
            a = leaf_end;
            continue;
        }
        for (gaddr stop = leaf_end < end ? leaf_end : end; a < stop; a += GUEST_PAGE_SIZE)
            if (__atomic_load_n(s++, __ATOMIC_RELAXED))
                return a;
    }
    return end;
}

void watch_clear(gaddr start, gaddr end, bool forget)
{
    for (gaddr a = next_state(start, end); a < end; a = next_state(a + GUEST_PAGE_SIZE, end)) {
        u8 *s = state_of(a);

        set_state(s, forget ? 0 : *s & ~WATCH_ON);
    }
}

void watch_release(gaddr start, gaddr end)
{
    for (gaddr a = next_state(start, end); a < end; a = next_state(a + GUEST_PAGE_SIZE, end)) {
        u8 *s = state_of(a);
        struct vma v;

        if ((*s & WATCH_ON) && map_find(a, &v))
            host_protect(a, GUEST_PAGE_SIZE, v.prot, false);
        set_state(s, *s & ~WATCH_ON);
    }
}

void watch_drop(gaddr start, gaddr end)
{
    for (gaddr a = next_state(start, end); a < end; a = next_state(a + GUEST_PAGE_SIZE, end)) {
        u8 *s = state_of(a);

        if (!(*s & WATCH_ON))
            continue;
        set_state(s, *s & ~WATCH_ON);
        interp_invalidate(a, a + GUEST_PAGE_SIZE);
    }
}

/* Lock-free. Has a guest page of [start, end) one of these bits? */
static bool any_state(gaddr start, gaddr end, u8 bits)
{
    for (gaddr a = start; a < end; a += GUEST_PAGE_SIZE)
        if (watch_state(a) & bits)
            return true;
    return false;
}

bool watch_any(gaddr start, gaddr end, gaddr skip, gaddr skip_end)
{
    if (!__atomic_load_n(&n_watched, __ATOMIC_RELAXED))
        return false;
    return any_state(start, end < skip ? end : skip, WATCH_ON) ||
           any_state(start > skip_end ? start : skip_end, end, WATCH_ON);
}

/* Lock-free. The state bits of all guest pages in this page's host page; there is one where host
 * pages have 4K. */
static bool near_state(gaddr page, u8 bits)
{
    gaddr start = align_down(page, host_page);

    return any_state(start, start + host_page, bits);
}

/* Write-protects one page of code. False: it is (now) a checked page. */
static bool watch_page(gaddr page)
{
    struct vma v;
    u8 *s;
    bool on = false;

    mem_lock();
    s = state_make(page);
    /* A hot page makes its whole host page writable for good: its neighbours are checked too. */
    if (s && !near_state(page, WATCH_CHECKED) && map_find(page, &v) && (v.prot & PROT_WRITE)) {
        if (!(*s & WATCH_ON) && !host_protect(page, GUEST_PAGE_SIZE, v.prot, true))
            set_state(s, *s | WATCH_ON);
        on = *s & WATCH_ON;
    }
    mem_unlock();
    return on;
}

gaddr mem_fetch(gaddr pc, bool *checked)
{
    gaddr page = pc & ~GUEST_PAGE_MASK, end;
    struct vma v;

    *checked = false;
    if (!map_find(pc, &v) || !(v.prot & PROT_EXEC))
        return 0;
    if (v.flags & MAP_SHARED) {
        /* Written through another mapping (a JIT's second view) or by another process: no fault
         * would tell. */
        *checked = true;
    } else if (!(v.prot & PROT_WRITE)) {
        return v.end;
    }
    /* One page; near its end also the next, so that the longest instruction (15 bytes) is in reach.
     */
    end = page + GUEST_PAGE_SIZE;
    if (end - pc < 15 && end < v.end)
        end += GUEST_PAGE_SIZE;
    if (*checked)
        return end;
    for (; page < end; page += GUEST_PAGE_SIZE) {
        u8 st = watch_state(page);

        if (!(st & WATCH_ON) && ((st & WATCH_CHECKED) || !watch_page(page)))
            *checked = true;
    }
    return end;
}

/*
 * Under mem_lock: a write to this page is about to happen, and it or a neighbour in its host page
 * is watched. The host page becomes writable as a whole, so neighbours lose their blocks too (they
 * could change unnoticed), but the heat is this page's alone.
 */
static void unwatch(gaddr page)
{
    gaddr start = align_down(page, host_page);
    u8 *s = state_make(page), heat;
    struct vma v;

    if (host_page != GUEST_PAGE_SIZE) {
        watch_drop(start, page);
        watch_drop(page + GUEST_PAGE_SIZE, start + host_page);
    }
    if (s) {
        heat = *s & WATCH_HEAT;
        if (heat < WATCH_HEAT)
            heat++;
        set_state(s, heat >= HOT_WRITES ? WATCH_CHECKED | heat : heat);
    }
    if (map_find(page, &v))
        host_protect(page, GUEST_PAGE_SIZE, v.prot, false);
    interp_invalidate(page, page + GUEST_PAGE_SIZE);
}

/* The map says that this access is fine: another thread is changing the protection, or has just
 * done so. */
static enum mem_fault retry_some(gaddr a)
{
    static __thread gaddr last;
    static __thread unsigned count;

    if (last != a) {
        last = a;
        count = 0;
    }
    /* A change that is still under way may take its time (a host page is being copied). */
    if (!mem_lock_busy() && ++count > RETRY_MAX) {
        count = 0;
        return MEM_FAULT_ACCERR;
    }
    sched_yield();
    return MEM_FAULT_RETRY;
}

enum mem_fault mem_fault(gaddr a, bool is_write)
{
    gaddr page = a & ~GUEST_PAGE_MASK;
    struct vma v;

    if (is_write && near_state(page, WATCH_ON) &&
        (host_page == GUEST_PAGE_SIZE || (map_find(a, &v) && (v.prot & PROT_WRITE)))) {
        /* Busy: let the access fault again rather than wait in a signal handler. */
        if (!mem_trylock())
            return retry_some(a);
        if (near_state(page, WATCH_ON))
            unwatch(page);
        mem_unlock();
        return MEM_FAULT_RETRY;
    }
    if (!map_find(a, &v))
        return MEM_FAULT_MAPERR;
    if (v.prot & (is_write ? PROT_WRITE : PROT_READ | PROT_WRITE | PROT_EXEC))
        return retry_some(a);
    return MEM_FAULT_ACCERR;
}

bool mem_any_watched(void)
{
    return UNLIKELY(__atomic_load_n(&n_watched, __ATOMIC_RELAXED));
}

/* The watched page at or above p, or stop. */
static gaddr next_watched(gaddr p, gaddr stop)
{
    for (p = next_state(p, stop); p < stop; p = next_state(p + GUEST_PAGE_SIZE, stop))
        if (watch_state(p) & WATCH_ON)
            return p;
    return stop;
}

/* The host pages of [a, a + len). False: empty, none, or nothing is watched at all. */
static bool host_pages(gaddr a, u64 len, gaddr *start, gaddr *stop)
{
    gaddr end = a + len;

    if (!len || end < a || !mem_any_watched())
        return false;
    if (end > GUEST_VA_END)
        end = GUEST_VA_END;
    *start = align_down(a & ~GUEST_PAGE_MASK, host_page);
    *stop = align_up(end, host_page);
    return true;
}

bool mem_is_watched(gaddr a, u64 len)
{
    gaddr start, stop;

    return host_pages(a, len, &start, &stop) && next_watched(start, stop) < stop;
}

void mem_prepare_write(gaddr a, u64 len)
{
    gaddr first = a & ~GUEST_PAGE_MASK, p, stop;

    if (!host_pages(a, len, &p, &stop))
        return;
    for (p = next_watched(p, stop); p < stop; p = next_watched(p + GUEST_PAGE_SIZE, stop)) {
        /* The page that is written, when a neighbour in its host page is watched. */
        gaddr touched = p < first ? first : p < a + len ? p : (a + len - 1) & ~GUEST_PAGE_MASK;

        mem_lock();
        if (watch_state(p) & WATCH_ON)
            unwatch(touched);
        mem_unlock();
    }
}
