/*
 * fast_mov.c - threaded handlers for data movement: MOV, MOVZX, MOVSX, MOVSXD, LEA, PUSH, POP in
 * 64-bit mode.
 */
#include "interp/fast.h"

#define MOV_SIZE(sz)                                                                               \
    HANDLER mov_rr_##sz(ARGS)                                                                      \
    {                                                                                              \
        gpr_write(c, op->in.opnd[0].reg, sz, c->gpr[op->in.opnd[1].reg]);                          \
        return interp_next(c, op);                                                                 \
    }                                                                                              \
    HANDLER mov_ri_##sz(ARGS)                                                                      \
    {                                                                                              \
        gpr_write(c, op->in.opnd[0].reg, sz, op->in.imm);                                          \
        return interp_next(c, op);                                                                 \
    }                                                                                              \
    HANDLER mov_rb_##sz(ARGS)                                                                      \
    {                                                                                              \
        gpr_write(c, op->in.opnd[0].reg, sz, mem_read(fast_ea(c, &op->in, FAST_MEM_BASE), sz));    \
        return interp_next(c, op);                                                                 \
    }                                                                                              \
    HANDLER mov_rx_##sz(ARGS)                                                                      \
    {                                                                                              \
        gpr_write(c, op->in.opnd[0].reg, sz, mem_read(fast_ea(c, &op->in, FAST_MEM_INDEX), sz));   \
        return interp_next(c, op);                                                                 \
    }                                                                                              \
    HANDLER mov_br_##sz(ARGS)                                                                      \
    {                                                                                              \
        mem_write(fast_ea(c, &op->in, FAST_MEM_BASE), sz, c->gpr[op->in.opnd[1].reg]);             \
        return interp_next(c, op);                                                                 \
    }                                                                                              \
    HANDLER mov_xr_##sz(ARGS)                                                                      \
    {                                                                                              \
        mem_write(fast_ea(c, &op->in, FAST_MEM_INDEX), sz, c->gpr[op->in.opnd[1].reg]);            \
        return interp_next(c, op);                                                                 \
    }                                                                                              \
    HANDLER mov_bi_##sz(ARGS)                                                                      \
    {                                                                                              \
        mem_write(fast_ea(c, &op->in, FAST_MEM_BASE), sz, op->in.imm);                             \
        return interp_next(c, op);                                                                 \
    }                                                                                              \
    HANDLER mov_xi_##sz(ARGS)                                                                      \
    {                                                                                              \
        mem_write(fast_ea(c, &op->in, FAST_MEM_INDEX), sz, op->in.imm);                            \
        return interp_next(c, op);                                                                 \
    }
MOV_SIZE(1)
MOV_SIZE(2)
MOV_SIZE(4)
MOV_SIZE(8)

#define BY_SIZE(name)                                                                              \
    {                                                                                              \
        name##_1, name##_2, name##_4, name##_8                                                     \
    }

static interp_handler *select_plain_mov(const struct x86_insn *in)
{
    static interp_handler *const rr[4] = BY_SIZE(mov_rr), *const ri[4] = BY_SIZE(mov_ri);
    static interp_handler *const rm[2][4] = {BY_SIZE(mov_rb), BY_SIZE(mov_rx)};
    static interp_handler *const mr[2][4] = {BY_SIZE(mov_br), BY_SIZE(mov_xr)};
    static interp_handler *const mi[2][4] = {BY_SIZE(mov_bi), BY_SIZE(mov_xi)};
    unsigned s = size_log2(in->opnd[0].size), kind0 = in->opnd[0].kind, kind1 = in->opnd[1].kind;
    enum fast_mem m = fast_mem(in);

    if (kind0 == X86_OPK_GPR && kind1 == X86_OPK_GPR)
        return rr[s];
    if (kind0 == X86_OPK_GPR && kind1 == X86_OPK_IMM)
        return ri[s];
    if (m == FAST_MEM_NONE)
        return NULL;
    if (kind0 == X86_OPK_GPR && kind1 == X86_OPK_MEM)
        return rm[m - 1][s];
    if (kind0 == X86_OPK_MEM && kind1 == X86_OPK_GPR)
        return mr[m - 1][s];
    if (kind0 == X86_OPK_MEM && kind1 == X86_OPK_IMM)
        return mi[m - 1][s];
    return NULL;
}

/* Widening moves: FN extends a value of `from` bytes; the destination is written with `to` bytes.
 */
#define MOVX(name, ext, from, to)                                                                  \
    HANDLER name##_r_##from##_##to(ARGS)                                                           \
    {                                                                                              \
        gpr_write(c, op->in.opnd[0].reg, to, ext(c->gpr[op->in.opnd[1].reg], from));               \
        return interp_next(c, op);                                                                 \
    }                                                                                              \
    HANDLER name##_b_##from##_##to(ARGS)                                                           \
    {                                                                                              \
        u64 v = mem_read(fast_ea(c, &op->in, FAST_MEM_BASE), from);                                \
                                                                                                   \
        gpr_write(c, op->in.opnd[0].reg, to, ext(v, from));                                        \
        return interp_next(c, op);                                                                 \
    }                                                                                              \
    HANDLER name##_x_##from##_##to(ARGS)                                                           \
    {                                                                                              \
        u64 v = mem_read(fast_ea(c, &op->in, FAST_MEM_INDEX), from);                               \
                                                                                                   \
        gpr_write(c, op->in.opnd[0].reg, to, ext(v, from));                                        \
        return interp_next(c, op);                                                                 \
    }
MOVX(zx, zext, 1, 4)
MOVX(zx, zext, 2, 4)
MOVX(sx, sext, 1, 4)
MOVX(sx, sext, 2, 4)
MOVX(sx, sext, 1, 8)
MOVX(sx, sext, 2, 8)
MOVX(sx, sext, 4, 8)

#define MOVX_SET(name, from, to)                                                                   \
    {                                                                                              \
        name##_r_##from##_##to, name##_b_##from##_##to, name##_x_##from##_##to                     \
    }

/* MOVZX into 64 bits is the same as into 32. */
static interp_handler *select_movx(const struct x86_insn *in, bool sign)
{
    static interp_handler *const zx[2][3] = {MOVX_SET(zx, 1, 4), MOVX_SET(zx, 2, 4)};
    static interp_handler *const sx4[2][3] = {MOVX_SET(sx, 1, 4), MOVX_SET(sx, 2, 4)};
    static interp_handler *const sx8[3][3] = {MOVX_SET(sx, 1, 8), MOVX_SET(sx, 2, 8),
                                              MOVX_SET(sx, 4, 8)};
    unsigned from = size_log2(in->opnd[1].size), to = in->opnd[0].size, form;

    if (in->opnd[1].kind == X86_OPK_GPR)
        form = 0;
    else if (in->opnd[1].kind == X86_OPK_MEM && fast_mem(in) != FAST_MEM_NONE)
        form = fast_mem(in);
    else
        return NULL;
    if (to == 8 && sign)
        return sx8[from][form];
    if (to < 4 || from > 1)
        return NULL;
    return sign ? sx4[from][form] : zx[from][form];
}

HANDLER lea_b_8(ARGS)
{
    c->gpr[op->in.opnd[0].reg] = c->gpr[op->in.base] + (u64)op->in.disp;
    return interp_next(c, op);
}

HANDLER lea_x_8(ARGS)
{
    c->gpr[op->in.opnd[0].reg] = sem_ea_offset(c, &op->in);
    return interp_next(c, op);
}

HANDLER lea_x_4(ARGS)
{
    c->gpr[op->in.opnd[0].reg] = (u32)sem_ea_offset(c, &op->in);
    return interp_next(c, op);
}

static interp_handler *select_lea(const struct x86_insn *in)
{
    if (in->opnd[0].size == 8 && in->adsz == 8)
        return in->index == X86_REG_NONE ? lea_b_8 : lea_x_8;
    return in->opnd[0].size == 8 ? lea_x_8 : in->opnd[0].size == 4 ? lea_x_4 : NULL;
}

HANDLER push_r8(ARGS)
{
    u64 sp = c->gpr[X86_RSP] - 8;

    c->cur = &op->in;
    st_u64(g2h(sp), c->gpr[op->in.opnd[0].reg]);
    c->gpr[X86_RSP] = sp;
    return interp_next(c, op);
}

HANDLER push_i8(ARGS)
{
    u64 sp = c->gpr[X86_RSP] - 8;

    c->cur = &op->in;
    st_u64(g2h(sp), op->in.imm);
    c->gpr[X86_RSP] = sp;
    return interp_next(c, op);
}

HANDLER pop_r8(ARGS)
{
    u64 sp = c->gpr[X86_RSP], v;

    c->cur = &op->in;
    v = ld_u64(g2h(sp));
    c->gpr[X86_RSP] = sp + 8;
    c->gpr[op->in.opnd[0].reg] = v;
    return interp_next(c, op);
}

HANDLER leave8(ARGS)
{
    u64 sp = c->gpr[X86_RBP];

    c->cur = &op->in;
    c->gpr[X86_RBP] = ld_u64(g2h(sp));
    c->gpr[X86_RSP] = sp + 8;
    return interp_next(c, op);
}

HANDLER nop(ARGS)
{
    return interp_next(c, op);
}

interp_handler *select_mov(const struct x86_insn *in)
{
    switch (in->op) {
    case X86_MOV: return select_plain_mov(in);
    case X86_MOVZX: return select_movx(in, false);
    case X86_MOVSX:
    case X86_MOVSXD: return select_movx(in, true);
    case X86_LEA: return select_lea(in);
    case X86_PUSH:
        if (in->mode != 64 || in->opsz != 8)
            return NULL;
        return is_gpr(in, 0) ? push_r8 : in->opnd[0].kind == X86_OPK_IMM ? push_i8 : NULL;
    case X86_POP: return in->mode == 64 && in->opsz == 8 && is_gpr(in, 0) ? pop_r8 : NULL;
    case X86_LEAVE: return in->mode == 64 && in->opsz == 8 ? leave8 : NULL;
    default: return x86_rows[in->row].attr & X86_ATTR_HINT ? nop : NULL;
    }
}
