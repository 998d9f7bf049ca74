/*
 * run.c - the translator below the interpreter's run loop: offers, entering and leaving translated
 * code, asynchronous stops, faults, threads and forks.
 *
 * Stopping costs running code nothing: the signal handler turns every exit and every backward
 * branch of the interrupted region to its stub and hands the thread an empty hash table and a
 * shadow stack that matches nothing, so it leaves at the next block edge. Sites are linked again as
 * they are used.
 *
 * Faults: the handler takes the guest's registers from the host's context at the guest pc the
 * region's map names; the interpreter then runs that instruction again and raises what there is
 * to raise. So there is one place that knows about exceptions.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/heap.h"
#include "base/log.h"
#include "config/config.h"
#include "dynarec/core/cosim.h"
#include "dynarec/core/native.h"
#include "dynarec/core/passes.h"
#include "dynarec/core/region.h"
#include "dynarec/core/stats.h"
#include "dynarec/core/unaligned.h"
#include "dynarec/core/x87.h"
#include "dynarec/dynarec.h"
#include "interp/interp.h"
#include "interp/sem.h"
#include "x86/flags.h"

/* c->jit.resume: what the interpreter has to do before translated code is entered again. */
enum {
    RESUME_STEP = 2,               /* the instruction at rip, alone: it faulted */
    RESUME_BLOCK = H_RESUME_BLOCK, /* the block at rip: translated code has no way to run it */
    RESUME_BLOCK_RUNS = 3          /* which it is doing */
};

static struct dyn_thread empty; /* its tab matches nothing */

static struct dyn_thread *self(const struct x86_cpu *c)
{
    return c->jit.thread;
}

/* ---- translating ---- */

static __thread struct tr *kept;

static void tr_free(void)
{
    if (!kept)
        return;
    heap_free(kept->code);
    heap_free(kept);
    kept = NULL;
}

static struct tr *tr_new(const struct x86_cpu *c, gaddr pc)
{
    struct tr *t = kept;

    if (!t) {
        t = heap_alloc(sizeof *t);
        if (!t)
            return NULL;
        t->code = heap_alloc(TR_MAX_WORDS * 4);
        if (!t->code) {
            heap_free(t);
            return NULL;
        }
        kept = t;
    }
    t->entry = pc;
    t->mode = c->mode;
    t->env = c->env;
    t->err = NULL;
    t->nins = t->nblk = t->npages = t->n = t->nfix = t->nlit = t->nlabel = 0;
    t->nsite = t->nentry = t->ncold = t->nfallback = t->nnote = 0;
    t->opt = tr_options_set();
    t->opt.count = dyn_counts_blocks();
    return t;
}

/* As struct tr_fp.zero. */
static u32 zero_lanes(const struct x86_cpu *c)
{
    u32 z = 0;

    for (unsigned i = 0; i < 16; i++) {
        z |= c->vec[i].q[1] ? 0 : 1u << i;
        z |= c->vec[i].q[1] || c->vec[i].d[1] ? 0 : 0x10000u << i;
    }
    return z;
}

/* Entries whose assumption has failed, by a hash: forgotten with their code; one too many costs
 * little. */
static u8 refuted[4096];

static u8 *refuted_at(gaddr pc)
{
    return &refuted[(pc ^ pc >> 12) & (sizeof refuted - 1)];
}

unsigned tr_refuted_at(gaddr pc)
{
    return __atomic_load_n(refuted_at(pc), __ATOMIC_RELAXED);
}

static void refute(struct x86_cpu *c)
{
    __atomic_or_fetch(refuted_at(c->rip), (u8)c->jit.refuted, __ATOMIC_RELAXED);
    c->jit.refuted = 0;
    region_invalidate(c->rip, c->rip + 1);
}

/* The code at these addresses is another one now. */
static void invalidate(gaddr start, gaddr end)
{
    region_invalidate(start, end);
    if (end - start < sizeof refuted) {
        for (gaddr pc = start; pc < end; pc++)
            __atomic_store_n(refuted_at(pc), 0, __ATOMIC_RELAXED);
    } else {
        for (u32 i = 0; i < sizeof refuted; i++)
            __atomic_store_n(&refuted[i], 0, __ATOMIC_RELAXED);
    }
}

static bool translate(struct x86_cpu *c, gaddr pc)
{
    u64 changes = region_changes();
    struct tr *t = tr_new(c, pc);

    if (!t)
        return false;
    t->fp.seen = zero_lanes(c);
    t->x87.top = c->fpu.top;
    t->x87.used = c->fpu.used;
    t->x87.masked = (c->fpu.cw & 0x3f) == 0x3f;
    pass_discover(t, c);
    if (!t->err)
        pass_analyse(t);
    if (!t->err)
        pass_emit(t);
    if (trace_on(TRACE_BLOCK))
        trace_print("region %llx blocks %u insns %u words %u fallbacks %u%s%s",
                    (unsigned long long)pc, t->nblk, t->nins, t->n, t->nfallback,
                    t->err ? ": " : "", t->err ? t->err : "");
    if (t->err)
        return false;
    dyn_dump(t);
    return region_publish(t, changes) != NULL;
}

/* Translated code has no answer to unmasked floating-point exceptions and single steps. */
static bool enterable(const struct x86_cpu *c)
{
    return c->mode == 64 && !(c->eflags & X86_TF) && h_fp_masked(c);
}

static bool offer(struct x86_cpu *c, gaddr pc)
{
    int saved = errno;
    bool ok;

    /* Translated code has just left this instruction to the interpreter. */
    if (c->jit.resume == RESUME_BLOCK_RUNS || !enterable(c) || !self(c))
        return false;
    ok = region_find(pc) || translate(c, pc);
    errno = saved;
    return ok;
}

/* ---- running ---- */

/* Returns that an empty shadow stack has pairs for, before the next one faults in the guard page:
 * code that was called by the interpreter returns through many frames. */
#define SHADOW_SPARE 256

static u64 shadow_top(const struct dyn_thread *d)
{
    return (u64)(uintptr_t)(d->shadow + DYN_GUARD + DYN_SHADOW_SIZE) - 16 * SHADOW_SPARE;
}

/* An empty shadow stack: n pairs, which leave should a return address be equal to them. The other
 * spare ones are as good as any, while code memory is the same. */
static u64 shadow_empty(const struct dyn_thread *d, unsigned n)
{
    u64 *top = (u64 *)(uintptr_t)shadow_top(d);

    for (unsigned i = 0; i < n; i++) {
        top[2 * i] = ~0ull;
        top[2 * i + 1] = (u64)(uintptr_t)arena.thunks.exit;
    }
    return (u64)(uintptr_t)top;
}

static void tab_empty(struct dyn_thread *d)
{
    for (u32 i = 0; i < DYN_TAB_SIZE; i++) {
        d->tab[i].pc = ~0ull;
        d->tab[i].x = arena.thunks.exit; /* a jump to ~0 leaves */
    }
}

/* The interpreter or a native function has returned from a call that translated code made. */
static void shadow_pop(const struct dyn_thread *d, struct x86_cpu *c)
{
    if (c->jit.shadow - (u64)(uintptr_t)(d->shadow + DYN_GUARD) < DYN_SHADOW_SIZE &&
        *(const u64 *)(uintptr_t)c->jit.shadow == c->rip)
        c->jit.shadow += 16;
}

/* Before entering: what asynchronous stops and a new arena left behind. */
static void freshen(struct dyn_thread *d, struct x86_cpu *c)
{
    u64 now = region_generation();

    if (d->seen != now) {
        tab_empty(d);
        shadow_empty(d, SHADOW_SPARE);
        d->seen = now;
        d->poisoned = true;
    }
    if (d->poisoned) {
        d->poisoned = false;
        c->jit.tab = (u64)(uintptr_t)(cfg.dynarec_test ? empty.tab : d->tab);
        c->jit.shadow = shadow_empty(d, cfg.dynarec_test ? SHADOW_SPARE : 1);
    } else if (c->jit.shadow > shadow_top(d)) {
        c->jit.shadow = shadow_top(d);
    }
}

static const u32 *find(struct dyn_thread *d, gaddr pc)
{
    u32 i = (u32)pc & (DYN_TAB_SIZE - 1);
    const u32 *x;

    if (d->seen == region_generation() && d->tab[i].pc == pc)
        return d->tab[i].x;
    x = region_find(pc);
    if (x && d->seen == region_generation()) {
        d->tab[i].pc = pc;
        d->tab[i].x = x;
    }
    return x;
}

/* A dead translation may still be in the thread's own table. */
static const u32 *find_live(struct dyn_thread *d, gaddr pc)
{
    const u32 *x = find(d, pc);
    struct region *r = x ? region_at_host((u64)(uintptr_t)x) : NULL;

    if (r && !r->dead)
        return x;
    d->tab[(u32)pc & (DYN_TAB_SIZE - 1)].pc = ~0ull;
    return x ? find(d, pc) : NULL;
}

/* The thread is not in translated code any more: others may link again. */
static void stopped(struct dyn_thread *d)
{
    if (!d->stopping)
        return;
    region_lock();
    d->stopping = false;
    region_stopping--;
    region_unlock();
}

/* c->rip is no address: the indirect jump or return that missed there has not happened, the
 * interpreter raises its fault. */
static void no_address(struct x86_cpu *c)
{
    const struct region *r = region_at_host(c->jit.link);
    const struct pcmap *m = r ? region_map_at(r, c->jit.link - 4) : NULL;

    if (!m)
        return; /* not after an indirect branch: a fault of the fetch */
    c->rip = r->lo + m->pc;
    if (m->reg == PCMAP_RET)
        c->gpr[X86_RSP] -= 8u + (u16)m->by;
    c->jit.resume = RESUME_STEP;
}

static bool run(struct x86_cpu *c)
{
    struct dyn_thread *d = self(c);
    const u32 *x;
    u32 *site = NULL;

    if (UNLIKELY(!d))
        return false;
    d->target = NULL; /* an exception of x86_sem may have left it: stop() must not want the lock */
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    stopped(d);
    if (UNLIKELY(c->jit.resume)) {
        u32 how = c->jit.resume;

        d->epoch = ~0ull;
        c->jit.resume = how == RESUME_BLOCK ? RESUME_BLOCK_RUNS : 0;
        if (how == RESUME_BLOCK)
            return false;
        if (how == RESUME_STEP) {
            interp_step_here(c);
            return true;
        }
    }
    if (!enterable(c) || !(x = find_live(d, c->rip))) {
        d->epoch = ~0ull;
        return false;
    }
    c->cur = NULL;
    if (UNLIKELY(cfg.dynarec_test)) {
        cosim_before(c);
        d->poisoned = true; /* no return to where it was not looked at */
    }
    h_flags_from_cpu(c);
    c->jit.ymm_clean = 0;
    shadow_pop(d, c);
    do {
        if (site)
            region_link(site, c->rip);
        __atomic_store_n(&d->epoch, region_epoch(), __ATOMIC_SEQ_CST);
        freshen(d, c);
        d->target = x;
        __atomic_signal_fence(__ATOMIC_SEQ_CST);
        if (c->pending)
            break;
        if (cfg.dynarec_x87double)
            dyn_x87_enter(c);
        h_fp_enter(c);
        site = h_enter(c, x);
        d->target = NULL; /* what follows takes the lock that stop() would wait for */
        h_fp_leave(c);
        if (cfg.dynarec_x87double)
            dyn_x87_leave(c);
        if (UNLIKELY(c->jit.stirred)) /* by a signal while it was decided not to call */
            c->env->native_end(c);
        dyn_count.entered++;
        stopped(d);
        if (UNLIKELY(!is_canonical(c->rip)))
            no_address(c);
        if (UNLIKELY(c->jit.refuted))
            refute(c);
    } while (!c->pending && !c->leave && !c->jit.resume && enterable(c) && !cfg.dynarec_test &&
             (x = find_live(d, c->rip)));
    d->target = NULL;
    __atomic_store_n(&d->epoch, ~0ull, __ATOMIC_SEQ_CST);
    h_flags_to_cpu(c);
    if (UNLIKELY(cfg.dynarec_test)) {
        if (c->jit.resume == RESUME_BLOCK && cosim_repeat(c))
            c->jit.resume = 0;
        cosim_after(c);
    }
    return true;
}

/*
 * x86_sem[] for an instruction of translated code and those after it (op->fn); the state is in c.
 * True: translated code must be left, c is complete. Faults leave by longjmp, with c->cur naming
 * the instruction.
 */
static u64 run_sem(struct x86_cpu *c, const struct interp_op *op)
{
    bool x87 = cfg.dynarec_x87double && dyn_x87_reads(&op->in), leave;

    h_fp_leave(c);
    if (x87)
        dyn_x87_leave(c);
    h_flags_to_cpu(c);
    for (;; op++) {
        gaddr next = op->pc + op->in.len;

        c->cur = &op->in;
        c->rip = next;
        x86_sem[op->in.op](c, &op->in);
        dyn_fell_back(&op->in);
        leave = c->rip != next || c->leave || !enterable(c);
        if (leave || c->pending || !op->fn)
            break;
    }
    c->cur = NULL;
    __atomic_signal_fence(__ATOMIC_SEQ_CST); /* before this stop() left it to us */
    leave |= c->pending != 0;
    c->jit.ymm_clean = 0;
    if (x87)
        dyn_x87_enter(c);
    h_flags_from_cpu(c); /* when leaving too: run() converts once more */
    if (leave)
        return 1;
    h_fp_enter(c);
    return 0;
}

/* ---- signals ---- */

static u32 word_at(const struct region *r, const void *uc)
{
    return (u32)(h_context_pc(uc) / 4 - (u64)(uintptr_t)r->x / 4);
}

/* The last of the notes, sorted by the word they hold from (their first member), that holds where
 * uc is; NULL: none yet. */
static const void *note_at(const struct region *r, const void *uc, const void *notes, u32 n,
                           size_t size)
{
    u32 word = word_at(r, uc);
    const u8 *p = (const u8 *)notes + n * size;

    while (n--) {
        p -= size;
        if (*(const u32 *)(const void *)p <= word)
            return p;
    }
    return NULL;
}

_Static_assert(!offsetof(struct tr_ymm_note, at) && !offsetof(struct tr_x87_note, at) &&
                   !offsetof(struct tr_undo_note, at),
               "note_at");

/* Upper halves that the code had not stored yet. */
static void save_ymm(struct x86_cpu *c, const struct region *r, const void *uc)
{
    const struct tr_ymm_note *n = note_at(r, uc, r->notes, r->nnotes, sizeof *n);

    if (n)
        h_context_ymm(c, uc, n->of, n->dirty);
}

/* The x87 stack, as far as it was in host registers, back to 80 bits. */
static void save_x87(struct x86_cpu *c, const struct region *r, const void *uc)
{
    const struct tr_x87_note *n = note_at(r, uc, r->x87, r->nx87, sizeof *n);

    if (!cfg.dynarec_x87double) {
        if (n && n->st.dirty)
            dyn_x87_late(c, &n->st);
        return;
    }
    if (n && n->st.dirty)
        h_context_x87(c, uc, &n->st);
    dyn_x87_leave(c);
}

/* In a loop whose NaNs are looked at later (translate/tr_hoist.c): from its start again. */
static void take_back(struct x86_cpu *c, const struct region *r, const void *uc)
{
    u32 word = word_at(r, uc);

    for (u32 i = 0; i < r->nhoists; i++) {
        const struct tr_hoist *h = &r->hoists[i];

        if (word < h->at || word >= h->end || !h_fp_doubtful())
            continue;
        for (unsigned k = 0; k < 16; k++) {
            if (h->gpr >> k & 1)
                c->gpr[k] = c->jit.loop_gpr[k];
            if (h->xmm >> k & 1)
                memcpy(c->vec[k].q, c->jit.loop_xmm[k], 16);
            if (h->up >> k & 1)
                memcpy(c->vec[k].q + 2, c->jit.loop_up[k], 16);
        }
        c->rip = c->jit.loop_pc;
    }
}

static NORETURN void resume_at(struct x86_cpu *c, const struct region *r, const void *uc)
{
    const struct pcmap *m = region_map_at(r, h_context_pc(uc));

    ASSERT(m);
    h_context_save(c, uc, m->state);
    save_ymm(c, r, uc);
    save_x87(c, r, uc);
    c->rip = r->lo + m->pc;
    if (m->reg < PCMAP_RET)
        c->gpr[m->reg] -= (u64)(i64)m->by;
    take_back(c, r, uc);
    h_fp_leave(c);
    h_flags_to_cpu(c);
    c->jit.resume = RESUME_STEP;
    self(c)->target = NULL;
    dyn_count.faults++;
    interp_restart(c);
}

static u32 undo_at(const struct region *r, const void *uc)
{
    const struct tr_undo_note *n = note_at(r, uc, r->undo, r->nundo, sizeof *n);

    return n ? n->label : TR_UNDO_NONE;
}

/* True: the code goes on where it takes stores back and leaves (translate/tr_fp_store.c). */
static bool take_stores_back(const struct region *r, void *uc)
{
    u32 word = undo_at(r, uc);

    if (word >= TR_UNDO_RUNS)
        return false;
    h_context_jump(uc, (u64)(uintptr_t)(r->x + word));
    dyn_count.faults++;
    return true;
}

/* A fault at a host pc of translated code does not return, but for the ends of the shadow stack,
 * which starts afresh, and for stores that are to be taken back. Elsewhere: false. */
static bool fault(struct x86_cpu *c, void *uc, u64 addr)
{
    unsigned size;

    struct dyn_thread *d = self(c);
    const struct region *r = region_at_host(h_context_pc(uc));

    if (!r || !d)
        return false;
    if (addr - (u64)(uintptr_t)d->shadow < DYN_SHADOW_SIZE + 2 * DYN_GUARD) {
        h_context_shadow(uc, shadow_empty(d, 1));
        dyn_count.shadow_faults++;
        return true;
    }
    size = h_context_aligned(uc);
    if (size && addr & (size - 1)) {
        gaddr pc = r->lo + region_map_at(r, h_context_pc(uc))->pc;

        if (dyn_unaligned_add(pc))
            region_invalidate(pc, pc + 1);
    }
    if (take_stores_back(r, uc))
        return true;
    resume_at(c, r, uc);
}

/* A write to watched code by translated code was let through: had it changed the code it is in? */
static void retried(struct x86_cpu *c, void *uc)
{
    const struct region *r = self(c) ? region_at_host(h_context_pc(uc)) : NULL;

    if (r && r->dead && undo_at(r, uc) != TR_UNDO_RUNS && !take_stores_back(r, uc))
        resume_at(c, r, uc);
}

static void stop(struct x86_cpu *c, void *uc)
{
    struct dyn_thread *d = self(c);
    u64 pc = h_context_pc(uc);
    struct region *r;

    if (!d || !d->target || c->cur)
        return;
    if (region_lock_mine()) /* in a fault's handler, which asks again at its end */
        return;
    r = region_at_host(pc);
    region_lock();
    if (r) {
        region_unlink_all(r);
    } else { /* on the way in, or back from x86_sem */
        if ((r = region_at_host((u64)(uintptr_t)d->target)))
            region_unlink_all(r);
        if ((r = region_at_host(c->jit.link)))
            region_unlink_all(r);
    }
    if (!d->stopping)
        region_stopping++;
    d->stopping = true;
    region_unlock();
    d->poisoned = true;
    h_context_stop(c, uc, (u64)(uintptr_t)empty.tab, shadow_empty(d, SHADOW_SPARE));
    dyn_count.stopped++;
}

/* ---- threads ---- */

static int thread_init(struct x86_cpu *c)
{
    struct dyn_thread *d = aligned_alloc(_Alignof(struct dyn_thread), sizeof *d);
    size_t size = DYN_SHADOW_SIZE + 2 * DYN_GUARD, rest = offsetof(struct dyn_thread, epoch);

    if (!d)
        return -ENOMEM;
    memset((u8 *)d + rest, 0, sizeof *d - rest);
    d->shadow = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (d->shadow == MAP_FAILED ||
        mprotect(d->shadow + DYN_GUARD, DYN_SHADOW_SIZE, PROT_READ | PROT_WRITE)) {
        free(d);
        return -ENOMEM;
    }
    d->cpu = c;
    c->jit = (struct x86_jit){
        .thread = d,
        .sem = (u64)(uintptr_t)run_sem,
        .call_sem = (u64)(uintptr_t)arena.thunks.sem,
        .exit = (u64)(uintptr_t)arena.thunks.exit,
        .exit_link = (u64)(uintptr_t)arena.thunks.exit_link,
        .call_native = (u64)(uintptr_t)arena.thunks.native,
        .exit_miss = (u64)(uintptr_t)arena.thunks.exit_miss,
    };
    h_x80_init(c);
    region_thread_add(d);
    return 0;
}

static void thread_exit(struct x86_cpu *c)
{
    struct dyn_thread *d = self(c);

    if (!d)
        return;
    stopped(d);
    region_thread_remove(d);
    tr_free();
    munmap(d->shadow, DYN_SHADOW_SIZE + 2 * DYN_GUARD);
    free(d);
    c->jit.thread = NULL;
}

static void fork_child(struct x86_cpu *c)
{
    arena_fork_child();
    region_forget(c ? self(c) : NULL);
    region_unlock();
}

static struct interp_jit jit = {
    .offer = offer,
    .run = run,
    .invalidate = invalidate,
    .fault = fault,
    .retried = retried,
    .stop = stop,
    .detach = native_detach,
    .thread_init = thread_init,
    .thread_exit = thread_exit,
    .fork_prepare = region_lock,
    .fork_parent = region_unlock,
    .fork_child = fork_child,
    .report = dyn_stats_report,
};

int dyn_init(void)
{
    int r;

    h_probe();
    r = arena_init((size_t)cfg.dynarec_codesize << 20, cfg.dynarec_dualmap);
    if (!r)
        r = region_init();
    if (r)
        return r;
    tab_empty(&empty);
    dyn_stats_init();
    jit.hot = (unsigned)cfg.dynarec_hot;
    interp_jit = &jit;
    return 0;
}
