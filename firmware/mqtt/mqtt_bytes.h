/*
 * MQTT 3.1.1 packets as bytes: what this client sends (CONNECT, PUBLISH and SUBSCRIBE with QoS 1,
 * PUBACK, PINGREQ) and an incremental reader of what a broker sends it. No state beyond
 * the reader, no time. Section numbers refer to the OASIS standard MQTT Version 3.1.1.
 */
#ifndef FQT_MQTT_BYTES_H
#define FQT_MQTT_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum mqtt_packet_type {
    MQTT_CONNECT = 1,
    MQTT_CONNACK = 2,
    MQTT_PUBLISH = 3,
    MQTT_PUBACK = 4,
    MQTT_SUBSCRIBE = 8,
    MQTT_SUBACK = 9,
    MQTT_PINGREQ = 12,
    MQTT_PINGRESP = 13
};

#define MQTT_DUP_BIT        0x08u
#define MQTT_SUBACK_REFUSED 0x80u

/* A retained will with QoS 1 goes with every CONNECT; the session is a clean one. Pointers are
 * borrowed. */
struct mqtt_connect {
    const char *client_id;
    const char *will_topic;
    const uint8_t *will;
    size_t will_length; /* <= 65535 (section 3.1.3.3) */
    uint16_t keep_alive_s;
};

/* Each writer returns the packet's length, or 0 and an untouched buffer when it does not fit into
 * cap. */
size_t mqtt_write_connect(uint8_t *out, size_t cap, const struct mqtt_connect *connect);
size_t mqtt_write_subscribe(uint8_t *out, size_t cap, uint16_t packet_id, const char *filter);
size_t mqtt_write_puback(uint8_t *out, size_t cap, uint16_t packet_id);
size_t mqtt_write_bare(uint8_t *out, size_t cap, enum mqtt_packet_type type);

struct mqtt_message {
    const char *topic; /* not terminated when it comes from a reader */
    uint16_t topic_length;
    bool retained;
    bool duplicate;
    uint8_t qos;
    uint16_t packet_id; /* 0 for QoS 0 */
    const uint8_t *payload;
    size_t payload_length;
};

/* Writes a PUBLISH; message->qos is taken as 1, duplicate as false. */
size_t mqtt_write_publish(uint8_t *out, size_t cap, const struct mqtt_message *message);

enum mqtt_event {
    MQTT_MORE,     /* byte taken */
    MQTT_PACKET,   /* a whole packet is in the buffer until the next push */
    MQTT_OVERSIZE, /* a PUBLISH larger than the buffer has gone by; qos, packet_id and total are
                      known */
    MQTT_MALFORMED /* no broker sends this: the stream is out of step, only a new connection helps
                    */
};

struct mqtt_reader {
    uint8_t *buffer;
    size_t cap;
    uint8_t phase;
    uint8_t header;
    uint8_t length_shift;
    uint8_t qos;
    uint16_t topic_length;
    uint16_t packet_id;
    uint32_t remaining; /* remaining length of the packet, <= 268,435,455 (section 2.2.3) */
    uint32_t taken;
};

void mqtt_reader_init(struct mqtt_reader *reader, uint8_t *buffer, size_t cap);
enum mqtt_event mqtt_reader_push(struct mqtt_reader *reader, uint8_t byte);
enum mqtt_packet_type mqtt_reader_type(const struct mqtt_reader *reader);

/* After MQTT_PACKET of type PUBLISH; false when the fields do not fit into the packet. */
bool mqtt_reader_message(const struct mqtt_reader *reader, struct mqtt_message *message);

#endif
