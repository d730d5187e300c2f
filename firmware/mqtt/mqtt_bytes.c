#include "mqtt/mqtt_bytes.h"

#include <string.h>

#define REMAINING_LENGTH_BYTES_MAX     4u
#define CLEAN_SESSION_WILL_QOS1_RETAIN 0x2Eu /* connect flags, section 3.1.2.3 */

enum reader_phase { READ_HEADER, READ_LENGTH, READ_BODY };

/* A cursor that has been given enough room beforehand: sizes are computed before the first byte is
 * written. */
struct cursor {
    uint8_t *at;
};

static void put_u8(struct cursor *c, unsigned value) {
    *c->at++ = (uint8_t)value;
}

static void put_u16(struct cursor *c, size_t value) {
    put_u8(c, (unsigned)(value >> 8) & 0xFFu);
    put_u8(c, (unsigned)value & 0xFFu);
}

static void put_bytes(struct cursor *c, const void *bytes, size_t length) {
    memcpy(c->at, bytes, length);
    c->at += length;
}

static void put_field(struct cursor *c, const void *bytes, size_t length) {
    put_u16(c, length);
    put_bytes(c, bytes, length);
}

static size_t length_bytes(size_t remaining) {
    return remaining < 128u ? 1u : remaining < 16384u ? 2u : remaining < 2097152u ? 3u : 4u;
}

static void put_header(struct cursor *c, unsigned first, size_t remaining) {
    put_u8(c, first);
    do {
        const unsigned low = (unsigned)(remaining & 0x7Fu);
        remaining >>= 7;
        put_u8(c, remaining > 0 ? low | 0x80u : low);
    } while (remaining > 0);
}

static unsigned first_byte(enum mqtt_packet_type type, unsigned flags) {
    return ((unsigned)type << 4) | flags;
}

static bool field_fits(size_t length) {
    return length <= UINT16_MAX;
}

size_t mqtt_write_connect(uint8_t *out, size_t cap, const struct mqtt_connect *connect) {
    const size_t id_length = strlen(connect->client_id);
    const size_t topic_length = strlen(connect->will_topic);
    if (!field_fits(id_length) || !field_fits(topic_length) || !field_fits(connect->will_length)) {
        return 0;
    }
    const size_t remaining = 10u + 2u + id_length + 2u + topic_length + 2u + connect->will_length;
    const size_t total = 1u + length_bytes(remaining) + remaining;
    if (total > cap) {
        return 0;
    }
    struct cursor c = {out};
    put_header(&c, first_byte(MQTT_CONNECT, 0), remaining);
    put_field(&c, "MQTT", 4);
    put_u8(&c, 4); /* protocol level of 3.1.1 */
    put_u8(&c, CLEAN_SESSION_WILL_QOS1_RETAIN);
    put_u16(&c, connect->keep_alive_s);
    put_field(&c, connect->client_id, id_length);
    put_field(&c, connect->will_topic, topic_length);
    put_field(&c, connect->will, connect->will_length);
    return total;
}

size_t mqtt_write_subscribe(uint8_t *out, size_t cap, uint16_t packet_id, const char *filter) {
    const size_t filter_length = strlen(filter);
    const size_t remaining = 2u + 2u + filter_length + 1u;
    const size_t total = 1u + length_bytes(remaining) + remaining;
    if (!field_fits(filter_length) || total > cap) {
        return 0;
    }
    struct cursor c = {out};
    put_header(&c, first_byte(MQTT_SUBSCRIBE, 2), remaining);
    put_u16(&c, packet_id);
    put_field(&c, filter, filter_length);
    put_u8(&c, 1); /* QoS 1 */
    return total;
}

size_t mqtt_write_puback(uint8_t *out, size_t cap, uint16_t packet_id) {
    if (cap < 4) {
        return 0;
    }
    struct cursor c = {out};
    put_header(&c, first_byte(MQTT_PUBACK, 0), 2);
    put_u16(&c, packet_id);
    return 4;
}

size_t mqtt_write_bare(uint8_t *out, size_t cap, enum mqtt_packet_type type) {
    if (cap < 2) {
        return 0;
    }
    struct cursor c = {out};
    put_header(&c, first_byte(type, 0), 0);
    return 2;
}

size_t mqtt_write_publish(uint8_t *out, size_t cap, const struct mqtt_message *message) {
    const size_t remaining = 2u + message->topic_length + 2u + message->payload_length;
    const size_t total = 1u + length_bytes(remaining) + remaining;
    if (message->payload_length > cap || total > cap) {
        return 0;
    }
    struct cursor c = {out};
    put_header(&c, first_byte(MQTT_PUBLISH, message->retained ? 3u : 2u), remaining);
    put_field(&c, message->topic, message->topic_length);
    put_u16(&c, message->packet_id);
    put_bytes(&c, message->payload, message->payload_length);
    return total;
}

void mqtt_reader_init(struct mqtt_reader *reader, uint8_t *buffer, size_t cap) {
    *reader = (struct mqtt_reader){.buffer = buffer, .cap = cap, .phase = READ_HEADER};
}

enum mqtt_packet_type mqtt_reader_type(const struct mqtt_reader *reader) {
    return (enum mqtt_packet_type)(reader->header >> 4);
}

static enum mqtt_event take_header(struct mqtt_reader *reader, uint8_t byte) {
    const unsigned flags = byte & 0x0Fu;
    mqtt_reader_init(reader, reader->buffer, reader->cap);
    reader->header = byte;
    reader->phase = READ_LENGTH;
    switch (byte >> 4) {
    case MQTT_PUBLISH:
        reader->qos = (uint8_t)((flags >> 1) & 3u);
        /* The only subscription asks for QoS 1, so 2 and 3 can't come from a broker in step. */
        return reader->qos <= 1 ? MQTT_MORE : MQTT_MALFORMED;
    case MQTT_CONNACK:
    case MQTT_PUBACK:
    case MQTT_SUBACK:
    case MQTT_PINGRESP:
        return flags == 0 ? MQTT_MORE : MQTT_MALFORMED;
    default:
        return MQTT_MALFORMED;
    }
}

static bool length_is_legal(const struct mqtt_reader *reader) {
    switch (mqtt_reader_type(reader)) {
    case MQTT_PUBLISH:
        return reader->remaining >= (reader->qos == 0 ? 3u : 5u); /* a topic has a byte at least */
    case MQTT_SUBACK:
        return reader->remaining == 3; /* one filter per SUBSCRIBE */
    case MQTT_PINGRESP:
        return reader->remaining == 0;
    default:
        return reader->remaining == 2;
    }
}

static enum mqtt_event take_length(struct mqtt_reader *reader, uint8_t byte) {
    reader->remaining |= (uint32_t)(byte & 0x7Fu) << reader->length_shift;
    reader->length_shift = (uint8_t)(reader->length_shift + 7u);
    if (byte & 0x80u) {
        return reader->length_shift < 7u * REMAINING_LENGTH_BYTES_MAX ? MQTT_MORE : MQTT_MALFORMED;
    }
    if (!length_is_legal(reader)) {
        return MQTT_MALFORMED;
    }
    reader->phase = READ_BODY;
    if (reader->remaining == 0) {
        reader->phase = READ_HEADER;
        return MQTT_PACKET;
    }
    return MQTT_MORE;
}

/* The packet id of a PUBLISH is caught as it goes by: an oversize one has to be acknowledged too.
 */
static void watch_publish(struct mqtt_reader *reader, uint8_t byte) {
    const uint32_t at = reader->taken;
    if (at < 2) {
        reader->topic_length = (uint16_t)((reader->topic_length << 8) | byte);
    } else if (reader->qos == 1 && at >= 2u + reader->topic_length &&
               at < 4u + reader->topic_length) {
        reader->packet_id = (uint16_t)((reader->packet_id << 8) | byte);
    }
}

static bool publish_is_legal(const struct mqtt_reader *reader) {
    const uint32_t fields = 2u + reader->topic_length + (reader->qos == 1 ? 2u : 0u);
    return reader->topic_length > 0 && fields <= reader->remaining &&
           (reader->qos == 0 || reader->packet_id != 0);
}

enum mqtt_event mqtt_reader_push(struct mqtt_reader *reader, uint8_t byte) {
    if (reader->phase == READ_HEADER) {
        return take_header(reader, byte);
    }
    if (reader->phase == READ_LENGTH) {
        return take_length(reader, byte);
    }
    const bool publish = mqtt_reader_type(reader) == MQTT_PUBLISH;
    if (publish) {
        watch_publish(reader, byte);
    }
    if (reader->taken < reader->cap) {
        reader->buffer[reader->taken] = byte;
    }
    reader->taken++;
    if (reader->taken < reader->remaining) {
        return MQTT_MORE;
    }
    reader->phase = READ_HEADER;
    if (publish && !publish_is_legal(reader)) {
        return MQTT_MALFORMED;
    }
    return reader->remaining <= reader->cap ? MQTT_PACKET : MQTT_OVERSIZE;
}

bool mqtt_reader_message(const struct mqtt_reader *reader, struct mqtt_message *message) {
    if (mqtt_reader_type(reader) != MQTT_PUBLISH || reader->remaining > reader->cap ||
        !publish_is_legal(reader)) {
        return false;
    }
    const size_t fields = 2u + reader->topic_length + (reader->qos == 1 ? 2u : 0u);
    *message = (struct mqtt_message){
        .topic = (const char *)reader->buffer + 2,
        .topic_length = reader->topic_length,
        .retained = (reader->header & 1u) != 0,
        .duplicate = (reader->header & MQTT_DUP_BIT) != 0,
        .qos = reader->qos,
        .packet_id = reader->packet_id,
        .payload = reader->buffer + fields,
        .payload_length = reader->remaining - fields,
    };
    return true;
}
