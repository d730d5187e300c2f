#include "test/golden/synthetic.h"

#include "core/arith.h"

void synthetic_window(uint32_t seed, uint32_t index, uint32_t label, uint32_t domain,
                      int16_t samples[FQT_WINDOW]) {
    /* y[n] = 2 r cos(f) y[n-1] - r^2 y[n-2] + x[n], r = 0.95, coefficients in Q14. */
    static const int32_t feedback_q14[2] = {24000, 11000};
    static const int32_t periods[2][SYNTHETIC_CLASSES] = {{37, 53, 79, 113}, {26, 37, 55, 79}};
    const int32_t *period = periods[domain];
    const uint32_t stream = fqt_mix_u32(seed ^ fqt_mix_u32(index));
    const int32_t strike = domain == 0 ? 1800 : 1100;
    int32_t next = (int32_t)(fqt_mix_u32(stream) % (uint32_t)period[label]);
    int32_t y1 = 0;
    int32_t y2 = 0;
    for (uint32_t n = 0; n < FQT_WINDOW; n++) {
        const uint32_t random = fqt_mix_u32(stream + 1 + n);
        int32_t x = (int32_t)(random & 127u) - 64;
        if ((int32_t)n >= next) {
            x += strike + (int32_t)((random >> 7) & 255u);
            next += period[label] + (int32_t)((random >> 16) % 3u) - 1;
        }
        const int32_t y = ((feedback_q14[domain] * y1 - 14787 * y2) >> 14) + x;
        y2 = y1;
        y1 = y > 20000 ? 20000 : y < -20000 ? -20000 : y;
        samples[n] = (int16_t)y1;
    }
}
