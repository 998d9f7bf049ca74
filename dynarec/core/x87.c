/*
 * x87.c - the x87 registers as doubles (BOX64_DYNAREC_X87DOUBLE=1): while translated code runs they
 * are in jit.st, by physical register; outside in fpu.regs as always. A register that translated
 * code did not change keeps all of its 80 bits (so do MMX registers). Called by run.c.
 */
#include "config/config.h"
#include "dynarec/core/tr.h"
#include "dynarec/core/x87.h"
#include "interp/softfp.h"

#define BIAS (16383 - 1023)

static u64 to_double(const struct x86_f80 *r)
{
    i32 e = (r->se & 0x7fff) - BIAS;
    u64 m = r->m >> 11 & ((1ull << 52) - 1), low = r->m & 0x7ff;
    struct sf_env v = {.masks = SF_ALL, .prec = 64};

    if (!r->m && !(r->se & 0x7fff))
        return (u64)(r->se >> 15) << 63;
    if ((i64)r->m >= 0 || e < 1 || e > 2046)
        return sf_f80_to_f64(&v, *r);
    m |= (u64)e << 52;
    m += low > 0x400 || (low == 0x400 && (m & 1));
    return m | (u64)(r->se >> 15) << 63;
}

static struct x86_f80 from_double(u64 d)
{
    u32 e = d >> 52 & 0x7ff;
    struct x86_f80 r = {.m = 1ull << 63 | d << 11, .se = (u16)(d >> 63 << 15)};
    struct sf_env v = {.masks = SF_ALL, .prec = 64};
    struct sf_num n;

    if (e && e != 0x7ff) {
        r.se |= (u16)(e + BIAS);
        return r;
    }
    if (!(d << 1)) {
        r.m = 0;
        return r;
    }
    n = sf_num_f64(d);
    return sf_num_to_f80(&v, &n);
}

void dyn_x87_enter(struct x86_cpu *c)
{
    for (unsigned i = 0; i < 8; i++)
        c->jit.st[i] = c->jit.st_in[i] = to_double(&c->fpu.regs[i]);
}

void dyn_x87_leave(struct x86_cpu *c)
{
    for (unsigned i = 0; i < 8; i++) {
        if (c->jit.st[i] == c->jit.st_in[i])
            continue;
        c->fpu.regs[i] = from_double(c->jit.st[i]);
        c->jit.st_in[i] = c->jit.st[i];
    }
}

void dyn_x87_late(struct x86_cpu *c, const struct tr_x87_state *s)
{
    c->fpu.top = s->top;
    c->fpu.used = s->used;
    if (s->c1)
        c->fpu.sw &= (u16)~0x200;
    if (s->ptr) {
        c->fpu.fip = s->fip;
        c->fpu.fop = s->fop;
        c->fpu.fcs = c->seg[X86_CS];
    }
}

bool dyn_x87_reads(const struct x86_insn *in)
{
    switch (in->op) {
    case X86_FXSAVE:
    case X86_FXRSTOR:
    case X86_XSAVE:
    case X86_XSAVEC:
    case X86_XSAVEOPT:
    case X86_XRSTOR: return true;
    default: return (x86_rows[in->row].attr & (X86_ATTR_X87 | X86_ATTR_MMX)) != 0;
    }
}
