/*
 * USARTs with ring buffers. Receive: the interrupt moves bytes into a ring; when the ring is full
 * the interrupt is masked, the byte stays in the USART and RTS holds a modem back that honours it
 * (without the wire, bytes are lost as overruns, and MQTT or the sensor link sends them again).
 * Transmit: what the USART takes goes out at once, the interrupt sends the rest.
 */
#include "port/stm32f4/stm32f4.h"

#define STATUS_OVERRUN  (1u << 3)
#define STATUS_RX_READY (1u << 5)
#define STATUS_TX_READY (1u << 7)
#define CONTROL1_ON     (1u << 13 | 1u << 3 | 1u << 2) /* USART, transmitter, receiver */
#define CONTROL1_RX_IRQ (1u << 5)
#define CONTROL1_TX_IRQ (1u << 7)
#define CONTROL3_RTS    (1u << 8)
/* CTS is left off: with nothing wired to it the line floats, and a device that never sends is worse
 * than a byte too many. */

#define NETWORK_BAUD 115200u /* what transparent serial modems are delivered with */
#define SENSOR_BAUD  921600u /* a window of 1,037 bytes in 11 ms */
#define LOG_BAUD     115200u

#define GPIO_ALTERNATE   2u
#define GPIO_AF_USART123 7u

#define NVIC_ENABLE(irq) (((volatile uint32_t *)0xE000E100u)[(irq) / 32u])

#define LOG_TURNS_MAX 100000u /* one byte at 115,200 baud takes about 15,000 cycles */

/* Powers of two. The sensor's receive ring holds SENSOR_CREDITS coded windows of 1,037 bytes. */
#define NETWORK_RX_BYTES 2048u
#define NETWORK_TX_BYTES 1024u
#define SENSOR_RX_BYTES  4096u
#define SENSOR_TX_BYTES  64u

struct usart {
    volatile uint32_t status;
    volatile uint32_t data;
    volatile uint32_t baud;
    volatile uint32_t control1;
    volatile uint32_t control2;
    volatile uint32_t control3;
};

/* One writer and one reader: head belongs to the producer, tail to the consumer; both only grow. */
struct ring {
    uint8_t *bytes;
    uint32_t size;
    volatile uint32_t head;
    volatile uint32_t tail;
};

struct port {
    struct usart *usart;
    struct ring received;
    struct ring to_send;
};

static uint8_t network_rx[NETWORK_RX_BYTES];
static uint8_t network_tx[NETWORK_TX_BYTES];
static uint8_t sensor_rx[SENSOR_RX_BYTES];
static uint8_t sensor_tx[SENSOR_TX_BYTES];

static struct usart *const log_usart = (struct usart *)BOARD_USART3_BASE;
static struct port ports[] = {
    [UART_NETWORK] = {(struct usart *)BOARD_USART1_BASE,
                      {network_rx, NETWORK_RX_BYTES, 0, 0},
                      {network_tx, NETWORK_TX_BYTES, 0, 0}},
    [UART_SENSOR] = {(struct usart *)BOARD_USART2_BASE,
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

/* In an interrupt, or with interrupts off. Reading status, then data, also clears an overrun. */
static void receive(struct port *port) {
    struct ring *ring = &port->received;
    struct usart *usart = port->usart;
    uint32_t status = usart->status;
    while ((status & (STATUS_RX_READY | STATUS_OVERRUN)) && !is_full(ring)) {
        const uint8_t byte = (uint8_t)usart->data;
        if (status & STATUS_RX_READY) {
            ring->bytes[ring->head & (ring->size - 1u)] = byte;
            ring->head = ring->head + 1u;
        }
        status = usart->status;
    }
    if (is_full(ring)) {
        usart->control1 &= ~CONTROL1_RX_IRQ;
    } else {
        usart->control1 |= CONTROL1_RX_IRQ;
    }
}

/* In an interrupt, or with interrupts off. */
static void transmit(struct port *port) {
    struct ring *ring = &port->to_send;
    struct usart *usart = port->usart;
    while (!is_empty(ring) && (usart->status & STATUS_TX_READY)) {
        usart->data = ring->bytes[ring->tail & (ring->size - 1u)];
        ring->tail = ring->tail + 1u;
    }
    if (is_empty(ring)) {
        usart->control1 &= ~CONTROL1_TX_IRQ;
    } else {
        usart->control1 |= CONTROL1_TX_IRQ;
    }
}

void usart1_irq(void);
void usart2_irq(void);
void usart1_irq(void) {
    receive(&ports[UART_NETWORK]);
    transmit(&ports[UART_NETWORK]);
}
void usart2_irq(void) {
    receive(&ports[UART_SENSOR]);
    transmit(&ports[UART_SENSOR]);
}

/* pin 0..15 as the USART's. */
static void pin_to_usart(uint32_t gpio, uint32_t pin) {
    volatile uint32_t *mode = &BOARD_REGISTER(gpio, 0x00);
    volatile uint32_t *pull = &BOARD_REGISTER(gpio, 0x0C);
    volatile uint32_t *alternate = &BOARD_REGISTER(gpio, 0x20 + pin / 8u * 4u);
    *alternate = (*alternate & ~(0xFu << pin % 8u * 4u)) | GPIO_AF_USART123 << pin % 8u * 4u;
    *mode = (*mode & ~(3u << pin * 2u)) | GPIO_ALTERNATE << pin * 2u;
    *pull = (*pull & ~(3u << pin * 2u)) | 1u << pin * 2u; /* an open input rests at idle */
}

static void start(struct usart *usart, uint32_t bus_hz, uint32_t baud, uint32_t control1) {
    usart->baud = (bus_hz + baud / 2u) / baud;
    usart->control1 = CONTROL1_ON | control1;
}

void uart_init(void) {
    static const uint8_t network_and_sensor[] = {2, 3, 9, 10, 12};
    for (uint32_t i = 0; i < sizeof network_and_sensor; i++) {
        pin_to_usart(BOARD_GPIOA_BASE, network_and_sensor[i]);
    }
    pin_to_usart(BOARD_GPIOB_BASE, 10);
    ports[UART_NETWORK].usart->control3 = CONTROL3_RTS;
    start(ports[UART_NETWORK].usart, clock_apb2_hz(), NETWORK_BAUD, CONTROL1_RX_IRQ);
    start(ports[UART_SENSOR].usart, clock_apb1_hz(), SENSOR_BAUD, CONTROL1_RX_IRQ);
    start(log_usart, clock_apb1_hz(), LOG_BAUD, 0);
    NVIC_ENABLE(BOARD_IRQ_USART1) = 1u << BOARD_IRQ_USART1 % 32u | 1u << BOARD_IRQ_USART2 % 32u;
    _Static_assert(BOARD_IRQ_USART1 / 32 == BOARD_IRQ_USART2 / 32, "one register for both");
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
        interrupts_off(); /* fetch what was held back, and listen again */
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
        for (uint32_t turn = 0; turn < LOG_TURNS_MAX && !(log_usart->status & STATUS_TX_READY);
             turn++) {
        }
        log_usart->data = (uint8_t)*text;
    }
}
