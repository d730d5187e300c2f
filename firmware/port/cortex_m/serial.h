/*
 * The rings between the interrupts of the serial ports and the program. serial.c has the program's
 * side (uart_read, uart_write, uart_wait); a board's uart.c moves bytes between them and its
 * registers.
 */
#ifndef CORTEX_M_SERIAL_H
#define CORTEX_M_SERIAL_H

#include "port/cortex_m/board_port.h"

/* One writer and one reader: head belongs to the producer, tail to the consumer; both only grow. */
struct ring {
    uint8_t *bytes;
    uint32_t size; /* a power of two */
    volatile uint32_t head;
    volatile uint32_t tail;
};

struct serial {
    struct ring received;
    struct ring to_send;
};

/* Indexed by enum uart. */
extern struct serial serial_ports[2];

static inline bool ring_is_full(const struct ring *ring) {
    return ring->head - ring->tail == ring->size;
}

static inline bool ring_is_empty(const struct ring *ring) {
    return ring->head == ring->tail;
}

/* The ring is not full. */
static inline void ring_put(struct ring *ring, uint8_t byte) {
    ring->bytes[ring->head & (ring->size - 1u)] = byte;
    ring->head = ring->head + 1u;
}

/* The ring is not empty. */
static inline uint8_t ring_take(struct ring *ring) {
    const uint8_t byte = ring->bytes[ring->tail & (ring->size - 1u)];
    ring->tail = ring->tail + 1u;
    return byte;
}

/* ---- given by the board; called in an interrupt, or with interrupts off ---- */

/* Moves bytes from the port into its ring until one of them has no more, or no room. */
void serial_receive(enum uart uart);
/* Moves bytes from the ring into the port until one of them has no more, or no room. */
void serial_transmit(enum uart uart);

#endif
