/*
 * softfp_trans_tab.h - constants of softfp_trans.c to 128 bits, from our own integer series (Machin
 * for pi, atanh for logarithms, Taylor for exponentials, half angles for arc tangents). Value =
 * (hi:lo / 2^127) * 2^e.
 */
#ifndef INTERP_SOFTFP_TRANS_TAB_H
#define INTERP_SOFTFP_TRANS_TAB_H

#include "base/types.h"

struct trans_const {
    u64 hi, lo;
    i32 e;
};

/* clang-format off */
static const struct trans_const trans_pi = {0xc90fdaa22168c234ull, 0xc4c6628b80dc1cd1ull, 1};
static const struct trans_const trans_3pi_4 = {0x96cbe3f9990e91a7ull, 0x9394c9e8a0a5159dull, 1};
static const struct trans_const trans_ln2 = {0xb17217f7d1cf79abull, 0xc9e3b39803f2f6afull, -1};
static const struct trans_const trans_2_over_ln2 = {
    0xb8aa3b295c17f0bbull, 0xbe87fed0691d3e89ull, 1};

/* atan(k / 16), k = 1 .. 16 */
static const struct trans_const trans_atan[16] = {
    {0xffaaddb967ef4e36ull, 0xcb2792dc0e2e0d51ull, -5},
    {0xfeadd4d5617b6e32ull, 0xc897989f3e888ef8ull, -4},
    {0xbdcbda5e72d81134ull, 0x7b0b4f881c9c7488ull, -3},
    {0xfadbafc96406eb15ull, 0x6dc79ef5f7a217e6ull, -3},
    {0x9b13b9b83f5e5e69ull, 0xc5abb498d27af328ull, -2},
    {0xb7b0ca0f26f78473ull, 0x8aa32122dcfe4483ull, -2},
    {0xd327761e611fe5b6ull, 0x427c95e9001e7136ull, -2},
    {0xed63382b0dda7b45ull, 0x6fe445ecbc3a8d03ull, -2},
    {0x832bf4a6d9867e2aull, 0x4b6a09cb61a515c1ull, -1},
    {0x8f005d5ef7f59f9bull, 0x5c835e1665c43748ull, -1},
    {0x9a2f80e671bdda20ull, 0x4226f8e2204ff3bdull, -1},
    {0xa4bc7d1934f70924ull, 0x19a87f2a457dac9full, -1},
    {0xaeac4c38b4d8c080ull, 0x14725e2f3e52070aull, -1},
    {0xb8053e2bc2319e73ull, 0xcb2da55210a4443dull, -1},
    {0xc0ce85b8ac526640ull, 0x89dd62c46e92fa25ull, -1},
    {0xc90fdaa22168c234ull, 0xc4c6628b80dc1cd1ull, -1},
};

/* 2^(k / 16), k = 0 .. 16 */
static const struct trans_const trans_exp2[17] = {
    {0x8000000000000000ull, 0x0000000000000000ull, 0},
    {0x85aac367cc487b14ull, 0xc5c95b8c2154c1b2ull, 0},
    {0x8b95c1e3ea8bd6e6ull, 0xfbe4628758a53c90ull, 0},
    {0x91c3d373ab11c336ull, 0x0fd6d8e0ae5ac9d8ull, 0},
    {0x9837f0518db8a96full, 0x46ad23182e42f6f6ull, 0},
    {0x9ef5326091a111adull, 0xa0911f09ebb9fdd1ull, 0},
    {0xa5fed6a9b15138eaull, 0x1cbd7f621710701bull, 0},
    {0xad583eea42a14ac6ull, 0x4980a8c8f59a2ec4ull, 0},
    {0xb504f333f9de6484ull, 0x597d89b3754abe9full, 0},
    {0xbd08a39f580c36beull, 0xa8811fb66d0faf7aull, 0},
    {0xc5672a115506daddull, 0x3e2ad0c964dd9f37ull, 0},
    {0xce248c151f8480e3ull, 0xe235838f95f2c6edull, 0},
    {0xd744fccad69d6af4ull, 0x39a68bb9902d3fdeull, 0},
    {0xe0ccdeec2a94e111ull, 0x065895048dd333caull, 0},
    {0xeac0c6e7dd24392eull, 0xd02d75b3706e54fbull, 0},
    {0xf5257d152486cc2cull, 0x7b9d0c7aed980fc3ull, 0},
    {0x8000000000000000ull, 0x0000000000000000ull, 1},
};

/* |log2(64 / k)|, k = 45 .. 91 */
static const struct trans_const trans_log2[47] = {
    {0x8215ea5cd3e4c4c7ull, 0x9b39ffeebc29372aull, -1},
    {0xf3efaff29c559a77ull, 0xda8ad649da21eab0ull, -2},
    {0xe40cee16a2ff21c4ull, 0xaec562332791fe38ull, -2},
    {0xd47fcb8c0852f0c0ull, 0xbfe9dbebf2e8a45eull, -2},
    {0xc544c055fde99333ull, 0x54dbf16fb0695ee3ull, -2},
    {0xb6587b432e47501bull, 0x6d40900b25024b32ull, -2},
    {0xa7b7dd96762cc3c7ull, 0x2742d7296a39eed6ull, -2},
    {0x995ff71b8773432dull, 0x124bc6f1acf95dc4ull, -2},
    {0x8b4e029b1f8ac391ull, 0xa87c02eaf36e2c29ull, -2},
    {0xfafec54831f1a484ull, 0x7f7b2787b173da32ull, -3},
    {0xdfe33d3fffa66037ull, 0x815ef705cfaef035ull, -3},
    {0xc544c055fde99333ull, 0x54dbf16fb0695ee3ull, -3},
    {0xab1ee14ffd659064ull, 0x3906f29bbe579929ull, -3},
    {0x916d6e1559a4b696ull, 0x91d79938e7226384ull, -3},
    {0xf058d74797eab325ull, 0x9d2c6d9213f3f83cull, -4},
    {0xbeb024b67dda6339ull, 0xda288fc615a727dcull, -4},
    {0x8dd9953002a4e866ull, 0x31514aef39ce6303ull, -4},
    {0xbb9ca64ecac6aaefull, 0x2e1c07f0438ebac0ull, -5},
    {0xba1f7430f9aab1b2ull, 0xa41b08fbe05f82d0ull, -6},
    {0, 0, 0}, /* 64 */
    {0xb73cb42e16914c53ull, 0x713f108c0857ca30ull, -6},
    {0xb5d69bac77ec3989ull, 0xb03784b5be084906ull, -5},
    {0x8759c4fd14fcd59eull, 0x7ba5d5ccc90b8336ull, -4},
    {0xb31fb7d64898b3e6ull, 0x629c130a22bad61eull, -4},
    {0xde4212056d5dd31dull, 0x962d3728cbd5c3cbull, -4},
    {0x8462c466d3cf1cb1ull, 0x3de37e852a9455eaull, -3},
    {0x99574f13c570d0faull, 0x8f9603ad3a5d326dull, -3},
    {0xae00d1cfdeb43cfdull, 0x00589050345d6e89ull, -3},
    {0xc2615e81781d97eeull, 0x9124773b1d4ab87cull, -3},
    {0xd67af16da7649f7full, 0x08f65e00c1b1a5a9ull, -3},
    {0xea4f726192cb7e47ull, 0xa5ab2811d02a20e0ull, -3},
    {0xfde0b5c81340511dull, 0x46ccc53c2779af92ull, -3},
    {0x88983ed6985bae58ull, 0x4b82d3cad274fe0dull, -2},
    {0x92203d587039cc12ull, 0x2dca5d22601dfddfull, -2},
    {0x9b892675266f66ccull, 0x899b64b03f7230ddull, -2},
    {0xa4d3c25e68dc57f2ull, 0x495fb7fa6d7eda67ull, -2},
    {0xae00d1cfdeb43cfdull, 0x00589050345d6e89ull, -2},
    {0xb7110e6ce866f2bcull, 0x6a905a27b81e2219ull, -2},
    {0xc0052b18b0e2a195ull, 0x75b04fa6fbd6446cull, -2},
    {0xc8ddd448f8b845a5ull, 0x95a82b5c34e2ac31ull, -2},
    {0xd19bb053fb0284ebull, 0xe206bcbcf62d8feeull, -2},
    {0xda3f5fb9c4150520ull, 0xa377c7ec513c756eull, -2},
    {0xe2c97d694adab3f3ull, 0xf72a5777998629e0ull, -2},
    {0xeb3a9f01975077f1ull, 0xf5f0cc82aaa9ad7eull, -2},
    {0xf393550f3aa69062ull, 0x8cf097a388999abdull, -2},
    {0xfbd42b4658367670ull, 0xc98c002287ad91abull, -2},
    {0x81fed45cbccbf99cull, 0xa1a3202b3d68f965ull, -1},
};
/* clang-format on */

#endif
