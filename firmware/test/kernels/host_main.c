/* The portable kernels against their definition, with exactly sized blocks under the sanitizers. */
#include <stdio.h>
#include <stdlib.h>

#include "test/kernels/property.h"

#define CASES 3000u

static void print(const char *text) {
    fputs(text, stderr);
}

static void number(uint32_t value) {
    fprintf(stderr, "%u", (unsigned)value);
}

int main(void) {
    static int32_t bias[PROPERTY_ACCS];
    static int32_t expected[PROPERTY_ACCS];
    static int32_t actual[PROPERTY_ACCS];
    uint8_t *block[4];
    for (int i = 0; i < 4; i++) {
        block[i] = malloc(PROPERTY_CODES);
        if (block[i] == NULL) {
            return 1;
        }
    }
    const struct property_memory memory = {
        block[0], {block[1], block[2], block[3]}, bias, expected, actual};
    const uint32_t failed =
        property_failures(&kernel_set_c, &kernel_set_definition, &memory, 1, CASES, print, number);
    printf("kernels: %u passed, %u failed\n", (unsigned)(CASES - failed), (unsigned)failed);
    for (int i = 0; i < 4; i++) {
        free(block[i]);
    }
    return failed == 0 ? 0 : 1;
}
