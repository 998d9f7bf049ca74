/*
 * bridge.c - bridges (guest-visible code that stands for a native function), what happens when the
 * guest runs one, and the registry of wrapped libraries. Invariants: a bridge is never freed and
 * its 32 bytes never change once its address is known; only addresses inside our own pages are
 * bridges, whatever bytes the guest puts elsewhere. Nothing per symbol happens at start: native
 * addresses are looked up with dlsym when the guest's linker asks for the symbol.
 */
#include "bridge/bridge.h"

#include <dlfcn.h>
#include <errno.h>
#include <fenv.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/bits.h"
#include "base/log.h"
#include "bridge/arch.h"
#include "bridge/slots.h"
#include "bridge/thunk.h"
#include "bridge/unwind.h"
#include "config/config.h"
#include "interp/interp.h"
#include "mem/mem.h"
#include "signal/signal.h"

#define AREA_SIZE (2u << 20)
#define MAX_AREAS 64
#define MXCSR_RC 0x6000u
#define MXCSR_MASK_SHIFT 7

struct bridge {
    u8 code[7];   /* CC 'S' 'C' C3, padding */
    bool fpflags; /* of the library */
    br_thunk *thunk;
    void *fn;
    const struct br_symbol
        *sym; /* its name and signature; made up for bridges that belong to no row */
};
_Static_assert(sizeof(struct bridge) == 32, "bridge.h says 32 bytes");
_Static_assert(offsetof(struct bridge, fn) == X86_NATIVE_FN, "x86/cpu.h");

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct bridge *area[MAX_AREAS]; /* an entry is published by nareas */
static unsigned nareas;
static unsigned area_used;
static u32 *hash; /* (area << 16 | index) + 1 by (thunk, fn), open addressing */
static unsigned hash_size, hash_count;

static const struct br_lib *const *libs;
static unsigned nlibs;
static gaddr exit_bridge;

struct br_loaded {
    const struct br_lib *lib;
    const char *soname;
    void *native;
    gaddr *addr; /* by symbol: bridge or data address once looked up */
    struct br_loaded *next;
};
static struct br_loaded *loaded;

static u64 lock_native; /* under the lock: its holder was in native code */

/* A guest signal handler must not run while its thread holds the lock: it may want a bridge itself.
 */
static void lock_bridges(void)
{
    u64 native = thr_self() ? sig_native_suspend(thr_self()) : 0;

    pthread_mutex_lock(&lock);
    lock_native = native;
}

static void unlock_bridges(void)
{
    u64 native = lock_native;

    pthread_mutex_unlock(&lock);
    if (native)
        sig_native_resume(thr_self(), native);
}

static struct bridge *bridge_at(gaddr a)
{
    for (unsigned i = 0; i < __atomic_load_n(&nareas, __ATOMIC_ACQUIRE); i++) {
        gaddr off = a - h2g(area[i]);
        if (off < AREA_SIZE)
            return off % sizeof(struct bridge) ? NULL : &area[i][off / sizeof(struct bridge)];
    }
    return NULL;
}

/*
 * For the guest the pages are r-x. The host keeps them writable behind its back, so that a new
 * bridge is a plain store and no watched page is touched; bytes of a bridge are complete before its
 * address is given out.
 */
static void new_area(void)
{
    i64 a = mem_mmap(0, AREA_SIZE, PROT_READ | PROT_EXEC,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (a < 0 || nareas == MAX_AREAS)
        die("no memory for bridges");
    mem_name((gaddr)a, (gaddr)a + AREA_SIZE, "[bridge]");
    if (mprotect(g2h((gaddr)a), AREA_SIZE, PROT_READ | PROT_WRITE))
        die("cannot make the bridge pages writable");
    area[nareas] = g2h((gaddr)a);
    area_used = 0;
    __atomic_store_n(&nareas, nareas + 1, __ATOMIC_RELEASE);
}

static unsigned hash_of(br_thunk *thunk, const void *fn)
{
    u64 h = ((u64)(uintptr_t)thunk * 31 + h2g(fn)) * 0x9e3779b97f4a7c15ull;
    return (unsigned)(h >> 32) & (hash_size - 1);
}

static struct bridge *by_index(u32 v)
{
    return &area[(v - 1) >> 16][(v - 1) & 0xffff];
}

static void hash_add(u32 v)
{
    struct bridge *b = by_index(v);
    unsigned i = hash_of(b->thunk, b->fn);

    while (hash[i])
        i = (i + 1) & (hash_size - 1);
    hash[i] = v;
    hash_count++;
}

static void hash_grow(void)
{
    u32 *old = hash;
    unsigned n = hash_size;

    hash_size = n ? n * 2 : 1024;
    hash = calloc(hash_size, sizeof *hash);
    if (!hash)
        die("out of memory for bridges");
    hash_count = 0;
    for (unsigned i = 0; i < n; i++) {
        if (old[i])
            hash_add(old[i]);
    }
    free(old);
}

static struct bridge *find_bridge(br_thunk *thunk, void *fn)
{
    for (unsigned i = hash_of(thunk, fn); hash[i]; i = (i + 1) & (hash_size - 1)) {
        struct bridge *b = by_index(hash[i]);
        if (b->thunk == thunk && b->fn == fn)
            return b;
    }
    return NULL;
}

static struct bridge *make_bridge(br_thunk *thunk, void *fn, const struct br_symbol *sym,
                                  bool fpflags)
{
    static const u8 code[7] = {0xcc, 'S', 'C', 0xc3, 0x0f, 0x0b, 0x0f};
    struct bridge *b;

    if (!nareas || area_used == AREA_SIZE / sizeof *b)
        new_area();
    b = &area[nareas - 1][area_used];
    b->thunk = thunk;
    b->fn = fn;
    b->sym = sym;
    b->fpflags = fpflags;
    memcpy(b->code, code, sizeof code);
    hash_add(((nareas - 1) << 16 | area_used) + 1);
    area_used++;
    return b;
}

static gaddr bridge_for(br_thunk *thunk, void *fn, const struct br_symbol *sym, bool fpflags)
{
    struct bridge *b;

    lock_bridges();
    if (hash_count * 2 >= hash_size)
        hash_grow();
    b = find_bridge(thunk, fn);
    if (!b)
        b = make_bridge(thunk, fn, sym, fpflags);
    unlock_bridges();
    return h2g(b);
}

/* Rows made up for bridges without one; a list, so that they have an owner. */
struct own_symbol {
    struct br_symbol sym;
    struct own_symbol *next;
};
static struct own_symbol *own_symbols;

static gaddr own_bridge(br_thunk *thunk, void *fn, const char *name, bool raw)
{
    struct own_symbol *own;
    struct bridge *b;

    lock_bridges();
    b = hash_size ? find_bridge(thunk, fn) : NULL;
    unlock_bridges();
    if (b)
        return h2g(b);
    own = calloc(1, sizeof *own);
    if (!own)
        die("out of memory for bridges");
    own->sym.name = name;
    own->sym.sig = "";
    own->sym.thunk = thunk;
    own->sym.raw = raw;
    lock_bridges();
    own->next = own_symbols;
    own_symbols = own;
    unlock_bridges();
    return bridge_for(thunk, fn, &own->sym, false);
}

gaddr br_bridge(br_thunk *thunk, void *fn, const char *name)
{
    return own_bridge(thunk, fn, name, true);
}

gaddr br_function(br_thunk *thunk, void *fn)
{
    return own_bridge(thunk, fn, "(native function)", false);
}

bool br_is_bridge(gaddr a, void **fn, const char **name)
{
    struct bridge *b = bridge_at(a);

    if (!b || !b->thunk)
        return false;
    if (fn)
        *fn = b->fn;
    if (name)
        *name = b->sym->name;
    return true;
}

void *br_unwrap(gaddr a)
{
    struct bridge *b = bridge_at(a);
    return b && b->thunk && !b->sym->raw ? b->fn : NULL;
}

static void trace_call(const struct bridge *b, const struct x86_cpu *c)
{
    trace_print("%d bridge %s %s(%#llx, %#llx, %#llx, %#llx, %#llx, %#llx) from %#llx",
                thr_self() ? thr_self()->tid : 0, b->sym->name, b->sym->sig,
                (unsigned long long)br_int(c, 0), (unsigned long long)br_int(c, 1),
                (unsigned long long)br_int(c, 2), (unsigned long long)br_int(c, 3),
                (unsigned long long)br_int(c, 4), (unsigned long long)br_int(c, 5),
                (unsigned long long)ld_u64(g2h(c->gpr[BR_RSP])));
}

static void trace_result(const struct bridge *b, const struct x86_cpu *c)
{
    trace_print("%d bridge %s = %#llx", thr_self() ? thr_self()->tid : 0, b->sym->name,
                (unsigned long long)c->gpr[BR_RAX]);
}

static void leave(struct x86_cpu *c, void *fn)
{
    (void)fn;
    interp_leave(c);
}

static void run_traced(const struct bridge *b, struct x86_cpu *c)
{
    int e = errno;

    trace_call(b, c);
    errno = e;
    b->thunk(c, b->fn);
    e = errno;
    trace_result(b, c);
    errno = e;
}

/* The guest's rounding mode holds for native code too; the host's is nearest otherwise. */
static void run_rounded(const struct bridge *b, struct x86_cpu *c)
{
    static const int mode[4] = {FE_TONEAREST, FE_DOWNWARD, FE_UPWARD, FE_TOWARDZERO};

    fesetround(mode[(c->mxcsr & MXCSR_RC) >> 13]);
    b->thunk(c, b->fn);
    fesetround(FE_TONEAREST);
}

/* What a function of libm raised, the guest finds in its MXCSR; with an exception unmasked it gets
 * #XM. */
static void keep_fpflags(struct x86_cpu *c, u32 flags)
{
    c->mxcsr |= flags;
    if (UNLIKELY(flags & ~(c->mxcsr >> MXCSR_MASK_SHIFT)))
        x86_raise(c, X86_EXC_XM, 0, 0);
}

/*
 * Signals that arrive while native code runs are handled at once. One that came just before is not:
 * it has to be delivered first, or a call like pause() would wait for what is already there. So the
 * bridge is left and run again behind the safe point. Hand-written wrappers are code of the
 * emulator, with locks of its rooms: there signals wait, and blocking calls are made again.
 */
bool br_int3(struct x86_cpu *c)
{
    struct bridge *b = bridge_at(c->rip - 1);
    struct thr *t = c->owner;
    u64 rip = c->rip;
    u32 slot = br_slot_index;

    if (!b || !b->thunk)
        return false;
    if (!b->sym->raw && !b->sym->my)
        sig_native_enter(t);
    if (UNLIKELY(c->pending) && b->thunk != leave) {
        sig_native_leave(t);
        c->rip = rip - 1;
        return true;
    }
    if (b->fpflags)
        br_arch_fp_clear();
    if (trace_on(TRACE_BRIDGE))
        run_traced(b, c);
    else if (UNLIKELY(c->mxcsr & MXCSR_RC))
        run_rounded(b, c);
    else
        b->thunk(c, b->fn);
    br_slot_index = slot;
    sig_native_leave(t);
    if (b->fpflags)
        keep_fpflags(c, br_arch_fp_flags());
    if (c->rip == rip) { /* otherwise the wrapper went elsewhere (longjmp, setcontext) */
        c->rip = ld_u64(g2h(c->gpr[BR_RSP]));
        c->gpr[BR_RSP] += 8;
    }
    return true;
}

enum x86_native_result br_native(gaddr a)
{
    struct bridge *b = bridge_at(a);

    return b && b->thunk ? b->sym->direct : X86_NATIVE_NOT;
}

void br_call_again(struct x86_cpu *c)
{
    c->rip &=
        ~(u64)(sizeof(struct bridge) - 1); /* 1 behind the bridge's address, or there already */
}

gaddr br_exit_bridge(void)
{
    return exit_bridge;
}

int br_init(void)
{
    pthread_atfork(lock_bridges, unlock_bridges, unlock_bridges);
    exit_bridge = br_bridge(leave, NULL, "(end of guest call)");
    br_unwind_init(br_bridge(leave, &exit_bridge, "(end of callback)"));
    return 0;
}

void br_register(const struct br_lib *const *list, unsigned n)
{
    libs = list;
    nlibs = n;
}

static bool has_soname(const struct br_lib *l, const char *soname, const char **known)
{
    for (unsigned i = 0; l->sonames[i]; i++) {
        if (!strcmp(l->sonames[i], soname)) {
            *known = l->sonames[i];
            return true;
        }
    }
    return false;
}

/* Is it at least as new as the rows want it? */
static bool has_needs(const struct br_lib *l, void *native)
{
    for (unsigned i = 0; l->needs && l->needs[i]; i++) {
        if (!dlsym(native, l->needs[i])) {
            log_debug("%s: this host's has no %s", l->sonames[0], l->needs[i]);
            return false;
        }
    }
    return true;
}

/* The library's own handle; RTLD_DEFAULT for what is in the process anyway. False: this host does
 * not have it. */
static bool open_native(const struct br_lib *l, void **native)
{
    *native = RTLD_DEFAULT;
    if (!l->natives[0])
        return true;
    for (unsigned i = 0; l->natives[i]; i++) {
        *native = dlopen(l->natives[i], RTLD_LAZY | RTLD_GLOBAL);
        if (*native && has_needs(l, *native))
            return true;
        if (*native)
            dlclose(*native);
    }
    return false;
}

static struct br_loaded *open_lib(const struct br_lib *l, const char *soname)
{
    struct br_loaded *o = calloc(1, sizeof *o);

    if (!o)
        die("out of memory for library %s", soname);
    o->lib = l;
    o->soname = soname;
    o->addr = calloc(l->nsyms, sizeof *o->addr);
    if (!o->addr)
        die("out of memory for library %s", soname);
    if (!open_native(l, &o->native) || (l->init && l->init())) {
        free(o->addr);
        free(o);
        return NULL;
    }
    o->next = loaded;
    loaded = o;
    return o;
}

struct br_loaded *br_lib_open(const char *soname)
{
    struct br_loaded *o;
    const char *known = NULL;

    lock_bridges();
    for (o = loaded; o && strcmp(o->soname, soname); o = o->next)
        ;
    unlock_bridges();
    for (unsigned i = 0; !o && i < nlibs; i++) {
        if (has_soname(libs[i], soname, &known) &&
            !(libs[i]->needs && cfg_list_has(cfg.emulated_libs, soname)))
            o = open_lib(libs[i], known);
    }
    return o;
}

bool br_lib_is_optional(const char *soname)
{
    const char *known;

    for (unsigned i = 0; i < nlibs; i++)
        if (libs[i]->needs && has_soname(libs[i], soname, &known))
            return true;
    return false;
}

const char *br_lib_soname(const struct br_loaded *l)
{
    return l->soname;
}

static const struct br_symbol *bsearch_symbol(const struct br_lib *l, const char *name)
{
    unsigned lo = 0, hi = l->nsyms;

    while (lo < hi) {
        unsigned mid = (lo + hi) / 2;
        int d = strcmp(name, l->syms[mid].name);
        if (!d)
            return &l->syms[mid];
        if (d < 0)
            hi = mid;
        else
            lo = mid + 1;
    }
    return NULL;
}

static bool has_version(const char *list, const char *version)
{
    size_t n = strlen(version);

    for (const char *p = list; n && p; p = strchr(p, ',')) {
        p += *p == ',';
        if (!strncmp(p, version, n) && (!p[n] || p[n] == ','))
            return true;
    }
    return false;
}

/* Is this a version of the same family ("GLIBC_") with a later number? */
static bool is_later(const char *version, const char *than)
{
    size_t family = strcspn(than, "0123456789");
    char *v, *t;

    if (strncmp(version, than, family))
        return false;
    for (v = (char *)version + family, t = (char *)than + family;; v++, t++) {
        unsigned long a = strtoul(v, &v, 10), b = strtoul(t, &t, 10);

        if (a != b || *v != '.' || *t != '.')
            return a > b || (a == b && *v == '.' && !*t);
    }
}

static const struct br_symbol *find_symbol(const struct br_lib *l, const char *name,
                                           const char *version, bool exact)
{
    const struct br_symbol *s = NULL;
    char both[256];

    if (version && (size_t)snprintf(both, sizeof both, "%s@%s", name, version) < sizeof both)
        s = bsearch_symbol(l, both);
    if (s)
        return s;
    s = bsearch_symbol(l, name);
    if (!s || !version || !s->versions || has_version(s->versions, version))
        return s;
    return !exact && l->newest && is_later(version, l->newest) ? s : NULL;
}

/* The native symbol of a row, by its alternative names in turn. */
static void *native_symbol(void *handle, const struct br_symbol *s)
{
    const char *from = s->via ? s->via : s->name;
    char name[128];

    for (;;) {
        size_t len = strcspn(from, "|@");
        void *p;

        if (len >= sizeof name)
            return NULL;
        memcpy(name, from, len);
        name[len] = 0;
        p = dlsym(handle, name);
        if (!p && handle != RTLD_DEFAULT)
            p = dlvsym(handle, name, br_arch_first_glibc);
        if (p || from[len] != '|')
            return p;
        from += len + 1;
    }
}

static gaddr resolve(const struct br_loaded *l, const struct br_symbol *s)
{
    void *p = s->my ? s->my : native_symbol(l->native, s);

    if (s->kind == BR_DATA)
        return h2g(p);
    if (!p && !s->raw)
        return 0;
    if (s->prepare) {
        __atomic_store_n(s->real, p, __ATOMIC_RELEASE);
        p = s->prepare;
    }
    return bridge_for(s->thunk, p, s, l->lib->fpflags && !s->raw && !s->my);
}

bool br_lib_symbol(struct br_loaded *l, const char *name, const char *version, bool exact,
                   struct br_value *v)
{
    const struct br_symbol *s = find_symbol(l->lib, name, version, exact);
    gaddr *cached;

    if (!s)
        return false;
    cached = &l->addr[s - l->lib->syms];
    if (!*cached)
        *cached = resolve(l, s);
    if (!*cached) {
        log_debug("%s: %s is wrapped, but this host's library does not have it", l->soname, name);
        return false;
    }
    v->addr = *cached;
    v->size = s->size;
    v->kind = s->kind;
    return true;
}

bool br_lib_lacks(struct br_loaded *l, const char *name, const char *version, const char *file)
{
    struct br_value v;
    bool from_here =
        file ? !strcmp(file, l->soname) : find_symbol(l->lib, name, version, false) != NULL;

    return from_here && !br_lib_symbol(l, name, version, false, &v);
}

void br_copy_relocated(struct br_loaded *l, const char *name, gaddr guest, u64 size)
{
    const struct br_symbol *s = find_symbol(l->lib, name, NULL, false);
    struct br_value v;

    if (!s || !br_lib_symbol(l, name, NULL, false, &v))
        return;
    memcpy(g2h(guest), g2h(v.addr), size < v.size ? size : v.size);
    for (unsigned i = 0; i < l->lib->nsyncs;
         i++) { /* aliases (environ, __environ) are one variable */
        struct br_sync_var *var = l->lib->syncs[i];
        if (!strcmp(var->name, s->via ? s->via : s->name)) {
            var->native = g2h(v.addr);
            var->guest = guest;
        }
    }
}

void br_sync_in(struct br_sync_var *const *v, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        if (v[i]->guest && memcmp(v[i]->native, g2h(v[i]->guest), v[i]->size))
            memcpy(v[i]->native, g2h(v[i]->guest), v[i]->size);
    }
}

void br_sync_out(struct br_sync_var *const *v, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        if (v[i]->guest && memcmp(v[i]->native, g2h(v[i]->guest), v[i]->size))
            memcpy(g2h(v[i]->guest), v[i]->native, v[i]->size);
    }
}
