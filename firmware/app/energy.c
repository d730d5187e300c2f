#include "app/energy.h"

#include <string.h>

#define PICOJOULE_PER_MILLIJOULE 1000000000
#define PICOJOULE_PER_MICROJOULE 1000000u

/* One refill step counts at most this long: with 10^6 mJ/h the product below stays under 9 * 10^17.
 * A device that sleeps longer fills any bucket. */
#define REFILL_STEP_MAX_MS UINT64_C(360000000)

/*
 * ESTIMATES. Instructions per multiply-accumulate of the portable kernels (4 to 6) times energy per
 * instruction at 1.8 V and about 100 uA/MHz (180 pJ per cycle), a figure typical of data sheets of
 * such microcontrollers in low-power modes. A real board puts its own measured constant here.
 */
static const struct {
    const char *board;
    uint32_t picojoule_per_mac;
} table[] = {
    {"mps2-an386", 900},  /* Cortex-M4F */
    {"mps2-an385", 1100}, /* Cortex-M3: no DSP instructions */
    {"mps2-an500", 800},  /* Cortex-M7: dual issue */
    {"host", 900},        /* simulated devices stand for the M4 */
};

uint32_t energy_picojoule_per_mac(const char *board) {
    for (unsigned i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (strcmp(board, table[i].board) == 0) {
            return table[i].picojoule_per_mac;
        }
    }
    return table[0].picojoule_per_mac;
}

void energy_init(struct energy *energy, const char *board, int32_t capacity_mj,
                 int32_t refill_mj_per_hour, uint64_t now_ms) {
    memset(energy, 0, sizeof *energy);
    energy->picojoule_per_mac = energy_picojoule_per_mac(board);
    energy->capacity_pj = (int64_t)capacity_mj * PICOJOULE_PER_MILLIJOULE;
    energy->level_pj = energy->capacity_pj;
    energy->refill_mj_per_hour = refill_mj_per_hour;
    energy->filled_at_ms = now_ms;
}

/* 1 mJ/h = 10^9 pJ / 3.6 * 10^6 ms = 2500 / 9 pJ per ms; the remainder is carried, so no energy is
 * lost or made. */
void energy_refill(struct energy *energy, uint64_t now_ms) {
    if (now_ms <= energy->filled_at_ms) {
        return;
    }
    uint64_t elapsed_ms = now_ms - energy->filled_at_ms;
    energy->filled_at_ms = now_ms;
    if (elapsed_ms > REFILL_STEP_MAX_MS) {
        elapsed_ms = REFILL_STEP_MAX_MS;
    }
    const uint64_t ninths =
        (uint64_t)energy->refill_mj_per_hour * elapsed_ms * 2500u + energy->ninths;
    energy->level_pj += (int64_t)(ninths / 9u);
    energy->ninths = (uint32_t)(ninths % 9u);
    if (energy->level_pj >= energy->capacity_pj) {
        energy->level_pj = energy->capacity_pj;
        energy->ninths = 0;
    }
}

void energy_resize(struct energy *energy, int32_t capacity_mj, int32_t refill_mj_per_hour,
                   uint64_t now_ms) {
    energy_refill(energy, now_ms);
    const int64_t capacity_pj = (int64_t)capacity_mj * PICOJOULE_PER_MILLIJOULE;
    if (capacity_pj > energy->capacity_pj) {
        energy->level_pj += capacity_pj - energy->capacity_pj;
    } else if (energy->level_pj > capacity_pj) {
        energy->level_pj = capacity_pj;
    }
    energy->capacity_pj = capacity_pj;
    energy->refill_mj_per_hour = refill_mj_per_hour;
}

/* macs of one minibatch <= 64 samples * 2 * 13,312: far from any overflow. */
bool energy_covers(const struct energy *energy, uint64_t macs) {
    return energy->level_pj >= (int64_t)(macs * energy->picojoule_per_mac);
}

void energy_spend(struct energy *energy, uint64_t macs) {
    energy->level_pj -= (int64_t)(macs * energy->picojoule_per_mac);
}

int64_t energy_microjoule(const struct energy *energy, uint64_t macs) {
    const uint64_t whole = macs / PICOJOULE_PER_MICROJOULE;
    const uint64_t rest = macs % PICOJOULE_PER_MICROJOULE;
    if (whole > (uint64_t)INT64_MAX / energy->picojoule_per_mac - 1u) {
        return INT64_MAX;
    }
    return (int64_t)(whole * energy->picojoule_per_mac +
                     rest * energy->picojoule_per_mac / PICOJOULE_PER_MICROJOULE);
}
