/* Any bytes on the sensor line: a window is only taken whole, and credits stay well-formed. */
#include <string.h>

#include "app/sensor_link.h"
#include "test/fuzz/fuzz.h"
#include "wire/crc.h"
#include "wire/le.h"

static struct sensor_link link_state;

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    uint8_t credit[SENSOR_CREDIT_CODED];
    uint32_t taken = 0;
    sensor_link_init(&link_state);
    for (size_t i = 0; i < length; i++) {
        if (sensor_link_push(&link_state, bytes[i])) {
            taken++;
            FUZZ_EXPECT(bytes[i] == 0);
        }
        if (i % 97 == 0) {
            FUZZ_EXPECT(sensor_link_credit(&link_state, i * 100u, credit, sizeof credit) <=
                        sizeof credit);
            FUZZ_EXPECT(sensor_link_credit(&link_state, i * 100u, credit, 3) == 0);
        }
    }
    FUZZ_EXPECT(link_state.taken == taken && link_state.next == (uint16_t)taken);
    return 0;
}

/* Windows 0 .. number, the last one out of order. */
size_t fuzz_seed(unsigned number, uint8_t out[FUZZ_INPUT_MAX]) {
    uint8_t frame[SENSOR_WINDOW_BYTES];
    size_t length = 0;
    if (number > 5) {
        return 0;
    }
    for (unsigned w = 0; w <= number % 3; w++) {
        memset(frame, 0, sizeof frame);
        frame[0] = SENSOR_TYPE_WINDOW;
        le_store_u16(frame + 1, (uint16_t)(number > 2 && w == number % 3 ? w + 1 : w));
        frame[3] = (uint8_t)(w - 1);
        for (unsigned i = 0; i < FQT_WINDOW; i++) {
            le_store_u16(frame + 4 + 2 * i, (uint16_t)(i * number * 77u));
        }
        le_store_u16(frame + sizeof frame - 2, crc16_ccitt_false(frame, sizeof frame - 2));
        length += cobs_encode(frame, sizeof frame, out + length, FUZZ_INPUT_MAX - length);
    }
    return length;
}
