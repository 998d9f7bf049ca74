/*
 * test_structs.c - structures and flags between guest and host: known values, and there and back
 * again.
 */
#include <fcntl.h>
#include <sys/stat.h>

#include "harness.h"
#include "linux/linux.h"

/* x86-64's values, whatever the host's are. */
static void test_open_flags(void)
{
    CHECK_EQ(linux_open_flags_to_host(0200000), O_DIRECTORY);
    CHECK_EQ(linux_open_flags_to_host(0400000), O_NOFOLLOW);
    CHECK_EQ(linux_open_flags_to_host(040000), O_DIRECT);
    CHECK_EQ(linux_open_flags_to_host(020200002), O_TMPFILE | O_RDWR);
    CHECK_EQ(linux_open_flags_to_host(04010001), O_SYNC | O_WRONLY);
    CHECK_EQ(linux_open_flags_to_guest(O_RDWR | O_DIRECT | O_CLOEXEC), 02 | 040000 | 02000000);
    for (int bit = 0; bit < 31; bit++)
        CHECK_EQ(linux_open_flags_to_guest(linux_open_flags_to_host(1 << bit)), 1 << bit);
}

static void test_stat(void)
{
    struct guest_stat g;
    struct stat h;

    memset(&h, 0, sizeof h);
    h.st_dev = 0x1234;
    h.st_ino = 0x123456789abull;
    h.st_nlink = 3;
    h.st_mode = S_IFREG | 0644;
    h.st_uid = 1000;
    h.st_gid = 100;
    h.st_rdev = 0x801;
    h.st_size = 1ll << 40;
    h.st_blksize = 4096;
    h.st_blocks = 77;
    h.st_atim.tv_sec = 1;
    h.st_mtim.tv_nsec = 2;
    h.st_ctim.tv_sec = 3;
    linux_stat_to_guest(&g, &h);
    CHECK_EQ(g.dev, 0x1234);
    CHECK_EQ(g.ino, 0x123456789abull);
    CHECK_EQ(g.nlink, 3);
    CHECK_EQ(g.mode, S_IFREG | 0644);
    CHECK(g.uid == 1000 && g.gid == 100 && g.rdev == 0x801 && g.blksize == 4096 && g.blocks == 77);
    CHECK_EQ(g.size, 1ll << 40);
    CHECK(g.atime == 1 && g.mtime_nsec == 2 && g.ctime == 3 && g.atime_nsec == 0);
    CHECK_EQ(offsetof(struct guest_stat, size), 48);
    CHECK_EQ(offsetof(struct guest_stat, ctime_nsec), 112);
}

int main(void)
{
    RUN(test_open_flags);
    RUN(test_stat);
    return harness_done();
}
