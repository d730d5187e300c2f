/*
 * One complex FFT carries both signals: the vibration in the real part, its rectified envelope in
 * the imaginary part (envelope analysis of bearings: fault repetition rates show in the envelope,
 * the resonance they excite in the spectrum).
 *
 * Bounds: |x - mean| <= 65,535 and the same for the envelope, so |z| <= 92,681; the Hann window
 * sums to 256; with FRACTION_BITS = 6: sum |z| <= 92,681 * 256 * 64 = 1.52e9 < 1.6e9 (fft.h).
 */
#include "core/features.h"

#include "core/arith.h"
#include "core/fft.h"

#define FRACTION_BITS 6
#define BINS_PER_BAND (FQT_WINDOW / 2 / FQT_BANDS)

/* Power is in units of 2^-12 (amplitude 2^-6); code 0 is power 2^12, i.e. a sine of half an LSB. */
#define CODES_PER_OCTAVE 8
#define CODE_OFFSET      ((12 + 2 * FRACTION_BITS) * CODES_PER_OCTAVE)

/* floor(8 log2 v), exact: the thresholds are ceil(2^31 * 2^(i/8)). 0 for v = 0. */
static int32_t log2_eighths_u64(uint64_t v) {
    static const uint32_t threshold_q31[CODES_PER_OCTAVE] = {
        0x80000000u, 0x8b95c1e4u, 0x9837f052u, 0xa5fed6aau,
        0xb504f334u, 0xc5672a12u, 0xd744fccbu, 0xeac0c6e8u,
    };
    if (v == 0) {
        return 0;
    }
    const int32_t exponent = fqt_log2_u64(v);
    const uint32_t mantissa =
        (uint32_t)(exponent >= 31 ? v >> (exponent - 31) : v << (31 - exponent));
    int32_t eighths = CODES_PER_OCTAVE - 1;
    while (mantissa < threshold_q31[eighths]) {
        eighths--;
    }
    return exponent * CODES_PER_OCTAVE + eighths;
}

static uint8_t code_of_power(uint64_t power_q12) {
    const int32_t code = log2_eighths_u64(power_q12) - CODE_OFFSET;
    return (uint8_t)(code < 0 ? 0 : code > 255 ? 255 : code);
}

static int32_t mean_s32(const int32_t *v) {
    int32_t sum = 0; /* 512 * 65,535 < 2^31 */
    for (int i = 0; i < FQT_WINDOW; i++) {
        sum += v[i];
    }
    return (sum + FQT_WINDOW / 2) >> 9;
}

static void load_window(struct fqt_feature_work *work, const int16_t *samples) {
    for (int i = 0; i < FQT_WINDOW; i++) {
        work->re[i] = samples[i];
    }
    const int32_t mean = mean_s32(work->re);
    for (int i = 0; i < FQT_WINDOW; i++) {
        work->re[i] -= mean;
        work->im[i] = work->re[i] < 0 ? -work->re[i] : work->re[i];
    }
    const int32_t envelope_mean = mean_s32(work->im);
    for (uint32_t i = 0; i < FQT_WINDOW; i++) {
        /* Hann, periodic: (1 - cos) / 2 in Q16; 65,535 * 2^16 * 2^6 needs 64 bit before the shift.
         */
        const int32_t hann_q16 = 32768 - fqt_cos_q15(i);
        work->re[i] = (int32_t)(((int64_t)work->re[i] * hann_q16) >> (16 - FRACTION_BITS));
        work->im[i] =
            (int32_t)(((int64_t)(work->im[i] - envelope_mean) * hann_q16) >> (16 - FRACTION_BITS));
    }
}

static uint64_t square_sum(int32_t a, int32_t b) {
    return (uint64_t)((int64_t)a * a) + (uint64_t)((int64_t)b * b);
}

/*
 * Power of bin k of the real-part signal (z + conj) / 2 and of the imaginary-part one (z - conj) /
 * 2i. Each is below (65,535 * 256 * 64)^2 < 2^60.
 */
static uint64_t signal_power(const struct fqt_feature_work *work, uint32_t k) {
    const uint32_t mirror = FQT_WINDOW - k;
    const int64_t re = (int64_t)work->re[k] + work->re[mirror];
    const int64_t im = (int64_t)work->im[k] - work->im[mirror];
    return square_sum((int32_t)(re >> 1), (int32_t)(im >> 1));
}

static uint64_t envelope_power(const struct fqt_feature_work *work, uint32_t k) {
    const uint32_t mirror = FQT_WINDOW - k;
    const int64_t re = (int64_t)work->im[k] + work->im[mirror];
    const int64_t im = (int64_t)work->re[mirror] - work->re[k];
    return square_sum((int32_t)(re >> 1), (int32_t)(im >> 1));
}

void fqt_features_s16(struct fqt_feature_work *work, const int16_t samples[FQT_WINDOW],
                      uint8_t codes[FQT_FEATURES_MAX]) {
    load_window(work, samples);
    fqt_fft_s32(work->re, work->im);
    for (uint32_t band = 0; band < FQT_BANDS; band++) {
        uint64_t power = 0; /* 8 * 2^60 < 2^64 */
        for (uint32_t bin = 0; bin < BINS_PER_BAND; bin++) {
            const uint32_t k = band * BINS_PER_BAND + bin;
            power += k == 0 ? 0 : signal_power(work, k); /* bin 0 is the removed mean */
        }
        codes[band] = code_of_power(power);
        codes[FQT_BANDS + band] = code_of_power(envelope_power(work, band + 1));
    }
}
