/*
 * libc_file.c - files: O_* and struct stat as x86-64 has them, names under /proc as the guest
 * should see them, tree walks, cookies, utmp.
 */
#include "libc.h"

#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define G_O_LARGEFILE 0100000

i32 my_openat(i32 dir, const char *path, i32 flags, u32 mode)
{
    return (i32)libc_syscall(X_OPENAT, (u64)(i64)dir, h2g(path), (u64)(i64)flags, mode, 0, 0);
}

i32 my_open(const char *path, i32 flags, u32 mode)
{
    return my_openat(AT_FDCWD, path, flags, mode);
}

i32 my___open_2(const char *path, i32 flags)
{
    return my_openat(AT_FDCWD, path, flags, 0);
}

i32 my___openat_2(i32 dir, const char *path, i32 flags)
{
    return my_openat(dir, path, flags, 0);
}

i32 my_creat(const char *path, u32 mode)
{
    return my_openat(AT_FDCWD, path, 01 | 0100 | 01000, mode); /* O_WRONLY | O_CREAT | O_TRUNC */
}

i32 my_open_by_handle_at(i32 mount, void *handle, i32 flags)
{
    return (i32)libc_syscall(X_OPEN_BY_HANDLE_AT, (u64)(i64)mount, h2g(handle), (u64)(i64)flags, 0,
                             0, 0);
}

/* What the emulator shows differently lies here; all else is the native libc's. */
static bool has_view(const char *path)
{
    return path && !strncmp(path, "/proc/", 6);
}

void *my_fopen(const char *path, const char *mode)
{
    int fd;
    FILE *f;

    if (!has_view(path) || mode[0] != 'r' || strchr(mode, '+')) {
        sig_native_resume(thr_self(), SIG_NATIVE_CALL); /* opening a FIFO blocks */
        f = fopen(path, mode);
        sig_native_leave(thr_self());
        return f;
    }
    fd = my_openat(AT_FDCWD, path, strchr(mode, 'e') ? 02000000 : 0, 0);
    if (fd < 0)
        return NULL;
    f = fdopen(fd, mode);
    if (!f)
        close(fd);
    return f;
}

void *my_freopen(const char *path, const char *mode, void *file)
{
    char name[32];
    FILE *f;
    int fd;

    if (!has_view(path) || mode[0] != 'r' || strchr(mode, '+'))
        return freopen(path, mode, file);
    fd = my_openat(AT_FDCWD, path, 0, 0);
    if (fd < 0) {
        fclose(file);
        return NULL;
    }
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    f = freopen(name, mode, file);
    close(fd);
    return f;
}

i32 my_fcntl(i32 fd, i32 cmd, i64 arg)
{
    return (i32)libc_syscall(X_FCNTL, (u64)(i64)fd, (u64)(i64)cmd, (u64)arg, 0, 0, 0);
}

i32 my_ioctl(i32 fd, u64 request, i64 arg)
{
    return (i32)libc_syscall(X_IOCTL, (u64)(i64)fd, request, (u64)arg, 0, 0, 0);
}

i32 my_pipe2(void *fds, i32 flags)
{
    return (i32)libc_syscall(X_PIPE2, h2g(fds), (u64)(i64)flags, 0, 0, 0, 0);
}

i32 my_dup3(i32 from, i32 to, i32 flags)
{
    return (i32)libc_syscall(X_DUP3, (u64)(i64)from, (u64)(i64)to, (u64)(i64)flags, 0, 0, 0);
}

i64 my_readlinkat(i32 dir, const char *path, void *buf, u64 size)
{
    return libc_syscall(X_READLINKAT, (u64)(i64)dir, h2g(path), h2g(buf), size, 0, 0);
}

i64 my_readlink(const char *path, void *buf, u64 size)
{
    return my_readlinkat(AT_FDCWD, path, buf, size);
}

i64 my___readlink_chk(const char *path, void *buf, u64 size, u64 room)
{
    if (size > room)
        abort();
    return my_readlink(path, buf, size);
}

i64 my___readlinkat_chk(i32 dir, const char *path, void *buf, u64 size, u64 room)
{
    if (size > room)
        abort();
    return my_readlinkat(dir, path, buf, size);
}

/* A link under /proc is read as the guest sees it; the rest of the way is native. */
const char *my_realpath(const char *path, void *resolved)
{
    char target[PATH_MAX];
    i64 n;

    n = has_view(path) ? my_readlink(path, target, sizeof target - 1) : 0;
    if (n > 0 && target[0] == '/') {
        target[n] = 0;
        path = target;
    }
    if (resolved)
        return realpath(path, resolved);
    return libc_hand_over_string(realpath(path, NULL));
}

const char *my___realpath_chk(const char *path, void *resolved, u64 room)
{
    if (room < PATH_MAX)
        abort();
    return my_realpath(path, resolved);
}

const char *my_canonicalize_file_name(const char *path)
{
    return my_realpath(path, NULL);
}

/* ---- stat ---- */

static i32 stat_result(int r, const struct stat *st, void *guest)
{
    if (!r)
        linux_stat_to_guest(guest, st);
    return r;
}

i32 my_fstatat(i32 dir, const char *path, void *guest, i32 flags)
{
    struct stat st;
    char exe[PATH_MAX];
    i64 n;

    if (has_view(path) && !(flags & AT_SYMLINK_NOFOLLOW)) {
        n = readlink(path, exe, sizeof exe) < 0 ? -1 : my_readlink(path, exe, sizeof exe - 1);
        if (n > 0 && exe[0] == '/') {
            exe[n] = 0;
            if (!fstatat(dir, exe, &st, flags))
                return stat_result(0, &st, guest);
        }
    }
    return stat_result(fstatat(dir, path, &st, flags), &st, guest);
}

i32 my_stat(const char *path, void *guest)
{
    return my_fstatat(AT_FDCWD, path, guest, 0);
}

i32 my_lstat(const char *path, void *guest)
{
    return my_fstatat(AT_FDCWD, path, guest, AT_SYMLINK_NOFOLLOW);
}

i32 my_fstat(i32 fd, void *guest)
{
    struct stat st;
    return stat_result(fstat(fd, &st), &st, guest);
}

/* The version argument of old programs: 0 and 1 are the kernel's and glibc's layout, the same on
 * x86-64. */
static bool bad_version(i32 version)
{
    if (version == 0 || version == 1)
        return false;
    errno = EINVAL;
    return true;
}

i32 my___xstat(i32 version, const char *path, void *guest)
{
    return bad_version(version) ? -1 : my_stat(path, guest);
}

i32 my___lxstat(i32 version, const char *path, void *guest)
{
    return bad_version(version) ? -1 : my_lstat(path, guest);
}

i32 my___fxstat(i32 version, i32 fd, void *guest)
{
    return bad_version(version) ? -1 : my_fstat(fd, guest);
}

i32 my___fxstatat(i32 version, i32 dir, const char *path, void *guest, i32 flags)
{
    return bad_version(version) ? -1 : my_fstatat(dir, path, guest, flags);
}

i32 my___xmknod(i32 version, const char *path, u32 mode, void *dev)
{
    return version ? (errno = EINVAL, -1) : mknod(path, mode, ld_u64(dev));
}

i32 my___xmknodat(i32 version, i32 dir, const char *path, u32 mode, void *dev)
{
    return version ? (errno = EINVAL, -1) : mknodat(dir, path, mode, ld_u64(dev));
}

/* ---- ftw, nftw: the callback's struct stat is the guest's ---- */

static __thread gaddr walk_fn;

static int walk_step(const char *path, const struct stat *st, int flag, struct FTW *at)
{
    struct guest_stat g;
    u64 args[4] = {h2g(path), h2g(&g), (u64)(i64)flag, h2g(at)};

    memset(&g, 0, sizeof g);
    linux_stat_to_guest(&g, st);
    return (int)br_call_guest(walk_fn, 4, args);
}

static int walk_step3(const char *path, const struct stat *st, int flag)
{
    return walk_step(path, st, flag, NULL);
}

i32 my_nftw(const char *path, void *fn, i32 fds, i32 flags)
{
    gaddr outer = walk_fn;
    int r;

    walk_fn = h2g(fn);
    r = nftw(path, walk_step, fds, flags);
    walk_fn = outer;
    return r;
}

i32 my_ftw(const char *path, void *fn, i32 fds)
{
    gaddr outer = walk_fn;
    int r;

    walk_fn = h2g(fn);
    r = ftw(path, walk_step3, fds);
    walk_fn = outer;
    return r;
}

/* ---- glob with the program's own directory functions ---- */

static __thread glob_t *glob_guest;

static int glob_stat_by(gaddr fn, const char *path, struct stat *st)
{
    struct guest_stat g;
    u64 args[2] = {h2g(path), h2g(&g)};
    int r;

    memset(&g, 0, sizeof g);
    r = (int)br_call_guest(fn, 2, args);
    memset(st, 0, sizeof *st);
    st->st_mode = g.mode;
    st->st_dev = g.dev;
    st->st_ino = g.ino;
    st->st_size = g.size;
    return r;
}

static int glob_lstat(const char *restrict path, struct stat *restrict st)
{
    return glob_stat_by(h2g((void *)(uintptr_t)glob_guest->gl_lstat), path, st);
}

static int glob_stat(const char *restrict path, struct stat *restrict st)
{
    return glob_stat_by(h2g((void *)(uintptr_t)glob_guest->gl_stat), path, st);
}

#define GLOB_FN(field, type)                                                                       \
    g.field = (__typeof__(g.field))(uintptr_t)br_callback(h2g((void *)(uintptr_t)guest->field),    \
                                                          &cbt_##type)

i32 my_glob(const char *pattern, i32 flags, void *error, void *result)
{
    int (*on_error)(const char *, int) = (int (*)(const char *, int))(uintptr_t)error;
    glob_t *guest = result, *outer = glob_guest;
    glob_t g;
    int r;

    if (!(flags & GLOB_ALTDIRFUNC))
        return glob(pattern, flags, on_error, guest);
    g = *guest;
    GLOB_FN(gl_closedir, v_p);
    GLOB_FN(gl_readdir, p_p);
    GLOB_FN(gl_opendir, p_s);
    g.gl_lstat = glob_lstat;
    g.gl_stat = glob_stat;
    glob_guest = guest;
    r = glob(pattern, flags, on_error, &g);
    glob_guest = outer;
    guest->gl_pathc = g.gl_pathc;
    guest->gl_pathv = g.gl_pathv;
    guest->gl_offs = g.gl_offs;
    guest->gl_flags = g.gl_flags;
    return r;
}

/* ---- System V control calls: their structures go through the system call layer ---- */

i32 my_semctl(i32 id, i32 n, i32 cmd, void *arg)
{
    return (i32)libc_syscall(X_SEMCTL, (u64)(i64)id, (u64)(i64)n, (u64)(i64)cmd, h2g(arg), 0, 0);
}

i32 my_msgctl(i32 id, i32 cmd, void *buf)
{
    return (i32)libc_syscall(X_MSGCTL, (u64)(i64)id, (u64)(i64)cmd, h2g(buf), 0, 0, 0);
}

i32 my_shmctl(i32 id, i32 cmd, void *buf)
{
    return (i32)libc_syscall(X_SHMCTL, (u64)(i64)id, (u64)(i64)cmd, h2g(buf), 0, 0, 0);
}

/* ---- fopencookie ---- */

struct cookie {
    u64 arg;
    gaddr read, write, seek, close;
};

static ssize_t cookie_io(gaddr fn, const struct cookie *k, const char *buf, size_t n)
{
    u64 args[3] = {k->arg, h2g(buf), n};
    return (ssize_t)br_call_guest(fn, 3, args);
}

static ssize_t cookie_read(void *arg, char *buf, size_t n)
{
    const struct cookie *k = arg;
    return cookie_io(k->read, k, buf, n);
}

static ssize_t cookie_write(void *arg, const char *buf, size_t n)
{
    const struct cookie *k = arg;
    return cookie_io(k->write, k, buf, n);
}

static int cookie_seek(void *arg, off64_t *at, int whence)
{
    const struct cookie *k = arg;
    u64 args[3] = {k->arg, h2g(at), (u64)(i64)whence};
    return (int)br_call_guest(k->seek, 3, args);
}

static int cookie_close(void *arg)
{
    struct cookie *k = arg;
    int r = k->close ? (int)br_call_guest(k->close, 1, &k->arg) : 0;

    free(k);
    return r;
}

void *my_fopencookie(void *arg, const char *mode, struct br_SppppE f)
{
    struct cookie *k = malloc(sizeof *k);
    cookie_io_functions_t native = {.close = cookie_close};

    if (!k)
        return NULL;
    *k = (struct cookie){h2g(arg), h2g(f.f0), h2g(f.f1), h2g(f.f2), h2g(f.f3)};
    native.read = k->read ? cookie_read : NULL;
    native.write = k->write ? cookie_write : NULL;
    native.seek = k->seek ? cookie_seek : NULL;
    return fopencookie(k, mode, native);
}
