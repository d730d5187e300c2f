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

/* Erased flash reads 0xFF; programming only clears bits. erase and program return false when the
 * flash reports an error; reading is reading memory, because the flash of a microcontroller is. */
struct flash {
    void *context;
    uint32_t area_bytes;
    bool (*erase)(void *context, unsigned area);
    bool (*program)(void *context, unsigned area, uint32_t offset, const uint8_t *bytes,
                    size_t length);
    const uint8_t *(*view)(const void *context, unsigned area);
};

/* A payload is written from the places where its parts lie, so that none needs a buffer of its own.
 */
struct store_piece {
    const void *bytes;
    size_t length;
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
bool store_save(struct store *store, const struct store_piece *pieces, size_t count);

/* The latest payload where it lies, valid until the next save; NULL when there is none. */
const uint8_t *store_view(const struct store *store, size_t *length);

#endif
