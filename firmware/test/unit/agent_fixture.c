#include "test/unit/agent_fixture.h"

#include <string.h>

#include "test/unit/expect.h"
#include "wire/crc.h"
#include "wire/le.h"
#include "wire/sha256.h"

static const uint8_t key[DEVICE_KEY_BYTES] = {1, 2, 3, 4, 5, 6, 7, 8, 9};

static uint8_t *put_text(uint8_t *at, const char *text) {
    const size_t length = strlen(text);
    *at++ = (uint8_t)length;
    memcpy(at, text, length);
    return at + length;
}

size_t fixture_provisioning_page(uint8_t out[PROVISIONING_PAGE_MAX],
                                 const fqt_budget_terms *terms) {
    const int32_t numbers[] = {
        terms->lambda_min_permille,
        terms->lambda_max_permille,
        terms->first_trainable_layer,
        terms->learning_rate,
        terms->batch_size,
        terms->train_every_nth,
        terms->pseudo_label_permille,
        terms->energy_capacity_milli_joule,
        terms->energy_refill_milli_joule_per_hour,
        terms->report_interval_ms,
    };
    uint8_t *at = out + 12;
    memcpy(out, "FQTP", 4);
    le_store_u16(out + 4, 1);
    *at++ = FIXTURE_KEY_ID;
    memcpy(at, key, sizeof key);
    at = put_text(at + sizeof key, FIXTURE_DEVICE);
    at = put_text(at, "line-a");
    at = put_text(at, "mps2-an386");
    *at++ = 1;
    at = put_text(at, "sensor_batch");
    at = put_text(at, "B 17");
    *at++ = terms->training ? 1 : 0;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++, at += 4) {
        le_store_u32(at, (uint32_t)numbers[i]);
    }
    const size_t length = (size_t)(at - out);
    le_store_u16(out + 6, (uint16_t)length);
    le_store_u32(out + 8, crc32_ieee(0, out + 12, length - 12));
    return length;
}

size_t fixture_model_page(uint8_t out[FIXTURE_MODEL_PAGE_MAX], uint64_t seed) {
    static const uint8_t layers[2][MODEL_LAYER_BYTES] = {{FQT_LINEAR, 1, 32, 0},
                                                         {FQT_LINEAR, 0, FIXTURE_OUTPUTS, 0}};
    const size_t length = MODEL_PAGE_HEADER + sizeof layers;
    memset(out, 0, MODEL_PAGE_HEADER);
    memcpy(out, "FQTM", 4);
    le_store_u16(out + 4, 2);
    out[6] = 1;
    out[7] = 2;
    le_store_u32(out + 8, (uint32_t)length);
    out[16] = FQT_INPUT_SPECTRA;
    out[17] = FQT_MODE_FINE;
    le_store_u16(out + 20, FQT_BATCH_MAX);
    le_store_u16(out + 22, 1);
    le_store_u16(out + 24, 64);
    le_store_u16(out + 26, 1);
    le_store_u64(out + 32, seed);
    memcpy(out + MODEL_PAGE_HEADER, layers, sizeof layers);
    le_store_u32(out + 12, crc32_ieee(0, out + 16, length - 16));
    return length;
}

struct model fixture_model(void) {
    static struct fqt_model_spec spec;
    static struct fqt_plan plan;
    struct fqt_problem problem;
    uint8_t page[FIXTURE_MODEL_PAGE_MAX];
    const size_t length = fixture_model_page(page, 1);
    EXPECT_EQ(model_spec(page, length, &spec), PAGE_OK);
    EXPECT(fqt_plan(&spec, &plan, &problem), "the fixture's model is refused");
    EXPECT(plan.arena_bytes <= FIXTURE_ARENA_BYTES, "arena of %u bytes",
           (unsigned)plan.arena_bytes);
    return (struct model){&spec, &plan};
}

void *fixture_arena(void) {
    static _Alignas(FQT_ARENA_ALIGN) uint8_t arena[FIXTURE_ARENA_BYTES];
    return arena;
}

fqt_budget_terms fixture_terms(void) {
    return (fqt_budget_terms){
        .training = true,
        .lambda_min_permille = 100,
        .lambda_max_permille = 500,
        .first_trainable_layer = 0,
        .learning_rate = 5243,
        .batch_size = 8,
        .train_every_nth = 1,
        .pseudo_label_permille = 0,
        .energy_capacity_milli_joule = 1000,
        .energy_refill_milli_joule_per_hour = 1000,
        .report_interval_ms = 5000,
    };
}

fqt_update_budget fixture_budget(int64_t version) {
    return (fqt_update_budget){
        .device = FIXTURE_DEVICE,
        .version = version,
        .policy_version = 1,
        .issued_at_ms = 1790000000000,
        .terms = fixture_terms(),
        .weights = FQT_WEIGHTS_ACTION_KEEP,
        .on_expiry = FQT_EXPIRY_ACTION_FREEZE,
        .reason = FQT_REASON_CODE_STABLE,
    };
}

size_t fixture_sign_bytes(const char *topic, const uint8_t *body, size_t length, uint8_t key_id,
                          uint8_t *out) {
    struct hmac_sha256 hmac;
    memcpy(out, body, length);
    out[length] = key_id;
    hmac_sha256_init(&hmac, key, sizeof key);
    hmac_sha256_update(&hmac, (const uint8_t *)topic, strlen(topic));
    hmac_sha256_update(&hmac, out, length + 1);
    hmac_sha256_final(&hmac, out + length + 1);
    return length + AGENT_SIGNATURE_BYTES;
}

size_t fixture_sign(const char *topic, const fqt_update_budget *budget, uint8_t *out, size_t cap) {
    uint8_t body[FQT_UPDATE_BUDGET_BYTES_MAX];
    size_t length;
    if (fqt_update_budget_encode(budget, body, sizeof body, &length) != FQT_WIRE_OK ||
        length + AGENT_SIGNATURE_BYTES > cap) {
        return 0;
    }
    return fixture_sign_bytes(topic, body, length, FIXTURE_KEY_ID, out);
}

/* A rotating phasor in 2^-14 makes the tone without a library: c += -k s, s += k c. */
int fixture_window(unsigned number, int16_t samples[FQT_WINDOW]) {
    static const int32_t step[FIXTURE_CLASSES] = {3000, 9000, 15000, 22000};
    const int label = (int)(number % FIXTURE_CLASSES);
    uint32_t noise = number * 2654435761u + 1u;
    int32_t c = 8000;
    int32_t s = 0;
    for (unsigned i = 0; i < FQT_WINDOW; i++) {
        c -= step[label] * s / 16384;
        s += step[label] * c / 16384;
        noise = noise * 1664525u + 1013904223u;
        samples[i] = (int16_t)(s / 2 + (int32_t)(noise >> 22) - 512);
    }
    return label;
}

static bool save(void *context, enum agent_record record, const struct store_piece *pieces,
                 size_t count) {
    struct memory_store *store = context;
    if (store->failing) {
        return false;
    }
    store->length[record] = 0;
    for (size_t i = 0; i < count; i++) {
        memcpy(store->bytes[record] + store->length[record], pieces[i].bytes, pieces[i].length);
        store->length[record] += pieces[i].length;
    }
    store->saves[record]++;
    return true;
}

static const uint8_t *view(const void *context, enum agent_record record, size_t *length) {
    const struct memory_store *store = context;
    *length = store->length[record];
    return *length > 0 ? store->bytes[record] : NULL;
}

struct agent_store memory_store(struct memory_store *store) {
    return (struct agent_store){store, save, view};
}
