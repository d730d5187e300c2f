#include "app/pages.h"

#include <string.h>

#include "wire/crc.h"
#include "wire/le.h"

#define PROVISIONING_VERSION      1u
#define MODEL_VERSION             2u
#define PROVISIONING_HEADER_BYTES 12u
#define MODEL_CRC_END             16u
#define MODEL_TRAINED             0u
#define MODEL_UNTRAINED           1u

const char *page_status_text(enum page_status status) {
    switch (status) {
    case PAGE_OK:
        return "page is well";
    case PAGE_BAD_MAGIC:
        return "does not begin with its four letters: flash the page to its address";
    case PAGE_BAD_VERSION:
        return "has a layout version that this firmware does not read: write the page again";
    case PAGE_BAD_LENGTH:
        return "ends before its content does: write the whole page";
    case PAGE_BAD_CHECKSUM:
        return "does not match its CRC-32: write the page again";
    case PAGE_BAD_FIELD:
        return "holds a text, count or number out of its range: see app/pages.h";
    case PAGE_OTHER_MODEL:
        return "is for another model than this firmware: flash the page of this model, or build "
               "the firmware with MODEL=<its description>";
    case PAGE_OTHER_WINDOW:
        return "is for a model that does not read the sensor's windows of 512 samples: give it "
               "'input spectra 64' or 'input window 512'";
    case PAGE_BAD_WEIGHTS:
        return "has scales, zero points, ranges or biases that the learner refuses: export it "
               "again";
    }
    return "has an unknown status";
}

/* Reads on until the end, then sticks at failed. */
struct page_cursor {
    const uint8_t *at;
    size_t left;
    bool failed;
};

static const uint8_t *take(struct page_cursor *c, size_t length) {
    static const uint8_t nothing[32];
    if (c->failed || length > c->left) {
        c->failed = true;
        return nothing; /* callers read at most 32 bytes before they look at failed */
    }
    const uint8_t *bytes = c->at;
    c->at += length;
    c->left -= length;
    return bytes;
}

static int32_t take_s32(struct page_cursor *c) {
    return (int32_t)le_load_u32(take(c, 4));
}

static float take_f32(struct page_cursor *c) {
    const uint32_t bits = le_load_u32(take(c, 4));
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static bool is_id_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
}

/* cap counts the terminating zero. */
static void take_text(struct page_cursor *c, char *out, size_t cap, bool id) {
    const size_t length = take(c, 1)[0];
    if (length == 0 || length >= cap || length > c->left) {
        c->failed = true;
        return;
    }
    memcpy(out, take(c, length), length);
    out[length] = 0;
    for (size_t i = 0; i < length; i++) {
        const bool legal = id ? is_id_character(out[i]) : out[i] >= ' ' && out[i] <= '~';
        c->failed = c->failed || !legal;
    }
}

static void take_terms(struct page_cursor *c, fqt_budget_terms *terms) {
    const uint8_t training = take(c, 1)[0];
    c->failed = c->failed || training > 1;
    terms->training = training == 1;
    terms->lambda_min_permille = take_s32(c);
    terms->lambda_max_permille = take_s32(c);
    terms->first_trainable_layer = take_s32(c);
    terms->learning_rate = take_s32(c);
    terms->batch_size = take_s32(c);
    terms->train_every_nth = take_s32(c);
    terms->pseudo_label_permille = take_s32(c);
    terms->energy_capacity_milli_joule = take_s32(c);
    terms->energy_refill_milli_joule_per_hour = take_s32(c);
    terms->report_interval_ms = take_s32(c);
}

/* In the order in which a person reads the record. Ranges: BudgetTerms.avsc. */
const char *terms_bad_field(const fqt_budget_terms *terms) {
    const struct {
        const char *name;
        int32_t value, low, high;
    } ranges[] = {
        {"lambdaMaxPermille", terms->lambda_max_permille, 1, 1000},
        {"lambdaMinPermille", terms->lambda_min_permille, 0, terms->lambda_max_permille},
        {"firstTrainableLayer", terms->first_trainable_layer, 0, 15},
        {"learningRate", terms->learning_rate, 1, (int32_t)FQT_LEARNING_RATE_MAX_Q20},
        {"batchSize", terms->batch_size, 1, FQT_BATCH_MAX},
        {"trainEveryNth", terms->train_every_nth, 1, 1000},
        {"energyCapacityMilliJoule", terms->energy_capacity_milli_joule, 0, 1000000},
        {"energyRefillMilliJoulePerHour", terms->energy_refill_milli_joule_per_hour, 0, 1000000},
        {"reportIntervalMs", terms->report_interval_ms, 100, 86400000},
    };
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        if (ranges[i].value < ranges[i].low || ranges[i].value > ranges[i].high) {
            return ranges[i].name;
        }
    }
    const int32_t pseudo = terms->pseudo_label_permille;
    return pseudo == 0 || (pseudo >= 500 && pseudo <= 1000) ? NULL : "pseudoLabelPermille";
}

static enum page_status provisioning_check(const uint8_t *page, size_t length, size_t *used) {
    if (length < PROVISIONING_HEADER_BYTES || memcmp(page, "FQTP", 4) != 0) {
        return PAGE_BAD_MAGIC;
    }
    if (le_load_u16(page + 4) != PROVISIONING_VERSION) {
        return PAGE_BAD_VERSION;
    }
    *used = le_load_u16(page + 6);
    if (*used < PROVISIONING_HEADER_BYTES || *used > length || *used > PROVISIONING_PAGE_MAX) {
        return PAGE_BAD_LENGTH;
    }
    const uint32_t crc =
        crc32_ieee(0, page + PROVISIONING_HEADER_BYTES, *used - PROVISIONING_HEADER_BYTES);
    return crc == le_load_u32(page + 8) ? PAGE_OK : PAGE_BAD_CHECKSUM;
}

enum page_status provisioning_read(const uint8_t *page, size_t length, struct provisioning *out) {
    size_t used = 0;
    const enum page_status status = provisioning_check(page, length, &used);
    if (status != PAGE_OK) {
        return status;
    }
    struct page_cursor c = {page + PROVISIONING_HEADER_BYTES, used - PROVISIONING_HEADER_BYTES,
                            false};
    struct provisioning read;
    memset(&read, 0, sizeof read);
    read.key_id = take(&c, 1)[0];
    memcpy(read.key, take(&c, DEVICE_KEY_BYTES), DEVICE_KEY_BYTES);
    take_text(&c, read.device, sizeof read.device, true);
    take_text(&c, read.cohort, sizeof read.cohort, true);
    take_text(&c, read.board, sizeof read.board, false);
    read.attributes_count = take(&c, 1)[0];
    for (size_t i = 0; i < read.attributes_count; i++) {
        if (i == sizeof read.attributes / sizeof read.attributes[0]) {
            return PAGE_BAD_FIELD;
        }
        take_text(&c, read.attributes[i].name, sizeof read.attributes[i].name, true);
        take_text(&c, read.attributes[i].value, sizeof read.attributes[i].value, false);
    }
    take_terms(&c, &read.factory_terms);
    if (c.failed || c.left != 0 || terms_bad_field(&read.factory_terms) != NULL) {
        return PAGE_BAD_FIELD;
    }
    *out = read;
    return PAGE_OK;
}

/* ---- model page ---- */

static uint8_t *put_f32(uint8_t *at, float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    le_store_u32(at, bits);
    return at + 4;
}

static uint8_t *put_range(uint8_t *at, const struct fqt_range *range) {
    return put_f32(put_f32(at, range->min), range->max);
}

size_t model_page_length(const uint8_t *page, size_t length) {
    if (length < MODEL_PAGE_HEADER || memcmp(page, "FQTM", 4) != 0) {
        return 0;
    }
    const size_t used = le_load_u32(page + 8);
    return used >= MODEL_PAGE_HEADER && used <= length && used <= MODEL_PAGE_MAX ? used : 0;
}

static enum page_status model_check(const uint8_t *page, size_t length) {
    if (length < MODEL_PAGE_HEADER || memcmp(page, "FQTM", 4) != 0) {
        return PAGE_BAD_MAGIC;
    }
    if (le_load_u16(page + 4) != MODEL_VERSION) {
        return PAGE_BAD_VERSION;
    }
    const size_t used = model_page_length(page, length);
    if (used == 0) {
        return PAGE_BAD_LENGTH;
    }
    if (crc32_ieee(0, page + MODEL_CRC_END, used - MODEL_CRC_END) != le_load_u32(page + 12)) {
        return PAGE_BAD_CHECKSUM;
    }
    if (page[6] > MODEL_UNTRAINED || page[7] == 0 || page[7] > FQT_STEPS_MAX) {
        return PAGE_BAD_FIELD;
    }
    return used >= MODEL_PAGE_HEADER + page[7] * MODEL_LAYER_BYTES ? PAGE_OK : PAGE_BAD_LENGTH;
}

static struct fqt_layer_spec layer_spec(const uint8_t *at) {
    return (struct fqt_layer_spec){
        .kind = at[0],
        .relu = at[1] != 0,
        .out_channels = le_load_u16(at + 2),
        .kernel_h = at[4],
        .kernel_w = at[5],
        .stride_h = at[6],
        .stride_w = at[7],
        .pad_h = at[8],
        .pad_w = at[9],
    };
}

enum page_status model_spec(const uint8_t *page, size_t length, struct fqt_model_spec *spec) {
    const enum page_status status = model_check(page, length);
    if (status != PAGE_OK) {
        return status;
    }
    struct page_cursor scale = {page + 28, 4, false};
    memset(spec, 0, sizeof *spec);
    spec->input = page[16];
    spec->mode = page[17];
    spec->frozen = page[18];
    spec->input_zero = page[19];
    spec->batch_max = le_load_u16(page + 20);
    spec->in_h = le_load_u16(page + 22);
    spec->in_w = le_load_u16(page + 24);
    spec->in_c = le_load_u16(page + 26);
    *(spec->input == FQT_INPUT_WINDOW ? &spec->window_step : &spec->input_scale) = take_f32(&scale);
    spec->layer_count = page[7];
    for (unsigned i = 0; i < spec->layer_count; i++) {
        spec->layers[i] = layer_spec(page + MODEL_PAGE_HEADER + i * MODEL_LAYER_BYTES);
    }
    return PAGE_OK;
}

static void put_header(const struct fqt_model_spec *spec, uint64_t seed, uint8_t *out) {
    memset(out, 0, MODEL_PAGE_HEADER + spec->layer_count * MODEL_LAYER_BYTES);
    memcpy(out, "FQTM", 4);
    le_store_u16(out + 4, MODEL_VERSION);
    out[7] = spec->layer_count;
    out[16] = spec->input;
    out[17] = spec->mode;
    out[18] = spec->frozen;
    out[19] = spec->input_zero;
    le_store_u16(out + 20, spec->batch_max);
    le_store_u16(out + 22, spec->in_h);
    le_store_u16(out + 24, spec->in_w);
    le_store_u16(out + 26, spec->in_c);
    (void)put_f32(out + 28,
                  spec->input == FQT_INPUT_WINDOW ? spec->window_step : spec->input_scale);
    le_store_u64(out + 32, seed);
    for (unsigned i = 0; i < spec->layer_count; i++) {
        const struct fqt_layer_spec *layer = &spec->layers[i];
        uint8_t *at = out + MODEL_PAGE_HEADER + i * MODEL_LAYER_BYTES;
        at[0] = layer->kind;
        at[1] = layer->relu ? 1 : 0;
        le_store_u16(at + 2, layer->out_channels);
        at[4] = layer->kernel_h;
        at[5] = layer->kernel_w;
        at[6] = layer->stride_h;
        at[7] = layer->stride_w;
        at[8] = layer->pad_h;
        at[9] = layer->pad_w;
    }
}

/* The largest minibatch is the firmware's own business. */
static bool is_for(const struct fqt_model_spec *spec, const uint8_t *page) {
    uint8_t own[MODEL_PAGE_HEADER + FQT_STEPS_MAX * MODEL_LAYER_BYTES];
    put_header(spec, 0, own);
    return page[7] == spec->layer_count && memcmp(page + 16, own + 16, 4) == 0 &&
           memcmp(page + 22, own + 22, 10) == 0 &&
           memcmp(page + MODEL_PAGE_HEADER, own + MODEL_PAGE_HEADER,
                  spec->layer_count * MODEL_LAYER_BYTES) == 0;
}

static struct fqt_range take_range(struct page_cursor *c) {
    struct fqt_range range;
    range.min = take_f32(c);
    range.max = take_f32(c);
    return range;
}

/* The arrays stay where they are: pages are aligned, and so is each array. */
static void take_layer(struct page_cursor *c, const struct fqt_plan *plan, unsigned index,
                       struct fqt_layer_state *layer) {
    const struct fqt_layer_plan *shape = &plan->layer[index];
    const size_t codes = (size_t)shape->rows * shape->inputs;
    layer->rows = shape->rows;
    layer->inputs = shape->inputs;
    layer->weight_quant.scale = take_f32(c);
    layer->weight_quant.zero = take_s32(c);
    layer->weight_range = take_range(c);
    layer->output_range = take_range(c);
    layer->pooled_range = take_range(c);
    layer->error_range = take_range(c);
    layer->row_scale = NULL;
    if (plan->mode == FQT_MODE_FINE) {
        layer->row_scale = (const float *)(const void *)take(c, 4u * shape->rows);
    }
    layer->bias = (const int32_t *)(const void *)take(c, 4u * shape->rows);
    layer->weights = take(c, (codes + 3u) & ~(size_t)3u);
}

static enum page_status read_layers(const struct model *model, const uint8_t *page, size_t length,
                                    struct fqt_layer_state layers[FQT_LAYERS_MAX]) {
    const enum page_status status = model_check(page, length);
    if (status != PAGE_OK) {
        return status;
    }
    if (!is_for(model->spec, page)) {
        return PAGE_OTHER_MODEL;
    }
    const size_t header = MODEL_PAGE_HEADER + model->spec->layer_count * MODEL_LAYER_BYTES;
    struct page_cursor c = {page + header, model_page_length(page, length) - header, false};
    for (unsigned i = 0; page[6] == MODEL_TRAINED && i < model->plan->layers; i++) {
        take_layer(&c, model->plan, i, &layers[i]);
    }
    return c.failed || c.left != 0 ? PAGE_BAD_LENGTH : PAGE_OK;
}

static uint64_t seed_of(const uint8_t *page) {
    return le_load_u64(page + 32);
}

enum page_status model_init(struct fqt_learner *learner, const struct model *model, void *arena,
                            const uint8_t *page, size_t length, uint64_t sample_seed) {
    struct fqt_layer_state layers[FQT_LAYERS_MAX];
    const enum page_status status = read_layers(model, page, length, layers);
    if (status != PAGE_OK) {
        return status;
    }
    if (page[6] == MODEL_UNTRAINED) {
        fqt_init(learner, model->plan, arena, seed_of(page));
        return model->plan->frozen == 0 ? PAGE_OK
                                        : PAGE_BAD_WEIGHTS; /* random and frozen: no use */
    }
    fqt_init(learner, model->plan, arena, sample_seed);
    return fqt_load(learner, layers, model->plan->layers) == FQT_OK ? PAGE_OK : PAGE_BAD_WEIGHTS;
}

/* fqt_init clears what has to stay. */
static void start_again(struct fqt_learner *learner, uint64_t seed) {
    struct fqt_counters counters = learner->counters;
    const struct fqt_config config = learner->config;
    fqt_init(learner, learner->plan, learner->arena, seed);
    for (unsigned i = 0; i < learner->plan->layers; i++) {
        counters.layer[i].weight_sq_q24 = learner->counters.layer[i].weight_sq_q24; /* a level */
    }
    learner->counters = counters;
    (void)fqt_configure(learner, &config);
}

enum page_status model_load(struct fqt_learner *learner, const struct model *model,
                            const uint8_t *factory_page, const uint8_t *page, size_t length) {
    struct fqt_layer_state layers[FQT_LAYERS_MAX];
    struct fqt_layer_state factory[FQT_LAYERS_MAX];
    const uint8_t frozen = model->plan->frozen;
    const enum page_status status = read_layers(model, page, length, layers);
    if (status != PAGE_OK) {
        return status;
    }
    if (page[6] == MODEL_UNTRAINED) {
        start_again(learner, seed_of(page));
        return PAGE_OK;
    }
    if (frozen > 0 && read_layers(model, factory_page, MODEL_PAGE_MAX, factory) == PAGE_OK) {
        memcpy(layers, factory, frozen * sizeof layers[0]);
    }
    return fqt_load(learner, layers, model->plan->layers) == FQT_OK ? PAGE_OK : PAGE_BAD_WEIGHTS;
}

static void add_piece(struct model_pieces *pieces, const void *bytes, size_t length) {
    if (length > 0) {
        pieces->piece[pieces->count].bytes = bytes;
        pieces->piece[pieces->count].length = length;
        pieces->count++;
        pieces->length += length;
    }
}

/* Numbers in arrays go as they lie in memory: every core this runs on is little endian, like the
 * page. */
static void add_layer(struct model_pieces *pieces, unsigned index,
                      const struct fqt_layer_state *layer) {
    static const uint8_t padding[4];
    const size_t codes = (size_t)layer->rows * layer->inputs;
    uint8_t *at = put_f32(pieces->numbers[index], layer->weight_quant.scale);
    le_store_u32(at, (uint32_t)layer->weight_quant.zero);
    at = put_range(at + 4, &layer->weight_range);
    at = put_range(at, &layer->output_range);
    at = put_range(at, &layer->pooled_range);
    (void)put_range(at, &layer->error_range);
    add_piece(pieces, pieces->numbers[index], MODEL_LAYER_NUMBERS);
    if (layer->row_scale != NULL) {
        add_piece(pieces, layer->row_scale, 4u * layer->rows);
    }
    add_piece(pieces, layer->bias, 4u * layer->rows);
    add_piece(pieces, layer->weights, codes);
    add_piece(pieces, padding, (0u - codes) & 3u);
}

void model_pieces(const struct fqt_learner *learner, const struct model *model,
                  struct model_pieces *out) {
    const struct fqt_plan *plan = model->plan;
    const size_t header = MODEL_PAGE_HEADER + model->spec->layer_count * MODEL_LAYER_BYTES;
    out->count = 0;
    out->length = 0;
    put_header(model->spec, 0, out->header);
    out->header[6] = MODEL_TRAINED;
    add_piece(out, out->header, header);
    for (uint8_t i = 0; i < plan->layers; i++) {
        struct fqt_layer_state layer;
        fqt_layer_export(learner, i, &layer);
        add_layer(out, i, &layer);
    }
    le_store_u32(out->header + 8, (uint32_t)out->length);
    uint32_t crc = crc32_ieee(0, out->header + MODEL_CRC_END, header - MODEL_CRC_END);
    for (size_t i = 1; i < out->count; i++) {
        crc = crc32_ieee(crc, out->piece[i].bytes, out->piece[i].length);
    }
    le_store_u32(out->header + 12, crc);
}

size_t model_export(const struct fqt_learner *learner, const struct model *model, uint8_t *out,
                    size_t cap) {
    struct model_pieces pieces;
    model_pieces(learner, model, &pieces);
    if (pieces.length > cap) {
        return 0;
    }
    for (size_t i = 0; i < pieces.count; i++) {
        memcpy(out, pieces.piece[i].bytes, pieces.piece[i].length);
        out += pieces.piece[i].length;
    }
    return pieces.length;
}

size_t model_trained_length(const struct model *model) {
    const struct fqt_plan *plan = model->plan;
    size_t total = MODEL_PAGE_HEADER + model->spec->layer_count * MODEL_LAYER_BYTES;
    for (unsigned i = 0; i < plan->layers; i++) {
        const struct fqt_layer_plan *layer = &plan->layer[i];
        const size_t numbers = plan->mode == FQT_MODE_FINE ? 8u : 4u;
        total += MODEL_LAYER_NUMBERS + numbers * layer->rows +
                 (((size_t)layer->rows * layer->inputs + 3u) & ~(size_t)3u);
    }
    return total;
}

uint64_t page_fingerprint(const uint8_t *page, size_t length) {
    uint64_t hash = UINT64_C(0xCBF29CE484222325);
    for (size_t i = 0; i < length; i++) {
        hash = (hash ^ page[i]) * UINT64_C(0x100000001B3);
    }
    return hash;
}
