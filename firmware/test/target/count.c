#include "test/target/count.h"

#include "board.h"
#include "test/target/semihosting.h"

#define SYSTICK_CONTROL (*(volatile uint32_t *)0xE000E010u)
#define SYSTICK_RELOAD  (*(volatile uint32_t *)0xE000E014u)
#define SYSTICK_VALUE   (*(volatile uint32_t *)0xE000E018u)
#define SYSTICK_ON      5u /* processor clock, no interrupt */
#define SYSTICK_WRAPPED (1u << 16)
#define SYSTICK_MAX     0x00ffffffu
#define ICOUNT_HZ       31250000u

static uint32_t started;

void count_start(void) {
    SYSTICK_CONTROL = 0;
    SYSTICK_RELOAD = SYSTICK_MAX;
    SYSTICK_VALUE = 0;
    SYSTICK_CONTROL = SYSTICK_ON;
    while (SYSTICK_VALUE == 0) { /* it reloads with its first tick */
    }
    (void)SYSTICK_CONTROL; /* clears the mark of a wrap */
    started = SYSTICK_VALUE;
    __asm volatile("" ::: "memory");
}

uint32_t count_stop(void) {
    __asm volatile("" ::: "memory");
    const uint32_t ticks = started - SYSTICK_VALUE;
    if ((SYSTICK_CONTROL & SYSTICK_WRAPPED) != 0) {
        semihosting_print("a measurement is longer than 2^24 ticks\n");
        semihosting_exit(1);
    }
    return (uint32_t)((uint64_t)ticks * ICOUNT_HZ / BOARD_CLOCK_HZ);
}
