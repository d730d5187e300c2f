/*
 * Limits of the learner. A model inside them is planned by plan.h, which also proves that no int32
 * accumulator of that model can overflow; everything else is refused with the reason.
 */
#ifndef FQT_CORE_LIMITS_H
#define FQT_CORE_LIMITS_H

#define FQT_WINDOW       512 /* raw int16 samples per window of the bearing models */
#define FQT_FEATURES_MAX 64  /* codes of core/features.h */

#define FQT_STEPS_MAX   12    /* layers of a model, pools included */
#define FQT_LAYERS_MAX  8     /* layers with weights: budgets, counters and reports number these */
#define FQT_ROWS_MAX    1024  /* structures (filters, rows, channels) of a layer */
#define FQT_INPUTS_MAX  4096  /* weights of one structure */
#define FQT_SIDE_MAX    4096  /* height, width or channels of a tensor */
#define FQT_TENSOR_MAX  65535 /* elements of a tensor */
#define FQT_CLASSES_MAX 64
#define FQT_BATCH_MAX   64 /* samples of one minibatch */
#define FQT_ARENA_MAX   (16u << 20)

/* Largest centred codes: weights and activations 0..255 minus a zero point; errors of the fine
 * mode. */
#define FQT_CODE_MAX  255
#define FQT_ERROR_MAX 2047

/* A bias stays within +-FQT_BIAS_MAX; with a dot product below 2^30 the sum stays below 2^31. */
#define FQT_BIAS_MAX 0x3fffffff

#endif
