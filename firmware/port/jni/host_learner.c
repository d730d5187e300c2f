#include "port/jni/host_learner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct host_learner *host_open(const struct fqt_model_spec *spec, int arithmetic, uint64_t seed,
                               char problem[HOST_PROBLEM_MAX]) {
    struct host_learner *host = calloc(1, sizeof *host);
    if (host == NULL) {
        snprintf(problem, HOST_PROBLEM_MAX, "no memory for one more model");
        return NULL;
    }
    struct fqt_problem refusal;
    host->spec = *spec;
    host->floating = arithmetic == HOST_FLOATING;
    host->spec.mode = host->floating ? FQT_MODE_FINE : (uint8_t)arithmetic;
    if (!fqt_plan(&host->spec, &host->plan, &refusal)) {
        fqt_problem_text(&host->spec, &refusal, problem, HOST_PROBLEM_MAX);
        free(host);
        return NULL;
    }
    host->net = reference_open(&host->spec, seed);
    host->x = calloc(host->plan.input_count, sizeof *host->x);
    host->arena = host->floating ? NULL : malloc(host->plan.arena_bytes);
    if (host->net == NULL || host->x == NULL || (!host->floating && host->arena == NULL)) {
        snprintf(problem, HOST_PROBLEM_MAX, "no memory for one more model");
        host_close(host);
        return NULL;
    }
    if (!host->floating) {
        fqt_init(&host->learner, &host->plan, host->arena, seed);
    }
    return host;
}

void host_close(struct host_learner *host) {
    reference_free_states(host->states, FQT_LAYERS_MAX);
    reference_free(host->net);
    free(host->page);
    free(host->arena);
    free(host->x);
    free(host);
}

static const uint8_t *sample_of(const struct host_learner *host, const uint8_t *codes,
                                int32_t sample) {
    return codes + (size_t)sample * host->plan.input_count;
}

static const ref_real *real_input(struct host_learner *host, const uint8_t *code) {
    for (uint32_t i = 0; i < host->plan.input_count; i++) {
        host->x[i] = (ref_real)host->plan.input_scale * (ref_real)(code[i] - host->plan.input_zero);
    }
    return host->x;
}

static double train_floating(struct host_learner *host, const uint8_t *codes, const int32_t *order,
                             const int8_t *labels, size_t count, const struct host_step *step) {
    const struct ref_adam adam = {.rate = (ref_real)step->rate, .decay = (ref_real)step->decay};
    double loss = 0;
    host->net->first_trainable = step->first_trainable;
    for (size_t i = 0; i < count; i++) {
        const ref_real *x = real_input(host, sample_of(host, codes, order[i]));
        loss += (double)reference_learn(host->net, x, (uint32_t)labels[i]);
        if (host->net->batch < step->batch && i + 1 < count) {
            continue;
        }
        if (step->adam) {
            reference_adam(host->net, &adam);
        } else {
            reference_step(host->net, adam.rate);
        }
    }
    return loss;
}

static double train_quantised(struct host_learner *host, const uint8_t *codes, const int32_t *order,
                              const int8_t *labels, size_t count, const struct host_step *step) {
    const float rate_q20 = step->rate * (float)FQT_LEARNING_RATE_MAX_Q20 + 0.5f;
    struct fqt_config config = fqt_config_default();
    double loss = 0;
    config.first_trainable_layer = (uint8_t)step->first_trainable;
    config.batch_size = (uint16_t)step->batch;
    config.learning_rate_q20 = rate_q20 < 1.0f                         ? 1
                               : rate_q20 >= FQT_LEARNING_RATE_MAX_Q20 ? FQT_LEARNING_RATE_MAX_Q20
                                                                       : (uint32_t)rate_q20;
    if (fqt_configure(&host->learner, &config) != FQT_OK) {
        return -1; /* the caller has checked batch and layer: a frozen layer was meant */
    }
    for (size_t i = 0; i < count; i++) {
        struct fqt_result result;
        (void)fqt_learn(&host->learner, sample_of(host, codes, order[i]), labels[i], &result);
        loss += result.loss_q12 / 4096.0;
    }
    return loss;
}

double host_train(struct host_learner *host, const uint8_t *codes, const int32_t *order,
                  const int8_t *labels, size_t count, const struct host_step *step) {
    const double loss = host->floating ? train_floating(host, codes, order, labels, count, step)
                                       : train_quantised(host, codes, order, labels, count, step);
    return count > 0 ? loss / (double)count : 0;
}

void host_predict(struct host_learner *host, const uint8_t *codes, const int32_t *order,
                  size_t count, int8_t *predictions) {
    for (size_t i = 0; i < count; i++) {
        const uint8_t *sample = sample_of(host, codes, order[i]);
        struct fqt_result result = {0};
        if (host->floating) {
            predictions[i] = (int8_t)reference_predict(host->net, real_input(host, sample));
        } else {
            (void)fqt_predict(&host->learner, sample, FQT_NO_LABEL, &result);
            predictions[i] = (int8_t)result.prediction;
        }
    }
}

static void copy_floating(struct reference *from, struct reference *to) {
    for (uint32_t l = 0; l < from->weight_layers; l++) {
        const struct ref_layer *a = reference_weight_layer(from, l);
        struct ref_layer *b = reference_weight_layer(to, l);
        memcpy(b->weight, a->weight, sizeof(ref_real) * a->rows * a->inputs);
        memcpy(b->bias, a->bias, sizeof(ref_real) * a->rows);
    }
    reference_reset(to);
}

bool host_copy(struct host_learner *from, struct host_learner *to, const uint8_t *codes,
               const int32_t *order, size_t count, char problem[HOST_PROBLEM_MAX]) {
    copy_floating(from->net, to->net);
    if (to->floating) {
        return true;
    }
    for (size_t i = 0; i < count; i++) {
        reference_observe(to->net, real_input(to, sample_of(to, codes, order[i])));
    }
    struct fqt_layer_state states[FQT_LAYERS_MAX] = {0};
    if (!reference_quantise(to->net, &to->learner, states, problem)) {
        reference_free_states(states, FQT_LAYERS_MAX);
        return false;
    }
    reference_free_states(to->states, FQT_LAYERS_MAX);
    memcpy(to->states, states, sizeof states);
    return true;
}

size_t host_export(const struct host_learner *host, uint8_t *page, size_t cap) {
    const struct model model = {&host->spec, &host->plan};
    return model_export(&host->learner, &model, page, cap);
}

enum page_status host_load(struct host_learner *host, const uint8_t *page, size_t length) {
    const struct model model = {&host->spec, &host->plan};
    const size_t own = model_page_length(page, length);
    uint8_t *kept = own > 0 ? malloc(own) : NULL;
    if (kept == NULL) {
        return PAGE_BAD_LENGTH;
    }
    memcpy(kept, page, own);
    const enum page_status status =
        model_init(&host->learner, &model, host->arena, kept, own, host->learner.seed);
    free(status == PAGE_OK ? host->page : kept);
    host->page = status == PAGE_OK ? kept : host->page;
    return status;
}
