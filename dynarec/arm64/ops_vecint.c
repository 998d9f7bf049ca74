/*
 * ops_vecint.c - arm64: integer lanes, shifts, masks to general registers, cryptography. Most are
 * one instruction; what is longer frees its temporaries again. NZCV is never touched (the
 * saturating instructions may set FPSR.QC, which nobody reads).
 */
#include "dynarec/arm64/a64.h"
#include "dynarec/arm64/enc_fp.h"
#include "dynarec/arm64/vec.h"

typedef u32 enc3(unsigned q, unsigned esz, unsigned rd, unsigned rn, unsigned rm);

static enc3 *const single[H_VOP_COUNT] = {
    [H_VADD] = a64_v_add,    [H_VSUB] = a64_v_sub,    [H_VADDS] = a64_v_sqadd,
    [H_VADDU] = a64_v_uqadd, [H_VSUBS] = a64_v_sqsub, [H_VSUBU] = a64_v_uqsub,
    [H_VEQ] = a64_v_cmeq,    [H_VGT] = a64_v_cmgt,    [H_VMINS] = a64_v_smin,
    [H_VMINU] = a64_v_umin,  [H_VMAXS] = a64_v_smax,  [H_VMAXU] = a64_v_umax,
    [H_VAVG] = a64_v_urhadd, [H_VMUL] = a64_v_mul,    [H_VPADD] = a64_v_addp,
    [H_VZIPL] = a64_v_zip1,  [H_VZIPH] = a64_v_zip2,  [H_VSHL] = a64_v_ushl,
    [H_VSHR] = a64_v_ushl,   [H_VSAR] = a64_v_sshl,
};

/* d may be written before the last read of s. */
static vreg work(struct tr *t, vreg d, vreg s)
{
    return d != s ? d : h_vtmp(t);
}

static void logic(struct tr *t, enum h_vop op, vreg d, vreg a, vreg b)
{
    switch (op) {
    case H_VAND: tr_put(t, a64_v_and(1, d, a, b)); break;
    case H_VANDN: tr_put(t, a64_v_bic(1, d, b, a)); break;
    case H_VOR: tr_put(t, a64_v_orr(1, d, a, b)); break;
    default: tr_put(t, a64_v_eor(1, d, a, b));
    }
}

/* PMULHW and PMULHRSW: products of 4 bytes, of which the middle or upper half is kept. */
static void mul_high(struct tr *t, enum h_vop op, vreg d, vreg a, vreg b)
{
    enc3 *mul = op == H_VMULHU ? a64_v_umull : a64_v_smull;
    vreg lo = h_vtmp(t), hi = h_vtmp(t);

    tr_put(t, mul(0, 1, lo, a, b));
    tr_put(t, mul(1, 1, hi, a, b));
    if (op == H_VMULHRS) {
        tr_put(t, a64_v_rshrn(0, 1, d, lo, 15));
        tr_put(t, a64_v_rshrn(1, 1, d, hi, 15));
    } else {
        tr_put(t, a64_v_uzp2(1, 1, d, lo, hi));
    }
}

static void mul_even(struct tr *t, enum h_vop op, unsigned esz, vreg d, vreg a, vreg b)
{
    vreg x = h_vtmp(t), y = a == b ? x : h_vtmp(t);

    tr_put(t, a64_v_xtn(0, esz, x, a));
    if (a != b)
        tr_put(t, a64_v_xtn(0, esz, y, b));
    tr_put(t, (op == H_VMULES ? a64_v_smull : a64_v_umull)(0, esz, d, x, y));
}

static void madd(struct tr *t, vreg d, vreg a, vreg b)
{
    vreg lo = h_vtmp(t), hi = h_vtmp(t);

    tr_put(t, a64_v_smull(0, 1, lo, a, b));
    tr_put(t, a64_v_smull(1, 1, hi, a, b));
    tr_put(t, a64_v_addp(1, 2, d, lo, hi));
}

/* The products fit 16 bits, their sums do not. */
static void maddus(struct tr *t, vreg d, vreg a, vreg b)
{
    vreg lo = h_vtmp(t), hi = h_vtmp(t), x = h_vtmp(t);

    tr_put(t, a64_v_uxtl(0, 0, lo, a));
    tr_put(t, a64_v_sxtl(0, 0, x, b));
    tr_put(t, a64_v_mul(1, 1, lo, lo, x));
    tr_put(t, a64_v_uxtl(1, 0, hi, a));
    tr_put(t, a64_v_sxtl(1, 0, x, b));
    tr_put(t, a64_v_mul(1, 1, hi, hi, x));
    tr_put(t, a64_v_uzp1(1, 1, x, lo, hi));
    tr_put(t, a64_v_uzp2(1, 1, lo, lo, hi));
    tr_put(t, a64_v_sqadd(1, 1, d, x, lo));
}

/* a times -1, 0 or 1. */
static void sign(struct tr *t, unsigned esz, vreg d, vreg a, vreg b)
{
    vreg neg = h_vtmp(t), pos = h_vtmp(t);

    tr_put(t, a64_v_cmlt0(1, esz, neg, b));
    tr_put(t, a64_v_cmgt0(1, esz, pos, b));
    tr_put(t, a64_v_sub(1, esz, neg, neg, pos));
    tr_put(t, a64_v_mul(1, esz, d, a, neg));
}

static void pairs(struct tr *t, enc3 *op, unsigned esz, vreg d, vreg a, vreg b)
{
    vreg even = h_vtmp(t), odd = h_vtmp(t);

    tr_put(t, a64_v_uzp1(1, esz, even, a, b));
    tr_put(t, a64_v_uzp2(1, esz, odd, a, b));
    tr_put(t, op(1, esz, d, even, odd));
}

static void sad(struct tr *t, vreg d, vreg a, vreg b)
{
    tr_put(t, a64_v_uabd(1, 0, d, a, b));
    tr_put(t, a64_v_uaddlp(1, 0, d, d));
    tr_put(t, a64_v_uaddlp(1, 1, d, d));
    tr_put(t, a64_v_uaddlp(1, 2, d, d));
}

static void pack(struct tr *t, enum h_vop op, unsigned esz, vreg d, vreg a, vreg b)
{
    u32 (*narrow)(unsigned, unsigned, unsigned, unsigned) =
        op == H_VPACKS ? a64_v_sqxtn : a64_v_sqxtun;
    vreg w = a == b ? d : work(t, d, b);

    tr_put(t, narrow(0, esz - 1, w, a));
    if (a == b)
        tr_put(t, a64_v_ins_elem(3, w, 1, w, 0));
    else
        tr_put(t, narrow(1, esz - 1, w, b));
    h_vmov(t, d, w);
}

static void shuffle_bytes(struct tr *t, vreg d, vreg a, vreg b)
{
    vreg idx = vec_tbl_kept(t, b);

    if (idx == H_NONE) {
        idx = h_vtmp(t);
        vec_tbl_index(t, idx, b);
    }
    tr_put(t, a64_v_tbl(1, 1, d, a, idx));
}

/* AESE and AESD add the key first: zero here, x86 adds its own at the end. */
static void aes(struct tr *t, enum h_vop op, vreg d, vreg a, vreg b)
{
    vreg z = h_vtmp(t), w = work(t, d, b);

    h_vzero(t, z);
    h_vmov(t, w, a);
    switch (op) {
    case H_VAESENC:
        tr_put(t, a64_v_aese(w, z));
        tr_put(t, a64_v_aesmc(w, w));
        break;
    case H_VAESENCLAST: tr_put(t, a64_v_aese(w, z)); break;
    case H_VAESDEC:
        tr_put(t, a64_v_aesd(w, z));
        tr_put(t, a64_v_aesimc(w, w));
        break;
    default: tr_put(t, a64_v_aesd(w, z));
    }
    tr_put(t, a64_v_eor(1, d, w, b));
}

static void rotl1(struct tr *t, vreg d, vreg s)
{
    tr_put(t, a64_v_shl(1, 2, d, s, 1));
    tr_put(t, a64_v_sri(1, 2, d, s, 31));
}

static void sha1(struct tr *t, enum h_vop op, vreg d, vreg a, vreg b)
{
    vreg z = h_vtmp(t), w = h_vtmp(t), x = h_vtmp(t);

    switch (op) {
    case H_VSHA1NEXTE: /* rol 30 of a[3] is added to b[3] */
        h_vzero(t, z);
        tr_put(t, a64_sc_dup(2, w, a, 3));
        tr_put(t, a64_v_sha1h(w, w));
        tr_put(t, a64_v_ext(1, w, z, w, 4));
        tr_put(t, a64_v_add(1, 2, d, b, w));
        break;
    case H_VSHA1MSG1:
        tr_put(t, a64_v_ext(1, w, b, a, 8));
        tr_put(t, a64_v_eor(1, d, a, w));
        break;
    default: /* element 0 needs the finished element 3: rol1(a0 ^ d3) = rol1(a0) ^ rol1(d3) */
        h_vzero(t, z);
        tr_put(t, a64_v_ext(1, w, z, b, 12));
        tr_put(t, a64_v_eor(1, w, w, a));
        rotl1(t, x, w);
        tr_put(t, a64_sc_dup(2, w, x, 3));
        rotl1(t, z, w);
        tr_put(t, a64_v_eor(1, d, x, z));
    }
}

static void sha256(struct tr *t, enum h_vop op, vreg d, vreg a, vreg b)
{
    vreg z = h_vtmp(t), w = h_vtmp(t);

    if (op == H_VSHA256MSG1) {
        if (d == b && d != a) {
            h_vmov(t, w, b);
            b = w;
        }
        h_vmov(t, d, a);
        tr_put(t, a64_v_sha256su0(d, b));
        return;
    }
    /* SHA256SU1 adds its second operand's upper words and the third's word 0: zeros. */
    h_vzero(t, z);
    h_vmov(t, w, b);
    tr_put(t, a64_v_ins_gpr(2, w, 0, R_ZR));
    h_vmov(t, d, a);
    tr_put(t, a64_v_sha256su1(d, z, w));
}

bool h_v3_can(enum h_vop op)
{
    if (op >= H_VAESENC && op <= H_VAESDECLAST)
        return a64_has.aes;
    if (op >= H_VSHA1NEXTE && op <= H_VSHA1MSG2)
        return a64_has.sha1;
    return op == H_VSHA256MSG1 || op == H_VSHA256MSG2 ? a64_has.sha2 : true;
}

/* Operations whose result with equal sources is a constant. */
static bool constant(struct tr *t, enum h_vop op, vreg d)
{
    switch (op) {
    case H_VXOR:
    case H_VANDN:
    case H_VSUB:
    case H_VSUBS:
    case H_VSUBU:
    case H_VGT: h_vzero(t, d); return true;
    case H_VEQ: h_vconst(t, d, ~0ull, ~0ull); return true;
    default: return false;
    }
}

static void several(struct tr *t, enum h_vop op, unsigned esz, vreg d, vreg a, vreg b)
{
    switch (op) {
    case H_VAND:
    case H_VANDN:
    case H_VOR:
    case H_VXOR: logic(t, op, d, a, b); break;
    case H_VMULHS:
    case H_VMULHU:
    case H_VMULHRS: mul_high(t, op, d, a, b); break;
    case H_VMULES:
    case H_VMULEU: mul_even(t, op, esz, d, a, b); break;
    case H_VMADD: madd(t, d, a, b); break;
    case H_VMADDUS: maddus(t, d, a, b); break;
    case H_VSIGN: sign(t, esz, d, a, b); break;
    case H_VPSUB: pairs(t, a64_v_sub, esz, d, a, b); break;
    case H_VPADDS: pairs(t, a64_v_sqadd, esz, d, a, b); break;
    case H_VPSUBS: pairs(t, a64_v_sqsub, esz, d, a, b); break;
    case H_VSAD: sad(t, d, a, b); break;
    case H_VPACKS:
    case H_VPACKU: pack(t, op, esz, d, a, b); break;
    case H_VTBL: shuffle_bytes(t, d, a, b); break;
    case H_VAESENC:
    case H_VAESENCLAST:
    case H_VAESDEC:
    case H_VAESDECLAST: aes(t, op, d, a, b); break;
    case H_VSHA1NEXTE:
    case H_VSHA1MSG1:
    case H_VSHA1MSG2: sha1(t, op, d, a, b); break;
    default: sha256(t, op, d, a, b);
    }
}

void h_v3(struct tr *t, enum h_vop op, unsigned esz, vreg d, vreg a, vreg b)
{
    u32 keep = t->vtmp_free;

    if (a == b && constant(t, op, d))
        return;
    if (single[op])
        tr_put(t, single[op](1, esz, d, a, b));
    else
        several(t, op, esz, d, a, b);
    t->vtmp_free = keep;
}

/* Value and index of the smallest in one number of 32 bits. */
static void min_pos(struct tr *t, vreg d, vreg a)
{
    vreg idx = h_vtmp(t), lo = h_vtmp(t);

    h_vconst(t, idx, 0x0003000200010000, 0x0007000600050004);
    tr_put(t, a64_v_zip1(1, 1, lo, idx, a));
    tr_put(t, a64_v_zip2(1, 1, idx, idx, a));
    tr_put(t, a64_v_umin(1, 2, lo, lo, idx));
    tr_put(t, a64_v_uminv(1, 2, lo, lo));
    tr_put(t, a64_v_rev32(1, 1, d, lo));
}

void h_v2(struct tr *t, enum h_vop2 op, unsigned esz, vreg d, vreg a)
{
    u32 keep = t->vtmp_free;

    switch (op) {
    case H_VNOT: tr_put(t, a64_v_not(1, d, a)); break;
    case H_VABS: tr_put(t, a64_v_abs(1, esz, d, a)); break;
    case H_VAESIMC: tr_put(t, a64_v_aesimc(d, a)); break;
    case H_VMINPOS: min_pos(t, d, a);
    }
    t->vtmp_free = keep;
}

/* ---- shifts ---- */
void h_vshift(struct tr *t, enum h_vop op, unsigned esz, vreg d, vreg a, unsigned count)
{
    unsigned bits = 8u << esz;

    if (!count)
        h_vmov(t, d, a);
    else if (op == H_VSAR)
        tr_put(t, a64_v_sshr(1, esz, d, a, count < bits ? count : bits));
    else if (count >= bits)
        h_vzero(t, d);
    else if (op == H_VSHR)
        tr_put(t, a64_v_ushr(1, esz, d, a, count));
    else
        tr_put(t, a64_v_shl(1, esz, d, a, count));
}

/* USHL and SSHL take the low byte of each element, signed: 127 is enough for "all out". */
void h_vcount(struct tr *t, enum h_vop op, unsigned esz, vreg d, vreg b)
{
    u32 keep = t->vtmp_free, bits = 0;
    vreg limit = h_vtmp(t);

    (void)esz;
    (void)a64_vimm(0x0000007f0000007f, 0, &bits);
    tr_put(t, a64_v_movi(0, limit, bits));
    tr_put(t, a64_v_uqxtn(0, 2, d, b));
    tr_put(t, a64_v_umin(0, 2, d, d, limit));
    tr_put(t, a64_v_dup_elem(1, 0, d, d, 0));
    if (op != H_VSHL)
        tr_put(t, a64_v_neg(1, 0, d, d));
    t->vtmp_free = keep;
}

void h_vcounts(struct tr *t, enum h_vop op, unsigned esz, vreg d, vreg b)
{
    u32 keep = t->vtmp_free;
    vreg limit = h_vtmp(t);

    h_vconst(t, limit, 0x0000007f0000007f, 0x0000007f0000007f);
    if (esz == 3) {
        tr_put(t, a64_v_uqxtn(0, 2, d, b));
        tr_put(t, a64_v_umin(0, 2, d, d, limit));
        tr_put(t, a64_v_uxtl(0, 2, d, d));
    } else {
        tr_put(t, a64_v_umin(1, 2, d, b, limit));
    }
    if (op != H_VSHL)
        tr_put(t, a64_v_neg(1, 0, d, d));
    t->vtmp_free = keep;
}

/* ---- to general registers ---- */
/* Each step joins two groups of sign bits: 2, 4, 8 in the lowest byte of 16, 32, 64 bits. */
static void mask_bytes(struct tr *t, hreg d, vreg a)
{
    vreg w = h_vtmp(t);

    tr_put(t, a64_v_ushr(1, 0, w, a, 7));
    tr_put(t, a64_v_usra(1, 1, w, w, 7));
    tr_put(t, a64_v_usra(1, 2, w, w, 14));
    tr_put(t, a64_v_usra(1, 3, w, w, 28));
    tr_put(t, a64_v_ins_elem(0, w, 1, w, 8));
    tr_put(t, a64_v_umov(1, d, w, 0));
}

static void mask_words(struct tr *t, hreg d, vreg a)
{
    vreg w = h_vtmp(t), k = h_vtmp(t);

    h_vconst(t, k, 0x0000000100000000, 0x0000000300000002);
    tr_put(t, a64_v_ushr(1, 2, w, a, 31));
    tr_put(t, a64_v_ushl(1, 2, w, w, k));
    tr_put(t, a64_v_addv(1, 2, w, w));
    tr_put(t, a64_fmov_to_gpr(0, d, w));
}

void h_vmask(struct tr *t, unsigned esz, hreg d, vreg a)
{
    u32 keep = t->vtmp_free, keep_r = t->tmp_free;
    hreg hi;

    if (esz == 0) {
        mask_bytes(t, d, a);
    } else if (esz == 2) {
        mask_words(t, d, a);
    } else {
        hi = h_tmp(t);
        tr_put(t, a64_fmov_top_to_gpr(hi, a));
        tr_put(t, a64_fmov_to_gpr(1, d, a));
        tr_put(t, a64_lsr_imm(1, hi, hi, 63));
        tr_put(t, a64_extr(1, d, hi, d, 63));
    }
    t->vtmp_free = keep;
    t->tmp_free = keep_r;
}

void h_vmask2(struct tr *t, unsigned esz, hreg d, vreg lo, vreg hi)
{
    u32 keep = t->vtmp_free, keep_r = t->tmp_free;
    vreg v = h_vtmp(t), w = h_vtmp(t);
    hreg r;

    if (esz == 0) {
        /* Pairs of signs, then each step joins neighbours and drops every other byte. */
        tr_put(t, a64_v_uzp1(1, 0, v, lo, hi));
        tr_put(t, a64_v_uzp2(1, 0, w, lo, hi));
        tr_put(t, a64_v_sri(1, 0, w, v, 1));
        tr_put(t, a64_v_ushr(1, 0, w, w, 6));
        tr_put(t, a64_v_usra(1, 1, w, w, 6));
        tr_put(t, a64_v_uzp1(1, 0, w, w, w));
        tr_put(t, a64_v_usra(1, 1, w, w, 4));
        tr_put(t, a64_v_uzp1(1, 0, w, w, w));
        tr_put(t, a64_fmov_to_gpr(0, d, w));
    } else if (esz == 2) {
        /* The upper halves of the words are eight elements of 16 bits. */
        h_vconst(t, w, 0x0003000200010000, 0x0007000600050004);
        tr_put(t, a64_v_uzp2(1, 1, v, lo, hi));
        tr_put(t, a64_v_ushr(1, 1, v, v, 15));
        tr_put(t, a64_v_ushl(1, 1, v, v, w));
        tr_put(t, a64_v_addv(1, 1, v, v));
        tr_put(t, a64_fmov_to_gpr(0, d, v));
    } else {
        r = h_tmp(t);
        h_vmask(t, 3, r, hi);
        h_vmask(t, 3, d, lo);
        tr_put(t, a64_orr_reg(0, d, d, r, A64_LSL, 2));
    }
    t->vtmp_free = keep;
    t->tmp_free = keep_r;
}

/* Each byte keeps the bit of its place; three pairwise sums bring eight bytes into one. */
void h_vmask2_full(struct tr *t, hreg d, vreg lo, vreg hi)
{
    u32 keep = t->vtmp_free;
    vreg v = h_vtmp(t), w = h_vtmp(t);

    h_vconst(t, w, 0x8040201008040201, 0x8040201008040201);
    tr_put(t, a64_v_and(1, v, lo, w));
    tr_put(t, a64_v_and(1, w, hi, w));
    tr_put(t, a64_v_addp(1, 0, v, v, w));
    tr_put(t, a64_v_addp(1, 0, v, v, v));
    tr_put(t, a64_v_addp(1, 0, v, v, v));
    tr_put(t, a64_fmov_to_gpr(0, d, v));
    t->vtmp_free = keep;
}

void h_vany(struct tr *t, hreg d, vreg a)
{
    u32 keep = t->vtmp_free;
    vreg w = h_vtmp(t);

    tr_put(t, a64_v_umaxp(1, 2, w, a, a));
    tr_put(t, a64_fmov_to_gpr(1, d, w));
    t->vtmp_free = keep;
}

/* ---- special ---- */
void h_vmpsad(struct tr *t, vreg d, vreg a, vreg b, unsigned imm)
{
    u32 keep = t->vtmp_free;
    unsigned from = (imm >> 2 & 1) * 4, block = (imm & 3) * 4;
    vreg sum = h_vtmp(t), x = h_vtmp(t), k = h_vtmp(t);

    for (unsigned j = 0; j < 4; j++) {
        vreg s = a;

        if (from + j) {
            tr_put(t, a64_v_ext(1, x, a, a, from + j));
            s = x;
        }
        tr_put(t, a64_v_dup_elem(1, 0, k, b, block + j));
        tr_put(t, (j ? a64_v_uabal : a64_v_uabdl)(0, 0, sum, s, k));
    }
    h_vmov(t, d, sum);
    t->vtmp_free = keep;
}

bool h_vclmul_can(void)
{
    return a64_has.pmull;
}

void h_vclmul(struct tr *t, vreg d, vreg a, vreg b, unsigned imm)
{
    u32 keep = t->vtmp_free;
    unsigned i = imm & 1, j = imm >> 4 & 1;

    if (i != j) {
        vreg w = h_vtmp(t);

        tr_put(t, a64_v_dup_elem(1, 3, w, a, i));
        a = w;
    }
    tr_put(t, a64_v_pmull(j, 3, d, a, b));
    t->vtmp_free = keep;
}

/* AESE shifts the rows as well: byte r of column c ends up in column c - r. */
void h_vaeskey(struct tr *t, vreg d, vreg a, unsigned imm)
{
    u32 keep = t->vtmp_free;
    vreg z = h_vtmp(t), w = h_vtmp(t);
    u64 idx[2] = {0, 0}, rcon = (u64)(imm & 0xff) << 32;

    for (unsigned i = 0; i < 16; i++) {
        unsigned col = i < 8 ? 1 : 3, row = (i & 4 ? i + 1 : i) & 3;

        idx[i / 8] |= (u64)(row + 4 * ((col - row) & 3)) << 8 * (i % 8);
    }
    h_vzero(t, z);
    h_vmov(t, w, a);
    tr_put(t, a64_v_aese(w, z));
    h_vconst(t, z, idx[0], idx[1]);
    tr_put(t, a64_v_tbl(1, 1, d, w, z));
    if (rcon) {
        h_vconst(t, z, rcon, rcon);
        tr_put(t, a64_v_eor(1, d, d, z));
    }
    t->vtmp_free = keep;
}

/* x86 keeps A in element 3, SHA1C in element 0. E is in the first message word already. */
void h_vsha1rnds4(struct tr *t, vreg d, vreg a, vreg b, unsigned imm)
{
    static const u32 k[4] = {0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6};
    u32 keep = t->vtmp_free;
    vreg s = h_vtmp(t), m = h_vtmp(t), e = h_vtmp(t);
    u64 add = k[imm & 3] * 0x100000001ull;

    tr_put(t, a64_v_rev64(1, 2, s, a));
    tr_put(t, a64_v_ext(1, s, s, s, 8));
    tr_put(t, a64_v_rev64(1, 2, m, b));
    tr_put(t, a64_v_ext(1, m, m, m, 8));
    h_vconst(t, e, add, add);
    tr_put(t, a64_v_add(1, 2, m, m, e));
    h_vzero(t, e);
    tr_put(t, (imm & 1 ? a64_v_sha1p : imm & 2 ? a64_v_sha1m : a64_v_sha1c)(s, e, m));
    tr_put(t, a64_v_rev64(1, 2, s, s));
    tr_put(t, a64_v_ext(1, d, s, s, 8));
    t->vtmp_free = keep;
}

/*
 * SHA256H and SHA256H2 make four rounds, x86 two. After four rounds the state's older halves, CD
 * and GH, are A, B and E, F of two rounds, whatever the third and fourth word are.
 */
void h_vsha256rnds2(struct tr *t, vreg d, vreg a, vreg b, vreg wk)
{
    u32 keep = t->vtmp_free;
    vreg ra = h_vtmp(t), rb = h_vtmp(t), abcd = h_vtmp(t), x = h_vtmp(t);

    tr_put(t, a64_v_rev64(1, 2, ra, a)); /* G H C D */
    tr_put(t, a64_v_rev64(1, 2, rb, b)); /* E F A B */
    tr_put(t, a64_v_zip2(1, 3, abcd, rb, ra));
    tr_put(t, a64_v_zip1(1, 3, rb, rb, ra));
    h_vmov(t, x, abcd);
    tr_put(t, a64_v_sha256h(x, rb, wk));
    tr_put(t, a64_v_sha256h2(rb, abcd, wk));
    tr_put(t, a64_v_zip2(1, 3, x, rb, x));
    tr_put(t, a64_v_rev64(1, 2, d, x));
    t->vtmp_free = keep;
}

bool h_crc32c_can(void)
{
    return a64_has.crc32;
}

void h_crc32c(struct tr *t, unsigned sz, hreg d, hreg crc, hreg data)
{
    switch (sz) {
    case 1: tr_put(t, a64_crc32cb(d, crc, data)); break;
    case 2: tr_put(t, a64_crc32ch(d, crc, data)); break;
    case 4: tr_put(t, a64_crc32cw(d, crc, data)); break;
    default: tr_put(t, a64_crc32cx(d, crc, data));
    }
}
