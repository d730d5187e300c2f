#include "test/golden/trajectory.h"

#include <string.h>

#include "test/golden/synthetic.h"

#define SEED     20240710u
#define PHASES   3
#define LINE_MAX 96

/* Phase 0 learns domain 0 from scratch, the others adapt to domain 1. */
struct phase {
    uint32_t steps;
    uint32_t domain;
    uint32_t unlabelled_every; /* 0 = all labelled */
    struct fqt_config config;
};

static const struct phase phases[PHASES] = {
    {160, 0, 0, {true, 1000, 1000, 0, 20971, 8, 1, 0}},
    {80, 1, 0, {true, 250, 1000, 0, 20971, 5, 1, 0}},
    {80, 1, 3, {true, 100, 500, 1, 5243, 1, 2, 8192}},
};

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

static bool run_phase(struct fqt_learner *learner, const struct phase *phase, uint32_t first,
                      trajectory_sink sink, void *context) {
    static const char *const layer_names[] = {"gradient-sq", "gradient-max", "changed",
                                              "saturated-x"};
    if (fqt_configure(learner, &phase->config) != FQT_OK) {
        return false;
    }
    for (uint32_t step = first; step < first + phase->steps; step++) {
        int16_t samples[FQT_WINDOW];
        struct fqt_result result;
        const uint32_t class = (step * 7u + step / 4u) % SYNTHETIC_CLASSES;
        const bool labelled = phase->unlabelled_every == 0 || step % phase->unlabelled_every != 0;
        synthetic_window(SEED, step, class, phase->domain, samples);
        if (fqt_learn_window(learner, samples, labelled ? (int)class : FQT_NO_LABEL, &result) !=
            FQT_OK) {
            return false;
        }
        struct line line = {.length = 0};
        put_text(&line, "step ");
        put_number(&line, step, 10);
        put_text(&line, " loss ");
        put_number(&line, result.loss_q12, 10);
        put_text(&line, " class ");
        put_number(&line, result.prediction, 10);
        put_text(&line, result.prediction == class ? " right" : " wrong");
        if (!sink(context, line.text)) {
            return false;
        }
    }
    for (uint32_t i = 0; i < learner->shape.layers; i++) {
        const struct fqt_layer_counters *c = &learner->counters.layer[i];
        const uint64_t values[] = {c->gradient_sq_sum_q24, c->window_gradient_max_q24,
                                   c->codes_changed, c->x_saturated};
        for (uint32_t v = 0; v < 4; v++) {
            if (!report(sink, context, layer_names[v], values[v], 10)) {
                return false;
            }
        }
    }
    return report(sink, context, "weights", fqt_weights_hash(learner), 16);
}

bool trajectory_run(struct fqt_learner *learner, trajectory_sink sink, void *context) {
    const struct fqt_shape shape = {.layers = 3, .width = {64, 32, 24, SYNTHETIC_CLASSES}};
    if (fqt_init(learner, &shape, SEED) != FQT_OK ||
        !report(sink, context, "weights", fqt_weights_hash(learner), 16)) {
        return false;
    }
    uint32_t first = 0;
    for (uint32_t p = 0; p < PHASES; p++) {
        if (!run_phase(learner, &phases[p], first, sink, context)) {
            return false;
        }
        first += phases[p].steps;
    }
    return report(sink, context, "macs-forward", learner->counters.mac_forward, 10) &&
           report(sink, context, "macs-backward", learner->counters.mac_backward, 10);
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

bool trajectory_matches(struct fqt_learner *learner, const char *expected,
                        void (*print)(const char *text)) {
    struct comparison comparison = {expected, print, 0};
    if (!trajectory_run(learner, compare_line, &comparison)) {
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
