#define _POSIX_C_SOURCE 200809L /* fmemopen */

/* The generated codec against schemas/golden, which the Java tests read too: the same bytes give
 * the same fields in both languages and back. Then truncations and seeded corruption. */
#include <stdlib.h>

#include "expect.h"
#include "fqt_wire_text.h"

#ifndef GOLDEN_DIR
#define GOLDEN_DIR "../schemas/golden/"
#endif

#define MESSAGE_MAX 4096
#define TEXT_MAX    (64 * 1024)
#define CORRUPTIONS EXPECT_ROUNDS(20000u)

/* One record type: decode, encode again, print. */
struct codec {
    const char *record;
    fqt_wire_status (*recode)(const uint8_t *bytes, size_t length, uint8_t *out, size_t capacity,
                              size_t *out_length, FILE *text);
};

#define RECODE(type)                                                                               \
    static fqt_wire_status recode_##type(const uint8_t *bytes, size_t length, uint8_t *out,        \
                                         size_t capacity, size_t *out_length, FILE *text) {        \
        type value;                                                                                \
        fqt_wire_status status = type##_decode(bytes, length, &value);                             \
        if (status != FQT_WIRE_OK) {                                                               \
            return status;                                                                         \
        }                                                                                          \
        if (text != NULL) {                                                                        \
            type##_print(text, &value);                                                            \
        }                                                                                          \
        return type##_encode(&value, out, capacity, out_length);                                   \
    }

RECODE(fqt_training_report)
RECODE(fqt_device_status)
RECODE(fqt_budget_ack)
RECODE(fqt_update_budget)

static const struct codec codecs[] = {
    {"TrainingReport", recode_fqt_training_report},
    {"DeviceStatus", recode_fqt_device_status},
    {"BudgetAck", recode_fqt_budget_ack},
    {"UpdateBudget", recode_fqt_update_budget},
};

static size_t unhex(const char *hex, uint8_t *out) {
    size_t length = 0;
    unsigned byte;
    while (length < MESSAGE_MAX && sscanf(hex + 2 * length, "%2x", &byte) == 1) {
        out[length++] = (uint8_t)byte;
    }
    return length;
}

static void fields_and_bytes_match(const struct codec *codec, const char *name,
                                   const uint8_t *bytes, size_t length, const char *fields) {
    static char text[TEXT_MAX];
    uint8_t again[MESSAGE_MAX];
    size_t again_length = 0;
    memset(text, 0, sizeof text);
    FILE *out = fmemopen(text, sizeof text, "w");
    fqt_wire_status status = codec->recode(bytes, length, again, sizeof again, &again_length, out);
    fclose(out);
    EXPECT(status == FQT_WIRE_OK, "%s '%s': status %d", codec->record, name, (int)status);
    EXPECT(strcmp(text, fields) == 0, "%s '%s' reads as\n%s\nbut is\n%s", codec->record, name, text,
           fields);
    EXPECT(again_length == length && memcmp(again, bytes, length) == 0, "%s '%s' encodes otherwise",
           codec->record, name);
    for (size_t capacity = 0; capacity < length; capacity++) {
        status = codec->recode(bytes, length, again, capacity, &again_length, NULL);
        EXPECT_EQ(status, FQT_WIRE_OVERFLOW);
    }
}

static void damage_is_refused(const struct codec *codec, const uint8_t *bytes, size_t length) {
    uint8_t copy[MESSAGE_MAX + 1];
    uint8_t out[MESSAGE_MAX];
    size_t out_length;
    for (size_t cut = 0; cut < length; cut++) {
        /* An exact-size copy lets the address sanitizer see a read past the end. */
        uint8_t *exact = malloc(cut + 1);
        memcpy(exact, bytes, cut);
        fqt_wire_status status = codec->recode(exact, cut, out, sizeof out, &out_length, NULL);
        EXPECT_EQ(status, cut < FQT_AVRO_HEADER_BYTES ? FQT_WIRE_NOT_SINGLE : FQT_WIRE_TRUNCATED);
        free(exact);
    }
    memcpy(copy, bytes, length);
    copy[length] = 0;
    EXPECT_EQ(codec->recode(copy, length + 1, out, sizeof out, &out_length, NULL),
              FQT_WIRE_TRAILING);
    copy[2] ^= 1;
    EXPECT_EQ(codec->recode(copy, length, out, sizeof out, &out_length, NULL),
              FQT_WIRE_UNKNOWN_SCHEMA);
    unsigned seed = 1;
    int refused = 0;
    for (unsigned i = 0; i < CORRUPTIONS; i++) {
        memcpy(copy, bytes, length);
        for (unsigned flips = 1 + expect_random(&seed) % 4; flips > 0; flips--) {
            size_t at = FQT_AVRO_HEADER_BYTES +
                        expect_random(&seed) % (unsigned)(length - FQT_AVRO_HEADER_BYTES);
            copy[at] ^= (uint8_t)(1u << expect_random(&seed) % 8);
        }
        refused += codec->recode(copy, length, out, sizeof out, &out_length, NULL) != FQT_WIRE_OK;
    }
    EXPECT(refused > 0, "%s: no corruption was noticed", codec->record);
}

static void golden_vectors_hold(const struct codec *codec) {
    static char line[3 * MESSAGE_MAX];
    static char fields[TEXT_MAX];
    char path[256];
    char name[128] = "";
    uint8_t bytes[MESSAGE_MAX];
    size_t length = 0;
    int vectors = 0;
    (void)snprintf(path, sizeof path, "%s%s.golden", GOLDEN_DIR, codec->record);
    FILE *file = fopen(path, "r");
    EXPECT(file != NULL, "cannot open %s; run in the folder firmware", path);
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, "case ", 5) == 0) {
            (void)snprintf(name, sizeof name, "%.*s", (int)strcspn(line + 5, "\n"), line + 5);
            fields[0] = '\0';
        } else if (strncmp(line, "hex ", 4) == 0) {
            length = unhex(line + 4, bytes);
        } else if (line[0] == '\n') {
            fields_and_bytes_match(codec, name, bytes, length, fields);
            damage_is_refused(codec, bytes, length);
            vectors++;
        } else {
            strncat(fields, line, sizeof fields - strlen(fields) - 1);
        }
    }
    if (file != NULL) {
        fclose(file);
    }
    EXPECT(vectors > 0, "no vectors in %s", path);
}

int main(void) {
    for (size_t i = 0; i < sizeof codecs / sizeof codecs[0]; i++) {
        golden_vectors_hold(&codecs[i]);
    }
    return expect_summary("codec");
}
