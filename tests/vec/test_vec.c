/*
 * test_vec.c - known answers for the vector operations: FIPS-197, FIPS 180-4, string compares,
 * masks, state saving, faults. Each case assembles one instruction from (prefix, map, opcode,
 * operands), runs it with interp_step and looks at the guest CPU.
 */
#include <stdlib.h>
#include <sys/mman.h>

#include "guest_fault.h"
#include "harness.h"
#include "interp/interp.h"
#include "x86/flags.h"

enum { PAGE = 4096 };
enum { M0F, M38, M3A };
enum { NP, P66, PF3, PF2 };

static struct x86_cpu *cpu;
static u8 *code, *data; /* data: one page, the next one is not mapped */
static struct x86_exc seen;

static void env_exception(struct x86_cpu *c)
{
    seen = c->exc;
    interp_leave(c);
}

static gaddr env_fetch(struct x86_cpu *c, gaddr pc, bool *checked)
{
    (void)c;
    *checked = false;
    return pc >= h2g(code) && pc < h2g(code) + PAGE ? h2g(code) + PAGE : 0;
}

static const struct x86_env env = {.exception = env_exception, .fetch = env_fetch};

/* Runs the n bytes as one instruction; returns the exception, X86_EXC_NONE if there was none. */
static unsigned run(const u8 *bytes, unsigned n)
{
    memcpy(code, bytes, n);
    interp_invalidate(h2g(code), h2g(code) + PAGE);
    seen = (struct x86_exc){.vec = X86_EXC_NONE};
    cpu->rip = h2g(code);
    interp_step(cpu);
    if (seen.vec == X86_EXC_NONE)
        CHECK_EQ(cpu->rip, h2g(code) + n);
    return seen.vec;
}

/* modrm: mod 3 with register rm, or mod 0 with base rm (RBX = 3 holds the data address). */
static u8 modrm(bool mem, unsigned reg, unsigned rm)
{
    return (u8)((mem ? 0 : 0xc0) | reg << 3 | rm);
}

static unsigned put_prefix(u8 *b, unsigned pp)
{
    static const u8 byte[4] = {0, 0x66, 0xf3, 0xf2};

    b[0] = byte[pp];
    return pp ? 1 : 0;
}

static unsigned sse(unsigned pp, unsigned map, unsigned op, bool mem, unsigned reg, unsigned rm,
                    unsigned imm)
{
    u8 b[16];
    unsigned n = put_prefix(b, pp);

    b[n++] = 0x0f;
    if (map != M0F)
        b[n++] = map == M38 ? 0x38 : 0x3a;
    b[n++] = (u8)op;
    b[n++] = modrm(mem, reg, rm);
    if (imm < 256)
        b[n++] = (u8)imm;
    return run(b, n);
}

#define NOIMM 256
#define RR(pp, map, op, reg, rm) sse(pp, map, op, false, reg, rm, NOIMM)
#define RRI(pp, map, op, reg, rm, imm) sse(pp, map, op, false, reg, rm, imm)
#define RM(pp, map, op, reg) sse(pp, map, op, true, reg, X86_RBX, NOIMM)

/* Three-byte VEX; l: 0 or 1. */
static unsigned vex(unsigned pp, unsigned map, unsigned w, unsigned l, unsigned op, bool mem,
                    unsigned reg, unsigned v, unsigned rm, unsigned imm)
{
    u8 b[16] = {0xc4, (u8)(0xe0 | (map + 1)), (u8)(w << 7 | (~v & 15) << 3 | l << 2 | pp), (u8)op,
                modrm(mem, reg, rm)};

    b[5] = (u8)imm;
    return run(b, imm < 256 ? 6 : 5);
}

static void reset(void)
{
    if (cpu) {
        interp_thread_exit(cpu);
        free(cpu);
    }
    cpu = aligned_alloc(32, (sizeof *cpu + 31) & ~31ul);
    x86_cpu_init(cpu, &env);
    interp_thread_init(cpu);
    cpu->gpr[X86_RBX] = h2g(data);
    memset(data, 0, PAGE);
}

static void hex(void *out, const char *text)
{
    u8 *p = out;

    for (; *text; text += 2) {
        unsigned v = 0;

        sscanf(text, "%2x", &v);
        *p++ = (u8)v;
    }
}

static bool is_hex(const void *p, const char *text)
{
    u8 want[64];

    hex(want, text);
    return !memcmp(p, want, strlen(text) / 2);
}

/* ---- AES ---- */

static u8 gf_mul(unsigned a, unsigned b)
{
    unsigned r = 0;

    for (; b; b >>= 1) {
        r ^= b & 1 ? a : 0;
        a = a << 1 ^ (a & 0x80 ? 0x11b : 0);
    }
    return (u8)r;
}

/* FIPS-197 5.1.1 from its definition. */
static u8 sbox_by_definition(unsigned x)
{
    unsigned inv = 0, r = 0;

    for (unsigned y = 1; y < 256; y++)
        if (gf_mul(x, y) == 1)
            inv = y;
    for (unsigned i = 0; i < 8; i++) {
        unsigned bit = inv >> i ^ inv >> (i + 4) % 8 ^ inv >> (i + 5) % 8 ^ inv >> (i + 6) % 8 ^
                       inv >> (i + 7) % 8;

        r |= ((bit ^ 0x63 >> i) & 1) << i;
    }
    return (u8)r;
}

static void test_aes_sbox(void)
{
    reset();
    for (unsigned x = 0; x < 256; x++) {
        u8 s = sbox_by_definition(x);

        memset(&cpu->vec[1], (int)x, 16);
        RRI(P66, M3A, 0xdf, 0, 1, 0); /* aeskeygenassist xmm0, xmm1, 0 */
        CHECK_EQ(cpu->vec[0].b[0], s);
        memset(&cpu->vec[2], s, 16);
        memset(&cpu->vec[3], 0, 16);
        RR(P66, M38, 0xdf, 2, 3); /* aesdeclast xmm2, xmm3 */
        CHECK_EQ(cpu->vec[2].b[5], x);
    }
}

/* The AES-128 schedule by AESKEYGENASSIST, as a program does it. */
static void aes_schedule(union x86_vec keys[11])
{
    static const u8 rcon[10] = {1, 2, 4, 8, 0x10, 0x20, 0x40, 0x80, 0x1b, 0x36};

    for (unsigned i = 0; i < 10; i++) {
        u32 t;

        cpu->vec[1] = keys[i];
        RRI(P66, M3A, 0xdf, 2, 1, rcon[i]);
        t = cpu->vec[2].d[3];
        memset(&keys[i + 1], 0, sizeof keys[0]);
        for (unsigned j = 0; j < 4; j++) {
            t ^= keys[i].d[j];
            keys[i + 1].d[j] = t;
        }
    }
}

static void test_aes(void)
{
    union x86_vec keys[11] = {0};

    reset();
    hex(&keys[0], "000102030405060708090a0b0c0d0e0f");
    aes_schedule(keys);
    CHECK(is_hex(&keys[10], "13111d7fe3944a17f307a78b4d2b30c5"));
    hex(&cpu->vec[0], "00112233445566778899aabbccddeeff");
    cpu->vec[1] = keys[0];
    RR(P66, M0F, 0xef, 0, 1); /* pxor */
    for (unsigned i = 1; i <= 10; i++) {
        cpu->vec[1] = keys[i];
        RR(P66, M38, i < 10 ? 0xdc : 0xdd, 0, 1); /* aesenc, aesenclast */
        if (i == 1)
            CHECK(is_hex(&cpu->vec[0], "89d810e8855ace682d1843d8cb128fe4")); /* FIPS-197 C.1 */
    }
    CHECK(is_hex(&cpu->vec[0], "69c4e0d86a7b0430d8cdb78070b4c55a"));

    cpu->vec[1] = keys[10];
    RR(P66, M0F, 0xef, 0, 1);
    for (unsigned i = 9; i > 0; i--) {
        cpu->vec[1] = keys[i];
        RR(P66, M38, 0xdb, 1, 1); /* aesimc */
        RR(P66, M38, 0xde, 0, 1); /* aesdec */
    }
    cpu->vec[1] = keys[0];
    RR(P66, M38, 0xdf, 0, 1);
    CHECK(is_hex(&cpu->vec[0], "00112233445566778899aabbccddeeff"));
}

static void test_vaes_lanes(void)
{
    reset();
    for (unsigned l = 0; l < 2; l++) {
        hex(&cpu->vec[1].q[2 * l],
            l ? "00102030405060708090a0b0c0d0e0f0" : "89d810e8855ace682d1843d8cb128fe4");
        hex(&cpu->vec[2].q[2 * l],
            l ? "d6aa74fdd2af72fadaa678f1d6ab76fe" : "b692cf0b643dbdf1be9bc5006830b3fe");
    }
    CHECK_EQ(vex(P66, M38, 0, 1, 0xdc, false, 3, 1, 2, NOIMM), X86_EXC_NONE);
    CHECK(is_hex(&cpu->vec[3].q[0], "4915598f55e5d7a0daca94fa1f0a63f7"));
    CHECK(is_hex(&cpu->vec[3].q[2], "89d810e8855ace682d1843d8cb128fe4"));
}

/* Products from Intel's white paper on carry-less multiplication (323640), figure on PCLMULQDQ. */
static void test_pclmul(void)
{
    static const char *const want[4] = {
        "1d4d84c85c3440c0929633d5d36f0451", "1bd17c8d556ab5a17fa540ac2a281315",
        "1a2bf6db3a30862fbabf262df4b7d5c9", "1d1e1f2c592e7c45d66ee03e410fd4ed"};
    static const u8 imm[4] = {0x00, 0x10, 0x01, 0x11};

    reset();
    for (unsigned i = 0; i < 4; i++) {
        u8 little[16], w[16];

        cpu->vec[0].q[0] = 0x63746f725d53475d;
        cpu->vec[0].q[1] = 0x7b5b546573745665;
        cpu->vec[1].q[0] = 0x5b477565726f6e5d;
        cpu->vec[1].q[1] = 0x4869285368617929;
        RRI(P66, M3A, 0x44, 0, 1, imm[i]);
        hex(w, want[i]);
        for (unsigned j = 0; j < 16; j++)
            little[j] = w[15 - j];
        CHECK(!memcmp(&cpu->vec[0], little, 16));
    }
}

/* ---- SHA ---- */

static const u32 abc_block[16] = {0x61626380, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 24};

static void test_sha1(void)
{
    u32 w[80];
    u32 abcd[4] = {0x10325476, 0x98badcfe, 0xefcdab89, 0x67452301}; /* D C B A */
    union x86_vec state = {0}, last = {0};

    reset();
    for (unsigned i = 0; i < 16; i++)
        w[i] = abc_block[i];
    for (unsigned i = 16; i < 80; i += 4) {
        for (unsigned j = 0; j < 4; j++) {
            cpu->vec[0].d[3 - j] = w[i - 16 + j];
            cpu->vec[1].d[3 - j] = w[i - 12 + j];
            cpu->vec[2].d[3 - j] = w[i - 8 + j];
            cpu->vec[3].d[3 - j] = w[i - 4 + j];
        }
        RR(NP, M38, 0xc9, 0, 1);  /* sha1msg1 xmm0, xmm1 */
        RR(P66, M0F, 0xef, 0, 2); /* pxor xmm0, xmm2 */
        RR(NP, M38, 0xca, 0, 3);  /* sha1msg2 xmm0, xmm3 */
        for (unsigned j = 0; j < 4; j++)
            w[i + j] = cpu->vec[0].d[3 - j];
    }
    memcpy(&state, abcd, 16);
    for (unsigned i = 0; i < 80; i += 4) {
        for (unsigned j = 0; j < 4; j++)
            cpu->vec[1].d[3 - j] = w[i + j];
        if (i) {
            cpu->vec[2] = last;
            RR(NP, M38, 0xc8, 2, 1); /* sha1nexte xmm2, xmm1 */
            cpu->vec[1] = cpu->vec[2];
        } else {
            cpu->vec[1].d[3] += 0xc3d2e1f0;
        }
        last = state;
        cpu->vec[0] = state;
        RRI(NP, M3A, 0xcc, 0, 1, i / 20); /* sha1rnds4 */
        state = cpu->vec[0];
    }
    CHECK_EQ(state.d[3] + 0x67452301, 0xa9993e36);
    CHECK_EQ(state.d[2] + 0xefcdab89, 0x4706816a);
    CHECK_EQ(state.d[1] + 0x98badcfe, 0xba3e2571);
    CHECK_EQ(state.d[0] + 0x10325476, 0x7850c26c);
    memset(&cpu->vec[1], 0, 16);
    cpu->vec[0] = last;
    RR(NP, M38, 0xc8, 0, 1);
    CHECK_EQ(cpu->vec[0].d[3] + 0xc3d2e1f0, 0x9cd0d89d);
}

/* FIPS 180-4 4.2.2. */
static const u32 sha256_k[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static void test_sha256(void)
{
    static const u32 h[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                             0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    static const u32 want[8] = {0xba7816bf, 0x8f01cfea, 0x414140de, 0x5dae2223,
                                0xb00361a3, 0x96177a9c, 0xb410ff61, 0xf20015ad};
    union x86_vec abef = {.d = {h[5], h[4], h[1], h[0]}}, cdgh = {.d = {h[7], h[6], h[3], h[2]}};
    u32 w[64], got[8];

    reset();
    memcpy(w, abc_block, sizeof abc_block);
    for (unsigned i = 16; i < 64; i += 4) {
        memcpy(&cpu->vec[0], &w[i - 16], 16);
        memcpy(&cpu->vec[1], &w[i - 12], 16);
        memcpy(&cpu->vec[2], &w[i - 7], 16);
        memcpy(&cpu->vec[3], &w[i - 4], 16);
        RR(NP, M38, 0xcc, 0, 1);  /* sha256msg1 xmm0, xmm1 */
        RR(P66, M0F, 0xfe, 0, 2); /* paddd xmm0, xmm2 */
        RR(NP, M38, 0xcd, 0, 3);  /* sha256msg2 xmm0, xmm3 */
        memcpy(&w[i], &cpu->vec[0], 16);
    }
    for (unsigned i = 0; i < 64; i += 2) {
        cpu->vec[0].d[0] = w[i] + sha256_k[i];
        cpu->vec[0].d[1] = w[i + 1] + sha256_k[i + 1];
        cpu->vec[1] = cdgh;
        cpu->vec[2] = abef;
        RR(NP, M38, 0xcb, 1, 2); /* sha256rnds2 xmm1, xmm2 */
        cdgh = abef;
        abef = cpu->vec[1];
    }
    memcpy(got,
           (u32[8]){abef.d[3], abef.d[2], cdgh.d[3], cdgh.d[2], abef.d[1], abef.d[0], cdgh.d[1],
                    cdgh.d[0]},
           32);
    for (unsigned i = 0; i < 8; i++)
        CHECK_EQ(got[i] + h[i], want[i]);
}

/* ---- string compares ---- */

static void strings(const char *a, const char *b)
{
    memset(&cpu->vec[1], 0, 32);
    memset(&cpu->vec[2], 0, 32);
    memcpy(&cpu->vec[1], a, strlen(a));
    memcpy(&cpu->vec[2], b, strlen(b));
}

static u32 flags(void)
{
    return x86_flags_get(cpu) & X86_OSZAPC;
}

static u64 pcmpistri(unsigned imm)
{
    RRI(P66, M3A, 0x63, 1, 2, imm);
    return cpu->gpr[X86_RCX];
}

static void test_pcmpistri(void)
{
    reset();
    strings("aeiou", "rhythm and blues");
    CHECK_EQ(pcmpistri(0x00), 7); /* first vowel */
    CHECK_EQ(flags(), X86_CF | X86_SF);
    CHECK_EQ(pcmpistri(0x40), 14); /* last vowel */
    strings("AZaz09", "!?x1");
    CHECK_EQ(pcmpistri(0x04), 2); /* ranges */
    CHECK_EQ(flags(), X86_CF | X86_SF | X86_ZF);
    CHECK_EQ(pcmpistri(0x34), 0); /* masked negation: first valid one outside */
    CHECK_EQ(flags(), X86_CF | X86_SF | X86_ZF | X86_OF);
    strings("same", "same!");
    CHECK_EQ(pcmpistri(0x18), 4); /* each, negated: first difference */
    strings("needle", "hayneedlehay");
    CHECK_EQ(pcmpistri(0x0c), 3);
    strings("dle", "noneedleinneed");
    CHECK_EQ(pcmpistri(0x0c), 5);
    strings("xyz", "hello worldhello"); /* no match: index is the element count, CF clear */
    CHECK_EQ(pcmpistri(0x00), 16);
    CHECK_EQ(flags(), X86_SF);
    strings("oh", "worldhellohellow"); /* the needle may run over the end */
    CHECK_EQ(pcmpistri(0x0c), 9);
}

static void test_pcmpestr(void)
{
    reset();
    memcpy(&cpu->vec[1], "\0\1\0\2", 4);
    memcpy(&cpu->vec[2], "\5\0\1\0\2\5\5\5\5\5\5\5\5\5\5\5", 16);
    cpu->gpr[X86_RAX] = 4;
    cpu->gpr[X86_RDX] = (u64)-16; /* the absolute value counts */
    RRI(P66, M3A, 0x61, 1, 2, 0x0c);
    CHECK_EQ(cpu->gpr[X86_RCX], 1);
    CHECK_EQ(flags(), X86_CF | X86_SF);
    RRI(P66, M3A, 0x60, 1, 2, 0x40); /* pcmpestrm, byte mask of the elements in the set */
    CHECK(is_hex(&cpu->vec[0], "00ffffffff0000000000000000000000"));
    memcpy(&cpu->vec[1], (u16[8]){0x8000, 0x10, 0, 0, 0, 0, 0, 0}, 16);
    memcpy(&cpu->vec[2], (u16[8]){0xffff, 0x11, 0x10, 0, 0x7fff, 0, 0, 0}, 16);
    RRI(P66, M3A, 0x62, 1, 2,
        0x07); /* pcmpistrm, signed words in range -32768..16: the text ends at the zero */
    CHECK_EQ(cpu->vec[0].q[0], 5);
}

/* ---- MMX ---- */

static void test_mmx_state(void)
{
    reset();
    cpu->fpu.top = 5;
    cpu->fpu.used = 0;
    cpu->fpu.regs[1].m = 0x00ff00ff80007fff;
    cpu->fpu.regs[2].m = 0x0001000180010001;
    RR(NP, M0F, 0xed, 1, 2); /* paddsw mm1, mm2 */
    CHECK_EQ(cpu->fpu.regs[1].m, 0x0100010080007fff);
    CHECK_EQ(cpu->fpu.regs[1].se, 0xffff);
    CHECK_EQ(cpu->fpu.top, 0);
    CHECK_EQ(cpu->fpu.used, 0xff);
    run((const u8[]){0x0f, 0x77}, 2); /* emms */
    CHECK_EQ(cpu->fpu.used, 0);
    cpu->fpu.sw = 1;
    cpu->fpu.cw = 0x37e;
    CHECK_EQ(RR(NP, M0F, 0xed, 1, 2), X86_EXC_MF);
    CHECK_EQ(cpu->fpu.regs[1].m, 0x0100010080007fff);
}

/* A load that faults leaves the x87 side alone. */
static void test_mmx_fault(void)
{
    reset();
    cpu->fpu.top = 3;
    cpu->fpu.used = 0x10;
    cpu->gpr[X86_RBX] = h2g(data) + PAGE - 4;
    CHECK_EQ(RM(NP, M0F, 0xfc, 1), X86_EXC_PF); /* paddb mm1, [rbx] */
    CHECK_EQ(cpu->fpu.top, 3);
    CHECK_EQ(cpu->fpu.used, 0x10);
    memcpy(data + PAGE - 4, "\x11\x22\x33\x44", 4);
    CHECK_EQ(RM(NP, M0F, 0x60, 1), X86_EXC_NONE); /* punpcklbw mm1, [rbx] reads four bytes */
    CHECK_EQ(cpu->fpu.regs[1].m, 0x4400330022001100);
}

/* ---- moves, upper halves, faults ---- */

static void test_upper_half(void)
{
    reset();
    for (unsigned i = 0; i < 32; i++)
        cpu->vec[1].b[i] = (u8)i;
    cpu->vec[2] = cpu->vec[1];
    RR(P66, M0F, 0xfc, 1, 2); /* paddb xmm1, xmm2 keeps the YMM's upper half */
    CHECK_EQ(cpu->vec[1].q[1], 0x1e1c1a1816141210);
    CHECK_EQ(cpu->vec[1].q[2], 0x1716151413121110);
    vex(P66, M0F, 0, 0, 0xfc, false, 1, 1, 2, NOIMM); /* vpaddb xmm1 clears it */
    CHECK_EQ(cpu->vec[1].q[1], 0x2d2a2724211e1b18);
    CHECK_EQ(cpu->vec[1].q[2], 0);
    RR(PF3, M0F, 0x10, 1, 2); /* movss xmm1, xmm2 merges */
    CHECK_EQ(cpu->vec[1].q[0], 0x15120f0c03020100);
    RM(PF3, M0F, 0x10, 1); /* movss xmm1, [rbx] zeroes */
    CHECK_EQ(cpu->vec[1].q[0] | cpu->vec[1].q[1], 0);
}

static void test_alignment(void)
{
    reset();
    cpu->gpr[X86_RBX] = h2g(data) + 8;
    CHECK_EQ(RM(NP, M0F, 0x28, 1), X86_EXC_GP);    /* movaps */
    CHECK_EQ(RM(NP, M0F, 0x10, 1), X86_EXC_NONE);  /* movups */
    CHECK_EQ(RM(P66, M0F, 0xfc, 1), X86_EXC_GP);   /* paddb */
    CHECK_EQ(RM(P66, M0F, 0xf1, 1), X86_EXC_GP);   /* psllw: its count is 16 bytes too */
    CHECK_EQ(RM(P66, M38, 0x20, 1), X86_EXC_NONE); /* pmovsxbw */
    CHECK_EQ(sse(P66, M3A, 0x63, true, 1, X86_RBX, 0), X86_EXC_NONE); /* pcmpistri */
    CHECK_EQ(vex(P66, M0F, 0, 0, 0xfc, true, 1, 1, X86_RBX, NOIMM), X86_EXC_NONE);
    cpu->gpr[X86_RBX] = h2g(data) + 16;
    CHECK_EQ(vex(NP, M0F, 0, 1, 0x28, true, 1, 0, X86_RBX, NOIMM),
             X86_EXC_GP); /* vmovaps ymm needs 32 */
}

static void test_maskmov(void)
{
    reset();
    memset(&cpu->vec[1], 0xaa, 16);
    cpu->vec[2].b[3] = 0x80;
    cpu->vec[2].b[5] = 0x7f;
    cpu->gpr[X86_RDI] = h2g(data) + PAGE - 16;
    CHECK_EQ(RR(P66, M0F, 0xf7, 1, 2), X86_EXC_NONE);
    CHECK(is_hex(data + PAGE - 16, "000000aa000000000000000000000000"));
    cpu->gpr[X86_RDI] += 1; /* byte 15, masked out, is in the next page: AMD CPUs fault */
    CHECK_EQ(RR(P66, M0F, 0xf7, 1, 2), X86_EXC_PF);
    CHECK_EQ(seen.addr, h2g(data) + PAGE);
    CHECK(is_hex(data + PAGE - 16, "000000aa000000000000000000000000"));
}

/* A 32-byte store over a page edge writes nothing when one of the pages refuses. */
static void test_split_store(void)
{
    reset();
    memset(&cpu->vec[1], 0xaa, 32);
    cpu->gpr[X86_RBX] = h2g(data) + PAGE - 20;
    CHECK_EQ(vex(NP, M0F, 0, 1, 0x11, true, 1, 0, X86_RBX, NOIMM), X86_EXC_PF); /* vmovups */
    CHECK_EQ(seen.addr, h2g(data) + PAGE);
    CHECK(is_hex(data + PAGE - 20, "0000000000000000000000000000000000000000"));
}

static void test_vmaskmov(void)
{
    reset();
    cpu->gpr[X86_RBX] = h2g(data) + PAGE - 8;
    memcpy(data + PAGE - 8, "\1\0\0\0\2\0\0\0", 8);
    memset(&cpu->vec[1], 0xee, 32);
    memset(&cpu->vec[2], 0x7f, 32);
    cpu->vec[2].d[1] = 0x80000000;
    CHECK_EQ(vex(P66, M38, 0, 1, 0x2c, true, 1, 2, X86_RBX, NOIMM),
             X86_EXC_NONE); /* vmaskmovps ymm1, ymm2, [rbx] */
    CHECK(is_hex(&cpu->vec[1], "0000000002000000000000000000000000000000000000000000000000000000"));
    cpu->vec[2].d[7] = 0x80000000;
    memset(&cpu->vec[1], 0xee, 32);
    CHECK_EQ(vex(P66, M38, 0, 1, 0x2c, true, 1, 2, X86_RBX, NOIMM), X86_EXC_PF);
    CHECK_EQ(seen.addr, h2g(data) + PAGE + 20);
    CHECK_EQ(cpu->vec[1].q[3], 0xeeeeeeeeeeeeeeee);
}

/* vpgatherdd ymm1, [rbx + ymm2 * 4], ymm3 */
static unsigned vpgatherdd(unsigned dst, unsigned index, unsigned mask)
{
    const u8 b[6] = {0xc4,
                     0xe2,
                     (u8)((~mask & 15) << 3 | 5),
                     0x90,
                     (u8)(dst << 3 | 4),
                     (u8)(0x80 | index << 3 | 3)};

    return run(b, 6);
}

static void test_gather(void)
{
    reset();
    for (unsigned i = 0; i < PAGE / 4; i++)
        memcpy(data + 4 * i, &i, 4);
    for (unsigned i = 0; i < 8; i++) {
        cpu->vec[2].d[i] = 100 * i + 1;
        cpu->vec[3].d[i] = i == 1 ? 0x7fffffff : 0x80000000;
        cpu->vec[1].d[i] = 5555;
    }
    cpu->vec[2].d[6] = PAGE / 4; /* faults until it is moved */
    CHECK_EQ(vpgatherdd(1, 2, 3), X86_EXC_PF);
    CHECK_EQ(seen.addr, h2g(data) + PAGE);
    CHECK_EQ(cpu->vec[1].d[0], 1);
    CHECK_EQ(cpu->vec[1].d[5], 501);
    CHECK_EQ(cpu->vec[1].d[6], 5555);
    CHECK_EQ(cpu->vec[3].sd[5] < 0, 0);
    CHECK_EQ(cpu->vec[3].sd[6] < 0, 1);
    cpu->vec[2].d[6] = 601;
    memset(data, 0xff, 2048); /* elements that have arrived are not read again */
    CHECK_EQ(vpgatherdd(1, 2, 3), X86_EXC_NONE);
    CHECK_EQ(cpu->vec[1].d[0], 1);
    CHECK_EQ(cpu->vec[1].d[1], 5555);
    CHECK_EQ(cpu->vec[1].d[6], 601);
    CHECK_EQ(cpu->vec[3].q[0] | cpu->vec[3].q[1] | cpu->vec[3].q[2] | cpu->vec[3].q[3], 0);
    CHECK_EQ(vpgatherdd(1, 1, 3), X86_EXC_UD);
    CHECK_EQ(vpgatherdd(1, 3, 3), X86_EXC_UD);
    CHECK_EQ(vpgatherdd(3, 2, 3), X86_EXC_UD);
}

/* High halves of products: a compiler has been seen to get this loop wrong (CMakeLists.txt). */
static void test_high_products(void)
{
    static const u64 a[2] = {0x8000123456789abc, 0x7fff8001ffff0003};
    static const u64 b[2] = {0x800043211234fff0, 0x7fff7fff00028000};

    reset();
    for (unsigned op = 0; op < 2; op++) {
        memcpy(&cpu->vec[1], a, 16);
        memcpy(&cpu->vec[2], b, 16);
        RR(P66, M0F, op ? 0xe4 : 0xe5, 1, 2); /* pmulhuw, pmulhw */
        CHECK_EQ(cpu->vec[1].q[0], op ? 0x400004c506269ab2 : 0x400004c506260006);
        CHECK_EQ(cpu->vec[1].q[1], op ? 0x3fff3fff00010001 : 0x3fffc000fffffffe);
    }
}

/* ---- shuffles with tricky immediates ---- */

static void test_shuffles(void)
{
    reset();
    for (unsigned i = 0; i < 32; i++) {
        cpu->vec[1].b[i] = (u8)i;
        cpu->vec[2].b[i] = (u8)(0x80 + i);
    }
    vex(P66, M3A, 0, 1, 0x0f, false, 3, 1, 2, 20); /* vpalignr ymm3, ymm1, ymm2, 20: per lane */
    CHECK(is_hex(&cpu->vec[3], "0405060708090a0b0c0d0e0f000000001415161718191a1b1c1d1e1f00000000"));
    vex(P66, M3A, 0, 1, 0x46, false, 3, 1, 2, 0x83); /* vperm2i128: low from b high, high zero */
    CHECK(is_hex(&cpu->vec[3], "909192939495969798999a9b9c9d9e9f00000000000000000000000000000000"));
    vex(P66, M3A, 1, 1, 0x00, false, 3, 0, 1, 0x1b); /* vpermq ymm3, ymm1, 0x1b: reversed */
    CHECK_EQ(cpu->vec[3].q[0], 0x1f1e1d1c1b1a1918);
    CHECK_EQ(cpu->vec[3].q[3], 0x0706050403020100);
    RRI(P66, M3A, 0x21, 1, 2, 0x95); /* insertps: element 2 of xmm2 to element 1, zero 0 and 2 */
    CHECK_EQ(cpu->vec[1].q[0], 0x8b8a898800000000);
    CHECK_EQ(cpu->vec[1].q[1], 0x0f0e0d0c00000000);
}

/* ---- state saving ---- */

static unsigned state_op(u8 op, unsigned digit, bool wide)
{
    const u8 b[4] = {0x48, 0x0f, op, (u8)(digit << 3 | X86_RBX)};

    return wide ? run(b, 4) : run(b + 1, 3);
}

static void fill_state(void)
{
    for (unsigned i = 0; i < 16; i++)
        for (unsigned j = 0; j < 32; j++)
            cpu->vec[i].b[j] = (u8)(16 * i + j + 1);
    for (unsigned i = 0; i < 8; i++)
        cpu->fpu.regs[i] = (struct x86_f80){.m = 0x8000000000000000 + i, .se = (u16)(0x3fff + i)};
    cpu->fpu.top = 6;
    cpu->fpu.used = 0xc0;
    cpu->fpu.sw = 0x4100;
    cpu->fpu.cw = 0x27f;
    cpu->mxcsr = 0x1fa0;
}

static void test_fxsave(void)
{
    u16 v;
    struct x86_fpu want;

    reset();
    fill_state();
    want = cpu->fpu;
    CHECK_EQ(state_op(0xae, 0, true), X86_EXC_NONE);
    memcpy(&v, data + 2, 2);
    CHECK_EQ(v, 0x4100 | 6 << 11);
    CHECK_EQ(data[4], 0xc0);
    CHECK_EQ(data[32], 6); /* ST(0) is physical register 6 */
    CHECK_EQ(data[160 + 16 * 15], 241);
    memset(cpu->vec, 0, 16 * 32);
    memset(&cpu->fpu, 0, sizeof cpu->fpu);
    cpu->mxcsr = MXCSR_DEFAULT;
    CHECK_EQ(state_op(0xae, 1, true), X86_EXC_NONE);
    CHECK(!memcmp(&want, &cpu->fpu, sizeof want));
    CHECK_EQ(cpu->vec[15].b[15], 0);
    CHECK_EQ(cpu->vec[15].b[0], 241);
    CHECK_EQ(cpu->mxcsr, 0x1fa0);
    data[27] = 1; /* a reserved MXCSR bit */
    CHECK_EQ(state_op(0xae, 1, true), X86_EXC_GP);
    cpu->gpr[X86_RBX] += 8;
    CHECK_EQ(state_op(0xae, 0, true), X86_EXC_GP);
}

static void test_xsave(void)
{
    u64 bv;

    reset();
    fill_state();
    memset(data, 0xcc, 1024);
    memset(data + 512, 0, 64);
    cpu->gpr[X86_RAX] = 6;
    cpu->gpr[X86_RDX] = 0;
    CHECK_EQ(state_op(0xae, 4, true), X86_EXC_NONE);
    memcpy(&bv, data + 512, 8);
    CHECK_EQ(bv, 6);
    CHECK_EQ(data[0], 0xcc); /* x87 was not asked for */
    CHECK_EQ(data[576], 17);
    memset(cpu->vec, 0, 16 * 32);
    cpu->gpr[X86_RAX] = 7;
    CHECK_EQ(state_op(0xae, 5, true), X86_EXC_NONE); /* xrstor: x87 becomes initial */
    CHECK_EQ(cpu->vec[3].b[31], 48 + 32);
    CHECK_EQ(cpu->fpu.cw, 0x37f);
    CHECK_EQ(cpu->fpu.used, 0);
    data[520] = 1; /* XCOMP_BV without the compaction bit */
    CHECK_EQ(state_op(0xae, 5, true), X86_EXC_GP);
    data[520] = 0;
    data[512] = 0x0e; /* a component XCR0 has not */
    CHECK_EQ(state_op(0xae, 5, true), X86_EXC_GP);
    cpu->gpr[X86_RBX] += 32;
    CHECK_EQ(state_op(0xae, 4, true), X86_EXC_GP);
}

static void test_xsavec(void)
{
    u64 h[2];

    reset();
    fill_state();
    memset(data, 0xcc, 1024);
    memset(data + 512, 0, 64);
    for (unsigned i = 0; i < 16; i++)
        cpu->vec[i].q[2] = cpu->vec[i].q[3] = 0;
    cpu->gpr[X86_RAX] = 7;
    CHECK_EQ(state_op(0xc7, 4, true), X86_EXC_NONE);
    memcpy(h, data + 512, 16);
    CHECK_EQ(h[0], 3); /* AVX is initial: not written */
    CHECK_EQ(h[1], 0x8000000000000007);
    CHECK_EQ(data[576], 0xcc);
    memset(&cpu->vec[0], 0x11, 32);
    cpu->mxcsr = MXCSR_DEFAULT;
    CHECK_EQ(state_op(0xae, 5, true), X86_EXC_NONE);
    CHECK_EQ(cpu->vec[0].b[0], 1);
    CHECK_EQ(cpu->vec[0].q[3], 0);
    CHECK_EQ(cpu->mxcsr, 0x1fa0);
    CHECK_EQ(cpu->fpu.top, 6);
    data[512] = 7;
    data[520] = 3; /* XSTATE_BV outside XCOMP_BV */
    CHECK_EQ(state_op(0xae, 5, true), X86_EXC_GP);
}

int main(void)
{
    catch_guest_faults(&cpu);
    code = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    data = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(data + PAGE, PAGE, PROT_NONE);
    CHECK_EQ(interp_init(), 0);
    RUN(test_aes_sbox);
    RUN(test_aes);
    RUN(test_vaes_lanes);
    RUN(test_pclmul);
    RUN(test_sha1);
    RUN(test_sha256);
    RUN(test_pcmpistri);
    RUN(test_pcmpestr);
    RUN(test_mmx_state);
    RUN(test_mmx_fault);
    RUN(test_upper_half);
    RUN(test_alignment);
    RUN(test_maskmov);
    RUN(test_split_store);
    RUN(test_vmaskmov);
    RUN(test_gather);
    RUN(test_high_products);
    RUN(test_shuffles);
    RUN(test_fxsave);
    RUN(test_xsave);
    RUN(test_xsavec);
    return harness_done();
}
