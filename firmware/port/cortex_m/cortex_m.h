/*
 * What every Cortex-M board has: time from SysTick, memory protection, faults that leave a record
 * and reset, a painted stack. Registers: Arm DDI 0403 (ARMv7-M) and DDI 0553 (ARMv8-M).
 */
#ifndef CORTEX_M_H
#define CORTEX_M_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- clock.c: milliseconds since reset ---- */
/* The longest sleep; a shorter tick costs host time in a fleet of emulators. */
#define CLOCK_TICK_MS 20u
void clock_init(uint32_t hz);
uint64_t clock_now_ms(void);
/* Counts down from its reload value at the CPU's clock: the only thing on an emulated board that
 * differs from run to run. */
uint32_t clock_ticks(void);

/* ---- mpu_v7.c, mpu_v8.c: only what is named here can be touched ---- */
enum mpu_access { MPU_CODE, MPU_READ, MPU_READ_WRITE, MPU_DEVICE };

struct mpu_area {
    uint32_t base;
    uint32_t bytes; /* a power of two, at least 32; base is a multiple of it (ARMv7-M) */
    enum mpu_access access;
};

#define MPU_AREAS_MAX 7u /* of the 8 regions one guards the stack, or splits its area */
/* Also forbids 32 bytes below the stack. An area that holds them must be MPU_READ_WRITE. */
void mpu_init(const struct mpu_area *areas, uint32_t count);

/* ---- stack.c: startup.c paints it, the mark is what has ever been overwritten ---- */
uint32_t stack_bytes(void);
uint32_t stack_used_bytes(void);

/* Resets the whole chip; RAM that is not cleared at start-up keeps its content. */
_Noreturn void system_reset(void);

#endif
