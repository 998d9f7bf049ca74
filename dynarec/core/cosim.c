/*
 * cosim.c - see cosim.h. The interpreter goes first, for real, on the thread's own state and
 * memory: each instruction's state and the bytes it writes are noted, then all is put back and
 * translated code runs. It comes out at an instruction the interpreter has been at (one of those
 * with that address); registers, vectors, x87, flags and every byte the interpreter wrote must be
 * equal.
 *
 * Left out: what happens while there is more than one guest thread (the others would see memory
 * that is taken back), instructions whose writes are not known beforehand (REP, masked and state
 * stores) or that never give the same twice (RDTSC ...), what leaves the process (system calls, the
 * interpreter's anyway), instructions that fault (run.c has the interpreter repeat them), flags
 * that the manual leaves undefined or that the host has otherwise (h_fp_loose). Invariant: between
 * before and after nobody else runs guest code.
 */
#include "dynarec/core/cosim.h"

#include <string.h>

#include "base/log.h"
#include "config/config.h"
#include "dynarec/core/region.h"
#include "interp/block.h"
#include "interp/interp.h"
#include "interp/sem.h"
#include "x86/decode.h"
#include "x86/flags.h"
#include "x86/format.h"

#define MAX_STEPS 320
#define MAX_WRITES 1024
#define MAX_BYTES 64
#define FLAGS (X86_OSZAPC | X86_DF)
#define SHOWN 20

struct state {
    u64 gpr[16], rip;
    u32 flags, mxcsr, undefined;
    union x86_vec vec[16];
    struct x86_fpu fpu;
};

struct write {
    gaddr at;
    u32 size, step;
    u8 was[MAX_BYTES], is[MAX_BYTES];
};

static struct state step[MAX_STEPS + 1]; /* before the instruction of that number */
static struct write wrote[MAX_WRITES];
static u32 nsteps, nwrites, undefined;
static bool ready; /* step[] is about the entry that is under way */
static bool whole; /* and goes as far as translated code can */
static u64 entries, compared, insns, not_compared, differences;
static u64 next_due; /* entry to compare; with sampling */

static void note_state(struct x86_cpu *c)
{
    struct state *s = &step[nsteps];

    memcpy(s->gpr, c->gpr, sizeof s->gpr);
    s->rip = c->rip;
    s->flags = x86_flags_get(c);
    s->mxcsr = c->mxcsr;
    s->undefined = undefined;
    memcpy(s->vec, c->vec, sizeof s->vec);
    s->fpu = c->fpu;
}

/* ---- the interpreter's run ---- */

static bool note_write(gaddr at, u32 size)
{
    struct write *w = &wrote[nwrites];

    if (nwrites == MAX_WRITES || !size || size > MAX_BYTES)
        return false;
    *w = (struct write){.at = at, .size = size, .step = nsteps};
    memcpy(w->was, g2h(at), size); /* a fault ends the run before this instruction */
    nwrites++;
    return true;
}

static bool repeatable(const struct x86_insn *in)
{
    u32 attr = x86_rows[in->row].attr;

    switch (in->op) {
    case X86_RDTSC:
    case X86_RDTSCP:
    case X86_RDRAND:
    case X86_RDSEED:
    case X86_RDPID:
    case X86_MASKMOVQ:
    case X86_MASKMOVDQU:
    case X86_VMASKMOVDQU:
    case X86_ENTER: return false;
    default: break;
    }
    return !(attr & X86_ATTR_STOP) && in->opnd[0].kind != X86_OPK_FAR &&
           !((in->pfx & (X86_PFX_REP | X86_PFX_REPNE)) && (attr & X86_ATTR_REP));
}

/* Notes what the instruction is going to write. False: that is not known. */
static bool note_writes(struct x86_cpu *c, const struct x86_insn *in)
{
    const struct x86_row *row = &x86_rows[in->row];

    if (row->attr & (X86_ATTR_PUSH | X86_ATTR_CALL) && !note_write(c->gpr[X86_RSP] - 8, 8))
        return false;
    for (unsigned i = 0; i < in->nopnd; i++) {
        unsigned size = in->opnd[i].size;

        if (!(row->opnd[i].access & X86_ACC_W))
            continue;
        if (in->opnd[i].kind == X86_OPK_DI) {
            if (!note_write(c->gpr[X86_RDI], size))
                return false;
        } else if (in->opnd[i].kind == X86_OPK_MEM) {
            bool bits = in->op == X86_BTS || in->op == X86_BTR || in->op == X86_BTC;
            gaddr a = bits && in->opnd[1].kind == X86_OPK_GPR
                          ? sem_bit_ea(c, in, size, c->gpr[in->opnd[1].reg & 15])
                          : sem_ea(c, in);

            if (row->attr & X86_ATTR_POP || !note_write(a, size))
                return false;
        }
    }
    return true;
}

struct turn {
    struct interp_op op;
    bool done, last;
};

/* Translated code comes out here: at the end of a loop's turn, and where another region is asked
 * for by address. */
static bool leaves(const struct x86_cpu *c, const struct interp_op *op)
{
    u32 attr = x86_rows[op->in.row].attr;

    return attr & X86_ATTR_BRANCH &&
           (attr & (X86_ATTR_CALL | X86_ATTR_RET | X86_ATTR_IND) || c->rip <= op->pc);
}

/* One instruction; the host's faults and the guest's exceptions leave it by longjmp. */
static void one(struct x86_cpu *c, void *arg)
{
    struct turn *turn = arg;
    struct x86_insn *in = &turn->op.in;
    const struct x86_row *row;
    u8 buf[16] = {0};
    bool checked;
    gaddr end;
    int n;

    turn->op.pc = c->rip;
    c->cur = in;
    end = c->env->fetch(c, c->rip, &checked);
    if (!end || checked)
        return;
    n = end - c->rip < 16 ? (int)(end - c->rip) : 16;
    memcpy(buf, g2h(c->rip), (size_t)n);
    n = x86_decode(in, buf, (size_t)n, c->rip, c->mode);
    if (n <= 0 || !repeatable(in) || !note_writes(c, in))
        return;
    c->rip += (unsigned)n;
    x86_sem[in->op](c, in);
    row = &x86_rows[in->row];
    undefined &= ~((u32)row->f_write & ~(u32)row->f_cond);
    undefined |= row->f_undef;
    turn->done = true;
    turn->last = leaves(c, &turn->op);
}

/* The architectural part of the CPU. */
static void put_back(struct x86_cpu *c, const struct x86_cpu *was)
{
    memcpy(c->gpr, was->gpr, sizeof c->gpr);
    c->rip = was->rip;
    c->lf = was->lf;
    c->eflags = was->eflags;
    c->mxcsr = was->mxcsr;
    memcpy(c->seg_base, was->seg_base, sizeof c->seg_base);
    memcpy(c->seg, was->seg, sizeof c->seg);
    c->mode = was->mode;
    memcpy(c->vec, was->vec, sizeof c->vec);
    c->fpu = was->fpu;
    c->exc = was->exc;
}

static void undo(struct x86_cpu *c, void *arg)
{
    (void)c;
    (void)arg;
    for (u32 i = nwrites; i--;) {
        memcpy(wrote[i].is, g2h(wrote[i].at), wrote[i].size);
        if (memcmp(wrote[i].is, wrote[i].was, wrote[i].size)) /* else it may have faulted there */
            memcpy(g2h(wrote[i].at), wrote[i].was, wrote[i].size);
    }
}

/* One entry in cfg.dynarec_test, at distances that no loop of the guest keeps step with. */
static bool due(void)
{
    static u64 random = 0x9e3779b97f4a7c15;
    u64 n = (u64)cfg.dynarec_test;

    if (entries++ < next_due)
        return false;
    random = random * 6364136223846793005 + 1442695040888963407;
    next_due = entries + (random >> 33) % (2 * n - 1);
    return true;
}

void cosim_before(struct x86_cpu *c)
{
    struct x86_cpu was = *c;
    struct interp_op undoing = {.pc = c->rip};
    bool go_on = true;

    ready = whole = false;
    if (!due() || !region_alone())
        return;
    nsteps = nwrites = undefined = 0;
    note_state(c);
    /* No path through a region is longer than its code. */
    while (go_on && nsteps < MAX_STEPS && nsteps < (u32)cfg.dynarec_maxinsns && c->mode == 64) {
        struct turn turn = {0};
        u32 before = nwrites;

        go_on = interp_attempt(c, one, &turn) && turn.done;
        if (!go_on) {
            /* It may have written a part, which is undone as well; as a step it never was. */
            for (u32 i = before; i < nwrites; i++)
                wrote[i].step = MAX_STEPS + 1;
            break;
        }
        nsteps++;
        note_state(c);
        whole = turn.last;
        go_on = !whole;
    }
    c->cur = &undoing.in;
    interp_attempt(c, undo, NULL);
    c->cur = NULL;
    put_back(c, &was);
    ready = true;
}

/* ---- comparison ---- */

/* Is this byte written again before step k? */
static bool again(u32 i, gaddr at, u32 k)
{
    for (i++; i < nwrites; i++)
        if (wrote[i].step < k && at - wrote[i].at < wrote[i].size)
            return true;
    return false;
}

/* undo() went backwards: `is` of an overlapped write holds what was there when it was undone, that
 * is, its own bytes. */
static bool memory_differs(u32 k, gaddr *where, u8 *want)
{
    for (u32 i = 0; i < nwrites; i++) {
        const struct write *w = &wrote[i];
        const u8 *now = g2h(w->at);

        if (w->step >= k || !memcmp(now, w->is, w->size))
            continue;
        for (u32 n = 0; n < w->size; n++)
            if (now[n] != w->is[n] && !again(i, w->at + n, k)) {
                *where = w->at + n;
                *want = w->is[n];
                return true;
            }
    }
    return false;
}

static bool f80_differ(const struct x86_fpu *a, const struct x86_fpu *b, unsigned i)
{
    return a->regs[i].m != b->regs[i].m || a->regs[i].se != b->regs[i].se;
}

static bool state_differs(struct x86_cpu *c, const struct state *s)
{
    u32 flags = FLAGS & ~s->undefined;

    if (memcmp(s->gpr, c->gpr, sizeof s->gpr) || (s->flags ^ x86_flags_get(c)) & flags ||
        (s->mxcsr ^ c->mxcsr) & ~h_fp_loose() || memcmp(s->vec, c->vec, sizeof s->vec) ||
        s->fpu.cw != c->fpu.cw || s->fpu.sw != c->fpu.sw || s->fpu.top != c->fpu.top ||
        s->fpu.used != c->fpu.used)
        return true;
    for (unsigned i = 0; i < 8; i++)
        if (f80_differ(&s->fpu, &c->fpu, i))
            return true;
    return false;
}

static void show_path(struct x86_cpu *c, u32 k)
{
    for (u32 i = 0; i < k; i++) {
        char text[X86_FORMAT_MAX] = "(bad)", bytes[3 * 15 + 1] = "";
        u8 buf[16] = {0};
        struct x86_insn in;
        bool checked;
        gaddr end = c->env->fetch(c, step[i].rip, &checked);
        int n = 0;

        if (end) {
            memcpy(buf, g2h(step[i].rip), end - step[i].rip < 16 ? end - step[i].rip : 16);
            n = x86_decode(&in, buf, 16, step[i].rip, c->mode);
        }
        if (n > 0)
            x86_format(text, sizeof text, &in, step[i].rip);
        for (int b = 0; b < n; b++)
            snprintf(bytes + 3 * b, 4, "%02x ", buf[b]);
        trace_print("  %llx  %-30s %s", (unsigned long long)step[i].rip, bytes, text);
    }
}

#define SAY(name, fmt, a, b) trace_print("  " name ": interpreter " fmt ", translated " fmt, a, b)
static void show_state(struct x86_cpu *c, const struct state *s)
{
    static const char *const names[16] = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
                                          "r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15"};

    for (unsigned i = 0; i < 16; i++)
        if (s->gpr[i] != c->gpr[i])
            trace_print("  %s: interpreter %llx, translated %llx", names[i],
                        (unsigned long long)s->gpr[i], (unsigned long long)c->gpr[i]);
    if ((s->flags ^ x86_flags_get(c)) & FLAGS & ~s->undefined)
        trace_print("  flags: interpreter %x, translated %x (undefined %x)", s->flags & FLAGS,
                    x86_flags_get(c) & FLAGS, s->undefined);
    if ((s->mxcsr ^ c->mxcsr) & ~h_fp_loose())
        SAY("mxcsr", "%x", s->mxcsr, c->mxcsr);
    for (unsigned i = 0; i < 16; i++)
        for (unsigned k = 0; k < 4; k++)
            if (s->vec[i].q[k] != c->vec[i].q[k])
                trace_print("  ymm%u[%u]: interpreter %016llx, translated %016llx", i, k,
                            (unsigned long long)s->vec[i].q[k], (unsigned long long)c->vec[i].q[k]);
    if (s->fpu.cw != c->fpu.cw || s->fpu.sw != c->fpu.sw || s->fpu.top != c->fpu.top ||
        s->fpu.used != c->fpu.used)
        trace_print("  x87 cw sw top used: interpreter %x %x %u %x, translated %x %x %u %x",
                    s->fpu.cw, s->fpu.sw, s->fpu.top, s->fpu.used, c->fpu.cw, c->fpu.sw, c->fpu.top,
                    c->fpu.used);
    for (unsigned i = 0; i < 8; i++)
        if (f80_differ(&s->fpu, &c->fpu, i))
            trace_print("  fpr%u: interpreter %04x.%016llx, translated %04x.%016llx", i,
                        s->fpu.regs[i].se, (unsigned long long)s->fpu.regs[i].m, c->fpu.regs[i].se,
                        (unsigned long long)c->fpu.regs[i].m);
}

static void show(struct x86_cpu *c, u32 k)
{
    gaddr where;
    u8 want;

    if (differences++ >= SHOWN)
        return;
    trace_print("cosim: a difference after %u instructions from %llx (BOX64_DYNAREC_MAXINSNS=1 "
                "looks at each)",
                k, (unsigned long long)step[0].rip);
    if (step[k].rip != c->rip)
        SAY("rip", "%llx", (unsigned long long)step[k].rip, (unsigned long long)c->rip);
    show_path(c, k);
    show_state(c, &step[k]);
    if (memory_differs(k, &where, &want))
        trace_print("  memory %llx: interpreter %02x, translated %02x", (unsigned long long)where,
                    want, *(u8 *)g2h(where));
}

#undef SAY

bool cosim_repeat(struct x86_cpu *c)
{
    u32 k = 0;

    if (!ready || !region_alone())
        return false;
    while (k < nsteps && step[k].rip != c->rip)
        k++;
    for (; k < nsteps; k++) {
        struct turn turn = {0};

        if (!interp_attempt(c, one, &turn) || !turn.done) {
            c->cur = NULL;
            ready = false; /* a fault, which the interpreter meets again */
            return false;
        }
    }
    c->cur = NULL;
    return true;
}

void cosim_after(struct x86_cpu *c)
{
    u32 candidate = 0;
    bool found = false;

    if (!ready || !region_alone())
        return;
    ready = false;
    for (u32 k = 0; k <= nsteps; k++) {
        gaddr where;
        u8 want;

        if (step[k].rip != c->rip)
            continue;
        if (!state_differs(c, &step[k]) && !memory_differs(k, &where, &want)) {
            compared++;
            insns += k;
            return;
        }
        /* The first at which translated code may have come out: later ones are loops' turns. */
        if (!found && k)
            candidate = k;
        found = found || k;
    }
    if (found || whole) /* not found: a branch that the interpreter does not take */
        show(c, found ? candidate : nsteps);
    else
        not_compared++;
}

void cosim_report(void)
{
    if (cfg.dynarec_test)
        trace_print(
            "cosim: %llu of %llu entries and %llu instructions compared, %llu could not be, "
            "%llu differences",
            (unsigned long long)compared, (unsigned long long)entries, (unsigned long long)insns,
            (unsigned long long)not_compared, (unsigned long long)differences);
}
