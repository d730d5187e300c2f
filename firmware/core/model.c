/* Initialisation, import, export and hash of the weights. */
#include <string.h>

#include "core/arith.h"
#include "core/quant.h"
#include "core/step.h"

static enum fqt_status check_shape(const struct fqt_shape *shape) {
    if (shape->layers < 1 || shape->layers > FQT_LAYERS_MAX) {
        return FQT_BAD_SHAPE;
    }
    for (uint32_t i = 0; i <= shape->layers; i++) {
        if (shape->width[i] < 1 || shape->width[i] > FQT_WIDTH_MAX) {
            return FQT_BAD_SHAPE;
        }
    }
    const uint32_t classes = shape->width[shape->layers];
    return classes >= 2 && classes <= FQT_CLASSES_MAX ? FQT_OK : FQT_BAD_SHAPE;
}

static void lay_out(struct fqt_learner *learner, const struct fqt_shape *shape) {
    uint32_t weights = 0;
    uint32_t rows = 0;
    learner->shape = *shape;
    for (uint32_t index = 0; index < shape->layers; index++) {
        struct fqt_layer *layer = &learner->layer[index];
        memset(layer, 0, sizeof *layer);
        layer->inputs = shape->width[index];
        layer->outputs = shape->width[index + 1];
        layer->weight_offset = (uint16_t)weights;
        layer->row_offset = (uint16_t)rows;
        weights += (uint32_t)layer->inputs * layer->outputs;
        rows += layer->outputs;
    }
    FQT_BOUND(weights <= FQT_WEIGHTS_MAX && rows <= FQT_ROWS_MAX);
    memset(learner->row_deviation, 0, rows * sizeof learner->row_deviation[0]);
    memset(learner->bias, 0, rows * sizeof learner->bias[0]);
    fqt_drop_batch(learner);
}

struct fqt_range fqt_measure_weights(struct fqt_learner *learner, uint32_t index) {
    const struct fqt_layer *layer = &learner->layer[index];
    const uint8_t *codes = learner->codes + layer->weight_offset;
    const float scale = layer->weight_quant.scale;
    uint32_t sq = 0; /* 4,096 * 255^2 < 2^29 */
    int32_t low = 0;
    int32_t high = 0;
    for (uint32_t i = 0; i < (uint32_t)layer->inputs * layer->outputs; i++) {
        const int32_t w = codes[i] - layer->weight_quant.zero;
        sq += (uint32_t)(w * w);
        low = w < low ? w : low;
        high = w > high ? w : high;
    }
    learner->counters.layer[index].weight_sq_q24 = fqt_q24_f32(fqt_float_u64(sq) * (scale * scale));
    return (struct fqt_range){(float)low * scale, (float)high * scale};
}

enum fqt_status fqt_init(struct fqt_learner *learner, const struct fqt_shape *shape,
                         uint64_t seed) {
    const enum fqt_status status = check_shape(shape);
    if (status != FQT_OK) {
        return status;
    }
    lay_out(learner, shape);
    learner->seed = seed;
    learner->update_count = 0;
    learner->nth_phase = 0;
    fqt_counters_clear(&learner->counters);
    for (uint32_t index = 0; index < shape->layers; index++) {
        struct fqt_layer *layer = &learner->layer[index];
        /* He-uniform: variance 2 / inputs. Uniform codes over that range. */
        const float bound = fqt_sqrt_f32(6.0f / (float)layer->inputs);
        layer->weight_range = (struct fqt_range){-bound, bound};
        layer->weight_quant = fqt_quant_of(&layer->weight_range);
        /* Unit-variance inputs give outputs of about +-4; the moving range corrects it. */
        layer->output_range = (struct fqt_range){0.0f, 4.0f};
        layer->output_quant = fqt_quant_of(&layer->output_range);
        layer->error_quant = fqt_quant_of(&layer->error_range);
        const uint32_t stream =
            fqt_mix_u32((uint32_t)seed ^ fqt_mix_u32((uint32_t)(seed >> 32) + index));
        for (uint32_t i = 0; i < (uint32_t)layer->inputs * layer->outputs; i++) {
            learner->codes[layer->weight_offset + i] =
                (uint8_t)(fqt_mix_u32(stream + i * 0x9e3779b9u) >> 24);
        }
    }
    for (uint32_t index = 0; index < shape->layers; index++) {
        (void)fqt_measure_weights(learner, index);
    }
    const struct fqt_config config = fqt_config_default();
    return fqt_configure(learner, &config);
}

static enum fqt_status check_layer(const struct fqt_layer_state *state) {
    if (!fqt_quant_is_valid(&state->weight_quant) || !fqt_range_is_valid(&state->weight_range) ||
        !fqt_range_is_valid(&state->output_range) || !fqt_range_is_valid(&state->error_range)) {
        return FQT_BAD_VALUE;
    }
    for (uint32_t r = 0; r < state->outputs; r++) {
        if (state->bias[r] > FQT_BIAS_MAX || state->bias[r] < -FQT_BIAS_MAX) {
            return FQT_BAD_VALUE;
        }
    }
    return FQT_OK;
}

enum fqt_status fqt_load(struct fqt_learner *learner, const struct fqt_layer_state *layers,
                         uint8_t layer_count) {
    if (layer_count < 1 || layer_count > FQT_LAYERS_MAX) {
        return FQT_BAD_SHAPE;
    }
    struct fqt_shape shape = {.layers = layer_count};
    shape.width[0] = layers[0].inputs;
    for (uint32_t i = 0; i < layer_count; i++) {
        if (layers[i].inputs != shape.width[i]) {
            return FQT_BAD_SHAPE;
        }
        shape.width[i + 1] = layers[i].outputs;
    }
    enum fqt_status status = check_shape(&shape);
    for (uint32_t i = 0; i < layer_count && status == FQT_OK; i++) {
        status = check_layer(&layers[i]);
    }
    if (status == FQT_OK && learner->config.first_trainable_layer >= layer_count) {
        status = FQT_BAD_CONFIG;
    }
    if (status != FQT_OK) {
        return status;
    }
    lay_out(learner, &shape);
    for (uint32_t index = 0; index < layer_count; index++) {
        struct fqt_layer *layer = &learner->layer[index];
        const struct fqt_layer_state *state = &layers[index];
        layer->weight_quant = state->weight_quant;
        layer->weight_range = state->weight_range;
        layer->output_range = state->output_range;
        layer->error_range = state->error_range;
        layer->output_quant = fqt_quant_of(&layer->output_range);
        layer->error_quant = fqt_quant_of(&layer->error_range);
        memcpy(learner->codes + layer->weight_offset, state->weights,
               (size_t)layer->inputs * layer->outputs);
        memcpy(learner->bias + layer->row_offset, state->bias, layer->outputs * sizeof(int32_t));
        (void)fqt_measure_weights(learner, index);
    }
    return FQT_OK;
}

void fqt_layer_export(const struct fqt_learner *learner, uint8_t index,
                      struct fqt_layer_state *state) {
    const struct fqt_layer *layer = &learner->layer[index];
    state->inputs = layer->inputs;
    state->outputs = layer->outputs;
    state->weight_quant = layer->weight_quant;
    state->weight_range = layer->weight_range;
    state->output_range = layer->output_range;
    state->error_range = layer->error_range;
    state->weights = learner->codes + layer->weight_offset;
    state->bias = learner->bias + layer->row_offset;
}

static uint64_t fnv1a(uint64_t hash, uint32_t v, int bytes) {
    for (int i = 0; i < bytes; i++) {
        hash ^= (v >> (8 * i)) & 0xffu;
        hash *= 0x100000001b3u;
    }
    return hash;
}

uint64_t fqt_weights_hash(const struct fqt_learner *learner) {
    uint64_t hash = 0xcbf29ce484222325u;
    for (uint32_t index = 0; index < learner->shape.layers; index++) {
        const struct fqt_layer *layer = &learner->layer[index];
        uint32_t scale_bits;
        memcpy(&scale_bits, &layer->weight_quant.scale, sizeof scale_bits);
        hash = fnv1a(hash, layer->inputs, 1);
        hash = fnv1a(hash, layer->outputs, 1);
        hash = fnv1a(hash, scale_bits, 4);
        hash = fnv1a(hash, (uint32_t)layer->weight_quant.zero, 4);
        for (uint32_t i = 0; i < (uint32_t)layer->inputs * layer->outputs; i++) {
            hash = fnv1a(hash, learner->codes[layer->weight_offset + i], 1);
        }
        for (uint32_t r = 0; r < layer->outputs; r++) {
            hash = fnv1a(hash, (uint32_t)learner->bias[layer->row_offset + r], 4);
        }
    }
    return hash;
}
