/*
 * The trainable state as a value: what a model page carries, what is exported and imported.
 * A quantised value is scale * (code - zero), code 0..255.
 */
#ifndef FQT_CORE_MODEL_H
#define FQT_CORE_MODEL_H

#include <stdint.h>

#include "core/limits.h"

/* Moving range of the values produced; contains 0. min == max == 0: nothing seen yet. */
struct fqt_range {
    float min;
    float max;
};

struct fqt_quant {
    float scale;  /* finite, > 0 */
    int32_t zero; /* 0..255 */
};

/*
 * One layer with weights as exported. The arrays belong to the learner (export) or to the caller
 * (import); those of frozen layers are used in place and must outlive the learner.
 */
struct fqt_layer_state {
    uint16_t rows;   /* structures */
    uint16_t inputs; /* weights per structure */
    struct fqt_quant weight_quant;
    struct fqt_range weight_range; /* moving range of the weights */
    struct fqt_range output_range; /* moving range of the activations (logits in the last layer) */
    struct fqt_range pooled_range; /* ... behind an average pool that follows; 0, 0 without one */
    struct fqt_range error_range;  /* moving range of the error at the output */
    const uint8_t *weights;        /* [rows][inputs] codes */
    const int32_t *bias;           /* [rows], unit: input scale * weight scale of the row */
    const float
        *row_scale; /* fine mode: [rows] weight scales, weight_quant.scale the largest; else NULL */
};

#endif
