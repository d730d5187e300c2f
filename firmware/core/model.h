/*
 * The trainable state as a value: what a model page carries, what is exported and imported.
 * A quantised value is scale * (code - zero), code 0..255.
 */
#ifndef FQT_CORE_MODEL_H
#define FQT_CORE_MODEL_H

#include <stdint.h>

#include "core/limits.h"

struct fqt_shape {
    uint8_t layers;                    /* 1..FQT_LAYERS_MAX */
    uint8_t width[FQT_LAYERS_MAX + 1]; /* width[0] features, ..., width[layers] classes (>= 2) */
};

/* Moving range of the values produced; contains 0. min == max == 0: nothing seen yet. */
struct fqt_range {
    float min;
    float max;
};

struct fqt_quant {
    float scale;  /* finite, > 0 */
    int32_t zero; /* 0..255 */
};

/* One linear layer as exported. The arrays belong to the learner (export) or to the caller
 * (import). */
struct fqt_layer_state {
    uint8_t inputs;
    uint8_t outputs;
    struct fqt_quant weight_quant;
    struct fqt_range weight_range; /* moving range of the weights */
    struct fqt_range output_range; /* moving range of the activations (logits in the last layer) */
    struct fqt_range error_range;  /* moving range of the error at the output */
    const uint8_t *weights;        /* [outputs][inputs] codes */
    const int32_t *bias;           /* [outputs], scale = input scale * weight scale, zero 0 */
};

#endif
