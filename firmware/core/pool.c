/*
 * Pools. The average has a range of its own (it is narrower than that of its input by far), the
 * maximum keeps the codes. Backward, an average passes the codes of the error on unchanged: the
 * unit of the error shrinks by the area instead (backward.c); errors that meet on one input add up.
 */
#include <string.h>

#include "core/step.h"

/* Layer with weights below a pool; false: the pool reads the sample itself. */
static bool layer_below(const struct fqt_plan *plan, uint32_t step, uint32_t *index) {
    while (step-- > 0) {
        if (plan->step[step].layer != FQT_NO_LAYER) {
            *index = plan->step[step].layer;
            return true;
        }
    }
    return false;
}

static void average(struct fqt_learner *learner, uint32_t index, const uint8_t *x, uint8_t *y) {
    const struct fqt_step *step = &learner->plan->step[index];
    const uint32_t area = (uint32_t)step->kernel_h * step->kernel_w;
    uint32_t layer = 0;
    const bool has_layer = layer_below(learner->plan, index, &layer);
    const struct fqt_quant sample = {learner->plan->input_scale, learner->plan->input_zero};
    const struct fqt_quant in = has_layer ? learner->layer[layer].output_quant : sample;
    const struct fqt_quant out = has_layer ? learner->layer[layer].pooled_quant : sample;
    const struct fqt_multiplier multiplier =
        fqt_multiplier_f32(in.scale / (out.scale * (float)area));
    struct fqt_seen seen = {out.zero, out.zero, 0};
    for (uint32_t oy = 0; oy < step->out.h; oy++) {
        for (uint32_t ox = 0; ox < step->out.w; ox++) {
            for (uint32_t c = 0; c < step->in.c; c++) {
                int32_t sum = -(int32_t)area * in.zero; /* area <= 255^2: below 2^24 */
                for (uint32_t ky = 0; ky < step->kernel_h; ky++) {
                    const uint32_t line = (oy * step->stride_h + ky) * step->in.w;
                    for (uint32_t kx = 0; kx < step->kernel_w; kx++) {
                        sum += x[(line + ox * step->stride_w + kx) * step->in.c + c];
                    }
                }
                const int32_t code = out.zero + fqt_scale_s32(sum, multiplier);
                seen.max = code > seen.max ? code : seen.max;
                seen.min = code < seen.min ? code : seen.min;
                seen.clipped += code < 0 || code > 255;
                *y++ = (uint8_t)(code < 0 ? 0 : code > 255 ? 255 : code);
            }
        }
    }
    if (has_layer) {
        learner->pooled_seen[layer] = seen;
    }
}

/* Index of the first largest code of a window. */
static uint32_t position_of_maximum(const struct fqt_step *step, const uint8_t *x, uint32_t oy,
                                    uint32_t ox, uint32_t c) {
    uint32_t best = ((oy * step->stride_h) * step->in.w + ox * step->stride_w) * step->in.c + c;
    for (uint32_t ky = 0; ky < step->kernel_h; ky++) {
        const uint32_t line = (oy * step->stride_h + ky) * step->in.w;
        for (uint32_t kx = 0; kx < step->kernel_w; kx++) {
            const uint32_t at = (line + ox * step->stride_w + kx) * step->in.c + c;
            best = x[at] > x[best] ? at : best;
        }
    }
    return best;
}

void fqt_pool_forward(struct fqt_learner *learner, uint32_t index, const uint8_t *x) {
    const struct fqt_step *step = &learner->plan->step[index];
    uint8_t *y = learner->arena + step->output;
    if (step->kind == FQT_AVG_POOL) {
        average(learner, index, x, y);
        return;
    }
    for (uint32_t oy = 0; oy < step->out.h; oy++) {
        for (uint32_t ox = 0; ox < step->out.w; ox++) {
            for (uint32_t c = 0; c < step->in.c; c++) {
                *y++ = x[position_of_maximum(step, x, oy, ox, c)];
            }
        }
    }
}

static void add_saturated(int16_t *sum, int32_t v) {
    const int32_t next = *sum + v;
    *sum = (int16_t)(next > INT16_MAX ? INT16_MAX : next < -INT16_MAX ? -INT16_MAX : next);
}

void fqt_pool_backward(struct fqt_learner *learner, uint32_t index, const uint8_t *x) {
    const struct fqt_step *step = &learner->plan->step[index];
    const int16_t *e = (const int16_t *)(void *)(learner->arena + step->error);
    int16_t *below = (int16_t *)(void *)(learner->arena + learner->plan->step[index - 1].error);
    memset(below, 0, fqt_elements(&step->in) * sizeof *below);
    for (uint32_t oy = 0; oy < step->out.h; oy++) {
        for (uint32_t ox = 0; ox < step->out.w; ox++) {
            for (uint32_t c = 0; c < step->in.c; c++) {
                const int32_t error = *e++;
                if (step->kind == FQT_MAX_POOL) {
                    add_saturated(&below[position_of_maximum(step, x, oy, ox, c)], error);
                    continue;
                }
                for (uint32_t ky = 0; ky < step->kernel_h; ky++) {
                    const uint32_t line = (oy * step->stride_h + ky) * step->in.w;
                    for (uint32_t kx = 0; kx < step->kernel_w; kx++) {
                        add_saturated(&below[(line + ox * step->stride_w + kx) * step->in.c + c],
                                      error);
                    }
                }
            }
        }
    }
}
