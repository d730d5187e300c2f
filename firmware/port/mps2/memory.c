/* The boards have 2 MB of RAM and more; a product of this class has 256 KB, so the rest faults. */
#include "port/cortex_m/board_port.h"

static const struct mpu_area areas[] = {
    {BOARD_FLASH_BASE, BOARD_FLASH_BYTES, MPU_CODE},
    {BOARD_PAGES_BASE, 2u * BOARD_PAGE_BYTES, MPU_READ},
    {BOARD_RAM_BASE, BOARD_RAM_BYTES, MPU_READ_WRITE},
    {BOARD_PERIPHERAL_BASE, BOARD_PERIPHERAL_BYTES, MPU_DEVICE},
    {BOARD_STORE_BASE, BOARD_STORE_BYTES, MPU_READ_WRITE},
};

void board_memory_limit(void) {
    mpu_init(areas, sizeof areas / sizeof areas[0]);
}

uint32_t board_random(void) {
    return 0;
}

/* The emulated clocks run by themselves. */
uint32_t board_clock_init(void) {
    return BOARD_CLOCK_HZ;
}
