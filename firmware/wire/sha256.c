#include "wire/sha256.h"

#include <string.h>

static const uint32_t round_constant[64] = {
    0x428A2F98u, 0x71374491u, 0xB5C0FBCFu, 0xE9B5DBA5u, 0x3956C25Bu, 0x59F111F1u, 0x923F82A4u,
    0xAB1C5ED5u, 0xD807AA98u, 0x12835B01u, 0x243185BEu, 0x550C7DC3u, 0x72BE5D74u, 0x80DEB1FEu,
    0x9BDC06A7u, 0xC19BF174u, 0xE49B69C1u, 0xEFBE4786u, 0x0FC19DC6u, 0x240CA1CCu, 0x2DE92C6Fu,
    0x4A7484AAu, 0x5CB0A9DCu, 0x76F988DAu, 0x983E5152u, 0xA831C66Du, 0xB00327C8u, 0xBF597FC7u,
    0xC6E00BF3u, 0xD5A79147u, 0x06CA6351u, 0x14292967u, 0x27B70A85u, 0x2E1B2138u, 0x4D2C6DFCu,
    0x53380D13u, 0x650A7354u, 0x766A0ABBu, 0x81C2C92Eu, 0x92722C85u, 0xA2BFE8A1u, 0xA81A664Bu,
    0xC24B8B70u, 0xC76C51A3u, 0xD192E819u, 0xD6990624u, 0xF40E3585u, 0x106AA070u, 0x19A4C116u,
    0x1E376C08u, 0x2748774Cu, 0x34B0BCB5u, 0x391C0CB3u, 0x4ED8AA4Au, 0x5B9CCA4Fu, 0x682E6FF3u,
    0x748F82EEu, 0x78A5636Fu, 0x84C87814u, 0x8CC70208u, 0x90BEFFFAu, 0xA4506CEBu, 0xBEF9A3F7u,
    0xC67178F2u,
};

static uint32_t rotate_right(uint32_t x, unsigned n) {
    return (x >> n) | (x << (32u - n));
}

static uint32_t load_be_u32(const uint8_t *in) {
    return ((uint32_t)in[0] << 24) | ((uint32_t)in[1] << 16) | ((uint32_t)in[2] << 8) | in[3];
}

static void store_be_u32(uint8_t *out, uint32_t value) {
    out[0] = (uint8_t)(value >> 24);
    out[1] = (uint8_t)(value >> 16);
    out[2] = (uint8_t)(value >> 8);
    out[3] = (uint8_t)value;
}

/* The message schedule is a ring of 16 words: 64 bytes of stack instead of 256. */
static void compress(uint32_t state[8], const uint8_t *block) {
    uint32_t w[16];
    uint32_t v[8];
    for (unsigned i = 0; i < 16; i++) {
        w[i] = load_be_u32(block + 4 * i);
    }
    memcpy(v, state, sizeof v);
    for (unsigned i = 0; i < 64; i++) {
        if (i >= 16) {
            const uint32_t w15 = w[(i + 1) & 15u];
            const uint32_t w2 = w[(i + 14) & 15u];
            const uint32_t s0 = rotate_right(w15, 7) ^ rotate_right(w15, 18) ^ (w15 >> 3);
            const uint32_t s1 = rotate_right(w2, 17) ^ rotate_right(w2, 19) ^ (w2 >> 10);
            w[i & 15u] += s0 + w[(i + 9) & 15u] + s1;
        }
        const uint32_t e = v[4];
        const uint32_t a = v[0];
        const uint32_t sum1 = rotate_right(e, 6) ^ rotate_right(e, 11) ^ rotate_right(e, 25);
        const uint32_t choose = (e & v[5]) ^ (~e & v[6]);
        const uint32_t t1 = v[7] + sum1 + choose + round_constant[i] + w[i & 15u];
        const uint32_t sum0 = rotate_right(a, 2) ^ rotate_right(a, 13) ^ rotate_right(a, 22);
        const uint32_t majority = (a & v[1]) ^ (a & v[2]) ^ (v[1] & v[2]);
        memmove(v + 1, v, 7 * sizeof v[0]);
        v[4] += t1;
        v[0] = t1 + sum0 + majority;
    }
    for (unsigned i = 0; i < 8; i++) {
        state[i] += v[i];
    }
}

void sha256_init(struct sha256 *sha) {
    static const uint32_t initial[8] = {
        0x6A09E667u, 0xBB67AE85u, 0x3C6EF372u, 0xA54FF53Au,
        0x510E527Fu, 0x9B05688Cu, 0x1F83D9ABu, 0x5BE0CD19u,
    };
    memcpy(sha->state, initial, sizeof initial);
    sha->length_bytes = 0;
}

void sha256_update(struct sha256 *sha, const uint8_t *bytes, size_t length) {
    size_t filled = (size_t)(sha->length_bytes % SHA256_BLOCK_BYTES);
    sha->length_bytes += length;
    while (length > 0) {
        size_t take = SHA256_BLOCK_BYTES - filled;
        if (take > length) {
            take = length;
        }
        memcpy(sha->block + filled, bytes, take);
        filled += take;
        bytes += take;
        length -= take;
        if (filled == SHA256_BLOCK_BYTES) {
            compress(sha->state, sha->block);
            filled = 0;
        }
    }
}

void sha256_final(struct sha256 *sha, uint8_t digest[SHA256_DIGEST_BYTES]) {
    const uint64_t length_bits = sha->length_bytes * 8u;
    const size_t filled = (size_t)(sha->length_bytes % SHA256_BLOCK_BYTES);
    uint8_t padding[SHA256_BLOCK_BYTES + 8] = {0x80};
    const size_t zeros_end = (filled < 56 ? 56u : 120u) - filled;
    store_be_u32(padding + zeros_end, (uint32_t)(length_bits >> 32));
    store_be_u32(padding + zeros_end + 4, (uint32_t)length_bits);
    sha256_update(sha, padding, zeros_end + 8);
    for (unsigned i = 0; i < 8; i++) {
        store_be_u32(digest + 4 * i, sha->state[i]);
    }
}

void hmac_sha256_init(struct hmac_sha256 *hmac, const uint8_t *key, size_t key_length) {
    uint8_t block[SHA256_BLOCK_BYTES] = {0};
    if (key_length > SHA256_BLOCK_BYTES) {
        sha256_init(&hmac->inner);
        sha256_update(&hmac->inner, key, key_length);
        sha256_final(&hmac->inner, block);
    } else {
        memcpy(block, key, key_length);
    }
    for (unsigned i = 0; i < SHA256_BLOCK_BYTES; i++) {
        hmac->outer_key[i] = block[i] ^ 0x5Cu;
        block[i] ^= 0x36u;
    }
    sha256_init(&hmac->inner);
    sha256_update(&hmac->inner, block, sizeof block);
}

void hmac_sha256_update(struct hmac_sha256 *hmac, const uint8_t *bytes, size_t length) {
    sha256_update(&hmac->inner, bytes, length);
}

void hmac_sha256_final(struct hmac_sha256 *hmac, uint8_t tag[SHA256_DIGEST_BYTES]) {
    uint8_t inner_digest[SHA256_DIGEST_BYTES];
    struct sha256 outer;
    sha256_final(&hmac->inner, inner_digest);
    sha256_init(&outer);
    sha256_update(&outer, hmac->outer_key, sizeof hmac->outer_key);
    sha256_update(&outer, inner_digest, sizeof inner_digest);
    sha256_final(&outer, tag);
}

bool tags_equal(const uint8_t *a, const uint8_t *b, size_t length) {
    uint8_t difference = 0;
    for (size_t i = 0; i < length; i++) {
        difference |= (uint8_t)(a[i] ^ b[i]);
    }
    return difference == 0;
}
