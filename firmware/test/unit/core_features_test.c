/* Integer FFT and features against a double-precision DFT; extremes of the input under the
 * sanitizers. */
#include <math.h>
#include <stdbool.h>

#include "core/features.h"
#include "core/fft.h"
#include "test/golden/synthetic.h"
#include "test/unit/expect.h"

#define TURN 6.283185307179586

static struct fqt_feature_work work;
static double cosine[FQT_WINDOW]; /* of TURN * i / FQT_WINDOW */
static double sine[FQT_WINDOW];

static void make_tables(void) {
    for (int i = 0; i < FQT_WINDOW; i++) {
        cosine[i] = cos(TURN * i / FQT_WINDOW);
        sine[i] = sin(TURN * i / FQT_WINDOW);
    }
}

static void fft_matches_a_double_dft(void) {
    /* Bound: 2^-16 of sum |z| from the Q15 twiddles plus 4 units in each of 9 stages. */
    for (unsigned seed = 1; seed <= EXPECT_ROUNDS(5); seed++) {
        unsigned state = seed * 77;
        int32_t re[FQT_WINDOW];
        int32_t im[FQT_WINDOW];
        double magnitude = 0.0;
        for (int n = 0; n < FQT_WINDOW; n++) {
            re[n] = (int32_t)(expect_random(&state) >> 12) - (1 << 19);
            im[n] = (int32_t)(expect_random(&state) >> 12) - (1 << 19);
            magnitude += hypot(re[n], im[n]);
            work.re[n] = re[n];
            work.im[n] = im[n];
        }
        fqt_fft_s32(work.re, work.im);
        double worst = 0.0;
        for (int k = 0; k < FQT_WINDOW; k++) {
            double xr = 0.0;
            double xi = 0.0;
            for (int n = 0; n < FQT_WINDOW; n++) {
                const int angle = k * n % FQT_WINDOW;
                xr += re[n] * cosine[angle] + im[n] * sine[angle];
                xi += im[n] * cosine[angle] - re[n] * sine[angle];
            }
            worst = fmax(worst, hypot(work.re[k] - xr, work.im[k] - xi));
        }
        EXPECT(worst <= magnitude / 65536.0 + 36.0, "seed %u: error %g of %g", seed, worst,
               magnitude);
    }
}

static double band_power(const double *x, int first_bin, int bins) {
    double power = 0.0;
    for (int k = first_bin; k < first_bin + bins; k++) {
        double re = 0.0;
        double im = 0.0;
        for (int n = 0; n < FQT_WINDOW; n++) {
            re += x[n] * cosine[k * n % FQT_WINDOW];
            im -= x[n] * sine[k * n % FQT_WINDOW];
        }
        power += k == 0 ? 0.0 : re * re + im * im;
    }
    return power;
}

static double code_of(double power) {
    return fmin(255.0, fmax(0.0, 8.0 * (log2(power + 1e-9) - 12.0)));
}

/* The definition of features.h, without integers. */
static void reference(const int16_t *samples, double codes[FQT_FEATURES_MAX]) {
    double x[FQT_WINDOW];
    double envelope[FQT_WINDOW];
    double mean = 0.0;
    double envelope_mean = 0.0;
    for (int n = 0; n < FQT_WINDOW; n++) {
        mean += samples[n] / (double)FQT_WINDOW;
    }
    for (int n = 0; n < FQT_WINDOW; n++) {
        x[n] = samples[n] - mean;
        envelope[n] = fabs(x[n]);
        envelope_mean += envelope[n] / FQT_WINDOW;
    }
    for (int n = 0; n < FQT_WINDOW; n++) {
        const double hann = 0.5 - 0.5 * cos(TURN * n / FQT_WINDOW);
        x[n] *= hann;
        envelope[n] = (envelope[n] - envelope_mean) * hann;
    }
    for (int band = 0; band < FQT_BANDS; band++) {
        codes[band] = code_of(band_power(x, band * 8, 8));
        codes[FQT_BANDS + band] = code_of(band_power(envelope, band + 1, 1));
    }
}

static void features_match_the_double_reference(void) {
    /* Codes are floors of eighths of an octave; above code 96 (noise floor of the integers)
     * within 1.5. */
    for (uint32_t i = 0; i < EXPECT_ROUNDS(24u); i++) {
        int16_t samples[FQT_WINDOW];
        uint8_t codes[FQT_FEATURES_MAX];
        double expected[FQT_FEATURES_MAX];
        synthetic_window(3, i, i % SYNTHETIC_CLASSES, i & 1, samples);
        fqt_features_s16(&work, samples, codes);
        reference(samples, expected);
        for (int f = 0; f < FQT_FEATURES_MAX; f++) {
            const double bound = expected[f] > 96.0 ? 1.5 : 6.0;
            EXPECT(fabs(codes[f] + 0.5 - expected[f]) <= bound, "window %u feature %d: %u for %g",
                   i, f, codes[f], expected[f]);
        }
    }
}

static void a_sine_lights_its_band_and_its_modulation_the_envelope(void) {
    int16_t samples[FQT_WINDOW];
    uint8_t codes[FQT_FEATURES_MAX];
    for (int n = 0; n < FQT_WINDOW; n++) {
        const double carrier = sin(TURN * 100.0 * n / FQT_WINDOW); /* bin 100: band 12 */
        const double modulation = 1.0 + 0.8 * cos(TURN * 6.0 * n / FQT_WINDOW); /* bin 6 */
        samples[n] = (int16_t)lround(8000.0 * carrier * modulation);
    }
    fqt_features_s16(&work, samples, codes);
    for (int band = 0; band < FQT_BANDS; band++) {
        EXPECT(band == 12 || codes[band] < codes[12], "band %d", band);
        EXPECT(band == 5 || codes[FQT_BANDS + band] < codes[FQT_BANDS + 5], "envelope bin %d",
               band + 1);
    }
}

static void extremes_stay_inside_the_bounds(void) {
    static const int16_t high = INT16_MAX;
    static const int16_t low = INT16_MIN;
    for (uint32_t kind = 0; kind < 40; kind++) {
        int16_t samples[FQT_WINDOW];
        uint8_t codes[FQT_FEATURES_MAX];
        unsigned state = kind + 1;
        for (uint32_t n = 0; n < FQT_WINDOW; n++) {
            const bool up =
                kind < 32 ? ((n * (kind + 1) / 32) & 1) != 0 : (expect_random(&state) & 1) != 0;
            samples[n] = up ? high : low;
        }
        if (kind == 32) { /* one sample against all others: the largest distance from the mean */
            for (uint32_t n = 0; n < FQT_WINDOW; n++) {
                samples[n] = n == 256 ? high : low;
            }
        }
        fqt_features_s16(&work, samples, codes);
        EXPECT(codes[1] <= 255, "kind %u", kind);
    }
    int16_t flat[FQT_WINDOW];
    uint8_t codes[FQT_FEATURES_MAX];
    for (int n = 0; n < FQT_WINDOW; n++) {
        flat[n] = low;
    }
    fqt_features_s16(&work, flat, codes);
    for (int f = 0; f < FQT_FEATURES_MAX; f++) {
        EXPECT_EQ(codes[f], 0); /* a stuck sensor is silence */
    }
}

int main(void) {
    make_tables();
    fft_matches_a_double_dft();
    features_match_the_double_reference();
    a_sine_lights_its_band_and_its_modulation_the_envelope();
    extremes_stay_inside_the_bounds();
    return expect_summary("core_features");
}
