#include "test/golden/trajectory.h"

#include <string.h>

#include "core/arith.h"
#include "test/golden/specs.h"
#include "test/golden/synthetic.h"

#define SEED           20240710u
#define PHASES         3
#define LINE_MAX       96
#define STEPS_PER_LINE 20

/* Phase 0 learns domain 0 from scratch, the others adapt to domain 1. */
struct phase {
    uint32_t steps;
    uint32_t domain;
    uint32_t unlabelled_every; /* 0 = all labelled */
    struct fqt_config config;
};

struct run {
    const char *name;
    const struct fqt_model_spec *spec;
    uint8_t mode;
    struct phase phases[PHASES];
};

/* clang-format off */
static const struct run runs[] = {
    {"bearing-mlp fine", &bearing_mlp, FQT_MODE_FINE,
     {{400, 0, 0, {true, 1000, 1000, 0, 20971, 8, 1, 0}},
      {300, 1, 0, {true, 250, 1000, 0, 20971, 5, 1, 0}},
      {300, 1, 3, {true, 100, 500, 1, 5243, 1, 2, 8192}}}},
    {"bearing-cnn fine", &bearing_cnn, FQT_MODE_FINE,
     {{200, 0, 0, {true, 1000, 1000, 0, 20971, 8, 1, 0}},
      {200, 1, 0, {true, 250, 1000, 1, 20971, 5, 1, 0}},
      {600, 1, 3, {true, 100, 500, 3, 5243, 1, 2, 8192}}}},
    {"bearing-mlp uint8", &bearing_mlp, FQT_MODE_UINT8,
     {{400, 0, 0, {true, 1000, 1000, 0, 20971, 8, 1, 0}},
      {300, 1, 0, {true, 250, 1000, 0, 20971, 5, 1, 0}},
      {300, 1, 3, {true, 100, 500, 1, 5243, 1, 2, 8192}}}},
    {"every-kind fine", &every_kind, FQT_MODE_FINE,
     {{60, 0, 0, {true, 1000, 1000, 0, 20971, 8, 1, 0}},
      {40, 1, 0, {true, 250, 1000, 0, 20971, 5, 1, 0}},
      {20, 1, 3, {true, 100, 500, 2, 5243, 1, 2, 8192}}}},
    {"every-kind uint8", &every_kind, FQT_MODE_UINT8,
     {{60, 0, 0, {true, 1000, 1000, 0, 20971, 8, 1, 0}},
      {40, 1, 0, {true, 250, 1000, 0, 20971, 5, 1, 0}},
      {20, 1, 3, {true, 100, 500, 2, 5243, 1, 2, 8192}}}},
};
/* clang-format on */

struct line {
    char text[LINE_MAX];
    uint32_t length;
};

static void put_text(struct line *line, const char *text) {
    while (*text != '\0' && line->length < LINE_MAX - 1) {
        line->text[line->length++] = *text++;
    }
    line->text[line->length] = '\0';
}

static void put_number(struct line *line, uint64_t v, uint32_t base) {
    char digits[21];
    uint32_t at = sizeof digits - 1;
    digits[at] = '\0';
    do {
        digits[--at] = "0123456789abcdef"[v % base];
        v /= base;
    } while (v > 0);
    put_text(line, digits + at);
}

static bool report(trajectory_sink sink, void *context, const char *name, uint64_t v,
                   uint32_t base) {
    struct line line = {.length = 0};
    put_text(&line, name);
    put_text(&line, " ");
    put_number(&line, v, base);
    return sink(context, line.text);
}

static uint64_t fnv1a(uint64_t hash, uint64_t v) {
    for (int i = 0; i < 8; i++) {
        hash ^= (v >> (8 * i)) & 0xffu;
        hash *= 0x100000001b3u;
    }
    return hash;
}

/* A window of the class, or for models that read codes a plane with its pattern in noise. */
static enum fqt_status learn_one(struct trajectory *t, uint32_t step, uint32_t class,
                                 uint32_t domain, int label, struct fqt_result *result) {
    if (fqt_window_samples(&t->plan) > 0) {
        int16_t samples[FQT_WINDOW];
        synthetic_window(SEED, step, class, domain, samples);
        return fqt_learn_window(&t->learner, samples, label, result);
    }
    uint8_t codes[256];
    for (uint32_t n = 0; n < t->plan.input_count; n++) {
        codes[n] = (uint8_t)(60u + (fqt_random_u32(class + 4u * domain, n) >> 25) +
                             (fqt_random_u32(SEED + step, n) >> 26));
    }
    return fqt_learn(&t->learner, codes, label, result);
}

static bool report_steps(struct trajectory *t, uint32_t step, uint32_t loss, uint32_t right,
                         trajectory_sink sink, void *context) {
    struct line line = {.length = 0};
    put_text(&line, "step ");
    put_number(&line, step, 10);
    put_text(&line, " loss ");
    put_number(&line, loss, 10);
    put_text(&line, " right ");
    put_number(&line, right, 10);
    t->hash = fnv1a(t->hash, fqt_weights_hash(&t->learner));
    return sink(context, line.text);
}

static bool report_phase(struct trajectory *t, trajectory_sink sink, void *context) {
    static const char *const names[] = {"gradient-sq", "gradient-max", "changed",
                                        "saturated-x", "saturated-e",  "updated"};
    for (uint32_t i = 0; i < t->plan.layers; i++) {
        const struct fqt_layer_counters *c = &t->learner.counters.layer[i];
        const uint64_t values[] = {c->gradient_sq_sum_q24, c->window_gradient_max_q24,
                                   c->codes_changed,       c->x_saturated,
                                   c->e_saturated,         c->structures_updated};
        for (uint32_t v = 0; v < 6; v++) {
            t->hash = fnv1a(t->hash, values[v]);
            if (!report(sink, context, names[v], values[v], 10)) {
                return false;
            }
        }
    }
    return report(sink, context, "weights", fqt_weights_hash(&t->learner), 16);
}

static bool run_phase(struct trajectory *t, const struct phase *phase, uint32_t first,
                      trajectory_sink sink, void *context) {
    uint32_t loss = 0;
    uint32_t right = 0;
    if (fqt_configure(&t->learner, &phase->config) != FQT_OK) {
        return false;
    }
    for (uint32_t step = first; step < first + phase->steps; step++) {
        struct fqt_result result;
        const uint32_t class = (step * 7u + step / 4u) % SYNTHETIC_CLASSES;
        const bool labelled = phase->unlabelled_every == 0 || step % phase->unlabelled_every != 0;
        if (learn_one(t, step, class, phase->domain, labelled ? (int)class : FQT_NO_LABEL,
                      &result) != FQT_OK) {
            return false;
        }
        t->hash = fnv1a(t->hash, result.loss_q12);
        loss += result.loss_q12;
        right += result.prediction == class;
        if ((step + 1) % STEPS_PER_LINE == 0) {
            if (!report_steps(t, step, loss, right, sink, context)) {
                return false;
            }
            loss = 0;
            right = 0;
        }
    }
    return report_phase(t, sink, context);
}

static bool run_model(struct trajectory *t, const struct run *run, trajectory_sink sink,
                      void *context) {
    struct fqt_model_spec spec = *run->spec;
    struct fqt_problem problem;
    uint32_t first = 0;
    spec.mode = run->mode;
    spec.layers[spec.layer_count - 1].out_channels = SYNTHETIC_CLASSES;
    if (!sink(context, run->name) || !fqt_plan(&spec, &t->plan, &problem) ||
        t->plan.arena_bytes > TRAJECTORY_ARENA_MAX) {
        return false;
    }
    fqt_init(&t->learner, &t->plan, t->arena, SEED);
    for (uint32_t p = 0; p < PHASES; p++) {
        if (!run_phase(t, &run->phases[p], first, sink, context)) {
            return false;
        }
        first += run->phases[p].steps;
    }
    return report(sink, context, "macs-forward", t->learner.counters.mac_forward, 10) &&
           report(sink, context, "macs-backward", t->learner.counters.mac_backward, 10);
}

bool trajectory_run(struct trajectory *t, trajectory_sink sink, void *context) {
    t->hash = 0xcbf29ce484222325u;
    for (uint32_t r = 0; r < sizeof runs / sizeof runs[0]; r++) {
        if (!run_model(t, &runs[r], sink, context)) {
            return false;
        }
    }
    return report(sink, context, "all", t->hash, 16);
}

struct comparison {
    const char *rest; /* expected text not yet compared */
    void (*print)(const char *text);
    uint32_t lines;
};

static bool compare_line(void *context, const char *line) {
    struct comparison *comparison = context;
    const size_t length = strlen(line);
    if (strncmp(comparison->rest, line, length) != 0 || comparison->rest[length] != '\n') {
        comparison->print("golden trajectory: FAILED at: ");
        comparison->print(line);
        comparison->print("\n");
        return false;
    }
    comparison->rest += length + 1;
    comparison->lines++;
    return true;
}

bool trajectory_matches(struct trajectory *trajectory, const char *expected,
                        void (*print)(const char *text)) {
    struct comparison comparison = {expected, print, 0};
    if (!trajectory_run(trajectory, compare_line, &comparison)) {
        print("golden trajectory: 0 passed, 1 failed\n");
        return false;
    }
    if (*comparison.rest != '\0') {
        print("golden trajectory: the file has more lines than the run: 0 passed, 1 failed\n");
        return false;
    }
    struct line line = {.length = 0};
    put_text(&line, "golden trajectory: ");
    put_number(&line, comparison.lines, 10);
    put_text(&line, " lines equal: 1 passed, 0 failed\n");
    print(line.text);
    return true;
}
