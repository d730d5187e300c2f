/* Constants of the method; each was chosen by measurement (README.md, "Choices"). */
#ifndef FQT_CORE_TUNING_H
#define FQT_CORE_TUNING_H

/* Moving ranges, weight of the newest minibatch. */
#define FQT_ALPHA_OUTPUT 0.1f
#define FQT_ALPHA_ERROR  0.1f
#define FQT_ALPHA_WEIGHT 0.05f

/* Weights are requantised when their moving range left the one in force by this part of its span.
 */
#define FQT_WEIGHT_BAND 0.015625f

/* Minibatches smaller than this average the row deviation over about this many samples. */
#define FQT_DEVIATION_SAMPLES 8.0f

/* Floor of the row deviation: below it steps shrink with the gradient, so a converged model rests.
 */
#define FQT_DEVIATION_FLOOR 0.0625f

/* Structures whose weight gradient is computed at a time, and positions per block of a convolution:
 * larger blocks reuse more operands and need more scratch. */
#define FQT_ROW_BLOCK      4u
#define FQT_POSITION_BLOCK 4u

#endif
