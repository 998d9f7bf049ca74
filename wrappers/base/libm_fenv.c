/*
 * libm_fenv.c - the floating-point environment: that of the guest CPU (x87 control and status
 * words, MXCSR). The bridge gives the guest's rounding mode to native functions for the time of a
 * call.
 */
#include "libc.h"

#define ALL_EXCEPT 0x3d /* x86's FE_ALL_EXCEPT: invalid, divide, overflow, underflow, inexact */
#define CW_RC 0xc00u
#define MXCSR_RC 0x6000u
#define MASK_SHIFT 7 /* from an exception flag of MXCSR to its mask bit */
#define SW_ES 0x80u

struct guest_fenv { /* x86-64 fenv_t: FNSTENV image and MXCSR */
    u16 cw, r1, sw, r2, tag, r3;
    u32 eip;
    u16 cs, opcode;
    u32 dp;
    u16 ds, r4;
    u32 mxcsr;
};
_Static_assert(sizeof(struct guest_fenv) == 32, "fenv_t of x86-64");

struct guest_femode { /* x86-64 femode_t */
    u16 cw, reserved;
    u32 mxcsr;
};

static void clear(struct x86_cpu *c, u32 mask)
{
    c->fpu.sw &= (u16)~mask;
    if (!(c->fpu.sw & ~c->fpu.cw & 0x3f))
        c->fpu.sw &= (u16) ~(SW_ES | 0x8000); /* no unmasked exception is left */
    c->mxcsr &= ~mask;
}

static u32 flags(const struct x86_cpu *c)
{
    return (c->fpu.sw | c->mxcsr) & ALL_EXCEPT;
}

i32 my_feclearexcept(i32 mask)
{
    clear(libc_cpu(), (u32)mask & ALL_EXCEPT);
    return 0;
}

i32 my_fetestexcept(i32 mask)
{
    return (i32)(flags(libc_cpu()) & (u32)mask);
}

/* Sets the flags; an unmasked one raises #XM with the bridge as its place. */
i32 my_feraiseexcept(i32 mask)
{
    struct x86_cpu *c = libc_cpu();
    u32 m = (u32)mask & ALL_EXCEPT;

    c->mxcsr |= m;
    if (m & ~(c->mxcsr >> MASK_SHIFT)) {
        sig_native_suspend(c->owner);
        c->rip = ld_u64(g2h(c->gpr[BR_RSP]));
        c->gpr[BR_RSP] += 8;
        br_ret(c, 0);
        x86_raise(c, X86_EXC_XM, 0, 0);
    }
    return 0;
}

i32 my_fesetexcept(i32 mask)
{
    libc_cpu()->mxcsr |= (u32)mask & ALL_EXCEPT;
    return 0;
}

i32 my_fegetexceptflag(void *flag, i32 mask)
{
    *(u16 *)flag = (u16)(flags(libc_cpu()) & (u32)mask);
    return 0;
}

i32 my_fesetexceptflag(void *flag, i32 mask)
{
    struct x86_cpu *c = libc_cpu();
    u32 m = (u32)mask & ALL_EXCEPT;

    clear(c, m);
    c->mxcsr |= *(u16 *)flag & m;
    return 0;
}

i32 my_fetestexceptflag(void *flag, i32 mask)
{
    return (i32)(*(u16 *)flag & (u32)mask & ALL_EXCEPT);
}

i32 my_fegetround(void)
{
    return libc_cpu()->fpu.cw & CW_RC;
}

i32 my_fesetround(i32 mode)
{
    struct x86_cpu *c = libc_cpu();

    if ((u32)mode & ~CW_RC)
        return 1;
    c->fpu.cw = (u16)((c->fpu.cw & ~CW_RC) | (u32)mode);
    c->mxcsr = (c->mxcsr & ~MXCSR_RC) | (u32)mode << 3;
    return 0;
}

i32 my_fegetexcept(void)
{
    return (i32)(~libc_cpu()->fpu.cw & ALL_EXCEPT);
}

static i32 set_masks(u32 off, u32 on)
{
    struct x86_cpu *c = libc_cpu();
    i32 old = my_fegetexcept();

    c->fpu.cw = (u16)((c->fpu.cw & ~off) | on);
    c->mxcsr = (c->mxcsr & ~(off << MASK_SHIFT)) | on << MASK_SHIFT;
    return old;
}

i32 my_feenableexcept(i32 mask)
{
    return set_masks((u32)mask & ALL_EXCEPT, 0);
}

i32 my_fedisableexcept(i32 mask)
{
    return set_masks(0, (u32)mask & ALL_EXCEPT);
}

i32 my_fegetenv(void *env)
{
    struct x86_cpu *c = libc_cpu();
    struct guest_fenv *e = env;

    memset(e, 0, sizeof *e);
    e->cw = c->fpu.cw;
    e->sw = (u16)(c->fpu.sw | c->fpu.top << 11);
    for (unsigned i = 0; i < 8; i++) {
        if (!(c->fpu.used >> i & 1))
            e->tag |= (u16)(3u << 2 * i);
    }
    e->mxcsr = c->mxcsr;
    return 0;
}

/* FE_DFL_ENV is -1, FE_NOMASK_ENV -2. Like glibc, only control bits and exception flags are taken.
 */
i32 my_fesetenv(void *env)
{
    struct x86_cpu *c = libc_cpu();
    const struct guest_fenv *e = env;
    gaddr a = h2g(env);

    if (a == ~0ull || a == ~1ull) {
        bool masked = a == ~0ull;
        c->fpu.cw = masked ? 0x37f : 0x340;
        c->fpu.sw &= (u16)~0xbfu;
        c->mxcsr = masked ? 0x1f80 : 0;
        return 0;
    }
    c->fpu.cw = e->cw;
    c->fpu.sw = (u16)((c->fpu.sw & ~ALL_EXCEPT) | (e->sw & ALL_EXCEPT));
    c->mxcsr = e->mxcsr;
    return 0;
}

i32 my_feholdexcept(void *env)
{
    my_fegetenv(env);
    set_masks(0, ALL_EXCEPT);
    clear(libc_cpu(), ALL_EXCEPT);
    return 0;
}

i32 my_feupdateenv(void *env)
{
    u32 raised = flags(libc_cpu());

    my_fesetenv(env);
    return my_feraiseexcept((i32)raised);
}

i32 my_fegetmode(void *mode)
{
    struct guest_femode *m = mode;

    m->cw = libc_cpu()->fpu.cw;
    m->reserved = 0;
    m->mxcsr = libc_cpu()->mxcsr;
    return 0;
}

i32 my_fesetmode(void *mode)
{
    struct x86_cpu *c = libc_cpu();
    const struct guest_femode *m = mode;
    bool dfl = h2g(mode) == ~0ull;

    c->fpu.cw = dfl ? 0x37f : m->cw;
    c->mxcsr = (c->mxcsr & 0x3f) | ((dfl ? 0x1f80 : m->mxcsr) & ~0x3fu);
    return 0;
}
