/*
 * A model that is trained on the host, in floating point or as on the device: what stands behind
 * native_learner.c, without Java.
 */
#ifndef HOST_LEARNER_H
#define HOST_LEARNER_H

#include <stddef.h>

#include "app/pages.h"
#include "reference/quantise.h"

#define HOST_FLOATING    2 /* Arithmetic.FLOAT; 0 and 1 are enum fqt_mode */
#define HOST_PROBLEM_MAX 256

/* How one call trains; NativeLearner.Step. */
struct host_step {
    uint32_t batch;
    float rate;
    float decay;
    bool adam;
    uint32_t first_trainable;
};

struct host_learner {
    struct fqt_model_spec spec;
    struct fqt_plan plan;
    bool floating;
    struct reference *net; /* the weights in floating point; of a quantised model: a view */
    ref_real *x;
    void *arena; /* the rest is of a quantised model */
    struct fqt_learner learner;
    struct fqt_layer_state states[FQT_LAYERS_MAX]; /* or page: what frozen layers read */
    uint8_t *page;
};

/* NULL: problem says why. */
struct host_learner *host_open(const struct fqt_model_spec *spec, int arithmetic, uint64_t seed,
                               char problem[HOST_PROBLEM_MAX]);
void host_close(struct host_learner *host);

/* Trains on samples order[0..count-1] of codes; returns the mean loss. A last minibatch that is not
 * full is dropped by the device's learner and used by the float one. */
double host_train(struct host_learner *host, const uint8_t *codes, const int32_t *order,
                  const int8_t *labels, size_t count, const struct host_step *step);

void host_predict(struct host_learner *host, const uint8_t *codes, const int32_t *order,
                  size_t count, int8_t *predictions);

/*
 * Gives a learner, float or quantised, the weights of a float one of the same model. Ranges of
 * activations come from these samples. False: problem says why, and to is as it was.
 */
bool host_copy(struct host_learner *from, struct host_learner *to, const uint8_t *codes,
               const int32_t *order, size_t count, char problem[HOST_PROBLEM_MAX]);

/* A model page; 0 if it does not fit into cap. Quantised models only. */
size_t host_export(const struct host_learner *host, uint8_t *page, size_t cap);

/* The other way; PAGE_OK or what is wrong with the page. */
enum page_status host_load(struct host_learner *host, const uint8_t *page, size_t length);

#endif
