/* Packets against bytes written out by hand from the standard; the reader against every split and
 * every damage. */
#include "mqtt/mqtt_bytes.h"
#include "test/unit/expect.h"

static const uint8_t will[] = {0xC3, 0x01, 0x00, 0xFF};

static struct mqtt_connect connect_fixture(void) {
    return (struct mqtt_connect){
        .client_id = "d1",
        .will_topic = "a/b",
        .will = will,
        .will_length = sizeof will,
        .keep_alive_s = 300,
    };
}

static void connect_carries_the_will_byte_for_byte(void) {
    const uint8_t expected[] = {
        0x10, 25,                              /* CONNECT, remaining length */
        0,    4,    'M',  'Q',  'T',  'T',  4, /* protocol name, level 4 */
        0x2E,                                  /* clean session, will, will QoS 1, will retain */
        0x01, 0x2C,                            /* keep alive 300 s */
        0,    2,    'd',  '1',                 /* client id */
        0,    3,    'a',  '/',  'b',           /* will topic */
        0,    4,    0xC3, 0x01, 0x00, 0xFF,    /* will message */
    };
    uint8_t out[64];
    const struct mqtt_connect connect = connect_fixture();
    EXPECT_EQ(mqtt_write_connect(out, sizeof out, &connect), sizeof expected);
    EXPECT_BYTES(out, expected, sizeof expected);
}

static void writers_refuse_what_does_not_fit(void) {
    uint8_t out[64];
    uint8_t untouched[64];
    memset(out, 0xA5, sizeof out);
    memset(untouched, 0xA5, sizeof untouched);
    const struct mqtt_connect connect = connect_fixture();
    const struct mqtt_message message = {
        .topic = "t/1", .topic_length = 3, .packet_id = 7, .payload = will, .payload_length = 4};
    EXPECT_EQ(mqtt_write_connect(out, 26, &connect), 0);
    EXPECT_EQ(mqtt_write_publish(out, 12, &message), 0);
    EXPECT_EQ(mqtt_write_subscribe(out, 9, 1, "t/1"), 0);
    EXPECT_EQ(mqtt_write_puback(out, 3, 1), 0);
    EXPECT_EQ(mqtt_write_bare(out, 1, MQTT_PINGREQ), 0);
    EXPECT_BYTES(out, untouched, sizeof out);
    EXPECT_EQ(mqtt_write_connect(out, 27, &connect), 27);
    EXPECT_EQ(mqtt_write_publish(out, 13, &message), 13);
    EXPECT_EQ(mqtt_write_subscribe(out, 10, 1, "t/1"), 10);
}

static void small_packets_are_exact(void) {
    uint8_t out[16];
    EXPECT_EQ(mqtt_write_subscribe(out, sizeof out, 0x1234, "t/1"), 10);
    EXPECT_BYTES(out, ((const uint8_t[]){0x82, 8, 0x12, 0x34, 0, 3, 't', '/', '1', 1}), 10);
    EXPECT_EQ(mqtt_write_puback(out, sizeof out, 0xABCD), 4);
    EXPECT_BYTES(out, ((const uint8_t[]){0x40, 2, 0xAB, 0xCD}), 4);
    EXPECT_EQ(mqtt_write_bare(out, sizeof out, MQTT_PINGREQ), 2);
    EXPECT_BYTES(out, ((const uint8_t[]){0xC0, 0}), 2);
    const struct mqtt_message message = {.topic = "t/1",
                                         .topic_length = 3,
                                         .retained = true,
                                         .packet_id = 7,
                                         .payload = will,
                                         .payload_length = 4};
    EXPECT_EQ(mqtt_write_publish(out, sizeof out, &message), 13);
    EXPECT_BYTES(
        out, ((const uint8_t[]){0x33, 11, 0, 3, 't', '/', '1', 0, 7, 0xC3, 0x01, 0x00, 0xFF}), 13);
}

static void publish_of_every_size_comes_back(void) {
    static uint8_t payload[20000];
    static uint8_t out[20100];
    static uint8_t buffer[20100];
    for (size_t i = 0; i < sizeof payload; i++) {
        payload[i] = (uint8_t)(i * 31u);
    }
    /* around the steps of the length field: 127 / 128 and 16383 / 16384 bytes remaining */
    const size_t sizes[] = {0, 1, 119, 120, 121, 122, 16374, 16375, 16376, 16377, 20000};
    struct mqtt_reader reader;
    mqtt_reader_init(&reader, buffer, sizeof buffer);
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        const struct mqtt_message message = {.topic = "a/b/c",
                                             .topic_length = 5,
                                             .packet_id = 99,
                                             .payload = payload,
                                             .payload_length = sizes[s]};
        const size_t n = mqtt_write_publish(out, sizeof out, &message);
        EXPECT(n > sizes[s], "size %zu not written", sizes[s]);
        for (size_t i = 0; i < n; i++) {
            const enum mqtt_event event = mqtt_reader_push(&reader, out[i]);
            EXPECT(event == (i + 1 == n ? MQTT_PACKET : MQTT_MORE), "byte %zu of %zu", i, n);
        }
        struct mqtt_message read;
        EXPECT(mqtt_reader_message(&reader, &read), "size %zu unreadable", sizes[s]);
        EXPECT_EQ(read.packet_id, 99);
        EXPECT_EQ(read.topic_length, 5);
        EXPECT_EQ(read.payload_length, sizes[s]);
        EXPECT_BYTES(read.payload, payload, sizes[s]);
    }
}

/* A message of 100,000 bytes goes by a buffer of 64: its packet id is known, and the next packet is
 * read. */
static void oversize_is_skipped_whole(void) {
    static const uint8_t head[] = {0x32, 0xA6, 0x8D, 0x06, 0, 2, 't', 'x', 0x12, 0x34};
    uint8_t buffer[64];
    struct mqtt_reader reader;
    mqtt_reader_init(&reader, buffer, sizeof buffer);
    for (size_t i = 0; i < sizeof head; i++) {
        EXPECT_EQ(mqtt_reader_push(&reader, head[i]), MQTT_MORE);
    }
    for (size_t i = 1; i < 100000; i++) {
        EXPECT(mqtt_reader_push(&reader, 0x30) == MQTT_MORE, "event at payload byte %zu", i);
    }
    EXPECT_EQ(mqtt_reader_push(&reader, 0x30), MQTT_OVERSIZE);
    EXPECT_EQ(reader.packet_id, 0x1234);
    EXPECT_EQ(reader.remaining, 100006);
    struct mqtt_message message;
    EXPECT(!mqtt_reader_message(&reader, &message), "an oversize packet was read");
    EXPECT_EQ(mqtt_reader_push(&reader, 0xD0), MQTT_MORE);
    EXPECT_EQ(mqtt_reader_push(&reader, 0x00), MQTT_PACKET);
    EXPECT_EQ(mqtt_reader_type(&reader), MQTT_PINGRESP);
}

static enum mqtt_event last_event(const uint8_t *bytes, size_t length) {
    uint8_t buffer[32];
    struct mqtt_reader reader;
    enum mqtt_event event = MQTT_MORE;
    mqtt_reader_init(&reader, buffer, sizeof buffer);
    for (size_t i = 0; i < length && event == MQTT_MORE; i++) {
        event = mqtt_reader_push(&reader, bytes[i]);
    }
    return event;
}

static void what_no_broker_sends_is_malformed(void) {
    static const uint8_t cases[][8] = {
        {0x00},                          /* reserved type */
        {0x10},                          /* CONNECT from a broker */
        {0x82},                          /* SUBSCRIBE from a broker */
        {0xF0},                          /* reserved type 15 */
        {0x21},                          /* CONNACK with flags */
        {0x34},                          /* PUBLISH with QoS 2 */
        {0x36},                          /* PUBLISH with QoS 3 */
        {0x20, 3},                       /* CONNACK of the wrong length */
        {0xD0, 1},                       /* PINGRESP with a body */
        {0x90, 4},                       /* SUBACK for two filters */
        {0x30, 2},                       /* PUBLISH without a topic */
        {0x32, 0xFF, 0xFF, 0xFF, 0xFF},  /* length of more than four bytes */
        {0x32, 5, 0, 0, 0, 1, 'x'},      /* empty topic */
        {0x32, 6, 0, 9, 't', 0, 1, 'x'}, /* topic longer than the packet */
        {0x32, 5, 0, 1, 't', 0, 0},      /* packet id 0 */
    };
    static const uint8_t lengths[] = {1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 5, 7, 8, 7};
    for (size_t i = 0; i < sizeof lengths; i++) {
        EXPECT(last_event(cases[i], lengths[i]) == MQTT_MALFORMED, "case %zu was let through", i);
    }
}

/* Random bytes, half of them made from damaged valid packets: no read out of bounds (sanitizers),
 * no endless packet. */
static void fuzz(void) {
    static const uint8_t valid[] = {0x20, 2,   0, 0, 0x90, 3, 0, 1,    1, 0x32, 9, 0, 2,
                                    'a',  'b', 0, 5, 1,    2, 3, 0xD0, 0, 0x40, 2, 0, 9};
    unsigned long events[4] = {0};
    for (unsigned seed = 1; seed <= 20000; seed++) {
        unsigned random = seed * 2654435761u;
        uint8_t buffer[24];
        struct mqtt_reader reader;
        mqtt_reader_init(&reader, buffer, expect_random(&random) % (sizeof buffer + 1));
        const unsigned damage = expect_random(&random) % 4;
        for (unsigned i = 0; i < 60; i++) {
            const unsigned value = expect_random(&random);
            const uint8_t byte =
                value % 8 < damage ? (uint8_t)(value >> 8) : valid[i % sizeof valid];
            const enum mqtt_event event = mqtt_reader_push(&reader, byte);
            struct mqtt_message message;
            events[event]++;
            if (event == MQTT_PACKET && mqtt_reader_message(&reader, &message)) {
                EXPECT(message.payload + message.payload_length <= buffer + reader.cap &&
                           message.topic_length > 0,
                       "seed %u: message outside the buffer", seed);
            }
            if (event == MQTT_MALFORMED) {
                mqtt_reader_init(&reader, buffer, reader.cap);
            }
        }
    }
    for (int event = 0; event < 4; event++) {
        EXPECT(events[event] > 1000, "the fuzz reached event %d only %lu times", event,
               events[event]);
    }
}

int main(void) {
    connect_carries_the_will_byte_for_byte();
    writers_refuse_what_does_not_fit();
    small_packets_are_exact();
    publish_of_every_size_comes_back();
    oversize_is_skipped_whole();
    what_no_broker_sends_is_malformed();
    fuzz();
    return expect_summary("mqtt bytes");
}
