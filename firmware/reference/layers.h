/* One layer forward and back; between reference.c and layers.c only. */
#ifndef REFERENCE_LAYERS_H
#define REFERENCE_LAYERS_H

#include "reference/reference.h"

static inline uint32_t ref_count(const struct ref_shape *shape) {
    return shape->h * shape->w * shape->c;
}

/* x -> layer->output */
void ref_layer_forward(struct reference *net, struct ref_layer *layer, const ref_real *x);

/*
 * layer->error -> gradients (if trainable) and error_below (if not NULL; overwritten). The ReLU's
 * mask is applied to layer->error first.
 */
void ref_layer_backward(struct reference *net, struct ref_layer *layer, const ref_real *x,
                        ref_real *error_below);

#endif
