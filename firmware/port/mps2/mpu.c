/*
 * What the program may touch, enforced by the ARMv7-M memory protection unit (Arm DDI 0403, B3.5).
 * The boards have 4 MB + 16 MB of RAM; a product of this class has 256 KB, so everything else
 * faults.
 */
#include "port/mps2/mps2.h"

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
#define GUARD_BYTES   32u

extern uint32_t board_stack_low;

/* bytes: a power of two, at least 32; base a multiple of it. */
static void region(uint32_t number, uint32_t base, uint32_t bytes, uint32_t attributes) {
    uint32_t log2 = 0;
    while ((1u << log2) < bytes) {
        log2++;
    }
    MPU_RNR = number;
    MPU_RBAR = base;
    MPU_RASR = attributes | ((log2 - 1u) << 1) | REGION_ON;
}

void mpu_init(void) {
    if (MPU_TYPE == 0) {
        return; /* an emulator without an MPU: the linker script still holds the limit */
    }
    region(0, BOARD_FLASH_BASE, BOARD_FLASH_BYTES, ACCESS_READ | MEMORY_NORMAL);
    region(1, BOARD_PROVISIONING_BASE, 2u * MPS2_PAGE_BYTES,
           ACCESS_READ | MEMORY_NORMAL | NO_EXECUTE);
    region(2, BOARD_RAM_BASE, BOARD_RAM_BYTES, ACCESS_FULL | MEMORY_NORMAL | NO_EXECUTE);
    region(3, 0x40000000u, 0x00010000u, ACCESS_FULL | MEMORY_DEVICE | NO_EXECUTE);
    region(4, BOARD_NVRAM_BASE, MPS2_STORE_BYTES, ACCESS_FULL | MEMORY_NORMAL | NO_EXECUTE);
    /* A stack that grows into the variables meets this first; a higher number wins where regions
     * overlap. */
    const uint32_t guard =
        ((uint32_t)(uintptr_t)&board_stack_low + GUARD_BYTES - 1u) & ~(GUARD_BYTES - 1u);
    region(5, guard, GUARD_BYTES, ACCESS_NONE | MEMORY_NORMAL | NO_EXECUTE);
    SHCSR |= MEM_FAULT_ON;
    MPU_CTRL = MPU_ON;
    __asm volatile("dsb\n isb" ::: "memory");
}
