/*
 * What a device reports about its training. All sums are cumulative since fqt_init and exact
 * integers (fixed point, order-free); only fields named window_* are since the last
 * fqt_window_restart.
 *
 * Units: _q12 = 2^-12 nat, _q15 = 2^-15, _q24 = 2^-24, _q30 = 2^-30. Each term is truncated to its
 * unit and saturated (losses at 16 nat, squared norms and gradients at FQT_TERM_MAX_Q24) before it
 * is added.
 */
#ifndef FQT_CORE_COUNTERS_H
#define FQT_CORE_COUNTERS_H

#include <stdint.h>

#include "core/limits.h"

#define FQT_LOSS_MAX_Q12       (16u << 12)
#define FQT_CONFIDENCE_MAX_Q15 32768u
#define FQT_TERM_MAX_Q24                                                                           \
    ((uint64_t)1 << 40) /* 65,536.0: 2^24 saturated terms still fit in 64 bits */

/*
 * One layer. gradient_* are gradients of single samples (the full outer product error x input,
 * before partial selection and standardisation): independent of batch size, lambda and learning
 * rate. A sample counts where an error was available: the last layer for every sample, also while
 * training is off (without a label the error is taken towards the prediction); lower layers for
 * trained samples. step_gradient_* are the minibatch means that updates used, before
 * standardisation, over the elements they visited (codes_visited of them).
 */
struct fqt_layer_counters {
    uint64_t gradient_samples;        /* samples whose gradient entered the two fields below */
    uint64_t gradient_sq_sum_q24;     /* sum of ||g||^2 */
    uint64_t window_gradient_max_q24; /* largest |component of g| of the window */
    int64_t step_gradient_sum_q24;
    uint64_t step_gradient_sq_sum_q24;

    uint64_t updates;           /* weight updates (closed minibatches) */
    uint64_t update_sq_sum_q24; /* sum over updates of ||dw||^2, as stored (after rounding) */
    uint64_t weight_sq_q24;     /* ||w||^2 now: a level, not a sum */
    uint64_t codes_changed;     /* weight codes that a gradient step changed ... */
    uint64_t
        codes_visited; /* ... out of those it visited and stored (rows selected at least once) */
    uint64_t
        structures_updated; /* rows selected by partial updates, summed over trained samples ... */
    uint64_t structures_offered; /* ... out of rows times trained samples */

    /* Saturated = the value lay outside the code range and was clamped (features: code is 0 or
     * 255). */
    uint64_t x_saturated; /* input of this layer */
    uint64_t x_codes;
    uint64_t e_saturated; /* error at the output of this layer */
    uint64_t e_codes;
    uint64_t w_saturated; /* weights stored by gradient steps, out of codes_visited */
};

struct fqt_input_counters {
    uint64_t n; /* raw samples, FQT_WINDOW per window */
    int64_t sum;
    uint64_t sq_sum;
    int16_t window_min; /* INT16_MAX while the window is empty */
    int16_t window_max; /* INT16_MIN while the window is empty */
};

struct fqt_counters {
    uint64_t samples;      /* every call of fqt_learn */
    uint64_t labelled;     /* those with a label */
    uint64_t correct;      /* labelled, and the prediction before training equals the label */
    uint64_t trained;      /* those that entered a minibatch, pseudo-labelled ones included */
    uint64_t pseudo;       /* those trained on a pseudo-label */
    uint64_t updates;      /* closed minibatches */
    uint64_t loss_sum_q12; /* labelled samples only */
    uint64_t loss_sq_sum_q24;
    uint32_t window_loss_min_q12; /* UINT32_MAX while no labelled sample came */
    uint32_t window_loss_max_q12; /* 0 while no labelled sample came */
    uint64_t confidence_sum_q15;  /* largest class probability, every sample */
    uint64_t confidence_sq_sum_q30;
    uint64_t mac_forward;  /* multiply-accumulates of the dense products really executed */
    uint64_t mac_backward; /* weight gradients, error products and weight steps really executed */
    struct fqt_input_counters input;
    struct fqt_layer_counters layer[FQT_LAYERS_MAX];
};

void fqt_counters_clear(struct fqt_counters *counters);

/* Starts a new report window: only the window_* fields change. */
void fqt_window_restart(struct fqt_counters *counters);

/* Adds n raw samples; called by fqt_learn_window. |sum| < 2^63 for 2^48 samples. */
void fqt_count_input_s16(struct fqt_input_counters *input, const int16_t *samples, uint32_t n);

#endif
