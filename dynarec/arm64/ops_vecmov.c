/*
 * ops_vecmov.c - arm64: vector loads, stores, moves, constants, and the cache of upper YMM halves
 * in v24-v31. The host-ops of host_vecint.h, first and last part. NZCV is never touched.
 */
#include <string.h>

#include "dynarec/arm64/enc_fp.h"
#include "dynarec/arm64/vec.h"
#include "dynarec/host.h"

#define CPU 28       /* struct x86_cpu * */
#define YMM_SLOT0 24 /* v24 .. v31 */

static unsigned log2_of(unsigned sz)
{
    return (unsigned)__builtin_ctz(sz);
}

/* ---- addresses ---- */
struct vaddr {
    hreg base, index; /* index H_NONE: base + off */
    bool scaled;
    i64 off;
};

static bool fits_off(unsigned lg, i64 off)
{
    return a64_fits_uimm(lg, off) || a64_fits_simm9(off);
}

/* Base and offset in front of an access whose offset field takes what fits() says. */
static struct vaddr split(struct tr *t, hreg base, i64 disp, bool (*fits)(unsigned, i64),
                          unsigned lg)
{
    struct vaddr a = {.base = base, .index = H_NONE, .off = disp};

    if (fits(lg, disp))
        return a;
    a.base = h_tmp(t);
    a.off = disp & 0xfff;
    if (disp < 0 || disp >> 24 || !fits(lg, a.off))
        a.off = 0;
    h_opi(t, H_ADD, 8, a.base, base, disp - a.off);
    return a;
}

static struct vaddr address(struct tr *t, const struct h_mem *m, bool (*fits)(unsigned, i64),
                            unsigned lg)
{
    hreg base = m->base;

    if (m->index == H_NONE) {
        if (base != H_NONE)
            return split(t, base, m->disp, fits, lg);
        base = h_tmp(t);
        h_addr(t, base, (gaddr)m->disp);
        return (struct vaddr){.base = base, .index = H_NONE};
    }
    if (base == H_NONE) {
        base = m->index;
        if (m->scale) {
            base = h_tmp(t);
            h_opi(t, H_SHL, 8, base, m->index, m->scale);
        }
        return split(t, base, m->disp, fits, lg);
    }
    if (!m->disp && fits == fits_off && (!m->scale || m->scale == lg))
        return (struct vaddr){.base = base, .index = m->index, .scaled = m->scale != 0};
    base = h_tmp(t);
    h_ops(t, H_ADD, 8, base, m->base, m->index, m->scale);
    return split(t, base, m->disp, fits, lg);
}

/* One base register and nothing else. */
static bool fits_none(unsigned lg, i64 off)
{
    (void)lg;
    return !off;
}

static void access(struct tr *t, bool store, unsigned lg, vreg v, const struct vaddr *a)
{
    if (a->index != H_NONE)
        tr_put(t, store ? a64_str_v_reg(lg, v, a->base, a->index, A64_UXTX, a->scaled)
                        : a64_ldr_v_reg(lg, v, a->base, a->index, A64_UXTX, a->scaled));
    else if (a64_fits_uimm(lg, a->off))
        tr_put(t, store ? a64_str_v(lg, v, a->base, a->off) : a64_ldr_v(lg, v, a->base, a->off));
    else
        tr_put(t, store ? a64_stur_v(lg, v, a->base, a->off) : a64_ldur_v(lg, v, a->base, a->off));
}

bool h_vmem_steps(const struct tr *t, const struct h_mem *m, i64 step)
{
    return m->index == H_NONE && m->base != H_NONE && (!m->disp || m->disp == step) && step &&
           a64_fits_simm9(step) && t->opt.strongmem < 2;
}

void h_vld(struct tr *t, unsigned sz, vreg d, const struct h_mem *m)
{
    u32 keep = t->tmp_free;
    unsigned lg = log2_of(sz);
    struct vaddr a;

    if (m->step) {
        tr_put(t, m->disp ? a64_ldr_v_pre(lg, d, m->base, m->step)
                          : a64_ldr_v_post(lg, d, m->base, m->step));
        return;
    }
    a = address(t, m, fits_off, lg);
    access(t, false, lg, d, &a);
    vec_after_load(t, m);
    t->tmp_free = keep;
}

void h_vst(struct tr *t, unsigned sz, vreg s, const struct h_mem *m)
{
    u32 keep = t->tmp_free;
    unsigned lg = log2_of(sz);
    struct vaddr a = address(t, m, fits_off, lg);

    vec_before_store(t, m);
    access(t, true, lg, s, &a);
    t->tmp_free = keep;
}

static bool fits_pair(unsigned lg, i64 off)
{
    return a64_fits_simm7(lg, off);
}

/* A fault in the second half finds the guest's register unchanged (an LDP may have loaded the
 * first): the lower half comes by a temporary. */
void h_vld2(struct tr *t, vreg lo, vreg hi, const struct h_mem *m)
{
    u32 keep = t->tmp_free, vkeep = t->vtmp_free;
    vreg first = lo < 16 ? h_vtmp(t) : lo;
    struct vaddr a = address(t, m, fits_pair, 4);

    tr_put(t, a64_ldp_v(4, first, hi, a.base, a.off));
    h_vmov(t, lo, first);
    vec_after_load(t, m);
    t->tmp_free = keep;
    t->vtmp_free = vkeep;
}

void h_vst2(struct tr *t, vreg lo, vreg hi, const struct h_mem *m)
{
    u32 keep = t->tmp_free;
    struct vaddr a = address(t, m, fits_pair, 4);

    vec_before_store(t, m);
    tr_put(t, a64_stp_v(4, lo, hi, a.base, a.off));
    t->tmp_free = keep;
}

void h_vld_elem(struct tr *t, unsigned esz, vreg d, unsigned i, const struct h_mem *m)
{
    u32 keep = t->tmp_free;
    struct vaddr a = address(t, m, fits_none, esz);

    tr_put(t, a64_ld1_lane(esz, d, i, a.base));
    vec_after_load(t, m);
    t->tmp_free = keep;
}

void h_vst_elem(struct tr *t, unsigned esz, vreg s, unsigned i, const struct h_mem *m)
{
    u32 keep = t->tmp_free;
    struct vaddr a;

    if (!i) {
        h_vst(t, 1u << esz, s, m);
        return;
    }
    a = address(t, m, fits_none, esz);
    vec_before_store(t, m);
    tr_put(t, a64_st1_lane(esz, s, i, a.base));
    t->tmp_free = keep;
}

void h_vld_dup(struct tr *t, unsigned esz, vreg d, const struct h_mem *m)
{
    u32 keep = t->tmp_free;
    struct vaddr a = address(t, m, fits_none, esz);

    tr_put(t, a64_ld1r(1, esz, d, a.base));
    vec_after_load(t, m);
    t->tmp_free = keep;
}

void h_vld_cpu(struct tr *t, vreg d, unsigned offset)
{
    tr_put(t, a64_ldr_v(4, d, CPU, offset));
}

void h_vst_cpu(struct tr *t, vreg s, unsigned offset)
{
    tr_put(t, a64_str_v(4, s, CPU, offset));
}

/* ---- moves and constants ---- */
void h_vmov(struct tr *t, vreg d, vreg s)
{
    if (d != s)
        tr_put(t, a64_v_mov(1, d, s));
}

void h_vmov_low(struct tr *t, unsigned sz, vreg d, vreg s)
{
    tr_put(t, a64_fmov(sz == 8 ? A64_FD : A64_FS, d, s));
}

void h_vzero(struct tr *t, vreg d)
{
    h_vconst(t, d, 0, 0);
}

/* A literal of 16 bytes: two neighbours in the pool. */
static void literal16(struct tr *t, u32 word, u64 lo, u64 hi)
{
    u32 i = 0;

    while (i + 1 < t->nlit && !(t->lit[i] == lo && t->lit[i + 1] == hi))
        i++;
    if (i + 1 >= t->nlit) {
        i = t->nlit;
        if (i + 2 > TR_MAX_LITERALS) {
            tr_fail(t, "too many literals");
            return;
        }
        t->lit[i] = lo;
        t->lit[i + 1] = hi;
        t->nlit += 2;
    }
    if (t->nfix == TR_MAX_FIXUPS) {
        tr_fail(t, "too many fixups");
        return;
    }
    t->fix[t->nfix++] = (struct tr_fixup){.at = t->n, .target = i, .kind = TR_FIX_LITERAL};
    tr_put(t, word);
}

void h_vconst(struct tr *t, vreg d, u64 lo, u64 hi)
{
    u32 bits;

    if (lo == hi && a64_vimm(lo, 1, &bits))
        tr_put(t, a64_v_movi(1, d, bits));
    else if (!hi)
        tr_literal(t, a64_ldr_v_lit(3, d, 0), lo);
    else
        literal16(t, a64_ldr_v_lit(4, d, 0), lo, hi);
}

void h_vfrom_gpr(struct tr *t, unsigned sz, vreg d, hreg s)
{
    tr_put(t, a64_fmov_from_gpr(sz == 8, d, s));
}

void h_vget(struct tr *t, unsigned esz, hreg d, vreg s, unsigned i)
{
    if (!i && esz >= 2)
        tr_put(t, a64_fmov_to_gpr(esz == 3, d, s));
    else
        tr_put(t, a64_v_umov(esz, d, s, i));
}

void h_vput(struct tr *t, unsigned esz, vreg d, unsigned i, hreg s)
{
    tr_put(t, a64_v_ins_gpr(esz, d, i, s));
}

/* ---- upper halves ---- */
static unsigned upper(unsigned i)
{
    return (unsigned)offsetof(struct x86_cpu, vec) + 32 * i + 16;
}

void h_ymm_reset(struct tr *t)
{
    t->ymm = (struct tr_ymm){.zero = 0};
    for (unsigned s = 0; s < TR_YMM_SLOTS; s++)
        t->ymm.of[s] = 0xff;
}

#define CLEAN ((i64)offsetof(struct x86_cpu, jit.ymm_clean))

/* From here on a fault finds these slots dirty. */
static void note(struct tr *t)
{
    const struct tr_ymm_note *last = t->nnote ? &t->note[t->nnote - 1] : NULL;
    u32 of = 0, dirty = t->ymm.dirty;

    for (unsigned s = 0; s < TR_YMM_SLOTS; s++)
        if (dirty >> s & 1)
            of |= (u32)t->ymm.of[s] << 4 * s;
    if (last ? last->dirty == dirty && last->of == of : !dirty)
        return;
    if (t->nnote == TR_MAX_YMM_NOTES) {
        tr_fail(t, "too many upper halves");
        return;
    }
    t->note[t->nnote++] = (struct tr_ymm_note){.at = t->n, .of = of, .dirty = dirty};
}

static void unclean(struct tr *t)
{
    if (!t->ymm.unclean)
        tr_put(t, a64_str(3, 31, CPU, CLEAN));
    t->ymm.unclean = true;
}

static void store_slot(struct tr *t, unsigned s)
{
    unclean(t);
    h_vst_cpu(t, (vreg)(YMM_SLOT0 + s), upper(t->ymm.of[s]));
    t->ymm.dirty &= (u8) ~(1u << s);
}

void h_ymm_flush(struct tr *t)
{
    if (!t->ymm.dirty)
        return;
    for (unsigned s = 0; s < TR_YMM_SLOTS; s++)
        if (t->ymm.dirty >> s & 1)
            store_slot(t, s);
    note(t);
}

static int slot_with(const struct tr *t, unsigned i)
{
    for (unsigned s = 0; s < TR_YMM_SLOTS; s++)
        if (t->ymm.of[s] == i)
            return (int)s;
    return -1;
}

/* ---- what PSHUFB looks up by ---- */

/* TBL gives 0 for 80h and up once bits 6-4 are gone. */
void vec_tbl_index(struct tr *t, vreg d, vreg b)
{
    h_vconst(t, d, 0x8f8f8f8f8f8f8f8f, 0x8f8f8f8f8f8f8f8f);
    tr_put(t, a64_v_and(1, d, d, b));
}

/* Its place in of[] for the XMM register or upper half b; 0xff: b is another register. */
static unsigned tbl_of(const struct tr *t, vreg b)
{
    unsigned i;

    if (b < 16)
        return TR_YMM_TBL + b;
    i = b >= YMM_SLOT0 ? t->ymm.of[b - YMM_SLOT0] : 0xff;
    return i < 16 ? TR_YMM_TBL + 16 + i : 0xff;
}

/* Behind x86_sem in such a loop the slot is empty: it is filled again. */
vreg vec_tbl_kept(struct tr *t, vreg b)
{
    const struct tr_ymm_keep *k = &t->ymm_keep[t->ymm_loop[t->curblk]];
    unsigned of = tbl_of(t, b);

    for (unsigned s = 0; s < TR_YMM_SLOTS && of != 0xff; s++) {
        vreg v = (vreg)(YMM_SLOT0 + s);

        if (t->ymm.of[s] == of)
            return v;
        if (k->of[s] != of || t->ymm.of[s] != 0xff)
            continue;
        vec_tbl_index(t, v, b);
        t->ymm.of[s] = (u8)of;
        return v;
    }
    return H_NONE;
}

/* The slot's value, from registers and from what is stored. */
static void load_slot(struct tr *t, unsigned s, unsigned of)
{
    u32 keep = t->vtmp_free;
    vreg v = (vreg)(YMM_SLOT0 + s), w;

    if (of < TR_YMM_TBL) {
        h_vld_cpu(t, v, upper(of));
        return;
    }
    if (of < TR_YMM_TBL + 16) {
        vec_tbl_index(t, v, h_vec(of - TR_YMM_TBL));
        return;
    }
    w = h_vtmp(t);
    h_vld_cpu(t, w, upper(of - TR_YMM_TBL - 16));
    vec_tbl_index(t, v, w);
    t->vtmp_free = keep;
}

/* The slot that was unused for longest, emptied; it is YMM i's from now on. */
static unsigned take_slot(struct tr *t, unsigned i)
{
    struct tr_ymm *y = &t->ymm;
    unsigned best = 0;

    for (unsigned s = 1; s < TR_YMM_SLOTS; s++)
        if (y->used[s] < y->used[best])
            best = s;
    if (y->dirty >> best & 1) {
        store_slot(t, best);
        note(t);
    }
    y->of[best] = (u8)i;
    y->used[best] = ++y->clock;
    return best;
}

vreg h_ymm_get(struct tr *t, unsigned i)
{
    int s = slot_with(t, i);
    vreg v;

    if (s >= 0) {
        t->ymm.used[s] = ++t->ymm.clock;
        return (vreg)(YMM_SLOT0 + s);
    }
    v = (vreg)(YMM_SLOT0 + take_slot(t, i));
    if (t->ymm.zero >> i & 1)
        h_vzero(t, v);
    else
        h_vld_cpu(t, v, upper(i));
    return v;
}

vreg h_ymm_set(struct tr *t, unsigned i)
{
    int s = slot_with(t, i);

    t->ymm.zero &= (u16) ~(1u << i);
    if (s < 0)
        return (vreg)(YMM_SLOT0 + take_slot(t, i));
    t->ymm.used[s] = ++t->ymm.clock;
    return (vreg)(YMM_SLOT0 + s);
}

void h_ymm_put(struct tr *t, unsigned i)
{
    t->ymm.dirty |= (u8)(1u << slot_with(t, i));
    note(t);
}

/* ---- MMX registers ---- */
#define MMX 16 /* in of[]: MM0 */

static unsigned mantissa(unsigned i)
{
    return (unsigned)offsetof(struct x86_cpu, fpu.regs) + 16 * i;
}

vreg h_mmx_get(struct tr *t, unsigned i)
{
    int s = slot_with(t, MMX + i);
    vreg v;

    if (s >= 0) {
        t->ymm.used[s] = ++t->ymm.clock;
        return (vreg)(YMM_SLOT0 + s);
    }
    v = (vreg)(YMM_SLOT0 + take_slot(t, MMX + i));
    tr_put(t, a64_ldr_v(3, v, CPU, mantissa(i)));
    return v;
}

vreg h_mmx_set(struct tr *t, unsigned i)
{
    int s = slot_with(t, MMX + i);

    if (s < 0)
        return (vreg)(YMM_SLOT0 + take_slot(t, MMX + i));
    t->ymm.used[s] = ++t->ymm.clock;
    return (vreg)(YMM_SLOT0 + s);
}

void h_mmx_put(struct tr *t, unsigned i)
{
    tr_put(t, a64_str_v(3, (vreg)(YMM_SLOT0 + slot_with(t, MMX + i)), CPU, mantissa(i)));
}

void h_mmx_forget(struct tr *t)
{
    for (unsigned s = 0; s < TR_YMM_SLOTS; s++)
        if (t->ymm.of[s] >= MMX)
            t->ymm.of[s] = 0xff;
    t->ymm.mmx = false;
    t->ymm.mmx_ones = 0;
}

/* ---- upper halves that are not wanted, or zero ---- */

/* The value in its slot is no longer wanted. */
static void forget(struct tr *t, unsigned i)
{
    int s = slot_with(t, i);

    if (s < 0)
        return;
    t->ymm.of[s] = 0xff;
    t->ymm.used[s] = 0;
    t->ymm.dirty &= (u8) ~(1u << s);
}

void h_ymm_zero(struct tr *t, unsigned i)
{
    u32 keep = t->vtmp_free;

    if (t->ymm.zero >> i & 1)
        return;
    if (a64_fits_simm7(3, upper(i))) {
        tr_put(t, a64_stp(1, 31, 31, CPU, upper(i)));
    } else {
        vreg z = h_vtmp(t);

        h_vzero(t, z);
        h_vst_cpu(t, z, upper(i));
        t->vtmp_free = keep;
    }
    forget(t, i);
    note(t);
    t->ymm.zero |= (u16)(1u << i);
}

void h_ymm_keep(struct tr *t, unsigned i, unsigned offset)
{
    u32 keep = t->vtmp_free;
    int s = slot_with(t, i);
    vreg v = s >= 0 ? (vreg)(YMM_SLOT0 + s) : h_vtmp(t);

    if (s < 0)
        h_vld_cpu(t, v, upper(i));
    h_vst_cpu(t, v, offset);
    t->vtmp_free = keep;
}

void h_ymm_restore(struct tr *t, unsigned i, unsigned offset)
{
    u32 keep = t->vtmp_free;
    vreg v = h_vtmp(t);

    unclean(t);
    h_vld_cpu(t, v, offset);
    h_vst_cpu(t, v, upper(i));
    t->vtmp_free = keep;
}

void h_ymm_load(struct tr *t, const struct tr_ymm_keep *k)
{
    for (unsigned s = 0; s < TR_YMM_SLOTS; s++)
        if (k->of[s] != 0xff)
            load_slot(t, s, k->of[s]);
    t->ymm.unclean = false;
    if (k->dirty)
        unclean(t);
}

/* Through memory if anything is in the wrong slot: that is rare. */
void h_ymm_match(struct tr *t, const struct tr_ymm_keep *k)
{
    struct tr_ymm *y = &t->ymm;
    bool wrong = false;

    for (unsigned s = 0; s < TR_YMM_SLOTS; s++)
        wrong |= k->of[s] != 0xff && y->of[s] != k->of[s];
    for (unsigned s = 0; s < TR_YMM_SLOTS; s++)
        if ((y->dirty >> s & 1) && (wrong || !(k->dirty >> s & 1)))
            store_slot(t, s);
    for (unsigned s = 0; s < TR_YMM_SLOTS; s++) {
        if (y->of[s] == k->of[s])
            continue;
        y->of[s] = k->of[s];
        y->used[s] = y->clock;
        if (k->of[s] == 0xff)
            continue;
        if (k->of[s] < 16 && (y->zero >> k->of[s] & 1))
            h_vzero(t, (vreg)(YMM_SLOT0 + s));
        else
            load_slot(t, s, k->of[s]);
    }
    if (k->dirty)
        unclean(t);
    y->dirty = k->dirty;
    note(t);
}

void h_ymm_start(struct tr *t, const struct tr_ymm_keep *k)
{
    h_ymm_reset(t);
    memcpy(t->ymm.of, k->of, sizeof t->ymm.of);
    t->ymm.dirty = k->dirty;
    t->ymm.unclean = k->dirty != 0;
    note(t);
}

static void zero_all(struct tr *t, const struct tr_cold *c)
{
    hreg r = h_tmp(t);
    vreg z = h_vtmp(t);

    h_vzero(t, z);
    for (unsigned i = 0; i < 16; i++)
        h_vst_cpu(t, z, upper(i));
    h_imm(t, r, 1);
    tr_put(t, a64_str(3, r, CPU, CLEAN));
    h_jump(t, c->back);
}

/* Usually nothing was stored since the last time. */
void h_ymm_zero_all(struct tr *t)
{
    hreg r = h_tmp(t);
    struct tr_cold *c;

    if (t->ymm.zero != 0xffff) {
        c = tr_cold(t, zero_all);
        tr_put(t, a64_ldr(3, r, CPU, CLEAN));
        tr_branch(t, a64_cbz(1, r, 0), c->label);
        tr_bind(t, c->back);
    }
    h_ymm_reset(t);
    note(t);
    t->ymm.zero = 0xffff;
}
