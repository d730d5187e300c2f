/*
 * The agent's records on flash: one store per record, because they differ in size and in how often
 * they are written. Wear: README.
 */
#ifndef FQT_APP_FLASH_STORE_H
#define FQT_APP_FLASH_STORE_H

#include "app/agent.h"
#include "app/store.h"

struct flash_store {
    struct store store[AGENT_RECORDS];
    bool usable[AGENT_RECORDS];
};

/* The model page decides how large a place for weights is: after a change of the model older
 * weights are not found, as it should be. */
struct agent_store flash_store_open(struct flash_store *flash_store,
                                    const struct flash flash[AGENT_RECORDS],
                                    const uint8_t *model_page, size_t model_length);

#endif
