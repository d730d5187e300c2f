/* The store on a flash that loses power at every single byte written and in the middle of every
 * erase (flash_model.h). */
#include "app/store.h"
#include "test/unit/expect.h"
#include "test/unit/flash_model.h"

#define AREA_BYTES  1024u
#define PLACE_BYTES 160u

static struct flash_power power;
static struct flash_model model;
static struct flash flash;

static void new_flash(void) {
    EXPECT_EQ(model.mistakes, 0);
    flash_model_new(&model, &power, AREA_BYTES);
    flash = flash_model_flash(&model);
}

static struct store boot(void) {
    struct store store;
    flash_power_on(&power, -1);
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
            power.steps_left = step;
            const bool saved = save(&store, bytes, record(n, bytes));
            const bool cut = power.dead;
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
            power.steps_left =
                expect_random(&random) % 3 == 0 ? (long)(expect_random(&random) % 200) : -1;
            const bool saved = save(&store, bytes, record(i, bytes));
            if (power.dead) {
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

/* The flash says yes and did something else: the store looks for itself, keeps the record before,
 * and goes on as soon as the supply is good again. */
static void a_brown_out_is_noticed(void) {
    unsigned refused = 0;
    for (unsigned seed = 1; seed <= 200; seed++) {
        uint8_t bytes[PLACE_BYTES];
        new_flash();
        power.random = seed;
        struct store store = boot();
        unsigned latest = 0;
        for (unsigned i = 1; i <= 40; i++) {
            power.brown_out_every = i % 4 == 0 ? 0 : 60;
            if (save(&store, bytes, record(i, bytes))) {
                latest = i;
            } else {
                refused++;
                EXPECT(i % 4 != 0, "seed %u: save %u failed with a good supply", seed, i);
            }
            store = boot();
            EXPECT(latest == 0 ? store.sequence == 0 : holds(&store, latest),
                   "seed %u: record %u is lost at save %u", seed, latest, i);
        }
        power.brown_out_every = 0;
        EXPECT(save(&store, bytes, record(99, bytes)) && holds(&store, 99), "seed %u", seed);
    }
    EXPECT(refused > 200, "only %u saves met a brown-out", refused);
}

int main(void) {
    a_brown_out_is_noticed();
    keeps_the_latest_over_many_saves_and_boots();
    survives_a_cut_at_every_step();
    survives_repeated_cuts();
    a_flipped_bit_falls_back_to_the_record_before();
    refuses_what_does_not_fit();
    return expect_summary("store");
}
