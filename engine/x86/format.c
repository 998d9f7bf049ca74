/*
 * format.c - the Intel-syntax text of a record. Names and operands come from the row; nothing is
 * known here about single instructions except the widths of gather indices. Called for traces,
 * dumps and crash reports, so: no allocation, no stdio.
 */
#include <string.h>

#include "x86/decode_tab.h"
#include "x86/format.h"

struct text {
    char *p;
    size_t room, len; /* len counts what was really written */
};

static void put_char(struct text *t, char c)
{
    if (t->len + 1 < t->room)
        t->p[t->len++] = c;
}

static void put(struct text *t, const char *s)
{
    while (*s)
        put_char(t, *s++);
}

static void put_hex(struct text *t, u64 v)
{
    char digits[16];
    unsigned n = 0;

    do {
        digits[n++] = "0123456789abcdef"[v & 15];
        v >>= 4;
    } while (v);
    put(t, "0x");
    while (n)
        put_char(t, digits[--n]);
}

static void put_dec(struct text *t, unsigned v)
{
    if (v >= 10)
        put_dec(t, v / 10);
    put_char(t, (char)('0' + v % 10));
}

static void put_numbered(struct text *t, const char *stem, unsigned n)
{
    put(t, stem);
    put_dec(t, n);
}

static void put_gpr(struct text *t, unsigned reg, unsigned size)
{
    static const char names[8][3] = {"ax", "cx", "dx", "bx", "sp", "bp", "si", "di"};

    if (reg >= 8) {
        put_numbered(t, "r", reg);
        put(t, size == 1 ? "b" : size == 2 ? "w" : size == 4 ? "d" : "");
        return;
    }
    if (size == 1) {
        put_char(t, names[reg][0]);
        if (reg >= 4)
            put_char(t, names[reg][1]);
        put_char(t, 'l');
        return;
    }
    if (size >= 4)
        put_char(t, size == 4 ? 'e' : 'r');
    put(t, names[reg]);
}

static const char *seg_name(unsigned seg)
{
    static const char names[X86_SEG_NONE + 1][3] = {"es", "cs", "ss", "ds", "fs", "gs", ""};

    return names[seg <= X86_SEG_NONE ? seg : X86_SEG_NONE];
}

/* "xmmword ptr " by size; LEA and friends have none. */
static void put_size(struct text *t, unsigned size)
{
    static const struct {
        u16 size;
        char name[8];
    } names[] = {{1, "byte"},  {2, "word"},   {4, "dword"},    {6, "fword"},
                 {8, "qword"}, {10, "tbyte"}, {16, "xmmword"}, {32, "ymmword"}};

    for (unsigned i = 0; i < ARRAY_SIZE(names); i++)
        if (names[i].size == size) {
            put(t, names[i].name);
            put(t, " ptr ");
        }
}

/* Index registers of gathers: as many elements as the data has (VPGATHER<index><data>). */
static const char *vsib_stem(const struct x86_insn *in)
{
    const char *g = strstr(x86_op_names[in->op], "gather");
    bool narrow = g && g[6] == 'd' && (g[7] == 'q' || (g[7] == 'p' && g[8] == 'd'));

    return in->vl == 32 && !narrow ? "ymm" : "xmm";
}

static void put_mem(struct text *t, const struct x86_insn *in, unsigned size)
{
    bool any = false;
    u64 disp = (u64)in->disp;

    put_size(t, size);
    if (in->seg == X86_FS || in->seg == X86_GS) {
        put(t, seg_name(in->seg));
        put_char(t, ':');
    }
    put_char(t, '[');
    if (in->base != X86_REG_NONE) {
        put_gpr(t, in->base, in->adsz);
        any = true;
    }
    if (in->index != X86_REG_NONE) {
        if (any)
            put_char(t, '+');
        if (in->pfx & X86_PFX_VSIB)
            put_numbered(t, vsib_stem(in), in->index);
        else
            put_gpr(t, in->index, in->adsz);
        if (in->scale)
            put_numbered(t, "*", 1u << in->scale);
        any = true;
    }
    if (any && in->disp < 0) {
        put_char(t, '-');
        put_hex(t, 0 - disp);
    } else if (!any || disp) {
        if (any)
            put_char(t, '+');
        put_hex(t, in->adsz == 8 ? disp : in->adsz == 4 ? (u32)disp : (u16)disp);
    }
    put_char(t, ']');
}

static void put_string_mem(struct text *t, const struct x86_insn *in, const struct x86_operand *o)
{
    put_size(t, o->size);
    put(t, o->kind == X86_OPK_DI ? "es" : in->seg == X86_SEG_NONE ? "ds" : seg_name(in->seg));
    put(t, ":[");
    put_gpr(t, o->kind == X86_OPK_DI ? X86_RDI : X86_RSI, in->adsz);
    put_char(t, ']');
}

static void put_operand(struct text *t, const struct x86_insn *in, const struct x86_operand *o,
                        unsigned spec)
{
    switch (o->kind) {
    case X86_OPK_GPR: put_gpr(t, o->reg, o->size); break;
    case X86_OPK_GPR_HIGH:
        put_char(t, "acdb"[o->reg & 3]);
        put_char(t, 'h');
        break;
    case X86_OPK_MEM: put_mem(t, in, o->size); break;
    case X86_OPK_IMM:
        put_hex(t, spec == X86_SPEC_I2 ? x86_imm2(in)
                   : o->size == 1      ? (u8)in->imm
                   : o->size == 2      ? (u16)in->imm
                                       : in->imm);
        break;
    case X86_OPK_REL: put_hex(t, in->imm); break;
    case X86_OPK_VEC: put_numbered(t, o->size == 32 ? "ymm" : "xmm", o->reg); break;
    case X86_OPK_MMX: put_numbered(t, "mm", o->reg); break;
    case X86_OPK_ST:
        put_numbered(t, "st(", o->reg);
        put_char(t, ')');
        break;
    case X86_OPK_SREG: put(t, seg_name(o->reg)); break;
    case X86_OPK_CREG: put_numbered(t, "cr", o->reg); break;
    case X86_OPK_DREG: put_numbered(t, "dr", o->reg); break;
    case X86_OPK_FAR:
        put_hex(t, in->imm >> 32);
        put_char(t, ':');
        put_hex(t, (u32)in->imm);
        break;
    default: put_string_mem(t, in, o);
    }
}

static void put_name(struct text *t, const struct x86_insn *in, const struct x86_row *row)
{
    static const char cc[16][3] = {"o", "no", "b", "ae", "e", "ne", "be", "a",
                                   "s", "ns", "p", "np", "l", "ge", "le", "g"};
    const char *name = x86_row_names[in->row] ? x86_row_names[in->row] : x86_op_names[in->op];
    size_t n = strlen(name);

    if (in->pfx & X86_PFX_LOCK)
        put(t, "lock ");
    if (row->attr & X86_ATTR_REP) {
        bool ends_on_zf = row->f_write & X86_ZF;

        if (in->pfx & X86_PFX_REP)
            put(t, ends_on_zf ? "repe " : "rep ");
        else if (in->pfx & X86_PFX_REPNE)
            put(t, "repne ");
    }
    if (row->plus == X86_PLUS_CC && n > 2 && !strcmp(name + n - 2, "cc")) {
        for (size_t i = 0; i < n - 2; i++)
            put_char(t, name[i]);
        put(t, cc[in->cc & 15]);
    } else {
        put(t, name);
    }
}

int x86_format(char *buf, size_t size, const struct x86_insn *in, gaddr pc)
{
    struct text t = {buf, size, 0};
    const struct x86_row *row = &x86_rows[in->row];

    (void)pc; /* branch targets and RIP-relative addresses are absolute in the record */
    put_name(&t, in, row);
    for (unsigned i = 0; i < in->nopnd; i++) {
        put(&t, i ? ", " : " ");
        put_operand(&t, in, &in->opnd[i], row->opnd[i].spec);
    }
    if (size)
        buf[t.len] = 0;
    return (int)t.len;
}
