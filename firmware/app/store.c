#include "app/store.h"

#include <string.h>

#include "wire/crc.h"
#include "wire/le.h"

#define STORE_MAGIC 0x53545146u /* "FQTS" */

struct place_header {
    uint32_t magic;
    uint32_t sequence;
    uint32_t length;
    uint32_t crc;
};

static const uint8_t *place_at(const struct store *store, unsigned area, uint32_t place) {
    return store->flash.view(store->flash.context, area) + place * store->place_bytes;
}

static uint32_t crc_of_numbers(uint32_t sequence, uint32_t length) {
    uint8_t numbers[8];
    le_store_u32(numbers, sequence);
    le_store_u32(numbers + 4, length);
    return crc32_ieee(0, numbers, sizeof numbers);
}

static bool is_whole(const struct store *store, unsigned area, uint32_t place,
                     struct place_header *header) {
    const uint8_t *at = place_at(store, area, place);
    header->magic = le_load_u32(at);
    header->sequence = le_load_u32(at + 4);
    header->length = le_load_u32(at + 8);
    header->crc = le_load_u32(at + 12);
    return header->magic == STORE_MAGIC && header->sequence != 0 &&
           header->length <= store->place_bytes - STORE_HEADER_BYTES &&
           header->crc == crc32_ieee(crc_of_numbers(header->sequence, header->length),
                                     at + STORE_HEADER_BYTES, header->length);
}

static bool is_blank(const struct store *store, unsigned area, uint32_t place) {
    const uint8_t *at = place_at(store, area, place);
    for (uint32_t i = 0; i < store->place_bytes; i++) {
        if (at[i] != 0xFF) {
            return false;
        }
    }
    return true;
}

bool store_open(struct store *store, const struct flash *flash, uint32_t place_bytes) {
    if (place_bytes <= STORE_HEADER_BYTES || place_bytes > flash->area_bytes) {
        return false;
    }
    memset(store, 0, sizeof *store);
    store->flash = *flash;
    store->place_bytes = place_bytes;
    store->places = flash->area_bytes / place_bytes;
    for (unsigned area = 0; area < STORE_AREAS; area++) {
        for (uint32_t place = 0; place < store->places; place++) {
            struct place_header header;
            if (is_whole(store, area, place, &header) && header.sequence > store->sequence) {
                store->sequence = header.sequence;
                store->length = header.length;
                store->area = area;
                store->place = place;
            }
        }
    }
    return true;
}

/* A place torn by a power cut is neither whole nor blank: it is passed over until its area is
 * erased. */
static bool find_room(struct store *store, unsigned *area, uint32_t *place) {
    if (store->sequence != 0) {
        for (uint32_t next = store->place + 1; next < store->places; next++) {
            if (is_blank(store, store->area, next)) {
                *area = store->area;
                *place = next;
                return true;
            }
        }
    }
    *area = store->sequence != 0 ? 1u - store->area : 0u;
    *place = 0;
    return store->flash.erase(store->flash.context, *area);
}

static size_t total_length(const struct store_piece *pieces, size_t count) {
    size_t total = 0;
    for (size_t i = 0; i < count; i++) {
        total += pieces[i].length;
    }
    return total;
}

static bool write_place(struct store *store, unsigned area, uint32_t place, uint32_t sequence,
                        const struct store_piece *pieces, size_t count) {
    const uint32_t length = (uint32_t)total_length(pieces, count);
    uint32_t offset = place * store->place_bytes;
    uint32_t crc = crc_of_numbers(sequence, length);
    uint8_t header[STORE_HEADER_BYTES];
    for (size_t i = 0; i < count; i++) {
        crc = crc32_ieee(crc, pieces[i].bytes, pieces[i].length);
    }
    le_store_u32(header, STORE_MAGIC);
    le_store_u32(header + 4, sequence);
    le_store_u32(header + 8, length);
    le_store_u32(header + 12, crc);
    bool safe = store->flash.program(store->flash.context, area, offset, header, sizeof header);
    offset += STORE_HEADER_BYTES;
    for (size_t i = 0; safe && i < count; i++) {
        safe = store->flash.program(store->flash.context, area, offset, pieces[i].bytes,
                                    pieces[i].length);
        offset += (uint32_t)pieces[i].length;
    }
    return safe;
}

bool store_save(struct store *store, const struct store_piece *pieces, size_t count) {
    unsigned area;
    uint32_t place;
    if (total_length(pieces, count) > store->place_bytes - STORE_HEADER_BYTES ||
        !find_room(store, &area, &place)) {
        return false;
    }
    const uint32_t sequence = store->sequence + 1u;
    struct place_header written;
    const bool safe = write_place(store, area, place, sequence, pieces, count) &&
                      is_whole(store, area, place, &written) && written.sequence == sequence;
    if (safe) {
        store->sequence = sequence;
        store->length = written.length;
        store->area = area;
        store->place = place;
    }
    return safe;
}

const uint8_t *store_view(const struct store *store, size_t *length) {
    *length = store->length;
    return store->sequence == 0 ? NULL
                                : place_at(store, store->area, store->place) + STORE_HEADER_BYTES;
}
