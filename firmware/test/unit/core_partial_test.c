/*
 * The backward pass of one sample against its definition, integer for integer: every kind of layer,
 * with all structures and with some. And that what is not selected is really skipped and counted
 * so.
 */
#include <stdlib.h>

#include "core/quant.h"
#include "core/step.h"
#include "test/golden/synthetic.h"
#include "test/unit/expect.h"
#include "test/unit/models.h"

#define TENSOR_MAX 2048u
#define ROWS_MAX   64u

static struct test_model model;
static struct test_model before;

/* Errors of the definition, at the input of the step last visited. */
static int64_t error[TENSOR_MAX];
static int64_t below[TENSOR_MAX];
static int32_t magnitude[ROWS_MAX];
static uint16_t chosen[ROWS_MAX];

static const uint8_t *input_of(uint32_t step, const uint8_t *codes) {
    return fqt_step_input(&model.learner, step, codes);
}

/* Element (y, x, c) of a step's input, or -1 in the padding. */
static int32_t at(const struct fqt_step *step, int32_t y, int32_t x, uint32_t c) {
    if (y < 0 || x < 0 || y >= step->in.h || x >= step->in.w) {
        return -1;
    }
    return (int32_t)((uint32_t)(y * step->in.w + x) * step->in.c + c);
}

/* Input element under tap (ky, kx, c) of output position (oy, ox). */
static int32_t tap(const struct fqt_step *step, uint32_t oy, uint32_t ox, uint32_t ky, uint32_t kx,
                   uint32_t c) {
    return at(step, (int32_t)(oy * step->stride_h + ky) - step->pad_h,
              (int32_t)(ox * step->stride_w + kx) - step->pad_w, c);
}

/* Where weight i of row r reaches at position p. */
static int32_t reach(const struct fqt_step *step, uint32_t r, uint32_t i, uint32_t p) {
    const bool deep = step->kind == FQT_DEPTHWISE;
    const uint32_t c = deep ? r : i % step->in.c;
    const uint32_t k = deep ? i : i / step->in.c;
    return tap(step, p / step->out.w, p % step->out.w, k / step->kernel_w, k % step->kernel_w, c);
}

static void settle(uint32_t l) {
    const struct fqt_layer_plan *layer = &model.plan.layer[l];
    const struct fqt_step *step = &model.plan.step[layer->step];
    const int32_t zero = model.learner.layer[l].error_quant.zero;
    const bool fine = model.plan.mode == FQT_MODE_FINE;
    const int64_t low = fine ? -FQT_ERROR_MAX : -zero;
    const int64_t high = fine ? FQT_ERROR_MAX : 255 - zero;
    memset(magnitude, 0, sizeof magnitude);
    for (uint32_t n = 0; n < layer->positions * layer->rows; n++) {
        if (step->relu && model.arena[step->output + n] == 0) {
            error[n] = 0;
        }
        error[n] = error[n] < low ? low : error[n] > high ? high : error[n];
        magnitude[n % layer->rows] += abs((int32_t)error[n]);
    }
}

/* The k largest by sorting all; equal to the learner's choice if its magnitudes are. */
static void choose(uint32_t l, uint32_t k) {
    const uint32_t rows = model.plan.layer[l].rows;
    bool taken[ROWS_MAX] = {false};
    for (uint32_t n = 0; n < k; n++) {
        uint32_t best = ROWS_MAX;
        for (uint32_t r = 0; r < rows; r++) {
            if (!taken[r] && (best == ROWS_MAX || magnitude[r] > magnitude[best])) {
                best = r;
            }
        }
        taken[best] = true;
    }
    for (uint32_t r = 0, n = 0; r < rows; r++) {
        if (taken[r]) {
            chosen[n++] = (uint16_t)r;
        }
    }
}

static void check_gradient(uint32_t l, const uint8_t *codes, uint32_t k) {
    const struct fqt_layer_plan *layer = &model.plan.layer[l];
    const struct fqt_step *step = &model.plan.step[layer->step];
    const uint8_t *x = input_of(layer->step, codes);
    const int32_t zero = fqt_input_quant(&model.learner, l).zero;
    const struct fqt_row *rows = (const struct fqt_row *)(void *)(model.arena + layer->row);
    const int16_t *sums = (const int16_t *)(void *)(model.arena + layer->gradient);
    const int32_t *kept = (const int32_t *)(void *)(model.arena + model.plan.backward +
                                                    fqt_gradient_work(&model.plan, l).gradient);
    for (uint32_t r = 0, j = 0; r < layer->rows; r++) {
        const bool selected = j < k && chosen[j] == r;
        const uint16_t row = (uint16_t)r;
        j += selected;
        EXPECT_EQ(rows[r].fill, selected);
        if (step->kind == FQT_LINEAR) {
            fqt_kept_gradient(&model.learner, l, &row, 1);
        }
        for (uint32_t i = 0; i < layer->inputs; i++) {
            int64_t g = 0;
            for (uint32_t p = 0; p < layer->positions && selected; p++) {
                const int32_t from = reach(step, r, i, p);
                g += from < 0 ? 0 : error[p * layer->rows + r] * (x[from] - zero);
            }
            const uint32_t shift = rows[r].shift;
            const int64_t half = shift > 0 ? (int64_t)1 << (shift - 1) : 0;
            const int64_t own = step->kind == FQT_LINEAR ? kept[i] : sums[r * layer->inputs + i];
            EXPECT(own == (g + half) >> shift, "layer %u row %u weight %u: %lld for %lld >> %u", l,
                   r, i, (long long)own, (long long)g, shift);
        }
    }
}

static void pass_down(uint32_t l, uint32_t k) {
    const struct fqt_layer_plan *layer = &model.plan.layer[l];
    const struct fqt_step *step = &model.plan.step[layer->step];
    const struct fqt_layer *state = &model.learner.layer[l];
    const struct fqt_row *rows = (const struct fqt_row *)(void *)(model.arena + layer->row);
    float area = 1.0f;
    for (uint32_t s = model.plan.layer[l - 1].step + 1u; s < layer->step; s++) {
        const struct fqt_step *pool = &model.plan.step[s];
        area *= pool->kind == FQT_AVG_POOL ? (float)(pool->kernel_h * pool->kernel_w) : 1.0f;
    }
    const struct fqt_multiplier to_codes =
        fqt_multiplier_f32(state->weight_quant.scale * state->error_quant.scale / area /
                           model.learner.layer[l - 1].error_quant.scale);
    memset(below, 0, sizeof below);
    for (uint32_t j = 0; j < k; j++) {
        const uint32_t r = chosen[j];
        for (uint32_t p = 0; p < layer->positions; p++) {
            const int64_t e =
                (error[p * layer->rows + r] * rows[r].error_factor_q15 + (1 << 14)) >> 15;
            for (uint32_t i = 0; i < layer->inputs; i++) {
                const int32_t to = reach(step, r, i, p);
                if (to >= 0) {
                    below[to] +=
                        e * (state->codes[r * layer->inputs + i] - state->weight_quant.zero);
                }
            }
        }
    }
    for (uint32_t n = 0; n < TENSOR_MAX; n++) {
        error[n] = fqt_scale_s32((int32_t)below[n], to_codes);
    }
}

static void pool_down(uint32_t s, const uint8_t *codes) {
    const struct fqt_step *step = &model.plan.step[s];
    const uint8_t *x = input_of(s, codes);
    memset(below, 0, sizeof below);
    for (uint32_t n = 0; n < fqt_elements(&step->out); n++) {
        const uint32_t c = n % step->in.c;
        const uint32_t oy = n / step->in.c / step->out.w;
        const uint32_t ox = n / step->in.c % step->out.w;
        int32_t best = tap(step, oy, ox, 0, 0, c);
        for (uint32_t k = 0; k < (uint32_t)step->kernel_h * step->kernel_w; k++) {
            const int32_t to = tap(step, oy, ox, k / step->kernel_w, k % step->kernel_w, c);
            best = x[to] > x[best] ? to : best;
            below[to] += step->kind == FQT_AVG_POOL ? error[n] : 0;
        }
        below[best] += step->kind == FQT_MAX_POOL ? error[n] : 0;
    }
    memcpy(error, below, sizeof error);
}

static void check_backward(const uint8_t *codes, uint16_t lambda_milli) {
    const uint32_t last = model.plan.layers - 1u;
    const float *values = (const float *)(void *)(model.arena + model.plan.values);
    const float inverse = 1.0f / model.learner.layer[last].error_quant.scale;
    for (uint32_t r = 0; r < model.plan.classes; r++) {
        error[r] = fqt_round_f32(values[r] * inverse);
    }
    for (uint32_t l = model.plan.layers; l-- > 0;) {
        const uint32_t k =
            fqt_rows_to_train(lambda_milli, lambda_milli, 0, model.plan.layer[l].rows);
        settle(l);
        choose(l, k);
        check_gradient(l, codes, k);
        if (l > 0) {
            pass_down(l, k);
            for (uint32_t s = model.plan.layer[l].step - 1u; s > model.plan.layer[l - 1].step;
                 s--) {
                pool_down(s, codes);
            }
        }
    }
}

static struct fqt_config config_with(uint16_t lambda_milli, uint16_t batch) {
    struct fqt_config config = fqt_config_default();
    config.lambda_min_milli = lambda_milli;
    config.lambda_max_milli = lambda_milli;
    config.batch_size = batch;
    return config;
}

static void learn(unsigned *state, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        uint8_t codes[512];
        struct fqt_result result;
        test_random_codes(state, model.plan.input_count, codes);
        EXPECT_EQ(fqt_learn(&model.learner, codes, (int)(i % model.plan.classes), &result), FQT_OK);
    }
}

static void backward_equals_its_definition(const struct fqt_model_spec *spec, uint8_t mode) {
    static const uint16_t lambdas[] = {1000, 600, 250, 0};
    for (uint32_t n = 0; n < 4; n++) {
        unsigned state = 77 + n;
        uint8_t codes[512];
        struct fqt_result result;
        test_model_init(&model, spec, mode, 11 + n);
        learn(&state, 40);
        const struct fqt_config config = config_with(lambdas[n], 8);
        EXPECT_EQ(fqt_configure(&model.learner, &config), FQT_OK);
        test_random_codes(&state, model.plan.input_count, codes);
        EXPECT_EQ(fqt_learn(&model.learner, codes, 1, &result), FQT_OK);
        check_backward(codes, lambdas[n]);
    }
}

static void row_count_follows_the_formula(void) {
    EXPECT_EQ(fqt_rows_to_train(1000, 1000, 0, 64), 64);
    EXPECT_EQ(fqt_rows_to_train(0, 1000, 65536, 10), 10);
    EXPECT_EQ(fqt_rows_to_train(0, 1000, 0, 10), 1); /* never none: that is training off */
    EXPECT_EQ(fqt_rows_to_train(0, 0, 65536, 64), 1);
    EXPECT_EQ(fqt_rows_to_train(100, 500, 32768, 32), 9); /* floor(0.3 * 32) */
    EXPECT_EQ(fqt_rows_to_train(1000, 1000, 65536, FQT_ROWS_MAX), FQT_ROWS_MAX);
}

static void selection_takes_the_largest_magnitudes(void) {
    for (unsigned seed = 1; seed <= EXPECT_ROUNDS(500u); seed++) {
        unsigned state = seed * 9176u + 3;
        int32_t sizes[FQT_ROWS_MAX];
        uint16_t selected[FQT_ROWS_MAX];
        const uint32_t rows = 1 + expect_random(&state) % 300;
        const uint32_t k = 1 + expect_random(&state) % rows;
        const uint32_t spread = 1u << (expect_random(&state) % 27); /* small: many ties */
        for (uint32_t r = 0; r < rows; r++) {
            sizes[r] = (int32_t)(expect_random(&state) % spread);
        }
        fqt_select_rows(sizes, rows, k, selected);
        int32_t smallest_in = INT32_MAX;
        int32_t largest_out = -1;
        uint32_t s = 0;
        for (uint32_t r = 0; r < rows; r++) {
            if (s < k && selected[s] == r) {
                smallest_in = sizes[r] < smallest_in ? sizes[r] : smallest_in;
                s++;
            } else {
                largest_out = sizes[r] > largest_out ? sizes[r] : largest_out;
            }
        }
        EXPECT(s == k, "seed %u: %u of %u rows, or not ascending", seed, s, k);
        EXPECT(smallest_in >= largest_out, "seed %u: kept %d, left %d", seed, smallest_in,
               largest_out);
    }
}

static void unselected_rows_stay_and_macs_are_exact(const struct fqt_model_spec *spec) {
    for (uint16_t lambda = 0; lambda <= 1000; lambda = (uint16_t)(lambda + 125)) {
        unsigned state = 5;
        test_model_init(&model, spec, FQT_MODE_FINE, 5);
        const struct fqt_config config = config_with(lambda, 1);
        EXPECT_EQ(fqt_configure(&model.learner, &config), FQT_OK);
        learn(&state, 6); /* moments and ranges are warm */
        test_model_copy(&before, &model);
        learn(&state, 1);
        uint64_t backward = 0;
        for (uint32_t l = 0; l < model.plan.layers; l++) {
            const struct fqt_layer_plan *layer = &model.plan.layer[l];
            const struct fqt_layer_counters *now = &model.learner.counters.layer[l];
            const struct fqt_layer_counters *then = &before.learner.counters.layer[l];
            const uint32_t k = fqt_rows_to_train(lambda, lambda, 0, layer->rows);
            /* weight gradient, the error product except in the lowest layer, the weight step */
            backward += (uint64_t)k * layer->inputs * (layer->positions * (l == 0 ? 1u : 2u) + 1u);
            EXPECT_EQ(now->structures_updated - then->structures_updated, k);
            EXPECT_EQ(now->codes_visited - then->codes_visited, k * layer->inputs);
            uint32_t rows_changed = 0;
            for (uint32_t r = 0; r < layer->rows; r++) {
                rows_changed +=
                    memcmp(model.arena + layer->codes + r * layer->inputs,
                           before.arena + layer->codes + r * layer->inputs, layer->inputs) != 0;
            }
            EXPECT(rows_changed <= k, "lambda %u layer %u: %u rows changed, %u selected", lambda, l,
                   rows_changed, k);
        }
        EXPECT_EQ(model.learner.counters.mac_backward - before.learner.counters.mac_backward,
                  backward);
        EXPECT_EQ(model.learner.counters.mac_forward - before.learner.counters.mac_forward,
                  model.plan.macs_forward);
    }
}

static void frozen_layers_do_not_move(const struct fqt_model_spec *spec) {
    unsigned state = 9;
    test_model_init(&model, spec, FQT_MODE_FINE, 9);
    learn(&state, 40);
    struct fqt_config config = config_with(1000, 4);
    config.first_trainable_layer = (uint8_t)(model.plan.layers - 1u);
    EXPECT_EQ(fqt_configure(&model.learner, &config), FQT_OK);
    test_model_copy(&before, &model);
    learn(&state, 40);
    const uint32_t last = config.first_trainable_layer;
    for (uint32_t l = 0; l <= last; l++) {
        const struct fqt_layer_plan *layer = &model.plan.layer[l];
        const uint32_t weights = (uint32_t)layer->rows * layer->inputs;
        const bool same =
            memcmp(model.arena + layer->codes, before.arena + layer->codes, weights) == 0 &&
            memcmp(model.arena + layer->bias, before.arena + layer->bias, layer->rows * 4u) == 0 &&
            memcmp(model.arena + layer->row_scale, before.arena + layer->row_scale,
                   layer->rows * 4u) == 0;
        EXPECT(same == (l < last), "layer %u", l);
        EXPECT_EQ(model.learner.counters.layer[l].updates -
                      before.learner.counters.layer[l].updates,
                  l < last ? 0 : 10);
    }
    const uint64_t weights = (uint64_t)model.plan.layer[last].rows * model.plan.layer[last].inputs;
    EXPECT_EQ(model.learner.counters.mac_backward - before.learner.counters.mac_backward,
              40 * weights + 10 * weights);
}

int main(void) {
    for (uint8_t mode = FQT_MODE_UINT8; mode <= FQT_MODE_FINE; mode++) {
        backward_equals_its_definition(&every_kind, mode);
        backward_equals_its_definition(&bearing_cnn, mode);
        backward_equals_its_definition(&bearing_mlp, mode);
    }
    row_count_follows_the_formula();
    selection_takes_the_largest_magnitudes();
    unselected_rows_stay_and_macs_are_exact(&every_kind);
    unselected_rows_stay_and_macs_are_exact(&bearing_mlp);
    frozen_layers_do_not_move(&every_kind);
    return expect_summary("core_partial");
}
