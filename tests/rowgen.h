/*
 * rowgen.h - random legal encodings of a table row: prefixes, REX, ModRM and SIB forms,
 * displacements, immediates. Used by the decoder judge and by the CPU oracle. The decoder itself
 * says where an instruction ends; the judge checks that.
 */
#ifndef TESTS_ROWGEN_H
#define TESTS_ROWGEN_H

#include "rng.h"
#include "x86/insn.h"

struct rowgen {
    u8 bytes[32]; /* instruction, then random padding */
    u8 len;
    u8 disp_off; /* where the ModRM displacement sits (0: none) */
    u8 disp_size;
    struct x86_insn insn;
};

enum {
    ROWGEN_NO_LOCK = 1,
    ROWGEN_NO_SEG = 2,  /* no segment override prefixes */
    ROWGEN_NO_ADSZ = 4, /* no 67h unless the row needs it */
    ROWGEN_MEM = 8,     /* memory forms only, where the row has one */
    ROWGEN_REG = 16,
};

/* False when no legal encoding came up in a few tries (row not valid in this mode). */
bool rowgen_encode(struct rowgen *g, struct rng *r, unsigned row, unsigned mode, gaddr pc,
                   unsigned flags);

#endif
