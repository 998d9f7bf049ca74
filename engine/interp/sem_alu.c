/*
 * sem_alu.c - ADD OR ADC SBB AND SUB XOR CMP TEST INC DEC NEG NOT: operand access around the bodies
 * of alu.h.
 */
#include "interp/alu.h"
#include "interp/atomic.h"

static NOINLINE void locked_rmw(struct x86_cpu *c, const struct x86_insn *in, enum alu_op op, u64 b,
                                unsigned cf)
{
    unsigned size = in->opnd[0].size;
    gaddr ea = sem_ea(c, in);
    struct x86_lazy lf = c->lf;
    u64 old = mem_read(ea, size);

    while (!mem_cas(ea, size, &old, alu_do(op, &lf, size, old, b, cf)))
        ;
    c->lf = lf;
}

ALWAYS_INLINE void rmw(struct x86_cpu *c, const struct x86_insn *in, enum alu_op op, unsigned size,
                       u64 b)
{
    unsigned cf = alu_reads_cf(op) ? x86_cf(c) : 0;

    if (op_is_mem(in, 0)) {
        struct x86_lazy lf = c->lf;
        gaddr ea;

        if (in->pfx & X86_PFX_LOCK) {
            locked_rmw(c, in, op, b, cf);
            return;
        }
        ea = sem_ea(c, in);
        mem_write(ea, size, alu_do(op, &lf, size, mem_read(ea, size), b, cf));
        c->lf = lf;
        return;
    }
    op_write(c, in, 0, alu_do(op, &c->lf, size, op_read(c, in, 0), b, cf));
}

/* One switch on the size, each arm with the size constant. */
#define BY_SIZE(size, call)                                                                        \
    switch (size) {                                                                                \
    case 1: call(1); break;                                                                        \
    case 2: call(2); break;                                                                        \
    case 4: call(4); break;                                                                        \
    default: call(8); break;                                                                       \
    }

#define SEM_BINARY(OP)                                                                             \
    void sem_##OP(struct x86_cpu *c, const struct x86_insn *in)                                    \
    {                                                                                              \
        u64 b = op_read(c, in, 1);                                                                 \
        BY_SIZE(in->opnd[0].size, CALL_##OP)                                                       \
    }

#define CALL_ADD(size) rmw(c, in, ALU_ADD, size, b)
#define CALL_OR(size) rmw(c, in, ALU_OR, size, b)
#define CALL_ADC(size) rmw(c, in, ALU_ADC, size, b)
#define CALL_SBB(size) rmw(c, in, ALU_SBB, size, b)
#define CALL_AND(size) rmw(c, in, ALU_AND, size, b)
#define CALL_SUB(size) rmw(c, in, ALU_SUB, size, b)
#define CALL_XOR(size) rmw(c, in, ALU_XOR, size, b)
#define CALL_CMP(size) alu_sub(&c->lf, size, a, b)
#define CALL_TEST(size) alu_and(&c->lf, size, a, b)

SEM_BINARY(ADD)
SEM_BINARY(OR)
SEM_BINARY(ADC)
SEM_BINARY(SBB)
SEM_BINARY(AND)
SEM_BINARY(SUB)
SEM_BINARY(XOR)

#define SEM_COMPARE(OP)                                                                            \
    void sem_##OP(struct x86_cpu *c, const struct x86_insn *in)                                    \
    {                                                                                              \
        u64 a = op_read(c, in, 0), b = op_read(c, in, 1);                                          \
        BY_SIZE(in->opnd[0].size, CALL_##OP)                                                       \
    }

SEM_COMPARE(CMP)
SEM_COMPARE(TEST)

#define SEM_UNARY(OP)                                                                              \
    void sem_##OP(struct x86_cpu *c, const struct x86_insn *in)                                    \
    {                                                                                              \
        rmw(c, in, ALU_##OP, in->opnd[0].size, 0);                                                 \
    }

SEM_UNARY(INC)
SEM_UNARY(DEC)
SEM_UNARY(NEG)
SEM_UNARY(NOT)
