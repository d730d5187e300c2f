#include <string.h>

#include "core/kernels.h"
#include "core/quant.h"
#include "core/step.h"

static float abs_f32(float v) {
    return v < 0.0f ? -v : v;
}

static int16_t *errors_at(const struct fqt_learner *learner, uint32_t step) {
    return (int16_t *)(void *)(learner->arena + learner->plan->step[step].error);
}

static void count_gradient(struct fqt_layer_counters *counters, float sq, float largest) {
    const uint64_t max_q24 = fqt_q24_f32(largest);
    counters->gradient_samples++;
    counters->gradient_sq_sum_q24 += fqt_q24_f32(sq);
    if (max_q24 > counters->window_gradient_max_q24) {
        counters->window_gradient_max_q24 = max_q24;
    }
}

struct input_norm {
    float sq;
    float largest;
};

/* Real squared norm and largest magnitude of the input of a linear layer; 4,096 * 255^2 < 2^29. */
static struct input_norm input_norm(const struct fqt_learner *learner, uint32_t index,
                                    const uint8_t *x) {
    const struct fqt_quant quant = fqt_input_quant(learner, index);
    uint32_t sq = 0;
    int32_t largest = 0;
    for (uint32_t i = 0; i < learner->plan->layer[index].inputs; i++) {
        const int32_t v = x[i] - quant.zero;
        const int32_t magnitude = v < 0 ? -v : v;
        sq += (uint32_t)(v * v);
        largest = magnitude > largest ? magnitude : largest;
    }
    return (struct input_norm){(float)sq * (quant.scale * quant.scale),
                               (float)largest * quant.scale};
}

/*
 * The gradient of one sample of a linear layer is the outer product of error and input, so its norm
 * and largest component are products of those of the two vectors: no pass over the weights.
 */
void fqt_measure_last_gradient(struct fqt_learner *learner, const uint8_t *codes) {
    const struct fqt_plan *plan = learner->plan;
    const uint32_t last = plan->layers - 1u;
    const float *error = (const float *)(void *)(learner->arena + plan->values);
    const struct input_norm x =
        input_norm(learner, last, fqt_step_input(learner, plan->layer[last].step, codes));
    float sq = 0.0f;
    float largest = 0.0f;
    for (uint32_t r = 0; r < plan->classes; r++) {
        const float square = error[r] * error[r];
        const float magnitude = abs_f32(error[r]);
        sq = sq + square;
        largest = magnitude > largest ? magnitude : largest;
    }
    count_gradient(&learner->counters.layer[last], sq * x.sq, largest * x.largest);
}

/* The same for a linear layer below, whose error exists as codes only; 1,024 * 2,047^2 < 2^32. */
static void measure_linear_gradient(struct fqt_learner *learner, uint32_t index, const uint8_t *x) {
    const struct fqt_layer_plan *layer = &learner->plan->layer[index];
    const struct input_norm norm = input_norm(learner, index, x);
    const int16_t *e = errors_at(learner, layer->step);
    const float scale = learner->layer[index].error_quant.scale;
    uint64_t sq = 0;
    int32_t largest = 0;
    for (uint32_t r = 0; r < layer->rows; r++) {
        const int32_t magnitude = e[r] < 0 ? -e[r] : e[r];
        sq += (uint32_t)(magnitude * magnitude);
        largest = magnitude > largest ? magnitude : largest;
    }
    count_gradient(&learner->counters.layer[index], fqt_float_u64(sq) * (scale * scale) * norm.sq,
                   (float)largest * scale * norm.largest);
}

uint32_t fqt_rows_to_train(uint16_t lambda_min_milli, uint16_t lambda_max_milli, uint32_t ratio_q16,
                           uint32_t rows) {
    /* <= 1000 * 2^16 * 2 < 2^32 for ratios up to 1 */
    const uint32_t rate = ((uint32_t)lambda_min_milli << 16) +
                          ratio_q16 * (uint32_t)(lambda_max_milli - lambda_min_milli);
    const uint32_t k = (uint32_t)(((uint64_t)rate * rows) / (1000u << 16));
    return k > 0 ? k : 1;
}

static uint32_t count_from(const int32_t *magnitude, uint32_t rows, int32_t threshold) {
    uint32_t count = 0;
    for (uint32_t r = 0; r < rows; r++) {
        count += magnitude[r] >= threshold;
    }
    return count;
}

void fqt_select_rows(const int32_t *magnitude, uint32_t rows, uint32_t k, uint16_t *selected) {
    /* The largest threshold that at least k rows reach, bit by bit; every row reaches 0. One that
     * exactly k rows reach will do. */
    int32_t threshold = 0;
    uint32_t reached = rows;
    uint32_t any = 1;
    for (uint32_t r = 0; r < rows; r++) {
        any |= (uint32_t)magnitude[r];
    }
    for (int32_t bit = 1 << fqt_log2_u64(any); reached > k && bit > 0; bit >>= 1) {
        const uint32_t count = count_from(magnitude, rows, threshold + bit);
        if (count >= k) {
            threshold += bit;
            reached = count;
        }
    }
    uint32_t ties = k < rows ? k - count_from(magnitude, rows, threshold + 1) : rows;
    uint32_t count = 0;
    for (uint32_t r = 0; r < rows; r++) {
        if (magnitude[r] > threshold) {
            selected[count++] = (uint16_t)r;
        } else if (magnitude[r] == threshold && ties > 0) {
            ties--;
            selected[count++] = (uint16_t)r;
        }
    }
    FQT_BOUND(count == k);
}

struct fqt_quant fqt_error_quant_of(const struct fqt_learner *learner,
                                    const struct fqt_range *range) {
    if (learner->plan->mode == FQT_MODE_UINT8) {
        return fqt_quant_of(range);
    }
    const float bound = -range->min > range->max ? -range->min : range->max;
    const float bounded = bound > FQT_SPAN_MIN ? bound : FQT_SPAN_MIN;
    return (struct fqt_quant){bounded / (float)FQT_ERROR_MAX, 0};
}

static void start_error_range(struct fqt_learner *learner, uint32_t index, float bound) {
    struct fqt_layer *layer = &learner->layer[index];
    fqt_range_include(&layer->error_range, -bound);
    fqt_range_include(&layer->error_range, bound);
    layer->error_quant = fqt_error_quant_of(learner, &layer->error_range);
}

static int16_t raw_error(int32_t v) {
    return (int16_t)(v > INT16_MAX ? INT16_MAX : v < -INT16_MAX ? -INT16_MAX : v);
}

/* Error of the logits, real numbers in values, as raw codes. */
static void seed_error(struct fqt_learner *learner) {
    const struct fqt_plan *plan = learner->plan;
    const uint32_t last = plan->layers - 1u;
    struct fqt_layer *layer = &learner->layer[last];
    const float *error = (const float *)(void *)(learner->arena + plan->values);
    int16_t *e = errors_at(learner, plan->layer[last].step);
    if (fqt_range_is_empty(&layer->error_range)) {
        float bound = 0.0f;
        for (uint32_t r = 0; r < plan->classes; r++) {
            bound = abs_f32(error[r]) > bound ? abs_f32(error[r]) : bound;
        }
        start_error_range(learner, last, bound);
    }
    const float inverse = 1.0f / layer->error_quant.scale;
    for (uint32_t r = 0; r < plan->classes; r++) {
        e[r] = raw_error(fqt_round_f32(error[r] * inverse));
    }
}

/*
 * Raw codes -> codes: no error where the unit was off (ReLU), the range seen, the clamp, and the
 * sum of magnitudes of each structure (65,535 * 2,047 < 2^27).
 */
static void settle_error(struct fqt_learner *learner, uint32_t index) {
    const struct fqt_plan *plan = learner->plan;
    const struct fqt_layer_plan *layer = &plan->layer[index];
    struct fqt_layer *state = &learner->layer[index];
    const bool fine = plan->mode == FQT_MODE_FINE;
    const int32_t low = fine ? -FQT_ERROR_MAX : -state->error_quant.zero;
    const int32_t high = fine ? FQT_ERROR_MAX : 255 - state->error_quant.zero;
    const bool relu = plan->step[layer->step].relu;
    const uint8_t *y = learner->arena + plan->step[layer->step].output;
    int16_t *e = errors_at(learner, layer->step);
    int32_t *magnitude = (int32_t *)(void *)(learner->arena + plan->magnitude);
    int32_t smallest = 0;
    int32_t largest = 0;
    uint32_t saturated = 0;
    memset(magnitude, 0, layer->rows * sizeof *magnitude);
    for (uint32_t p = 0; p < layer->positions; p++) {
        for (uint32_t r = 0; r < layer->rows; r++, e++) {
            int32_t v = *e;
            if (relu && *y++ == 0) {
                v = 0;
            }
            largest = v > largest ? v : largest;
            smallest = v < smallest ? v : smallest;
            if (v < low || v > high) {
                v = v < low ? low : high;
                saturated++;
            }
            *e = (int16_t)v;
            magnitude[r] += v < 0 ? -v : v;
        }
    }
    fqt_range_include(&state->error_seen, (float)smallest * state->error_quant.scale);
    fqt_range_include(&state->error_seen, (float)largest * state->error_quant.scale);
    learner->counters.layer[index].e_saturated += saturated;
    learner->counters.layer[index].e_codes += layer->positions * layer->rows;
}

static uint32_t select_by_error(struct fqt_learner *learner, uint32_t index) {
    const struct fqt_plan *plan = learner->plan;
    const struct fqt_layer_plan *layer = &plan->layer[index];
    struct fqt_layer *state = &learner->layer[index];
    const int32_t *magnitude = (const int32_t *)(void *)(learner->arena + plan->magnitude);
    uint64_t sum = 0;
    for (uint32_t r = 0; r < layer->rows; r++) {
        sum += (uint32_t)magnitude[r];
    }
    const float mean =
        fqt_float_u64(sum) * state->error_quant.scale / (float)(layer->positions * layer->rows);
    if (mean > state->error_mean_max) {
        state->error_mean_max = mean;
    }
    const float ratio = state->error_mean_max > 0.0f ? mean / state->error_mean_max : 0.0f;
    const uint32_t k =
        fqt_rows_to_train(learner->config.lambda_min_milli, learner->config.lambda_max_milli,
                          (uint32_t)fqt_floor_f32(ratio * 65536.0f), layer->rows);
    fqt_select_rows(magnitude, layer->rows, k,
                    (uint16_t *)(void *)(learner->arena + plan->selected));
    learner->counters.layer[index].structures_updated += k;
    learner->counters.layer[index].structures_offered += layer->rows;
    return k;
}

/* Where final accumulators go: raw codes, or only their largest magnitude. */
struct drain {
    const struct fqt_step *step;
    int16_t *e; /* NULL: measure only */
    struct fqt_multiplier to_codes;
    int32_t largest;
};

/* One unit: a position of a line or a line of a plane, counted with the padding before it. */
static void drain_unit(struct drain *drain, const int32_t *acc, uint32_t unit) {
    const struct fqt_step *step = drain->step;
    const bool plane = step->in.h > 1;
    const uint32_t pad = plane ? step->pad_h : step->pad_w;
    const uint32_t size = plane ? step->in.h : step->in.w;
    if (unit < pad || unit >= pad + size) {
        return;
    }
    const uint32_t count = plane ? (uint32_t)step->in.w * step->in.c : step->in.c;
    int16_t *e = drain->e == NULL ? NULL : drain->e + (unit - pad) * count;
    acc += plane ? (uint32_t)step->pad_w * step->in.c : 0;
    for (uint32_t i = 0; i < count; i++) {
        if (e != NULL) {
            e[i] = raw_error(fqt_scale_s32(acc[i], drain->to_codes));
        } else {
            const int32_t magnitude = acc[i] < 0 ? -acc[i] : acc[i];
            drain->largest = magnitude > drain->largest ? magnitude : drain->largest;
        }
    }
}

/* Errors of the selected structures of some positions; fine mode: in the unit of the largest scale.
 */
static void compact_errors(const struct fqt_learner *learner, uint32_t index, uint32_t first,
                           uint32_t positions, uint32_t count, int16_t *out) {
    const struct fqt_plan *plan = learner->plan;
    const struct fqt_layer_plan *layer = &plan->layer[index];
    const uint16_t *selected = (const uint16_t *)(void *)(learner->arena + plan->selected);
    const struct fqt_row *rows = (const struct fqt_row *)(void *)(learner->arena + layer->row);
    const int16_t *e = errors_at(learner, layer->step) + first * layer->rows;
    for (uint32_t p = 0; p < positions; p++, e += layer->rows) {
        for (uint32_t j = 0; j < count; j++) {
            const int32_t v = e[selected[j]];
            *out++ = (int16_t)((v * rows[selected[j]].error_factor_q15 + (1 << 14)) >> 15);
        }
    }
}

/* One block of positions of a layer added to the window of open accumulators. */
static void add_block(const struct fqt_learner *learner, uint32_t index, uint32_t positions,
                      uint32_t count, const int16_t *e, int32_t *acc, uint32_t acc_step) {
    const struct fqt_plan *plan = learner->plan;
    const struct fqt_layer_plan *layer = &plan->layer[index];
    const struct fqt_layer *state = &learner->layer[index];
    const uint16_t *selected = (const uint16_t *)(void *)(learner->arena + plan->selected);
    if (plan->step[layer->step].kind == FQT_DEPTHWISE) {
        kernel_depthwise_error_u8(state->codes, state->weight_quant.zero, selected, count,
                                  layer->rows, layer->inputs, e, positions, acc, acc_step);
    } else {
        kernel_error_u8(state->codes, state->weight_quant.zero, selected, count, layer->inputs, e,
                        positions, acc, acc_step);
    }
}

/* A line of output positions of a plane: one patch at a time, scattered over the lines it covers.
 */
static void add_plane_line(const struct fqt_learner *learner, uint32_t index, uint32_t count,
                           const int16_t *e, int32_t *patch, int32_t *window, uint32_t unit) {
    const struct fqt_step *step = &learner->plan->step[learner->plan->layer[index].step];
    const uint32_t run = (uint32_t)step->kernel_w * step->in.c;
    for (uint32_t ox = 0; ox < step->out.w; ox++) {
        memset(patch, 0, fqt_patch_codes(step) * sizeof *patch);
        add_block(learner, index, 1, count, e + ox * count, patch, 0);
        for (uint32_t ky = 0; ky < step->kernel_h; ky++) {
            int32_t *line = window + ky * unit + ox * step->stride_w * step->in.c;
            for (uint32_t i = 0; i < run; i++) {
                line[i] += patch[ky * run + i];
            }
        }
    }
}

/*
 * Transposed product of the selected structures. Only the accumulators that later positions still
 * reach are held: a window slides over the input, and what it leaves behind is final.
 */
static void error_product(struct fqt_learner *learner, uint32_t index, uint32_t count,
                          struct drain *drain) {
    const struct fqt_plan *plan = learner->plan;
    const struct fqt_layer_plan *layer = &plan->layer[index];
    const struct fqt_step *step = drain->step;
    const struct fqt_error_work work = fqt_error_work(plan, index);
    uint8_t *const scratch = learner->arena + plan->backward;
    int32_t *const window = (int32_t *)(void *)(scratch + work.window);
    int16_t *const e = (int16_t *)(void *)(scratch + work.errors);
    const bool plane = step->in.h > 1;
    uint32_t base = 0; /* unit at the front of the window */
    memset(window, 0, work.units * work.unit * sizeof *window);
    for (uint32_t first = 0; first < layer->positions; first += step->block) {
        const uint32_t left = layer->positions - first;
        const uint32_t positions = left < step->block ? left : step->block;
        compact_errors(learner, index, first, positions, count, e);
        if (plane) {
            add_plane_line(learner, index, count, e, (int32_t *)(void *)(scratch + work.patch),
                           window, work.unit);
        } else {
            add_block(learner, index, positions, count, e, window,
                      (uint32_t)step->stride_w * step->in.c);
        }
        uint32_t done = plane ? step->stride_h : positions * step->stride_w;
        done = left <= step->block || done > work.units ? work.units : done;
        for (uint32_t u = 0; u < done; u++) {
            drain_unit(drain, window + u * work.unit, base + u);
        }
        const uint32_t kept = (work.units - done) * work.unit;
        memmove(window, window + done * work.unit, kept * sizeof *window);
        memset(window + kept, 0, done * work.unit * sizeof *window);
        base += done;
    }
    learner->counters.mac_backward += (uint64_t)layer->positions * count * layer->inputs;
}

/* Error at the output of the layer below, as raw codes in its own unit. */
static void pass_error_down(struct fqt_learner *learner, uint32_t index, uint32_t count,
                            const uint8_t *codes) {
    const struct fqt_plan *plan = learner->plan;
    const uint32_t from = plan->layer[index].step;
    const uint32_t to = plan->layer[index - 1].step;
    struct fqt_layer *below = &learner->layer[index - 1];
    float area = 1.0f;
    for (uint32_t s = to + 1; s < from; s++) {
        if (plan->step[s].kind == FQT_AVG_POOL) {
            area = area * (float)(plan->step[s].kernel_h * plan->step[s].kernel_w);
        }
    }
    const float unit =
        learner->layer[index].weight_quant.scale * learner->layer[index].error_quant.scale / area;
    struct drain drain = {.step = &plan->step[from], .e = NULL, .largest = 0};
    if (fqt_range_is_empty(&below->error_range)) {
        error_product(learner, index, count, &drain);
        start_error_range(learner, index - 1, (float)drain.largest * unit);
    }
    drain.e = errors_at(learner, from - 1);
    drain.to_codes = fqt_multiplier_f32(unit / below->error_quant.scale);
    memset(drain.e, 0, plan->layer[index].input_count * sizeof *drain.e);
    error_product(learner, index, count, &drain);
    for (uint32_t s = from - 1; s > to; s--) {
        fqt_pool_backward(learner, s, fqt_step_input(learner, s, codes));
    }
}

void fqt_backward(struct fqt_learner *learner, const uint8_t *codes) {
    const struct fqt_plan *plan = learner->plan;
    const uint32_t first = learner->config.first_trainable_layer;
    seed_error(learner);
    for (uint32_t index = plan->layers; index-- > first;) {
        const struct fqt_layer_plan *layer = &plan->layer[index];
        const uint8_t *x = fqt_step_input(learner, layer->step, codes);
        settle_error(learner, index);
        if (plan->step[layer->step].kind == FQT_LINEAR && index + 1u < plan->layers) {
            measure_linear_gradient(learner, index, x);
        }
        const uint32_t count = select_by_error(learner, index);
        fqt_add_gradient(learner, index, x, count);
        if (index > first) {
            pass_error_down(learner, index, count, codes);
        }
    }
}
