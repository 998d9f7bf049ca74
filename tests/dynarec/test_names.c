/*
 * test_names.c - what names.c tells gdb about a region: read back as gdb does. With an argument it
 * stops in between, for a look with gdb itself: `gdb --args test_names stop`, run, info symbol.
 */
#include <elf.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "config/config.h"
#include "dynarec/core/names.h"
#include "harness.h"
#include "mem/mem.h"

extern struct {
    u32 version, action;
    struct code_entry {
        struct code_entry *next, *prev;
        const char *image;
        u64 size;
    } * relevant, *first;
} __jit_debug_descriptor;

static u32 code[32];
static struct tr t;
static struct region r[2];

static void make(unsigned i, gaddr pc)
{
    t.entry = pc;
    t.nblk = 2;
    t.n = 16;
    t.blk[0].pc = pc;
    t.blk[1].pc = pc + 5;
    t.blk[0].enter = 0;
    t.blk[1].enter = 1;
    t.label[1] = 6;
    r[i].x = code + 16 * i;
    r[i].words = 16;
    dyn_names_prepare(&t);
    dyn_names_add(&t, &r[i]);
}

static const Elf64_Shdr *section(const char *image, const char *name)
{
    const Elf64_Ehdr *h = (const Elf64_Ehdr *)(const void *)image;
    const Elf64_Shdr *s = (const Elf64_Shdr *)(const void *)(image + h->e_shoff);
    const char *names = image + s[h->e_shstrndx].sh_offset;

    for (unsigned i = 0; i < h->e_shnum; i++)
        if (!strcmp(names + s[i].sh_name, name))
            return &s[i];
    return NULL;
}

static void check_image(const struct code_entry *e, const u32 *x, const char *first)
{
    const Elf64_Ehdr *h = (const Elf64_Ehdr *)(const void *)e->image;
    const Elf64_Shdr *text = section(e->image, ".text"), *sym = section(e->image, ".symtab");
    const Elf64_Shdr *str = section(e->image, ".strtab");
    const Elf64_Sym *s;

    CHECK(!memcmp(h->e_ident, ELFMAG, SELFMAG) && h->e_ident[EI_CLASS] == ELFCLASS64);
    CHECK(h->e_shentsize == sizeof(Elf64_Shdr) && text && sym && str);
    if (!text || !sym || !str)
        return;
    CHECK(text->sh_addr == (u64)(uintptr_t)x && text->sh_size == 64);
    CHECK(text->sh_type == SHT_NOBITS && (text->sh_flags & SHF_EXECINSTR));
    CHECK(sym->sh_size == 3 * sizeof *s && sym->sh_offset + sym->sh_size <= e->size);
    CHECK(str->sh_offset + str->sh_size <= e->size);
    s = (const Elf64_Sym *)(const void *)(e->image + sym->sh_offset);
    CHECK(s[1].st_value == 0 && s[1].st_size == 24 && s[2].st_value == 24 && s[2].st_size == 40);
    CHECK(!strcmp(e->image + str->sh_offset + s[1].st_name, first));
}

int main(int argc, char **argv)
{
    (void)argv;
    mem_init();
    cfg.dynarec_gdbjit = 1;
    make(0, 0x1000);
    make(1, 0x2000);
    CHECK(__jit_debug_descriptor.version == 1 && __jit_debug_descriptor.action == 1);
    check_image(__jit_debug_descriptor.first, code + 16, "0x2000 x86");
    check_image(__jit_debug_descriptor.first->next, code, "0x1000 x86");
    CHECK(__jit_debug_descriptor.first->next->prev == __jit_debug_descriptor.first);
    if (argc > 1)
        raise(SIGTRAP);
    dyn_names_remove(&r[1]);
    CHECK(__jit_debug_descriptor.action == 2);
    CHECK(__jit_debug_descriptor.first == __jit_debug_descriptor.relevant->next);
    dyn_names_remove(&r[1]); /* nothing is left to remove */
    dyn_names_remove(&r[0]);
    CHECK(!__jit_debug_descriptor.first);
    return harness_done();
}
