/*
 * image.c - reads, checks and maps ELF files as Linux's binfmt_elf does: segments of any alignment,
 * bss, fixed addresses. Segments whose file offset does not fit their page are copied instead of
 * mapped.
 */
#include "elf/image.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bits.h"
#include "mem/mem.h"

#define PAGE ((u64)GUEST_PAGE_SIZE)
#define PHNUM_MAX (65536 / sizeof(Elf64_Phdr)) /* Linux: ELF_MIN_ALIGN bound of load_elf_phdrs */
#define MAP_NOREPLACE 0x100000
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)

int elf_prot(u32 f)
{
    return (f & PF_R ? PROT_READ : 0) | (f & PF_W ? PROT_WRITE : 0) | (f & PF_X ? PROT_EXEC : 0);
}

static enum elf_kind bad(const char **why, enum elf_kind kind, const char *text)
{
    *why = text;
    return kind;
}

static enum elf_kind check_header(const Elf64_Ehdr *h, ssize_t got, const char **why)
{
    if (got < SELFMAG || memcmp(h->e_ident, ELFMAG, SELFMAG))
        return bad(why, ELF_NOT_ELF, "not an ELF file");
    if (got < EI_NIDENT + 4)
        return bad(why, ELF_TRUNCATED, "truncated ELF header");
    if (h->e_ident[EI_DATA] != ELFDATA2LSB)
        return bad(why, ELF_WRONG_MACHINE, "a big-endian ELF file");
    if (h->e_ident[EI_CLASS] == ELFCLASS32 || h->e_machine == EM_386)
        return bad(why, ELF_WRONG_CLASS, "a 32-bit ELF file");
    if (h->e_ident[EI_CLASS] != ELFCLASS64 || h->e_ident[EI_VERSION] != EV_CURRENT)
        return bad(why, ELF_CORRUPT, "bad ELF identification");
    if (h->e_machine != EM_X86_64)
        return bad(why, ELF_WRONG_MACHINE, "wrong machine");
    if (got < (ssize_t)sizeof *h)
        return bad(why, ELF_TRUNCATED, "truncated ELF header");
    if (h->e_type != ET_EXEC && h->e_type != ET_DYN)
        return bad(why, ELF_WRONG_TYPE, "neither a program nor a shared library");
    if (h->e_phentsize != sizeof(Elf64_Phdr))
        return bad(why, ELF_CORRUPT, "bad size of program headers");
    if (!h->e_phnum || h->e_phnum > PHNUM_MAX)
        return bad(why, ELF_CORRUPT, "bad number of program headers");
    return ELF_X86_64_STATIC;
}

static bool power_of_two(u64 v)
{
    return v && !(v & (v - 1));
}

/* Everything about one program header; image fields that it sets. */
static enum elf_kind check_load(struct elf_image *im, const Elf64_Phdr *p, u64 *below,
                                const char **why)
{
    if (p->p_filesz > p->p_memsz)
        return bad(why, ELF_CORRUPT, "a segment is larger in the file than in memory");
    if (p->p_vaddr > 1ull << 47 || p->p_memsz > (1ull << 47) - p->p_vaddr)
        return bad(why, ELF_CORRUPT, "a segment lies outside the address space");
    if (p->p_vaddr < *below)
        return bad(why, ELF_CORRUPT, "segments overlap or are out of order");
    if (p->p_align > 1 && !power_of_two(p->p_align))
        return bad(why, ELF_CORRUPT, "a segment's alignment is not a power of two");
    *below = p->p_vaddr + p->p_memsz;
    if (!im->max_va)
        im->min_va = align_down(p->p_vaddr, PAGE);
    im->max_va = align_up(*below, PAGE);
    return ELF_X86_64_STATIC;
}

static enum elf_kind read_interp(int fd, struct elf_image *im, const Elf64_Phdr *p,
                                 const char **why)
{
    if (p->p_filesz < 2 || p->p_filesz > sizeof im->interp)
        return bad(why, ELF_CORRUPT, "bad length of the interpreter's name");
    if (pread(fd, im->interp, p->p_filesz, (off_t)p->p_offset) != (ssize_t)p->p_filesz)
        return bad(why, ELF_TRUNCATED, "truncated");
    if (im->interp[p->p_filesz - 1])
        return bad(why, ELF_CORRUPT, "the interpreter's name does not end");
    return ELF_X86_64_DYNAMIC;
}

static enum elf_kind check_segments(int fd, struct elf_image *im, u64 size, const char **why)
{
    enum elf_kind kind = ELF_X86_64_STATIC, k;
    u64 below = 0;

    for (unsigned i = 0; i < im->phnum; i++) {
        const Elf64_Phdr *p = &im->ph[i];

        k = ELF_X86_64_STATIC;
        if (p->p_type != PT_GNU_STACK && p->p_filesz &&
            (p->p_offset > size || p->p_filesz > size - p->p_offset)) {
            if (p->p_type == PT_LOAD || p->p_type == PT_INTERP || p->p_type == PT_DYNAMIC ||
                p->p_type == PT_TLS)
                return bad(why, ELF_TRUNCATED, "truncated: a segment ends behind the file");
            continue;
        }
        if (p->p_type == PT_LOAD && p->p_memsz)
            k = check_load(im, p, &below, why);
        else if (p->p_type == PT_INTERP && !im->interp[0])
            k = kind = read_interp(fd, im, p, why);
        else if (p->p_type == PT_GNU_STACK)
            im->exec_stack = p->p_flags & PF_X;
        else if (p->p_type == PT_TLS &&
                 (p->p_filesz > p->p_memsz || (p->p_align > 1 && !power_of_two(p->p_align)) ||
                  p->p_memsz > 1u << 30 || p->p_align > 1u << 24))
            k = bad(why, ELF_CORRUPT, "bad thread-local storage segment");
        if (k != ELF_X86_64_STATIC && k != ELF_X86_64_DYNAMIC)
            return k;
    }
    if (!im->max_va)
        return bad(why, ELF_CORRUPT, "no segment to load");
    return kind;
}

enum elf_kind elf_image_read(int fd, struct elf_image *im, const char **why)
{
    struct stat st;
    enum elf_kind kind;
    size_t bytes;

    memset(im, 0, sizeof *im);
    if (fstat(fd, &st) || !S_ISREG(st.st_mode))
        return bad(why, ELF_NOT_ELF, "not a regular file");
    kind = check_header(&im->eh, pread(fd, &im->eh, sizeof im->eh, 0), why);
    if (kind != ELF_X86_64_STATIC)
        return kind;
    im->phnum = im->eh.e_phnum;
    im->fixed = im->eh.e_type == ET_EXEC;
    bytes = im->phnum * sizeof *im->ph;
    im->ph = malloc(bytes);
    if (!im->ph)
        return bad(why, ELF_CORRUPT, "out of memory");
    if (im->eh.e_phoff > (u64)st.st_size ||
        pread(fd, im->ph, bytes, (off_t)im->eh.e_phoff) != (ssize_t)bytes)
        kind = bad(why, ELF_TRUNCATED, "truncated program headers");
    else
        kind = check_segments(fd, im, (u64)st.st_size, why);
    if (kind != ELF_X86_64_STATIC && kind != ELF_X86_64_DYNAMIC)
        elf_image_free(im);
    return kind;
}

void elf_image_free(struct elf_image *im)
{
    free(im->ph);
    im->ph = NULL;
}

void elf_image_unmap(struct elf_image *im)
{
    gaddr lo = im->start, hi = im->end;

    /* A fixed file has holes between its segments where something else may live. */
    for (unsigned i = 0; im->fixed && i < im->phnum; i++) {
        const Elf64_Phdr *p = &im->ph[i];

        hi = align_up(p->p_vaddr + p->p_memsz, PAGE);
        lo = align_down(p->p_vaddr, PAGE);
        if (p->p_type == PT_LOAD && p->p_memsz && hi <= im->end)
            mem_munmap(lo, hi - lo);
    }
    if (!im->fixed && hi > lo)
        mem_munmap(lo, hi - lo);
    im->start = im->end = 0;
}

static u64 largest_align(const struct elf_image *im)
{
    u64 align = PAGE;

    for (unsigned i = 0; i < im->phnum; i++)
        if (im->ph[i].p_type == PT_LOAD && im->ph[i].p_align > align &&
            im->ph[i].p_align <= 1u << 30)
            align = im->ph[i].p_align;
    return align;
}

/* A hole of addresses for a position-independent file, aligned as its segments ask. */
static int reserve_anywhere(struct elf_image *im, gaddr hint)
{
    u64 span = im->max_va - im->min_va, align = largest_align(im), extra = align - PAGE;
    i64 r = mem_mmap(hint, span + extra, PROT_NONE, ANON | MAP_NORESERVE, -1, 0);
    gaddr base;

    if (r < 0)
        return (int)r;
    base = align_up((gaddr)r - (im->min_va & (align - 1)), align) + (im->min_va & (align - 1));
    if (base > (gaddr)r)
        mem_munmap((gaddr)r, base - (gaddr)r);
    if (base + span < (gaddr)r + span + extra)
        mem_munmap(base + span, (gaddr)r + extra - base);
    im->start = base;
    im->end = base + span;
    im->bias = base - im->min_va;
    return 0;
}

/* Fixed addresses: each segment's pages must be free; holes between segments stay holes. */
static int reserve_fixed(struct elf_image *im)
{
    gaddr done = 0;

    im->start = im->end = im->min_va;
    for (unsigned i = 0; i < im->phnum; i++) {
        const Elf64_Phdr *p = &im->ph[i];
        gaddr lo = align_down(p->p_vaddr, PAGE), hi = align_up(p->p_vaddr + p->p_memsz, PAGE);
        i64 r;

        if (p->p_type != PT_LOAD || !p->p_memsz || hi <= done)
            continue;
        if (lo < done)
            lo = done;
        r = mem_mmap(lo, hi - lo, PROT_NONE, ANON | MAP_NORESERVE | MAP_NOREPLACE, -1, 0);
        if (r < 0)
            return (int)r;
        im->end = done = hi;
    }
    return 0;
}

/* Zeroes [from, to) of a page that a file mapping filled; the page may not be writable yet. */
static int zero_tail(gaddr from, gaddr to, int prot)
{
    gaddr page = align_down(from, PAGE);
    i64 r = 0;

    if (!(prot & PROT_WRITE))
        r = mem_mprotect(page, PAGE, prot | PROT_WRITE);
    if (r)
        return (int)r;
    memset(g2h(from), 0, to - from);
    return prot & PROT_WRITE ? 0 : (int)mem_mprotect(page, PAGE, prot);
}

static int map_from_file(int fd, gaddr va, const Elf64_Phdr *p, int prot)
{
    gaddr lo = align_down(va, PAGE), file_end = va + p->p_filesz, hi = align_up(file_end, PAGE);
    gaddr end = align_up(va + p->p_memsz, PAGE);
    i64 r = 0;

    if (p->p_filesz)
        r = mem_mmap(lo, hi - lo, prot, MAP_PRIVATE | MAP_FIXED, fd, align_down(p->p_offset, PAGE));
    else
        hi = lo;
    if (r >= 0 && p->p_filesz && p->p_memsz > p->p_filesz && hi > file_end)
        r = zero_tail(file_end, hi, prot);
    if (r >= 0 && end > hi)
        r = mem_mmap(hi, end - hi, prot, ANON | MAP_FIXED, -1, 0);
    return r < 0 ? (int)r : 0;
}

/* The file offset does not fit the page: copy. `shared` is the end of the page part that the
 * segment before uses. */
static int map_by_copy(int fd, gaddr va, const Elf64_Phdr *p, int prot, gaddr shared)
{
    gaddr lo = align_down(va, PAGE), end = align_up(va + p->p_memsz, PAGE);
    i64 r;

    if (lo < shared)
        return -ENOEXEC;
    r = mem_mmap(lo, end - lo, PROT_READ | PROT_WRITE, ANON | MAP_FIXED, -1, 0);
    if (r < 0)
        return (int)r;
    if (pread(fd, g2h(va), p->p_filesz, (off_t)p->p_offset) != (ssize_t)p->p_filesz)
        return -EIO;
    return (int)mem_mprotect(lo, end - lo, prot);
}

int elf_image_map(int fd, struct elf_image *im, gaddr hint, const char **why)
{
    gaddr shared = 0;
    int err = im->fixed ? reserve_fixed(im) : reserve_anywhere(im, hint);

    *why = im->fixed ? "its fixed addresses are not free" : "no room in the address space";
    for (unsigned i = 0; !err && i < im->phnum; i++) {
        const Elf64_Phdr *p = &im->ph[i];
        gaddr va = p->p_vaddr + im->bias;

        if (p->p_type != PT_LOAD || !p->p_memsz)
            continue;
        *why = "a segment cannot be mapped";
        if ((p->p_offset & (PAGE - 1)) == (va & (PAGE - 1)))
            err = map_from_file(fd, va, p, elf_prot(p->p_flags));
        else
            err = map_by_copy(fd, va, p, elf_prot(p->p_flags), shared);
        shared = align_up(va + p->p_memsz, PAGE);
    }
    if (err)
        elf_image_unmap(im);
    return err;
}

gaddr elf_image_phdr(const struct elf_image *im)
{
    u64 off = im->eh.e_phoff, bytes = im->phnum * sizeof(Elf64_Phdr);

    for (unsigned i = 0; i < im->phnum; i++) {
        const Elf64_Phdr *p = &im->ph[i];

        if (p->p_type == PT_LOAD && (p->p_flags & PF_R) && off >= p->p_offset &&
            bytes <= p->p_filesz && off - p->p_offset <= p->p_filesz - bytes)
            return p->p_vaddr + im->bias + (off - p->p_offset);
    }
    return 0;
}
