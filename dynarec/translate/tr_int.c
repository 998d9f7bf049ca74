/*
 * tr_int.c - moves, arithmetic and logic on general registers, and the operand access they share.
 */
#include "dynarec/translate/tr_fp.h"

/* ---- operands ---- */

struct h_mem tr_mem(struct tr *t, const struct x86_insn *in)
{
    struct h_mem m = {.base = H_NONE, .index = H_NONE, .scale = in->scale, .disp = in->disp};

    if (in->base != X86_REG_NONE)
        m.base = h_gpr(in->base);
    if (in->base == t->fp.step_reg && in->base != X86_REG_NONE)
        m.disp += t->fp.step; /* it still waits to be added */
    if (in->index != X86_REG_NONE && !(in->pfx & X86_PFX_VSIB))
        m.index = h_gpr(in->index);
    m.stack = in->base == X86_RSP || in->base == X86_RBP;
    if (in->adsz == 4) {
        hreg r = h_tmp(t);

        h_ea(t, r, &m);
        h_zext(t, r, r, 4);
        m = (struct h_mem){.base = r, .index = H_NONE};
    }
    if (in->seg != X86_SEG_NONE) {
        hreg r = h_tmp(t);

        h_ld_cpu(t, 8, r, (unsigned)(offsetof(struct x86_cpu, seg_base) + 8u * in->seg));
        if (m.base != H_NONE)
            h_op(t, H_ADD, 8, r, r, m.base);
        m.base = r;
        m.stack = false;
    }
    return m;
}

/* ---- an access and the step of its base ----
 * MOV r, [b] ... ADD b, imm, where the second's flags are dead and nothing in between reads or
 * writes b or accesses memory: both at once. A fault leaves b as it was.
 */

static bool names(const struct x86_insn *in, unsigned reg)
{
    if (in->base == reg || in->index == reg)
        return true;
    for (unsigned i = 0; i < in->nopnd; i++)
        if ((in->opnd[i].kind == X86_OPK_GPR || in->opnd[i].kind == X86_OPK_GPR_HIGH) &&
            in->opnd[i].reg == reg)
            return true;
    return false;
}

i64 tr_step_of(const struct x86_insn *in, unsigned reg)
{
    const struct x86_operand *d = &in->opnd[0];

    if (!in->nopnd || d->kind != X86_OPK_GPR || d->reg != reg || d->size != 8)
        return 0;
    switch (in->op) {
    case X86_ADD: return in->opnd[1].kind == X86_OPK_IMM ? (i64)in->imm : 0;
    case X86_SUB: return in->opnd[1].kind == X86_OPK_IMM ? -(i64)in->imm : 0;
    case X86_INC: return 1;
    case X86_DEC: return -1;
    case X86_LEA:
        return in->base == reg && in->index == X86_REG_NONE && in->adsz == 8 ? in->disp : 0;
    default: return 0;
    }
}

/* The current instruction's one access to memory, operand i. */
static struct h_mem stepping(struct tr *t, const struct x86_insn *in, unsigned i)
{
    struct h_mem m = tr_mem(t, in);
    const struct tr_block *b = &t->blk[t->curblk];
    const struct x86_operand *other = &in->opnd[!i];

    /* Most accesses are to the stack or to fields, which nobody steps over. */
    if (in->base == X86_RSP || in->base == X86_RBP || in->disp < -8 || in->disp > 8)
        return m;
    if (in->base > 15 || in->index != X86_REG_NONE || in->adsz != 8 || in->seg != X86_SEG_NONE ||
        in->nopnd != 2 || (other->kind == X86_OPK_GPR && other->reg == in->base) ||
        other->kind == X86_OPK_GPR_HIGH || tr_move_waits(t))
        return m;
    for (u32 k = t->cur + 1; k < b->first + b->n && k <= t->cur + 3; k++) {
        const struct x86_insn *next = &t->ins[k].in;
        i64 step = tr_step_of(next, in->base);

        if (t->done[k / 32] >> k % 32 & 1)
            return m;
        if (step) {
            if (!(t->ins[k].need & X86_OSZAPC) && h_mem_steps(t, &m, false, step) &&
                h_mem_steps(t, &m, true, step)) {
                m.step = (i16)step;
                t->done[k / 32] |= 1u << k % 32;
            }
            return m;
        }
        if (!tr_in_registers(next) || names(next, in->base))
            return m;
    }
    return m;
}

/* Writes vector registers only, and neither leaves nor runs through x86_sem where there are no runs
 * of floating point. */
static bool calculates(const struct x86_insn *in)
{
    enum tr_fp_kind kind = tr_fp_classify(in).kind;

    return kind == TR_FP_ARITH || kind == TR_FP_PACKED;
}

struct h_mem tr_mem_vload(struct tr *t, const struct x86_insn *in)
{
    struct h_mem m = tr_mem(t, in);
    const struct tr_block *b = &t->blk[t->curblk];
    u32 k = t->cur + 1;
    i64 step = 0;

    if (in->base > 15 || in->base == X86_RSP || in->index != X86_REG_NONE || in->adsz != 8 ||
        in->seg != X86_SEG_NONE || t->opt.align || t->x87.any || h_fp_runs(t) || tr_move_waits(t))
        return m;
    for (; k < b->first + b->n && k <= t->cur + 4; k++) {
        const struct x86_insn *next = &t->ins[k].in;

        step = tr_step_of(next, in->base);
        if (step || t->done[k / 32] >> k % 32 & 1 || names(next, in->base) ||
            !(tr_in_registers(next) || calculates(next)))
            break;
    }
    if (!step || t->done[k / 32] >> k % 32 & 1 || (t->ins[k].need & X86_OSZAPC) ||
        !h_vmem_steps(t, &m, step))
        return m;
    m.step = (i16)step;
    t->done[k / 32] |= 1u << k % 32;
    for (u32 i = t->cur + 1; i < k; i++) {
        t->ins[i].moved = m.step;
        t->ins[i].moved_reg = in->base;
    }
    return m;
}

static void load(struct tr *t, const struct x86_insn *in, unsigned sz, hreg d, bool steps)
{
    struct h_mem m = steps ? stepping(t, in, 1) : tr_mem(t, in);

    h_ld(t, sz, d, &m);
}

hreg tr_read(struct tr *t, const struct x86_insn *in, unsigned i)
{
    const struct x86_operand *o = &in->opnd[i];
    hreg r;

    t->zext_reg = H_NONE;
    switch (o->kind) {
    case X86_OPK_GPR:
        if (o->size >= 4)
            return !i && t->moved == t->cur ? t->moved_from : h_gpr(o->reg);
        r = h_tmp(t);
        h_zext(t, r, h_gpr(o->reg), o->size);
        break;
    case X86_OPK_GPR_HIGH:
        r = h_tmp(t);
        h_ubfx(t, r, h_gpr(o->reg), 8, 8);
        break;
    case X86_OPK_MEM:
        r = h_tmp(t);
        load(t, in, o->size, r, false);
        break;
    default:
        r = h_tmp(t);
        h_imm(
            t, r,
            zext(o->kind == X86_OPK_IMM && o->reg ? x86_imm2(in) : in->imm, o->size ? o->size : 8));
        return r;
    }
    t->zext_reg = r;
    return r;
}

/* The same where bits above the size do not matter. */
static hreg read_low(struct tr *t, const struct x86_insn *in, unsigned i)
{
    if (in->opnd[i].kind == X86_OPK_GPR) {
        t->zext_reg = H_NONE;
        return h_gpr(in->opnd[i].reg);
    }
    return tr_read(t, in, i);
}

void tr_write(struct tr *t, const struct x86_insn *in, unsigned i, hreg v)
{
    const struct x86_operand *o = &in->opnd[i];
    hreg d = o->kind == X86_OPK_MEM ? H_NONE : h_gpr(o->reg);

    if (o->kind == X86_OPK_MEM) {
        struct h_mem m = tr_mem(t, in);

        h_st(t, o->size, v, &m);
    } else if (o->kind == X86_OPK_GPR_HIGH) {
        h_bfi(t, d, v, 8, 8);
    } else if (o->size >= 4) {
        if (d != v)
            h_mov(t, o->size, d, v);
    } else {
        h_bfi(t, d, v, 0, 8u * o->size);
    }
}

hreg tr_dest(struct tr *t, const struct x86_insn *in, unsigned i)
{
    if (in->opnd[i].kind == X86_OPK_GPR && in->opnd[i].size >= 4)
        return h_gpr(in->opnd[i].reg);
    return h_tmp(t);
}

static bool is_imm(const struct x86_insn *in, unsigned i)
{
    return in->opnd[i].kind == X86_OPK_IMM;
}

static bool locked(const struct x86_insn *in)
{
    return (in->pfx & X86_PFX_LOCK) && tr_is_mem(in, 0);
}

/* ---- two operands, flags ---- */

static void compute(struct tr *t, enum h_op op, unsigned sz, const struct x86_insn *in, hreg d,
                    hreg a, hreg b, bool flags)
{
    if (is_imm(in, 1)) {
        if (flags)
            h_opi_f(t, op, sz, d, a, (i64)in->imm);
        else
            h_opi(t, op, sz < 4 ? 4 : sz, d, a, (i64)in->imm);
    } else if (flags) {
        h_op_f(t, op, sz, d, a, b);
    } else {
        h_op(t, op, sz < 4 ? 4 : sz, d, a, b);
    }
}

/* Memory operand 0 for a load and a store: what both have to add to the base is added once. */
static struct h_mem read_and_write(struct tr *t, const struct x86_insn *in)
{
    struct h_mem m = tr_mem(t, in);
    i64 rest = 0;
    hreg addr;

    if (m.index == H_NONE && m.base != H_NONE)
        return m;
    if (m.index != H_NONE && m.disp >= -256 && m.disp < 256) /* any access has room for that */
        rest = m.disp;
    m.disp -= rest;
    addr = h_tmp(t);
    h_ea(t, addr, &m);
    return (struct h_mem){.base = addr, .index = H_NONE, .disp = rest, .stack = m.stack};
}

/* op [m], r: flags only after the store, which may fault. */
static bool to_memory(struct tr *t, const struct x86_insn *in, enum h_op op)
{
    unsigned sz = in->opnd[0].size;
    hreg b = is_imm(in, 1) ? H_NONE : read_low(t, in, 1);
    struct h_mem m = locked(in) ? tr_mem(t, in) : read_and_write(t, in);
    hreg a = h_tmp(t), r = h_tmp(t), addr;

    if (locked(in)) {
        static const u8 at[] = {[H_ADD] = H_AT_ADD,
                                [H_SUB] = H_AT_SUB,
                                [H_AND] = H_AT_AND,
                                [H_OR] = H_AT_OR,
                                [H_XOR] = H_AT_XOR};

        addr = r;
        h_ea(t, addr, &m);
        if (b == H_NONE) {
            b = h_tmp(t);
            h_imm(t, b, in->imm);
        }
        h_atomic(t, at[op], sz, a, addr, b);
    } else {
        h_ld(t, sz, a, &m);
        if (!(tr_cur(t)->need & X86_OSZAPC) || op == H_AND || op == H_OR || op == H_XOR) {
            compute(t, op, sz, in, r, a, b, false);
            h_st(t, sz, r, &m);
            h_flags_logic(t, sz, r);
            return true;
        }
        compute(t, op, sz, in, r, a, b, false);
        h_st(t, sz, r, &m);
    }
    t->zext_reg = H_NONE;
    compute(t, op, sz, in, r, a, b, true);
    return true;
}

static bool binary(struct tr *t, const struct x86_insn *in, enum h_op op)
{
    unsigned sz = in->opnd[0].size;
    bool needs = tr_cur(t)->need & X86_OSZAPC;
    hreg a, b, d;

    if (op == H_ADC || op == H_SBB) {
        if (tr_is_mem(in, 0))
            return tr_carry_to_memory(t, in, op);
        if (needs && sz < 4)
            return false;
    }
    if (tr_is_mem(in, 0))
        return to_memory(t, in, op);
    b = is_imm(in, 1) ? H_NONE : sz >= 4 ? tr_read(t, in, 1) : read_low(t, in, 1);
    t->zext_reg = H_NONE;
    a = in->opnd[0].kind == X86_OPK_GPR && sz < 4 ? h_gpr(in->opnd[0].reg) : tr_read(t, in, 0);
    if (op == H_XOR && !is_imm(in, 1) && a == b && sz >= 4 &&
        in->opnd[1].kind == X86_OPK_GPR) { /* the zeroing idiom */
        d = tr_dest(t, in, 0);
        h_imm(t, d, 0);
        h_flags_logic(t, sz, d);
        return true;
    }
    d = tr_dest(t, in, 0);
    compute(t, op, sz, in, d, a, b, true);
    tr_write(t, in, 0, d);
    return true;
}

bool tr_ADD(struct tr *t, const struct x86_insn *in)
{
    return binary(t, in, H_ADD);
}

bool tr_SUB(struct tr *t, const struct x86_insn *in)
{
    return binary(t, in, H_SUB);
}

bool tr_AND(struct tr *t, const struct x86_insn *in)
{
    return binary(t, in, H_AND);
}

bool tr_OR(struct tr *t, const struct x86_insn *in)
{
    return binary(t, in, H_OR);
}

bool tr_XOR(struct tr *t, const struct x86_insn *in)
{
    return binary(t, in, H_XOR);
}

bool tr_ADC(struct tr *t, const struct x86_insn *in)
{
    return binary(t, in, H_ADC);
}

bool tr_SBB(struct tr *t, const struct x86_insn *in)
{
    return binary(t, in, H_SBB);
}

bool tr_CMP(struct tr *t, const struct x86_insn *in)
{
    unsigned sz = in->opnd[0].size;
    hreg b = is_imm(in, 1) ? H_NONE : read_low(t, in, 1);
    hreg a = read_low(t, in, 0);

    compute(t, H_SUB, sz, in, H_NONE, a, b, true);
    return true;
}

bool tr_TEST(struct tr *t, const struct x86_insn *in)
{
    unsigned sz = in->opnd[0].size;
    hreg b = is_imm(in, 1) ? H_NONE : read_low(t, in, 1);
    hreg a = read_low(t, in, 0);

    if (a == b)
        h_flags_logic(t, sz, a);
    else
        compute(t, H_AND, sz, in, H_NONE, a, b, true);
    return true;
}

/* ---- one operand ---- */

/* Reads the operand, leaves in *m where it is if that is memory. */
static hreg read_rmw(struct tr *t, const struct x86_insn *in, struct h_mem *m)
{
    if (!tr_is_mem(in, 0))
        return in->opnd[0].kind == X86_OPK_GPR ? h_gpr(in->opnd[0].reg) : tr_read(t, in, 0);
    *m = read_and_write(t, in);
    hreg a = h_tmp(t);
    h_ld(t, in->opnd[0].size, a, m);
    return a;
}

static bool step(struct tr *t, const struct x86_insn *in, int delta)
{
    unsigned sz = in->opnd[0].size;
    struct h_mem m;
    hreg a, d;

    if (locked(in)) {
        hreg addr = h_tmp(t), by = h_tmp(t);

        if (sz < 4 && (tr_cur(t)->need & X86_OSZAPC)) /* there are not enough temporaries */
            return false;
        m = tr_mem(t, in);
        h_ea(t, addr, &m);
        h_imm(t, by, (u64)(i64)delta);
        a = h_tmp(t);
        h_atomic(t, H_AT_ADD, sz, a, addr, by);
        if (tr_cur(t)->need & X86_OSZAPC)
            h_step_f(t, sz, by, a, delta);
        return true;
    }
    a = read_rmw(t, in, &m);
    d = tr_dest(t, in, 0);
    if (tr_is_mem(in, 0)) {
        h_opi(t, H_ADD, sz < 4 ? 4 : sz, d, a, delta);
        h_st(t, sz, d, &m);
        if (tr_cur(t)->need & X86_OSZAPC)
            h_step_f(t, sz, d, a, delta);
        return true;
    }
    h_step_f(t, sz, d, a, delta);
    tr_write(t, in, 0, d);
    return true;
}

bool tr_INC(struct tr *t, const struct x86_insn *in)
{
    return step(t, in, 1);
}

bool tr_DEC(struct tr *t, const struct x86_insn *in)
{
    return step(t, in, -1);
}

bool tr_NEG(struct tr *t, const struct x86_insn *in)
{
    unsigned sz = in->opnd[0].size;
    struct h_mem m;
    hreg a, d, zero;

    if (locked(in))
        return false;
    a = read_rmw(t, in, &m);
    d = tr_dest(t, in, 0);
    if (tr_is_mem(in, 0)) {
        h_neg(t, sz < 4 ? 4 : sz, d, a);
        h_st(t, sz, d, &m);
    }
    if (tr_cur(t)->need & X86_OSZAPC) {
        zero = h_tmp(t);
        h_imm(t, zero, 0);
        h_op_f(t, H_SUB, sz, d, zero, a);
    } else if (!tr_is_mem(in, 0)) {
        h_neg(t, sz < 4 ? 4 : sz, d, a);
    }
    if (!tr_is_mem(in, 0))
        tr_write(t, in, 0, d);
    return true;
}

bool tr_NOT(struct tr *t, const struct x86_insn *in)
{
    unsigned sz = in->opnd[0].size;
    struct h_mem m;
    hreg a, d;

    if (locked(in)) {
        m = tr_mem(t, in);
        a = h_tmp(t);
        d = h_tmp(t);
        h_ea(t, a, &m);
        h_imm(t, d, ~0ull);
        h_atomic(t, H_AT_XOR, sz, h_tmp(t), a, d);
        return true;
    }
    a = read_rmw(t, in, &m);
    d = tr_dest(t, in, 0);
    h_not(t, sz < 4 ? 4 : sz, d, a);
    if (tr_is_mem(in, 0))
        h_st(t, sz, d, &m);
    else
        tr_write(t, in, 0, d);
    return true;
}

/* ---- moves ---- */

/* d = d op x, with s in place of d: it cannot fault, and is always translated here. */
static bool takes_moved(const struct x86_insn *in, unsigned reg, unsigned size)
{
    const struct x86_operand *d = &in->opnd[0], *x = &in->opnd[1];

    if (d->kind != X86_OPK_GPR || d->reg != reg || d->size < 4 || d->size > size)
        return false;
    switch (in->op) {
    case X86_ADD:
    case X86_SUB:
    case X86_AND:
    case X86_OR:
    case X86_XOR: return x->kind == X86_OPK_IMM || (x->kind == X86_OPK_GPR && x->reg != reg);
    case X86_SHL:
    case X86_SHR:
    case X86_SAR:
    case X86_ROL:
    case X86_ROR: return x->kind == X86_OPK_IMM && (in->imm & (d->size == 8 ? 63 : 31));
    default: return false;
    }
}

/* An instruction between the two: no memory, nothing to do with d. */
static bool passes_moved(const struct x86_insn *in, unsigned d)
{
    switch (in->op) {
    case X86_CMP:
    case X86_TEST:
    case X86_ADD:
    case X86_SUB:
    case X86_AND:
    case X86_OR:
    case X86_XOR:
    case X86_MOV:
    case X86_MOVZX: break;
    case X86_LEA:
        if (in->base == d || in->index == d || in->adsz != 8 || in->seg != X86_SEG_NONE)
            return false;
        return in->opnd[0].size >= 4 && in->opnd[0].reg != d;
    default: return false;
    }
    for (unsigned i = 0; i < 2; i++) {
        const struct x86_operand *o = &in->opnd[i];

        if (o->kind != X86_OPK_IMM && (o->kind != X86_OPK_GPR || o->reg == d))
            return false;
        if (o->kind == X86_OPK_GPR && o->size < 4 && (in->op != X86_MOVZX || !i))
            return false;
    }
    return true;
}

/* The operation of instruction k, in the place of the move: what it reads changes before k. */
static bool done_early(struct tr *t, u32 k, u32 written, hreg s)
{
    const struct x86_insn *in = &t->ins[k].in;
    u32 cur = t->cur;

    if (t->ins[k].need & X86_OSZAPC)
        return false;
    if (in->opnd[1].kind == X86_OPK_GPR && written >> in->opnd[1].reg & 1)
        return false;
    t->moved = t->cur = k;
    t->moved_from = s;
    if (!tr_table[in->op](t, in))
        tr_fail(t, "an early operation");
    t->done[k / 32] |= 1u << k % 32;
    t->cur = cur;
    t->moved = TR_UNBOUND;
    return true;
}

/*
 * MOV d, s and then d = d op x, perhaps after a few others, is one instruction of three operands:
 * tr_read() of the second's first operand gives s. In between d is not what the guest's is, so
 * nothing there may fault, leave or call x86_sem.
 */
static bool moves_into_next(struct tr *t, const struct x86_insn *in)
{
    const struct tr_block *b = &t->blk[t->curblk];
    unsigned d = in->opnd[0].reg, s = in->opnd[1].reg;
    u32 written = 0;

    if (tr_move_waits(t) || d == s)
        return false;
    for (u32 k = t->cur + 1; k < b->first + b->n && k <= t->cur + 4; k++) {
        const struct x86_insn *next = &t->ins[k].in;

        if (takes_moved(next, d, in->opnd[0].size)) {
            if (t->done[k / 32] >> k % 32 & 1)
                return false;
            if (written >> s & 1)
                return done_early(t, k, written, h_gpr(s));
            t->moved = k;
            t->moved_from = h_gpr(s);
            return true;
        }
        if (!passes_moved(next, d))
            return false;
        if (next->op != X86_CMP && next->op != X86_TEST)
            written |= 1u << next->opnd[0].reg;
    }
    return false;
}

bool tr_MOV(struct tr *t, const struct x86_insn *in)
{
    const struct x86_operand *d = &in->opnd[0], *s = &in->opnd[1];
    hreg v;

    if (d->kind == X86_OPK_MEM) {
        struct h_mem m;

        v = is_imm(in, 1) && !in->imm ? h_zero() : read_low(t, in, 1);
        m = stepping(t, in, 0);
        h_st(t, d->size, v, &m);
        return true;
    }
    if (d->size >= 4 && d->kind == X86_OPK_GPR) {
        v = h_gpr(d->reg);
        if (s->kind == X86_OPK_MEM)
            load(t, in, d->size, v, true);
        else if (s->kind == X86_OPK_IMM)
            h_imm(t, v, zext(in->imm, d->size));
        else if (!moves_into_next(t, in))
            h_mov(t, d->size, v, h_gpr(s->reg));
        return true;
    }
    v = read_low(t, in, 1);
    tr_write(t, in, 0, v);
    return true;
}

/* Is instruction k, seen from the current one, of the same run of floating point? That is done, and
 * what of it has waited neither faults nor leaves (tr_fp_run.c). */
static bool in_same_run(const struct tr *t, u32 k)
{
    return t->ins[t->cur].back && t->ins[k].back == t->ins[t->cur].back + (k - t->cur);
}

/*
 * MOVZX d, s and then SHL d, n, whose flags are dead: both at once, where nothing between them has
 * to do with d, may fault or leave.
 */
static bool shifted_later(struct tr *t, const struct x86_insn *in)
{
    const struct tr_block *b = &t->blk[t->curblk];
    const struct x86_operand *d = &in->opnd[0], *s = &in->opnd[1];

    if (d->size < 4 || s->kind != X86_OPK_GPR || tr_move_waits(t))
        return false;
    for (u32 k = t->cur + 1; k < b->first + b->n && k <= t->cur + 8; k++) {
        const struct x86_insn *next = &t->ins[k].in;
        unsigned sz = next->opnd[0].size, n = next->imm & (sz == 8 ? 63 : 31), width;

        if (t->done[k / 32] >> k % 32 & 1)
            return false;
        if (next->op == X86_SHL && next->opnd[0].kind == X86_OPK_GPR &&
            next->opnd[0].reg == d->reg) {
            if (sz < 4 || next->opnd[1].kind != X86_OPK_IMM || !n || (t->ins[k].need & X86_OSZAPC))
                return false;
            width = 8u * s->size < 8 * sz - n ? 8u * s->size : 8 * sz - n;
            h_ubfiz(t, h_gpr(d->reg), h_gpr(s->reg), n, width);
            t->done[k / 32] |= 1u << k % 32;
            return true;
        }
        if (names(next, d->reg) || !(in_same_run(t, k) || tr_in_registers(next)))
            return false;
    }
    return false;
}

bool tr_MOVZX(struct tr *t, const struct x86_insn *in)
{
    hreg d = tr_dest(t, in, 0);
    const struct x86_operand *s = &in->opnd[1];

    if (shifted_later(t, in))
        return true;
    if (s->kind == X86_OPK_MEM)
        load(t, in, s->size, d, true);
    else if (s->kind == X86_OPK_GPR_HIGH)
        h_ubfx(t, d, h_gpr(s->reg), 8, 8);
    else
        h_zext(t, d, h_gpr(s->reg), s->size);
    if (in->opnd[0].size < 4)
        tr_write(t, in, 0, d);
    return true;
}

static bool sign_extend(struct tr *t, const struct x86_insn *in)
{
    const struct x86_operand *s = &in->opnd[1];
    unsigned to = in->opnd[0].size < 4 ? 4 : in->opnd[0].size;
    hreg d = tr_dest(t, in, 0);

    if (s->kind == X86_OPK_MEM && s->size < to) {
        struct h_mem m = stepping(t, in, 1);

        h_lds(t, s->size, to, d, &m);
    } else if (s->kind == X86_OPK_MEM) {
        load(t, in, s->size, d, false);
    } else if (s->kind == X86_OPK_GPR_HIGH) {
        h_sbfx(t, d, h_gpr(s->reg), 8, 8);
        if (to == 4)
            h_mov(t, 4, d, d);
    } else {
        h_sext(t, to, d, h_gpr(s->reg), s->size);
    }
    if (in->opnd[0].size < 4)
        tr_write(t, in, 0, d);
    return true;
}

bool tr_MOVSX(struct tr *t, const struct x86_insn *in)
{
    return sign_extend(t, in);
}

bool tr_MOVSXD(struct tr *t, const struct x86_insn *in)
{
    return sign_extend(t, in);
}

bool tr_LEA(struct tr *t, const struct x86_insn *in)
{
    struct x86_insn plain = *in;
    unsigned sz = in->opnd[0].size;
    struct h_mem m;
    hreg d = tr_dest(t, in, 0);

    plain.seg = X86_SEG_NONE;
    m = tr_mem(t, &plain);
    if (m.index == H_NONE && m.base != H_NONE && sz >= 4) {
        h_opi(t, H_ADD, sz, d, m.base, m.disp);
        return true;
    }
    if (m.index != H_NONE && m.base != H_NONE && !m.disp && sz >= 4) {
        h_ops(t, H_ADD, sz, d, m.base, m.index, m.scale);
        return true;
    }
    if (d == m.base || d == m.index || sz < 8) {
        hreg r = h_tmp(t);

        h_ea(t, r, &m);
        tr_write(t, in, 0, r);
        return true;
    }
    h_ea(t, d, &m);
    return true;
}

bool tr_XCHG(struct tr *t, const struct x86_insn *in)
{
    unsigned sz = in->opnd[0].size;
    hreg a, b, old, addr;

    if (tr_is_mem(in, 0) || tr_is_mem(in, 1)) {
        unsigned mem = tr_is_mem(in, 0) ? 0 : 1;
        struct h_mem m;

        b = read_low(t, in, !mem);
        m = tr_mem(t, in);
        addr = h_tmp(t);
        old = h_tmp(t);
        h_ea(t, addr, &m);
        h_atomic(t, H_AT_SWAP, sz, old, addr, b);
        tr_write(t, in, !mem, old);
        return true;
    }
    a = h_tmp(t);
    h_mov(t, 8, a, tr_read(t, in, 0));
    b = tr_read(t, in, 1);
    if (sz >= 4) { /* also with itself: 32 bits are zero-extended */
        h_mov(t, sz, h_gpr(in->opnd[0].reg), b);
        h_mov(t, sz, h_gpr(in->opnd[1].reg), a);
        return true;
    }
    tr_write(t, in, 0, b);
    tr_write(t, in, 1, a);
    return true;
}

bool tr_CBW(struct tr *t, const struct x86_insn *in)
{
    hreg a = h_gpr(X86_RAX), x;

    if (in->opsz == 2) {
        x = h_tmp(t);
        h_sext(t, 4, x, a, 1);
        h_bfi(t, a, x, 0, 16);
    } else {
        h_sext(t, in->opsz, a, a, in->opsz / 2);
    }
    return true;
}

bool tr_CWD(struct tr *t, const struct x86_insn *in)
{
    hreg a = h_gpr(X86_RAX), d = h_gpr(X86_RDX), x;

    if (in->opsz == 2) {
        x = h_tmp(t);
        h_sbfx(t, x, a, 15, 1);
        h_bfi(t, d, x, 0, 16);
    } else {
        h_opi(t, H_SAR, in->opsz, d, a, 8 * in->opsz - 1);
    }
    return true;
}

bool tr_SETcc(struct tr *t, const struct x86_insn *in)
{
    hreg r = h_tmp(t);

    h_setcc(t, r, in->cc);
    tr_write(t, in, 0, r);
    return true;
}

bool tr_CMOVcc(struct tr *t, const struct x86_insn *in)
{
    unsigned sz = in->opnd[0].size;
    hreg s = read_low(t, in, 1), d = h_gpr(in->opnd[0].reg), r;

    if (sz >= 4) {
        h_cmov(t, sz, d, s, d, in->cc);
        return true;
    }
    r = h_tmp(t);
    h_cmov(t, 4, r, s, d, in->cc);
    h_bfi(t, d, r, 0, 16);
    return true;
}

/* ---- stack ---- */

bool tr_PUSH(struct tr *t, const struct x86_insn *in)
{
    unsigned sz = in->opsz;
    hreg v;

    if (sz == 4)
        return false;
    if (is_imm(in, 0)) {
        v = in->imm ? h_tmp(t) : h_zero();
        if (in->imm)
            h_imm(t, v, in->imm);
    } else {
        v = read_low(t, in, 0);
    }
    h_st_push(t, sz, v, h_gpr(X86_RSP));
    return true;
}

bool tr_POP(struct tr *t, const struct x86_insn *in)
{
    hreg r;

    if (in->opsz == 4)
        return false;
    if (tr_is_mem(in, 0)) { /* an address by RSP is that after the pop */
        struct h_mem from = {.base = h_gpr(X86_RSP), .index = H_NONE, .stack = true}, m;

        if (in->base == X86_RSP && (in->adsz != 8 || in->seg != X86_SEG_NONE))
            return false;
        r = h_tmp(t);
        h_ld(t, in->opsz, r, &from);
        m = tr_mem(t, in);
        if (in->base == X86_RSP)
            m.disp += in->opsz;
        h_st(t, in->opsz, r, &m);
        h_opi(t, H_ADD, 8, h_gpr(X86_RSP), h_gpr(X86_RSP), in->opsz);
        return true;
    }
    if (in->opsz == 8) {
        h_ld_pop(t, 8, h_gpr(in->opnd[0].reg), h_gpr(X86_RSP));
        return true;
    }
    if (in->opnd[0].reg == X86_RSP)
        return false;
    r = h_tmp(t);
    h_ld_pop(t, 2, r, h_gpr(X86_RSP));
    tr_write(t, in, 0, r);
    return true;
}

bool tr_LEAVE(struct tr *t, const struct x86_insn *in)
{
    struct h_mem m = {.base = h_gpr(X86_RBP), .index = H_NONE, .stack = true};
    hreg v = h_tmp(t);

    if (in->opsz != 8)
        return false;
    h_ld(t, 8, v, &m);
    h_opi(t, H_ADD, 8, h_gpr(X86_RSP), h_gpr(X86_RBP), 8);
    h_mov(t, 8, h_gpr(X86_RBP), v);
    return true;
}

/* ---- hints and fences ---- */

#define TR_NOTHING(op)                                                                             \
    bool tr_##op(struct tr *t, const struct x86_insn *in)                                          \
    {                                                                                              \
        (void)t;                                                                                   \
        (void)in;                                                                                  \
        return true;                                                                               \
    }
TR_NOTHING(NOP)
TR_NOTHING(PAUSE)
TR_NOTHING(PREFETCH)
TR_NOTHING(PREFETCHW)
TR_NOTHING(PREFETCHNTA)
TR_NOTHING(PREFETCHT0)
TR_NOTHING(PREFETCHT1)
TR_NOTHING(PREFETCHT2)
TR_NOTHING(ENDBR64)

bool tr_MFENCE(struct tr *t, const struct x86_insn *in)
{
    (void)in;
    h_fence(t, H_FENCE_FULL);
    return true;
}

bool tr_LFENCE(struct tr *t, const struct x86_insn *in)
{
    (void)in;
    h_fence(t, H_FENCE_LOAD);
    return true;
}

bool tr_SFENCE(struct tr *t, const struct x86_insn *in)
{
    (void)in;
    h_fence(t, H_FENCE_STORE);
    return true;
}

bool tr_plain_integer(const struct x86_insn *in)
{
    switch (in->op) {
    case X86_MOV:
    case X86_MOVZX:
    case X86_MOVSX:
    case X86_MOVSXD:
    case X86_LEA:
    case X86_ADD:
    case X86_SUB:
    case X86_AND:
    case X86_OR:
    case X86_XOR:
    case X86_CMP:
    case X86_TEST:
    case X86_INC:
    case X86_DEC:
    case X86_NEG:
    case X86_NOT:
    case X86_NOP: return !(in->pfx & X86_PFX_LOCK);
    default: return false;
    }
}

bool tr_in_registers(const struct x86_insn *in)
{
    bool address = in->op == X86_LEA || in->op == X86_NOP; /* an operand that is not accessed */

    if (!tr_plain_integer(in))
        return false;
    for (unsigned i = 0; i < in->nopnd && !address; i++)
        if (in->opnd[i].kind == X86_OPK_MEM)
            return false;
    return true;
}
