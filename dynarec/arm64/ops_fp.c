/*
 * ops_fp.c - floating-point host-ops for A64.
 *
 * With FEAT_AFP the arithmetic is x86's (see fpstate.c). Without it, results differ from x86's only
 * after an invalid operation: a generated NaN is positive here and negative there, and a signalling
 * NaN has priority over the first operand. All of those set FPSR.IOC, so one look at that (guard)
 * before the destination is written tells; then the interpreter does the instruction. IOC is
 * cleared on that way, and a comparison that set it costs one such detour. FMA has other NaN rules
 * too: there the guard looks for NaN results.
 */
#include <string.h>

#include "dynarec/arm64/a64.h"
#include "dynarec/arm64/enc_fp.h"

_Static_assert(sizeof(struct tr_flags) <= sizeof(u64), "kept in a word of struct tr_cold");

void h_resume(struct tr *t)
{
    hreg x = h_tmp(t);

    h_imm(t, x, H_RESUME_BLOCK);
    h_st_cpu(t, 4, x, offsetof(struct x86_cpu, jit.resume));
}

/* The interpreter does this instruction and goes on. */
static void cold_leave(struct tr *t, const struct tr_cold *c)
{
    memcpy(&t->fl, &c->a, sizeof t->fl);
    if (c->b)
        tr_put(t, a64_msr(A64_FPSR, (unsigned)c->b));
    h_flags_canon(t, tr_flags_before(t, c->insn));
    h_resume(t);
    h_leave(t, c->insn->pc);
}

/* flags: register with FPSR as it was, if the code before may have set too much; 0: none. */
static u32 leave_label(struct tr *t, hreg flags)
{
    struct tr_cold *c;

    if (t->hoist.of[t->curblk])
        return tr_hoist_restart(t);
    c = tr_cold(t, cold_leave);
    memcpy(&c->a, &t->fl, sizeof t->fl);
    c->b = flags;
    return c->label;
}

/* Leaves if an operation was invalid. */
static void guard_flags(struct tr *t, hreg flags)
{
    h_fp_jump(t, true, leave_label(t, flags));
}

static void guard(struct tr *t)
{
    guard_flags(t, 0);
}

static bool exact_nan(const struct tr *t)
{
    return !a64_has.afp && !t->opt.fastnan && !t->hoist.of[t->curblk];
}

/* TBNZ alone does not reach the cold code of large regions. */
void h_fp_jump(struct tr *t, bool doubtful, u32 label)
{
    hreg x = h_tmp(t);

    tr_put(t, a64_mrs(x, A64_FPSR));
    if (!doubtful) {
        tr_branch(t, a64_tbz(x, 0, 0), label);
        return;
    }
    tr_put(t, a64_tbz(x, 0, 8));
    tr_branch(t, a64_b(0), label);
}

static void guard_nan(struct tr *t)
{
    if (exact_nan(t))
        guard(t);
}

void h_leave_unless_zero(struct tr *t, hreg x)
{
    tr_branch(t, a64_cbnz(0, x, 0), leave_label(t, 0));
}

void h_refute(struct tr *t, unsigned how)
{
    hreg x = h_tmp(t);

    h_imm(t, x, how);
    h_st_cpu(t, 4, x, offsetof(struct x86_cpu, jit.refuted));
}

static void cold_refuted(struct tr *t, const struct tr_cold *c)
{
    h_refute(t, c->insn->pc == t->entry ? TR_REFUTED_ENTRY : TR_REFUTED_INSIDE);
    cold_leave(t, c);
}

void h_refute_unless_zero(struct tr *t, hreg x)
{
    struct tr_cold *c = tr_cold(t, cold_refuted);

    memcpy(&c->a, &t->fl, sizeof t->fl);
    tr_branch(t, a64_cbnz(1, x, 0), c->label);
}

bool h_fp_merges(void)
{
    return !a64_has.afp;
}

static unsigned type(unsigned sz)
{
    return sz == 8;
}

/* Leaves unless all bits of m are set. */
static void all_ones(struct tr *t, vreg m, hreg flags)
{
    hreg x = h_tmp(t);

    tr_put(t, a64_v_uminp(1, 2, m, m, m));
    tr_put(t, a64_fmov_to_gpr(1, x, m));
    tr_put(t, a64_add_imm(1, x, x, 1, 0));
    tr_branch(t, a64_cbnz(1, x, 0), leave_label(t, flags));
}

static hreg flags_before(struct tr *t, bool wanted)
{
    hreg x = wanted ? h_tmp(t) : 0;

    if (wanted)
        tr_put(t, a64_mrs(x, A64_FPSR));
    return x;
}

bool h_fp_runs(const struct tr *t)
{
    return exact_nan(t);
}

hreg h_fr_exceptions(struct tr *t)
{
    return flags_before(t, true);
}

void h_fr_no_nan(struct tr *t, unsigned sz, vreg r, bool first)
{
    vreg nan = t->fp.nan, m = first ? nan : h_vtmp(t);

    tr_put(t,
           t->fp.nan_packed ? a64_v_fcmeq(1, type(sz), m, r, r) : a64_sc_fcmeq(type(sz), m, r, r));
    if (!first)
        tr_put(t, a64_v_and(1, nan, nan, m));
}

void h_fp_check(struct tr *t, const struct tr_insn *first)
{
    hreg x;

    if (t->fp.stored) {
        h_fp_jump(t, true, tr_fp_take_back(t, first));
        return;
    }
    if (t->fp.invalid) {
        guard_flags(t, t->fp.flags);
        t->cold[t->ncold - 1].insn = first;
    }
    if (!t->fp.nan)
        return;
    if (t->fp.nan_packed) {
        all_ones(t, t->fp.nan, t->fp.flags);
    } else {
        x = h_tmp(t);
        tr_put(t, a64_fmov_to_gpr(0, x, t->fp.nan));
        tr_branch(t, a64_cbz(0, x, 0), leave_label(t, t->fp.flags));
    }
    t->cold[t->ncold - 1].insn = first;
}

/* The rest of up beside an element of sz is zero, as scalar operations leave it. */
static bool rest_zero(const struct tr *t, unsigned sz, vreg up)
{
    return up < 16 && t->fp.zero >> (sz == 8 ? up : up + 16) & 1;
}

/* d = low element of r, the rest of up. */
static void put_low(struct tr *t, unsigned sz, vreg d, vreg up, vreg r)
{
    if (rest_zero(t, sz, up)) {
        h_vmov_low(t, sz, d, r);
        return;
    }
    if (d != up)
        h_vmov(t, d, up);
    tr_put(t, a64_v_ins_elem(sz == 8 ? 3 : 2, d, 0, r, 0));
}

/* ---- arithmetic ---- */

static u32 scalar(enum h_fop op, unsigned ty, vreg d, vreg a, vreg b)
{
    switch (op) {
    case H_FADD: return a64_fadd(ty, d, a, b);
    case H_FSUB: return a64_fsub(ty, d, a, b);
    case H_FMUL: return a64_fmul(ty, d, a, b);
    case H_FDIV: return a64_fdiv(ty, d, a, b);
    case H_FMIN: return a64_fmin(ty, d, a, b);
    default: return a64_fmax(ty, d, a, b);
    }
}

static u32 packed(enum h_fop op, unsigned ty, vreg d, vreg a, vreg b)
{
    switch (op) {
    case H_FADD: return a64_v_fadd(1, ty, d, a, b);
    case H_FSUB: return a64_v_fsub(1, ty, d, a, b);
    case H_FMUL: return a64_v_fmul(1, ty, d, a, b);
    case H_FDIV: return a64_v_fdiv(1, ty, d, a, b);
    case H_FMIN: return a64_v_fmin(1, ty, d, a, b);
    default: return a64_v_fmax(1, ty, d, a, b);
    }
}

static bool is_select(enum h_fop op)
{
    return op == H_FMIN || op == H_FMAX;
}

/*
 * r = a where it is really smaller (larger), else b: also for NaNs and zeros. A denormal result
 * that compares equal to zero does so because DAZ is set, and is zero then.
 */
static void select_min_max(struct tr *t, enum h_fop op, bool all, unsigned ty, vreg r, vreg a,
                           vreg b)
{
    vreg x = op == H_FMIN ? b : a, y = op == H_FMIN ? a : b, m;

    tr_put(t, all ? a64_v_fcmgt(1, ty, r, x, y) : a64_sc_fcmgt(ty, r, x, y));
    tr_put(t, a64_v_bsl(1, r, a, b));
    if (t->opt.fastround)
        return;
    m = h_vtmp(t);
    tr_put(t, all ? a64_v_fcmeq0(1, ty, m, r) : a64_sc_fcmeq0(ty, m, r));
    tr_put(t, a64_v_ushr(1, 2 + ty, m, m, 1));
    tr_put(t, a64_v_bic(1, r, r, m));
    t->vtmp_free |= 1u << m;
}

void h_fs(struct tr *t, enum h_fop op, unsigned sz, vreg d, vreg up, vreg a, vreg b)
{
    vreg r;

    if (a64_has.afp && up == a) {
        tr_put(t, scalar(op, type(sz), d, a, b));
        return;
    }
    if (!is_select(op) && !exact_nan(t) && !a64_has.afp && rest_zero(t, sz, up)) {
        tr_put(t, scalar(op, type(sz), d, a, b));
        return;
    }
    r = h_vtmp(t);
    if (is_select(op) && !a64_has.afp) {
        select_min_max(t, op, false, type(sz), r, a, b);
    } else {
        tr_put(t, scalar(op, type(sz), r, a, b));
        guard_nan(t);
    }
    put_low(t, sz, d, up, r);
}

void h_fr(struct tr *t, enum h_fop op, unsigned sz, vreg d, vreg a, vreg b)
{
    tr_put(t, scalar(op, type(sz), d, a, b));
}

void h_fr_packed(struct tr *t, enum h_fop op, unsigned sz, vreg d, vreg a, vreg b)
{
    tr_put(t, packed(op, type(sz), d, a, b));
}

void h_fr_sqrt(struct tr *t, unsigned sz, vreg d, vreg a)
{
    tr_put(t, a64_fsqrt(type(sz), d, a));
}

void h_fr_cvt(struct tr *t, unsigned from, vreg d, vreg a)
{
    tr_put(t, a64_fcvt(from == 4, from == 8, d, a));
}

void h_fr_from_int(struct tr *t, unsigned sz, unsigned isz, vreg d, hreg a)
{
    tr_put(t, a64_scvtf(isz == 8, type(sz), d, a));
}

/* Where result i of n can be computed: before a guard not in a destination that is a source too. */
static vreg place(struct tr *t, bool guarded, vreg d)
{
    return guarded ? h_vtmp(t) : d;
}

static void commit(struct tr *t, unsigned n, const vreg *d, const vreg *r)
{
    for (unsigned i = 0; i < n; i++)
        if (d[i] != r[i])
            h_vmov(t, d[i], r[i]);
}

void h_fv(struct tr *t, enum h_fop op, unsigned sz, unsigned n, const vreg *d, const vreg *a,
          const vreg *b)
{
    bool select = is_select(op) && !a64_has.afp, guarded = !is_select(op) && exact_nan(t);
    vreg r[2] = {0};

    for (unsigned i = 0; i < n; i++) {
        r[i] = place(t, select || (guarded && (d[i] == a[i] || d[i] == b[i])), d[i]);
        if (select)
            select_min_max(t, op, true, type(sz), r[i], a[i], b[i]);
        else
            tr_put(t, packed(op, type(sz), r[i], a[i], b[i]));
    }
    if (guarded)
        guard(t);
    commit(t, n, d, r);
}

void h_fv_pairs(struct tr *t, enum h_fop op, unsigned sz, unsigned n, const vreg *d, const vreg *a,
                const vreg *b)
{
    unsigned ty = type(sz);
    bool guarded = exact_nan(t);
    vreg r[2] = {0}, even = op == H_FSUB ? h_vtmp(t) : 0;

    for (unsigned i = 0; i < n; i++) {
        r[i] = place(t, guarded || op == H_FSUB, d[i]);
        if (op == H_FADD) {
            tr_put(t, a64_v_faddp(1, ty, r[i], a[i], b[i]));
            continue;
        }
        tr_put(t, a64_v_uzp1(1, 2 + ty, even, a[i], b[i]));
        tr_put(t, a64_v_uzp2(1, 2 + ty, r[i], a[i], b[i]));
        tr_put(t, a64_v_fsub(1, ty, r[i], even, r[i]));
    }
    if (guarded)
        guard(t);
    commit(t, n, d, r);
}

/* A register that holds a and can be read after d was written. */
static vreg apart(struct tr *t, vreg d, vreg up, vreg a)
{
    vreg r = a;

    if (d == a && d != up) {
        r = h_vtmp(t);
        h_vmov(t, r, a);
    }
    return r;
}

void h_fs_sqrt(struct tr *t, unsigned sz, vreg d, vreg up, vreg a)
{
    vreg r;

    if (a64_has.afp) {
        a = apart(t, d, up, a);
        if (d != up)
            h_vmov(t, d, up);
        tr_put(t, a64_fsqrt(type(sz), d, a));
        return;
    }
    r = !exact_nan(t) && rest_zero(t, sz, up) ? d : h_vtmp(t);
    tr_put(t, a64_fsqrt(type(sz), r, a));
    guard_nan(t);
    if (r == d)
        return;
    put_low(t, sz, d, up, r);
}

void h_fv_sqrt(struct tr *t, unsigned sz, unsigned n, const vreg *d, const vreg *a)
{
    vreg r[2] = {0};

    for (unsigned i = 0; i < n; i++) {
        r[i] = place(t, exact_nan(t) && d[i] == a[i], d[i]);
        tr_put(t, a64_v_fsqrt(1, type(sz), r[i], a[i]));
    }
    guard_nan(t);
    commit(t, n, d, r);
}

/* ---- FMA ---- */

/* Leaves if the result r (or r and r2) holds a NaN. */
static void guard_nan_scalar(struct tr *t, unsigned sz, vreg r, hreg flags)
{
    hreg x;
    vreg m;

    if (!tr_cur(t)->need) {
        tr_put(t, a64_fcmp(type(sz), r, r));
        tr_branch(t, a64_bcond(A64_VS, 0), leave_label(t, flags));
        return;
    }
    m = h_vtmp(t);
    x = h_tmp(t);
    tr_put(t, a64_sc_fcmeq(type(sz), m, r, r));
    tr_put(t, a64_fmov_to_gpr(0, x, m));
    tr_branch(t, a64_cbz(0, x, 0), leave_label(t, flags));
}

/* With FEAT_AFP a comparison of a denormal result would be reported: integers there. */
static void guard_nan_packed(struct tr *t, unsigned sz, unsigned n, const vreg *r, hreg flags)
{
    unsigned ty = type(sz);
    u64 limit = ty ? 0xffe0000000000000 : 0xff000000ff000000;
    vreg m[2] = {0}, inf = a64_has.afp ? h_vtmp(t) : 0;

    if (a64_has.afp)
        h_vconst(t, inf, limit, limit);
    for (unsigned i = 0; i < n; i++) {
        m[i] = h_vtmp(t);
        if (a64_has.afp) {
            tr_put(t, a64_v_add(1, 2 + ty, m[i], r[i], r[i]));
            tr_put(t, a64_v_cmhs(1, 2 + ty, m[i], inf, m[i]));
        } else {
            tr_put(t, a64_v_fcmeq(1, ty, m[i], r[i], r[i]));
        }
    }
    if (n == 2)
        tr_put(t, a64_v_and(1, m[0], m[0], m[1]));
    all_ones(t, m[0], flags);
}

static u32 scalar_fma(unsigned neg, unsigned ty, vreg d, vreg a, vreg b, vreg c)
{
    switch (neg) {
    case 0: return a64_fmadd(ty, d, a, b, c);
    case 1: return a64_fmsub(ty, d, a, b, c);
    case 2: return a64_fnmsub(ty, d, a, b, c);
    default: return a64_fnmadd(ty, d, a, b, c);
    }
}

void h_fs_fma(struct tr *t, unsigned sz, unsigned neg, vreg d, vreg up, vreg a, vreg b, vreg c)
{
    hreg flags;
    vreg r;

    if (a64_has.afp && up == c) { /* NEP: the rest comes from the addend */
        tr_put(t, scalar_fma(neg, type(sz), d, a, b, c));
        return;
    }
    r = h_vtmp(t);
    flags = flags_before(t, exact_nan(t));
    tr_put(t, scalar_fma(neg, type(sz), r, a, b, c));
    if (exact_nan(t))
        guard_nan_scalar(t, sz, r, flags);
    put_low(t, sz, d, up, r);
}

void h_fr_fma(struct tr *t, unsigned sz, unsigned neg, bool packed, vreg d, const vreg m[3])
{
    unsigned ty = type(sz);

    if (!packed) {
        tr_put(t, scalar_fma(neg, ty, d, m[0], m[1], m[2]));
        return;
    }
    if (neg & H_FMA_ADDEND)
        tr_put(t, a64_v_fneg(1, ty, d, m[2]));
    else
        h_vmov(t, d, m[2]);
    tr_put(t, neg & H_FMA_PRODUCT ? a64_v_fmls(1, ty, d, m[0], m[1])
                                  : a64_v_fmla(1, ty, d, m[0], m[1]));
}

/* Sign bits of even (H_FMA_EVEN) or odd elements. */
static void signs(struct tr *t, unsigned sz, unsigned which, vreg d)
{
    u64 even = sz == 8 ? 1ull << 63 : 1ull << 31, odd = sz == 8 ? 0 : 1ull << 63;

    if (sz == 8)
        h_vconst(t, d, which == H_FMA_EVEN ? even : 0, which == H_FMA_EVEN ? 0 : even);
    else
        h_vconst(t, d, which == H_FMA_EVEN ? even : odd, which == H_FMA_EVEN ? even : odd);
}

void h_fv_fma(struct tr *t, unsigned sz, unsigned neg, unsigned n, const vreg *d, const vreg *a,
              const vreg *b, const vreg *c)
{
    unsigned ty = type(sz), some = neg & (H_FMA_EVEN | H_FMA_ODD);
    /* FNEG of a NaN with FPCR.AH: the manual keeps its sign, QEMU 10 does not. */
    bool guarded = exact_nan(t) || (neg > H_FMA_PRODUCT && !t->opt.fastnan);
    hreg flags = flags_before(t, guarded);
    vreg r[2] = {0};

    for (unsigned i = 0; i < n; i++) {
        r[i] = d[i];
        if (guarded || some || d[i] == a[i] || d[i] == b[i])
            r[i] = h_vtmp(t);
        if (some) {
            signs(t, sz, some, r[i]);
            tr_put(t, a64_v_eor(1, r[i], r[i], c[i]));
        } else if (neg & H_FMA_ADDEND) {
            tr_put(t, a64_v_fneg(1, ty, r[i], c[i]));
        } else if (r[i] != c[i]) {
            h_vmov(t, r[i], c[i]);
        }
        tr_put(t, neg & H_FMA_PRODUCT ? a64_v_fmls(1, ty, r[i], a[i], b[i])
                                      : a64_v_fmla(1, ty, r[i], a[i], b[i]));
    }
    if (guarded)
        guard_nan_packed(t, sz, n, r, flags);
    commit(t, n, d, r);
}

/* a - b in even elements, a + b in odd ones. */
void h_fv_addsub(struct tr *t, unsigned sz, unsigned n, const vreg *d, const vreg *a, const vreg *b)
{
    hreg flags = flags_before(t, !t->opt.fastnan);
    vreg r[2] = {0};

    for (unsigned i = 0; i < n; i++) {
        r[i] = h_vtmp(t);
        signs(t, sz, H_FMA_EVEN, r[i]);
        tr_put(t, a64_v_eor(1, r[i], r[i], b[i]));
        tr_put(t, a64_v_fadd(1, type(sz), r[i], a[i], r[i]));
    }
    if (!t->opt.fastnan)
        guard_nan_packed(t, sz, n, r, flags);
    commit(t, n, d, r);
}

/* All ones in the elements of bits 0-3. */
static void elements(struct tr *t, unsigned sz, unsigned bits, vreg d)
{
    u64 q[2] = {0, 0};

    for (unsigned i = 0; i < 16 / sz; i++)
        if (bits >> i & 1)
            q[i * sz / 8] |= sz == 8 ? ~0ull : 0xffffffffull << 32 * (i & 1);
    h_vconst(t, d, q[0], q[1]);
}

void h_fv_dot(struct tr *t, unsigned imm, unsigned sz, unsigned n, const vreg *d, const vreg *a,
              const vreg *b)
{
    unsigned ty = type(sz);
    vreg r[2] = {0}, m = h_vtmp(t), x = h_vtmp(t);

    for (unsigned i = 0; i < n; i++) {
        r[i] = h_vtmp(t);
        elements(t, sz, imm >> 4 & 15, m);
        tr_put(t, a64_v_and(1, r[i], m, a[i]));
        tr_put(t, a64_v_and(1, x, m, b[i]));
        tr_put(t, a64_v_fmul(1, ty, r[i], r[i], x));
        tr_put(t, a64_v_faddp(1, ty, r[i], r[i], r[i]));
        if (sz == 4)
            tr_put(t, a64_v_faddp(1, ty, r[i], r[i], r[i]));
    }
    guard_nan(t);
    elements(t, sz, imm & 15, m);
    for (unsigned i = 0; i < n; i++)
        tr_put(t, a64_v_and(1, d[i], r[i], m));
}

/* ---- comparisons ---- */

enum cmp { CMP_EQ, CMP_GT, CMP_GE };

/* all: 16 bytes, else the low element. */
static void cmp(struct tr *t, enum cmp op, bool all, unsigned ty, vreg d, vreg a, vreg b)
{
    u32 w;

    switch (op) {
    case CMP_EQ: w = all ? a64_v_fcmeq(1, ty, d, a, b) : a64_sc_fcmeq(ty, d, a, b); break;
    case CMP_GT: w = all ? a64_v_fcmgt(1, ty, d, a, b) : a64_sc_fcmgt(ty, d, a, b); break;
    default: w = all ? a64_v_fcmge(1, ty, d, a, b) : a64_sc_fcmge(ty, d, a, b);
    }
    tr_put(t, w);
}

/*
 * Neither is a NaN; signals only for signalling ones. d is none of the sources. A comparison of a
 * with itself would report a denormal (FEAT_AFP) even if b is a NaN: integers there.
 */
static void ordered(struct tr *t, bool all, unsigned ty, vreg d, vreg a, vreg b)
{
    vreg m = h_vtmp(t), inf;

    if (!a64_has.afp) {
        cmp(t, CMP_EQ, all, ty, d, a, a);
        cmp(t, CMP_EQ, all, ty, m, b, b);
        tr_put(t, a64_v_and(1, d, d, m));
    } else {
        u64 x = ty ? 0xffe0000000000000 : 0xff000000ff000000;

        inf = h_vtmp(t);
        h_vconst(t, inf, x, x);
        tr_put(t, a64_v_add(1, 2 + ty, d, a, a));
        tr_put(t, a64_v_add(1, 2 + ty, m, b, b));
        tr_put(t, a64_v_cmhs(1, 2 + ty, d, inf, d));
        tr_put(t, a64_v_cmhs(1, 2 + ty, m, inf, m));
        tr_put(t, a64_v_and(1, d, d, m));
        cmp(t, CMP_EQ, all, ty, m, a, b); /* only to signal */
        t->vtmp_free |= 1u << inf;
    }
    t->vtmp_free |= 1u << m;
}

/* > or >= without signalling for quiet NaNs: those operands become zeros. */
static void quiet(struct tr *t, enum cmp op, bool all, unsigned ty, vreg d, vreg a, vreg b)
{
    vreg x = h_vtmp(t), y = h_vtmp(t);

    ordered(t, all, ty, d, a, b);
    tr_put(t, a64_v_and(1, x, d, a));
    tr_put(t, a64_v_and(1, y, d, b));
    cmp(t, op, all, ty, x, x, y);
    tr_put(t, a64_v_and(1, d, d, x));
    t->vtmp_free |= 1u << x | 1u << y;
}

/*
 * Predicate into d, which is none of the sources. SDM table 3-1: bits 3-0 are the relation, those
 * of the second half signal where those of the first do not, and the other way round.
 */
static void predicate(struct tr *t, unsigned pred, bool all, unsigned ty, vreg d, vreg a, vreg b)
{
    /* relation as: EQ, LT and LE (operands swapped), UNORD, FALSE, OrdNE, GE, GT; bit 3 inverted */
    enum { EQ, LT, LE, ORD, GE, GT, ONE, NO, INV = 8 };
    static const u8 form[16] = {EQ,       LT,  LE,        ORD | INV, EQ | INV, LT | INV,
                                LE | INV, ORD, ONE | INV, GE | INV,  GT | INV, NO,
                                ONE,      GE,  GT,        NO | INV};
    unsigned f = form[pred & 15], k = f & 7;
    bool ordering = k == LT || k == LE || k == GE || k == GT;
    bool signals = ordering != !!(pred & 16);
    bool swap = k == LT || k == LE;
    enum cmp op = k == LT || k == GT ? CMP_GT : CMP_GE;

    if (signals && !ordering)
        cmp(t, CMP_GE, all, ty, d, a, b); /* only to signal */
    if (ordering && signals)
        cmp(t, op, all, ty, d, swap ? b : a, swap ? a : b);
    else if (ordering)
        quiet(t, op, all, ty, d, swap ? b : a, swap ? a : b);
    else if (k == EQ)
        cmp(t, CMP_EQ, all, ty, d, a, b);
    else if (k == ORD)
        ordered(t, all, ty, d, a, b);
    else {
        vreg m = h_vtmp(t);

        cmp(t, CMP_EQ, all, ty, m, a, b); /* NO: only to signal */
        if (k == ONE) {
            ordered(t, all, ty, d, a, b);
            tr_put(t, a64_v_bic(1, d, d, m));
        } else {
            h_vzero(t, d);
        }
        t->vtmp_free |= 1u << m;
    }
    if (f & INV)
        tr_put(t, a64_v_not(1, d, d));
}

bool h_fs_cmp(struct tr *t, unsigned pred, unsigned sz, vreg d, vreg up, vreg a, vreg b)
{
    vreg r = h_vtmp(t);

    predicate(t, pred, false, type(sz), r, a, b);
    put_low(t, sz, d, up, r);
    return true;
}

bool h_fv_cmp(struct tr *t, unsigned pred, unsigned sz, unsigned n, const vreg *d, const vreg *a,
              const vreg *b)
{
    /* One comparison and perhaps a NOT: EQ LT LE GE GT and their inverses, as they signal. */
    bool direct = !(pred & 16) && (0x6677 >> (pred & 15) & 1);
    vreg r[2] = {0};

    for (unsigned i = 0; i < n; i++) {
        r[i] = !direct && (d[i] == a[i] || d[i] == b[i]) ? h_vtmp(t) : d[i];
        predicate(t, pred, true, type(sz), r[i], a[i], b[i]);
    }
    commit(t, n, d, r);
    return true;
}

/* ---- rounding to integers ---- */

/* The instruction that rounds as the immediate says; *also: FRINTX before it, for PE. */
static u32 round_op(unsigned imm, bool all, unsigned ty, vreg d, vreg a, bool *also)
{
    *also = !(imm & 12);
    if (imm & 4)
        return imm & 8 ? (all ? a64_v_frinti(1, ty, d, a) : a64_frinti(ty, d, a))
                       : (all ? a64_v_frintx(1, ty, d, a) : a64_frintx(ty, d, a));
    switch (imm & 3) {
    case 0: return all ? a64_v_frintn(1, ty, d, a) : a64_frintn(ty, d, a);
    case 1: return all ? a64_v_frintm(1, ty, d, a) : a64_frintm(ty, d, a);
    case 2: return all ? a64_v_frintp(1, ty, d, a) : a64_frintp(ty, d, a);
    default: return all ? a64_v_frintz(1, ty, d, a) : a64_frintz(ty, d, a);
    }
}

bool h_fs_round(struct tr *t, unsigned imm, unsigned sz, vreg d, vreg up, vreg a)
{
    bool also;
    vreg r;
    u32 w;

    if (a64_has.afp) {
        a = apart(t, d, up, a);
        if (d != up)
            h_vmov(t, d, up);
        r = d;
    } else {
        r = h_vtmp(t);
    }
    w = round_op(imm, false, type(sz), r, a, &also);
    if (also)
        tr_put(t, a64_frintx(type(sz), h_vtmp(t), a));
    tr_put(t, w);
    if (!a64_has.afp)
        put_low(t, sz, d, up, r);
    return true;
}

bool h_fv_round(struct tr *t, unsigned imm, unsigned sz, unsigned n, const vreg *d, const vreg *a)
{
    for (unsigned i = 0; i < n; i++) {
        bool also;
        u32 w = round_op(imm, true, type(sz), d[i], a[i], &also);

        if (also)
            tr_put(t, a64_v_frintx(1, type(sz), h_vtmp(t), a[i]));
        tr_put(t, w);
    }
    return true;
}

/* ---- conversions ---- */

void h_fs_cvt(struct tr *t, unsigned from, vreg d, vreg up, vreg a)
{
    unsigned ty = type(from);
    vreg r;

    if (a64_has.afp) {
        a = apart(t, d, up, a);
        if (d != up)
            h_vmov(t, d, up);
        tr_put(t, a64_fcvt(!ty, ty, d, a));
        return;
    }
    r = rest_zero(t, 12 - from, up) ? d : h_vtmp(t);
    tr_put(t, a64_fcvt(!ty, ty, r, a));
    if (r != d)
        put_low(t, 12 - from, d, up, r);
}

void h_fs_from_int(struct tr *t, unsigned sz, unsigned isz, vreg d, vreg up, hreg a)
{
    bool direct = a64_has.afp || rest_zero(t, sz, up);
    vreg r = direct ? d : h_vtmp(t);

    if (a64_has.afp && d != up)
        h_vmov(t, d, up);
    tr_put(t, a64_scvtf(isz == 8, type(sz), r, a));
    if (!direct)
        put_low(t, sz, d, up, r);
}

void h_f_to_int(struct tr *t, bool trunc, unsigned sz, unsigned isz, hreg d, vreg a)
{
    unsigned ty = type(sz), sf = isz == 8;
    vreg r = a;
    hreg x, before = 0;

    if (a64_has.frintts && !t->opt.fastround) {
        r = h_vtmp(t);
        if (sf)
            tr_put(t, trunc ? a64_frint64z(ty, r, a) : a64_frint64x(ty, r, a));
        else
            tr_put(t, trunc ? a64_frint32z(ty, r, a) : a64_frint32x(ty, r, a));
        tr_put(t, a64_fcvtzs(sf, ty, d, r));
        return;
    }
    if (!trunc) {
        r = h_vtmp(t);
        before = flags_before(t, !t->opt.fastround);
        tr_put(t, a64_frintx(ty, r, a));
    }
    if (t->opt.fastround) {
        tr_put(t, a64_fcvtzs(sf, ty, d, r));
        return;
    }
    x = h_tmp(t);
    tr_put(t, a64_fcvtzs(sf, ty, x, r));
    guard_flags(t, before);
    h_mov(t, isz, d, x);
}

void h_fv_from_int(struct tr *t, unsigned n, const vreg *d, const vreg *a)
{
    for (unsigned i = 0; i < n; i++)
        tr_put(t, a64_v_scvtf(1, 0, d[i], a[i]));
}

void h_fv_to_int(struct tr *t, bool trunc, unsigned n, const vreg *d, const vreg *a)
{
    bool exact = !t->opt.fastround, guarded = exact && !a64_has.frintts;
    hreg before = flags_before(t, guarded && !trunc);
    vreg r[2] = {0};

    for (unsigned i = 0; i < n; i++) {
        vreg s = a[i];

        r[i] = place(t, guarded, d[i]);
        if (exact && a64_has.frintts)
            tr_put(t, trunc ? a64_v_frint32z(1, 0, r[i], s) : a64_v_frint32x(1, 0, r[i], s));
        else if (!trunc)
            tr_put(t, a64_v_frintx(1, 0, r[i], s));
        if (!trunc || !(guarded || !exact))
            s = r[i];
        tr_put(t, a64_v_fcvtzs(1, 0, r[i], s));
    }
    if (guarded)
        guard_flags(t, before);
    commit(t, n, d, r);
}

void h_fv_widen(struct tr *t, bool from_int, bool high, vreg d, vreg a)
{
    if (!from_int) {
        tr_put(t, a64_v_fcvtl(high, 1, d, a));
        return;
    }
    tr_put(t, a64_v_sxtl(high, 2, d, a));
    tr_put(t, a64_v_scvtf(1, 1, d, d));
}

void h_fv_narrow(struct tr *t, unsigned n, vreg d, const vreg *a)
{
    for (unsigned i = 0; i < n; i++)
        tr_put(t, a64_v_fcvtn(i, 1, d, a[i]));
}

/* Element by element: only the scalar conversion to 32 bits says what does not fit. */
static void narrow_int_guarded(struct tr *t, bool trunc, unsigned n, vreg d, const vreg *a)
{
    vreg r = h_vtmp(t), s = h_vtmp(t), u = h_vtmp(t);
    hreg x = h_tmp(t), before = flags_before(t, !trunc);

    for (unsigned i = 0; i < n; i++) {
        vreg v = a[i];

        if (!trunc) {
            tr_put(t, a64_v_frintx(1, 1, s, v));
            v = s;
        }
        tr_put(t, a64_fcvtzs(0, 1, x, v));
        tr_put(t, i ? a64_v_ins_gpr(2, r, 2, x) : a64_fmov_from_gpr(0, r, x));
        tr_put(t, a64_sc_dup(3, u, v, 1));
        tr_put(t, a64_fcvtzs(0, 1, x, u));
        tr_put(t, a64_v_ins_gpr(2, r, 2 * i + 1, x));
    }
    guard_flags(t, before);
    h_vmov(t, d, r);
}

void h_fv_narrow_int(struct tr *t, bool trunc, unsigned n, vreg d, const vreg *a)
{
    bool exact = !t->opt.fastround;
    vreg r[2] = {0};

    if (exact && !a64_has.frintts) {
        narrow_int_guarded(t, trunc, n, d, a);
        return;
    }
    for (unsigned i = 0; i < n; i++) {
        r[i] = h_vtmp(t);
        if (exact)
            tr_put(t, trunc ? a64_v_frint32z(1, 1, r[i], a[i]) : a64_v_frint32x(1, 1, r[i], a[i]));
        else
            tr_put(t, trunc ? a64_v_frintz(1, 1, r[i], a[i]) : a64_v_frintx(1, 1, r[i], a[i]));
        tr_put(t, a64_v_fcvtzs(1, 1, r[i], r[i]));
    }
    for (unsigned i = 0; i < n; i++)
        tr_put(t, exact ? a64_v_xtn(i, 2, d, r[i]) : a64_v_sqxtn(i, 2, d, r[i]));
}

void h_fv_from_half(struct tr *t, bool high, vreg d, vreg a)
{
    tr_put(t, a64_v_fcvtl(high, 0, d, a));
}

void h_fv_to_half(struct tr *t, unsigned n, vreg d, const vreg *a)
{
    for (unsigned i = 0; i < n; i++)
        tr_put(t, a64_v_fcvtn(i, 0, d, a[i]));
}
