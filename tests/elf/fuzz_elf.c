/*
 * fuzz_elf.c - any bytes as an ELF file: probed, mapped as a library or as a program, tables read,
 * relocated against itself, symbols looked up; no guest code runs. With BOX64_FUZZ a libFuzzer
 * target on the file and memory of fuzz_kernel.c (seeds: fuzz_seeds.py); with -DFUZZ_MAIN a driver
 * on the real ones: fuzz_elf ITERATIONS SEED FILES... mutates the files.
 */
#include "fuzz_kernel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/bits.h"
#include "elf/link.h"
#include "mem/mem.h"

/* Where fuzz_kernel.c has its memory. */
#define PROGRAM_HINT 0x10000000

/* How a file is linked: bits of the last byte of e_ident, which means nothing to the loader. */
enum {
    BIND_NOW = 1,
    STATIC_TLS = 2,   /* its TLS block has a fixed offset, as of a library there at start */
    NATIVE_NEED = 4,  /* a wrapped native library is among its needs */
    OTHER_NATIVE = 8, /* ... another than fuzz_seeds.py names */
    AS_PROGRAM = 16   /* a position-independent one as the program */
};

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
const char *__lsan_default_suppressions(void);

/* Bridges live for ever in guest pages, where the leak checker does not look for pointers. */
const char *__lsan_default_suppressions(void)
{
    return "leak:br_bridge\nleak:lazy_missing\n";
}

static void say(const char *text, void *arg)
{
    unsigned *n = arg;

    *n += text[0] != 0;
}

static void use_symbols(struct elf_object *o)
{
    struct dl_addr_info info;
    char text[256];
    u64 at = 0, n = sym_count(o);

    for (u64 i = 0; i < n && i < 200; i++) {
        const Elf64_Sym *s;
        struct sym_found f;
        struct sym_want w, newest;

        if (sym_want_of(o, i, &w, &s)) {
            sym_in_object(o, &w, &f);
            sym_want_init(&newest, w.name, NULL);
            newest.newest = true;
            if (sym_in_object(o, &newest, &f))
                sym_is_ifunc(&f);
        }
        sym_is_unwrapped(o, i);
    }
    while (obj_needed(o, &at))
        ;
    dl_symbolise(o->image.start + 64, text, sizeof text);
    if (obj_by_address(o->image.end - 8))
        dl_addr(o->image.end - 8, &info);
}

/* A library that has nothing but its name: symbols are not looked up in it. */
static struct elf_object *native_library(bool other)
{
    static struct elf_object o;

    o.native = (struct br_loaded *)&o;
    o.soname = other ? "libother.so" : "libnative.so.1";
    return &o;
}

static void link_it(struct elf_object *o, unsigned how)
{
    struct elf_objects one = {0};
    unsigned messages = 0;

    obj_append(o);
    objs_add(&one, o);
    objs_add(&obj_global, o);
    if (how & NATIVE_NEED)
        objs_add(&o->deps, native_library(how & OTHER_NATIVE));
    if (o->tls_memsz)
        o->tls_id = 1;
    if (how & STATIC_TLS)
        o->tls_offset = align_up(o->tls_memsz, o->tls_align ? o->tls_align : 1);
    reloc_objects(&one, how & BIND_NOW, say, &messages);
    reloc_finish(&one, false);
    use_symbols(o);
    obj_global.n = 0;
    obj_unlink(o);
    objs_free(&one);
    obj_free(o);
}

/* As program.c loads it. */
static struct elf_object *as_program(int fd, const char **why)
{
    struct elf_image im;
    enum elf_kind kind = elf_image_read(fd, &im, why);

    if (kind != ELF_X86_64_STATIC && kind != ELF_X86_64_DYNAMIC)
        return NULL;
    if (elf_image_map(fd, &im, PROGRAM_HINT, why)) {
        elf_image_free(&im);
        return NULL;
    }
    elf_image_phdr(&im);
    return obj_from_image(&im, fuzz_file_path(), why);
}

static void start(void)
{
    u64 arg;

    fuzz_file_init();
    if (mem_init() || br_init())
        abort();
    obj_locks_init();
    tls_descriptor(NULL, NULL, 0, &arg); /* makes pages that stay */
    fuzz_file_done();
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
    static bool started;
    unsigned how = size >= EI_NIDENT ? data[EI_NIDENT - 1] : 0;
    struct elf_object *o;
    struct elf_id id;
    const char *why = NULL;
    int fd;

    if (!started)
        start();
    started = true;
    fd = fuzz_file_set(data, size);
    if (elf_probe(fuzz_file_path(), &id) || !elf_id_text(&id))
        abort();
    if (size > 16 && (data[16] == ET_EXEC || how & AS_PROGRAM))
        o = as_program(fd, &why);
    else
        o = obj_from_file(fd, fuzz_file_path(), &why);
    if (!o && !why)
        abort();
    if (o)
        link_it(o, how);
    fuzz_file_done();
    return 0;
}

#ifdef FUZZ_MAIN
static int memory_file;
static char memory_path[64];

void fuzz_file_init(void)
{
    memory_file = memfd_create("fuzz", 0);
    if (memory_file < 0)
        abort();
    snprintf(memory_path, sizeof memory_path, "/proc/self/fd/%d", memory_file);
}

int fuzz_file_set(const u8 *data, size_t size)
{
    if (ftruncate(memory_file, 0) || pwrite(memory_file, data, size, 0) != (ssize_t)size)
        abort();
    return memory_file;
}

const char *fuzz_file_path(void)
{
    return memory_path;
}

void fuzz_file_done(void)
{
}

static u64 rng;

static u64 next(void)
{
    rng ^= rng << 13;
    rng ^= rng >> 7;
    rng ^= rng << 17;
    return rng;
}

static void mutate(u8 *d, size_t *size)
{
    static const u64 values[] = {0,
                                 1,
                                 2,
                                 8,
                                 24,
                                 56,
                                 0x7f,
                                 0x80,
                                 0xff,
                                 0xffff,
                                 0x7fffffff,
                                 0x80000000,
                                 0xffffffff,
                                 0x100000000,
                                 0x7fffffffffff,
                                 0x7fffffffffffffff,
                                 0x8000000000000000,
                                 ~0ull};

    for (u64 n = 1 + next() % 6; n-- > 0 && *size > 16;) {
        size_t span = next() % 5 < 2 && *size > 800 ? 800 : *size, at = next() % (span - 8);

        switch (next() % 8) {
        case 0:
        case 1: d[at] ^= (u8)(1 << next() % 8); break;
        case 2: d[at] = (u8)next(); break;
        case 3:
        case 4: st_u64(d + (at & ~7ull), values[next() % ARRAY_SIZE(values)]); break;
        case 5: st_u32(d + (at & ~3ull), (u32)values[next() % ARRAY_SIZE(values)]); break;
        case 6: st_u64(d + (at & ~7ull), ld_u64(d + (next() % (*size - 8) & ~7ull))); break;
        default:
            if (next() % 8 == 0)
                *size = next() % *size;
        }
    }
}

static u8 *read_file(const char *path, size_t *size)
{
    FILE *f = fopen(path, "rb");
    u8 *d = malloc(1 << 20);

    if (!f || !d)
        exit(77);
    *size = fread(d, 1, 1 << 20, f);
    fclose(f);
    return d;
}

int main(int argc, char **argv)
{
    unsigned long n = argc > 1 ? strtoul(argv[1], NULL, 0) : 0;

    if (argc < 4)
        return 77;
    rng = strtoull(argv[2], NULL, 0) | 1;
    for (int f = 3; f < argc; f++) {
        size_t size, cut;
        u8 *d = read_file(argv[f], &size), *m = malloc(size);

        if (!m || !size)
            return 1;
        LLVMFuzzerTestOneInput(d, size);
        for (unsigned long i = 0; i < n; i++) {
            memcpy(m, d, size);
            cut = size;
            mutate(m, &cut);
            LLVMFuzzerTestOneInput(m, cut);
        }
        free(m);
        free(d);
    }
    printf("%lu damaged copies of each of %d files\n", n, argc - 3);
    return 0;
}
#endif
