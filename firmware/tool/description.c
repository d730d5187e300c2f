#include "tool/description.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_BYTES 256u
#define WORDS_MAX      16u

struct line {
    unsigned number;
    unsigned words;
    unsigned at; /* next word to read */
    char text[LINE_MAX_BYTES];
    char *word[WORDS_MAX];
    char *error;
    size_t cap;
};

struct pair {
    unsigned h, w;
};

__attribute__((format(printf, 2, 3))) static bool refuse(const struct line *line,
                                                         const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    const int used = snprintf(line->error, line->cap, "line %u: ", line->number);
    (void)vsnprintf(line->error + used, line->cap - (size_t)used, format, arguments);
    va_end(arguments);
    return false;
}

static bool split(struct line *line) {
    char *comment = strchr(line->text, '#');
    if (comment != NULL) {
        *comment = 0;
    }
    line->words = 0;
    line->at = 1;
    for (char *word = strtok(line->text, " \t\r\n"); word != NULL; word = strtok(NULL, " \t\r\n")) {
        if (line->words == WORDS_MAX) {
            return refuse(line, "more than %u words; write one statement per line", WORDS_MAX);
        }
        line->word[line->words++] = word;
    }
    return true;
}

static const char *next(struct line *line) {
    return line->at < line->words ? line->word[line->at++] : NULL;
}

static bool has(struct line *line, const char *word) {
    if (line->at < line->words && strcmp(line->word[line->at], word) == 0) {
        line->at++;
        return true;
    }
    return false;
}

static bool whole(const char *text, char **end, unsigned long low, unsigned long high,
                  unsigned *out) {
    if (*text < '0' || *text > '9') {
        return false;
    }
    const unsigned long value = strtoul(text, end, 10);
    *out = (unsigned)value;
    return value >= low && value <= high;
}

static bool read_number(struct line *line, const char *what, unsigned low, unsigned high,
                        unsigned *out) {
    const char *text = next(line);
    char *end;
    if (text == NULL) {
        return refuse(line, "%s is missing; write a number %u..%u", what, low, high);
    }
    if (!whole(text, &end, low, high, out) || *end != 0) {
        return refuse(line, "%s '%s' is not a number %u..%u", what, text, low, high);
    }
    return true;
}

/* "8" is 1 x 8, along the width; "3x5" is height 3, width 5. */
static bool read_pair(struct line *line, const char *what, unsigned low, unsigned alone_h,
                      struct pair *out) {
    const char *text = next(line);
    char *end;
    if (text == NULL) {
        return refuse(line, "%s is missing; write one number, or height x width as in 3x3", what);
    }
    out->h = alone_h;
    if (!whole(text, &end, low, 255, &out->w)) {
        return refuse(line, "%s '%s' is not %u..255, or two of them as in 3x3", what, text, low);
    }
    if (*end == 'x') {
        out->h = out->w;
        const char *second = end + 1;
        if (!whole(second, &end, low, 255, &out->w)) {
            return refuse(line, "%s '%s' is not %u..255, or two of them as in 3x3", what, text,
                          low);
        }
    }
    return *end == 0 || refuse(line, "%s '%s' is not a number or two as in 3x3", what, text);
}

static bool read_end(struct line *line) {
    const char *rest = next(line);
    return rest == NULL || refuse(line, "'%s' is not understood behind %s; see tool/description.h",
                                  rest, line->word[0]);
}

static bool read_name(struct line *line, struct description *out) {
    const char *name = next(line);
    if (name == NULL || name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-")] != 0 ||
        strlen(name) >= sizeof out->name) {
        return refuse(line, "model '%s': write a name of a-z, 0-9 and -, at most %u characters",
                      name == NULL ? "" : name, DESCRIPTION_NAME_MAX - 1u);
    }
    memcpy(out->name, name, strlen(name) + 1);
    return read_end(line);
}

static bool read_real(struct line *line, const char *what, float *out) {
    const char *text = next(line);
    char *end = NULL;
    *out = text == NULL ? 0.0f : strtof(text, &end);
    if (text == NULL || *end != 0 || !(*out > 0.0f) || *out > 1e6f) {
        return refuse(line, "%s '%s' is not a real number above 0, at most 1e6", what,
                      text == NULL ? "" : text);
    }
    return true;
}

static bool read_codes(struct line *line, struct fqt_model_spec *spec) {
    unsigned h, w, c, zero;
    spec->input = FQT_INPUT_CODES;
    if (!read_number(line, "height", 1, FQT_SIDE_MAX, &h) ||
        !read_number(line, "width", 1, FQT_SIDE_MAX, &w) ||
        !read_number(line, "channels", 1, FQT_SIDE_MAX, &c)) {
        return false;
    }
    if (!has(line, "scale")) {
        return refuse(line, "input codes needs 'scale S zero Z': what a code stands for");
    }
    if (!read_real(line, "scale", &spec->input_scale)) {
        return false;
    }
    if (!has(line, "zero") || !read_number(line, "zero", 0, 255, &zero)) {
        return refuse(line, "input codes needs 'zero Z', the code 0..255 that stands for 0");
    }
    spec->in_h = (uint16_t)h;
    spec->in_w = (uint16_t)w;
    spec->in_c = (uint16_t)c;
    spec->input_zero = (uint8_t)zero;
    return true;
}

static bool read_input(struct line *line, struct fqt_model_spec *spec) {
    unsigned samples = 0;
    unsigned channels = 1;
    if (spec->input != 0) {
        return refuse(line, "a second input; a model has one");
    }
    if (has(line, "codes")) {
        return read_codes(line, spec) && read_end(line);
    }
    if (has(line, "spectra")) {
        spec->input = FQT_INPUT_SPECTRA;
        if (!read_number(line, "spectra", FQT_FEATURES_MAX, FQT_FEATURES_MAX, &samples)) {
            return false;
        }
    } else if (has(line, "window")) {
        spec->input = FQT_INPUT_WINDOW;
        if (!read_number(line, "window", 2, FQT_SIDE_MAX, &samples) ||
            (has(line, "channels") && !read_number(line, "channels", 1, 64, &channels)) ||
            (has(line, "step") && !read_real(line, "step", &spec->window_step))) {
            return false;
        }
    } else {
        return refuse(line, "input is one of: spectra 64, window N, codes H W C");
    }
    spec->in_h = 1;
    spec->in_w = (uint16_t)samples;
    spec->in_c = (uint16_t)channels;
    return read_end(line);
}

static bool read_window(struct line *line, struct fqt_layer_spec *layer, bool pool) {
    struct pair kernel;
    if ((!pool && !has(line, "kernel"))) {
        return refuse(line, "%s needs 'kernel K': what one filter sees", line->word[0]);
    }
    if (!read_pair(line, "kernel", 1, 1, &kernel)) {
        return false;
    }
    struct pair stride = pool ? kernel : (struct pair){1, 1};
    struct pair pad = {0, 0};
    if (has(line, "stride") && !read_pair(line, "stride", 1, 1, &stride)) {
        return false;
    }
    if (!pool && has(line, "pad") && !read_pair(line, "pad", 0, 0, &pad)) {
        return false;
    }
    layer->kernel_h = (uint8_t)kernel.h;
    layer->kernel_w = (uint8_t)kernel.w;
    layer->stride_h = (uint8_t)stride.h;
    layer->stride_w = (uint8_t)stride.w;
    layer->pad_h = (uint8_t)pad.h;
    layer->pad_w = (uint8_t)pad.w;
    return true;
}

static const struct {
    const char *word;
    enum fqt_layer_kind kind;
    bool counted; /* followed by the number of filters or rows */
    bool window;
    bool pool;
} statements[] = {
    {"linear", FQT_LINEAR, true, false, false},
    {"conv", FQT_CONV, true, true, false},
    {"depthwise", FQT_DEPTHWISE, false, true, false},
    {"avgpool", FQT_AVG_POOL, false, true, true},
    {"maxpool", FQT_MAX_POOL, false, true, true},
    {"globalavg", FQT_GLOBAL_AVG_POOL, false, false, true},
    {"globalmax", FQT_GLOBAL_MAX_POOL, false, false, true},
};

/* Layers may be named in any sizes here; whether they fit each other is for fqt_plan to say. */
static bool read_layer(struct line *line, unsigned which, struct description *out) {
    struct fqt_model_spec *spec = &out->spec;
    struct fqt_layer_spec layer = {.kind = (uint8_t)statements[which].kind};
    unsigned count = 0;
    if (spec->input == 0) {
        return refuse(line, "%s before 'input'; say first what the model reads", line->word[0]);
    }
    if (spec->layer_count == FQT_STEPS_MAX) {
        return refuse(line, "layer %u of at most %u", FQT_STEPS_MAX + 1u, (unsigned)FQT_STEPS_MAX);
    }
    if (statements[which].counted && !read_number(line, "outputs", 1, FQT_ROWS_MAX, &count)) {
        return false;
    }
    if (statements[which].window && !read_window(line, &layer, statements[which].pool)) {
        return false;
    }
    layer.out_channels = (uint16_t)count;
    layer.relu = !statements[which].pool && has(line, "relu");
    out->step_line[spec->layer_count] = line->number;
    spec->layers[spec->layer_count++] = layer;
    return read_end(line);
}

static bool read_mode(struct line *line, struct fqt_model_spec *spec) {
    if (has(line, "fine")) {
        spec->mode = FQT_MODE_FINE;
    } else if (has(line, "uint8")) {
        spec->mode = FQT_MODE_UINT8;
    } else {
        return refuse(line, "mode is fine or uint8");
    }
    return read_end(line);
}

static bool read_option(struct line *line, struct description *out, bool *known) {
    unsigned value = 0;
    *known = true;
    if (strcmp(line->word[0], "frozen") == 0) {
        if (!read_number(line, "frozen", 0, FQT_LAYERS_MAX - 1, &value)) {
            return false;
        }
        out->spec.frozen = (uint8_t)value;
        return read_end(line);
    }
    if (strcmp(line->word[0], "batch") == 0) {
        if (!read_number(line, "batch", 1, FQT_BATCH_MAX, &value)) {
            return false;
        }
        out->spec.batch_max = (uint16_t)value;
        return read_end(line);
    }
    if (strcmp(line->word[0], "ram") == 0) {
        if (!read_number(line, "ram", 1, FQT_ARENA_MAX, &value)) {
            return false;
        }
        out->ram_limit = value;
        out->ram_line = line->number;
        return read_end(line);
    }
    if (strcmp(line->word[0], "mode") == 0) {
        return read_mode(line, &out->spec);
    }
    *known = false;
    return true;
}

static bool read_statement(struct line *line, struct description *out) {
    if (out->name[0] == 0) {
        return strcmp(line->word[0], "model") == 0
                   ? read_name(line, out)
                   : refuse(line, "'%s' before 'model NAME', which comes first", line->word[0]);
    }
    if (strcmp(line->word[0], "input") == 0) {
        return read_input(line, &out->spec);
    }
    for (unsigned i = 0; i < sizeof statements / sizeof statements[0]; i++) {
        if (strcmp(line->word[0], statements[i].word) == 0) {
            return read_layer(line, i, out);
        }
    }
    bool known;
    const bool well = read_option(line, out, &known);
    if (!known) {
        return refuse(line,
                      "'%s' is no statement; there are model, input, conv, depthwise, "
                      "avgpool, maxpool, globalavg, globalmax, linear, frozen, batch, mode, "
                      "ram",
                      line->word[0]);
    }
    return well;
}

bool description_read(FILE *text, struct description *out, char *error, size_t cap) {
    struct line line = {.error = error, .cap = cap};
    memset(out, 0, sizeof *out);
    out->spec.name = out->name;
    out->spec.mode = FQT_MODE_FINE;
    out->spec.batch_max = 16;
    while (fgets(line.text, sizeof line.text, text) != NULL) {
        line.number++;
        if (strlen(line.text) + 1 == sizeof line.text) {
            return refuse(&line, "longer than %u characters", LINE_MAX_BYTES - 2u);
        }
        if (!split(&line) || (line.words > 0 && !read_statement(&line, out))) {
            return false;
        }
    }
    if (out->spec.layer_count == 0) {
        return refuse(&line, "the text ends without a layer; write model, input and layers");
    }
    return true;
}
