/*
 * CMSDK APB UARTs. Receive: the interrupt moves bytes into a ring; when the ring is full bytes stay
 * in the UART, whose one-byte register holds the sender back, until uart_read has made room.
 * Transmit: a ring emptied by the interrupt.
 *
 * The receive handler clears the interrupt first and then reads until the UART is empty: QEMU
 * raises it per byte, Renode only when a byte arrives in its queue, and clearing afterwards could
 * lose one.
 */
#include "port/cortex_m/serial.h"

#define STATE_TX_FULL    1u
#define STATE_RX_FULL    2u
#define INTERRUPT_TX     1u
#define INTERRUPT_RX     2u
#define CONTROL_ON       0x0Fu   /* both directions with their interrupts */
#define LOG_TURNS_MAX    100000u /* one byte at 115,200 baud takes a few thousand */
#define DIVIDER_MIN      16u     /* the Arm manual's smallest; the emulators do not pace by it */
#define CONTROL_TX_ON    1u
#define NVIC_ENABLE(irq) (((volatile uint32_t *)0xE000E100u)[(irq) / 32u])

static struct board_uart *const uarts[] = {
    [UART_NETWORK] = BOARD_UART0,
    [UART_SENSOR] = BOARD_UART1,
};

void serial_receive(enum uart uart) {
    struct ring *ring = &serial_ports[uart].received;
    uarts[uart]->interrupt = INTERRUPT_RX;
    while (!ring_is_full(ring) && (uarts[uart]->state & STATE_RX_FULL)) {
        ring_put(ring, (uint8_t)uarts[uart]->data);
    }
}

void serial_transmit(enum uart uart) {
    struct ring *ring = &serial_ports[uart].to_send;
    uarts[uart]->interrupt = INTERRUPT_TX;
    while (!ring_is_empty(ring) && !(uarts[uart]->state & STATE_TX_FULL)) {
        uarts[uart]->data = ring_take(ring);
    }
}

void uart0_rx_irq(void);
void uart0_tx_irq(void);
void uart1_rx_irq(void);
void uart1_tx_irq(void);
void uart0_rx_irq(void) {
    serial_receive(UART_NETWORK);
}
void uart0_tx_irq(void) {
    serial_transmit(UART_NETWORK);
}
void uart1_rx_irq(void) {
    serial_receive(UART_SENSOR);
}
void uart1_tx_irq(void) {
    serial_transmit(UART_SENSOR);
}

void uart_init(void) {
    for (unsigned i = 0; i < sizeof uarts / sizeof uarts[0]; i++) {
        uarts[i]->divider = DIVIDER_MIN;
        uarts[i]->interrupt = INTERRUPT_TX | INTERRUPT_RX;
        uarts[i]->control = CONTROL_ON;
    }
    BOARD_UART2->divider = DIVIDER_MIN;
    BOARD_UART2->control = CONTROL_TX_ON;
    for (uint32_t irq = BOARD_IRQ_UART0_RX; irq <= BOARD_IRQ_UART1_TX; irq++) {
        NVIC_ENABLE(irq) = 1u << irq % 32u;
    }
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
