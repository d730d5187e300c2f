/*
 * A model as a value: layers and shapes, no weights. Const data; firmware/models/<name>.model is
 * turned into one of these, a third party's model is one more.
 *
 * Tensors are channels-last: element (y, x, c) at (y * width + x) * channels + c. A one-dimensional
 * signal has height 1. Weights are [structures][weights of one structure]: a filter's weights in
 * the order (ky, kx, c), a depthwise channel's in the order (ky, kx), a linear row's in the order
 * of its input. Softmax cross-entropy follows the last layer, which is linear and has no ReLU.
 */
#ifndef FQT_CORE_SPEC_H
#define FQT_CORE_SPEC_H

#include <stdbool.h>
#include <stdint.h>

#include "core/limits.h"

enum fqt_layer_kind {
    FQT_LINEAR = 0, /* reads the whole tensor below it; out_channels rows */
    FQT_CONV = 1,
    FQT_DEPTHWISE = 2, /* one filter per channel; out_channels: those below, or 0 */
    FQT_AVG_POOL = 3,  /* over the window's full area; no padding in pools */
    FQT_MAX_POOL = 4,
    FQT_GLOBAL_AVG_POOL = 5,
    FQT_GLOBAL_MAX_POOL = 6,
};

enum fqt_input_kind {
    FQT_INPUT_SPECTRA = 1, /* 512 int16 samples -> 64 codes of features.h */
    FQT_INPUT_WINDOW = 2,  /* in_h * in_w * in_c int16 samples -> as many codes, see window.h */
    FQT_INPUT_CODES = 3,   /* uint8 codes from the caller: input_scale * (code - input_zero) */
};

enum fqt_mode {
    FQT_MODE_UINT8 = 0, /* weights, activations and errors of 8 bits, one scale per tensor */
    FQT_MODE_FINE = 1,  /* see README.md: what it adds and what that costs */
};

struct fqt_layer_spec {
    uint8_t kind; /* enum fqt_layer_kind */
    bool relu;    /* of a layer with weights */
    uint16_t out_channels;
    uint8_t kernel_h; /* kernel, stride and padding of convolutions, depthwise layers and pools; */
    uint8_t kernel_w; /* 0 for linear layers and global pools */
    uint8_t stride_h;
    uint8_t stride_w;
    uint8_t pad_h; /* on both sides, smaller than the kernel */
    uint8_t pad_w;
};

struct fqt_model_spec {
    const char *name;
    uint8_t input;  /* enum fqt_input_kind */
    uint8_t mode;   /* enum fqt_mode */
    uint8_t frozen; /* this many layers with weights stay where fqt_load was given them (flash) */
    uint8_t layer_count; /* pools included */
    uint16_t batch_max;  /* largest minibatch a budget may ask for; costs RAM, 1..FQT_BATCH_MAX */
    uint16_t in_h;
    uint16_t in_w;
    uint16_t in_c;
    uint8_t input_zero; /* FQT_INPUT_CODES only */
    float input_scale;  /* FQT_INPUT_CODES only */
    float window_step;  /* FQT_INPUT_WINDOW only: samples per code; 0: by each window's deviation */
    struct fqt_layer_spec layers[FQT_STEPS_MAX];
};

#endif
