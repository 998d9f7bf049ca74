/*
 * x87.h - the register stack, status word and exception rules that the sem_x87_*.c files share (SDM
 * vol. 1, chapter 8). Invariants: fpu.sw has TOP bits 0 and its ES/B bits always say whether an
 * unmasked flag is set; ST(i) is physical register (top + i) & 7; bit i of fpu.used is set when
 * physical register i is not empty. The order in every instruction: pending #MF, memory read,
 * instruction pointers, stack faults, arithmetic, memory write, registers. An unmasked invalid,
 * denormal or zero-divide leaves the stack as it was. Where manuals leave a choice we do what
 * current AMD processors do (they judge the tests).
 */
#ifndef INTERP_X87_H
#define INTERP_X87_H

#include "interp/atomic.h"
#include "interp/sem.h"
#include "interp/softfp.h"
#include "x86/rows.h"

#define X87_DECL(OP) sem_fn sem_##OP;
X86_OP_LIST(X87_DECL)
#undef X87_DECL

enum {
    X87_SF = 0x40,
    X87_ES = 0x80,
    X87_C0 = 0x100,
    X87_C1 = 0x200,
    X87_C2 = 0x400,
    X87_C3 = 0x4000,
    X87_B = 0x8000,
    X87_CC = X87_C0 | X87_C1 | X87_C2 | X87_C3
};

#define X87_DEFAULT_NAN ((struct x86_f80){0xc000000000000000ull, 0xffff, {0, 0, 0}})

ALWAYS_INLINE void x87_wait(struct x86_cpu *c)
{
    if (UNLIKELY(c->fpu.sw & X87_ES))
        x86_raise(c, X86_EXC_MF, 0, 0);
}

/* ES and B from the flags and masks: after anything that writes SW or CW. */
ALWAYS_INLINE void x87_update_es(struct x86_fpu *f)
{
    f->sw &= (u16) ~(X87_ES | X87_B);
    if (f->sw & ~f->cw & SF_ALL)
        f->sw |= X87_ES | X87_B;
}

/*
 * Last instruction pointers. The decoder leaves the opcode (low 3 bits of the first byte, ModRM) in
 * imm of x87 records. c->rip is behind the instruction, as sem.h promises.
 */
ALWAYS_INLINE void x87_note(struct x86_cpu *c, const struct x86_insn *in)
{
    c->fpu.fip = c->rip - in->len;
    c->fpu.fcs = c->seg[X86_CS];
    c->fpu.fop = (u16)in->imm;
}

ALWAYS_INLINE void x87_note_mem(struct x86_cpu *c, const struct x86_insn *in, gaddr ea)
{
    unsigned seg = in->seg != X86_SEG_NONE                      ? in->seg
                   : in->base == X86_RSP || in->base == X86_RBP ? X86_SS
                                                                : X86_DS;

    x87_note(c, in);
    c->fpu.fdp = ea;
    c->fpu.fds = c->seg[seg];
}

ALWAYS_INLINE struct sf_env x87_env(const struct x86_cpu *c)
{
    static const u8 prec[4] = {24, 64, 53, 64};
    unsigned cw = c->fpu.cw;

    return (struct sf_env){.rc = cw >> 10 & 3, .masks = cw & SF_ALL, .prec = prec[cw >> 8 & 3]};
}

ALWAYS_INLINE struct x86_f80 *x87_st(struct x86_cpu *c, unsigned i)
{
    return &c->fpu.regs[(c->fpu.top + i) & 7];
}

ALWAYS_INLINE bool x87_empty(const struct x86_cpu *c, unsigned i)
{
    return !(c->fpu.used >> ((c->fpu.top + i) & 7) & 1);
}

ALWAYS_INLINE void x87_put(struct x86_cpu *c, unsigned i, struct x86_f80 r)
{
    unsigned p = (c->fpu.top + i) & 7;

    c->fpu.regs[p] = r;
    c->fpu.used |= (u8)(1u << p);
}

ALWAYS_INLINE void x87_pop(struct x86_cpu *c)
{
    c->fpu.used &= (u8) ~(1u << c->fpu.top);
    c->fpu.top = (c->fpu.top + 1) & 7;
}

ALWAYS_INLINE void x87_push(struct x86_cpu *c, struct x86_f80 r)
{
    c->fpu.top = (c->fpu.top - 1) & 7;
    x87_put(c, 0, r);
}

/* Records flags and C1 (rounded up); returns the unmasked ones. */
ALWAYS_INLINE unsigned x87_flags(struct x86_cpu *c, const struct sf_env *v)
{
    unsigned flags = v->flags, open = flags & ~v->masks, up = v->up;

    if (UNLIKELY(open)) {
        c->fpu.sw |= X87_ES | X87_B;
        if (open & SF_PRE) { /* nothing was computed */
            flags &= SF_PRE;
            up = 0;
        }
    }
    c->fpu.sw = (u16)((c->fpu.sw & ~X87_C1) | flags | (up ? X87_C1 : 0));
    return open;
}

/* Stack underflow (c1 false) or overflow: true when masked, and the default NaN is the result. */
bool x87_stack_fault(struct x86_cpu *c, bool c1);

/* For stores made in parts: if [a, a + size) touches two pages both must be writable before the
 * first byte is written. */
ALWAYS_INLINE void x87_probe(gaddr a, unsigned size)
{
    if (UNLIKELY((a ^ (a + size - 1)) >> 12)) {
        mem_probe_write(a);
        mem_probe_write(align_down(a + size - 1, 4096));
    }
}

/* Result of arithmetic into ST(i), then pops; nothing when an unmasked flag forbids the operation.
 */
ALWAYS_INLINE void x87_finish(struct x86_cpu *c, const struct sf_env *v, unsigned i,
                              struct x86_f80 r, bool pop)
{
    if (UNLIKELY(x87_flags(c, v) & SF_PRE))
        return;
    x87_put(c, i, r);
    if (pop)
        x87_pop(c);
}

ALWAYS_INLINE struct sf_num x87_num_mem(u64 raw, unsigned size, bool integer)
{
    if (integer)
        return sf_num_int((i64)sext(raw, size));
    return size == 4 ? sf_num_f32((u32)raw) : sf_num_f64(raw);
}

/* Memory operand i of 2, 4, 8 bytes, as a number; integer or float by `integer`. Notes the
 * pointers. */
ALWAYS_INLINE struct sf_num x87_load(struct x86_cpu *c, const struct x86_insn *in, unsigned i,
                                     bool integer)
{
    unsigned size = in->opnd[i].size;
    u64 v = mem_read(sem_ea(c, in), size);

    x87_note_mem(c, in, sem_ea_offset(c, in));
    return x87_num_mem(v, size, integer);
}

#endif
