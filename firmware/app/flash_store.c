#include "app/flash_store.h"

#define PLACE_GRANULE_BYTES 256u

static bool save(void *context, enum agent_record record, const struct store_piece *pieces,
                 size_t count) {
    struct flash_store *flash_store = context;
    return flash_store->usable[record] && store_save(&flash_store->store[record], pieces, count);
}

static const uint8_t *view(const void *context, enum agent_record record, size_t *length) {
    const struct flash_store *flash_store = context;
    return flash_store->usable[record] ? store_view(&flash_store->store[record], length) : NULL;
}

static uint32_t weights_place_bytes(const struct model *model) {
    const size_t bytes = STORE_HEADER_BYTES + 8u + model_trained_length(model);
    return (uint32_t)((bytes + PLACE_GRANULE_BYTES - 1u) / PLACE_GRANULE_BYTES *
                      PLACE_GRANULE_BYTES);
}

struct agent_store flash_store_open(struct flash_store *flash_store,
                                    const struct flash flash[AGENT_RECORDS],
                                    const struct model *model) {
    const uint32_t weights = weights_place_bytes(model);
    const uint32_t place_bytes[AGENT_RECORDS] = {
        [AGENT_STATE] = FLASH_STATE_PLACE_BYTES, [AGENT_WEIGHTS] = weights, [AGENT_GOOD] = weights};
    for (unsigned i = 0; i < AGENT_RECORDS; i++) {
        flash_store->usable[i] = store_open(&flash_store->store[i], &flash[i], place_bytes[i]);
    }
    return (struct agent_store){flash_store, save, view};
}
