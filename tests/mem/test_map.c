/* test_map.c - the map of mappings against a plain page array, and lookups that race with a writer.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "fakes.h"
#include "harness.h"
#include "mem/map.h"

#define PAGES 4096
#define BASE 0x100000000ull

static u8 model[PAGES]; /* 0: hole, else protection + 1 */

static struct vma vma_of(unsigned page, unsigned n, u32 prot)
{
    return (struct vma){.start = BASE + (u64)page * 4096,
                        .end = BASE + (u64)(page + n) * 4096,
                        .prot = prot,
                        .flags = MAP_PRIVATE | MAP_ANONYMOUS};
}

static int compare_with_model(void)
{
    struct vma v;
    int bad = 0;

    for (unsigned i = 0; i < PAGES; i++) {
        bool found = map_find(BASE + (u64)i * 4096 + 17, &v);

        bad += found != (model[i] != 0) || (found && v.prot + 1 != model[i]);
    }
    return bad;
}

/* Ranges are sorted, disjoint, and equal neighbours are one. */
static int check_order(void)
{
    struct vma v, last = {0};
    size_t n = 0;
    int bad = 0;

    for (gaddr a = 0; map_next(a, &v); a = v.end, n++) {
        bad += v.start >= v.end || v.start < last.end;
        bad += n && v.start == last.end && v.prot == last.prot;
        last = v;
    }
    return bad + (n != map_count());
}

static void test_random_against_model(void)
{
    int bad = 0;

    srand(1);
    for (int i = 0; i < 20000; i++) {
        unsigned page = (unsigned)rand() % PAGES, n = 1 + (unsigned)rand() % 12,
                 prot = (unsigned)rand() % 8;
        struct vma v;

        if (page + n > PAGES)
            n = PAGES - page;
        v = vma_of(page, n, prot);
        switch (rand() % 3) {
        case 0:
            bad += map_replace(v.start, v.end, NULL) != 0;
            memset(&model[page], 0, n);
            break;
        case 1:
            bad += map_replace(v.start, v.end, &v) != 0;
            memset(&model[page], (int)prot + 1, n);
            break;
        default:
            bad += map_set_prot(v.start, v.end, prot) != 0;
            for (unsigned p = page; p < page + n; p++)
                if (model[p])
                    model[p] = (u8)(prot + 1);
        }
        if (i % 500 == 0)
            bad += compare_with_model() + check_order();
    }
    CHECK_EQ(bad, 0);
    CHECK_EQ(compare_with_model(), 0);
    CHECK_EQ(check_order(), 0);
    CHECK(map_count() > 500);
    map_replace(BASE, BASE + PAGES * 4096ull, NULL);
    CHECK_EQ(map_count(), 0);
}

static void test_file_offsets(void)
{
    const struct mem_file *f = map_intern("/lib/x.so", 1, 2);
    struct vma v = vma_of(10, 10, PROT_READ), r;

    v.file = f;
    v.offset = 0x5000;
    map_replace(v.start, v.end, &v);
    CHECK_EQ(map_set_prot(BASE + 12 * 4096, BASE + 14 * 4096, PROT_READ | PROT_EXEC), 0);
    CHECK_EQ(map_count(), 3);
    CHECK(map_find(BASE + 13 * 4096, &r) && r.offset == 0x7000 &&
          r.prot == (PROT_READ | PROT_EXEC));
    CHECK(map_find(BASE + 14 * 4096, &r) && r.offset == 0x9000);
    map_replace(BASE + 16 * 4096, BASE + 17 * 4096, NULL);
    CHECK(map_find(BASE + 17 * 4096, &r) && r.offset == 0xc000);
    CHECK(!map_find(BASE + 16 * 4096, &r));
    CHECK(map_next(BASE + 16 * 4096, &r) && r.start == BASE + 17 * 4096);
    CHECK(map_intern("/lib/x.so", 1, 2) == f);
    CHECK(map_intern("/lib/x.so", 1, 3) != f);
    CHECK(map_any_exec(BASE, BASE + 20 * 4096));
    CHECK(!map_any_exec(BASE + 14 * 4096, BASE + 20 * 4096));
    CHECK(map_covered(BASE + 10 * 4096, BASE + 16 * 4096));
    CHECK(!map_covered(BASE + 10 * 4096, BASE + 18 * 4096));
    map_replace(BASE, BASE + PAGES * 4096ull, NULL);
}

static atomic_int stop;

static void *reader(void *arg)
{
    unsigned long *wrong = arg;
    struct vma v;

    /* Page 100 stays mapped with 5 all the time; what surrounds it changes. */
    while (!stop)
        *wrong += !map_find(BASE + 100 * 4096, &v) || v.prot != 5 || v.start > BASE + 100 * 4096;
    return NULL;
}

static void test_racing_readers(void)
{
    unsigned long wrong[2] = {0, 0};
    pthread_t t[2];
    struct vma keep = vma_of(100, 1, 5);

    map_replace(keep.start, keep.end, &keep);
    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, reader, &wrong[i]);
    for (int i = 0; i < 200000; i++) {
        unsigned page = (unsigned)rand() % 400;
        struct vma v = vma_of(page, 1, (unsigned)rand() % 8);

        if (page == 100)
            continue;
        map_replace(v.start, v.end, rand() & 1 ? &v : NULL);
    }
    stop = 1;
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    CHECK_EQ(wrong[0], 0);
    CHECK_EQ(wrong[1], 0);
}

int main(int argc, char **argv)
{
    fake_host_page(argc, argv);
    RUN(test_random_against_model);
    RUN(test_file_offsets);
    RUN(test_racing_readers);
    return harness_done();
}
