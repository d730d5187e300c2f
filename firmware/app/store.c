#include "app/store.h"

#include <string.h>

#include "wire/crc.h"
#include "wire/le.h"

#define STORE_MAGIC 0x53545146u /* "FQTS" */
#define CHUNK_BYTES 64u

struct place_header {
    uint32_t magic;
    uint32_t sequence;
    uint32_t length;
    uint32_t crc;
};

static bool read_header(const struct store *store, unsigned area, uint32_t offset,
                        struct place_header *header) {
    uint8_t raw[STORE_HEADER_BYTES];
    if (!store->flash.read(store->flash.context, area, offset, raw, sizeof raw)) {
        return false;
    }
    header->magic = le_load_u32(raw);
    header->sequence = le_load_u32(raw + 4);
    header->length = le_load_u32(raw + 8);
    header->crc = le_load_u32(raw + 12);
    return true;
}

static uint32_t crc_of_numbers(uint32_t sequence, uint32_t length) {
    uint8_t numbers[8];
    le_store_u32(numbers, sequence);
    le_store_u32(numbers + 4, length);
    return crc32_ieee(0, numbers, sizeof numbers);
}

static bool is_whole(const struct store *store, unsigned area, uint32_t place,
                     struct place_header *header) {
    const uint32_t offset = place * store->place_bytes;
    if (!read_header(store, area, offset, header) || header->magic != STORE_MAGIC ||
        header->sequence == 0 || header->length > store->place_bytes - STORE_HEADER_BYTES) {
        return false;
    }
    uint32_t crc = crc_of_numbers(header->sequence, header->length);
    uint8_t chunk[CHUNK_BYTES];
    for (uint32_t done = 0; done < header->length;) {
        const uint32_t left = header->length - done;
        const uint32_t take = left < CHUNK_BYTES ? left : CHUNK_BYTES;
        if (!store->flash.read(store->flash.context, area, offset + STORE_HEADER_BYTES + done,
                               chunk, take)) {
            return false;
        }
        crc = crc32_ieee(crc, chunk, take);
        done += take;
    }
    return crc == header->crc;
}

static bool is_blank(const struct store *store, unsigned area, uint32_t place) {
    uint8_t chunk[CHUNK_BYTES];
    for (uint32_t done = 0; done < store->place_bytes;) {
        const uint32_t left = store->place_bytes - done;
        const uint32_t take = left < CHUNK_BYTES ? left : CHUNK_BYTES;
        if (!store->flash.read(store->flash.context, area, place * store->place_bytes + done, chunk,
                               take)) {
            return false;
        }
        for (uint32_t i = 0; i < take; i++) {
            if (chunk[i] != 0xFF) {
                return false;
            }
        }
        done += take;
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

bool store_save(struct store *store, const uint8_t *bytes, size_t length) {
    unsigned area;
    uint32_t place;
    if (length > store->place_bytes - STORE_HEADER_BYTES || !find_room(store, &area, &place)) {
        return false;
    }
    const uint32_t offset = place * store->place_bytes;
    const uint32_t sequence = store->sequence + 1u;
    uint8_t header[STORE_HEADER_BYTES];
    le_store_u32(header, STORE_MAGIC);
    le_store_u32(header + 4, sequence);
    le_store_u32(header + 8, (uint32_t)length);
    le_store_u32(header + 12,
                 crc32_ieee(crc_of_numbers(sequence, (uint32_t)length), bytes, length));
    struct place_header written;
    const bool safe =
        store->flash.program(store->flash.context, area, offset, header, sizeof header) &&
        store->flash.program(store->flash.context, area, offset + STORE_HEADER_BYTES, bytes,
                             length) &&
        is_whole(store, area, place, &written) && written.sequence == sequence;
    if (safe) {
        store->sequence = sequence;
        store->length = (uint32_t)length;
        store->area = area;
        store->place = place;
    }
    return safe;
}

size_t store_load(const struct store *store, uint8_t *out, size_t cap) {
    if (store->sequence == 0 || store->length > cap ||
        !store->flash.read(store->flash.context, store->area,
                           store->place * store->place_bytes + STORE_HEADER_BYTES, out,
                           store->length)) {
        return 0;
    }
    return store->length;
}
