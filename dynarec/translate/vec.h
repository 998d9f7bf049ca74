/*
 * vec.h - what the tr_vec_*.c files share. A 256-bit operation is two: on the pinned low halves and
 * on the upper ones (h_ymm_*). Memory is read before anything is written. Writes: legacy SSE keeps
 * the upper half, VEX.128 zeroes it (tr_v_done). Forms with MMX registers are tr_mmx.c's.
 *
 * The alignment of operands that must be aligned (#GP for MOVAPS and most legacy forms) is checked
 * before, and only with BOX64_DYNAREC_ALIGN=1 (tr_v_align).
 */
#ifndef DYNAREC_TRANSLATE_VEC_H
#define DYNAREC_TRANSLATE_VEC_H

#include "dynarec/translate/translate.h"

/* Every tr_<OP> of vec.def. */
#define TR(op) bool tr_##op(struct tr *t, const struct x86_insn *in);
#include "dynarec/translate/vec.def"
#undef TR
#define TR_FN(op) bool tr_##op(struct tr *t, const struct x86_insn *in)

struct tr_v2 {
    vreg lo, hi; /* hi is void for 16 bytes */
};

ALWAYS_INLINE vreg tr_v_reg(const struct x86_insn *in, unsigned i)
{
    return h_vec(in->opnd[i].reg);
}

/* Source operand i of sz bytes: its register, or a temporary with it. */
vreg tr_v_src(struct tr *t, const struct x86_insn *in, unsigned i, unsigned sz);
/* Source operand i of in->vl bytes. */
struct tr_v2 tr_v_src2(struct tr *t, const struct x86_insn *in, unsigned i);
/* The upper half of register operand i, to read and to write (then tr_v_put). */
vreg tr_v_high(struct tr *t, const struct x86_insn *in, unsigned i);
vreg tr_v_set(struct tr *t, const struct x86_insn *in, unsigned i);
void tr_v_put(struct tr *t, const struct x86_insn *in, unsigned i);
/* After VEX.128 wrote operand 0. */
void tr_v_done(struct tr *t, const struct x86_insn *in);
bool tr_v_mmx(const struct x86_insn *in);
/* tr_vec_arith.c: an operation between vector registers that neither faults nor leaves. */
bool tr_v_plain(const struct x86_insn *in);

/* op on operands 0 and 1 (legacy), and 1 and 2 into 0 (VEX). */
bool tr_v_sse(struct tr *t, const struct x86_insn *in, enum h_vop op, unsigned esz);
bool tr_v_avx(struct tr *t, const struct x86_insn *in, enum h_vop op, unsigned esz);

/* Two sources and the immediate of this 128-bit lane: d may be any of the sources. */
typedef void tr_v_lane(struct tr *t, vreg d, vreg a, vreg b, unsigned imm);
/* Operand 0 and 1, imm; lane 1 of VEX.256 uses imm >> step. */
bool tr_v_sse_lane(struct tr *t, const struct x86_insn *in, tr_v_lane *fn);
bool tr_v_avx_lane(struct tr *t, const struct x86_insn *in, tr_v_lane *fn, unsigned step);
/* The same with operand 1 as the only source (a = b). */
bool tr_v_sse_lane1(struct tr *t, const struct x86_insn *in, tr_v_lane *fn);
bool tr_v_avx_lane1(struct tr *t, const struct x86_insn *in, tr_v_lane *fn, unsigned step);

/* tr_<OP> of one source, lane by lane, and its VEX twin. */
#define TR_V_LANE1(OP, FN)                                                                         \
    TR_FN(OP)                                                                                      \
    {                                                                                              \
        return tr_v_sse_lane1(t, in, FN);                                                          \
    }                                                                                              \
    TR_FN(V##OP)                                                                                   \
    {                                                                                              \
        return tr_v_avx_lane1(t, in, FN, 0);                                                       \
    }

#endif
