/*
 * libc_dl.c - loading libraries: the guest's linker answers (engine/elf), for guest and wrapped
 * libraries alike.
 */
#include "libc.h"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <stdio.h>
#include <unistd.h>

#include "bridge/unwind.h"
#include "elf/elf.h"

void *my_dlopen(const char *name, i32 flags)
{
    return g2h(dl_open(name, flags, libc_caller()));
}

void *my_dlmopen(i64 space, const char *name, i32 flags)
{
    return g2h(dl_mopen(space, name, flags, libc_caller()));
}

void *my_dlsym(void *handle, const char *name)
{
    return g2h(dl_symbol(h2g(handle), name, NULL, libc_caller()));
}

void *my_dlvsym(void *handle, const char *name, const char *version)
{
    return g2h(dl_symbol(h2g(handle), name, version, libc_caller()));
}

i32 my_dlclose(void *handle)
{
    return dl_close(h2g(handle));
}

const char *my_dlerror(void)
{
    return dl_error();
}

i32 my_dladdr(void *addr, void *info)
{
    struct dl_addr_info a;
    Dl_info *out = info;

    if (!dl_addr(h2g(addr), &a))
        return 0;
    out->dli_fname = a.object;
    out->dli_fbase = g2h(a.base);
    out->dli_sname = a.symbol;
    out->dli_saddr = a.symbol ? g2h(a.symbol_addr) : NULL;
    return 1;
}

/* RTLD_DL_SYMENT and RTLD_DL_LINKMAP ask for the linker's own records, which are not shown. */
i32 my_dladdr1(void *addr, void *info, void *extra, i32 flags)
{
    if (flags && extra)
        *(void **)extra = NULL;
    return my_dladdr(addr, info);
}

i32 my_dlinfo(void *handle, i32 request, void *arg)
{
    return dl_info(h2g(handle), request, h2g(arg));
}

struct iterate {
    gaddr fn;
    u64 data;
};

static int one_object(const struct dl_object_info *o, void *arg)
{
    const struct iterate *it = arg;
    struct dl_phdr_info info = {
        .dlpi_addr = o->base,
        .dlpi_name = o->name,
        .dlpi_phdr = g2h(o->phdr),
        .dlpi_phnum = o->phnum,
        .dlpi_adds = o->adds,
        .dlpi_subs = o->subs,
        .dlpi_tls_modid = o->tls_modid,
        .dlpi_tls_data = g2h(o->tls_data),
    };
    u64 args[3] = {h2g(&info), sizeof info, it->data};

    return (int)br_call_guest(it->fn, 3, args);
}

/* Unwinders that ask here (libgcc before 12) find the frames of callbacks in an object made of
 * nothing but the bridge behind callbacks. They remember the address of its program header. */
static int bridge_object(struct iterate *it)
{
    static Elf64_Phdr ph[2] = {
        {.p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_memsz = 2},
        {.p_type = PT_GNU_EH_FRAME, .p_flags = PF_R},
    };
    const gaddr base = br_return_bridge() - 1;
    const struct dl_object_info o = {.base = base, .name = "[bridge]", .phdr = h2g(ph), .phnum = 2};

    __atomic_store_n(&ph[1].p_vaddr, br_unwind_header() - base, __ATOMIC_RELAXED);
    return one_object(&o, it);
}

i32 my_dl_iterate_phdr(void *fn, void *data)
{
    struct iterate it = {h2g(fn), h2g(data)};
    int r = dl_each_object(one_object, &it);
    return r ? r : bridge_object(&it);
}

/* What libgcc's unwinder asks per frame (glibc 2.35, struct dl_find_object). */
struct guest_dl_find_object {
    u64 flags;
    gaddr start, end, link_map, eh_frame;
    u64 reserved[7];
};

struct finder {
    gaddr pc;
    struct guest_dl_find_object *out;
};

static int match_object(const struct dl_object_info *o, void *arg)
{
    struct finder *f = arg;
    const Elf64_Phdr *ph = g2h(o->phdr);
    gaddr lo = ~(gaddr)0, hi = 0, eh = 0;

    for (unsigned i = 0; i < o->phnum; i++) {
        gaddr start = o->base + ph[i].p_vaddr;
        if (ph[i].p_type == PT_LOAD) {
            lo = start < lo ? start : lo;
            hi = start + ph[i].p_memsz > hi ? start + ph[i].p_memsz : hi;
        } else if (ph[i].p_type == PT_GNU_EH_FRAME) {
            eh = start;
        }
    }
    if (f->pc < lo || f->pc >= hi)
        return 0;
    memset(f->out, 0, sizeof *f->out);
    f->out->start = lo;
    f->out->end = hi;
    f->out->eh_frame = eh;
    return 1;
}

i32 my__dl_find_object(void *pc, void *result)
{
    struct finder f = {h2g(pc), result};

    if (f.pc + 1 == br_return_bridge()) {
        *f.out = (struct guest_dl_find_object){
            .start = f.pc, .end = f.pc + 2, .eh_frame = br_unwind_header()};
        return 0;
    }
    return dl_each_object(match_object, &f) ? 0 : -1;
}

void *my___tls_get_addr(void *index)
{
    const u64 *i = index;
    return g2h(dl_tls_get_addr(i[0], i[1]));
}

/* ---- backtrace: by the guest's own unwinder, libgcc_s ---- */

struct trace {
    void **to;
    int n, max;
    gaddr get_ip;
};

static int trace_frame(void *context, void *arg)
{
    struct trace *t = arg;
    u64 a = h2g(context);

    if (t->n >= t->max)
        return 5; /* _URC_END_OF_STACK */
    t->to[t->n++] = br_ptr(br_call_guest(t->get_ip, 1, &a));
    return 0;
}

static void trace_frame_thunk(struct x86_cpu *c, void *fn)
{
    (void)fn;
    br_ret(c, (u32)trace_frame(br_ptr(br_int(c, 0)), br_ptr(br_int(c, 1))));
}

i32 my_backtrace(void *to, i32 max)
{
    gaddr lib = dl_open("libgcc_s.so.1", RTLD_NOW, libc_caller());
    gaddr unwind = lib ? dl_symbol(lib, "_Unwind_Backtrace", NULL, 0) : 0;
    struct trace t = {
        .to = to, .max = max, .get_ip = lib ? dl_symbol(lib, "_Unwind_GetIP", NULL, 0) : 0};
    u64 args[2] = {br_bridge(trace_frame_thunk, NULL, "(backtrace)"), h2g(&t)};

    if (max <= 0)
        return 0;
    if (!unwind || !t.get_ip) { /* no unwinder: the caller is known at least */
        t.to[0] = g2h(libc_caller());
        return 1;
    }
    br_call_guest(unwind, 2, args);
    return t.n;
}

/* "file(symbol+0x12) [0x4711]" as glibc writes it. */
static int symbol_text(char *buf, size_t size, void *addr)
{
    struct dl_addr_info a;

    if (!dl_addr(h2g(addr), &a))
        return snprintf(buf, size, "[%p]", addr);
    if (!a.symbol)
        return snprintf(buf, size, "%s(+0x%llx) [%p]", a.object,
                        (unsigned long long)(h2g(addr) - a.base), addr);
    return snprintf(buf, size, "%s(%s+0x%llx) [%p]", a.object, a.symbol,
                    (unsigned long long)(h2g(addr) - a.symbol_addr), addr);
}

void *my_backtrace_symbols(void *list, i32 n)
{
    void **addrs = list;
    size_t size = (size_t)n * sizeof(char *);
    char **out, *at;

    for (int i = 0; i < n; i++)
        size += (size_t)symbol_text(NULL, 0, addrs[i]) + 1;
    out = libc_hand_over(calloc(1, size), size);
    if (!out)
        return NULL;
    at = (char *)(out + n);
    for (int i = 0; i < n; i++) {
        out[i] = at;
        at += symbol_text(at, size, addrs[i]) + 1;
    }
    return out;
}

void my_backtrace_symbols_fd(void *list, i32 n, i32 fd)
{
    void **addrs = list;
    char line[1024];

    for (int i = 0; i < n; i++) {
        int len = symbol_text(line, sizeof line - 1, addrs[i]);
        len = len < (int)sizeof line - 1 ? len : (int)sizeof line - 2;
        line[len] = '\n';
        if (write(fd, line, (size_t)len + 1) < 0)
            return;
    }
}
