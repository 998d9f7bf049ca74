/*
 * sem_crypto_sha.c - the SHA extensions: pieces of FIPS 180-4 SHA-1 and SHA-256 as SDM vol. 2
 * defines them. The SDM's bits 127:96 are element 3.
 */
#include "interp/vec_forms.h"

ALWAYS_INLINE u32 rol(u32 v, unsigned n)
{
    return v << n | v >> (32 - n);
}

ALWAYS_INLINE u32 choose(u32 x, u32 y, u32 z)
{
    return (x & y) ^ (~x & z);
}

ALWAYS_INLINE u32 majority(u32 x, u32 y, u32 z)
{
    return (x & y) ^ (x & z) ^ (y & z);
}

static u32 sha1_f(unsigned kind, u32 x, u32 y, u32 z)
{
    switch (kind) {
    case 0: return choose(x, y, z);
    case 2: return majority(x, y, z);
    default: return x ^ y ^ z;
    }
}

/* Four rounds; E is already in the first message word (SHA1NEXTE put it there). */
VEC_KERNEL(k_sha1rnds4)
{
    static const u32 k[4] = {0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6};
    u32 ra = a->d[3], rb = a->d[2], rc = a->d[1], rd = a->d[0], re = 0;

    (void)n;
    for (unsigned i = 0; i < 4; i++) {
        u32 t = sha1_f(imm & 3, rb, rc, rd) + rol(ra, 5) + re + b->d[3 - i] + k[imm & 3];

        re = rd;
        rd = rc;
        rc = rol(rb, 30);
        rb = ra;
        ra = t;
    }
    d->d[3] = ra;
    d->d[2] = rb;
    d->d[1] = rc;
    d->d[0] = rd;
}

VEC_KERNEL(k_sha1nexte)
{
    (void)imm, (void)n;
    *d = *b;
    d->d[3] += rol(a->d[3], 30);
}

VEC_KERNEL(k_sha1msg1)
{
    (void)imm, (void)n;
    d->d[3] = a->d[1] ^ a->d[3];
    d->d[2] = a->d[0] ^ a->d[2];
    d->d[1] = b->d[3] ^ a->d[1];
    d->d[0] = b->d[2] ^ a->d[0];
}

VEC_KERNEL(k_sha1msg2)
{
    (void)imm, (void)n;
    d->d[3] = rol(a->d[3] ^ b->d[2], 1);
    d->d[2] = rol(a->d[2] ^ b->d[1], 1);
    d->d[1] = rol(a->d[1] ^ b->d[0], 1);
    d->d[0] = rol(a->d[0] ^ d->d[3], 1);
}

ALWAYS_INLINE u32 sigma(u32 v, unsigned r1, unsigned r2, unsigned shift)
{
    return rol(v, 32 - r1) ^ rol(v, 32 - r2) ^ v >> shift;
}

ALWAYS_INLINE u32 big_sigma(u32 v, unsigned r1, unsigned r2, unsigned r3)
{
    return rol(v, 32 - r1) ^ rol(v, 32 - r2) ^ rol(v, 32 - r3);
}

VEC_KERNEL(k_sha256msg1)
{
    (void)imm, (void)n;
    for (unsigned i = 0; i < 4; i++)
        d->d[i] = a->d[i] + sigma(i < 3 ? a->d[i + 1] : b->d[0], 7, 18, 3);
}

VEC_KERNEL(k_sha256msg2)
{
    (void)imm, (void)n;
    d->d[0] = a->d[0] + sigma(b->d[2], 17, 19, 10);
    d->d[1] = a->d[1] + sigma(b->d[3], 17, 19, 10);
    d->d[2] = a->d[2] + sigma(d->d[0], 17, 19, 10);
    d->d[3] = a->d[3] + sigma(d->d[1], 17, 19, 10);
}

/* Two rounds. State: b = ABEF, a = CDGH (high to low), wk = message plus constant. */
static void sha256_rounds(union vec_lane *d, const union vec_lane *a, const union vec_lane *b,
                          const u32 wk[2])
{
    u32 s[8] = {b->d[3], b->d[2], a->d[3], a->d[2], b->d[1], b->d[0], a->d[1], a->d[0]};

    for (unsigned i = 0; i < 2; i++) {
        u32 t1 = s[7] + big_sigma(s[4], 6, 11, 25) + choose(s[4], s[5], s[6]) + wk[i];
        u32 t2 = big_sigma(s[0], 2, 13, 22) + majority(s[0], s[1], s[2]);

        s[7] = s[6];
        s[6] = s[5];
        s[5] = s[4];
        s[4] = s[3] + t1;
        s[3] = s[2];
        s[2] = s[1];
        s[1] = s[0];
        s[0] = t1 + t2;
    }
    d->d[3] = s[0];
    d->d[2] = s[1];
    d->d[1] = s[4];
    d->d[0] = s[5];
}

void sem_SHA256RNDS2(struct x86_cpu *c, const struct x86_insn *in)
{
    union vec_lane tmp, d;
    const union vec_lane *b = vec_src16u(c, in, 1, &tmp);

    sha256_rounds(&d, vec_reg(c, in->opnd[0].reg), b, vec_reg(c, 0)->d);
    vec_put_sse(c, in->opnd[0].reg, &d);
}

/* No alignment check: AMD CPUs have none here (Intel documents one), and no program misses it. */
#define SHA(OP, K)                                                                                 \
    void sem_##OP(struct x86_cpu *c, const struct x86_insn *in)                                    \
    {                                                                                              \
        union vec_lane tmp, d;                                                                     \
        const union vec_lane *b = vec_src16u(c, in, 1, &tmp);                                      \
        K(&d, vec_reg(c, in->opnd[0].reg), b, (u8)in->imm, 16);                                    \
        vec_put_sse(c, in->opnd[0].reg, &d);                                                       \
    }
SHA(SHA1RNDS4, k_sha1rnds4)
SHA(SHA1NEXTE, k_sha1nexte)
SHA(SHA1MSG1, k_sha1msg1)
SHA(SHA1MSG2, k_sha1msg2)
SHA(SHA256MSG1, k_sha256msg1)
SHA(SHA256MSG2, k_sha256msg2)
