/*
 * stack.h - inside engine/elf: the main thread's stack as the Linux kernel leaves it for a new
 * program.
 */
#ifndef ELF_STACK_H
#define ELF_STACK_H

#include "elf/image.h"

/* What of the auxiliary vector depends on the program. */
struct elf_start {
    const char *path; /* AT_EXECFN */
    gaddr phdr, entry, interp_base;
    gaddr vdso; /* 0: none */
    u16 phnum;
    bool exec_stack;
};

/* Filled by elf_stack_build: where the vectors are, for constructors and __libc_start_main. */
struct elf_vectors {
    int argc;
    gaddr argv, envp, auxv, sp;
};

/* Maps the stack, fills it, sets t->stack_lo/hi. 0 or -errno (-E2BIG: arguments too long). */
int elf_stack_build(struct thr *t, const struct elf_start *s, char **argv, char **envp,
                    struct elf_vectors *out);

#endif
