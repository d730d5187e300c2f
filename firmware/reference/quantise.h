/* Weights in floating point -> the state that a learner or a model page takes, and back. */
#ifndef REFERENCE_QUANTISE_H
#define REFERENCE_QUANTISE_H

#include "core/learner.h"
#include "reference/reference.h"

#define REFERENCE_PROBLEM_MAX 160

/*
 * Loads the net's weights into a learner of the same model. Ranges of activations are those that
 * reference_observe has seen, so let it see data like the model's first. The learner uses frozen
 * layers in place: states keep everything and must outlive it, then go to reference_free_states,
 * after a failure too. False: the learner is as it was; problem names the layer, the limit and the
 * remedy.
 */
bool reference_quantise(struct reference *net, struct fqt_learner *learner,
                        struct fqt_layer_state states[FQT_LAYERS_MAX],
                        char problem[REFERENCE_PROBLEM_MAX]);

void reference_free_states(struct fqt_layer_state *states, uint32_t count);

/* What the learner's codes stand for; the part of a weight behind its code is not in it. */
void reference_dequantise(const struct fqt_learner *learner, struct reference *net);

#endif
