/*
 * The learner's model in floating point: what the quantised learner approximates. Host only: tests,
 * pre-training and the evaluation. It allocates, uses libm, and is as simple as it can be.
 *
 *     struct reference *net = reference_open(&spec, seed);
 *     reference_learn(net, x, label);  ... a batch of them
 *     reference_adam(net, &adam);      ... or reference_step: the device's own rule
 *
 * One network is used by one thread at a time.
 */
#ifndef REFERENCE_H
#define REFERENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/spec.h"

/* float for the evaluation; the unit tests build it in double, for finite differences. */
#ifndef REFERENCE_REAL
#define REFERENCE_REAL float
#endif
typedef REFERENCE_REAL ref_real;

struct ref_shape {
    uint32_t h;
    uint32_t w;
    uint32_t c;
};

/* A layer; parameters of a layer without weights are empty. */
struct ref_layer {
    enum fqt_layer_kind kind;
    bool relu;
    uint32_t kernel_h; /* of a global pool: the whole input */
    uint32_t kernel_w;
    uint32_t stride_h;
    uint32_t stride_w;
    uint32_t pad_h;
    uint32_t pad_w;
    struct ref_shape in; /* of a linear layer: one position with all inputs as channels */
    struct ref_shape out;
    int32_t weight_layer; /* number among the layers with weights, -1 without */
    uint32_t rows;        /* structures: filters, neurons, channels */
    uint32_t inputs;      /* weights of a row */
    ref_real *weight;     /* [rows][inputs]; a filter is [kernel h][kernel w][channels] */
    ref_real *bias;       /* [rows] */
    ref_real *weight_gradient;
    ref_real *bias_gradient;
    ref_real *deviation; /* [rows] moving deviation of the row's gradient, 0 = none yet */
    ref_real *moment;    /* Adam: [rows * inputs + rows] */
    ref_real *square;
    ref_real *output; /* of the last forward pass */
    ref_real *error;  /* loss by output, before the ReLU's mask */
    ref_real low;     /* outputs seen by reference_observe; 0 is always among them */
    ref_real high;
    uint32_t *source; /* max pooling: where each output came from */
};

struct reference {
    uint32_t layers;
    uint32_t weight_layers;
    uint32_t inputs;
    uint32_t classes;
    uint32_t first_trainable; /* weight layers below it keep their values */
    uint32_t batch;           /* samples in the gradients */
    uint64_t adam_steps;
    ref_real *x; /* input of the last forward pass */
    ref_real *patch;
    ref_real *patch_error;
    struct ref_layer layer[FQT_STEPS_MAX];
};

struct ref_adam {
    ref_real rate;
    ref_real decay; /* of the weights, per step, decoupled; 0 = none */
};

/* NULL if a layer does not fit its input or memory runs out; weights are He-uniform from seed. */
struct reference *reference_open(const struct fqt_model_spec *spec, uint64_t seed);
void reference_free(struct reference *net);

/* The layer with that number among those with weights. */
struct ref_layer *reference_weight_layer(struct reference *net, uint32_t weight_layer);

/* Logits of one sample, valid until the next call. */
const ref_real *reference_forward(struct reference *net, const ref_real *x);

/* Forward; widens every layer's range of outputs to what it sees. */
void reference_observe(struct reference *net, const ref_real *x);

/* Forward, loss; adds the gradients of the trainable layers. Returns the cross-entropy loss. */
ref_real reference_learn(struct reference *net, const ref_real *x, uint32_t label);

/* Class with the largest logit. */
uint32_t reference_predict(struct reference *net, const ref_real *x);

/* Adam (Kingma and Ba 2015) with the mean gradient of the batch; empties the gradients. */
void reference_adam(struct reference *net, const struct ref_adam *adam);

/*
 * The device's rule, per row: w - rate * (g - mean) / (deviation + floor), the bias without the
 * mean. Empties the gradients.
 */
void reference_step(struct reference *net, ref_real rate);

/* Drops gradients, Adam's moments and the rows' deviations. */
void reference_reset(struct reference *net);

#endif
