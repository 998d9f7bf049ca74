/*
 * tr_lanes.c - which upper parts of XMM registers are zero (t->fp.zero), forward through the
 * region. A scalar operation on such a register needs no merge. At the region's entry what was
 * found when it was translated is assumed, and where other code can enter it is checked; the first
 * time that fails the region is translated again without (refute() in core/run.c).
 */
#include "dynarec/translate/tr_fp.h"

#define Z8(r) (1u << (r))       /* bytes 8-15 */
#define Z4(r) (0x10000u << (r)) /* bytes 4-15 */
#define ZBOTH(r) (0x10001u << (r))

static bool is_xmm(const struct x86_insn *in, unsigned i)
{
    return in->opnd[i].kind == X86_OPK_VEC;
}

/* What is zero in the register that gives the upper part of operand 0: for VEX scalars operand 1.
 */
static u32 rest(const struct tr *t, const struct x86_insn *in)
{
    unsigned r = in->opnd[0].reg, u = r;

    if (x86_rows[in->row].attr & X86_ATTR_AVX)
        u = in->opnd[1].reg;
    return (t->fp.zero >> u & 0x10001u) << r;
}

/* Bytes of the scalars it multiplies and adds, 0: it does not. They keep the rest of operand 0. */
static unsigned scalar_fma(const struct x86_insn *in)
{
    const struct x86_row *row = &x86_rows[in->row];
    struct tr_fp_step s;

    if (!(row->attr & X86_ATTR_AVX) || row->nopnd != 3 || row->opnd[0].access == X86_ACC_W)
        return 0;
    s = tr_fp_classify(in);
    return s.kind == TR_FP_FMA && !s.packed ? s.sz : 0;
}

/* Loads and moves. */
static u32 moved(const struct tr *t, const struct x86_insn *in)
{
    unsigned r = in->opnd[0].reg;

    switch (in->op) {
    case X86_MOVSS:
    case X86_VMOVSS: return tr_is_mem(in, 1) ? ZBOTH(r) : rest(t, in);
    case X86_MOVD:
    case X86_VMOVD: return ZBOTH(r);
    case X86_MOVSD_X:
    case X86_VMOVSD: return tr_is_mem(in, 1) ? Z8(r) : rest(t, in) & Z8(r);
    case X86_MOVQ:
    case X86_VMOVQ: return Z8(r);
    case X86_MOVAPS:
    case X86_MOVAPD:
    case X86_MOVUPS:
    case X86_MOVUPD:
    case X86_MOVDQA:
    case X86_MOVDQU:
    case X86_VMOVAPS:
    case X86_VMOVAPD:
    case X86_VMOVUPS:
    case X86_VMOVUPD:
    case X86_VMOVDQA:
    case X86_VMOVDQU: return is_xmm(in, 1) ? (t->fp.zero >> in->opnd[1].reg & 0x10001u) << r : 0;
    default: return 0;
    }
}

#define SCALAR(OP)                                                                                 \
    case X86_##OP:                                                                                 \
    case X86_V##OP

/* S: SS or SD. */
#define SCALARS(S)                                                                                 \
    SCALAR(ADD##S)                                                                                 \
        : SCALAR(SUB##S)                                                                           \
        : SCALAR(MUL##S)                                                                           \
        : SCALAR(DIV##S)                                                                           \
        : SCALAR(SQRT##S) : SCALAR(MIN##S) : SCALAR(MAX##S) : SCALAR(CVTSI2##S) : SCALAR(ROUND##S)

/* Zero bits of the destination, operand 0. */
static u32 result(const struct tr *t, const struct x86_insn *in)
{
    unsigned r = in->opnd[0].reg;

    switch (in->op) {
        SCALARS(SD) : SCALAR(CVTSS2SD) : return rest(t, in) & Z8(r);
        SCALARS(SS) : SCALAR(CVTSD2SS) : return rest(t, in);
    case X86_PXOR:
    case X86_XORPS:
    case X86_XORPD: return is_xmm(in, 1) && in->opnd[1].reg == r ? ZBOTH(r) : 0;
    case X86_VPXOR:
    case X86_VXORPS:
    case X86_VXORPD: return is_xmm(in, 2) && in->opnd[1].reg == in->opnd[2].reg ? ZBOTH(r) : 0;
    case X86_ANDPS:
    case X86_ANDPD:
    case X86_PAND: {
        u32 z = t->fp.zero >> r & 0x10001u;

        return (z | (is_xmm(in, 1) ? t->fp.zero >> in->opnd[1].reg & 0x10001u : 0)) << r;
    }
    default:
        if (scalar_fma(in))
            return t->fp.zero & (scalar_fma(in) == 4 ? ZBOTH(r) : Z8(r));
        return moved(t, in);
    }
}

/* What is zero behind the instruction, in t->fp.zero. */
void tr_lanes_step(struct tr *t, const struct x86_insn *in)
{
    const struct x86_row *row = &x86_rows[in->row];
    u32 set;

    if (!(row->attr & (X86_ATTR_SSE | X86_ATTR_AVX))) {
        if ((row->attr & (X86_ATTR_CALL | X86_ATTR_STOP)) || in->op == X86_FXRSTOR ||
            in->op == X86_XRSTOR)
            t->fp.zero = 0;
        return;
    }
    set = row->nopnd && is_xmm(in, 0) ? result(t, in) : 0;
    for (unsigned i = 0; i < row->nopnd; i++)
        if (row->opnd[i].access & X86_ACC_W)
            if (is_xmm(in, i))
                t->fp.zero &= ~ZBOTH(in->opnd[i].reg);
    switch (in->op) {
    case X86_VZEROALL: t->fp.zero = 0; break;
    case X86_PCMPESTRM:
    case X86_PCMPISTRM:
    case X86_VPCMPESTRM:
    case X86_VPCMPISTRM: t->fp.zero &= ~ZBOTH(0); break;
    default: break;
    }
    t->fp.zero |= set;
}

static bool copies(const struct x86_insn *in)
{
    switch (in->op) {
        SCALAR(MOVAPS)
            : SCALAR(MOVAPD)
            : SCALAR(MOVUPS)
            : SCALAR(MOVUPD)
            : SCALAR(MOVDQA) : SCALAR(MOVDQU) : return is_xmm(in, 0) && is_xmm(in, 1);
    default: return false;
    }
}

/* Scalar results keep the rest of an XMM register; false: not such an operation. */
static bool merges(const struct x86_insn *in, unsigned *reg)
{
    switch (in->op) {
        SCALARS(SD)
            : SCALAR(CVTSS2SD) : SCALARS(SS) : SCALAR(CVTSD2SS) : *reg = in->opnd[tr_f_vex(in)].reg;
        return true;
    default: *reg = in->opnd[0].reg; return scalar_fma(in) != 0;
    }
}

static bool entered(const struct tr *t, const struct tr_block *b)
{
    return b->head || b->pc == t->entry;
}

static bool after_call(const struct tr *t, const struct tr_block *b)
{
    return (x86_rows[t->ins[b->first + b->n - 1].in.row].attr & X86_ATTR_CALL) != 0;
}

/* Registers whose rest scalar operations keep, or that are copied to such a register. */
static u32 useful(const struct tr *t)
{
    u32 u = 0, before;
    unsigned rest;

    for (u32 i = 0; i < t->nins; i++)
        if (merges(&t->ins[i].in, &rest))
            u |= 1u << rest;
    do {
        before = u;
        for (u32 i = 0; i < t->nins; i++) {
            const struct x86_insn *in = &t->ins[i].in;

            if (copies(in) && u >> in->opnd[0].reg & 1)
                u |= 1u << in->opnd[1].reg;
        }
    } while (u != before);
    return u | u << 16;
}

static bool meet(struct tr *t, int b)
{
    u32 old;

    if (b == TR_EXTERNAL)
        return false;
    old = t->fp.zero_in[b];
    t->fp.zero_in[b] &= t->fp.zero;
    return t->fp.zero_in[b] != old;
}

void tr_lanes_plan(struct tr *t)
{
    u32 all = h_fp_merges() ? useful(t) : 0;
    bool again = all != 0;

    for (u32 i = 0; i < t->nblk; i++) {
        t->fp.zero_in[i] = all;
        if (t->blk[i].pc == t->entry)
            t->fp.zero_in[i] &= t->fp.seen;
        if (entered(t, &t->blk[i]) && tr_refuted(t, t->blk[i].pc))
            t->fp.zero_in[i] = 0;
        if (i && after_call(t, &t->blk[i - 1]))
            t->fp.zero_in[i] = 0;
    }
    while (again) {
        again = false;
        for (u32 i = 0; i < t->nblk; i++) {
            const struct tr_block *b = &t->blk[i];

            t->fp.zero = t->fp.zero_in[i];
            for (u32 k = 0; k < b->n; k++)
                tr_lanes_step(t, &t->ins[b->first + k].in);
            again |= meet(t, b->taken);
            again |= b->falls && meet(t, b->next);
        }
    }
}

void tr_lanes_start(struct tr *t, u32 block)
{
    const struct tr_block *b = &t->blk[block];

    t->fp.zero = t->fp.zero_in[block];
    if (t->fp.zero && entered(t, b) && block && b[-1].falls && b[-1].next == (int)block)
        h_jump(t, b->label);
}

void tr_lanes_enter(struct tr *t, u32 block)
{
    const struct tr_block *b = &t->blk[block];
    hreg all, x;

    if (!t->fp.zero || !entered(t, b))
        return;
    t->cur = b->first;
    h_tmp_reset(t);
    all = h_tmp(t);
    x = h_tmp(t);
    h_imm(t, all, 0);
    for (unsigned r = 0; r < 16; r++) {
        if (!(t->fp.zero >> r & 0x10001u))
            continue;
        h_vget(t, 3, x, h_vec(r), 1);
        h_op(t, H_OR, 8, all, all, x);
        if (t->fp.zero >> r & 0x10000u) {
            h_vget(t, 2, x, h_vec(r), 1);
            h_op(t, H_OR, 8, all, all, x);
        }
    }
    h_refute_unless_zero(t, all);
}
