/*
 * lazy.c - binding at the first call. The PLT pushes the relocation's index and the object (GOT[1])
 * and jumps to GOT[2], a bridge whose native side runs with the guest's registers untouched: it
 * binds the slot, takes the two words off the stack and puts the target there, so that the bridge's
 * own return goes to the function with the caller's return address on top.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bits.h"
#include "base/log.h"
#include "elf/link.h"
#include "mem/mem.h"

#define RSP 4

/* An object that the guest named: it may have written nonsense into its GOT. */
static struct elf_object *known_object(gaddr a)
{
    struct elf_object *o;

    list_lock();
    for (o = obj_first; o && h2g(o) != a; o = o->lm.next)
        ;
    list_unlock();
    return o;
}

NORETURN static void stop(const char *text)
{
    fflush(NULL); /* what the program printed before comes first */
    log_error("%s", text);
    _exit(127);
}

/* The resolver may use every register that a function may; the call it delays passes arguments in
 * them. */
static gaddr call_ifunc_aside(struct x86_cpu *c, gaddr resolver)
{
    struct x86_cpu *saved = malloc(sizeof *saved);
    gaddr target;

    if (!saved)
        die("out of memory");
    memcpy(saved->gpr, c->gpr, sizeof c->gpr);
    memcpy(saved->vec, c->vec, sizeof c->vec);
    saved->fpu = c->fpu;
    saved->rip = c->rip;
    target = reloc_call_ifunc(resolver);
    memcpy(c->gpr, saved->gpr, sizeof c->gpr);
    memcpy(c->vec, saved->vec, sizeof c->vec);
    c->fpu = saved->fpu;
    c->rip = saved->rip;
    free(saved);
    return target;
}

static gaddr bind(struct x86_cpu *c, struct elf_object *o, const Elf64_Rela *r)
{
    gaddr where = r->r_offset + o->image.bias, target;
    struct sym_want w;
    struct sym_found f;
    const Elf64_Sym *sym;
    char text[640];

    if (!sym_want_of(o, (u32)ELF64_R_SYM(r->r_info), &w, &sym) || !obj_writable(o, where, 8))
        stop("a PLT relocation is corrupt");
    w.code = true;
    if (sym->st_shndx != SHN_UNDEF && ELF64_ST_VISIBILITY(sym->st_other) != STV_DEFAULT) {
        f.obj = o;
        f.sym = sym;
    } else if (!sym_lookup(o, &w, NULL, &f)) {
        if (ELF64_ST_BIND(sym->st_info) == STB_WEAK)
            return 0;
        sym_missing_text(text, sizeof text, o, &w);
        stop(text);
    }
    target = sym_address(&f);
    if (sym_is_ifunc(&f))
        target = call_ifunc_aside(c, target);
    __atomic_store_n((u64 *)g2h(where), target, __ATOMIC_RELEASE);
    return target;
}

static void resolve(struct x86_cpu *c, void *fn)
{
    gaddr sp = c->gpr[RSP], target;
    struct elf_object *o = known_object(ld_u64(g2h(sp)));
    u64 index = ld_u64(g2h(sp + 8));
    int saved_errno = errno; /* the guest's errno is the native one: binding must not show in it */

    (void)fn;
    if (!o || index >= o->nplt)
        stop("a PLT entry is corrupt");
    target = bind(c, o, &o->plt[index]);
    c->gpr[RSP] = sp + 8;
    st_u64(g2h(sp + 8), target);
    errno = saved_errno;
}

gaddr lazy_resolver(void)
{
    return br_bridge(resolve, NULL, "(lazy binding)");
}

static void call_missing(struct x86_cpu *c, void *fn)
{
    (void)c;
    stop(fn);
}

gaddr lazy_missing(const struct elf_object *o, const struct sym_want *w)
{
    char text[640];
    char *copy;

    sym_missing_text(text, sizeof text, o, w);
    copy = strdup(text);
    if (!copy)
        die("out of memory");
    log_info("%s; the program goes on until it is called", copy);
    return br_bridge(call_missing, copy, copy);
}

bool sym_is_unwrapped(const struct elf_object *o, u64 i)
{
    const struct elf_version *v = o->versym && i < o->nsym && (o->versym[i] & 0x7fffu) < o->nver
                                      ? &o->ver[o->versym[i] & 0x7fff]
                                      : NULL;

    for (unsigned d = 0; d < o->deps.n; d++) {
        const struct elf_object *dep = o->deps.v[d];
        bool versioned = false;

        if (!dep->native)
            continue;
        if (v && v->name && v->file) {
            if (dep->soname && !strcmp(dep->soname, v->file))
                return true;
            continue;
        }
        /* A library whose other symbols are asked for by version would be asked so for this one
         * too. */
        for (unsigned k = 0; k < o->nver && !versioned; k++)
            versioned = o->ver[k].file && dep->soname && !strcmp(o->ver[k].file, dep->soname);
        if (!versioned)
            return true;
    }
    return false;
}
