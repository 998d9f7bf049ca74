/*
 * fast_vec.c - threaded handlers for SSE: 16-byte and scalar moves, scalar arithmetic, compares and
 * conversions, and the commonest packed integer operations between registers. Everything else runs
 * through op_generic.
 */
#include "interp/fast.h"
#include "interp/fp_fast.h"
#include "interp/vec.h"
#include "x86/flags.h"

#define FORMS(name)                                                                                \
    {                                                                                              \
        name##_r, name##_b, name##_x                                                               \
    }

/* ---- scalar arithmetic: r (xmm, xmm), b and x (xmm, memory) ---- */

/* Slow paths are calls of their own at the tail: the handler needs no stack frame. */
#define SCALAR(name, bits, elem)                                                                   \
    static NOINLINE const struct interp_op *name##bits##_slow(ARGS, u##bits b)                     \
    {                                                                                              \
        union x86_vec *d = &c->vec[op->in.opnd[0].reg];                                            \
                                                                                                   \
        c->cur = &op->in;                                                                          \
        d->elem[0] = fp_slow_##name##bits(c, d->elem[0], b);                                       \
        return interp_next(c, op);                                                                 \
    }                                                                                              \
    ALWAYS_INLINE const struct interp_op *name##bits##_do(ARGS, u##bits b)                         \
    {                                                                                              \
        union x86_vec *d = &c->vec[op->in.opnd[0].reg];                                            \
        u##bits r;                                                                                 \
                                                                                                   \
        if (UNLIKELY(!fp_fast_env(c) || !fp_fast_##name##bits(d->elem[0], b, &r)))                 \
            return name##bits##_slow(c, op, b);                                                    \
        d->elem[0] = r;                                                                            \
        return interp_next(c, op);                                                                 \
    }                                                                                              \
    HANDLER name##bits##_r(ARGS)                                                                   \
    {                                                                                              \
        return name##bits##_do(c, op, c->vec[op->in.opnd[1].reg].elem[0]);                         \
    }                                                                                              \
    HANDLER name##bits##_b(ARGS)                                                                   \
    {                                                                                              \
        return name##bits##_do(c, op, ld_u##bits(g2h(fast_ea(c, &op->in, FAST_MEM_BASE))));        \
    }                                                                                              \
    HANDLER name##bits##_x(ARGS)                                                                   \
    {                                                                                              \
        return name##bits##_do(c, op, ld_u##bits(g2h(fast_ea(c, &op->in, FAST_MEM_INDEX))));       \
    }                                                                                              \
    static interp_handler *const name##bits##_forms[3] = FORMS(name##bits);
SCALAR(add, 64, q)
SCALAR(sub, 64, q)
SCALAR(mul, 64, q)
SCALAR(div, 64, q)
SCALAR(min, 64, q)
SCALAR(max, 64, q)
SCALAR(add, 32, d)
SCALAR(sub, 32, d)
SCALAR(mul, 32, d)
SCALAR(div, 32, d)
SCALAR(min, 32, d)
SCALAR(max, 32, d)

/* ---- operations on (xmm, xmm/memory) written as NAME_do(c, op, source) ---- */

#define THREE_FORMS(name, bits, elem)                                                              \
    HANDLER name##_r(ARGS)                                                                         \
    {                                                                                              \
        return name##_do(c, op, c->vec[op->in.opnd[1].reg].elem[0]);                               \
    }                                                                                              \
    HANDLER name##_b(ARGS)                                                                         \
    {                                                                                              \
        return name##_do(c, op, ld_u##bits(g2h(fast_ea(c, &op->in, FAST_MEM_BASE))));              \
    }                                                                                              \
    HANDLER name##_x(ARGS)                                                                         \
    {                                                                                              \
        return name##_do(c, op, ld_u##bits(g2h(fast_ea(c, &op->in, FAST_MEM_INDEX))));             \
    }                                                                                              \
    static interp_handler *const name##_forms[3] = FORMS(name);

#define COMI(name, bits, elem, quiet)                                                              \
    static NOINLINE const struct interp_op *name##_slow(ARGS, u##bits b)                           \
    {                                                                                              \
        u32 f;                                                                                     \
                                                                                                   \
        c->cur = &op->in;                                                                          \
        f = fp_slow_comi##bits(c, c->vec[op->in.opnd[0].reg].elem[0], b, quiet);                   \
        c->eflags = (c->eflags & ~(u32)X86_OSZAPC) | f;                                            \
        c->lf.kind = 0;                                                                            \
        return interp_next(c, op);                                                                 \
    }                                                                                              \
    ALWAYS_INLINE const struct interp_op *name##_do(ARGS, u##bits b)                               \
    {                                                                                              \
        u##bits a = c->vec[op->in.opnd[0].reg].elem[0];                                            \
        u32 f;                                                                                     \
                                                                                                   \
        if (UNLIKELY(!fp_fast_comi##bits(a, b, &f)))                                               \
            return name##_slow(c, op, b);                                                          \
        c->eflags = (c->eflags & ~(u32)X86_OSZAPC) | f;                                            \
        c->lf.kind = 0;                                                                            \
        return interp_next(c, op);                                                                 \
    }                                                                                              \
    THREE_FORMS(name, bits, elem)
COMI(ucomisd, 64, q, true)
COMI(comisd, 64, q, false)
COMI(ucomiss, 32, d, true)
COMI(comiss, 32, d, false)

ALWAYS_INLINE const struct interp_op *sqrtsd_do(ARGS, u64 b)
{
    u64 r;

    if (UNLIKELY(!fp_fast_env(c) || !fp_fast_sqrt64(b, &r))) {
        c->cur = &op->in;
        r = fp_slow_sqrt64(c, b);
    }
    c->vec[op->in.opnd[0].reg].q[0] = r;
    return interp_next(c, op);
}
THREE_FORMS(sqrtsd, 64, q)

ALWAYS_INLINE const struct interp_op *cvtss2sd_do(ARGS, u32 b)
{
    u64 r;

    if (UNLIKELY(!fp_fast_f32_to_f64(b, &r))) {
        c->cur = &op->in;
        r = fp_slow_f32_to_f64(c, b);
    }
    c->vec[op->in.opnd[0].reg].q[0] = r;
    return interp_next(c, op);
}
THREE_FORMS(cvtss2sd, 32, d)

ALWAYS_INLINE const struct interp_op *cvtsd2ss_do(ARGS, u64 b)
{
    u32 r;

    if (UNLIKELY(!fp_fast_env(c) || !fp_fast_f64_to_f32(b, &r))) {
        c->cur = &op->in;
        r = fp_slow_f64_to_f32(c, b);
    }
    c->vec[op->in.opnd[0].reg].d[0] = r;
    return interp_next(c, op);
}
THREE_FORMS(cvtsd2ss, 64, q)

/* Truncating conversions to a general register; out of range goes the slow way. */
#define TRUNC(name, bits, size)                                                                    \
    ALWAYS_INLINE const struct interp_op *name##_##size##_do(ARGS, u##bits b)                      \
    {                                                                                              \
        i64 r;                                                                                     \
                                                                                                   \
        if (UNLIKELY(!fp_fast_trunc##bits(c, b, &r) || (size == 4 && r != (i32)r))) {              \
            c->cur = &op->in;                                                                      \
            r = fp_slow_f##bits##_to_int(c, b, size, true);                                        \
        }                                                                                          \
        gpr_write(c, op->in.opnd[0].reg, size, (u64)r);                                            \
        return interp_next(c, op);                                                                 \
    }
TRUNC(cvttsd2si, 64, 4)
TRUNC(cvttsd2si, 64, 8)
TRUNC(cvttss2si, 32, 4)
TRUNC(cvttss2si, 32, 8)
THREE_FORMS(cvttsd2si_4, 64, q)
THREE_FORMS(cvttsd2si_8, 64, q)
THREE_FORMS(cvttss2si_4, 32, d)
THREE_FORMS(cvttss2si_8, 32, d)

#define FROM_INT(name, bits, elem, size)                                                           \
    HANDLER name##_##size##_r(ARGS)                                                                \
    {                                                                                              \
        i64 a = (i64)sext(c->gpr[op->in.opnd[1].reg], size);                                       \
        u##bits r;                                                                                 \
                                                                                                   \
        if (UNLIKELY(!fp_fast_int_to_f##bits(c, a, &r))) {                                         \
            c->cur = &op->in;                                                                      \
            r = fp_slow_int_to_f##bits(c, a);                                                      \
        }                                                                                          \
        c->vec[op->in.opnd[0].reg].elem[0] = r;                                                    \
        return interp_next(c, op);                                                                 \
    }
FROM_INT(cvtsi2sd, 64, q, 4)
FROM_INT(cvtsi2sd, 64, q, 8)
FROM_INT(cvtsi2ss, 32, d, 4)
FROM_INT(cvtsi2ss, 32, d, 8)

/* ---- moves ---- */

HANDLER mov16_r(ARGS)
{
    vec_mov_rr(c, &op->in);
    return interp_next(c, op);
}

#define MOV16(form, kind)                                                                          \
    HANDLER movu_ld_##form(ARGS)                                                                   \
    {                                                                                              \
        vec_ld16_reg(vec_reg(c, op->in.opnd[0].reg), fast_ea(c, &op->in, kind));                   \
        return interp_next(c, op);                                                                 \
    }                                                                                              \
    HANDLER movu_st_##form(ARGS)                                                                   \
    {                                                                                              \
        vec_st16(fast_ea(c, &op->in, kind), vec_reg(c, op->in.opnd[1].reg));                       \
        return interp_next(c, op);                                                                 \
    }                                                                                              \
    HANDLER mova_ld_##form(ARGS)                                                                   \
    {                                                                                              \
        gaddr a = fast_ea(c, &op->in, kind);                                                       \
                                                                                                   \
        if (UNLIKELY(a & 15))                                                                      \
            sem_gp(c, 0);                                                                          \
        vec_ld16_reg(vec_reg(c, op->in.opnd[0].reg), a);                                           \
        return interp_next(c, op);                                                                 \
    }                                                                                              \
    HANDLER mova_st_##form(ARGS)                                                                   \
    {                                                                                              \
        gaddr a = fast_ea(c, &op->in, kind);                                                       \
                                                                                                   \
        if (UNLIKELY(a & 15))                                                                      \
            sem_gp(c, 0);                                                                          \
        vec_st16(a, vec_reg(c, op->in.opnd[1].reg));                                               \
        return interp_next(c, op);                                                                 \
    }                                                                                              \
    HANDLER mov8_ld_##form(ARGS)                                                                   \
    {                                                                                              \
        u64 v = ld_u64(g2h(fast_ea(c, &op->in, kind)));                                            \
                                                                                                   \
        c->vec[op->in.opnd[0].reg].q[0] = v;                                                       \
        c->vec[op->in.opnd[0].reg].q[1] = 0;                                                       \
        return interp_next(c, op);                                                                 \
    }                                                                                              \
    HANDLER mov8_st_##form(ARGS)                                                                   \
    {                                                                                              \
        st_u64(g2h(fast_ea(c, &op->in, kind)), c->vec[op->in.opnd[1].reg].q[0]);                   \
        return interp_next(c, op);                                                                 \
    }                                                                                              \
    HANDLER mov4_ld_##form(ARGS)                                                                   \
    {                                                                                              \
        u32 v = ld_u32(g2h(fast_ea(c, &op->in, kind)));                                            \
                                                                                                   \
        c->vec[op->in.opnd[0].reg].q[0] = v;                                                       \
        c->vec[op->in.opnd[0].reg].q[1] = 0;                                                       \
        return interp_next(c, op);                                                                 \
    }                                                                                              \
    HANDLER mov4_st_##form(ARGS)                                                                   \
    {                                                                                              \
        st_u32(g2h(fast_ea(c, &op->in, kind)), c->vec[op->in.opnd[1].reg].d[0]);                   \
        return interp_next(c, op);                                                                 \
    }
MOV16(b, FAST_MEM_BASE)
MOV16(x, FAST_MEM_INDEX)

/* MOVSD/MOVSS between registers merge into the low element. */
HANDLER movsd_r(ARGS)
{
    c->vec[op->in.opnd[0].reg].q[0] = c->vec[op->in.opnd[1].reg].q[0];
    return interp_next(c, op);
}

HANDLER movss_r(ARGS)
{
    c->vec[op->in.opnd[0].reg].d[0] = c->vec[op->in.opnd[1].reg].d[0];
    return interp_next(c, op);
}

/* ---- packed integer and bitwise operations, register source ---- */

#define PACKED(name, expr)                                                                         \
    HANDLER name##_rr(ARGS)                                                                        \
    {                                                                                              \
        union vec_lane *d = vec_reg(c, op->in.opnd[0].reg);                                        \
        const union vec_lane *s = vec_reg(c, op->in.opnd[1].reg);                                  \
                                                                                                   \
        expr;                                                                                      \
        return interp_next(c, op);                                                                 \
    }
PACKED(pxor, d->vq ^= s->vq)
PACKED(pand, d->vq &= s->vq)
PACKED(por, d->vq |= s->vq)
PACKED(paddb, d->vb += s->vb)
PACKED(paddw, d->vw += s->vw)
PACKED(paddd, d->vd += s->vd)
PACKED(paddq, d->vq += s->vq)
PACKED(psubd, d->vd -= s->vd)
PACKED(pcmpeqb, d->vsb = d->vsb == s->vsb)
PACKED(pcmpeqd, d->vsd = d->vsd == s->vsd)

static interp_handler *select_packed(const struct x86_insn *in)
{
    if (in->nopnd != 2 || in->opnd[0].kind != X86_OPK_VEC || in->opnd[1].kind != X86_OPK_VEC)
        return NULL;
    switch (in->op) {
    case X86_PXOR:
    case X86_XORPS:
    case X86_XORPD: return pxor_rr;
    case X86_PAND:
    case X86_ANDPS:
    case X86_ANDPD: return pand_rr;
    case X86_POR:
    case X86_ORPS:
    case X86_ORPD: return por_rr;
    case X86_PADDB: return paddb_rr;
    case X86_PADDW: return paddw_rr;
    case X86_PADDD: return paddd_rr;
    case X86_PADDQ: return paddq_rr;
    case X86_PSUBD: return psubd_rr;
    case X86_PCMPEQB: return pcmpeqb_rr;
    case X86_PCMPEQD: return pcmpeqd_rr;
    default: return NULL;
    }
}

/* Loads and stores by form; `rr` for the register form. */
static interp_handler *by_move(const struct x86_insn *in, interp_handler *rr,
                               interp_handler *const ld[2], interp_handler *const st[2])
{
    enum fast_mem m = fast_mem(in);

    if (in->nopnd != 2)
        return NULL;
    if (in->opnd[0].kind == X86_OPK_VEC && in->opnd[1].kind == X86_OPK_VEC)
        return rr;
    if (m == FAST_MEM_NONE)
        return NULL;
    if (in->opnd[0].kind == X86_OPK_VEC && in->opnd[1].kind == X86_OPK_MEM)
        return ld[m - 1];
    return in->opnd[0].kind == X86_OPK_MEM && in->opnd[1].kind == X86_OPK_VEC ? st[m - 1] : NULL;
}

static interp_handler *select_vec_move(const struct x86_insn *in)
{
    static interp_handler *const movu_ld[2] = {movu_ld_b, movu_ld_x}, *const movu_st[2] = {
                                                                          movu_st_b, movu_st_x};
    static interp_handler *const mova_ld[2] = {mova_ld_b, mova_ld_x}, *const mova_st[2] = {
                                                                          mova_st_b, mova_st_x};
    static interp_handler *const mov8_ld[2] = {mov8_ld_b, mov8_ld_x}, *const mov8_st[2] = {
                                                                          mov8_st_b, mov8_st_x};
    static interp_handler *const mov4_ld[2] = {mov4_ld_b, mov4_ld_x}, *const mov4_st[2] = {
                                                                          mov4_st_b, mov4_st_x};

    switch (in->op) {
    case X86_MOVAPS:
    case X86_MOVAPD:
    case X86_MOVDQA: return by_move(in, mov16_r, mova_ld, mova_st);
    case X86_MOVUPS:
    case X86_MOVUPD:
    case X86_MOVDQU: return by_move(in, mov16_r, movu_ld, movu_st);
    case X86_MOVSD_X: return by_move(in, movsd_r, mov8_ld, mov8_st);
    case X86_MOVSS: return by_move(in, movss_r, mov4_ld, mov4_st);
    default: return NULL;
    }
}

static interp_handler *const *scalar_forms(const struct x86_insn *in)
{
    switch (in->op) {
    case X86_ADDSD: return add64_forms;
    case X86_SUBSD: return sub64_forms;
    case X86_MULSD: return mul64_forms;
    case X86_DIVSD: return div64_forms;
    case X86_MINSD: return min64_forms;
    case X86_MAXSD: return max64_forms;
    case X86_ADDSS: return add32_forms;
    case X86_SUBSS: return sub32_forms;
    case X86_MULSS: return mul32_forms;
    case X86_DIVSS: return div32_forms;
    case X86_MINSS: return min32_forms;
    case X86_MAXSS: return max32_forms;
    case X86_SQRTSD: return sqrtsd_forms;
    case X86_UCOMISD: return ucomisd_forms;
    case X86_COMISD: return comisd_forms;
    case X86_UCOMISS: return ucomiss_forms;
    case X86_COMISS: return comiss_forms;
    case X86_CVTSS2SD: return cvtss2sd_forms;
    case X86_CVTSD2SS: return cvtsd2ss_forms;
    case X86_CVTTSD2SI: return in->opnd[0].size == 8 ? cvttsd2si_8_forms : cvttsd2si_4_forms;
    case X86_CVTTSS2SI: return in->opnd[0].size == 8 ? cvttss2si_8_forms : cvttss2si_4_forms;
    default: return NULL;
    }
}

static interp_handler *select_from_int(const struct x86_insn *in)
{
    bool wide = in->opnd[1].size == 8;

    if (in->opnd[1].kind != X86_OPK_GPR)
        return NULL;
    if (in->op == X86_CVTSI2SD)
        return wide ? cvtsi2sd_8_r : cvtsi2sd_4_r;
    return in->op != X86_CVTSI2SS ? NULL : wide ? cvtsi2ss_8_r : cvtsi2ss_4_r;
}

interp_handler *select_vec(const struct x86_insn *in)
{
    interp_handler *const *forms;
    interp_handler *h;

    if (!(x86_rows[in->row].attr & X86_ATTR_SSE))
        return NULL;
    if ((h = select_vec_move(in)) || (h = select_packed(in)) || (h = select_from_int(in)))
        return h;
    forms = scalar_forms(in);
    if (!forms)
        return NULL;
    if (in->opnd[1].kind == X86_OPK_VEC)
        return forms[0];
    return fast_mem(in) == FAST_MEM_NONE ? NULL : forms[fast_mem(in)];
}
