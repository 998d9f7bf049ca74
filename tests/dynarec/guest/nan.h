/*
 * nan.h - what nan_loop.c and nan_vex.c calculate with: ordinary numbers, and bits of infinities
 * and of NaNs, signaling and quiet, with payloads.
 */
#include <stdint.h>

#define N 4096

static const uint64_t odd[] = {0x7ff0000000000000, 0xfff0000000000000, 0x7ff4000000000123,
                               0xfff4000000000321, 0x7ff8000000000055, 0xfff8000000000066};

static void fill(double *x, double scale)
{
    for (int i = 0; i < N; i++)
        x[i] = (i % 37 - 18) * scale + i * .01;
}
