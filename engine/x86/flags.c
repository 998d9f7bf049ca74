/*
 * flags.c - the six status flags from the lazy state (SDM vol. 1, 3.4.3.1). The slow half of
 * flags.h.
 */
#include "x86/flags.h"

/*
 * CF, OF, AF of a + b (+ carry) = r: the carry out of each bit is the majority of a, b and the
 * carry in.
 */
static u32 carries_add(u64 a, u64 b, u64 r, unsigned size)
{
    u64 carry = (a & b) | ((a | b) & ~r);
    u64 over = (a ^ r) & (b ^ r);

    return sign_bit(carry, size) * X86_CF | sign_bit(over, size) * X86_OF |
           (u32)((a ^ b ^ r) & X86_AF);
}

static u32 carries_sub(u64 a, u64 b, u64 r, unsigned size)
{
    u64 borrow = (~a & b) | ((~a | b) & r);
    u64 over = (a ^ b) & (a ^ r);

    return sign_bit(borrow, size) * X86_CF | sign_bit(over, size) * X86_OF |
           (u32)((a ^ b ^ r) & X86_AF);
}

u32 x86_flags_compute(const struct x86_lazy *lf)
{
    unsigned size = x86_lf_size(lf->kind);
    u64 a = lf->a, b = lf->b, r = lf->r;
    u64 top = 1ull << (8 * size - 1);
    u32 f = 0;

    switch (lf->kind >> 2) {
    case X86_LF_SUB:
        r = zext(a - b, size);
        f = carries_sub(a, b, r, size);
        break;
    case X86_LF_ADD: f = carries_add(a, zext(r - a, size), r, size); break;
    case X86_LF_ADC: f = carries_add(a, b, r, size); break;
    case X86_LF_SBB: f = carries_sub(a, b, r, size); break;
    case X86_LF_INC: f = (u32)a | (r == top ? X86_OF : 0) | ((r & 15) == 0 ? X86_AF : 0); break;
    case X86_LF_DEC:
        f = (u32)a | (r == top - 1 ? X86_OF : 0) | ((r & 15) == 15 ? X86_AF : 0);
        break;
    case X86_LF_RES: f = (u32)a; break;
    default: /* LOGIC */ break;
    }
    return f | x86_szp(r, size);
}

bool x86_cond_slow(struct x86_cpu *c, unsigned cc)
{
    return x86_cond_flags(x86_flags_get(c), cc);
}
