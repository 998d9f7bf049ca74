/*
 * gen_far.c - oracle cases that load segment registers: far branches and returns, MOV, POP and LxS,
 * and the instructions that look at descriptors. Selectors are those of Linux's GDT on x86-64 and
 * ones that no Linux has; a far branch that succeeds ends on a pad of the mode that it enters (even
 * pads are 64-bit code, odd ones 32-bit code).
 */
#include <fnmatch.h>
#include <string.h>

#include "gen.h"
#include "x86/decode_tab.h"

#define CODE64 0x33
#define CODE32 0x23
#define DATA 0x2b
#define CPU_NUMBER 0x7b

static bool starts(unsigned row, const char *pattern)
{
    return !fnmatch(pattern, x86_row_text[row], 0);
}

bool gen_is_far(unsigned row)
{
    return starts(row, "JMP_FAR *") || starts(row, "CALL_FAR *") || starts(row, "RETF *") ||
           starts(row, "IRET *");
}

static bool looks_at(unsigned row)
{
    return starts(row, "LAR *") || starts(row, "LSL *") || starts(row, "VERR *") ||
           starts(row, "VERW *");
}

static bool loads_pointer(unsigned row)
{
    return starts(row, "L[DEFGS]S 0f*") || starts(row, "L[DE]S c*");
}

bool gen_is_segment(unsigned row)
{
    return gen_is_far(row) || looks_at(row) || loads_pointer(row) || starts(row, "MOV_TO_SEG *") ||
           starts(row, "POP_SEG *");
}

bool gen_cpus_differ(const struct x86_insn *in)
{
    return in->opsz == 8 && (loads_pointer(in->row) || starts(in->row, "JMP_FAR *") ||
                             starts(in->row, "CALL_FAR *"));
}

/* Kernel segments, the TSS, TLS slots nobody set, beyond the GDT, an LDT that is not there. */
static u16 bad_selector(struct rng *r)
{
    static const u16 bad[] = {0x08, 0x10, 0x13, 0x18, 0x1b, 0x40, 0x43, 0x63,
                              0x6b, 0x73, 0x83, 0x8b, 0xfb, 0x07, 0x2f, 0x37};

    return rng_one_in(r, 4) ? (u16)(rng_u64(r) | 0x100) : bad[rng_below(r, ARRAY_SIZE(bad))];
}

static u16 data_selector(struct rng *r, bool number)
{
    static const u16 good[] = {DATA, DATA, DATA, 0, CODE32, CODE64, CPU_NUMBER};
    unsigned n = ARRAY_SIZE(good) - !number;

    if (rng_one_in(r, 4))
        return bad_selector(r);
    n = good[rng_below(r, n)] & 0xfffc;
    return (u16)(n | (rng_one_in(r, 3) ? rng_below(r, 4) : 3));
}

static u16 code_selector(struct rng *r)
{
    static const u16 wrong[] = {0, 1, 2, 3, DATA, 0x28, CPU_NUMBER};
    unsigned sel;

    if (rng_one_in(r, 6))
        return rng_one_in(r, 2) ? bad_selector(r) : wrong[rng_below(r, ARRAY_SIZE(wrong))];
    sel = (rng_one_in(r, 2) ? CODE64 : CODE32) & 0xfffc;
    return (u16)(sel | (rng_one_in(r, 6) ? rng_below(r, 4) : 3));
}

/* Where the selector leads; sometimes nowhere. */
static u64 far_offset(struct rng *r, u16 sel)
{
    unsigned odd = (sel | 3) == CODE32;

    if (rng_one_in(r, 12))
        return odd || rng_one_in(r, 2) ? 0x30000000 + rng_below(r, 4096) : 0x900000000000;
    return TC_PADS + (2 * rng_below(r, TC_NPADS / 2) + odd) * TC_PAD_STEP;
}

static void put(u8 *p, u64 v, unsigned size)
{
    if (p)
        memcpy(p, &v, size);
}

static u64 with_noise(struct rng *r, u16 sel)
{
    return (rng_one_in(r, 2) ? 0 : rng_u64(r) & ~0xffffull) | sel;
}

/* A frame of `n` words of the operand size at RSP. */
static void put_frame(struct tcase *t, const u64 *words, unsigned n, unsigned size)
{
    for (unsigned i = 0; i < n; i++)
        put(gen_case_mem(t, t->in.gpr[X86_RSP] + i * size, size), words[i], size);
}

static void fix_return(struct tcase *t, struct rng *r, const struct x86_insn *in)
{
    u16 sel = code_selector(r), ss = rng_one_in(r, 4) ? data_selector(r, true) : DATA;
    u64 frame[5];
    bool iret = starts(t->row, "IRET *");

    /* With another RPL AMD reads the outer stack pointer behind it before it refuses; Intel does
     * not: it must be readable. */
    if (!iret && in->nopnd && (sel & 3) != 3) {
        put(t->code + t->insn_off[0] + in->len - 2, rng_below(r, 64), 2);
        gen_redecode(t, 0);
    }

    frame[0] = far_offset(r, sel);
    frame[1] = with_noise(r, sel);
    frame[2] = rng_u64(r) & ~(u64)(X86_TF | X86_AC | X86_NT | X86_RF);
    frame[3] = TC_MEM + rng_below(r, TC_MEM_SIZE);
    frame[4] = with_noise(r, ss);
    put_frame(t, frame, iret ? 5 : 2, in->opsz);
    if (iret && rng_one_in(r, 16))
        t->in.flags |= X86_NT;
}

static void fix_pointer(struct tcase *t, struct rng *r, struct x86_insn *in)
{
    u16 sel = code_selector(r);
    u64 offset;
    u8 *p;

    /* A call from 64-bit to 32-bit code: AMD pushes in the new mode, Intel in the old one. */
    if (starts(t->row, "CALL_FAR *") && t->in.gpr[X86_RSP] >> 32 && (sel | 3) == CODE32)
        sel = CODE64;
    offset = far_offset(r, sel);
    if (in->opnd[0].kind != X86_OPK_MEM) { /* ptr16:16 and ptr16:32 are the last bytes */
        p = t->code + t->insn_off[0] + in->len - in->opsz - 2;
        memcpy(p, &offset, in->opsz);
        memcpy(p + in->opsz, &sel, 2);
        gen_redecode(t, 0);
        return;
    }
    p = gen_case_mem(t, gen_effective(t, in), in->opsz + 2u);
    put(p, offset, in->opsz);
    put(p ? p + in->opsz : NULL, sel, 2);
}

/* The selector operand i of MOV, LAR and the like. */
static void fix_operand(struct tcase *t, struct rng *r, const struct x86_insn *in, unsigned i,
                        u16 sel)
{
    if (in->opnd[i].kind == X86_OPK_MEM)
        put(gen_case_mem(t, gen_effective(t, in), 2), sel, 2);
    else if (in->opnd[i].kind == X86_OPK_GPR && in->opnd[i].reg != X86_RSP)
        t->in.gpr[in->opnd[i].reg] = with_noise(r, sel);
}

void gen_fix_segment(struct tcase *t, struct rng *r, struct x86_insn *in)
{
    u8 *p;

    if (starts(t->row, "JMP_FAR *") || starts(t->row, "CALL_FAR *")) {
        fix_pointer(t, r, in);
    } else if (gen_is_far(t->row)) {
        fix_return(t, r, in);
    } else if (loads_pointer(t->row)) {
        p = gen_case_mem(t, gen_effective(t, in), in->opsz + 2u);
        put(p ? p + in->opsz : NULL, data_selector(r, true), 2);
    } else if (starts(t->row, "POP_SEG *")) {
        put(gen_case_mem(t, t->in.gpr[X86_RSP], 8), with_noise(r, data_selector(r, true)),
            in->opsz);
    } else {
        fix_operand(t, r, in, starts(t->row, "VER*") ? 0 : 1, data_selector(r, !looks_at(t->row)));
    }
}
