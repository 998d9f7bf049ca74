/*
 * vdso.c - puts the vDSO into the guest's address space. Called once for a program, before its
 * stack is filled.
 */
#include "elf/vdso.h"

#include <string.h>
#include <sys/mman.h>

#include "mem/mem.h"

gaddr elf_vdso_map(void)
{
    i64 r = mem_mmap(0, VDSO_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (r < 0)
        return 0;
    memcpy(g2h((gaddr)r), elf_vdso_image, VDSO_SIZE);
    mem_mprotect((gaddr)r, VDSO_SIZE, PROT_READ | PROT_EXEC);
    mem_name((gaddr)r, (gaddr)r + VDSO_SIZE, "[vdso]");
    return (gaddr)r;
}
