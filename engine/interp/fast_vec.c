/*
 * fast_vec.c - threaded handlers for scalar and packed SSE moves and arithmetic.
 */
#include "interp/fast.h"

interp_handler *select_vec(const struct x86_insn *in)
{
    (void)in;
    return NULL;
}
