/*
 * A model as text: one statement per line, words separated by blanks, # starts a comment.
 *
 *     model bearing-cnn               first; a-z 0-9 and -, at most 31 characters
 *     input window 512 [channels C] [step S]   int16 samples; one code stands for S of them,
 * without a step each window is scaled by its own deviation input spectra 64 instead: the features
 * of core/features.h input codes H W C scale S zero Z   or a uint8 tensor conv 16 kernel 32 stride
 * 4 relu one number: along time; 3x3: height x width; [pad P] depthwise kernel 3x3 [stride S] [pad
 * P] [relu] avgpool 2 [stride S]            also maxpool; the stride is the window unless given
 *     globalavg                       also globalmax
 *     linear 9 [relu]                 the last layer is linear without relu: one row per class
 *
 * and, once each, anywhere behind model:
 *
 *     frozen 2                        layers with weights that stay in flash (0)
 *     batch 16                        largest minibatch a budget may ask for (16); costs RAM
 *     mode fine                       or uint8 (fine)
 *     ram 32768                       the build fails when the learner's arena is larger
 */
#ifndef FQT_TOOL_DESCRIPTION_H
#define FQT_TOOL_DESCRIPTION_H

#include <stdio.h>

#include "core/plan.h"

#define DESCRIPTION_NAME_MAX 32u

struct description {
    char name[DESCRIPTION_NAME_MAX];
    struct fqt_model_spec spec; /* spec.name points at name */
    uint32_t ram_limit;         /* 0 = none stated */
    unsigned ram_line;
    unsigned step_line[FQT_STEPS_MAX]; /* where each layer stands in the text */
};

/* False: what is wrong, with line, value, rule and remedy, is in error (always terminated). */
bool description_read(FILE *text, struct description *out, char *error, size_t cap);

#endif
