/*
 * Consistent overhead byte stuffing: frames without a zero byte, ended by 0x00, so a receiver finds
 * the next frame after any damage. Source: Cheshire and Baker, IEEE/ACM Trans. Networking 7(2),
 * 1999.
 */
#ifndef FQT_WIRE_COBS_H
#define FQT_WIRE_COBS_H

#include <stddef.h>
#include <stdint.h>

/* Bytes needed to encode `length` bytes, terminating zero included. */
#define COBS_ENCODED_MAX(length) ((length) + (length) / 254u + 2u)

/* Encodes and terminates; returns the bytes written, 0 if they do not fit into cap. */
size_t cobs_encode(const uint8_t *in, size_t length, uint8_t *out, size_t cap);

enum cobs_event {
    COBS_MORE,   /* byte taken, frame not complete */
    COBS_FRAME,  /* buffer holds a frame of decoder->length bytes until the next push */
    COBS_DAMAGED /* frame too long for the buffer or cut in the middle of a group: dropped whole */
};

struct cobs_decoder {
    uint8_t *buffer;
    size_t cap;
    size_t length;     /* decoded bytes so far */
    uint8_t remaining; /* bytes to copy until the next code byte */
    uint8_t code;      /* last code byte; 0 before the first of a frame */
    uint8_t overflowed;
    uint8_t finished; /* the last push ended a frame: the next one starts afresh */
};

void cobs_decoder_init(struct cobs_decoder *decoder, uint8_t *buffer, size_t cap);
enum cobs_event cobs_decoder_push(struct cobs_decoder *decoder, uint8_t byte);

#endif
