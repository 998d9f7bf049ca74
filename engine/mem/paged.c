/*
 * paged.c - 4K guest pages on hosts with larger pages. The map (map.c) says what each guest page
 * is; the host page below it gets the union of the protections. A host page is whole:  all its
 * guest pages come from one mapping, which the kernel made, or shared: guest pages of several
 * mappings; then it is private anonymous memory and what files have to say was copied in. A page
 * becomes shared when a neighbour arrives and stays so. Which it is follows from the map: if all
 * its guest pages are private and anonymous it is anonymous either way; else it is copied once
 * more, which changes nothing. What cannot be had: an access fault where the host page permits more
 * than the guest page, SIGBUS beyond the end of a file in a shared page, and a MAP_SHARED mapping
 * in step with its file where it is not at a host-page boundary of both (a debug line says so).
 * Places the engine chooses are such that this does not happen: each its own host pages, and files
 * at addresses congruent to their offset. All under mem_lock.
 */
#include <errno.h>
#include <fcntl.h>
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
#define HINT_COPY_MAX (64u << 20)
#define ANON_RESERVE (MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE)

/* A range cut at host pages: whole ones [run_lo, run_hi), and at most two that are shared with
 * guest pages outside the range. */
struct span {
    gaddr run_lo, run_hi;
    gaddr edge[2];
    unsigned edges;
};

/* What a mapping call puts into [lo, hi). */
struct filling {
    gaddr lo, hi;
    u32 prot;
    int flags, fd;
    u64 offset;
};

static gaddr page_of(gaddr a)
{
    return align_down(a, host_page);
}

bool paged_owned(gaddr a)
{
    struct vma v;

    return map_next(page_of(a), &v) && v.start < page_of(a) + host_page;
}

bool paged_others(gaddr p, gaddr lo, gaddr hi)
{
    gaddr end = p + host_page;
    struct vma v;

    if (lo > p && map_next(p, &v) && v.start < (lo < end ? lo : end))
        return true;
    return hi < end && map_next(hi > p ? hi : p, &v) && v.start < end;
}

/* Cuts [a, b), a part of [lo, hi): guest pages in the latter are no strangers. */
static struct span split(gaddr a, gaddr b, gaddr lo, gaddr hi)
{
    gaddr first = page_of(a), last = page_of(b - 1);
    struct span s = {.run_lo = first, .run_hi = last + host_page};

    if (paged_others(first, lo, hi)) {
        s.edge[s.edges++] = first;
        s.run_lo += host_page;
    }
    if (last != first && paged_others(last, lo, hi)) {
        s.edge[s.edges++] = last;
        s.run_hi = last;
    }
    return s;
}

/* Has v, as far as it lies in host page p, pages outside [lo, hi)? */
static bool sticks_out(const struct vma *v, gaddr p, gaddr lo, gaddr hi)
{
    gaddr start = v->start > p ? v->start : p;
    gaddr end = v->end < p + host_page ? v->end : p + host_page;

    return start < lo || end > hi;
}

/* The host protection of page p when the guest pages in [lo, hi) have prot and the others what the
 * map says. */
static int page_prot(gaddr p, gaddr lo, gaddr hi, u32 prot, bool readonly)
{
    gaddr end = p + host_page;
    u32 all = lo < end && hi > p ? prot : 0;
    struct vma v;

    for (gaddr a = p; a < end && map_next(a, &v) && v.start < end; a = v.end)
        if (sticks_out(&v, p, lo, hi))
            all |= v.prot;
    return host_prot(all, readonly || watch_any(p, end, lo, hi));
}

static i64 edge_protect(gaddr p, gaddr lo, gaddr hi, u32 prot, bool readonly)
{
    return kernel_protect(p, host_page, page_prot(p, lo, hi, prot, readonly));
}

void paged_copy(u8 *to, gaddr from, u64 len)
{
    int pipe_fd[2];

    if (pipe2(pipe_fd, O_CLOEXEC)) {
        memcpy(to, g2h(from), len);
        return;
    }
    for (u64 i = 0; i < len; i += GUEST_PAGE_SIZE) {
        /* The kernel answers EFAULT where we would get SIGBUS. */
        ssize_t n = write(pipe_fd[1], g2h(from + i), GUEST_PAGE_SIZE);

        if (n != GUEST_PAGE_SIZE || read(pipe_fd[0], to + i, GUEST_PAGE_SIZE) != n)
            memset(to + i, 0, GUEST_PAGE_SIZE);
    }
    close(pipe_fd[0]);
    close(pipe_fd[1]);
}

/* ---- mapping ---- */

static void fill(u8 *to, u64 len, int fd, u64 offset)
{
    memset(to, 0, len);
    while (fd >= 0 && len) {
        ssize_t n = pread(fd, to, len, (off_t)offset);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        to += n;
        len -= (u64)n;
        offset += (u64)n;
    }
}

/* Are the guest pages of p outside [lo, hi) private and anonymous? Then so is the host page. */
static bool is_anonymous(gaddr p, gaddr lo, gaddr hi)
{
    gaddr end = p + host_page;
    struct vma v;

    for (gaddr a = p; a < end && map_next(a, &v) && v.start < end; a = v.end) {
        if (sticks_out(&v, p, lo, hi) &&
            ((v.flags & MAP_TYPE) != MAP_PRIVATE || !(v.flags & MAP_ANONYMOUS))) {
            if ((v.flags & MAP_TYPE) != MAP_PRIVATE)
                log_debug("the shared mapping at %#llx is a copy from now on: its host page has "
                          "other mappings",
                          (unsigned long long)v.start);
            return false;
        }
    }
    return true;
}

/* A private copy of the guest pages of p outside [lo, hi), with the rest filled, takes the place of
 * p at one stroke. Writers meanwhile fault and try again (mem_fault). */
static i64 replace_edge(gaddr p, const struct filling *f, gaddr lo, gaddr hi)
{
    i64 r = kernel_map(0, host_page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    u8 *copy = g2h((gaddr)r);

    if (r < 0)
        return r;
    kernel_protect(p, host_page, PROT_READ);
    paged_copy(copy, p, lo - p);
    paged_copy(copy + (hi - p), hi, p + host_page - hi);
    fill(copy + (lo - p), hi - lo, f->fd, f->offset + (lo - f->lo));
    kernel_protect((gaddr)r, host_page, page_prot(p, f->lo, f->hi, f->prot, false));
    return kernel_remap((gaddr)r, host_page, host_page, MREMAP_MAYMOVE | MREMAP_FIXED, p);
}

/* The part of the mapping that lies in host page p, which has other guest pages too. */
static i64 map_edge(gaddr p, const struct filling *f)
{
    gaddr lo = f->lo > p ? f->lo : p, hi = f->hi < p + host_page ? f->hi : p + host_page;
    i64 r;

    if ((f->flags & MAP_TYPE) != MAP_PRIVATE)
        log_debug("the shared mapping at %#llx is a copy: its host page has other mappings",
                  (unsigned long long)lo);
    if (!is_anonymous(p, f->lo, f->hi)) {
        r = replace_edge(p, f, lo, hi);
        return r < 0 ? r : 0;
    }
    /* Never less than the neighbours have: their owners may be at work, or the kernel for them. */
    watch_drop(p, f->lo > p ? f->lo : p);
    watch_drop(f->hi, p + host_page);
    r = kernel_protect(p, host_page, PROT_READ | PROT_WRITE);
    if (r)
        return r;
    fill(g2h(lo), hi - lo, f->fd, f->offset + (lo - f->lo));
    return edge_protect(p, f->lo, f->hi, f->prot, false);
}

static i64 claim_page(gaddr p)
{
    i64 r = paged_owned(p) ? 0 : kernel_map_exactly(p, host_page, PROT_NONE, ANON_RESERVE, -1, 0);

    if (r >= 0)
        return 0;
    log_debug("the host page at %#llx has native memory", (unsigned long long)p);
    return -ENOMEM;
}

i64 paged_claim(gaddr lo, gaddr hi)
{
    gaddr first = page_of(lo), last = page_of(hi - 1);
    i64 r = 0;

    if (first < lo || (first == last && hi < last + host_page))
        r = claim_page(first);
    if (!r && last != first && hi < last + host_page)
        r = claim_page(last);
    return r;
}

/* Would the kernel map this file so? 0 or its errno. */
static i64 check_file(const struct filling *f)
{
    i64 r = kernel_map(0, host_page, host_prot(f->prot, false),
                       f->flags & ~(MAP_FIXED | MAP_FIXED_NOREPLACE), f->fd,
                       align_down(f->offset, host_page));

    if (r < 0)
        return r;
    return kernel_unmap((gaddr)r, host_page);
}

static bool congruent(gaddr addr, int flags, u64 offset)
{
    return (flags & MAP_ANONYMOUS) || !((addr ^ offset) & (host_page - 1));
}

/* The host pages that the mapping has for itself. */
static i64 map_run(const struct span *s, const struct filling *f)
{
    bool direct = congruent(f->lo, f->flags, f->offset);
    int hp = host_prot(f->prot, false), flags = f->flags, fd = f->fd;
    u64 len = s->run_hi - s->run_lo, offset = f->offset + s->run_lo - f->lo;
    gaddr lo = s->run_lo > f->lo ? s->run_lo : f->lo, hi = s->run_hi < f->hi ? s->run_hi : f->hi;
    i64 r;

    if (flags & MAP_ANONYMOUS)
        offset = 0;
    if (!direct) {
        if ((flags & MAP_TYPE) != MAP_PRIVATE)
            log_debug("the shared mapping at %#llx is a copy: not at a host page of its file",
                      (unsigned long long)f->lo);
        hp = PROT_READ | PROT_WRITE;
        flags = MAP_PRIVATE | MAP_ANONYMOUS | (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE));
        fd = -1;
        offset = 0;
    }
    r = flags & MAP_FIXED_NOREPLACE ? kernel_map_exactly(s->run_lo, len, hp, flags, fd, offset)
                                    : kernel_map(s->run_lo, len, hp, flags | MAP_FIXED, fd, offset);
    if (r < 0 || direct)
        return r;
    fill(g2h(lo), hi - lo, f->fd, f->offset + (lo - f->lo));
    return kernel_protect(s->run_lo, len, host_prot(f->prot, false));
}

static i64 map_fixed(const struct filling *f)
{
    bool noreplace = f->flags & MAP_FIXED_NOREPLACE;
    struct span s = split(f->lo, f->hi, f->lo, f->hi);
    struct vma v;
    i64 r = 0;

    if (noreplace && map_next(f->lo, &v) && v.start < f->hi)
        return -EEXIST;
    if (!(f->flags & MAP_ANONYMOUS) && (s.edges || !congruent(f->lo, f->flags, f->offset)))
        r = check_file(f);
    if (!r && !noreplace)
        r = paged_claim(f->lo, f->hi);
    if (!r && s.run_lo < s.run_hi)
        r = map_run(&s, f);
    for (unsigned i = 0; r >= 0 && i < s.edges; i++)
        r = map_edge(s.edge[i], f);
    return r < 0 ? r : (i64)f->lo;
}

i64 paged_map(gaddr addr, u64 len, u32 prot, int flags, int fd, u64 offset)
{
    bool low = flags & MAP_32BIT_GUEST, anon = flags & MAP_ANONYMOUS;
    struct filling f = {addr,           addr + len,
                        prot,           flags & ~(MAP_32BIT_GUEST | MAP_ABOVE4G_GUEST),
                        anon ? -1 : fd, offset};
    u64 delta = anon ? 0 : offset & (host_page - 1);
    i64 r;

    if (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE))
        return map_fixed(&f);
    /* A hint: honoured when free, as Linux does, unless much would have to be copied for it. */
    if (addr && (congruent(addr, flags, offset) ||
                 ((flags & MAP_TYPE) == MAP_PRIVATE && len <= HINT_COPY_MAX))) {
        f.flags |= MAP_FIXED_NOREPLACE;
        r = map_fixed(&f);
        if (r > 0)
            return r;
        f.flags &= ~MAP_FIXED_NOREPLACE;
    }
    r = host_place(align_up(delta + len, host_page), host_prot(prot, false), f.flags, fd,
                   anon ? 0 : offset - delta, low);
    return r < 0 ? r : r + (i64)delta;
}

i64 paged_unmap(gaddr addr, u64 len)
{
    gaddr hi = addr + len;
    struct span s = split(addr, hi, addr, hi);
    i64 r = 0;

    /* Host pages at the ends where the guest has nothing are not its own. */
    if (s.run_lo < addr && !paged_owned(s.run_lo))
        s.run_lo += host_page;
    if (s.run_lo < s.run_hi && s.run_hi > hi && !paged_owned(s.run_hi - host_page))
        s.run_hi -= host_page;
    if (s.run_lo < s.run_hi)
        r = kernel_unmap(s.run_lo, s.run_hi - s.run_lo);
    for (unsigned i = 0; !r && i < s.edges; i++)
        r = edge_protect(s.edge[i], addr, hi, 0, false);
    return r;
}

/* ---- protections ---- */

/* [a, b) is mapped for the guest; the whole call is about [lo, hi). */
static i64 protect_part(gaddr a, gaddr b, gaddr lo, gaddr hi, u32 prot, bool readonly)
{
    struct span s = split(a, b, lo, hi);
    i64 r = 0;

    if (s.run_lo < s.run_hi)
        r = kernel_protect(s.run_lo, s.run_hi - s.run_lo, host_prot(prot, readonly));
    for (unsigned i = 0; !r && i < s.edges; i++)
        r = edge_protect(s.edge[i], lo, hi, prot, readonly);
    return r;
}

i64 paged_set_prot(gaddr lo, gaddr hi, u32 prot, bool readonly)
{
    return protect_part(lo, hi, lo, hi, prot, readonly);
}

/* The guest has nothing at [a, b): native memory, or a hole. Of a host page that is only partly
 * meant the protection stays. */
static i64 protect_native(gaddr a, gaddr b, u32 prot)
{
    gaddr lo = align_up(a, host_page), hi = page_of(b);
    i64 r = 0;

    if (a < lo && (paged_owned(a) || !kernel_mapped(page_of(a), host_page)))
        return -ENOMEM;
    if (lo < hi)
        r = kernel_protect(lo, hi - lo, host_prot(prot, false));
    if (!r && hi < b && hi >= lo && (paged_owned(hi) || !kernel_mapped(hi, host_page)))
        r = -ENOMEM;
    return r;
}

/* The end of what begins at a: a stretch of guest mappings, or of none. */
static gaddr stretch(gaddr a, gaddr end, bool *mapped)
{
    struct vma v;

    *mapped = map_find(a, &v);
    if (!*mapped)
        return map_next(a, &v) && v.start < end ? v.start : end;
    while (a < end && map_find(a, &v))
        a = v.end;
    return a < end ? a : end;
}

i64 paged_protect(gaddr addr, u64 len, u32 prot, bool readonly)
{
    gaddr hi = addr + len;
    i64 r = 0;

    for (gaddr a = addr, b; !r && a < hi; a = b) {
        bool mapped;

        b = stretch(a, hi, &mapped);
        r = mapped ? protect_part(a, b, addr, hi, prot, readonly) : protect_native(a, b, prot);
    }
    return r;
}

/* ---- advice ---- */

static bool is_dontneed(int advice)
{
    return advice == MADV_DONTNEED || advice == 24 /* MADV_DONTNEED_LOCKED */;
}

static i64 zero_edge(gaddr p, gaddr lo, gaddr hi)
{
    i64 r;

    lo = lo > p ? lo : p;
    hi = hi < p + host_page ? hi : p + host_page;
    watch_drop(p, p + host_page);
    r = kernel_protect(p, host_page, PROT_READ | PROT_WRITE);
    if (r)
        return r;
    memset(g2h(lo), 0, hi - lo);
    return edge_protect(p, p, p, 0, false);
}

/* [a, b) lies in v. */
static i64 advise_part(const struct vma *v, gaddr a, gaddr b, int advice)
{
    bool private = (v->flags & MAP_TYPE) == MAP_PRIVATE, anon = v->flags & MAP_ANONYMOUS;
    struct span s = split(a, b, a, b);
    i64 r = 0;

    if (private && !anon && is_dontneed(advice)) {
        /* Some of it may be copied in: the file's content would not come back. */
        log_debug("madvise: %#llx keeps its content", (unsigned long long)a);
        return 0;
    }
    if (s.run_lo < s.run_hi)
        r = kernel_advise(s.run_lo, s.run_hi - s.run_lo, advice);
    for (unsigned i = 0; !r && private && is_dontneed(advice) && i < s.edges; i++)
        r = zero_edge(s.edge[i], a, b);
    return r;
}

i64 paged_advise(gaddr addr, u64 len, int advice)
{
    gaddr hi = addr + len, lo;
    bool hole = false;
    i64 r = 0;
    struct vma v;

    for (gaddr a = addr, b; !r && a < hi; a = b) {
        if (map_find(a, &v)) {
            b = v.end < hi ? v.end : hi;
            r = advise_part(&v, a, b, advice);
            continue;
        }
        b = map_next(a, &v) && v.start < hi ? v.start : hi;
        lo = align_up(a, host_page);
        if (lo < page_of(b))
            r = kernel_advise(lo, page_of(b) - lo, advice);
        else
            hole |= paged_owned(a) || !kernel_mapped(page_of(a), host_page);
        if (r == -ENOMEM) {
            hole = true;
            r = 0;
        }
    }
    return r ? r : hole ? -ENOMEM : 0;
}
