/* What the files of this port offer each other. Interrupts only move bytes and count ticks;
 * everything else runs in main(). */
#ifndef MPS2_PORT_H
#define MPS2_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/agent.h"
#include "app/store.h"
#include "port/mps2/board.h"

/* Flash pages placed by the loader; each has 64 KB. */
#define MPS2_MODEL_BASE    0x00090000u
#define MPS2_PAGE_BYTES    0x00010000u
#define MPS2_WATCHDOG_BASE 0x40008000u /* CMSDK APB watchdog */
#define MPS2_STORE_BYTES   0x00080000u /* window of the PSRAM that stands for the store's flash */

/* ---- clock.c: milliseconds since reset, from SysTick ---- */
#define MPS2_TICK_MS                                                                               \
    20u /* the longest sleep; a shorter tick costs host time in a fleet of emulators */
void clock_init(void);
uint64_t clock_now_ms(void);
/* Counts down from its reload value at BOARD_CLOCK_HZ: the only thing here that differs from run to
 * run. */
uint32_t clock_ticks(void);

/* ---- uart.c: both UARTs, ring buffers filled and emptied by interrupts ---- */
enum uart { UART_NETWORK, UART_SENSOR };
void uart_init(void);
size_t uart_read(enum uart uart, uint8_t *out, size_t cap);
size_t uart_write(enum uart uart, const uint8_t *bytes, size_t length);
/* Sleeps until the next interrupt, unless received bytes wait. */
void uart_wait(void);

/* ---- mpu.c ---- */
void mpu_init(void);

/* ---- nvram.c: the store's flash in file-backed PSRAM ---- */
void nvram_flash(struct flash flash[AGENT_RECORDS]);

/* ---- watchdog.c: resets the device when watchdog_alive was not called for two periods ---- */
#define MPS2_WATCHDOG_PERIOD_MS 8000u
void watchdog_init(uint32_t period_ms); /* up to 171,798 */
void watchdog_alive(void);

/* Resets the whole chip; does not return. */
_Noreturn void system_reset(void);

#endif
