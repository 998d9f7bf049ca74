/*
 * host.c - the host side of guest mappings: protections without PROT_EXEC, placement below the
 * guest's address limit, and what must not be replaced because box64 itself lives there. Where host
 * pages are larger than the guest's, the work is done in paged.c, the calls themselves in kernel.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/bits.h"
#include "base/log.h"
#include "mem/map.h"

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif
#define MAP_32BIT_GUEST 0x40
#define MAP_ABOVE4G_GUEST 0x80
/* Where x86-64 Linux puts MAP_32BIT mappings (arch/x86 find_start_end). */
#define LOW_START 0x40000000ull
#define LOW_END 0x80000000ull

struct own_range {
    gaddr start, end;
};

static struct own_range own[256];
static unsigned n_own;
static gaddr va_end = GUEST_VA_END; /* first address the host cannot map */
static gaddr top_hint, low_hint;

/* Remembers box64's own image, libraries and stack; finds out how large the host's address space
 * is. */
static int read_own_maps(void)
{
    FILE *f = fopen("/proc/self/maps", "re");
    char line[512];

    if (!f)
        return -errno;
    while (fgets(line, sizeof line, f)) {
        const char *name = strchr(line, '/');
        char *dash;
        gaddr lo = strtoull(line, &dash, 16), hi = *dash == '-' ? strtoull(dash + 1, NULL, 16) : 0;

        if (!hi)
            continue;
        if (strstr(line, "[stack]"))
            va_end = 1ull << (64 - __builtin_clzll(hi - 1));
        if (!name && !strstr(line, "[stack]") && !strstr(line, "[vdso]"))
            continue;
        lo = align_down(lo, host_page);
        hi = align_up(hi, host_page);
        if (n_own && own[n_own - 1].end >= lo)
            own[n_own - 1].end = hi;
        else if (n_own < ARRAY_SIZE(own))
            own[n_own++] = (struct own_range){lo, hi};
    }
    fclose(f);
    return 0;
}

int host_init(void)
{
    int err = kernel_init();

    if (err)
        return err;
    err = read_own_maps();
    if (err)
        return err;
    top_hint = (va_end < GUEST_VA_END ? va_end : GUEST_VA_END) - (1ull << 32);
    low_hint = LOW_START;
    return 0;
}

gaddr host_va_end(void)
{
    return va_end < GUEST_VA_END ? va_end : GUEST_VA_END;
}

bool host_is_own(gaddr start, gaddr end)
{
    for (unsigned i = 0; i < n_own; i++)
        if (start < own[i].end && end > own[i].start)
            return true;
    return false;
}

int host_prot(u32 guest, bool readonly)
{
    int p = 0;

    /* x86 has no write-only and (without protection keys) no execute-only pages; guest code is data
     * here. */
    if (guest & (PROT_READ | PROT_WRITE | PROT_EXEC))
        p |= PROT_READ;
    if ((guest & PROT_WRITE) && !readonly)
        p |= PROT_WRITE;
    return p;
}

/* First gap of the guest map at or above `from` that ends by `limit`; 0 if none. Host mappings are
 * not known here. */
static gaddr gap_above(gaddr from, u64 len, gaddr limit)
{
    struct vma v;

    while (from + len <= limit && map_next(from, &v) && v.start < from + len)
        from = align_up(v.end, host_page);
    return from + len <= limit ? from : 0;
}

/* Tries gaps upwards from `from`; what the host has there itself is stepped over. */
static i64 map_upwards(gaddr from, gaddr limit, u64 len, int prot, int flags, int fd, u64 offset)
{
    u64 step = 1 << 20;

    while ((from = gap_above(from, len, limit)) != 0) {
        i64 r = kernel_map_exactly(from, len, prot, flags, fd, offset);

        if (r != -EEXIST && r != -EPERM)
            return r;
        from += step;
        if (step < 1ull << 34)
            step += step / 4;
        step = align_down(step, host_page);
    }
    return -ENOMEM;
}

/* Hosts with more than 47 bits of user addresses: place below the guest's limit, downwards in
 * steps. */
static i64 map_below_limit(u64 len, int prot, int flags, int fd, u64 offset)
{
    for (gaddr at = top_hint - len; at > 1ull << 32 && at < top_hint;) {
        struct vma v;
        i64 r;

        if (map_next(at, &v) && v.start < at + len) {
            at = align_down(v.start - len, host_page);
            continue;
        }
        r = kernel_map_exactly(at, len, prot, flags, fd, offset);
        if (r != -EEXIST) {
            if (r > 0)
                top_hint = at;
            return r;
        }
        at -= 1 << 24;
    }
    top_hint = GUEST_VA_END - (1ull << 32);
    return -ENOMEM;
}

static i64 map_low(u64 len, int prot, int flags, int fd, u64 offset)
{
    i64 r = map_upwards(low_hint, LOW_END, len, prot, flags, fd, offset);

    if (r == -ENOMEM && low_hint != LOW_START)
        r = map_upwards(LOW_START, LOW_END, len, prot, flags, fd, offset);
    if (r > 0)
        low_hint = (gaddr)r + len;
    return r;
}

i64 host_place(u64 len, int prot, int flags, int fd, u64 offset, bool low)
{
    if (low)
        return map_low(len, prot, flags, fd, offset);
    if (va_end > GUEST_VA_END)
        return map_below_limit(len, prot, flags, fd, offset);
    return kernel_map(0, len, prot, flags, fd, offset);
}

i64 host_map(gaddr addr, u64 len, u32 prot, int flags, int fd, u64 offset)
{
    int hp = host_prot(prot, false);
    bool low = flags & MAP_32BIT_GUEST;
    i64 r;

    if (UNLIKELY(host_page != GUEST_PAGE_SIZE))
        return paged_map(addr, len, prot, flags, fd, offset);
    flags &= ~(MAP_32BIT_GUEST | MAP_ABOVE4G_GUEST);
    if (flags & MAP_FIXED_NOREPLACE)
        return kernel_map_exactly(addr, len, hp, flags, fd, offset);
    if (flags & MAP_FIXED)
        return kernel_map(addr, len, hp, flags, fd, offset);
    if (addr) { /* a hint: honoured when free, as Linux does */
        r = kernel_map_exactly(addr, len, hp, flags, fd, offset);
        if (r > 0)
            return r;
    }
    return host_place(len, hp, flags, fd, offset, low);
}

i64 host_unmap(gaddr addr, u64 len)
{
    if (UNLIKELY(host_page != GUEST_PAGE_SIZE))
        return paged_unmap(addr, len);
    return kernel_unmap(addr, len);
}

i64 host_protect(gaddr addr, u64 len, u32 guest_prot, bool readonly)
{
    if (UNLIKELY(host_page != GUEST_PAGE_SIZE))
        return paged_protect(addr, len, guest_prot, readonly);
    return kernel_protect(addr, len, host_prot(guest_prot, readonly));
}

i64 host_advise(gaddr addr, u64 len, int advice)
{
    i64 r;

    if (LIKELY(host_page == GUEST_PAGE_SIZE))
        return kernel_advise(addr, len, advice);
    mem_lock();
    r = paged_advise(addr, len, advice);
    mem_unlock();
    return r;
}

i64 host_remap(gaddr old, u64 old_len, u64 new_len, int flags, gaddr new_addr)
{
    i64 r;

    if (UNLIKELY(host_page != GUEST_PAGE_SIZE))
        return paged_remap(old, old_len, new_len, flags, new_addr);
    if (!(flags & MREMAP_MAYMOVE) || (flags & MREMAP_FIXED) || va_end <= GUEST_VA_END)
        return kernel_remap(old, old_len, new_len, flags, new_addr);
    /* The kernel would move it above the guest's limit: stay in place, or move to a place of our
     * choice. */
    if (old_len && !(flags & ~MREMAP_MAYMOVE)) {
        r = kernel_remap(old, old_len, new_len, 0, 0);
        if (r != -ENOMEM)
            return r;
    }
    r = map_below_limit(new_len, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (r < 0)
        return r;
    new_addr = (gaddr)r;
    r = kernel_remap(old, old_len, new_len, flags | MREMAP_FIXED, new_addr);
    if (r < 0)
        kernel_unmap(new_addr, new_len);
    return r;
}
