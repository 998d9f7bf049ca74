/*
 * host_fp.h - host-ops: floating point, scalar and packed, and its control registers. Results are
 * x86's bit for bit: which NaN comes out, MIN and MAX, what an impossible integer is, MXCSR's
 * rounding, flushing and sticky flags. An operation that finds it can not give that (at most: after
 * an invalid operation) leaves for the interpreter at the instruction's start, so operations write
 * their destinations last and a translation calls only one of them that writes guest state.
 * Shapes: sz is 4 or 8, the bytes of an element. "Scalar" operations make the low element of d and
 * take the rest of its 16 bytes from `up`. Packed ones make n registers d[i] of 16 bytes.
 * d may be equal to any source. None but h_flags_fcmp touches the guest's flags.
 */
#ifndef DYNAREC_HOST_FP_H
#define DYNAREC_HOST_FP_H

#include "dynarec/core/tr.h"

struct h_mem;

/* ---- MXCSR ---- */
/* Around translated code: the guest's rounding and flushing into the host's control register and
 * back; what the host noted since goes to MXCSR. A second leave does nothing. */
void h_fp_enter(struct x86_cpu *c);
void h_fp_leave(struct x86_cpu *c);
/* Translated code may run: all exceptions are masked and the host can flush as MXCSR says. */
bool h_fp_masked(const struct x86_cpu *c);
/* Flags of MXCSR that translated code has not as x86 (ARCHITECTURE.md, Floating point). */
u32 h_fp_loose(void);
/* In translated code: MXCSR with the flags noted since; s becomes MXCSR, or back to the interpreter
 * at the current instruction. */
void h_mxcsr_get(struct tr *t, hreg d);
void h_mxcsr_set(struct tr *t, hreg s);

/* ---- arithmetic ---- */
enum h_fop { H_FADD, H_FSUB, H_FMUL, H_FDIV, H_FMIN, H_FMAX };
void h_fs(struct tr *t, enum h_fop op, unsigned sz, vreg d, vreg up, vreg a, vreg b);
void h_fv(struct tr *t, enum h_fop op, unsigned sz, unsigned n, const vreg *d, const vreg *a,
          const vreg *b);
/* Neighbours added or subtracted: those of a, then those of b. */
void h_fv_pairs(struct tr *t, enum h_fop op, unsigned sz, unsigned n, const vreg *d, const vreg *a,
                const vreg *b);
void h_fs_sqrt(struct tr *t, unsigned sz, vreg d, vreg up, vreg a);
void h_fv_sqrt(struct tr *t, unsigned sz, unsigned n, const vreg *d, const vreg *a);
/* a - b in even elements, a + b in odd ones. */
void h_fv_addsub(struct tr *t, unsigned sz, unsigned n, const vreg *d, const vreg *a,
                 const vreg *b);
/* DPPS, DPPD. */
void h_fv_dot(struct tr *t, unsigned imm, unsigned sz, unsigned n, const vreg *d, const vreg *a,
              const vreg *b);
/* a * b + c with signs changed as neg says; NaNs in the order a, b, c. The last two: only of the
 * addend's even or odd elements. */
enum { H_FMA_PRODUCT = 1, H_FMA_ADDEND = 2, H_FMA_EVEN = 4, H_FMA_ODD = 8 };
void h_fs_fma(struct tr *t, unsigned sz, unsigned neg, vreg d, vreg up, vreg a, vreg b, vreg c);
void h_fv_fma(struct tr *t, unsigned sz, unsigned neg, unsigned n, const vreg *d, const vreg *a,
              const vreg *b, const vreg *c);
/* Predicate 0-31 of VCMPPS; false: not this one (nothing written). */
bool h_fs_cmp(struct tr *t, unsigned pred, unsigned sz, vreg d, vreg up, vreg a, vreg b);
bool h_fv_cmp(struct tr *t, unsigned pred, unsigned sz, unsigned n, const vreg *d, const vreg *a,
              const vreg *b);

/*
 * ---- runs of operations whose results are checked together (translate/tr_fp_run.c) ----
 * h_fp_runs: is that cheaper than checking each? h_fr: the host's own operation; the rest of d is
 * anything. h_fp_check: back to the interpreter at instruction `first` of this block unless all
 * results since are x86's.
 */
bool h_fp_runs(const struct tr *t);
/* Scalar operations cost more where the rest of the register is not known to be zero. */
bool h_fp_merges(void);
/* As h_leave_unless_zero(), 8 bytes, saying that this entry's assumption was wrong. */
void h_refute_unless_zero(struct tr *t, hreg x);
void h_fr(struct tr *t, enum h_fop op, unsigned sz, vreg d, vreg a, vreg b);
/* 16 bytes; not MIN and MAX. */
void h_fr_packed(struct tr *t, enum h_fop op, unsigned sz, vreg d, vreg a, vreg b);
void h_fr_sqrt(struct tr *t, unsigned sz, vreg d, vreg a);
void h_fr_cvt(struct tr *t, unsigned from, vreg d, vreg a);
void h_fr_from_int(struct tr *t, unsigned sz, unsigned isz, vreg d, hreg a);
void h_fp_check(struct tr *t, const struct tr_insn *first);
/* a * b + c of m[], packed not in the place of a or b. The host's NaNs are others than x86's here,
 * also without an invalid operation: h_fr_no_nan() clears elements of fp.nan (first: makes it)
 * where r has one, for h_fp_check(); fp.flags, the exceptions noted before, come back if it fails.
 */
void h_fr_fma(struct tr *t, unsigned sz, unsigned neg, bool packed, vreg d, const vreg m[3]);
void h_fr_no_nan(struct tr *t, unsigned sz, vreg r, bool first);
hreg h_fr_exceptions(struct tr *t);
/* To the label if results since translated code was entered may not be x86's, or if they all are.
 * In a signal handler, of the interrupted code: they may not. */
void h_fp_jump(struct tr *t, bool doubtful, u32 label);
bool h_fp_doubtful(void);
/* At the entry which is left for next an assumption was wrong; its block is the interpreter's. how:
 * TR_REFUTED_*. */
void h_refute(struct tr *t, unsigned how);
void h_resume(struct tr *t);

/* RCPPS, with root RSQRTPS: the interpreter's value, no flags. d is none of a. */
void h_fv_estimate(struct tr *t, bool root, unsigned n, const vreg *d, const vreg *a);

/* ---- conversions ---- */
/* Immediate of ROUNDSD; false: not this one. */
bool h_fs_round(struct tr *t, unsigned imm, unsigned sz, vreg d, vreg up, vreg a);
bool h_fv_round(struct tr *t, unsigned imm, unsigned sz, unsigned n, const vreg *d, const vreg *a);
/* Between float and double; from: bytes of the source. */
void h_fs_cvt(struct tr *t, unsigned from, vreg d, vreg up, vreg a);
/* Integer of isz 4 or 8 bytes to float or double. */
void h_fs_from_int(struct tr *t, unsigned sz, unsigned isz, vreg d, vreg up, hreg a);
/* To an integer, toward zero or as MXCSR says. */
void h_f_to_int(struct tr *t, bool trunc, unsigned sz, unsigned isz, hreg d, vreg a);
/* Packed words and floats; n registers. */
void h_fv_from_int(struct tr *t, unsigned n, const vreg *d, const vreg *a);
void h_fv_to_int(struct tr *t, bool trunc, unsigned n, const vreg *d, const vreg *a);
/* Two words or floats in the lower (high: upper) half of a to doubles. */
void h_fv_widen(struct tr *t, bool from_int, bool high, vreg d, vreg a);
/* Doubles of n registers to floats or words in d; those above 2n are zero. */
void h_fv_narrow(struct tr *t, unsigned n, vreg d, const vreg *a);
void h_fv_narrow_int(struct tr *t, bool trunc, unsigned n, vreg d, const vreg *a);
/* Four half-precision numbers in the lower (upper) half of a; and n registers to them in d, zero
 * above, rounded as MXCSR says. */
void h_fv_from_half(struct tr *t, bool high, vreg d, vreg a);
void h_fv_to_half(struct tr *t, unsigned n, vreg d, const vreg *a);

/* ---- x87 in double mode: doubles in registers of their own, 0-7 ---- */
vreg h_x87_reg(unsigned k);
/* Back to the interpreter, at the current instruction, unless x (4 bytes) is zero. */
void h_leave_unless_zero(struct tr *t, hreg x);
void h_fld_cpu(struct tr *t, vreg d, unsigned offset);
void h_fst_cpu(struct tr *t, vreg s, unsigned offset);
void h_f_neg(struct tr *t, vreg d, vreg a);
void h_f_abs(struct tr *t, vreg d, vreg a);
void h_f_move(struct tr *t, vreg d, vreg a);
/* To an integral value: by CW's RC in a register (0-3), or toward zero. */
void h_f_round_rc(struct tr *t, vreg d, vreg a, hreg rc);
void h_f_trunc(struct tr *t, vreg d, vreg a);
/* An integral value to sz 2 4 8 bytes; what does not fit becomes the lowest integer. */
void h_f_integral_to_int(struct tr *t, unsigned sz, hreg d, vreg a);
/* 80 bits: mantissa, sign and exponent. */
void h_f_to_f80(struct tr *t, hreg m, hreg e, vreg a);
void h_f_from_f80(struct tr *t, vreg d, hreg m, hreg se);
/*
 * ---- x87 in 80 bits: values are pairs of registers, a (k 0) and b (k 1), valid from one of these
 * to the next; other temporaries are lost at h_x80_do. ----
 * a = a op b; b = what raw (the register h_x80_raw() is) holds; raw = a converted; CMP: h_x80_se(0)
 * = 1 if a < b, 40h if equal, else 0. To `slow` for what is not common, nothing changed. PE and C1
 * are written by those that round; conversions to raw leave the new SW in h_x80_se(1) instead.
 */
enum h_x80 {
    H_X80_ADD,
    H_X80_SUB,
    H_X80_MUL,
    H_X80_DIV,
    H_X80_CMP,
    H_X80_FROM_F64,
    H_X80_FROM_F32,
    H_X80_FROM_I64,
    H_X80_TO_F64,
    H_X80_TO_F32,
    H_X80_TO_I64,
    H_X80_TO_I64Z,
    H_X80_RINT,
    H_X80_SQRT
};
void h_x80_init(struct x86_cpu *c);
void h_x80_do(struct tr *t, enum h_x80 op, u32 slow);
hreg h_x80_m(unsigned k);
hreg h_x80_se(unsigned k);
hreg h_x80_raw(void);
/* Field `offset` of struct x86_cpu, a struct x86_f80. */
void h_x80_ld(struct tr *t, unsigned k, unsigned offset);
void h_x80_st(struct tr *t, unsigned k, unsigned offset);
/* d = C3 C2 C0 of SW as FCOM leaves them. */
void h_f_com(struct tr *t, hreg d, vreg a, vreg b, bool quiet);

#endif
