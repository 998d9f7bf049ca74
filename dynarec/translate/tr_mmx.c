/*
 * tr_mmx.c - MMX instructions: those of tr_vec*.c on the mantissas of the x87 registers. MMi is the
 * physical register i, always in struct x86_cpu; its value is also kept in one of the host's
 * registers (h_mmx_get), where upper halves of YMM registers are else. What an MMX instruction does
 * to the x87 side - TOP = 0, all tags valid, exponents of all ones - is written once along straight
 * code (struct tr_ymm.mmx), as is the look for a pending exception. Registers that the x87 has as
 * doubles (X87DOUBLE) are x86_sem's. See vec.h.
 */
#include "dynarec/translate/mmx.h"

#define FPU(field) ((unsigned)offsetof(struct x86_cpu, fpu.field))

_Static_assert(offsetof(struct x86_fpu, sw) == offsetof(struct x86_fpu, cw) + 2, "one load");
_Static_assert(offsetof(struct x86_fpu, used) == offsetof(struct x86_fpu, top) + 1, "one store");

/* ---- the x87 side ---- */

/* In front of all: #MF is the interpreter's. False: nothing was written. */
static bool begin(struct tr *t)
{
    hreg x, y;

    if (t->opt.x87double)
        return false;
    if (t->ymm.mmx)
        return true;
    x = h_tmp(t);
    y = h_tmp(t);
    h_ld_cpu(t, 4, x, FPU(cw));
    h_opi(t, H_SHR, 4, y, x, 16);
    h_op(t, H_BIC, 4, x, y, x);
    h_opi(t, H_AND, 4, x, x, 0x3f);
    h_leave_unless_zero(t, x);
    return true;
}

/* Behind the last access to memory. */
static void mark(struct tr *t)
{
    hreg x;

    if (t->ymm.mmx)
        return;
    x = h_tmp(t);
    h_imm(t, x, 0xff00);
    h_st_cpu(t, 2, x, FPU(top));
    t->ymm.mmx = true;
}

static void put(struct tr *t, const struct x86_insn *in)
{
    unsigned i = in->opnd[0].reg;
    hreg x;

    h_mmx_put(t, i);
    if (t->ymm.mmx_ones >> i & 1)
        return;
    x = h_tmp(t);
    h_imm(t, x, 0xffff);
    h_st_cpu(t, 2, x, FPU(regs) + 16 * i + (unsigned)offsetof(struct x86_f80, se));
    t->ymm.mmx_ones |= (u8)(1u << i);
}

bool tr_EMMS(struct tr *t, const struct x86_insn *in)
{
    (void)in;
    if (!begin(t))
        return false;
    h_st_cpu(t, 2, h_zero(), FPU(top));
    t->ymm.mmx = false;
    return true;
}

/* ---- operands ---- */

static vreg get(struct tr *t, const struct x86_insn *in, unsigned i)
{
    return h_mmx_get(t, in->opnd[i].reg);
}

static vreg set(struct tr *t, const struct x86_insn *in)
{
    return h_mmx_set(t, in->opnd[0].reg);
}

/* Source operand i; bytes 8-15 are anything. */
static vreg source(struct tr *t, const struct x86_insn *in, unsigned i)
{
    return in->opnd[i].kind == X86_OPK_MMX ? get(t, in, i) : tr_v_src(t, in, i, in->opnd[i].size);
}

/* ---- shapes ---- */

/* Operations whose halves come from both sources see them in one register. */
static bool joins(enum h_vop op)
{
    switch (op) {
    case H_VPACKS:
    case H_VPACKU:
    case H_VPADD:
    case H_VPSUB:
    case H_VPADDS:
    case H_VPSUBS: return true;
    default: return false;
    }
}

bool tr_mmx_op(struct tr *t, const struct x86_insn *in, enum h_vop op, unsigned esz)
{
    vreg a, b, d, x;

    if (!begin(t))
        return false;
    b = source(t, in, 1);
    mark(t);
    a = get(t, in, 0);
    d = set(t, in);
    if (joins(op)) {
        x = h_vtmp(t);
        h_vshuf2(t, x, a, b, 0);
        h_v3(t, op, esz, d, x, x);
    } else if (op == H_VZIPH) {
        h_v3(t, H_VZIPL, esz, d, a, b);
        h_vdup(t, 3, d, d, 1);
    } else if (op == H_VTBL) { /* bit 3 of an index does not count */
        x = h_vtmp(t);
        h_vdup(t, 3, x, a, 0);
        h_v3(t, op, esz, d, x, b);
    } else {
        h_v3(t, op, esz, d, a, b);
    }
    put(t, in);
    return true;
}

bool tr_mmx_shift(struct tr *t, const struct x86_insn *in, enum h_vop op, unsigned esz)
{
    vreg a, n = H_NONE;

    if (!begin(t))
        return false;
    if (in->opnd[1].kind != X86_OPK_IMM) {
        n = h_vtmp(t);
        h_vcount(t, op, esz, n, source(t, in, 1));
    }
    mark(t);
    a = get(t, in, 0);
    if (n == H_NONE)
        h_vshift(t, op, esz, set(t, in), a, (u8)in->imm);
    else
        h_v3(t, op, esz, set(t, in), a, n);
    put(t, in);
    return true;
}

bool tr_mmx_lane1(struct tr *t, const struct x86_insn *in, tr_v_lane *fn)
{
    vreg s;

    if (!begin(t))
        return false;
    s = source(t, in, 1);
    mark(t);
    fn(t, set(t, in), s, s, (u8)in->imm);
    put(t, in);
    return true;
}

bool tr_mmx_align(struct tr *t, const struct x86_insn *in)
{
    unsigned n = (u8)in->imm < 16 ? (u8)in->imm : 16;
    vreg b, x;

    if (!begin(t))
        return false;
    b = source(t, in, 1);
    mark(t);
    x = h_vtmp(t);
    h_vshuf2(t, x, b, get(t, in, 0), 0);
    h_vext(t, set(t, in), x, x, n + 16);
    put(t, in);
    return true;
}

/* ---- moves ---- */

bool tr_mmx_move(struct tr *t, const struct x86_insn *in, unsigned sz)
{
    const struct x86_operand *d = &in->opnd[0], *s = &in->opnd[1];
    struct h_mem m;
    vreg v;

    if (!begin(t))
        return false;
    if (d->kind == X86_OPK_MEM) {
        v = get(t, in, 1);
        m = tr_mem(t, in);
        h_vst(t, sz, v, &m);
        mark(t);
        return true;
    }
    if (s->kind == X86_OPK_MEM) {
        m = tr_mem(t, in);
        h_vld(t, sz, set(t, in), &m);
    }
    mark(t);
    if (d->kind == X86_OPK_GPR) {
        h_vget(t, sz == 8 ? 3 : 2, h_gpr(d->reg), get(t, in, 1), 0);
    } else if (d->kind == X86_OPK_VEC) {
        h_vmov_low(t, 8, tr_v_reg(in, 0), get(t, in, 1));
    } else {
        if (s->kind == X86_OPK_GPR) {
            h_vfrom_gpr(t, sz, set(t, in), h_gpr(s->reg));
        } else if (s->kind != X86_OPK_MEM) {
            v = s->kind == X86_OPK_VEC ? tr_v_reg(in, 1) : get(t, in, 1);
            h_vmov(t, set(t, in), v);
        }
        put(t, in);
    }
    return true;
}

bool tr_MOVNTQ(struct tr *t, const struct x86_insn *in)
{
    return tr_mmx_move(t, in, 8);
}

bool tr_MOVQ2DQ(struct tr *t, const struct x86_insn *in)
{
    return tr_mmx_move(t, in, 8);
}

bool tr_MOVDQ2Q(struct tr *t, const struct x86_insn *in)
{
    return tr_mmx_move(t, in, 8);
}

bool tr_mmx_insert(struct tr *t, const struct x86_insn *in)
{
    unsigned i = (unsigned)in->imm & 3;
    struct h_mem m;
    vreg d;

    if (!begin(t))
        return false;
    get(t, in, 0);
    d = set(t, in);
    if (tr_is_mem(in, 1)) {
        m = tr_mem(t, in);
        h_vld_elem(t, 1, d, i, &m);
    } else {
        h_vput(t, 1, d, i, h_gpr(in->opnd[1].reg));
    }
    mark(t);
    put(t, in);
    return true;
}

bool tr_mmx_extract(struct tr *t, const struct x86_insn *in)
{
    if (!begin(t))
        return false;
    mark(t);
    h_vget(t, 1, h_gpr(in->opnd[0].reg), get(t, in, 1), (unsigned)in->imm & 3);
    return true;
}

bool tr_mmx_signs(struct tr *t, const struct x86_insn *in)
{
    vreg x;

    if (!begin(t))
        return false;
    mark(t);
    x = h_vtmp(t);
    h_vmov_low(t, 8, x, get(t, in, 1));
    h_vmask(t, 0, h_gpr(in->opnd[0].reg), x);
    return true;
}

/* The x87 side changes even when the store faults. */
bool tr_MASKMOVQ(struct tr *t, const struct x86_insn *in)
{
    vreg mask;

    if (!tr_mask_can(in) || !begin(t))
        return false;
    mark(t);
    mask = h_vtmp(t);
    h_vmov_low(t, 8, mask, get(t, in, 1));
    tr_mask_bytes(t, get(t, in, 0), mask, 8);
    return true;
}

/* ---- conversions: only the side in MMX registers, not memory, makes the x87's state MMX's ---- */

/* The two integers, zeros above. */
static bool integers(struct tr *t, const struct x86_insn *in, vreg *v)
{
    if (tr_is_mem(in, 1)) {
        *v = tr_v_src(t, in, 1, 8);
        return true;
    }
    if (!begin(t))
        return false;
    mark(t);
    *v = h_vtmp(t);
    h_vmov_low(t, 8, *v, get(t, in, 1));
    return true;
}

bool tr_CVTPI2PS(struct tr *t, const struct x86_insn *in)
{
    vreg v;

    if (!integers(t, in, &v))
        return false;
    h_fv_from_int(t, 1, &v, &v);
    h_vins(t, 3, tr_v_reg(in, 0), 0, v, 0);
    return true;
}

bool tr_CVTPI2PD(struct tr *t, const struct x86_insn *in)
{
    vreg v;

    if (!integers(t, in, &v))
        return false;
    h_fv_widen(t, true, false, tr_v_reg(in, 0), v);
    return true;
}

static bool from_floats(struct tr *t, const struct x86_insn *in, bool trunc)
{
    vreg s, x;

    if (!begin(t))
        return false;
    s = tr_v_src(t, in, 1, 8);
    mark(t);
    x = h_vtmp(t);
    if (!tr_is_mem(in, 1)) {
        h_vmov_low(t, 8, x, s);
        s = x;
    }
    h_fv_to_int(t, trunc, 1, &x, &s);
    h_vmov(t, set(t, in), x);
    put(t, in);
    return true;
}

static bool from_doubles(struct tr *t, const struct x86_insn *in, bool trunc)
{
    vreg s, x;

    if (!begin(t))
        return false;
    s = tr_v_src(t, in, 1, 16);
    mark(t);
    x = h_vtmp(t);
    h_fv_narrow_int(t, trunc, 1, x, &s);
    h_vmov(t, set(t, in), x);
    put(t, in);
    return true;
}

bool tr_CVTPS2PI(struct tr *t, const struct x86_insn *in)
{
    return from_floats(t, in, false);
}

bool tr_CVTTPS2PI(struct tr *t, const struct x86_insn *in)
{
    return from_floats(t, in, true);
}

bool tr_CVTPD2PI(struct tr *t, const struct x86_insn *in)
{
    return from_doubles(t, in, false);
}

bool tr_CVTTPD2PI(struct tr *t, const struct x86_insn *in)
{
    return from_doubles(t, in, true);
}
