#include "port/cortex_m/cortex_m.h"

#define SYST_CSR                         (*(volatile uint32_t *)0xE000E010u)
#define SYST_RVR                         (*(volatile uint32_t *)0xE000E014u)
#define SYST_CVR                         (*(volatile uint32_t *)0xE000E018u)
#define SYST_ON_WITH_INTERRUPT_CPU_CLOCK 7u

static volatile uint64_t periods;
static uint32_t ticks_per_ms;

void systick_irq(void);
void systick_irq(void) {
    periods = periods + 1;
}

static uint32_t last_tick_of_period(void) {
    return ticks_per_ms * CLOCK_TICK_MS - 1u;
}

/* hz up to 838 MHz: a period stays below the counter's 2^24. */
void clock_init(uint32_t hz) {
    ticks_per_ms = hz / 1000u;
    SYST_RVR = last_tick_of_period();
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
    const uint64_t now_ms = before * CLOCK_TICK_MS + (last_tick_of_period() - left) / ticks_per_ms;
    if (now_ms > latest_ms) {
        latest_ms = now_ms;
    }
    return latest_ms;
}
