/*
 * The learner: one sample in, one prediction out, weights trained in place in uint8.
 * All state is in the caller's struct fqt_learner and arena; no globals, no allocation, no
 * recursion. One learner is used by one thread at a time; any number may run side by side.
 *
 * Typical use:
 *     fqt_plan(&spec, &plan, &problem)               shapes, bounds, arena size (or const data)
 *     fqt_init(&learner, &plan, arena, seed);        random weights
 *     fqt_load(&learner, layers, n);                 ... or a trained model
 *     fqt_configure(&learner, &config);
 *     fqt_learn_window(&learner, samples, label, &result);   per window
 *     learner.counters                               what to report
 */
#ifndef FQT_CORE_LEARNER_H
#define FQT_CORE_LEARNER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/counters.h"
#include "core/features.h"
#include "core/model.h"
#include "core/plan.h"
#include "core/status.h"

#define FQT_NO_LABEL              (-1)
#define FQT_LEARNING_RATE_MAX_Q20 (1u << 20)
#define FQT_ARENA_ALIGN           8u

struct fqt_config {
    bool training;                  /* false: weights and ranges are frozen, counters still move */
    uint16_t lambda_min_milli;      /* 0..lambda_max_milli */
    uint16_t lambda_max_milli;      /* 0..1000 */
    uint8_t first_trainable_layer;  /* plan.frozen..layers-1; layers below run forward only */
    uint32_t learning_rate_q20;     /* 1..2^20, units 2^-20 */
    uint16_t batch_size;            /* 1..plan.batch_max */
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

/* Bookkeeping of one layer with weights. */
struct fqt_layer {
    const uint8_t *codes; /* in the arena, or where fqt_load found them (frozen) */
    const int32_t *bias;
    const float *row_scale; /* fine mode, else NULL */
    struct fqt_quant weight_quant;
    struct fqt_quant output_quant; /* of the activations; the logits are not quantised */
    struct fqt_quant pooled_quant; /* behind an average pool; = output_quant without one */
    struct fqt_quant error_quant;  /* fine mode: zero = 0 and |code| <= FQT_ERROR_MAX */
    struct fqt_range weight_range;
    struct fqt_range output_range;
    struct fqt_range pooled_range;
    struct fqt_range error_range;
    struct fqt_range output_seen; /* of the open minibatch */
    struct fqt_range pooled_seen;
    struct fqt_range error_seen;
    float error_mean_max; /* e_max of the partial-update rule; 0 = not seen yet */
};

/* Codes of one sample before they were clamped to 0..255. */
struct fqt_seen {
    int32_t min;
    int32_t max;
    uint32_t clipped;
};

struct fqt_learner {
    const struct fqt_plan *plan;
    uint8_t *arena;
    struct fqt_config config;
    float learning_rate;   /* config.learning_rate_q20 as a real number */
    uint64_t seed;         /* of random weights and stochastic rounding */
    uint32_t update_count; /* since random weights, saturated; UINT32_MAX: weights were loaded */
    uint16_t batch_fill;   /* samples in the open minibatch */
    uint16_t nth_phase;    /* samples since the last trained one */
    bool loaded;           /* false: frozen layers have no weights yet */
    struct fqt_counters counters;
    struct fqt_layer layer[FQT_LAYERS_MAX];
    struct fqt_seen output_seen[FQT_LAYERS_MAX]; /* of the last forward pass */
    struct fqt_seen pooled_seen[FQT_LAYERS_MAX];
    struct fqt_range logits; /* of the last forward pass */
};

/*
 * Random weights (He-uniform from the seed), zero counters, fqt_config_default as configuration
 * (training starts at the first layer that is not frozen). The arena has plan->arena_bytes bytes,
 * aligned to FQT_ARENA_ALIGN; its content need not be cleared.
 */
void fqt_init(struct fqt_learner *learner, const struct fqt_plan *plan, void *arena, uint64_t seed);

/*
 * Replaces weights and ranges; drops the open minibatch, gradient moments and e_max. Counters, seed
 * and configuration stay. layer_count and dimensions are those of the plan. Trainable layers are
 * copied, frozen ones used in place.
 */
enum fqt_status fqt_load(struct fqt_learner *learner, const struct fqt_layer_state *layers,
                         uint8_t layer_count);

/* View of one layer (index < plan->layers) for export; valid until the next call that trains. */
void fqt_layer_export(const struct fqt_learner *learner, uint8_t index,
                      struct fqt_layer_state *state);

/* Training on, lambda 1..1, all layers, the measured default rate and batch, labelled samples only.
 */
struct fqt_config fqt_config_default(void);

/* Checks, then applies. The open minibatch is dropped; weights and counters stay. */
enum fqt_status fqt_configure(struct fqt_learner *learner, const struct fqt_config *config);

/* Forgets the largest mean error of every layer, so that the next sample updates lambda_max of the
 * structures. */
void fqt_reset_error_max(struct fqt_learner *learner);

/* Int16 samples that fqt_learn_window reads: 512 for spectra, the input size for windows, else 0.
 */
uint32_t fqt_window_samples(const struct fqt_plan *plan);

/* Codes and input statistics of one window, then fqt_learn. */
enum fqt_status fqt_learn_window(struct fqt_learner *learner, const int16_t *samples, int label,
                                 struct fqt_result *result);

/* The codes of one window, as fqt_learn_window makes them; plan->input_count of them. They may be
 * given to fqt_learn or fqt_predict. Returns NULL for a model that reads codes. */
const uint8_t *fqt_window_codes(struct fqt_learner *learner, const int16_t *samples);

/* One sample of plan->input_count codes; label 0..classes-1 or FQT_NO_LABEL. */
enum fqt_status fqt_learn(struct fqt_learner *learner, const uint8_t *codes, int label,
                          struct fqt_result *result);

/* Forward only: no counter, range or weight changes. label only for the loss. */
enum fqt_status fqt_predict(struct fqt_learner *learner, const uint8_t *codes, int label,
                            struct fqt_result *result);

/* FNV-1a 64 over dimensions, codes, weight scales and zero points, biases (little-endian bytes). */
uint64_t fqt_weights_hash(const struct fqt_learner *learner);

#endif
