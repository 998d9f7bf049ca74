/*
 * dyn_vectors.c - translated code against the interpreter, on the CPU oracle's cases: single
 * instructions and sequences of every row, the same seeds as x86_diff. Each case is translated as a
 * region of its own and run with one or more sets of values; the whole state and memory are
 * compared with interp_step's. dyn_vectors [--rows GLOB]... [--seed N|fresh] [--cases N] [--values
 * N] [--sequences] [--verbose]
 *               [--mxcsr-free BITS] [--fast: FASTNAN FASTROUND] [--align: ALIGN]
 *               [--nohostext LIST: NOHOSTEXT] [--repair]
 * GLOB: an operation's name or where its row stands ("sse_int.tbl:*"). Cases whose #GP comes from
 * an operand's alignment are left out without --align. --repair: also with the data out of reach,
 * and only readable, until a handler has mended that.
 */
#define _GNU_SOURCE
#include <fnmatch.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>

#include "config/config.h"
#include "dynarec/core/stats.h"
#include "dynarec/dynarec.h"
#include "irun.h"
#include "tcase.h"
#include "x86/decode_tab.h"
#include "x86/rows.h"

static struct tcase tc;
static struct tresult want, got;
static const char *globs[64];
static unsigned nglobs, cases = 200, values = 1, mismatches, ran, refused, unaligned, partial,
                        fallbacks, repairs, folded, stored, tagged, flushed;
static u64 seed = 1;
static u32 mxcsr_free; /* bits of MXCSR that may differ: DE and UE without FEAT_AFP */
static bool verbose, again, was_refused, repairing, folds_wrongly;

static void on_signal(int sig, siginfo_t *info, void *context)
{
    if (!irun_cpu()->cur && interp_jit->fault(irun_cpu(), context, (u64)(uintptr_t)info->si_addr))
        return; /* the end of the shadow stack */
    if (irun_fault(sig, info, 0, INTERP_CAUSE_UNKNOWN))
        return;
    signal(sig, SIG_DFL);
}

static void catch_faults(void)
{
    struct sigaction sa = {.sa_sigaction = on_signal,
                           .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    stack_t ss = {.ss_size = 256 * 1024};

    ss.ss_sp = malloc(ss.ss_size);
    sigaltstack(&ss, NULL);
    sigaction(SIGSEGV, &sa, NULL);
    sigaction(SIGBUS, &sa, NULL);
}

/* Before each interp_run: nothing is left of the case before, this one is translated; with other
 * values only if its assumptions have failed meanwhile. */
static void translate(struct x86_cpu *c)
{
    if (!again)
        interp_invalidate(TC_CODE, TC_CODE_END);
    c->jit.resume = 0; /* of the case before, which may have left in the middle of a block */
    was_refused = !interp_jit->offer(c, c->rip);
}

static bool aligned_row(const struct tcase *t)
{
    for (unsigned i = 0; i < t->n; i++)
        if (x86_rows[t->insn[i].row].attr & X86_ATTR_ALIGN)
            return true;
    return false;
}

/* QEMU up to 10.0 takes all ones for what BIT makes in a register of all ones. */
static bool host_folds_wrongly(void)
{
    u64 r;

    __asm__("movi v0.2d, #0xffffffffffffffff\n\t"
            "bit v0.16b, %1.16b, %2.16b\n\t"
            "fmov %0, d0"
            : "=r"(r)
            : "w"(0ull), "w"(0xffull)
            : "v0");
    return r != ~0xffull;
}

static bool makes_ones(const struct x86_insn *in)
{
    switch (in->op) {
    case X86_PCMPEQB:
    case X86_PCMPEQW:
    case X86_PCMPEQD:
    case X86_PCMPEQQ: return in->opnd[1].kind == X86_OPK_VEC && in->opnd[0].reg == in->opnd[1].reg;
    case X86_VPCMPEQB:
    case X86_VPCMPEQW:
    case X86_VPCMPEQD:
    case X86_VPCMPEQQ:
        return in->opnd[2].kind == X86_OPK_VEC && in->opnd[1].reg == in->opnd[2].reg;
    default: return false;
    }
}

static bool blends(const struct x86_insn *in)
{
    switch (in->op) {
    case X86_PBLENDVB:
    case X86_BLENDVPS:
    case X86_BLENDVPD:
    case X86_VPBLENDVB:
    case X86_VBLENDVPS:
    case X86_VBLENDVPD: return true;
    default: return false;
    }
}

/* A difference that such a host makes: a blend behind a comparison of a register with itself. */
static bool host_differs(const struct tcase *t)
{
    bool ones = false;

    for (unsigned i = 0; folds_wrongly && i < t->n; i++) {
        ones |= makes_ones(&t->insn[i]);
        if (ones && blends(&t->insn[i]))
            return true;
    }
    return false;
}

/* Does the case store MXCSR, with bits that may differ? */
static bool stores_mxcsr(const struct tcase *t)
{
    for (unsigned i = 0; mxcsr_free && i < t->n; i++) {
        switch (t->insn[i].op) {
        case X86_STMXCSR:
        case X86_VSTMXCSR:
        case X86_FXSAVE:
        case X86_XSAVE: return true;
        default: break;
        }
    }
    return false;
}

/* A push to an address that is none by its highest byte alone, which ARM64 ignores (TBI; Linux,
 * tagged-pointers.rst): the interpreter looks at it, translated code's store goes through. */
static bool stack_tagged(const struct tresult *right)
{
    gaddr slot = right->st.gpr[X86_RSP] - 1;

    return right->st.exc == X86_EXC_SS && !is_canonical(slot) &&
           is_canonical((gaddr)((i64)(slot << 8) >> 8));
}

static bool equal(struct tresult *right, struct tresult *wrong)
{
    static char diff[8192];

    right->st.mxcsr |= mxcsr_free;
    wrong->st.mxcsr |= mxcsr_free;
    /* The bound that estimates have against a CPU is not for translated code. */
    return !tc_differ(&tc, right, wrong, diff, sizeof diff) &&
           (right->st.exc != X86_EXC_NONE ||
            !memcmp(right->st.vec, wrong->st.vec, sizeof right->st.vec));
}

/* FTZ flushes before rounding on such a host, so a result that rounds up to the least normal number
 * is lost: then all is well without FTZ. */
static bool flushed_early(void)
{
    static struct tresult right, wrong;
    u32 mxcsr = tc.in.mxcsr;
    bool well;

    if (!(mxcsr_free & MXCSR_UE) || !(mxcsr & MXCSR_FTZ))
        return false;
    tc.in.mxcsr &= ~MXCSR_FTZ;
    well = irun(&tc, &right, true) && irun(&tc, &wrong, false) && equal(&right, &wrong);
    tc.in.mxcsr = mxcsr;
    return well;
}

static void mismatch(unsigned row, u64 s, unsigned set, const char *what,
                     const struct tresult *right, const struct tresult *wrong)
{
    static char text[16384], diff[8192];

    if (host_differs(&tc)) {
        folded++;
        return;
    }
    if (stack_tagged(right)) {
        tagged++;
        return;
    }
    if (flushed_early()) {
        flushed++;
        return;
    }
    if (mismatches++ >= 20 && !verbose)
        return;
    tc_print(&tc, text, sizeof text);
    if (!tc_differ(&tc, right, wrong, diff, sizeof diff))
        snprintf(diff, sizeof diff, "did not end");
    printf("MISMATCH %s %s seed %llu values %u%s\n%s%s\n", x86_row_where[row], x86_row_text[row],
           (unsigned long long)s, set, what, text, diff);
}

/* The case with its data out of reach until the first fault: the state there, and at the end. */
static void compare_repaired(unsigned row, u64 s, unsigned set, int prot)
{
    static struct tresult there, here;
    bool faulted, ended;

    irun_repair(prot, &there);
    faulted = irun(&tc, &got, true) && irun_repaired();
    irun_repair(prot, &here);
    ended = irun(&tc, &got, false);
    irun_repair(0, NULL);
    if (faulted != irun_repaired())
        mismatch(row, s, set, faulted ? ": no fault" : ": a fault", &want, &got);
    else if (faulted && !equal(&there, &here))
        mismatch(row, s, set, ": at the fault", &there, &here);
    else if (!ended || !equal(&want, &got))
        mismatch(row, s, set, ": after the fault", &want, &got);
    repairs += faulted;
}

/* The case as it is now, in the interpreter and translated. */
static void compare(unsigned row, u64 s, unsigned set)
{
    u64 fell = dyn_count.fallback_runs;
    bool ended;

    if (!irun(&tc, &want, true))
        return;
    if (!cfg.dynarec_align && want.st.exc == X86_EXC_GP && aligned_row(&tc)) {
        unaligned++;
        return;
    }
    ran++;
    ended = irun(&tc, &got, false);
    again = true;
    /* A host may have stored the part in front of the page that faults (QEMU does). */
    if (want.st.exc == X86_EXC_PF && memcmp(want.mem, got.mem, sizeof got.mem)) {
        memcpy(got.mem, want.mem, sizeof got.mem);
        partial++;
    }
    if (!ended || !equal(&want, &got))
        mismatch(row, s, set, "", &want, &got);
    if (repairing && want.st.exc != X86_EXC_PF) {
        compare_repaired(row, s, set, PROT_NONE);
        compare_repaired(row, s, set, PROT_READ);
    }
    refused += was_refused;
    fallbacks += dyn_count.fallback_runs != fell;
}

static void one(unsigned row, u64 s, bool sequence)
{
    if (!(sequence ? gen_sequence(&tc, row, s, 64, s & 1) : gen_single(&tc, row, s, 64)) ||
        tc_tainted(&tc))
        return;
    if (sequence && stores_mxcsr(&tc)) {
        stored++;
        return;
    }
    again = false;
    for (unsigned set = 0; set < values; set++) {
        if (set)
            gen_again(&tc, set);
        compare(row, s, set);
    }
}

static bool wanted(unsigned row)
{
    if (gen_skip_reason(row) || !(x86_rows[row].modes & 1))
        return false;
    for (unsigned i = 0; i < nglobs; i++)
        if (!fnmatch(globs[i], x86_op_names[x86_rows[row].op], FNM_CASEFOLD) ||
            !fnmatch(globs[i], x86_row_where[row], 0))
            return true;
    return !nglobs;
}

static unsigned all_rows(bool sequences)
{
    unsigned rows = 0;

    for (unsigned row = 0; row < X86_ROW_COUNT; row++) {
        unsigned before = fallbacks, bad = mismatches, runs = ran;

        if (!wanted(row))
            continue;
        rows++;
        for (unsigned i = 0; i < cases; i++) {
            one(row, seed + i, false);
            if (sequences)
                one(row, seed + i, true);
        }
        if (verbose)
            printf("%-20s %s: %u cases, %u with fallbacks, %u mismatches\n", x86_row_where[row],
                   x86_row_text[row], ran - runs, fallbacks - before, mismatches - bad);
    }
    return rows;
}

/* One that nobody has seen; it is printed, so that a failure can be repeated. */
static u64 fresh_seed(void)
{
    u32 s = 0;

    if (getrandom(&s, sizeof s, 0) != sizeof s)
        exit(2);
    return s;
}

int main(int argc, char **argv)
{
    bool sequences = false, fast = false;
    unsigned rows;

    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : "";

        if (!strcmp(argv[i], "--sequences")) {
            sequences = true;
            continue;
        }
        if (!strcmp(argv[i], "--fast")) {
            fast = true;
            continue;
        }
        if (!strcmp(argv[i], "--align")) {
            cfg.dynarec_align = 1;
            continue;
        }
        if (!strcmp(argv[i], "--repair")) {
            repairing = true;
            continue;
        }
        if (!strcmp(argv[i], "--verbose")) {
            verbose = true;
            continue;
        }
        if (!strcmp(argv[i], "--rows") && nglobs < 64)
            globs[nglobs++] = value;
        else if (!strcmp(argv[i], "--seed"))
            seed = strcmp(value, "fresh") ? strtoull(value, NULL, 0) : fresh_seed();
        else if (!strcmp(argv[i], "--mxcsr-free"))
            mxcsr_free = (u32)strtoul(value, NULL, 0);
        else if (!strcmp(argv[i], "--values"))
            values = (unsigned)strtoul(value, NULL, 0);
        else if (!strcmp(argv[i], "--nohostext"))
            cfg.dynarec_nohostext = value;
        else if (!strcmp(argv[i], "--cases"))
            cases = (unsigned)strtoul(value, NULL, 0);
        else
            return fprintf(stderr, "unknown option %s\n", argv[i]), 2;
        i++;
    }
    cfg.dynarec_fastnan = cfg.dynarec_fastround = fast;
    tmem_init();
    gen_init();
    if (dyn_init())
        return fprintf(stderr, "dyn_init failed\n"), 2;
    catch_faults();
    folds_wrongly = host_folds_wrongly();
    irun_init();
    irun_translated(translate);
    rows = all_rows(sequences);
    printf("not translated %u, with fallbacks %u, alignment faults left out %u, parts stored %u\n",
           refused, fallbacks, unaligned, partial);
    if (folds_wrongly)
        printf("left out: %u differences of blends behind PCMPEQ x, x; this QEMU's BIT is wrong\n",
               folded);
    if (tagged)
        printf("left out: %u pushes to addresses that are none by their highest byte\n", tagged);
    if (mxcsr_free)
        printf("left out: %u sequences that store MXCSR, %u results that FTZ flushed before they "
               "were rounded\n",
               stored, flushed);
    if (repairing)
        printf("faults repaired %u\n", repairs);
    printf("seed=%llu cases=%u rows=%u mismatches=%u\n", (unsigned long long)seed, ran, rows,
           mismatches);
    return mismatches || !ran || flushed > 3 + ran / 100000 || (repairing && !repairs);
}
