/* C++ exceptions out of callbacks, across native frames; destructors of thread-local objects. */
#include <dlfcn.h>
#include <execinfo.h>
#include <pthread.h>
#include <search.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>
#include <thread>

struct guard {
    const char *name;
    ~guard() { printf("~%s\n", name); }
};

static int thrown_at;

static int order(const void *a, const void *b)
{
    int x = *(const int *)a, y = *(const int *)b;
    if (x == thrown_at)
        throw std::runtime_error("order " + std::to_string(x));
    return x - y;
}

static void sort_throws()
{
    guard g{"sort_throws"};
    int v[] = {5, 13, 1, 9};
    qsort(v, 4, sizeof v[0], order);
    puts("sorted");
}

static int nested_order(const void *a, const void *b)
{
    guard g{"nested_order"};
    int key = 3, v[] = {1, 2, 3, 4};
    if (!bsearch(&key, v, 4, sizeof v[0], order))
        puts("absent");
    return 0;
}

static void nested(int at)
{
    int v[] = {2, 1};
    thrown_at = at;
    try {
        qsort(v, 2, sizeof v[0], nested_order);
        puts("no throw");
    } catch (const std::exception &e) {
        printf("nested: %s\n", e.what());
    }
}

static int caught_inside(const void *a, const void *b)
{
    try {
        return order(a, b);
    } catch (const std::exception &e) {
        printf("inside: %s\n", e.what());
        return 0;
    }
}

static void visit(const void *node, VISIT which, int depth)
{
    if (which == leaf || which == postorder)
        throw depth;
}

static int names(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

static void tree()
{
    static int keys[3] = {2, 1, 3};
    void *root = nullptr;
    for (int &k : keys)
        tsearch(&k, &root, names);
    try {
        twalk(root, visit);
    } catch (int depth) {
        printf("tree: %d\n", depth);
    }
}

/* Registers that must be preserved hold values across the try block. */
static long busy(long a, long b, long c, long d)
{
    long w = a * 3, x = b * 5, y = c * 7, z = d * 11, r = 0;
    for (int i = 0; i < 2000; i++) {
        thrown_at = 1 + i % 3;
        int v[] = {3, 2, 1};
        try {
            qsort(v, 3, sizeof v[0], order);
        } catch (const std::runtime_error &) {
            r += w ^ x ^ y ^ z;
        }
        w += x, x += y, y += z, z += i;
    }
    return r;
}

static void rethrow()
{
    try {
        try {
            sort_throws();
        } catch (...) {
            puts("again");
            throw;
        }
    } catch (const std::exception &e) {
        printf("outer: %s\n", e.what());
    }
}

static int depth_seen;

static int measure(const void *, const void *)
{
    void *frames[64];
    Dl_info info;
    int n = backtrace(frames, 64);
    depth_seen = 0;
    for (int i = 0; i < n; i++)
        depth_seen += dladdr(frames[i], &info) && info.dli_sname && !strcmp(info.dli_sname, "main");
    return 0;
}

thread_local guard local{"thread local"};

extern "C" int __cxa_thread_atexit_impl(void (*)(void *), void *, void *);

static void at_end(void *p)
{
    printf("at end %s\n", (const char *)p);
}

static void *leaves(void *)
{
    __cxa_thread_atexit_impl(at_end, (void *)"object", (void *)at_end);
    pthread_exit((void *)7);
}

int main()
{
    setbuf(stdout, nullptr);
    for (thrown_at = 1; thrown_at < 16; thrown_at += 4) {
        try {
            sort_throws();
        } catch (const std::exception &e) {
            printf("main: %s\n", e.what());
        }
    }
    nested(3);
    nested(99);
    int v[] = {2, 1};
    thrown_at = 2;
    qsort(v, 2, sizeof v[0], caught_inside);
    tree();
    printf("%ld\n", busy(1, 2, 3, 4));
    thrown_at = 5;
    rethrow();
    std::thread([] {
        printf("local %s\n", local.name);
        thrown_at = 9;
        rethrow();
    }).join();
    pthread_t t;
    void *r = nullptr;
    pthread_create(&t, nullptr, leaves, nullptr);
    pthread_join(t, &r);
    printf("left with %ld\n", (long)r);
    qsort(v, 2, sizeof v[0], measure);
    printf("main is in the backtrace %d times\n", depth_seen);
    return 0;
}
