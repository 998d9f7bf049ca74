/*
 * table.c - which tr_ function translates which operation. The lists are beside the files that
 * define them: one TR(op) per translated operation.
 */
#include "dynarec/translate/translate.h"

#define TR(op) [X86_##op] = tr_##op,
tr_fn *const tr_table[X86_OP_COUNT] = {
#include "dynarec/translate/int.def"
#include "dynarec/translate/vec.def"
#include "dynarec/translate/fp.def"
};
#undef TR
