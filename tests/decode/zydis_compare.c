/*
 * zydis_compare.c - see zydis_compare.h. Facts compared: validity, length, printed mnemonic, every
 * shown operand (kind, register, address parts, value, size, access), EFLAGS read / written /
 * undefined, hidden general registers.
 */
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <Zydis/Zydis.h>

#include "x86/decode.h"
#include "x86/decode_tab.h"
#include "x86/format.h"
#include "zydis_compare.h"

enum kind {
    K_OURS_UD,
    K_ZYDIS_UD,
    K_LENGTH,
    K_NAME,
    K_NOPND,
    K_OPKIND,
    K_OPREG,
    K_OPVAL,
    K_OPSIZE,
    K_ACCESS,
    K_ACCCOND,
    K_FREAD,
    K_FWRITE,
    K_FUNDEF,
    K_HIDDEN,
    K_COUNT
};
static const char *const kind_names[K_COUNT] = {
    "ours-UD",     "zydis-UD",   "length",        "name",        "operands",
    "op-kind",     "op-reg",     "op-value",      "op-size",     "access",
    "access-cond", "flags-read", "flags-written", "flags-undef", "hidden"};

struct known {
    const char *
        what; /* glob over the row's op name or, for ours-UD, the Zydis ISA extension or mnemonic */
    const char *kinds; /* glob over kind names */
    const char *reason;
};
static const struct known known[] = {
#define KNOWN(what, kinds, reason) {what, kinds, reason},
#include "known_diffs.def"
#undef KNOWN
    {NULL, NULL, NULL},
};

struct diff_class {
    char key[96];
    unsigned kind;
    const struct known *known;
    u64 count;
    char example[256];
};

#define MAX_CLASSES 8192
static struct diff_class classes[MAX_CLASSES];
static unsigned n_classes;
static u64 n_total, n_both_invalid;
static ZydisDecoder dec64, dec32;
static const char *zydis_cc[16] = {"o", "no", "b", "nb", "z", "nz", "be", "nbe",
                                   "s", "ns", "p", "np", "l", "nl", "le", "nle"};

struct pair {
    const u8 *code;
    gaddr pc;
    unsigned mode;
    struct x86_insn in;
    ZydisDecodedInstruction z;
    ZydisDecodedOperand op[ZYDIS_MAX_OPERAND_COUNT];
    int len; /* ours */
    bool zok;
};

void zc_init(void)
{
    ZydisDecoderInit(&dec64, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
    ZydisDecoderInit(&dec32, ZYDIS_MACHINE_MODE_LEGACY_32, ZYDIS_STACK_WIDTH_32);
    for (unsigned i = 0; i < 2;
         i++) { /* the guest CPU has no MPX, CET, CLDEMOTE: their encodings are NOPs */
        ZydisDecoder *d = i ? &dec32 : &dec64;

        ZydisDecoderEnableMode(d, ZYDIS_DECODER_MODE_MPX, ZYAN_FALSE);
        ZydisDecoderEnableMode(d, ZYDIS_DECODER_MODE_CET, ZYAN_FALSE);
        ZydisDecoderEnableMode(d, ZYDIS_DECODER_MODE_CLDEMOTE, ZYAN_FALSE);
        ZydisDecoderEnableMode(d, ZYDIS_DECODER_MODE_WBNOINVD, ZYAN_FALSE);
    }
}

static const struct known *find_known(const struct pair *p, unsigned kind)
{
    const char *op = p->len > 0 ? x86_op_names[p->in.op] : "";
    char row_op[48] = "";

    if (p->len > 0)
        sscanf(x86_row_text[p->in.row], "%47s", row_op);
    for (const struct known *k = known; k->what; k++) {
        const char *what = k->what;

        if (fnmatch(k->kinds, kind_names[kind], 0))
            continue;
        if (p->len > 0 && (!fnmatch(what, row_op, 0) || !fnmatch(what, op, 0) ||
                           !fnmatch(what, x86_row_text[p->in.row], 0)))
            return k;
        if (p->zok && (!fnmatch(what, ZydisISAExtGetString(p->z.meta.isa_ext), 0) ||
                       !fnmatch(what, ZydisMnemonicGetString(p->z.mnemonic), 0)))
            return k;
    }
    return NULL;
}

static void differ(const struct pair *p, unsigned kind, const char *detail)
{
    char key[96], ours[X86_FORMAT_MAX] = "UD", hex[64] = "";
    const char *zname = p->zok ? ZydisMnemonicGetString(p->z.mnemonic) : "UD";
    struct diff_class *c;
    unsigned i, n = p->len > 0 ? (unsigned)p->len : p->z.length;

    if (p->len > 0)
        snprintf(key, sizeof key, "%d %.80s", p->mode, x86_row_text[p->in.row]);
    else
        snprintf(key, sizeof key, "%d zydis %s %s", p->mode,
                 ZydisISAExtGetString(p->z.meta.isa_ext), zname);
    for (i = 0; i < n_classes; i++)
        if (classes[i].kind == kind && !strcmp(classes[i].key, key))
            break;
    if (i == MAX_CLASSES)
        return;
    c = &classes[i];
    if (c->count++)
        return;
    n_classes++;
    strcpy(c->key, key);
    c->kind = kind;
    c->known = find_known(p, kind);
    if (p->len > 0)
        x86_format(ours, sizeof ours, &p->in, p->pc);
    for (i = 0; i < n && i < 16; i++)
        sprintf(hex + 2 * i, "%02x", p->code[i]);
    snprintf(c->example, sizeof c->example, "%s ours=[%.100s] zydis=%s(%u) %.80s", hex, ours, zname,
             p->z.length, detail);
}

static void differ_num(const struct pair *p, unsigned kind, unsigned opnd, u64 ours, u64 theirs)
{
    char text[80];

    snprintf(text, sizeof text, "#%u ours=%llx zydis=%llx", opnd, (unsigned long long)ours,
             (unsigned long long)theirs);
    differ(p, kind, text);
}

static void compare_name(const struct pair *p)
{
    const char *name = x86_row_names[p->in.row] ? x86_row_names[p->in.row] : x86_op_names[p->in.op];
    const char *zname = ZydisMnemonicGetString(p->z.mnemonic);
    char full[32];
    size_t n = strlen(name);

    if (n > 2 && !strcmp(name + n - 2, "cc") && x86_rows[p->in.row].plus == X86_PLUS_CC) {
        snprintf(full, sizeof full, "%.*s%s", (int)n - 2, name, zydis_cc[p->in.cc]);
        name = full;
    }
    if (strcmp(name, zname))
        differ(p, K_NAME, name);
}

/* A Zydis register as our (kind, number, bytes). */
static void zydis_reg(ZydisRegister r, unsigned *kind, unsigned *reg, unsigned *size)
{
    ZydisRegisterClass cls = ZydisRegisterGetClass(r);
    int id = ZydisRegisterGetId(r);
    static const u8 kinds[] = {
        [ZYDIS_REGCLASS_GPR8] = X86_OPK_GPR,     [ZYDIS_REGCLASS_GPR16] = X86_OPK_GPR,
        [ZYDIS_REGCLASS_GPR32] = X86_OPK_GPR,    [ZYDIS_REGCLASS_GPR64] = X86_OPK_GPR,
        [ZYDIS_REGCLASS_X87] = X86_OPK_ST,       [ZYDIS_REGCLASS_MMX] = X86_OPK_MMX,
        [ZYDIS_REGCLASS_XMM] = X86_OPK_VEC,      [ZYDIS_REGCLASS_YMM] = X86_OPK_VEC,
        [ZYDIS_REGCLASS_SEGMENT] = X86_OPK_SREG, [ZYDIS_REGCLASS_CONTROL] = X86_OPK_CREG,
        [ZYDIS_REGCLASS_DEBUG] = X86_OPK_DREG,
    };

    *kind = cls < ARRAY_SIZE(kinds) ? kinds[cls] : 0;
    *reg = (unsigned)id;
    *size = ZydisRegisterGetWidth(ZYDIS_MACHINE_MODE_LONG_64, r) / 8;
    if (cls == ZYDIS_REGCLASS_GPR8 && id >= 4) {
        *kind = id < 8 ? X86_OPK_GPR_HIGH : X86_OPK_GPR;
        *reg = (unsigned)id - 4;
    }
}

static unsigned base_reg(ZydisRegister r, unsigned none)
{
    return r == ZYDIS_REGISTER_NONE || r == ZYDIS_REGISTER_RIP || r == ZYDIS_REGISTER_EIP
               ? none
               : (unsigned)ZydisRegisterGetId(r);
}

static void compare_mem(const struct pair *p, unsigned i, const ZydisDecodedOperand *z)
{
    const struct x86_insn *in = &p->in;
    unsigned kind = in->opnd[i].kind, zseg = X86_SEG_NONE;
    u64 zdisp = (u64)z->mem.disp.value;

    if (kind == X86_OPK_SI || kind == X86_OPK_DI)
        kind = X86_OPK_MEM;
    else if (kind == X86_OPK_MEM) {
        bool rip = z->mem.base == ZYDIS_REGISTER_RIP || z->mem.base == ZYDIS_REGISTER_EIP;

        if (rip) {
            zdisp += p->pc + p->z.length;
            if (in->adsz == 4)
                zdisp = (u32)zdisp;
        }
        /* Zydis 4.0 reads base 101b with mod 0, REX.B and 67h as R13D without displacement (its
         * length is right). */
        if (in->mode == 64 && in->adsz == 4 && in->base == X86_REG_NONE &&
            z->mem.base == ZYDIS_REGISTER_R13D)
            return;
        if (in->base != base_reg(z->mem.base, X86_REG_NONE) ||
            in->index != base_reg(z->mem.index, X86_REG_NONE) ||
            (in->index != X86_REG_NONE && 1u << in->scale != z->mem.scale))
            differ_num(p, K_OPREG, i, in->base << 8u | in->index,
                       (u64)z->mem.base << 16 | z->mem.index);
        if (!(rip == !!(in->pfx & X86_PFX_RIPREL)) ||
            ((u64)in->disp ^ zdisp) & (in->adsz == 8   ? ~0ull
                                       : in->adsz == 4 ? 0xffffffff
                                                       : 0xffff))
            differ_num(p, K_OPVAL, i, (u64)in->disp, zdisp);
    } else {
        differ_num(p, K_OPKIND, i, kind, z->type);
        return;
    }
    if (in->opnd[i].kind != X86_OPK_DI && z->mem.type != ZYDIS_MEMOP_TYPE_AGEN) {
        if (z->mem.segment != ZYDIS_REGISTER_NONE)
            zseg = (unsigned)ZydisRegisterGetId(z->mem.segment);
        if (p->mode == 64 && zseg < X86_FS)
            zseg = X86_SEG_NONE;
        if (in->seg != zseg)
            differ_num(p, K_OPREG, i, in->seg, zseg);
    }
    if (z->mem.type != ZYDIS_MEMOP_TYPE_AGEN && in->opnd[i].size && in->opnd[i].size != z->size / 8)
        differ_num(p, K_OPSIZE, i, in->opnd[i].size, z->size / 8);
}

static void compare_imm(const struct pair *p, unsigned i, const ZydisDecodedOperand *z)
{
    const struct x86_operand *o = &p->in.opnd[i];
    u64 ours = o->kind == X86_OPK_IMM && o->reg ? x86_imm2(&p->in) : p->in.imm,
        theirs = z->imm.value.u;

    if (o->kind == X86_OPK_IMM && p->in.nopnd > 1 &&
        p->in.opnd[p->in.nopnd - 1].kind == X86_OPK_IMM && p->in.opnd[p->in.nopnd - 1].reg &&
        !o->reg)
        ours = (u32)ours;
    if ((o->kind == X86_OPK_REL) != z->imm.is_relative ||
        (o->kind != X86_OPK_REL && o->kind != X86_OPK_IMM)) {
        differ_num(p, K_OPKIND, i, o->kind, z->type);
        return;
    }
    if (z->imm.is_relative) {
        theirs += p->pc + p->z.length;
        if (p->in.opsz < 8)
            theirs &= (1ull << 8 * p->in.opsz) - 1;
    } else if (o->size == 8 && p->z.raw.imm[0].size == 32) {
        theirs = (u64)(i64)(i32)theirs; /* Zydis calls these unsigned */
    } else if (o->size < 8) {
        theirs &= (1ull << 8 * o->size) - 1;
    }
    if (ours != theirs)
        differ_num(p, K_OPVAL, i, ours, theirs);
}

static void compare_operand(const struct pair *p, unsigned i, const ZydisDecodedOperand *z)
{
    const struct x86_operand *o = &p->in.opnd[i];
    unsigned acc = x86_rows[p->in.row].opnd[i].access, kind, reg, size;
    unsigned zr = (z->actions & ZYDIS_OPERAND_ACTION_MASK_READ) != 0,
             zw = (z->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) != 0;
    unsigned zc = (z->actions & ZYDIS_OPERAND_ACTION_CONDWRITE) != 0;

    if (z->type == ZYDIS_OPERAND_TYPE_MEMORY) {
        compare_mem(p, i, z);
    } else if (z->type == ZYDIS_OPERAND_TYPE_IMMEDIATE) {
        compare_imm(p, i, z);
    } else if (z->type == ZYDIS_OPERAND_TYPE_POINTER) {
        if (o->kind != X86_OPK_FAR)
            differ_num(p, K_OPKIND, i, o->kind, z->type);
        else if (p->in.imm != ((u64)z->ptr.segment << 32 | z->ptr.offset))
            differ_num(p, K_OPVAL, i, p->in.imm, z->ptr.offset);
    } else {
        zydis_reg(z->reg.value, &kind, &reg, &size);
        if (kind != o->kind)
            differ_num(p, K_OPKIND, i, o->kind, kind);
        else if (reg != o->reg)
            differ_num(p, K_OPREG, i, o->reg, reg);
        else if (kind == X86_OPK_VEC ? (size == 32 ? p->in.vl != 32 : o->size > 16)
                                     : kind <= X86_OPK_GPR_HIGH && size != o->size)
            differ_num(p, K_OPSIZE, i, o->size, size);
    }
    if (o->kind == X86_OPK_IMM || o->kind == X86_OPK_REL || o->kind == X86_OPK_FAR ||
        (o->kind == X86_OPK_MEM && z->mem.type == ZYDIS_MEMOP_TYPE_AGEN &&
         z->type == ZYDIS_OPERAND_TYPE_MEMORY))
        return;
    if ((acc & 1) != zr || (acc >> 1 & 1) != zw)
        differ_num(p, K_ACCESS, i, acc & 3, zr | zw << 1);
    else if ((acc >> 2 & 1) != zc)
        differ_num(p, K_ACCCOND, i, acc, z->actions);
}

/* Does Zydis operand z name the same thing as our operand o (register, string memory, any immediate
 * or memory)? */
static bool same_place(const struct x86_operand *o, const ZydisDecodedOperand *z)
{
    unsigned kind, reg, size;

    if (z->type == ZYDIS_OPERAND_TYPE_REGISTER) {
        zydis_reg(z->reg.value, &kind, &reg, &size);
        return kind == o->kind && reg == o->reg;
    }
    if (z->type == ZYDIS_OPERAND_TYPE_MEMORY) {
        if (o->kind == X86_OPK_SI || o->kind == X86_OPK_DI)
            return base_reg(z->mem.base, 99) == (o->kind == X86_OPK_SI ? X86_RSI : X86_RDI);
        return o->kind == X86_OPK_MEM;
    }
    return o->kind == X86_OPK_IMM || o->kind == X86_OPK_REL || o->kind == X86_OPK_FAR;
}

/*
 * Shown operands in order; what Zydis hides although it is an operand of the row (x87 ST0, string
 * operands, XMM0) is looked up among its hidden ones. A shown Zydis operand that we do not have is
 * a difference.
 */
static void compare_operands(const struct pair *p)
{
    bool used[ZYDIS_MAX_OPERAND_COUNT] = {false};
    unsigned n = 0, i, j;

    for (i = 0; i < p->z.operand_count; i++)
        n += p->op[i].visibility != ZYDIS_OPERAND_VISIBILITY_HIDDEN;
    if (n == p->in.nopnd) {
        for (i = 0; i < n; i++)
            compare_operand(p, i, &p->op[i]);
        return;
    }
    for (i = 0; i < p->in.nopnd; i++) {
        for (j = 0; j < p->z.operand_count; j++)
            if (!used[j] && same_place(&p->in.opnd[i], &p->op[j]))
                break;
        if (j == p->z.operand_count) {
            differ_num(p, K_NOPND, i, p->in.nopnd, n);
            return;
        }
        used[j] = true;
        compare_operand(p, i, &p->op[j]);
    }
    for (j = 0; j < n; j++)
        if (!used[j])
            differ_num(p, K_NOPND, j, p->in.nopnd, n);
}

static void compare_flags(const struct pair *p)
{
    const struct x86_row *row = &x86_rows[p->in.row];
    const unsigned mask = X86_OSZAPC | X86_DF;
    const ZydisAccessedFlags *f = p->z.cpu_flags;
    unsigned w, u;

    if (!f)
        return;
    u = f->undefined & mask;
    w = (f->modified | f->set_0 | f->set_1) & mask & ~u;
    if ((x86_flags_read(&p->in) & mask) != (f->tested & mask))
        differ_num(p, K_FREAD, 0, x86_flags_read(&p->in) & mask, f->tested & mask);
    if ((row->f_write & mask) != w)
        differ_num(p, K_FWRITE, 0, row->f_write & mask, w);
    if ((row->f_undef & mask) != u)
        differ_num(p, K_FUNDEF, 0, row->f_undef & mask, u);
}

static bool shown(const struct pair *p, const ZydisDecodedOperand *z)
{
    for (unsigned i = 0; i < p->in.nopnd; i++)
        if (same_place(&p->in.opnd[i], z))
            return true;
    return false;
}

static unsigned gpr_bit(ZydisRegister r)
{
    unsigned kind, reg, size;

    zydis_reg(r, &kind, &reg, &size);
    return r != ZYDIS_REGISTER_NONE && (kind == X86_OPK_GPR || kind == X86_OPK_GPR_HIGH) ? 1u << reg
                                                                                         : 0;
}

/*
 * Hidden general registers. All that Zydis lists must be in the row (hidden or shown), all that the
 * row lists must be a Zydis operand or the base of one. push/pop/call/ret attributes stand for RSP;
 * RCX counts only under a repeat prefix.
 */
static void compare_hidden(const struct pair *p)
{
    const struct x86_row *row = &x86_rows[p->in.row];
    unsigned r = row->imp_read, w = row->imp_write, zr = 0, zw = 0, base = 0, skip = 0,
             shown_bits = 0;

    if (row->attr & (X86_ATTR_PUSH | X86_ATTR_POP | X86_ATTR_CALL | X86_ATTR_RET)) {
        r |= 1 << X86_RSP;
        w |= 1 << X86_RSP;
    }
    if ((row->attr & X86_ATTR_REP) && !(p->in.pfx & (X86_PFX_REP | X86_PFX_REPNE)))
        skip = 1 << X86_RCX;
    for (unsigned i = 0; i < p->z.operand_count; i++) {
        const ZydisDecodedOperand *z = &p->op[i];

        if (z->type == ZYDIS_OPERAND_TYPE_MEMORY)
            base |= gpr_bit(z->mem.base);
        if (z->type != ZYDIS_OPERAND_TYPE_REGISTER)
            continue;
        zr |= z->actions & ZYDIS_OPERAND_ACTION_MASK_READ ? gpr_bit(z->reg.value) : 0;
        zw |= z->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE ? gpr_bit(z->reg.value) : 0;
        if (z->visibility != ZYDIS_OPERAND_VISIBILITY_HIDDEN || shown(p, z))
            shown_bits |= gpr_bit(z->reg.value);
    }
    if (((zr & ~r) | (zw & ~w)) & ~skip & ~shown_bits || ((r & ~zr) | (w & ~zw)) & ~skip & ~base)
        differ_num(p, K_HIDDEN, 0, r << 16 | w, zr << 16 | zw);
}

unsigned zc_compare(const u8 *code, size_t avail, gaddr pc, unsigned mode)
{
    struct pair p;

    p.code = code;
    p.pc = pc;
    p.mode = mode;
    n_total++;
    p.len = x86_decode(&p.in, code, avail, pc, mode);
    p.zok =
        ZYAN_SUCCESS(ZydisDecoderDecodeFull(mode == 64 ? &dec64 : &dec32, code, avail, &p.z, p.op));
    if (!p.zok)
        p.z.length = 0;
    if (p.len <= 0 && !p.zok) {
        n_both_invalid++;
        return 1;
    }
    if (p.len <= 0) {
        differ(&p, K_OURS_UD, p.len == X86_DECODE_PARTIAL ? "partial" : "");
        return p.z.length;
    }
    if (!p.zok) {
        differ(&p, K_ZYDIS_UD, "");
        return (unsigned)p.len;
    }
    if (p.z.length != (unsigned)p.len)
        differ(&p, K_LENGTH, "");
    compare_name(&p);
    compare_operands(&p);
    compare_flags(&p);
    compare_hidden(&p);
    return p.z.length;
}

static int by_key(const void *a, const void *b)
{
    const struct diff_class *x = a, *y = b;

    return x->kind != y->kind ? (x->kind < y->kind ? -1 : 1) : strcmp(x->key, y->key);
}

u64 zc_report(bool verbose)
{
    u64 unknown = 0, allowed = 0;

    qsort(classes, n_classes, sizeof *classes, by_key);
    for (unsigned i = 0; i < n_classes; i++) {
        const struct diff_class *c = &classes[i];

        *(c->known ? &allowed : &unknown) += c->count;
        if (!c->known)
            printf("DIFF %-13s x%-7llu %s\n     %s\n", kind_names[c->kind],
                   (unsigned long long)c->count, c->key, c->example);
        else if (verbose)
            printf("known %-13s x%-7llu %s\n     %s: %s\n", kind_names[c->kind],
                   (unsigned long long)c->count, c->key, c->example, c->known->reason);
    }
    printf("compared=%llu both-invalid=%llu known-differences=%llu differences=%llu\n",
           (unsigned long long)n_total, (unsigned long long)n_both_invalid,
           (unsigned long long)allowed, (unsigned long long)unknown);
    return unknown;
}
