/* 512-point complex FFT on int32, in place. */
#ifndef FQT_CORE_FFT_H
#define FQT_CORE_FFT_H

#include <stdint.h>

#include "core/limits.h"

/* cos(2 pi n / 512) in Q15, 32767 for 1.0; any n >= 0. */
int32_t fqt_cos_q15(uint32_t n);

/*
 * Unscaled transform X[k] = sum z[n] e^(-2 pi i k n / 512), natural order in and out.
 * Input bound: sum over n of |z[n]| <= 1.6e9, so every partial sum stays within int32.
 */
void fqt_fft_s32(int32_t re[FQT_WINDOW], int32_t im[FQT_WINDOW]);

#endif
