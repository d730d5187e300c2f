/*
 * Training runs that touch every part of the learner (both shipped models, every kind of layer,
 * both modes, partial updates, frozen layers, pseudo-labels, small batches), as lines of text.
 * Equal lines = equal arithmetic; the last one is a hash over all losses and weights.
 */
#ifndef TEST_GOLDEN_TRAJECTORY_H
#define TEST_GOLDEN_TRAJECTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "core/learner.h"

#define TRAJECTORY_ARENA_MAX (48u * 1024u)

struct trajectory {
    struct fqt_plan plan;
    struct fqt_learner learner;
    uint64_t hash;
    _Alignas(8) uint8_t arena[TRAJECTORY_ARENA_MAX];
};

/* Receives one line without its newline; false stops the run. */
typedef bool (*trajectory_sink)(void *context, const char *line);

/* false if the sink stopped it or the learner refused a step. */
bool trajectory_run(struct trajectory *trajectory, trajectory_sink sink, void *context);

/* Runs and compares with the text of test/golden/trajectory.txt; prints one line of result. */
bool trajectory_matches(struct trajectory *trajectory, const char *expected,
                        void (*print)(const char *text));

#endif
