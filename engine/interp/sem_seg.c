/*
 * sem_seg.c - segment registers: what Linux's GDT holds for user mode, loads and the instructions
 * that inspect descriptors. Source: SDM vol. 3 ch. 3 and 5 (checks), arch/x86 ABI of Linux
 * (selector values). TLS and LDT descriptors are not known here.
 */
#include "interp/seg.h"
#include "x86/flags.h"

bool seg_describe(struct x86_cpu *c, u16 sel, struct seg_desc *d)
{
    u32 out[4];

    switch (sel | 3) {
    case SEG_USER32_CS: /* code, readable, 32-bit, 4 GiB */
        *d = (struct seg_desc){0xcffb00, ~0u};
        return true;
    case SEG_USER_DS: /* data, writable, 4 GiB */
        *d = (struct seg_desc){0xcff300, ~0u};
        return true;
    case SEG_USER_CS: /* code, readable, long mode */
        *d = (struct seg_desc){0xaffb00, ~0u};
        return true;
    case SEG_CPU_NUMBER: /* read-only data whose limit is the CPU number: old getcpu() */
        c->env->cpuid(c, 0xb, 0, out);
        *d = (struct seg_desc){0x40f500, out[3]};
        return true;
    default: return false;
    }
}

static bool is_code(const struct seg_desc *d)
{
    return d->rights & 0x800;
}

void seg_check(struct x86_cpu *c, unsigned sreg, u16 sel)
{
    struct seg_desc d;

    if (sreg == X86_CS)
        sem_ud(c);
    if (sel < 4) {
        if (sreg == X86_SS)
            sem_gp(c, 0);
        return;
    }
    if (!seg_describe(c, sel, &d))
        sem_gp(c, sel & ~3u);
    if (sreg == X86_SS && ((sel & 3) != 3 || is_code(&d) || !(d.rights & 0x200)))
        sem_gp(c, sel & ~3u);
}

void seg_load(struct x86_cpu *c, unsigned sreg, u16 sel)
{
    seg_check(c, sreg, sel);
    c->seg[sreg] = sel;
    c->seg_base[sreg] = 0;
}

unsigned seg_code_mode(struct x86_cpu *c, u16 sel)
{
    if ((sel | 3) == SEG_USER_CS)
        return 64;
    if ((sel | 3) != SEG_USER32_CS)
        sem_gp(c, sel & 0xfffc);
    return 32;
}

void sem_MOV_FROM_SEG(struct x86_cpu *c, const struct x86_insn *in)
{
    op_write(c, in, 0, op_read(c, in, 1));
}

void sem_MOV_TO_SEG(struct x86_cpu *c, const struct x86_insn *in)
{
    seg_load(c, in->opnd[0].reg, (u16)op_read(c, in, 1));
}

static void load_far(struct x86_cpu *c, const struct x86_insn *in, unsigned sreg)
{
    unsigned size = in->opnd[0].size;
    gaddr ea = sem_ea(c, in);
    u64 offset = mem_read(ea, size);

    seg_load(c, sreg, (u16)mem_read(ea + size, 2));
    op_write(c, in, 0, offset);
}

void sem_LES(struct x86_cpu *c, const struct x86_insn *in)
{
    load_far(c, in, X86_ES);
}

void sem_LDS(struct x86_cpu *c, const struct x86_insn *in)
{
    load_far(c, in, X86_DS);
}

void sem_LSS(struct x86_cpu *c, const struct x86_insn *in)
{
    load_far(c, in, X86_SS);
}

void sem_LFS(struct x86_cpu *c, const struct x86_insn *in)
{
    load_far(c, in, X86_FS);
}

void sem_LGS(struct x86_cpu *c, const struct x86_insn *in)
{
    load_far(c, in, X86_GS);
}

void sem_ARPL(struct x86_cpu *c, const struct x86_insn *in)
{
    u64 src = op_read(c, in, 1), dst = op_read(c, in, 0);
    bool raise = (dst & 3) < (src & 3);

    if (raise)
        op_write(c, in, 0, (dst & ~3ull) | (src & 3));
    x86_flags_put(c, X86_ZF, raise ? X86_ZF : 0);
}

void sem_LAR(struct x86_cpu *c, const struct x86_insn *in)
{
    struct seg_desc d;
    bool ok = seg_describe(c, (u16)op_read(c, in, 1), &d);

    if (ok)
        op_write(c, in, 0, d.rights);
    x86_flags_put(c, X86_ZF, ok ? X86_ZF : 0);
}

void sem_LSL(struct x86_cpu *c, const struct x86_insn *in)
{
    struct seg_desc d;
    bool ok = seg_describe(c, (u16)op_read(c, in, 1), &d);

    if (ok)
        op_write(c, in, 0, d.limit);
    x86_flags_put(c, X86_ZF, ok ? X86_ZF : 0);
}

void sem_VERR(struct x86_cpu *c, const struct x86_insn *in)
{
    struct seg_desc d;

    x86_flags_put(c, X86_ZF, seg_describe(c, (u16)op_read(c, in, 0), &d) ? X86_ZF : 0);
}

void sem_VERW(struct x86_cpu *c, const struct x86_insn *in)
{
    struct seg_desc d;
    bool ok = seg_describe(c, (u16)op_read(c, in, 0), &d) && !is_code(&d) && (d.rights & 0x200);

    x86_flags_put(c, X86_ZF, ok ? X86_ZF : 0);
}
