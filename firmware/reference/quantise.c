#include "reference/quantise.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/quant.h"

/* Fine mode: a row's largest weight is this far from the zero point. */
#define FINE_ZERO  128
#define FINE_RANGE 127.0

static struct ref_layer *layer_of(struct reference *net, uint32_t weight_layer) {
    return reference_weight_layer(net, weight_layer);
}

/* What the next layer with weights reads: behind the pools in between. */
static const struct ref_layer *last_before_next(const struct ref_layer *layer,
                                                const struct reference *net) {
    while (layer + 1 < net->layer + net->layers && layer[1].weight_layer < 0) {
        layer++;
    }
    return layer;
}

static struct fqt_range seen_range(const struct ref_layer *layer) {
    return (struct fqt_range){(float)layer->low, (float)layer->high};
}

/* As the learner derives it from the same state. */
static struct fqt_quant quant_behind(const struct fqt_plan *plan, uint32_t index,
                                     const struct fqt_layer_state *below) {
    return index == 0                      ? (struct fqt_quant){plan->input_scale, plan->input_zero}
           : plan->layer[index - 1].pooled ? fqt_quant_of(&below->pooled_range)
                                           : fqt_quant_of(&below->output_range);
}

static double largest_of_row(const struct ref_layer *layer, uint32_t row) {
    double largest = 0.0;
    for (uint32_t i = 0; i < layer->inputs; i++) {
        largest = fmax(largest, fabs((double)layer->weight[(size_t)row * layer->inputs + i]));
    }
    return largest;
}

/* Scales of rows and tensor. A row of zeros gets the layer's scale: it may grow. */
static void choose_scales(const struct ref_layer *layer, bool fine, struct fqt_layer_state *state,
                          float *row_scale) {
    state->weight_range = (struct fqt_range){0.0f, 0.0f};
    for (size_t i = 0; i < (size_t)layer->rows * layer->inputs; i++) {
        fqt_range_include(&state->weight_range, (float)layer->weight[i]);
    }
    state->weight_quant = fqt_quant_of(&state->weight_range);
    if (!fine) {
        return;
    }
    const float widest = fmaxf(state->weight_range.max, -state->weight_range.min);
    state->weight_quant.zero = FINE_ZERO;
    state->weight_quant.scale = fmaxf(widest, FQT_SPAN_MIN) / (float)FINE_RANGE;
    state->row_scale = row_scale;
    for (uint32_t r = 0; r < layer->rows; r++) {
        const float own = (float)(largest_of_row(layer, r) / FINE_RANGE);
        row_scale[r] = own > FQT_SPAN_MIN ? own : state->weight_quant.scale;
    }
}

static bool quantise_row(const struct ref_layer *layer, uint32_t row, double scale, int zero,
                         double input_scale, uint8_t *codes, int32_t *bias) {
    for (uint32_t i = 0; i < layer->inputs; i++) {
        const double v = (double)layer->weight[(size_t)row * layer->inputs + i];
        const double code = nearbyint(v / scale) + zero;
        codes[(size_t)row * layer->inputs + i] = (uint8_t)(code < 0.0     ? 0.0
                                                           : code > 255.0 ? 255.0
                                                                          : code);
    }
    const double b = nearbyint((double)layer->bias[row] / (input_scale * scale));
    bias[row] = fabs(b) <= FQT_BIAS_MAX ? (int32_t)b : 0;
    return fabs(b) <= FQT_BIAS_MAX;
}

static bool is_finite(const struct ref_layer *layer) {
    bool finite = true;
    for (size_t i = 0; i < (size_t)layer->rows * layer->inputs; i++) {
        finite = finite && isfinite((double)layer->weight[i]);
    }
    for (uint32_t r = 0; r < layer->rows; r++) {
        finite = finite && isfinite((double)layer->bias[r]);
    }
    return finite;
}

/* Codes, biases and row scales of one layer, in memory of their own; false: problem says why. */
static bool quantise_layer(struct reference *net, const struct fqt_plan *plan, uint32_t index,
                           struct fqt_layer_state *states, char *problem) {
    const struct ref_layer *layer = layer_of(net, index);
    struct fqt_layer_state *state = &states[index];
    uint8_t *codes = calloc((size_t)layer->rows * layer->inputs, 1);
    int32_t *bias = calloc(layer->rows, sizeof *bias);
    float *row_scale = calloc(layer->rows, sizeof *row_scale);
    *state = (struct fqt_layer_state){
        .rows = (uint16_t)layer->rows,
        .inputs = (uint16_t)layer->inputs,
        .output_range = seen_range(layer),
        .weights = codes,
        .bias = bias,
    };
    if (codes == NULL || bias == NULL || row_scale == NULL || !is_finite(layer)) {
        snprintf(problem, REFERENCE_PROBLEM_MAX,
                 "layer %u: a weight is NaN or infinite; train or export again with a smaller rate",
                 index);
        free(row_scale);
        return false;
    }
    if (plan->layer[index].pooled) {
        state->pooled_range = seen_range(last_before_next(layer, net));
    }
    choose_scales(layer, plan->mode == FQT_MODE_FINE, state, row_scale);
    const double input_scale =
        (double)quant_behind(plan, index, index > 0 ? &states[index - 1] : NULL).scale;
    bool fits = true;
    for (uint32_t r = 0; r < layer->rows; r++) {
        const float scale = state->row_scale != NULL ? row_scale[r] : state->weight_quant.scale;
        fits = quantise_row(layer, r, (double)scale, state->weight_quant.zero, input_scale, codes,
                            bias) &&
               fits;
    }
    if (state->row_scale == NULL) {
        free(row_scale);
    }
    if (!fits) {
        snprintf(problem, REFERENCE_PROBLEM_MAX,
                 "layer %u: a bias is over 2^30 units of input scale x weight scale; its weights "
                 "are too small against its bias: rescale the layer",
                 index);
    }
    return fits;
}

bool reference_quantise(struct reference *net, struct fqt_learner *learner,
                        struct fqt_layer_state states[FQT_LAYERS_MAX],
                        char problem[REFERENCE_PROBLEM_MAX]) {
    const struct fqt_plan *plan = learner->plan;
    bool well = true;
    for (uint32_t l = 0; l < plan->layers; l++) {
        states[l] = (struct fqt_layer_state){0};
    }
    for (uint32_t l = 0; well && l < plan->layers; l++) {
        well = quantise_layer(net, plan, l, states, problem);
    }
    if (well && fqt_load(learner, states, plan->layers) != FQT_OK) {
        snprintf(
            problem, REFERENCE_PROBLEM_MAX,
            "a range or scale is not in 1e-9..1e9; let the model see data before it is loaded");
        well = false;
    }
    return well;
}

void reference_free_states(struct fqt_layer_state *states, uint32_t count) {
    for (uint32_t l = 0; l < count; l++) {
        free((void *)(uintptr_t)states[l].weights);
        free((void *)(uintptr_t)states[l].bias);
        free((void *)(uintptr_t)states[l].row_scale);
        states[l] = (struct fqt_layer_state){0};
    }
}

void reference_dequantise(const struct fqt_learner *learner, struct reference *net) {
    const struct fqt_plan *plan = learner->plan;
    struct fqt_layer_state below = {0};
    for (uint32_t l = 0; l < plan->layers; l++) {
        struct ref_layer *layer = layer_of(net, l);
        struct fqt_layer_state state;
        fqt_layer_export(learner, (uint8_t)l, &state);
        const double input_scale = (double)quant_behind(plan, l, &below).scale;
        for (uint32_t r = 0; r < layer->rows; r++) {
            const double scale =
                (double)(state.row_scale != NULL ? state.row_scale[r] : state.weight_quant.scale);
            for (uint32_t i = 0; i < layer->inputs; i++) {
                const size_t at = (size_t)r * layer->inputs + i;
                layer->weight[at] =
                    (ref_real)((state.weights[at] - state.weight_quant.zero) * scale);
            }
            layer->bias[r] = (ref_real)(state.bias[r] * scale * input_scale);
        }
        below = state;
    }
}
