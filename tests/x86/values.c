/*
 * values.c - see gen.h.
 */
#include <string.h>

#include "gen.h"

u64 gen_int(struct rng *r)
{
    static const u64 pool[] = {0,
                               1,
                               2,
                               3,
                               7,
                               8,
                               15,
                               16,
                               31,
                               32,
                               63,
                               64,
                               0x7f,
                               0x80,
                               0x81,
                               0xff,
                               0x100,
                               0x7fff,
                               0x8000,
                               0xffff,
                               0x10000,
                               0x7fffffff,
                               0x80000000,
                               0xffffffff,
                               0x100000000,
                               0x7fffffffffffffff,
                               0x8000000000000000,
                               0x5555555555555555,
                               0xaaaaaaaaaaaaaaaa,
                               0x0123456789abcdef,
                               0x3030303030303030,
                               0x999999999999,
                               0xff00ff00ff00ff00};
    u64 v;

    switch (rng_below(r, 6)) {
    case 0:
    case 1:
        v = pool[rng_below(r, ARRAY_SIZE(pool))];
        return rng_one_in(r, 3) ? ~v : rng_one_in(r, 4) ? 0 - v : v;
    case 2: v = rng_u64(r); return v >> rng_below(r, 64);
    case 3: v = rng_u64(r); return (u64)((i64)v >> rng_below(r, 64));
    case 4: return 1ull << rng_below(r, 64);
    default: return rng_u64(r);
    }
}

u32 gen_f32(struct rng *r)
{
    static const u32 pool[] = {
        0,          0x80000000, 1,          0x80000001, 0x7fffff,   0x807fffff, 0x800000,
        0x80800000, 0x3f800000, 0xbf800000, 0x3fc00000, 0x40000000, 0x3f000000, 0x7f7fffff,
        0xff7fffff, 0x7f800000, 0xff800000, 0x7fc00000, 0xffc00000, 0x7fc12345, 0xffd54321,
        0x7f800001, 0xff812345, 0x7fa00000, 0x4f000000, 0xcf000000, 0x5f000000, 0xdf000000,
        0x4effffff, 0x3effffff, 0x40200000, 0x40490fdb, 0x4b000000, 0x4affffff, 0x33800000,
        0x47000000, 0x387fc000, 0x33000000, 0x477fe000, 0x477ff000};
    u32 v = (u32)rng_u64(r);

    switch (rng_below(r, 8)) {
    case 0:
    case 1:
    case 2: return pool[rng_below(r, ARRAY_SIZE(pool))];
    case 3: /* near one another: cancellation */ return 0x3f800000 + (v & 0x801fffff);
    case 4: return (v & 0x807fffff) | (127u - 30 + rng_below(r, 60)) << 23;
    case 5: /* few mantissa bits: exact results */
        return (v & 0x80700000) | (127u - 10 + rng_below(r, 20)) << 23;
    case 6:
        return (v & 0x807fffff) | (rng_one_in(r, 2) ? rng_below(r, 3) : 252u + rng_below(r, 4))
                                      << 23;
    default: return v;
    }
}

u64 gen_f64(struct rng *r)
{
    static const u64 pool[] = {0,
                               0x8000000000000000,
                               1,
                               0x8000000000000001,
                               0xfffffffffffff,
                               0x10000000000000,
                               0x8010000000000000,
                               0x3ff0000000000000,
                               0xbff0000000000000,
                               0x3ff8000000000000,
                               0x4000000000000000,
                               0x3fe0000000000000,
                               0x7fefffffffffffff,
                               0xffefffffffffffff,
                               0x7ff0000000000000,
                               0xfff0000000000000,
                               0x7ff8000000000000,
                               0xfff8000000000000,
                               0x7ff8000012345678,
                               0x7ff0000000000001,
                               0xfff4000000000000,
                               0x41e0000000000000,
                               0xc1e0000000000000,
                               0x43e0000000000000,
                               0xc3e0000000000000,
                               0x41dfffffffc00000,
                               0x4340000000000000,
                               0x4330000000000001,
                               0x3fdfffffffffffff,
                               0x4004000000000000,
                               0x400921fb54442d18,
                               0x47efffffe0000000,
                               0x47effffff0000000,
                               0x3810000000000000,
                               0x36a0000000000000,
                               0x3690000000000000,
                               0x380fffffffffffff};
    u64 v = rng_u64(r);

    switch (rng_below(r, 8)) {
    case 0:
    case 1:
    case 2: return pool[rng_below(r, ARRAY_SIZE(pool))];
    case 3: return 0x3ff0000000000000 + (v & 0x8000ffffffffffff);
    case 4: return (v & 0x800fffffffffffff) | (u64)(1023 - 60 + rng_below(r, 120)) << 52;
    case 5: return (v & 0x800e000000000000) | (u64)(1023 - 10 + rng_below(r, 20)) << 52;
    case 6: /* around the single-precision limits */
        return (v & 0x800fffffe0000000) | (u64)(rng_one_in(r, 2) ? 1023 - 150 + rng_below(r, 30)
                                                                 : 1023 + 120 + rng_below(r, 12))
                                              << 52;
    default:
        return rng_one_in(r, 2)
                   ? v
                   : (v & 0x800fffffffffffff) |
                         (u64)(rng_one_in(r, 2) ? rng_below(r, 3) : 2044 + rng_below(r, 4)) << 52;
    }
}

struct x86_f80 gen_f80(struct rng *r)
{
    struct x86_f80 f = {.m = rng_u64(r)};
    unsigned sign;

    f.se = (u16)rng_u64(r);
    sign = f.se & 0x8000;
    if (rng_one_in(r, 2)) { /* mostly zeros or ones behind the leading bits */
        f.m = (u64)((i64)f.m >> rng_below(r, 64));
        f.m <<= rng_below(r, 64);
    }
    switch (rng_below(r, 16)) {
    case 0: /* zero */
        f.m = 0;
        f.se = (u16)sign;
        break;
    case 1: /* infinity, pseudo-infinity */
        f.m = rng_one_in(r, 6) ? 0 : 1ull << 63;
        f.se = (u16)(sign | 0x7fff);
        break;
    case 2: /* NaNs, pseudo-NaNs */
        f.m = rng_one_in(r, 6) ? f.m >> 1 : f.m | 1ull << 63;
        f.m = rng_one_in(r, 2) ? f.m | 1ull << 62 : (f.m & ~(1ull << 62)) | 1;
        f.se = (u16)(sign | 0x7fff);
        break;
    case 3: /* denormal, pseudo-denormal */
        f.m = rng_one_in(r, 3) ? f.m : f.m & ~(1ull << 63);
        f.se = (u16)sign;
        break;
    case 4: /* anything, unnormals too */ break;
    case 5: /* small integers and halves */
        f.m = 1ull << 63 | (u64)rng_below(r, 64) << 58;
        f.se = (u16)(sign | (0x3fff + rng_below(r, 12) - 4));
        break;
    case 6: /* one */
        f.m = 1ull << 63;
        f.se = (u16)(sign | 0x3fff);
        break;
    case 7: /* ends of the exponent range */
        f.m |= 1ull << 63;
        f.se = (u16)(sign | (rng_one_in(r, 2) ? 1 + rng_below(r, 70) : 0x7ffe - rng_below(r, 70)));
        break;
    case 8: /* around the limits of double, single and the integers */
        f.m |= 1ull << 63;
        f.se = (u16)(sign | (0x3fff + (rng_one_in(r, 2)   ? (int)rng_below(r, 70)
                                       : rng_one_in(r, 2) ? -1080 + (int)rng_below(r, 70)
                                                          : 1015 + (int)rng_below(r, 12))));
        break;
    default: f.m |= 1ull << 63; f.se = (u16)(sign | (0x3fff - 40 + rng_below(r, 80)));
    }
    return f;
}

void gen_vec(struct rng *r, union x86_vec *v)
{
    unsigned kind = rng_below(r, 8);

    for (unsigned i = 0; i < 4; i++) {
        switch (kind) {
        case 0:
        case 1:
            v->q[i] = gen_f32(r);
            v->q[i] |= (u64)gen_f32(r) << 32;
            break;
        case 2:
        case 3: v->q[i] = gen_f64(r); break;
        case 4: v->q[i] = gen_int(r); break;
        case 5: /* text, for the string compares */
            v->q[i] = (rng_u64(r) & 0x0303030303030303) + 0x6161616161616161;
            if (rng_one_in(r, 3))
                v->b[8 * i + rng_below(r, 8)] = 0;
            break;
        case 6: /* small words: saturation edges */
            for (unsigned k = 0; k < 4; k++)
                v->w[4 * i + k] = (u16)gen_int(r);
            break;
        default: v->q[i] = rng_u64(r);
        }
    }
}

void gen_fpu(struct rng *r, struct x86_fpu *f)
{
    memset(f, 0, sizeof *f);
    for (unsigned i = 0; i < 8; i++)
        f->regs[i] = gen_f80(r);
    f->top = (u8)rng_below(r, 8);
    f->used = rng_one_in(r, 4)   ? (u8)rng_u64(r)
              : rng_one_in(r, 2) ? 0xff
                                 : (u8)(0xff ^ 1u << rng_below(r, 8) ^ 1u << ((f->top + 7) & 7));
    f->cw = (u16)(0x40 | 0x3f | (rng_one_in(r, 3) ? rng_below(r, 4) << 8 : 3 << 8));
    f->cw |= (u16)(rng_one_in(r, 2) ? 0 : rng_below(r, 4) << 10);
    if (rng_one_in(r, 6))
        f->cw = (u16)((f->cw & ~0x3fu) | rng_below(r, 64));
    f->sw = (u16)(rng_u64(r) & 0x4700);
    if (rng_one_in(r, 4)) {
        u16 set = (u16)(rng_u64(r) & 0x7f);

        f->sw |= set & (rng_one_in(r, 4) ? 0xff : f->cw);
    }
    if (f->sw & ~f->cw & 0x3f)
        f->sw |= 0x8080;
}

static void fresh_mem(struct rng *r, u8 *mem)
{
    for (unsigned i = 0; i < TC_MEM_SIZE; i += 32) {
        union x86_vec v;

        gen_vec(r, &v);
        if (rng_one_in(r, 4)) {
            struct x86_f80 f = gen_f80(r);

            memcpy(&v.b[rng_below(r, 16)], &f, 10);
        }
        memcpy(mem + i, &v, 32);
    }
}

/* One of 64 prepared pages, with a few places changed: drawing 4 KiB anew would cost more than all
 * the rest of a case. */
void gen_mem(struct rng *r, u8 *mem)
{
    static u8 pages[64][TC_MEM_SIZE];
    static bool ready;

    if (!ready) {
        for (unsigned i = 0; i < 64; i++) {
            struct rng pr = rng_seed(0x9a6e5, i);

            fresh_mem(&pr, pages[i]);
        }
        ready = true;
    }
    memcpy(mem, pages[rng_below(r, 64)], TC_MEM_SIZE);
    for (unsigned i = 0; i < 4; i++) {
        union x86_vec v;

        gen_vec(r, &v);
        memcpy(mem + rng_below(r, TC_MEM_SIZE - 32), &v, 32);
    }
}

u32 gen_mxcsr(struct rng *r)
{
    u32 v = 0x1f80;

    if (rng_one_in(r, 2))
        v |= rng_below(r, 4) << 13;
    if (rng_one_in(r, 4))
        v |= 0x8000;
    if (rng_one_in(r, 4))
        v |= 0x40;
    if (rng_one_in(r, 3))
        v |= rng_below(r, 64);
    if (rng_one_in(r, 8))
        v &= ~(rng_below(r, 64) << 7);
    return v;
}
