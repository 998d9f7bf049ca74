/*
 * fuzz_elf.c - any bytes as an ELF file: probed, mapped, tables read, relocated against itself,
 * symbols looked up; no guest code runs. With -DBOX64_FUZZ a libFuzzer target; with -DFUZZ_MAIN a
 * driver: fuzz_elf ITERATIONS SEED FILES... mutates the files.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/bits.h"
#include "elf/link.h"
#include "mem/mem.h"

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
    char text[256];
    u64 at = 0, n = sym_count(o);

    for (u64 i = 0; i < n && i < 200; i++) {
        const Elf64_Sym *s;
        struct sym_found f;
        struct sym_want w;

        if (sym_want_of(o, i, &w, &s))
            sym_in_object(o, &w, &f);
        sym_is_unwrapped(o, i);
    }
    while (obj_needed(o, &at))
        ;
    dl_symbolise(o->image.start + 64, text, sizeof text);
}

static void link_it(struct elf_object *o, bool now)
{
    struct elf_objects one = {0};
    unsigned messages = 0;

    obj_append(o);
    objs_add(&one, o);
    objs_add(&obj_global, o);
    if (o->tls_memsz)
        o->tls_id = 1;
    reloc_objects(&one, now, say, &messages);
    reloc_finish(&one, false);
    use_symbols(o);
    obj_global.n = 0;
    obj_unlink(o);
    objs_free(&one);
    obj_free(o);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
    static int fd = -1;
    static char path[64];
    struct elf_object *o;
    struct elf_id id;
    const char *why;

    if (fd < 0) {
        fd = memfd_create("fuzz", 0);
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        if (fd < 0 || mem_init() || br_init())
            abort();
        obj_locks_init();
    }
    if (ftruncate(fd, 0) || pwrite(fd, data, size, 0) != (ssize_t)size)
        abort();
    if (elf_probe(path, &id) || !elf_id_text(&id))
        abort();
    o = obj_from_file(fd, "fuzz.so", &why);
    if (!o && !why)
        abort();
    if (o)
        link_it(o, size & 1);
    return 0;
}

#ifdef FUZZ_MAIN
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
