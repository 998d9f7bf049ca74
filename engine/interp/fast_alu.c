/*
 * fast_alu.c - threaded handlers for integer arithmetic: the bodies of alu.h with operand size and
 * form fixed. Forms: rr, ri registers and immediates; rb, rx register with memory (base / indexed);
 * br, xr, bi, xi memory destination.
 */
#include "interp/alu.h"
#include "interp/fast.h"

#define OPERATION(name, number, sz, a, b, lf)                                                      \
    alu_do(number, lf, sz, a, b, alu_reads_cf(number) ? x86_cf(c) : 0)

#define REG_FORM(name, number, sz, form, source)                                                   \
    HANDLER name##_##form##_##sz(ARGS)                                                             \
    {                                                                                              \
        u64 b = source, a = gpr_read(c, op->in.opnd[0].reg, sz);                                   \
                                                                                                   \
        gpr_write(c, op->in.opnd[0].reg, sz, OPERATION(name, number, sz, a, b, &c->lf));           \
        return interp_next(c, op);                                                                 \
    }

/* The flags are made twice, before and after the write; the compiler keeps only what goes to c->lf
 * after it. */
#define MEM_FORM(name, number, sz, form, kind, source)                                             \
    HANDLER name##_##form##_##sz(ARGS)                                                             \
    {                                                                                              \
        gaddr ea = fast_ea(c, &op->in, kind);                                                      \
        u64 b = source, a = mem_read(ea, sz);                                                      \
        unsigned cf = alu_reads_cf(number) ? x86_cf(c) : 0;                                        \
        struct x86_lazy unwritten;                                                                 \
                                                                                                   \
        mem_write(ea, sz, alu_do(number, &unwritten, sz, a, b, cf));                               \
        alu_do(number, &c->lf, sz, a, b, cf);                                                      \
        return interp_next(c, op);                                                                 \
    }

/* CMP and TEST: no destination. */
#define TEST_FORM(name, number, sz, form, first, second)                                           \
    HANDLER name##_##form##_##sz(ARGS)                                                             \
    {                                                                                              \
        u64 a = first, b = second;                                                                 \
                                                                                                   \
        alu_do(number, &c->lf, sz, a, b, 0);                                                       \
        return interp_next(c, op);                                                                 \
    }

#define SRC_REG(sz) gpr_read(c, op->in.opnd[1].reg, sz)
#define DST_REG(sz) gpr_read(c, op->in.opnd[0].reg, sz)
#define SRC_MEM(sz, kind) mem_read(fast_ea(c, &op->in, kind), sz)

#define BINARY_SIZE(name, number, sz)                                                              \
    REG_FORM(name, number, sz, rr, SRC_REG(sz))                                                    \
    REG_FORM(name, number, sz, ri, op->in.imm)                                                     \
    REG_FORM(name, number, sz, rb, SRC_MEM(sz, FAST_MEM_BASE))                                     \
    REG_FORM(name, number, sz, rx, SRC_MEM(sz, FAST_MEM_INDEX))                                    \
    MEM_FORM(name, number, sz, br, FAST_MEM_BASE, SRC_REG(sz))                                     \
    MEM_FORM(name, number, sz, xr, FAST_MEM_INDEX, SRC_REG(sz))                                    \
    MEM_FORM(name, number, sz, bi, FAST_MEM_BASE, op->in.imm)                                      \
    MEM_FORM(name, number, sz, xi, FAST_MEM_INDEX, op->in.imm)

#define TEST_SIZE(name, number, sz)                                                                \
    TEST_FORM(name, number, sz, rr, DST_REG(sz), SRC_REG(sz))                                      \
    TEST_FORM(name, number, sz, ri, DST_REG(sz), op->in.imm)                                       \
    TEST_FORM(name, number, sz, rb, DST_REG(sz), SRC_MEM(sz, FAST_MEM_BASE))                       \
    TEST_FORM(name, number, sz, rx, DST_REG(sz), SRC_MEM(sz, FAST_MEM_INDEX))                      \
    TEST_FORM(name, number, sz, br, SRC_MEM(sz, FAST_MEM_BASE), SRC_REG(sz))                       \
    TEST_FORM(name, number, sz, xr, SRC_MEM(sz, FAST_MEM_INDEX), SRC_REG(sz))                      \
    TEST_FORM(name, number, sz, bi, SRC_MEM(sz, FAST_MEM_BASE), op->in.imm)                        \
    TEST_FORM(name, number, sz, xi, SRC_MEM(sz, FAST_MEM_INDEX), op->in.imm)

#define BY_SIZE(name)                                                                              \
    {                                                                                              \
        name##_1, name##_2, name##_4, name##_8                                                     \
    }
#define FORM_TABLE(name)                                                                           \
    static interp_handler *const name##_forms[8][4] = {                                            \
        BY_SIZE(name##_rr), BY_SIZE(name##_ri), BY_SIZE(name##_rb), BY_SIZE(name##_rx),            \
        BY_SIZE(name##_br), BY_SIZE(name##_xr), BY_SIZE(name##_bi), BY_SIZE(name##_xi)};

#define BINARY(name, number)                                                                       \
    BINARY_SIZE(name, number, 1)                                                                   \
    BINARY_SIZE(name, number, 2)                                                                   \
    BINARY_SIZE(name, number, 4)                                                                   \
    BINARY_SIZE(name, number, 8)                                                                   \
    FORM_TABLE(name)
#define TESTING(name, number)                                                                      \
    TEST_SIZE(name, number, 1)                                                                     \
    TEST_SIZE(name, number, 2)                                                                     \
    TEST_SIZE(name, number, 4)                                                                     \
    TEST_SIZE(name, number, 8)                                                                     \
    FORM_TABLE(name)

BINARY(add, ALU_ADD)
BINARY(or, ALU_OR)
BINARY(adc, ALU_ADC)
BINARY(sbb, ALU_SBB)
BINARY(and, ALU_AND)
BINARY(sub, ALU_SUB)
BINARY(xor, ALU_XOR)
TESTING(cmp, ALU_SUB)
TESTING(test, ALU_AND)

static interp_handler *by_form(const struct x86_insn *in, interp_handler *const forms[8][4])
{
    unsigned s = size_log2(in->opnd[0].size), k0 = in->opnd[0].kind, k1 = in->opnd[1].kind;
    enum fast_mem m = fast_mem(in);

    if (k0 == X86_OPK_GPR && k1 == X86_OPK_GPR)
        return forms[0][s];
    if (k0 == X86_OPK_GPR && k1 == X86_OPK_IMM)
        return forms[1][s];
    if (m == FAST_MEM_NONE)
        return NULL;
    if (k0 == X86_OPK_GPR && k1 == X86_OPK_MEM)
        return forms[1 + m][s];
    if (k0 == X86_OPK_MEM && k1 == X86_OPK_GPR)
        return forms[3 + m][s];
    if (k0 == X86_OPK_MEM && k1 == X86_OPK_IMM)
        return forms[5 + m][s];
    return NULL;
}

/* ---- one register ---- */

#define UNARY(name, number, sz)                                                                    \
    HANDLER name##_##sz(ARGS)                                                                      \
    {                                                                                              \
        u64 a = DST_REG(sz);                                                                       \
                                                                                                   \
        gpr_write(c, op->in.opnd[0].reg, sz, OPERATION(name, number, sz, a, 0, &c->lf));           \
        return interp_next(c, op);                                                                 \
    }
UNARY(inc, ALU_INC, 4)
UNARY(inc, ALU_INC, 8)
UNARY(dec, ALU_DEC, 4)
UNARY(dec, ALU_DEC, 8)
UNARY(neg, ALU_NEG, 4)
UNARY(neg, ALU_NEG, 8)
UNARY(not, ALU_NOT, 4)
UNARY(not, ALU_NOT, 8)

/* Shifts of a register by an immediate (ONE included) or CL. */
#define SHIFT_SIZE(name, sz)                                                                       \
    HANDLER name##_i_##sz(ARGS)                                                                    \
    {                                                                                              \
        u64 r = alu_##name(&c->lf, sz, DST_REG(sz), (unsigned)op->in.imm);                         \
                                                                                                   \
        gpr_write(c, op->in.opnd[0].reg, sz, r);                                                   \
        return interp_next(c, op);                                                                 \
    }                                                                                              \
    HANDLER name##_c_##sz(ARGS)                                                                    \
    {                                                                                              \
        u64 r = alu_##name(&c->lf, sz, DST_REG(sz), (unsigned)c->gpr[X86_RCX]);                    \
                                                                                                   \
        gpr_write(c, op->in.opnd[0].reg, sz, r);                                                   \
        return interp_next(c, op);                                                                 \
    }
SHIFT_SIZE(shl, 4)
SHIFT_SIZE(shl, 8)
SHIFT_SIZE(shr, 4)
SHIFT_SIZE(shr, 8)
SHIFT_SIZE(sar, 4)
SHIFT_SIZE(sar, 8)

#define ROTATE_SIZE(name, sz)                                                                      \
    HANDLER name##_i_##sz(ARGS)                                                                    \
    {                                                                                              \
        u32 oc;                                                                                    \
        u64 r = alu_##name(&oc, sz, DST_REG(sz), (unsigned)op->in.imm);                            \
                                                                                                   \
        if (oc != ALU_KEEP)                                                                        \
            x86_flags_put(c, X86_CF | X86_OF, oc);                                                 \
        gpr_write(c, op->in.opnd[0].reg, sz, r);                                                   \
        return interp_next(c, op);                                                                 \
    }
ROTATE_SIZE(rol, 4)
ROTATE_SIZE(rol, 8)
ROTATE_SIZE(ror, 4)
ROTATE_SIZE(ror, 8)

#define IMUL_SIZE(sz)                                                                              \
    HANDLER imul_rr_##sz(ARGS)                                                                     \
    {                                                                                              \
        gpr_write(c, op->in.opnd[0].reg, sz, alu_imul2(&c->lf, sz, DST_REG(sz), SRC_REG(sz)));     \
        return interp_next(c, op);                                                                 \
    }                                                                                              \
    HANDLER imul_rri_##sz(ARGS)                                                                    \
    {                                                                                              \
        gpr_write(c, op->in.opnd[0].reg, sz, alu_imul2(&c->lf, sz, SRC_REG(sz), op->in.imm));      \
        return interp_next(c, op);                                                                 \
    }                                                                                              \
    HANDLER imul_rb_##sz(ARGS)                                                                     \
    {                                                                                              \
        u64 b = SRC_MEM(sz, FAST_MEM_BASE);                                                        \
                                                                                                   \
        gpr_write(c, op->in.opnd[0].reg, sz, alu_imul2(&c->lf, sz, DST_REG(sz), b));               \
        return interp_next(c, op);                                                                 \
    }
IMUL_SIZE(4)
IMUL_SIZE(8)

HANDLER cmov_rr_4(ARGS)
{
    u64 v = x86_cond(c, op->in.cc) ? c->gpr[op->in.opnd[1].reg] : c->gpr[op->in.opnd[0].reg];

    c->gpr[op->in.opnd[0].reg] = (u32)v;
    return interp_next(c, op);
}

HANDLER cmov_rr_8(ARGS)
{
    if (x86_cond(c, op->in.cc))
        c->gpr[op->in.opnd[0].reg] = c->gpr[op->in.opnd[1].reg];
    return interp_next(c, op);
}

HANDLER setcc_r(ARGS)
{
    gpr_write(c, op->in.opnd[0].reg, 1, x86_cond(c, op->in.cc));
    return interp_next(c, op);
}

#define WIDE(name) (in->opnd[0].size == 8 ? name##_8 : name##_4)

static interp_handler *select_shift(const struct x86_insn *in)
{
    bool cl = in->opnd[1].kind == X86_OPK_GPR;

    switch (in->op) {
    case X86_SHL: return cl ? WIDE(shl_c) : WIDE(shl_i);
    case X86_SHR: return cl ? WIDE(shr_c) : WIDE(shr_i);
    case X86_SAR: return cl ? WIDE(sar_c) : WIDE(sar_i);
    case X86_ROL: return cl ? NULL : WIDE(rol_i);
    case X86_ROR: return cl ? NULL : WIDE(ror_i);
    default: return NULL;
    }
}

static interp_handler *select_imul(const struct x86_insn *in)
{
    if (in->nopnd == 3)
        return is_gpr(in, 1) ? WIDE(imul_rri) : NULL;
    if (in->nopnd != 2)
        return NULL;
    if (is_gpr(in, 1))
        return WIDE(imul_rr);
    return fast_mem(in) == FAST_MEM_BASE ? WIDE(imul_rb) : NULL;
}

/* Register destination of 4 or 8 bytes. */
static interp_handler *select_wide_reg(const struct x86_insn *in)
{
    switch (in->op) {
    case X86_INC: return WIDE(inc);
    case X86_DEC: return WIDE(dec);
    case X86_NEG: return WIDE(neg);
    case X86_NOT: return WIDE(not );
    case X86_IMUL: return select_imul(in);
    case X86_CMOVcc: return is_gpr(in, 1) ? WIDE(cmov_rr) : NULL;
    default: return select_shift(in);
    }
}

interp_handler *select_alu(const struct x86_insn *in)
{
    switch (in->op) {
    case X86_ADD: return by_form(in, add_forms);
    case X86_OR: return by_form(in, or_forms);
    case X86_ADC: return by_form(in, adc_forms);
    case X86_SBB: return by_form(in, sbb_forms);
    case X86_AND: return by_form(in, and_forms);
    case X86_SUB: return by_form(in, sub_forms);
    case X86_XOR: return by_form(in, xor_forms);
    case X86_CMP: return by_form(in, cmp_forms);
    case X86_TEST: return by_form(in, test_forms);
    case X86_SETcc: return is_gpr(in, 0) ? setcc_r : NULL;
    default: return is_gpr(in, 0) && in->opnd[0].size >= 4 ? select_wide_reg(in) : NULL;
    }
}
