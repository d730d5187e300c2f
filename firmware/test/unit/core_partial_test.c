/* Dynamic partial updates: how many rows, which rows, and that the rest is really skipped and
 * counted so. */
#include "core/step.h"
#include "test/golden/synthetic.h"
#include "test/unit/expect.h"

static struct fqt_learner learner;
static struct fqt_learner before;
static const struct fqt_shape shape = {.layers = 3, .width = {64, 24, 16, SYNTHETIC_CLASSES}};

static void make_features(uint32_t i, uint8_t *features) {
    static struct fqt_feature_work work;
    int16_t samples[FQT_WINDOW];
    synthetic_window(31, i, i % SYNTHETIC_CLASSES, 0, samples);
    fqt_features_s16(&work, samples, features);
}

static void learn(uint32_t from, uint32_t count) {
    for (uint32_t i = from; i < from + count; i++) {
        uint8_t features[FQT_FEATURES_MAX];
        struct fqt_result result;
        make_features(i, features);
        EXPECT_EQ(fqt_learn(&learner, features, (int)(i % SYNTHETIC_CLASSES), &result), FQT_OK);
    }
}

static void configure(uint16_t min_milli, uint16_t max_milli, uint16_t batch, uint8_t first) {
    struct fqt_config config = fqt_config_default();
    config.lambda_min_milli = min_milli;
    config.lambda_max_milli = max_milli;
    config.batch_size = batch;
    config.first_trainable_layer = first;
    EXPECT_EQ(fqt_configure(&learner, &config), FQT_OK);
}

static void row_count_follows_the_formula(void) {
    EXPECT_EQ(fqt_rows_to_train(1000, 1000, 0, 64), 64);
    EXPECT_EQ(fqt_rows_to_train(1000, 1000, 65536, 64), 64);
    EXPECT_EQ(fqt_rows_to_train(0, 1000, 65536, 10), 10);
    EXPECT_EQ(fqt_rows_to_train(0, 1000, 0, 10), 1); /* never none: that is training off */
    EXPECT_EQ(fqt_rows_to_train(0, 0, 65536, 64), 1);
    EXPECT_EQ(fqt_rows_to_train(100, 500, 32768, 32), 9); /* floor(0.3 * 32) */
    EXPECT_EQ(fqt_rows_to_train(300, 300, 7, 10), 3);
    for (uint16_t max = 0; max <= 1000; max = (uint16_t)(max + 50)) {
        for (uint32_t ratio = 0; ratio < 65536; ratio += 1024) {
            const uint32_t k = fqt_rows_to_train(0, max, ratio, 64);
            EXPECT(k >= 1 && k <= 64 && k <= fqt_rows_to_train(0, max, ratio + 1024, 64),
                   "lambda_max %u ratio %u: %u rows", max, ratio, k);
        }
    }
}

static int magnitude(int16_t e) {
    return e < 0 ? -e : e;
}

static void selection_takes_the_largest_errors(void) {
    for (unsigned seed = 1; seed <= 500; seed++) {
        unsigned state = seed * 9176u + 3;
        int16_t e[FQT_WIDTH_MAX];
        uint8_t selected[FQT_WIDTH_MAX];
        const uint32_t rows = 1 + expect_random(&state) % FQT_WIDTH_MAX;
        const uint32_t k = 1 + expect_random(&state) % rows;
        const uint32_t spread = 1u << (expect_random(&state) % 9); /* small: many ties */
        for (uint32_t r = 0; r < rows; r++) {
            const int v = (int)(expect_random(&state) % (spread + 1));
            e[r] = (int16_t)(v > 255 ? 255 : v);
            e[r] = (expect_random(&state) & 1) != 0 ? e[r] : (int16_t)-e[r];
        }
        fqt_select_rows(e, rows, k, selected);
        int smallest_in = 256;
        int largest_out = 0;
        for (uint32_t r = 0, s = 0; r < rows; r++) {
            if (s < k && selected[s] == r) {
                smallest_in = magnitude(e[r]) < smallest_in ? magnitude(e[r]) : smallest_in;
                s++;
            } else {
                largest_out = magnitude(e[r]) > largest_out ? magnitude(e[r]) : largest_out;
            }
            EXPECT(r + 1 < rows || s == k, "seed %u: %u of %u rows, or not ascending", seed, s, k);
        }
        EXPECT(smallest_in >= largest_out, "seed %u: kept %d, left %d", seed, smallest_in,
               largest_out);
    }
}

static void unselected_rows_stay_and_macs_are_exact(void) {
    for (uint16_t lambda = 0; lambda <= 1000; lambda = (uint16_t)(lambda + 125)) {
        EXPECT_EQ(fqt_init(&learner, &shape, 5), FQT_OK);
        configure(lambda, lambda, 1, 0);
        learn(0, 6); /* moments and ranges are warm */
        before = learner;
        uint32_t k[3];
        uint64_t backward = 0;
        uint64_t forward = 0;
        for (uint32_t l = 0; l < 3; l++) {
            k[l] = fqt_rows_to_train(lambda, lambda, 0, shape.width[l + 1]);
            /* weight gradient + weight step, and the error product except in the lowest layer */
            backward += (uint64_t)k[l] * shape.width[l] * (l == 0 ? 2 : 3);
            forward += (uint64_t)shape.width[l] * shape.width[l + 1];
        }
        learn(6, 1);
        EXPECT_EQ(learner.counters.mac_backward - before.counters.mac_backward, backward);
        EXPECT_EQ(learner.counters.mac_forward - before.counters.mac_forward, forward);
        for (uint32_t l = 0; l < 3; l++) {
            const struct fqt_layer *layer = &learner.layer[l];
            const struct fqt_layer_counters *now = &learner.counters.layer[l];
            const struct fqt_layer_counters *then = &before.counters.layer[l];
            EXPECT_EQ(now->structures_updated - then->structures_updated, k[l]);
            EXPECT_EQ(now->structures_offered - then->structures_offered, layer->outputs);
            EXPECT_EQ(now->codes_visited - then->codes_visited, k[l] * layer->inputs);
            EXPECT_EQ(now->updates - then->updates, 1);
            if (layer->weight_quant.scale != before.layer[l].weight_quant.scale) {
                continue; /* requantised: every code may have moved */
            }
            uint32_t rows_changed = 0;
            uint64_t codes_changed = 0;
            for (uint32_t r = 0; r < layer->outputs; r++) {
                uint32_t in_row = 0;
                for (uint32_t i = 0; i < layer->inputs; i++) {
                    const uint32_t at = layer->weight_offset + r * layer->inputs + i;
                    in_row += learner.codes[at] != before.codes[at];
                }
                rows_changed += in_row > 0;
                codes_changed += in_row;
            }
            EXPECT(rows_changed <= k[l], "lambda %u layer %u: %u rows changed, %u selected", lambda,
                   l, rows_changed, k[l]);
            EXPECT_EQ(codes_changed, now->codes_changed - then->codes_changed);
        }
    }
}

/* The error passed down comes from the selected rows alone. */
static void error_product_skips_unselected_rows(void) {
    EXPECT_EQ(fqt_init(&learner, &shape, 6), FQT_OK);
    configure(400, 400, 8, 0);
    learn(0, 8);
    uint8_t features[FQT_FEATURES_MAX];
    make_features(8, features);
    (void)fqt_forward(&learner, features);
    (void)fqt_softmax(learner.value, SYNTHETIC_CLASSES, 0);
    learner.value[0] -= 1.0f;
    (void)fqt_backward_layer(&learner, 2);
    const struct fqt_layer *layer = &learner.layer[2];
    const uint32_t k = fqt_rows_to_train(400, 400, 0, SYNTHETIC_CLASSES);
    EXPECT_EQ(k, 1);
    for (uint32_t i = 0; i < layer->inputs; i++) {
        int32_t sum = 0;
        for (uint32_t s = 0; s < k; s++) {
            const uint32_t r = learner.selected[s];
            const int32_t w = learner.codes[layer->weight_offset + r * layer->inputs + i];
            sum += (w - layer->weight_quant.zero) * learner.e[r];
        }
        EXPECT_EQ(learner.acc[i], sum);
    }
}

static void rows_follow_the_error_and_its_maximum_can_be_forgotten(void) {
    EXPECT_EQ(fqt_init(&learner, &shape, 8), FQT_OK);
    configure(0, 1000, 8, 0);
    learn(0, 400); /* trained: errors far below their maximum */
    before = learner;
    learn(400, 40);
    const struct fqt_layer_counters *now = &learner.counters.layer[2];
    const struct fqt_layer_counters *then = &before.counters.layer[2];
    const uint64_t rested = now->structures_updated - then->structures_updated;
    EXPECT(rested < 60, "a trained model updates few rows, not %llu of 160",
           (unsigned long long)rested);
    fqt_reset_error_max(&learner);
    const uint64_t start = now->structures_updated;
    learn(440, 1);
    EXPECT_EQ(now->structures_updated - start, SYNTHETIC_CLASSES); /* its own maximum: all rows */
}

static void a_frozen_prefix_does_not_move(void) {
    EXPECT_EQ(fqt_init(&learner, &shape, 9), FQT_OK);
    configure(1000, 1000, 4, 0);
    learn(0, 40);
    configure(1000, 1000, 4, 2);
    before = learner;
    learn(40, 40);
    const uint32_t frozen = learner.layer[2].weight_offset;
    EXPECT_BYTES(learner.codes, before.codes, frozen);
    EXPECT(memcmp(learner.codes, before.codes, frozen + 64) != 0, "the last layer trains");
    for (uint32_t l = 0; l < 2; l++) {
        EXPECT_BYTES(&learner.layer[l].output_quant, &before.layer[l].output_quant,
                     sizeof(struct fqt_quant));
        EXPECT_BYTES(learner.bias + learner.layer[l].row_offset,
                     before.bias + learner.layer[l].row_offset,
                     learner.layer[l].outputs * sizeof(int32_t));
        EXPECT_EQ(learner.counters.layer[l].updates, before.counters.layer[l].updates);
    }
    const uint64_t per_sample = 16u * SYNTHETIC_CLASSES;
    EXPECT_EQ(learner.counters.mac_backward - before.counters.mac_backward,
              40 * per_sample + 10 * per_sample);
}

int main(void) {
    row_count_follows_the_formula();
    selection_takes_the_largest_errors();
    unselected_rows_stay_and_macs_are_exact();
    error_product_skips_unselected_rows();
    rows_follow_the_error_and_its_maximum_can_be_forgotten();
    a_frozen_prefix_does_not_move();
    return expect_summary("core_partial");
}
