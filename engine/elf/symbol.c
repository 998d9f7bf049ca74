/*
 * symbol.c - finds symbols: GNU and System V hash tables, version rules of the GNU ABI, the scopes
 * of a reference. Table entries were bounded by object.c; indexes taken from the tables are checked
 * here.
 */
#include <string.h>

#include "base/bits.h"
#include "elf/link.h"

#define VERSYM_HIDDEN 0x8000
#define VERSYM_INDEX 0x7fff

static u32 gnu_hash(const char *s)
{
    u32 h = 5381;

    for (; *s; s++)
        h = h * 33 + (u8)*s;
    return h;
}

u32 sym_sysv_hash(const char *s)
{
    u32 h = 0;

    for (; *s; s++) {
        h = (h << 4) + (u8)*s;
        h ^= (h >> 24) & 0xf0;
        h &= 0x0fffffff;
    }
    return h;
}

void sym_want_init(struct sym_want *w, const char *name, const char *version)
{
    memset(w, 0, sizeof *w);
    w->name = name;
    w->version = version;
    w->hash = gnu_hash(name);
    w->version_hash = version ? sym_sysv_hash(version) : 0;
}

/* May this table entry satisfy a reference from outside, its version aside? */
static bool is_definition(const struct elf_object *o, const Elf64_Sym *s, const struct sym_want *w)
{
    unsigned type = ELF64_ST_TYPE(s->st_info), bind = ELF64_ST_BIND(s->st_info),
             vis = ELF64_ST_VISIBILITY(s->st_other);
    const char *name;

    if (type > STT_COMMON && type != STT_TLS && type != STT_GNU_IFUNC)
        return false;
    if (bind != STB_GLOBAL && bind != STB_WEAK && bind != STB_GNU_UNIQUE)
        return false;
    if (vis == STV_HIDDEN || vis == STV_INTERNAL)
        return false;
    /* An undefined function with a value: the program's PLT entry is the function's address for
     * everybody. */
    if (s->st_shndx == SHN_UNDEF && (w->code || !s->st_value || type != STT_FUNC))
        return false;
    if (!s->st_value && s->st_shndx != SHN_ABS && type != STT_TLS)
        return false;
    name = obj_string(o, s->st_name);
    return name && !strcmp(name, w->name);
}

enum match { NO, YES, DEFAULT_ONLY };

/*
 * With a version asked: the same one, or (not for dlvsym) a base definition of a library without
 * that version's hash. Without: the base or the first version; a later default version only if
 * nothing better comes (DEFAULT_ONLY); dlsym takes the default.
 */
static enum match version_match(const struct elf_object *o, u64 i, const struct sym_want *w)
{
    unsigned v, index;

    if (!o->versym)
        return YES;
    v = o->versym[i];
    index = v & VERSYM_INDEX;
    if (w->version) {
        const struct elf_version *have = index < o->nver ? &o->ver[index] : NULL;

        if (!have || !have->name)
            return w->exact || v & VERSYM_HIDDEN ? NO : YES; /* base definition: unversioned */
        return have->hash == w->version_hash && !strcmp(have->name, w->version) ? YES : NO;
    }
    if (index < (w->newest ? 2u : 3u))
        return v & VERSYM_HIDDEN && w->newest ? NO : YES;
    return v & VERSYM_HIDDEN ? NO : w->newest ? YES : DEFAULT_ONLY;
}

static const Elf64_Sym *consider(const struct elf_object *o, u64 i, const struct sym_want *w,
                                 const Elf64_Sym **fallback)
{
    if (i >= o->nsym || !is_definition(o, &o->sym[i], w))
        return NULL;
    switch (version_match(o, i, w)) {
    case YES: return &o->sym[i];
    case DEFAULT_ONLY:
        if (!*fallback)
            *fallback = &o->sym[i];
        return NULL;
    case NO: break;
    }
    return NULL;
}

static const Elf64_Sym *by_gnu_hash(const struct elf_object *o, const struct sym_want *w,
                                    const Elf64_Sym **fallback)
{
    u32 h = w->hash, i;
    u64 bloom = o->gnu.bloom[(h >> 6) & o->gnu.bloom_mask];

    /* The shift goes to 63, as in glibc, whose hashes have 64 bits here. */
    if (!(bloom >> (h & 63) & bloom >> ((u64)h >> o->gnu.shift & 63) & 1))
        return NULL;
    i = o->gnu.buckets[h % o->gnu.nbuckets];
    if (i < o->gnu.symoffset)
        return NULL;
    for (u64 k = i - o->gnu.symoffset; k < o->gnu.nchain; k++) {
        u32 entry = o->gnu.chain[k];

        if ((entry | 1) == (h | 1)) {
            const Elf64_Sym *s = consider(o, k + o->gnu.symoffset, w, fallback);

            if (s)
                return s;
        }
        if (entry & 1)
            break;
    }
    return NULL;
}

static const Elf64_Sym *by_sysv_hash(const struct elf_object *o, const struct sym_want *w,
                                     const Elf64_Sym **fallback)
{
    u32 i = o->sysv.buckets[sym_sysv_hash(w->name) % o->sysv.nbuckets];

    /* A chain longer than the table is a circle. */
    for (u32 steps = 0; i && i < o->sysv.nchain && steps < o->sysv.nchain; steps++) {
        const Elf64_Sym *s = consider(o, i, w, fallback);

        if (s)
            return s;
        i = o->sysv.chain[i];
    }
    return NULL;
}

bool sym_in_object(struct elf_object *o, const struct sym_want *w, struct sym_found *f)
{
    const Elf64_Sym *fallback = NULL, *s = NULL;

    if (o->native) {
        if (!br_lib_symbol(o->native, w->name, w->version, w->exact, &f->value))
            return false;
        f->obj = o;
        f->sym = NULL;
        return true;
    }
    if (!o->sym || !o->str)
        return false;
    if (o->gnu.nbuckets)
        s = by_gnu_hash(o, w, &fallback);
    else if (o->sysv.nbuckets)
        s = by_sysv_hash(o, w, &fallback);
    if (!s)
        s = fallback;
    if (!s)
        return false;
    f->obj = o;
    f->sym = s;
    return true;
}

bool sym_in_list(const struct elf_objects *s, const struct sym_want *w,
                 const struct elf_object *skip, struct sym_found *f)
{
    for (unsigned i = 0; i < s->n; i++)
        if (s->v[i] != skip && sym_in_object(s->v[i], w, f))
            return true;
    return false;
}

bool sym_lookup(struct elf_object *from, const struct sym_want *w, const struct elf_object *skip,
                struct sym_found *f)
{
    bool found;

    f->obj = NULL;
    if (from->symbolic && from != skip && sym_in_object(from, w, f))
        return true;
    list_lock();
    found = sym_in_list(&obj_globals[from->space], w, skip, f);
    for (unsigned i = 0; !found && i < from->roots.n; i++)
        found = sym_in_list(&from->roots.v[i]->list, w, skip, f);
    list_unlock();
    return found;
}

bool sym_want_of(const struct elf_object *o, u64 i, struct sym_want *w, const Elf64_Sym **sym)
{
    const char *name, *version = NULL, *file = NULL;

    if (i >= o->nsym)
        return false;
    *sym = &o->sym[i];
    name = obj_string(o, (*sym)->st_name);
    if (!name)
        return false;
    if (o->versym) {
        unsigned v = o->versym[i] & VERSYM_INDEX;

        if (v >= 2 && v < o->nver) {
            version = o->ver[v].name;
            file = o->ver[v].file;
        }
    }
    sym_want_init(w, name, version);
    w->file = version ? file : NULL;
    return true;
}

gaddr sym_address(const struct sym_found *f)
{
    if (f->obj->native)
        return f->value.addr;
    return f->sym->st_shndx == SHN_ABS ? f->sym->st_value : f->sym->st_value + f->obj->image.bias;
}

bool sym_is_ifunc(const struct sym_found *f)
{
    return f->sym && ELF64_ST_TYPE(f->sym->st_info) == STT_GNU_IFUNC &&
           f->sym->st_shndx != SHN_UNDEF;
}

u64 sym_count(const struct elf_object *o)
{
    u64 last = 0;

    if (o->sysv.nbuckets)
        return o->sysv.nchain < o->nsym ? o->sysv.nchain : o->nsym;
    for (u32 b = 0; b < o->gnu.nbuckets; b++)
        if (o->gnu.buckets[b] > last)
            last = o->gnu.buckets[b];
    if (!last || last < o->gnu.symoffset)
        return 0;
    for (u64 k = last - o->gnu.symoffset; k < o->gnu.nchain && !(o->gnu.chain[k] & 1); k++)
        last++;
    return last + 1 < o->nsym ? last + 1 : o->nsym;
}
