/*
 * The same network in double precision with exact gradients: what the quantised learner
 * approximates. It knows the learner only through fqt_layer_export.
 */
#ifndef TEST_UNIT_FLOAT_TWIN_H
#define TEST_UNIT_FLOAT_TWIN_H

#include "core/learner.h"

struct twin_layer {
    uint32_t inputs;
    uint32_t outputs;
    double weight[FQT_WIDTH_MAX][FQT_WIDTH_MAX];
    double bias[FQT_WIDTH_MAX];
    double weight_gradient[FQT_WIDTH_MAX][FQT_WIDTH_MAX];
    double bias_gradient[FQT_WIDTH_MAX];
    double x[FQT_WIDTH_MAX]; /* input of the last forward pass */
};

struct twin {
    uint32_t layers;
    struct twin_layer layer[FQT_LAYERS_MAX];
};

/* Dequantised weights and biases; gradients zero. */
void twin_copy(struct twin *twin, const struct fqt_learner *learner);

/* Cross-entropy loss; remembers the inputs of every layer. */
double twin_loss(struct twin *twin, const uint8_t *features, uint32_t label);

/* Adds the gradient of the loss of one sample. */
void twin_add_gradient(struct twin *twin, const uint8_t *features, uint32_t label);

#endif
