/*
 * decode.h - bytes to record. The only reader of guest instruction bytes. No allocation, no
 * globals, re-entrant.
 */
#ifndef X86_DECODE_H
#define X86_DECODE_H

#include "x86/insn.h"

enum x86_decode_error {
    X86_DECODE_UD = -1,      /* no such instruction (#UD) */
    X86_DECODE_PARTIAL = -2, /* `avail` bytes end inside the instruction */
    X86_DECODE_LONG = -3,    /* more than 15 bytes (#GP) */
};

/*
 * Decodes one instruction of `mode` (64 or 32) that sits at guest address pc. `code` has `avail`
 * valid bytes (>= 1); at least 16 bytes must be READABLE at `code` (copy at a page edge), bytes
 * beyond `avail` are not used for the result. Returns the length 1-15 or an error.
 */
int x86_decode(struct x86_insn *out, const u8 *code, size_t avail, gaddr pc, unsigned mode);

#endif
