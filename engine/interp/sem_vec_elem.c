/*
 * sem_vec_elem.c - single elements in and out of vector registers (PINSR, PEXTR, INSERTPS), sign
 * masks, PTEST, SSE4a bit fields.
 */
#include "interp/vec_forms.h"
#include "x86/flags.h"

/* PINSRx: element imm of `size` bytes replaced by operand `i` (register or memory). */
ALWAYS_INLINE void insert_elem(union vec_lane *d, unsigned size, unsigned imm, u64 v)
{
    switch (size) {
    case 1: d->b[imm & 15] = (u8)v; break;
    case 2: d->w[imm & 7] = (u16)v; break;
    case 4: d->d[imm & 3] = (u32)v; break;
    default: d->q[imm & 1] = v;
    }
}

ALWAYS_INLINE void pinsr(struct x86_cpu *c, const struct x86_insn *in, unsigned size)
{
    insert_elem(vec_reg(c, in->opnd[0].reg), size, (u8)in->imm, op_read(c, in, 1));
}

ALWAYS_INLINE void vpinsr(struct x86_cpu *c, const struct x86_insn *in, unsigned size)
{
    u64 v = op_read(c, in, 2);
    union vec_lane d = *vec_reg(c, in->opnd[1].reg);

    insert_elem(&d, size, (u8)in->imm, v);
    vec_put_vex128(c, in->opnd[0].reg, &d);
}

void sem_PINSRW(struct x86_cpu *c, const struct x86_insn *in)
{
    union vec_lane d;

    if (in->opnd[0].kind != X86_OPK_MMX) {
        pinsr(c, in, 2);
        return;
    }
    mmx_check(c);
    d.q[0] = c->fpu.regs[in->opnd[0].reg].m;
    insert_elem(&d, 2, in->imm & 3, op_read(c, in, 1));
    mmx_put(c, in->opnd[0].reg, d.q[0]);
}
VEC_SEM(PINSRB, pinsr(c, in, 1))
VEC_SEM(PINSRD, pinsr(c, in, 4))
VEC_SEM(PINSRQ, pinsr(c, in, 8))
VEC_SEM(VPINSRB, vpinsr(c, in, 1))
VEC_SEM(VPINSRW, vpinsr(c, in, 2))
VEC_SEM(VPINSRD, vpinsr(c, in, 4))
VEC_SEM(VPINSRQ, vpinsr(c, in, 8))

/* PEXTRx: operand 0 takes its size; a register gets the element zero-extended. */
ALWAYS_INLINE void pextr(struct x86_cpu *c, const struct x86_insn *in, unsigned size)
{
    const union vec_lane *s = vec_reg(c, in->opnd[1].reg);
    unsigned i = (u8)in->imm;
    u64 v;

    switch (size) {
    case 1: v = s->b[i & 15]; break;
    case 2: v = s->w[i & 7]; break;
    case 4: v = s->d[i & 3]; break;
    default: v = s->q[i & 1];
    }
    op_write(c, in, 0, v);
}

void sem_PEXTRW(struct x86_cpu *c, const struct x86_insn *in)
{
    if (in->opnd[1].kind == X86_OPK_VEC) {
        pextr(c, in, 2);
        return;
    }
    mmx_check(c);
    mmx_mark(c);
    gpr_write(c, in->opnd[0].reg, 4, (u16)(c->fpu.regs[in->opnd[1].reg].m >> 16 * (in->imm & 3)));
}
VEC_SEM(PEXTRB, pextr(c, in, 1))
VEC_SEM(PEXTRD, pextr(c, in, 4))
VEC_SEM(PEXTRQ, pextr(c, in, 8))
VEC_SEM(EXTRACTPS, pextr(c, in, 4))
VEC_SEM(VPEXTRB, pextr(c, in, 1))
VEC_SEM(VPEXTRW, pextr(c, in, 2))
VEC_SEM(VPEXTRD, pextr(c, in, 4))
VEC_SEM(VPEXTRQ, pextr(c, in, 8))
VEC_SEM(VEXTRACTPS, pextr(c, in, 4))

/* imm: source element (registers only) 7:6, destination element 5:4, elements to be zeroed 3:0. */
ALWAYS_INLINE u32 insertps_src(struct x86_cpu *c, const struct x86_insn *in, unsigned i)
{
    return op_is_mem(in, i) ? (u32)mem_read(sem_ea(c, in), 4)
                            : c->vec[in->opnd[i].reg].d[in->imm >> 6 & 3];
}

ALWAYS_INLINE void insertps(union vec_lane *d, unsigned imm, u32 v)
{
    d->d[imm >> 4 & 3] = v;
    for (unsigned i = 0; i < 4; i++)
        if (imm >> i & 1)
            d->d[i] = 0;
}

void sem_INSERTPS(struct x86_cpu *c, const struct x86_insn *in)
{
    insertps(vec_reg(c, in->opnd[0].reg), (u8)in->imm, insertps_src(c, in, 1));
}

void sem_VINSERTPS(struct x86_cpu *c, const struct x86_insn *in)
{
    u32 v = insertps_src(c, in, 2);
    union vec_lane d = *vec_reg(c, in->opnd[1].reg);

    insertps(&d, (u8)in->imm, v);
    vec_put_vex128(c, in->opnd[0].reg, &d);
}

/* Sign bits of COUNT elements a lane. */
#define SIGN_MASK(NAME, F, COUNT)                                                                  \
    ALWAYS_INLINE u32 NAME(const union vec_lane *s)                                                \
    {                                                                                              \
        u32 r = 0;                                                                                 \
        for (unsigned i = 0; i < (COUNT); i++)                                                     \
            r |= (u32)(s->F[i] < 0) << i;                                                          \
        return r;                                                                                  \
    }
SIGN_MASK(signs_d, sd, 4)
SIGN_MASK(signs_q, sq, 2)

/* The product brings bit 7 of byte i of eight to bit 56 + i; no two partial products meet. */
ALWAYS_INLINE u32 signs_b8(u64 v)
{
    return (u32)((v >> 7 & 0x0101010101010101) * 0x0102040810204080 >> 56);
}

ALWAYS_INLINE u32 signs_b(const union vec_lane *s)
{
    return signs_b8(s->q[0]) | signs_b8(s->q[1]) << 8;
}

#define MOVMSK(OP, SIGNS, COUNT)                                                                   \
    VEC_SEM(V##OP, const union vec_lane *s = vec_reg(c, in->opnd[1].reg);                          \
            gpr_write(c, in->opnd[0].reg, 4,                                                       \
                      SIGNS(&s[0]) | (in->vl == 32 ? (u64)SIGNS(&s[1]) << (COUNT) : 0)))
MOVMSK(MOVMSKPS, signs_d, 4)
MOVMSK(MOVMSKPD, signs_q, 2)
MOVMSK(PMOVMSKB, signs_b, 16)
VEC_SEM(MOVMSKPS, gpr_write(c, in->opnd[0].reg, 4, signs_d(vec_reg(c, in->opnd[1].reg))))
VEC_SEM(MOVMSKPD, gpr_write(c, in->opnd[0].reg, 4, signs_q(vec_reg(c, in->opnd[1].reg))))

void sem_PMOVMSKB(struct x86_cpu *c, const struct x86_insn *in)
{
    if (in->opnd[1].kind == X86_OPK_VEC) {
        gpr_write(c, in->opnd[0].reg, 4, signs_b(vec_reg(c, in->opnd[1].reg)));
        return;
    }
    mmx_check(c);
    mmx_mark(c);
    gpr_write(c, in->opnd[0].reg, 4, signs_b8(c->fpu.regs[in->opnd[1].reg].m));
}

/* ZF: no common bit; CF: no bit of b outside a; the others 0. `mask` picks the bits that count
 * (sign bits for VTESTPx). */
ALWAYS_INLINE void ptest(struct x86_cpu *c, const union vec_lane *a, const union vec_lane *b,
                         unsigned lanes, u64 mask)
{
    u64 both = 0, only = 0;

    for (unsigned l = 0; l < lanes; l++) {
        both |= (a[l].q[0] & b[l].q[0]) | (a[l].q[1] & b[l].q[1]);
        only |= (~a[l].q[0] & b[l].q[0]) | (~a[l].q[1] & b[l].q[1]);
    }
    x86_flags_set(c, (c->eflags & ~(u32)X86_OSZAPC) | (both & mask ? 0 : X86_ZF) |
                         (only & mask ? 0 : X86_CF));
}

void sem_PTEST(struct x86_cpu *c, const struct x86_insn *in)
{
    union vec_lane tmp;
    const union vec_lane *b = vec_src16(c, in, 1, &tmp);

    ptest(c, vec_reg(c, in->opnd[0].reg), b, 1, ~0ull);
}

ALWAYS_INLINE void vtest(struct x86_cpu *c, const struct x86_insn *in, u64 mask)
{
    union vec_lane tmp[2];
    const union vec_lane *b = vec_src_vl(c, in, 1, tmp);

    ptest(c, vec_reg(c, in->opnd[0].reg), b, in->vl / 16u, mask);
}
VEC_SEM(VPTEST, vtest(c, in, ~0ull))
VEC_SEM(VTESTPS, vtest(c, in, 0x8000000080000000))
VEC_SEM(VTESTPD, vtest(c, in, 0x8000000000000000))

/* SSE4a bit fields of the low quadword (APM vol. 4). A length of 0 means 64. Fields beyond bit 63
 * are undefined: cut off here. */
ALWAYS_INLINE u64 field_mask(unsigned len)
{
    return len ? ~0ull >> (64 - len) : ~0ull;
}

void sem_EXTRQ(struct x86_cpu *c, const struct x86_insn *in)
{
    union vec_lane *d = vec_reg(c, in->opnd[0].reg);
    unsigned len, idx;

    if (in->opnd[1].kind == X86_OPK_IMM) {
        len = in->imm & 63;
        idx = x86_imm2(in) & 63;
    } else {
        u16 ctl = c->vec[in->opnd[1].reg].w[0];

        len = ctl & 63;
        idx = ctl >> 8 & 63;
    }
    d->q[0] = d->q[0] >> idx & field_mask(len);
    d->q[1] = 0;
}

void sem_INSERTQ(struct x86_cpu *c, const struct x86_insn *in)
{
    union vec_lane *d = vec_reg(c, in->opnd[0].reg), s = *vec_reg(c, in->opnd[1].reg);
    unsigned len = s.w[4] & 63, idx = s.w[4] >> 8 & 63;
    u64 mask;

    if (in->nopnd > 2) {
        len = in->imm & 63;
        idx = x86_imm2(in) & 63;
    }
    mask = field_mask(len) << idx;
    d->q[0] = (d->q[0] & ~mask) | (s.q[0] << idx & mask);
    d->q[1] = 0;
}
