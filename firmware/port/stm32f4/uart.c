/*
 * USARTs with ring buffers. Receive: the interrupt moves bytes into a ring; when the ring is full
 * the interrupt is masked, the byte stays in the USART and RTS holds a modem back that honours it
 * (without the wire, bytes are lost as overruns, and MQTT or the sensor link sends them again).
 * Transmit: what the USART takes goes out at once, the interrupt sends the rest.
 */
#include "port/cortex_m/serial.h"
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

struct usart {
    volatile uint32_t status;
    volatile uint32_t data;
    volatile uint32_t baud;
    volatile uint32_t control1;
    volatile uint32_t control2;
    volatile uint32_t control3;
};

static struct usart *const log_usart = (struct usart *)BOARD_USART3_BASE;
static struct usart *const usarts[] = {
    [UART_NETWORK] = (struct usart *)BOARD_USART1_BASE,
    [UART_SENSOR] = (struct usart *)BOARD_USART2_BASE,
};

/* Reading status, then data, also clears an overrun. */
void serial_receive(enum uart uart) {
    struct ring *ring = &serial_ports[uart].received;
    struct usart *usart = usarts[uart];
    uint32_t status = usart->status;
    while ((status & (STATUS_RX_READY | STATUS_OVERRUN)) && !ring_is_full(ring)) {
        const uint8_t byte = (uint8_t)usart->data;
        if (status & STATUS_RX_READY) {
            ring_put(ring, byte);
        }
        status = usart->status;
    }
    if (ring_is_full(ring)) {
        usart->control1 &= ~CONTROL1_RX_IRQ;
    } else {
        usart->control1 |= CONTROL1_RX_IRQ;
    }
}

void serial_transmit(enum uart uart) {
    struct ring *ring = &serial_ports[uart].to_send;
    struct usart *usart = usarts[uart];
    while (!ring_is_empty(ring) && (usart->status & STATUS_TX_READY)) {
        usart->data = ring_take(ring);
    }
    if (ring_is_empty(ring)) {
        usart->control1 &= ~CONTROL1_TX_IRQ;
    } else {
        usart->control1 |= CONTROL1_TX_IRQ;
    }
}

void usart1_irq(void);
void usart2_irq(void);
void usart1_irq(void) {
    serial_receive(UART_NETWORK);
    serial_transmit(UART_NETWORK);
}
void usart2_irq(void) {
    serial_receive(UART_SENSOR);
    serial_transmit(UART_SENSOR);
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
    usarts[UART_NETWORK]->control3 = CONTROL3_RTS;
    start(usarts[UART_NETWORK], clock_apb2_hz(), NETWORK_BAUD, CONTROL1_RX_IRQ);
    start(usarts[UART_SENSOR], clock_apb1_hz(), SENSOR_BAUD, CONTROL1_RX_IRQ);
    start(log_usart, clock_apb1_hz(), LOG_BAUD, 0);
    NVIC_ENABLE(BOARD_IRQ_USART1) = 1u << BOARD_IRQ_USART1 % 32u | 1u << BOARD_IRQ_USART2 % 32u;
    _Static_assert(BOARD_IRQ_USART1 / 32 == BOARD_IRQ_USART2 / 32, "one register for both");
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
