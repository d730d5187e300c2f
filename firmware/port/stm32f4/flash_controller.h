/*
 * The chip's flash controller (RM0090, 3) behind two functions, so that the same driver runs on the
 * registers and, in the unit test, on a model of them that loses power.
 */
#ifndef STM32F4_FLASH_CONTROLLER_H
#define STM32F4_FLASH_CONTROLLER_H

#include "app/store.h"

/* Offsets of the registers. */
#define FLASH_KEYR 0x04u
#define FLASH_SR   0x0Cu
#define FLASH_CR   0x10u

#define FLASH_SR_BUSY   (1u << 16)
#define FLASH_SR_ERRORS 0xF2u /* sequence, parallelism, alignment, protection, operation */
#define FLASH_CR_LOCK   (1u << 31)
#define FLASH_CR_START  (1u << 16)
#define FLASH_CR_ERASE  (1u << 1) /* a sector */
#define FLASH_CR_WRITE  (1u << 0)
#define FLASH_CR_BY_32  (2u << 8)
#define FLASH_CR_SECTOR 3u /* shift */
#define FLASH_KEY_1     0x45670123u
#define FLASH_KEY_2     0xCDEF89ABu

struct flash_bus {
    uint32_t (*get)(void *context, uint32_t reg);
    void (*set)(void *context, uint32_t reg, uint32_t value);
    /* One byte of the flash array: area 0 or 1 of the record, offset within it. */
    void (*put_byte)(void *context, unsigned area, uint32_t offset, uint8_t byte);
    const uint8_t *(*view)(const void *context, unsigned area);
};

/* Two sectors that hold one record. */
struct flash_sectors {
    const struct flash_bus *bus;
    void *bus_context;
    uint32_t first; /* sector of area 0; area 1 is the next one */
    uint32_t bytes; /* of a sector */
};

/* The three functions of struct flash; context is a struct flash_sectors. */
bool sectors_erase(void *context, unsigned area);
bool sectors_program(void *context, unsigned area, uint32_t offset, const uint8_t *bytes,
                     size_t length);
const uint8_t *sectors_view(const void *context, unsigned area);

#endif
