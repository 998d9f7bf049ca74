/*
 * x86_diff.c - the CPU oracle: cases generated from the rows run on the real CPU and in the
 * interpreter, all state compared. x86_diff --seconds S --seed N [--rows GLOB] [--cases N] [--seq]
 * [--jobs J] [--max M] [--quiet] x86_diff --rows GLOB --show SEED [--seq]    prints the case that a
 * report or a dead shard names, then runs it GLOB matches the op name, the row's text or file:line.
 * Without --seq single instructions, sequences and loops take turns. Work is done by forked shards:
 * a wild jump costs one shard, its row is reported and left out from then on. Last line: cases=N
 * rows=R mismatches=M. Exit status 1 when M > 0 or a shard died, 2 when there was no case at all.
 */
#define _GNU_SOURCE
#include <fnmatch.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "native.h"
#include "tcase.h"
#include "x86/decode_tab.h"

enum kind { SINGLE, SINGLE32, SEQ, LOOP, SEQ32, LOOP32 };
static const char *const kinds[] = {"single", "single 32-bit",   "sequence",
                                    "loop",   "sequence 32-bit", "loop 32-bit"};
/* What a row's cases of one round are. */
static const u8 round_kinds[] = {SINGLE,   SINGLE, SINGLE, SINGLE, SINGLE32,
                                 SINGLE32, SEQ,    LOOP,   SEQ32,  LOOP32};
#define SEQ_FIRST 6
#define ONCE_MAX 3
#define ROUND ARRAY_SIZE(round_kinds)

struct row_stat {
    u64 cases, mismatches;
    u32 dead;
};

/* Shared by all shards; each shard writes its own rows' counters only through atomics. */
struct shared {
    struct row_stat row[8192];
    u32 now_row[64];
    u64 now_seed[64], progress[64];
    u8 now_kind[64];
    u32 once; /* differences that were not there again */
};

static struct options {
    double seconds;
    u64 seed, cases, show;
    const char *rows;
    bool only_seq, quiet;
    unsigned jobs, max;
} opt = {.seconds = 10, .seed = 1, .jobs = 2, .max = 3};

static struct shared *sh;
static u16 todo[8192];
static unsigned n_todo;
static unsigned shard;
static struct tcase tc;
static struct tresult want, got;
static char diff_text[16384], case_text[16384];

static double now(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static bool generate(unsigned row, u64 seed, enum kind kind)
{
    if (kind <= SINGLE32)
        return gen_single(&tc, row, seed, kind == SINGLE ? 64 : 32);
    return gen_sequence(&tc, row, seed, kind < SEQ32 ? 64 : 32, kind == LOOP || kind == LOOP32);
}

/* Runs *t both ways; stepped chooses the interpreter's path. True when they differ. */
static bool differs(const struct tcase *t, bool stepped)
{
    native_run(t, &want);
    if (!irun(t, &got, stepped)) {
        snprintf(diff_text, sizeof diff_text, "  interpreter did not come to the end\n");
        return true;
    }
    return tc_differ(t, &want, &got, diff_text, sizeof diff_text);
}

static char signature[32]; /* what differed first in the case that is being shrunk */

static bool same_signature(void)
{
    size_t n = strcspn(diff_text, ":0123456789");

    if (!signature[0])
        snprintf(signature, sizeof signature, "%.*s", (int)(n < 31 ? n : 31), diff_text);
    return !strncmp(signature, diff_text, strlen(signature));
}

/* One simplification: undone when the difference goes away or becomes another one. */
static void try_simpler(struct tcase *t, const struct tcase *simpler, bool stepped)
{
    if (differs(simpler, stepped) && same_signature())
        *t = *simpler;
}

static void shrink_state(struct tcase *t, bool stepped)
{
    static struct tcase s;

    for (unsigned i = 0; i < 16; i++) {
        s = *t;
        s.in.gpr[i] = 0;
        try_simpler(t, &s, stepped);
        s = *t;
        memset(&s.in.vec[i], 0, 32);
        try_simpler(t, &s, stepped);
    }
    for (unsigned i = 0; i < 8; i++) {
        s = *t;
        memset(&s.in.fpu.regs[i], 0, sizeof s.in.fpu.regs[i]);
        try_simpler(t, &s, stepped);
    }
    s = *t;
    memset(&s.in.fpu, 0, sizeof s.in.fpu);
    s.in.fpu.cw = 0x37f;
    try_simpler(t, &s, stepped);
    s = *t;
    s.in.flags = X86_FLAGS_FIXED;
    try_simpler(t, &s, stepped);
    s = *t;
    s.in.mxcsr = 0x1f80;
    try_simpler(t, &s, stepped);
    for (unsigned step = TC_MEM_SIZE; step >= 16; step /= 16)
        for (unsigned a = 0; a < TC_MEM_SIZE; a += step) {
            s = *t;
            memset(s.mem + a, 0, step);
            try_simpler(t, &s, stepped);
        }
}

/* Drops instructions of a sequence: replaced by NOPs so that addresses and branches stay. */
static void shrink_code(struct tcase *t, bool stepped)
{
    static struct tcase s;

    for (unsigned i = 0; i < t->n; i++) {
        s = *t;
        memset(s.code + s.insn_off[i], 0x90, s.insn[i].len);
        try_simpler(t, &s, stepped);
    }
}

/*
 * A difference that is not there again is the machine's, not the interpreter's, which has no memory
 * of the last time: a task switch lost x87 pointers, or a bit instruction reached memory of the
 * test's own that is not set anew. They are shown; more than ONCE_MAX in a run count.
 */
static bool repeats(unsigned row, enum kind kind, bool stepped)
{
    static char text[40000], first[sizeof diff_text];
    static struct tcase again;
    int n;

    again = tc;
    signature[0] = 0;
    strcpy(first, diff_text);
    if (differs(&again, stepped))
        return true;
    tc_print(&again, case_text, sizeof case_text);
    n = snprintf(text, sizeof text, "only once: %s %s (%s, %s)\n%s%s\n", x86_row_where[row],
                 x86_row_text[row], kinds[kind], stepped ? "step" : "run", case_text, first);
    if (write(1, text, n > (int)sizeof text ? sizeof text : (size_t)n) < 0)
        _exit(3);
    return false;
}

static void report(unsigned row, enum kind kind, bool stepped)
{
    static char text[40000];
    static struct tcase small;
    int n;

    small = tc;
    signature[0] = 0;
    if (!differs(&small, stepped))
        return;
    same_signature();
    if (kind > SINGLE32)
        shrink_code(&small, stepped);
    shrink_state(&small, stepped);
    differs(&small, stepped);
    tc_print(&small, case_text, sizeof case_text);
    n = snprintf(text, sizeof text, "MISMATCH %s %s (%s, %s)\n%s%s\n", x86_row_where[row],
                 x86_row_text[row], kinds[kind], stepped ? "step" : "run", case_text, diff_text);
    if (write(1, text, n > (int)sizeof text ? sizeof text : (size_t)n) < 0)
        _exit(3);
}

static void one_case(unsigned row, u64 seed, enum kind kind)
{
    sh->now_row[shard] = row;
    sh->now_seed[shard] = seed;
    sh->now_kind[shard] = (u8)kind;
    sh->progress[shard]++; /* no case is none that hangs */
    if (!generate(row, seed, kind))
        return;
    __atomic_fetch_add(&sh->row[row].cases, 1, __ATOMIC_RELAXED);
    native_run(&tc, &want);
    for (unsigned path = 0; path < 2; path++) {
        bool stepped = path == 0, bad;

        if ((kind == LOOP || kind == LOOP32) && stepped)
            continue;
        bad = !irun(&tc, &got, stepped) || tc_differ(&tc, &want, &got, diff_text, sizeof diff_text);
        if (bad) {
            if (!repeats(row, kind, stepped) &&
                __atomic_fetch_add(&sh->once, 1, __ATOMIC_RELAXED) < ONCE_MAX)
                return;
            if (__atomic_fetch_add(&sh->row[row].mismatches, 1, __ATOMIC_RELAXED) < opt.max &&
                !opt.quiet)
                report(row, kind, stepped);
            return;
        }
    }
}

static void on_alarm(int sig)
{
    static u64 last;
    static unsigned still;

    (void)sig;
    still = sh->progress[shard] == last ? still + 1 : 0;
    last = sh->progress[shard];
    if (still >= 20)
        _exit(98);
    alarm(1);
}

static void shard_main(u64 first_round, double end)
{
    /* On its own stack: it may come while RSP is the guest's, and a frame there is a mismatch. */
    struct sigaction sa = {.sa_handler = on_alarm, .sa_flags = SA_ONSTACK | SA_RESTART};

    native_init();
    irun_init();
    sigaction(SIGALRM, &sa, NULL);
    alarm(1);
    for (u64 round = first_round;; round += opt.jobs) {
        for (unsigned i = 0; i < n_todo; i++) {
            unsigned row = todo[i];

            if (sh->row[row].dead)
                continue;
            for (unsigned k = opt.only_seq ? SEQ_FIRST : 0; k < ROUND; k++) {
                u64 seed = opt.seed * 1000003 + round * ROUND + k;
                enum kind kind = round_kinds[k];

                if (opt.cases && round * ROUND + k >= opt.cases)
                    _exit(0);
                one_case(row, seed, kind);
            }
            if (now() > end)
                _exit(0);
        }
        if (!n_todo)
            _exit(0);
    }
}

static bool row_matches(unsigned row, const char *glob)
{
    char op[48] = "";

    sscanf(x86_row_text[row], "%47s", op);
    return !glob || !fnmatch(glob, op, 0) || !fnmatch(glob, x86_row_text[row], 0) ||
           !fnmatch(glob, x86_row_where[row], 0);
}

static void select_rows(void)
{
    unsigned skipped = 0;

    for (unsigned i = 0; i < X86_ROW_COUNT; i++) {
        const char *why = gen_skip_reason(i);

        if (!row_matches(i, opt.rows))
            continue;
        if (!why && !native_has_feature(x86_rows[i].feature))
            why = "this CPU does not have it";
        if (!why && opt.only_seq && !gen_fits_sequence(i, 64) && !gen_fits_sequence(i, 32))
            why = "it does not go into sequences";
        if (!why) {
            todo[n_todo++] = (u16)i;
            continue;
        }
        skipped++;
        if (!opt.quiet)
            printf("skip %s %s: %s\n", x86_row_where[i], x86_row_text[i], why);
    }
    printf("%u rows to test, %u skipped\n", n_todo, skipped);
    fflush(stdout);
}

static pid_t start_shard(unsigned n, u64 round, double end)
{
    pid_t pid = fork();

    if (pid == 0) {
        shard = n;
        tmem_after_fork();
        shard_main(round, end);
        _exit(0);
    }
    return pid;
}

/* A shard that died names its row and is started again without it. */
static unsigned supervise(double end)
{
    pid_t pid[64];
    unsigned alive = opt.jobs, deaths = 0;

    for (unsigned i = 0; i < opt.jobs; i++)
        pid[i] = start_shard(i, i, end);
    while (alive) {
        int status;
        pid_t p = wait(&status);

        for (unsigned i = 0; i < opt.jobs; i++) {
            if (pid[i] != p)
                continue;
            alive--;
            pid[i] = 0;
            if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
                continue;
            deaths++;
            sh->row[sh->now_row[i]].dead = 1;
            sh->row[sh->now_row[i]].mismatches++;
            printf("SHARD DIED (status %x%s) %s %s seed %llu %s\n", status,
                   status == 98 << 8 ? ", hang" : "", x86_row_where[sh->now_row[i]],
                   x86_row_text[sh->now_row[i]], (unsigned long long)sh->now_seed[i],
                   kinds[sh->now_kind[i]]);
            fflush(stdout);
            if (now() < end && deaths < 200) {
                pid[i] = start_shard(i, i + deaths * 7919, end);
                alive++;
            }
        }
    }
    return deaths;
}

/* The case of one row and seed in this process, for a debugger. Exit status 1 if it differs. */
static int show_case(void)
{
    int bad = 0;

    irun_init();
    for (enum kind kind = opt.only_seq ? SEQ : SINGLE; kind <= (opt.only_seq ? LOOP32 : SINGLE32);
         kind++) {
        if (!generate(todo[0], opt.show, kind))
            continue;
        tc_print(&tc, case_text, sizeof case_text);
        printf("%s", case_text);
        fflush(stdout);
        for (unsigned stepped = 0; stepped < 2; stepped++) {
            bool differ = differs(&tc, stepped);

            printf("%s\n%s", stepped ? "step:" : "run:", differ ? diff_text : "  equal\n");
            bad |= differ;
        }
    }
    return bad;
}

static void parse(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        const char *a = argv[i], *v = i + 1 < argc ? argv[i + 1] : "";

        if (!strcmp(a, "--seq"))
            opt.only_seq = true;
        else if (!strcmp(a, "--quiet"))
            opt.quiet = true;
        else if (!strcmp(a, "--seconds") && ++i)
            opt.seconds = atof(v);
        else if (!strcmp(a, "--seed") && ++i)
            opt.seed = strtoull(v, NULL, 0);
        else if (!strcmp(a, "--rows") && ++i)
            opt.rows = v;
        else if (!strcmp(a, "--cases") && ++i)
            opt.cases = strtoull(v, NULL, 0);
        else if (!strcmp(a, "--show") && ++i)
            opt.show = strtoull(v, NULL, 0);
        else if (!strcmp(a, "--jobs") && ++i)
            opt.jobs = (unsigned)atoi(v) < 64 ? (unsigned)atoi(v) : 64;
        else if (!strcmp(a, "--max") && ++i)
            opt.max = (unsigned)atoi(v);
        else {
            fprintf(stderr, "usage: x86_diff --seconds S --seed N [--rows GLOB] [--cases N] "
                            "[--seq] [--jobs J] [--max M] [--quiet] [--show SEED]\n");
            exit(2);
        }
    }
}

static int no_case(void)
{
    fprintf(stderr, "x86_diff: no case for --rows '%s'%s\n", opt.rows ? opt.rows : "*",
            opt.only_seq ? " in sequences (--seq)" : "");
    return 2;
}

int main(int argc, char **argv)
{
    u64 cases = 0, bad = 0;
    unsigned rows = 0, deaths;

    parse(argc, argv);
    sh = mmap(NULL, sizeof *sh, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    tmem_init();
    gen_init();
    if (!native_init()) {
        printf("SKIP: this CPU or kernel has no FSGSBASE or AVX\n");
        return 77;
    }
    select_rows();
    if (!n_todo)
        return no_case();
    if (opt.show)
        return show_case();
    deaths = supervise(now() + opt.seconds);
    for (unsigned i = 0; i < X86_ROW_COUNT; i++) {
        cases += sh->row[i].cases;
        rows += sh->row[i].cases != 0;
        bad += sh->row[i].mismatches;
        if (sh->row[i].mismatches)
            printf("bad %s %llu/%llu%s %s\n", x86_row_where[i],
                   (unsigned long long)sh->row[i].mismatches, (unsigned long long)sh->row[i].cases,
                   sh->row[i].dead ? " DIED" : "", x86_row_text[i]);
    }
    printf("cases=%llu rows=%u mismatches=%llu\n", (unsigned long long)cases, rows,
           (unsigned long long)bad);
    return bad || deaths ? 1 : cases ? 0 : no_case();
}
