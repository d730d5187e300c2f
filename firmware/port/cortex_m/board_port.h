/*
 * What a board gives the program (port/cortex_m/main.c): bytes in and out, a flash for the store, a
 * watchdog, a limit on memory. Interrupts only move bytes and count ticks; everything else runs in
 * main(). board.h of the same folder has its addresses.
 */
#ifndef CORTEX_M_BOARD_PORT_H
#define CORTEX_M_BOARD_PORT_H

#include "app/agent.h"
#include "app/store.h"
#include "board.h"
#include "port/cortex_m/cortex_m.h"

/* Clocks of the chip; returns the CPU's frequency. */
uint32_t board_clock_init(void);

/* Everything outside of flash, pages, RAM, store and peripherals faults from here on. */
void board_memory_limit(void);

/* ---- ring buffers filled and emptied by interrupts (serial.c); neither call waits ---- */
enum uart { UART_NETWORK, UART_SENSOR };
void uart_init(void);
size_t uart_read(enum uart uart, uint8_t *out, size_t cap);
size_t uart_write(enum uart uart, const uint8_t *bytes, size_t length);
/* Sleeps until the next interrupt, unless received bytes wait. */
void uart_wait(void);

/* The log line: written out before it returns, or dropped where nothing listens. */
void board_log(const char *text);

/* A sensor on the board: true when 512 samples are in place, without waiting for them. The one here
 * is weak and has none; a product's driver replaces it (port/stm32f4/README.md). */
bool board_sensor_window(int16_t samples[FQT_WINDOW]);

/* A number that differs from boot to boot; 0 where the board has none. */
uint32_t board_random(void);

/* Where the agent's records are kept. */
void board_flash(struct flash flash[AGENT_RECORDS]);

/* ---- resets the device when watchdog_alive was not called for one or two periods ---- */
#define WATCHDOG_PERIOD_MS 8000u
void watchdog_init(uint32_t period_ms); /* up to 30,000 */
void watchdog_alive(void);

#endif
