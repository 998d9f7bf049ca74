/*
 * mem.c - the guest's mapping calls: argument checks as x86-64 Linux makes them, the host work
 * (host.c), then map and code watch brought in line, all under mem_lock. Blocks of code that went
 * or may change are dropped through interp_invalidate.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

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
#define PROT_GROWSDOWN_GUEST 0x01000000
#define PROT_GROWSUP_GUEST 0x02000000
#define PROT_ALL (PROT_READ | PROT_WRITE | PROT_EXEC)
/* What of the flags describes the mapping rather than the call. */
#define FLAGS_KEPT                                                                                 \
    (MAP_TYPE | MAP_ANONYMOUS | MAP_GROWSDOWN | MAP_STACK | MAP_NORESERVE | MAP_HUGETLB)

static gaddr brk_start, brk_now;

int mem_init(void)
{
    static bool done;
    int err;

    if (done)
        return 0;
    err = host_init();
    if (err)
        return err;
    /* A child of fork() has only the forking thread: nobody else may hold the lock at that moment.
     */
    err = pthread_atfork(mem_lock, mem_unlock, mem_unlock);
    done = !err;
    return -err;
}

gaddr mem_limit(void)
{
    return host_va_end();
}

static bool bad_range(gaddr a, u64 len)
{
    return (a & GUEST_PAGE_MASK) || a > GUEST_VA_END || len > GUEST_VA_END - a;
}

static const struct mem_file *file_of_fd(int fd)
{
    char link[64], path[4096];
    struct stat st;
    ssize_t n;

    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    n = readlink(link, path, sizeof path - 1);
    if (n < 0 || fstat(fd, &st))
        return NULL;
    path[n] = 0;
    return map_intern(path, st.st_dev, st.st_ino);
}

/* [start, end) now holds something else or nothing; *v describes it. */
static int changed(gaddr start, gaddr end, const struct vma *v)
{
    bool had_code = map_any_exec(start, end);
    int err;

    watch_clear(start, end, true);
    err = map_replace(start, end, v);
    if (had_code)
        interp_invalidate(start, end);
    return err;
}

static i64 check_mmap(gaddr addr, u64 len, int flags, u64 offset)
{
    if (!len || (offset & GUEST_PAGE_MASK))
        return -EINVAL;
    len = align_up(len, GUEST_PAGE_SIZE);
    if (!len || len > GUEST_VA_END || offset + len < offset)
        return -ENOMEM;
    if (!(flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)))
        return 0;
    if (addr & GUEST_PAGE_MASK)
        return -EINVAL;
    if (addr > GUEST_VA_END - len)
        return -ENOMEM;
    if (!(flags & MAP_FIXED_NOREPLACE) && host_is_own(addr, addr + len)) {
        log_warn("mmap: the guest wants %#llx, where box64 itself is", (unsigned long long)addr);
        return -ENOMEM;
    }
    return 0;
}

i64 mem_mmap(gaddr addr, u64 len, int prot, int flags, int fd, u64 offset)
{
    struct vma v = {.prot = (u32)(prot & PROT_ALL), .flags = (u32)(flags & FLAGS_KEPT)};
    i64 r = check_mmap(addr, len, flags, offset);
    bool fixed = flags & (MAP_FIXED | MAP_FIXED_NOREPLACE);

    if (r)
        return r;
    len = align_up(len, GUEST_PAGE_SIZE);
    if (!fixed && (bad_range(addr & ~GUEST_PAGE_MASK, len)))
        addr = 0;
    if (!fixed)
        addr &= ~GUEST_PAGE_MASK;
    mem_lock();
    r = host_map(addr, len, v.prot, flags, fd, offset);
    if (r >= 0) {
        v.start = (gaddr)r;
        v.end = v.start + len;
        v.offset = offset;
        if (!(flags & MAP_ANONYMOUS))
            v.file = file_of_fd(fd);
        if (changed(v.start, v.end, &v)) {
            host_unmap(v.start, len);
            r = -ENOMEM;
        }
    }
    mem_unlock();
    return r;
}

i64 mem_munmap(gaddr addr, u64 len)
{
    i64 r;

    len = align_up(len, GUEST_PAGE_SIZE);
    if (!len || bad_range(addr, len) || host_is_own(addr, addr + len))
        return -EINVAL;
    mem_lock();
    r = host_unmap(addr, len);
    if (!r)
        changed(addr, addr + len, NULL);
    mem_unlock();
    return r;
}

i64 mem_mprotect(gaddr addr, u64 len, int prot)
{
    int grows = prot & (PROT_GROWSDOWN_GUEST | PROT_GROWSUP_GUEST);
    struct vma v;
    i64 r;

    prot &= ~(PROT_GROWSDOWN_GUEST | PROT_GROWSUP_GUEST);
    if ((addr & GUEST_PAGE_MASK) || (prot & ~(PROT_ALL | 8 /* PROT_SEM */)) ||
        grows == (PROT_GROWSDOWN_GUEST | PROT_GROWSUP_GUEST))
        return -EINVAL;
    if (!len)
        return 0;
    len = align_up(len, GUEST_PAGE_SIZE);
    if (!len || bad_range(addr, len) || host_is_own(addr, addr + len))
        return -ENOMEM;
    mem_lock();
    if (grows == PROT_GROWSDOWN_GUEST &&
        map_find(addr, &v)) { /* down to the mapping's own start: stacks */
        len += addr - v.start;
        addr = v.start;
    }
    r = host_protect(addr, len, (u32)prot, false);
    if (!r || r == -ENOMEM) { /* ENOMEM: all before the hole has been done, as on x86 */
        bool had_code = map_any_exec(addr, addr + len);

        watch_clear(addr, addr + len, false);
        if (!r && map_set_prot(addr, addr + len, (u32)prot & PROT_ALL))
            r = -ENOMEM;
        if (had_code)
            interp_invalidate(addr, addr + len);
    }
    mem_unlock();
    return r;
}

/* Under mem_lock: the map after [old, +old_len) went to `now`, new_len long. */
static int remapped(gaddr old, u64 old_len, gaddr now, u64 new_len, int flags,
                    const struct vma *was)
{
    struct vma v = *was;
    int err;

    if (v.file && !v.file->pseudo)
        v.offset += old - v.start;
    v.start = now;
    v.end = now + new_len;
    if (map_any_exec(old, old + old_len))
        interp_invalidate(old, old + old_len);
    if (now != old && old_len && !(flags & MREMAP_DONTUNMAP)) {
        err = changed(old, old + old_len, NULL);
        if (err)
            return err;
    } else if (now == old && new_len < old_len) {
        return changed(old + new_len, old + old_len, NULL);
    }
    return changed(v.start, v.end, &v);
}

i64 mem_mremap(gaddr old, u64 old_len, u64 new_len, int flags, gaddr new_addr)
{
    struct vma v;
    i64 r;

    old_len = align_up(old_len, GUEST_PAGE_SIZE);
    new_len = align_up(new_len, GUEST_PAGE_SIZE);
    if (!new_len || bad_range(old, old_len) || new_len > GUEST_VA_END)
        return -EINVAL;
    if ((flags & MREMAP_FIXED) &&
        (bad_range(new_addr, new_len) || host_is_own(new_addr, new_addr + new_len)))
        return -EINVAL;
    mem_lock();
    if (!map_find(old, &v)) {
        /* Not the guest's: native memory (a wrapped mmap made it) moves, and becomes known. */
        v = (struct vma){.start = old,
                         .end = old + old_len,
                         .prot = PROT_READ | PROT_WRITE,
                         .flags = MAP_PRIVATE | MAP_ANONYMOUS};
    }
    watch_release(old, old + old_len);
    r = host_remap(old, old_len, new_len, flags, new_addr);
    if (r >= 0 && remapped(old, old_len, (gaddr)r, new_len, flags, &v))
        r = -ENOMEM;
    mem_unlock();
    return r;
}

i64 mem_madvise(gaddr addr, u64 len, int advice)
{
    i64 r;

    if (bad_range(addr, len))
        return -EINVAL;
    len = align_up(len, GUEST_PAGE_SIZE);
    r = host_advise(addr, len, advice);
    if (r)
        return r;
    /* Contents may be gone: DONTNEED, FREE, REMOVE, DONTNEED_LOCKED. */
    if ((advice == 4 || advice == 8 || advice == 9 || advice == 24) &&
        map_any_exec(addr, addr + len))
        interp_invalidate(addr, addr + len);
    return r;
}

void mem_host_range(gaddr *a, u64 *len)
{
    gaddr end = align_up(*a + *len, host_page);

    if (host_page == GUEST_PAGE_SIZE || (*a & GUEST_PAGE_MASK) || end < *a)
        return;
    *a = align_down(*a, host_page);
    *len = end - *a;
}

bool mem_has_hole(gaddr a, u64 len)
{
    gaddr end = align_up(a + len, GUEST_PAGE_SIZE);

    if (host_page == GUEST_PAGE_SIZE || end > GUEST_VA_END)
        return false;
    for (a &= ~GUEST_PAGE_MASK; a < end; a += GUEST_PAGE_SIZE)
        if (paged_owned(a) && !map_covered(a, a + GUEST_PAGE_SIZE))
            return true;
    return false;
}

i64 mem_incore(gaddr addr, u64 len, u8 *vec)
{
    gaddr end = addr + align_up(len, GUEST_PAGE_SIZE);

    if (addr & GUEST_PAGE_MASK)
        return -EINVAL;
    if (len > GUEST_VA_END || end > GUEST_VA_END)
        return -ENOMEM;
    mem_prepare_write(h2g(vec), (end - addr) / GUEST_PAGE_SIZE);
    if (host_page == GUEST_PAGE_SIZE)
        return mincore(g2h(addr), len, vec) ? -errno : 0;
    for (; addr < end; addr += GUEST_PAGE_SIZE, vec++) {
        u8 host[16]; /* pretended pages are several of the kernel's */

        /* Native memory is asked about too: unwinders probe with mincore. */
        if ((paged_owned(addr) && !map_covered(addr, addr + GUEST_PAGE_SIZE)) ||
            mincore(g2h(align_down(addr, host_page)), host_page, host))
            return -ENOMEM;
        *vec = host[0];
    }
    return 0;
}

void mem_set_brk(gaddr start)
{
    mem_lock();
    brk_start = brk_now = align_up(start, GUEST_PAGE_SIZE);
    mem_unlock();
}

/* Linux's brk never fails loudly: it answers with where the break is. */
i64 mem_brk(gaddr want)
{
    gaddr old_end, new_end;
    bool ok = true;

    mem_lock();
    old_end = align_up(brk_now, GUEST_PAGE_SIZE);
    new_end = align_up(want, GUEST_PAGE_SIZE);
    if (want < brk_start || want > host_va_end() - (1ull << 32)) {
        ok = false;
    } else if (new_end > old_end) {
        struct vma v = {.start = old_end,
                        .end = new_end,
                        .prot = PROT_READ | PROT_WRITE,
                        .flags = MAP_PRIVATE | MAP_ANONYMOUS,
                        .file = map_intern("[heap]", 0, 0)};

        ok = host_map(old_end, new_end - old_end, v.prot,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE | MAP_NORESERVE, -1,
                      0) > 0 &&
             !changed(old_end, new_end, &v);
    } else if (new_end < old_end) {
        ok = !host_unmap(new_end, old_end - new_end) && !changed(new_end, old_end, NULL);
    }
    if (ok)
        brk_now = want;
    want = brk_now;
    mem_unlock();
    return (i64)want;
}

void mem_note_native(gaddr addr, u64 len, int prot, int flags, const char *path)
{
    gaddr start = addr & ~GUEST_PAGE_MASK, end = align_up(addr + len, GUEST_PAGE_SIZE);
    struct vma v = {.start = start,
                    .end = end,
                    .prot = (u32)(prot & PROT_ALL),
                    .flags = (u32)(flags & FLAGS_KEPT)};

    if (end <= start || end > GUEST_VA_END)
        return;
    mem_lock();
    v.file = path ? map_intern(path, 0, 0) : NULL;
    changed(start, end, &v);
    mem_unlock();
}

void mem_forget(gaddr addr, u64 len)
{
    gaddr start = addr & ~GUEST_PAGE_MASK, end = align_up(addr + len, GUEST_PAGE_SIZE);

    if (end <= start || end > GUEST_VA_END)
        return;
    mem_lock();
    changed(start, end, NULL);
    mem_unlock();
}

void mem_name(gaddr start, gaddr end, const char *name)
{
    const struct mem_file *f;
    struct vma v;

    mem_lock();
    f = map_intern(name, 0, 0);
    for (gaddr a = start; f && a < end && map_next(a, &v) && v.start < end;) {
        a = v.end;
        if (v.file && !v.file->pseudo)
            continue; /* a file has its own name */
        v.start = v.start > start ? v.start : start;
        v.end = v.end < end ? v.end : end;
        v.file = f;
        map_replace(v.start, v.end, &v);
    }
    mem_unlock();
}
