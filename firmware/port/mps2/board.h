/*
 * MPS2 board with a Cortex-M3 / M4 / M7 (images AN385 / AN386 / AN500): addresses and interrupt
 * numbers. Source: Arm DAI 0385D / 0386D / 0500B memory maps; QEMU hw/arm/mps2.c. The three images
 * agree but for the PSRAM.
 */
#ifndef MPS2_BOARD_H
#define MPS2_BOARD_H

#include <stdint.h>

#define BOARD_CLOCK_HZ 25000000u /* SysTick and CMSDK timers */

#define BOARD_UART0_BASE  0x40004000u /* CMSDK APB UART: network */
#define BOARD_UART1_BASE  0x40005000u /* CMSDK APB UART: sensor feed */
#define BOARD_TIMER0_BASE 0x40000000u /* CMSDK APB timer, 32 bit, counts down */

/* External interrupt numbers; their handlers are weak symbols of startup.c. */
#define BOARD_IRQ_UART0_RX 0 /* uart0_rx_irq */
#define BOARD_IRQ_UART0_TX 1 /* uart0_tx_irq */
#define BOARD_IRQ_UART1_RX 2 /* uart1_rx_irq */
#define BOARD_IRQ_UART1_TX 3 /* uart1_tx_irq */
#define BOARD_IRQ_TIMER0   8 /* timer0_irq */

/* Physical map. RAM the firmware may use is 256 KB: the linker script and the MPU both enforce it.
 */
#define BOARD_FLASH_BASE        0x00000000u
#define BOARD_FLASH_BYTES       0x00080000u
#define BOARD_PROVISIONING_BASE 0x00080000u /* read-only page placed by the loader */
#define BOARD_RAM_BASE          0x20000000u
#define BOARD_RAM_BYTES         0x00040000u
/* PSRAM; backed by a host file in QEMU. AN500 has it at 0x60000000, see mk/target.mk. */
#ifndef BOARD_NVRAM_BASE
#define BOARD_NVRAM_BASE 0x21000000u
#endif
#define BOARD_NVRAM_BYTES 0x01000000u

struct board_uart {
    volatile uint32_t data;
    volatile uint32_t state; /* bit 0 TX full, bit 1 RX full, bit 2 TX overrun, bit 3 RX overrun */
    volatile uint32_t control;   /* bit 0 TX on, 1 RX on, 2 TX interrupt, 3 RX interrupt */
    volatile uint32_t interrupt; /* bit 0 TX, bit 1 RX; write 1 clears */
    volatile uint32_t divider;   /* >= 16 */
};

struct board_timer {
    volatile uint32_t control; /* bit 0 on */
    volatile uint32_t value;
    volatile uint32_t reload;
    volatile uint32_t interrupt;
};

#define BOARD_UART0  ((struct board_uart *)BOARD_UART0_BASE)
#define BOARD_UART1  ((struct board_uart *)BOARD_UART1_BASE)
#define BOARD_TIMER0 ((struct board_timer *)BOARD_TIMER0_BASE)

#endif
