/* Shapes, the arena's layout, and every reason to refuse a model. */
#include <string.h>

#include "core/step.h"
#include "test/unit/expect.h"
#include "test/unit/models.h"

static struct fqt_plan plan;
static struct fqt_problem problem;

static void bearing_models_have_the_stated_sizes(void) {
    EXPECT(fqt_plan(&bearing_mlp, &plan, &problem), "plans");
    EXPECT_EQ(plan.parameters, 2377);
    EXPECT_EQ(plan.macs_forward, 64 * 32 + 32 * 9);
    struct fqt_model_spec cnn = bearing_cnn;
    EXPECT(fqt_plan(&cnn, &plan, &problem), "plans");
    EXPECT_EQ(plan.parameters, 8073);
    EXPECT_EQ(plan.layer[0].positions, 121);
    EXPECT_EQ(plan.layer[1].positions, 57);
    EXPECT_EQ(plan.layer[2].positions, 25);
    EXPECT_EQ(plan.layer[3].inputs, 32);
    EXPECT(plan.layer[2].pooled && !plan.layer[1].pooled, "the average pool has its own range");
    EXPECT_EQ(plan.macs_forward, 121 * 512 + 57 * 2048 + 25 * 4096 + 32 * 32 + 9 * 32);
    EXPECT(plan.arena_bytes <= 40 * 1024, "%u bytes train everything", plan.arena_bytes);
    cnn.frozen = 4;
    EXPECT(fqt_plan(&cnn, &plan, &problem), "plans");
    EXPECT(plan.arena_bytes <= 7 * 1024, "%u bytes train the last layer", plan.arena_bytes);
    cnn.frozen = 3;
    EXPECT(fqt_plan(&cnn, &plan, &problem), "plans");
    EXPECT(plan.arena_bytes <= 11 * 1024, "%u bytes train both linear layers", plan.arena_bytes);
}

struct region {
    uint32_t at;
    uint32_t end;
    const char *name;
};

static void add_region(struct region *regions, uint32_t *count, uint32_t at, uint32_t bytes,
                       const char *name) {
    EXPECT(at % 4u == 0, "%s is aligned", name);
    if (bytes > 0) {
        regions[(*count)++] = (struct region){at, at + bytes, name};
    }
}

/* Everything that lives from one sample to the next, or from forward to backward, is apart. */
static void regions_do_not_overlap(const struct fqt_model_spec *spec, uint8_t frozen) {
    struct fqt_model_spec with_frozen = *spec;
    struct region regions[128];
    uint32_t count = 0;
    with_frozen.frozen = frozen;
    EXPECT(fqt_plan(&with_frozen, &plan, &problem), "plans");
    for (uint32_t l = 0; l < plan.layers; l++) {
        const struct fqt_layer_plan *layer = &plan.layer[l];
        const uint32_t weights = (uint32_t)layer->rows * layer->inputs;
        const bool linear = plan.step[layer->step].kind == FQT_LINEAR;
        add_region(regions, &count, layer->multipliers,
                   layer->rows * (uint32_t)sizeof(struct fqt_multiplier), "multipliers");
        if (layer->frozen) {
            continue;
        }
        add_region(regions, &count, layer->codes, weights, "codes");
        add_region(regions, &count, layer->bias, layer->rows * 4u, "bias");
        add_region(regions, &count, layer->row_scale, layer->rows * 4u, "row scale");
        add_region(regions, &count, layer->row, layer->rows * (uint32_t)sizeof(struct fqt_row),
                   "row");
        add_region(regions, &count, layer->gradient, linear ? 0 : weights * 2u, "gradient");
        add_region(regions, &count, layer->kept_inputs,
                   linear ? plan.batch_max * layer->inputs : 0u, "kept inputs");
        add_region(regions, &count, layer->kept_errors,
                   linear ? plan.batch_max * layer->rows * 2u : 0u, "kept errors");
    }
    const uint32_t lowest = plan.layer[frozen].step;
    for (uint32_t s = 0; s + 1 < plan.steps; s++) {
        const uint32_t bytes = fqt_elements(&plan.step[s].out);
        add_region(regions, &count, plan.step[s].output, s + 1 >= lowest ? bytes : 0, "output");
    }
    add_region(regions, &count, plan.values, plan.classes * 4u, "values");
    add_region(regions, &count, plan.selected, plan.rows_max * 2u, "selected");
    add_region(regions, &count, plan.magnitude, plan.rows_max * 4u, "magnitude");
    add_region(regions, &count, plan.scratch, plan.arena_bytes - plan.scratch, "scratch");
    for (uint32_t a = 0; a < count; a++) {
        EXPECT(regions[a].end <= plan.arena_bytes, "%s ends in the arena", regions[a].name);
        for (uint32_t b = 0; b < a; b++) {
            EXPECT(regions[a].end <= regions[b].at || regions[b].end <= regions[a].at,
                   "%s at %u overlaps %s at %u", regions[a].name, regions[a].at, regions[b].name,
                   regions[b].at);
        }
    }
}

static void refused(const struct fqt_model_spec *spec, const char *expected) {
    char text[256];
    EXPECT(!fqt_plan(spec, &plan, &problem), "refuses: %s", expected);
    fqt_problem_text(spec, &problem, text, sizeof text);
    EXPECT(strcmp(text, expected) == 0, "says \"%s\", expected \"%s\"", text, expected);
    char short_text[9];
    fqt_problem_text(spec, &problem, short_text, sizeof short_text);
    EXPECT(strlen(short_text) == 8 && strncmp(short_text, text, 8) == 0, "terminated when cut");
}

static void a_bad_model_is_refused_by_name_limit_and_remedy(void) {
    struct fqt_model_spec spec = bearing_cnn;
    spec.layers[1].kernel_w = 200;
    refused(&spec, "layer 1 (conv): kernel width: 200, limit 121; lower it to the limit or below");
    spec = bearing_cnn;
    spec.layers[0].stride_w = 0;
    refused(&spec, "layer 0 (conv): stride width: 0, limit 1; raise it to the limit or above");
    spec = bearing_cnn;
    spec.layers[2].kind = FQT_DEPTHWISE;
    refused(&spec,
            "layer 2 (depthwise): channels of a depthwise layer: 32, limit 16; use as many as "
            "the layer below gives, or 0 for that");
    spec = bearing_cnn;
    spec.layers[5].relu = true;
    refused(&spec,
            "layer 5 (linear): the last layer is not linear without ReLU; its kind: 0, limit 0; "
            "end with a linear layer without ReLU, one row per class");
    spec = bearing_cnn;
    spec.layers[5].out_channels = 1;
    refused(&spec, "layer 5 (linear): classes: 1, limit 2; raise it to the limit or above");
    spec = bearing_cnn;
    spec.frozen = 5;
    refused(&spec, "model: frozen layers: 5, limit 4; leave at least the last layer trainable");
    spec = bearing_cnn;
    spec.batch_max = 65;
    refused(&spec, "model: largest minibatch: 65, limit 64; lower it to the limit or below");
    spec = bearing_cnn;
    spec.window_step = -2.0f;
    refused(&spec, "model: samples per code are not 0 or a number from 1/256 to 256; its sign: -1, "
                   "limit 256; state 0 to scale each window, or a thirty-second of the usual "
                   "deviation");
    spec = bearing_mlp;
    spec.in_c = 63;
    refused(&spec,
            "model: input elements of a model that reads spectra: 63, limit 64; describe the "
            "input as 1 x 1 x 64, or choose another kind of input");
    spec = bearing_cnn;
    spec.layers[4].kind = FQT_AVG_POOL;
    spec.layers[4].kernel_h = spec.layers[4].kernel_w = 1;
    spec.layers[4].stride_h = spec.layers[4].stride_w = 1;
    refused(&spec,
            "layer 4 (avg-pool): average pools between two layers with weights: 2, limit 1; join "
            "them into one pool");
    spec = bearing_mlp;
    spec.layer_count = 9;
    for (int l = 0; l < 9; l++) {
        spec.layers[l] = bearing_mlp.layers[l == 8];
    }
    refused(&spec, "layer 8 (linear): layers with weights: 9, limit 8; merge or remove layers");
}

/* A signal so long that the gradient of one sample could leave int32. */
static void an_accumulator_that_could_overflow_is_refused(void) {
    struct fqt_model_spec spec = bearing_cnn;
    spec.in_w = 4096;
    spec.layers[0].kernel_w = 4;
    spec.layers[0].stride_w = 1;
    spec.layers[0].out_channels = 15;
    EXPECT(fqt_plan(&spec, &plan, &problem), "2,047 * 255 * 4,093 is below 2^31");
    spec = bearing_cnn;
    spec.in_h = 66;
    spec.in_w = 66;
    spec.layers[0] = (struct fqt_layer_spec){FQT_CONV, true, 8, 2, 2, 1, 1, 0, 0};
    spec.layers[1] = (struct fqt_layer_spec){FQT_CONV, true, 8, 3, 3, 2, 2, 1, 1};
    spec.layers[2] = spec.layers[1];
    EXPECT(!fqt_plan(&spec, &plan, &problem), "4,225 positions of 16 samples");
    EXPECT_EQ(problem.step, 0);
    EXPECT_EQ(problem.value, 2047ll * 255ll * 4225ll);
    EXPECT_EQ(problem.limit, INT32_MAX);
    spec.frozen = 1;
    EXPECT(fqt_plan(&spec, &plan, &problem), "a frozen layer has no gradient");
    spec.frozen = 0;
    spec.layers[0].stride_h = 2;
    EXPECT(fqt_plan(&spec, &plan, &problem), "half the positions are within the bound");
}

/* Any description either plans or is refused with a reason; sanitizers watch. */
static void random_descriptions_never_break_the_planner(void) {
    uint32_t planned = 0;
    for (unsigned seed = 1; seed <= EXPECT_ROUNDS(4000u); seed++) {
        unsigned state = seed * 2654435761u;
        struct fqt_model_spec spec = {.input = FQT_INPUT_CODES, .input_scale = 0.01f};
        spec.mode = (uint8_t)(expect_random(&state) % 3);
        spec.layer_count = (uint8_t)(1 + expect_random(&state) % FQT_STEPS_MAX);
        spec.batch_max = (uint16_t)(expect_random(&state) % 70);
        spec.in_h = (uint16_t)(expect_random(&state) % 20);
        spec.in_w = (uint16_t)(expect_random(&state) % 40);
        spec.in_c = (uint16_t)(expect_random(&state) % 10);
        spec.frozen = (uint8_t)(expect_random(&state) % 3);
        for (uint32_t l = 0; l < spec.layer_count; l++) {
            const unsigned r = expect_random(&state);
            spec.layers[l] = (struct fqt_layer_spec){
                .kind = (uint8_t)(r % 8),
                .relu = (r >> 3) % 2 != 0,
                .out_channels = (uint16_t)((r >> 4) % 12),
                .kernel_h = (uint8_t)((r >> 8) % 4),
                .kernel_w = (uint8_t)((r >> 10) % 5),
                .stride_h = (uint8_t)((r >> 13) % 3),
                .stride_w = (uint8_t)((r >> 15) % 4),
                .pad_h = (uint8_t)((r >> 17) % 2),
                .pad_w = (uint8_t)((r >> 18) % 3),
            };
        }
        if (seed % 2 == 0) {
            spec.layers[spec.layer_count - 1] =
                (struct fqt_layer_spec){.kind = FQT_LINEAR, .out_channels = 3};
        }
        char text[256];
        if (fqt_plan(&spec, &plan, &problem)) {
            planned++;
        } else {
            fqt_problem_text(&spec, &problem, text, sizeof text);
            EXPECT(strlen(text) > 20, "seed %u: %s", seed, text);
        }
    }
    EXPECT(planned > 0, "some plan");
}

int main(void) {
    bearing_models_have_the_stated_sizes();
    for (uint8_t frozen = 0; frozen < 5; frozen++) {
        regions_do_not_overlap(&bearing_cnn, frozen);
        regions_do_not_overlap(&every_kind, frozen);
    }
    regions_do_not_overlap(&bearing_mlp, 0);
    a_bad_model_is_refused_by_name_limit_and_remedy();
    an_accumulator_that_could_overflow_is_refused();
    random_descriptions_never_break_the_planner();
    return expect_summary("core_plan");
}
