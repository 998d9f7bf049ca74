/*
 * region.h - translated regions: table by guest pc, links between them, death. All changes happen
 * under one spin lock that is never held across guest memory accesses, so the SIGSEGV handler may
 * invalidate; lookups are lock-free. Nobody waits for the lock on the way of running code.
 *
 * Dead regions: their entries are patched to leave, links into them are undone, and their code
 * stays until every thread has left translated code once (epochs), because shadow stacks and hashed
 * tables may still name it.
 */
#ifndef DYNAREC_CORE_REGION_H
#define DYNAREC_CORE_REGION_H

#include "dynarec/core/tr.h"
#include "dynarec/host.h"
#include "interp/block.h"

#define DYN_TAB_BITS 12
#define DYN_TAB_SIZE (1u << DYN_TAB_BITS)
#define DYN_SHADOW_SIZE 0x10000
#define DYN_GUARD 0x10000 /* a page of any host */

struct region;
struct page_node;

/* One patchable branch of a region. */
struct link {
    u32 at, stub;
    u32 inner; /* where the block inside the region starts, 0: the target is outside */
    gaddr target;
    struct region *to; /* linked to this one's entry; NULL: goes to the stub */
    struct link *next; /* of the links into the same region */
    struct region *of;
    u32 stub_at, stub_word; /* the stub jumps to the target there (0: it does not); what it was */
    u8 kind;
};

struct entry {
    gaddr pc;
    u32 at, stale;
    u16 live; /* flags that are read from here on */
    struct region *of;
    struct entry *next; /* same bucket */
};

struct pcmap {
    u32 at;
    u32 pc; /* from region.lo */
    u8 state;
    u8 reg; /* moves back by `by` at a fault: it was moved early. H_NONE: none; PCMAP_RET: RET */
    i16 by; /* RET: of so many bytes more */
};
#define PCMAP_RET 16

struct region {
    gaddr pc, lo, hi; /* entry; all guest bytes lie in [lo, hi) */
    u32 *x;           /* executable address */
    u32 words;
    u32 nlinks, nentries, nmap, nranges, nnotes, nx87, nhoists, nundo;
    struct link *links;
    struct entry *entries;
    struct pcmap *map;
    struct tr_ymm_note *notes;
    struct tr_x87_note *x87;
    struct tr_hoist *hoists;
    struct tr_undo_note *undo;
    struct {
        gaddr lo, hi;
    } * ranges;            /* the guest bytes themselves */
    struct interp_op *ops; /* records of the instructions that run through x86_sem */
    struct link *incoming;
    struct page_node *nodes;    /* one for each page of [lo, hi) */
    struct region *next, *prev; /* all live regions */
    u64 dead_epoch;
    u32 bytes; /* of this record */
    bool dead;
};

struct dyn_thread {
    /* Aligned to its size, so that a place in it is the table's address with bits replaced. */
    _Alignas(16 << DYN_TAB_BITS) struct {
        gaddr pc;
        const u32 *x;
    } tab[DYN_TAB_SIZE];
    u64 epoch;                  /* while in translated code: the epoch it was entered in; else ~0 */
    u64 seen;                   /* generation of tab and the shadow stack */
    u8 *shadow;                 /* mapping with a guard page at either end */
    const u32 *volatile target; /* being entered or run */
    struct x86_cpu *cpu;
    bool poisoned;
    bool stopping; /* in translated code whose ways out must stay unlinked */
    struct dyn_thread *next, *prev;
};

/* The code arena. */
struct arena {
    u32 *x;                   /* executable mapping */
    i64 delta;                /* writable address = executable address + delta */
    size_t size, used, first; /* words; regions start at `first` */
    struct h_thunks thunks;
};
extern struct arena arena;
int arena_init(size_t size, bool dual);
/* The child's code memory is its own, and empty. */
void arena_fork_child(void);

int region_init(void);
void region_thread_add(struct dyn_thread *d);
void region_thread_remove(struct dyn_thread *d);
/* The region of t's code, entered in the table; NULL: no room or the guest code changed since
 * `changes` was read. */
struct region *region_publish(struct tr *t, u64 changes);
u64 region_changes(void);
const u32 *region_find(gaddr pc);
/* Of the translation of pc: the flags that it wants on entry; -1: there is none. */
int region_live(gaddr pc);
struct region *region_at_host(u64 pc);
/* The instruction of r around host address pc. */
const struct pcmap *region_map_at(const struct region *r, u64 pc);
void region_invalidate(gaddr start, gaddr end);
/* Links the site at host address `site` to the translation of c->rip, if both live. */
void region_link(u32 *site, gaddr target);
/* One guest thread is all there is. */
bool region_alone(void);
/* Threads that are being stopped: nothing is linked until they are out. Under the lock. */
extern u32 region_stopping;
/* Every way out of r, or around in it, goes to its stub. */
void region_unlink_all(struct region *r);
size_t region_table_bytes(void);
u64 region_epoch(void);
u64 region_generation(void);
/* In a forked child: no region and no thread but `only` is left. Under the lock. */
void region_forget(struct dyn_thread *only);
void region_lock(void);
/* For signal handlers: the code they interrupt holds the lock, or waits for it. */
bool region_lock_mine(void);
void region_unlock(void);

#endif
