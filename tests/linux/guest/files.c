/* files.c - file system calls, the old numbers among them: what a static program does to a scratch
 * folder. */
#include "check.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>
#include <utime.h>

static char dir[64];

static void enter_scratch(void)
{
    strcpy(dir, "/tmp/box64-files-XXXXXX");
    CHECK(mkdtemp(dir) != NULL);
    CHECK(chdir(dir) == 0);
}

static void leave_scratch(void)
{
    CHECK(chdir("/") == 0);
    CHECK(rmdir(dir) == 0);
}

static void test_old_calls(void)
{
    struct stat a, b;
    char buf[64];
    long fd = syscall(SYS_open, "f", O_CREAT | O_RDWR | O_TRUNC, 0640);

    CHECK(fd >= 0);
    CHECK(write((int)fd, "0123456789", 10) == 10);
    CHECK(syscall(SYS_stat, "f", &a) == 0 && a.st_size == 10 && (a.st_mode & 0777) == 0640 &&
          S_ISREG(a.st_mode));
    CHECK(syscall(SYS_fstat, fd, &b) == 0 && a.st_ino == b.st_ino && a.st_dev == b.st_dev &&
          a.st_mtim.tv_nsec == b.st_mtim.tv_nsec);
    CHECK(syscall(SYS_symlink, "f", "s") == 0);
    CHECK(syscall(SYS_lstat, "s", &b) == 0 && S_ISLNK(b.st_mode) && b.st_size == 1);
    CHECK(syscall(SYS_readlink, "s", buf, sizeof buf) == 1 && buf[0] == 'f');
    CHECK(syscall(SYS_link, "f", "g") == 0);
    CHECK(syscall(SYS_stat, "g", &b) == 0 && b.st_nlink == 2);
    CHECK(syscall(SYS_chmod, "g", 0600) == 0 && syscall(SYS_stat, "f", &b) == 0 &&
          (b.st_mode & 0777) == 0600);
    CHECK(syscall(SYS_rename, "g", "h") == 0);
    CHECK(syscall(SYS_access, "h", R_OK | W_OK) == 0);
    CHECK(syscall(SYS_access, "g", F_OK) == -1 && errno == ENOENT);
    CHECK(syscall(SYS_chown, "h", -1, -1) == 0 && syscall(SYS_lchown, "s", -1, -1) == 0);
    CHECK(syscall(SYS_mkdir, "d", 0755) == 0 && syscall(SYS_rmdir, "d") == 0);
    CHECK(syscall(SYS_mknod, "fifo", S_IFIFO | 0600, 0) == 0 && syscall(SYS_unlink, "fifo") == 0);
    CHECK(syscall(SYS_unlink, "h") == 0 && syscall(SYS_unlink, "s") == 0);
    CHECK(syscall(SYS_creat, "f", 0600) >= 0 && syscall(SYS_stat, "f", &b) == 0 && b.st_size == 0);
    CHECK(syscall(SYS_unlink, "f") == 0);
    close((int)fd);
}

static void test_times(void)
{
    struct utimbuf u = {1000, 2000};
    struct timeval tv[2] = {{3000, 5}, {4000, 6}};
    struct stat st;
    int fd = open("t", O_CREAT | O_WRONLY, 0600);

    CHECK(syscall(SYS_utime, "t", &u) == 0 && stat("t", &st) == 0 && st.st_atime == 1000 &&
          st.st_mtime == 2000);
    CHECK(syscall(SYS_utimes, "t", tv) == 0 && stat("t", &st) == 0 && st.st_mtim.tv_nsec == 6000 &&
          st.st_atime == 3000);
    CHECK(syscall(SYS_futimesat, AT_FDCWD, "t", tv) == 0);
    tv[0].tv_usec = 1000000;
    CHECK(syscall(SYS_utimes, "t", tv) == -1 && errno == EINVAL);
    close(fd);
    unlink("t");
}

static void test_flags(void)
{
    int fd = open("x", O_CREAT | O_RDWR | O_APPEND | O_NONBLOCK, 0600), d;
    int fl = fcntl(fd, F_GETFL);

    CHECK((fl & (O_ACCMODE | O_APPEND | O_NONBLOCK)) == (O_RDWR | O_APPEND | O_NONBLOCK));
    CHECK(left_out("O_LARGEFILE in F_GETFL, QEMU drops it") || (fl & 0100000) == 0100000);
    CHECK(fcntl(fd, F_SETFL, O_RDWR) == 0 && !(fcntl(fd, F_GETFL) & (O_APPEND | O_NONBLOCK)));
    CHECK(open("x", O_RDONLY | O_DIRECTORY) == -1 && errno == ENOTDIR);
    CHECK(symlink("x", "l") == 0 && open("l", O_RDONLY | O_NOFOLLOW) == -1 && errno == ELOOP);
    d = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    CHECK(d >= 0 && (fcntl(d, F_GETFD) & FD_CLOEXEC) && (fcntl(d, F_GETFL) & O_DIRECTORY));
    CHECK(dup2(fd, 77) == 77 && syscall(SYS_dup2, 77, 77) == 77 &&
          syscall(SYS_dup2, 78, 78) == -1 && errno == EBADF);
    CHECK(flock(fd, LOCK_EX | LOCK_NB) == 0);
    close(77);
    close(d);
    close(fd);
    unlink("x");
    unlink("l");
}

static void test_locks(void)
{
    struct flock lk = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 10, .l_len = 5};
    int fd = open("k", O_CREAT | O_RDWR, 0600);

    CHECK(fcntl(fd, F_SETLK, &lk) == 0);
    lk.l_type = F_RDLCK;
    CHECK(fcntl(fd, F_GETLK, &lk) == 0 && lk.l_type == F_UNLCK);
    close(fd);
    unlink("k");
}

static void test_data(void)
{
    struct iovec v[2] = {{"abc", 3}, {"defg", 4}};
    char a[4], b[8];
    struct iovec r[2] = {{a, 2}, {b, 5}};
    int fd = open("v", O_CREAT | O_RDWR, 0600);

    CHECK(writev(fd, v, 2) == 7);
    CHECK(pread(fd, a, 3, 2) == 3 && !memcmp(a, "cde", 3));
    CHECK(pwrite(fd, "Z", 1, 0) == 1 && lseek(fd, 0, SEEK_SET) == 0);
    CHECK(readv(fd, r, 2) == 7 && !memcmp(a, "Zb", 2) && !memcmp(b, "cdefg", 5));
    CHECK(preadv(fd, r, 1, 3) == 2 && !memcmp(a, "de", 2));
    CHECK(ftruncate(fd, 100) == 0 && lseek(fd, 0, SEEK_END) == 100);
    /* At the end nothing is written. */
    CHECK(left_out("read at the end to a bad address, QEMU looks first") ||
          read(fd, (void *)8, 1) == 0);
    CHECK(lseek(fd, 0, SEEK_SET) == 0 && read(fd, (void *)8, 1) == -1 && errno == EFAULT);
    CHECK(write(fd, (void *)8, 1) == -1 && errno == EFAULT);
    CHECK(open((void *)8, O_RDONLY) == -1 && errno == EFAULT);
    CHECK(syscall(SYS_stat, "v", 8) == -1 && errno == EFAULT);
    close(fd);
    unlink("v");
}

struct old_dirent {
    unsigned long ino, off;
    unsigned short reclen;
    char name[];
};

static void test_folders(void)
{
    char buf[2048];
    int fd, files = 0, seen = 0;
    DIR *d;

    for (char c = 'a'; c <= 'z'; c++) {
        char name[20] = "file-of-the-test-";

        name[17] = c;
        name[18] = 0;
        close(open(name, O_CREAT | O_WRONLY, 0600));
    }
    fd = open(".", O_RDONLY | O_DIRECTORY);
    for (long n; (n = syscall(SYS_getdents, fd, buf, sizeof buf)) > 0;) {
        for (long at = 0; at < n;) {
            struct old_dirent *e = (void *)(buf + at);

            if (!strncmp(e->name, "file-of", 7))
                files += buf[at + e->reclen - 1] == DT_REG || buf[at + e->reclen - 1] == DT_UNKNOWN;
            at += e->reclen;
        }
    }
    CHECK(files == 26);
    close(fd);
    d = opendir(".");
    for (struct dirent *e; (e = readdir(d));) {
        if (e->d_name[0] == 'f') {
            seen++;
            unlink(e->d_name);
        }
    }
    closedir(d);
    CHECK(seen == 26);
}

static void test_waiting(void)
{
    struct timeval tv = {0, 20000};
    struct epoll_event ev[3] = {{.events = EPOLLIN, .data.u64 = 0x1122334455667788}}, one;
    struct pollfd pf[2];
    int p[2], q[2], ep;
    fd_set r;

    CHECK(syscall(SYS_pipe, p) == 0 && pipe2(q, O_CLOEXEC | O_NONBLOCK) == 0);
    FD_ZERO(&r);
    FD_SET(p[0], &r);
    CHECK(syscall(SYS_select, p[0] + 1, &r, NULL, NULL, &tv) == 0 && tv.tv_sec == 0 &&
          tv.tv_usec == 0);
    CHECK(write(p[1], "x", 1) == 1);
    tv.tv_sec = 5;
    FD_SET(p[0], &r);
    CHECK(syscall(SYS_select, p[0] + 1, &r, NULL, NULL, &tv) == 1 && FD_ISSET(p[0], &r));
    pf[0] = (struct pollfd){p[0], POLLIN, 0};
    pf[1] = (struct pollfd){q[0], POLLIN, 0};
    CHECK(syscall(SYS_poll, pf, 2, 1000) == 1 && pf[0].revents == POLLIN && !pf[1].revents);
    ep = (int)syscall(SYS_epoll_create, 5);
    CHECK(ep >= 0 && epoll_ctl(ep, EPOLL_CTL_ADD, p[0], ev) == 0);
    one = (struct epoll_event){.events = EPOLLIN, .data.fd = q[0]};
    CHECK(epoll_ctl(ep, EPOLL_CTL_ADD, q[0], &one) == 0);
    CHECK(write(q[1], "y", 1) == 1);
    memset(ev, 0, sizeof ev);
    CHECK(epoll_wait(ep, ev, 3, 1000) == 2);
    for (int i = 0; i < 2; i++)
        CHECK(ev[i].events == EPOLLIN &&
              (ev[i].data.u64 == 0x1122334455667788 || ev[i].data.fd == q[0]));
    CHECK(epoll_ctl(ep, EPOLL_CTL_DEL, p[0], NULL) == 0);
    CHECK(epoll_pwait(ep, ev, 3, 0, NULL) == 1);
    CHECK(epoll_ctl(ep, EPOLL_CTL_ADD, q[0], &one) == -1 && errno == EEXIST);
    CHECK(epoll_wait(ep, ev, 0, 0) == -1 && errno == EINVAL);
    close(ep), close(p[0]), close(p[1]), close(q[0]), close(q[1]);
}

static void test_maps(void)
{
    int fd = open("m", O_CREAT | O_RDWR, 0600);
    char *p, *q, back[8];

    CHECK(ftruncate(fd, 8192) == 0);
    p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    CHECK(p != MAP_FAILED);
    strcpy(p + 4096, "shared");
    CHECK(pread(fd, back, 6, 4096) == 6 && !memcmp(back, "shared", 6));
    q = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 4096);
    CHECK(q != MAP_FAILED && !strcmp(q, "shared"));
    CHECK(munmap(q, 4096) == 0 && munmap(p, 8192) == 0);
    p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memset(p, 7, 4096);
    p = mremap(p, 4096, 65536, MREMAP_MAYMOVE);
    CHECK(p != MAP_FAILED && p[4095] == 7 && p[65535] == 0);
    CHECK(munmap(p, 65536) == 0);
    p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
    CHECK(p != MAP_FAILED && (unsigned long)p < 0x80000000ul);
    CHECK(munmap(p, 4096) == 0);
    CHECK(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 100) == MAP_FAILED && errno == EINVAL);
    CHECK(mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED &&
          errno == EINVAL);
    close(fd);
    unlink("m");
}

static void test_odds(void)
{
    struct statfs fs;
    char cwd[256];
    int n = 5, p[2];

    CHECK(statfs(".", &fs) == 0 && fs.f_bsize > 0 && fs.f_namelen == 255);
    CHECK(getcwd(cwd, sizeof cwd) && !strncmp(cwd, "/tmp/box64-files-", 17));
    CHECK(pipe(p) == 0 && write(p[1], "abc", 3) == 3 && ioctl(p[0], FIONREAD, &n) == 0 && n == 3);
    CHECK(syscall(5000) == -1 && errno == ENOSYS);
    CHECK(close(p[0]) == 0 && close(p[1]) == 0 && close(p[1]) == -1 && errno == EBADF);
    CHECK(makedev(8, 1) == 0x801);
}

int main(void)
{
    RUN(enter_scratch);
    RUN(test_old_calls);
    RUN(test_times);
    RUN(test_flags);
    RUN(test_locks);
    RUN(test_data);
    RUN(test_folders);
    RUN(test_waiting);
    RUN(test_maps);
    RUN(test_odds);
    RUN(leave_scratch);
    return done();
}
