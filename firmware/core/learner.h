/*
 * The learner: one sample in, one prediction out, weights trained in place in uint8.
 * All state is in the caller's struct fqt_learner; no globals, no allocation, no recursion. One
 * learner is used by one thread at a time; any number of learners may run side by side.
 *
 * Typical use:
 *     fqt_init(&learner, &shape, seed);             random weights
 *     fqt_load(&learner, layers, n);                ... or a trained model
 *     fqt_configure(&learner, &config);
 *     fqt_learn_window(&learner, samples, label, &result);   per window
 *     learner.counters                              what to report
 */
#ifndef FQT_CORE_LEARNER_H
#define FQT_CORE_LEARNER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/counters.h"
#include "core/features.h"
#include "core/limits.h"
#include "core/model.h"
#include "core/status.h"

#define FQT_NO_LABEL              (-1)
#define FQT_LEARNING_RATE_MAX_Q20 (1u << 20)

struct fqt_config {
    bool training;                  /* false: weights and ranges are frozen, counters still move */
    uint16_t lambda_min_milli;      /* 0..lambda_max_milli */
    uint16_t lambda_max_milli;      /* 0..1000 */
    uint8_t first_trainable_layer;  /* 0..layers-1; layers below run forward only */
    uint32_t learning_rate_q20;     /* 1..2^20, units 2^-20 */
    uint16_t batch_size;            /* 1..FQT_BATCH_MAX */
    uint16_t train_every_nth;       /* 1 = every sample that may be trained on */
    uint16_t pseudo_confidence_q15; /* 0 = train on labelled samples only; else 1..32768 */
};

struct fqt_result {
    uint8_t prediction;      /* before training on this sample */
    bool trained;            /* the sample entered the minibatch */
    bool updated;            /* it closed the minibatch: weights may have changed */
    uint16_t confidence_q15; /* probability of the prediction, 0..32768 */
    uint32_t loss_q12;       /* -ln p(label) with a label, -ln p(prediction) without; <= 16 nat */
};

/* Bookkeeping of one layer; its arrays are slices of the pools in struct fqt_learner. */
struct fqt_layer {
    uint8_t inputs;
    uint8_t outputs;
    uint16_t weight_offset; /* into codes[] and gradient[] */
    uint16_t row_offset;    /* into the per-row pools */
    struct fqt_quant weight_quant;
    struct fqt_quant
        output_quant; /* of the activations; the last layer's logits are not quantised */
    struct fqt_quant error_quant;
    struct fqt_range weight_range;
    struct fqt_range output_range;
    struct fqt_range error_range;
    struct fqt_range output_seen; /* of the open minibatch */
    struct fqt_range error_seen;
    float error_mean_max; /* e_max of the partial-update rule; 0 = not seen yet */
};

struct fqt_learner {
    struct fqt_shape shape;
    struct fqt_config config;
    float learning_rate;   /* config.learning_rate_q20 as a real number */
    uint64_t seed;         /* of stochastic rounding */
    uint32_t update_count; /* counter of the rounding stream, wraps harmlessly */
    uint16_t batch_fill;   /* samples in the open minibatch */
    uint16_t nth_phase;    /* samples since the last trained one */
    struct fqt_counters counters;
    struct fqt_layer layer[FQT_LAYERS_MAX];

    /* Scratch of one sample. Codes are held centred: code - zero point. */
    int16_t x[FQT_LAYERS_MAX][FQT_WIDTH_MAX]; /* input of each layer */
    int16_t e[FQT_WIDTH_MAX];                 /* error at the output of the current layer */
    float value[FQT_WIDTH_MAX];               /* logits, probabilities, error before quantisation */
    int32_t acc[FQT_WIDTH_MAX];
    int32_t acc_max[FQT_LAYERS_MAX];  /* largest output accumulator of each layer, >= 0 */
    uint16_t clipped[FQT_LAYERS_MAX]; /* activations that were clamped, by producing layer */
    uint8_t selected[FQT_WIDTH_MAX];  /* rows chosen by the partial update, ascending */

    struct fqt_feature_work work;

    /* Pools, filled from the front: a small model touches only the first part of each. */
    int32_t bias[FQT_ROWS_MAX];
    int32_t bias_gradient[FQT_ROWS_MAX];
    uint16_t row_fill[FQT_ROWS_MAX];   /* samples of the open minibatch that selected the row */
    float row_deviation[FQT_ROWS_MAX]; /* moving deviation of the row's gradient; 0 = none yet */
    uint8_t codes[FQT_WEIGHTS_MAX];
    int32_t gradient[FQT_WEIGHTS_MAX];
};

/* Random weights (He-uniform from the seed), zero counters, fqt_config_default as configuration. */
enum fqt_status fqt_init(struct fqt_learner *learner, const struct fqt_shape *shape, uint64_t seed);

/*
 * Replaces shape, weights and ranges; drops the open minibatch, gradient moments and e_max.
 * Counters, seed and configuration stay (first_trainable_layer must still exist, else
 * FQT_BAD_CONFIG).
 */
enum fqt_status fqt_load(struct fqt_learner *learner, const struct fqt_layer_state *layers,
                         uint8_t layer_count);

/* View of one layer (index < shape.layers) for export; valid until the next call that trains. */
void fqt_layer_export(const struct fqt_learner *learner, uint8_t index,
                      struct fqt_layer_state *state);

/* Training on, lambda 1..1, all layers, the measured default rate and batch, labelled samples only.
 */
struct fqt_config fqt_config_default(void);

/* Checks, then applies. The open minibatch is dropped; weights and counters stay. */
enum fqt_status fqt_configure(struct fqt_learner *learner, const struct fqt_config *config);

/* Forgets the largest mean error of every layer, so that the next sample updates lambda_max of the
 * rows. */
void fqt_reset_error_max(struct fqt_learner *learner);

/* Features and input statistics of one window, then fqt_learn. Needs shape.width[0] == 64. */
enum fqt_status fqt_learn_window(struct fqt_learner *learner, const int16_t samples[FQT_WINDOW],
                                 int label, struct fqt_result *result);

/* One sample of shape.width[0] feature codes; label 0..classes-1 or FQT_NO_LABEL. */
enum fqt_status fqt_learn(struct fqt_learner *learner, const uint8_t *features, int label,
                          struct fqt_result *result);

/* Forward only: no counter, range or weight changes. label only for the loss. */
enum fqt_status fqt_predict(struct fqt_learner *learner, const uint8_t *features, int label,
                            struct fqt_result *result);

/* FNV-1a 64 over shape, codes, weight scales and zero points, biases (little-endian bytes). */
uint64_t fqt_weights_hash(const struct fqt_learner *learner);

#endif
