/*
 * fqt-model: a model description becomes static C.
 *
 *     fqt-model check  MODEL            says what the model costs, or why it is refused
 *     fqt-model static MODEL FILE.c     writes the model and its plan as const data, the arena as a
 *                                       static array whose size is asserted
 *
 * Exit code 0: done. 1: the description is refused, nothing is written. 2: wrong command line.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tool/description.h"

#define ERROR_MAX 320u

static const char *const kinds[] = {"linear",  "conv",      "depthwise", "avgpool",
                                    "maxpool", "globalavg", "globalmax"};

static bool fail(const char *path, const char *error) {
    fprintf(stderr, "fqt-model: %s: %s\n", path, error);
    return false;
}

static bool load(const char *path, struct description *description, struct fqt_plan *plan) {
    char error[ERROR_MAX];
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        return fail(path, "can't be read; name an existing model description");
    }
    const bool well = description_read(file, description, error, sizeof error);
    fclose(file);
    if (!well) {
        return fail(path, error);
    }
    struct fqt_problem problem;
    if (!fqt_plan(&description->spec, plan, &problem)) {
        char text[ERROR_MAX - 32u];
        fqt_problem_text(&description->spec, &problem, text, sizeof text);
        if (problem.step >= description->spec.layer_count) {
            return fail(path, text);
        }
        snprintf(error, sizeof error, "line %u: %s", description->step_line[problem.step], text);
        return fail(path, error);
    }
    if (description->ram_limit != 0 && plan->arena_bytes > description->ram_limit) {
        snprintf(error, sizeof error,
                 "line %u: the learner needs %" PRIu32 " bytes of RAM, %" PRIu32
                 " are allowed; freeze more layers, lower batch, or make the layers smaller",
                 description->ram_line, plan->arena_bytes, description->ram_limit);
        return fail(path, error);
    }
    return true;
}

static void print_costs(const struct description *description, const struct fqt_plan *plan) {
    const struct fqt_model_spec *spec = &description->spec;
    printf("%s: %" PRIu32 " parameters, %" PRIu32 " MACs forward, %" PRIu32
           " bytes of RAM, mode %s\n",
           spec->name, plan->parameters, plan->macs_forward, plan->arena_bytes,
           spec->mode == FQT_MODE_FINE ? "fine" : "uint8");
    printf("%-2s %-10s %-14s %9s %9s %9s\n", "", "layer", "output", "weights", "MACs", "");
    for (unsigned i = 0; i < plan->steps; i++) {
        const struct fqt_step *step = &plan->step[i];
        char shape[32];
        snprintf(shape, sizeof shape, "%u x %u x %u", step->out.h, step->out.w, step->out.c);
        if (step->layer == FQT_NO_LAYER) {
            printf("%-2s %-10s %-14s\n", "", kinds[step->kind], shape);
            continue;
        }
        const struct fqt_layer_plan *layer = &plan->layer[step->layer];
        printf("%-2u %-10s %-14s %9u %9" PRIu32 " %9s\n", step->layer, kinds[step->kind], shape,
               (unsigned)layer->rows * layer->inputs + layer->rows, layer->macs,
               layer->frozen ? "frozen" : "");
    }
}

static void write_spec(FILE *out, const struct fqt_model_spec *spec) {
    fprintf(
        out,
        "const struct fqt_model_spec fqt_model_spec = {\n"
        "    .name = \"%s\",\n    .input = %u,\n    .mode = %u,\n    .frozen = %u,\n"
        "    .layer_count = %u,\n    .batch_max = %u,\n    .in_h = %u,\n    .in_w = %u,\n"
        "    .in_c = %u,\n    .input_zero = %u,\n    .input_scale = %af,\n    .window_step = %af,\n"
        "    .layers =\n"
        "        {\n",
        spec->name, spec->input, spec->mode, spec->frozen, spec->layer_count, spec->batch_max,
        spec->in_h, spec->in_w, spec->in_c, spec->input_zero, (double)spec->input_scale,
        (double)spec->window_step);
    for (unsigned i = 0; i < spec->layer_count; i++) {
        const struct fqt_layer_spec *l = &spec->layers[i];
        fprintf(out, "            {%u, %s, %u, %u, %u, %u, %u, %u, %u}, /* %s */\n", l->kind,
                l->relu ? "true" : "false", l->out_channels, l->kernel_h, l->kernel_w, l->stride_h,
                l->stride_w, l->pad_h, l->pad_w, kinds[l->kind]);
    }
    fprintf(out, "        },\n};\n\n");
}

/* The plan as bytes of its own layout would tie the file to a compiler; words name each field. */
static void write_step(FILE *out, const struct fqt_step *s) {
    fprintf(out,
            "            {.kind = %u, .relu = %s, .direct = %s, .layer = %u, .kernel_h = %u,\n"
            "             .kernel_w = %u, .stride_h = %u, .stride_w = %u, .pad_h = %u,\n"
            "             .pad_w = %u, .block = %u, .in = {%u, %u, %u}, .out = {%u, %u, %u},\n"
            "             .output = %" PRIu32 ", .error = %" PRIu32 "},\n",
            s->kind, s->relu ? "true" : "false", s->direct ? "true" : "false", s->layer,
            s->kernel_h, s->kernel_w, s->stride_h, s->stride_w, s->pad_h, s->pad_w, s->block,
            s->in.h, s->in.w, s->in.c, s->out.h, s->out.w, s->out.c, s->output, s->error);
}

/* name = value of an unsigned field, for the two long structs. */
#define FIELD(p, name) fprintf(out, " ." #name " = %" PRIu32 ",", (uint32_t)(p)->name)

static void write_layer(FILE *out, const struct fqt_layer_plan *l) {
    fprintf(out, "            {");
    FIELD(l, step);
    FIELD(l, frozen);
    FIELD(l, pooled);
    FIELD(l, rows);
    FIELD(l, inputs);
    FIELD(l, positions);
    FIELD(l, macs);
    FIELD(l, input_count);
    FIELD(l, multipliers);
    FIELD(l, codes);
    FIELD(l, bias);
    FIELD(l, row_scale);
    FIELD(l, row);
    FIELD(l, gradient);
    FIELD(l, kept_inputs);
    FIELD(l, kept_errors);
    fprintf(out, "},\n");
}

static void write_plan(FILE *out, const struct fqt_plan *p) {
    fprintf(out,
            "const struct fqt_plan fqt_model_plan = {\n    .input_scale = %af,\n"
            "    .window_step = %af,\n   ",
            (double)p->input_scale, (double)p->window_step);
    FIELD(p, input);
    FIELD(p, mode);
    FIELD(p, steps);
    FIELD(p, layers);
    FIELD(p, frozen);
    FIELD(p, input_zero);
    FIELD(p, batch_max);
    FIELD(p, classes);
    FIELD(p, rows_max);
    FIELD(p, input_count);
    FIELD(p, input_codes);
    FIELD(p, values);
    FIELD(p, selected);
    FIELD(p, magnitude);
    FIELD(p, scratch);
    FIELD(p, forward);
    FIELD(p, backward);
    FIELD(p, arena_bytes);
    FIELD(p, parameters);
    FIELD(p, macs_forward);
    fprintf(out, "\n    .step =\n        {\n");
    for (unsigned i = 0; i < p->steps; i++) {
        write_step(out, &p->step[i]);
    }
    fprintf(out, "        },\n    .layer =\n        {\n");
    for (unsigned i = 0; i < p->layers; i++) {
        write_layer(out, &p->layer[i]);
    }
    fprintf(out, "        },\n};\n\n");
}

static bool write_static(const char *path, const struct description *description,
                         const struct fqt_plan *plan) {
    FILE *out = fopen(path, "w");
    if (out == NULL) {
        return fail(path, "can't be written; create its folder first");
    }
    fprintf(out,
            "/* Made by fqt-model from the description of %s; do not edit. */\n"
            "#include \"core/static_model.h\"\n\n",
            description->spec.name);
    write_spec(out, &description->spec);
    write_plan(out, plan);
    fprintf(out, "_Alignas(FQT_ARENA_ALIGN) uint8_t fqt_model_arena[%" PRIu32 "];\n",
            plan->arena_bytes);
    if (description->ram_limit != 0) {
        fprintf(out,
                "_Static_assert(sizeof fqt_model_arena <= %" PRIu32 ", \"RAM of the learner\");\n",
                description->ram_limit);
    }
    const bool written = ferror(out) == 0;
    return fclose(out) == 0 && written ? true : fail(path, "could not be written whole");
}

int main(int argc, char **argv) {
    struct description description;
    struct fqt_plan plan;
    const bool check = argc == 3 && strcmp(argv[1], "check") == 0;
    const bool make_static = argc == 4 && strcmp(argv[1], "static") == 0;
    if (!check && !make_static) {
        fprintf(stderr, "usage: fqt-model check MODEL | fqt-model static MODEL FILE.c\n");
        return 2;
    }
    if (!load(argv[2], &description, &plan)) {
        return 1;
    }
    if (check) {
        print_costs(&description, &plan);
        return 0;
    }
    return write_static(argv[3], &description, &plan) ? 0 : 1;
}
