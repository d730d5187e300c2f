/*
 * CMSDK APB UARTs. Receive: the interrupt moves bytes into a ring; when the ring is full bytes stay
 * in the UART, whose one-byte register holds the sender back, until uart_read has made room.
 * Transmit: a ring emptied by the interrupt.
 *
 * The receive handler clears the interrupt first and then reads until the UART is empty: QEMU
 * raises it per byte, Renode only when a byte arrives in its queue, and clearing afterwards could
 * lose one.
 */
#include "port/cortex_m/board_port.h"

#define STATE_TX_FULL    1u
#define STATE_RX_FULL    2u
#define INTERRUPT_TX     1u
#define INTERRUPT_RX     2u
#define CONTROL_ON       0x0Fu   /* both directions with their interrupts */
#define LOG_TURNS_MAX    100000u /* one byte at 115,200 baud takes a few thousand */
#define DIVIDER_MIN      16u     /* the Arm manual's smallest; the emulators do not pace by it */
#define CONTROL_TX_ON    1u
#define NVIC_ENABLE(irq) (((volatile uint32_t *)0xE000E100u)[(irq) / 32u])

/* Powers of two. The sensor's receive ring holds SENSOR_CREDITS coded windows of 1,037 bytes; the
 * network's take what comes during a training step at 115,200 baud, and most messages whole. */
#define NETWORK_RX_BYTES 2048u
#define NETWORK_TX_BYTES 1024u
#define SENSOR_RX_BYTES  4096u
#define SENSOR_TX_BYTES  64u

/* One writer and one reader: head belongs to the producer, tail to the consumer; both only grow. */
struct ring {
    uint8_t *bytes;
    uint32_t size;
    volatile uint32_t head;
    volatile uint32_t tail;
};

struct port {
    struct board_uart *uart;
    struct ring received;
    struct ring to_send;
};

static uint8_t network_rx[NETWORK_RX_BYTES];
static uint8_t network_tx[NETWORK_TX_BYTES];
static uint8_t sensor_rx[SENSOR_RX_BYTES];
static uint8_t sensor_tx[SENSOR_TX_BYTES];

static struct port ports[] = {
    [UART_NETWORK] = {BOARD_UART0,
                      {network_rx, NETWORK_RX_BYTES, 0, 0},
                      {network_tx, NETWORK_TX_BYTES, 0, 0}},
    [UART_SENSOR] = {BOARD_UART1,
                     {sensor_rx, SENSOR_RX_BYTES, 0, 0},
                     {sensor_tx, SENSOR_TX_BYTES, 0, 0}},
};

static void interrupts_off(void) {
    __asm volatile("cpsid i" ::: "memory");
}

static void interrupts_on(void) {
    __asm volatile("cpsie i" ::: "memory");
}

static bool is_full(const struct ring *ring) {
    return ring->head - ring->tail == ring->size;
}

static bool is_empty(const struct ring *ring) {
    return ring->head == ring->tail;
}

/* In an interrupt, or with interrupts off. */
static void receive(struct port *port) {
    struct ring *ring = &port->received;
    port->uart->interrupt = INTERRUPT_RX;
    while (!is_full(ring) && (port->uart->state & STATE_RX_FULL)) {
        ring->bytes[ring->head & (ring->size - 1u)] = (uint8_t)port->uart->data;
        ring->head = ring->head + 1u;
    }
}

/* In an interrupt, or with interrupts off. */
static void transmit(struct port *port) {
    struct ring *ring = &port->to_send;
    port->uart->interrupt = INTERRUPT_TX;
    while (!is_empty(ring) && !(port->uart->state & STATE_TX_FULL)) {
        port->uart->data = ring->bytes[ring->tail & (ring->size - 1u)];
        ring->tail = ring->tail + 1u;
    }
}

void uart0_rx_irq(void);
void uart0_tx_irq(void);
void uart1_rx_irq(void);
void uart1_tx_irq(void);
void uart0_rx_irq(void) {
    receive(&ports[UART_NETWORK]);
}
void uart0_tx_irq(void) {
    transmit(&ports[UART_NETWORK]);
}
void uart1_rx_irq(void) {
    receive(&ports[UART_SENSOR]);
}
void uart1_tx_irq(void) {
    transmit(&ports[UART_SENSOR]);
}

void uart_init(void) {
    for (unsigned i = 0; i < sizeof ports / sizeof ports[0]; i++) {
        ports[i].uart->divider = DIVIDER_MIN;
        ports[i].uart->interrupt = INTERRUPT_TX | INTERRUPT_RX;
        ports[i].uart->control = CONTROL_ON;
    }
    BOARD_UART2->divider = DIVIDER_MIN;
    BOARD_UART2->control = CONTROL_TX_ON;
    for (uint32_t irq = BOARD_IRQ_UART0_RX; irq <= BOARD_IRQ_UART1_TX; irq++) {
        NVIC_ENABLE(irq) = 1u << irq % 32u;
    }
}

size_t uart_read(enum uart uart, uint8_t *out, size_t cap) {
    struct port *port = &ports[uart];
    struct ring *ring = &port->received;
    size_t n = 0;
    const bool was_full = is_full(ring);
    while (n < cap && !is_empty(ring)) {
        out[n++] = ring->bytes[ring->tail & (ring->size - 1u)];
        ring->tail = ring->tail + 1u;
    }
    if (was_full && n > 0) {
        interrupts_off(); /* bytes held back raise no new interrupt: fetch them */
        receive(port);
        interrupts_on();
    }
    return n;
}

size_t uart_write(enum uart uart, const uint8_t *bytes, size_t length) {
    struct port *port = &ports[uart];
    struct ring *ring = &port->to_send;
    size_t n = 0;
    while (n < length && !is_full(ring)) {
        ring->bytes[ring->head & (ring->size - 1u)] = bytes[n++];
        ring->head = ring->head + 1u;
    }
    interrupts_off();
    transmit(port);
    interrupts_on();
    return n;
}

/* With interrupts masked WFI still wakes up when one is pending, so a byte that comes after the
 * look is not slept over. */
void uart_wait(void) {
    interrupts_off();
    if (is_empty(&ports[UART_NETWORK].received) && is_empty(&ports[UART_SENSOR].received)) {
        __asm volatile("dsb\n wfi" ::: "memory");
    }
    interrupts_on();
}

/* Polled, for a bounded time: the log must work when nothing else does, and never hold the device
 * up. */
void board_log(const char *text) {
    for (; *text != '\0'; text++) {
        for (uint32_t turn = 0; turn < LOG_TURNS_MAX && (BOARD_UART2->state & STATE_TX_FULL);
             turn++) {
        }
        BOARD_UART2->data = (uint8_t)*text;
    }
}
