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

#endif
