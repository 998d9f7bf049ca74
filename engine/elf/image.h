/*
 * image.h - inside engine/elf: one ELF file, its headers checked, and its segments in guest memory.
 * Invariant: after elf_image_read succeeded every number taken from the file is in range: segments
 * ascend, do not overlap, lie inside the file and below the guest's address limit.
 */
#ifndef ELF_IMAGE_H
#define ELF_IMAGE_H

#include <elf.h>

#include "base/types.h"
#include "elf/elf.h"

struct elf_image {
    Elf64_Ehdr eh;
    Elf64_Phdr *ph; /* malloc'd copy of all program headers */
    u16 phnum;
    bool fixed;      /* ET_EXEC */
    bool exec_stack; /* PT_GNU_STACK asks for it */
    char interp[256];
    u64 min_va, max_va; /* page-rounded range of all PT_LOAD */
    /* after elf_image_map */
    gaddr bias;       /* address = vaddr + bias */
    gaddr start, end; /* what is mapped */
};

/* Reads and checks the headers of an open file. ELF_X86_64_STATIC/DYNAMIC on success, else the
 * error kind; *why gets a text. */
enum elf_kind elf_image_read(int fd, struct elf_image *im, const char **why);
/* Maps the segments. hint: preferred base of position-independent files, 0 none. 0 or -errno with
 * *why. */
int elf_image_map(int fd, struct elf_image *im, gaddr hint, const char **why);
void elf_image_unmap(struct elf_image *im);
void elf_image_free(struct elf_image *im);
/* Guest address of the program headers; 0 when they are not mapped. */
gaddr elf_image_phdr(const struct elf_image *im);
/* The segment's protection as PROT_*. */
int elf_prot(u32 p_flags);

#endif
