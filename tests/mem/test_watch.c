/* test_watch.c - watched code pages: a write is noticed once per fetch, hot pages become checked,
 * threads agree. */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fakes.h"
#include "harness.h"
#include "mem/map.h"

#define RWX (PROT_READ | PROT_WRITE | PROT_EXEC)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)

static gaddr map(int prot, int flags, u64 len)
{
    return (gaddr)mem_mmap(0, len, prot, flags, -1, 0);
}

static void test_fetch_rules(void)
{
    gaddr a = map(PROT_READ | PROT_EXEC, ANON, 0x3000);
    bool checked = true;

    CHECK_EQ(mem_fetch(a + 5, &checked), a + 0x3000); /* read-only code: all of it */
    CHECK(!checked);
    CHECK_EQ(watch_state(a), 0);
    mem_mprotect(a + 0x1000, 0x1000, PROT_READ);
    CHECK_EQ(mem_fetch(a + 5, &checked), a + 0x1000);
    CHECK_EQ(mem_fetch(a + 0x1000, &checked), 0);
    CHECK_EQ(mem_fetch(a + 0x3000, &checked), 0);
    CHECK_EQ(mem_fetch(0, &checked), 0);
    CHECK_EQ(mem_fetch(~0ull, &checked), 0);
    mem_munmap(a, 0x3000);
    a = map(PROT_READ | PROT_EXEC, MAP_SHARED | MAP_ANONYMOUS, 0x2000);
    CHECK_EQ(mem_fetch(a, &checked), a + 0x1000);
    CHECK(checked); /* may be written through another mapping */
    mem_munmap(a, 0x2000);
}

static void test_write_is_noticed(void)
{
    gaddr a = map(RWX, ANON, 0x4000);
    volatile u8 *p = g2h(a);
    unsigned long n = fake_invalidations;
    bool checked;

    p[0] = 1;
    CHECK_EQ(fake_faults, 0);
    CHECK_EQ(mem_fetch(a + 0xff0, &checked), a + 0x1000);
    CHECK(!checked && watch_state(a) == WATCH_ON && watch_state(a + 0x1000) == 0);
    CHECK_EQ(mem_fetch(a + 0xff5, &checked), a + 0x2000); /* the longest instruction reaches over */
    CHECK_EQ(watch_state(a + 0x1000), WATCH_ON);
    p[3] = 2;
    CHECK_EQ(fake_faults, 1);
    CHECK_EQ(p[3], 2);
    /* In a larger host page the neighbour could now change unnoticed: its blocks die too. */
    CHECK_EQ(fake_invalidations, n + (host_page > 0x1000 ? 2 : 1));
    CHECK(fake_inv_start == a && fake_inv_end == a + 0x1000);
    CHECK_EQ(watch_state(a + 0x1000), host_page > 0x1000 ? 0 : WATCH_ON); /* not its heat */
    p[4] = 2;                                                             /* noticed once */
    CHECK_EQ(fake_faults, 1);
    CHECK_EQ(watch_state(a), 1);
    mem_fetch(a + 0x1000, &checked);
    mem_prepare_write(a + 0x800, 0x1000); /* the kernel would get EFAULT */
    CHECK_EQ(watch_state(a + 0x1000), 1);
    p[0x1800] = 1;
    CHECK_EQ(fake_faults, 1);
    mem_munmap(a, 0x4000);
    CHECK_EQ(watch_state(a), 0);
}

static void test_hot_page(void)
{
    gaddr a = map(RWX, ANON, 0x1000);
    volatile u8 *p = g2h(a);
    bool checked = false;
    int rounds = 0;

    fake_faults = 0;
    while (!checked && rounds < 100) {
        CHECK(mem_fetch(a, &checked) == a + 0x1000);
        p[0]++;
        rounds++;
    }
    CHECK_EQ(rounds, 9);
    CHECK_EQ(fake_faults, 8);
    p[0]++;
    CHECK_EQ(fake_faults, 8); /* stays writable */
    mem_munmap(a, 0x1000);
    a = map(RWX, ANON, 0x1000);
    mem_fetch(a, &checked);
    CHECK(!checked); /* new memory, new luck */
    mem_munmap(a, 0x1000);
}

static void test_protection_changes(void)
{
    gaddr a = map(RWX, ANON, 0x2000);
    volatile u8 *p = g2h(a);
    bool checked;

    fake_faults = 0;
    mem_fetch(a, &checked);
    mem_mprotect(a, 0x2000, PROT_READ | PROT_WRITE);
    CHECK_EQ(watch_state(a), 0);
    p[0] = 7; /* no code: nothing to notice */
    CHECK_EQ(fake_faults, 0);
    CHECK_EQ(mem_fetch(a, &checked), 0);
    mem_mprotect(a, 0x2000, RWX);
    mem_fetch(a, &checked);
    CHECK_EQ(watch_state(a), WATCH_ON);
    /* one watched page splits the kernel's mapping: mremap must not notice */
    a = (gaddr)mem_mremap(a, 0x2000, 0x10000, MREMAP_MAYMOVE, 0);
    CHECK((i64)a > 0);
    p = g2h(a);
    CHECK_EQ(p[0], 7);
    p[0] = 8;
    CHECK_EQ(fake_faults, 0);
    mem_munmap(a, 0x10000);
}

static void test_fault_classes(void)
{
    gaddr a = map(PROT_READ, ANON, 0x2000);

    CHECK_EQ(mem_fault(a, true), MEM_FAULT_ACCERR);
    CHECK_EQ(mem_fault(0x10, true), MEM_FAULT_MAPERR);
    CHECK_EQ(mem_fault(~0ull, false), MEM_FAULT_MAPERR);
    mem_mprotect(a, 0x1000, PROT_NONE);
    CHECK_EQ(mem_fault(a, false), MEM_FAULT_ACCERR);
    /* allowed by the map, so another thread was faster; but not for ever */
    CHECK_EQ(mem_fault(a + 0x1000, false), MEM_FAULT_RETRY);
    for (int i = 0; i < 100; i++)
        if (mem_fault(a + 0x1000, false) == MEM_FAULT_ACCERR)
            return mem_munmap(a, 0x2000), (void)0;
    CHECK(!"never gives up");
}

static atomic_int stop;
static gaddr shared_page;

static void put(volatile u64 *p, u64 v)
{
    __atomic_store_n(p, v, __ATOMIC_RELAXED);
}

static u64 get(const volatile u64 *p)
{
    return __atomic_load_n(p, __ATOMIC_RELAXED);
}

static void *writer(void *arg)
{
    volatile u64 *p = g2h(shared_page);
    u64 n = 0;

    (void)arg;
    while (!stop)
        put(p + 1, ++n);
    return NULL;
}

/* Whatever the interleaving, every write goes through, and a page that is watched cannot be written
 * unnoticed. */
static void test_two_threads(void)
{
    pthread_t t;
    int bad = 0;

    shared_page = map(RWX, ANON, 0x1000); /* the writer may start at once */
    pthread_create(&t, NULL, writer, NULL);
    for (int round = 0; round < 3000; round++) {
        volatile u64 *p;
        bool checked = false;

        if (round % 6 == 0) { /* below the heat limit: make it new */
            gaddr fresh = map(RWX, ANON, 0x1000);

            stop = 1;
            pthread_join(t, NULL);
            mem_munmap(shared_page, 0x1000);
            shared_page = fresh;
            stop = 0;
            pthread_create(&t, NULL, writer, NULL);
        }
        p = g2h(shared_page);
        mem_fetch(shared_page, &checked);
        if (!checked) {
            u64 inv = fake_invalidations, v = get(p + 1);

            if (watch_state(shared_page) == WATCH_ON && get(p + 1) != v)
                bad += fake_invalidations == inv;
        }
    }
    stop = 1;
    pthread_join(t, NULL);
    CHECK_EQ(bad, 0);
}

int main(int argc, char **argv)
{
    fake_host_page(argc, argv);
    if (mem_init())
        return 77;
    fake_catch_faults();
    RUN(test_fetch_rules);
    RUN(test_write_is_noticed);
    RUN(test_hot_page);
    RUN(test_protection_changes);
    RUN(test_fault_classes);
    shared_page = map(RWX, ANON, 0x1000);
    RUN(test_two_threads);
    return harness_done();
}
