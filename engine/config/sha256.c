/*
 * sha256.c - SHA-256 after FIPS 180-4. Pure but for sha256_file(). Called by the profile matcher.
 */
#include "config/sha256.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* FIPS 180-4, 4.2.2: the first 32 bits of the fractional parts of the cube roots of 64 primes. */
static const u32 round_constant[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static u32 ror(u32 x, unsigned n)
{
    return x >> n | x << (32 - n);
}

void sha256_init(struct sha256 *s)
{
    static const u32 start[8] = {
        0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
        0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
    };

    memcpy(s->h, start, sizeof start);
    s->total = 0;
}

static void add_block(struct sha256 *s, const u8 *p)
{
    u32 w[64], v[8];
    int i;

    for (i = 0; i < 16; i++)
        w[i] =
            (u32)p[4 * i] << 24 | (u32)p[4 * i + 1] << 16 | (u32)p[4 * i + 2] << 8 | p[4 * i + 3];
    for (; i < 64; i++) {
        u32 a = w[i - 15], b = w[i - 2];

        w[i] = w[i - 16] + w[i - 7] + (ror(a, 7) ^ ror(a, 18) ^ a >> 3) +
               (ror(b, 17) ^ ror(b, 19) ^ b >> 10);
    }
    memcpy(v, s->h, sizeof v);
    for (i = 0; i < 64; i++) {
        u32 e = v[4], a = v[0];
        u32 t = v[7] + (ror(e, 6) ^ ror(e, 11) ^ ror(e, 25)) + ((e & v[5]) ^ (~e & v[6])) +
                round_constant[i] + w[i];
        u32 u = (ror(a, 2) ^ ror(a, 13) ^ ror(a, 22)) + ((a & v[1]) ^ (a & v[2]) ^ (v[1] & v[2]));

        memmove(v + 1, v, 7 * sizeof v[0]);
        v[4] += t;
        v[0] = t + u;
    }
    for (i = 0; i < 8; i++)
        s->h[i] += v[i];
}

void sha256_add(struct sha256 *s, const void *data, size_t n)
{
    const u8 *p = data;
    size_t used = s->total % 64;

    s->total += n;
    while (n) {
        size_t take = 64 - used < n ? 64 - used : n;

        memcpy(s->block + used, p, take);
        p += take;
        n -= take;
        used += take;
        if (used == 64) {
            add_block(s, s->block);
            used = 0;
        }
    }
}

void sha256_hex(struct sha256 *s, char out[SHA256_HEX + 1])
{
    u64 bits = s->total * 8;
    u8 length[8];
    int i;

    for (i = 0; i < 8; i++)
        length[i] = (u8)(bits >> (56 - 8 * i));
    sha256_add(s, "\x80", 1);
    while (s->total % 64 != 56)
        sha256_add(s, "", 1);
    sha256_add(s, length, 8);
    for (i = 0; i < 8; i++)
        snprintf(out + 8 * i, 9, "%08x", s->h[i]);
}

int sha256_file(const char *path, char out[SHA256_HEX + 1])
{
    struct sha256 s;
    char buf[16384];
    ssize_t n;
    int err = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return -errno;
    sha256_init(&s);
    while ((n = read(fd, buf, sizeof buf)) != 0) {
        if (n > 0) {
            sha256_add(&s, buf, (size_t)n);
        } else if (errno != EINTR) {
            err = -errno;
            break;
        }
    }
    close(fd);
    if (!err)
        sha256_hex(&s, out);
    return err;
}
