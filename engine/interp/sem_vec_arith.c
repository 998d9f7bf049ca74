/*
 * sem_vec_arith.c - integer vector arithmetic, logic and compares: MMX, SSE and AVX forms of each
 * from one kernel (vec_forms.h). Called through x86_sem[]. Operations: SDM vol. 2 under the
 * mnemonic.
 */
#include "interp/vec_forms.h"

ALWAYS_INLINE i8 sat_i8(i32 v)
{
    return (i8)(v < -128 ? -128 : v > 127 ? 127 : v);
}

ALWAYS_INLINE i16 sat_i16(i32 v)
{
    return (i16)(v < -32768 ? -32768 : v > 32767 ? 32767 : v);
}

/* Logic. */
VEC_KERNEL_EXPR(k_and, d->vq = a->vq & b->vq)
VEC_KERNEL_EXPR(k_andn, d->vq = ~a->vq & b->vq)
VEC_KERNEL_EXPR(k_or, d->vq = a->vq | b->vq)
VEC_KERNEL_EXPR(k_xor, d->vq = a->vq ^ b->vq)
VEC_BIN(PAND, k_and)
VEC_BIN(PANDN, k_andn)
VEC_BIN(POR, k_or)
VEC_BIN(PXOR, k_xor)

/* Wrapping add and subtract. */
VEC_KERNEL_EXPR(k_addb, d->vb = a->vb + b->vb)
VEC_KERNEL_EXPR(k_addw, d->vw = a->vw + b->vw)
VEC_KERNEL_EXPR(k_addd, d->vd = a->vd + b->vd)
VEC_KERNEL_EXPR(k_addq, d->vq = a->vq + b->vq)
VEC_KERNEL_EXPR(k_subb, d->vb = a->vb - b->vb)
VEC_KERNEL_EXPR(k_subw, d->vw = a->vw - b->vw)
VEC_KERNEL_EXPR(k_subd, d->vd = a->vd - b->vd)
VEC_KERNEL_EXPR(k_subq, d->vq = a->vq - b->vq)
VEC_BIN(PADDB, k_addb)
VEC_BIN(PADDW, k_addw)
VEC_BIN(PADDD, k_addd)
VEC_BIN(PADDQ, k_addq)
VEC_BIN(PSUBB, k_subb)
VEC_BIN(PSUBW, k_subw)
VEC_BIN(PSUBD, k_subd)
VEC_BIN(PSUBQ, k_subq)

/* Unsigned saturation: a carry out (borrow) makes the mask. */
#define KERNEL_ADDUS(NAME, V)                                                                      \
    VEC_KERNEL(NAME)                                                                               \
    {                                                                                              \
        (void)imm, (void)n;                                                                        \
        d->V = a->V + b->V;                                                                        \
        d->V |= (__typeof__(d->V))(d->V < a->V);                                                   \
    }
#define KERNEL_SUBUS(NAME, V)                                                                      \
    VEC_KERNEL_EXPR(NAME, d->V = (a->V - b->V) & (__typeof__(d->V))(a->V > b->V))
KERNEL_ADDUS(k_addusb, vb)
KERNEL_ADDUS(k_addusw, vw)
KERNEL_SUBUS(k_subusb, vb)
KERNEL_SUBUS(k_subusw, vw)
VEC_BIN(PADDUSB, k_addusb)
VEC_BIN(PADDUSW, k_addusw)
VEC_BIN(PSUBUSB, k_subusb)
VEC_BIN(PSUBUSW, k_subusw)

/* Signed saturation: the sign of OVERFLOW(a, b, sum) tells; the saturated value follows the sign of
 * a. */
#define KERNEL_SATS(NAME, V, VS, OP, OVERFLOW, MAX, SIGN)                                          \
    VEC_KERNEL(NAME)                                                                               \
    {                                                                                              \
        __typeof__(d->V) sum = a->V OP b->V, sat = (a->V >> (SIGN)) + (MAX), over = OVERFLOW;      \
        __typeof__(d->V) m = (__typeof__(d->V))((__typeof__(d->VS))over < 0);                      \
        (void)imm, (void)n;                                                                        \
        d->V = (sat & m) | (sum & ~m);                                                             \
    }
#define OVERFLOW_ADD(V) (~(a->V ^ b->V) & (a->V ^ sum))
#define OVERFLOW_SUB(V) ((a->V ^ b->V) & (a->V ^ sum))
KERNEL_SATS(k_addsb, vb, vsb, +, OVERFLOW_ADD(vb), 0x7f, 7)
KERNEL_SATS(k_addsw, vw, vsw, +, OVERFLOW_ADD(vw), 0x7fff, 15)
KERNEL_SATS(k_subsb, vb, vsb, -, OVERFLOW_SUB(vb), 0x7f, 7)
KERNEL_SATS(k_subsw, vw, vsw, -, OVERFLOW_SUB(vw), 0x7fff, 15)
VEC_BIN(PADDSB, k_addsb)
VEC_BIN(PADDSW, k_addsw)
VEC_BIN(PSUBSB, k_subsb)
VEC_BIN(PSUBSW, k_subsw)

/* Compares give all ones or zero. */
VEC_KERNEL_EXPR(k_eqb, d->vsb = a->vb == b->vb)
VEC_KERNEL_EXPR(k_eqw, d->vsw = a->vw == b->vw)
VEC_KERNEL_EXPR(k_eqd, d->vsd = a->vd == b->vd)
VEC_KERNEL_EXPR(k_eqq, d->vsq = a->vq == b->vq)
VEC_KERNEL_EXPR(k_gtb, d->vsb = a->vsb > b->vsb)
VEC_KERNEL_EXPR(k_gtw, d->vsw = a->vsw > b->vsw)
VEC_KERNEL_EXPR(k_gtd, d->vsd = a->vsd > b->vsd)
VEC_KERNEL_EXPR(k_gtq, d->vsq = a->vsq > b->vsq)
VEC_BIN(PCMPEQB, k_eqb)
VEC_BIN(PCMPEQW, k_eqw)
VEC_BIN(PCMPEQD, k_eqd)
VEC_BIN_SSE(PCMPEQQ, k_eqq, 0)
VEC_BIN(PCMPGTB, k_gtb)
VEC_BIN(PCMPGTW, k_gtw)
VEC_BIN(PCMPGTD, k_gtd)
VEC_BIN_SSE(PCMPGTQ, k_gtq, 0)

/* Minimum and maximum: a where CMP holds, else b. */
#define KERNEL_PICK(NAME, V, CMP)                                                                  \
    VEC_KERNEL(NAME)                                                                               \
    {                                                                                              \
        __typeof__(d->V) m = (__typeof__(d->V))(a->V CMP b->V);                                    \
        (void)imm, (void)n;                                                                        \
        d->V = (a->V & m) | (b->V & ~m);                                                           \
    }
KERNEL_PICK(k_minub, vb, <)
KERNEL_PICK(k_minuw, vw, <)
KERNEL_PICK(k_minud, vd, <)
KERNEL_PICK(k_minsb, vsb, <)
KERNEL_PICK(k_minsw, vsw, <)
KERNEL_PICK(k_minsd, vsd, <)
KERNEL_PICK(k_maxub, vb, >)
KERNEL_PICK(k_maxuw, vw, >)
KERNEL_PICK(k_maxud, vd, >)
KERNEL_PICK(k_maxsb, vsb, >)
KERNEL_PICK(k_maxsw, vsw, >)
KERNEL_PICK(k_maxsd, vsd, >)
VEC_BIN(PMINUB, k_minub)
VEC_BIN(PMAXUB, k_maxub)
VEC_BIN(PMINSW, k_minsw)
VEC_BIN(PMAXSW, k_maxsw)
VEC_BIN_SSE(PMINSB, k_minsb, 0)
VEC_BIN_SSE(PMINSD, k_minsd, 0)
VEC_BIN_SSE(PMINUW, k_minuw, 0)
VEC_BIN_SSE(PMINUD, k_minud, 0)
VEC_BIN_SSE(PMAXSB, k_maxsb, 0)
VEC_BIN_SSE(PMAXSD, k_maxsd, 0)
VEC_BIN_SSE(PMAXUW, k_maxuw, 0)
VEC_BIN_SSE(PMAXUD, k_maxud, 0)

/* Average rounded up, without the ninth bit. */
VEC_KERNEL_EXPR(k_avgb, d->vb = (a->vb | b->vb) - ((a->vb ^ b->vb) >> 1))
VEC_KERNEL_EXPR(k_avgw, d->vw = (a->vw | b->vw) - ((a->vw ^ b->vw) >> 1))
VEC_BIN(PAVGB, k_avgb)
VEC_BIN(PAVGW, k_avgw)

/* Multiplication. */
VEC_KERNEL_EXPR(k_mullw, d->vw = a->vw * b->vw)
VEC_KERNEL_EXPR(k_mulld, d->vd = a->vd * b->vd)
VEC_KERNEL_EACH(k_mulhw, 8, d->sw[i] = (i16)((i32)a->sw[i] * b->sw[i] >> 16))
VEC_KERNEL_EACH(k_mulhuw, 8, d->w[i] = (u16)((u32)a->w[i] * b->w[i] >> 16))
VEC_KERNEL_EACH(k_mulhrsw, 8, d->sw[i] = (i16)((((i32)a->sw[i] * b->sw[i] >> 14) + 1) >> 1))
VEC_KERNEL_EACH(k_muludq, 2, d->q[i] = (u64)a->d[2 * i] * b->d[2 * i])
VEC_KERNEL_EACH(k_muldq, 2, d->sq[i] = (i64)a->sd[2 * i] * b->sd[2 * i])
/* The sum wraps for one input only: four times 8000h. */
VEC_KERNEL_EACH(k_maddwd, 4,
                d->d[i] = (u32)(a->sw[2 * i] * b->sw[2 * i]) +
                          (u32)(a->sw[2 * i + 1] * b->sw[2 * i + 1]))
VEC_KERNEL_EACH(k_maddubsw, 8,
                d->sw[i] = sat_i16(a->b[2 * i] * b->sb[2 * i] + a->b[2 * i + 1] * b->sb[2 * i + 1]))
VEC_BIN(PMULLW, k_mullw)
VEC_BIN(PMULHW, k_mulhw)
VEC_BIN(PMULHUW, k_mulhuw)
VEC_BIN(PMULHRSW, k_mulhrsw)
VEC_BIN(PMULUDQ, k_muludq)
VEC_BIN(PMADDWD, k_maddwd)
VEC_BIN(PMADDUBSW, k_maddubsw)
VEC_BIN_SSE(PMULLD, k_mulld, 0)
VEC_BIN_SSE(PMULDQ, k_muldq, 0)

/* Sign and absolute value: the most negative value stays. */
VEC_KERNEL_EACH(k_signb, 16, d->sb[i] = (i8)(b->sb[i] < 0 ? -a->sb[i] : b->sb[i] ? a->sb[i] : 0))
VEC_KERNEL_EACH(k_signw, 8, d->sw[i] = (i16)(b->sw[i] < 0 ? -a->sw[i] : b->sw[i] ? a->sw[i] : 0))
VEC_KERNEL_EACH(k_signd, 4, d->d[i] = b->sd[i] < 0 ? 0u - a->d[i] : b->sd[i] ? a->d[i] : 0)
VEC_KERNEL_EACH(k_absb, 16, d->sb[i] = (i8)(b->sb[i] < 0 ? -b->sb[i] : b->sb[i]))
VEC_KERNEL_EACH(k_absw, 8, d->sw[i] = (i16)(b->sw[i] < 0 ? -b->sw[i] : b->sw[i]))
VEC_KERNEL_EACH(k_absd, 4, d->d[i] = b->sd[i] < 0 ? 0u - b->d[i] : b->d[i])
VEC_BIN(PSIGNB, k_signb)
VEC_BIN(PSIGNW, k_signw)
VEC_BIN(PSIGND, k_signd)
VEC_UN(PABSB, k_absb)
VEC_UN(PABSW, k_absw)
VEC_UN(PABSD, k_absd)

/* Horizontal: pairs of a make the lower half of the lane, pairs of b the upper. */
#define KERNEL_HORIZONTAL(NAME, F, SIZE, EXPR)                                                     \
    VEC_KERNEL(NAME)                                                                               \
    {                                                                                              \
        (void)imm;                                                                                 \
        for (unsigned i = 0; i < n / (SIZE) / 2; i++) {                                            \
            const union vec_lane *s = a;                                                           \
            d->F[i] = EXPR;                                                                        \
            s = b;                                                                                 \
            d->F[n / (SIZE) / 2 + i] = EXPR;                                                       \
        }                                                                                          \
    }
KERNEL_HORIZONTAL(k_haddw, w, 2, (u16)(s->w[2 * i] + s->w[2 * i + 1]))
KERNEL_HORIZONTAL(k_haddd, d, 4, s->d[2 * i] + s->d[2 * i + 1])
KERNEL_HORIZONTAL(k_haddsw, sw, 2, sat_i16(s->sw[2 * i] + s->sw[2 * i + 1]))
KERNEL_HORIZONTAL(k_hsubw, w, 2, (u16)(s->w[2 * i] - s->w[2 * i + 1]))
KERNEL_HORIZONTAL(k_hsubd, d, 4, s->d[2 * i] - s->d[2 * i + 1])
KERNEL_HORIZONTAL(k_hsubsw, sw, 2, sat_i16(s->sw[2 * i] - s->sw[2 * i + 1]))
VEC_BIN(PHADDW, k_haddw)
VEC_BIN(PHADDD, k_haddd)
VEC_BIN(PHADDSW, k_haddsw)
VEC_BIN(PHSUBW, k_hsubw)
VEC_BIN(PHSUBD, k_hsubd)
VEC_BIN(PHSUBSW, k_hsubsw)

/* Sums of absolute differences. */
ALWAYS_INLINE unsigned absdiff(u8 x, u8 y)
{
    return x > y ? x - y : y - x;
}

VEC_KERNEL(k_sadbw)
{
    (void)imm;
    for (unsigned j = 0; j < n / 8; j++) {
        unsigned sum = 0;

        for (unsigned i = 0; i < 8; i++)
            sum += absdiff(a->b[8 * j + i], b->b[8 * j + i]);
        d->q[j] = sum;
    }
}
VEC_BIN(PSADBW, k_sadbw)

VEC_KERNEL(k_mpsadbw)
{
    const u8 *x = &a->b[(imm >> 2 & 1) * 4], *y = &b->b[(imm & 3) * 4];

    (void)n;
    for (unsigned i = 0; i < 8; i++) {
        unsigned sum = 0;

        for (unsigned j = 0; j < 4; j++)
            sum += absdiff(x[i + j], y[j]);
        d->w[i] = (u16)sum;
    }
}
VEC_BIN_SSE(MPSADBW, k_mpsadbw, 3)

VEC_KERNEL(k_phminposuw)
{
    unsigned best = 0;

    (void)a, (void)imm, (void)n;
    for (unsigned i = 1; i < 8; i++)
        if (b->w[i] < b->w[best])
            best = i;
    d->q[0] = b->w[best] | best << 16;
    d->q[1] = 0;
}
VEC_UN_SSE(PHMINPOSUW, k_phminposuw, 0)

/* Packing with saturation: a to the lower half of the lane, b to the upper. */
#define KERNEL_PACK(NAME, FD, FS, SIZE, SAT)                                                       \
    VEC_KERNEL(NAME)                                                                               \
    {                                                                                              \
        (void)imm;                                                                                 \
        for (unsigned i = 0; i < n / (SIZE); i++)                                                  \
            d->FD[i] = SAT(a->FS[i]);                                                              \
        for (unsigned i = 0; i < n / (SIZE); i++)                                                  \
            d->FD[n / (SIZE) + i] = SAT(b->FS[i]);                                                 \
    }
#define SAT_U8(v) ((u8)((v) < 0 ? 0 : (v) > 255 ? 255 : (v)))
#define SAT_U16(v) ((u16)((v) < 0 ? 0 : (v) > 65535 ? 65535 : (v)))
KERNEL_PACK(k_packsswb, sb, sw, 2, sat_i8)
KERNEL_PACK(k_packuswb, b, sw, 2, SAT_U8)
KERNEL_PACK(k_packssdw, sw, sd, 4, sat_i16)
KERNEL_PACK(k_packusdw, w, sd, 4, SAT_U16)
VEC_BIN(PACKSSWB, k_packsswb)
VEC_BIN(PACKUSWB, k_packuswb)
VEC_BIN(PACKSSDW, k_packssdw)
VEC_BIN_SSE(PACKUSDW, k_packusdw, 0)
