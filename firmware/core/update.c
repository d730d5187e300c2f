/*
 * Standardised-gradient SGD on uint8 weights, row by row:
 *     w <- w - rate * (g - mean) / (deviation + EPSILON)
 * with moving mean and deviation of the row's gradient over its inputs.
 */
#include <string.h>

#include "core/arith.h"
#include "core/quant.h"
#include "core/step.h"
#include "core/tuning.h"

#define STEP_BITS 20

struct layer_update {
    uint32_t index;
    uint32_t stream;     /* of stochastic rounding */
    float gradient_unit; /* real gradient of one accumulator unit, averaged over the batch */
    float input_scale;
    struct fqt_range seen; /* weights after the update, before clamping */
    uint64_t changed_sq;   /* sum of squared code changes */
};

/* Of one row's gradient over its inputs; counts the step. */
struct moments {
    int32_t sum;     /* of accumulator units: 64 * 2^22 < 2^29 */
    float deviation; /* real */
};

/* Sums are exact integers: |g| < 2^22 and n <= 64, so n^2 variance < 2^57. */
static struct moments row_moments(struct fqt_layer_counters *counters,
                                  const struct layer_update *update, const int32_t *gradient,
                                  uint32_t n) {
    int32_t sum = 0;
    uint64_t sq = 0;
    for (uint32_t i = 0; i < n; i++) {
        sum += gradient[i];
        sq += (uint64_t)((int64_t)gradient[i] * gradient[i]);
    }
    const float unit = update->gradient_unit;
    const float real_sum = fqt_float_s64(sum) * unit;
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
static float follow_deviation(struct fqt_learner *learner, uint32_t row, float deviation) {
    const float share = (float)learner->batch_fill * (1.0f / FQT_DEVIATION_SAMPLES);
    float *moving = &learner->row_deviation[row];
    if (*moving == 0.0f || share >= 1.0f) {
        *moving = deviation;
    } else {
        *moving = *moving + share * (deviation - *moving);
    }
    return *moving;
}

static int32_t bounded_bias(int32_t bias) {
    return bias > FQT_BIAS_MAX ? FQT_BIAS_MAX : bias < -FQT_BIAS_MAX ? -FQT_BIAS_MAX : bias;
}

static void update_bias(struct fqt_learner *learner, const struct layer_update *update,
                        uint32_t row, float rate) {
    const float weight_scale = learner->layer[update->index].weight_quant.scale;
    /* gradient_unit carries one factor input_scale that the bias gradient does not have. */
    const float g =
        (float)learner->bias_gradient[row] * (update->gradient_unit / update->input_scale);
    const int32_t change = fqt_round_f32(g * rate / (update->input_scale * weight_scale));
    /* bias within +-(2^30 - 1), change within +-2^30 */
    learner->bias[row] = bounded_bias(learner->bias[row] - change);
    learner->bias_gradient[row] = 0;
}

/*
 * code - rate * (g - mean) in units of 2^-20 code plus a random fraction: stochastic rounding,
 * because with nearest rounding every step below half a code is lost, and at small rates that is
 * all of them. centred = n * (g - mean) < 2^30; a step is at most +-512 codes, so everything stays
 * below 2^30.
 */
static int32_t stepped_code(uint8_t code, int32_t centred, struct fqt_multiplier to_codes_q20,
                            uint32_t random) {
    const int32_t step = fqt_multiply_s32(centred, to_codes_q20);
    const int32_t next = (code << STEP_BITS) - step + (int32_t)(random >> (32 - STEP_BITS));
    return next >> STEP_BITS;
}

static void update_row(struct fqt_learner *learner, struct layer_update *update, uint32_t r) {
    const struct fqt_layer *layer = &learner->layer[update->index];
    struct fqt_layer_counters *counters = &learner->counters.layer[update->index];
    const uint32_t n = layer->inputs;
    const uint32_t row = layer->row_offset + r;
    uint8_t *codes = learner->codes + layer->weight_offset + r * n;
    int32_t *gradient = learner->gradient + layer->weight_offset + r * n;
    const struct moments moments = row_moments(counters, update, gradient, n);
    const float deviation = follow_deviation(learner, row, moments.deviation);
    const float rate = learner->learning_rate / (deviation + FQT_DEVIATION_FLOOR);
    const float scale = layer->weight_quant.scale;
    const struct fqt_multiplier to_codes_q20 = fqt_multiplier_f32(
        rate / scale * (update->gradient_unit / (float)n) * (float)(1 << STEP_BITS));

    uint32_t changed = 0;
    uint32_t changed_sq = 0; /* 64 * 255^2 < 2^23 */
    for (uint32_t i = 0; i < n; i++) {
        const int32_t next = stepped_code(codes[i], (int32_t)n * gradient[i] - moments.sum,
                                          to_codes_q20, fqt_random_u32(update->stream, r * n + i));
        int32_t q = next;
        if (next < 0 || next > 255) {
            q = next < 0 ? 0 : 255;
            counters->w_saturated++;
            fqt_range_include(&update->seen, (float)(next - layer->weight_quant.zero) * scale);
        }
        const int32_t change = q - codes[i];
        changed += change != 0;
        changed_sq += (uint32_t)(change * change);
        codes[i] = (uint8_t)q;
        gradient[i] = 0;
    }
    update->changed_sq += changed_sq;
    counters->codes_changed += changed;
    counters->codes_visited += n;
    learner->counters.mac_backward += n;
    update_bias(learner, update, row, rate);
    learner->row_fill[row] = 0;
}

static bool left_band(const struct fqt_range *target, const struct fqt_quant *in_force) {
    const float low = (float)-in_force->zero * in_force->scale;
    const float high = (float)(255 - in_force->zero) * in_force->scale;
    const float band = FQT_WEIGHT_BAND * (high - low);
    const float dl = target->min - low;
    const float dh = target->max - high;
    return dl > band || dl < -band || dh > band || dh < -band;
}

/* In [0, 1), a multiple of 2^-24. */
static float uniform_f32(uint32_t stream, uint32_t index) {
    return (float)(fqt_random_u32(stream, index) >> 8) * (1.0f / 16777216.0f);
}

static void rescale_weights(struct fqt_learner *learner, struct layer_update *update) {
    struct fqt_layer *layer = &learner->layer[update->index];
    const struct fqt_quant next = fqt_quant_of(&layer->weight_range);
    const float ratio = layer->weight_quant.scale / next.scale;
    uint8_t *codes = learner->codes + layer->weight_offset;
    const uint32_t count = (uint32_t)layer->inputs * layer->outputs;
    for (uint32_t i = 0; i < count; i++) {
        const float v = (float)(codes[i] - layer->weight_quant.zero) * ratio;
        const int32_t q = next.zero + fqt_floor_f32(v + uniform_f32(~update->stream, i));
        codes[i] = (uint8_t)(q < 0 ? 0 : q > 255 ? 255 : q);
    }
    layer->weight_quant = next;
}

/* A bias is an integer in units of input scale * weight scale; it follows when either moved. */
static void rescale_bias(struct fqt_learner *learner, uint32_t index, float old_scale) {
    const struct fqt_layer *layer = &learner->layer[index];
    const float scale = fqt_input_quant(learner, index).scale * layer->weight_quant.scale;
    if (scale == old_scale) {
        return;
    }
    const float ratio = old_scale / scale;
    for (uint32_t r = 0; r < layer->outputs; r++) {
        int32_t *bias = &learner->bias[layer->row_offset + r];
        *bias = bounded_bias(fqt_round_f32((float)*bias * ratio));
    }
}

static void update_layer(struct fqt_learner *learner, uint32_t index) {
    struct fqt_layer *layer = &learner->layer[index];
    struct fqt_layer_counters *counters = &learner->counters.layer[index];
    const float input_scale = fqt_input_quant(learner, index).scale;
    struct layer_update update = {
        .index = index,
        .stream =
            fqt_mix_u32((uint32_t)(learner->seed >> 32) ^ (learner->update_count * 8u + index)),
        .gradient_unit = layer->error_quant.scale * input_scale / (float)learner->batch_fill,
        .input_scale = input_scale,
    };
    for (uint32_t r = 0; r < layer->outputs; r++) {
        if (learner->row_fill[layer->row_offset + r] > 0) {
            update_row(learner, &update, r);
        }
    }
    const struct fqt_range stored = fqt_measure_weights(learner, index);
    fqt_range_include(&update.seen, stored.min);
    fqt_range_include(&update.seen, stored.max);
    const float scale = layer->weight_quant.scale;
    counters->updates++;
    counters->update_sq_sum_q24 += fqt_q24_f32(fqt_float_u64(update.changed_sq) * (scale * scale));
    fqt_range_follow(&layer->weight_range, &update.seen, FQT_ALPHA_WEIGHT);
    if (left_band(&layer->weight_range, &layer->weight_quant)) {
        rescale_weights(learner, &update);
    }
}

/* Grows at once (a drift must not be clipped for long), shrinks by moving average. */
static void follow_error_range(struct fqt_layer *layer) {
    fqt_range_include(&layer->error_range, layer->error_seen.min);
    fqt_range_include(&layer->error_range, layer->error_seen.max);
    fqt_range_follow(&layer->error_range, &layer->error_seen, FQT_ALPHA_ERROR);
    layer->error_quant = fqt_quant_of(&layer->error_range);
}

void fqt_update(struct fqt_learner *learner) {
    const uint32_t first = learner->config.first_trainable_layer;
    float old_scale[FQT_LAYERS_MAX];
    for (uint32_t index = first; index < learner->shape.layers; index++) {
        old_scale[index] =
            fqt_input_quant(learner, index).scale * learner->layer[index].weight_quant.scale;
    }
    for (uint32_t index = first; index < learner->shape.layers; index++) {
        update_layer(learner, index);
    }
    for (uint32_t index = first; index < learner->shape.layers; index++) {
        struct fqt_layer *layer = &learner->layer[index];
        follow_error_range(layer);
        fqt_range_follow(&layer->output_range, &layer->output_seen, FQT_ALPHA_OUTPUT);
        layer->output_quant = fqt_quant_of(&layer->output_range);
        rescale_bias(learner, index, old_scale[index]);
    }
    learner->update_count++;
    learner->counters.updates++;
    fqt_drop_batch(learner);
}

void fqt_drop_batch(struct fqt_learner *learner) {
    for (uint32_t index = 0; index < learner->shape.layers; index++) {
        struct fqt_layer *layer = &learner->layer[index];
        layer->output_seen = (struct fqt_range){0.0f, 0.0f};
        layer->error_seen = (struct fqt_range){0.0f, 0.0f};
        const size_t rows = layer->outputs;
        memset(learner->gradient + layer->weight_offset, 0,
               rows * layer->inputs * sizeof learner->gradient[0]);
        memset(learner->bias_gradient + layer->row_offset, 0,
               rows * sizeof learner->bias_gradient[0]);
        memset(learner->row_fill + layer->row_offset, 0, rows * sizeof learner->row_fill[0]);
    }
    learner->batch_fill = 0;
}
