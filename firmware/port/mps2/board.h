/*
 * MPS2 and MPS3 boards, one image each: addresses and interrupt numbers. BOARD_<image> is defined
 * by the build (mk/boards.mk). Sources: Arm DAI 0385D / 0386D / 0500B / 0505B / 0547B memory maps;
 * QEMU hw/arm/mps2.c and mps2-tz.c. The M33 and M55 stay in the secure state they start in, so they
 * see the secure aliases. At BOARD_NOTHING_BASE the bus answers with an error.
 */
#ifndef MPS2_BOARD_H
#define MPS2_BOARD_H

#include <stdint.h>

#if defined(BOARD_AN505) /* Cortex-M33 */
#define BOARD_NAME             "mps2-an505"
#define BOARD_CLOCK_HZ         20000000u
#define BOARD_FLASH_BASE       0x10000000u
#define BOARD_RAM_BASE         0x38000000u
#define BOARD_NVRAM_BASE       0x80000000u
#define BOARD_PAGES_BASE       0x10080000u
#define BOARD_PERIPHERAL_BASE  0x50000000u
#define BOARD_PERIPHERAL_BYTES 0x00400000u
#define BOARD_UART0_BASE       0x50200000u
#define BOARD_UART1_BASE       0x50201000u
#define BOARD_UART2_BASE       0x50202000u
#define BOARD_TIMER0_BASE      0x50000000u
#define BOARD_WATCHDOG_BASE    0x5002E000u
#define BOARD_WATCHDOG_HZ      32768u
#define BOARD_IRQ_UART0_RX     32
#define BOARD_NOTHING_BASE     0x1F000000u
#elif defined(BOARD_AN547) /* Cortex-M55 */
#define BOARD_NAME             "mps3-an547"
#define BOARD_CLOCK_HZ         32000000u
#define BOARD_FLASH_BASE       0x00000000u
#define BOARD_RAM_BASE         0x30000000u
#define BOARD_NVRAM_BASE       0x60000000u
#define BOARD_PAGES_BASE       0x11000000u
#define BOARD_PERIPHERAL_BASE  0x58000000u
#define BOARD_PERIPHERAL_BYTES 0x02000000u
#define BOARD_UART0_BASE       0x59303000u
#define BOARD_UART1_BASE       0x59304000u
#define BOARD_UART2_BASE       0x59305000u
#define BOARD_WATCHDOG_BASE    0x5802E000u
#define BOARD_WATCHDOG_HZ      32768u
#define BOARD_IRQ_UART0_RX     33
#define BOARD_NOTHING_BASE     0x1F000000u
#else /* Cortex-M3 (AN385), M4 (AN386), M7 (AN500): one map but for the PSRAM */
#if defined(BOARD_AN385)
#define BOARD_NAME "mps2-an385"
#elif defined(BOARD_AN500)
#define BOARD_NAME       "mps2-an500"
#define BOARD_NVRAM_BASE 0x60000000u
#else
#define BOARD_NAME "mps2-an386"
#endif
#ifndef BOARD_NVRAM_BASE
#define BOARD_NVRAM_BASE 0x21000000u
#endif
#define BOARD_CLOCK_HZ         25000000u
#define BOARD_FLASH_BASE       0x00000000u
#define BOARD_RAM_BASE         0x20000000u
#define BOARD_PAGES_BASE       0x00080000u
#define BOARD_PERIPHERAL_BASE  0x40000000u
#define BOARD_PERIPHERAL_BYTES 0x00010000u
#define BOARD_UART0_BASE       0x40004000u
#define BOARD_UART1_BASE       0x40005000u
#define BOARD_UART2_BASE       0x40006000u
#define BOARD_TIMER0_BASE      0x40000000u
#define BOARD_WATCHDOG_BASE    0x40008000u
#define BOARD_WATCHDOG_HZ      BOARD_CLOCK_HZ
#define BOARD_IRQ_UART0_RX     0
#define BOARD_NOTHING_BASE     0x90000000u
#endif

/* The four interrupts follow each other on every image. */
#define BOARD_IRQ_UART0_TX (BOARD_IRQ_UART0_RX + 1) /* uart0_tx_irq */
#define BOARD_IRQ_UART1_RX (BOARD_IRQ_UART0_RX + 2) /* uart1_rx_irq */
#define BOARD_IRQ_UART1_TX (BOARD_IRQ_UART0_RX + 3) /* uart1_tx_irq */
#define BOARD_IRQ_COUNT    40

/* The external part of the vector table, for port/cortex_m/startup.c. */
#define BOARD_VECTORS(VECTOR)                                                                      \
    VECTOR(BOARD_IRQ_UART0_RX, uart0_rx_irq)                                                       \
    VECTOR(BOARD_IRQ_UART0_TX, uart0_tx_irq)                                                       \
    VECTOR(BOARD_IRQ_UART1_RX, uart1_rx_irq)                                                       \
    VECTOR(BOARD_IRQ_UART1_TX, uart1_tx_irq)

/* RAM the firmware may use is 256 KB: the linker script and the MPU both enforce it. */
#define BOARD_FLASH_BYTES 0x00080000u
#define BOARD_RAM_BYTES   0x00040000u
/* Two flash pages placed by the loader, 64 KB each: provisioning, then model. */
#define BOARD_PAGE_BYTES        0x00010000u
#define BOARD_PROVISIONING_BASE BOARD_PAGES_BASE
#define BOARD_MODEL_BASE        (BOARD_PAGES_BASE + BOARD_PAGE_BYTES)
/* Window of the PSRAM, backed by a host file in QEMU, that stands for the store's flash. */
#define BOARD_STORE_BASE  BOARD_NVRAM_BASE
#define BOARD_STORE_BYTES 0x00080000u

struct board_uart {
    volatile uint32_t data;
    volatile uint32_t state; /* bit 0 TX full, bit 1 RX full, bit 2 TX overrun, bit 3 RX overrun */
    volatile uint32_t control;   /* bit 0 TX on, 1 RX on, 2 TX interrupt, 3 RX interrupt */
    volatile uint32_t interrupt; /* bit 0 TX, bit 1 RX; write 1 clears */
    volatile uint32_t divider;   /* >= 16 */
};

#define BOARD_UART0 ((struct board_uart *)BOARD_UART0_BASE) /* network */
#define BOARD_UART1 ((struct board_uart *)BOARD_UART1_BASE) /* sensor feed */
#define BOARD_UART2 ((struct board_uart *)BOARD_UART2_BASE) /* log */

#ifdef BOARD_TIMER0_BASE       /* the AN547 has none */
struct board_timer {           /* CMSDK APB timer, 32 bit, counts down at BOARD_CLOCK_HZ */
    volatile uint32_t control; /* bit 0 on */
    volatile uint32_t value;
    volatile uint32_t reload;
    volatile uint32_t interrupt;
};
#define BOARD_TIMER0 ((struct board_timer *)BOARD_TIMER0_BASE)
#endif

#endif
