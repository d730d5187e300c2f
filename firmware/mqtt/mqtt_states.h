/*
 * The states of QoS 1 in both directions: messages kept until the broker has acknowledged them, and
 * acknowledgements still owed to the broker. Packets are stored serialised, so a resend is the same
 * bytes with the DUP bit set (section 4.4).
 */
#ifndef FQT_MQTT_STATES_H
#define FQT_MQTT_STATES_H

#include "mqtt/mqtt_bytes.h"

#define MQTT_OUT_SLOTS 6u /* unacknowledged messages kept at once */
/* Bytes for all of them together, in the order of publishing: six messages of the usual 300 to 600
 * bytes, or fewer long ones. */
#define MQTT_OUT_BYTES 3072u
#define MQTT_OWED_MAX  16u /* PUBACKs owed; more than a broker keeps in flight to us in a burst */

enum mqtt_result {
    MQTT_ACCEPTED,
    MQTT_FULL,     /* no room until the broker acknowledges: offer it again later */
    MQTT_TOO_LARGE /* can never be sent */
};

enum mqtt_slot_state { SLOT_FREE, SLOT_READY, SLOT_SENT, SLOT_ACKED };

struct mqtt_slot {
    uint16_t at; /* into bytes[] */
    uint16_t length;
    uint16_t packet_id;
    uint8_t state;
    uint64_t sent_at_ms;
};

struct mqtt_states {
    struct mqtt_slot
        slots[MQTT_OUT_SLOTS]; /* a ring: first, first + 1, ... in the order of publishing */
    uint8_t first;
    uint8_t count;
    uint16_t last_packet_id;
    uint16_t owed[MQTT_OWED_MAX];
    uint8_t owed_count;
    uint8_t bytes[MQTT_OUT_BYTES]; /* a ring too; no packet is split */
};

void mqtt_states_init(struct mqtt_states *states);
enum mqtt_result mqtt_states_add(struct mqtt_states *states, const struct mqtt_message *message);

/* The longest packet that has room now; 0 when all slots are taken. */
size_t mqtt_states_room(const struct mqtt_states *states);

uint16_t mqtt_states_next_id(struct mqtt_states *states);

/* The oldest message not yet sent on this connection, or NULL. */
struct mqtt_slot *mqtt_states_ready(struct mqtt_states *states);

/* The oldest message sent and not acknowledged, or NULL. */
const struct mqtt_slot *mqtt_states_waiting(const struct mqtt_states *states);

/* False when no message waits under this id (a late or foreign PUBACK). */
bool mqtt_states_acknowledged(struct mqtt_states *states, uint16_t packet_id);

/* A new connection: everything sent before becomes ready again, marked as duplicate; owed PUBACKs
 * lapse with the old one. */
unsigned mqtt_states_redeliver(struct mqtt_states *states);

/* False when the ring of owed PUBACKs is full. */
bool mqtt_states_owe(struct mqtt_states *states, uint16_t packet_id);

/* The next packet id to acknowledge, 0 when none is owed. */
uint16_t mqtt_states_pay(struct mqtt_states *states);

#endif
