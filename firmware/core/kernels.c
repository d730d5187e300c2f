/* Portable kernels. The zero point leaves the inner loops: sum (w - z) x = sum w x - z sum x. */
#include "core/kernels.h"

#include "core/arith.h"
#include "core/limits.h"

void kernel_forward_u8(const uint8_t *weights, int32_t zero, const int16_t *x, const int32_t *bias,
                       uint32_t rows, uint32_t inputs, int32_t *acc) {
    FQT_BOUND(inputs <= FQT_WIDTH_MAX);
    int32_t x_sum = 0;
    for (uint32_t i = 0; i < inputs; i++) {
        x_sum += x[i];
    }
    for (uint32_t r = 0; r < rows; r++) {
        const uint8_t *w = weights + r * inputs;
        int32_t sum = 0; /* |sum| <= 64 * 255 * 255 < 2^23 */
        for (uint32_t i = 0; i < inputs; i++) {
            sum += w[i] * x[i];
        }
        FQT_BOUND(bias[r] <= FQT_BIAS_MAX && bias[r] >= -FQT_BIAS_MAX);
        acc[r] = bias[r] + sum - zero * x_sum;
    }
}

void kernel_error_u8(const uint8_t *weights, int32_t zero, const int16_t *e,
                     const uint8_t *selected, uint32_t count, uint32_t inputs, int32_t *acc) {
    int32_t e_sum = 0;
    for (uint32_t s = 0; s < count; s++) {
        e_sum += e[selected[s]];
    }
    for (uint32_t i = 0; i < inputs; i++) {
        acc[i] = -zero * e_sum;
    }
    for (uint32_t s = 0; s < count; s++) {
        const uint8_t *w = weights + selected[s] * inputs;
        const int32_t er = e[selected[s]];
        for (uint32_t i = 0; i < inputs; i++) {
            acc[i] += w[i] * er;
        }
    }
}

void kernel_gradient_s16(const int16_t *e, const int16_t *x, const uint8_t *selected,
                         uint32_t count, uint32_t inputs, int32_t *gradient) {
    for (uint32_t s = 0; s < count; s++) {
        int32_t *g = gradient + selected[s] * inputs;
        const int32_t er = e[selected[s]];
        for (uint32_t i = 0; i < inputs; i++) {
            g[i] += er * x[i];
        }
    }
}
