/*
 * sweep_branch.c - branches, addresses relative to pc, system instructions.
 */
#include "dynarec/arm64/enc.h"
#include "judge.h"

enum { MB = 1 << 20 };

static void branches(void)
{
    for (unsigned k = 0; k < 1024; k++) {
        unsigned sf = k & 1, rt = k >> 1 & 31, bit = below(64), cond = k % 15;
        i64 far = edge(-128ll * MB, 128ll * MB - 4, 4), near = edge(-MB, MB - 4, 4);
        i64 close = edge(-32768, 32764, 4), page = edge(-(1ll << 32), (1ll << 32) - 4096, 4096);
        i64 byte = edge(-MB, MB - 1, 1);
        want(a64_b(far), "b #%lld", (long long)far);
        want(a64_bl(far), "bl #%lld", (long long)far);
        want(a64_bcond(cond, near), "b.%s #%lld", cond_name[cond], (long long)near);
        want(a64_cbz(sf, rt, near), "cbz %s, #%lld", gx(sf, rt), (long long)near);
        want(a64_cbnz(sf, rt, near), "cbnz %s, #%lld", gx(sf, rt), (long long)near);
        want(a64_tbz(rt, bit, close), "tbz %s, #%u, #%lld", gx(bit > 31, rt), bit,
             (long long)close);
        want(a64_tbnz(rt, bit, close), "tbnz %s, #%u, #%lld", gx(bit > 31, rt), bit,
             (long long)close);
        want(a64_adr(rt, byte), "adr %s, #%lld", gx(1, rt), (long long)byte);
        want(a64_adrp(rt, page), "adrp %s, #%lld", gx(1, rt), (long long)page);
    }
}

static const struct {
    enum a64_sysreg reg;
    const char *name;
    bool writable;
} sysregs[] = {
    {A64_CTR_EL0, "CTR_EL0", false},
    {A64_DCZID_EL0, "DCZID_EL0", false},
    {A64_NZCV, "NZCV", true},
    {A64_FPCR, "FPCR", true},
    {A64_FPSR, "FPSR", true},
    {A64_TPIDR_EL0, "TPIDR_EL0", true},
    {A64_CNTFRQ_EL0, "CNTFRQ_EL0", true},
    {A64_CNTVCT_EL0, "CNTVCT_EL0", false},
};

static const struct {
    enum a64_barrier option;
    const char *name;
} barriers[] = {
    {A64_OSHLD, "oshld"}, {A64_OSHST, "oshst"}, {A64_OSH, "osh"},     {A64_NSHLD, "nshld"},
    {A64_NSHST, "nshst"}, {A64_NSH, "nsh"},     {A64_ISHLD, "ishld"}, {A64_ISHST, "ishst"},
    {A64_ISH, "ish"},     {A64_LD, "ld"},       {A64_ST, "st"},       {A64_SY, "sy"},
};

static void numbers(void)
{
    for (unsigned k = 0; k < 256; k++) {
        unsigned imm = (unsigned)edge(0, 65535, 1);
        want(a64_brk(imm), "brk #%u", imm);
        want(a64_udf(imm), "udf #%u", imm);
        want(a64_svc(imm), "svc #%u", imm);
    }
    for (unsigned k = 0; k < 128; k++)
        want(a64_hint(k), "hint #%u", k);
    for (unsigned k = 0; k < 2048; k++) {
        unsigned rn = k & 31, by = k >> 5, mask = below(16);
        want(a64_rmif(rn, by, mask), "rmif %s, #%u, #%u", gx(1, rn), by, mask);
    }
}

void sweep_branch(void)
{
    branches();
    numbers();
    for (unsigned r = 0; r < 32; r++) {
        want(a64_br(r), "br %s", gx(1, r));
        want(a64_blr(r), "blr %s", gx(1, r));
        want(a64_ret(r), "ret %s", gx(1, r));
        want(a64_setf8(r), "setf8 %s", gx(0, r));
        want(a64_setf16(r), "setf16 %s", gx(0, r));
        for (unsigned i = 0; i < ARRAY_SIZE(sysregs); i++) {
            want(a64_mrs(r, sysregs[i].reg), "mrs %s, %s", gx(1, r), sysregs[i].name);
            if (sysregs[i].writable)
                want(a64_msr(sysregs[i].reg, r), "msr %s, %s", sysregs[i].name, gx(1, r));
        }
    }
    for (unsigned i = 0; i < ARRAY_SIZE(barriers); i++) {
        want(a64_dmb(barriers[i].option), "dmb %s", barriers[i].name);
        want(a64_dsb(barriers[i].option), "dsb %s", barriers[i].name);
    }
    want(a64_nop(), "nop");
    want(a64_yield(), "yield");
    want(a64_isb(), "isb");
    want(a64_clrex(), "clrex");
    want(a64_cfinv(), "cfinv");
    want(a64_xaflag(), "xaflag");
    want(a64_axflag(), "axflag");
}
