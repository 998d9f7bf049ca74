/*
 * flags.h - EFLAGS, lazily. An instruction notes what it did in struct x86_lazy; the six flags are
 * made when somebody asks.
 *
 * kind = operation << 2 | log2(size). Values are zero-extended from `size`. What each operation
 * stores: SUB    a - b (CMP, NEG as 0 - b, CMPXCHG, CMPS, SCAS): a, b ADD    a + b: a, r LOGIC  r;
 * CF = OF = AF = 0 ADC    a + b + CF, SBB a - b - CF: a, b, r INC, DEC  r, and a = CF of before
 * (X86_CF or 0) RES    SF ZF PF from r; a = the CF, OF and AF bits While kind is not 0 the OSZAPC
 * bits of c->eflags are stale. Used by interp, later by the DynaRec's slow paths.
 */
#ifndef X86_FLAGS_H
#define X86_FLAGS_H

#include "base/bits.h"
#include "x86/cpu.h"

enum {
    X86_LF_NONE,
    X86_LF_SUB,
    X86_LF_LOGIC,
    X86_LF_ADD,
    X86_LF_ADC,
    X86_LF_SBB,
    X86_LF_INC,
    X86_LF_DEC,
    X86_LF_RES
};

/*
 * kind of operation `op` on `size` bytes; both constants in a fast handler, then the whole is one.
 */
ALWAYS_INLINE u32 x86_lf_kind(u32 op, unsigned size)
{
    return op << 2 | (size == 8 ? 3u : size >> 1);
}

ALWAYS_INLINE unsigned x86_lf_size(u32 kind)
{
    return 1u << (kind & 3);
}

ALWAYS_INLINE void x86_lf_sub(struct x86_lazy *lf, unsigned size, u64 a, u64 b)
{
    lf->kind = x86_lf_kind(X86_LF_SUB, size);
    lf->a = a;
    lf->b = b;
}

ALWAYS_INLINE void x86_lf_add(struct x86_lazy *lf, unsigned size, u64 a, u64 r)
{
    lf->kind = x86_lf_kind(X86_LF_ADD, size);
    lf->a = a;
    lf->r = r;
}

ALWAYS_INLINE void x86_lf_logic(struct x86_lazy *lf, unsigned size, u64 r)
{
    lf->kind = x86_lf_kind(X86_LF_LOGIC, size);
    lf->r = r;
}

/* ADC and SBB: op says which. */
ALWAYS_INLINE void x86_lf_carry(struct x86_lazy *lf, u32 op, unsigned size, u64 a, u64 b, u64 r)
{
    lf->kind = x86_lf_kind(op, size);
    lf->a = a;
    lf->b = b;
    lf->r = r;
}

/* INC and DEC: cf is the carry to keep, 0 or 1. */
ALWAYS_INLINE void x86_lf_step(struct x86_lazy *lf, u32 op, unsigned size, u64 r, unsigned cf)
{
    lf->kind = x86_lf_kind(op, size);
    lf->a = cf;
    lf->r = r;
}

/* Anything else: SF ZF PF of r, the other three given as EFLAGS bits. */
ALWAYS_INLINE void x86_lf_res(struct x86_lazy *lf, unsigned size, u64 r, u32 oac)
{
    lf->kind = x86_lf_kind(X86_LF_RES, size);
    lf->a = oac;
    lf->r = r;
}

/* PF is even parity of the low byte (SDM vol. 1, 3.4.3.1). */
ALWAYS_INLINE u32 x86_parity(u64 r)
{
    unsigned n = (unsigned)(r ^ r >> 4) & 15;

    return (0x9669u >> n & 1) * X86_PF;
}

ALWAYS_INLINE u32 x86_szp(u64 r, unsigned size)
{
    return x86_parity(r) | (zext(r, size) ? 0 : X86_ZF) | (sign_bit(r, size) ? X86_SF : 0);
}

/* The six flags of the lazy state, nothing stored. Out of line: flags.c. */
u32 x86_flags_compute(const struct x86_lazy *lf);

/* All of EFLAGS; the lazy state is resolved. */
ALWAYS_INLINE u32 x86_flags_get(struct x86_cpu *c)
{
    if (c->lf.kind) {
        c->eflags = (c->eflags & ~(u32)X86_OSZAPC) | x86_flags_compute(&c->lf);
        c->lf.kind = 0;
    }
    return c->eflags;
}

/* The same for observers that must not change the state (signal handlers, cosim). */
ALWAYS_INLINE u32 x86_flags_peek(const struct x86_cpu *c)
{
    if (!c->lf.kind)
        return c->eflags;
    return (c->eflags & ~(u32)X86_OSZAPC) | x86_flags_compute(&c->lf);
}

/* Replaces all of EFLAGS (bit 1 is always set). */
ALWAYS_INLINE void x86_flags_set(struct x86_cpu *c, u32 flags)
{
    c->eflags = flags | 2;
    c->lf.kind = 0;
}

/* Replaces the bits of mask, keeps the others. */
ALWAYS_INLINE void x86_flags_put(struct x86_cpu *c, u32 mask, u32 bits)
{
    x86_flags_set(c, (x86_flags_get(c) & ~mask) | (bits & mask));
}

/*
 * Condition cc on complete flags. cc: O B Z BE S P L LE, odd ones negated (SDM vol. 2, app.
 * B.1.4.7).
 */
ALWAYS_INLINE bool x86_cond_flags(u32 f, unsigned cc)
{
    bool v;

    switch (cc >> 1) {
    case 0: v = f & X86_OF; break;
    case 1: v = f & X86_CF; break;
    case 2: v = f & X86_ZF; break;
    case 3: v = f & (X86_CF | X86_ZF); break;
    case 4: v = f & X86_SF; break;
    case 5: v = f & X86_PF; break;
    case 6: v = (f >> 7 ^ f >> 11) & 1; break;
    default: v = ((f >> 7 ^ f >> 11) & 1) || (f & X86_ZF); break;
    }
    return v ^ (cc & 1);
}

/*
 * Condition cc after a - b. With constant size and cc one compare: what a fused CMP+Jcc handler
 * uses.
 */
ALWAYS_INLINE bool x86_cond_sub(unsigned size, u64 a, u64 b, unsigned cc)
{
    unsigned sh = 64 - 8 * size;
    u64 x = a << sh, y = b << sh;
    bool v;

    switch (cc >> 1) {
    case 0: v = ((x ^ y) & (x ^ (x - y))) >> 63; break;
    case 1: v = x < y; break;
    case 2: v = x == y; break;
    case 3: v = x <= y; break;
    case 4: v = (x - y) >> 63; break;
    case 5: v = x86_parity(a - b); break;
    case 6: v = (i64)x < (i64)y; break;
    default: v = (i64)x <= (i64)y; break;
    }
    return v ^ (cc & 1);
}

/* Condition cc after a logic operation with result r (TEST+Jcc). */
ALWAYS_INLINE bool x86_cond_logic(unsigned size, u64 r, unsigned cc)
{
    i64 x = (i64)(r << (64 - 8 * size));
    bool v;

    switch (cc >> 1) {
    case 0:
    case 1: v = false; break;
    case 2:
    case 3: v = x == 0; break;
    case 5: v = x86_parity(r); break;
    case 7: v = x <= 0; break;
    default: v = x < 0; break;
    }
    return v ^ (cc & 1);
}

bool x86_cond_slow(struct x86_cpu *c, unsigned cc);

ALWAYS_INLINE bool x86_cond(struct x86_cpu *c, unsigned cc)
{
    u32 kind = c->lf.kind;

    if (kind >> 2 == X86_LF_SUB)
        return x86_cond_sub(x86_lf_size(kind), c->lf.a, c->lf.b, cc);
    if (kind >> 2 == X86_LF_LOGIC)
        return x86_cond_logic(x86_lf_size(kind), c->lf.r, cc);
    return x86_cond_slow(c, cc);
}

/* Carry flag, 0 or 1. */
ALWAYS_INLINE unsigned x86_cf(const struct x86_cpu *c)
{
    switch (c->lf.kind >> 2) {
    case X86_LF_NONE: return c->eflags & X86_CF;
    case X86_LF_SUB: return c->lf.a < c->lf.b;
    case X86_LF_LOGIC: return 0;
    case X86_LF_ADD: return c->lf.r < c->lf.a;
    case X86_LF_INC:
    case X86_LF_DEC:
    case X86_LF_RES: return c->lf.a & X86_CF;
    default: return x86_flags_compute(&c->lf) & X86_CF;
    }
}

#endif
