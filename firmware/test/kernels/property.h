/*
 * A variant of the kernels against its twin, on random shapes, steps, alignments, selections and
 * extreme values. The same program runs on the host and on every core in QEMU.
 */
#ifndef TEST_KERNELS_PROPERTY_H
#define TEST_KERNELS_PROPERTY_H

#include "test/kernels/kernel_set.h"

#define PROPERTY_CODES  8192u /* bytes of each operand: weights, inputs, errors, selection */
#define PROPERTY_ACCS   2560u /* int32 of each destination */
#define PROPERTY_INPUTS 600u  /* longest row */

/* Inputs end exactly at the end of these blocks, so that a read beyond is caught by whatever guards
 * it: the address sanitizer, or the end of the physical RAM. */
struct property_memory {
    uint8_t *guarded; /* PROPERTY_CODES bytes, what follows them is not readable */
    uint8_t *plain[3];
    int32_t *bias;
    int32_t *expected;
    int32_t *actual;
};

/* Failures of `cases` cases from the first seed on; each is printed with its seed. */
uint32_t property_failures(const struct kernel_set *tested, const struct kernel_set *twin,
                           const struct property_memory *memory, uint32_t first_seed,
                           uint32_t cases, void (*print)(const char *), void (*number)(uint32_t));

#endif
