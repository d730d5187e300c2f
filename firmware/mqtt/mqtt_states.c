#include "mqtt/mqtt_states.h"

#include <string.h>

#define PUBLISH_HEADER_MAX 9u /* type, remaining length, topic length, packet id */

static struct mqtt_slot *slot_at(struct mqtt_states *states, unsigned i) {
    return &states->slots[(states->first + i) % MQTT_OUT_SLOTS];
}

void mqtt_states_init(struct mqtt_states *states) {
    memset(states, 0, sizeof *states);
}

uint16_t mqtt_states_next_id(struct mqtt_states *states) {
    for (;;) { /* ends: fewer slots than ids */
        states->last_packet_id = (uint16_t)(states->last_packet_id + 1u);
        bool used = states->last_packet_id == 0;
        for (unsigned i = 0; i < states->count; i++) {
            used = used || slot_at(states, i)->packet_id == states->last_packet_id;
        }
        if (!used) {
            return states->last_packet_id;
        }
    }
}

struct gap {
    size_t at;
    size_t length;
};

/* Behind the newest packet, or before the oldest when that is the longer gap. */
static struct gap find_gap(const struct mqtt_states *states) {
    if (states->count == 0) {
        return (struct gap){0, MQTT_OUT_BYTES};
    }
    const struct mqtt_slot *oldest = &states->slots[states->first];
    const struct mqtt_slot *newest =
        &states->slots[(states->first + states->count - 1u) % MQTT_OUT_SLOTS];
    const size_t end = (size_t)newest->at + newest->length;
    if (newest->at < oldest->at) {
        return (struct gap){end, oldest->at - end};
    }
    const size_t behind = MQTT_OUT_BYTES - end;
    return behind >= oldest->at ? (struct gap){end, behind} : (struct gap){0, oldest->at};
}

size_t mqtt_states_room(const struct mqtt_states *states) {
    return states->count == MQTT_OUT_SLOTS ? 0 : find_gap(states).length;
}

enum mqtt_result mqtt_states_add(struct mqtt_states *states, const struct mqtt_message *message) {
    if (PUBLISH_HEADER_MAX + message->topic_length + message->payload_length > MQTT_OUT_BYTES) {
        return MQTT_TOO_LARGE;
    }
    const struct gap gap = find_gap(states);
    if (states->count == MQTT_OUT_SLOTS) {
        return MQTT_FULL;
    }
    struct mqtt_message numbered = *message;
    numbered.packet_id = mqtt_states_next_id(states);
    const size_t length = mqtt_write_publish(states->bytes + gap.at, gap.length, &numbered);
    if (length == 0) {
        return MQTT_FULL;
    }
    struct mqtt_slot *slot = slot_at(states, states->count);
    slot->at = (uint16_t)gap.at;
    slot->length = (uint16_t)length;
    slot->packet_id = numbered.packet_id;
    slot->state = SLOT_READY;
    states->count++;
    return MQTT_ACCEPTED;
}

struct mqtt_slot *mqtt_states_ready(struct mqtt_states *states) {
    for (unsigned i = 0; i < states->count; i++) {
        if (slot_at(states, i)->state == SLOT_READY) {
            return slot_at(states, i);
        }
    }
    return NULL;
}

const struct mqtt_slot *mqtt_states_waiting(const struct mqtt_states *states) {
    for (unsigned i = 0; i < states->count; i++) {
        const struct mqtt_slot *slot = &states->slots[(states->first + i) % MQTT_OUT_SLOTS];
        if (slot->state == SLOT_SENT) {
            return slot;
        }
    }
    return NULL;
}

bool mqtt_states_acknowledged(struct mqtt_states *states, uint16_t packet_id) {
    bool found = false;
    for (unsigned i = 0; i < states->count && !found; i++) {
        struct mqtt_slot *slot = slot_at(states, i);
        if (slot->state == SLOT_SENT && slot->packet_id == packet_id) {
            slot->state = SLOT_ACKED;
            found = true;
        }
    }
    while (states->count > 0 && slot_at(states, 0)->state == SLOT_ACKED) {
        slot_at(states, 0)->state = SLOT_FREE;
        states->first = (uint8_t)((states->first + 1u) % MQTT_OUT_SLOTS);
        states->count--;
    }
    return found;
}

unsigned mqtt_states_redeliver(struct mqtt_states *states) {
    unsigned redelivered = 0;
    for (unsigned i = 0; i < states->count; i++) {
        struct mqtt_slot *slot = slot_at(states, i);
        if (slot->state == SLOT_SENT) {
            states->bytes[slot->at] |= MQTT_DUP_BIT;
            slot->state = SLOT_READY;
            redelivered++;
        }
    }
    states->owed_count = 0;
    return redelivered;
}

bool mqtt_states_owe(struct mqtt_states *states, uint16_t packet_id) {
    if (states->owed_count == MQTT_OWED_MAX) {
        return false;
    }
    states->owed[states->owed_count++] = packet_id;
    return true;
}

uint16_t mqtt_states_pay(struct mqtt_states *states) {
    if (states->owed_count == 0) {
        return 0;
    }
    const uint16_t packet_id = states->owed[0];
    states->owed_count--;
    memmove(states->owed, states->owed + 1, states->owed_count * sizeof states->owed[0]);
    return packet_id;
}
