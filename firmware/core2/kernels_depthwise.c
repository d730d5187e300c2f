/*
 * Depthwise kernels of every variant but the forward product of the fast ones: one term per output
 * and position, so there is no sum to speed up.
 */
#include "core2/kernels.h"

static inline uint32_t row_of(const uint16_t *selected, uint32_t j) {
    return selected != 0 ? selected[j] : j;
}

void kernel_depthwise_forward_u8(const uint8_t *w, int32_t w_zero, const uint8_t *x, int32_t x_zero,
                                 uint32_t x_step, uint32_t positions, uint32_t channels,
                                 uint32_t taps, const int32_t *bias, int32_t *acc) {
    for (uint32_t p = 0; p < positions; p++) {
        for (uint32_t c = 0; c < channels; c++) {
            const uint8_t *code = x + p * x_step + c;
            const uint8_t *row = w + c * taps;
            int32_t sum = bias[c];
            for (uint32_t t = 0; t < taps; t++) {
                sum += (row[t] - w_zero) * (code[t * channels] - x_zero);
            }
            *acc++ = sum;
        }
    }
}

void kernel_depthwise_error_u8(const uint8_t *w, int32_t w_zero, const uint16_t *selected,
                               uint32_t count, uint32_t channels, uint32_t taps, const int16_t *e,
                               uint32_t positions, int32_t *acc, uint32_t acc_step) {
    for (uint32_t p = 0; p < positions; p++) {
        for (uint32_t j = 0; j < count; j++) {
            const uint32_t c = row_of(selected, j);
            const uint8_t *row = w + c * taps;
            int32_t *destination = acc + p * acc_step + c;
            const int32_t factor = *e++;
            for (uint32_t t = 0; t < taps; t++) {
                destination[t * channels] += factor * (row[t] - w_zero);
            }
        }
    }
}

void kernel_depthwise_gradient_u8(const int16_t *e, const uint16_t *selected, uint32_t count,
                                  const uint8_t *x, int32_t x_zero, uint32_t x_step,
                                  uint32_t positions, uint32_t channels, uint32_t taps,
                                  int32_t *gradient) {
    for (uint32_t p = 0; p < positions; p++) {
        for (uint32_t j = 0; j < count; j++) {
            const uint32_t c = row_of(selected, j);
            const uint8_t *code = x + p * x_step + c;
            int32_t *destination = gradient + c * taps;
            const int32_t factor = *e++;
            for (uint32_t t = 0; t < taps; t++) {
                destination[t] += factor * (code[t * channels] - x_zero);
            }
        }
    }
}
