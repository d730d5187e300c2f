/*
 * SHA-256 (FIPS 180-4) and HMAC-SHA-256 (RFC 2104), incremental, 112 bytes of state.
 * Tested with the vectors of FIPS 180-4 and RFC 4231.
 */
#ifndef FQT_WIRE_SHA256_H
#define FQT_WIRE_SHA256_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SHA256_DIGEST_BYTES 32u
#define SHA256_BLOCK_BYTES  64u

struct sha256 {
    uint32_t state[8];
    uint64_t length_bytes;
    uint8_t block[SHA256_BLOCK_BYTES];
};

void sha256_init(struct sha256 *sha);
void sha256_update(struct sha256 *sha, const uint8_t *bytes, size_t length);
void sha256_final(struct sha256 *sha, uint8_t digest[SHA256_DIGEST_BYTES]);

struct hmac_sha256 {
    struct sha256 inner;
    uint8_t outer_key[SHA256_BLOCK_BYTES];
};

void hmac_sha256_init(struct hmac_sha256 *hmac, const uint8_t *key, size_t key_length);
void hmac_sha256_update(struct hmac_sha256 *hmac, const uint8_t *bytes, size_t length);
void hmac_sha256_final(struct hmac_sha256 *hmac, uint8_t tag[SHA256_DIGEST_BYTES]);

/* Compares in time that does not depend on where the bytes differ. */
bool tags_equal(const uint8_t *a, const uint8_t *b, size_t length);

#endif
