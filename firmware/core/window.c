#include "core/window.h"

#include "core/arith.h"

/* |x - mean| <= 65,535 and n <= 65,535: the sum of squares stays below 2^48. */
static float deviation(const int16_t *samples, uint32_t n, int32_t mean) {
    uint64_t sq = 0;
    for (uint32_t i = 0; i < n; i++) {
        const int64_t x = samples[i] - mean;
        sq += (uint64_t)(x * x);
    }
    return fqt_sqrt_f32(fqt_float_u64(sq) / (float)n);
}

/* |sum| <= 65,535 * 2^15 = 2^31. */
void fqt_codes_of_window_s16(const int16_t *samples, uint32_t n, float step, uint8_t *codes) {
    int64_t sum = 0;
    for (uint32_t i = 0; i < n; i++) {
        sum += samples[i];
    }
    /* To nearest, by a dividend that is not negative. */
    const int64_t lifted = sum + 32768 * (int64_t)n + (int64_t)(n / 2);
    const int32_t mean = (int32_t)(lifted / (int64_t)n) - 32768;
    if (step == 0.0f) {
        step = FQT_WINDOW_SCALE * deviation(samples, n, mean);
    }
    const struct fqt_multiplier to_codes = fqt_multiplier_f32(step > 0.0f ? 1.0f / step : 0.0f);
    for (uint32_t i = 0; i < n; i++) {
        const int32_t code = FQT_WINDOW_ZERO + fqt_scale_s32(samples[i] - mean, to_codes);
        codes[i] = (uint8_t)(code < 0 ? 0 : code > 255 ? 255 : code);
    }
}
