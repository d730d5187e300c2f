#include "app/sensor_link.h"

#include <string.h>

#include "wire/crc.h"
#include "wire/le.h"

_Static_assert(offsetof(struct sensor_link, samples) - offsetof(struct sensor_link, frame) == 4,
               "the samples of a frame lie behind its header");

void sensor_link_init(struct sensor_link *link) {
    memset(link, 0, sizeof *link);
    cobs_decoder_init(&link->decoder, link->frame, sizeof link->frame);
    link->credit_due = true;
}

static bool is_whole_window(const struct sensor_link *link) {
    const uint8_t *frame = link->frame;
    return link->decoder.length == SENSOR_WINDOW_BYTES && frame[0] == SENSOR_TYPE_WINDOW &&
           crc16_ccitt_false(frame, SENSOR_WINDOW_BYTES - 2u) ==
               le_load_u16(frame + SENSOR_WINDOW_BYTES - 2u);
}

static void complain(struct sensor_link *link) {
    link->credit_due = link->credit_due || !link->complained;
    link->complained = true;
}

static bool take_frame(struct sensor_link *link) {
    if (!is_whole_window(link)) {
        link->damaged++;
        complain(link);
        return false;
    }
    if (le_load_u16(link->frame + 1) != link->next) {
        link->unwanted++;
        complain(link);
        return false;
    }
    link->credit_due = true;
    link->complained = false;
    link->next++;
    link->taken++;
    link->label = (int8_t)link->frame[3];
    return true;
}

bool sensor_link_push(struct sensor_link *link, uint8_t byte) {
    switch (cobs_decoder_push(&link->decoder, byte)) {
    case COBS_FRAME:
        return take_frame(link);
    case COBS_DAMAGED:
        link->damaged++;
        complain(link);
        return false;
    case COBS_MORE:
        return false;
    }
    return false;
}

size_t sensor_link_credit(struct sensor_link *link, uint64_t now_ms, uint8_t *out, size_t cap) {
    if (!link->credit_due) {
        if (now_ms - link->credit_sent_ms < SENSOR_CREDIT_EVERY_MS) {
            return 0;
        }
        link->complained = false;
    }
    uint8_t frame[SENSOR_CREDIT_BYTES];
    frame[0] = SENSOR_TYPE_CREDIT;
    le_store_u16(frame + 1, link->next);
    frame[3] = SENSOR_CREDITS;
    le_store_u16(frame + 4, crc16_ccitt_false(frame, 4));
    const size_t length = cobs_encode(frame, sizeof frame, out, cap);
    if (length > 0) {
        link->credit_due = false;
        link->credit_sent_ms = now_ms;
    }
    return length;
}
