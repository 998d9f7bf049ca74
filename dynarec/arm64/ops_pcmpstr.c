/*
 * ops_pcmpstr.c - PCMPESTRx and PCMPISTRx: strings in registers compared in all the ways of their
 * immediate (SDM vol. 1, 12.10). The set, ranges or needle is walked element by element of its
 * length, against all elements of the text at once.
 */
#include "dynarec/arm64/a64.h"

enum { WORDS = 1, SIGNED = 2, NEGATE = 0x10, VALID_ONLY = 0x20 };
enum { ANY, RANGES, EACH, ORDERED };

/* d = four bits for each byte's, eight for each word's all ones. */
static void mask_of(struct tr *t, unsigned esz, hreg d, vreg v)
{
    vreg w = h_vtmp(t);

    (void)esz; /* a word of ones narrows to a byte, two bytes to half of it each */
    tr_put(t, a64_v_shrn(0, 0, w, v, 4));
    h_vget(t, 3, d, w, 0);
    t->vtmp_free |= 1u << w;
}

void h_pcmpstr_length(struct tr *t, unsigned esz, hreg d, vreg a)
{
    vreg w = h_vtmp(t);

    tr_put(t, a64_v_cmeq0(1, esz, w, a));
    mask_of(t, esz, d, w);
    h_ctz(t, 8, d, d);
    h_opi(t, H_SHR, 8, d, d, 2 + esz);
    t->vtmp_free |= 1u << w;
}

/* d = ones in the lowest n elements */
static void valid(struct tr *t, unsigned esz, vreg d, hreg n)
{
    vreg w = h_vtmp(t);

    if (esz)
        h_vconst(t, w, 0x0003000200010000, 0x0007000600050004);
    else
        h_vconst(t, w, 0x0706050403020100, 0x0f0e0d0c0b0a0908);
    tr_put(t, a64_v_dup_gpr(1, esz, d, n));
    tr_put(t, a64_v_cmhi(1, esz, d, d, w));
    t->vtmp_free |= 1u << w;
}

/* v moves down by n elements, what is in `in` comes after it. */
static void move_down(struct tr *t, unsigned esz, vreg v, vreg in, unsigned n)
{
    tr_put(t, a64_v_ext(1, v, v, in, n << esz));
}

static void any(struct tr *t, unsigned esz, vreg d, vreg a, vreg b, hreg n)
{
    vreg set = h_vtmp(t), x = h_vtmp(t);
    u32 again = tr_label(t), done = tr_label(t);

    h_vmov(t, set, a);
    h_vzero(t, d);
    h_jz(t, 4, n, done);
    tr_bind(t, again);
    tr_put(t, a64_v_dup_elem(1, esz, x, set, 0));
    move_down(t, esz, set, set, 1);
    tr_put(t, a64_v_cmeq(1, esz, x, x, b));
    tr_put(t, a64_v_orr(1, d, d, x));
    h_opi(t, H_SUB, 4, n, n, 1);
    h_jnz(t, 4, n, again);
    tr_bind(t, done);
}

static void ranges(struct tr *t, unsigned imm, vreg d, vreg a, vreg b, hreg n)
{
    unsigned esz = imm & WORDS;
    vreg set = h_vtmp(t), x = h_vtmp(t), y = h_vtmp(t);
    u32 again = tr_label(t), done = tr_label(t);

    h_vmov(t, set, a);
    h_vzero(t, d);
    h_opi(t, H_SHR, 4, n, n, 1);
    h_jz(t, 4, n, done);
    tr_bind(t, again);
    tr_put(t, a64_v_dup_elem(1, esz, x, set, 0));
    tr_put(t, a64_v_dup_elem(1, esz, y, set, 1));
    move_down(t, esz, set, set, 2);
    tr_put(t, imm & SIGNED ? a64_v_cmge(1, esz, x, b, x) : a64_v_cmhs(1, esz, x, b, x));
    tr_put(t, imm & SIGNED ? a64_v_cmge(1, esz, y, y, b) : a64_v_cmhs(1, esz, y, y, b));
    tr_put(t, a64_v_and(1, x, x, y));
    tr_put(t, a64_v_orr(1, d, d, x));
    h_opi(t, H_SUB, 4, n, n, 1);
    h_jnz(t, 4, n, again);
    tr_bind(t, done);
}

/* Elements past the register count as equal: ones come into `past` as the text moves down. */
static void ordered(struct tr *t, unsigned esz, vreg d, vreg a, vreg b, vreg vb, hreg n)
{
    vreg needle = h_vtmp(t), x = h_vtmp(t), text = h_vtmp(t), ones = h_vtmp(t), past = h_vtmp(t);
    u32 again = tr_label(t), done = tr_label(t);

    h_vmov(t, needle, a);
    h_vmov(t, text, b);
    h_vconst(t, ones, ~0ull, ~0ull);
    h_vmov(t, d, ones);
    h_vzero(t, past);
    h_jz(t, 4, n, done);
    tr_bind(t, again);
    tr_put(t, a64_v_dup_elem(1, esz, x, needle, 0));
    move_down(t, esz, needle, needle, 1);
    tr_put(t, a64_v_cmeq(1, esz, x, x, text));
    tr_put(t, a64_v_and(1, x, x, vb));
    tr_put(t, a64_v_orr(1, x, x, past));
    tr_put(t, a64_v_and(1, d, d, x));
    move_down(t, esz, text, text, 1);
    move_down(t, esz, vb, ones, 1); /* where `past` has ones too */
    move_down(t, esz, past, ones, 1);
    h_opi(t, H_SUB, 4, n, n, 1);
    h_jnz(t, 4, n, again);
    tr_bind(t, done);
    t->vtmp_free |= 1u << needle | 1u << text | 1u << ones | 1u << past | 1u << x;
}

static void each(struct tr *t, unsigned esz, vreg d, vreg a, vreg b, vreg vb, hreg la)
{
    vreg va = h_vtmp(t), x = h_vtmp(t);

    valid(t, esz, va, la);
    tr_put(t, a64_v_cmeq(1, esz, x, a, b));
    tr_put(t, a64_v_and(1, x, x, va));
    tr_put(t, a64_v_and(1, x, x, vb));
    tr_put(t, a64_v_orr(1, d, va, vb));
    tr_put(t, a64_v_not(1, d, d));
    tr_put(t, a64_v_orr(1, d, d, x));
}

void h_pcmpstr(struct tr *t, unsigned imm, vreg d, vreg a, vreg b, hreg la, hreg lb)
{
    unsigned esz = imm & WORDS, mode = imm >> 2 & 3;
    u32 keep = t->tmp_free, vkeep = t->vtmp_free;
    hreg n = h_tmp(t);
    vreg vb = h_vtmp(t);

    h_mov(t, 4, n, la);
    valid(t, esz, vb, lb);
    switch (mode) {
    case ANY: any(t, esz, d, a, b, n); break;
    case RANGES: ranges(t, imm, d, a, b, n); break;
    case EACH: each(t, esz, d, a, b, vb, n); break;
    default: ordered(t, esz, d, a, b, vb, n);
    }
    if (mode == ANY || mode == RANGES)
        tr_put(t, a64_v_and(1, d, d, vb));
    if ((imm & NEGATE) && (imm & VALID_ONLY)) {
        if (mode == ORDERED)
            valid(t, esz, vb, lb); /* it has moved */
        tr_put(t, a64_v_eor(1, d, d, vb));
    } else if (imm & NEGATE) {
        tr_put(t, a64_v_not(1, d, d));
    }
    t->tmp_free = keep;
    t->vtmp_free = vkeep;
}

void h_pcmpstr_index(struct tr *t, unsigned esz, bool last, hreg d, hreg mask)
{
    u32 none = tr_label(t), done = tr_label(t);

    if (!last) { /* of none the clz is 64 */
        h_ctz(t, 8, d, mask);
        h_opi(t, H_SHR, 8, d, d, 2 + esz);
        return;
    }
    h_jz(t, 8, mask, none);
    h_clz(t, 8, d, mask);
    h_opi(t, H_XOR, 8, d, d, 63);
    h_opi(t, H_SHR, 8, d, d, 2 + esz);
    h_jump(t, done);
    tr_bind(t, none);
    h_imm(t, d, 16u >> esz);
    tr_bind(t, done);
}

void h_pcmpstr_mask(struct tr *t, unsigned esz, hreg d, vreg v)
{
    mask_of(t, esz, d, v);
}
