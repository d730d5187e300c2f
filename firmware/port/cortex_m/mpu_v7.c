/* ARMv7-M memory protection unit (Arm DDI 0403, B3.5): M3, M4, M7. */
#include "port/cortex_m/cortex_m.h"

#define MPU_TYPE (*(volatile uint32_t *)0xE000ED90u)
#define MPU_CTRL (*(volatile uint32_t *)0xE000ED94u)
#define MPU_RNR  (*(volatile uint32_t *)0xE000ED98u)
#define MPU_RBAR (*(volatile uint32_t *)0xE000ED9Cu)
#define MPU_RASR (*(volatile uint32_t *)0xE000EDA0u)
#define SHCSR    (*(volatile uint32_t *)0xE000ED24u)

#define MPU_ON        1u /* without the background map: what no region names faults */
#define MEM_FAULT_ON  (1u << 16)
#define REGION_ON     1u
#define NO_EXECUTE    (1u << 28)
#define ACCESS_NONE   (0u << 24)
#define ACCESS_FULL   (3u << 24)
#define ACCESS_READ   (6u << 24)
#define MEMORY_NORMAL (1u << 17) /* cacheable, write through */
#define MEMORY_DEVICE (1u << 16) /* shareable device */

#define GUARD_BYTES 32u

static const uint32_t attributes_of[] = {
    [MPU_CODE] = ACCESS_READ | MEMORY_NORMAL,
    [MPU_READ] = ACCESS_READ | MEMORY_NORMAL | NO_EXECUTE,
    [MPU_READ_WRITE] = ACCESS_FULL | MEMORY_NORMAL | NO_EXECUTE,
    [MPU_DEVICE] = ACCESS_FULL | MEMORY_DEVICE | NO_EXECUTE,
};

extern uint32_t board_stack_low;

static void region(uint32_t number, uint32_t base, uint32_t bytes, uint32_t attributes) {
    uint32_t log2 = 0;
    while ((1u << log2) < bytes) {
        log2++;
    }
    MPU_RNR = number;
    MPU_RBAR = base;
    MPU_RASR = attributes | ((log2 - 1u) << 1) | REGION_ON;
}

void mpu_init(const struct mpu_area *areas, uint32_t count) {
    if (MPU_TYPE == 0) {
        return; /* an emulator without an MPU: the linker script still holds the limit */
    }
    for (uint32_t i = 0; i < count; i++) {
        region(i, areas[i].base, areas[i].bytes, attributes_of[areas[i].access]);
    }
    /* A stack that grows into the variables meets this first; a higher number wins where regions
     * overlap. */
    region(count, (uint32_t)(uintptr_t)&board_stack_low, GUARD_BYTES,
           ACCESS_NONE | MEMORY_NORMAL | NO_EXECUTE);
    SHCSR |= MEM_FAULT_ON;
    MPU_CTRL = MPU_ON;
    __asm volatile("dsb\n isb" ::: "memory");
}
