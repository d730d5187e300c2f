/*
 * A record that survives a power cut at any moment, on NOR flash: two areas, each erased as a
 * whole, each divided into places. A save goes to the next blank place; when the area is full the
 * other one is erased first, so the latest record is never touched before a newer one is complete.
 * One place per area makes it the classic two-slot store.
 *
 * place: magic u32 | sequence u32 | length u32 | CRC-32 u32 (over sequence, length and payload) |
 * payload; little endian
 *
 * Wear: every (2 * area_bytes / place_bytes) saves cost one erase of each area.
 */
#ifndef FQT_APP_STORE_H
#define FQT_APP_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STORE_HEADER_BYTES 16u
#define STORE_AREAS        2u

/* Erased flash reads 0xFF; programming only clears bits. Functions return false when the flash
 * reports an error. */
struct flash {
    void *context;
    uint32_t area_bytes;
    bool (*erase)(void *context, unsigned area);
    bool (*program)(void *context, unsigned area, uint32_t offset, const uint8_t *bytes,
                    size_t length);
    bool (*read)(void *context, unsigned area, uint32_t offset, uint8_t *out, size_t length);
};

struct store {
    struct flash flash;
    uint32_t place_bytes;
    uint32_t places;   /* per area */
    uint32_t sequence; /* of the latest record; 0 = none yet */
    uint32_t length;   /* of its payload */
    unsigned area;     /* where it is */
    uint32_t place;
};

/* Finds the latest whole record. False when the geometry is impossible (a place must fit into an
 * area). */
bool store_open(struct store *store, const struct flash *flash, uint32_t place_bytes);

/* True: the new record is safe. False: it is not, and the previous one still is. */
bool store_save(struct store *store, const uint8_t *bytes, size_t length);

/* Length of the latest payload, 0 when there is none, when it does not fit into cap or can't be
 * read. */
size_t store_load(const struct store *store, uint8_t *out, size_t cap);

#endif
