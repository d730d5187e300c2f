/* Own exp, log, sqrt and conversions against libm and exact integers, within the bounds arith.h
 * states. */
#include <math.h>

#include "core/arith.h"
#include "core/counters.h"
#include "test/unit/expect.h"

#define CASES 20000

static double uniform(unsigned *state, double low, double high) {
    return low + (high - low) * (expect_random(state) / 4294967296.0);
}

static void exp_log_sqrt_stay_within_their_bounds(void) {
    unsigned seed = 11;
    double worst_exp = 0.0;
    double worst_log = 0.0;
    double worst_sqrt = 0.0;
    for (int i = 0; i < CASES; i++) {
        const float x = (float)uniform(&seed, -87.0, 87.0);
        const double exp_true = exp((double)x);
        worst_exp = fmax(worst_exp, fabs((double)fqt_exp_f32(x) - exp_true) / exp_true);
        const float y = (float)exp(uniform(&seed, -60.0, 60.0));
        const double log_true = log((double)y);
        worst_log =
            fmax(worst_log, fabs((double)fqt_log_f32(y) - log_true) / fmax(1.0, fabs(log_true)));
        const double sqrt_true = sqrt((double)y);
        worst_sqrt = fmax(worst_sqrt, fabs((double)fqt_sqrt_f32(y) - sqrt_true) / sqrt_true);
    }
    EXPECT(worst_exp < 3e-7, "seed 11: relative error %g", worst_exp);
    EXPECT(worst_log < 3e-7, "seed 11: error %g", worst_log);
    EXPECT(worst_sqrt < 2e-7, "seed 11: relative error %g", worst_sqrt);
    EXPECT(fqt_exp_f32(0.0f) == 1.0f && fqt_log_f32(1.0f) == 0.0f, "exact at 1");
    EXPECT(fqt_sqrt_f32(0.0f) == 0.0f && fqt_sqrt_f32(-1.0f) == 0.0f, "sqrt of 0 and below");
    EXPECT(fqt_exp_f32(-1e9f) > 0.0f && fqt_exp_f32(-1e9f) < 1e-37f, "clamped exponent");
}

static void conversions_clamp_before_they_convert(void) {
    EXPECT_EQ(fqt_floor_f32(-0.25f), -1);
    EXPECT_EQ(fqt_floor_f32(-1.0f), -1);
    EXPECT_EQ(fqt_floor_f32(2.75f), 2);
    EXPECT_EQ(fqt_floor_f32(1e30f), 1 << 30);
    EXPECT_EQ(fqt_floor_f32(-1e30f), -(1 << 30));
    EXPECT_EQ(fqt_floor_f32(NAN), -(1 << 30));
    EXPECT_EQ(fqt_round_f32(2.5f), 3);
    EXPECT_EQ(fqt_round_f32(-2.5f), -2);
    EXPECT_EQ(fqt_q24_f32(1.0f), 1 << 24);
    EXPECT_EQ(fqt_q24_f32(-1.0f), 0);
    EXPECT_EQ(fqt_q24_f32(NAN), 0);
    EXPECT_EQ(fqt_q24_f32(1e20f), FQT_TERM_MAX_Q24);
    EXPECT(!fqt_is_finite_f32(INFINITY) && !fqt_is_finite_f32(NAN) && fqt_is_finite_f32(1.0f),
           "finite");
}

static void wide_integers_become_floats_by_truncation(void) {
    EXPECT(fqt_float_u64(0) == 0.0f, "zero");
    EXPECT(fqt_float_u64(16777217) == 16777216.0f, "25 bits lose the last one");
    EXPECT(fqt_float_u64(UINT64_MAX) == 18446742974197923840.0f, "all ones");
    EXPECT(fqt_float_s64(INT64_MIN) == -9223372036854775808.0f, "most negative");
    unsigned seed = 5;
    for (int i = 0; i < CASES; i++) {
        const uint64_t v = ((uint64_t)expect_random(&seed) << 32 | expect_random(&seed)) >>
                           (expect_random(&seed) & 63);
        const double f = (double)fqt_float_u64(v);
        EXPECT(f <= (double)v && (double)v - f <= f * 1.2e-7, "seed 5: %llu -> %g",
               (unsigned long long)v, f);
    }
}

static void multiplier_matches_the_real_product(void) {
    unsigned seed = 7;
    for (int i = 0; i < CASES; i++) {
        const float v = (float)(exp(uniform(&seed, -18.0, 14.0)) * ((i & 1) ? 1 : -1));
        const int32_t a = (int32_t)(expect_random(&seed) >> 3) - (1 << 28);
        const struct fqt_multiplier m = fqt_multiplier_f32(v);
        const double real = a * (double)v;
        const double clamped = fmax(-536870911.0, fmin(536870911.0, real));
        const double bound = (double)(1u << m.left) + 1.0;
        EXPECT(fabs(fqt_multiply_s32(a, m) - clamped) <= bound, "seed 7: %d * %g = %d", a,
               (double)v, fqt_multiply_s32(a, m));
    }
    EXPECT_EQ(fqt_multiply_s32(1 << 29, fqt_multiplier_f32(0.0f)), 0);
    EXPECT_EQ(fqt_multiply_s32(1 << 29, fqt_multiplier_f32(1e-20f)), 0);
}

static void random_stream_is_even_and_repeats(void) {
    uint32_t buckets[16] = {0};
    for (uint32_t i = 0; i < 160000; i++) {
        buckets[fqt_random_u32(99, i) >> 28]++;
    }
    for (int b = 0; b < 16; b++) {
        /* 10,000 +- 4 standard deviations (97). */
        EXPECT(buckets[b] > 9600 && buckets[b] < 10400, "bucket %d holds %u", b, buckets[b]);
    }
    EXPECT_EQ(fqt_random_u32(1, 2), fqt_random_u32(1, 2));
    EXPECT(fqt_random_u32(1, 2) != fqt_random_u32(2, 2), "streams differ");
}

int main(void) {
    exp_log_sqrt_stay_within_their_bounds();
    conversions_clamp_before_they_convert();
    wide_integers_become_floats_by_truncation();
    multiplier_matches_the_real_product();
    random_stream_is_even_and_repeats();
    return expect_summary("core_arith");
}
