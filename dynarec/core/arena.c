/*
 * arena.c - code memory: one reservation, so that every branch between regions reaches. Written
 * through one mapping and executed through another, unless the host or BOX64_DYNAREC_DUALMAP=0
 * wants a single one.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/log.h"
#include "dynarec/core/region.h"

struct arena arena;

static size_t bytes;
static bool dual_mapped;

/* x and rw are NULL the first time, and the same addresses again in a forked child. */
static int map_dual(void *x, void *rw)
{
    int fd = memfd_create("box64-code", MFD_CLOEXEC), fixed = x ? MAP_FIXED : 0;

    if (fd < 0)
        return -errno;
    if (ftruncate(fd, (off_t)bytes)) {
        close(fd);
        return -ENOMEM;
    }
    x = mmap(x, bytes, PROT_READ | PROT_EXEC, MAP_SHARED | MAP_NORESERVE | fixed, fd, 0);
    rw = mmap(rw, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE | fixed, fd, 0);
    close(fd);
    if (x == MAP_FAILED || rw == MAP_FAILED)
        return -ENOMEM;
    /* A forked child gets its own: it must not change its parent's code. */
    madvise(x, bytes, MADV_DONTFORK);
    madvise(rw, bytes, MADV_DONTFORK);
    arena.x = x;
    arena.delta = (char *)rw - (char *)x;
    return 0;
}

static int map_single(void)
{
    void *x = mmap(NULL, bytes, PROT_READ | PROT_WRITE | PROT_EXEC,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (x == MAP_FAILED)
        return -ENOMEM;
    arena.x = x;
    arena.delta = 0;
    return 0;
}

/* An emulator of the host may go on with what it has made of code that was rewritten through the
 * other mapping (QEMU 7.2): branches between regions would never be linked there. */
static bool rewritten_code_runs(void)
{
    unsigned (*const code)(void) = (unsigned (*)(void))(uintptr_t)arena.x;

    for (unsigned value = 1; value <= 2; value++) {
        unsigned n = h_returning((u32 *)((char *)arena.x + arena.delta), value);

        h_flush(arena.x, n * 4);
        if (code() != value)
            return false;
    }
    return true;
}

static bool start_dual(void)
{
    if (map_dual(NULL, NULL))
        return false;
    if (rewritten_code_runs())
        return true;
    munmap((char *)arena.x + arena.delta, bytes);
    munmap(arena.x, bytes);
    return false;
}

static void start(void)
{
    arena.size = bytes / 4;
    arena.used = h_thunks((u32 *)((char *)arena.x + arena.delta), arena.x, &arena.thunks);
    arena.first = arena.used = (arena.used + 63) & ~(size_t)63;
    h_flush(arena.x, arena.used * 4);
}

int arena_init(size_t size, bool dual)
{
    int r;

    bytes = size;
    dual_mapped = dual && start_dual();
    r = dual_mapped ? 0 : map_single();
    if (!r)
        start();
    return r;
}

void arena_fork_child(void)
{
    if (!dual_mapped)
        return;
    if (map_dual(arena.x, (char *)arena.x + arena.delta))
        die("no memory for translated code after fork");
    start();
}
