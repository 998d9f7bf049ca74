/*
 * a64.h - what the files of this backend share: features, small emitters.
 */
#ifndef DYNAREC_ARM64_A64_H
#define DYNAREC_ARM64_A64_H

#include "dynarec/arm64/enc_fp.h"
#include "dynarec/arm64/regs.h"
#include "dynarec/host.h"

/* CPU features found at start (h_probe), less those masked by BOX64_DYNAREC_NOHOSTEXT. */
extern struct a64_features {
    bool lse, lse2, flagm, flagm2, lrcpc, lrcpc2, frintts, afp, aes, pmull, sha1, sha2, crc32;
} a64_has;

/* How the guest's flags are held while a region is written (struct tr_flags.kind). */
enum {
    FL_NZCV, /* N SF, Z ZF, V OF, C CF or its inverse (inv); PF in R_PF, AF in R_PF ^ R_AF */
    FL_FCMP, /* of an FCMP */
    FL_NE    /* CF = OF = NE, nothing else */
};

ALWAYS_INLINE unsigned a64_log2(unsigned size)
{
    return (unsigned)__builtin_ctz(size);
}

/* ops_flags.c: makes C the carry (inv 0) or its inverse (inv 1). */
void h_carry(struct tr *t, unsigned inv);

#endif
