/*
 * zydis_compare.h - one byte string through our decoder and through Zydis; differences are counted
 * by class. A class is (row or Zydis mnemonic, kind of difference). known_diffs.def names the
 * classes that stay, each with its reason.
 */
#ifndef TESTS_ZYDIS_COMPARE_H
#define TESTS_ZYDIS_COMPARE_H

#include "base/types.h"

void zc_init(void);

/* Compares one instruction; returns the number of bytes to advance (>= 1). */
unsigned zc_compare(const u8 *code, size_t avail, gaddr pc, unsigned mode);

/* Prints every class; returns the number of differences in classes that are not known. Also prints
 * the totals. */
u64 zc_report(bool verbose);

#endif
