/*
 * test_thunks.c - generated thunks and callback handlers against the AMD64 ABI, written out by
 * hand; slots; the registry; bridges run by the interpreter. The functions under test are those of
 * shapes.sigs.
 */
#include <complex.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <wchar.h>

#include "harness.h"
#include "interp/interp.h"
#include "mem/mem.h"
#include "signal/signal.h"
#include "wrapped.h"
#include "wrapped_my.h"

static struct x86_cpu *c;
static gaddr stack, code;
static unsigned code_used;

/* ---- functions under test ---- */

static i64 seen[16];
static double seen_d[16];
static long double seen_ld[4];

i64 my_ints10(i32 a, u32 b, i64 d, i16 e, i8 f, u8 g, u16 h, i64 i, i32 j, i64 k)
{
    const i64 v[10] = {a, b, d, e, f, g, h, i, j, k};
    memcpy(seen, v, sizeof v);
    return -5;
}

double my_doubles10(double a, double b, double d, double e, double f, double g, double h, double i,
                    double j, double k)
{
    const double v[10] = {a, b, d, e, f, g, h, i, j, k};
    memcpy(seen_d, v, sizeof v);
    return 0.5;
}

double my_mixed(i32 a, double b, void *d, float e, i64 f, double g, i32 h, float i, i16 j, double k,
                i64 l, i32 m, i64 n)
{
    const i64 v[8] = {a, (i64)h2g(d), f, h, j, l, m, n};
    const double w[5] = {b, e, g, i, k};
    memcpy(seen, v, sizeof v);
    memcpy(seen_d, w, sizeof w);
    return -1.25;
}

long double my_extended(long double a, i32 b, long double d, double e)
{
    seen_ld[0] = a;
    seen_ld[1] = d;
    seen[0] = b;
    seen_d[0] = e;
    return a * 2 + d;
}

double _Complex my_complexes(double _Complex a, float _Complex b)
{
    return a + b;
}

long double _Complex my_complex_ld(long double _Complex a)
{
    return conjl(a);
}

struct br_SllE my_pair(struct br_SifE a, struct br_SddE b, struct br_SldE d)
{
    seen[0] = a.f0;
    seen_d[0] = a.f1;
    seen_d[1] = b.f0;
    seen_d[2] = b.f1;
    seen[1] = d.f0;
    seen_d[3] = d.f1;
    return (struct br_SllE){11, 22};
}

struct br_SlllE my_memory_struct(struct br_SlllE a, i32 b)
{
    return (struct br_SlllE){a.f2, a.f1, a.f0 + b};
}

struct br_SfffE my_floats_struct(struct br_SffffE a, struct br_SfE b)
{
    return (struct br_SfffE){a.f3, a.f2 + b.f0, a.f1};
}

i64 my_split_struct(i64 a, i64 b, i64 d, i64 e, i64 f, struct br_SllE s, i64 g)
{
    const i64 v[8] = {a, b, d, e, f, s.f0, s.f1, g};
    memcpy(seen, v, sizeof v);
    return 1;
}

i32 my_out_ld(double a, void *out)
{
    if (out)
        *(long double *)out = a / 4;
    return out != NULL;
}

br_f128 my_quad(br_f128 a, i32 b, br_f128 d)
{
    return a + d + b;
}

i8 my_byte(i32 a)
{
    return (i8)a;
}

u8 my_ubyte(i32 a)
{
    return (u8)a;
}

i16 my_half(i32 a)
{
    return (i16)a;
}

void my_nothing(void)
{
    seen[0]++;
}

typedef i32 add_fn(i32, i32);

void *my_give(void *f)
{
    return f;
}

i32 my_call_add(void *f, i32 a, i32 b)
{
    return ((add_fn *)(uintptr_t)f)(a, b);
}

double my_call_dadd(void *f, double a, double b)
{
    return ((double (*)(double, double))(uintptr_t)f)(a, b);
}

i64 my_call_many(void *f)
{
    return ((i64(*)(i32, i32, i32, i32, i32, i32, i64, double, i64))(uintptr_t)f)(1, 2, 3, 4, 5, 6,
                                                                                  700, 8.5, 9000);
}

i32 my_call_small(void *f)
{
    return ((u8(*)(i8, u16))(uintptr_t)f)(-3, 65535);
}

i32 my_call_hand(void *f, void *add)
{
    add_fn *back = (add_fn *)((void *(*)(void *))(uintptr_t)f)(add);
    return back(20, 3);
}

i32 my_old1(void)
{
    return 1;
}

i32 my_old2(void)
{
    return 2;
}

void raw_by_hand(struct x86_cpu *cpu, void *fn)
{
    seen[0] = fn == NULL;
    br_ret(cpu, 0xabc);
}

char my_shared[8] __attribute__((aligned(8))) = "shared!";

/* ---- calling them as a guest would ---- */

static const struct br_symbol *symbol(const char *name)
{
    for (unsigned i = 0; i < wrapped_shapes.nsyms; i++) {
        if (!strcmp(wrapped_shapes.syms[i].name, name))
            return &wrapped_shapes.syms[i];
    }
    printf("no row %s\n", name);
    exit(1);
}

static void call(const char *name)
{
    const struct br_symbol *s = symbol(name);
    s->thunk(c, s->my);
}

static const u8 int_reg[6] = {BR_RDI, BR_RSI, BR_RDX, BR_RCX, BR_R8, BR_R9};

/* Every register and the stack hold garbage, so that bits which do not belong to an argument show.
 */
static void reset(void)
{
    memset(c->gpr, 0xa5, 16 * 8);
    memset(c->vec, 0xa5, sizeof c->vec);
    memset(g2h(stack - 4096), 0xa5, 4096);
    memset(seen, 0, sizeof seen);
    memset(seen_d, 0, sizeof seen_d);
    c->gpr[BR_RSP] = stack - 1032; /* as after a call: 16n + 8 */
    c->fpu.top = 0;
    c->fpu.used = 0;
    c->rip = 0x1234;
}

static void arg(unsigned n, u64 v)
{
    c->gpr[int_reg[n]] = v;
}

static void stack_arg(unsigned off, const void *v, size_t n)
{
    memcpy(g2h(c->gpr[BR_RSP] + 8 + off), v, n);
}

static void stack_int(unsigned off, u64 v)
{
    stack_arg(off, &v, 8);
}

static void stack_ld(unsigned off, long double v)
{
    br_ld_put(g2h(c->gpr[BR_RSP] + 8 + off), v);
}

static long double st(unsigned i)
{
    return br_ld_get(&c->fpu.regs[(c->fpu.top + i) & 7]);
}

static void test_integers(void)
{
    static const i64 want[10] = {-1, 0xfffffffe, -3, -4, -5, 0xfa, 0xfff9, -8, -9, -10};

    reset();
    for (unsigned i = 0; i < 6; i++)
        arg(i, 0x5555555500000000ull | (u32)(-1 - (i32)i));
    arg(2, (u64)-3);
    for (unsigned i = 6; i < 10; i++)
        stack_int(8 * (i - 6), (u64)(-1 - (i64)i));
    st_u64(g2h(c->gpr[BR_RSP] + 8), 0xdeadbeef0000fff9ull);
    st_u32(g2h(c->gpr[BR_RSP] + 8 + 20), 0x77777777); /* above the i32 of argument 9 */
    call("ints10");
    for (unsigned i = 0; i < 10; i++)
        CHECK_EQ(seen[i], want[i]);
    CHECK_EQ(c->gpr[BR_RAX], -5ll);
    reset();
    arg(0, 0xfff);
    call("byte");
    CHECK_EQ((u32)c->gpr[BR_RAX], 0xffffffffu);
    call("ubyte");
    CHECK_EQ((u32)c->gpr[BR_RAX], 0xff);
    arg(0, 0x1fffe);
    call("half");
    CHECK_EQ((u32)c->gpr[BR_RAX], 0xfffffffeu);
    reset();
    call("nothing");
    CHECK_EQ(seen[0], 1);
}

static void test_floats(void)
{
    reset();
    for (unsigned i = 0; i < 10; i++) {
        double v = i + 0.25;
        if (i < 8)
            c->vec[i].df[0] = v;
        else
            stack_arg(8 * (i - 8), &v, 8);
    }
    call("doubles10");
    for (unsigned i = 0; i < 10; i++)
        CHECK(seen_d[i] == i + 0.25);
    CHECK(c->vec[0].df[0] == 0.5);

    reset(); /* i d p f l d i f h d l | i l: seven integer registers wanted, six there */
    arg(0, (u32)-1);
    arg(1, 0x1000);
    arg(2, (u64)-2);
    arg(3, (u32)-3);
    arg(4, (u16)-4);
    arg(5, (u64)-5);
    stack_int(0, (u32)-6);
    stack_int(8, (u64)-7);
    c->vec[0].df[0] = 1.5;
    c->vec[1].f[0] = 2.5f;
    c->vec[2].df[0] = 3.5;
    c->vec[3].f[0] = 4.5f;
    c->vec[4].df[0] = 5.5;
    call("mixed");
    CHECK_EQ(seen[0], -1ll);
    CHECK_EQ(seen[1], 0x1000);
    for (int i = 2; i < 8; i++)
        CHECK_EQ(seen[i], (i64)-i);
    for (int i = 0; i < 5; i++)
        CHECK(seen_d[i] == i + 1.5);
    CHECK(c->vec[0].df[0] == -1.25);
}

static void test_long_double(void)
{
    double third;

    reset();
    arg(0, 7);
    stack_ld(0, 1.5L);
    stack_ld(16, -0.25L);
    c->vec[0].df[0] = 9;
    call("extended");
    CHECK(seen_ld[0] == 1.5L && seen_ld[1] == -0.25L && seen[0] == 7 && seen_d[0] == 9);
    CHECK_EQ(c->fpu.top, 7);
    CHECK_EQ(c->fpu.used, 0x80);
    CHECK(st(0) == 2.75L);
    reset();
    stack_ld(0, 3);
    stack_ld(16, 4);
    call("complex_ld");
    CHECK(st(0) == 3 && st(1) == -4);
    CHECK_EQ(c->fpu.used, 0xc0);
    reset();
    c->vec[0].df[0] = 5;
    arg(0, stack - 2048);
    call("out_ld");
    CHECK(br_ld_get(g2h(stack - 2048)) == 1.25L);
    CHECK_EQ(ld_u16(g2h(stack - 2048 + 10)), 0xa5a5); /* 10 bytes are written, not 16 */
    arg(0, 0);
    call("out_ld");
    CHECK_EQ((u32)c->gpr[BR_RAX], 0);
    reset();
    br_f128 q = 1.25, r = 2.5;
    memcpy(&c->vec[0], &q, 16);
    memcpy(&c->vec[1], &r, 16);
    arg(0, 3);
    call("quad");
    third = (double)br_quad(&c->vec[0]);
    CHECK(third == 6.75);
}

static void test_structs(void)
{
    struct br_SifE a = {-7, 2.5f};
    struct br_SlllE m = {1, 2, 3};
    float f4[4] = {1, 2, 3, 4};

    reset(); /* {i f} mixes into one integer eightbyte; {l d} is one of each */
    memcpy(&c->gpr[BR_RDI], &a, 8);
    c->vec[0].df[0] = 1.5;
    c->vec[1].df[0] = 2.5;
    arg(1, 99);
    c->vec[2].df[0] = 3.5;
    call("pair");
    CHECK(seen[0] == -7 && seen_d[0] == 2.5 && seen_d[1] == 1.5 && seen_d[2] == 2.5 &&
          seen[1] == 99 && seen_d[3] == 3.5);
    CHECK(c->gpr[BR_RAX] == 11 && c->gpr[BR_RDX] == 22);

    reset();
    arg(0, stack - 2048);
    arg(1, 10);
    stack_arg(0, &m, sizeof m);
    call("memory_struct");
    CHECK_EQ(c->gpr[BR_RAX], stack - 2048);
    memcpy(&m, g2h(stack - 2048), sizeof m);
    CHECK(m.f0 == 3 && m.f1 == 2 && m.f2 == 11);

    reset();
    memcpy(&c->vec[0], f4, 8);
    memcpy(&c->vec[1], f4 + 2, 8);
    c->vec[2].f[0] = 10;
    call("floats_struct");
    CHECK(c->vec[0].f[0] == 4 && c->vec[0].f[1] == 13 && c->vec[1].f[0] == 2);

    reset(); /* one register is left for a struct of two: all of it goes to the stack, what follows
                still gets the register */
    for (unsigned i = 0; i < 6; i++)
        arg(i, i + 1);
    stack_int(0, 70);
    stack_int(8, 80);
    call("split_struct");
    CHECK(seen[4] == 5 && seen[5] == 70 && seen[6] == 80 && seen[7] == 6);

    reset();
    c->vec[0].df[0] = 1;
    c->vec[1].df[0] = 2;
    c->vec[2].f[0] = 10;
    c->vec[2].f[1] = 20;
    call("complexes");
    CHECK(c->vec[0].df[0] == 11 && c->vec[1].df[0] == 22);
}

/* ---- variable arguments ---- */

static void test_formats(void)
{
    static const wchar_t wide[] = L"%ls-%d";
    char out[256], in[] = "5 2.5 7.25 word 0x10";
    const struct br_symbol *s = symbol("format");
    int a = 0, x = 0;
    double d = 0;
    long double guest_ld;
    char word[16];

    reset();
    arg(0, h2g(out));
    arg(1, sizeof out);
    arg(2, h2g("%d %f %s %Lf %ld %g %d %Lg %c"));
    arg(3, (u32)-5);
    arg(4, h2g("str"));
    arg(5, 1ull << 40);
    c->vec[0].df[0] = 1.5;
    c->vec[1].df[0] = 0.25;
    stack_int(0,
              0); /* padding: long double is aligned to 16 in the argument area, which starts so */
    stack_ld(0, 2.5L);
    stack_int(16, 77);
    stack_ld(32, -8.5L);
    stack_int(48, 'z');
    s->thunk(c, (void *)vsnprintf);
    CHECK_STR(out, "-5 1.500000 str 2.500000 1099511627776 0.25 77 -8.5 z");
    CHECK_EQ(c->gpr[BR_RAX], strlen(out));

    reset();
    arg(0, h2g(out));
    arg(1, sizeof out);
    arg(2, h2g("%3$s %1$*2$d %4$.1f%% %3$s"));
    arg(3, 42);
    arg(4, 5);
    arg(5, h2g("pos"));
    c->vec[0].df[0] = 9.75;
    s->thunk(c, (void *)vsnprintf);
    CHECK_STR(out, "pos    42 9.8% pos");

    struct guest_va_list va = {48, 176, stack - 2048, 0}; /* everything from the overflow area */
    reset();
    st_u64(g2h(stack - 2048), 3);
    memcpy(g2h(stack - 2040), &(double){4.5}, 8);
    arg(0, h2g(out));
    arg(1, sizeof out);
    arg(2, h2g("%d %.1f"));
    arg(3, h2g(&va));
    symbol("vformat")->thunk(c, (void *)vsnprintf);
    CHECK_STR(out, "3 4.5");

    wchar_t wout[32];
    reset();
    arg(0, h2g(wout));
    arg(1, 32);
    arg(2, h2g(wide));
    arg(3, h2g(L"w"));
    arg(4, 6);
    symbol("wformat")->thunk(c, (void *)vswprintf);
    CHECK(!wcscmp(wout, L"w-6"));

    reset();
    memset(&guest_ld, 0xa5, sizeof guest_ld);
    arg(0, h2g(in));
    arg(1, h2g("%d %lf %Lf %15s %i"));
    arg(2, h2g(&a));
    arg(3, h2g(&d));
    arg(4, h2g(&guest_ld));
    arg(5, h2g(word));
    stack_int(0, h2g(&x));
    symbol("scan")->thunk(c, (void *)vsscanf);
    CHECK_EQ(c->gpr[BR_RAX], 5);
    CHECK(a == 5 && d == 2.5 && br_ld_get(&guest_ld) == 7.25L && x == 16);
    CHECK_STR(word, "word");
}

/* ---- long double formats ---- */

static u64 random64(void)
{
    static u64 s = 88172645463325252ull;
    s ^= s << 13;
    s ^= s >> 7;
    return s ^= s << 17;
}

static void check_f80(u64 m, u16 se, u64 want_m, u16 want_se)
{
    u64 m2;
    u16 se2;

    br_f128_to_f80(br_f80_to_f128(m, se), &m2, &se2);
    CHECK_EQ(m2, want_m);
    CHECK_EQ(se2, want_se);
}

static void check_f128(u64 hi, u64 lo, u64 m, u16 se)
{
    u64 m2;
    u16 se2;

    br_f128_to_f80((u128)hi << 64 | lo, &m2, &se2);
    CHECK_EQ(m2, m);
    CHECK_EQ(se2, se);
}

static void test_f80_f128(void)
{
    for (int i = 0; i < 20000; i++) { /* every number survives the way there and back */
        u16 se = (u16)random64();
        u64 m = random64();
        if ((se & 0x7fff) == 0x7fff)
            continue;
        m = se & 0x7fff ? m | 1ull << 63 : m & ~(1ull << 63);
        check_f80(m, se, m, se);
    }
    check_f80(1ull << 63, 0x7fff, 1ull << 63, 0x7fff);              /* infinity */
    check_f80(3ull << 62 | 5, 0xffff, 3ull << 62 | 5, 0xffff);      /* quiet NaN, payload kept */
    check_f80(1ull << 63 | 1, 0x7fff, 3ull << 62 | 1, 0x7fff);      /* signalling: becomes quiet */
    check_f80(1ull << 63, 0, 1ull << 63, 1);                        /* pseudo-denormal */
    check_f80(1, 5, 3ull << 62, 0xffff);                            /* unnormal: invalid */
    check_f80(1, 0x8000, 1, 0x8000);                                /* smallest denormal */
    check_f128(0x3fff000000000000, 0, 1ull << 63, 0x3fff);          /* 1.0 */
    check_f128(0x3fff000000000000, 1ull << 48, 1ull << 63, 0x3fff); /* tie to even: down */
    check_f128(0x3fff000000000000, 3ull << 48, 1ull << 63 | 2, 0x3fff); /* tie to even: up */
    check_f128(0x3fff000000000000, (1ull << 48) + 1, 1ull << 63 | 1, 0x3fff);
    check_f128(0x3fffffffffffffff, ~0ull, 1ull << 63, 0x4000); /* carry into the exponent */
    check_f128(0x7ffeffffffffffff, ~0ull, 1ull << 63, 0x7fff); /* overflow to infinity */
    check_f128(0x0000ffffffffffff, ~0ull, 1ull << 63, 1); /* largest denormal rounds to normal */
    check_f128(0, 1ull << 48, 0, 0);                      /* half the smallest: to even */
    check_f128(0, (1ull << 48) + 1, 1, 0);
}

#if __LDBL_MANT_DIG__ == 64
/* The compiler's own conversions judge ours where the host has both formats. */
static void test_f128_judge(void)
{
    for (int i = 0; i < 20000; i++) {
        u128 bits = (u128)random64() << 64 | random64();
        br_f128 q;
        long double l;
        u64 m, m2;
        u16 se, se2;

        if (((u32)(bits >> 112) & 0x7fff) == 0x7fff)
            continue;
        memcpy(&q, &bits, 16);
        l = (long double)q;
        br_ld_split(l, &m, &se);
        br_f128_to_f80(bits, &m2, &se2);
        CHECK_EQ(m2, m);
        CHECK_EQ(se2, se);
    }
}
#endif

/* ---- guest code ---- */

static gaddr put(const void *bytes, unsigned n)
{
    gaddr a = code + code_used;
    memcpy(g2h(a), bytes, n);
    code_used += (n + 15) & ~15u;
    return a;
}

/* mov eax, k; add eax, edi; add eax, esi; ret */
static gaddr add_const(u32 k)
{
    u8 b[] = {0xb8, (u8)k, (u8)(k >> 8), (u8)(k >> 16), (u8)(k >> 24),
              0x01, 0xf8,  0x01,         0xf0,          0xc3};
    return put(b, sizeof b);
}

static void test_callbacks(void)
{
    static const u8 dadd[] = {0xf2, 0x0f, 0x58, 0xc1, 0xc3}; /* addsd xmm0, xmm1; ret */
    static const u8 many[] = {0x48, 0x8b, 0x44, 0x24, 0x08, 0x48, 0x03, 0x44, /* mov rax, [rsp+8] */
                              0x24, 0x10, 0xf2, 0x48, 0x0f, 0x2c, 0xd0, 0x48,
                              0x01, 0xd0, 0x4c, 0x01, /* add rax, [rsp+16] */
                              0xc8, 0xc3}; /* cvttsd2si rdx, xmm0; add rax, rdx; add rax, r9; ret */
    static const u8 small[] = {0x8d, 0x04, 0x37, 0xc3}; /* lea eax, [rdi+rsi]; ret */
    static const u8 hand[] = {0x48, 0x89, 0xf8, 0xc3};  /* mov rax, rdi; ret */
    gaddr f = add_const(1000), rsp;

    reset();
    rsp = c->gpr[BR_RSP];
    c->gpr[BR_RBX] = 0x1111;
    arg(0, f);
    arg(1, 20);
    arg(2, 3);
    call("call_add");
    CHECK_EQ((u32)c->gpr[BR_RAX], 1023);
    CHECK_EQ(c->gpr[BR_RSP], rsp);
    CHECK_EQ(c->gpr[BR_RBX], 0x1111);
    CHECK_EQ(c->rip, 0x1234);
    CHECK_EQ(interp_depth(c), 0);
    reset();
    arg(0, put(dadd, sizeof dadd));
    c->vec[0].df[0] = 1.25;
    c->vec[1].df[0] = 2;
    call("call_dadd");
    CHECK(c->vec[0].df[0] == 3.25);
    reset();
    arg(0, put(many, sizeof many));
    call("call_many");
    CHECK_EQ(c->gpr[BR_RAX], 9714);
    reset();
    arg(0, put(small, sizeof small));
    call("call_small"); /* -3 + 65535, one byte of it */
    CHECK_EQ((u32)c->gpr[BR_RAX], 0xfc);
    reset(); /* a callback that gets and gives function pointers: our own stub comes back as the
                guest's */
    arg(0, put(hand, sizeof hand));
    arg(1, f);
    call("call_hand");
    CHECK_EQ((u32)c->gpr[BR_RAX], 1023);
    reset();
    arg(0, f);
    call("give");
    CHECK_EQ(c->gpr[BR_RAX], f);
    arg(0, 0);
    call("give");
    CHECK_EQ(c->gpr[BR_RAX], 0);
}

/* More functions than there are static stubs; each is reached, found again, and led back to. */
static void test_slots(void)
{
    enum { N = 5000 };
    static void *native[N];
    static gaddr fn[N];
    unsigned before = br_slot_count(), wrong = 0;

    for (u32 i = 0; i < N; i++) {
        fn[i] = add_const(i * 3);
        native[i] = br_callback(fn[i], &cbt_add);
        wrong += !native[i];
    }
    CHECK_EQ(br_slot_count(), before + N);
    CHECK(before + N > BR_STATIC_SLOTS + 1000);
    for (u32 i = 0; i < N; i += 7) {
        wrong += br_callback(fn[i], &cbt_add) != native[i];
        wrong += br_slot_guest(native[i]) != fn[i];
        wrong += ((add_fn *)(uintptr_t)native[i])(5, -2) != (i32)(i * 3 + 3);
    }
    CHECK_EQ(wrong, 0);
    CHECK_EQ(br_slot_count(), before + N);
    CHECK(br_callback(fn[0], &cbt_small) != native[0]); /* another type is another pointer */
    CHECK(br_callback(0, &cbt_add) == NULL);
    CHECK_EQ(br_slot_guest((void *)test_slots), 0);
}

/* ---- bridges and the registry ---- */

static u64 run_guest(gaddr at, u64 a, u64 b)
{
    u64 args[2] = {a, b};
    return br_call_guest(at, 2, args);
}

/* shapes.sigs: rows are of VERS_2 where they do not say another; VERS_3 is the last one. */
static void test_versions(struct br_loaded *l)
{
    struct br_value w;

    CHECK(br_lib_symbol(l, "old", "VERS_1", true, &w) && run_guest(w.addr, 0, 0) == 1);
    CHECK(br_lib_symbol(l, "old", "VERS_2", true, &w) && run_guest(w.addr, 0, 0) == 2);
    CHECK(br_lib_symbol(l, "old", NULL, false, &w) && run_guest(w.addr, 0, 0) == 2);
    CHECK(!br_lib_symbol(l, "old", "VERS_3", false, &w));
    CHECK(!br_lib_symbol(l, "call_add", "VERS_1", false, &w));
    CHECK(!br_lib_symbol(l, "call_add", "VERS_", false, &w));
    CHECK(!br_lib_symbol(l, "call_add", "ANY", false, &w));
    CHECK(br_lib_symbol(l, "alias", "VERS_3", true, &w));
    CHECK(br_lib_symbol(l, "alias", "VERS_1", true, &w));
    CHECK(!br_lib_symbol(l, "alias", "VERS_2", true, &w));
    CHECK(!br_lib_symbol(l, "by_hand", "VERS_2", false, &w));
    CHECK(br_lib_symbol(l, "by_hand", NULL, false, &w));
    /* Later than all the rows know: the default serves a program, not dlvsym. */
    CHECK(br_lib_symbol(l, "call_add", "VERS_3.1", false, &w));
    CHECK(br_lib_symbol(l, "call_add", "VERS_20", false, &w));
    CHECK(!br_lib_symbol(l, "call_add", "VERS_20", true, &w));
    CHECK(!br_lib_symbol(l, "call_add", "VERS_2.9", false, &w));
    CHECK(!br_lib_symbol(l, "call_add", "OTHER_20", false, &w));
}

static void test_bridges(void)
{
    struct br_loaded *l = br_lib_open("libshapes.so"), *l2 = br_lib_open("libshapes.so.1");
    struct br_value v, w;
    const char *name;
    void *fn;
    gaddr strange;

    CHECK(l && l2);
    CHECK_STR(br_lib_soname(l), "libshapes.so");
    CHECK(!br_lib_open("libnope.so.1"));
    CHECK(br_lib_symbol(l, "call_add", NULL, false, &v));
    CHECK(br_lib_symbol(l2, "call_add", "VERS_2", true, &w));
    CHECK_EQ(v.addr, w.addr);
    CHECK_EQ(v.addr % 32, 0);
    CHECK_EQ(v.kind, BR_FUNC);
    CHECK_EQ(ld_u32(g2h(v.addr)), 0xc34353cc); /* CC 'S' 'C' C3 */
    CHECK(br_is_bridge(v.addr, &fn, &name) && fn == (void *)my_call_add);
    CHECK_STR(name, "call_add");
    CHECK(!br_is_bridge(v.addr + 1, NULL, NULL));
    CHECK(br_unwrap(v.addr) == (void *)my_call_add);
    CHECK(!br_lib_symbol(l, "no_row", NULL, false, &w));
    CHECK(!br_lib_symbol(l, "absent", NULL, false, &w));
    CHECK(br_lib_symbol(l, "alias", NULL, false, &w) && run_guest(w.addr, h2g("four"), 0) == 4);
    test_versions(l);
    CHECK(br_lib_symbol(l, "by_hand", NULL, false, &w) && run_guest(w.addr, 0, 0) == 0xabc &&
          seen[0] == 1);
    CHECK(br_unwrap(w.addr) == NULL);
    CHECK(br_lib_symbol(l, "shared", NULL, false, &w) && w.kind == BR_DATA &&
          w.addr == h2g(my_shared) && w.size == 8);
    CHECK_EQ(br_bridge(symbol("by_hand")->thunk, seen, "x"),
             br_bridge(symbol("by_hand")->thunk, seen, "y"));

    /* The bytes of a bridge elsewhere are a plain breakpoint. */
    strange = put(g2h(v.addr), 32);
    c->rip = strange + 1;
    CHECK(!br_int3(c));
    CHECK(br_int3((c->rip = v.addr + 2, c)) == false);
    /* A guest callback through a bridge's own address is the native function itself. */
    br_lib_symbol(l, "byte", NULL, false, &w);
    CHECK(br_callback(w.addr, &cbt_small) == (void *)my_byte);
}

static i32 native_add(i32 a, i32 b)
{
    return a + b;
}

/* A native function in the guest's hands: can be called, is always the same one, and comes back. */
static void test_native_functions(void)
{
    gaddr fn = add_const(7), a = br_guest_function((void *)native_add, &cbt_add);

    CHECK_EQ(run_guest(a, 40, 2), 42);
    CHECK_EQ(br_guest_function((void *)native_add, &cbt_add), a);
    CHECK(br_callback(a, &cbt_add) == (void *)native_add);
    CHECK_EQ(br_guest_function(br_callback(fn, &cbt_add), &cbt_add), fn);
    CHECK_EQ(br_guest_function(NULL, &cbt_add), 0);
}

/* ---- the engine around it ---- */

static void no_exception(struct x86_cpu *cpu)
{
    printf("guest exception %u at %llx\n", cpu->exc.vec, (unsigned long long)cpu->rip);
    exit(1);
}

static gaddr fetch(struct x86_cpu *cpu, gaddr pc, bool *checked)
{
    (void)cpu;
    return mem_fetch(pc, checked);
}

static const struct x86_env env = {
    .bridge = br_int3,
    .exception = no_exception,
    .interrupt = sig_interrupt,
    .fetch = fetch,
};

int main(void)
{
    const unsigned size = 1 << 20;

    if (mem_init() || interp_init() || thr_init(&env) || sig_init() || br_init())
        return 1;
    br_register(wrapped_libs, wrapped_lib_count);
    c = &thr_self()->cpu;
    stack =
        (gaddr)mem_mmap(0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) + size;
    code = (gaddr)mem_mmap(0, size, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
                           -1, 0);
    RUN(test_integers);
    RUN(test_floats);
    RUN(test_long_double);
    RUN(test_structs);
    RUN(test_formats);
    RUN(test_f80_f128);
#if __LDBL_MANT_DIG__ == 64
    RUN(test_f128_judge);
#endif
    RUN(test_callbacks);
    RUN(test_slots);
    RUN(test_bridges);
    RUN(test_native_functions);
    return harness_done();
}
