/*
 * Scalar arithmetic that gives the same bits on every CPU: each function is a fixed sequence of
 * IEEE binary32 operations (+ - * / and comparisons), every float is clamped before it becomes an
 * integer.
 */
#ifndef FQT_CORE_ARITH_H
#define FQT_CORE_ARITH_H

#include <float.h>
#include <stdbool.h>
#include <stdint.h>

_Static_assert(FLT_EVAL_METHOD == 0, "float expressions must be evaluated in binary32 (no x87)");

_Static_assert((-3 >> 1) == -2, "right shift of a negative integer must be arithmetic");

#ifdef FQT_CHECK
#include <assert.h>
#define FQT_BOUND(condition) assert(condition)
#else
#define FQT_BOUND(condition) ((void)0)
#endif

/* e^x; x is clamped to [-87, 87]. Relative error < 3e-7. */
float fqt_exp_f32(float x);

/* ln x for finite normal x > 0. Absolute error < 3e-7 * max(1, |ln x|). */
float fqt_log_f32(float x);

/* Square root of finite x >= 0 by Newton steps; relative error < 2e-7; 0 for anything below 2^-100.
 */
float fqt_sqrt_f32(float x);

/*
 * A real factor for integers: a * v = ((a * mantissa) >> 32) << left >> right, one of the shifts 0.
 * |mantissa| < 2^31, so for |a| < 2^30 the high word is below 2^29.
 */
struct fqt_multiplier {
    int32_t mantissa;
    uint8_t left;
    uint8_t right;
};

/* v finite. Saturates at |v| = 2^23; |v| < 2^-31 becomes 0. */
struct fqt_multiplier fqt_multiplier_f32(float v);

/* floor(a * v) up to the bits lost by the high word (2^left), saturated at +-2^29; |a| < 2^30. */
static inline int32_t fqt_multiply_s32(int32_t a, struct fqt_multiplier v) {
    const int32_t limit = 0x1fffffff >> v.left;
    int32_t high = (int32_t)(((int64_t)a * v.mantissa) >> 32);
    high = high > limit ? limit : high < -limit ? -limit : high;
    return (high * (1 << v.left)) >> v.right;
}

/* Nearest integer to a * v, halves up, saturated at +-2^29; |a| <= 2^31. */
static inline int32_t fqt_scale_s32(int32_t a, struct fqt_multiplier v) {
    if (v.right > 0) {
        /* The same on the high word alone, |high| < 2^30: below it nothing can round differently.
         * Without it every output costs two 64-bit shifts by a variable. */
        const int32_t high = (int32_t)(((int64_t)a * v.mantissa) >> 32);
        const int32_t nearest = (high + (1 << (v.right - 1))) >> v.right;
        return nearest > 0x1fffffff ? 0x1fffffff : nearest < -0x1fffffff ? -0x1fffffff : nearest;
    }
    /* |product| < 2^62 and the rounding half is below 2^62: the sum stays below 2^63. */
    const uint32_t shift = 32u + v.right - v.left;
    const int64_t sum = (int64_t)a * v.mantissa + ((int64_t)1 << (shift - 1));
    const int64_t scaled = sum >> shift;
    const int64_t limit = 0x1fffffff;
    return (int32_t)(scaled > limit ? limit : scaled < -limit ? -limit : scaled);
}

/* The 24 leading bits of v (the rest truncated) as a float. */
float fqt_float_u64(uint64_t v);
float fqt_float_s64(int64_t v);

/* v * 2^24 truncated, saturated at FQT_TERM_MAX_Q24; v < 0 and NaN give 0. */
uint64_t fqt_q24_f32(float v);

/* Largest integer <= v, v clamped to +-2^30 first. NaN gives -2^30. */
static inline int32_t fqt_floor_f32(float v) {
    const float limit = 1073741824.0f;
    if (!(v > -limit)) {
        return -1073741824;
    }
    if (v >= limit) {
        return 1073741824;
    }
    const int32_t t = (int32_t)v;
    return (float)t > v ? t - 1 : t;
}

/* Position of the highest set bit; v > 0. */
static inline int32_t fqt_log2_u64(uint64_t v) {
    return 63 - __builtin_clzll(v);
}

/* Nearest integer, halves up. The one function that rounds to nearest. */
static inline int32_t fqt_round_f32(float v) {
    return fqt_floor_f32(v + 0.5f);
}

/* A bijective 32-bit mixer (two multiplications; constants found by C. Wellons, "lowbias32"). */
static inline uint32_t fqt_mix_u32(uint32_t h) {
    h ^= h >> 16;
    h *= 0x7feb352du;
    h ^= h >> 15;
    h *= 0x846ca68bu;
    h ^= h >> 16;
    return h;
}

/* Uniform bits as a function of (stream, index) only. */
static inline uint32_t fqt_random_u32(uint32_t stream, uint32_t index) {
    return fqt_mix_u32(stream + index * 0x9e3779b9u);
}

static inline bool fqt_is_finite_f32(float v) {
    return v - v == 0.0f;
}

#endif
