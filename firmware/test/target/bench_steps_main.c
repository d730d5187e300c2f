/*
 * Instructions of one training step by model, mode and update rate, one CSV line each: model,mode,
 * trainable_layers,lambda_min,lambda_max,updated,forward,backward,update,step,macs_forward,
 * macs_backward. Means per sample over whole minibatches of 16. forward = prediction; update = what
 * closing the minibatch adds, shared by its samples; backward = everything else (loss, errors,
 * selection, gradients, bookkeeping). `updated` is the share of structures that trained.
 */
#include "core/learner.h"
#include "test/golden/synthetic.h"
#include "test/target/count.h"
#include "test/target/semihosting.h"
#include "test/golden/specs.h"

#define BATCH       16u
#define SAMPLES     64u
#define WARM_UP     96u  /* samples: the ranges and the error maximum have settled */
#define CONVERGED   320u /* samples: the loss is far below its maximum */
#define ARENA_BYTES (96u * 1024u)

static struct fqt_plan plan;
static struct fqt_learner learner;
static _Alignas(FQT_ARENA_ALIGN) uint8_t arena[ARENA_BYTES];
static uint8_t codes[SAMPLES][FQT_WINDOW];
static uint32_t next_sample;

struct spent {
    uint64_t forward;
    uint64_t plain;   /* steps that do not close a minibatch */
    uint64_t closing; /* those that do */
    uint32_t steps;
    uint32_t closed;
};

static void must(bool held, const char *what) {
    if (!held) {
        semihosting_print("bench_steps: ");
        semihosting_print(what);
        semihosting_print("\n");
        semihosting_exit(1);
    }
}

static void learn(struct spent *spent) {
    struct fqt_result result;
    const uint32_t i = next_sample++ % SAMPLES;
    const int label = (int)(i % SYNTHETIC_CLASSES);
    count_start();
    must(fqt_predict(&learner, codes[i], label, &result) == FQT_OK, "no prediction");
    spent->forward += count_stop();
    count_start();
    must(fqt_learn(&learner, codes[i], label, &result) == FQT_OK, "no training");
    const uint32_t step = count_stop();
    must(result.trained, "a sample did not train");
    spent->steps++;
    spent->closed += result.updated;
    *(result.updated ? &spent->closing : &spent->plain) += step;
}

static struct spent learn_many(uint32_t samples) {
    struct spent spent = {0};
    for (uint32_t i = 0; i < samples; i++) {
        learn(&spent);
    }
    return spent;
}

static void field(uint64_t value) {
    semihosting_print(",");
    semihosting_print_number((uint32_t)value);
}

static void milli_field(uint32_t milli) {
    semihosting_print(",");
    semihosting_print_number(milli / 1000u);
    semihosting_print(milli % 1000u < 10u ? ".00" : milli % 1000u < 100u ? ".0" : ".");
    semihosting_print_number(milli % 1000u);
}

struct totals {
    uint64_t macs_backward;
    uint64_t updated;
    uint64_t offered;
};

static struct totals totals_now(void) {
    struct totals t = {learner.counters.mac_backward, 0, 0};
    for (uint32_t l = 0; l < plan.layers; l++) {
        t.updated += learner.counters.layer[l].structures_updated;
        t.offered += learner.counters.layer[l].structures_offered;
    }
    return t;
}

static void configure(uint8_t first_layer, uint16_t lambda_min, uint16_t lambda_max) {
    struct fqt_config config = fqt_config_default();
    config.batch_size = BATCH;
    config.first_trainable_layer = first_layer;
    config.lambda_min_milli = lambda_min;
    config.lambda_max_milli = lambda_max;
    must(fqt_configure(&learner, &config) == FQT_OK, "bad configuration");
}

/* Means over SAMPLES samples with the present weights. */
static void line(const char *model, const char *mode) {
    const struct totals before = totals_now();
    const struct spent spent = learn_many(SAMPLES);
    const struct totals after = totals_now();
    const uint64_t forward = spent.forward / SAMPLES;
    const uint64_t plain = spent.plain / (spent.steps - spent.closed);
    const uint64_t step = (spent.plain + spent.closing) / SAMPLES;
    semihosting_print(model);
    semihosting_print(",");
    semihosting_print(mode);
    field(plan.layers - learner.config.first_trainable_layer);
    milli_field(learner.config.lambda_min_milli);
    milli_field(learner.config.lambda_max_milli);
    milli_field(
        (uint32_t)((after.updated - before.updated) * 1000u / (after.offered - before.offered)));
    field(forward);
    field(plain - forward);
    field(step - plain);
    field(step);
    field(plan.macs_forward);
    field((after.macs_backward - before.macs_backward) / SAMPLES);
    semihosting_print("\n");
}

static void measure(const struct fqt_model_spec *model, uint8_t mode) {
    static const uint16_t rates[] = {1000, 500, 300, 100};
    const char *mode_name = mode == FQT_MODE_FINE ? "fine" : "uint8";
    struct fqt_model_spec spec = *model;
    struct fqt_problem problem;
    int16_t samples[FQT_WINDOW];
    spec.mode = mode;
    must(fqt_plan(&spec, &plan, &problem) && plan.arena_bytes <= ARENA_BYTES, "no room");
    fqt_init(&learner, &plan, arena, 1);
    for (uint32_t i = 0; i < SAMPLES; i++) {
        synthetic_window(1, i, i % SYNTHETIC_CLASSES, 0, samples);
        const uint8_t *made = fqt_window_codes(&learner, samples);
        for (uint32_t k = 0; k < plan.input_count; k++) {
            codes[i][k] = made[k];
        }
    }
    next_sample = 0;
    configure(0, 1000, 1000);
    learn_many(WARM_UP);
    for (uint32_t r = 0; r < sizeof rates / sizeof rates[0]; r++) {
        configure(0, rates[r], rates[r]);
        line(spec.name, mode_name);
    }
    configure((uint8_t)(plan.layers - 1u), 1000, 1000);
    line(spec.name, mode_name);
    configure(0, 100, 1000);
    learn_many(CONVERGED);
    line(spec.name, mode_name);
}

int main(void) {
    measure(&bearing_mlp, FQT_MODE_FINE);
    measure(&bearing_mlp, FQT_MODE_UINT8);
    measure(&bearing_cnn, FQT_MODE_FINE);
    measure(&bearing_cnn, FQT_MODE_UINT8);
    semihosting_exit(0);
}
