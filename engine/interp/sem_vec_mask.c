/*
 * sem_vec_mask.c - accesses under a mask: MASKMOVQ/MASKMOVDQU, VMASKMOV/VPMASKMOV, gathers.
 * Invariants: only active elements touch memory. A gather is restartable: an element and its
 * cleared mask are in the registers before the next load, so a fault leaves exactly what is still
 * to be done (SDM vol. 2, VPGATHERDD).
 */
#include "interp/vec_forms.h"
#include <stdatomic.h>

/* seg:[rDI], cut to the address size. */
static gaddr maskmov_ea(const struct x86_cpu *c, const struct x86_insn *in)
{
    gaddr a = zext(c->gpr[X86_RDI], in->adsz) + c->seg_base[in->seg];

    return in->mode == 64 ? a : (u32)a;
}

/*
 * The SDM leaves it open whether bytes that the mask leaves out may fault; here as on AMD CPUs all
 * n bytes must be writable.
 */
static void maskmov_bytes(gaddr a, const u8 *data, const u8 *mask, unsigned n)
{
    mem_probe_write(a);
    vec_probe_store(a, n);
    for (unsigned i = 0; i < n; i++)
        if (mask[i] & 0x80)
            st_u8(g2h(a + i), data[i]);
}

/* The x87 side changes even when the store faults (AMD CPUs; the SDM does not say). */
void sem_MASKMOVQ(struct x86_cpu *c, const struct x86_insn *in)
{
    union vec_lane data, mask;

    mmx_check(c);
    mmx_mark(c);
    data.q[0] = c->fpu.regs[in->opnd[0].reg].m;
    mask.q[0] = c->fpu.regs[in->opnd[1].reg].m;
    maskmov_bytes(maskmov_ea(c, in), data.b, mask.b, 8);
}

void sem_MASKMOVDQU(struct x86_cpu *c, const struct x86_insn *in)
{
    const union vec_lane *data = vec_reg(c, in->opnd[0].reg), *mask = vec_reg(c, in->opnd[1].reg);

    maskmov_bytes(maskmov_ea(c, in), data->b, mask->b, 16);
}
VEC_SEM(VMASKMOVDQU, sem_MASKMOVDQU(c, in))

/* The sign bit of each mask element: 4 or 8 bytes. */
ALWAYS_INLINE bool element_active(const union x86_vec *mask, unsigned size, unsigned i)
{
    return (size == 4 ? mask->sd[i] : mask->sq[i]) < 0;
}

/* Each element has its own address: with 67h it wraps at 4 GiB before the segment base is added. */
ALWAYS_INLINE gaddr element_ea(const struct x86_cpu *c, const struct x86_insn *in, unsigned offset)
{
    gaddr a = zext(sem_ea_offset(c, in) + offset, in->adsz) + c->seg_base[in->seg];

    return in->mode == 64 ? a : (u32)a;
}

ALWAYS_INLINE void masked_load(struct x86_cpu *c, const struct x86_insn *in, unsigned size)
{
    const union x86_vec *mask = &c->vec[in->opnd[1].reg];
    union x86_vec d = {.q = {0, 0, 0, 0}};

    for (unsigned i = 0; i < in->vl / size; i++)
        if (element_active(mask, size, i))
            __builtin_memcpy(&d.b[size * i], g2h(element_ea(c, in, size * i)), size);
    vec_put_vl(c, in, in->opnd[0].reg, (union vec_lane *)(void *)&d);
}

ALWAYS_INLINE void masked_store(struct x86_cpu *c, const struct x86_insn *in, unsigned size)
{
    const union x86_vec *mask = &c->vec[in->opnd[1].reg], *s = &c->vec[in->opnd[2].reg];
    gaddr first = element_ea(c, in, 0), last = element_ea(c, in, in->vl - 1u);

    /* Over a page edge all active elements are tried first. */
    if (UNLIKELY((first ^ last) >> 12))
        for (unsigned i = 0; i < in->vl / size; i++)
            if (element_active(mask, size, i)) {
                mem_probe_write(element_ea(c, in, size * i));
                vec_probe_store(element_ea(c, in, size * i), size);
            }
    for (unsigned i = 0; i < in->vl / size; i++)
        if (element_active(mask, size, i))
            __builtin_memcpy(g2h(element_ea(c, in, size * i)), &s->b[size * i], size);
}

ALWAYS_INLINE void masked_move(struct x86_cpu *c, const struct x86_insn *in, unsigned size)
{
    if (op_is_mem(in, 0))
        masked_store(c, in, size);
    else
        masked_load(c, in, size);
}
VEC_SEM(VMASKMOVPS, masked_move(c, in, 4))
VEC_SEM(VMASKMOVPD, masked_move(c, in, 8))
VEC_SEM(VPMASKMOVD, masked_move(c, in, 4))
VEC_SEM(VPMASKMOVQ, masked_move(c, in, 8))

static gaddr gather_ea(const struct x86_cpu *c, const struct x86_insn *in, i64 index)
{
    u64 a = c->gpr[in->base] + ((u64)index << in->scale) + (u64)in->disp;

    a = zext(a, in->adsz) + c->seg_base[in->seg];
    return in->mode == 64 ? a : (u32)a;
}

/* isize, size: bytes of an index and of an element; there are as many elements as the wider of the
 * two fits into vl. */
ALWAYS_INLINE void gather(struct x86_cpu *c, const struct x86_insn *in, unsigned isize,
                          unsigned size)
{
    unsigned dreg = in->opnd[0].reg, mreg = in->opnd[2].reg;
    unsigned count = in->vl / (isize > size ? isize : size);
    union x86_vec *d = &c->vec[dreg], *mask = &c->vec[mreg];
    const union x86_vec *index = &c->vec[in->index];

    if (dreg == mreg || dreg == in->index || mreg == in->index)
        sem_ud(c);
    for (unsigned i = 0; i < count; i++) {
        if (element_active(mask, size, i)) {
            i64 at = isize == 4 ? index->sd[i] : index->sq[i];
            u64 v = mem_read(gather_ea(c, in, at), size);

            __builtin_memcpy(&d->b[size * i], &v, size);
        }
        __builtin_memset(&mask->b[size * i], 0, size);
        /* The next load may fault: the registers must be up to date. */
        atomic_signal_fence(memory_order_seq_cst);
    }
    __builtin_memset(mask, 0, sizeof *mask);
    __builtin_memset(&d->b[size * count], 0, sizeof *d - size * count);
}
VEC_SEM(VPGATHERDD, gather(c, in, 4, 4))
VEC_SEM(VPGATHERDQ, gather(c, in, 4, 8))
VEC_SEM(VPGATHERQD, gather(c, in, 8, 4))
VEC_SEM(VPGATHERQQ, gather(c, in, 8, 8))
VEC_SEM(VGATHERDPS, gather(c, in, 4, 4))
VEC_SEM(VGATHERDPD, gather(c, in, 4, 8))
VEC_SEM(VGATHERQPS, gather(c, in, 8, 4))
VEC_SEM(VGATHERQPD, gather(c, in, 8, 8))
