/*
 * profile.h - runs of each translated block, for BOX64_STATS=2 and BOX64_DYNAREC_DUMP=hot. Records
 * are kept for good: regions die, what they executed stays.
 */
#ifndef DYNAREC_CORE_PROFILE_H
#define DYNAREC_CORE_PROFILE_H

#include "dynarec/core/tr.h"

struct dyn_profile {
    gaddr pc;
    u32 nblk, words;
    char *text; /* listing (dump.c), NULL: none */
    struct dyn_profile *next;
    struct {
        gaddr pc;
        u32 insns;
        u32 words; /* of host code on the straight way, without the counting itself */
        u32 text;  /* offset of its listing */
        u64 runs;  /* counted by translated code */
    } blk[];
};

extern struct dyn_profile *dyn_profiles;

/* Word behind the last block: cold code, stubs, literals follow (dump.c). */
u32 dyn_body_end(const struct tr *t);
u64 dyn_profile_insns(const struct dyn_profile *p);
/* Prints the hottest regions with their listings. */
void dyn_dump_hot(void);

#endif
