/*
 * structs.c - structures whose layout differs between x86-64 and other 64-bit hosts, by name
 * (linux.h). The wrappers use them too.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "linux/local.h"

_Static_assert(sizeof(struct guest_stat) == 144, "x86-64 struct stat");
_Static_assert(sizeof(struct guest_epoll_event) == 12, "x86-64 struct epoll_event");

void linux_stat_to_guest(struct guest_stat *g, const struct stat *h)
{
    memset(g, 0, sizeof *g);
    g->dev = h->st_dev;
    g->ino = h->st_ino;
    g->nlink = h->st_nlink;
    g->mode = h->st_mode;
    g->uid = h->st_uid;
    g->gid = h->st_gid;
    g->rdev = h->st_rdev;
    g->size = h->st_size;
    g->blksize = h->st_blksize;
    g->blocks = h->st_blocks;
    g->atime = h->st_atim.tv_sec;
    g->atime_nsec = h->st_atim.tv_nsec;
    g->mtime = h->st_mtim.tv_sec;
    g->mtime_nsec = h->st_mtim.tv_nsec;
    g->ctime = h->st_ctim.tv_sec;
    g->ctime_nsec = h->st_ctim.tv_nsec;
}

static void statx_to_guest(struct guest_stat *g, const struct statx *h)
{
    memset(g, 0, sizeof *g);
    g->dev = makedev(h->stx_dev_major, h->stx_dev_minor);
    g->ino = h->stx_ino;
    g->nlink = h->stx_nlink;
    g->mode = h->stx_mode;
    g->uid = h->stx_uid;
    g->gid = h->stx_gid;
    g->rdev = makedev(h->stx_rdev_major, h->stx_rdev_minor);
    g->size = (i64)h->stx_size;
    g->blksize = h->stx_blksize;
    g->blocks = (i64)h->stx_blocks;
    g->atime = h->stx_atime.tv_sec;
    g->atime_nsec = h->stx_atime.tv_nsec;
    g->mtime = h->stx_mtime.tv_sec;
    g->mtime_nsec = h->stx_mtime.tv_nsec;
    g->ctime = h->stx_ctime.tv_sec;
    g->ctime_nsec = h->stx_ctime.tv_nsec;
}

i64 stat_common(struct x86_cpu *c, int dirfd, u64 path, int flags, u64 out)
{
    struct guest_stat g;
    struct statx h;
    i64 r;

    if (flags & ~(GUEST_AT_SYMLINK_NOFOLLOW | GUEST_AT_EMPTY_PATH | AT_NO_AUTOMOUNT))
        return -EINVAL;
    r = HOST(c, __NR_statx, dirfd, path, flags | AT_NO_AUTOMOUNT, STATX_BASIC_STATS, h2g(&h));
    if (r < 0)
        return r;
    statx_to_guest(&g, &h);
    return sig_write(out, &g, sizeof g) ? 0 : -EFAULT;
}
