/* test_calls.c - the guest's mapping calls: results and errors as x86-64 Linux gives them, and the
 * map beside them. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fakes.h"
#include "harness.h"
#include "mem/map.h"

#define RW (PROT_READ | PROT_WRITE)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)
#define NOREPLACE 0x100000
#define MAP_32 0x40

static void test_errors(void)
{
    CHECK_EQ(mem_mmap(0, 0, RW, ANON, -1, 0), -EINVAL);
    CHECK_EQ(mem_mmap(0, 4096, RW, ANON, -1, 1), -EINVAL);
    CHECK_EQ(mem_mmap(0x10001, 4096, RW, ANON | MAP_FIXED, -1, 0), -EINVAL);
    CHECK_EQ(mem_mmap(1ull << 47, 4096, RW, ANON | MAP_FIXED, -1, 0), -ENOMEM);
    CHECK_EQ(mem_mmap(0, 1ull << 48, RW, ANON, -1, 0), -ENOMEM);
    CHECK_EQ(mem_mmap(0, ~0ull, RW, ANON, -1, 0), -ENOMEM);
    CHECK_EQ(mem_mmap(0, 4096, RW, MAP_PRIVATE, -1, 0), -EBADF);
    CHECK_EQ(mem_munmap(0x1001, 4096), -EINVAL);
    CHECK_EQ(mem_munmap(0x1000, 0), -EINVAL);
    CHECK_EQ(mem_mprotect(0x7000, 4096, PROT_READ), -ENOMEM);
    CHECK_EQ(mem_mprotect(0x7001, 4096, PROT_READ), -EINVAL);
    CHECK_EQ(mem_mprotect(0x7000, 4096, 0x40), -EINVAL);
    CHECK_EQ(mem_mprotect(0x7000, 0, PROT_READ), 0);
    /* box64's own memory is not the guest's to replace */
    CHECK_EQ(mem_mmap((gaddr)test_errors & ~0xfffull, 4096, RW, ANON | MAP_FIXED, -1, 0), -ENOMEM);
    CHECK_EQ(mem_munmap((gaddr)test_errors & ~0xfffull, 4096), -EINVAL);
}

static void test_placement(void)
{
    i64 a = mem_mmap(0, 8192, RW, ANON, -1, 0), b;

    CHECK(a > 0 && (gaddr)a + 8192 <= 1ull << 47 && !(a & 4095));
    *(volatile int *)g2h((gaddr)a) = 1;
    CHECK_EQ(mem_mmap((gaddr)a, 4096, RW, ANON | NOREPLACE, -1, 0), -EEXIST);
    b = mem_mmap((gaddr)a, 4096, RW, ANON, -1, 0); /* a taken hint is only a hint */
    CHECK(b > 0 && b != a);
    CHECK_EQ(mem_munmap((gaddr)b, 4096), 0);
    b = mem_mmap(0x400000, 0x3000, RW, ANON | MAP_FIXED, -1, 0);
    CHECK_EQ(b, 0x400000);
    b = mem_mmap(0x10000000, 0x3000, RW, ANON, -1, 0); /* a free hint is where it goes */
    CHECK_EQ(b, 0x10000000);
    CHECK_EQ(mem_munmap(0x400000, 0x3000), 0);
    CHECK_EQ(mem_munmap(0x10000000, 0x3000), 0);
    for (int i = 0; i < 50; i++) {
        b = mem_mmap(0, 0x10000, RW, ANON | MAP_32, -1, 0);
        if (b < 0x40000000 || b + 0x10000 > 0x80000000ll)
            break;
        *(volatile int *)g2h((gaddr)b) = i;
        if (i & 1)
            mem_munmap((gaddr)b, 0x10000);
    }
    CHECK(b >= 0x40000000 && b + 0x10000 <= 0x80000000ll);
    CHECK_EQ(mem_mmap(0, 0x50000000, RW, ANON | MAP_32, -1, 0), -ENOMEM);
    CHECK_EQ(mem_munmap((gaddr)a, 8192), 0);
    CHECK(!mem_query((gaddr)a, &(struct mem_region){0}));
}

/* Guest-executable memory is never executable on the host, and execute-only is readable. */
static void test_exec_is_data(void)
{
    char line[512], want[64];
    i64 a = mem_mmap(0x35000000, 4096, PROT_EXEC, ANON, -1,
                     0); /* nothing near that it could merge with */
    struct mem_region r;
    FILE *f = fopen("/proc/self/maps", "r");
    int seen = 0;

    CHECK(a > 0);
    CHECK(mem_query((gaddr)a, &r) && r.prot == PROT_EXEC);
    snprintf(want, sizeof want, "%llx-", (unsigned long long)a);
    while (f && fgets(line, sizeof line, f))
        if (strstr(line, want) && (seen = 1))
            CHECK(strstr(line, " r--p ") != NULL);
    fclose(f);
    CHECK(seen);
    CHECK_EQ(*(volatile int *)g2h((gaddr)a), 0);
    mem_munmap((gaddr)a, 4096);
}

static void test_invalidation(void)
{
    gaddr a = (gaddr)mem_mmap(0, 0x4000, PROT_READ | PROT_EXEC, ANON, -1, 0);
    unsigned long n = fake_invalidations;

    CHECK_EQ(mem_mprotect(a, 0x1000, PROT_READ), 0);
    CHECK_EQ(fake_invalidations, n + 1);
    CHECK_EQ(fake_inv_start, a);
    CHECK_EQ(mem_mprotect(a, 0x1000, RW), 0); /* no code there any more */
    CHECK_EQ(fake_invalidations, n + 1);
    CHECK_EQ(mem_mmap(a + 0x1000, 0x1000, PROT_READ, ANON | MAP_FIXED, -1, 0), (i64)(a + 0x1000));
    CHECK_EQ(fake_invalidations, n + 2);
    CHECK_EQ(mem_munmap(a + 0x2000, 0x1000), 0);
    CHECK_EQ(fake_invalidations, n + 3);
    CHECK_EQ(mem_madvise(a + 0x3000, 0x1000, MADV_DONTNEED), 0);
    CHECK_EQ(fake_invalidations, n + 4);
    CHECK_EQ(mem_munmap(a, 0x4000), 0);
    CHECK_EQ(fake_invalidations, n + 5);
}

static void test_mremap(void)
{
    gaddr a = (gaddr)mem_mmap(0, 0x4000, RW, ANON, -1, 0), b;
    struct mem_region r;
    i64 x;

    *(u64 *)g2h(a) = 77;
    x = mem_mremap(a, 0x4000, 0x2000, 0, 0);
    CHECK_EQ(x, a);
    CHECK(mem_query(a + 0x1fff, &r) && !mem_query(a + 0x2000, &r));
    /* something right behind it: growing must move */
    CHECK(mem_mmap(a + 0x2000, 0x1000, PROT_READ, ANON | MAP_FIXED, -1, 0) > 0);
    CHECK_EQ(mem_mremap(a, 0x2000, 0x8000, 0, 0), -ENOMEM);
    x = mem_mremap(a, 0x2000, 0x8000, MREMAP_MAYMOVE, 0);
    CHECK(x > 0 && x != (i64)a);
    b = (gaddr)x;
    CHECK_EQ(*(u64 *)g2h(b), 77);
    CHECK(!mem_query(a, &r) && mem_query(b + 0x7fff, &r) && r.prot == RW);
    x = mem_mremap(b, 0x8000, 0x8000, MREMAP_MAYMOVE | MREMAP_FIXED, 0x30000000);
    CHECK_EQ(x, 0x30000000);
    CHECK_EQ(*(u64 *)g2h(0x30000000), 77);
    CHECK(!mem_query(b, &r) && mem_query(0x30000000, &r));
    CHECK_EQ(mem_mremap(0x30000001, 0x1000, 0x1000, 0, 0), -EINVAL);
    CHECK_EQ(mem_mremap(0x38000000, 0x1000, 0x2000, MREMAP_MAYMOVE, 0), -EFAULT);
    mem_munmap(0x30000000, 0x8000);
    mem_munmap(a + 0x2000, 0x1000);
}

static void test_brk(void)
{
    const gaddr start = 0x50000000;

    mem_set_brk(start - 100);
    CHECK_EQ(mem_brk(0), start);
    CHECK_EQ(mem_brk(start + 10), start + 10);
    memset(g2h(start), 0x55, 4096);
    CHECK_EQ(mem_brk(start + 0x5000), start + 0x5000);
    memset(g2h(start), 0x55, 0x5000);
    CHECK_EQ(mem_brk(start + 0x1000), start + 0x1000);
    CHECK_EQ(mem_brk(start + 0x2000), start + 0x2000);
    CHECK_EQ(*(u8 *)g2h(start + 0x1000), 0); /* what came back is zero */
    CHECK_EQ(mem_brk(start - 1), start + 0x2000);
    CHECK(mem_mmap(start + 0x4000, 4096, RW, ANON | MAP_FIXED, -1, 0) > 0);
    CHECK_EQ(mem_brk(start + 0x10000), start + 0x2000); /* something is in the way */
    CHECK_EQ(mem_brk(start), start);
    mem_munmap(start + 0x4000, 4096);
}

static void test_files_and_text(void)
{
    char path[] = "/tmp/box64-mem-XXXXXX";
    int fd = mkstemp(path);
    char *text, *at, line[256];
    size_t len;
    gaddr a;

    CHECK_EQ(ftruncate(fd, 0x3000), 0);
    a = (gaddr)mem_mmap(0x31000000, 0x2000, PROT_READ, MAP_PRIVATE, fd, 0x1000);
    CHECK_EQ(a, 0x31000000);
    CHECK(mem_mmap(0x32000000, 0x2000, RW, MAP_SHARED, fd, 0) > 0);
    CHECK_EQ(mem_mprotect(a + 0x1000, 0x1000, PROT_READ | PROT_EXEC), 0);
    CHECK(mem_mmap(0x33000000, 0x10000, RW, ANON | MAP_FIXED, -1, 0) > 0);
    mem_name(0x33000000, 0x33010000, "[stack]");
    text = mem_maps_text(&len);
    CHECK_EQ(strlen(text), len);
    snprintf(line, sizeof line, "31001000-31002000 r-xp 00002000 ");
    at = strstr(text, line);
    CHECK(at && strchr(at, '/') && strchr(at, '/') - at == 73);
    CHECK(at && !strncmp(strchr(at, '/'), path, strlen(path)));
    CHECK(strstr(text, "32000000-32002000 rw-s 00000000 ") != NULL);
    at = strstr(text, "33000000-33010000 rw-p 00000000 00:00 0 ");
    CHECK(at && strchr(at, '[') - at == 73 && !strncmp(strchr(at, '['), "[stack]\n", 8));
    free(text);
    mem_munmap(0x31000000, 0x2000);
    mem_munmap(0x32000000, 0x2000);
    mem_munmap(0x33000000, 0x10000);
    close(fd);
    unlink(path);
}

static void test_access_questions(void)
{
    gaddr a = (gaddr)mem_mmap(0, 0x3000, RW, ANON, -1, 0);
    static int native_data;
    static const int native_const = 5;

    mem_mprotect(a + 0x1000, 0x1000, PROT_READ);
    mem_mprotect(a + 0x2000, 0x1000, PROT_NONE);
    CHECK(mem_readable(a, 0x2000) && !mem_readable(a, 0x2001));
    CHECK(mem_writable(a, 0x1000) && !mem_writable(a, 0x1001));
    CHECK(mem_readable(h2g(&native_data), 4) && mem_writable(h2g(&native_data), 4));
    CHECK(mem_readable(h2g(&native_const), 4) && !mem_writable(h2g(&native_const), 4));
    CHECK(!mem_readable(0x1000, 1) && !mem_writable(0x1000, 1));
    CHECK(!mem_readable(~0ull, 2) && !mem_writable(~0ull - 5, 4));
    CHECK(mem_readable(a, 0) && mem_writable(0, 0));
    mem_munmap(a, 0x3000);
}

static void test_native_notes(void)
{
    void *p = mmap(NULL, 0x2000, RW, ANON, -1, 0);
    struct mem_region r;

    mem_note_native(h2g(p), 0x2000, RW, ANON, "/native/thing");
    CHECK(mem_query(h2g(p) + 0x1000, &r) && r.prot == RW && r.path &&
          !strcmp(r.path, "/native/thing"));
    CHECK(mem_next(h2g(p) - 1, &r));
    mem_forget(h2g(p), 0x2000);
    CHECK(!mem_query(h2g(p), &r));
    munmap(p, 0x2000);
}

static void test_fork(void)
{
    int status = -1;
    pid_t pid = fork();

    if (!pid) {
        i64 a = mem_mmap(0, 4096, RW, ANON, -1, 0);

        _exit(a > 0 && !mem_munmap((gaddr)a, 4096) ? 0 : 1);
    }
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK_EQ(status, 0);
}

int main(int argc, char **argv)
{
    fake_host_page(argc, argv);
    if (mem_init())
        return 77;
    RUN(test_errors);
    RUN(test_placement);
    RUN(test_exec_is_data);
    RUN(test_invalidation);
    RUN(test_mremap);
    RUN(test_brk);
    RUN(test_files_and_text);
    RUN(test_access_questions);
    RUN(test_native_notes);
    RUN(test_fork);
    return harness_done();
}
