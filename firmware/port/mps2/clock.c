#include "port/mps2/mps2.h"

#define SYST_CSR                         (*(volatile uint32_t *)0xE000E010u)
#define SYST_RVR                         (*(volatile uint32_t *)0xE000E014u)
#define SYST_CVR                         (*(volatile uint32_t *)0xE000E018u)
#define SYST_ON_WITH_INTERRUPT_CPU_CLOCK 7u

#define TICKS_PER_MS     (BOARD_CLOCK_HZ / 1000u)
#define TICKS_PER_PERIOD (TICKS_PER_MS * MPS2_TICK_MS) /* 500,000 < 2^24 */

static volatile uint64_t periods;

void systick_irq(void);
void systick_irq(void) {
    periods = periods + 1;
}

void clock_init(void) {
    SYST_RVR = TICKS_PER_PERIOD - 1u;
    SYST_CVR = 0;
    SYST_CSR = SYST_ON_WITH_INTERRUPT_CPU_CLOCK;
}

uint32_t clock_ticks(void) {
    return SYST_CVR;
}

/* The period count is read twice around the counter, so that a tick in between is seen. An
 * interrupt that is still pending can make the result up to one period old, never younger than an
 * earlier result. */
uint64_t clock_now_ms(void) {
    static uint64_t latest_ms;
    uint64_t before;
    uint32_t left;
    do {
        before = periods;
        left = SYST_CVR;
    } while (before != periods);
    const uint64_t now_ms = before * MPS2_TICK_MS + (TICKS_PER_PERIOD - 1u - left) / TICKS_PER_MS;
    if (now_ms > latest_ms) {
        latest_ms = now_ms;
    }
    return latest_ms;
}
