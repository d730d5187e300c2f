/*
 * ARMv8-M memory protection unit (Arm DDI 0553, B11): M33, M55, in the secure state. Regions must
 * not overlap, so the area that holds the stack's guard is split around it; the stack limit
 * register stops an overflow that jumps over the guard.
 */
#include "port/cortex_m/cortex_m.h"

#define MPU_TYPE  (*(volatile uint32_t *)0xE000ED90u)
#define MPU_CTRL  (*(volatile uint32_t *)0xE000ED94u)
#define MPU_RNR   (*(volatile uint32_t *)0xE000ED98u)
#define MPU_RBAR  (*(volatile uint32_t *)0xE000ED9Cu)
#define MPU_RLAR  (*(volatile uint32_t *)0xE000EDA0u)
#define MPU_MAIR0 (*(volatile uint32_t *)0xE000EDC0u)
#define SHCSR     (*(volatile uint32_t *)0xE000ED24u)

#define MPU_ON        1u /* without the background map: what no region names faults */
#define MEM_FAULT_ON  (1u << 16)
#define REGION_ON     1u
#define NO_EXECUTE    1u
#define ACCESS_FULL   (1u << 1)
#define ACCESS_READ   (3u << 1)
#define MEMORY_NORMAL 0u        /* attribute 0 of MAIR0 */
#define MEMORY_DEVICE (1u << 1) /* attribute 1 of MAIR0 */
#define MAIR_NORMAL   0xAAu     /* write through, non-transient, both caches */
#define MAIR_DEVICE   0x04u     /* nGnRE */

#define GUARD_BYTES 32u

struct attributes {
    uint32_t base;
    uint32_t limit;
};

static const struct attributes attributes_of[] = {
    [MPU_CODE] = {ACCESS_READ, MEMORY_NORMAL},
    [MPU_READ] = {ACCESS_READ | NO_EXECUTE, MEMORY_NORMAL},
    [MPU_READ_WRITE] = {ACCESS_FULL | NO_EXECUTE, MEMORY_NORMAL},
    [MPU_DEVICE] = {ACCESS_FULL | NO_EXECUTE, MEMORY_DEVICE},
};

extern uint32_t board_stack_low;

static void region(uint32_t number, uint32_t base, uint32_t end, enum mpu_access access) {
    MPU_RNR = number;
    MPU_RBAR = base | attributes_of[access].base;
    MPU_RLAR = ((end - 1u) & ~31u) | attributes_of[access].limit | REGION_ON;
}

void mpu_init(const struct mpu_area *areas, uint32_t count) {
    const uint32_t guard = (uint32_t)(uintptr_t)&board_stack_low;
    __asm volatile("msr msplim, %0" ::"r"(guard + GUARD_BYTES));
    if (MPU_TYPE == 0) {
        return; /* an emulator without an MPU: the linker script still holds the limit */
    }
    MPU_MAIR0 = MAIR_NORMAL | MAIR_DEVICE << 8;
    uint32_t number = 0;
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t end = areas[i].base + areas[i].bytes;
        if (guard >= areas[i].base && guard < end) {
            region(number++, areas[i].base, guard, areas[i].access);
            region(number++, guard + GUARD_BYTES, end, areas[i].access);
        } else {
            region(number++, areas[i].base, end, areas[i].access);
        }
    }
    SHCSR |= MEM_FAULT_ON;
    MPU_CTRL = MPU_ON;
    __asm volatile("dsb\n isb" ::: "memory");
}
