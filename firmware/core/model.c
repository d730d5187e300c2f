/* Initialisation, import, export and hash of the weights. */
#include <string.h>

#include "core/quant.h"
#include "core/step.h"

struct fqt_range fqt_measure_weights(struct fqt_learner *learner, uint32_t index) {
    const struct fqt_layer_plan *layer = &learner->plan->layer[index];
    const struct fqt_layer *state = &learner->layer[index];
    const uint8_t *codes = state->codes;
    struct fqt_range range = {0.0f, 0.0f};
    float norm = 0.0f;
    for (uint32_t r = 0; r < layer->rows; r++) {
        const float scale =
            state->row_scale != NULL ? state->row_scale[r] : state->weight_quant.scale;
        uint32_t sq = 0; /* 4,096 * 255^2 < 2^29 */
        int32_t low = 0;
        int32_t high = 0;
        for (uint32_t i = 0; i < layer->inputs; i++) {
            const int32_t w = *codes++ - state->weight_quant.zero;
            sq += (uint32_t)(w * w);
            low = w < low ? w : low;
            high = w > high ? w : high;
        }
        fqt_range_include(&range, (float)low * scale);
        fqt_range_include(&range, (float)high * scale);
        norm = norm + (float)sq * (scale * scale);
    }
    learner->counters.layer[index].weight_sq_q24 = fqt_q24_f32(norm);
    return range;
}

static struct fqt_quant activation_quant(struct fqt_range range, bool relu) {
    range.min = relu ? 0.0f : range.min; /* so that the zero point is 0 */
    return fqt_quant_of(&range);
}

void fqt_refresh_quants(struct fqt_learner *learner, uint32_t index) {
    const bool relu = learner->plan->step[learner->plan->layer[index].step].relu;
    struct fqt_layer *layer = &learner->layer[index];
    layer->output_quant = activation_quant(layer->output_range, relu);
    layer->pooled_quant = activation_quant(layer->pooled_range, relu);
    layer->error_quant = fqt_error_quant_of(learner, &layer->error_range);
}

void fqt_refresh_multipliers(struct fqt_learner *learner, uint32_t index) {
    const struct fqt_layer_plan *layer = &learner->plan->layer[index];
    struct fqt_layer *state = &learner->layer[index];
    struct fqt_multiplier *multiplier =
        (struct fqt_multiplier *)(void *)(learner->arena + layer->multipliers);
    struct fqt_row *rows = (struct fqt_row *)(void *)(learner->arena + layer->row);
    const float unit = fqt_input_quant(learner, index).scale / state->output_quant.scale;
    if (state->row_scale == NULL) {
        *multiplier = fqt_multiplier_f32(unit * state->weight_quant.scale);
    } else {
        float largest = 0.0f;
        for (uint32_t r = 0; r < layer->rows; r++) {
            multiplier[r] = fqt_multiplier_f32(unit * state->row_scale[r]);
            largest = state->row_scale[r] > largest ? state->row_scale[r] : largest;
        }
        state->weight_quant.scale = largest;
    }
    for (uint32_t r = 0; r < layer->rows && !layer->frozen; r++) {
        rows[r].error_factor_q15 =
            state->row_scale == NULL
                ? 32768
                : (uint16_t)fqt_round_f32(state->row_scale[r] / state->weight_quant.scale *
                                          32768.0f);
    }
}

/* Arrays of the layers that may train; frozen ones get theirs from fqt_load. */
static void lay_out(struct fqt_learner *learner) {
    const struct fqt_plan *plan = learner->plan;
    memset(learner->layer, 0, sizeof learner->layer);
    for (uint32_t index = plan->frozen; index < plan->layers; index++) {
        const struct fqt_layer_plan *layer = &plan->layer[index];
        struct fqt_layer *state = &learner->layer[index];
        uint8_t *const arena = learner->arena;
        state->codes = arena + layer->codes;
        state->bias = (const int32_t *)(void *)(arena + layer->bias);
        memset(arena + layer->bias, 0, layer->rows * 4u);
        memset(arena + layer->row, 0, layer->rows * sizeof(struct fqt_row));
        if (plan->mode == FQT_MODE_FINE) {
            state->row_scale = (const float *)(void *)(arena + layer->row_scale);
        }
    }
}

static void refresh_all(struct fqt_learner *learner) {
    for (uint32_t index = 0; index < learner->plan->layers; index++) {
        fqt_refresh_quants(learner, index);
    }
    for (uint32_t index = 0; index < learner->plan->layers; index++) {
        fqt_refresh_multipliers(learner, index);
        (void)fqt_measure_weights(learner, index);
    }
}

/* He-uniform: variance 2 / inputs. Uniform codes over that range. */
static void randomise(struct fqt_learner *learner, uint32_t index) {
    const struct fqt_plan *plan = learner->plan;
    const struct fqt_layer_plan *layer = &plan->layer[index];
    struct fqt_layer *state = &learner->layer[index];
    const float bound = fqt_sqrt_f32(6.0f / (float)layer->inputs);
    const bool relu = plan->step[layer->step].relu;
    const uint32_t stream =
        fqt_mix_u32((uint32_t)learner->seed ^ fqt_mix_u32((uint32_t)(learner->seed >> 32) + index));
    state->weight_range = (struct fqt_range){-bound, bound};
    state->weight_quant = fqt_quant_of(&state->weight_range);
    /* Unit-variance inputs give outputs of about +-4; the moving range corrects it. */
    state->output_range = (struct fqt_range){relu ? 0.0f : -4.0f, 4.0f};
    state->pooled_range = layer->pooled ? state->output_range : (struct fqt_range){0.0f, 0.0f};
    for (uint32_t i = 0; i < (uint32_t)layer->rows * layer->inputs; i++) {
        learner->arena[layer->codes + i] = (uint8_t)(fqt_random_u32(stream, i) >> 24);
    }
    if (plan->mode == FQT_MODE_FINE) {
        float *scale = (float *)(void *)(learner->arena + layer->row_scale);
        for (uint32_t r = 0; r < layer->rows; r++) {
            scale[r] = state->weight_quant.scale;
        }
    }
}

void fqt_init(struct fqt_learner *learner, const struct fqt_plan *plan, void *arena,
              uint64_t seed) {
    learner->plan = plan;
    learner->arena = arena;
    learner->seed = seed;
    learner->update_count = 0;
    learner->nth_phase = 0;
    learner->loaded = plan->frozen == 0;
    learner->logits = (struct fqt_range){0.0f, 0.0f};
    memset(learner->output_seen, 0, sizeof learner->output_seen);
    memset(learner->pooled_seen, 0, sizeof learner->pooled_seen);
    fqt_counters_clear(&learner->counters);
    lay_out(learner);
    for (uint32_t index = plan->frozen; index < plan->layers; index++) {
        randomise(learner, index);
    }
    if (learner->loaded) {
        refresh_all(learner);
    }
    struct fqt_config config = fqt_config_default();
    config.first_trainable_layer = plan->frozen;
    config.batch_size = config.batch_size < plan->batch_max ? config.batch_size : plan->batch_max;
    (void)fqt_configure(learner, &config);
}

static bool scale_is_valid(float scale) {
    return fqt_quant_is_valid(&(struct fqt_quant){scale, 0});
}

static enum fqt_status check_layer(const struct fqt_plan *plan,
                                   const struct fqt_layer_state *state) {
    if (!fqt_quant_is_valid(&state->weight_quant) || !fqt_range_is_valid(&state->weight_range) ||
        !fqt_range_is_valid(&state->output_range) || !fqt_range_is_valid(&state->pooled_range) ||
        !fqt_range_is_valid(&state->error_range) ||
        (plan->mode == FQT_MODE_UINT8 && state->row_scale != NULL)) {
        return FQT_BAD_VALUE;
    }
    for (uint32_t r = 0; r < state->rows; r++) {
        if (state->bias[r] > FQT_BIAS_MAX || state->bias[r] < -FQT_BIAS_MAX ||
            (state->row_scale != NULL && !scale_is_valid(state->row_scale[r]))) {
            return FQT_BAD_VALUE;
        }
    }
    return FQT_OK;
}

static void take_layer(struct fqt_learner *learner, uint32_t index,
                       const struct fqt_layer_state *from) {
    const struct fqt_layer_plan *layer = &learner->plan->layer[index];
    struct fqt_layer *state = &learner->layer[index];
    state->weight_quant = from->weight_quant;
    state->weight_range = from->weight_range;
    state->output_range = from->output_range;
    state->pooled_range = from->pooled_range;
    state->error_range = from->error_range;
    if (layer->frozen) {
        state->codes = from->weights;
        state->bias = from->bias;
        state->row_scale = from->row_scale;
        return;
    }
    memmove(learner->arena + layer->codes, from->weights, (size_t)layer->rows * layer->inputs);
    memmove(learner->arena + layer->bias, from->bias, layer->rows * sizeof(int32_t));
    if (learner->plan->mode == FQT_MODE_FINE) {
        float *scale = (float *)(void *)(learner->arena + layer->row_scale);
        for (uint32_t r = 0; r < layer->rows; r++) {
            scale[r] = from->row_scale != NULL ? from->row_scale[r] : from->weight_quant.scale;
        }
    }
}

enum fqt_status fqt_load(struct fqt_learner *learner, const struct fqt_layer_state *layers,
                         uint8_t layer_count) {
    const struct fqt_plan *plan = learner->plan;
    if (layer_count != plan->layers) {
        return FQT_BAD_SHAPE;
    }
    for (uint32_t index = 0; index < layer_count; index++) {
        if (layers[index].rows != plan->layer[index].rows ||
            layers[index].inputs != plan->layer[index].inputs) {
            return FQT_BAD_SHAPE;
        }
    }
    for (uint32_t index = 0; index < layer_count; index++) {
        const enum fqt_status status = check_layer(plan, &layers[index]);
        if (status != FQT_OK) {
            return status;
        }
    }
    for (uint32_t index = 0; index < layer_count; index++) {
        const struct fqt_layer_plan *layer = &plan->layer[index];
        struct fqt_layer *state = &learner->layer[index];
        state->error_mean_max = 0.0f;
        if (!layer->frozen) {
            memset(learner->arena + layer->row, 0, layer->rows * sizeof(struct fqt_row));
        }
        take_layer(learner, index, &layers[index]);
    }
    learner->loaded = true;
    learner->update_count = UINT32_MAX; /* its ranges are known */
    refresh_all(learner);
    fqt_drop_batch(learner);
    return FQT_OK;
}

void fqt_layer_export(const struct fqt_learner *learner, uint8_t index,
                      struct fqt_layer_state *state) {
    const struct fqt_layer *layer = &learner->layer[index];
    state->rows = learner->plan->layer[index].rows;
    state->inputs = learner->plan->layer[index].inputs;
    state->weight_quant = layer->weight_quant;
    state->weight_range = layer->weight_range;
    state->output_range = layer->output_range;
    state->pooled_range = layer->pooled_range;
    state->error_range = layer->error_range;
    state->weights = layer->codes;
    state->bias = layer->bias;
    state->row_scale = layer->row_scale;
}

static uint64_t fnv1a(uint64_t hash, uint32_t v, int bytes) {
    for (int i = 0; i < bytes; i++) {
        hash ^= (v >> (8 * i)) & 0xffu;
        hash *= 0x100000001b3u;
    }
    return hash;
}

static uint64_t hash_f32(uint64_t hash, float v) {
    uint32_t bits;
    memcpy(&bits, &v, sizeof bits);
    return fnv1a(hash, bits, 4);
}

uint64_t fqt_weights_hash(const struct fqt_learner *learner) {
    uint64_t hash = 0xcbf29ce484222325u;
    for (uint32_t index = 0; index < learner->plan->layers && learner->loaded; index++) {
        const struct fqt_layer_plan *layer = &learner->plan->layer[index];
        const struct fqt_layer *state = &learner->layer[index];
        hash = fnv1a(hash, layer->rows, 2);
        hash = fnv1a(hash, layer->inputs, 2);
        hash = hash_f32(hash, state->weight_quant.scale);
        hash = fnv1a(hash, (uint32_t)state->weight_quant.zero, 4);
        for (uint32_t i = 0; i < (uint32_t)layer->rows * layer->inputs; i++) {
            hash = fnv1a(hash, state->codes[i], 1);
        }
        for (uint32_t r = 0; r < layer->rows; r++) {
            hash = fnv1a(hash, (uint32_t)state->bias[r], 4);
            hash = state->row_scale != NULL ? hash_f32(hash, state->row_scale[r]) : hash;
        }
    }
    return hash;
}
