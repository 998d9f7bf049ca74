/*
 * sem_xsave.c - FXSAVE/FXRSTOR and the XSAVE family for x87, SSE and AVX state (SDM vol. 1, 10.5
 * and chapter 13). Layout: 0 x87 (24 MXCSR), 32 ST(0)-ST(7) a 16 bytes, 160 XMM, 512 header, 576
 * upper YMM halves; the compacted form has the same offsets, because component 2 is the only one
 * behind the header. Invariants: everything is read before the first register is written; a
 * component is "in use" when it differs from its initial state, which is what makes XSAVEOPT and
 * XSAVEC deterministic here (the architecture leaves a CPU more freedom).
 */
#include "interp/vec_forms.h"

enum { XS_X87 = 1, XS_SSE = 2, XS_AVX = 4, XS_ALL = 7 };
enum { XS_MXCSR = 24, XS_ST = 32, XS_XMM = 160, XS_HEADER = 512, XS_YMM = 576, XS_SIZE = 576 };
#define XS_COMPACT (1ull << 63)
#define XS_SW_BITS                                                                                 \
    0x477f /* condition codes, SF and the exception flags; TOP, ES and B are computed */

static unsigned nregs(const struct x86_insn *in)
{
    return in->mode == 64 ? 16 : 8;
}

/* FXSAVE, FXRSTOR: the exception of a non-canonical address (#SS or #GP) comes first. */
static gaddr area16(struct x86_cpu *c, const struct x86_insn *in)
{
    gaddr a = sem_ea(c, in);

    if (a & 15) {
        if ((i64)(a << 16) >> 16 != (i64)a)
            (void)*(volatile u8 *)g2h(a);
        sem_gp(c, 0);
    }
    return a;
}

/* XSAVE family: misalignment comes before everything, even before a non-canonical address (#SS). */
static gaddr area64(struct x86_cpu *c, const struct x86_insn *in)
{
    gaddr a = sem_ea(c, in);

    if (a & 63)
        sem_gp(c, 0);
    return a;
}

/* The whole of it must be writable, whatever components are asked for. */
static void probe_area(gaddr a, unsigned size)
{
    mem_probe_write(a);
    vec_probe_store(a, size);
}

/* Bytes 0-23. `wide`: REX.W form with 64-bit instruction and data pointers, no selectors. */
static void put_x87_head(const struct x86_cpu *c, u8 *p, bool wide)
{
    const struct x86_fpu *f = &c->fpu;
    u16 sw = (f->sw & XS_SW_BITS) | (u16)(f->top << 11);

    if (f->sw & ~f->cw & 0x3f)
        sw |= 0x8080;
    st_u16(p, f->cw);
    st_u16(p + 2, sw);
    st_u16(p + 4, f->used);
    st_u16(p + 6, f->fop);
    st_u64(p + 8, f->fip);
    st_u64(p + 16, f->fdp);
    if (!wide) {
        st_u32(p + 12, f->fcs);
        st_u32(p + 20, f->fds);
    }
}

static void save_x87(const struct x86_cpu *c, gaddr a, bool wide)
{
    u8 head[24], st[128];

    put_x87_head(c, head, wide);
    for (unsigned i = 0; i < 8; i++) {
        const struct x86_f80 *r = &c->fpu.regs[(c->fpu.top + i) & 7];

        st_u64(st + 16 * i, r->m);
        st_u64(st + 16 * i + 8, r->se);
    }
    __builtin_memcpy(g2h(a), head, sizeof head);
    __builtin_memcpy(g2h(a + XS_ST), st, sizeof st);
}

static void save_mxcsr(const struct x86_cpu *c, gaddr a)
{
    st_u64(g2h(a + XS_MXCSR), c->mxcsr | (u64)MXCSR_VALID << 32);
}

static void save_xmm(struct x86_cpu *c, const struct x86_insn *in, gaddr a)
{
    for (unsigned i = 0; i < nregs(in); i++)
        vec_st16(a + XS_XMM + 16 * i, &vec_reg(c, i)[0]);
}

static void save_ymm(struct x86_cpu *c, const struct x86_insn *in, gaddr a)
{
    for (unsigned i = 0; i < nregs(in); i++)
        vec_st16(a + XS_YMM + 16 * i, &vec_reg(c, i)[1]);
}

static void load_x87(struct x86_cpu *c, const u8 *img, bool wide)
{
    struct x86_fpu *f = &c->fpu;
    u16 sw = ld_u16(img + 2);

    f->cw = (ld_u16(img) & 0x1f3f) | 0x40;
    f->top = sw >> 11 & 7;
    f->sw = sw & XS_SW_BITS;
    if (f->sw & ~f->cw & 0x3f)
        f->sw |= 0x8080;
    f->used = img[4];
    f->fop = ld_u16(img + 6) & 0x7ff;
    f->fip = wide ? ld_u64(img + 8) : ld_u32(img + 8);
    f->fdp = wide ? ld_u64(img + 16) : ld_u32(img + 16);
    f->fcs = wide ? 0 : ld_u16(img + 12);
    f->fds = wide ? 0 : ld_u16(img + 20);
    for (unsigned i = 0; i < 8; i++) {
        struct x86_f80 *r = &f->regs[(f->top + i) & 7];

        r->m = ld_u64(img + XS_ST + 16 * i);
        r->se = ld_u16(img + XS_ST + 16 * i + 8);
    }
}

static void init_x87(struct x86_cpu *c)
{
    c->fpu = (struct x86_fpu){.cw = 0x37f};
}

static void load_lanes(struct x86_cpu *c, const struct x86_insn *in, unsigned lane, const u8 *img)
{
    for (unsigned i = 0; i < nregs(in); i++)
        __builtin_memcpy(&vec_reg(c, i)[lane], img + 16 * i, 16);
}

static void init_lanes(struct x86_cpu *c, const struct x86_insn *in, unsigned lane)
{
    for (unsigned i = 0; i < nregs(in); i++)
        vec_reg(c, i)[lane] = (union vec_lane){.q = {0, 0}};
}

static bool x87_in_use(const struct x86_cpu *c)
{
    const struct x86_fpu *f = &c->fpu;
    u64 any = 0;

    for (unsigned i = 0; i < 8; i++)
        any |= f->regs[i].m | f->regs[i].se;
    return any || f->cw != 0x37f || f->sw || f->top || f->used || f->fop || f->fip || f->fdp;
}

static bool lanes_in_use(struct x86_cpu *c, unsigned lane)
{
    u64 any = 0;

    for (unsigned i = 0; i < 16; i++)
        any |= vec_reg(c, i)[lane].q[0] | vec_reg(c, i)[lane].q[1];
    return any != 0;
}

static u64 in_use(struct x86_cpu *c)
{
    return (x87_in_use(c) ? XS_X87 : 0) | (lanes_in_use(c, 0) ? XS_SSE : 0) |
           (lanes_in_use(c, 1) ? XS_AVX : 0);
}

/* Requested feature bitmap: EDX:EAX within XCR0. */
static u64 rfbm(const struct x86_cpu *c)
{
    return ((u32)c->gpr[X86_RAX] | c->gpr[X86_RDX] << 32) & c->xcr0 & XS_ALL;
}

static void fxsave(struct x86_cpu *c, const struct x86_insn *in, bool wide)
{
    gaddr a = area16(c, in);

    probe_area(a, 512);
    save_x87(c, a, wide);
    save_mxcsr(c, a);
    save_xmm(c, in, a);
}
VEC_SEM(FXSAVE, fxsave(c, in, false))
VEC_SEM(FXSAVE64, fxsave(c, in, true))

static void check_mxcsr(struct x86_cpu *c, u32 v)
{
    if (v & ~(u32)MXCSR_VALID)
        sem_gp(c, 0);
}

static void fxrstor(struct x86_cpu *c, const struct x86_insn *in, bool wide)
{
    gaddr a = area16(c, in);
    u8 img[XS_HEADER];
    u32 mxcsr;

    __builtin_memcpy(img, g2h(a), sizeof img);
    mxcsr = ld_u32(img + XS_MXCSR);
    check_mxcsr(c, mxcsr);
    load_x87(c, img, wide);
    load_lanes(c, in, 0, img + XS_XMM);
    c->mxcsr = mxcsr;
}
VEC_SEM(FXRSTOR, fxrstor(c, in, false))
VEC_SEM(FXRSTOR64, fxrstor(c, in, true))

/* Writes the components of `mask`. */
static void save_components(struct x86_cpu *c, const struct x86_insn *in, gaddr a, u64 mask,
                            bool wide)
{
    if (mask & XS_X87)
        save_x87(c, a, wide);
    if (mask & XS_SSE)
        save_xmm(c, in, a);
    if (mask & XS_AVX)
        save_ymm(c, in, a);
}

/* XSAVE writes all requested components, XSAVEOPT those in use. MXCSR goes with SSE and with AVX
 * (13.7, 13.9). */
static void xsave(struct x86_cpu *c, const struct x86_insn *in, bool wide, bool opt)
{
    gaddr a = area64(c, in);
    u64 want = rfbm(c), used = in_use(c) & want, bv;

    probe_area(a, XS_SIZE);
    bv = ld_u64(g2h(a + XS_HEADER));
    save_components(c, in, a, opt ? used : want, wide);
    if (want & (XS_SSE | XS_AVX))
        save_mxcsr(c, a);
    st_u64(g2h(a + XS_HEADER), (bv & ~want) | used);
}
VEC_SEM(XSAVE, xsave(c, in, false, false))
VEC_SEM(XSAVE64, xsave(c, in, true, false))
VEC_SEM(XSAVEOPT, xsave(c, in, false, true))
VEC_SEM(XSAVEOPT64, xsave(c, in, true, true))

/* Compacted: SSE counts as in use when MXCSR is not its default, and MXCSR is written with it only
 * (13.10). */
static void xsavec(struct x86_cpu *c, const struct x86_insn *in, bool wide)
{
    gaddr a = area64(c, in);
    u64 want = rfbm(c), used = in_use(c);

    probe_area(a, XS_SIZE);
    if (c->mxcsr != MXCSR_DEFAULT)
        used |= XS_SSE;
    used &= want;
    save_components(c, in, a, used, wide);
    if (used & XS_SSE)
        save_mxcsr(c, a);
    st_u64(g2h(a + XS_HEADER), used);
    st_u64(g2h(a + XS_HEADER + 8), want | XS_COMPACT);
}
VEC_SEM(XSAVEC, xsavec(c, in, false))
VEC_SEM(XSAVEC64, xsavec(c, in, true))

/* The header checks of 13.8. */
static void check_header(struct x86_cpu *c, const u64 h[8])
{
    u64 bad;

    if (h[1] & XS_COMPACT) {
        bad = (h[1] & ~XS_COMPACT & ~c->xcr0) | (h[0] & ~h[1]) | (h[0] & XS_COMPACT);
        for (unsigned i = 2; i < 8; i++)
            bad |= h[i];
    } else {
        bad = (h[0] & ~c->xcr0) | h[1] | h[2];
    }
    if (bad)
        sem_gp(c, 0);
}

static void xrstor(struct x86_cpu *c, const struct x86_insn *in, bool wide)
{
    gaddr a = area64(c, in);
    u8 img[XS_YMM + 256];
    u64 h[8], want = rfbm(c), load;
    bool take_mxcsr;
    u32 mxcsr;

    __builtin_memcpy(img, g2h(a), XS_YMM);
    __builtin_memcpy(h, img + XS_HEADER, sizeof h);
    check_header(c, h);
    load = want & h[0];
    if (load & XS_AVX)
        __builtin_memcpy(img + XS_YMM, g2h(a + XS_YMM), 256);
    /* The standard form takes MXCSR from memory whatever XSTATE_BV says; the compacted one treats
     * it as part of SSE. */
    take_mxcsr = h[1] & XS_COMPACT ? load & XS_SSE : want & (XS_SSE | XS_AVX);
    mxcsr = take_mxcsr ? ld_u32(img + XS_MXCSR) : MXCSR_DEFAULT;
    check_mxcsr(c, mxcsr);
    if (take_mxcsr || want & XS_SSE)
        c->mxcsr = mxcsr;
    if (load & XS_X87)
        load_x87(c, img, wide);
    else if (want & XS_X87)
        init_x87(c);
    if (load & XS_SSE)
        load_lanes(c, in, 0, img + XS_XMM);
    else if (want & XS_SSE)
        init_lanes(c, in, 0);
    if (load & XS_AVX)
        load_lanes(c, in, 1, img + XS_YMM);
    else if (want & XS_AVX)
        init_lanes(c, in, 1);
}
VEC_SEM(XRSTOR, xrstor(c, in, false))
VEC_SEM(XRSTOR64, xrstor(c, in, true))

/* Supervisor forms: #GP(0) in user mode. */
VEC_SEM(XSAVES, (void)in; sem_gp(c, 0))
VEC_SEM(XSAVES64, (void)in; sem_gp(c, 0))
VEC_SEM(XRSTORS, (void)in; sem_gp(c, 0))
VEC_SEM(XRSTORS64, (void)in; sem_gp(c, 0))
