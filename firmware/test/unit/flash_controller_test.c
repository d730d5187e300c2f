/*
 * The STM32F4 flash driver on a model of the controller (RM0090, 3.5 and 3.6): keys in their order,
 * one operation at a time, busy for a while, bits only cleared, errors kept until they are erased.
 * The model can lose power at every write to it.
 */
#include "port/stm32f4/flash_controller.h"

/* The driver belongs to one board; this test is its only user elsewhere. */
#include "port/stm32f4/flash_controller.c"

#include "test/unit/expect.h"

#define SECTOR_BYTES 512u
#define FIRST_SECTOR 6u
#define BUSY_READS   3u
#define PLACE_BYTES  64u
#define KEY_WAITED   1u
#define KEY_WRONG    2u

static struct {
    uint8_t cells[STORE_AREAS][SECTOR_BYTES];
    uint32_t control;
    uint32_t status;
    uint32_t keys;    /* 0, KEY_WAITED after the first key, KEY_WRONG until reset */
    unsigned busy;    /* status reads until the operation is over */
    long writes_left; /* until the power goes; negative = never */
    bool dead;
    bool read_only;    /* an emulator: everything is accepted, nothing changes */
    unsigned mistakes; /* of the driver */
} chip;

static bool powered(void) {
    if (chip.writes_left == 0) {
        chip.dead = true;
    }
    if (chip.writes_left > 0) {
        chip.writes_left--;
    }
    return !chip.dead;
}

static uint32_t model_get(void *context, uint32_t reg) {
    (void)context;
    if (chip.read_only) {
        return 0;
    }
    if (reg == FLASH_CR) {
        return chip.control;
    }
    if (chip.busy > 0) {
        chip.busy--;
        return chip.status | FLASH_SR_BUSY;
    }
    return chip.status;
}

static void key(uint32_t value) {
    if (chip.keys == 0 && value == FLASH_KEY_1) {
        chip.keys = KEY_WAITED;
    } else if (chip.keys == KEY_WAITED && value == FLASH_KEY_2) {
        chip.keys = 0;
        chip.control &= ~FLASH_CR_LOCK;
    } else {
        chip.keys = KEY_WRONG;
        chip.mistakes++;
    }
}

static void erase(void) {
    const uint32_t sector = (chip.control >> FLASH_CR_SECTOR & 0xFu) - FIRST_SECTOR;
    if (sector >= STORE_AREAS) {
        chip.mistakes++;
        return;
    }
    memset(chip.cells[sector], 0xFF, SECTOR_BYTES / 3);
    if (powered()) {
        memset(chip.cells[sector], 0xFF, SECTOR_BYTES);
    }
    chip.busy = BUSY_READS;
}

static void model_set(void *context, uint32_t reg, uint32_t value) {
    (void)context;
    if (chip.read_only || !powered()) {
        return;
    }
    chip.mistakes += chip.busy > 0 && reg != FLASH_SR;
    if (reg == FLASH_KEYR) {
        key(value);
    } else if (reg == FLASH_SR) {
        chip.status &= ~value;
    } else if (chip.control & FLASH_CR_LOCK) {
        chip.mistakes++;
    } else {
        chip.control = value;
        if ((value & FLASH_CR_START) && (value & FLASH_CR_ERASE)) {
            erase();
            chip.control &= ~FLASH_CR_START;
        }
    }
}

static void put_byte(void *context, unsigned area, uint32_t offset, uint8_t byte) {
    (void)context;
    if (chip.read_only || chip.dead) {
        return;
    }
    if ((chip.control & FLASH_CR_LOCK) || !(chip.control & FLASH_CR_WRITE) || chip.busy > 0 ||
        offset >= SECTOR_BYTES) {
        chip.mistakes++;
        chip.status |= 1u << 7; /* programming sequence error */
        return;
    }
    chip.cells[area][offset] &= powered() ? byte : byte | 0xF0u;
    chip.busy = BUSY_READS;
}

static const uint8_t *model_view(const void *context, unsigned area) {
    (void)context;
    return chip.cells[area];
}

static const struct flash_bus bus = {model_get, model_set, put_byte, model_view};
static struct flash_sectors sectors = {&bus, NULL, FIRST_SECTOR, SECTOR_BYTES};
static const struct flash flash = {&sectors, SECTOR_BYTES, sectors_erase, sectors_program,
                                   sectors_view};

static void power_up(void) {
    chip.control = FLASH_CR_LOCK;
    chip.status = 0;
    chip.keys = 0;
    chip.busy = 0;
    chip.writes_left = -1;
    chip.dead = false;
}

static void new_chip(void) {
    memset(&chip, 0, sizeof chip);
    memset(chip.cells, 0xA5, sizeof chip.cells); /* whatever the factory left */
    power_up();
}

static bool save(struct store *store, uint8_t number) {
    const uint8_t bytes[] = {number, 1, 2, 3, number};
    const struct store_piece piece = {bytes, sizeof bytes};
    return store_save(store, &piece, 1);
}

static bool holds(const struct store *store, uint8_t number) {
    size_t length = 0;
    const uint8_t *bytes = store_view(store, &length);
    return bytes != NULL && length == 5 && bytes[0] == number && bytes[4] == number;
}

static void saves_and_locks_again(void) {
    struct store store;
    new_chip();
    EXPECT(store_open(&store, &flash, PLACE_BYTES), "open");
    for (uint8_t i = 1; i < 100; i++) {
        EXPECT(save(&store, i) && holds(&store, i), "record %u", i);
        EXPECT((chip.control & FLASH_CR_LOCK) != 0, "left unlocked after record %u", i);
    }
    EXPECT_EQ(chip.mistakes, 0);
}

static void survives_a_cut_at_every_write(void) {
    unsigned cuts = 0;
    for (uint8_t n = 1; n <= 18; n++) {
        for (long write = 0;; write++) {
            struct store store;
            new_chip();
            EXPECT(store_open(&store, &flash, PLACE_BYTES), "open");
            for (uint8_t i = 1; i < n; i++) {
                EXPECT(save(&store, i), "record %u", i);
            }
            chip.writes_left = write;
            (void)save(&store, n);
            const bool cut = chip.dead;
            power_up();
            EXPECT(store_open(&store, &flash, PLACE_BYTES), "open");
            EXPECT(holds(&store, n) || (n > 1 ? holds(&store, n - 1) : store.sequence == 0),
                   "record %u cut at write %ld", n, write);
            EXPECT(save(&store, 200) && holds(&store, 200), "after record %u cut at write %ld", n,
                   write);
            if (!cut) {
                break;
            }
            cuts++;
        }
    }
    EXPECT(cuts > 18 * 21, "only %u cuts", cuts);
    EXPECT_EQ(chip.mistakes, 0);
}

static void an_error_left_behind_is_cleared(void) {
    struct store store;
    new_chip();
    EXPECT(store_open(&store, &flash, PLACE_BYTES), "open");
    chip.status = FLASH_SR_ERRORS;
    EXPECT(save(&store, 7) && holds(&store, 7), "save after an error");
}

static void a_chip_that_never_writes_is_noticed(void) {
    struct store store;
    new_chip();
    chip.read_only = true;
    EXPECT(store_open(&store, &flash, PLACE_BYTES), "open");
    EXPECT(!save(&store, 1), "a save that changed nothing was called safe");
}

int main(void) {
    saves_and_locks_again();
    survives_a_cut_at_every_write();
    an_error_left_behind_is_cleared();
    a_chip_that_never_writes_is_noticed();
    return expect_summary("flash controller");
}
