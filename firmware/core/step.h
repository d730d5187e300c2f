/*
 * The stages of one training step, in the order learner.c runs them. Inside core/ and its tests
 * only.
 *
 *   forward -> softmax -> [ settle the error at the output -> select structures -> weight gradient
 * -> error product -> pools backward ] for each trainable layer from the last down
 *   ... and after the last sample of a minibatch: update.
 */
#ifndef FQT_CORE_STEP_H
#define FQT_CORE_STEP_H

#include "core/arith.h"
#include "core/learner.h"

/* One structure of a trainable layer. */
struct fqt_row {
    float deviation; /* moving deviation of the structure's gradient; 0 = none yet */
    int32_t bias_gradient;
    uint16_t error_factor_q15; /* fine mode: its weight scale / the layer's largest */
    uint8_t fill;              /* samples of the open minibatch that selected it */
    uint8_t shift;             /* convolutions: its gradient buffer is in units of 2^shift */
};

/* In kept_errors: the sample did not select this row. */
#define FQT_NOT_SELECTED INT16_MIN

/* Scratch of each stage, as offsets from plan->forward or plan->backward. */
struct fqt_forward_work {
    uint32_t patches; /* uint8 [block][patch], unless patches lie contiguous */
    uint32_t acc;     /* int32 [block][rows] */
    uint32_t bytes;
};

struct fqt_gradient_work {
    uint32_t gradient; /* int32 [FQT_ROW_BLOCK][inputs]; depthwise: [rows][inputs] */
    uint32_t errors;   /* int16 [positions, samples or block][FQT_ROW_BLOCK or rows] */
    uint32_t patches;  /* uint8 [block][patch], unless patches lie contiguous */
    uint32_t row;      /* int16 [inputs] */
    uint32_t bytes;
};

struct fqt_error_work {
    uint32_t window; /* int32 [units][unit]: accumulators not final yet */
    uint32_t patch;  /* int32 [patch], planes only */
    uint32_t errors; /* int16 [block][rows] */
    uint32_t bytes;
    /* A unit is one position of a line, or one line of a plane, padding included. */
    uint32_t units;
    uint32_t unit;
};

struct fqt_forward_work fqt_forward_work(const struct fqt_plan *plan, uint32_t index);
struct fqt_gradient_work fqt_gradient_work(const struct fqt_plan *plan, uint32_t index);
struct fqt_error_work fqt_error_work(const struct fqt_plan *plan, uint32_t index);

/* Codes of one patch. */
static inline uint32_t fqt_patch_codes(const struct fqt_step *step) {
    return (uint32_t)step->kernel_h * step->kernel_w * step->in.c;
}

static inline uint32_t fqt_elements(const struct fqt_shape *shape) {
    return (uint32_t)shape->h * shape->w * shape->c;
}

/* Copies the patches of `count` output positions from `first` on; outside the input: pad. */
void fqt_gather(const struct fqt_step *step, const uint8_t *x, uint8_t pad, uint32_t first,
                uint32_t count, uint8_t *patches);

/* Quantisation of the input of a layer with weights, pools in between included. */
struct fqt_quant fqt_input_quant(const struct fqt_learner *learner, uint32_t index);

/* Input codes of a step; of the lowest one the sample's. */
const uint8_t *fqt_step_input(const struct fqt_learner *learner, uint32_t step,
                              const uint8_t *codes);

/* Runs every layer; leaves the logits as real numbers in plan->values. */
void fqt_forward(struct fqt_learner *learner, const uint8_t *codes);

/* logits -> probabilities in place. Returns the loss -ln p(target), 0..16 nat. */
float fqt_softmax(float *value, uint32_t classes, uint32_t target);

uint32_t fqt_largest(const float *value, uint32_t n);

void fqt_pool_forward(struct fqt_learner *learner, uint32_t step, const uint8_t *x);

/* Errors at the output of a pool -> errors at its input, both as raw codes. */
void fqt_pool_backward(struct fqt_learner *learner, uint32_t step, const uint8_t *x);

/* Gradient statistics of one sample of the last layer from the error in plan->values. */
void fqt_measure_last_gradient(struct fqt_learner *learner, const uint8_t *codes);

/* All trainable layers from the last down; plan->values holds the error of the logits. */
void fqt_backward(struct fqt_learner *learner, const uint8_t *codes);

/* Number of structures a sample may train: max(floor((lmin + ratio (lmax - lmin)) n), 1). */
uint32_t fqt_rows_to_train(uint16_t lambda_min_milli, uint16_t lambda_max_milli, uint32_t ratio_q16,
                           uint32_t rows);

/* The k structures of largest magnitude, lower index first among equals; ascending in selected[].
 */
void fqt_select_rows(const int32_t *magnitude, uint32_t rows, uint32_t k, uint16_t *selected);

/*
 * Weight gradient of one sample for the selected structures. Convolutions: computed now and folded
 * into the minibatch. Linear: input and error are kept until the minibatch is closed.
 */
void fqt_add_gradient(struct fqt_learner *learner, uint32_t index, const uint8_t *x,
                      uint32_t count);

/*
 * Linear layers, at the end of a minibatch: gradients of up to FQT_ROW_BLOCK rows into the scratch
 * of fqt_gradient_work.
 */
void fqt_kept_gradient(struct fqt_learner *learner, uint32_t index, const uint16_t *rows,
                       uint32_t count);

/* Closes the minibatch: weights, biases, ranges, scales of every trainable layer. */
void fqt_update(struct fqt_learner *learner);

/* Range of the stored weights; also sets their norm in the counters. */
struct fqt_range fqt_measure_weights(struct fqt_learner *learner, uint32_t index);

/* Quantisations of output, pooled output and error from their ranges. */
void fqt_refresh_quants(struct fqt_learner *learner, uint32_t index);

/* Forward multipliers and error factors from scales; after the quantisations of all layers. */
void fqt_refresh_multipliers(struct fqt_learner *learner, uint32_t index);

/* Quantisation of errors: 8 bits as everything else, or 12 bits around 0. */
struct fqt_quant fqt_error_quant_of(const struct fqt_learner *learner,
                                    const struct fqt_range *range);

/* Empties the gradient accumulators and the ranges seen. */
void fqt_drop_batch(struct fqt_learner *learner);

#endif
