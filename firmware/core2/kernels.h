/*
 * The products of training. All loops that cost time are here, so that a faster variant can stand
 * behind the same header; integers only, results exact and independent of the order of summation.
 *
 * Position p's patch is `inputs` contiguous codes at x + p * x_step. Weights are codes
 * [rows][inputs] with one zero point per layer. Errors are centred, |e| <= FQT_ERROR_MAX, and
 * compact: [positions][count] of the selected rows only; selected[] is ascending. plan.c proves
 * that no accumulator overflows.
 */
#ifndef FQT_CORE_KERNELS_H
#define FQT_CORE_KERNELS_H

#include <stdint.h>

/* acc[p][r] = bias[r] + sum_i (w[r][i] - w_zero) (x[p][i] - x_zero). MACs: positions * rows *
 * inputs. */
void kernel_forward_u8(const uint8_t *w, int32_t w_zero, const uint8_t *x, int32_t x_zero,
                       uint32_t x_step, uint32_t positions, uint32_t rows, uint32_t inputs,
                       const int32_t *bias, int32_t *acc);

/*
 * acc[p * acc_step + i] += sum_j e[p][j] (w[selected[j]][i] - w_zero): patches overlap and add,
 * which makes it the transposed convolution. MACs: positions * count * inputs.
 */
void kernel_error_u8(const uint8_t *w, int32_t w_zero, const uint16_t *selected, uint32_t count,
                     uint32_t inputs, const int16_t *e, uint32_t positions, int32_t *acc,
                     uint32_t acc_step);

/* gradient[selected[j]][i] += sum_p e[p][j] (x[p][i] - x_zero). MACs: positions * count * inputs.
 */
void kernel_gradient_u8(const int16_t *e, const uint16_t *selected, uint32_t count,
                        const uint8_t *x, int32_t x_zero, uint32_t x_step, uint32_t positions,
                        uint32_t inputs, int32_t *gradient);

/*
 * Depthwise: a patch is [taps][channels], weights are [channels][taps], channel c reads patch
 * elements t * channels + c only. MACs: positions * (channels or count) * taps.
 */

/* acc[p][c] = bias[c] + sum_t (w[c][t] - w_zero) (x[p][t][c] - x_zero). */
void kernel_depthwise_forward_u8(const uint8_t *w, int32_t w_zero, const uint8_t *x, int32_t x_zero,
                                 uint32_t x_step, uint32_t positions, uint32_t channels,
                                 uint32_t taps, const int32_t *bias, int32_t *acc);

/* acc[p * acc_step + t * channels + selected[j]] += e[p][j] (w[selected[j]][t] - w_zero). */
void kernel_depthwise_error_u8(const uint8_t *w, int32_t w_zero, const uint16_t *selected,
                               uint32_t count, uint32_t channels, uint32_t taps, const int16_t *e,
                               uint32_t positions, int32_t *acc, uint32_t acc_step);

/* gradient[selected[j]][t] += sum_p e[p][j] (x[p][t][selected[j]] - x_zero). */
void kernel_depthwise_gradient_u8(const int16_t *e, const uint16_t *selected, uint32_t count,
                                  const uint8_t *x, int32_t x_zero, uint32_t x_step,
                                  uint32_t positions, uint32_t channels, uint32_t taps,
                                  int32_t *gradient);

#endif
