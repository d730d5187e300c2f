/*
 * 512 int16 samples -> 64 uint8 codes: FQT_BANDS log-spectrum bands of the signal, then FQT_BANDS
 * log-spectrum bands of its envelope. Integers only; bounds stand in features.c.
 */
#ifndef FQT_CORE_FEATURES_H
#define FQT_CORE_FEATURES_H

#include <stdint.h>

#include "core/limits.h"

#define FQT_BANDS 32

/* A code c stands for the real input FQT_FEATURE_SCALE * (c - FQT_FEATURE_ZERO). */
#define FQT_FEATURE_SCALE 0.03125f
#define FQT_FEATURE_ZERO  128

/* Scratch of one window; nothing in it survives a call. */
struct fqt_feature_work {
    int32_t re[FQT_WINDOW];
    int32_t im[FQT_WINDOW];
};

void fqt_features_s16(struct fqt_feature_work *work, const int16_t samples[FQT_WINDOW],
                      uint8_t codes[FQT_FEATURES_MAX]);

#endif
