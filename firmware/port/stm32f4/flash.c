/* The store's six sectors on the chip: two for each record, in the order of enum agent_record. */
#include "port/stm32f4/flash_controller.h"
#include "port/stm32f4/stm32f4.h"

#define ACR_CACHES       (1u << 9 | 1u << 10)
#define ACR_CACHES_RESET (1u << 11 | 1u << 12)
#define FLASH_ACR        BOARD_REGISTER(BOARD_FLASH_REGS, 0x00)

static uint32_t get(void *context, uint32_t reg) {
    (void)context;
    return BOARD_REGISTER(BOARD_FLASH_REGS, reg);
}

/* The data cache does not see an erase (RM0090, 3.5.4): it is emptied whenever the controller is
 * locked again. */
static void set(void *context, uint32_t reg, uint32_t value) {
    (void)context;
    BOARD_REGISTER(BOARD_FLASH_REGS, reg) = value;
    __asm volatile("dsb" ::: "memory");
    if (reg == FLASH_CR && (value & FLASH_CR_LOCK)) {
        const uint32_t acr = FLASH_ACR & ~ACR_CACHES_RESET;
        FLASH_ACR = acr & ~ACR_CACHES;
        FLASH_ACR = (acr & ~ACR_CACHES) | ACR_CACHES_RESET;
        FLASH_ACR = acr;
        __asm volatile("dsb\n isb" ::: "memory");
    }
}

static uintptr_t address_of(const struct flash_sectors *sectors, unsigned area) {
    return BOARD_STORE_BASE + (sectors->first + area - BOARD_STORE_SECTOR) * BOARD_SECTOR_BYTES;
}

static void put_byte(void *context, unsigned area, uint32_t offset, uint8_t byte) {
    *(volatile uint8_t *)(address_of(context, area) + offset) = byte;
    __asm volatile("dsb" ::: "memory");
}

static const uint8_t *view(const void *context, unsigned area) {
    return (const uint8_t *)address_of(context, area);
}

static const struct flash_bus bus = {get, set, put_byte, view};
static struct flash_sectors sectors[AGENT_RECORDS];

_Static_assert(2u * AGENT_RECORDS * BOARD_SECTOR_BYTES <= BOARD_STORE_BYTES,
               "two sectors for each record");

void board_flash(struct flash flash[AGENT_RECORDS]) {
    for (uint32_t i = 0; i < AGENT_RECORDS; i++) {
        sectors[i] = (struct flash_sectors){&bus, &sectors[i], BOARD_STORE_SECTOR + 2u * i,
                                            BOARD_SECTOR_BYTES};
        flash[i] = (struct flash){&sectors[i], BOARD_SECTOR_BYTES, sectors_erase, sectors_program,
                                  sectors_view};
    }
}
