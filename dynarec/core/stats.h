/*
 * stats.h - counters of the translator. Approximate where threads race; nothing depends on them.
 */
#ifndef DYNAREC_CORE_STATS_H
#define DYNAREC_CORE_STATS_H

#include "dynarec/dynarec.h"

extern struct dyn_stats dyn_count;

#endif
