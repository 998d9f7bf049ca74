/*
 * block.h - decoded blocks of the interpreter: layout, lookup, building, invalidation. Internal to
 * interp.
 *
 * A block is an array of 64-byte ops. Execution is threaded: each handler ends by jumping to the
 * next op's handler, so a block that dies while it runs (self-modifying code) is killed by
 * overwriting its handlers with op_stale: the very next instruction notices. Dead blocks are freed
 * only when every thread has passed the top of its run loop (epochs).
 */
#ifndef INTERP_BLOCK_H
#define INTERP_BLOCK_H

#include <setjmp.h>

#include "interp/interp.h"
#include "interp/sem.h"
#include "x86/insn.h"

struct interp_op;
typedef const struct interp_op *interp_handler(struct x86_cpu *c, const struct interp_op *op);

/* One op. A branch with a direct target is followed by a link slot: an op whose `link` holds the
 * target block's first op. */
struct interp_op {
    union {
        struct x86_insn in;
        struct {
            const struct interp_op *target;  /* NULL: not linked; atomic */
            struct interp_op *next_incoming; /* list of links into the same block */
        } link;
    };
    interp_handler *fn; /* NULL in link slots */
    gaddr pc;
};

/* `in` comes first: c->cur = &op->in costs no addition. */
_Static_assert(sizeof(struct interp_op) == 64 && offsetof(struct interp_op, in) == 0, "op stride");

#define BLOCK_MAX_INSNS 32 /* records per block */
#define BLOCK_MAX_JCC 4    /* conditional branches fallen through */
#define CACHE_SIZE 2048    /* per-thread lookup cache, power of two */

struct block {
    gaddr pc, end;              /* guest bytes [pc, end) */
    struct block *hash_next;    /* same bucket of the block table */
    struct block *limbo_next;   /* dead blocks waiting to be freed */
    struct block *page_next[2]; /* same page lists (first and last page) */
    struct interp_op *incoming; /* link slots that target ops[0] */
    u8 *bytes;                  /* copy of the code, only for checked blocks */
    u64 dead_epoch;
    u32 nops;
    u8 mode;
    bool checked, dead;
    struct interp_op ops[];
};

struct cache_slot {
    gaddr pc;
    const struct interp_op *op;
};

struct interp_thread {
    struct cache_slot cache[CACHE_SIZE];
    u64 epoch; /* global epoch this thread may hold ops of; UINT64_MAX while suspended in an env
                  call */
    u64 held;  /* epoch for which the cache is valid */
    u8 mode;   /* mode for which the cache is valid */
    struct interp_thread *next, *prev;
};

struct interp_frame {
    struct interp_frame *prev;
    unsigned depth;
    const struct x86_insn *saved_cur;
    sigjmp_buf jb;
};

ALWAYS_INLINE unsigned cache_index(gaddr pc)
{
    return (unsigned)(pc ^ pc >> 11) & (CACHE_SIZE - 1);
}

/*
 * Handlers end in interp_goto/interp_next. With sibling calls the chain runs without returning;
 * without (sanitizer builds) the handler returns the op to run next and interp_run loops. NULL:
 * back to interp_run, state complete at c->rip.
 */
ALWAYS_INLINE const struct interp_op *interp_goto(struct x86_cpu *c, const struct interp_op *op)
{
#ifdef INTERP_NO_TAILCALL
    (void)c;
    return op;
#else
    return op->fn(c, op);
#endif
}

ALWAYS_INLINE const struct interp_op *interp_next(struct x86_cpu *c, const struct interp_op *op)
{
    return interp_goto(c, op + 1);
}

/* Continue at c->rip through the thread's cache; NULL to the loop when it is not there or something
 * is pending. */
ALWAYS_INLINE const struct interp_op *interp_dispatch(struct x86_cpu *c, gaddr pc)
{
    const struct cache_slot *s = &c->interp->cache[cache_index(pc)];

    c->rip = pc;
    if (UNLIKELY(s->pc != pc || sem_pending(c)))
        return NULL;
    return interp_goto(c, s->op);
}

/*
 * Copies code from pc on: at most max bytes (a page), before end. Less when the page behind pc's
 * cannot be read, 0 when its own cannot: between the fetch and the reading another thread may unmap
 * the code, and a file may be shorter than its mapping.
 */
static inline size_t block_read_code(const struct x86_env *env, u8 *to, gaddr pc, gaddr end,
                                     size_t max)
{
    size_t n = end - pc < max ? end - pc : max, here = 4096 - (pc & 4095);

    if (!env->read) {
        __builtin_memcpy(to, g2h(pc), n);
        return n;
    }
    if (env->read(to, pc, n))
        return n;
    return here < n && env->read(to, pc, here) ? here : 0;
}

/* Where code could not be read, the access itself says with which signal; c->cur names the fetch.
 * Returns if it can be read now. */
ALWAYS_INLINE void block_fault_at(gaddr a)
{
    (void)*(const volatile u8 *)g2h(a);
}

/* Finds or builds the block at c->rip (raises the guest's fetch fault or #UD) and enters it in the
 * thread's cache. */
const struct interp_op *block_lookup(struct x86_cpu *c);
/* Link slot `slot` of a live block wants `pc`: looks up/builds, links, returns the op to run. */
const struct interp_op *block_link(struct x86_cpu *c, const struct interp_op *slot, gaddr pc);

int block_init(void);
void block_thread_add(struct interp_thread *t);
void block_thread_remove(struct interp_thread *t);
/* Top of the run loop: this thread holds no op. Frees what no thread can reach. */
void block_quiescent(struct interp_thread *t);

/*
 * For a translator: the decoded instructions of the block that starts at pc, NULL if there is none
 * (or a checked one). block_next_record() returns the one at *op if it is that of pc, and moves on;
 * NULL at the block's end. The caller looks at interp_jit->invalidate for what changes meanwhile,
 * and is not at the top of its run loop.
 */
const struct interp_op *block_records(gaddr pc, unsigned mode);
const struct x86_insn *block_next_record(const struct interp_op **op, gaddr pc);

/* Around env calls (syscalls, bridges) that may take long: this thread holds no op and must not
 * keep dead blocks alive. */
void block_suspend(struct interp_thread *t);
/* Forget all cached lookups (the mode changed). */
void block_flush_cache(struct interp_thread *t);

/* select.c: the handler for a record; `maker` is the last flag writer before it in the block or
 * NULL. */
interp_handler *select_handler(const struct x86_insn *in, const struct interp_op *maker);
bool select_has_link(const struct x86_insn *in);

/* Handlers that block.c plants itself. */
const struct interp_op *op_stale(struct x86_cpu *c, const struct interp_op *op);
const struct interp_op *op_check(struct x86_cpu *c, const struct interp_op *op);
const struct interp_op *op_fence(struct x86_cpu *c, const struct interp_op *op);
const struct interp_op *op_count(struct x86_cpu *c, const struct interp_op *op);
const struct interp_op *op_end(struct x86_cpu *c, const struct interp_op *op);

#endif
