#include "reference/reference.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reference/layers.h"

static bool has_weights(enum fqt_layer_kind kind) {
    return kind == FQT_LINEAR || kind == FQT_CONV || kind == FQT_DEPTHWISE;
}

/* Positions of a kernel along one axis; 0 if it does not fit. */
static uint32_t positions(uint32_t extent, uint32_t kernel, uint32_t stride, uint32_t pad) {
    const uint32_t padded = extent + 2 * pad;
    return kernel == 0 || stride == 0 || pad >= kernel || padded < kernel
               ? 0
               : (padded - kernel) / stride + 1;
}

static void shape_layer(struct ref_layer *layer, const struct fqt_layer_spec *spec,
                        const struct ref_shape *in) {
    const bool linear = spec->kind == FQT_LINEAR;
    const bool global = spec->kind == FQT_GLOBAL_AVG_POOL || spec->kind == FQT_GLOBAL_MAX_POOL;
    layer->kind = spec->kind;
    layer->relu = spec->relu;
    layer->in = linear ? (struct ref_shape){1, 1, ref_count(in)} : *in;
    layer->kernel_h = linear || global ? layer->in.h : spec->kernel_h;
    layer->kernel_w = linear || global ? layer->in.w : spec->kernel_w;
    layer->stride_h = linear || global ? 1 : spec->stride_h;
    layer->stride_w = linear || global ? 1 : spec->stride_w;
    layer->pad_h = linear || global ? 0 : spec->pad_h;
    layer->pad_w = linear || global ? 0 : spec->pad_w;
    layer->out.h = positions(layer->in.h, layer->kernel_h, layer->stride_h, layer->pad_h);
    layer->out.w = positions(layer->in.w, layer->kernel_w, layer->stride_w, layer->pad_w);
    layer->out.c = linear || spec->kind == FQT_CONV ? spec->out_channels : layer->in.c;
    layer->weight_layer = -1;
    if (has_weights(spec->kind)) {
        layer->rows = layer->out.c;
        layer->inputs =
            layer->kernel_h * layer->kernel_w * (spec->kind == FQT_DEPTHWISE ? 1 : layer->in.c);
    }
}

static ref_real *reals(size_t count) {
    return calloc(count > 0 ? count : 1, sizeof(ref_real));
}

static bool allocate_layer(struct ref_layer *layer) {
    const size_t weights = (size_t)layer->rows * layer->inputs;
    const size_t outputs = ref_count(&layer->out);
    layer->weight = reals(weights);
    layer->bias = reals(layer->rows);
    layer->weight_gradient = reals(weights);
    layer->bias_gradient = reals(layer->rows);
    layer->deviation = reals(layer->rows);
    layer->moment = reals(weights + layer->rows);
    layer->square = reals(weights + layer->rows);
    layer->output = reals(outputs);
    layer->error = reals(outputs);
    layer->source = calloc(outputs, sizeof *layer->source);
    return layer->weight && layer->bias && layer->weight_gradient && layer->bias_gradient &&
           layer->deviation && layer->moment && layer->square && layer->output && layer->error &&
           layer->source;
}

/* SplitMix64 (Steele, Lea, Flood 2014); in [0, 1). */
static double uniform(uint64_t *state) {
    uint64_t z = *state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

static void randomise(struct ref_layer *layer, uint64_t *state) {
    const double bound = sqrt(6.0 / layer->inputs);
    for (size_t i = 0; i < (size_t)layer->rows * layer->inputs; i++) {
        layer->weight[i] = (ref_real)((2.0 * uniform(state) - 1.0) * bound);
    }
}

/* Buffers as large as the largest patch and input of any layer. */
static bool allocate_scratch(struct reference *net) {
    size_t patch = 1;
    for (uint32_t l = 0; l < net->layers; l++) {
        patch = net->layer[l].inputs > patch ? net->layer[l].inputs : patch;
    }
    net->x = reals(net->inputs);
    net->patch = reals(patch);
    net->patch_error = reals(patch);
    return net->x && net->patch && net->patch_error;
}

struct reference *reference_open(const struct fqt_model_spec *spec, uint64_t seed) {
    struct reference *net = calloc(1, sizeof *net);
    if (net == NULL) {
        return NULL;
    }
    struct ref_shape shape = {spec->in_h, spec->in_w, spec->in_c};
    bool whole = spec->layer_count > 0 && spec->layer_count <= FQT_STEPS_MAX;
    net->inputs = ref_count(&shape);
    for (uint32_t l = 0; whole && l < spec->layer_count; l++) {
        struct ref_layer *layer = &net->layer[l];
        net->layers = l + 1;
        shape_layer(layer, &spec->layers[l], &shape);
        shape = layer->out;
        whole = ref_count(&shape) > 0 && allocate_layer(layer);
        if (whole && layer->rows > 0) {
            layer->weight_layer = (int32_t)net->weight_layers++;
            randomise(layer, &seed);
        }
    }
    net->classes = ref_count(&shape);
    if (!whole || !allocate_scratch(net)) {
        reference_free(net);
        return NULL;
    }
    return net;
}

void reference_free(struct reference *net) {
    for (uint32_t l = 0; net != NULL && l < net->layers; l++) {
        struct ref_layer *layer = &net->layer[l];
        void *owned[] = {layer->weight,        layer->bias,      layer->weight_gradient,
                         layer->bias_gradient, layer->deviation, layer->moment,
                         layer->square,        layer->output,    layer->error,
                         layer->source};
        for (size_t i = 0; i < sizeof owned / sizeof owned[0]; i++) {
            free(owned[i]);
        }
    }
    if (net != NULL) {
        free(net->x);
        free(net->patch);
        free(net->patch_error);
        free(net);
    }
}

struct ref_layer *reference_weight_layer(struct reference *net, uint32_t weight_layer) {
    for (uint32_t l = 0; l < net->layers; l++) {
        if (net->layer[l].weight_layer == (int32_t)weight_layer) {
            return &net->layer[l];
        }
    }
    return NULL;
}

const ref_real *reference_forward(struct reference *net, const ref_real *x) {
    memcpy(net->x, x, sizeof(ref_real) * net->inputs);
    const ref_real *in = net->x;
    for (uint32_t l = 0; l < net->layers; l++) {
        ref_layer_forward(net, &net->layer[l], in);
        in = net->layer[l].output;
    }
    return in;
}

void reference_observe(struct reference *net, const ref_real *x) {
    reference_forward(net, x);
    for (uint32_t l = 0; l < net->layers; l++) {
        struct ref_layer *layer = &net->layer[l];
        for (uint32_t i = 0; i < ref_count(&layer->out); i++) {
            const ref_real v = layer->output[i];
            layer->low = v < layer->low ? v : layer->low;
            layer->high = v > layer->high ? v : layer->high;
        }
    }
}

/* Leaves softmax - onehot in the last layer's error. */
static ref_real cross_entropy(struct reference *net, const ref_real *logits, uint32_t label) {
    ref_real *error = net->layer[net->layers - 1].error;
    ref_real top = logits[0];
    ref_real sum = 0;
    for (uint32_t i = 1; i < net->classes; i++) {
        top = logits[i] > top ? logits[i] : top;
    }
    for (uint32_t i = 0; i < net->classes; i++) {
        error[i] = (ref_real)exp((double)(logits[i] - top));
        sum += error[i];
    }
    for (uint32_t i = 0; i < net->classes; i++) {
        error[i] /= sum;
    }
    const ref_real loss = (ref_real)log((double)sum) - (logits[label] - top);
    error[label] -= 1;
    return loss;
}

/* Index of the lowest layer that has something to train. */
static uint32_t lowest_trained(const struct reference *net) {
    uint32_t l = net->layers;
    while (l > 0 && net->layer[l - 1].weight_layer != (int32_t)net->first_trainable) {
        l--;
    }
    return l > 0 ? l - 1 : 0;
}

ref_real reference_learn(struct reference *net, const ref_real *x, uint32_t label) {
    const ref_real loss = cross_entropy(net, reference_forward(net, x), label);
    const uint32_t lowest = lowest_trained(net);
    for (uint32_t l = net->layers; l-- > lowest;) {
        const ref_real *in = l > 0 ? net->layer[l - 1].output : net->x;
        ref_layer_backward(net, &net->layer[l], in, l > lowest ? net->layer[l - 1].error : NULL);
    }
    net->batch++;
    return loss;
}

uint32_t reference_predict(struct reference *net, const ref_real *x) {
    const ref_real *logits = reference_forward(net, x);
    uint32_t best = 0;
    for (uint32_t i = 1; i < net->classes; i++) {
        best = logits[i] > logits[best] ? i : best;
    }
    return best;
}
