/*
 * kernel.c - the only calls of mmap(2) and its relatives for guest memory, and the host's page
 * size. BOX64_HOST_PAGE makes the host look like one with larger pages: then what such a kernel
 * would refuse ends the program here, and places are chosen at multiples of that size.
 */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/bits.h"
#include "base/log.h"
#include "config/config.h"
#include "mem/map.h"

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif
#define HOST_PAGE_MAX 65536

u64 host_page = GUEST_PAGE_SIZE;
static bool pretended;

int kernel_init(void)
{
    u64 real = (u64)sysconf(_SC_PAGESIZE), want = (u64)cfg.host_page;

    host_page = real;
    if (want && ((want & (want - 1)) || want < real || want < GUEST_PAGE_SIZE))
        log_warn(
            "BOX64_HOST_PAGE=%llu: not a page size of this host (%llu) or a larger one; ignored",
            (unsigned long long)want, (unsigned long long)real);
    else if (want)
        host_page = want;
    pretended = host_page != real;
    if (host_page >= GUEST_PAGE_SIZE && host_page <= HOST_PAGE_MAX)
        return 0;
    log_error("host pages of %llu bytes are not supported", (unsigned long long)host_page);
    return -ENOTSUP;
}

static void check(u64 addr, u64 len, u64 offset)
{
    ASSERT(!((addr | len | offset) & (host_page - 1)));
}

static i64 call_mmap(gaddr addr, u64 len, int prot, int flags, int fd, u64 offset)
{
    void *p = mmap(g2h(addr), len, prot, flags, fd, (off_t)offset);

    return p == MAP_FAILED ? -errno : (i64)h2g(p);
}

/* Where a kernel with larger pages would put it. */
static i64 map_aligned(u64 len, int prot, int flags, int fd, u64 offset)
{
    i64 hole = call_mmap(0, len + host_page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                         -1, 0);
    gaddr at, end;
    i64 r;

    if (hole < 0)
        return hole;
    at = align_up((gaddr)hole, host_page);
    end = (gaddr)hole + len + host_page;
    if (at > (gaddr)hole)
        munmap(g2h((gaddr)hole), at - (gaddr)hole);
    if (end > at + len)
        munmap(g2h(at + len), end - at - len);
    r = call_mmap(at, len, prot, flags | MAP_FIXED, fd, offset);
    if (r < 0)
        munmap(g2h(at), len);
    return r;
}

i64 kernel_map(gaddr addr, u64 len, int prot, int flags, int fd, u64 offset)
{
    check(addr, len, offset);
    if (UNLIKELY(pretended) && !addr && !(flags & MAP_FIXED))
        return map_aligned(len, prot, flags, fd, offset);
    return call_mmap(addr, len, prot, flags, fd, offset);
}

/* Kernels before 4.17 and some emulators take MAP_FIXED_NOREPLACE for a hint. */
i64 kernel_map_exactly(gaddr addr, u64 len, int prot, int flags, int fd, u64 offset)
{
    i64 r;

    check(addr, len, offset);
    r = call_mmap(addr, len, prot, (flags & ~MAP_FIXED) | MAP_FIXED_NOREPLACE, fd, offset);
    if (r > 0 && (gaddr)r != addr) {
        munmap(g2h((gaddr)r), len);
        return -EEXIST;
    }
    return r;
}

i64 kernel_unmap(gaddr addr, u64 len)
{
    check(addr, len, 0);
    return munmap(g2h(addr), len) ? -errno : 0;
}

i64 kernel_protect(gaddr addr, u64 len, int prot)
{
    check(addr, len, 0);
    return mprotect(g2h(addr), len, prot) ? -errno : 0;
}

i64 kernel_remap(gaddr old, u64 old_len, u64 new_len, int flags, gaddr new_addr)
{
    void *p;

    check(old | (flags & MREMAP_FIXED ? new_addr : 0), old_len | new_len, 0);
    p = mremap(g2h(old), old_len, new_len, flags, g2h(new_addr));
    return p == MAP_FAILED ? -errno : (i64)h2g(p);
}

i64 kernel_advise(gaddr addr, u64 len, int advice)
{
    check(addr, len, 0);
    return madvise(g2h(addr), len, advice) ? -errno : 0;
}

bool kernel_mapped(gaddr addr, u64 len)
{
    u8 vec[256];

    check(addr, len, 0);
    for (u64 step; len; addr += step, len -= step) {
        step = len < HOST_PAGE_MAX ? len : HOST_PAGE_MAX;
        if (mincore(g2h(addr), step, vec))
            return false;
    }
    return true;
}
