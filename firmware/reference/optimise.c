/* What a batch's gradients do to the weights. */
#include <math.h>
#include <string.h>

#include "reference/reference.h"

/* Below this deviation steps shrink with the gradient; the same floor as the device's. */
#define DEVIATION_FLOOR ((ref_real)0.0625)

/* A smaller batch averages the deviation over about this many samples, as on the device. */
#define DEVIATION_SAMPLES ((ref_real)8)

#define ADAM_BETA1   0.9
#define ADAM_BETA2   0.999
#define ADAM_EPSILON 1e-8

static ref_real root(ref_real v) {
    return (ref_real)sqrt((double)v);
}

static void empty_batch(struct reference *net) {
    for (uint32_t l = 0; l < net->layers; l++) {
        struct ref_layer *layer = &net->layer[l];
        memset(layer->weight_gradient, 0, sizeof(ref_real) * layer->rows * layer->inputs);
        memset(layer->bias_gradient, 0, sizeof(ref_real) * layer->rows);
    }
    net->batch = 0;
}

struct adam_step {
    ref_real rate;  /* with the correction of the moments' start at zero */
    ref_real share; /* of one sample in the batch */
    ref_real keep;  /* 1 - rate * decay */
    ref_real epsilon;
};

static void adam_values(const struct adam_step *step, ref_real *value, const ref_real *gradient,
                        ref_real *moment, ref_real *square, size_t count) {
    const ref_real beta1 = (ref_real)ADAM_BETA1;
    const ref_real beta2 = (ref_real)ADAM_BETA2;
    for (size_t i = 0; i < count; i++) {
        const ref_real g = gradient[i] * step->share;
        moment[i] = beta1 * moment[i] + (1 - beta1) * g;
        square[i] = beta2 * square[i] + (1 - beta2) * g * g;
        value[i] =
            step->keep * value[i] - step->rate * moment[i] / (root(square[i]) + step->epsilon);
    }
}

void reference_adam(struct reference *net, const struct ref_adam *adam) {
    if (net->batch == 0) {
        return;
    }
    const double t = (double)++net->adam_steps;
    const double correction = sqrt(1 - pow(ADAM_BETA2, t));
    const struct adam_step step = {
        .rate = adam->rate * (ref_real)(correction / (1 - pow(ADAM_BETA1, t))),
        .share = 1 / (ref_real)net->batch,
        .keep = 1 - adam->rate * adam->decay,
        .epsilon = (ref_real)(ADAM_EPSILON * correction),
    };
    for (uint32_t l = 0; l < net->layers; l++) {
        struct ref_layer *layer = &net->layer[l];
        if (layer->weight_layer < (int32_t)net->first_trainable) {
            continue;
        }
        const size_t weights = (size_t)layer->rows * layer->inputs;
        adam_values(&step, layer->weight, layer->weight_gradient, layer->moment, layer->square,
                    weights);
        adam_values(&step, layer->bias, layer->bias_gradient, layer->moment + weights,
                    layer->square + weights, layer->rows);
    }
    empty_batch(net);
}

/* One row: w - rate * (g - mean) / (deviation + floor); the bias takes its gradient as it is. */
static void step_row(struct ref_layer *layer, uint32_t row, uint32_t batch, ref_real rate) {
    const uint32_t n = layer->inputs;
    const ref_real share = 1 / (ref_real)batch;
    ref_real *weight = layer->weight + (size_t)row * n;
    const ref_real *gradient = layer->weight_gradient + (size_t)row * n;
    ref_real mean = 0;
    ref_real variance = 0;
    for (uint32_t i = 0; i < n; i++) {
        mean += gradient[i] * share;
    }
    mean /= (ref_real)n;
    for (uint32_t i = 0; i < n; i++) {
        const ref_real d = gradient[i] * share - mean;
        variance += d * d;
    }
    const ref_real deviation = root(variance / (ref_real)n);
    const ref_real weight_of_new = (ref_real)batch / DEVIATION_SAMPLES;
    ref_real *moving = &layer->deviation[row];
    *moving = *moving == 0 || weight_of_new >= 1 ? deviation
                                                 : *moving + weight_of_new * (deviation - *moving);
    const ref_real factor = rate / (*moving + DEVIATION_FLOOR);
    for (uint32_t i = 0; i < n; i++) {
        weight[i] -= factor * (gradient[i] * share - mean);
    }
    layer->bias[row] -= factor * layer->bias_gradient[row] * share;
}

void reference_step(struct reference *net, ref_real rate) {
    for (uint32_t l = 0; net->batch > 0 && l < net->layers; l++) {
        struct ref_layer *layer = &net->layer[l];
        const bool trains = layer->weight_layer >= (int32_t)net->first_trainable;
        for (uint32_t row = 0; trains && row < layer->rows; row++) {
            step_row(layer, row, net->batch, rate);
        }
    }
    empty_batch(net);
}

void reference_reset(struct reference *net) {
    empty_batch(net);
    net->adam_steps = 0;
    for (uint32_t l = 0; l < net->layers; l++) {
        struct ref_layer *layer = &net->layer[l];
        const size_t values = (size_t)layer->rows * layer->inputs + layer->rows;
        memset(layer->deviation, 0, sizeof(ref_real) * layer->rows);
        memset(layer->moment, 0, sizeof(ref_real) * values);
        memset(layer->square, 0, sizeof(ref_real) * values);
    }
}
