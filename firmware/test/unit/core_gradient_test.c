/*
 * The learner against the floating-point reference, whose gradients are checked against finite
 * differences: loss, weight gradients of every kind of layer, and one training step.
 */
#include <math.h>
#include <stdlib.h>

#include "core/step.h"
#include "core/tuning.h"
#include "reference/reference.h"
#include "test/golden/synthetic.h"
#include "test/unit/expect.h"
#include "test/unit/models.h"

#define BATCH     8u
#define CODES_MAX 512u

static struct test_model model;

struct bounds {
    double cosine; /* of a layer's gradient with the float gradient, at least */
    double length; /* relative difference of their lengths, at most */
    double step;   /* root mean square difference of a layer's step, in parts of the float step's */
    double code;   /* ... and in weight codes: what rounding adds or loses */
    double loss;   /* absolute + relative difference */
};

static uint32_t label_of(uint32_t i) {
    return (i * 7u + i / 4u) % SYNTHETIC_CLASSES;
}

/* Codes of sample i: a synthetic window, or a plane with a pattern of its class in noise. */
static void make_sample(uint32_t i, uint8_t *codes) {
    const uint32_t label = label_of(i);
    if (model.plan.input == FQT_INPUT_CODES) {
        for (uint32_t n = 0; n < model.plan.input_count; n++) {
            const uint32_t pattern = fqt_random_u32(label + 1u, n) >> 25;
            codes[n] = (uint8_t)(60u + pattern + (fqt_random_u32(1000u + i, n) >> 26));
        }
        return;
    }
    int16_t samples[FQT_WINDOW];
    synthetic_window(9, i, label, 0, samples);
    memcpy(codes, fqt_window_codes(&model.learner, samples), model.plan.input_count);
}

static double learn(uint32_t from, uint32_t count) {
    double loss = 0.0;
    for (uint32_t i = from; i < from + count; i++) {
        uint8_t codes[CODES_MAX];
        struct fqt_result result;
        make_sample(i, codes);
        EXPECT_EQ(fqt_learn(&model.learner, codes, (int)label_of(i), &result), FQT_OK);
        loss += result.loss_q12 / 4096.0;
    }
    return loss / count;
}

static double input_scale(uint32_t l) {
    return (double)fqt_input_quant(&model.learner, l).scale;
}

static double row_scale(uint32_t l, uint32_t r) {
    const struct fqt_layer *layer = &model.learner.layer[l];
    return (double)(layer->row_scale != NULL ? layer->row_scale[r] : layer->weight_quant.scale);
}

static void copy_weights(struct reference *net) {
    for (uint32_t l = 0; l < model.plan.layers; l++) {
        const struct fqt_layer *from = &model.learner.layer[l];
        struct ref_layer *to = reference_weight_layer(net, l);
        for (uint32_t r = 0; r < to->rows; r++) {
            for (uint32_t i = 0; i < to->inputs; i++) {
                const int32_t w = from->codes[r * to->inputs + i] - from->weight_quant.zero;
                to->weight[r * to->inputs + i] = w * row_scale(l, r);
            }
            to->bias[r] = from->bias[r] * row_scale(l, r) * input_scale(l);
        }
    }
}

static double reference_batch(struct reference *net, uint32_t from, uint32_t count) {
    double loss = 0.0;
    for (uint32_t i = from; i < from + count; i++) {
        uint8_t codes[CODES_MAX];
        ref_real x[CODES_MAX];
        make_sample(i, codes);
        for (uint32_t n = 0; n < model.plan.input_count; n++) {
            x[n] = (double)model.plan.input_scale * (codes[n] - model.plan.input_zero);
        }
        loss += reference_learn(net, x, label_of(i));
    }
    return loss / count;
}

/* The learner's gradient of the open minibatch, as real numbers. */
static double *gradient_of(uint32_t l) {
    const struct fqt_layer_plan *layer = &model.plan.layer[l];
    const uint32_t n = layer->inputs;
    const double unit = (double)model.learner.layer[l].error_quant.scale * input_scale(l);
    double *g = malloc(sizeof *g * layer->rows * n);
    const struct fqt_row *rows = (const struct fqt_row *)(void *)(model.arena + layer->row);
    for (uint32_t r = 0; r < layer->rows; r++) {
        const int16_t *sum = (const int16_t *)(void *)(model.arena + layer->gradient) + r * n;
        const int32_t *kept = (const int32_t *)(void *)(model.arena + model.plan.backward +
                                                        fqt_gradient_work(&model.plan, l).gradient);
        const bool linear = model.plan.step[layer->step].kind == FQT_LINEAR;
        if (linear) {
            const uint16_t row = (uint16_t)r;
            fqt_kept_gradient(&model.learner, l, &row, 1);
        }
        for (uint32_t i = 0; i < n; i++) {
            g[r * n + i] = linear ? unit * kept[i] : unit * sum[i] * (1u << rows[r].shift);
        }
    }
    return g;
}

static void gradients_point_along_the_float_gradients(const char *name, struct reference *net,
                                                      const struct bounds *bounds) {
    copy_weights(net);
    const double expected = reference_batch(net, 1000, BATCH - 1);
    const double loss = learn(1000, BATCH - 1);
    EXPECT(fabs(loss - expected) < bounds->loss * (1.0 + expected), "%s: loss %g for %g", name,
           loss, expected);
    for (uint32_t l = 0; l < model.plan.layers; l++) {
        const struct ref_layer *layer = reference_weight_layer(net, l);
        double *g = gradient_of(l);
        double dot = 0.0;
        double own = 0.0;
        double exact = 0.0;
        for (uint32_t i = 0; i < layer->rows * layer->inputs; i++) {
            dot += g[i] * layer->weight_gradient[i];
            own += g[i] * g[i];
            exact += layer->weight_gradient[i] * layer->weight_gradient[i];
        }
        const double cosine = dot / sqrt(own * exact);
        const double length = sqrt(own / exact);
        EXPECT(cosine >= bounds->cosine, "%s layer %u: cosine %g", name, l, cosine);
        EXPECT(fabs(length - 1.0) <= bounds->length, "%s layer %u: length ratio %g", name, l,
               length);
        free(g);
    }
}

static double *stored_weights(uint32_t l) {
    const struct fqt_layer_plan *layer = &model.plan.layer[l];
    double *w = malloc(sizeof *w * layer->rows * layer->inputs);
    for (uint32_t i = 0; i < (uint32_t)layer->rows * layer->inputs; i++) {
        w[i] = (model.arena[layer->codes + i] - model.learner.layer[l].weight_quant.zero) *
               row_scale(l, i / layer->inputs);
    }
    return w;
}

static double *copied(const double *from, uint32_t count) {
    double *to = malloc(sizeof *to * count);
    memcpy(to, from, sizeof *to * count);
    return to;
}

static void a_step_follows_the_float_step(const char *name, struct reference *net,
                                          const struct bounds *bounds) {
    double *own_before[FQT_LAYERS_MAX];
    double *before[FQT_LAYERS_MAX];
    EXPECT_EQ(fqt_configure(&model.learner, &model.learner.config), FQT_OK);
    copy_weights(net);
    reference_reset(net);
    for (uint32_t l = 0; l < model.plan.layers; l++) {
        const struct ref_layer *layer = reference_weight_layer(net, l);
        own_before[l] = stored_weights(l);
        before[l] = copied(layer->weight, layer->rows * layer->inputs);
    }
    reference_batch(net, 2000, BATCH);
    reference_step(net, (double)model.learner.learning_rate);
    learn(2000, BATCH);
    EXPECT_EQ(model.learner.batch_fill, 0);
    for (uint32_t l = 0; l < model.plan.layers; l++) {
        const struct ref_layer *layer = reference_weight_layer(net, l);
        double *own_after = stored_weights(l);
        double sq = 0.0;
        double off_sq = 0.0;
        for (uint32_t i = 0; i < layer->rows * layer->inputs; i++) {
            const double step = layer->weight[i] - before[l][i];
            const double off = own_after[i] - own_before[l][i] - step;
            sq += step * step;
            off_sq += off * off;
        }
        const double count = (double)layer->rows * layer->inputs;
        const double step = sqrt(sq / count);
        const double off = sqrt(off_sq / count);
        const double code = (double)model.learner.layer[l].weight_quant.scale;
        EXPECT(off <= bounds->step * step + bounds->code * code,
               "%s layer %u: step %g codes, off by %g", name, l, step / code, off / code);
        free(own_after);
        free(own_before[l]);
        free(before[l]);
    }
}

static void compare(const struct fqt_model_spec *spec, uint8_t mode, uint32_t warm,
                    const struct bounds *bounds) {
    struct fqt_model_spec small = *spec;
    small.layers[small.layer_count - 1].out_channels = SYNTHETIC_CLASSES;
    test_model_init(&model, &small, mode, 4);
    learn(0, warm); /* ranges settle, the loss is still high */
    struct reference *net = reference_open(&small, 1);
    gradients_point_along_the_float_gradients(spec->name, net, bounds);
    a_step_follows_the_float_step(spec->name, net, bounds);
    reference_free(net);
}

int main(void) {
    const struct bounds fine = {0.985, 0.08, 0.35, 0.5, 0.05};
    const struct bounds routed = {0.985, 0.15, 0.35, 0.5, 0.05}; /* pools choose by 8-bit codes */
    const struct bounds coarse = {0.9, 0.2, 0.35, 0.3, 0.05};
    compare(&bearing_mlp, FQT_MODE_FINE, 96, &fine);
    compare(&bearing_cnn, FQT_MODE_FINE, 240, &fine);
    compare(&every_kind, FQT_MODE_FINE, 240, &routed);
    compare(&bearing_mlp, FQT_MODE_UINT8, 240, &coarse);
    compare(&bearing_cnn, FQT_MODE_UINT8, 240, &coarse);
    compare(&every_kind, FQT_MODE_UINT8, 240, &coarse);
    return expect_summary("core_gradient");
}
