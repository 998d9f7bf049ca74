/*
 * sem_bit.c - bit tests and scans, counts, BSWAP, CRC32.
 */
#include "interp/alu.h"
#include "interp/atomic.h"

enum bit_op { BIT_TEST, BIT_SET, BIT_RESET, BIT_FLIP };

ALWAYS_INLINE u64 bit_apply(enum bit_op op, u64 a, u64 bit)
{
    switch (op) {
    case BIT_SET: return a | bit;
    case BIT_RESET: return a & ~bit;
    case BIT_FLIP: return a ^ bit;
    default: return a;
    }
}

/*
 * A register bit offset is signed and selects the unit of operand size it falls in (SDM vol. 2,
 * BT; 3.1.1.9 Bit(base, offset)).
 */
gaddr sem_bit_ea(const struct x86_cpu *c, const struct x86_insn *in, unsigned size, u64 offset)
{
    struct x86_insn at = *in;

    if (in->opnd[1].kind == X86_OPK_GPR)
        at.disp += ((i64)sext(offset, size) >> (3 + __builtin_ctz(size))) * (i64)size;
    return sem_ea(c, &at);
}

/*
 * A CPU wants the operand for writing when it reads it: with an operand over two pages, of which
 * the first may not be written and the second not be read, the fault is the first one's.
 */
ALWAYS_INLINE void probe_write(gaddr ea, unsigned size)
{
    if (UNLIKELY((ea ^ (ea + size - 1)) >> 12))
        __atomic_fetch_or((u8 *)g2h(ea), 0, __ATOMIC_RELAXED);
}

ALWAYS_INLINE void bit_do(struct x86_cpu *c, const struct x86_insn *in, enum bit_op op)
{
    unsigned size = in->opnd[0].size;
    u64 offset = op_read(c, in, 1), bit = 1ull << (offset & (8 * size - 1)), old;

    if (op_is_mem(in, 0)) {
        gaddr ea = sem_bit_ea(c, in, size, offset);

        if (op != BIT_TEST)
            probe_write(ea, size);
        old = mem_read(ea, size);
        if (op != BIT_TEST && (in->pfx & X86_PFX_LOCK)) {
            while (!mem_cas(ea, size, &old, bit_apply(op, old, bit)))
                ;
        } else if (op != BIT_TEST) {
            mem_write(ea, size, bit_apply(op, old, bit));
        }
    } else {
        old = op_read(c, in, 0);
        if (op != BIT_TEST)
            op_write(c, in, 0, bit_apply(op, old, bit));
    }
    x86_flags_put(c, X86_CF, old & bit ? X86_CF : 0);
}

void sem_BT(struct x86_cpu *c, const struct x86_insn *in)
{
    bit_do(c, in, BIT_TEST);
}

void sem_BTS(struct x86_cpu *c, const struct x86_insn *in)
{
    bit_do(c, in, BIT_SET);
}

void sem_BTR(struct x86_cpu *c, const struct x86_insn *in)
{
    bit_do(c, in, BIT_RESET);
}

void sem_BTC(struct x86_cpu *c, const struct x86_insn *in)
{
    bit_do(c, in, BIT_FLIP);
}

/* A zero source leaves the destination as it was (AMD APM vol. 3; Intel does the same). */
void sem_BSF(struct x86_cpu *c, const struct x86_insn *in)
{
    u64 v = op_read(c, in, 1);

    if (v)
        op_write(c, in, 0, (u64)__builtin_ctzll(v));
    x86_flags_put(c, X86_ZF, v ? 0 : X86_ZF);
}

void sem_BSR(struct x86_cpu *c, const struct x86_insn *in)
{
    u64 v = op_read(c, in, 1);

    if (v)
        op_write(c, in, 0, 63 - (u64)__builtin_clzll(v));
    x86_flags_put(c, X86_ZF, v ? 0 : X86_ZF);
}

static void count_done(struct x86_cpu *c, const struct x86_insn *in, u64 n, bool zero_source)
{
    op_write(c, in, 0, n);
    x86_flags_put(c, X86_ZF | X86_CF, (n ? 0 : X86_ZF) | (zero_source ? X86_CF : 0));
}

void sem_TZCNT(struct x86_cpu *c, const struct x86_insn *in)
{
    u64 v = op_read(c, in, 1);

    count_done(c, in, v ? (u64)__builtin_ctzll(v) : 8u * in->opnd[1].size, !v);
}

void sem_LZCNT(struct x86_cpu *c, const struct x86_insn *in)
{
    u64 v = op_read(c, in, 1);
    unsigned bits = 8 * in->opnd[1].size;

    count_done(c, in, v ? (u64)__builtin_clzll(v) - (64 - bits) : bits, !v);
}

void sem_POPCNT(struct x86_cpu *c, const struct x86_insn *in)
{
    u64 v = op_read(c, in, 1), n = v;

    n -= n >> 1 & 0x5555555555555555;
    n = (n & 0x3333333333333333) + (n >> 2 & 0x3333333333333333);
    n = (n + (n >> 4)) & 0x0f0f0f0f0f0f0f0f;
    op_write(c, in, 0, n * 0x0101010101010101 >> 56);
    x86_flags_put(c, X86_OSZAPC, v ? 0 : X86_ZF);
}

/* Of a 16-bit register the result is undefined in the manual and zero in silicon. */
void sem_BSWAP(struct x86_cpu *c, const struct x86_insn *in)
{
    u64 v = op_read(c, in, 0);

    switch (in->opnd[0].size) {
    case 8: v = __builtin_bswap64(v); break;
    case 4: v = __builtin_bswap32((u32)v); break;
    default: v = 0; break;
    }
    op_write(c, in, 0, v);
}

/*
 * CRC-32C, reflected polynomial 0x82f63b78, one nibble a step: entry n is n shifted out of the
 * register.
 */
#define CRC_BIT(x) ((x) >> 1 ^ ((x)&1 ? 0x82f63b78u : 0))
#define CRC_NIBBLE(x) CRC_BIT(CRC_BIT(CRC_BIT(CRC_BIT(x))))

static const u32 crc32c_nibble[16] = {
    CRC_NIBBLE(0u),  CRC_NIBBLE(1u),  CRC_NIBBLE(2u),  CRC_NIBBLE(3u),
    CRC_NIBBLE(4u),  CRC_NIBBLE(5u),  CRC_NIBBLE(6u),  CRC_NIBBLE(7u),
    CRC_NIBBLE(8u),  CRC_NIBBLE(9u),  CRC_NIBBLE(10u), CRC_NIBBLE(11u),
    CRC_NIBBLE(12u), CRC_NIBBLE(13u), CRC_NIBBLE(14u), CRC_NIBBLE(15u),
};

void sem_CRC32(struct x86_cpu *c, const struct x86_insn *in)
{
    u32 crc = (u32)op_read(c, in, 0);
    u64 v = op_read(c, in, 1);

    for (unsigned i = 0; i < 2u * in->opnd[1].size; i++, v >>= 4)
        crc = crc >> 4 ^ crc32c_nibble[(crc ^ v) & 15];
    op_write(c, in, 0, crc);
}
