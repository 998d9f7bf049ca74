/*
 * tr.h - one region while it is translated: the decoded records (the only representation), the
 * blocks made of them, and the host code written so far. Made by discover.c, annotated by
 * analyse.c, walked by driver.c, written to by translate/ and the backend.
 *
 * One pass writes the code; forward branches, literals and exits are fixed up at the end. (The
 * plan's extra measuring pass would run every tr_ twice; a fixup list does the same for one.)
 * Errors stick in tr.err and are looked at once.
 */
#ifndef DYNAREC_CORE_TR_H
#define DYNAREC_CORE_TR_H

#include "x86/cpu.h"
#include "x86/rows.h"

typedef u8 hreg; /* host general register */
typedef u8 vreg; /* host vector register */
#define H_NONE 0xff

#define TR_MAX_INSNS 512
#define TR_MAX_BLOCKS 96
#define TR_MAX_WORDS 24576 /* 4-byte units of host code */
#define TR_MAX_FIXUPS 2048
#define TR_MAX_LITERALS 1024
#define TR_MAX_EXITS 384
#define TR_MAX_COLD 384
#define TR_MAX_FP_STORES 128
#define TR_MAX_LABELS (2 * TR_MAX_BLOCKS + 2 * TR_MAX_EXITS + 3 * TR_MAX_COLD + TR_MAX_FP_STORES)

struct tr_insn {
    struct x86_insn in;
    gaddr pc;
    u32 at;       /* first host word */
    u16 need;     /* EFLAGS bits of OSZAPC that somebody may read after this instruction */
    u16 state;    /* flag state before it, for faults (h_flag_state) */
    bool plain;   /* its data was unaligned: no ordered or atomic host access (unaligned.h) */
    u8 back;      /* a fault in it restarts this many instructions before */
    u8 moved_reg; /* general register that was moved by `moved` before its time, 0: none was */
    i16 moved;
};

#define TR_EXTERNAL (-1)

struct tr_block {
    gaddr pc, end;
    u32 first, n;
    i16 taken, next; /* successor blocks; TR_EXTERNAL: outside the region, or none */
    u16 live_out;    /* flags live where control leaves at the end */
    u16 live_in;
    bool head;  /* target of a backward branch */
    bool falls; /* control can run past the last instruction */
    u32 label;
    u32 enter;   /* label of its entry from outside, where the x87 stack is checked */
    bool joined; /* not only by falling into it from the block before */
};

/* How a guest branch leaves, or loops within, the region. */
enum tr_site_kind { TR_SITE_JUMP, TR_SITE_CALL, TR_SITE_OUT /* never to this region */ };

/* A patchable branch: to its stub until it is linked, and again when the thread has to stop. */
struct tr_site {
    u32 at;   /* word of the branch */
    u32 stub; /* word of its stub */
    gaddr target;
    u8 kind;
    bool inside; /* target is a block of this region */
    u32 label;   /* of the stub */
    u32 block;   /* with inside */
};

/* A place other code may enter at: region entry, loop heads, return points. */
struct tr_entry {
    gaddr pc;
    u32 at;
    u32 stale; /* where it goes once the region is dead */
};

enum tr_fix_kind { TR_FIX_BRANCH, TR_FIX_LITERAL };

struct tr_fixup {
    u32 at;
    u32 target; /* label or literal index */
    u8 kind;
};

struct tr_flags {
    u8 kind;     /* the backend's; 0 is the canonical state */
    u8 inv;      /* carry is inverted */
    bool zero_c; /* the host's carry is known to be 0 */
};

/* Upper halves of YMM registers that host registers hold (h_ymm_get in host_vecint.h). */
#define TR_YMM_SLOTS 8
struct tr_ymm {
    u32 used[TR_YMM_SLOTS]; /* clock of the last use */
    u32 clock;
    u8 of[TR_YMM_SLOTS]; /* YMM register in this slot, 0xff: none; TR_YMM_TBL + i */
    u8 dirty;            /* bit per slot: memory does not have it yet */
    bool unclean;        /* jit.ymm_clean is known to be 0 */
    u16 zero;            /* bit i: the upper half of YMM i is zero */
    /* MMX registers: 16 + i in of[], never dirty (translate/tr_mmx.c). TOP and the tags are as MMX
     * has them and no exception is pending; bit i: so is the exponent of register i. */
    bool mmx;
    u8 mmx_ones;
};

/*
 * In of[], never dirty: what H_VTBL makes of XMM i before it looks up by it; 16 + i: of the upper
 * half of YMM i. Along loops that do not write the register (translate/tr_ymm.c).
 */
#define TR_YMM_TBL 32

/* What the slots hold where a block of a loop starts (translate/tr_ymm.c). */
struct tr_ymm_keep {
    u8 of[TR_YMM_SLOTS];
    u8 dirty;
};
#define TR_MAX_YMM_LOOPS 16

/* From word `at` on these slots have to be saved when a fault is taken. */
#define TR_MAX_YMM_NOTES 512
struct tr_ymm_note {
    u32 at;
    u32 of; /* 4 bits a slot */
    u32 dirty;
};

struct tr;
/* Code out of the straight way, written after the last block. */
struct tr_cold {
    void (*emit)(struct tr *t, const struct tr_cold *c);
    u32 label, back;
    const struct tr_insn *insn;
    u64 a, b;
    u32 blk;
    u16 state;         /* of the flags, for faults */
    struct tr_ymm ymm; /* as it was at tr_cold(), and is when emit runs */
};

/* Floating point in runs (translate/tr_fp_run.c), and scalars (tr_lanes.c). */
#define TR_MAX_FP_LATE 8
#define TR_MAX_FP_OLD 6
struct tr_fp {
    u32 zero; /* bit i: bytes 8-15 of XMM i are zero, bit 16 + i: bytes 4-15 are */
    u32 seen; /* the same at the region's entry, when it is translated */
    u32 zero_in[TR_MAX_BLOCKS];
    bool open, check; /* a run is open; it has to be checked */
    bool invalid;     /* ... for invalid operations */
    bool nan_packed;  /* nan has all elements, not the low one alone */
    u32 first;        /* its first instruction */
    u32 read;         /* its live-in registers; upper halves of YMM i: bit 16 + i */
    u32 full;         /* registers whose value is in loc[] */
    u16 low, low8;    /* ... whose low element alone is; of 8 bytes */
    u16 thin, thin8; /* ... written in place from the run's start on, its elements of 8 bytes, of 4;
                      * the rest is zero as it was, and has to stay so */
    u16 up_zero;     /* registers whose upper half the run makes zero */
    u16 up_used;     /* ... has in a slot of struct tr_ymm */
    u8 loc[32];
    u32 held;   /* temporaries in loc[], and nan */
    vreg nan;   /* elements that are no NaN in all results of FMA; 0: there are none */
    hreg flags; /* with nan: the host's exceptions as they were before */
    u32 late[TR_MAX_FP_LATE]; /* other instructions of the run, done behind its check */
    u32 nlate;
    u16 late_gpr;                /* general registers that they write */
    u16 late_vread, late_vwrite; /* vector registers that they read or write, and write */
    u8 step_reg;                 /* one of them, by `step` in all; X86_REG_NONE: none of them so */
    i32 step;
    /* Its stores (translate/tr_fp_store.c), `stored` of them in struct tr.fp_store from store0 on.
     */
    u32 store0, stored;
    u32 nold;
    struct {
        const struct x86_insn *in; /* register r has what its memory operand had; at disp */
        i64 disp;
        vreg r;
        u8 sz;
    } old[TR_MAX_FP_OLD];
    bool goes_on; /* past the conditional branch that this block ends with */
    bool edge;    /* where such a branch was taken */
};

/* A store of a run: what memory had is in a vector register until the run has been checked. */
struct tr_fp_store {
    const struct x86_insn *in;
    u32 label; /* of code that takes it and those before it back */
    i32 step;  /* as in struct tr_fp then */
    u8 step_reg, sz;
    vreg old;
};

/* Where a branch out of a run is taken. */
#define TR_MAX_FP_EDGES 12
struct tr_fp_edge {
    struct tr_fp fp;
    struct tr_flags fl;
    gaddr target;
};

/* From word `at` on, a fault goes to this label first: it takes the run's stores back. */
#define TR_MAX_UNDO_NOTES (4 * TR_MAX_FP_STORES)
enum { TR_UNDO_NONE = 0xffffffff, TR_UNDO_RUNS = 0xfffffffe /* that code itself */ };
struct tr_undo_note {
    u32 at;
    u32 label; /* in regions: its word */
};

/*
 * The x87 stack (translate/tr_x87.c). known: top and used are what they are at run time. In double
 * mode: active: physical register p, if used, is in host register reg[p]; dirty: memory (jit.st,
 * fpu.top, fpu.used) is older. In 80 bits registers are always in memory; dirty: the rest is older.
 */
struct tr_x87_state {
    bool known, active, dirty;
    bool guess; /* not known, but worth a look: top and used as before a call */
    u8 top, used;
    u8 reg[8];
    /* In 80 bits: what memory has of top and used, and what is still to be written to the status
     * word (C1 = 0) and to the pointers of the last instruction. */
    u8 mtop, mused;
    bool c1, ptr;
    u16 fop;
    gaddr fip;
};
#define TR_MAX_X87_NOTES 512
struct tr_x87_note { /* from word `at` on, for faults */
    u32 at;
    struct tr_x87_state st;
};
struct tr_x87 {
    bool any; /* the region has x87 instructions */
    struct tr_x87_state now;
    struct {
        struct tr_x87_state st;
        bool set; /* an edge or the block itself has said where the registers are */
        bool reached;
    } in[TR_MAX_BLOCKS];
    struct tr_x87_note note[TR_MAX_X87_NOTES];
    u32 nnote;
    struct tr_x87_state site[TR_MAX_EXITS]; /* at each patchable branch */
    struct tr_x87_state slow[TR_MAX_COLD];  /* where cold code starts (tr_x80.c) */
    u8 top, used;                           /* at the region's entry */
    bool masked;                            /* all exceptions are, as 80 bits want it */
};

/*
 * Loops whose results are looked at where they are left (translate/tr_hoist.c): blocks first to
 * last; gpr, xmm and upper halves of YMM, a bit each, are kept in jit.loop_* since the entry. at,
 * end: their words.
 */
#define TR_MAX_HOISTS 8
struct tr_hoist {
    u32 first, last;
    u32 at, end;
    u16 gpr, xmm, up;
};
struct tr_hoists {
    u32 n;
    struct tr_hoist loop[TR_MAX_HOISTS];
    u8 of[TR_MAX_BLOCKS]; /* index + 1 */
    bool checked;         /* this branch has looked */
};

struct tr_options {
    u16 maxinsns;
    u8 test; /* BOX64_DYNAREC_TEST: all flags are wanted outside */
    u8 strongmem, callret, safeflags, fastnan, fastround, x87double, align;
    bool count; /* runs of blocks, for stats.c */
};

/* tr.c: as BOX64_DYNAREC_* say; without count. */
struct tr_options tr_options_set(void);

struct tr {
    gaddr entry;
    u8 mode;
    struct tr_options opt;
    const struct x86_env *env;
    struct x86_cpu *cpu;
    const char *err; /* why it can not be translated, NULL */

    struct tr_insn ins[TR_MAX_INSNS];
    struct tr_block blk[TR_MAX_BLOCKS];
    u32 nins, nblk;
    u32 attrs;                  /* of all their rows together */
    gaddr page[8], page_end[8]; /* guest code that may be read */
    u32 npages;

    u32 *code;
    u32 n;
    struct tr_fixup fix[TR_MAX_FIXUPS];
    u32 nfix;
    u64 lit[TR_MAX_LITERALS];
    u32 nlit, lit_at; /* word of the first literal, once written */
    u32 label[TR_MAX_LABELS];
    u32 nlabel;
    struct tr_site site[TR_MAX_EXITS];
    u32 nsite;
    struct tr_entry entries[TR_MAX_BLOCKS + TR_MAX_EXITS];
    u32 nentry;
    struct tr_cold cold[TR_MAX_COLD];
    u32 ncold;
    const struct tr_insn *fallback[TR_MAX_INSNS]; /* instructions that run through x86_sem */
    u32 nfallback;
    bool more[TR_MAX_INSNS];       /* the same call goes on with the next of fallback[] */
    u32 sem_end, sem_cur, sem_blk; /* end of the last call's code, its last instruction and block */

    /* while one instruction is translated */
    u32 cur; /* its index */
    u32 curblk;
    u32 moved; /* the instruction whose first operand is still in moved_from (tr_MOV) */
    hreg moved_from;
    u32 tmp_free; /* bit per host register */
    u32 vtmp_free;
    hreg zext_reg; /* zero above the operand size: a value just loaded */
    struct tr_flags fl;
    struct tr_ymm ymm;
    struct dyn_profile *profile; /* with opt.count */
    u32 done[TR_MAX_INSNS / 32]; /* bit per instruction: translated with an earlier one */
    struct tr_ymm_keep ymm_keep[TR_MAX_YMM_LOOPS + 1];
    u8 ymm_loop[TR_MAX_BLOCKS];                /* index in it; 0: the block starts with nothing */
    struct tr_ymm_keep ymm_site[TR_MAX_EXITS]; /* at each patchable branch */
    bool ymm_tbl;                              /* some loops keep what PSHUFB looks up by */
    bool ymm_late; /* conditional branches store upper halves only where they are taken */
    struct tr_ymm_note note[TR_MAX_YMM_NOTES];
    u32 nnote;
    struct tr_fp fp;
    struct tr_fp_store fp_store[TR_MAX_FP_STORES];
    struct tr_fp_edge fp_edge[TR_MAX_FP_EDGES];
    struct tr_undo_note undo[TR_MAX_UNDO_NOTES];
    u32 nfp_store, nfp_edge, nundo;
    struct tr_x87 x87;
    struct tr_hoists hoist;
};

/* Literals of this value and up stand for the records of fallback[]. No guest address. */
#define TR_FALLBACK_LITERAL 0xfeed000000000000ull

#define TR_UNBOUND 0xffffffffu

ALWAYS_INLINE void tr_fail(struct tr *t, const char *why)
{
    if (!t->err)
        t->err = why;
}

ALWAYS_INLINE void tr_put(struct tr *t, u32 word)
{
    if (UNLIKELY(t->n >= TR_MAX_WORDS)) {
        tr_fail(t, "too much code");
        return;
    }
    t->code[t->n++] = word;
}

u32 tr_label(struct tr *t);
void tr_bind(struct tr *t, u32 label);
/* Writes `word`, a branch whose offset becomes that of the label. */
void tr_branch(struct tr *t, u32 word, u32 label);
/* Writes `word`, a literal load whose offset becomes that of the constant. */
void tr_literal(struct tr *t, u32 word, u64 value);
/* The patchable branch `word` to guest `target`; kind CALL also pushes on the shadow stack. */
void tr_site(struct tr *t, u32 word, gaddr target, enum tr_site_kind kind);
/* Notes that other code may enter at this word for guest pc. */
void tr_entry(struct tr *t, gaddr pc);
struct tr_cold *tr_cold(struct tr *t, void (*emit)(struct tr *t, const struct tr_cold *c));

ALWAYS_INLINE const struct tr_insn *tr_cur(const struct tr *t)
{
    return &t->ins[t->cur];
}

/* Has the region vector, MMX or x87 instructions? Most have none, and none of that state. */
#define TR_ATTR_VECTORS (X86_ATTR_SSE | X86_ATTR_AVX | X86_ATTR_MMX | X86_ATTR_X87)
ALWAYS_INLINE bool tr_vectors(const struct tr *t)
{
    return (t->attrs & TR_ATTR_VECTORS) != 0;
}

/* Flags that whoever is left to in front of an instruction may read. */
ALWAYS_INLINE unsigned tr_flags_before(const struct tr *t, const struct tr_insn *ti)
{
    return t->opt.test ? X86_OSZAPC : ti->need | (x86_flags_read(&ti->in) & X86_OSZAPC);
}

/* Between a MOV and the instruction that does its work (struct tr.moved). */
ALWAYS_INLINE bool tr_move_waits(const struct tr *t)
{
    return t->moved != TR_UNBOUND && t->moved > t->cur;
}

/* The block of this region that starts at pc, or TR_EXTERNAL. */
int tr_block_at(const struct tr *t, gaddr pc);

/* run.c: an assumption at this place has failed before: of a region that begins there, of others.
 */
enum { TR_REFUTED_ENTRY = 1, TR_REFUTED_INSIDE = 2 };
unsigned tr_refuted_at(gaddr pc);

ALWAYS_INLINE bool tr_refuted(const struct tr *t, gaddr pc)
{
    return tr_refuted_at(pc) & (pc == t->entry ? TR_REFUTED_ENTRY : ~0u);
}

/* translate/tr_hoist.c, in such a loop: label of code that takes it back to its head and leaves;
 * the branch `word` to the label, or to guest target, out of it. */
u32 tr_hoist_restart(struct tr *t);
bool tr_hoist_exit(struct tr *t, u32 word, gaddr target, int block);
/* translate/tr_fp_store.c: where h_fp_check() of a run with stores goes if it fails; the branch
 * `word` out of an open run to guest target. */
u32 tr_fp_take_back(struct tr *t, const struct tr_insn *first);
void tr_fp_edge(struct tr *t, u32 word, gaddr target);
/* translate/tr_x87.c: others may enter at this block; else it begins with a jump out to there. */
bool tr_x87_starts(const struct tr *t, u32 block);

#endif
