/* Weights as a value: export, import, hash, and what is refused; any use keeps every bound. */
#include <math.h>

#include "core/quant.h"
#include "core/step.h"
#include "core/window.h"
#include "test/golden/synthetic.h"
#include "test/unit/expect.h"
#include "test/unit/models.h"

static struct test_model model;
static struct test_model other;

static void train(struct test_model *m, unsigned seed, uint32_t count) {
    unsigned state = seed;
    for (uint32_t i = 0; i < count; i++) {
        uint8_t codes[512];
        struct fqt_result result;
        test_random_codes(&state, m->plan.input_count, codes);
        EXPECT_EQ(fqt_learn(&m->learner, codes, (int)(i % m->plan.classes), &result), FQT_OK);
    }
}

static void export_all(const struct test_model *m, struct fqt_layer_state *page) {
    for (uint8_t l = 0; l < m->plan.layers; l++) {
        fqt_layer_export(&m->learner, l, &page[l]);
    }
}

static void what_is_exported_loads_and_predicts_the_same(const struct fqt_model_spec *spec,
                                                         uint8_t mode) {
    struct fqt_layer_state page[FQT_LAYERS_MAX];
    test_model_init(&model, spec, mode, 21);
    test_model_init(&other, spec, mode, 22);
    EXPECT(fqt_weights_hash(&model.learner) != fqt_weights_hash(&other.learner), "seeds differ");
    train(&model, 3, 64);
    export_all(&model, page);
    EXPECT_EQ(fqt_load(&other.learner, page, model.plan.layers), FQT_OK);
    EXPECT(fqt_weights_hash(&model.learner) == fqt_weights_hash(&other.learner), "same weights");
    unsigned state = 5;
    for (uint32_t i = 0; i < 20; i++) {
        uint8_t codes[512];
        struct fqt_result a;
        struct fqt_result b;
        test_random_codes(&state, model.plan.input_count, codes);
        EXPECT_EQ(fqt_predict(&model.learner, codes, 0, &a), FQT_OK);
        EXPECT_EQ(fqt_predict(&other.learner, codes, 0, &b), FQT_OK);
        EXPECT(a.loss_q12 == b.loss_q12 && a.prediction == b.prediction, "sample %u", i);
    }
    const uint64_t hash = fqt_weights_hash(&other.learner);
    train(&other, 4, 8);
    EXPECT(fqt_weights_hash(&other.learner) != hash, "training moves the weights");
}

static void refuses(struct fqt_layer_state *page, uint8_t count, enum fqt_status expected) {
    const uint64_t hash = fqt_weights_hash(&other.learner);
    EXPECT_EQ(fqt_load(&other.learner, page, count), expected);
    EXPECT(fqt_weights_hash(&other.learner) == hash, "state untouched");
}

static void a_bad_page_is_refused_and_the_state_kept(void) {
    struct fqt_layer_state good[FQT_LAYERS_MAX];
    struct fqt_layer_state page[FQT_LAYERS_MAX];
    int32_t bias[32];
    float scale[32];
    test_model_init(&model, &bearing_mlp, FQT_MODE_FINE, 31);
    test_model_init(&other, &bearing_mlp, FQT_MODE_FINE, 32);
    export_all(&model, good);
#define WITH(change, count, expected)                                                              \
    do {                                                                                           \
        memcpy(page, good, sizeof page);                                                           \
        change;                                                                                    \
        refuses(page, count, expected);                                                            \
    } while (0)
    const float not_a_number = (float)NAN;
    WITH((void)0, 1, FQT_BAD_SHAPE);
    WITH(page[1].rows = 8, 2, FQT_BAD_SHAPE);
    WITH(page[0].inputs = 63, 2, FQT_BAD_SHAPE);
    WITH(page[0].weight_quant.scale = 0.0f, 2, FQT_BAD_VALUE);
    WITH(page[0].weight_quant.scale = not_a_number, 2, FQT_BAD_VALUE);
    WITH(page[0].weight_quant.zero = 256, 2, FQT_BAD_VALUE);
    WITH(page[1].output_range.max = not_a_number, 2, FQT_BAD_VALUE);
    WITH(page[1].pooled_range.min = 1.0f, 2, FQT_BAD_VALUE);
    WITH(page[1].error_range.max = 1e9f, 2, FQT_BAD_VALUE);
    memcpy(bias, good[0].bias, sizeof bias);
    bias[31] = FQT_BIAS_MAX + 1;
    WITH(page[0].bias = bias, 2, FQT_BAD_VALUE);
    memcpy(scale, good[0].row_scale, sizeof scale);
    scale[7] = -1.0f;
    WITH(page[0].row_scale = scale, 2, FQT_BAD_VALUE);
    test_model_init(&other, &bearing_mlp, FQT_MODE_UINT8, 32);
    WITH((void)0, 2, FQT_BAD_VALUE); /* scales per row have no place in the paper's mode */
#undef WITH
}

static void a_configuration_out_of_range_is_refused(void) {
    test_model_init(&model, &bearing_cnn, FQT_MODE_FINE, 1);
    const struct fqt_config good = fqt_config_default();
    struct fqt_config bad[9];
    for (uint32_t n = 0; n < 9; n++) {
        bad[n] = good;
    }
    bad[0].lambda_max_milli = 1001;
    bad[1].lambda_max_milli = 999; /* below lambda_min */
    bad[2].first_trainable_layer = model.plan.layers;
    bad[3].learning_rate_q20 = 0;
    bad[4].learning_rate_q20 = FQT_LEARNING_RATE_MAX_Q20 + 1;
    bad[5].batch_size = 0;
    bad[6].batch_size = (uint16_t)(model.plan.batch_max + 1u);
    bad[7].train_every_nth = 0;
    bad[8].pseudo_confidence_q15 = FQT_CONFIDENCE_MAX_Q15 + 1;
    for (uint32_t n = 0; n < 9; n++) {
        EXPECT_EQ(fqt_configure(&model.learner, &bad[n]), FQT_BAD_CONFIG);
    }
    EXPECT_EQ(model.learner.config.batch_size, good.batch_size);
    int16_t samples[FQT_WINDOW] = {0};
    struct fqt_result result;
    EXPECT_EQ(fqt_learn_window(&model.learner, samples, 9, &result), FQT_BAD_SAMPLE);
    EXPECT_EQ(fqt_learn_window(&model.learner, samples, -2, &result), FQT_BAD_SAMPLE);
    EXPECT_EQ(model.learner.counters.samples, 0);
    test_model_init(&model, &every_kind, FQT_MODE_FINE, 1);
    EXPECT_EQ(fqt_learn_window(&model.learner, samples, 0, &result), FQT_BAD_SAMPLE);
    EXPECT(fqt_window_codes(&model.learner, samples) == NULL, "reads codes");
}

static void a_window_is_centred_and_scaled(void) {
    int16_t samples[FQT_WINDOW];
    uint8_t codes[FQT_WINDOW];
    for (uint32_t n = 0; n < FQT_WINDOW; n++) {
        samples[n] = -7;
    }
    fqt_codes_of_window_s16(samples, FQT_WINDOW, 0.0f, codes);
    EXPECT(codes[0] == FQT_WINDOW_ZERO && codes[511] == FQT_WINDOW_ZERO, "a constant has no shape");
    for (int32_t size = 1; size <= 16384; size *= 4) {
        for (uint32_t n = 0; n < FQT_WINDOW; n++) {
            samples[n] = (int16_t)(1000 + (n % 2 == 0 ? size : -size));
        }
        fqt_codes_of_window_s16(samples, FQT_WINDOW, 0.0f, codes);
        EXPECT_EQ(codes[0], FQT_WINDOW_ZERO + 32); /* one standard deviation */
        EXPECT_EQ(codes[1], FQT_WINDOW_ZERO - 32);
    }
    fqt_codes_of_window_s16(samples, FQT_WINDOW, 256.0f, codes);
    EXPECT_EQ(codes[0], FQT_WINDOW_ZERO + 64); /* +-16,384 about its mean, level kept */
    memset(samples, 0, sizeof samples);
    samples[3] = INT16_MIN;
    fqt_codes_of_window_s16(samples, FQT_WINDOW, 0.0f, codes);
    EXPECT_EQ(codes[3], 0); /* clamped */
    for (uint32_t n = 0; n < FQT_WINDOW; n++) {
        samples[n] = n % 2 == 0 ? INT16_MAX : INT16_MIN;
    }
    fqt_codes_of_window_s16(samples, FQT_WINDOW, 0.0f, codes);
    EXPECT_EQ(codes[0], FQT_WINDOW_ZERO + 32);
}

static struct fqt_config any_config(unsigned *state, uint32_t n) {
    struct fqt_config config = fqt_config_default();
    config.lambda_max_milli = (uint16_t)(expect_random(state) % 1001);
    config.lambda_min_milli = (uint16_t)(expect_random(state) % (config.lambda_max_milli + 1u));
    config.first_trainable_layer = (uint8_t)(expect_random(state) % model.plan.layers);
    config.learning_rate_q20 = 1 + (expect_random(state) >> 12 >> n);
    config.batch_size = (uint16_t)(1 + expect_random(state) % model.plan.batch_max);
    config.pseudo_confidence_q15 = (uint16_t)(expect_random(state) % 32769);
    return config;
}

/* Any accepted configuration, any input, absurd rates: no overflow (sanitizer, bounds), and what
 * was trained can be stored and loaded again. */
static void random_use_never_breaks_a_bound(const struct fqt_model_spec *spec, uint8_t mode,
                                            uint32_t samples) {
    for (unsigned seed = 1; seed <= EXPECT_ROUNDS(8u); seed++) {
        unsigned state = seed * 40503u + 11;
        struct fqt_layer_state page[FQT_LAYERS_MAX];
        test_model_init(&model, spec, mode, seed);
        for (uint32_t i = 0; i < samples; i++) {
            uint8_t codes[512];
            struct fqt_result result;
            if (i % 50 == 0) {
                const struct fqt_config config = any_config(&state, i / 50);
                EXPECT(fqt_configure(&model.learner, &config) == FQT_OK, "seed %u", seed);
            }
            const unsigned kind = expect_random(&state) % 4;
            test_random_codes(&state, model.plan.input_count, codes);
            if (kind < 3) {
                memset(codes, kind == 0 ? 0 : kind == 1 ? 255 : 128, model.plan.input_count);
            }
            const int label = (int)(expect_random(&state) % (model.plan.classes + 1u)) - 1;
            EXPECT(fqt_learn(&model.learner, codes, label, &result) == FQT_OK &&
                       result.confidence_q15 <= FQT_CONFIDENCE_MAX_Q15 &&
                       result.loss_q12 <= FQT_LOSS_MAX_Q12,
                   "seed %u sample %u", seed, i);
        }
        export_all(&model, page);
        test_model_init(&other, spec, mode, 1);
        EXPECT(fqt_load(&other.learner, page, model.plan.layers) == FQT_OK, "seed %u", seed);
        EXPECT(fqt_weights_hash(&other.learner) == fqt_weights_hash(&model.learner), "seed %u",
               seed);
    }
}

int main(void) {
    for (uint8_t mode = FQT_MODE_UINT8; mode <= FQT_MODE_FINE; mode++) {
        what_is_exported_loads_and_predicts_the_same(&bearing_mlp, mode);
        what_is_exported_loads_and_predicts_the_same(&bearing_cnn, mode);
        what_is_exported_loads_and_predicts_the_same(&every_kind, mode);
        random_use_never_breaks_a_bound(&bearing_mlp, mode, 1000);
        random_use_never_breaks_a_bound(&every_kind, mode, 400);
        random_use_never_breaks_a_bound(&bearing_cnn, mode, 100);
    }
    a_bad_page_is_refused_and_the_state_kept();
    a_configuration_out_of_range_is_refused();
    a_window_is_centred_and_scaled();
    return expect_summary("core_model");
}
