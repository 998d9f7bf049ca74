/*
 * addr.c - what lies at a guest address: dladdr, and the names in crash reports.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "base/bits.h"
#include "elf/link.h"

/* The named symbol of o at or before a: one that holds a, else the nearest. */
static const Elf64_Sym *nearest(const struct elf_object *o, gaddr a)
{
    const Elf64_Sym *best = NULL;
    u64 n = sym_count(o), va = a - o->image.bias;

    for (u64 i = 1; i < n; i++) {
        const Elf64_Sym *s = &o->sym[i];
        unsigned type = ELF64_ST_TYPE(s->st_info);

        if (s->st_shndx == SHN_UNDEF || s->st_value > va || type == STT_TLS ||
            type == STT_SECTION || !obj_string(o, s->st_name))
            continue;
        if (s->st_size && va >= s->st_value + s->st_size)
            continue;
        if (!best || s->st_value > best->st_value)
            best = s;
    }
    return best;
}

static bool native_addr(gaddr a, struct dl_addr_info *out)
{
    const char *name = NULL;
    void *fn = NULL;
    Dl_info info;

    if (!br_is_bridge(a, &fn, &name))
        fn = g2h(a);
    if (!fn || !dladdr(fn, &info) || !info.dli_fname)
        return false;
    out->object = info.dli_fname;
    out->base = h2g(info.dli_fbase);
    out->symbol = name ? name : info.dli_sname;
    out->symbol_addr = name ? a : h2g(info.dli_saddr);
    return true;
}

bool dl_addr(gaddr a, struct dl_addr_info *out)
{
    struct elf_object *o;
    const Elf64_Sym *s;

    memset(out, 0, sizeof *out);
    obj_locks_init();
    list_lock();
    o = obj_by_address(a);
    if (o) {
        s = nearest(o, a);
        out->object = o->path;
        out->base = o->image.start;
        out->symbol = s ? obj_string(o, s->st_name) : NULL;
        out->symbol_addr = s ? s->st_value + o->image.bias : 0;
    }
    list_unlock();
    return o || native_addr(a, out);
}

/* Called from crash reports: takes no lock (the crashed thread may hold it), so it may miss an
 * object that is being added. */
int dl_symbolise(gaddr a, char *buf, size_t size)
{
    struct elf_object *o = obj_by_address(a);
    const char *name = NULL, *slash;
    const Elf64_Sym *s;
    void *fn;

    if (!o && br_is_bridge(a, &fn, &name) && name)
        return snprintf(buf, size, "native %s", name);
    if (!o) {
        buf[0] = 0;
        return 0;
    }
    slash = strrchr(o->path, '/');
    name = slash ? slash + 1 : o->path;
    s = nearest(o, a);
    if (!s)
        return snprintf(buf, size, "%s+0x%llx", name, (unsigned long long)(a - o->image.bias));
    return snprintf(buf, size, "%s!%s+0x%llx", name, obj_string(o, s->st_name),
                    (unsigned long long)(a - o->image.bias - s->st_value));
}
