#include "test/unit/models.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test/unit/expect.h"

void test_model_init(struct test_model *model, const struct fqt_model_spec *spec, uint8_t mode,
                     uint64_t seed) {
    struct fqt_model_spec with_mode = *spec;
    struct fqt_problem problem;
    with_mode.mode = mode;
    if (!fqt_plan(&with_mode, &model->plan, &problem) || model->plan.arena_bytes > TEST_ARENA_MAX) {
        char text[256] = "arena too large for the test";
        if (model->plan.arena_bytes <= TEST_ARENA_MAX) {
            fqt_problem_text(&with_mode, &problem, text, sizeof text);
        }
        printf("%s\n", text);
        exit(1);
    }
    memset(model->arena, 0xa5, sizeof model->arena); /* nothing relies on a cleared arena */
    fqt_init(&model->learner, &model->plan, model->arena, seed);
}

void test_model_copy(struct test_model *to, const struct test_model *from) {
    const ptrdiff_t move = to->arena - from->arena;
    memcpy(to, from, sizeof *to);
    to->learner.plan = &to->plan;
    to->learner.arena = to->arena;
    for (uint32_t l = to->plan.frozen; l < to->plan.layers; l++) {
        struct fqt_layer *layer = &to->learner.layer[l];
        layer->codes = layer->codes + move;
        layer->bias = (const int32_t *)(const void *)((const uint8_t *)layer->bias + move);
        if (layer->row_scale != NULL) {
            layer->row_scale =
                (const float *)(const void *)((const uint8_t *)layer->row_scale + move);
        }
    }
}

void test_random_codes(unsigned *state, uint32_t n, uint8_t *codes) {
    for (uint32_t i = 0; i < n; i++) {
        codes[i] = (uint8_t)(expect_random(state) >> 5);
    }
}
