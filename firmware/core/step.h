/*
 * The stages of one training step, in the order learner.c runs them. Inside core/ and its tests
 * only.
 *
 *   forward -> softmax -> [ error at the output -> select rows -> weight gradient -> error product
 * ] for each trainable layer from the last down
 *   ... and after the last sample of a minibatch: update.
 */
#ifndef FQT_CORE_STEP_H
#define FQT_CORE_STEP_H

#include "core/learner.h"

/* Quantisation of the input of a layer: the features', or the outputs' of the layer below. */
struct fqt_quant fqt_input_quant(const struct fqt_learner *learner, uint32_t index);

/* Fills x[], acc_max[], clipped[]; leaves the logits as real numbers in value[]. Returns MACs. */
uint64_t fqt_forward(struct fqt_learner *learner, const uint8_t *features);

/* value[]: logits -> probabilities. Returns the loss -ln p(target), 0..16 nat. */
float fqt_softmax(float *value, uint32_t classes, uint32_t target);

uint32_t fqt_largest(const float *value, uint32_t n);

/* Gradient statistics of one sample from the error in value[] (real numbers) and the layer's input.
 */
void fqt_measure_gradient(struct fqt_learner *learner, uint32_t index);

/*
 * One layer of the backward pass; value[] holds the error at its output and receives the error at
 * its input when index > first_trainable_layer. Returns MACs.
 */
uint64_t fqt_backward_layer(struct fqt_learner *learner, uint32_t index);

/* Number of rows a sample may train: max(floor((lmin + ratio (lmax - lmin)) n), 1). */
uint32_t fqt_rows_to_train(uint16_t lambda_min_milli, uint16_t lambda_max_milli, uint32_t ratio_q16,
                           uint32_t rows);

/* The k rows with the largest |e|, lower index first among equals; ascending in selected[]. */
void fqt_select_rows(const int16_t *e, uint32_t rows, uint32_t k, uint8_t *selected);

/* Closes the minibatch: weights, biases, ranges, scales of every trainable layer. */
void fqt_update(struct fqt_learner *learner);

/* Range of the stored weights; also sets their norm in the counters. */
struct fqt_range fqt_measure_weights(struct fqt_learner *learner, uint32_t index);

/* Empties the gradient accumulators and the ranges seen. */
void fqt_drop_batch(struct fqt_learner *learner);

#endif
