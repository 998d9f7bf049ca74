/*
 * object.h - inside engine/elf: a loaded library or program as the guest dynamic linker sees it,
 * and the lists of them. A struct elf_object begins with what glibc calls struct link_map, because
 * guests cast their dlopen handles to it. Objects are guest files (image mapped) or wrapped native
 * libraries (`native` set, no image). Locks: link_lock (recursive; one dlopen or dlclose at a time,
 * constructors included) before list_lock (recursive; lists and scopes, short, and held while
 * dl_iterate_phdr calls back). Symbol lookup takes only list_lock, so a constructor may wait for
 * another thread that binds symbols lazily.
 */
#ifndef ELF_OBJECT_H
#define ELF_OBJECT_H

#include "bridge/bridge.h"
#include "elf/image.h"

struct elf_object;
struct elf_desc_arg;

/* struct link_map of <link.h>, guest layout (= host layout: all pointers are 64 bits). */
struct elf_link_map {
    gaddr addr;
    const char *name;
    gaddr ld;
    struct elf_object *next, *prev;
};

struct elf_objects {
    struct elf_object **v;
    unsigned n, cap;
};

struct elf_version {
    const char *name; /* NULL: no such version index */
    const char *file; /* the library it is needed from; NULL: defined here */
    u32 hash;
};

struct elf_object {
    struct elf_link_map lm;
    /* identity */
    char *path;         /* as found; "" for the program in lm.name */
    const char *soname; /* DT_SONAME or the wrapped library's name; may be NULL */
    char *asked;        /* the name it was first asked for */
    char *origin;       /* folder, for $ORIGIN */
    u64 dev, ino;
    struct br_loaded *native;
    struct elf_image image;

    /* dynamic section; pointers were checked to lie in one segment, counts are what fits there */
    const Elf64_Sym *sym;
    u64 nsym;
    const char *str;
    u64 strsz;
    const u16 *versym;
    struct elf_version *ver;
    unsigned nver;
    struct {
        u32 nbuckets, symoffset, bloom_mask, shift;
        const u64 *bloom;
        const u32 *buckets, *chain;
        u64 nchain;
    } gnu;
    struct {
        u32 nbuckets, nchain;
        const u32 *buckets, *chain;
    } sysv;
    const Elf64_Rela *rela, *plt;
    u64 nrela, nplt;
    const u64 *relr;
    u64 nrelr;
    gaddr pltgot;
    gaddr init, fini, init_array, fini_array, preinit_array;
    u64 ninit, nfini, npreinit;
    const char *rpath, *runpath;
    gaddr *debug_slot;
    bool symbolic, bind_now, textrel, nodelete, static_tls;

    /* DT_NEEDED, in order */
    struct elf_objects deps;
    struct elf_objects list;  /* breadth-first closure, itself first; made when it becomes a root */
    struct elf_objects roots; /* dlopened objects whose lists this one's symbols are looked up in */
    struct elf_object *loader;

    /* TLS */
    u64 tls_id; /* 0: none */
    gaddr tls_image;
    u64 tls_filesz, tls_memsz, tls_align;
    struct elf_desc_arg *desc_args; /* arguments of its TLS descriptors */
    u64 tls_offset;                 /* block = thread pointer - tls_offset; 0: dynamic */

    /* life */
    unsigned opens; /* dlopen count */
    unsigned space; /* dlmopen's name space; wrapped libraries serve all */
    bool is_main, initial, global, relocated, initialised, finished, mark, visiting;
};

extern struct elf_object *obj_first; /* the program; list_lock */
/* The global scope of each of dlmopen's name spaces; the first is the program's. */
#define LINK_SPACES 16
extern struct elf_objects obj_globals[LINK_SPACES];
#define obj_global (obj_globals[0])
extern u64 obj_adds, obj_subs;

void link_lock(void);
void link_unlock(void);
void list_lock(void);
void list_unlock(void);
void obj_locks_init(void);

bool objs_add(struct elf_objects *s, struct elf_object *o);
bool objs_has(const struct elf_objects *s, const struct elf_object *o);
void objs_free(struct elf_objects *s);

/* Host pointer to [addr, +size) if one readable segment of o holds it, else NULL; *room: bytes up
 * to the segment's end. */
void *obj_at(const struct elf_object *o, gaddr addr, u64 size, u64 *room);
/* The same for memory that relocations may write. */
bool obj_writable(const struct elf_object *o, gaddr addr, u64 size);
const char *obj_string(const struct elf_object *o, u64 offset); /* NULL when out of bounds */

/* Loads a file's image and reads its dynamic section. NULL: *why says it (maybe with a name in it:
 * use before the next call). */
struct elf_object *obj_from_file(int fd, const char *path, const char **why);
/* The program, whose image is mapped already (the image becomes the object's). */
struct elf_object *obj_from_image(struct elf_image *im, const char *path, const char **why);
struct elf_object *obj_from_native(struct br_loaded *l, const char *name);
void obj_free(struct elf_object *o); /* unmaps too */

void obj_append(struct elf_object *o); /* to the list of all */
void obj_unlink(struct elf_object *o);
struct elf_object *obj_by_address(gaddr a);
struct elf_object *obj_by_name(const char *name, unsigned space);

/* The Nth DT_NEEDED name; NULL at the end. *at starts as 0. */
const char *obj_needed(const struct elf_object *o, u64 *at);

#endif
