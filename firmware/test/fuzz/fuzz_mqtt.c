/*
 * A whole session whose broker says anything, in pieces of any size, and what it delivers. The
 * first byte is the size of a piece. Messages lie within the session's buffer.
 */
#include <string.h>

#include "mqtt/mqtt_session.h"
#include "test/fuzz/fuzz.h"

#define STEPS_MAX  4000u
#define STEP_MS    40u
#define KEEP_ALIVE 20u

static struct mqtt_session session;
static const uint8_t *rest;
static size_t rest_length;
static size_t piece;
static uint64_t now;

static size_t read_stream(void *context, uint8_t *out, size_t cap) {
    (void)context;
    size_t n = cap < piece ? cap : piece;
    n = n < rest_length ? n : rest_length;
    memcpy(out, rest, n);
    rest += n;
    rest_length -= n;
    return n;
}

static size_t write_stream(void *context, const uint8_t *bytes, size_t length) {
    (void)context;
    (void)bytes;
    return length < piece ? length : piece;
}

static uint64_t clock_ms(void *context) {
    (void)context;
    return now;
}

static void on_online(void *context) {
    (void)context;
    (void)mqtt_session_publish(&session, "up/report", (const uint8_t *)"payload", 7, false);
}

static void on_message(void *context, const struct mqtt_message *message) {
    (void)context;
    uint32_t sum = 0;
    FUZZ_EXPECT(message->qos <= 1);
    for (size_t i = 0; i < message->topic_length; i++) {
        sum += (uint8_t)message->topic[i];
    }
    for (size_t i = 0; i < message->payload_length; i++) {
        sum += message->payload[i];
    }
    FUZZ_EXPECT(sum <= 255u * MQTT_PACKET_MAX);
}

static void on_oversize(void *context, uint32_t packet_bytes) {
    (void)context;
    FUZZ_EXPECT(packet_bytes > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    const struct mqtt_config config = {
        .connect = {.client_id = "press-07",
                    .will_topic = "up/status",
                    .will = (const uint8_t *)"gone",
                    .will_length = 4,
                    .keep_alive_s = KEEP_ALIVE},
        .subscription = "down/budget",
        .jitter_seed = 7,
    };
    const struct mqtt_transport transport = {NULL, read_stream, write_stream, clock_ms};
    const struct mqtt_listener listener = {NULL, on_online, on_message, on_oversize};
    if (length == 0) {
        return 0;
    }
    piece = 1u + bytes[0];
    rest = bytes + 1;
    rest_length = length - 1;
    now = 0;
    FUZZ_EXPECT(mqtt_session_init(&session, &config, &transport, &listener));
    while (session.phase != MQTT_CONNECTING && now < 60000) {
        const size_t held_back = rest_length; /* nothing is said before there is a connection */
        rest_length = 0;
        mqtt_session_step(&session);
        rest_length = held_back;
        now += STEP_MS;
    }
    for (unsigned i = 0; i < STEPS_MAX && rest_length > 0; i++) {
        mqtt_session_step(&session);
        now += STEP_MS;
    }
    FUZZ_EXPECT(mqtt_session_unacknowledged(&session) <= MQTT_OUT_SLOTS);
    return 0;
}

size_t fuzz_seed(unsigned number, uint8_t out[FUZZ_INPUT_MAX]) {
    static const uint8_t connack[] = {0x20, 2, 0, 0};
    static const uint8_t suback[] = {0x90, 3, 0, 1, 1};
    static const uint8_t puback[] = {0x40, 2, 0, 1};
    static const uint8_t pingresp[] = {0xD0, 0};
    static const uint8_t large[] = {0x32, 0xFF, 0x7F, 0, 3, 'a', '/', 'b', 0, 9};
    uint8_t *at = out;
    if (number > 5) {
        return 0;
    }
    *at++ = number % 2 == 0 ? 255 : 3;
    memcpy(at, connack, sizeof connack);
    at += sizeof connack;
    if (number > 0) {
        memcpy(at, suback, sizeof suback);
        at += sizeof suback;
    }
    if (number > 1) {
        const struct mqtt_message message = {.topic = "down/budget",
                                             .topic_length = 11,
                                             .packet_id = 77,
                                             .payload = (const uint8_t *)"a budget",
                                             .payload_length = 8};
        at += mqtt_write_publish(at, 64, &message);
    }
    if (number > 2) {
        memcpy(at, puback, sizeof puback);
        at += sizeof puback;
    }
    if (number > 3) {
        memcpy(at, pingresp, sizeof pingresp);
        at += sizeof pingresp;
    }
    if (number > 4) {
        memcpy(at, large, sizeof large);
        at += sizeof large;
    }
    return (size_t)(at - out);
}
