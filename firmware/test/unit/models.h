/* Models of the tests, planned, with an arena each. */
#ifndef FQT_TEST_MODELS_H
#define FQT_TEST_MODELS_H

#include "core/learner.h"
#include "test/golden/specs.h"

#define TEST_ARENA_MAX (96u * 1024u)

struct test_model {
    struct fqt_plan plan;
    struct fqt_learner learner;
    _Alignas(8) uint8_t arena[TEST_ARENA_MAX];
};

/* Plans and initialises; a model that does not plan ends the test with the reason. */
void test_model_init(struct test_model *model, const struct fqt_model_spec *spec, uint8_t mode,
                     uint64_t seed);

/* Copies state and arena, so that the copy can train apart. */
void test_model_copy(struct test_model *to, const struct test_model *from);

void test_random_codes(unsigned *state, uint32_t n, uint8_t *codes);

#endif
