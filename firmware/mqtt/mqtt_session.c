#include "mqtt/mqtt_session.h"

#include <string.h>

/* Packets picked for sending per step: every slot once, and as many control packets. */
#define PACKETS_PER_STEP (2u * MQTT_OUT_SLOTS + MQTT_OWED_MAX)

static bool is_connected(const struct mqtt_session *session) {
    return session->phase == MQTT_SUBSCRIBING || session->phase == MQTT_ONLINE;
}

static void enter(struct mqtt_session *session, enum mqtt_phase phase, uint64_t now_ms) {
    session->phase = phase;
    session->phase_since_ms = now_ms;
}

bool mqtt_session_init(struct mqtt_session *session, const struct mqtt_config *config,
                       const struct mqtt_transport *transport,
                       const struct mqtt_listener *listener) {
    memset(session, 0, sizeof *session);
    session->config = *config;
    session->transport = *transport;
    session->listener = *listener;
    session->jitter = config->jitter_seed;
    mqtt_states_init(&session->states);
    mqtt_reader_init(&session->reader, session->packet, sizeof session->packet);
    enter(session, MQTT_SETTLE, transport->now_ms(transport->context));
    return mqtt_write_connect(session->control, sizeof session->control, &config->connect) > 0;
}

/* ---- going quiet ---- */

static uint32_t next_quiet_ms(struct mqtt_session *session) {
    uint32_t quiet_ms = MQTT_QUIET_MS;
    for (uint32_t i = 1; i < session->failures_in_row && quiet_ms < MQTT_QUIET_MAX_MS; i++) {
        quiet_ms *= 2u;
    }
    if (quiet_ms > MQTT_QUIET_MAX_MS) {
        quiet_ms = MQTT_QUIET_MAX_MS;
    }
    session->jitter = session->jitter * 1664525u + 1013904223u;
    return quiet_ms + (session->jitter >> 8) % (quiet_ms / 4u + 1u);
}

/* A packet already half on its way is finished first, or the next CONNECT would be read as a part
 * of it. Nothing else is sent: the stream may be a new one already, and what comes before CONNECT
 * on a new stream confuses brokers that tell protocols apart by their first bytes. If the old
 * connection still lives, the second CONNECT makes the broker close it and send the will (MQTT
 * 3.1.1, section 3.1). */
static void fail(struct mqtt_session *session, uint64_t now_ms) {
    session->counters.failures++;
    session->failures_in_row++;
    if (session->sending_done == 0) {
        session->sending = NULL;
    }
    if (session->sending != session->control) {
        session->control_length = 0;
    }
    session->ping_waiting = false;
    session->quiet_ms = next_quiet_ms(session);
    enter(session, MQTT_QUIET, now_ms);
}

/* ---- packets in ---- */

static void connack(struct mqtt_session *session, uint64_t now_ms) {
    const uint8_t return_code = session->packet[1];
    if (session->phase != MQTT_CONNECTING || return_code != 0) {
        fail(session, now_ms);
        return;
    }
    session->counters.connections++;
    session->counters.redelivered += mqtt_states_redeliver(&session->states);
    session->subscribe_id = mqtt_states_next_id(&session->states);
    session->control_length =
        mqtt_write_subscribe(session->control, sizeof session->control, session->subscribe_id,
                             session->config.subscription);
    enter(session, MQTT_SUBSCRIBING, now_ms);
}

static void suback(struct mqtt_session *session, uint64_t now_ms) {
    const uint16_t packet_id = (uint16_t)((session->packet[0] << 8) | session->packet[1]);
    if (session->phase != MQTT_SUBSCRIBING || packet_id != session->subscribe_id ||
        session->packet[2] >= MQTT_SUBACK_REFUSED) {
        fail(session, now_ms);
        return;
    }
    session->failures_in_row = 0;
    enter(session, MQTT_ONLINE, now_ms);
    session->listener.on_online(session->listener.context);
}

static void publish_received(struct mqtt_session *session, uint64_t now_ms) {
    struct mqtt_message message;
    if (!mqtt_reader_message(&session->reader, &message)) {
        fail(session, now_ms);
        return;
    }
    session->counters.received++;
    session->listener.on_message(session->listener.context, &message);
    if (message.qos == 1) {
        (void)mqtt_states_owe(&session->states, message.packet_id); /* room: read_some saw to it */
    }
}

static void oversize_received(struct mqtt_session *session) {
    session->counters.oversize++;
    session->listener.on_oversize(session->listener.context, session->reader.remaining);
    if (session->reader.qos == 1) {
        (void)mqtt_states_owe(&session->states, session->reader.packet_id);
    }
}

static void packet_received(struct mqtt_session *session, uint64_t now_ms) {
    const enum mqtt_packet_type type = mqtt_reader_type(&session->reader);
    if (type != MQTT_CONNACK && !is_connected(session)) {
        fail(session, now_ms);
        return;
    }
    switch (type) {
    case MQTT_CONNACK:
        connack(session, now_ms);
        break;
    case MQTT_SUBACK:
        suback(session, now_ms);
        break;
    case MQTT_PUBLISH:
        publish_received(session, now_ms);
        break;
    case MQTT_PUBACK:
        (void)mqtt_states_acknowledged(&session->states,
                                       (uint16_t)((session->packet[0] << 8) | session->packet[1]));
        break;
    default: /* PINGRESP: the reader lets no other type through */
        session->ping_waiting = false;
        break;
    }
}

static void take_byte(struct mqtt_session *session, uint8_t byte, uint64_t now_ms) {
    if (session->phase == MQTT_SETTLE || session->phase == MQTT_QUIET) {
        return; /* the tail of an old connection */
    }
    switch (mqtt_reader_push(&session->reader, byte)) {
    case MQTT_PACKET:
        packet_received(session, now_ms);
        break;
    case MQTT_OVERSIZE:
        if (is_connected(session)) {
            oversize_received(session);
        } else {
            fail(session, now_ms);
        }
        break;
    case MQTT_MALFORMED:
        session->counters.malformed++;
        fail(session, now_ms);
        break;
    case MQTT_MORE:
        break;
    }
}

static void read_some(struct mqtt_session *session, uint64_t now_ms) {
    uint8_t byte;
    for (unsigned i = 0; i < MQTT_READ_PER_STEP; i++) {
        if (session->states.owed_count == MQTT_OWED_MAX ||
            session->transport.read(session->transport.context, &byte, 1) == 0) {
            return;
        }
        session->last_received_ms = now_ms;
        take_byte(session, byte, now_ms);
    }
}

/* ---- time ---- */

static bool passed(uint64_t since_ms, uint64_t limit_ms, uint64_t now_ms) {
    return now_ms - since_ms >= limit_ms;
}

static void start_connecting(struct mqtt_session *session, uint64_t now_ms) {
    mqtt_reader_init(&session->reader, session->packet, sizeof session->packet);
    session->sending = NULL; /* what the stream did not take during the quiet is lost with it */
    session->control_length =
        mqtt_write_connect(session->control, sizeof session->control, &session->config.connect);
    enter(session, MQTT_CONNECTING, now_ms);
}

static bool answer_overdue(const struct mqtt_session *session, uint64_t asked_ms,
                           uint64_t timeout_ms, uint64_t now_ms) {
    const uint64_t heard_ms = session->last_received_ms;
    return passed(asked_ms > heard_ms ? asked_ms : heard_ms, timeout_ms, now_ms) ||
           passed(asked_ms, MQTT_ANSWER_MAX_MS, now_ms);
}

static bool connection_is_silent(const struct mqtt_session *session, uint64_t now_ms) {
    const struct mqtt_slot *waiting = mqtt_states_waiting(&session->states);
    const uint64_t keep_alive_ms = (uint64_t)session->config.connect.keep_alive_s * 1000u;
    return (waiting != NULL &&
            answer_overdue(session, waiting->sent_at_ms, MQTT_PUBACK_TIMEOUT_MS, now_ms)) ||
           (session->ping_waiting &&
            answer_overdue(session, session->ping_sent_ms, MQTT_PINGRESP_TIMEOUT_MS, now_ms)) ||
           passed(session->last_sent_ms, keep_alive_ms, now_ms) /* the stream takes no bytes */;
}

static void check_time(struct mqtt_session *session, uint64_t now_ms) {
    const uint64_t since_ms = session->phase_since_ms;
    switch (session->phase) {
    case MQTT_SETTLE:
        if (passed(since_ms, MQTT_SETTLE_MS, now_ms)) {
            start_connecting(session, now_ms);
        }
        break;
    case MQTT_QUIET:
        if (passed(since_ms, session->quiet_ms, now_ms)) {
            start_connecting(session, now_ms);
        }
        break;
    case MQTT_CONNECTING:
        if (passed(since_ms, MQTT_CONNACK_TIMEOUT_MS, now_ms)) {
            fail(session, now_ms);
        }
        break;
    case MQTT_SUBSCRIBING:
        if (passed(since_ms, MQTT_SUBACK_TIMEOUT_MS, now_ms) ||
            connection_is_silent(session, now_ms)) {
            fail(session, now_ms);
        }
        break;
    case MQTT_ONLINE:
        if (connection_is_silent(session, now_ms)) {
            fail(session, now_ms);
        }
        break;
    }
}

/* ---- packets out ---- */

static bool pick_control(struct mqtt_session *session, uint64_t now_ms) {
    if (session->control_length == 0 && is_connected(session)) {
        const uint16_t owed = mqtt_states_pay(&session->states);
        const uint64_t idle_ms = (uint64_t)session->config.connect.keep_alive_s * 500u;
        if (owed != 0) {
            session->control_length =
                mqtt_write_puback(session->control, sizeof session->control, owed);
        } else if (!session->ping_waiting && passed(session->last_sent_ms, idle_ms, now_ms)) {
            session->control_length =
                mqtt_write_bare(session->control, sizeof session->control, MQTT_PINGREQ);
            session->ping_waiting = true;
            session->ping_sent_ms = now_ms;
        }
    }
    if (session->control_length == 0) {
        return false;
    }
    session->sending = session->control;
    session->sending_length = session->control_length;
    session->sending_done = 0;
    return true;
}

static bool pick_packet(struct mqtt_session *session, uint64_t now_ms) {
    if (pick_control(session, now_ms)) {
        return true;
    }
    const struct mqtt_slot *ready = mqtt_states_ready(&session->states);
    if (ready == NULL || !is_connected(session)) {
        return false;
    }
    session->sending = session->states.bytes + ready->at;
    session->sending_length = ready->length;
    session->sending_done = 0;
    return true;
}

static void packet_sent(struct mqtt_session *session, uint64_t now_ms) {
    if (session->sending == session->control) {
        session->control_length = 0;
    } else {
        struct mqtt_slot *slot = mqtt_states_ready(&session->states);
        slot->state = SLOT_SENT;
        slot->sent_at_ms = now_ms;
    }
    session->sending = NULL;
}

static void send_some(struct mqtt_session *session, uint64_t now_ms) {
    for (unsigned i = 0; i < PACKETS_PER_STEP; i++) {
        if (session->sending == NULL && !pick_packet(session, now_ms)) {
            return;
        }
        const size_t left = session->sending_length - session->sending_done;
        const size_t written = session->transport.write(
            session->transport.context, session->sending + session->sending_done, left);
        if (written > 0) {
            session->last_sent_ms = now_ms;
        }
        session->sending_done += written;
        if (written < left) {
            return;
        }
        packet_sent(session, now_ms);
    }
}

void mqtt_session_step(struct mqtt_session *session) {
    const uint64_t now_ms = session->transport.now_ms(session->transport.context);
    read_some(session, now_ms);
    check_time(session, now_ms);
    send_some(session, now_ms);
}

enum mqtt_result mqtt_session_publish(struct mqtt_session *session, const char *topic,
                                      const uint8_t *payload, size_t length, bool retained) {
    const size_t topic_length = strlen(topic);
    if (topic_length > MQTT_OUT_BYTES) {
        return MQTT_TOO_LARGE;
    }
    return mqtt_states_add(&session->states, &(struct mqtt_message){
                                                 .topic = topic,
                                                 .topic_length = (uint16_t)topic_length,
                                                 .retained = retained,
                                                 .payload = payload,
                                                 .payload_length = length,
                                             });
}

unsigned mqtt_session_unacknowledged(const struct mqtt_session *session) {
    return session->states.count;
}

size_t mqtt_session_room(const struct mqtt_session *session) {
    return mqtt_states_room(&session->states);
}

void mqtt_session_set_will(struct mqtt_session *session, const uint8_t *will, size_t length) {
    session->config.connect.will = will;
    session->config.connect.will_length = length;
}

bool mqtt_session_has_output(const struct mqtt_session *session) {
    return session->sending != NULL || session->states.owed_count > 0;
}
