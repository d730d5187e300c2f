/* It really learns: from scratch, after a drift, sparsely, with pseudo-labels, frozen below; and it
 * counts what it did. */
#include <string.h>

#include "core/step.h"
#include "test/golden/synthetic.h"
#include "test/unit/expect.h"
#include "test/unit/models.h"

static struct test_model model;
static struct test_model other;

static struct fqt_model_spec with_classes(const struct fqt_model_spec *spec) {
    struct fqt_model_spec small = *spec;
    small.layers[small.layer_count - 1].out_channels = SYNTHETIC_CLASSES;
    return small;
}

static uint32_t label_of(uint32_t i) {
    return (i * 7u + i / 4u) % SYNTHETIC_CLASSES;
}

/* Share of correct predictions before training, in percent. label_every: 1 = all labelled, 0 =
 * none. */
static uint32_t run(uint32_t seed, uint32_t domain, uint32_t from, uint32_t count,
                    uint32_t label_every) {
    uint32_t right = 0;
    for (uint32_t i = from; i < from + count; i++) {
        int16_t samples[FQT_WINDOW];
        struct fqt_result result;
        const uint32_t class = label_of(i);
        const bool labelled = label_every > 0 && i % label_every == 0;
        synthetic_window(seed, i, class, domain, samples);
        EXPECT_EQ(fqt_learn_window(&model.learner, samples, labelled ? (int)class : FQT_NO_LABEL,
                                   &result),
                  FQT_OK);
        right += result.prediction == class;
    }
    return right * 100u / count;
}

static struct fqt_config config_with(uint16_t lambda_min, uint16_t batch, uint16_t pseudo_q15) {
    struct fqt_config config = fqt_config_default();
    config.lambda_min_milli = lambda_min;
    config.batch_size = batch;
    config.pseudo_confidence_q15 = pseudo_q15;
    return config;
}

static void configure(const struct fqt_config *config) {
    EXPECT_EQ(fqt_configure(&model.learner, config), FQT_OK);
}

static void it_learns_from_scratch_and_after_a_drift(const struct fqt_model_spec *spec,
                                                     uint8_t mode, uint32_t at_least) {
    for (uint32_t seed = 1; seed <= 2; seed++) {
        struct fqt_config config = config_with(1000, 8, 0);
        test_model_init(&model, spec, mode, seed);
        run(seed, 0, 0, 600, 1);
        const uint32_t learnt = run(seed, 0, 6000, 200, 1);
        config.training = false;
        configure(&config);
        const uint64_t hash = fqt_weights_hash(&model.learner);
        const uint32_t drifted = run(seed, 1, 12000, 200, 1);
        EXPECT(fqt_weights_hash(&model.learner) == hash, "training off changes nothing");
        config.training = true;
        configure(&config);
        run(seed, 1, 13000, 300, 1);
        const uint32_t recovered = run(seed, 1, 18000, 200, 1);
        EXPECT(learnt >= at_least, "%s mode %u seed %u: %u %%", spec->name, mode, seed, learnt);
        EXPECT(drifted <= 80, "%s mode %u seed %u: no drop: %u %%", spec->name, mode, seed,
               drifted);
        EXPECT(recovered >= at_least, "%s mode %u seed %u: %u %%", spec->name, mode, seed,
               recovered);
    }
}

static void partial_updates_and_single_samples_learn_too(const struct fqt_model_spec *spec) {
    static const struct {
        uint16_t lambda_min;
        uint16_t batch;
    } cases[] = {{300, 8}, {100, 8}, {300, 1}, {1000, 16}};
    for (uint32_t c = 0; c < 4; c++) {
        test_model_init(&model, spec, FQT_MODE_FINE, 50 + c);
        const struct fqt_config config = config_with(cases[c].lambda_min, cases[c].batch, 0);
        configure(&config);
        run(50 + c, 0, 0, 1200, 1);
        const uint32_t learnt = run(50 + c, 0, 1200, 200, 1);
        EXPECT(learnt >= 90, "case %u: %u %%", c, learnt);
    }
}

static void a_converged_model_stays_when_training_goes_on(const struct fqt_model_spec *spec) {
    for (uint8_t mode = FQT_MODE_UINT8; mode <= FQT_MODE_FINE; mode++) {
        test_model_init(&model, spec, mode, 77);
        run(77, 0, 0, 1000, 1);
        for (uint32_t part = 0; part < 5; part++) {
            const uint32_t share = run(77, 0, 1000 + 500 * part, 500, 1);
            EXPECT(share >= 95, "mode %u part %u: %u %%", mode, part, share);
        }
    }
}

static void labels_decide_what_trains(const struct fqt_model_spec *spec) {
    test_model_init(&model, spec, FQT_MODE_FINE, 5);
    run(5, 0, 0, 400, 1);
    const struct fqt_counters *counters = &model.learner.counters;
    EXPECT_EQ(counters->trained, 400);
    EXPECT_EQ(counters->updates, 50);
    const uint64_t hash = fqt_weights_hash(&model.learner);
    run(5, 0, 400, 100, 0);
    EXPECT_EQ(counters->trained, 400); /* unlabelled, pseudo-labels not allowed */
    EXPECT(fqt_weights_hash(&model.learner) == hash, "weights stay");
    const struct fqt_config pseudo = config_with(1000, 8, 29491); /* 0.9 */
    configure(&pseudo);
    run(5, 0, 500, 100, 0);
    EXPECT(counters->pseudo > 50 && counters->pseudo <= 100, "%llu pseudo-labelled",
           (unsigned long long)counters->pseudo);
    EXPECT_EQ(counters->trained, 400 + counters->pseudo);
    EXPECT_EQ(counters->labelled, 400);
    EXPECT_EQ(counters->samples, 600);
    struct fqt_config every_third = fqt_config_default();
    every_third.train_every_nth = 3;
    configure(&every_third);
    const uint64_t trained = counters->trained;
    run(5, 0, 600, 99, 1);
    EXPECT_EQ(counters->trained - trained, 33);
}

static void counters_add_up(const struct fqt_model_spec *spec) {
    test_model_init(&model, spec, FQT_MODE_FINE, 6);
    struct fqt_counters *c = &model.learner.counters;
    uint64_t loss = 0;
    uint64_t right = 0;
    uint32_t loss_max = 0;
    for (uint32_t i = 0; i < 100; i++) {
        int16_t samples[FQT_WINDOW];
        struct fqt_result result;
        synthetic_window(6, i, label_of(i), 0, samples);
        EXPECT_EQ(fqt_learn_window(&model.learner, samples, (int)label_of(i), &result), FQT_OK);
        EXPECT_EQ(result.updated, i % 8 == 7);
        loss += result.loss_q12;
        right += result.prediction == label_of(i);
        loss_max = result.loss_q12 > loss_max ? result.loss_q12 : loss_max;
    }
    EXPECT_EQ(c->loss_sum_q12, loss);
    EXPECT_EQ(c->correct, right);
    EXPECT_EQ(c->window_loss_max_q12, loss_max);
    EXPECT_EQ(c->input.n, 100 * FQT_WINDOW);
    EXPECT_EQ(c->mac_forward, 100ull * model.plan.macs_forward);
    for (uint32_t l = 0; l < model.plan.layers; l++) {
        const struct fqt_layer_counters *layer = &c->layer[l];
        const struct fqt_layer_plan *plan = &model.plan.layer[l];
        EXPECT_EQ(layer->gradient_samples, 100);
        EXPECT_EQ(layer->structures_offered, 100 * plan->rows);
        EXPECT_EQ(layer->structures_updated, 100 * plan->rows);
        EXPECT_EQ(layer->e_codes, 100 * plan->rows * plan->positions);
        EXPECT_EQ(layer->x_codes, 100 * plan->input_count);
        EXPECT_EQ(layer->updates, 12);
        EXPECT_EQ(layer->codes_visited, 12ull * plan->rows * plan->inputs);
        EXPECT(layer->codes_changed > 0 && layer->codes_changed <= layer->codes_visited, "codes");
        EXPECT(layer->gradient_sq_sum_q24 > 0 && layer->window_gradient_max_q24 > 0, "gradients");
        EXPECT(layer->update_sq_sum_q24 > 0 && layer->weight_sq_q24 > 0, "norms");
        EXPECT(layer->step_gradient_sq_sum_q24 > 0, "step gradients");
    }
    fqt_window_restart(c);
    EXPECT_EQ(c->window_loss_min_q12, UINT32_MAX);
    EXPECT_EQ(c->layer[0].window_gradient_max_q24, 0);
    EXPECT_EQ(c->loss_sum_q12, loss); /* sums never restart */
}

/* Layers that stay in the page train nothing, cost no RAM, and give the same predictions. */
static void a_frozen_prefix_is_used_in_place(const struct fqt_model_spec *spec, uint8_t frozen) {
    struct fqt_layer_state page[FQT_LAYERS_MAX];
    struct fqt_model_spec tail = *spec;
    struct fqt_result result;
    tail.frozen = frozen;
    test_model_init(&other, spec, FQT_MODE_FINE, 3);
    test_model_init(&model, &tail, FQT_MODE_FINE, 3); /* the seed of stochastic rounding too */
    int16_t samples[FQT_WINDOW];
    synthetic_window(3, 0, 0, 0, samples);
    EXPECT_EQ(fqt_learn_window(&model.learner, samples, 0, &result), FQT_NOT_LOADED);
    EXPECT(model.plan.arena_bytes < other.plan.arena_bytes, "%u of %u bytes",
           model.plan.arena_bytes, other.plan.arena_bytes);
    for (uint8_t l = 0; l < other.plan.layers; l++) {
        fqt_layer_export(&other.learner, l, &page[l]);
    }
    EXPECT_EQ(fqt_load(&model.learner, page, other.plan.layers), FQT_OK);
    EXPECT_EQ(fqt_load(&other.learner, page, other.plan.layers), FQT_OK);
    EXPECT(model.learner.layer[0].codes == other.learner.layer[0].codes, "in place");
    EXPECT(fqt_weights_hash(&model.learner) == fqt_weights_hash(&other.learner), "same weights");
    struct fqt_config config = fqt_config_default();
    EXPECT_EQ(fqt_configure(&model.learner, &config), FQT_BAD_CONFIG); /* names a frozen layer */
    config.first_trainable_layer = frozen;
    configure(&config);
    EXPECT_EQ(fqt_configure(&other.learner, &config), FQT_OK);
    for (uint32_t i = 0; i < 64; i++) {
        struct fqt_result expected;
        synthetic_window(3, i, label_of(i), 0, samples);
        EXPECT_EQ(fqt_learn_window(&model.learner, samples, (int)label_of(i), &result), FQT_OK);
        EXPECT_EQ(fqt_learn_window(&other.learner, samples, (int)label_of(i), &expected), FQT_OK);
        EXPECT_EQ(result.loss_q12, expected.loss_q12);
    }
    EXPECT(fqt_weights_hash(&model.learner) == fqt_weights_hash(&other.learner), "same training");
    EXPECT_EQ(model.learner.counters.mac_backward, other.learner.counters.mac_backward);
}

int main(void) {
    const struct fqt_model_spec mlp = with_classes(&bearing_mlp);
    const struct fqt_model_spec cnn = with_classes(&bearing_cnn);
    it_learns_from_scratch_and_after_a_drift(&mlp, FQT_MODE_UINT8, 93);
    it_learns_from_scratch_and_after_a_drift(&mlp, FQT_MODE_FINE, 93);
    it_learns_from_scratch_and_after_a_drift(&cnn, FQT_MODE_FINE, 85);
    partial_updates_and_single_samples_learn_too(&mlp);
    a_converged_model_stays_when_training_goes_on(&mlp);
    labels_decide_what_trains(&mlp);
    counters_add_up(&mlp);
    counters_add_up(&cnn);
    a_frozen_prefix_is_used_in_place(&cnn, 3);
    a_frozen_prefix_is_used_in_place(&cnn, 4);
    a_frozen_prefix_is_used_in_place(&mlp, 1);
    return expect_summary("core_learning");
}
