#include "port/cortex_m/serial.h"

/* Powers of two. The sensor's receive ring holds SENSOR_CREDITS coded windows of 1,037 bytes; the
 * network's take what comes during a training step at 115,200 baud, and most messages whole. */
#define NETWORK_RX_BYTES 2048u
#define NETWORK_TX_BYTES 1024u
#define SENSOR_RX_BYTES  4096u
#define SENSOR_TX_BYTES  64u

static uint8_t network_rx[NETWORK_RX_BYTES];
static uint8_t network_tx[NETWORK_TX_BYTES];
static uint8_t sensor_rx[SENSOR_RX_BYTES];
static uint8_t sensor_tx[SENSOR_TX_BYTES];

struct serial serial_ports[2] = {
    [UART_NETWORK] = {{network_rx, NETWORK_RX_BYTES, 0, 0}, {network_tx, NETWORK_TX_BYTES, 0, 0}},
    [UART_SENSOR] = {{sensor_rx, SENSOR_RX_BYTES, 0, 0}, {sensor_tx, SENSOR_TX_BYTES, 0, 0}},
};

static void interrupts_off(void) {
    __asm volatile("cpsid i" ::: "memory");
}

static void interrupts_on(void) {
    __asm volatile("cpsie i" ::: "memory");
}

size_t uart_read(enum uart uart, uint8_t *out, size_t cap) {
    struct ring *ring = &serial_ports[uart].received;
    size_t n = 0;
    const bool was_full = ring_is_full(ring);
    while (n < cap && !ring_is_empty(ring)) {
        out[n++] = ring_take(ring);
    }
    if (was_full && n > 0) {
        interrupts_off(); /* bytes held back raise no new interrupt: fetch them */
        serial_receive(uart);
        interrupts_on();
    }
    return n;
}

size_t uart_write(enum uart uart, const uint8_t *bytes, size_t length) {
    struct ring *ring = &serial_ports[uart].to_send;
    size_t n = 0;
    while (n < length && !ring_is_full(ring)) {
        ring_put(ring, bytes[n++]);
    }
    interrupts_off();
    serial_transmit(uart);
    interrupts_on();
    return n;
}

/* With interrupts masked WFI still wakes up when one is pending, so a byte that comes after the
 * look is not slept over. */
void uart_wait(void) {
    interrupts_off();
    if (ring_is_empty(&serial_ports[UART_NETWORK].received) &&
        ring_is_empty(&serial_ports[UART_SENSOR].received)) {
        __asm volatile("dsb\n wfi" ::: "memory");
    }
    interrupts_on();
}
