/*
 * Instructions under QEMU -icount shift=5, where one instruction takes 32 ns of virtual time:
 * SysTick runs at BOARD_CLOCK_HZ, so instructions = ticks * 31.25 MHz / clock (+-2). Instructions,
 * not cycles: on silicon loads and branches take more than one cycle. At most 2^24 ticks.
 */
#ifndef TEST_TARGET_COUNT_H
#define TEST_TARGET_COUNT_H

#include <stdint.h>

/* Counts from the end of count_start to the beginning of count_stop. */
void count_start(void);
uint32_t count_stop(void);

#endif
