/*
 * sem_vec_lanes.c - what crosses 128-bit lanes: PMOVSX/PMOVZX, broadcasts, lane insert and extract,
 * full permutes (AVX, AVX2). Invariant: results are made in locals, so source and destination
 * registers may be the same.
 */
#include "interp/vec_forms.h"

/* Source operand i of opnd.size bytes (2 to 32) in *v; bytes behind it are not defined. */
ALWAYS_INLINE void src_bytes(struct x86_cpu *c, const struct x86_insn *in, unsigned i,
                             union x86_vec *v)
{
    gaddr a;

    if (!op_is_mem(in, i)) {
        *v = c->vec[in->opnd[i].reg];
        return;
    }
    a = sem_ea(c, in);
    switch (in->opnd[i].size) {
    case 32: __builtin_memcpy(v, g2h(a), 32); break;
    case 16: __builtin_memcpy(v, g2h(a), 16); break;
    default: v->q[0] = mem_read(a, in->opnd[i].size);
    }
}

/* Widening: COUNT elements for 16 bytes of result, twice as many for 32. */
#define WIDEN(OP, FD, FS, COUNT)                                                                   \
    ALWAYS_INLINE void widen_##OP(union x86_vec *d, const union x86_vec *s, unsigned from)         \
    {                                                                                              \
        for (unsigned i = from; i < from + (COUNT); i++)                                           \
            d->FD[i] = s->FS[i];                                                                   \
    }                                                                                              \
    void sem_##OP(struct x86_cpu *c, const struct x86_insn *in)                                    \
    {                                                                                              \
        union x86_vec s, d;                                                                        \
        src_bytes(c, in, 1, &s);                                                                   \
        widen_##OP(&d, &s, 0);                                                                     \
        vec_put_sse(c, in->opnd[0].reg, (union vec_lane *)(void *)&d);                             \
    }                                                                                              \
    void sem_V##OP(struct x86_cpu *c, const struct x86_insn *in)                                   \
    {                                                                                              \
        union x86_vec s, d;                                                                        \
        src_bytes(c, in, 1, &s);                                                                   \
        widen_##OP(&d, &s, 0);                                                                     \
        if (in->vl == 32)                                                                          \
            widen_##OP(&d, &s, COUNT);                                                             \
        vec_put_vl(c, in, in->opnd[0].reg, (union vec_lane *)(void *)&d);                          \
    }
WIDEN(PMOVSXBW, sw, sb, 8)
WIDEN(PMOVSXBD, sd, sb, 4)
WIDEN(PMOVSXBQ, sq, sb, 2)
WIDEN(PMOVSXWD, sd, sw, 4)
WIDEN(PMOVSXWQ, sq, sw, 2)
WIDEN(PMOVSXDQ, sq, sd, 2)
WIDEN(PMOVZXBW, w, b, 8)
WIDEN(PMOVZXBD, d, b, 4)
WIDEN(PMOVZXBQ, q, b, 2)
WIDEN(PMOVZXWD, d, w, 4)
WIDEN(PMOVZXWQ, q, w, 2)
WIDEN(PMOVZXDQ, q, d, 2)

/* The low element of operand 1 everywhere in vl bytes. */
ALWAYS_INLINE void broadcast(struct x86_cpu *c, const struct x86_insn *in, unsigned size)
{
    static const u64 ones[4] = {0x0101010101010101, 0x0001000100010001, 0x0000000100000001, 1};
    u64 v =
        op_is_mem(in, 1) ? mem_read(sem_ea(c, in), size) : zext(c->vec[in->opnd[1].reg].q[0], size);
    union vec_lane d[2];

    d[0].q[0] = v * ones[__builtin_ctz(size)];
    d[0].q[1] = d[0].q[0];
    d[1] = d[0];
    vec_put_vl(c, in, in->opnd[0].reg, d);
}
VEC_SEM(VPBROADCASTB, broadcast(c, in, 1))
VEC_SEM(VPBROADCASTW, broadcast(c, in, 2))
VEC_SEM(VPBROADCASTD, broadcast(c, in, 4))
VEC_SEM(VPBROADCASTQ, broadcast(c, in, 8))
VEC_SEM(VBROADCASTSS, broadcast(c, in, 4))
VEC_SEM(VBROADCASTSD, broadcast(c, in, 8))

static void broadcast_lane(struct x86_cpu *c, const struct x86_insn *in)
{
    union vec_lane d[2];

    vec_ld16(&d[0], sem_ea(c, in));
    d[1] = d[0];
    vec_put_vl(c, in, in->opnd[0].reg, d);
}
VEC_SEM(VBROADCASTF128, broadcast_lane(c, in))
VEC_SEM(VBROADCASTI128, broadcast_lane(c, in))

/* MOVDDUP reads 8 bytes, VMOVDDUP ymm duplicates the even quadwords of 32. */
void sem_MOVDDUP(struct x86_cpu *c, const struct x86_insn *in)
{
    union vec_lane d;

    d.q[0] = op_is_mem(in, 1) ? mem_read(sem_ea(c, in), 8) : c->vec[in->opnd[1].reg].q[0];
    d.q[1] = d.q[0];
    vec_put_sse(c, in->opnd[0].reg, &d);
}

void sem_VMOVDDUP(struct x86_cpu *c, const struct x86_insn *in)
{
    union x86_vec s;
    union vec_lane d[2];

    src_bytes(c, in, 1, &s);
    for (unsigned l = 0; l < 2; l++) {
        d[l].q[0] = s.q[2 * l];
        d[l].q[1] = s.q[2 * l];
    }
    vec_put_vl(c, in, in->opnd[0].reg, d);
}

static void insert_lane(struct x86_cpu *c, const struct x86_insn *in)
{
    const union vec_lane *a = vec_reg(c, in->opnd[1].reg);
    union vec_lane tmp, d[2];
    const union vec_lane *b = vec_src16u(c, in, 2, &tmp);

    d[0] = a[0];
    d[1] = a[1];
    d[in->imm & 1] = *b;
    vec_put_vl(c, in, in->opnd[0].reg, d);
}
VEC_SEM(VINSERTF128, insert_lane(c, in))
VEC_SEM(VINSERTI128, insert_lane(c, in))

static void extract_lane(struct x86_cpu *c, const struct x86_insn *in)
{
    union vec_lane v = vec_reg(c, in->opnd[1].reg)[in->imm & 1];

    if (op_is_mem(in, 0))
        vec_st16(sem_ea(c, in), &v);
    else
        vec_put_vex128(c, in->opnd[0].reg, &v);
}
VEC_SEM(VEXTRACTF128, extract_lane(c, in))
VEC_SEM(VEXTRACTI128, extract_lane(c, in))

/* Each lane of the result: one of the four source lanes, or zero. */
static void permute_lanes(struct x86_cpu *c, const struct x86_insn *in)
{
    const union vec_lane *a = vec_reg(c, in->opnd[1].reg);
    union vec_lane tmp[2], d[2];
    const union vec_lane *b = vec_src_vl(c, in, 2, tmp);

    for (unsigned l = 0; l < 2; l++) {
        unsigned sel = (unsigned)in->imm >> 4 * l;

        if (sel & 8)
            d[l] = (union vec_lane){.q = {0, 0}};
        else
            d[l] = (sel & 2 ? b : a)[sel & 1];
    }
    vec_put_vl(c, in, in->opnd[0].reg, d);
}
VEC_SEM(VPERM2F128, permute_lanes(c, in))
VEC_SEM(VPERM2I128, permute_lanes(c, in))

/* Operand 1 holds the indices, operand 2 the table. */
static void permute_dwords(struct x86_cpu *c, const struct x86_insn *in)
{
    union x86_vec s, d;

    src_bytes(c, in, 2, &s);
    for (unsigned i = 0; i < 8; i++)
        d.d[i] = s.d[c->vec[in->opnd[1].reg].d[i] & 7];
    c->vec[in->opnd[0].reg] = d;
}
VEC_SEM(VPERMD, permute_dwords(c, in))
VEC_SEM(VPERMPS, permute_dwords(c, in))

static void permute_qwords(struct x86_cpu *c, const struct x86_insn *in)
{
    union x86_vec s, d;

    src_bytes(c, in, 1, &s);
    for (unsigned i = 0; i < 4; i++)
        d.q[i] = s.q[in->imm >> 2 * i & 3];
    c->vec[in->opnd[0].reg] = d;
}
VEC_SEM(VPERMQ, permute_qwords(c, in))
VEC_SEM(VPERMPD, permute_qwords(c, in))

void sem_VZEROUPPER(struct x86_cpu *c, const struct x86_insn *in)
{
    for (unsigned i = 0; i < (in->mode == 64 ? 16 : 8); i++) {
        c->vec[i].q[2] = 0;
        c->vec[i].q[3] = 0;
    }
}

void sem_VZEROALL(struct x86_cpu *c, const struct x86_insn *in)
{
    for (unsigned i = 0; i < (in->mode == 64 ? 16 : 8); i++)
        c->vec[i] = (union x86_vec){.q = {0, 0, 0, 0}};
}
