/*
 * region.c - see region.h.
 */
#include "dynarec/core/region.h"

#include <linux/membarrier.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/heap.h"
#include "base/log.h"
#include "config/config.h"
#include "dynarec/core/stats.h"

#define TABLE_BITS 15
#define PAGE_BITS 12
#define PAGE_TABLE_BITS 12
#define GRANULE_WORDS 16 /* regions start at multiples of this in the arena */

struct page_node {
    struct region *r;
    struct page_node *next;
};

static struct entry *table[1u << TABLE_BITS];
static struct page_node *pages[1u << PAGE_TABLE_BITS];
static struct region *live, *limbo;
static struct region **by_granule; /* host address -> region */
static struct dyn_thread *threads;
u32 region_stopping;
static u64 epoch = 1, changes;
static u64 generation = 1; /* of the arena's contents */
static int lock;
static __thread volatile bool lock_mine;
static gaddr code_lo = ~0ull, code_hi;

void region_lock(void)
{
    lock_mine = true; /* first: a signal may come in between */
    while (__atomic_exchange_n(&lock, 1, __ATOMIC_ACQUIRE))
        sched_yield();
}

bool region_lock_mine(void)
{
    return lock_mine;
}

void region_unlock(void)
{
    __atomic_store_n(&lock, 0, __ATOMIC_RELEASE);
    lock_mine = false;
}

u64 region_changes(void)
{
    return __atomic_load_n(&changes, __ATOMIC_SEQ_CST);
}

u64 region_epoch(void)
{
    return __atomic_load_n(&epoch, __ATOMIC_SEQ_CST);
}

u64 region_generation(void)
{
    return __atomic_load_n(&generation, __ATOMIC_SEQ_CST);
}

/* Every thread of the process is at a full barrier; false: this kernel cannot. */
static bool barrier_for_all(void)
{
    static bool registered;

    if (!registered)
        registered = !syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0);
    return registered && !syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
}

static unsigned hash(u64 v, unsigned bits)
{
    return (unsigned)((v * 0x9e3779b97f4a7c15ull) >> (64 - bits));
}

static struct h_code code_of(void)
{
    return (struct h_code){.x = arena.x, .delta = arena.delta};
}

size_t region_table_bytes(void)
{
    return sizeof table + sizeof pages + arena.used / GRANULE_WORDS * sizeof *by_granule;
}

int region_init(void)
{
    by_granule = calloc(arena.size / GRANULE_WORDS, sizeof *by_granule);
    return by_granule ? 0 : -1;
}

void region_thread_add(struct dyn_thread *d)
{
    region_lock();
    d->epoch = ~0ull;
    d->next = threads;
    d->prev = NULL;
    if (threads)
        threads->prev = d;
    threads = d;
    region_unlock();
}

bool region_alone(void)
{
    const struct dyn_thread *d = __atomic_load_n(&threads, __ATOMIC_ACQUIRE);

    return d && !d->next;
}

void region_thread_remove(struct dyn_thread *d)
{
    region_lock();
    if (d->prev)
        d->prev->next = d->next;
    else
        threads = d->next;
    if (d->next)
        d->next->prev = d->prev;
    region_unlock();
}

static const struct entry *find(gaddr pc)
{
    struct entry *e = __atomic_load_n(&table[hash(pc, TABLE_BITS)], __ATOMIC_ACQUIRE);

    while (e && e->pc != pc)
        e = __atomic_load_n(&e->next, __ATOMIC_ACQUIRE);
    return e;
}

const u32 *region_find(gaddr pc)
{
    const struct entry *e = find(pc);

    return e ? e->of->x + e->at : NULL;
}

int region_live(gaddr pc)
{
    const struct entry *e = find(pc);

    return e ? e->live : -1;
}

/* The live or dead region around host address pc; async-signal-safe. */
struct region *region_at_host(u64 pc)
{
    u64 off = (pc - (u64)(uintptr_t)arena.x) / 4;

    if (pc < (u64)(uintptr_t)arena.x || off >= arena.used)
        return NULL;
    return __atomic_load_n(&by_granule[off / GRANULE_WORDS], __ATOMIC_ACQUIRE);
}

const struct pcmap *region_map_at(const struct region *r, u64 pc)
{
    u32 word = (u32)(pc / 4 - (u64)(uintptr_t)r->x / 4), best = 0;
    const struct pcmap *m = NULL;

    /* In the order of the code: instructions, then cold parts. */
    for (u32 lo = 0, hi = r->nmap; lo < hi;) {
        u32 mid = (lo + hi) / 2;

        if (r->map[mid].at <= word) {
            best = mid;
            m = &r->map[best];
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return m;
}

/* ---- links, under the lock ---- */

static void unlink_one(struct link *l)
{
    struct link **p;

    if (!l->to)
        return;
    if (l->stub_at)
        h_patch_word(code_of(), l->of->x + l->stub_at, l->stub_word);
    else
        h_patch(code_of(), l->of->x + l->at, l->of->x + l->stub);
    l->stub_at = 0;
    for (p = &l->to->incoming; *p && *p != l; p = &(*p)->next)
        ;
    if (*p)
        *p = l->next;
    l->to = NULL;
}

void region_unlink_all(struct region *r)
{
    for (u32 i = 0; i < r->nlinks; i++)
        unlink_one(&r->links[i]);
}

static struct entry *entry_of(gaddr pc)
{
    struct entry *e = table[hash(pc, TABLE_BITS)];

    while (e && e->pc != pc)
        e = e->next;
    return e;
}

static void own_link(struct region *r, struct link *l, bool patched)
{
    if (!patched)
        return;
    l->to = r;
    l->next = r->incoming;
    r->incoming = l;
    dyn_count.linked++;
}

/* The branch, or else a jump in its stub: of a conditional branch that does not reach, of a call
 * where e is not the region's first entry, which alone has the one for calls in front of it. */
static bool link_to(struct link *l, const struct entry *e)
{
    const u32 *to = e->of->x + e->at;
    u32 skip = 0;

    if (l->kind != TR_SITE_CALL) {
        if (h_patch(code_of(), l->of->x + l->at, to))
            return true;
    } else if (e->at == H_CALL_ENTRY) {
        return h_patch(code_of(), l->of->x + l->at, to - H_CALL_ENTRY);
    } else {
        skip = H_CALL_STUB;
    }
    l->stub_at = l->stub + skip;
    l->stub_word = l->of->x[l->stub_at];
    return h_patch_jump(code_of(), l->of->x + l->stub_at, to);
}

void region_link(u32 *site, gaddr target)
{
    struct region *r;
    struct entry *e;

    region_lock();
    r = region_at_host((u64)(uintptr_t)site);
    e = entry_of(target);
    for (u32 i = 0; r && !r->dead && !region_stopping && !cfg.dynarec_test && i < r->nlinks; i++) {
        struct link *l = &r->links[i];

        if (r->x + l->at != site || l->to || l->target != target)
            continue;
        /* What the block has in registers (the x87 stack) an entry would load from memory. */
        if (l->inner)
            own_link(r, l, h_patch(code_of(), site, r->x + l->inner));
        else if (e)
            own_link(e->of, l, link_to(l, e));
        break;
    }
    region_unlock();
}

/* ---- death, under the lock ---- */

static void table_remove(struct entry *e)
{
    struct entry **p = &table[hash(e->pc, TABLE_BITS)];

    while (*p && *p != e)
        p = &(*p)->next;
    if (*p)
        __atomic_store_n(p, e->next, __ATOMIC_RELEASE);
}

static void page_remove(unsigned bucket, struct region *r)
{
    struct page_node **p = &pages[bucket], *n;

    while ((n = *p)) {
        if (n->r == r) {
            *p = n->next;
            /* Freed with the region: allocated in one piece with it. */
        } else {
            p = &n->next;
        }
    }
}

static void kill(struct region *r)
{
    r->dead = true;
    region_unlink_all(r);
    while (r->incoming)
        unlink_one(r->incoming);
    for (u32 i = 0; i < r->nentries; i++) {
        struct entry *e = &r->entries[i];

        table_remove(e);
        h_patch_jump(code_of(), r->x + e->at, r->x + e->stale);
    }
    for (gaddr p = r->lo >> PAGE_BITS; p <= (r->hi - 1) >> PAGE_BITS; p++)
        page_remove(hash(p, PAGE_TABLE_BITS), r);
    if (r->prev)
        r->prev->next = r->next;
    else
        live = r->next;
    if (r->next)
        r->next->prev = r->prev;
    r->dead_epoch = __atomic_add_fetch(&epoch, 1, __ATOMIC_SEQ_CST);
    r->next = limbo;
    limbo = r;
    dyn_killed(r);
}

static bool touches(const struct region *r, gaddr start, gaddr end)
{
    for (u32 i = 0; i < r->nranges; i++)
        if (r->ranges[i].lo < end && r->ranges[i].hi > start)
            return true;
    return false;
}

static void kill_in(unsigned bucket, gaddr start, gaddr end)
{
    struct page_node *n = pages[bucket];

    while (n) {
        struct region *r = n->r;

        if (!touches(r, start, end)) {
            n = n->next;
            continue;
        }
        kill(r);
        n = pages[bucket]; /* its nodes are gone from the list */
    }
}

void region_invalidate(gaddr start, gaddr end)
{
    u64 first = start >> PAGE_BITS, last = (end - 1) >> PAGE_BITS;

    __atomic_fetch_add(&changes, 1, __ATOMIC_SEQ_CST);
    if (start >= end || start >= __atomic_load_n(&code_hi, __ATOMIC_ACQUIRE) ||
        end <= __atomic_load_n(&code_lo, __ATOMIC_ACQUIRE))
        return;
    dyn_count.invalidations++;
    region_lock();
    if (last - first >= 1u << PAGE_TABLE_BITS) {
        for (unsigned i = 0; i < 1u << PAGE_TABLE_BITS; i++)
            kill_in(i, start, end);
    } else {
        for (u64 p = first; p <= last; p++)
            kill_in(hash(p, PAGE_TABLE_BITS), start, end);
    }
    region_unlock();
}

/*
 * May d be in code of epochs before `now`, or come back to it? Not while it is in a native function
 * that translated code called: asked to by jit.evicted, it returns to common code that leaves. It
 * clears jit.native before it looks at jit.evicted; the barrier for all threads stands between this
 * thread's store and load, so one of the two sees the other.
 */
static bool is_inside(struct dyn_thread *d, u64 now)
{
    struct x86_jit *j = &d->cpu->jit;

    if (__atomic_load_n(&d->epoch, __ATOMIC_SEQ_CST) >= now)
        return false;
    if (!__atomic_load_n(&j->native, __ATOMIC_RELAXED))
        return true;
    __atomic_store_n(&j->evicted, 1, __ATOMIC_SEQ_CST);
    if (!barrier_for_all())
        return true;
    return !__atomic_load_n(&j->native, __ATOMIC_SEQ_CST);
}

/* The arena is full: everything dies, and when no thread is in the old code any more it is used
 * again from the start. False: not yet. */
static bool start_over(void)
{
    u64 now;

    while (live)
        kill(live);
    now = epoch;
    for (struct dyn_thread *d = threads; d; d = d->next)
        if (is_inside(d, now))
            return false;
    while (limbo) {
        struct region *r = limbo;

        limbo = r->next;
        heap_free(r);
    }
    dyn_count.evictions++;
    memset(by_granule, 0, (arena.used / GRANULE_WORDS + 1) * sizeof *by_granule);
    arena.used = arena.first;
    __atomic_add_fetch(&generation, 1, __ATOMIC_SEQ_CST);
    return true;
}

/* The regions' memory is leaked: it is shared with the parent as long as nobody writes to it, and
 * most children exec soon. */
void region_forget(struct dyn_thread *only)
{
    live = limbo = NULL;
    memset(table, 0, sizeof table);
    memset(pages, 0, sizeof pages);
    threads = only;
    region_stopping = only && only->stopping;
    if (only) {
        only->next = only->prev = NULL;
        only->epoch = ~0ull;
    }
    start_over();
}

/* ---- birth ---- */

/* Everything of a region but its code, in one allocation. */
static struct region *make(const struct tr *t)
{
    gaddr lo = ~0ull, hi = 0;
    size_t npages, size;
    struct region *r;
    u8 *at;

    for (u32 i = 0; i < t->nblk; i++) {
        lo = t->blk[i].pc < lo ? t->blk[i].pc : lo;
        hi = t->blk[i].end > hi ? t->blk[i].end : hi;
    }
    npages = ((hi - 1) >> PAGE_BITS) - (lo >> PAGE_BITS) + 1;
    size = sizeof *r + 64 + t->nsite * sizeof(struct link) + t->nentry * sizeof(struct entry) +
           (t->nins + t->ncold) * sizeof(struct pcmap) + t->nblk * 16 +
           t->nfallback * sizeof(struct interp_op) + npages * sizeof(struct page_node) +
           t->nnote * sizeof(struct tr_ymm_note) + t->x87.nnote * sizeof(struct tr_x87_note) +
           t->hoist.n * sizeof(struct tr_hoist) + t->nundo * sizeof(struct tr_undo_note);
    r = heap_alloc(size);
    if (!r)
        return NULL;
    *r = (struct region){.pc = t->entry,
                         .bytes = (u32)size,
                         .lo = lo,
                         .hi = hi,
                         .words = t->n,
                         .nlinks = t->nsite,
                         .nentries = t->nentry,
                         .nranges = t->nblk};
    at = (u8 *)(((uintptr_t)(r + 1) + 63) & ~(uintptr_t)63);
    r->ops = (void *)at;
    at += t->nfallback * sizeof(struct interp_op);
    r->links = (void *)at;
    at += t->nsite * sizeof(struct link);
    r->entries = (void *)at;
    at += t->nentry * sizeof(struct entry);
    r->nodes = (void *)at;
    at += npages * sizeof(struct page_node);
    r->ranges = (void *)at;
    at += t->nblk * 16;
    r->hoists = (void *)at;
    at += t->hoist.n * sizeof(struct tr_hoist);
    r->map = (void *)at;
    at += (t->nins + t->ncold) * sizeof(struct pcmap);
    r->notes = (void *)at;
    at += t->nnote * sizeof(struct tr_ymm_note);
    r->x87 = (void *)at;
    at += t->x87.nnote * sizeof(struct tr_x87_note);
    r->undo = (void *)at;
    return r;
}

static void add_map(struct region *r, const struct tr_insn *ti, u32 at, unsigned state)
{
    const struct tr_insn *from = ti - ti->back;
    struct pcmap *m = &r->map[r->nmap++];

    *m = (struct pcmap){.at = at,
                        .pc = (u32)(from->pc - r->lo),
                        .state = (u8)state,
                        .reg = ti->moved ? ti->moved_reg : H_NONE,
                        .by = ti->moved};
    if (ti->in.op == X86_RET) {
        m->reg = PCMAP_RET;
        m->by = ti->in.nopnd ? (i16)ti->in.imm : 0;
    }
}

static void fill(struct region *r, const struct tr *t)
{
    for (u32 i = 0; i < t->nblk; i++) {
        r->ranges[i].lo = t->blk[i].pc;
        r->ranges[i].hi = t->blk[i].end;
        for (u32 k = 0; k < t->blk[i].n; k++) {
            const struct tr_insn *ti = &t->ins[t->blk[i].first + k];

            add_map(r, ti, ti->at, (ti - ti->back)->state);
        }
    }
    for (u32 i = 0; i < t->ncold; i++)
        add_map(r, t->cold[i].insn, t->label[t->cold[i].label], t->cold[i].state);
    r->nnotes = t->nnote;
    for (u32 i = 0; i < t->nnote; i++)
        r->notes[i] = t->note[i];
    r->nhoists = t->hoist.n;
    for (u32 i = 0; i < t->hoist.n; i++) {
        struct tr_hoist *h = &r->hoists[i];

        *h = t->hoist.loop[i];
        h->at = t->label[t->blk[h->first].label];
        h->end = h->last + 1 < t->nblk ? t->label[t->blk[h->last + 1].enter] : t->n;
    }
    r->nx87 = t->x87.nnote;
    for (u32 i = 0; i < t->x87.nnote; i++)
        r->x87[i] = t->x87.note[i];
    r->nundo = t->nundo;
    for (u32 i = 0; i < t->nundo; i++) {
        r->undo[i] = t->undo[i];
        if (t->undo[i].label < TR_UNDO_RUNS)
            r->undo[i].label = t->label[t->undo[i].label];
    }
    for (u32 i = 0; i < t->nsite; i++) {
        const struct tr_site *site = &t->site[i];

        r->links[i] = (struct link){.at = site->at,
                                    .stub = site->stub,
                                    .target = site->target,
                                    .of = r,
                                    .kind = site->kind};
        if (site->inside)
            r->links[i].inner = t->label[t->blk[site->block].label];
    }
    for (u32 i = 0; i < t->nentry; i++) {
        const struct tr_entry *e = &t->entries[i];
        int b = tr_block_at(t, e->pc);

        r->entries[i] = (struct entry){.pc = e->pc,
                                       .at = e->at,
                                       .stale = e->stale,
                                       .live = b < 0 ? X86_OSZAPC : t->blk[b].live_in,
                                       .of = r};
    }
    for (u32 i = 0; i < t->nfallback; i++)
        r->ops[i] = (struct interp_op){
            .in = t->fallback[i]->in, .pc = t->fallback[i]->pc, .fn = t->more[i] ? op_end : NULL};
}

/* Links that the translation already made: loops inside the region. */
static void own_links(struct region *r, const struct tr *t)
{
    for (u32 i = 0; i < t->nsite; i++) {
        if (!t->site[i].inside)
            continue;
        r->links[i].to = r;
        r->links[i].next = r->incoming;
        r->incoming = &r->links[i];
    }
}

/* The records of fallbacks are literals of the code: their addresses are known only now. */
static void place(struct region *r, const struct tr *t)
{
    u32 *rw = (u32 *)((char *)r->x + arena.delta);

    memcpy(rw, t->code, t->n * 4);
    for (u32 i = 0; i < t->nfallback; i++) {
        u64 a = (u64)(uintptr_t)&r->ops[i];

        for (u32 k = 0; k < t->nlit; k++)
            if (t->lit[k] == TR_FALLBACK_LITERAL + i)
                memcpy(rw + t->lit_at + 2 * k, &a, 8);
    }
    h_flush(r->x, t->n * 4);
}

static void enter_tables(struct region *r)
{
    u32 n = 0;

    for (u32 i = 0; i < r->nentries; i++) {
        struct entry *e = &r->entries[i], **head = &table[hash(e->pc, TABLE_BITS)];

        e->next = *head;
        __atomic_store_n(head, e, __ATOMIC_RELEASE);
    }
    for (gaddr p = r->lo >> PAGE_BITS; p <= (r->hi - 1) >> PAGE_BITS; p++) {
        struct page_node *node = &r->nodes[n++], **head = &pages[hash(p, PAGE_TABLE_BITS)];

        *node = (struct page_node){.r = r, .next = *head};
        *head = node;
    }
    r->next = live;
    r->prev = NULL;
    if (live)
        live->prev = r;
    live = r;
    if (r->lo < code_lo)
        __atomic_store_n(&code_lo, r->lo, __ATOMIC_RELEASE);
    if (r->hi > code_hi)
        __atomic_store_n(&code_hi, r->hi, __ATOMIC_RELEASE);
}

struct region *region_publish(struct tr *t, u64 seen)
{
    struct region *r = make(t);
    size_t words = (t->n + GRANULE_WORDS - 1) & ~(size_t)(GRANULE_WORDS - 1);

    if (!r)
        return NULL;
    fill(r, t);
    region_lock();
    if (region_changes() != seen || entry_of(t->entry) ||
        (arena.used + words > arena.size && !start_over())) {
        region_unlock();
        heap_free(r);
        return NULL;
    }
    r->x = arena.x + arena.used;
    arena.used += words;
    place(r, t);
    own_links(r, t);
    for (size_t i = 0; i < words / GRANULE_WORDS; i++)
        __atomic_store_n(&by_granule[(size_t)(r->x - arena.x) / GRANULE_WORDS + i], r,
                         __ATOMIC_RELEASE);
    if (cfg.dynarec_test) /* each turn of a loop is looked at */
        region_unlink_all(r);
    enter_tables(r);
    dyn_published(t, r);
    region_unlock();
    return r;
}
