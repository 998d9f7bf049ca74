/*
 * test_seeds.c - the files of fuzz_seeds.py mean what they are meant to: each loads, and its
 * symbols are found where its tables say. test_seeds FOLDER
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "elf/link.h"
#include "harness.h"
#include "mem/mem.h"

static struct elf_object *load(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct elf_object *o = NULL;
    const char *why = "cannot be opened";
    struct elf_image im;
    enum elf_kind kind = fd < 0 ? ELF_NOT_ELF : elf_image_read(fd, &im, &why);

    if (kind == ELF_X86_64_STATIC || kind == ELF_X86_64_DYNAMIC) {
        if (!elf_image_map(fd, &im, 0, &why))
            o = obj_from_image(&im, path, &why);
    }
    if (!o)
        printf("%s: %s\n", path, why);
    close(fd);
    return o;
}

/* Where a symbol is; 0: not found. */
static u64 value_of(struct elf_object *o, const char *name, const char *version, bool newest)
{
    struct sym_want w;
    struct sym_found f;

    sym_want_init(&w, name, version);
    w.newest = newest;
    return sym_in_object(o, &w, &f) ? f.sym->st_value : 0;
}

static void check_symbols(struct elf_object *o)
{
    u64 own = value_of(o, "own", NULL, false), data = value_of(o, "data", NULL, false);

    CHECK(own);
    CHECK_EQ(data, own + 0x10); /* of SYMBOLS: own 0x20, own 0x28, data 0x30 */
    CHECK_EQ(value_of(o, "absolute", NULL, false), 0x1234);
    CHECK_EQ(value_of(o, "choose", NULL, true), own + 0x20);
    CHECK_EQ(value_of(o, "only", NULL, true), own + 0x28);
    CHECK_EQ(value_of(o, "puts", NULL, false), 0);
    CHECK_EQ(value_of(o, "hidden", NULL, false), 0);
    CHECK_EQ(value_of(o, "owm", NULL, false), 0);
    CHECK_EQ(sym_count(o), 13);
    if (!o->versym)
        return;
    CHECK_EQ(value_of(o, "own", "V_1", false), own);
    CHECK_EQ(value_of(o, "own", "V_2", false), own + 8);
    CHECK_EQ(value_of(o, "own", "V_3", false), 0);
    CHECK_EQ(value_of(o, "own", NULL, true), own);
}

int main(int argc, char **argv)
{
    char path[4096];
    struct dirent *e;
    unsigned n = 0;
    DIR *d = argc > 1 ? opendir(argv[1]) : NULL;

    if (!d || mem_init() || br_init())
        return 1;
    obj_locks_init();
    while ((e = readdir(d))) {
        int before = harness_failed;
        struct elf_object *o;

        if (e->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", argv[1], e->d_name);
        o = load(path);
        CHECK(o);
        if (o) {
            check_symbols(o);
            obj_free(o);
        }
        printf("%-40s %s\n", e->d_name, harness_failed == before ? "ok" : "FAILED");
        n++;
    }
    closedir(d);
    CHECK(n >= 20);
    return harness_done();
}
