/*
 * Weight gradients. Convolutions: computed per sample in int32, FQT_ROW_BLOCK structures at a time,
 * and folded into int16 with a binary exponent per structure. Linear layers: the minibatch's inputs
 * and errors are kept instead, and the products run once, over all samples, when it is closed.
 */
#include <string.h>

#include "core/kernels.h"
#include "core/quant.h"
#include "core/step.h"
#include "core/tuning.h"

static void keep_linear(struct fqt_learner *learner, uint32_t index, const uint8_t *x,
                        uint32_t count) {
    const struct fqt_plan *plan = learner->plan;
    const struct fqt_layer_plan *layer = &plan->layer[index];
    const uint16_t *selected = (const uint16_t *)(void *)(learner->arena + plan->selected);
    const int16_t *e =
        (const int16_t *)(const void *)(learner->arena + plan->step[layer->step].error);
    int16_t *errors = (int16_t *)(void *)(learner->arena + layer->kept_errors) +
                      (uint32_t)learner->batch_fill * layer->rows;
    memcpy(learner->arena + layer->kept_inputs + (uint32_t)learner->batch_fill * layer->inputs, x,
           layer->inputs);
    for (uint32_t r = 0; r < layer->rows; r++) {
        errors[r] = FQT_NOT_SELECTED;
    }
    for (uint32_t j = 0; j < count; j++) {
        errors[selected[j]] = e[selected[j]];
    }
}

static int32_t largest_s32(const int32_t *v, uint32_t n) {
    int32_t largest = 0;
    for (uint32_t i = 0; i < n; i++) {
        const int32_t magnitude = v[i] < 0 ? -v[i] : v[i];
        largest = magnitude > largest ? magnitude : largest;
    }
    return largest;
}

static int32_t largest_s16(const int16_t *v, uint32_t n) {
    int32_t largest = 0;
    for (uint32_t i = 0; i < n; i++) {
        const int32_t magnitude = v[i] < 0 ? -v[i] : v[i];
        largest = magnitude > largest ? magnitude : largest;
    }
    return largest;
}

static int32_t shift_rounded(int32_t v, uint32_t shift) {
    return shift == 0 ? v : ((v >> (shift - 1)) + 1) >> 1;
}

/* Real sum of squares and largest component of one sample's gradient. */
struct folded {
    float sq;
    float largest;
};

/* sum += g >> shift, rounded; returns the sum of squares of what is added, n <= 4,096 terms of
 * 2^30.
 */
static uint64_t add_shifted(int16_t *sum, const int32_t *g, uint32_t n, uint32_t shift) {
    const uint32_t one = shift > 0; /* (g + 2^(shift-1)) >> shift in 32 bits, as shift_rounded */
    const uint32_t most = shift - one;
    uint64_t sq = 0;
    for (uint32_t i = 0; i < n; i++) {
        const int32_t add = ((g[i] >> most) + (int32_t)one) >> one;
        sq += (uint64_t)((int64_t)add * add);
        sum[i] = (int16_t)(sum[i] + add);
    }
    return sq;
}

/* sum += g in units of 2^shift; the shift grows until |sum| + |g| fit in int16 with their rounding.
 */
static void fold(int16_t *sum, uint8_t *shift, const int32_t *g, uint32_t n, float unit,
                 struct folded *folded) {
    const int32_t largest = largest_s32(g, n);
    const int32_t held = largest_s16(sum, n);
    const uint32_t before = *shift;
    uint32_t after = before;
    while ((held >> (after - before)) + (largest >> after) + 2 > INT16_MAX) {
        after++;
    }
    for (uint32_t i = 0; after > before && i < n; i++) {
        sum[i] = (int16_t)shift_rounded(sum[i], after - before);
    }
    const uint64_t sq = add_shifted(sum, g, n, after);
    *shift = (uint8_t)after;
    const float real = unit * (float)(1u << after);
    folded->sq = folded->sq + fqt_float_u64(sq) * (real * real);
    folded->largest =
        (float)largest * unit > folded->largest ? (float)largest * unit : folded->largest;
}

/* Errors of `count` structures, compact, at positions first..first+positions-1. */
static void compact(const int16_t *e, uint32_t rows, const uint16_t *selected, uint32_t count,
                    uint32_t first, uint32_t positions, int16_t *out) {
    for (uint32_t p = first; p < first + positions; p++) {
        for (uint32_t j = 0; j < count; j++) {
            *out++ = e[p * rows + selected[j]];
        }
    }
}

/* Gradient of one block of structures over all positions of one sample, into work.gradient. */
static void gradient_of_block(const struct fqt_learner *learner, uint32_t index, const uint8_t *x,
                              const uint16_t *selected, uint32_t count) {
    const struct fqt_plan *plan = learner->plan;
    const struct fqt_layer_plan *layer = &plan->layer[index];
    const struct fqt_step *step = &plan->step[layer->step];
    const struct fqt_gradient_work work = fqt_gradient_work(plan, index);
    uint8_t *const scratch = learner->arena + plan->backward;
    int32_t *const gradient = (int32_t *)(void *)(scratch + work.gradient);
    int16_t *const errors = (int16_t *)(void *)(scratch + work.errors);
    const int16_t *e = (const int16_t *)(const void *)(learner->arena + step->error);
    const bool deep = step->kind == FQT_DEPTHWISE;
    const int32_t x_zero = fqt_input_quant(learner, index).zero;
    const uint32_t at_once = deep || !step->direct ? step->block : layer->positions;
    const uint32_t x_step =
        step->direct ? (uint32_t)step->stride_w * step->in.c : fqt_patch_codes(step);
    memset(gradient, 0, (deep ? layer->rows : count) * (size_t)layer->inputs * sizeof *gradient);
    for (uint32_t first = 0; first < layer->positions; first += at_once) {
        const uint32_t left = layer->positions - first;
        const uint32_t positions = left < at_once ? left : at_once;
        const uint8_t *patches = x + first * x_step;
        if (!step->direct) {
            fqt_gather(step, x, (uint8_t)x_zero, first, positions, scratch + work.patches);
            patches = scratch + work.patches;
        }
        compact(e, layer->rows, selected, count, first, positions, errors);
        if (deep) {
            kernel_depthwise_gradient_u8(errors, selected, count, patches, x_zero, x_step,
                                         positions, layer->rows, layer->inputs, gradient);
        } else {
            kernel_gradient_u8(errors, NULL, count, patches, x_zero, x_step, positions,
                               layer->inputs, gradient);
        }
    }
}

/* The gradient statistics cover the structures whose gradient was really computed. */
static void add_convolution(struct fqt_learner *learner, uint32_t index, const uint8_t *x,
                            uint32_t count) {
    const struct fqt_plan *plan = learner->plan;
    const struct fqt_layer_plan *layer = &plan->layer[index];
    struct fqt_layer_counters *counters = &learner->counters.layer[index];
    const bool deep = plan->step[layer->step].kind == FQT_DEPTHWISE;
    const uint16_t *selected = (const uint16_t *)(void *)(learner->arena + plan->selected);
    const int32_t *gradient = (const int32_t *)(void *)(learner->arena + plan->backward +
                                                        fqt_gradient_work(plan, index).gradient);
    int16_t *sums = (int16_t *)(void *)(learner->arena + layer->gradient);
    struct fqt_row *rows = (struct fqt_row *)(void *)(learner->arena + layer->row);
    const float unit =
        learner->layer[index].error_quant.scale * fqt_input_quant(learner, index).scale;
    const uint32_t at_once = deep ? count : FQT_ROW_BLOCK;
    struct folded folded = {0.0f, 0.0f};
    for (uint32_t first = 0; first < count; first += at_once) {
        const uint32_t in_block = count - first < at_once ? count - first : at_once;
        gradient_of_block(learner, index, x, selected + first, in_block);
        for (uint32_t j = 0; j < in_block; j++) {
            const uint32_t r = selected[first + j];
            fold(sums + r * layer->inputs, &rows[r].shift,
                 gradient + (deep ? r : j) * layer->inputs, layer->inputs, unit, &folded);
        }
    }
    learner->counters.mac_backward += (uint64_t)layer->positions * count * layer->inputs;
    const uint64_t max_q24 = fqt_q24_f32(folded.largest);
    counters->gradient_samples++;
    counters->gradient_sq_sum_q24 += fqt_q24_f32(folded.sq);
    if (max_q24 > counters->window_gradient_max_q24) {
        counters->window_gradient_max_q24 = max_q24;
    }
}

void fqt_add_gradient(struct fqt_learner *learner, uint32_t index, const uint8_t *x,
                      uint32_t count) {
    const struct fqt_plan *plan = learner->plan;
    const struct fqt_layer_plan *layer = &plan->layer[index];
    const uint16_t *selected = (const uint16_t *)(void *)(learner->arena + plan->selected);
    const int16_t *e =
        (const int16_t *)(const void *)(learner->arena + plan->step[layer->step].error);
    struct fqt_row *rows = (struct fqt_row *)(void *)(learner->arena + layer->row);
    if (plan->step[layer->step].kind == FQT_LINEAR) {
        keep_linear(learner, index, x, count);
    } else {
        add_convolution(learner, index, x, count);
    }
    for (uint32_t j = 0; j < count; j++) {
        struct fqt_row *row = &rows[selected[j]];
        int32_t sum = 0;
        for (uint32_t p = 0; p < layer->positions; p++) {
            sum += e[p * layer->rows + selected[j]];
        }
        row->bias_gradient += sum;
        row->fill++;
    }
}

void fqt_kept_gradient(struct fqt_learner *learner, uint32_t index, const uint16_t *rows,
                       uint32_t count) {
    const struct fqt_plan *plan = learner->plan;
    const struct fqt_layer_plan *layer = &plan->layer[index];
    const struct fqt_gradient_work work = fqt_gradient_work(plan, index);
    uint8_t *const scratch = learner->arena + plan->backward;
    int32_t *const gradient = (int32_t *)(void *)(scratch + work.gradient);
    int16_t *const errors = (int16_t *)(void *)(scratch + work.errors);
    const uint8_t *x = learner->arena + layer->kept_inputs;
    const int16_t *kept = (const int16_t *)(const void *)(learner->arena + layer->kept_errors);
    const struct fqt_row *state = (const struct fqt_row *)(void *)(learner->arena + layer->row);
    const int32_t x_zero = fqt_input_quant(learner, index).zero;
    const uint32_t samples = learner->batch_fill;
    bool dense = true;
    memset(gradient, 0, count * (size_t)layer->inputs * sizeof *gradient);
    for (uint32_t j = 0; j < count; j++) {
        dense = dense && state[rows[j]].fill == samples;
    }
    if (dense) {
        compact(kept, layer->rows, rows, count, 0, samples, errors);
        kernel_gradient_u8(errors, NULL, count, x, x_zero, layer->inputs, samples, layer->inputs,
                           gradient);
        learner->counters.mac_backward += (uint64_t)samples * count * layer->inputs;
        return;
    }
    /* The gradient of one structure is a sum of inputs weighted by errors: to the kernel, the
     * samples that chose it are the rows of one error product. */
    for (uint32_t j = 0; j < count; j++) {
        uint16_t chosen[FQT_BATCH_MAX];
        uint32_t n = 0;
        for (uint32_t s = 0; s < samples; s++) {
            const int16_t e = kept[s * layer->rows + rows[j]];
            if (e != FQT_NOT_SELECTED) {
                errors[n] = e;
                chosen[n++] = (uint16_t)s;
            }
        }
        kernel_error_u8(x, x_zero, chosen, n, layer->inputs, errors, 1,
                        gradient + j * layer->inputs, 0);
        learner->counters.mac_backward += (uint64_t)n * layer->inputs;
    }
}
