/*
 * test_flags.c - lazy flags and the bodies of alu.h against the definitions: every pair of bytes,
 * random wider values. The reference computes each flag from exact integers or bit by bit, not by
 * the formulas of flags.c.
 */
#include "harness.h"
#include "interp/alu.h"
#include "rng.h"

static struct x86_cpu cpu;

static i128 as_signed(u64 v, unsigned size)
{
    u128 top = (u128)1 << (8 * size);

    return v >> (8 * size - 1) & 1 ? (i128)v - (i128)top : (i128)v;
}

static u32 ref_szp(u64 r, unsigned size)
{
    unsigned ones = 0;

    for (unsigned i = 0; i < 8; i++)
        ones += r >> i & 1;
    return (ones % 2 ? 0 : X86_PF) | (r ? 0 : X86_ZF) | (r >> (8 * size - 1) & 1 ? X86_SF : 0);
}

/*
 * a + b + cf or a - b - cf: carry when the exact unsigned result leaves the range, overflow when
 * the exact signed one does.
 */
static u32 ref_arith(bool sub, unsigned size, u64 a, u64 b, unsigned cf, u64 *r)
{
    i128 u = sub ? (i128)a - b - cf : (i128)a + b + cf;
    i128 s = sub ? as_signed(a, size) - as_signed(b, size) - cf
                 : as_signed(a, size) + as_signed(b, size) + cf;
    i128 low = sub ? (i128)(a & 15) - (i128)(b & 15) - cf : (i128)(a & 15) + (i128)(b & 15) + cf;
    i128 top = (i128)1 << (8 * size);
    u32 f = 0;

    *r = zext((u64)u, size);
    if (u < 0 || u >= top)
        f |= X86_CF;
    if (s < -(top >> 1) || s >= top >> 1)
        f |= X86_OF;
    if (low < 0 || low > 15)
        f |= X86_AF;
    return f | ref_szp(*r, size);
}

/* All ways to ask agree with the flags wanted. */
static void expect(const char *what, unsigned size, u64 a, u64 b, u64 r, u64 want_r, u32 want)
{
    u32 peek = x86_flags_peek(&cpu) & X86_OSZAPC;
    unsigned cf = x86_cf(&cpu);
    bool ok = r == want_r && peek == want && cf == (want & X86_CF);

    for (unsigned cc = 0; cc < 16; cc++) {
        struct x86_cpu copy = {.lf = cpu.lf, .eflags = cpu.eflags};

        ok &= x86_cond(&copy, cc) == x86_cond_flags(want, cc);
    }
    ok &= (x86_flags_get(&cpu) & X86_OSZAPC) == want && !cpu.lf.kind;
    harness_checks++;
    if (!ok && ++harness_failed < 20)
        printf("%s/%u %llx %llx: r %llx want %llx, flags %x want %x\n", what, size,
               (unsigned long long)a, (unsigned long long)b, (unsigned long long)r,
               (unsigned long long)want_r, peek, want);
}

static void check_pair(unsigned size, u64 a, u64 b)
{
    u64 want_r, r;
    u32 want;

    want = ref_arith(false, size, a, b, 0, &want_r);
    r = alu_add(&cpu.lf, size, a, b);
    expect("add", size, a, b, r, want_r, want);
    want = ref_arith(true, size, a, b, 0, &want_r);
    r = alu_sub(&cpu.lf, size, a,
                b | (size < 8 ? ~0ull << (8 * size) : 0)); /* garbage above b is ignored */
    expect("sub", size, a, b, r, want_r, want);
    for (unsigned cf = 0; cf < 2; cf++) {
        want = ref_arith(false, size, a, b, cf, &want_r);
        r = alu_adc(&cpu.lf, size, a, b, cf);
        expect("adc", size, a, b, r, want_r, want);
        want = ref_arith(true, size, a, b, cf, &want_r);
        r = alu_sbb(&cpu.lf, size, a, b, cf);
        expect("sbb", size, a, b, r, want_r, want);
    }
    r = alu_and(&cpu.lf, size, a, b);
    expect("and", size, a, b, r, a & b, ref_szp(a & b, size));
    r = alu_or(&cpu.lf, size, a, b);
    expect("or", size, a, b, r, a | b, ref_szp(a | b, size));
    r = alu_xor(&cpu.lf, size, a, b);
    expect("xor", size, a, b, r, a ^ b, ref_szp(a ^ b, size));
}

static void check_one(unsigned size, u64 a)
{
    u64 want_r, r;
    u32 want;

    for (unsigned cf = 0; cf < 2; cf++) {
        want = (ref_arith(false, size, a, 1, 0, &want_r) & ~(u32)X86_CF) | cf;
        r = alu_inc(&cpu.lf, size, a, cf);
        expect("inc", size, a, cf, r, want_r, want);
        want = (ref_arith(true, size, a, 1, 0, &want_r) & ~(u32)X86_CF) | cf;
        r = alu_dec(&cpu.lf, size, a, cf);
        expect("dec", size, a, cf, r, want_r, want);
    }
    want = ref_arith(true, size, 0, a, 0, &want_r);
    r = alu_neg(&cpu.lf, size, a);
    expect("neg", size, a, 0, r, want_r, want);
}

/* Shifts and rotates bit by bit. Only defined flags: OF for a count of 1. */
enum kind { SHL, SHR, SAR, ROL, ROR, RCL, RCR };

static u64 ref_step(enum kind k, unsigned size, u64 a, unsigned *cf)
{
    u64 top = 1ull << (8 * size - 1);
    unsigned out = k == SHL || k == ROL || k == RCL ? (a & top) != 0 : a & 1, in = 0;

    if (k == SAR)
        in = (a & top) != 0;
    else if (k == ROL || k == ROR)
        in = out;
    else if (k == RCL || k == RCR)
        in = *cf;
    *cf = out;
    if (k == SHL || k == ROL || k == RCL)
        return zext(a << 1, size) | in;
    return a >> 1 | (in ? top : 0);
}

static void check_shift(enum kind k, unsigned size, u64 a, unsigned count, unsigned cf_in)
{
    static const char *const names[] = {"shl", "shr", "sar", "rol", "ror", "rcl", "rcr"};
    unsigned n = count & (size == 8 ? 63 : 31), cf = cf_in;
    struct x86_lazy lf = {0};
    u64 want = a, r = 0;
    u32 oc = ALU_KEEP, of, flags = 0;

    for (unsigned i = 0; i < n; i++)
        want = ref_step(k, size, want, &cf);
    of = ((want ^ a) >> (8 * size - 1) & 1) * X86_OF;
    switch (k) {
    case SHL: r = alu_shl(&lf, size, a, count); break;
    case SHR: r = alu_shr(&lf, size, a, count); break;
    case SAR: r = alu_sar(&lf, size, a, count); break;
    case ROL: r = alu_rol(&oc, size, a, count); break;
    case ROR: r = alu_ror(&oc, size, a, count); break;
    case RCL: r = alu_rcl(&oc, size, a, count, cf_in); break;
    case RCR: r = alu_rcr(&oc, size, a, count, cf_in); break;
    }
    harness_checks++;
    if (k <= SAR) {
        flags = lf.kind ? x86_flags_compute(&lf) : ~0u;
        if (n && (flags & (X86_SF | X86_ZF | X86_PF)) != ref_szp(want, size))
            r = ~want;
    } else {
        flags = oc;
    }
    /*
     * CF after SHL/SHR by more than the width is undefined for bytes and words; a whole turn of
     * RCL/RCR keeps it.
     */
    if (r != want || (n && flags != ALU_KEEP && n <= 8 * size && (flags & X86_CF) != cf) ||
        (n == 1 && (flags & X86_OF) != of) || (!n && flags != ~0u) ||
        (flags == ALU_KEEP && cf != cf_in)) {
        if (++harness_failed < 20)
            printf("%s/%u %llx by %u: %llx want %llx, flags %x, want CF %u\n", names[k], size,
                   (unsigned long long)a, count, (unsigned long long)r, (unsigned long long)want,
                   flags, cf);
    }
}

static void check_mul(unsigned size, u64 a, u64 b)
{
    i128 p = as_signed(a, size) * as_signed(b, size), half = (i128)1 << (8 * size - 1);
    bool over = p < -half || p >= half;
    u64 r = alu_imul2(&cpu.lf, size, a, b);

    CHECK(r == zext((u64)p, size));
    CHECK((x86_flags_get(&cpu) & (X86_CF | X86_OF)) == (over ? X86_CF | X86_OF : 0));
}

static void test_bytes(void)
{
    for (unsigned a = 0; a < 256; a++) {
        for (unsigned b = 0; b < 256; b++) {
            check_pair(1, a, b);
            check_mul(1, a, b);
        }
        check_one(1, a);
    }
}

static u64 odd_value(struct rng *g, unsigned size)
{
    static const u64 edges[] = {0,
                                1,
                                2,
                                15,
                                16,
                                127,
                                128,
                                0x7fff,
                                0x8000,
                                0x7fffffff,
                                0x80000000,
                                0x7fffffffffffffff,
                                0x8000000000000000,
                                ~0ull,
                                ~1ull,
                                0xffffffff,
                                0xffff};
    u64 v = rng_u64(g);

    return zext(v % 3 ? edges[(v >> 8) % ARRAY_SIZE(edges)] + (v % 5 - 2) * (v % 2) : rng_u64(g),
                size);
}

static void test_wide(void)
{
    struct rng g = {1};

    for (unsigned i = 0; i < 60000; i++) {
        unsigned size = 2u << i % 3;

        check_pair(size, odd_value(&g, size), odd_value(&g, size));
        check_one(size, odd_value(&g, size));
        check_mul(size, odd_value(&g, size), odd_value(&g, size));
    }
}

static void test_shifts(void)
{
    struct rng g = {2};

    for (unsigned k = SHL; k <= RCR; k++) {
        for (unsigned size = 1; size <= 8; size *= 2) {
            for (unsigned count = 0; count < 256; count++) {
                for (unsigned i = 0; i < 8; i++)
                    check_shift((enum kind)k, size, odd_value(&g, size), count, i & 1);
            }
        }
    }
}

/* Writers of some flags keep the others, and what is not lazy survives. */
static void test_put(void)
{
    x86_flags_set(&cpu, X86_DF | X86_IF | X86_ID);
    alu_sub(&cpu.lf, 4, 1, 2);
    x86_flags_put(&cpu, X86_CF | X86_DF, 0);
    CHECK_EQ(x86_flags_get(&cpu), X86_IF | X86_ID | 2 | X86_SF | X86_AF | X86_PF);
    x86_cpu_init(&cpu, NULL);
    CHECK_EQ(x86_flags_get(&cpu), 0x202);
    CHECK_EQ(cpu.fpu.cw, 0x37f);
    CHECK_EQ(cpu.mxcsr, 0x1f80);
}

int main(void)
{
    RUN(test_bytes);
    RUN(test_wide);
    RUN(test_shifts);
    RUN(test_put);
    return harness_done();
}
