/*
 * search.h - inside engine/elf: where guest libraries and the guest's ld.so are looked for.
 */
#ifndef ELF_SEARCH_H
#define ELF_SEARCH_H

#include "elf/image.h"

struct elf_object;

/* One file of the guest, opened; path[] is where it was found. */
struct elf_found {
    int fd;
    char path[4096];
};

/*
 * A library by its name, as ld.so(8) searches: a name with '/' directly, else RPATH of the
 * requester and of those who loaded it, the library path options, RUNPATH, standard folders. Files
 * for other machines are passed over. 0 or -ENOENT and the like.
 */
int elf_search_library(const char *name, const struct elf_object *requester, struct elf_found *out);

/* Each folder that a library of `requester` is looked for in, in order, until fn says true; the
 * kinds are those of dlinfo(RTLD_DI_SERINFO). */
enum { ELF_DIR_LIBPATH = 2, ELF_DIR_RUNPATH = 4, ELF_DIR_DEFAULT = 0x40 };
typedef bool elf_dir_fn(const char *dir, unsigned kind, void *arg);
bool elf_each_dir(const struct elf_object *requester, elf_dir_fn *fn, void *arg);

/* The program's PT_INTERP, first in the guest trees that the options name, then at its own path. */
int elf_search_interp(const char *interp, struct elf_found *out);

/* The library path for a guest ld.so: the option's folders before the environment's; malloc'd, NULL
 * when the option is empty. */
char *elf_guest_library_path(const char *environment);

#endif
