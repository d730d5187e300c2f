/*
 * Erase and program. The controller is unlocked for one operation only, every wait is bounded, and
 * success means that the bytes read back: an emulator whose flash is read-only fails here, and the
 * device goes on without a memory.
 *
 * The CPU stalls while its own flash is erased, 1 to 2 s for a sector of 128 KB; the watchdog's
 * period is longer.
 */
#include "port/stm32f4/flash_controller.h"

#include <string.h>

/* One turn is a register read of several cycles at 168 MHz: more than the 4 s that the slowest
 * erase takes. */
#define WAIT_TURNS_MAX 200000000u

static uint32_t get(const struct flash_sectors *sectors, uint32_t reg) {
    return sectors->bus->get(sectors->bus_context, reg);
}

static void set(const struct flash_sectors *sectors, uint32_t reg, uint32_t value) {
    sectors->bus->set(sectors->bus_context, reg, value);
}

static bool finished(const struct flash_sectors *sectors) {
    for (uint32_t turn = 0; turn < WAIT_TURNS_MAX; turn++) {
        const uint32_t status = get(sectors, FLASH_SR);
        if (!(status & FLASH_SR_BUSY)) {
            return (status & FLASH_SR_ERRORS) == 0;
        }
    }
    return false;
}

static bool unlock(const struct flash_sectors *sectors) {
    if (!finished(sectors)) {
        set(sectors, FLASH_SR, FLASH_SR_ERRORS); /* what an operation before left behind */
    }
    if (get(sectors, FLASH_CR) & FLASH_CR_LOCK) {
        set(sectors, FLASH_KEYR, FLASH_KEY_1);
        set(sectors, FLASH_KEYR, FLASH_KEY_2);
    }
    return !(get(sectors, FLASH_CR) & FLASH_CR_LOCK) && finished(sectors);
}

static void lock(const struct flash_sectors *sectors) {
    set(sectors, FLASH_CR, FLASH_CR_LOCK);
}

bool sectors_erase(void *context, unsigned area) {
    const struct flash_sectors *sectors = context;
    bool erased = unlock(sectors);
    if (erased) {
        const uint32_t command =
            FLASH_CR_ERASE | FLASH_CR_BY_32 | (sectors->first + area) << FLASH_CR_SECTOR;
        set(sectors, FLASH_CR, command);
        set(sectors, FLASH_CR, command | FLASH_CR_START);
        erased = finished(sectors);
    }
    lock(sectors);
    const uint8_t *cells = sectors_view(sectors, area);
    for (uint32_t i = 0; erased && i < sectors->bytes; i++) {
        erased = cells[i] == 0xFF;
    }
    return erased;
}

bool sectors_program(void *context, unsigned area, uint32_t offset, const uint8_t *bytes,
                     size_t length) {
    const struct flash_sectors *sectors = context;
    bool written = unlock(sectors);
    if (written) {
        set(sectors, FLASH_CR, FLASH_CR_WRITE); /* byte by byte: any supply voltage, any address */
        for (size_t i = 0; written && i < length; i++) {
            sectors->bus->put_byte(sectors->bus_context, area, offset + (uint32_t)i, bytes[i]);
            written = finished(sectors);
        }
    }
    lock(sectors);
    const uint8_t *cells = sectors_view(sectors, area) + offset;
    return written && memcmp(cells, bytes, length) == 0;
}

const uint8_t *sectors_view(const void *context, unsigned area) {
    const struct flash_sectors *sectors = context;
    return sectors->bus->view(sectors->bus_context, area);
}
