/*
 * listing.c - host code of given x86-64 code, without running it: translates to a buffer on any
 * machine that this is built for. golden.py and tools/x86repl feed it; the same passes and host-ops
 * as in the emulator, only what belongs to running (regions, links, faults) is left out.
 *
 * Input, one case a line:   NAME [key=value]... : hex bytes...
 * Output for each case:     case NAME, then lines  x86 ADDRESS ROW | TEXT  and  host HEXWORD,
 * "rest" before what lies out of line, "fails WHY" where it cannot be translated, "end".
 * Keys: the options of struct tr_options; features=v8.0|v8.5|all; tail=ret|syscall: what follows
 * (ret: flags are dead, syscall: all live), whose own words are not shown; lanes, x87: see struct
 * wish.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "config/config.h"
#include "dynarec/arm64/a64.h"
#include "dynarec/core/passes.h"
#include "dynarec/core/region.h"
#include "dynarec/core/stats.h"
#include "dynarec/translate/translate.h"
#include "interp/interp.h"
#include "x86/decode_tab.h"
#include "x86/format.h"

#define BASE 0x20000000u
#define ROOM 0x10000

struct a64_features a64_has;

static struct tr *t;
static gaddr code_end;

/* ---- what the passes ask of the rest of the translator and of the engine ---- */

const u32 *region_find(gaddr pc)
{
    (void)pc;
    return NULL;
}

int region_live(gaddr pc)
{
    (void)pc;
    return -1;
}

const struct interp_op *block_records(gaddr pc, unsigned mode)
{
    (void)pc, (void)mode;
    return NULL;
}

const struct x86_insn *block_next_record(const struct interp_op **op, gaddr pc)
{
    (void)op, (void)pc;
    return NULL;
}

bool interp_seen(gaddr pc, unsigned mode)
{
    (void)mode;
    return pc - BASE < code_end - BASE;
}

unsigned tr_refuted_at(gaddr pc)
{
    (void)pc;
    return 0;
}

u64 *dyn_block_counter(struct tr *tr)
{
    static u64 counter;

    (void)tr;
    return &counter;
}

void h_flush(const void *x, size_t size)
{
    (void)x;
    (void)size;
}

/* Bridges are the emulator's: none here. */
bool tr_native_bridge(struct tr *tr)
{
    (void)tr;
    return false;
}

bool tr_native_jump(struct tr *tr, const struct x86_insn *in)
{
    (void)tr;
    (void)in;
    return false;
}

bool tr_native_call(struct tr *tr, const struct x86_insn *in, gaddr ret)
{
    (void)tr;
    (void)in;
    (void)ret;
    return false;
}

static gaddr fetch(struct x86_cpu *c, gaddr pc, bool *checked)
{
    (void)c;
    *checked = false;
    return pc - BASE < code_end - BASE ? code_end : 0;
}

/* ---- one case ---- */

struct wish {
    struct tr_options opt;
    const char *features;
    const char *tail;
    unsigned
        lanes;    /* XMM registers whose upper bytes are zero at the entry: as struct tr_fp.zero */
    unsigned x87; /* registers of the x87 stack in use there */
};

static void set_features(const char *level)
{
    bool new = strcmp(level, "v8.0") != 0;

    memset(&a64_has, new, sizeof a64_has);
    a64_has.afp = !strcmp(level, "all");
}

static void translate(const struct wish *w, const u8 *code, size_t n)
{
    static const struct x86_env env = {.fetch = fetch};
    struct x86_cpu c;
    u32 *words = t->code;

    memset(&c, 0, sizeof c);
    c.env = &env;
    c.mode = 64;
    memcpy(g2h(BASE), code, n);
    code_end = BASE + n;
    set_features(w->features);
    memset(t, 0, sizeof *t);
    t->code = words;
    t->entry = BASE;
    t->mode = 64;
    t->env = &env;
    t->opt = w->opt;
    t->fp.seen = w->lanes;
    t->x87.top = 0;
    t->x87.used = (u8)((1u << w->x87) - 1);
    pass_discover(t, &c);
    if (!t->err)
        pass_analyse(t);
    if (!t->err)
        pass_emit(t);
}

/* Words of the straight code: without what is out of line. */
static u32 body(void)
{
    return t->ncold    ? t->label[t->cold[0].label]
           : t->nsite  ? t->site[0].stub
           : t->nentry ? t->entries[0].stale
                       : t->lit_at;
}

static u32 start_of(u32 block)
{
    return block ? t->label[t->blk[block].enter] : 0;
}

static void show_insn(const struct tr_insn *ti, u32 to, u32 end)
{
    char text[X86_FORMAT_MAX];

    x86_format(text, sizeof text, &ti->in, ti->pc);
    printf("x86 %llx %s | %s\n", (unsigned long long)ti->pc, x86_row_where[ti->in.row], text);
    for (u32 i = ti->at; i < to && i < end; i++)
        printf("host %08x\n", t->code[i]);
}

/* Everything up to guest address `until` and host word `end`. */
static void show(gaddr until, u32 end)
{
    for (u32 i = 0; i < t->nblk; i++) {
        const struct tr_block *b = &t->blk[i];
        u32 next = i + 1 < t->nblk ? start_of(i + 1) : body();

        if (i) /* the entry for calls of the first block is nothing special */
            printf("block\n");
        for (u32 k = start_of(i); k < t->ins[b->first].at && k < end; k++)
            if (i)
                printf("host %08x\n", t->code[k]);
        for (u32 k = 0; k < b->n; k++) {
            const struct tr_insn *ti = &t->ins[b->first + k];
            bool last = k + 1 == b->n || ti[1].pc >= until;

            if (ti->pc < until)
                show_insn(ti, last ? (k + 1 == b->n ? next : end) : ti[1].at, end);
        }
    }
}

/* An instruction that takes bytes of what was put behind the case's own. */
static bool cut_short(gaddr end)
{
    for (u32 i = 0; i < t->nins; i++)
        if (t->ins[i].pc < end && t->ins[i].pc + t->ins[i].in.len > end)
            return true;
    return false;
}

static const u8 tail_ret[] = {0xc3}, tail_syscall[] = {0x0f, 0x05};

static void run_case(const char *name, const struct wish *w, u8 *code, size_t n)
{
    bool ret = !strcmp(w->tail, "ret"), stop = !strcmp(w->tail, "syscall");
    u32 words = 0;

    printf("case %s\n", name);
    if (ret || stop) {
        const u8 *tail = ret ? tail_ret : tail_syscall;
        size_t len = ret ? sizeof tail_ret : sizeof tail_syscall;

        if (ret) {
            translate(w, tail, len);
            words = body() - t->ins[0].at;
        }
        memcpy(code + n, tail, len);
        translate(w, code, n + len);
    } else {
        translate(w, code, n);
    }
    if (t->err || cut_short(BASE + n)) {
        printf("fails %s\n", t->err ? t->err : "bytes are missing");
    } else if (stop) {
        show(BASE + n, t->ins[t->nins - 1].at);
    } else if (ret) {
        show(BASE + n, body() - words);
    } else {
        show(code_end, body());
        printf("rest\n");
        for (u32 i = body(); i < t->n; i++)
            printf("host %08x\n", t->code[i]);
    }
    printf("fallbacks %u\nend\n", t->nfallback);
}

static bool set_key(struct wish *w, const char *key, const char *value)
{
    struct {
        const char *name;
        u8 *at;
    } keys[] = {{"strongmem", &w->opt.strongmem}, {"callret", &w->opt.callret},
                {"safeflags", &w->opt.safeflags}, {"fastnan", &w->opt.fastnan},
                {"fastround", &w->opt.fastround}, {"x87double", &w->opt.x87double},
                {"align", &w->opt.align}};

    if (!strcmp(key, "features"))
        return w->features = value, true;
    if (!strcmp(key, "tail"))
        return w->tail = value, true;
    if (!strcmp(key, "lanes"))
        return w->lanes = (unsigned)strtoul(value, NULL, 0), true;
    if (!strcmp(key, "x87"))
        return w->x87 = (unsigned)strtoul(value, NULL, 0) & 7, true;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (!strcmp(key, keys[i].name))
            return *keys[i].at = (u8)strtoul(value, NULL, 0), true;
    return false;
}

static struct wish defaults(void)
{
    return (struct wish){.opt = tr_options_set(), .features = "v8.5", .tail = "none", .x87 = 4};
}

/* False: not of the form above. */
static bool read_case(char *line)
{
    static u8 code[4096];
    struct wish w = defaults();
    char *hex = strchr(line, ':'), *name, *word, *save = NULL;
    size_t n = 0;

    if (!hex)
        return false;
    *hex++ = '\0';
    name = strtok_r(line, " \t", &save);
    while ((word = strtok_r(NULL, " \t", &save))) {
        char *eq = strchr(word, '=');

        if (!eq || (*eq = '\0', !set_key(&w, word, eq + 1)))
            return false;
    }
    for (word = strtok_r(hex, " \t\r\n", &save); word; word = strtok_r(NULL, " \t\r\n", &save)) {
        char *end;

        code[n++] = (u8)strtoul(word, &end, 16);
        if (*end || n > sizeof code - 16)
            return false;
    }
    if (!name || !n)
        return false;
    run_case(name, &w, code, n);
    return true;
}

int main(void)
{
    static char line[65536];

    t = calloc(1, sizeof *t);
    if (!t || !(t->code = malloc(TR_MAX_WORDS * 4)) ||
        mmap((void *)(uintptr_t)BASE, ROOM, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == MAP_FAILED)
        return fprintf(stderr, "no memory\n"), 2;
    while (fgets(line, sizeof line, stdin)) {
        if (line[0] == '#' || line[strspn(line, " \t\r\n")] == '\0')
            continue;
        if (!read_case(line))
            return fprintf(stderr, "not a case: %s\n", line), 2;
    }
    return 0;
}
