/*
 * ops_vecshuf.c - arm64: elements change places. Shuffles of words by an immediate come from two
 * tables of shortest sequences, found by a breadth-first search over the permuting instructions
 * (see shufgen.py): up to three steps of 10 bits, `op + 1 | x << 6 | y << 8`, lowest first;
 * x and y are 0 source a, 1 source b, 2 and 3 the results of steps one and two. NZCV is never
 * touched.
 */
#include "dynarec/arm64/a64.h"
#include "dynarec/arm64/enc_fp.h"

enum {
    SH_ZIP1,
    SH_ZIP2,
    SH_UZP1,
    SH_UZP2,
    SH_TRN1,
    SH_TRN2,
    SH_ZIP1D,
    SH_ZIP2D, /* two sources */
    SH_EXT1,
    SH_EXT2,
    SH_EXT3,
    SH_REV64,
    SH_DUP0,
    SH_DUP1,
    SH_DUP2,
    SH_DUP3,              /* one */
    SH_INS,               /* + 4 * i + j: word i of x from word j of y */
    SH_INSD = SH_INS + 16 /* + 2 * i + j: doublewords */
};

/* clang-format off */
/* One source; 0: more than two steps, a table lookup is better. */
static const u32 shuf_one[256] = {
    0x0000000d, 0x0002480d, 0x00024c0d, 0x00082c0d, 0x00081c0d, 0x000a040c, 0x00000000, 0x00000000,
    0x00080c0d, 0x00026409, 0x000a2805, 0x00000000, 0x0002600d, 0x0008100d, 0x0008200d, 0x000a0809,
    0x0008040d, 0x000a1c0c, 0x00000000, 0x00082c07, 0x0008040c, 0x0002240e, 0x00000000, 0x00000000,
    0x00000000, 0x00026809, 0x00000000, 0x000a280c, 0x0008040b, 0x00027404, 0x0008280c, 0x00000000,
    0x0008140d, 0x00000000, 0x000a3003, 0x00082c03, 0x0000001d, 0x00000000, 0x00000000, 0x00000000,
    0x00022405, 0x00026c09, 0x0002240f, 0x00000000, 0x0002240c, 0x00081009, 0x00027408, 0x00000000,
    0x0002700d, 0x0008180d, 0x0008080d, 0x000a2009, 0x00081c0b, 0x00027406, 0x00000000, 0x00022404,
    0x00024409, 0x00000009, 0x00027402, 0x00022408, 0x00000000, 0x00022406, 0x00022402, 0x00022410,
    0x0002040d, 0x0002040c, 0x0002540a, 0x00082c01, 0x00000007, 0x00021c0e, 0x00024c07, 0x00025007,
    0x00080c01, 0x00021c09, 0x00021c0f, 0x0002280c, 0x00026007, 0x00081001, 0x0000000a, 0x00021c10,
    0x00000001, 0x0002040e, 0x00024c01, 0x00025001, 0x0008040e, 0x0000000e, 0x00024c0e, 0x00082c0e,
    0x00080c0e, 0x00025c0e, 0x00000000, 0x00000000, 0x00026001, 0x0008100e, 0x0008200e, 0x000a2806,
    0x00081401, 0x00020409, 0x0002040f, 0x00000000, 0x0000001e, 0x00026c0e, 0x00000000, 0x00000000,
    0x00000000, 0x00000000, 0x0002780f, 0x00000000, 0x000a240c, 0x00000000, 0x00027808, 0x00000000,
    0x00027001, 0x00081801, 0x00080807, 0x00020410, 0x00027007, 0x0008180e, 0x0008080e, 0x00082c04,
    0x00080c0b, 0x0008240c, 0x00027802, 0x00000000, 0x00000000, 0x000a2406, 0x0002700a, 0x00027810,
    0x00020c0d, 0x0002640c, 0x000a2c05, 0x00082c05, 0x00020c01, 0x00020c0e, 0x00000000, 0x00020c0b,
    0x00000003, 0x00024803, 0x00020c0f, 0x00025003, 0x00026003, 0x0008100c, 0x00020c02, 0x00020c10,
    0x00022c0d, 0x0002140e, 0x00022c0c, 0x0000000b, 0x00080409, 0x00027c0e, 0x00000000, 0x0002580b,
    0x0008040f, 0x000a1c09, 0x0002680f, 0x00025c0b, 0x00000000, 0x00027c04, 0x00082809, 0x0002600b,
    0x00000005, 0x00026c0c, 0x0002140f, 0x00025005, 0x0000001f, 0x000a0409, 0x0002580f, 0x00000000,
    0x00080c0f, 0x0002480f, 0x0000000f, 0x00082c0f, 0x00026005, 0x0008100f, 0x0008200f, 0x000a080c,
    0x0002440c, 0x0000000c, 0x00021402, 0x00021410, 0x0002840c, 0x0002580c, 0x0008080b, 0x00000000,
    0x00027003, 0x0008180f, 0x0008080f, 0x000a200c, 0x00000000, 0x0002600c, 0x0008080c, 0x00027c10,
    0x0002800d, 0x00000000, 0x00000000, 0x00000000, 0x00000019, 0x00026406, 0x000a2c0c, 0x00082c0c,
    0x0002080d, 0x00000000, 0x00026402, 0x00020809, 0x00000000, 0x00026404, 0x00026408, 0x00026410,
    0x0002100d, 0x00025404, 0x00021009, 0x0002800b, 0x0000001a, 0x0002100e, 0x00000000, 0x00082c06,
    0x00080c0c, 0x0002080e, 0x0002100f, 0x00000000, 0x00080410, 0x00000004, 0x00021002, 0x00021010,
    0x00000015, 0x0002900c, 0x00025408, 0x00022009, 0x00000011, 0x00000012, 0x00000013, 0x00000014,
    0x00000017, 0x0002080b, 0x0002080f, 0x0002080c, 0x00000018, 0x00081002, 0x00000008, 0x00022010,
    0x00000000, 0x0002800c, 0x00025402, 0x00025410, 0x0000001c, 0x00000006, 0x00021802, 0x00021810,
    0x00080c10, 0x00082410, 0x00000002, 0x00020810, 0x00024410, 0x00081010, 0x00080810, 0x00000010,
};

/* Two sources; 0: four steps. */
static const u32 shuf_two[256] = {
    0x000a0501, 0x3875340c, 0x38453409, 0x38853409, 0x00081d4d, 0x000a191d, 0x38753413, 0x3845340a,
    0x00080d4d, 0x00066509, 0x000a1909, 0x3885340c, 0x38142d01, 0x0008114d, 0x00062509, 0x000a0909,
    0x3875300d, 0x000a3107, 0x38457409, 0x38a53009, 0x00081d4c, 0x3875300e, 0x38753013, 0x3845740a,
    0x38753003, 0x00066909, 0x3875300f, 0x000a310a, 0x38753018, 0x00067504, 0x0008294c, 0x38753010,
    0x3845240d, 0x3845241d, 0x000a3103, 0x38857409, 0x0006751b, 0x3845240e, 0x38647503, 0x3845240a,
    0x00080d4a, 0x00066d09, 0x3845240f, 0x3885740c, 0x38452415, 0x00081149, 0x00067508, 0x38452410,
    0x3885240d, 0x38752c0c, 0x3885241d, 0x38852409, 0x00081d4b, 0x3885240e, 0x38752c13, 0x38752c14,
    0x38852403, 0x00067109, 0x3885240f, 0x3885240c, 0x38752c18, 0x38852404, 0x00082149, 0x38852410,
    0x00061c0d, 0x00061c0c, 0x0002550a, 0x00062809, 0x00000107, 0x00061c0e, 0x00024d07, 0x00025107,
    0x00061c03, 0x00061c09, 0x00061c0f, 0x0006280c, 0x00026107, 0x00061c04, 0x0000010a, 0x00061c10,
    0x000a0516, 0x3875380c, 0x38453809, 0x38853809, 0x00081d4e, 0x000a0901, 0x38753813, 0x3845380a,
    0x00080d4e, 0x38753809, 0x000a091e, 0x3885380c, 0x38453815, 0x0008114e, 0x0008214e, 0x000a190a,
    0x38754c0d, 0x38754c0c, 0x38145902, 0x38a54c09, 0x00066d07, 0x38754c0e, 0x38141902, 0x38541054,
    0x38754c03, 0x38754c09, 0x38754c0f, 0x38a54c0c, 0x38542d1b, 0x38754c04, 0x00067908, 0x38754c10,
    0x3845280d, 0x3875500c, 0x38452809, 0x38a55009, 0x00067107, 0x3845280e, 0x38240520, 0x000a3104,
    0x00080d4b, 0x38755009, 0x3845280f, 0x38a5500c, 0x38452815, 0x0008114a, 0x0006710a, 0x38452810,
    0x00060c0d, 0x38710c0c, 0x00060c0a, 0x38840c09, 0x00060c01, 0x00060c0e, 0x38710c13, 0x00060c0b,
    0x00000103, 0x00024903, 0x00060c0f, 0x00025103, 0x00026103, 0x00060c0c, 0x00060c02, 0x00060c10,
    0x38842c0d, 0x3871240c, 0x38b1440c, 0x0002550b, 0x00081c49, 0x38842c0e, 0x38b1480c, 0x0002590b,
    0x00066903, 0x38712409, 0x38842c0f, 0x00025d0b, 0x38b1500d, 0x00067d04, 0x0008210b, 0x0002610b,
    0x000a0517, 0x38753c0c, 0x38453c09, 0x38853c09, 0x00081d4f, 0x000a191f, 0x38753c13, 0x38453c0a,
    0x00080d4f, 0x38753c09, 0x000a0502, 0x38853c0c, 0x38453c15, 0x0008114f, 0x0008214f, 0x000a1454,
    0x3885300d, 0x000a3124, 0x3835500a, 0x38853009, 0x0002854c, 0x3885300e, 0x3885301e, 0x3835500b,
    0x00067103, 0x3885300b, 0x3885300f, 0x000a3108, 0x38853019, 0x38853004, 0x0008214c, 0x38853010,
    0x3845540d, 0x3875600c, 0x38455409, 0x38a56009, 0x00068107, 0x3845540e, 0x38648109, 0x3845540a,
    0x00068103, 0x38756009, 0x3845540f, 0x38a5600c, 0x00000000, 0x00066504, 0x00066508, 0x38240909,
    0x0006100d, 0x00025504, 0x00061009, 0x38841009, 0x00061001, 0x0006100e, 0x38711013, 0x0006100a,
    0x0006100c, 0x00025d04, 0x0006100f, 0x3884100c, 0x00024504, 0x00000104, 0x00061002, 0x00061010,
    0x0006200d, 0x0006900c, 0x00025508, 0x00062009, 0x00000124, 0x0006200e, 0x00025908, 0x00069014,
    0x00062003, 0x0006200b, 0x0006200f, 0x0006200c, 0x00024508, 0x00062004, 0x00000108, 0x00062010,
    0x000a0518, 0x3875400c, 0x38454009, 0x38854009, 0x00081d50, 0x000a1920, 0x38754013, 0x3845400a,
    0x00080d50, 0x38754009, 0x000a0920, 0x3885400c, 0x38454015, 0x00081150, 0x00082150, 0x000a0902,
};
/* clang-format on */

typedef u32 enc3(unsigned q, unsigned esz, unsigned rd, unsigned rn, unsigned rm);

static enc3 *const permute[] = {a64_v_zip1, a64_v_zip2, a64_v_uzp1,
                                a64_v_uzp2, a64_v_trn1, a64_v_trn2};

/* One step; SH_INS writes into d, which has x already. */
static void step(struct tr *t, unsigned op, vreg d, vreg x, vreg y)
{
    if (op < SH_ZIP1D)
        tr_put(t, permute[op](1, 2, d, x, y));
    else if (op < SH_EXT1)
        tr_put(t, permute[op - SH_ZIP1D](1, 3, d, x, y));
    else if (op < SH_REV64)
        tr_put(t, a64_v_ext(1, d, x, y, 4 * (op - SH_EXT1 + 1)));
    else if (op == SH_REV64)
        tr_put(t, a64_v_rev64(1, 2, d, x));
    else if (op < SH_INS)
        tr_put(t, a64_v_dup_elem(1, 2, d, x, op - SH_DUP0));
    else if (op < SH_INSD)
        tr_put(t, a64_v_ins_elem(2, d, (op - SH_INS) >> 2, y, (op - SH_INS) & 3));
    else
        tr_put(t, a64_v_ins_elem(3, d, (op - SH_INSD) >> 1, y, (op - SH_INSD) & 1));
}

/* A step behind this one (bits from `rest` on) reads register r, given what steps hold. */
static bool read_later(u32 rest, const vreg *reg, vreg r)
{
    for (; rest; rest >>= 10)
        if (reg[rest >> 6 & 3] == r || reg[rest >> 8 & 3] == r)
            return true;
    return false;
}

static void sequence(struct tr *t, u32 seq, vreg d, vreg a, vreg b)
{
    vreg reg[4] = {a, b, H_NONE, H_NONE};

    for (unsigned k = 0; seq; k++, seq >>= 10) {
        unsigned op = (seq & 63) - 1;
        vreg x = reg[seq >> 6 & 3], y = reg[seq >> 8 & 3], to = d;
        u32 rest = seq >> 10;

        if (read_later(rest, reg, d) || (op >= SH_INS && x != d && y == d))
            to = h_vtmp(t);
        if (op >= SH_INS)
            h_vmov(t, to, x);
        step(t, op, to, x, y);
        if (k < 2)
            reg[2 + k] = to;
        if (!rest)
            h_vmov(t, d, to);
    }
}

/* Bytes of elements: idx[i] = 4 * word + i % 4. */
static void by_table(struct tr *t, vreg d, vreg a, unsigned imm)
{
    vreg idx = h_vtmp(t);
    u64 v[2] = {0, 0};

    for (unsigned i = 0; i < 4; i++)
        v[i / 2] |= (0x03020100ull + 0x04040404ull * (imm >> 2 * i & 3)) << 32 * (i & 1);
    h_vconst(t, idx, v[0], v[1]);
    tr_put(t, a64_v_tbl(1, 1, d, a, idx));
}

void h_vshuf4(struct tr *t, vreg d, vreg a, vreg b, unsigned imm)
{
    u32 keep = t->vtmp_free;
    vreg w;

    imm &= 0xff;
    if (a == b) {
        if (imm == 0xe4)
            h_vmov(t, d, a);
        else if (shuf_one[imm])
            sequence(t, shuf_one[imm], d, a, a);
        else
            by_table(t, d, a, imm);
    } else if (shuf_two[imm]) {
        sequence(t, shuf_two[imm], d, a, b);
    } else {
        w = h_vtmp(t);
        tr_put(t, a64_v_dup_elem(1, 2, w, a, imm & 3));
        tr_put(t, a64_v_ins_elem(2, w, 1, a, imm >> 2 & 3));
        tr_put(t, a64_v_ins_elem(2, w, 2, b, imm >> 4 & 3));
        tr_put(t, a64_v_ins_elem(2, w, 3, b, imm >> 6 & 3));
        h_vmov(t, d, w);
    }
    t->vtmp_free = keep;
}

void h_vshufh(struct tr *t, vreg d, vreg a, unsigned imm, bool high)
{
    u32 keep = t->vtmp_free;
    vreg idx = h_vtmp(t);
    u64 same = high ? 0x0706050403020100 : 0x0f0e0d0c0b0a0908, v = 0;

    for (unsigned i = 0; i < 4; i++)
        v |= (0x0100ull + 0x0202ull * ((imm >> 2 * i & 3) + (high ? 4 : 0))) << 16 * i;
    h_vconst(t, idx, high ? same : v, high ? v : same);
    tr_put(t, a64_v_tbl(1, 1, d, a, idx));
    t->vtmp_free = keep;
}

void h_vshuf2(struct tr *t, vreg d, vreg a, vreg b, unsigned imm)
{
    u32 keep = t->vtmp_free;

    switch (imm & 3) {
    case 0: tr_put(t, a64_v_zip1(1, 3, d, a, b)); break;
    case 1: tr_put(t, a64_v_ext(1, d, a, b, 8)); break;
    case 3: tr_put(t, a64_v_zip2(1, 3, d, a, b)); break;
    default: h_vblendi(t, d, a, b, 0xff00);
    }
    t->vtmp_free = keep;
}

/* ---- single elements ---- */
void h_vins(struct tr *t, unsigned esz, vreg d, unsigned i, vreg s, unsigned j)
{
    tr_put(t, a64_v_ins_elem(esz, d, i, s, j));
}

void h_vdup(struct tr *t, unsigned esz, vreg d, vreg s, unsigned i)
{
    tr_put(t, a64_v_dup_elem(1, esz, d, s, i));
}

void h_vdup_even(struct tr *t, vreg d, vreg a)
{
    tr_put(t, a64_v_trn1(1, 2, d, a, a));
}

void h_vdup_odd(struct tr *t, vreg d, vreg a)
{
    tr_put(t, a64_v_trn2(1, 2, d, a, a));
}

void h_vext(struct tr *t, vreg d, vreg lo, vreg hi, unsigned n)
{
    u32 keep = t->vtmp_free;
    vreg z;

    if (n == 0 || n == 16) {
        h_vmov(t, d, n ? hi : lo);
    } else if (n < 16) {
        tr_put(t, a64_v_ext(1, d, lo, hi, n));
    } else if (n < 32) {
        z = h_vtmp(t);
        h_vzero(t, z);
        tr_put(t, a64_v_ext(1, d, hi, z, n - 16));
    } else {
        h_vzero(t, d);
    }
    t->vtmp_free = keep;
}

void h_vwiden(struct tr *t, bool sign, bool high, unsigned esz, vreg d, vreg a)
{
    tr_put(t, (sign ? a64_v_sshll : a64_v_ushll)(high, esz, d, a, 0));
}

/* ---- blends ---- */
/* Moves the elements of s named by `bytes` into d, in the largest pieces; returns how many; with
 * `write` false only counts. */
static unsigned insert(struct tr *t, vreg d, vreg s, unsigned bytes, bool write)
{
    unsigned n = 0;

    for (unsigned i = 0; i < 16;) {
        unsigned esz = 3;

        while (esz && ((i & ((1u << esz) - 1)) ||
                       (bytes >> i & ((1u << (1u << esz)) - 1)) != (1u << (1u << esz)) - 1))
            esz--;
        if (bytes >> i & 1) {
            n++;
            if (write)
                h_vins(t, esz, d, i >> esz, s, i >> esz);
            i += 1u << esz;
        } else {
            i++;
        }
    }
    return n;
}

static void blend_mask(struct tr *t, vreg d, vreg a, vreg b, vreg mask)
{
    if (d == a) {
        tr_put(t, a64_v_bit(1, d, b, mask));
    } else if (d == b) {
        tr_put(t, a64_v_bif(1, d, a, mask));
    } else if (d == mask) {
        tr_put(t, a64_v_bsl(1, d, b, a));
    } else {
        h_vmov(t, d, a);
        tr_put(t, a64_v_bit(1, d, b, mask));
    }
}

void h_vblendi(struct tr *t, vreg d, vreg a, vreg b, unsigned bytes)
{
    u32 keep = t->vtmp_free;
    unsigned others = ~bytes & 0xffff;
    bool into_a =
        d == a || (d != b && insert(t, d, b, bytes, false) <= insert(t, d, a, others, false));
    vreg base = into_a ? a : b, from = into_a ? b : a;
    u64 v[2] = {0, 0};

    if (!bytes || !others || a == b) {
        h_vmov(t, d, bytes ? b : a);
        return;
    }
    if (insert(t, d, from, into_a ? bytes : others, false) <= 2) {
        h_vmov(t, d, base);
        insert(t, d, from, into_a ? bytes : others, true);
        return;
    }
    for (unsigned i = 0; i < 16; i++)
        if (bytes >> i & 1)
            v[i / 8] |= 0xffull << 8 * (i % 8);
    if (d == a || d == b) {
        vreg m = h_vtmp(t);

        h_vconst(t, m, v[0], v[1]);
        blend_mask(t, d, a, b, m);
    } else {
        h_vconst(t, d, v[0], v[1]);
        tr_put(t, a64_v_bsl(1, d, b, a));
    }
    t->vtmp_free = keep;
}

void h_vblend(struct tr *t, unsigned esz, vreg d, vreg a, vreg b, vreg mask)
{
    u32 keep = t->vtmp_free;
    vreg m = d == a || d == b ? h_vtmp(t) : d;

    tr_put(t, a64_v_cmlt0(1, esz, m, mask));
    blend_mask(t, d, a, b, m);
    t->vtmp_free = keep;
}

/* ---- across lanes ---- */
/* Byte indices out of word indices; the second table counts from 32 - 16. */
void h_vperm8(struct tr *t, vreg d, vreg lo, vreg hi, vreg idx)
{
    u32 keep = t->vtmp_free;
    vreg w = h_vtmp(t), k = h_vtmp(t);

    h_vconst(t, k, 0x0000000700000007, 0x0000000700000007);
    tr_put(t, a64_v_and(1, w, idx, k));
    h_vconst(t, k, 0x0404040404040404, 0x0404040404040404);
    tr_put(t, a64_v_mul(1, 2, w, w, k));
    h_vconst(t, k, 0x0302010003020100, 0x0302010003020100);
    tr_put(t, a64_v_add(1, 2, w, w, k));
    h_vconst(t, k, 0x1010101010101010, 0x1010101010101010);
    tr_put(t, a64_v_tbl(1, 1, d, lo, w));
    tr_put(t, a64_v_sub(1, 0, w, w, k));
    tr_put(t, a64_v_tbx(1, 1, d, hi, w));
    t->vtmp_free = keep;
}
