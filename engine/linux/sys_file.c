/*
 * sys_file.c - files and folders: opening, names, the old calls without "at" through the new ones,
 * stat.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "linux/local.h"
#include "mem/mem.h"

#define G_F_DUPFD_CLOEXEC 1030
#define FD_CWD ((u64)GUEST_AT_FDCWD)

struct open_how_arg {
    u64 flags, mode, resolve;
};

static i64 open_path(struct x86_cpu *c, u64 dirfd, u64 path, int flags, u64 mode)
{
    enum proc_view view;

    path = guest_path(path, &view);
    if (view > VIEW_EXE)
        return proc_open(c, view, flags);
    return HOST(c, __NR_openat, dirfd, path, linux_open_flags_to_host(flags), mode);
}

i64 sys_open(struct x86_cpu *c, const u64 *a)
{
    return open_path(c, FD_CWD, a[0], (int)a[1], a[2]);
}

i64 sys_creat(struct x86_cpu *c, const u64 *a)
{
    return open_path(c, FD_CWD, a[0], 0101 | 01000, a[1]); /* O_CREAT | O_WRONLY | O_TRUNC */
}

i64 sys_openat(struct x86_cpu *c, const u64 *a)
{
    return open_path(c, a[0], a[1], (int)a[2], a[3]);
}

i64 sys_openat2(struct x86_cpu *c, const u64 *a)
{
    struct open_how_arg how;
    enum proc_view view;
    u64 path;

    if (a[3] < sizeof how)
        return -EINVAL;
    if (!sig_read(&how, a[2], sizeof how))
        return -EFAULT;
    path = guest_path(a[1], &view);
    if (view > VIEW_EXE)
        return proc_open(c, view, (int)how.flags);
    how.flags = (how.flags & ~0xffffffffull) | (u32)linux_open_flags_to_host((int)how.flags);
    return HOST(c, __NR_openat2, a[0], path, h2g(&how), sizeof how);
}

i64 sys_open_by_handle_at(struct x86_cpu *c, const u64 *a)
{
    return HOST(c, __NR_open_by_handle_at, a[0], a[1], linux_open_flags_to_host((int)a[2]));
}

i64 sys_fanotify_init(struct x86_cpu *c, const u64 *a)
{
    return HOST(c, __NR_fanotify_init, a[0], linux_open_flags_to_host((int)a[1]));
}

i64 sys_mq_open(struct x86_cpu *c, const u64 *a)
{
    return HOST(c, __NR_mq_open, a[0], linux_open_flags_to_host((int)a[1]), a[2], a[3]);
}

i64 sys_pipe2(struct x86_cpu *c, const u64 *a)
{
    mem_prepare_write(a[0], 8);
    return HOST(c, __NR_pipe2, a[0], linux_open_flags_to_host((int)a[1]));
}

i64 sys_pipe(struct x86_cpu *c, const u64 *a)
{
    mem_prepare_write(a[0], 8);
    return HOST(c, __NR_pipe2, a[0], 0);
}

i64 sys_dup2(struct x86_cpu *c, const u64 *a)
{
    i64 r;

    if ((int)a[0] != (int)a[1])
        return HOST(c, __NR_dup3, a[0], a[1], 0);
    r = HOST(c, __NR_fcntl, a[0], F_GETFD);
    return r < 0 ? r : (i64)(int)a[1];
}

i64 sys_fcntl(struct x86_cpu *c, const u64 *a)
{
    i64 r;

    switch ((int)a[1]) {
    case F_GETFL:
        r = HOST(c, __NR_fcntl, a[0], F_GETFL);
        /* An x86-64 kernel always sets O_LARGEFILE; so do all 64-bit ones, with their own bit. */
        return r < 0 ? r : linux_open_flags_to_guest((int)r);
    case F_SETFL: return HOST(c, __NR_fcntl, a[0], F_SETFL, linux_open_flags_to_host((int)a[2]));
    case F_GETLK: mem_prepare_write(a[2], 32); break;
    }
    return HOST(c, __NR_fcntl, a[0], a[1], a[2]);
}

i64 sys_stat(struct x86_cpu *c, const u64 *a)
{
    return stat_common(c, GUEST_AT_FDCWD, guest_path(a[0], NULL), 0, a[1]);
}

i64 sys_lstat(struct x86_cpu *c, const u64 *a)
{
    return stat_common(c, GUEST_AT_FDCWD, a[0], GUEST_AT_SYMLINK_NOFOLLOW, a[1]);
}

i64 sys_fstat(struct x86_cpu *c, const u64 *a)
{
    return stat_common(c, (int)a[0], h2g(""), GUEST_AT_EMPTY_PATH, a[1]);
}

/* stat follows the link /proc/self/exe, lstat does not. */
static u64 followed(u64 path, u64 flags)
{
    return flags & GUEST_AT_SYMLINK_NOFOLLOW ? path : guest_path(path, NULL);
}

i64 sys_newfstatat(struct x86_cpu *c, const u64 *a)
{
    return stat_common(c, (int)a[0], followed(a[1], a[3]), (int)a[3], a[2]);
}

i64 sys_statx(struct x86_cpu *c, const u64 *a)
{
    mem_prepare_write(a[4], sizeof(struct statx));
    return HOST(c, __NR_statx, a[0], followed(a[1], a[2]), a[2], a[3], a[4]);
}

i64 sys_access(struct x86_cpu *c, const u64 *a)
{
    return HOST(c, __NR_faccessat, FD_CWD, guest_path(a[0], NULL), a[1]);
}

i64 sys_faccessat(struct x86_cpu *c, const u64 *a)
{
    return HOST(c, __NR_faccessat, a[0], guest_path(a[1], NULL), a[2]);
}

i64 sys_faccessat2(struct x86_cpu *c, const u64 *a)
{
    return HOST(c, __NR_faccessat2, a[0], followed(a[1], a[3]), a[2], a[3]);
}

static i64 read_link(struct x86_cpu *c, u64 dirfd, u64 path, u64 buf, u64 size)
{
    enum proc_view view;
    size_t n;

    guest_path(path, &view);
    if (view != VIEW_EXE) {
        mem_prepare_write(buf, size);
        return HOST(c, __NR_readlinkat, dirfd, path, buf, size);
    }
    if ((i64)size <= 0)
        return -EINVAL;
    n = strlen(proc_exe());
    if (n > size)
        n = size;
    return sig_write(buf, proc_exe(), n) ? (i64)n : -EFAULT;
}

i64 sys_readlink(struct x86_cpu *c, const u64 *a)
{
    return read_link(c, FD_CWD, a[0], a[1], (u64)(i64)(int)a[2]);
}

i64 sys_readlinkat(struct x86_cpu *c, const u64 *a)
{
    return read_link(c, a[0], a[1], a[2], (u64)(i64)(int)a[3]);
}

i64 sys_rename(struct x86_cpu *c, const u64 *a)
{
    return HOST(c, __NR_renameat2, FD_CWD, a[0], FD_CWD, a[1], 0);
}

i64 sys_renameat(struct x86_cpu *c, const u64 *a)
{
    return HOST(c, __NR_renameat2, a[0], a[1], a[2], a[3], 0);
}

i64 sys_mkdir(struct x86_cpu *c, const u64 *a)
{
    return HOST(c, __NR_mkdirat, FD_CWD, a[0], a[1]);
}

i64 sys_rmdir(struct x86_cpu *c, const u64 *a)
{
    return HOST(c, __NR_unlinkat, FD_CWD, a[0], AT_REMOVEDIR);
}

i64 sys_unlink(struct x86_cpu *c, const u64 *a)
{
    return HOST(c, __NR_unlinkat, FD_CWD, a[0], 0);
}

i64 sys_link(struct x86_cpu *c, const u64 *a)
{
    return HOST(c, __NR_linkat, FD_CWD, a[0], FD_CWD, a[1], 0);
}

i64 sys_symlink(struct x86_cpu *c, const u64 *a)
{
    return HOST(c, __NR_symlinkat, a[0], FD_CWD, a[1]);
}

i64 sys_mknod(struct x86_cpu *c, const u64 *a)
{
    return HOST(c, __NR_mknodat, FD_CWD, a[0], a[1], a[2]);
}

i64 sys_chmod(struct x86_cpu *c, const u64 *a)
{
    return HOST(c, __NR_fchmodat, FD_CWD, a[0], a[1]);
}

i64 sys_chown(struct x86_cpu *c, const u64 *a)
{
    return HOST(c, __NR_fchownat, FD_CWD, a[0], a[1], a[2], 0);
}

i64 sys_lchown(struct x86_cpu *c, const u64 *a)
{
    return HOST(c, __NR_fchownat, FD_CWD, a[0], a[1], a[2], AT_SYMLINK_NOFOLLOW);
}

i64 sys_inotify_init(struct x86_cpu *c, const u64 *a)
{
    (void)a;
    return HOST(c, __NR_inotify_init1, 0);
}

/* struct linux_dirent: ino, off, reclen, name, NUL, type in the last byte. The 64-bit record has
 * type before the name. */
static size_t old_dirent(u8 *out, const u8 *in)
{
    const char *name = (const char *)in + 19;
    size_t len = strlen(name), size = align_up(18 + len + 2, 8);

    memset(out, 0, size);
    memcpy(out, in, 16); /* ino, off */
    st_u16(out + 16, (u16)size);
    memcpy(out + 18, name, len);
    out[size - 1] = in[18];
    return size;
}

/* Old and new records have the same length: 18+len+2 and 19+len+1, rounded alike. */
i64 sys_getdents(struct x86_cpu *c, const u64 *a)
{
    u8 in[4096], out[4096];
    size_t room = a[2] < sizeof in ? a[2] : sizeof in, used = 0;
    i64 n = HOST(c, __NR_getdents64, a[0], h2g(in), room);

    for (i64 at = 0; at < n; at += ld_u16(in + at + 16))
        used += old_dirent(out + used, in + at);
    if (n <= 0)
        return n;
    return sig_write(a[1], out, used) ? (i64)used : -EFAULT;
}
