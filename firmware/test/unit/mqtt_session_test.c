/*
 * The session against a fake broker over a fake modem, in virtual time: every failure the client
 * must survive is a switch of the broker or of the modem. Nothing is random except where a seed
 * says so.
 */
#include "mqtt/mqtt_session.h"
#include "test/unit/expect.h"

#define PIPE_BYTES          262144u
#define CLIENT_MESSAGES_MAX 4096u

struct pipe {
    uint8_t bytes[PIPE_BYTES];
    size_t head;
    size_t tail;
};

/* What the broker has understood of one PUBLISH. */
struct received {
    uint16_t packet_id;
    bool duplicate;
    bool retained;
    char topic[64];
    uint8_t payload[64];
    size_t payload_length;
};

struct world {
    uint64_t now_ms;
    struct pipe up;   /* device to broker */
    struct pipe down; /* broker to device */
    size_t write_max; /* bytes the modem takes per call */
    size_t read_left; /* bytes the modem gives in this millisecond */
    size_t read_max;
    bool modem_down; /* bytes in both directions vanish */
    uint64_t modem_back_ms;

    /* broker */
    bool silent;          /* accepts, answers nothing */
    bool withhold_puback; /* answers all but PUBLISH */
    bool refuse_connect;
    bool refuse_subscribe;
    bool session_open;
    unsigned connects, wills_sent, closed, misbegun, subscribes, pings, pubacks;
    uint16_t last_puback;
    uint8_t last_connect[512];
    size_t last_connect_length;
    struct received received[64];
    unsigned received_count;

    /* device side */
    unsigned online;
    unsigned messages;
    unsigned message_lengths[CLIENT_MESSAGES_MAX];
    uint8_t last_payload[MQTT_PACKET_MAX];
    unsigned oversize;
    uint32_t oversize_bytes;
    struct mqtt_session session;
};

static struct world world;

static void pipe_put(struct pipe *pipe, const uint8_t *bytes, size_t length) {
    for (size_t i = 0; i < length; i++) {
        pipe->bytes[pipe->head++ % PIPE_BYTES] = bytes[i];
    }
    EXPECT(pipe->head - pipe->tail <= PIPE_BYTES, "the test's pipe overflowed");
}

/* ---- the broker ---- */

static void broker_send(const uint8_t *bytes, size_t length) {
    if (!world.modem_down && !world.silent) {
        pipe_put(&world.down, bytes, length);
    }
}

/* As QEMU's chardev does: the stream is gone for a second, then it is a new connection. */
static void broker_closes(void) {
    world.closed++;
    if (world.session_open) {
        world.wills_sent++;
    }
    world.session_open = false;
    world.up.tail = world.up.head;
    world.modem_down = true;
    world.modem_back_ms = world.now_ms + 1000;
}

static void broker_publish_received(const uint8_t *packet, const uint8_t *body, size_t remaining) {
    struct received *r = &world.received[world.received_count++ % 64];
    const size_t topic_length = (size_t)((body[0] << 8) | body[1]);
    memset(r, 0, sizeof *r);
    memcpy(r->topic, body + 2, topic_length < 63 ? topic_length : 63);
    r->packet_id = (uint16_t)((body[2 + topic_length] << 8) | body[3 + topic_length]);
    r->duplicate = (packet[0] & 8) != 0;
    r->retained = (packet[0] & 1) != 0;
    r->payload_length = remaining - topic_length - 4;
    memcpy(r->payload, body + topic_length + 4, r->payload_length < 64 ? r->payload_length : 64);
    if (!world.withhold_puback) {
        broker_send((const uint8_t[]){0x40, 2, (uint8_t)(r->packet_id >> 8), (uint8_t)r->packet_id},
                    4);
    }
}

static void broker_packet(const uint8_t *packet, size_t header, size_t remaining) {
    const uint8_t *body = packet + header;
    const unsigned type = packet[0] >> 4;
    if ((type == MQTT_CONNECT) == world.session_open || type == 0 || type == 15) {
        /* first packet no CONNECT, a second CONNECT, or an illegal type */
        world.misbegun += !world.session_open;
        broker_closes();
        return;
    }
    switch (type) {
    case MQTT_CONNECT:
        world.connects++;
        memcpy(world.last_connect, packet, header + remaining);
        world.last_connect_length = header + remaining;
        world.session_open = true;
        broker_send((const uint8_t[]){0x20, 2, 0, world.refuse_connect ? 3 : 0}, 4);
        break;
    case MQTT_PUBLISH:
        broker_publish_received(packet, body, remaining);
        break;
    case MQTT_SUBSCRIBE:
        world.subscribes++;
        broker_send((const uint8_t[]){0x90, 3, body[0], body[1], world.refuse_subscribe ? 0x80 : 1},
                    5);
        break;
    case MQTT_PUBACK:
        world.pubacks++;
        world.last_puback = (uint16_t)((body[0] << 8) | body[1]);
        break;
    case MQTT_PINGREQ:
        world.pings++;
        broker_send((const uint8_t[]){0xD0, 0}, 2);
        break;
    default:
        EXPECT(false, "the client sent a packet of type %u", type);
    }
}

static void broker_step(void) {
    static uint8_t packet[4096];
    while (world.up.tail < world.up.head) {
        const size_t available = world.up.head - world.up.tail;
        const size_t shown = available < sizeof packet ? available : sizeof packet;
        for (size_t i = 0; i < shown; i++) {
            packet[i] = world.up.bytes[(world.up.tail + i) % PIPE_BYTES];
        }
        size_t remaining = 0;
        size_t header = 1;
        unsigned shift = 0;
        do {
            if (header >= shown) {
                return;
            }
            remaining |= (size_t)(packet[header] & 0x7F) << shift;
            shift += 7;
        } while (packet[header++] & 0x80);
        if (header + remaining > shown) {
            return;
        }
        world.up.tail += header + remaining;
        broker_packet(packet, header, remaining);
    }
}

/* A PUBLISH from the broker to the device. */
static void broker_publishes(uint16_t packet_id, size_t payload_length) {
    static uint8_t packet[110000];
    size_t n = 0;
    size_t remaining = 2 + 3 + 2 + payload_length;
    packet[n++] = 0x33;
    do {
        packet[n++] = (uint8_t)((remaining & 0x7F) | (remaining > 0x7F ? 0x80 : 0));
        remaining >>= 7;
    } while (remaining > 0);
    memcpy(packet + n, "\0\3t/1", 5);
    n += 5;
    packet[n++] = (uint8_t)(packet_id >> 8);
    packet[n++] = (uint8_t)packet_id;
    for (size_t i = 0; i < payload_length; i++) {
        packet[n++] = (uint8_t)(i * 7u + packet_id);
    }
    broker_send(packet, n);
}

/* ---- the device's side ---- */

static size_t modem_read(void *context, uint8_t *out, size_t cap) {
    (void)context;
    size_t n = 0;
    while (n < cap && world.read_left > 0 && world.down.tail < world.down.head) {
        world.read_left--;
        out[n++] = world.down.bytes[world.down.tail++ % PIPE_BYTES];
    }
    return n;
}

static size_t modem_write(void *context, const uint8_t *bytes, size_t length) {
    (void)context;
    const size_t taken = length < world.write_max ? length : world.write_max;
    if (!world.modem_down) {
        pipe_put(&world.up, bytes, taken);
    }
    return taken;
}

static uint64_t modem_now(void *context) {
    (void)context;
    return world.now_ms;
}

static void on_online(void *context) {
    (void)context;
    world.online++;
}

static void on_message(void *context, const struct mqtt_message *message) {
    (void)context;
    EXPECT(message->topic_length == 3 && memcmp(message->topic, "t/1", 3) == 0, "topic differs");
    world.message_lengths[world.messages++ % CLIENT_MESSAGES_MAX] =
        (unsigned)message->payload_length;
    memcpy(world.last_payload, message->payload, message->payload_length);
}

static void on_oversize(void *context, uint32_t packet_bytes) {
    (void)context;
    world.oversize++;
    world.oversize_bytes = packet_bytes;
}

static const uint8_t will[] = {0xC3, 0x01, 0x00, 0xFF};

static void start(void) {
    static const struct mqtt_listener listener = {NULL, on_online, on_message, on_oversize};
    static const struct mqtt_transport transport = {NULL, modem_read, modem_write, modem_now};
    static const struct mqtt_config config = {
        .connect = {.client_id = "d1",
                    .will_topic = "s/d1",
                    .will = will,
                    .will_length = sizeof will,
                    .keep_alive_s = 20},
        .subscription = "t/1",
        .jitter_seed = 1,
    };
    memset(&world, 0, sizeof world);
    world.now_ms = 1000;
    world.write_max = 4096;
    world.read_max = PIPE_BYTES;
    EXPECT(mqtt_session_init(&world.session, &config, &transport, &listener), "init");
}

static void run_ms(uint64_t duration_ms) {
    for (uint64_t i = 0; i < duration_ms; i++) {
        world.now_ms++;
        world.read_left = world.read_max;
        if (world.modem_down && world.now_ms >= world.modem_back_ms) {
            world.modem_down = false;
        }
        mqtt_session_step(&world.session);
        broker_step();
    }
}

static void start_online(void) {
    start();
    run_ms(4000);
    EXPECT(world.session.phase == MQTT_ONLINE && world.online == 1, "phase %d after 4 s",
           world.session.phase);
}

static void publish(const char *text) {
    EXPECT_EQ(
        mqtt_session_publish(&world.session, "r/1", (const uint8_t *)text, strlen(text), false),
        MQTT_ACCEPTED);
}

/* ---- the cases ---- */

static void connects_with_its_will_and_sends_nothing_before(void) {
    start();
    run_ms(MQTT_SETTLE_MS + 100);
    EXPECT_EQ(world.connects, 1);
    EXPECT_EQ(world.misbegun, 0);
    EXPECT_EQ(world.closed, 0);
    EXPECT_EQ(world.session.phase, MQTT_ONLINE);
    static const uint8_t connect[] = {0x10, 26,  0, 4, 'M',  'Q',  'T',  'T', 4,   0x2E,
                                      0,    20,  0, 2, 'd',  '1',  0,    4,   's', '/',
                                      'd',  '1', 0, 4, 0xC3, 0x01, 0x00, 0xFF};
    EXPECT_EQ(world.last_connect_length, sizeof connect);
    EXPECT_BYTES(world.last_connect, connect, sizeof connect);
}

static void a_reset_that_left_the_session_open_is_overcome(void) {
    start();
    world.session_open = true;
    run_ms(8000);
    EXPECT_EQ(world.wills_sent, 1); /* of the boot that ended */
    EXPECT_EQ(world.connects, 1);
    EXPECT_EQ(world.session.counters.failures, 1);
    EXPECT_EQ(world.session.phase, MQTT_ONLINE);
}

static void waits_for_a_broker_that_is_not_there_yet(void) {
    start();
    world.modem_down = true;
    world.modem_back_ms = 61000;
    run_ms(60000);
    EXPECT_EQ(world.connects, 0);
    EXPECT(world.session.failures_in_row >= 3, "%u failures", world.session.failures_in_row);
    /* the longest quiet with its jitter, a CONNECT that comes too early, and the one that works */
    run_ms(MQTT_QUIET_MAX_MS + MQTT_QUIET_MAX_MS / 4 + MQTT_CONNACK_TIMEOUT_MS + 1000);
    EXPECT_EQ(world.session.phase, MQTT_ONLINE);
    EXPECT_EQ(world.session.failures_in_row, 0);
}

static void published_messages_arrive_once_and_in_order(void) {
    start_online();
    publish("one");
    publish("two");
    publish("three");
    run_ms(10);
    EXPECT_EQ(world.received_count, 3);
    EXPECT_BYTES(world.received[0].payload, "one", 3);
    EXPECT_BYTES(world.received[1].payload, "two", 3);
    EXPECT_BYTES(world.received[2].payload, "three", 5);
    EXPECT(!world.received[2].duplicate && !world.received[2].retained, "flags");
    EXPECT_EQ(mqtt_session_unacknowledged(&world.session), 0);
    run_ms(30000);
    EXPECT_EQ(world.received_count, 3);
}

static void a_lost_puback_leads_to_a_resend_marked_as_duplicate(void) {
    start_online();
    world.withhold_puback = true;
    publish("one");
    publish("two");
    run_ms(MQTT_PUBACK_TIMEOUT_MS + 100);
    world.withhold_puback = false;
    EXPECT_EQ(world.received_count, 2);
    EXPECT_EQ(world.session.phase, MQTT_QUIET);
    run_ms(13000);
    EXPECT_EQ(world.wills_sent, 1); /* a second CONNECT told the broker */
    EXPECT_EQ(world.misbegun, 0);
    EXPECT_EQ(world.session.phase, MQTT_ONLINE);
    EXPECT_EQ(world.online, 2);
    EXPECT_EQ(world.subscribes, 2);
    EXPECT_EQ(world.received_count, 4);
    for (unsigned i = 0; i < 2; i++) {
        EXPECT(!world.received[i].duplicate && world.received[i + 2].duplicate, "DUP of %u", i);
        EXPECT_EQ(world.received[i + 2].packet_id, world.received[i].packet_id);
        EXPECT_BYTES(world.received[i + 2].payload, world.received[i].payload, 3);
    }
    EXPECT_EQ(world.session.counters.redelivered, 2);
    EXPECT_EQ(mqtt_session_unacknowledged(&world.session), 0);
}

/* The connection is given up while a packet is half on its way: its rest goes out first, or the
 * broker would take the next CONNECT for a part of it and keep the dead connection. */
static void a_half_sent_packet_is_finished_before_the_end(void) {
    start_online();
    world.withhold_puback = true;
    publish("one");
    run_ms(MQTT_PUBACK_TIMEOUT_MS - 10);
    world.write_max = 1;
    publish("a message of more bytes than milliseconds are left");
    run_ms(20);
    EXPECT_EQ(world.session.phase, MQTT_QUIET);
    EXPECT_EQ(world.received_count, 1);
    run_ms(100);
    EXPECT_EQ(world.received_count, 2);
    world.write_max = 4096;
    run_ms(13000);
    EXPECT_EQ(world.wills_sent, 1);
    EXPECT_EQ(world.connects, 2);
}

static void silence_is_found_by_ping_and_repaired(void) {
    start_online();
    run_ms(60000);
    EXPECT(world.pings >= 5 && world.session.counters.failures == 0, "%u pings in 60 s",
           world.pings);
    world.silent = true;
    run_ms(10000 + MQTT_PINGRESP_TIMEOUT_MS + 10);
    EXPECT_EQ(world.session.counters.failures, 1);
    world.silent = false;
    run_ms(15000);
    EXPECT_EQ(world.session.phase, MQTT_ONLINE);
    EXPECT_EQ(world.connects, 2);
}

/* A broker restart: the modem reconnects by itself, the device is not told. */
static void a_broker_restart_loses_no_message(void) {
    start_online();
    for (unsigned i = 0; i < 20; i++) {
        if (i == 5) {
            broker_closes();
            world.modem_back_ms = world.now_ms + 3000;
        }
        const char text[2] = {(char)('a' + i), 0};
        while (mqtt_session_publish(&world.session, "r/1", (const uint8_t *)text, 1, false) ==
               MQTT_FULL) {
            run_ms(100);
        }
        run_ms(500);
    }
    run_ms(30000);
    bool seen[20] = {false};
    for (unsigned i = 0; i < world.received_count; i++) {
        seen[world.received[i].payload[0] - 'a'] = true;
    }
    for (unsigned i = 0; i < 20; i++) {
        EXPECT(seen[i], "message %u is lost", i);
    }
    EXPECT_EQ(world.session.counters.connections, 2);
}

static void refused_and_slow_brokers_are_asked_less_often(void) {
    start();
    world.refuse_connect = true;
    run_ms(120000);
    EXPECT(world.connects >= 5 && world.connects <= 40, "%u attempts in 120 s", world.connects);
    EXPECT_EQ(world.online, 0);
    world.refuse_connect = false;
    world.refuse_subscribe = true;
    run_ms(30000);
    EXPECT_EQ(world.online, 0);
    world.refuse_subscribe = false;
    run_ms(20000);
    EXPECT_EQ(world.session.phase, MQTT_ONLINE);
}

static void a_large_message_is_skipped_acknowledged_and_the_next_one_read(void) {
    start_online();
    broker_publishes(77, 100000);
    broker_publishes(78, 100);
    run_ms(200);
    EXPECT_EQ(world.oversize, 1);
    EXPECT_EQ(world.oversize_bytes, 100007);
    EXPECT_EQ(world.messages, 1);
    EXPECT_EQ(world.message_lengths[0], 100);
    EXPECT_EQ(world.pubacks, 2);
    EXPECT_EQ(world.last_puback, 78);
    EXPECT_EQ(world.session.counters.failures, 0);
    broker_publishes(79, MQTT_PACKET_MAX - 7); /* the largest that fits, and one byte more */
    broker_publishes(80, MQTT_PACKET_MAX - 6);
    run_ms(50);
    EXPECT_EQ(world.messages, 2);
    EXPECT_EQ(world.oversize, 2);
    EXPECT_EQ(world.pubacks, 4);
}

/* At 8 bytes per millisecond the message takes 12.5 s, longer than any answer may; bytes coming in
 * are a sign of life. */
static void a_large_message_on_a_slow_line_is_no_silence(void) {
    start_online();
    world.read_max = 8;
    broker_publishes(77, 100000);
    publish("one");
    run_ms(13500);
    EXPECT_EQ(world.oversize, 1);
    EXPECT_EQ(mqtt_session_unacknowledged(&world.session), 0);
    EXPECT_EQ(world.received_count, 1);
    EXPECT_EQ(world.session.counters.failures, 0);
    /* but not for ever: an answer that stays out ends the connection in spite of other traffic */
    world.withhold_puback = true;
    publish("two");
    for (unsigned i = 0; i < MQTT_ANSWER_MAX_MS / 1000; i++) {
        EXPECT(world.session.phase == MQTT_ONLINE, "given up after %u s", i);
        broker_publishes(78, 10);
        run_ms(1000);
    }
    run_ms(10);
    EXPECT_EQ(world.session.phase, MQTT_QUIET);
}

static void a_burst_is_answered_although_the_modem_is_slow(void) {
    start_online();
    world.write_max = 1;
    for (uint16_t i = 1; i <= 200; i++) {
        broker_publishes(i, 40);
    }
    run_ms(3000);
    EXPECT_EQ(world.messages, 200);
    EXPECT_EQ(world.pubacks, 200);
    EXPECT_EQ(world.last_puback, 200);
    EXPECT_EQ(world.session.counters.failures, 0);
}

/* Whatever cut the stream is delivered in, the same messages come out: the broker's bytes are split
 * at every position. */
static void bytes_may_be_split_anywhere(void) {
    static uint8_t stream[256];
    start_online();
    const size_t from = world.down.head;
    broker_publishes(5, 20);
    broker_send((const uint8_t[]){0xD0, 0}, 2);
    broker_publishes(6, 130);
    const size_t length = world.down.head - from;
    for (size_t i = 0; i < length; i++) {
        stream[i] = world.down.bytes[(from + i) % PIPE_BYTES];
    }
    run_ms(5);
    EXPECT_EQ(world.messages, 2);
    for (size_t cut = 1; cut < length; cut++) {
        const unsigned before = world.messages;
        pipe_put(&world.down, stream, cut);
        run_ms(2);
        pipe_put(&world.down, stream + cut, length - cut);
        run_ms(2);
        EXPECT(world.messages == before + 2, "cut at %zu: %u messages", cut,
               world.messages - before);
        EXPECT_EQ(world.last_payload[129], (uint8_t)(129 * 7 + 6));
    }
    EXPECT_EQ(world.session.counters.failures, 0);
}

static void garbage_costs_one_connection_not_the_session(void) {
    start_online();
    broker_send((const uint8_t[]){0xFF, 0x00, 0x13, 0x37}, 4);
    run_ms(10);
    EXPECT_EQ(world.session.counters.malformed, 1);
    EXPECT_EQ(world.session.phase, MQTT_QUIET);
    run_ms(13000);
    EXPECT_EQ(world.session.phase, MQTT_ONLINE);
    broker_publishes(9, 10);
    run_ms(10);
    EXPECT_EQ(world.messages, 1);
}

static void a_full_store_says_so_and_drains(void) {
    start_online();
    world.silent = true;
    for (unsigned i = 0; i < MQTT_OUT_SLOTS; i++) {
        publish("x");
    }
    EXPECT_EQ(mqtt_session_publish(&world.session, "r/1", will, 4, false), MQTT_FULL);
    static const uint8_t large[MQTT_OUT_BYTES];
    world.silent = false;
    run_ms(20000);
    EXPECT_EQ(mqtt_session_unacknowledged(&world.session), 0);
    EXPECT_EQ(mqtt_session_publish(&world.session, "r/1", large, sizeof large, false),
              MQTT_TOO_LARGE);
}

/* Long packets fill the bytes before the slots; what is accepted arrives whole and in order,
 * wherever in the ring it stood. */
static void long_messages_go_round_the_ring(void) {
    start_online();
    for (unsigned round = 0; round < 40; round++) {
        static uint8_t payload[1600];
        uint8_t letters[MQTT_OUT_SLOTS];
        size_t lengths[MQTT_OUT_SLOTS];
        unsigned accepted = 0;
        world.withhold_puback = true; /* what follows stays in the store */
        for (unsigned i = 0; i < MQTT_OUT_SLOTS; i++) {
            const size_t length = 300 + (round * 97 + i * 611) % 1300;
            const uint8_t letter = (uint8_t)('a' + (round + i) % 26);
            const bool fits = mqtt_session_room(&world.session) >= length + 10;
            memset(payload, letter, length);
            const bool taken = mqtt_session_publish(&world.session, "r/1", payload, length,
                                                    false) == MQTT_ACCEPTED;
            EXPECT(taken || !fits, "round %u: %zu bytes had room", round, length);
            if (taken) {
                letters[accepted] = letter;
                lengths[accepted++] = length;
            }
        }
        EXPECT(accepted >= 2, "round %u: only %u accepted", round, accepted);
        world.withhold_puback = false;
        world.received_count = 0;
        run_ms(1000);
        EXPECT_EQ(mqtt_session_unacknowledged(&world.session), 0);
        EXPECT_EQ(world.received_count, accepted);
        for (unsigned i = 0; i < accepted; i++) {
            const struct received *r = &world.received[i];
            EXPECT(r->payload[0] == letters[i] && r->payload[63] == letters[i] &&
                       r->payload_length == lengths[i],
                   "round %u: message %u is damaged", round, i);
        }
    }
}

/* A bad hour: modem breaks, withheld answers, garbage and slow writes at random; every accepted
 * message arrives at last. */
static void chaos(unsigned seed) {
    unsigned random = seed * 2654435761u;
    start();
    static bool seen[256];
    memset(seen, 0, sizeof seen);
    unsigned sent = 0;
    unsigned scanned = 0;
    for (unsigned second = 0; second < 600; second++) {
        const unsigned dice = expect_random(&random) % 64;
        if (dice == 0) {
            broker_closes();
            world.modem_back_ms = world.now_ms + expect_random(&random) % 8000;
        } else if (dice == 1) {
            uint8_t noise[16];
            for (size_t i = 0; i < sizeof noise; i++) {
                noise[i] = (uint8_t)expect_random(&random);
            }
            broker_send(noise, 1 + expect_random(&random) % sizeof noise);
        }
        world.silent = dice >= 60;
        world.withhold_puback = dice == 59;
        world.write_max = 1 + expect_random(&random) % 300;
        const uint8_t payload = (uint8_t)sent;
        if (sent < 256 &&
            mqtt_session_publish(&world.session, "r/1", &payload, 1, false) == MQTT_ACCEPTED) {
            sent++;
        }
        for (unsigned i = 0; i < 10; i++) {
            run_ms(100);
            for (; scanned < world.received_count; scanned++) {
                seen[world.received[scanned % 64].payload[0]] = true;
            }
        }
    }
    world.silent = false;
    world.withhold_puback = false;
    for (unsigned i = 0; i < 600; i++) {
        run_ms(100);
        for (; scanned < world.received_count; scanned++) {
            seen[world.received[scanned % 64].payload[0]] = true;
        }
    }
    EXPECT(world.session.phase == MQTT_ONLINE, "seed %u: phase %d at the end", seed,
           world.session.phase);
    EXPECT(sent > 100, "seed %u: only %u messages were accepted", seed, sent);
    for (unsigned i = 0; i < sent; i++) {
        EXPECT(seen[i], "seed %u: message %u of %u is lost", seed, i, sent);
    }
}

int main(void) {
    connects_with_its_will_and_sends_nothing_before();
    a_reset_that_left_the_session_open_is_overcome();
    waits_for_a_broker_that_is_not_there_yet();
    published_messages_arrive_once_and_in_order();
    a_lost_puback_leads_to_a_resend_marked_as_duplicate();
    a_half_sent_packet_is_finished_before_the_end();
    silence_is_found_by_ping_and_repaired();
    a_broker_restart_loses_no_message();
    refused_and_slow_brokers_are_asked_less_often();
    a_large_message_is_skipped_acknowledged_and_the_next_one_read();
    a_large_message_on_a_slow_line_is_no_silence();
    a_burst_is_answered_although_the_modem_is_slow();
    bytes_may_be_split_anywhere();
    garbage_costs_one_connection_not_the_session();
    a_full_store_says_so_and_drains();
    long_messages_go_round_the_ring();
    for (unsigned seed = 1; seed <= EXPECT_ROUNDS(8); seed++) {
        chaos(seed);
    }
    return expect_summary("mqtt session");
}
