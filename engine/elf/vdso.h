/*
 * vdso.h - inside engine/elf: the guest's vDSO, a page made by vdsogen.py at build time whose
 * functions are system calls of the guest.
 */
#ifndef ELF_VDSO_H
#define ELF_VDSO_H

#include "x86/cpu.h"

#define VDSO_SIZE 4096

extern const u8 elf_vdso_image[VDSO_SIZE];

/* Maps it; its address for AT_SYSINFO_EHDR, or 0: a program does without. */
gaddr elf_vdso_map(void);

#endif
