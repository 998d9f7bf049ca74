/*
 * host.h - the host-op interface: all that a backend implements (PORTING.md lists it). Shapes: `sz`
 * is 4 or 8 where not said otherwise (a 4-byte result is zero-extended to the register), registers
 * are the host's, guest registers are pinned: h_gpr(), h_vec(). No operation but those named
 * h_*_f and h_flags_* touches the guest's flags. Temporaries live until the end of the instruction.
 * d may be equal to any source.
 */
#ifndef DYNAREC_HOST_H
#define DYNAREC_HOST_H

#include "dynarec/core/tr.h"

#define H_CALL_ENTRY 1 /* words from the entry for calls to the entry */
#define H_CALL_STUB 1  /* words of a call's stub that push on the shadow stack */

/* ---- registers ---- */
hreg h_gpr(unsigned x86_reg);
vreg h_vec(unsigned x86_reg); /* XMM, low 16 bytes */
hreg h_zero(void);            /* reads as 0; only as a source that is not an address */
hreg h_tmp(struct tr *t);
vreg h_vtmp(struct tr *t);
void h_tmp_reset(struct tr *t);

/* ---- general registers ---- */
enum h_op {
    H_ADD,
    H_SUB,
    H_AND,
    H_OR,
    H_XOR,
    H_BIC, /* a & ~b */
    H_SHL, /* counts are taken modulo the size */
    H_SHR,
    H_SAR,
    H_ROR,
    H_MUL,
    H_ADC, /* with the guest's carry; only these two read flags */
    H_SBB
};

void h_mov(struct tr *t, unsigned sz, hreg d, hreg s);
void h_imm(struct tr *t, hreg d, u64 v);
/* A guest address: relocatable, one instruction where the host can. */
void h_addr(struct tr *t, hreg d, gaddr a);
void h_op(struct tr *t, enum h_op op, unsigned sz, hreg d, hreg a, hreg b);
void h_opi(struct tr *t, enum h_op op, unsigned sz, hreg d, hreg a, i64 imm);
/* d = a op (b << sh), ADD SUB AND OR XOR only. */
void h_ops(struct tr *t, enum h_op op, unsigned sz, hreg d, hreg a, hreg b, unsigned sh);
void h_zext(struct tr *t, hreg d, hreg s, unsigned from);
void h_sext(struct tr *t, unsigned to, hreg d, hreg s, unsigned from);
void h_ubfx(struct tr *t, hreg d, hreg s, unsigned lsb, unsigned width);
void h_sbfx(struct tr *t, hreg d, hreg s, unsigned lsb, unsigned width);
/* d = low width bits of s, << lsb. */
void h_ubfiz(struct tr *t, hreg d, hreg s, unsigned lsb, unsigned width);
/* d<lsb + width - 1 : lsb> = low bits of s, the others stay. */
void h_bfi(struct tr *t, hreg d, hreg s, unsigned lsb, unsigned width);
void h_extr(struct tr *t, unsigned sz, hreg d, hreg hi, hreg lo, unsigned lsb);
void h_not(struct tr *t, unsigned sz, hreg d, hreg s);
void h_neg(struct tr *t, unsigned sz, hreg d, hreg s);
void h_bswap(struct tr *t, unsigned sz, hreg d, hreg s);
void h_clz(struct tr *t, unsigned sz, hreg d, hreg s);
void h_ctz(struct tr *t, unsigned sz, hreg d, hreg s);
void h_popcnt(struct tr *t, unsigned sz, hreg d, hreg s);
/* 32x32 -> 64 bits, and the high half of 64x64. */
void h_mull(struct tr *t, bool sign, hreg d, hreg a, hreg b);
void h_mulh(struct tr *t, bool sign, hreg d, hreg a, hreg b);
void h_div(struct tr *t, bool sign, unsigned sz, hreg d, hreg a, hreg b);
/* d = a - b * c */
void h_msub(struct tr *t, unsigned sz, hreg d, hreg a, hreg b, hreg c);

/* ---- memory: base + (index << scale) + disp, all guest addresses ---- */
struct h_mem {
    hreg base, index; /* H_NONE: none */
    u8 scale;
    i64 disp;
    bool stack; /* through RSP: may be exempt from memory ordering */
    i16 step;   /* base moves on by this if the access succeeds (h_mem_steps), 0: it stays */
};

/* Can one load (h_ld, h_lds) or store (h_st) from m with no step also move its base? */
bool h_mem_steps(const struct tr *t, const struct h_mem *m, bool store, i64 step);
bool h_vmem_steps(const struct tr *t, const struct h_mem *m, i64 step); /* ... h_vld */

/* sz 1 2 4 8. The address is made legal for the access with temporaries; order as t->opt.strongmem
 * and tr_insn.plain say (ARCHITECTURE.md, Memory order). */
void h_ld(struct tr *t, unsigned sz, hreg d, const struct h_mem *m);
void h_lds(struct tr *t, unsigned sz, unsigned to, hreg d, const struct h_mem *m);
void h_st(struct tr *t, unsigned sz, hreg s, const struct h_mem *m);
/* Push and pop: base moves only if the access succeeds. sz 2 or 8. */
void h_st_push(struct tr *t, unsigned sz, hreg s, hreg base);
void h_ld_pop(struct tr *t, unsigned sz, hreg d, hreg base);
void h_ea(struct tr *t, hreg d, const struct h_mem *m); /* the 64-bit address itself */
/* Field of struct x86_cpu. */
void h_ld_cpu(struct tr *t, unsigned sz, hreg d, unsigned offset);
void h_st_cpu(struct tr *t, unsigned sz, hreg s, unsigned offset);
/* LOCK: full barriers, any alignment. old = value before. */
enum h_atomic { H_AT_ADD, H_AT_AND, H_AT_OR, H_AT_XOR, H_AT_SWAP, H_AT_SUB };
void h_atomic(struct tr *t, enum h_atomic op, unsigned sz, hreg old, hreg addr, hreg val);
/* old = [addr]; if (old == expect) [addr] = val. */
void h_cas(struct tr *t, unsigned sz, hreg old, hreg addr, hreg expect, hreg val);
/* 16 bytes, addr a multiple of that: RDX:RAX against [addr], RCX:RBX into it if they are equal;
 * else RDX:RAX = [addr]. d (8 bytes) = 0 iff they were. */
void h_cas16(struct tr *t, hreg d, hreg addr);
enum h_fence { H_FENCE_LOAD, H_FENCE_STORE, H_FENCE_FULL };
void h_fence(struct tr *t, enum h_fence kind);

/* ---- the guest's flags ----
 * h_op_f: the operation on sz 1 2 4 8 with the flags of tr_cur()->need; values are zero-extended
 * from sz, operands above sz may hold anything. d H_NONE: only the flags. With nothing needed it is
 * h_op. ADD SUB AND OR XOR ADC SBB. */
void h_op_f(struct tr *t, enum h_op op, unsigned sz, hreg d, hreg a, hreg b);
void h_opi_f(struct tr *t, enum h_op op, unsigned sz, hreg d, hreg a, i64 imm);
/* INC (delta 1) and DEC (-1): CF stays. */
void h_step_f(struct tr *t, unsigned sz, hreg d, hreg a, int delta);
/* SHL SHR SAR ROR and ROL (as rol = true with op ROR); constant count 1..8*sz-1. */
void h_shifti_f(struct tr *t, enum h_op op, bool rol, unsigned sz, hreg d, hreg a, unsigned count);
/* SF ZF PF of r (sz 1 2 4 8), CF = OF = AF = 0. */
void h_flags_logic(struct tr *t, unsigned sz, hreg r);
/* CF, or OF, or ZF, = bit 0 of r; the other needed flags stay. */
void h_flags_cf(struct tr *t, hreg r);
void h_flags_z(struct tr *t, hreg r);
void h_flags_of(struct tr *t, hreg r);
/* CF = OF = (r != 0); others undefined. */
void h_flags_mul(struct tr *t, hreg r);
/* ZF = (r == 0), and CF = that too when cf; others undefined. */
void h_flags_zf(struct tr *t, unsigned sz, hreg r, bool cf);
/* OSZAPC = those bits of r (EFLAGS layout); r = all flags in EFLAGS layout. */
void h_flags_set(struct tr *t, hreg r);
void h_flags_get(struct tr *t, hreg r);
/* After a floating-point compare: what UCOMISS leaves. */
/* quiet: UCOMISS (FCMP), else COMISS (FCMPE: quiet NaNs are invalid too). */
void h_flags_fcmp(struct tr *t, unsigned sz, vreg a, vreg b, bool quiet);
/* Into the one state that block edges have. */
void h_flags_canon(struct tr *t, unsigned live);
/* What pc maps keep; at a block's start: canonical. */
void h_flags_start(struct tr *t);
/* Is any flag of before the current instruction, in the host's flags, wanted after it? */
bool h_flags_live(const struct tr *t);
unsigned h_flag_state(const struct tr *t);
void h_setcc(struct tr *t, hreg d, unsigned cc); /* 0 or 1 */
void h_cmov(struct tr *t, unsigned sz, hreg d, hreg yes, hreg no, unsigned cc);
void h_jcc(struct tr *t, unsigned cc, u32 label);

/* ---- branches on registers, labels of tr_label() ---- */
void h_jump(struct tr *t, u32 label);
void h_jz(struct tr *t, unsigned sz, hreg r, u32 label);
void h_jnz(struct tr *t, unsigned sz, hreg r, u32 label);
void h_jbit(struct tr *t, hreg r, unsigned bit, bool set, u32 label);

/* ---- leaving ---- */
/* To guest pc, inside the region or not; flags are canonical. */
void h_goto(struct tr *t, gaddr pc);
/* Out of the region, even if pc is in it. */
void h_goto_out(struct tr *t, gaddr pc);
void h_goto_cc(struct tr *t, unsigned cc, gaddr pc);
void h_goto_z(struct tr *t, bool zero, unsigned sz, hreg r, gaddr pc);
void h_goto_reg(struct tr *t, hreg target);
/* Where h_goto_reg and h_call_reg like a target to be that is in no guest register. */
hreg h_target(void);
/* The guest's return address is pushed by these; control comes back behind them. */
void h_call(struct tr *t, gaddr pc, gaddr ret);
void h_call_reg(struct tr *t, hreg target, gaddr ret);
void h_ret(struct tr *t, unsigned pop);
/* What h_call_reg is made of: the call, and the entry behind it. */
void h_call_away(struct tr *t, hreg target, gaddr ret);
void h_landing(struct tr *t, gaddr ret);
/*
 * Direct calls of native functions (core/native.c). is: to label unless target is that bridge;
 * returns the register that has the target there. push: the guest's return address. taken: the call
 * and its result, after is. h_native: call and return for the bridge's own region.
 */
hreg h_native_is(struct tr *t, hreg target, gaddr bridge, u32 label);
void h_native_push(struct tr *t, gaddr ret);
void h_native_taken(struct tr *t, enum x86_native_result r);
void h_native(struct tr *t, gaddr bridge, enum x86_native_result r);
/* The interpreter goes on at pc (system calls and the like): c->jit.resume says so. */
#define H_RESUME_BLOCK 1
void h_leave(struct tr *t, gaddr pc);
void h_leave_reg(struct tr *t, hreg pc);
/* Runs x86_sem[] of the current instruction, all state passed through struct x86_cpu. */
void h_sem(struct tr *t);
/* Code in front of the first block: the entry for calls, which pushes on the shadow stack, is
 * H_CALL_ENTRY words before the entry itself. */
void h_begin(struct tr *t);
/* Where a patchable branch goes while it is not linked: out, telling which site it was. */
void h_stub(struct tr *t, const struct tr_site *s);
/* Where a dead region's entries go: out, at guest pc. */
void h_stale(struct tr *t, gaddr pc);

/* ++*counter, for statistics: at the start of a block. */
void h_count(struct tr *t, const u64 *counter);

/* ---- the rest of a backend: patching, entering, faults ---- */
struct h_code { /* addresses in the executable mapping; write through `rw` = x + delta */
    u32 *x;
    i64 delta;
};
/* Fixes a branch or literal load at word `at` to word `to` of the same buffer. False: out of reach.
 */
bool h_fix(u32 *code, u32 at, u32 to);
/* Makes the branch at x (executable address) go to `to`; atomic against running threads. */
bool h_patch(struct h_code c, u32 *x, const u32 *to);
void h_patch_word(struct h_code c, u32 *x, u32 word);
/* Makes *x an unconditional branch to `to`. */
bool h_patch_jump(struct h_code c, u32 *x, const u32 *to);
void h_flush(const void *x, size_t size);
/* Common code at the start of the arena: returns words written, sets the addresses of `thunk`. */
struct h_thunks {
    /* exit_miss: from an indirect jump, which jit.link names afterwards */
    u32 *enter, *exit, *exit_link, *exit_miss, *sem, *native;
};
unsigned h_thunks(u32 *rw, u32 *x, struct h_thunks *out);
/* A function of the host's ABI that returns value (16 bits): returns words written. */
unsigned h_returning(u32 *rw, unsigned value);
/* Runs translated code; returns the site it came out of, NULL for other ways out. c->rip is set. */
u32 *h_enter(struct x86_cpu *c, const u32 *code);
void h_probe(void); /* CPU features, once */
/* Host signal context: */
u64 h_context_pc(const void *uc);
/* Bytes of its access, if the host instruction at pc wants its address aligned; else 0. */
unsigned h_context_aligned(const void *uc);
/* Guest registers from the context into c (flags too, by the state of h_flag_state). */
void h_context_save(struct x86_cpu *c, const void *uc, unsigned flag_state);
/* Upper halves of YMM registers that are in the host's registers only: struct tr_ymm_note. */
void h_context_ymm(struct x86_cpu *c, const void *uc, u32 of, u32 dirty);
/* The used x87 registers, and top and used, by the state of that place. */
void h_context_x87(struct x86_cpu *c, const void *uc, const struct tr_x87_state *st);
void h_context_shadow(void *uc, u64 shadow);
void h_context_jump(void *uc, u64 pc);
/* The interrupted thread goes on with these instead of its hash table and shadow stack (run.c). */
void h_context_stop(struct x86_cpu *c, void *uc, u64 tab, u64 shadow);

/* Floating-point control and status of guest and host; flags raised go to c->mxcsr. */
void h_fp_enter(struct x86_cpu *c);
void h_fp_leave(struct x86_cpu *c);

/* Host state of the flags after leaving or before entering, in c->jit, <-> EFLAGS. */
void h_flags_to_cpu(struct x86_cpu *c);
void h_flags_from_cpu(struct x86_cpu *c);

#include "dynarec/host_vec.h"

#endif
