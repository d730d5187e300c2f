/* Shapes, configuration, import and export: what is accepted, what is refused without a trace. */
#include <math.h>

#include "core/learner.h"
#include "test/golden/synthetic.h"
#include "test/unit/expect.h"

static struct fqt_learner learner;
static struct fqt_learner other;
static const struct fqt_shape shape = {.layers = 2, .width = {64, 32, SYNTHETIC_CLASSES}};

static void learn(struct fqt_learner *l, uint32_t from, uint32_t count) {
    for (uint32_t i = from; i < from + count; i++) {
        int16_t samples[FQT_WINDOW];
        struct fqt_result result;
        synthetic_window(17, i, i % SYNTHETIC_CLASSES, 0, samples);
        EXPECT_EQ(fqt_learn_window(l, samples, (int)(i % SYNTHETIC_CLASSES), &result), FQT_OK);
    }
}

static void shapes_outside_the_maxima_are_refused(void) {
    static const struct fqt_shape bad[] = {
        {0, {64}},       {5, {64, 8, 8, 8, 8}}, {2, {65, 32, 4}},  {2, {64, 65, 4}},
        {2, {64, 0, 4}}, {2, {64, 32, 1}},      {2, {64, 32, 17}},
    };
    EXPECT_EQ(fqt_init(&learner, &shape, 1), FQT_OK);
    other = learner;
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        EXPECT_EQ(fqt_init(&learner, &bad[i], 1), FQT_BAD_SHAPE);
        EXPECT_BYTES(&learner, &other, sizeof learner);
    }
    const struct fqt_shape largest = {.layers = 4, .width = {64, 64, 64, 64, 16}};
    EXPECT_EQ(fqt_init(&learner, &largest, 1), FQT_OK);
    const struct fqt_shape smallest = {.layers = 1, .width = {1, 2}};
    EXPECT_EQ(fqt_init(&learner, &smallest, 1), FQT_OK);
}

static void configurations_out_of_range_are_refused(void) {
    EXPECT_EQ(fqt_init(&learner, &shape, 1), FQT_OK);
    const struct fqt_config good = learner.config;
    for (int field = 0; field < 9; field++) {
        struct fqt_config bad = good;
        switch (field) {
        case 0:
            bad.lambda_max_milli = 1001;
            break;
        case 1:
            bad.lambda_max_milli = 500; /* below lambda_min */
            break;
        case 2:
            bad.first_trainable_layer = 2;
            break;
        case 3:
            bad.learning_rate_q20 = 0;
            break;
        case 4:
            bad.learning_rate_q20 = FQT_LEARNING_RATE_MAX_Q20 + 1;
            break;
        case 5:
            bad.batch_size = 0;
            break;
        case 6:
            bad.batch_size = FQT_BATCH_MAX + 1;
            break;
        case 7:
            bad.train_every_nth = 0;
            break;
        default:
            bad.pseudo_confidence_q15 = FQT_CONFIDENCE_MAX_Q15 + 1;
            break;
        }
        EXPECT(fqt_configure(&learner, &bad) == FQT_BAD_CONFIG, "field %d", field);
        EXPECT_BYTES(&learner.config, &good, sizeof good);
    }
}

static void export_layers(const struct fqt_learner *from, struct fqt_layer_state *states) {
    for (uint8_t l = 0; l < from->shape.layers; l++) {
        fqt_layer_export(from, l, &states[l]);
    }
}

static void a_loaded_model_predicts_like_the_exported_one(void) {
    struct fqt_layer_state states[2];
    EXPECT_EQ(fqt_init(&learner, &shape, 3), FQT_OK);
    learn(&learner, 0, 200);
    export_layers(&learner, states);
    EXPECT_EQ(fqt_init(&other, &(struct fqt_shape){.layers = 1, .width = {64, 5}}, 99), FQT_OK);
    EXPECT_EQ(fqt_load(&other, states, 2), FQT_OK);
    EXPECT(fqt_weights_hash(&other) == fqt_weights_hash(&learner), "hash");
    for (uint32_t i = 0; i < 32; i++) {
        uint8_t features[FQT_FEATURES_MAX];
        int16_t samples[FQT_WINDOW];
        struct fqt_result a;
        struct fqt_result b;
        synthetic_window(18, i, i % SYNTHETIC_CLASSES, i & 1, samples);
        fqt_features_s16(&other.work, samples, features);
        EXPECT_EQ(fqt_predict(&learner, features, 0, &a), FQT_OK);
        EXPECT_EQ(fqt_predict(&other, features, 0, &b), FQT_OK);
        EXPECT(a.prediction == b.prediction && a.loss_q12 == b.loss_q12, "window %u", i);
    }
    learn(&other, 200, 40); /* a loaded model trains on */
    EXPECT(fqt_weights_hash(&other) != fqt_weights_hash(&learner), "weights moved");
}

static void bad_models_are_refused_without_a_trace(void) {
    struct fqt_layer_state good[2];
    EXPECT_EQ(fqt_init(&learner, &shape, 3), FQT_OK);
    export_layers(&learner, good);
    other = learner;
    int32_t bias[FQT_WIDTH_MAX] = {FQT_BIAS_MAX + 1};
    for (int kind = 0; kind < 9; kind++) {
        struct fqt_layer_state bad[2] = {good[0], good[1]};
        enum fqt_status expected = FQT_BAD_VALUE;
        switch (kind) {
        case 0:
            bad[0].weight_quant.scale = 0.0f;
            break;
        case 1:
            bad[1].weight_quant.scale = NAN;
            break;
        case 2:
            bad[1].weight_quant.scale = INFINITY;
            break;
        case 3:
            bad[0].weight_quant.zero = 256;
            break;
        case 4:
            bad[0].output_range = (struct fqt_range){1.0f, 2.0f}; /* without 0 */
            break;
        case 5:
            bad[1].error_range.max = NAN;
            break;
        case 6:
            bad[0].bias = bias;
            break;
        case 7:
            bad[1].inputs = 31;
            expected = FQT_BAD_SHAPE;
            break;
        default:
            bad[1].outputs = 17;
            expected = FQT_BAD_SHAPE;
            break;
        }
        EXPECT(fqt_load(&learner, bad, 2) == expected, "kind %d", kind);
        EXPECT_BYTES(&learner, &other, sizeof learner);
    }
    EXPECT_EQ(fqt_load(&learner, good, 5), FQT_BAD_SHAPE);
}

static void the_hash_sees_every_part(void) {
    EXPECT_EQ(fqt_init(&learner, &shape, 3), FQT_OK);
    const uint64_t hash = fqt_weights_hash(&learner);
    learner.codes[64 * 32 + 32 * SYNTHETIC_CLASSES - 1] ^= 1;
    EXPECT(fqt_weights_hash(&learner) != hash, "last code");
    learner.codes[64 * 32 + 32 * SYNTHETIC_CLASSES - 1] ^= 1;
    learner.bias[32] ^= 1;
    EXPECT(fqt_weights_hash(&learner) != hash, "bias");
    learner.bias[32] ^= 1;
    learner.layer[1].weight_quant.zero ^= 1;
    EXPECT(fqt_weights_hash(&learner) != hash, "zero point");
    learner.layer[1].weight_quant.zero ^= 1;
    EXPECT(fqt_weights_hash(&learner) == hash, "restored");
    EXPECT_EQ(fqt_init(&other, &shape, 4), FQT_OK);
    EXPECT(fqt_weights_hash(&other) != hash, "another seed");
}

static void bad_samples_are_refused(void) {
    struct fqt_result result;
    uint8_t features[FQT_FEATURES_MAX] = {0};
    int16_t samples[FQT_WINDOW] = {0};
    EXPECT_EQ(fqt_init(&learner, &shape, 3), FQT_OK);
    other = learner;
    EXPECT_EQ(fqt_learn(&learner, features, SYNTHETIC_CLASSES, &result), FQT_BAD_SAMPLE);
    EXPECT_EQ(fqt_learn(&learner, features, -2, &result), FQT_BAD_SAMPLE);
    EXPECT_EQ(fqt_predict(&learner, features, SYNTHETIC_CLASSES, &result), FQT_BAD_SAMPLE);
    EXPECT_EQ(fqt_learn_window(&learner, samples, 9, &result), FQT_BAD_SAMPLE);
    EXPECT_BYTES(&learner, &other, sizeof learner);
    EXPECT_EQ(fqt_init(&learner, &(struct fqt_shape){.layers = 1, .width = {10, 2}}, 3), FQT_OK);
    EXPECT_EQ(fqt_learn_window(&learner, samples, 0, &result), FQT_BAD_SAMPLE);
}

int main(void) {
    shapes_outside_the_maxima_are_refused();
    configurations_out_of_range_are_refused();
    a_loaded_model_predicts_like_the_exported_one();
    bad_models_are_refused_without_a_trace();
    the_hash_sees_every_part();
    bad_samples_are_refused();
    return expect_summary("core_model");
}
