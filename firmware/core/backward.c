#include "core/arith.h"
#include "core/kernels.h"
#include "core/quant.h"
#include "core/step.h"

static float abs_f32(float v) {
    return v < 0.0f ? -v : v;
}

/*
 * The gradient of one sample is the outer product of error and input, so its norm and largest
 * component are products of those of the two vectors: no pass over the weights.
 */
void fqt_measure_gradient(struct fqt_learner *learner, uint32_t index) {
    const struct fqt_layer *layer = &learner->layer[index];
    struct fqt_layer_counters *counters = &learner->counters.layer[index];
    const float scale = fqt_input_quant(learner, index).scale;
    int32_t x_sq = 0; /* 64 * 255^2 < 2^23 */
    int32_t x_max = 0;
    for (uint32_t i = 0; i < layer->inputs; i++) {
        const int32_t x = learner->x[index][i];
        x_sq += x * x;
        const int32_t magnitude = x < 0 ? -x : x;
        x_max = magnitude > x_max ? magnitude : x_max;
    }
    float e_sq = 0.0f;
    float e_max = 0.0f;
    for (uint32_t r = 0; r < layer->outputs; r++) {
        const float e = learner->value[r];
        const float square = e * e;
        e_sq = e_sq + square;
        const float magnitude = abs_f32(e);
        e_max = magnitude > e_max ? magnitude : e_max;
    }
    const uint64_t max_q24 = fqt_q24_f32(e_max * ((float)x_max * scale));
    counters->gradient_samples++;
    counters->gradient_sq_sum_q24 += fqt_q24_f32(e_sq * ((float)x_sq * (scale * scale)));
    if (max_q24 > counters->window_gradient_max_q24) {
        counters->window_gradient_max_q24 = max_q24;
    }
}

uint32_t fqt_rows_to_train(uint16_t lambda_min_milli, uint16_t lambda_max_milli, uint32_t ratio_q16,
                           uint32_t rows) {
    /* <= 1000 * 2^16 * 64 < 2^32 */
    const uint32_t rate = ((uint32_t)lambda_min_milli << 16) +
                          ratio_q16 * (uint32_t)(lambda_max_milli - lambda_min_milli);
    const uint32_t k = (uint32_t)(((uint64_t)rate * rows) / (1000u << 16));
    return k > 0 ? k : 1;
}

void fqt_select_rows(const int16_t *e, uint32_t rows, uint32_t k, uint8_t *selected) {
    uint8_t histogram[256] = {0};
    for (uint32_t r = 0; r < rows; r++) {
        histogram[e[r] < 0 ? -e[r] : e[r]]++;
    }
    /* All rows above the threshold fit into k; of those at the threshold, the first `ties`. */
    int32_t threshold = 255;
    uint32_t above = 0;
    while (above + histogram[threshold] < k) {
        above += histogram[threshold];
        threshold--;
    }
    uint32_t ties = k - above;
    uint32_t count = 0;
    for (uint32_t r = 0; r < rows; r++) {
        const int32_t magnitude = e[r] < 0 ? -e[r] : e[r];
        if (magnitude > threshold) {
            selected[count++] = (uint8_t)r;
        } else if (magnitude == threshold && ties > 0) {
            ties--;
            selected[count++] = (uint8_t)r;
        }
    }
    FQT_BOUND(count == k);
}

/* First error of a layer: its own range, symmetric because the next one may have any sign. */
static void start_error_range(struct fqt_layer *layer, const float *error) {
    float bound = 0.0f;
    for (uint32_t r = 0; r < layer->outputs; r++) {
        const float magnitude = abs_f32(error[r]);
        bound = magnitude > bound ? magnitude : bound;
    }
    layer->error_range = (struct fqt_range){-bound, bound};
    layer->error_quant = fqt_quant_of(&layer->error_range);
}

static void quantise_error(struct fqt_learner *learner, uint32_t index) {
    struct fqt_layer *layer = &learner->layer[index];
    struct fqt_layer_counters *counters = &learner->counters.layer[index];
    if (fqt_range_is_empty(&layer->error_range)) {
        start_error_range(layer, learner->value);
    }
    const float inverse = 1.0f / layer->error_quant.scale;
    const int32_t low = -layer->error_quant.zero;
    const int32_t high = 255 + low;
    for (uint32_t r = 0; r < layer->outputs; r++) {
        const float e = learner->value[r];
        fqt_range_include(&layer->error_seen, e);
        int32_t q = fqt_round_f32(e * inverse);
        if (q < low || q > high) {
            q = q < low ? low : high;
            counters->e_saturated++;
        }
        learner->e[r] = (int16_t)q;
    }
    counters->e_codes += layer->outputs;
}

static uint32_t select_by_error(struct fqt_learner *learner, uint32_t index) {
    struct fqt_layer *layer = &learner->layer[index];
    float sum = 0.0f;
    for (uint32_t r = 0; r < layer->outputs; r++) {
        sum = sum + abs_f32(learner->value[r]);
    }
    const float mean = sum / (float)layer->outputs;
    if (mean > layer->error_mean_max) {
        layer->error_mean_max = mean;
    }
    const float ratio = layer->error_mean_max > 0.0f ? mean / layer->error_mean_max : 0.0f;
    const uint32_t k =
        fqt_rows_to_train(learner->config.lambda_min_milli, learner->config.lambda_max_milli,
                          (uint32_t)fqt_floor_f32(ratio * 65536.0f), layer->outputs);
    fqt_select_rows(learner->e, layer->outputs, k, learner->selected);
    return k;
}

uint64_t fqt_backward_layer(struct fqt_learner *learner, uint32_t index) {
    struct fqt_layer *layer = &learner->layer[index];
    struct fqt_layer_counters *counters = &learner->counters.layer[index];
    quantise_error(learner, index);
    const uint32_t k = select_by_error(learner, index);
    counters->structures_updated += k;
    counters->structures_offered += layer->outputs;

    kernel_gradient_s16(learner->e, learner->x[index], learner->selected, k, layer->inputs,
                        learner->gradient + layer->weight_offset);
    for (uint32_t s = 0; s < k; s++) {
        const uint32_t row = layer->row_offset + learner->selected[s];
        learner->bias_gradient[row] += learner->e[learner->selected[s]];
        learner->row_fill[row]++;
    }
    uint64_t macs = (uint64_t)k * layer->inputs;
    if (index == learner->config.first_trainable_layer) {
        return macs;
    }
    kernel_error_u8(learner->codes + layer->weight_offset, layer->weight_quant.zero, learner->e,
                    learner->selected, k, layer->inputs, learner->acc);
    const float scale = layer->weight_quant.scale * layer->error_quant.scale;
    for (uint32_t i = 0; i < layer->inputs; i++) {
        /* ReLU: no error where the unit was off. */
        learner->value[i] = learner->x[index][i] > 0 ? (float)learner->acc[i] * scale : 0.0f;
    }
    return macs + (uint64_t)k * layer->inputs;
}
