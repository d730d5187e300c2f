/* What the program may touch. The store's sectors are writable for the flash controller's sake: a
 * plain store to them changes nothing until the controller is unlocked (flash.c). */
#include "port/cortex_m/board_port.h"

#define STORE_LOW_BYTES 0x00040000u /* regions are powers of two: 256 KB and 512 KB */

static const struct mpu_area areas[] = {
    {BOARD_FLASH_BASE, BOARD_FLASH_BYTES, MPU_CODE},
    {BOARD_PAGES_BASE, 2u * BOARD_PAGE_BYTES, MPU_READ},
    {BOARD_STORE_BASE, STORE_LOW_BYTES, MPU_READ_WRITE},
    {BOARD_STORE_BASE + STORE_LOW_BYTES, BOARD_STORE_BYTES - STORE_LOW_BYTES, MPU_READ_WRITE},
    {BOARD_RAM_BASE, BOARD_RAM_BYTES, MPU_READ_WRITE},
    {BOARD_PERIPHERAL_BASE, BOARD_PERIPHERAL_BYTES, MPU_DEVICE},
    {BOARD_RNG_BASE, 0x400u, MPU_DEVICE},
};
_Static_assert(sizeof areas / sizeof areas[0] <= MPU_AREAS_MAX, "8 regions, one is the guard");

void board_memory_limit(void) {
    mpu_init(areas, sizeof areas / sizeof areas[0]);
}
