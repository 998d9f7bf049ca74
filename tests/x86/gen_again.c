/*
 * gen_again.c - other values for the code of a case: where translating that code anew for each case
 * would cost most of the time. What decides where memory operands lie stays as it was, so do
 * operands that single instructions want to be related.
 */
#include <fnmatch.h>
#include <string.h>

#include "gen.h"
#include "x86/decode_tab.h"

/* Registers and memory belong together. */
static bool is_bound(const struct x86_insn *in)
{
    static const char *const ops[] = {"DIV *",     "IDIV *",  "CMPXCHG*", "BT*",     "XLAT*",
                                      "*MASKMOV*", "LEAVE*",  "ENTER*",   "BOUND*",  "POPF*",
                                      "*MXCSR*",   "FX*",     "XSAVE*",   "XRSTOR*", "WR?SBASE*",
                                      "*GATHER*",  "FLDENV*", "FRSTOR*",  "FNS*",    "FLDCW*"};
    const u32 attr = X86_ATTR_BRANCH | X86_ATTR_CALL | X86_ATTR_RET | X86_ATTR_PUSH | X86_ATTR_POP;

    for (unsigned i = 0; i < ARRAY_SIZE(ops); i++)
        if (!fnmatch(ops[i], x86_row_text[in->row], 0))
            return true;
    return (x86_rows[in->row].attr & attr) && x86_rows[in->row].plus != X86_PLUS_CC;
}

static bool is_string(const struct x86_insn *in)
{
    for (unsigned i = 0; i < in->nopnd; i++)
        if (in->opnd[i].kind == X86_OPK_SI || in->opnd[i].kind == X86_OPK_DI)
            return true;
    return false;
}

/* General registers that have to stay. */
static u32 addresses(const struct tcase *t, bool *bound)
{
    u32 keep = 1u << X86_RSP;

    for (unsigned i = 0; i < t->n; i++) {
        const struct x86_insn *in = &t->insn[i];

        *bound |= is_bound(in) && (t->n == 1 || !(x86_rows[in->row].attr & X86_ATTR_BRANCH));
        keep |= in->base < 16 ? 1u << in->base : 0;
        keep |= in->index < 16 ? 1u << in->index : 0;
        keep |= is_string(in) ? 1u << X86_RSI | 1u << X86_RDI | 1u << X86_RCX : 0;
    }
    return keep;
}

/* New data behind the memory operands, somewhat more than they read. */
static void operands(struct tcase *t, struct rng *r)
{
    for (unsigned i = 0; i < t->n; i++) {
        const struct x86_insn *in = &t->insn[i];

        for (unsigned k = 0; k < in->nopnd; k++) {
            union x86_vec v;
            u8 *p = NULL;

            if (in->opnd[k].kind == X86_OPK_MEM)
                p = gen_case_mem(t, gen_effective(t, in), 32);
            if (!p)
                continue;
            gen_vec(r, &v);
            if (x86_rows[in->row].attr & X86_ATTR_X87 && rng_one_in(r, 2)) {
                struct x86_f80 f = gen_f80(r);

                memcpy(&v, &f, 10);
            }
            memcpy(p, &v, 32);
        }
    }
}

/* Mostly the same stack, which the translation of the code may have assumed. */
static void x87(struct x86_fpu *f, struct rng *r)
{
    u8 top = f->top, used = f->used;
    u16 cw = f->cw;

    gen_fpu(r, f);
    if (!rng_one_in(r, 8)) {
        f->top = top;
        f->used = used;
    }
    if (!rng_one_in(r, 4)) {
        f->cw = cw;
        f->sw &= f->sw & ~cw & 0x3f ? 0x4700 : 0x7f7f;
    }
}

void gen_again(struct tcase *t, u64 seed)
{
    struct rng r = rng_seed(t->seed ^ (u64)t->row << 32 ^ 0xa9a1, seed);
    bool bound = t->segments || t->far;
    u32 keep = addresses(t, &bound);

    for (unsigned i = 0; i < 16 && !bound; i++) {
        u64 v = gen_int(&r);

        if (!(keep >> i & 1) && !rng_one_in(&r, 4))
            t->in.gpr[i] = t->mode == 64 ? v : i < 8 ? (u32)v : 0;
    }
    if (!bound) {
        operands(t, &r);
        for (unsigned i = 0; i < (t->mode == 64 ? 16 : 8); i++)
            if (!rng_one_in(&r, 3))
                gen_vec(&r, &t->in.vec[i]);
    }
    x87(&t->in.fpu, &r);
    t->in.mxcsr = gen_mxcsr(&r);
    t->in.flags ^= (u32)(rng_u64(&r) & X86_OSZAPC);
}
