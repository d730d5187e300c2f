/*
 * Portable kernels. Every term is centred before it is added, so that no partial sum exceeds the
 * bound of the header; this is what the fast variants are tested against.
 */
#include "core/kernels.h"

#if defined(KERNEL_VARIANT_C) || defined(KERNEL_SUFFIX)

static inline uint32_t row_of(const uint16_t *selected, uint32_t j) {
    return selected != 0 ? selected[j] : j;
}

void kernel_forward_u8(const uint8_t *w, int32_t w_zero, const uint8_t *x, int32_t x_zero,
                       uint32_t x_step, uint32_t positions, uint32_t rows, uint32_t inputs,
                       const int32_t *bias, int32_t *acc) {
    for (uint32_t p = 0; p < positions; p++) {
        const uint8_t *patch = x + p * x_step;
        const uint8_t *row = w;
        for (uint32_t r = 0; r < rows; r++) {
            int32_t sum = bias[r];
            for (uint32_t i = 0; i < inputs; i++) {
                sum += (row[i] - w_zero) * (patch[i] - x_zero);
            }
            *acc++ = sum;
            row += inputs;
        }
    }
}

/* destination[i] += factor * (code[i] - zero) */
static inline void add_scaled(int32_t *destination, const uint8_t *code, int32_t zero,
                              int32_t factor, uint32_t length) {
    for (uint32_t i = 0; i < length; i++) {
        destination[i] += factor * (code[i] - zero);
    }
}

void kernel_error_u8(const uint8_t *w, int32_t w_zero, const uint16_t *selected, uint32_t count,
                     uint32_t inputs, const int16_t *e, uint32_t positions, int32_t *acc,
                     uint32_t acc_step) {
    for (uint32_t p = 0; p < positions; p++) {
        for (uint32_t j = 0; j < count; j++) {
            add_scaled(acc + p * acc_step, w + row_of(selected, j) * inputs, w_zero, *e++, inputs);
        }
    }
}

void kernel_gradient_u8(const int16_t *e, const uint16_t *selected, uint32_t count,
                        const uint8_t *x, int32_t x_zero, uint32_t x_step, uint32_t positions,
                        uint32_t inputs, int32_t *gradient) {
    for (uint32_t p = 0; p < positions; p++) {
        for (uint32_t j = 0; j < count; j++) {
            add_scaled(gradient + row_of(selected, j) * inputs, x + p * x_step, x_zero, *e++,
                       inputs);
        }
    }
}

#endif
