/* The models of tests and trajectories: the two shipped ones, and one of every kind of layer. */
#ifndef TEST_GOLDEN_SPECS_H
#define TEST_GOLDEN_SPECS_H

#include "core/spec.h"

extern const struct fqt_model_spec bearing_mlp;
extern const struct fqt_model_spec bearing_cnn;
/* A plane of 9 x 7 x 3 through every kind of layer, with padding, strides and pools. */
extern const struct fqt_model_spec every_kind;

#endif
