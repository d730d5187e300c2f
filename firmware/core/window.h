/* A raw window as the input of a model: what a code of FQT_INPUT_WINDOW means. */
#ifndef FQT_CORE_WINDOW_H
#define FQT_CORE_WINDOW_H

#include <stdint.h>

/* A code c stands for the real input FQT_WINDOW_SCALE * (c - FQT_WINDOW_ZERO). */
#define FQT_WINDOW_SCALE 0.03125f
#define FQT_WINDOW_ZERO  128

/*
 * Each window is centred on its mean, divided by `step` and clamped to a code. step 0: by a
 * FQT_WINDOW_SCALE-th of its own standard deviation, which forgets the level and clamps at 4
 * deviations; a constant window gives FQT_WINDOW_ZERO throughout. 1 <= n <= FQT_TENSOR_MAX.
 */
void fqt_codes_of_window_s16(const int16_t *samples, uint32_t n, float step, uint8_t *codes);

#endif
