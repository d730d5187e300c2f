/*
 * Static maxima of the learner. Run-time dimensions stay inside them; fqt_init and fqt_load refuse
 * anything larger. Every overflow bound in this folder is derived from these numbers.
 */
#ifndef FQT_CORE_LIMITS_H
#define FQT_CORE_LIMITS_H

#define FQT_WINDOW       512 /* raw int16 samples per window */
#define FQT_FEATURES_MAX 64  /* inputs of the first layer */
#define FQT_WIDTH_MAX    64  /* inputs or outputs of any layer */
#define FQT_CLASSES_MAX  16  /* outputs of the last layer */
#define FQT_LAYERS_MAX   4
#define FQT_BATCH_MAX    64 /* samples of one minibatch */

/* Three full hidden layers and the classifier. */
#define FQT_WEIGHTS_MAX (3 * FQT_WIDTH_MAX * FQT_WIDTH_MAX + FQT_WIDTH_MAX * FQT_CLASSES_MAX)
#define FQT_ROWS_MAX    (3 * FQT_WIDTH_MAX + FQT_CLASSES_MAX)

/*
 * int32 accumulators: |code - zero point| <= 255, so one product is <= 65,025 and a dot product
 * over FQT_WIDTH_MAX terms <= 4.2e6; a weight gradient over FQT_BATCH_MAX samples the same. A bias
 * is kept within +-FQT_BIAS_MAX, so bias + dot product stays below 2^31.
 */
#define FQT_BIAS_MAX 0x3fffffff

#endif
