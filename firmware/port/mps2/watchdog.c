/*
 * CMSDK APB watchdog (Arm DDI 0479, 4.3): the first period that ends without a sign of life raises
 * NMI (faults.c notes where the program hung), the second one resets. QEMU models it; in Renode
 * nothing stands at its address and the writes go nowhere.
 */
#include "port/cortex_m/board_port.h"

struct watchdog {
    volatile uint32_t load;
    volatile uint32_t value;
    volatile uint32_t control; /* bit 0 interrupt on and counting, bit 1 reset on */
    volatile uint32_t clear;
    uint32_t unused[764];
    volatile uint32_t lock; /* 0x1ACCE551 opens the registers */
};

#define WATCHDOG        ((struct watchdog *)BOARD_WATCHDOG_BASE)
#define WATCHDOG_UNLOCK 0x1ACCE551u
#define WATCHDOG_ON     3u

_Static_assert(offsetof(struct watchdog, lock) == 0xC00, "lock register");

void watchdog_init(uint32_t period_ms) {
    WATCHDOG->lock = WATCHDOG_UNLOCK;
    WATCHDOG->load = (uint32_t)((uint64_t)BOARD_WATCHDOG_HZ * period_ms / 1000u);
    WATCHDOG->control = WATCHDOG_ON;
}

void watchdog_alive(void) {
    WATCHDOG->clear = 1; /* also reloads */
}
