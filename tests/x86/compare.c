/*
 * compare.c - differences between two results of a case, and the hash for recorded vectors. What
 * the architecture leaves open is masked here: undefined flags (from the rows), x87 instruction
 * pointers (AMD and Intel store them at different times), estimates and transcendentals within
 * their bound.
 */
#include <fnmatch.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tcase.h"
#include "x86/decode_tab.h"

struct report {
    char *p;
    size_t room;
    bool any;
};

static void __attribute__((format(printf, 2, 3))) say(struct report *r, const char *fmt, ...)
{
    va_list ap;
    int n;

    r->any = true;
    va_start(ap, fmt);
    n = vsnprintf(r->p, r->room, fmt, ap);
    va_end(ap);
    if (n > 0 && (size_t)n < r->room) {
        r->p += n;
        r->room -= (size_t)n;
    }
}

static bool is_op(const struct x86_insn *in, const char *pattern)
{
    return !fnmatch(pattern, x86_row_text[in->row], 0);
}

/*
 * Flags that stay undefined at the end: a later instruction that writes a flag defines it again,
 * unless it writes only under a condition or a branch may skip it. *tainted: an instruction reads
 * such a flag, so nothing behind it can be compared.
 */
static u32 undefined_flags(const struct tcase *t, bool *tainted)
{
    u32 undef = 0;
    bool skippable = false;

    *tainted = false;
    for (unsigned i = 0; i < t->n; i++) {
        const struct x86_row *row = &x86_rows[t->insn[i].row];

        if (x86_flags_read(&t->insn[i]) & undef)
            *tainted = true;
        if (!skippable)
            undef &= ~(u32)(row->f_write & ~row->f_cond);
        undef |= row->f_undef;
        skippable = row->attr & X86_ATTR_BRANCH;
    }
    return undef;
}

bool tc_tainted(const struct tcase *t)
{
    bool tainted;

    undefined_flags(t, &tainted);
    return tainted && t->n > 1;
}

/* Arithmetic flags that are defined in the result `s`. */
static u32 defined_flags(const struct tcase *t, const struct tstate *s)
{
    bool tainted;

    if (s->exc == X86_EXC_NONE)
        return (X86_OSZAPC | X86_DF) & ~undefined_flags(t, &tainted);
    /* which instruction of a sequence faulted decides what is undefined */
    return t->n > 1 ? X86_DF : X86_OSZAPC | X86_DF;
}

static gaddr image_address(const struct tcase *t, const struct x86_insn *in)
{
    u64 a = (in->base == X86_REG_NONE ? 0 : t->in.gpr[in->base]) + (u64)in->disp +
            (in->index == X86_REG_NONE ? 0 : t->in.gpr[in->index] << in->scale);

    a = in->adsz == 8 ? a : in->adsz == 4 ? (u32)a : (u16)a;
    a += in->seg == X86_FS ? t->in.fs_base : in->seg == X86_GS ? t->in.gs_base : 0;
    return t->mode == 64 ? a : (u32)a;
}

static bool all_zero(const u8 *p, unsigned n)
{
    while (n && !p[n - 1])
        n--;
    return !n;
}

/*
 * XSAVEOPT and XSAVEC leave out what has its initial state, but a CPU may not know that it has (and
 * after a task switch it often does not): then the image says so in XSTATE_BV and holds the initial
 * state. Both become the same here.
 */
static void fold_initial(const struct tcase *t, u8 *mem)
{
    const struct x86_insn *in = &t->insn[0];
    bool compact = is_op(in, "XSAVEC*");
    unsigned regs = t->mode == 64 ? 256 : 128, want = (unsigned)t->in.gpr[X86_RAX] & 7, left;
    gaddr a = image_address(t, in);
    u8 *p = mem + (a - TC_MEM);

    if (t->n != 1 || (!compact && !is_op(in, "XSAVEOPT*")) || a - TC_MEM > TC_MEM_SIZE - 832)
        return;
    if (p[512] & want & 1 && p[0] == 0x7f && p[1] == 3 && all_zero(p + 2, 3) &&
        all_zero(p + 32, 128))
        p[512] &= (u8)~1;
    if (p[512] & want & 2 && all_zero(p + 160, regs) && (!compact || t->in.mxcsr == 0x1f80))
        p[512] &= (u8)~2;
    if (p[512] & want & 4 && all_zero(p + 576, regs))
        p[512] &= (u8)~4;
    left = want & ~(unsigned)p[512];
    if (left & 1) {
        memset(p, 0, 5);
        memset(p + 32, 0, 128);
    }
    if (left & 2) {
        memset(p + 160, 0, regs);
        memset(p + 24, 0, compact ? 8 : 0);
    }
    if (left & 4)
        memset(p + 576, 0, regs);
}

/* Memory bytes that are the CPU's to choose: x87 pointers and reserved fields in saved images. */
static void mask_images(const struct tcase *t, u8 *mem)
{
    static const struct {
        const char *op;
        u16 from, to;
    } masks[] = {
        {"FXSAVE*", 6, 24},   {"FXSAVE*", 28, 32},   {"XSAVE*", 6, 24},    {"XSAVE*", 28, 32},
        {"XSAVE*", 416, 512}, {"FXSAVE*", 416, 512}, {"FNSTENV*", 12, 28}, {"FNSAVE*", 12, 28},
    };

    for (unsigned i = 0; i < t->n; i++)
        for (unsigned k = 0; k < ARRAY_SIZE(masks); k++) {
            const struct x86_insn *in = &t->insn[i];
            u64 a;

            if (!is_op(in, masks[k].op) || in->opnd[0].kind != X86_OPK_MEM)
                continue;
            a = image_address(t, in);
            if (in->opsz == 2 && (is_op(in, "FNS*")))
                a -= masks[k].from == 12 ? 6 : 0; /* 16-bit image: pointers at 6..13 */
            for (u64 b = a + masks[k].from; b < a + masks[k].to; b++)
                if (b >= TC_MEM && b < TC_MEM + TC_MEM_SIZE)
                    mem[b - TC_MEM] = 0;
        }
}

/* Instructions that save or load whole images touch memory in an order of the CPU's own. */
static bool is_image_op(const struct x86_insn *in)
{
    return is_op(in, "FX*") || is_op(in, "XSAVE*") || is_op(in, "XRSTOR*") ||
           is_op(in, "FNSAVE*") || is_op(in, "FRSTOR*") || is_op(in, "FNSTENV*") ||
           is_op(in, "FLDENV*");
}

/* The fault address of a masked store depends on how the CPU splits it; with 67h its elements may
 * wrap at 4 GiB. */
static bool image_access(const struct tcase *t, gaddr a, gaddr b)
{
    if (t->n == 1 && is_op(&t->insn[0], "*MASKMOV*"))
        return (u32)(a > b ? a - b : b - a) < 32;
    return t->n == 1 && is_image_op(&t->insn[0]) && (a > b ? a - b : b - a) < 1088;
}

static bool same_f32(u32 a, u32 b, u32 ulps)
{
    return a == b || (a >> 31 == b >> 31 && (a > b ? a - b : b - a) <= ulps &&
                      (a & 0x7f800000) != 0x7f800000);
}

/* Estimates: both within 1.5 * 2^-12 of the true value, so within 2^-10.4 of each other: 2^23 *
 * 2^-10.4 = 6200 ulps. */
static bool vec_equal(const struct tcase *t, const union x86_vec *a, const union x86_vec *b)
{
    if (!memcmp(a, b, 32))
        return true;
    if (t->n != 1 || !(x86_rows[t->row].attr & X86_ATTR_APPROX))
        return false;
    for (unsigned i = 0; i < 8; i++)
        if (!same_f32(a->d[i], b->d[i], 12400))
            return false;
    return true;
}

static bool f80_equal(const struct tcase *t, const struct x86_f80 *a, const struct x86_f80 *b)
{
    i64 d;

    if (a->m == b->m && a->se == b->se)
        return true;
    if (t->n != 1 || !(x86_rows[t->row].attr & X86_ATTR_APPROX))
        return false;
    d = (i64)(a->m - b->m);
    return (a->se == b->se && d >= -2 && d <= 2) ||
           ((a->se ^ b->se) == 1 && (a->m >> 62 != b->m >> 62));
}

static void differ_int(struct report *r, const struct tcase *t, const struct tstate *w,
                       const struct tstate *g)
{
    static const char names[16][4] = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
                                      "r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15"};
    u32 mask = defined_flags(t, w);
    /* The upper halves are undefined after 32-bit code (SDM vol. 1, 3.4.1.1). */
    u64 high = t->far && w->seg[X86_CS] == 0x23 ? 0xffffffff : ~0ull;

    for (unsigned i = 0; i < 16; i++)
        if ((w->gpr[i] ^ g->gpr[i]) & high)
            say(r, "  %s: cpu %016llx interp %016llx\n", names[i], (unsigned long long)w->gpr[i],
                (unsigned long long)g->gpr[i]);
    if (w->rip != g->rip)
        say(r, "  rip: cpu %llx interp %llx\n", (unsigned long long)w->rip,
            (unsigned long long)g->rip);
    if ((w->flags ^ g->flags) & mask)
        say(r, "  flags: cpu %03x interp %03x (defined %03x, differ %03x)\n", w->flags & mask,
            g->flags & mask, mask, (w->flags ^ g->flags) & mask);
    if (w->fs_base != g->fs_base || w->gs_base != g->gs_base)
        say(r, "  fs/gs base: cpu %llx %llx interp %llx %llx\n", (unsigned long long)w->fs_base,
            (unsigned long long)w->gs_base, (unsigned long long)g->fs_base,
            (unsigned long long)g->gs_base);
    for (unsigned i = 0; t->segments && i < 6; i++)
        if (w->seg[i] != g->seg[i])
            say(r, "  segment %u: cpu %04x interp %04x\n", i, w->seg[i], g->seg[i]);
    if (w->exc != g->exc)
        say(r, "  exception: cpu %u (%x, %llx) interp %u (%x, %llx) (255: none)\n", w->exc, w->err,
            (unsigned long long)w->addr, g->exc, g->err, (unsigned long long)g->addr);
    else if (w->addr != g->addr && !image_access(t, w->addr, g->addr))
        say(r, "  fault address: cpu %llx interp %llx\n", (unsigned long long)w->addr,
            (unsigned long long)g->addr);
    else if (w->exc == X86_EXC_GP && w->err != g->err)
        say(r, "  error code: cpu %x interp %x\n", w->err, g->err);
}

static void differ_fpu(struct report *r, const struct tcase *t, const struct x86_fpu *w,
                       const struct x86_fpu *g)
{
    bool approx = t->n == 1 && (x86_rows[t->row].attr & X86_ATTR_APPROX);
    u16 sw = approx ? 0xfdff : 0xffff; /* C1 (rounded up) follows the last bit */

    if (w->cw != g->cw || (w->sw ^ g->sw) & sw || w->top != g->top)
        say(r, "  x87 cw/sw/top: cpu %04x %04x %u interp %04x %04x %u\n", w->cw, w->sw, w->top,
            g->cw, g->sw, g->top);
    if (w->used != g->used)
        say(r, "  x87 tags: cpu %02x interp %02x\n", w->used, g->used);
    for (unsigned i = 0; i < 8; i++)
        if (!f80_equal(t, &w->regs[i], &g->regs[i]))
            say(r, "  fpr%u (st%u): cpu %04x.%016llx interp %04x.%016llx\n", i, (i - w->top) & 7,
                w->regs[i].se, (unsigned long long)w->regs[i].m, g->regs[i].se,
                (unsigned long long)g->regs[i].m);
}

static void differ_mem(struct report *r, const struct tcase *t, const struct tresult *want,
                       const struct tresult *got)
{
    static u8 a[TC_MEM_SIZE], b[TC_MEM_SIZE];
    unsigned shown = 0;

    if (!memcmp(want->mem, got->mem, TC_MEM_SIZE))
        return;
    if (want->st.exc == X86_EXC_PF && t->n == 1 && is_image_op(&t->insn[0]))
        return;
    memcpy(a, want->mem, TC_MEM_SIZE);
    memcpy(b, got->mem, TC_MEM_SIZE);
    mask_images(t, a);
    mask_images(t, b);
    fold_initial(t, a);
    fold_initial(t, b);
    for (unsigned i = 0; i < TC_MEM_SIZE && shown < 8; i++)
        if (a[i] != b[i]) {
            say(r, "  mem %llx: before %02x cpu %02x interp %02x\n", (unsigned long long)TC_MEM + i,
                t->mem[i], a[i], b[i]);
            shown++;
        }
}

static bool is_canonical(u64 a)
{
    return (i64)(a << 16) >> 16 == (i64)a;
}

/* Offset of an element or operand in its segment, and whether any of its bytes is at an address
 * that can be one. */
static bool only_offset_bad(u64 offset, u64 base, unsigned size)
{
    bool good = is_canonical(offset) && is_canonical(offset + size - 1);

    return !good && is_canonical(offset + base) && is_canonical(offset + base + size - 1);
}

/*
 * AMD CPUs (Zen 4, measured) refuse an offset that is not canonical though the linear address with
 * the base of FS or GS is; Intel's manual has the linear address checked only (SDM vol. 1,
 * 3.3.7.1), which is what the interpreter does: nothing behind such an access can be compared.
 */
static bool offset_refused(const struct tcase *t, const struct tstate *w, const struct tstate *g)
{
    if (t->mode != 64 || w->exc != X86_EXC_GP || g->exc == X86_EXC_GP)
        return false;
    for (unsigned i = 0; i < t->n; i++) {
        const struct x86_insn *in = &t->insn[i];
        u64 base = in->seg == X86_FS ? w->fs_base : w->gs_base, a = (u64)in->disp;
        unsigned size = in->opnd[0].kind == X86_OPK_MEM ? in->opnd[0].size : in->opnd[1].size;

        if (tc_start(t) + t->insn_off[i] != w->rip || (in->seg != X86_FS && in->seg != X86_GS))
            continue;
        a += in->base == X86_REG_NONE ? 0 : w->gpr[in->base];
        if (in->adsz != 8)
            return false;
        if (in->opnd[0].kind == X86_OPK_SI || in->opnd[1].kind == X86_OPK_SI)
            return only_offset_bad(w->gpr[X86_RSI], base, 8);
        if (!(in->pfx & X86_PFX_VSIB))
            return only_offset_bad(
                a + (in->index == X86_REG_NONE ? 0 : w->gpr[in->index] << in->scale), base, size);
        for (unsigned k = 0; k < 4; k++)
            if (only_offset_bad(a + (w->vec[in->index].q[k] << in->scale), base, 8))
                return true;
        for (unsigned k = 0; k < 8; k++)
            if (only_offset_bad(a + ((u64)w->vec[in->index].sd[k] << in->scale), base, 8))
                return true;
    }
    return false;
}

bool tc_differ(const struct tcase *t, const struct tresult *want, const struct tresult *got,
               char *buf, size_t size)
{
    struct report r = {.p = buf, .room = size};
    const struct tstate *w = &want->st, *g = &got->st;

    buf[0] = 0;
    if (tc_tainted(t) || offset_refused(t, w, g))
        return false;
    differ_int(&r, t, w, g);
    if (w->mxcsr != g->mxcsr)
        say(&r, "  mxcsr: cpu %04x interp %04x\n", w->mxcsr, g->mxcsr);
    for (unsigned i = 0; i < (t->mode == 64 ? 16u : 8u); i++)
        if (!vec_equal(t, &w->vec[i], &g->vec[i])) {
            const u64 *a = w->vec[i].q, *b = g->vec[i].q;

            say(&r, "  ymm%u: cpu %016llx:%016llx:%016llx:%016llx\n", i, (unsigned long long)a[3],
                (unsigned long long)a[2], (unsigned long long)a[1], (unsigned long long)a[0]);
            say(&r, "     interp %016llx:%016llx:%016llx:%016llx\n", (unsigned long long)b[3],
                (unsigned long long)b[2], (unsigned long long)b[1], (unsigned long long)b[0]);
        }
    differ_fpu(&r, t, &w->fpu, &g->fpu);
    differ_mem(&r, t, want, got);
    return r.any;
}

static u64 mix(u64 h, const void *p, size_t n)
{
    const u8 *b = p;

    for (size_t i = 0; i < n; i++)
        h = (h ^ b[i]) * 0x100000001b3;
    return h ^ h >> 29;
}

/* Only what tc_differ compares goes in. Estimates and transcendentals are bounded, not equal: their
 * rows are not recorded. */
u64 tc_hash(const struct tcase *t, const struct tresult *res)
{
    static u8 mem[TC_MEM_SIZE];
    const struct tstate *s = &res->st;
    u32 mask = defined_flags(t, s);
    u32 small[8] = {s->flags & mask, s->mxcsr,   s->exc,      s->fpu.cw,
                    s->fpu.sw,       s->fpu.top, s->fpu.used, 0};
    u64 h = 0xcbf29ce484222325, gpr[16];

    for (unsigned i = 0; i < 16; i++)
        gpr[i] = t->far && s->seg[X86_CS] == 0x23 ? (u32)s->gpr[i] : s->gpr[i];
    h = mix(h, gpr, sizeof gpr);
    h = mix(h, &s->rip, 8);
    if (!is_image_op(&t->insn[0]))
        h = mix(h, &s->addr, 8);
    h = mix(h, small, sizeof small);
    if (t->segments)
        h = mix(h, s->seg, sizeof s->seg);
    h = mix(h, s->vec, sizeof s->vec / (t->mode == 64 ? 1 : 2));
    for (unsigned i = 0; i < 8; i++) {
        h = mix(h, &s->fpu.regs[i].m, 8);
        h = mix(h, &s->fpu.regs[i].se, 2);
    }
    memcpy(mem, s->exc == X86_EXC_PF && is_image_op(&t->insn[0]) ? t->mem : res->mem, TC_MEM_SIZE);
    mask_images(t, mem);
    for (unsigned i = 0; i < TC_MEM_SIZE; i += 8) {
        u64 v;

        memcpy(&v, mem + i, 8);
        h = (h ^ v) * 0x100000001b3;
        h ^= h >> 29;
    }
    return h;
}
