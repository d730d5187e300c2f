#include "core/kernels.h"
#include "core/quant.h"
#include "core/step.h"

#define LOSS_MAX 16.0f

struct fqt_quant fqt_input_quant(const struct fqt_learner *learner, uint32_t index) {
    const struct fqt_plan *plan = learner->plan;
    if (index == 0) {
        return (struct fqt_quant){plan->input_scale, plan->input_zero};
    }
    return plan->layer[index - 1].pooled ? learner->layer[index - 1].pooled_quant
                                         : learner->layer[index - 1].output_quant;
}

const uint8_t *fqt_step_input(const struct fqt_learner *learner, uint32_t step,
                              const uint8_t *codes) {
    return step == 0 ? codes : learner->arena + learner->plan->step[step - 1].output;
}

/* Accumulators of one block -> codes; ReLU is the clamp at the zero point 0. */
static void requantise(struct fqt_learner *learner, uint32_t index, const int32_t *acc,
                       uint32_t positions, uint8_t *y) {
    const struct fqt_plan *plan = learner->plan;
    const struct fqt_layer_plan *layer = &plan->layer[index];
    const struct fqt_multiplier *multiplier =
        (const struct fqt_multiplier *)(void *)(learner->arena + layer->multipliers);
    const uint32_t per_row = plan->mode == FQT_MODE_FINE ? 1 : 0;
    const bool relu = plan->step[layer->step].relu;
    const int32_t zero = learner->layer[index].output_quant.zero;
    struct fqt_seen seen = learner->output_seen[index];
    for (uint32_t p = 0; p < positions; p++) {
        for (uint32_t r = 0; r < layer->rows; r++) {
            int32_t code = zero + fqt_scale_s32(*acc++, multiplier[per_row * r]);
            code = relu && code < 0 ? 0 : code;
            seen.max = code > seen.max ? code : seen.max;
            seen.min = code < seen.min ? code : seen.min;
            seen.clipped += code > 255 || code < 0;
            *y++ = (uint8_t)(code < 0 ? 0 : code > 255 ? 255 : code);
        }
    }
    learner->output_seen[index] = seen;
}

static void take_logits(struct fqt_learner *learner, uint32_t index, const int32_t *acc) {
    const struct fqt_layer *layer = &learner->layer[index];
    const float input_scale = fqt_input_quant(learner, index).scale;
    float *value = (float *)(void *)(learner->arena + learner->plan->values);
    learner->logits = (struct fqt_range){0.0f, 0.0f};
    for (uint32_t r = 0; r < learner->plan->classes; r++) {
        const float scale =
            layer->row_scale != NULL ? layer->row_scale[r] : layer->weight_quant.scale;
        value[r] = (float)acc[r] * (input_scale * scale);
        fqt_range_include(&learner->logits, value[r]);
    }
}

static void forward_layer(struct fqt_learner *learner, uint32_t index, const uint8_t *x) {
    const struct fqt_plan *plan = learner->plan;
    const struct fqt_layer_plan *layer = &plan->layer[index];
    const struct fqt_step *step = &plan->step[layer->step];
    const struct fqt_layer *state = &learner->layer[index];
    const struct fqt_forward_work work = fqt_forward_work(plan, index);
    uint8_t *const gathered = learner->arena + plan->forward + work.patches;
    int32_t *const acc = (int32_t *)(void *)(learner->arena + plan->forward + work.acc);
    const int32_t x_zero = fqt_input_quant(learner, index).zero;
    const int32_t w_zero = state->weight_quant.zero;
    const uint32_t x_step =
        step->direct ? (uint32_t)step->stride_w * step->in.c : fqt_patch_codes(step);
    const int32_t y_zero = state->output_quant.zero;
    learner->output_seen[index] = (struct fqt_seen){y_zero, y_zero, 0};
    for (uint32_t first = 0; first < layer->positions; first += step->block) {
        const uint32_t left = layer->positions - first;
        const uint32_t count = left < step->block ? left : step->block;
        const uint8_t *patches = x + first * x_step;
        if (!step->direct) {
            fqt_gather(step, x, (uint8_t)x_zero, first, count, gathered);
            patches = gathered;
        }
        if (step->kind == FQT_DEPTHWISE) {
            kernel_depthwise_forward_u8(state->codes, w_zero, patches, x_zero, x_step, count,
                                        layer->rows, layer->inputs, state->bias, acc);
        } else {
            kernel_forward_u8(state->codes, w_zero, patches, x_zero, x_step, count, layer->rows,
                              layer->inputs, state->bias, acc);
        }
        if (index + 1u == plan->layers) {
            take_logits(learner, index, acc);
        } else {
            requantise(learner, index, acc, count,
                       learner->arena + step->output + first * layer->rows);
        }
    }
}

void fqt_forward(struct fqt_learner *learner, const uint8_t *codes) {
    for (uint32_t s = 0; s < learner->plan->steps; s++) {
        const struct fqt_step *step = &learner->plan->step[s];
        const uint8_t *x = fqt_step_input(learner, s, codes);
        if (step->layer != FQT_NO_LAYER) {
            forward_layer(learner, step->layer, x);
        } else {
            fqt_pool_forward(learner, s, x);
        }
    }
}

uint32_t fqt_largest(const float *value, uint32_t n) {
    uint32_t best = 0;
    for (uint32_t i = 1; i < n; i++) {
        best = value[i] > value[best] ? i : best;
    }
    return best;
}

float fqt_softmax(float *value, uint32_t classes, uint32_t target) {
    const float top = value[fqt_largest(value, classes)];
    const float margin = top - value[target];
    float sum = 0.0f; /* 1..64: the largest term is 1 */
    for (uint32_t i = 0; i < classes; i++) {
        value[i] = fqt_exp_f32(value[i] - top);
        sum = sum + value[i];
    }
    for (uint32_t i = 0; i < classes; i++) {
        value[i] = value[i] / sum;
    }
    const float loss = fqt_log_f32(sum) + margin;
    return loss < 0.0f ? 0.0f : loss < LOSS_MAX ? loss : LOSS_MAX;
}
