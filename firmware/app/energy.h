/*
 * The energy bucket: training may spend what the bucket holds, and time refills it. Unit:
 * picojoule. All figures are ESTIMATES: executed multiply-accumulates times a constant of the
 * board; nothing here is measured.
 */
#ifndef FQT_APP_ENERGY_H
#define FQT_APP_ENERGY_H

#include <stdbool.h>
#include <stdint.h>

struct energy {
    uint32_t picojoule_per_mac;
    int64_t level_pj;    /* never below 0 while batches are reserved before they start */
    int64_t capacity_pj; /* <= 10^15 */
    int64_t refill_mj_per_hour;
    uint64_t filled_at_ms;
    uint32_t ninths; /* remainder of the refill, 1/9 pJ */
};

/* Constant of a board by its name; an unknown board gets that of mps2-an386. */
uint32_t energy_picojoule_per_mac(const char *board);

/* A full bucket. */
void energy_init(struct energy *energy, const char *board, int32_t capacity_mj,
                 int32_t refill_mj_per_hour, uint64_t now_ms);

void energy_refill(struct energy *energy, uint64_t now_ms);

/* New terms: a larger bucket brings the difference with it, a smaller one loses what it can't hold.
 * The same size changes nothing, so re-issued budgets give no energy away. */
void energy_resize(struct energy *energy, int32_t capacity_mj, int32_t refill_mj_per_hour,
                   uint64_t now_ms);

bool energy_covers(const struct energy *energy, uint64_t macs);
void energy_spend(struct energy *energy, uint64_t macs);

/* Saturates at INT64_MAX after 10^12 J. */
int64_t energy_microjoule(const struct energy *energy, uint64_t macs);

#endif
