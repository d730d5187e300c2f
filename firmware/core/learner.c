#include "core/learner.h"

#include "core/arith.h"
#include "core/quant.h"
#include "core/step.h"

struct fqt_config fqt_config_default(void) {
    return (struct fqt_config){
        .training = true,
        .lambda_min_milli = 1000,
        .lambda_max_milli = 1000,
        .first_trainable_layer = 0,
        .learning_rate_q20 = 10486, /* 0.01 */
        .batch_size = 8,
        .train_every_nth = 1,
        .pseudo_confidence_q15 = 0,
    };
}

enum fqt_status fqt_configure(struct fqt_learner *learner, const struct fqt_config *config) {
    if (config->lambda_max_milli > 1000 || config->lambda_min_milli > config->lambda_max_milli ||
        config->first_trainable_layer >= learner->shape.layers || config->learning_rate_q20 < 1 ||
        config->learning_rate_q20 > FQT_LEARNING_RATE_MAX_Q20 || config->batch_size < 1 ||
        config->batch_size > FQT_BATCH_MAX || config->train_every_nth < 1 ||
        config->pseudo_confidence_q15 > FQT_CONFIDENCE_MAX_Q15) {
        return FQT_BAD_CONFIG;
    }
    learner->config = *config;
    learner->learning_rate = (float)config->learning_rate_q20 * (1.0f / 1048576.0f);
    fqt_drop_batch(learner);
    return FQT_OK;
}

void fqt_reset_error_max(struct fqt_learner *learner) {
    for (uint32_t index = 0; index < learner->shape.layers; index++) {
        learner->layer[index].error_mean_max = 0.0f;
    }
}

/* Forward pass and the judgement of its output; value[] holds the probabilities afterwards. */
static uint64_t judge(struct fqt_learner *learner, const uint8_t *features, int label,
                      struct fqt_result *result) {
    const uint32_t classes = learner->shape.width[learner->shape.layers];
    const uint64_t macs = fqt_forward(learner, features);
    const uint32_t prediction = fqt_largest(learner->value, classes);
    const uint32_t target = label == FQT_NO_LABEL ? prediction : (uint32_t)label;
    const float loss = fqt_softmax(learner->value, classes, target);
    result->prediction = (uint8_t)prediction;
    result->trained = false;
    result->updated = false;
    result->confidence_q15 = (uint16_t)fqt_round_f32(learner->value[prediction] * 32768.0f);
    result->loss_q12 = (uint32_t)fqt_floor_f32(loss * 4096.0f);
    return macs;
}

static void count_sample(struct fqt_learner *learner, int label, const struct fqt_result *result) {
    struct fqt_counters *counters = &learner->counters;
    counters->samples++;
    counters->confidence_sum_q15 += result->confidence_q15;
    counters->confidence_sq_sum_q30 += (uint32_t)result->confidence_q15 * result->confidence_q15;
    if (label != FQT_NO_LABEL) {
        const uint64_t loss = result->loss_q12;
        counters->labelled++;
        counters->correct += result->prediction == label;
        counters->loss_sum_q12 += loss;
        counters->loss_sq_sum_q24 += loss * loss;
        if (result->loss_q12 < counters->window_loss_min_q12) {
            counters->window_loss_min_q12 = result->loss_q12;
        }
        if (result->loss_q12 > counters->window_loss_max_q12) {
            counters->window_loss_max_q12 = result->loss_q12;
        }
    }
    for (uint32_t index = 0; index < learner->shape.layers; index++) {
        struct fqt_layer_counters *layer = &counters->layer[index];
        const uint32_t inputs = learner->layer[index].inputs;
        layer->x_codes += inputs;
        if (index > 0) {
            layer->x_saturated += learner->clipped[index - 1];
            continue;
        }
        for (uint32_t i = 0; i < inputs; i++) {
            const int32_t x = learner->x[0][i];
            layer->x_saturated += x == -FQT_FEATURE_ZERO || x == 255 - FQT_FEATURE_ZERO;
        }
    }
}

static bool may_train(const struct fqt_learner *learner, int label,
                      const struct fqt_result *result) {
    const uint16_t threshold = learner->config.pseudo_confidence_q15;
    return learner->config.training &&
           (label != FQT_NO_LABEL || (threshold > 0 && result->confidence_q15 >= threshold));
}

/* Every n-th sample that may be trained on. */
static bool is_turn(struct fqt_learner *learner) {
    learner->nth_phase++;
    if (learner->nth_phase < learner->config.train_every_nth) {
        return false;
    }
    learner->nth_phase = 0;
    return true;
}

/* The activations of a sample that trains move the ranges of the layers that train. */
static void see_outputs(struct fqt_learner *learner) {
    for (uint32_t index = learner->config.first_trainable_layer; index < learner->shape.layers;
         index++) {
        struct fqt_layer *layer = &learner->layer[index];
        const float scale = fqt_input_quant(learner, index).scale * layer->weight_quant.scale;
        fqt_range_include(&layer->output_seen, (float)learner->acc_max[index] * scale);
    }
}

static void train(struct fqt_learner *learner, struct fqt_result *result) {
    const int first = learner->config.first_trainable_layer;
    const int last = learner->shape.layers - 1;
    see_outputs(learner);
    for (int index = last; index >= first; index--) {
        if (index != last) {
            fqt_measure_gradient(learner, (uint32_t)index);
        }
        learner->counters.mac_backward += fqt_backward_layer(learner, (uint32_t)index);
    }
    learner->counters.trained++;
    learner->batch_fill++;
    result->trained = true;
    if (learner->batch_fill >= learner->config.batch_size) {
        fqt_update(learner);
        result->updated = true;
    }
}

static bool sample_is_valid(const struct fqt_learner *learner, int label) {
    return label == FQT_NO_LABEL ||
           (label >= 0 && label < learner->shape.width[learner->shape.layers]);
}

enum fqt_status fqt_learn(struct fqt_learner *learner, const uint8_t *features, int label,
                          struct fqt_result *result) {
    if (!sample_is_valid(learner, label)) {
        return FQT_BAD_SAMPLE;
    }
    learner->counters.mac_forward += judge(learner, features, label, result);
    count_sample(learner, label, result);
    /* d(cross entropy)/d(logits) = probabilities - one-hot; without a label towards the prediction.
     */
    const uint32_t towards = label == FQT_NO_LABEL ? result->prediction : (uint32_t)label;
    learner->value[towards] = learner->value[towards] - 1.0f;
    fqt_measure_gradient(learner, learner->shape.layers - 1u);
    if (may_train(learner, label, result) && is_turn(learner)) {
        learner->counters.pseudo += label == FQT_NO_LABEL;
        train(learner, result);
    }
    return FQT_OK;
}

enum fqt_status fqt_learn_window(struct fqt_learner *learner, const int16_t samples[FQT_WINDOW],
                                 int label, struct fqt_result *result) {
    if (learner->shape.width[0] != FQT_FEATURES_MAX || !sample_is_valid(learner, label)) {
        return FQT_BAD_SAMPLE;
    }
    uint8_t features[FQT_FEATURES_MAX];
    fqt_count_input_s16(&learner->counters.input, samples, FQT_WINDOW);
    fqt_features_s16(&learner->work, samples, features);
    return fqt_learn(learner, features, label, result);
}

enum fqt_status fqt_predict(struct fqt_learner *learner, const uint8_t *features, int label,
                            struct fqt_result *result) {
    if (!sample_is_valid(learner, label)) {
        return FQT_BAD_SAMPLE;
    }
    (void)judge(learner, features, label, result);
    return FQT_OK;
}
