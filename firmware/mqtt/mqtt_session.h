/*
 * An MQTT 3.1.1 session over a byte stream that gives no sign when the other end goes away (a
 * serial modem, QEMU's chardev). Everything is therefore found out by silence, and repaired by
 * going quiet long enough for the stream to be re-established:
 *
 *   SETTLE --settle_ms--> CONNECTING --CONNACK--> SUBSCRIBING --SUBACK--> ONLINE
 *                           ^    |                    |                    |
 *                     quiet |    | no CONNACK / SUBACK / PUBACK / PINGRESP |
 *                           |    v in time, refused, malformed             |
 *                          QUIET <--------------------+--------------------+
 *
 * CONNECT is the first packet on every stream. A broker that still holds the connection of before
 * (this device was reset, or judged it dead too early) answers a second CONNECT by closing the
 * stream and sending the will; the CONNECT after that finds a new stream. Quiet doubles with each
 * failure in a row up to MQTT_QUIET_MAX_MS, plus a jitter of up to a quarter.
 *
 * One thread; mqtt_session_step does a bounded amount of work and never waits.
 */
#ifndef FQT_MQTT_SESSION_H
#define FQT_MQTT_SESSION_H

#include "mqtt/mqtt_states.h"

#define MQTT_SETTLE_MS          300u  /* bytes sent before the stream is up vanish */
#define MQTT_QUIET_MS           1800u /* longer than the modem's reconnect interval of 1 s */
#define MQTT_QUIET_MAX_MS       7200u
#define MQTT_CONNACK_TIMEOUT_MS 4000u
#define MQTT_SUBACK_TIMEOUT_MS  4000u
/* Of silence: while bytes come in, a long message may stand between us and the answer. */
#define MQTT_PUBACK_TIMEOUT_MS   6000u
#define MQTT_PINGRESP_TIMEOUT_MS 5000u

#define MQTT_ANSWER_MAX_MS 30000u /* even while bytes come in */

#define MQTT_PACKET_MAX  1536u /* largest packet accepted from the broker */
#define MQTT_CONTROL_MAX 1024u /* largest CONNECT: client id, will topic, will */
#define MQTT_READ_PER_STEP                                                                         \
    4096u /* bytes; reading also stops while MQTT_OWED_MAX PUBACKs wait to be sent */

/* The byte stream and the clock. read and write take or give what they can without waiting; now_ms
 * never goes back. */
struct mqtt_transport {
    void *context;
    size_t (*read)(void *context, uint8_t *out, size_t cap);
    size_t (*write)(void *context, const uint8_t *bytes, size_t length);
    uint64_t (*now_ms)(void *context);
};

/* Called from within mqtt_session_step; a message is acknowledged to the broker after on_message
 * has returned. */
struct mqtt_listener {
    void *context;
    void (*on_online)(void *context);
    void (*on_message)(void *context, const struct mqtt_message *message);
    void (*on_oversize)(void *context, uint32_t packet_bytes);
};

struct mqtt_config {
    struct mqtt_connect connect; /* keep_alive_s > 0 */
    const char *subscription;    /* QoS 1 */
    uint32_t
        jitter_seed; /* differs per device and boot, so that a fleet does not reconnect in step */
};

enum mqtt_phase { MQTT_SETTLE, MQTT_QUIET, MQTT_CONNECTING, MQTT_SUBSCRIBING, MQTT_ONLINE };

/* Since boot. */
struct mqtt_counters {
    uint32_t connections; /* CONNACKs that accepted us */
    uint32_t failures;    /* connections or attempts given up */
    uint32_t redelivered;
    uint32_t received;
    uint32_t oversize;
    uint32_t malformed;
};

struct mqtt_session {
    struct mqtt_config config;
    struct mqtt_transport transport;
    struct mqtt_listener listener;
    struct mqtt_states states;
    struct mqtt_reader reader;
    struct mqtt_counters counters;
    enum mqtt_phase phase;
    uint64_t phase_since_ms;
    uint32_t quiet_ms;
    uint32_t failures_in_row;
    uint32_t jitter;
    uint64_t last_sent_ms;
    uint64_t last_received_ms;
    uint64_t ping_sent_ms;
    bool ping_waiting;
    uint16_t subscribe_id;
    const uint8_t
        *sending; /* the packet on its way out: control[] or a slot's, never mixed with another */
    size_t sending_length;
    size_t sending_done;
    size_t control_length;
    uint8_t control[MQTT_CONTROL_MAX];
    uint8_t packet[MQTT_PACKET_MAX];
};

/* False when the CONNECT packet does not fit into MQTT_CONTROL_MAX. Strings and the will are
 * borrowed for good. */
bool mqtt_session_init(struct mqtt_session *session, const struct mqtt_config *config,
                       const struct mqtt_transport *transport,
                       const struct mqtt_listener *listener);

void mqtt_session_step(struct mqtt_session *session);

/* Takes a copy; it is sent, and sent again over later connections, until the broker has
 * acknowledged it. */
enum mqtt_result mqtt_session_publish(struct mqtt_session *session, const char *topic,
                                      const uint8_t *payload, size_t length, bool retained);

/* The will of the next CONNECT; borrowed for good. */
void mqtt_session_set_will(struct mqtt_session *session, const uint8_t *will, size_t length);

/* True while bytes wait for the stream to take them. */
bool mqtt_session_has_output(const struct mqtt_session *session);

/* Messages not yet acknowledged by the broker. */
unsigned mqtt_session_unacknowledged(const struct mqtt_session *session);

/* The longest packet that would be accepted now, 0 when none would. */
size_t mqtt_session_room(const struct mqtt_session *session);

#endif
