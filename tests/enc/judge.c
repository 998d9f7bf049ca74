/*
 * judge.c - collects (word, text) pairs, has llvm-mc assemble the text, compares.
 */
#define _GNU_SOURCE
#include "judge.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "rng.h"

#define FEATURES "+v8.7a,+crypto,+aes,+sha2,+dotprod"
enum { MOST_REPORTS = 20 };

const char *const cond_name[15] = {"eq", "ne", "cs", "cc", "mi", "pl", "vs", "vc",
                                   "hi", "ls", "ge", "lt", "gt", "le", "al"};
const char *const shift_name[4] = {"lsl", "lsr", "asr", "ror"};
const char *const ext_name[8] = {"uxtb", "uxth", "uxtw", "uxtx", "sxtb", "sxth", "sxtw", "sxtx"};

static u32 *words;
static char **texts;
static size_t count, room;

void want(u32 word, const char *format, ...)
{
    va_list args;
    if (count == room) {
        room = room ? 2 * room : 1 << 16;
        words = realloc(words, room * sizeof *words);
        texts = realloc(texts, room * sizeof *texts);
    }
    if (!words || !texts)
        abort();
    words[count] = word;
    va_start(args, format);
    if (vasprintf(&texts[count], format, args) < 0)
        abort();
    va_end(args);
    count++;
}

static struct rng rng_state;

u64 rnd(void)
{
    return rng_u64(&rng_state);
}

unsigned below(unsigned bound)
{
    return (unsigned)(rnd() % bound);
}

void pick(unsigned k, unsigned r[4])
{
    for (unsigned i = 0; i < 4; i++)
        r[i] = below(32);
    r[k >> 5 & 3] = k & 31;
}

i64 edge(i64 min, i64 max, i64 step)
{
    switch (below(8)) {
    case 0: return min;
    case 1: return max;
    case 2: return min <= 0 ? 0 : min;
    case 3: return min < 0 ? -step : min + step <= max ? min + step : min;
    default: return min + (i64)(rnd() % (u64)((max - min) / step + 1)) * step;
    }
}

static char *string(void)
{
    static char ring[16][24];
    static unsigned next;
    return ring[next++ & 15];
}

static const char *general(unsigned sf, unsigned reg, const char *x31, const char *w31)
{
    char *s = string();
    if (reg == 31)
        return sf ? x31 : w31;
    snprintf(s, sizeof "x31", "%c%u", sf ? 'x' : 'w', reg & 31);
    return s;
}

const char *gx(unsigned sf, unsigned reg)
{
    return general(sf, reg, "xzr", "wzr");
}

const char *gsp(unsigned sf, unsigned reg)
{
    return general(sf, reg, "sp", "wsp");
}

const char *vec(unsigned q, unsigned size_log2, unsigned reg)
{
    char *s = string();
    snprintf(s, 24, "v%u.%u%c", reg, (8u << q) >> size_log2, "bhsdq"[size_log2]);
    return s;
}

const char *lane(unsigned size_log2, unsigned reg, unsigned index)
{
    char *s = string();
    snprintf(s, 24, "v%u.%c[%u]", reg, "bhsd"[size_log2], index);
    return s;
}

const char *sca(unsigned size_log2, unsigned reg)
{
    char *s = string();
    snprintf(s, 24, "%c%u", "bhsdq"[size_log2], reg);
    return s;
}

static void print_file(const char *path)
{
    char line[512];
    FILE *f = fopen(path, "r");
    for (int i = 0; f && i < MOST_REPORTS && fgets(line, sizeof line, f); i++)
        fputs(line, stdout);
    if (f)
        fclose(f);
}

/* The n-th "encoding:" of the output belongs to the n-th text, unless llvm-mc refused one. */
static size_t compare(FILE *out, size_t *bad)
{
    char line[1024];
    size_t n = 0;
    while (fgets(line, sizeof line, out)) {
        unsigned b[4];
        const char *at = strstr(line, "encoding: [");
        if (!at)
            continue;
        if (sscanf(at, "encoding: [0x%x,0x%x,0x%x,0x%x]", &b[0], &b[1], &b[2], &b[3]) != 4)
            b[0] = b[1] = b[2] = b[3] = 0;
        u32 theirs = b[0] | b[1] << 8 | b[2] << 16 | (u32)b[3] << 24;
        if (n < count && theirs != words[n] && (*bad)++ < MOST_REPORTS)
            printf("%s: ours 0x%08x, llvm-mc's 0x%08x\n", texts[n], words[n], theirs);
        n++;
    }
    return n;
}

static int assemble(const char *llvm_mc, const char *folder)
{
    char command[1024], errors[256], source[256];
    snprintf(source, sizeof source, "%s/words.s", folder);
    snprintf(errors, sizeof errors, "%s/errors", folder);
    FILE *f = fopen(source, "w");
    if (!f)
        return 1;
    for (size_t i = 0; i < count; i++)
        fprintf(f, "%s\n", texts[i]);
    fclose(f);
    snprintf(command, sizeof command,
             "%s --assemble --triple=aarch64 --mattr=" FEATURES " --show-encoding %s 2>%s", llvm_mc,
             source, errors);
    FILE *out = popen(command, "r");
    if (!out)
        return 1;
    size_t bad = 0, answers = compare(out, &bad);
    int status = pclose(out);
    if (status || answers != count) {
        printf("llvm-mc: status %d, %zu answers to %zu lines\n", status, answers, count);
        print_file(errors);
        bad++;
    }
    printf("%zu encodings, %zu differ from llvm-mc's\n", count, bad);
    unlink(source);
    unlink(errors);
    return bad != 0;
}

int judge_run(const char *llvm_mc)
{
    char folder[] = "/tmp/box64-enc-XXXXXX", command[512];
    snprintf(command, sizeof command, "%s --version >/dev/null 2>&1", llvm_mc);
    if (system(command)) {
        printf("SKIP: no %s (package llvm): %zu encodings not judged\n", llvm_mc, count);
        return 77;
    }
    if (!mkdtemp(folder)) {
        perror(folder);
        return 1;
    }
    int result = assemble(llvm_mc, folder);
    rmdir(folder);
    return result;
}
