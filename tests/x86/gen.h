/*
 * gen.h - values that find bugs: integers, floats of all kinds, x87 states. Internal to the
 * oracle's generator.
 */
#ifndef TESTS_GEN_H
#define TESTS_GEN_H

#include "tcase.h"

u64 gen_int(struct rng *r);
u32 gen_f32(struct rng *r);
u64 gen_f64(struct rng *r);
struct x86_f80 gen_f80(struct rng *r);
void gen_vec(struct rng *r, union x86_vec *v);
void gen_fpu(struct rng *r, struct x86_fpu *f);
void gen_mem(struct rng *r, u8 *mem);
u32 gen_mxcsr(struct rng *r);

/* gen.c for gen_far.c. Bytes of case memory, NULL when they are not all inside; where the memory
 * operand points; instruction i again after its bytes changed. */
u8 *gen_case_mem(struct tcase *t, gaddr a, unsigned size);
gaddr gen_effective(const struct tcase *t, const struct x86_insn *in);
struct x86_insn *gen_redecode(struct tcase *t, unsigned i);

/* gen_far.c: rows that enter another code segment; rows that have to do with segments at all; what
 * those need in registers and memory. */
bool gen_is_far(unsigned row);
bool gen_is_segment(unsigned row);
/* Far pointers with REX.W: AMD reads 32-bit offsets, Intel (and the engine) 64-bit ones. */
bool gen_cpus_differ(const struct x86_insn *in);
void gen_fix_segment(struct tcase *t, struct rng *r, struct x86_insn *in);

#endif
