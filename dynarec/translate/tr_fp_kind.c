/*
 * tr_fp_kind.c - which instructions have a place in runs of floating point (tr_fp_run.c), and as
 * what. Legacy forms have their destination as first source.
 */
#include "dynarec/translate/tr_fp.h"

/* OP and V##OP. */
#define TWO(OP, KIND, FOP, SZ)                                                                     \
    case X86_##OP:                                                                                 \
    case X86_V##OP:                                                                                \
        *s = (struct tr_fp_step){.kind = KIND, .op = FOP, .sz = SZ};                               \
        break;
#define ARITH(OP, FOP)                                                                             \
    TWO(OP##SS, TR_FP_ARITH, FOP, 4)                                                               \
    TWO(OP##SD, TR_FP_ARITH, FOP, 8)                                                               \
    TWO(OP##PS, TR_FP_PACKED, FOP, 4)                                                              \
    TWO(OP##PD, TR_FP_PACKED, FOP, 8)

static void arithmetic(const struct x86_insn *in, struct tr_fp_step *s)
{
    switch (in->op) {
        ARITH(ADD, H_FADD)
        ARITH(SUB, H_FSUB)
        ARITH(MUL, H_FMUL)
        ARITH(DIV, H_FDIV)
        TWO(SQRTSS, TR_FP_SQRT, H_FADD, 4)
        TWO(SQRTSD, TR_FP_SQRT, H_FADD, 8)
        TWO(CVTSD2SS, TR_FP_CVT, H_FADD, 4)
        TWO(CVTSS2SD, TR_FP_CVT, H_FADD, 8)
        TWO(CVTSI2SS, TR_FP_FROM_INT, H_FADD, 4)
        TWO(CVTSI2SD, TR_FP_FROM_INT, H_FADD, 8)
        TWO(COMISS, TR_FP_CMP, H_FADD, 4)
        TWO(COMISD, TR_FP_CMP, H_FADD, 8)
        TWO(UCOMISS, TR_FP_CMP, H_FADD, 4)
        TWO(UCOMISD, TR_FP_CMP, H_FADD, 8)
    default: break;
    }
}

#define FMA_FORM(NAME, ORDER, FORM, PACKED, SZ, NEG)                                               \
    case X86_V##NAME##ORDER##FORM:                                                                 \
        *s = (struct tr_fp_step){                                                                  \
            .kind = TR_FP_FMA, .sz = SZ, .packed = PACKED, .neg = NEG, .order = ORDER};            \
        break;
#define FMA(NAME, ORDER, NEG)                                                                      \
    FMA_FORM(NAME, ORDER, SS, false, 4, NEG)                                                       \
    FMA_FORM(NAME, ORDER, SD, false, 8, NEG)                                                       \
    FMA_FORM(NAME, ORDER, PS, true, 4, NEG)                                                        \
    FMA_FORM(NAME, ORDER, PD, true, 8, NEG)
#define FMA_ORDERS(NAME, NEG) FMA(NAME, 132, NEG) FMA(NAME, 213, NEG) FMA(NAME, 231, NEG)

static void fused(const struct x86_insn *in, struct tr_fp_step *s)
{
    switch (in->op) {
        FMA_ORDERS(FMADD, 0)
        FMA_ORDERS(FNMADD, H_FMA_PRODUCT)
        FMA_ORDERS(FMSUB, H_FMA_ADDEND)
        FMA_ORDERS(FNMSUB, H_FMA_PRODUCT | H_FMA_ADDEND)
    default: break;
    }
}

#define LOGIC(OP, VOP)                                                                             \
    case X86_##OP:                                                                                 \
    case X86_V##OP: *s = (struct tr_fp_step){.kind = TR_FP_LOGIC, .vop = VOP, .sz = 16}; break;
static void logic(const struct x86_insn *in, struct tr_fp_step *s)
{
    unsigned b = in->nopnd - 1u;
    bool same = in->opnd[b].kind == X86_OPK_VEC && in->opnd[b].reg == in->opnd[b - 1].reg;

    switch (in->op) {
        LOGIC(ANDPS, H_VAND)
        LOGIC(ANDPD, H_VAND)
        LOGIC(PAND, H_VAND)
        LOGIC(ANDNPS, H_VANDN)
        LOGIC(ANDNPD, H_VANDN)
        LOGIC(PANDN, H_VANDN)
        LOGIC(ORPS, H_VOR)
        LOGIC(ORPD, H_VOR)
        LOGIC(POR, H_VOR)
        LOGIC(XORPS, H_VXOR)
        LOGIC(XORPD, H_VXOR)
        LOGIC(PXOR, H_VXOR)
    default: return;
    }
    if (in->opnd[0].kind != X86_OPK_VEC)
        s->kind = TR_FP_NONE; /* MMX */
    else if (same && s->vop == H_VXOR)
        s->kind = TR_FP_ZERO;
}

/* Loads, stores and copies; those of a part of a register only with memory. */
static void moves(const struct x86_insn *in, struct tr_fp_step *s)
{
    bool mem = tr_is_mem(in, 1), store = tr_is_mem(in, 0);

    switch (in->op) {
        TWO(MOVAPS, TR_FP_COPY, H_FADD, 16)
        TWO(MOVAPD, TR_FP_COPY, H_FADD, 16)
        TWO(MOVDQA, TR_FP_COPY, H_FADD, 16)
        TWO(MOVUPS, TR_FP_COPY, H_FADD, 16)
        TWO(MOVUPD, TR_FP_COPY, H_FADD, 16)
        TWO(MOVDQU, TR_FP_COPY, H_FADD, 16)
        TWO(MOVSS, TR_FP_LOAD, H_FADD, 4)
    case X86_MOVSD_X:
    case X86_VMOVSD: *s = (struct tr_fp_step){.kind = TR_FP_LOAD, .sz = 8}; break;
    case X86_VBROADCASTSS: *s = (struct tr_fp_step){.kind = TR_FP_DUP, .sz = 4}; break;
    case X86_VBROADCASTSD: *s = (struct tr_fp_step){.kind = TR_FP_DUP, .sz = 8}; break;
    default: return;
    }
    if (store)
        s->kind = s->kind == TR_FP_DUP || in->vl == 32 ? TR_FP_NONE : TR_FP_STORE;
    else if (s->kind == TR_FP_COPY && mem)
        s->kind = TR_FP_LOAD;
    else if (mem != (s->kind != TR_FP_COPY) || (!mem && in->opnd[0].reg == in->opnd[1].reg))
        s->kind = TR_FP_NONE;
}

struct tr_fp_step tr_fp_classify(const struct x86_insn *in)
{
    struct tr_fp_step s = {.kind = TR_FP_NONE};
    u32 attr = x86_rows[in->row].attr;

    if (!(attr & (X86_ATTR_SSE | X86_ATTR_AVX)) || in->nopnd < 2)
        return s;
    arithmetic(in, &s);
    if (s.kind == TR_FP_NONE)
        moves(in, &s);
    if (s.kind == TR_FP_NONE)
        logic(in, &s);
    if (s.kind == TR_FP_NONE && (attr & X86_ATTR_AVX))
        fused(in, &s);
    s.packed |= s.kind == TR_FP_PACKED || s.kind == TR_FP_LOGIC || s.kind == TR_FP_ZERO ||
                s.kind == TR_FP_DUP || s.sz == 16;
    s.vex = tr_f_vex(in);
    s.b = (u8)(in->nopnd - 1u);
    s.a = s.b ? (u8)(s.b - 1u) : 0;
    s.n = s.packed && s.kind != TR_FP_ZERO && in->vl == 32 ? 2 : 1;
    return s;
}
