#include "test/unit/float_twin.h"

#include <math.h>
#include <string.h>

void twin_copy(struct twin *twin, const struct fqt_learner *learner) {
    memset(twin, 0, sizeof *twin);
    twin->layers = learner->shape.layers;
    double input_scale = (double)FQT_FEATURE_SCALE;
    for (uint32_t l = 0; l < twin->layers; l++) {
        struct fqt_layer_state state;
        struct twin_layer *layer = &twin->layer[l];
        fqt_layer_export(learner, (uint8_t)l, &state);
        layer->inputs = state.inputs;
        layer->outputs = state.outputs;
        const double scale = (double)state.weight_quant.scale;
        for (uint32_t r = 0; r < layer->outputs; r++) {
            layer->bias[r] = state.bias[r] * scale * input_scale;
            for (uint32_t i = 0; i < layer->inputs; i++) {
                const int code = state.weights[r * layer->inputs + i];
                layer->weight[r][i] = (code - state.weight_quant.zero) * scale;
            }
        }
        input_scale = (double)learner->layer[l].output_quant.scale;
    }
}

static void forward(struct twin *twin, const uint8_t *features, double *logits) {
    double x[FQT_WIDTH_MAX];
    for (uint32_t i = 0; i < twin->layer[0].inputs; i++) {
        x[i] = (double)FQT_FEATURE_SCALE * (features[i] - FQT_FEATURE_ZERO);
    }
    for (uint32_t l = 0; l < twin->layers; l++) {
        struct twin_layer *layer = &twin->layer[l];
        double y[FQT_WIDTH_MAX];
        memcpy(layer->x, x, sizeof x);
        for (uint32_t r = 0; r < layer->outputs; r++) {
            y[r] = layer->bias[r];
            for (uint32_t i = 0; i < layer->inputs; i++) {
                y[r] += layer->weight[r][i] * x[i];
            }
            if (l + 1 < twin->layers && y[r] < 0.0) {
                y[r] = 0.0;
            }
        }
        memcpy(x, y, sizeof x);
    }
    memcpy(logits, x, sizeof x);
}

static double softmax(double *v, uint32_t n, uint32_t label) {
    double top = v[0];
    double sum = 0.0;
    for (uint32_t i = 1; i < n; i++) {
        top = v[i] > top ? v[i] : top;
    }
    for (uint32_t i = 0; i < n; i++) {
        v[i] = exp(v[i] - top);
        sum += v[i];
    }
    for (uint32_t i = 0; i < n; i++) {
        v[i] /= sum;
    }
    return -log(v[label]);
}

double twin_loss(struct twin *twin, const uint8_t *features, uint32_t label) {
    double v[FQT_WIDTH_MAX];
    forward(twin, features, v);
    return softmax(v, twin->layer[twin->layers - 1].outputs, label);
}

void twin_add_gradient(struct twin *twin, const uint8_t *features, uint32_t label) {
    double e[FQT_WIDTH_MAX];
    forward(twin, features, e);
    softmax(e, twin->layer[twin->layers - 1].outputs, label);
    e[label] -= 1.0;
    for (int l = (int)twin->layers - 1; l >= 0; l--) {
        struct twin_layer *layer = &twin->layer[l];
        double below[FQT_WIDTH_MAX] = {0};
        for (uint32_t r = 0; r < layer->outputs; r++) {
            layer->bias_gradient[r] += e[r];
            for (uint32_t i = 0; i < layer->inputs; i++) {
                layer->weight_gradient[r][i] += e[r] * layer->x[i];
                below[i] += layer->weight[r][i] * e[r];
            }
        }
        for (uint32_t i = 0; i < layer->inputs; i++) {
            e[i] = layer->x[i] > 0.0 ? below[i] : 0.0; /* unused below layer 0 */
        }
    }
}
