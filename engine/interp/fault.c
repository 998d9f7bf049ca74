/*
 * fault.c - which exception a host memory fault of the running instruction is for the guest: #PF,
 * or #GP/#SS where the address could not be one. Called by engine/signal's SIGSEGV handler and by
 * the oracle's, so it only reads.
 */
#include "interp/sem.h"

/*
 * References through the stack registers raise #SS, all others #GP (SDM vol. 3, 6.15). POP reads
 * the stack before its operand, CALL, PUSH and the rest the other way round: an operand that could
 * be read leaves only the stack.
 */
static unsigned stack_or_general(const struct x86_cpu *c, const struct x86_insn *in)
{
    const u32 stack = X86_ATTR_PUSH | X86_ATTR_POP | X86_ATTR_CALL | X86_ATTR_RET;
    u32 attr = x86_rows[in->row].attr;

    if (attr & X86_ATTR_POP && !is_canonical(c->gpr[X86_RSP]))
        return X86_EXC_SS;
    for (unsigned i = 0; i < in->nopnd; i++) {
        if (in->opnd[i].kind != X86_OPK_MEM)
            continue;
        if (attr & (X86_ATTR_PUSH | X86_ATTR_CALL) && is_canonical(sem_ea(c, in)) &&
            !is_canonical(c->gpr[X86_RSP] - 1))
            return X86_EXC_SS;
        return in->seg == X86_SEG_NONE && (in->base == X86_RSP || in->base == X86_RBP) ? X86_EXC_SS
                                                                                       : X86_EXC_GP;
    }
    return !in->nopnd && attr & stack ? X86_EXC_SS : X86_EXC_GP;
}

/* Hosts that report no address for a non-canonical access: look at where the operands point. */
static bool operands_canonical(const struct x86_cpu *c, const struct x86_insn *in)
{
    u64 base = c->seg_base[in->seg];

    switch (in->op) {
    case X86_MASKMOVQ:
    case X86_MASKMOVDQU:
    case X86_VMASKMOVDQU: return is_canonical(c->gpr[X86_RDI] + base);
    case X86_XLAT: return is_canonical(c->gpr[X86_RBX] + base);
    default: break;
    }
    for (unsigned i = 0; i < in->nopnd; i++) {
        unsigned kind = in->opnd[i].kind;

        if ((kind == X86_OPK_MEM && !is_canonical(sem_ea(c, in))) ||
            (kind == X86_OPK_SI && !is_canonical(c->gpr[X86_RSI] + base)) ||
            (kind == X86_OPK_DI && !is_canonical(c->gpr[X86_RDI])))
            return false;
    }
    return is_canonical(c->gpr[X86_RSP]);
}

/* A flat 32-bit segment ends at 4G: does `size` bytes at offset go beyond? */
static bool beyond_limit(u32 offset, unsigned size)
{
    return size && (u64)offset + size > 1ull << 32;
}

/* Gathers load element by element; those that are done have lost their mask bit. */
static bool gather_beyond_limit(const struct x86_cpu *c, const struct x86_insn *in)
{
    bool wide_index = in->op == X86_VPGATHERQD || in->op == X86_VPGATHERQQ ||
                      in->op == X86_VGATHERQPS || in->op == X86_VGATHERQPD;
    bool wide_elem = in->op == X86_VPGATHERDQ || in->op == X86_VPGATHERQQ ||
                     in->op == X86_VGATHERDPD || in->op == X86_VGATHERQPD;
    const union x86_vec *index = &c->vec[in->index], *mask = &c->vec[in->opnd[2].reg];
    unsigned n = in->vl / (wide_index || wide_elem ? 8 : 4);

    for (unsigned i = 0; i < n; i++) {
        u64 at = wide_index ? index->q[i] : (u64)index->sd[i];
        bool active = wide_elem ? mask->sq[i] < 0 : mask->sd[i] < 0;

        if (active)
            return beyond_limit((u32)(c->gpr[in->base] + (at << in->scale) + (u64)in->disp),
                                wide_elem ? 8 : 4);
    }
    return false;
}

/* How far a fault at addr looks: FNSTENV and FNSAVE have stored a first word before the rest. */
static unsigned piece_of(const struct x86_cpu *c, const struct x86_insn *in, unsigned size,
                         gaddr addr)
{
    unsigned first = size & 2 ? 2 : 4;

    if ((in->op == X86_FNSTENV || in->op == X86_FNSAVE) && (u32)(addr - sem_ea(c, in)) < first)
        return first;
    return size;
}

static unsigned vec_32(const struct x86_cpu *c, const struct x86_insn *in, gaddr addr)
{
    for (unsigned i = 0; i < in->nopnd; i++) {
        if (in->opnd[i].kind != X86_OPK_MEM)
            continue;
        if (in->pfx & X86_PFX_VSIB
                ? gather_beyond_limit(c, in)
                : beyond_limit((u32)sem_ea_offset(c, in), piece_of(c, in, in->opnd[i].size, addr)))
            return in->seg == X86_SS ? X86_EXC_SS : X86_EXC_GP;
    }
    return X86_EXC_PF;
}

unsigned interp_fault_vec(const struct x86_cpu *c, gaddr addr, enum interp_cause cause)
{
    const struct x86_insn *in = c->cur;
    bool refused = cause == INTERP_CAUSE_NO_ADDRESS || !is_canonical(addr);

    if (!in)
        return refused ? X86_EXC_GP : X86_EXC_PF;
    if (c->mode != 64)
        return vec_32(c, in, addr);
    if (refused || (cause == INTERP_CAUSE_UNKNOWN && !addr && !operands_canonical(c, in)))
        return stack_or_general(c, in);
    return X86_EXC_PF;
}

/*
 * Where the operand in memory begins, and in *size how far all of it is accessed; 0 for what has
 * several places (index vectors) or may leave bytes out.
 */
static gaddr operand_at(const struct x86_cpu *c, const struct x86_insn *in, unsigned *size)
{
    gaddr a;

    switch (in->op) {
    case X86_MASKMOVQ:
    case X86_MASKMOVDQU:
    case X86_VMASKMOVDQU:
        *size = in->op == X86_MASKMOVQ ? 8 : 16;
        a = zext(c->gpr[X86_RDI], in->adsz) + c->seg_base[in->seg];
        return in->mode == 64 ? a : (u32)a;
    case X86_VMASKMOVPS:
    case X86_VMASKMOVPD:
    case X86_VPMASKMOVD:
    case X86_VPMASKMOVQ: return 0;
    default: break;
    }
    if (in->nopnd < 1 || in->pfx & X86_PFX_VSIB)
        return 0;
    for (unsigned i = 0; i < in->nopnd; i++) {
        if (in->opnd[i].kind != X86_OPK_MEM)
            continue;
        *size = in->opnd[i].size;
        if (!i && (in->op == X86_BT || in->op == X86_BTS || in->op == X86_BTR || in->op == X86_BTC))
            return sem_bit_ea(c, in, *size, c->gpr[in->opnd[1].reg & 15]);
        return sem_ea(c, in);
    }
    return 0;
}

/* Is addr where CALL and PUSH write or POP reads: the slot's first byte, or where it enters a page?
 */
static bool on_stack(const struct x86_cpu *c, const struct x86_insn *in, gaddr addr)
{
    u32 attr = x86_rows[in->row].attr;
    u64 offset;

    if (!(attr & (X86_ATTR_PUSH | X86_ATTR_POP | X86_ATTR_CALL)))
        return false;
    offset = addr - c->gpr[X86_RSP] + (attr & X86_ATTR_POP ? 0 : in->opsz);
    offset = c->mode == 64 ? offset : (u32)offset;
    return !offset || (offset < in->opsz && !(addr & 4095));
}

gaddr interp_fault_addr(const struct x86_cpu *c, gaddr addr)
{
    unsigned size = 0;
    gaddr first = c->cur ? operand_at(c, c->cur, &size) : 0;

    if (first && on_stack(c, c->cur, addr))
        return addr;
    /* Other sizes are environments and areas, which sem_ functions access in the CPU's order. */
    if (!first || size > sizeof(union x86_vec) || size & (size - 1) ||
        addr < align_down(first, 16) || addr >= first + size)
        return addr;
    return addr >> 12 > first >> 12 ? align_down(addr, 4096) : first;
}
