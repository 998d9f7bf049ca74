/*
 * nan.h - what nan_loop.c, nan_vex.c and fp_store.c calculate with: ordinary numbers, and bits of
 * infinities and of NaNs, signaling and quiet, with payloads; and a hash of bits.
 */
#include <stdint.h>
#include <string.h>

#define N 4096

static const uint64_t odd[] = {0x7ff0000000000000, 0xfff0000000000000, 0x7ff4000000000123,
                               0xfff4000000000321, 0x7ff8000000000055, 0xfff8000000000066};

static void fill(double *x, double scale)
{
    for (int i = 0; i < N; i++)
        x[i] = (i % 37 - 18) * scale + i * .01;
}

static inline uint64_t hash(const void *p, unsigned n)
{
    uint64_t h = 0, q;

    for (unsigned i = 0; i < n; i++) {
        memcpy(&q, (const char *)p + 8 * i, 8);
        h = (h * 31) ^ q ^ (h >> 29);
    }
    return h;
}
