/*
 * fuzz_decode.c - the decoder and formatter on arbitrary bytes: no crash, no read behind `avail`,
 * results within bounds. libFuzzer target; without libFuzzer (-DFUZZ_MAIN) it feeds itself N random
 * inputs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rng.h"
#include "x86/decode.h"
#include "x86/format.h"
#include "x86/rows.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static void must(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "fuzz_decode: %s\n", what);
    abort();
}

static void check_record(const struct x86_insn *in, int n, size_t avail, gaddr pc)
{
    char text[X86_FORMAT_MAX];
    int len = x86_format(text, sizeof text, in, pc);

    must(n <= X86_MAX_LEN && (size_t)n <= avail && in->len == n, "length");
    must(in->op < X86_OP_COUNT && in->row < X86_ROW_COUNT && x86_rows[in->row].op == in->op, "row");
    must(in->base <= X86_REG_NONE && in->index <= X86_REG_NONE && in->scale < 4 &&
             in->seg <= X86_SEG_NONE,
         "address");
    must(in->nopnd <= X86_MAX_OPERANDS, "operands");
    must(len > 0 && len < X86_FORMAT_MAX - 1 && strlen(text) == (size_t)len, "text");
    must(x86_format(text, 8, in, pc) < 8, "short buffer");
}

/* The same bytes with other bytes behind `avail` must give the same result. */
static void check_tail(const u8 *code, size_t avail, gaddr pc, unsigned mode, int n,
                       const struct x86_insn *in)
{
    struct x86_insn other;
    u8 copy[32];

    memset(copy, 0x5a, sizeof copy);
    memcpy(copy, code, avail);
    must(x86_decode(&other, copy, avail, pc, mode) == n, "bytes behind the end changed the result");
    must(n <= 0 || !memcmp(&other, in, sizeof other), "bytes behind the end changed the record");
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
    unsigned mode = size && data[0] & 1 ? 64 : 32;
    gaddr pc = size > 1 && data[1] & 1 ? 0xfffffffffffffff8 : 0x401000;

    for (size_t pos = 2; pos < size;) {
        u8 code[32] = {0};
        size_t avail = size - pos < 16 ? size - pos : 16;
        struct x86_insn in;
        int n;

        memcpy(code, data + pos, avail);
        n = x86_decode(&in, code, avail, pc, mode);
        must(n != 0 && n >= X86_DECODE_LONG, "result");
        if (n > 0)
            check_record(&in, n, avail, pc);
        check_tail(code, avail, pc, mode, n, &in);
        pos += n > 0 ? (size_t)n : 1;
    }
    return 0;
}

#ifdef FUZZ_MAIN
int main(int argc, char **argv)
{
    u64 n = argc > 1 ? strtoull(argv[1], NULL, 0) : 100000;
    struct rng r = rng_seed(argc > 2 ? strtoull(argv[2], NULL, 0) : 1, 0);

    for (u64 i = 0; i < n; i++) {
        u8 data[40];
        size_t size = rng_below(&r, sizeof data + 1);

        for (size_t k = 0; k < size; k++)
            data[k] = (u8)rng_u64(&r);
        if (size > 4 && i & 1)
            data[2 + rng_below(&r, 2)] = 0x0f;
        LLVMFuzzerTestOneInput(data, size);
    }
    printf("%llu inputs\n", (unsigned long long)n);
    return 0;
}
#endif
