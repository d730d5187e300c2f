/*
 * Seeded vibration windows from integers only: an impulse train (period by class) rings a resonator
 * (frequency by domain) in noise. The same on host and target; for tests and benchmarks only.
 */
#ifndef TEST_GOLDEN_SYNTHETIC_H
#define TEST_GOLDEN_SYNTHETIC_H

#include <stdint.h>

#include "core/limits.h"

#define SYNTHETIC_CLASSES 4

/*
 * domain 0 or 1: resonance, gain and speed differ; at the higher speed of domain 1 a class repeats
 * about as fast as the class before it in domain 0. Window `index` of a seed is always the same.
 */
void synthetic_window(uint32_t seed, uint32_t index, uint32_t label, uint32_t domain,
                      int16_t samples[FQT_WINDOW]);

#endif
