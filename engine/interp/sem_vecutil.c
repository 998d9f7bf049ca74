/*
 * sem_vecutil.c - the general forms of vector operand access declared in sem.h, and EMMS. The hot
 * operations use vec.h instead.
 */
#include "interp/vec_forms.h"

static bool row_is_vex(const struct x86_row *row)
{
    return row->map >= X86_MAP_VEX_0F;
}

void vec_read(struct x86_cpu *c, const struct x86_insn *in, unsigned i, union x86_vec *v)
{
    const struct x86_operand *o = &in->opnd[i];
    unsigned size = o->size < 32 ? o->size : 32;
    gaddr a;

    *v = (union x86_vec){.q = {0, 0, 0, 0}};
    if (o->kind == X86_OPK_MMX) {
        v->q[0] = c->fpu.regs[o->reg].m;
        return;
    }
    if (o->kind != X86_OPK_MEM) {
        __builtin_memcpy(v, &c->vec[o->reg], size);
        return;
    }
    a = sem_ea(c, in);
    if ((x86_rows[in->row].attr & X86_ATTR_ALIGN) && (a & (size - 1)))
        sem_gp(c, 0);
    __builtin_memcpy(v, g2h(a), size);
}

/* A legacy register write replaces `size` bytes and keeps the others, a VEX one zeroes all bytes
 * behind it. */
void vec_write(struct x86_cpu *c, const struct x86_insn *in, unsigned i, const union x86_vec *v)
{
    const struct x86_operand *o = &in->opnd[i];
    unsigned size = o->size < 32 ? o->size : 32;
    const struct x86_row *row = &x86_rows[in->row];
    gaddr a;

    if (o->kind == X86_OPK_MMX) {
        mmx_put(c, o->reg, v->q[0]);
        return;
    }
    if (o->kind != X86_OPK_MEM) {
        __builtin_memcpy(&c->vec[o->reg], v, size);
        if (row_is_vex(row))
            __builtin_memset(&c->vec[o->reg].b[size], 0, 32 - size);
        return;
    }
    a = sem_ea(c, in);
    if ((row->attr & X86_ATTR_ALIGN) && (a & (size - 1)))
        sem_gp(c, 0);
    __builtin_memcpy(g2h(a), v, size);
}

void mmx_enter(struct x86_cpu *c)
{
    mmx_check(c);
    mmx_mark(c);
}

void sem_EMMS(struct x86_cpu *c, const struct x86_insn *in)
{
    (void)in;
    mmx_check(c);
    c->fpu.used = 0;
    c->fpu.top = 0;
}
