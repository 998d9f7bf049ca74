/*
 * x80.h - 80-bit arithmetic for translated code (x80.S), shared by assembly and C (ops_x80.c, which
 * asserts the offsets). A routine is called with R_CPU (x28) and changes x6 x7 x11-x16 and x30
 * only; x17 and the guest's flags are as before. Values are pairs mantissa, sign and exponent: a in
 * x11 x12, b in x13 x14. w15 = 0: done; else it is not one of the common cases and nothing was
 * changed. Common: numbers that are normal or zero, and results that are. PE and C1 of the status
 * word are written by those that round; conversions for stores hand the word back in x14, as it
 * changes after the store only.
 */
#ifndef DYNAREC_ARM64_X80_H
#define DYNAREC_ARM64_X80_H

#define X80_CW 928
#define X80_SW 930

#endif
