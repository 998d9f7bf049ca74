/*
 * dlinfo.c - dlinfo(3) for guest code: what a handle stands for. Layouts are those of <dlfcn.h> on
 * x86-64; the caller gives memory as large as glibc asks for.
 */
#include <stdio.h>
#include <string.h>

#include "base/bits.h"
#include "elf/link.h"
#include "elf/search.h"

enum { /* RTLD_DI_* */
       DI_LMID = 1,
       DI_LINKMAP = 2,
       DI_SERINFO = 4,
       DI_SERINFOSIZE = 5,
       DI_ORIGIN = 6,
       DI_TLS_MODID = 9,
       DI_TLS_DATA = 10,
       DI_PHDR = 11
};

struct serpath { /* Dl_serpath */
    gaddr name;
    u32 flags, pad;
};
struct serinfo { /* Dl_serinfo */
    u64 size;
    u32 count, pad;
    struct serpath paths[];
};

struct count {
    u32 dirs;
    u64 bytes;
};

static bool count_dir(const char *dir, unsigned kind, void *arg)
{
    struct count *c = arg;

    (void)kind;
    c->dirs++;
    c->bytes += strlen(dir) + 1;
    return false;
}

static void serinfo_size(const struct elf_object *o, struct serinfo *s)
{
    struct count c = {0};

    elf_each_dir(o, count_dir, &c);
    s->count = c.dirs;
    s->size = sizeof *s + c.dirs * sizeof s->paths[0] + c.bytes;
}

struct fill {
    struct serinfo *s;
    u32 n;
    char *text, *end;
};

static bool fill_dir(const char *dir, unsigned kind, void *arg)
{
    struct fill *f = arg;
    const size_t len = strlen(dir) + 1;

    if (f->n >= f->s->count || len > (size_t)(f->end - f->text))
        return true;
    f->s->paths[f->n++] = (struct serpath){.name = h2g(f->text), .flags = kind};
    memcpy(f->text, dir, len);
    f->text += len;
    return false;
}

/* The names lie behind the records; the size is the one that was asked for before. */
static int serinfo(const struct elf_object *o, struct serinfo *s)
{
    struct serinfo now;
    struct fill f = {.s = s, .text = (char *)&s->paths[s->count], .end = (char *)s + s->size};

    serinfo_size(o, &now);
    if (s->count != now.count || s->size < now.size)
        return -1;
    elf_each_dir(o, fill_dir, &f);
    return 0;
}

int dlinfo_of(const struct elf_object *o, int request, gaddr arg)
{
    switch (request) {
    case DI_LMID: st_u64(g2h(arg), o->space); return 0;
    case DI_LINKMAP: st_u64(g2h(arg), h2g(o)); return 0;
    case DI_SERINFO: return serinfo(o, g2h(arg));
    case DI_SERINFOSIZE: serinfo_size(o, g2h(arg)); return 0;
    case DI_ORIGIN: strcpy(g2h(arg), o->origin); return 0;
    case DI_TLS_MODID: st_u64(g2h(arg), o->tls_id); return 0;
    case DI_TLS_DATA: st_u64(g2h(arg), o->tls_id ? tls_own_block(o->tls_id) : 0); return 0;
    case DI_PHDR:
        st_u64(g2h(arg), o->native ? 0 : elf_image_phdr(&o->image));
        return o->image.phnum;
    default: return -1;
    }
}
