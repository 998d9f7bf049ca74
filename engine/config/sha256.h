/*
 * sha256.h - SHA-256 of a file, for profile sections that name a program by its content.
 */
#ifndef CONFIG_SHA256_H
#define CONFIG_SHA256_H

#include "base/types.h"

#define SHA256_HEX 64

struct sha256 {
    u32 h[8];
    u64 total;
    u8 block[64];
};

void sha256_init(struct sha256 *s);
void sha256_add(struct sha256 *s, const void *data, size_t n);
void sha256_hex(struct sha256 *s, char out[SHA256_HEX + 1]);

/* 0 or -errno. */
int sha256_file(const char *path, char out[SHA256_HEX + 1]);

#endif
