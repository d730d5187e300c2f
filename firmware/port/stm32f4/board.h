/*
 * STM32F405 / STM32F407 with 1 MB of flash (Cortex-M4F): addresses, interrupt numbers, pins.
 * Source: ST RM0090 (memory map 2.3, flash 3, RCC 7, GPIO 8, RNG 24, USART 30, IWDG 21); QEMU
 * hw/arm/stm32f405_soc.c. At BOARD_NOTHING_BASE the bus answers with an error.
 */
#ifndef STM32F4_BOARD_H
#define STM32F4_BOARD_H

#include <stdint.h>

#define BOARD_NAME     "stm32f4"
#define BOARD_CLOCK_HZ 168000000u
/* The crystal: 8 MHz on STM32F4DISCOVERY, 25 MHz on Netduino Plus 2 (make HSE_MHZ=25). */
#ifndef BOARD_HSE_MHZ
#define BOARD_HSE_MHZ 8u
#endif

/*
 * Flash by sectors, because a sector is what is erased:
 *   0..4   0x08000000 128 KB  program
 *   5      0x08020000 128 KB  provisioning page, then model page, 64 KB each
 *   6..11  0x08040000 768 KB  the store: two sectors for each of its three records (flash.c)
 */
#define BOARD_FLASH_BASE        0x08000000u
#define BOARD_FLASH_BYTES       0x00020000u
#define BOARD_PAGES_BASE        0x08020000u
#define BOARD_PAGE_BYTES        0x00010000u
#define BOARD_PROVISIONING_BASE BOARD_PAGES_BASE
#define BOARD_MODEL_BASE        (BOARD_PAGES_BASE + BOARD_PAGE_BYTES)
#define BOARD_STORE_BASE        0x08040000u
#define BOARD_STORE_BYTES       0x000C0000u
#define BOARD_STORE_SECTOR      6u
#define BOARD_SECTOR_BYTES      0x00020000u /* sectors 5 to 11 */

/* The 128 KB that the bus matrix reaches in one piece; the 64 KB of CCM are not used. */
#define BOARD_RAM_BASE  0x20000000u
#define BOARD_RAM_BYTES 0x00020000u

#define BOARD_PERIPHERAL_BASE  0x40000000u
#define BOARD_PERIPHERAL_BYTES 0x00040000u
#define BOARD_NOTHING_BASE     0x90000000u

/* QEMU has no IWDG for this chip. */
#define BOARD_WATCHDOG_UNMODELLED

#define BOARD_RCC_BASE   0x40023800u
#define BOARD_PWR_BASE   0x40007000u
#define BOARD_FLASH_REGS 0x40023C00u
#define BOARD_GPIOA_BASE 0x40020000u
#define BOARD_GPIOB_BASE 0x40020400u
#define BOARD_IWDG_BASE  0x40003000u
#define BOARD_RNG_BASE   0x50060800u

/* Network: USART1, PA9 TX, PA10 RX, PA11 CTS, PA12 RTS. Sensor: USART2, PA2 TX, PA3 RX. Log:
 * USART3, PB10 TX. All on alternate function 7. */
#define BOARD_USART1_BASE 0x40011000u
#define BOARD_USART2_BASE 0x40004400u
#define BOARD_USART3_BASE 0x40004800u

#define BOARD_IRQ_USART1 37
#define BOARD_IRQ_USART2 38
#define BOARD_IRQ_COUNT  82

/* The external part of the vector table, for port/cortex_m/startup.c. */
#define BOARD_VECTORS(VECTOR)                                                                      \
    VECTOR(BOARD_IRQ_USART1, usart1_irq)                                                           \
    VECTOR(BOARD_IRQ_USART2, usart2_irq)

#define BOARD_REGISTER(base, offset) (*(volatile uint32_t *)((base) + (offset)))

#endif
