/*
 * sem_atomic.c - atomic access to guest memory and the instructions made of it: XCHG, XADD,
 * CMPXCHG, CMPXCHG8B/16B.
 */
#include "interp/alu.h"
#include "interp/atomic.h"

/*
 * The split lock, 0 when free. A fault under it cannot happen: both ends were probed for writing
 * before.
 */
static u32 split_lock;

/* Faults where the CPU would: at the operand's first byte, or the first byte of its second page. */
static void probe_operand(gaddr a, unsigned size)
{
    gaddr second = align_down(a + size - 1, 4096);

    mem_probe_write(a);
    if (second > a)
        mem_probe_write(second);
}

static bool cas_split(gaddr a, unsigned size, u64 *expect, u64 want)
{
    u64 old;
    bool ok;

    while (__atomic_exchange_n(&split_lock, 1, __ATOMIC_ACQUIRE))
        ;
    old = mem_read(a, size);
    ok = old == *expect;
    if (ok)
        mem_write(a, size, want);
    __atomic_store_n(&split_lock, 0, __ATOMIC_RELEASE);
    *expect = old;
    return ok;
}

/* The operand lies inside one aligned 8-byte unit. */
static bool cas_in8(gaddr a, unsigned size, u64 *expect, u64 want)
{
    u64 *unit = g2h(align_down(a, 8));
    unsigned sh = 8 * (unsigned)(a & 7);
    u64 mask = size_mask(size) << sh;
    u64 old = __atomic_load_n(unit, __ATOMIC_SEQ_CST);
    u64 now = old >> sh & size_mask(size);
    bool same = now == *expect;
    u64 next = (old & ~mask) | (same ? want : now) << sh;

    *expect = now;
    return __atomic_compare_exchange_n(unit, &old, next, false, __ATOMIC_SEQ_CST,
                                       __ATOMIC_SEQ_CST) &&
           same;
}

/* ... or one aligned 16-byte unit. */
static bool cas_in16(gaddr a, unsigned size, u64 *expect, u64 want)
{
    u64 *unit = g2h(align_down(a, 16));
    unsigned sh = 8 * (unsigned)(a & 15);
    u64 old[2] = {__atomic_load_n(unit, __ATOMIC_SEQ_CST),
                  __atomic_load_n(unit + 1, __ATOMIC_SEQ_CST)},
        next[2];
    u128 all = (u128)old[1] << 64 | old[0], mask = (u128)size_mask(size) << sh;
    u64 now = zext((u64)(all >> sh), size);
    bool same = now == *expect;

    all = (all & ~mask) | (u128)(same ? want : now) << sh;
    next[0] = (u64)all;
    next[1] = (u64)(all >> 64);
    *expect = now;
    return host_cas16(unit, old, next) && same;
}

/*
 * Hosts without narrow atomics swap the unit around the operand. gcc 12 for RV64 compares what
 * LR.W sign-extended with all of a register, and reports success without a store where that holds a
 * value not extended so (GCC bug 114130): hence signed types, and the barrier, without which it
 * thinks the extension needless.
 */
#define CAS_ALIGNED(type)                                                                          \
    do {                                                                                           \
        i64 wide_ = (type)*expect;                                                                 \
        type old_;                                                                                 \
        bool ok_;                                                                                  \
        if (!__atomic_always_lock_free(sizeof(type), 0))                                           \
            return cas_in8(a, size, expect, want);                                                 \
        __asm__("" : "+r"(wide_));                                                                 \
        old_ = (type)wide_;                                                                        \
        ok_ = __atomic_compare_exchange_n((type *)g2h(a), &old_, (type)want, false,                \
                                          __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);                     \
        *expect = zext((u64)old_, sizeof(type));                                                   \
        return ok_;                                                                                \
    } while (0)

static bool cas_any(gaddr a, unsigned size, u64 *expect, u64 want)
{
    want = zext(want, size);
    if (UNLIKELY(a & (size - 1))) {
        probe_operand(a, size);
        if ((a & 7) + size <= 8)
            return cas_in8(a, size, expect, want);
        if ((a & 15) + size <= 16)
            return cas_in16(a, size, expect, want);
        return cas_split(a, size, expect, want);
    }
    switch (size) {
    case 1: CAS_ALIGNED(i8);
    case 2: CAS_ALIGNED(i16);
    case 4: CAS_ALIGNED(i32);
    default: CAS_ALIGNED(i64);
    }
}

bool mem_cas(gaddr a, unsigned size, u64 *expect, u64 want)
{
    bool ok = cas_any(a, size, expect, want);

    host_lock_fence();
    return ok;
}

u64 mem_xchg(gaddr a, unsigned size, u64 v)
{
    u64 old;

    if (LIKELY(size >= 4 && !(a & (size - 1)))) {
        old = size == 4 ? __atomic_exchange_n((u32 *)g2h(a), (u32)v, __ATOMIC_SEQ_CST)
                        : __atomic_exchange_n((u64 *)g2h(a), v, __ATOMIC_SEQ_CST);
        host_lock_fence();
        return old;
    }
    old = mem_read(a, size);
    while (!mem_cas(a, size, &old, v))
        ;
    return old;
}

/* A memory operand makes XCHG locked, with or without the prefix (SDM vol. 2, XCHG). */
void sem_XCHG(struct x86_cpu *c, const struct x86_insn *in)
{
    u64 a, b = op_read(c, in, 1);

    if (op_is_mem(in, 0)) {
        a = mem_xchg(sem_ea(c, in), in->opnd[0].size, b);
        op_write(c, in, 1, a);
        return;
    }
    a = op_read(c, in, 0);
    op_write(c, in, 0, b);
    op_write(c, in, 1, a);
}

void sem_XADD(struct x86_cpu *c, const struct x86_insn *in)
{
    unsigned size = in->opnd[0].size;
    u64 b = op_read(c, in, 1), a = op_read(c, in, 0);
    struct x86_lazy lf = c->lf;

    if (op_is_mem(in, 0)) {
        gaddr ea = sem_ea(c, in);

        if (in->pfx & X86_PFX_LOCK) {
            while (!mem_cas(ea, size, &a, a + b))
                ;
        } else {
            mem_write(ea, size, a + b);
        }
        op_write(c, in, 1, a);
        alu_add(&lf, size, a, b);
    } else {
        op_write(c, in, 1, a); /* XADD r, r of one register: the sum wins */
        op_write(c, in, 0, alu_add(&lf, size, a, b));
    }
    c->lf = lf;
}

/*
 * Compares memory with acc; returns what was there. The CPU writes the old value back on a
 * mismatch: read-only memory faults.
 */
static u64 cmpxchg_mem(struct x86_cpu *c, const struct x86_insn *in, unsigned size, u64 acc,
                       u64 want)
{
    gaddr ea = sem_ea(c, in);
    u64 old;

    if (!(in->pfx & X86_PFX_LOCK)) {
        old = mem_read(ea, size);
        mem_write(ea, size, old == acc ? want : old);
        return old;
    }
    for (;;) {
        old = acc;
        if (mem_cas(ea, size, &old, want))
            return acc;
        if (old != acc) {
            u64 same = old;

            if (mem_cas(ea, size, &same, old))
                return old;
        }
    }
}

void sem_CMPXCHG(struct x86_cpu *c, const struct x86_insn *in)
{
    unsigned size = in->opnd[0].size;
    u64 acc = gpr_read(c, X86_RAX, size), src = op_read(c, in, 1), old;

    if (op_is_mem(in, 0)) {
        old = cmpxchg_mem(c, in, size, acc, src);
    } else {
        old = op_read(c, in, 0);
        if (old == acc)
            op_write(c, in, 0, src);
    }
    if (old != acc)
        gpr_write(c, X86_RAX, size, old);
    x86_lf_sub(&c->lf, size, acc, old);
}

void sem_CMPXCHG8B(struct x86_cpu *c, const struct x86_insn *in)
{
    u64 acc = (u32)c->gpr[X86_RAX] | c->gpr[X86_RDX] << 32;
    u64 want = (u32)c->gpr[X86_RBX] | c->gpr[X86_RCX] << 32;
    u64 old = cmpxchg_mem(c, in, 8, acc, want);

    if (old != acc) {
        c->gpr[X86_RAX] = (u32)old;
        c->gpr[X86_RDX] = old >> 32;
    }
    x86_flags_put(c, X86_ZF, old == acc ? X86_ZF : 0);
}

/* Always atomic, LOCK or not. */
void sem_CMPXCHG16B(struct x86_cpu *c, const struct x86_insn *in)
{
    gaddr ea = sem_ea(c, in);
    const u64 want[2] = {c->gpr[X86_RBX], c->gpr[X86_RCX]};
    u64 old[2];
    bool same, done;

    if (ea & 15)
        sem_gp(c, 0);
    do {
        old[0] = c->gpr[X86_RAX];
        old[1] = c->gpr[X86_RDX];
        same = done = host_cas16(g2h(ea), old, want);
        if (!done && (old[0] != c->gpr[X86_RAX] || old[1] != c->gpr[X86_RDX]))
            done = host_cas16(g2h(ea), old, old);
    } while (!done);
    if (!same) {
        c->gpr[X86_RAX] = old[0];
        c->gpr[X86_RDX] = old[1];
    }
    x86_flags_put(c, X86_ZF, same ? X86_ZF : 0);
}
