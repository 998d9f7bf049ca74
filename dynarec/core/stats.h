/*
 * stats.h - what the translator tells about itself: counters (BOX64_STATS), listings
 * (BOX64_DYNAREC_DUMP), names for profilers and debuggers. Counters are approximate where threads
 * race; nothing depends on them. The rest of core/ calls the hooks below and knows no more.
 */
#ifndef DYNAREC_CORE_STATS_H
#define DYNAREC_CORE_STATS_H

#include "dynarec/core/region.h"

/* Counter, and what it says in the report. */
#define DYN_COUNTERS(X)                                                                            \
    X(regions, "regions translated")                                                               \
    X(blocks, "blocks in them")                                                                    \
    X(insns, "guest instructions in them")                                                         \
    X(guest_bytes, "bytes of guest code")                                                          \
    X(host_bytes, "bytes of host code")                                                            \
    X(fallbacks, "instructions translated to a call of the interpreter")                           \
    X(fallback_runs, "such calls' instructions executed")                                          \
    X(record_bytes, "bytes of records about regions")                                              \
    X(entered, "times translated code was entered")                                                \
    X(linked, "branches linked")                                                                   \
    X(killed, "regions that died")                                                                 \
    X(invalidations, "invalidations of guest ranges with code")                                    \
    X(evictions, "times code memory was full and started over")                                    \
    X(stopped, "times a thread was stopped in translated code")                                    \
    X(faults, "faults in translated code")                                                         \
    X(shadow_faults, "faults at the ends of the stack of return addresses")

struct dyn_counters {
#define X(name, text) u64 name;
    DYN_COUNTERS(X)
#undef X
};
extern struct dyn_counters dyn_count;

/* One instruction run through x86_sem by translated code. */
extern u64 dyn_row_runs[];
ALWAYS_INLINE void dyn_fell_back(const struct x86_insn *in)
{
    dyn_count.fallback_runs++;
    dyn_row_runs[in->row]++;
}

/* Reads the options; the report is printed at exit(). */
void dyn_stats_init(void);
/* The report, once; for ways out of the process that are not exit(). */
void dyn_stats_report(void);
/* r, translated by t, is in the tables. Under the lock of region.c. */
void dyn_published(const struct tr *t, const struct region *r);
/* r is dead. As above; also in a signal handler. */
void dyn_killed(const struct region *r);
/* Are runs of blocks to be counted, each block through dyn_block_counter()? */
bool dyn_counts_blocks(void);
u64 *dyn_block_counter(struct tr *t);
/* BOX64_DYNAREC_DUMP, before region_publish() (dump.c). */
void dyn_dump(const struct tr *t);

#endif
