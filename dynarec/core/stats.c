/*
 * stats.c - counters and their report; see stats.h.
 */
#include "dynarec/core/stats.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/heap.h"
#include "base/log.h"
#include "config/config.h"
#include "dynarec/core/cosim.h"
#include "dynarec/core/names.h"
#include "dynarec/core/profile.h"
#include "x86/decode_tab.h"

#define ROWS_SHOWN 20

struct dyn_counters dyn_count;
u64 dyn_row_runs[X86_ROW_COUNT];
static u64 row_fallbacks[X86_ROW_COUNT];
struct dyn_profile *dyn_profiles;

bool dyn_counts_blocks(void)
{
    return cfg.stats > 1 || !strcmp(cfg.dynarec_dump, "hot");
}

/* Made when the region's first block is begun. */
static struct dyn_profile *profile_new(const struct tr *t)
{
    struct dyn_profile *p = heap_zalloc(sizeof *p + t->nblk * sizeof p->blk[0]);

    if (!p)
        return NULL;
    p->pc = t->entry;
    p->nblk = t->nblk;
    for (u32 i = 0; i < t->nblk; i++) {
        p->blk[i].pc = t->blk[i].pc;
        p->blk[i].insns = t->blk[i].n;
    }
    p->next = __atomic_load_n(&dyn_profiles, __ATOMIC_RELAXED);
    while (!__atomic_compare_exchange_n(&dyn_profiles, &p->next, p, false, __ATOMIC_RELEASE,
                                        __ATOMIC_RELAXED))
        ;
    return p;
}

u64 *dyn_block_counter(struct tr *t)
{
    static u64 nowhere;

    if (!t->curblk)
        t->profile = profile_new(t);
    return t->profile ? &t->profile->blk[t->curblk].runs : &nowhere;
}

u64 dyn_profile_insns(const struct dyn_profile *p)
{
    u64 sum = 0;

    for (u32 i = 0; i < p->nblk; i++)
        sum += p->blk[i].runs * p->blk[i].insns;
    return sum;
}

static void straight_words(const struct tr *t)
{
    for (u32 i = 0; i < t->nblk; i++) {
        u32 end = i + 1 < t->nblk ? t->label[t->blk[i + 1].enter] : dyn_body_end(t);

        t->profile->blk[i].words = end - t->ins[t->blk[i].first].at;
    }
}

void dyn_published(const struct tr *t, const struct region *r)
{
    if (t->opt.count && t->profile)
        straight_words(t);
    dyn_count.regions++;
    dyn_count.blocks += t->nblk;
    dyn_count.insns += t->nins;
    dyn_count.fallbacks += t->nfallback;
    dyn_count.host_bytes += t->n * 4ull;
    for (u32 i = 0; i < r->nranges; i++)
        dyn_count.guest_bytes += r->ranges[i].hi - r->ranges[i].lo;
    dyn_names_add(t, r);
    if (!cfg.stats)
        return;
    dyn_count.record_bytes += r->bytes;
    for (u32 i = 0; i < t->nfallback; i++)
        row_fallbacks[t->fallback[i]->in.row]++;
}

void dyn_killed(const struct region *r)
{
    dyn_count.killed++;
    dyn_names_remove(r);
}

/* ---- the report ---- */

static void report_rows(const char *what, const u64 *counts, u64 of)
{
    bool shown[X86_ROW_COUNT] = {false};

    for (unsigned n = 0; n < ROWS_SHOWN; n++) {
        unsigned best = X86_ROW_COUNT;

        for (unsigned row = 0; row < X86_ROW_COUNT; row++)
            if (counts[row] && !shown[row] && (best == X86_ROW_COUNT || counts[row] > counts[best]))
                best = row;
        if (best == X86_ROW_COUNT)
            return;
        shown[best] = true;
        trace_print("stats: %s %llu %.4f%% %s %s", what, (unsigned long long)counts[best],
                    of ? 100.0 * (double)counts[best] / (double)of : 0.0, x86_row_where[best],
                    x86_row_text[best]);
    }
}

static void report_executed(void)
{
    u64 insns = 0, words = 0;

    for (const struct dyn_profile *p = __atomic_load_n(&dyn_profiles, __ATOMIC_ACQUIRE); p;
         p = p->next) {
        insns += dyn_profile_insns(p);
        for (u32 i = 0; i < p->nblk; i++)
            words += p->blk[i].runs * p->blk[i].words;
    }
    trace_print("stats: executed %llu guest instructions in translated code",
                (unsigned long long)insns);
    trace_print("stats: executed_host %llu instructions that is on the straight way",
                (unsigned long long)words);
    trace_print("stats: executed_share %.4f%% of them were calls of the interpreter",
                insns ? 100.0 * (double)dyn_count.fallback_runs / (double)insns : 0.0);
    report_rows("executed_fallback", dyn_row_runs, insns);
}

void dyn_stats_report(void)
{
    static int done;

    if (__atomic_exchange_n(&done, 1, __ATOMIC_ACQ_REL))
        return;
    cosim_report();
    if (cfg.stats) {
        trace_print("stats: of process %d", (int)getpid());
#define X(name, text)                                                                              \
    trace_print("stats: %s %llu %s", #name, (unsigned long long)dyn_count.name, text);
        DYN_COUNTERS(X)
#undef X
        trace_print("stats: code_used %llu bytes of code memory",
                    (unsigned long long)arena.used * 4);
        trace_print("stats: table_bytes %llu bytes of tables and of one thread's",
                    (unsigned long long)(region_table_bytes() + sizeof(struct dyn_thread)));
        report_rows("translated_fallback", row_fallbacks, dyn_count.insns);
        if (cfg.stats > 1)
            report_executed();
    }
    dyn_dump_hot();
}

void dyn_stats_init(void)
{
    if (cfg.stats || cfg.dynarec_test || dyn_counts_blocks())
        atexit(dyn_stats_report);
}
