/*
 * fuzz_kernel.c - engine/mem/kernel.c and the file calls of the ELF loader, for fuzz_elf: a system
 * call is dearer than all that the loader does with a small file. Guest memory is an arena that is
 * mapped once. Pages that the kernel would not have mapped, or without access, are poisoned for
 * ASan, so touching them is a report as it would be a fault; pages without write access are
 * compared with a copy when they change or go. What does not fit the arena goes to the real
 * kernel.c. The linker sends the calls here (--wrap); other files than the one under test pass
 * through.
 */
#include "fuzz_kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <sanitizer/asan_interface.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "bridge/bridge.h"

/* The real one, for what is too large. */
#define kernel_map real_map
#define kernel_map_exactly real_map_exactly
#define kernel_unmap real_unmap
#define kernel_protect real_protect
#include "mem/kernel.c"
#undef kernel_map
#undef kernel_map_exactly
#undef kernel_unmap
#undef kernel_protect

i64 kernel_map(gaddr addr, u64 len, int prot, int flags, int fd, u64 offset);
i64 kernel_map_exactly(gaddr addr, u64 len, int prot, int flags, int fd, u64 offset);
i64 kernel_unmap(gaddr addr, u64 len);
i64 kernel_protect(gaddr addr, u64 len, int prot);

#define PAGE 4096u
#define ARENA 0x10000000ull /* fuzz_seeds.py has programs for this address */
#define PAGES 1024u
#define ARENA_END (ARENA + PAGES * (u64)PAGE)
#define FILE_FD 0x40000000
#define FILE_PATH "/fuzz.so"

struct page {
    bool mapped, dirty;
    u8 prot;
};

static struct page pages[PAGES];
static u8 copies[PAGES][PAGE]; /* of pages without write access */
static unsigned n_mapped;
static const u8 *file;
static size_t file_size;

/* ---- the arena ------------------------------------------------------------------------------ */

static u8 *at_page(unsigned i)
{
    return (u8 *)(ARENA + (u64)i * PAGE);
}

static bool inside(gaddr addr, u64 len)
{
    return addr >= ARENA && addr < ARENA_END && len <= ARENA_END - addr;
}

static bool touches(gaddr addr, u64 len)
{
    return addr < ARENA_END && (len > ARENA || addr + len > ARENA);
}

static unsigned page_of(gaddr addr)
{
    return (unsigned)((addr - ARENA) / PAGE);
}

static bool is_copied(const struct page *p)
{
    return p->mapped && (p->prot & PROT_READ) && !(p->prot & PROT_WRITE);
}

/* Before a page's protection or content changes. */
static void leave(unsigned i)
{
    if (is_copied(&pages[i]) && memcmp(at_page(i), copies[i], PAGE)) {
        fprintf(stderr, "page %p has no write access and was written\n", (void *)at_page(i));
        abort();
    }
}

static void enter(unsigned i, int prot)
{
    struct page *p = &pages[i];

    p->prot = (u8)prot;
    if (prot & (PROT_READ | PROT_WRITE))
        ASAN_UNPOISON_MEMORY_REGION(at_page(i), PAGE);
    else
        ASAN_POISON_MEMORY_REGION(at_page(i), PAGE);
    if (is_copied(p))
        memcpy(copies[i], at_page(i), PAGE);
}

/* What a mapping has there before anybody writes. False: behind the end of the file (SIGBUS). */
static bool fill(unsigned i, int flags, u64 offset)
{
    size_t n = offset < file_size ? file_size - offset : 0;

    if (!(flags & MAP_ANONYMOUS) && !n)
        return false;
    ASAN_UNPOISON_MEMORY_REGION(at_page(i), PAGE);
    n = flags & MAP_ANONYMOUS ? 0 : n < PAGE ? n : PAGE;
    if (n)
        memcpy(at_page(i), file + offset, n);
    if (n < PAGE && pages[i].dirty)
        memset(at_page(i) + n, 0, PAGE - n);
    pages[i].dirty = n || pages[i].dirty;
    return true;
}

static void arena_unmap(gaddr addr, u64 len)
{
    for (unsigned i = page_of(addr), end = i + (unsigned)(len / PAGE); i < end; i++) {
        leave(i);
        n_mapped -= pages[i].mapped;
        pages[i].mapped = false;
        ASAN_POISON_MEMORY_REGION(at_page(i), PAGE);
    }
}

static i64 arena_map(gaddr addr, u64 len, int prot, int flags, u64 offset)
{
    arena_unmap(addr, len);
    for (unsigned i = page_of(addr), end = i + (unsigned)(len / PAGE); i < end; i++) {
        bool there = true;

        pages[i].mapped = true;
        n_mapped++;
        if (prot != PROT_NONE || !(flags & MAP_ANONYMOUS))
            there = fill(i, flags, offset);
        else if (pages[i].dirty) { /* a later mprotect shows zeros */
            ASAN_UNPOISON_MEMORY_REGION(at_page(i), PAGE);
            memset(at_page(i), 0, PAGE);
            pages[i].dirty = false;
        }
        enter(i, there ? prot : PROT_NONE);
        pages[i].dirty = pages[i].dirty || (prot & PROT_WRITE);
        offset += PAGE;
    }
    return (i64)addr;
}

static bool is_free(gaddr addr, u64 len)
{
    for (unsigned i = page_of(addr), end = i + (unsigned)(len / PAGE); i < end; i++)
        if (pages[i].mapped)
            return false;
    return true;
}

static gaddr find_room(u64 len)
{
    unsigned want = (unsigned)(len / PAGE), run = 0;

    for (unsigned i = 0; i < PAGES; i++) {
        run = pages[i].mapped ? 0 : run + 1;
        if (run == want)
            return ARENA + (u64)(i + 1 - want) * PAGE;
    }
    return 0;
}

/* ---- the interface of mem/kernel.c ---------------------------------------------------------- */

/* A descriptor that the kernel knows, with the file's bytes. */
static int real_fd(int fd)
{
    static int real = -1;

    if (fd != FILE_FD)
        return fd;
    if (real < 0)
        real = memfd_create("fuzz", MFD_CLOEXEC);
    if (real < 0 || ftruncate(real, 0) || pwrite(real, file, file_size, 0) != (ssize_t)file_size)
        abort();
    return real;
}

i64 kernel_map(gaddr addr, u64 len, int prot, int flags, int fd, u64 offset)
{
    bool fixed = flags & MAP_FIXED, ours = flags & MAP_ANONYMOUS || fd == FILE_FD;

    check(addr, len, offset);
    if (fixed && ours && inside(addr, len))
        return arena_map(addr, len, prot, flags, offset);
    if (fixed && touches(addr, len))
        return -ENOMEM;
    if (!fixed && ours && len <= (u64)PAGES / 2 * PAGE) {
        gaddr room = inside(addr, len) && is_free(addr, len) ? addr : find_room(len);

        if (room)
            return arena_map(room, len, prot, flags, offset);
    }
    return real_map(addr, len, prot, flags, real_fd(fd), offset);
}

i64 kernel_map_exactly(gaddr addr, u64 len, int prot, int flags, int fd, u64 offset)
{
    check(addr, len, offset);
    if (inside(addr, len) && (flags & MAP_ANONYMOUS || fd == FILE_FD))
        return is_free(addr, len) ? arena_map(addr, len, prot, flags, offset) : -EEXIST;
    if (touches(addr, len))
        return -EEXIST;
    return real_map_exactly(addr, len, prot, flags, real_fd(fd), offset);
}

i64 kernel_unmap(gaddr addr, u64 len)
{
    check(addr, len, 0);
    if (!touches(addr, len))
        return real_unmap(addr, len);
    ASSERT(inside(addr, len));
    arena_unmap(addr, len);
    return 0;
}

i64 kernel_protect(gaddr addr, u64 len, int prot)
{
    check(addr, len, 0);
    if (!touches(addr, len))
        return real_protect(addr, len, prot);
    ASSERT(inside(addr, len));
    for (unsigned i = page_of(addr), end = i + (unsigned)(len / PAGE); i < end; i++) {
        if (!pages[i].mapped)
            return -ENOMEM;
        leave(i);
        enter(i, prot);
        pages[i].dirty = pages[i].dirty || (prot & PROT_WRITE);
    }
    return 0;
}

/* ---- the file ------------------------------------------------------------------------------- */

int __real_open(const char *path, int flags, ...);
int __real_close(int fd);
int __real_fstat(int fd, struct stat *st);
int __real_stat(const char *path, struct stat *st);
ssize_t __real_pread(int fd, void *to, size_t n, off_t at);
ssize_t __real_readlink(const char *path, char *to, size_t n);
char *__real_realpath(const char *path, char *to);

int __wrap_open(const char *path, int flags, ...);
int __wrap_close(int fd);
int __wrap_fstat(int fd, struct stat *st);
int __wrap_stat(const char *path, struct stat *st);
ssize_t __wrap_pread(int fd, void *to, size_t n, off_t at);
ssize_t __wrap_readlink(const char *path, char *to, size_t n);
char *__wrap_realpath(const char *path, char *to);
gaddr __wrap_br_bridge(br_thunk *thunk, void *fn, const char *name);

int __wrap_open(const char *path, int flags, ...)
{
    mode_t mode = 0;
    va_list ap;

    if (!strcmp(path, FILE_PATH))
        return FILE_FD;
    if (flags & O_CREAT) {
        va_start(ap, flags);
        mode = va_arg(ap, mode_t);
        va_end(ap);
    }
    return __real_open(path, flags, mode);
}

int __wrap_close(int fd)
{
    return fd == FILE_FD ? 0 : __real_close(fd);
}

static void describe(struct stat *st)
{
    memset(st, 0, sizeof *st);
    st->st_mode = S_IFREG | 0755;
    st->st_size = (off_t)file_size;
    st->st_dev = 1;
    st->st_ino = 2;
}

int __wrap_fstat(int fd, struct stat *st)
{
    if (fd != FILE_FD)
        return __real_fstat(fd, st);
    describe(st);
    return 0;
}

int __wrap_stat(const char *path, struct stat *st)
{
    if (strcmp(path, FILE_PATH))
        return __real_stat(path, st);
    describe(st);
    return 0;
}

ssize_t __wrap_pread(int fd, void *to, size_t n, off_t at)
{
    size_t room = at >= 0 && (size_t)at < file_size ? file_size - (size_t)at : 0;

    if (fd != FILE_FD)
        return __real_pread(fd, to, n, at);
    if (at < 0) {
        errno = EINVAL;
        return -1;
    }
    if (!to) /* the superuser's programs may have memory at address 0 */
        return __real_pread(real_fd(fd), to, n, at);
    n = n < room ? n : room;
    memcpy(to, file + (room ? at : 0), n);
    return (ssize_t)n;
}

ssize_t __wrap_readlink(const char *path, char *to, size_t n)
{
    char ours[64];

    snprintf(ours, sizeof ours, "/proc/self/fd/%d", FILE_FD);
    if (strcmp(path, ours))
        return __real_readlink(path, to, n);
    ASSERT(n >= sizeof FILE_PATH - 1);
    memcpy(to, FILE_PATH, sizeof FILE_PATH - 1);
    return sizeof FILE_PATH - 1;
}

char *__wrap_realpath(const char *path, char *to)
{
    return strcmp(path, FILE_PATH) ? __real_realpath(path, to) : strdup(path);
}

/* Bridges live for ever; millions of made-up symbols would fill the memory. The text of a missing
 * symbol is both what the bridge calls and its name. */
gaddr __wrap_br_bridge(br_thunk *thunk, void *fn, const char *name)
{
    (void)thunk;
    if (fn == name)
        free(fn);
    return 0x1000;
}

void fuzz_file_init(void)
{
    void *p = mmap((void *)ARENA, PAGES * PAGE, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

    if (p != (void *)ARENA)
        abort();
    ASAN_POISON_MEMORY_REGION(p, PAGES * PAGE);
}

int fuzz_file_set(const u8 *data, size_t size)
{
    file = data;
    file_size = size;
    return FILE_FD;
}

const char *fuzz_file_path(void)
{
    return FILE_PATH;
}

void fuzz_file_done(void)
{
    static unsigned kept;
    static bool started;

    if (started && n_mapped != kept) {
        fprintf(stderr, "%u pages are mapped, %u before this file\n", n_mapped, kept);
        abort();
    }
    started = true;
    kept = n_mapped;
}
