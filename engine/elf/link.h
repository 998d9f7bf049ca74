/*
 * link.h - inside engine/elf: the guest dynamic linker (native-libc mode).
 */
#ifndef ELF_LINK_H
#define ELF_LINK_H

#include "elf/object.h"
#include "elf/stack.h"

/* Loads what the program needs, relocates, runs the libraries' constructors. 0 or an exit status,
 * message printed. */
int link_program(struct thr *t, const char *path, struct elf_image *im,
                 const struct elf_vectors *v);

/* ---- load.c: objects by name ---- */
struct link_missing { /* who asked for what in vain */
    char name[256], by[256], why[128];
};
/* A library and all that it needs, breadth-first; new objects are in the list of all. NULL and *m
 * filled if the first is not there. */
struct elf_object *load_library(const char *name, struct elf_object *requester, bool only_loaded,
                                struct link_missing *m);
/* Objects loaded from now on belong to that name space; returns the one before. Call with link_lock
 * held. */
unsigned load_into(unsigned space);
/* Loads the needs of `root` and theirs; each missing one is reported through `report`. Number of
 * missing ones. */
unsigned load_needs(struct elf_object *root,
                    void (*report)(const struct link_missing *m, void *arg), void *arg);
/* Breadth-first closure into out. */
bool load_closure(struct elf_object *root, struct elf_objects *out);

/* ---- symbol.c ---- */
struct sym_want {
    const char *name;
    const char *version; /* NULL: none asked */
    const char *file;    /* where that version should be; NULL: not said. For messages */
    u32 hash;            /* GNU hash of name; sym_want_init sets it */
    u32 version_hash;
    bool newest; /* dlsym: the default version, whatever it is */
    bool exact;  /* dlvsym: that version and nothing that would do as well */
    bool code;   /* for a PLT slot: an undefined symbol's PLT entry in the program does not count */
};
struct sym_found {
    struct elf_object *obj; /* NULL: not found */
    const Elf64_Sym *sym;   /* guest objects */
    struct br_value value;  /* wrapped ones */
};
void sym_want_init(struct sym_want *w, const char *name, const char *version);
bool sym_in_object(struct elf_object *o, const struct sym_want *w, struct sym_found *f);
bool sym_in_list(const struct elf_objects *s, const struct sym_want *w,
                 const struct elf_object *skip, struct sym_found *f);
/* As a reference from `from` is resolved: its own first if symbolic, the global scope, the scopes
 * of its roots. */
bool sym_lookup(struct elf_object *from, const struct sym_want *w, const struct elf_object *skip,
                struct sym_found *f);
/* Name and version of the symbol with index i as o's tables say; false when they are out of bounds.
 */
bool sym_want_of(const struct elf_object *o, u64 i, struct sym_want *w, const Elf64_Sym **sym);
/* Address of what was found: bias added, no IFUNC call. */
gaddr sym_address(const struct sym_found *f);
bool sym_is_ifunc(const struct sym_found *f);
u32 sym_sysv_hash(const char *name);
/* Number of entries of the dynamic symbol table that the hash table knows. */
u64 sym_count(const struct elf_object *o);

/* ---- reloc.c ---- */
typedef void reloc_say(const char *text, void *arg);
/* Relocates all of `objs` that are not yet (the last first). Messages through `say`; number of
 * errors. */
unsigned reloc_objects(const struct elf_objects *objs, bool now, reloc_say *say, void *arg);
/* Then, with TLS images in place: IFUNC resolvers run, RELRO is protected. After an error: only
 * forgets. */
void reloc_finish(const struct elf_objects *objs, bool ok);
gaddr reloc_call_ifunc(gaddr resolver);
/* Address for a call of a symbol that a wrapped library lacks: the call names it and ends the
 * program. */
gaddr lazy_missing(const struct elf_object *o, const struct sym_want *w);
gaddr lazy_resolver(void);
/* The text of an unresolved symbol, as ld.so would say it. */
void sym_missing_text(char *buf, size_t size, const struct elf_object *o, const struct sym_want *w);
/* The symbol would come from a wrapped native library, had that library a row for it. */
bool sym_is_unwrapped(const struct elf_object *o, u64 i);

/* ---- tls.c ---- */
void tls_register(struct elf_object *o); /* gives it a module id */
int tls_layout_initial(
    const struct elf_objects *objs); /* static offsets of the program and its libraries */
bool tls_make_static(
    struct elf_object *o); /* a dlopened one wants IE access: from the surplus. False: full */
void tls_fill_late(struct elf_object *o); /* ... and its image, relocated, goes to all threads */
int tls_start_main(
    struct thr *t); /* the main thread's block; images are copied by tls_copy_images */
void tls_copy_images(struct thr *t);
void tls_forget(struct elf_object *o);
/* Entry point of a TLSDESC of `user`; o: the variable's module, NULL: weak undefined. */
gaddr tls_descriptor(struct elf_object *user, struct elf_object *o, u64 offset, u64 *arg);
void tls_free_descriptors(struct elf_object *user);
gaddr tls_own_block(u64 module); /* of this thread if it exists, else 0 */

/* ---- dlinfo.c ---- */
int dlinfo_of(const struct elf_object *o, int request, gaddr arg); /* -1: no such request */

/* ---- init.c ---- */
void init_objects(const struct elf_objects *objs); /* constructors, dependencies first */
void init_set_arguments(int argc, gaddr argv, gaddr envp);
void fini_object(struct elf_object *o);
void fini_objects(const struct elf_objects *objs); /* newest first */
void init_forget(struct elf_object *o);

#endif
