/* The tool's reading of a description: the shipped models come out as the tests know them, and each
 * mistake is answered with its line, the value and the remedy. */
#define _POSIX_C_SOURCE 200809L /* fmemopen */
#include <string.h>

#include "test/golden/specs.h"
#include "test/unit/expect.h"
#include "tool/description.h"

static bool read(const char *text, struct description *out, char *error) {
    FILE *file = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
    const bool well = description_read(file, out, error, 320);
    fclose(file);
    return well;
}

/* The shipped models have ten classes, those of the tests nine. */
static void is_the_model_of_the_tests(const char *path, const struct fqt_model_spec *tests) {
    struct fqt_model_spec expected_spec = *tests;
    struct description description;
    struct fqt_plan plan;
    struct fqt_plan expected;
    struct fqt_problem problem;
    char error[320];
    FILE *file = fopen(path, "r");
    EXPECT(file != NULL, "%s", path);
    EXPECT(description_read(file, &description, error, sizeof error), "%s: %s", path, error);
    fclose(file);
    memset(&plan, 0, sizeof plan);
    memset(&expected, 0, sizeof expected);
    expected_spec.layers[tests->layer_count - 1].out_channels = 10;
    if (tests->input == FQT_INPUT_SPECTRA) {
        expected_spec.in_w = FQT_FEATURES_MAX;
        expected_spec.in_c = 1;
    }
    expected_spec.window_step = tests->input == FQT_INPUT_WINDOW ? 64.0f : 0.0f;
    EXPECT(strcmp(description.spec.name, tests->name) == 0, "%s", description.spec.name);
    EXPECT(fqt_plan(&description.spec, &plan, &problem), "%s does not plan", path);
    EXPECT(fqt_plan(&expected_spec, &expected, &problem), "%s does not plan", tests->name);
    EXPECT(memcmp(&plan, &expected, sizeof plan) == 0, "%s has another plan", path);
}

static void is_refused(const char *text, const char *expected) {
    struct description description;
    struct fqt_plan plan;
    struct fqt_problem problem;
    char error[320] = "";
    if (read(text, &description, error)) {
        EXPECT(!fqt_plan(&description.spec, &plan, &problem), "accepted: %s", text);
        fqt_problem_text(&description.spec, &problem, error, sizeof error);
    }
    EXPECT(strstr(error, expected) != NULL, "'%s' is not in: %s", expected, error);
}

#define HEAD "model m\ninput window 512\n"

static void mistakes_are_named(void) {
    is_refused("", "without a layer");
    is_refused("input window 512\n", "'input' before 'model NAME'");
    is_refused("model Bearing\n", "a-z, 0-9 and -");
    is_refused("model m\nlinear 4\n", "linear before 'input'");
    is_refused("model m\ninput window 512\ninput window 512\nlinear 2\n", "a second input");
    is_refused("model m\ninput spectra 32\nlinear 2\n", "spectra '32' is not a number 64..64");
    is_refused("model m\ninput codes 4 4 1\nlinear 2\n", "scale S zero Z");
    is_refused("model m\ninput codes 4 4 1 scale 0 zero 3\nlinear 2\n", "scale '0'");
    is_refused(HEAD "conv 8 stride 2\nlinear 2\n", "line 3: conv needs 'kernel K'");
    is_refused(HEAD "conv 8 kernel 3x\nlinear 2\n", "line 3: kernel '3x'");
    is_refused(HEAD "conv 8 kernel 0\nlinear 2\n", "line 3: kernel '0'");
    is_refused(HEAD "conv zero kernel 3\nlinear 2\n", "outputs 'zero'");
    is_refused(HEAD "linear 4 sigmoid\n", "'sigmoid' is not understood behind linear");
    is_refused(HEAD "softmax\n", "'softmax' is no statement");
    is_refused(HEAD "mode float\nlinear 2\n", "mode is fine or uint8");
    is_refused(HEAD "batch 65\nlinear 2\n", "batch '65' is not a number 1..64");
    /* what only the plan can see */
    is_refused(HEAD "linear 4 relu\n", "last layer is not linear without ReLU");
    is_refused(HEAD "conv 8 kernel 3x3\nlinear 2\n", "kernel height");
    is_refused(HEAD "frozen 1\nlinear 2\n", "leave at least the last layer trainable");
}

static void shapes_of_two_dimensions_are_read(void) {
    struct description description;
    struct fqt_plan plan;
    struct fqt_problem problem;
    char error[320] = "";
    EXPECT(read("model plane # a comment\n"
                "input codes 12 10 3 scale 0.5 zero 120\n"
                "conv 8 kernel 3x3 stride 2x1 pad 1x1 relu\n"
                "depthwise kernel 3x3 pad 1x1 relu\n"
                "maxpool 2x2\n"
                "globalavg\n"
                "linear 5\n"
                "frozen 1\nbatch 4\nmode uint8\nram 9999\n",
                &description, error),
           "%s", error);
    EXPECT_EQ(description.ram_limit, 9999);
    EXPECT(fqt_plan(&description.spec, &plan, &problem), "does not plan");
    EXPECT_EQ(plan.step[0].out.h, 6);
    EXPECT_EQ(plan.step[0].out.w, 10);
    EXPECT_EQ(plan.step[2].out.w, 5);
    EXPECT_EQ(plan.step[3].out.w, 1);
    EXPECT_EQ(plan.layers, 3);
    EXPECT_EQ(plan.frozen, 1);
    EXPECT_EQ(plan.parameters, 8 * 27 + 8 + 8 * 9 + 8 + 5 * 8 + 5);
}

int main(void) {
    is_the_model_of_the_tests("models/bearing-mlp.model", &bearing_mlp);
    is_the_model_of_the_tests("models/bearing-cnn.model", &bearing_cnn);
    mistakes_are_named();
    shapes_of_two_dimensions_are_read();
    return expect_summary("fqt-model");
}
