#include "core2/window.h"

#include "core2/arith.h"

/* |sum| <= 65,535 * 2^15 = 2^31, |x - mean| <= 65,535, so the sum of squares is below 2^48. */
void fqt_codes_of_window_s16(const int16_t *samples, uint32_t n, uint8_t *codes) {
    int64_t sum = 0;
    for (uint32_t i = 0; i < n; i++) {
        sum += samples[i];
    }
    /* To nearest, by a dividend that is not negative. */
    const int64_t lifted = sum + 32768 * (int64_t)n + (int64_t)(n / 2);
    const int32_t mean = (int32_t)(lifted / (int64_t)n) - 32768;
    uint64_t sq = 0;
    for (uint32_t i = 0; i < n; i++) {
        const int64_t x = samples[i] - mean;
        sq += (uint64_t)(x * x);
    }
    const float deviation = fqt_sqrt_f32(fqt_float_u64(sq) / (float)n);
    const struct fqt_multiplier to_codes =
        fqt_multiplier_f32(deviation > 0.0f ? 1.0f / (FQT_WINDOW_SCALE * deviation) : 0.0f);
    for (uint32_t i = 0; i < n; i++) {
        const int32_t code = FQT_WINDOW_ZERO + fqt_scale_s32(samples[i] - mean, to_codes);
        codes[i] = (uint8_t)(code < 0 ? 0 : code > 255 ? 255 : code);
    }
}
