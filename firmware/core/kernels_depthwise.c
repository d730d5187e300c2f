/*
 * Depthwise kernels, the same C for every variant: neighbours in memory belong to different
 * filters, so the pairs that SMLAD or VMLADAVA want do not exist. Four positions (or taps) at a
 * time share one operand instead. Sums are modulo 2^32, the true result fits (see kernels.h).
 */
#include "core/kernels.h"

#define TOGETHER 4u

static inline uint32_t row_of(const uint16_t *selected, uint32_t j) {
    return selected != 0 ? selected[j] : j;
}

static uint32_t centred_sum(const uint8_t *codes, uint32_t count, uint32_t zero) {
    uint32_t sum = 0;
    for (uint32_t i = 0; i < count; i++) {
        sum += codes[i] - zero;
    }
    return sum;
}

void kernel_depthwise_forward_u8(const uint8_t *w, int32_t w_zero, const uint8_t *x, int32_t x_zero,
                                 uint32_t x_step, uint32_t positions, uint32_t channels,
                                 uint32_t taps, const int32_t *bias, int32_t *acc) {
    const uint32_t wz = (uint32_t)w_zero;
    for (uint32_t c = 0; c < channels; c++, w += taps) {
        const uint32_t base = (uint32_t)bias[c] - (uint32_t)x_zero * centred_sum(w, taps, wz);
        uint32_t p = 0;
        for (; p + TOGETHER <= positions; p += TOGETHER) {
            const uint8_t *code = x + p * x_step + c;
            uint32_t s0 = base, s1 = base, s2 = base, s3 = base;
            for (uint32_t t = 0; t < taps; t++, code += channels) {
                const uint32_t weight = w[t] - wz;
                s0 += weight * code[0];
                s1 += weight * code[x_step];
                s2 += weight * code[2 * x_step];
                s3 += weight * code[3 * x_step];
            }
            int32_t *out = acc + p * channels + c;
            out[0] = (int32_t)s0;
            out[channels] = (int32_t)s1;
            out[2 * channels] = (int32_t)s2;
            out[3 * channels] = (int32_t)s3;
        }
        for (; p < positions; p++) {
            const uint8_t *code = x + p * x_step + c;
            uint32_t sum = base;
            for (uint32_t t = 0; t < taps; t++) {
                sum += (w[t] - wz) * code[t * channels];
            }
            acc[p * channels + c] = (int32_t)sum;
        }
    }
}

void kernel_depthwise_error_u8(const uint8_t *w, int32_t w_zero, const uint16_t *selected,
                               uint32_t count, uint32_t channels, uint32_t taps, const int16_t *e,
                               uint32_t positions, int32_t *acc, uint32_t acc_step) {
    for (uint32_t j = 0; j < count; j++) {
        const uint32_t c = row_of(selected, j);
        const uint8_t *row = w + c * taps;
        for (uint32_t p = 0; p < positions; p++) {
            const int32_t factor = e[p * count + j];
            int32_t *destination = acc + p * acc_step + c;
            for (uint32_t t = 0; t < taps; t++, destination += channels) {
                *destination += factor * (row[t] - w_zero);
            }
        }
    }
}

void kernel_depthwise_gradient_u8(const int16_t *e, const uint16_t *selected, uint32_t count,
                                  const uint8_t *x, int32_t x_zero, uint32_t x_step,
                                  uint32_t positions, uint32_t channels, uint32_t taps,
                                  int32_t *gradient) {
    for (uint32_t j = 0; j < count; j++) {
        const uint32_t c = row_of(selected, j);
        uint32_t base = 0;
        for (uint32_t p = 0; p < positions; p++) {
            base -= (uint32_t)x_zero * (uint32_t)e[p * count + j];
        }
        for (uint32_t t = 0; t < taps; t += TOGETHER) {
            const uint32_t left = taps - t;
            /* Behind the last tap the first one is read again, and not stored. */
            const uint32_t o1 = left > 1 ? channels : 0;
            const uint32_t o2 = left > 2 ? 2 * channels : 0;
            const uint32_t o3 = left > 3 ? 3 * channels : 0;
            const uint8_t *code = x + t * channels + c;
            const int16_t *factor = e + j;
            uint32_t s0 = base, s1 = base, s2 = base, s3 = base;
            for (uint32_t p = 0; p < positions; p++, code += x_step, factor += count) {
                const uint32_t f = (uint32_t)*factor;
                s0 += f * code[0];
                s1 += f * code[o1];
                s2 += f * code[o2];
                s3 += f * code[o3];
            }
            const uint32_t sum[TOGETHER] = {s0, s1, s2, s3};
            int32_t *g = gradient + c * taps + t;
            for (uint32_t k = 0; k < left && k < TOGETHER; k++) {
                g[k] = (int32_t)((uint32_t)g[k] + sum[k]);
            }
        }
    }
}
