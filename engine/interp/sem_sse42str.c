/*
 * sem_sse42str.c - PCMPESTRI/M, PCMPISTRI/M (SDM vol. 1, 12.10 and vol. 2, 4.1): compare two
 * strings of bytes or words in all the ways of imm8. Operand 0 is the set (or ranges, or needle)
 * indexed by j, operand 1 the string indexed by i.
 */
#include "interp/vec_forms.h"
#include "x86/flags.h"

enum {
    STR_WORDS = 1,
    STR_SIGNED = 2,
    STR_MODE_SHIFT = 2,
    STR_NEGATE = 0x10,
    STR_VALID_ONLY = 0x20,
    STR_LAST = 0x40
};
enum { STR_ANY, STR_RANGES, STR_EACH, STR_ORDERED };

struct str {
    i32 e[16];       /* elements, extended as imm8 says */
    unsigned length; /* valid elements */
};

static void str_load(struct str *s, const union vec_lane *v, unsigned imm)
{
    for (unsigned i = 0; i < 16; i++)
        s->e[i] = imm & STR_SIGNED ? v->sb[i] : v->b[i];
    if (imm & STR_WORDS)
        for (unsigned i = 0; i < 8; i++)
            s->e[i] = imm & STR_SIGNED ? v->sw[i] : v->w[i];
}

/* Implicit length: up to the first zero element. */
static void str_length_implicit(struct str *s, unsigned count)
{
    s->length = 0;
    while (s->length < count && s->e[s->length])
        s->length++;
}

/* Explicit length: |register|, at most count. */
static void str_length_explicit(struct str *s, unsigned count, u64 reg, bool wide)
{
    i64 v = wide ? (i64)reg : (i32)reg;
    u64 abs = v < 0 ? 0 - (u64)v : (u64)v;

    s->length = abs > count ? count : (unsigned)abs;
}

/* Bit i: string element i equals some set element. */
static u32 str_any(const struct str *set, const struct str *text)
{
    u32 r = 0;

    for (unsigned i = 0; i < text->length; i++)
        for (unsigned j = 0; j < set->length; j++)
            r |= (u32)(text->e[i] == set->e[j]) << i;
    return r;
}

/* Pairs of set elements are bounds; a pair with only its lower bound valid never matches. */
static u32 str_ranges(const struct str *set, const struct str *text)
{
    u32 r = 0;

    for (unsigned i = 0; i < text->length; i++)
        for (unsigned j = 0; j + 1 < set->length; j += 2)
            r |= (u32)(text->e[i] >= set->e[j] && text->e[i] <= set->e[j + 1]) << i;
    return r;
}

/* Both invalid counts as equal, one invalid as different. */
static u32 str_each(const struct str *a, const struct str *b, unsigned count)
{
    u32 r = 0;

    for (unsigned i = 0; i < count; i++) {
        bool va = i < a->length, vb = i < b->length;

        r |= (u32)(va && vb ? a->e[i] == b->e[i] : va == vb) << i;
    }
    return r;
}

/* Bit i: the needle stands at i, as far as the register shows. */
static u32 str_ordered(const struct str *needle, const struct str *text, unsigned count)
{
    u32 r = 0;

    for (unsigned i = 0; i < count; i++) {
        unsigned j = 0;

        while (j < needle->length && i + j < count && i + j < text->length &&
               needle->e[j] == text->e[i + j])
            j++;
        r |= (u32)(j == needle->length || i + j == count) << i;
    }
    return r;
}

static u32 str_compare(const struct str *a, const struct str *b, unsigned imm, unsigned count)
{
    u32 all = (1u << count) - 1, r;

    switch (imm >> STR_MODE_SHIFT & 3) {
    case STR_ANY: r = str_any(a, b); break;
    case STR_RANGES: r = str_ranges(a, b); break;
    case STR_EACH: r = str_each(a, b, count); break;
    default: r = str_ordered(a, b, count);
    }
    if (imm & STR_NEGATE)
        r ^= imm & STR_VALID_ONLY ? (1u << b->length) - 1 : all;
    return r;
}

/* ECX: the lowest or highest set bit, the element count if none. */
static void str_index(struct x86_cpu *c, u32 r, unsigned imm, unsigned count)
{
    unsigned i = count;

    if (r)
        i = (unsigned)(imm & STR_LAST ? 31 - __builtin_clz(r) : __builtin_ctz(r));
    c->gpr[X86_RCX] = i;
}

/* XMM0: the bits, or one element of ones for each. */
static void str_mask(struct x86_cpu *c, u32 r, unsigned imm, bool vex)
{
    union vec_lane d = {.q = {r, 0}};

    if (imm & STR_LAST)
        for (unsigned i = 0; i < 16; i++)
            d.b[i] = r >> (imm & STR_WORDS ? i / 2 : i) & 1 ? 0xff : 0;
    if (vex)
        vec_put_vex128(c, 0, &d);
    else
        vec_put_sse(c, 0, &d);
}

enum str_form { STR_FORM_ESTRI, STR_FORM_ESTRM, STR_FORM_ISTRI, STR_FORM_ISTRM };

static void str_op(struct x86_cpu *c, const struct x86_insn *in, enum str_form form, bool vex)
{
    union vec_lane tmp;
    const union vec_lane *vb = vec_src16u(c, in, 1, &tmp);
    unsigned imm = (u8)in->imm, count = imm & STR_WORDS ? 8 : 16;
    bool wide = in->opsz == 8 && in->mode == 64;
    struct str a, b;
    u32 r, flags = 0;

    str_load(&a, vec_reg(c, in->opnd[0].reg), imm);
    str_load(&b, vb, imm);
    if (form == STR_FORM_ISTRI || form == STR_FORM_ISTRM) {
        str_length_implicit(&a, count);
        str_length_implicit(&b, count);
    } else {
        str_length_explicit(&a, count, c->gpr[X86_RAX], wide);
        str_length_explicit(&b, count, c->gpr[X86_RDX], wide);
    }
    r = str_compare(&a, &b, imm, count);
    flags |= r ? X86_CF : 0;
    flags |= r & 1 ? X86_OF : 0;
    flags |= a.length < count ? X86_SF : 0;
    flags |= b.length < count ? X86_ZF : 0;
    if (form == STR_FORM_ESTRI || form == STR_FORM_ISTRI)
        str_index(c, r, imm, count);
    else
        str_mask(c, r, imm, vex);
    x86_flags_set(c, (c->eflags & ~(u32)X86_OSZAPC) | flags);
}
VEC_SEM(PCMPESTRI, str_op(c, in, STR_FORM_ESTRI, false))
VEC_SEM(PCMPESTRM, str_op(c, in, STR_FORM_ESTRM, false))
VEC_SEM(PCMPISTRI, str_op(c, in, STR_FORM_ISTRI, false))
VEC_SEM(PCMPISTRM, str_op(c, in, STR_FORM_ISTRM, false))
VEC_SEM(VPCMPESTRI, str_op(c, in, STR_FORM_ESTRI, true))
VEC_SEM(VPCMPESTRM, str_op(c, in, STR_FORM_ESTRM, true))
VEC_SEM(VPCMPISTRI, str_op(c, in, STR_FORM_ISTRI, true))
VEC_SEM(VPCMPISTRM, str_op(c, in, STR_FORM_ISTRM, true))
