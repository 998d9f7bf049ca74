/*
 * x86_vectors.c - recorded states of oracle cases, for hosts without an x86 CPU.
 *   x86_vectors record FILE     (x86-64 hosts) writes FILE from runs on the real CPU
 *   x86_vectors replay FILE     runs the interpreter, both paths, against FILE; prints passed and
 * failed x86_vectors show WHERE SEED prints a case and the interpreter's results, to compare two
 * hosts FILE: header, then per row: 64-bit hash of the row's text, then VECTORS hashes of 32 bits
 * (folded from 64). Inputs are a function of (row text, seed), so rows may move; a row whose text
 * changed is reported as not recorded.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tcase.h"
#include "vectors_host.h"
#include "x86/decode_tab.h"

#define VECTORS 128
#define MAGIC 0x32763638786f62ull /* "box86v2" */

struct record {
    u64 row;
    u32 hash[VECTORS];
};

static struct tcase tc;
static struct tresult res;

static u64 text_hash(unsigned row)
{
    u64 h = 0xcbf29ce484222325;

    for (const char *s = x86_row_text[row]; *s; s++)
        h = (h ^ (u8)*s) * 0x100000001b3;
    return h;
}

static bool recorded_row(unsigned row)
{
    return !gen_skip_reason(row) && !(x86_rows[row].attr & X86_ATTR_APPROX);
}

/* Single instructions of both modes and sequences take turns; false when the row has no such case.
 */
static bool make_case(unsigned row, unsigned i)
{
    return i % 8 < 6 ? gen_single(&tc, row, i, i % 8 < 4 ? 64 : 32)
                     : gen_sequence(&tc, row, i, 64, i & 1);
}

static u32 fold(u64 h)
{
    u32 v = (u32)(h ^ h >> 32);

    return v ? v : 1; /* 0: no case */
}

static int record(const char *path)
{
    FILE *f = fopen(path, "wb");
    u64 magic = MAGIC;
    unsigned rows = 0;

    if (!f || !vectors_native_init())
        return 2;
    fwrite(&magic, 8, 1, f);
    for (unsigned row = 0; row < X86_ROW_COUNT; row++) {
        struct record r = {.row = text_hash(row)};

        if (!recorded_row(row) || !vectors_native_has(row))
            continue;
        for (unsigned i = 0; i < VECTORS; i++)
            if (make_case(row, i) && !tc_tainted(&tc) && vectors_native_run(&tc, &res))
                r.hash[i] = fold(tc_hash(&tc, &res));
        fwrite(&r, sizeof r, 1, f);
        rows++;
    }
    fclose(f);
    printf("recorded %u rows, %zu bytes\n", rows, rows * sizeof(struct record) + 8);
    return 0;
}

static int find_row(u64 hash)
{
    for (unsigned row = 0; row < X86_ROW_COUNT; row++)
        if (text_hash(row) == hash)
            return (int)row;
    return -1;
}

static unsigned replay_row(unsigned row, const struct record *r, unsigned *passed)
{
    unsigned failed = 0;

    for (unsigned i = 0; i < VECTORS; i++) {
        if (!r->hash[i] || !make_case(row, i))
            continue;
        for (unsigned stepped = 0; stepped < 2; stepped++) {
            if (irun(&tc, &res, stepped) && fold(tc_hash(&tc, &res)) == r->hash[i]) {
                ++*passed;
                continue;
            }
            if (!failed++) {
                static char text[16384];

                tc_print(&tc, text, sizeof text);
                printf("FAILED %s %s vector %u (%s)\n%s", x86_row_where[row], x86_row_text[row], i,
                       stepped ? "step" : "run", text);
            }
        }
    }
    return failed;
}

static int replay(const char *path)
{
    FILE *f = fopen(path, "rb");
    struct record r;
    unsigned passed = 0, failed = 0, rows = 0, unknown = 0;
    u64 magic = 0;

    if (!f || fread(&magic, 8, 1, f) != 1 || magic != MAGIC) {
        fprintf(stderr, "%s: no vectors\n", path);
        return 2;
    }
    vectors_host_init();
    irun_init();
    while (fread(&r, sizeof r, 1, f) == 1) {
        int row = find_row(r.row);

        if (row < 0) {
            unknown++;
            continue;
        }
        rows++;
        failed += replay_row((unsigned)row, &r, &passed);
    }
    fclose(f);
    printf("%u rows, %u recorded rows unknown now, %u passed, %u failed\n", rows, unknown, passed,
           failed);
    return failed || !passed || unknown > 20;
}

static void show_result(const char *path, const struct tresult *r)
{
    const struct tstate *s = &r->st;

    printf("%s: exc %u addr %llx rip %llx flags %x mxcsr %x x87 %04x %04x %u %02x hash %08x\n",
           path, s->exc, (unsigned long long)s->addr, (unsigned long long)s->rip, s->flags,
           s->mxcsr, s->fpu.cw, s->fpu.sw, s->fpu.top, s->fpu.used, fold(tc_hash(&tc, r)));
    for (unsigned i = 0; i < 16; i++)
        printf("  r%-2u %016llx  ymm%-2u %016llx %016llx %016llx %016llx\n", i,
               (unsigned long long)s->gpr[i], i, (unsigned long long)s->vec[i].q[3],
               (unsigned long long)s->vec[i].q[2], (unsigned long long)s->vec[i].q[1],
               (unsigned long long)s->vec[i].q[0]);
    for (unsigned i = 0; i < 8; i++)
        printf("  fpr%u %04x.%016llx\n", i, s->fpu.regs[i].se,
               (unsigned long long)s->fpu.regs[i].m);
    for (unsigned i = 0; i < TC_MEM_SIZE; i++)
        if (r->mem[i] != tc.mem[i])
            printf("  mem %llx: %02x -> %02x\n", (unsigned long long)TC_MEM + i, tc.mem[i],
                   r->mem[i]);
}

static int show(const char *where, unsigned seed)
{
    static char text[16384];

    vectors_host_init();
    irun_init();
    for (unsigned row = 0; row < X86_ROW_COUNT; row++) {
        if (strcmp(x86_row_where[row], where) || !make_case(row, seed))
            continue;
        tc_print(&tc, text, sizeof text);
        printf("%s", text);
        for (unsigned stepped = 0; stepped < 2; stepped++) {
            irun(&tc, &res, stepped);
            show_result(stepped ? "step" : "run", &res);
        }
    }
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 4 && !strcmp(argv[1], "show")) {
        tmem_init();
        gen_init();
        return show(argv[2], (unsigned)atoi(argv[3]));
    }
    if (argc != 3 || (strcmp(argv[1], "record") && strcmp(argv[1], "replay"))) {
        fprintf(stderr, "usage: x86_vectors record|replay FILE | show WHERE SEED\n");
        return 2;
    }
    tmem_init();
    gen_init();
    return strcmp(argv[1], "record") ? replay(argv[2]) : record(argv[2]);
}
