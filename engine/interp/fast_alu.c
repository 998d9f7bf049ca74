/*
 * fast_alu.c - threaded handlers for two-operand integer arithmetic.
 */
#include "interp/fast.h"

interp_handler *select_alu(const struct x86_insn *in)
{
    (void)in;
    return NULL;
}
