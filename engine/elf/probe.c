/*
 * probe.c - what kind of file is this? Reads headers only, maps nothing; main and execve ask before
 * they load.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "elf/image.h"

/* The linker puts box64's own ELF header here: it names the host's machine. */
extern const Elf64_Ehdr __ehdr_start __attribute__((weak, visibility("hidden")));

static bool is_pie(const struct elf_image *im)
{
    return im->eh.e_type == ET_DYN;
}

int elf_probe(const char *path, struct elf_id *id)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct elf_image im;
    const char *why;

    memset(id, 0, sizeof *id);
    if (fd < 0)
        return -errno;
    id->kind = elf_image_read(fd, &im, &why);
    close(fd);
    if (id->kind != ELF_NOT_ELF && id->kind != ELF_TRUNCATED)
        id->machine = im.eh.e_machine;
    if (id->kind == ELF_WRONG_MACHINE && im.eh.e_ident[EI_DATA] == ELFDATA2LSB && &__ehdr_start &&
        im.eh.e_machine == __ehdr_start.e_machine)
        id->kind = ELF_NATIVE;
    if (id->kind != ELF_X86_64_STATIC && id->kind != ELF_X86_64_DYNAMIC)
        return 0;
    id->pie = is_pie(&im);
    memcpy(id->interp, im.interp, sizeof id->interp);
    id->musl = strstr(im.interp, "ld-musl") != NULL;
    if (id->kind == ELF_X86_64_STATIC && id->pie && !im.eh.e_entry)
        id->kind = ELF_WRONG_TYPE; /* a shared library: nothing to start */
    elf_image_free(&im);
    return 0;
}

const char *elf_kind_text(enum elf_kind kind)
{
    switch (kind) {
    case ELF_NOT_ELF: return "not an ELF file";
    case ELF_TRUNCATED: return "truncated ELF file";
    case ELF_WRONG_CLASS: return "32-bit ELF file; only 64-bit x86-64 programs run";
    case ELF_WRONG_MACHINE: return "ELF file for another machine, not x86-64";
    case ELF_WRONG_TYPE: return "not a program (shared library, object or core file)";
    case ELF_CORRUPT: return "corrupt ELF file";
    case ELF_NATIVE: return "a program for this host, not x86-64";
    case ELF_X86_64_STATIC: return "static x86-64 program";
    case ELF_X86_64_DYNAMIC: return "dynamic x86-64 program";
    }
    return "unknown";
}

struct machine {
    u16 id;
    const char *text;
};

#define MACHINE(id, name)                                                                          \
    {                                                                                              \
        id, "ELF file for " name ", not x86-64"                                                    \
    }
static const struct machine machines[] = {
    MACHINE(EM_AARCH64, "aarch64"), MACHINE(EM_ARM, "arm"),         MACHINE(EM_RISCV, "riscv"),
    MACHINE(258, "loongarch"),      MACHINE(EM_PPC64, "powerpc64"), MACHINE(EM_PPC, "powerpc"),
    MACHINE(EM_S390, "s390"),       MACHINE(EM_MIPS, "mips"),       MACHINE(EM_SPARCV9, "sparc64"),
    MACHINE(EM_IA_64, "ia64"),      MACHINE(EM_68K, "m68k"),        MACHINE(EM_ALPHA, "alpha"),
};
#undef MACHINE

const char *elf_id_text(const struct elf_id *id)
{
    for (unsigned i = 0; id->kind == ELF_WRONG_MACHINE && i < sizeof machines / sizeof machines[0];
         i++)
        if (machines[i].id == id->machine)
            return machines[i].text;
    return elf_kind_text(id->kind);
}
