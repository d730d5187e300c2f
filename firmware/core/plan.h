/*
 * Shapes, buffers and bounds of one model, worked out once: at build time by the tool that writes
 * static C, at run time by whoever allocates an arena for any model. A plan is plain integers (it
 * may be const data in flash) and must outlive the learners that use it.
 */
#ifndef FQT_CORE_PLAN_H
#define FQT_CORE_PLAN_H

#include <stddef.h>

#include "core/spec.h"

#define FQT_NO_LAYER 0xffu

struct fqt_shape {
    uint16_t h;
    uint16_t w;
    uint16_t c;
};

/* One layer of the model, pools included. Offsets are bytes into the arena. */
struct fqt_step {
    uint8_t kind;
    bool relu;
    bool direct;       /* a position's patch is contiguous in the input: no gathering */
    uint8_t layer;     /* number among the layers with weights; FQT_NO_LAYER for pools */
    uint16_t kernel_h; /* of a global pool: the whole input */
    uint16_t kernel_w;
    uint8_t stride_h;
    uint8_t stride_w;
    uint8_t pad_h;
    uint8_t pad_w;
    uint16_t block; /* output positions worked on at a time */
    struct fqt_shape in;
    struct fqt_shape out;
    uint32_t output; /* codes of the output; kept from forward to backward if it may train */
    uint32_t error;  /* int16 errors at the output; shared by every second step */
};

/* One layer with weights. */
struct fqt_layer_plan {
    uint8_t step;
    bool frozen;
    bool pooled;          /* an average pool follows: its output has a range of its own */
    uint16_t rows;        /* structures */
    uint16_t inputs;      /* weights per structure */
    uint32_t positions;   /* outputs per structure: 1 for linear layers */
    uint32_t macs;        /* of one forward pass */
    uint32_t input_count; /* elements of the input tensor */
    uint32_t multipliers; /* struct fqt_multiplier [rows], fine mode, or [1] */
    /* The rest is of trainable layers; 0 in frozen ones. */
    uint32_t codes;       /* uint8 [rows][inputs] */
    uint32_t bias;        /* int32 [rows] */
    uint32_t row_scale;   /* float [rows], fine mode */
    uint32_t row;         /* struct fqt_row [rows], step.h */
    uint32_t gradient;    /* convolutions: int16 [rows][inputs], with a binary exponent per row */
    uint32_t kept_inputs; /* linear: uint8 [batch_max][inputs], the open minibatch */
    uint32_t kept_errors; /* linear: int16 [batch_max][rows] */
};

struct fqt_plan {
    uint8_t input;
    uint8_t mode;
    uint8_t steps;
    uint8_t layers;
    uint8_t frozen;
    uint8_t input_zero;
    uint16_t batch_max;
    uint16_t classes;
    uint16_t rows_max;
    uint32_t input_count; /* codes of one sample */
    float input_scale;
    float window_step;    /* samples per code; 0: by each window's deviation */
    uint32_t input_codes; /* codes made of a window */
    uint32_t values;      /* float [classes]: logits, probabilities */
    uint32_t selected;    /* uint16 [rows_max] */
    uint32_t magnitude;   /* int32 [rows_max] */
    uint32_t scratch;     /* features */
    uint32_t forward;     /* work of the forward pass */
    uint32_t backward;    /* work of backward pass and update */
    uint32_t arena_bytes; /* all of it, aligned to 8 */
    uint32_t parameters;  /* weights and biases */
    uint32_t macs_forward;
    struct fqt_step step[FQT_STEPS_MAX];
    struct fqt_layer_plan layer[FQT_LAYERS_MAX];
};

/* Why a model is refused. Texts are constant; value and limit are in the unit the rule names. */
struct fqt_problem {
    uint8_t step; /* layer of the description, from 0; FQT_NO_LAYER: the model as a whole */
    const char *rule;
    const char *remedy;
    int64_t value;
    int64_t limit;
};

/* False: *problem says why and *plan is not to be used. */
bool fqt_plan(const struct fqt_model_spec *spec, struct fqt_plan *plan,
              struct fqt_problem *problem);

/* "layer 2 (conv): <rule>: 9, limit 8; <remedy>"; always terminated, cap > 0. */
void fqt_problem_text(const struct fqt_model_spec *spec, const struct fqt_problem *problem,
                      char *text, size_t cap);

#endif
