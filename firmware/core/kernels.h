/*
 * The three dense products of training. All loops that cost time are here, so that a faster variant
 * can stand behind the same header; integers only, results independent of the order of summation.
 *
 * Weights are codes [rows][inputs] with one zero point; x and e are already centred (code - zero
 * point, -255..255). Bounds: limits.h.
 */
#ifndef FQT_CORE_KERNELS_H
#define FQT_CORE_KERNELS_H

#include <stdint.h>

/* acc[r] = bias[r] + sum_i (w[r][i] - zero) x[i], every row. MACs: rows * inputs. */
void kernel_forward_u8(const uint8_t *weights, int32_t zero, const int16_t *x, const int32_t *bias,
                       uint32_t rows, uint32_t inputs, int32_t *acc);

/* acc[i] = sum over selected rows r of (w[r][i] - zero) e[r]. MACs: count * inputs. */
void kernel_error_u8(const uint8_t *weights, int32_t zero, const int16_t *e,
                     const uint8_t *selected, uint32_t count, uint32_t inputs, int32_t *acc);

/* gradient[r][i] += e[r] x[i] for selected rows r. MACs: count * inputs. */
void kernel_gradient_s16(const int16_t *e, const int16_t *x, const uint8_t *selected,
                         uint32_t count, uint32_t inputs, int32_t *gradient);

#endif
