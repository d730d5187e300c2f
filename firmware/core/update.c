/*
 * Standardised-gradient SGD on quantised weights, structure by structure:
 *     w <- w - rate * (g - mean) / (deviation + floor)
 * with the mean of the minibatch and a moving deviation of the structure's gradient over its
 * inputs.
 */
#include <string.h>

#include "core/quant.h"
#include "core/step.h"
#include "core/tuning.h"

#define STEP_BITS 20 /* of a weight code */

struct layer_update {
    uint32_t index;
    bool fine;
    uint32_t stream;     /* of stochastic rounding */
    float gradient_unit; /* real gradient of one accumulator unit, averaged over the batch */
    float input_scale;
    struct fqt_range seen; /* weights after the update, before clamping */
    float moved_sq;        /* real sum of squared weight changes */
};

/* Of one structure's gradient over its inputs; counts the step. */
struct moments {
    int32_t sum;     /* of gradient codes: 4,096 * 2^15 = 2^27 */
    float deviation; /* real */
};

/* One structure during its update. */
struct row_step {
    uint32_t row;
    const int16_t *g;
    float unit; /* real gradient of one code of g */
    struct moments moments;
    float rate;  /* learning rate / (deviation + floor) */
    float scale; /* of its weights */
};

static struct fqt_row *rows_of(const struct fqt_learner *learner, uint32_t index) {
    return (struct fqt_row *)(void *)(learner->arena + learner->plan->layer[index].row);
}

static int32_t *bias_of(const struct fqt_learner *learner, uint32_t index) {
    return (int32_t *)(void *)(learner->arena + learner->plan->layer[index].bias);
}

static float *row_scales_of(const struct fqt_learner *learner, uint32_t index) {
    return (float *)(void *)(learner->arena + learner->plan->layer[index].row_scale);
}

/* Sums are exact integers: |g| < 2^15 and n <= 4,096, so n^2 variance < 2^54. */
static struct moments row_moments(struct fqt_layer_counters *counters, const int16_t *g, uint32_t n,
                                  float unit) {
    int32_t sum = 0;
    uint64_t sq = 0;
    for (uint32_t i = 0; i < n; i++) {
        sum += g[i];
        sq += (uint32_t)(g[i] * g[i]);
    }
    const float real_sum = (float)sum * unit;
    counters->step_gradient_sum_q24 +=
        (int64_t)fqt_q24_f32(real_sum) - (int64_t)fqt_q24_f32(-real_sum);
    counters->step_gradient_sq_sum_q24 += fqt_q24_f32(fqt_float_u64(sq) * (unit * unit));
    const uint64_t spread = n * sq - (uint64_t)((int64_t)sum * sum);
    return (struct moments){
        .sum = sum,
        .deviation = fqt_sqrt_f32(fqt_float_u64(spread)) * (unit / (float)n),
    };
}

/* One minibatch of FQT_DEVIATION_SAMPLES speaks for itself, a smaller one only for its share. */
static float follow_deviation(const struct fqt_learner *learner, struct fqt_row *row,
                              float deviation) {
    const float share = (float)learner->batch_fill * (1.0f / FQT_DEVIATION_SAMPLES);
    if (row->deviation == 0.0f || share >= 1.0f) {
        row->deviation = deviation;
    } else {
        row->deviation = row->deviation + share * (deviation - row->deviation);
    }
    return row->deviation;
}

static int32_t bounded_bias(int32_t bias) {
    return bias > FQT_BIAS_MAX ? FQT_BIAS_MAX : bias < -FQT_BIAS_MAX ? -FQT_BIAS_MAX : bias;
}

static void update_bias(struct fqt_learner *learner, const struct layer_update *update,
                        const struct row_step *step) {
    struct fqt_row *row = &rows_of(learner, update->index)[step->row];
    int32_t *bias = &bias_of(learner, update->index)[step->row];
    /* gradient_unit carries one factor input_scale that the bias gradient does not have. */
    const float g = (float)row->bias_gradient * (update->gradient_unit / update->input_scale);
    const int32_t change = fqt_round_f32(g * step->rate / (update->input_scale * step->scale));
    /* bias within +-(2^30 - 1), change within +-2^30 */
    *bias = bounded_bias(*bias - change);
}

/* Uniform 2^-20 parts of a code in [0, 1), by weight; reproducible, and no state. */
static int32_t dither(uint32_t stream, uint32_t weight) {
    return (int32_t)(fqt_random_u32(stream, weight) >> (32 - STEP_BITS));
}

/* A structure whose weights left its range, or use less than 3/8 of it, gets another scale. */
static void fit_row_scale(struct fqt_learner *learner, const struct layer_update *update,
                          uint32_t row, bool saturated, int32_t largest) {
    const struct fqt_layer_plan *layer = &learner->plan->layer[update->index];
    float *scale = &row_scales_of(learner, update->index)[row];
    const float factor = saturated ? 1.25f : largest < 48 ? 0.5f : 1.0f;
    if (factor == 1.0f || *scale * factor < FQT_SPAN_MIN ||
        *scale * factor > FQT_SPAN_MAX / 512.0f) {
        return;
    }
    const int32_t zero = learner->layer[update->index].weight_quant.zero;
    const int32_t ratio = fqt_round_f32((float)(1 << STEP_BITS) / factor); /* <= 2^21 */
    const uint32_t first = row * layer->inputs;
    uint8_t *codes = learner->arena + layer->codes + first;
    for (uint32_t i = 0; i < layer->inputs; i++) {
        const int32_t scaled = (codes[i] - zero) * ratio + dither(~update->stream, first + i);
        const int32_t next = zero + (scaled >> STEP_BITS);
        codes[i] = (uint8_t)(next < 0 ? 0 : next > 255 ? 255 : next);
    }
    int32_t *bias = &bias_of(learner, update->index)[row];
    *bias = bounded_bias(fqt_round_f32((float)*bias / factor));
    *scale = *scale * factor;
}

/*
 * Steps in units of 2^-20 code. centred = n * (g - mean) is below 2^28; a step is at most +-512
 * codes, so everything stays below 2^30. The paper's mode rounds to nearest: a step below half a
 * code is lost. The fine mode rounds stochastically: it is kept on average.
 */
static void step_codes(struct fqt_learner *learner, struct layer_update *update,
                       const struct row_step *step, struct fqt_multiplier to_codes_q20) {
    const struct fqt_layer_plan *layer = &learner->plan->layer[update->index];
    struct fqt_layer_counters *counters = &learner->counters.layer[update->index];
    const int32_t n = layer->inputs;
    const int32_t zero = learner->layer[update->index].weight_quant.zero;
    const uint32_t first = step->row * layer->inputs;
    uint8_t *codes = learner->arena + layer->codes + first;
    uint32_t changed = 0;
    uint32_t saturated = 0;
    uint32_t moved_sq = 0; /* 4,096 * 255^2 < 2^29 */
    int32_t largest = 0;
    for (int32_t i = 0; i < n; i++) {
        const int32_t move = fqt_multiply_s32(n * step->g[i] - step->moments.sum, to_codes_q20);
        const int32_t rounding =
            update->fine ? dither(update->stream, first + (uint32_t)i) : 1 << (STEP_BITS - 1);
        const int32_t next = ((codes[i] << STEP_BITS) - move + rounding) >> STEP_BITS;
        int32_t q = next;
        if (next < 0 || next > 255) {
            q = next < 0 ? 0 : 255;
            saturated++;
            fqt_range_include(&update->seen, (float)(next - zero) * step->scale);
        }
        const int32_t change = q - codes[i];
        const int32_t magnitude = q < zero ? zero - q : q - zero;
        largest = magnitude > largest ? magnitude : largest;
        changed += change != 0;
        moved_sq += (uint32_t)(change * change);
        codes[i] = (uint8_t)q;
    }
    counters->w_saturated += saturated;
    counters->codes_changed += changed;
    update->moved_sq = update->moved_sq + (float)moved_sq * (step->scale * step->scale);
    if (update->fine) {
        fit_row_scale(learner, update, step->row, saturated > 0, largest);
    }
}

/* g: the structure's gradient over the minibatch, in units of gradient_unit * 2^shift. */
static void update_row(struct fqt_learner *learner, struct layer_update *update, uint32_t r,
                       const int16_t *g, uint32_t shift) {
    const struct fqt_layer_plan *layer = &learner->plan->layer[update->index];
    struct fqt_layer_counters *counters = &learner->counters.layer[update->index];
    struct fqt_row *row = &rows_of(learner, update->index)[r];
    struct row_step step = {.row = r, .g = g, .unit = update->gradient_unit * (float)(1u << shift)};
    step.moments = row_moments(counters, g, layer->inputs, step.unit);
    const float deviation = follow_deviation(learner, row, step.moments.deviation);
    step.rate = learner->learning_rate / (deviation + FQT_DEVIATION_FLOOR);
    step.scale = update->fine ? row_scales_of(learner, update->index)[r]
                              : learner->layer[update->index].weight_quant.scale;
    const struct fqt_multiplier to_codes_q20 = fqt_multiplier_f32(
        step.rate / step.scale * (step.unit / (float)layer->inputs) * (float)(1 << STEP_BITS));
    update_bias(learner, update, &step);
    step_codes(learner, update, &step, to_codes_q20);
    counters->codes_visited += layer->inputs;
    learner->counters.mac_backward += layer->inputs;
}

static void close_row(struct fqt_row *row) {
    row->bias_gradient = 0;
    row->fill = 0;
    row->shift = 0;
}

static void update_convolution(struct fqt_learner *learner, struct layer_update *update) {
    const struct fqt_layer_plan *layer = &learner->plan->layer[update->index];
    struct fqt_row *rows = rows_of(learner, update->index);
    int16_t *gradient = (int16_t *)(void *)(learner->arena + layer->gradient);
    for (uint32_t r = 0; r < layer->rows; r++) {
        if (rows[r].fill > 0) {
            int16_t *g = gradient + r * layer->inputs;
            update_row(learner, update, r, g, rows[r].shift);
            memset(g, 0, layer->inputs * sizeof *g);
            close_row(&rows[r]);
        }
    }
}

/* Rounds a row of accumulators to 15 bits; returns the shift. */
static uint32_t narrow(const int32_t *from, uint32_t n, int16_t *to) {
    int32_t largest = 0;
    for (uint32_t i = 0; i < n; i++) {
        const int32_t magnitude = from[i] < 0 ? -from[i] : from[i];
        largest = magnitude > largest ? magnitude : largest;
    }
    uint32_t shift = 0;
    while ((largest >> shift) + 1 > INT16_MAX) {
        shift++;
    }
    const int64_t half = shift == 0 ? 0 : (int64_t)1 << (shift - 1);
    for (uint32_t i = 0; i < n; i++) {
        to[i] = (int16_t)((from[i] + half) >> shift);
    }
    return shift;
}

static void update_linear_block(struct fqt_learner *learner, struct layer_update *update,
                                const uint16_t *block, uint32_t count) {
    const struct fqt_layer_plan *layer = &learner->plan->layer[update->index];
    const struct fqt_gradient_work work = fqt_gradient_work(learner->plan, update->index);
    uint8_t *const scratch = learner->arena + learner->plan->backward;
    const int32_t *gradient = (const int32_t *)(void *)(scratch + work.gradient);
    int16_t *g = (int16_t *)(void *)(scratch + work.row);
    fqt_kept_gradient(learner, update->index, block, count);
    for (uint32_t j = 0; j < count; j++) {
        const uint32_t shift = narrow(gradient + j * layer->inputs, layer->inputs, g);
        update_row(learner, update, block[j], g, shift);
        close_row(&rows_of(learner, update->index)[block[j]]);
    }
}

static void update_linear(struct fqt_learner *learner, struct layer_update *update) {
    const struct fqt_row *rows = rows_of(learner, update->index);
    uint16_t block[FQT_ROW_BLOCK];
    uint32_t count = 0;
    for (uint32_t r = 0; r < learner->plan->layer[update->index].rows; r++) {
        if (rows[r].fill > 0) {
            block[count++] = (uint16_t)r;
        }
        if (count == FQT_ROW_BLOCK) {
            update_linear_block(learner, update, block, count);
            count = 0;
        }
    }
    if (count > 0) {
        update_linear_block(learner, update, block, count);
    }
}

static bool left_band(const struct fqt_range *target, const struct fqt_quant *in_force) {
    const float low = (float)-in_force->zero * in_force->scale;
    const float high = (float)(255 - in_force->zero) * in_force->scale;
    const float band = FQT_WEIGHT_BAND * (high - low);
    const float dl = target->min - low;
    const float dh = target->max - high;
    return dl > band || dl < -band || dh > band || dh < -band;
}

/* A bias is an integer in units of input scale * weight scale; it follows when either moved. */
static void rescale_bias(struct fqt_learner *learner, uint32_t index, float ratio) {
    int32_t *bias = bias_of(learner, index);
    if (ratio == 1.0f) {
        return;
    }
    for (uint32_t r = 0; r < learner->plan->layer[index].rows; r++) {
        bias[r] = bounded_bias(fqt_round_f32((float)bias[r] * ratio));
    }
}

/*
 * One scale for the whole layer: codes follow its moving range, rounded to nearest. A weight that
 * was clamped widens the range at once: it comes back one code at a time and would never leave the
 * band.
 */
static void follow_weight_range(struct fqt_learner *learner, const struct layer_update *update) {
    const struct fqt_layer_plan *layer = &learner->plan->layer[update->index];
    struct fqt_layer *state = &learner->layer[update->index];
    const float widened = 2.0f * FQT_WEIGHT_BAND * 255.0f * state->weight_quant.scale;
    const float low = (float)-state->weight_quant.zero * state->weight_quant.scale;
    const float high = (float)(255 - state->weight_quant.zero) * state->weight_quant.scale;
    fqt_range_follow(&state->weight_range, &update->seen, FQT_ALPHA_WEIGHT);
    if (update->seen.min < low - 0.5f * state->weight_quant.scale) {
        fqt_range_include(&state->weight_range, update->seen.min - widened);
    }
    if (update->seen.max > high + 0.5f * state->weight_quant.scale) {
        fqt_range_include(&state->weight_range, update->seen.max + widened);
    }
    if (!left_band(&state->weight_range, &state->weight_quant)) {
        return;
    }
    const struct fqt_quant next = fqt_quant_of(&state->weight_range);
    const float ratio = state->weight_quant.scale / next.scale;
    uint8_t *codes = learner->arena + layer->codes;
    for (uint32_t i = 0; i < (uint32_t)layer->rows * layer->inputs; i++) {
        const int32_t q =
            next.zero + fqt_round_f32((float)(codes[i] - state->weight_quant.zero) * ratio);
        codes[i] = (uint8_t)(q < 0 ? 0 : q > 255 ? 255 : q);
    }
    state->weight_quant = next;
    rescale_bias(learner, update->index, ratio);
}

static void update_layer(struct fqt_learner *learner, uint32_t index) {
    const struct fqt_plan *plan = learner->plan;
    struct fqt_layer *state = &learner->layer[index];
    struct fqt_layer_counters *counters = &learner->counters.layer[index];
    const float input_scale = fqt_input_quant(learner, index).scale;
    struct layer_update update = {
        .index = index,
        .fine = plan->mode == FQT_MODE_FINE,
        .stream = fqt_mix_u32((uint32_t)learner->seed ^
                              fqt_mix_u32((uint32_t)learner->counters.updates * 8u + index)),
        .gradient_unit = state->error_quant.scale * input_scale / (float)learner->batch_fill,
        .input_scale = input_scale,
    };
    if (plan->step[plan->layer[index].step].kind == FQT_LINEAR) {
        update_linear(learner, &update);
    } else {
        update_convolution(learner, &update);
    }
    const struct fqt_range stored = fqt_measure_weights(learner, index);
    counters->updates++;
    counters->update_sq_sum_q24 += fqt_q24_f32(update.moved_sq);
    if (update.fine) {
        state->weight_range = stored;
    } else {
        fqt_range_include(&update.seen, stored.min);
        fqt_range_include(&update.seen, stored.max);
        follow_weight_range(learner, &update);
    }
}

/* Grows at once (a drift must not be clipped for long), shrinks by moving average. */
static void follow_at_once(struct fqt_range *range, const struct fqt_range *seen, float alpha) {
    fqt_range_include(range, seen->min);
    fqt_range_include(range, seen->max);
    fqt_range_follow(range, seen, alpha);
}

/* The range that random weights start with is a guess: the first updates average what they saw. */
static void follow_output(const struct fqt_learner *learner, struct fqt_range *range,
                          const struct fqt_range *seen) {
    const float first = 1.0f / ((float)learner->update_count + 1.0f);
    const float alpha = first > FQT_ALPHA_OUTPUT ? first : FQT_ALPHA_OUTPUT;
    if (learner->plan->mode == FQT_MODE_FINE) {
        follow_at_once(range, seen, alpha);
    } else {
        fqt_range_follow(range, seen, alpha);
    }
}

void fqt_update(struct fqt_learner *learner) {
    const uint32_t first = learner->config.first_trainable_layer;
    float input_scale[FQT_LAYERS_MAX];
    for (uint32_t index = first; index < learner->plan->layers; index++) {
        input_scale[index] = fqt_input_quant(learner, index).scale;
    }
    for (uint32_t index = first; index < learner->plan->layers; index++) {
        update_layer(learner, index);
    }
    for (uint32_t index = first; index < learner->plan->layers; index++) {
        struct fqt_layer *layer = &learner->layer[index];
        follow_at_once(&layer->error_range, &layer->error_seen, FQT_ALPHA_ERROR);
        follow_output(learner, &layer->output_range, &layer->output_seen);
        if (learner->plan->layer[index].pooled) {
            follow_output(learner, &layer->pooled_range, &layer->pooled_seen);
        }
    }
    for (uint32_t index = first; index < learner->plan->layers; index++) {
        fqt_refresh_quants(learner, index);
        rescale_bias(learner, index, input_scale[index] / fqt_input_quant(learner, index).scale);
    }
    for (uint32_t index = first; index < learner->plan->layers; index++) {
        fqt_refresh_multipliers(learner, index);
    }
    learner->update_count += learner->update_count < UINT32_MAX;
    learner->counters.updates++;
    fqt_drop_batch(learner);
}

void fqt_drop_batch(struct fqt_learner *learner) {
    const struct fqt_plan *plan = learner->plan;
    for (uint32_t index = plan->frozen; index < plan->layers; index++) {
        const struct fqt_layer_plan *layer = &plan->layer[index];
        struct fqt_layer *state = &learner->layer[index];
        state->output_seen = (struct fqt_range){0.0f, 0.0f};
        state->pooled_seen = (struct fqt_range){0.0f, 0.0f};
        state->error_seen = (struct fqt_range){0.0f, 0.0f};
        for (uint32_t r = 0; r < layer->rows; r++) {
            close_row(&rows_of(learner, index)[r]);
        }
        if (plan->step[layer->step].kind != FQT_LINEAR) {
            memset(learner->arena + layer->gradient, 0, (size_t)layer->rows * layer->inputs * 2u);
        }
    }
    learner->batch_fill = 0;
}
