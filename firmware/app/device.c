#include "app/device.h"

#include <string.h>

/* Sensor bytes looked at per turn: a coded window and a little, so that the network is not kept
 * waiting longer than one window. */
#define SENSOR_READ_PER_STEP 1100u

_Static_assert(DEVICE_REPORT_ROOM <= MQTT_OUT_BYTES, "an empty store takes the longest report");

static uint64_t now_of(const struct device *device) {
    return device->board.now_ms(device->board.context);
}

static bool publish(struct device *device, enum agent_topic topic, const uint8_t *payload,
                    size_t length) {
    return mqtt_session_publish(&device->session, agent_topic(&device->agent, topic), payload,
                                length, topic == AGENT_TOPIC_STATUS) == MQTT_ACCEPTED;
}

static size_t write_will(struct device *device) {
    return agent_status(&device->agent, false, device->will, sizeof device->will);
}

static void on_online(void *context) {
    struct device *device = context;
    device->birth_due = true;
}

/* An answer that finds no slot waits in device->ack; a newer one takes its place, because it tells
 * what is in force now. */
static void send_ack(struct device *device) {
    if (publish(device, AGENT_TOPIC_ACK, device->ack, device->ack_length)) {
        device->ack_length = 0;
    }
}

static void on_message(void *context, const struct mqtt_message *message) {
    struct device *device = context;
    device->ack_length =
        agent_budget(&device->agent, message->topic, message->topic_length, message->payload,
                     message->payload_length, now_of(device), device->ack, sizeof device->ack);
    send_ack(device);
    mqtt_session_set_will(&device->session, device->will, write_will(device));
}

static void on_oversize(void *context, uint32_t packet_bytes) {
    struct device *device = context;
    (void)packet_bytes;
    device->ack_length =
        agent_budget_oversize(&device->agent, now_of(device), device->ack, sizeof device->ack);
    send_ack(device);
}

static uint64_t session_now(void *context) {
    return now_of(context);
}

static size_t session_read(void *context, uint8_t *out, size_t cap) {
    const struct device *device = context;
    return device->board.network_read(device->board.context, out, cap);
}

static size_t session_write(void *context, const uint8_t *bytes, size_t length) {
    const struct device *device = context;
    return device->board.network_write(device->board.context, bytes, length);
}

enum page_status device_init(struct device *device, const struct device_board *board,
                             const struct agent_setup *setup, const char **bad_page) {
    device->board = *board;
    const enum page_status status = agent_init(&device->agent, setup, bad_page);
    if (status != PAGE_OK) {
        return status;
    }
    device->born = false;
    device->birth_due = false;
    device->ack_length = 0;
    device->windows_rejected = 0;
    sensor_link_init(&device->link);
    const struct mqtt_config config = {
        .connect =
            {
                .client_id = device->agent.who.device,
                .will_topic = agent_topic(&device->agent, AGENT_TOPIC_STATUS),
                .will = device->will,
                .will_length = write_will(device),
                .keep_alive_s = DEVICE_KEEP_ALIVE_S,
            },
        .subscription = agent_topic(&device->agent, AGENT_TOPIC_BUDGET),
        .jitter_seed = setup->boot_nonce,
    };
    const struct mqtt_transport transport = {device, session_read, session_write, session_now};
    const struct mqtt_listener listener = {device, on_online, on_message, on_oversize};
    /* Fits: the longest CONNECT of a device is 779 bytes. */
    (void)mqtt_session_init(&device->session, &config, &transport, &listener);
    return PAGE_OK;
}

/* Learns at most one window; true if bytes were read. */
static bool serve_sensor(struct device *device) {
    uint8_t credit[SENSOR_CREDIT_CODED];
    uint8_t byte;
    bool busy = false;
    bool window = false;
    for (unsigned i = 0; i < SENSOR_READ_PER_STEP && !window &&
                         device->board.sensor_read(device->board.context, &byte, 1) == 1;
         i++) {
        busy = true;
        window = sensor_link_push(&device->link, byte);
    }
    if (window && agent_window(&device->agent, device->link.samples, device->link.label,
                               now_of(device)) != FQT_OK) {
        device->windows_rejected++;
    }
    if (!window && device->board.sensor_window != NULL &&
        device->board.sensor_window(device->board.context, device->link.samples)) {
        busy = true;
        if (agent_window(&device->agent, device->link.samples, FQT_NO_LABEL, now_of(device)) !=
            FQT_OK) {
            device->windows_rejected++;
        }
    }
    const size_t length = sensor_link_credit(&device->link, now_of(device), credit, sizeof credit);
    if (length > 0) {
        /* A credit that the line does not take whole is damaged; the next one repeats it. */
        (void)device->board.sensor_write(device->board.context, credit, length);
    }
    return busy;
}

static void send_messages(struct device *device) {
    if (device->birth_due) {
        const size_t length =
            agent_status(&device->agent, true, device->message, sizeof device->message);
        if (publish(device, AGENT_TOPIC_STATUS, device->message, length)) {
            device->birth_due = false;
            device->born = true;
        }
    }
    if (device->ack_length > 0) {
        send_ack(device);
    }
    const uint64_t now_ms = now_of(device);
    if (device->born && agent_report_due(&device->agent, now_ms) &&
        mqtt_session_unacknowledged(&device->session) < DEVICE_REPORT_SLOTS &&
        mqtt_session_room(&device->session) >= DEVICE_REPORT_ROOM) {
        const size_t length =
            agent_report(&device->agent, now_ms, device->message, sizeof device->message);
        (void)publish(device, AGENT_TOPIC_REPORT, device->message, length); /* there is room */
    }
}

/* The session comes last, so that what this turn has to say leaves in this turn. */
bool device_step(struct device *device) {
    const uint32_t received = device->session.counters.received;
    const bool sensor_busy = serve_sensor(device);
    agent_step(&device->agent, now_of(device));
    send_messages(device);
    mqtt_session_step(&device->session);
    return !sensor_busy && device->session.counters.received == received &&
           !mqtt_session_has_output(&device->session);
}
