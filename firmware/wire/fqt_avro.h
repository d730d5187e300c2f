/* Avro binary encoding over fixed buffers: the primitives under the generated codec.
 *
 * A writer and a reader carry a status that sticks at the first failure; later calls then do
 * nothing, so that generated code needs no check after each field. Nothing is allocated.
 * Encoding: Avro 1.12 specification, "Binary encoding" and "Single-object encoding". */
#ifndef FQT_AVRO_H
#define FQT_AVRO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum {
    FQT_WIRE_OK = 0,
    FQT_WIRE_OVERFLOW,       /* the output buffer is too small */
    FQT_WIRE_BAD_VALUE,      /* a count, length, enum, boolean or string breaks its rule */
    FQT_WIRE_TRUNCATED,      /* the input ends inside a value */
    FQT_WIRE_NOT_SINGLE,     /* no C3 01 header */
    FQT_WIRE_UNKNOWN_SCHEMA, /* another fingerprint */
    FQT_WIRE_TRAILING        /* bytes after the value */
} fqt_wire_status;

typedef struct {
    uint8_t *bytes;
    size_t capacity;
    size_t length;
    fqt_wire_status status;
} fqt_avro_writer;

typedef struct {
    const uint8_t *bytes;
    size_t length;
    size_t position;
    fqt_wire_status status;
} fqt_avro_reader;

/* Bytes of the single-object header. */
#define FQT_AVRO_HEADER_BYTES 10

void fqt_avro_begin_write(fqt_avro_writer *w, uint8_t *out, size_t capacity, uint64_t fingerprint);
/* Sets *length only if the status is FQT_WIRE_OK. */
fqt_wire_status fqt_avro_end_write(fqt_avro_writer *w, size_t *length);

void fqt_avro_write_raw(fqt_avro_writer *w, const uint8_t *bytes, size_t length);
void fqt_avro_write_long(fqt_avro_writer *w, int64_t value);
void fqt_avro_write_boolean(fqt_avro_writer *w, bool value);
void fqt_avro_write_float(fqt_avro_writer *w, float value);
void fqt_avro_write_double(fqt_avro_writer *w, double value);
void fqt_avro_write_enum(fqt_avro_writer *w, int value, int count);
/* capacity counts the terminating NUL, which must stand in it. */
void fqt_avro_write_string(fqt_avro_writer *w, const char *text, size_t capacity);
void fqt_avro_write_bytes(fqt_avro_writer *w, const uint8_t *bytes, size_t length, size_t max);
/* Begins an array. True: write the items, then the end marker fqt_avro_write_long(w, 0). False:
 * there is none (the end marker is written) or the count is out of range. */
bool fqt_avro_write_count(fqt_avro_writer *w, size_t count, size_t max);

void fqt_avro_begin_read(fqt_avro_reader *r, const uint8_t *bytes, size_t length,
                         uint64_t fingerprint);
/* FQT_WIRE_TRAILING if bytes are left. */
fqt_wire_status fqt_avro_end_read(fqt_avro_reader *r);
/* The fingerprint of a message, false if it has no single-object header. */
bool fqt_avro_fingerprint(const uint8_t *bytes, size_t length, uint64_t *fingerprint);

/* After a failure every read returns 0. */
void fqt_avro_read_raw(fqt_avro_reader *r, uint8_t *out, size_t length);
int64_t fqt_avro_read_long(fqt_avro_reader *r);
int32_t fqt_avro_read_int(fqt_avro_reader *r);
bool fqt_avro_read_boolean(fqt_avro_reader *r);
float fqt_avro_read_float(fqt_avro_reader *r);
double fqt_avro_read_double(fqt_avro_reader *r);
int fqt_avro_read_enum(fqt_avro_reader *r, int count);
void fqt_avro_read_string(fqt_avro_reader *r, char *out, size_t capacity);
size_t fqt_avro_read_bytes(fqt_avro_reader *r, uint8_t *out, size_t max);
/* Items in the next block of an array; 0 ends it. */
size_t fqt_avro_read_block(fqt_avro_reader *r);
/* True while the reader is well and an array of count items may take one more. */
bool fqt_avro_room(fqt_avro_reader *r, size_t count, size_t max);

#endif
