/*
 * paged_move.c - mremap of 4K guest pages on hosts with larger pages: by the kernel where the host
 * pages belong to the mapping alone and old and new address agree within a host page, else by copy.
 * Under mem_lock; called through host_remap.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "base/bits.h"
#include "base/log.h"
#include "interp/interp.h"
#include "mem/map.h"

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif
#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)

struct move {
    gaddr old;
    u64 old_len, new_len;
    int flags;
    gaddr to; /* with MREMAP_FIXED */
    struct vma v;
};

static bool is_anon(const struct move *m)
{
    return (m->v.flags & MAP_TYPE) == MAP_PRIVATE && (m->v.flags & MAP_ANONYMOUS);
}

/* Has [lo, hi) its host pages for itself? */
static bool alone(gaddr lo, gaddr hi)
{
    return !paged_others(align_down(lo, host_page), lo, hi) &&
           !paged_others(align_down(hi - 1, host_page), lo, hi);
}

/* What the last host page held behind the old end is not zero if guest pages were there once. */
static void zero_gap(const struct move *m, gaddr now)
{
    gaddr lo = now + m->old_len, hi = align_up(lo, host_page), page = align_down(lo, host_page);

    if (hi > now + m->new_len)
        hi = now + m->new_len;
    if (!is_anon(m) || lo >= hi || kernel_protect(page, host_page, PROT_READ | PROT_WRITE))
        return;
    memset(g2h(lo), 0, hi - lo);
    kernel_protect(page, host_page, host_prot(m->v.prot, false));
}

/* By the kernel, host page by host page. */
static i64 move_pages(const struct move *m)
{
    u64 delta = m->old & (host_page - 1), new_len = align_up(delta + m->new_len, host_page);
    u64 old_len = m->old_len ? align_up(delta + m->old_len, host_page) : 0;
    bool fixed = m->flags & MREMAP_FIXED;
    gaddr to;
    i64 r;

    if (!alone(m->old, m->old + (m->old_len ? m->old_len : GUEST_PAGE_SIZE)))
        return -EFAULT;
    if (!fixed) {
        r = host_place(new_len, PROT_NONE, ANON | MAP_NORESERVE, -1, 0, false);
        if (r < 0)
            return r;
        to = (gaddr)r;
    } else {
        to = m->to - delta;
        if ((to & (host_page - 1)) || !alone(m->to, m->to + m->new_len) ||
            paged_claim(m->to, m->to + m->new_len))
            return -EFAULT;
    }
    r = kernel_remap(m->old - delta, old_len, new_len, m->flags | MREMAP_FIXED, to);
    if (r < 0) {
        if (!fixed)
            kernel_unmap(to, new_len);
        return r;
    }
    if (m->old_len && m->new_len > m->old_len)
        zero_gap(m, to + delta);
    return (i64)(to + delta);
}

static i64 move_by_copy(const struct move *m)
{
    bool fixed = m->flags & MREMAP_FIXED;
    u64 len = m->old_len < m->new_len ? m->old_len : m->new_len;
    struct vma now = m->v;
    i64 r;

    if (!is_anon(m))
        log_debug("mremap: %#llx is a copy of its file now", (unsigned long long)m->old);
    r = paged_map(fixed ? m->to : 0, m->new_len, PROT_READ | PROT_WRITE,
                  ANON | (fixed ? MAP_FIXED : 0), -1, 0);
    if (r < 0)
        return r;
    now.start = (gaddr)r;
    now.end = now.start + m->new_len;
    if (now.file && !now.file->pseudo)
        now.offset += m->old - m->v.start;
    /* The map has to know it now: it may share a host page with the old place. */
    if (map_any_exec(now.start, now.end))
        interp_invalidate(now.start, now.end);
    if (map_replace(now.start, now.end, &now))
        return -ENOMEM;
    paged_set_prot(m->old, m->old + m->old_len, m->v.prot | PROT_READ, true);
    paged_set_prot(now.start, now.end, PROT_READ | PROT_WRITE, false);
    paged_copy(g2h(now.start), m->old, len);
    paged_set_prot(now.start, now.end, m->v.prot, false);
    if (m->flags & MREMAP_DONTUNMAP) {
        paged_set_prot(m->old, m->old + m->old_len, m->v.prot, false);
        paged_advise(m->old, m->old_len, MADV_DONTNEED);
    } else {
        paged_unmap(m->old, m->old_len);
    }
    return r;
}

/* Room behind the mapping: anonymous memory grows by a new piece, files by the kernel. */
static i64 grow_in_place(const struct move *m)
{
    gaddr end = m->old + m->old_len, new_end = m->old + m->new_len;
    gaddr page = align_down(m->old, host_page), host_end = align_up(end, host_page);
    struct vma v;
    i64 r;

    if (map_next(end, &v) && v.start < new_end)
        return -ENOMEM;
    if (is_anon(m)) {
        r = paged_map(end, m->new_len - m->old_len, m->v.prot, ANON | MAP_FIXED_NOREPLACE, -1, 0);
        return r < 0 ? -ENOMEM : (i64)m->old;
    }
    if (!alone(m->old, end) || !alone(end, new_end))
        return -ENOMEM;
    if (new_end > host_end) {
        r = kernel_remap(page, host_end - page, align_up(new_end, host_page) - page, 0, 0);
        if (r < 0)
            return r;
    }
    return (i64)m->old;
}

static bool overlaps(const struct move *m)
{
    return m->to < m->old + m->old_len && m->old < m->to + m->new_len;
}

i64 paged_remap(gaddr old, u64 old_len, u64 new_len, int flags, gaddr new_addr)
{
    struct move m = {old, old_len, new_len, flags, new_addr, {0}};
    i64 r;

    if ((flags & ~(MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP)) ||
        ((flags & (MREMAP_FIXED | MREMAP_DONTUNMAP)) && !(flags & MREMAP_MAYMOVE)) ||
        ((flags & MREMAP_DONTUNMAP) && old_len != new_len) ||
        ((flags & MREMAP_FIXED) && overlaps(&m)))
        return -EINVAL;
    if (!map_find(old, &m.v)) {
        /* Native memory: only as its host pages are. */
        if (((old | old_len | new_len) & (host_page - 1)) || paged_owned(old))
            return -EFAULT;
        m.v.flags = MAP_SHARED; /* nothing is known about it */
        return move_pages(&m);
    }
    if (old_len && !(flags & (MREMAP_FIXED | MREMAP_DONTUNMAP)) && new_len <= old_len) {
        r = new_len < old_len ? paged_unmap(old + new_len, old_len - new_len) : 0;
        return r < 0 ? r : (i64)old;
    }
    if (m.v.end - old < old_len)
        return -EFAULT;
    if (old_len && !(flags & (MREMAP_FIXED | MREMAP_DONTUNMAP))) {
        r = grow_in_place(&m);
        if (r >= 0 || !(flags & MREMAP_MAYMOVE))
            return r;
    } else if (!(flags & MREMAP_MAYMOVE)) {
        return -EINVAL;
    }
    r = move_pages(&m);
    if (r >= 0 || !old_len || (r != -EFAULT && r != -EINVAL))
        return r;
    return move_by_copy(&m);
}
