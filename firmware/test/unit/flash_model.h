/*
 * NOR flash that loses power: erasing sets all bits of an area, programming only clears bits, and
 * both can be cut at every single byte, leaving whatever such a cut leaves. A brown-out is worse:
 * the flash reports success and some bits are not what was asked for.
 */
#ifndef FQT_TEST_FLASH_MODEL_H
#define FQT_TEST_FLASH_MODEL_H

#include "app/store.h"

#define FLASH_MODEL_AREA_MAX 65536u

/* One supply for all flashes of a device. */
struct flash_power {
    long steps_left; /* bytes programmed and parts of erases until the power goes; negative = never
                      */
    bool dead;       /* power is gone: nothing works until it is switched on */
    unsigned long steps;      /* done since power was switched on */
    unsigned random;          /* what a cut leaves */
    unsigned brown_out_every; /* one byte in so many is programmed wrong unnoticed; 0 = none */
};

struct flash_model {
    struct flash_power *power;
    uint32_t area_bytes;
    unsigned erases[STORE_AREAS];
    unsigned mistakes; /* of the user: outside the area, or setting a bit without an erase */
    uint8_t bytes[STORE_AREAS][FLASH_MODEL_AREA_MAX];
};

/* As it comes from the factory: erased. */
void flash_model_new(struct flash_model *model, struct flash_power *power, uint32_t area_bytes);
struct flash flash_model_flash(struct flash_model *model);

/* Switches on; the power goes after so many steps, negative = never. */
void flash_power_on(struct flash_power *power, long steps_left);

#endif
