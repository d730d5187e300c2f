/*
 * Instructions of every kernel and variant of this core, one CSV line each: kernel,variant,macs,
 * instructions,instructions_per_mac. Shapes: a fully connected layer 256-64 as in the published
 * figures of others, and the layers of the shipped models.
 */
#include "core/limits.h"
#include "test/kernels/kernel_set.h"
#include "test/target/count.h"
#include "test/target/semihosting.h"

#define CODES_MAX 16384u
#define ACCS_MAX  16384u
#define ROWS_MAX  64u

struct shape {
    const char *layer;
    uint32_t positions, x_step, inputs, rows;
};

/* Positions x_step codes apart; linear layers: one position per sample. */
static const struct shape fc = {"fc", 1, 256, 256, 64};
static const struct shape fc_batch16 = {"fc", 16, 256, 256, 64};
static const struct shape mlp = {"mlp", 1, 64, 64, 32}; /* bearing-mlp, first layer */
static const struct shape mlp_batch16 = {"mlp", 16, 64, 64, 32};
static const struct shape conv_first = {"conv_first", 121, 4, 32, 16}; /* bearing-cnn: k32 s4 */
static const struct shape conv = {"conv", 57, 32, 128, 16};            /* its second: k8 s2 */
static const struct shape conv_block4 = {"conv", 4, 32, 128, 16};
static const struct shape conv_third = {"conv_third", 25, 32, 128, 32};
static const struct shape conv3x3 = {"conv3x3", 64, 144, 144, 16}; /* gathered, 8x8x16 */
static const struct shape depthwise = {"depthwise", 64, 16, 9, 16};

static uint8_t weights[CODES_MAX];
static uint8_t inputs[CODES_MAX];
static int16_t errors[2048];
static int32_t bias[ROWS_MAX];
static int32_t out[ACCS_MAX];
static uint16_t quarter[ROWS_MAX / 4]; /* every fourth row: lambda 0.25 */
static uint32_t overhead;

static void print_milli(uint32_t milli) {
    semihosting_print_number(milli / 1000u);
    semihosting_print(milli % 1000u < 10u ? ".00" : milli % 1000u < 100u ? ".0" : ".");
    semihosting_print_number(milli % 1000u);
}

static void line(const char *layer, const char *kernel, const char *variant, uint32_t macs,
                 uint32_t instructions) {
    semihosting_print(layer);
    semihosting_print("_");
    semihosting_print(kernel);
    semihosting_print(",");
    semihosting_print(variant);
    semihosting_print(",");
    semihosting_print_number(macs);
    semihosting_print(",");
    semihosting_print_number(instructions);
    semihosting_print(",");
    print_milli((uint32_t)(((uint64_t)instructions * 1000u + macs / 2u) / macs));
    semihosting_print("\n");
}

static uint32_t stop(void) {
    return count_stop() - overhead;
}

static void forward(const struct kernel_set *k, const struct shape *s, const char *name) {
    count_start();
    k->forward(weights, 131, inputs, 119, s->x_step, s->positions, s->rows, s->inputs, bias, out);
    line(s->layer, name, k->name, s->positions * s->rows * s->inputs, stop());
}

static void error(const struct kernel_set *k, const struct shape *s, const char *name,
                  const uint16_t *selected, uint32_t count) {
    count_start();
    k->error(weights, 131, selected, count, s->inputs, errors, s->positions, out, s->x_step);
    line(s->layer, name, k->name, s->positions * count * s->inputs, stop());
}

static void gradient(const struct kernel_set *k, const struct shape *s, const char *name,
                     const uint16_t *selected, uint32_t count) {
    count_start();
    k->gradient(errors, selected, count, inputs, 119, s->x_step, s->positions, s->inputs, out);
    line(s->layer, name, k->name, s->positions * count * s->inputs, stop());
}

static void linear_layers(const struct kernel_set *k) {
    forward(k, &fc, "forward");
    forward(k, &fc_batch16, "forward_batch16");
    error(k, &fc, "error", 0, fc.rows);
    error(k, &fc, "error_masked", quarter, fc.rows / 4);
    error(k, &fc_batch16, "error_batch16", 0, fc.rows);
    gradient(k, &fc_batch16, "gradient_batch16", 0, fc.rows);
    gradient(k, &fc, "gradient_single", 0, fc.rows);
    gradient(k, &fc, "gradient_single_masked", quarter, fc.rows / 4);
    forward(k, &mlp, "forward");
    error(k, &mlp, "error", 0, mlp.rows);
    gradient(k, &mlp_batch16, "gradient_batch16", 0, mlp.rows);
}

static void convolutions(const struct kernel_set *k) {
    forward(k, &conv_first, "forward");
    gradient(k, &conv_first, "gradient", 0, conv_first.rows);
    forward(k, &conv, "forward");
    forward(k, &conv_block4, "forward_block4");
    error(k, &conv, "error", 0, conv.rows);
    error(k, &conv_block4, "error_block4", 0, conv.rows);
    error(k, &conv, "error_masked", quarter, conv.rows / 4);
    gradient(k, &conv, "gradient", 0, conv.rows);
    gradient(k, &conv, "gradient_masked", quarter, conv.rows / 4);
    forward(k, &conv_third, "forward");
    error(k, &conv_third, "error", 0, conv_third.rows);
    gradient(k, &conv_third, "gradient", 0, conv_third.rows);
    forward(k, &conv3x3, "forward");
    gradient(k, &conv3x3, "gradient", 0, conv3x3.rows);
}

static void depthwise_layers(const struct kernel_set *k) {
    const struct shape *s = &depthwise;
    const uint32_t macs = s->positions * s->rows * s->inputs;
    count_start();
    k->depthwise_forward(weights, 131, inputs, 119, s->x_step, s->positions, s->rows, s->inputs,
                         bias, out);
    line(s->layer, "forward", k->name, macs, stop());
    count_start();
    k->depthwise_error(weights, 131, 0, s->rows, s->rows, s->inputs, errors, s->positions, out,
                       s->x_step);
    line(s->layer, "error", k->name, macs, stop());
    count_start();
    k->depthwise_gradient(errors, 0, s->rows, inputs, 119, s->x_step, s->positions, s->rows,
                          s->inputs, out);
    line(s->layer, "gradient", k->name, macs, stop());
}

static void measure(const struct kernel_set *k) {
    linear_layers(k);
    convolutions(k);
    depthwise_layers(k);
}

int main(void) {
    for (uint32_t i = 0; i < CODES_MAX; i++) {
        weights[i] = (uint8_t)(i * 37u + (i >> 5));
        inputs[i] = (uint8_t)(i * 91u + (i >> 7));
    }
    for (uint32_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        errors[i] = (int16_t)((int32_t)(i * 1033u % (2u * FQT_ERROR_MAX + 1u)) - FQT_ERROR_MAX);
    }
    for (uint32_t i = 0; i < ROWS_MAX / 4; i++) {
        quarter[i] = (uint16_t)(4u * i + 1u);
    }
    count_start();
    overhead = count_stop();
    measure(&kernel_set_c);
#ifdef __ARM_FEATURE_DSP
    measure(&kernel_set_dsp);
#endif
#ifdef __ARM_FEATURE_MVE
    measure(&kernel_set_mve);
#endif
    semihosting_exit(0);
}
