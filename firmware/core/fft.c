#include "core/fft.h"

#include "core/arith.h"

#define QUARTER     (FQT_WINDOW / 4)
#define LOG2_WINDOW 9

/* round(32768 cos(2 pi n / 512)), n = 0..128, 32768 stored as 32767. */
static const int16_t quarter_cosine_q15[QUARTER + 1] = {
    32767, 32766, 32758, 32746, 32729, 32706, 32679, 32647, 32610, 32568, 32522, 32470, 32413,
    32352, 32286, 32214, 32138, 32058, 31972, 31881, 31786, 31686, 31581, 31471, 31357, 31238,
    31114, 30986, 30853, 30715, 30572, 30425, 30274, 30118, 29957, 29792, 29622, 29448, 29269,
    29086, 28899, 28707, 28511, 28311, 28106, 27897, 27684, 27467, 27246, 27020, 26791, 26557,
    26320, 26078, 25833, 25583, 25330, 25073, 24812, 24548, 24279, 24008, 23732, 23453, 23170,
    22884, 22595, 22302, 22006, 21706, 21403, 21097, 20788, 20475, 20160, 19841, 19520, 19195,
    18868, 18538, 18205, 17869, 17531, 17190, 16846, 16500, 16151, 15800, 15447, 15091, 14733,
    14373, 14010, 13646, 13279, 12910, 12540, 12167, 11793, 11417, 11039, 10660, 10279, 9896,
    9512,  9127,  8740,  8351,  7962,  7571,  7180,  6787,  6393,  5998,  5602,  5205,  4808,
    4410,  4011,  3612,  3212,  2811,  2411,  2009,  1608,  1206,  804,   402,   0,
};

int32_t fqt_cos_q15(uint32_t n) {
    const uint32_t phase = n % FQT_WINDOW;
    const uint32_t folded = phase <= 2 * QUARTER ? phase : FQT_WINDOW - phase;
    return folded <= QUARTER ? quarter_cosine_q15[folded]
                             : -(int32_t)quarter_cosine_q15[2 * QUARTER - folded];
}

static void bit_reverse(int32_t *re, int32_t *im) {
    for (uint32_t i = 0, r = 0; i < FQT_WINDOW; i++) {
        if (i < r) {
            const int32_t tr = re[i];
            const int32_t ti = im[i];
            re[i] = re[r];
            im[i] = im[r];
            re[r] = tr;
            im[r] = ti;
        }
        uint32_t bit = FQT_WINDOW >> 1;
        while (r & bit) {
            r ^= bit;
            bit >>= 1;
        }
        r |= bit;
    }
}

/*
 * Decimation in time. A butterfly output is a partial sum of the inputs turned by unit twiddles, so
 * its magnitude never exceeds sum |z[n]| plus rounding (4 units per stage); no stage needs scaling.
 * Twiddles in Q31, products in 64 bit of which the high word is kept (one lost bit per product,
 * which the input's fraction bits pay for): |re| |cos| + |im| |sin| <= 2^31 * 2^31.
 */
void fqt_fft_s32(int32_t re[FQT_WINDOW], int32_t im[FQT_WINDOW]) {
    bit_reverse(re, im);
    for (uint32_t stage = 1; stage <= LOG2_WINDOW; stage++) {
        const uint32_t half = 1u << (stage - 1);
        const uint32_t stride = FQT_WINDOW >> stage;
        for (uint32_t k = 0; k < half; k++) {
            const int32_t c = fqt_cos_q15(k * stride) * 65536;
            const int32_t s = fqt_cos_q15(k * stride + QUARTER) * 65536; /* -sin */
            for (uint32_t top = k; top < FQT_WINDOW; top += 2 * half) {
                const uint32_t low = top + half;
                const int64_t turned_re = (int64_t)re[low] * c + (int64_t)im[low] * -s;
                const int64_t turned_im = (int64_t)im[low] * c + (int64_t)re[low] * s;
                const int32_t wr = (int32_t)(turned_re >> 32) * 2;
                const int32_t wi = (int32_t)(turned_im >> 32) * 2;
                FQT_BOUND((int64_t)re[top] + wr <= INT32_MAX && (int64_t)re[top] - wr >= INT32_MIN);
                FQT_BOUND((int64_t)im[top] + wi <= INT32_MAX && (int64_t)im[top] - wi >= INT32_MIN);
                re[low] = re[top] - wr;
                im[low] = im[top] - wi;
                re[top] = re[top] + wr;
                im[top] = im[top] + wi;
            }
        }
    }
}
