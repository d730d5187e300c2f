/* The twin's gradients against finite differences; the learner's gradients and step against the
 * twin. */
#include <math.h>

#include "core/tuning.h"
#include "test/golden/synthetic.h"
#include "test/unit/expect.h"
#include "test/unit/float_twin.h"

#define SAMPLES 64

static struct fqt_learner learner;
static struct twin twin;
static struct twin moved;
static uint8_t features[SAMPLES][FQT_FEATURES_MAX];

static uint32_t label_of(uint32_t i) {
    return i % SYNTHETIC_CLASSES;
}

static void learn(uint32_t count) {
    struct fqt_result result;
    for (uint32_t i = 0; i < count; i++) {
        EXPECT_EQ(fqt_learn(&learner, features[i % SAMPLES], (int)label_of(i), &result), FQT_OK);
    }
}

static void twin_gradients_match_finite_differences(void) {
    const double h = 1e-5;
    unsigned state = 21;
    twin_copy(&twin, &learner);
    twin_add_gradient(&twin, features[0], 0);
    for (int n = 0; n < 300; n++) {
        struct twin_layer *layer = &twin.layer[expect_random(&state) % twin.layers];
        const uint32_t r = expect_random(&state) % layer->outputs;
        const uint32_t i = expect_random(&state) % layer->inputs;
        double *w = n % 5 == 0 ? &layer->bias[r] : &layer->weight[r][i];
        const double g = n % 5 == 0 ? layer->bias_gradient[r] : layer->weight_gradient[r][i];
        const double kept = *w;
        *w = kept + h;
        const double up = twin_loss(&twin, features[0], 0);
        *w = kept - h;
        const double down = twin_loss(&twin, features[0], 0);
        *w = kept;
        EXPECT(fabs((up - down) / (2 * h) - g) < 1e-6 + 1e-4 * fabs(g),
               "seed 21 case %d: %g for %g", n, (up - down) / (2 * h), g);
    }
}

/* Cosine and relative length of the learner's accumulated gradient against the twin's. */
static void compare_layer(uint32_t l, double *cosine, double *length_ratio) {
    const struct fqt_layer *layer = &learner.layer[l];
    const double input_scale =
        l == 0 ? (double)FQT_FEATURE_SCALE : (double)learner.layer[l - 1].output_quant.scale;
    const double unit = (double)layer->error_quant.scale * input_scale;
    double dot = 0.0;
    double own = 0.0;
    double exact = 0.0;
    for (uint32_t r = 0; r < layer->outputs; r++) {
        for (uint32_t i = 0; i < layer->inputs; i++) {
            const double g = unit * learner.gradient[layer->weight_offset + r * layer->inputs + i];
            const double t = twin.layer[l].weight_gradient[r][i];
            dot += g * t;
            own += g * g;
            exact += t * t;
        }
    }
    *cosine = dot / sqrt(own * exact);
    *length_ratio = sqrt(own / exact);
}

/*
 * Bound: cosine >= 0.985 and length within 6 % in every layer, over a minibatch of 64 from a
 * half-trained model. The loss comes from 8-bit activations and errors (two roundings per layer).
 */
static void quantised_gradient_points_along_the_float_gradient(void) {
    struct fqt_config config = fqt_config_default();
    config.batch_size = SAMPLES;
    EXPECT_EQ(fqt_configure(&learner, &config), FQT_OK);
    twin_copy(&twin, &learner);
    for (uint32_t i = 0; i < SAMPLES - 1; i++) {
        twin_add_gradient(&twin, features[i], label_of(i));
    }
    learn(SAMPLES - 1);
    for (uint32_t l = 0; l < learner.shape.layers; l++) {
        double cosine;
        double length_ratio;
        compare_layer(l, &cosine, &length_ratio);
        EXPECT(cosine >= 0.985, "layer %u: cosine %g", l, cosine);
        EXPECT(fabs(length_ratio - 1.0) <= 0.06, "layer %u: length ratio %g", l, length_ratio);
    }
}

/* The float step of one row: rate * (g - mean) / (deviation + floor). */
static void float_step(const struct twin_layer *layer, uint32_t r, double batch, double *step) {
    double mean = 0.0;
    double sq = 0.0;
    for (uint32_t i = 0; i < layer->inputs; i++) {
        const double g = layer->weight_gradient[r][i] / batch;
        mean += g / layer->inputs;
        sq += g * g / layer->inputs;
    }
    const double deviation = sqrt(sq - mean * mean);
    for (uint32_t i = 0; i < layer->inputs; i++) {
        step[i] = (double)learner.learning_rate * (layer->weight_gradient[r][i] / batch - mean) /
                  (deviation + (double)FQT_DEVIATION_FLOOR);
    }
}

/*
 * Bounds over one step from the same weights, in weight codes: root mean square difference <= 0.6
 * (stochastic rounding alone gives up to 0.5), mean <= 0.1, and no weight off by more than 3 (rows
 * whose error is below half an error code do not move at all).
 */
static void quantised_step_follows_the_float_step(void) {
    double code[FQT_LAYERS_MAX];
    twin_copy(&twin, &learner);
    for (uint32_t l = 0; l < learner.shape.layers; l++) {
        code[l] = (double)learner.layer[l].weight_quant.scale;
    }
    for (uint32_t i = 0; i < SAMPLES; i++) {
        twin_add_gradient(&twin, features[i], label_of(i));
    }
    learn(SAMPLES);
    EXPECT_EQ(learner.batch_fill, 0);
    twin_copy(&moved, &learner);
    for (uint32_t l = 0; l < learner.shape.layers; l++) {
        const struct twin_layer *layer = &twin.layer[l];
        double sum = 0.0;
        double sq = 0.0;
        double worst = 0.0;
        double step_sq = 0.0;
        for (uint32_t r = 0; r < layer->outputs; r++) {
            double step[FQT_WIDTH_MAX];
            float_step(layer, r, SAMPLES, step);
            for (uint32_t i = 0; i < layer->inputs; i++) {
                const double own = layer->weight[r][i] - moved.layer[l].weight[r][i];
                const double off = (own - step[i]) / code[l];
                sum += off;
                sq += off * off;
                step_sq += step[i] * step[i] / (code[l] * code[l]);
                worst = fmax(worst, fabs(off));
            }
        }
        const double count = (double)layer->outputs * layer->inputs;
        EXPECT(sqrt(step_sq / count) > 0.5, "layer %u hardly moves: %g codes", l,
               sqrt(step_sq / count));
        EXPECT(sqrt(sq / count) <= 0.6, "layer %u: rms %g codes", l, sqrt(sq / count));
        EXPECT(fabs(sum / count) <= 0.1, "layer %u: mean %g codes", l, sum / count);
        EXPECT(worst <= 3.0, "layer %u: worst %g codes", l, worst);
    }
}

static void loss_and_confidence_follow_the_twin(void) {
    twin_copy(&twin, &learner);
    for (uint32_t i = 0; i < SAMPLES; i++) {
        struct fqt_result result;
        EXPECT_EQ(fqt_predict(&learner, features[i], (int)label_of(i), &result), FQT_OK);
        const double loss = twin_loss(&twin, features[i], label_of(i));
        EXPECT(fabs(result.loss_q12 / 4096.0 - loss) < 0.05 + 0.05 * loss, "sample %u: %g for %g",
               i, result.loss_q12 / 4096.0, loss);
    }
}

int main(void) {
    const struct fqt_shape shape = {.layers = 3, .width = {64, 32, 20, SYNTHETIC_CLASSES}};
    struct fqt_feature_work work;
    for (uint32_t i = 0; i < SAMPLES; i++) {
        int16_t samples[FQT_WINDOW];
        synthetic_window(9, i, label_of(i), 0, samples);
        fqt_features_s16(&work, samples, features[i]);
    }
    EXPECT_EQ(fqt_init(&learner, &shape, 4), FQT_OK);
    learn(40); /* ranges settle, the loss is still high */
    twin_gradients_match_finite_differences();
    quantised_gradient_points_along_the_float_gradient();
    EXPECT_EQ(fqt_configure(&learner, &learner.config), FQT_OK);
    quantised_step_follows_the_float_step();
    loss_and_confidence_follow_the_twin();
    return expect_summary("core_gradient");
}
