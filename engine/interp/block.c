/*
 * block.c - the table of decoded blocks, shared by all threads (see block.h). Readers are lock-free
 * through their thread's cache; building, linking and invalidating take `lock`, a spin lock that is
 * never held across guest memory accesses, so the SIGSEGV handler may invalidate.
 */
#include "interp/block.h"

#include <errno.h>
#include <sched.h>
#include <string.h>

#include "base/bits.h"
#include "base/heap.h"
#include "base/log.h"
#include "x86/cpu.h"
#include "x86/decode.h"
#include "x86/rows.h"

#define TABLE_BITS 16
#define PAGE_BITS 12
#define PAGE_TABLE_BITS 12

static struct block *table[1u << TABLE_BITS];
static struct block
    *pages[1u << PAGE_TABLE_BITS]; /* blocks by page number, two list slots per block */
static struct block *limbo;        /* dead blocks not yet freed, through limbo_next */
static struct interp_thread *threads;
static u64 epoch = 1; /* atomic; bumped when something dies */
static u32 limbo_count;
static u64
    changes; /* atomic; counts interp_invalidate(): a block decoded meanwhile may hold old bytes */
static int lock;
static gaddr code_lo = ~0ull,
             code_hi; /* all code ever decoded lies inside: filter for unrelated munmaps */

static void lock_take(void)
{
    while (__atomic_exchange_n(&lock, 1, __ATOMIC_ACQUIRE))
        sched_yield();
}

static void lock_drop(void)
{
    __atomic_store_n(&lock, 0, __ATOMIC_RELEASE);
}

static unsigned table_index(gaddr pc)
{
    return (unsigned)((pc * 0x9e3779b97f4a7c15ull) >> (64 - TABLE_BITS));
}

static unsigned page_index(u64 page)
{
    return (unsigned)((page * 0x9e3779b97f4a7c15ull) >> (64 - PAGE_TABLE_BITS));
}

static bool spans_two(const struct block *b)
{
    return b->pc >> PAGE_BITS != (b->end - 1) >> PAGE_BITS;
}

void interp_fork_prepare(void)
{
    lock_take();
    if (interp_jit)
        interp_jit->fork_prepare();
}

void interp_fork_parent(void)
{
    if (interp_jit)
        interp_jit->fork_parent();
    lock_drop();
}

void interp_fork_child(struct x86_cpu *c)
{
    /* The other threads are gone: what they might have held is nobody's now. */
    threads = c ? c->interp : NULL;
    if (threads)
        threads->next = threads->prev = NULL;
    if (interp_jit)
        interp_jit->fork_child(c);
    lock_drop();
}

int block_init(void)
{
    return 0;
}

void block_thread_add(struct interp_thread *t)
{
    lock_take();
    t->epoch = t->held = __atomic_load_n(&epoch, __ATOMIC_ACQUIRE);
    t->next = threads;
    if (threads)
        threads->prev = t;
    threads = t;
    lock_drop();
}

void block_thread_remove(struct interp_thread *t)
{
    lock_take();
    if (t->prev)
        t->prev->next = t->next;
    else
        threads = t->next;
    if (t->next)
        t->next->prev = t->prev;
    lock_drop();
}

/* ---- death ---- */

static void list_remove_table(struct block *b)
{
    struct block **p = &table[table_index(b->pc)];

    while (*p && *p != b)
        p = &(*p)->hash_next;
    if (*p)
        __atomic_store_n(p, b->hash_next, __ATOMIC_RELEASE);
}

/*
 * Two-slot lists: a block stands in the bucket of its first page through page_next[0] and, when it
 * spans two pages, in the bucket of its last page through page_next[1]. Should both pages share a
 * bucket it stands there once, through slot 0.
 */
static unsigned bucket_slot(const struct block *b, unsigned bucket)
{
    return page_index(b->pc >> PAGE_BITS) == bucket ? 0 : 1;
}

static void list_remove_page(struct block *b, unsigned bucket)
{
    struct block **p = &pages[bucket];

    while (*p && *p != b)
        p = &(*p)->page_next[bucket_slot(*p, bucket)];
    if (*p)
        *p = b->page_next[bucket_slot(b, bucket)];
}

static void list_add_page(struct block *b, unsigned bucket)
{
    b->page_next[bucket_slot(b, bucket)] = pages[bucket];
    pages[bucket] = b;
}

/* Takes this block's own outgoing links off their targets' lists. */
static void drop_outgoing(struct block *b)
{
    for (u32 i = 0; i < b->nops; i++) {
        struct interp_op *slot = &b->ops[i];
        struct block *t;
        struct interp_op **p;

        if (slot->fn || !slot->link.target)
            continue;
        t = (struct block *)((char *)(uintptr_t)slot->link.target - offsetof(struct block, ops));
        for (p = &t->incoming; *p && *p != slot; p = &(*p)->link.next_incoming)
            ;
        if (*p)
            *p = slot->link.next_incoming;
        __atomic_store_n(&slot->link.target, NULL, __ATOMIC_RELAXED);
    }
}

static void kill(struct block *b)
{
    struct interp_op *slot, *next;

    b->dead = true;
    for (u32 i = 0; i < b->nops; i++)
        if (b->ops[i].fn)
            __atomic_store_n(&b->ops[i].fn, op_stale, __ATOMIC_RELAXED);
    for (slot = b->incoming; slot; slot = next) {
        next = slot->link.next_incoming;
        __atomic_store_n(&slot->link.target, NULL, __ATOMIC_RELAXED);
    }
    b->incoming = NULL;
    drop_outgoing(b);
    list_remove_table(b);
    list_remove_page(b, page_index(b->pc >> PAGE_BITS));
    if (spans_two(b) && page_index((b->end - 1) >> PAGE_BITS) != page_index(b->pc >> PAGE_BITS))
        list_remove_page(b, page_index((b->end - 1) >> PAGE_BITS));
    b->dead_epoch = __atomic_add_fetch(&epoch, 1, __ATOMIC_ACQ_REL);
    b->limbo_next = limbo; /* hash_next stays: a thread may be walking the bucket right now */
    limbo = b;
    limbo_count++;
}

static void kill_in_bucket(unsigned bucket, gaddr start, gaddr end)
{
    struct block *b, *next;

    for (b = pages[bucket]; b; b = next) {
        next = b->page_next[bucket_slot(b, bucket)];
        if (b->pc < end && b->end > start)
            kill(b);
    }
}

static void invalidate_blocks(gaddr start, gaddr end)
{
    u64 first = start >> PAGE_BITS, last = (end - 1) >> PAGE_BITS;

    __atomic_fetch_add(&changes, 1, __ATOMIC_SEQ_CST);
    if (start >= end || start >= __atomic_load_n(&code_hi, __ATOMIC_ACQUIRE) ||
        end <= __atomic_load_n(&code_lo, __ATOMIC_ACQUIRE))
        return;
    lock_take();
    if (last - first >= 1u << PAGE_TABLE_BITS) {
        for (unsigned i = 0; i < 1u << PAGE_TABLE_BITS; i++)
            kill_in_bucket(i, start, end);
    } else {
        for (u64 p = first; p <= last; p++)
            kill_in_bucket(page_index(p), start, end);
    }
    lock_drop();
}

/* The translator last: it reads the records of blocks, and once it has been told of a change there
 * must be none of before. */
void interp_invalidate(gaddr start, gaddr end)
{
    invalidate_blocks(start, end);
    if (interp_jit)
        interp_jit->invalidate(start, end);
}

/* The oldest epoch any thread may still be in. */
static u64 oldest_epoch(void)
{
    u64 min = ~0ull;

    for (struct interp_thread *t = threads; t; t = t->next) {
        u64 e = __atomic_load_n(&t->epoch, __ATOMIC_ACQUIRE);

        if (e < min)
            min = e;
    }
    return min;
}

static void reclaim(void)
{
    u64 min = oldest_epoch();
    struct block **p = &limbo;
    struct block *b;

    while ((b = *p)) {
        if (b->dead_epoch <= min) {
            *p = b->limbo_next;
            limbo_count--;
            heap_free(b->bytes);
            heap_free(b);
        } else {
            p = &b->limbo_next;
        }
    }
}

void block_suspend(struct interp_thread *t)
{
    __atomic_store_n(&t->epoch, ~0ull, __ATOMIC_RELEASE);
}

void block_flush_cache(struct interp_thread *t)
{
    for (unsigned i = 0; i < CACHE_SIZE; i++)
        t->cache[i].pc = ~0ull;
}

void block_quiescent(struct interp_thread *t)
{
    u64 now = __atomic_load_n(&epoch, __ATOMIC_ACQUIRE);

    if (LIKELY(t->epoch == now))
        return;
    /* Publish first, compare afterwards: what died before the publication has bumped the epoch and
     * is seen here. */
    __atomic_store_n(&t->epoch, t->held, __ATOMIC_SEQ_CST);
    now = __atomic_load_n(&epoch, __ATOMIC_SEQ_CST);
    if (t->held == now)
        return;
    block_flush_cache(t);
    t->held = now;
    __atomic_store_n(&t->epoch, now, __ATOMIC_RELEASE);
    if (__atomic_load_n(&limbo_count, __ATOMIC_RELAXED) < 256)
        return;
    lock_take();
    reclaim();
    lock_drop();
}

/* ---- birth ---- */

/*
 * Lock-free: a block found here may be dying, which its handlers (op_stale) say; it is not freed
 * before this thread is at the top of its run loop again.
 */
static struct block *find(gaddr pc, unsigned mode)
{
    struct block *b = __atomic_load_n(&table[table_index(pc)], __ATOMIC_ACQUIRE);

    while (b && (b->pc != pc || b->mode != mode))
        b = __atomic_load_n(&b->hash_next, __ATOMIC_ACQUIRE);
    return b;
}

bool interp_seen(gaddr pc, unsigned mode)
{
    return find(pc, mode) != NULL;
}

const struct interp_op *block_records(gaddr pc, unsigned mode)
{
    const struct block *b = find(pc, mode);

    return b && !b->checked ? b->ops : NULL;
}

const struct x86_insn *block_next_record(const struct interp_op **at, gaddr pc)
{
    const struct interp_op *op = *at;
    interp_handler *fn = NULL;

    if (!op)
        return NULL;
    for (;; op++) { /* past link slots, the block's head and fences, which have no record */
        fn = __atomic_load_n(&op->fn, __ATOMIC_RELAXED);
        if (fn && fn != op_count && fn != op_fence)
            break;
    }
    *at = fn != op_end && fn != op_stale && op->pc == pc ? op + 1 : NULL;
    return *at ? &op->in : NULL;
}

/* Conservative: may this instruction write memory? Ends checked blocks. */
static bool may_write_memory(const struct x86_insn *in)
{
    const struct x86_row *r = &x86_rows[in->row];

    if (r->attr & (X86_ATTR_PUSH | X86_ATTR_CALL | X86_ATTR_STOP | X86_ATTR_REP))
        return true;
    for (unsigned i = 0; i < in->nopnd; i++)
        if ((in->opnd[i].kind == X86_OPK_MEM || in->opnd[i].kind == X86_OPK_DI) &&
            (r->opnd[i].access & X86_ACC_W))
            return true;
    return false;
}

/* An access through an operand; the stack's own (PUSH, CALL ...) are none. */
static bool touches_data(const struct x86_insn *in)
{
    for (unsigned i = 0; i < in->nopnd; i++)
        if (in->opnd[i].kind == X86_OPK_MEM || in->opnd[i].kind == X86_OPK_DI ||
            in->opnd[i].kind == X86_OPK_SI)
            return true;
    return false;
}

static bool ends_block(const struct x86_insn *in, bool checked)
{
    u32 a = x86_rows[in->row].attr;

    if (a & X86_ATTR_STOP)
        return true;
    if ((a & X86_ATTR_BRANCH) && !(a & X86_ATTR_COND))
        return true;
    return checked && may_write_memory(in);
}

/* `code` holds the bytes at pc; those before `end` may be read. */
static int decode_at(struct x86_insn *in, const u8 *code, gaddr pc, gaddr end, unsigned mode)
{
    u8 buf[16] = {0};

    if (end - pc >= 16)
        return x86_decode(in, code, 16, pc, mode);
    memcpy(buf, code, end - pc);
    return x86_decode(in, buf, end - pc, pc, mode);
}

static void raise_decode(struct x86_cpu *c, int err, gaddr end)
{
    if (err == X86_DECODE_PARTIAL)
        x86_raise(c, X86_EXC_PF, 0x14, end);
    if (err == X86_DECODE_LONG)
        x86_raise(c, X86_EXC_GP, 0, 0);
    x86_raise(c, X86_EXC_UD, 0, 0);
}

/* Blocks that a translator may want count their runs. */
static bool counted(const struct x86_cpu *c)
{
    return interp_jit && c->mode == 64;
}

unsigned interp_order;

/* Does the host have to be kept from moving this instruction's accesses? */
static bool fenced(const struct x86_insn *in)
{
    if (interp_order < 2)
        return interp_order && touches_data(in);
    return true;
}

struct build {
    struct interp_op ops[3 * BLOCK_MAX_INSNS + 3];
    u32 nops;
    gaddr end;
    u8 code[BLOCK_MAX_INSNS * X86_MAX_LEN + 1]; /* it may change, or go, under the decoder */
};

/* Decodes w->code, the bytes from c->rip to limit, into `w`. The error of the first instruction. */
static int build_ops(struct x86_cpu *c, struct build *w, gaddr limit, bool checked)
{
    const u8 *code = w->code;
    const struct interp_op *maker = NULL; /* last writer of arithmetic flags so far */
    gaddr pc = c->rip;
    unsigned jcc = 0;

    w->nops = checked || counted(c) ? 1 : 0;
    for (unsigned n = 0; n < BLOCK_MAX_INSNS && pc < limit; n++) {
        struct interp_op *op = &w->ops[w->nops];
        int len = decode_at(&op->in, code + (pc - c->rip), pc, limit, c->mode);

        if (len < 0) {
            if (pc == c->rip)
                return len;
            break;
        }
        if (fenced(&op->in)) {
            op[1].in = op->in;
            *op = (struct interp_op){.fn = op_fence, .pc = pc};
            w->nops++;
            op++;
        }
        op->pc = pc;
        op->fn = select_handler(&op->in, maker);
        if ((x86_rows[op->in.row].f_write | x86_rows[op->in.row].f_undef) & X86_OSZAPC)
            maker = op;
        w->nops++;
        pc += (unsigned)len;
        if (select_has_link(&op->in))
            w->ops[w->nops++] = (struct interp_op){.fn = NULL};
        if (ends_block(&op->in, checked))
            break;
        if ((x86_rows[op->in.row].attr & X86_ATTR_BRANCH) && ++jcc == BLOCK_MAX_JCC)
            break;
    }
    w->end = pc;
    w->ops[w->nops] = (struct interp_op){.fn = op_end, .pc = pc};
    w->ops[w->nops + 1] = (struct interp_op){.fn = NULL};
    w->nops += 2;
    return 0;
}

/* Enters b in the tables. NULL, b freed: code changed since `seen` was read, decode again. */
static struct block *publish(struct block *b, u64 seen)
{
    struct block *old;
    unsigned p0 = page_index(b->pc >> PAGE_BITS), p1 = page_index((b->end - 1) >> PAGE_BITS);

    lock_take();
    old = find(b->pc, b->mode);
    if (old || __atomic_load_n(&changes, __ATOMIC_SEQ_CST) != seen) {
        lock_drop();
        heap_free(b->bytes);
        heap_free(b);
        return old;
    }
    b->hash_next = table[table_index(b->pc)];
    __atomic_store_n(&table[table_index(b->pc)], b, __ATOMIC_RELEASE);
    list_add_page(b, p0);
    if (p1 != p0)
        list_add_page(b, p1);
    if (b->pc < code_lo)
        __atomic_store_n(&code_lo, b->pc, __ATOMIC_RELEASE);
    if (b->end > code_hi)
        __atomic_store_n(&code_hi, b->end, __ATOMIC_RELEASE);
    lock_drop();
    return b;
}

static struct block *build(struct x86_cpu *c)
{
    struct interp_op fetch = {.pc = c->rip};
    u64 seen = __atomic_load_n(&changes, __ATOMIC_SEQ_CST);
    bool checked = false;
    struct build w;
    struct block *b;
    gaddr limit, end;
    int err;

    c->cur = &fetch.in; /* a fault while reading code is a fault at this pc */
    limit = c->env->fetch(c, c->rip, &checked);
    if (!limit)
        x86_raise(c, X86_EXC_PF, 0x14, c->rip);
    if (limit - c->rip > sizeof w.code)
        limit = c->rip + sizeof w.code;
    end = c->rip + block_read_code(c->env, w.code, c->rip, limit, sizeof w.code);
    err = end > c->rip ? build_ops(c, &w, end, checked) : X86_DECODE_PARTIAL;
    if (err == X86_DECODE_PARTIAL && end < limit) {
        block_fault_at(end);
        c->cur = NULL;
        return NULL; /* it is there again */
    }
    if (err)
        raise_decode(c, err, end);
    b = heap_alloc(sizeof *b + w.nops * sizeof(struct interp_op));
    if (!b)
        die("out of memory for a decoded block");
    *b = (struct block){
        .pc = c->rip, .end = w.end, .nops = w.nops, .mode = c->mode, .checked = checked};
    memcpy(b->ops, w.ops, w.nops * sizeof(struct interp_op));
    if (checked) {
        b->bytes = heap_alloc(w.end - c->rip);
        if (!b->bytes)
            die("out of memory for a decoded block");
        memcpy(b->bytes, w.code, w.end - c->rip);
        b->ops[0] = (struct interp_op){.fn = op_check, .pc = c->rip};
    } else if (counted(c)) {
        b->ops[0] = (struct interp_op){.fn = op_count, .pc = c->rip};
    }
    c->cur = NULL;
    if (trace_on(TRACE_BLOCK))
        trace_print("block %llx-%llx ops %u%s", (unsigned long long)b->pc,
                    (unsigned long long)b->end, b->nops, checked ? " checked" : "");
    return publish(b, seen);
}

const struct interp_op *block_lookup(struct x86_cpu *c)
{
    struct cache_slot *s = &c->interp->cache[cache_index(c->rip)];
    struct block *b;

    if (s->pc == c->rip)
        return s->op;
    b = find(c->rip, c->mode);
    if (!b) {
        /* With the native libc the guest's errno is this thread's: malloc may set it though it
         * succeeds. */
        int saved = errno;

        do
            b = build(c);
        while (!b);
        errno = saved;
    }
    s->pc = c->rip;
    s->op = b->ops;
    return s->op;
}

const struct interp_op *block_link(struct x86_cpu *c, const struct interp_op *slot, gaddr pc)
{
    struct interp_op *w = (struct interp_op *)(uintptr_t)slot;
    const struct interp_op *op;
    struct block *b;

    c->rip = pc;
    if (sem_pending(c))
        return NULL;
    op = block_lookup(c);
    b = (struct block *)((char *)(uintptr_t)op - offsetof(struct block, ops));
    lock_take();
    /* The link's own block may have died meanwhile: its slots are then never walked again, so leave
     * them empty. */
    if (!b->dead && w[-1].fn != op_stale && !w->link.target) {
        w->link.next_incoming = b->incoming;
        b->incoming = w;
        __atomic_store_n(&w->link.target, op, __ATOMIC_RELEASE);
    }
    lock_drop();
    return op;
}

/* ---- handlers planted by blocks ---- */

const struct interp_op *op_stale(struct x86_cpu *c, const struct interp_op *op)
{
    struct cache_slot *s = &c->interp->cache[cache_index(op->pc)];

    c->rip = op->pc;
    if (s->pc == op->pc)
        s->pc = ~0ull;
    return NULL;
}

const struct interp_op *op_check(struct x86_cpu *c, const struct interp_op *op)
{
    const struct block *b = (const struct block *)((const char *)op - offsetof(struct block, ops));

    c->cur = &op->in; /* the page may have gone */
    if (UNLIKELY(memcmp(b->bytes, g2h(b->pc), b->end - b->pc))) {
        interp_invalidate(b->pc, b->end);
        return op_stale(c, op);
    }
    return interp_next(c, op);
}

const struct interp_op *op_fence(struct x86_cpu *c, const struct interp_op *op)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    return interp_next(c, op);
}

/* in.imm counts the runs (threads may lose some of each other's); each refusal doubles the wait. */
const struct interp_op *op_count(struct x86_cpu *c, const struct interp_op *op)
{
    struct interp_op *w = (struct interp_op *)(uintptr_t)op;

    if (LIKELY(++w->in.imm < (u64)interp_jit->hot << w->in.scale))
        return interp_next(c, op);
    c->cur = NULL;
    c->rip = op->pc;
    if (interp_jit->offer(c, op->pc))
        return NULL;
    if (w->in.scale < 30)
        w->in.scale++;
    return sem_pending(c) ? NULL : interp_next(c, op);
}

const struct interp_op *op_end(struct x86_cpu *c, const struct interp_op *op)
{
    const struct interp_op *t = __atomic_load_n(&op[1].link.target, __ATOMIC_ACQUIRE);

    if (UNLIKELY(sem_pending(c))) {
        c->rip = op->pc;
        return NULL;
    }
    return t ? interp_goto(c, t) : block_link(c, op + 1, op->pc);
}
