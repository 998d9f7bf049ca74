/*
 * test_format.c - decoder and formatter on known encodings (SDM examples and corner cases): text,
 * length, record fields, errors.
 */
#include "harness.h"
#include "x86/decode.h"
#include "x86/format.h"
#include "x86/rows.h"

static int decode_hex(struct x86_insn *in, const char *hex, unsigned mode, size_t *avail)
{
    u8 code[32] = {0};
    unsigned n = 0, byte;

    while (sscanf(hex, "%2x", &byte) == 1 && n < 16) {
        code[n++] = (u8)byte;
        hex += 2;
        while (*hex == ' ')
            hex++;
    }
    *avail = n;
    return x86_decode(in, code, n, 0x1000, mode);
}

static void expect(const char *hex, unsigned mode, const char *text)
{
    struct x86_insn in;
    char buf[X86_FORMAT_MAX] = "UD";
    size_t avail;
    int n = decode_hex(&in, hex, mode, &avail);

    if (n > 0) {
        x86_format(buf, sizeof buf, &in, 0x1000);
        CHECK_EQ(n, avail);
    } else if (n == X86_DECODE_PARTIAL) {
        strcpy(buf, "PARTIAL");
    } else if (n == X86_DECODE_LONG) {
        strcpy(buf, "LONG");
    }
    CHECK_STR(buf, text);
}

static void test_integer(void)
{
    expect("48 01 d8", 64, "add rax, rbx");
    expect("01 d8", 32, "add eax, ebx");
    expect("66 83 c0 ff", 64, "add ax, 0xffff");
    expect("48 83 c0 ff", 64, "add rax, 0xffffffffffffffff");
    expect("88 e0", 64, "mov al, ah");
    expect("40 88 e0", 64, "mov al, spl");
    expect("48 01 5c 88 10", 64, "add qword ptr [rax+rcx*4+0x10], rbx");
    expect("f0 48 0f b1 0a", 64, "lock cmpxchg qword ptr [rdx], rcx");
    expect("64 48 8b 04 25 28 00 00 00", 64, "mov rax, qword ptr fs:[0x28]");
    expect("48 8d 05 f9 ff ff ff", 64, "lea rax, [0x1000]");
    expect("67 8b 07", 32, "mov eax, dword ptr [bx]");
    expect("0f 84 00 01 00 00", 64, "je 0x1106");
    expect("75 fe", 64, "jne 0x1000");
    expect("0f 9f c1", 64, "setg cl");
    expect("f3 48 a5", 64, "rep movsq qword ptr es:[rdi], qword ptr ds:[rsi]");
    expect("f2 ae", 64, "repne scasb al, byte ptr es:[rdi]");
    expect("48 98", 64, "cdqe");
    expect("c8 10 00 02", 64, "enter 0x10, 0x2");
    expect("41 90", 64, "xchg r8d, eax");
    expect("90", 64, "nop");
    expect("f3 90", 64, "pause");
    expect("48 b8 88 77 66 55 44 33 22 11", 64, "mov rax, 0x1122334455667788");
}

static void test_moffs(void)
{
    struct x86_insn in;
    size_t avail;

    CHECK_EQ(decode_hex(&in, "48 a1 88 77 66 55 44 33 22 11", 64, &avail), 10);
    CHECK_EQ(in.disp, 0x1122334455667788);
    CHECK_EQ(in.opnd[1].kind, X86_OPK_MEM);
    CHECK_EQ(in.base, X86_REG_NONE);
    CHECK_EQ(decode_hex(&in, "67 a1 88 77 66 55", 64, &avail), 6);
    CHECK_EQ(in.disp, 0x55667788);
}

static void test_vector(void)
{
    expect("0f 58 c1", 64, "addps xmm0, xmm1");
    expect("66 0f 6f 00", 64, "movdqa xmm0, xmmword ptr [rax]");
    expect("f3 0f 58 00", 64, "addss xmm0, dword ptr [rax]");
    expect("c5 f4 58 c2", 64, "vaddps ymm0, ymm1, ymm2");
    expect("c4 e2 75 90 04 88", 64, "vpgatherdd ymm0, dword ptr [rax+ymm1*4], ymm1");
    expect("c4 e3 69 4a c3 40", 64, "vblendvps xmm0, xmm2, xmm3, xmm4");
    expect("d8 c1", 64, "fadd st(0), st(1)");
}

static void test_undefined(void)
{
    expect("f0 01 d8", 64, "UD");       /* LOCK needs memory */
    expect("f0 8b 00", 64, "UD");       /* LOCK on MOV */
    expect("06", 64, "UD");             /* PUSH ES is 32-bit only */
    expect("66 c5 f4 58 c2", 64, "UD"); /* 66 before VEX */
    expect("40 c5 f4 58 c2", 64, "UD"); /* REX before VEX */
    expect("c5 f0 77", 64, "UD");       /* VZEROUPPER with vvvv in use */
    expect("8e c8", 64, "UD");          /* MOV CS */
    expect("8c f0", 64, "UD");          /* segment register 6 */
    expect("0f c7 0f", 64, "cmpxchg8b qword ptr [rdi]");
    expect("c5 07", 32, "lds eax, fword ptr [edi]");
}

static void test_ends(void)
{
    expect("48", 64, "PARTIAL");
    expect("48 8b", 64, "PARTIAL");
    expect("48 8b 84", 64, "PARTIAL");
    expect("0f", 64, "PARTIAL");
    expect("c5 f4", 64, "PARTIAL");
    expect("66 66 66 66 66 66 66 66 66 66 66 66 66 66 90", 64, "nop");
    expect("66 66 66 66 66 66 66 66 66 66 66 66 66 66 66 90", 64, "LONG");
    expect("06", 64, "UD"); /* needs no further byte to be known as invalid */
}

static void test_rip_relative(void)
{
    struct x86_insn in;
    size_t avail;

    CHECK_EQ(decode_hex(&in, "c7 05 10 00 00 00 78 56 34 12", 64, &avail), 10);
    CHECK_EQ(in.disp, 0x1000 + 10 + 0x10); /* counts from behind the immediate */
    CHECK_EQ(in.imm, 0x12345678);
    CHECK(in.pfx & X86_PFX_RIPREL);
    CHECK_EQ(decode_hex(&in, "67 8b 05 00 e0 ff ff", 64, &avail), 7);
    CHECK_EQ(in.disp, 0xfffff007);
    CHECK_EQ(in.adsz, 4);
}

static void test_segments(void)
{
    struct x86_insn in;
    size_t avail;

    decode_hex(&in, "2e 8b 00", 64, &avail);
    CHECK_EQ(in.seg, X86_SEG_NONE);
    decode_hex(&in, "8b 45 00", 32, &avail);
    CHECK_EQ(in.seg, X86_SS);
    decode_hex(&in, "8b 00", 32, &avail);
    CHECK_EQ(in.seg, X86_DS);
    decode_hex(&in, "65 8b 00", 64, &avail);
    CHECK_EQ(in.seg, X86_GS);
    decode_hex(&in, "65 3e 8b 00", 64, &avail); /* DS does not cancel GS in 64-bit mode */
    CHECK_EQ(in.seg, X86_GS);
}

int main(void)
{
    RUN(test_integer);
    RUN(test_moffs);
    RUN(test_vector);
    RUN(test_undefined);
    RUN(test_ends);
    RUN(test_rip_relative);
    RUN(test_segments);
    return harness_done();
}
