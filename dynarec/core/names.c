/*
 * names.c - see names.h. Formats: linux/tools/perf/Documentation/jit-interface.txt (map) and
 * jitdump-specification.txt; GDB manual, "JIT Compilation Interface".
 */
#define _GNU_SOURCE
#include "dynarec/core/names.h"

#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/heap.h"
#include "base/log.h"
#include "config/config.h"
#include "mem/mem.h"

/* Of this program itself, from the linker: it says what the host is. */
extern const Elf64_Ehdr __ehdr_start __attribute__((visibility("hidden")));

static __thread char module[64];
static __thread i64 module_base; /* file offset = address - base */

void dyn_names_prepare(const struct tr *t)
{
    struct mem_region r;
    const char *slash;

    if (!cfg.dynarec_perfmap && !cfg.dynarec_gdbjit)
        return;
    module[0] = '\0';
    if (!mem_query(t->entry, &r) || !r.path)
        return;
    slash = strrchr(r.path, '/');
    snprintf(module, sizeof module, "%s", slash ? slash + 1 : r.path);
    module_base = (i64)(r.start - r.offset);
}

static void name_of(gaddr pc, char *out, size_t size)
{
    if (module[0])
        snprintf(out, size, "%s+0x%llx x86", module, (unsigned long long)(pc - (gaddr)module_base));
    else
        snprintf(out, size, "0x%llx x86", (unsigned long long)pc);
}

/* Words of block i; what is out of line belongs to the last one. */
static u32 block_words(const struct tr *t, u32 i, u32 *at)
{
    *at = i ? t->label[t->blk[i].enter] : 0;
    return (i + 1 < t->nblk ? t->label[t->blk[i + 1].enter] : t->n) - *at;
}

/* A file of this process; a forked child gets one of its own. -1: none. */
static int file_of(const char *format, int flags, int *fd, pid_t *pid, bool *fresh)
{
    char path[64];

    *fresh = *pid != getpid();
    if (*fresh) {
        *pid = getpid();
        snprintf(path, sizeof path, format, P_tmpdir, (int)*pid);
        *fd = open(path, flags | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (*fd < 0)
            log_warn("cannot write %s", path);
    }
    return *fd;
}

static void put(int fd, const void *data, size_t n)
{
    if (write(fd, data, n) != (ssize_t)n)
        log_debug("names of translated code: short write");
}

/* ---- perf's map ---- */

static void add_to_map(const struct tr *t, const struct region *r)
{
    static int fd;
    static pid_t pid;
    bool fresh;

    if (file_of("%s/perf-%d.map", O_WRONLY | O_APPEND, &fd, &pid, &fresh) < 0)
        return;
    for (u32 i = 0; i < t->nblk; i++) {
        char name[96], line[160];
        u32 at, n = block_words(t, i, &at);

        name_of(t->blk[i].pc, name, sizeof name);
        snprintf(line, sizeof line, "%llx %x %s\n", (unsigned long long)(uintptr_t)(r->x + at),
                 n * 4, name);
        if (n)
            put(fd, line, strlen(line));
    }
}

/* ---- perf's jitdump ---- */

struct dump_header {
    u32 magic, version, size, machine, pad, pid;
    u64 time, flags;
};

struct dump_load {
    u32 id, size;
    u64 time;
    u32 pid, tid;
    u64 vma, address, code_size, index;
};

static u64 now(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (u64)ts.tv_sec * 1000000000u + (u64)ts.tv_nsec;
}

static void start_dump(int fd)
{
    struct dump_header h = {.magic = 0x4a695444,
                            .version = 1,
                            .size = sizeof h,
                            .machine = __ehdr_start.e_machine,
                            .pid = (u32)getpid(),
                            .time = now()};

    put(fd, &h, sizeof h);
    /* perf sees this mapping, and so learns of the file. */
    if (mmap(NULL, (size_t)sysconf(_SC_PAGESIZE), PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0) ==
        MAP_FAILED)
        log_warn("perf will not find the jitdump file: it cannot be mapped");
}

static void add_to_dump(const struct tr *t, const struct region *r)
{
    static int fd;
    static pid_t pid;
    static u64 index;
    bool fresh;

    if (file_of("%s/jit-%d.dump", O_RDWR | O_APPEND, &fd, &pid, &fresh) < 0)
        return;
    if (fresh)
        start_dump(fd);
    for (u32 i = 0; i < t->nblk; i++) {
        struct dump_load l = {.time = now(), .pid = (u32)pid, .tid = (u32)syscall(SYS_gettid)};
        char name[96];
        u32 at, n = block_words(t, i, &at);

        name_of(t->blk[i].pc, name, sizeof name);
        l.size = (u32)(sizeof l + strlen(name) + 1 + n * 4);
        l.vma = l.address = (u64)(uintptr_t)(r->x + at);
        l.code_size = n * 4;
        l.index = index++;
        if (!n)
            continue;
        put(fd, &l, sizeof l);
        put(fd, name, strlen(name) + 1);
        put(fd, r->x + at, n * 4);
    }
}

/* ---- gdb ---- */

/* The names and layouts are gdb's. */
struct jit_code_entry {
    struct jit_code_entry *next, *prev;
    const char *image;
    u64 size;
};

enum { JIT_REGISTER = 1, JIT_UNREGISTER };

extern struct jit_descriptor {
    u32 version, action;
    struct jit_code_entry *relevant, *first;
} __jit_debug_descriptor;
void __jit_debug_register_code(void);

struct jit_descriptor __jit_debug_descriptor = {.version = 1};

/* gdb has a breakpoint here. */
__attribute__((noinline, used)) void __jit_debug_register_code(void)
{
    __asm__ volatile("" ::: "memory");
}

enum { SEC_NULL, SEC_TEXT, SEC_SYMBOLS, SEC_STRINGS, SEC_COUNT };

/* An ELF file with a symbol for each block. The section is where the code is. */
struct image {
    Elf64_Ehdr head;
    Elf64_Shdr section[SEC_COUNT];
    Elf64_Sym symbol[];
};

/* One allocation: entry, image with its symbols and strings. Never freed: the list is changed in
 * signal handlers. */
struct named {
    struct jit_code_entry entry;
    const struct region *of;
    struct named *older;
    struct image image;
};
static struct named *all_named;

static const char section_names[] = "\0.text\0.symtab\0.strtab";
#define NAME_ROOM 96 /* of one block */

static void fill_header(Elf64_Ehdr *h)
{
    memcpy(h->e_ident, __ehdr_start.e_ident, EI_NIDENT);
    h->e_type = ET_REL;
    h->e_machine = __ehdr_start.e_machine;
    h->e_version = EV_CURRENT;
    h->e_flags = __ehdr_start.e_flags;
    h->e_ehsize = sizeof(Elf64_Ehdr);
    h->e_shentsize = sizeof(Elf64_Shdr);
    h->e_shoff = offsetof(struct image, section);
    h->e_shnum = SEC_COUNT;
    h->e_shstrndx = SEC_STRINGS;
}

static void fill_sections(struct image *m, const struct region *r, u32 nsym, size_t strings)
{
    size_t symbols = nsym * sizeof(Elf64_Sym);

    m->section[SEC_TEXT] = (Elf64_Shdr){.sh_name = 1,
                                        .sh_type = SHT_NOBITS,
                                        .sh_flags = SHF_ALLOC | SHF_EXECINSTR,
                                        .sh_addr = (u64)(uintptr_t)r->x,
                                        .sh_size = r->words * 4ull,
                                        .sh_addralign = 4};
    m->section[SEC_SYMBOLS] = (Elf64_Shdr){.sh_name = 7,
                                           .sh_type = SHT_SYMTAB,
                                           .sh_offset = sizeof *m,
                                           .sh_size = symbols,
                                           .sh_link = SEC_STRINGS,
                                           .sh_info = 1,
                                           .sh_entsize = sizeof(Elf64_Sym),
                                           .sh_addralign = 8};
    m->section[SEC_STRINGS] = (Elf64_Shdr){.sh_name = 15,
                                           .sh_type = SHT_STRTAB,
                                           .sh_offset = sizeof *m + symbols,
                                           .sh_size = strings,
                                           .sh_addralign = 1};
}

static void add_to_gdb(const struct tr *t, const struct region *r)
{
    u32 nsym = t->nblk + 1;
    size_t room = sizeof section_names + (size_t)t->nblk * NAME_ROOM, used = sizeof section_names;
    struct named *g = heap_zalloc(sizeof *g + nsym * sizeof(Elf64_Sym) + room);
    char *strings;

    if (!g)
        return;
    strings = (char *)&g->image.symbol[nsym];
    memcpy(strings, section_names, sizeof section_names);
    for (u32 i = 0; i < t->nblk; i++) {
        u32 at, n = block_words(t, i, &at);

        g->image.symbol[i + 1] = (Elf64_Sym){.st_name = (u32)used,
                                             .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC),
                                             .st_shndx = SEC_TEXT,
                                             .st_value = at * 4ull,
                                             .st_size = n * 4ull};
        name_of(t->blk[i].pc, strings + used, NAME_ROOM);
        used += strlen(strings + used) + 1;
    }
    fill_header(&g->image.head);
    fill_sections(&g->image, r, nsym, used);
    g->of = r;
    g->older = all_named;
    all_named = g;
    g->entry.image = (const char *)&g->image;
    g->entry.size = sizeof g->image + nsym * sizeof(Elf64_Sym) + used;
    g->entry.next = __jit_debug_descriptor.first;
    if (g->entry.next)
        g->entry.next->prev = &g->entry;
    __jit_debug_descriptor.first = __jit_debug_descriptor.relevant = &g->entry;
    __jit_debug_descriptor.action = JIT_REGISTER;
    __jit_debug_register_code();
}

void dyn_names_remove(const struct region *r)
{
    struct named *g = all_named;

    while (g && g->of != r)
        g = g->older;
    if (!g)
        return;
    g->of = NULL;
    if (g->entry.prev)
        g->entry.prev->next = g->entry.next;
    else
        __jit_debug_descriptor.first = g->entry.next;
    if (g->entry.next)
        g->entry.next->prev = g->entry.prev;
    __jit_debug_descriptor.relevant = &g->entry;
    __jit_debug_descriptor.action = JIT_UNREGISTER;
    __jit_debug_register_code();
}

void dyn_names_add(const struct tr *t, const struct region *r)
{
    if (cfg.dynarec_perfmap == 1)
        add_to_map(t, r);
    if (cfg.dynarec_perfmap == 2)
        add_to_dump(t, r);
    if (cfg.dynarec_gdbjit)
        add_to_gdb(t, r);
}
