/*
 * translate.h - what the tr_*.c files share. tr_<OP>(t, in) writes host-ops for one decoded
 * instruction: its translation, once for all hosts. False: this form is left to x86_sem, nothing
 * was written. Rules: all guest register and flag writes come after the last memory access of the
 * instruction (precise faults: the interpreter repeats a faulting instruction from its start);
 * tr_cur(t)->need says which flags matter afterwards.
 */
#ifndef DYNAREC_TRANSLATE_H
#define DYNAREC_TRANSLATE_H

#include "base/bits.h"
#include "dynarec/host.h"

typedef bool tr_fn(struct tr *t, const struct x86_insn *in);
extern tr_fn *const tr_table[]; /* by enum x86_op; NULL: always x86_sem */

#define TR(op) tr_fn tr_##op;
#include "dynarec/translate/fp.def"
#include "dynarec/translate/int.def"
#include "dynarec/translate/vec.def"
#undef TR

/* The memory operand of the record as the host sees it (segment bases, 32-bit addresses). */
struct h_mem tr_mem(struct tr *t, const struct x86_insn *in);

ALWAYS_INLINE bool tr_is_mem(const struct x86_insn *in, unsigned i)
{
    return in->opnd[i].kind == X86_OPK_MEM;
}

/* The same, of a vector load; its base may move on with it, early for instructions that can fault
 * but not leave (struct tr_insn.moved). */
struct h_mem tr_mem_vload(struct tr *t, const struct x86_insn *in);

/* Integer operand i, zero-extended from its size; in the pinned register itself for 4 and 8 bytes
 * of a register (whose high half may then hold anything for 4). */
hreg tr_read(struct tr *t, const struct x86_insn *in, unsigned i);
/* Register that operand i's result can be computed into, or a temporary for tr_write(). */
hreg tr_dest(struct tr *t, const struct x86_insn *in, unsigned i);
/* Writes operand i (register or memory) from the low bytes of v. */
void tr_write(struct tr *t, const struct x86_insn *in, unsigned i, hreg v);

/* tr_atomic.c: ADC and SBB, and BT BTS BTR BTC (op OR, BIC, XOR; or a test alone), with operand 0
 * in memory. False: nothing was written. */
bool tr_carry_to_memory(struct tr *t, const struct x86_insn *in, enum h_op op);
bool tr_bit_in_memory(struct tr *t, const struct x86_insn *in, enum h_op op, bool test);

/* tr_int.c: writes general registers, flags and memory only; never leaves nor runs through x86_sem,
 * whatever its operands. */
bool tr_plain_integer(const struct x86_insn *in);
/* Such a one that accesses no memory: it can not fault. */
bool tr_in_registers(const struct x86_insn *in);
/* By how much the instruction moves the register, all that it does; 0: it does not. */
i64 tr_step_of(const struct x86_insn *in, unsigned reg);

/* core/native.c: direct calls of native functions. False: not one, nothing was written. */
bool tr_native_bridge(struct tr *t); /* the current instruction is that of a bridge */
bool tr_native_jump(struct tr *t, const struct x86_insn *in);
bool tr_native_call(struct tr *t, const struct x86_insn *in, gaddr ret);

/* tr_vec_arith.c: a copy between vector registers whose next change comes soon: both at once.
 * False: not so. */
bool tr_v_copy(struct tr *t, const struct x86_insn *copy);
/* tr_vec.c: to the interpreter, which raises #GP, if a memory operand is not aligned. */
void tr_v_align(struct tr *t, const struct x86_insn *in);

/* tr_fp_run.c: true: translated as part of a run of scalar floating point; else the run that was
 * open is closed. */
bool tr_fp_step(struct tr *t, const struct x86_insn *in);
void tr_fp_close(struct tr *t);
/* tr_lanes.c: which upper parts of XMM registers are zero, along a block and over its edges. */
void tr_lanes_start(struct tr *t, u32 block);
void tr_lanes_step(struct tr *t, const struct x86_insn *in);
void tr_lanes_plan(struct tr *t);
void tr_lanes_enter(struct tr *t, u32 block);
/* tr_ymm.c: upper halves of YMM registers in host registers all along a loop. start() of a block,
 * enter() where it is entered from outside, branch() before a branch (attr of its row), end() where
 * control falls out of a block, stub() where a patchable branch leaves. */
void tr_ymm_plan(struct tr *t);
void tr_ymm_start(struct tr *t, u32 block);
void tr_ymm_enter(struct tr *t, u32 block);
void tr_ymm_branch(struct tr *t, u32 attr);
void tr_ymm_end(struct tr *t, u32 block);
void tr_ymm_stub(struct tr *t, u32 site);
/* tr_hoist.c: loops whose NaNs are looked at where they are left; called like those of tr_ymm.c. */
void tr_hoist_plan(struct tr *t);
void tr_hoist_start(struct tr *t, u32 block);
void tr_hoist_enter(struct tr *t, u32 block);
void tr_hoist_branch(struct tr *t, u32 attr);
void tr_hoist_end(struct tr *t, u32 block);
void tr_hoist_sem(struct tr *t); /* before x86_sem is called */
void tr_hoist_stub(struct tr *t, u32 site);
/*
 * tr_x87.c: plan() before emission; start() of a block;
 * enter() where it is entered from outside; step() before each instruction, true: translated;
 * forget() before x86_sem; end() where control falls out of a block; stub() where a patchable
 * branch leaves.
 */
void tr_x87_plan(struct tr *t);
void tr_x87_start(struct tr *t, u32 block);
void tr_x87_enter(struct tr *t, u32 block);
bool tr_x87_step(struct tr *t, const struct x86_insn *in);
void tr_x87_forget(struct tr *t);
void tr_x87_sync(struct tr *t);
void tr_x87_end(struct tr *t, const struct tr_block *b);
void tr_x87_stub(struct tr *t, u32 site);

#endif
