#include "core/arith.h"

#include <string.h>

#include "core/counters.h"

static float power_of_two(int32_t exponent) {
    FQT_BOUND(exponent >= -126 && exponent <= 127);
    const uint32_t bits = (uint32_t)(exponent + 127) << 23;
    float v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

float fqt_exp_f32(float x) {
    if (!(x > -87.0f)) {
        x = -87.0f;
    }
    if (x > 87.0f) {
        x = 87.0f;
    }
    /* x = n ln 2 + r, |r| <= 0.35; ln 2 in two parts so that n * hi is exact. n in [-126, 126]. */
    const int32_t n = fqt_round_f32(x * 1.44269504f);
    const float nf = (float)n;
    float r = x - nf * 0.693359375f;
    r = r - nf * -2.12194440e-4f;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * (r * r) + r;
    p = p + 1.0f;
    return p * power_of_two(n);
}

float fqt_log_f32(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    FQT_BOUND(bits >= 0x00800000u && bits < 0x7f800000u);
    /* x = m 2^n with m in [0.7071, 1.4142). */
    int32_t n = (int32_t)(bits >> 23) - 127;
    bits = (bits & 0x007fffffu) | 0x3f800000u;
    float m;
    memcpy(&m, &bits, sizeof m);
    if (m > 1.41421356f) {
        m = m * 0.5f;
        n = n + 1;
    }
    /* ln m = 2 atanh(s), s = (m - 1) / (m + 1), |s| < 0.1716: the s^11 term is below 4e-10. */
    const float s = (m - 1.0f) / (m + 1.0f);
    const float s2 = s * s;
    float p = 0.2222222222f;
    p = p * s2 + 0.2857142857f;
    p = p * s2 + 0.4f;
    p = p * s2 + 0.6666666667f;
    p = p * s2 + 2.0f;
    return p * s + (float)n * 0.69314718f;
}

float fqt_sqrt_f32(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    if (!(x > 7.9e-31f)) {
        return 0.0f;
    }
    /* Halving the exponent bits starts within 4 %; each Newton step squares the relative error. */
    bits = 0x1fbd1df5u + (bits >> 1);
    float y;
    memcpy(&y, &bits, sizeof y);
    for (int step = 0; step < 3; step++) {
        y = 0.5f * (y + x / y);
    }
    return y;
}

float fqt_float_u64(uint64_t v) {
    if (v == 0) {
        return 0.0f;
    }
    const int32_t high = fqt_log2_u64(v);
    const int32_t shift = high > 23 ? high - 23 : 0;
    return (float)(uint32_t)(v >> shift) * power_of_two(shift);
}

float fqt_float_s64(int64_t v) {
    return v < 0 ? -fqt_float_u64((uint64_t)0 - (uint64_t)v) : fqt_float_u64((uint64_t)v);
}

uint64_t fqt_q24_f32(float v) {
    if (!(v > 0.0f)) {
        return 0;
    }
    if (v >= 65536.0f) {
        return FQT_TERM_MAX_Q24;
    }
    /* Exact scaling by a power of two, then truncation; below 2^40. */
    return (uint64_t)(v * 16777216.0f);
}

struct fqt_multiplier fqt_multiplier_f32(float v) {
    uint32_t bits;
    memcpy(&bits, &v, sizeof bits);
    /* v = m * 2^(exponent - 126), m in [0.5, 1) as Q31; the high word divides by 2^32. */
    const int32_t exponent = (int32_t)((bits >> 23) & 0xffu) - 126;
    const int32_t magnitude = (int32_t)((bits & 0x007fffffu) | 0x00800000u) << 7;
    int32_t left = exponent + 1;
    if (left > 24) {
        return (struct fqt_multiplier){(bits >> 31) != 0 ? -INT32_MAX : INT32_MAX, 24, 0};
    }
    if (left < -30) {
        return (struct fqt_multiplier){0, 0, 0};
    }
    const int32_t mantissa = (bits >> 31) != 0 ? -magnitude : magnitude;
    return left >= 0 ? (struct fqt_multiplier){mantissa, (uint8_t)left, 0}
                     : (struct fqt_multiplier){mantissa, 0, (uint8_t)-left};
}
