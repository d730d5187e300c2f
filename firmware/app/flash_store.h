/*
 * The agent's records on flash: one store per record, because they differ in size and in how often
 * they are written. Wear: README.
 */
#ifndef FQT_APP_FLASH_STORE_H
#define FQT_APP_FLASH_STORE_H

#include "app/agent.h"
#include "app/store.h"

/* NOR flash of the class this is written for: erases that an area is rated for. */
#define FLASH_ERASES_RATED 10000u
/* Areas of a board that is free to choose (port/mps2); the STM32F4 has sectors of 128 KB. */
#define FLASH_STATE_AREA_BYTES   0x1000u
#define FLASH_WEIGHTS_AREA_BYTES 0x10000u
/* What one save takes of an area. */
#define FLASH_STATE_PLACE_BYTES 256u

struct flash_store {
    struct store store[AGENT_RECORDS];
    bool usable[AGENT_RECORDS];
};

/* The model decides how large a place for weights is: after a change of the model older weights are
 * not found, as it should be. */
struct agent_store flash_store_open(struct flash_store *flash_store,
                                    const struct flash flash[AGENT_RECORDS],
                                    const struct model *model);

#endif
