/*
 * The sensor feed on the second UART: raw windows from a host to the device, with flow control,
 * over a line that may lose or damage bytes. Frames are COBS-coded and end with 0x00 (wire/cobs.h);
 * the last two bytes of each are the CRC-16/CCITT-FALSE, little endian, over all bytes before them.
 * Numbers are little endian.
 *
 *   host -> device  WINDOW  type u8 = 1 | sequence u16 | label i8 (-1 = none) | 512 x int16 | crc
 * u16     (1030 bytes) device -> host  CREDIT  type u8 = 2 | next sequence expected u16 | credits
 * u8           | crc u16     (6 bytes)
 *
 * The host may send the windows next, next + 1 ... next + credits - 1 (modulo 2^16), and keeps each
 * until a CREDIT with a higher next has confirmed it. The device takes windows in sequence only. It
 * sends a CREDIT at boot, after each window taken, at the first frame that it could not take (not
 * at those that follow: the whole burst behind a lost frame is out of sequence, and an answer to
 * each would start a storm of resends), and every second. So whatever is lost, the host resends
 * from `next` when a CREDIT names a window that it has sent already. A `next` outside of what the
 * host has sent and kept means that the device has restarted (it begins at 0): the host then
 * numbers on from there with the oldest window it has kept.
 */
#ifndef FQT_APP_SENSOR_LINK_H
#define FQT_APP_SENSOR_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/limits.h"
#include "wire/cobs.h"

#define SENSOR_TYPE_WINDOW     1u
#define SENSOR_TYPE_CREDIT     2u
#define SENSOR_WINDOW_BYTES    (4u + 2u * FQT_WINDOW + 2u)
#define SENSOR_CREDIT_BYTES    6u
#define SENSOR_CREDIT_CODED    COBS_ENCODED_MAX(SENSOR_CREDIT_BYTES)
#define SENSOR_CREDITS         3u /* coded windows that the receive buffer of the UART must hold */
#define SENSOR_CREDIT_EVERY_MS 1000u

struct sensor_link {
    struct cobs_decoder decoder;
    uint16_t next;
    bool credit_due;
    bool complained; /* about the window `next`, in this second */
    uint64_t credit_sent_ms;
    uint32_t taken;
    uint32_t damaged;  /* bad frame, CRC, type or length */
    uint32_t unwanted; /* whole, but not the next in sequence */
    int8_t label;
    union {
        uint8_t frame[SENSOR_WINDOW_BYTES];
        struct {
            uint8_t header[4];
            int16_t samples[FQT_WINDOW]; /* as they came: the cores are little endian */
            uint8_t crc[2];
        };
    };
};

void sensor_link_init(struct sensor_link *link);

/* True: a window is in samples and label until the next push. */
bool sensor_link_push(struct sensor_link *link, uint8_t byte);

/* Writes a coded CREDIT if one is due; 0 if not, or if it does not fit into cap
 * (SENSOR_CREDIT_CODED suffices). */
size_t sensor_link_credit(struct sensor_link *link, uint64_t now_ms, uint8_t *out, size_t cap);

#endif
