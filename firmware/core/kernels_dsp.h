/*
 * Pieces of the kernels for the DSP extension (Cortex-M4, M7, M33): SMLAD multiplies two pairs of
 * int16 and adds.
 *
 * Codes are widened by UXTB16, which takes bytes 0 and 2 (or 1 and 3) of a word. Zero points leave
 * the inner loops: the operand that is used again and again is centred once, on the stack; the
 * other one's zero point becomes one multiplication by a sum. Raw sums may wrap at 32 bits:
 * additions are modulo 2^32 and the true result fits (see kernels.h), so the wraps cancel.
 *
 * The loops are assembly, over a struct that holds what the registers cannot: compiled intrinsics
 * of the same blocks spill. Each states its instructions and its registers. They are functions of
 * their own (noipa: the compiler must not look through them).
 */
#ifndef FQT_CORE_KERNELS_DSP_H
#define FQT_CORE_KERNELS_DSP_H

#include <arm_acle.h>
#include <stdint.h>
#include <string.h>

#define ONES  0x00010001u
#define BLOCK 4u /* codes per word */

#define KERNEL_ASSEMBLY __attribute__((naked, noipa)) static void
#define IN_REGISTER     __attribute__((unused)) /* read by the assembly only */

/* One LDR; unaligned is allowed. */
static inline uint32_t word_at(const uint8_t *codes) {
    uint32_t v;
    memcpy(&v, codes, sizeof v);
    return v;
}

/* The first `length` < 4 codes, zeros above; reads no other byte. */
static inline uint32_t word_of(const uint8_t *codes, uint32_t length) {
    uint32_t v = 0;
    for (uint32_t i = 0; i < length; i++) {
        v |= (uint32_t)codes[i] << (8u * i);
    }
    return v;
}

static inline uint32_t even_codes(uint32_t word) {
    return __uxtb16(word);
}

static inline uint32_t odd_codes(uint32_t word) {
    uint32_t v;
    __asm("uxtb16 %0, %1, ror #8" : "=r"(v) : "r"(word));
    return v;
}

static inline uint32_t minus(uint32_t pair, uint32_t zeros) {
    return (uint32_t)__ssub16((int16x2_t)pair, (int16x2_t)zeros);
}

static inline uint32_t dot(uint32_t a, uint32_t b, uint32_t sum) {
    return (uint32_t)__smlad((int16x2_t)a, (int16x2_t)b, (int32_t)sum);
}

static inline uint32_t row_of(const uint16_t *selected, uint32_t j) {
    return selected != 0 ? selected[j] : j;
}

static inline uint32_t least(uint32_t a, uint32_t b) {
    return a < b ? a : b;
}

#endif
