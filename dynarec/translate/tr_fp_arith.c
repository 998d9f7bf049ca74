/*
 * tr_fp_arith.c - ADD SUB MUL DIV MIN MAX SQRT, horizontal ones and FMA, SSE and VEX.
 */
#include "dynarec/translate/tr_fp.h"

static bool scalar(struct tr *t, const struct x86_insn *in, enum h_fop op, unsigned sz)
{
    unsigned first = tr_f_vex(in);
    vreg b = tr_fs_src(t, in, first + 1, sz), a = tr_f_reg(in, first);

    h_fs(t, op, sz, tr_f_reg(in, 0), a, a, b);
    tr_fs_done(t, in);
    return true;
}

static void operands(struct tr *t, const struct x86_insn *in, struct tr_fv *v)
{
    unsigned first = tr_f_vex(in);

    v->n = in->vl == 32 ? 2 : 1;
    tr_fv_src(t, in, first + 1, v->n, v->b);
    tr_fv_src(t, in, first, v->n, v->a);
    tr_fv_dst(t, in, v->n, v->d);
}

static bool packed(struct tr *t, const struct x86_insn *in, enum h_fop op, unsigned sz)
{
    struct tr_fv v;

    operands(t, in, &v);
    h_fv(t, op, sz, v.n, v.d, v.a, v.b);
    tr_fv_done(t, in, v.n);
    return true;
}

static bool pairs(struct tr *t, const struct x86_insn *in, enum h_fop op, unsigned sz)
{
    struct tr_fv v;

    operands(t, in, &v);
    h_fv_pairs(t, op, sz, v.n, v.d, v.a, v.b);
    tr_fv_done(t, in, v.n);
    return true;
}

static bool addsub(struct tr *t, const struct x86_insn *in, unsigned sz)
{
    struct tr_fv v;

    operands(t, in, &v);
    h_fv_addsub(t, sz, v.n, v.d, v.a, v.b);
    tr_fv_done(t, in, v.n);
    return true;
}

static bool dot(struct tr *t, const struct x86_insn *in, unsigned sz)
{
    struct tr_fv v;

    operands(t, in, &v);
    h_fv_dot(t, (unsigned)in->imm, sz, v.n, v.d, v.a, v.b);
    tr_fv_done(t, in, v.n);
    return true;
}

#define FAMILY(OP, op)                                                                             \
    BOTH(OP##SS, scalar(t, in, op, 4))                                                             \
    BOTH(OP##SD, scalar(t, in, op, 8))                                                             \
    BOTH(OP##PS, packed(t, in, op, 4))                                                             \
    BOTH(OP##PD, packed(t, in, op, 8))
FAMILY(ADD, H_FADD)
FAMILY(SUB, H_FSUB)
FAMILY(MUL, H_FMUL)
FAMILY(DIV, H_FDIV)
FAMILY(MIN, H_FMIN)
FAMILY(MAX, H_FMAX)
BOTH(ADDSUBPS, addsub(t, in, 4))
BOTH(ADDSUBPD, addsub(t, in, 8))
BOTH(DPPS, dot(t, in, 4))
BOTH(DPPD, dot(t, in, 8))
BOTH(HADDPS, pairs(t, in, H_FADD, 4))
BOTH(HADDPD, pairs(t, in, H_FADD, 8))
BOTH(HSUBPS, pairs(t, in, H_FSUB, 4))
BOTH(HSUBPD, pairs(t, in, H_FSUB, 8))

static bool sqrt_scalar(struct tr *t, const struct x86_insn *in, unsigned sz)
{
    unsigned first = tr_f_vex(in);
    vreg b = tr_fs_src(t, in, first + 1, sz);

    h_fs_sqrt(t, sz, tr_f_reg(in, 0), tr_f_reg(in, first), b);
    tr_fs_done(t, in);
    return true;
}

static bool sqrt_packed(struct tr *t, const struct x86_insn *in, unsigned sz)
{
    unsigned n = in->vl == 32 ? 2 : 1;
    vreg d[2], a[2];

    tr_fv_src(t, in, 1, n, a);
    tr_fv_dst(t, in, n, d);
    h_fv_sqrt(t, sz, n, d, a);
    tr_fv_done(t, in, n);
    return true;
}
BOTH(SQRTSS, sqrt_scalar(t, in, 4))
BOTH(SQRTSD, sqrt_scalar(t, in, 8))
BOTH(SQRTPS, sqrt_packed(t, in, 4))
BOTH(SQRTPD, sqrt_packed(t, in, 8))

/* ---- FMA3: which operands are multiplicand, multiplier and addend, as digits 1 2 3 ---- */

static bool fma_scalar(struct tr *t, const struct x86_insn *in, unsigned order, unsigned neg,
                       unsigned sz)
{
    vreg s[4] = {0, tr_f_reg(in, 0), tr_f_reg(in, 1), tr_fs_src(t, in, 2, sz)};

    h_fs_fma(t, sz, neg, s[1], s[1], s[order / 100], s[order / 10 % 10], s[order % 10]);
    tr_fs_done(t, in);
    return true;
}

static bool fma_packed(struct tr *t, const struct x86_insn *in, unsigned order, unsigned neg,
                       unsigned sz)
{
    unsigned n = in->vl == 32 ? 2 : 1;
    vreg s[4][2], d[2];

    tr_fv_src(t, in, 2, n, s[3]);
    tr_fv_src(t, in, 1, n, s[2]);
    tr_fv_src(t, in, 0, n, s[1]);
    tr_fv_dst(t, in, n, d);
    h_fv_fma(t, sz, neg, n, d, s[order / 100], s[order / 10 % 10], s[order % 10]);
    tr_fv_done(t, in, n);
    return true;
}

#define FMA_PACKED(NAME, order, neg)                                                               \
    FORM(V##NAME##order##PS, fma_packed(t, in, order, neg, 4))                                     \
    FORM(V##NAME##order##PD, fma_packed(t, in, order, neg, 8))
#define FMA(NAME, order, neg)                                                                      \
    FORM(V##NAME##order##SS, fma_scalar(t, in, order, neg, 4))                                     \
    FORM(V##NAME##order##SD, fma_scalar(t, in, order, neg, 8))                                     \
    FMA_PACKED(NAME, order, neg)
#define FMA_ORDERS(FORMS, NAME, neg)                                                               \
    FORMS(NAME, 132, neg) FORMS(NAME, 213, neg) FORMS(NAME, 231, neg)
FMA_ORDERS(FMA, FMADD, 0)
FMA_ORDERS(FMA, FNMADD, H_FMA_PRODUCT)
FMA_ORDERS(FMA, FMSUB, H_FMA_ADDEND)
FMA_ORDERS(FMA, FNMSUB, H_FMA_PRODUCT | H_FMA_ADDEND)
FMA_ORDERS(FMA_PACKED, FMADDSUB, H_FMA_EVEN)
FMA_ORDERS(FMA_PACKED, FMSUBADD, H_FMA_ODD)
