/*
 * program.c - loads a program for the main thread: maps it (and its ld.so when the guest brings its
 * own libc), builds the stack, sets the registers as the kernel does. In native-libc mode the
 * linker of link.c goes on from there.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bits.h"
#include "base/log.h"
#include "elf/link.h"
#include "elf/search.h"
#include "elf/stack.h"
#include "elf/vdso.h"
#include "mem/mem.h"

/* Where Linux puts position-independent programs on x86-64 (ELF_ET_DYN_BASE), so that sanitizers'
 * layouts hold too. */
#define PIE_BASE 0x555555554000ull

struct loading {
    const char *path;
    struct elf_image image;
    struct elf_start start;
    gaddr entry;
};

static int fail(const char *path, int status, const char *why)
{
    log_error("%s: %s", path, why);
    return status;
}

static gaddr pie_base(void)
{
    gaddr limit = mem_limit();

    return limit > PIE_BASE ? PIE_BASE : align_down(limit / 3, 1 << 21);
}

static int load_main(struct loading *l)
{
    int fd = open(l->path, O_RDONLY | O_CLOEXEC), err;
    const char *why;
    enum elf_kind kind;

    if (fd < 0)
        return fail(l->path, errno == ENOENT ? 127 : 126, strerror(errno));
    kind = elf_image_read(fd, &l->image, &why);
    if (kind != ELF_X86_64_STATIC && kind != ELF_X86_64_DYNAMIC) {
        close(fd);
        return fail(l->path, 126, why);
    }
    err = elf_image_map(fd, &l->image, pie_base(), &why);
    close(fd);
    if (err) {
        log_error("%s: %s (%s)", l->path, why, strerror(-err));
        return 126;
    }
    mem_set_brk(l->image.end);
    l->start = (struct elf_start){.path = l->path,
                                  .phdr = elf_image_phdr(&l->image),
                                  .phnum = l->image.phnum,
                                  .entry = l->image.eh.e_entry + l->image.bias,
                                  .exec_stack = l->image.exec_stack};
    l->entry = l->start.entry;
    return 0;
}

/* The guest's own dynamic linker, as the kernel maps it beside the program. */
static int load_interp(struct loading *l)
{
    struct elf_found found;
    struct elf_image im;
    const char *why;
    int err = elf_search_interp(l->image.interp, &found);
    enum elf_kind kind;

    if (err) {
        log_error("%s: its dynamic linker %s: %s", l->path, l->image.interp, strerror(-err));
        return 127;
    }
    kind = elf_image_read(found.fd, &im, &why);
    if (kind != ELF_X86_64_STATIC && kind != ELF_X86_64_DYNAMIC) {
        close(found.fd);
        return fail(found.path, 126, why);
    }
    err = elf_image_map(found.fd, &im, 0, &why);
    close(found.fd);
    if (!err) {
        log_info("dynamic linker of the guest: %s at %#llx", found.path,
                 (unsigned long long)im.bias);
        l->start.interp_base = im.bias;
        l->entry = im.eh.e_entry + im.bias;
    }
    elf_image_free(&im);
    return err ? fail(found.path, 126, why) : 0;
}

/* A copy of envp in which LD_LIBRARY_PATH begins with the option's folders; NULL when there is
 * nothing to change. */
static char **env_for_guest_linker(char **envp)
{
    static const char name[] = "LD_LIBRARY_PATH=";
    const char *old = "";
    char **copy, *path, *line;
    size_t n = 0, k = 0;

    for (char **e = envp; *e; e++, n++)
        if (!strncmp(*e, name, sizeof name - 1))
            old = *e + sizeof name - 1;
    path = elf_guest_library_path(old);
    if (!path)
        return NULL;
    copy = malloc((n + 2) * sizeof *copy);
    line = malloc(sizeof name + strlen(path));
    if (!copy || !line)
        die("out of memory");
    for (char **e = envp; *e; e++)
        if (strncmp(*e, name, sizeof name - 1))
            copy[k++] = *e;
    memcpy(line, name, sizeof name - 1);
    strcpy(line + sizeof name - 1, path);
    free(path);
    copy[k++] = line;
    copy[k] = NULL;
    return copy;
}

/* As arch/x86 ELF_PLAT_INIT: registers are zero, so RDX gives __libc_start_main no function to
 * register. */
static void enter(struct thr *t, gaddr entry, gaddr sp)
{
    memset(t->cpu.gpr, 0, sizeof t->cpu.gpr);
    t->cpu.gpr[4] = sp; /* RSP */
    t->cpu.rip = entry;
    t->cpu.mode = 64;
}

int elf_load_program(struct thr *t, const char *path, char **argv, char **envp, bool native_libc)
{
    struct loading l = {.path = path};
    struct elf_vectors v;
    char **env = NULL;
    int status = load_main(&l), err;
    bool interp = l.image.interp[0] != 0;

    if (status)
        return status;
    if (interp && !native_libc) {
        status = load_interp(&l);
        if (status)
            return status;
        env = env_for_guest_linker(envp);
    }
    l.start.vdso = elf_vdso_map();
    err = elf_stack_build(t, &l.start, argv, env ? env : envp, &v);
    free(env);
    if (err)
        return fail(path, 126, strerror(-err));
    enter(t, l.entry, v.sp);
    if (interp && native_libc) {
        status = link_program(t, path, &l.image, &v);
        enter(t, l.entry, v.sp);
        return status;
    }
    elf_image_free(&l.image);
    return 0;
}
