/*
 * The float reference (built in double here): gradients against finite differences for every kind
 * of layer, forward passes against sums written down, the two update rules against their formulas.
 */
#include <math.h>

#include "reference/reference.h"
#include "test/unit/expect.h"

#define INPUTS_MAX 256

/* A 2-D model with every layer of the device, and a 1-D one like bearing-cnn in small. */
static const struct fqt_model_spec image = {
    .name = "image",
    .in_h = 9,
    .in_w = 8,
    .in_c = 2,
    .layer_count = 6,
    .layers = {{FQT_CONV, true, 4, 3, 3, 1, 1, 1, 1},
               {FQT_DEPTHWISE, true, 4, 3, 2, 2, 1, 1, 0},
               {FQT_AVG_POOL, false, 0, 2, 2, 1, 2, 0, 0},
               {FQT_CONV, true, 6, 1, 1, 1, 1, 0, 0},
               {FQT_MAX_POOL, false, 0, 2, 2, 2, 1, 0, 0},
               {FQT_LINEAR, false, 5, 0, 0, 0, 0, 0, 0}},
};
static const struct fqt_model_spec signal_model = {
    .name = "signal",
    .in_h = 1,
    .in_w = 60,
    .in_c = 3,
    .layer_count = 6,
    .layers = {{FQT_CONV, true, 5, 1, 8, 1, 2, 0, 0},
               {FQT_CONV, true, 6, 1, 4, 1, 2, 0, 1},
               {FQT_GLOBAL_AVG_POOL, false, 0, 0, 0, 0, 0, 0, 0},
               {FQT_LINEAR, true, 7, 0, 0, 0, 0, 0, 0},
               {FQT_LINEAR, true, 6, 0, 0, 0, 0, 0, 0},
               {FQT_LINEAR, false, 4, 0, 0, 0, 0, 0, 0}},
};
static const struct fqt_model_spec peaks = {
    .name = "peaks",
    .in_h = 4,
    .in_w = 7,
    .in_c = 3,
    .layer_count = 3,
    .layers = {{FQT_DEPTHWISE, true, 3, 2, 3, 1, 1, 1, 2},
               {FQT_GLOBAL_MAX_POOL, false, 0, 0, 0, 0, 0, 0, 0},
               {FQT_LINEAR, false, 3, 0, 0, 0, 0, 0, 0}},
};

static double random_real(unsigned *state) {
    return (double)expect_random(state) / 2147483648.0 - 1.0;
}

static void random_input(unsigned *state, double *x, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        x[i] = random_real(state);
    }
}

static double loss_of(struct reference *net, const double *x, uint32_t label) {
    const double *logits = reference_forward(net, x);
    double sum = 0;
    for (uint32_t i = 0; i < net->classes; i++) {
        sum += exp(logits[i]);
    }
    return log(sum) - logits[label];
}

static void random_biases(struct reference *net, unsigned *state) {
    for (uint32_t l = 0; l < net->weight_layers; l++) {
        struct ref_layer *layer = reference_weight_layer(net, l);
        for (uint32_t r = 0; r < layer->rows; r++) {
            layer->bias[r] = 0.2 * random_real(state);
        }
    }
}

static int kinks;

/* A kink of a ReLU or a maximum inside [-h, h] shows as two slopes that differ; such a weight has
 * no slope to compare with. They are counted: few may be excused. */
static void compare_gradient(struct reference *net, const double *x, double *w, double gradient,
                             const char *what) {
    const double h = 1e-5;
    const double kept = *w;
    const double here = loss_of(net, x, 1);
    *w = kept + h;
    const double up = loss_of(net, x, 1);
    *w = kept - h;
    const double down = loss_of(net, x, 1);
    *w = kept;
    const double slope = (up - down) / (2 * h);
    const bool kink = fabs((up - here) - (here - down)) > 1e-8;
    kinks += kink;
    EXPECT(kink || fabs(slope - gradient) < 1e-7 + 1e-5 * fabs(gradient), "%s: %g, slope %g", what,
           gradient, slope);
}

static void gradients_match_finite_differences(const struct fqt_model_spec *spec, unsigned seed) {
    unsigned state = seed;
    double x[INPUTS_MAX];
    struct reference *net = reference_open(spec, seed);
    EXPECT(net != NULL, "%s does not open", spec->name);
    random_biases(net, &state);
    random_input(&state, x, net->inputs);
    const double loss = reference_learn(net, x, 1);
    EXPECT(fabs(loss - loss_of(net, x, 1)) < 1e-12, "%s: loss %g", spec->name, loss);
    for (int n = 0; n < 400; n++) {
        struct ref_layer *layer =
            reference_weight_layer(net, expect_random(&state) % net->weight_layers);
        const uint32_t i = expect_random(&state) % (layer->rows * layer->inputs);
        const uint32_t r = expect_random(&state) % layer->rows;
        char what[80];
        snprintf(what, sizeof what, "%s seed %u layer %d weight %u", spec->name, seed,
                 layer->weight_layer, i);
        compare_gradient(net, x, &layer->weight[i], layer->weight_gradient[i], what);
        compare_gradient(net, x, &layer->bias[r], layer->bias_gradient[r], what);
    }
    reference_free(net);
}

/* Padding is zero, averages are over the whole window, the first maximum wins. */
static void a_small_forward_pass_is_the_sum_written_down(void) {
    const struct fqt_model_spec spec = {
        .in_h = 1,
        .in_w = 4,
        .in_c = 1,
        .layer_count = 3,
        .layers = {{FQT_CONV, true, 1, 1, 3, 1, 1, 0, 1},
                   {FQT_AVG_POOL, false, 0, 1, 2, 1, 2, 0, 0},
                   {FQT_LINEAR, false, 2, 0, 0, 0, 0, 0, 0}},
    };
    struct reference *net = reference_open(&spec, 1);
    struct ref_layer *conv = reference_weight_layer(net, 0);
    struct ref_layer *linear = reference_weight_layer(net, 1);
    memcpy(conv->weight, (const double[]){1, 2, 3}, 3 * sizeof(double));
    conv->bias[0] = -4;
    memcpy(linear->weight, (const double[]){1, 0, 1, 10}, 4 * sizeof(double));
    linear->bias[1] = 0.5;
    const double *logits = reference_forward(net, (const double[]){1, 2, -3, 4});
    /* conv: 0+2+6-4=4, 1+4-9-4<0, 2-6+12-4=4, -3+8-4=1; averages 2 and 2.5 */
    EXPECT(logits[0] == 2.0, "%g", logits[0]);
    EXPECT(logits[1] == 2.0 + 25.0 + 0.5, "%g", logits[1]);
    EXPECT_EQ(reference_predict(net, (const double[]){1, 2, -3, 4}), 1);
    reference_free(net);
}

static void layers_below_the_first_trainable_one_do_not_move(void) {
    unsigned state = 5;
    double x[INPUTS_MAX];
    struct reference *net = reference_open(&signal_model, 5);
    net->first_trainable = 3;
    random_input(&state, x, net->inputs);
    double before[5];
    for (uint32_t l = 0; l < 5; l++) {
        before[l] = reference_weight_layer(net, l)->weight[0];
    }
    reference_learn(net, x, 0);
    reference_step(net, 0.05);
    for (uint32_t l = 0; l < 5; l++) {
        const bool moved = reference_weight_layer(net, l)->weight[0] != before[l];
        EXPECT(moved == (l >= 3), "layer %u", l);
    }
    EXPECT_EQ(net->batch, 0);
    reference_free(net);
}

/* Two samples, one row: w - rate * (g - mean) / (deviation + 1/16) with the batch's mean gradient;
 * two samples count a quarter in the moving deviation, the first one wholly. */
static void a_step_is_the_standardised_gradient(void) {
    const struct fqt_model_spec spec = {.in_h = 1,
                                        .in_w = 1,
                                        .in_c = 2,
                                        .layer_count = 1,
                                        .layers = {{FQT_LINEAR, false, 2, 0, 0, 0, 0, 0, 0}}};
    struct reference *net = reference_open(&spec, 1);
    struct ref_layer *layer = reference_weight_layer(net, 0);
    memset(layer->weight, 0, 4 * sizeof(double));
    reference_learn(net, (const double[]){2, 0}, 0); /* error -1/2, 1/2 */
    reference_learn(net, (const double[]){4, 2}, 0);
    /* row 0: g = (-1.5, -0.5), mean -1, deviation 0.5; bias -0.5 */
    reference_step(net, 0.1);
    const double factor = 0.1 / (0.5 + 0.0625);
    EXPECT(fabs(layer->weight[0] - factor * 0.5) < 1e-12, "%g", layer->weight[0]);
    EXPECT(fabs(layer->weight[1] + factor * 0.5) < 1e-12, "%g", layer->weight[1]);
    EXPECT(fabs(layer->bias[0] - factor * 0.5) < 1e-12, "%g", layer->bias[0]);
    EXPECT(fabs(layer->deviation[0] - 0.5) < 1e-12, "%g", layer->deviation[0]);
    reference_free(net);
}

/* The first step of Adam is rate * sign(g), whatever the size of g. */
static void adam_starts_with_its_rate_and_learns(void) {
    unsigned state = 9;
    double x[8][INPUTS_MAX];
    struct reference *net = reference_open(&signal_model, 9);
    struct ref_layer *last = reference_weight_layer(net, 4);
    const double before = last->bias[2];
    const struct ref_adam adam = {.rate = 0.01, .decay = 0};
    for (uint32_t i = 0; i < 8; i++) {
        random_input(&state, x[i], net->inputs);
    }
    reference_learn(net, x[0], 2);
    reference_adam(net, &adam);
    EXPECT(fabs(last->bias[2] - before - 0.01) < 1e-6, "%g", last->bias[2] - before);
    double loss = 0;
    for (int epoch = 0; epoch < 200; epoch++) {
        loss = 0;
        for (uint32_t i = 0; i < 8; i++) {
            loss += reference_learn(net, x[i], i % 4);
        }
        reference_adam(net, &adam);
    }
    EXPECT(loss < 0.05, "eight random samples are not learnt by heart: %g", loss);
    reference_free(net);
}

static void a_kernel_larger_than_its_input_does_not_open(void) {
    struct fqt_model_spec spec = signal_model;
    spec.in_w = 9; /* the second kernel of 4 meets 1 + 2 */
    EXPECT(reference_open(&spec, 1) == NULL, "it opened");
}

int main(void) {
    for (unsigned seed = 1; seed <= 5; seed++) {
        gradients_match_finite_differences(&image, seed);
        gradients_match_finite_differences(&signal_model, seed);
        gradients_match_finite_differences(&peaks, seed);
    }
    EXPECT(kinks < 60, "%d of 12,000 weights excused", kinks);
    a_small_forward_pass_is_the_sum_written_down();
    layers_below_the_first_trainable_one_do_not_move();
    a_step_is_the_standardised_gradient();
    adam_starts_with_its_rate_and_learns();
    a_kernel_larger_than_its_input_does_not_open();
    return expect_summary("reference");
}
