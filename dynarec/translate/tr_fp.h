/*
 * tr_fp.h - operands of the tr_fp_*.c files. "Last" is the r/m operand; legacy forms have their
 * destination as first source.
 */
#ifndef DYNAREC_TR_FP_H
#define DYNAREC_TR_FP_H

#include "dynarec/translate/translate.h"

/* The three places of a packed operation in 1 or 2 registers of 16 bytes each. */
struct tr_fv {
    unsigned n;
    vreg d[2], a[2], b[2];
};

/* Low `sz` bytes of XMM operand i, in its register or loaded. */
vreg tr_fs_src(struct tr *t, const struct x86_insn *in, unsigned i, unsigned sz);
/* Operand i of 16 or 32 bytes. */
void tr_fv_src(struct tr *t, const struct x86_insn *in, unsigned i, unsigned n, vreg v[2]);
/* Destination registers of operand 0, then, with the values written, its upper half. */
void tr_fv_dst(struct tr *t, const struct x86_insn *in, unsigned n, vreg d[2]);
void tr_fv_done(struct tr *t, const struct x86_insn *in, unsigned n);

/* VEX scalar results and 128-bit ones: the upper half of operand 0 becomes zero. */
void tr_fs_done(struct tr *t, const struct x86_insn *in);

ALWAYS_INLINE bool tr_f_vex(const struct x86_insn *in)
{
    return (x86_rows[in->row].attr & X86_ATTR_AVX) != 0;
}

ALWAYS_INLINE vreg tr_f_reg(const struct x86_insn *in, unsigned i)
{
    return h_vec(in->opnd[i].reg);
}

/* tr_fp_kind.c: an instruction as a step of a run. ARITH to FROM_INT: of the low element; n: how
 * many registers of 16 bytes; a, b: the numbers of its first and its last source. */
enum tr_fp_kind {
    TR_FP_NONE,
    TR_FP_ARITH,
    TR_FP_SQRT,
    TR_FP_CVT,
    TR_FP_FROM_INT,
    TR_FP_FMA,
    TR_FP_PACKED,
    TR_FP_LOGIC,
    TR_FP_COPY,
    TR_FP_LOAD,
    TR_FP_DUP,
    TR_FP_ZERO,
    TR_FP_STORE,
    TR_FP_CMP /* writes EFLAGS */
};
struct tr_fp_step {
    enum tr_fp_kind kind;
    enum h_fop op;
    enum h_vop vop;
    u8 sz; /* bytes of the result's elements, of the value loaded */
    u8 n, a, b;
    bool vex, packed;
    u8 neg;    /* FMA */
    u16 order; /* ... its multiplicand, multiplier and addend, as digits 1 2 3 */
};
struct tr_fp_step tr_fp_classify(const struct x86_insn *in);

/* tr_fp_store.c. Is the memory operand, of sz bytes, stored to later in the block, from register
 * *from? Then tr_fp_loaded(): r has what was there, until the run ends. */
bool tr_fp_rewritten(const struct tr *t, const struct x86_insn *in, unsigned sz, unsigned *from);
void tr_fp_loaded(struct tr *t, const struct x86_insn *in, unsigned sz, vreg r);
/* Index in t->fp.old[] of what is at the store's memory operand, -1: it has to wait for the check;
 * behind the store: tr_fp_stored(), behind the check: tr_fp_checked(). */
int tr_fp_old(const struct tr *t, const struct x86_insn *in, unsigned sz);
void tr_fp_stored(struct tr *t, const struct x86_insn *in, int old);
void tr_fp_checked(struct tr *t);
/* Can the open run go on past the conditional branch that ends the block? And is this the
 * last instruction before such a branch? */
bool tr_fp_goes_on(const struct tr *t);
bool tr_fp_compares(const struct tr *t);

/* tr_<OP>, and its VEX twin too. */
#define FORM(OP, CALL)                                                                             \
    bool tr_##OP(struct tr *t, const struct x86_insn *in);                                         \
    bool tr_##OP(struct tr *t, const struct x86_insn *in)                                          \
    {                                                                                              \
        return CALL;                                                                               \
    }
#define BOTH(OP, CALL) FORM(OP, CALL) FORM(V##OP, CALL)

#endif
