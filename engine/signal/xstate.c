/*
 * xstate.c - FPU and vector state in signal frames: FXSAVE image, XSAVE header, YMM high halves,
 * the kernel's magic words. Source: SDM vol. 1 10.5.1 (FXSAVE image), 13.4 (XSAVE area); Linux
 * asm/sigcontext.h (struct _fpx_sw_bytes).
 */
#include <string.h>

#include "base/bits.h"
#include "signal/internal.h"

enum {
    FX_CW = 0,
    FX_SW = 2,
    FX_TAG = 4,
    FX_OP = 6,
    FX_IP = 8,
    FX_DP = 16,
    FX_MXCSR = 24,
    FX_MXCSR_MASK = 28,
    FX_ST = 32,
    FX_XMM = 160,
    FX_RESERVED = 464,
    FX_SIZE = 512,
    XS_HEADER = 512,
    XS_YMM = 576,
    XS_SIZE_SSE = 576,
    XS_SIZE_AVX = 832,
    SW_MAGIC1 = FX_RESERVED,
    SW_EXTENDED = FX_RESERVED + 4,
    SW_FEATURES = FX_RESERVED + 8,
    SW_XSIZE = FX_RESERVED + 16,
    IMAGE_MAX = XS_SIZE_AVX + 4
};

#define MAGIC1 0x46505853u
#define MAGIC2 0x46505845u
#define XF_X87 1u
#define XF_SSE 2u
#define XF_AVX 4u
#define SW_TOP_SHIFT 11
#define SW_TOP_MASK 0x3800u

static u32 area_size(const struct x86_cpu *c)
{
    return c->xcr0 & XF_AVX ? XS_SIZE_AVX : XS_SIZE_SSE;
}

u32 sig_xstate_size(const struct x86_cpu *c)
{
    return area_size(c) + 4;
}

void sig_xstate_save(struct x86_cpu *c, u8 *image)
{
    const struct x86_fpu *f = &c->fpu;
    u32 size = area_size(c);
    u64 features = c->xcr0 & (XF_X87 | XF_SSE | XF_AVX);

    memset(image, 0, size + 4);
    st_u16(image + FX_CW, f->cw);
    st_u16(image + FX_SW, (u16)((f->sw & ~SW_TOP_MASK) | (unsigned)(f->top & 7) << SW_TOP_SHIFT));
    image[FX_TAG] = f->used;
    st_u16(image + FX_OP, f->fop);
    st_u64(image + FX_IP, f->fip);
    st_u64(image + FX_DP, f->fdp);
    st_u32(image + FX_MXCSR, c->mxcsr);
    st_u32(image + FX_MXCSR_MASK, MXCSR_VALID);
    for (unsigned i = 0; i < 8; i++) {
        const struct x86_f80 *r = &f->regs[(f->top + i) & 7];

        st_u64(image + FX_ST + 16 * i, r->m);
        st_u16(image + FX_ST + 16 * i + 8, r->se);
    }
    for (unsigned i = 0; i < 16; i++) {
        memcpy(image + FX_XMM + 16 * i, &c->vec[i].b[0], 16);
        if (size == XS_SIZE_AVX)
            memcpy(image + XS_YMM + 16 * i, &c->vec[i].b[16], 16);
    }
    st_u32(image + SW_MAGIC1, MAGIC1);
    st_u32(image + SW_EXTENDED, size + 4);
    st_u64(image + SW_FEATURES, features);
    st_u32(image + SW_XSIZE, size);
    st_u64(image + XS_HEADER, features);
    st_u32(image + size, MAGIC2);
}

static void load_x87(struct x86_cpu *c, const u8 *image)
{
    struct x86_fpu *f = &c->fpu;
    u16 sw = ld_u16(image + FX_SW);

    f->cw = ld_u16(image + FX_CW);
    f->top = (sw & SW_TOP_MASK) >> SW_TOP_SHIFT;
    f->sw = sw & (u16)~SW_TOP_MASK;
    f->used = image[FX_TAG];
    f->fop = ld_u16(image + FX_OP);
    f->fip = ld_u64(image + FX_IP);
    f->fdp = ld_u64(image + FX_DP);
    for (unsigned i = 0; i < 8; i++) {
        struct x86_f80 *r = &f->regs[(f->top + i) & 7];

        r->m = ld_u64(image + FX_ST + 16 * i);
        r->se = ld_u16(image + FX_ST + 16 * i + 8);
    }
}

void sig_xstate_reset(struct x86_cpu *c)
{
    memset(&c->fpu, 0, sizeof c->fpu);
    memset(c->vec, 0, sizeof c->vec);
    c->fpu.cw = 0x37f;
    c->mxcsr = MXCSR_DEFAULT;
}

/* Which parts the image really holds: what the handler wrote into it decides, as in the kernel's
 * check_xstate_in_sigframe. */
static u64 image_features(const struct x86_cpu *c, u8 *image, gaddr at)
{
    u32 size = area_size(c), magic2;

    if (ld_u32(image + SW_MAGIC1) != MAGIC1 || ld_u32(image + SW_XSIZE) < XS_SIZE_SSE ||
        ld_u32(image + SW_XSIZE) > size ||
        ld_u32(image + SW_EXTENDED) != ld_u32(image + SW_XSIZE) + 4)
        return XF_X87 | XF_SSE;
    size = ld_u32(image + SW_XSIZE);
    if (!sig_read(image + FX_SIZE, at + FX_SIZE, size - FX_SIZE) ||
        !sig_read(&magic2, at + size, 4) || magic2 != MAGIC2)
        return XF_X87 | XF_SSE;
    return ld_u64(image + XS_HEADER) & ld_u64(image + SW_FEATURES) & c->xcr0 &
           (size == XS_SIZE_AVX ? ~0ull : ~(u64)XF_AVX);
}

bool sig_xstate_load(struct x86_cpu *c, gaddr at)
{
    u8 image[IMAGE_MAX];
    u64 features;
    u32 mxcsr;

    if (!at) {
        sig_xstate_reset(c);
        return true;
    }
    if (!sig_read(image, at, FX_SIZE))
        return false;
    features = image_features(c, image, at);
    mxcsr = ld_u32(image + FX_MXCSR);
    if (mxcsr & ~(u32)MXCSR_VALID)
        return false;
    sig_xstate_reset(c);
    c->mxcsr = mxcsr;
    if (features & XF_X87)
        load_x87(c, image);
    for (unsigned i = 0; i < 16; i++) {
        if (features & XF_SSE)
            memcpy(&c->vec[i].b[0], image + FX_XMM + 16 * i, 16);
        if (features & XF_AVX)
            memcpy(&c->vec[i].b[16], image + XS_YMM + 16 * i, 16);
    }
    return true;
}
