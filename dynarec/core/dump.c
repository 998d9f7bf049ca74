/*
 * dump.c - BOX64_DYNAREC_DUMP: translated regions, x86 text and host words side by side: all of
 * them or those around one address as they are made, or the hottest at exit, with counts.
 * tools/disasm turns the words into text.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/heap.h"
#include "base/log.h"
#include "config/config.h"
#include "dynarec/core/names.h"
#include "dynarec/core/profile.h"
#include "dynarec/core/stats.h"
#include "x86/format.h"

#define HOT_REGIONS 10

/* Lines go out at once, or are kept. */
struct sink {
    char *text; /* NULL until there is some */
    size_t n, room;
    bool keep;
};

static void line(struct sink *s, const char *fmt, ...) PRINTF_LIKE(2, 3);

static void line(struct sink *s, const char *fmt, ...)
{
    char buf[256];
    va_list ap;
    size_t n;

    va_start(ap, fmt);
    vsnprintf(buf, sizeof buf, fmt, ap);
    va_end(ap);
    if (!s->keep) {
        trace_print("%s", buf);
        return;
    }
    n = strlen(buf);
    if (s->n + n + 2 > s->room) {
        char *more = heap_alloc(2 * s->room + 4096);

        if (!more)
            return;
        if (s->n)
            memcpy(more, s->text, s->n + 1);
        heap_free(s->text);
        s->text = more;
        s->room = 2 * s->room + 4096;
    }
    memcpy(s->text + s->n, buf, n);
    memcpy(s->text + s->n + n, "\n", 2);
    s->n += n + 1;
}

static void words(struct sink *s, const struct tr *t, u32 from, u32 to)
{
    for (u32 i = from; i < to; i++)
        line(s, "        .inst 0x%08x", t->code[i]);
}

static u32 block_start(const struct tr *t, u32 i)
{
    return i ? t->label[t->blk[i].enter] : 0;
}

u32 dyn_body_end(const struct tr *t)
{
    return t->ncold    ? t->label[t->cold[0].label]
           : t->nsite  ? t->site[0].stub
           : t->nentry ? t->entries[0].stale
                       : t->lit_at;
}

static void dump_block(struct sink *s, const struct tr *t, u32 i)
{
    const struct tr_block *b = &t->blk[i];
    u32 end = i + 1 < t->nblk ? block_start(t, i + 1) : dyn_body_end(t);

    words(s, t, block_start(t, i), t->ins[b->first].at);
    for (u32 k = 0; k < b->n; k++) {
        const struct tr_insn *ti = &t->ins[b->first + k];
        char text[X86_FORMAT_MAX];

        x86_format(text, sizeof text, &ti->in, ti->pc);
        line(s, "  %llx %s need %x%s", (unsigned long long)ti->pc, text, ti->need,
             k         ? ""
             : b->head ? " loop"
                       : " block");
        words(s, t, ti->at, k + 1 < b->n ? ti[1].at : end);
    }
}

static void dump_rest(struct sink *s, const struct tr *t)
{
    line(s, "  out of line");
    words(s, t, dyn_body_end(t), t->n);
}

static void dump(struct sink *s, const struct tr *t)
{
    line(s, "region %llx blocks %u insns %u words %u fallbacks %u", (unsigned long long)t->entry,
         t->nblk, t->nins, t->n, t->nfallback);
    for (u32 i = 0; i < t->nblk; i++)
        dump_block(s, t, i);
    dump_rest(s, t);
}

/* For dump_hot(): the listing of each block apart, the way out behind the last. */
static void keep(const struct tr *t, struct dyn_profile *p)
{
    struct sink s = {.keep = true};

    p->words = t->n;
    for (u32 i = 0; i < t->nblk; i++) {
        p->blk[i].text = (u32)s.n;
        dump_block(&s, t, i);
    }
    dump_rest(&s, t);
    p->text = s.text;
}

static bool covers(const struct tr *t, gaddr a)
{
    for (u32 i = 0; i < t->nblk; i++)
        if (a - t->blk[i].pc < t->blk[i].end - t->blk[i].pc)
            return true;
    return false;
}

void dyn_dump(const struct tr *t)
{
    const char *what = cfg.dynarec_dump;
    struct sink now = {.keep = false};
    char *end;
    gaddr a;

    dyn_names_prepare(t);
    if (!*what || !strcmp(what, "0"))
        return;
    if (!strcmp(what, "hot")) {
        if (t->profile)
            keep(t, t->profile);
        return;
    }
    a = strtoull(what, &end, 16);
    if (!strcmp(what, "1") || (!*end && covers(t, a)))
        dump(&now, t);
}

static void print_text(const char *text, const char *end)
{
    while (text < end) {
        const char *nl = strchr(text, '\n');

        trace_print("%.*s", (int)(nl - text), text);
        text = nl + 1;
    }
}

static void print_hot(const struct dyn_profile *p, u64 all)
{
    u64 insns = dyn_profile_insns(p);

    trace_print("region %llx executed %llu guest instructions, %.1f%%, words %u",
                (unsigned long long)p->pc, (unsigned long long)insns,
                all ? 100.0 * (double)insns / (double)all : 0.0, p->words);
    for (u32 i = 0; i < p->nblk; i++) {
        const char *end = i + 1 < p->nblk ? p->text + p->blk[i + 1].text : strchr(p->text, 0);

        trace_print(" block %llx insns %u runs %llu", (unsigned long long)p->blk[i].pc,
                    p->blk[i].insns, (unsigned long long)p->blk[i].runs);
        print_text(p->text + p->blk[i].text, end);
    }
}

void dyn_dump_hot(void)
{
    u64 below = ~0ull, all = 0;

    if (strcmp(cfg.dynarec_dump, "hot"))
        return;
    for (const struct dyn_profile *p = dyn_profiles; p; p = p->next)
        all += dyn_profile_insns(p);
    for (unsigned n = 0; n < HOT_REGIONS; n++) {
        const struct dyn_profile *best = NULL;
        u64 most = 0;

        for (const struct dyn_profile *p = dyn_profiles; p; p = p->next) {
            u64 insns = dyn_profile_insns(p);

            if (p->text && insns > most && insns < below) {
                most = insns;
                best = p;
            }
        }
        if (!best)
            return;
        below = most;
        print_hot(best, all);
    }
}
