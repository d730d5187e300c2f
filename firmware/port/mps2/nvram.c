/* The store's flash, played by PSRAM that QEMU backs with a file. Writes go word by word as they
 * come: killing the emulator in the middle is a power cut, and leaves what a power cut leaves. */
#include <string.h>

#include "app/flash_store.h"
#include "port/cortex_m/board_port.h"

struct nvram {
    uint8_t *base;
    uint32_t area_bytes;
};

static struct nvram nvram[AGENT_RECORDS] = {
    [AGENT_STATE] = {(uint8_t *)BOARD_STORE_BASE, FLASH_STATE_AREA_BYTES},
    [AGENT_WEIGHTS] = {(uint8_t *)BOARD_STORE_BASE + 2u * FLASH_STATE_AREA_BYTES,
                       FLASH_WEIGHTS_AREA_BYTES},
    [AGENT_GOOD] = {(uint8_t *)BOARD_STORE_BASE + 2u * FLASH_STATE_AREA_BYTES +
                        2u * FLASH_WEIGHTS_AREA_BYTES,
                    FLASH_WEIGHTS_AREA_BYTES},
};

_Static_assert(2u * FLASH_STATE_AREA_BYTES + 4u * FLASH_WEIGHTS_AREA_BYTES <= BOARD_STORE_BYTES,
               "the areas stand in the window that the MPU opens");

static uint8_t *at(void *context, unsigned area, uint32_t offset) {
    const struct nvram *region = context;
    return region->base + area * region->area_bytes + offset;
}

static bool erase(void *context, unsigned area) {
    const struct nvram *region = context;
    memset(at(context, area, 0), 0xFF, region->area_bytes);
    return true;
}

static bool program(void *context, unsigned area, uint32_t offset, const uint8_t *bytes,
                    size_t length) {
    memcpy(at(context, area, offset), bytes, length);
    return true;
}

static const uint8_t *view(const void *context, unsigned area) {
    const struct nvram *region = context;
    return region->base + area * region->area_bytes;
}

void board_flash(struct flash flash[AGENT_RECORDS]) {
    for (unsigned i = 0; i < AGENT_RECORDS; i++) {
        flash[i] = (struct flash){&nvram[i], nvram[i].area_bytes, erase, program, view};
    }
}
