/*
 * reloc.c - relocations: one row each (System V ABI AMD64, table 4.9, and the GNU ones). A row says
 * how many bytes are written, what is needed of the symbol, and the function that computes. Every
 * place is checked to be writable memory of the object. IFUNC resolvers run after everything else
 * is relocated, because they may call anything.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/bits.h"
#include "base/log.h"
#include "elf/link.h"
#include "mem/mem.h"

struct reloc {
    struct elf_object *o;
    const Elf64_Rela *r;
    u8 *where;
    struct sym_found found; /* obj NULL: weak undefined, or no symbol */
    const Elf64_Sym *sym;   /* the entry in o's table, NULL for index 0 */
    u64 s, a;
    const char *error;
};

struct deferred { /* *where = result of resolver() + addend */
    gaddr resolver;
    u8 *where;
    u64 addend;
};

struct run {
    reloc_say *say;
    void *arg;
    unsigned errors;
    bool now;
    u64 cached; /* symbol index of the last lookup, the same ones tend to follow each other */
    struct reloc last;
};

static struct deferred *deferred; /* under link_lock */
static size_t n_deferred, cap_deferred;

static void defer(gaddr resolver, u8 *where, u64 addend)
{
    if (n_deferred == cap_deferred) {
        cap_deferred = cap_deferred ? 2 * cap_deferred : 64;
        deferred = realloc(deferred, cap_deferred * sizeof *deferred);
        if (!deferred)
            die("out of memory");
    }
    deferred[n_deferred++] = (struct deferred){resolver, where, addend};
}

gaddr reloc_call_ifunc(gaddr resolver)
{
    return br_call_guest(resolver, 0, NULL);
}

/* ---- the rows' functions ---- */

static void put64(struct reloc *r, u64 v)
{
    if (r->found.obj && sym_is_ifunc(&r->found))
        defer(r->s, r->where, v - r->s);
    else
        st_u64(r->where, v);
}

static void do_none(struct reloc *r)
{
    (void)r;
}

static void do_64(struct reloc *r)
{
    put64(r, r->s + r->a);
}

static void do_slot(struct reloc *r)
{
    put64(r, r->s); /* GLOB_DAT, JUMP_SLOT: the addend is not used */
}

static void do_pc64(struct reloc *r)
{
    st_u64(r->where, r->s + r->a - h2g(r->where));
}

static void do_pc32(struct reloc *r)
{
    i64 v = (i64)(r->s + r->a - h2g(r->where));

    if (v != (i32)v)
        r->error = "does not reach its symbol";
    st_u32(r->where, (u32)v);
}

static void do_32(struct reloc *r)
{
    u64 v = r->s + r->a;

    if (v != (u32)v)
        r->error = "does not reach its symbol";
    st_u32(r->where, (u32)v);
}

static void do_32s(struct reloc *r)
{
    i64 v = (i64)(r->s + r->a);

    if (v != (i32)v)
        r->error = "does not reach its symbol";
    st_u32(r->where, (u32)v);
}

static void do_relative(struct reloc *r)
{
    st_u64(r->where, r->o->image.bias + r->a);
}

static void do_irelative(struct reloc *r)
{
    defer(r->o->image.bias + r->a, r->where, 0);
}

static void do_size64(struct reloc *r)
{
    st_u64(r->where, (r->found.sym ? r->found.sym->st_size : 0) + r->a);
}

static void do_size32(struct reloc *r)
{
    st_u32(r->where, (u32)((r->found.sym ? r->found.sym->st_size : 0) + r->a));
}

static void do_copy(struct reloc *r)
{
    u64 size = r->sym ? r->sym->st_size : 0;

    if (!r->found.obj)
        return;
    if (!obj_writable(r->o, h2g(r->where), size)) {
        r->error = "copies outside its segments";
        return;
    }
    if (r->found.obj->native) {
        br_copy_relocated(r->found.obj->native, obj_string(r->o, r->sym->st_name), h2g(r->where),
                          size);
        return;
    }
    if (r->found.sym->st_size < size)
        size = r->found.sym->st_size;
    if (!obj_at(r->found.obj, r->s, size, NULL))
        r->error = "copies from outside the library's segments";
    else
        memmove(r->where, g2h(r->s), size); /* a local symbol: may be here */
}

/* The module of a TLS relocation: the symbol's, or with symbol 0 the object itself. */
static struct elf_object *tls_module(struct reloc *r)
{
    struct elf_object *m = r->sym ? r->found.obj : r->o;

    if (m && (m->native || !m->tls_id)) {
        r->error = "needs thread-local storage of an object that has none";
        return NULL;
    }
    return m;
}

static u64 tls_value(const struct reloc *r)
{
    return r->found.sym ? r->found.sym->st_value : 0;
}

static void do_dtpmod(struct reloc *r)
{
    struct elf_object *m = tls_module(r);

    st_u64(r->where, m ? m->tls_id : 0);
}

static void do_dtpoff(struct reloc *r)
{
    st_u64(r->where, tls_value(r) + r->a);
}

static void do_tpoff(struct reloc *r)
{
    struct elf_object *m = tls_module(r);

    if (!m)
        st_u64(r->where, 0);
    else if (!tls_make_static(m))
        r->error = "cannot get static thread-local storage: all of it is taken";
    else
        st_u64(r->where, tls_value(r) + r->a - m->tls_offset);
}

static void do_tlsdesc(struct reloc *r)
{
    struct elf_object *m = tls_module(r);
    u64 arg;

    if (r->error)
        return;
    st_u64(r->where, tls_descriptor(r->o, m, (m ? tls_value(r) : 0) + r->a, &arg));
    st_u64(r->where + 8, arg);
}

enum { SYM = 1, CODE = 2, OTHERS = 4, TLS = 8 };

struct row {
    const char *name;
    void (*apply)(struct reloc *r);
    u8 bytes; /* written; 0: nothing */
    u8 need;  /* SYM: look the symbol up. CODE: for calls only. OTHERS: not in the object itself.
                 TLS: a thread-local one */
};

/* clang-format off */
static const struct row rows[] = {
    [R_X86_64_NONE] = {"NONE", do_none, 0, 0},
    [R_X86_64_64] = {"64", do_64, 8, SYM},
    [R_X86_64_PC32] = {"PC32", do_pc32, 4, SYM},
    [R_X86_64_COPY] = {"COPY", do_copy, 1, SYM | OTHERS},
    [R_X86_64_GLOB_DAT] = {"GLOB_DAT", do_slot, 8, SYM},
    [R_X86_64_JUMP_SLOT] = {"JUMP_SLOT", do_slot, 8, SYM | CODE},
    [R_X86_64_RELATIVE] = {"RELATIVE", do_relative, 8, 0},
    [R_X86_64_32] = {"32", do_32, 4, SYM},
    [R_X86_64_32S] = {"32S", do_32s, 4, SYM},
    [R_X86_64_DTPMOD64] = {"DTPMOD64", do_dtpmod, 8, SYM | TLS},
    [R_X86_64_DTPOFF64] = {"DTPOFF64", do_dtpoff, 8, SYM | TLS},
    [R_X86_64_TPOFF64] = {"TPOFF64", do_tpoff, 8, SYM | TLS},
    [R_X86_64_PC64] = {"PC64", do_pc64, 8, SYM},
    [R_X86_64_SIZE32] = {"SIZE32", do_size32, 4, SYM},
    [R_X86_64_SIZE64] = {"SIZE64", do_size64, 8, SYM},
    [R_X86_64_TLSDESC] = {"TLSDESC", do_tlsdesc, 16, SYM | TLS},
    [R_X86_64_IRELATIVE] = {"IRELATIVE", do_irelative, 8, 0},
    [R_X86_64_RELATIVE64] = {"RELATIVE64", do_relative, 8, 0},
};
/* clang-format on */

/* ---- applying them ---- */

static void complain(struct run *run, const struct elf_object *o, const char *text)
{
    (void)o;
    run->errors++;
    run->say(text, run->arg);
}

void sym_missing_text(char *buf, size_t size, const struct elf_object *o, const struct sym_want *w)
{
    snprintf(buf, size, "symbol %s%s%s%s%s not found (required by %s)", w->name,
             w->version ? ", version " : "", w->version ? w->version : "", w->file ? " of " : "",
             w->file ? w->file : "", o->path);
}

static bool is_own(const Elf64_Sym *s)
{
    unsigned vis = ELF64_ST_VISIBILITY(s->st_other);

    return ELF64_ST_BIND(s->st_info) == STB_LOCAL ||
           (s->st_shndx != SHN_UNDEF && vis != STV_DEFAULT);
}

/* A call (or the address of a function) that only our wrapper of a native library lacks may wait
 * until it happens. */
static bool may_wait(const struct reloc *r, const struct row *row, u64 i)
{
    bool function = (row->need & CODE) || (row->bytes == 8 && !(row->need & TLS) &&
                                           ELF64_ST_TYPE(r->sym->st_info) == STT_FUNC);

    return function && sym_is_unwrapped(r->o, i);
}

/* Fills found, sym and s. False: unresolved, said so. */
static bool find_symbol(struct run *run, struct reloc *r, const struct row *row, u64 i)
{
    struct sym_want w;
    char text[640];

    if (!sym_want_of(r->o, i, &w, &r->sym)) {
        r->error = "has a symbol index out of bounds";
        return true;
    }
    w.code = row->need & CODE;
    if (is_own(r->sym)) {
        r->found.obj = r->o;
        r->found.sym = r->sym;
    } else if (!sym_lookup(r->o, &w, row->need & OTHERS ? r->o : NULL, &r->found)) {
        r->found.obj = NULL;
        r->s = 0;
        if (ELF64_ST_BIND(r->sym->st_info) == STB_WEAK)
            return true;
        if (may_wait(r, row, i)) {
            r->s = lazy_missing(r->o, &w);
            return true;
        }
        sym_missing_text(text, sizeof text, r->o, &w);
        complain(run, r->o, text);
        return false;
    }
    if (!(row->need & TLS))
        r->s = sym_address(&r->found);
    if (r->found.sym && ELF64_ST_BIND(r->found.sym->st_info) == STB_GNU_UNIQUE)
        r->found.obj->nodelete = true; /* others may rely on this very copy for ever */
    return true;
}

static void apply(struct run *run, struct elf_object *o, const Elf64_Rela *rela)
{
    u32 type = (u32)ELF64_R_TYPE(rela->r_info), i = (u32)ELF64_R_SYM(rela->r_info);
    gaddr where = rela->r_offset + o->image.bias;
    const struct row *row = type < ARRAY_SIZE(rows) && rows[type].apply ? &rows[type] : NULL;
    struct reloc r = {.o = o, .r = rela, .where = g2h(where), .a = (u64)rela->r_addend};
    char text[512];

    if (!row) {
        r.error = "is of an unknown type";
    } else if (row->bytes && !obj_writable(o, where, row->bytes)) {
        r.error = "writes outside the writable segments";
    } else if ((row->need & SYM) && i) {
        u64 key = (u64)i << 8 | row->need;

        if (run->cached == key) {
            r.found = run->last.found;
            r.sym = run->last.sym;
            r.s = run->last.s;
        } else if (!find_symbol(run, &r, row, i)) {
            return;
        } else if (!r.error) {
            run->last = r;
            run->cached = key;
        }
    }
    if (!r.error)
        row->apply(&r);
    if (r.error) {
        snprintf(text, sizeof text, "%s: relocation %s (type %u) at 0x%llx %s", o->path,
                 row ? row->name : "?", type, (unsigned long long)rela->r_offset, r.error);
        complain(run, o, text);
    }
}

/* RELR: an address, then bitmaps of the 63 words behind (gABI, "relative relocations"). */
static void apply_relr(struct run *run, struct elf_object *o)
{
    gaddr at = 0;

    for (u64 i = 0; i < o->nrelr; i++) {
        u64 e = o->relr[i], bits = e & 1 ? e >> 1 : 1;

        if (!(e & 1))
            at = e + o->image.bias;
        for (gaddr p = at; bits; bits >>= 1, p += 8) {
            if (!(bits & 1))
                continue;
            if (!obj_writable(o, p, 8)) {
                complain(run, o,
                         "a packed relative relocation writes outside the writable segments");
                return;
            }
            st_u64(g2h(p), ld_u64(g2h(p)) + o->image.bias);
        }
        at += e & 1 ? 63 * 8 : 8;
    }
}

static bool is_lazy(const struct run *run, const struct elf_object *o)
{
    return !run->now && !o->bind_now && o->pltgot && obj_writable(o, o->pltgot, 24);
}

/* The PLT: slots keep pointing to their push instruction until the first call. */
static void apply_plt(struct run *run, struct elf_object *o)
{
    bool lazy = is_lazy(run, o);

    if (lazy) {
        st_u64(g2h(o->pltgot + 8), h2g(o));
        st_u64(g2h(o->pltgot + 16), lazy_resolver());
    }
    for (u64 i = 0; i < o->nplt; i++) {
        gaddr where = o->plt[i].r_offset + o->image.bias;

        if (lazy && ELF64_R_TYPE(o->plt[i].r_info) == R_X86_64_JUMP_SLOT &&
            obj_writable(o, where, 8))
            st_u64(g2h(where), ld_u64(g2h(where)) + o->image.bias);
        else
            apply(run, o, &o->plt[i]);
    }
}

/* Text relocations: all segments writable while `on`. */
static void text_writable(const struct elf_object *o, bool on)
{
    for (unsigned i = 0; o->textrel && i < o->image.phnum; i++) {
        const Elf64_Phdr *p = &o->image.ph[i];
        gaddr lo = align_down(p->p_vaddr + o->image.bias, GUEST_PAGE_SIZE);
        gaddr hi = align_up(p->p_vaddr + o->image.bias + p->p_memsz, GUEST_PAGE_SIZE);

        if (p->p_type == PT_LOAD && p->p_memsz && !(p->p_flags & PF_W))
            mem_mprotect(lo, hi - lo, on ? PROT_READ | PROT_WRITE : elf_prot(p->p_flags));
    }
}

static void relocate(struct run *run, struct elf_object *o)
{
    run->cached = 0;
    text_writable(o, true);
    apply_relr(run, o);
    for (u64 i = 0; i < o->nrela; i++)
        apply(run, o, &o->rela[i]);
    apply_plt(run, o);
}

unsigned reloc_objects(const struct elf_objects *objs, bool now, reloc_say *say, void *arg)
{
    struct run run = {.say = say, .arg = arg, .now = now};

    n_deferred = 0;
    for (unsigned i = objs->n; i-- > 0;)
        if (!objs->v[i]->relocated)
            relocate(&run, objs->v[i]);
    return run.errors;
}

static void protect_relro(const struct elf_object *o)
{
    for (unsigned i = 0; i < o->image.phnum; i++) {
        const Elf64_Phdr *p = &o->image.ph[i];
        gaddr a = p->p_vaddr + o->image.bias;

        if (p->p_type != PT_GNU_RELRO || !obj_at(o, a, p->p_memsz, NULL))
            continue;
        /* Only whole pages: what shares the last one stays writable. */
        a = align_down(a, GUEST_PAGE_SIZE);
        if (align_down(p->p_vaddr + o->image.bias + p->p_memsz, GUEST_PAGE_SIZE) > a)
            mem_mprotect(a,
                         align_down(p->p_vaddr + o->image.bias + p->p_memsz, GUEST_PAGE_SIZE) - a,
                         PROT_READ);
    }
}

void reloc_finish(const struct elf_objects *objs, bool ok)
{
    for (size_t i = 0; ok && i < n_deferred; i++)
        st_u64(deferred[i].where, reloc_call_ifunc(deferred[i].resolver) + deferred[i].addend);
    n_deferred = 0;
    for (unsigned i = 0; i < objs->n; i++) {
        struct elf_object *o = objs->v[i];

        if (o->relocated)
            continue;
        text_writable(o, false);
        if (ok)
            protect_relro(o);
        o->relocated = ok;
    }
}
