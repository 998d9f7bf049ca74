/*
 * search.c - the folders of guest libraries, in ld.so(8)'s order, and the guest's dynamic linker.
 */
#include "elf/search.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "config/config.h"
#include "elf/object.h"

#define LIB_NAME "lib/x86_64-linux-gnu" /* $LIB, as Debian's x86-64 ld.so has it */

/* Standard folders of x86-64 libraries: native multiarch, cross compiler packages, box64 packages.
 */
static const char *const system_dirs[] = {
    "/lib/x86_64-linux-gnu",
    "/usr/lib/x86_64-linux-gnu",
    "/usr/local/lib/x86_64-linux-gnu",
    "/usr/x86_64-linux-gnu/lib",
    "/usr/lib/box64-x86_64-linux-gnu",
    "/lib64",
    "/usr/lib64",
    "/usr/local/lib64",
    "/lib",
    "/usr/lib",
};

static int open_guest_file(struct elf_found *f)
{
    Elf64_Ehdr h;
    int fd = open(f->path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return -errno;
    /* As glibc: a file for another machine is as good as none; a damaged one is found, and an
     * error. */
    if (pread(fd, &h, sizeof h, 0) == (ssize_t)sizeof h && !memcmp(h.e_ident, ELFMAG, SELFMAG) &&
        (h.e_machine != EM_X86_64 || h.e_ident[EI_CLASS] != ELFCLASS64)) {
        close(fd);
        return -ENOEXEC;
    }
    f->fd = fd;
    return 0;
}

/* Writes dir with $ORIGIN, $LIB, $PLATFORM replaced; false when it does not fit. */
static bool expand(const char *dir, size_t len, const char *origin, char *out, size_t size)
{
    static const struct {
        const char *name;
        const char *value; /* NULL: the origin */
    } tokens[] = {{"ORIGIN", NULL}, {"LIB", LIB_NAME}, {"PLATFORM", "x86_64"}};
    size_t k = 0, i = 0;

    while (i < len && k + 1 < size) {
        bool brace = dir[i] == '$' && i + 1 < len && dir[i + 1] == '{', done = false;

        for (unsigned t = 0; dir[i] == '$' && t < 3 && !done; t++) {
            size_t n = strlen(tokens[t].name), from = i + 1 + brace;

            if (from + n + brace > len || strncmp(dir + from, tokens[t].name, n) ||
                (brace && dir[from + n] != '}'))
                continue;
            k += (size_t)snprintf(out + k, size - k, "%s",
                                  tokens[t].value ? tokens[t].value : origin);
            i = from + n + brace;
            done = true;
        }
        if (!done)
            out[k++] = dir[i++];
    }
    if (i < len || k >= size)
        return false;
    out[k] = 0;
    return true;
}

/* ---- the folders, in ld.so's order ---- */

static bool each_of_list(const char *list, const char *origin, unsigned kind, elf_dir_fn *fn,
                         void *arg)
{
    char dir[4096];

    while (list && *list) {
        size_t n = strcspn(list, ":;");

        if (n && expand(list, n, origin, dir, sizeof dir) && fn(dir, kind, arg))
            return true;
        list += n + (list[n] != 0);
    }
    return false;
}

/* RPATH of the requester, of who loaded it, and so on up to the program; not if the requester has a
 * RUNPATH. */
static bool each_rpath(const struct elf_object *o, elf_dir_fn *fn, void *arg)
{
    if (!o || o->runpath)
        return false;
    for (const struct elf_object *at = o; at; at = at->loader)
        if (at->rpath && each_of_list(at->rpath, at->origin, ELF_DIR_RUNPATH, fn, arg))
            return true;
    return obj_first && obj_first != o && obj_first->rpath &&
           each_of_list(obj_first->rpath, obj_first->origin, ELF_DIR_RUNPATH, fn, arg);
}

static bool each_system(elf_dir_fn *fn, void *arg)
{
    char dir[4096];

    for (unsigned i = 0; cfg.guest_root[0] && i < ARRAY_SIZE(system_dirs); i++) {
        snprintf(dir, sizeof dir, "%s%s", cfg.guest_root, system_dirs[i]);
        if (fn(dir, ELF_DIR_DEFAULT, arg))
            return true;
    }
    for (unsigned i = 0; i < ARRAY_SIZE(system_dirs); i++)
        if (fn(system_dirs[i], ELF_DIR_DEFAULT, arg))
            return true;
    return false;
}

bool elf_each_dir(const struct elf_object *requester, elf_dir_fn *fn, void *arg)
{
    return each_rpath(requester, fn, arg) ||
           each_of_list(cfg.ld_library_path, ".", ELF_DIR_LIBPATH, fn, arg) ||
           each_of_list(getenv("LD_LIBRARY_PATH"), ".", ELF_DIR_LIBPATH, fn, arg) ||
           (requester &&
            each_of_list(requester->runpath, requester->origin, ELF_DIR_RUNPATH, fn, arg)) ||
           each_system(fn, arg);
}

struct search {
    const char *name;
    struct elf_found *found;
};

static bool try_dir(const char *dir, unsigned kind, void *arg)
{
    const struct search *s = arg;
    struct elf_found *f = s->found;
    int n = snprintf(f->path, sizeof f->path, "%s/%s", *dir ? dir : ".", s->name);

    (void)kind;
    return n > 0 && n < (int)sizeof f->path && !open_guest_file(f);
}

int elf_search_library(const char *name, const struct elf_object *requester, struct elf_found *out)
{
    const char *origin = requester ? requester->origin : ".";

    if (strchr(name, '/')) {
        if (!expand(name, strlen(name), origin, out->path, sizeof out->path))
            return -ENAMETOOLONG;
        return open_guest_file(out);
    }
    return elf_each_dir(requester, try_dir, &(struct search){name, out}) ? 0 : -ENOENT;
}

/* ---- the guest's ld.so ---- */

/* path inside the tree `root`: absolute symbolic links stay inside. */
static bool try_in_root(const char *root, size_t len, const char *path, struct elf_found *f)
{
    char link[2048];

    snprintf(f->path, sizeof f->path, "%.*s%s", (int)len, root, path);
    for (int depth = 0; depth < 8; depth++) {
        ssize_t n = readlink(f->path, link, sizeof link - 1);

        if (n <= 0 || link[0] != '/')
            break;
        link[n] = 0;
        snprintf(f->path, sizeof f->path, "%.*s%s", (int)len, root, link);
    }
    return !open_guest_file(f);
}

/* A library folder like ROOT/usr/lib/x86_64-linux-gnu tells where its tree begins. */
static bool try_root_of(const char *dir, size_t len, const char *interp, struct elf_found *f)
{
    static const char *const ends[] = {"/usr/lib/x86_64-linux-gnu",
                                       "/lib/x86_64-linux-gnu",
                                       "/usr/lib64",
                                       "/lib64",
                                       "/usr/lib",
                                       "/lib"};
    const char *base = strrchr(interp, '/');

    while (len > 1 && dir[len - 1] == '/')
        len--;
    for (unsigned i = 0; i < ARRAY_SIZE(ends); i++) {
        size_t n = strlen(ends[i]);

        if (len > n && !memcmp(dir + len - n, ends[i], n) && try_in_root(dir, len - n, interp, f))
            return true;
    }
    snprintf(f->path, sizeof f->path, "%.*s%s", (int)len, dir, base ? base : "/");
    return base && !open_guest_file(f);
}

int elf_search_interp(const char *interp, struct elf_found *out)
{
    if (interp[0] == '/') {
        if (cfg.guest_root[0] && try_in_root(cfg.guest_root, strlen(cfg.guest_root), interp, out))
            return 0;
        for (const char *list = cfg.ld_library_path; *list;) {
            size_t n = strcspn(list, ":");

            if (n && try_root_of(list, n, interp, out))
                return 0;
            list += n + (list[n] != 0);
        }
    }
    snprintf(out->path, sizeof out->path, "%s", interp);
    return open_guest_file(out);
}

static void join(char *list, const char *part)
{
    if (*list && *part)
        strcat(list, ":");
    strcat(list, part);
}

char *elf_guest_library_path(const char *environment)
{
    const char *root = cfg.guest_root;
    char *s;

    if (!cfg.ld_library_path[0] && !root[0])
        return NULL;
    s = calloc(1, strlen(cfg.ld_library_path) + strlen(environment) + 2 * strlen(root) + 64);
    if (!s)
        die("out of memory");
    join(s, cfg.ld_library_path);
    join(s, environment);
    if (root[0]) {
        join(s, root);
        strcat(s, "/usr/lib/x86_64-linux-gnu");
        join(s, root);
        strcat(s, "/lib/x86_64-linux-gnu");
    }
    return s;
}
