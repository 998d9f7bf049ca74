/*
 * tr_lanes.c - which upper parts of XMM registers are known to be zero (t->fp.zero), forward along
 * a block and over edges inside the region. A scalar operation on such a register needs no merge.
 * Blocks that other code can enter, or a backward branch reaches, start with nothing known.
 */
#include "dynarec/translate/translate.h"

#define Z8(r) (1u << (r))         /* bytes 8-15 */
#define Z4(r) (0x10000u << (r))   /* bytes 4-15 */
#define ZBOTH(r) (0x10001u << (r))

static bool entered(const struct tr *t, const struct tr_block *b)
{
    const struct tr_block *before = b - 1;
    u32 last;

    if (b == t->blk || b->head || b->pc == t->entry)
        return true;
    last = before->first + before->n - 1;
    return (x86_rows[t->ins[last].in.row].attr & X86_ATTR_CALL) != 0;
}

void tr_lanes_start(struct tr *t, u32 block)
{
    if (!block)
        for (u32 i = 0; i < t->nblk; i++)
            t->fp.zero_in[i] = ~0u;
    t->fp.open = t->fp.check = false;
    t->fp.read = t->fp.full = t->fp.low = t->fp.low8 = 0;
    t->fp.held = 0;
    t->fp.zero = entered(t, &t->blk[block]) ? 0 : t->fp.zero_in[block];
}

void tr_lanes_end(struct tr *t, const struct tr_block *b)
{
    if (b->taken != TR_EXTERNAL)
        t->fp.zero_in[b->taken] &= t->fp.zero;
    if (b->next != TR_EXTERNAL)
        t->fp.zero_in[b->next] &= t->fp.zero;
}

static bool is_xmm(const struct x86_insn *in, unsigned i)
{
    return in->opnd[i].kind == X86_OPK_VEC;
}

/* What is zero in the register that gives the upper part of operand 0: for VEX scalars operand 1. */
static u32 rest(const struct tr *t, const struct x86_insn *in)
{
    unsigned r = in->opnd[0].reg, u = r;

    if (x86_rows[in->row].attr & X86_ATTR_AVX)
        u = in->opnd[1].reg;
    return (t->fp.zero >> u & 0x10001u) << r;
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
    case X86_MOVDQU: return is_xmm(in, 1) ? (t->fp.zero >> in->opnd[1].reg & 0x10001u) << r : 0;
    default: return 0;
    }
}

#define SCALAR(OP) case X86_##OP: case X86_V##OP
/* Zero bits of the destination, operand 0. */
static u32 result(const struct tr *t, const struct x86_insn *in)
{
    unsigned r = in->opnd[0].reg;

    switch (in->op) {
    SCALAR(ADDSD): SCALAR(SUBSD): SCALAR(MULSD): SCALAR(DIVSD): SCALAR(SQRTSD): SCALAR(MINSD):
    SCALAR(MAXSD): SCALAR(CVTSI2SD): SCALAR(CVTSS2SD): SCALAR(ROUNDSD):
        return rest(t, in) & Z8(r);
    SCALAR(ADDSS): SCALAR(SUBSS): SCALAR(MULSS): SCALAR(DIVSS): SCALAR(SQRTSS): SCALAR(MINSS):
    SCALAR(MAXSS): SCALAR(CVTSI2SS): SCALAR(CVTSD2SS): SCALAR(ROUNDSS):
        return rest(t, in);
    case X86_PXOR:
    case X86_XORPS:
    case X86_XORPD:
        return is_xmm(in, 1) && in->opnd[1].reg == r ? ZBOTH(r) : 0;
    case X86_VPXOR:
    case X86_VXORPS:
    case X86_VXORPD:
        return is_xmm(in, 2) && in->opnd[1].reg == in->opnd[2].reg ? ZBOTH(r) : 0;
    case X86_ANDPS:
    case X86_ANDPD:
    case X86_PAND: {
        u32 z = t->fp.zero >> r & 0x10001u;

        return (z | (is_xmm(in, 1) ? t->fp.zero >> in->opnd[1].reg & 0x10001u : 0)) << r;
    }
    default: return moved(t, in);
    }
}

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
