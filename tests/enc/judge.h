/*
 * judge.h - what the encoder sweeps share. A sweep says for each word it encoded what the
 * assembly text of it is (written from the operands, never from the word); llvm-mc assembles all
 * the text and each word must come out as ours. Aliases therefore need no care.
 */
#ifndef TESTS_ENC_JUDGE_H
#define TESTS_ENC_JUDGE_H

#include "base/types.h"

/* Number of register picks: each of four operands goes through 0..31 once, the others random. */
enum { PICKS = 128 };

void want(u32 word, const char *format, ...) PRINTF_LIKE(2, 3);

/* 0 = all words agree, 1 = not, 77 = no llvm-mc. */
int judge_run(const char *llvm_mc);

/* The k-th pick; few picks (for encoders with many other operands) go through fewer registers. */
void pick(unsigned k, unsigned r[4]);
u64 rnd(void);
unsigned below(unsigned bound);
/* A value in min..max that is a multiple of step: the ends and zero often, else anything. */
i64 edge(i64 min, i64 max, i64 step);

/* Operand text; the strings live until a dozen more are made. */
const char *gx(unsigned sf, unsigned reg);                          /* w0 .. wzr, x0 .. xzr */
const char *gsp(unsigned sf, unsigned reg);                         /* the same, but wsp and sp */
const char *vec(unsigned q, unsigned size_log2, unsigned reg);      /* v0.8b .. v31.2d */
const char *lane(unsigned size_log2, unsigned reg, unsigned index); /* v0.b[1] */
const char *sca(unsigned size_log2, unsigned reg);                  /* b0 h0 s0 d0 q0 */

extern const char *const cond_name[15];
extern const char *const shift_name[4];
extern const char *const ext_name[8];

/* A check of a helper against its definition; `value` is printed when it fails. */
void expect(bool ok, const char *what, u64 value);

void sweep_int(void);
void sweep_branch(void);
void sweep_memory(void);
void sweep_float(void);
void sweep_vector(void);
void sweep_element(void);
void check_predicates(void);

#endif
