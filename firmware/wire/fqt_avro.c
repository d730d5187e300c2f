#include "fqt_avro.h"

#include <string.h>

_Static_assert(sizeof(float) == 4 && sizeof(double) == 8, "IEEE 754 single and double");

#define MAGIC_0          0xC3
#define MAGIC_1          0x01
#define VARINT_BYTES_MAX 10

static void write_little_endian(fqt_avro_writer *w, uint64_t bits, size_t bytes) {
    uint8_t raw[8];
    for (size_t i = 0; i < bytes; i++) {
        raw[i] = (uint8_t)(bits >> (8 * i));
    }
    fqt_avro_write_raw(w, raw, bytes);
}

static uint64_t little_endian(const uint8_t *raw, size_t bytes) {
    uint64_t bits = 0;
    for (size_t i = 0; i < bytes; i++) {
        bits |= (uint64_t)raw[i] << (8 * i);
    }
    return bits;
}

static void refuse(fqt_avro_writer *w) {
    if (w->status == FQT_WIRE_OK) {
        w->status = FQT_WIRE_BAD_VALUE;
    }
}

static void fail(fqt_avro_reader *r, fqt_wire_status status) {
    if (r->status == FQT_WIRE_OK) {
        r->status = status;
    }
}

void fqt_avro_begin_write(fqt_avro_writer *w, uint8_t *out, size_t capacity, uint64_t fingerprint) {
    static const uint8_t magic[2] = {MAGIC_0, MAGIC_1};
    *w = (fqt_avro_writer){.bytes = out, .capacity = capacity, .status = FQT_WIRE_OK};
    fqt_avro_write_raw(w, magic, sizeof magic);
    write_little_endian(w, fingerprint, 8);
}

fqt_wire_status fqt_avro_end_write(fqt_avro_writer *w, size_t *length) {
    if (w->status == FQT_WIRE_OK) {
        *length = w->length;
    }
    return w->status;
}

void fqt_avro_write_raw(fqt_avro_writer *w, const uint8_t *bytes, size_t length) {
    if (w->status != FQT_WIRE_OK) {
        return;
    }
    if (length > w->capacity - w->length) {
        w->status = FQT_WIRE_OVERFLOW;
        return;
    }
    memcpy(w->bytes + w->length, bytes, length);
    w->length += length;
}

void fqt_avro_write_long(fqt_avro_writer *w, int64_t value) {
    /* Zig-zag: the sign becomes the lowest bit. */
    uint64_t rest = ((uint64_t)value << 1) ^ (value < 0 ? UINT64_MAX : 0);
    uint8_t raw[VARINT_BYTES_MAX];
    size_t length = 0;
    do {
        uint8_t more = rest > 0x7F ? 0x80 : 0;
        raw[length++] = (uint8_t)((rest & 0x7F) | more);
        rest >>= 7;
    } while (rest != 0);
    fqt_avro_write_raw(w, raw, length);
}

void fqt_avro_write_boolean(fqt_avro_writer *w, bool value) {
    uint8_t raw = value ? 1 : 0;
    fqt_avro_write_raw(w, &raw, 1);
}

void fqt_avro_write_float(fqt_avro_writer *w, float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    write_little_endian(w, bits, sizeof bits);
}

void fqt_avro_write_double(fqt_avro_writer *w, double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    write_little_endian(w, bits, sizeof bits);
}

void fqt_avro_write_enum(fqt_avro_writer *w, int value, int count) {
    if (value < 0 || value >= count) {
        refuse(w);
        return;
    }
    fqt_avro_write_long(w, value);
}

void fqt_avro_write_string(fqt_avro_writer *w, const char *text, size_t capacity) {
    const char *end = memchr(text, '\0', capacity);
    if (end == NULL) {
        refuse(w);
        return;
    }
    size_t length = (size_t)(end - text);
    fqt_avro_write_long(w, (int64_t)length);
    fqt_avro_write_raw(w, (const uint8_t *)text, length);
}

void fqt_avro_write_bytes(fqt_avro_writer *w, const uint8_t *bytes, size_t length, size_t max) {
    if (length > max) {
        refuse(w);
        return;
    }
    fqt_avro_write_long(w, (int64_t)length);
    fqt_avro_write_raw(w, bytes, length);
}

bool fqt_avro_write_count(fqt_avro_writer *w, size_t count, size_t max) {
    if (count > max) {
        refuse(w);
        return false;
    }
    fqt_avro_write_long(w, (int64_t)count);
    return count > 0;
}

bool fqt_avro_fingerprint(const uint8_t *bytes, size_t length, uint64_t *fingerprint) {
    if (length < FQT_AVRO_HEADER_BYTES || bytes[0] != MAGIC_0 || bytes[1] != MAGIC_1) {
        return false;
    }
    *fingerprint = little_endian(bytes + 2, 8);
    return true;
}

void fqt_avro_begin_read(fqt_avro_reader *r, const uint8_t *bytes, size_t length,
                         uint64_t fingerprint) {
    uint64_t found = 0;
    *r = (fqt_avro_reader){.bytes = bytes, .length = length, .status = FQT_WIRE_OK};
    if (!fqt_avro_fingerprint(bytes, length, &found)) {
        r->status = FQT_WIRE_NOT_SINGLE;
    } else if (found != fingerprint) {
        r->status = FQT_WIRE_UNKNOWN_SCHEMA;
    }
    r->position = FQT_AVRO_HEADER_BYTES;
}

fqt_wire_status fqt_avro_end_read(fqt_avro_reader *r) {
    if (r->status == FQT_WIRE_OK && r->position != r->length) {
        r->status = FQT_WIRE_TRAILING;
    }
    return r->status;
}

void fqt_avro_read_raw(fqt_avro_reader *r, uint8_t *out, size_t length) {
    if (r->status == FQT_WIRE_OK && length > r->length - r->position) {
        r->status = FQT_WIRE_TRUNCATED;
    }
    if (r->status != FQT_WIRE_OK) {
        memset(out, 0, length);
        return;
    }
    memcpy(out, r->bytes + r->position, length);
    r->position += length;
}

int64_t fqt_avro_read_long(fqt_avro_reader *r) {
    uint64_t zigzag = 0;
    for (unsigned i = 0; i < VARINT_BYTES_MAX; i++) {
        uint8_t byte = 0;
        fqt_avro_read_raw(r, &byte, 1);
        if (i == VARINT_BYTES_MAX - 1 && byte > 1) {
            break; /* more than 64 bits */
        }
        zigzag |= (uint64_t)(byte & 0x7F) << (7 * i);
        if ((byte & 0x80) == 0) {
            uint64_t value = (zigzag >> 1) ^ (UINT64_C(0) - (zigzag & 1));
            int64_t out;
            memcpy(&out, &value, sizeof out);
            return out;
        }
    }
    fail(r, FQT_WIRE_BAD_VALUE);
    return 0;
}

int32_t fqt_avro_read_int(fqt_avro_reader *r) {
    int64_t value = fqt_avro_read_long(r);
    if (value < INT32_MIN || value > INT32_MAX) {
        fail(r, FQT_WIRE_BAD_VALUE);
        return 0;
    }
    return (int32_t)value;
}

bool fqt_avro_read_boolean(fqt_avro_reader *r) {
    uint8_t raw = 0;
    fqt_avro_read_raw(r, &raw, 1);
    if (raw > 1) {
        fail(r, FQT_WIRE_BAD_VALUE);
    }
    return raw == 1;
}

float fqt_avro_read_float(fqt_avro_reader *r) {
    uint8_t raw[4];
    fqt_avro_read_raw(r, raw, sizeof raw);
    uint32_t bits = (uint32_t)little_endian(raw, sizeof raw);
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

double fqt_avro_read_double(fqt_avro_reader *r) {
    uint8_t raw[8];
    fqt_avro_read_raw(r, raw, sizeof raw);
    uint64_t bits = little_endian(raw, sizeof raw);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

int fqt_avro_read_enum(fqt_avro_reader *r, int count) {
    int64_t value = fqt_avro_read_long(r);
    if (value < 0 || value >= count) {
        fail(r, FQT_WIRE_BAD_VALUE);
        return 0;
    }
    return (int)value;
}

size_t fqt_avro_read_bytes(fqt_avro_reader *r, uint8_t *out, size_t max) {
    int64_t length = fqt_avro_read_long(r);
    if (length < 0 || (uint64_t)length > max) {
        fail(r, FQT_WIRE_BAD_VALUE);
        return 0;
    }
    fqt_avro_read_raw(r, out, (size_t)length);
    return r->status == FQT_WIRE_OK ? (size_t)length : 0;
}

void fqt_avro_read_string(fqt_avro_reader *r, char *out, size_t capacity) {
    size_t length = fqt_avro_read_bytes(r, (uint8_t *)out, capacity - 1);
    out[length] = '\0';
    if (memchr(out, '\0', length) != NULL) {
        fail(r, FQT_WIRE_BAD_VALUE); /* a NUL inside: C would see another string than Java */
        out[0] = '\0';
    }
}

size_t fqt_avro_read_block(fqt_avro_reader *r) {
    int64_t count = fqt_avro_read_long(r);
    if (count < 0) {
        /* A negative count is followed by the block's size in bytes, which is not needed here. */
        (void)fqt_avro_read_long(r);
        if (count == INT64_MIN) {
            fail(r, FQT_WIRE_BAD_VALUE);
            return 0;
        }
        count = -count;
    }
    if (r->status != FQT_WIRE_OK) {
        return 0;
    }
    return (uint64_t)count > SIZE_MAX ? SIZE_MAX : (size_t)count;
}

bool fqt_avro_room(fqt_avro_reader *r, size_t count, size_t max) {
    if (r->status == FQT_WIRE_OK && count >= max) {
        r->status = FQT_WIRE_BAD_VALUE;
    }
    return r->status == FQT_WIRE_OK;
}
