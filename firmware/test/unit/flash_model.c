#include "test/unit/flash_model.h"

#include <string.h>

#include "test/unit/expect.h"

#define ERASE_STEPS 4

void flash_power_on(struct flash_power *power, long steps_left) {
    power->steps_left = steps_left;
    power->dead = false;
    power->steps = 0;
    if (power->random == 0) {
        power->random = 2463534242u;
    }
}

static bool step(struct flash_power *power) {
    if (power->steps_left == 0) {
        power->dead = true;
    }
    if (power->steps_left > 0) {
        power->steps_left--;
    }
    power->steps += !power->dead;
    return !power->dead;
}

/* In the course of an erase some cells are erased, some are not yet, and some are in between. */
static void erase_partly(struct flash_model *model, unsigned area, int part) {
    for (uint32_t i = 0; i < model->area_bytes; i++) {
        const unsigned chance = expect_random(&model->power->random);
        if (chance % ERASE_STEPS < (unsigned)part) {
            model->bytes[area][i] = 0xFF;
        } else if (chance % 7 == 0) {
            model->bytes[area][i] |= (uint8_t)(chance >> 8);
        }
    }
}

static bool erase(void *context, unsigned area) {
    struct flash_model *model = context;
    for (int part = 0; part < ERASE_STEPS; part++) {
        if (!step(model->power)) {
            return false;
        }
        if (part + 1 < ERASE_STEPS && model->power->steps_left == 0) {
            erase_partly(model, area, part + 1); /* seen only when the next step is the cut */
        }
    }
    memset(model->bytes[area], 0xFF, model->area_bytes);
    model->erases[area]++;
    return true;
}

static bool program(void *context, unsigned area, uint32_t offset, const uint8_t *bytes,
                    size_t length) {
    struct flash_model *model = context;
    struct flash_power *power = model->power;
    if (offset + length > model->area_bytes) {
        model->mistakes++;
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        uint8_t *cell = &model->bytes[area][offset + i];
        model->mistakes += (*cell & bytes[i]) != bytes[i];
        if (!step(power)) {
            *cell &= (uint8_t)(bytes[i] | expect_random(&power->random)); /* half programmed */
            return false;
        }
        *cell &= bytes[i];
        if (power->brown_out_every > 0 &&
            expect_random(&power->random) % power->brown_out_every == 0) {
            *cell &= (uint8_t)expect_random(&power->random);
        }
    }
    return true;
}

static const uint8_t *view(const void *context, unsigned area) {
    const struct flash_model *model = context;
    return model->bytes[area];
}

void flash_model_new(struct flash_model *model, struct flash_power *power, uint32_t area_bytes) {
    memset(model, 0, sizeof *model);
    memset(model->bytes, 0xFF, sizeof model->bytes);
    model->power = power;
    model->area_bytes = area_bytes;
    flash_power_on(power, -1);
    power->brown_out_every = 0;
}

struct flash flash_model_flash(struct flash_model *model) {
    return (struct flash){model, model->area_bytes, erase, program, view};
}
