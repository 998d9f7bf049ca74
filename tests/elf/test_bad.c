/* test_bad.c - files that are not what they should be: the kind that elf_probe says, and message
 * and status of a start. */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "guest_env.h"
#include "mem/mem.h"

static u8 good[1 << 16];
static size_t good_size;
static char tmp[] = "/tmp/box64-elf-XXXXXX";
static char file[4096], fixed_program[4096];

static void write_file(const void *data, size_t size)
{
    FILE *f = fopen(file, "wb");

    CHECK(f && fwrite(data, 1, size, f) == size);
    fclose(f);
}

static enum elf_kind kind_of(const void *data, size_t size)
{
    struct elf_id id;

    write_file(data, size);
    CHECK_EQ(elf_probe(file, &id), 0);
    return id.kind;
}

/* The good program with one change. */
static u8 *changed(size_t at, unsigned size, u64 value)
{
    static u8 copy[sizeof good];

    memcpy(copy, good, good_size);
    memcpy(copy + at, &value, size);
    return copy;
}

static enum elf_kind kind_with(size_t at, unsigned size, u64 value)
{
    return kind_of(changed(at, size, value), good_size);
}

static size_t load_segment(unsigned nth)
{
    const Elf64_Ehdr *h = (const void *)good;
    const Elf64_Phdr *p = (const void *)(good + h->e_phoff);

    for (unsigned i = 0; i < h->e_phnum; i++)
        if (p[i].p_type == PT_LOAD && !nth--)
            return h->e_phoff + i * sizeof *p;
    return 0;
}

#define EH(field) offsetof(Elf64_Ehdr, field), sizeof(((Elf64_Ehdr *)0)->field)
#define PH(base, field) (base) + offsetof(Elf64_Phdr, field), sizeof(((Elf64_Phdr *)0)->field)

static void test_kinds(void)
{
    struct elf_id id;
    size_t load = load_segment(0), load1 = load_segment(1);

    CHECK_EQ(kind_of(good, good_size), ELF_X86_64_DYNAMIC);
    CHECK_EQ(elf_probe(file, &id), 0);
    CHECK(id.pie && !id.musl && !strcmp(id.interp, "/lib64/ld-linux-x86-64.so.2") &&
          id.machine == EM_X86_64);
    CHECK_EQ(kind_of("", 0), ELF_NOT_ELF);
    CHECK_EQ(kind_of("#!/bin/sh\n", 10), ELF_NOT_ELF);
    CHECK_EQ(kind_of("\177EL", 3), ELF_NOT_ELF);
    CHECK_EQ(kind_of(good, 4), ELF_TRUNCATED);
    CHECK_EQ(kind_of(good, 63), ELF_TRUNCATED);
    CHECK_EQ(kind_of(good, 64), ELF_TRUNCATED);
    CHECK_EQ(kind_of(good, 200), ELF_TRUNCATED);
    CHECK_EQ(kind_of(good, 0x1001), ELF_TRUNCATED);
    CHECK_EQ(kind_with(EH(e_ident[EI_CLASS]), ELFCLASS32), ELF_WRONG_CLASS);
    CHECK_EQ(kind_with(EH(e_machine), EM_386), ELF_WRONG_CLASS);
    CHECK_EQ(kind_with(EH(e_machine), EM_S390), ELF_WRONG_MACHINE);
    CHECK_EQ(elf_probe(file, &id), 0);
    CHECK_STR(elf_id_text(&id), "ELF file for s390, not x86-64");
    CHECK_EQ(kind_with(EH(e_ident[EI_DATA]), ELFDATA2MSB), ELF_WRONG_MACHINE);
    CHECK_EQ(kind_with(EH(e_type), ET_REL), ELF_WRONG_TYPE);
    CHECK_EQ(kind_with(EH(e_type), ET_CORE), ELF_WRONG_TYPE);
    CHECK_EQ(kind_with(EH(e_phentsize), 32), ELF_CORRUPT);
    CHECK_EQ(kind_with(EH(e_phnum), 0), ELF_CORRUPT);
    CHECK_EQ(kind_with(EH(e_phnum), 0xffff), ELF_CORRUPT);
    CHECK_EQ(kind_with(EH(e_phoff), ~0ull), ELF_TRUNCATED);
    CHECK_EQ(kind_with(EH(e_phoff), good_size - 8), ELF_TRUNCATED);
    CHECK_EQ(kind_with(PH(load, p_offset), ~0ull), ELF_TRUNCATED);
    CHECK_EQ(kind_with(PH(load, p_filesz), 1ull << 40), ELF_TRUNCATED);
    CHECK_EQ(kind_with(PH(load, p_memsz), 1), ELF_CORRUPT); /* smaller than in the file */
    CHECK_EQ(kind_with(PH(load, p_memsz), ~0ull), ELF_CORRUPT);
    CHECK_EQ(kind_with(PH(load, p_vaddr), 1ull << 47), ELF_CORRUPT);
    CHECK_EQ(kind_with(PH(load1, p_vaddr), 0), ELF_CORRUPT); /* overlap */
    CHECK_EQ(kind_with(PH(load, p_align), 3), ELF_CORRUPT);
    CHECK_EQ(elf_probe("/", &id) || id.kind != ELF_NOT_ELF, 0);
    CHECK_EQ(elf_probe("/nonexistent", &id), -ENOENT);
}

static bool occupied; /* something is at 0x400000 already */

static void start_file(void)
{
    struct thr *t = guest_start("lazy");
    i64 low = occupied ? mem_mmap(0x400000, 4096, 1, 0x32, -1, 0) : 0;
    char *argv[] = {file, NULL}, *envp[] = {NULL};
    int r = elf_load_program(t, file, argv, envp, true);

    CHECK(low >= 0);
    fflush(stdout);
    _exit(r > 80 ? r - 80 : r); /* 126, 127 as 46, 47: 90 and above are in_child's own */
}

/* Starts what is in the file: its status, and the message must contain `text`. */
static int start_says(const char *text)
{
    char err[4096];
    int r = in_child(start_file, err, sizeof err);

    if (!strstr(err, text))
        printf("message: %s, want: %s\n", err, text);
    CHECK(strstr(err, text) != NULL);
    CHECK(!strncmp(err, "box64: ", 7));
    return r;
}

static void test_start_messages(void)
{
    write_file(good, 100);
    CHECK_EQ(start_says("truncated program headers"), 46);
    write_file("text", 4);
    CHECK_EQ(start_says("not an ELF file"), 46);
    unlink(file);
    CHECK_EQ(start_says("No such file or directory"), 47);
    occupied = true;
    snprintf(file, sizeof file, "%s", fixed_program);
    CHECK_EQ(start_says("its fixed addresses are not free"), 46);
    occupied = false;
    snprintf(file, sizeof file, "%s/f", tmp);
    write_file(changed(PH(load_segment(0), p_memsz), 1ull << 46), good_size);
    CHECK_EQ(start_says("segments overlap"), 46);
}

/* The dynamic section's entry of a tag: offset of its value in the file. */
static size_t dyn_value(i64 tag)
{
    const Elf64_Ehdr *h = (const void *)good;
    const Elf64_Phdr *p = (const void *)(good + h->e_phoff);

    for (unsigned i = 0; i < h->e_phnum; i++) {
        const Elf64_Dyn *d = (const void *)(good + p[i].p_offset);

        for (unsigned k = 0; p[i].p_type == PT_DYNAMIC && d[k].d_tag != DT_NULL; k++)
            if (d[k].d_tag == tag)
                return (size_t)((const u8 *)&d[k].d_un - good);
    }
    printf("no tag %lld\n", (long long)tag);
    return 0;
}

static int start_with(i64 tag, u64 value, const char *text)
{
    write_file(changed(dyn_value(tag), 8, value), good_size);
    return start_says(text);
}

static void test_dynamic_section(void)
{
    CHECK_EQ(start_with(DT_STRTAB, 0x7fff0000, "corrupt string table"), 46);
    CHECK_EQ(start_with(DT_STRSZ, 1ull << 40, "corrupt string table"), 46);
    CHECK_EQ(start_with(DT_SYMTAB, ~0ull, "corrupt symbol or hash table"), 46);
    CHECK_EQ(start_with(DT_SYMENT, 16, "corrupt symbol or hash table"), 46);
    CHECK_EQ(start_with(DT_GNU_HASH, 3, "corrupt symbol or hash table"), 46);
    CHECK_EQ(start_with(DT_RELASZ, 1ull << 50, "relocation tables"), 46);
    CHECK_EQ(start_with(DT_RELAENT, 16, "relocation tables"), 46);
    CHECK_EQ(start_with(DT_PLTREL, DT_REL, "relocation tables"), 46);
    CHECK_EQ(start_with(DT_JMPREL, 0x12345678, "relocation tables"), 46);
    CHECK_EQ(start_with(DT_INIT_ARRAY, 1ull << 46, "corrupt constructor tables"), 46);
    CHECK_EQ(start_with(DT_NEEDED, 0, "cannot open"), 47);
}

int main(int argc, char **argv)
{
    char path[4096];
    FILE *f;

    if (argc < 2)
        return 77;
    guest_dir = argv[1];
    snprintf(path, sizeof path, "%s/prog_pie", guest_dir);
    f = fopen(path, "rb");
    if (!f || !mkdtemp(tmp))
        return 77;
    good_size = fread(good, 1, sizeof good, f);
    fclose(f);
    snprintf(file, sizeof file, "%s/f", tmp);
    snprintf(fixed_program, sizeof fixed_program, "%s/prog_fixed", guest_dir);
    RUN(test_kinds);
    RUN(test_start_messages);
    RUN(test_dynamic_section);
    unlink(file);
    rmdir(tmp);
    return harness_done();
}
