/*
 * sem_vec_mov.c - vector data movement: whole registers, low and high parts, MOVD/MOVQ,
 * non-temporal stores (plain stores here). Rows tell by the destination's operand size whether a
 * register write merges (MOVSS xmm,xmm: 4 bytes) or zeroes (MOVSS xmm,m32).
 */
#include "interp/vec_forms.h"

/* 16 bytes, either direction, aligned or not. */
ALWAYS_INLINE void mov16(struct x86_cpu *c, const struct x86_insn *in, bool aligned)
{
    if (op_is_mem(in, 0))
        (aligned ? vec_mova_mr : vec_mov_mr)(c, in);
    else if (op_is_mem(in, 1))
        (aligned ? vec_mova_rm : vec_mov_rm)(c, in);
    else
        vec_mov_rr(c, in);
}
VEC_SEM(MOVAPS, mov16(c, in, true))
VEC_SEM(MOVAPD, mov16(c, in, true))
VEC_SEM(MOVDQA, mov16(c, in, true))
VEC_SEM(MOVUPS, mov16(c, in, false))
VEC_SEM(MOVUPD, mov16(c, in, false))
VEC_SEM(MOVDQU, mov16(c, in, false))
VEC_SEM(LDDQU, vec_mov_rm(c, in))
VEC_SEM(MOVNTPS, vec_mova_mr(c, in))
VEC_SEM(MOVNTPD, vec_mova_mr(c, in))
VEC_SEM(MOVNTDQ, vec_mova_mr(c, in))
VEC_SEM(MOVNTDQA, vec_mova_rm(c, in))

/* vl bytes, either direction. */
ALWAYS_INLINE void vmov_load(struct x86_cpu *c, const struct x86_insn *in, bool aligned)
{
    gaddr a = aligned ? vec_ea_aligned(c, in, in->vl) : sem_ea(c, in);
    union vec_lane d[2];

    if (in->vl == 32) {
        vec_ld16(&d[0], a);
        vec_ld16(&d[1], a + 16);
    } else {
        vec_ld16(&d[0], a);
    }
    vec_put_vl(c, in, in->opnd[0].reg, d);
}

ALWAYS_INLINE void vmov_store(struct x86_cpu *c, const struct x86_insn *in, bool aligned)
{
    gaddr a = aligned ? vec_ea_aligned(c, in, in->vl) : sem_ea(c, in);
    const union vec_lane *s = vec_reg(c, in->opnd[1].reg);

    if (in->vl == 32) {
        vec_probe_store(a, 32);
        __builtin_memcpy(g2h(a), s, 32);
    } else {
        vec_st16(a, s);
    }
}

ALWAYS_INLINE void vmov(struct x86_cpu *c, const struct x86_insn *in, bool aligned)
{
    if (op_is_mem(in, 0))
        vmov_store(c, in, aligned);
    else if (op_is_mem(in, 1))
        vmov_load(c, in, aligned);
    else
        vec_put_vl(c, in, in->opnd[0].reg, vec_reg(c, in->opnd[1].reg));
}
VEC_SEM(VMOVAPS, vmov(c, in, true))
VEC_SEM(VMOVAPD, vmov(c, in, true))
VEC_SEM(VMOVDQA, vmov(c, in, true))
VEC_SEM(VMOVUPS, vmov(c, in, false))
VEC_SEM(VMOVUPD, vmov(c, in, false))
VEC_SEM(VMOVDQU, vmov(c, in, false))
VEC_SEM(VLDDQU, vmov_load(c, in, false))
VEC_SEM(VMOVNTPS, vmov_store(c, in, true))
VEC_SEM(VMOVNTPD, vmov_store(c, in, true))
VEC_SEM(VMOVNTDQ, vmov_store(c, in, true))
VEC_SEM(VMOVNTDQA, vmov_load(c, in, true))

/* Scalars. */
void sem_MOVSS(struct x86_cpu *c, const struct x86_insn *in)
{
    if (op_is_mem(in, 0))
        vec_mov4_mr(c, in);
    else if (op_is_mem(in, 1))
        vec_mov4_rm(c, in);
    else
        vec_reg(c, in->opnd[0].reg)->d[0] = vec_reg(c, in->opnd[1].reg)->d[0];
}

void sem_MOVSD_X(struct x86_cpu *c, const struct x86_insn *in)
{
    if (op_is_mem(in, 0))
        vec_mov8_mr(c, in);
    else if (op_is_mem(in, 1))
        vec_mov8_rm(c, in);
    else
        vec_reg(c, in->opnd[0].reg)->q[0] = vec_reg(c, in->opnd[1].reg)->q[0];
}
VEC_SEM(MOVNTSS, vec_mov4_mr(c, in))
VEC_SEM(MOVNTSD, vec_mov8_mr(c, in))

/* Three operands: the rest of the XMM from operand 1. Two: memory on one side. */
ALWAYS_INLINE void vmov_scalar(struct x86_cpu *c, const struct x86_insn *in, unsigned size)
{
    union vec_lane d = {.q = {0, 0}};

    if (op_is_mem(in, 0)) {
        mem_write(sem_ea(c, in), size, vec_reg(c, in->opnd[1].reg)->q[0]);
        return;
    }
    if (op_is_mem(in, 1)) {
        d.q[0] = mem_read(sem_ea(c, in), size);
    } else {
        d = *vec_reg(c, in->opnd[1].reg);
        __builtin_memcpy(&d, vec_reg(c, in->opnd[2].reg), size);
    }
    vec_put_vex128(c, in->opnd[0].reg, &d);
}
VEC_SEM(VMOVSS, vmov_scalar(c, in, 4))
VEC_SEM(VMOVSD, vmov_scalar(c, in, 8))

/* Quadword HALF of a register to or from memory; the other half stays (VEX: is from operand 1). */
ALWAYS_INLINE void mov_half(struct x86_cpu *c, const struct x86_insn *in, unsigned half)
{
    if (op_is_mem(in, 0))
        st_u64(g2h(sem_ea(c, in)), vec_reg(c, in->opnd[1].reg)->q[half]);
    else
        vec_reg(c, in->opnd[0].reg)->q[half] = ld_u64(g2h(sem_ea(c, in)));
}

ALWAYS_INLINE void vmov_half(struct x86_cpu *c, const struct x86_insn *in, unsigned half)
{
    union vec_lane d;

    if (op_is_mem(in, 0)) {
        mov_half(c, in, half);
        return;
    }
    d.q[half] = ld_u64(g2h(sem_ea(c, in)));
    d.q[half ^ 1] = vec_reg(c, in->opnd[1].reg)->q[half ^ 1];
    vec_put_vex128(c, in->opnd[0].reg, &d);
}
VEC_SEM(MOVLPS, mov_half(c, in, 0))
VEC_SEM(MOVLPD, mov_half(c, in, 0))
VEC_SEM(MOVHPS, mov_half(c, in, 1))
VEC_SEM(MOVHPD, mov_half(c, in, 1))
VEC_SEM(VMOVLPS, vmov_half(c, in, 0))
VEC_SEM(VMOVLPD, vmov_half(c, in, 0))
VEC_SEM(VMOVHPS, vmov_half(c, in, 1))
VEC_SEM(VMOVHPD, vmov_half(c, in, 1))

void sem_MOVHLPS(struct x86_cpu *c, const struct x86_insn *in)
{
    vec_reg(c, in->opnd[0].reg)->q[0] = vec_reg(c, in->opnd[1].reg)->q[1];
}

void sem_MOVLHPS(struct x86_cpu *c, const struct x86_insn *in)
{
    vec_reg(c, in->opnd[0].reg)->q[1] = vec_reg(c, in->opnd[1].reg)->q[0];
}

void sem_VMOVHLPS(struct x86_cpu *c, const struct x86_insn *in)
{
    union vec_lane d = *vec_reg(c, in->opnd[1].reg);

    d.q[0] = vec_reg(c, in->opnd[2].reg)->q[1];
    vec_put_vex128(c, in->opnd[0].reg, &d);
}

void sem_VMOVLHPS(struct x86_cpu *c, const struct x86_insn *in)
{
    union vec_lane d = *vec_reg(c, in->opnd[1].reg);

    d.q[1] = vec_reg(c, in->opnd[2].reg)->q[0];
    vec_put_vex128(c, in->opnd[0].reg, &d);
}

/* MOVD and MOVQ between any two of GPR, MMX, XMM and memory. */
ALWAYS_INLINE bool is_mmx(const struct x86_insn *in, unsigned i)
{
    return in->opnd[i].kind == X86_OPK_MMX;
}

static void mov_mmx(struct x86_cpu *c, const struct x86_insn *in)
{
    u64 v;

    mmx_check(c);
    v = op_read(c, in, 1);
    if (is_mmx(in, 0)) {
        mmx_put(c, in->opnd[0].reg, v);
        return;
    }
    op_write(c, in, 0, v);
    mmx_mark(c);
}

ALWAYS_INLINE void mov_low(struct x86_cpu *c, const struct x86_insn *in, unsigned size)
{
    union vec_lane *d;
    u64 v;

    if (in->opnd[0].kind != X86_OPK_VEC) {
        v = vec_reg(c, in->opnd[1].reg)->q[0];
        if (op_is_mem(in, 0))
            mem_write(sem_ea(c, in), size, v);
        else
            gpr_write(c, in->opnd[0].reg, size, v);
        return;
    }
    if (in->opnd[1].kind == X86_OPK_VEC)
        v = vec_reg(c, in->opnd[1].reg)->q[0];
    else
        v = op_is_mem(in, 1) ? mem_read(sem_ea(c, in), size) : gpr_read(c, in->opnd[1].reg, size);
    d = vec_reg(c, in->opnd[0].reg);
    d[0].q[0] = v;
    d[0].q[1] = 0;
}

void sem_MOVD(struct x86_cpu *c, const struct x86_insn *in)
{
    if (is_mmx(in, 0) || is_mmx(in, 1))
        mov_mmx(c, in);
    else
        mov_low(c, in, 4);
}

void sem_MOVQ(struct x86_cpu *c, const struct x86_insn *in)
{
    if (is_mmx(in, 0) || is_mmx(in, 1))
        mov_mmx(c, in);
    else
        mov_low(c, in, 8);
}

ALWAYS_INLINE void vmov_low(struct x86_cpu *c, const struct x86_insn *in, unsigned size)
{
    mov_low(c, in, size);
    if (in->opnd[0].kind == X86_OPK_VEC)
        vec_reg(c, in->opnd[0].reg)[1] = (union vec_lane){.q = {0, 0}};
}
VEC_SEM(VMOVD, vmov_low(c, in, 4))
VEC_SEM(VMOVQ, vmov_low(c, in, 8))
VEC_SEM(MOVNTQ, mov_mmx(c, in))
VEC_SEM(MOVNTI, op_write(c, in, 0, op_read(c, in, 1)))

void sem_MOVQ2DQ(struct x86_cpu *c, const struct x86_insn *in)
{
    union vec_lane *d = vec_reg(c, in->opnd[0].reg);

    mmx_check(c);
    mmx_mark(c);
    d->q[0] = c->fpu.regs[in->opnd[1].reg].m;
    d->q[1] = 0;
}

void sem_MOVDQ2Q(struct x86_cpu *c, const struct x86_insn *in)
{
    mmx_check(c);
    mmx_put(c, in->opnd[0].reg, vec_reg(c, in->opnd[1].reg)->q[0]);
}
