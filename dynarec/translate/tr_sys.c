/*
 * tr_sys.c - what user programs read and write of the machine: EFLAGS on the stack, MXCSR, XCR0,
 * segment registers and their bases, cache hints that still fault; and single instructions of no
 * other group.
 */
#include "dynarec/translate/translate.h"

#define CPU(field) ((unsigned)offsetof(struct x86_cpu, field))

bool tr_PUSHF(struct tr *t, const struct x86_insn *in)
{
    hreg x, y;

    if (in->opsz == 4)
        return false;
    x = h_tmp(t);
    y = h_tmp(t);
    h_flags_get(t, x);
    t->ins[t->cur].state = (u16)h_flag_state(t);
    h_ld_cpu(t, 4, y, CPU(eflags));
    h_opi(t, H_AND, 4, y, y, (i64)(u32) ~(u32)(X86_OSZAPC | X86_RF | 0x20000));
    h_op(t, H_OR, 4, x, x, y);
    h_opi(t, H_OR, 4, x, x, X86_FLAGS_FIXED);
    h_st_push(t, in->opsz, x, h_gpr(X86_RSP));
    return true;
}

bool tr_STD(struct tr *t, const struct x86_insn *in)
{
    hreg r = h_tmp(t);

    (void)in;
    h_ld_cpu(t, 4, r, CPU(eflags));
    h_opi(t, H_OR, 4, r, r, X86_DF);
    h_st_cpu(t, 4, r, CPU(eflags));
    return true;
}

bool tr_ENDBR32(struct tr *t, const struct x86_insn *in)
{
    (void)t;
    (void)in;
    return true;
}

bool tr_XLAT(struct tr *t, const struct x86_insn *in)
{
    struct h_mem m = {.base = h_gpr(X86_RBX), .scale = 0};

    if (in->adsz != 8 || in->seg == X86_FS || in->seg == X86_GS)
        return false;
    m.index = h_tmp(t);
    h_zext(t, m.index, h_gpr(X86_RAX), 1);
    h_ld(t, 1, m.index, &m);
    h_bfi(t, h_gpr(X86_RAX), m.index, 0, 8);
    return true;
}

/* ---- segments ---- */

bool tr_MOV_FROM_SEG(struct tr *t, const struct x86_insn *in)
{
    hreg x = h_tmp(t);

    h_ld_cpu(t, 2, x, CPU(seg) + 2u * in->opnd[1].reg);
    tr_write(t, in, 0, x);
    return true;
}

static bool read_base(struct tr *t, const struct x86_insn *in, unsigned seg)
{
    h_ld_cpu(t, in->opnd[0].size, h_gpr(in->opnd[0].reg), CPU(seg_base) + 8 * seg);
    return true;
}

/* #GP is the interpreter's. */
static bool write_base(struct tr *t, const struct x86_insn *in, unsigned seg)
{
    hreg s = h_gpr(in->opnd[0].reg), v = h_tmp(t), x = h_tmp(t);

    h_mov(t, in->opnd[0].size, v, s);
    h_sbfx(t, x, v, 0, 48);
    h_op(t, H_XOR, 8, x, x, v);
    h_opi(t, H_SHR, 8, x, x, 47);
    h_leave_unless_zero(t, x);
    h_st_cpu(t, 8, v, CPU(seg_base) + 8 * seg);
    return true;
}

bool tr_RDFSBASE(struct tr *t, const struct x86_insn *in)
{
    return read_base(t, in, X86_FS);
}

bool tr_RDGSBASE(struct tr *t, const struct x86_insn *in)
{
    return read_base(t, in, X86_GS);
}

bool tr_WRFSBASE(struct tr *t, const struct x86_insn *in)
{
    return write_base(t, in, X86_FS);
}

bool tr_WRGSBASE(struct tr *t, const struct x86_insn *in)
{
    return write_base(t, in, X86_GS);
}

/* ---- control registers ---- */

bool tr_XGETBV(struct tr *t, const struct x86_insn *in)
{
    hreg x = h_tmp(t);

    (void)in;
    h_mov(t, 4, x, h_gpr(X86_RCX));
    h_leave_unless_zero(t, x);
    h_ld_cpu(t, 4, h_gpr(X86_RAX), CPU(xcr0));
    h_ld_cpu(t, 4, h_gpr(X86_RDX), CPU(xcr0) + 4);
    return true;
}

/* Reserved bits, exceptions that are not masked, and flushing that the host has not: the
 * interpreter's. */
static bool set_mxcsr(struct tr *t, const struct x86_insn *in)
{
    struct h_mem m = tr_mem(t, in);
    hreg x = h_tmp(t);

    h_ld(t, 4, x, &m);
    h_mxcsr_set(t, x);
    return true;
}

static bool get_mxcsr(struct tr *t, const struct x86_insn *in)
{
    struct h_mem m = tr_mem(t, in);
    hreg x = h_tmp(t);

    h_mxcsr_get(t, x);
    h_st(t, 4, x, &m);
    return true;
}

bool tr_LDMXCSR(struct tr *t, const struct x86_insn *in)
{
    return set_mxcsr(t, in);
}

bool tr_VLDMXCSR(struct tr *t, const struct x86_insn *in)
{
    return set_mxcsr(t, in);
}

bool tr_STMXCSR(struct tr *t, const struct x86_insn *in)
{
    return get_mxcsr(t, in);
}

bool tr_VSTMXCSR(struct tr *t, const struct x86_insn *in)
{
    return get_mxcsr(t, in);
}

/* ---- caches: checked as a load of a byte ---- */

static bool touch(struct tr *t, const struct x86_insn *in)
{
    struct h_mem m = tr_mem(t, in);

    h_ld(t, 1, h_tmp(t), &m);
    return true;
}

bool tr_CLFLUSH(struct tr *t, const struct x86_insn *in)
{
    return touch(t, in);
}

bool tr_CLFLUSHOPT(struct tr *t, const struct x86_insn *in)
{
    return touch(t, in);
}

bool tr_CLWB(struct tr *t, const struct x86_insn *in)
{
    return touch(t, in);
}
