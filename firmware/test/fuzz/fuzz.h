/*
 * A fuzz target: one file fuzz_<name>.c with the entry point of libFuzzer, so that
 *     clang -fsanitize=fuzzer,address,undefined -I. test/fuzz/fuzz_codec.c wire/ *.c
 * wire/generated/ *.c works too, and with valid inputs to begin from. driver.c is a seeded mutation
 * fuzzer for any compiler.
 */
#ifndef FQT_TEST_FUZZ_H
#define FQT_TEST_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define FUZZ_INPUT_MAX 16384u

/* Any bytes. Returns 0; a broken promise ends in abort(), a broken bound in the sanitizers. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

/* The seed inputs 0, 1, 2 ...; 0 bytes when there are no more. */
size_t fuzz_seed(unsigned number, uint8_t out[FUZZ_INPUT_MAX]);

#define FUZZ_EXPECT(condition)                                                                     \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);                \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

#endif
