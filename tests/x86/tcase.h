/*
 * tcase.h - one case of the CPU oracle: instructions, the whole input state, and the state after a
 * run. Shared by the generator, the native and the interpreter runner, comparison, shrinking and
 * the recorded vectors.
 *
 * Memory of a case (the same addresses for the real CPU and the interpreter):
 *   TC_CODE_END - n   the instructions; they end where the pad page begins
 *   TC_PADS           landing pads, TC_PAD_STEP apart: running into pad i ends the case with rip =
 * that pad TC_MEM            one page of data, guard pages (no access) on both sides; TC_RO: a page
 * that cannot be written
 */
#ifndef TESTS_TCASE_H
#define TESTS_TCASE_H

#include "rowgen.h"
#include "x86/cpu.h"

#define TC_CODE 0x10000000ull
#define TC_CODE_END 0x10001000ull
#define TC_PADS 0x10001000ull
#define TC_PAD_STEP 32
#define TC_NPADS 4
#define TC_CTL                                                                                     \
    0x10100000ull /* control block of the native runner; word 0 of TC_COUNTER is the loop counter  \
                   */
#define TC_COUNTER 0x10180000ull
#define TC_MEM 0x20001000ull
#define TC_MEM_SIZE 4096u
#define TC_RO 0x20003000ull
#define TC_MAX_INSNS 10

struct tstate {
    u64 gpr[16];
    u64 rip;
    u64 fs_base, gs_base;
    u16 seg[6]; /* selectors afterwards; of cases that load some */
    u32 flags, mxcsr;
    union x86_vec vec[16];
    struct x86_fpu fpu;
    u8 exc; /* enum x86_exc_vec */
    u32 err;
    u64 addr;
};

struct tcase {
    unsigned row;  /* the row under test (first of a sequence) */
    unsigned mode; /* 64 or 32 */
    u64 seed;
    unsigned n; /* instructions */
    u8 code[TC_MAX_INSNS * 16];
    unsigned len;
    u8 insn_off[TC_MAX_INSNS];
    struct x86_insn insn[TC_MAX_INSNS];
    u32 loops;     /* initial loop counter */
    bool segments; /* has to do with segment registers */
    bool far;      /* may leave in the other mode: even pads are 64-bit code, odd ones 32-bit */
    struct tstate in;
    u8 mem[TC_MEM_SIZE] __attribute__((aligned(32)));
};

struct tresult {
    struct tstate st;
    u8 mem[TC_MEM_SIZE] __attribute__((aligned(32)));
};

static inline gaddr tc_start(const struct tcase *t)
{
    return TC_CODE_END - t->len;
}

/* gen.c: inputs are a function of (row text, seed) only. False: the row has no testable encoding.
 */
void gen_init(void);
bool gen_single(struct tcase *t, unsigned row, u64 seed, unsigned mode);
/* Are there sequences with this row? */
bool gen_fits_sequence(unsigned row, unsigned mode);
bool gen_sequence(struct tcase *t, unsigned row, u64 seed, unsigned mode, bool loop);
/* gen_again.c: other values for the code of a case; which follows from both seeds. */
void gen_again(struct tcase *t, u64 seed);
const char *gen_skip_reason(unsigned row); /* NULL: tested, in each mode that it is valid in */

/* memory.c: maps the regions; writes a case's code and data. */
void tmem_init(void);
void tmem_load(const struct tcase *t);
/* The page of data gets these rights (PROT_*). */
void tmem_protect(int prot);
/* Gives a forked child code pages of its own. */
void tmem_after_fork(void);
/* A byte of the two pages at TC_CODE, to write to: there they are read-only. */
u8 *tmem_code(gaddr a);

/* irun.c: interp_init + runs. stepped: interp_step, else interp_run (cached blocks, fast handlers).
 * False: no end within the limit. */
void irun_init(void);
bool irun(const struct tcase *t, struct tresult *out, bool stepped);

/* compare.c: text of the differences into buf; false when equal. */
bool tc_differ(const struct tcase *t, const struct tresult *want, const struct tresult *got,
               char *buf, size_t size);
/* An instruction of the sequence reads a flag that an earlier one leaves undefined. */
bool tc_tainted(const struct tcase *t);
u64 tc_hash(const struct tcase *t, const struct tresult *r);

/* print.c: the case as assembler source with its input state. */
void tc_print(const struct tcase *t, char *buf, size_t size);

#endif
