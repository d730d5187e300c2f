/* A failed expectation prints where and what, and makes the binary exit with 1; the run goes on. */
#ifndef FQT_TEST_EXPECT_H
#define FQT_TEST_EXPECT_H

#include <stdio.h>
#include <string.h>

static int expect_failures;
static int expect_count;

#define EXPECT(condition, ...)                                                                     \
    do {                                                                                           \
        expect_count++;                                                                            \
        if (!(condition)) {                                                                        \
            expect_failures++;                                                                     \
            fprintf(stderr, "%s:%d: %s: ", __FILE__, __LINE__, #condition);                        \
            fprintf(stderr, __VA_ARGS__);                                                          \
            fputc('\n', stderr);                                                                   \
        }                                                                                          \
    } while (0)

#define EXPECT_EQ(actual, expected)                                                                \
    do {                                                                                           \
        const long long expect_a = (long long)(actual);                                            \
        const long long expect_e = (long long)(expected);                                          \
        EXPECT(expect_a == expect_e, "is %lld, expected %lld", expect_a, expect_e);                \
    } while (0)

#define EXPECT_BYTES(actual, expected, length)                                                     \
    EXPECT(memcmp((actual), (expected), (length)) == 0, "bytes differ")

/* Rounds of a long random test: an emulated core gets an eighth of the host's. */
#ifdef EXPECT_ON_TARGET
#define EXPECT_ROUNDS(host) (((host) + 7u) / 8u)
#else
#define EXPECT_ROUNDS(host) (host)
#endif

static inline int expect_summary(const char *name) {
    printf("%s: %d passed, %d failed\n", name, expect_count - expect_failures, expect_failures);
    return expect_failures == 0 ? 0 : 1;
}

/* xorshift32: a seed of its own per case, so that a failure names what to repeat. */
static inline unsigned expect_random(unsigned *state) {
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

#endif
