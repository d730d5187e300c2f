/* Portable kernels. The zero points leave the inner loops: sum (w - z) x = sum w x - z sum x. */
#include "core2/kernels.h"

void kernel_forward_u8(const uint8_t *w, int32_t w_zero, const uint8_t *x, int32_t x_zero,
                       uint32_t x_step, uint32_t positions, uint32_t rows, uint32_t inputs,
                       const int32_t *bias, int32_t *acc) {
    for (uint32_t p = 0; p < positions; p++) {
        const uint8_t *patch = x + p * x_step;
        int32_t x_sum = 0;
        for (uint32_t i = 0; i < inputs; i++) {
            x_sum += patch[i] - x_zero;
        }
        for (uint32_t r = 0; r < rows; r++) {
            const uint8_t *row = w + r * inputs;
            int32_t sum = 0;
            for (uint32_t i = 0; i < inputs; i++) {
                sum += row[i] * (patch[i] - x_zero);
            }
            acc[p * rows + r] = bias[r] + sum - w_zero * x_sum;
        }
    }
}

void kernel_error_u8(const uint8_t *w, int32_t w_zero, const uint16_t *selected, uint32_t count,
                     uint32_t inputs, const int16_t *e, uint32_t positions, int32_t *acc,
                     uint32_t acc_step) {
    for (uint32_t p = 0; p < positions; p++) {
        int32_t *patch = acc + p * acc_step;
        int32_t e_sum = 0;
        for (uint32_t j = 0; j < count; j++) {
            const uint8_t *row = w + selected[j] * inputs;
            const int32_t er = e[p * count + j];
            e_sum += er;
            for (uint32_t i = 0; i < inputs; i++) {
                patch[i] += row[i] * er;
            }
        }
        for (uint32_t i = 0; i < inputs; i++) {
            patch[i] -= w_zero * e_sum;
        }
    }
}

void kernel_gradient_u8(const int16_t *e, const uint16_t *selected, uint32_t count,
                        const uint8_t *x, int32_t x_zero, uint32_t x_step, uint32_t positions,
                        uint32_t inputs, int32_t *gradient) {
    for (uint32_t j = 0; j < count; j++) {
        int32_t *row = gradient + selected[j] * inputs;
        int32_t e_sum = 0;
        for (uint32_t p = 0; p < positions; p++) {
            const uint8_t *patch = x + p * x_step;
            const int32_t er = e[p * count + j];
            e_sum += er;
            for (uint32_t i = 0; i < inputs; i++) {
                row[i] += er * patch[i];
            }
        }
        for (uint32_t i = 0; i < inputs; i++) {
            row[i] -= x_zero * e_sum;
        }
    }
}

void kernel_depthwise_forward_u8(const uint8_t *w, int32_t w_zero, const uint8_t *x, int32_t x_zero,
                                 uint32_t x_step, uint32_t positions, uint32_t channels,
                                 uint32_t taps, const int32_t *bias, int32_t *acc) {
    for (uint32_t p = 0; p < positions; p++) {
        const uint8_t *patch = x + p * x_step;
        for (uint32_t c = 0; c < channels; c++) {
            int32_t sum = bias[c];
            for (uint32_t t = 0; t < taps; t++) {
                sum += (w[c * taps + t] - w_zero) * (patch[t * channels + c] - x_zero);
            }
            acc[p * channels + c] = sum;
        }
    }
}

void kernel_depthwise_error_u8(const uint8_t *w, int32_t w_zero, const uint16_t *selected,
                               uint32_t count, uint32_t channels, uint32_t taps, const int16_t *e,
                               uint32_t positions, int32_t *acc, uint32_t acc_step) {
    for (uint32_t p = 0; p < positions; p++) {
        int32_t *patch = acc + p * acc_step;
        for (uint32_t j = 0; j < count; j++) {
            const uint32_t c = selected[j];
            const int32_t er = e[p * count + j];
            for (uint32_t t = 0; t < taps; t++) {
                patch[t * channels + c] += er * (w[c * taps + t] - w_zero);
            }
        }
    }
}

void kernel_depthwise_gradient_u8(const int16_t *e, const uint16_t *selected, uint32_t count,
                                  const uint8_t *x, int32_t x_zero, uint32_t x_step,
                                  uint32_t positions, uint32_t channels, uint32_t taps,
                                  int32_t *gradient) {
    for (uint32_t p = 0; p < positions; p++) {
        const uint8_t *patch = x + p * x_step;
        for (uint32_t j = 0; j < count; j++) {
            const uint32_t c = selected[j];
            const int32_t er = e[p * count + j];
            for (uint32_t t = 0; t < taps; t++) {
                gradient[c * taps + t] += er * (patch[t * channels + c] - x_zero);
            }
        }
    }
}
