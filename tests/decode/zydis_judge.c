/*
 * zydis_judge.c - judges the decoder against Zydis. Usage:
 *   zydis_judge rows N [SEED]        N encodings of every row, both modes
 *   zydis_judge random N [SEED]      N random byte strings (half of them shaped like instructions),
 * both modes zydis_judge file MAX FILE...     .text of ELF files, at most MAX instructions each (0:
 * all) -v in front lists the known difference classes too. Exit status 1 when a difference is not
 * in known_diffs.def.
 */
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rowgen.h"
#include "x86/rows.h"
#include "zydis_compare.h"

static int judge_rows(u64 n, u64 seed)
{
    unsigned covered = 0;

    for (unsigned row = 0; row < X86_ROW_COUNT; row++) {
        struct rng r = rng_seed(seed, row);
        unsigned made = 0;

        for (u64 i = 0; i < n; i++)
            for (unsigned mode = 32; mode <= 64; mode += 32) {
                struct rowgen g;
                gaddr pc = mode == 64 ? 0x7f0000001000 : 0x8048000;

                if (!rowgen_encode(&g, &r, row, mode, pc, 0))
                    continue;
                zc_compare(g.bytes, g.len, pc, mode);
                made++;
            }
        covered += made > 0;
        if (!made)
            printf("no encoding found for row %u\n", row);
    }
    printf("rows=%d covered=%u\n", X86_ROW_COUNT, covered);
    return covered != X86_ROW_COUNT;
}

static void shape(struct rng *r, u8 *b)
{
    static const u8 pfx[] = {0x66, 0xf2, 0xf3, 0x67, 0x48, 0x41, 0x4f, 0x40, 0x64, 0x2e, 0xf0};
    unsigned n = rng_below(r, 4), pos = 0;

    while (n--)
        b[pos++] = pfx[rng_below(r, ARRAY_SIZE(pfx))];
    switch (rng_below(r, 6)) {
    case 0: b[pos] = 0x0f; break;
    case 1:
        b[pos] = 0x0f;
        b[pos + 1] = 0x38;
        break;
    case 2:
        b[pos] = 0x0f;
        b[pos + 1] = 0x3a;
        break;
    case 3:
        b[pos] = 0xc4;
        b[pos + 1] = (u8)((b[pos + 1] & 0xe0) | (1 + rng_below(r, 3)));
        break;
    case 4: b[pos] = 0xc5; break;
    default: break;
    }
}

static void judge_random(u64 n, u64 seed)
{
    struct rng r = rng_seed(seed, 1);

    for (u64 i = 0; i < n; i++) {
        u8 b[32] = {0};
        u64 v[2] = {rng_u64(&r), rng_u64(&r)};

        memcpy(b, v, 16);
        if (i & 1)
            shape(&r, b);
        zc_compare(b, 1 + (i % 16 ? 14 : rng_below(&r, 15)), 0x7f0000001000, i & 2 ? 64 : 32);
    }
}

static u8 *read_all(const char *path, size_t *size)
{
    FILE *f = fopen(path, "rb");
    u8 *data;

    if (!f)
        return NULL;
    fseek(f, 0, SEEK_END);
    *size = (size_t)ftell(f);
    rewind(f);
    data = malloc(*size + 32);
    if (fread(data, 1, *size, f) != *size)
        *size = 0;
    memset(data + *size, 0, 32);
    fclose(f);
    return data;
}

static u64 judge_code(const u8 *text, size_t size, gaddr addr, unsigned mode, u64 max)
{
    u64 count = 0;

    for (size_t pos = 0; pos < size && (!max || count < max); count++)
        pos += zc_compare(text + pos, size - pos < 16 ? size - pos : 15, addr + pos, mode);
    return count;
}

static int judge_file(const char *path, u64 max)
{
    size_t size = 0;
    u8 *data = read_all(path, &size);
    const Elf64_Ehdr *eh = (const void *)data;
    u64 count = 0;

    if (!data || size < sizeof *eh || memcmp(eh->e_ident, ELFMAG, 4) ||
        eh->e_machine != EM_X86_64) {
        printf("%s: not an x86-64 ELF file\n", path);
        free(data);
        return 1;
    }
    for (unsigned i = 0; i < eh->e_shnum; i++) {
        const Elf64_Shdr *sh = (const void *)(data + eh->e_shoff + (size_t)i * eh->e_shentsize);

        if (sh->sh_type == SHT_PROGBITS && (sh->sh_flags & SHF_EXECINSTR) &&
            sh->sh_offset + sh->sh_size <= size)
            count += judge_code(data + sh->sh_offset, sh->sh_size, sh->sh_addr, 64, max);
    }
    printf("%s: %llu instructions\n", path, (unsigned long long)count);
    free(data);
    return 0;
}

int main(int argc, char **argv)
{
    bool verbose = argc > 1 && !strcmp(argv[1], "-v");
    char **a = argv + verbose;
    int n = argc - verbose, bad = 0;

    if (n < 3) {
        fprintf(stderr,
                "usage: zydis_judge [-v] rows N [SEED] | random N [SEED] | file MAX FILE...\n");
        return 2;
    }
    zc_init();
    if (!strcmp(a[1], "rows"))
        bad = judge_rows(strtoull(a[2], NULL, 0), n > 3 ? strtoull(a[3], NULL, 0) : 1);
    else if (!strcmp(a[1], "random"))
        judge_random(strtoull(a[2], NULL, 0), n > 3 ? strtoull(a[3], NULL, 0) : 1);
    else
        for (int i = 3; i < n; i++)
            bad |= judge_file(a[i], strtoull(a[2], NULL, 0));
    return zc_report(verbose) || bad;
}
