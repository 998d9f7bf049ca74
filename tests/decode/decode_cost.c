/*
 * decode_cost.c - decodes N instructions of an ELF file's .text, for callgrind: decode_cost FILE N
 * prints how many were decoded. decode_cost.sh runs it under callgrind and prints host instructions
 * per decode.
 */
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "x86/decode.h"

int main(int argc, char **argv)
{
    FILE *f = argc > 2 ? fopen(argv[1], "rb") : NULL;
    u64 max = argc > 2 ? strtoull(argv[2], NULL, 0) : 0, count = 0, bytes = 0;
    Elf64_Ehdr eh;

    if (!f || fread(&eh, sizeof eh, 1, f) != 1 || memcmp(eh.e_ident, ELFMAG, 4)) {
        fprintf(stderr, "usage: decode_cost ELF-FILE COUNT\n");
        return 2;
    }
    for (unsigned i = 0; i < eh.e_shnum && count < max; i++) {
        Elf64_Shdr sh;
        u8 *text;

        fseek(f, (long)(eh.e_shoff + (u64)i * eh.e_shentsize), SEEK_SET);
        if (fread(&sh, sizeof sh, 1, f) != 1 || !(sh.sh_flags & SHF_EXECINSTR) || sh.sh_size < 4096)
            continue;
        text = calloc(1, sh.sh_size + 16);
        fseek(f, (long)sh.sh_offset, SEEK_SET);
        if (fread(text, 1, sh.sh_size, f) != sh.sh_size)
            return 1;
        for (size_t pos = 0; pos + 16 < sh.sh_size && count < max; count++) {
            struct x86_insn in;
            int n = x86_decode(&in, text + pos, 16, sh.sh_addr + pos, 64);

            pos += n > 0 ? (size_t)n : 1;
            bytes += n > 0 ? (u64)n : 1;
        }
        free(text);
    }
    fclose(f);
    printf("decoded %llu instructions, %llu bytes\n", (unsigned long long)count,
           (unsigned long long)bytes);
    return count ? 0 : 1;
}
