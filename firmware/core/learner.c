#include "core/learner.h"

#include "core/quant.h"
#include "core/step.h"
#include "core/window.h"

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
    const struct fqt_plan *plan = learner->plan;
    if (config->lambda_max_milli > 1000 || config->lambda_min_milli > config->lambda_max_milli ||
        config->first_trainable_layer < plan->frozen ||
        config->first_trainable_layer >= plan->layers || config->learning_rate_q20 < 1 ||
        config->learning_rate_q20 > FQT_LEARNING_RATE_MAX_Q20 || config->batch_size < 1 ||
        config->batch_size > plan->batch_max || config->train_every_nth < 1 ||
        config->pseudo_confidence_q15 > FQT_CONFIDENCE_MAX_Q15) {
        return FQT_BAD_CONFIG;
    }
    learner->config = *config;
    learner->learning_rate = (float)config->learning_rate_q20 * (1.0f / 1048576.0f);
    fqt_drop_batch(learner);
    return FQT_OK;
}

void fqt_reset_error_max(struct fqt_learner *learner) {
    for (uint32_t index = 0; index < learner->plan->layers; index++) {
        learner->layer[index].error_mean_max = 0.0f;
    }
}

static float *values_of(const struct fqt_learner *learner) {
    return (float *)(void *)(learner->arena + learner->plan->values);
}

/* Forward pass and the judgement of its output; values hold the probabilities afterwards. */
static void judge(struct fqt_learner *learner, const uint8_t *codes, int label,
                  struct fqt_result *result) {
    const uint32_t classes = learner->plan->classes;
    float *value = values_of(learner);
    fqt_forward(learner, codes);
    const uint32_t prediction = fqt_largest(value, classes);
    const uint32_t target = label == FQT_NO_LABEL ? prediction : (uint32_t)label;
    const float loss = fqt_softmax(value, classes, target);
    result->prediction = (uint8_t)prediction;
    result->trained = false;
    result->updated = false;
    result->confidence_q15 = (uint16_t)fqt_round_f32(value[prediction] * 32768.0f);
    result->loss_q12 = (uint32_t)fqt_floor_f32(loss * 4096.0f);
}

static void count_inputs(struct fqt_learner *learner, const uint8_t *codes) {
    const struct fqt_plan *plan = learner->plan;
    for (uint32_t index = 0; index < plan->layers; index++) {
        struct fqt_layer_counters *layer = &learner->counters.layer[index];
        layer->x_codes += plan->layer[index].input_count;
        if (index > 0) {
            layer->x_saturated += plan->layer[index - 1].pooled
                                      ? learner->pooled_seen[index - 1].clipped
                                      : learner->output_seen[index - 1].clipped;
            continue;
        }
        for (uint32_t i = 0; i < plan->input_count; i++) {
            layer->x_saturated += codes[i] == 0 || codes[i] == 255;
        }
    }
}

static void count_sample(struct fqt_learner *learner, int label, const struct fqt_result *result) {
    struct fqt_counters *counters = &learner->counters;
    counters->samples++;
    counters->confidence_sum_q15 += result->confidence_q15;
    counters->confidence_sq_sum_q30 += (uint32_t)result->confidence_q15 * result->confidence_q15;
    if (label == FQT_NO_LABEL) {
        return;
    }
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

static void see_codes(struct fqt_range *range, const struct fqt_seen *seen,
                      const struct fqt_quant *quant) {
    fqt_range_include(range, (float)(seen->min - quant->zero) * quant->scale);
    fqt_range_include(range, (float)(seen->max - quant->zero) * quant->scale);
}

/* The activations of a sample that trains move the ranges of the layers that train. */
static void see_outputs(struct fqt_learner *learner) {
    const uint32_t last = learner->plan->layers - 1u;
    for (uint32_t index = learner->config.first_trainable_layer; index < last; index++) {
        struct fqt_layer *layer = &learner->layer[index];
        see_codes(&layer->output_seen, &learner->output_seen[index], &layer->output_quant);
        if (learner->plan->layer[index].pooled) {
            see_codes(&layer->pooled_seen, &learner->pooled_seen[index], &layer->pooled_quant);
        }
    }
    fqt_range_include(&learner->layer[last].output_seen, learner->logits.min);
    fqt_range_include(&learner->layer[last].output_seen, learner->logits.max);
}

static void train(struct fqt_learner *learner, const uint8_t *codes, struct fqt_result *result) {
    see_outputs(learner);
    fqt_backward(learner, codes);
    learner->counters.trained++;
    learner->batch_fill++;
    result->trained = true;
    if (learner->batch_fill >= learner->config.batch_size) {
        fqt_update(learner);
        result->updated = true;
    }
}

static enum fqt_status check_sample(const struct fqt_learner *learner, int label) {
    if (!learner->loaded) {
        return FQT_NOT_LOADED;
    }
    return label == FQT_NO_LABEL || (label >= 0 && label < learner->plan->classes) ? FQT_OK
                                                                                   : FQT_BAD_SAMPLE;
}

enum fqt_status fqt_learn(struct fqt_learner *learner, const uint8_t *codes, int label,
                          struct fqt_result *result) {
    const enum fqt_status status = check_sample(learner, label);
    if (status != FQT_OK) {
        return status;
    }
    judge(learner, codes, label, result);
    learner->counters.mac_forward += learner->plan->macs_forward;
    count_sample(learner, label, result);
    count_inputs(learner, codes);
    values_of(learner)[label == FQT_NO_LABEL ? result->prediction : (uint32_t)label] -= 1.0f;
    fqt_measure_last_gradient(learner, codes);
    if (may_train(learner, label, result) && is_turn(learner)) {
        learner->counters.pseudo += label == FQT_NO_LABEL;
        train(learner, codes, result);
    }
    return FQT_OK;
}

enum fqt_status fqt_predict(struct fqt_learner *learner, const uint8_t *codes, int label,
                            struct fqt_result *result) {
    const enum fqt_status status = check_sample(learner, label);
    if (status == FQT_OK) {
        judge(learner, codes, label, result);
    }
    return status;
}

uint32_t fqt_window_samples(const struct fqt_plan *plan) {
    return plan->input == FQT_INPUT_SPECTRA  ? FQT_WINDOW
           : plan->input == FQT_INPUT_WINDOW ? plan->input_count
                                             : 0;
}

const uint8_t *fqt_window_codes(struct fqt_learner *learner, const int16_t *samples) {
    const struct fqt_plan *plan = learner->plan;
    uint8_t *codes = learner->arena + plan->input_codes;
    if (plan->input == FQT_INPUT_CODES) {
        return NULL;
    }
    if (plan->input == FQT_INPUT_WINDOW) {
        fqt_codes_of_window_s16(samples, plan->input_count, plan->window_step, codes);
    } else {
        fqt_features_s16((struct fqt_feature_work *)(void *)(learner->arena + plan->scratch),
                         samples, codes);
    }
    return codes;
}

enum fqt_status fqt_learn_window(struct fqt_learner *learner, const int16_t *samples, int label,
                                 struct fqt_result *result) {
    enum fqt_status status = check_sample(learner, label);
    if (status == FQT_OK && learner->plan->input == FQT_INPUT_CODES) {
        status = FQT_BAD_SAMPLE;
    }
    if (status != FQT_OK) {
        return status;
    }
    fqt_count_input_s16(&learner->counters.input, samples, fqt_window_samples(learner->plan));
    return fqt_learn(learner, fqt_window_codes(learner, samples), label, result);
}
