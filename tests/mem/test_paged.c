/* test_paged.c - guest pages that share a host page: contents and protections of neighbours survive
 * whatever happens beside them; random calls against a model of memory. Runs with host pages of 4K
 * too, where nothing is shared and the same must hold. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fakes.h"
#include "harness.h"
#include "mem/map.h"

#define RW (PROT_READ | PROT_WRITE)
#define RX (PROT_READ | PROT_EXEC)
#define RWX (RW | PROT_EXEC)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)
#define NOREPLACE 0x100000
#define BASE 0x20000000ull
#define P(n) (BASE + (u64)(n)*4096)

static int file; /* 64 pages; each byte of page n is n + 100 */
static void make_file(void)
{
    char path[] = "/tmp/box64-paged-XXXXXX";
    u8 page[4096];

    file = mkstemp(path);
    unlink(path);
    for (int i = 0; i < 64; i++) {
        memset(page, i + 100, sizeof page);
        CHECK(pwrite(file, page, sizeof page, i * 4096l) == 4096);
    }
}

static i64 anon(int n, int pages, int prot)
{
    return mem_mmap(P(n), (u64)pages * 4096, prot, ANON | MAP_FIXED, -1, 0);
}

static i64 from_file(int n, int pages, int prot, int file_page)
{
    return mem_mmap(P(n), (u64)pages * 4096, prot, MAP_PRIVATE | MAP_FIXED, file,
                    (u64)file_page * 4096);
}

static int byte(int n)
{
    const volatile u8 *p = g2h(P(n));

    return p[0] == p[4095] ? p[0] : -1;
}

/* The host's protections of one address: the line of /proc/self/maps. */
static bool host_has(gaddr a, const char *want)
{
    FILE *f = fopen("/proc/self/maps", "r");
    unsigned long long lo, hi;
    char prot[8], line[512];
    bool good = false;

    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, "%llx-%llx %4s", &lo, &hi, prot) == 3 && lo <= a && a < hi)
            good = !strncmp(prot, want, strlen(want));
    fclose(f);
    return good;
}

/* Text, relocation-read-only data, data, bss and heap of a program with 4K segments. */
static void test_segments_share_a_page(void)
{
    CHECK_EQ(mem_mmap(P(0), 12 * 4096, PROT_NONE, ANON | NOREPLACE, -1, 0), P(0));
    CHECK_EQ(from_file(0, 2, PROT_READ, 0), P(0));
    CHECK_EQ(from_file(2, 3, RX, 2), P(2));
    CHECK_EQ(from_file(5, 2, RW, 4), P(5)); /* the last page of text again, as linkers do */
    CHECK_EQ(anon(7, 3, RW), P(7));
    memset(g2h(P(6) + 0x800), 0, 0x800);
    CHECK_EQ(mem_mprotect(P(5), 4096, PROT_READ), 0);
    mem_set_brk(P(12) - 1);
    CHECK_EQ(mem_brk(P(12) + 100), P(12) + 100);
    CHECK_EQ(mem_brk(P(14)), P(14));
    CHECK_EQ(byte(0), 100);
    CHECK_EQ(byte(1), 101);
    for (int i = 2; i < 5; i++)
        CHECK_EQ(byte(i), 100 + i);
    CHECK_EQ(byte(5), 104);
    CHECK(*(u8 *)g2h(P(6)) == 105 && *(u8 *)g2h(P(6) + 0x7ff) == 105 &&
          *(u8 *)g2h(P(6) + 0x800) == 0);
    for (int i = 7; i < 10; i++)
        CHECK_EQ(byte(i), 0);
    memset(g2h(P(9)), 9, 4096);
    memset(g2h(P(12)), 12, 2 * 4096);
    CHECK_EQ(mem_brk(P(13)), P(13));
    CHECK_EQ(mem_brk(P(14)), P(14));
    CHECK_EQ(byte(13), 0); /* what comes back is zero */
    CHECK_EQ(byte(12), 12);
    CHECK_EQ(byte(9), 9);
    CHECK_EQ(mem_brk(P(12)), P(12));
    CHECK_EQ(mem_munmap(P(0), 12 * 4096), 0);
    CHECK(!kernel_mapped(P(0), 65536));
}

static void test_partial_unmap(void)
{
    CHECK_EQ(anon(0, 32, RW), P(0));
    memset(g2h(P(0)), 5, 32 * 4096);
    CHECK_EQ(mem_munmap(P(3), 26 * 4096), 0);
    CHECK(!mem_query(P(3), &(struct mem_region){0}) && !mem_readable(P(3), 1));
    CHECK_EQ(mem_fault(P(3), true), MEM_FAULT_MAPERR);
    CHECK_EQ(byte(2), 5);
    CHECK_EQ(byte(29), 5);
    CHECK(host_page > 0x4000 || !kernel_mapped(P(16), host_page));
    CHECK_EQ(anon(3, 1, PROT_READ), P(3));
    CHECK_EQ(byte(3), 0);
    CHECK_EQ(byte(2), 5);
    CHECK_EQ(mem_mmap(P(2), 4096, RW, ANON | NOREPLACE, -1, 0), -EEXIST);
    CHECK_EQ(mem_mmap(P(5), 4096, RW, ANON | NOREPLACE, -1, 0), P(5));
    CHECK_EQ(mem_munmap(P(0), 32 * 4096), 0);
    CHECK(!kernel_mapped(P(0), 65536) && !kernel_mapped(P(16), 65536));
}

/* The host page has what any guest page needs, and no more. */
static void test_union_of_protections(void)
{
    bool big = host_page > 4096;

    CHECK_EQ(anon(0, 16, PROT_NONE), P(0));
    CHECK(host_has(P(1), "---"));
    CHECK_EQ(mem_mprotect(P(1), 4096, RX), 0);
    CHECK(host_has(P(1), "r--") && host_has(P(2), big ? "r--" : "---"));
    CHECK_EQ(mem_mprotect(P(2), 4096, RW), 0);
    CHECK(host_has(P(1), big ? "rw-" : "r--") && host_has(P(2), "rw-"));
    CHECK_EQ(mem_fault(P(1), true), MEM_FAULT_ACCERR); /* the map knows better */
    CHECK(!mem_writable(P(1), 1) && !mem_readable(P(0), 1) && mem_writable(P(2), 1));
    CHECK_EQ(mem_munmap(P(2), 4096), 0);
    CHECK(host_has(P(1), "r--"));
    CHECK_EQ(mem_mprotect(P(1), 2 * 4096, RW), -ENOMEM);
    CHECK_EQ(mem_mprotect(P(1), 4096, PROT_NONE), 0);
    CHECK(host_has(P(0), "---"));
    CHECK_EQ(mem_munmap(P(0), 16 * 4096), 0);
}

static void test_file_offsets(void)
{
    int fd = open("/proc/self/exe", O_RDONLY);
    gaddr a, b;

    /* Anywhere: the place fits the offset, so that the file itself is seen. */
    a = (gaddr)mem_mmap(0, 3 * 4096, RW, MAP_SHARED, file, 5 * 4096);
    b = (gaddr)mem_mmap(0, 4096, PROT_READ, MAP_SHARED, file, 6 * 4096);
    CHECK((i64)a > 0 && (i64)b > 0 && *(u8 *)g2h(a) == 105 && *(u8 *)g2h(b) == 106);
    *(u8 *)g2h(a + 4096) = 1;
    CHECK_EQ(*(u8 *)g2h(b), 1);
    *(u8 *)g2h(a + 4096) = 106;
    CHECK_EQ(mem_mprotect(b, 4096, RW), 0);
    CHECK_EQ(mem_munmap(a, 3 * 4096), 0);
    CHECK_EQ(mem_munmap(b, 4096), 0);
    /* What does not fit is copied. */
    CHECK_EQ(from_file(1, 40, RW, 7), P(1));
    for (int i = 1; i < 41; i++)
        CHECK_EQ(byte(i), 106 + i);
    memset(g2h(P(20)), 1, 4096);
    CHECK_EQ(from_file(4, 2, PROT_READ, 0), P(4));
    CHECK(byte(3) == 109 && byte(4) == 100 && byte(5) == 101 && byte(6) == 112 && byte(20) == 1);
    /* Beyond the end of the file. */
    CHECK_EQ(from_file(10, 6, RW, 62), P(10));
    CHECK(byte(10) == 162 && byte(11) == 163);
    CHECK_EQ(anon(13, 1, RW), P(13));
    memset(g2h(P(13)), 3, 4096);
    CHECK(byte(13) == 3 && byte(9) == 115 && byte(16) == 122);
    CHECK_EQ(mem_mmap(P(2), 4096, RW, MAP_SHARED | MAP_FIXED, fd, 0), -EACCES);
    CHECK_EQ(mem_mmap(P(2), 4096, RW, MAP_PRIVATE | MAP_FIXED, -1, 0), -EBADF);
    CHECK_EQ(byte(2), 108); /* what failed did nothing */
    CHECK_EQ(mem_munmap(P(0), 64 * 4096), 0);
    close(fd);
}

static void test_shared_in_step(void)
{
    gaddr a = (gaddr)mem_mmap(0, 0x8000, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int status = 0;
    pid_t pid = fork();

    if (!pid) {
        *(u8 *)g2h(a + 0x7000) = 9;
        _exit(0);
    }
    CHECK(waitpid(pid, &status, 0) == pid && !status);
    CHECK_EQ(*(u8 *)g2h(a + 0x7000), 9);
    /* An end goes: the rest is still shared. */
    CHECK_EQ(mem_munmap(a + 0x4000, 0x4000), 0);
    pid = fork();
    if (!pid) {
        *(u8 *)g2h(a + 0x3000) = 8;
        _exit(0);
    }
    CHECK(waitpid(pid, &status, 0) == pid && !status);
    CHECK_EQ(*(u8 *)g2h(a + 0x3000), 8);
    /* A neighbour arrives: the content stays. */
    CHECK(mem_mmap(a + 0x4000, 0x1000, RW, ANON | MAP_FIXED, -1, 0) > 0);
    *(u8 *)g2h(a + 0x4000) = 4;
    CHECK(*(u8 *)g2h(a + 0x3000) == 8 && *(u8 *)g2h(a + 0x4000) == 4);
    CHECK_EQ(mem_munmap(a, 0x5000), 0);
}

static void test_remap_in_part(void)
{
    gaddr b;
    i64 x;

    CHECK_EQ(anon(0, 8, RW), P(0));
    for (int i = 0; i < 8; i++)
        memset(g2h(P(i)), 10 + i, 4096);
    x = mem_mremap(P(2), 2 * 4096, 4 * 4096, 0, 0);
    CHECK_EQ(x, -ENOMEM);
    x = mem_mremap(P(2), 2 * 4096, 40 * 4096, MREMAP_MAYMOVE, 0);
    b = (gaddr)x;
    CHECK(x > 0 && *(u8 *)g2h(b) == 12 && *(u8 *)g2h(b + 4096) == 13 && *(u8 *)g2h(b + 8192) == 0);
    CHECK(byte(1) == 11 && byte(4) == 14 && !mem_query(P(2), &(struct mem_region){0}));
    x = mem_mremap(b, 40 * 4096, 4096, 0, 0);
    CHECK_EQ(x, b);
    /* back, between its old neighbours */
    x = mem_mremap(b, 4096, 2 * 4096, MREMAP_MAYMOVE | MREMAP_FIXED, P(2));
    CHECK_EQ(x, P(2));
    CHECK(byte(1) == 11 && byte(2) == 12 && byte(3) == 0 && byte(4) == 14);
    CHECK(!mem_query(b, &(struct mem_region){0}));
    /* within one host page */
    CHECK_EQ(mem_munmap(P(5), 2 * 4096), 0);
    x = mem_mremap(P(2), 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED, P(6));
    CHECK_EQ(x, P(6));
    CHECK(byte(6) == 12 && byte(7) == 17 && byte(4) == 14 && byte(3) == 0);
    CHECK_EQ(mem_mremap(P(6), 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED, P(6)), -EINVAL);
    /* shrink and grow: zeros */
    CHECK_EQ(mem_munmap(P(7), 4096), 0);
    CHECK_EQ(mem_mremap(P(6), 4096, 3 * 4096, 0, 0), P(6));
    memset(g2h(P(8)), 1, 4096);
    CHECK_EQ(mem_mremap(P(6), 3 * 4096, 4096, 0, 0), P(6));
    x = mem_mremap(P(6), 4096, 4 * 4096, MREMAP_MAYMOVE, 0);
    CHECK(x > 0);
    for (int i = 0; x > 0 && i < 4; i++)
        CHECK_EQ(*(u8 *)g2h((gaddr)x + (u64)i * 4096 + 9), i ? 0 : 12);
    CHECK_EQ(mem_munmap((gaddr)x, 4 * 4096), 0);
    CHECK_EQ(mem_munmap(P(0), 16 * 4096), 0);
}

static void test_advice(void)
{
    gaddr start = P(3);
    u64 len = 5 * 4096;
    u8 in_core[40] = {0};

    CHECK_EQ(anon(0, 40, RW), P(0));
    memset(g2h(P(0)), 7, 40 * 4096);
    CHECK_EQ(mem_madvise(P(1), 37 * 4096, MADV_DONTNEED), 0);
    CHECK(byte(0) == 7 && byte(1) == 0 && byte(17) == 0 && byte(37) == 0 && byte(38) == 7);
    CHECK_EQ(mem_madvise(P(38), 4096, MADV_WILLNEED), 0);
    CHECK_EQ(mem_incore(P(2), 38 * 4096 - 1, in_core), 0);
    CHECK(in_core[36] & 1);
    CHECK(!mem_has_hole(P(2), 38 * 4096) && !mem_has_hole(P(3) + 5, 1));
    CHECK_EQ(mem_has_hole(P(39), 2 * 4096), host_page == 65536); /* page 40 begins a host page */
    CHECK_EQ(mem_incore(P(2) + 1, 4096, in_core), -EINVAL);
    CHECK_EQ(mem_incore(P(39), 2 * 4096, in_core), -ENOMEM);
    mem_host_range(&start, &len);
    CHECK(start <= P(3) && start + len >= P(8) && !((start | len) & (host_page - 1)));
    CHECK_EQ(msync(g2h(start), len, MS_SYNC), 0);
    CHECK_EQ(mem_munmap(P(0), 40 * 4096), 0);
    i64 hole = mem_madvise(P(0), 4096, MADV_DONTNEED);
    CHECK(hole == -ENOMEM || !hole); /* QEMU's madvise does not mind a hole */
    CHECK_EQ(from_file(1, 2, RW, 3), P(1));
    CHECK_EQ(mem_madvise(P(1), 4096, MADV_DONTNEED), 0);
    CHECK(byte(1) == 103 && byte(2) == 104);
    CHECK_EQ(mem_munmap(P(0), 16 * 4096), 0);
}

/* Data beside code in one host page. */
static void test_watch_in_shared_page(void)
{
    volatile u8 *code = g2h(P(0)), *data = g2h(P(1));
    unsigned long n;
    bool checked;

    CHECK_EQ(anon(0, 1, RWX), P(0));
    CHECK_EQ(anon(1, 1, RW), P(1));
    CHECK_EQ(anon(2, 1, RX), P(2));
    fake_faults = 0;
    n = fake_invalidations;
    CHECK_EQ(mem_fetch(P(0), &checked), P(1));
    CHECK(!checked && watch_state(P(0)) == WATCH_ON);
    data[0] = 1; /* the code could change unnoticed from here on: its blocks die */
    CHECK_EQ(fake_faults, host_page > 4096);
    CHECK(host_page == 4096 || (fake_invalidations == n + 2 && watch_state(P(0)) == 0));
    mem_fetch(P(0), &checked);
    code[0] = 1;
    CHECK_EQ(fake_faults, 1 + (host_page > 4096));
    CHECK_EQ(watch_state(P(0)), 1);
    mem_fetch(P(0), &checked);
    mem_prepare_write(P(1), 8); /* read(2) into the data */
    CHECK_EQ(pread(file, g2h(P(1)), 8, 0), 8);
    /* data that is written all the time makes the code checked, once and for all */
    for (int i = 0; i < 20; i++) {
        mem_fetch(P(0), &checked);
        data[1]++;
    }
    CHECK_EQ(checked, host_page > 4096);
    CHECK_EQ(data[1], 120);
    CHECK_EQ(mem_fetch(P(2), &checked), P(3)); /* code that is not writable needs no watch */
    CHECK(!checked && mem_fault(P(2), true) == MEM_FAULT_ACCERR);
    /* a neighbour's protection changes: the watch holds */
    CHECK_EQ(mem_munmap(P(0), 3 * 4096), 0);
    CHECK_EQ(anon(0, 2, RWX), P(0));
    mem_fetch(P(0), &checked);
    CHECK_EQ(mem_mprotect(P(1), 4096, RW), 0);
    CHECK(host_has(P(0), "r--") && watch_state(P(0)) == WATCH_ON);
    fake_faults = 0;
    code[0] = 5;
    CHECK_EQ(fake_faults, 1);
    CHECK_EQ(mem_munmap(P(0), 2 * 4096), 0);
}

static atomic_int stop;

static void *count_up(void *arg)
{
    volatile u64 *p = arg;

    while (!stop) {
        __atomic_store_n(&p[0], p[1] + 1, __ATOMIC_RELAXED);
        __atomic_store_n(&p[1], p[1] + 1, __ATOMIC_RELAXED);
    }
    return NULL;
}

/* A host page of a file becomes a copy while another thread writes to it: nothing is lost. */
static void test_neighbour_writes_meanwhile(void)
{
    int bad = 0;

    for (int round = 0; round < 200; round++) {
        volatile u64 *p = g2h(P(1) + 0x100);
        pthread_t t;

        CHECK_EQ(from_file(0, 16, RW, 0), P(0));
        p[0] = p[1] = 0;
        stop = 0;
        pthread_create(&t, NULL, count_up, (void *)p);
        while (__atomic_load_n(&p[1], __ATOMIC_RELAXED) < 100)
            sched_yield();
        bad += from_file(0, 1, RX, 3) != (i64)P(0);
        bad += anon(2, 2, RW) != (i64)P(2);
        bad += mem_mprotect(P(2), 4096, PROT_NONE) != 0;
        bad += mem_munmap(P(3), 4096) != 0;
        stop = 1;
        pthread_join(t, NULL);
        bad += p[0] != p[1]; /* a lost write would show */
        bad += byte(0) != 103 || byte(4) != 104 || byte(15) != 115;
        mem_munmap(P(0), 16 * 4096);
    }
    CHECK_EQ(bad, 0);
}

#define PAGES 48
static struct {
    u8 mapped, prot, value;
} model[PAGES];

static int compare(void)
{
    struct mem_region r;
    int bad = 0;

    for (int i = 0; i < PAGES; i++) {
        bool there = mem_query(P(i), &r);

        bad += there != model[i].mapped || (there && r.prot != model[i].prot);
        if (there && (r.prot & PROT_READ))
            bad += byte(i) != model[i].value;
        if (there && (r.prot & PROT_WRITE))
            bad += !host_has(P(i), "rw");
    }
    return bad;
}

static int random_call(int n, int count)
{
    static const int prots[] = {PROT_NONE, PROT_READ, RW, RW, RX};
    int prot = prots[rand() % 5], what = rand() % 5, first = rand() % (64 - count), bad = 0;

    for (int i = n; i < n + count; i++) {
        if (what == 0 && model[i].mapped && (model[i].prot & PROT_WRITE)) {
            model[i].value = (u8)rand();
            memset(g2h(P(i)), model[i].value, 4096);
        }
        if (what == 3 && !model[i].mapped)
            return 0; /* mprotect of a hole does a part: not here */
    }
    if (what == 1)
        bad = anon(n, count, prot) != (i64)P(n);
    else if (what == 2)
        bad = from_file(n, count, prot, first) != (i64)P(n);
    else if (what == 3)
        bad = mem_mprotect(P(n), (u64)count * 4096, prot) != 0;
    else if (what == 4)
        bad = mem_munmap(P(n), (u64)count * 4096) != 0;
    for (int i = n; what && i < n + count; i++) {
        model[i].mapped = what != 4;
        model[i].prot = (u8)prot;
        if (what != 3)
            model[i].value = what == 2 ? (u8)(100 + first + i - n) : 0;
    }
    return bad;
}

static void test_random_against_model(void)
{
    int bad = 0;

    srand(7);
    for (int round = 0; round < 3000 && !bad; round++) {
        int n = rand() % PAGES, count = 1 + rand() % 20;

        bad += random_call(n, n + count > PAGES ? PAGES - n : count);
        if (round % 10 == 0)
            bad += compare();
        if (bad)
            printf("round %d\n", round);
    }
    CHECK_EQ(bad, 0);
    CHECK_EQ(mem_munmap(P(0), PAGES * 4096), 0);
    CHECK(!kernel_mapped(P(0), host_page));
}

int main(int argc, char **argv)
{
    fake_host_page(argc, argv);
    if (mem_init())
        return 77;
    CHECK_EQ(host_page, argc > 1 ? atoi(argv[1]) : sysconf(_SC_PAGESIZE));
    fake_catch_faults();
    make_file();
    RUN(test_segments_share_a_page);
    RUN(test_partial_unmap);
    RUN(test_union_of_protections);
    RUN(test_file_offsets);
    RUN(test_shared_in_step);
    RUN(test_remap_in_part);
    RUN(test_advice);
    RUN(test_watch_in_shared_page);
    RUN(test_neighbour_writes_meanwhile);
    RUN(test_random_against_model);
    return harness_done();
}
