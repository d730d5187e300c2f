/*
 * The products of training: everything whose cost grows with weights times positions is here, so
 * that a faster variant stands behind the same header. kernels_c.c is complete by itself;
 * kernels_dsp.c (SMLAD: Cortex-M4, M7, M33) and kernels_mve.c (Helium: M55) give the same integers.
 *
 * Linear, 1-D and 2-D convolution are one shape: a weight row has `inputs` codes, the patch of
 * position p is the `inputs` contiguous codes at x + p * x_step. Linear over a minibatch: x_step =
 * inputs, one position per sample. 1-D convolution, channels last: x_step = stride * channels. A
 * 2-D convolution gathers its patches first (padding is a code equal to the zero point).
 *
 * Codes are uint8; zero points 0..255; e is centred, |e| <= FQT_ERROR_MAX. `selected` lists the
 * rows that train, ascending; NULL means rows 0..count-1. e is compact: [positions][count].
 *
 * Sums are exact as long as the sum of the magnitudes of the centred products, with what the
 * destination holds, stays below 2^31: per term 255 * 255 in forward, 255 * FQT_ERROR_MAX in
 * error and gradient. The caller plans for that (plan.h). Counts of 0 are allowed and do nothing.
 * Only x, e, selected, bias and accumulators of the stated lengths are read or written.
 * Scratch is on the stack, at most KERNEL_STACK_BYTES.
 */
#ifndef FQT_CORE_KERNELS_H
#define FQT_CORE_KERNELS_H

#include <stdint.h>

#include "core/limits.h"

#define KERNEL_STACK_BYTES 1536u

/* Which variant a build takes. FQT_KERNELS_PORTABLE forces the plain C one. */
#if defined(FQT_KERNELS_PORTABLE)
#define KERNEL_VARIANT_C 1
#elif defined(__ARM_FEATURE_MVE)
#define KERNEL_VARIANT_MVE 1
#elif defined(__ARM_FEATURE_DSP)
#define KERNEL_VARIANT_DSP 1
#else
#define KERNEL_VARIANT_C 1
#endif

/* A test or a benchmark holds several variants at once: each is compiled with its own suffix. */
#ifdef KERNEL_SUFFIX
#define KERNEL_PASTE(name, suffix)   name##suffix
#define KERNEL_NAMED(name, suffix)   KERNEL_PASTE(name, suffix)
#define kernel_forward_u8            KERNEL_NAMED(kernel_forward_u8, KERNEL_SUFFIX)
#define kernel_error_u8              KERNEL_NAMED(kernel_error_u8, KERNEL_SUFFIX)
#define kernel_gradient_u8           KERNEL_NAMED(kernel_gradient_u8, KERNEL_SUFFIX)
#define kernel_depthwise_forward_u8  KERNEL_NAMED(kernel_depthwise_forward_u8, KERNEL_SUFFIX)
#define kernel_depthwise_error_u8    KERNEL_NAMED(kernel_depthwise_error_u8, KERNEL_SUFFIX)
#define kernel_depthwise_gradient_u8 KERNEL_NAMED(kernel_depthwise_gradient_u8, KERNEL_SUFFIX)
#endif

/* acc[p][r] = bias[r] + sum_i (w[r][i] - w_zero) (x[p * x_step + i] - x_zero).
 * MACs: positions * rows * inputs. Cheapest with 2 or more positions per call. */
void kernel_forward_u8(const uint8_t *w, int32_t w_zero, const uint8_t *x, int32_t x_zero,
                       uint32_t x_step, uint32_t positions, uint32_t rows, uint32_t inputs,
                       const int32_t *bias, int32_t *acc);

/* acc[p * acc_step + i] += sum_j e[p][j] (w[selected[j]][i] - w_zero): with acc_step < inputs the
 * patches overlap and add up (transposed convolution). MACs: positions * count * inputs. */
void kernel_error_u8(const uint8_t *w, int32_t w_zero, const uint16_t *selected, uint32_t count,
                     uint32_t inputs, const int16_t *e, uint32_t positions, int32_t *acc,
                     uint32_t acc_step);

/* gradient[selected[j]][i] += sum_p e[p][j] (x[p * x_step + i] - x_zero); gradient is
 * [rows][inputs]. MACs: positions * count * inputs. */
void kernel_gradient_u8(const int16_t *e, const uint16_t *selected, uint32_t count,
                        const uint8_t *x, int32_t x_zero, uint32_t x_step, uint32_t positions,
                        uint32_t inputs, int32_t *gradient);

/*
 * Depthwise: one filter of `taps` codes per channel, w[channel][tap], and the patch of position p
 * is [tap][channel] at x + p * x_step. A row of weights is still one structure.
 */

/* acc[p][c] = bias[c] + sum_t (w[c][t] - w_zero) (x[p * x_step + t * channels + c] - x_zero).
 * MACs: positions * channels * taps. */
void kernel_depthwise_forward_u8(const uint8_t *w, int32_t w_zero, const uint8_t *x, int32_t x_zero,
                                 uint32_t x_step, uint32_t positions, uint32_t channels,
                                 uint32_t taps, const int32_t *bias, int32_t *acc);

/* acc[p * acc_step + t * channels + c] += e[p][j] (w[c][t] - w_zero), c = selected[j].
 * MACs: positions * count * taps. */
void kernel_depthwise_error_u8(const uint8_t *w, int32_t w_zero, const uint16_t *selected,
                               uint32_t count, uint32_t channels, uint32_t taps, const int16_t *e,
                               uint32_t positions, int32_t *acc, uint32_t acc_step);

/* gradient[c][t] += sum_p e[p][j] (x[p * x_step + t * channels + c] - x_zero), c = selected[j].
 * MACs: positions * count * taps. */
void kernel_depthwise_gradient_u8(const int16_t *e, const uint16_t *selected, uint32_t count,
                                  const uint8_t *x, int32_t x_zero, uint32_t x_step,
                                  uint32_t positions, uint32_t channels, uint32_t taps,
                                  int32_t *gradient);

#endif
