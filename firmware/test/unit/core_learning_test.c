/* It really learns: from scratch, after a drift, sparsely, with pseudo-labels; and it counts what
 * it did. */
#include "core/learner.h"
#include "test/golden/synthetic.h"
#include "test/unit/expect.h"

#define SEEDS EXPECT_ROUNDS(4u)

static struct fqt_learner learner;
static const struct fqt_shape shape = {.layers = 2, .width = {64, 32, SYNTHETIC_CLASSES}};

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
        const int labelled = label_every > 0 && i % label_every == 0;
        synthetic_window(seed, i, class, domain, samples);
        EXPECT_EQ(
            fqt_learn_window(&learner, samples, labelled ? (int)class : FQT_NO_LABEL, &result),
            FQT_OK);
        right += result.prediction == class;
    }
    return right * 100u / count;
}

static void configure(bool training, uint16_t lambda_min, uint16_t lambda_max, uint16_t batch,
                      uint16_t pseudo_q15) {
    struct fqt_config config = fqt_config_default();
    config.training = training;
    config.lambda_min_milli = lambda_min;
    config.lambda_max_milli = lambda_max;
    config.batch_size = batch;
    config.pseudo_confidence_q15 = pseudo_q15;
    EXPECT_EQ(fqt_configure(&learner, &config), FQT_OK);
}

static void it_learns_from_scratch_and_after_a_drift(void) {
    for (uint32_t seed = 1; seed <= SEEDS; seed++) {
        EXPECT_EQ(fqt_init(&learner, &shape, seed), FQT_OK);
        run(seed, 0, 0, 600, 1);
        const uint32_t learnt = run(seed, 0, 600, 200, 1);
        configure(false, 1000, 1000, 8, 0);
        const uint64_t hash = fqt_weights_hash(&learner);
        const uint32_t drifted = run(seed, 1, 2000, 200, 1);
        EXPECT(fqt_weights_hash(&learner) == hash, "seed %u: training off changes nothing", seed);
        configure(true, 1000, 1000, 8, 0);
        run(seed, 1, 3000, 300, 1);
        const uint32_t recovered = run(seed, 1, 4000, 200, 1);
        EXPECT(learnt >= 95, "seed %u: %u %%", seed, learnt);
        EXPECT(drifted <= 80, "seed %u: no visible drop: %u %%", seed, drifted);
        EXPECT(recovered >= 95, "seed %u: %u %%", seed, recovered);
    }
}

static void partial_updates_and_single_samples_learn_too(void) {
    static const struct {
        uint16_t lambda_min;
        uint16_t batch;
    } cases[] = {{300, 8}, {100, 8}, {300, 1}, {1000, 32}};
    for (uint32_t c = 0; c < 4; c++) {
        EXPECT_EQ(fqt_init(&learner, &shape, 50 + c), FQT_OK);
        configure(true, cases[c].lambda_min, 1000, cases[c].batch, 0);
        run(50 + c, 0, 0, 900, 1);
        const uint32_t learnt = run(50 + c, 0, 900, 200, 1);
        EXPECT(learnt >= 92, "case %u: %u %%", c, learnt);
    }
}

static void a_converged_model_stays_when_training_goes_on(void) {
    EXPECT_EQ(fqt_init(&learner, &shape, 77), FQT_OK);
    run(77, 0, 0, 1000, 1);
    for (uint32_t part = 0; part < 5; part++) {
        const uint32_t share = run(77, 0, 1000 + 500 * part, 500, 1);
        EXPECT(share >= 95, "part %u: %u %%", part, share);
    }
}

static void labels_decide_what_trains(void) {
    EXPECT_EQ(fqt_init(&learner, &shape, 5), FQT_OK);
    configure(true, 1000, 1000, 8, 0);
    run(5, 0, 0, 400, 1);
    const struct fqt_counters *counters = &learner.counters;
    EXPECT_EQ(counters->trained, 400);
    EXPECT_EQ(counters->updates, 50);
    const uint64_t hash = fqt_weights_hash(&learner);
    run(5, 0, 400, 100, 0);
    EXPECT_EQ(counters->trained, 400); /* unlabelled, pseudo-labels not allowed */
    EXPECT(fqt_weights_hash(&learner) == hash, "weights stay");
    configure(true, 1000, 1000, 8, 29491); /* 0.9 */
    run(5, 0, 500, 100, 0);
    EXPECT(counters->pseudo > 50 && counters->pseudo <= 100, "%llu pseudo-labelled",
           (unsigned long long)counters->pseudo);
    EXPECT_EQ(counters->trained, 400 + counters->pseudo);
    EXPECT_EQ(counters->labelled, 400);
    EXPECT_EQ(counters->samples, 600);
    struct fqt_config every_third = fqt_config_default();
    every_third.train_every_nth = 3;
    EXPECT_EQ(fqt_configure(&learner, &every_third), FQT_OK);
    const uint64_t trained = counters->trained;
    run(5, 0, 600, 99, 1);
    EXPECT_EQ(counters->trained - trained, 33);
}

static void counters_add_up(void) {
    EXPECT_EQ(fqt_init(&learner, &shape, 6), FQT_OK);
    uint64_t loss = 0;
    uint64_t loss_sq = 0;
    uint64_t confidence = 0;
    uint64_t right = 0;
    uint32_t loss_max = 0;
    int64_t sum = 0;
    uint64_t sq = 0;
    for (uint32_t i = 0; i < 100; i++) {
        int16_t samples[FQT_WINDOW];
        struct fqt_result result;
        synthetic_window(6, i, label_of(i), 0, samples);
        for (uint32_t n = 0; n < FQT_WINDOW; n++) {
            sum += samples[n];
            sq += (uint64_t)((int64_t)samples[n] * samples[n]);
        }
        EXPECT_EQ(fqt_learn_window(&learner, samples, (int)label_of(i), &result), FQT_OK);
        EXPECT_EQ(result.updated, i % 8 == 7);
        loss += result.loss_q12;
        loss_sq += (uint64_t)result.loss_q12 * result.loss_q12;
        confidence += result.confidence_q15;
        right += result.prediction == label_of(i);
        loss_max = result.loss_q12 > loss_max ? result.loss_q12 : loss_max;
    }
    struct fqt_counters *c = &learner.counters;
    EXPECT_EQ(c->loss_sum_q12, loss);
    EXPECT_EQ(c->loss_sq_sum_q24, loss_sq);
    EXPECT_EQ(c->confidence_sum_q15, confidence);
    EXPECT_EQ(c->correct, right);
    EXPECT_EQ(c->window_loss_max_q12, loss_max);
    EXPECT_EQ(c->input.n, 100 * FQT_WINDOW);
    EXPECT_EQ(c->input.sum, sum);
    EXPECT_EQ(c->input.sq_sum, sq);
    EXPECT(c->input.window_min < 0 && c->input.window_max > 0, "input range");
    for (uint32_t l = 0; l < 2; l++) {
        const struct fqt_layer_counters *layer = &c->layer[l];
        EXPECT_EQ(layer->gradient_samples, 100);
        EXPECT_EQ(layer->structures_offered, 100 * shape.width[l + 1]);
        EXPECT_EQ(layer->e_codes, 100 * shape.width[l + 1]);
        EXPECT_EQ(layer->x_codes, 100 * shape.width[l]);
        EXPECT_EQ(layer->updates, 12);
        EXPECT(layer->codes_changed > 0 && layer->codes_changed <= layer->codes_visited, "codes");
        EXPECT(layer->gradient_sq_sum_q24 > 0 && layer->window_gradient_max_q24 > 0, "gradients");
        EXPECT(layer->update_sq_sum_q24 > 0 && layer->weight_sq_q24 > 0, "norms");
        EXPECT(layer->step_gradient_sq_sum_q24 > 0, "step gradients");
    }
    fqt_window_restart(c);
    EXPECT_EQ(c->window_loss_min_q12, UINT32_MAX);
    EXPECT_EQ(c->window_loss_max_q12, 0);
    EXPECT_EQ(c->layer[0].window_gradient_max_q24, 0);
    EXPECT_EQ(c->loss_sum_q12, loss); /* sums never restart */
}

/* Per-sample gradient norms come from two vectors; here the full outer product is summed instead.
 */
static void gradient_norm_equals_the_outer_product(void) {
    EXPECT_EQ(fqt_init(&learner, &shape, 8), FQT_OK);
    configure(true, 1000, 1000, 64, 0);
    run(8, 0, 0, 1, 1);
    const struct fqt_layer *layer = &learner.layer[1];
    const double unit =
        (double)layer->error_quant.scale * (double)learner.layer[0].output_quant.scale;
    double sq = 0.0;
    for (uint32_t i = 0; i < 32u * SYNTHETIC_CLASSES; i++) {
        const double g = unit * learner.gradient[layer->weight_offset + i];
        sq += g * g;
    }
    const double counted = (double)learner.counters.layer[1].gradient_sq_sum_q24 / 16777216.0;
    EXPECT(counted > 0.97 * sq && counted < 1.03 * sq, "counted %g, outer product %g", counted, sq);
}

/* Any shape, any accepted configuration, any input: no overflow (sanitizer, bounds), state stays
 * valid. */
static void random_use_never_breaks_a_bound(void) {
    for (unsigned seed = 1; seed <= EXPECT_ROUNDS(60); seed++) {
        unsigned state = seed * 40503u + 11;
        struct fqt_shape random_shape = {.layers = (uint8_t)(1 + expect_random(&state) % 4)};
        for (uint32_t l = 0; l <= random_shape.layers; l++) {
            random_shape.width[l] = (uint8_t)(1 + expect_random(&state) % FQT_WIDTH_MAX);
        }
        random_shape.width[random_shape.layers] = (uint8_t)(2 + expect_random(&state) % 15);
        EXPECT(fqt_init(&learner, &random_shape, seed) == FQT_OK, "seed %u", seed);
        for (uint32_t i = 0; i < EXPECT_ROUNDS(1500u); i++) {
            if (i % 250 == 0) {
                struct fqt_config config = fqt_config_default();
                config.lambda_max_milli = (uint16_t)(expect_random(&state) % 1001);
                config.lambda_min_milli =
                    (uint16_t)(expect_random(&state) % (config.lambda_max_milli + 1u));
                config.first_trainable_layer =
                    (uint8_t)(expect_random(&state) % random_shape.layers);
                config.learning_rate_q20 = 1 + (expect_random(&state) >> 12 >> (i / 125));
                config.batch_size = (uint16_t)(1 + expect_random(&state) % 16);
                config.pseudo_confidence_q15 = (uint16_t)(expect_random(&state) % 32769);
                EXPECT(fqt_configure(&learner, &config) == FQT_OK, "seed %u sample %u", seed, i);
            }
            uint8_t features[FQT_FEATURES_MAX];
            const unsigned kind = expect_random(&state) % 4;
            for (uint32_t f = 0; f < FQT_FEATURES_MAX; f++) {
                const uint8_t any = (uint8_t)(expect_random(&state) >> 5);
                features[f] = kind == 0 ? 0 : kind == 1 ? 255 : kind == 2 ? 128 : any;
            }
            const int classes = random_shape.width[random_shape.layers];
            const int label = (int)(expect_random(&state) % (unsigned)(classes + 1)) - 1;
            struct fqt_result result;
            EXPECT(fqt_learn(&learner, features, label, &result) == FQT_OK &&
                       result.confidence_q15 <= FQT_CONFIDENCE_MAX_Q15 &&
                       result.loss_q12 <= FQT_LOSS_MAX_Q12,
                   "seed %u sample %u", seed, i);
        }
        /* What was trained can be stored and loaded again. */
        struct fqt_layer_state states[FQT_LAYERS_MAX];
        for (uint8_t l = 0; l < random_shape.layers; l++) {
            fqt_layer_export(&learner, l, &states[l]);
        }
        static struct fqt_learner copy;
        EXPECT(fqt_init(&copy, &random_shape, 1) == FQT_OK, "seed %u", seed);
        EXPECT(fqt_load(&copy, states, random_shape.layers) == FQT_OK, "seed %u", seed);
        EXPECT(fqt_weights_hash(&copy) == fqt_weights_hash(&learner), "seed %u", seed);
    }
}

int main(void) {
    it_learns_from_scratch_and_after_a_drift();
    partial_updates_and_single_samples_learn_too();
    a_converged_model_stays_when_training_goes_on();
    labels_decide_what_trains();
    counters_add_up();
    gradient_norm_equals_the_outer_product();
    random_use_never_breaks_a_bound();
    return expect_summary("core_learning");
}
