/*
 * names.h - names of translated code for perf (BOX64_DYNAREC_PERFMAP) and gdb
 * (BOX64_DYNAREC_GDBJIT). A block's name is the guest code's place: "libfoo.so+0x1234 x86".
 */
#ifndef DYNAREC_CORE_NAMES_H
#define DYNAREC_CORE_NAMES_H

#include "dynarec/core/region.h"

/* Before region_publish(), without locks: which file the code of t is from. */
void dyn_names_prepare(const struct tr *t);
/* r, made of t, can be entered; r is dead. Under the lock of region.c, dead also from a signal
 * handler. */
void dyn_names_add(const struct tr *t, const struct region *r);
void dyn_names_remove(const struct region *r);

#endif
