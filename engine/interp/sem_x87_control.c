/*
 * sem_x87_control.c - x87 control word, status word, environment, state images and stack pointer.
 * The FN forms do not look at pending exceptions; WAIT does nothing else.
 */
#include "interp/x87.h"

/* CW bits that exist: exception masks, PC, RC, the 80287's infinity control; bit 6 always reads as
 * one. */
enum { CW_VALID = 0x1f3f, CW_ONES = 0x40 };

ALWAYS_INLINE u16 status(const struct x86_fpu *f)
{
    return (u16)(f->sw | f->top << 11);
}

static void set_status(struct x86_fpu *f, u16 sw)
{
    f->sw = sw & (u16)~0x3800;
    f->top = sw >> 11 & 7;
    x87_update_es(f);
}

static void set_control(struct x86_fpu *f, u16 cw)
{
    f->cw = (cw & CW_VALID) | CW_ONES;
    x87_update_es(f);
}

/* Two bits per physical register: valid 0, zero 1, special 2, empty 3. */
static u16 full_tags(const struct x86_fpu *f)
{
    u16 tags = 0;

    for (unsigned i = 0; i < 8; i++) {
        struct sf_num n = sf_num_f80(f->regs[i]);
        unsigned t = 3;

        if (f->used >> i & 1)
            t = n.cls == SF_ZERO ? 1 : n.cls != SF_NUM || n.den ? 2 : 0;
        tags |= (u16)(t << (2 * i));
    }
    return tags;
}

static void init(struct x86_fpu *f)
{
    f->cw = 0x37f;
    f->sw = 0;
    f->top = 0;
    f->used = 0;
    f->fop = 0;
    f->fip = 0;
    f->fdp = 0;
    f->fcs = 0;
    f->fds = 0;
}

/* SDM vol. 1, figures 8-9 (32-bit, 28 bytes) and 8-11 (16-bit, 14 bytes); the words not used are
 * ones. */
static unsigned env_image(const struct x86_fpu *f, bool small, u8 *p)
{
    u16 head[3] = {f->cw, status(f), full_tags(f)};

    if (small) {
        u16 w[7] = {head[0], head[1], head[2], (u16)f->fip, f->fcs, (u16)f->fdp, f->fds};

        __builtin_memcpy(p, w, 14);
        return 14;
    } else {
        u32 d[7] = {0xffff0000u | head[0],
                    0xffff0000u | head[1],
                    0xffff0000u | head[2],
                    (u32)f->fip,
                    f->fcs | (u32)(f->fop & 0x7ff) << 16,
                    (u32)f->fdp,
                    0xffff0000u | f->fds};

        __builtin_memcpy(p, d, 28);
        return 28;
    }
}

static void env_load(struct x86_fpu *f, bool small, const u8 *p)
{
    unsigned step = small ? 2 : 4, used = 0;
    u16 tags = ld_u16(p + 2 * step);

    for (unsigned i = 0; i < 8; i++)
        used |= (unsigned)((tags >> (2 * i) & 3) != 3) << i;
    f->used = (u8)used;
    f->fip = small ? ld_u16(p + 6) : ld_u32(p + 12);
    f->fcs = ld_u16(p + (small ? 8 : 16));
    f->fop = small ? 0 : ld_u16(p + 18) & 0x7ff;
    f->fdp = small ? ld_u16(p + 10) : ld_u32(p + 20);
    f->fds = ld_u16(p + (small ? 12 : 24));
    f->cw = (ld_u16(p) & CW_VALID) | CW_ONES;
    set_status(f, ld_u16(p + step));
}

/* The CPU stores the first word and, where another page begins behind it, looks at the last byte
 * before the rest. */
static void store_image(gaddr a, const u8 *image, unsigned size, bool small)
{
    unsigned first = small ? 2 : 4;

    x87_probe(a, first);
    if (UNLIKELY((a ^ (a + size - 1)) >> 12)) {
        mem_probe_write(a);
        mem_probe_write(a + size - 1);
    }
    __builtin_memcpy(g2h(a), image, first);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    __builtin_memcpy(g2h(a + first), image + first, size - first);
}

void sem_FNSTENV(struct x86_cpu *c, const struct x86_insn *in)
{
    u8 image[28];
    unsigned size = env_image(&c->fpu, in->opnd[0].size == 14, image);

    store_image(sem_ea(c, in), image, size, size == 14);
    c->fpu.cw |= SF_ALL;
    x87_update_es(&c->fpu);
}

void sem_FLDENV(struct x86_cpu *c, const struct x86_insn *in)
{
    unsigned size = in->opnd[0].size;
    u8 image[28];

    x87_wait(c);
    __builtin_memcpy(image, g2h(sem_ea(c, in)), size == 14 ? 14 : 28);
    env_load(&c->fpu, size == 14, image);
}

void sem_FNSAVE(struct x86_cpu *c, const struct x86_insn *in)
{
    u8 image[108];
    unsigned at = env_image(&c->fpu, in->opnd[0].size == 94, image);

    for (unsigned i = 0; i < 8; i++, at += 10) {
        st_u64(image + at, x87_st(c, i)->m);
        st_u16(image + at + 8, x87_st(c, i)->se);
    }
    store_image(sem_ea(c, in), image, at, at == 94);
    init(&c->fpu);
}

void sem_FRSTOR(struct x86_cpu *c, const struct x86_insn *in)
{
    bool small = in->opnd[0].size == 94;
    unsigned at = small ? 14 : 28;
    u8 image[108];

    x87_wait(c);
    __builtin_memcpy(image, g2h(sem_ea(c, in)), at + 80);
    env_load(&c->fpu, small, image);
    for (unsigned i = 0; i < 8; i++, at += 10) {
        x87_st(c, i)->m = ld_u64(image + at);
        x87_st(c, i)->se = ld_u16(image + at + 8);
    }
}

void sem_FLDCW(struct x86_cpu *c, const struct x86_insn *in)
{
    u16 cw;

    x87_wait(c);
    cw = (u16)op_read(c, in, 0);
    set_control(&c->fpu, cw);
}

void sem_FNSTCW(struct x86_cpu *c, const struct x86_insn *in)
{
    op_write(c, in, 0, c->fpu.cw);
}

void sem_FNSTSW(struct x86_cpu *c, const struct x86_insn *in)
{
    op_write(c, in, 0, status(&c->fpu));
}

void sem_FNINIT(struct x86_cpu *c, const struct x86_insn *in)
{
    (void)in;
    init(&c->fpu);
}

void sem_FNCLEX(struct x86_cpu *c, const struct x86_insn *in)
{
    (void)in;
    c->fpu.sw &= X87_CC;
}

void sem_WAIT(struct x86_cpu *c, const struct x86_insn *in)
{
    (void)in;
    x87_wait(c);
}

void sem_FNOP(struct x86_cpu *c, const struct x86_insn *in)
{
    x87_wait(c);
    x87_note(c, in);
}

/* 8087 and 80287 instructions that later CPUs take for no-ops. */
void sem_FNENI(struct x86_cpu *c, const struct x86_insn *in)
{
    (void)c, (void)in;
}

void sem_FNDISI(struct x86_cpu *c, const struct x86_insn *in)
{
    (void)c, (void)in;
}

void sem_FNSETPM(struct x86_cpu *c, const struct x86_insn *in)
{
    (void)c, (void)in;
}

/* --- stack pointer and tags */
void sem_FINCSTP(struct x86_cpu *c, const struct x86_insn *in)
{
    x87_wait(c);
    x87_note(c, in);
    c->fpu.sw &= (u16)~X87_C1;
    c->fpu.top = (c->fpu.top + 1) & 7;
}

void sem_FDECSTP(struct x86_cpu *c, const struct x86_insn *in)
{
    x87_wait(c);
    x87_note(c, in);
    c->fpu.sw &= (u16)~X87_C1;
    c->fpu.top = (c->fpu.top - 1) & 7;
}

void sem_FFREE(struct x86_cpu *c, const struct x86_insn *in)
{
    x87_wait(c);
    x87_note(c, in);
    c->fpu.sw &= (u16)~X87_C1;
    c->fpu.used &= (u8) ~(1u << ((c->fpu.top + in->opnd[0].reg) & 7));
}

void sem_FFREEP(struct x86_cpu *c, const struct x86_insn *in)
{
    sem_FFREE(c, in);
    x87_pop(c);
}
