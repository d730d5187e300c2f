/*
 * A short training run that touches every part of the learner (features, three layers, partial
 * updates, frozen prefix, pseudo-labels, small batches), as lines of text. Equal lines = equal
 * arithmetic.
 */
#ifndef TEST_GOLDEN_TRAJECTORY_H
#define TEST_GOLDEN_TRAJECTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "core/learner.h"

/* Receives one line without its newline; false stops the run. */
typedef bool (*trajectory_sink)(void *context, const char *line);

/* false if the sink stopped it or the learner refused a step. */
bool trajectory_run(struct fqt_learner *learner, trajectory_sink sink, void *context);

/* Runs and compares with the text of test/golden/trajectory.txt; prints one line of result. */
bool trajectory_matches(struct fqt_learner *learner, const char *expected,
                        void (*print)(const char *text));

#endif
