/* The formulas of kernels.h, one output at a time, in 64 bits. */
#include "test/kernels/kernel_set.h"

#include <stddef.h>

static uint32_t row_of(const uint16_t *selected, uint32_t j) {
    return selected != NULL ? selected[j] : j;
}

static void forward(const uint8_t *w, int32_t w_zero, const uint8_t *x, int32_t x_zero,
                    uint32_t x_step, uint32_t positions, uint32_t rows, uint32_t inputs,
                    const int32_t *bias, int32_t *acc) {
    for (uint32_t p = 0; p < positions; p++) {
        for (uint32_t r = 0; r < rows; r++) {
            int64_t sum = bias[r];
            for (uint32_t i = 0; i < inputs; i++) {
                sum += (int64_t)(w[r * inputs + i] - w_zero) * (x[p * x_step + i] - x_zero);
            }
            acc[p * rows + r] = (int32_t)sum;
        }
    }
}

static void error(const uint8_t *w, int32_t w_zero, const uint16_t *selected, uint32_t count,
                  uint32_t inputs, const int16_t *e, uint32_t positions, int32_t *acc,
                  uint32_t acc_step) {
    for (uint32_t p = 0; p < positions; p++) {
        for (uint32_t i = 0; i < inputs; i++) {
            int64_t sum = acc[p * acc_step + i];
            for (uint32_t j = 0; j < count; j++) {
                sum += (int64_t)e[p * count + j] * (w[row_of(selected, j) * inputs + i] - w_zero);
            }
            acc[p * acc_step + i] = (int32_t)sum;
        }
    }
}

static void gradient(const int16_t *e, const uint16_t *selected, uint32_t count, const uint8_t *x,
                     int32_t x_zero, uint32_t x_step, uint32_t positions, uint32_t inputs,
                     int32_t *gradient) {
    for (uint32_t j = 0; j < count; j++) {
        for (uint32_t i = 0; i < inputs; i++) {
            int32_t *destination = &gradient[row_of(selected, j) * inputs + i];
            int64_t sum = *destination;
            for (uint32_t p = 0; p < positions; p++) {
                sum += (int64_t)e[p * count + j] * (x[p * x_step + i] - x_zero);
            }
            *destination = (int32_t)sum;
        }
    }
}

static void depthwise_forward(const uint8_t *w, int32_t w_zero, const uint8_t *x, int32_t x_zero,
                              uint32_t x_step, uint32_t positions, uint32_t channels, uint32_t taps,
                              const int32_t *bias, int32_t *acc) {
    for (uint32_t p = 0; p < positions; p++) {
        for (uint32_t c = 0; c < channels; c++) {
            int64_t sum = bias[c];
            for (uint32_t t = 0; t < taps; t++) {
                sum += (int64_t)(w[c * taps + t] - w_zero) *
                       (x[p * x_step + t * channels + c] - x_zero);
            }
            acc[p * channels + c] = (int32_t)sum;
        }
    }
}

static void depthwise_error(const uint8_t *w, int32_t w_zero, const uint16_t *selected,
                            uint32_t count, uint32_t channels, uint32_t taps, const int16_t *e,
                            uint32_t positions, int32_t *acc, uint32_t acc_step) {
    for (uint32_t p = 0; p < positions; p++) {
        for (uint32_t j = 0; j < count; j++) {
            const uint32_t c = row_of(selected, j);
            for (uint32_t t = 0; t < taps; t++) {
                acc[p * acc_step + t * channels + c] +=
                    e[p * count + j] * (w[c * taps + t] - w_zero);
            }
        }
    }
}

static void depthwise_gradient(const int16_t *e, const uint16_t *selected, uint32_t count,
                               const uint8_t *x, int32_t x_zero, uint32_t x_step,
                               uint32_t positions, uint32_t channels, uint32_t taps,
                               int32_t *gradient) {
    for (uint32_t j = 0; j < count; j++) {
        const uint32_t c = row_of(selected, j);
        for (uint32_t t = 0; t < taps; t++) {
            int64_t sum = gradient[c * taps + t];
            for (uint32_t p = 0; p < positions; p++) {
                sum += (int64_t)e[p * count + j] * (x[p * x_step + t * channels + c] - x_zero);
            }
            gradient[c * taps + t] = (int32_t)sum;
        }
    }
}

const struct kernel_set kernel_set_definition = {
    .name = "definition",
    .forward = forward,
    .error = error,
    .gradient = gradient,
    .depthwise_forward = depthwise_forward,
    .depthwise_error = depthwise_error,
    .depthwise_gradient = depthwise_gradient,
};
