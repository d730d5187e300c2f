/* Independent watchdog (RM0090, 21): its own 32 kHz oscillator, no warning before the reset. The
 * oscillator is 17..47 kHz, so a period is 0.7 to 1.9 times the nominal one. Once on it stays on.
 */
#include "port/cortex_m/board_port.h"

#define IWDG_KEY       BOARD_REGISTER(BOARD_IWDG_BASE, 0x00)
#define IWDG_PRESCALER BOARD_REGISTER(BOARD_IWDG_BASE, 0x04)
#define IWDG_RELOAD    BOARD_REGISTER(BOARD_IWDG_BASE, 0x08)
#define IWDG_STATUS    BOARD_REGISTER(BOARD_IWDG_BASE, 0x0C)

#define KEY_START      0xCCCCu
#define KEY_UNLOCK     0x5555u
#define KEY_ALIVE      0xAAAAu
#define BY_256         6u
#define TICKS_PER_S    125u /* 32 kHz / 256 */
#define RELOAD_MAX     0xFFFu
#define WAIT_TURNS_MAX 1000000u /* an update takes up to 5 ticks of 30 us */

void watchdog_init(uint32_t period_ms) {
    const uint32_t ticks = period_ms * TICKS_PER_S / 1000u;
    IWDG_KEY = KEY_START;
    IWDG_KEY = KEY_UNLOCK;
    IWDG_PRESCALER = BY_256;
    IWDG_RELOAD = ticks < RELOAD_MAX ? ticks : RELOAD_MAX;
    for (uint32_t turn = 0; turn < WAIT_TURNS_MAX && IWDG_STATUS != 0; turn++) {
    }
    IWDG_KEY = KEY_ALIVE;
}

void watchdog_alive(void) {
    IWDG_KEY = KEY_ALIVE;
}
