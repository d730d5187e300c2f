#include "app/pages.h"

#include <string.h>

#include "wire/crc.h"
#include "wire/le.h"

#define PAGE_VERSION              1u
#define PROVISIONING_HEADER_BYTES 12u
#define MODEL_CRC_END             16u
#define MODEL_TRAINED             0u
#define MODEL_UNTRAINED           1u
#define LAYER_HEADER_BYTES        4u

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
    case PAGE_OTHER_FEATURES:
        return "is for features that this firmware does not compute: train the model again";
    case PAGE_BAD_SHAPE:
        return "has dimensions that the learner refuses: see core/limits.h";
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
    if (le_load_u16(page + 4) != PAGE_VERSION) {
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
    if (le_load_u16(page + 4) != PAGE_VERSION) {
        return PAGE_BAD_VERSION;
    }
    const size_t used = model_page_length(page, length);
    if (used == 0) {
        return PAGE_BAD_LENGTH;
    }
    if (crc32_ieee(0, page + MODEL_CRC_END, used - MODEL_CRC_END) != le_load_u32(page + 12)) {
        return PAGE_BAD_CHECKSUM;
    }
    if (page[6] > MODEL_UNTRAINED || page[7] == 0 || page[7] > FQT_LAYERS_MAX) {
        return PAGE_BAD_FIELD;
    }
    struct page_cursor c = {page + 20, 4, false};
    const bool same_features = le_load_u16(page + 16) == FQT_WINDOW &&
                               page[18] == FEATURE_KIND_SPECTRA && page[19] == 2 * FQT_BANDS &&
                               take_f32(&c) == FQT_FEATURE_SCALE && page[24] == FQT_FEATURE_ZERO;
    return same_features ? PAGE_OK : PAGE_OTHER_FEATURES;
}

static struct fqt_range take_range(struct page_cursor *c) {
    struct fqt_range range;
    range.min = take_f32(c);
    range.max = take_f32(c);
    return range;
}

/* Biases are copied because a page need not be aligned. */
static void take_layer(struct page_cursor *c, struct fqt_layer_state *layer, int32_t *bias) {
    layer->weight_quant.scale = take_f32(c);
    layer->weight_quant.zero = take_s32(c);
    layer->weight_range = take_range(c);
    layer->output_range = take_range(c);
    layer->error_range = take_range(c);
    for (unsigned i = 0; i < layer->outputs; i++) {
        bias[i] = take_s32(c);
    }
    layer->bias = bias;
    layer->weights = take(c, (size_t)layer->inputs * layer->outputs);
}

struct model_layers {
    struct fqt_shape shape;
    struct fqt_layer_state layer[FQT_LAYERS_MAX];
    int32_t bias[FQT_LAYERS_MAX][FQT_WIDTH_MAX];
};

static enum page_status read_layers(const uint8_t *page, size_t length, struct model_layers *out) {
    const enum page_status status = model_check(page, length);
    if (status != PAGE_OK) {
        return status;
    }
    const bool trained = page[6] == MODEL_TRAINED;
    struct page_cursor c = {page + MODEL_PAGE_HEADER,
                            model_page_length(page, length) - MODEL_PAGE_HEADER, false};
    memset(out, 0, sizeof *out);
    out->shape.layers = page[7];
    out->shape.width[0] = page[19];
    for (unsigned i = 0; i < out->shape.layers; i++) {
        const uint8_t *header = take(&c, LAYER_HEADER_BYTES);
        out->layer[i].inputs = header[0];
        out->layer[i].outputs = header[1];
        if (c.failed || header[0] != out->shape.width[i] || header[1] == 0 ||
            header[1] > FQT_WIDTH_MAX) {
            return PAGE_BAD_SHAPE;
        }
        out->shape.width[i + 1] = header[1];
        if (trained) {
            take_layer(&c, &out->layer[i], out->bias[i]);
        }
    }
    return c.failed || c.left != 0 ? PAGE_BAD_LENGTH : PAGE_OK;
}

enum page_status model_init(struct fqt_learner *learner, const uint8_t *page, size_t length,
                            uint64_t sample_seed) {
    struct model_layers layers;
    const enum page_status status = read_layers(page, length, &layers);
    if (status != PAGE_OK) {
        return status;
    }
    if (page[6] == MODEL_UNTRAINED) {
        return fqt_init(learner, &layers.shape, le_load_u64(page + 28)) == FQT_OK ? PAGE_OK
                                                                                  : PAGE_BAD_SHAPE;
    }
    if (fqt_init(learner, &layers.shape, sample_seed) != FQT_OK) {
        return PAGE_BAD_SHAPE;
    }
    return fqt_load(learner, layers.layer, layers.shape.layers) == FQT_OK ? PAGE_OK
                                                                          : PAGE_BAD_WEIGHTS;
}

/* fqt_init clears what has to stay. */
static enum page_status start_again(struct fqt_learner *learner, const struct fqt_shape *shape,
                                    uint64_t seed) {
    struct fqt_counters counters = learner->counters;
    const struct fqt_config config = learner->config;
    if (fqt_init(learner, shape, seed) != FQT_OK) {
        return PAGE_BAD_SHAPE;
    }
    for (unsigned i = 0; i < shape->layers; i++) {
        counters.layer[i].weight_sq_q24 = learner->counters.layer[i].weight_sq_q24; /* a level */
    }
    learner->counters = counters;
    (void)fqt_configure(learner, &config);
    return PAGE_OK;
}

enum page_status model_load(struct fqt_learner *learner, const uint8_t *page, size_t length) {
    struct model_layers layers;
    const enum page_status status = read_layers(page, length, &layers);
    if (status != PAGE_OK) {
        return status;
    }
    if (memcmp(&layers.shape, &learner->shape, sizeof layers.shape) != 0) {
        return PAGE_BAD_SHAPE;
    }
    if (page[6] == MODEL_UNTRAINED) {
        return start_again(learner, &layers.shape, le_load_u64(page + 28));
    }
    return fqt_load(learner, layers.layer, layers.shape.layers) == FQT_OK ? PAGE_OK
                                                                          : PAGE_BAD_WEIGHTS;
}

static uint8_t *put_f32(uint8_t *at, float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    le_store_u32(at, bits);
    return at + 4;
}

static uint8_t *put_range(uint8_t *at, const struct fqt_range *range) {
    return put_f32(put_f32(at, range->min), range->max);
}

static void add_piece(struct model_pieces *pieces, const void *bytes, size_t length) {
    pieces->piece[pieces->count].bytes = bytes;
    pieces->piece[pieces->count].length = length;
    pieces->count++;
    pieces->length += length;
}

/* Biases go as they lie in memory: every core this runs on is little endian, like the page. */
static void add_layer(struct model_pieces *pieces, unsigned index,
                      const struct fqt_layer_state *layer) {
    uint8_t *at = pieces->numbers[index];
    at[0] = layer->inputs;
    at[1] = layer->outputs;
    at[2] = 0;
    at[3] = 0;
    at = put_f32(at + LAYER_HEADER_BYTES, layer->weight_quant.scale);
    le_store_u32(at, (uint32_t)layer->weight_quant.zero);
    at = put_range(at + 4, &layer->weight_range);
    at = put_range(at, &layer->output_range);
    (void)put_range(at, &layer->error_range);
    add_piece(pieces, pieces->numbers[index], MODEL_LAYER_NUMBERS);
    add_piece(pieces, layer->bias, 4u * layer->outputs);
    add_piece(pieces, layer->weights, (size_t)layer->inputs * layer->outputs);
}

static size_t trained_length(const struct fqt_shape *shape) {
    size_t total = MODEL_PAGE_HEADER;
    for (uint8_t i = 0; i < shape->layers; i++) {
        const size_t outputs = shape->width[i + 1];
        total += MODEL_LAYER_NUMBERS + 4u * outputs + shape->width[i] * outputs;
    }
    return total;
}

void model_pieces(const struct fqt_learner *learner, struct model_pieces *out) {
    uint8_t *header = out->header;
    out->count = 0;
    out->length = 0;
    memset(header, 0, MODEL_PAGE_HEADER);
    memcpy(header, "FQTM", 4);
    le_store_u16(header + 4, PAGE_VERSION);
    header[6] = MODEL_TRAINED;
    header[7] = learner->shape.layers;
    le_store_u16(header + 16, FQT_WINDOW);
    header[18] = FEATURE_KIND_SPECTRA;
    header[19] = learner->shape.width[0];
    (void)put_f32(header + 20, FQT_FEATURE_SCALE);
    header[24] = FQT_FEATURE_ZERO;
    add_piece(out, header, MODEL_PAGE_HEADER);
    for (uint8_t i = 0; i < learner->shape.layers; i++) {
        struct fqt_layer_state layer;
        fqt_layer_export(learner, i, &layer);
        add_layer(out, i, &layer);
    }
    le_store_u32(header + 8, (uint32_t)out->length);
    uint32_t crc = crc32_ieee(0, header + MODEL_CRC_END, MODEL_PAGE_HEADER - MODEL_CRC_END);
    for (size_t i = 1; i < out->count; i++) {
        crc = crc32_ieee(crc, out->piece[i].bytes, out->piece[i].length);
    }
    le_store_u32(header + 12, crc);
}

size_t model_export(const struct fqt_learner *learner, uint8_t *out, size_t cap) {
    struct model_pieces pieces;
    model_pieces(learner, &pieces);
    if (pieces.length > cap) {
        return 0;
    }
    for (size_t i = 0; i < pieces.count; i++) {
        memcpy(out, pieces.piece[i].bytes, pieces.piece[i].length);
        out += pieces.piece[i].length;
    }
    return pieces.length;
}

size_t model_trained_length(const uint8_t *page, size_t length) {
    struct model_layers layers;
    if (read_layers(page, length, &layers) != PAGE_OK) {
        return MODEL_PAGE_MAX;
    }
    return trained_length(&layers.shape);
}

uint64_t page_fingerprint(const uint8_t *page, size_t length) {
    uint64_t hash = UINT64_C(0xCBF29CE484222325);
    for (size_t i = 0; i < length; i++) {
        hash = (hash ^ page[i]) * UINT64_C(0x100000001B3);
    }
    return hash;
}
