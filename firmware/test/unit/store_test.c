/* The store on a model of NOR flash that loses power at every single byte written and in the middle
 * of every erase. */
#include "app/store.h"
#include "test/unit/expect.h"

#define AREA_BYTES  1024u
#define PLACE_BYTES 160u

struct flash_model {
    uint8_t bytes[STORE_AREAS][AREA_BYTES];
    long steps_left; /* writes until the power goes; negative = never */
    unsigned erases[STORE_AREAS];
    bool dead; /* power is gone: nothing works until the next boot */
};

static struct flash_model model;

static bool powered(void) {
    if (model.steps_left == 0) {
        model.dead = true;
    }
    if (model.steps_left > 0) {
        model.steps_left--;
    }
    return !model.dead;
}

/* An erase that is cut leaves a mixture: the first half erased, a byte in between undefined. */
static bool model_erase(void *context, unsigned area) {
    (void)context;
    if (!powered()) {
        return false;
    }
    memset(model.bytes[area], 0xFF, AREA_BYTES / 2);
    model.bytes[area][AREA_BYTES / 2] = 0x5A;
    if (!powered()) {
        return false;
    }
    memset(model.bytes[area], 0xFF, AREA_BYTES);
    model.erases[area]++;
    return true;
}

static bool model_program(void *context, unsigned area, uint32_t offset, const uint8_t *bytes,
                          size_t length) {
    (void)context;
    EXPECT(offset + length <= AREA_BYTES, "program outside the area");
    for (size_t i = 0; i < length; i++) {
        uint8_t *cell = &model.bytes[area][offset + i];
        EXPECT((*cell & bytes[i]) == bytes[i], "a cleared bit can't be set without an erase");
        if (!powered()) {
            *cell &= (uint8_t)(bytes[i] | 0x0F); /* half-programmed byte */
            return false;
        }
        *cell &= bytes[i];
    }
    return true;
}

static const uint8_t *model_view(const void *context, unsigned area) {
    (void)context;
    return model.bytes[area];
}

static const struct flash flash = {NULL, AREA_BYTES, model_erase, model_program, model_view};

static void new_flash(void) {
    memset(&model, 0xFF, sizeof model.bytes);
    memset(model.erases, 0, sizeof model.erases);
    model.steps_left = -1;
    model.dead = false;
}

static struct store boot(void) {
    struct store store;
    model.steps_left = -1;
    model.dead = false;
    EXPECT(store_open(&store, &flash, PLACE_BYTES), "open");
    return store;
}

static size_t record(unsigned number, uint8_t *out) {
    const size_t length = 20 + number % 120;
    for (size_t i = 0; i < length; i++) {
        out[i] = (uint8_t)(number + i * 13);
    }
    return length;
}

/* In two pieces, the second of which is often the longer. */
static bool save(struct store *store, const uint8_t *bytes, size_t length) {
    const size_t first = length / 3;
    const struct store_piece pieces[] = {{bytes, first}, {bytes + first, length - first}};
    return store_save(store, pieces, 2);
}

static bool holds(const struct store *store, unsigned number) {
    uint8_t expected[PLACE_BYTES];
    size_t actual_length;
    const size_t length = record(number, expected);
    const uint8_t *actual = store_view(store, &actual_length);
    return actual != NULL && actual_length == length && memcmp(actual, expected, length) == 0;
}

static void keeps_the_latest_over_many_saves_and_boots(void) {
    uint8_t bytes[PLACE_BYTES];
    new_flash();
    struct store store = boot();
    size_t length;
    EXPECT(store_view(&store, &length) == NULL, "an erased flash holds no record");
    for (unsigned i = 1; i <= 240; i++) {
        EXPECT(save(&store, bytes, record(i, bytes)), "save %u", i);
        EXPECT(holds(&store, i), "record %u", i);
        store = boot();
        EXPECT(holds(&store, i), "record %u after a boot", i);
    }
    /* the stated wear: 12 places in the two areas */
    EXPECT_EQ(model.erases[0], 240 / 12);
    EXPECT_EQ(model.erases[1], 240 / 12);
}

/* Cuts the power at step 0, 1, 2 ... of save n; afterwards the old or the new record is there, and
 * saving goes on. */
static void survives_a_cut_at_every_step(void) {
    unsigned cuts = 0;
    for (unsigned n = 1; n <= 26; n++) {
        for (long step = 0;; step++) {
            uint8_t bytes[PLACE_BYTES];
            new_flash();
            struct store store = boot();
            for (unsigned i = 1; i < n; i++) {
                EXPECT(save(&store, bytes, record(i, bytes)), "save %u", i);
            }
            model.steps_left = step;
            const bool saved = save(&store, bytes, record(n, bytes));
            const bool cut = model.dead;
            store = boot();
            EXPECT(saved ? holds(&store, n)
                         : (n > 1 ? holds(&store, n - 1) || holds(&store, n)
                                  : store.sequence == 0 || holds(&store, n)),
                   "save %u cut at step %ld", n, step);
            for (unsigned i = 100; i < 110; i++) {
                EXPECT(save(&store, bytes, record(i, bytes)) && holds(&store, i),
                       "save %u after save %u was cut at step %ld", i, n, step);
            }
            store = boot();
            EXPECT(holds(&store, 109), "boot after recovery, save %u step %ld", n, step);
            if (!cut) {
                break;
            }
            cuts++;
        }
    }
    EXPECT(cuts > 26 * 36, "only %u cuts", cuts);
}

/* Two cuts in a row, so that a torn place is met by a second torn place. */
static void survives_repeated_cuts(void) {
    for (unsigned seed = 1; seed <= 300; seed++) {
        unsigned random = seed * 2654435761u;
        uint8_t bytes[PLACE_BYTES];
        new_flash();
        struct store store = boot();
        unsigned latest = 0;
        for (unsigned i = 1; i <= 60; i++) {
            model.steps_left =
                expect_random(&random) % 3 == 0 ? (long)(expect_random(&random) % 200) : -1;
            const bool saved = save(&store, bytes, record(i, bytes));
            if (model.dead) {
                store = boot();
            }
            if (saved || holds(&store, i)) {
                latest = i;
            }
            EXPECT(latest == 0 ? store.sequence == 0 : holds(&store, latest),
                   "seed %u: record %u is lost at save %u", seed, latest, i);
        }
    }
}

static void a_flipped_bit_falls_back_to_the_record_before(void) {
    uint8_t bytes[PLACE_BYTES];
    new_flash();
    struct store store = boot();
    EXPECT(save(&store, bytes, record(1, bytes)), "save 1");
    EXPECT(save(&store, bytes, record(2, bytes)), "save 2");
    model.bytes[store.area][store.place * PLACE_BYTES + STORE_HEADER_BYTES + 3] ^= 0x10;
    store = boot();
    EXPECT(holds(&store, 1), "the damaged record was taken");
}

static void refuses_what_does_not_fit(void) {
    struct store store;
    uint8_t bytes[PLACE_BYTES] = {0};
    EXPECT(!store_open(&store, &flash, AREA_BYTES + 1), "a place larger than the area");
    EXPECT(!store_open(&store, &flash, STORE_HEADER_BYTES), "a place without room");
    new_flash();
    store = boot();
    EXPECT(!save(&store, bytes, PLACE_BYTES - STORE_HEADER_BYTES + 1), "too long");
    EXPECT(save(&store, bytes, PLACE_BYTES - STORE_HEADER_BYTES), "the longest");
}

int main(void) {
    keeps_the_latest_over_many_saves_and_boots();
    survives_a_cut_at_every_step();
    survives_repeated_cuts();
    a_flipped_bit_falls_back_to_the_record_before();
    refuses_what_does_not_fit();
    return expect_summary("store");
}
