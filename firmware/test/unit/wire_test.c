/* Published vectors of CRC, SHA-256 and HMAC; round trips and damage of COBS frames. */
#include "test/unit/expect.h"
#include "wire/cobs.h"
#include "wire/crc.h"
#include "wire/le.h"
#include "wire/sha256.h"

static const uint8_t *ascii(const char *text) {
    return (const uint8_t *)text;
}

static void to_hex(const uint8_t *bytes, size_t length, char *out) {
    for (size_t i = 0; i < length; i++) {
        snprintf(out + 2 * i, 3, "%02x", bytes[i]);
    }
}

static void crcs_match_their_check_values(void) {
    EXPECT_EQ(crc32_ieee(0, ascii("123456789"), 9), 0xCBF43926u);
    EXPECT_EQ(crc32_ieee(crc32_ieee(0, ascii("1234"), 4), ascii("56789"), 5), 0xCBF43926u);
    EXPECT_EQ(crc32_ieee(0, ascii(""), 0), 0);
    EXPECT_EQ(crc16_ccitt_false(ascii("123456789"), 9), 0x29B1);
    EXPECT_EQ(crc16_ccitt_false(ascii(""), 0), 0xFFFF);
}

static void sha256_case(const char *message, size_t repeat, const char *expected) {
    for (size_t piece = 1; piece <= 3; piece++) {
        struct sha256 sha;
        uint8_t digest[SHA256_DIGEST_BYTES];
        char hex[65];
        sha256_init(&sha);
        for (size_t r = 0; r < repeat; r++) {
            const size_t length = strlen(message);
            for (size_t at = 0; at < length; at += piece) {
                sha256_update(&sha, ascii(message) + at,
                              at + piece <= length ? piece : length - at);
            }
        }
        sha256_final(&sha, digest);
        to_hex(digest, sizeof digest, hex);
        EXPECT(strcmp(hex, expected) == 0, "SHA-256 of '%.20s' x %zu is %s", message, repeat, hex);
    }
}

/* FIPS 180-4 examples; the 55, 56 and 64 byte lengths are those where the padding changes. */
static void sha256_matches_fips_180_4(void) {
    sha256_case("", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    sha256_case("abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    sha256_case("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    sha256_case("a", 55, "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318");
    sha256_case("a", 64, "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb");
    sha256_case("a", 1000000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

static void hmac_case(const uint8_t *key, size_t key_length, const char *text,
                      const char *expected) {
    struct hmac_sha256 hmac;
    uint8_t tag[SHA256_DIGEST_BYTES];
    char hex[65];
    hmac_sha256_init(&hmac, key, key_length);
    hmac_sha256_update(&hmac, ascii(text), strlen(text));
    hmac_sha256_final(&hmac, tag);
    to_hex(tag, sizeof tag, hex);
    EXPECT(strcmp(hex, expected) == 0, "HMAC of '%.30s' is %s", text, hex);
    EXPECT(tags_equal(tag, tag, sizeof tag), "a tag equals itself");
    for (size_t bit = 0; bit < 8 * sizeof tag; bit++) {
        uint8_t other[SHA256_DIGEST_BYTES];
        memcpy(other, tag, sizeof tag);
        other[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        EXPECT(!tags_equal(tag, other, sizeof tag), "bit %zu flipped goes unnoticed", bit);
    }
}

/* RFC 4231, test cases 1, 2, 6 and 7. */
static void hmac_matches_rfc_4231(void) {
    uint8_t key[131];
    memset(key, 0x0b, 20);
    hmac_case(key, 20, "Hi There",
              "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    hmac_case(ascii("Jefe"), 4, "what do ya want for nothing?",
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(key, 0xaa, sizeof key);
    hmac_case(key, sizeof key, "Test Using Larger Than Block-Size Key - Hash Key First",
              "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    hmac_case(key, sizeof key,
              "This is a test using a larger than block-size key and a larger than block-size "
              "data. The key needs to be hashed before being used by the HMAC algorithm.",
              "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
}

static enum cobs_event decode(struct cobs_decoder *decoder, const uint8_t *bytes, size_t length) {
    enum cobs_event last = COBS_MORE;
    for (size_t i = 0; i < length; i++) {
        last = cobs_decoder_push(decoder, bytes[i]);
        EXPECT(last == COBS_MORE || i + 1 == length, "event %d at byte %zu of %zu", last, i,
               length);
    }
    return last;
}

static void cobs_round_trips(void) {
    static uint8_t in[1100];
    static uint8_t coded[COBS_ENCODED_MAX(sizeof in)];
    static uint8_t out[sizeof in];
    struct cobs_decoder decoder;
    cobs_decoder_init(&decoder, out, sizeof out);
    for (unsigned seed = 1; seed <= EXPECT_ROUNDS(400); seed++) {
        unsigned random = seed * 2654435761u;
        const size_t length = expect_random(&random) % (sizeof in + 1);
        const unsigned zeros_in_16 = expect_random(&random) % 4; /* runs over 254 bytes too */
        for (size_t i = 0; i < length; i++) {
            const unsigned value = expect_random(&random);
            in[i] = (value >> 8) % 16 < zeros_in_16 ? 0 : (uint8_t)(value % 255 + 1);
        }
        const size_t n = cobs_encode(in, length, coded, COBS_ENCODED_MAX(length));
        EXPECT(n > 0 && memchr(coded, 0, n) == coded + n - 1, "seed %u: zero inside", seed);
        EXPECT(decode(&decoder, coded, n) == COBS_FRAME, "seed %u: no frame", seed);
        EXPECT(decoder.length == length && memcmp(in, out, length) == 0, "seed %u: differs", seed);
        EXPECT_EQ(cobs_encode(in, length, coded, COBS_ENCODED_MAX(length) - 1), 0);
    }
}

static void cobs_finds_the_next_frame_after_damage(void) {
    const uint8_t damaged[] = {5, 1, 2, 0};
    const uint8_t too_long[] = {9, 1, 2, 3, 4, 5, 6, 7, 8, 0};
    const uint8_t good[] = {0, 0, 3, 7, 8, 2, 9, 0}; /* 7 8 0 9, after idle zeros */
    uint8_t out[4];
    struct cobs_decoder decoder;
    cobs_decoder_init(&decoder, out, sizeof out);
    EXPECT_EQ(decode(&decoder, damaged, sizeof damaged), COBS_DAMAGED);
    EXPECT_EQ(decode(&decoder, too_long, sizeof too_long), COBS_DAMAGED);
    EXPECT_EQ(decode(&decoder, good, sizeof good), COBS_FRAME);
    EXPECT_EQ(decoder.length, 4);
    EXPECT_BYTES(out, ((const uint8_t[]){7, 8, 0, 9}), 4);
}

static void little_endian_is_little_endian(void) {
    uint8_t bytes[8];
    le_store_u64(bytes, 0x0123456789ABCDEFu);
    EXPECT_EQ(bytes[0], 0xEF);
    EXPECT_EQ(bytes[7], 0x01);
    EXPECT_EQ(le_load_u64(bytes), 0x0123456789ABCDEF);
    EXPECT_EQ(le_load_u32(bytes + 1), 0x6789ABCD);
    EXPECT_EQ(le_load_u16(bytes + 3), 0x6789);
}

int main(void) {
    crcs_match_their_check_values();
    sha256_matches_fips_180_4();
    hmac_matches_rfc_4231();
    cobs_round_trips();
    cobs_finds_the_next_frame_after_damage();
    little_endian_is_little_endian();
    return expect_summary("wire");
}
