/*
 * gen.c - generates oracle cases from the rows. Inputs depend on the row's text and the seed only,
 * never on row numbers or the host, so recorded vectors stay valid while rows are added; so no
 * expression draws twice without saying in which order (compilers differ). An
 * encoding is drawn at random first; then registers and displacements are solved so that memory
 * operands fall into TC_MEM.
 */
#include <fnmatch.h>
#include <string.h>

#include "gen.h"
#include "x86/decode.h"
#include "x86/decode_tab.h"

/* Rows that are not run, by op name. Attributes priv (tested: #GP), nondet and stop are handled
 * below. */
static const struct {
    const char *op, *reason;
} skips[] = {
    {"SYSCALL", "enters the kernel"},
    {"SYSENTER", "enters the kernel (#UD on AMD in 64-bit mode)"},
    {"SYSRET", "AMD #UD/#GP priority differs by CPU"},
    {"SYSEXIT", "AMD #UD/#GP priority differs by CPU"},
    {"INT1", "hypervisors take it: the RIP they report is not the CPU's"},
    {"RDPMC", "allowed or not by the host kernel (CR4.PCE)"},
};

const char *gen_skip_reason(unsigned row)
{
    const struct x86_row *r = &x86_rows[row];
    char op[48];
    unsigned i;

    if (!fnmatch("NOP 0f 0d /r reg*", x86_row_text[row], 0))
        return "AMD #UD, Intel NOP";
    for (i = 0; x86_row_text[row][i] != ' ' && i < sizeof op - 1; i++)
        op[i] = x86_row_text[row][i];
    op[i] = 0;
    for (i = 0; i < ARRAY_SIZE(skips); i++)
        if (!fnmatch(skips[i].op, op, 0))
            return skips[i].reason;
    if (r->attr & X86_ATTR_NONDET)
        return "nondeterministic";
    return NULL;
}

static u64 hash_text(const char *s)
{
    u64 h = 0xcbf29ce484222325;

    while (*s)
        h = (h ^ (u8)*s++) * 0x100000001b3;
    return h;
}

static bool is_op(const struct x86_insn *in, const char *pattern)
{
    return !fnmatch(pattern, x86_row_text[in->row], 0);
}

/* A data address for `size` bytes: mostly inside the page, sometimes across its end, read-only, or
 * nowhere. */
static gaddr pick_address(struct rng *r, unsigned size)
{
    unsigned room = TC_MEM_SIZE - 640 - (size < 640 ? size : 640);
    gaddr a = TC_MEM + 320 + rng_below(r, room);

    switch (rng_below(r, 64)) {
    case 0: return TC_MEM + TC_MEM_SIZE - rng_below(r, size + 8);
    case 1: return TC_RO + rng_below(r, 2048);
    case 2: return TC_MEM - rng_below(r, size + 8);
    case 3:
        return rng_one_in(r, 4) ? 0x800000000000 + rng_u64(r) % 0x1000
                                : 0x30000000 + rng_below(r, 4096);
    default: return rng_one_in(r, 2) ? a & ~63ull : rng_one_in(r, 2) ? a & ~15ull : a;
    }
}

static void put32(u8 *p, u64 v)
{
    u32 w = (u32)v;

    memcpy(p, &w, 4);
}

struct x86_insn *gen_redecode(struct tcase *t, unsigned i)
{
    x86_decode(&t->insn[i], t->code + t->insn_off[i], 16, tc_start(t) + t->insn_off[i], t->mode);
    return &t->insn[i];
}

static u64 seg_base(const struct tcase *t, const struct x86_insn *in)
{
    return in->seg == X86_FS ? t->in.fs_base : in->seg == X86_GS ? t->in.gs_base : 0;
}

/* Makes the ModRM memory operand of instruction i point to `target` by registers or displacement.
 */
static void solve_address(struct tcase *t, struct rng *r, unsigned i, const struct rowgen *g,
                          gaddr target)
{
    struct x86_insn *in = &t->insn[i];
    u64 off = target - seg_base(t, in), *gpr = t->in.gpr;
    u64 mask = in->adsz == 8 ? ~0ull : in->adsz == 4 ? 0xffffffffull : 0xffffull;
    u64 high = in->adsz < 8 && rng_one_in(r, 2) ? rng_u64(r) & ~mask : 0;
    bool vsib = in->pfx & X86_PFX_VSIB;

    if (vsib) {
        union x86_vec *v = &t->in.vec[in->index];
        bool wide = strstr(x86_op_names[in->op], "gatherq") != NULL;

        for (unsigned k = 0; k < 8; k++) {
            i32 e = (i32)rng_below(r, 512) - 256;

            if (!wide)
                v->sd[k] = e;
            else if (k < 4)
                v->sq[k] = e;
        }
    }
    if (in->base == X86_REG_NONE && (in->index == X86_REG_NONE || vsib)) {
        if (!g->disp_size) { /* moffs: the immediate bytes */
            memcpy(t->code + t->insn_off[i] + in->len - in->adsz, &off, in->adsz);
        } else {
            u64 next = in->pfx & X86_PFX_RIPREL ? tc_start(t) + t->insn_off[i] + in->len : 0;

            off -= next;
            memcpy(t->code + t->insn_off[i] + g->disp_off, &off, g->disp_size);
        }
        gen_redecode(t, i);
        return;
    }
    if (in->base == X86_REG_NONE)
        gpr[in->index] = ((off - (u64)in->disp) & mask) >> in->scale | high;
    else if (vsib || in->index == X86_REG_NONE)
        gpr[in->base] = ((off - (u64)in->disp) & mask) | high;
    else if (in->index == in->base)
        gpr[in->base] = ((off - (u64)in->disp) & mask) / (1 + (1ull << in->scale)) | high;
    else
        gpr[in->base] = ((off - (u64)in->disp - (gpr[in->index] << in->scale)) & mask) | high;
}

/* Bytes of case memory at a guest address, or NULL when they are not all inside. */
u8 *gen_case_mem(struct tcase *t, gaddr a, unsigned size)
{
    return a - TC_MEM <= TC_MEM_SIZE - size ? t->mem + (a - TC_MEM) : NULL;
}

gaddr gen_effective(const struct tcase *t, const struct x86_insn *in)
{
    u64 base = in->base == X86_REG_NONE ? 0 : t->in.gpr[in->base];
    u64 index = in->index == X86_REG_NONE || (in->pfx & X86_PFX_VSIB) ? 0 : t->in.gpr[in->index];
    u64 a = base + (index << in->scale) + (u64)in->disp;

    a = in->adsz == 8 ? a : in->adsz == 4 ? (u32)a : (u16)a;
    return t->mode == 64 ? a + seg_base(t, in) : (u32)(a + seg_base(t, in));
}

static int mem_index(const struct x86_insn *in)
{
    for (int i = 0; i < in->nopnd; i++)
        if (in->opnd[i].kind == X86_OPK_MEM)
            return i;
    return -1;
}

/* String instructions: RSI and RDI into the page, RCX small. */
static void fix_string(struct tcase *t, struct rng *r, const struct x86_insn *in)
{
    u64 *gpr = t->in.gpr, high = in->adsz == 4 && rng_one_in(r, 2) ? rng_u64(r) << 32 : 0;

    gpr[X86_RSI] = pick_address(r, 64) - seg_base(t, in);
    gpr[X86_RDI] = rng_one_in(r, 3) ? gpr[X86_RSI] + rng_below(r, 40) - 20 : pick_address(r, 64);
    gpr[X86_RCX] = rng_one_in(r, 8) ? 0 : rng_below(r, 20);
    if (in->adsz == 4 && t->mode == 64) {
        gpr[X86_RSI] = (u32)gpr[X86_RSI] | high;
        gpr[X86_RDI] = (u32)gpr[X86_RDI] | high;
        gpr[X86_RCX] |= high;
    }
    if (rng_one_in(r, 2)) { /* runs of equal elements for CMPS and SCAS */
        u8 *a = gen_case_mem(t, gpr[X86_RSI], 64), *b = gen_case_mem(t, gpr[X86_RDI], 64);

        if (a && b)
            memmove(b, a, rng_below(r, 64));
        if (b && rng_one_in(r, 2)) {
            for (unsigned k = 0; k < 64; k++)
                b[k] = (u8)gpr[X86_RAX];
        }
    }
}

static void fix_bit_offset(struct tcase *t, struct rng *r, const struct x86_insn *in)
{
    if (mem_index(in) == 0 && in->opnd[1].kind == X86_OPK_GPR && in->opnd[1].reg != in->base &&
        in->opnd[1].reg != in->index) {
        u64 v = (u64)((i64)rng_below(r, 4000) - 2000);

        t->in.gpr[in->opnd[1].reg] = in->opsz == 8   ? v
                                     : in->opsz == 4 ? (u32)v | rng_u64(r) << 32
                                                     : (u16)v | rng_u64(r) << 16;
    }
}

/* CMPXCHG forms: make the comparison succeed half of the time. */
static void fix_cmpxchg(struct tcase *t, struct rng *r, const struct x86_insn *in)
{
    u8 *p = mem_index(in) == 0 ? gen_case_mem(t, gen_effective(t, in), 16) : NULL;

    if (rng_one_in(r, 2))
        return;
    if (is_op(in, "CMPXCHG8B*") && p) {
        put32(p, t->in.gpr[X86_RAX]);
        put32(p + 4, t->in.gpr[X86_RDX]);
    } else if (is_op(in, "CMPXCHG16B*") && p) {
        memcpy(p, &t->in.gpr[X86_RAX], 8);
        memcpy(p + 8, &t->in.gpr[X86_RDX], 8);
    } else if (p) {
        memcpy(p, &t->in.gpr[X86_RAX], 8);
    } else if (in->opnd[0].kind == X86_OPK_GPR && in->opnd[0].reg != X86_RSP) {
        t->in.gpr[in->opnd[0].reg] = t->in.gpr[X86_RAX];
    }
}

/* CALL, PUSH and POP with a memory operand near the stack slot: which of the two faulted? */
static void fix_near_stack(struct tcase *t, struct rng *r, const struct x86_insn *in)
{
    if (mem_index(in) >= 0 && in->base != X86_RSP && in->index != X86_RSP && rng_one_in(r, 8))
        t->in.gpr[X86_RSP] = gen_effective(t, in) + rng_below(r, 48) - 24;
}

static void fix_divide(struct tcase *t, struct rng *r, const struct x86_insn *in)
{
    u64 *rdx = &t->in.gpr[X86_RDX], *rax = &t->in.gpr[X86_RAX];

    if (rng_one_in(r, 4) || in->base == X86_RDX || in->base == X86_RAX || in->index == X86_RDX ||
        in->index == X86_RAX)
        return;
    if (in->opsz == 1)
        *rax = (*rax & ~0xffffull) | rng_below(r, rng_one_in(r, 2) ? 65536 : 512);
    else if (rng_one_in(r, 2))
        *rdx = rng_one_in(r, 2) && *rax >> (8 * in->opsz - 1) & 1 ? ~0ull : 0;
    else
        *rdx = rng_u64(r), *rdx >>= rng_below(r, 64);
}

static gaddr pad(struct rng *r)
{
    return TC_PADS + rng_below(r, TC_NPADS) * TC_PAD_STEP;
}

static void fix_stack_value(struct tcase *t, u64 v)
{
    u8 *p = gen_case_mem(t, t->in.gpr[X86_RSP], 8);

    if (p)
        memcpy(p, &v, t->mode == 64 ? 8 : 4);
}

static u64 loop_counter(struct rng *r)
{
    u64 low = rng_below(r, 3);

    return rng_one_in(r, 2) ? low | rng_u64(r) << 32 : low;
}

/* Branches of a single case end on a pad; a few indirect ones go nowhere. */
static void fix_branch(struct tcase *t, struct rng *r, struct x86_insn *in)
{
    u64 attr = x86_rows[in->row].attr;
    gaddr target = pad(r);

    if (in->nopnd && in->opnd[0].kind == X86_OPK_REL) {
        unsigned n = x86_rows[in->row].opnd[0].size == X86_SZ_B ? 1 : 4;
        u32 rel = (u32)(target - TC_CODE_END);

        memcpy(t->code + t->insn_off[0] + in->len - n, &rel, n);
        gen_redecode(t, 0);
        if (is_op(in, "LOOP*") || is_op(in, "JCXZ*"))
            t->in.gpr[X86_RCX] = rng_one_in(r, 3) ? gen_int(r) : loop_counter(r);
        return;
    }
    if (rng_one_in(r, 16))
        target =
            t->mode == 32 || rng_one_in(r, 2) ? 0x30000000 + rng_below(r, 4096) : 0x900000000000ull;
    if (attr & X86_ATTR_RET) {
        fix_stack_value(t, target);
    } else if (in->opnd[0].kind == X86_OPK_GPR) {
        t->in.gpr[in->opnd[0].reg] = target;
    } else {
        u8 *p = gen_case_mem(t, gen_effective(t, in), 8);

        if (p)
            memcpy(p, &target, in->opsz);
    }
}

/* Sometimes with reserved bits (#GP); bit 17 is AMD's misaligned-SSE mode and reserved elsewhere:
 * never set. */
static u32 any_mxcsr(struct rng *r)
{
    return rng_one_in(r, 8) ? (u32)rng_u64(r) & ~0x20000u : gen_mxcsr(r);
}

/* A plausible FXSAVE or XSAVE image. */
static void fix_state_image(struct tcase *t, struct rng *r, const struct x86_insn *in)
{
    bool xs = is_op(in, "XRSTOR*");
    u8 *p = gen_case_mem(t, gen_effective(t, in), xs ? 832 : 512);

    if (xs) {
        t->in.gpr[X86_RDX] = 0;
        t->in.gpr[X86_RAX] = (t->in.gpr[X86_RAX] & ~0xffffffffull) | rng_below(r, 8);
    }
    if (!p)
        return;
    put32(p + 24, any_mxcsr(r));
    for (unsigned i = 0; i < 8; i++) {
        struct x86_f80 f = gen_f80(r);

        memcpy(p + 32 + 16 * i, &f, 10);
        memset(p + 42 + 16 * i, 0, 6);
    }
    if (!xs)
        return;
    memset(p + 512, 0, 64);
    p[512] = (u8)rng_below(r, 8);
    if (rng_one_in(r, 16)) { /* XCOMP_BV and reserved: #GP */
        u8 *at = p + 520 + rng_below(r, 16);

        *at |= (u8)(1 << rng_below(r, 8));
    }
}

/* BOUND: an index inside the bounds most of the time. */
static void fix_bound(struct tcase *t, struct rng *r, const struct x86_insn *in)
{
    u8 *p = mem_index(in) >= 0 ? gen_case_mem(t, gen_effective(t, in), 8) : NULL;
    u32 low = (u32)t->in.gpr[in->opnd[0].reg] - rng_below(r, 3), high = low + rng_below(r, 6);

    if (p) {
        memcpy(p, &low, in->opsz);
        memcpy(p + in->opsz, &high, in->opsz);
    }
}

/* Whether bytes that are masked out fault is up to the CPU: near the page's ends the mask is all
 * ones. */
static void fix_maskmov(struct tcase *t, struct rng *r, const struct x86_insn *in)
{
    gaddr a = pick_address(r, 16), off = a - seg_base(t, in);

    t->in.gpr[X86_RDI] = in->adsz == 4 ? (u32)off : off;
    if (a >= TC_MEM && a + 16 <= TC_MEM + TC_MEM_SIZE)
        return;
    memset(&t->in.vec[in->opnd[1].reg], 0xff, 16);
    t->in.fpu.regs[(t->in.fpu.top + in->opnd[1].reg) & 7].m = ~0ull;
    t->in.fpu.regs[in->opnd[1].reg & 7].m = ~0ull;
}

/* Components in their initial state, which XSAVEOPT and XSAVEC leave out. */
static void fix_initial_state(struct tcase *t, struct rng *r)
{
    if (rng_one_in(r, 4))
        t->in.fpu = (struct x86_fpu){.cw = 0x37f};
    for (unsigned half = 0; half < 2; half++)
        for (unsigned i = 0, initial = rng_one_in(r, 3); initial && i < 16; i++)
            memset(t->in.vec[i].b + 16 * half, 0, 16);
    if (rng_one_in(r, 3))
        t->in.mxcsr = 0x1f80;
}

/* INT n: 80h is a system call; of the rest Linux lets 3 and 4 through. */
static void fix_vector(struct tcase *t, struct rng *r, const struct x86_insn *in)
{
    u8 *n = t->code + t->insn_off[0] + in->len - 1;

    if (rng_one_in(r, 4))
        *n = (u8)(3 + rng_below(r, 2));
    else if (*n == 0x80)
        *n = 0x81;
    gen_redecode(t, 0);
}

static void fix_misc(struct tcase *t, struct rng *r, struct x86_insn *in)
{
    u64 *gpr = t->in.gpr;

    if (is_op(in, "BT[ SRC]*"))
        fix_bit_offset(t, r, in);
    else if (is_op(in, "CMPXCHG*"))
        fix_cmpxchg(t, r, in);
    else if (is_op(in, "DIV *") || is_op(in, "IDIV *"))
        fix_divide(t, r, in);
    else if (is_op(in, "XLAT*"))
        gpr[X86_RBX] = pick_address(r, 256) - seg_base(t, in);
    else if (is_op(in, "*MASKMOVDQU*") || is_op(in, "MASKMOVQ*"))
        fix_maskmov(t, r, in);
    else if (is_op(in, "LEAVE*"))
        gpr[X86_RBP] = pick_address(r, 16);
    else if (is_op(in, "ENTER*"))
        gpr[X86_RBP] = pick_address(r, 256);
    else if (is_op(in, "BOUND*"))
        fix_bound(t, r, in);
    else if (is_op(in, "POPF*"))
        fix_stack_value(t, rng_u64(r) & ~(u64)(X86_TF | X86_AC | X86_NT | X86_RF));
    else if (is_op(in, "*LDMXCSR*") && gen_case_mem(t, gen_effective(t, in), 4))
        put32(gen_case_mem(t, gen_effective(t, in), 4), any_mxcsr(r));
    else if (is_op(in, "FXRSTOR*") || is_op(in, "XRSTOR*"))
        fix_state_image(t, r, in);
    else if (is_op(in, "XSAVE*")) {
        gpr[X86_RDX] = 0;
        gpr[X86_RAX] &= ~0xfffffff8ull;
        /* What the CPU does not write need not be accessible, which would show. */
        if (!is_op(in, "XSAVE *") && !is_op(in, "XSAVE64 *") &&
            gen_case_mem(t, gen_effective(t, in), 832))
            fix_initial_state(t, r);
    } else if (is_op(in, "INT cd*"))
        fix_vector(t, r, in);
    else if (gen_is_segment(t->row))
        gen_fix_segment(t, r, in);
    else if (is_op(in, "WR[FG]SBASE*") && !rng_one_in(r, 4))
        gpr[in->opnd[0].reg] = pick_address(r, 8);
}

/*
 * 32-bit mode sees eight registers of 32 bits. Segment bases lie below the data, so that no offset
 * comes near 4 GiB: the engine checks no segment limits.
 */
static void narrow_state(struct tstate *s, struct rng *r)
{
    for (unsigned i = 0; i < 16; i++)
        s->gpr[i] = i < 8 ? (u32)s->gpr[i] : 0;
    memset(&s->vec[8], 0, 8 * sizeof s->vec[8]);
    s->fs_base = rng_one_in(r, 4) ? rng_below(r, 256) : TC_MEM - 8192 + rng_below(r, 4096);
    s->gs_base = rng_one_in(r, 4) ? rng_below(r, 256) : TC_MEM - 8192 + rng_below(r, 4096);
}

static void gen_state(struct tcase *t, struct rng *r)
{
    struct tstate *s = &t->in;

    memset(s, 0, sizeof *s);
    for (unsigned i = 0; i < 16; i++)
        s->gpr[i] = gen_int(r);
    for (unsigned i = 0; i < 16; i++)
        gen_vec(r, &s->vec[i]);
    gen_fpu(r, &s->fpu);
    gen_mem(r, t->mem);
    s->mxcsr = gen_mxcsr(r);
    s->flags = X86_FLAGS_FIXED | (u32)(rng_u64(r) & X86_OSZAPC);
    s->flags |= rng_one_in(r, 8) ? X86_DF : 0;
    s->gpr[X86_RSP] = TC_MEM + 1024 + rng_below(r, 2048);
    s->gpr[X86_RSP] &= rng_one_in(r, 4) ? ~0ull : ~7ull;
    s->fs_base = rng_one_in(r, 4) ? rng_below(r, 256) : TC_MEM - rng_below(r, 4096);
    s->gs_base = rng_one_in(r, 4) ? 0 - (u64)rng_below(r, 4096) : TC_MEM + rng_below(r, 4096);
    s->exc = X86_EXC_NONE;
}

static void place(struct tcase *t, struct rowgen *g, unsigned i)
{
    t->insn_off[i] = (u8)t->len;
    memcpy(t->code + t->len, g->bytes, g->len);
    t->len += g->len;
}

/* 66 on near branches: AMD cuts RIP to 16 bits, Intel (and the decoder) ignores it. */
static bool branch_66(const struct x86_insn *in)
{
    return (x86_rows[in->row].attr & X86_ATTR_BRANCH) && (in->pfx & X86_PFX_OPSZ) &&
           !gen_is_far(in->row);
}

/* The engine's segments are flat: writes through CS (#GP on the CPU) are not modelled. */
static bool through_cs(const struct x86_insn *in)
{
    return in->mode == 32 && in->seg == X86_CS;
}

/* XSAVE and XRSTOR take their mask from EDX:EAX: those cannot be the address too. */
static bool mask_is_base(const struct x86_insn *in)
{
    return (is_op(in, "XSAVE*") || is_op(in, "XRSTOR*")) &&
           (in->base == X86_RAX || in->base == X86_RDX || in->index == X86_RAX ||
            in->index == X86_RDX);
}

static bool vsib_clash(const struct x86_insn *in)
{
    unsigned a = in->opnd[0].reg, b = in->opnd[2].reg;

    return (in->pfx & X86_PFX_VSIB) && (a == b || a == in->index || b == in->index);
}

bool gen_single(struct tcase *t, unsigned row, u64 seed, unsigned mode)
{
    struct rng r = rng_seed(hash_text(x86_row_text[row]) ^ (mode == 32 ? 0x32 : 0), seed);
    struct x86_insn *in = &t->insn[0];
    struct rowgen g;

    t->row = row;
    t->mode = mode;
    t->seed = seed;
    t->n = 1;
    t->len = 0;
    t->loops = 0;
    t->segments = gen_is_segment(row);
    t->far = gen_is_far(row);
    gen_state(t, &r);
    if (mode == 32)
        narrow_state(&t->in, &r);
    do {
        if (!rowgen_encode(&g, &r, row, mode, TC_CODE, 0))
            return false;
    } while (branch_66(&g.insn) || through_cs(&g.insn) || mask_is_base(&g.insn) ||
             gen_cpus_differ(&g.insn) || (vsib_clash(&g.insn) && !rng_one_in(&r, 16)));
    place(t, &g, 0);
    gen_redecode(t, 0);
    if (mem_index(in) >= 0 || (in->nopnd && x86_rows[row].modrm != X86_MODRM_NONE && g.disp_size))
        solve_address(t, &r, 0, &g,
                      pick_address(&r, mem_index(in) >= 0 && in->opnd[mem_index(in)].size
                                           ? in->opnd[mem_index(in)].size
                                           : 8));
    if (in->opnd[0].kind == X86_OPK_SI || in->opnd[0].kind == X86_OPK_DI ||
        in->opnd[1].kind == X86_OPK_SI || in->opnd[1].kind == X86_OPK_DI)
        fix_string(t, &r, in);
    if (x86_rows[row].attr & (X86_ATTR_PUSH | X86_ATTR_POP | X86_ATTR_CALL))
        fix_near_stack(t, &r, in);
    if (x86_rows[row].attr & X86_ATTR_BRANCH && !gen_is_far(row))
        fix_branch(t, &r, in);
    fix_misc(t, &r, in);
    for (unsigned i = 0; i < 16 && mode == 32; i++)
        t->in.gpr[i] = i < 8 ? (u32)t->in.gpr[i] : 0;
    t->in.rip = tc_start(t);
    return true;
}

/* ---- sequences
 * ------------------------------------------------------------------------------------------------
 */

static u16 seq_rows[2][4096]; /* 64-bit mode, 32-bit mode */
static unsigned n_seq_rows[2];

bool gen_fits_sequence(unsigned row, unsigned mode)
{
    const struct x86_row *r = &x86_rows[row];
    const u32 bad = X86_ATTR_PRIV | X86_ATTR_STOP | X86_ATTR_APPROX | X86_ATTR_IND | X86_ATTR_CALL |
                    X86_ATTR_RET | X86_ATTR_REP;
    const char *text = x86_row_text[row];

    if (gen_skip_reason(row) || (r->attr & bad) || !(r->modes & (mode == 64 ? 1 : 2)) ||
        gen_is_segment(row))
        return false;
    if ((r->attr & X86_ATTR_BRANCH) && r->plus != X86_PLUS_CC)
        return false;
    for (unsigned i = 0; i < r->nopnd; i++)
        if (r->opnd[i].spec == X86_SPEC_VM)
            return false;
    return fnmatch("*DIV *", text, 0) && fnmatch("*RSTOR*", text, 0) &&
           fnmatch("*SAVE*", text, 0) && fnmatch("ENTER*", text, 0) && fnmatch("LEAVE*", text, 0) &&
           fnmatch("WR?SBASE*", text, 0) && fnmatch("XLAT*", text, 0) &&
           fnmatch("*MASKMOV*", text, 0) && fnmatch("*LDMXCSR*", text, 0) &&
           fnmatch("FLDENV*", text, 0) && fnmatch("FLDCW*", text, 0) &&
           fnmatch("BT* /r *", text, 0) && fnmatch("XCHG 9*", text, 0);
}

void gen_init(void)
{
    for (unsigned m = 0; m < 2; m++) {
        n_seq_rows[m] = 0;
        for (unsigned i = 0; i < X86_ROW_COUNT && n_seq_rows[m] < ARRAY_SIZE(seq_rows[0]); i++)
            if (gen_fits_sequence(i, m ? 32 : 64))
                seq_rows[m][n_seq_rows[m]++] = (u16)i;
    }
}

static bool writes_rsp(const struct x86_insn *in)
{
    for (unsigned i = 0; i < in->nopnd; i++)
        if (in->opnd[i].kind == X86_OPK_GPR && in->opnd[i].reg == X86_RSP)
            return true;
    return false;
}

/* One instruction of a sequence: memory only at absolute or RIP-relative addresses, so that no
 * earlier result matters. */
static bool seq_encode(struct rowgen *g, struct rng *r, unsigned row, unsigned mode)
{
    for (unsigned tries = 0; tries < 24; tries++) {
        if (!rowgen_encode(g, r, row, mode, TC_CODE,
                           rng_one_in(r, 3) ? ROWGEN_NO_ADSZ : ROWGEN_NO_ADSZ | ROWGEN_REG))
            return false;
        if (writes_rsp(&g->insn) || branch_66(&g->insn) || through_cs(&g->insn))
            continue;
        if (mem_index(&g->insn) < 0 ||
            (g->insn.base == X86_REG_NONE && g->insn.index == X86_REG_NONE))
            return true;
    }
    return false;
}

/* Rows of one kind after another are likelier to share state: x87, SSE, AVX, integer. */
static unsigned related_row(struct rng *r, unsigned row, unsigned m)
{
    const u32 kinds = X86_ATTR_X87 | X86_ATTR_SSE | X86_ATTR_AVX | X86_ATTR_MMX;

    for (unsigned tries = 0; tries < 64; tries++) {
        unsigned other = seq_rows[m][rng_below(r, n_seq_rows[m])];

        if (rng_one_in(r, 6) || (x86_rows[other].attr & kinds) == (x86_rows[row].attr & kinds))
            return other;
    }
    return row;
}

/* sub dword [TC_COUNTER], 1; jnz start */
static void loop_tail(struct tcase *t)
{
    u8 tail[] = {0x83, 0x2c, 0x25, 0,    0,
                 0,    0,    1,    0x75, 0}; /* without the SIB byte in 32-bit code */
    unsigned sib = t->mode == 64, n = 9 + sib;

    if (!sib)
        memcpy(tail, (u8[]){0x83, 0x2d, 0, 0, 0, 0, 1, 0x75, 0}, n);
    put32(tail + 2 + sib, TC_COUNTER);
    tail[n - 1] = (u8)(0 - (t->len + n));
    t->insn_off[t->n] = (u8)t->len;
    memcpy(t->code + t->len, tail, n);
    t->len += n;
}

bool gen_sequence(struct tcase *t, unsigned row, u64 seed, unsigned mode, bool loop)
{
    struct rng r = rng_seed(hash_text(x86_row_text[row]) ^ (mode == 32 ? 0x325e9 : 0x5e9), seed);
    unsigned want = 2 + rng_below(&r, loop ? 4 : 7);
    struct rowgen g[TC_MAX_INSNS];

    if (!gen_fits_sequence(row, mode))
        return false;
    t->row = row;
    t->mode = mode;
    t->segments = t->far = false;
    t->seed = seed;
    t->n = t->len = 0;
    t->loops = loop ? 2 + rng_below(&r, 5) : 0;
    gen_state(t, &r);
    if (mode == 32)
        narrow_state(&t->in, &r);
    while (t->n < want) {
        unsigned pick = t->n == 0 || rng_one_in(&r, 3) ? row : related_row(&r, row, mode == 32);

        if (seq_encode(&g[t->n], &r, pick, mode)) {
            place(t, &g[t->n], t->n);
            t->n++;
        } else if (pick == row) {
            return false;
        }
    }
    if (loop)
        loop_tail(t);
    for (unsigned i = 0; i < t->n; i++) {
        struct x86_insn *in = gen_redecode(t, i);

        if (mem_index(in) >= 0)
            solve_address(t, &r, i, &g[i], pick_address(&r, in->opnd[mem_index(in)].size + 8u));
        if (x86_rows[in->row].attr &
            X86_ATTR_BRANCH) { /* forward over the next instruction, or to the next one */
            unsigned next = t->insn_off[i] + in->len, to = i + 2 < t->n ? t->insn_off[i + 2] : next;
            unsigned n = x86_rows[in->row].opnd[0].size == X86_SZ_B ? 1 : 4;
            u32 rel = to - next;

            memcpy(t->code + next - n, &rel, n);
            gen_redecode(t, i);
        }
    }
    t->in.rip = tc_start(t);
    return true;
}
