#include "wire/cobs.h"

size_t cobs_encode(const uint8_t *in, size_t length, uint8_t *out, size_t cap) {
    if (cap < COBS_ENCODED_MAX(length)) {
        return 0;
    }
    size_t code_at = 0;
    size_t n = 1;
    uint8_t code = 1;
    for (size_t i = 0; i < length; i++) {
        if (in[i] != 0) {
            out[n++] = in[i];
            code++;
        }
        if (in[i] == 0 || code == 0xFF) {
            out[code_at] = code;
            code_at = n++;
            code = 1;
        }
    }
    out[code_at] = code;
    out[n++] = 0;
    return n;
}

void cobs_decoder_init(struct cobs_decoder *decoder, uint8_t *buffer, size_t cap) {
    *decoder = (struct cobs_decoder){.buffer = buffer, .cap = cap};
}

static void append(struct cobs_decoder *decoder, uint8_t byte) {
    if (decoder->length < decoder->cap) {
        decoder->buffer[decoder->length++] = byte;
    } else {
        decoder->overflowed = 1;
    }
}

enum cobs_event cobs_decoder_push(struct cobs_decoder *decoder, uint8_t byte) {
    if (decoder->finished) {
        cobs_decoder_init(decoder, decoder->buffer, decoder->cap);
    }
    if (byte == 0) {
        if (decoder->code == 0) {
            return COBS_MORE; /* zeros between frames */
        }
        decoder->finished = 1;
        return decoder->remaining == 0 && !decoder->overflowed ? COBS_FRAME : COBS_DAMAGED;
    }
    if (decoder->remaining == 0) {
        if (decoder->code != 0 && decoder->code != 0xFF) {
            append(decoder, 0); /* the zero which the previous group stood for */
        }
        decoder->code = byte;
        decoder->remaining = (uint8_t)(byte - 1);
        return COBS_MORE;
    }
    decoder->remaining--;
    append(decoder, byte);
    return COBS_MORE;
}
