/* One variant of the kernels as a value, so that a test or a benchmark can hold several. */
#ifndef TEST_KERNEL_SET_H
#define TEST_KERNEL_SET_H

#include <stdint.h>

struct kernel_set {
    const char *name;
    void (*forward)(const uint8_t *w, int32_t w_zero, const uint8_t *x, int32_t x_zero,
                    uint32_t x_step, uint32_t positions, uint32_t rows, uint32_t inputs,
                    const int32_t *bias, int32_t *acc);
    void (*error)(const uint8_t *w, int32_t w_zero, const uint16_t *selected, uint32_t count,
                  uint32_t inputs, const int16_t *e, uint32_t positions, int32_t *acc,
                  uint32_t acc_step);
    void (*gradient)(const int16_t *e, const uint16_t *selected, uint32_t count, const uint8_t *x,
                     int32_t x_zero, uint32_t x_step, uint32_t positions, uint32_t inputs,
                     int32_t *gradient);
    void (*depthwise_forward)(const uint8_t *w, int32_t w_zero, const uint8_t *x, int32_t x_zero,
                              uint32_t x_step, uint32_t positions, uint32_t channels, uint32_t taps,
                              const int32_t *bias, int32_t *acc);
    void (*depthwise_error)(const uint8_t *w, int32_t w_zero, const uint16_t *selected,
                            uint32_t count, uint32_t channels, uint32_t taps, const int16_t *e,
                            uint32_t positions, int32_t *acc, uint32_t acc_step);
    void (*depthwise_gradient)(const int16_t *e, const uint16_t *selected, uint32_t count,
                               const uint8_t *x, int32_t x_zero, uint32_t x_step,
                               uint32_t positions, uint32_t channels, uint32_t taps,
                               int32_t *gradient);
};

/* The definition in 64 bits; the portable twin; the fast ones where the core has them. */
extern const struct kernel_set kernel_set_definition;
extern const struct kernel_set kernel_set_c;
extern const struct kernel_set kernel_set_dsp;
extern const struct kernel_set kernel_set_mve;

#endif
