/*
 * The one model of an image, made at build time by fqt-model from models/<name>.model: what it is,
 * its plan, and the RAM of its learner.
 */
#ifndef FQT_CORE_STATIC_MODEL_H
#define FQT_CORE_STATIC_MODEL_H

#include "core/learner.h"

extern const struct fqt_model_spec fqt_model_spec;
extern const struct fqt_plan fqt_model_plan;
extern uint8_t fqt_model_arena[]; /* fqt_model_plan.arena_bytes, aligned */

#endif
