/*
 * fuzz_kernel.h - what fuzz_elf asks of its surroundings: the file that is being loaded, and
 * whether everything that was mapped for it is gone again. fuzz_kernel.c is the fast answer (files
 * and mappings are memory of the fuzzer); with FUZZ_MAIN fuzz_elf.c has the plain one.
 */
#ifndef TESTS_ELF_FUZZ_KERNEL_H
#define TESTS_ELF_FUZZ_KERNEL_H

#include "base/types.h"

void fuzz_file_init(void);
/* An open file with these bytes; the same descriptor and path every time. */
int fuzz_file_set(const u8 *data, size_t size);
const char *fuzz_file_path(void);
/* Ends the process if not as many pages are mapped as at the first call. */
void fuzz_file_done(void);

#endif
