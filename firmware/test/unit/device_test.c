/* The super-loop with a fake board: a scripted broker on one line, a sensor on the other, virtual
 * time. */
#include "app/device.h"
#include "test/unit/agent_fixture.h"
#include "test/unit/expect.h"
#include "wire/crc.h"
#include "wire/le.h"

struct line {
    uint8_t bytes[262144];
    size_t head;
    size_t tail;
};

static struct line to_broker, to_device, to_sensor, from_sensor;
static uint64_t now;
static struct device device;
static struct memory_store store;
static bool broker_answers;

static size_t take(struct line *line, uint8_t *out, size_t cap) {
    size_t n = 0;
    while (n < cap && line->tail < line->head) {
        out[n++] = line->bytes[line->tail++ % sizeof line->bytes];
    }
    return n;
}

static size_t put(struct line *line, const uint8_t *bytes, size_t length) {
    for (size_t i = 0; i < length; i++) {
        line->bytes[line->head++ % sizeof line->bytes] = bytes[i];
    }
    EXPECT(line->head - line->tail <= sizeof line->bytes, "the test's line overflowed");
    return length;
}

static size_t network_read(void *context, uint8_t *out, size_t cap) {
    (void)context;
    return take(&to_device, out, cap);
}
static size_t network_write(void *context, const uint8_t *bytes, size_t length) {
    (void)context;
    return put(&to_broker, bytes, length);
}
static size_t sensor_read(void *context, uint8_t *out, size_t cap) {
    (void)context;
    return take(&from_sensor, out, cap);
}
static size_t sensor_write(void *context, const uint8_t *bytes, size_t length) {
    (void)context;
    return put(&to_sensor, bytes, length);
}
static uint64_t board_now(void *context) {
    (void)context;
    return now;
}
static unsigned windows_of_the_board; /* that its own sensor still has */
static bool sensor_window(void *context, int16_t samples[FQT_WINDOW]) {
    (void)context;
    if (windows_of_the_board == 0) {
        return false;
    }
    (void)fixture_window(windows_of_the_board--, samples);
    return true;
}

/* ---- the broker: answers, and keeps what the device published ---- */

static unsigned births, reports, acks, connects;
static int64_t last_sequence;
static fqt_budget_ack last_ack;
static fqt_device_status last_status, last_will;

static void published(const uint8_t *body, size_t remaining, bool retained) {
    const size_t topic_length = (size_t)((body[0] << 8) | body[1]);
    const uint8_t *topic = body + 2;
    const uint8_t *payload = body + topic_length + 4;
    const size_t length = remaining - topic_length - 4;
    if (memcmp(topic + topic_length - 6, "status", 6) == 0) {
        births++;
        EXPECT(retained, "birth not retained");
        EXPECT_EQ(fqt_device_status_decode(payload, length, &last_status), FQT_WIRE_OK);
    } else if (memcmp(topic + topic_length - 6, "report", 6) == 0) {
        fqt_training_report report;
        EXPECT(!retained && births > 0, "a report before the birth, or a retained one");
        EXPECT_EQ(fqt_training_report_decode(payload, length, &report), FQT_WIRE_OK);
        if (report.sequence > last_sequence) { /* else a resend */
            EXPECT_EQ(report.sequence, last_sequence + 1);
            last_sequence = report.sequence;
            reports++;
        }
    } else {
        acks++;
        EXPECT_EQ(fqt_budget_ack_decode(payload, length, &last_ack), FQT_WIRE_OK);
    }
    if (broker_answers) {
        const uint8_t *id = body + topic_length + 2;
        (void)put(&to_device, (const uint8_t[]){0x40, 2, id[0], id[1]}, 4);
    }
}

static void connected(const uint8_t *body) {
    const uint8_t *at = body + 10;
    connects++;
    at += 2 + ((at[0] << 8) | at[1]); /* client id */
    at += 2 + ((at[0] << 8) | at[1]); /* will topic */
    EXPECT_EQ(fqt_device_status_decode(at + 2, (size_t)((at[0] << 8) | at[1]), &last_will),
              FQT_WIRE_OK);
    if (broker_answers) {
        (void)put(&to_device, (const uint8_t[]){0x20, 2, 0, 0}, 4);
    }
}

static void broker_turn(void) {
    uint8_t packet[2048];
    while (to_broker.tail < to_broker.head) {
        size_t n = take(&to_broker, packet, 2);
        size_t remaining = packet[1] & 0x7Fu;
        if (packet[1] & 0x80) {
            n += take(&to_broker, packet + 2, 1);
            remaining |= (size_t)packet[2] << 7;
        }
        EXPECT_EQ(take(&to_broker, packet + n, remaining), remaining);
        switch (packet[0] >> 4) {
        case MQTT_CONNECT:
            connected(packet + n);
            break;
        case MQTT_PUBLISH:
            published(packet + n, remaining, (packet[0] & 1) != 0);
            break;
        case MQTT_SUBSCRIBE:
            EXPECT(memcmp(packet + n + 4, "fqt/v1/down/48/press-07/budget", 30) == 0, "filter");
            if (broker_answers) {
                (void)put(&to_device, (const uint8_t[]){0x90, 3, packet[n], packet[n + 1], 1}, 5);
            }
            break;
        case MQTT_PINGREQ:
            if (broker_answers) {
                (void)put(&to_device, (const uint8_t[]){0xD0, 0}, 2);
            }
            break;
        default: /* PUBACK, DISCONNECT, and the illegal packet that ends a dead connection */
            break;
        }
    }
}

static void send_budget(const fqt_update_budget *budget, size_t padding) {
    static uint8_t packet[8192];
    static uint8_t payload[8000];
    const char *topic = agent_topic(&device.agent, AGENT_TOPIC_BUDGET);
    memset(payload, 0, sizeof payload);
    const size_t length = fixture_sign(topic, budget, payload, sizeof payload) + padding;
    const struct mqtt_message message = {.topic = topic,
                                         .topic_length = (uint16_t)strlen(topic),
                                         .packet_id = 5,
                                         .payload = payload,
                                         .payload_length = length};
    (void)put(&to_device, packet, mqtt_write_publish(packet, sizeof packet, &message));
}

static void run_ms(unsigned duration_ms) {
    for (unsigned i = 0; i < duration_ms; i++) {
        now++;
        (void)device_step(&device);
        broker_turn();
    }
}

static void start(void) {
    static uint8_t provisioning[PROVISIONING_PAGE_MAX];
    static _Alignas(4) uint8_t model[FIXTURE_MODEL_PAGE_MAX];
    static const struct device_board board = {
        NULL, network_read, network_write, sensor_read, sensor_write, board_now, sensor_window};
    const fqt_budget_terms terms = fixture_terms();
    const char *bad_page;
    memset(&store, 0, sizeof store);
    to_broker.head = to_broker.tail = to_device.head = to_device.tail = 0;
    to_sensor.head = to_sensor.tail = from_sensor.head = from_sensor.tail = 0;
    now = 0;
    births = reports = acks = connects = 0;
    last_sequence = 0;
    broker_answers = true;
    const struct agent_setup setup = {
        .provisioning_page = provisioning,
        .provisioning_length = fixture_provisioning_page(provisioning, &terms),
        .model = fixture_model(),
        .arena = fixture_arena(),
        .model_page = model,
        .model_length = fixture_model_page(model, 11),
        .boot_nonce = 77,
        .store = memory_store(&store),
    };
    EXPECT_EQ(device_init(&device, &board, &setup, &bad_page), PAGE_OK);
}

static void sends_window(uint16_t sequence) {
    int16_t samples[FQT_WINDOW];
    uint8_t frame[SENSOR_WINDOW_BYTES];
    uint8_t coded[COBS_ENCODED_MAX(SENSOR_WINDOW_BYTES)];
    frame[0] = SENSOR_TYPE_WINDOW;
    le_store_u16(frame + 1, sequence);
    frame[3] = (uint8_t)fixture_window(sequence, samples);
    for (unsigned i = 0; i < FQT_WINDOW; i++) {
        le_store_u16(frame + 4 + 2 * i, (uint16_t)samples[i]);
    }
    le_store_u16(frame + sizeof frame - 2, crc16_ccitt_false(frame, sizeof frame - 2));
    (void)put(&from_sensor, coded, cobs_encode(frame, sizeof frame, coded, sizeof coded));
}

/* ---- the cases ---- */

static void is_born_then_reports_and_obeys(void) {
    start();
    run_ms(4000);
    EXPECT_EQ(connects, 1);
    EXPECT_EQ(births, 1);
    EXPECT_EQ(last_status.state, FQT_DEVICE_STATE_ONLINE);
    EXPECT_EQ(last_will.state, FQT_DEVICE_STATE_OFFLINE);
    EXPECT_EQ(last_will.boot_nonce, 77);
    for (uint16_t i = 0; i < 30; i++) {
        sends_window(i);
        run_ms(40);
    }
    EXPECT_EQ(device.agent.learner.counters.samples, 30);
    EXPECT_EQ(device.agent.learner.counters.trained, 30);
    run_ms(10000);
    EXPECT_EQ(reports, 3);
    fqt_update_budget budget = fixture_budget(4);
    budget.terms.report_interval_ms = 1000;
    send_budget(&budget, 0);
    run_ms(10);
    EXPECT_EQ(acks, 1);
    EXPECT_EQ(last_ack.outcome, FQT_ACK_OUTCOME_APPLIED);
    run_ms(10000);
    EXPECT_EQ(reports, 13);
    EXPECT_EQ(mqtt_session_unacknowledged(&device.session), 0);
}

/* Due reports wait until the device has been introduced; published() refuses one that does not. */
static void says_who_it_is_before_it_reports(void) {
    start();
    broker_answers = false;
    run_ms(12000);
    broker_answers = true;
    run_ms(20000);
    EXPECT_EQ(births, 1);
    EXPECT(reports >= 2, "%u reports", reports);
}

static void a_message_too_large_is_answered(void) {
    start();
    run_ms(4000);
    const fqt_update_budget budget = fixture_budget(1);
    send_budget(&budget, 4000);
    send_budget(&budget, 0);
    run_ms(20);
    EXPECT_EQ(acks, 2);
    EXPECT_EQ(last_ack.outcome, FQT_ACK_OUTCOME_APPLIED);
    EXPECT_EQ(device.session.counters.oversize, 1);
    EXPECT_EQ(device.session.counters.failures, 0);
}

/* No broker for five minutes: no report number is lost, because none is made without a place to
 * keep it. */
static void offline_costs_resolution_not_samples(void) {
    start();
    run_ms(4000);
    broker_answers = false;
    for (uint16_t i = 0; i < 300; i++) {
        sends_window(i);
        run_ms(1000);
    }
    EXPECT(mqtt_session_unacknowledged(&device.session) <= MQTT_OUT_SLOTS, "store overflows");
    to_broker.tail = to_broker.head; /* all of that never arrived */
    broker_answers = true;
    const int64_t made = device.agent.report_sequence;
    last_sequence = made - device.session.states.count; /* the stored ones come first */
    run_ms(40000);
    EXPECT(births >= 2, "no birth after the reconnect");
    EXPECT(last_sequence > made, "reports do not go on");
    EXPECT_EQ(device.agent.learner.counters.samples, 300);
    /* the will of the new connection knows the budget of the old one */
    const fqt_update_budget budget = fixture_budget(12);
    send_budget(&budget, 0);
    run_ms(10);
    broker_answers = false;
    run_ms(30000);
    broker_answers = true;
    run_ms(30000);
    EXPECT_EQ(last_will.budget_version, 12);
}

/* A sensor on the board feeds the learner as the line does, without labels. */
static void a_sensor_on_the_board_is_read(void) {
    start();
    windows_of_the_board = 20;
    run_ms(100);
    EXPECT_EQ(windows_of_the_board, 0);
    EXPECT_EQ(device.agent.learner.counters.samples, 20);
    EXPECT_EQ(device.agent.learner.counters.labelled, 0);
}

int main(void) {
    a_sensor_on_the_board_is_read();
    is_born_then_reports_and_obeys();
    says_who_it_is_before_it_reports();
    a_message_too_large_is_answered();
    offline_costs_resolution_not_samples();
    return expect_summary("device");
}
