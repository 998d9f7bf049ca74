/*
 * elf.h - ELF files of the guest: probing, loading, and the guest dynamic linker (native-libc
 * mode). Bad files give one clear line and an exit status (126 not executable, 127 not found /
 * missing libraries), never a crash.
 */
#ifndef ELF_ELF_H
#define ELF_ELF_H

#include "thread/thread.h"

enum elf_kind {
    ELF_NOT_ELF,
    ELF_TRUNCATED,
    ELF_WRONG_CLASS /* i386 */,
    ELF_WRONG_MACHINE,
    ELF_WRONG_TYPE,
    ELF_CORRUPT,
    ELF_NATIVE /* the host's own */,
    ELF_X86_64_STATIC,
    ELF_X86_64_DYNAMIC
};

struct elf_id {
    enum elf_kind kind;
    u16 machine;
    bool pie;
    bool musl;
    char interp[256]; /* PT_INTERP or "" */
};

/* Reads headers only; 0 (id filled, kind may be an error kind) or -errno. */
int elf_probe(const char *path, struct elf_id *id);
const char *elf_kind_text(enum elf_kind kind);
/* The same, and it names the machine of a file for another one ("ELF file for aarch64, not
 * x86-64"). */
const char *elf_id_text(const struct elf_id *id);

/*
 * Loads a program for the main thread: maps it, builds stack + auxv at t->cpu, sets rip/rsp.
 * native_libc: our linker loads the needed libraries (wrapped ones through bridge) and leaves rip
 * at the program's entry with constructors run; otherwise PT_INTERP (or the static program itself)
 * is entered as the kernel would do it. Returns 0 or the exit status to use (message already
 * printed).
 */
int elf_load_program(struct thr *t, const char *path, char **argv, char **envp, bool native_libc);

/* Guest dl* API, glibc semantics; used by the wrappers. Messages through dl_error(). */
gaddr dl_open(const char *name, int flags, gaddr caller);
/* In another name space: 0 the program's, -1 a new one. Guest libraries are loaded again there;
 * wrapped ones exist once. */
gaddr dl_mopen(i64 space, const char *name, int flags, gaddr caller);
int dl_close(gaddr handle);
/* dlinfo(3): `arg` is laid out as the request says. 0, or -1 and a message. */
int dl_info(gaddr handle, int request, gaddr arg);
gaddr dl_symbol(gaddr handle, const char *name, const char *version,
                gaddr caller); /* RTLD_DEFAULT/RTLD_NEXT too */
const char *dl_error(void);    /* NULL when none since the last call */
struct dl_addr_info {
    const char *object;
    gaddr base;
    const char *symbol; /* nearest, or NULL */
    gaddr symbol_addr;
};
bool dl_addr(gaddr a, struct dl_addr_info *out);
/* Calls back with each object as dl_iterate_phdr(3) would: guest struct dl_phdr_info laid out by
 * the caller's wrapper. */
struct dl_object_info {
    gaddr base;
    const char *name;
    gaddr phdr;
    u16 phnum;
    u64 adds, subs;
    u64 tls_modid;
    gaddr tls_data;
};
int dl_each_object(int (*fn)(const struct dl_object_info *o, void *arg), void *arg);
gaddr dl_tls_get_addr(u64 module, u64 offset);
/* Static TLS block + TCB for a new thread (native-libc mode): FS base, or 0. */
gaddr dl_tls_new_thread(struct thr *t);
void dl_tls_free_thread(struct thr *t);
/*
 * The program's own DT_INIT and init_array (native-libc mode): __libc_start_main runs them when its
 * `init` argument is 0, as glibc 2.34 and later do. Libraries' constructors ran before the
 * program's entry.
 */
void dl_init_main(int argc, gaddr argv, gaddr envp);
/* Runs fini functions of all objects (exit). */
void dl_fini(void);
/* Symbolised guest backtrace line for crash reports: "libfoo.so.1!bar+0x12" into buf; its length, 0
 * for an address in no object. */
int dl_symbolise(gaddr a, char *buf, size_t size);

#endif
