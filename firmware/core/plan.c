/* Shapes, then bounds, then buffers. */
#include "core/plan.h"

#include <string.h>

#include "core/features.h"
#include "core/step.h"
#include "core/tuning.h"
#include "core/window.h"

#define ACCUMULATOR_MAX 0x7fffffff
#define DOT_MAX         (ACCUMULATOR_MAX - FQT_BIAS_MAX)

struct planner {
    const struct fqt_model_spec *spec;
    struct fqt_plan *plan;
    struct fqt_problem *problem;
    uint8_t step; /* being planned; FQT_NO_LAYER outside layers */
    uint32_t used;
};

static bool refuse(struct planner *p, const char *rule, int64_t value, int64_t limit,
                   const char *remedy) {
    *p->problem = (struct fqt_problem){
        .step = p->step, .rule = rule, .remedy = remedy, .value = value, .limit = limit};
    return false;
}

static bool within(struct planner *p, const char *what, int64_t value, int64_t low, int64_t high) {
    if (value < low) {
        return refuse(p, what, value, low, "raise it to the limit or above");
    }
    if (value > high) {
        return refuse(p, what, value, high, "lower it to the limit or below");
    }
    return true;
}

static bool has_weights(uint8_t kind) {
    return kind == FQT_LINEAR || kind == FQT_CONV || kind == FQT_DEPTHWISE;
}

static bool is_global(uint8_t kind) {
    return kind == FQT_GLOBAL_AVG_POOL || kind == FQT_GLOBAL_MAX_POOL;
}

static uint32_t elements(const struct fqt_shape *shape) {
    return (uint32_t)shape->h * shape->w * shape->c;
}

static bool check_model(struct planner *p) {
    const struct fqt_model_spec *spec = p->spec;
    p->step = FQT_NO_LAYER;
    if (!within(p, "kind of input", spec->input, FQT_INPUT_SPECTRA, FQT_INPUT_CODES) ||
        !within(p, "mode", spec->mode, FQT_MODE_UINT8, FQT_MODE_FINE) ||
        !within(p, "number of layers", spec->layer_count, 1, FQT_STEPS_MAX) ||
        !within(p, "largest minibatch", spec->batch_max, 1, FQT_BATCH_MAX) ||
        !within(p, "input height", spec->in_h, 1, FQT_SIDE_MAX) ||
        !within(p, "input width", spec->in_w, 1, FQT_SIDE_MAX) ||
        !within(p, "input channels", spec->in_c, 1, FQT_SIDE_MAX) ||
        !within(p, "input elements", (int64_t)spec->in_h * spec->in_w * spec->in_c, 1,
                FQT_TENSOR_MAX)) {
        return false;
    }
    const int64_t count = (int64_t)spec->in_h * spec->in_w * spec->in_c;
    if (spec->input == FQT_INPUT_SPECTRA && count != FQT_FEATURES_MAX) {
        return refuse(p, "input elements of a model that reads spectra", count, FQT_FEATURES_MAX,
                      "describe the input as 1 x 1 x 64, or choose another kind of input");
    }
    if (spec->input == FQT_INPUT_CODES &&
        !(spec->input_scale >= 1e-6f && spec->input_scale <= 1e6f)) {
        return refuse(p, "the input scale is not a number from 1e-6 to 1e6; its sign", 0, 1,
                      "state what one input code is worth");
    }
    if (spec->input == FQT_INPUT_WINDOW &&
        !(spec->window_step == 0.0f ||
          (spec->window_step >= 1.0f / 256.0f && spec->window_step <= 256.0f))) {
        return refuse(p, "samples per code are not 0 or a number from 1/256 to 256; its sign",
                      spec->window_step < 0.0f ? -1 : 1, 256,
                      "state 0 to scale each window, or a thirty-second of the usual deviation");
    }
    return true;
}

/* Output size along one axis; 0 if the kernel does not fit. */
static uint32_t size_out(uint32_t in, uint32_t kernel, uint32_t stride, uint32_t pad) {
    return in + 2 * pad < kernel ? 0 : (in + 2 * pad - kernel) / stride + 1;
}

static bool check_window(struct planner *p, const struct fqt_layer_spec *layer,
                         const struct fqt_shape *in) {
    const bool pool = !has_weights(layer->kind);
    return within(p, "kernel height", layer->kernel_h, 1, in->h + 2 * layer->pad_h) &&
           within(p, "kernel width", layer->kernel_w, 1, in->w + 2 * layer->pad_w) &&
           within(p, "stride height", layer->stride_h, 1, 255) &&
           within(p, "stride width", layer->stride_w, 1, 255) &&
           within(p, "padding height", layer->pad_h, 0, pool ? 0 : layer->kernel_h - 1) &&
           within(p, "padding width", layer->pad_w, 0, pool ? 0 : layer->kernel_w - 1);
}

/* A convolution of one sample per position over a plane is the same over a line: no gathering. */
static void flatten_pointwise(struct fqt_step *step) {
    if (step->kernel_h == 1 && step->kernel_w == 1 && step->stride_h == 1 && step->stride_w == 1 &&
        (uint32_t)step->in.h * step->in.w <= UINT16_MAX) {
        step->in.w = (uint16_t)(step->in.h * step->in.w);
        step->out.w = (uint16_t)(step->out.h * step->out.w);
        step->in.h = 1;
        step->out.h = 1;
        step->direct = true;
    }
}

static bool shape_window(struct planner *p, const struct fqt_layer_spec *layer,
                         struct fqt_step *step) {
    if (!check_window(p, layer, &step->in)) {
        return false;
    }
    if (layer->kind == FQT_DEPTHWISE && layer->out_channels != 0 &&
        layer->out_channels != step->in.c) {
        return refuse(p, "channels of a depthwise layer", layer->out_channels, step->in.c,
                      "use as many as the layer below gives, or 0 for that");
    }
    step->out.h = (uint16_t)size_out(step->in.h, layer->kernel_h, layer->stride_h, layer->pad_h);
    step->out.w = (uint16_t)size_out(step->in.w, layer->kernel_w, layer->stride_w, layer->pad_w);
    step->out.c = layer->kind == FQT_CONV ? layer->out_channels : step->in.c;
    step->direct = layer->pad_h == 0 && layer->pad_w == 0 && step->in.h == 1;
    return true;
}

static bool shape_step(struct planner *p, const struct fqt_layer_spec *layer,
                       struct fqt_step *step) {
    step->kind = layer->kind;
    step->relu = has_weights(layer->kind) && layer->relu;
    step->layer = FQT_NO_LAYER;
    step->kernel_h = layer->kernel_h;
    step->kernel_w = layer->kernel_w;
    step->stride_h = layer->stride_h;
    step->stride_w = layer->stride_w;
    step->pad_h = layer->pad_h;
    step->pad_w = layer->pad_w;
    if (!within(p, "kind of layer", layer->kind, FQT_LINEAR, FQT_GLOBAL_MAX_POOL)) {
        return false;
    }
    if ((layer->kind == FQT_CONV || layer->kind == FQT_LINEAR) &&
        !within(p, "structures", layer->out_channels, 1, FQT_ROWS_MAX)) {
        return false;
    }
    if (layer->kind == FQT_LINEAR) {
        step->in = (struct fqt_shape){1, 1, (uint16_t)elements(&step->in)};
        step->out = (struct fqt_shape){1, 1, layer->out_channels};
        step->kernel_h = step->kernel_w = step->stride_h = step->stride_w = 1;
        step->pad_h = step->pad_w = 0;
        step->direct = true;
        return true;
    }
    if (is_global(layer->kind)) {
        step->kind = layer->kind == FQT_GLOBAL_AVG_POOL ? FQT_AVG_POOL : FQT_MAX_POOL;
        step->kernel_h = step->in.h;
        step->kernel_w = step->in.w;
        step->stride_h = step->stride_w = 1;
        step->pad_h = step->pad_w = 0;
        step->out = (struct fqt_shape){1, 1, step->in.c};
        return true;
    }
    return shape_window(p, layer, step);
}

static bool add_layer(struct planner *p, struct fqt_step *step) {
    struct fqt_plan *plan = p->plan;
    if (plan->layers == FQT_LAYERS_MAX) {
        return refuse(p, "layers with weights", FQT_LAYERS_MAX + 1, FQT_LAYERS_MAX,
                      "merge or remove layers");
    }
    flatten_pointwise(step);
    const uint32_t area = (uint32_t)step->kernel_h * step->kernel_w;
    const uint32_t inputs = step->kind == FQT_DEPTHWISE ? area : area * step->in.c;
    if (!within(p, "weights of one structure", inputs, 1, FQT_INPUTS_MAX)) {
        return false;
    }
    struct fqt_layer_plan *layer = &plan->layer[plan->layers];
    layer->step = p->step;
    layer->frozen = plan->layers < p->spec->frozen;
    layer->rows = step->out.c;
    layer->inputs = (uint16_t)inputs;
    layer->positions = (uint32_t)step->out.h * step->out.w;
    layer->macs = layer->positions * layer->rows * inputs;
    layer->input_count = elements(&step->in);
    plan->parameters += (inputs + 1u) * layer->rows;
    plan->macs_forward += layer->macs;
    plan->rows_max = layer->rows > plan->rows_max ? layer->rows : plan->rows_max;
    step->layer = plan->layers++;
    step->block = (uint16_t)(step->in.h > 1                          ? step->out.w
                             : layer->positions < FQT_POSITION_BLOCK ? layer->positions
                                                                     : FQT_POSITION_BLOCK);
    return true;
}

static bool shape_all(struct planner *p) {
    const struct fqt_model_spec *spec = p->spec;
    struct fqt_plan *plan = p->plan;
    struct fqt_shape in = {spec->in_h, spec->in_w, spec->in_c};
    bool averaged = false; /* since the last layer with weights */
    for (p->step = 0; p->step < spec->layer_count; p->step++) {
        struct fqt_step *step = &plan->step[p->step];
        step->in = in;
        if (!shape_step(p, &spec->layers[p->step], step) ||
            !within(p, "output elements", elements(&step->out), 1, FQT_TENSOR_MAX)) {
            return false;
        }
        const struct fqt_shape out = step->out; /* before a pointwise layer is flattened */
        if (has_weights(step->kind)) {
            averaged = false;
            if (!add_layer(p, step)) {
                return false;
            }
        } else if (step->kind == FQT_AVG_POOL) {
            if (averaged) {
                return refuse(p, "average pools between two layers with weights", 2, 1,
                              "join them into one pool");
            }
            averaged = true;
            if (plan->layers > 0) {
                plan->layer[plan->layers - 1].pooled = true;
            }
        }
        in = out;
    }
    plan->steps = spec->layer_count;
    return true;
}

static bool check_ends(struct planner *p) {
    const struct fqt_model_spec *spec = p->spec;
    const struct fqt_layer_spec *last = &spec->layers[spec->layer_count - 1];
    p->step = (uint8_t)(spec->layer_count - 1);
    if (last->kind != FQT_LINEAR || last->relu) {
        return refuse(p, "the last layer is not linear without ReLU; its kind", last->kind,
                      FQT_LINEAR, "end with a linear layer without ReLU, one row per class");
    }
    if (!within(p, "classes", last->out_channels, 2, FQT_CLASSES_MAX)) {
        return false;
    }
    p->step = FQT_NO_LAYER;
    if (spec->frozen >= p->plan->layers) {
        return refuse(p, "frozen layers", spec->frozen, p->plan->layers - 1,
                      "leave at least the last layer trainable");
    }
    p->plan->classes = last->out_channels;
    return true;
}

/*
 * Worst cases with every code at its end. Forward: inputs products of 255 * 255 below 2^30, plus a
 * bias below 2^30. Gradient: one product of 2047 * 255 per position and, in linear layers, per
 * sample of the minibatch; the gradient of one sample of a convolution is folded into int16 at
 * once. Error: each input is reached by rows * ceil(kernel / stride) products. Bias gradient: 2047
 * per position and sample. The same bounds hold within a block or window, because every partial sum
 * is one of fewer terms.
 */
static bool check_bounds(struct planner *p) {
    const struct fqt_plan *plan = p->plan;
    for (uint32_t l = 0; l < plan->layers; l++) {
        const struct fqt_layer_plan *layer = &plan->layer[l];
        const struct fqt_step *step = &plan->step[layer->step];
        const int64_t code = FQT_CODE_MAX;
        const int64_t error = FQT_ERROR_MAX;
        p->step = layer->step;
        const int64_t forward = code * code * layer->inputs;
        if (forward > DOT_MAX) {
            return refuse(p, "worst forward accumulator", forward, DOT_MAX,
                          "make the kernel or the input smaller");
        }
        if (layer->frozen) {
            continue;
        }
        const int64_t terms = step->kind == FQT_LINEAR ? plan->batch_max : layer->positions;
        if (code * error * terms > ACCUMULATOR_MAX) {
            return refuse(p, "worst gradient accumulator", code * error * terms, ACCUMULATOR_MAX,
                          step->kind == FQT_LINEAR ? "lower the largest minibatch"
                                                   : "stride more, pool before, or freeze it");
        }
        const int64_t bias = error * layer->positions * plan->batch_max;
        if (bias > ACCUMULATOR_MAX) {
            return refuse(p, "worst bias gradient", bias, ACCUMULATOR_MAX,
                          "stride more, pool before, or lower the largest minibatch");
        }
        const int64_t overlap_h = (step->kernel_h + step->stride_h - 1) / step->stride_h;
        const int64_t overlap_w = (step->kernel_w + step->stride_w - 1) / step->stride_w;
        const int64_t reach = step->kind == FQT_DEPTHWISE ? 1 : layer->rows;
        const int64_t product = code * error * reach * overlap_h * overlap_w;
        if (product > ACCUMULATOR_MAX) {
            return refuse(p, "worst error accumulator", product, ACCUMULATOR_MAX,
                          "use fewer filters or a smaller kernel, or freeze it");
        }
    }
    return true;
}

static uint32_t max_u32(uint32_t a, uint32_t b) {
    return a > b ? a : b;
}

static uint32_t aligned(uint32_t bytes) {
    return (bytes + FQT_ARENA_ALIGN - 1) & ~(FQT_ARENA_ALIGN - 1);
}

static uint32_t take(struct planner *p, uint32_t bytes) {
    const uint32_t at = p->used;
    p->used += aligned(bytes);
    return at;
}

static void place_layer(struct planner *p, struct fqt_layer_plan *layer) {
    const struct fqt_plan *plan = p->plan;
    const bool fine = plan->mode == FQT_MODE_FINE;
    const uint32_t rows = layer->rows;
    const uint32_t weights = rows * layer->inputs;
    layer->multipliers = take(p, (fine ? rows : 1u) * (uint32_t)sizeof(struct fqt_multiplier));
    if (layer->frozen) {
        return;
    }
    layer->codes = take(p, weights);
    layer->bias = take(p, rows * 4u);
    layer->row = take(p, rows * (uint32_t)sizeof(struct fqt_row));
    if (fine) {
        layer->row_scale = take(p, rows * 4u);
    }
    if (plan->step[layer->step].kind == FQT_LINEAR) {
        layer->kept_inputs = take(p, plan->batch_max * (uint32_t)layer->inputs);
        layer->kept_errors = take(p, plan->batch_max * rows * 2u);
    } else {
        layer->gradient = take(p, weights * 2u);
    }
}

/* Scratch beyond the errors themselves; the same order as in backward.c and update.c. */
static uint32_t backward_bytes(const struct fqt_plan *plan) {
    uint32_t bytes = 0;
    for (uint32_t l = plan->frozen; l < plan->layers; l++) {
        bytes = max_u32(bytes, fqt_gradient_work(plan, l).bytes);
        if (l > plan->frozen) {
            bytes = max_u32(bytes, fqt_error_work(plan, l).bytes);
        }
    }
    return bytes;
}

static uint32_t forward_bytes(const struct fqt_plan *plan) {
    uint32_t bytes = 0;
    for (uint32_t l = 0; l < plan->layers; l++) {
        bytes = max_u32(bytes, fqt_forward_work(plan, l).bytes);
    }
    return bytes;
}

/*
 * What the backward pass reads is kept: the input of the lowest layer that may train and every
 * output above. Outputs below alternate between two buffers that share their bytes with the errors,
 * which come to life only when the forward pass is over.
 */
static void place_tensors(struct planner *p) {
    struct fqt_plan *plan = p->plan;
    const uint32_t lowest = plan->layer[plan->frozen].step;
    uint32_t below[2] = {0, 0};
    uint32_t error[2] = {0, 0};
    for (uint32_t s = 0; s + 1 < plan->steps; s++) {
        const uint32_t bytes = aligned(elements(&plan->step[s].out));
        if (s + 1 < lowest) {
            below[s % 2] = max_u32(below[s % 2], bytes);
        } else {
            plan->step[s].output = take(p, bytes);
        }
    }
    for (uint32_t s = lowest; s < plan->steps; s++) {
        error[s % 2] = max_u32(error[s % 2], aligned(2u * elements(&plan->step[s].out)));
    }
    plan->input_codes = plan->input == FQT_INPUT_CODES ? 0 : take(p, plan->input_count);
    plan->values = take(p, plan->classes * 4u);
    plan->selected = take(p, plan->rows_max * 2u);
    plan->magnitude = take(p, plan->rows_max * 4u);
    plan->scratch = p->used;
    for (uint32_t s = 0; s < plan->steps; s++) {
        if (s + 1 < lowest) {
            plan->step[s].output = plan->scratch + (s % 2) * below[0];
        }
        plan->step[s].error = plan->scratch + (s % 2) * error[0];
    }
    plan->forward = plan->scratch + below[0] + below[1];
    plan->backward = plan->scratch + error[0] + error[1];
    uint32_t end = plan->forward + forward_bytes(plan);
    end = max_u32(end, plan->backward + backward_bytes(plan));
    if (plan->input == FQT_INPUT_SPECTRA) {
        end = max_u32(end, plan->scratch + (uint32_t)sizeof(struct fqt_feature_work));
    }
    plan->arena_bytes = aligned(end);
}

bool fqt_plan(const struct fqt_model_spec *spec, struct fqt_plan *plan,
              struct fqt_problem *problem) {
    struct planner p = {.spec = spec, .plan = plan, .problem = problem};
    memset(plan, 0, sizeof *plan);
    if (!check_model(&p)) {
        return false;
    }
    plan->input = spec->input;
    plan->mode = spec->mode;
    plan->frozen = spec->frozen;
    plan->batch_max = spec->batch_max;
    plan->input_count = (uint32_t)spec->in_h * spec->in_w * spec->in_c;
    plan->input_scale = spec->input == FQT_INPUT_SPECTRA  ? FQT_FEATURE_SCALE
                        : spec->input == FQT_INPUT_WINDOW ? FQT_WINDOW_SCALE
                                                          : spec->input_scale;
    plan->window_step = spec->input == FQT_INPUT_WINDOW ? spec->window_step : 0.0f;
    plan->input_zero = spec->input == FQT_INPUT_SPECTRA  ? FQT_FEATURE_ZERO
                       : spec->input == FQT_INPUT_WINDOW ? FQT_WINDOW_ZERO
                                                         : spec->input_zero;
    if (!shape_all(&p) || !check_ends(&p) || !check_bounds(&p)) {
        return false;
    }
    for (uint32_t l = 0; l < plan->layers; l++) {
        place_layer(&p, &plan->layer[l]);
    }
    place_tensors(&p);
    p.step = FQT_NO_LAYER;
    return within(&p, "bytes of arena", plan->arena_bytes, 0, FQT_ARENA_MAX);
}

static const char *kind_name(uint8_t kind) {
    static const char *const names[] = {"linear",         "conv",     "depthwise",
                                        "avg-pool",       "max-pool", "global-avg-pool",
                                        "global-max-pool"};
    return kind <= FQT_GLOBAL_MAX_POOL ? names[kind] : "unknown";
}

struct text {
    char *at;
    size_t left; /* including the terminator */
};

static void put(struct text *text, const char *from) {
    while (*from != '\0' && text->left > 1) {
        *text->at++ = *from++;
        text->left--;
    }
    *text->at = '\0';
}

static void put_number(struct text *text, int64_t v) {
    char digits[21];
    uint32_t at = sizeof digits - 1;
    uint64_t rest = v < 0 ? (uint64_t)0 - (uint64_t)v : (uint64_t)v;
    digits[at] = '\0';
    do {
        digits[--at] = "0123456789"[rest % 10];
        rest /= 10;
    } while (rest > 0);
    put(text, v < 0 ? "-" : "");
    put(text, digits + at);
}

void fqt_problem_text(const struct fqt_model_spec *spec, const struct fqt_problem *problem,
                      char *text, size_t cap) {
    struct text out = {text, cap};
    if (problem->step == FQT_NO_LAYER) {
        put(&out, "model: ");
    } else {
        put(&out, "layer ");
        put_number(&out, problem->step);
        put(&out, " (");
        put(&out, kind_name(spec->layers[problem->step].kind));
        put(&out, "): ");
    }
    put(&out, problem->rule);
    put(&out, ": ");
    put_number(&out, problem->value);
    put(&out, ", limit ");
    put_number(&out, problem->limit);
    put(&out, "; ");
    put(&out, problem->remedy);
}
