/*
 * The whole device: agent, MQTT session and sensor link, turned by one super-loop. What a board
 * gives it is a struct of functions; port/<board>/main.c fills it in and calls device_step for
 * ever, sleeping while device_idle says so.
 */
#ifndef FQT_APP_DEVICE_H
#define FQT_APP_DEVICE_H

#include "app/agent.h"
#include "app/sensor_link.h"
#include "mqtt/mqtt_session.h"

#define DEVICE_KEEP_ALIVE_S 20u
/* What reports may take of the MQTT store; the rest is for birth and acknowledgements. A device
 * that is offline stops making reports at this limit: they are cumulative, so nothing is lost. */
#define DEVICE_REPORT_SLOTS (MQTT_OUT_SLOTS - 2u)
#define DEVICE_REPORT_ROOM                                                                         \
    (FQT_TRAINING_REPORT_BYTES_MAX + FQT_DEVICE_STATUS_BYTES_MAX + FQT_BUDGET_ACK_BYTES_MAX +      \
     3u * (AGENT_TOPIC_MAX + 9u))

/* Reads and writes take or give what they can without waiting. */
struct device_board {
    void *context;
    size_t (*network_read)(void *context, uint8_t *out, size_t cap);
    size_t (*network_write)(void *context, const uint8_t *bytes, size_t length);
    size_t (*sensor_read)(void *context, uint8_t *out, size_t cap);
    size_t (*sensor_write)(void *context, const uint8_t *bytes, size_t length);
    uint64_t (*now_ms)(void *context); /* since boot */
    /* A sensor on the board itself: true when it has filled the window. NULL: only the sensor line
     * delivers windows. */
    bool (*sensor_window)(void *context, int16_t samples[FQT_WINDOW]);
};

struct device {
    struct device_board board;
    struct agent agent;
    struct mqtt_session session;
    struct sensor_link link;
    bool born; /* the broker has been sent a birth message in this boot */
    bool birth_due;
    size_t ack_length; /* 0: no acknowledgement waits for a slot */
    uint32_t windows_rejected;
    uint8_t ack[FQT_BUDGET_ACK_BYTES_MAX];
    uint8_t will[FQT_DEVICE_STATUS_BYTES_MAX];
    uint8_t message[FQT_TRAINING_REPORT_BYTES_MAX];
};

/* PAGE_OK, or what is wrong with *bad_page. */
enum page_status device_init(struct device *device, const struct device_board *board,
                             const struct agent_setup *setup, const char **bad_page);

/* One bounded turn: bytes in, at most one window learnt, messages out. True if there is nothing to
 * do until an interrupt. */
bool device_step(struct device *device);

#endif
